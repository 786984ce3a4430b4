"""The committed traces that later runs are compared with, one indented file a case."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from harness.cassette import path_of as cassette_path
from harness.check import JUDGED, Verdict
from harness.compare import Accepted, Subject, subject_of
from harness.errors import CASSETTE_STATES, InputError
from harness.files import write_whole
from harness.jsontext import read_json, unrepeated
from harness.source import shown
from harness.trace import Trace
from harness.wording import validate

_NAMED = 3
_WIDTH = 110
_STATES = ("new", "changed", "unchanged", "gone")


class BaselineFile(Trace):
    """A trace as it was accepted."""

    verdict: Literal["passed", "failed", "known"]
    """What it came to."""
    cassette: str | None
    """The digest of the cassette that it comes from."""


def folder(reports: Path) -> Path:
    """Return where the baseline stands."""
    return reports / "baseline"


def path_of(reports: Path, subject: Subject, repeat: int) -> Path:
    """Return where a trace is kept: `baseline/<model>/<variant>/<area>/<name>[~k].json`."""
    path = cassette_path(folder(reports), *subject, repeat)
    return path.with_name(f"{path.name.removesuffix('.yaml')}.json")


def there(reports: Path) -> bool:
    """Tell whether anything was accepted yet.

    Raises:
        InputError: the folder cannot be read.
    """
    return any(name.endswith(".json") for name in _names(folder(reports)))


def accepted(reports: Path, subject: Subject) -> dict[int, Accepted]:
    """Return what was accepted of a scenario under a model and variant, by repeat.

    Raises:
        InputError: a file cannot be read, is not what the harness wrote, or stands at another's place.
    """
    files = {repeat: _read(path) for repeat, path in sorted(_repeats(reports, subject).items())}
    for repeat, file in files.items():
        if (subject_of(file), file.repeat) != (subject, repeat):
            where = shown(path_of(reports, subject, repeat))
            raise InputError(f"{where}:1:1: holds {file.case}, which stands elsewhere; remove it")
    return {repeat: Accepted(file, file.verdict, file.cassette) for repeat, file in files.items()}


def _repeats(reports: Path, subject: Subject) -> dict[int, Path]:
    """Return the files of a scenario under a model and variant, by repeat."""
    first = path_of(reports, subject, 1)
    stem = f"{first.stem}~"
    names = {path.name: path for path in _listed(first.parent)}
    numbers = [name[len(stem) : -len(".json")] for name in names if name.startswith(stem) and name.endswith(".json")]
    found = {1: first} if first.name in names else {}
    return found | {int(number): names[f"{stem}{number}.json"] for number in numbers if number.isdecimal()}


def _listed(place: Path) -> list[Path]:
    try:
        return sorted(place.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise InputError(f"{shown(place)}: cannot be read: {error.strerror}") from None


def _names(place: Path) -> Iterator[str]:
    """Yield the paths of all files below a folder."""
    for path in _listed(place):
        yield from _names(path) if path.is_dir() else (str(path),)


def _read(path: Path) -> BaselineFile:
    try:
        return BaselineFile.model_validate(json.loads(path.read_bytes(), object_pairs_hook=unrepeated))
    except (OSError, ValueError, RecursionError):  # of which pydantic's is one; what is wrong is told with its line
        return validate(read_json(path), BaselineFile)


def gone(reports: Path, traces: Collection[Trace], repeats: int) -> dict[str, Path]:
    """Return the cases that the baseline has of the models and variants of a full run, and the run has not.

    Repeats beyond those of the run are not looked at.

    Raises:
        InputError: a file cannot be read, is not what the harness wrote, or stands at another's place.
    """
    known = {str(path_of(reports, subject_of(trace), trace.repeat)) for trace in traces}
    subjects = {subject_of(trace) for trace in traces}
    columns = {subject[1:] for subject in subjects}
    tops = {path_of(reports, subject._replace(scenario="any"), 1).parent for subject in subjects}
    found = {name for top in tops for name in _names(top) if name.endswith(".json")} - known
    files = ((_read(Path(name)), name) for name in sorted(found))
    gone = {}
    for file, name in files:
        if str(path_of(reports, subject_of(file), file.repeat)) != name:
            raise InputError(f"{shown(Path(name))}:1:1: holds {file.case}, which stands elsewhere; remove it")
        if file.repeat <= repeats and (file.model, file.variant) in columns:
            gone[file.case] = Path(name)
    return gone


def update(reports: Path, results: Sequence[tuple[Trace, Verdict]], gone: Collection[Path] = ()) -> str:
    """Write the traces of a run in place of those that are there, and return what was done as a sentence.

    Failed cases are kept like others: a baseline says how things are, not how they should be. Cases that were skipped
    are left as they are; the files of those that are gone, and of repeats that the run does not have, are removed.

    Raises:
        InputError: a case drifted from its recording or could not be judged, and nothing is written; or a file
            cannot be written.
    """
    if refused := _refused(results):
        raise InputError(*refused)
    done: Counter[str] = Counter()
    kept: dict[Subject, set[int]] = {}
    for trace, verdict in results:
        kept.setdefault(subject_of(trace), set()).add(trace.repeat)
        if verdict.status not in JUDGED:
            continue
        path = path_of(reports, subject_of(trace), trace.repeat)
        try:
            done[_written(path, text(trace, verdict))] += 1
        except OSError as error:
            raise InputError(f"{shown(path)}: the baseline cannot be written here: {error.strerror}") from None
    further = [
        path
        for subject, repeats in kept.items()
        for repeat, path in _repeats(reports, subject).items()
        if repeat not in repeats
    ]
    for path in (*gone, *further):
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
