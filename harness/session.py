"""One invocation of `run` or `record`: its cases are planned, played, judged, stored, compared and told."""

import asyncio
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from harness import advice, baseline, shelf
from harness.archive import RunFolder
from harness.brief import Ended
from harness.case import Case
from harness.compare import Subject
from harness.composition import notes
from harness.crew import play, processors
from harness.earlier import Earlier, earlier
from harness.ending import Ending, Finish
from harness.errors import InputError
from harness.factory import composed_factory
from harness.finding import numbered
from harness.formats import FIGURED, Screen, write
from harness.garbage import kept
from harness.guard import closed, stay_closed
from harness.invocation import Invocation
from harness.leftovers import clear
from harness.live import Live, record_many
from harness.outcome import Outcome
from harness.planning import Settled, left_out, plan_all, settle
from harness.progress import Progress, ticking
from harness.report import Against, Told, build, code
from harness.root import Root
from harness.scenario import Scenario
from harness.terminal import tell
from harness.worker import Task

LIVE = 8
"""How many cases are asked live at a time where nothing is said."""
_NAMED = 3
"""How many scenarios are named that are left out."""


def replay(asked: Invocation, *, alone: bool) -> int:
    """Replay the cases that are asked for and return the exit code; `alone` says that the process ends after it.

    Raises:
        InputError: every problem of every file and setting, or nothing is selected, or the baseline is not updated.
    """
    if asked.baseline is not None and asked.update_baseline:
        raise InputError("--baseline and --update-baseline: what is not compared with the baseline cannot update it")
    root = Root(asked.root)
    with closed():
        with kept(alone=alone), _reading(asked):
            cases = _planned(root, asked)  # which imports the loop and the tools
        clear(root.cassettes, root.reports)
        if alone:
            stay_closed()  # a thread that a loop left running may outlast the command
        return _played(root, asked, cases)


class Tried(NamedTuple):
    """A case that was replayed to see whether it must be recorded."""

    case: Case
    ending: Ending


def record(asked: Invocation, live: Live, *, alone: bool) -> int:
    """Record the cases that are asked for and have no valid cassette, or all of them, and return the exit code.

    `alone` says that the process ends after it.

    Raises:
        InputError: every problem of every file and setting, or nothing is selected.
    """
    root = Root(asked.root)
    with kept(alone=alone), _reading(asked):
        cases = _planned(root, asked)
    clear(root.cassettes, root.reports)
    broken: list[Tried] = []
    tried: list[Tried] = []
    if not live.everything:
        tried = _tried(root, asked, cases)
        broken = [one for one in tried if one.ending.ended.broken]
        cases = tuple(one.case for one in tried if one.ending.ended.unrecorded)
        if broken:
            _note(f"{numbered(len(broken), 'case')} not asked, since no recording mends what is wrong")
        elif not cases:
            _say(f"nothing to record: {numbered(len(tried), 'case')} with a valid cassette (--all records anyway)")
            _say(f"replay them: {advice.replay(asked)}")
            return 0
    pieces = shelf.pieces_of(case.cassette(root.cassettes) for case in cases)
    done = _played(root, asked, cases, live=live, tried=tried, beside=broken)
    shelf.clear(pieces, root.cassettes)
    return done


def _reading(asked: Invocation) -> AbstractContextManager[Progress]:
    return ticking(Progress("reading scenarios and settings", sys.stderr, os.environ, quiet=asked.quiet))


def _planned(root: Root, asked: Invocation) -> tuple[Case, ...]:
    return planned(root, asked.overrides, lambda: root.select(asked.named, asked.tags, asked.overrides))


def planned(root: Root, overrides: Sequence[str], select: Callable[[], Sequence[Scenario]]) -> tuple[Case, ...]:
    """Return the cases of what is selected under these overrides, whose loops can be made; what is odd is noted.

    Raises:
        InputError: every problem of every file and setting, or there is no case.
    """
    scenarios: Sequence[Scenario] = ()
    unread: list[str] = []
    try:
        scenarios = select()
    except InputError as error:
        unread += error.problems
    settled: Settled = {}
    try:
        settled = settle(root.conf, scenarios, overrides)
    except InputError as error:
        raise InputError(*error.problems, *unread) from None
    if unread:
        raise InputError(*unread)
    if names := left_out(scenarios, settled):
        shown_ = f"{', '.join(names[:_NAMED])}{', ...' if len(names) > _NAMED else ''}"
        _note(f"{numbered(len(names), 'scenario')} of another catalogue left out, for which this role is not: {shown_}")
    compositions = [composition for several in settled.values() for composition in several]
    for line in dict.fromkeys(notes(compositions)):
        _note(line)
    loops = {composition.settings.loop.factory: composition for composition in compositions}
    _all(*(partial(composed_factory, composition, root.conf) for composition in loops.values()))
    cases = plan_all(scenarios, settled)
    if not cases:
        if not scenarios:
            raise InputError(f"{root.scenarios}: no scenario is selected; 'harness list scenarios' shows them")
        variants = ", ".join(f"{one.settings.model.label}/{one.settings.variant}" for one in compositions)
        raise InputError(f"none of the {len(scenarios)} selected scenarios applies to {variants}; see 'for:' in them")
    return cases


def _all(*steps: Callable[[], Any]) -> list[Any]:
    """Take every step and return what they give.

    Raises:
        InputError: the problems of all steps together.
    """
    results: list[Any] = []
    wrong: list[str] = []
    for step in steps:
        try:
            results.append(step())
        except InputError as error:
            wrong += error.problems
    if wrong:
        raise InputError(*dict.fromkeys(wrong))
    return results


