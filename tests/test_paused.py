"""Checkpoints that the loop stored: the conversation up to them, who the user is, and what waits."""

import json
from typing import Any

import pytest

from harness.dialogue import Dialogue, Unread
from harness.paused import checkpoint, is_checkpoint

CALLS = [
    {"id": "a", "type": "function", "function": {"name": "find", "arguments": '{"id": 7}'}},
    {"id": "b", "type": "function", "function": {"name": "send", "arguments": "{}"}},
]
MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Before"},
    {"role": "assistant", "content": "Yes."},
    {"role": "user", "content": "Send it."},
    {"role": "assistant", "tool_calls": CALLS},
]
STORED: dict[str, Any] = {
    "messages": MESSAGES,
    "executed": [{"id": "a", "content": "found"}],
    "pending": [{"id": "b", "name": "send", "arguments": "{}", "log": 1}],
    "log": [{"tool": "find", "args": {"id": 7}, "result": "found"}, {"tool": "send", "args": {}, "result": "waits"}],
    "rounds": 2,
    "model": {"label": "big", "model_name": "gpt-4o", "api_url": "https://x.test/", "host_type": "openwebui"},
    "user_role": "admin",
    "tool_list": None,
    "confirm_allow": ["find"],
    "confirm_deny": [],
    "respond_with_final": True,
}


def test_a_checkpoint_alone() -> None:
    """A checkpoint gives the conversation with the results of the calls that ran; nothing words its request."""
    assert is_checkpoint(STORED)
    assert checkpoint(STORED, "here") == Dialogue(
        place="here",
        messages=(*MESSAGES, {"role": "tool", "tool_call_id": "a", "content": "found"}),
        model="gpt-4o",
        address="https://x.test/api",
        start=3,
        waiting=("b",),
        confirm=("send",),
        user={"access": "admin", "confirm_allow": ["find"], "confirm_deny": []},
    )


def test_a_checkpoint_in_a_result() -> None:
    """A result that holds a checkpoint gives the words of the request, too."""
    value = {"response": "Shall I send it?", "tool_calls": [], "backend": "big", "checkpoint": STORED}
    assert is_checkpoint(value)
    found = checkpoint(value, "here")
    assert isinstance(found, Dialogue)
    (notice,) = found.notices.values()
    assert list(found.notices) == [4]
    assert notice["choices"][0]["message"] == {"role": "assistant", "content": "Shall I send it?"}


@pytest.mark.parametrize(
    ("model", "name", "address"),
    [
        ({"model_name": "m", "api_url": "https://x.test/v1", "host_type": "openai"}, "m", "https://x.test/v1"),
        ({"label": "big"}, "big", None),
        ({}, "", None),
    ],
)
def test_the_model_of_a_checkpoint(model: dict[str, Any], name: str, address: str | None) -> None:
    """The model is known as far as the checkpoint says."""
    found = checkpoint({**STORED, "model": model}, "here")
    assert isinstance(found, Dialogue)
    assert (found.model, found.address) == (name, address)


@pytest.mark.parametrize("value", [None, [], {}, {"messages": []}, {"checkpoint": None}, {"checkpoint": [STORED]}])
def test_what_is_no_checkpoint(value: Any) -> None:
    """A value that does not say what ran and what waits is no checkpoint."""
    assert not is_checkpoint(value)


def test_a_checkpoint_of_another_version() -> None:
    """What a checkpoint lacks, has too much or holds wrongly is told at once."""
    changed = {**STORED, "rounds": "many", "colour": "red"}
    del changed["log"]
    found = checkpoint(json.loads(json.dumps(changed)), "here")
    assert isinstance(found, Unread)
    assert all(word in found.why for word in ("'log' is missing", "rounds", "colour"))
    assert "\n" not in found.why
