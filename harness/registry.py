"""Production's model registry: its roles and the orchestrator's model, in the settings' own terms."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import SecretStr

from harness.errors import did_you_mean
from harness.jsontext import read_json, shown_name
from harness.source import Document, Location, shown
from harness.wording import dotted

ORCHESTRATOR = "orchestrator"
"""The role whose `primary` names the model."""

USABLE = "local_openai"
"""The type of the models that can be asked."""

_SECTIONS = {"role": "roles", "model": "models"}
_ROLE = {"system_append": "overlay", "tools": "allow"}
_MODEL = ("host_type", "api_url", "api_key_env", "model_name")
_PARAMS = ("temperature", "top_p", "seed", "max_tokens")
_MOST_NAMES = 20
_MOST_UNUSED = 12


@dataclass(frozen=True)
class Entry:
    """A role or a model of a registry in the settings' own terms, with the way back to where each value stands."""

    name: str
    """What the registry calls it."""
    document: Document = field(repr=False)
    """The registry's file, keys and all."""
    at: Location
    """Where it stands in the document."""
    data: Mapping[str, Any]
    """Its values under the settings' keys."""
    origins: Mapping[Location, Location] = field(default_factory=dict)
    """Where the values of `data` stand in the document."""
    key: SecretStr | None = None
    """The key that stands in the registry itself."""
    unused: tuple[str, ...] = ()
    """The keys that mean nothing here."""
    problems: tuple[str, ...] = ()
    """What is wrong with it."""

    @property
    def label(self) -> str:
        """What reports, cassettes and scripts call it."""
        return label_of(self.name)

    def written(self, location: Location) -> Location:
        """Return where in the document a location of the settings, below their group, comes from."""
        for length in range(len(location), 0, -1):
            if location[:length] in self.origins:
                return (*self.origins[location[:length]], *location[length:])
        return self.at

    def place(self, location: Sequence[str | int] = (), *, key: bool = False) -> str:
        """Return `file:line:col` of a location of the settings, below their group."""
        return self.document.place(self.written(tuple(location)), key=key)


class Models(NamedTuple):
    """The models of a registry: those that can be asked, and the types of the others by their names."""

    asked: tuple[Entry, ...]
    others: dict[str, str | None]


class Primary(NamedTuple):
    """The name of the orchestrator's model, or what is wrong with it."""

    name: str | None
    problems: tuple[str, ...] = ()


