"""Two columns against each other: what tells, and what is said of it."""

import re
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.contrast import Contrast, Interval, Shared, caution, contrast, sentence
from tests.build import EXAMPLES

ONE = Fraction(1)


def split(more: int, fewer: int, of: int, *, single: bool = True, size: Fraction = ONE) -> Contrast:
    """Return the contrast of so many scenarios that differ by a size."""
    differences = [size] * more + [-size] * fewer + [Fraction(0)] * (of - more - fewer)
    return contrast(differences, ONE, single=single)


def told(rate: Contrast, *, both: int = 40, of: int = 300, rounds: Contrast | None = None) -> str:
    """Return the sentence on two models, `hasty` against `careful`, under one variant."""
    return sentence("hasty/chat+all", "careful/chat+all", rate, rounds, Shared(both, of))


def seen(value: float, low: float, high: float, p: float | None = None, *, tells: bool = True) -> Contrast:
    """Return a contrast of given numbers."""
    return Contrast(difference=Interval(value=value, low=low, high=high), fewer=3, more=20, p=p, tells=tells)


def test_contrast_counts_and_tests() -> None:
    """A contrast has the mean difference, the scenarios of each side, and the exact test's probability."""
    found = split(9, 1, 40)
    assert (found.difference.value, found.fewer, found.more, found.p, found.tells) == (0.2, 1, 9, 0.0214844, True)


def test_exact_test_decides() -> None:
    """With one repeat each, a difference is told where p is below 0.05, and the bounds never say otherwise."""
    for of in (1, 12, 40, 300):
        for differ in range(min(of, 34) + 1):
            for more in {differ, differ - 1, differ * 3 // 4, differ * 2 // 3, differ // 2} & set(range(differ + 1)):
                found = split(more, differ - more, of)
                assert found.p is not None
                excluded = not found.difference.low <= 0 <= found.difference.high
                assert found.tells == (found.p < 0.05) == excluded, found


def test_bounds_decide_where_there_is_no_exact_test() -> None:
    """With several repeats there is no p, and a difference is told where the bounds exclude zero."""
    clear = split(20, 3, 40, single=False, size=Fraction(1, 5))
    assert (clear.p, clear.tells, clear.difference.low > 0) == (None, True, True)
    vague = split(12, 9, 40, single=False, size=Fraction(1, 5))
    assert (vague.p, vague.tells, vague.difference.low < 0 < vague.difference.high) == (None, False, True)


@pytest.mark.parametrize("ninths", [[9] * 5, [5, 6, 7, 8, 9]])
def test_five_scenarios_never_tell(ninths: list[int]) -> None:
    """Five scenarios that all differ one way tell nothing, however many repeats each has."""
    found = contrast([Fraction(n, 9) for n in ninths], ONE, single=False)
    assert (found.more, found.tells, found.difference.low <= 0) == (5, False, True)


@settings(EXAMPLES, max_examples=40)
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=20), st.booleans())
def test_swapped_columns_are_mirrored(thirds: list[int], single: bool) -> None:
    """The contrast the other way round has its numbers negated and its sides swapped, and tells as much."""
    differences = [Fraction(n, 3) for n in thirds]
    here, there = (contrast(values, ONE, single=single) for values in (differences, [-one for one in differences]))
    assert there == Contrast(
        difference=Interval(value=-here.difference.value, low=-here.difference.high, high=-here.difference.low),
        fewer=here.more,
        more=here.fewer,
        p=here.p,
        tells=here.tells,
    )


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (
            seen(0.12, 0.04, 0.2, 0.0081),
            "careful passes 12 points more than hasty (4 to 20; p = 0.0081, 40 of 300 scenarios)",
        ),
        (
            seen(-0.12, -0.2, -0.04, 0.0000012),
            "hasty passes 12 points more than careful (4 to 20; p < 0.001, 40 of 300 scenarios)",
        ),
        (
            seen(0.0096, 0.0004, 0.0951, 0.04996),
            "careful passes 1 point more than hasty (0.04 to 10; p = 0.04996, 40 of 300 scenarios)",
        ),
        (
            seen(0.5, 0.25, 0.75),
            "careful passes 50 points more than hasty (25 to 75; 40 of 300 scenarios)",
        ),
        (
            split(0, 0, 40),
            "no difference seen; up to 9 points either way could hide in 40 of 300 scenarios",
        ),
        (
            split(2, 1, 40),
            (
                "too little to tell: 3 of 40 scenarios differ, and even 5 all one way could be chance (p = 0.06); "
                "both have 40 of 300 scenarios"
            ),
        ),
        (
            split(0, 1, 40, single=False),
            (
                "too little to tell: 1 of 40 scenarios differs, and even 5 all one way could be chance (p = 0.06); "
                "both have 40 of 300 scenarios"
            ),
        ),
        (
            seen(0.05, -0.08, 0.14, 0.774, tells=False),
            (
                "too little to tell: careful passes more often in 20 and less often in 3 of 40 scenarios (p = 0.77); "
                "anything from 8 points fewer to 14 points more could hide; both have 40 of 300 scenarios"
            ),
        ),
        (
            seen(-0.05, -0.08, 0.0, tells=False),
            (
                "too little to tell: careful passes more often in 20 and less often in 3 of 40 scenarios; "
                "anything from 8 points fewer to no difference could hide; both have 40 of 300 scenarios"
            ),
        ),
        (
            seen(0.05, 0.0, 0.01, tells=False),
            (
                "too little to tell: careful passes more often in 20 and less often in 3 of 40 scenarios; "
                "anything from no difference to 1 point more could hide; both have 40 of 300 scenarios"
            ),
        ),
    ],
)
def test_sentence_says_what_follows(rate: Contrast, expected: str) -> None:
    """The sentence says who passes more and by how much, or why that cannot be told."""
    assert told(rate) == expected


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [
        (seen(1.234, 0.66, 1.81, 0.002), "; careful takes 1.2 rounds more (0.7 to 1.8; p = 0.002)"),
        (seen(1.234, 0.04, 1.81), "; careful takes 1.2 rounds more (0.04 to 1.8)"),
        (seen(-1.234, -1.81, -0.66), "; hasty takes 1.2 rounds more (0.7 to 1.8)"),
        (seen(-0.3, -1.81, 0.66, 0.0005), "; careful takes more rounds in 20 scenarios and fewer in 3 (p < 0.001)"),
        (seen(1.234, -0.1, 1.81, tells=False), ""),
    ],
)
def test_sentence_adds_rounds_that_differ(rounds: Contrast, expected: str) -> None:
    """The sentence adds who takes more rounds where that is told, by the split where the mean does not agree."""
    start = "no difference seen; up to 9 points either way could hide in 40 scenarios"
    assert told(split(0, 0, 40), of=40, rounds=rounds) == start + expected


