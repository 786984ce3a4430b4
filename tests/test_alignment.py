"""Rounds and calls of two turns, put side by side so that as little as possible differs."""

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.alignment import Alignment, CallMatch, Counterpart, Place, aligned_rounds, aligned_turns
from harness.assignment import others
from harness.paths import differences
from harness.sameness import ROLE, ROUND, distance, identity, reading
from harness.sequences import Match
from harness.trace import Call, Round
from tests.build import EXAMPLES, act, call, notice, turn

READ, LIST, SEARCH = call("file_read", {"path": "a"}), call("file_list"), call("web_search", {"query": "q"})
CALLS = st.builds(
    call,
    st.sampled_from(["file_read", "web_search"]),
    st.fixed_dictionaries({"path": st.sampled_from(["a", "b", "c"])}, optional={"limit": st.sampled_from([1, 2])}),
    result=st.sampled_from(["one", "other"]),
)
ROUNDS = st.lists(st.builds(act, CALLS, text=st.sampled_from([None, "t"])) | st.just(act(text="Done.")), max_size=4)


def straight(rounds: int, calls: Sequence[int]) -> Alignment:
    """Return the alignment of two turns with equally many rounds and calls, one by one."""
    return Alignment(
        tuple(Counterpart(at, at) for at in range(rounds)),
        tuple(CallMatch(Place(at, n), Place(at, n)) for at in range(rounds) for n in range(calls[at])),
    )


def cost(pairs: Sequence[tuple[int, int]], before: Sequence[Round], now: Sequence[Round]) -> int:
    """Return what an alignment of rounds costs."""
    ones, twos = list(map(reading, before)), list(map(reading, now))
    paired = sum(distance(ones[was].bag, twos[to].bag) + ROLE * (ones[was].role != twos[to].role) for was, to in pairs)
    gone = [ones[at] for at in others(len(ones), [pair[0] for pair in pairs])]
    came = [twos[at] for at in others(len(twos), [pair[1] for pair in pairs])]
    return paired + sum(ROUND + one.bag.total for one in (*gone, *came))


def in_order(rows: int, columns: int) -> Iterator[list[tuple[int, int]]]:
    """Yield every alignment in order."""
    for size in range(min(rows, columns) + 1):
        for left in combinations(range(rows), size):
            for right in combinations(range(columns), size):
                yield list(zip(left, right, strict=True))


@EXAMPLES
@given(ROUNDS, ROUNDS)
def test_no_alignment_of_rounds_is_cheaper(before: list[Round], now: list[Round]) -> None:
    """Of all ways to put rounds side by side in order none costs less."""
    found = [(match.was, match.now) for match in aligned_rounds(before, now).rounds if not match.moved]
    every = [cost(pairs, before, now) for pairs in in_order(len(before), len(now))]
    assert cost(found, before, now) == min(every)


@EXAMPLES
@given(st.lists(CALLS, min_size=1, max_size=4), st.lists(CALLS, min_size=1, max_size=4))
def test_no_matching_of_calls_changes_less(before: list[Call], now: list[Call]) -> None:
    """Of all ways to match calls by name none leaves fewer alone, makes fewer different or changes less."""
    found = [(before[one.was.call], now[one.now.call]) for one in aligned_rounds([act(*before)], [act(*now)]).calls]
    assert worth(found) == max(map(worth, matchings(before, now)))


def worth(pairs: Sequence[tuple[Call, Call]]) -> tuple[int, int, int]:
    """Return how good a matching is: how many it has, how many are the same, how few paths differ."""
    same = sum(identity(one) == identity(other) for one, other in pairs)
    return len(pairs), same, -sum(len(differences(one.arguments, other.arguments)) for one, other in pairs)


def matchings(before: Sequence[Call], now: Sequence[Call]) -> Iterator[list[tuple[Call, Call]]]:
    """Yield all matchings of calls by name."""
    short, long = sorted((before, now), key=len)
    for some in permutations(long, len(short)):
        pairs = zip(short, some, strict=True) if short is before else zip(some, short, strict=True)
        yield [(one, other) for one, other in pairs if one.name == other.name]


@EXAMPLES
@given(st.permutations(range(5)))
def test_as_few_calls_as_possible_have_moved(order: list[int]) -> None:
    """In a round in another order those have moved that are not in a longest sequence that kept its order."""
    calls = [call("file_read", {"path": str(n)}) for n in range(5)]
    found = aligned_rounds([act(*calls)], [act(*(calls[n] for n in order))])
    longest = max(n for n in range(6) for some in combinations(order, n) if list(some) == sorted(some))
    assert sum(match.moved for match in found.calls) == 5 - longest
    assert [match.was.call for match in found.calls] == list(order)


