"""Every mistake in scenarios, scripts and settings, found without a network and without a key."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from harness.composition import Composition, check
from harness.endpoint import ScriptFile
from harness.errors import InputError
from harness.project import Conf
from harness.runner import factory, plan
from harness.scenario import SCRIPT_ENDING, Scenario, find
from harness.settings import GROUPS
from harness.source import read, shown
from harness.wording import by_place
from harness.wording import validate as judge


def validate(conf: Conf, folder: Path, words: Sequence[str], select: Callable[[Sequence[str]], list[Scenario]]) -> str:
    """Check scenarios (those named, or all), their scripts, and every choice of every group of settings.

    Returns what was checked, as a sentence.

    Raises:
        InputError: every problem found, sorted.
    """
    wrong: set[str] = set()
    compositions = _settings(conf, wrong)
    scenarios: list[Scenario] = []
    try:
        scenarios = select(words) if words or folder.is_dir() else []
    except InputError as error:
        wrong |= set(error.problems)
        scenarios = [] if words else list(_readable(folder, select))
    scripts = _scripts(folder, scenarios if words else None, wrong)
    for composition in compositions:
        try:
            plan(scenarios, [composition])
        except InputError as error:
            wrong |= set(error.problems)
    if wrong:
        raise InputError(*sorted(wrong, key=by_place))
    choices = sum(len(conf.choices(group)) for group in GROUPS)
    return f"{len(scenarios)} scenarios, {scripts} scripts and {choices} settings files are right"


def _settings(conf: Conf, wrong: set[str]) -> list[Composition]:
    found: list[Composition] = []
    for group in GROUPS:
        choices = conf.choices(group)
        checked = check(conf, [f"{group}={','.join(choices)}"] if choices else [])
        wrong |= set(checked.problems)
        found += checked.compositions
    for composition in found:
        origin = composition.origins["loop"]
        try:
            factory(composition.settings.loop.factory)
        except InputError as error:
            place = f"{read(origin.path).place(('factory',))}: " if origin.path else ""
            wrong |= {f"{place}{problem}" for problem in error.problems}
    for group in GROUPS:
        wrong |= set(_labels(conf, group))
    return found


def _labels(conf: Conf, group: str) -> Iterator[str]:
    """Yield the choices of a group that carry one label, and so one cassette, with another."""
    first: dict[str, str] = {}
    try:
        documents = conf.documents(group)
    except InputError:
        return
    for origin, document in documents:
        label = document.data.get("label") if isinstance(document.data, dict) else None
        if label in first:
            said = f"{group} '{origin.choice}' and {group} '{first[label]}' carry one label, '{label}'"
            yield f"{document.place(('label',))}: {said}; give them different ones"
        elif isinstance(label, str):
            first[label] = origin.choice


def _readable(folder: Path, select: Callable[[Sequence[str]], list[Scenario]]) -> Iterator[Scenario]:
    """Yield the scenarios that can be read although others cannot."""
    for path in find(folder):
        with contextlib.suppress(InputError):
            yield from select([str(path)])


def _scripts(folder: Path, scenarios: Sequence[Scenario] | None, wrong: set[str]) -> int:
    if scenarios is None:
        paths = sorted(folder.rglob(f"*{SCRIPT_ENDING}"))
        wanted = {path.with_name(path.name.removesuffix(".yaml") + SCRIPT_ENDING) for path in find(folder)}
        for path in paths:
            if path not in wanted:
                name = path.name.removesuffix(SCRIPT_ENDING)
                wrong.add(f"{shown(path)}:1:1: there is no scenario {name}.yaml beside this script")
    else:
        paths = [one.script_path for one in scenarios if one.script_path.is_file()]
    for path in paths:
        try:
            judge(read(path), ScriptFile)
        except InputError as error:
            wrong |= set(error.problems)
    return len(paths)
