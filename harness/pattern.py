"""Values as patterns: what means itself, what is a matcher, and which values fit."""

import json
import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

_LONGEST_SHOWN = 80


def _is_number(value: Any) -> bool:
    """Tell whether a value is a number that JSON can hold; a truth value is none, though Python counts it as one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and value % 1 == 0,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "list": lambda value: isinstance(value, list),
    "mapping": lambda value: isinstance(value, dict),
}
_SINGLE = frozenset({"matches", "type", "one_of", "anything", "equals"})
_DOUBLE = frozenset({"near", "within"})


def fits(pattern: Any, value: Any, exact: bool = False) -> bool:
    """Tell whether a value fits a pattern.

    A mapping of exactly the keys of a matcher is one, at any depth:

    - `{matches: REGEX}`: a text in which the expression is found
    - `{type: TYPE}`: a string, number, integer (a number without a fraction), boolean, null, list or mapping
    - `{near: NUMBER, within: NUMBER}`: a number that differs by at most so much, both as their decimals are written
    - `{one_of: [PATTERN, ...]}`: what fits one of these
    - `{anything: true}`: any value, null too
    - `{equals: VALUE}`: the value itself, whole and exact, so that a matcher in it means that very mapping

    Any other mapping fits a mapping that has its keys with values that fit and, when `exact`, no others; this holds at
    every depth. A list fits item by item, at the same length. Anything else must be equal, JSON types counting; a
    number is a number, so that 1 and 1.0 are equal, as in JSON Schema, and neither is true or "1".

    Raises:
        ValueError: the pattern is one that `bad_pattern` refuses.
    """
    if isinstance(pattern, dict):
        if is_matcher(pattern):
            if wrong := _bad_matcher(pattern):
                raise ValueError(wrong)
            return _matched(pattern, value, exact)
        if not isinstance(value, dict) or (exact and pattern.keys() != value.keys()):
            return False
        return all(key in value and fits(part, value[key], exact) for key, part in pattern.items())
    if isinstance(pattern, list):
        if not isinstance(value, list) or len(pattern) != len(value):
            return False
        return all(fits(part, item, exact) for part, item in zip(pattern, value, strict=True))
    return _same(pattern, value)


def bad_pattern(pattern: Any) -> str | None:
    """Return what is wrong with a pattern, and how to mean what looks like a matcher but is none, or None."""
    if isinstance(pattern, dict):
        if is_matcher(pattern) and (wrong := _bad_matcher(pattern)):
            return wrong
        if pattern.keys() == {"equals"}:
            return _bad_number(pattern)
        return next(filter(None, map(bad_pattern, pattern.values())), None)
    if isinstance(pattern, list):
        return next(filter(None, map(bad_pattern, pattern)), None)
    return _bad_number(pattern)


def bad_expression(expression: str) -> str | None:
    """Return what is wrong with a regular expression, or None."""
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        return f"'{expression}' is not a regular expression: {error}"
    return None


def is_matcher(pattern: dict[str, Any]) -> bool:
    """Tell whether a mapping is a matcher or looks like one: half a matcher is a mistake rather than a value."""
    keys = pattern.keys()
    return bool(keys) and (keys <= _DOUBLE or (len(keys) == 1 and keys <= _SINGLE))


def _matched(matcher: dict[str, Any], value: Any, exact: bool) -> bool:
    match matcher:
        case {"matches": expression}:
            return isinstance(value, str) and re.search(expression, value) is not None
        case {"type": name}:
            return _TYPES["null" if name is None else name](value)
        case {"near": middle, "within": distance}:
            return _is_number(value) and abs(_written(value) - _written(middle)) <= _written(distance)
        case {"one_of": patterns}:
            return any(fits(pattern, value, exact) for pattern in patterns)
        case {"equals": whole}:
            return _same(whole, value)
        case _:
            return True


def _bad_matcher(matcher: dict[str, Any]) -> str | None:
    match matcher:
        case {"matches": str(expression)}:
            wrong = bad_expression(expression)
        case {"matches": _}:
            wrong = "'matches' takes a regular expression as text"
        case {"type": name}:
            # YAML reads a bare `null` as the value, and there is nothing else that it could mean here.
            known = name is None or (isinstance(name, str) and name in _TYPES)
            wrong = None if known else f"'type' takes {', '.join(list(_TYPES)[:-1])} or {list(_TYPES)[-1]}"
        case {"near": middle, "within": distance}:
            right = _is_number(middle) and _is_number(distance) and distance >= 0
            wrong = None if right else "'near' takes a number, and 'within' one that is at least 0"
        case {"near": _}:
            wrong = "'near' takes 'within' beside it, the greatest difference that is right"
        case {"within": _}:
            wrong = "'within' takes 'near' beside it, the number that is meant"
        case {"one_of": patterns} if not isinstance(patterns, list) or not patterns:
            wrong = "'one_of' takes a list of at least one pattern"
        case {"anything": said} if said is not True:
            wrong = "'anything' can only be true"
        case _:
            wrong = None
    return f"{wrong}; to mean the mapping itself, write {{equals: {_shown(matcher)}}}" if wrong else None


def _bad_number(value: Any) -> str | None:
    """Return the refusal of a value that holds a number which no JSON can hold, and which thus fits nothing."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return "holds a number that JSON cannot hold; write it in quotes"
    return None


def _same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are equal: numbers by their value, anything else by its type too."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(part, other[key]) for key, part in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return (type(one) is type(other) or (_is_number(one) and _is_number(other))) and bool(one == other)


def _written(number: float) -> Fraction:
    """Return a number as its decimals are written, so that 0.4 is within 0.1 of 0.3, and of any size."""
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def _shown(matcher: dict[str, Any]) -> str:
    """Return a short mapping as it is written, and of a long one the keys."""
    text = json.dumps(matcher, ensure_ascii=False)
    return text if len(text) <= _LONGEST_SHOWN else f"{{{', '.join(f'{key}: ...' for key in matcher)}}}"
