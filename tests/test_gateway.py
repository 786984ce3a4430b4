"""LiteLLM's logs: requests with their responses as its standard log and its spend logs hold them."""

import json
from typing import Any

import pytest

from harness.dialogue import Unread
from harness.exchanged import Asked
from harness.gateway import entry, is_entry, started

HI = [{"role": "user", "content": "Hi"}]
ANSWER = {"id": "c", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}}]}
SENT = {"model": "gpt-4o", "messages": HI, "temperature": 0, "tools": []}


def row(**changed: Any) -> dict[str, Any]:
    """Return a row of the spend logs."""
    base = {
        "request_id": "r1",
        "call_type": "acompletion",
        "startTime": "2026-01-01T10:00:00",
        "model": "azure/gpt-4o",
        "api_base": "https://x.test/v1/",
        "status": "success",
        "proxy_server_request": SENT,
        "response": ANSWER,
    }
    return base | changed


def standard(**changed: Any) -> dict[str, Any]:
    """Return an entry of the standard log."""
    base = {
        "id": "r1",
        "call_type": "completion",
        "startTime": 1767261600.25,
        "model": "gpt-4o",
        "messages": HI,
        "model_parameters": {"temperature": 0, "tools": []},
        "response": ANSWER,
        "error_str": None,
        "status": "success",
    }
    return base | changed


def test_a_standard_log() -> None:
    """An entry of the standard log gives its messages with the parameters beside them; it names no address."""
    sent = {"model": "gpt-4o", "messages": HI, "temperature": 0, "tools": []}
    assert is_entry(standard())
    assert entry(standard(), "here") == Asked("here", sent, 200, json.dumps(ANSWER), None)


@pytest.mark.parametrize(
    "request_",
    [SENT, json.dumps(SENT), {"url": "http://proxy", "body": SENT}, json.dumps({"body": SENT})],
    ids=["object", "text", "with body", "text with body"],
)
@pytest.mark.parametrize("response", [ANSWER, json.dumps(ANSWER)], ids=["object", "text"])
def test_a_row_of_the_spend_logs(request_: Any, response: Any) -> None:
    """A row gives what the proxy was sent, held as JSON text or as an object, and the name by which it was sent."""
    found = row(proxy_server_request=request_, response=response)
    assert is_entry(found)
    assert entry(found, "here") == Asked("here", SENT, 200, json.dumps(ANSWER), "https://x.test/v1")


def test_what_the_proxy_adds_is_left_out() -> None:
    """Who asked and what the proxy notes of a request is no part of what the model was asked."""
    sent = {**SENT, "metadata": {"user_api_key": "hash"}, "user": "u1", "litellm_metadata": {}}
    asked = entry(row(proxy_server_request=sent), "here")
    assert isinstance(asked, Asked)
    assert asked.request == SENT


CUT = "was cut or blackened when it was logged, so that what was said is lost"
EMPTY = "holds no messages; LiteLLM stores them with 'store_prompts_in_spend_logs: true' in general_settings"


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (row(proxy_server_request={}, messages=None), EMPTY),
        (row(proxy_server_request="{}", messages="{}"), EMPTY),
        (row(proxy_server_request={**SENT, "messages": [{"content": "a... (litellm_truncated 900 chars)"}]}), CUT),
        (row(response={"id": "c", "choices": [{"message": {"content": "redacted-by-litellm"}}]}), CUT),
        (standard(messages=[{"role": "user", "content": "redacted-by-litellm"}]), CUT),
        (row(response={}), "holds no response"),
        (row(response=None), "holds no response"),
        (row(response="not JSON"), "holds no response"),
        (standard(response=None, status="failure", error_str="rate limit"), "the request failed: rate limit"),
        (standard(response=ANSWER, status="failure"), "the request failed: no reason is given"),
        (
            row(response={}, metadata=json.dumps({"error_information": {"error_message": "too long"}})),
            "the request failed: too long",
        ),
    ],
)
def test_entries_without_a_conversation(record: dict[str, Any], why: str) -> None:
    """An entry that failed, was cut or holds too little is told with the reason, and how to log it whole."""
    assert entry(record, "here") == Unread("here", why)


@pytest.mark.parametrize("kind", ["aembedding", "image_generation", "aresponses"])
def test_calls_of_another_type(kind: str) -> None:
    """What is no chat completion stands apart."""
    found = entry(row(call_type=kind), "here")
    assert found == Unread("here", f"is a call of type {kind}, no chat completion", apart=True)


@pytest.mark.parametrize(
    "value", [None, [], "x", {"response": {}}, {"call_type": "completion"}, {"messages": HI, "model": "m"}]
)
def test_what_is_no_entry(value: Any) -> None:
    """A value without a response, or with nothing that only logs have, is no entry."""
    assert not is_entry(value)


def test_entries_by_time() -> None:
    """When a request was sent sorts within one log: as seconds, as text, and where nothing is said first."""
    numbers = [started(standard(startTime=time)) for time in (9.5, 10, 1767261600.25, 1767261600.5)]
    texts = [started(row(startTime=time)) for time in (None, "2026-01-01T09:59:59.5", "2026-01-01T10:00:00")]
    assert (numbers, texts) == (sorted(numbers), sorted(texts))


def test_halves_of_characters_in_texts() -> None:
    """A lone surrogate in JSON that is held as text is replaced."""
    asked = entry(row(proxy_server_request='{"messages": [{"role": "user", "content": "a\\ud800"}]}'), "here")
    assert isinstance(asked, Asked)
    assert asked.request["messages"] == [{"role": "user", "content": "a�"}]
