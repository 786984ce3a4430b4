"""One conversation as another program recorded it: what its messages say, and what is left when it is redacted."""

import json
from dataclasses import fields
from typing import Any

import pytest

from harness.dialogue import Dialogue, redacted, text_of
from harness.redaction import Redaction


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, ""),
        ("", ""),
        ("Hello.", "Hello."),
        ([], ""),
        (["One ", "two"], "One two"),
        ([{"type": "text", "text": "One "}, "two"], "One two"),
        ([{"type": "refusal", "refusal": "No."}], "No."),
        ([{"type": "text", "content": "One."}], "One."),
        ([{"type": "text", "text": {"value": "One.", "annotations": []}}], "One."),
        ([{"type": "text", "text": "See:"}, {"type": "image_url", "image_url": {"url": "data:"}}], None),
        ([{"type": "text", "text": None}], None),
        ([7], None),
        (7, None),
        ({"text": "One."}, None),
    ],
)
def test_text_of_contents(content: Any, text: str | None) -> None:
    """A content is text in any of the forms that it takes, nothing is an empty text, and anything more is none."""
    assert text_of(content) == text


WHO = "ann@b.example"


def whole() -> Dialogue:
    """Return a conversation that names a person wherever it can."""
    call = {"id": WHO, "type": "function", "function": {"name": WHO, "arguments": json.dumps({"to": WHO})}}
    message = {"role": "assistant", "content": WHO, "tool_calls": [call]}
    body = {"object": "chat.completion", "created": 7, "choices": [{"message": message, "finish_reason": "tool_calls"}]}
    return Dialogue(
        place=f"{WHO}.json:1:1",
        messages=({"role": "user", "content": WHO}, message, {"role": "tool", "tool_call_id": WHO, "content": WHO}),
        name=WHO,
        tools=({"type": "function", "function": {"name": WHO, "parameters": {"type": "object"}}},),
        model=WHO,
        address="https://ann@b.example/v1",
        start=0,
        bodies={1: body},
        requests={1: {"model": WHO, "messages": [{"role": "user", "content": WHO}]}},
        notices={1: body},
        waiting=(WHO,),
        confirm=(WHO,),
        task=0,
        user={"access": "user", "confirm_allow": [WHO], "confirm_deny": None},
        notes=(WHO,),
    )


def test_a_redacted_conversation_fits_together() -> None:
    """A name stands for the same text in every part of a conversation, so that calls, results and tools still fit."""
    name = "[WHO-1]"
    call = {"id": name, "type": "function", "function": {"name": name, "arguments": json.dumps({"to": name})}}
    message = {"role": "assistant", "content": name, "tool_calls": [call]}
    body = {"object": "chat.completion", "created": 7, "choices": [{"message": message, "finish_reason": "tool_calls"}]}
    assert redacted(whole(), Redaction(["WHO=ann@b.example"])) == Dialogue(
        place=f"{WHO}.json:1:1",
        messages=({"role": "user", "content": name}, message, {"role": "tool", "tool_call_id": name, "content": name}),
        name=name,
        tools=({"type": "function", "function": {"name": name, "parameters": {"type": "object"}}},),
        model=name,
        address=None,
        start=0,
        bodies={1: body},
        requests={1: {"model": name, "messages": [{"role": "user", "content": name}]}},
        notices={1: body},
        waiting=(name,),
        confirm=(name,),
        task=0,
        user={"access": "user", "confirm_allow": [name], "confirm_deny": None},
        notes=(name,),
    )


@pytest.mark.parametrize(
    "part", [part.name for part in fields(Dialogue) if part.name not in {"place", "start", "task"}]
)
def test_no_part_is_forgotten(part: str) -> None:
    """Every part of a conversation is redacted, those that it may get one day among them."""
    assert WHO in str(getattr(whole(), part))
    assert WHO not in str(getattr(redacted(whole(), Redaction(["WHO=ann@b.example"])), part))


def test_without_rules_a_conversation_stays() -> None:
    """A redaction without rules changes nothing, addresses among that."""
    none = Dialogue(place="p", messages=())
    assert (redacted(whole(), Redaction([])), redacted(none, Redaction([]))) == (whole(), none)
