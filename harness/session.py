"""One invocation of `run` or `record`: its cases are planned, played, judged, stored, compared and told."""

import asyncio
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from harness import baseline, misses
from harness.archive import RunFolder
from harness.case import Case, plan
from harness.check import Verdict, judge
from harness.compare import Accepted, Subject, compare, subject_of
from harness.composition import compose, notes
from harness.earlier import Earlier, earlier
from harness.errors import CassetteMissing, InputError
from harness.factory import composed_factory
from harness.finding import numbered
from harness.formats import FIGURED, Output, Screen, write
from harness.guard import closed, stay_closed
from harness.leftovers import clear
from harness.report import Against, Told, build, code, column_of
from harness.root import Root
from harness.runner import Outcome, run_many
from harness.terminal import Progress


@dataclass(frozen=True)
class Invocation:
    """What the command line asks for."""

    words: Sequence[str]
    """Scenarios and settings, as they were typed."""
    tags: Sequence[str] = ()
    root: Path | None = None
    jobs: int = 8
    quiet: bool = False
    forms: Sequence[Output] = (Output("text"),)
    """The forms in which it is told."""
    baseline: str | None = None
    """The run that cases are compared with; the committed baseline where none is named."""
    update_baseline: bool = False
    """Whether what came is the baseline from now on."""
    skip_missing: bool = False
    """Whether cases of which nothing is recorded are skipped."""

    @property
    def overrides(self) -> list[str]:
        """The settings among the words."""
        return [word for word in self.words if "=" in word or word.startswith("~")]

    @property
    def named(self) -> list[str]:
        """The scenarios among the words."""
        return [word for word in self.words if word not in self.overrides]


def replay(asked: Invocation, *, alone: bool) -> int:
    """Replay the cases that are asked for and return the exit code; `alone` says that the process ends after it.

    Raises:
        InputError: every problem of every file and setting, or nothing is selected, or the baseline is not updated.
    """
    if asked.baseline is not None and asked.update_baseline:
        raise InputError("--baseline and --update-baseline: what is not compared with the baseline cannot update it")
    root = Root(asked.root)
    with closed():
        cases = _planned(root, asked)  # which imports the loop and the tools
        clear(root.cassettes, root.reports)
        if alone:
            stay_closed()  # a thread that a loop left running may outlast the command
        return _played(root, asked, cases)


def record(asked: Invocation, *, everything: bool) -> int:
    """Record the cases that are asked for and have no valid cassette, or all of them, and return the exit code.

    Raises:
        InputError: every problem of every file and setting, or nothing is selected.
    """
    root = Root(asked.root)
    cases = _planned(root, asked)
    clear(root.cassettes, root.reports)
    broken: list[Outcome] = []
    if not everything:
        with closed():
            tried = asyncio.run(run_many(cases, root.cassettes, jobs=asked.jobs))
        broken = [outcome for outcome in tried if outcome.broken]
        cases = tuple(outcome.case for outcome in tried if not outcome.replays and not outcome.broken)
        if broken:
            _note(f"{numbered(len(broken), 'case')} not asked, since no recording mends what is wrong")
        elif not cases:
            _say(f"nothing to record: {numbered(len(tried), 'case')} with a valid cassette (--all records anyway)")
            return 0
    return _played(root, asked, cases, live=True, beside=broken)


def _planned(root: Root, asked: Invocation) -> tuple[Case, ...]:
    compositions, scenarios = _all(
        lambda: compose(root.conf, asked.overrides), lambda: root.select(asked.named, asked.tags, asked.overrides)
    )
    for line in notes(compositions):
        _note(line)
    loops = {composition.settings.loop.factory: composition for composition in compositions}
    _all(*(partial(composed_factory, composition, root.conf) for composition in loops.values()))
    cases = plan(scenarios, compositions)
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


