"""Run folders: what one invocation saw, judged and was set to, stored below reports/."""

import contextlib
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from harness import agenda, journal
from harness.agenda import Agenda
from harness.brief import Brief, Ended, brief
from harness.case import Case
from harness.check import Verdict
from harness.claim import Claim
from harness.errors import InputError
from harness.files import encoded, write_parts, write_whole
from harness.folders import AGENDA, TRACES
from harness.journal import Journal
from harness.lines import Lines, read_lines, write_lines
from harness.settings import Comparing
from harness.source import shown
from harness.trace import Trace, dumps

SETTINGS = "settings.yaml"
"""The settings of a run's cases."""
_VERDICTS = "verdicts.jsonl"
_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}(-[0-9]+)?")


@dataclass(frozen=True)
class Stored:
    """A finished run, as its folder has it."""

    path: Path
    results: tuple[tuple[Brief, Verdict], ...]
    """What is told of the traces, and their verdicts, in the order of the plan."""
    traces: Lines[Trace]
    """The traces, each read when it is asked for."""
    comparing: Mapping[str, Comparing]
    """How cases are compared, by model and variant."""
    agenda: Agenda
    """What the run set out to do."""


class RunFolder:
    """The folder of one run: a journal while it goes on, whole files once it is done; claimed until then."""

    def __init__(self, path: Path, claim: Claim, journal: Journal) -> None:
        self.path, self._claim, self._journal = path, claim, journal

    def note(self, place: int, line: bytes, ended: Ended) -> None:
        """Append a case to the journal as it ends, with the line of its trace; the plan has it at this place."""
        self._journal.note(place, line, ended)

    def finish(self, ended: Sequence[Ended]) -> None:
        """Write verdicts, timings and traces in the order of the plan, and remove the journal.

        The traces come last, for with them the run counts as finished.
        """
        write_lines(self.path / _VERDICTS, (one.verdict for one in ended))
        timings = ({"case": one.brief.case, "seconds": round(one.seconds, 6)} for one in ended)
        write_parts(self.path / "timings.jsonl", (encoded(f"{dumps(timing)}\n") for timing in timings))
        write_parts(self.path / TRACES, self._journal.traces())
        self._journal.remove()
        self._claim.release()

    @property
    def traces(self) -> Lines[Trace]:
        """The traces of the finished run, each read when it is asked for."""
        return Lines(self.path / TRACES, Trace)


def begin(reports: Path, cases: Sequence[Case], now: datetime | None = None, asked: Agenda | None = None) -> RunFolder:
    """Begin a run of these cases; where it is not said what was asked for, that is no more than them.

    Raises:
        InputError: no run can be stored there.
    """
    now = now or datetime.now(UTC)
    asked = asked or Agenda(day=now.date(), full=False, repeats=1, cases=tuple(case.id for case in cases))
    settings = settings_of(cases)
    said = [settings, *(case.id for case in cases), *([str(asked.shard)] if asked.shard else [])]
    digest = sha256("\n".join(said).encode()).hexdigest()[:8]
    made = _new(reports, f"{now.strftime('%Y%m%dT%H%M%SZ')}-{digest}")
    write_whole(made.path / SETTINGS, settings)
    agenda.store(made.path, asked)
    return RunFolder(made.path, made.claim, Journal(made.path))


class _Made(NamedTuple):
    """A folder of one's own."""

    path: Path
    claim: Claim


def _new(reports: Path, name: str) -> _Made:
    """Make a folder of this name, or with a number behind it where two runs of one second are equal."""
    try:
        reports.mkdir(parents=True, exist_ok=True)
        number = 1
        while True:
            path = reports / (name if number == 1 else f"{name}-{number}")
            try:
                path.mkdir()
            except FileExistsError:
                number += 1
                continue
            with contextlib.suppress(FileNotFoundError):  # it was taken for a leftover before it could be claimed
                claim = Claim(path)
                if claim.held != "another's":
                    return _Made(path, claim)
    except OSError as error:
        raise InputError(f"{shown(reports)}: no run can be stored here: {error.strerror}") from None


def tidy(folder: Path) -> None:
    """Remove what a killed run left in its folder: all where none of its cases ended, the journal where it is finished.

    A folder stays as it is where its run is under way, and where anything stands in it that no run has begun with.

    Raises:
        OSError: it cannot be read or removed.
    """
    names = {path.name for path in folder.iterdir()}
    finished = TRACES in names
    if not _NAME.fullmatch(folder.name) or (finished and journal.NAME not in names):
        return
    with Claim(folder) as claim:
        if claim.held != "ours":
            return
        names = {path.name for path in folder.iterdir()}
        if finished:
            (folder / journal.NAME).unlink()
        elif names <= {SETTINGS, AGENDA, journal.NAME} and not journal.begun(folder):
            for name in names:
                (folder / name).unlink()
            folder.rmdir()


