"""Two traces side by side: which turns, which rounds of a turn and which calls belong together."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import NamedTuple

from harness.assignment import others
from harness.paths import differences
from harness.sameness import ROLE, ROUND, Reading, alike, aspects, content, distance, reading, turn_bag
from harness.sequences import Match, aligned, ascending, assigned
from harness.trace import Call, Round, Turn


class Place(NamedTuple):
    """A call's place in its turn, both counted from zero."""

    round: int
    call: int


class Counterpart(NamedTuple):
    """A round of a turn, or a call of a round, before and now that belong together."""

    was: int
    now: int
    moved: bool = False
    """Whether it stands elsewhere among the others."""


class CallMatch(NamedTuple):
    """A call before and a call now that belong together; their names are the same."""

    was: Place
    now: Place
    moved: bool = False
    """Whether it stands elsewhere among the calls of its round, or in another round."""


class Alignment(NamedTuple):
    """What belongs together in two turns, by the places now; everything else is gone or came."""

    rounds: tuple[Counterpart, ...]
    calls: tuple[CallMatch, ...]


class Sides(NamedTuple):
    """One turn before and now, with their places in their traces and what belongs together in them."""

    was: int
    now: int
    before: Turn
    after: Turn
    alignment: Alignment


def aligned_turns(before: Sequence[Turn], now: Sequence[Turn]) -> list[Match]:
    """Return which turns belong together: those with the same message, then those that differ least.

    The other way round it is the same.
    """
    if [turn.user for turn in before] == [turn.user for turn in now]:
        return [Match(at, at) for at in range(len(now))]
    if _contents(before) > _contents(now):
        return [Match(match.now, match.was) for match in aligned_turns(now, before)]
    bags, against = [turn_bag(turn) for turn in before], [turn_bag(turn) for turn in now]
    message = 1 + sum(bag.total for bag in [*bags, *against])
    costs = [
        [
            3 * message * (one.user != other.user) + distance(bag, there)
            for other, there in zip(now, against, strict=True)
        ]
        for one, bag in zip(before, bags, strict=True)
    ]
    gone, came = ([2 * message + bag.total for bag in side] for side in (bags, against))
    return aligned(costs, gone, came)


def _contents(turns: Sequence[Turn]) -> list[tuple[str, list[str]]]:
    return [(turn.user, [content(round_) for round_ in turn.rounds]) for turn in turns]


def aligned_rounds(before: Sequence[Round], now: Sequence[Round]) -> Alignment:
    """Return which rounds and calls of two turns belong together, so that as little as possible differs.

    Rounds are aligned in order by what they consist of; of what is left over, rounds with the same calls have moved. In
    two rounds the same calls belong together, in order as far as possible, and then calls of one name with the fewest
    changed keys. What is left over and the same elsewhere in the turn has moved. The other way round it is the same.
    """
    start = _beginning(before, now)
    rest = min(len(before), len(now)) - start
    end = _beginning(before[::-1][:rest], now[::-1][:rest])
    one, other = before[start : len(before) - end], now[start : len(now) - end]
    if list(map(content, one)) > list(map(content, other)):
        found = _turned(_aligned(list(map(reading, other)), list(map(reading, one))))
    else:
        found = _aligned(list(map(reading, one)), list(map(reading, other)))
    same = [(at, at) for at in range(start)]
    same += [(len(before) - at, len(now) - at) for at in range(1, end + 1)]
    rounds = [Counterpart(match.was + start, match.now + start, match.moved) for match in found.rounds]
    calls = [CallMatch(_behind(match.was, start), _behind(match.now, start), match.moved) for match in found.calls]
    rounds += [Counterpart(*pair) for pair in same]
    calls += [CallMatch(Place(was, at), Place(to, at)) for was, to in same for at in range(len(now[to].calls))]
    return _in_order(rounds, calls)


def _beginning(before: Sequence[Round], now: Sequence[Round]) -> int:
    """Count the rounds at the beginning that are alike; to pair them costs nothing, and nothing could cost less."""
    pairs = enumerate(zip(before, now, strict=False))
    return next((at for at, (one, other) in pairs if not alike(one, other)), min(len(before), len(now)))


def _behind(place: Place, rounds: int) -> Place:
    return Place(place.round + rounds, place.call)


def _turned(found: Alignment) -> Alignment:
    return _in_order(
        (Counterpart(match.now, match.was, match.moved) for match in found.rounds),
        (CallMatch(match.now, match.was, match.moved) for match in found.calls),
    )


def _in_order(rounds: Iterable[Counterpart], calls: Iterable[CallMatch]) -> Alignment:
    return Alignment(
        tuple(sorted(rounds, key=lambda match: match.now)), tuple(sorted(calls, key=lambda match: match.now))
    )


