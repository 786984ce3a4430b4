"""What cases are compared with: the committed baseline, or a stored run."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from harness import archive, baseline
from harness.change import Change
from harness.changes import changes
from harness.check import JUDGED
from harness.compare import Accepted, Subject, subject_of
from harness.source import shown
from harness.trace import Trace


@dataclass(frozen=True)
class Earlier:
    """Accepted cases, by what is compared with them."""

    name: str
    """What a person calls it."""
    accepted: Callable[[Subject], Mapping[int, Accepted]]
    """The accepted repeats of a scenario under a model and variant."""
    gone: Callable[[Collection[Trace], int], Mapping[str, Path | None]]
    """The cases of the models and variants of a full run that the run no longer has, up to a number of repeats, each
    with its file."""
    related: bool = True
    """Whether they are of the same models and variants as what is compared with them."""


def earlier(reports: Path, run: str | None) -> Earlier | None:
    """Return a run, or the committed baseline where none is named; None where there is no baseline.

    Raises:
        InputError: there is no such run, or it cannot be read.
    """
    if run is not None:
        return stored(archive.read(reports, run))
    folder = baseline.folder(reports)
    if not baseline.there(reports):
        return None
    return Earlier(shown(folder), partial(baseline.accepted, reports), partial(baseline.gone, reports))


class Differences(NamedTuple):
    """What of a trace differs, and from what."""

    name: str
    changes: tuple[Change, ...]


def differences(reports: Path, trace: Trace) -> Differences | None:
    """Return what differs between a trace and the committed baseline's of its case, or None where nothing does.

    Raises:
        InputError: the baseline cannot be read.
    """
    before = earlier(reports, None)
    accepted = before.accepted(subject_of(trace)).get(trace.repeat) if before is not None else None
    found = changes(accepted.trace, trace) if accepted is not None else ()
    return Differences(before.name, found) if before is not None and found else None


def stored(run: archive.Stored, now: archive.Stored | None = None) -> Earlier:
    """Return a stored run as what cases are compared with.

    Cases belong together by scenario, model and variant; by scenario alone with those of a run `now` where both have
    one model and variant each, so that two models can be told apart case by case.
    """
    columns = {_column(trace) for trace, _ in run.results}
    others = columns if now is None else {_column(trace) for trace, _ in now.results}
    related = columns == others or len(columns) > 1 or len(others) > 1
    results = [(trace, verdict) for trace, verdict in run.results if verdict.status in JUDGED]
    known: dict[Subject, dict[int, Accepted]] = {}
    for trace, verdict in results:
        accepted = Accepted(trace, verdict.status, verdict.replay.cassette)
        known.setdefault(_key(subject_of(trace), related), {})[trace.repeat] = accepted

    def gone(traces: Collection[Trace], repeats: int) -> dict[str, Path | None]:
        kept = {trace.case for trace in traces}
        seen = {_column(trace) for trace in traces}
        return {
            trace.case: None
            for trace, _ in results
            if trace.case not in kept and _column(trace) in seen and trace.repeat <= repeats
        }

    return Earlier(shown(run.path), lambda subject: known.get(_key(subject, related), {}), gone, related)


def _key(subject: Subject, related: bool) -> Subject:
    return subject if related else Subject(subject.scenario, "", "")


def _column(trace: Trace) -> tuple[str, str]:
    return trace.model, trace.variant
