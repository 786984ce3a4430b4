"""Scenarios: what the user asks, what the tools return, what the user answers, and what must come out."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, model_validator

from harness.errors import InputError, did_you_mean
from harness.expectation import Expectation, Names, Part, Pattern, TurnExpectation, expected_tools
from harness.source import Document, read, shown
from harness.trace import Stop, Trace
from harness.wording import validate

SCRIPT_ENDING = ".script.yaml"
_LONGEST_PATH = 250


class Message(Part):
    """One earlier message of the session."""

    role: Literal["user", "assistant"]
    """Who said it; a session holds texts of the user and the assistant only."""
    content: str
    """What was said."""


class Applies(Part):
    """Where a scenario applies; elsewhere it is not planned."""

    role: Annotated[Names, Field(min_length=1)] | None = None
    """Names of roles."""
    model: Annotated[Names, Field(min_length=1)] | None = None
    """Labels of models."""
    tools: Annotated[Names, Field(min_length=1)] | None = None
    """Names of tool lists."""


class User(Part):
    """Who the user is to the loop."""

    access: str = "user"
    """The access level; it must be one of the catalogue's."""
    confirm_allow: Names = []
    """Tools that the user has allowed to run without a question."""
    confirm_deny: Names = []
    """Tools about which the user always wants to be asked."""


def _finite(value: JsonValue) -> JsonValue:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        raise ValueError("holds a number that JSON cannot hold; write it in quotes") from None
    return value


Json = Annotated[JsonValue, AfterValidator(_finite)]


class Effect(Part):
    """What a tool does when it is called: one of these."""

    nullable: ClassVar[frozenset[str]] = frozenset({"returns"})

    returns: Json = None
    """The result; anything but text reaches the model as JSON."""
    raises: str | None = None
    """The message of the error that the tool raises."""

    @model_validator(mode="before")
    @classmethod
    def _text_is_a_result(cls, value: Any) -> Any:
        return {"returns": value} if isinstance(value, str | int | float | bool) else value

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("needs exactly one of 'returns' and 'raises'")
        return self


class Rule(Part):
    """One rule of a tool: when it applies and what the tool does then."""

    nullable: ClassVar[frozenset[str]] = frozenset({"returns"})

    when: Pattern | None = None
    """Arguments that a call must have; without it every call fits."""
    returns: Json = None
    """The result; anything but text reaches the model as JSON."""
    raises: str | None = None
    """The message of the error that the tool raises."""
    sequence: list[Effect] | None = None
    """What the first, second, ... fitting call gives; when all are used up the rule no longer applies."""
    otherwise: Effect | None = None
    """What every call gives that no rule above covers."""

    @model_validator(mode="before")
    @classmethod
    def _text_is_a_result(cls, value: Any) -> Any:
        return {"returns": value} if isinstance(value, str | int | float | bool) else value

    @model_validator(mode="after")
    def _one(self) -> Self:
        effects = self.model_fields_set - {"when"}
        if len(effects) != 1:
            raise ValueError("needs exactly one of 'returns', 'raises', 'sequence' and 'otherwise'")
        if effects == {"otherwise"} and self.when is not None:
            raise ValueError("'otherwise' takes every call; remove 'when' or write 'returns'")
        if self.sequence == []:
            raise ValueError("'sequence' needs at least one result")
        return self

    @property
    def effects(self) -> list[Effect] | Effect:
        """What the rule's calls give: a list for a sequence, one effect for all calls otherwise."""
        if self.sequence is not None:
            return self.sequence
        if self.otherwise is not None:
            return self.otherwise
        return Effect(raises=self.raises) if "raises" in self.model_fields_set else Effect(returns=self.returns)


