"""Tool schemas of other programs, written as a catalogue of the project."""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.catalogue import Catalogue
from harness.composition import check, compose
from harness.credentials import credentials
from harness.errors import InputError, did_you_mean
from harness.files import write_whole
from harness.jsontext import read_json, shown_name
from harness.project import Conf
from harness.scanning import found, refusal
from harness.source import Location, shown
from harness.wording import dotted
from harness.yamltext import unheld, yaml_text

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_WORDS = ("true", "false", "null", "nan", "inf")
_SCHEMAS = ("parameters", "inputSchema", "input_schema")
_ORDER = ("description", "confirm", "parameters")
_HEAD = "# Imported tool schemas. 'confirm: true' makes the loop ask before it runs a tool, 'access: admin' hides it.\n"


@dataclass(frozen=True)
class Source:
    """Where tool schemas come from."""

    what: str
    """What it is: a file or a server."""
    name: str
    """What messages call it."""
    data: Any
    place: Callable[[Location], str]
    """Says where a location of the data is."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Texts that must reach no file, each with the words that tell of it without showing it."""


@dataclass
class _Read:
    """What is read from a source: the tools, what a catalogue has no place for, and what is wrong."""

    source: Source
    tools: dict[str, dict[str, Any]] = field(default_factory=dict)
    destructive: list[str] = field(default_factory=list)
    first: dict[str, Location] = field(default_factory=dict)
    bare: list[str] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def problem(self, location: Location, what: str) -> None:
        """Note what is wrong at a location."""
        where = dotted(location)
        self.wrong.append(f"{self.source.place(location)}: {where + ': ' if where else ''}{what}")


def import_tools(path: Path, conf: Path, name: str | None = None, confirm: Sequence[str] = ()) -> str:
    """Write a catalogue of the tool schemas in a JSON file into a project's `conf/`; return what was done.

    The file holds a list of tools in OpenAI's form or of bare functions, or an object with such a list behind `tools`,
    as in a request or in MCP's answer to `tools/list`. The catalogue is called as the file, unless named, and the
    tools in `confirm` ask the user.

    Raises:
        InputError: everything that is wrong with the file, the name and the tools to confirm; nothing is written.
    """
    label = path.stem if name is None else name
    wrong = list(unfit(label, conf, None if name is not None else "the file's name"))
    try:
        document = read_json(path)
    except InputError as error:
        raise InputError(*wrong, *error.problems) from None
    return write_catalogue(Source("file", shown(path), document.data, document.place), label, conf, confirm, wrong)


def write_catalogue(
    source: Source, label: str, conf: Path, confirm: Sequence[str] = (), wrong: Sequence[str] = ()
) -> str:
    """Write a catalogue of the tool schemas in a source's data; return what was done.

    The tools in `confirm` ask the user, and so do those that are said to be destructive.

    Raises:
        InputError: everything that is wrong, with what is known to be `wrong` already; nothing is written.
    """
    target = conf / "catalogue" / f"{label}.yaml"
    read = _Read(source)
    _read_tools(read)
    unknown = dict.fromkeys(tool for tool in confirm if tool not in read.tools)
    told = [f"--confirm {tool}: the {source.what} has no such tool{did_you_mean(tool, read.tools)}" for tool in unknown]
    if wrong := [*wrong, *read.wrong, *told]:
        raise InputError(*wrong)
    asking = {*confirm, *read.destructive}
    tools = {tool: data | ({"confirm": True} if tool in asking else {}) for tool, data in read.tools.items()}
    tools = {tool: {key: data[key] for key in _ORDER if key in data} for tool, data in tools.items()}
    catalogue = Catalogue.model_validate({"label": label, "tools": tools})
    text = f"{_HEAD}{yaml_text({'label': label, 'tools': tools}, blocks=3)}"
    if leaks := found(text, {**credentials(os.environ), **source.secrets}):
        raise InputError(refusal(shown(target), leaks))
    _judge(label, text, catalogue, source)
    try:
        write_whole(target, text)
    except OSError as error:
        raise InputError(f"{shown(target)}: cannot be written: {error.strerror}") from None
    return "\n".join(_said(target, label, read, len(asking)))


def unfit(label: str, conf: Path, whose: str | None = None) -> Iterator[str]:
    """Yield why a new catalogue cannot be called so; `whose` is the name, if nobody gave it."""
    target = conf / "catalogue" / f"{label}.yaml"
    if not _NAME.fullmatch(label) or label.casefold() in _WORDS:
        said = f"{whose} cannot be the catalogue's; give one with --name" if whose else "--name"
        made = re.sub(r"[^A-Za-z0-9]+", "_", label).strip("_")
        near = f" (such as '{made}')" if _NAME.fullmatch(made) and made.casefold() not in _WORDS else ""
        yield f"{said}: a letter, then letters, digits, '_' and '-'{near}"
        return
    if target.exists() or target.is_symlink():
        yield f"{shown(target.parent)}/{target.name}: is there already; choose another name with --name, or remove it"
    try:
        documents = Conf(target.parents[1]).documents("catalogue")
    except InputError as broken:
        yield from broken.problems
        return
    for origin, document in documents:
        data = document.data
        if isinstance(data, dict) and data.get("label") == label and origin.choice != label:
            yield f"{document.place(('label',))}: this catalogue has the label '{label}' already; give another --name"


