"""Text for a terminal: colours where they are welcome, signs written out, what is too long cut or wrapped, tables."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, TextIO
from unicodedata import category, east_asian_width

_LONGEST = 400
_LONGEST_NAME = 255
_COLOUR = re.compile(r"\x1b\[([0-9;]*)m")
_COMMAND = re.compile(r"( *)(.*?[:;,])? *\b(harness [a-z-].*)")
"""A line that ends with a command, and what stands before it."""
_PLACE = re.compile(r"^\S+:\d+:\d+:", re.MULTILINE)
_PART = re.compile(r"\x1b\[[0-9;]*m|\s+|[^\s\x1b]+")
_PLAIN = "\x1b[0m"
_WIDE_MARK = "\ufe0f"
"""Makes the sign before it a picture, which takes two columns."""

BOLD, FAINT, RED, GREEN, YELLOW = "1", "2", "31", "32", "33"
"""The terminal's numbers of colours."""

NARROWEST = 12
"""Names in tables are not cut below this many characters, so that they still tell something."""


class Style:
    """Colours, where they are welcome."""

    def __init__(self, *, colour: bool = False) -> None:
        self._colour = colour

    def paint(self, text: str, code: str) -> str:
        """Return the text in a colour of the terminal's, or as it is."""
        return f"\x1b[{code}m{text}{_PLAIN}" if self._colour else text


