"""Chats of Open WebUI: the branch that was looked at last, with calls as items or as folded details."""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dialogue import Dialogue, Unread
from harness.openwebui import chat, is_chat
from tests.build import EXAMPLES

Json = dict[str, Any]


def export(*messages: Json, title: str = "A chat", current: str | None = None, **body: Any) -> Json:
    """Return an exported chat of messages that follow each other unless they say what is before them."""
    nodes: Json = {}
    for at, message in enumerate(messages):
        before = str(at - 1) if at else None
        nodes[str(at)] = {"id": str(at), "parentId": before, "childrenIds": [], **message}
    history = {"messages": nodes, "currentId": current or str(len(messages) - 1)}
    return {"id": "c1", "title": title, "chat": {"history": history, "models": ["llama"], **body}}


def said(value: Json) -> Dialogue:
    """Return a chat that can be read."""
    found = chat(value, "here")
    assert isinstance(found, Dialogue)
    return found


def user(content: str, **more: Any) -> Json:
    """Return a message of the user."""
    return {"role": "user", "content": content, **more}


def reply(content: str = "", **more: Any) -> Json:
    """Return a message of the model."""
    return {"role": "assistant", "content": content, "model": "llama3.1:8b", **more}


def asked(call: str, name: str = "find", arguments: str = '{"id": 7}') -> Json:
    """Return a call as OpenAI has it."""
    return {"id": call, "type": "function", "function": {"name": name, "arguments": arguments}}


def told(call: str, content: str) -> Json:
    """Return a result as OpenAI has it."""
    return {"role": "tool", "tool_call_id": call, "content": content}


def test_a_chat_of_texts() -> None:
    """A chat gives its title, the model that replied last, the system prompt of its parameters and its texts."""
    value = export(user("Hi"), reply("Hello."), params={"system": "Be kind."})
    assert is_chat(value)
    assert said(value) == Dialogue(
        place="here",
        name="A chat",
        model="llama3.1:8b",
        messages=(
            {"role": "system", "content": "Be kind."},
            user("Hi"),
            {"role": "assistant", "content": "Hello."},
        ),
    )


def test_the_branch_that_was_looked_at() -> None:
    """Of a chat whose replies were made anew the current branch is read, and what stands elsewhere is noted."""
    value = export(
        user("Hi"),
        reply("First."),
        reply("Second.", parentId="0"),
        user("And?", parentId="1"),
        reply("Third.", parentId="3"),
        current="4",
    )
    found = said(value)
    assert [one["content"] for one in found.messages] == ["Hi", "First.", "And?", "Third."]
    assert found.notes == ("1 messages of other branches",)


def test_a_chat_without_its_envelope() -> None:
    """The inside of an export is a chat, too, and so is a list of messages inside an envelope."""
    inner = export(user("Hi"), reply("Hello."))["chat"]
    listed = {"chat": {"title": "Old", "messages": [user("Hi"), reply("Hello.")], "system": "Be kind."}}
    assert is_chat(inner)
    assert is_chat(listed)
    assert [one["content"] for one in said(inner).messages] == ["Hi", "Hello."]
    assert [one["content"] for one in said(listed).messages] == ["Be kind.", "Hi", "Hello."]
    assert said(listed).name == "Old"


def test_attached_files_are_noted() -> None:
    """Files that were attached are no part of what can be imported, and that is said once."""
    found = said(export(user("Hi", files=[{"id": "f"}]), reply("Hello."), user("Hi", files=[{"id": "g"}]), reply("A")))
    assert found.notes == ("files that were attached to messages",)


# Items


def output(*items: Json) -> tuple[Mapping[str, Any], ...]:
    """Return the messages that items of a reply give."""
    return tuple(said(export(user("Hi"), reply("what the page shows", output=list(items)))).messages[1:])


def call(name: str, at: str, status: str = "completed") -> Json:
    """Return an item of a call."""
    return {"type": "function_call", "call_id": at, "name": name, "arguments": '{"id": 7}', "status": status}


def given_back(at: str, text: str) -> Json:
    """Return an item of a result."""
    parts = [{"type": "input_text", "text": text}]
    return {"type": "function_call_output", "call_id": at, "output": parts, "status": "completed"}


def text(content: str) -> Json:
    """Return an item of a text."""
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": content}]}


def test_items_of_two_rounds() -> None:
    """Calls, results and texts as items give one message for each round; what the model thought is left out."""
    thought = {"type": "reasoning", "content": [{"type": "output_text", "text": "hm"}]}
    assert output(
        thought, text("I look."), call("find", "a"), given_back("a", "red"), call("find", "b"), given_back("b", "blue"),
        text("Done."),
    ) == (
        {"role": "assistant", "content": "I look.", "tool_calls": [asked("a")]},
        told("a", "red"),
        {"role": "assistant", "content": None, "tool_calls": [asked("b")]},
        told("b", "blue"),
        {"role": "assistant", "content": "Done."},
    )  # fmt: skip


def test_items_of_calls_in_one_round() -> None:
    """Calls before the first result are one message, whether their results stand together or not."""
    both = {"role": "assistant", "content": None, "tool_calls": [asked("a"), asked("b")]}
    end = {"role": "assistant", "content": "Done."}
    items = [call("find", "a"), call("find", "b"), given_back("a", "red"), given_back("b", "blue"), text("Done.")]
    assert output(*items) == (both, told("a", "red"), told("b", "blue"), end)


