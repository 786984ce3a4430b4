"""The committed traces that later runs are compared with, one indented file a case."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from harness.case import Case
from harness.check import Verdict
from harness.errors import InputError
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

    Raises:
        InputError: a case drifted from its recording or could not be judged; nothing is written then.
    """
    refused = [
        _refusal([one.case for one in verdicts if one.drift and one.status != "error"], "drifted from the recording"),
        _refusal([one.case for one in verdicts if one.status == "error"], "could not be judged"),
    ]
    if any(refused):
        raise InputError(*filter(None, refused))
    done: Counter[str] = Counter()
    for outcome in outcomes:
        path = path_of(reports, outcome.case)
        text = json.dumps(outcome.trace.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"
        before = path.read_bytes() if path.is_file() else None
        same = before == text.encode("utf-8", "backslashreplace")
        done["unchanged" if same else "new" if before is None else "changed"] += 1
        if not same:
            write_whole(path, text)
    states = ", ".join(f"{done[state]} {state}" for state in _STATES if done[state])
    return f"baseline in {shown(reports / 'baseline')}: {states}"


def _refusal(cases: Sequence[str], what: str) -> str | None:
    if not cases:
        return None
    more = f" and {len(cases) - _NAMED} more" if len(cases) > _NAMED else ""
    number = f"{len(cases)} case{'' if len(cases) == 1 else 's'}"
    return f"the baseline is not updated: {number} {what}, record first: {', '.join(cases[:_NAMED])}{more}"
