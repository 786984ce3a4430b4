"""Values with values, and calls with calls: what fits what, and which of several belongs to which."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

Expected = TypeVar("Expected")
Actual = TypeVar("Actual")


def canonical(value: Any) -> str:
    """Return JSON text that is equal exactly for equal JSON values; `1`, `1.0` and `true` are three of them."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def fits(pattern: Any, value: Any) -> bool:
    """Tell whether a value fits a pattern.

    A mapping fits when the pattern's keys are there and their values fit; `{matches: REGEX}` fits a text in which the
    expression is found; a list fits item by item; anything else must be equal, JSON types counting.
    """
    if isinstance(pattern, dict):
        if pattern.keys() == {"matches"} and isinstance(pattern["matches"], str):
            return isinstance(value, str) and re.search(pattern["matches"], value) is not None
        return isinstance(value, dict) and fits_all(pattern, value)
    if isinstance(pattern, list):
        return (
            isinstance(value, list)
            and len(pattern) == len(value)
            and all(fits(part, item) for part, item in zip(pattern, value, strict=True))
        )
    return type(pattern) is type(value) and bool(pattern == value)


def fits_all(pattern: Mapping[str, Any], arguments: Mapping[str, Any]) -> bool:
    """Tell whether arguments have every key of a pattern with a value that fits; here `matches` is a key like any."""
    return all(key in arguments and fits(part, arguments[key]) for key, part in pattern.items())


def bad_pattern(pattern: Any) -> str | None:
    """Return what is wrong with the regular expressions in a pattern, or None."""
    if isinstance(pattern, dict):
        if pattern.keys() == {"matches"} and isinstance(pattern["matches"], str):
            return bad_expression(pattern["matches"])
        return next(filter(None, map(bad_pattern, pattern.values())), None)
    if isinstance(pattern, list):
        return next(filter(None, map(bad_pattern, pattern)), None)
    return None


def bad_expression(expression: str) -> str | None:
    """Return what is wrong with a regular expression, or None."""
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        return f"'{expression}' is not a regular expression: {error}"
    return None


class Difference(NamedTuple):
    """The first place where two JSON values part."""

    path: str
    one: Any
    other: Any


class Absent:
    """Stands for a value that is not there."""

    def __repr__(self) -> str:
        return "nothing"


def difference(one: Any, other: Any, path: str = "") -> Difference | None:
    """Return the first difference of two JSON values, in the order in which `one` is written, or None."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(key for key in other if key not in one)]:
            inner = f"{path}.{key}" if path else str(key)
            found = difference(one.get(key, Absent()), other.get(key, Absent()), inner)
            if found:
                return found
        return None
    if isinstance(one, list) and isinstance(other, list):
        for index in range(max(len(one), len(other))):
            here = one[index] if index < len(one) else Absent()
            there = other[index] if index < len(other) else Absent()
            if found := difference(here, there, f"{path}[{index}]"):
                return found
        return None
    return None if type(one) is type(other) and repr(one) == repr(other) else Difference(path, one, other)


class Pair(NamedTuple):
    """Positions of an expected and an actual item that belong together."""

    expected: int
    actual: int


def align(
    expected: Sequence[Expected], actual: Sequence[Actual], belong: Callable[[Expected, Actual], bool]
) -> list[Pair]:
    """Pair as many items as possible in order, by the longest common subsequence.

    Where several are longest, early actual items are preferred. Takes time in the product of the lengths.
    """
    fit = [[belong(want, got) for got in actual] for want in expected]
    longest = [[0] * (len(actual) + 1) for _ in range(len(expected) + 1)]
    for row in reversed(range(len(expected))):
        for column in reversed(range(len(actual))):
            skip = max(longest[row + 1][column], longest[row][column + 1])
            longest[row][column] = max(skip, 1 + longest[row + 1][column + 1] if fit[row][column] else 0)
    pairs: list[Pair] = []
    row = 0
    for column in range(len(actual)):
        for taken in range(row, len(expected)):
            if fit[taken][column] and longest[row][column] == 1 + longest[taken + 1][column + 1]:
                pairs.append(Pair(taken, column))
                row = taken + 1
                break
    return pairs
