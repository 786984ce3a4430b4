"""Requests as LiteLLM logs them: its standard log, and the rows of its spend logs."""

import json
from collections.abc import Mapping
from typing import Any

from harness.completion import whole
from harness.dialogue import Unread
from harness.exchanged import Asked

_CUT = ("litellm_truncated", "redacted-by-litellm")


def is_entry(value: Any) -> bool:
    """Tell whether a value is an entry of a log: a request with its response."""
    if not isinstance(value, dict) or "response" not in value:
        return False
    return any(key in value for key in ("proxy_server_request", "call_type", "model_parameters", "request_id"))


def entry(value: Mapping[str, Any], place: str) -> Asked | Unread:
    """Read an entry of a log."""
    kind = str(value.get("call_type") or "completion")
    if "completion" not in kind:
        return Unread(place, f"is a call of type {kind}, no chat completion", apart=True)
    request = _request(value)
    answer = _data(value.get("response"))
    if any(mark in json.dumps(part, ensure_ascii=False) for part in (request, answer) for mark in _CUT):
        return Unread(place, "was cut or blackened when it was logged, so that what was said is lost")
    if not isinstance(request.get("messages"), list):
        return Unread(
            place, "holds no messages; LiteLLM stores them with 'store_prompts_in_spend_logs: true' in general_settings"
        )
    error = value.get("error_str") or _failure(value)
    if value.get("status") == "failure" or (error and not answer):
        return Unread(place, f"the request failed: {error or 'no reason is given'}")
    if not isinstance(answer, dict) or not answer:
        return Unread(place, "holds no response")
    address = value.get("api_base")
    return Asked(
        place,
        {"model": value.get("model"), **request},
        200,
        json.dumps(answer, ensure_ascii=False),
        str(address).rstrip("/") if address else None,
    )


def started(value: Mapping[str, Any]) -> str:
    """Return when an entry's request was sent, as text that sorts by time within one log."""
    time = value.get("startTime")
    return f"{time:020.6f}" if isinstance(time, int | float) else str(time or "")


def _request(value: Mapping[str, Any]) -> dict[str, Any]:
    sent = _data(value.get("proxy_server_request"))
    if isinstance(sent, dict) and isinstance(sent.get("body"), dict):
        sent = sent["body"]
    if isinstance(sent, dict) and isinstance(sent.get("messages"), list):
        return {key: one for key, one in sent.items() if key not in ("metadata", "user", "litellm_metadata")}
    parameters = _data(value.get("model_parameters"))
    return {"messages": _data(value.get("messages")), **(parameters if isinstance(parameters, dict) else {})}


def _failure(value: Mapping[str, Any]) -> str:
    metadata = _data(value.get("metadata"))
    told = metadata.get("error_information") if isinstance(metadata, dict) else None
    return str(told.get("error_message") or "") if isinstance(told, dict) else ""


def _data(value: Any) -> Any:
    """Return data that some logs hold as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return whole(json.loads(value))
    except (ValueError, RecursionError):
        return value
