"""How a request differs from the recorded one, in the words of the loop: its prompt, tools, messages and results."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cache
from typing import Any, NamedTuple

from harness.completion import excerpt
from harness.likeness import DriftKind, Matching
from harness.matching import Absent, canonical, difference

_BESIDE = 2
"""Words shown before and behind those that differ."""
_WORDS = 8
"""The most words shown of those that differ."""

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


class Drift(NamedTuple):
    """One difference of a request from the recorded one."""

    kind: DriftKind
    what: str
    """What differs: `system prompt, section Conduct, word 14: "as asked" -> "when asked"`."""


class Sent(NamedTuple):
    """A request as far as matching looks at it."""

    method: str
    path: str
    body: bytes


def drifts(recorded: Sent, now: Sent, rules: Matching) -> list[Drift]:
    """Return how a request differs from the recorded one, the most telling difference first.

    What the rules ignore and normalise does not count.
    """
    if (recorded.method, recorded.path) != (now.method, now.path):
        what = f"address: {recorded.method} {recorded.path} -> {now.method} {now.path}"
        return [Drift("address", what)]
    one, other = _read(recorded.body), _read(now.body)
    if not isinstance(one, dict) or not isinstance(other, dict):
        return [] if recorded.body == now.body else [Drift("shape", "one of the two bodies is not a JSON object")]
    prepare = _preparing(rules)
    one, other = prepare(one), prepare(other)
    if canonical(one) == canonical(other):
        return []
    return list(_bodies(one, other)) or [Drift("shape", "the bodies differ")]


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _preparing(rules: Matching) -> Callable[[Any], Any]:
    """Return a function that takes from a body what is ignored, and writes in its texts what is normalised."""
    if not rules.ignore and not rules.normalise:
        return lambda body: body
    patterns = [(re.compile(one.pattern), one.to) for one in rules.normalise]

    def normalised(value: Any) -> Any:
        if isinstance(value, str):
            for pattern, to in patterns:
                value = pattern.sub(to, value)
            return value
        if isinstance(value, list):
            return [normalised(item) for item in value]
        if isinstance(value, dict):
            return {key: normalised(item) for key, item in value.items()}
        return value

    def prepare(body: Any) -> Any:
        body = normalised(body)
        _remove(body, {match.parts for path in rules.ignore for match in _compiled(path).finditer(body)})
        return body

    return prepare


@cache
def _compiled(path: str) -> Any:
    import jsonpath

    return jsonpath.compile(path)


def _remove(body: Any, places: Iterable[tuple[str | int, ...]]) -> None:
    """Remove values, the last places of a list first; what is already gone with what held it is passed over."""
    for *way, last in sorted(places, key=lambda parts: [(isinstance(part, str), part) for part in parts], reverse=True):
        holder = body
        try:
            for step in way:
                holder = holder[step]
            del holder[last]
        except (KeyError, IndexError, TypeError):
            continue


def _bodies(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Drift]:
    if one.get("model") != other.get("model"):
        yield Drift("model", f"model: {_json(one.get('model'))} -> {_json(other.get('model'))}")
    system, told = _messages(one), _messages(other)
    yield from _system(_texts(system, "system"), _texts(told, "system"))
    yield from _tools(_named(one.get("tools")), _named(other.get("tools")))
    yield from _params(one, other)
    yield from _conversation(
        [message for message in system if message.get("role") != "system"],
        [message for message in told if message.get("role") != "system"],
        before=len(told) - sum(message.get("role") != "system" for message in told),
    )


def _messages(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    messages = body.get("messages")
    return [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []


def _texts(messages: Sequence[Mapping[str, Any]], role: str) -> str:
    return "\n\n".join(_text(message.get("content")) for message in messages if message.get("role") == role)


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "" if content is None else json.dumps(content, ensure_ascii=False)


def _json(value: Any) -> str:
    return "nothing" if isinstance(value, Absent) or value is None else excerpt(json.dumps(value, ensure_ascii=False))


def _system(one: str, other: str) -> Iterator[Drift]:
    """Compare two system prompts section by section."""
    if one == other:
        return
    recorded, now = _sections(one), _sections(other)
    found = False
    for name in [*recorded, *(name for name in now if name not in recorded)]:
        where = f"system prompt, section {name}" if name else "system prompt"
        if name not in now:
            yield Drift("system", f"{where}: is gone")
        elif name not in recorded:
            yield Drift("system", f"{where}: is new")
        elif recorded[name] != now[name]:
            yield Drift("system", f"{where}, {_words(recorded[name], now[name])}")
        else:
            continue
        found = True
    if not found:
        order = list(recorded) != list(now)
        what = "its sections come in another order" if order else "blanks and line breaks differ"
        yield Drift("system", f"system prompt: {what}")


def _sections(prompt: str) -> dict[str, str]:
    """Return a prompt's texts by the headings above them; what stands above the first has an empty name."""
    head, *rest = _HEADING.split(prompt)
    sections = {"": head.strip()} if head.strip() else {}
    for name, text in zip(rest[::2], rest[1::2], strict=True):
        sections[name] = f"{sections[name]}\n\n{text.strip()}" if name in sections else text.strip()
    return sections


