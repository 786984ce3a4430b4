"""What must come out: numbers, texts, calls, and the whole of a turn or a case."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, JsonValue, model_validator

from harness.matching import fits_all
from harness.parts import Expressions, Names, Part, Pattern, SomeNames, Texts, mapping
from harness.trace import Decision, Outcome, Stop
from harness.workspace import WorkspaceError, inside


class Point(NamedTuple):
    """What a trace was made under, as far as an expectation may depend on it."""

    role: str
    model: str
    tools: str


class Scope(Part):
    """Where something applies; what is not named does not matter."""

    role: SomeNames | None = None
    """Labels of roles."""
    model: SomeNames | None = None
    """Labels of models."""
    tools: SomeNames | None = None
    """Labels of tool lists."""

    def holds(self, point: Point) -> bool:
        """Tell whether the point is one of those that are named."""
        return all(
            names is None or label in names
            for names, label in ((self.role, point.role), (self.model, point.model), (self.tools, point.tools))
        )


class Amount(Part):
    """A number that is expected exactly or within bounds."""

    exactly: int | None = Field(default=None, ge=0)
    """The number itself."""
    at_least: int | None = Field(default=None, ge=0)
    """The lowest number that is right."""
    at_most: int | None = Field(default=None, ge=0)
    """The highest number that is right."""

    @model_validator(mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return {"exactly": value}
        return mapping(value, "must be a whole number, or {at_least: ..., at_most: ...}")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("needs a number, 'at_least' or 'at_most'")
        if self.exactly is not None and len(self.model_fields_set) > 1:
            raise ValueError("'exactly' leaves nothing to 'at_least' and 'at_most'")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"no number is at least {self.at_least} and at most {self.at_most}")
        return self

    def holds(self, number: int) -> bool:
        """Tell whether the number is as expected."""
        return (
            (self.exactly is None or number == self.exactly)
            and (self.at_least is None or number >= self.at_least)
            and (self.at_most is None or number <= self.at_most)
        )

    def __str__(self) -> str:
        if self.exactly is not None:
            return str(self.exactly)
        least = f"at least {self.at_least}" if self.at_least is not None else ""
        most = f"at most {self.at_most}" if self.at_most is not None else ""
        return " and ".join(filter(None, (least, most)))


class Words(Part):
    """What a text must hold."""

    equals: str | None = None
    """The whole text."""
    contains: Texts = []
    """Texts that stand in it."""
    lacks: Texts = []
    """Texts that do not stand in it."""
    matches: Expressions = []
    """Regular expressions that are found in it."""

    @model_validator(mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"equals": value}
        return mapping(value, "must be the whole text, or {contains: ..., lacks: ..., matches: ...}")

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.equals is None and not (self.contains or self.lacks or self.matches):
            raise ValueError("needs 'equals', 'contains', 'lacks' or 'matches'")
        return self


class ExpectedFile(Words):
    """What one file of the workspace must be."""

    present: Literal[True] | None = None
    """It is there, whatever it holds."""
    absent: Literal[True] | None = None
    """It is not there."""

    @model_validator(mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"equals": value}
        return mapping(value, "must be the file's whole text, {absent: true}, or {present: true, contains: ...}")

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("needs 'present', 'absent', 'equals', 'contains', 'lacks' or 'matches'")
        if self.absent and len(self.model_fields_set) > 1:
            raise ValueError("a file that is absent holds nothing; remove 'absent' or the rest")
        return self


def _paths(files: dict[str, Any]) -> dict[str, Any]:
    for path in files:
        try:
            plain = inside(path)
        except WorkspaceError as error:
            raise ValueError(str(error)) from None
        if plain != path or not plain:
            raise ValueError(f"'{path}' must be written as the path of a file" + (f": '{plain}'" if plain else ""))
    return files


Paths = AfterValidator(_paths)
"""Judges the keys of a mapping as paths in the workspace."""


class ExpectedCall(Part):
    """One expected call: the tool with the arguments that count, and what became of it."""

    tool: str
    """The tool's name."""
    arguments: Pattern = {}
    """The arguments that count; others are free."""
    decision: Decision | None = None
    """What the user said of it."""
    outcome: Outcome | None = None
    """What became of it."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        """Take `file_read`, `{file_read: {path: a}}` and `{file_read: {path: a}, decision: denied}`."""
        if isinstance(value, str):
            return {"tool": value}
        if "tool" in mapping(value, "must be a tool's name, or {TOOL: {ARGUMENT: VALUE}}"):
            return value
        tools = [key for key in value if key not in ("decision", "outcome")]
        if len(tools) != 1:
            named = ", ".join(tools) or "none"
            raise ValueError(f"an expected call names one tool, with its arguments behind it; here: {named}")
        if not isinstance(value[tools[0]], dict | None):
            wrong = f"the arguments of {tools[0]} must be a mapping; leave them out to accept any"
            raise ValueError(wrong)  # noqa: TRY004 - pydantic takes no TypeError
        rest = {key: said for key, said in value.items() if key != tools[0]}
        return {"tool": tools[0], "arguments": value[tools[0]] or {}, **rest}

    def __str__(self) -> str:
        text = f"{self.tool}({json.dumps(self.arguments, ensure_ascii=False) if self.arguments else '...'})"
        return ", ".join(filter(None, (text, self.decision, self.outcome)))


class ExpectedCalls(Part):
    """The calls that are expected."""

    in_order: list[ExpectedCall] = Field(min_length=1)
    """These calls in this order; others may stand between them."""


class TurnExpectation(Part):
    """What must come out of one turn."""

    applies: Scope = Field(default=Scope(), alias="for")
    """The roles, models and tool lists that it is about; all when left out."""
    calls: ExpectedCalls | None = None
    """Tool calls that the model asks for."""
    rounds: Amount | None = None
    """Calls of the model, notices among them."""
    notices: Amount | None = None
    """Calls of the model that word a confirmation request."""
    checkpoints: Amount | None = None
    """Pauses for the user's answer."""
    never: Names = []
    """Tools that the model never asks for."""
    offered: Names | None = None
    """The tools offered to the model, all of them, in any order."""
    response: Words | None = None
    """The text that the user gets."""
    workspace: Annotated[dict[str, ExpectedFile], Paths] = {}
    """Files of the workspace as they are left."""
    state: Pattern | None = None
    """What the state of the scenario's own tools is left as; of a mapping the keys that are named."""
    stop: Stop = "final"
    """Why it ends; anything but a final text must be said."""
    error: Words | None = None
    """The message of the error, where `stop: error` is expected."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.error is not None and self.stop != "error":
            raise ValueError("'error' is only looked at with 'stop: error'; add it")
        never = [call.tool for call in (self.calls.in_order if self.calls else []) if call.tool in self.never]
        if never:
            raise ValueError(f"{never[0]} is expected in 'calls' and forbidden in 'never'")
        return self


class Expectation(TurnExpectation):
    """What must come out of the whole case; the response and the stop are the last turn's."""

    turns: Amount | None = None
    """User messages that the loop took."""


