"""What happened in one case, as plain values that are the same at every replay."""

import json
from collections.abc import Iterable, Iterator
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import jsonlines
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from harness.errors import InputError
from harness.files import write_whole
from harness.source import shown
from harness.wording import dotted

FORMAT: Literal[1] = 1
"""The version of the form in which traces are stored."""

Decision = Literal["none", "confirmed", "denied", "unanswered"]
Outcome = Literal["executed", "failed", "refused", "denied", "dropped", "pending"]
Stop = Literal["final", "max_rounds", "cut", "unanswered", "error"]


class Record(BaseModel):
    """Frozen plain data that knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


Kept = TypeVar("Kept", bound=Record)


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


def write_lines(path: Path, records: Iterable[Record]) -> None:
    """Write records as JSON lines, the whole file or nothing."""
    write_whole(path, "".join(f"{dumps(record.model_dump(mode='json'))}\n" for record in records))


def read_lines(path: Path, kind: type[Kept]) -> Iterator[Kept]:
    """Yield the records of a file of JSON lines.

    Raises:
        InputError: a line is no such record; it is named with what is wrong in it.
    """
    name = f"a {kind.__name__.lower()}"
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(f"{shown(path)}:1:1: cannot be read: {error.strerror}") from None
    for number, line in enumerate(lines, 1):
        where = f"{shown(path)}:{number}:1"
        try:
            [data] = jsonlines.Reader([line.decode()], loads=json.loads)
            yield kind.model_validate(data)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            what = ": ".join(filter(None, (dotted(first["loc"]), first["msg"])))
            raise InputError(f"{where}: not {name}: {what}") from None
        except jsonlines.InvalidLineError as error:
            raise InputError(f"{where}: not {name}: {error.args[0]}") from None
        except UnicodeDecodeError:
            raise InputError(f"{where}: not UTF-8 text") from None
        except RecursionError:
            raise InputError(f"{where}: not {name}: nested too deeply") from None