class _Named(NamedTuple):
    """The roles or the models by name, with where each stands."""

    found: dict[str, Location]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Registry:
    """A registry file as it is written."""

    document: Document = field(repr=False)

    def names(self, group: str) -> tuple[str, ...]:
        """Return the names of its roles (`role`) or models (`model`)."""
        return tuple(self._named[group].found)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the lists of its roles and models themselves."""
        return tuple(dict.fromkeys(problem for named in self._named.values() for problem in named.problems))

    @cached_property
    def _named(self) -> dict[str, _Named]:
        return {group: _named(self.document, section) for group, section in _SECTIONS.items()}

    def role(self, name: str, default: str | None = None) -> Entry:
        """Return a role, with what is wrong with it; `default` is the file that chooses it, where no override does."""
        known = self._named["role"]
        if known.problems:
            return self._nothing(name, *known.problems)
        if name not in known.found:
            there = f"there are: {_listed(known.found)}"
            if default is None:
                said = f"there is no role {shown_name(name)}{did_you_mean(name, known.found)}; {there}"
                return self._nothing(name, f"override 'role={name}': in {shown(self.document.path)} {said}")
            said = f"there is no role {shown_name(name)}, which {default} chooses; choose one with role=NAME; {there}"
            return self._nothing(name, f"{self.document.place(('roles',))}: roles: {said}")
        at = known.found[name]
        given = self._object(at)
        if given is None:
            return self._nothing(name, self._problem(at, "must be an object"))
        origins: dict[Location, Location] = {(own,): (*at, theirs) for theirs, own in _ROLE.items()}
        data = {"label": label_of(name), **{own: given.get(theirs) for theirs, own in _ROLE.items()}}
        if data["overlay"] is None:
            del data["overlay"]
        return Entry(
            name,
            self.document,
            at,
            data,
            {("label",): at, **origins},
            unused=tuple(sorted((*self._unused_at_top(), *self._unused_of_role(name, at)))),
        )

    def model(self) -> Entry:
        """Return the orchestrator's primary model, with what is wrong with it."""
        sections = self._named["role"], self._named["model"]
        if problems := [problem for section in sections for problem in section.problems]:
            return self._nothing("", *problems)
        primary = self._primary()
        if isinstance(primary, Entry):
            return primary
        role = self._named["role"].found[ORCHESTRATOR]
        return self._asked(primary, self._named["model"].found[primary], self._unused_of_role(ORCHESTRATOR, role))

    def models(self) -> Models:
        """Return every model: those that can be asked as entries, with what is wrong with each, and the others.

        Of a registry of which the lists are wrong, there are none.
        """
        asked: list[Entry] = []
        others: dict[str, str | None] = {}
        for name, at in ({} if self.problems else self._named["model"].found).items():
            given = self._object(at)
            if given is None or given.get("type") == USABLE or not isinstance(given.get("type"), str | None):
                asked.append(self._asked(name, at, ()))
            else:
                others[name] = given.get("type")
        return Models(tuple(asked), others)

    def primary(self) -> Primary:
        """Return the name of the orchestrator's model, where it has one."""
        roles = {} if self.problems else self._named["role"].found
        role = self._object(roles[ORCHESTRATOR]) if ORCHESTRATOR in roles else None
        if role is None or role.get("primary") is None:
            return Primary(None)
        found = self._primary()
        return Primary(found) if isinstance(found, str) else Primary(None, found.problems)

    def keys(self) -> dict[str, str]:
        """Return every key that stands in a model, be it usable or not, with the words that tell of it."""
        found: dict[str, str] = {}
        for at in self._named["model"].found.values():
            key = (self._object(at) or {}).get("api_key")
            if isinstance(key, str) and key.strip():
                found.setdefault(key.strip(), f"the api_key of {dotted(at)}")
        return found

    def _primary(self) -> str | Entry:
        """Return the name of the orchestrator's model, or an entry that says why there is none."""
        roles, models = self._named["role"].found, self._named["model"].found
        if ORCHESTRATOR not in roles:
            said = f"'{ORCHESTRATOR}' is missing, whose 'primary' names the model; or choose one with model=NAME"
            return self._nothing("", f"{self.document.place(('roles',))}: roles: {said}")
        role = roles[ORCHESTRATOR]
        given = self._object(role)
        if given is None:
            return self._nothing("", self._problem(role, "must be an object"))
        name = given.get("primary")
        if name is None:
            return self._nothing("", self._problem(role, "'primary' is missing, which names the model"))
        if not isinstance(name, str):
            return self._nothing("", self._problem((*role, "primary"), "must be text: the name of a model"))
        if name not in models:
            hint = f"{did_you_mean(name, models)}; there are: {_listed(models)}"
            return self._nothing("", self._problem((*role, "primary"), f"there is no model {shown_name(name)}{hint}"))
        return name

    def _asked(self, name: str, at: Location, unused: Iterable[str]) -> Entry:
        """Return a model as the settings have it."""
        given = self._object(at)
        if given is None:
            return self._nothing(name, self._problem(at, "must be an object"))
        params = _params(given, at)
        key = given.get("api_key")
        values = {known: given[known] for known in _MODEL if given.get(known) is not None}
        mine = {*_MODEL, *_PARAMS, "type", "api_key", "params", *self._name_key(at)}
        left = [*(self._said(at, one) for one in given if one not in mine), *unused, *self._unused_at_top()]
        left += (self._said((*at, "params"), one) for one in params.unused)
        wrong = [*_kind_problems(given.get("type"), at), *params.problems, *_key_problems(key, at)]
        return Entry(
            name,
            self.document,
            at,
            {"label": label_of(name), **values, "params": params.sent},
            {("label",): at, **{(known,): (*at, known) for known in _MODEL}, **params.origins},
            SecretStr(key.strip()) if isinstance(key, str) and key.strip() else None,
            tuple(sorted(left)),
            tuple(self._problem(*problem) for problem in wrong),
        )

    def _unused_of_role(self, name: str, at: Location) -> Iterator[str]:
        mine = {*_ROLE, *self._name_key(at), *(("primary",) if name == ORCHESTRATOR else ())}
        yield from (self._said(at, one) for one in self._object(at) or () if one not in mine)

    def _unused_at_top(self) -> Iterator[str]:
        yield from (self._said((), one) for one in self._object(()) or () if one not in _SECTIONS.values())

    def _said(self, at: Location, key: str) -> str:
        whole = dotted((*at, key))
        return whole if whole.isprintable() else shown_name(whole)

    def _name_key(self, at: Location) -> tuple[str, ...]:
        return ("name",) if isinstance(at[-1], int) else ()

    def _object(self, at: Location) -> dict[str, Any] | None:
        value = self.document.data
        for step in at:
            value = value[step]
        return value if isinstance(value, dict) else None

    def _nothing(self, name: str, *problems: str) -> Entry:
        return Entry(name, self.document, (), {"label": label_of(name) or "none"}, problems=problems)

    def _problem(self, at: Location, what: str) -> str:
        return f"{self.document.place(at)}: {dotted(at)}: {what}"


