"""Calls that are expected: one, several in a mode, how many of a tool, and a reference path."""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic import field_validator as judging

from harness.assignment import Mode
from harness.condition import Amount
from harness.errors import did_you_mean
from harness.matching import ArgumentMode, arguments_fit
from harness.parts import Part, Pattern, SomeNames, mapping
from harness.pattern import literal
from harness.trace import Call, Decision, Outcome
from harness.written import Schema, either, exactly_one, named_tool

Which = Literal["asked", "executed"]
"""Which calls of a trace count: all that the model asked for, or those that a tool executed, also where it failed."""

MODES: tuple[Mode, ...] = get_args(Mode)


class Match(Part):
    """How the arguments of a call must fit: `exact`, `partial`, `ignore`, or `{except: [ARGUMENT, ...]}`."""

    how: ArgumentMode = "exact"
    """`exact`: these and no others; `partial`: at least these, at every depth; `ignore`: any."""
    without: SomeNames = Field(default=[], alias="except")
    """Arguments that do not count, while all others must be exactly these."""

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        if value in get_args(ArgumentMode):
            return {"how": value}
        hint = did_you_mean(value, get_args(ArgumentMode)) if isinstance(value, str) else ""
        return mapping(value, f"must be exact, partial, ignore, or {{except: [ARGUMENT, ...]}}{hint}")

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a word or a mapping."""
        return either(
            {"type": "string", "enum": list(get_args(ArgumentMode))}, {**super().forms(long), "minProperties": 1}
        )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("needs 'except': the arguments that do not count")
        if self.how == "ignore" and self.without:
            raise ValueError("'ignore' takes any arguments, so that 'except' says nothing; remove one of them")
        return self


PARTIAL = Match(how="partial")


_BESIDE = ("decision", "outcome", "match")
"""The keys that may stand beside a tool and its arguments."""


class ExpectedCall(Part):
    """One expected call: the tool with the arguments that count, and what became of it."""

    tool: str
    """The tool's name."""
    arguments: Pattern = {}
    """The arguments that count; a value may be a matcher."""
    decision: Decision | None = None
    """What the user said of it."""
    outcome: Outcome | None = None
    """What became of it."""
    match: Match | None = None
    """How its arguments must fit, where that differs from the calls beside it."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        """Take `file_read`, `{file_read: {path: a}}` and `{file_read: {path: a}, decision: denied}`."""
        if isinstance(value, str):
            return {"tool": value}
        if "tool" in mapping(value, "must be a tool's name, or {TOOL: {ARGUMENT: VALUE}}"):
            return value
        if "arguments" in value and any(did_you_mean(key, ["tool"]) for key in value):
            return value  # to be told of the misspelt key
        tools = [key for key in value if key not in _BESIDE]
        if len(tools) > 1:  # a misspelt key is told as one, not as a second tool
            tools = [key for key in tools if not did_you_mean(key, _BESIDE)] or tools
        if len(tools) != 1:
            named = ", ".join(tools) or "none"
            raise ValueError(f"an expected call names one tool, with its arguments behind it; here: {named}")
        if not isinstance(value[tools[0]], dict | None):
            wrong = f"the arguments of {tools[0]} must be a mapping; leave them out to accept any"
            raise ValueError(wrong)  # noqa: TRY004 - pydantic takes no TypeError
        rest = {key: said for key, said in value.items() if key != tools[0]}
        return {"tool": tools[0], "arguments": value[tools[0]] or {}, **rest}

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a name, of a mapping with the tool as its key, and of one that says `tool`."""
        return named_tool(super().forms(long), "object", "null")

    @property
    def matched(self) -> Match:
        """How its arguments must fit: partly, where nothing else is said."""
        return self.match or PARTIAL

    def fits(self, call: Call) -> bool:
        """Tell whether a call is the expected one."""
        return (
            call.name == self.tool
            and self.decision in (None, call.decision)
            and self.outcome in (None, call.outcome)
            and arguments_fit(self.arguments, call.arguments, self.matched.how, self.matched.without)
        )

    def __str__(self) -> str:
        any_will_do = self.matched.how == "ignore" or (self.matched.how == "partial" and not self.arguments)
        shown = "..." if any_will_do else json.dumps(self.arguments, ensure_ascii=False)
        return ", ".join(filter(None, (f"{self.tool}({shown})", self.decision, self.outcome)))


def shortest(tool: str, arguments: Mapping[str, Any], said: Mapping[str, Any]) -> Any:
    """Return an expected call in its shortest form: arguments that mean themselves, and what is `said` beside them."""
    meant = literal(arguments)
    if tool in _OWN_KEYS or (said and not meant):
        return {"tool": tool, **({"arguments": meant} if meant else {}), **said}
    return {tool: meant, **said} if meant else tool


_OWN_KEYS = ("tool", "arguments", "decision", "outcome", "match")
"""Keys of an expected call, which no tool's name can be in the short form."""


