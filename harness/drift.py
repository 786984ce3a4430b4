"""How a request differs from the recorded one, in the words of the loop: its prompt, tools, messages and results."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from harness.completion import excerpt
from harness.likeness import DriftKind, Matching
from harness.matching import Absent, Difference, canonical, difference
from harness.passage import passage
from harness.prompt import prompt_differences
from harness.substance import changed, substance

_SHORT = 40
"""Texts up to this length are shown whole."""


class Drift(NamedTuple):
    """One difference of a request from the recorded one."""

    kind: DriftKind
    what: str
    """What differs: `system prompt, section Conduct, word 14: "as asked" -> "when asked"`."""
    again: str = ""
    """What is equal when the same message is sent again, wherever it then stands."""


class Sent(NamedTuple):
    """A request as far as matching looks at it."""

    method: str
    path: str
    body: bytes


class Telling(NamedTuple):
    """How differences are told."""

    standing: str | None = None
    """The standing instruction at the end of the loop's own system prompts, where there is one that is known."""
    hide: Callable[[str], str] = str
    """Takes secrets out of a text."""


_PLAINLY = Telling()


def drifts(recorded: Sent, now: Sent, rules: Matching, telling: Telling = _PLAINLY) -> list[Drift]:
    """Return how a request differs from the recorded one, the most telling difference first.

    What the rules ignore and normalise does not count.

    Raises:
        CassetteError: a rule cannot be applied.
    """
    hide = telling.hide
    if (recorded.method, recorded.path) != (now.method, now.path):
        what = f"address: {recorded.method} {recorded.path} -> {now.method} {now.path}"
        return [Drift("address", hide(what))]
    one, other = _read(recorded.body), _read(now.body)
    if not isinstance(one, dict) or not isinstance(other, dict):
        return [] if recorded.body == now.body else [Drift("shape", "one of the two bodies is not a JSON object")]
    try:
        one, other = substance(one, rules), substance(other, rules)
        if canonical(one) == canonical(other):
            return []
        return _told(one, other, telling)
    except RecursionError:
        return [Drift("shape", "the bodies differ, and are nested too deeply to say where")]


def _told(one: dict[str, Any], other: dict[str, Any], telling: Telling) -> list[Drift]:
    """Tell what differs of two bodies that do, without secrets."""
    hide = telling.hide
    found = list(_bodies(one, other, telling.standing)) or [Drift("shape", "the bodies differ")]
    hidden = changed(one, hide), changed(other, hide)
    if hidden != (one, other):
        standing = None if telling.standing is None else hide(telling.standing)
        shown = list(_bodies(*hidden, standing))
        kinds = {drift.kind for drift in shown}
        lost = dict.fromkeys(drift.kind for drift in found if drift.kind not in kinds)
        found = [*shown, *(Drift(kind, f"{kind}: a value that is kept secret differs") for kind in lost)]
    return [drift._replace(what=hide(drift.what)) for drift in found]


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _bodies(one: Mapping[str, Any], other: Mapping[str, Any], standing: str | None) -> Iterator[Drift]:
    if parted := difference(one.get("model", Absent()), other.get("model", Absent()), "model"):
        yield Drift("model", _at(parted))
    recorded, now = _messages(one), _messages(other)
    system = list(_system(recorded, now, standing))
    yield from system
    yield from _offered(one, other)
    yield from _params(one, other)
    talk = list(_conversation(recorded, now))
    yield from talk
    if not system and not talk and (parted := _field(one, other, "messages")):
        yield Drift("shape", _at(parted))


def _offered(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Drift]:
    found = list(_tools(_named(one.get("tools")), _named(other.get("tools"))))
    yield from found
    if not found and (parted := _field(one, other, "tools")):
        yield Drift("tools", _at(parted))


def _field(one: Mapping[str, Any], other: Mapping[str, Any], key: str) -> Difference | None:
    return difference(one.get(key, Absent()), other.get(key, Absent()), key)


def _at(parted: Difference) -> str:
    return f"{parted.path}: {_values(parted.one, parted.other)}"


class _Message(NamedTuple):
    """A message and its number among all messages."""

    number: int
    data: dict[str, Any]


def _messages(body: Mapping[str, Any]) -> list[_Message]:
    messages = body.get("messages")
    numbered = enumerate(messages if isinstance(messages, list) else (), 1)
    return [_Message(number, message) for number, message in numbered if isinstance(message, dict)]


def _text(content: Any) -> str:
    """Return what a message says, the texts of its parts where it has parts."""
    if isinstance(content, list):
        return "\n\n".join(map(_part, content))
    return content if isinstance(content, str) else "" if content is None else json.dumps(content, ensure_ascii=False)


def _part(part: Any) -> str:
    text = part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None
    return text if isinstance(text, str) else json.dumps(part, ensure_ascii=False)


def _json(value: Any) -> str:
    return "nothing" if isinstance(value, Absent) else excerpt(json.dumps(value, ensure_ascii=False))


