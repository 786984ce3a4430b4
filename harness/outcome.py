"""What came of a case: its trace, and what became of its cassette."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness import cassette
from harness.case import Case
from harness.errors import (
    UNASKED,
    CassetteMissing,
    CassetteOverrun,
    CassetteStale,
    CassetteUnreadable,
    InputError,
    LoopError,
    NetworkRefused,
    ToolBroken,
)
from harness.trace import Trace

_STATES: Mapping[str, cassette.State] = {
    CassetteMissing.kind: "missing",
    CassetteStale.kind: "stale",
    CassetteOverrun.kind: "overrun",
    CassetteUnreadable.kind: "unreadable",
}
_BROKEN = frozenset(error.kind for error in (LoopError, ToolBroken, NetworkRefused, InputError))


@dataclass(frozen=True)
class Outcome:
    """What came of a case."""

    case: Case
    trace: Trace
    recorded: int | None
    """The exchanges in the cassette, or None where it cannot be read."""
    unplayed: int
    """Recorded exchanges that the loop did not ask for."""
    drifted: tuple[cassette.Drifted, ...]
    """The differences from the recording that were seen, allowed or not."""
    saved: bool
    """Whether the exchanges were recorded."""
    kept: int
    """How many of them were kept of the recording before."""
    digest: str | None
    """The digest of the cassette that was played or written, or None where there is none."""
    seconds: float

    @property
    def missed(self) -> cassette.Drifted | None:
        """The first difference from the recording that is not allowed."""
        allowed = self.case.settings.cassette.allow_drift
        return next((one for one in self.drifted if one.drift.kind not in allowed), None)

    @property
    def broken(self) -> bool:
        """Whether the loop, a tool or a file ended the case, which no recording mends."""
        return self.trace.error is not None and self.trace.error.kind in _BROKEN

    @property
    def state(self) -> cassette.State | None:
        """What became of its cassette, or None where something else ended the case."""
        if (missed := _STATES.get(self.trace.error.kind if self.trace.error else "")) is not None:
            return missed
        if self.saved:
            return "recorded"
        if self.digest is None or self.broken:
            return None
        return "drifted" if self.drifted else "partly played" if self.unplayed else "replayed"

    @property
    def replays(self) -> bool:
        """Whether the case has a cassette that the loop plays to its end, asking for what was recorded."""
        missed = self.trace.error is not None and self.trace.error.kind in _STATES.keys() | UNASKED
        return not (self.unplayed or self.drifted or missed)

    @property
    def begun(self) -> bool:
        """Whether the case was begun, and not left out because it would have cost too much."""
        return self.trace.error is None or self.trace.error.kind not in UNASKED or bool(self.trace.turns)