def test_nothing_in_common_is_said() -> None:
    """Two columns without a scenario in common are not compared."""
    assert sentence("a/x", "b/x", None, None, Shared(0, 9)) == "nothing to compare: both have 0 of 9 scenarios"


@pytest.mark.parametrize(
    ("one", "other", "short"),
    [
        ("hasty/chat+all", "careful/chat+all", ("hasty", "careful")),
        ("hasty/chat+all", "hasty/files+all", ("chat+all", "files+all")),
        ("hasty/chat+all", "careful/files+all", ("hasty/chat+all", "careful/files+all")),
        ("monday/hasty/chat+all", "friday/hasty/chat+all", ("monday", "friday")),
        ("monday/hasty/chat+all", "monday/careful/chat+all", ("hasty", "careful")),
        ("a", "a/b", ("a", "a/b")),
        ("a/a", "a/b/a", ("a/a", "a/b/a")),
        ("a/a", "a", ("a/a", "a")),
    ],
)
def test_names_are_told_by_what_differs(one: str, other: str, short: Sequence[str]) -> None:
    """The sentence leaves out what the names of both columns share, unless nothing would be left of one."""
    said = sentence(one, other, seen(0.5, 0.25, 0.75), None, Shared(9, 9))
    assert said == f"{short[1]} passes 50 points more than {short[0]} (25 to 75; 9 scenarios)"


@settings(EXAMPLES, max_examples=60)
@given(st.lists(st.integers(-2, 2), min_size=1, max_size=30), st.booleans())
def test_sentence_agrees_with_the_numbers(halves: list[int], single: bool) -> None:
    """The sentence names a winner exactly where the contrast tells, and it is the side that passes more."""
    rate = contrast([Fraction(n, 2) for n in halves], ONE, single=single)
    found = re.match(r"(\w+) passes (\S+) points? more than (\w+) \((\S+) to (\S+);", told(rate))
    assert (found is not None) == rate.tells
    if found:
        assert found[1] == ("careful" if rate.difference.value > 0 else "hasty")
        assert 0 < float(found[4]) <= float(found[2]) <= float(found[5])


def test_several_pairs_are_a_caution() -> None:
    """Where several pairs are compared, the reader is told what p is held against."""
    assert [caution(pairs) for pairs in (0, 1)] == [None, None]
    assert caution(6) == "6 pairs are compared, each on its own: hold p against 0.05/6 = 0.0083"
