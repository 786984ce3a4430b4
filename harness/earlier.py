"""What cases are compared with: the committed baseline, or a stored run."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from harness import archive, baseline
from harness.brief import Brief
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
    gone: Callable[[Collection[Brief], int], Mapping[str, Path | None]]
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
    accepted = partial(baseline.accepted, reports, folders=baseline.Folders())
    return Earlier(shown(folder), accepted, partial(baseline.gone, reports))


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
    columns = {brief.column for brief, _ in run.results}
    others = columns if now is None else {brief.column for brief, _ in now.results}
    kept = _Stored(run, related=columns == others or len(columns) > 1 or len(others) > 1)
    return Earlier(shown(run.path), kept.accepted, kept.gone, kept.related)


class _Stored:
    """The judged cases of a stored run, of which each trace is read when it is asked for."""

    def __init__(self, run: archive.Stored, *, related: bool) -> None:
        self._run = run
        self.related = related
        self._places: dict[Subject, dict[int, int]] = {}
        for place, (brief, verdict) in enumerate(run.results):
            if verdict.status in JUDGED:
                self._places.setdefault(self._key(brief.subject), {})[brief.repeat] = place

    def accepted(self, subject: Subject) -> dict[int, Accepted]:
        """Return the accepted repeats of a scenario under a model and variant."""
        found: dict[int, Accepted] = {}
        for repeat, place in self._places.get(self._key(subject), {}).items():
            verdict = self._run.results[place][1]
            found[repeat] = Accepted(self._run.traces[place], verdict.status, verdict.replay.cassette)
        return found

    def gone(self, briefs: Collection[Brief], repeats: int) -> dict[str, Path | None]:
        """Return the cases of the columns of a full run that the run no longer has; none has a file of its own."""
        kept = {one.case for one in briefs}
        seen = {one.column for one in briefs}
        return {
            one.case: None
            for one, verdict in self._run.results
            if verdict.status in JUDGED and one.case not in kept and one.column in seen and one.repeat <= repeats
        }

    def _key(self, subject: Subject) -> Subject:
        return subject if self.related else Subject(subject.scenario, "", "")
