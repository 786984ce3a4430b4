"""Traces packed for a page: what a case is opened with, compressed many together, and where each one lies."""

import base64
import json
import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple

from harness.alignment import aligned_rounds, aligned_turns
from harness.assignment import others
from harness.change import Change, Spot
from harness.evidence import Behind
from harness.remarks import anomaly, spelled
from harness.sequences import Match, steps
from harness.trace import Trace, Turn

_ENOUGH = 1 << 16
"""A chunk with as many characters is closed: cases of one chunk are unpacked together, and resemble each other."""
_SHOWN = {"model", "variant", "counts", "stop", "error", "usage", "turns"}


class Place(NamedTuple):
    """Where a case lies."""

    chunk: int
    at: int


class Packed(NamedTuple):
    """Cases, packed."""

    chunks: tuple[str, ...] = ()
    """JSON arrays of cases, each deflated (RFC 1950) and in base64."""
    places: tuple[Place, ...] = ()
    """Where each case lies, in their order."""


def packed(evidence: Iterable[Behind]) -> Packed:
    """Return the cases of a report, packed."""
    chunks: list[str] = []
    places: list[Place] = []
    open_: list[str] = []
    size = 0
    for one in evidence:
        text = json.dumps(_case(one), separators=(",", ":"))
        places.append(Place(len(chunks), len(open_)))
        open_.append(text)
        size += len(text)
        if size >= _ENOUGH:
            chunks.append(_deflated(open_))
            open_, size = [], 0
    if open_:
        chunks.append(_deflated(open_))
    return Packed(tuple(chunks), tuple(places))


def _deflated(cases: Iterable[str]) -> str:
    return base64.b64encode(zlib.compress(f"[{','.join(cases)}]".encode(), 9)).decode()


def _case(one: Behind) -> dict[str, Any]:
    """Return what a case is opened with; `before` and `sides` only where something differs."""
    verdict, compared = one.told.verdict, one.told.compared
    case: dict[str, Any] = {
        "now": _trace(one.trace),
        "place": verdict.place,
        "findings": [finding.model_dump() for finding in verdict.findings],
        "error": verdict.error,
        "notes": [*verdict.notes, *(f"drifted from the recording: {drift}" for drift in verdict.replay.drift)],
    }
    if compared is not None:
        case["changes"] = [_change(change) for change in compared.changes]
    if one.before is not None:
        case["before"] = _trace(one.before)
        case["sides"] = sides(one.before, one.trace)
    return case


def _trace(trace: Trace) -> dict[str, Any]:
    said = [{"turn": one.turn, "round": one.round, "text": anomaly(one)} for one in trace.anomalies]
    return {**trace.model_dump(mode="json", include=_SHOWN), "anomalies": said}


def _change(change: Change) -> dict[str, Any]:
    sign, text = spelled(change)
    return {"sign": sign, "text": text, "was": _spot(change.was), "now": _spot(change.now)}


def _spot(spot: Spot | None) -> list[int | None] | None:
    """Return turn and round, counted from zero."""
    return None if spot is None else [spot.turn - 1, None if spot.round is None else spot.round - 1]


def sides(before: Trace, now: Trace) -> list[dict[str, Any]]:
    """Return how two traces stand side by side, by places counted from zero, null on the side that has nothing.

    Each turn has its `rounds`, as `[was, now, moved]`, and the `calls` that belong together, as
    `[round, call, round, call, moved]`; a round that moved stands where it is now.
    """
    matches = aligned_turns(before.turns, now.turns)
    gone = others(len(before.turns), (match.was for match in matches))
    came = others(len(now.turns), (match.now for match in matches))
    return [
        {
            "was": was,
            "now": to,
            **_turn(
                before.turns[was] if was is not None else None,
                now.turns[to] if to is not None else None,
            ),
        }
        for was, to in steps(matches, gone, came)
    ]


def _turn(before: Turn | None, now: Turn | None) -> dict[str, Any]:
    if before is None or now is None:
        gone_, came_ = (range(len(turn.rounds)) if turn else () for turn in (before, now))
        return {"rounds": [*([at, None, False] for at in gone_), *([None, at, False] for at in came_)], "calls": []}
    found = aligned_rounds(before.rounds, now.rounds)
    kept = [Match(one.was, one.now) for one in found.rounds if not one.moved]
    moved = {one.now: one.was for one in found.rounds if one.moved}
    gone = others(len(before.rounds), (one.was for one in found.rounds))
    came = others(len(now.rounds), (one.now for one in kept))
    rounds = [[moved.get(to, was) if to is not None else was, to, to in moved] for was, to in steps(kept, gone, came)]
    return {"rounds": rounds, "calls": [[*one.was, *one.now, one.moved] for one in found.calls]}
