"""What is said of a case and of a whole run, a line each, in the words that every form of a report uses."""

import re
import shlex
from collections import Counter
from collections.abc import Collection, Iterator
from statistics import fmean
from typing import Literal, NamedTuple, get_args

from harness.cassette import State as Played
from harness.change import Change, ChangeKind
from harness.check import Status
from harness.compare import State
from harness.finding import Finding, numbered
from harness.report import CaseReport, Report
from harness.telling import sentence
from harness.terminal import cut, line, short
from harness.trace import Anomaly

RemarkKind = Literal["error", "finding", "known", "note", "anomaly", "drift"]
Sign = Literal["added", "removed", "changed"]

_LONGEST = 400
_REPLACED: frozenset[ChangeKind] = frozenset(("texts", "results", "stop"))
_NAMED = 10
_REPEAT = re.compile(r"~\d+$")
_PLACE = re.compile(r"(.+):(\d+):(\d+)", re.DOTALL)
_UNPLAYED: tuple[Played, ...] = ("partly played", "missing", "stale", "overrun", "unreadable")
_WORDS: dict[Status, str] = {"known": "known to fail", "skipped": "not recorded"}


class Remark(NamedTuple):
    """One line that is said of a case."""

    kind: RemarkKind
    text: str
    """Printable, on one line, of bearable length."""


class Spelled(NamedTuple):
    """One change, in words."""

    sign: Sign
    text: str
    """Printable, on one line, of bearable length."""


class Difference(NamedTuple):
    """What differs from the baseline, in words."""

    head: str
    """How much differs, and whether that is a regression."""
    changes: tuple[Spelled, ...]
    """The first of the changes."""
    more: int
    """How many changes are left out."""


class Place(NamedTuple):
    """A place in a file."""

    file: str
    line: int
    column: int


class Amount(NamedTuple):
    """How many cases are in one state."""

    number: int
    state: str
    """The state's name."""
    word: str
    """The state in words."""

    def __str__(self) -> str:
        """Say it: `2 failed`."""
        return f"{self.number} {self.word}"


def name(case: CaseReport) -> str:
    """Return the scenario of a case, with `~k` for a repeat after the first."""
    scenario, _, rest = case.case.partition("@")
    repeat = _REPEAT.search(rest)
    return line(scenario + (repeat[0] if repeat else ""))


def place(text: str) -> Place | None:
    """Return what `file:line:col` names, or None where it is no such text."""
    found = _PLACE.fullmatch(text)
    return Place(found[1], int(found[2]), int(found[3])) if found else None


def remarks(case: CaseReport) -> Iterator[Remark]:
    """Yield what is to be said of a case: why it could not be judged, what is not as expected, and what is odd."""
    verdict = case.verdict
    if verdict.error is not None:
        for text in verdict.error.split("\n"):
            # A line that begins so is a command to the runners of GitHub's Actions.
            yield Remark("error", cut(f"| {text}" if text.lstrip().startswith("::") else text, _LONGEST))
    for finding in verdict.findings:
        yield _found(finding)
    for note in verdict.notes:
        yield Remark("note", short(note))
    for one in case.anomalies:
        yield Remark("anomaly", anomaly(one))
    if verdict.status != "error":
        for drift in verdict.replay.drift:
            yield Remark("drift", short(f"drifted: {drift}"))


def _found(finding: Finding) -> Remark:
    said = f"{line(finding.place)}: {line(finding.what)}: expected {short(finding.expected)}, got {short(finding.got)}"
    if finding.known is None:
        return Remark("finding", said)
    return Remark("known", f"{said}; known: {short(finding.known)}")


def anomaly(one: Anomaly) -> str:
    """Return an anomaly with its place."""
    where = f"turn {one.turn}, round {one.round}" + (f", call {one.call}" if one.call else "")
    return f"anomaly: {where}: {short(one.detail)}"


def difference(case: CaseReport, most: int) -> Difference | None:
    """Return what differs from the baseline with at most so many changes, or None where nothing does."""
    compared = case.compared
    if compared is None:
        return None
    before = compared.before
    was = f"was {_WORDS.get(before, before)}" if before is not None and before != case.verdict.status else ""
    number = numbered(len(compared.changes), "change") if compared.changes else ""
    if not (was or number or compared.regressed):
        return None
    said = ", ".join(filter(None, (number, was, "cassette re-recorded" if compared.rerecorded else "")))
    head = f"{'regression' if compared.regressed else 'differs'}: {said}"
    changes = tuple(map(spelled, compared.changes[:most]))
    return Difference(head, changes, len(compared.changes) - len(changes))


