"""A chat completion that came as a stream, put together as one answer."""

import json
import re
from typing import Any

from harness.completion import told_error
from harness.errors import ModelError

_ENDS = re.compile(r"\r\n|\n|\r")
"""What ends a line of a stream; texts may hold what ends lines elsewhere."""


def is_stream(text: str) -> bool:
    """Tell whether a body is a stream of events."""
    start = text.lstrip()
    return start.startswith(("data:", "event:", ": ", ":\n"))


def assembled(text: str) -> str:
    """Return the answer that a stream of chunks gives, as JSON text.

    Raises:
        ModelError: a chunk is none or says what went wrong, or there are none.
    """
    from openai import OpenAIError
    from openai.lib.streaming.chat import ChatCompletionStreamState
    from openai.types.chat import ChatCompletionChunk

    state: Any = ChatCompletionStreamState()
    number = 0
    for line in _ENDS.split(text):
        if not line.startswith("data:"):
            continue
        payload = line.removeprefix("data:").strip()
        if payload == "[DONE]":
            break
        try:
            chunk = _chunk(payload)
            if chunk.get("choices"):
                state.handle_chunk(ChatCompletionChunk.model_validate({**_FIELDS, **chunk}))
                number += 1
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, OpenAIError) as error:
            said = " ".join(str(error).split())[:120]
            raise ModelError(f"the stream cannot be put together at chunk {number + 1}: {said}") from None
    if not number:
        raise ModelError("the stream holds no part of an answer")
    whole = state.current_completion_snapshot.model_dump(mode="json", exclude_unset=True)
    for choice in whole["choices"]:
        message = choice["message"]
        for key in [key for key, value in message.items() if key != "content" and value is None]:
            del message[key]  # what the SDK adds of its own
        for call in message.get("tool_calls") or ():
            call.pop("index", None)
            call.get("function", {}).pop("parsed_arguments", None)
    return json.dumps({**whole, "object": "chat.completion"}, ensure_ascii=False)


def _chunk(payload: str) -> dict[str, Any]:
    """Return one event as data; what is no object says nothing.

    Raises:
        ModelError: it says what went wrong.
        ValueError: it is not JSON.
    """
    chunk = json.loads(payload)
    if not isinstance(chunk, dict):
        return {}
    if chunk.get("error"):
        raise ModelError(told_error(chunk) or "the stream ends with an error")
    return chunk


_FIELDS = {"id": "", "created": 0, "model": "", "object": "chat.completion.chunk"}
"""What some providers leave out of their chunks."""
