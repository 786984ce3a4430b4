"""Cases in figures: columns, the matrix of cells, and columns pair by pair."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.brief import Brief, brief
from harness.chance import rounded
from harness.check import Status, Verdict
from harness.contrast import Contrast, Interval, contrast
from harness.figures import Cell, Column, Pair, PassAt, cells, columns, pairs
from harness.trace import Anomaly, Failure, Trace, Usage
from tests.build import EXAMPLES, act, call, checkpoint, trace, turn
from tests.test_chance import wilson_by_formula

Judgement = tuple[Brief, Verdict]

STATUSES: tuple[Status, ...] = ("passed", "failed", "known", "error", "skipped")


def judged(scenario: str, status: Status = "passed", *, rounds: int = 1, repeat: int = 1) -> Judgement:
    """Return a case of a scenario that took so many rounds, and what it was judged to be."""
    failure = Failure(kind="missing", message="Nothing is recorded.") if status in ("error", "skipped") else None
    came = trace(turn(*[act()] * rounds), error=failure, case_id=f"{scenario}@careful/chat+all", repeat=repeat)
    return brief(came), verdict(came, status)


def verdict(came: Trace, status: Status) -> Verdict:
    """Return the verdict that a trace comes to."""
    error = "Nothing is recorded." if status in ("error", "skipped") else None
    return Verdict(case=came.case, place="s.yaml:1:1", status=status, findings=(), error=error)


def passing(scenario: str, *passed: bool) -> list[Judgement]:
    """Return the repeats of a scenario, of which these passed."""
    return [judged(scenario, "passed" if good else "failed", repeat=n) for n, good in enumerate(passed, 1)]


def suite(*passed: Iterable[bool]) -> list[Judgement]:
    """Return the repeats of scenarios that are called by their numbers."""
    return [case for n, repeats in enumerate(passed, 1) for case in passing(f"area/s{n}", *repeats)]


def test_column_has_all_figures() -> None:
    """A column counts what was judged, averages it, and counts apart what could not be judged and what was skipped."""
    calls = (
        call("file_read"),
        call("file_delete", decision="denied", outcome="denied"),
        *[call("shell_exec", decision="confirmed", outcome="failed")] * 3,
        call("shell_exec", decision="denied", outcome="executed"),
    )
    busy = trace(
        turn(act(*calls), act(), checkpoints=[checkpoint("file_delete"), checkpoint("shell_exec")]),
        case_id="area/busy@careful/chat+all",
        anomalies=[Anomaly(kind="repeated_id", turn=1, round=1, call=2, detail="Twice.")],
    ).model_copy(update={"usage": Usage(prompt_tokens=100, completion_tokens=20)})
    broken = judged("area/broken", "error", rounds=9)
    results = [
        (brief(busy), verdict(busy, "passed")),
        judged("area/known", "known"),
        broken,
        judged("area/left", "skipped"),
    ]
    assert columns({"careful/chat+all": results}) == (
        Column(
            name="careful/chat+all",
            scenarios=2,
            cases=2,
            passed=1,
            errors=1,
            missing=1,
            rate=Interval(value=0.5, low=0.094531, high=0.905469),
            rounds=1.5,
            calls=3.0,
            checkpoints=1.0,
            denied=2,
            failed=3,
            anomalies=1,
            tokens=120,
            repeats=(),
            unstable=(),
        ),
    )


def test_column_of_repeats() -> None:
    """With repeats a column has pass@k and pass^k, null where k repeats were judged nowhere, and the unstable ones."""
    results = suite([True, True, False], [True], [False, False], [True, True])
    results += [judged("area/s4", "error", repeat=n) for n in (3, 4)]
    (column,) = columns({"a": results})
    assert (column.scenarios, column.cases, column.passed, column.errors) == (4, 8, 5, 2)
    assert column.repeats == (
        PassAt(k=1, scenarios=4, any=0.666667, all=0.666667),
        PassAt(k=2, scenarios=3, any=0.666667, all=0.444444),
        PassAt(k=3, scenarios=1, any=1.0, all=0.0),
        PassAt(k=4, scenarios=0, any=None, all=None),
    )
    assert column.unstable == ("area/s1",)
    assert column.rate is not None
    assert (column.rate.value, column.rate.low < 0.3, column.rate.high > 0.9) == (0.666667, True, True)


def test_known_failure_is_no_pass_and_unstable_beside_one() -> None:
    """A known failure counts as one that did not pass, and makes a scenario unstable of which another repeat passes."""
    (column,) = columns({"a": [judged("area/s", "known"), judged("area/s", "passed", repeat=2)]})
    assert (column.cases, column.passed, column.unstable) == (2, 1, ("area/s",))
    assert cells({"a": [judged("area/s", "known"), judged("area/s", "passed", repeat=2)]}) == (
        Cell(
            scenario="area/s",
            column="a",
            judged=2,
            passed=1,
            errors=0,
            missing=0,
            known=1,
            rounds=(1, 1),
            calls=(0, 0),
            checkpoints=(0, 0),
        ),
    )


@pytest.mark.parametrize("results", [[], [judged("area/s", "skipped")], [judged("area/s", "error")]])
def test_column_without_anything_judged(results: list[Judgement]) -> None:
    """A column in which nothing was judged has no rate and no averages."""
    (column,) = columns({"a": results})
    assert (column.scenarios, column.rate, column.rounds, column.calls, column.checkpoints) == (
        0,
        None,
        None,
        None,
        None,
    )
    assert (column.repeats, column.unstable) == ((), ())


def test_rate_counts_scenarios_alike() -> None:
    """The rate is a mean over scenarios, however many repeats each of them has."""
    (column,) = columns({"a": suite([True], [False] * 9)})
    assert column.rate is not None
    assert column.rate.value == 0.5


def test_rate_of_repeats_is_bounded_by_scenarios() -> None:
    """Where nearly all scenarios pass every time, as many others may hide as Wilson's score allows."""
    (column,) = columns({"a": suite(*[[True, True]] * 39, [True, False])})
    hidden = wilson_by_formula(1, 40).high
    assert column.rate == Interval(value=0.9875, low=rounded(1 - hidden), high=1.0)


