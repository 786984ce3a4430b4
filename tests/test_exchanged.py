"""Requests and their answers are put together as conversations, whichever come first, fail or wait for the user."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from harness.dialogue import Dialogue, Unread
from harness.exchanged import Asked, dialogues, tools_in

WAITS = "[AWAITING USER CONFIRMATION for {name}]"
Json = dict[str, Any]

SYSTEM = {"role": "system", "content": "Be kind."}
HI = {"role": "user", "content": "Hi"}
HELLO = {"role": "assistant", "content": "Hello."}
AGAIN = {"role": "user", "content": "And?"}
DONE = {"role": "assistant", "content": "Done."}


def calls(*names: str) -> Json:
    """Return a message of the model that calls tools, whose ids are their names."""
    asked = [{"id": name, "type": "function", "function": {"name": name, "arguments": "{}"}} for name in names]
    return {"role": "assistant", "content": None, "tool_calls": asked}


def result(call: str, content: str = "ok") -> Json:
    """Return the result of a call."""
    return {"role": "tool", "tool_call_id": call, "content": content}


def body(message: Mapping[str, Any]) -> Json:
    """Return a completion with this message."""
    return {"id": "c", "choices": [{"index": 0, "message": dict(message), "finish_reason": "stop"}]}


def asked(messages: Sequence[Mapping[str, Any]], message: Mapping[str, Any] | str, **more: Any) -> Asked:
    """Return a request that tells messages, and the answer to it: a message, or a body as it is."""
    status = more.pop("status", 200)
    answer = message if isinstance(message, str) else json.dumps(body(message))
    request = {"model": "m", "messages": list(messages), **more}
    return Asked(f"request {len(messages)}", request, status, answer, "https://x.test/v1")


def told(*requests: Asked) -> list[list[str]]:
    """Return what the conversations say: for each message its text, or the calls that it makes."""
    return [
        [str(one.get("content") or [call["id"] for call in one.get("tool_calls", ())]) for one in found.messages]
        for found in dialogues(requests, WAITS)
        if isinstance(found, Dialogue)
    ]


def unread(*requests: Asked) -> list[Unread]:
    """Return what is no conversation."""
    return [one for one in dialogues(requests, WAITS) if isinstance(one, Unread)]


def test_a_loop_of_two_rounds() -> None:
    """Requests of which each tells what was said before are one conversation, with all that the record says of it."""
    tools = [{"type": "function", "function": {"name": "find"}}]
    first = asked([SYSTEM, HI], calls("find"), tools=tools)
    second = asked([SYSTEM, HI, calls("find"), result("find")], DONE, tools=tools)
    assert dialogues([first, second], WAITS) == [
        Dialogue(
            place="request 2",
            messages=(SYSTEM, HI, calls("find"), result("find"), DONE),
            tools=tuple(tools),
            model="m",
            address="https://x.test/v1",
            start=1,
            bodies={2: body(calls("find")), 4: body(DONE)},
            requests={2: first.request, 4: second.request},
        )
    ]


def test_turns_follow_each_other() -> None:
    """A request that goes on where the last reply ended is the next turn of the same conversation."""
    assert told(asked([HI], HELLO), asked([HI, HELLO, AGAIN], DONE)) == [["Hi", "Hello.", "And?", "Done."]]


def test_a_loop_that_tells_the_texts_of_earlier_turns() -> None:
    """A request that tells of earlier turns the texts alone goes on with them, and nothing of what they did is lost."""
    third = {"role": "user", "content": "Bye"}
    turn = [SYSTEM, HI, HELLO, AGAIN]
    last = [SYSTEM, HI, HELLO, AGAIN, DONE, third]
    (one,) = dialogues(
        [
            asked([SYSTEM, HI], calls("find")),
            asked([SYSTEM, HI, calls("find"), result("find")], HELLO),
            asked(turn, calls("find", "send")),
            asked([*turn, calls("find", "send"), result("find"), result("send", "hm")], NOTICE, tool_choice="none"),
            asked([*turn, calls("find", "send"), result("find"), result("send", "sent")], DONE),
            asked(last, calls("send")),
            asked([*last, calls("send"), result("send", WAITS.format(name="send"))], NOTICE, tool_choice="none"),
        ],
        WAITS,
    )
    assert isinstance(one, Dialogue)
    first = [SYSTEM, HI, calls("find"), result("find"), HELLO]
    second = [AGAIN, calls("find", "send"), result("find"), result("send", "sent"), DONE]
    assert one.messages == (*first, *second, third, calls("send"))
    assert (list(one.notices), one.confirm, one.waiting) == ([6, 11], ("send",), ("send",))


def test_conversations_that_run_at_the_same_time() -> None:
    """Requests of several conversations, one between the other, are put together each with its own."""
    other = {"role": "user", "content": "Other"}
    assert told(
        asked([HI], calls("a")),
        asked([other], calls("b")),
        asked([HI, calls("a"), result("a")], DONE),
        asked([other, calls("b"), result("b", "no")], HELLO),
    ) == [["Hi", "['a']", "ok", "Done."], ["Other", "['b']", "no", "Hello."]]


def test_a_conversation_that_goes_on_from_what_is_not_recorded() -> None:
    """What was said before the first request is only told again: the conversation starts at the last user's message."""
    (one,) = dialogues([asked([SYSTEM, HI, HELLO, AGAIN], DONE)], WAITS)
    assert isinstance(one, Dialogue)
    assert one.start == 3


