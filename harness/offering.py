"""What a scenario expects of tools that are never offered, or answers for tools about which nobody is asked."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from harness.catalogue import Catalogue
from harness.condition import Amount
from harness.mention import Mention
from harness.scenario import ScenarioFile, expectations
from harness.scope import Scope
from harness.settings import Role, Settings, Tools
from harness.source import Location
from harness.tools import needs_confirmation, permitted


class Ground(NamedTuple):
    """The settings that decide which tools are offered and asked about."""

    catalogue: Catalogue
    role: Role
    tools: Tools


class Idle(NamedTuple):
    """Something that can come to nothing under any settings, with the way to it."""

    location: Location
    why: str


def grounds(file: ScenarioFile, composed: Iterable[Settings], catalogues: Iterable[Catalogue]) -> list[Ground]:
    """Return every role with every tool list and every catalogue, as far as a scenario is for them."""
    settings = list(composed)
    roles = {repr((one.role.label, one.role.allow)): one.role for one in settings}
    lists = {repr((one.tools.label, one.tools.allow)): one.tools for one in settings}
    every = product({one.label: one for one in catalogues}.values(), roles.values(), lists.values())
    return [one for one in (Ground(*parts) for parts in every) if _holds(one, file.applies, file.applies.catalogue)]


def _holds(one: Ground, scope: Scope, catalogue: Sequence[str] | None = None) -> bool:
    pairs = ((scope.role, one.role.label), (scope.tools, one.tools.label), (catalogue, one.catalogue.label))
    return all(names is None or label in names for names, label in pairs)


def unoffered(file: ScenarioFile, mentions: Iterable[Mention], where: Sequence[Ground]) -> Iterator[Idle]:
    """Yield the tools that must be executed, or offered, and are offered under none of the settings."""
    mended = "; write 'outcome: refused' if that is meant"
    for one in mentions:
        if one.call and one.needed and one.call.outcome in (None, "executed", "failed"):
            if one.call.decision in ("denied", "unanswered"):
                continue
            if why := _never(one.tool, file, one.applies, where):
                yield Idle(one.location, f"{one.tool} is expected, and never offered: {why}{mended}")
    for way, part in expectations(file):
        for tool, count in (part.count or {}).items():
            least = count.exactly if count.exactly is not None else count.at_least or 0
            if least and count.which == "executed" and (why := _never(tool, file, part.applies, where)):
                yield Idle((*way, "count", tool), f"{tool} is counted as executed, and never offered: {why}")
        for at, tool in enumerate(part.offered or ()):
            if why := _never(tool, file, part.applies, where):
                yield Idle((*way, "offered", at), f"{tool} is never offered: {why}")


def _never(tool: str, file: ScenarioFile, scope: Scope, where: Sequence[Ground]) -> str | None:
    """Return why a tool is offered under none of the settings within a scope, or None where it is, or is not known."""
    access = file.acts_as.access
    here = [one for one in where if _holds(one, scope) and access in one.catalogue.levels]
    if not here or any(tool not in one.catalogue.tools for one in here):
        return None
    if any(tool in permitted(one.catalogue, access, one.role.allow, one.tools.allow) for one in here):
        return None
    if all(tool not in permitted(one.catalogue, access) for one in here):
        level = here[0].catalogue.tools[tool].access
        return f"it takes the access level '{level}', and this user has '{access}'"
    for group in ("role", "tools"):
        lists = {getattr(one, group).label: getattr(one, group).allow for one in here}
        if all(allow is not None and tool not in allow for allow in lists.values()):
            word = "role" if group == "role" else "tools"
            named = " and ".join(f"{word}={label}" for label in lists)
            return f"it is not in the list of {named}"
    return "no role and no list of tools, as far as this is for them, permit it together"


def unasked(file: ScenarioFile, mentions: Iterable[Mention], catalogues: Sequence[Catalogue]) -> Iterator[Idle]:
    """Yield the answers, decisions and checkpoints that are about tools which need no confirmation."""
    allow, deny = file.acts_as.confirm_allow, file.acts_as.confirm_deny
    asked: dict[str, None] = {}
    for catalogue in catalogues:
        required = [name for name, tool in catalogue.tools.items() if tool.confirm]
        needed = needs_confirmation(required, allow, deny)
        asked |= dict.fromkeys(name for name in catalogue.tools if name in needed)
    for location, tool in _answered(file, mentions):
        if tool not in asked and all(tool in one.tools for one in catalogues):
            reason = "'as: confirm_allow' lets it run" if tool in allow else "it needs no confirmation"
            others = f"; asked about are: {', '.join(asked)}" if asked else ""
            yield Idle(location, f"nobody is asked about {tool}: {reason}{others}")


def _answered(file: ScenarioFile, mentions: Iterable[Mention]) -> Iterator[tuple[Location, str]]:
    for at, turn in enumerate(file.turns):
        for place, answer in enumerate(turn.answers):
            key = "deny" if answer.deny is not None else "confirm"
            for number, tool in enumerate(answer.names or ()):
                yield ("turns", at, "answers", place, key, number), tool
    for way, part in expectations(file):
        if part.checkpoints is not None and not isinstance(part.checkpoints, Amount):
            for at, pause in enumerate(part.checkpoints):
                for number, tool in enumerate(pause.pending or ()):
                    yield (*way, "checkpoints", at, "pending", number), tool
    for one in mentions:
        if one.call and one.call.decision not in (None, "none"):
            yield (*one.location, "decision"), one.tool
