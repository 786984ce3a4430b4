"""Text for a terminal: what cannot be shown is written out, what is too long is cut, rows are aligned."""

from collections.abc import Iterable, Sequence
from unicodedata import category

from tabulate import tabulate


class Style:
    """Colours, where they are welcome."""

    def __init__(self, *, colour: bool = False) -> None:
        self._colour = colour

    def paint(self, text: str, code: str) -> str:
        """Return the text in a colour of the terminal's, or as it is."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text


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


def listing(rows: Iterable[Sequence[str]], headers: Sequence[str]) -> str:
    """Return rows as an aligned table."""
    return tabulate([[plain(cell) for cell in row] for row in rows], headers, tablefmt="plain", disable_numparse=True)
