"""Two traces, told apart: what of a case is different, and where."""

from collections.abc import Iterator

from harness.alignment import Sides, aligned_rounds, aligned_turns
from harness.assignment import others
from harness.change import Change, Where, change, differing, spot
from harness.marks import mark_changes
from harness.paths import differences
from harness.rounds import as_json, round_changes
from harness.sequences import parting, steps
from harness.trace import Failure, Trace, dumps


def changes(before: Trace, now: Trace) -> tuple[Change, ...]:
    """Return what differs between two traces of one case, in the order in which it happened.

    The first is the point where they part. Turns, rounds and calls are aligned so that as little as possible differs.
    What follows from another change is not told again: what is counted or worded from the rest, and what belongs to a
    turn, a round or a call that is told as a whole. There is no change exactly for equal traces, but for the names of
    case, model and variant, the repeat, and the ids of calls.
    """
    matches = aligned_turns(before.turns, now.turns)
    gone = others(len(before.turns), (match.was for match in matches))
    came = others(len(now.turns), (match.now for match in matches))
    found: list[Change] = []
    for was, to in steps(matches, gone, came):
        if was is not None and to is not None:
            one, other = before.turns[was], now.turns[to]
            sides = Sides(was, to, one, other, aligned_rounds(one.rounds, other.rounds))
            found += _turn(sides, before, now)
        elif was is not None:
            found.append(change("user", Where(was=spot(was)), "turn", before.turns[was].user, None))
        elif to is not None:
            found.append(change("user", Where(now=spot(to)), "turn", None, now.turns[to].user))
    found += differing("error", Where(), "error", _failure(before.error), _failure(now.error))
    return tuple(found)


def _turn(sides: Sides, before: Trace, now: Trace) -> Iterator[Change]:
    one, other = sides.before, sides.after
    where = Where(spot(sides.was), spot(sides.now))
    yield from differing("user", where, "user", one.user, other.user)
    yield from _offered(sides)
    noted = mark_changes(
        sides,
        (anomaly for anomaly in before.anomalies if anomaly.turn == sides.was + 1),
        (anomaly for anomaly in now.anomalies if anomaly.turn == sides.now + 1),
    )
    yield from round_changes(sides, noted)
    yield from differing("stop", where, "stop", one.stop, other.stop)
    yield from differing("texts", where, "response", one.response, other.response)
    yield from _files(where, one.workspace, other.workspace)
    yield from _state(where, one.state, other.state)


def _offered(sides: Sides) -> Iterator[Change]:
    one, other = sides.before.offered, sides.after.offered
    gone, came, reordered = parting(one, other)
    for at in gone:
        yield change("offered", Where(was=spot(sides.was)), one[at], one[at], None)
    for at in came:
        yield change("offered", Where(now=spot(sides.now)), other[at], None, other[at])
    if reordered:
        where = Where(spot(sides.was), spot(sides.now))
        yield change("offered", where, "order", dumps(one), dumps(other))


def _files(where: Where, one: dict[str, str | None] | None, other: dict[str, str | None] | None) -> Iterator[Change]:
    """Yield the files that differ; as JSON, in which null is a file that is gone."""
    if one is None or other is None:
        yield from differing("workspace", where, "workspace", _whole(one), _whole(other))
        return
    for path in [*other, *(path for path in one if path not in other)]:
        before, after = (dumps(files[path]) if path in files else None for files in (one, other))
        yield from differing("workspace", where, path, before, after)


def _state(where: Where, one: dict[str, object] | None, other: dict[str, object] | None) -> Iterator[Change]:
    if one is None or other is None:
        yield from differing("state", where, "state", _whole(one), _whole(other))
        return
    for path, before, after in differences(one, other):
        yield change("state", where, path, as_json(before), as_json(after))


def _whole(value: object) -> str | None:
    return None if value is None else dumps(value)


def _failure(error: Failure | None) -> str | None:
    return None if error is None else f"{error.kind}: {error.message}"