def _tried(root: Root, asked: Invocation, cases: Sequence[Case]) -> list[Tried]:
    """Replay cases, and keep of those that a recording does not mend what there is to store."""
    endings: dict[int, Ending] = {}
    progress = Progress("replaying", sys.stderr, os.environ, total=len(cases), quiet=asked.quiet)

    def done(place: int, ending: Ending) -> None:
        endings[place] = ending if ending.ended.broken else ending._replace(line=b"")
        progress.note(ending.ended.brief.case)

    jobs = min(asked.jobs or LIVE, processors())
    with closed(), progress:
        play(Task(cases, root.cassettes, Finish(_today())), done, progress.say, jobs)
    return [Tried(case, endings[place]) for place, case in enumerate(cases)]


@dataclass(frozen=True)
class _Run:
    """A run that was played and stored."""

    cases: Sequence[Case]
    """The cases in the order of the plan."""
    ended: Sequence[Ended]
    """What is kept of them."""
    folder: RunFolder
    seconds: float


def _played(  # noqa: PLR0913 - what is run, and how
    root: Root,
    asked: Invocation,
    cases: Sequence[Case],
    *,
    live: Live | None = None,
    tried: Sequence[Tried] = (),
    beside: Sequence[Tried] = (),
) -> int:
    """Play the cases, store what came of them and of those `beside`, tell it, and return the exit code.

    Those that are recorded may have been `tried` before.

    Raises:
        InputError: a baseline cannot be read or is not updated, or a report cannot be written.
    """
    before = earlier(root.reports, asked.baseline)
    planned = [*(one.case for one in beside), *cases]
    finish = Finish(_today(), skip_missing=asked.skip_missing)
    if before is not None:
        finish = replace(finish, accepted=before.accepted, unread=_unread(before, planned, asked))
    start = perf_counter()
    folder = RunFolder(root.reports, planned)
    progress = Progress("playing", sys.stderr, os.environ, total=len(cases), quiet=asked.quiet)
    ended: dict[int, Ended] = {}

    def keep(place: int, ending: Ending) -> None:
        folder.note(place, ending.line)
        ended[place] = ending.ended

    def done(place: int, ending: Ending) -> None:
        keep(len(beside) + place, ending)
        progress.note(ending.ended.brief.case)

    def asked_live(place: int, outcome: Outcome) -> None:
        done(place, finish(outcome))

    for place, one in enumerate(beside):
        keep(place, one.ending)
    if live is not None:
        before_it = [one.ending.ended for one in tried]
        jobs = asked.jobs or LIVE
        recording = record_many(cases, root.cassettes, live, asked_live, tried=before_it, jobs=jobs, tell=progress.say)
        with ticking(progress):
            asyncio.run(recording)
    else:
        with progress:
            play(Task(cases, root.cassettes, finish), done, progress.say, asked.jobs or processors())
    run = _Run(planned, [ended[place] for place in range(len(planned))], folder, perf_counter() - start)
    folder.finish(run.ended)
    return _told(root, asked, run, before, live=live)


def _unread(before: Earlier, cases: Sequence[Case], asked: Invocation) -> Collection[Subject]:
    """Read what was accepted of the cases, and return of which it cannot be read where it is to be replaced.

    Raises:
        InputError: all files that cannot be read, with what to do.
    """
    subjects = [Subject(case.scenario.id, case.settings.model.label, case.settings.variant) for case in cases]
    unread: set[Subject] = set()
    wrong: list[str] = []
    for subject in dict.fromkeys(subjects):
        try:
            before.accepted(subject)
        except InputError as error:
            unread.add(subject)
            wrong += error.problems
    if wrong and not asked.update_baseline:
        raise InputError(*wrong, f"mend the baseline, or accept what comes in its place: {advice.accept(asked)}")
    return unread


def _told(root: Root, asked: Invocation, run: _Run, before: Earlier | None, *, live: Live | None) -> int:
    """Tell a run, make it the baseline where that is asked for, and return the exit code.

    Raises:
        InputError: the baseline is not updated, or a report cannot be written.
    """
    verdicts = [one.verdict for one in run.ended]
    whole = not (asked.named or asked.tags or live is not None)
    gone: Mapping[str, Path | None] = {}
    if before is not None and whole:
        gone = before.gone([one.brief for one in run.ended], max(case.settings.repeats for case in run.cases))
    kept, refused = "", None
    if asked.update_baseline:
        briefs = [(one.brief, one.verdict) for one in run.ended]
        try:
            kept = baseline.update(root.reports, briefs, run.folder.traces, list(filter(None, gone.values())))
        except InputError as error:
            refused = error
    again = advice.to_record(asked, run.cases, run.ended, root.cassettes, live)
    found = build(
        "replayed" if live is None else live.ended(run.ended),
        [
            Told(one.brief, one.verdict, one.brief.column, one.compared, again.get(place) if len(again) == 1 else None)
            for place, one in enumerate(run.ended)
        ],
        against=None if before is None else Against(before.name, tuple(sorted(gone))),
        advice=[
            *([kept] if kept else []),
            *advice.of_run(asked, run.ended, again, accepted=bool(kept), compared=before is not None),
        ],
        figured=any(form.form in FIGURED for form in asked.forms),
    )
    write(found, asked.forms, run.folder.path, Screen(sys.stdout, os.environ, asked.quiet, run.seconds))
    for label in sorted({case.settings.loop.label for case in run.cases if case.settings.loop.policy is None}):
        _note(
            f"loop '{label}' says no policy: what became of calls is told from what was seen "
            "(conf/README.md, 'Your own loop')"
        )
    if refused is not None:
        raise refused
    return code(verdicts) if kept else found.exit_code


def _today() -> date:
    return datetime.now(UTC).date()


def _say(text: str) -> None:
    tell(sys.stdout, text, os.environ)


def _note(text: str) -> None:
    tell(sys.stderr, text, os.environ)
