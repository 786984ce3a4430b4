"""Chats as Open WebUI exports them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Any

from harness.dialogue import Dialogue, Read, Unread

_DETAILS = re.compile(r"<details\b([^>]*)>(.*?)</details>\n?", re.DOTALL)
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_ENDED = (None, "completed", "failed", "rejected")


def is_chat(value: Any) -> bool:
    """Tell whether a value is an exported chat, in the envelope of an export or alone."""
    return isinstance(value, dict) and _history(value) is not None


def chat(value: Mapping[str, Any], place: str) -> Read:
    """Read a chat: the messages of the branch that was last looked at."""
    inner = value.get("chat")
    body: Mapping[str, Any] = inner if isinstance(inner, dict) else value
    messages, others = _branch(body)
    if not messages:
        return Unread(place, "the chat holds no messages")
    told: list[Mapping[str, Any]] = []
    notes: list[str] = []
    if prompt := _prompt(body):
        told.append({"role": "system", "content": prompt})
    for message in messages:
        told += _messages(message)
        if message.get("files"):
            notes.append("files that were attached to messages")
    if others:
        notes.append(f"{others} messages of other branches")
    models = [str(one["model"]) for one in messages if one.get("model")] or _names(body.get("models"))
    title = value.get("title") or body.get("title")
    return Dialogue(
        place=place,
        messages=tuple(told),
        name=title if isinstance(title, str) else "",
        model=models[-1] if models else "",
        notes=tuple(dict.fromkeys(notes)),
    )


def _history(value: Mapping[str, Any]) -> Any:
    inner = value.get("chat")
    body = inner if isinstance(inner, dict) else value
    history = body.get("history")
    nested = history.get("messages") if isinstance(history, dict) else None
    if isinstance(nested, dict):
        return nested
    return body.get("messages") if isinstance(inner, dict) and isinstance(body.get("messages"), list) else None


def _branch(body: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], int]:
    """Return the messages from the first to the current one, and how many stand elsewhere."""
    history = body.get("history")
    nodes = history.get("messages") if isinstance(history, dict) else None
    if not isinstance(nodes, dict) or not nodes:
        listed = body.get("messages")
        return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else [], 0
    at = history.get("currentId") if isinstance(history, dict) else None
    if not isinstance(at, str) or at not in nodes:
        at = list(nodes)[-1]
    way: list[Mapping[str, Any]] = []
    seen: set[str] = set()
    while isinstance(at, str) and at in nodes and at not in seen and isinstance(nodes[at], dict):
        seen.add(at)
        way.insert(0, nodes[at])
        at = nodes[at].get("parentId")
    return way, len(nodes) - len(way)


def _prompt(body: Mapping[str, Any]) -> str:
    params = body.get("params")
    given = params.get("system") if isinstance(params, dict) else None
    said = given or body.get("system")
    return said if isinstance(said, str) else ""


def _names(models: Any) -> list[str]:
    return [str(one) for one in models] if isinstance(models, list) else []


def _messages(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a message as OpenAI's messages: of the model its calls, their results and its text."""
    content = message.get("content")
    if message.get("role") != "assistant":
        yield {"role": message.get("role"), "content": content}
    elif isinstance(output := message.get("output"), list) and output:
        yield from _items(output)
    elif isinstance(content, str):
        yield from _details(content)
    else:
        yield {"role": "assistant", "content": content}


def _items(output: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    """Yield messages from items in the form of OpenAI's responses."""
    items = [item for item in output if isinstance(item, dict)]
    results = {item.get("call_id"): item for item in items if item.get("type") == "function_call_output"}
    text: list[str] = []
    calls: list[dict[str, Any]] = []
    told: list[Mapping[str, Any]] = []

    def ended() -> Iterator[Mapping[str, Any]]:
        if calls:
            yield {"role": "assistant", "content": "\n".join(text) or None, "tool_calls": [*calls]}
            yield from told
            text.clear()
            calls.clear()
            told.clear()

    for item in items:
        kind = item.get("type")
        if kind == "function_call" and item.get("status") in _ENDED:
            call = item.get("call_id")
            if told and any(one["tool_call_id"] == before for one in told for before in _answered(items, item)):
                yield from ended()
            function = {"name": item.get("name"), "arguments": item.get("arguments")}
            calls.append({"id": call, "type": "function", "function": function})
            if call in results:
                told.append({"role": "tool", "tool_call_id": call, "content": _parts(results[call].get("output"))})
        elif kind == "message":
            yield from ended()
            said = _parts(item.get("content"))
            if isinstance(said, list):
                yield {"role": "assistant", "content": said}
            text += [said] if isinstance(said, str) else []
    yield from ended()
    yield {"role": "assistant", "content": "\n".join(text)}


def _answered(items: Sequence[Mapping[str, Any]], before: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the calls whose results stand before an item, so that it was asked for after them."""
    for item in items:
        if item is before:
            return
        if item.get("type") == "function_call_output":
            yield item.get("call_id")


def _parts(content: Any) -> Any:
    """Return the text in parts, or the parts where one of them is none."""
    if not isinstance(content, list):
        return content
    texts = [part.get("text") if isinstance(part, dict) else part for part in content]
    whole = [one for one in texts if isinstance(one, str)]
    return "".join(whole) if len(whole) == len(texts) else content


def _details(content: str) -> Iterator[Mapping[str, Any]]:
    """Yield messages from a text in which calls stand as folded details."""
    at, text = 0, ""
    calls: list[Mapping[str, Any]] = []
    told: list[Mapping[str, Any]] = []
    for match in _DETAILS.finditer(content):
        attributes = {name: unescape(value) for name, value in _ATTRIBUTE.findall(match[1])}
        between = content[at : match.start()]
        at = match.end()
        if calls and between.strip():
            yield {"role": "assistant", "content": text.strip() or None, "tool_calls": calls}
            yield from told
            text, calls, told = "", [], []
        text += between
        if attributes.get("type") != "tool_calls":
            continue
        call = attributes.get("id", "")
        function = {"name": attributes.get("name", ""), "arguments": _json_text(attributes.get("arguments", ""))}
        calls.append({"id": call, "type": "function", "function": function})
        if attributes.get("done") != "false":
            result = attributes.get("result")
            given = _body(match[2]) if result is None else _json_text(result)
            told.append({"role": "tool", "tool_call_id": call, "content": given})
    rest = content[at:]
    if calls:
        yield {"role": "assistant", "content": text.strip() or None, "tool_calls": calls}
        yield from told
        text = ""
    yield {"role": "assistant", "content": (text + rest).strip()}


def _body(inside: str) -> str:
    return unescape(re.sub(r"<summary>.*?</summary>", "", inside, flags=re.DOTALL)).strip()


def _json_text(value: str) -> str:
    """Return text that was written as JSON once more than it should be."""
    try:
        inner = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return inner if isinstance(inner, str) else value
