"""Verdicts and traces as text for people."""

import re
import shlex
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from unicodedata import category

from tabulate import tabulate

from harness.check import Verdict
from harness.errors import CASSETTE_STATES
from harness.runner import Case, Outcome
from harness.trace import Anomaly, Call, Checkpoint, Trace, Turn

_INDENT = "    "
_LONGEST = 400
_COLOURS = {"passed": "32", "failed": "31", "error": "31"}


class Style:
    """Colours, where they are welcome."""

    def __init__(self, *, colour: bool = False) -> None:
        self._colour = colour

    def paint(self, text: str, code: str) -> str:
        """Return the text in a colour of the terminal's, or as it is."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text


def plain(text: str) -> str:
    """Return text without anything that could move a cursor, set a colour or reverse the reading direction."""
    return "".join(map(_sign, text))


def _sign(sign: str) -> str:
    if sign.isprintable() or sign == "\n":
        return sign
    return " " if category(sign) == "Zs" else sign.encode("unicode_escape").decode()


def cut(text: str, width: int) -> str:
    """Return the text on one line of at most this many characters, saying how much was cut."""
    line = plain(" ".join(text.split()))
    if len(line) <= width:
        return line
    kept = max(0, width - len(f"... (+{len(line)})"))
    note = f"... (+{len(line) - kept})"
    return line[:kept] + note if len(note) <= width else "..."[:width]


def record_command(case: Case) -> str:
    """Return the command that records a case."""
    overrides = [text for text in case.overrides if not text.startswith("repeats=")]
    repeats = [f"repeats={case.settings.repeats}"] if case.settings.repeats > 1 else []
    return " ".join(["harness record", shlex.quote(case.scenario.id), *map(shlex.quote, [*overrides, *repeats])])


def table(outcomes: Sequence[Outcome], verdicts: Sequence[Verdict], style: Style) -> str:
    """Return a line for each case with its findings, anomalies and errors below it."""
    rows = [
        (
            _line(outcome.case.id),
            verdict.status,
            str(outcome.trace.counts.rounds),
            str(outcome.trace.counts.calls),
            str(outcome.trace.counts.checkpoints),
        )
        for outcome, verdict in zip(outcomes, verdicts, strict=True)
    ]
    headers = ("case", "verdict", "rounds", "calls", "checkpoints")
    text = tabulate(rows, headers, tablefmt="simple", disable_numparse=True)
    head, rule, *lines = text.splitlines()
    shown = [style.paint(head, "1"), rule]
    for line, outcome, verdict in zip(lines, outcomes, verdicts, strict=True):
        start = len(line) - len(line[len(_line(outcome.case.id)) :].lstrip())
        end = start + len(verdict.status)
        shown.append(line[:start] + style.paint(line[start:end], _COLOURS[verdict.status]) + line[end:])
        shown += [f"{_INDENT}{note}" for note in _notes(outcome, verdict, style)]
    return "\n".join(shown)


def _notes(outcome: Outcome, verdict: Verdict, style: Style) -> Iterator[str]:
    if verdict.error is not None:
        for line in verdict.error.split("\n"):
            yield style.paint(cut(line, _LONGEST), _COLOURS["error"])
        if outcome.trace.error and outcome.trace.error.kind in CASSETTE_STATES:
            yield f"record it: {_line(record_command(outcome.case))}"
    for finding in verdict.findings:
        said = f"expected {_short(finding.expected)}, got {_short(finding.got)}"
        yield style.paint(f"{_line(finding.place)}: {_line(finding.what)}: {said}", _COLOURS["failed"])
    for anomaly in outcome.trace.anomalies:
        yield style.paint(_anomaly(anomaly), "33")


def _line(text: str) -> str:
    """Return text on one line, line feeds shown as they are written."""
    return plain(text).replace("\n", "\\n")


def _short(text: str) -> str:
    return cut(_line(text), _LONGEST)


def _anomaly(anomaly: Anomaly) -> str:
    where = f"turn {anomaly.turn}, round {anomaly.round}" + (f", call {anomaly.call}" if anomaly.call else "")
    return f"anomaly: {where}: {_short(anomaly.detail)}"


def summary(outcomes: Sequence[Outcome], verdicts: Sequence[Verdict], seconds: float, what: str = "replayed") -> str:
    """Return how many cases came out how, and the command to type next."""
    counts = Counter(verdict.status for verdict in verdicts)
    parts = [f"{counts[status]} {status}" for status in ("passed", "failed", "error") if counts[status]]
    odd = sum(bool(outcome.trace.anomalies) for outcome in outcomes)
    parts += [f"{odd} with anomalies"] if odd else []
    lines = [f"{_number(len(verdicts), 'cases')} {what} in {seconds:.1f} s: {', '.join(parts)}"]
    failed = next((verdict.case for verdict in verdicts if verdict.status == "failed"), None)
    if failed:
        lines.append(f"look at the first that failed: harness show {shlex.quote(failed)}")
    return "\n".join(lines)


def conversation(trace: Trace, style: Style, width: int | None = None) -> str:
    """Return one trace as a readable conversation."""
    width = width or min(shutil.get_terminal_size((100, 24)).columns, 120)
    counts = trace.counts
    head = ", ".join(_number(getattr(counts, name), name) for name in ("turns", "rounds", "calls", "checkpoints"))
    lines = [style.paint(_line(trace.case), "1"), f"{head}; {trace.stop}"]
    for number, turn in enumerate(trace.turns, 1):
        lines += ["", *_turn(number, turn, style, width)]
    if trace.error:
        lines += ["", style.paint(f"error ({trace.error.kind}): {plain(trace.error.message)}", "31")]
    for anomaly in trace.anomalies:
        lines.append(style.paint(_anomaly(anomaly), "33"))
    return "\n".join(lines)


def _turn(number: int, turn: Turn, style: Style, width: int) -> Iterator[str]:
    yield style.paint(f"turn {number}", "1")
    yield from _said("user", turn.user, style.paint("user", "36"), width)
    for place, round_ in enumerate(turn.rounds, 1):
        kind = " (notice)" if round_.kind == "notice" else ""
        if round_.kind == "notice" and not round_.text:
            yield f"  model, round {place}{kind}: (no text; the loop's own sentence stands in)"
        elif round_.text and not (place == len(turn.rounds) and turn.response == round_.text):
            yield from _said(f"model, round {place}{kind}", round_.text, None, width)
        for call in round_.calls:
            yield from _call(place, call, style, width)
        yield from (
            style.paint(f"  checkpoint: {_pending(checkpoint)}: {checkpoint.answer or 'not answered'}", "35")
            for checkpoint in turn.checkpoints
            if place == checkpoint.round + _has_notice(turn, checkpoint)
        )
    if turn.response is not None:
        yield from _said(f"response ({turn.stop})", turn.response, style.paint(f"response ({turn.stop})", "32"), width)
    else:
        yield f"  no response ({turn.stop})"


def _number(number: int, words: str) -> str:
    return f"{number} {words if number != 1 else words.removesuffix('s')}"


def _pending(checkpoint: Checkpoint) -> str:
    return ", ".join(_line(call.name) for call in checkpoint.pending)


def _has_notice(turn: Turn, checkpoint: Checkpoint) -> bool:
    """Tell whether the round behind a checkpoint's words its request."""
    return checkpoint.round < len(turn.rounds) and turn.rounds[checkpoint.round].kind == "notice"