def _read_tools(read: _Read) -> None:
    data, location = read.source.data, ()
    way: Location = location
    for step in ("result", "tools") if isinstance(data, dict) and "tools" not in data else ("tools",):
        if isinstance(data, dict) and step in data:
            data, way = data[step], (*way, step)
    if not isinstance(data, list):
        read.problem(way, "holds no tools: a list of them is needed, or an object with such a list behind 'tools'")
    elif not data:
        read.problem(way, "holds no tools: the list is empty")
    else:
        for at, entry in enumerate(data):
            _read_tool(read, entry, (*way, at))


def _read_tool(read: _Read, entry: Any, way: Location) -> None:
    """Read one tool: `{"type": "function", "function": {...}}`, or a bare function."""
    outer = entry if isinstance(entry, dict) else {}
    kind = outer.get("type", "function")
    if not isinstance(entry, dict) or ("function" in entry and not isinstance(entry["function"], dict)):
        read.problem(way, "is no tool: an object with 'name', 'description' and 'parameters' is needed")
        return
    if kind != "function":
        read.problem(way, f"is of type {json.dumps(kind)}, no function that the loop could call; leave it out")
        return
    inner = outer
    if "function" in outer:
        read.left.update(key for key in outer if key not in ("type", "function"))
        inner, way = outer["function"], (*way, "function")
    name, description = _name(read, inner, way), inner.get("description")
    if description is not None and not isinstance(description, str):
        read.problem((*way, "description"), "must be text")
    schema = _schema(read, inner, way)
    read.left.update(key for key in inner if key not in ("name", "description", "type", *_SCHEMAS))
    _read_values(read, description, (*way, "description"))
    if name is None:
        return
    if not description:
        read.bare.append(name)
    hints = inner.get("annotations")
    if isinstance(hints, dict) and hints.get("destructiveHint") is True and hints.get("readOnlyHint") is not True:
        read.destructive.append(name)
    read.first[name] = way
    read.tools[name] = {"description": description or "", **({} if schema is None else {"parameters": schema})}


def _name(read: _Read, function: Mapping[str, Any], way: Location) -> str | None:
    name = function.get("name")
    if not isinstance(name, str) or not name:
        said = "must be text that is not empty" if "name" in function else "is missing, so this is no tool"
        read.problem((*way, "name"), said)
        return None
    if name in read.first:
        read.problem((*way, "name"), f"{shown_name(name)} is the name of {dotted(read.first[name])} already")
        return None
    return name


def _read_values(read: _Read, value: Any, way: Location) -> None:
    """Note the values that no settings file can hold."""
    for inner, what in unheld(value):
        read.problem((*way, *inner), what)


def _schema(read: _Read, function: Mapping[str, Any], way: Location) -> dict[str, Any] | None:
    given = [key for key in _SCHEMAS if function.get(key) is not None]
    for key in given[1:]:
        read.problem((*way, key), f"is a second schema beside '{given[0]}'; only one can count")
    if not given:
        return None
    schema = function[given[0]]
    if not isinstance(schema, dict):
        read.problem((*way, given[0]), "must be an object, a JSON schema")
        return None
    _read_values(read, schema, (*way, given[0]))
    return schema


def _judge(label: str, text: str, catalogue: Catalogue, source: Source) -> None:
    """Compose the text as a project would, and hold that what comes of it is the catalogue that was read.

    Raises:
        InputError: it is not, so that the file would not say what its source says.
    """
    with TemporaryDirectory() as folder:
        write_whole(Path(folder) / "catalogue" / f"{label}.yaml", text)
        (composition,) = compose(Conf(Path(folder)), [f"catalogue={label}"])
    if composition.settings.catalogue != catalogue:
        raise InputError(f"{source.name}: a settings file cannot hold these tools as they are")


def _said(target: Path, label: str, read: _Read, asking: int) -> Iterator[str]:
    """Yield what was written, what was left out, and what to type next."""
    conf = Conf(target.parents[1])
    instead = ", in place of the package's" if conf.choices("catalogue")[label].instead else ""
    asks = f", {asking} of them asked about" if asking else ""
    yield f"{shown(target)}: {_counted(len(read.tools), 'tool')}{asks}{instead}"
    if read.destructive:
        yield f"asked about, since the {read.source.what} says that they destroy: {', '.join(read.destructive)}"
    if read.bare:
        yield f"without a description: {', '.join(read.bare)}"
    if read.left:
        left = ", ".join(f"{shown_name(key)} of {_counted(count, 'tool')}" for key, count in read.left.items())
        yield f"left out, since a catalogue has no place for it: {left}"
    others: tuple[str, ...]
    for others in ((), ("tools=all",), ("role=chat",), ("tools=all", "role=chat")):
        if not check(conf, [f"catalogue={label}", *others]).problems:
            break
    else:
        others = ()
    yield " ".join(("type next: harness run", f"catalogue={label}", *others))


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