def test_a_reply_that_is_told_again_otherwise() -> None:
    """A reply is the same however it is sent back: without empty fields, with blanks around it, or in parts."""
    said: Json = {"role": "assistant", "content": "Hello. ", "refusal": None, "annotations": []}
    back = {"role": "assistant", "content": [{"type": "text", "text": "Hello."}]}
    assert told(asked([SYSTEM, HI], said), asked([{**SYSTEM, "role": "developer"}, HI, back, AGAIN], DONE)) == [
        ["Be kind.", "Hi", "Hello. ", "And?", "Done."]
    ]


def test_one_question_asked_twice() -> None:
    """A request that is repeated begins a conversation of its own, and the next goes on with the last of them."""
    assert told(asked([HI], HELLO), asked([HI], HELLO), asked([HI, HELLO, AGAIN], DONE)) == [
        ["Hi", "Hello."],
        ["Hi", "Hello.", "And?", "Done."],
    ]


def test_a_failed_try_that_a_later_one_overcame() -> None:
    """A request that failed is forgotten once the same request had a reply."""
    busy = asked([HI], '{"error": {"message": "slow down"}}', status=429)
    assert told(busy, busy, asked([HI], HELLO)) == [["Hi", "Hello."]]
    assert unread(busy, busy, asked([HI], HELLO)) == []


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (
            asked([HI], '{"error": {"message": "slow down"}}', status=429),
            Unread("request 1", "the endpoint answered HTTP 429: slow down"),
        ),
        (asked([HI], ""), Unread("request 1", "the endpoint's answer is empty")),
        (asked([HI], '{"detail": "no such model"}'), Unread("request 1", "no such model")),
        (asked([HI], "data: [DONE]\n\n"), Unread("request 1", "the stream holds no part of an answer")),
        (
            asked([HI], '{"choices": [{"message": {"content": "a", "x": %s}}]}' % ("[" * 200 + "]" * 200)),
            Unread("request 1", "the answer is nested too deeply to be read"),
        ),
        (Asked("here", None, 200, ""), Unread("here", "is no request for a chat completion", apart=True)),
        (Asked("here", {"input": "x"}, 200, ""), Unread("here", "is no request for a chat completion", apart=True)),
        (Asked("here", {"messages": []}, 200, ""), Unread("here", "is no request for a chat completion", apart=True)),
        (Asked("here", {"messages": [1]}, 200, ""), Unread("here", "is no request for a chat completion", apart=True)),
    ],
)
def test_requests_without_a_reply(one: Asked, expected: Unread) -> None:
    """A request that got no completion is told with the endpoint's own words; what asks for none stands apart."""
    assert dialogues([one], WAITS) == [expected]


