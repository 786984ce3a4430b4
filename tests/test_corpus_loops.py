"""Recorded tool loops of real models go through the loop, recorded and replayed."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from harness.case import Case
from harness.matching import difference
from harness.outcome import Outcome
from harness.runner import run_many
from harness.trace import calls_of
from tests import corpus

pytestmark = pytest.mark.slow

HISTORY = 6
"""How many session messages the loop sends."""

Record = dict[str, Any]


@dataclass(frozen=True)
class Recorded:
    """One recorded loop, in which the user answers so when asked about the dangerous tools, or is not asked."""

    record: Record
    answer: Literal["confirm", "deny"] | None = None

    @property
    def id(self) -> str:
        """The loop's id."""
        return str(self.record["id"])

    @property
    def tools(self) -> list[str]:
        """The tools' names."""
        return list(dict.fromkeys(self.record["expect"]["tools"]))

    @property
    def replies(self) -> list[Record]:
        """The model's messages."""
        return [turn["choices"][0]["message"] for turn in self.record["turns"]]

    @property
    def head(self) -> list[Record]:
        """The system message, the texts of the session, and the task: the last message where no user speaks."""
        asked: list[Record] = [*self.record["context"], *([self.record["user"]] if self.record["user"] else [])]
        *before, task = asked
        session = [
            {"role": message["role"], "content": message["content"]}
            for message in before
            if message["role"] in ("user", "assistant") and message["content"]
        ]
        prompt = "".join(message["content"] for message in before if message["role"] == "system")
        return [{"role": "system", "content": prompt}, *session, {"role": "user", "content": task["content"]}]

    def asks(self, call: Record) -> bool:
        """Tell whether the user is asked about a call."""
        return self.answer is not None and call["function"]["name"] in self.record["dangerous"]

    def result(self, call: Record) -> str:
        """Return what the model must be told of a call."""
        denied = self.answer == "deny" and self.asks(call)
        return "Action denied by user." if denied else str(self.record["tool_results"][call["id"]])

    def case(self, folder: Path) -> Case:
        """Return the case in which the model replies and the tools return what was recorded."""
        system, *session, task = self.head
        calls = [call for reply in self.replies for call in reply.get("tool_calls") or ()]
        results = ((call["function"]["name"], self.record["tool_results"][call["id"]]) for call in calls)
        answers = [{"otherwise": self.answer}] if self.answer else []
        return corpus.case(
            folder,
            self.id,
            {
                "session": session,
                "tools": corpus.rules(results),
                "turns": [{"user": task["content"], "answers": answers}],
            },
            [[{"body": body} for body in self.record["turns"]]],
            self.tools,
            confirm=self.record["dangerous"] if self.answer else (),
            prompt=system["content"],
        )

    def expected(self) -> Record:
        """Return all that must be seen: what the trace says, what reached the tools, and what was sent."""
        system, *session, task = self.head
        sections = [f"## Policy\n\n{system['content'].strip()}"] if system["content"] else []
        prompt = "\n\n".join([*sections, corpus.TEXTS.tools_available])
        messages = [{"role": "system", "content": prompt}, *session[-HISTORY:], task]
        requests, executed, calls = [], [], []
        for reply in self.replies:
            requests.append(self._request(messages, "auto"))
            asked = reply.get("tool_calls") or []
            free = [call for call in asked if not self.asks(call)]
            held = [call for call in asked if self.asks(call)]
            text = {"content": reply["content"]} if reply["content"] else {}
            messages = [*messages, {"role": "assistant", **text, "tool_calls": asked}]
            messages += [_told(call, self.result(call)) for call in free]
            if held:
                waiting = [f"[AWAITING USER CONFIRMATION for {call['function']['name']}]" for call in held]
                requests.append(self._request([*messages, *map(_told, held, waiting)], "none"))
                messages += [_told(call, self.result(call)) for call in held]
            ran = free if self.answer == "deny" else [*free, *held]
            executed += [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in ran]
            for call in asked:
                denied = self.answer == "deny" and call in held
                calls.append(
                    {
                        "id": call["id"],
                        "decision": "none" if call in free else "denied" if denied else "confirmed",
                        "outcome": "denied" if denied else "executed",
                        "result": self.result(call),
                    }
                )
        expect = self.record["expect"]
        notices = len(requests) - len(self.replies)
        return {
            "error": None,
            "stop": "final",
            "anomalies": (),
            "calls": [
                {**call, "name": name, "raw_arguments": arguments, "arguments": json.loads(arguments)}
                for call, (name, arguments) in zip(calls, expect["calls"], strict=True)
            ],
            "rounds": expect["rounds"] + notices,
            "notices": notices,
            "response": expect["final"],
            "executed": executed,
            "requests": requests,
        }

    def _request(self, messages: Sequence[Record], tool_choice: str) -> Record:
        return {
            "model": corpus.MODEL,
            "messages": messages,
            "tools": corpus.offered(self.tools),
            "tool_choice": tool_choice,
        }


