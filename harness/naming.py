"""What a scenario names, tools and labels, each with its place in the file."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from harness.calls import named
from harness.condition import Amount
from harness.contradiction import contradictions
from harness.discord import discords
from harness.expectation import expected_tools
from harness.rules import shadowed
from harness.scenario import ScenarioFile, expectations
from harness.scope import Scope
from harness.source import Location


class Label(NamedTuple):
    """A label that a `for` names, with the way to it."""

    location: Location
    group: str
    name: str


def labels_named(file: ScenarioFile) -> Iterator[Label]:
    """Yield the labels that a scenario, its expectations and its known failures are for, each with the way to it."""
    yield from _labels(file.applies, ("for",))
    for scope, way in _scopes(file):
        yield from _labels(scope, way)


def _scopes(file: ScenarioFile) -> Iterator[tuple[Scope, Location]]:
    """Yield what the expectations and known failures of a scenario are for, each with the way to it."""
    for way, part in expectations(file):
        yield part.applies, (*way, "for")
    for at, known in enumerate(file.known):
        yield known.applies, ("known", at, "for")


def idle(file: ScenarioFile) -> Iterator[tuple[Location, str]]:
    """Yield what a scenario says in vain, each with the way to it and why nothing would look at it or could meet it."""
    if file.module is None and file.state is not None:
        yield ("state",), "'state' is what the tools of a 'module' start from; name the module, or remove 'state'"
    for way, part in expectations(file):
        if file.module is None and part.state is not None:
            yield (*way, "state"), "there is no 'module' whose tools could have a 'state'"
        if file.workspace is None and part.workspace is not None:
            yield (*way, "workspace"), "there is no 'workspace' to hold files; write 'workspace: {}' for an empty one"
        yield from (((*way, *one.location), one.why) for one in contradictions(part))
    yield from ((one.location, one.why) for one in discords(file))
    for tool, rules in file.tools.items():
        for at, earlier in shadowed(rules):
            why = f"rule {earlier + 1} takes every call that this rule is for, so that it never applies; put it first"
            yield ("tools", tool, at), why
    yield from _beyond(file)
    for label in _never_met(file):
        said = f"the scenario's own 'for' leaves out {label.group} '{label.name}', so that this is never expected"
        yield label.location, said


def _beyond(file: ScenarioFile) -> Iterator[tuple[Location, str]]:
    """Yield the checkpoints that are expected in turns that the scenario does not have."""
    for at, part in enumerate(file.expect):
        if part.checkpoints is None or isinstance(part.checkpoints, Amount):
            continue
        for place, one in enumerate(part.checkpoints):
            if one.turn is not None and one.turn > len(file.turns):
                why = f"there is no turn {one.turn}; the last one is {len(file.turns)}"
                yield ("expect", at, "checkpoints", place, "turn"), why


def _never_met(file: ScenarioFile) -> Iterator[Label]:
    """Yield the labels that an expectation or a known failure is for and the scenario itself is not."""
    limits = {group: getattr(file.applies, group) for group in Scope.model_fields}
    for scope, way in _scopes(file):
        for label in _labels(scope, way):
            allowed = limits[label.group]
            if allowed is not None and label.name not in allowed:
                yield label


def _labels(scope: Scope, way: Location) -> Iterator[Label]:
    for group in type(scope).model_fields:
        for at, name in enumerate(getattr(scope, group) or ()):
            yield Label((*way, group, at), group, name)


def tools_named(file: ScenarioFile) -> Mapping[str, Location]:
    """Return the tools that a scenario names, each with the way to the first place that names it."""
    named: dict[str, Location] = {}
    for tool, location in _tools_named(file):
        named.setdefault(tool, location)
    return named


def _tools_named(file: ScenarioFile) -> Iterator[tuple[str, Location]]:
    for tool in file.tools:
        yield tool, ("tools", tool)
    for key, names in (("confirm_allow", file.acts_as.confirm_allow), ("confirm_deny", file.acts_as.confirm_deny)):
        yield from ((tool, ("as", key, at)) for at, tool in enumerate(names))
    for at, turn in enumerate(file.turns):
        for place, answer in enumerate(turn.answers):
            yield from ((tool, ("turns", at, "answers", place)) for tool in answer.names or ())
    for way, part in expectations(file):
        yield from ((tool, (*way, *rest)) for tool, rest in expected_tools(part))
    yield from ((tool, ("reference", *rest)) for tool, rest in named(file.reference or []))
