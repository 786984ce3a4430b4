"""Text for a terminal: colours and progress where they are welcome, signs written out, long lines cut, rows aligned."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TextIO
from unicodedata import category

from tabulate import tabulate

_LONGEST = 400

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
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text


def style(stream: TextIO, environment: Mapping[str, str]) -> Style:
    """Return the style that is welcome on a stream: colours on a terminal that may have them."""
    plain_wanted = environment.get("NO_COLOR") or environment.get("TERM") == "dumb"
    return Style(colour=stream.isatty() and not plain_wanted)


class Progress:
    """A line on a terminal that counts cases as they end; silent on any other stream."""

    def __init__(self, total: int, stream: TextIO, *, quiet: bool) -> None:
        self._total, self._done = total, 0
        self._stream = stream
        self._shown = stream.isatty() and not quiet

    def note(self, case: str) -> None:
        """Count one case."""
        self._done += 1
        if self._shown:
            self._stream.write(f"\r\x1b[K{self._done}/{self._total} {cut(case, 60)}")
            self._stream.flush()

    def end(self) -> None:
        """Clear the line."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def plain(text: str) -> str:
    """Return text without anything that could move a cursor, set a colour or reverse the reading direction."""
    return "".join(map(_sign, text))


def _sign(sign: str) -> str:
    if sign.isprintable() or sign == "\n":
        return sign
    return " " if category(sign) == "Zs" else sign.encode("unicode_escape").decode()


def cut(text: str, width: int) -> str:
    """Return the text on one line of at most this many characters, saying how much was cut."""
    line = plain(" ".join(text.split()))
    if len(line) <= width:
        return line
    kept = max(0, width - len(f"... (+{len(line)})"))
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
        max(map(len, column)) for column in zip(headers, *([cell.text for cell in row] for row in rows), strict=True)
    ]
    head = "  ".join(map(str.ljust, headers, widths)).rstrip()
    rule = "  ".join("-" * width for width in widths)
    return [style.paint(head, "1"), rule, *(_aligned(row, widths, style) for row in rows)]


def _aligned(row: Sequence[Painted], widths: Sequence[int], style: Style) -> str:
    shown, behind = "", ""
    for cell, width in zip(row, widths, strict=True):
        if cell.text:
            shown += behind + (style.paint(cell.text, cell.code) if cell.code else cell.text)
            behind = ""
        behind += " " * (width - len(cell.text) + 2)
    return shown


def listing(rows: Iterable[Sequence[str]], headers: Sequence[str]) -> str:
    """Return rows as an aligned table."""
    return tabulate([[plain(cell) for cell in row] for row in rows], headers, tablefmt="plain", disable_numparse=True)