def test_matrix_goes_by_scenario_then_column() -> None:
    """The matrix has a cell for each scenario and column that has anything, in the order in which they come."""
    results = {
        "b": [judged("area/two", rounds=3), judged("area/two", "failed", rounds=5, repeat=2), judged("area/one")],
        "a": [judged("area/one", "skipped"), judged("area/three", "error"), judged("area/two", "failed")],
    }
    found = cells(results)
    assert [(cell.scenario, cell.column) for cell in found] == [
        ("area/two", "b"),
        ("area/two", "a"),
        ("area/one", "b"),
        ("area/one", "a"),
        ("area/three", "a"),
    ]
    assert [(cell.judged, cell.passed, cell.errors, cell.missing, cell.rounds) for cell in found] == [
        (2, 1, 0, 0, (3, 5)),
        (1, 0, 0, 0, (1, 1)),
        (1, 1, 0, 0, (1, 1)),
        (0, 0, 0, 1, None),
        (0, 0, 1, 0, None),
    ]


def test_pair_is_of_scenarios_that_both_have_judged() -> None:
    """A pair compares what both have judged, and says of how many scenarios that is."""
    one = [*suite(*[[False]] * 8), judged("area/only", rounds=9), judged("area/skipped", "skipped")]
    other = [judged(f"area/s{n}", rounds=2) for n in range(1, 8)]
    other += [judged("area/s8", "error"), judged("area/skipped")]
    bounds = contrast([Fraction(1)] * 7, Fraction(1), single=True)
    assert pairs({"hasty/chat+all": one, "careful/chat+all": other}) == (
        Pair(
            one="hasty/chat+all",
            other="careful/chat+all",
            both=7,
            of=10,
            rate=Contrast(difference=bounds.difference, fewer=0, more=7, p=0.015625, tells=True),
            rounds=Contrast(difference=bounds.difference, fewer=0, more=7, p=0.015625, tells=True),
            says="careful passes 100 points more than hasty (29 to 100; p = 0.016, 7 of 10 scenarios); "
            "careful takes 1.0 rounds more (0.3 to 1.0; p = 0.016)",
        ),
    )


