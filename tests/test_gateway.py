"""Entries of LiteLLM's logs are read as requests with their answers."""

import json
from typing import Any

import pytest

from harness.dialogue import Unread
from harness.exchanged import Asked
from harness.gateway import entry, is_entry, started

MESSAGES = [{"role": "user", "content": "Hi."}]
ANSWER = {"choices": [{"message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}]}
STANDARD = {
    "id": "1",
    "call_type": "acompletion",
    "model": "gpt",
    "messages": MESSAGES,
    "model_parameters": {"temperature": 0},
    "response": ANSWER,
    "api_base": "https://models.example/v1/",
    "startTime": 12.5,
}
ROW = {
    "request_id": "1",
    "call_type": "acompletion",
    "model": "gpt",
    "messages": "{}",
    "startTime": "2026-01-01T10:00:00",
}


def test_an_entry_of_the_standard_log() -> None:
    """Messages and parameters are the request."""
    assert is_entry(STANDARD)
    read = entry(STANDARD, "p")
    request = {"model": "gpt", "messages": MESSAGES, "temperature": 0}
    assert read == Asked("p", request, 200, json.dumps(ANSWER), "https://models.example/v1")


@pytest.mark.parametrize("as_text", [True, False])
def test_a_row_of_the_spend_log(as_text: bool) -> None:
    """The request that the proxy was sent counts, as text or as data, without what the proxy alone needs."""
    body: Any = {"model": "alias", "messages": MESSAGES, "metadata": {"team": "x"}}
    value = {**ROW, "proxy_server_request": json.dumps(body) if as_text else body}
    read = entry({**value, "response": json.dumps(ANSWER) if as_text else ANSWER}, "p")
    assert read == Asked("p", {"model": "alias", "messages": MESSAGES}, 200, json.dumps(ANSWER))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"call_type": "aembedding"}, "is a call of type aembedding, no chat completion"),
        ({"messages": "redacted-by-litellm"}, "was cut or blackened when it was logged, so that what was said is lost"),
        ({"status": "failure", "error_str": "no quota", "response": {}}, "the request failed: no quota"),
        ({"response": {}}, "holds no response"),
        (
            {"messages": None},
            "holds no messages; LiteLLM stores them with 'store_prompts_in_spend_logs: true' in general_settings",
        ),
    ],
)
def test_entries_that_hold_no_conversation(change: dict[str, Any], why: str) -> None:
    """What cannot be read is told with why."""
    read = entry({**STANDARD, **change}, "p")
    assert isinstance(read, Unread)
    assert read.why == why


def test_when_a_request_was_sent() -> None:
    """Times of one log sort as text, numbers or not."""
    assert started({"startTime": 9.5}) < started({"startTime": 12.5})
    assert started(ROW) < started({**ROW, "startTime": "2026-01-01T10:00:01"})
