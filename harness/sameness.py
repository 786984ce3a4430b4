"""When calls, rounds and turns are the same but for ids, and what it costs to take one round for another."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

from harness.matching import canonical
from harness.trace import Call, Round, Turn

CALL = 1 << 32
"""What it costs to lack the name of a call: more than all together that costs less than that."""
WEIGHTS: Mapping[str, int] = {
    "name": CALL,
    "call": 3 * CALL,
    "key": 8,
    "text": 8,
    "usage": 2,
    "finish_reason": 1,
    "raw_arguments": 1,
    "decision": 1,
    "outcome": 1,
    "result": 1,
}
"""What it costs to lack something that the other has: a call's name, the call with its arguments, the value of one of
its keys, and whatever else a round says and its calls come to."""
ROUND = CALL
"""What it costs besides when a whole round is gone or came."""
ROLE = 2 * ROUND + 3
"""What it costs to take a notice, a round with calls and a round without for each other: more than to part them, unless
they say the same."""


class Bag(NamedTuple):
    """What something consists of."""

    parts: Mapping[Hashable, int]
    """Each part, and what it costs to lack it."""
    total: int
    """What all of them cost together."""


def identity(call: Call) -> tuple[str, str]:
    """Return what is equal for calls of one tool with equal arguments; unreadable ones are equal as text."""
    if call.arguments is None:
        return call.name, f"unreadable: {call.raw_arguments}"
    return call.name, canonical(call.arguments)


def aspects(one: Call, other: Call) -> int:
    """Count what differs of two calls with the same name and arguments: their text, decision, outcome and result."""
    return (
        (one.raw_arguments != other.raw_arguments)
        + (one.decision != other.decision)
        + (one.outcome != other.outcome)
        + (one.result != other.result)
    )


def alike(one: Round, other: Round) -> bool:
    """Tell whether two rounds are the same in everything but the ids of their calls."""
    return (
        (one.kind, one.text, one.finish_reason, one.usage) == (other.kind, other.text, other.finish_reason, other.usage)
        and len(one.calls) == len(other.calls)
        and all(map(_alike, one.calls, other.calls))
    )


def _alike(one: Call, other: Call) -> bool:
    if one.name != other.name or aspects(one, other):
        return False
    # What is written alike is equal, and told much faster; 1, 1.0 and true are written as three.
    return repr(one.arguments) == repr(other.arguments) or identity(one) == identity(other)


def content(round_: Round) -> str:
    """Return a text by which rounds can be put in order; the ids of calls are not in it."""
    calls = [
        (call.name, call.raw_arguments, repr(call.arguments), call.decision, call.outcome, call.result)
        for call in round_.calls
    ]
    return repr((round_.kind, round_.text, round_.finish_reason, round_.usage, calls))


class Reading(NamedTuple):
    """A round, and what is to be known of it to find the one that belongs to it."""

    round: Round
    role: tuple[str, bool]
    """What it is in its turn: a notice or not, with calls or without."""
    identities: tuple[tuple[str, str], ...]
    """What is equal for each of its calls where the call is the same."""
    bag: Bag
    """What it consists of."""


def reading(round_: Round) -> Reading:
    """Return a round as it is compared with others."""
    identities = tuple(map(identity, round_.calls))
    return Reading(round_, (round_.kind, bool(round_.calls)), identities, _round_bag(round_, identities))


def _round_bag(round_: Round, identities: Sequence[tuple[str, str]]) -> Bag:
    found: dict[Hashable, int] = defaultdict(int)
    for call, same in zip(round_.calls, identities, strict=True):
        found["name", call.name] += WEIGHTS["name"]
        found["call", same] += WEIGHTS["call"]
        for key, value in (call.arguments or {}).items():
            found["key", call.name, key, repr(value)] += WEIGHTS["key"]
        for what in ("raw_arguments", "decision", "outcome", "result"):
            found[what, same, getattr(call, what)] += WEIGHTS[what]
    for what in ("text", "usage", "finish_reason"):
        if (said := getattr(round_, what)) is not None:
            found[what, said] += WEIGHTS[what]
    return Bag(found, sum(found.values()))


def turn_bag(turn: Turn) -> Bag:
    """Return what a turn consists of besides its message: its rounds, and what it left."""
    found: dict[Hashable, int] = defaultdict(int)
    for round_ in turn.rounds:
        for part, cost in reading(round_).bag.parts.items():
            found[part] += cost
    found["response", turn.response] += WEIGHTS["text"]
    for what in ("offered", "checkpoints", "stop", "workspace", "state"):
        found[what, repr(getattr(turn, what))] += 1
    return Bag(found, sum(found.values()))


def distance(one: Bag, other: Bag) -> int:
    """Return what all that costs which two bags do not have in common."""
    here, there = one.parts, other.parts
    both = here.keys() & there.keys()
    common = sum(map(min, map(here.__getitem__, both), map(there.__getitem__, both)))
    return one.total + other.total - 2 * common
