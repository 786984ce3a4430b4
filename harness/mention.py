"""Where any JSON stands in scenarios and scripts: the arguments of calls, results, states."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from harness.calls import ExpectedCall, MatchedReference, referred
from harness.endpoint import ScriptedCall, ScriptFile, Step
from harness.expectation import TurnExpectation
from harness.rules import Rule
from harness.scenario import ScenarioFile, expectations
from harness.scope import Scope
from harness.source import Document, Location


class Mention(NamedTuple):
    """A call that a file speaks of, with the way to it and to its arguments."""

    tool: str
    arguments: Mapping[str, Any]
    location: Location
    """The way to the call."""
    way: Location
    """The way to its arguments."""
    said: Literal["expected", "ruled", "scripted"]
    """Whether it is expected, is what a rule is for, or is what a scripted model asks for."""
    call: ExpectedCall | None = None
    """How it is expected."""
    rule: Rule | None = None
    """What is ruled of it."""
    applies: Scope = Scope()
    """Where it is expected."""
    needed: bool = False
    """Whether it must come."""


def mentioned(file: ScenarioFile, document: Document) -> Iterator[Mention]:
    """Yield the calls that a scenario expects, refers to or rules upon."""
    for tool, rules in file.tools.items():
        for at, rule in enumerate(rules):
            if rule.when is not None:
                location = document.written(("tools", tool, at))
                yield Mention(tool, rule.when, location, (*location, "when"), "ruled", rule=rule)
    for way, part in expectations(file):
        for call, rest, needed in _calls(part):
            yield _expected(call, (*way, *rest), document, part.applies, needed=needed and part.known is None)
    if file.reference is not None:
        below: Location = ("reference", "calls") if isinstance(file.reference, MatchedReference) else ("reference",)
        for at, call in enumerate(referred(file.reference)):
            yield _expected(call, (*below, at), document, Scope())


def _calls(expect: TurnExpectation) -> Iterator[tuple[ExpectedCall, Location, bool]]:
    """Yield the calls of an expectation, each with the way to it and whether it must come."""
    for at, calls in enumerate(expect.calls):
        for place, call in enumerate(calls.wanted):
            yield call, ("calls", at, calls.mode, place), calls.mode != "subset"
    for key, groups in (("before", expect.before), ("together", expect.together), ("apart", expect.apart)):
        for at, group in enumerate(groups):
            yield from ((call, (key, at, place), key == "together") for place, call in enumerate(group))


def _expected(
    call: ExpectedCall, location: Location, document: Document, applies: Scope, *, needed: bool = False
) -> Mention:
    way = _way(call.tool, location, document)
    return Mention(call.tool, call.arguments, location, way, "expected", call=call, applies=applies, needed=needed)


def _way(tool: str, location: Location, document: Document) -> Location:
    """Return the way to the arguments of a call, which stand behind `arguments` or behind the tool's own name."""
    written = document.written(location)
    return (*written, "arguments") if (*written, "tool") in document.values else (*written, tool)


def scripted(file: ScriptFile, document: Document) -> Iterator[Mention]:
    """Yield the calls that a script plays with arguments that are readable."""
    for call, location in _scripted(file):
        if isinstance(call.arguments, dict):
            yield Mention(call.tool, call.arguments, location, _way(call.tool, location, document), "scripted")


def _scripted(file: ScriptFile) -> Iterator[tuple[ScriptedCall, Location]]:
    for step, way in _steps(file):
        for at, call in enumerate(step.calls or ()):
            yield call, (*way, "calls", at)


def _steps(file: ScriptFile) -> Iterator[tuple[Step, Location]]:
    for model, turns in file.root.items():
        for at, turn in enumerate(turns):
            yield from _below(turn, (model, at))


def _below(steps: list[Step], way: Location) -> Iterator[tuple[Step, Location]]:
    for at, step in enumerate(steps):
        yield step, (*way, at)
        for branch in ("confirmed", "denied"):
            yield from _below(getattr(step, branch) or [], (*way, at, branch))


def free(file: ScenarioFile, document: Document) -> Iterator[Location]:
    """Yield the ways to what may be any JSON in a scenario: arguments, results and states."""
    yield from (one.way for one in mentioned(file, document))
    for tool, rules in file.tools.items():
        for at, rule in enumerate(rules):
            way: Location = ("tools", tool, at)
            yield from _results(way, document)
            yield from (
                place
                for step in range(len(rule.sequence or ()))
                for place in _results((*way, "sequence", step), document)
            )
            yield from _results((*way, "otherwise"), document)
    if file.state is not None:
        yield ("state",)
    yield from ((*way, "state") for way, part in expectations(file) if part.state is not None)


def _results(way: Location, document: Document) -> Iterator[Location]:
    """Yield the way to a result, which stands behind `returns` or alone."""
    written = document.written(way)
    yield written if written in document.plain else (*written, "returns")


def free_in_script(file: ScriptFile, document: Document) -> Iterator[Location]:
    """Yield the ways to what may be any JSON in a script: arguments and bodies of responses."""
    yield from (one.way for one in scripted(file, document))
    yield from ((*way, "body") for step, way in _steps(file) if "body" in step.model_fields_set)
