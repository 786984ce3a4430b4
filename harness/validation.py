"""Every mistake in scenarios, scripts and settings, found without a network and without a key."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness.case import applies, own_tools, plan
from harness.catalogue import Catalogue
from harness.composition import Composition, check
from harness.conformity import faults, judged
from harness.endpoint import ScriptFile
from harness.errors import HarnessError, InputError, did_you_mean
from harness.factory import composed_factory
from harness.finding import numbered
from harness.folders import SCRIPT_ENDING, scenario_files
from harness.lookup import GIVEN, Lookup
from harness.offering import grounds
from harness.planning import chosen as choices_of
from harness.project import Conf, Origin
from harness.scenario import Scenario
from harness.scrutiny import ReadScript, scrutinised
from harness.selection import unjudged
from harness.settings import GROUPS, Settings
from harness.source import Document, read, shown
from harness.surprises import misreadings
from harness.wording import by_place
from harness.wording import validate as judge
from harness.workspace import Workspace


def validate(conf: Conf, folder: Path, words: Sequence[str], select: Callable[[Sequence[str]], list[Scenario]]) -> str:
    """Check scenarios (those named, or all), their scripts, and every choice of every group of settings.

    Returns what was checked, as a sentence.

    Raises:
        InputError: every problem found, sorted.
    """
    wrong: set[str] = set()
    compositions, catalogues = _settings(conf, wrong)
    broken = bool(wrong)
    scenarios: list[Scenario] = []
    try:
        scenarios = select(words) if words or folder.is_dir() else []
    except InputError as error:
        wrong |= set(error.problems)
        scenarios = [] if words else list(_readable(folder, select, wrong))
    scripts, readable = _scripts(folder, scenarios if words else None, wrong)
    chosen = [one for one in scenarios if one.file.under.choices]
    free = [one for one in scenarios if one not in chosen and one.file.applies.catalogue is None]
    bound = [one for one in scenarios if one not in chosen and one.file.applies.catalogue is not None]
    for composition in compositions[:1]:
        wrong |= set(_modules(free, composition))
    for composition in catalogues:
        wrong |= set(_modules([one for one in bound if applies(one, composition.settings)], composition))
    for planned, composition in [*((free, one) for one in compositions), *((bound, one) for one in catalogues)]:
        try:
            plan(planned, [composition])
        except InputError as error:
            wrong |= set(error.problems)
    settings = [one.settings for one in compositions]
    parted: list[_Planned] = [
        _Planned(free, settings, settings),
        _Planned(bound, settings, [one.settings for one in catalogues]),
    ]
    parted += _under(conf, chosen, settings, wrong)
    for part in parted:
        exist = judged(one.catalogue for one in part.catalogues)
        for scenario in part.scenarios:
            where = [] if broken else grounds(scenario.file, part.roles, [one.catalogue for one in exist])
            script = readable.get(scenario.script_path)
            meant = scenario.file.applies.catalogue
            fitting = [one for one in exist if meant is None or one.catalogue.label in meant]
            wrong |= set(scrutinised(scenario, script, where, fitting))
    said = {one.split(": ", 1)[0] for one in wrong}
    wrong |= {one for document in _own(conf) for one in misreadings(document) if one.split(": ", 1)[0] not in said}
    if wrong:
        raise InputError(*sorted(wrong, key=by_place))
    choices = sum(len(conf.choices(group)) for group in GROUPS)
    read = [numbered(len(scenarios), "scenario"), numbered(scripts, "script"), numbered(choices, "settings file")]
    return f"{read[0]}, {read[1]} and {read[2]}: nothing is wrong"


class _Planned(NamedTuple):
    """Scenarios with the settings of which their roles, and those of which their catalogues, may be."""

    scenarios: Sequence[Scenario]
    roles: Sequence[Settings]
    catalogues: Sequence[Settings]


def _under(conf: Conf, scenarios: Sequence[Scenario], settings: Sequence[Settings], wrong: set[str]) -> list[_Planned]:
    """Plan the scenarios that choose settings themselves under what they choose; what they leave open may be any."""
    found: list[_Planned] = []
    for under in dict.fromkeys(one.file.under for one in scenarios):
        own = [one for one in scenarios if one.file.under == under]
        checked = check(conf, choices_of(under, ()))
        wrong |= set(checked.problems)
        for composition in checked.compositions:
            wrong |= set(_modules(own, composition))
            try:
                plan(own, [composition])
            except InputError as error:
                wrong |= set(error.problems)
            made = composition.settings
            fixed: dict[str, Any] = {
                group: getattr(made, group) for group in ("role", "tools") if group in under.choices
            }
            roles = [made, *(one.model_copy(update=fixed) for one in settings)]
            found.append(_Planned(own, roles, [made]))
    return found


def _settings(conf: Conf, wrong: set[str]) -> tuple[list[Composition], tuple[Composition, ...]]:
    """Return every choice of every group beside the default choices of the others, and that of catalogues apart.

    An allow-list is held against the default catalogue only where it is a default itself: another may be meant for
    another catalogue, and the package's own are no mistake of a project with a catalogue of its own. For the same
    reason scenarios are planned on the default catalogue only, but for those that say for which catalogue they are.
    """
    wrong |= set(check(conf).problems)
    found: list[Composition] = []
    for group in GROUPS:
        if group == "catalogue":
            continue
        # A project's own roles and models are judged without the registry that stands in for them.
        alone = ["registry=null"] if group in GIVEN and Lookup(conf).names_one(()) else []
        checked = check(conf, [*_every(conf, group), *alone])
        wrong |= set(checked.problems) - set(checked.misfits)
        found += checked.compositions
    catalogues = check(conf, [*_every(conf, "catalogue"), "tools.allow=null", "role.allow=null"])
    wrong |= set(catalogues.problems)
    wrong |= set(_unlisted(conf, [one.settings.catalogue for one in catalogues.compositions], wrong))
    if Lookup(conf).names_one(()):
        registered = check(conf, ["role=glob(*)"])
        wrong |= set(registered.problems)
        found += registered.compositions
    for composition in found:
        try:
            composed_factory(composition, conf)
        except InputError as error:
            wrong |= set(error.problems)
    for group in GROUPS:
        wrong |= set(_labels(conf, group))
    wrong |= {one for _, document in _documents(conf, "catalogue") for one in faults(document.at_hand())}
    return found, tuple(catalogues.compositions)


def _every(conf: Conf, group: str) -> list[str]:
    choices = conf.choices(group)
    return [f"{group}={','.join(choices)}"] if choices else []


def _unlisted(conf: Conf, catalogues: Sequence[Catalogue], wrong: set[str]) -> Iterator[str]:
    """Yield the names in a project's own allow-lists that no catalogue has, but for those that are told already."""
    known = {name for one in catalogues for name in one.tools}
    which = f"the catalogue '{catalogues[0].label}' has no" if len(catalogues) == 1 else "no catalogue has a"
    for group in ("tools", "role"):
        for document in (document for origin, document in _documents(conf, group) if not origin.bundled):
            allow = document.data.get("allow") if isinstance(document.data, dict) else None
            for at, name in enumerate(allow if isinstance(allow, list) else [allow]):
                if isinstance(name, str) and name not in known:
                    place = document.place(("allow", at))
                    if not any(said.startswith(place) for said in wrong):
                        yield f"{place}: {group}.allow: {which} tool '{name}'{did_you_mean(name, known)}"


