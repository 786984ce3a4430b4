"""One thing that differs between two traces, and where."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from harness.trace import Record

ChangeKind = Literal[
    "user",
    "offered",
    "rounds",
    "calls",
    "arguments",
    "decisions",
    "outcomes",
    "results",
    "checkpoints",
    "texts",
    "stop",
    "error",
    "workspace",
    "state",
    "anomalies",
    "tokens",
]
"""What may differ: the user's message or whole turns, the tools offered, rounds more or fewer or of another kind, calls
added, removed or moved, the arguments of a call, the decision on it, its outcome, its result, what was pending at a
checkpoint or the answer to it, the text of a round or the response, why a turn or a round ended, the error of the case,
the files that a turn changed, the state that it left, anomalies, and the provider's count of tokens."""


class Spot(Record):
    """A place in a trace."""

    turn: int
    """The turn, counted from one."""
    round: int | None = None
    """The round of the turn, counted from one."""
    call: int | None = None
    """The call of the round, counted from one."""


class Change(Record):
    """One thing that differs between two traces."""

    kind: ChangeKind
    """What it is."""
    was: Spot | None
    """Its place in the trace before; null where it is new or about the whole case."""
    now: Spot | None
    """Its place in the trace now; null where it is gone or about the whole case."""
    subject: str
    """What it is about, in the words of the trace: a call, its argument by its path (`file_read: filter.limit`), a
    tool, a file, a path in the state, `response`."""
    before: str | None
    """What it was, JSON where it is data; null where it was not there."""
    after: str | None
    """What it is; null where it is not there."""


class Where(NamedTuple):
    """Where a change is: its place before, and its place now."""

    was: Spot | None = None
    now: Spot | None = None


def spot(turn: int, round_: int | None = None, call: int | None = None) -> Spot:
    """Return the place of what is counted from zero."""
    return Spot(turn=turn + 1, round=None if round_ is None else round_ + 1, call=None if call is None else call + 1)


def change(kind: ChangeKind, where: Where, subject: str, before: str | None, after: str | None) -> Change:
    """Return one change."""
    return Change(kind=kind, was=where.was, now=where.now, subject=subject, before=before, after=after)


def differing(kind: ChangeKind, where: Where, subject: str, before: str | None, after: str | None) -> Iterator[Change]:
    """Yield the change of what may have stayed as it was."""
    if before != after:
        yield change(kind, where, subject, before, after)