def _words(one: str, other: str) -> str:
    """Return the first words in which two texts differ, with their number and a word or two around them."""
    recorded, now = one.split(), other.split()
    for tag, start, end, begin, stop in SequenceMatcher(None, recorded, now, autojunk=False).get_opcodes():
        if tag != "equal":
            return f"word {start + 1}: {_around(recorded, start, end)} -> {_around(now, begin, stop)}"
    return "blanks and line breaks differ"


def _around(words: Sequence[str], start: int, end: int) -> str:
    first, last = max(0, start - _BESIDE), min(len(words), min(end, start + _WORDS) + _BESIDE)
    text = " ".join(words[first:last])
    head, tail = "... " if first else "", " ..." if last < len(words) else ""
    return json.dumps(f"{head}{excerpt(text)}{tail}", ensure_ascii=False)


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
            where = parted.path.removeprefix("function.")
            yield Drift("tools", f"tool {name}, {where}: {_values(parted.one, parted.other)}")
    if not gone and not new and list(one) != list(other):
        yield Drift("tools", "tools: offered in another order")


def _values(one: Any, other: Any) -> str:
    if isinstance(one, str) and isinstance(other, str) and max(len(one), len(other)) > 40:
        return _words(one, other)
    return f"{_json(one)} -> {_json(other)}"


def _params(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Drift]:
    for key in [*one, *(key for key in other if key not in one)]:
        if key in ("model", "messages", "tools"):
            continue
        if parted := difference(one.get(key, Absent()), other.get(key, Absent()), key):
            kind: DriftKind = "shape" if key == "tool_choice" else "params"
            yield Drift(kind, f"{parted.path}: {_values(parted.one, parted.other)}")


def _conversation(one: Sequence[dict[str, Any]], other: Sequence[dict[str, Any]], before: int) -> Iterator[Drift]:
    """Compare the messages behind the system prompt, of which there are `before`, one by one."""
    task = max((at for at, message in enumerate(one) if message.get("role") == "user"), default=-1)
    for at, (recorded, now) in enumerate(zip(one, other, strict=False)):
        if recorded == now:
            continue
        number = f"message {before + at + 1}"
        roles = recorded.get("role"), now.get("role")
        if roles[0] != roles[1] or recorded.get("tool_call_id") != now.get("tool_call_id"):
            yield Drift("shape", f"{number}: {_who(recorded, one[:at])} -> {_who(now, other[:at])}")
            return
        text = _words(_text(recorded.get("content")), _text(now.get("content")))
        if roles[0] == "tool":
            yield Drift("results", f"{_who(recorded, one[:at])} ({number}), {text}")
        elif roles[0] == "user" and at == task:
            yield Drift("task", f"the user's message ({number}), {text}")
        else:
            parted = difference(recorded, now)
            where = text if parted is None or parted.path == "content" else f"{parted.path}: "
            where = where if parted is None or where == text else where + _values(parted.one, parted.other)
            yield Drift("session" if at < task else "replies", f"{_who(recorded, one[:at])} ({number}), {where}")
    if len(one) != len(other):
        longer, at = (one, len(other)) if len(one) > len(other) else (other, len(one))
        more = "is no longer sent" if longer is one else "is sent in addition"
        yield Drift("shape", f"message {before + at + 1}, {_who(longer[at], longer[:at])}, {more}")


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
                return f"the result of {function.get('name')}"
    return "the result of a call"
