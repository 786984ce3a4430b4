"""Cases against the baseline: which are different, and which are worse."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from harness.change import Change, ChangeKind
from harness.changes import changes
from harness.check import Status, Verdict
from harness.trace import Record, Trace

State = Literal["unchanged", "changed", "newly failing", "still failing", "fixed", "new"]
JUDGED: frozenset[Status] = frozenset(("passed", "failed", "known"))
"""The verdicts that can be compared."""


class Compared(Record):
    """One case against the baseline."""

    state: State
    """What became of it."""
    regressed: bool
    """Whether it is worse, or different where nothing but our side can have changed it; then the run fails."""
    rerecorded: bool
    """Whether its cassette is not the one that the baseline was made from."""
    before: Status | None
    """The verdict before; null where there is none."""
    changes: tuple[Change, ...]
    """What differs, in the order in which it happened."""


@dataclass(frozen=True)
class Accepted:
    """What a case was when it was accepted."""

    trace: Trace
    status: Status
    cassette: str | None
    """The digest of the recorded exchanges that the trace comes from."""


def compare(
    trace: Trace, verdict: Verdict, before: Mapping[int, Accepted], counts: Collection[ChangeKind]
) -> Compared | None:
    """Compare a case with the accepted repeats of it, or return None where it was not judged.

    With the cassette that the baseline was made from every change is a regression; with another one those that `counts`
    names, and a worse verdict. What one of several accepted repeats did as well is no change.
    """
    if verdict.status not in JUDGED:
        return None
    if not before:
        return Compared(state="new", regressed=False, rerecorded=False, before=None, changes=())
    own = before.get(trace.repeat)
    nearest = own or before[min(before)]
    rerecorded = own is None or own.cassette != verdict.replay.cassette
    different = _seen(changes(nearest.trace, trace), rerecorded, counts)
    if different and (len(before) > 1 or own is None):
        others = (changes(one.trace, trace) for one in before.values() if one is not nearest)
        if any(not _regressed(found, rerecorded, counts) for found in (different, *others)):
            different = ()
        elif own is None:
            return Compared(state="new", regressed=False, rerecorded=False, before=None, changes=())
    worse = verdict.status == "failed" != nearest.status
    return Compared(
        state=_state(nearest.status, verdict.status, changed=bool(different)),
        regressed=worse or _regressed(different, rerecorded, counts),
        rerecorded=rerecorded,
        before=nearest.status,
        changes=different,
    )


def _seen(found: tuple[Change, ...], rerecorded: bool, counts: Collection[ChangeKind]) -> tuple[Change, ...]:
    """Leave out tokens where the provider counted anew, unless they count."""
    if not rerecorded or "tokens" in counts:
        return found
    return tuple(change for change in found if change.kind != "tokens")


def _regressed(found: Collection[Change], rerecorded: bool, counts: Collection[ChangeKind]) -> bool:
    return any(change.kind in counts for change in found) if rerecorded else bool(found)


def _state(before: Status, now: Status, *, changed: bool) -> State:
    if now == "failed":
        return "still failing" if before == "failed" else "newly failing"
    if now == "passed" != before:
        return "fixed"
    return "changed" if changed else "unchanged"
