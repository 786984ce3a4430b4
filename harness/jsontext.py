"""JSON text as data that knows its lines."""

import json
import re
from bisect import bisect_right
from pathlib import Path
from typing import Any

from harness.errors import InputError
from harness.source import Document, Location, Position, shown, text_of

_BLANKS = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[^\s,\]}]+")
_LONE = re.compile("[\\ud800-\\udfff]")
_LONGEST_NUMBER = 400


def read_json(path: Path) -> Document:
    """Read one JSON file.

    Raises:
        InputError: the file is not there, is not UTF-8, or is not plain JSON; all repeated keys at once.
    """
    return parse_json(text_of(path), path)


def parse_json(text: str, path: Path) -> Document:
    """Turn JSON text into a document; `path` is what messages call it.

    Raises:
        InputError: the text is not plain JSON; all repeated keys at once.
    """
    try:
        data = json.loads(text, parse_int=_whole)
        walk = _Walk(text, path)
        walk.value(_next(text, 0), ())
    except json.JSONDecodeError as error:
        what = (error.msg[:1].lower() + error.msg[1:]).removesuffix(" at")
        raise InputError(f"{shown(path)}:{error.lineno}:{error.colno}: not JSON: {what}") from None
    except RecursionError:
        raise InputError(f"{shown(path)}:1:1: nested too deeply to be read") from None
    if walk.problems:
        raise InputError(*walk.problems)
    return Document(path, data, walk.keys, walk.values)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else float(digits)


def _next(text: str, at: int) -> int:
    """Return where the next sign stands that is no blank."""
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


class _Walk:
    """Goes once through a text that is known to be JSON, noting where everything stands."""

    def __init__(self, text: str, path: Path) -> None:
        self._text, self._path = text, path
        self._decoder = json.JSONDecoder()
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self.keys: dict[Location, Position] = {}
        self.values: dict[Location, Position] = {}
        self.problems: list[str] = []

    def value(self, at: int, location: Location) -> int:
        """Note the value that begins here and all that it holds, and return where it ends."""
        self.values[location] = self._position(at)
        sign = self._text[at]
        if sign in "{[":
            return self._items(at, location, keyed=sign == "{")
        if sign == '"':
            return self._string(at)[1]
        word = _SCALAR.match(self._text, at)
        if word is None or word[0] in ("NaN", "Infinity", "-Infinity"):
            self._problem(at, "not JSON: numbers are finite")
        return word.end() if word else at + 1

    def _items(self, at: int, location: Location, *, keyed: bool) -> int:
        count = 0
        at = _next(self._text, at + 1)
        while self._text[at] not in "}]":
            step: str | int = count
            if keyed:
                step, after = self._string(at)
                if (*location, step) in self.keys:
                    self._problem(at, f"the key {shown_name(step)} stands here twice; only one can count")
                self.keys[(*location, step)] = self._position(at)
                at = _next(self._text, _next(self._text, after) + 1)
            at = _next(self._text, self.value(at, (*location, step)))
            count += 1
            if self._text[at] == ",":
                at = _next(self._text, at + 1)
        return at + 1

    def _string(self, at: int) -> tuple[str, int]:
        string, after = self._decoder.raw_decode(self._text, at)
        if _LONE.search(string):
            self._problem(at, "holds half of a character (a lone surrogate), which no UTF-8 text can hold")
        return str(string), after

    def _position(self, at: int) -> Position:
        line = bisect_right(self._lines, at)
        return Position(line, at - self._lines[line - 1] + 1)

    def _problem(self, at: int, what: str) -> None:
        line, column = self._position(at)
        self.problems.append(f"{shown(self._path)}:{line}:{column}: {what}")


def unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs of a JSON object as a mapping; for `json.loads`.

    Raises:
        ValueError: a key is repeated.
    """
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("a key is repeated")
    return data


def shown_name(name: str) -> str:
    """Return a name from a file in quotes, as one line whatever it holds."""
    return f"'{name}'" if name.isprintable() else json.dumps(name)
