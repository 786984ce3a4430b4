"""One trace as a conversation that people read, and the lines that it is made of."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from harness.remarks import anomaly
from harness.terminal import FAINT, Style, extent, line, plain, style, width, wrapped
from harness.trace import Call, Checkpoint, Round, Trace, Turn

_UNWRAPPED = 100
"""How wide a conversation is off a terminal."""
_WIDEST = 120
"""A longer line is hard to read."""
_MOST = 6
"""The most lines of one text that tools take, give or keep, where not all is asked for."""


@dataclass(frozen=True)
class Look:
    """How a conversation is shown."""

    style: Style = field(default_factory=Style)
    width: int = _UNWRAPPED
    most: int | None = _MOST
    """The most lines of arguments, of a result, of a file and of a state; None where all is shown."""


def look(stream: TextIO, environment: Mapping[str, str], *, most: int | None = _MOST) -> Look:
    """Return how a conversation is shown on a stream: as wide as its terminal, but never so that it is hard to read."""
    columns = width(stream, environment) or _UNWRAPPED
    return Look(style(stream, environment), min(columns, _WIDEST), most)


def conversation(trace: Trace, look: Look) -> str:
    """Return one trace as a readable conversation."""
    style = look.style
    counts = trace.counts
    head = ", ".join(_number(getattr(counts, name), name) for name in ("turns", "rounds", "calls", "checkpoints"))
    lines = [style.paint(line(trace.case), "1"), *wrapped(f"{head}; {trace.stop}", look.width)]
    for number, turn in enumerate(trace.turns, 1):
        lines += ["", *_turn(number, turn, look)]
    return "\n".join([*lines, *odd(trace, look)])


def _turn(number: int, turn: Turn, look: Look) -> Iterator[str]:
    yield from opening(number, turn.user, look)
    for place, round_ in enumerate(turn.rounds, 1):
        if not is_response(turn, place):
            yield from worded(place, round_, look)
        for call in round_.calls:
            yield from called(place, call, look)
        for checkpoint in turn.checkpoints:
            if place == checkpoint.round + _has_notice(turn, checkpoint):
                yield from answered(checkpoint, look)
    yield from closing(turn, look)


def opening(number: int, user: str, look: Look) -> Iterator[str]:
    """Yield the lines with which a turn begins: its number, and what the user says."""
    yield look.style.paint(f"turn {number}", "1")
    yield from _said("user", user, "36", look)


def is_response(turn: Turn, place: int) -> bool:
    """Tell whether the text of a round, counted from one, is what the user gets, so that it is told as the response."""
    return place == len(turn.rounds) and turn.response is not None and turn.response == turn.rounds[place - 1].text


def worded(place: int, round_: Round, look: Look) -> Iterator[str]:
    """Yield the text of a round, where it has any; a notice without one says so."""
    kind = " (notice)" if round_.kind == "notice" else ""
    if round_.text:
        yield from _said(f"model, round {place}{kind}", round_.text, None, look)
    elif kind:
        yield from _said(f"model, round {place}{kind}", "(no text; the loop's own sentence stands in)", None, look)


def called(place: int, call: Call, look: Look) -> Iterator[str]:
    """Yield a call of a round with what became of it, and what the model was told.

    Arguments that are too long for a line stand below the tool's name.
    """
    fate = call.outcome if call.decision == "none" else f"{call.decision}, {call.outcome}"
    fate = call.outcome if call.decision == call.outcome else fate
    painted = look.style.paint(fate, "32" if call.outcome == "executed" else "33")
    whole = f"  round {place}: {line(call.name)}({line(call.raw_arguments)})"
    if extent(whole) + 1 + extent(fate) <= look.width:
        yield f"{whole} {painted}"
    else:
        yield from wrapped(f"round {place}: {line(call.name)}(", look.width, "  ", "    ")
        yield from _shortened(line(call.raw_arguments), look, "        ")
        yield f"      ) {painted}"
    if call.result is not None:
        yield from _shortened(call.result or "(empty)", look, "      ")


def answered(checkpoint: Checkpoint, look: Look) -> Iterator[str]:
    """Yield the lines of a checkpoint: what was pending, and the answer."""
    said = look.style.paint(f"checkpoint: {_pending(checkpoint)}: {checkpoint.answer or 'not answered'}", "35")
    yield from wrapped(said, look.width, "  ", "    ")


def closing(turn: Turn, look: Look) -> Iterator[str]:
    """Yield what a turn ends with: the response, the files that it changed, the state that it left."""
    if turn.response is not None:
        yield from _said(f"response ({turn.stop})", turn.response, "32", look)
    else:
        yield f"  no response ({turn.stop})"
    yield from _left(turn, look)


def odd(trace: Trace, look: Look) -> Iterator[str]:
    """Yield what went wrong in a case, and what is odd in it, below its turns."""
    if trace.error:
        yield ""
        said = f"error ({trace.error.kind}): {trace.error.message}"
        for one in plain(said).split("\n"):
            yield from wrapped(look.style.paint(one, "31"), look.width, "", "  ")
    for anomalous in trace.anomalies:
        yield from wrapped(look.style.paint(anomaly(anomalous), "33"), look.width, "", "  ")


def _left(turn: Turn, look: Look) -> Iterator[str]:
    """Yield the files that a turn changed, and the state that it left to the scenario's own tools."""
    if turn.workspace == {}:
        yield "  no file changed"
    for path, text in (turn.workspace or {}).items():
        if text is None:
            yield from wrapped(look.style.paint(f"file {line(path)} is gone", "35"), look.width, "  ", "    ")
        else:
            yield from _said(f"file {line(path)}", text, "36", look, look.most)
    if turn.state is not None:
        yield from _said("state", json.dumps(turn.state, ensure_ascii=False), "36", look, look.most)


