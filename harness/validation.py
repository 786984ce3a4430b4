"""Every mistake in scenarios, scripts and settings, found without a network and without a key."""

from collections.abc import Callable, Sequence
from pathlib import Path

from harness.composition import Composition, Conf
from harness.endpoint import ScriptFile
from harness.errors import InputError
from harness.runner import factory, plan
from harness.scenario import SCRIPT_ENDING, Scenario, find
from harness.settings import GROUPS
from harness.source import by_place, read, shown
from harness.source import validate as judge


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
        checked = conf.check([f"{group}={','.join(choices)}"]) if choices else conf.check()
        wrong |= set(checked.problems)
        found += checked.compositions
    for name in {composition.settings.loop.factory for composition in found}:
        try:
            factory(name)
        except InputError as error:
            wrong |= set(error.problems)
    return found


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
