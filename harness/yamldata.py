"""YAML text as plain data, made of libyaml's events in one pass, or what is wrong with it."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml
from yaml.composer import ComposerError
from yaml.events import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, StreamEndEvent

from harness.scalars import TEXT, WORDS, plain_tag, scalar
from harness.syntax import slip

_MOST_NODES = 200_000
_DEEPEST = 100
_UNREADABLE = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\x80-\\x9f\\ud800-\\udfff\\ufffe\\uffff]")


class Problem(NamedTuple):
    """What is wrong in a text, and where; line and column are counted from one."""

    line: int
    column: int
    what: str


class Plain(NamedTuple):
    """The data of a text, or what is wrong with it."""

    data: Any
    problems: tuple[Problem, ...] = ()


def plain_data(text: str) -> Plain:
    """Return the data of a text that is one YAML document, or all that makes it none that is plain."""
    if wrong := _UNREADABLE.search(text):
        line = text.count("\n", 0, wrong.start()) + 1
        column = wrong.start() - text.rfind("\n", 0, wrong.start())
        sign = f"U+{ord(wrong[0]):04X}"
        return _none(f"not YAML: the character {sign} must be written as an escape", line, column)
    try:
        return _Reader(text).read()
    except _TooDeep as error:
        return _none("nested too deeply to be read", error.line)
    except RecursionError:
        return _none("nested too deeply to be read")
    except yaml.MarkedYAMLError as error:
        return Plain(None, (Problem(*slip(error, text)),))
    except yaml.YAMLError as error:
        return _none(f"not YAML: {' '.join(str(error).split())}")


def _none(what: str, line: int = 1, column: int = 1) -> Plain:
    return Plain(None, (Problem(line, column, what),))


class _TooDeep(Exception):
    """A text is nested too deeply at a line."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass
class _Anchored:
    """A value that aliases stand for: it begins with this event, and its data is whole when it was read to its end."""

    event: Any
    whole: bool
    data: Any = None
    count: int = 0
    problems: tuple[Problem, ...] = ()
    endless: bool = False


