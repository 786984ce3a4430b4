"""How the requests that the loop makes differ from those of a record."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.dialogue import Dialogue
from harness.drift import Sent, drifts
from harness.incident import Incident
from harness.likeness import Matching

_IDLE = (("tool_choice", "auto"), ("stream", False), ("n", 1.0))
"""What says no more than saying nothing."""


def deviations(dialogue: Dialogue, made: Incident, requests: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield how the requests of an imported scenario differ from the recorded ones, each kind once.

    Where the record holds no requests, they are what must have led to its messages.
    """
    if made.invented:
        yield "no wording of a confirmation request is recorded: the loop's own sentence stands in"
    if dialogue.task is not None:
        yield "no message of the user is recorded: the last one before the model's reply stands in"
    told: dict[str, str] = {}
    counts: Counter[str] = Counter()
    forgetful = False
    for now, at in zip(requests, made.acts, strict=True):
        if at is None:
            continue
        before = _plain(dialogue.requests.get(at) or _supposed(dialogue, at, now))
        kept = _remembered(before["messages"])
        forgetful |= len(kept) != len(before["messages"])
        for drift in drifts(_sent({**before, "messages": kept}), _sent(_plain(now)), Matching()):
            told.setdefault(drift.kind, drift.what)
            counts[drift.kind] += 1
    if forgetful:
        yield "of earlier turns the loop tells the texts alone, without calls and results"
    for kind, what in told.items():
        yield f"{what}{f' (and {counts[kind] - 1} more of its kind)' if counts[kind] > 1 else ''}"


def _supposed(dialogue: Dialogue, at: int, now: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request that must have led to a message, as far as the record tells."""
    supposed = {**now, "messages": list(dialogue.messages[:at])}
    return supposed if dialogue.tools is None else {**supposed, "tools": list(dialogue.tools)}


def _remembered(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return messages without the calls and results of earlier turns."""
    users = [at for at, message in enumerate(messages) if message.get("role") == "user"]
    last = users[-1] if users else 0
    earlier = [one for one in messages[:last] if one.get("role") not in ("tool", "function") and not _calls(one)]
    return [*earlier, *messages[last:]]


def _calls(message: Mapping[str, Any]) -> bool:
    return bool(message.get("tool_calls") or message.get("function_call"))


def _plain(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request without what means the same as nothing, and its numbers in one form."""
    body = {key: float(value) if type(value) is int else value for key, value in request.items()}
    body = {key: value for key, value in body.items() if (key, value) not in _IDLE}
    return {**body, "messages": [_message(one) for one in request["messages"]]}


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    idle = {key for key, value in message.items() if value is None or value == []}
    if message.get("content") == "" and _calls(message):
        idle.add("content")
    if message.get("role") == "tool":
        idle.add("name")
    return {key: value for key, value in message.items() if key not in idle}


def _sent(body: Mapping[str, Any]) -> Sent:
    return Sent("POST", "/chat/completions", json.dumps(body).encode())