def _aligned(before: Sequence[Reading], now: Sequence[Reading]) -> Alignment:
    """Return what belongs together of rounds, those that come first by their contents as the ones before."""
    pairs = _pairs(before, now)
    rounds = [Counterpart(*pair) for pair in pairs]
    rounds += _moved(before, now, pairs)
    calls = [
        CallMatch(Place(was, one.was), Place(to, one.now), one.moved)
        for was, to, _ in rounds
        for one in _in_round(before[was], now[to])
    ]
    calls += _elsewhere(before, now, rounds, calls)
    return _in_order(rounds, calls)


def _pairs(before: Sequence[Reading], now: Sequence[Reading]) -> list[Match]:
    """Return the cheapest alignment of rounds."""
    costs = [[ROLE * (one.role != other.role) + distance(one.bag, other.bag) for other in now] for one in before]
    gone, came = ([ROUND + one.bag.total for one in side] for side in (before, now))
    return aligned(costs, gone, came)


def _moved(before: Sequence[Reading], now: Sequence[Reading], pairs: Sequence[Match]) -> Iterator[Counterpart]:
    """Yield the rounds with the same calls, in the same order, of which one is gone and one came."""
    free: dict[object, list[int]] = defaultdict(list)
    for at in others(len(now), (pair.now for pair in pairs)):
        free[now[at].role, now[at].identities].append(at)
    for at in others(len(before), (pair.was for pair in pairs)):
        there = free[before[at].role, before[at].identities]
        if there and before[at].identities:
            yield Counterpart(at, there.pop(0), moved=True)


_FREE = 1 << 20
"""What a call costs that has no match in order: more than all that differs of those that have one."""
_ORDER, _ASPECT, _KEY, _OTHER = 1, 1 << 24, 1 << 36, 1 << 52
"""What counts least to most when calls are matched in any order: their places, what became of them, each changed key,
and that they are not the same."""


def _in_round(before: Reading, now: Reading) -> list[Counterpart]:
    """Match the calls of two rounds: the same in order, then the same and those of one name in any order."""
    one, other = before.round.calls, now.round.calls
    ours, theirs = before.identities, now.identities
    never = 3 * _FREE
    costs = [
        [aspects(one[was], other[now]) if same == there else never for now, there in enumerate(theirs)]
        for was, same in enumerate(ours)
    ]
    found = aligned(costs, [_FREE] * len(one), [_FREE] * len(other))
    named: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for at in others(len(one), (match.was for match in found)):
        named[one[at].name][0].append(at)
    for at in others(len(other), (match.now for match in found)):
        named[other[at].name][1].append(at)
    for rows, columns in named.values():
        if len(rows) == len(columns) == 1:
            found.append(Match(rows[0], columns[0]))
            continue
        table = [
            [
                _cost(one[was], other[now], ours[was] == theirs[now]) + _ORDER * (row - column) ** 2
                for column, now in enumerate(columns)
            ]
            for row, was in enumerate(rows)
        ]
        found += [Match(rows[match.was], columns[match.now]) for match in assigned(table)]
    found.sort()
    still = {found[at] for at in ascending([match.now for match in found])}
    return [Counterpart(match.was, match.now, match not in still) for match in found]


def _cost(one: Call, other: Call, same: bool) -> int:
    changed = 0 if same else _OTHER + _KEY * len(differences(one.arguments, other.arguments))
    return changed + _ASPECT * aspects(one, other)


class _Loose(NamedTuple):
    """The same calls without a match, before and now: of rounds that have one, and of rounds that have none."""

    gone: list[Place]
    came: list[Place]
    gone_whole: list[Place]
    came_whole: list[Place]


def _elsewhere(
    before: Sequence[Reading], now: Sequence[Reading], rounds: Sequence[Counterpart], calls: Sequence[CallMatch]
) -> Iterator[CallMatch]:
    """Match the same calls in different rounds, of which at least one is neither gone nor came as a whole."""
    loose: dict[tuple[str, str], _Loose] = defaultdict(lambda: _Loose([], [], [], []))
    kept, taken = {match.was for match in rounds}, {match.was for match in calls}
    for place, same in _places(before, taken):
        (loose[same].gone if place.round in kept else loose[same].gone_whole).append(place)
    kept, taken = {match.now for match in rounds}, {match.now for match in calls}
    for place, same in _places(now, taken):
        (loose[same].came if place.round in kept else loose[same].came_whole).append(place)
    for gone, came, gone_whole, came_whole in loose.values():
        # Those of whole rounds are told with their rounds, so they are the last that another is taken for.
        both = min(len(gone), len(came))
        pairs = [*zip(gone, [*came, *came_whole], strict=False), *zip(gone_whole, came[both:], strict=False)]
        yield from (CallMatch(was, to, moved=True) for was, to in pairs)


def _places(rounds: Sequence[Reading], taken: Container[Place]) -> Iterator[tuple[Place, tuple[str, str]]]:
    for at, round_ in enumerate(rounds):
        for number, same in enumerate(round_.identities):
            if (place := Place(at, number)) not in taken:
                yield place, same
