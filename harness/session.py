"""One invocation of `run` or `record`: its cases are planned, played, judged, stored and told."""

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from harness import baseline, misses, report
from harness.archive import RunFolder
from harness.case import Case, plan
from harness.check import Verdict, judge
from harness.composition import compose, notes
from harness.errors import InputError
from harness.factory import composed_factory
from harness.finding import numbered
from harness.guard import closed, stay_closed
from harness.root import Root
from harness.runner import Outcome, run_many
from harness.terminal import Progress, style


@dataclass(frozen=True)
class Invocation:
    """What the command line asks for."""

    words: Sequence[str]
    """Scenarios and settings, as they were typed."""
    tags: Sequence[str] = ()
    root: Path | None = None
    jobs: int = 8
    quiet: bool = False


def replay(asked: Invocation, *, update_baseline: bool, alone: bool) -> int:
    """Replay the cases that are asked for and return the exit code; `alone` says that the process ends after it.

    Raises:
        InputError: every problem of every file and setting, or nothing is selected, or the baseline is not updated.
    """
    root = Root(asked.root)
    cases = _planned(root, asked)
    with closed():
        if alone:
            stay_closed()  # a thread that a loop left running may outlast the command
        outcomes, verdicts = _played(root, asked, cases, live=False)
    wanted = misses.unrecorded(outcomes)
    if len(wanted) > 1:
        command = misses.record_all(asked.words, asked.tags, asked.root)
        _say(f"record the {misses.numbered(wanted)}, {misses.cost(wanted, outcomes)}: {command}")
    if update_baseline:
        _say(baseline.update(root.reports, outcomes, verdicts))
    return _code(verdicts)


def record(asked: Invocation, *, everything: bool) -> int:
    """Record the cases that are asked for and have no valid cassette, or all of them, and return the exit code.

    Raises:
        InputError: every problem of every file and setting, or nothing is selected.
    """
    root = Root(asked.root)
    cases = _planned(root, asked)
    if everything:
        return _code(_played(root, asked, cases, live=True)[1])
    with closed():
        tried = asyncio.run(run_many(cases, root.cassettes, jobs=asked.jobs))
    broken = [outcome for outcome in tried if outcome.broken]
    wanted = [outcome.case for outcome in tried if not outcome.replays and not outcome.broken]
    if broken:
        _say(f"{report.table(broken, _judged(broken), style(sys.stdout, os.environ), asked.root)}\n")
        _say(f"{numbered(len(broken), 'case')} not asked, since no recording mends what is wrong\n")
    if not wanted:
        valid = numbered(len(tried) - len(broken), "case")
        _say(f"nothing to record: {valid} with a valid cassette (--all records anyway)")
        return 2 if broken else 0
    code = _code(_played(root, asked, wanted, live=True)[1])
    return 2 if broken else code


def _code(verdicts: Sequence[Verdict]) -> int:
    statuses = {verdict.status for verdict in verdicts}
    return 2 if "error" in statuses else 1 if "failed" in statuses else 0


def _planned(root: Root, asked: Invocation) -> tuple[Case, ...]:
    overrides = [word for word in asked.words if "=" in word or word.startswith("~")]
    named = [word for word in asked.words if word not in overrides]
    compositions, scenarios = _all(
        lambda: compose(root.conf, overrides), lambda: root.select(named, asked.tags, overrides)
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


def _played(root: Root, asked: Invocation, cases: Sequence[Case], *, live: bool) -> tuple[list[Outcome], list[Verdict]]:
    """Play the cases, store what came of them, and tell it."""
    start = perf_counter()
    folder = RunFolder(root.reports, cases)
    progress = Progress(len(cases), sys.stderr, quiet=asked.quiet)

    def done(outcome: Outcome) -> None:
        folder.note(outcome)
        progress.note(outcome.case.id)

    outcomes = asyncio.run(run_many(cases, root.cassettes, live=live, jobs=asked.jobs, done=done))
    progress.end()
    verdicts = _judged(outcomes)
    folder.finish(outcomes, verdicts)
    shown = [pair for pair in zip(outcomes, verdicts, strict=True) if not asked.quiet or _remarkable(*pair)]
    if shown:
        told, judged = [outcome for outcome, _ in shown], [verdict for _, verdict in shown]
        _say(f"{report.table(told, judged, style(sys.stdout, os.environ), asked.root)}\n")
    saved = sum(outcome.saved for outcome in outcomes)
    done_to = "replayed" if not live else "recorded" if saved == len(outcomes) else f"asked, {saved} recorded,"
    _say(report.summary(outcomes, verdicts, perf_counter() - start, done_to))
    for label in sorted({case.settings.loop.label for case in cases if case.settings.loop.policy is None}):
        _note(
            f"loop '{label}' says no policy: what became of calls is told from what was seen "
            "(conf/README.md, 'Your own loop')"
        )
    return outcomes, verdicts


def _judged(outcomes: Sequence[Outcome]) -> list[Verdict]:
    return [
        judge(one.trace, one.case.scenario, unplayed=one.unplayed, drift=list(map(str, one.drifted)))
        for one in outcomes
    ]


def _remarkable(outcome: Outcome, verdict: Verdict) -> bool:
    return verdict.status != "passed" or bool(verdict.drift or outcome.trace.anomalies)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _note(text: str) -> None:
    sys.stderr.write(f"{text}\n")
