"""Every cassette held against its case: which no longer answer what is asked, and which are nobody's."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from harness.brief import Ended
from harness.case import Case, plan
from harness.composition import Composition, check
from harness.crew import play
from harness.ending import Ending, Finish
from harness.errors import InputError
from harness.finding import numbered
from harness.folders import case_of, cassette_files
from harness.forecast import forecasts
from harness.forecast import told as takes
from harness.guard import closed
from harness.lookup import labels
from harness.misses import record_all, record_command
from harness.pieces import Pieces, unreferred
from harness.progress import Progress
from harness.project import Conf
from harness.remarks import named
from harness.scenario import Scenario
from harness.settings import GROUPS
from harness.source import shown
from harness.sweep import key_of
from harness.worker import Task

_NAMED = 3


class Orphan(NamedTuple):
    """A file below the cassettes that no case needs."""

    path: Path
    why: str


class Checked(NamedTuple):
    """A case that has a cassette, and what came of it."""

    case: Case
    ended: Ended


@dataclass(frozen=True)
class Audit:
    """What became of the cassettes of a project."""

    checked: tuple["Checked", ...]
    """The cases that have a cassette, replayed."""
    orphans: tuple[Orphan, ...]
    """Cassettes of no case, and pieces that no cassette refers to."""
    unknown: tuple[str, ...]
    """The model and variant of cassettes of which nothing can be told, with the reason."""


def audit(  # noqa: PLR0913 - a project, and what of it is looked at
    cassettes: Path,
    conf: Conf,
    scenarios: Sequence[Scenario],
    overrides: Sequence[str] = (),
    *,
    jobs: int = 1,
    whole: bool = True,
) -> Audit:
    """Replay every cassette of these scenarios; `overrides`, as of a registry, hold where nothing composes without.

    Orphans are looked for where the scenarios are the `whole` of the project's.
    """
    columns: dict[tuple[str, str], list[Path]] = {}
    for path in cassette_files(cassettes) if cassettes.is_dir() else ():
        parts = path.relative_to(cassettes).parts
        columns.setdefault((parts[0], parts[1] if len(parts) > 2 else ""), []).append(path)
    cases: list[Case] = []
    orphans: list[Orphan] = []
    unknown: list[str] = []
    for (model, variant), paths in columns.items():
        column = _column(conf, unquote(model), unquote(variant), ())
        if column.composition is None and overrides:
            column = _column(conf, unquote(model), unquote(variant), overrides)
        if column.composition is None:
            if column.gone:
                orphans += (Orphan(path, column.why) for path in paths)
            else:
                unknown.append(f"{unquote(model)}/{unquote(variant)}: {column.why}")
            continue
        planned = _planned(column.composition, paths, cassettes, scenarios)
        cases += planned.values()
        orphans += (Orphan(path, _stray(path, cassettes, scenarios)) for path in paths if path not in planned)
    checked = _checked(cases, cassettes, jobs)
    if not whole:
        return Audit(checked, (), tuple(unknown))
    pieces = Pieces(cassettes)
    nobodys = {one.path for one in orphans}
    needed = [path for paths in columns.values() for path in paths if path not in nobodys]
    left = [Orphan(pieces.path(name), "no cassette refers to it") for name in unreferred(pieces, needed)]
    return Audit(checked, (*orphans, *left), tuple(unknown))


def _checked(cases: Sequence[Case], cassettes: Path, jobs: int) -> tuple[Checked, ...]:
    """Replay cases, in so many processes."""
    ended: dict[int, Ended] = {}

    progress = Progress("replaying", sys.stderr, os.environ, total=len(cases))

    def done(place: int, ending: Ending) -> None:
        ended[place] = ending.ended
        progress.note(ending.ended.brief.case)

    with closed(), progress:
        play(Task(cases, cassettes, Finish(datetime.now(UTC).date())), done, progress.say, jobs)
    return tuple(Checked(case, ended[place]) for place, case in enumerate(cases))


class _Column(NamedTuple):
    """The settings of a model and variant, or why there are none."""

    composition: Composition | None
    why: str = ""
    gone: bool = False
    """Whether the project no longer has what the names name."""


def _column(conf: Conf, model: str, variant: str, overrides: Sequence[str]) -> _Column:
    """Compose the settings that a model and variant stand for."""
    allowed, *others = variant.split("~")
    role, mark, tools = allowed.partition("+")
    if not mark:
        return _Column(None, "no role and tool list has this name", gone=True)
    point = list(overrides)
    chosen = [("model", model), ("role", role), ("tools", tools)]
    chosen += [(key_of(text), text.partition("=")[2]) for text in others if key_of(text) in GROUPS]
    for group, label in chosen:
        choice = _choice(conf, group, label)
        if choice is not None:
            point.append(f"{group}={choice}")
        elif label not in labels(conf, group, overrides):
            return _Column(None, f"there is no {group} '{label}'", gone=True)
        elif group == "role":
            point.append(f"role={label}")
    point += [text for text in others if key_of(text) not in GROUPS]
    checked = check(conf, point)
    if checked.problems:
        return _Column(None, f"its settings cannot be composed: {checked.problems[0]}")
    (composition,) = checked.compositions[:1]
    settings = composition.settings
    if (settings.model.label, settings.variant) != (model, variant):
        return _Column(None, f"its name composes to {settings.model.label}/{settings.variant}")
    return _Column(composition)


def _choice(conf: Conf, group: str, label: str) -> str | None:
    """Return the choice of a group that carries a label."""
    try:
        documents = conf.documents(group)
    except InputError:
        return None
    labelled = (origin.choice for origin, document in documents if _label(document.data) == label)
    return next(labelled, None)


def _label(data: Any) -> Any:
    return data.get("label") if isinstance(data, dict) else None


def _planned(
    composition: Composition, paths: Sequence[Path], cassettes: Path, scenarios: Sequence[Scenario]
) -> dict[Path, Case]:
    """Return the cases of these cassettes, repeats among them as far as there are cassettes of them."""
    there = set(paths)
    cases: dict[Path, Case] = {}
    named = {case_of(path, cassettes).partition("@")[0] for path in paths}
    for case in plan([one for one in scenarios if one.id in named], [composition]):
        for repeat in range(1, len(paths) + 1):
            one = replace(case, repeat=repeat)
            if (path := one.cassette(cassettes)) in there:
                cases[path] = one
            elif repeat >= case.settings.repeats:
                break
    return cases


def _stray(path: Path, cassettes: Path, scenarios: Sequence[Scenario]) -> str:
    """Return why a cassette is of no case although its settings are there."""
    name = case_of(path, cassettes).partition("@")[0]
    if any(one.id == name for one in scenarios):
        return f"the scenario {name} does not apply here, or has fewer repeats"
    return f"there is no scenario {name}"


def problems(found: Audit, cassettes: Path, root: Path | None = None) -> list[str]:
    """Return what is wrong with the cassettes, a line for each reason, and the commands that record them again."""
    lines = [f"{shown(one.path)}: nobody's: {one.why}" for one in found.orphans]
    wrong = [one for one in found.checked if not (one.ended.replays or _drifted(one.ended))]
    lines += _reasons(wrong)
    lines += [f"cassettes of {text}" for text in found.unknown]
    if found.orphans:
        lines.append("remove what is nobody's: harness validate --delete-orphans")
    stale = [one for one in wrong if one.ended.unrecorded]
    every = [one.ended for one in found.checked]
    for overrides in dict.fromkeys(one.case.overrides for one in stale):
        of_column = [one.case for one in stale if one.case.overrides == overrides]
        single = len(of_column) == 1
        command = record_command(of_column[0], root) if single else record_all(overrides, root=root)
        costs = takes(forecasts(of_column, cassettes, every).values())
        lines.append(f"record {numbered(len(of_column), 'case')}, {costs}: {command}")
    return lines


def _drifted(ended: Ended) -> bool:
    return ended.verdict.replay.state == "drifted"


def _reasons(wrong: Sequence[Checked]) -> list[str]:
    """Return why cassettes cannot be replayed, those that share a reason on one line."""
    groups: dict[str, list[str]] = {}
    for case, ended in wrong:
        replay = ended.verdict.replay
        requests = f"{numbered(ended.unplayed, 'recorded request')} that the loop does not make"
        said = replay.reason or ended.verdict.error or requests
        groups.setdefault(f"{replay.state or ended.brief.error or 'error'}: {said}", []).append(case.id)
    return [f"{named(cases, _NAMED)}: {said}" for said, cases in groups.items()]


def summary(found: Audit) -> str:
    """Return how many cassettes were replayed, as a sentence."""
    drifted = sum(_drifted(one.ended) for one in found.checked)
    note = f", {drifted} of them at differences that the settings allow" if drifted else ""
    return f"{numbered(len(found.checked), 'cassette')} replayed{note}: every request is what was recorded"
