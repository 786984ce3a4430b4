"""What is behind a report: each trace, and the one that it is compared with where it changed."""

from collections.abc import Mapping

from harness.compare import Accepted, Compared, Subject
from harness.earlier import Earlier
from harness.evidence import Behind, evidence
from tests.build import change, compared, told, trace, turn

WAS = trace(turn(response="Was."))
NEAR = trace(turn(response="Near."), repeat=2)


def before(*accepted: Accepted) -> Earlier:
    """Return these repeats as what every case is compared with."""

    def repeats(_: Subject) -> Mapping[int, Accepted]:
        return {one.trace.repeat: one for one in accepted}

    return Earlier("reports/baseline", repeats, lambda *_: {})


def seen(against: Compared | None, *accepted: Accepted) -> Behind:
    """Return what is behind a case that is near to the second repeat."""
    now = trace(turn(response="Near."))
    [found] = evidence([told(came=now, against=against)], [now], before(*accepted) if accepted else None, {})
    return found


def test_what_a_case_was() -> None:
    """What changed has the repeat that it is compared with, the nearest of those that were accepted."""
    changed = compared("changed", change("a", "b"))
    assert seen(changed, Accepted(WAS, "passed", None)).before == WAS
    assert seen(changed, Accepted(WAS, "passed", None), Accepted(NEAR, "passed", None)).before == NEAR


def test_what_did_not_change_has_nothing_before() -> None:
    """What is unchanged, or compared with nothing, has its trace alone."""
    assert seen(compared("unchanged"), Accepted(WAS, "passed", None)).before is None
    assert seen(None, Accepted(WAS, "passed", None)).before is None
    assert seen(None).before is None
    assert seen(compared("changed", change("a", "b"))).before is None