def _labels(conf: Conf, group: str) -> Iterator[str]:
    """Yield the choices of a group that carry one label, and so one cassette, with another."""
    first: dict[str, str] = {}
    for origin, document in _documents(conf, group):
        label = document.data.get("label") if isinstance(document.data, dict) else None
        if label in first:
            said = f"{group} '{origin.choice}' and {group} '{first[label]}' carry one label, '{label}'"
            yield f"{document.place(('label',))}: {said}; give them different ones"
        elif isinstance(label, str):
            first[label] = origin.choice


def _readable(folder: Path, select: Callable[[Sequence[str]], list[Scenario]], wrong: set[str]) -> Iterator[Scenario]:
    """Yield the scenarios that can be read although others cannot, and note what is wrong with each file."""
    for path in scenario_files(folder):
        try:
            yield from select([str(path)])
        except InputError as error:
            wrong |= {one for one in error.problems if one.startswith(f"{shown(path)}:")}
            with contextlib.suppress(InputError):
                yield unjudged(path, folder)


def _modules(scenarios: Sequence[Scenario], composition: Composition) -> Iterator[str]:
    """Yield what is wrong with the modules of scenarios as far as running them up to their `make` shows it."""
    for scenario in scenarios:
        try:
            own_tools(scenario, composition.settings, Workspace(scenario.file.workspace or {}))
        except HarnessError as error:
            yield from str(error).splitlines()


def _own(conf: Conf) -> Iterator[Document]:
    """Yield the project's own files of settings, as far as they are YAML."""
    for group in GROUPS:
        yield from (document for origin, document in _documents(conf, group) if not origin.bundled)
    if not conf.config.bundled:
        with contextlib.suppress(InputError):
            yield conf.primary


def _documents(conf: Conf, group: str) -> Iterator[tuple[Origin, Document]]:
    """Yield the files of a group as they are written, as far as they are YAML."""
    for origin in conf.choices(group).values():
        if origin.path is not None:
            with contextlib.suppress(InputError):
                yield origin, read(origin.path)


def _scripts(folder: Path, scenarios: Sequence[Scenario] | None, wrong: set[str]) -> tuple[int, dict[Path, ReadScript]]:
    """Return how many scripts there are, and those that can be read, by their paths."""
    if scenarios is None:
        paths = sorted(folder.rglob(f"*{SCRIPT_ENDING}"))
        wanted = {path.with_name(path.name.removesuffix(".yaml") + SCRIPT_ENDING) for path in scenario_files(folder)}
        for path in paths:
            if path not in wanted:
                name = path.name.removesuffix(SCRIPT_ENDING)
                wrong.add(f"{shown(path)}:1:1: there is no scenario {name}.yaml beside this script")
    else:
        paths = [one.script_path for one in scenarios if one.script_path.is_file()]
    found: dict[Path, ReadScript] = {}
    for path in paths:
        try:
            document = read(path)
            found[path] = ReadScript(judge(document, ScriptFile), document.at_hand())
        except InputError as error:
            wrong |= set(error.problems)
    return len(paths), found
