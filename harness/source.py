"""YAML text to plain data with positions, and what is wrong in it as `file:line:col`."""

import zlib
from collections.abc import Callable, ItemsView, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from harness.errors import InputError
from harness.yamldata import plain_data

Found = TypeVar("Found")
Location = tuple[str | int, ...]
"""The way to a value: keys and list positions from the top."""


class Position(NamedTuple):
    """A place in a text, both counted from one."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain data, with the position of every key and value."""

    path: Path
    data: Any
    keys: Mapping[Location, Position] = field(repr=False)
    values: Mapping[Location, Position] = field(repr=False)
    plain: Mapping[Location, str] = field(default_factory=dict, repr=False, compare=False)
    """The values that are written without quotes and without a tag, as they are written; empty ones are none."""

    def place(self, location: Sequence[str | int], *, key: bool = False) -> str:
        """Return `file:line:col` of the value, or key, at the location or of what is nearest above it."""
        values = _at_hand(self.values) if location else self.values
        found: Location = ()
        for step in _written(location, values):
            if (*found, step) not in values:
                break
            found = (*found, step)
        line, column = (self.keys.get(found) if key else None) or values.get(found, Position(1, 1))
        return f"{shown(self.path)}:{line}:{column}"

    def written(self, location: Sequence[str | int]) -> Location:
        """Return the location without the numbers that count items of what is written as one item."""
        return _written(location, _at_hand(self.values))

    def nearest(self, location: Sequence[str | int]) -> Location:
        """Return the location as far as the text says it: what stands in a short form has no keys of its own."""
        values = _at_hand(self.values)
        found = _written(location, values)
        while found and found not in values:
            found = found[:-1]
        return found

    def at_hand(self) -> Self:
        """Return the document with all its positions at hand, for those who ask for many places."""
        return replace(self, keys=_at_hand(self.keys), values=_at_hand(self.values), plain=_at_hand(self.plain))

    def without_data(self) -> Self:
        """Return the document for those who ask for places only; it takes a tenth of the memory."""
        return replace(self, data=None)


def _at_hand(spots: Mapping[Location, Found]) -> Mapping[Location, Found]:
    return spots if isinstance(spots, dict) else dict(spots.items())


def _written(location: Sequence[str | int], values: Mapping[Location, Position]) -> Location:
    found: Location = ()
    for step in location:
        if isinstance(step, str) or (*found, step) in values:
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
    data, problems = plain_data(text)
    if problems:
        name = shown(path)
        raise InputError(*(f"{name}:{line}:{column}: {what}" for line, column, what in problems))
    packed = zlib.compress(text.encode(), 1)
    return Document(path, data, Spots(packed, _key), Spots(packed, _value), Spots(packed, _plain))


class Spot(NamedTuple):
    """Where a value stands and, where it is one of a mapping, its key."""

    location: Location
    key: Position | None
    value: Position
    plain: str | None = None
    """The text of a value that is written without quotes and without a tag."""


def _key(spot: Spot) -> Position | None:
    return spot.key


def _value(spot: Spot) -> Position:
    return spot.value


def _plain(spot: Spot) -> str | None:
    return spot.plain or None


class Spots(Mapping[Location, Found]):
    """Something of all places in a YAML text, such as their positions, looked up whenever one is asked for.

    All of them take many times the memory of the text, and hardly any is ever asked for. One is looked up by reading
    the text up to it, so that those who want many ask for `items`.
    """

    __slots__ = ("_packed", "_part")

    def __init__(self, packed: bytes, part: Callable[[Spot], Found | None]) -> None:
        self._packed = packed
        self._part = part

    def __getitem__(self, location: Location) -> Found:
        for at, found in self._pairs():
            if at == location:
                return found
        raise KeyError(location)

    def __iter__(self) -> Iterator[Location]:
        return (location for location, _ in self._pairs())

    def __len__(self) -> int:
        return sum(1 for _ in self._pairs())

    def items(self) -> ItemsView[Location, Found]:
        """Return all of them with their locations, read at once."""
        return dict(self._pairs()).items()

    def _pairs(self) -> Iterator[tuple[Location, Found]]:
        for spot in _Walk(zlib.decompress(self._packed)).spots():
            if (found := self._part(spot)) is not None:
                yield spot.location, found


class _Walk:
    """Goes through a text that is known to be plain YAML; what an alias stands for is found in each of its places."""

    def __init__(self, text: bytes) -> None:
        self._next: Callable[[], Any] = yaml.CBaseLoader(text).get_event
        self._events: dict[str, Any] = {}
        self._anchored: dict[str, list[Spot]] = {}

    def spots(self) -> Iterator[Spot]:
        """Yield where everything stands, in order."""
        self._next()
        if type(self._next()) is not StreamEndEvent:
            yield from self._value(self._next(), (), None)

    def _value(self, event: Any, location: Location, key: Position | None) -> Iterator[Spot]:
        kind = type(event)
        if kind is AliasEvent:
            first, *inner = self._anchored[event.anchor]
            yield Spot(location, key, first.value, first.plain)
            way = len(first.location)
            yield from (spot._replace(location=(*location, *spot.location[way:])) for spot in inner)
        elif event.anchor is None:
            yield from self._inner(event, location, key)
        else:
            spots = self._anchor(event)
            for spot in self._inner(event, location, key):
                spots.append(spot)
                yield spot

    def _inner(self, event: Any, location: Location, key: Position | None) -> Iterator[Spot]:
        bare = type(event) is ScalarEvent and event.tag is None and event.implicit[0]
        yield Spot(location, key, _position(event), event.value if bare else None)
        if type(event) is MappingStartEvent:
            while (kind := type(name := self._next())) is not MappingEndEvent:
                if kind is AliasEvent:
                    name = self._events[name.anchor]
                elif name.anchor is not None:
                    self._anchor(name).append(Spot((), None, _position(name)))
                yield from self._value(self._next(), (*location, name.value), _position(name))
        elif type(event) is SequenceStartEvent:
            for at in count():
                if type(item := self._next()) is SequenceEndEvent:
                    break
                yield from self._value(item, (*location, at), None)

    def _anchor(self, event: Any) -> list[Spot]:
        self._events[event.anchor] = event
        return self._anchored.setdefault(event.anchor, [])


def _position(event: Any) -> Position:
    return Position(event.start_mark.line + 1, event.start_mark.column + 1)
