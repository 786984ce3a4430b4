"""What is kept of a trace, and of a case, once the trace is stored: all that is told of it but its turns."""

from typing import NamedTuple

from harness.check import Verdict
from harness.compare import Compared, Subject
from harness.trace import Anomaly, Counts, Stop, Trace, Usage, calls_of


class Brief(NamedTuple):
    """A trace without its turns."""

    case: str
    """The case's id."""
    scenario: str
    """The scenario's id."""
    model: str
    """The model's label."""
    variant: str
    """Role and tools, and what else differs from the project's default."""
    repeat: int
    """Which repeat, counted from one."""
    counts: Counts
    """How much of each there was."""
    stop: Stop
    """Why it ended."""
    error: str | None
    """The kind of error with which it ended, where it did."""
    anomalies: tuple[Anomaly, ...]
    """What production handles badly or silently."""
    usage: Usage
    """Its tokens."""
    denied: int
    """Calls that the user denied."""
    failed: int
    """Calls that failed."""

    @property
    def subject(self) -> Subject:
        """What it is of."""
        return Subject(self.scenario, self.model, self.variant)

    @property
    def column(self) -> str:
        """The column of the matrix to which it belongs: `model/variant`."""
        return f"{self.model}/{self.variant}"


def brief(trace: Trace) -> Brief:
    """Return what is kept of a trace."""
    calls = calls_of(trace.turns)
    return Brief(
        case=trace.case,
        scenario=trace.scenario,
        model=trace.model,
        variant=trace.variant,
        repeat=trace.repeat,
        counts=trace.counts,
        stop=trace.stop,
        error=None if trace.error is None else trace.error.kind,
        anomalies=trace.anomalies,
        usage=trace.usage,
        denied=sum(call.decision == "denied" for call in calls),
        failed=sum(call.outcome == "failed" for call in calls),
    )


class Ended(NamedTuple):
    """A case that ended: what was judged and compared, and how it was played."""

    brief: Brief
    """What is kept of its trace."""
    verdict: Verdict
    """What was judged."""
    compared: Compared | None
    """What differs from what it is compared with; None where it is compared with nothing, or could not be judged."""
    turns: int
    """The user messages of its scenario."""
    recorded: int | None
    """The exchanges in its cassette, or None where that cannot be read."""
    unplayed: int
    """Recorded exchanges that the loop did not ask for."""
    replays: bool
    """Whether it has a cassette that the loop plays to its end, asking for what was recorded."""
    broken: bool
    """Whether the loop, a tool or a file ended it, which no recording mends."""
    saved: bool
    """Whether its exchanges were recorded."""
    kept: int
    """How many of them were kept of the recording before."""
    begun: bool
    """Whether it was begun, and not left out because it would have cost too much."""
    seconds: float
    """How long it took."""

    @property
    def unrecorded(self) -> bool:
        """Whether a recording mends it: it misses, drifted, or made fewer requests than are recorded."""
        return not self.replays and not self.broken
