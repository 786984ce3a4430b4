"""The committed traces that later runs are compared with, one indented file a case."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from harness.brief import Brief
from harness.cassette import path_of as cassette_path
from harness.check import JUDGED, Verdict
from harness.compare import Accepted, Subject, subject_of
from harness.errors import CASSETTE_STATES, InputError
from harness.files import encoded, write_whole
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


class Folders:
    """What lies in the baseline's folders, of which each is looked through once, however many cases are asked for."""

    def __init__(self) -> None:
        self._files: dict[Path, dict[str, dict[int, Path]]] = {}

    def repeats(self, first: Path) -> dict[int, Path]:
        """Return the files of all repeats of a case by the path of the first, whether that is there or not."""
        if first.parent not in self._files:
            found: dict[str, dict[int, Path]] = {}
            for path in (path for path in _listed(first.parent) if path.suffix == ".json"):
                found.setdefault(path.stem, {})[1] = path
                name, _, number = path.stem.rpartition("~")
                if number.isdecimal():
                    found.setdefault(name, {})[int(number)] = path
            self._files[first.parent] = found
        return self._files[first.parent].get(first.stem, {})


def accepted(reports: Path, subject: Subject, folders: Folders | None = None) -> dict[int, Accepted]:
    """Return what was accepted of a scenario under a model and variant, by repeat.

    Raises:
        InputError: a file cannot be read, is not what the harness wrote, or stands at another's place.
    """
    found = (folders or Folders()).repeats(path_of(reports, subject, 1))
    files = {repeat: _read(path) for repeat, path in sorted(found.items())}
    for repeat, file in files.items():
        if (subject_of(file), file.repeat) != (subject, repeat):
            where = shown(path_of(reports, subject, repeat))
            raise InputError(f"{where}:1:1: holds {file.case}, which stands elsewhere; remove it")
    return {repeat: Accepted(file, file.verdict, file.cassette) for repeat, file in files.items()}


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


def gone(reports: Path, briefs: Collection[Brief], repeats: int) -> dict[str, Path]:
    """Return the cases that the baseline has of the models and variants of a full run, and the run has not.

    Repeats beyond those of the run are not looked at.

    Raises:
        InputError: a file cannot be read, is not what the harness wrote, or stands at another's place.
    """
    known = {str(path_of(reports, one.subject, one.repeat)) for one in briefs}
    subjects = {one.subject for one in briefs}
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


def update(
    reports: Path, verdicts: Sequence[tuple[Brief, Verdict]], traces: Iterable[Trace], gone: Collection[Path] = ()
) -> str:
    """Write the traces of a run in place of those that are there, and return what was done as a sentence.

    Failed cases are kept like others: a baseline says how things are, not how they should be. Cases that were skipped
    are left as they are; the files of those that are gone, and of repeats that the run does not have, are removed.

    Raises:
        InputError: a case drifted from its recording or could not be judged, and nothing is written; or a file
            cannot be written.
    """
    if refused := _refused(verdicts):
        raise InputError(*refused)
    done: Counter[str] = Counter()
    kept: dict[Subject, set[int]] = {}
    for trace, (brief, verdict) in zip(traces, verdicts, strict=True):
        kept.setdefault(brief.subject, set()).add(brief.repeat)
        if verdict.status not in JUDGED:
            continue
        path = path_of(reports, brief.subject, brief.repeat)
        try:
            done[_written(path, text(trace, verdict))] += 1
        except OSError as error:
            raise InputError(f"{shown(path)}: the baseline cannot be written here: {error.strerror}") from None
    folders = Folders()
    further = [
        path
        for subject, repeats in kept.items()
        for repeat, path in folders.repeats(path_of(reports, subject, 1)).items()
        if repeat not in repeats
    ]
    for path in (*gone, *further):
        path.unlink(missing_ok=True)
        done["gone"] += 1
    states = ", ".join(f"{done[state]} {state}" for state in _STATES if done[state]) or "nothing to keep"
    failed = sum(verdict.status == "failed" for _, verdict in verdicts)
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
    if before == encoded(text):
        return "unchanged"
    write_whole(path, text)
    return "new" if before is None else "changed"


def _refused(verdicts: Sequence[tuple[Brief, Verdict]]) -> list[str]:
    """Return why a run cannot become the baseline, a line for each way to mend that."""
    found: dict[str, list[str]] = {}
    for brief, verdict in verdicts:
        if verdict.status == "error":
            stale = brief.error in CASSETTE_STATES
            way = "cannot be replayed, record first" if stale else "could not be judged, mend first"
            found.setdefault(way, []).append(verdict.case)
        elif verdict.replay.drift:
            found.setdefault("drifted from the recording, record first", []).append(verdict.case)
    return [
        f"the baseline is not updated: {len(cases)} case{'' if len(cases) == 1 else 's'} {way}: "
        f"{', '.join(cases[:_NAMED])}{f' and {len(cases) - _NAMED} more' if len(cases) > _NAMED else ''}"
        for way, cases in sorted(found.items())
    ]