def style(stream: TextIO, environment: Mapping[str, str]) -> Style:
    """Return the style that is welcome on a stream: colours on a terminal that may have them, or where they are forced.

    As Python itself decides: `NO_COLOR` comes before `FORCE_COLOR` and `CLICOLOR_FORCE`, these before `TERM=dumb`.
    """
    if environment.get("NO_COLOR"):
        return Style()
    if any(environment.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return Style(colour=True)
    return Style(colour=stream.isatty() and environment.get("TERM") != "dumb")


def width(stream: TextIO, environment: Mapping[str, str]) -> int | None:
    """Return how many columns a line on a stream has: as `COLUMNS` or its terminal says; None where nothing wraps."""
    said = environment.get("COLUMNS", "")
    if not stream.isatty():
        return None
    if said.isdecimal() and int(said):
        return int(said)
    with suppress(OSError, ValueError):
        return os.get_terminal_size(stream.fileno()).columns or None
    return None


def tell(stream: TextIO, text: str, environment: Mapping[str, str]) -> None:
    """Write a text and a line feed, on a terminal so that no line is longer than it."""
    columns = width(stream, environment)
    stream.write(f"{text if columns is None else fitted(text, columns)}\n")


def complaint(text: str, style: Style) -> str:
    """Return problems, a line each, with the places that they begin with marked."""
    return _PLACE.sub(lambda found: style.paint(found[0], RED), text)


def extent(text: str) -> int:
    """Return how many columns a text takes on a terminal: wide signs two, marks on others and colours none."""
    if text.isascii() and "\x1b" not in text:
        return len(text)
    return sum(_extents(_COLOUR.sub("", text)))


def _extents(text: str) -> Iterator[int]:
    """Yield how many columns each sign takes."""
    before = 0
    for sign in text:
        if sign == _WIDE_MARK:
            yield 2 - before if before else 0
            before = 2
        elif category(sign) in ("Mn", "Me"):
            yield 0
        else:
            before = 2 if east_asian_width(sign) in "WF" else 1
            yield before


def _head(text: str, room: int) -> int:
    """Return how many signs of a text fit into so many columns."""
    if text.isascii():
        return room
    taken = 0
    for at, columns in enumerate(_extents(text)):
        taken += columns
        if taken > room:
            return at
    return len(text)


def padded(text: str, columns: int) -> str:
    """Return a text with blanks behind it, so that it takes so many columns."""
    return text + " " * (columns - extent(text))


def fitted(text: str, columns: int) -> str:
    """Return a text with its long lines wrapped, so that no line takes more columns.

    Whole stay commands, each on a line of its own, and words with a slash, which are paths, names or addresses.
    """
    return "\n".join(part for one in text.split("\n") for part in _fitted(one, columns))


def _fitted(text: str, columns: int) -> Iterator[str]:
    if extent(text) <= columns:
        yield text
        return
    indent = " " * min(len(text) - len(text.lstrip(" ")), columns // 2)
    if command := _COMMAND.fullmatch(text):
        if command[2]:
            yield from wrapped(command[2], columns, indent, f"{indent}  ")
        yield f"{indent}{'  ' if command[2] else ''}{command[3]}"
    else:
        yield from wrapped(text, columns, indent, f"{indent}  ")


def wrapped(text: str, columns: int, first: str = "", others: str = "") -> list[str]:
    """Return lines of words that take at most so many columns, what stands before them included.

    A word that people copy, with a slash in it, stays whole; another that is longer than a line is broken. A colour
    ends with its line, and begins again on the next.
    """
    lines: list[str] = []
    current, taken, empty, gap, colour, painted = first, extent(first), True, "", "", ""
    for part in (match[0] for match in _PART.finditer(text)):
        if part.isspace():
            gap = part
        elif part == _PLAIN:
            current, colour, painted = f"{current}{_PLAIN if colour else ''}", "", ""
        elif part.startswith("\x1b"):
            painted = part
        else:
            if not empty and taken + len(gap) + extent(part) > columns:
                lines.append(f"{current}{_PLAIN if colour else ''}")
                current, taken, empty = f"{others}{colour}", extent(others), True
            colour, begins = painted or colour, painted
            if empty and not _copied(part) and extent(part) > columns - taken:
                *full, part = _pieces(part, columns - taken, columns - extent(others))  # noqa: PLW2901
                for piece in full:
                    lines.append(f"{current}{begins}{piece}{_PLAIN if colour else ''}")
                    current, taken, begins = f"{others}{colour}", extent(others), ""
            current += f"{'' if empty else gap}{begins}{part}"
            taken += extent(part) + (0 if empty else len(gap))
            empty, gap, painted = False, "", ""
    return [*lines, current] if not empty or not lines else lines


def _pieces(word: str, first: int, others: int) -> Iterator[str]:
    """Yield a word in pieces of so many columns, two at least; behind a comma or colon, as in JSON, if one is near."""
    start, taken, room = 0, 0, max(2, first)
    sizes = [1] * len(word) if word.isascii() else list(_extents(word))
    for at, columns in enumerate(sizes):
        if taken + columns > room:
            sign = max(word.rfind(one, start + (at - start) // 2, at) for one in ",:")
            end = at if sign < 0 else sign + 1
            yield word[start:end]
            start, taken, room = end, sum(sizes[end:at]), max(2, others)
        taken += columns
    yield word[start:]


def _copied(word: str) -> bool:
    """Tell whether a word is a path, a name or an address, which people copy."""
    return "/" in word and len(word) <= _LONGEST_NAME


def plain(text: str) -> str:
    """Return text without anything that could move a cursor, set a colour or reverse the reading direction."""
    return "".join(map(_sign, text))


def _sign(sign: str) -> str:
    if sign.isprintable() or sign == "\n":
        return sign
    return " " if category(sign) == "Zs" else sign.encode("unicode_escape").decode()


def cut(text: str, width: int) -> str:
    """Return the text on one line of at most this many columns, saying how many signs were cut."""
    line = plain(" ".join(text.split()))
    if (len(line) <= width and line.isascii()) or extent(line) <= width:
        return line
    kept = _head(line, max(0, width - len(f"... (+{len(line)})")))
    note = f"... (+{len(line) - kept})"
    return line[:kept] + note if len(note) <= width else "..."[:width]


def line(text: str) -> str:
    """Return text on one line, line feeds shown as they are written."""
    return plain(text).replace("\n", "\\n")


def short(text: str) -> str:
    """Return text on one line of bearable length, line feeds shown as they are written, saying how much was cut."""
    return cut(line(text), _LONGEST)


class Painted(NamedTuple):
    """A cell of a table with its colour."""

    text: str
    code: str | None = None
    """The terminal's number of the colour; none where it has no need of one."""


def table(rows: Sequence[Sequence[Painted]], headers: Sequence[str], style: Style) -> list[str]:
    """Return the lines of a table of printable cells: its head, a rule, and one line a row.

    A column is as wide as its widest cell, blanks at the end of its header included.
    """
    widths = [
        max(map(extent, column)) for column in zip(headers, *([cell.text for cell in row] for row in rows), strict=True)
    ]
    head = "  ".join(map(padded, headers, widths)).rstrip()
    rule = "  ".join("-" * width for width in widths)
    return [style.paint(head, BOLD), rule, *(_aligned(row, widths, style) for row in rows)]


def _aligned(row: Sequence[Painted], widths: Sequence[int], style: Style) -> str:
    shown, behind = "", ""
    for cell, width in zip(row, widths, strict=True):
        if cell.text:
            shown += behind + (style.paint(cell.text, cell.code) if cell.code else cell.text)
            behind = ""
        behind += " " * (width - extent(cell.text) + 2)
    return shown


class Layout(NamedTuple):
    """How a table of texts is shown."""

    style: Style = Style()
    width: int | None = None
    """The most columns that a line may take; None where there is no end."""


def layout(stream: TextIO, environment: Mapping[str, str]) -> Layout:
    """Return how tables of texts are shown on a stream."""
    return Layout(style(stream, environment), width(stream, environment))


def listing(rows: Iterable[Sequence[str]], headers: Sequence[str], layout: Layout) -> str:
    """Return rows as an aligned table; the last columns, where they do not fit, stand below the others of their row."""
    cells = [list(headers), *([plain(cell) for cell in row] for row in rows)]
    widths = [max(map(extent, column)) for column in zip(*cells, strict=True)]
    beside = len(widths)
    while beside > 1 and layout.width is not None and sum(widths[:beside]) + 2 * (beside - 1) > layout.width:
        beside -= 1
    lines: list[str] = []
    for at, row in enumerate(cells):
        text = "  ".join(map(padded, row[:beside], widths)).rstrip()
        lines.append(text if at else layout.style.paint(text, BOLD))
        if below := [cell for cell in row[beside:] if cell]:
            said = wrapped("; ".join(below), layout.width or 0, "    ", "    ")
            lines += said if at else (layout.style.paint(one, BOLD) for one in said)
    return "\n".join(lines)
