"""A run that was interrupted, taken up again: nobody else works on it, and what it reads is what it was."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness import agenda, inputs, journal
from harness.agenda import Agenda
from harness.archive import SETTINGS, RunFolder, settings_of
from harness.case import Case
from harness.claim import Claim
from harness.errors import InputError
from harness.folders import AGENDA, TRACES
from harness.journal import Journal, Noted
from harness.root import Root
from harness.source import shown

_NAMED = 3


@dataclass(frozen=True)
class Begun:
    """A run that came to no end of its own, and that nobody else works on now."""

    folder: RunFolder
    agenda: Agenda
    """What it set out to do."""
    settings: str
    """The settings of its cases, as they are stored."""
    ended: Mapping[int, Noted]
    """The cases that ended, by their places in its plan."""


def begun(reports: Path, run: str) -> Begun:
    """Return a run that was interrupted, claimed: a folder, or the name of one below `reports/`.

    Raises:
        InputError: there is no such run, it is finished, or another process works on it.
    """
    folder = next((path for path in (Path(run), reports / run) if (path / AGENDA).is_file()), None)
    if folder is None:
        raise InputError(f"--continue {run}: there is no such run{_unfinished(reports)}")
    try:
        claim = Claim(folder)
    except OSError as error:
        raise InputError(f"{shown(folder)}: cannot be read: {error.strerror}") from None
    if claim.held == "another's":
        raise InputError(f"{shown(folder)}: is under way in another process; wait until that has ended")
    if (folder / TRACES).is_file():
        raise InputError(f"{shown(folder)}: is finished; type next: harness report {shlex.quote(run)}")
    asked = agenda.stored(folder)
    if asked.command == "record":
        raise InputError(f"{shown(folder)}: was a recording, of which all is kept that was recorded; record the rest")
    try:
        settings = (folder / SETTINGS).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{shown(folder / SETTINGS)}:1:1: is not what a run stores; run it again") from None
    kept = Journal(folder)
    ended = {one.end.place: one for one in kept.taken_up()}
    return Begun(RunFolder(folder, claim, kept), asked, settings, ended)


def unchanged(one: Begun, root: Root) -> None:
    """Hold the files that a run reads against what they were when it began.

    Raises:
        InputError: some have changed; all of them, each on its line.
    """
    _refuse(one, inputs.changed_files(one.agenda, root.path))


def own(one: Begun, planned: Sequence[Case], root: Root) -> tuple[Case, ...]:
    """Return the run's own of the planned cases, once loop, settings and plan are what they were when it began.

    Raises:
        InputError: something has changed; all of it, each on its line.
    """
    known = {case.id: case for case in planned}
    before = set(one.agenda.cases)
    lines = [
        *inputs.changed_modules(one.agenda),
        *(f"{case}: is planned now, and was not when the run began" for case in known if case not in before),
        *(
            f"{case}: is no longer planned as it was when the run began"
            for case in one.agenda.cases
            if case not in known
        ),
    ]
    _refuse(one, lines)
    cases = tuple(known[one.agenda.cases[place]] for place in one.agenda.places)
    if (now := settings_of(cases)) != one.settings:
        _refuse(one, [*inputs.reset(one.agenda, root.path / "conf"), *_settings(one.settings, now)])
    return cases


def _refuse(one: Begun, lines: Sequence[str] | Iterator[str]) -> None:
    if problems := list(lines):
        raise InputError(*problems, f"{shown(one.folder.path)}: does not go on with that; run it anew: harness run")


def _settings(before: str, now: str) -> Iterator[str]:
    """Yield the groups of settings that are composed otherwise."""
    old, new = _read(before), _read(now)
    for column in dict.fromkeys([*old, *new]):
        one, other = old.get(column, {}), new.get(column, {})
        for group in dict.fromkeys([*one, *other]):
            if one.get(group) != other.get(group):
                yield f"settings of {column}: {group}: changed since the run began"


def _read(text: str) -> dict[str, Any]:
    data = yaml.load(text, Loader=yaml.CSafeLoader)
    return data if isinstance(data, dict) else {}


def _unfinished(reports: Path) -> str:
    """Name the newest runs that were begun and not finished, or say that there are none."""
    found = sorted((path.parent for path in reports.glob(f"*/{journal.NAME}")), reverse=True)
    names = [path.name for path in found if not (path / TRACES).exists()][:_NAMED]
    return f"; the newest that are not finished are {', '.join(names)}" if names else ", and none that is not finished"