def read_registry(path: Path) -> Registry:
    """Read a registry file.

    Raises:
        InputError: the file is not there or is not plain JSON.
    """
    return Registry(read_json(path))


def label_of(name: str) -> str:
    """Return the label of what a registry calls by a name: with hyphens where a label cannot be as the name is."""
    return re.sub(r"[@~+/\s]+", "-", name)


def note(path: Path, unused: Iterable[str]) -> str:
    """Return in one line which keys of a registry mean nothing here."""
    names = sorted(set(unused))
    more = f" and {len(names) - _MOST_UNUSED} more" if len(names) > _MOST_UNUSED else ""
    return f"{shown(path)}: not used: {', '.join(names[:_MOST_UNUSED])}{more}"


def _named(document: Document, section: str) -> _Named:
    """Return what stands in a section by name: as an object of objects, or as a list of objects with names."""
    if not isinstance(document.data, dict):
        return _Named({}, (f"{document.place(())}: must be an object with 'models' and 'roles'",))
    if section not in document.data:
        return _Named({}, (f"{document.place(())}: '{section}' is missing",))
    listed = document.data[section]
    if isinstance(listed, dict):
        return _Named({name: (section, name) for name in listed}, ())
    if not isinstance(listed, list):
        return _Named({}, (f"{document.place((section,))}: {section}: must be an object",))
    found: dict[str, Location] = {}
    problems: list[str] = []
    for index, one in enumerate(listed):
        name = one.get("name") if isinstance(one, dict) else None
        place = f"{document.place((section, index))}: {section}[{index}]"
        if not isinstance(name, str):
            problems.append(f"{place}: must be an object with a 'name'")
        elif name in found:
            problems.append(f"{place}: the name {shown_name(name)} stands here twice; only one can count")
        else:
            found[name] = (section, index)
    return _Named(found, tuple(problems))


class _Params(NamedTuple):
    """What of a model is sent beside the conversation."""

    sent: dict[str, Any]
    origins: dict[Location, Location]
    problems: list[tuple[Location, str]]
    unused: list[str]


def _params(given: Mapping[str, Any], at: Location) -> _Params:
    """Return the known parameters, which stand in a model itself or in its `params`."""
    params = given.get("params")
    found = _Params({}, {}, [], [])
    if params is not None and not isinstance(params, dict):
        found.problems.append(((*at, "params"), "must be an object"))
    inner = params if isinstance(params, dict) else {}
    found.unused.extend(one for one in inner if one not in _PARAMS)
    for known in _PARAMS:
        inside, outside = inner.get(known), given.get(known)
        found.origins["params", known] = (*at, "params", known) if inside is not None else (*at, known)
        if inside is not None and outside is not None:
            found.problems.append(((*at, known), "stands in 'params' too; only one can count"))
        if inside is not None or outside is not None:
            found.sent[known] = outside if inside is None else inside
    return found


def _kind_problems(kind: Any, at: Location) -> Iterator[tuple[Location, str]]:
    if kind is None:
        yield at, f"'type' is missing; only models of type '{USABLE}' can be asked"
    elif kind != USABLE:
        called = shown_name(kind) if isinstance(kind, str) else "that"
        said = f"a model of type {called} cannot be asked, only one of type '{USABLE}'; choose one with model=NAME"
        yield (*at, "type"), said


def _key_problems(key: Any, at: Location) -> Iterator[tuple[Location, str]]:
    if key is not None and not isinstance(key, str):
        yield (*at, "api_key"), "must be text"
    elif key and not (key.isascii() and key.strip().isprintable()):
        yield (*at, "api_key"), "holds characters that no key has"


def _listed(names: Iterable[str]) -> str:
    known = [name if name.isprintable() else shown_name(name) for name in names]
    more = f" and {len(known) - _MOST_NAMES} more" if len(known) > _MOST_NAMES else ""
    return f"{', '.join(known[:_MOST_NAMES])}{more}"
