"""Figures as pictures: marks stand where their numbers say."""

from harness.charts import HEIGHT, LEFT, WIDTH, Curve, Point, Tick, Whisker, bar, curves, repeats, shares, whisker
from harness.contrast import Interval
from harness.report import build
from tests.build import told


def test_an_interval_on_its_scale() -> None:
    """An interval keeps to the scale, of which 100 is all."""
    assert whisker(Interval(value=0.5, low=0.25, high=1.0)) == Whisker(50.0, 25.0, 75.0)
    assert whisker(Interval(value=0.5, low=-0.1, high=1.2)) == Whisker(50.0, 0.0, 100.0)


def test_bars_side_by_side() -> None:
    """The longest bar is whole, and what has no number has none."""
    values = [2.0, None, 8.0, 0.0]
    assert [bar(value, values) for value in values] == [25.0, 0.0, 100.0, 0.0]
    assert bar(None, []) == 0.0


def test_curves_of_repeats() -> None:
    """Of two repeats, of which one passes, one of two passes always and both never."""
    cases = [told("passed", of="a/b@m/chat+all"), told("failed", of="a/b@m/chat+all~2")]
    columns = build("replayed", cases).columns
    left, right, top, middle, bottom = float(LEFT), WIDTH - 12.0, 10.0, 82.0, HEIGHT - 26.0
    assert curves(columns) == (
        Curve(
            "m/chat+all",
            (Point(left, middle, 1, 0.5), Point(right, top, 2, 1.0)),
            (Point(left, middle, 1, 0.5), Point(right, bottom, 2, 0.0)),
        ),
    )
    assert repeats(columns) == (Tick(left, "1"), Tick(right, "2"))
    assert shares() == (Tick(bottom, "0 %"), Tick(middle, "50 %"), Tick(top, "100 %"))


def test_no_curve_without_repeats() -> None:
    """A column whose scenarios have one repeat each has no curve."""
    assert curves(build("replayed", [told()]).columns) == ()
