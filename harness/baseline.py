"""The committed traces that later runs are compared with, one indented file a case."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.cassette import path_of as cassette_path
from harness.check import JUDGED, Status, Verdict
from harness.compare import Accepted
from harness.errors import CASSETTE_STATES, InputError
from harness.files import write_whole
from harness.jsontext import read_json
from harness.source import shown
from harness.trace import Trace
from harness.wording import validate

_NAMED = 3
_WIDTH = 110
_STATES = ("new", "changed", "unchanged", "gone")


class BaselineFile(Trace):
    """A trace as it was accepted."""

    verdict: Status
    """What it came to."""
    cassette: str | None
    """The digest of the cassette that it comes from."""


def folder(reports: Path) -> Path:
    """Return where the baseline stands."""
    return reports / "baseline"


def path_of(reports: Path, trace: Trace, repeat: int | None = None) -> Path:
    """Return where a trace is kept: `baseline/<model>/<variant>/<area>/<name>[~k].json`."""
    path = cassette_path(
        folder(reports), trace.scenario, trace.model, trace.variant, trace.repeat if repeat is None else repeat
    )
    return path.with_name(f"{path.name.removesuffix('.yaml')}.json")


def accepted(reports: Path, trace: Trace) -> dict[int, Accepted]:
    """Return what was accepted of the case of a trace, by repeat.

    Raises:
        InputError: a file is not what the harness wrote.
    """
    first = path_of(reports, trace, 1)
    found = {1: first} if first.is_file() else {}
    for path in first.parent.glob(f"{_literal(first.stem)}~*.json"):
        number = path.stem.rpartition("~")[2]
        if number.isdecimal():
            found[int(number)] = path
    files = {repeat: _read(path) for repeat, path in sorted(found.items())}
    return {
        repeat: Accepted(file, file.verdict, file.cassette)
        for repeat, file in files.items()
        if file.verdict in JUDGED and file.scenario == trace.scenario
    }


def _literal(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


def _read(path: Path) -> BaselineFile:
    try:
        return BaselineFile.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError):  # of which pydantic's is one; what is wrong is told with its line
        return validate(read_json(path), BaselineFile)


def gone(reports: Path, traces: Collection[Trace], repeats: int) -> dict[str, Path]:
    """Return the cases that the baseline has of the models and variants of a full run, and the run has not.

    Repeats beyond those of the run are not looked at.
    """
    known = {path_of(reports, trace) for trace in traces}
    columns = {(trace.model, trace.variant) for trace in traces}
    tops = {path_of(reports, trace.model_copy(update={"scenario": "any"})).parent for trace in traces}
    found = {path for top in tops for path in top.rglob("*.json")} - known
    files = ((_read(path), path) for path in sorted(found))
    return {file.case: path for file, path in files if file.repeat <= repeats and (file.model, file.variant) in columns}


def update(reports: Path, results: Sequence[tuple[Trace, Verdict]], gone: Collection[Path] = ()) -> str:
    """Write the traces of a run in place of those that are there, and return what was done as a sentence.

    Failed cases are kept like others: a baseline says how things are, not how they should be. Cases that were skipped
    are left as they are, and the files of those that are gone are removed.

    Raises:
        InputError: a case drifted from its recording or could not be judged, and nothing is written; or a file
            cannot be written.
    """
    if refused := _refused(results):
        raise InputError(*refused)
    done: Counter[str] = Counter()
    for trace, verdict in results:
        if verdict.status not in JUDGED:
            continue
        path = path_of(reports, trace)
        try:
            done[_written(path, text(trace, verdict))] += 1
        except OSError as error:
            raise InputError(f"{shown(path)}: the baseline cannot be written here: {error.strerror}") from None
    for path in gone:
        path.unlink(missing_ok=True)
        done["gone"] += 1
    states = ", ".join(f"{done[state]} {state}" for state in _STATES if done[state]) or "nothing to keep"
    failed = sum(verdict.status == "failed" for _, verdict in results)
    note = f"; {failed} of them failed" if failed else ""
    return f"baseline in {shown(folder(reports))}: {states}{note}"


def text(trace: Trace, verdict: Verdict) -> str:
    """Return the text of a trace's file: what fits on a line stands on one, so that a diff shows what happened."""
    data = trace.model_dump(mode="json")
    turns = data.pop("turns")
    whole = {**data, "verdict": verdict.status, "cassette": verdict.replay.cassette, "turns": turns}
    return "\n".join(_lines(whole, "")) + "\n"


def _lines(value: Any, indent: str, lead: str = "", end: str = "") -> Iterator[str]:
    """Yield a JSON value, what it holds one sign further in, unless it is short and holds nothing that is nested."""
    line = f"{indent}{lead}{json.dumps(value, ensure_ascii=False)}{end}"
    if not value or not isinstance(value, dict | list) or (len(line) <= _WIDTH and _flat(value)):
        yield line
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield f"{indent}{lead}{opening}"
    items = value.items() if isinstance(value, dict) else [(None, item) for item in value]
    last = len(items) - 1
    for at, (key, item) in enumerate(items):
        name = "" if key is None else f"{json.dumps(key, ensure_ascii=False)}: "
        yield from _lines(item, f"{indent} ", name, "," if at < last else "")
    yield f"{indent}{closing}{end}"


def _flat(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value
    return not any(isinstance(item, dict | list) and item for item in items)


def _written(path: Path, text: str) -> str:
    """Write a file unless it holds the text, and return which it was: new, changed or unchanged."""
    before = path.read_bytes() if path.exists() else None
    if before == text.encode("utf-8", "backslashreplace"):
        return "unchanged"
    write_whole(path, text)
    return "new" if before is None else "changed"


def _refused(results: Sequence[tuple[Trace, Verdict]]) -> list[str]:
    """Return why a run cannot become the baseline, a line for each way to mend that."""
    found: dict[str, list[str]] = {}
    for trace, verdict in results:
        if verdict.status == "error":
            stale = trace.error is not None and trace.error.kind in CASSETTE_STATES
            way = "cannot be replayed, record first" if stale else "could not be judged, mend first"
            found.setdefault(way, []).append(verdict.case)
        elif verdict.replay.drift:
            found.setdefault("drifted from the recording, record first", []).append(verdict.case)
    return [
        f"the baseline is not updated: {len(cases)} case{'' if len(cases) == 1 else 's'} {way}: "
        f"{', '.join(cases[:_NAMED])}{f' and {len(cases) - _NAMED} more' if len(cases) > _NAMED else ''}"
        for way, cases in sorted(found.items())
    ]
