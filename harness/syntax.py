"""What is no YAML, in plain words: where the slip is, and what to write instead."""

import re
from typing import Any, NamedTuple

import yaml


class Slip(NamedTuple):
    """A slip, and where it is; line and column are counted from one."""

    line: int
    column: int
    what: str


_QUOTES = re.compile(r"""^[^"']*[:\-,\[{]\s*(["'])""")
_NO_BLANK = re.compile(r"""^\s*(?:- +)*(\w[\w.-]*):[^\s:/]""")


def slip(error: yaml.MarkedYAMLError, text: str) -> Slip:
    """Return what people did wrong where libyaml says that a text is no YAML, or else its own words."""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Slip(1, 1, f"not YAML: {error.problem}")
    lines = text.splitlines()
    spot = _Spot(lines, mark.line, mark.column, error.context_mark)
    if spot.sign == "\t" or spot.before[-1:] == "\t":
        return Slip(*spot.place, "not YAML: a tab stands where blanks must; indent with blanks")
    worded = next((word(spot) for form, word in _WORDS if form in (error.problem or "")), None)
    if worded is not None:
        return Slip(worded.line, worded.column, f"not YAML: {worded.what}")
    begun = error.context_mark
    since = f" (begun at {begun.line + 1}:{begun.column + 1})" if error.context and begun else ""
    what = " ".join(filter(None, (f"{error.context or ''}{since}", error.problem)))
    return Slip(*spot.place, f"not YAML: {what}")


class _Spot:
    """Where reading a text ended."""

    def __init__(self, lines: list[str], line: int, column: int, begun: Any) -> None:
        self.lines, self.line, self.column = lines, line, column
        self.text = lines[line] if line < len(lines) else ""
        self.before, self.rest = self.text[:column], self.text[column:]
        self.sign = self.rest[:1]
        self.begun = None if begun is None else (begun.line, begun.column)

    @property
    def place(self) -> tuple[int, int]:
        """The line and the column, counted from one."""
        return self.line + 1, self.column + 1

    def at(self, what: str) -> Slip:
        """Return a slip at the place itself."""
        return Slip(*self.place, what)

    def since(self, what: str) -> Slip:
        """Return a slip where that began which ended here."""
        line, column = self.begun or (self.line, self.column)
        return Slip(line + 1, column + 1, what)

    @property
    def opener(self) -> str:
        """The sign with which that began which ended here."""
        line, column = self.begun or (0, 0)
        return self.lines[line][column : column + 1] if line < len(self.lines) else ""

    def above(self) -> int | None:
        """Return the number of the nearest line above that holds anything."""
        return next((at for at in range(self.line - 1, -1, -1) if self.lines[at].strip()), None)


def _unspaced(spot: _Spot, line: int | None) -> Slip | None:
    """Return the slip of a line with a key and no blank behind its colon."""
    if line is None or line >= len(spot.lines) or not (found := _NO_BLANK.match(spot.lines[line])):
        return None
    return Slip(line + 1, found.end(1) + 1, f"a blank is missing behind the colon of '{found[1]}:'")


def _second_colon(spot: _Spot) -> Slip:
    if re.match(r"\s*(- +)*[^\s:]+$", spot.before):  # the first colon of its line is one too many
        if slip := _unspaced(spot, spot.above()):
            return slip
        column = len(spot.before) - len(spot.before.lstrip()) + 1
        what = "this line stands deeper than the one above, which has a value already; indent both alike"
        return Slip(spot.line + 1, column, what)
    return spot.at("a second ': ' on one line; put the text that holds it in quotes")


def _no_colon(spot: _Spot) -> Slip:
    line = (spot.begun or (spot.line, 0))[0]
    if slip := _unspaced(spot, line):
        return slip
    return spot.since(
        "a colon is missing: this line is no 'key: value'; if it belongs to the text above, indent it more"
    )


def _unclosed(spot: _Spot) -> Slip:
    opener = spot.opener
    if opener not in "[{":
        return spot.at("something stands here that does not belong between brackets; put texts in quotes")
    line = (spot.begun or (spot.line, 0))[0]
    if line == spot.line and spot.rest.strip():
        what = "a comma is missing before this, or a text with one of : , [ ] { } in it needs quotes"
        return spot.at(what)
    return spot.since(
        f"this '{opener}' is never closed; write the '{']' if opener == '[' else '}'}' that belongs to it"
    )


def _unended(spot: _Spot) -> Slip:
    return spot.since(f"this {spot.opener} is never closed; write the second {spot.opener} behind the text")


