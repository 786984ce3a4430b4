"""Two columns against each other: how far apart they are, whether that tells anything, and what to say of it."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from harness.chance import FEWEST, SIGNIFICANCE, mean_bounds, rounded, two_sided
from harness.trace import Record


class Interval(Record):
    """A number with the bounds between which it lies with 95 % confidence."""

    value: float
    """The number that was seen."""
    low: float
    """The lower bound."""
    high: float
    """The upper bound."""


class Contrast(Record):
    """One figure of two columns against each other, on the scenarios that both have."""

    difference: Interval
    """The other column's mean less the one's; the bounds reach to zero where nothing can be told."""
    fewer: int
    """Scenarios where the other column has less."""
    more: int
    """Scenarios where the other column has more."""
    p: float | None
    """How likely so uneven a split of `fewer` and `more` is by chance, by an exact test; null where there are several
    repeats, so that there is none."""
    tells: bool
    """Whether there is enough to say that the two differ: p is below 0.05 or, without p, the bounds exclude zero."""


class Shared(NamedTuple):
    """How much two columns have in common."""

    both: int
    """Scenarios that both have judged."""
    of: int
    """Scenarios that one of them has, judged or not."""

    def __str__(self) -> str:
        """Say it: `40 of 300 scenarios`."""
        return _scenarios(self.of) if self.both == self.of else f"{self.both} of {_scenarios(self.of)}"


def contrast(differences: Sequence[Fraction], reach: Fraction, *, single: bool) -> Contrast:
    """Return what the differences of one figure come to, scenario by scenario.

    None of them is farther from zero than `reach`; `single` where both columns have one repeat of each scenario.
    """
    more, fewer = (sum(one > 0 for one in differences), sum(one < 0 for one in differences))
    low, high = mean_bounds(differences, Fraction(0), -reach, reach)
    p = two_sided(more, fewer) if single else None
    tells = (more + fewer >= FEWEST and not low <= 0 <= high) if p is None else p < SIGNIFICANCE
    if not tells:
        # A bootstrap of few scenarios is narrower than the exact test allows.
        low, high = min(low, 0.0), max(high, 0.0)
    value = rounded(float(sum(differences) / len(differences)))
    return Contrast(difference=Interval(value=value, low=low, high=high), fewer=fewer, more=more, p=p, tells=tells)


def sentence(one: str, other: str, rate: Contrast | None, rounds: Contrast | None, shared: Shared) -> str:
    """Return what follows for two columns: which passes more, or that it cannot be told, and who takes more rounds."""
    if rate is None:
        return f"nothing to compare: both have {shared}"
    names = _apart(one, other)
    said = _passes(names, rate, shared) if rate.tells else _untold(names[1], rate, shared)
    return f"{said}; {_takes(names, rounds)}" if rounds is not None and rounds.tells else said


def caution(pairs: int) -> str | None:
    """Return what to bear in mind where several pairs are compared: each of them may be the one in twenty."""
    if pairs < 2:
        return None
    bound = f"{SIGNIFICANCE / pairs:.2g}"
    return f"{pairs} pairs are compared, each on its own: hold p against {SIGNIFICANCE}/{pairs} = {bound}"


def _passes(names: tuple[str, str], rate: Contrast, shared: Shared) -> str:
    value, low, high = _upright(rate.difference)
    more, less = names[::-1] if rate.difference.value > 0 else names
    known = ", ".join(filter(None, (_odds(rate.p), str(shared))))
    return f"{more} passes {_counted(value)} more than {less} ({_points(low)} to {_points(high)}; {known})"


def _untold(other: str, rate: Contrast, shared: Shared) -> str:
    differ = rate.more + rate.fewer
    low, high = rate.difference.low, rate.difference.high
    if differ == 0:
        return f"no difference seen; up to {_counted(high)} either way could hide in {shared}"
    if differ < FEWEST:
        even = f"even {FEWEST - 1} all one way could be chance (p = {two_sided(FEWEST - 1, 0):.2f})"
        verb = "differs" if differ == 1 else "differ"
        return f"too little to tell: {differ} of {_scenarios(shared.both)} {verb}, and {even}{_of(shared)}"
    down = f"{_counted(-low)} fewer" if low < 0 else "no difference"
    up = f"{_counted(high)} more" if high > 0 else "no difference"
    chance = f" ({_odds(rate.p)})" if rate.p is not None else ""
    split = f"more often in {rate.more} and less often in {rate.fewer} of {_scenarios(shared.both)}"
    return f"too little to tell: {other} passes {split}{chance}; anything from {down} to {up} could hide{_of(shared)}"


def _takes(names: tuple[str, str], rounds: Contrast) -> str:
    """Say which takes more rounds, and how many where the mean agrees with the test, which is of the split alone."""
    upwards = rounds.more > rounds.fewer if rounds.p is not None else rounds.difference.value > 0
    who, many, few = (names[1], rounds.more, rounds.fewer) if upwards else (names[0], rounds.fewer, rounds.more)
    if rounds.difference.low > 0 if upwards else rounds.difference.high < 0:
        value, low, high = map(_short, _upright(rounds.difference))
        return f"{who} takes {value} rounds more ({'; '.join(filter(None, (f'{low} to {high}', _odds(rounds.p))))})"
    return f"{who} takes more rounds in {_scenarios(many)} and fewer in {few} ({_odds(rounds.p)})"


def _upright(interval: Interval) -> tuple[float, float, float]:
    """Return value, low and high as seen from the side that has more."""
    if interval.value > 0:
        return interval.value, interval.low, interval.high
    return -interval.value, -interval.high, -interval.low


def _apart(one: str, other: str) -> tuple[str, str]:
    """Return two names without the parts of their paths that they share."""
    parts = (one.split("/"), other.split("/"))
    start = next((at for at, pair in enumerate(zip(*parts, strict=False)) if len(set(pair)) > 1), 0)
    backwards = zip(*(reversed(names) for names in parts), strict=False)
    end = next((at for at, pair in enumerate(backwards) if len(set(pair)) > 1), 0)
    short = ["/".join(names[start : len(names) - end]) for names in parts]
    return (short[0], short[1]) if all(short) else (one, other)


def _of(shared: Shared) -> str:
    return "" if shared.both == shared.of else f"; both have {shared}"


def _scenarios(count: int) -> str:
    return f"{count} scenario" if count == 1 else f"{count} scenarios"


def _counted(share: float) -> str:
    """Return a share in percentage points."""
    text = _points(share)
    return f"{text} point" if text == "1" else f"{text} points"


def _points(share: float) -> str:
    points = share * 100
    return f"{points:.0f}" if abs(points) >= 1 else f"{points:.1g}"


def _short(number: float) -> str:
    return f"{number:.1f}" if abs(number) >= 0.1 else f"{number:.1g}"


def _odds(p: float | None) -> str:
    """Return a probability with as many digits as keep it on its side of 0.05, or nothing where there is none."""
    if p is None or p < 0.001:
        return "" if p is None else "p < 0.001"
    text = f"{p:.2g}"
    return f"p = {p if text == str(SIGNIFICANCE) else text}"
