"""The tools as one user in one role sees them, with what a scenario makes of them."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from harness.catalogue import Catalogue, FileWork
from harness.errors import InputError, ToolBroken, ToolError, did_you_mean
from harness.matching import fits_all
from harness.rules import Effect, Rule
from harness.stateful import OwnTools
from harness.workspace import Workspace, inside

UNCOVERED = "the scenario has no result for"
"""How the result begins of a call that the scenario does not cover."""


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

    def __init__(  # noqa: PLR0913 - what a case says of its tools
        self,
        catalogue: Catalogue,
        rules: Mapping[str, Sequence[Rule]],
        *,
        access: str = "user",
        allow: Collection[str] | None = None,
        own: OwnTools | None = None,
        files: Workspace | None = None,
        report: Callable[[Execution], None] = lambda _: None,
        beyond: Callable[[str, Mapping[str, Any]], Effect | None] = lambda _name, _arguments: None,
    ) -> None:
        self._catalogue = catalogue
        self._allow = allow
        self._permitted = frozenset(permitted(catalogue, access, allow))
        self._rules = {name: [_Player(rule) for rule in tool] for name, tool in rules.items()}
        self._own = own
        self._files = files
        self._report = report
        self._beyond = beyond
        self.error: ToolBroken | None = None
        """What one of the scenario's own tools broke with; a loop may have swallowed what was raised."""

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
        """Return what the scenario's rules say, else what its own tools, its workspace or whoever is there give.

        Raises:
            ToolError: the tool is unknown or not allowed, it refuses, or nothing in the scenario covers the call.
            ToolBroken: one of the scenario's own tools is broken, now or since an earlier call.
        """
        if self.error is not None:
            raise self.error
        try:
            done = Execution(name, args, "executed", as_text(await self._result(name, args)))
        except ToolError as error:
            known = name in self._permitted
            done = Execution(name, args, "failed" if known else "refused", str(error))
        except ToolBroken as error:
            self.error = error
            raise
        self._report(done)
        if done.outcome != "executed":
            raise ToolError(done.result)
        return done.result

    async def _result(self, name: str, args: dict[str, Any]) -> Any:
        if name not in self._catalogue.tools:
            raise ToolError(f"there is no tool '{name}'")
        if name not in self._permitted:
            raise ToolError(f"the tool '{name}' is not allowed here")
        for player in self._rules.get(name, ()):
            if (effect := player.play(args)) is not None:
                return _done(effect)
        if self._own is not None and name in self._own:
            return await self._own.call(name, args)
        work = self._catalogue.tools[name].workspace
        if self._files is not None and work is not None:
            return _worked(self._files, work, args)
        if (effect := self._beyond(name, args)) is not None:
            return _done(effect)
        raise ToolError(f"{UNCOVERED} {name} with {json.dumps(args, ensure_ascii=False)}")


def _done(effect: Effect) -> Any:
    """Return what a rule gives.

    Raises:
        ToolError: it raises.
    """
    if effect.raises is not None:
        raise ToolError(effect.raises)
    return effect.returns


def _worked(files: Workspace, work: FileWork, args: Mapping[str, Any]) -> Any:
    """Do to the workspace what a tool does, and return what the model is told; arguments that it lacks are free.

    Raises:
        ToolError: an argument is missing, or a file is not as the call needs it.
    """

    def given(argument: str) -> str:
        value = args.get(argument)
        if not isinstance(value, str):
            what = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
            raise ToolError(f"'{argument}' must be text; given: {what}")
        return value

    folder = files.within(work.folder)
    if work.does == "list":
        return folder.list(given(work.path) if args.get(work.path) is not None else "")
    path = given(work.path)
    if work.does == "read":
        return folder.read(path)
    if work.does == "delete":
        folder.delete(path)
        return f"deleted {inside(path)}"
    if work.does == "move":
        to = given(work.to)
        folder.move(path, to)
        return f"moved {inside(path)} to {inside(to)}"
    text = given(work.content)
    (folder.write if work.does == "write" else folder.append)(path, text)
    return f"wrote {len(text)} characters to {inside(path)}"


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
