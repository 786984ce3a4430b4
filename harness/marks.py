"""What differs of a turn's checkpoints and anomalies, which point at its rounds and calls."""

from collections.abc import Container, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.alignment import Place, Sides
from harness.assignment import align
from harness.change import Change, ChangeKind, Spot, Where, change, differing, spot
from harness.sequences import parting
from harness.trace import Anomaly, AnomalyKind, Checkpoint, Round


def mark_changes(sides: Sides, before: Iterable[Anomaly], now: Iterable[Anomaly]) -> list[Change]:
    """Return what differs of the checkpoints of two turns, and of their anomalies, which are given.

    What only moved along with its round or call does not differ. What is about a round or a call that is gone or came
    follows from that.
    """
    rounds, calls = sides.alignment
    after: dict[int | Place, int | Place] = {match.was: match.now for match in rounds}
    after |= {match.was: match.now for match in calls}
    strays = {one.now for one in calls if after.get(one.was.round) != one.now.round}
    one = _Side(sides.was, sides.before.rounds, after, strays, past=True)
    other = _Side(sides.now, sides.after.rounds, {place: place for place in after.values()}, strays, past=False)
    return [
        *_checkpoints(one, other, sides.before.checkpoints, sides.after.checkpoints),
        *_anomalies(one, other, list(before), list(now)),
    ]


class _Side(NamedTuple):
    """One side of a turn."""

    turn: int
    rounds: Sequence[Round]
    now: Mapping[int | Place, int | Place]
    """Where its rounds and calls are now, without those that are on this side only."""
    strays: Container[Hashable]
    """Where the calls are now that stood in another round."""
    past: bool
    """Whether it is the side before."""

    def key(self, round_: int, call: int | None = None) -> Hashable:
        """Return what is equal for the same place on both sides, or None for what is on this side only.

        Places are counted from one. Those outside the turn are the same where their numbers are.
        """
        at = round_ - 1
        if not 0 <= at < len(self.rounds):
            return "outside", round_, call
        if call is None:
            return self.now.get(at)
        if not 0 < call <= len(self.rounds[at].calls):
            return ("outside", self.now[at], call) if at in self.now else None
        return self.now.get(Place(at, call - 1))


def _described(checkpoint: Checkpoint) -> str:
    """Return a checkpoint on one line: what was pending, and the answer."""
    return f"{', '.join(call.name for call in checkpoint.pending)}: {checkpoint.answer or 'unanswered'}"


def _checkpoints(one: _Side, other: _Side, before: Sequence[Checkpoint], now: Sequence[Checkpoint]) -> Iterator[Change]:
    def belong(earlier: Checkpoint, later: Checkpoint) -> bool:
        place = one.key(earlier.round)
        same = place is not None and place == other.key(later.round)
        return same or bool(_waiting(one, earlier) & _waiting(other, later))

    pairs = align(before, now, belong)
    for pair in pairs:
        yield from _checkpoint(one, other, before[pair.expected], now[pair.actual])
    for side, checkpoints, told in (
        (one, before, {pair.expected for pair in pairs}),
        (other, now, {pair.actual for pair in pairs}),
    ):
        for at, checkpoint in enumerate(checkpoints):
            if at not in told and not _follows(side, checkpoint):
                place = spot(side.turn, checkpoint.round - 1)
                yield _single("checkpoints", side, place, "checkpoint", _described(checkpoint))


def _waiting(side: _Side, checkpoint: Checkpoint) -> set[Hashable]:
    return {side.key(checkpoint.round, call.call) for call in checkpoint.pending} - {None}


def _follows(side: _Side, checkpoint: Checkpoint) -> bool:
    """Tell whether a checkpoint is on one side only because its round is, or all calls that it is about."""
    return side.key(checkpoint.round) is None or bool(checkpoint.pending and not _waiting(side, checkpoint))


class _Waiting(NamedTuple):
    """A call that waits: its place as it is now, its name, and its place in its round."""

    place: Hashable
    name: str
    call: int


def _checkpoint(one: _Side, other: _Side, before: Checkpoint, now: Checkpoint) -> Iterator[Change]:
    where = Where(spot(one.turn, before.round - 1), spot(other.turn, now.round - 1))
    yield from differing("checkpoints", where, "answer", before.answer, now.answer)
    earlier, later = (
        [_Waiting(side.key(checkpoint.round, call.call), call.name, call.call - 1) for call in checkpoint.pending]
        for side, checkpoint in ((one, before), (other, now))
    )
    gone, came, _ = parting([call[:2] for call in earlier], [call[:2] for call in later])
    for call in (earlier[at] for at in gone):
        if call.place is not None and call.place not in one.strays:
            yield _single("checkpoints", one, spot(one.turn, before.round - 1, call.call), call.name, "pending")
    for call in (later[at] for at in came):
        if call.place is not None and call.place not in other.strays:
            yield _single("checkpoints", other, spot(other.turn, now.round - 1, call.call), call.name, "pending")


class _Seen(NamedTuple):
    """What makes an anomaly the same on both sides."""

    kind: AnomalyKind
    place: Hashable
    detail: str
    """What it says of a call that stands nowhere else; all other details only word what is in the turn."""


def _seen(side: _Side, anomaly: Anomaly) -> _Seen:
    # An empty end is at the last round, whichever that is.
    place = "end" if anomaly.kind == "empty_final" else side.key(anomaly.round, anomaly.call)
    return _Seen(anomaly.kind, place, anomaly.detail if anomaly.kind == "unasked_execution" else "")


def _anomalies(one: _Side, other: _Side, before: Sequence[Anomaly], now: Sequence[Anomaly]) -> Iterator[Change]:
    earlier, later = [_seen(one, anomaly) for anomaly in before], [_seen(other, anomaly) for anomaly in now]
    gone, came, _ = parting(earlier, later)
    for at in gone:
        same = next((to for to in came if later[to][:2] == earlier[at][:2] and earlier[at].place is not None), None)
        if same is not None:
            came.remove(same)
            where = Where(_spot(one, before[at]), _spot(other, now[same]))
            yield change("anomalies", where, before[at].kind, before[at].detail, now[same].detail)
        elif earlier[at].place is not None:
            yield _single("anomalies", one, _spot(one, before[at]), before[at].kind, before[at].detail)
    for at in came:
        if later[at].place is not None:
            yield _single("anomalies", other, _spot(other, now[at]), now[at].kind, now[at].detail)


def _spot(side: _Side, anomaly: Anomaly) -> Spot:
    return spot(side.turn, anomaly.round - 1, None if anomaly.call is None else anomaly.call - 1)


def _single(kind: ChangeKind, side: _Side, place: Spot, subject: str, text: str) -> Change:
    """Return the change of what is there on one side only."""
    if side.past:
        return change(kind, Where(was=place), subject, text, None)
    return change(kind, Where(now=place), subject, None, text)
