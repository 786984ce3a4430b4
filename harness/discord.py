"""What several parts of a scenario say that no trace could meet, though each of them alone could be met."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from harness.condition import Amount
from harness.contradiction import Contradiction, highest, lowest, required
from harness.expectation import Expectation, TurnExpectation
from harness.pauses import TurnCheckpoint
from harness.scenario import Answer, ScenarioFile
from harness.scope import Scope
from harness.source import Location

_AMOUNTS = ("rounds", "notices", "checkpoints")


class _Part(NamedTuple):
    way: Location
    expect: TurnExpectation


class _Bounds(NamedTuple):
    """The numbers that are right, from the least to the most."""

    least: int
    most: int | None


def discords(file: ScenarioFile) -> Iterator[Contradiction]:
    """Yield what of a scenario cannot be met together with another part of it, with the way from the top of the file.

    What is known to fail may be as it likes.
    """
    if file.known:
        return
    turns = [_parts(turn.expect, ("turns", at, "expect")) for at, turn in enumerate(file.turns)]
    case = _parts(file.expect, ("expect",))
    for turn, parts in zip(file.turns, turns, strict=True):
        for part in parts:
            yield from _against_answers(part, turn.answers)
        for part in (*parts, *case):
            yield from _answered_never(part, turn.answers)
    for one, other in (pair for group in (*turns, case) for pair in combinations(group, 2)):
        if _meet(one.expect.applies, other.expect.applies, file.applies):
            yield from _clash(one, other)
    for part in case:
        for one in (one for group in turns for one in group):
            if _meet(one.expect.applies, part.expect.applies, file.applies):
                yield from _forbidden(one, part)
        yield from _summed(part, turns)
        yield from _turns(part, len(file.turns))


def _parts(expect: Sequence[TurnExpectation], way: Location) -> list[_Part]:
    return [_Part((*way, at), one) for at, one in enumerate(expect) if one.known is None]


def _meet(*scopes: Scope) -> bool:
    """Tell whether something may lie within all scopes."""
    for group in Scope.model_fields:
        said = [set(names) for scope in scopes if (names := getattr(scope, group)) is not None]
        if said and not set.intersection(*said):
            return False
    return True


def _inside(inner: Scope, outer: Scope) -> bool:
    """Tell whether whatever lies in one scope lies in another."""
    for group in Scope.model_fields:
        wide, narrow = getattr(outer, group), getattr(inner, group)
        if wide is not None and (narrow is None or not set(narrow) <= set(wide)):
            return False
    return True


def _bounds(expect: TurnExpectation, name: str) -> _Bounds | None:
    """Return within which bounds an expectation holds a number, or None where it says nothing of it."""
    amount = getattr(expect, name)
    if amount is None or isinstance(amount, Amount):
        return None if amount is None else _of(amount)
    return _Bounds(len(amount), len(amount))


def _of(amount: Amount) -> _Bounds:
    return _Bounds(lowest(amount), highest(amount))


def _counts(expect: TurnExpectation) -> dict[tuple[str, str], _Bounds]:
    return {(tool, count.which): _of(count) for tool, count in (expect.count or {}).items()}


def _told(bounds: _Bounds) -> str:
    if bounds.most is None:
        return f"at least {bounds.least}"
    if bounds.least == bounds.most:
        return str(bounds.least)
    return f"at most {bounds.most}" if not bounds.least else f"at least {bounds.least} and at most {bounds.most}"


def _apart(one: _Bounds, other: _Bounds) -> bool:
    pairs = ((one, other), (other, one))
    return any(low.most is not None and low.most < high.least for low, high in pairs)


def _clash(one: _Part, other: _Part) -> Iterator[Contradiction]:
    """Yield what two expectations of the same turns say that cannot both be, at the second of them."""
    for name in _AMOUNTS:
        first, second = _bounds(one.expect, name), _bounds(other.expect, name)
        if first and second and _apart(first, second):
            why = f"{_told(second)} in '{name}' cannot be, with {_told(first)} in another part that applies as well"
            yield Contradiction((*other.way, name), why)
    before = _counts(one.expect)
    for (tool, which), second in _counts(other.expect).items():
        if (first := before.get((tool, which))) and _apart(first, second):
            why = f"{_told(second)} of {tool} cannot be, with {_told(first)} in another part that applies as well"
            yield Contradiction((*other.way, "count", tool), why)
    if {"stop"} <= one.expect.model_fields_set & other.expect.model_fields_set and one.expect.stop != other.expect.stop:
        why = (
            f"it cannot stop with '{other.expect.stop}', with '{one.expect.stop}' in another part that applies as well"
        )
        yield Contradiction((*other.way, "stop"), why)
    yield from _forbidden(one, other)
    yield from _forbidden(other, one)


def _forbidden(one: _Part, other: _Part) -> Iterator[Contradiction]:
    """Yield the tools that one expectation wants and another forbids."""
    wanted = {tool: key for tool, (key, *_) in required(one.expect)}
    for at, tool in enumerate(other.expect.never):
        if tool in wanted:
            why = f"{tool} is expected in '{wanted[tool]}' of another part that applies as well, and forbidden here"
            yield Contradiction((*other.way, "never", at), why)


def _summed(part: _Part, turns: Sequence[Sequence[_Part]]) -> Iterator[Contradiction]:
    """Yield the numbers of the whole case that those of its turns do not come to."""
    groups = [[one.expect for one in group if _inside(part.expect.applies, one.expect.applies)] for group in turns]
    for name in _AMOUNTS:
        if whole := _bounds(part.expect, name):
            each = [[found for one in group if (found := _bounds(one, name))] for group in groups]
            if why := _unequal(whole, each):
                yield Contradiction((*part.way, name), f"{_told(whole)} in '{name}' cannot be, {why}")
    for (tool, which), whole in _counts(part.expect).items():
        each = [[found for one in group if (found := _counts(one).get((tool, which)))] for group in groups]
        if why := _unequal(whole, each):
            yield Contradiction((*part.way, "count", tool), f"{_told(whole)} of {tool} cannot be, {why}")


def _unequal(whole: _Bounds, each: Sequence[Sequence[_Bounds]]) -> str | None:
    least = sum(max((one.least for one in turn), default=0) for turn in each)
    tops = [min((one.most for one in turn if one.most is not None), default=None) for turn in each]
    most = None if None in tops else sum(top for top in tops if top is not None)
    if _apart(whole, _Bounds(least, most)):
        return f"with {_told(_Bounds(least, most))} in the turns"
    return None


def _turns(part: _Part, number: int) -> Iterator[Contradiction]:
    if isinstance(part.expect, Expectation) and part.expect.turns and not part.expect.turns.holds(number):
        why = f"{part.expect.turns} cannot be, with {number} in the scenario, all of which must be reached"
        yield Contradiction((*part.way, "turns"), why)


def _against_answers(part: _Part, answers: Sequence[Answer]) -> Iterator[Contradiction]:
    """Yield what an expectation of a turn says that its answers rule out."""
    rest = answers[-1] if answers and answers[-1].otherwise is not None else None
    given = answers[:-1] if rest else answers
    bounds = _bounds(part.expect, "checkpoints")
    if bounds and bounds.most is not None and bounds.most < len(given):
        why = f"{_told(bounds)} in 'checkpoints' cannot be: each of {len(given)} in 'answers' must be asked for"
        yield Contradiction((*part.way, "checkpoints"), why)
    elif part.expect.checkpoints is not None and not isinstance(part.expect.checkpoints, Amount):
        for at, one in enumerate(part.expect.checkpoints):
            answer = given[at] if at < len(given) else rest
            if answer is not None:
                place = min(at, len(answers) - 1) + 1
                yield from _answered_otherwise(one, answer, place, (*part.way, "checkpoints", at))
    if rest and part.expect.stop == "unanswered":
        yield Contradiction((*part.way, "stop"), "'otherwise' answers whatever is asked, so that nothing is unanswered")


def _answered_otherwise(one: TurnCheckpoint, answer: Answer, place: int, way: Location) -> Iterator[Contradiction]:
    """Yield what a checkpoint cannot be, since the answer at this place is for it."""
    if one.pending is not None and answer.names is not None and Counter(one.pending) != Counter(answer.names):
        yield Contradiction(way, f"nothing but {', '.join(answer.names)} can be pending, as answer {place} says")
    said = "confirmed" if answer.confirmed else "denied"
    if one.answer not in (None, said):
        yield Contradiction((*way, "answer"), f"it cannot be {one.answer}: answer {place} says '{said}'")


def _answered_never(part: _Part, answers: Sequence[Answer]) -> Iterator[Contradiction]:
    """Yield the tools that are answered for, so that they must be asked for, and forbidden."""
    answered = {tool for answer in answers for tool in answer.names or ()}
    for at, tool in enumerate(part.expect.never):
        if tool in answered:
            yield Contradiction((*part.way, "never", at), f"{tool} is answered for in 'answers', and forbidden here")
