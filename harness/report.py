"""Verdicts and traces as text for people."""

import json
import re
import shlex
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tabulate import tabulate

from harness.check import Verdict
from harness.misses import cost, drift, record_command, shared, unrecorded
from harness.runner import Outcome
from harness.terminal import Style, cut, plain
from harness.trace import Anomaly, Call, Checkpoint, Trace, Turn

_INDENT = "    "
_LONGEST = 400
_NAMED = 3
"""The most cases that a line for several names."""
_DRIFTED = "33"
_COLOURS = {"passed": "32", "failed": "31", "error": "31"}


def table(outcomes: Sequence[Outcome], verdicts: Sequence[Verdict], style: Style, root: Path | None = None) -> str:
    """Return a line for each case with its findings, anomalies and errors below it.

    Cases that miss for one reason share one line, and so do those that drift for one. Where a single case is to be
    recorded its command stands below it; `root` is the project, if it was named.
    """
    missed, drifted = shared(outcomes, verdicts), shared(outcomes, verdicts, drift)
    together = {case for one in missed for case in one.cases}
    told = {case for one in drifted for case in one.cases}
    wanted = unrecorded(outcomes)
    cases = [pair for pair in zip(outcomes, verdicts, strict=True) if pair[1].case not in together]
    shown: list[str] = []
    if cases:
        rows = [_row(outcome, verdict) for outcome, verdict in cases]
        headers = ("case", "verdict", "rounds", "calls", "checkpoints")
        head, rule, *lines = tabulate(rows, headers, tablefmt="simple", disable_numparse=True).splitlines()
        shown += [style.paint(head, "1"), rule]
        for line, row, (outcome, verdict) in zip(lines, rows, cases, strict=True):
            start = len(line) - len(line[len(row[0]) :].lstrip())
            end = start + len(row[1])
            shown.append(line[:start] + style.paint(line[start:end], _COLOURS[verdict.status]) + line[end:])
            shown += [f"{_INDENT}{note}" for note in _notes(outcome, verdict, style)]
            if verdict.case not in told and verdict.status != "error":
                shown += [f"{_INDENT}{style.paint(_short(f'drifted: {one}'), _DRIFTED)}" for one in verdict.drift]
            if wanted == [outcome]:
                shown.append(f"{_INDENT}record it, {cost(wanted, outcomes)}: {record_command(outcome.case, root)}")
    for word, reasons, colour in (("", missed, _COLOURS["error"]), (" drifted", drifted, _DRIFTED)):
        for reason, ids in reasons:
            shown += [""] * bool(shown)
            shown.append(style.paint(f"{len(ids)} cases{word}: {_short(reason)}", colour))
            more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
            shown.append(f"{_INDENT}{', '.join(map(_line, ids[:_NAMED]))}{more}")
    return "\n".join(shown)


def _row(outcome: Outcome, verdict: Verdict) -> tuple[str, ...]:
    counts = outcome.trace.counts
    status = f"{verdict.status}, drifted" if verdict.drift and verdict.status != "error" else verdict.status
    return _line(outcome.case.id), status, str(counts.rounds), str(counts.calls), str(counts.checkpoints)


def _notes(outcome: Outcome, verdict: Verdict, style: Style) -> Iterator[str]:
    if verdict.error is not None:
        for line in verdict.error.split("\n"):
            yield style.paint(cut(line, _LONGEST), _COLOURS["error"])
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
    drifted = sum(bool(verdict.drift) and verdict.status != "error" for verdict in verdicts)
    parts += [f"{drifted} drifted"] if drifted else []
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
    yield from _left(turn, style, width)


def _left(turn: Turn, style: Style, width: int) -> Iterator[str]:
    """Yield the files that a turn changed, and the state that it left to the scenario's own tools."""
    if turn.workspace == {}:
        yield "  no file changed"
    for path, text in (turn.workspace or {}).items():
        if text is None:
            yield style.paint(f"  file {_line(path)} is gone", "35")
        else:
            yield from _said(f"file {_line(path)}", text, style.paint(f"file {_line(path)}", "36"), width)
    if turn.state is not None:
        yield from _said("state", json.dumps(turn.state, ensure_ascii=False), style.paint("state", "36"), width)


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
