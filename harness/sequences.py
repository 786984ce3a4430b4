"""Two sequences by what it costs to take one item for another: aligned in order, assigned in any order."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple

from harness.assignment import others


class Match(NamedTuple):
    """Places, counted from zero, of an item before and an item now that belong together."""

    was: int
    now: int


class Step(NamedTuple):
    """One item on the way through both sequences: before and now, or only on one side."""

    was: int | None
    now: int | None


def aligned(costs: Sequence[Sequence[int]], gone: Sequence[int], come: Sequence[int]) -> list[Match]:
    """Return the cheapest alignment in order, by dynamic programming (Needleman and Wunsch 1970).

    `costs` has a row for each item before and in it what each item now costs as its match; `gone` and `come` are what
    it costs to leave an item without one. Of equally cheap alignments it is the one that matches earliest.
    """
    rows, columns = len(gone), len(come)
    least = [[0] * (columns + 1) for _ in range(rows + 1)]
    for now in reversed(range(columns)):
        least[rows][now] = least[rows][now + 1] + come[now]
    for was in reversed(range(rows)):
        here, below, row, without = least[was], least[was + 1], costs[was], gone[was]
        right = here[columns] = below[columns] + without
        for now in reversed(range(columns)):
            right = here[now] = min(row[now] + below[now + 1], without + below[now], come[now] + right)
    found: list[Match] = []
    was = now = 0
    while was < rows and now < columns:
        if least[was][now] == costs[was][now] + least[was + 1][now + 1]:
            found.append(Match(was, now))
            was, now = was + 1, now + 1
        elif least[was][now] == gone[was] + least[was + 1][now]:
            was += 1
        else:
            now += 1
    return found


def assigned(costs: Sequence[Sequence[int]]) -> list[Match]:
    """Return the cheapest assignment in any order that leaves no item of the shorter side without a match.

    `costs` has a row for each item before and in it what each item now costs as its match. Rows are taken in turn along
    the cheapest augmenting path, with prices that keep all ways from being cheaper than nothing (Kuhn and Munkres; as
    Edmonds and Karp 1972 have it), in cubic time.
    """
    if not costs or not costs[0]:
        return []
    if len(costs) > len(costs[0]):
        return sorted(Match(match.now, match.was) for match in assigned(list(zip(*costs, strict=True))))
    owner: list[int | None] = [None] * len(costs[0])
    prices = _Prices([0] * len(costs), [0] * len(costs[0]))
    for row in range(len(costs)):
        _augment(costs, owner, prices, row)
    return sorted(Match(row, column) for column, row in enumerate(owner) if row is not None)


class _Prices(NamedTuple):
    rows: list[int]
    columns: list[int]


def _augment(costs: Sequence[Sequence[int]], owner: list[int | None], prices: _Prices, start: int) -> None:
    """Give one more row a column, moving others along the cheapest path to a free one."""
    distance: dict[int, int] = {}
    giver: dict[int, int] = {}
    settled: list[int] = []
    open_ = list(range(len(owner)))
    row, reached = start, 0
    while True:
        base, line = reached - prices.rows[row], costs[row]
        for column in open_:
            through = base + line[column] - prices.columns[column]
            if column not in distance or through < distance[column]:
                distance[column], giver[column] = through, row
        free = min(open_, key=distance.__getitem__)
        reached = distance[free]
        holder = owner[free]
        if holder is None:
            break
        open_.remove(free)
        settled.append(free)
        row = holder
    prices.rows[start] += reached
    for column in settled:
        holder = owner[column]
        if holder is not None:
            prices.rows[holder] += reached - distance[column]
        prices.columns[column] -= reached - distance[column]
    taken = {row: column for column, row in enumerate(owner) if row is not None}
    column = free
    while True:
        row = giver[column]
        owner[column] = row
        if row == start:
            return
        column = taken[row]


def ascending(values: Sequence[int]) -> list[int]:
    """Return the places of a longest subsequence that ascends strictly (Schensted 1961), in n log n."""
    ends: list[int] = []
    places: list[int] = []
    before: list[int | None] = []
    for place, value in enumerate(values):
        at = bisect_left(ends, value)
        if at == len(ends):
            ends.append(value)
            places.append(place)
        else:
            ends[at], places[at] = value, place
        before.append(places[at - 1] if at else None)
    found: list[int] = []
    last = places[-1] if places else None
    while last is not None:
        found.append(last)
        last = before[last]
    return found[::-1]


def steps(matches: Iterable[Match], gone: Iterable[int], come: Iterable[int]) -> Iterator[Step]:
    """Yield what happened in order: each item now with its match, what is gone where it was, and what came.

    `matches` are in order on both sides; where something is gone and something came in one place, the former is first.
    """
    before, after = sorted(gone), sorted(come)
    for match in [*matches, None]:
        while before and (match is None or before[0] < match.was):
            yield Step(before.pop(0), None)
        while after and (match is None or after[0] < match.now):
            yield Step(None, after.pop(0))
        if match is not None:
            yield Step(match.was, match.now)


class Parting(NamedTuple):
    """How two collections differ."""

    gone: list[int]
    """The places before of what is not there now."""
    came: list[int]
    """The places now of what was not there before."""
    reordered: bool
    """Whether what is there on both sides stands in another order."""


def parting(before: Sequence[Hashable], now: Sequence[Hashable]) -> Parting:
    """Return how two collections differ, in which things may stand several times."""
    gone, came = _without(before, now), _without(now, before)
    kept = [before[at] for at in others(len(before), gone)]
    return Parting(gone, came, kept != [now[at] for at in others(len(now), came)])


def _without(ones: Sequence[Hashable], against: Sequence[Hashable]) -> list[int]:
    free = Counter(against)
    found = []
    for at, one in enumerate(ones):
        if free[one]:
            free[one] -= 1
        else:
            found.append(at)
    return found
