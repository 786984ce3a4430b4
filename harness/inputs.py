"""What a run reads: digests of its files and modules as it begins, and what has changed since."""

import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from harness.agenda import Agenda
from harness.case import Case
from harness.factory import is_library
from harness.folders import SHARED
from harness.source import shown

Digests = Mapping[str, str | None]
"""Digests by the names of what they are of; None where there was nothing."""


def files(cases: Sequence[Case], project: Path, cassettes: Path) -> Digests:
    """Return the digests of scenarios with their scripts and modules, and of cassettes with what they share."""
    read: dict[Path, None] = {}
    for case in cases:
        path = case.scenario.document.path
        module = case.scenario.file.module
        read |= dict.fromkeys([path, case.scenario.script_path, *([path.with_name(module)] if module else [])])
        read[case.cassette(cassettes)] = None
    read |= dict.fromkeys(sorted(path for path in (cassettes / SHARED).glob("*") if path.is_file()))
    return {_name(path, project): _digest(path) for path in read}


def settings(conf: Path) -> Digests:
    """Return the digests of a project's files of settings, by their paths in the project."""
    return {_name(path, conf.parent): _digest(path) for path in sorted(conf.rglob("*")) if path.is_file()}


def modules(cases: Sequence[Case], project: Path) -> Digests:
    """Return the digests of the modules that are imported of each loop's package, and of the project's own."""
    packages = {case.settings.loop.factory.partition(":")[0].partition(".")[0] for case in cases}
    return {name: _digest(path) for name, path in sorted(_imported(packages, project))}


def changed_files(agenda: Agenda, project: Path) -> Iterator[str]:
    """Yield a line for each file that is not what it was when a run began."""
    for name, before in agenda.files.items():
        yield from _told(project / name, before)


def changed_modules(agenda: Agenda) -> Iterator[str]:
    """Yield a line for each module that is not what it was when a run began."""
    for name, before in agenda.modules.items():
        if (path := _file_of(name)) is None:
            yield f"module {name}: is gone since the run began"
        else:
            yield from _told(path, before)


def reset(agenda: Agenda, conf: Path) -> Iterator[str]:
    """Yield a line for each file of settings that is not what it was when a run began, or was not there."""
    now = settings(conf)
    for name in dict.fromkeys([*agenda.settings, *now]):
        yield from _told(conf.parent / name, agenda.settings.get(name))


def _told(path: Path, before: str | None) -> Iterator[str]:
    now = _digest(path)
    if now != before:
        what = "is new" if before is None else "is gone" if now is None else "changed"
        yield f"{shown(path)}: {what} since the run began"


def _name(path: Path, project: Path) -> str:
    return Path(os.path.relpath(path, project)).as_posix()


def _digest(path: Path) -> str | None:
    try:
        return sha256(path.read_bytes()).hexdigest()[:32]
    except OSError:
        return None


def _imported(packages: Collection[str], project: Path) -> Iterator[tuple[str, Path]]:
    """Yield the modules that are imported of these packages, and those of the project that are nobody's library."""
    below = f"{project.resolve()}{os.sep}"
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str):
            continue
        if name.partition(".")[0] in packages or (file.startswith(below) and not is_library(file)):
            yield name, Path(file)


def _file_of(name: str) -> Path | None:
    file = getattr(sys.modules.get(name), "__file__", None)
    if isinstance(file, str):
        return Path(file)
    with suppress(ImportError, ValueError):
        spec = find_spec(name)
        return Path(spec.origin) if spec is not None and spec.origin else None
    return None
