"""How the requests that the loop makes differ from those of a record."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from harness.deviation import deviations
from harness.dialogue import Dialogue
from harness.incident import incident
from harness.turns import cut

Message = Mapping[str, Any]
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "read", "description": "Read.", "parameters": {"type": "object"}},
}
CALL = {"id": "c1", "type": "function", "function": {"name": "read", "arguments": "{}"}}
SYSTEM: Message = {"role": "system", "content": "Be kind."}
READ: Message = {"role": "user", "content": "Read."}
ASKS: Message = {"role": "assistant", "content": None, "tool_calls": [CALL]}
ONE: Message = {"role": "tool", "tool_call_id": "c1", "content": "one"}
DONE: Message = {"role": "assistant", "content": "Done."}
NEXT: Message = {"role": "user", "content": "And?"}
NO: Message = {"role": "assistant", "content": "No."}


def request(*messages: Message, **more: Any) -> dict[str, Any]:
    """Return a request as the loop makes it."""
    return {"model": "m-1", "messages": list(messages), "tools": [TOOL], **more}


SENT = [request(SYSTEM, READ), request(SYSTEM, READ, {"role": "assistant", "tool_calls": [CALL]}, ONE)]
"""The two requests that the loop makes for a call."""


def told(sent: Sequence[Mapping[str, Any]], *messages: Message, asks: Sequence[str] = (), **more: Any) -> list[str]:
    """Return how the requests of the loop differ from those of a record of these messages."""
    come = cut(Dialogue("p", messages, model="m-1", **more))
    (stretch,) = come.stretches
    return list(deviations(come.dialogue, incident(come.dialogue, stretch, asks, "Denied."), sent))


RECORD = (SYSTEM, READ, ASKS, ONE, DONE)


@pytest.mark.parametrize(
    ("recorded", "differences"),
    [
        ([{}, {}], []),
        ([{"temperature": 1, "stream": False, "tool_choice": "auto", "n": 1}, {}], ["temperature: 1.0 -> nothing"]),
        ([{"stream": True}, {"stream": True}], ["stream: true -> nothing (and 1 more of its kind)"]),
        ([{"model": "m-2"}, {"tools": []}], ['model: "m-2" -> "m-1"', "tools: newly offered: read"]),
        (
            [{"messages": [{"role": "system", "content": "Be mean."}, READ]}, {}],
            ['system prompt, word 2: "Be mean." -> "Be kind."'],
        ),
        (
            [{}, {"messages": [SYSTEM, READ, ASKS, {**ONE, "name": "read", "content": "two"}]}],
            ['the result of read (message 4), word 1: "two" -> "one"'],
        ),
        ([{}, {"messages": [SYSTEM, READ, {**ASKS, "content": "", "refusal": None, "audio": []}, ONE]}], []),
    ],
)
def test_recorded_requests(recorded: list[dict[str, Any]], differences: list[str]) -> None:
    """What a record holds as requests is compared, each kind told once, and what says nothing does not count."""
    bodies = {at: {**own, **more} for at, own, more in zip((2, 4), SENT, recorded, strict=True)}
    assert told(SENT, *RECORD, tools=[TOOL], requests=bodies) == differences


def test_requests_that_must_have_been() -> None:
    """Where a record holds no requests, its messages up to each reply stand in, and its tools where it names them."""
    assert told(SENT, *RECORD) == []
    assert told(SENT, *RECORD, tools=[TOOL]) == []
    other = {**TOOL, "function": {**TOOL["function"], "description": "Look."}}
    assert told(SENT, *RECORD, tools=[other]) == ['tool read, description: "Look." -> "Read." (and 1 more of its kind)']


def test_numbers_have_one_form() -> None:
    """A number is a number, however the record writes it."""
    sent = [{**one, "temperature": 0.0} for one in SENT]
    bodies = {2: {**SENT[0], "temperature": 0}, 4: {**SENT[1], "temperature": 0}}
    assert told(sent, *RECORD, requests=bodies) == []


def test_the_loop_forgets_calls_of_earlier_turns() -> None:
    """That the loop tells earlier turns by their texts alone is said once, and is no difference of the messages."""
    sent = [*SENT, request(SYSTEM, READ, DONE, NEXT)]
    assert told(sent, *RECORD, NEXT, NO) == [
        "of earlier turns the loop tells the texts alone, without calls and results"
    ]


def test_what_the_record_lacks_is_said() -> None:
    """A confirmation request that nobody recorded, and a user who said nothing, are told first."""
    asked = [SENT[0], request(SYSTEM, READ, ASKS), SENT[1]]
    assert told(asked, *RECORD, asks=["read"]) == [
        "no wording of a confirmation request is recorded: the loop's own sentence stands in"
    ]
    summed: Message = {"role": "assistant", "content": "Summed up."}
    alone = [SYSTEM, {"role": "system", "content": "Sum up."}, summed]
    assert told([request(SYSTEM, {"role": "user", "content": "Sum up."})], *alone) == [
        "no message of the user is recorded: the last one before the model's reply stands in"
    ]


def test_each_request_needs_its_reply() -> None:
    """Requests and replies that are not as many are a mistake of the caller, not a difference."""
    with pytest.raises(ValueError, match="argument 2 is longer"):
        told(SENT[:1], *RECORD)
