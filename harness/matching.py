"""Values with values, and calls with calls: what fits what, and where two of them part."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from harness.pattern import fits

ArgumentMode = Literal["exact", "partial", "ignore"]
"""How arguments must fit: these and no others at every depth, at least these at every depth, or any."""


def canonical(value: Any) -> str:
    """Return JSON text that is equal exactly for equal JSON values; `1`, `1.0` and `true` are three of them."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class Absent:
    """Stands for a value that is not there."""

    def __repr__(self) -> str:
        return "nothing"


class Difference(NamedTuple):
    """The first place where two JSON values part."""

    path: str
    one: Any
    other: Any


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


def fits_all(pattern: Mapping[str, Any], arguments: Mapping[str, Any]) -> bool:
    """Tell whether arguments have every key of a pattern with a value that fits; here `matches` is a key like any."""
    return arguments_fit(pattern, arguments)


def arguments_fit(
    pattern: Mapping[str, Any],
    arguments: Mapping[str, Any] | None,
    how: ArgumentMode = "partial",
    without: Collection[str] = (),
) -> bool:
    """Tell whether the arguments of a call fit a pattern, whose own keys are argument names and never a matcher.

    The keys in `without` are left out of both sides. Arguments that could not be read are None: they fit where they are
    ignored, and partly where the pattern asks for nothing.
    """
    if arguments is None:
        return how == "ignore" or (how == "partial" and all(key in without for key in pattern))
    return next(_deviations(pattern, arguments, how, without), None) is None


class Deviation(NamedTuple):
    """One argument that is not as a pattern says."""

    key: str
    """The argument's name."""
    expected: Any
    """The pattern of its value, or `Absent` where it should not be there."""
    actual: Any
    """Its value, or `Absent` where it is not there."""


def unlike(
    pattern: Mapping[str, Any],
    arguments: Mapping[str, Any] | None,
    how: ArgumentMode = "partial",
    without: Collection[str] = (),
) -> list[Deviation]:
    """Return the arguments that are not as a pattern says, in its order, and then those that it lacks.

    For arguments that could be read the list is empty exactly where `arguments_fit`. Of those that could not, None,
    everything is missing.
    """
    return list(_deviations(pattern, arguments or {}, how, without))


def _deviations(
    pattern: Mapping[str, Any], arguments: Mapping[str, Any], how: ArgumentMode, without: Collection[str]
) -> Iterator[Deviation]:
    if how == "ignore":
        return
    for key, part in pattern.items():
        if key in without:
            continue
        if key not in arguments:
            yield Deviation(key, part, Absent())
        elif not fits(part, arguments[key], how == "exact"):
            yield Deviation(key, part, arguments[key])
    if how == "exact":
        for key, value in arguments.items():
            if key not in pattern and key not in without:
                yield Deviation(key, Absent(), value)
