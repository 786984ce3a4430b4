"""Run folders: what one invocation saw, judged and was set to, stored below reports/."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from harness.case import Case
from harness.check import Verdict
from harness.errors import InputError
from harness.files import write_whole
from harness.runner import Outcome
from harness.source import shown
from harness.trace import Trace, dumps, read_lines, write_lines

_JOURNAL = "journal.jsonl"
_TRACES = "traces.jsonl"


class RunFolder:
    """The folder of one run: a journal while it goes on, whole files once it is done."""

    def __init__(self, reports: Path, cases: Sequence[Case], now: datetime | None = None) -> None:
        stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
        self._settings = _settings(cases)
        digest = sha256("\n".join([self._settings, *(case.id for case in cases)]).encode()).hexdigest()[:8]
        self.path = _new(reports, f"{stamp}-{digest}")
        write_whole(self.path / "settings.yaml", self._settings)

    def note(self, outcome: Outcome) -> None:
        """Append a case to the journal as it ends."""
        with (self.path / _JOURNAL).open("a", encoding="utf-8", errors="backslashreplace") as journal:
            journal.write(f"{dumps(outcome.trace.model_dump(mode='json'))}\n")

    def finish(self, outcomes: Sequence[Outcome], verdicts: Iterable[Verdict]) -> None:
        """Write traces, verdicts and timings in the order of the plan, and remove the journal."""
        write_lines(self.path / _TRACES, (outcome.trace for outcome in outcomes))
        write_lines(self.path / "verdicts.jsonl", verdicts)
        timings = ({"case": outcome.case.id, "seconds": round(outcome.seconds, 6)} for outcome in outcomes)
        write_whole(self.path / "timings.jsonl", "".join(f"{dumps(timing)}\n" for timing in timings))
        (self.path / _JOURNAL).unlink(missing_ok=True)


def _new(reports: Path, name: str) -> Path:
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
            else:
                return path
    except OSError as error:
        raise InputError(f"{shown(reports)}: no run can be stored here: {error.strerror}") from None


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
    found = [path.parent for path in reports.glob(f"*/{_TRACES}")]
    return sorted(found, key=_when, reverse=True)


def _when(path: Path) -> tuple[str, int]:
    """Return a key that sorts runs by time and, within a second, by their number."""
    name, _, number = path.name.partition("Z-")
    number = number.partition("-")[2]
    return name, int(number) if number.isdigit() else 1


def find(reports: Path, case: str, run: str | None = None) -> Trace:
    """Return the trace of a case from a run, or from the newest run that has it.

    A part of the id is enough where only one case of the run has it.

    Raises:
        InputError: there is no such run or no such case, or several cases fit.
    """
    folders = [_run(reports, run)] if run else runs(reports)
    if not folders:
        raise InputError(f"{shown(reports)}: no run is stored; 'harness run' makes one")
    stored: list[tuple[Path, dict[str, Trace]]] = []
    for folder in folders:
        traces = {trace.case: trace for trace in read_lines(folder / _TRACES)}
        if case in traces:
            return traces[case]
        stored.append((folder, traces))
    for folder, traces in stored:
        near = [trace for name, trace in traces.items() if case in name]
        if len(near) == 1:
            return near[0]
        if near:
            names = "".join(f"\n  {trace.case}" for trace in near)
            raise InputError(f"'{case}' fits {len(near)} cases of {shown(folder)}; name one of them:{names}")
    where = shown(folders[0]) if run else f"the {len(folders)} runs in {shown(reports)}"
    raise InputError(f"no case '{case}' in {where}")


def _run(reports: Path, run: str) -> Path:
    for path in (Path(run), reports / run):
        if (path / _TRACES).is_file():
            return path
    known = [path.name for path in runs(reports)[:3]]
    hint = f"; the newest are {', '.join(known)}" if known else ""
    raise InputError(f"'{run}' is no stored run{hint}")