class Said(NamedTuple):
    """One thing that is not as expected, with the way to the key that asks for it."""

    way: tuple[str | int, ...]
    expected: str


def satisfied(words: Words, text: str) -> list[Said]:
    """Return what a text lacks."""
    wrong = [Said(("equals",), f"is '{words.equals}'")] if words.equals not in (None, text) else []
    for key, said, held in (("contains", "contains", False), ("lacks", "does not contain", True)):
        parts = enumerate(getattr(words, key))
        wrong += [Said((key, at), f"{said} '{part}'") for at, part in parts if (part in text) is held]
    wrong += [
        Said(("matches", at), f"matches /{part}/") for at, part in enumerate(words.matches) if not re.search(part, text)
    ]
    return wrong


def left(file: ExpectedFile, text: str | None) -> list[Said]:
    """Return what is not as expected of a file's text, or of its absence."""
    if text is None:
        return [] if file.absent else [Said((), "to be there")]
    return [Said(("absent",), "not to be there")] if file.absent else satisfied(file, text)


def parted(pattern: Mapping[str, JsonValue], state: Mapping[str, Any]) -> list[str]:
    """Return the keys of a pattern that a state lacks or holds otherwise."""
    return [key for key, part in pattern.items() if not fits_all({key: part}, state)]


def expected_tools(expect: TurnExpectation) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Yield the tools that an expectation names, each with the way to it."""
    for place, call in enumerate(expect.calls.in_order if expect.calls else ()):
        yield call.tool, ("calls", "in_order", place)
    for key, names in (("never", expect.never), ("offered", expect.offered or ())):
        for place, tool in enumerate(names):
            yield tool, (key, place)
