"""Sequences against sequences: which items belong together, in every mode, and how well they agree."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations, permutations
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.assignment import Measure, Measures, Mode, Pair, align, assign, pairing, scored
from harness.matching import ArgumentMode, arguments_fit
from tests.build import EXAMPLES

MODES: tuple[Mode, ...] = ("exact", "in_order", "unordered", "superset", "subset")
ITEMS = st.lists(st.integers(0, 3), max_size=6)
KINDS: dict[str, Callable[[int, int], bool]] = {
    "equal": int.__eq__,
    "at most": int.__le__,
    "sum": lambda want, got: (want + got) % 3 == 1,
}
"""Ways to belong: a likeness, one that some items have to more than others, and one that is none."""


class Asked(NamedTuple):
    """A call by its name and arguments; None stands for arguments that could not be read."""

    name: str
    arguments: dict[str, Any] | None


class Wanted(NamedTuple):
    """An expected call with the pattern of its arguments."""

    name: str
    pattern: dict[str, Any]


NUMBERS = st.sampled_from([1, 1.0, 2, True, "1"])
ASKED = st.lists(
    st.builds(
        Asked,
        st.sampled_from(["a", "a", "b"]),
        st.none()
        | st.dictionaries(st.sampled_from(["x", "y"]), NUMBERS | st.dictionaries(st.just("z"), NUMBERS), max_size=2),
    ),
    max_size=5,
)
PATTERNS = st.sampled_from([{"type": "number"}, {"near": 1, "within": 0.5}, {"one_of": [1, "1"]}, {"anything": True}])
WANTED = st.builds(
    Wanted,
    st.sampled_from(["a", "b"]),
    st.dictionaries(st.sampled_from(["x", "y"]), NUMBERS | PATTERNS, max_size=2),
)


@st.composite
def wanted(draw: st.DrawFn, calls: list[Asked]) -> list[Wanted]:
    """Draw expected calls that are near to actual ones: some of them, loosened here and there, and some others."""
    kept = [call for call in calls if draw(st.integers(0, 5))]
    expected = [
        Wanted(
            call.name,
            {
                key: draw(st.just(value) | PATTERNS)
                for key, value in (call.arguments or {}).items()
                if draw(st.booleans())
            },
        )
        if draw(st.booleans())
        else Wanted(call.name, call.arguments or {})
        for call in kept
    ]
    more = draw(st.lists(WANTED, max_size=1)) if draw(st.integers(0, 3)) == 0 else []
    return draw(st.permutations(expected)) + more if draw(st.booleans()) else expected + more


def in_order(expected: int, actual: int) -> Iterator[list[Pair]]:
    """Yield every way to pair some expected with some actual items in order, the largest first."""
    for size in reversed(range(min(expected, actual) + 1)):
        for wanted in combinations(range(expected), size):
            for got in combinations(range(actual), size):
                yield [Pair(*pair) for pair in zip(wanted, got, strict=True)]


def in_any_order(expected: int, actual: int) -> Iterator[list[Pair]]:
    """Yield every way to pair some expected with some actual items, the largest first."""
    for size in reversed(range(min(expected, actual) + 1)):
        for wanted in combinations(range(expected), size):
            for got in permutations(range(actual), size):
                yield [Pair(*pair) for pair in zip(wanted, got, strict=True)]


def right(
    ways: Iterator[list[Pair]], expected: Sequence[Any], actual: Sequence[Any], belong: Callable[[Any, Any], bool]
) -> list[list[Pair]]:
    """Return those ways in which all pairs belong and that are as large as any."""
    found: list[list[Pair]] = []
    for pairs in ways:
        if found and len(pairs) < len(found[0]):
            break
        if all(belong(expected[pair.expected], actual[pair.actual]) for pair in pairs):
            found.append(pairs)
    return found


def crossed(pairs: Sequence[Pair]) -> Iterator[tuple[Pair, Pair]]:
    """Yield the pairs that cross, two by two."""
    for one, other in combinations(pairs, 2):
        if one.actual > other.actual:
            yield one, other


@EXAMPLES
@given(ITEMS, ITEMS, st.sampled_from(sorted(KINDS)))
def test_alignment_against_every_pairing(expected: Sequence[int], actual: Sequence[int], kind: str) -> None:
    """The alignment is one of the largest of all pairings in order, and of those the one with the earliest items."""
    best = right(in_order(len(expected), len(actual)), expected, actual, KINDS[kind])
    found = align(expected, actual, KINDS[kind])
    assert found in best
    assert [pair.actual for pair in found] == min([pair.actual for pair in pairs] for pairs in best)


@EXAMPLES
@given(st.lists(st.integers(0, 3), max_size=5), st.lists(st.integers(0, 3), max_size=5), st.sampled_from(sorted(KINDS)))
def test_assignment_against_every_pairing(expected: Sequence[int], actual: Sequence[int], kind: str) -> None:
    """The assignment is one of the largest of all pairings, in order where that costs nothing."""
    belong = KINDS[kind]
    best = right(in_any_order(len(expected), len(actual)), expected, actual, belong)
    found = assign(expected, actual, belong)
    assert found in best
    straight = align(expected, actual, belong)
    assert found == straight or len(straight) < len(found)
    for early, late in crossed(found):
        assert not (
            belong(expected[early.expected], actual[late.actual])
            and belong(expected[late.expected], actual[early.actual])
        )


@EXAMPLES
@given(st.integers(0, 5), st.integers(0, 5), st.integers(0))
def test_assignment_of_any_table(rows: int, columns: int, bits: int) -> None:
    """The assignment is as large as any, whatever belongs to what."""

    def belong(want: int, got: int) -> bool:
        return bool(bits >> (want * columns + got) & 1)

    best = right(in_any_order(rows, columns), range(rows), range(columns), belong)
    assert assign(range(rows), range(columns), belong) in best


def holds(mode: Mode, expected: Sequence[Any], actual: Sequence[Any], belong: Callable[[Any, Any], bool]) -> bool:
    """Tell whether a mode holds, by its definition, trying every order of the items."""

    def fit(wanted: Sequence[Any], got: Sequence[Any]) -> bool:
        return len(wanted) == len(got) and all(map(belong, wanted, got))

    return {
        "exact": lambda: fit(expected, actual),
        "in_order": lambda: any(fit(expected, some) for some in combinations(actual, len(expected))),
        "unordered": lambda: any(fit(expected, some) for some in permutations(actual)),
        "superset": lambda: any(fit(expected, some) for some in permutations(actual, len(expected))),
        "subset": lambda: any(fit(some, actual) for some in permutations(expected, len(actual))),
    }[mode]()


@pytest.mark.parametrize("without", [(), ("y",)], ids=["whole", "without y"])
@pytest.mark.parametrize("how", ["exact", "partial", "ignore"])
@pytest.mark.parametrize("mode", MODES)
@EXAMPLES
@given(st.data(), ASKED)
def test_every_mode_against_every_order(
    mode: Mode, how: ArgumentMode, without: tuple[str, ...], data: st.DataObject, actual: list[Asked]
) -> None:
    """A mode holds for calls where some order of them says so, and as little as possible is missing or extra."""
    expected = data.draw(wanted(actual))

    def belong(want: Wanted, got: Asked) -> bool:
        return want.name == got.name and arguments_fit(want.pattern, got.arguments, how, without)

    found = pairing(mode, expected, actual, belong)
    assert found.holds == holds(mode, expected, actual, belong)
    ways = in_order if mode in ("exact", "in_order") else in_any_order
    best = right(ways(len(expected), len(actual)), expected, actual, belong)
    assert list(found.pairs) in best
    missing = tuple(sorted(set(range(len(expected))) - {pair.expected for pair in found.pairs}))
    extra = tuple(sorted(set(range(len(actual))) - {pair.actual for pair in found.pairs}))
    assert found.missing == (() if mode == "subset" else missing)
    assert found.extra == (() if mode in ("in_order", "superset") else extra)


@EXAMPLES
@given(ASKED, st.permutations(range(5)))
def test_the_modes_among_each_other(calls: list[Asked], order: list[int]) -> None:
    """Calls agree with themselves in every mode, and in another order in all those that look for none."""

    def belong(want: Asked, got: Asked) -> bool:
        return repr(want) == repr(got)

    for mode in MODES:
        assert pairing(mode, calls, calls, belong).holds
    shuffled = [calls[at] for at in order if at < len(calls)]
    for mode in MODES[2:]:
        assert pairing(mode, calls, shuffled, belong).holds
        assert pairing(mode, calls, [*shuffled, *calls[:1]], belong).holds == (mode == "superset" or not calls)
        assert pairing(mode, calls, shuffled[1:], belong).holds == (mode == "subset" or not calls)


@pytest.mark.parametrize(
    ("expected", "actual", "pairs"),
    [
        ("", "", []),
        ("a", "", []),
        ("", "a", []),
        ("aa", "aa", [(0, 0), (1, 1)]),
        ("ab", "ba", [(1, 0)]),
        ("ab", "xaxbx", [(0, 1), (1, 3)]),
        ("a", "aaa", [(0, 0)]),
        ("aaa", "a", [(0, 0)]),
        ("abc", "bcabc", [(0, 2), (1, 3), (2, 4)]),
        ("abcd", "acbd", [(0, 0), (2, 1), (3, 3)]),
    ],
)
def test_alignments(expected: str, actual: str, pairs: list[tuple[int, int]]) -> None:
    """As many items as possible are paired in order, each once, early ones first."""
    assert align(expected, actual, str.__eq__) == pairs


@pytest.mark.parametrize(
    ("expected", "actual", "pairs"),
    [
        ("", "", []),
        ("a", "", []),
        ("", "a", []),
        ("aa", "aa", [(0, 0), (1, 1)]),
        ("ab", "ba", [(0, 1), (1, 0)]),
        ("aaa", "a", [(0, 0)]),
        ("a", "aaa", [(0, 0)]),
        ("aba", "baa", [(0, 1), (1, 0), (2, 2)]),
        ("abc", "cab", [(0, 1), (1, 2), (2, 0)]),
    ],
)
def test_assignments(expected: str, actual: str, pairs: list[tuple[int, int]]) -> None:
    """As many items as possible are paired in any order, each once, and equal ones do not cross."""
    assert assign(expected, actual, str.__eq__) == pairs


@pytest.mark.parametrize("find", [align, assign])
def test_a_greedy_pairing_would_lose_one(
    find: Callable[[list[int], list[int], Callable[[int, int], bool]], list[Pair]],
) -> None:
    """An item that fits wherever it stands leaves its place to one that fits there alone."""
    assert find([0, 1], [1, 1], lambda want, got: want <= got) == [(0, 0), (1, 1)]
    assert find(list(range(200)), list(range(100, 300)), int.__eq__) == [(100 + at, at) for at in range(100)]


def test_a_long_chain_of_exchanges() -> None:
    """An assignment is found where the last item takes a place only when every other one moves."""
    size = 300

    def belong(want: int, got: int) -> bool:
        return size - 1 - want - got in (0, 1)

    assert assign(range(size), range(size), belong) == [(at, size - 1 - at) for at in range(size)]


@pytest.mark.parametrize(
    ("mode", "expected", "actual", ("found")),
    [
        ("exact", "abc", "abc", (((0, 0), (1, 1), (2, 2)), (), ())),
        ("exact", "abc", "axc", (((0, 0), (2, 2)), (1,), (1,))),
        ("exact", "ab", "ba", (((1, 0),), (0,), (1,))),
        ("exact", "ab", "abb", (((0, 0), (1, 1)), (), (2,))),
        ("exact", "", "", ((), (), ())),
        ("in_order", "ab", "xaxbx", (((0, 1), (1, 3)), (), ())),
        ("in_order", "ab", "ba", (((1, 0),), (0,), ())),
        ("in_order", "aa", "a", (((0, 0),), (1,), ())),
        ("unordered", "ab", "ba", (((0, 1), (1, 0)), (), ())),
        ("unordered", "aab", "abb", (((0, 0), (2, 1)), (1,), (2,))),
        ("unordered", "", "a", ((), (), (0,))),
        ("superset", "ab", "bxa", (((0, 2), (1, 0)), (), ())),
        ("superset", "aa", "xa", (((0, 1),), (1,), ())),
        ("subset", "abc", "ca", (((0, 1), (2, 0)), (), ())),
        ("subset", "ab", "aax", (((0, 0),), (), (1, 2))),
        ("subset", "", "a", ((), (), (0,))),
        ("subset", "a", "", ((), (), ())),
    ],
)
def test_pairings(
    mode: Mode,
    expected: str,
    actual: str,
    found: tuple[tuple[tuple[int, int], ...], tuple[int, ...], tuple[int, ...]],
) -> None:
    """Each mode tells what belongs together, what is missing where it asks for all, and what it does not allow."""
    told = pairing(mode, expected, actual, str.__eq__)
    assert told == found
    assert told.holds == (told.missing == told.extra == ())


@EXAMPLES
@given(ITEMS, ITEMS)
def test_scores_against_every_pairing(expected: list[int], actual: list[int]) -> None:
    """Precision, recall and F1 come from the largest of all pairings, in order and in any order."""

    def measure(pairs: int) -> Measure:
        if not expected and not actual:
            return Measure(1, 1, 1)
        precision = Fraction(pairs, len(actual) or 1)
        recall = Fraction(pairs, len(expected) or 1)
        both = precision + recall
        return Measure(float(precision), float(recall), float(2 * precision * recall / both) if both else 0)

    common = sum(min(expected.count(item), actual.count(item)) for item in set(expected))
    longest = len(right(in_order(len(expected), len(actual)), expected, actual, int.__eq__)[0])
    assert scored(expected, actual, int.__eq__) == Measures(measure(longest), measure(common))


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        ("", "", Measures(Measure(1, 1, 1), Measure(1, 1, 1))),
        ("a", "", Measures(Measure(0, 0, 0), Measure(0, 0, 0))),
        ("", "a", Measures(Measure(0, 0, 0), Measure(0, 0, 0))),
        ("a", "b", Measures(Measure(0, 0, 0), Measure(0, 0, 0))),
        ("abcd", "abcd", Measures(Measure(1, 1, 1), Measure(1, 1, 1))),
        ("ab", "ba", Measures(Measure(0.5, 0.5, 0.5), Measure(1, 1, 1))),
        ("a", "aaaa", Measures(Measure(0.25, 1, 0.4), Measure(0.25, 1, 0.4))),
    ],
)
def test_scores(expected: str, actual: str, found: Measures) -> None:
    """Two empty sequences agree wholly, an empty one and another not at all."""
    assert scored(expected, actual, str.__eq__) == found
