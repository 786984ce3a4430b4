"""The settings files under which imported scenarios run: what a record shows of persona, tools, model and loop."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.errors import InputError
from harness.files import escaped
from harness.matching import canonical
from harness.project import Conf
from harness.source import Location
from harness.wording import dotted
from harness.yamltext import unheld, yaml_text

NOWHERE = "http://unknown.invalid/v1"
"""The address of a model of which the record does not say where it was asked; no such host can exist (RFC 2606)."""

_LONGEST = 64
_PARAMETERS = frozenset({"temperature", "top_p", "seed", "max_tokens"})
_OUR_OWN = frozenset(
    {"model", "messages", "tools", "functions", "tool_choice", "function_call", "stream", "stream_options", "n"}
)
"""Fields of a request that the loop itself fills, or never sends."""


@dataclass(frozen=True)
class Need:
    """What a recorded conversation was held under."""

    prompt: str
    tools: Sequence[Mapping[str, Any]] | None
    """The tools in OpenAI's form, or None where the record does not say."""
    called: tuple[str, ...]
    """The tools that were called."""
    asks: Collection[str]
    """The tools about which the user is asked."""
    model: str
    address: str | None
    request: Mapping[str, Any]
    """The body of one of its requests, where it is known."""
    tolerant: bool
    rounds: int
    session: int


@dataclass
class Provision:
    """Settings files that are to be written, and which of them each need chooses."""

    conf: Conf
    base: str
    """What the files are called."""
    given: Mapping[str, str]
    """Choices that are made already, by group."""
    files: dict[tuple[str, str], str] = field(default_factory=dict)
    """The texts of new files, by group and name."""
    _known: dict[str, dict[str, str]] = field(default_factory=dict)
    """The choices that the project or these files have, by group and by what they hold."""

    def provide(self, needs: Sequence[Need]) -> list[dict[str, str]]:
        """Return the choices of each need by group, and add the files that they take.

        Raises:
            InputError: a settings file of the project cannot be read.
        """
        loops = {tolerant: _loop([one for one in needs if one.tolerant is tolerant], tolerant) for tolerant in _BOTH}
        called = tuple(dict.fromkeys(name for one in needs if one.tools is None for name in one.called))
        asked = frozenset(name for one in needs if one.tools is None for name in one.asks)
        made: list[dict[str, str]] = []
        for need in needs:
            choices = {
                "model": self._model(need),
                "persona": self._choice("persona", _persona(need.prompt), 1, self.base),
                "catalogue": self._catalogue(need, called, asked),
                "tools": self._plain("tools", "all"),
                "role": self._plain("role", "plain"),
                "loop": self._choice("loop", loops[need.tolerant], 1, self.base),
            }
            made.append(choices)
        return made

    def _choice(self, group: str, data: Mapping[str, Any], blocks: int, name: str, head: str = "") -> str:
        """Return the choice of a group that is made already, or holds this data: the project's own, or a new one."""
        if group in self.given:
            return self.given[group]
        known = self._known.get(group)
        if known is None:
            own = ((o.choice, d.data) for o, d in self.conf.documents(group) if not o.bundled)
            known = {_content(said): choice for choice, said in own if isinstance(said, dict)}
            self._known[group] = known
        same = _content(data)
        if same not in known:
            known[same] = free = self._free(group, name)
            self.files[group, free] = head + yaml_text({"label": free, **data}, blocks)
        return known[same]

    def _free(self, group: str, name: str) -> str:
        """Return the name, or with a number behind it one that no choice of the group has."""
        taken = {*self.conf.choices(group), *self.conf.labels(group), *(one for at, one in self.files if at == group)}
        names: Iterator[str] = (name if number == 1 else f"{name}_{number}" for number in range(1, len(taken) + 2))
        return next(one for one in names if one not in taken)

    def _model(self, need: Need) -> str:
        """Return the model: one of the project's own that the endpoint calls so, or a new one."""
        if "model" in self.given:
            return self.given["model"]
        for origin, document in self.conf.documents("model"):
            data = document.data
            if not origin.bundled and isinstance(data, dict) and data.get("model_name") == need.model:
                return origin.choice
        sent = {key: value for key, value in need.request.items() if key not in _OUR_OWN and value is not None}
        params = {key: sent.pop(key) for key in sorted(_PARAMETERS & sent.keys())}
        params |= {"extra_body": sent} if sent else {}
        name = _slug(need.model) or "recorded"
        data = {
            "host_type": "openai",
            "api_url": need.address or NOWHERE,
            "model_name": need.model or "unknown",
            **({"params": params} if params else {}),
        }
        where = "" if need.address else " and put its address here, of which the record says nothing"
        return self._choice(
            "model",
            data,
            1,
            name,
            f"# Of imported records. To ask it anew, name the variable of its key (api_key_env){where}.\n",
        )

    def _catalogue(self, need: Need, called: Sequence[str], asked: Collection[str]) -> str:
        tools = (
            {name: _tool({}, name in asked) for name in called}
            if need.tools is None
            else {name: _tool(one["function"], name in need.asks) for name, one in _named(need.tools).items()}
        )
        hidden = [name for name in need.called if name not in tools]
        tools |= {name: {**_tool({}, name in need.asks), "access": "admin"} for name in hidden}  # called, never offered
        return self._choice("catalogue", {"tools": tools}, 3, self.base)

    def _plain(self, group: str, name: str) -> str:
        """Return the choice of a group that neither adds to the prompt nor takes tools away, or a new one."""
        if group in self.given:
            return self.given[group]
        for origin, document in self.conf.documents(group):
            data = document.data
            said = [data.get(key) for key in ("overlay", "defaults")] if isinstance(data, dict) else [True]
            if not any(said) and data.get("allow") is None:
                return origin.choice
        return self._choice(group, {}, 1, name)