def test_a_reply_that_came_as_a_stream() -> None:
    """A streamed reply is put together before it is told again."""
    chunk = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}]}
    streamed = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"
    assert told(asked([HI], streamed), asked([HI, HELLO, AGAIN], DONE)) == [["Hi", "Hello.", "And?", "Done."]]


def test_halves_of_characters_in_a_reply() -> None:
    """A lone surrogate in a reply is replaced, as the loop reads it."""
    assert told(asked([HI], '{"choices": [{"message": {"role": "assistant", "content": "a\\ud800"}}]}')) == [
        ["Hi", "a�"]
    ]


# Checkpoints

HELD = [SYSTEM, HI, calls("find", "send")]
NOTICE = {"role": "assistant", "content": "Shall I?"}
ASKING = asked([*HELD, result("find"), result("send", WAITS.format(name="send"))], NOTICE, tool_choice="none")


def answered(content: str) -> Asked:
    """Return the request that tells the user's answer."""
    return asked([*HELD, result("find"), result("send", content)], DONE)


@pytest.mark.parametrize("content", ["sent", "Action denied by user."])
def test_a_checkpoint_that_was_answered(content: str) -> None:
    """The wording of a confirmation request is no message; the tool that waited needs confirmation."""
    (one,) = dialogues([asked(HELD[:2], calls("find", "send")), ASKING, answered(content)], WAITS)
    assert isinstance(one, Dialogue)
    assert one.messages == (*HELD, result("find"), result("send", content), DONE)
    assert (one.notices, one.confirm, one.waiting) == ({2: body(NOTICE)}, ("send",), ())


def test_a_checkpoint_that_waits() -> None:
    """A conversation that ends at a checkpoint says which calls wait, and keeps the results of the others."""
    (one,) = dialogues([asked(HELD[:2], calls("find", "send")), ASKING], WAITS)
    assert isinstance(one, Dialogue)
    assert one.messages == (*HELD, result("find"))
    assert (one.notices, one.confirm, one.waiting) == ({2: body(NOTICE)}, ("send",), ("send",))


def test_a_placeholder_in_other_words() -> None:
    """A tool that another program let wait is told by the result that changed, whatever stood there before."""
    waits = asked([*HELD, result("find"), result("send", "pending")], NOTICE, tool_choice="none")
    (one,) = dialogues([asked(HELD[:2], calls("find", "send")), waits, answered("sent")], WAITS)
    assert isinstance(one, Dialogue)
    assert (one.confirm, one.waiting, one.messages[-1]) == (("send",), (), DONE)


def test_a_last_reply_without_choice() -> None:
    """A request without choice behind results that all are there asks for a last reply, not for a confirmation."""
    last = asked([HI, calls("find"), result("find")], DONE, tool_choice="none")
    (one,) = dialogues([asked([HI], calls("find")), last], WAITS)
    assert isinstance(one, Dialogue)
    assert (one.messages[-1], one.notices, one.confirm, one.waiting) == (DONE, {}, (), ())


# Tools


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({}, None),
        ({"tools": None}, None),
        ({"tools": []}, []),
        ({"tools": [{"type": "function", "function": {"name": "a"}}]}, ["a"]),
        ({"tools": [{"type": "function", "name": "a"}, {"name": "b"}]}, ["a", "b"]),
        ({"functions": [{"name": "a"}]}, ["a"]),
        ({"tools": [{"type": "web_search"}, {"type": "function", "function": None}, 5, {"function": [1]}]}, []),
    ],
)
def test_tools_of_a_record(record: Json, expected: list[str] | None) -> None:
    """Tools are read in every form of OpenAI's; what is no function is left out, and nothing is not none."""
    found = tools_in(record)
    assert (None if found is None else [one["function"]["name"] for one in found]) == expected
