"""Which registry a project or an override names, and the role and the model that it gives."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from harness.errors import InputError
from harness.hydration import resolved
from harness.project import Conf
from harness.registry import Entry, Registry, label_of, read_registry
from harness.source import shown
from harness.sweep import choice_of, key_of, parsed, sweep

GIVEN = ("role", "model")
"""The groups that a registry gives."""


class Lookup:
    """Finds registries, and reads each once."""

    def __init__(self, conf: Conf) -> None:
        self._conf = conf
        self._read: dict[Path, Registry] = {}

    def of(self, point: Sequence[str]) -> Registry | None:
        """Return the registry that an override or config.yaml names.

        Raises:
            InputError: it cannot be read.
        """
        texts = [text for text in point if key_of(text) == "registry"]
        if texts:
            value, place, base = parsed(texts[-1]).value(), "override 'registry=...'", Path.cwd()
        else:
            place = f"{self._conf.primary.place(('registry',))}: registry"
            value, base = (self._conf.primary.data or {}).get("registry"), (self._conf.own or Path.cwd()).parent
        value = resolved(value, place)
        if value is None:
            return None
        if not isinstance(value, str) or not value or "\0" in value:
            raise InputError(f"{place}: must be the path of a model registry, a JSON file")
        path = base / value
        if not _there(path):
            whose = "the current folder" if texts else "the project's folder"
            raise InputError(f"{place}: there is no file '{value}' (looked up from {whose})")
        path = path.resolve()
        if path not in self._read:
            self._read[path] = read_registry(path)
        return self._read[path]

    def entries(self, point: Sequence[str], registry: Registry | None) -> dict[str, Entry]:
        """Return the role and the model that a registry gives: no model where an override chooses one."""
        if registry is None:
            return {}
        entries: dict[str, Entry] = {}
        said = [text for text in point if key_of(text) == "role"]
        if not said:
            chosen = self._conf.defaults().get("role")
            entries["role"] = registry.role(chosen or "", shown(self._conf.primary.path))
        elif not said[-1].startswith("~"):
            entries["role"] = registry.role(choice_of(said[-1]))
        if not any(key_of(text) == "model" for text in point):
            entries["model"] = registry.model()
        return entries

    def own(self) -> Registry | None:
        """Return the registry that config.yaml names, if it can be read."""
        with suppress(InputError):
            return self.of(())
        return None

    def names_one(self, point: Sequence[str]) -> bool:
        """Tell whether a registry is named, be it readable or not."""
        try:
            return self.of(point) is not None
        except InputError:
            return True

    def all(self, overrides: Sequence[str]) -> tuple[Registry, ...]:
        """Return the registries that overrides, swept or not, or else config.yaml name, as far as they can be read."""
        found: dict[Path, Registry] = {}
        texts = [text for text in overrides if key_of(text) == "registry"]
        for point in sweep(texts, lambda _: ()).points:
            with suppress(InputError):
                registry = self.of(point)
                found |= {registry.document.path: registry} if registry else {}
        return tuple(found.values())


def _there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def labels(conf: Conf, group: str, overrides: Sequence[str] = ()) -> set[str]:
    """Return the labels of the roles or models of all registries that overrides or else config.yaml name."""
    if group not in GIVEN:
        return set()
    return {label_of(name) for registry in Lookup(conf).all(overrides) for name in registry.names(group)}
