"""One trace as a conversation that people read, and the lines that it is made of."""

import json
import re
import shutil
import textwrap
from collections.abc import Iterator

from harness.remarks import anomaly
from harness.terminal import Style, cut, line, plain
from harness.trace import Call, Checkpoint, Round, Trace, Turn


def conversation(trace: Trace, style: Style, width: int | None = None) -> str:
    """Return one trace as a readable conversation."""
    width = width or widest()
    counts = trace.counts
    head = ", ".join(_number(getattr(counts, name), name) for name in ("turns", "rounds", "calls", "checkpoints"))
    lines = [style.paint(line(trace.case), "1"), f"{head}; {trace.stop}"]
    for number, turn in enumerate(trace.turns, 1):
        lines += ["", *_turn(number, turn, style, width)]
    return "\n".join([*lines, *odd(trace, style)])


def widest() -> int:
    """Return how wide a conversation is here: as the terminal, but never so that it is hard to read."""
    return min(shutil.get_terminal_size((100, 24)).columns, 120)


def _turn(number: int, turn: Turn, style: Style, width: int) -> Iterator[str]:
    yield from opening(number, turn.user, style, width)
    for place, round_ in enumerate(turn.rounds, 1):
        if not is_response(turn, place):
            yield from worded(place, round_, width)
        for call in round_.calls:
            yield from called(place, call, style, width)
        for checkpoint in turn.checkpoints:
            if place == checkpoint.round + _has_notice(turn, checkpoint):
                yield answered(checkpoint, style)
    yield from closing(turn, style, width)


def opening(number: int, user: str, style: Style, width: int) -> Iterator[str]:
    """Yield the lines with which a turn begins: its number, and what the user says."""
    yield style.paint(f"turn {number}", "1")
    yield from _said("user", user, style.paint("user", "36"), width)


def is_response(turn: Turn, place: int) -> bool:
    """Tell whether the text of a round, counted from one, is what the user gets, so that it is told as the response."""
    return place == len(turn.rounds) and turn.response is not None and turn.response == turn.rounds[place - 1].text


def worded(place: int, round_: Round, width: int) -> Iterator[str]:
    """Yield the text of a round, where it has any; a notice without one says so."""
    kind = " (notice)" if round_.kind == "notice" else ""
    if round_.text:
        yield from _said(f"model, round {place}{kind}", round_.text, None, width)
    elif kind:
        yield f"  model, round {place}{kind}: (no text; the loop's own sentence stands in)"


def called(place: int, call: Call, style: Style, width: int) -> Iterator[str]:
    """Yield a call of a round with what became of it, and what the model was told."""
    fate = call.outcome if call.decision == "none" else f"{call.decision}, {call.outcome}"
    fate = call.outcome if call.decision == call.outcome else fate
    text = cut(f"{call.name}({call.raw_arguments})", max(20, width - len(fate) - 16))
    colour = "32" if call.outcome == "executed" else "33"
    yield f"  round {place}: {text} {style.paint(fate, colour)}"
    if call.result is not None:
        yield f"      {cut(call.result or '(empty)', width - 6)}"


def answered(checkpoint: Checkpoint, style: Style) -> str:
    """Return the line of a checkpoint: what was pending, and the answer."""
    return style.paint(f"  checkpoint: {_pending(checkpoint)}: {checkpoint.answer or 'not answered'}", "35")


def closing(turn: Turn, style: Style, width: int) -> Iterator[str]:
    """Yield what a turn ends with: the response, the files that it changed, the state that it left."""
    if turn.response is not None:
        yield from _said(f"response ({turn.stop})", turn.response, style.paint(f"response ({turn.stop})", "32"), width)
    else:
        yield f"  no response ({turn.stop})"
    yield from _left(turn, style, width)


def odd(trace: Trace, style: Style) -> Iterator[str]:
    """Yield what went wrong in a case, and what is odd in it, below its turns."""
    if trace.error:
        yield ""
        yield style.paint(f"error ({trace.error.kind}): {plain(trace.error.message)}", "31")
    for one in trace.anomalies:
        yield style.paint(anomaly(one), "33")


def _left(turn: Turn, style: Style, width: int) -> Iterator[str]:
    """Yield the files that a turn changed, and the state that it left to the scenario's own tools."""
    if turn.workspace == {}:
        yield "  no file changed"
    for path, text in (turn.workspace or {}).items():
        if text is None:
            yield style.paint(f"  file {line(path)} is gone", "35")
        else:
            yield from _said(f"file {line(path)}", text, style.paint(f"file {line(path)}", "36"), width)
    if turn.state is not None:
        yield from _said("state", json.dumps(turn.state, ensure_ascii=False), style.paint("state", "36"), width)


def _number(number: int, words: str) -> str:
    return f"{number} {words if number != 1 else words.removesuffix('s')}"


def _pending(checkpoint: Checkpoint) -> str:
    return ", ".join(line(call.name) for call in checkpoint.pending)


def _has_notice(turn: Turn, checkpoint: Checkpoint) -> bool:
    """Tell whether the round behind a checkpoint's words its request."""
    return checkpoint.round < len(turn.rounds) and turn.rounds[checkpoint.round].kind == "notice"


def _said(who: str, text: str, painted: str | None, width: int) -> Iterator[str]:
    head = painted or who
    body = plain(re.sub(r"\r\n?", "\n", text).expandtabs(4)).splitlines() or ["(empty)"]
    wrapped = [part for one in body for part in (textwrap.wrap(one, width - 4) or [""])]
    if len(wrapped) == 1 and len(who) + len(wrapped[0]) + 4 <= width:
        yield f"  {head}: {wrapped[0]}"
        return
    yield f"  {head}:"
    yield from (f"    {one}" for one in wrapped)
