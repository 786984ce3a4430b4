"""One invocation of `run` or `record`: its cases are planned, played, judged, stored, compared and told."""

import asyncio
import os
import sys
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime
from time import perf_counter
from typing import NamedTuple

from harness import advice, shelf
from harness.account import Run, account
from harness.agenda import Agenda
from harness.archive import RunFolder, begin
from harness.brief import Ended
from harness.case import Case
from harness.commission import agenda_of, as_begun, recording_of
from harness.compare import Subject
from harness.crew import play, processors
from harness.earlier import Earlier, earlier
from harness.ending import Ending, Finish
from harness.errors import InputError
from harness.finding import numbered
from harness.garbage import kept
from harness.guard import closed, stay_closed
from harness.invocation import Invocation
from harness.leftovers import clear
from harness.lineup import planned
from harness.live import Live, record_many
from harness.outcome import Outcome
from harness.progress import Progress, ticking
from harness.resumption import Begun, begun, own, unchanged
from harness.root import Root
from harness.terminal import tell
from harness.worker import Task

LIVE = 8
"""How many cases are asked live at a time where nothing is said."""


def replay(asked: Invocation, *, alone: bool) -> int:
    """Replay the cases that are asked for and return the exit code; `alone` says that the process ends after it.

    Raises:
        InputError: every problem of every file and setting, or nothing is selected, or the baseline is not updated.
    """
    if asked.baseline is not None and asked.update_baseline:
        raise InputError("--baseline and --update-baseline: what is not compared with the baseline cannot update it")
    if asked.shard is not None and asked.update_baseline:
        raise InputError("--shard and --update-baseline: a part of a run is no baseline; leave out --shard")
    root = Root(asked.root)
    taken_up = None
    if asked.continues is not None:
        taken_up = begun(root.reports, asked.continues)
        asked = as_begun(asked, taken_up.agenda)
        unchanged(taken_up, root)
    with closed():
        with kept(alone=alone), _reading(asked):
            cases = _planned(root, asked)  # which imports the loop and the tools
        if taken_up is not None:
            cases, agenda = own(taken_up, cases, root), taken_up.agenda
        else:
            agenda = agenda_of(asked, root, cases, _today())
            cases = tuple(cases[place] for place in agenda.places)
        clear(root.cassettes, root.reports)
        if alone:
            stay_closed()  # a thread that a loop left running may outlast the command
        if asked.shard is not None:
            _note(f"shard {asked.shard}: {len(cases)} of {numbered(len(agenda.cases), 'case')}")
        return _played(root, asked, cases, agenda, taken_up=taken_up)


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
    agenda = recording_of(asked, [*(one.case for one in broken), *cases], _today())
    done = _played(root, asked, cases, agenda, live=live, tried=tried, beside=broken)
    shelf.clear(pieces, root.cassettes)
    return done


def _reading(asked: Invocation) -> AbstractContextManager[Progress]:
    return ticking(Progress("reading scenarios and settings", sys.stderr, os.environ, quiet=asked.quiet))


def _planned(root: Root, asked: Invocation) -> tuple[Case, ...]:
    return planned(root, asked.overrides, lambda: root.select(asked.named, asked.tags, asked.overrides))


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


def _played(  # noqa: PLR0913 - what is run, and how
    root: Root,
    asked: Invocation,
    cases: Sequence[Case],
    agenda: Agenda,
    *,
    live: Live | None = None,
    tried: Sequence[Tried] = (),
    beside: Sequence[Tried] = (),
    taken_up: Begun | None = None,
) -> int:
    """Play the cases, store what came of them and of those `beside`, tell it, and return the exit code.

    Those that are recorded may have been `tried` before. Of a run that is `taken_up` only what has not ended is played.

    Raises:
        InputError: a baseline cannot be read or is not updated, or a report cannot be written.
    """
    before = earlier(root.reports, asked.baseline)
    plan = [*(one.case for one in beside), *cases]
    finish = Finish(agenda.day, skip_missing=asked.skip_missing)
    if before is not None:
        finish = replace(finish, accepted=before.accepted, unread=_unread(before, plan, asked))
    start = perf_counter()
    folder = taken_up.folder if taken_up else begin(root.reports, plan, asked=agenda)
    ended = _ended_before(taken_up, finish, plan)
    for place, one in enumerate(beside):
        folder.note(place, one.ending.line, one.ending.ended)
        ended[place] = one.ending.ended
    left = [place for place in range(len(plan)) if place not in ended]
    progress = Progress("playing", sys.stderr, os.environ, total=len(left), quiet=asked.quiet)

    def done(at: int, ending: Ending) -> None:
        folder.note(left[at], ending.line, ending.ended)
        ended[left[at]] = ending.ended
        progress.note(ending.ended.brief.case)

    def asked_live(at: int, outcome: Outcome) -> None:
        done(at, finish(outcome))

    todo = [plan[place] for place in left]
    try:
        if live is not None:
            before_it = [one.ending.ended for one in tried]
            jobs = asked.jobs or LIVE
            way = record_many(todo, root.cassettes, live, asked_live, tried=before_it, jobs=jobs, tell=progress.say)
            with ticking(progress):
                asyncio.run(way)
        else:
            with progress:
                play(Task(todo, root.cassettes, finish), done, progress.say, asked.jobs or processors())
    except KeyboardInterrupt:
        raise _stopped(asked, folder, len(ended), len(plan), live) from None
    seconds, full = perf_counter() - start, agenda.full and agenda.shard is None
    run = Run(plan, [ended[place] for place in range(len(plan))], folder, seconds, before, full=full)
    folder.finish(run.ended)
    if not plan:
        _say(f"shard {agenda.shard}: there are fewer cases than shards, and none is left for this one")
        return 0
    return account(root, asked, run, live)


def _stopped(asked: Invocation, folder: RunFolder, ended: int, planned: int, live: Live | None) -> KeyboardInterrupt:
    """Return an interruption that says what is kept, and what goes on with it."""
    if live is not None:
        return KeyboardInterrupt("interrupted; what was recorded is kept")
    if not ended:
        return KeyboardInterrupt()
    command = advice.go_on(asked, folder.path.name)
    return KeyboardInterrupt(
        f"interrupted with {ended} of {numbered(planned, 'case')} done; go on with them: {command}"
    )


def _ended_before(taken_up: Begun | None, finish: Finish, planned: Sequence[Case]) -> dict[int, Ended]:
    """Return the cases of a run that is taken up which have ended, by their places."""
    before = taken_up.ended if taken_up is not None else {}
    return {place: finish.again(one, planned[place]) for place, one in before.items()}


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


def _today() -> date:
    return datetime.now(UTC).date()


def _say(text: str) -> None:
    tell(sys.stdout, text, os.environ)


def _note(text: str) -> None:
    tell(sys.stderr, text, os.environ)
