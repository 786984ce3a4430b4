"""Run folders: what one invocation saw, judged and was set to, stored below reports/."""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from harness.brief import Brief, Ended, brief
from harness.case import Case
from harness.check import Verdict
from harness.claim import Claim
from harness.errors import InputError
from harness.files import encoded, write_parts, write_whole
from harness.folders import TRACES
from harness.lines import Lines, read_lines, write_lines
from harness.settings import Comparing
from harness.source import shown
from harness.trace import Trace, dumps

_JOURNAL = "journal.jsonl"
_VERDICTS = "verdicts.jsonl"
_SETTINGS = "settings.yaml"
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


class RunFolder:
    """The folder of one run: a journal while it goes on, whole files once it is done; claimed until then."""

    def __init__(self, reports: Path, cases: Sequence[Case], now: datetime | None = None) -> None:
        stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
        self._settings = _settings(cases)
        digest = sha256("\n".join([self._settings, *(case.id for case in cases)]).encode()).hexdigest()[:8]
        self.path, self._claim = _new(reports, f"{stamp}-{digest}")
        self._noted: dict[int, tuple[int, int]] = {}
        write_whole(self.path / _SETTINGS, self._settings)

    def note(self, place: int, line: bytes) -> None:
        """Append the line of a case to the journal as it ends; the plan has it at this place."""
        with (self.path / _JOURNAL).open("ab") as journal:
            start = journal.tell()
            journal.write(line)
        self._noted[place] = start, len(line)

    def finish(self, ended: Sequence[Ended]) -> None:
        """Write verdicts, timings and traces in the order of the plan, and remove the journal.

        The traces come last, for with them the run counts as finished.
        """
        write_lines(self.path / _VERDICTS, (one.verdict for one in ended))
        timings = ({"case": one.brief.case, "seconds": round(one.seconds, 6)} for one in ended)
        write_parts(self.path / "timings.jsonl", (encoded(f"{dumps(timing)}\n") for timing in timings))
        write_parts(self.path / TRACES, self._lines())
        (self.path / _JOURNAL).unlink(missing_ok=True)
        self._claim.release()

    @property
    def traces(self) -> Lines[Trace]:
        """The traces of the finished run, each read when it is asked for."""
        return Lines(self.path / TRACES, Trace)

    def _lines(self) -> Iterator[bytes]:
        """Yield the lines of the journal in the order of the plan."""
        if self._noted:
            with (self.path / _JOURNAL).open("rb") as journal:
                for _, (start, length) in sorted(self._noted.items()):
                    journal.seek(start)
                    yield journal.read(length)


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
    if not _NAME.fullmatch(folder.name) or (finished and _JOURNAL not in names):
        return
    with Claim(folder) as claim:
        if claim.held != "ours":
            return
        names = {path.name for path in folder.iterdir()}
        if finished:
            (folder / _JOURNAL).unlink()
        elif names <= {_SETTINGS, _JOURNAL} and not _ended(folder / _JOURNAL):
            for name in names:
                (folder / name).unlink()
            folder.rmdir()


def _ended(journal: Path) -> bool:
    """Tell whether a case ended, of which the journal then has a whole line."""
    try:
        with journal.open("rb") as lines:
            return lines.readline().endswith(b"\n")
    except FileNotFoundError:
        return False


def _settings(cases: Sequence[Case]) -> str:
    """Return the settings of a plan as YAML, one document for each model and variant, without secrets."""
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
    return Stored(folder, tuple(zip(briefs, verdicts, strict=True)), traces, _comparing(folder / _SETTINGS))


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
    known = [path.name for path in runs(reports)[:3]]
    hint = f"; the newest are {', '.join(known)}" if known else ""
    raise InputError(f"'{run}' is no stored run{hint}")
