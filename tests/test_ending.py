"""How a case ends: judged, compared, and kept without its turns."""

import json
from collections.abc import Mapping
from datetime import date

import pytest

from harness.brief import Ended, brief
from harness.check import judge
from harness.compare import Accepted, Subject, compare
from harness.ending import Ending, Finish, ending
from harness.errors import InputError
from harness.misses import replay
from harness.trace import Failure, Trace
from tests.build import CASE, WORK, case, outcome, scenario, trace, turn

TODAY = date(2026, 3, 1)
SUBJECT = Subject("area/name", "careful", "chat+all")


def test_a_case_is_kept_without_its_turns() -> None:
    """What is kept says how it was judged and played; its trace is one line, the same as ever."""
    came = outcome(trace(WORK), recorded=4, digest="abc")
    verdict = judge(came.trace, came.case.scenario, replay(came))
    assert Finish(TODAY)(came) == ending(came, verdict)
    found = ending(came, verdict)
    assert found.ended == Ended(
        brief=brief(came.trace),
        verdict=verdict,
        compared=None,
        turns=1,
        recorded=4,
        unplayed=0,
        replays=True,
        broken=False,
        saved=False,
        kept=0,
        begun=True,
        seconds=0.25,
    )
    assert Trace.model_validate(json.loads(found.line)) == came.trace
    assert found.line.endswith(b"}\n")


def test_a_case_is_compared_with_what_was_accepted_of_it() -> None:
    """What was accepted is read where the case ends; of what is to be replaced nothing is."""
    asked: list[Subject] = []

    def accepted(subject: Subject) -> Mapping[int, Accepted]:
        asked.append(subject)
        return {1: Accepted(trace(turn(response="Other.")), "passed", "old")}

    came = outcome(trace(WORK))
    verdict = judge(came.trace, came.case.scenario, replay(came))
    counts = came.case.settings.compare.counts
    found = Finish(TODAY, accepted)(came).ended.compared
    assert found == compare(came.trace, verdict, accepted(SUBJECT), counts)
    assert found is not None
    assert found.state == "changed"
    assert asked == [SUBJECT] * 2
    new = Finish(TODAY, accepted, unread={SUBJECT})(came).ended.compared
    assert new is not None
    assert (new.state, asked) == ("new", [SUBJECT] * 2)


def test_what_was_accepted_may_have_become_unreadable() -> None:
    """What cannot be read any more is an error of the run, and no verdict."""

    def accepted(_: Subject) -> Mapping[int, Accepted]:
        raise InputError("it is gone")

    with pytest.raises(InputError, match="it is gone"):
        Finish(TODAY, accepted)(outcome(trace(turn())))


@pytest.mark.parametrize(("kind", "status"), [("missing", "skipped"), ("stale", "error")])
def test_what_nobody_recorded_may_be_skipped(kind: str, status: str) -> None:
    """Where that is allowed, and nothing is recorded of it, a case is skipped and not judged."""
    came = outcome(trace(turn(stop="error"), error=Failure(kind=kind, message="It is not there.")))
    skipped = Finish(TODAY, skip_missing=True)(came).ended
    assert (skipped.verdict.status, skipped.unrecorded) == (status, True)
    assert Finish(TODAY)(came).ended.verdict.status == "error"


def test_a_known_failure_is_known_until_its_day() -> None:
    """The day on which a case ends decides whether its failure is still known."""
    text = (
        'title: T.\nturns:\n  - user: Go.\n    expect: {rounds: 9}\nknown: {reason: It is slow., until: "2026-03-01"}\n'
    )
    came = outcome(trace(turn(), case_id=CASE), case(scenario(text)))
    assert Finish(date(2026, 3, 1))(came).ended.verdict.status == "known"
    assert Finish(date(2026, 3, 2))(came).ended.verdict.status == "error"


def test_endings_of_one_case_are_equal() -> None:
    """The same outcome gives the same ending, wherever it is made."""
    came = outcome(trace(WORK))
    one, other = Finish(TODAY)(came), Finish(TODAY)(came)
    assert isinstance(one, Ending)
    assert one == other
