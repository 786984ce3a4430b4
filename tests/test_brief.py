"""What is kept of a trace: all that is told of it but its turns."""

from harness.brief import Brief, brief
from harness.compare import Subject, subject_of
from harness.trace import Anomaly, Failure
from tests.build import CASE, READ_A, act, call, checkpoint, trace, turn


def test_a_brief_has_what_is_told_of_a_trace() -> None:
    """Identity, counts, tokens and anomalies are the trace's, and calls are counted that were denied or failed."""
    odd = Anomaly(kind="repeated_id", turn=1, round=1, call=2, detail="Twice.")
    calls = (
        READ_A,
        call("file_delete", decision="denied", outcome="denied"),
        call("shell_exec", decision="denied", outcome="executed"),
        call("web_search", outcome="failed"),
    )
    came = trace(
        turn(act(*calls), act(), checkpoints=[checkpoint("file_delete")]),
        case_id=f"{CASE}~2",
        repeat=2,
        anomalies=[odd],
        error=Failure(kind="stale", message="Stale."),
    )
    found = brief(came)
    assert found == Brief(
        case=f"{CASE}~2",
        scenario="area/name",
        model="careful",
        variant="chat+all",
        repeat=2,
        counts=came.counts,
        stop=came.stop,
        error="stale",
        anomalies=(odd,),
        usage=came.usage,
        denied=2,
        failed=1,
    )
    assert (found.subject, found.column) == (Subject("area/name", "careful", "chat+all"), "careful/chat+all")
    assert found.subject == subject_of(came)
    assert brief(trace(turn())).error is None
