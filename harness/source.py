"""YAML text to plain data with positions, and what is wrong in it as `file:line:col`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import yaml

from harness.errors import InputError

Location = tuple[str | int, ...]
"""The way to a value: keys and list positions from the top."""

_MOST_NODES = 200_000
_DEEPEST = 100
_LONGEST_NUMBER = 400
_UNREADABLE = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\x80-\\x9f\\ud800-\\udfff\\ufffe\\uffff]")


class _CoreLoader(yaml.CSafeLoader):
    """PyYAML's safe loader with the types of the YAML 1.2 core schema only."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
):
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)


class Position(NamedTuple):
    """A place in a text, both counted from one."""

    line: int
    column: int


@dataclass(frozen=True)
class Document:
    """A YAML file as plain data, with the position of every key and value."""

    path: Path
    data: Any
    keys: Mapping[Location, Position] = field(repr=False)
    values: Mapping[Location, Position] = field(repr=False)

    def place(self, location: Sequence[str | int], *, key: bool = False) -> str:
        """Return `file:line:col` of the value, or key, at the location or of what is nearest above it."""
        found: Location = ()
        for step in self.written(location):
            if (*found, step) not in self.values:
                break
            found = (*found, step)
        positions = self.keys if key and found in self.keys else self.values
        line, column = positions.get(found, Position(1, 1))
        return f"{shown(self.path)}:{line}:{column}"

    def written(self, location: Sequence[str | int]) -> Location:
        """Return the location without the numbers that count items of what is written as one item."""
        found: Location = ()
        for step in location:
            if isinstance(step, str) or (*found, step) in self.values:
                found = (*found, step)
        return found


def shown(path: Path) -> str:
    """Return the path as people would type it: relative to the current folder where it is below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def read(path: Path) -> Document:
    """Read one YAML file.

    Raises:
        InputError: the file is not there, is not UTF-8, or is not one plain YAML document; all repeated keys at once.
    """
    return parse(text_of(path), path)


def text_of(path: Path) -> str:
    """Return the text of a file, without its byte order mark.

    Raises:
        InputError: the file is not there, cannot be read, or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{shown(path)}:1:1: there is no such file") from None
    except OSError as error:
        raise InputError(f"{shown(path)}:1:1: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(f"{shown(path)}:{line}:1: not UTF-8 text; save the file as UTF-8") from None


def parse(text: str, path: Path) -> Document:
    """Turn YAML text into a document; `path` is what messages call it.

    Raises:
        InputError: the text is not one plain YAML document; all repeated keys at once.
    """
    if wrong := _UNREADABLE.search(text):
        line = text.count("\n", 0, wrong.start()) + 1
        column = wrong.start() - text.rfind("\n", 0, wrong.start())
        sign = f"U+{ord(wrong[0]):04X}"
        raise InputError(f"{shown(path)}:{line}:{column}: not YAML: the character {sign} must be written as an escape")
    loader = None
    try:
        _measure(text, path)
        loader = _CoreLoader(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        begun = error.context_mark
        since = f" (begun at {begun.line + 1}:{begun.column + 1})" if error.context and begun else ""
        what = " ".join(filter(None, (f"{error.context or ''}{since}", error.problem)))
        if mark and text[mark.index : mark.index + 1] == "\t":
            what = "a tab stands where blanks must"
        raise InputError(f"{shown(path)}:{line}:{column}: not YAML: {what}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{shown(path)}:1:1: not YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise InputError(f"{shown(path)}:1:1: nested too deeply to be read") from None
    finally:
        if loader is not None:
            loader.dispose()
    builder = _Builder(path)
    try:
        data = builder.build(node, ()) if node is not None else None
    except RecursionError:
        raise InputError(f"{shown(path)}:1:1: nested too deeply, or an alias that holds itself") from None
    if builder.problems:
        raise InputError(*builder.problems)
    return Document(path, data, builder.keys, builder.values)


def _measure(text: str, path: Path) -> None:
    """Refuse text that is nested so deeply that libyaml's composer would crash on it.

    Raises:
        InputError: it is.
    """
    depth = 0
    for event in yaml.parse(text, _CoreLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise InputError(f"{shown(path)}:{line}:1: nested too deeply to be read")


class _Builder:
    """Walks composed nodes once, making data, positions and problems."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._left = _MOST_NODES
        self.keys: dict[Location, Position] = {}
        self.values: dict[Location, Position] = {}
        self.problems: list[str] = []

    def build(self, node: yaml.Node, location: Location) -> Any:
        """Return the node's data, noting its position."""
        self._left -= 1
        if self._left < 0:
            raise InputError(f"{shown(self._path)}:1:1: aliases expand to more than {_MOST_NODES} values")
        self.values[location] = _position(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, location)
        if isinstance(node, yaml.SequenceNode):
            self._tag(node, "seq")
            return [self.build(child, (*location, index)) for index, child in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, Any]:
        self._tag(node, "map")
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            if key in data:
                self._problem(key_node, f"the key '{key}' stands here twice; only one can count")
                continue
            self.keys[(*location, key)] = _position(key_node)
            data[key] = self.build(value_node, (*location, key))
        return data

    def _key(self, node: yaml.Node) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str":
            return str(node.value)
        if not isinstance(node, yaml.ScalarNode):
            self._problem(node, "keys are text; this one is a list or a mapping")
        elif _short_tag(node) in ("null", "bool", "int", "float"):
            self._problem(node, f"keys are text; write '{node.value}' in quotes")
        else:
            self._tag(node, "str")
        return None

    def _tag(self, node: yaml.Node, plain: str) -> None:
        if _short_tag(node) != plain:
            self._problem(node, f"the tag {_short_tag(node)} has no meaning here; remove it")

    def _scalar(self, node: yaml.Node) -> Any:
        text, tag = str(node.value), _short_tag(node)
        if tag == "str":
            return text
        try:
            return _SCALARS[tag](text)
        except KeyError:
            self._tag(node, "str")
        except ValueError:
            self._problem(node, f"not a {_WORDS[tag]} that can be read; write it in quotes to have text")
        return None

    def _problem(self, node: yaml.Node, what: str) -> None:
        line, column = _position(node)
        self.problems.append(f"{shown(self._path)}:{line}:{column}: {what}")


def _null(text: str) -> None:
    if text.lower() not in ("", "~", "null"):
        raise ValueError(text)


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()] if text.lower() in ("true", "false") else _no(text)


def _integer(text: str) -> int:
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10)) if len(text) <= _LONGEST_NUMBER else _no(text)


def _float(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


def _no(text: str) -> NoReturn:
    raise ValueError(text)


_SCALARS: Mapping[str, Callable[[str], Any]] = {"null": _null, "bool": _boolean, "int": _integer, "float": _float}
_WORDS = {"null": "null", "bool": "true or false", "int": "number", "float": "number"}


def _short_tag(node: yaml.Node) -> str:
    return str(node.tag).removeprefix("tag:yaml.org,2002:")


def _position(node: yaml.Node) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)
