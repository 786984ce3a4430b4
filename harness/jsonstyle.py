"""How a JSON text is written, so that its data gives the text back to the byte."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from harness.jsontext import unrepeated

_BLANKS = " \t\n\r"
_INDENTED = re.compile(r"[{\[]\r?\n([ \t]*)")
_HTML = re.compile("[<>&\u2028\u2029]")


@dataclass(frozen=True)
class Style:
    """A way to write JSON, as one of the writers in use writes it."""

    indent: str | None = None
    """What each level is indented by; None where all stands on one line."""
    spaced: bool = False
    """Whether a blank follows colons, and on one line commas."""
    ascii: bool = False
    """Whether other signs than ASCII's are written as escapes."""
    html: bool = False
    """Whether the signs that HTML reads are written as escapes, as Go's writer does."""
    before: str = ""
    """The blanks before the text, by which some endpoints keep a connection alive."""
    behind: str = ""
    """The blanks behind it."""


COMPACT = Style()
"""How the SDK and most clients write their requests."""


@dataclass(frozen=True)
class Written:
    """A JSON text as data, and how it was written."""

    value: Any
    style: Style


def written(text: str) -> Written | None:
    """Return the data of a JSON text with the style that gives it back, or None where no known style does.

    No style gives back repeated keys, `1.50`, or numbers beyond all bounds.
    """
    inner = text.strip(_BLANKS)
    try:
        value = json.loads(inner, object_pairs_hook=unrepeated)
        start = text.index(inner)
        before, behind = text[:start], text[start + len(inner) :]
        for style in _styles(inner):
            if write(value, style) == inner:
                return Written(value, Style(style.indent, style.spaced, style.ascii, style.html, before, behind))
    except (ValueError, RecursionError):
        return None
    return None


def write(value: Any, style: Style) -> str:
    """Return data as JSON text in a style.

    Raises:
        ValueError: a number is not finite.
    """
    comma = ", " if style.spaced and style.indent is None else ","
    text = json.dumps(
        value,
        ensure_ascii=style.ascii,
        indent=style.indent,
        separators=(comma, ": " if style.spaced else ":"),
        allow_nan=False,
    )
    if style.html:
        text = _HTML.sub(_escape, text)
    return f"{style.before}{text}{style.behind}"


def _styles(text: str) -> Iterator[Style]:
    """Yield the styles in which a text may be written, the likely ones first."""
    found = _INDENTED.match(text)
    indent = found[1] if found else None
    likely_spaced = indent is not None or '": ' in text
    for spaced, ascii_only, html in product((likely_spaced, not likely_spaced), (False, True), (False, True)):
        yield Style(indent, spaced, ascii_only, html)


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
