"""Plain text that readers of YAML 1.1 take for something else than readers of YAML 1.2."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from harness.scalars import TEXT, plain_tag, scalar

_CASES: tuple[Callable[[str], str], ...] = (str.lower, str.title, str.upper)
_INT = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+|0|[1-9][0-9_]*)")
_SIXTIES = re.compile(r"[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+")
_FLOAT = re.compile(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_DAY = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?"
    r"(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?"
)
# OmegaConf has no dates, no `y` and `n`, and more floats.
_OWN_FLOAT = re.compile(
    r"[-+]?[0-9]+(?:_[0-9]+)*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+(?:_[0-9]+)*[eE][-+]?[0-9]+"
    r"|\.[0-9]+(?:_[0-9]+)*(?:[eE][-+][0-9]+)?|[-+]?[0-9]+(?:_[0-9]+)*(?::[0-5]?[0-9])+\.[0-9_]*"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_LONGEST = 40
"""No number that is written in more signs is one that people confuse."""
_WHOLE = 1e15
"""Floats below it that are whole are told without a fraction."""


class Reading(NamedTuple):
    """What plain text is taken for: text, a value that JSON has, a date, or nothing where it cannot be read."""

    kind: Literal["text", "number", "truth", "null", "date", "nothing"]
    written: str
    """How every reader can be given that value; for what JSON does not have, the text in quotes."""

    def __str__(self) -> str:
        words = {
            "text": "text",
            "date": "a date",
            "nothing": "nothing that can be read",
            "number": f"the number {self.written}",
        }
        return words.get(self.kind, self.written)


_WORDS: Mapping[str, Reading] = {
    **{case(word): Reading("truth", "true") for word in ("yes", "on", "true") for case in _CASES},
    **{case(word): Reading("truth", "false") for word in ("no", "off", "false") for case in _CASES},
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), Reading("null", "null")),
    **{sign: Reading("nothing", f"'{sign}'") for sign in ("=", "<<")},
}


def here(text: str) -> Reading:
    """Return what plain text means in YAML 1.2."""
    tag = plain_tag(text)
    if tag == TEXT or len(text) > _LONGEST:
        return Reading("text", quoted(text))
    value = scalar(tag, text)
    if tag in ("bool", "null"):
        return Reading("truth" if tag == "bool" else "null", {None: "null", True: "true", False: "false"}[value])
    return Reading("number", _number(value))


def elsewhere(text: str) -> Reading:
    """Return what readers of YAML 1.1 take plain text for."""
    if text in ("y", "Y", "n", "N"):
        return Reading("truth", "true" if text in "yY" else "false")
    if _DAY.fullmatch(text):
        return Reading("date", quoted(text))
    return _old(text, _FLOAT)


def in_settings(text: str) -> Reading:
    """Return what OmegaConf, which reads the files of settings, takes plain text for."""
    return _old(text, _FLOAT, _OWN_FLOAT)


def _old(text: str, *floats: re.Pattern[str]) -> Reading:
    if word := _WORDS.get(text):
        return word
    number = _old_number(text, floats) if len(text) <= _LONGEST else None
    return Reading("text", quoted(text)) if number is None else number


def _old_number(text: str, floats: Sequence[re.Pattern[str]]) -> Reading | None:
    if any(form.fullmatch(text) for form in floats):
        return Reading("number", _number(_decimal(text)))
    if _INT.fullmatch(text):
        try:
            return Reading("number", str(_whole(text)))
        except ValueError:  # 0x_ and the like, which look like numbers and are none
            return Reading("nothing", quoted(text))
    return Reading("number", _number(int(_sixties(text)))) if _SIXTIES.fullmatch(text) else None


def _whole(text: str) -> int:
    digits = text.lstrip("+-").replace("_", "")
    base = {"0b": 2, "0x": 16}.get(digits[:2], 8 if digits[:1] == "0" and len(digits) > 1 else 10)
    number = int(digits[2:] if base in (2, 16) else digits, base)
    return -number if text.startswith("-") else number


def _decimal(text: str) -> float:
    plain = text.lower().replace("_", "")
    if plain.endswith((".inf", ".nan")):
        return float(plain.replace(".", ""))
    return _sixties(plain) if ":" in plain else float(plain)


def _sixties(text: str) -> float:
    number: float = 0
    for part in text.lstrip("+-").replace("_", "").split(":"):
        number = number * 60 + (float(part) if "." in part else int(part))
    return -number if text.startswith("-") else number


def _number(value: float) -> str:
    """Return a number as every reader takes it: with a dot in it where it is no whole one."""
    if isinstance(value, int) or (abs(value) < _WHOLE and value % 1 == 0):
        return str(int(value))
    written = repr(value).replace("inf", ".inf").replace("nan", ".nan")
    return written if "." in written else written.replace("e", ".0e")


def quoted(text: str) -> str:
    """Return text as YAML that everybody reads as text."""
    return "'" + text.replace("'", "''") + "'"


def surprise(text: str) -> str | None:
    """Return how scenarios and YAML 1.1 read plain text, and how to write either, or None where they agree."""
    return _parted(text, here(text), elsewhere(text), "here, and {} to readers of YAML 1.1")


def misread(text: str) -> str | None:
    """Return how plain text is read in settings, though YAML 1.2 means something else, or None where that agrees."""
    return _parted(text, in_settings(text), here(text), "in settings, though it looks like {}")


def _parted(text: str, one: Reading, other: Reading, words: str) -> str | None:
    if one == other:
        return None
    ways = sorted({one.written, other.written, *([quoted(text)] if one.kind == other.kind else [])}, key=_unquoted)
    advice = f"quote it: {ways[-1]}" + (f", or write {' or '.join(ways[:-1])}" if len(ways) > 1 else "")
    return f"{text} is {one} {words.format(other)}; {advice}"


def _unquoted(text: str) -> tuple[bool, str]:
    return text.startswith("'"), text