def _told(call: Record, text: str) -> Record:
    return {"role": "tool", "tool_call_id": call["id"], "content": text}


def seen(outcome: Outcome, executed: Sequence[tuple[str, Record]]) -> Record:
    """Return what was seen of a case beside its requests."""
    trace = outcome.trace
    return {
        "error": trace.error,
        "stop": trace.stop,
        "anomalies": trace.anomalies,
        "calls": [call.model_dump() for call in calls_of(trace.turns)],
        "rounds": trace.counts.rounds,
        "notices": trace.counts.notices,
        "response": trace.turns[-1].response if trace.turns else None,
        "executed": list(executed),
    }


def run(cases: Sequence[Case], cassettes: Path, *, live: bool) -> list[tuple[Outcome, Record]]:
    """Run the cases 50 at a time, and return what came of them with what was seen."""
    executions: corpus.Executions = {}
    corpus.executions.set(executions)
    outcomes = asyncio.run(run_many(cases, cassettes, live=live, jobs=50))
    names = (case.settings.catalogue.label for case in cases)
    return [(outcome, seen(outcome, executions.get(name, ()))) for name, outcome in zip(names, outcomes, strict=True)]


def check(loops: Sequence[Recorded], folder: Path) -> None:
    """Record loops and replay them; what is seen must be as expected both times, the traces equal to the byte."""
    cases = [loop.case(folder / "scenarios") for loop in loops]
    recorded = run(cases, folder / "cassettes", live=True)
    replayed = run(cases, folder / "cassettes", live=False)
    wrong: dict[str, Any] = {}
    for loop, (first, one), (second, other) in zip(loops, recorded, replayed, strict=True):
        expected = loop.expected()
        # A replay sends what is on the cassette, or fails.
        sent = {"requests": corpus.requests(first.case.cassette(folder / "cassettes"))}
        wrong[f"{loop.id} recorded"] = difference(expected, one | sent)
        wrong[f"{loop.id} replayed"] = difference(expected, other | sent)
        if not (first.saved and second.replays):
            wrong[f"{loop.id} cassette"] = (first.saved, second.unplayed)
        if first.trace.model_dump_json() != second.trace.model_dump_json():
            wrong[f"{loop.id} trace"] = difference(first.trace.model_dump(), second.trace.model_dump())
    assert {name: what for name, what in wrong.items() if what is not None} == {}


def test_loops_come_out_as_recorded(tmp_path: Path) -> None:
    """All recorded loops make the same calls and send the same messages, and end with the same text."""
    loops = [Recorded(record) for record in corpus.lines("loops.jsonl")]
    assert len(loops) == 139
    check(loops, tmp_path)


@pytest.mark.parametrize("answer", ["confirm", "deny"])
def test_dangerous_calls_run_only_when_confirmed(answer: Literal["confirm", "deny"], tmp_path: Path) -> None:
    """The recorded dangerous calls all run when confirmed, none of them when denied, and the others always."""
    loops = [Recorded(record, answer) for record in corpus.lines("loops.jsonl") if record["dangerous"]]
    assert len(loops) == 45
    check(loops, tmp_path)
