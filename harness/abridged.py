"""A request's body by what it adds to the one before, with the texts that cassettes share taken out."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.pieces import Pieces

REPLY = "the reply"
"""Stands for the message of the model that came before, as it is sent back: its role, text and calls."""
WHOLE_REPLY = "the whole reply"
"""The same with all that the endpoint sent in it."""

_HEADING = "\n\n## "


def abridge(body: Any, before: Any, reply: Any, pieces: Pieces) -> dict[str, Any]:
    """Return a body of JSON by what it adds to the body of the request before and to the reply to that.

    `expand` gives it back; that must be tried where the body holds what looks like one of the signs used here.
    """
    if not isinstance(body, dict) or not isinstance(before, dict):
        return {"whole": _shared(body, pieces)}
    now, earlier = body.get("messages"), before.get("messages")
    if not isinstance(now, list) or not isinstance(earlier, list):
        return {"whole": _shared(body, pieces)}
    again = _in_common(now, earlier)
    shared = _shared(body, pieces)
    changed = {
        key: shared[key]
        for key, value in body.items()
        if key != "messages" and not (key in before and _same(before[key], value))
    }
    gone = [key for key in before if key not in body]
    kept = [key for key in before if key in body]
    if list(body) != [*kept, *(key for key in changed if key not in before)]:
        return {"whole": shared}
    echoes = list(_echoes(reply))
    then = [next((sign for sign, echo in echoes if _same(echo, one)), one) for one in now[again:]]
    added: dict[str, Any] = {"again": again, "then": _messages(then, pieces)}
    return added | ({"changed": changed} if changed else {}) | ({"gone": gone} if gone else {})


def expand(data: Mapping[str, Any], before: Any, reply: Any, pieces: Pieces) -> Any:
    """Return the body that was abridged.

    Raises:
        KeyError, TypeError, IndexError, ValueError: it is not what `abridge` returns.
        CassetteUnreadable: a piece is not there, or was changed.
    """
    if "whole" in data:
        return _unshared(data["whole"], pieces)
    echoes = dict(_echoes(reply))
    then = [echoes[one] if isinstance(one, str) else one for one in data["then"]]
    again = data["again"]
    if not 0 <= again <= len(before["messages"]):
        raise ValueError(f"the request before has no {again} messages")
    messages = [*before["messages"][:again], *(_message(one, pieces) for one in then)]
    kept = {key: value for key, value in before.items() if key not in data.get("gone", ())}
    return {**kept, **_unshared(data.get("changed", {}), pieces), "messages": messages}


def _in_common(now: Sequence[Any], earlier: Sequence[Any]) -> int:
    count = 0
    for one, other in zip(now, earlier, strict=False):
        if not _same(one, other):
            break
        count += 1
    return count


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are written alike: the order of keys counts, and so do types."""
    return one is other or json.dumps(one) == json.dumps(other)


def _echoes(reply: Any) -> Iterator[tuple[str, Any]]:
    """Yield how a model's message may be sent back, each with its sign."""
    try:
        message = reply["choices"][0]["message"]
        calls = message.get("tool_calls") or ()
        asked = [
            {
                "id": call["id"],
                "type": call["type"],
                "function": {"name": call["function"]["name"], "arguments": call["function"]["arguments"]},
            }
            for call in calls
        ]
    except (KeyError, TypeError, IndexError, AttributeError):
        return
    content = {"content": message["content"]} if message.get("content") else {}
    yield REPLY, {"role": "assistant", **content, **({"tool_calls": asked} if asked else {})}
    yield WHOLE_REPLY, message


def _shared(body: Any, pieces: Pieces) -> Any:
    """Return a body with its tools and its system prompt as pieces."""
    if not isinstance(body, dict):
        return body
    shared = dict(body)
    if isinstance(tools := body.get("tools"), list):
        try:
            text = json.dumps(tools, ensure_ascii=False, indent=1, allow_nan=False)
        except ValueError:
            return shared
        name = pieces.keep("tools", text, "json")
        shared["tools"] = {"shared": name} if name else tools
    if isinstance(messages := body.get("messages"), list):
        shared["messages"] = _messages(messages, pieces)
    return shared


def _messages(messages: Sequence[Any], pieces: Pieces) -> list[Any]:
    return [_without_prompt(one, pieces) for one in messages]


def _without_prompt(message: Any, pieces: Pieces) -> Any:
    """Return a message, if it is a system prompt with its sections as pieces."""
    content = message.get("content") if isinstance(message, dict) and message.get("role") == "system" else None
    if not isinstance(content, str):
        return message
    first, *others = content.split(_HEADING)
    sections = [first, *(f"## {section}" for section in others)]
    names = [pieces.keep(section.partition("\n")[0], section, "md") for section in sections]
    if not any(names):
        return message
    parts = [name or {"text": section} for name, section in zip(names, sections, strict=True)]
    return {**message, "content": {"shared": parts}}


def _unshared(body: Any, pieces: Pieces) -> Any:
    if not isinstance(body, dict):
        return body
    whole = dict(body)
    tools = body.get("tools")
    if isinstance(tools, dict):
        whole["tools"] = json.loads(pieces.text(tools["shared"]))
    if isinstance(messages := body.get("messages"), list):
        whole["messages"] = [_message(one, pieces) for one in messages]
    return whole


def _message(message: Any, pieces: Pieces) -> Any:
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, dict) or message.get("role") != "system":
        return message
    sections = [part["text"] if isinstance(part, dict) else pieces.text(part) for part in content["shared"]]
    return {**message, "content": "\n\n".join(sections)}
