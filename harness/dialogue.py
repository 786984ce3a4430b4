"""One conversation as another program recorded it, in OpenAI's messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.redaction import Redaction

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
    task: int | None = None
    """The place of the message that stands in for the user's, where the user said nothing."""
    user: Mapping[str, Any] = field(default_factory=dict)
    """Who the user is to the loop, as far as the record says: what stands behind `as` in a scenario."""
    notes: Sequence[str] = ()
    """What of the record is left out."""


@dataclass(frozen=True)
class Unread:
    """A part of a file that holds no conversation, or none that can be read."""

    place: str
    why: str
    apart: bool = False
    """Whether it is something else altogether, which nobody misses."""


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
        text: Any = part
        if isinstance(part, dict):
            text = part.get("text", part.get("refusal", part.get("content")))
            text = text.get("value") if isinstance(text, dict) else text  # as assistants' threads have it
        if not isinstance(text, str):
            return None
        parts.append(text)
    return "".join(parts)


def redacted(dialogue: Dialogue, redaction: Redaction) -> Dialogue:
    """Return a conversation without what a redaction replaces; an address that holds some of it is as good as unknown.

    Its place stays, which names a file of the person's own.
    """
    text, data = redaction.text, redaction.data
    return replace(
        dialogue,
        messages=tuple(data(list(dialogue.messages))),
        name=text(dialogue.name),
        tools=None if dialogue.tools is None else tuple(data(list(dialogue.tools))),
        model=text(dialogue.model),
        address=dialogue.address if text(dialogue.address or "") == (dialogue.address or "") else None,
        bodies={at: data(body) for at, body in dialogue.bodies.items()},
        requests={at: data(body) for at, body in dialogue.requests.items()},
        notices={at: data(body) for at, body in dialogue.notices.items()},
        waiting=tuple(map(text, dialogue.waiting)),
        confirm=tuple(map(text, dialogue.confirm)),
        user={key: data(value) for key, value in dialogue.user.items()},
        notes=tuple(map(text, dialogue.notes)),
    )