def settings_of(cases: Sequence[Case]) -> str:
    """Return the settings of cases as they are stored: YAML, a document for each model and variant, without secrets."""
    documents: dict[str, Any] = {}
    for case in cases:
        settings = case.settings
        name = f"{settings.model.label}/{settings.variant}"
        if name not in documents:
            plain = json.loads(settings.model_dump_json(exclude={"model"}))
            documents[name] = {"model": settings.model.shared(), **plain}
    return yaml.dump(documents, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=120)


def runs(reports: Path) -> list[Path]:
    """Return the finished runs, the newest first."""
    found = [path.parent for path in reports.glob(f"*/{TRACES}")]
    return sorted(found, key=_when, reverse=True)


def _when(path: Path) -> tuple[str, int, int]:
    """Return a key that sorts runs by time and, within a second, by when they ended and by their number."""
    name, _, number = path.name.partition("Z-")
    number = number.partition("-")[2]
    return name, (path / TRACES).stat().st_mtime_ns, int(number) if number.isdigit() else 1


def find(reports: Path, case: str, run: str | None = None) -> Trace:
    """Return the trace of a case from a run, or from the newest run that has it.

    A part of the id is enough where only one case of the run has it.

    Raises:
        InputError: there is no such run or no such case, or several cases fit.
    """
    folders = [_run(reports, run)] if run else [_newest(reports), *runs(reports)[1:]]
    stored: list[tuple[Path, list[str]]] = []
    for folder in folders:
        cases = [trace.case for trace in read_lines(folder / TRACES, Trace)]
        if case in cases:
            return Lines(folder / TRACES, Trace)[cases.index(case)]
        stored.append((folder, cases))
    for folder, cases in stored:
        near = [place for place, name in enumerate(cases) if case in name]
        if len(near) == 1:
            return Lines(folder / TRACES, Trace)[near[0]]
        if near:
            names = "".join(f"\n  {cases[place]}" for place in near)
            raise InputError(f"'{case}' fits {len(near)} cases of {shown(folder)}; name one of them:{names}")
    where = shown(folders[0]) if run else f"the {len(folders)} runs in {shown(reports)}"
    raise InputError(f"no case '{case}' in {where}")


def read(reports: Path, run: str | None = None) -> Stored:
    """Return a stored run: a folder, or the name of one below `reports/`; the newest where none is named.

    Raises:
        InputError: there is no such run, or one of its files cannot be read.
    """
    folder = _newest(reports) if run is None else _run(reports, run)
    traces = Lines(folder / TRACES, Trace)
    briefs = [brief(trace) for trace in traces]
    verdicts = list(read_lines(folder / _VERDICTS, Verdict))
    if [one.case for one in briefs] != [verdict.case for verdict in verdicts]:
        raise InputError(f"{shown(folder / _VERDICTS)}:1:1: is not about the cases of {TRACES}; run them again")
    results = tuple(zip(briefs, verdicts, strict=True))
    return Stored(folder, results, traces, _comparing(folder / SETTINGS), agenda.stored(folder))


def _newest(reports: Path) -> Path:
    found = runs(reports)
    if not found:
        raise InputError(f"{shown(reports)}: no run is stored; 'harness run' makes one")
    return found[0]


def _comparing(path: Path) -> dict[str, Comparing]:
    try:
        documents = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        return {name: Comparing.model_validate(settings["compare"]) for name, settings in documents.items()}
    except (OSError, yaml.YAMLError, ValidationError, AttributeError, KeyError, TypeError):
        raise InputError(f"{shown(path)}:1:1: is not what a run stores; run it again") from None


def _run(reports: Path, run: str) -> Path:
    for path in (Path(run), reports / run):
        if (path / TRACES).is_file():
            return path
        if journal.begun(path):
            raise InputError(
                f"{shown(path)}: was interrupted; go on with it: harness run --continue {shlex.quote(run)}"
            )
    known = [path.name for path in runs(reports)[:3]]
    hint = f"; the newest are {', '.join(known)}" if known else ""
    raise InputError(f"'{run}' is no stored run{hint}")