def _number(number: int, words: str) -> str:
    return f"{number} {words if number != 1 else words.removesuffix('s')}"


def _pending(checkpoint: Checkpoint) -> str:
    return ", ".join(line(call.name) for call in checkpoint.pending)


def _has_notice(turn: Turn, checkpoint: Checkpoint) -> bool:
    """Tell whether the round behind a checkpoint's words its request."""
    return checkpoint.round < len(turn.rounds) and turn.rounds[checkpoint.round].kind == "notice"


def _said(who: str, text: str, code: str | None, look: Look, most: int | None = None) -> Iterator[str]:
    """Yield who says something, or what is kept, and the text: beside it where it fits, else below."""
    body = _lines(text or "(empty)", look.width - 4)
    head = wrapped(look.style.paint(who, code) if code else who, look.width - 1, "  ", "    ")
    if len(body) == 1 and len(head) == 1 and extent(head[0]) + 2 + extent(body[0]) <= look.width:
        yield f"{head[0]}: {body[0]}"
        return
    yield from (*head[:-1], f"{head[-1]}:")
    yield from _cut(body, most, "    ", look)


def _shortened(text: str, look: Look, indent: str) -> Iterator[str]:
    """Yield a text of a tool's, on as many lines as it may have."""
    yield from _cut(_lines(text, look.width - len(indent)), look.most, indent, look)


def _cut(lines: Sequence[str], most: int | None, indent: str, look: Look) -> Iterator[str]:
    """Yield lines, and of those that are too many how many there are; one alone takes no more room than that."""
    shown = len(lines) if most is None or len(lines) <= most + 1 else most
    yield from (f"{indent}{one}" if one else "" for one in lines[:shown])
    if left := lines[shown:]:
        said = f"... (+{len(left):,} lines, {sum(map(len, left)):,} characters)"
        yield f"{indent}{look.style.paint(said, FAINT)}"


def _lines(text: str, room: int) -> list[str]:
    """Return a text on lines of so many columns; the form of code is kept where it fits."""
    lines: list[str] = []
    for one in plain(re.sub(r"\r\n?", "\n", text).expandtabs(4)).split("\n"):
        indent = " " * min(len(one) - len(one.lstrip(" ")), room // 2)
        lines += [one.rstrip()] if extent(one) <= room else wrapped(one, room, indent, indent)
    while len(lines) > 1 and not lines[-1]:
        lines.pop()
    return lines
