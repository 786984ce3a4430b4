"""Columns in words: names that tell them apart, the matrix, the figures, and which pairs are comparable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.contrast import Contrast, Interval
from harness.figures import Cell, Column, Pair, PassAt
from harness.matrix import Figures, Row, Square, comparable, family, figures, labels, repeated, rows, tells
from harness.report import Report
from tests.build import EXAMPLES


@pytest.mark.parametrize(
    ("names", "short", "common"),
    [
        (["a/chat+all", "b/chat+all"], ["a", "b"], "role chat, tools all"),
        (["a/chat+all", "a/files+all"], ["chat", "files"], "model a, tools all"),
        (["a/chat+all", "a/chat+few"], ["all", "few"], "model a, role chat"),
        (["a/chat+all", "b/files+all"], ["a/chat", "b/files"], "tools all"),
        (["a/chat+all", "b/files+few"], ["a/chat+all", "b/files+few"], ""),
        (["a/chat+all", "a/chat+all~x=1"], ["chat", "chat~x=1"], "model a, tools all"),
        (["a/chat+all~x=1~y=2", "b/chat+all~y=2"], ["a/x=1", "b"], "role chat, tools all, y=2"),
        (["base:a/chat+all", "now:a/chat+all"], ["base", "now"], "model a, role chat, tools all"),
        (["base:a/chat+all", "now:a/chat+all", "b/chat+all"], ["base:a", "now:a", "b"], "role chat, tools all"),
        (["a/chat+all"], ["a/chat+all"], ""),
        (["a/chat+all", "odd"], ["a/chat+all", "odd"], ""),
        ([], [], ""),
    ],
)
def test_labels_leave_out_what_all_have(names: list[str], short: list[str], common: str) -> None:
    """What all columns have in common is said once, and what is left tells them apart."""
    found = labels(names)
    assert ([found.short[name] for name in names], found.common) == (short, common)


PARTS = st.sampled_from(["a", "b", ""])
NAMES = st.builds(
    lambda run, model, role, tools, other: f"{run}{model}/{role}+{tools}{other}",
    st.sampled_from(["", "base:", "now:"]),
    PARTS,
    PARTS,
    PARTS,
    st.sampled_from(["", "~x=1", "~y=2", "~x=1~y=2", "~x=a:b/c+d"]),
)


@EXAMPLES
@given(st.lists(NAMES, unique=True))
def test_labels_tell_all_columns_apart(names: list[str]) -> None:
    """Different columns never have one label, and none is empty."""
    short = labels(names).short
    assert list(short) == names
    assert all(short.values())
    assert len(set(short.values())) == len(names)


def column(name: str, **given: object) -> Column:
    """Return the figures of a column, in which nothing happened but what is given."""
    counts = ("scenarios", "cases", "passed", "errors", "missing", "denied", "failed", "anomalies", "tokens")
    means = ("rate", "rounds", "calls", "checkpoints")
    nothing = {"name": name, "repeats": (), "unstable": (), **dict.fromkeys(counts, 0), **dict.fromkeys(means)}
    return Column.model_validate(nothing | given)


def cell(column: str, *counts: int, scenario: str = "a/b", numbers: tuple[int, int] | None = (1, 1)) -> Cell:
    """Return what came of a scenario: how many were judged, passed, not judged, not recorded and known to fail."""
    judged, passed, errors, missing, known = counts
    numbers = numbers if judged else None
    return Cell(
        scenario=scenario,
        column=column,
        judged=judged,
        passed=passed,
        errors=errors,
        missing=missing,
        known=known,
        rounds=numbers,
        calls=numbers,
        checkpoints=numbers,
    )


def report(*columns: Column, cells: tuple[Cell, ...] = (), pairs: tuple[Pair, ...] = ()) -> Report:
    """Return a report of columns."""
    return Report(done="read", baseline=None, cases=(), columns=columns, cells=cells, pairs=pairs)


@pytest.mark.parametrize(
    ("counts", "numbers", "square"),
    [
        ((1, 1, 0, 0, 0), (2, 2), Square("passed 2 2 2", "passed")),
        ((1, 0, 0, 0, 0), (2, 2), Square("failed 2 2 2", "failed")),
        ((1, 0, 0, 0, 1), (2, 2), Square("known 2 2 2", "known")),
        ((0, 0, 1, 0, 0), None, Square("error", "error")),
        ((0, 0, 0, 1, 0), None, Square("not recorded", "missing")),
        ((3, 3, 0, 0, 0), (2, 5), Square("3/3 passed 2-5 2-5 2-5", "passed")),
        ((3, 2, 0, 0, 0), (2, 3), Square("2/3 passed 2-3 2-3 2-3", "failed")),
        ((3, 2, 0, 0, 1), (2, 2), Square("2/3 passed, 1 known 2 2 2", "known")),
        ((3, 1, 0, 0, 1), (2, 2), Square("1/3 passed, 1 known 2 2 2", "failed")),
        ((1, 1, 1, 1, 0), (2, 2), Square("1/1 passed, 1 error, 1 not recorded 2 2 2", "error")),
    ],
)
def test_a_square_says_what_came(counts: tuple[int, ...], numbers: tuple[int, int] | None, square: Square) -> None:
    """A square has the verdict, or how many repeats passed, then rounds, calls and checkpoints or their ranges."""
    [row] = rows(report(column("m/r+t"), cells=(cell("m/r+t", *counts, numbers=numbers),)))
    assert row == Row("a/b", (square,))
    assert row.passed is (square.fate in ("passed", "missing"))


def test_rows_have_a_square_for_every_column() -> None:
    """Scenarios stand in the order of the cells, columns in their own, and what does not apply is a dash."""
    cells = cell("n/r+t", 1, 1, 0, 0, 0, scenario="x\n2"), cell("m/r+t", 1, 0, 0, 0, 0, scenario="x/1")
    passed, failed, none = Square("passed 1 1 1", "passed"), Square("failed 1 1 1", "failed"), Square("-", "none")
    found = rows(report(column("m/r+t"), column("n/r+t"), cells=cells))
    assert found == [Row("x\\n2", (none, passed)), Row("x/1", (failed, none))]
    assert [row.passed for row in found] == [True, False]


def test_figures_have_a_row_for_every_column() -> None:
    """Shares are percents, means have a digit, numbers their thousands; what nobody has is left out or blank."""
    rate = Interval(value=0.825, low=0.5, high=1.0)
    one = column("m/r+t", cases=40, rate=rate, rounds=2.25, calls=0.0, checkpoints=1.0, failed=3, tokens=1234567)
    heads = "pass rate", "rounds", "calls", "checkpoints", "denied", "failed", "anomalies", "tokens"
    row = "m", "40", "82 % (50 to 100)", "2.2", "0.0", "1.0", "0", "3", "0", "1,234,567"
    nothing = "n", "0", "", "", "", "", "0", "0", "0", "0"
    assert figures(report(one, column("n/r+t"))) == Figures(("", "cases", *heads), (row, nothing))
    missing = column("n/r+t", missing=2)
    told = figures(report(one, missing))
    assert told.headers == ("", "cases", "not recorded", *heads)
    assert told.rows == (("m", "40", "0", *row[2:]), ("n", "0", "2", *nothing[2:]))


@pytest.mark.parametrize(
    ("share", "said"), [(0.0, "0"), (0.001, "0.1"), (0.004, "0.4"), (0.996, "99.6"), (1.0, "100"), (0.5, "50")]
)
def test_all_and_nothing_are_said_only_of_all_and_nothing(share: float, said: str) -> None:
    """A share that is nearly all or nearly nothing keeps a digit."""
    one = column("m/r+t", rate=Interval(value=share, low=share, high=share))
    assert figures(report(one)).rows[0][2] == f"{said} % ({said} to {said})"


def test_repeats_are_blank_where_k_is_too_large() -> None:
    """Each column has pass@k and pass^k for as many k as any has; nothing stands where no scenario has k repeats."""
    one = column("m/r+t", repeats=[PassAt(k=1, scenarios=2, any=0.5, all=0.5), PassAt(k=2, scenarios=1, any=1, all=0)])
    other = column(
        "n/r+t", repeats=[PassAt(k=1, scenarios=2, any=1, all=1), PassAt(k=2, scenarios=0, any=None, all=None)]
    )
    single = column("o/r+t")
    assert repeated(report(one, other, single)) == Figures(
        ("", "", "k=1", "k=2"),
        (
            ("m", "pass@k", "50 %", "100 %"),
            ("m", "pass^k", "50 %", "0 %"),
            ("n", "pass@k", "100 %", ""),
            ("n", "pass^k", "100 %", ""),
        ),
    )
    assert repeated(report(single)) is None


def contrast(*, tells: bool) -> Contrast:
    """Return a contrast that tells something, or nothing."""
    return Contrast(difference=Interval(value=0, low=0, high=0), fewer=0, more=0, p=1, tells=tells)


def pair(one: str, other: str, *, both: int = 3, rate: bool = False, rounds: bool = False) -> Pair:
    """Return a pair of columns, which tells something or nothing."""
    return Pair(
        one=one, other=other, both=both, of=5, rate=contrast(tells=rate), rounds=contrast(tells=rounds), says="so"
    )


@pytest.mark.parametrize(
    ("one", "other", "kept"),
    [
        ("a/chat+all", "b/chat+all", True),
        ("a/chat+all", "a/files+all", True),
        ("a/chat+all", "a/files+few~x=1", True),
        ("base:a/chat+all", "now:a/chat+all", True),
        ("a/chat+all", "b/files+all", False),
        ("base:a/chat+all", "now:a/files+all", False),
        ("odd", "a/chat+all", True),
    ],
)
def test_pairs_are_comparable_where_one_thing_differs(one: str, other: str, kept: bool) -> None:
    """Two columns are told together where the model, the variant or the run differs, and not two of these."""
    found = comparable([pair(one, other), pair(one, other, both=0)])
    assert (len(found.pairs), found.left) == ((1, 0) if kept else (0, 1))


@pytest.mark.parametrize(("rate", "rounds"), [(True, False), (False, True), (False, False)])
def test_a_pair_tells_by_either_figure(rate: bool, rounds: bool) -> None:
    """A pair tells something where either what passes or the rounds do."""
    assert tells(pair("a", "b", rate=rate, rounds=rounds)) is (rate or rounds)


def test_model_labels_may_hold_slashes_and_colons() -> None:
    """A model's label is taken whole, so that two models under one variant differ in one thing alone."""
    names = ["openai/gpt-4o/chat+all", "qwen3:8b/chat+all", "careful/chat+all"]
    assert labels(names).short == dict(zip(names, ["openai/gpt-4o", "qwen3:8b", "careful"], strict=True))
    assert {family(name) for name in names} == {("chat", "all", ())}
    assert family("base:qwen3:8b/chat+all~persona=a/b") == ("chat", "all", ("persona=a/b",))
