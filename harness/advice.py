"""The commands that help next after a run: to record, to look at a failure, to accept what changed."""

import shlex
from collections.abc import Iterator, Sequence

from harness import misses
from harness.brief import Ended
from harness.case import Case
from harness.finding import numbered
from harness.invocation import Invocation


def to_record(ended: Sequence[Ended]) -> list[int]:
    """Return the places of the cases that a recording mends, but for those that were skipped."""
    return [at for at, one in enumerate(ended) if one.unrecorded and one.verdict.status != "skipped"]


def of_cases(asked: Invocation, cases: Sequence[Case], ended: Sequence[Ended]) -> dict[int, str]:
    """Return what to do about single cases, by their places: the command for the one that is to be recorded."""
    wanted = to_record(ended)
    if len(wanted) != 1:
        return {}
    cost = misses.cost([ended[wanted[0]]], ended)
    return {wanted[0]: f"record it, {cost}: {misses.record_command(cases[wanted[0]], asked.root)}"}


def of_run(asked: Invocation, ended: Sequence[Ended], *, accepted: bool) -> Iterator[str]:
    """Yield the commands that help next, the most useful first; what was `accepted` need not be accepted any more."""
    failed = next((one.verdict.case for one in ended if one.verdict.status == "failed"), None)
    if failed:
        yield f"look at the first that failed: harness show {shlex.quote(failed)}"
    wanted = [ended[at] for at in to_record(ended)]
    if len(wanted) > 1:
        command = misses.record_all(asked.words, asked.tags, asked.root)
        yield f"record the {misses.numbered(wanted)}, {misses.cost(wanted, ended)}: {command}"
    regressed = sum(one.compared is not None and one.compared.regressed for one in ended)
    if regressed and not accepted and not wanted and asked.baseline is None:
        yield f"if that is meant, accept {numbered(regressed, 'case')}: {accept(asked)}"


def accept(asked: Invocation) -> str:
    """Return the command that makes what comes the baseline."""
    skipping = " --missing skip" if asked.skip_missing else ""
    return f"{misses.command('run', asked.words, asked.tags, asked.root)}{skipping} --update-baseline"
