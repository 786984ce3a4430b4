"""What Hydra makes of a project's files and of overrides, and what it cannot make, worded with file and line."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter

from yaml import MarkedYAMLError, YAMLError

from harness.errors import InputError, did_you_mean
from harness.folders import bundled_conf
from harness.project import Conf, Origin, Provenance
from harness.registry import Entry
from harness.settings import GROUPS
from harness.source import Document, read, shown, text_of
from harness.sweep import Point, choice_of, forced, key_of
from harness.syntax import slip
from harness.wording import dotted

_MISSING_CHOICE = re.compile(r"Could not find '(\w+)/([^']+)'")
_UNSET = re.compile(r"Environment variable '(\w+)' not found")
_CLOCK = "the clock of this machine has no place here; a scenario's 'now' is the only one"


class Hydrated(NamedTuple):
    """What Hydra composed, its `${...}` unresolved, and the choice made in each group."""

    data: dict[str, Any]
    choices: dict[str, str]


@contextmanager
def hydrating(conf: Conf) -> Iterator["Hydra"]:
    """Start Hydra over a project's folders and end it; its state is the process's own."""
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from omegaconf import OmegaConf

    _fall_back_to_defaults()
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(conf.folders[0].resolve()), version_base="1.3", job_name="harness"):
            OmegaConf.register_new_resolver("now", _no_clock, replace=True)  # Hydra's own reads the machine's clock
            yield Hydra(conf)
    finally:
        GlobalHydra.instance().clear()


class Hydra:
    """Composes, and remembers what it composed."""

    def __init__(self, conf: Conf) -> None:
        self._conf = conf
        self._composed: dict[Point, Hydrated] = {}

    def without(self, groups: Iterable[str]) -> Point:
        """Return the overrides that take groups out of the project's list of defaults."""
        chosen = self._conf.defaults()
        return tuple(f"~{group}" for group in groups if group in chosen)

    def compose(self, texts: Point) -> Hydrated:
        """Return what Hydra composes of overrides.

        Raises:
            InputError: it cannot.
        """
        from hydra import compose
        from hydra.errors import HydraException
        from omegaconf import OmegaConf
        from omegaconf.errors import OmegaConfBaseException

        if texts in self._composed:
            return self._composed[texts]
        try:
            with catch_warnings():
                simplefilter("ignore", UserWarning)
                config = compose("config", overrides=list(map(forced, texts)), return_hydra_config=True)
            choices = {str(key): str(value) for key, value in config.hydra.runtime.choices.items() if key in GROUPS}
            data = OmegaConf.to_container(OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"]))
        except (HydraException, OmegaConfBaseException, YAMLError, ValueError, RecursionError) as error:
            raise InputError(*self._worded(error, texts, {})) from None
        if not isinstance(data, dict):
            raise InputError(f"{shown(self._conf.folders[0])}: config.yaml must be a mapping")
        found = Hydrated({str(key): value for key, value in data.items()}, choices)
        self._composed[texts] = found
        return found

    def resolve(self, data: dict[str, Any], point: Point, entries: Mapping[str, Entry]) -> Any:
        """Return composed data with every `${...}` resolved.

        Raises:
            InputError: one cannot be.
        """
        from omegaconf import OmegaConf
        from omegaconf.errors import OmegaConfBaseException

        try:
            return OmegaConf.to_container(OmegaConf.create(data), resolve=True, throw_on_missing=True)
        except (OmegaConfBaseException, YAMLError, ValueError, RecursionError) as error:
            raise InputError(*self._worded(error, point, entries)) from None

    def origins(self, choices: Mapping[str, str], entries: Mapping[str, Entry]) -> dict[str, Origin]:
        """Return where the choice of each group comes from."""
        found = {
            group: self._conf.choices(group).get(choice, Origin(choice, None, bundled=False))
            for group, choice in choices.items()
        }
        return found | {
            group: Origin(entry.name, entry.document.path, bundled=False, entry=entry)
            for group, entry in entries.items()
        }

    def _worded(self, error: Exception, point: Sequence[str], entries: Mapping[str, Entry]) -> list[str]:
        """Say what Hydra could not compose: broken files first, then the place of a value, then its own words."""
        try:
            chosen = self._conf.defaults()
        except InputError as broken:
            return list(broken.problems)
        chosen |= {key_of(text): choice_of(text) for text in point if key_of(text) in GROUPS}
        chosen = {group: choice for group, choice in chosen.items() if f"~{group}" not in point}
        chosen = {group: choice for group, choice in chosen.items() if group not in entries}
        found = {group: self._conf.choices(group).get(choice) for group, choice in chosen.items()}
        origins = {group: origin for group, origin in found.items() if origin}
        if unreadable := list(_unreadable(origins.values())) or list(_refused(error)):
            return unreadable
        if (missing := _MISSING_CHOICE.search(str(error))) and missing[1] in GROUPS and "In 'config'" in str(error):
            return [self._no_choice(missing[1], missing[2])]
        said = _first_line(error)
        for text in point:
            value = text.partition("=")[2]
            said = said.replace(value, "...") if len(value) > 2 else said
        if unset := _UNSET.search(said):
            said = f"the environment variable '{unset[1]}' is not set"
        said = _CLOCK if _CLOCK in said else said
        where = str(getattr(error, "full_key", "") or "")
        if where:
            place = Provenance(self.origins(chosen, entries), point, self._conf)
            return [f"{place(where.split('.'))}: {where}: {said}"]
        named = [text.partition("=")[0] for text in point if text not in ("~role", "~model")]
        names = f" with {' '.join(f'{name}=...' for name in named)}" if named else ""
        own = {f"{group}/{origin.choice}": origin.path for group, origin in origins.items() if not origin.bundled}
        bad = f" ({', '.join(own)})" if own else ""
        return [f"{_suspect(self._conf, own.values())}: settings{names}{bad}: {said}"]

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


def _no_clock(*_: object) -> None:
    raise ValueError(_CLOCK)


def resolved(value: Any, place: str) -> Any:
    """Return a value with its `${...}` resolved.

    Raises:
        InputError: it cannot be.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    if not isinstance(value, str) or "${" not in value:
        return value
    try:
        return OmegaConf.create({"value": value}).value
    except (OmegaConfBaseException, ValueError) as error:
        unset = _UNSET.search(str(error))
        said = f"the environment variable '{unset[1]}' is not set" if unset else _first_line(error)
        raise InputError(f"{place}: {said}") from None


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


def _unreadable(origins: Iterable[Origin]) -> Iterator[str]:
    """Yield what is wrong in the files of choices before anything is composed of them."""
    for origin in origins:
        try:
            yield from _interpolations(read(origin.path)) if origin.path else ()
        except InputError as broken:
            yield from broken.problems


def _refused(error: Exception) -> Iterator[str]:
    """Yield why a file is no YAML to OmegaConf, which reads it more strictly than this project's own reader."""
    mark = getattr(error, "problem_mark", None)
    path = Path(mark.name) if isinstance(error, MarkedYAMLError) and mark else None
    if isinstance(error, MarkedYAMLError) and path is not None and path.is_file():
        line, column, what = slip(error, text_of(path))
        yield f"{shown(path)}:{line}:{column}: {what}"


def _suspect(conf: Conf, paths: Iterable[Path | None]) -> str:
    """Return the place of the only file of the project's own that may be wrong, or of what chooses them."""
    own = [path for path in paths if path is not None]
    path = own[0] if len(own) == 1 else conf.config.path or conf.folders[0] / "config.yaml"
    try:
        return read(path).place(("defaults",))
    except InputError:
        return f"{shown(path)}:1:1"


def _interpolations(document: Document) -> Iterator[str]:
    """Yield the values of a file whose `${...}` cannot be read."""
    from omegaconf.errors import GrammarParseError
    from omegaconf.grammar_parser import parse

    document = document.at_hand()
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
