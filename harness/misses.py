"""Cases that miss or drift from their recording for one reason, told once, and the commands that record them."""

import os
import re
import shlex
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.brief import Ended
from harness.case import Case
from harness.check import Replay, Verdict
from harness.errors import CASSETTE_STATES, UNASKED
from harness.outcome import Outcome

_COMPARED = re.compile(r"^[+~]*(cassette\.(match|allow_drift)|compare)\b")
"""Overrides that decide nothing of what is asked, nor of what needs to be recorded."""


class Reason(NamedTuple):
    """Why a case misses or drifted."""

    text: str
    """In words that other cases may share."""
    further: int = 0
    """How many further differences were seen."""


class Shared(NamedTuple):
    """One reason for which several cases miss or drift."""

    reason: str
    cases: tuple[str, ...]


def told(outcome: Outcome) -> Reason | None:
    """Return why a case cannot be replayed, or None where others cannot share that."""
    error = outcome.trace.error
    if error is None:
        return None
    match error.kind:
        case "missing":
            return Reason("nothing is recorded")
        case "stale" if outcome.missed is not None:
            allowed = outcome.case.settings.cassette.allow_drift
            return Reason(str(outcome.missed), sum(one.drift.kind not in allowed for one in outcome.drifted) - 1)
        case kind if kind in UNASKED:
            return Reason(error.message)
        case "overrun":
            text = error.message.partition(f"{outcome.case.cassette(Path())}: ")[2]
            return Reason(text) if text else None
    return None


def replay(outcome: Outcome) -> Replay:
    """Return how a case was played, as its verdict keeps it."""
    why = told(outcome)
    return Replay(
        state=outcome.state,
        cassette=outcome.digest,
        unplayed=outcome.unplayed,
        kept=outcome.kept,
        drift=tuple(map(str, outcome.drifted)),
        reason=why.text if why else None,
        further=why.further if why else 0,
    )


def reason(verdict: Verdict) -> Reason | None:
    """Return why a case could not be replayed, or None where others cannot share that."""
    if verdict.status != "error" or verdict.replay.reason is None:
        return None
    return Reason(verdict.replay.reason, verdict.replay.further)


def drift(verdict: Verdict) -> Reason | None:
    """Return the first difference at which a judged case went on, or None."""
    seen = verdict.replay.drift
    return Reason(seen[0], len(seen) - 1) if seen and verdict.status != "error" else None


def shared(verdicts: Iterable[Verdict], why: Callable[[Verdict], Reason | None] = reason) -> list[Shared]:
    """Return the reasons that two or more cases have in common, in the order of the first case of each."""
    found: dict[str, list[str]] = {}
    further: dict[str, set[int]] = {}
    for verdict in verdicts:
        if (given := why(verdict)) is not None:
            found.setdefault(given.text, []).append(verdict.case)
            further.setdefault(given.text, set()).add(given.further)
    several = ((text, cases) for text, cases in found.items() if len(cases) > 1)
    return [Shared(text + _further(further[text]), tuple(cases)) for text, cases in several]


def _further(counts: Collection[int]) -> str:
    """Return how many further differences there are, at most where cases differ in that."""
    most = max(counts)
    up_to = "up to " if len(counts) > 1 else ""
    return f" (and {up_to}{most} further difference{'' if most == 1 else 's'})" if most else ""


def numbered(wanted: Sequence[Ended]) -> str:
    """Return how many cases are to be recorded, and how many of them were judged all the same."""
    count: Counter[str] = Counter()
    for one in wanted:
        if one.brief.error not in CASSETTE_STATES | UNASKED:
            count["drifted" if one.verdict.replay.drift else "partly played"] += 1
    said = ", ".join(f"{number} {what}" for what, number in sorted(count.items()))
    return f"{len(wanted)} cases{f' ({said})' if said else ''}"


def record_command(case: Case, root: Path | None = None, options: Sequence[str] = ()) -> str:
    """Return the command that records one case."""
    overrides = [text for text in case.overrides if not text.startswith("repeats=")]
    repeats = [f"repeats={case.settings.repeats}"] if case.settings.repeats > 1 else []
    return record_all([case.scenario.id, *overrides, *repeats], root=root, options=options)


def record_all(
    words: Sequence[str], tags: Sequence[str] = (), root: Path | None = None, options: Sequence[str] = ()
) -> str:
    """Return the command that records all that these words and tags select and that has no valid cassette."""
    return command("record", [word for word in words if not _COMPARED.match(word)], tags, root, options)


def command(
    name: str, words: Sequence[str], tags: Sequence[str] = (), root: Path | None = None, options: Sequence[str] = ()
) -> str:
    """Return a command of the harness as it is typed into a shell."""
    tagged = (word for tag in tags for word in ([f"--tag={tag}"] if tag.startswith("-") else ["-t", tag]))
    where = [] if root is None else [f"--root={root}"] if str(root).startswith("-") else ["--root", str(root)]
    return " ".join([f"harness {name}", *map(_quoted, [*where, *options, *words, *tagged])])


def _quoted(word: str) -> str:
    """Return a word as a shell reads it; signs that cannot be seen are written as bytes, as bash and zsh read them."""
    return shlex.quote(word) if word.isprintable() else "$'" + "".join(map(_sign, word)) + "'"


def _sign(sign: str) -> str:
    if sign.isprintable():
        return f"\\{sign}" if sign in "\\'" else sign
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(sign))
