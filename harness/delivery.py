"""What is told of an import: what was written, what was not imported and why, and what to type next."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.finding import numbered
from harness.intake import Taken
from harness.records import KNOWN, UNKNOWN
from harness.source import shown

_MOST = 12


def told(taken: Taken) -> str:
    """Return an import in words."""
    return "\n".join(_lines(taken))


def _lines(taken: Taken) -> Iterator[str]:
    turns = sum(len(one.stretch.turns) for one in taken.items)
    seen = [one for item in taken.items if item.made for one in item.made.seen]
    rounds, calls = sum(one.rounds for one in seen), sum(len(one.calls) for one in seen)
    counted = f"{numbered(turns, 'turn')}, {numbered(rounds, 'round')} and {numbered(calls, 'call')}"
    yield f"imported {numbered(len(taken.items), 'scenario')}: {counted}, each replayed as it was recorded"
    yield from _cut([f"  {shown(path)}" for path in _telling(taken.written)])
    for name, number in taken.replaced.items():
        yield f"redacted {name}: {numbered(number, 'text')}, the same everywhere"
    if differing := Counter(difference for one in taken.items for difference in one.differences):
        yield "what the loop asks otherwise than the record (in the head of each cassette):"
        yield from _cut([f"  {what}{_times(number)}" for what, number in differing.most_common()])
    if taken.notes:
        yield "left out of what was imported:"
        yield from (f"  {note}" for note in taken.notes)
    if taken.apart:
        what = "that is no chat completion" if taken.apart == 1 else "that are no chat completions"
        yield f"passed over: {numbered(taken.apart, 'request')} {what}"
    if taken.left:
        yield f"not imported, {len(taken.left)}:"
        yield from (f"  {line}" for line in taken.left)
        if any(line.endswith(UNKNOWN) for line in taken.left):
            yield f"  known are: {KNOWN}"
    areas = list(dict.fromkeys(one.id.partition("/")[0] for one in taken.items))
    yield f"type next: harness run {taken.items[0].id if len(taken.items) == 1 else ' '.join(areas)}"


def _telling(written: Sequence[Path]) -> list[Path]:
    """Return the files that people open: settings and scenarios, not cassettes and their pieces."""
    return [path for path in written if "cassettes" not in path.parts]


def _times(number: int) -> str:
    return f" ({number} scenarios)" if number > 1 else ""


def _cut(lines: Sequence[str]) -> list[str]:
    if len(lines) <= _MOST:
        return list(lines)
    return [*lines[: _MOST - 1], f"  ... and {len(lines) - _MOST + 1} more"]