def test_pair_without_a_scenario_in_common() -> None:
    """Two columns without a judged scenario in common have no figures against each other."""
    results = {"a": [judged("area/one"), judged("area/two", "error")], "b": [judged("area/two")]}
    says = "nothing to compare: both have 0 of 2 scenarios"
    assert pairs(results) == (Pair(one="a", other="b", both=0, of=2, rate=None, rounds=None, says=says),)


def test_repeats_have_no_exact_test() -> None:
    """With several repeats of some scenario, on either side, there is no exact test."""
    one, two = suite(*[[True]] * 12), suite(*[[True]] * 11, [True, False])
    for results in ({"a": one, "b": two}, {"a": two, "b": one}):
        (pair,) = pairs(results)
        assert pair.rate is not None
        assert pair.rounds is not None
        assert (pair.rate.p, pair.rounds.p) == (None, None)


def test_repeats_that_were_not_judged_do_not_count() -> None:
    """With one judged repeat of each scenario there is an exact test, whatever became of further repeats."""
    one = suite(*[[True]] * 12)
    (pair,) = pairs({"a": one, "b": [*one, judged("area/s1", "error", repeat=2)]})
    assert pair.rate is not None
    assert pair.rate.p == 1.0


def test_few_scenarios_with_other_rounds_are_bounded() -> None:
    """Where few scenarios take other rounds, those that hide are taken to differ by as much as the farthest seen."""
    one = [judged(f"area/s{n}") for n in range(40)]
    (pair,) = pairs({"a": one, "b": [*one[1:], judged("area/s0", rounds=4)]})
    assert pair.rounds is not None
    low, high = (3 * wilson_by_formula(count, 40).high for count in (0, 1))
    found = pair.rounds.difference
    assert (found.value, found.low, found.high) == pytest.approx((0.075, -low, high), abs=1e-6)


def test_pairs_keep_the_order_of_columns() -> None:
    """Every two columns are compared once, in the order in which they come."""
    results = {name: suite([True]) for name in ("c", "a", "b")}
    assert [(pair.one, pair.other) for pair in pairs(results)] == [("c", "a"), ("c", "b"), ("a", "b")]


MATRICES = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(STATUSES), st.integers(1, 5), st.integers(1, 3)), max_size=24
).map(lambda found: [judged(f"area/s{n}", status, rounds=rounds, repeat=at) for n, status, rounds, at in found])


@settings(EXAMPLES, max_examples=60)
@given(MATRICES, MATRICES)
def test_swapped_pair_is_mirrored(one: list[Judgement], other: list[Judgement]) -> None:
    """A pair the other way round has the same scenarios, negated differences and swapped sides."""
    results: Mapping[str, list[Judgement]] = {"x": one, "y": other}
    (here,) = pairs(results)
    (there,) = pairs({"x": other, "y": one})
    assert (here.both, here.of) == (there.both, there.of)
    for mine, theirs in ((here.rate, there.rate), (here.rounds, there.rounds)):
        if mine is None or theirs is None:
            assert mine is theirs
            continue
        negated = Interval(value=-theirs.difference.value, low=-theirs.difference.high, high=-theirs.difference.low)
        assert mine == Contrast(
            difference=negated, fewer=theirs.more, more=theirs.fewer, p=theirs.p, tells=theirs.tells
        )


@settings(EXAMPLES, max_examples=60)
@given(MATRICES)
def test_figures_lie_where_they_can(results: list[Judgement]) -> None:
    """A column's numbers add up to its cells' and lie in their bounds, and pass@k never falls below pass^k."""
    (column,) = columns({"a": results})
    matrix = cells({"a": results})
    assert column.cases == sum(cell.judged for cell in matrix)
    assert column.cases + column.errors + column.missing == len(results)
    assert column.passed == sum(cell.passed for cell in matrix)
    assert list(column.unstable) == [cell.scenario for cell in matrix if 0 < cell.passed < cell.judged]
    if column.rate is not None:
        assert 0 <= column.rate.low <= column.rate.value <= column.rate.high <= 1
    for at in column.repeats:
        assert (at.any is None) == (at.all is None) == (at.scenarios == 0)
        assert at.any is None or at.all is None or 0 <= at.all <= at.any <= 1
