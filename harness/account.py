"""What is told of a run that was played, and the baseline that is made of it."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import advice, baseline
from harness.archive import RunFolder
from harness.brief import Ended
from harness.case import Case
from harness.earlier import Earlier
from harness.embedding import packed
from harness.errors import InputError
from harness.evidence import evidence
from harness.formats import FIGURED, Screen, paged, write
from harness.invocation import Invocation
from harness.live import Live
from harness.report import Against, Told, build, code
from harness.root import Root
from harness.terminal import tell


@dataclass(frozen=True)
class Run:
    """A run that was played and stored."""

    cases: Sequence[Case]
    """The cases in the order of the plan."""
    ended: Sequence[Ended]
    """What is kept of them."""
    folder: RunFolder
    """Where they are stored."""
    seconds: float
    """How long they took."""
    before: Earlier | None
    """What they were compared with."""
    full: bool
    """Whether they are all that a plan of all scenarios has, so that what else the baseline has is gone."""


def account(root: Root, asked: Invocation, run: Run, live: Live | None) -> int:
    """Tell a run, make it the baseline where that is asked for, and return the exit code.

    Raises:
        InputError: the baseline is not updated, or a report cannot be written.
    """
    before = run.before
    gone: Mapping[str, Path | None] = {}
    if before is not None and run.full:
        gone = before.gone([one.brief for one in run.ended], max(case.settings.repeats for case in run.cases))
    again = advice.to_record(asked, run.cases, run.ended, root.cassettes, live)
    told = [
        Told(one.brief, one.verdict, one.brief.column, one.compared, again.get(place) if len(again) == 1 else None)
        for place, one in enumerate(run.ended)
    ]
    shown = None
    if paged(asked.forms):  # before the baseline is another
        comparing = {f"{one.settings.model.label}/{one.settings.variant}": one.settings.compare for one in run.cases}
        shown = packed(evidence(told, run.folder.traces, before, comparing))
    kept, refused = "", None
    if asked.update_baseline:
        briefs = [(one.brief, one.verdict) for one in run.ended]
        try:
            kept = baseline.update(root.reports, briefs, run.folder.traces, list(filter(None, gone.values())))
        except InputError as error:
            refused = error
    found = build(
        "replayed" if live is None else live.ended(run.ended),
        told,
        against=None if before is None else Against(before.name, tuple(sorted(gone))),
        advice=[
            *([kept] if kept else []),
            *advice.of_run(asked, run.ended, again, accepted=bool(kept), compared=before is not None),
        ],
        figured=any(form.form in FIGURED for form in asked.forms),
    )
    write(found, asked.forms, run.folder.path, Screen(sys.stdout, os.environ, asked.quiet, run.seconds), shown)
    for label in sorted({case.settings.loop.label for case in run.cases if case.settings.loop.policy is None}):
        said = f"loop '{label}' says no policy: what became of calls is told from what was seen"
        tell(sys.stderr, f"{said} (conf/README.md, 'Your own loop')", os.environ)
    if refused is not None:
        raise refused
    return code([one.verdict for one in run.ended]) if kept else found.exit_code
