"""What differs in the rounds of two turns: what the model said, what it asked for, and what became of that."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence

from harness.alignment import CallMatch, Place, Sides
from harness.assignment import others
from harness.change import Change, Where, change, differing, spot
from harness.matching import Absent
from harness.paths import differences
from harness.sameness import alike
from harness.sequences import Match, steps
from harness.trace import Call, Round, Usage, dumps


def round_changes(sides: Sides, besides: Iterable[Change]) -> Iterator[Change]:
    """Yield what differs in the rounds of two turns, in the order in which it happened.

    `besides` differs as well and belongs to these rounds. What it says of checkpoints stands behind the reply that
    led to them and before what became of its calls, all else behind that.
    """
    rounds, calls = sides.alignment
    standing = [Match(was, now) for was, now, moved in rounds if not moved]
    origins = {now: was for was, now, moved in rounds if moved}
    gone = others(len(sides.before.rounds), (match.was for match in rounds))
    came = others(len(sides.after.rounds), (match.now for match in standing))
    matches: dict[int | None, list[CallMatch]] = defaultdict(list)
    for match in calls:
        matches[match.now.round].append(match)
    stayed = {match.was for match in calls}
    left = list(besides)
    for was, now in steps(standing, gone, came):
        origin = was if now is None else origins.get(now, was)
        if (
            not left
            and was is not None
            and now is not None
            and alike(sides.before.rounds[was], sides.after.rounds[now])
        ):
            continue
        where = _round_place(sides, origin, now)
        here = [one for one in left if _belongs(one, where)]
        left = [one for one in left if not _belongs(one, where)]
        if origin is None or now is None or now in origins:
            before = None if origin is None else _described(sides.before.rounds[origin])
            yield change("rounds", where, "round", before, None if now is None else _described(sides.after.rounds[now]))
        if origin is not None and now is not None:
            yield from _replied(sides, origin, now)
        if now is not None:
            yield from _asked(sides, origin, now, matches[now], stayed)
        if origin is not None and now is not None:
            yield from _ended(sides.before.rounds[origin], sides.after.rounds[now], where)
        yield from (one for one in here if one.kind == "checkpoints")
        for match in matches[now]:
            yield from _became(sides, match)
        yield from (one for one in here if one.kind != "checkpoints")
    yield from left


def _round_place(sides: Sides, was: int | None, now: int | None) -> Where:
    """Return where a round is, whose places are counted from zero."""
    return Where(None if was is None else spot(sides.was, was), None if now is None else spot(sides.now, now))


def _call_place(sides: Sides, was: Place | None, now: Place | None) -> Where:
    """Return where a call is, whose places are counted from zero."""
    return Where(None if was is None else spot(sides.was, *was), None if now is None else spot(sides.now, *now))


def _described(round_: Round) -> str:
    """Return a round on one line: its text, and its calls with their arguments and the decisions on them."""
    said = [] if round_.text is None else [dumps(round_.text)]
    parts = ", ".join([*said, *map(_called, round_.calls)])
    return " ".join(filter(None, ("notice" if round_.kind == "notice" else "", parts))) or "nothing"


def _called(call: Call) -> str:
    asked = f"{call.name}({call.raw_arguments})"
    return asked if call.decision == "none" else f"{asked} [{call.decision}]"


def _belongs(one: Change, where: Where) -> bool:
    """Tell whether a change is at a round: at its place now, or before where it is gone."""
    if one.now is not None:
        return where.now is not None and one.now.round == where.now.round
    return one.was is not None and where.was is not None and one.was.round == where.was.round


def _replied(sides: Sides, was: int, now: int) -> Iterator[Change]:
    one, other = sides.before.rounds[was], sides.after.rounds[now]
    where = _round_place(sides, was, now)
    yield from differing("rounds", where, "kind", one.kind, other.kind)
    # The last text is told as the response, where it is that on both sides.
    last = one is sides.before.rounds[-1] and other is sides.after.rounds[-1]
    if not (last and (one.text, other.text) == (sides.before.response, sides.after.response)):
        yield from differing("texts", where, "text", one.text, other.text)


def _asked(
    sides: Sides, was: int | None, now: int, matches: Sequence[CallMatch], stayed: Container[Place]
) -> Iterator[Change]:
    """Yield what differs of the calls of a round, whose matches are given; of a round that came, what moved into it."""
    calls = sides.after.rounds[now].calls
    counterparts = {match.now.call: match for match in matches}
    standing = [Match(one.was.call, one.now.call) for one in matches if one.was.round == was and not one.moved]
    gone: Sequence[int] = ()
    came: Iterable[int] = counterparts
    if was is not None:
        gone = [at for at in range(len(sides.before.rounds[was].calls)) if Place(was, at) not in stayed]
        came = others(len(calls), (match.now for match in standing))
    for before, after in steps(standing, gone, came):
        if after is None:
            if was is not None and before is not None:
                asked = sides.before.rounds[was].calls[before]
                where = _call_place(sides, Place(was, before), None)
                yield change("calls", where, asked.name, _called(asked), None)
            continue
        match = counterparts.get(after)
        asked = calls[after]
        if match is None:
            yield change("calls", _call_place(sides, None, Place(now, after)), asked.name, None, _called(asked))
            continue
        where = _call_place(sides, match.was, match.now)
        one = sides.before.rounds[match.was.round].calls[match.was.call]
        if match.moved:
            yield change("calls", where, asked.name, _called(one), _called(asked))
        yield from _arguments(where, one, asked)


def _arguments(where: Where, one: Call, other: Call) -> Iterator[Change]:
    if one.arguments is None or other.arguments is None:
        before, after = one.raw_arguments, other.raw_arguments
        if before == after and (one.arguments is None) != (other.arguments is None):
            # The same text is read now, or no longer.
            before, after = dumps(one.arguments), dumps(other.arguments)
        yield from differing("arguments", where, other.name, before, after)
        return
    changed = differences(one.arguments, other.arguments)
    for path, before, after in changed:
        yield change("arguments", where, f"{other.name}: {path}", as_json(before), as_json(after))
    if not changed:
        yield from differing("arguments", where, other.name, one.raw_arguments, other.raw_arguments)


def as_json(value: object) -> str | None:
    """Return a value as JSON, or null where it is absent."""
    return None if isinstance(value, Absent) else dumps(value)


def _ended(one: Round, other: Round, where: Where) -> Iterator[Change]:
    yield from differing("stop", where, "finish_reason", one.finish_reason, other.finish_reason)
    yield from differing("tokens", where, "usage", _tokens(one.usage), _tokens(other.usage))


def _tokens(usage: Usage | None) -> str | None:
    return None if usage is None else dumps(usage.model_dump())


def _became(sides: Sides, match: CallMatch) -> Iterator[Change]:
    one = sides.before.rounds[match.was.round].calls[match.was.call]
    other = sides.after.rounds[match.now.round].calls[match.now.call]
    if (one.decision, one.outcome, one.result) == (other.decision, other.outcome, other.result):
        return
    where = _call_place(sides, match.was, match.now)
    yield from differing("decisions", where, other.name, one.decision, other.decision)
    yield from differing("outcomes", where, other.name, one.outcome, other.outcome)
    yield from differing("results", where, other.name, one.result, other.result)