@pytest.mark.parametrize(("status", "counts"), [("completed", 1), ("failed", 1), ("rejected", 1), ("in_progress", 0)])
def test_items_by_status(status: str, counts: int) -> None:
    """A call counts if it ended, whatever came of it; one that the chat was left in the middle of does not."""
    messages = output(call("find", "a", status), given_back("a", "red"), text("Done."))
    assert sum(bool(one.get("tool_calls")) for one in messages) == counts
    assert messages[-1] == {"role": "assistant", "content": "Done."}


def test_an_item_without_text() -> None:
    """A text that is null is none, and parts that hold more than text stay parts."""
    image = [{"type": "image", "url": "x"}]
    assert output({"type": "message", "content": None}, text("Done.")) == ({"role": "assistant", "content": "Done."},)
    assert output({"type": "message", "content": image})[0] == {"role": "assistant", "content": image}


# Folded details


def details(at: str, arguments: str, result: str | None, *, done: str = "true", body: str = "") -> str:
    """Return a call as details, its JSON written once more as text, as older releases write it."""
    held = "" if result is None else f' result="{escape(json.dumps(result))}"'
    arguments = escape(json.dumps(arguments))
    head = f'<details type="tool_calls" done="{done}" id="{at}" name="find" arguments="{arguments}"{held}>'
    return f"{head}\n<summary>Tool Executed</summary>\n{body}</details>\n"


def folded(content: str) -> tuple[Mapping[str, Any], ...]:
    """Return the messages that a text with details gives."""
    return tuple(said(export(user("Hi"), reply(content))).messages[1:])


def test_details_of_two_rounds() -> None:
    """Details with a text between them are rounds; the text before the first stands beside its calls."""
    first, second = details("a", '{"id": 7}', "red"), details("b", '{"id": 7}', "blue")
    assert folded(f"I look.\n{first}More.\n{second}\nDone.") == (
        {"role": "assistant", "content": "I look.", "tool_calls": [asked("a")]},
        told("a", "red"),
        {"role": "assistant", "content": "More.", "tool_calls": [asked("b")]},
        told("b", "blue"),
        {"role": "assistant", "content": "Done."},
    )


def test_details_in_one_round() -> None:
    """Details behind each other are calls of one message."""
    assert folded(details("a", '{"id": 7}', "red") + details("b", '{"id": 7}', "blue") + "Done.") == (
        {"role": "assistant", "content": None, "tool_calls": [asked("a"), asked("b")]},
        told("a", "red"),
        told("b", "blue"),
        {"role": "assistant", "content": "Done."},
    )


def test_details_with_their_result_inside() -> None:
    """A result that stands inside the details, not at their head, is read from there."""
    _, result, _ = folded(details("a", '{"id": 7}', None, body="a &lt; b\n") + "Done.")
    assert result == told("a", "a < b")


def test_details_that_are_not_done() -> None:
    """A call that was not done has no result."""
    assert folded(details("a", '{"id": 7}', None, done="false") + "Done.") == (
        {"role": "assistant", "content": None, "tool_calls": [asked("a")]},
        {"role": "assistant", "content": "Done."},
    )


def test_details_of_thoughts() -> None:
    """What the model thought is left out, and other markup stays text."""
    thought = '<details type="reasoning" done="true" duration="3">\n<summary>Thought</summary>\n> hm\n</details>\n'
    assert folded(f"{thought}Is 1 < 2? <b>Yes</b>") == ({"role": "assistant", "content": "Is 1 < 2? <b>Yes</b>"},)


@EXAMPLES
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.text("a<>&\"'\\{}\n é", max_size=30))
def test_details_keep_what_they_hold(result: str, value: str) -> None:
    """Argument texts and results come out as they went in, whatever signs they hold."""
    arguments = json.dumps({"id": value})
    first, second, _ = folded(details("a", arguments, result) + "Done.")
    assert first["tool_calls"] == [asked("a", arguments=arguments)]
    assert second == told("a", result)


# Odd chats


@pytest.mark.parametrize(
    "value", [None, [], {}, {"chat": 5}, {"chat": {}}, {"history": {"messages": []}}, {"messages": [user("Hi")]}]
)
def test_what_is_no_chat(value: Any) -> None:
    """A value without a history is no chat; messages alone are a transcript."""
    assert not is_chat(value)


def test_a_chat_without_messages() -> None:
    """An empty chat is told as one."""
    assert chat({"chat": {"history": {"messages": {}}}}, "here") == Unread("here", "the chat holds no messages")


def test_a_chat_that_goes_round_in_circles() -> None:
    """Messages that name each other as the one before are each read once."""
    value = export(user("Hi", parentId="1"), reply("Hello."))
    assert [one["content"] for one in said(value).messages] == ["Hi", "Hello."]


ODD = st.recursive(
    st.none() | st.integers() | st.sampled_from(["a", "b", "user", "assistant", "function_call", "message"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    "history",
                    "messages",
                    "currentId",
                    "parentId",
                    "role",
                    "content",
                    "output",
                    "type",
                    "call_id",
                    "a",
                    "status",
                    "title",
                    "models",
                    "model",
                    "params",
                    "system",
                    "text",
                    "files",
                )
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@EXAMPLES
@given(ODD, ODD, ODD)
def test_odd_chats_never_crash(node: Any, other: Any, body: Any) -> None:
    """Whatever stands where in a chat, a conversation comes of it or a reason."""
    nodes = {"a": {"role": "user", "content": "Hi"}, "b": node, "c": {"role": "assistant", "output": [other, node]}}
    value = {"chat": {**(body if isinstance(body, dict) else {}), "history": {"messages": nodes, "currentId": other}}}
    assert is_chat(value)
    assert isinstance(chat(value, "here"), Dialogue | Unread)
