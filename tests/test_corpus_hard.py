"""Recorded conversations that are no clean loops go through the loop: odd arguments, repeated ids, no final text."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest

from harness.case import Case
from harness.completion import excerpt
from harness.matching import difference
from harness.runner import run_many
from harness.trace import calls_of
from tests import corpus

pytestmark = pytest.mark.slow

DONE = "Done."
"""The final text of a turn for which none is recorded."""

Record = dict[str, Any]


class Asked(NamedTuple):
    """One recorded call with its recorded result, or `ok` where there is none."""

    id: str
    name: str
    raw: str
    recorded: str

    @property
    def arguments(self) -> Record | None:
        """The arguments, or None where they are not a JSON object."""
        try:
            arguments: Record = json.loads(self.raw)
        except ValueError:
            return None
        return arguments


class Reply(NamedTuple):
    """One recorded message of the model."""

    message: Record
    calls: list[Asked]

    @property
    def text(self) -> str:
        """The text."""
        return self.message["content"] or ""

    @property
    def finish_reason(self) -> str:
        """Why the model stopped, as it is recorded or as its calls say."""
        return self.message.get("finish_reason") or ("tool_calls" if self.calls else "stop")

    @property
    def body(self) -> Record:
        """The whole response."""
        message = {key: value for key, value in self.message.items() if key != "finish_reason"}
        return {"choices": [{"index": 0, "message": message, "finish_reason": self.finish_reason}]}


class Turn(NamedTuple):
    """One user message with the model's replies to it."""

    user: str
    replies: list[Reply]


class Conversation(NamedTuple):
    """A recorded conversation: the texts before it, and its turns."""

    id: str
    session: list[Record]
    turns: list[Turn]


def conversation(name: str, context: Sequence[Record], messages: Sequence[Record], ids: bool = True) -> Conversation:
    """Return recorded messages as a conversation that ends before a user's own call; `ids` keeps the calls' ids."""
    turns: list[Turn] = []
    session = list(context)
    for at, message in enumerate(messages):
        if message["role"] == "user":
            if message.get("tool_calls"):
                break
            turns.append(Turn(message["content"], []))
        elif message["role"] == "assistant" and turns:
            calls = [call if ids else {**call, "id": ""} for call in message.get("tool_calls") or ()]
            results = [told["content"] for told in messages[at + 1 : at + 1 + len(calls)]] or ["ok"] * len(calls)
            asked = [
                Asked(call["id"], call["function"]["name"], call["function"]["arguments"], result)
                for call, result in zip(calls, results, strict=True)
            ]
            turns[-1].replies.append(Reply({**message, **({"tool_calls": calls} if calls else {})}, asked))
        else:
            session.append(message)
    texts = [
        {"role": message["role"], "content": message["content"]}
        for message in session
        if message["role"] in ("user", "assistant") and message["content"]
    ]
    return Conversation(name, texts, [turn for turn in turns if turn.replies])


def hard() -> list[tuple[str, Conversation]]:
    """Return the conversations that are no clean loops, each with its peculiarity."""
    found: list[tuple[str, Conversation]] = []
    for number, record in enumerate(corpus.lines("hard.jsonl")):
        messages = record.get("messages") or [record["user"], *record["body"]]
        ids = "gave no tool_call id" not in record["why"]
        found.append((record["why"], conversation(f"{number}", record.get("context", ()), messages, ids)))
    return found


@dataclass(frozen=True)
class Play:
    """A conversation under a policy, in which the user answers so when asked about the dangerous tools."""

    conversation: Conversation
    policy: Literal["production", "tolerant"]
    dangerous: frozenset[str] = frozenset()
    answer: Literal["confirm", "deny"] | None = None

    def ends(self, reply: Reply) -> bool:
        """Tell whether a reply is the turn's last."""
        return not reply.calls or (self.policy == "production" and reply.finish_reason != "tool_calls")

    def reached(self, turn: Turn) -> list[Reply]:
        """Return the replies of a turn up to the one that ends it."""
        ends = [at for at, reply in enumerate(turn.replies) if self.ends(reply)]
        return turn.replies[: ends[0] + 1] if ends else turn.replies

    def response(self, turn: Turn) -> str:
        """Return a turn's final text."""
        last = self.reached(turn)[-1]
        return last.text if self.ends(last) else DONE

    def asks(self, call: Asked) -> bool:
        """Tell whether the user is asked about a call."""
        refused = self.policy == "tolerant" and call.arguments is None
        return self.answer is not None and call.name in self.dangerous and not refused

    def given(self, call: Asked) -> Record:
        """Return the arguments that the tool gets: none for unreadable ones, or their text where it was confirmed."""
        return ({"raw": call.raw} if self.asks(call) else {}) if call.arguments is None else call.arguments

    def call(self, call: Asked, reply: Reply) -> Record:
        """Return what the trace must say of a call."""
        decision, outcome = "none", "executed"
        result: str | None = call.recorded
        if self.ends(reply):
            outcome, result = "dropped", None
        elif self.policy == "tolerant" and call.arguments is None:
            outcome, result = "refused", f"Tool error: the arguments are not a JSON object: {excerpt(call.raw)}"
        elif self.asks(call):
            decision = "confirmed" if self.answer == "confirm" else "denied"
            if self.answer == "deny":
                outcome, result = "denied", "Action denied by user."
        return {
            "id": call.id,
            "name": call.name,
            "arguments": call.arguments,
            "raw_arguments": call.raw,
            "decision": decision,
            "outcome": outcome,
            "result": result,
        }

    @property
    def executed(self) -> list[Asked]:
        """The calls that reach the tools, in order: those about which the user is asked come last in their reply."""
        return [
            call
            for turn in self.conversation.turns
            for reply in self.reached(turn)
            for call in sorted(reply.calls, key=self.asks)
            if self.call(call, reply)["outcome"] == "executed"
        ]

    @property
    def anomalies(self) -> Counter[str]:
        """How many anomalies there must be of each kind."""
        found: Counter[str] = Counter()
        seen: set[str] = set()
        for turn in self.conversation.turns:
            replies = self.reached(turn)
            found["empty_final"] += self.response(turn) == ""
            found["dropped_calls"] += bool(replies[-1].calls) and self.ends(replies[-1])
            for call in (call for reply in replies for call in reply.calls):
                found["unreadable_arguments"] += call.arguments is None
                found["repeated_id"] += call.id in seen
                seen |= {call.id} - {""}
        return +found

    def expected(self) -> Record:
        """Return all that must be seen."""
        turns = self.conversation.turns
        return {
            "error": None,
            "responses": [self.response(turn) for turn in turns],
            "calls": [self.call(call, reply) for turn in turns for reply in self.reached(turn) for call in reply.calls],
            "executed": [(call.name, self.given(call)) for call in self.executed],
            "anomalies": self.anomalies,
        }

    def case(self, folder: Path) -> Case:
        """Return the case in which the model replies and the tools return what was recorded."""
        turns = self.conversation.turns
        answers = [{"otherwise": self.answer}] if self.answer else []
        return corpus.case(
            folder,
            self.conversation.id,
            {
                "session": self.conversation.session,
                "tools": corpus.rules((call.name, call.recorded) for call in self.executed),
                "turns": [{"user": turn.user, "answers": answers} for turn in turns],
            },
            [[*({"body": reply.body} for reply in self.reached(turn)), {"text": DONE}] for turn in turns],
            # Where there are no tools, production sends an empty list of them, which the endpoint refuses.
            dict.fromkeys(
                [*(call.name for turn in turns for reply in turn.replies for call in reply.calls), "another"]
            ),
            confirm=sorted(self.dangerous),
            policy=self.policy,
        )


def check(plays: Sequence[Play], folder: Path) -> Counter[str]:
    """Record and replay, check what is seen both times, and return how many anomalies of each kind there are."""
    cases = [play.case(folder / "scenarios") for play in plays]
    wrong: dict[str, Any] = {}
    for live in (True, False):
        executions: corpus.Executions = {}
        corpus.executions.set(executions)
        outcomes = asyncio.run(run_many(cases, folder / "cassettes", live=live, jobs=8))
        for play, outcome in zip(plays, outcomes, strict=True):
            seen = {
                "error": outcome.trace.error,
                "responses": [turn.response for turn in outcome.trace.turns],
                "calls": [call.model_dump() for call in calls_of(outcome.trace.turns)],
                "executed": executions.get(play.conversation.id, []),
                "anomalies": Counter(anomaly.kind for anomaly in outcome.trace.anomalies),
            }
            if seen != play.expected():
                wrong[f"{play.conversation.id}, live={live}"] = difference(play.expected(), seen)
    assert wrong == {}
    return sum((play.anomalies for play in plays), Counter())


@pytest.mark.parametrize(
    ("policy", "anomalies"),
    [
        ("production", {"repeated_id": 16, "unreadable_arguments": 4, "empty_final": 8, "dropped_calls": 4}),
        ("tolerant", {"repeated_id": 16, "unreadable_arguments": 4, "empty_final": 4}),
    ],
)
def test_hard_conversations_go_on(
    policy: Literal["production", "tolerant"], anomalies: dict[str, int], tmp_path: Path
) -> None:
    """No recorded peculiarity ends a case with an error, and each is an anomaly of the trace."""
    plays = [Play(given, policy) for _, given in hard()]
    assert len(plays) == 44
    assert check(plays, tmp_path) == anomalies


@pytest.mark.parametrize("answer", ["confirm", "deny"])
def test_dangerous_call_under_a_known_id_is_asked_about(answer: Literal["confirm", "deny"], tmp_path: Path) -> None:
    """A dangerous call runs only when it is confirmed, also under the id of a harmless call that ran before."""
    plays = [
        Play(
            conversation(f"{number}", (), record["messages"]),
            "production",
            frozenset(dangerous for _, _, dangerous in record["hits"]),
            answer,
        )
        for number, record in enumerate(corpus.lines("id_reuse.jsonl"))
    ]
    assert len(plays) == 6
    assert check(plays, tmp_path) == {"repeated_id": 10}


@pytest.mark.parametrize("policy", ["production", "tolerant"])
def test_unreadable_arguments_that_need_confirmation(policy: Literal["production", "tolerant"], tmp_path: Path) -> None:
    """Production hands confirmed unreadable arguments on as text; the tolerant policy refuses them unasked."""
    plays = []
    for why, given in hard():
        if why == "arguments not JSON":
            tools = {call.name for turn in given.turns for reply in turn.replies for call in reply.calls}
            plays.append(Play(given, policy, frozenset(tools), "confirm"))
    assert len(plays) == 4
    assert check(plays, tmp_path) == {"unreadable_arguments": 4}
