"""Overrides in Hydra's grammar, and the points of the sweep that they describe."""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any, NamedTuple

from harness.errors import did_you_mean
from harness.settings import GROUPS, Composed

_OTHER = re.compile(r"[+-]?[\d_]*\.?[\d_]*(e[+-]?[\d_]+)?|[+-]?(inf|nan)|null|true|false", re.IGNORECASE)
"""What Hydra reads as something else than text, where it stands without quotes."""

Point = tuple[str, ...]
"""Overrides of which none is a sweep."""


class Sweep(NamedTuple):
    """The points of a sweep in the order of Hydra's own sweeper, and what is wrong with the overrides."""

    points: tuple[Point, ...]
    problems: tuple[str, ...]


def sweep(overrides: Sequence[str], known: Callable[[str], Iterable[str]]) -> Sweep:
    """Return the points that overrides describe; `known` returns the choices of a group, for globs."""
    axes: list[list[str]] = []
    wrong: dict[str, None] = {}
    for text in overrides:
        try:
            axes.append(_axis(text, known))
        except _Unusable as error:
            wrong[str(error)] = None
            axes += [[]] if error.empties else []
    return Sweep(tuple(dict.fromkeys(product(*axes))), tuple(wrong))


class _Unusable(Exception):
    """An override cannot be used; the message says why."""

    def __init__(self, said: str, *, empties: bool = False) -> None:
        super().__init__(said)
        self.empties = empties


def _axis(text: str, known: Callable[[str], Iterable[str]]) -> list[str]:
    """Return the plain overrides that one override stands for.

    Raises:
        _Unusable: it stands for none.
    """
    from hydra.core.override_parser.types import Glob
    from hydra.errors import HydraException

    try:
        override = parsed(text)
    except HydraException:
        key = text.partition("=")[0]
        said = f"override '{key}=...' cannot be read; quote a value that holds one of = , : {{ }} [ ] ( )"
        raise _Unusable(said) from None
    name = override.key_or_group
    if name.split(".")[0] not in Composed.model_fields or name.startswith("hydra"):
        hint = did_you_mean(name.split(".")[0], Composed.model_fields)
        raise _Unusable(f"override '{name}=...': there is no setting '{name}'{hint}")
    if override.is_delete() or not override.is_sweep_override():
        return [text]
    try:
        glob = override.value()
        if isinstance(glob, Glob):
            values = [quoted(choice) for choice in glob.filter(list(known(name)))]
        else:
            values = list(override.sweep_string_iterator())
    except HydraException:
        said = f"override '{name}=...' is no sweep of values; write them with commas between"
        raise _Unusable(said) from None
    if not values:
        raise _Unusable(f"override '{name}=...' selects nothing", empties=True)
    return [f"{override.get_key_element()}={value}" for value in values]


def parsed(text: str) -> Any:
    """Return an override as Hydra reads it."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    return OverridesParser.create().parse_overrides([text])[0]


def quoted(value: str) -> str:
    """Return a text as the grammar has it: in quotes where it needs them."""
    from hydra.core.override_parser.types import Quote, QuotedString

    plain = re.fullmatch(r"[\w.-]+", value, re.ASCII) and re.search(r"[^\W_]", value) and not _OTHER.fullmatch(value)
    return value if plain else str(QuotedString(value, Quote.single).with_quotes())


def key_of(text: str) -> str:
    """Return the setting that an override is about."""
    return text.lstrip("+~").partition("=")[0]


def choice_of(text: str) -> str:
    """Return the choice that an override of a group makes."""
    value = parsed(text).value()
    return value if isinstance(value, str) else text.partition("=")[2]


def forced(text: str) -> str:
    """Let an override set a key that no file mentions; pydantic knows the keys, Hydra would not."""
    key = text.partition("=")[0]
    return text if key in GROUPS or key.startswith(("+", "~")) else f"++{text}"
