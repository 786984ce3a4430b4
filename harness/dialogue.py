"""One conversation as another program recorded it, in OpenAI's messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.completion import read_message

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Dialogue:
    """One conversation as it was recorded, with all that the record says of it."""

    place: str
    """Where it stands, as messages tell it."""
    messages: Sequence[Json]
    """The messages in OpenAI's form, from the first on."""
    name: str = ""
    """What the record calls it, or nothing."""
    tools: Sequence[Json] | None = None
    """The tools that were offered, in OpenAI's form, or None where the record does not say."""
    model: str = ""
    """The name of the model."""
    address: str | None = None
    """The address below which the model was asked."""
    start: int = 0
    """The place of the message at which it begins; those before it were only told again."""
    bodies: Mapping[int, Any] = field(default_factory=dict)
    """The responses as they came, by the place of the message that each holds."""
    requests: Mapping[int, Json] = field(default_factory=dict)
    """The bodies of the requests, by the place of the message that came of each."""
    notices: Mapping[int, Any] = field(default_factory=dict)
    """The responses that word a confirmation request, by the place of the message whose calls wait."""
    waiting: Sequence[str] = ()
    """The ids of the calls of the last message that still wait for the user's answer."""
    confirm: Sequence[str] = ()
    """Tools that the record shows the user to be asked about."""
    user: Mapping[str, Any] = field(default_factory=dict)
    """Who the user is to the loop, as far as the record says: what stands behind `as` in a scenario."""
    notes: Sequence[str] = ()
    """What of the record is left out."""


@dataclass(frozen=True)
class Unread:
    """A part of a file that holds no conversation, or none that can be read."""

    place: str
    why: str


Read = Dialogue | Unread


def text_of(content: Any) -> str | None:
    """Return a message's content as text, or None where it holds more than text."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    parts: list[str] = []
    for part in content:
        text = part if isinstance(part, str) else part.get("text") if isinstance(part, dict) else None
        if isinstance(text, dict):
            text = text.get("value")  # as assistants' threads have it
        if not isinstance(text, str):
            text = part.get("refusal") if isinstance(part, dict) else None
        if not isinstance(text, str):
            return None
        parts.append(text)
    return "".join(parts)


def same(one: Json, other: Json) -> bool:
    """Tell whether two messages say the same: role, text, and calls with their arguments."""
    return _substance(one) == _substance(other)


def _substance(message: Json) -> tuple[Any, ...]:
    role = "system" if message.get("role") == "developer" else message.get("role")
    content = text_of(message.get("content"))
    said = message.get("content") if content is None else content.strip()
    calls = [(call.name, call.arguments) for call in read_message(message).calls]
    return role, said if not isinstance(said, list) else repr(said), calls
