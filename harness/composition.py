"""Hydra composes the settings from a project's own configuration and the package's defaults behind it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter

from pydantic import ValidationError
from yaml import YAMLError

from harness.errors import InputError, did_you_mean
from harness.matching import canonical
from harness.project import Conf, Origin, Provenance, bundled_conf
from harness.settings import GROUPS, Composed, Settings
from harness.source import Document, read, shown
from harness.wording import dotted, problems

_SILENT = ("model.api_url", "model.api_key_env", "model.headers", "model.timeout", "model.max_retries", "repeats")
"""Overrides that do not change what is asked, so that a variant is the same with and without them."""


@dataclass(frozen=True)
class Composition:
    """Settings with where each choice came from."""

    settings: Settings
    origins: Mapping[str, Origin]
    overrides: tuple[str, ...]


class Checked(NamedTuple):
    """The points of a sweep that can be composed, and what is wrong with the others."""

    compositions: tuple[Composition, ...]
    problems: tuple[str, ...]


_MISSING_CHOICE = re.compile(r"Could not find '(\w+)/([^']+)'")
_UNSET = re.compile(r"Environment variable '(\w+)' not found")


class _Raw(NamedTuple):
    """What Hydra composed: plain data, and the choice made in each group."""

    data: dict[str, Any]
    choices: dict[str, str]


def compose(conf: Conf, overrides: Sequence[str] = ()) -> tuple[Composition, ...]:
    """Return one composition for each point of the sweep that the overrides describe.

    Costs about 50 ms a point. Hydra's state is the process's own: call it from the main thread only.

    Raises:
        InputError: an override or a file cannot be used; all problems at once.
    """
    found = check(conf, overrides)
    if found.problems:
        raise InputError(*found.problems)
    return found.compositions


def check(conf: Conf, overrides: Sequence[str] = ()) -> Checked:
    """Return the compositions of the points that can be composed, and the problems of those that cannot."""
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    _fall_back_to_defaults()
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(conf.folders[0].resolve()), version_base="1.3", job_name="harness"):
            return _Composer(conf).compose(overrides)
    finally:
        GlobalHydra.instance().clear()


class _Composer:
    """Asks Hydra for compositions and words its errors."""

    def __init__(self, conf: Conf) -> None:
        self._conf = conf

    def compose(self, overrides: Sequence[str]) -> Checked:
        """Compose and judge every point."""
        compositions: list[Composition] = []
        wrong: dict[str, None] = {}
        try:
            default = self._compose(())
        except InputError as error:
            return Checked((), error.problems)
        for point in self._points(overrides, wrong):
            known = tuple(text for text in point if not self._unknown(text, wrong))
            try:
                composition = self._judged(known, self._compose(known) if known else default, default)
            except InputError as error:
                wrong |= dict.fromkeys(error.problems)
            else:
                compositions += [composition] if known == point else []
        return Checked(tuple(compositions), tuple(wrong))

    def _points(self, overrides: Sequence[str], wrong: dict[str, None]) -> list[tuple[str, ...]]:
        """Return the points of a sweep, each as plain overrides, in the order of Hydra's own sweeper."""
        from itertools import product

        from hydra.core.global_hydra import GlobalHydra
        from hydra.core.override_parser.overrides_parser import OverridesParser
        from hydra.errors import HydraException

        parser = OverridesParser.create(GlobalHydra.instance().config_loader())
        axes: list[list[str]] = []
        for text in overrides:
            try:
                (override,) = parser.parse_overrides([text])
            except HydraException:
                key = text.partition("=")[0]
                said = f"override '{key}=...' cannot be read; quote a value that holds one of = , : {{ }} [ ] ( )"
                wrong[said] = None
                continue
            name = override.key_or_group
            if name.split(".")[0] not in Composed.model_fields or name.startswith("hydra"):
                hint = did_you_mean(name.split(".")[0], Composed.model_fields)
                wrong[f"override '{name}=...': there is no setting '{name}'{hint}"] = None
            elif override.is_delete():
                axes.append([text])
            elif override.is_sweep_override():
                try:
                    values = list(override.sweep_string_iterator())
                except HydraException:
                    wrong[f"override '{name}=...' is no sweep of values; write them with commas between"] = None
                else:
                    axes.append([f"{override.get_key_element()}={value}" for value in values])
                    if not values:
                        wrong[f"override '{name}=...' selects nothing"] = None
            else:
                axes.append([text])
        return list(dict.fromkeys(product(*axes)))

    def _compose(self, point: Sequence[str]) -> _Raw:
        """Return the composed data and the choice made in each group."""
        from hydra import compose
        from hydra.errors import HydraException
        from omegaconf import OmegaConf
        from omegaconf.errors import OmegaConfBaseException

        try:
            with catch_warnings():
                simplefilter("ignore", UserWarning)
                config = compose("config", overrides=list(map(_forced, point)), return_hydra_config=True)
            choices = {str(key): str(value) for key, value in config.hydra.runtime.choices.items() if key in GROUPS}
            data = OmegaConf.to_container(
                OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"]),
                resolve=True,
                throw_on_missing=True,
            )
        except (HydraException, OmegaConfBaseException, YAMLError, ValueError, RecursionError) as error:
            raise InputError(*self._worded(error, point)) from None
        if not isinstance(data, dict):
            raise InputError(f"{shown(self._conf.folders[0])}: config.yaml must be a mapping")
        return _Raw({str(key): value for key, value in data.items()}, choices)

    def _unknown(self, text: str, wrong: dict[str, None]) -> bool:
        """Note a choice that no folder has, with the nearest one that exists."""
        key, _, value = text.lstrip("+").partition("=")
        if key not in GROUPS or value.strip("'\"") in (known := self._conf.choices(key)):
            return False
        names = ", ".join(known)
        said = f"override '{text}': there is no {key} '{value}'{did_you_mean(value, known)}; there are: {names}"
        wrong[said] = None
        return True

    def _worded(self, error: Exception, point: Sequence[str]) -> list[str]:
        """Say what Hydra could not compose: broken files first, then the place of a value, then its own words."""
        try:
            chosen = self._chosen(point)
        except InputError as broken:
            return list(broken.problems)
        found = {group: self._conf.choices(group).get(choice) for group, choice in chosen.items()}
        origins = {group: origin for group, origin in found.items() if origin}
        if unreadable := list(_unreadable(origins.values())):
            return unreadable
        if (missing := _MISSING_CHOICE.search(str(error))) and missing[1] in GROUPS and "In 'config'" in str(error):
            return [self._no_choice(missing[1], missing[2])]
        said = _first_line(error)
        for text in point:
            value = text.partition("=")[2]
            said = said.replace(value, "...") if len(value) > 2 else said
        if unset := _UNSET.search(said):
            said = f"the environment variable '{unset[1]}' is not set"
        where = str(getattr(error, "full_key", "") or "")
        if where:
            place = Provenance(origins, point, self._conf)
            return [f"{place(where.split('.'))}: {where}: {said}"]
        names = f" with {' '.join(text.partition('=')[0] + '=...' for text in point)}" if point else ""
        bad = [f"{group}/{origin.choice}" for group, origin in origins.items() if not origin.bundled]
        return [f"{shown(self._conf.folders[0])}: settings{names}{' (' + ', '.join(bad) + ')' if bad else ''}: {said}"]

    def _no_choice(self, group: str, choice: str) -> str:
        """Say where a defaults list names a choice that does not exist."""
        known = self._conf.choices(group)
        what = f"there is no {group} '{choice}'{did_you_mean(choice, known)}; there are: {', '.join(known)}"
        for path in (folder / "config.yaml" for folder in self._conf.folders):
            document = read(path) if path.is_file() else None
            defaults = document.data.get("defaults", []) if document and isinstance(document.data, dict) else []
            if document and {group: choice} in defaults:
                return f"{document.place(('defaults', defaults.index({group: choice}), group))}: {what}"
        return f"{shown(self._conf.folders[0])}: {what}"

    def _chosen(self, point: Sequence[str]) -> dict[str, str]:
        """Return the choice that config.yaml or an override makes in each group, as far as they can be read.

        Raises:
            InputError: the project's config.yaml is not one mapping.
        """
        config = next(path for folder in self._conf.folders if (path := folder / "config.yaml").is_file())
        listed = read(config).data or {}
        if not isinstance(listed, dict):
            raise InputError(f"{shown(config)}:1:1: must be a mapping")
        defaults = listed.get("defaults")
        chosen = {
            str(group): str(choice)
            for item in (defaults if isinstance(defaults, list) else ())
            if isinstance(item, dict)
            for group, choice in item.items()
        }
        for text in point:
            key, _, value = text.lstrip("+").partition("=")
            if key in GROUPS:
                chosen[key] = value.strip("'\"")
        return chosen

    def _judged(self, point: tuple[str, ...], raw: _Raw, default: _Raw) -> Composition:
        origins = {group: self._origin(group, choice) for group, choice in raw.choices.items()}
        place = Provenance(origins, point, self._conf)
        try:
            composed = Composed.model_validate(raw.data)
        except ValidationError as error:
            raise InputError(*problems(error, Composed, place)) from None
        if unknown := list(_unknown_names(composed, place)):
            raise InputError(*unknown)
        settings = Settings(**dict(composed), variant=self._variant(composed, raw, point, default))
        return Composition(settings, origins, point)

    def _origin(self, group: str, choice: str) -> Origin:
        return self._conf.choices(group).get(choice, Origin(choice, None, bundled=False))

    def _variant(self, composed: Composed, raw: _Raw, point: Sequence[str], default: _Raw) -> str:
        others = [
            f"{group}={getattr(composed, group).label}"
            for group in GROUPS
            if group not in ("model", "role", "tools") and raw.choices[group] != default.choices.get(group)
        ]
        values = [text for text in point if text.lstrip("+~").partition("=")[0] not in GROUPS]
        if values:
            before = self._before([text for text in point if text not in values])
            others += [text.lstrip("+") for text in values if not _silent(text) and _changes(text, composed, before)]
        return "~".join([f"{composed.role.label}+{composed.tools.label}", *sorted(others)])

    def _before(self, point: Sequence[str]) -> Composed | None:
        """Return what is composed without the overrides of values, or None where they are what makes it right."""
        try:
            return Composed.model_validate(self._compose(point).data)
        except (ValidationError, InputError):
            return None


