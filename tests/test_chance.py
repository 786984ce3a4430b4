"""Intervals, exact tests and pass@k, against other ways to compute them."""

import math
import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from itertools import combinations
from statistics import NormalDist, fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.chance import (
    FEWEST,
    SIGNIFICANCE,
    Bounds,
    Tally,
    mean_bounds,
    pass_all,
    pass_at,
    rounded,
    two_sided,
    wilson,
)
from tests.build import EXAMPLES

ZERO, ONE = Fraction(0), Fraction(1)

MONTE_CARLO = 0.007
"""More than four standard errors of the share of 9,999 resamples that lie beyond a percentile of 2.5 %."""

DIFFERENCES = st.lists(st.integers(-4, 4), min_size=6, max_size=24).map(lambda found: [Fraction(n, 4) for n in found])
"""Differences of shares, as four repeats have them."""


def wilson_by_formula(count: int, of: int) -> Bounds:
    """Return Wilson's bounds by the formula of his article."""
    z = NormalDist().inv_cdf(0.975)
    share = count / of
    centre, scale = share + z * z / (2 * of), 1 + z * z / of
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return Bounds((centre - half) / scale, (centre + half) / scale)


def exact_two_sided(one: int, other: int) -> Fraction:
    """Return the share of all ways to split that are as uneven or more uneven."""
    count = one + other
    ways = sum(math.comb(count, k) for k in range(count + 1) if abs(2 * k - count) >= abs(one - other))
    return Fraction(ways, 2**count)


def tail(count: int) -> float:
    """Return which share of resamples lies beyond each bound: 2.5 %, less what Student's t is wider by."""
    freedom = count - 1
    size = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)
    step, above, at = 1e-4, 0.0, 0.0
    while above < 0.475:
        above += step * size * (1 + (at + step / 2) ** 2 / freedom) ** (-(freedom + 1) / 2)
        at += step
    return NormalDist().cdf(-at * math.sqrt(count / freedom))


def assert_agrees(bounds: tuple[float, float], values: Sequence[Fraction], *, tells: bool = True) -> None:
    """Hold bounds against the percentiles of all possible resamples, within what drawing may differ by.

    The distribution of their means is computed, not drawn: a convolution of the values with themselves. Where nothing
    is told, the bounds reach to zero.
    """
    scale = math.lcm(*(value.denominator for value in values))
    whole = [int(value * scale) for value in values]
    once = np.bincount([value - min(whole) for value in whole]) / len(whole)
    chances = reduce(np.convolve, [once] * len(whole))
    reached = np.cumsum(chances)
    beyond = tail(len(values))
    slack = MONTE_CARLO * math.sqrt(beyond / 0.025)
    for bound, share in zip(bounds, (beyond, 1 - beyond), strict=True):
        places = np.searchsorted(reached, [share - slack, share + slack]).clip(max=len(chances) - 1)
        totals = [int(place) + min(whole) * len(whole) for place in places]
        means = [float(Fraction(total, scale * len(whole))) for total in totals]
        if not tells:
            means = [(min if share < 0.5 else max)(mean, 0.0) for mean in means]
        assert means[0] - 1e-6 <= bound <= means[1] + 1e-6


def test_wilson_is_its_formula() -> None:
    """The bounds of a share are those of Wilson's formula, for every count of up to 20 and for some large ones."""
    counts = [(count, of) for of in range(1, 21) for count in range(of + 1)] + [(86, 97), (1, 300), (2999, 3000)]
    for count, of in counts:
        assert wilson(count, of) == pytest.approx(wilson_by_formula(count, of), abs=1e-6)


def test_exact_test_counts_all_splits() -> None:
    """The exact test's probability is the share of all splits that are as uneven, which is 1 where nothing differs."""
    for one in range(25):
        for other in range(25):
            assert two_sided(one, other) == pytest.approx(float(exact_two_sided(one, other)), rel=1e-5)
    assert (two_sided(0, 0), two_sided(5, 0), two_sided(0, 6)) == (1.0, 0.0625, 0.03125)


