"""What a scenario expects, answers or returns that the settings it runs under rule out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.arguments import misfits
from harness.calls import ExpectedCall, referred
from harness.catalogue import Catalogue
from harness.condition import Amount
from harness.errors import did_you_mean
from harness.expectation import TurnExpectation
from harness.scenario import Scenario, ScenarioFile, expectations
from harness.scope import Point
from harness.settings import Settings
from harness.source import Location
from harness.tools import needs_confirmation, permitted

UNREADABLE = "raw"
"""The argument under which the loop passes on the text of arguments that are no JSON."""


class Infeasible(NamedTuple):
    """Something that cannot be, with the way to it."""

    location: Location
    what: str
    at_key: bool = False


class Wanted(NamedTuple):
    """An expected call, with the way to it and whether its arguments are all that the call has."""

    location: Location
    call: ExpectedCall
    whole: bool


def infeasible(scenario: Scenario, settings: Sequence[Settings]) -> list[str]:
    """Return what cannot be under any of the settings that a scenario is planned on, each with its place."""
    found = dict.fromkeys(
        one
        for each in settings
        for one in _under(scenario.file, each.catalogue)
        if _everywhere(scenario, one, settings)
    )
    found |= dict.fromkeys(_unoffered(scenario.file, settings))
    place = scenario.document.at_hand().place
    return [f"{place(one.location, key=one.at_key)}: {one.what}" for one in found]


def _everywhere(scenario: Scenario, one: Infeasible, settings: Sequence[Settings]) -> bool:
    """Tell whether something cannot be under any of the catalogues."""
    catalogues: list[Catalogue] = []
    for each in settings:
        if each.catalogue not in catalogues:
            catalogues.append(each.catalogue)
    return len(catalogues) == 1 or all(one in set(_under(scenario.file, other)) for other in catalogues)


def _under(file: ScenarioFile, catalogue: Catalogue) -> Iterator[Infeasible]:
    """Yield what cannot be with the tools of a catalogue."""
    yield from _unasked(file, catalogue)
    for way, call, whole in wanted(file):
        tool = catalogue.tools.get(call.tool)
        if tool is None or call.outcome in ("failed", "refused"):
            continue
        for misfit in misfits(call.tool, tool.parameters, call.arguments, whole=whole):
            steps = misfit.location
            at = (*way, call.tool, *steps)
            yield Infeasible(at, misfit.what, at_key=misfit.at_key)
    for name, rules in file.tools.items():
        if (tool := catalogue.tools.get(name)) is None:
            continue
        for number, rule in enumerate(rules):
            when = {key: value for key, value in (rule.when or {}).items() if key != UNREADABLE}
            for misfit in misfits(name, tool.parameters, when, whole=False):
                yield Infeasible(("tools", name, number, "when", *misfit.location), misfit.what, at_key=misfit.at_key)


def wanted(file: ScenarioFile) -> Iterator[Wanted]:
    """Yield the calls that a scenario expects or refers to, in which the arguments count."""
    for way, part in expectations(file):
        yield from _of(part, way)
    if file.reference is not None:
        listed = isinstance(file.reference, list)
        for at, call in enumerate(referred(file.reference)):
            yield Wanted(("reference", *(() if listed else ("calls",)), at), call, call.matched.how == "exact")


def _of(part: TurnExpectation, way: Location) -> Iterator[Wanted]:
    for at, calls in enumerate(part.calls):
        for place, call in enumerate(calls.wanted):
            whole = call.matched.how == "exact" and not call.matched.without
            yield Wanted((*way, "calls", at, calls.mode, place), call, whole)
    for key, groups in (("before", part.before), ("together", part.together), ("apart", part.apart)):
        for at, group in enumerate(groups):
            yield from (Wanted((*way, key, at, place), call, whole=False) for place, call in enumerate(group))


def _unasked(file: ScenarioFile, catalogue: Catalogue) -> Iterator[Infeasible]:
    """Yield answers, checkpoints and decisions of calls about which nobody is asked."""
    required = [name for name, tool in catalogue.tools.items() if tool.confirm]
    asks = needs_confirmation(required, file.acts_as.confirm_allow, file.acts_as.confirm_deny)
    said = f"runs without a question; asked about are: {', '.join(sorted(asks)) or 'none'}"
    for location, name in (*_answered(file), *_awaited(file)):
        if name in catalogue.tools and name not in asks:
            yield Infeasible(location, f"{name} {said}")


def _answered(file: ScenarioFile) -> Iterator[tuple[Location, str]]:
    """Yield the tools that answers name, each with the way to it."""
    for at, turn in enumerate(file.turns):
        for place, answer in enumerate(turn.answers):
            key = "confirm" if answer.confirm is not None else "deny"
            way: Location = ("turns", at, "answers", place, key)
            yield from (((*way, number), name) for number, name in enumerate(answer.names or ()))


def _awaited(file: ScenarioFile) -> Iterator[tuple[Location, str]]:
    """Yield the tools that are expected to wait for an answer, or to have had one, each with the way to it."""
    for way, part in expectations(file):
        if part.checkpoints is not None and not isinstance(part.checkpoints, Amount):
            for at, one in enumerate(part.checkpoints):
                here: Location = (*way, "checkpoints", at, "pending")
                yield from (((*here, number), name) for number, name in enumerate(one.pending or ()))
    for want in wanted(file):
        if want.call.decision not in (None, "none"):
            yield (*want.location, "decision"), want.call.tool


def _unoffered(file: ScenarioFile, settings: Sequence[Settings]) -> Iterator[Infeasible]:
    """Yield the calls that are expected though none of the settings offers the tool."""
    for way, part in expectations(file):
        under = [each for each in settings if part.applies.holds(_point(each))]
        offers = [_offered(file, each) for each in under]
        calls = [
            ((*way, "calls", at, calls.mode, place), call)
            for at, calls in enumerate(part.calls)
            if calls.mode != "subset"
            for place, call in enumerate(calls.wanted)
        ]
        for location, call in calls:
            known = any(call.tool in each.catalogue.tools for each in under)
            if known and call.outcome != "refused" and not any(call.tool in offer for offer in offers):
                yield Infeasible(location, f"{call.tool} is expected, and {_why(file, call.tool, under)}")
        for number, name in enumerate(part.offered or ()):
            known = any(name in each.catalogue.tools for each in under)
            if known and not any(name in offer for offer in offers):
                yield Infeasible((*way, "offered", number), f"{name} is expected, and {_why(file, name, under)}")


def _point(settings: Settings) -> Point:
    return Point(settings.role.label, settings.model.label, settings.tools.label)


def _offered(file: ScenarioFile, settings: Settings) -> list[str]:
    if file.acts_as.access not in settings.catalogue.levels:
        return []
    return permitted(settings.catalogue, file.acts_as.access, settings.allow)


def _why(file: ScenarioFile, tool: str, settings: Sequence[Settings]) -> str:
    """Return why nobody offers a tool."""
    levels = {each.catalogue.tools[tool].access for each in settings if tool in each.catalogue.tools}
    reached = any(
        each.catalogue.tools[tool].access
        in each.catalogue.levels[: each.catalogue.levels.index(file.acts_as.access) + 1]
        for each in settings
        if tool in each.catalogue.tools and file.acts_as.access in each.catalogue.levels
    )
    if not reached:
        return f"it needs the access level {' or '.join(sorted(levels))}; the user has {file.acts_as.access}"
    lists = sorted({f"role {each.role.label}" for each in settings if each.role.allow and tool not in each.role.allow})
    lists += sorted(
        {f"tools {each.tools.label}" for each in settings if each.tools.allow and tool not in each.tools.allow}
    )
    return f"nobody offers it: not among those allowed in {', '.join(lists[:4])}{', ...' if len(lists) > 4 else ''}"


def scripted(models: Mapping[str, Sequence[Sequence[Any]]], catalogues: Iterable[Catalogue]) -> Iterator[Infeasible]:
    """Yield the calls in scripts whose arguments have a name that the tool does not know, or whose tool nobody knows.

    Values may be wrong, since a scripted model may play one that errs; a name that is nearly right is a slip.
    """
    every = list(catalogues)
    tools = {name: tool for catalogue in every for name, tool in catalogue.tools.items()}
    for model, turns in models.items():
        for at, steps in enumerate(turns):
            yield from _steps(steps, (model, at), tools)


def _steps(steps: Sequence[Any], way: Location, tools: Mapping[str, Any]) -> Iterator[Infeasible]:
    for place, step in enumerate(steps):
        here = (*way, place)
        for number, call in enumerate(step.calls or ()):
            if call.tool not in tools:
                if hint := did_you_mean(call.tool, tools):
                    yield Infeasible(
                        (*here, "calls", number, call.tool), f"there is no tool '{call.tool}'{hint}", at_key=True
                    )
                continue
            if isinstance(call.arguments, dict):
                for misfit in misfits(call.tool, tools[call.tool].parameters, call.arguments, whole=False):
                    if misfit.at_key:
                        location = (*here, "calls", number, call.tool, *misfit.location)
                        yield Infeasible(location, misfit.what, at_key=True)
        for key in ("confirmed", "denied"):
            yield from _steps(getattr(step, key) or (), (*here, key), tools)
