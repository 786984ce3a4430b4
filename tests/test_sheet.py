"""What a page shows of a report: the answer and the rows by what matters, and chips that count what they choose."""

from harness.embedding import Packed
from harness.report import Against, Report, build
from harness.sheet import Sheet
from tests.build import told
from tests.sheets import CASES


def sheet(*cases: Report) -> Sheet:
    """Return what the page shows of a report, by default one of all kinds of cases."""
    found = cases[0] if cases else build("replayed", CASES, against=Against("reports/baseline"))
    return Sheet(found, Packed(), "a-run")


def test_what_matters_comes_first() -> None:
    """The answer counts what is bad, and rows stand by what matters: regressed, error, failed, fixed, changed, new."""
    found = sheet()
    assert found.answer == "1 regressed, 1 could not be judged, 1 failed"
    rows = [(row.scenario, row.kind) for row in found.lines]
    assert rows == [
        ("c/worse", "regressed"),
        ("b/broken", "error"),
        ("b/bad", "failed"),
        ("d/mended", "fixed"),
        ("a/other", "changed"),
        ("e/new", "new"),
        ("a/fine", "passed"),
    ]
    assert [(group.kind, group.number) for group in found.groups] == [(kind, 1) for _, kind in rows[:5]]


def test_answers_when_nothing_is_bad() -> None:
    """A run in which all is well says so, and one in which nothing was judged as well."""
    assert sheet(build("replayed", [told()])).answer == "1 case, all as expected"
    assert sheet(build("replayed", [told("skipped")])).answer == "Nothing was judged"


def test_chips_count_what_they_choose() -> None:
    """The number on each chip is that of the cases that it chooses."""
    found = sheet(build("replayed", [*CASES, told(of="a/fine@other/files+all")], against=Against("reports/baseline")))
    assert [group.name for group in found.chips] == ["result", "baseline", "model", "role"]
    for group in found.chips:
        tags = [getattr(one, group.name) for one in found.tags]
        for chip in group.chips:
            assert chip.number == sum(chip.value in ([tag] if isinstance(tag, str) else tag) for tag in tags), chip


def test_a_matrix_of_columns() -> None:
    """Several columns make a matrix, with a case or a word in each square."""
    both = [told(of="a/one@m/chat+all"), told("failed", of="a/one@n/chat+all"), told(of="b/two@n/chat+all")]
    found = sheet(build("replayed", both))
    assert found.heads == ("m", "n")
    squares = [[[one.report.case for one in cell.entries] or cell.text for cell in row.cells] for row in found.lines]
    assert squares == [[["a/one@m/chat+all"], ["a/one@n/chat+all"]], ["-", ["b/two@n/chat+all"]]]
