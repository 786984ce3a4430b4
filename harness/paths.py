"""Two JSON values, told apart by the paths at which they differ."""

from json import dumps
from typing import Any

from harness.matching import Absent, Difference


def differences(one: Any, other: Any, path: str = "") -> list[Difference]:
    """Return every place where two JSON values part, as deep as both have it, in the order in which `other` is written.

    A path reads `filter.limit` or `tags[1]`; items of lists are compared by their places. What only one of them has is
    `Absent` in the other. There is no difference exactly for values whose canonical texts are equal.
    """
    found: list[Difference] = []
    if repr(one) == repr(other):
        # The same signs are the same value, and mostly they are; repr tells 1, 1.0 and True apart.
        return found
    _part(one, other, path, found)
    return found


def _part(one: Any, other: Any, path: str, found: list[Difference]) -> None:
    if isinstance(one, dict) and isinstance(other, dict):
        gone = [key for key in one if key not in other]
        for key in [*other, *gone]:
            inner = ".".join(filter(None, (path, _step(str(key)))))
            _part(one.get(key, _ABSENT), other.get(key, _ABSENT), inner, found)
    elif isinstance(one, list) and isinstance(other, list):
        for at in range(max(len(one), len(other))):
            here = one[at] if at < len(one) else _ABSENT
            there = other[at] if at < len(other) else _ABSENT
            _part(here, there, f"{path}[{at}]", found)
    elif type(one) is not type(other) or repr(one) != repr(other):
        found.append(Difference(path, one, other))


def _step(key: str) -> str:
    """Return a key as it stands in a path: in quotes where it would be read as something else."""
    return dumps(key) if not key or any(sign in key for sign in '.[]":') else key


_ABSENT = Absent()
