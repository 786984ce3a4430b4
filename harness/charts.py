"""Figures as pictures: where marks stand on a scale, in numbers that a drawing takes as they are."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harness.contrast import Interval
from harness.figures import Column

WIDTH, HEIGHT = 320, 180
"""The size of the drawing of a curve."""
LEFT = 44
"""Where its upright axis stands."""
_RIGHT, _TOP, _BOTTOM = 12, 10, 26


class Whisker(NamedTuple):
    """An interval on a scale from 0 to 100."""

    value: float
    low: float
    width: float


class Point(NamedTuple):
    """A point of a curve, in the units of its drawing."""

    x: float
    y: float
    k: int
    share: float


class Curve(NamedTuple):
    """How likely k repeats pass, of one column; points are left out where no scenario has k repeats."""

    name: str
    any: tuple[Point, ...]
    """pass@k: at least one of k passes."""
    all: tuple[Point, ...]
    """pass^k: all k pass."""


class Tick(NamedTuple):
    """A mark on an axis."""

    at: float
    label: str


def whisker(interval: Interval) -> Whisker:
    """Return an interval of a share on a scale from 0 to 100."""
    low, high = (100 * max(0.0, min(1.0, bound)) for bound in (interval.low, interval.high))
    return Whisker(_short(100 * interval.value), _short(low), _short(high - low))


def bar(value: float | None, values: Iterable[float | None]) -> float:
    """Return how long the bar of a value is, from 0 to 100, where the longest of all is 100."""
    most = max((one for one in values if one is not None), default=0.0)
    return _short(100 * value / most) if value and most else 0.0


def curves(columns: Sequence[Column]) -> tuple[Curve, ...]:
    """Return the curves of all columns with repeats, on the same scales."""
    most = max((one.k for column in columns for one in column.repeats), default=0)
    return tuple(
        Curve(
            column.name,
            tuple(_point(one.k, one.any, most) for one in column.repeats if one.any is not None),
            tuple(_point(one.k, one.all, most) for one in column.repeats if one.all is not None),
        )
        for column in columns
        if column.repeats
    )


def shares() -> tuple[Tick, ...]:
    """Return the marks on the upright axis of a curve."""
    return tuple(Tick(_y(percent / 100), f"{percent} %") for percent in (0, 50, 100))


def repeats(columns: Sequence[Column]) -> tuple[Tick, ...]:
    """Return the marks on the level axis of a curve: every k, or about ten of them."""
    most = max((one.k for column in columns for one in column.repeats), default=0)
    step = max(1, -(-most // 10))
    return tuple(Tick(_x(k, most), str(k)) for k in range(1, most + 1, step))


def _point(k: int, share: float, most: int) -> Point:
    return Point(_x(k, most), _y(share), k, share)


def _x(k: int, most: int) -> float:
    return _short(LEFT + (WIDTH - LEFT - _RIGHT) * (k - 1) / max(1, most - 1))


def _y(share: float) -> float:
    return _short(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - share))


def _short(number: float) -> float:
    return round(number, 2) + 0.0
