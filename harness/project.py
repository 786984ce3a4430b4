"""A project's folders: where settings are looked up, and where each of them stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.errors import InputError
from harness.settings import GROUPS
from harness.source import Document, read, shown
from harness.wording import dotted


@dataclass(frozen=True)
class Origin:
    """Where one choice of a group comes from."""

    choice: str
    path: Path | None
    bundled: bool


def bundled_conf() -> Path:
    """Return the folder of the package's defaults, in a wheel or beside the sources."""
    inside = Path(__file__).parent / "conf"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "conf"


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

    def choices(self, group: str) -> dict[str, Origin]:
        """Return the choices of a group by name, the project's own first."""
        found: dict[str, Origin] = {}
        for folder in self.folders:
            for path in sorted((folder / group).glob("*.yaml")):
                own = self.own is not None and folder.resolve() == self.own.resolve()
                found.setdefault(path.stem, Origin(path.stem, path, bundled=not own))
        return dict(sorted(found.items()))

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
        name = dotted(location)
        for text in self.point:
            said = text.lstrip("+~").partition("=")[0]
            if said not in GROUPS and (said == name or name.startswith((f"{said}.", f"{said}["))):
                return f"override '{said}=...'"
        below = {text.lstrip("+~").partition("=")[0] for text in self.point}
        below = {said for said in below if said.startswith(f"{name}.")} if len(location) == 1 else set()
        if len(below) == 1:
            return f"override '{below.pop()}=...'"
        config = self.conf.folders[0] / "config.yaml"
        if config.is_file():
            document = read(config)
            if tuple(location) in document.values:
                return document.place(location, key=key)
        origin = self.origins.get(str(location[0])) if location else None
        if origin and origin.path:
            return read(origin.path).place(location[1:], key=key)
        return f"{shown(self.conf.folders[0] / 'config.yaml')}:1:1"


def project(start: Path) -> Path:
    """Return the nearest folder at or above `start` that holds `conf/` or `scenarios/`.

    Raises:
        InputError: there is none.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / "scenarios").is_dir() or (folder / "conf").is_dir():
            return folder
    raise InputError(
        f"{shown(start)}: no project here: neither this folder nor one above it holds conf/ or scenarios/; "
        "go to one, or name it with --root"
    )