def spelled(change: Change) -> Spelled:
    """Return a change as a sentence, and what became of the thing."""
    return Spelled(_sign(change), short(sentence(change)))


def _sign(change: Change) -> Sign:
    """Return what became of a thing; what takes the place of nothing, as an answer does, is changed."""
    placed = change.was is not None and change.now is not None
    if placed and (change.kind in _REPLACED or change.subject == "answer"):
        return "changed"
    if (change.before is None) != (change.after is None):
        return "added" if change.before is None else "removed"
    return "changed"


def look(case: CaseReport) -> str:
    """Return the command that shows a case."""
    shown = f"harness show {shlex.quote(case.case if case.case.isprintable() else name(case))}"
    return shown if case.run is None else f"{shown} {shlex.quote(case.run)}"


def status(case: CaseReport) -> str:
    """Return what a case comes to, and what became of its cassette where that was not just played."""
    verdict = case.verdict
    said = "not recorded" if verdict.status == "skipped" else verdict.status
    drifted = "drifted" if verdict.replay.drift and verdict.status != "error" else None
    state = verdict.replay.state if verdict.replay.state in _UNPLAYED and verdict.status != "skipped" else drifted
    return said if state is None else f"{said}, {state}"


def verdicts(report: Report) -> list[Amount]:
    """Return how many cases came out how, what became of cassettes that were not just played, and how many are odd."""
    counts = Counter(case.verdict.status for case in report.cases)
    drifted = sum(bool(case.verdict.replay.drift) and case.verdict.status != "error" for case in report.cases)
    odd = sum(bool(case.anomalies) for case in report.cases)
    amounts = [Amount(counts[status], status, _WORDS.get(status, status)) for status in get_args(Status)]
    played = Counter(case.verdict.replay.state for case in report.cases if case.verdict.status != "skipped")
    amounts += [Amount(drifted, "drifted", "drifted"), *(Amount(played[state], state, state) for state in _UNPLAYED)]
    amounts += [Amount(odd, "odd", "with anomalies")]
    return list(filter(_any, amounts))


def told(report: Report, seconds: float | None = None) -> str:
    """Return how many cases there are, and what was done to them in how many seconds."""
    time = "" if seconds is None else f"{',' * (',' in report.done)} in {seconds:.1f} s"
    return f"{numbered(len(report.cases), 'case')} {report.done}{time}"


class States(NamedTuple):
    """How cases are against the baseline."""

    amounts: tuple[Amount, ...]
    """How many are in each state; none where nothing is compared."""
    further: tuple[Amount, ...]
    """How many of them regressed, how many have another cassette, and how many could not be compared."""


def states(report: Report) -> States:
    """Return how many cases are how against the baseline."""
    found = [case.compared for case in report.cases if case.compared is not None]
    counts = Counter(compared.state for compared in found)
    amounts = [
        *(Amount(counts[state], state, state) for state in get_args(State)),
        Amount(len(report.gone), "gone", "gone"),
    ]
    regressed = Amount(sum(compared.regressed for compared in found), "regressed", "regressed")
    again = sum(compared.rerecorded for compared in found)
    cassette = Amount(
        again, "re-recorded", f"with {'a re-recorded cassette' if again == 1 else 're-recorded cassettes'}"
    )
    without = Amount(len(report.cases) - len(found) if found else 0, "not compared", "not compared")
    return States(tuple(filter(_any, amounts)), tuple(filter(_any, (regressed, cassette, without))))


def _any(amount: Amount) -> bool:
    return amount.number > 0


def scores(report: Report) -> str | None:
    """Return how near calls came to the reference paths, on average; None where no scenario has one."""
    found = [case.verdict.scores for case in report.cases if case.verdict.scores is not None]
    if not found:
        return None
    in_order, any_order = (fmean(one.in_order.f1 for one in found), fmean(one.any_order.f1 for one in found))
    many = numbered(len(found), "case")
    return f"reference paths: mean F1 {in_order:.3f} in order, {any_order:.3f} in any order, of {many}"


def named(names: Collection[str], most: int = _NAMED) -> str:
    """Return names, the first of them where there are many."""
    shown = [line(one) for one in names][:most]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(shown)}{more}"
