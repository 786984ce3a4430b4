"""Checkpoints that are expected: how many, or each with what is pending, where it stands and the answer."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Discriminator, Field, Tag, model_validator

from harness.condition import Amount
from harness.parts import Part, SomeNames, mapping
from harness.trace import Checkpoint
from harness.written import Schema, either

Given = Literal["confirmed", "denied", "unanswered"]


class Pause(NamedTuple):
    """A checkpoint with the turn that it is of, counted from one."""

    turn: int
    checkpoint: Checkpoint

    @property
    def answer(self) -> Given:
        """The user's answer."""
        return self.checkpoint.answer or "unanswered"

    @property
    def names(self) -> list[str]:
        """The tools of the calls that wait."""
        return [call.name for call in self.checkpoint.pending]


class TurnCheckpoint(Part):
    """One expected checkpoint of a turn: the names that are pending, or more of it."""

    pending: SomeNames | None = None
    """The tools of the calls that wait: all of them, in any order, as often as each waits."""
    round: int | None = Field(default=None, ge=1)
    """The round of the turn whose calls are pending, counted from one."""
    answer: Given | None = None
    """The user's answer."""

    @model_validator(mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        if isinstance(value, str | list):
            return {"pending": value}
        return mapping(value, "must be the names that are pending, or {pending: [...], round: ..., answer: ...}")

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a name, of names, or of a mapping."""
        names = {"type": "array", "items": {"type": "string"}, "minItems": 1}
        return either({"type": "string"}, names, super().forms(long))

    def fits(self, pause: Pause) -> bool:
        """Tell whether a checkpoint is the expected one."""
        return (
            (self.pending is None or Counter(self.pending) == Counter(pause.names))
            and self.round in (None, pause.checkpoint.round)
            and self.answer in (None, pause.answer)
        )

    def __str__(self) -> str:
        return worded(", ".join(self.pending or ()), None, self.round, self.answer)


class ExpectedCheckpoint(TurnCheckpoint):
    """One expected checkpoint of a case: the names that are pending, or more of it."""

    turn: int | None = Field(default=None, ge=1)
    """The turn that it is of, counted from one."""

    def fits(self, pause: Pause) -> bool:
        """Tell whether a checkpoint is the expected one."""
        return self.turn in (None, pause.turn) and super().fits(pause)

    def __str__(self) -> str:
        return worded(", ".join(self.pending or ()), self.turn, self.round, self.answer)


def worded(names: str, turn: int | None, round_: int | None, answer: Given | None) -> str:
    """Return a checkpoint in words: `file_delete, file_delete in turn 1, round 2, denied`."""
    where = ", ".join(f"{word} {number}" for word, number in (("turn", turn), ("round", round_)) if number)
    place = f" in {where}" if where else ""
    return ", ".join(filter(None, (f"{names or 'any calls'}{place}", answer)))


def _kind(value: Any) -> str:
    return "each" if isinstance(value, list) else "amount"


TurnCheckpoints = Annotated[
    Annotated[Amount, Tag("amount")] | Annotated[Sequence[TurnCheckpoint], Tag("each")], Discriminator(_kind)
]
"""How many, or a list with an item for each."""
ExpectedCheckpoints = Annotated[
    Annotated[Amount, Tag("amount")] | Annotated[Sequence[ExpectedCheckpoint], Tag("each")], Discriminator(_kind)
]
"""How many, or a list with an item for each."""
