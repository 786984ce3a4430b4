"""The tools as one user in one role sees them, with the results that a scenario scripts."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from harness.errors import InputError, did_you_mean
from harness.matching import fits_all
from harness.scenario import Effect, Rule
from harness.settings import Catalogue

UNCOVERED = "the scenario has no result for"
"""How the result begins of a call that the scenario does not cover."""


class ToolError(Exception):
    """A tool could not do what was asked; the loop tells the model why."""


@dataclass(frozen=True)
class Execution:
    """One call as it arrived at the tools, with what came of it."""

    name: str
    arguments: dict[str, Any]
    outcome: Literal["executed", "failed", "refused"]
    result: str


class Tools(Protocol):
    """What every loop under test takes its tools from."""

    @property
    def confirm_required(self) -> frozenset[str]:
        """The tools about which the user is asked by default."""
        ...

    def schemas(self, user_role: str = "user", tool_list: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Return the tools in OpenAI's form, as an access level and an allow-list permit."""
        ...

    async def call(self, name: str, args: dict[str, Any]) -> str:
        """Run a tool and return its result as text, or raise what it raises."""
        ...


def permitted(catalogue: Catalogue, access: str, *allow_lists: Collection[str] | None) -> list[str]:
    """Return the tools that an access level and every given allow-list permit, in the catalogue's order.

    Raises:
        InputError: the catalogue has no such access level.
    """
    if access not in catalogue.levels:
        known = ", ".join(catalogue.levels)
        raise InputError(
            f"there is no access level '{access}'{did_you_mean(access, catalogue.levels)}; there are: {known}"
        )
    reached = catalogue.levels[: catalogue.levels.index(access) + 1]
    return [
        name
        for name, tool in catalogue.tools.items()
        if tool.access in reached and all(allowed is None or name in allowed for allowed in allow_lists)
    ]


def needs_confirmation(required: Iterable[str], allow: Iterable[str] | None, deny: Iterable[str] | None) -> set[str]:
    """Return the tools about which the user is asked: those required, less the allowed, and always the denied."""
    return (set(required) - set(allow or ())) | set(deny or ())


def as_text(result: Any) -> str:
    """Return a tool's result as the model reads it: text as it is, anything else as JSON."""
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)


class ToolSet:
    """The tools of one case, answering as its scenario says and reporting every call."""

    def __init__(
        self,
        catalogue: Catalogue,
        rules: Mapping[str, Sequence[Rule]],
        *,
        access: str = "user",
        allow: Collection[str] | None = None,
        report: Callable[[Execution], None] = lambda _: None,
    ) -> None:
        self._catalogue = catalogue
        self._allow = allow
        self._permitted = frozenset(permitted(catalogue, access, allow))
        self._rules = {name: [_Player(rule) for rule in tool] for name, tool in rules.items()}
        self._report = report

    @property
    def confirm_required(self) -> frozenset[str]:
        """The tools about which the user is asked by default."""
        return frozenset(name for name, tool in self._catalogue.tools.items() if tool.confirm)

    def schemas(self, user_role: str = "user", tool_list: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Return the tools in OpenAI's form; what is asked for can only restrict what the case permits."""
        names = permitted(self._catalogue, user_role, self._allow, tool_list)
        return [
            {
                "type": "function",
                "function": {
                    "name": name,
                    "description": self._catalogue.tools[name].description,
                    "parameters": self._catalogue.tools[name].parameters,
                },
            }
            for name in names
            if name in self._permitted
        ]

    async def call(self, name: str, args: dict[str, Any]) -> str:
        """Return the scripted result.

        Raises:
            ToolError: the tool is unknown or not allowed, the script says so, or nothing in it covers the call.
        """
        done = self._executed(name, args)
        self._report(done)
        if done.outcome != "executed":
            raise ToolError(done.result)
        return done.result

    def _executed(self, name: str, args: dict[str, Any]) -> Execution:
        if name not in self._catalogue.tools:
            return Execution(name, args, "refused", f"there is no tool '{name}'")
        if name not in self._permitted:
            return Execution(name, args, "refused", f"the tool '{name}' is not allowed here")
        for player in self._rules.get(name, ()):
            effect = player.play(args)
            if effect is None:
                continue
            if effect.raises is not None:
                return Execution(name, args, "failed", effect.raises)
            return Execution(name, args, "executed", as_text(effect.returns))
        said = json.dumps(args, ensure_ascii=False)
        return Execution(name, args, "failed", f"{UNCOVERED} {name} with {said}")


class _Player:
    """One rule with how much of its sequence is used up."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._used = 0

    def play(self, args: dict[str, Any]) -> Effect | None:
        """Return the effect of a call, or None when the rule does not cover it."""
        if self._rule.when is not None and not fits_all(self._rule.when, args):
            return None
        effects = self._rule.effects
        if isinstance(effects, Effect):
            return effects
        if self._used == len(effects):
            return None
        self._used += 1
        return effects[self._used - 1]
