"""Expectations against what happened: each finding with the line that it comes from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.condition import Amount, Words, left, satisfied
from harness.expectation import ExpectedCall, TurnExpectation, parted
from harness.matching import align, fits, fits_all
from harness.source import Document, Location
from harness.trace import Call, Record, Turn, calls_of, count


class Finding(Record):
    """One thing that is not as the scenario says."""

    place: str
    """The line it comes from, as `file:line:col`."""
    what: str
    """What was looked at."""
    expected: str
    """What the scenario says."""
    got: str
    """What came."""


class View(NamedTuple):
    """The part of a trace that an expectation is about, and how its places are found and named."""

    turns: Sequence[Turn]
    error: str | None
    name: str
    location: Location
    document: Document
    files: Mapping[str, str]
    """The workspace as the last of these turns left it."""

    def place(self, *location: str | int) -> str:
        """Return `file:line:col` of a key of the expectation."""
        return self.document.place((*self.location, *location), key=True)

    def finding(self, what: str, location: Location, expected: str, got: str) -> Finding:
        """Return a finding at a key of the expectation."""
        return Finding(place=self.place(*location), what=f"{self.name}{what}", expected=expected, got=got)


def findings(expect: TurnExpectation, view: View) -> Iterator[Finding]:
    """Yield what of an expectation does not hold for the part of a trace that it is about."""
    calls = calls_of(view.turns)
    if expect.calls:
        yield from _calls(expect.calls.in_order, calls, view)
    yield from _amounts(expect, view)
    for index, tool in enumerate(expect.never):
        if asked := [call for call in calls if call.name == tool]:
            got = f"{as_asked(asked[0])}, {asked[0].outcome}"
            yield view.finding("never", ("never", index), f"{tool} is never asked for", got)
    if expect.offered is not None:
        yield from _offered(expect.offered, view)
    yield from _texts("response", expect.response, view.turns[-1].response if view.turns else None, view)
    yield from _workspace(expect, view)
    yield from _state(expect, view)
    if view.error is not None:
        yield from _texts("error", expect.error, view.error, view)


def _amounts(expect: TurnExpectation, view: View) -> Iterator[Finding]:
    counts = count(view.turns)
    for name in ("turns", "rounds", "notices", "checkpoints"):
        amount: Amount | None = getattr(expect, name, None)
        number = getattr(counts, name)
        if amount and not amount.holds(number):
            yield view.finding(name, (name,), str(amount), str(number))


def _texts(what: str, words: Words | None, text: str | None, view: View) -> Iterator[Finding]:
    for where, wanted in satisfied(words, text or "") if words else ():
        yield view.finding(what, (what, *where), wanted, _text(text))


def _workspace(expect: TurnExpectation, view: View) -> Iterator[Finding]:
    for path, file in (expect.workspace or {}).items():
        text = view.files.get(path)
        for way, wanted in left(file, text):
            got = "no such file; there are: " + (", ".join(view.files) or "none") if text is None else _text(text)
            yield view.finding(f"workspace, {path}", ("workspace", path, *way), wanted, got)


def _state(expect: TurnExpectation, view: View) -> Iterator[Finding]:
    state = view.turns[-1].state if view.turns else None
    for key in parted(expect.state or {}, state or {}):
        wanted = json.dumps((expect.state or {})[key], ensure_ascii=False)
        got = json.dumps(state[key], ensure_ascii=False) if state and key in state else "nothing"
        yield view.finding(f"state, {key}", ("state", key), wanted, got)


def _calls(expected: Sequence[ExpectedCall], calls: Sequence[Call], view: View) -> Iterator[Finding]:
    """Find the expected calls that are missing from the best alignment in order."""
    found = {pair.expected: pair.actual for pair in align(expected, calls, _is)}
    for index, want in enumerate(expected):
        if index not in found:
            got = _nearest(want, calls, set(found.values()))
            yield view.finding(f"call {index + 1}", ("calls", "in_order", index), str(want), got)


def _is(want: ExpectedCall, call: Call) -> bool:
    return want.tool == call.name and not _differences(want, call)


def _differences(want: ExpectedCall, call: Call) -> list[str]:
    different = []
    if want.arguments and (call.arguments is None or not fits_all(want.arguments, call.arguments)):
        different.append(f"arguments {call.raw_arguments or '{}'}")
    for name in ("decision", "outcome"):
        wanted = getattr(want, name)
        if wanted is not None and wanted != getattr(call, name):
            different.append(f"{name} {getattr(call, name)}")
    return different


def _distance(want: ExpectedCall, call: Call) -> int:
    """Return how many arguments and fates of a call are not as expected."""
    arguments = call.arguments or {}
    wrong = sum(key not in arguments or not fits(part, arguments[key]) for key, part in want.arguments.items())
    return wrong + sum(getattr(want, name) not in (None, getattr(call, name)) for name in ("decision", "outcome"))


def _nearest(want: ExpectedCall, calls: Sequence[Call], taken: set[int]) -> str:
    """Return the call that comes nearest to an expected one, with its difference."""
    same = [(index, call) for index, call in enumerate(calls) if call.name == want.tool]
    free = [(index, call) for index, call in same if index not in taken]
    if not same:
        asked = ", ".join(dict.fromkeys(call.name for call in calls)) or "no call at all"
        return f"{want.tool} was not asked for; asked for: {asked}"
    if not free:
        return f"{want.tool} was asked for {numbered(len(same), 'time')}, which other expectations take"
    index, nearest = min(free, key=lambda item: _distance(want, item[1]))
    different = _differences(want, nearest)
    if not different:
        return f"{as_asked(nearest)} as call {index + 1}, out of order"
    return f"{nearest.name} as call {index + 1} with {' and '.join(different)}"


def _offered(expected: Sequence[str], view: View) -> Iterator[Finding]:
    for turn in view.turns:
        lacking = [name for name in expected if name not in turn.offered]
        more = [name for name in turn.offered if name not in expected]
        if lacking or more:
            parts = [f"without {', '.join(lacking)}"] if lacking else []
            parts += [f"also {', '.join(more)}"] if more else []
            yield view.finding("offered", ("offered",), ", ".join(expected) or "no tools", "; ".join(parts))
            return


def as_asked(call: Call) -> str:
    """Return a call as the model asked for it."""
    return f"{call.name}({call.raw_arguments})"


def _text(text: str | None) -> str:
    return "no response" if text is None else f"'{text}'" if text else "an empty text"


def numbered(number: int, word: str) -> str:
    """Return a number with what it counts: `no turns`, `1 turn`, `2 turns`."""
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"
