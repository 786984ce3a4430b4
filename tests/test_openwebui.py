"""Chats of Open WebUI are read as the messages that they stand for."""

import html
import json
from typing import Any

from harness.dialogue import Dialogue, Unread
from harness.openwebui import chat, is_chat


def node(name: str, parent: str | None, role: str, content: str, **more: Any) -> dict[str, Any]:
    """Return one message of a chat."""
    return {"id": name, "parentId": parent, "childrenIds": [], "role": role, "content": content, **more}


def export(*nodes: dict[str, Any], current: str) -> dict[str, Any]:
    """Return a chat as it is exported."""
    history = {"messages": {one["id"]: one for one in nodes}, "currentId": current}
    return {"id": "c", "title": "Plants", "chat": {"models": ["m1"], "params": {"system": "S"}, "history": history}}


def messages(value: dict[str, Any]) -> list[Any]:
    """Return the messages of a chat."""
    read = chat(value, "f:1:1")
    assert isinstance(read, Dialogue)
    return list(read.messages)


CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"a": "ü"}'}}
TOLD = [
    {"role": "system", "content": "S"},
    {"role": "user", "content": "Look."},
    {"role": "assistant", "content": "I look.", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "content": "seen <b>"},
    {"role": "assistant", "content": "There."},
]


def test_calls_that_stand_in_items() -> None:
    """Items of calls, results and texts are the model's messages; what it thought is left out."""
    output = [
        {"type": "reasoning", "content": [{"type": "output_text", "text": "hm"}]},
        {"type": "message", "content": [{"type": "output_text", "text": "I look."}]},
        {"type": "function_call", "call_id": "c1", "name": "look", "arguments": '{"a": "ü"}', "status": "completed"},
        {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "seen <b>"}]},
        {"type": "message", "content": [{"type": "output_text", "text": "There."}]},
    ]
    value = export(node("1", None, "user", "Look."), node("2", "1", "assistant", "x", output=output), current="2")
    assert is_chat(value)
    assert messages(value) == TOLD


def test_calls_that_stand_in_the_text() -> None:
    """Calls folded into the text, with their JSON in attributes, are the same messages."""
    attributes = {"arguments": json.dumps('{"a": "ü"}'), "result": json.dumps("seen <b>")}
    written = " ".join(f'{key}="{html.escape(value)}"' for key, value in attributes.items())
    details = (
        f'<details type="tool_calls" done="true" id="c1" name="look" {written}>\n<summary>Done</summary>\n</details>'
    )
    thought = '<details type="reasoning" done="true"><summary>Thought</summary>hm</details>\n'
    content = f"{thought}I look.\n{details}\nThere."
    value = export(node("1", None, "user", "Look."), node("2", "1", "assistant", content), current="2")
    assert messages(value) == TOLD


def test_rounds_of_calls_are_told_apart() -> None:
    """A call that was asked for after a result is one of the next round."""
    output: list[dict[str, Any]] = []
    for call in ("a", "b"):
        output.append({"type": "function_call", "call_id": call, "name": "look", "arguments": "{}"})
        output.append(
            {"type": "function_call_output", "call_id": call, "output": [{"type": "input_text", "text": call}]}
        )
    value = export(node("1", None, "user", "Look."), node("2", "1", "assistant", "", output=output), current="2")
    assert [one["role"] for one in messages(value)[2:]] == ["assistant", "tool", "assistant", "tool", "assistant"]


def test_the_branch_that_was_last_looked_at() -> None:
    """Of several answers the current one counts, and how many messages stand elsewhere is noted."""
    nodes = [
        node("1", None, "user", "Hi."),
        node("2", "1", "assistant", "Old.", model="m2"),
        node("3", "1", "assistant", "New.", model="m3"),
    ]
    read = chat(export(*nodes, current="3"), "f:1:1")
    assert isinstance(read, Dialogue)
    assert (read.messages[-1]["content"], read.model, read.name) == ("New.", "m3", "Plants")
    assert read.notes == ("1 messages of other branches",)


def test_a_chat_without_messages() -> None:
    """An empty chat is told."""
    assert chat({"chat": {"history": {"messages": {}}}}, "f:1:1") == Unread("f:1:1", "the chat holds no messages")