def _call(place: int, call: Call, style: Style, width: int) -> Iterator[str]:
    fate = call.outcome if call.decision == "none" else f"{call.decision}, {call.outcome}"
    fate = call.outcome if call.decision == call.outcome else fate
    text = cut(f"{call.name}({call.raw_arguments})", max(20, width - len(fate) - 16))
    colour = "32" if call.outcome == "executed" else "33"
    yield f"  round {place}: {text} {style.paint(fate, colour)}"
    if call.result is not None:
        yield f"      {cut(call.result or '(empty)', width - 6)}"


def _said(who: str, text: str, painted: str | None, width: int) -> Iterator[str]:
    head = painted or who
    body = plain(re.sub(r"\r\n?", "\n", text).expandtabs(4)).splitlines() or ["(empty)"]
    wrapped = [part for line in body for part in (textwrap.wrap(line, width - 4) or [""])]
    if len(wrapped) == 1 and len(who) + len(wrapped[0]) + 4 <= width:
        yield f"  {head}: {wrapped[0]}"
        return
    yield f"  {head}:"
    yield from (f"    {line}" for line in wrapped)


def listing(rows: Iterable[Sequence[str]], headers: Sequence[str]) -> str:
    """Return rows as an aligned table."""
    return tabulate([[plain(cell) for cell in row] for row in rows], headers, tablefmt="plain", disable_numparse=True)
