"""Cases that miss or drift from their recording for one reason, told once, and what it takes to record them."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from harness.case import Case
from harness.check import Verdict
from harness.errors import CASSETTE_STATES
from harness.runner import Outcome


class Shared(NamedTuple):
    """One reason for which several cases miss or drift."""

    reason: str
    cases: tuple[str, ...]


def reason(outcome: Outcome, verdict: Verdict) -> str | None:
    """Return why a case cannot be replayed, in words that other cases may share, or None."""
    error = outcome.trace.error
    if verdict.status != "error" or error is None:
        return None
    if error.kind == "missing":
        return "nothing is recorded"
    return str(outcome.missed) if error.kind == "stale" and outcome.missed else None


def shared(
    outcomes: Sequence[Outcome],
    verdicts: Sequence[Verdict],
    why: Callable[[Outcome, Verdict], str | None] = reason,
) -> list[Shared]:
    """Return the reasons that two or more cases have in common, in the order of the first case of each."""
    found: dict[str, list[str]] = {}
    for outcome, verdict in zip(outcomes, verdicts, strict=True):
        if (text := why(outcome, verdict)) is not None:
            found.setdefault(text, []).append(outcome.case.id)
    return [Shared(text, tuple(cases)) for text, cases in found.items() if len(cases) > 1]


def drift(_: Outcome, verdict: Verdict) -> str | None:
    """Return the first difference at which a judged case went on, or None."""
    return verdict.drift[0] if verdict.drift and verdict.status != "error" else None


def unrecorded(outcomes: Sequence[Outcome], verdicts: Sequence[Verdict]) -> list[Outcome]:
    """Return the outcomes that a new recording mends."""
    return [
        outcome
        for outcome, verdict in zip(outcomes, verdicts, strict=True)
        if verdict.status == "error" and outcome.trace.error and outcome.trace.error.kind in CASSETTE_STATES
    ]


def cost(wanted: Sequence[Outcome], outcomes: Sequence[Outcome]) -> str:
    """Return how many requests it takes to record cases, in words.

    As many as are recorded of the case; else as of the longest other case of its scenario; else one a turn, at least.
    """
    known: dict[str, int] = {}
    for outcome in outcomes:
        known[outcome.case.scenario.id] = max(known.get(outcome.case.scenario.id, 0), outcome.recorded or 0)
    seen = [outcome.recorded or known[outcome.case.scenario.id] for outcome in wanted]
    turns = [len(outcome.case.scenario.file.turns) for outcome in wanted]
    number = sum(one or other for one, other in zip(seen, turns, strict=True))
    return f"{'about' if all(seen) else 'at least'} {number:,} request{'' if number == 1 else 's'}"


def record_command(case: Case) -> str:
    """Return the command that records one case."""
    overrides = [text for text in case.overrides if not text.startswith("repeats=")]
    repeats = [f"repeats={case.settings.repeats}"] if case.settings.repeats > 1 else []
    return record_all([case.scenario.id, *overrides, *repeats])


def record_all(words: Sequence[str], tags: Sequence[str] = ()) -> str:
    """Return the command that records all that these words and tags select and that has no valid cassette."""
    chosen = [*_asked(words), *(word for tag in tags for word in ("-t", tag))]
    return " ".join(["harness record", *map(shlex.quote, chosen)])


def _asked(words: Sequence[str]) -> Iterator[str]:
    """Yield the words that decide what is asked; how it is compared does not."""
    yield from (word for word in words if not word.lstrip("+~").startswith("cassette."))
