"""The committed traces that later runs are compared with, one indented file a case."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from harness.case import Case
from harness.check import Verdict
from harness.errors import CASSETTE_STATES, InputError
from harness.files import write_whole
from harness.runner import Outcome
from harness.source import shown

_NAMED = 3
_STATES = ("new", "changed", "unchanged")


def path_of(reports: Path, case: Case) -> Path:
    """Return where the trace of a case stands: `baseline/<model>/<variant>/<area>/<name>[~k].json`."""
    cassette = case.cassette(reports / "baseline")
    return cassette.with_name(f"{cassette.name.removesuffix('.yaml')}.json")


def update(reports: Path, outcomes: Sequence[Outcome], verdicts: Sequence[Verdict]) -> str:
    """Write the traces of a run in place of those that are there, and return what was done as a sentence.

    Failed cases are kept like others: a baseline says how things are, not how they should be.

    Raises:
        InputError: a case drifted from its recording or could not be judged, and nothing is written; or a file
            cannot be written.
    """
    if refused := _refused(outcomes, verdicts):
        raise InputError(*refused)
    done: Counter[str] = Counter()
    for outcome in outcomes:
        path = path_of(reports, outcome.case)
        try:
            done[
                _written(path, json.dumps(outcome.trace.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n")
            ] += 1
        except OSError as error:
            raise InputError(f"{shown(path)}: the baseline cannot be written here: {error.strerror}") from None
    states = ", ".join(f"{done[state]} {state}" for state in _STATES if done[state])
    failed = sum(verdict.status == "failed" for verdict in verdicts)
    note = f"; {failed} of them failed" if failed else ""
    return f"baseline in {shown(reports / 'baseline')}: {states}{note}"


def _written(path: Path, text: str) -> str:
    """Write a file unless it holds the text, and return which it was: new, changed or unchanged."""
    before = path.read_bytes() if path.exists() else None
    if before == text.encode("utf-8", "backslashreplace"):
        return "unchanged"
    write_whole(path, text)
    return "new" if before is None else "changed"


def _refused(outcomes: Sequence[Outcome], verdicts: Sequence[Verdict]) -> list[str]:
    """Return why a run cannot become the baseline, a line for each way to mend that."""
    found: dict[str, list[str]] = {}
    for outcome, verdict in zip(outcomes, verdicts, strict=True):
        error = outcome.trace.error
        if verdict.status == "error":
            stale = error is not None and error.kind in CASSETTE_STATES
            way = "cannot be replayed, record first" if stale else "could not be judged, mend first"
            found.setdefault(way, []).append(verdict.case)
        elif verdict.drift:
            found.setdefault("drifted from the recording, record first", []).append(verdict.case)
    return [
        f"the baseline is not updated: {len(cases)} case{'' if len(cases) == 1 else 's'} {way}: "
        f"{', '.join(cases[:_NAMED])}{f' and {len(cases) - _NAMED} more' if len(cases) > _NAMED else ''}"
        for way, cases in sorted(found.items())
    ]
