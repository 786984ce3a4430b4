"""Sequences aligned and assigned by costs, against every way there is and against another library."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from harness.assignment import others
from harness.sequences import Match, Parting, Step, aligned, ascending, assigned, parting, steps
from tests.build import EXAMPLES

SIZES = st.tuples(st.integers(0, 4), st.integers(0, 4))


@st.composite
def tables(draw: st.DrawFn, most: int = 4, dearest: int = 6) -> list[list[int]]:
    """Return a table of costs."""
    rows, columns = draw(st.integers(0, most)), draw(st.integers(0, most))
    return [[draw(st.integers(0, dearest)) for _ in range(columns)] for _ in range(rows)]


def in_order(rows: int, columns: int) -> Iterator[list[Match]]:
    """Yield every alignment in order."""
    for size in range(min(rows, columns) + 1):
        for left in combinations(range(rows), size):
            for right in combinations(range(columns), size):
                yield [Match(*pair) for pair in zip(left, right, strict=True)]


def cost(matches: Sequence[Match], costs: Sequence[Sequence[int]], gone: Sequence[int], come: Sequence[int]) -> int:
    """Return what an alignment costs."""
    paired = sum(costs[was][now] for was, now in matches)
    without = sum(gone[at] for at in others(len(gone), [match.was for match in matches]))
    return paired + without + sum(come[at] for at in others(len(come), [match.now for match in matches]))


@EXAMPLES
@given(st.data(), tables())
def test_no_alignment_is_cheaper(data: st.DataObject, costs: list[list[int]]) -> None:
    """Of all alignments in order none is cheaper, and of those that are as cheap none matches earlier."""
    columns = len(costs[0]) if costs else data.draw(st.integers(0, 4))
    gone = [data.draw(st.integers(0, 4)) for _ in costs]
    come = [data.draw(st.integers(0, 4)) for _ in range(columns)]
    every = list(in_order(len(gone), columns))
    least = min(cost(one, costs, gone, come) for one in every)
    cheapest = [one for one in every if cost(one, costs, gone, come) == least]
    found = aligned(costs, gone, come)
    assert found in cheapest
    if [Match(0, 0)] in [one[:1] for one in cheapest]:
        assert found[:1] == [Match(0, 0)]


@EXAMPLES
@given(tables(most=9, dearest=1 << 50))
def test_assignments_cost_what_those_of_scipy_cost(costs: list[list[int]]) -> None:
    """Each item of the shorter side has a match, no two the same, and together they cost as little as scipy's."""
    found = assigned(costs)
    size = min(len(costs), len(costs[0]) if costs else 0)
    assert len({match.was for match in found}) == len({match.now for match in found}) == len(found) == size
    if size:
        rows, columns = linear_sum_assignment(np.array(costs, dtype=float))
        assert sum(costs[was][now] for was, now in found) == sum(
            costs[row][column] for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        )


@EXAMPLES
@given(st.lists(st.integers(0, 9), max_size=8))
def test_no_subsequence_that_ascends_is_longer(values: list[int]) -> None:
    """The places found ascend, as do their values, and no more of them do."""
    found = ascending(values)
    picked = [values[at] for at in found]
    assert found == sorted(set(found))
    assert picked == sorted(set(picked))
    assert len(found) == max(
        size
        for size in range(len(values) + 1)
        for some in combinations(values, size)
        if list(some) == sorted(set(some))
    )


def test_steps_take_what_is_gone_first() -> None:
    """On the way through both sides what is gone stands before what came in its place, and both before what follows."""
    found = list(steps([Match(1, 1), Match(2, 4)], [0, 3], [0, 2, 3]))
    assert found == [Step(0, None), Step(None, 0), Step(1, 1), Step(None, 2), Step(None, 3), Step(2, 4), Step(3, None)]


def test_collections_part() -> None:
    """Things that stand several times are gone or came as often as they are fewer or more, the last of them."""
    assert parting(["a", "b", "a"], ["a", "b"]) == Parting([2], [], reordered=False)
    assert parting(["a", "b"], ["c", "b", "a", "b"]) == Parting([], [0, 3], reordered=True)
    assert parting([], []) == Parting([], [], reordered=False)
