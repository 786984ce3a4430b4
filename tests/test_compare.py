"""Cases against the baseline: what became of them, and whether that is worse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.change import ChangeKind
from harness.changes import changes
from harness.check import Replay, Status, Verdict
from harness.compare import Accepted, Compared, compare
from harness.trace import Trace
from tests.build import CASE, EXAMPLES, act, call, trace, turn

COUNTS: tuple[ChangeKind, ...] = ("calls", "decisions", "outcomes", "checkpoints", "rounds", "stop")

ONE = trace(turn(act(call("file_read", {"path": "a"})), act(text="Done.")))
ARGUMENT = trace(turn(act(call("file_read", {"path": "b"})), act(text="Done.")))
TEXT = trace(turn(act(call("file_read", {"path": "a"})), act(text="Ready."), response="Ready."))
CALL = trace(turn(act(call("file_read", {"path": "a"}), call("web_search", {})), act(text="Done.")))
ROUND = trace(turn(act(call("file_read", {"path": "a"})), act(call("web_search", {})), act(text="Done.")))
FAILED = trace(turn(act(call("file_read", {"path": "a"}, outcome="failed")), act(text="Done.")))


def verdict(status: Status = "passed", cassette: str = "old") -> Verdict:
    """Return a verdict on a case that was played from a cassette."""
    return Verdict(
        case=CASE, place="s.yaml:1:1", status=status, findings=(), error=None, replay=Replay(cassette=cassette)
    )


def against(
    now: Trace, before: Trace = ONE, *, cassette: str = "old", counts: tuple[ChangeKind, ...] = COUNTS
) -> Compared:
    """Return a case that passes compared with one that passed with the cassette `old`."""
    found = compare(now, verdict(cassette=cassette), {1: Accepted(before, "passed", "old")}, counts)
    assert found is not None
    return found


def test_the_same_is_unchanged() -> None:
    """An equal trace is unchanged, also where it was recorded again."""
    for cassette in ("old", "new"):
        assert against(ONE, cassette=cassette) == Compared(
            state="unchanged", regressed=False, rerecorded=cassette == "new", before="passed", changes=()
        )


@pytest.mark.parametrize("now", [ARGUMENT, TEXT, CALL, ROUND, FAILED])
def test_every_change_under_the_same_cassette_is_a_regression(now: Trace) -> None:
    """Where only our side can have changed it, any difference fails the run until it is accepted."""
    assert against(now) == Compared(
        state="changed", regressed=True, rerecorded=False, before="passed", changes=changes(ONE, now)
    )


@pytest.mark.parametrize(
    ("now", "regressed"), [(ARGUMENT, False), (TEXT, False), (CALL, True), (ROUND, True), (FAILED, True)]
)
def test_what_counts_where_it_was_recorded_anew(now: Trace, regressed: bool) -> None:
    """With another cassette calls, outcomes and rounds count, arguments and texts are told only."""
    assert against(now, cassette="new") == Compared(
        state="changed", regressed=regressed, rerecorded=True, before="passed", changes=changes(ONE, now)
    )


def test_settings_say_what_counts() -> None:
    """What the settings name counts where it was recorded anew, and nothing else does."""
    assert against(ARGUMENT, cassette="new", counts=("arguments",)).regressed
    assert against(TEXT, cassette="new", counts=("texts",)).regressed
    assert not against(ROUND, cassette="new", counts=("texts",)).regressed
    assert not against(FAILED, cassette="new", counts=()).regressed


@pytest.mark.parametrize(
    ("before", "now", "state", "regressed"),
    [
        ("passed", "failed", "newly failing", True),
        ("known", "failed", "newly failing", True),
        ("failed", "failed", "still failing", False),
        ("failed", "passed", "fixed", False),
        ("known", "passed", "fixed", False),
        ("passed", "known", "changed", False),
        ("known", "known", "unchanged", False),
        ("failed", "known", "changed", False),
    ],
)
def test_verdicts(before: Status, now: Status, state: str, regressed: bool) -> None:
    """The verdicts of both say what became of a case whose trace is the same."""
    for cassette in ("old", "new"):
        found = compare(ONE, verdict(now, cassette), {1: Accepted(ONE, before, "old")}, COUNTS)
        assert found is not None
        assert (found.state, found.regressed, found.before) == (state, regressed, before)


def test_a_case_without_a_past_is_new() -> None:
    """What the baseline does not have is new, and no regression."""
    new = Compared(state="new", regressed=False, rerecorded=False, before=None, changes=())
    assert compare(ONE, verdict(), {}, COUNTS) == new
    assert compare(ONE, verdict("failed"), {}, COUNTS) == new


@pytest.mark.parametrize("status", ["error", "skipped"])
def test_what_was_not_judged_is_not_compared(status: Status) -> None:
    """A case that could not be judged or was skipped has no state."""
    assert compare(ONE, verdict(status), {1: Accepted(ONE, "passed", "old")}, COUNTS) is None


SECOND = ROUND.model_copy(update={"repeat": 2, "case": f"{CASE}~2"})


@pytest.mark.parametrize(
    ("now", "cassette", "state", "regressed"),
    [
        (ROUND, "one", "unchanged", False),
        (ROUND, "new", "unchanged", False),
        (SECOND, "two", "unchanged", False),
        (SECOND.model_copy(update={"repeat": 3}), "three", "unchanged", False),
        (CALL.model_copy(update={"repeat": 3}), "three", "new", False),
        (ARGUMENT, "new", "unchanged", False),
        (ARGUMENT, "one", "changed", True),
        (CALL, "new", "changed", True),
    ],
)
def test_the_nearest_of_several_repeats_counts(now: Trace, cassette: str, state: str, regressed: bool) -> None:
    """With several accepted repeats, what one of them did is no change; what none of them did is."""
    before = {1: Accepted(ONE, "passed", "one"), 2: Accepted(ROUND, "passed", "two")}
    found = compare(now, verdict(cassette=cassette), before, COUNTS)
    assert found is not None
    assert (found.state, found.regressed, found.rerecorded) == (state, regressed, cassette == "new")


@pytest.mark.parametrize(
    ("now", "status", "state", "regressed"),
    [
        (ROUND, "failed", "still failing", False),
        (ONE, "passed", "unchanged", False),
        (ONE, "failed", "newly failing", True),
        (ROUND, "passed", "fixed", False),
        (CALL, "failed", "newly failing", True),
    ],
)
def test_a_flaky_case_is_held_against_the_repeat_that_did_the_same(
    now: Trace, status: Status, state: str, regressed: bool
) -> None:
    """Recorded anew, the order of repeats means nothing: the verdict before is that of the repeat that did the same."""
    before = {1: Accepted(ONE, "passed", "one"), 2: Accepted(ROUND, "failed", "two")}
    for repeat in (1, 2) if now is not CALL else (1,):
        again = now.model_copy(update={"repeat": repeat})
        found = compare(again, verdict(status, "new"), before, COUNTS)
        assert found is not None
        assert (found.state, found.regressed) == (state, regressed)


def test_a_further_repeat_that_fails_is_worse() -> None:
    """A repeat that was never accepted fails newly, whatever it did, where those that were accepted passed."""
    for now in (ONE, CALL):
        third = now.model_copy(update={"repeat": 3})
        found = compare(third, verdict("failed", "three"), {1: Accepted(ONE, "passed", "one")}, COUNTS)
        assert found is not None
        assert (found.state, found.regressed, found.rerecorded) == ("newly failing", True, False)


def test_two_models_regress_by_their_verdicts() -> None:
    """Cases of different models differ without being worse, unless they fail where the other passed."""
    for status, state, regressed in (("passed", "changed", False), ("failed", "newly failing", True)):
        judged: Status = "passed" if status == "passed" else "failed"
        found = compare(ROUND, verdict(judged, "other"), {1: Accepted(ONE, "passed", "one")}, COUNTS, related=False)
        assert found is not None
        assert (found.state, found.regressed, found.rerecorded) == (state, regressed, False)


@EXAMPLES
@given(
    st.sampled_from([ONE, ARGUMENT, TEXT, CALL, ROUND, FAILED]),
    st.sampled_from([ONE, ARGUMENT, TEXT, CALL, ROUND, FAILED]),
    st.sampled_from(["passed", "failed", "known"]),
    st.sampled_from(["passed", "failed", "known"]),
    st.booleans(),
)
def test_a_regression_always_has_its_reason(
    one: Trace,
    other: Trace,
    before: Status,
    now: Status,
    anew: bool,
) -> None:
    """A case regressed exactly where it fails and did not, or where something that counts changed."""
    found = compare(other, verdict(now, "new" if anew else "old"), {1: Accepted(one, before, "old")}, COUNTS)
    assert found is not None
    kinds = {change.kind for change in changes(one, other)}
    counted = kinds & set(COUNTS) if anew else kinds
    assert found.regressed is (bool(counted) or (now == "failed" and before != "failed"))
