"""What is told of a run: which cases are remarkable, what the exit code is, and that it can be stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.check import Replay, Status
from harness.report import Against, Report, Told, build
from harness.trace import Anomaly
from tests.build import EXAMPLES, HOSTILE, change, compared, finding, told, trace, turn


def odd() -> Told:
    """Return a case that passed with an anomaly."""
    anomaly = Anomaly(kind="empty_final", turn=1, round=1, call=None, detail="odd")
    return told(came=trace(turn(), anomalies=[anomaly]))


@pytest.mark.parametrize(
    ("case", "remarkable"),
    [
        (told(), False),
        (told(against=compared("unchanged")), False),
        (told(against=compared("new", before=None)), False),
        (told(against=compared("changed")), True),
        (told(against=compared("fixed")), True),
        (told("failed", finding()), True),
        (told("known", finding(known="slow")), True),
        (told("error", error="x"), True),
        (told("skipped"), True),
        (told(notes=["known to fail, but it passes"]), True),
        (told(replay=Replay(drift=("x",))), True),
        (odd(), True),
    ],
)
def test_a_case_is_remarkable_where_there_is_more_to_say(case: Told, remarkable: bool) -> None:
    """A case is remarkable unless it passed, is as it was or new, and nothing odd was seen."""
    assert build("read", [case]).cases[0].remarkable is remarkable


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        (["passed", "known", "skipped"], 0),
        (["passed", "failed"], 1),
        (["passed", "failed", "error"], 2),
        (["skipped", "skipped"], 2),
    ],
)
def test_the_exit_code_is_of_the_worst(statuses: list[Status], code: int) -> None:
    """What could not be judged counts more than what failed; known failures and skipped cases do not count."""
    assert build("read", [told(status) for status in statuses]).exit_code == code


def test_a_regression_fails_the_run() -> None:
    """A case that passed and regressed gives the exit code of one that failed."""
    assert build("read", [told(against=compared("changed", change("1", "2"), regressed=True))]).exit_code == 1


@EXAMPLES
@given(st.lists(HOSTILE.filter(lambda text: "\ud800" not in text), min_size=4, max_size=4))
def test_a_report_is_stored_and_read_again(texts: list[str]) -> None:
    """Its JSON, whatever it holds, gives the same report."""
    name, got, after, column = texts
    cases = [
        told(
            "failed",
            finding(got),
            of=f"{name}@{column}",
            column=column,
            against=compared("changed", change(None, after, got, "calls")),
        ),
        told(of=f"{name}@other", column="other"),
        odd(),
    ]
    whole = build("read", cases, against=Against(column, (name,)), advice=[after])
    assert Report.model_validate_json(whole.model_dump_json(indent=1)) == whole


def test_columns_are_told_where_there_are_several() -> None:
    """A single column has its figures where they are wanted, and a matrix only beside another or with repeats."""
    one, two, again = told(of="a/b@m/r+t"), told(of="a/b@n/r+t"), told(of="a/b@m/r+t~2")
    counts = [
        (len(whole.columns), len(whole.cells), len(whole.pairs), len(whole.cases))
        for whole in (
            build("read", [one]),
            build("read", [one], figured=False),
            build("read", [one, two], figured=False),
            build("read", [one, again]),
            build("read", [one, Told(two.brief, two.verdict, two.column, listed=False)]),
        )
    ]
    assert counts == [(1, 0, 0, 1), (0, 0, 0, 1), (2, 2, 1, 2), (1, 1, 0, 2), (2, 2, 1, 1)]
