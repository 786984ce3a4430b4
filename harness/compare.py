"""Cases against the baseline: which are different, and which are worse."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from harness.change import Change, ChangeKind
from harness.changes import changes
from harness.check import JUDGED, Status, Verdict
from harness.trace import Record, Trace

State = Literal["unchanged", "changed", "newly failing", "still failing", "fixed", "new"]


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


class Subject(NamedTuple):
    """A scenario under a model and variant, of which there may be several repeats."""

    scenario: str
    model: str
    variant: str


def subject_of(trace: Trace) -> Subject:
    """Return what a trace is of."""
    return Subject(trace.scenario, trace.model, trace.variant)


@dataclass(frozen=True)
class Accepted:
    """What a case was when it was accepted."""

    trace: Trace
    status: Status
    cassette: str | None
    """The digest of the recorded exchanges that the trace comes from."""


class Nearest(NamedTuple):
    """The accepted repeat that a case comes nearest to, and what differs from it."""

    accepted: Accepted
    changes: tuple[Change, ...]
    counted: bool
    """Whether something differs that counts."""


def compare(
    trace: Trace,
    verdict: Verdict,
    before: Mapping[int, Accepted],
    counts: Collection[ChangeKind],
    *,
    related: bool = True,
) -> Compared | None:
    """Compare a case with the accepted repeats of it, or return None where it was not judged.

    With the cassette that the baseline was made from every change is a regression; with another one those that `counts`
    names, and a worse verdict. Of several accepted repeats the nearest is the one that counts, and with another
    cassette a case that differs from it in nothing that counts is unchanged. Cases that are not `related`, as those of
    two models, regress by their verdict alone.
    """
    if verdict.status not in JUDGED:
        return None
    own = before.get(trace.repeat)
    anew = _is_anew(own, verdict)
    near = nearest(trace, verdict, before, counts)
    worse = near is not None and verdict.status == "failed" != near.accepted.status
    if near is None or (own is None and near.counted and not worse):
        return Compared(state="new", regressed=False, rerecorded=False, before=None, changes=())
    status = near.accepted.status
    # What models word anew each time is no change where repeats were accepted; what counts is the shape of a case.
    found = () if anew and len(before) > 1 and not near.counted else near.changes
    return Compared(
        state=_state(status, verdict.status, changed=bool(found)),
        regressed=worse or (related and near.counted),
        rerecorded=related and own is not None and anew,
        before=status,
        changes=found,
    )


def nearest(
    trace: Trace, verdict: Verdict, before: Mapping[int, Accepted], counts: Collection[ChangeKind]
) -> Nearest | None:
    """Return the accepted repeat that a case is compared with, or None where nothing was accepted."""
    own = before.get(trace.repeat)
    anew = _is_anew(own, verdict)
    return min(
        (Nearest(one, *_told(changes(one.trace, trace), anew, counts)) for one in before.values()),
        key=lambda near: (
            near.counted,
            not near.counted and near.accepted.status != verdict.status,
            bool(near.changes),
            near.accepted is not own,
        ),
        default=None,
    )


def _is_anew(own: Accepted | None, verdict: Verdict) -> bool:
    return own is None or own.cassette != verdict.replay.cassette


def _told(found: tuple[Change, ...], anew: bool, counts: Collection[ChangeKind]) -> tuple[tuple[Change, ...], bool]:
    """Return the changes that are told, and whether one of them counts; a recording counts its tokens anew."""
    if not anew:
        return found, bool(found)
    told = tuple(change for change in found if change.kind != "tokens" or "tokens" in counts)
    return told, any(change.kind in counts for change in told)


def _state(before: Status, now: Status, *, changed: bool) -> State:
    if now == "failed":
        return "still failing" if before == "failed" else "newly failing"
    if now == "passed" != before:
        return "fixed"
    return "changed" if changed or now != before else "unchanged"
