"""Judges a trace against its scenario, as findings with the line that each comes from."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple

from harness.assignment import scored
from harness.calls import referred
from harness.cassette import State
from harness.conduct import endings, misconduct
from harness.finding import Finding, View, numbered
from harness.judgement import findings
from harness.known import Known
from harness.scenario import Scenario, error_expected, expectations, expected_stops, point_of
from harness.source import Location
from harness.trace import Record, Trace, calls_of
from harness.workspace import changed

Status = Literal["passed", "failed", "known", "error", "skipped"]
"""`known` where it failed as it is known to, `error` where it could not be judged, `skipped` where nothing is recorded
and that was allowed."""

JUDGED: frozenset[Status] = frozenset(("passed", "failed", "known"))
"""The verdicts on what was played to its end."""


class Replay(Record):
    """How a case was played from its cassette."""

    state: State | None = None
    """What became of its cassette; null where something else ended the case."""
    cassette: str | None = None
    """The digest of the recorded exchanges, or null where nothing was read."""
    unplayed: int = 0
    """The recorded exchanges that the loop did not ask for."""
    kept: int = 0
    """The exchanges that were kept of the recording before."""
    drift: tuple[str, ...] = ()
    """The differences from the recording at which the settings let it go on."""
    reason: str | None = None
    """Why it cannot be replayed, in words that other cases may share."""
    further: int = 0
    """How many further differences were seen."""


class Score(Record):
    """How near calls came to a reference path."""

    precision: float
    """The share of the calls that the reference has."""
    recall: float
    """The share of the reference that was called."""
    f1: float
    """The harmonic mean of both."""


class Scores(Record):
    """How near the calls of a case came to its reference path."""

    in_order: Score
    """By the longest common subsequence."""
    any_order: Score
    """By the best assignment in any order."""


class Verdict(Record):
    """A trace judged against its scenario."""

    case: str
    """The case's id."""
    place: str
    """The scenario, as `file:line:col` of its first line."""
    status: Status
    """What it comes to."""
    findings: tuple[Finding, ...]
    """What is not as the scenario says."""
    error: str | None
    """Why it could not be judged."""
    notes: tuple[str, ...] = ()
    """What else is to be said, each with its place: a known failure that no longer fails."""
    scores: Scores | None = None
    """How near the calls came to the reference path, where the scenario has one."""
    replay: Replay = Replay()
    """How it was played from its cassette."""


def judge(trace: Trace, scenario: Scenario, replay: Replay | None = None, today: date | None = None) -> Verdict:
    """Judge a trace, by how it was played and on what day: a failure is known until a date.

    Where no day is given that date has not passed.
    """
    replay = replay or Replay()
    place = scenario.document.place(())
    if trace.error is not None and not error_expected(scenario, trace):
        return Verdict(
            case=trace.case, place=place, status="error", findings=(), error=trace.error.message, replay=replay
        )
    found = list(_found(trace, scenario))
    if replay.unplayed:
        got = f"{replay.unplayed} fewer; record the case again if that is right"
        where = scenario.document.place(("turns",), key=True)
        lacking = Finding(place=where, what="the cassette", expected="all recorded requests to be made", got=got)
        found.append(_Found(lacking))
    pardons = list(_pardons(trace, scenario))
    judged = tuple(_marked(one, pardons, today) for one in found)
    passed = [one for one in pardons if one.known.passed(today) and any(map(one.covers, found))]
    error = "\n".join(
        f"{one.place}: known until {one.known.until}, which has passed; mend it or give a later date" for one in passed
    )
    return Verdict(
        case=trace.case,
        place=place,
        status="error" if error else _status(judged),
        findings=judged,
        error=error or None,
        notes=tuple(
            f"{one.place}: this no longer fails: remove 'known'" for one in pardons if not any(map(one.covers, found))
        ),
        scores=_scores(trace, scenario),
        replay=replay,
    )


class _Found(NamedTuple):
    finding: Finding
    location: Location | None = None
    """The way to the expectation that it comes from, or to several of which each may be meant."""


class _Pardon(NamedTuple):
    """A known failure of the case."""

    known: Known
    place: str
    location: Location | None
    """The way to the expectation that is known to fail, or None where everything may."""

    def covers(self, found: _Found) -> bool:
        """Tell whether a finding is of what is known to fail."""
        if self.location is None:
            return True
        return found.location is not None and self.location[: len(found.location)] == found.location


def _pardons(trace: Trace, scenario: Scenario) -> Iterator[_Pardon]:
    """Yield the known failures that apply to the case, those of expectations first; of turns only those that began."""
    point, place = point_of(trace), scenario.document.place
    for way, part in expectations(scenario.file):
        began = way[0] == "expect" or int(way[1]) < len(trace.turns)
        if part.known is not None and began and part.applies.holds(point):
            yield _Pardon(part.known, place((*way, "known"), key=True), way)
    for at, known in enumerate(scenario.file.known):
        if known.applies.holds(point):
            yield _Pardon(known, place(("known", at), key=True), None)


def _marked(found: _Found, pardons: Sequence[_Pardon], today: date | None) -> Finding:
    """Return a finding with the reason for which it is known, where it is and the date has not passed."""
    reasons = (one.known.reason for one in pardons if one.covers(found) and not one.known.passed(today))
    return found.finding.model_copy(update={"known": next(reasons, None)})


def _status(findings: Sequence[Finding]) -> Status:
    if not findings:
        return "passed"
    return "failed" if any(one.known is None for one in findings) else "known"


def _scores(trace: Trace, scenario: Scenario) -> Scores | None:
    """Return how near the calls of all turns come to the reference path, where there is one."""
    if scenario.file.reference is None:
        return None
    wanted, came = referred(scenario.file.reference), calls_of(trace.turns)
    measures = scored(wanted, came, lambda want, call: want.fits(call))
    in_order, any_order = (Score(**one._asdict()) for one in measures)
    return Scores(in_order=in_order, any_order=any_order)


def _found(trace: Trace, scenario: Scenario) -> Iterator[_Found]:
    file, document = scenario.file, scenario.document
    error = trace.error.message if trace.error else None
    point = point_of(trace)
    files: Mapping[str, str] = file.workspace or {}
    if len(trace.turns) > len(file.turns):
        place = document.place(("turns",), key=True)
        got = f"{numbered(len(trace.turns), 'turn')}; the trace is of another version of the scenario"
        yield _Found(Finding(place=place, what="turns", expected=numbered(len(file.turns), "turn"), got=got))
    for at, turn in enumerate(trace.turns[: len(file.turns)]):
        wanted = expected_stops(scenario, at, point)
        files = changed(files, turn.workspace or {})
        unanswered = any(one.stop == "unanswered" for one in wanted)
        yield from map(_Found, misconduct(turn, at, scenario, unanswered=unanswered))
        yield from (_Found(*one) for one in endings(turn, at, scenario, wanted))
        for number, expect in enumerate(file.turns[at].expect):
            if expect.applies.holds(point):
                way = ("turns", at, "expect", number)
                view = View((turn,), at + 1, error, way, document, files)
                yield from (_Found(one, way) for one in findings(expect, view))
    reached = len(trace.turns)
    if reached < len(file.turns):
        place = document.place(("turns", reached))
        got = f"turn {reached} ended with '{trace.stop}', so it never began"
        yield _Found(Finding(place=place, what=f"turn {reached + 1}", expected="to be reached", got=got))
    for number, expect in enumerate(file.expect):
        if expect.applies.holds(point):
            view = View(trace.turns, None, error, ("expect", number), document, files)
            yield from (_Found(one, ("expect", number)) for one in findings(expect, view))
