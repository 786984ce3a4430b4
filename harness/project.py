"""A project's folders: where settings are looked up, and where each of them stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.errors import InputError
from harness.folders import bundled_conf
from harness.registry import Entry
from harness.settings import GROUPS
from harness.source import Document, Location, read, shown
from harness.wording import dotted


@dataclass(frozen=True)
class Origin:
    """Where one choice of a group comes from."""

    choice: str
    path: Path | None
    bundled: bool
    instead: bool = False
    """Whether it is the project's own, and stands for one of the package's of the same name."""
    entry: Entry | None = None
    """The role or model of a registry, where that is the choice."""

    @property
    def place(self) -> str:
        """What people read about where it comes from."""
        if self.entry:
            return self.entry.place()
        if self.bundled or self.path is None:
            return "the package"
        return f"{shown(self.path)}, in place of the package's" if self.instead else shown(self.path)


@dataclass(frozen=True)
class Conf:
    """A project's own configuration folder, with the package's defaults behind it."""

    own: Path | None

    @cached_property
    def folders(self) -> tuple[Path, ...]:
        """The folders in which files are looked up, the first hit winning."""
        bundled = bundled_conf()
        own = (self.own,) if self.own and self.own.is_dir() and self.own.resolve() != bundled.resolve() else ()
        return (*own, bundled)

    @cached_property
    def primary(self) -> Document:
        """The project's config.yaml, or else the package's.

        Raises:
            InputError: it is not one mapping.
        """
        config = next(path for folder in self.folders if (path := folder / "config.yaml").is_file())
        document = read(config)
        if not isinstance(document.data, dict | None):
            raise InputError(f"{shown(config)}:1:1: must be a mapping")
        return document

    def defaults(self) -> dict[str, str]:
        """Return the choice that config.yaml makes in each group, as far as it is a plain list of them.

        Raises:
            InputError: config.yaml is not one mapping.
        """
        listed = (self.primary.data or {}).get("defaults")
        items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
        return {str(group): str(choice) for item in items for group, choice in item.items()}

    def choices(self, group: str) -> dict[str, Origin]:
        """Return the choices of a group by name, the project's own in place of the package's."""
        found: dict[str, Origin] = {}
        for folder in reversed(self.folders):
            for path in sorted((folder / group).glob("*.yaml")):
                found[path.stem] = self._origin(folder, path, instead=path.stem in found)
        return dict(sorted(found.items()))

    @property
    def config(self) -> Origin:
        """Where the choices stand that count when nothing else is said: the project's config.yaml, or the package's."""
        folder = next((folder for folder in self.folders if (folder / "config.yaml").is_file()), self.folders[-1])
        return self._origin(folder, folder / "config.yaml")

    def _origin(self, folder: Path, path: Path, *, instead: bool = False) -> Origin:
        own = self.own is not None and folder.resolve() == self.own.resolve()
        return Origin(path.stem, path, bundled=not own, instead=instead)

    def labels(self, group: str) -> set[str]:
        """Return the labels that the choices of a group carry, which need not be their names.

        Raises:
            InputError: a file is not YAML.
        """
        found = (document.data for _, document in self.documents(group))
        return {str(data["label"]) for data in found if isinstance(data, dict) and "label" in data}

    def documents(self, group: str) -> list[tuple[Origin, Document]]:
        """Return the files of a group as they are written.

        Raises:
            InputError: a file is not YAML; all problems of all files.
        """
        found: list[tuple[Origin, Document]] = []
        wrong: list[str] = []
        for origin in self.choices(group).values():
            try:
                found += [(origin, read(origin.path))] if origin.path else []
            except InputError as error:
                wrong += error.problems
        if wrong:
            raise InputError(*wrong)
        return found


@dataclass(frozen=True)
class Provenance:
    """Says where a setting stands: in an override, or in the file of its group."""

    origins: Mapping[str, Origin]
    point: Sequence[str]
    conf: Conf

    def __call__(self, location: Sequence[str | int], *, key: bool = False) -> str:
        """Return the override that sets the location, or its `file:line:col`."""
        if said := self._override(location):
            return f"override '{said}=...'"
        if document := self._primary(location):
            return document.place(location, key=key)
        origin = self.origins.get(str(location[0])) if location else None
        if origin and origin.entry:
            return origin.entry.place(tuple(location[1:]), key=key)
        if origin and origin.path:
            return read(origin.path).place(location[1:], key=key)
        return f"{shown(self.conf.folders[0] / 'config.yaml')}:1:1"

    def plain(self, location: Location) -> str | None:
        """Return the text of a setting that stands in a file without quotes, or None."""
        if self._override(location):
            return None
        if document := self._primary(location):
            return document.plain.get(location)
        origin = self.origins.get(str(location[0])) if location else None
        if origin is None or origin.entry or origin.path is None:
            return None
        document = read(origin.path)
        return document.plain.get(document.written(location[1:]))

    def written(self, location: Location) -> Location:
        """Return the location as it is called where it stands: a registry has names of its own."""
        origin = self.origins.get(str(location[0])) if location else None
        if not origin or not origin.entry or self._override(location) or self._primary(location):
            return location
        return origin.entry.written(location[1:])

    def _override(self, location: Sequence[str | int]) -> str | None:
        """Return the key of the override that sets the location."""
        name = dotted(location)
        keys = [text.lstrip("+~").partition("=")[0] for text in self.point]
        for said in keys:
            if said not in GROUPS and (said == name or name.startswith((f"{said}.", f"{said}["))):
                return said
        below = {said for said in keys if said.startswith(f"{name}.")} if len(location) == 1 else set()
        return below.pop() if len(below) == 1 else None

    def _primary(self, location: Sequence[str | int]) -> Document | None:
        """Return the project's config.yaml where it sets the location."""
        config = self.conf.folders[0] / "config.yaml"
        document = read(config) if config.is_file() else None
        return document if document and tuple(location) in document.values else None
