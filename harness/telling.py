"""Changes told in plain sentences, one line each."""

import json
from collections.abc import Callable, Mapping
from unicodedata import normalize

from harness.change import Change, ChangeKind, Spot
from harness.completion import excerpt
from harness.passage import passage
from harness.trace import dumps

_SHORT = 60
"""Texts up to this length are shown whole, side by side."""


def where(spot: Spot) -> str:
    """Return a place in words: `turn 1, round 2, call 1`."""
    parts = (("turn", spot.turn), ("round", spot.round), ("call", spot.call))
    return ", ".join(f"{name} {number}" for name, number in parts if number is not None)


def sentence(change: Change) -> str:
    """Return a change in one line without colour; what is long is cut, or shown where it parts.

    It begins with the place now, or before where it is gone: `turn 1, round 2: file_read: path "a.txt" -> "b.txt"`.
    """
    spot = change.now or change.was
    place = "" if spot is None else where(spot.model_copy(update={"call": None}))
    if change.kind == "checkpoints":
        place = place.replace("round", "checkpoint in round")
    told = f"{place}{_TOLD[change.kind](change)}".removeprefix(": ")
    return " ".join(told.splitlines())


def _turn(change: Change) -> str:
    if change.subject == "turn":
        return f" {_fate(change)}: {_quoted(change.before or change.after or '')}"
    return _text(change)


def _offered(change: Change) -> str:
    if change.before is not None and change.after is not None:
        return ": tools offered in another order"
    return f": tool {_cut(change.subject)} {'newly' if change.before is None else 'no longer'} offered"


def _round(change: Change) -> str:
    return f" {_fate(change)}: {_there(change)}" if change.subject == "round" else _word(change)


def _call(change: Change) -> str:
    return f": {_there(change)} {_fate(change)}"


def _argument(change: Change) -> str:
    if ": " in change.subject:
        return f": {_cut(change.subject)} {_values(change)}"
    return f": {_cut(change.subject)}: argument text {_apart(change.before, change.after, _plainly(change))}"


def _decision(change: Change) -> str:
    return f": {_cut(change.subject)}: {change.kind.removesuffix('s')} {_plainly(change)}"


def _result(change: Change) -> str:
    return f": {_cut(change.subject)}: result: {_texts(change.before, change.after)}"


def _checkpoint(change: Change) -> str:
    if change.subject == "checkpoint":
        return f" {_fate(change)}: {_there(change)}"
    if change.subject == "answer":
        return f": {change.before or 'unanswered'} -> {change.after or 'unanswered'}"
    return f": {_cut(change.subject)} {'also' if change.before is None else 'no longer'} pending"


def _text(change: Change) -> str:
    return f": {_cut(change.subject)}: {_texts(change.before, change.after)}"


def _word(change: Change) -> str:
    return f": {_cut(change.subject)} {_plainly(change)}"


def _failure(change: Change) -> str:
    return f": error {_fate(change)}: {_there(change)}" if None in (change.before, change.after) else _text(change)


def _file(change: Change) -> str:
    if (change.before or change.after or "").startswith("{"):
        return f": workspace {_values(change)}"
    one, other = (None if text is None else json.loads(text) for text in (change.before, change.after))
    if isinstance(one, str) and isinstance(other, str):
        return f": file {_cut(change.subject)}: {_texts(one, other)}"
    said = {None: "unchanged", "null": "gone"}
    shown = (said.get(text, _cut(text)) for text in (change.before, change.after))
    return f": file {_cut(change.subject)}: {' -> '.join(shown)}"


def _state(change: Change) -> str:
    return f": {'state' if change.subject == 'state' else f'state {_cut(change.subject)}'} {_values(change)}"


def _anomaly(change: Change) -> str:
    if change.before is not None and change.after is not None:
        return f": anomaly: {_texts(change.before, change.after)}"
    return f": anomaly {_fate(change)}: {_there(change)}"


def _usage(change: Change) -> str:
    shown = (
        "nothing" if counted is None else f"{counted['prompt_tokens']} + {counted['completion_tokens']}"
        for counted in (None if text is None else json.loads(text) for text in (change.before, change.after))
    )
    return f": tokens {' -> '.join(shown)}"


_TOLD: Mapping[ChangeKind, Callable[[Change], str]] = {
    "user": _turn,
    "offered": _offered,
    "rounds": _round,
    "calls": _call,
    "arguments": _argument,
    "decisions": _decision,
    "outcomes": _decision,
    "results": _result,
    "checkpoints": _checkpoint,
    "texts": _text,
    "stop": _word,
    "error": _failure,
    "workspace": _file,
    "state": _state,
    "anomalies": _anomaly,
    "tokens": _usage,
}
"""What stands behind the place, by what differs."""


def _there(change: Change) -> str:
    """Return what is there, or was where it is gone."""
    return _cut(change.before if change.after is None else change.after)


def _plainly(change: Change) -> str:
    return f"{_cut(change.before)} -> {_cut(change.after)}"


def _fate(change: Change) -> str:
    """Return what became of a thing as a whole."""
    if change.before is None:
        return "added"
    if change.after is None:
        return "removed"
    if change.was is None or change.now is None:
        return "changed"
    return f"moved from round {change.was.round}{f', call {change.was.call}' if change.now.call else ''}"


def _values(change: Change) -> str:
    """Return two values that are told as JSON."""
    if change.before is None:
        return f"added: {_cut(change.after)}"
    if change.after is None:
        return f"removed: {_cut(change.before)}"
    one, other = json.loads(change.before), json.loads(change.after)
    if isinstance(one, str) and isinstance(other, str):
        return _texts(one, other)
    return _plainly(change)


def _texts(one: str | None, other: str | None) -> str:
    """Return two texts, or the passage in which they part where they are long."""
    if one is None or other is None:
        return " -> ".join("nothing" if text is None else _quoted(text) for text in (one, other))
    alike = _seen(one) == _seen(other)
    return _apart(one, other, " -> ".join(json.dumps(text, ensure_ascii=alike) for text in (one, other)))


def _apart(one: str | None, other: str | None, short: str) -> str:
    """Return the passage in which two texts part, or what is given where both are short."""
    return passage(one, other) if one and other and max(len(one), len(other)) > _SHORT else short


def _seen(text: str) -> str:
    """Return of a text what a reader can see."""
    return "".join(sign for sign in normalize("NFKC", text) if sign.isprintable())


def _quoted(text: str) -> str:
    return _cut(dumps(text))


def _cut(text: str | None) -> str:
    """Return a text on one line, long ones as their beginning."""
    if text is None:
        return "nothing"
    return text if len(text) <= 3 * _SHORT else excerpt(text)