def _unknown_names(composed: Composed, place: Provenance) -> Iterator[str]:
    """Yield the names in allow-lists and the access levels that the catalogue does not have."""
    known, levels = composed.catalogue.tools, composed.catalogue.levels
    for name, tool in known.items():
        if tool.access not in levels:
            location = ("catalogue", "tools", name, "access")
            hint = f"{did_you_mean(tool.access, levels)}; there are: {', '.join(levels)}"
            yield f"{place(location)}: {dotted(location)}: there is no access level '{tool.access}'{hint}"
    for group, allow in (("tools", composed.tools.allow), ("role", composed.role.allow)):
        for at, name in enumerate(allow or ()):
            if name not in known:
                said = f"the catalogue '{composed.catalogue.label}' has no tool '{name}'{did_you_mean(name, known)}"
                yield f"{place((group, 'allow', at))}: {group}.allow: {said}"


@cache
def _fall_back_to_defaults() -> None:
    """Let Hydra look behind any project's own folder into the package's, also for the primary config."""
    from hydra.core.config_search_path import ConfigSearchPath
    from hydra.core.plugins import Plugins
    from hydra.plugins.search_path_plugin import SearchPathPlugin

    class Defaults(SearchPathPlugin):
        """Puts the package's folder at the end of the search path."""

        def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
            """Append the folder."""
            search_path.append(provider="harness", path=f"file://{bundled_conf()}")

    Plugins.instance().register(Defaults)


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _forced(text: str) -> str:
    """Let an override set a key that no file mentions; pydantic knows the keys, Hydra would not."""
    key = text.partition("=")[0]
    return text if key in GROUPS or key.startswith(("+", "~")) else f"++{text}"


