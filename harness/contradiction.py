"""What an expectation says that no trace could meet."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from harness.calls import CallCount, ExpectedCalls
from harness.condition import Amount
from harness.expectation import TurnExpectation
from harness.source import Location


class Contradiction(NamedTuple):
    """Two things that cannot both be, at the second of them."""

    location: Location
    """The way from the expectation to what contradicts."""
    why: str
    """What it contradicts."""


def contradictions(expect: TurnExpectation) -> Iterator[Contradiction]:
    """Yield what of an expectation contradicts itself whatever a model does."""
    yield from _forbidden(expect)
    for tool, count in (expect.count or {}).items():
        for at, calls in enumerate(expect.calls):
            if why := _miscounted(tool, count, calls):
                yield Contradiction(("count", tool), f"{why} in 'calls{f'[{at}]' if len(expect.calls) > 1 else ''}'")
    yield from _too_late(expect)


def _forbidden(expect: TurnExpectation) -> Iterator[Contradiction]:
    """Yield the tools that must and must not be asked for; those of `subset` may be asked for, and need not."""
    for at, calls in enumerate(expect.calls):
        if calls.mode != "subset":
            for place, call in enumerate(calls.written):
                if call.tool in expect.never:
                    why = f"{call.tool} is expected in 'calls' and forbidden in 'never'"
                    yield Contradiction(("calls", at, calls.mode, place), why)
    for tool in expect.count or ():
        if tool in expect.never:
            yield Contradiction(("count", tool), f"{tool} is counted in 'count' and forbidden in 'never'; remove one")
    for at, group in enumerate(expect.together):
        for place, call in enumerate(group):
            if call.tool in expect.never:
                why = f"{call.tool} is expected in 'together' and forbidden in 'never'"
                yield Contradiction(("together", at, place), why)


def _miscounted(tool: str, count: CallCount, calls: ExpectedCalls) -> str | None:
    """Return how many calls of a tool some list of calls allows, where no such number is as counted."""
    number = Counter(call.tool for call in calls.written)[tool]
    least: int = 0 if calls.mode == "subset" else number
    most: int | None = None if calls.mode in ("in_order", "superset") else number
    if (count.which, calls.which) == ("executed", "asked"):
        least = 0
    elif (count.which, calls.which) == ("asked", "executed"):
        most = None
    # Whatever is not right within these bounds is wrong at the nearest number that the count itself allows.
    wanted = count.exactly if count.exactly is not None else max(least, count.at_least or 0)
    if count.holds(wanted) and least <= wanted and (most is None or wanted <= most):
        return None
    allowed = f"exactly {least}" if least == most else f"at most {most}" if not least else f"at least {least}"
    return f"{count} of {tool} cannot be, with {allowed}"


def _too_late(expect: TurnExpectation) -> Iterator[Contradiction]:
    """Yield the expected checkpoints in rounds that there should not be."""
    if expect.rounds is None or expect.checkpoints is None or isinstance(expect.checkpoints, Amount):
        return
    most = expect.rounds.exactly if expect.rounds.exactly is not None else expect.rounds.at_most
    for at, one in enumerate(expect.checkpoints):
        if most is not None and one.round is not None and one.round > most:
            why = f"a checkpoint in round {one.round} cannot be, with {expect.rounds} in 'rounds'"
            yield Contradiction(("checkpoints", at, "round"), why)
