"""Cases in shards: each in one, balanced, the same everywhere, and little moved by one more."""

import random
from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.sharding import Shard, loads, shard, shares
from tests.build import EXAMPLES

IDS = st.text(st.sampled_from("ab/@~é\ud800"), min_size=1, max_size=6)
COSTS = st.dictionaries(IDS, st.integers(1, 20), max_size=40)
OF = st.integers(1, 9)


def sums(costs: Mapping[str, int], of: int) -> list[int]:
    """Return what each shard costs."""
    return [sum(costs[case] for case in one) for one in shares(costs, of)]


@pytest.mark.parametrize(("text", "number", "of"), [("1/1", 1, 1), ("1/4", 1, 4), ("4/4", 4, 4), ("012/999", 12, 999)])
def test_a_shard_is_read(text: str, number: int, of: int) -> None:
    """A shard is its number and how many there are, and says so as it is typed."""
    assert shard(text) == Shard(number, of)
    assert str(shard(text)) == f"{number}/{of}"


@pytest.mark.parametrize(
    "text", ["0/4", "5/4", "x", "", "1", "1/", "/4", "1/0", "-1/4", "1/4/2", "1 / 4", "1/1000", "½/2"]
)
def test_what_is_no_shard_is_refused(text: str) -> None:
    """Anything else is refused with what to type."""
    with pytest.raises(InputError) as caught:
        shard(text)
    assert str(caught.value) == f"--shard {text}: is no part of a run; name which of how many, such as 1/4 to 4/4"


@EXAMPLES
@given(COSTS, OF)
def test_each_case_is_in_one_shard(costs: dict[str, int], of: int) -> None:
    """The shards are as many as are asked for, and together they are all cases, none of them twice."""
    found = shares(costs, of)
    assert len(found) == of
    assert sorted(case for one in found for case in one) == sorted(costs)


@EXAMPLES
@given(COSTS, OF, st.randoms())
def test_order_does_not_count(costs: dict[str, int], of: int, chance: random.Random) -> None:
    """However the cases are listed, the shards are the same."""
    listed = list(costs.items())
    chance.shuffle(listed)
    assert shares(dict(listed), of) == shares(costs, of)


@EXAMPLES
@given(COSTS, OF)
def test_shards_are_balanced(costs: dict[str, int], of: int) -> None:
    """No shard costs more than the cheapest and the cheapest case in it."""
    found = shares(costs, of)
    least = min(sums(costs, of))
    for one in filter(None, found):
        assert sum(costs[case] for case in one) - least <= min(costs[case] for case in one)


@EXAMPLES
@given(st.lists(st.integers(1, 9), min_size=1, max_size=7), st.integers(1, 3))
def test_the_best_is_not_far(listed: list[int], of: int) -> None:
    """The dearest shard costs less than twice what it does where all ways to share were tried.

    A way that no single move betters is within 2 - 2/(N + 1) of the best (Finn and Horowitz, 1979).
    """
    costs = {str(number): cost for number, cost in enumerate(listed)}
    best = min(
        max(sum(cost for cost, place in zip(listed, way, strict=True) if place == shard) for shard in range(of))
        for way in product(range(of), repeat=len(listed))
    )
    assert max(sums(costs, of)) * (of + 1) <= best * 2 * of


@EXAMPLES
@given(COSTS, OF)
def test_no_shard_is_empty_where_there_are_cases(costs: dict[str, int], of: int) -> None:
    """Shards are empty only where there are fewer cases than shards."""
    assert sum(not one for one in shares(costs, of)) == max(0, of - len(costs))


def test_the_shards_of_a_plan_are_these() -> None:
    """Another version, another machine and another Python give these very shards."""
    costs = {f"area/case{number}@m/v": 1 + number % 5 for number in range(12)}
    assert [sorted(int(case[9:-4]) for case in one) for one in shares(costs, 3)] == [
        [3, 6, 8, 10],
        [2, 7, 9],
        [0, 1, 4, 5, 11],
    ]


def test_one_more_case_moves_few() -> None:
    """Of 200 cases in four shards another one moves a tenth at most, where a new deal would move three quarters."""
    costs = {f"area/case{number}@m/v": 1 + number * 7 % 12 for number in range(200)}
    before = shares(costs, 4)
    moved = [
        sum(len(one - other) for one, other in zip(before, shares({**costs, f"new{number}@m/v": cost}, 4), strict=True))
        for number, cost in product(range(10), (1, 5, 12))
    ]
    assert max(moved) <= 20


def test_what_a_case_costs() -> None:
    """A case costs its recorded exchanges; where nothing is recorded as many as half of the others have at least."""
    assert loads({"a": 3, "b": None, "c": 9, "d": 4, "e": 0}) == {"a": 3, "b": 3, "c": 9, "d": 4, "e": 1}
    assert loads({"a": None}) == {"a": 1}
    assert loads({}) == {}
