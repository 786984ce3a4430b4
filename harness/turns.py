"""A recorded conversation cut into turns: those that a loop can play again, and why the others are none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.completion import AskedCall, excerpt, read_message
from harness.dialogue import Dialogue, text_of
from harness.finding import numbered

_PROMPT = ("system", "developer")


@dataclass(frozen=True)
class Step:
    """One reply of the model with the results of its calls, in the order of the calls."""

    at: int
    """The place of the message in the record."""
    text: str
    calls: tuple[AskedCall, ...]
    results: tuple[str, ...]
    """One for each call, but for the last step of a turn whose calls still wait: those of its calls that ran."""
    waiting: tuple[bool, ...] = ()
    """Which of the calls wait for the user's answer, where some do."""


@dataclass(frozen=True)
class PlayedTurn:
    """One message of the user, and what came of it up to the model's final text, or to the user's answer."""

    user: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Stretch:
    """Turns that follow each other, each of which a loop can play again."""

    first: int
    """The number of the first of them in the record, counted from one."""
    session: tuple[tuple[str, str], ...]
    """What was said before: the role and the text of each message."""
    turns: tuple[PlayedTurn, ...]


@dataclass(frozen=True)
class Fault:
    """A turn that no loop can play again, with its number and why."""

    turn: int
    why: str

    def __str__(self) -> str:
        return f"turn {self.turn}: {self.why}" if self.turn else self.why


@dataclass(frozen=True)
class Cut:
    """A recorded conversation, cut."""

    dialogue: Dialogue
    """The conversation; where the user said nothing, with what stands in for that."""
    prompt: str
    """The system prompt."""
    stretches: tuple[Stretch, ...]
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    """What is left out of turns that can be played."""
    number: int
    """How many turns there are."""


def cut(dialogue: Dialogue) -> Cut:
    """Cut a recorded conversation into turns; those that cannot be played part it into stretches.

    Where a turn cannot be played, what was said in it stands in the session of the turns after it.
    """
    spoken = _with_task(dialogue)
    cutting = _Cutting(spoken)
    for segment in _segments(spoken.messages):
        cutting.take(segment)
    return cutting.done()


def _with_task(dialogue: Dialogue) -> Dialogue:
    """Return a conversation in which the user says something: where there is none, what the model first replied to."""
    roles = [message.get("role") for message in dialogue.messages]
    first = roles.index("assistant") if "assistant" in roles else 0
    if "user" in roles or not first or roles[first - 1] not in _PROMPT:
        return dialogue
    task = {**dialogue.messages[first - 1], "role": "user"}
    messages = (*dialogue.messages[: first - 1], task, *dialogue.messages[first:])
    return replace(dialogue, messages=messages, start=first - 1, task=first - 1)


@dataclass(frozen=True)
class _Segment:
    """A message of the user, or none, and what follows up to the next."""

    at: int
    messages: tuple[tuple[int, Mapping[str, Any]], ...]


def _segments(messages: Sequence[Mapping[str, Any]]) -> Iterator[_Segment]:
    start = 0
    for at, message in enumerate(messages):
        if message.get("role") == "user" and at > start:
            yield _Segment(start, tuple(enumerate(messages))[start:at])
            start = at
    if messages:
        yield _Segment(start, tuple(enumerate(messages))[start:])


class _Unplayable(Exception):
    """A turn cannot be played; the message says why."""


