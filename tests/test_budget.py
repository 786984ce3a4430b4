"""Ceilings are exact, tokens are counted or estimated, and cases that no longer fit are not begun."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness.budget import Budget, Ceiling
from harness.errors import CeilingReached


def taken(budget: Budget) -> bool:
    """Tell whether one more request could be taken."""
    try:
        budget.take()
    except CeilingReached:
        return False
    return True


def spent(budget: Budget, requests: int = 0, tokens: int = 0) -> Budget:
    """Return a budget of which requests were taken and one answer took tokens."""
    for _ in range(requests):
        budget.take()
    if tokens:
        budget.answered(200, b"{}", json.dumps({"usage": {"total_tokens": tokens}}).encode())
    return budget


def test_requests_are_exact_whoever_takes_them() -> None:
    """Of many that try at once, in many threads, exactly so many get one."""
    budget = Budget(Ceiling(137))
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: taken(budget), range(1000)))
    assert (sum(got), budget.requests) == (137, 137)
    budget.put_back()
    assert [taken(budget), taken(budget)] == [True, False]


def test_nothing_is_limited_unless_it_is_said() -> None:
    """Without a ceiling everything is counted and nothing refused."""
    budget = spent(Budget(), 1000, 10**9)
    assert (str(budget), bool(budget.ceiling), bool(Ceiling(tokens=1))) == (
        "1,000 requests and 1,000,000,000 tokens",
        False,
        True,
    )


@pytest.mark.parametrize(
    ("ceiling", "said"),
    [
        (Ceiling(1), "1 request"),
        (Ceiling(100), "100 requests"),
        (Ceiling(tokens=50_000), "50,000 tokens"),
        (Ceiling(1000, 1), "1,000 requests and 1 token"),
    ],
)
def test_what_is_refused_says_the_ceiling(ceiling: Ceiling, said: str) -> None:
    """The message names the ceiling, and that nothing is stored or asked."""
    budget = spent(Budget(ceiling), min(ceiling.requests or 1, 100), ceiling.tokens or 1)
    while taken(budget):
        pass
    with pytest.raises(CeilingReached) as raised:
        budget.take()
    assert str(raised.value) == f"cut off, and nothing of it is stored: the ceiling of {said} is reached"
    assert str(budget.unasked) == f"not asked, since too little is left of the ceiling of {said}"


def test_tokens_stop_what_comes_next() -> None:
    """Once answers took so many tokens nothing is taken, and what was taken and has not left may not leave."""
    budget = Budget(Ceiling(tokens=100))
    budget.take()
    budget.look()
    spent(budget, tokens=99)
    budget.look()
    spent(budget, tokens=1)
    assert not taken(budget)
    with pytest.raises(CeilingReached):
        budget.look()


@pytest.mark.parametrize(
    ("answer", "tokens", "estimated"),
    [
        ({"usage": {"total_tokens": 30, "prompt_tokens": 10, "completion_tokens": 5}}, 30, 0),
        ({"usage": {"prompt_tokens": 10, "completion_tokens": 5}}, 15, 0),
        ({"usage": {"prompt_tokens": 10, "completion_tokens": None}}, 10, 0),
        ({"usage": {"total_tokens": 0, "prompt_tokens": 0, "completion_tokens": 0}, "x": ""}, None, None),
        ({"usage": {"total_tokens": True, "prompt_tokens": "7"}}, None, None),
        ({"usage": None}, None, None),
        ({"text": "é" * 400}, None, None),
        ([], None, None),
        ("<html>", None, None),
    ],
)
def test_tokens_as_the_provider_counts_them(answer: Any, tokens: int | None, estimated: int | None) -> None:
    """The provider's total counts, or the sum of its parts; where it counts none, a quarter of all characters."""
    text = answer if answer == "<html>" else json.dumps(answer, ensure_ascii=False)
    budget = Budget()
    budget.answered(200, b"r" * 100, text.encode())
    about = (100 + len(text)) // 4
    assert (budget.tokens, budget.estimated) == ((about, about) if tokens is None else (tokens, estimated))
    assert ("estimated" in str(budget)) == (tokens is None)


def test_errors_cost_no_tokens() -> None:
    """What an endpoint refuses counts as a request and takes no tokens."""
    budget = Budget()
    for status in (400, 429, 500):
        budget.answered(status, b"long" * 100, b"{}")
    assert budget.tokens == 0


async def begun(budget: Budget, expected: list[int], takes: list[int], jobs: int) -> list[bool]:
    """Run cases, so many at a time, that take other numbers of requests than expected; tell which of them began."""
    places = asyncio.Semaphore(jobs)

    async def case(expect: int, take: int) -> bool:
        async with places, budget.room(expect) as fits:
            for _ in range(take if fits else 0):
                await asyncio.sleep(0)
                budget.take()
            return fits

    return await asyncio.gather(*map(case, expected, takes))


@pytest.mark.parametrize(
    ("ceiling", "jobs", "expected", "takes", "came"),
    [
        (10, 1, [4, 4, 4], [4, 4, 4], [True, True, False]),
        (10, 3, [4, 4, 4], [4, 4, 4], [True, True, False]),
        (10, 1, [4, 8, 2], [4, 8, 2], [True, False, True]),
        (10, 3, [4, 4, 4], [1, 1, 1], [True, True, True]),
        (10, 3, [9, 9, 1], [3, 9, 1], [True, False, True]),
        (10, 2, [20, 3], [20, 3], [False, True]),
        (2, 4, [1, 1, 1, 1], [1, 1, 1, 1], [True, True, False, False]),
        (None, 2, [1000] * 3, [1] * 3, [True] * 3),
    ],
)
def test_only_what_fits_begins(
    ceiling: int | None, jobs: int, expected: list[int], takes: list[int], came: list[bool]
) -> None:
    """A case begins if what it is expected to take is left, and waits for those under way that may take less."""
    assert asyncio.run(begun(Budget(Ceiling(ceiling)), expected, takes, jobs)) == came


def test_tokens_are_foreseen_from_those_spent() -> None:
    """A case of so many requests fits if as many average answers do."""
    budget = spent(Budget(Ceiling(tokens=1000)), tokens=200)

    async def fits(requests: int) -> bool:
        async with budget.room(requests) as room:
            return room

    assert [asyncio.run(fits(requests)) for requests in (1, 4, 5)] == [True, True, False]
    assert not asyncio.run(begun(spent(budget, tokens=800), [1], [0], 1))[0]