def _silent(text: str) -> bool:
    key = text.lstrip("+~").partition("=")[0]
    return any(key == name or key.startswith(f"{name}.") for name in _SILENT)


def _changes(text: str, now: Composed, before: Composed | None) -> bool:
    """Tell whether an override changes the value that is there without it."""
    key = text.lstrip("+~").partition("=")[0]
    return before is None or canonical(_at(now, key)) != canonical(_at(before, key))


def _at(composed: Composed, key: str) -> Any:
    data: Any = composed.model_dump(mode="json")
    for step in key.split("."):
        data = data.get(step) if isinstance(data, Mapping) else None
    return data


def _unreadable(origins: Iterable[Origin]) -> Iterator[str]:
    """Yield what is wrong in the files of choices before anything is composed of them."""
    for origin in origins:
        try:
            yield from _interpolations(read(origin.path)) if origin.path else ()
        except InputError as broken:
            yield from broken.problems


def _interpolations(document: Document) -> Iterator[str]:
    """Yield the values of a file whose `${...}` cannot be read."""
    from omegaconf.errors import GrammarParseError
    from omegaconf.grammar_parser import parse

    for location in document.values:
        value: Any = document.data
        for step in location:
            value = value[step]
        if isinstance(value, str) and "${" in value:
            try:
                parse(value)
            except GrammarParseError:
                said = "holds a '${' that cannot be read; write '\\${' for text"
                yield f"{document.place(location)}: {dotted(location)}: {said}"
