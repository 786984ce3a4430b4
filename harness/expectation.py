"""What must come out: numbers, texts, calls, and the whole of a turn or a case."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationInfo,
    field_validator,
    model_validator,
)

from harness.matching import bad_expression, bad_pattern
from harness.trace import Decision, Outcome, Stop


class Part(BaseModel):
    """A frozen part of a scenario file that knows all its keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True, validate_by_name=False
    )
    nullable: ClassVar[frozenset[str]] = frozenset()
    """Keys behind which null may stand."""

    @field_validator("*", mode="before")
    @classmethod
    def _something(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse keys with nothing behind them, which would look as if they said something."""
        if value is None and info.field_name not in cls.nullable:
            raise ValueError("nothing stands here; write a value, or remove the key")
        return value


def _expression(value: str) -> str:
    if wrong := bad_expression(value):
        raise ValueError(wrong)
    return value


def _pattern(value: Any) -> Any:
    for wrong in filter(None, map(bad_pattern, value.values())):
        raise ValueError(wrong)
    return value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Expression = Annotated[str, AfterValidator(_expression)]
Pattern = Annotated[dict[str, JsonValue], AfterValidator(_pattern)]
Names = Annotated[list[str], BeforeValidator(_listed)]
Texts = Annotated[list[str], BeforeValidator(_listed)]
Expressions = Annotated[list[Expression], BeforeValidator(_listed)]


def _mapping(value: Any, form: str) -> Any:
    """Refuse anything but a mapping with a sentence that says what may stand here."""
    if not isinstance(value, dict):
        raise ValueError(form)  # noqa: TRY004 - pydantic takes no TypeError
    return value


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
        return _mapping(value, "must be a whole number, or {at_least: ..., at_most: ...}")

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
        return _mapping(value, "must be the whole text, or {contains: ..., lacks: ..., matches: ...}")

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.equals is None and not (self.contains or self.lacks or self.matches):
            raise ValueError("needs 'equals', 'contains', 'lacks' or 'matches'")
        return self


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
        if "tool" in _mapping(value, "must be a tool's name, or {TOOL: {ARGUMENT: VALUE}}"):
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


def satisfied(words: Words, text: str) -> list[tuple[Sequence[str | int], str]]:
    """Return what a text lacks, each with the way to the key that asks for it."""
    wrong: list[tuple[Sequence[str | int], str]] = []
    if words.equals is not None and text != words.equals:
        wrong.append((("equals",), f"is '{words.equals}'"))
    wrong += [(("contains", at), f"contains '{part}'") for at, part in enumerate(words.contains) if part not in text]
    wrong += [(("lacks", at), f"does not contain '{part}'") for at, part in enumerate(words.lacks) if part in text]
    wrong += [
        (("matches", at), f"matches /{part}/") for at, part in enumerate(words.matches) if not re.search(part, text)
    ]
    return wrong


def expected_tools(expect: TurnExpectation) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Yield the tools that an expectation names, each with the way to it."""
    for place, call in enumerate(expect.calls.in_order if expect.calls else ()):
        yield call.tool, ("calls", "in_order", place)
    for key, names in (("never", expect.never), ("offered", expect.offered or ())):
        for place, tool in enumerate(names):
            yield tool, (key, place)
