"""Sequences against sequences: which of several belong together, in order or in any order, and how well they agree."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple, TypeVar

Expected = TypeVar("Expected")
Actual = TypeVar("Actual")

Mode = Literal["exact", "in_order", "unordered", "superset", "subset"]
"""How actual items must agree with expected ones: the same in the same order, these in this order among others, the
same in any order, at least these, only these. Each item counts once, so that what is expected twice must come twice."""


class Pair(NamedTuple):
    """Positions of an expected and an actual item that belong together."""

    expected: int
    actual: int


class Pairing(NamedTuple):
    """How actual items agree with expected ones in some mode."""

    pairs: tuple[Pair, ...]
    """What belongs together, by the expected positions."""
    missing: tuple[int, ...]
    """Expected positions that nothing fills; none where the mode asks for none."""
    extra: tuple[int, ...]
    """Actual positions that nothing allows; none where the mode allows any."""

    @property
    def holds(self) -> bool:
        """Whether the items agree as the mode asks."""
        return not self.missing and not self.extra


class Measure(NamedTuple):
    """How well actual items agree with expected ones, each a share between 0 and 1."""

    precision: float
    """The share of the actual items that belong to an expected one."""
    recall: float
    """The share of the expected items that came."""
    f1: float
    """The harmonic mean of both."""


class Measures(NamedTuple):
    """How well actual items agree with expected ones, by their order and without it."""

    in_order: Measure
    any_order: Measure


_Table = list[list[bool]]
"""For each expected item, whether each actual one belongs to it."""


def align(
    expected: Sequence[Expected], actual: Sequence[Actual], belong: Callable[[Expected, Actual], bool]
) -> list[Pair]:
    """Pair as many items as possible in order, by the longest common subsequence.

    Where several are longest, early actual items are preferred. Takes time in the product of the lengths.
    """
    return _aligned(_table(expected, actual, belong))


def assign(
    expected: Sequence[Expected], actual: Sequence[Actual], belong: Callable[[Expected, Actual], bool]
) -> list[Pair]:
    """Pair as many items as possible in any order, by a maximum bipartite matching along augmenting paths.

    It is the alignment wherever that is as large, and no two of its pairs cross that might as well not. The pairs stand
    by their expected positions.
    """
    return _assigned(_table(expected, actual, belong))


def pairing(
    mode: Mode, expected: Sequence[Expected], actual: Sequence[Actual], belong: Callable[[Expected, Actual], bool]
) -> Pairing:
    """Return how actual items agree with expected ones, by the best alignment or assignment, as the mode asks."""
    if len(expected) == len(actual) and all(map(belong, expected, actual)):
        return Pairing(tuple(Pair(at, at) for at in range(len(expected))), (), ())  # what is right is told at once
    table = _table(expected, actual, belong)
    pairs = _aligned(table) if mode in ("exact", "in_order") else _assigned(table)
    missing = others(len(expected), (pair.expected for pair in pairs)) if mode != "subset" else ()
    extra = others(len(actual), (pair.actual for pair in pairs)) if mode not in ("in_order", "superset") else ()
    return Pairing(tuple(pairs), missing, extra)


def scored(
    expected: Sequence[Expected], actual: Sequence[Actual], belong: Callable[[Expected, Actual], bool]
) -> Measures:
    """Measure how well actual items agree with expected ones, by the longest common subsequence and in any order.

    Precision is pairs by actual items, recall pairs by expected ones, F1 their harmonic mean (van Rijsbergen 1979).
    Nothing agrees wholly with nothing, and not at all with something.
    """
    table = _table(expected, actual, belong)
    sizes = len(expected), len(actual)
    return Measures(_measure(len(_aligned(table)), *sizes), _measure(len(_assigned(table)), *sizes))


def _measure(pairs: int, expected: int, actual: int) -> Measure:
    if not expected and not actual:
        return Measure(1.0, 1.0, 1.0)
    return Measure(
        pairs / actual if actual else 0.0, pairs / expected if expected else 0.0, 2 * pairs / (expected + actual)
    )


def others(count: int, taken: Iterable[int]) -> tuple[int, ...]:
    """Return the places of so many items that are not taken."""
    known = set(taken)
    return tuple(at for at in range(count) if at not in known)


def _table(
    expected: Sequence[Expected], actual: Sequence[Actual], belong: Callable[[Expected, Actual], bool]
) -> _Table:
    return [[belong(want, got) for got in actual] for want in expected]


def _aligned(table: _Table) -> list[Pair]:
    rows, columns = len(table), len(table[0]) if table else 0
    longest = [[0] * (columns + 1) for _ in range(rows + 1)]
    for row in reversed(range(rows)):
        for column in reversed(range(columns)):
            skip = max(longest[row + 1][column], longest[row][column + 1])
            longest[row][column] = max(skip, 1 + longest[row + 1][column + 1] if table[row][column] else 0)
    pairs: list[Pair] = []
    row = 0
    for column in range(columns):
        for taken in range(row, rows):
            if table[taken][column] and longest[row][column] == 1 + longest[taken + 1][column + 1]:
                pairs.append(Pair(taken, column))
                row = taken + 1
                break
    return pairs


def _assigned(table: _Table) -> list[Pair]:
    """Start from the alignment, which augmenting paths only enlarge, and straighten what they crossed."""
    pairs = _aligned(table)
    places = [[column for column, belongs in enumerate(row) if belongs] for row in table]
    filled = {pair.expected: pair.actual for pair in pairs}
    taken = {pair.actual: pair.expected for pair in pairs}
    hopeless: set[int] = set()
    for row in range(len(table)):
        if row not in filled:
            _augment(row, places, filled, taken, hopeless)
    _straighten(table, filled)
    return [Pair(row, filled[row]) for row in sorted(filled)]


def _augment(
    start: int, places: list[list[int]], filled: dict[int, int], taken: dict[int, int], hopeless: set[int]
) -> None:
    """Give an expected item a place along the shortest augmenting path, if there is one.

    Places seen in a search that fails are `hopeless`: no later path leads through them (Kuhn 1955), so that all failing
    searches together look at each place once.
    """
    origin: dict[int, int] = {}
    queue = deque([start])
    while queue:
        row = queue.popleft()
        for column in places[row]:
            if column in origin or column in hopeless:
                continue
            origin[column] = row
            if column in taken:
                queue.append(taken[column])
                continue
            free: int | None = column
            while free is not None:
                row = origin[free]
                taken[free] = row
                filled[row], free = free, filled.get(row)
            return
    hopeless |= origin.keys()


def _straighten(table: _Table, filled: dict[int, int]) -> None:
    """Exchange the places of pairs that cross and might as well not; each exchange leaves fewer crossings."""
    rows = sorted(filled)
    crossed = True
    while crossed:
        crossed = False
        for at, early in enumerate(rows):
            for late in rows[at + 1 :]:
                high, low = filled[early], filled[late]
                if high > low and table[early][low] and table[late][high]:
                    filled[early], filled[late] = low, high
                    crossed = True
