"""Patterns against patterns: whether whatever fits one fits the other as well."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from harness.pattern import fits, is_matcher


def covers_all(wide: Mapping[str, Any], narrow: Mapping[str, Any]) -> bool:
    """Tell whether arguments that fit a pattern all fit a wider one; where that is unsure, they do not."""
    return all(key in narrow and covers(part, narrow[key]) for key, part in wide.items())


def covers(wide: Any, narrow: Any) -> bool:
    """Tell whether every value that fits a pattern fits a wider one, partly; where that is unsure, it does not."""
    if isinstance(narrow, dict) and is_matcher(narrow):
        return _covers_matcher(wide, narrow)
    if isinstance(wide, dict) and is_matcher(wide):
        return _matcher_covers(wide, narrow)
    if isinstance(wide, dict):
        return isinstance(narrow, dict) and covers_all(wide, narrow)
    if isinstance(wide, list):
        return isinstance(narrow, list) and len(wide) == len(narrow) and all(map(covers, wide, narrow))
    return not isinstance(narrow, dict | list) and fits(wide, narrow)


def _covers_matcher(wide: Any, narrow: dict[str, Any]) -> bool:
    """Tell whether a pattern takes all that a matcher takes."""
    if "one_of" in narrow:
        return all(covers(wide, one) for one in narrow["one_of"])
    if "equals" in narrow:
        return fits(wide, narrow["equals"])
    if wide == narrow:  # a matcher that is the same
        return True
    return isinstance(wide, dict) and is_matcher(wide) and _wider(wide, narrow)


def _wider(wide: dict[str, Any], narrow: dict[str, Any]) -> bool:
    """Tell whether a matcher takes all that another one takes."""
    match wide:
        case {"one_of": patterns}:
            return any(covers(one, narrow) for one in patterns)
        case {"anything": _}:
            return True
        case {"type": name}:
            return name in _types(narrow)
        case _:
            return "near" in wide and "near" in narrow and _within(wide, narrow)


def _types(matcher: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the types that everything has which fits a matcher."""
    if "matches" in matcher:
        return ("string",)
    if "near" in matcher:
        return ("number",)
    name = matcher.get("type")
    return ("integer", "number") if name == "integer" else (name,) if isinstance(name, str) else ()


def _within(wide: dict[str, Any], narrow: dict[str, Any]) -> bool:
    middle, distance = (Fraction(repr(wide[key])) for key in ("near", "within"))
    inner, reach = (Fraction(repr(narrow[key])) for key in ("near", "within"))
    return middle - distance <= inner - reach and inner + reach <= middle + distance


def _matcher_covers(wide: dict[str, Any], narrow: Any) -> bool:
    """Tell whether a matcher takes all that a pattern takes which is none; a mapping takes more than it names."""
    if "one_of" in wide:
        return any(covers(one, narrow) for one in wide["one_of"])
    if "anything" in wide:
        return True
    if isinstance(narrow, dict):
        return wide.get("type") == "mapping"
    if isinstance(narrow, list):
        return wide.get("type") == "list"
    return fits(wide, narrow)
