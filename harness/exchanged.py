"""Requests and their answers, as another program recorded them, put together as conversations."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from harness.completion import error_message, is_flat, read, read_message, whole
from harness.dialogue import Dialogue, Read, Unread, text_of
from harness.errors import ModelError
from harness.matching import canonical
from harness.streams import assembled, is_stream

_RESULTS = ("tool", "function")


@dataclass(frozen=True)
class Asked:
    """One request and its answer."""

    place: str
    request: Any
    """The body as data."""
    status: int
    answer: str
    """The body of the answer."""
    address: str | None = None
    """The address below which the model was asked."""
    name: str = ""


def dialogues(asked: Iterable[Asked], placeholder: str) -> list[Read]:
    """Put requests together as conversations: one goes on where another ended if it tells all that was said there.

    Of earlier turns it may tell the texts alone, as production's loop does.

    `placeholder` is what the loop says in the place of a result that waits for the user, with `{name}`; the round in
    which the model words a confirmation request is told from the others by it, or by what a later request says instead.
    """
    joining = _Joining(placeholder)
    for one in asked:
        joining.take(one)
    return joining.done()


@dataclass
class _Chain:
    """A conversation as far as it is known."""

    place: str
    name: str
    request: Mapping[str, Any]
    address: str | None
    start: int
    messages: list[Mapping[str, Any]]
    told: list[Mapping[str, Any]]
    """The last request's messages and its reply: of earlier turns some loops tell the texts alone."""
    bodies: dict[int, Any] = field(default_factory=dict)
    requests: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    notices: dict[int, Any] = field(default_factory=dict)
    confirm: dict[str, None] = field(default_factory=dict)
    held: "tuple[Asked, Any] | None" = None
    """A request without choice behind calls, and its answer: the wording of a confirmation, or a last reply."""

    def replied(self, request: Mapping[str, Any], body: Any) -> None:
        """Take the reply to a request that told all messages so far."""
        at = len(self.messages)
        self.requests[at], self.bodies[at] = request, body
        self.messages.append({"role": "assistant", **body["choices"][0]["message"]})
        self.told = [*request["messages"], self.messages[-1]]

    def ends(self) -> Iterator[tuple[str, int]]:
        """Yield what stands for all that was said, in each way in which a request may tell it, and its length."""
        yield _last(self.told), len(self.told)
        if not read_message(self.told[-1]).calls:
            texts = [one for one in self.told if one.get("role") not in _RESULTS and not read_message(one).calls]
            yield _last(texts), len(texts)


