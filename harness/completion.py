"""A chat completion on the wire, read as plain data however oddly a provider writes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, NoReturn

from harness.errors import ModelError
from harness.trace import Usage

_SHOWN = 200
_DEEPEST = 100


@dataclass(frozen=True)
class AskedCall:
    """One tool call as the model asked for it."""

    id: str
    name: str
    arguments: str
    type: str = "function"
    extra: tuple[tuple[str, Any], ...] = ()

    def parsed(self) -> dict[str, Any] | None:
        """Return the arguments as an object, an empty one for an empty text, or None where they are unreadable."""
        if not self.arguments:
            return {}
        try:
            value = whole(json.loads(self.arguments, parse_constant=_not_json, parse_float=_finite))
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) and is_flat(value) else None


@dataclass(frozen=True)
class Completion:
    """The first choice of a chat completion."""

    content: Any
    """The content as the provider wrote it: text, parts, or None."""
    text: str
    """The content as text; empty where there is none."""
    finish_reason: str | None
    calls: tuple[AskedCall, ...]
    usage: Usage | None
    extra: tuple[tuple[str, Any], ...] = ()
    """Fields of the message beyond role, content and calls."""


def read(body: str) -> Completion:
    """Read a response body.

    Raises:
        ModelError: it is not a chat completion with a choice; the message is the provider's own where it gave one.
    """
    if not body.strip():
        raise ModelError("the endpoint's answer is empty")
    try:
        data = whole(json.loads(body))
    except (ValueError, RecursionError):
        page = body.lstrip()[:1] == "<"
        what = "a web page, not JSON; is api_url right?" if page else "not JSON:"
        raise ModelError(f"the endpoint's answer is {what} {excerpt(body)}") from None
    if not isinstance(data, dict):
        told = told_error(data) if isinstance(data, list) else None
        raise ModelError(told or f"the endpoint's answer is not a chat completion: {excerpt(body)}")
    choices = data.get("choices")
    if not isinstance(choices, list) or not choices:
        told = told_error(data)
        raise ModelError(told or f"the endpoint's answer holds no choices: {excerpt(body)}")
    choice = choices[0]
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        told = told_error(choice) or told_error(data)
        raise ModelError(told or f"the endpoint's answer holds no message: {excerpt(body)}")
    reason = choice.get("finish_reason")
    said = read_message(message)
    if reason == "error" and not said.calls and not said.content:
        raise ModelError(told_error(choice) or told_error(data) or "the endpoint ended the answer with an error")
    if reason == "function_call":
        reason = "tool_calls"
    given = reason if isinstance(reason, str) else None
    return replace(said, finish_reason=given, usage=_usage(data.get("usage")))


def read_message(message: Mapping[str, Any]) -> Completion:
    """Read a model's message alone, as a completion of which no reason and no usage is known."""
    content = message.get("content")
    return Completion(
        content=content,
        text=_text(content),
        finish_reason=None,
        calls=_calls(message),
        usage=None,
        extra=_others(message, {"role", "content", "tool_calls"}),
    )


def told_error(data: Any) -> str | None:
    """Return the message in an error body, in any of the forms that endpoints use, or None."""
    if isinstance(data, str):
        return data.strip() or None
    if isinstance(data, list) and len(data) == 1:
        data = data[0]  # as Gemini's endpoint does
    if not isinstance(data, dict):
        return None
    for key in ("error", "detail", "message"):
        value = data.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, dict) and (inner := told_error(value)):
            # OpenRouter says only "Provider returned error" itself, and passes the provider's words on beside it.
            behind = value.get("metadata", {})
            raw = behind.get("raw") if isinstance(behind, dict) else None
            return f"{inner}: {excerpt(raw)}" if isinstance(raw, str) and raw.strip() else inner
        if key == "detail" and isinstance(value, list) and value:
            return "; ".join(filter(None, (_validation(item) for item in value))) or None
    return None


def error_message(body: str) -> str:
    """Return the provider's own message in the body of an error status, or an excerpt of the body."""
    try:
        told = told_error(whole(json.loads(body)))
    except (ValueError, RecursionError):
        told = None
    return told or excerpt(body) or "no message"


def excerpt(text: str) -> str:
    """Return the start of a text on one line, saying how much was left out."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}... ({len(line) - _SHOWN} more characters)"


def is_flat(value: Any, left: int = _DEEPEST) -> bool:
    """Tell whether a value is nested no deeper than every reader and writer of JSON can follow."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return left > 0 and all(is_flat(item, left - 1) for item in inner)


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _not_json(text)


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)


def _validation(item: Any) -> str | None:
    """Return one item of FastAPI's list of validation errors as text."""
    if not isinstance(item, dict) or not isinstance(item.get("msg"), str):
        return told_error(item)
    loc = item.get("loc") or []
    where = ".".join(str(step) for step in (loc if isinstance(loc, list) else [loc]))
    return f"{where}: {item['msg']}" if where else str(item["msg"])


def whole(value: Any) -> Any:
    """Replace lone surrogates, which no later request could carry."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return {whole(key): whole(item) for key, item in value.items()}
    return value


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (
            part if isinstance(part, str) else part.get("text") for part in content if isinstance(part, str | dict)
        )
        return "".join(part for part in parts if isinstance(part, str))
    return ""


def _calls(message: Mapping[str, Any]) -> tuple[AskedCall, ...]:
    asked = message.get("tool_calls")
    if isinstance(asked, list) and asked:
        return tuple(_call(item) for item in asked if isinstance(item, dict))
    legacy = message.get("function_call")
    if isinstance(legacy, dict) and legacy.get("name"):
        return (_call({"function": legacy}),)
    return ()


def _call(item: dict[str, Any]) -> AskedCall:
    kind = item.get("type")
    body = item.get("function") or item.get("custom") or {}
    body = body if isinstance(body, dict) else {}
    arguments = body.get("arguments", body.get("input"))
    if arguments is None:
        arguments = ""
    elif not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)
    return AskedCall(
        id=_word(item.get("id")),
        name=_word(body.get("name")),
        arguments=arguments,
        type=kind if isinstance(kind, str) and kind else "function",
        extra=_others(item, {"id", "type", "function", "custom", "index"}),
    )


def _word(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _others(item: Mapping[str, Any], known: set[str]) -> tuple[tuple[str, Any], ...]:
    return tuple((key, value) for key, value in item.items() if key not in known)


def _usage(value: Any) -> Usage | None:
    if not isinstance(value, dict):
        return None
    counts = {key: value.get(key) for key in ("prompt_tokens", "completion_tokens")}
    if not all(isinstance(count, int) and not isinstance(count, bool) and count >= 0 for count in counts.values()):
        return None
    return Usage.model_validate(counts)
