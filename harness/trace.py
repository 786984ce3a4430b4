"""What happened in one case, as plain values that are the same at every replay."""

import json
from collections.abc import Iterable
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

FORMAT: Literal[1] = 1
"""The version of the form in which traces are stored."""

Decision = Literal["none", "confirmed", "denied", "unanswered"]
Outcome = Literal["executed", "failed", "refused", "denied", "dropped", "pending"]
Stop = Literal["final", "max_rounds", "cut", "unanswered", "error"]


class Record(BaseModel):
    """Frozen plain data that knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Usage(Record):
    """Tokens as the provider counted them."""

    prompt_tokens: int = 0
    """Tokens of the requests."""
    completion_tokens: int = 0
    """Tokens of the replies."""


def _bounded(value: Any) -> Any:
    """Return a value as JSON holds it, so that a trace is the same when it was stored."""
    if isinstance(value, dict):
        return {key: _bounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_bounded(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value


class Call(Record):
    """One tool call that the model asked for, with the decision on it and its outcome."""

    id: str
    """The provider's id, which real traffic repeats or leaves empty."""
    name: str
    """The tool's name as the model wrote it."""
    arguments: Annotated[dict[str, Any] | None, AfterValidator(_bounded)]
    """The arguments, or null where their text is not a JSON object; a number beyond all bounds is null, too."""
    raw_arguments: str
    """The argument text, unchanged."""
    decision: Decision
    """What the user said of it; `none` where nobody was asked."""
    outcome: Outcome
    """What became of it."""
    result: str | None
    """What the model was told; where the turn ended before that, what the tool gave."""


class Round(Record):
    """One call of the model."""

    kind: Literal["act", "notice"]
    """A notice words a confirmation request; all other rounds act."""
    text: str | None
    """The text of the reply, where there is any."""
    finish_reason: str | None
    """Why the model stopped, in the provider's word."""
    usage: Usage | None
    """The tokens of this round, where the provider said them."""
    calls: tuple[Call, ...]
    """The calls in the order in which the model asked for them."""


class Pending(Record):
    """One call that waits for the user's answer."""

    call: int
    """The call's place in its round, counted from one."""
    name: str
    """The tool's name."""


class Checkpoint(Record):
    """A pause before tools that need confirmation."""

    round: int
    """The round of the turn whose calls are pending, counted from one."""
    pending: tuple[Pending, ...]
    """The calls that wait."""
    answer: Literal["confirmed", "denied"] | None
    """The user's answer, or null where the scenario has none."""


def _is_none(value: object) -> bool:
    return value is None


class Turn(Record):
    """One user message and all that the loop does until its final text."""

    user: str
    """The user's message."""
    offered: tuple[str, ...]
    """The names of the tools sent with the turn's first request."""
    response: str | None
    """The text that the user gets, or null where there is none."""
    stop: Stop
    """Why the turn ended."""
    rounds: tuple[Round, ...]
    """The calls of the model."""
    checkpoints: tuple[Checkpoint, ...]
    """The pauses for the user's answer."""
    workspace: dict[str, str | None] | None = Field(default=None, exclude_if=_is_none)
    """The files that the turn changed, null for those that are gone; left out where the scenario has no workspace."""
    state: dict[str, Any] | None = Field(default=None, exclude_if=_is_none)
    """The state that the turn left to the scenario's own tools; left out where it has none."""


class Counts(Record):
    """How much of each there was in the whole case."""

    turns: int
    """User messages."""
    rounds: int
    """Calls of the model, notices among them."""
    notices: int
    """Calls of the model that word a confirmation request."""
    calls: int
    """Tool calls that the model asked for."""
    checkpoints: int
    """Pauses for the user's answer."""


AnomalyKind = Literal[
    "dropped_calls",
    "unreadable_arguments",
    "calls_on_notice",
    "repeated_id",
    "empty_final",
    "unasked_execution",
]


class Anomaly(Record):
    """Something in the traffic that production handles badly or silently."""

    kind: AnomalyKind
    """What it is."""
    turn: int
    """The turn, counted from one."""
    round: int
    """The round of the turn, counted from one."""
    call: int | None
    """The call of the round, counted from one, where it is about one call."""
    detail: str
    """One sentence for people."""


class Failure(Record):
    """Why a case ended with an error."""

    kind: str
    """`model`, `loop`, `tool`, or the state of the cassette: `missing`, `stale`, `overrun`, `unreadable`."""
    message: str
    """What went wrong, in the provider's own words where they are its."""


class Trace(Record):
    """What happened in one case."""

    format: Literal[1] = FORMAT
    """The version of this form."""
    case: str
    """The case's id: `scenario@model/variant`, with `~k` for a repeat after the first."""
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
    """Why the last turn ended."""
    error: Failure | None
    """Why the case ended with an error, where it did."""
    anomalies: tuple[Anomaly, ...]
    """What production handles badly or silently."""
    usage: Usage
    """The tokens of the whole case."""
    turns: tuple[Turn, ...]
    """The turns that were begun."""


def count(turns: Iterable[Turn]) -> Counts:
    """Count turns, rounds, notices, calls and checkpoints."""
    turns = tuple(turns)
    rounds = [round_ for turn in turns for round_ in turn.rounds]
    return Counts(
        turns=len(turns),
        rounds=len(rounds),
        notices=sum(round_.kind == "notice" for round_ in rounds),
        calls=sum(len(round_.calls) for round_ in rounds),
        checkpoints=sum(len(turn.checkpoints) for turn in turns),
    )


def calls_of(turns: Iterable[Turn]) -> list[Call]:
    """Return all calls in the order in which the model asked for them."""
    return [call for turn in turns for round_ in turn.rounds for call in round_.calls]


def dumps(value: Any) -> str:
    """Return JSON on one line, other alphabets kept readable."""
    return json.dumps(value, ensure_ascii=False)
