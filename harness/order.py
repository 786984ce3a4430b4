"""Calls before others, in one round and in different ones, as expected and as they came."""

from collections.abc import Iterator, Sequence

from harness.agreement import nearest
from harness.assignment import assign, pairing
from harness.calls import ExpectedCall
from harness.expectation import TurnExpectation
from harness.finding import Asked, Finding, View, as_asked
from harness.source import Location
from harness.trace import Call


def disorders(expect: TurnExpectation, view: View) -> Iterator[Finding]:
    """Yield what of `before`, `together` and `apart` does not hold, one finding for each of their items."""
    for at, (early, late) in enumerate(expect.before):
        if found := _before(early, late, ("before", at), view):
            yield found
    for at, wanted in enumerate(expect.together):
        if found := _together(wanted, ("together", at), view):
            yield found
    for at, wanted in enumerate(expect.apart):
        if found := _apart(wanted, ("apart", at), view):
            yield found


def _before(early: ExpectedCall, late: ExpectedCall, location: Location, view: View) -> Finding | None:
    """Find the first call that fits the later one, which is the hardest to be before."""
    came = view.asked()
    first = next((at for at, one in enumerate(came) if late.fits(one.call)), None)
    if first is None or any(early.fits(one.call) for one in came[:first]):
        return None
    one = came[first]
    got = f"{as_asked(one.call)} in {view.where(one.turn, one.round)}"
    follows = next((other for other in came[first + 1 :] if early.fits(other.call)), None)
    if follows is not None:
        got += f", before {as_asked(follows.call)} in {view.where(follows.turn, follows.round)}"
    else:
        others = [other for at, other in enumerate(came) if at != first]
        got += f", and {nearest(early, others, range(len(others)), view)}"
    return view.finding("before", location, f"{early} before each {late}", got)


def _together(wanted: Sequence[ExpectedCall], location: Location, view: View) -> Finding | None:
    """Find no round that asks for all of these calls, and tell the one that asks for most of them."""
    rounds = [(place, calls, assign(wanted, calls, _fits)) for place, calls in view.rounds()]
    if any(len(pairs) == len(wanted) for _, _, pairs in rounds):
        return None
    place, calls, pairs = max(rounds, key=lambda one: len(one[2]), default=((1, 1), (), []))
    filled = {pair.expected for pair in pairs}
    lacking = [call for at, call in enumerate(wanted) if at not in filled]
    taken = {(place, pair.actual) for pair in pairs}
    asked = [(where, at, call) for where, calls in view.rounds() for at, call in enumerate(calls)]
    got = _elsewhere(lacking[0], [Asked(*where, call) for where, at, call in asked if (where, at) not in taken], view)
    if pairs:
        met = " and ".join(as_asked(calls[pair.actual]) for pair in pairs)
        without = " and ".join(map(str, lacking))
        got = f"{view.where(*place)} with {met}, but without {without}: {got}"
    return view.finding("together", location, f"{' and '.join(map(str, wanted))} in one round", got)


def _elsewhere(want: ExpectedCall, others: Sequence[Asked], view: View) -> str:
    """Return where the first call that fits is, or else the call that comes nearest."""
    one = next((one for one in others if want.fits(one.call)), None)
    if one is None:
        return nearest(want, others, range(len(others)), view)
    return f"{as_asked(one.call)} is in {view.where(one.turn, one.round)}"


def _apart(wanted: Sequence[ExpectedCall], location: Location, view: View) -> Finding | None:
    """Find the first round that asks for both calls."""
    for place, calls in view.rounds():
        found = pairing("superset", wanted, calls, _fits)
        if found.holds:
            both = " and ".join(as_asked(calls[pair.actual]) for pair in found.pairs)
            expected = f"{' and '.join(map(str, wanted))} in different rounds"
            return view.finding("apart", location, expected, f"{both} in {view.where(*place)}")
    return None


def _fits(want: ExpectedCall, call: Call) -> bool:
    return want.fits(call)
