"""What must come out of a turn or of a case, and where that holds."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import Field, JsonValue, model_validator

from harness.calls import CallCount, ExpectedCalls, Groups, Pairs
from harness.condition import Amount, ExpectedFile, ExpectedTokens, FilePath, Words
from harness.known import Known
from harness.matching import fits_all
from harness.parts import Names, Part, Pattern, one_or_more
from harness.pauses import ExpectedCheckpoints, TurnCheckpoints
from harness.scope import Scope
from harness.trace import Stop
from harness.written import Schema

_CALLS = "must be a mapping like {in_order: [...]}, or a list of such mappings"


class TurnExpectation(Part):
    """What must come out of one turn."""

    applies: Scope = Field(default=Scope(), alias="for")
    """The roles, models and tool lists that it is about; all when left out."""
    known: Known | None = None
    """Why it is known not to hold, and until when: what it finds is shown and does not count."""
    calls: Annotated[list[ExpectedCalls], Field(min_length=1), one_or_more(_CALLS, ExpectedCalls)] = []
    """Tool calls that the model asks for; of several, all must hold."""
    count: Annotated[dict[str, CallCount], Field(min_length=1)] | None = None
    """How many calls of each tool."""
    before: Pairs = []
    """Two calls each: whatever fits the second has a call before it that fits the first, be it in the same round; this
    holds where nothing fits the second."""
    together: Groups = []
    """Calls that some round asks for, all of them."""
    apart: Pairs = []
    """Two calls each that no round asks for both."""
    rounds: Amount | None = None
    """Calls of the model, notices among them."""
    notices: Amount | None = None
    """Calls of the model that word a confirmation request."""
    checkpoints: TurnCheckpoints | None = None
    """Pauses for the user's answer: how many, or a list with what each is."""
    tokens: ExpectedTokens | None = None
    """Tokens of requests and replies, as the provider counts them: in all, or of each."""
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

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a mapping in which an error is expected with its stop only."""
        stopped = {"required": ["stop"], "properties": {"stop": {"const": "error"}}}
        return {**super().forms(long), "dependentSchemas": {"error": stopped}}

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.error is not None and self.stop != "error":
            raise ValueError("'error' is only looked at with 'stop: error'; add it")
        return self


class Expectation(TurnExpectation):
    """What must come out of the whole case; the response and the stop are the last turn's."""

    turns: Amount | None = None
    """User messages that the loop took."""
    checkpoints: ExpectedCheckpoints | None = None
    """Pauses for the user's answer in all turns: how many, or a list with what each is."""


def parted(pattern: Mapping[str, JsonValue], state: Mapping[str, Any]) -> list[str]:
    """Return the keys of a pattern that a state lacks or holds otherwise."""
    return [key for key, part in pattern.items() if not fits_all({key: part}, state)]


def expected_tools(expect: TurnExpectation) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Yield the tools that an expectation names, each with the way to it."""
    for at, calls in enumerate(expect.calls):
        mode = calls.mode
        yield from ((call.tool, ("calls", at, mode, place)) for place, call in enumerate(calls.written))
    yield from ((tool, ("count", tool)) for tool in expect.count or ())
    for key, groups in (("before", expect.before), ("together", expect.together), ("apart", expect.apart)):
        for at, group in enumerate(groups):
            yield from ((call.tool, (key, at, place)) for place, call in enumerate(group))
    if expect.checkpoints is not None and not isinstance(expect.checkpoints, Amount):
        for at, one in enumerate(expect.checkpoints):
            yield from ((tool, ("checkpoints", at, "pending", place)) for place, tool in enumerate(one.pending or ()))
    for key, names in (("never", expect.never), ("offered", expect.offered or ())):
        yield from ((tool, (key, place)) for place, tool in enumerate(names))