@pytest.mark.parametrize("text", [None, "I read."])
def test_calls_that_run_one_after_the_other_have_moved(text: str | None) -> None:
    """A call that came with another, and now comes in a round behind it, has moved into that, and so back again."""
    together = [act(READ, LIST), act(text="D.")]
    apart = [act(READ, text=text), act(LIST), act(text="D.")]
    assert aligned_rounds(together, apart) == Alignment(
        (Counterpart(0, 0), Counterpart(1, 2)),
        (CallMatch(Place(0, 0), Place(0, 0)), CallMatch(Place(0, 1), Place(1, 0), moved=True)),
    )
    assert aligned_rounds(apart, together) == Alignment(
        (Counterpart(0, 0), Counterpart(2, 1)),
        (CallMatch(Place(0, 0), Place(0, 0)), CallMatch(Place(1, 0), Place(0, 1), moved=True)),
    )


@EXAMPLES
@given(st.permutations(range(4)), st.booleans())
def test_the_other_way_round_it_is_the_same(order: list[int], alone: bool) -> None:
    """What belongs together does not depend on which side is before, also where several ways are as good."""
    calls = [call(f"tool_{n}") for n in range(4)]
    one = [act(each) for each in calls] if alone else [act(*calls)]
    other = [act(calls[n]) for n in order] if alone else [act(*(calls[n] for n in order))]
    there, back = aligned_rounds(one, other), aligned_rounds(other, one)
    assert {(match.now, match.was, match.moved) for match in there.rounds} == set(back.rounds)
    assert {(match.now, match.was, match.moved) for match in there.calls} == set(back.calls)


def test_a_round_that_stands_elsewhere_has_moved() -> None:
    """A round with the same calls on the other side of others has moved, with all that it holds."""
    before, now = [act(READ), act(LIST), act(SEARCH)], [act(LIST), act(SEARCH), act(READ)]
    found = aligned_rounds(before, now)
    assert [match for match in found.rounds if match.moved] == [Counterpart(0, 2, moved=True)]
    assert CallMatch(Place(0, 0), Place(2, 0)) in found.calls


def test_a_round_that_ends_is_not_taken_for_one_that_calls() -> None:
    """A final text and a call in its place have nothing to do with each other, nor has a notice with a final text."""
    assert aligned_rounds([act(READ), act(text="D.")], [act(READ), act(LIST)]) == straight(1, [1])
    assert aligned_rounds([act(READ), act(text="D.")], [act(READ), notice("Shall I?")]) == straight(1, [1])


def test_what_became_of_calls_tells_rounds_with_the_same_calls_apart() -> None:
    """Of three rounds that ask for the same the one is gone whose result no other has."""
    first, second, third = (act(READ.model_copy(update={"result": result})) for result in "123")
    assert [match.was for match in aligned_rounds([first, second, third], [first, third]).rounds] == [0, 2]
    assert [match.was for match in aligned_rounds([first, second, third], [second, third]).rounds] == [1, 2]
    cut = second.model_copy(update={"finish_reason": "length"})
    assert [match.was for match in aligned_rounds([first, second, third], [cut]).rounds] == [1]


def test_rounds_whose_calls_have_fewer_changed_keys_belong_together() -> None:
    """Of two rounds that ask one tool for something else, that one belongs to a third with which it shares a key."""
    first, second, third = (
        act(call("file_read", {"path": path, "limit": limit})) for path, limit in (("a", 1), ("b", 2), ("b", 3))
    )
    assert [match.was for match in aligned_rounds([first, second], [third]).rounds] == [1]


def test_turns_with_the_same_message_belong_together() -> None:
    """Turns are found again by their messages, and by their rounds where those repeat."""
    one, two, three = turn(act(READ), user="One."), turn(user="Two."), turn(act(LIST), user="One.")
    assert aligned_turns([one, two], [two]) == [Match(1, 0)]
    assert aligned_turns([one, two, three], [two, three]) == [Match(1, 0), Match(2, 1)]
    assert aligned_turns([one, three], [three]) == [Match(1, 0)]
    assert aligned_turns([one, two], [turn(act(READ), user="Uno."), two]) == [Match(0, 0), Match(1, 1)]
    assert aligned_turns([one, two], [turn(act(READ), user="Two.")]) == [Match(1, 0)]
    again = turn(act(READ), user="Two.")
    [(was, now)] = aligned_turns([one, again], [again, one])
    assert aligned_turns([again, one], [one, again]) == [Match(now, was)]