_BOTH = (False, True)


def faults(need: Need) -> list[str]:
    """Return why no settings file can hold what a conversation was held under."""
    named = [str(one.get("function", {}).get("name")) for one in need.tools or ()]
    twice = sorted({name for name in named if named.count(name) > 1})
    found = [f"offers the tool {name} twice" for name in twice]
    parts: list[tuple[str, Any]] = [("the system prompt", need.prompt), ("the tools", list(need.tools or ()))]
    parts.append(("the request", {key: value for key, value in need.request.items() if key not in _OUR_OWN}))
    for what, value in parts:
        found += [f"{what}{_at(way)} {why}" for way, why in unheld(value)]
    return found


def _at(way: Location) -> str:
    return f", {dotted(way)}," if way else ""


def _content(data: Mapping[str, Any]) -> str:
    return canonical({key: value for key, value in data.items() if key != "label"})


def _persona(prompt: str) -> dict[str, Any]:
    return {"preamble": prompt} if prompt.strip() else {"sections": {}}


def _loop(needs: Sequence[Need], tolerant: bool) -> dict[str, Any]:
    """Return the loop of conversations: production's, that asks often enough and says nothing of its own beforehand."""
    return {
        "defaults": ["tolerant" if tolerant else "production", "_self_"],
        "max_rounds": max([8, *(one.rounds for one in needs)]),
        "history": max([6, *(one.session for one in needs)]),
        "texts": {"tools_available": ""},
    }


def _named(tools: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {str(one["function"].get("name")): one for one in tools if isinstance(one.get("function"), dict)}


def _tool(function: Mapping[str, Any], asks: bool) -> dict[str, Any]:
    parameters = function.get("parameters")
    return {
        "description": str(function.get("description") or ""),
        **({"confirm": True} if asks else {}),
        **({"parameters": parameters} if isinstance(parameters, dict) else {"parameters": {"type": "object"}}),
    }


def _slug(name: str) -> str:
    """Return a name as a choice may be called on the command line, and its file on every system."""
    made = re.sub(r"[^A-Za-z0-9._-]", "-", name.rpartition("/")[2][:_LONGEST]).strip("-.")
    return f"model-{made}" if made and escaped(made) != made else made


def placed(files: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """Return the texts of settings files by where they stand below `conf/`.

    Raises:
        InputError: a name is no file's.
    """
    for group, name in files:
        if "/" in name or not name:
            raise InputError(f"'{name}' cannot be the name of a {group}")
    return {f"{group}/{name}.yaml": text for (group, name), text in files.items()}
