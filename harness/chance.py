"""What figures tell and what may be chance: intervals, exact tests, and how likely repeats pass.

Sources: E. B. Wilson, "Probable inference, the law of succession, and statistical inference" (1927), for shares;
T. C. Hesterberg, "What teachers should know about the bootstrap" (2015), for means: its percentile interval is
widened as Student's t is wider than the normal distribution; M. Chen et al., "Evaluating large language models trained
on code" (2021), for pass@k, and S. Yao et al., "tau-bench" (2024), for pass^k.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from statistics import fmean
from typing import NamedTuple

SIGNIFICANCE = 0.05
"""A probability below this is not taken for chance."""

FEWEST = 6
"""How many scenarios must differ before anything can be told: five, all one way, give p = 2 / 2**5 = 0.0625."""

_RESAMPLES = 9_999
_AT_ONCE = 4_000_000
_SEED = 0


class Bounds(NamedTuple):
    """The bounds between which a number lies with 95 % confidence."""

    low: float
    high: float


class Tally(NamedTuple):
    """How many repeats of a scenario were judged, and how many of them passed."""

    judged: int
    passed: int

    @property
    def share(self) -> Fraction:
        """The share that passed."""
        return Fraction(self.passed, self.judged)


def rounded(number: float) -> float:
    """Return a number in six decimals, which are the same on every platform, and without a negative zero."""
    return round(float(number), 6) + 0.0


def wilson(count: int, of: int) -> Bounds:
    """Return the bounds of a share, by Wilson's score."""
    low, high = _wilson(count, of)
    return Bounds(rounded(low), rounded(high))


def two_sided(one: int, other: int) -> float:
    """Return how likely so uneven a split, or a more uneven one, is where both sides are equally likely.

    It is the exact test of McNemar where the split is of scenarios that pass on one side only, and the exact sign test
    where it is of scenarios with more and with less of something.
    """
    if one == other:
        return 1.0
    from scipy.stats import binomtest

    return float(f"{binomtest(one, one + other).pvalue:.6g}")


def mean_bounds(values: Sequence[Fraction], centre: Fraction, least: Fraction, most: Fraction) -> Bounds:
    """Return the bounds of a mean over scenarios, each of which lies between `least` and `most`.

    They are those of a seeded bootstrap. Where fewer than `FEWEST` scenarios differ from the centre, resampling shows
    next to nothing of those that were not seen; then the shares of scenarios above and below it are bounded instead.
    """
    if len(set(values)) == 1:
        centre = values[0]
    above, below = (sum(value > centre for value in values), sum(value < centre for value in values))
    if above + below >= FEWEST:
        return _bootstrap(values)
    down = float(centre - least) * _wilson(below, len(values)).high
    up = float(most - centre) * _wilson(above, len(values)).high
    return Bounds(rounded(float(centre) - down), rounded(float(centre) + up))


def pass_at(k: int, tallies: Sequence[Tally]) -> float | None:
    """Return how likely at least one of k repeats passes, over the scenarios with k; None where there is none."""
    return _mean([1 - math.comb(n - c, k) / math.comb(n, k) for n, c in tallies if n >= k])


def pass_all(k: int, tallies: Sequence[Tally]) -> float | None:
    """Return how likely all of k repeats pass, over the scenarios with k; None where there is none."""
    return _mean([math.comb(c, k) / math.comb(n, k) for n, c in tallies if n >= k])


def _wilson(count: int, of: int) -> Bounds:
    from scipy.stats import binomtest

    found = binomtest(count, of).proportion_ci(1 - SIGNIFICANCE, method="wilson")
    return Bounds(found.low, found.high)


def _bootstrap(values: Sequence[Fraction]) -> Bounds:
    """Return the bounds of a mean by resampling: in whole numbers, so that every platform sums to the same."""
    from scipy.stats import bootstrap, norm, t

    count, scale = len(values), math.lcm(*(value.denominator for value in values))
    tail = norm.sf(math.sqrt(count / (count - 1)) * t.isf(SIGNIFICANCE / 2, count - 1))
    found = bootstrap(
        ([float(value * scale) for value in values],),
        lambda sample, axis: sample.sum(axis=axis),
        n_resamples=_RESAMPLES,
        batch=max(1, _AT_ONCE // count),
        vectorized=True,
        confidence_level=1 - 2 * tail,
        method="percentile",
        rng=_SEED,
    ).confidence_interval
    return Bounds(rounded(found.low / (count * scale)), rounded(found.high / (count * scale)))


def _mean(values: Sequence[float]) -> float | None:
    return rounded(fmean(values)) if values else None
