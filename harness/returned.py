"""What tools returned in a record, as the rules of a scenario by which they return it again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from harness.matching import fits_all
from harness.pattern import literal

_ERROR = "Tool error: "


class Returned(NamedTuple):
    """One call that reached a tool, and what the model was told of it."""

    tool: str
    arguments: Mapping[str, Any]
    result: str


@dataclass
class _Group:
    """The calls of one tool with the same arguments, and what they gave in turn."""

    arguments: dict[str, Any]
    results: list[str] = field(default_factory=list)

    def covers(self, other: "_Group") -> bool:
        """Tell whether the group's rule would take the calls of another."""
        return fits_all(literal(self.arguments), other.arguments)


def rules_of(calls: Iterable[Returned]) -> dict[str, Any]:
    """Return rules, as they stand behind `tools` in a scenario, by which these calls in this order give these results.

    Calls with other arguments are covered only where a tool was called with none at all.
    """
    tools: dict[str, list[_Group]] = {}
    for call in calls:
        groups = tools.setdefault(call.tool, [])
        new = _Group(dict(call.arguments))
        group = next((one for one in groups if one.covers(new) and new.covers(one)), None)
        if group is None:
            group = new
            groups.append(group)
        group.results.append(call.result)
    return {tool: _written(_ordered(groups)) for tool, groups in tools.items()}


def _ordered(groups: Sequence[_Group]) -> list[_Group]:
    """Return the groups so that none stands behind one that would take its calls.

    A rule takes what another takes and more exactly if it covers it, so that it covers more groups than the other.
    """
    wide = {id(one): sum(one.covers(other) for other in groups) for one in groups}
    return sorted(groups, key=lambda one: wide[id(one)])


def _written(groups: Sequence[_Group]) -> Any:
    rules = [_rule(group) for group in groups]
    return rules[0] if len(rules) == 1 else rules


def _rule(group: _Group) -> Any:
    effects = [_effect(result) for result in group.results]
    if len(set(group.results)) == 1:
        given = effects[0] if isinstance(effects[0], dict) else {"returns": effects[0]}
    else:
        given = {"sequence": effects}
    if group.arguments:
        return {"when": literal(group.arguments), **given}
    return given["returns"] if given.keys() == {"returns"} else given


def _effect(result: str) -> Any:
    return {"raises": result.removeprefix(_ERROR)} if result.startswith(_ERROR) else result