class _Joining:
    """Conversations that are being put together."""

    def __init__(self, placeholder: str) -> None:
        self._placeholder = placeholder
        self._chains: list[_Chain] = []
        self._ends: dict[str, tuple[_Chain, int]] = {}
        self._unread: list[Unread] = []
        self._failed: dict[str, Unread] = {}

    def take(self, one: Asked) -> None:
        """Take the next request with its answer."""
        request = one.request
        messages = request.get("messages") if isinstance(request, dict) else None
        if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages) or not messages:
            self._unread.append(Unread(one.place, "is no request for a chat completion", apart=True))
            return
        if not is_flat(request):
            self._unread.append(Unread(one.place, "the request is nested too deeply to be read"))
            return
        same = canonical(messages)
        if one.status >= 400:
            said = error_message(one.answer)
            self._failed[same] = Unread(one.place, f"the endpoint answered HTTP {one.status}: {said}")
            return
        try:
            body = _answer(one.answer)
        except ModelError as error:
            self._failed[same] = Unread(one.place, str(error))
            return
        self._failed.pop(same, None)  # a later try overcame it
        before = self._before(messages)
        if before is None:
            self._begin(one, request, body)
        else:
            self._go_on(*before, one, request, body)

    def done(self) -> list[Read]:
        """Return the conversations, and what is none."""
        return [*map(self._dialogue, self._chains), *self._failed.values(), *self._unread]

    def _before(self, messages: Sequence[Mapping[str, Any]]) -> tuple[_Chain, int] | None:
        """Return the conversation that messages go on with, the longest of those that they tell, and where they do."""
        hashes = list(_hashes(messages))
        found = (self._ends[one] for one in reversed(hashes[:-1]) if one in self._ends)
        return next(found, None)

    def _begin(self, one: Asked, request: Mapping[str, Any], body: Any) -> None:
        messages = request["messages"]
        users = [at for at, message in enumerate(messages) if message.get("role") == "user"]
        chain = _Chain(one.place, one.name, request, one.address, users[-1] if users else 0, [*messages], [])
        chain.replied(request, body)
        self._chains.append(chain)
        self._await(chain)

    def _await(self, chain: _Chain) -> None:
        """Let the next request that tells a conversation go on with it."""
        self._ends |= {end: (chain, length) for end, length in chain.ends()}

    def _go_on(self, chain: _Chain, told: int, one: Asked, request: Mapping[str, Any], body: Any) -> None:
        messages = request["messages"]
        new = messages[told:]
        calls = read_message(chain.messages[-1]).calls
        if request.get("tool_choice") == "none" and calls and all(message.get("role") == "tool" for message in new):
            chain.held = (one, body)
            return
        if chain.held is not None:
            at = len(chain.messages) - 1
            chain.notices[at] = chain.held[1]
            waited = chain.held[0].request["messages"][len(chain.told) :]
            ids = {str(m.get("tool_call_id")) for m, now in zip(waited, new, strict=False) if _parted(m, new)}
            chain.confirm |= dict.fromkeys(call.name for call in calls if call.id in ids)
            chain.held = None
        for end, _ in chain.ends():
            if self._ends.get(end, (None, 0))[0] is chain:
                del self._ends[end]
        chain.messages += new
        chain.replied(request, body)
        self._await(chain)

    def _dialogue(self, chain: _Chain) -> Dialogue:
        waiting: list[str] = []
        if chain.held is not None:
            one, body = chain.held
            new = one.request["messages"][len(chain.told) :]
            calls = read_message(chain.messages[-1]).calls
            said = {call.id: self._placeholder.format(name=call.name) for call in calls}
            waiting = [call.id for call in calls if any(_tells(m, call.id, said[call.id]) for m in new)]
            if waiting:
                chain.notices[len(chain.messages) - 1] = body
                chain.confirm |= dict.fromkeys(call.name for call in calls if call.id in waiting)
                chain.messages += [m for m in new if not any(_tells(m, one, said[one]) for one in waiting)]
            else:
                chain.messages += new
                chain.replied(one.request, body)
        request = chain.request
        return Dialogue(
            place=chain.place,
            name=chain.name,
            messages=tuple(chain.messages),
            tools=tools_in(request),
            model=str(request.get("model") or ""),
            address=chain.address,
            start=chain.start,
            bodies=chain.bodies,
            requests=chain.requests,
            notices=chain.notices,
            waiting=tuple(waiting),
            confirm=tuple(chain.confirm),
        )


def tools_in(record: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...] | None:
    """Return the tools that a request or a record offers, in OpenAI's form, or None where it says nothing of tools."""
    tools = record.get("tools")
    if isinstance(tools, list):
        wrapped = (one if "function" in one else {"type": "function", "function": one} for one in _objects(tools))
        return tuple(one for one in wrapped if isinstance(one["function"], dict))
    functions = record.get("functions")
    if isinstance(functions, list):
        return tuple({"type": "function", "function": one} for one in _objects(functions))
    return None


def _answer(text: str) -> Any:
    """Return the body of an answer as data, put together where it came as a stream.

    Raises:
        ModelError: it is no completion.
    """
    body = assembled(text) if is_stream(text) else text
    read(body)
    data = whole(json.loads(body))
    if not is_flat(data):
        raise ModelError("the answer is nested too deeply to be read")
    return data


def _objects(values: list[Any]) -> Iterator[Mapping[str, Any]]:
    return (one for one in values if isinstance(one, dict) and one.get("type", "function") == "function")


def _tells(message: Mapping[str, Any], call: str, text: str) -> bool:
    return message.get("tool_call_id") == call and message.get("content") == text


def _parted(message: Mapping[str, Any], later: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a result is told otherwise later."""
    call = message.get("tool_call_id")
    return all(one.get("tool_call_id") != call or one.get("content") != message.get("content") for one in later)


def _hashes(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield for each message what stands for all up to it: roles, texts and calls, however they are written."""
    before = ""
    for message in messages:
        role = "system" if message.get("role") == "developer" else message.get("role")
        content = message.get("content")
        text = text_of(content)
        said = canonical(content) if text is None else text.strip()
        calls = [[call.name, call.arguments] for call in read_message(message).calls]
        before = sha256(canonical([before, role, said, calls]).encode("utf-8", "surrogatepass")).hexdigest()
        yield before


def _last(messages: Sequence[Mapping[str, Any]]) -> str:
    return list(_hashes(messages))[-1]