def test_too_few_scenarios_cannot_tell() -> None:
    """The fewest scenarios that can tell anything are the fewest that do when all of them differ one way."""
    assert two_sided(FEWEST, 0) < SIGNIFICANCE <= two_sided(FEWEST - 1, 0)


@EXAMPLES
@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=6), min_size=1, max_size=4), st.integers(1, 7))
def test_pass_at_k_tries_every_choice(scenarios: list[list[bool]], k: int) -> None:
    """pass@k and pass^k are what comes of every choice of k repeats, and None where no scenario has k."""
    tallies = [Tally(len(repeats), sum(repeats)) for repeats in scenarios]
    choices = [list(combinations(repeats, k)) for repeats in scenarios if len(repeats) >= k]
    if not choices:
        assert (pass_at(k, tallies), pass_all(k, tallies)) == (None, None)
        return
    assert pass_at(k, tallies) == pytest.approx(fmean(fmean(map(any, chosen)) for chosen in choices), abs=1e-6)
    assert pass_all(k, tallies) == pytest.approx(fmean(fmean(map(all, chosen)) for chosen in choices), abs=1e-6)


@settings(EXAMPLES, max_examples=40)
@given(DIFFERENCES)
def test_bootstrap_agrees_with_all_resamples(values: list[Fraction]) -> None:
    """The bounds of a mean are the percentiles of all possible resamples, as far as drawing 9,999 shows them."""
    if sum(value != 0 for value in values) >= FEWEST and len(set(values)) > 1:
        assert_agrees(mean_bounds(values, ZERO, -ONE, ONE), values)


@settings(EXAMPLES, max_examples=40)
@given(st.one_of(DIFFERENCES, DIFFERENCES.map(lambda values: values[:3])))
def test_bounds_lie_around_the_mean(values: list[Fraction]) -> None:
    """The bounds of a mean lie around it and inside what is possible, and are mirrored when the values are."""
    bounds = mean_bounds(values, ZERO, -ONE, ONE)
    assert -1 <= bounds.low <= rounded(float(sum(values) / len(values))) <= bounds.high <= 1
    mirrored = mean_bounds([-value for value in values], ZERO, -ONE, ONE)
    assert mirrored == (rounded(-bounds.high), rounded(-bounds.low))


def test_few_that_differ_are_bounded_each_way() -> None:
    """Where fewer than six scenarios differ, those above and those below are bounded as shares of all scenarios."""
    hide, one, three = (wilson_by_formula(count, 40).high for count in (0, 1, 3))
    same = [ZERO] * 40
    assert mean_bounds(same, ZERO, -ONE, ONE) == pytest.approx((-hide, hide), abs=1e-6)
    assert hide == pytest.approx(0.0876, abs=1e-4)
    few = [ONE] * 3 + [-ONE] + [ZERO] * 36
    assert mean_bounds(few, ZERO, -ONE, ONE) == pytest.approx((-one, three), abs=1e-6)
    assert mean_bounds(few, ZERO, -3 * ONE, 2 * ONE) == pytest.approx((-3 * one, 2 * three), abs=1e-6)


@pytest.mark.parametrize("count", [1, 5, 6, 40])
def test_equal_values_are_no_certainty(count: int) -> None:
    """Where all scenarios pass, so many as there are bound the rate as Wilson's score does."""
    low = wilson_by_formula(count, count).low
    assert mean_bounds([ONE] * count, ZERO, ZERO, ONE) == pytest.approx((low, 1.0), abs=1e-6)
    half = mean_bounds([Fraction(1, 2)] * count, ZERO, ZERO, ONE)
    assert half == pytest.approx((low / 2, 1 - low / 2), abs=1e-6)


def test_no_negative_zero() -> None:
    """A number that is rounded to zero has no sign, so that equal figures are equal bytes."""
    assert [str(rounded(number)) for number in (-0.0, -1e-9, 0.1 + 0.2)] == ["0.0", "0.0", "0.3"]


def test_statistics_are_loaded_where_they_are_needed() -> None:
    """Importing the figures does not import the library for statistics, nor does comparing what is equal."""
    code = "import sys, harness.figures as f, harness.chance as c; c.two_sided(3, 3); sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
