"""Scenarios: what the user asks, what the tools return, what the user answers, and what must come out."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, model_validator

from harness.calls import Reference
from harness.condition import FilePath
from harness.expectation import Expectation, TurnExpectation
from harness.folders import SCRIPT_ENDING
from harness.known import KnownFailure
from harness.parts import Json, Names, Part, SomeNames, one_or_more
from harness.rules import Rules
from harness.scope import Point, Scope
from harness.source import Document, Location
from harness.trace import Stop, Trace
from harness.workspace import Workspace, WorkspaceError
from harness.written import Schema, either, formed


class Message(Part):
    """One earlier message of the session."""

    role: Literal["user", "assistant"]
    """Who said it; a session holds texts of the user and the assistant only."""
    content: str
    """What was said."""


class Applies(Scope):
    """Where a scenario applies; elsewhere it is not planned."""

    loop: SomeNames | None = None
    """Labels of loops."""
    catalogue: SomeNames | None = None
    """Labels of catalogues."""


class Under(Part):
    """Choices of settings that a scenario makes itself; what the command line chooses comes first."""

    model: str | None = None
    """The model."""
    persona: str | None = None
    """The persona, and with it the system prompt."""
    catalogue: str | None = None
    """The tools that exist."""
    tools: str | None = None
    """The list of allowed tools."""
    role: str | None = None
    """The role."""
    loop: str | None = None
    """The loop."""

    @property
    def choices(self) -> dict[str, str]:
        """The choices that are made, by group."""
        return {group: choice for group, choice in self if choice is not None}


class User(Part):
    """Who the user is to the loop."""

    access: str = "user"
    """The access level; it must be one of the catalogue's."""
    confirm_allow: Names = []
    """Tools that the user has allowed to run without a question."""
    confirm_deny: Names = []
    """Tools about which the user always wants to be asked."""


class Answer(Part):
    """The user's answer at one checkpoint: `confirm`, `deny`, or one of these keys."""

    confirm: SomeNames | None = None
    """Confirms these calls; they must be all that are pending."""
    deny: SomeNames | None = None
    """Denies these calls; they must be all that are pending."""
    any: Literal["confirm", "deny"] | None = None
    """Answers one checkpoint, whatever is pending."""
    otherwise: Literal["confirm", "deny"] | None = None
    """Answers all checkpoints that are left."""

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return {"any": value} if isinstance(value, str) else value

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a word, or of one key."""
        words = {"type": "string", "enum": ["confirm", "deny"]}
        return either(words, {**super().forms(long), "minProperties": 1, "maxProperties": 1})

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("an answer is 'confirm', 'deny', {confirm: [...]}, {deny: [...]} or {otherwise: ...}")
        return self

    @property
    def confirmed(self) -> bool:
        """Whether the answer is yes."""
        return self.confirm is not None or "confirm" in (self.any, self.otherwise)

    @property
    def names(self) -> list[str] | None:
        """The tools it speaks of, or None when it takes whatever is pending."""
        return self.confirm if self.confirm is not None else self.deny


_SEVERAL = "must be a mapping, or a list of mappings of which some say 'for'"


class ScenarioTurn(Part):
    """One user message, the answers at its checkpoints, and what must come out."""

    user: str
    """What the user asks."""
    answers: list[Answer] = []
    """One answer for each checkpoint, in order."""
    expect: Annotated[list[TurnExpectation], Field(min_length=1), one_or_more(_SEVERAL, TurnExpectation)] = []
    """What must come out of this turn; of several, all that apply."""

    @model_validator(mode="after")
    def _rest_last(self) -> Self:
        if any(answer.otherwise for answer in self.answers[:-1]):
            raise ValueError("'otherwise' answers all that is left, so it must be the last of the answers")
        return self


def _time(value: str) -> str:
    try:
        aware = datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise ValueError(_NO_TIME)
    return value


def _files(files: dict[str, str]) -> dict[str, str]:
    try:
        Workspace(files)
    except WorkspaceError as error:
        raise ValueError(str(error)) from None
    return files


_NO_MODULE = "must name a Python file beside the scenario, like bank.py"
_MODULE = r"[A-Za-z_][A-Za-z0-9_]*\.py"
_NO_TIME = "'now' must be a time with its zone, like 2026-03-01T09:00:00Z"
_TIME = r"^[0-9].*([Zz]|[+-][0-9:.]+)$"
"""What editors hold a time with its zone against."""


def _module(name: str) -> str:
    if not re.fullmatch(_MODULE, name):
        raise ValueError(f"{_NO_MODULE}, not '{name}'")
    return name


class ScenarioFile(Part):
    """A scenario file as it is written."""

    title: str = Field(min_length=1)
    """One plain sentence: what the scenario shows."""
    tags: Names = []
    """Words by which scenarios are selected."""
    applies: Applies = Field(default=Applies(), alias="for")
    """Where it applies; elsewhere it is not planned."""
    under: Under = Under()
    """Settings that take the place of the project's defaults, by the names of their files."""
    acts_as: User = Field(default=User(), alias="as")
    """Who the user is to the loop."""
    now: Annotated[str, AfterValidator(_time), formed(_TIME, _NO_TIME, "2026-03-01T09:00:00Z")] | None = None
    """The time of the scenario, ISO 8601 with its zone; the only clock that the prompt sees."""
    session: list[Message] = []
    """Earlier messages of the conversation."""
    workspace: Annotated[dict[FilePath, str], AfterValidator(_files)] | None = None
    """The files, with their texts, on which the catalogue's file tools work for real; they live in memory only."""
    module: Annotated[str, AfterValidator(_module), formed(f"^{_MODULE}$", _NO_MODULE, "bank.py")] | None = None
    """A Python file beside the scenario that gives tools which remember what was done."""
    state: dict[str, Json] | None = None
    """What the module's tools start from."""
    tools: dict[str, Rules] = {}
    """What the tools return: a text, or rules of which the first that fits wins."""
    turns: list[ScenarioTurn] = Field(min_length=1)
    """What the user says, turn by turn."""
    expect: Annotated[list[Expectation], Field(min_length=1), one_or_more(_SEVERAL, Expectation)] = []
    """What must come out of the whole case; of several, all that apply."""
    reference: Reference | None = None
    """A path that the calls are scored against; how near they come to it is told, and never fails a case."""
    known: Annotated[list[KnownFailure], Field(min_length=1), one_or_more(_SEVERAL, KnownFailure)] = []
    """Why it is known to fail, where and until when; of several, all that apply."""


