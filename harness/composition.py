"""Hydra composes the settings from a project's own configuration and the package's defaults behind it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.errors import InputError, did_you_mean
from harness.settings import GROUPS, Composed, Settings
from harness.source import dotted, problems, read, shown

_SILENT = ("model.api_url", "model.api_key_env", "model.headers", "model.timeout", "model.max_retries", "repeats")
"""Overrides that do not change what is asked, so that a variant is the same with and without them."""


@dataclass(frozen=True)
class Origin:
    """Where one choice of a group comes from."""

    choice: str
    path: Path | None
    bundled: bool


@dataclass(frozen=True)
class Composition:
    """Settings with where each choice came from."""

    settings: Settings
    origins: Mapping[str, Origin]
    overrides: tuple[str, ...]


def bundled_conf() -> Path:
    """Return the folder of the package's defaults, in a wheel or beside the sources."""
    inside = Path(__file__).parent / "conf"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "conf"


@dataclass(frozen=True)
class Conf:
    """A project's own configuration folder, with the package's defaults behind it."""

    own: Path | None
    bundled: Path = field(default_factory=bundled_conf)

    @cached_property
    def folders(self) -> tuple[Path, ...]:
        """The folders in which files are looked up, the first hit winning."""
        own = (self.own,) if self.own and self.own.is_dir() and self.own.resolve() != self.bundled.resolve() else ()
        return (*own, self.bundled)

    def choices(self, group: str) -> dict[str, Origin]:
        """Return the choices of a group by name, the project's own first."""
        found: dict[str, Origin] = {}
        for folder in self.folders:
            for path in sorted((folder / group).glob("*.yaml")):
                bundled = folder == self.bundled and len(self.folders) > 1
                found.setdefault(path.stem, Origin(path.stem, path, bundled))
        return dict(sorted(found.items()))

    def labels(self, group: str) -> set[str]:
        """Return the labels that the choices of a group carry, which need not be their names.

        Raises:
            InputError: a file is not YAML.
        """
        found = (read(origin.path).data for origin in self.choices(group).values() if origin.path)
        return {str(data["label"]) for data in found if isinstance(data, dict) and "label" in data}

    def compose(self, overrides: Sequence[str] = ()) -> tuple[Composition, ...]:
        """Return one composition for each point of the sweep that the overrides describe.

        Costs about 50 ms a point. Hydra's state is the process's own: call it from the main thread only.

        Raises:
            InputError: an override or a file cannot be used; all problems at once.
        """
        return _Composer(self).compose(overrides)


