"""The roles and models of a registry as files of settings, or what is wrong with them."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from harness.credentials import credentials
from harness.errors import InputError
from harness.files import escaped
from harness.group import Group
from harness.jsontext import shown_name
from harness.model import Model
from harness.project import Conf
from harness.registry import Entry, Models, Primary, Registry
from harness.scanning import found, refusal
from harness.settings import Role
from harness.source import Location, shown
from harness.withheld import bare, secrets, variables
from harness.wording import dotted, problems
from harness.yamltext import unheld, yaml_text

KINDS: Mapping[str, type[Group]] = {"model": Model, "role": Role}
"""The groups of settings that a registry gives."""
_ORDER = ("label", "host_type", "api_url", "api_key_env", "model_name", "params", "overlay", "allow")
_LONGEST = 80


@dataclass(frozen=True)
class File:
    """A file that shall be written."""

    group: str
    entry: Entry
    choice: str
    """What is typed behind `model=` or `role=`."""
    data: Mapping[str, Any]
    cut: tuple[str, ...] = ()
    """What was cut from the model's address, in words."""

    @property
    def text(self) -> str:
        """What stands in the file."""
        return f"# From a model registry: {called(self.entry)}.\n{yaml_text(self.data, blocks=1)}"


class Plan(NamedTuple):
    """What a registry becomes, and what is wrong with it."""

    files: list[File]
    models: Models
    primary: Primary
    variables: dict[str, str]
    """The environment variables for the keys that stand in models, by the models' names."""
    wrong: list[str]


def plan_of(registry: Registry, conf: Conf) -> Plan:
    """Return what a registry's roles, and its models that can be asked, become in a project."""
    models, primary = registry.models(), registry.primary()
    roles = [] if registry.problems else [registry.role(name) for name in registry.names("role")]
    entries = [*(("model", one) for one in models.asked), *(("role", one) for one in roles)]
    files, wrong = [], [*registry.problems, *primary.problems]
    choices: dict[str, dict[str, str]] = {"model": {}, "role": {}}
    for group, entry in entries:
        taken = choices[group]
        taken[entry.name] = _choice(entry.label, group, set(taken.values()))
    named = variables(models.asked, _variables(conf, set(choices["model"].values())))
    known = credentials(os.environ) | secrets(models.asked, registry.keys())
    first: dict[tuple[str, str], Entry] = {}
    for group, entry in entries:
        other = first.setdefault((group, entry.label), entry)
        if other is not entry:
            said = f"has the label {shown_name(entry.label)}, as {called(other)} has; rename one of them"
            wrong.append(f"{entry.place()}: {called(entry)}: {said}")
        data = dict(entry.data)
        try:
            data, cut = _without_secrets(data, named.get(entry.name) if group == "model" else None)
        except ValueError as error:
            wrong.append(_problem(entry, ("api_url",), str(error)))
            cut = ()
        file = File(group, entry, choices[group][entry.name], data, cut)
        told = [*entry.problems, *_unfit(file), *_leaking(file, known)]
        if not told and (leaks := found(file.text, known)):
            told = [refusal(shown(entry.document.path), leaks)]
        wrong += told
        files.append(file)
    return Plan(files, models, primary, named, wrong)


def _variables(conf: Conf, replaced: set[str]) -> Iterator[str]:
    """Yield the variables that models name which stay as they are."""
    try:
        documents = conf.documents("model")
    except InputError:
        return  # told with the obstacles
    for origin, document in documents:
        name = document.data.get("api_key_env") if isinstance(document.data, dict) else None
        if isinstance(name, str) and origin.choice not in replaced:
            yield name


def _choice(label: str, group: str, taken: set[str]) -> str:
    """Return a name for a file that every file system takes, and that can be typed behind `=` as it stands."""
    made = re.sub(r"\.(?=ya?ml$)|[^A-Za-z0-9._]+", "-", label)[:_LONGEST].strip("-.")
    if not made or escaped(made) != made or _value(made):
        made = f"{group}-{made}".rstrip("-")
    others = {name.casefold() for name in taken}
    number, name = 1, made
    while name.casefold() in others:
        number, name = number + 1, f"{made}-{number + 1}"
    return name


def _value(name: str) -> bool:
    """Tell whether a name would be read as a number or a word with a meaning."""
    try:
        float(name)
    except ValueError:
        return name.casefold() in ("true", "false", "null")
    return True


def _without_secrets(data: dict[str, Any], variable: str | None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return data with the variable in the place of a key, and what was cut from its address.

    Raises:
        ValueError: the address is such that it cannot be told what to cut.
    """
    cut: tuple[str, ...] = ()
    if isinstance(data.get("api_url"), str):
        data["api_url"], cut = bare(data["api_url"])
    if variable:
        data["api_key_env"] = variable
    wanted = {key: data[key] for key in _ORDER if data.get(key) not in (None, {})}
    return wanted, cut


def _unfit(file: File) -> Iterator[str]:
    """Yield what of the data is no setting, or cannot stand in a file."""
    for location, what in unheld(dict(file.data)):
        yield _problem(file.entry, location, what)
    if file.group == "model" and not file.entry.problems:
        for name in ("api_url", "model_name"):
            if file.data.get(name) in (None, ""):
                yield _problem(file.entry, (), f"'{name}' is missing; add it")
    try:
        KINDS[file.group].model_validate(file.data)
    except ValidationError as error:
        yield from problems(error, KINDS[file.group], file.entry.place, file.entry.written)


def _leaking(file: File, known: Mapping[str, str]) -> Iterator[str]:
    """Yield the texts that hold a secret, which no file may."""
    for location, text in _texts(dict(file.data), ()):
        if leaks := found(text, known):
            said = f"holds {leaks[0].what}; take it out, or write EXAMPLE into a made-up one"
            yield _problem(file.entry, location, said)


def _texts(value: Any, way: Location) -> Iterator[tuple[Location, str]]:
    if isinstance(value, str):
        yield way, value
    elif isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(inner, (*way, step))


def _problem(entry: Entry, location: Location, what: str) -> str:
    return f"{entry.place(location)}: {dotted(entry.written(location))}: {what}"


def called(entry: Entry) -> str:
    """Return what to call a role or a model of a registry, on one line."""
    where = f"{entry.at[0]}.{entry.name}" if entry.at else entry.name
    return where if where.isprintable() else shown_name(where)


def obstacles(targets: Mapping[Path, File], conf: Conf) -> Iterator[str]:
    """Yield what stands where files shall be, and which other files have their labels."""
    for target in targets:
        if target.exists() or target.is_symlink():
            yield f"{shown(target.parent)}/{target.name}: is there already; move it away, or rename it"
    for group in dict.fromkeys(file.group for file in targets.values()):
        labels = {file.entry.label: file for file in targets.values() if file.group == group}
        names = {file.choice for file in labels.values()}
        try:
            documents = conf.documents(group)
        except InputError as broken:
            yield from broken.problems
            continue
        for origin, document in documents:
            label = document.data.get("label") if isinstance(document.data, dict) else None
            if isinstance(label, str) and label in labels and origin.choice not in names:
                said = f"has the label {shown_name(label)}, as {called(labels[label].entry)} would; give it another"
                yield f"{document.place(('label',))}: {said}"
