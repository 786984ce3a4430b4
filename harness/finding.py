"""What is not as a scenario says, and the part of a trace that an expectation is about."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.calls import Which
from harness.source import Document, Location
from harness.trace import Call, Record, Turn


class Finding(Record):
    """One thing that is not as the scenario says."""

    place: str
    """The line it comes from, as `file:line:col`."""
    what: str
    """What was looked at."""
    expected: str
    """What the scenario says."""
    got: str
    """What came."""
    known: str | None = None
    """Why it is known to fail, where the scenario says so."""


class Asked(NamedTuple):
    """A call with its place in the trace, both counted from one."""

    turn: int
    round: int
    call: Call

    @property
    def executed(self) -> bool:
        """Whether a tool carried it out, be it that it failed."""
        return self.call.outcome in ("executed", "failed")


class View(NamedTuple):
    """The part of a trace that an expectation is about, and how its places are found and named."""

    turns: Sequence[Turn]
    turn: int | None
    """The number of the only turn, or None for the whole case."""
    error: str | None
    location: Location
    document: Document
    files: Mapping[str, str]
    """The workspace as the last of these turns left it."""

    def place(self, *location: str | int) -> str:
        """Return `file:line:col` of a key of the expectation."""
        return self.document.place((*self.location, *location), key=True)

    def finding(self, what: str, location: Location, expected: str, got: str) -> Finding:
        """Return a finding at a key of the expectation."""
        name = "" if self.turn is None else f"turn {self.turn}, "
        return Finding(place=self.place(*location), what=f"{name}{what}", expected=expected, got=got)

    def asked(self, which: Which = "asked") -> list[Asked]:
        """Return the calls in the order in which the model asked for them."""
        calls = (Asked(*place, call) for place, calls in self.rounds() for call in calls)
        return [one for one in calls if which == "asked" or one.executed]

    def rounds(self) -> Iterator[tuple[tuple[int, int], Sequence[Call]]]:
        """Yield the numbers of the turn and the round of each round, and its calls."""
        for number, turn in enumerate(self.turns, self.turn or 1):
            yield from (((number, at), round_.calls) for at, round_ in enumerate(turn.rounds, 1))

    def where(self, turn: int, round_: int) -> str:
        """Return a place in words: a round of the only turn, or of one of all."""
        return f"round {round_}" if self.turn is not None else f"turn {turn}, round {round_}"


def as_asked(call: Call) -> str:
    """Return a call as the model asked for it."""
    return f"{call.name}({call.raw_arguments})"


def numbered(number: int, word: str) -> str:
    """Return a number with what it counts: `no turns`, `1 turn`, `2 turns`."""
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"