def _start(spot: _Spot) -> Slip:
    if spot.sign in "@`%":
        return spot.at(f"no text begins with '{spot.sign}' unless it is in quotes")
    return spot.at(f"nothing begins with '{spot.sign}'; put the text in quotes")


def _marker(spot: _Spot) -> Slip:
    sign = spot.opener if spot.opener in ("*", "&") else spot.sign
    word = "alias" if sign == "*" else "anchor"
    return spot.since(f"'{sign}' begins the name of an {word}; a text that begins with it stands in quotes")


def _alias(spot: _Spot) -> Slip:
    name = re.match(r"\*[\w-]*", spot.rest)
    said = name[0] if name else "*"
    return spot.at(f"'{said}' stands for nothing, since no '&{said[1:]}' is before it; text stands in quotes: '{said}'")


def _misplaced(spot: _Spot) -> Slip:
    if spot.sign and spot.sign in "]}":
        return spot.at(f"this '{spot.sign}' closes nothing; remove it, or put the text in quotes")
    if not spot.before.strip():
        if slip := _unspaced(spot, spot.above()):
            return slip
        what = "this line is indented like none above that it could stand beside; give it the column of its neighbours"
        return spot.at(what)
    if found := _QUOTES.match(spot.before):
        twice = " (or write '' for a ' in the text)" if found[1] == "'" else ' (or write \\" for a " in the text)'
        return spot.at(f"the text in quotes ends before this; put the whole text in quotes{twice}")
    return spot.at("this does not belong here; begin a new line, or put the text in quotes")


def _item(spot: _Spot) -> Slip:
    if spot.sign and spot.sign in "]}":
        return _misplaced(spot)
    return spot.at("a list stands above, and this is no item of it; begin it with '- ', or mend how it is indented")


def _document(spot: _Spot) -> Slip:
    if spot.sign and spot.sign in "]}":
        return _misplaced(spot)
    if not spot.before.strip():
        return spot.at("this line is indented less than the first one; begin both in the same column")
    return spot.at("the text has ended before this; put the whole of it in quotes")


def _escape(spot: _Spot) -> Slip:
    column = spot.column + 1 if spot.sign == "\\" else spot.column
    said = spot.text[column - 1 : column + 1]
    return Slip(spot.line + 1, column, f"'{said}' means nothing in double quotes; put the text in single quotes")


def _nothing(spot: _Spot) -> Slip:
    if not spot.sign:
        return _open(spot)
    if spot.sign == ",":
        return spot.at("a value is missing before this comma; text that begins with a comma stands in quotes")
    return spot.at(f"'{spot.sign}' stands where a value must; remove it, or put the text in quotes")


def _open(spot: _Spot) -> Slip:
    """Return the bracket at which a text ends too early."""
    above = spot.above()
    line = spot.lines[above] if above is not None else ""
    column = max(line.rfind("["), line.rfind("{"))
    if above is None or column < 0:
        return spot.at("the text ends where a value must stand; write it, and close what is open")
    closing = "]" if line[column] == "[" else "}"
    return Slip(
        above + 1, column + 1, f"this '{line[column]}' is never closed; write the '{closing}' that belongs to it"
    )


_WORDS = (
    ("mapping values are not allowed", _second_colon),
    ("could not find expected ':'", _no_colon),
    ("did not find expected ',' or", _unclosed),
    ("found unexpected end of stream", _unended),
    ("found unexpected document indicator", _unended),
    ("cannot start any token", _start),
    ("unknown directive name", lambda spot: spot.since("no line begins with '%' unless it is in quotes")),
    (
        "could not find expected directive name",
        lambda spot: spot.since("no line begins with '%' unless it is in quotes"),
    ),
    ("did not find expected alphabetic or numeric character", _marker),
    ("found undefined alias", _alias),
    ("did not find expected key", _misplaced),
    ("did not find expected '-' indicator", _item),
    ("did not find expected <document start>", _document),
    ("unknown escape character", _escape),
    ("did not find expected node content", _nothing),
    (
        "did not find expected comment or line break",
        lambda spot: spot.at("the text behind '|' or '>' begins on the next line, indented"),
    ),
    (
        "could not determine a constructor",
        lambda spot: spot.at(f"'{spot.text[spot.column :].split()[0]}' means nothing in settings; put it in quotes"),
    ),
    (
        "block sequence entries are not allowed",
        lambda spot: spot.at("an item of a list begins a line of its own; or write the list as [a, b]"),
    ),
    (
        "but found another document",
        lambda spot: spot.at("a second document begins here; a file holds one, so remove the '---' between"),
    ),
)
"""What libyaml says, each with what people did."""