def _rules(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _reachable(rules: list[Rule]) -> list[Rule]:
    """Refuse rules that can never apply, which is what a list of results looks like."""
    for at, rule in enumerate(rules[:-1], 1):
        if rule.when is None and rule.sequence is None:
            raise ValueError(
                f"rule {at} takes every call, so that rule {at + 1} never applies; "
                "to return a list write {returns: [...]}, for one result after the other {sequence: [...]}"
            )
    return rules


Rules = Annotated[list[Rule], Field(min_length=1), AfterValidator(_reachable), BeforeValidator(_rules)]


class Answer(Part):
    """The user's answer at one checkpoint: `confirm`, `deny`, or one of these keys."""

    confirm: Annotated[Names, Field(min_length=1)] | None = None
    """Confirms these calls; they must be all that are pending."""
    deny: Annotated[Names, Field(min_length=1)] | None = None
    """Denies these calls; they must be all that are pending."""
    any: Literal["confirm", "deny"] | None = None
    """Answers one checkpoint, whatever is pending."""
    otherwise: Literal["confirm", "deny"] | None = None
    """Answers all checkpoints that are left."""

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return {"any": value} if isinstance(value, str) else value

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


class ScenarioTurn(Part):
    """One user message, the answers at its checkpoints, and what must come out."""

    user: str
    """What the user asks."""
    answers: list[Answer] = []
    """One answer for each checkpoint, in order."""
    expect: TurnExpectation | None = None
    """What must come out of this turn."""

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
        raise ValueError("'now' must be a time with its zone, like 2026-03-01T09:00:00Z")
    return value


class ScenarioFile(Part):
    """A scenario file as it is written."""

    title: str = Field(min_length=1)
    """One plain sentence: what the scenario shows."""
    tags: Names = []
    """Words by which scenarios are selected."""
    applies: Applies = Field(default=Applies(), alias="for")
    """Where it applies; elsewhere it is not planned."""
    acts_as: User = Field(default=User(), alias="as")
    """Who the user is to the loop."""
    now: Annotated[str, AfterValidator(_time)] | None = None
    """The time of the scenario, ISO 8601 with its zone; the only clock that the prompt sees."""
    session: list[Message] = []
    """Earlier messages of the conversation."""
    tools: dict[str, Rules] = {}
    """What the tools return: a text, or rules of which the first that fits wins."""
    turns: list[ScenarioTurn] = Field(min_length=1)
    """What the user says, turn by turn."""
    expect: Expectation | None = None
    """What must come out of the whole case."""


@dataclass(frozen=True)
class Scenario:
    """A scenario with its id and the positions in its file."""

    id: str
    file: ScenarioFile
    document: Document = field(repr=False)

    @property
    def script_path(self) -> Path:
        """Where the replies of scripted models stand."""
        return self.document.path.with_name(self.document.path.name.removesuffix(".yaml") + SCRIPT_ENDING)


def load(path: Path, folder: Path) -> Scenario:
    """Load one scenario of a scenarios folder.

    Raises:
        InputError: what is wrong with the file, all problems at once.
    """
    document = read(path)
    name = path.relative_to(folder).as_posix().removesuffix(".yaml")
    return Scenario(name, validate(document, ScenarioFile), document)


def find(folder: Path) -> list[Path]:
    """Return the scenario files below a folder, sorted by id; scripts and names with a leading dot are none."""
    found = (
        path
        for path in folder.rglob("*.yaml")
        if path.is_file()
        and not path.name.endswith(SCRIPT_ENDING)
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def select(folder: Path, words: Sequence[str] = (), tags: Iterable[str] = ()) -> list[Scenario]:
    """Load the scenarios that a person names: by id, by area, by file or folder, or by a `*` pattern, and by tags.

    Raises:
        InputError: every problem of every selected file, a word that selects nothing, or a tag that nobody carries.
    """
    wanted = [path for path in find(folder) if not words or any(_named(word, path, folder) for word in words)]
    wrong = [f"{shown(path)}:1:1: scenarios end with .yaml; rename the file" for path in sorted(folder.rglob("*.yml"))]
    wrong += [_nothing(word, folder) for word in words if not any(_named(word, path, folder) for path in wanted)]
    loaded: list[Scenario] = []
    for path in wanted:
        try:
            loaded.append(load(path, folder))
        except InputError as error:
            wrong += error.problems
    if wrong:
        raise InputError(*wrong)
    tags = set(tags)
    carried = {tag for scenario in loaded for tag in scenario.file.tags}
    if missing := sorted(tags - carried):
        raise InputError(
            *(f"no selected scenario carries the tag '{tag}'{did_you_mean(tag, carried)}" for tag in missing)
        )
    return [scenario for scenario in loaded if not tags or tags & set(scenario.file.tags)]


def _named(word: str, path: Path, folder: Path) -> bool:
    name = path.relative_to(folder).as_posix().removesuffix(".yaml")
    plain = word.rstrip("/").removesuffix(".yaml")
    if plain == name or name.startswith(f"{plain}/"):
        return True
    if any(sign in word for sign in "*?["):
        return fnmatchcase(name, plain)
    given = Path(word)
    return (
        len(word) < _LONGEST_PATH
        and given.exists()
        and (given.resolve() == path.resolve() or given.resolve() in path.resolve().parents)
    )


def _nothing(word: str, folder: Path) -> str:
    names = [path.relative_to(folder).as_posix().removesuffix(".yaml") for path in find(folder)]
    hint = did_you_mean(word, [*names, *{name.split("/")[0] for name in names}])
    return f"'{word}' selects no scenario in {shown(folder)}{hint}; 'harness list scenarios' shows them"


def expected_stop(scenario: Scenario, turn: int) -> Stop:
    """Return how a turn should end: as it says itself, or, for the last, as the case says, or with a final text."""
    said = scenario.file.turns[turn].expect
    if said and "stop" in said.model_fields_set:
        return said.stop
    if turn == len(scenario.file.turns) - 1 and scenario.file.expect:
        return scenario.file.expect.stop
    return "final"


def error_expected(scenario: Scenario, trace: Trace) -> bool:
    """Tell whether a trace ended without an error, or with one of the endpoint's that the scenario expects."""
    if trace.error is None:
        return True
    return (
        trace.error.kind == "model" and bool(trace.turns) and expected_stop(scenario, len(trace.turns) - 1) == "error"
    )


def tools_named(file: ScenarioFile) -> Mapping[str, Sequence[str | int]]:
    """Return the tools that a scenario names, each with the way to the first place that names it."""
    named: dict[str, Sequence[str | int]] = {}
    for tool, location in _tools_named(file):
        named.setdefault(tool, location)
    return named


def _tools_named(file: ScenarioFile) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    for tool in file.tools:
        yield tool, ("tools", tool)
    for key, names in (("confirm_allow", file.acts_as.confirm_allow), ("confirm_deny", file.acts_as.confirm_deny)):
        yield from ((tool, ("as", key, at)) for at, tool in enumerate(names))
    for at, turn in enumerate(file.turns):
        for place, answer in enumerate(turn.answers):
            yield from ((tool, ("turns", at, "answers", place)) for tool in answer.names or ())
        if turn.expect:
            yield from ((tool, ("turns", at, "expect", *way)) for tool, way in expected_tools(turn.expect))
    if file.expect:
        yield from ((tool, ("expect", *way)) for tool, way in expected_tools(file.expect))
