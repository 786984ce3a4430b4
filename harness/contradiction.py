"""What an expectation says that no trace could meet."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import NamedTuple

from harness.calls import CallCount, ExpectedCall, ExpectedCalls
from harness.condition import Amount, Tokens, Words, satisfied
from harness.coverage import covers_all
from harness.expectation import TurnExpectation
from harness.source import Location
from harness.trace import Decision, Outcome

_FATES: Mapping[Decision, tuple[Outcome, ...]] = {
    "none": ("executed", "failed", "refused", "dropped", "pending"),
    "confirmed": ("executed", "failed", "refused", "dropped"),
    "denied": ("denied", "refused"),
    "unanswered": ("pending",),
}
"""What becomes of calls by what the user says of them; a denied call that runs is wrong whatever is expected."""


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
    yield from _fates(expect)
    yield from _few_rounds(expect)
    yield from _both(expect)
    yield from _texts(expect)
    yield from _tokens(expect)


def required(expect: TurnExpectation) -> Iterator[tuple[str, Location]]:
    """Yield the tools that must be asked for, whatever else comes, each with the way to what says so."""
    for at, calls in enumerate(expect.calls):
        if calls.mode != "subset":
            yield from ((call.tool, ("calls", at, calls.mode, place)) for place, call in enumerate(calls.written))
    for tool, count in (expect.count or {}).items():
        if lowest(count) > 0:
            yield tool, ("count", tool)
    for at, group in enumerate(expect.together):
        yield from ((call.tool, ("together", at, place)) for place, call in enumerate(group))
    yield from _pending(expect)


def _pending(expect: TurnExpectation) -> Iterator[tuple[str, Location]]:
    if expect.checkpoints is not None and not isinstance(expect.checkpoints, Amount):
        for at, one in enumerate(expect.checkpoints):
            yield from ((tool, ("checkpoints", at, "pending", place)) for place, tool in enumerate(one.pending or ()))


def lowest(amount: Amount) -> int:
    """Return the lowest number that is right."""
    return amount.exactly if amount.exactly is not None else amount.at_least or 0


def highest(amount: Amount) -> int | None:
    """Return the highest number that is right, or None where there is none."""
    return amount.exactly if amount.exactly is not None else amount.at_most


def _forbidden(expect: TurnExpectation) -> Iterator[Contradiction]:
    """Yield the tools that must and must not be asked for; those of `subset` may be asked for, and need not."""
    for tool, location in required(expect):
        if tool in expect.never and location[0] == "count":
            yield Contradiction(location, f"{tool} is counted in 'count' and forbidden in 'never'; remove one")
        elif tool in expect.never:
            yield Contradiction(location, f"{tool} is expected in '{location[0]}' and forbidden in 'never'")


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
    most = highest(expect.rounds)
    for at, one in enumerate(expect.checkpoints):
        if most is not None and one.round is not None and one.round > most:
            why = f"a checkpoint in round {one.round} cannot be, with {expect.rounds} in 'rounds'"
            yield Contradiction(("checkpoints", at, "round"), why)


def _fates(expect: TurnExpectation) -> Iterator[Contradiction]:
    """Yield the calls of which the user's answer and what became of them cannot both be."""
    for call, location in _calls(expect):
        if call.decision and call.outcome and call.outcome not in _FATES[call.decision]:
            ways = _FATES[call.decision]
            why = f"a call with the decision '{call.decision}' is never '{call.outcome}', only {' or '.join(ways)}"
            yield Contradiction((*location, "outcome"), why)


def _calls(expect: TurnExpectation) -> Iterator[tuple[ExpectedCall, Location]]:
    for at, calls in enumerate(expect.calls):
        yield from ((call, ("calls", at, calls.mode, place)) for place, call in enumerate(calls.written))
    for key, groups in (("before", expect.before), ("together", expect.together), ("apart", expect.apart)):
        for at, group in enumerate(groups):
            yield from ((call, (key, at, place)) for place, call in enumerate(group))