def _played(
    root: Root, asked: Invocation, cases: Sequence[Case], *, live: bool = False, beside: Sequence[Outcome] = ()
) -> int:
    """Play the cases, store what came of them and of those `beside`, tell it, and return the exit code.

    Raises:
        InputError: a baseline cannot be read or is not updated, or a report cannot be written.
    """
    before = earlier(root.reports, asked.baseline)
    accepted = {} if before is None else _accepted(before, [*(one.case for one in beside), *cases], asked)
    start = perf_counter()
    folder = RunFolder(root.reports, [*(outcome.case for outcome in beside), *cases])
    progress = Progress(len(cases), sys.stderr, quiet=asked.quiet)

    def done(outcome: Outcome) -> None:
        folder.note(outcome)
        progress.note(outcome.case.id)

    outcomes = [*beside, *asyncio.run(run_many(cases, root.cassettes, live=live, jobs=asked.jobs, done=done))]
    progress.end()
    today = datetime.now(UTC).date()
    verdicts = [_judged(outcome, today, skip_missing=asked.skip_missing) for outcome in outcomes]
    folder.finish(outcomes, verdicts)
    screen = Screen(sys.stdout, os.environ, asked.quiet, perf_counter() - start)
    whole = not (asked.named or asked.tags or live)
    gone = before.gone([one.trace for one in outcomes], _repeats(cases)) if before is not None and whole else {}
    told = _told(outcomes, verdicts, accepted if before is not None else None, asked.root)
    kept, refused = "", None
    if asked.update_baseline:
        try:
            kept = baseline.update(
                root.reports, [(one.trace, one.verdict) for one in told], list(filter(None, gone.values()))
            )
        except InputError as error:
            refused = error
    saved = sum(outcome.saved for outcome in outcomes)
    done_to = "replayed" if not live else "recorded" if saved == len(outcomes) else f"asked, {saved} recorded"
    found = build(
        done_to,
        told,
        against=None if before is None else Against(before.name, tuple(sorted(gone))),
        advice=[*([kept] if kept else []), *_advice(asked, outcomes, told, accepted=bool(kept))],
        figured=any(form.form in FIGURED for form in asked.forms),
    )
    write(found, asked.forms, folder.path, screen)
    for label in sorted({case.settings.loop.label for case in cases if case.settings.loop.policy is None}):
        _note(
            f"loop '{label}' says no policy: what became of calls is told from what was seen "
            "(conf/README.md, 'Your own loop')"
        )
    if refused is not None:
        raise refused
    return code(verdicts) if kept else found.exit_code


def _repeats(cases: Sequence[Case]) -> int:
    return max((case.settings.repeats for case in cases), default=1)


def _accepted(before: Earlier, cases: Sequence[Case], asked: Invocation) -> dict[Subject, Mapping[int, Accepted]]:
    """Read what was accepted of the cases; where that is to be replaced, what cannot be read is nothing.

    Raises:
        InputError: all files that cannot be read, with what to do.
    """
    subjects = [Subject(case.scenario.id, case.settings.model.label, case.settings.variant) for case in cases]
    found: dict[Subject, Mapping[int, Accepted]] = {}
    wrong: list[str] = []
    for subject in dict.fromkeys(subjects):
        try:
            found[subject] = before.accepted(subject)
        except InputError as error:
            found[subject] = {}
            wrong += error.problems
    if wrong and not asked.update_baseline:
        command = f"{misses.command('run', asked.words, asked.tags, asked.root)} --update-baseline"
        raise InputError(*wrong, f"mend the baseline, or accept what comes in its place: {command}")
    return found


def _judged(outcome: Outcome, today: date, *, skip_missing: bool) -> Verdict:
    verdict = judge(outcome.trace, outcome.case.scenario, misses.replay(outcome), today)
    if skip_missing and outcome.trace.error is not None and outcome.trace.error.kind == CassetteMissing.kind:
        return verdict.model_copy(update={"status": "skipped", "error": None})
    return verdict


def _told(
    outcomes: Sequence[Outcome],
    verdicts: Sequence[Verdict],
    accepted: Mapping[Subject, Mapping[int, Accepted]] | None,
    root: Path | None,
) -> list[Told]:
    """Put together what is told of each case; the command that records it where it is the only one to be recorded."""
    skipped = {verdict.case for verdict in verdicts if verdict.status == "skipped"}
    wanted = [outcome for outcome in misses.unrecorded(outcomes) if outcome.case.id not in skipped]
    told: list[Told] = []
    for outcome, verdict in zip(outcomes, verdicts, strict=True):
        trace, counts = outcome.trace, outcome.case.settings.compare.counts
        compared = None if accepted is None else compare(trace, verdict, accepted[subject_of(trace)], counts)
        advice = None
        if wanted == [outcome]:
            advice = f"record it, {misses.cost(wanted, outcomes)}: {misses.record_command(outcome.case, root)}"
        told.append(Told(trace, verdict, column_of(trace), compared, advice))
    return told


def _advice(asked: Invocation, outcomes: Sequence[Outcome], told: Sequence[Told], *, accepted: bool) -> Iterator[str]:
    """Yield the commands that help next."""
    failed = next((one.verdict.case for one in told if one.verdict.status == "failed"), None)
    if failed:
        yield f"look at the first that failed: harness show {shlex.quote(failed)}"
    wanted = [one for one, case in zip(outcomes, told, strict=True) if case.verdict.status != "skipped"]
    wanted = misses.unrecorded(wanted)
    if len(wanted) > 1:
        command = misses.record_all(asked.words, asked.tags, asked.root)
        yield f"record the {misses.numbered(wanted)}, {misses.cost(wanted, outcomes)}: {command}"
    regressed = sum(one.compared is not None and one.compared.regressed for one in told)
    if regressed and not accepted and not wanted and asked.baseline is None:
        skipping = " --missing skip" if asked.skip_missing else ""
        command = f"{misses.command('run', asked.words, asked.tags, asked.root)}{skipping} --update-baseline"
        yield f"if that is meant, accept {numbered(regressed, 'case')}: {command}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _note(text: str) -> None:
    sys.stderr.write(f"{text}\n")
