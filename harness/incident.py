"""A stretch of recorded turns as a scenario, with the replies that play it and what must come out."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.calls import shortest
from harness.completion import AskedCall
from harness.dialogue import Dialogue
from harness.returned import Returned, rules_of
from harness.terminal import cut
from harness.trace import Trace
from harness.turns import PlayedTurn, Step, Stretch

_TITLE = 90


class NotAsked(Exception):
    """The record cannot be played with the user being asked; the message says why."""


@dataclass(frozen=True)
class Incident:
    """A scenario made from a record, and what plays it."""

    data: Mapping[str, Any]
    """What stands in the scenario's file, but for the settings that it chooses."""
    replies: tuple[bytes, ...]
    """The model's replies, notices among them, in their order."""
    acts: tuple[int | None, ...]
    """For each reply the place of its message in the record; None for a notice."""
    seen: tuple["Seen", ...]
    """What the trace must show of each turn."""
    invented: int
    """How many notices are not in the record, so that the loop's own sentence stands in."""
    tolerant: bool
    """Whether calls came with another reason to stop than `tool_calls`."""
    session: int
    """How many messages of the session the last turn must be told of."""

    @property
    def rounds(self) -> int:
        """The rounds of its longest turn."""
        return max(one.rounds for one in self.seen)


@dataclass(frozen=True)
class Seen:
    """What is seen of a turn: its calls with their argument texts, its rounds, its text."""

    calls: tuple[tuple[str, str], ...]
    rounds: int
    response: str | None
    """The final text; None where the turn ends at a checkpoint, whose words are the loop's own affair."""


def incident(dialogue: Dialogue, stretch: Stretch, asks: Collection[str], denied: str) -> Incident:
    """Make a scenario of a stretch of turns; `asks` are the tools that need confirmation, `denied` what a denial says.

    Raises:
        NotAsked: the user would have to confirm and to deny at one checkpoint, or a held call shows no answer.
    """
    telling = _Telling(dialogue, asks, denied)
    turns = [telling.turn(turn) for turn in stretch.turns]
    tools = rules_of(telling.returned)
    first = " ".join(stretch.turns[0].user.split())
    user = {key: value for key, value in dialogue.user.items() if value not in ([], None, "user")}
    data = {
        "title": cut(dialogue.name or first, _TITLE),
        "tags": ["imported"],
        **({"as": user} if user else {}),
        **({"session": [{"role": role, "content": text} for role, text in stretch.session]} if stretch.session else {}),
        **({"tools": tools} if tools else {}),
        "turns": turns,
        "reference": {"match": "exact", "calls": telling.reference},
    }
    return Incident(
        data=data,
        replies=tuple(telling.replies),
        acts=tuple(telling.acts),
        seen=tuple(telling.seen),
        invented=telling.invented,
        tolerant=telling.tolerant,
        session=len(stretch.session) + 2 * (len(stretch.turns) - 1),
    )


def seen_in(trace: Trace) -> tuple[Seen, ...]:
    """Return what a trace shows of its turns."""
    return tuple(
        Seen(
            tuple((call.name, call.raw_arguments) for round_ in turn.rounds for call in round_.calls),
            len(turn.rounds),
            None if turn.stop == "unanswered" else turn.response,
        )
        for turn in trace.turns
    )


class _Telling:
    """A stretch that is being told, step by step."""

    def __init__(self, dialogue: Dialogue, asks: Collection[str], denied: str) -> None:
        self._dialogue, self._asks, self._denied = dialogue, asks, denied
        self.returned: list[Returned] = []
        self.reference: list[Any] = []
        self.replies: list[bytes] = []
        self.acts: list[int | None] = []
        self.seen: list[Seen] = []
        self.invented = 0
        self.tolerant = False

    def turn(self, turn: PlayedTurn) -> dict[str, Any]:
        """Return a turn as it stands in the scenario."""
        answers: list[Any] = []
        before, calls = len(self.replies), []
        for step in turn.steps:
            self._reply(step)
            calls += [(call.name, call.arguments) for call in step.calls]
            held = [call.name in self._asks for call in step.calls]
            if any(held):
                self._notice(step.at)
            answers += self._answers(step, held)
            self.reference += map(_referred, step.calls)
        last = turn.steps[-1]
        self.seen.append(Seen(tuple(calls), len(self.replies) - before, None if last.waiting else last.text))
        return {
            "user": turn.user,
            **({"answers": answers} if answers else {}),
            **({"expect": {"stop": "unanswered"}} if last.waiting else {}),
        }

    def _answers(self, step: Step, held: Sequence[bool]) -> Iterator[Any]:
        """Note what the calls of a step returned, and yield the user's answer where some of them are held."""
        waiting = step.waiting or (False,) * len(step.calls)
        results = iter(step.results)
        told = [None if waits else next(results) for waits in waiting]
        if wrong := [
            call.name
            for call, asked, text in zip(step.calls, held, told, strict=True)
            if (text is None or text == self._denied) and not asked
        ]:
            raise NotAsked(f"{wrong[0]} waits for an answer or is denied, so name it: --confirm {wrong[0]}")
        denials = {text == self._denied for asked, text in zip(held, told, strict=True) if asked and text is not None}
        if len(denials) > 1:
            raise NotAsked("calls of one message are confirmed and denied, which one answer cannot be")
        denies = denials == {True}
        # The loop runs what nobody is asked about first.
        for late in (False, True):
            self.returned += [
                Returned(call.name, call.parsed() or {}, text)
                for call, asked, text in zip(step.calls, held, told, strict=True)
                if asked is late and text is not None and not (asked and denies)
            ]
        names = [call.name for call, asked in zip(step.calls, held, strict=True) if asked]
        if denials:
            yield {"deny" if denies else "confirm": names}

    def _reply(self, step: Step) -> None:
        """Add the reply of a step, as it came or put together from its message."""
        body = self._dialogue.bodies.get(step.at)
        if body is None:
            body = _completion(self._dialogue, self._dialogue.messages[step.at], "tool_calls" if step.calls else "stop")
        reason = body["choices"][0].get("finish_reason") if step.calls else "tool_calls"
        self.tolerant |= reason not in ("tool_calls", "function_call")
        self._add(body, step.at)

    def _notice(self, at: int) -> None:
        """Add the reply that words the request, or an empty one in whose place the loop says its own sentence."""
        body = self._dialogue.notices.get(at)
        if body is None:
            self.invented += 1
            body = _completion(self._dialogue, {"content": ""}, "stop")
        self._add(body, None)

    def _add(self, body: Any, at: int | None) -> None:
        self.replies.append(json.dumps(body, ensure_ascii=False).encode("utf-8"))
        self.acts.append(at)


def _completion(dialogue: Dialogue, message: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """Return a response that holds a message of the record."""
    return {
        "id": "imported",
        "object": "chat.completion",
        "created": 0,
        "model": dialogue.model,
        "choices": [{"index": 0, "message": {**message, "role": "assistant"}, "finish_reason": reason}],
    }


def _referred(call: AskedCall) -> Any:
    """Return a call of the reference; one with arguments that nobody can read has any."""
    given = call.parsed()
    return {"tool": call.name, "match": "ignore"} if given is None else shortest(call.name, given, {})
