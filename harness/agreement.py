"""Expected calls against those that came: what is missing, what nothing expects, and which call comes nearest."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from harness.assignment import Pairing, assign, pairing
from harness.calls import ExpectedCall, ExpectedCalls, Which
from harness.finding import Asked, Finding, View, as_asked, numbered
from harness.matching import Absent, Deviation, arguments_fit, unlike
from harness.source import Location
from harness.trace import Call

_MOST = 10
"""How many calls of one list of expected ones have a finding of their own."""
_DONE = {"asked": "asked for", "executed": "executed"}


def disagreements(calls: ExpectedCalls, location: Location, view: View) -> Iterator[Finding]:
    """Yield a finding for each call that is missing and for each that nothing expects, ten at most.

    Where the order is wrong, and nothing else, a call is told once: where it is expected.
    """
    came = view.asked(calls.which)
    found = list(_disagreements(calls, came, pairing(calls.mode, calls.wanted, came, _belong), location, view))
    yield from found[:_MOST]
    if len(found) > _MOST:
        got = f"and {len(found) - _MOST} more that are missing or that nothing expects"
        yield view.finding("calls", (*location, calls.mode), _told(calls), got)


def _disagreements(
    calls: ExpectedCalls, came: Sequence[Asked], found: Pairing, location: Location, view: View
) -> Iterator[Finding]:
    wanted = calls.wanted
    taken = {pair.actual for pair in found.pairs}
    free = [at for at in range(len(came)) if at not in taken]
    pairs = assign([wanted[at] for at in found.missing], [came[at] for at in free], _belong)
    moved = {found.missing[pair.expected]: free[pair.actual] for pair in pairs}
    left = [at for at in free if at not in moved.values()]
    for at in found.missing:
        if at in moved:
            one = came[moved[at]]
            got = f"{as_asked(one.call)} in {view.where(one.turn, one.round)}, out of order"
        else:
            got = nearest(wanted[at], came, left, view, calls.which)
        yield view.finding(f"call {at + 1}", (*location, calls.mode, at), str(wanted[at]), got)
    for at in found.extra:
        if at not in moved.values():
            turn, round_, call = came[at]
            got = f"{as_asked(call)} in {view.where(turn, round_)}, which nothing expects"
            yield view.finding("calls", (*location, calls.mode), _told(calls), got)


def _belong(want: ExpectedCall, one: Asked) -> bool:
    return want.fits(one.call)


def _told(calls: ExpectedCalls) -> str:
    number = len(calls.wanted)
    done = _DONE[calls.which]
    return f"no call to be {done}" if not number else f"only {numbered(number, 'call')} to be {done}, those listed"


def nearest(
    want: ExpectedCall, came: Sequence[Asked], free: Collection[int], view: View, which: Which = "asked"
) -> str:
    """Return the call that comes nearest to an expected one, with its difference.

    It is the one of `free`, positions in `came`, with the fewest arguments and fates that are not as expected, and of
    several the first. None of them may fit.
    """
    same = [at for at, one in enumerate(came) if one.call.name == want.tool]
    if not same:
        return f"{want.tool} was not {_DONE[which]}; {_instead(want, came, view, which)}"
    open_ = [at for at in same if at in free]
    if not open_:
        return f"{want.tool} was {_DONE[which]} {numbered(len(same), 'time')}, which other expectations take"
    one = came[min(open_, key=lambda at: _distance(want, came[at].call))]
    return f"{want.tool} in {view.where(one.turn, one.round)} with {' and '.join(differences(want, one.call))}"


def _instead(want: ExpectedCall, came: Sequence[Asked], view: View, which: Which) -> str:
    """Return what came where no call of a tool did: the tool's first call that was only asked for, or other tools."""
    asked = next((one for one in view.asked() if one.call.name == want.tool), None)
    if asked is not None and which == "executed":
        return f"asked for in {view.where(asked.turn, asked.round)}, and {asked.call.outcome}"
    return f"{_DONE[which]}: {', '.join(dict.fromkeys(one.call.name for one in came)) or 'no call at all'}"


def _distance(want: ExpectedCall, call: Call) -> int:
    """Return how many arguments and fates of a call are not as expected; of unreadable arguments none is."""
    wrong = len(unlike(want.arguments, call.arguments, want.matched.how, want.matched.without))
    fates = (want.decision in (None, call.decision)) + (want.outcome in (None, call.outcome))
    return wrong + (call.arguments is None) + 2 - fates


def differences(want: ExpectedCall, call: Call) -> list[str]:
    """Return in words, key by key, what of a call of the right tool is not as expected."""
    how, without = want.matched.how, want.matched.without
    words: list[str] = []
    if call.arguments is not None:
        words += map(_differs, unlike(want.arguments, call.arguments, how, without))
    elif not arguments_fit(want.arguments, None, how, without):
        words.append(f"arguments that cannot be read: {call.raw_arguments}")
    fates = (("decision", want.decision, call.decision), ("outcome", want.outcome, call.outcome))
    words += [f"{key} {got} instead of {wanted}" for key, wanted, got in fates if wanted not in (None, got)]
    return words


def _differs(one: Deviation) -> str:
    if isinstance(one.actual, Absent):
        return f"no {one.key} instead of {_json(one.expected)}"
    expected = "none" if isinstance(one.expected, Absent) else _json(one.expected)
    return f"{one.key} {_json(one.actual)} instead of {expected}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
