"""What must come out of a turn or of a case, and where that holds."""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple, Self

from pydantic import Field, JsonValue, model_validator

from harness.condition import Amount, ExpectedFile, FilePath, Words
from harness.matching import fits_all
from harness.parts import Names, Part, Pattern, SomeNames, mapping
from harness.trace import Decision, Outcome, Stop


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
    workspace: Annotated[dict[FilePath, ExpectedFile], Field(min_length=1)] | None = None
    """Files of the workspace as they are left; others are free."""
    state: Annotated[Pattern, Field(min_length=1)] | None = None
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