class _Cutting:
    """A conversation that is being cut."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self._last = len(dialogue.messages)
        self._prompt: list[str] = []
        self._session: list[tuple[str, str]] = []
        self._before: tuple[tuple[str, str], ...] = ()
        self._open: list[PlayedTurn] = []
        self._stretches: list[Stretch] = []
        self._faults: list[Fault] = []
        self._notes: list[str] = []
        self._number = 0

    def take(self, segment: _Segment) -> None:
        """Take the next message of the user with what follows it."""
        first = segment.messages[0][1]
        if first.get("role") != "user":
            self._head(segment)
            return
        if segment.at < self._dialogue.start:
            self._said(segment)
            return
        self._number += 1
        if len(segment.messages) == 1 and segment.messages[-1][0] == self._last - 1:
            self._notes.append("the last message of the user, which has no reply")
            self._number -= 1
            return
        try:
            turn = self._turn(segment)
        except _Unplayable as error:
            self._faults.append(Fault(self._number, str(error)))
            self._close(self._number)
            self._said(segment)
            return
        if not self._open:
            self._before = tuple(self._session)
        self._open.append(turn)
        self._session += [("user", turn.user), ("assistant", turn.steps[-1].text)]

    def done(self) -> Cut:
        """Return what was cut."""
        self._close(self._number + 1)
        if not self._number:
            self._faults.append(Fault(0, "holds no message of the user that was replied to"))
        return Cut(
            self._dialogue,
            "\n\n".join(filter(None, self._prompt)),
            tuple(self._stretches),
            tuple(self._faults),
            tuple(dict.fromkeys(self._notes)),
            self._number,
        )

    def _close(self, number: int) -> None:
        if self._open:
            self._stretches.append(Stretch(number - len(self._open), self._before, tuple(self._open)))
        self._open = []

    def _head(self, segment: _Segment) -> None:
        """Take what stands before the first message of the user."""
        for _, message in segment.messages:
            if message.get("role") in _PROMPT:
                self._prompt.append(read_message(message).text)
                if text_of(message.get("content")) is None:
                    self._notes.append("what of the system prompt is no text")
        self._said(segment)

    def _said(self, segment: _Segment) -> None:
        """Add the texts of user and assistant to the session, also those beside what is no text."""
        for _, message in segment.messages:
            role = str(message.get("role"))
            text = text_of(message.get("content")) or read_message(message).text
            if role in ("user", "assistant") and text:
                self._session.append((role, text))

    def _turn(self, segment: _Segment) -> PlayedTurn:
        user = text_of(segment.messages[0][1].get("content"))
        if user is None:
            raise _Unplayable("the user's message holds more than text")
        if not user.strip():
            raise _Unplayable("the user's message is empty")
        rest = list(segment.messages[1:])
        if any(message.get("role") in _PROMPT for _, message in rest):
            self._notes.append("system messages in the middle of the conversation")
            rest = [(at, message) for at, message in rest if message.get("role") not in _PROMPT]
        steps: list[Step] = []
        while rest:
            at, message = rest.pop(0)
            if message.get("role") != "assistant":
                what = "a result" if message.get("role") in ("tool", "function") else f"a {message.get('role')} message"
                raise _Unplayable(f"message {at + 1} is {what} where the model's reply should be")
            if steps and not steps[-1].calls:
                raise _Unplayable(f"the model goes on in message {at + 1} after its final text")
            results = _taken(rest)
            steps.append(self._step(at, message, results))
        if not steps:
            raise _Unplayable("nothing was replied to the user's message")
        if steps[-1].calls and not steps[-1].waiting:
            raise _Unplayable("it ends with the results of calls, and no final text")
        return PlayedTurn(user, tuple(steps))

    def _step(self, at: int, message: Mapping[str, Any], results: Sequence[Mapping[str, Any]]) -> Step:
        reply = read_message(message)
        text = text_of(message.get("content"))
        if text is None:
            raise _Unplayable(f"the model's message {at + 1} holds more than text")
        if not all(call.name for call in reply.calls):
            raise _Unplayable(f"a call in message {at + 1} has no name")
        last = at + len(results) == self._last - 1
        waits = tuple(call.id in self._dialogue.waiting for call in reply.calls) if last else ()
        held = waits if any(waits) else ()
        ran = [call for call, waiting in zip(reply.calls, held, strict=True) if not waiting] if held else reply.calls
        return Step(at, reply.text, reply.calls, _matched(at, ran, results), held)


def _taken(rest: list[tuple[int, Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
    """Take the results off what follows a reply."""
    taken: list[Mapping[str, Any]] = []
    while rest and rest[0][1].get("role") in ("tool", "function"):
        taken.append(rest.pop(0)[1])
    return taken


def _matched(at: int, calls: Sequence[AskedCall], results: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the results in the order of the calls: by id, of those with one id by their order.

    Raises:
        _Unplayable: a call has no result, or a result no call.
    """
    left = list(results)
    texts: list[str] = []
    for call in calls:
        own = [one for one in left if str(one.get("tool_call_id") or "") == call.id]
        if not own and not any(one.get("tool_call_id") for one in left):
            own = left  # as with functions, before calls had ids
        if not own:
            raise _Unplayable(f"{call.name} in message {at + 1} has no result")
        first = own[0]
        left.remove(first)
        text = text_of(first.get("content"))
        if text is None:
            raise _Unplayable(f"the result of {call.name} in message {at + 1} holds more than text")
        texts.append(text)
    if left:
        said = excerpt(text_of(left[0].get("content")) or "")[:60]
        raise _Unplayable(f"{numbered(len(left), 'result')} behind message {at + 1} of no call of its own: {said}")
    return tuple(texts)