class _Reader:
    """Goes once through the events of a text.

    A value that aliases stand for is the same object in all places until the data is whole, so that a few lines of
    aliases cannot fill the memory; its size is counted as if it were written out.
    """

    def __init__(self, text: str) -> None:
        self._next: Callable[[], Any] = yaml.CBaseLoader(text).get_event
        self._anchors: dict[str, _Anchored] = {}
        self._problems: list[Problem] = []
        self._depth = 0
        self._count = 0
        self._endless = False
        self._shared = False
        self._broken: yaml.MarkedYAMLError | None = None

    def read(self) -> Plain:
        """Return the data of the only document, or what is wrong with it.

        An error of the whole text goes before one of its parts: what is no YAML at all, what a document cannot be
        composed of, what has no end, what is not plain.

        Raises:
            YAMLError: the text is not one YAML document.
            _TooDeep: it is nested too deeply.
        """
        self._next()
        if type(self._next()) is StreamEndEvent:
            return Plain(None)
        root = self._next()
        data = self._value(root)
        self._next()
        while type(event := self._next()) is not StreamEndEvent:
            self._break(
                "expected a single document in the stream", root.start_mark, "but found another document", event
            )
            self._value(self._next())
            self._next()
        if self._broken is not None:
            raise self._broken
        endless = "nested too deeply, or an alias that holds itself"
        if self._endless:
            return _none(endless)
        if self._count > _MOST_NODES:
            return _none(f"aliases expand to more than {_MOST_NODES} values")
        if self._problems:
            return Plain(None, tuple(self._problems))
        try:
            return Plain(_apart(data) if self._shared else data)
        except RecursionError:
            return _none(endless)

    def _break(self, context: str | None, begun: Any, problem: str, event: Any) -> None:
        """Note why no document can be composed; the first reason counts, and nothing but the events after it."""
        self._broken = self._broken or ComposerError(context, begun, problem, event.start_mark)

    def _value(self, event: Any) -> Any:
        """Return the data of the value that begins with an event."""
        kind = type(event)
        if kind is AliasEvent:
            return self._aliased(event)
        self._count += 1
        if kind is ScalarEvent:
            if event.anchor is not None:
                self._anchor(event)
            return self._scalar(event)
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _TooDeep(event.start_mark.line + 1)
        read = self._mapping if kind is MappingStartEvent else self._sequence
        data = read(event) if event.anchor is None else self._anchored(event, read)
        self._depth -= 1
        return data

    def _mapping(self, event: Any) -> dict[str, Any]:
        if event.tag is not None:
            self._tag(event, "map")
        data: dict[str, Any] = {}
        while (kind := type(key := self._next())) is not MappingEndEvent:
            if kind is AliasEvent:
                key = self._anchors[key.anchor].event if self._known(key) else None
            elif kind is not ScalarEvent:
                self._passed_over(key)
            elif key.anchor is not None:
                self._anchor(key)
            name = None if key is None else self._key(key)
            if name is None:
                self._passed_over(self._next())
            elif name in data:
                self._problem(key, f"the key '{name}' stands here twice; only one can count")
                self._passed_over(self._next())
            else:
                data[name] = self._value(self._next())
        return data

    def _sequence(self, event: Any) -> list[Any]:
        if event.tag is not None:
            self._tag(event, "seq")
        data: list[Any] = []
        while type(item := self._next()) is not SequenceEndEvent:
            data.append(self._value(item))
        return data

    def _key(self, event: Any) -> str | None:
        """Return the text of a key, or None where it is no text."""
        if type(event) is not ScalarEvent:
            self._problem(event, "keys are text; this one is a list or a mapping")
            return None
        tag, text = _tag_of(event), event.value
        if tag == TEXT:
            return sys.intern(text)
        if tag in WORDS:
            self._problem(event, f"keys are text; write '{text}' in quotes")
        else:
            self._tag(event, TEXT)
        return None

    def _scalar(self, event: Any) -> Any:
        tag, text = _tag_of(event), event.value
        if tag == TEXT:
            return text
        try:
            return scalar(tag, text)
        except KeyError:
            self._tag(event, TEXT)
        except ValueError:
            self._problem(event, f"not a {WORDS[tag]} that can be read; write it in quotes to have text")
        return None

    def _tag(self, event: Any, plain: str) -> None:
        if event.tag != "!" and (tag := _short(event.tag)) != plain:
            self._problem(event, f"the tag {tag} has no meaning here; remove it")

    def _problem(self, event: Any, what: str) -> None:
        self._problems.append(Problem(event.start_mark.line + 1, event.start_mark.column + 1, what))

    def _passed_over(self, event: Any) -> None:
        """Read a value that does not count, for the anchors in it and for what makes the whole text wrong."""
        before, count, endless = len(self._problems), self._count, self._endless
        self._value(event)
        del self._problems[before:]
        self._count, self._endless = count, endless

    def _anchor(self, event: Any, *, whole: bool = True) -> _Anchored:
        """Note what aliases from here on stand for."""
        if known := self._anchors.get(event.anchor):
            first = "found duplicate anchor; first occurrence"
            self._break(first, known.event.start_mark, "second occurrence", event)
        self._anchors[event.anchor] = _Anchored(event, whole)
        return self._anchors[event.anchor]

    def _anchored(self, event: Any, read: Callable[[Any], Any]) -> Any:
        """Read a list or a mapping for which aliases may stand, noting what is to be known of it there."""
        anchored = self._anchor(event, whole=False)
        before, count, endless = len(self._problems), self._count - 1, self._endless
        self._endless = False
        anchored.data = read(event)
        anchored.whole, anchored.count, anchored.endless = True, self._count - count, self._endless
        anchored.problems = tuple(self._problems[before:])
        self._endless = endless or anchored.endless
        return anchored.data

    def _known(self, event: Any) -> bool:
        """Tell whether there is what an alias stands for."""
        if event.anchor not in self._anchors:
            self._break(None, None, "found undefined alias", event)
        return event.anchor in self._anchors

    def _aliased(self, event: Any) -> Any:
        """Return the data of the value that an alias stands for."""
        if not self._known(event):
            return None
        anchored = self._anchors[event.anchor]
        if type(anchored.event) is ScalarEvent:
            self._count += 1
            return self._scalar(anchored.event)
        self._shared = True
        self._count += anchored.count
        if self._count <= _MOST_NODES:
            self._problems += anchored.problems
            self._endless = self._endless or anchored.endless or not anchored.whole
        return anchored.data


def _tag_of(event: Any) -> str:
    """Return the tag of a scalar, which plain text has from its form."""
    if event.tag is None or event.tag == "!":
        return plain_tag(event.value) if event.implicit[0] else TEXT
    return _short(event.tag)


def _short(tag: str) -> str:
    return tag.removeprefix("tag:yaml.org,2002:")


def _apart(data: Any) -> Any:
    """Return the data with an object of its own for each value."""
    if isinstance(data, dict):
        return {key: _apart(value) for key, value in data.items()}
    return [_apart(value) for value in data] if isinstance(data, list) else data
