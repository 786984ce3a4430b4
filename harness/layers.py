"""What a registry gives, with the values of config.yaml over it, and overrides on top."""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from harness.errors import InputError
from harness.sweep import key_of, parsed

_MARK = re.compile("\0registry:[0-9]+\0")


class Plain:
    """Texts of a registry, kept out of the composition's sight: no `${...}` in them means anything."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def hidden(self, data: Any) -> Any:
        """Return the data with marks for the texts that would be read as something else."""
        if isinstance(data, dict):
            return {key: self.hidden(value) for key, value in data.items()}
        if isinstance(data, list):
            return [self.hidden(value) for value in data]
        if not isinstance(data, str) or not ("${" in data or "\0" in data or data == "???"):
            return data
        mark = f"\0registry:{len(self._texts)}\0"
        self._texts[mark] = data
        return mark

    def restored(self, data: Any) -> Any:
        """Return the data with the texts in the place of their marks."""
        if not self._texts:
            return data
        if isinstance(data, dict):
            return {key: self.restored(value) for key, value in data.items()}
        if isinstance(data, list):
            return [self.restored(value) for value in data]
        if isinstance(data, str):
            return _MARK.sub(lambda mark: self._texts.get(mark[0], mark[0]), data)
        return data


def about(text: str, groups: Iterable[str]) -> bool:
    """Tell whether an override chooses one of the groups or sets a value in it."""
    return key_of(text).partition(".")[0] in groups


def layered(data: Mapping[str, Any], given: Mapping[str, dict[str, Any]], overrides: Iterable[str]) -> dict[str, Any]:
    """Return composed data with what a registry gives for some groups under it, and overrides of those on top.

    Values are set, merged and taken away as Hydra does it.

    Raises:
        InputError: an override takes away what is not there; all of them at once.
    """
    result = dict(data)
    for group, below in given.items():
        result[group] = deepcopy(_merged(below, result[group]) if group in result else below)
    wrong: list[str] = []
    for text in overrides:
        path = key_of(text).split(".")
        if len(path) == 1:
            continue  # the choice itself
        override = parsed(text)
        if not override.is_delete():
            _set(result, path, override.value())
        elif not _taken_away(result, path, override.value()):
            wrong.append(f"override '~{key_of(text)}': there is no '{key_of(text)}' that could be taken away")
    if wrong:
        raise InputError(*wrong)
    return result


def _merged(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{key: _merged(below.get(key), value) for key, value in above.items()}}
    return above


def _set(data: dict[str, Any], path: list[str], value: Any) -> None:
    for step in path[:-1]:
        if not isinstance(data.get(step), dict):
            data[step] = {}
        data = data[step]
    data[path[-1]] = _merged(data.get(path[-1]), value)


def _taken_away(data: Any, path: list[str], value: Any) -> bool:
    for step in path[:-1]:
        data = data.get(step) if isinstance(data, dict) else None
    if not isinstance(data, dict) or path[-1] not in data or (value is not None and data[path[-1]] != value):
        return False
    del data[path[-1]]
    return True