class _Composer:
    """Asks Hydra for compositions and words its errors."""

    def __init__(self, conf: Conf) -> None:
        self._conf = conf

    def compose(self, overrides: Sequence[str]) -> tuple[Composition, ...]:
        from hydra import initialize_config_dir
        from hydra.core.global_hydra import GlobalHydra

        primary, *others = self._conf.folders
        path = [f"hydra.searchpath=[{','.join(f'file://{_quoted(folder)}' for folder in others)}]"] if others else []
        GlobalHydra.instance().clear()
        try:
            with initialize_config_dir(str(primary.resolve()), version_base="1.3", job_name="harness"):
                points = self._points(overrides)
                default = self._compose(path, ())
                return self._judged([(point, self._compose(path, point)) for point in points], path, default)
        finally:
            GlobalHydra.instance().clear()

    def _points(self, overrides: Sequence[str]) -> list[tuple[str, ...]]:
        """Return the points of a sweep, each as plain overrides, in the order of Hydra's own sweeper."""
        from itertools import product

        from hydra.core.override_parser.overrides_parser import OverridesParser
        from hydra.errors import HydraException

        parser = OverridesParser.create()
        axes: list[list[str]] = []
        wrong: list[str] = []
        for text in overrides:
            try:
                override = parser.parse_override(text)
            except HydraException:
                key = text.partition("=")[0]
                wrong.append(
                    f"override '{key}=...' cannot be read; quote a value that holds one of = , : {{ }} [ ] ( )"
                )
                continue
            name = override.key_or_group
            if name.split(".")[0] not in Composed.model_fields or name.startswith("hydra"):
                hint = did_you_mean(name.split(".")[0], Composed.model_fields)
                wrong.append(f"override '{name}=...': there is no setting '{name}'{hint}")
            elif override.is_delete():
                axes.append([text])
            elif override.is_sweep_override():
                axes.append([f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()])
            else:
                axes.append([text])
        if wrong:
            raise InputError(*wrong)
        return list(dict.fromkeys(product(*axes)))

    def _compose(self, path: Sequence[str], point: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the composed data and the choice made in each group."""
        from hydra import compose
        from hydra.errors import HydraException
        from omegaconf import OmegaConf
        from omegaconf.errors import OmegaConfBaseException

        self._known(point)
        try:
            config = compose("config", overrides=[*path, *point], return_hydra_config=True)
            choices = {str(key): str(value) for key, value in config.hydra.runtime.choices.items() if key in GROUPS}
            data = OmegaConf.to_container(
                OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"]),
                resolve=True,
                throw_on_missing=True,
            )
        except (HydraException, OmegaConfBaseException) as error:
            said = f" with {' '.join(text.partition('=')[0] + '=...' for text in point)}" if point else ""
            raise InputError(f"{shown(self._conf.folders[0])}: settings{said}: {_first_line(error)}") from None
        if not isinstance(data, dict):
            raise InputError(f"{shown(self._conf.folders[0])}: config.yaml must be a mapping")
        return {str(key): value for key, value in data.items()}, choices

    def _known(self, point: Sequence[str]) -> None:
        """Refuse choices that no folder has, with the nearest one that exists."""
        wrong: list[str] = []
        for text in point:
            key, _, value = text.lstrip("+").partition("=")
            if key in GROUPS and value.strip("'\"") not in (known := self._conf.choices(key)):
                hint = did_you_mean(value, known)
                wrong.append(f"override '{text}': there is no {key} '{value}'{hint}; 'harness list {key}s' shows them")
        if wrong:
            raise InputError(*(line.replace("list toolss", "list tools") for line in wrong))

    def _judged(
        self,
        points: list[tuple[tuple[str, ...], tuple[dict[str, Any], dict[str, str]]]],
        path: Sequence[str],
        default: tuple[dict[str, Any], dict[str, str]],
    ) -> tuple[Composition, ...]:
        compositions: list[Composition] = []
        wrong: dict[str, None] = {}
        for point, (data, choices) in points:
            origins = {group: self._origin(group, choice) for group, choice in choices.items()}
            try:
                composed = Composed.model_validate(data)
            except ValidationError as error:
                place = _Place(origins, point, self._conf)
                wrong |= dict.fromkeys(problems(error, Composed, place))
                continue
            labels = {group: getattr(composed, group).label for group in GROUPS}
            variant = self._variant(labels, choices, point, path, default)
            settings = Settings.model_validate({**data, "variant": variant})
            compositions.append(Composition(settings, origins, point))
        if wrong:
            raise InputError(*wrong)
        return tuple(compositions)

    def _origin(self, group: str, choice: str) -> Origin:
        return self._conf.choices(group).get(choice, Origin(choice, None, bundled=False))

    def _variant(
        self,
        labels: Mapping[str, str],
        choices: Mapping[str, str],
        point: Sequence[str],
        path: Sequence[str],
        default: tuple[dict[str, Any], dict[str, str]],
    ) -> str:
        others = [
            f"{group}={labels[group]}"
            for group in GROUPS
            if group not in ("model", "role", "tools") and choices[group] != default[1].get(group)
        ]
        values = [text for text in point if text.lstrip("+~").partition("=")[0] not in GROUPS]
        if values:
            plain, _ = self._compose(path, [text for text in point if text not in values])
            others += [text for text in values if not _silent(text) and _changes(text, plain)]
        return "~".join([f"{labels['role']}+{labels['tools']}", *sorted(text.lstrip("+") for text in others)])


@dataclass(frozen=True)
class _Place:
    """Says where a setting stands: in an override, or in the file of its group."""

    origins: Mapping[str, Origin]
    point: Sequence[str]
    conf: Conf

    def __call__(self, location: Sequence[str | int], *, key: bool = False) -> str:
        name = dotted(location)
        for text in self.point:
            said = text.lstrip("+~").partition("=")[0]
            if said not in GROUPS and (said == name or name.startswith((f"{said}.", f"{said}["))):
                return f"override '{said}=...'"
        origin = self.origins.get(str(location[0])) if location else None
        if origin and origin.path:
            return read(origin.path).place(location[1:], key=key)
        return f"{shown(self.conf.folders[0] / 'config.yaml')}:1:1"


def _quoted(folder: Path) -> str:
    return re.sub(r"([\\,\[\]{}:=' \t()])", r"\\\1", str(folder.resolve()))


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _silent(text: str) -> bool:
    key = text.lstrip("+~").partition("=")[0]
    return any(key == name or key.startswith(f"{name}.") for name in _SILENT)


def _changes(text: str, plain: Mapping[str, Any]) -> bool:
    """Tell whether an override changes the value that is there without it."""
    import yaml

    key, _, value = text.lstrip("+").partition("=")
    here: Any = plain
    for step in key.split("."):
        if not isinstance(here, Mapping) or step not in here:
            return True
        here = here[step]
    return bool(yaml.safe_load(value) != here)


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
