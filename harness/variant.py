"""What a variant is called: role and tools, and every other choice that differs from the project's default."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.matching import canonical
from harness.settings import GROUPS, Composed
from harness.sweep import key_of

_SILENT = (
    "model.api_url",
    "model.api_key_env",
    "model.headers",
    "model.timeout",
    "model.max_retries",
    "loop.transports",
    "cassette",
    "compare",
    "registry",
    "repeats",
)
"""Overrides that do not change what is asked, so that a variant is the same with and without them."""


def variant(composed: Composed, choices: Mapping[str, str], default: Mapping[str, str], named: Iterable[str]) -> str:
    """Return the variant's name; `named` are the overrides of values that differ from what is there without them."""
    others = [
        f"{group}={getattr(composed, group).label}"
        for group in GROUPS
        if group not in ("model", "role", "tools") and choices.get(group) != default.get(group)
    ]
    others += [text.lstrip("+") for text in named]
    return "~".join([f"{composed.role.label}+{composed.tools.label}", *sorted(others)])


def values(point: Sequence[str]) -> list[str]:
    """Return the overrides that may change what is asked: those of values, without the silent ones."""
    return [text for text in point if key_of(text) not in GROUPS and not _silent(text)]


def _silent(text: str) -> bool:
    key = key_of(text)
    return any(key == name or key.startswith(f"{name}.") for name in _SILENT)


def changes(text: str, now: Composed, before: Composed | None) -> bool:
    """Tell whether an override changes the value that is there without it."""
    return before is None or canonical(_at(now, key_of(text))) != canonical(_at(before, key_of(text)))


def _at(composed: Composed, key: str) -> Any:
    """Return the value of a setting; that of a section in a file is its text."""
    data: Any = composed.model_dump(mode="json")
    for step in key.split("."):
        if key.startswith("persona.sections.") and isinstance(data, str):
            break
        data = data.get(step) if isinstance(data, Mapping) else None
    return data
