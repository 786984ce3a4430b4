"""Stored runs told again: shown, rendered, judged by changed expectations, compared; without model or cassette."""

import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from harness import archive
from harness.brief import Brief
from harness.check import Verdict, judge
from harness.compare import Compared, compare, subject_of
from harness.conversation import conversation, look
from harness.earlier import Earlier, differences, earlier, stored
from harness.embedding import packed
from harness.errors import InputError
from harness.evidence import evidence
from harness.formats import Output, Screen, paged, write
from harness.merging import Part, merged
from harness.misses import command
from harness.progress import Progress
from harness.remarks import spelled
from harness.report import Against, Told, build
from harness.root import Root
from harness.settings import Comparing
from harness.terminal import tell
from harness.textual import diff
from harness.trace import Trace


def show(root: Root, case: str, run: str | None, *, whole: bool = False) -> int:
    """Print one stored trace as a conversation, and what differs from the baseline, and return the exit code.

    What tools take, give and keep is cut where it is long, unless the `whole` is wanted.

    Raises:
        InputError: there is no such run or case, or the baseline cannot be read.
    """
    trace = archive.find(root.reports, case, run)
    seen = look(sys.stdout, os.environ)
    every = replace(seen, most=None)
    told = conversation(trace, every if whole else seen)
    lines = [told]
    if (found := differences(root.reports, trace)) is not None:
        lines += ["", f"differs from {found.name}:", *diff(map(spelled, found.changes), seen.style)]
    if told != conversation(trace, every):
        named = [case if not trace.case.isprintable() else trace.case, *([run] if run else [])]
        lines += [
            "",
            f"long texts are cut; see them whole: {command('show', named, root=root.asked, options=['--full'])}",
        ]
    tell(sys.stdout, "\n".join(lines), os.environ)
    return 0


def retell(
    root: Root, names: Sequence[str], forms: Sequence[Output], *, baseline: str | None = None, again: bool = False
) -> int:
    """Render stored runs as one, compared with the baseline, and return the exit code; `again` judges them anew.

    The newest where none is named. Where shards are missing what is there is told all the same, and nothing is judged.

    Raises:
        InputError: a run cannot be read, shards are missing, or a scenario is no longer there.
    """
    whole = merged([archive.read(root.reports, name) for name in names or (None,)])
    before = earlier(root.reports, baseline)
    verdicts = _judged(root, whole.parts) if again else [part.verdict for part in whole.parts]
    named = {part.run.path: _older(root.reports, part.run.path) for part in whole.parts}
    told: list[Told] = []
    with _counting(len(whole.parts)) as progress:
        for part, verdict in zip(whole.parts, verdicts, strict=True):
            how = part.run.comparing.get(part.brief.column, Comparing())
            compared = _compared(part.trace, verdict, before, how)
            told.append(Told(part.brief, verdict, part.brief.column, compared, run=named[part.run.path]))
            progress.note(part.brief.case)
    gone = before.gone([part.brief for part in whole.parts], whole.repeats) if before and whole.full else {}
    against = None if before is None else Against(before.name, tuple(sorted(gone)))
    found = build("read", told, against=against, advice=_next(root, told))
    if whole.repeated:
        _note_repeated(whole.repeated)
    comparing = {column: how for run in whole.runs for column, how in run.comparing.items()}
    traces = (part.trace for part in whole.parts)
    page = packed(evidence(told, traces, before, comparing)) if paged(forms) else None
    write(found, forms, whole.runs[0].path, Screen(sys.stdout, os.environ), page)
    if whole.missing:
        raise InputError(*whole.missing)
    return found.exit_code


def _note_repeated(cases: Sequence[str]) -> None:
    """Say of which cases only the last run counts."""
    if more := len(cases) - 1:
        said = f"{cases[0]} and {more} more: are in several of these runs, and told as the last of them has them"
    else:
        said = f"{cases[0]}: is in several of these runs, and told as the last of them has it"
    sys.stderr.write(f"{said}\n")


def contrast(root: Root, base: str, now: str | None, forms: Sequence[Output]) -> int:
    """Compare two stored runs case by case, and all their columns with each other, and return the exit code.

    The later one is the newest where it is not named.

    Raises:
        InputError: a run cannot be read.
    """
    one, other = archive.read(root.reports, base), archive.read(root.reports, now)
    before = stored(one, other)
    both = {brief.column for brief, _ in one.results} & {brief.column for brief, _ in other.results}
    told = [Told(brief, verdict, _named("base", brief, both), listed=False) for brief, verdict in one.results]
    later: list[Told] = []
    name = _older(root.reports, other.path)
    with _counting(len(other.results)) as progress:
        for (brief, verdict), trace in zip(other.results, other.traces, strict=True):
            compared = _compared(trace, verdict, before, other.comparing.get(brief.column, Comparing()))
            later.append(Told(brief, verdict, _named("now", brief, both), compared, run=name))
            progress.note(brief.case)
    found = build("read", [*told, *later], against=Against(before.name), advice=_next(root, later))
    page = packed(evidence(later, other.traces, before, other.comparing)) if paged(forms) else None
    write(found, forms, other.path, Screen(sys.stdout, os.environ), page)
    return found.exit_code


def _counting(total: int) -> Progress:
    return Progress("reading cases", sys.stderr, os.environ, total=total)


def _next(root: Root, told: Sequence[Told]) -> list[str]:
    """Return the command that helps next: it shows the first case that regressed or else failed."""
    regressed = [one for one in told if one.compared is not None and one.compared.regressed]
    failed = [one for one in told if one.verdict.status == "failed"]
    for what, found in (("regressed", regressed), ("failed", failed)):
        for one in found[:1]:
            named = [one.brief.case, *([one.run] if one.run else [])]
            return [f"look at the first that {what}: {command('show', named, root=root.asked)}"]
    return []


def _named(run: str, brief: Brief, both: Collection[str]) -> str:
    """Return a case's column, with its run where both runs have it."""
    return f"{run}:{brief.column}" if brief.column in both else brief.column


def _older(reports: Path, run: Path) -> str | None:
    """Return what a command calls a run, or None where it is the newest."""
    if [run.resolve()] == [path.resolve() for path in archive.runs(reports)[:1]]:
        return None
    return run.name if run.resolve().parent == reports.resolve() else str(run)


def _compared(trace: Trace, verdict: Verdict, before: Earlier | None, how: Comparing) -> Compared | None:
    if before is None:
        return None
    return compare(trace, verdict, before.accepted(subject_of(trace)), how.counts, related=before.related)


def _judged(root: Root, parts: Sequence[Part]) -> list[Verdict]:
    """Judge stored traces by the scenarios as they are now; what was skipped stays so.

    Raises:
        InputError: a scenario is no longer there, or cannot be read.
    """
    names = dict.fromkeys(part.brief.scenario for part in parts)
    scenarios = {scenario.id: scenario for scenario in root.select(list(names))} if names else {}
    today = datetime.now(UTC).date()
    return [
        part.verdict
        if part.verdict.status == "skipped"
        else judge(part.trace, scenarios[part.brief.scenario], part.verdict.replay, today)
        for part in parts
    ]