def expectations(file: ScenarioFile) -> Iterator[tuple[Location, TurnExpectation]]:
    """Yield the expectations of a scenario, of its turns and of the whole, each with the way to it."""
    for at, turn in enumerate(file.turns):
        yield from ((("turns", at, "expect", place), part) for place, part in enumerate(turn.expect))
    yield from ((("expect", place), part) for place, part in enumerate(file.expect))


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario with its id and the positions in its file."""

    id: str
    file: ScenarioFile
    document: Document = field(repr=False)
    """Where everything in the file stands; loaded scenarios hold its data in `file` alone."""

    @property
    def script_path(self) -> Path:
        """Where the replies of scripted models stand."""
        return self.document.path.with_name(self.document.path.name.removesuffix(".yaml") + SCRIPT_ENDING)


class ExpectedStop(NamedTuple):
    """How a turn should end, and where that is said."""

    stop: Stop
    location: Location


def expected_stops(scenario: Scenario, turn: int, point: Point) -> list[ExpectedStop]:
    """Return how a turn should end: as its own expectations say and, for the last turn, those of the case.

    Where none of them says anything it should end with a final text.
    """
    file = scenario.file
    way: Location = ("turns", turn, "expect")
    said = [*_stops(file.turns[turn].expect, way, point)]
    if turn == len(file.turns) - 1:
        said += _stops(file.expect, ("expect",), point)
        way = way if file.turns[turn].expect or not file.expect else ("expect",)
    return said or [ExpectedStop("final", way)]


def _stops(expect: Sequence[TurnExpectation], way: Location, point: Point) -> Iterator[ExpectedStop]:
    for at, part in enumerate(expect):
        if part.applies.holds(point) and "stop" in part.model_fields_set:
            yield ExpectedStop(part.stop, (*way, at, "stop"))


def point_of(trace: Trace) -> Point:
    """Return what a trace was made under; labels hold none of the signs that separate them."""
    role, _, tools = trace.variant.partition("~")[0].partition("+")
    return Point(role, trace.model, tools)


def error_expected(scenario: Scenario, trace: Trace) -> bool:
    """Tell whether a trace ended without an error, or with one of the endpoint's that the scenario expects."""
    if trace.error is None:
        return True
    return (
        trace.error.kind == "model"
        and 0 < len(trace.turns) <= len(scenario.file.turns)
        and all(one.stop == "error" for one in expected_stops(scenario, len(trace.turns) - 1, point_of(trace)))
    )
