"""Requests and answers are put together as the conversations that they were."""

import json
from typing import Any

from harness.dialogue import Dialogue, Unread
from harness.exchanged import Asked, dialogues, tools_in

WAITING = "[AWAITING {name}]"
TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {}}}]


def answer(content: str | None, *calls: str, reason: str = "stop") -> dict[str, Any]:
    """Return a message of the model."""
    made = [{"id": one, "type": "function", "function": {"name": one, "arguments": "{}"}} for one in calls]
    return {"role": "assistant", "content": content, **({"tool_calls": made} if made else {})}


def asked(messages: list[dict[str, Any]], reply: dict[str, Any], *, place: str = "p", **more: Any) -> Asked:
    """Return a request with its answer."""
    body = {"choices": [{"index": 0, "message": reply, "finish_reason": "stop"}]}
    return Asked(place, {"model": "m", "messages": messages, "tools": TOOLS, **more}, 200, json.dumps(body))


def told(call: str, text: str) -> dict[str, Any]:
    """Return a result."""
    return {"role": "tool", "tool_call_id": call, "content": text}


SYSTEM, USER = {"role": "system", "content": "S"}, {"role": "user", "content": "U"}


def only(found: list[Any]) -> Dialogue:
    """Return the one conversation that was found."""
    (one,) = found
    assert isinstance(one, Dialogue)
    return one


def test_rounds_of_one_conversation_among_those_of_another() -> None:
    """Requests go on where all that was said is told again, however they lie among others."""
    first, other = [SYSTEM, USER], [SYSTEM, {"role": "user", "content": "V"}]
    call = answer(None, "look")
    found = dialogues(
        [
            asked(first, call, place="a"),
            asked(other, answer("No."), place="b"),
            asked([*first, call, told("look", "L")], answer("Yes."), place="c"),
        ],
        WAITING,
    )
    assert [(one.place, len(getattr(one, "messages", ()))) for one in found] == [("a", 5), ("b", 3)]
    one = found[0]
    assert isinstance(one, Dialogue)
    assert (sorted(one.bodies), sorted(one.requests), one.start, one.tools) == ([2, 4], [2, 4], 1, tuple(TOOLS))


def test_the_wording_of_a_confirmation_is_no_round_of_its_own() -> None:
    """A request without choice behind waiting calls is a notice, whose tools were asked about, once it goes on."""
    call, start = answer(None, "look", "drop"), [SYSTEM, USER]
    held = [*start, call, told("look", "L"), told("drop", "[AWAITING drop]")]
    found = dialogues(
        [
            asked(start, call),
            asked(held, answer("Shall I?"), tool_choice="none"),
            asked([*start, call, told("look", "L"), told("drop", "gone")], answer("Done.")),
        ],
        WAITING,
    )
    one = only(found)
    assert [message.get("content") for message in one.messages[2:]] == [None, "L", "gone", "Done."]
    assert (list(one.notices), one.confirm, one.waiting) == ([2], ("drop",), ())


def test_a_confirmation_that_nobody_gave() -> None:
    """A notice after which nothing comes leaves its calls waiting."""
    call, start = answer(None, "look", "drop"), [SYSTEM, USER]
    held = [*start, call, told("look", "L"), told("drop", "[AWAITING drop]")]
    one = only(dialogues([asked(start, call), asked(held, answer("Shall I?"), tool_choice="none")], WAITING))
    assert [message.get("content") for message in one.messages[2:]] == [None, "L"]
    assert (list(one.notices), one.confirm, one.waiting) == ([2], ("drop",), ("drop",))


def test_a_last_request_without_choice_is_no_notice() -> None:
    """Where no result is a placeholder, a reply without choice is the final text."""
    call, start = answer(None, "look"), [SYSTEM, USER]
    last = asked([*start, call, told("look", "L")], answer("Done."), tool_choice="none")
    one = only(dialogues([asked(start, call), last], WAITING))
    assert (one.messages[-1]["content"], dict(one.notices)) == ("Done.", {})


def test_tries_that_failed() -> None:
    """A failure is told unless a later try overcame it; what is no chat is set apart."""
    busy = Asked("p1", {"messages": [USER]}, 429, '{"error": {"message": "slow down"}}')
    other = Asked("p2", {"messages": [SYSTEM, USER]}, 429, '{"error": {"message": "slow down"}}')
    found = dialogues(
        [busy, other, asked([SYSTEM, USER], answer("Hi.")), Asked("p3", {"input": "x"}, 200, "{}")], WAITING
    )
    assert found[1:] == [
        Unread("p1", "the endpoint answered HTTP 429: slow down"),
        Unread("p3", "is no request for a chat completion", apart=True),
    ]


def test_tools_in_their_forms() -> None:
    """Tools are read in OpenAI's form, bare, and as functions of old; built-in ones are none."""
    function = {"name": "look"}
    whole = {"type": "function", "function": function}
    assert tools_in({"tools": [whole, {"type": "web_search"}]}) == (whole,)
    assert tools_in({"functions": [function]}) == (whole,)
    assert tools_in({}) is None