def under(match: Match, calls: list[ExpectedCall]) -> list[ExpectedCall]:
    """Return calls whose arguments must fit like this, but for those that say it themselves."""
    return [call if call.match else call.model_copy(update={"match": match}) for call in calls]


Expected = list[ExpectedCall]


class ExpectedCalls(Part):
    """The calls that are expected, under one of five modes."""

    exact: Expected | None = None
    """These calls in this order, and no others; none at all where the list is empty."""
    in_order: Annotated[Expected, Field(json_schema_extra={"minItems": 1})] | None = None
    """These calls in this order; others may stand between them."""
    unordered: Expected | None = None
    """These calls in any order, and no others; none at all where the list is empty."""
    superset: Annotated[Expected, Field(json_schema_extra={"minItems": 1})] | None = None
    """At least these calls, in any order."""
    subset: Expected | None = None
    """Only these calls, each at most as often as it stands here; none at all where the list is empty."""
    match: Match = PARTIAL
    """How their arguments must fit; `partial` when left out."""
    which: Which = "asked"
    """The calls that are looked at: all that the model `asked` for, or those that a tool `executed`."""

    @judging("in_order", "superset")
    @classmethod
    def _some(cls, calls: Expected | None) -> Expected | None:
        if calls == []:
            raise ValueError("no calls are always there; write 'exact: []' where no call at all is right")
        return calls

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a mapping with one mode."""
        return super().forms(long) | exactly_one(MODES)

    @model_validator(mode="after")
    def _one(self) -> Self:
        said = [mode for mode in MODES if getattr(self, mode) is not None]
        if len(said) != 1:
            here = f"here: {' and '.join(said)}; for several write a list" if said else "here: none"
            raise ValueError(f"calls stand under one of {', '.join(MODES[:-1])} and {MODES[-1]}; {here}")
        return self

    @property
    def mode(self) -> Mode:
        """How the calls that came must agree with these."""
        return next(mode for mode in MODES if getattr(self, mode) is not None)

    @property
    def written(self) -> list[ExpectedCall]:
        """The calls as they are written."""
        calls: list[ExpectedCall] = getattr(self, self.mode)
        return calls

    @property
    def wanted(self) -> list[ExpectedCall]:
        """The calls, each with how its arguments must fit."""
        return under(self.match, self.written)


class CallCount(Amount):
    """How many calls of one tool are expected."""

    which: Which = "asked"
    """The calls that are counted: all that the model `asked` for, or those that a tool `executed`."""

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a number, or of bounds with which calls are counted."""
        counted = super().forms(long)
        return {**counted, "dependentSchemas": {**counted["dependentSchemas"], "which": {"minProperties": 2}}}


def _two(calls: Expected) -> Expected:
    if len(calls) != 2:
        raise ValueError(f"takes two calls; here: {len(calls)}")
    return calls


def _several(calls: Expected) -> Expected:
    if len(calls) < 2:
        raise ValueError(f"takes two calls or more; here: {len(calls)}")
    return calls


def _lists(value: Any) -> Any:
    if not isinstance(value, list) or not all(isinstance(item, list) for item in value):
        raise ValueError("must be a list of lists of calls, like [[file_read, file_write]]")
    return value


_Two = Annotated[Expected, AfterValidator(_two), Field(json_schema_extra={"minItems": 2, "maxItems": 2})]
_Several = Annotated[Expected, AfterValidator(_several), Field(json_schema_extra={"minItems": 2})]
Pairs = Annotated[list[_Two], Field(min_length=1), BeforeValidator(_lists)]
"""Two calls each."""
Groups = Annotated[list[_Several], Field(min_length=1), BeforeValidator(_lists)]
"""Two calls or more each."""


class MatchedReference(Part):
    """A reference path, with how the arguments of its calls must fit."""

    match: Match = PARTIAL
    """How the arguments must fit; `partial` when left out."""
    calls: Expected
    """The calls; none at all where the list is empty."""


def _path(value: Any) -> Any:
    if not isinstance(value, list | dict | MatchedReference):
        raise ValueError("must be a list of calls, or {match: ..., calls: [...]}")  # noqa: TRY004 - pydantic's
    return value


Reference = Annotated[
    Annotated[Expected, Tag("list")] | Annotated[MatchedReference, Tag("mapping")],
    Discriminator(lambda value: "list" if isinstance(value, list) else "mapping"),
    BeforeValidator(_path),
]
"""A list of calls, or `{match: ..., calls: [...]}`."""


def referred(reference: Expected | MatchedReference) -> list[ExpectedCall]:
    """Return the calls of a reference path, each with how its arguments must fit."""
    return reference if isinstance(reference, list) else under(reference.match, reference.calls)


def named(reference: Expected | MatchedReference) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Yield the tools of a reference path, each with the way to it."""
    way, calls = ((), reference) if isinstance(reference, list) else (("calls",), reference.calls)
    yield from ((call.tool, (*way, at)) for at, call in enumerate(calls))
