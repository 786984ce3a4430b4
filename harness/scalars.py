"""Scalars of YAML by the core schema of version 1.2: what plain text means, and what stands under a tag."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

TEXT = "str"
"""The tag of what is text."""
WORDS: Mapping[str, str] = {"null": "null", "bool": "true or false", "int": "number", "float": "number"}
"""What people call the values under the tags that are no text."""

_LONGEST_NUMBER = 400
_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_INT = re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")
_FLOAT = re.compile(r"^(?:[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$")
_PLAIN: Mapping[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    **dict.fromkeys(["~", "n", "N", ""], (("null", _NULL),)),
    **dict.fromkeys("tTfF", (("bool", _BOOL),)),
    **dict.fromkeys("-+0123456789", (("int", _INT), ("float", _FLOAT))),
    ".": (("float", _FLOAT),),
}
"""The tags that plain text may have by its first sign, each with the form of the text."""


def plain_tag(text: str) -> str:
    """Return the tag of plain text that says none itself."""
    for tag, form in _PLAIN.get(text[:1], ()):
        if form.match(text):
            return tag
    return TEXT


def scalar(tag: str, text: str) -> Any:
    """Return the value of a text under a tag.

    Raises:
        KeyError: the schema has no such tag.
        ValueError: the text is no such value.
    """
    return _SCALARS[tag](text)


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


_SCALARS: Mapping[str, Callable[[str], Any]] = {
    TEXT: str,
    "null": _null,
    "bool": _boolean,
    "int": _integer,
    "float": _float,
}
