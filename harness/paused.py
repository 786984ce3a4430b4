"""A checkpoint that the loop stored, as the conversation up to it."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from harness.dialogue import Dialogue, Read, Unread
from harness.loop import Checkpoint
from harness.wording import problems


def is_checkpoint(value: Any) -> bool:
    """Tell whether a value is a checkpoint, alone or in what a run returned."""
    inner = value.get("checkpoint", value) if isinstance(value, dict) else None
    return isinstance(inner, dict) and {"messages", "pending", "executed"} <= inner.keys()


def checkpoint(value: Mapping[str, Any], place: str) -> Read:
    """Read a checkpoint; a result that holds one gives the words of its request, too."""
    inner = value.get("checkpoint", value)
    try:
        stored = Checkpoint.model_validate(inner)
    except ValidationError as error:
        found = problems(error, Checkpoint, lambda location, *, key=False: "the checkpoint")  # noqa: ARG005
        return Unread(place, "; ".join(found))
    model = stored.model
    messages: list[Mapping[str, Any]] = [
        *stored.messages,
        *({"role": "tool", "tool_call_id": done.id, "content": done.content} for done in stored.executed),
    ]
    users = [at for at, message in enumerate(messages) if message.get("role") == "user"]
    calls = max((at for at, message in enumerate(messages) if message.get("role") == "assistant"), default=0)
    said = value.get("response") if inner is not value else None
    return Dialogue(
        place=place,
        messages=tuple(messages),
        model=str(model.get("model_name") or model.get("label") or ""),
        address=_address(model),
        start=users[-1] if users else 0,
        notices={calls: _completion(model, said)} if isinstance(said, str) else {},
        waiting=tuple(call.id for call in stored.pending),
        confirm=tuple(dict.fromkeys(call.name for call in stored.pending)),
        user={
            "access": stored.user_role,
            "confirm_allow": stored.confirm_allow,
            "confirm_deny": stored.confirm_deny,
        },
    )


def _address(model: Mapping[str, Any]) -> str | None:
    url = model.get("api_url")
    if not isinstance(url, str):
        return None
    return f"{url.rstrip('/')}/api" if model.get("host_type") == "openwebui" else url


def _completion(model: Mapping[str, Any], text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "imported",
        "object": "chat.completion",
        "created": 0,
        "model": model.get("model_name"),
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }
