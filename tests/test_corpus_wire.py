"""Recorded responses of real endpoints are given to the loop under both of its policies."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest

from harness.case import Case
from harness.matching import difference
from harness.outcome import Outcome
from harness.runner import run_many
from harness.trace import Failure, calls_of
from tests import corpus

pytestmark = pytest.mark.slow

DONE = "Done."
"""The final text that follows a response with calls."""

Record = dict[str, Any]
Policy = Literal["production", "tolerant"]


class Asked(NamedTuple):
    """One tool call as it is recorded."""

    id: str
    name: str
    arguments: str


def asked(message: Record) -> list[Asked]:
    """Return the calls of a recorded message; a call without arguments has an empty text."""
    return [
        Asked(call["id"], call["function"]["name"], call["function"].get("arguments") or "")
        for call in message.get("tool_calls") or ()
    ]


def as_text(content: str | list[Record]) -> str:
    """Return a recorded result as text, its parts joined."""
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def without_blanks(call: Asked) -> Asked:
    """Return a call with no blanks in its arguments."""
    return call._replace(arguments="".join(call.arguments.split()))


class Answered(NamedTuple):
    """The calls of a response with all their results, as the next recorded request has them."""

    calls: list[Asked]
    results: list[Record]


@dataclass(frozen=True)
class Exchange:
    """One recorded response, read as plain JSON, and the messages of the request that was recorded after it."""

    id: str
    status: int
    body: str
    following: list[Record] = field(repr=False)

    @property
    def data(self) -> Record:
        """The body, empty where it is not JSON."""
        try:
            data: Record = json.loads(self.body)
        except ValueError:
            return {}
        return data

    @property
    def choice(self) -> Record | None:
        """The first choice, or None where there is none."""
        choices: list[Record] = self.data.get("choices") or []
        return choices[0] if choices and self.status == 200 else None

    @property
    def calls(self) -> list[Asked]:
        """The tool calls."""
        return asked(self.choice["message"]) if self.choice else []

    @property
    def text(self) -> str:
        """The text."""
        return (self.choice["message"].get("content") or "") if self.choice else ""

    @property
    def answered(self) -> Answered | None:
        """What the next recorded request says of the calls, or None where it does not answer all of them."""
        ids = [call.id for call in self.calls]
        for at, message in enumerate(self.following):
            calls, results = asked(message), self.following[at + 1 : at + 1 + len(ids)]
            if ids and [call.id for call in calls] == ids == [result.get("tool_call_id") for result in results]:
                return Answered(calls, results)
        return None

    @property
    def results(self) -> list[str]:
        """What the tools return: the recorded results, or `ok` where there are none."""
        recorded = self.answered
        return [as_text(result["content"]) for result in recorded.results] if recorded else ["ok"] * len(self.calls)

    def expected(self, policy: Policy) -> Record:
        """Return what must come of it."""
        if self.choice is None:
            return {"kind": "error", "stop": "error", "response": None, "calls": []}
        reason = self.choice["finish_reason"]
        cut = policy == "tolerant" and reason in ("length", "content_filter")
        acts = policy == "tolerant" or reason == "tool_calls"
        if self.calls and acts and not cut:
            calls = [(*call, "executed", result) for call, result in zip(self.calls, self.results, strict=True)]
            return {"kind": "executed", "stop": "final", "response": DONE, "calls": calls}
        return {
            "kind": "cut" if cut else "dropped" if self.calls else "text",
            "stop": "cut" if cut else "final",
            "response": self.text,
            "calls": [(*call, "dropped", None) for call in self.calls],
        }

    def case(self, name: str, policy: Policy, folder: Path) -> Case:
        """Return the case in which this is the first response."""
        tools = [call.name for call in self.calls]
        return corpus.case(
            folder,
            name,
            {"turns": [{"user": "Go on."}], "tools": corpus.rules(zip(tools, self.results, strict=True))},
            [[{"raw": self.body, "status": self.status}, {"text": DONE}]],
            # Where there are no tools, production sends an empty list of them, which the endpoint refuses.
            dict.fromkeys([*tools, "another"]),
            policy=policy,
        )


def exchanges() -> list[Exchange]:
    """Return all recorded responses."""
    found: list[Exchange] = []
    for record in corpus.lines("wire.jsonl"):
        requests = [*(interaction["request"]["body"] for interaction in record["interactions"]), {}]
        for at, interaction in enumerate(record["interactions"]):
            response, following = interaction["response"], requests[at + 1].get("messages") or []
            found.append(Exchange(f"{record['file']} {at}", response["status"], response["body"], following))
    return found


def run(given: Sequence[Exchange], policy: Policy, folder: Path) -> list[Outcome]:
    """Give each response to the loop, through the loopback endpoint, and return what came of them."""
    corpus.executions.set({})
    cases = [exchange.case(f"{number}", policy, folder / "scenarios") for number, exchange in enumerate(given)]
    return asyncio.run(run_many(cases, folder / "cassettes", live=True, jobs=8))


def is_clear(exchange: Exchange, error: Failure | None) -> bool:
    """Tell whether an error is the endpoint's and holds its own message, or its whole answer where it has none."""
    told = exchange.data.get("error", {}).get("message") or exchange.body
    return error is not None and error.kind == "model" and told in error.message


@pytest.mark.parametrize(
    ("policy", "counts"),
    [
        ("production", {"executed": 223, "text": 132, "dropped": 4, "error": 34}),
        ("tolerant", {"executed": 227, "text": 124, "cut": 8, "error": 34}),
    ],
)
def test_responses_are_used_or_end_with_a_clear_error(policy: Policy, counts: dict[str, int], tmp_path: Path) -> None:
    """Each recorded response gives executed calls, a final text, a cut, or one error in the endpoint's own words."""
    given = exchanges()
    kinds: Counter[str] = Counter()
    wrong: dict[str, Any] = {}
    for exchange, outcome in zip(given, run(given, policy, tmp_path), strict=True):
        trace, expected = outcome.trace, exchange.expected(policy)
        kinds[expected.pop("kind")] += 1
        seen = {
            "stop": trace.stop,
            "response": trace.turns[0].response,
            "calls": [
                (call.id, call.name, call.raw_arguments, call.outcome, call.result) for call in calls_of(trace.turns)
            ],
        }
        if seen != expected or is_clear(exchange, trace.error) != (trace.stop == "error"):
            wrong[exchange.id] = (difference(expected, seen), trace.error)
    assert wrong == {}
    assert kinds == counts


@pytest.mark.parametrize(
    ("policy", "counts"),
    [
        ("production", {"to the byte": 104, "but for blanks": 4, "parts": 1}),
        ("tolerant", {"to the byte": 106, "but for blanks": 4, "parts": 1}),
    ],
)
def test_next_request_is_as_recorded(policy: Policy, counts: dict[str, int], tmp_path: Path) -> None:
    """Where the next recorded request answers all calls, ours carries the same ids, argument strings and results.

    Four of the recorded clients wrote the arguments anew with other blanks, where ours are the response's; one wrote a
    result in parts, where ours is their text.
    """
    given = [
        (exchange, exchange.answered)
        for exchange in exchanges()
        if exchange.answered and exchange.expected(policy)["kind"] == "executed"
    ]
    counted: Counter[str] = Counter()
    wrong: dict[str, Any] = {}
    outcomes = run([exchange for exchange, _ in given], policy, tmp_path)
    for (exchange, recorded), outcome in zip(given, outcomes, strict=True):
        sent = corpus.requests(outcome.case.cassette(tmp_path / "cassettes"))
        text = {"content": exchange.text} if exchange.text else {}
        calls = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in exchange.calls
        ]
        results = [
            {"role": "tool", "tool_call_id": result["tool_call_id"], "content": as_text(result["content"])}
            for result in recorded.results
        ]
        expected = [*sent[0]["messages"], {"role": "assistant", **text, "tool_calls": calls}, *results]
        if len(sent) != 2 or sent[1]["messages"] != expected:
            wrong[exchange.id] = difference(expected, sent[-1]["messages"])
        elif recorded.calls == exchange.calls:
            counted["to the byte"] += 1
        elif [*map(without_blanks, recorded.calls)] == [*map(without_blanks, exchange.calls)]:
            counted["but for blanks"] += 1
        counted["parts"] += sum(not isinstance(result["content"], str) for result in recorded.results)
    assert wrong == {}
    assert counted == counts