def _few_rounds(expect: TurnExpectation) -> Iterator[Contradiction]:
    """Yield a number of rounds in which there is no room for what else is expected."""
    if expect.rounds is None:
        return
    needed = {tool for tool, _ in required(expect)}
    parted = any({call.tool for call in pair} <= needed and all(map(_any_call, pair)) for pair in expect.apart)
    paused = isinstance(expect.checkpoints, Amount) and lowest(expect.checkpoints) > 0
    least, reason = (1, "calls and checkpoints") if needed or paused else (0, "")
    if parted and len(needed) > 1:
        least, reason = 2, "the calls that stand in 'apart'"
    if expect.notices is not None and lowest(expect.notices) > least:
        least, reason = lowest(expect.notices), "'notices', which are rounds, too"
    most = highest(expect.rounds)
    if most is not None and most < least:
        yield Contradiction(("rounds",), f"{expect.rounds} cannot be: at least {least} are needed for {reason}")


def _any_call(call: ExpectedCall) -> bool:
    """Tell whether every call of the tool fits."""
    free = call.matched.how == "ignore" or (call.matched.how == "partial" and not call.arguments)
    return free and call.decision is None and call.outcome is None


def _both(expect: TurnExpectation) -> Iterator[Contradiction]:
    """Yield pairs of calls that no round should ask for both, and some round for both."""
    for at, (one, other) in enumerate(expect.apart):
        for group in expect.together:
            if any(_wider(one, first) and _wider(other, second) for first, second in permutations(group, 2)):
                yield Contradiction(("apart", at), f"{one} and {other} are expected in one round by 'together'")
                break


def _wider(wide: ExpectedCall, narrow: ExpectedCall) -> bool:
    """Tell whether every call that fits one expectation fits the other; where that is unsure, it does not."""
    same = wide.tool == narrow.tool and wide.decision in (None, narrow.decision)
    if not same or wide.outcome not in (None, narrow.outcome):
        return False
    if _any_call(wide.model_copy(update={"decision": None, "outcome": None})):
        return True
    if (wide.arguments, wide.matched) == (narrow.arguments, narrow.matched):
        return True
    partly = wide.matched.how == "partial" and narrow.matched.how != "ignore" and not narrow.matched.without
    return partly and covers_all(wide.arguments, narrow.arguments)


def _texts(expect: TurnExpectation) -> Iterator[Contradiction]:
    """Yield what a text must hold and cannot, with what else it must hold."""
    texts: list[tuple[Location, Words]] = [(("workspace", path), one) for path, one in (expect.workspace or {}).items()]
    texts += [((key,), words) for key in ("response", "error") if (words := getattr(expect, key)) is not None]
    for way, words in texts:
        if words.equals is not None:
            for said in satisfied(words.model_copy(update={"equals": None}), words.equals):
                yield Contradiction((*way, *said.way), "this does not hold for the text in 'equals'")
            continue
        for at, lack in enumerate(words.lacks):
            holding = next((one for one in words.contains if lack in one), None)
            if holding is not None or not lack:
                what = f"'{holding}' in 'contains' holds '{lack}'" if holding else "every text holds an empty one"
                yield Contradiction((*way, "lacks", at), f"this is never lacking: {what}")


def _tokens(expect: TurnExpectation) -> Iterator[Contradiction]:
    """Yield a total of tokens to which its parts do not come."""
    said = expect.tokens
    if not isinstance(said, Tokens) or not said.total:
        return
    parts = [one for one in (said.prompt, said.completion) if one]
    least, tops = sum(map(lowest, parts)), [highest(one) for one in parts]
    most = sum(top for top in tops if top is not None) if len(parts) == 2 and None not in tops else None
    top = highest(said.total)
    if (top is not None and top < least) or (most is not None and lowest(said.total) > most):
        yield Contradiction(("tokens", "total"), f"{said.total} cannot be, with what 'prompt' and 'completion' come to")