def _system(one: Sequence[_Message], other: Sequence[_Message], standing: str | None) -> Iterator[Drift]:
    """Compare two system prompts: their texts, where they stand, and whatever else their messages hold."""
    recorded = [message for message in one if message.data.get("role") == "system"]
    now = [message for message in other if message.data.get("role") == "system"]
    if bool(recorded) != bool(now):
        yield Drift("system", f"system prompt: {'is gone' if recorded else 'is new'}")
        return
    texts = _prompt(recorded), _prompt(now)
    alike = texts[0] == texts[1]
    if not alike:
        yield from (Drift("system", f"system prompt{what}") for what in prompt_differences(*texts, standing))
    places = [", ".join(str(message.number) for message in prompt) for prompt in (recorded, now)]
    if places[0] != places[1]:
        yield Drift("shape", f"the system prompt stands in another place: message {' -> '.join(places)}")
        return
    for before, after in zip(recorded, now, strict=True):
        if parted := difference(_kept(before, alike), _kept(after, alike)):
            yield Drift("system", f"system prompt, {_at(parted)}")
            return


def _prompt(messages: Sequence[_Message]) -> str:
    return "\n\n".join(_text(message.data.get("content")) for message in messages)


def _kept(message: _Message, content: bool) -> dict[str, Any]:
    """Return a message, without its content where that is compared already."""
    return {key: value for key, value in message.data.items() if content or key != "content"}


def _named(tools: Any) -> dict[str, Any]:
    """Return the tools of a request by name."""
    named: dict[str, Any] = {}
    for tool in tools if isinstance(tools, list) else ():
        function = tool.get("function") if isinstance(tool, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        named[str(name)] = tool
    return named


def _tools(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Drift]:
    gone = [name for name in one if name not in other]
    new = [name for name in other if name not in one]
    if gone:
        yield Drift("tools", f"tools: no longer offered: {', '.join(gone)}")
    if new:
        yield Drift("tools", f"tools: newly offered: {', '.join(new)}")
    for name, tool in one.items():
        if name in other and (parted := difference(tool, other[name])):
            yield Drift("tools", f"tool {name}, {_at(parted._replace(path=parted.path.removeprefix('function.')))}")
    if not gone and not new and list(one) != list(other):
        yield Drift("tools", "tools: offered in another order")


def _values(one: Any, other: Any) -> str:
    if isinstance(one, str) and isinstance(other, str) and max(len(one), len(other)) > _SHORT:
        return passage(one, other)
    return f"{_json(one)} -> {_json(other)}"


def _params(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Drift]:
    for key in [*one, *(key for key in other if key not in one)]:
        if key not in ("model", "messages", "tools") and (parted := _field(one, other, key)):
            yield Drift("shape" if key == "tool_choice" else "params", _at(parted))


def _conversation(recorded: Sequence[_Message], now: Sequence[_Message]) -> Iterator[Drift]:
    """Compare the messages behind the system prompt one by one."""
    one = [message for message in recorded if message.data.get("role") != "system"]
    other = [message for message in now if message.data.get("role") != "system"]
    old, new = [message.data for message in one], [message.data for message in other]
    task = max((at for at, message in enumerate(old) if message.get("role") == "user"), default=-1)
    for at, (before, after) in enumerate(zip(old, new, strict=False)):
        parted = difference(before, after)
        if parted is None:
            continue
        number, who = f"message {other[at].number}", _who(before, old[:at])
        if any(difference(before.get(key), after.get(key)) for key in ("role", "tool_call_id")):
            yield Drift("shape", f"{number}: {who} -> {_who(after, new[:at])}")
            return
        role = before.get("role")
        texts = _text(before.get("content")), _text(after.get("content"))
        where = _at(parted) if texts[0] == texts[1] or not parted.path.startswith("content") else passage(*texts)
        kind: DriftKind = "replies"
        if role == "tool":
            kind = "results"
        elif at <= task:
            kind = "task" if at == task and role == "user" else "session"
            who = "the user's message" if kind == "task" else who
        yield Drift(kind, f"{who} ({number}), {where}", _mark(before, after))
    if len(one) != len(other):
        more = "is no longer sent" if len(one) > len(other) else "is sent in addition"
        longer, at = (one, len(other)) if len(one) > len(other) else (other, len(one))
        who = _who(longer[at].data, [message.data for message in longer[:at]])
        yield Drift("shape", f"message {longer[at].number}, {who}, {more}")


def _mark(*values: Any) -> str:
    return sha256(canonical(values).encode()).hexdigest()


def _who(message: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]) -> str:
    """Return what a message is, a result with the tool that gave it."""
    role = message.get("role")
    if role != "tool":
        return {"user": "a user's message", "assistant": "a message of the model"}.get(str(role), f"a '{role}' message")
    wanted = message.get("tool_call_id")
    for asked in reversed(earlier):
        calls = asked.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict) and call.get("id") == wanted:
                function = call.get("function") or call.get("custom") or {}
                return f"the result of {function.get('name') if isinstance(function, dict) else 'a call'}"
    return "the result of a call"
