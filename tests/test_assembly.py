"""Traces put together from what is seen at the seams."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.assembly import TurnLog, anomalies, usage_of
from harness.cassette import Exchange, Tape, installed, playing
from harness.errors import LoopError, ModelError
from harness.loop import make
from harness.rules import Rule
from harness.tools import Execution, ToolSet
from harness.trace import Anomaly, Call, Checkpoint, Pending, Round, Turn, Usage, calls_of
from tests.wire import Answer, calls, endpoint, says, settings


def watched(
    answers: Sequence[Answer | dict[str, Any]],
    confirm: Sequence[bool | None] = (),
    *,
    policy: str = "production",
    max_rounds: int = 8,
    raises: str | None = None,
) -> Turn:
    """Run production's loop with a log listening at the wire, the tools and the answers."""
    with endpoint(answers) as asked, installed():
        one = settings(asked.url, policy=policy, max_rounds=max_rounds)
        log = TurnLog("Do it.", one.loop.policy, {"write", "delete"})
        rule = Rule(raises=raises) if raises else Rule(returns="done")
        tools = ToolSet(one.catalogue, {name: [rule] for name in one.catalogue.tools}, report=log.executed)

        async def go() -> str:
            loop = make(tools, one)
            result = await loop.run("Do it.")
            for answer in confirm:
                log.paused()
                log.answered(answer)
                if answer is None:
                    break
                result = await loop.resume(result.checkpoint, answer)
            return result.response

        with playing(Tape.record(Path("unsaved.yaml"), log.exchanged)):
            return log.ended(asyncio.run(go()))


def fates(turn: Turn) -> list[tuple[str, str, str, str | None]]:
    """Return name, decision, outcome and result of each call."""
    return [(call.name, call.decision, call.outcome, call.result) for call in calls_of((turn,))]


def test_whole_turn_with_a_checkpoint() -> None:
    """A turn with a held and an executed call, a notice, an answer and a final text is put together whole."""
    answers = [
        calls(("c1", "write", '{"p": 1}'), ("c2", "read", "{}"), text="Both."),
        {**says("May I?"), "usage": {"prompt_tokens": 5, "completion_tokens": 2}},
        says("Done."),
    ]
    assert watched(answers, [False]) == Turn(
        user="Do it.",
        offered=("read", "write", "delete"),
        response="Done.",
        stop="final",
        rounds=(
            Round(
                kind="act",
                text="Both.",
                finish_reason="tool_calls",
                usage=None,
                calls=(
                    Call(
                        id="c1",
                        name="write",
                        arguments={"p": 1},
                        raw_arguments='{"p": 1}',
                        decision="denied",
                        outcome="denied",
                        result="Action denied by user.",
                    ),
                    Call(
                        id="c2",
                        name="read",
                        arguments={},
                        raw_arguments="{}",
                        decision="none",
                        outcome="executed",
                        result="done",
                    ),
                ),
            ),
            Round(
                kind="notice",
                text="May I?",
                finish_reason="stop",
                usage=Usage(prompt_tokens=5, completion_tokens=2),
                calls=(),
            ),
            Round(kind="act", text="Done.", finish_reason="stop", usage=None, calls=()),
        ),
        checkpoints=(Checkpoint(round=1, pending=(Pending(call=1, name="write"),), answer="denied"),),
    )


def test_ids_repeated_in_one_message_keep_their_calls() -> None:
    """A dangerous call under the id of a harmless one has its own decision, outcome and result."""
    turn = watched([calls(("x", "read", "{}"), ("x", "write", "{}")), says("?"), says("Done.")], [False])
    assert fates(turn) == [
        ("read", "none", "executed", "done"),
        ("write", "denied", "denied", "Action denied by user."),
    ]


def test_equal_calls_are_told_apart_by_their_place() -> None:
    """Of two equal calls each has its own execution."""
    turn = watched([calls(("a", "read", "{}"), ("b", "read", "{}")), says("Done.")])
    assert fates(turn) == [("read", "none", "executed", "done")] * 2


@pytest.mark.parametrize(
    ("confirm", "fate"),
    [
        ([True], ("confirmed", "executed", "done")),
        ([False], ("denied", "denied", None)),
        ([None], ("unanswered", "pending", None)),
    ],
)
def test_limit_after_a_checkpoint(confirm: list[bool | None], fate: tuple[str, str, str | None]) -> None:
    """At the limit a held call is executed or denied though no request follows, and unanswered it stays pending."""
    turn = watched([calls(("c1", "write", "{}")), says("?")], confirm, max_rounds=2)
    assert fates(turn) == [("write", *fate)]
    assert turn.stop == ("unanswered" if confirm == [None] else "max_rounds")


def test_two_checkpoints_have_their_own_rounds() -> None:
    """Each checkpoint names the round whose calls it holds."""
    answers = [calls(("a", "write", "{}")), says("?"), calls(("b", "delete", "{}")), says("??"), says("Done.")]
    turn = watched(answers, [True, False])
    assert [(seen.round, seen.answer) for seen in turn.checkpoints] == [(1, "confirmed"), (3, "denied")]
    assert [seen.kind for seen in turn.rounds] == ["act", "notice", "act", "notice", "act"]


RESUME = """
import asyncio, json, sys
from dataclasses import asdict
from pathlib import Path
from harness.cassette import Tape, installed, playing
from harness.loop import Checkpoint, make
from harness.rules import Rule
from harness.settings import Settings
from harness.tools import ToolSet

stored = json.loads(sys.stdin.read())
one = Settings.model_validate(stored["settings"])
events = []
rules = {name: [Rule(returns="done")] for name in one.catalogue.tools}
tools = ToolSet(one.catalogue, rules, report=lambda done: events.append(["executed", asdict(done)]))
tape = Tape.record(Path("unsaved.yaml"), lambda heard: events.append(["exchanged", asdict(heard)]))
with installed(), playing(tape):
    result = asyncio.run(make(tools, one).resume(Checkpoint.model_validate(stored["checkpoint"]), stored["confirmed"]))
print(json.dumps([events, result.response]))
"""


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_resume_in_another_process_gives_the_same_trace(confirmed: bool) -> None:
    """A turn whose second half runs in another process, from JSON, is put together as if it ran in one."""
    answers = [calls(("a", "write", '{"p": 1}'), ("b", "read", "{}")), says("May I?"), says("Done.")]
    with endpoint(answers) as asked, installed():
        one = settings(asked.url)
        log = TurnLog("Do it.", one.loop.policy, {"write", "delete"})
        rules = {name: [Rule(returns="done")] for name in one.catalogue.tools}
        tools = ToolSet(one.catalogue, rules, report=log.executed)
        with playing(Tape.record(Path("unsaved.yaml"), log.exchanged)):
            result = asyncio.run(make(tools, one).run("Do it."))
        stored = {
            "settings": one.model_dump(mode="json"),
            "checkpoint": json.loads(result.checkpoint.model_dump_json()),
            "confirmed": confirmed,
        }
        there = subprocess.run(
            [sys.executable, "-c", RESUME], input=json.dumps(stored), capture_output=True, text=True, check=True
        )
    assert log.paused() == ["write"]
    log.answered(confirmed)
    events, response = json.loads(there.stdout)
    for kind, event in events:
        if kind == "executed":
            log.executed(Execution(**event))
        else:
            log.exchanged(Exchange(**event))
    assert log.ended(response) == watched(answers, [confirmed])


def test_failed_and_refused_calls() -> None:
    """A tool that raises fails, and an unknown or forbidden one is refused."""
    turn = watched(
        [calls(("a", "read", "{}"), ("b", "nope", "{}"), ("c", "root", "{}")), says("Done.")], raises="broken"
    )
    assert fates(turn) == [
        ("read", "none", "failed", "Tool error: broken"),
        ("nope", "none", "refused", "Tool error: there is no tool 'nope'"),
        ("root", "none", "refused", "Tool error: the tool 'root' is not allowed here"),
    ]


def test_dropped_calls_and_calls_on_a_notice_are_anomalies() -> None:
    """Calls that production drops, and calls that arrive on a notice, are dropped and recorded as anomalies."""
    dropped = watched([calls(("a", "read", "{}"), text="Hm.", finish_reason="stop")])
    noticed = watched([calls(("a", "write", "{}")), calls(("b", "write", "{}"), text="May I?"), says("Done.")], [True])
    assert fates(dropped) == [("read", "none", "dropped", None)]
    assert fates(noticed) == [("write", "confirmed", "executed", "done"), ("write", "none", "dropped", None)]
    assert anomalies((dropped, noticed)) == (
        Anomaly(
            kind="dropped_calls",
            turn=1,
            round=1,
            call=None,
            detail='finish_reason is "stop", so its calls are dropped: read',
        ),
        Anomaly(kind="repeated_id", turn=2, round=1, call=1, detail="write comes under the id of an earlier call: a"),
        Anomaly(
            kind="calls_on_notice",
            turn=2,
            round=2,
            call=None,
            detail="the notice came with calls, which are dropped: write",
        ),
    )


@pytest.mark.parametrize(
    ("policy", "fate"),
    [
        ("production", ("none", "executed", "done")),
        ("tolerant", ("none", "refused", "Tool error: the arguments are not a JSON object: x=1")),
    ],
)
def test_unreadable_arguments(policy: str, fate: tuple[str, str, str]) -> None:
    """Unreadable arguments are an anomaly under both policies, and refused under one."""
    turn = watched([calls(("a", "read", "x=1")), says("Done.")], policy=policy)
    assert fates(turn) == [("read", *fate)]
    assert [(one.kind, one.call) for one in anomalies((turn,))] == [("unreadable_arguments", 1)]


def test_tolerant_refuses_beside_a_held_call() -> None:
    """An unreadable call of a tool that needs confirmation is refused and not pending."""
    answers = [calls(("a", "write", "x=1"), ("b", "write", "{}")), says("?"), says("Done.")]
    turn = watched(answers, [True], policy="tolerant")
    assert [(call.outcome, call.decision) for call in calls_of((turn,))] == [
        ("refused", "none"),
        ("executed", "confirmed"),
    ]
    assert turn.checkpoints[0].pending == (Pending(call=2, name="write"),)


@pytest.mark.parametrize(("policy", "stop"), [("production", "final"), ("tolerant", "cut")])
def test_cut_messages(policy: str, stop: str) -> None:
    """A message that was cut ends the turn, and one policy says so."""
    assert watched([says("Half a", "length")], policy=policy).stop == stop


def executed(name: str, arguments: dict[str, Any]) -> Execution:
    """Return an execution as the tools report it."""
    return Execution(name, arguments, "executed", "done")


def test_a_denied_call_that_runs_is_shown_as_executed() -> None:
    """A loop that runs what the user denied is found out: the call is denied and executed."""
    log = TurnLog("Do it.", "production", {"write"})
    log.exchanged(Exchange({"messages": []}, 200, json.dumps(calls(("a", "write", "{}")))))
    assert log.paused() == ["write"]
    log.answered(False)
    log.executed(executed("write", {}))
    turn = log.ended("Done.")
    assert fates(turn) == [("write", "denied", "executed", "done")]
    assert log.unasked == []


def test_executions_that_nobody_asked_for_are_anomalies() -> None:
    """A call that runs twice, or that the model never made, is recorded with its round."""
    log = TurnLog("Do it.", "production", frozenset())
    log.executed(executed("read", {}))
    log.exchanged(Exchange({"messages": []}, 200, json.dumps(calls(("a", "read", '{"p": 1}')))))
    log.executed(executed("read", {"p": 1}))
    log.executed(executed("read", {"p": 1}))
    turn = log.ended("Done.")
    assert fates(turn) == [("read", "none", "executed", "done")]
    assert [(one.kind, one.round, one.detail) for one in anomalies((turn,), (log,))] == [
        ("unasked_execution", 0, "read ran with {}, which no call asked for"),
        ("unasked_execution", 1, 'read ran with {"p": 1}, which no call asked for'),
    ]


def test_empty_final_text_is_an_anomaly() -> None:
    """A final text that is empty is recorded."""
    assert [one.kind for one in anomalies((watched([says("")]),))] == ["empty_final"]


def test_errors_are_no_rounds() -> None:
    """A request that ends with an error is not counted as a call of the model."""
    log = TurnLog("Do it.", "production", frozenset())
    request = {"messages": [], "tools": [{"type": "function", "function": {"name": "read"}}]}
    log.exchanged(Exchange(request, 500, "{}"))
    log.exchanged(Exchange(request, 200, '{"error": "no"}'))
    assert log.ended(None, failed=True) == Turn(
        user="Do it.", offered=("read",), response=None, stop="error", rounds=(), checkpoints=()
    )


def test_tokens_are_added_up() -> None:
    """The usage of a case is that of all its rounds; rounds without it count nothing."""
    reply = {**says("?"), "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}}
    turns = (watched([reply]), watched([says("!")]), watched([reply]))
    assert usage_of(turns) == Usage(prompt_tokens=10, completion_tokens=4)


# Loops that say no policy


ASKED = {"messages": [], "tools": [{"type": "function", "function": {"name": "read"}}]}
"""A request that leaves it to the model to call tools."""


def seen(*asks: str, limit: int = 8) -> TurnLog:
    """Return the log of a loop that says no policy."""
    return TurnLog("Do it.", None, set(asks), limit)


def replied(log: TurnLog, reply: dict[str, Any], request: Mapping[str, Any] = ASKED, **told: str) -> None:
    """Let a log see a request, which tells the model of calls by their ids, and its reply."""
    messages = [
        {"role": "assistant", "tool_calls": []},
        *({"role": "tool", "tool_call_id": call_id, "content": text} for call_id, text in told.items()),
        {"role": "user", "content": "Go on."},
    ]
    log.exchanged(Exchange({**request, "messages": messages}, 200, json.dumps(reply)))


def test_without_a_policy_calls_are_told_from_what_was_seen() -> None:
    """Calls ran that arrived, were refused that were told of, and were dropped otherwise, whatever `finish_reason`."""
    log = seen()
    replied(log, calls(("a", "read", "{}"), ("b", "read", "x"), ("c", "root", "{}"), finish_reason="stop"))
    log.executed(executed("read", {}))
    replied(log, says("Done.", "length"), a="done", b="unreadable")
    turn = log.ended("Done.")
    assert turn.stop == "final"
    assert fates(turn) == [
        ("read", "none", "executed", "done"),
        ("read", "none", "refused", "unreadable"),
        ("root", "none", "dropped", None),
    ]
    assert [one.detail for one in anomalies((turn,), (log,)) if one.kind == "dropped_calls"] == [
        'finish_reason is "stop", and its calls are dropped: root'
    ]


def test_without_a_policy_calls_under_tool_calls_may_be_dropped() -> None:
    """A turn that ends on calls of which none ran has dropped them, even under `tool_calls` and below the limit."""
    log = seen("write")
    replied(log, calls(("a", "write", "{}"), ("b", "read", "{}")))
    turn = log.ended("Never mind.")
    assert (turn.stop, fates(turn)) == (
        "final",
        [("write", "none", "dropped", None), ("read", "none", "dropped", None)],
    )


@pytest.mark.parametrize(("limit", "stop"), [(1, "max_rounds"), (2, "final")])
def test_without_a_policy_the_limit_is_the_settings(limit: int, stop: str) -> None:
    """A turn that ends on calls that ran was stopped at its limit, where the settings' limit is reached."""
    log = seen(limit=limit)
    replied(log, calls(("a", "read", "{}")))
    log.executed(executed("read", {}))
    assert log.ended("I stop here.").stop == stop


def test_without_a_policy_a_last_text_at_the_limit_is_final() -> None:
    """A turn whose last round has no calls ended with its text, also at the limit."""
    log = seen(limit=1)
    replied(log, says("Done."))
    assert log.ended("Done.").stop == "final"


@pytest.mark.parametrize("request_", [ASKED, {**ASKED, "tool_choice": "none"}, {"messages": []}])
@pytest.mark.parametrize("notice", [says("May I?"), calls(("z", "write", "{}"), text="May I?")])
def test_without_a_policy_a_notice_is_seen(request_: Mapping[str, Any], notice: dict[str, Any]) -> None:
    """The round before a pause is a notice where calls wait before it, and none of its own can."""
    log = seen("write")
    replied(log, calls(("a", "write", "{}"), ("b", "read", "{}")))
    log.executed(executed("read", {}))
    replied(log, notice, request_, a="[wait]", b="done")
    free = request_ == ASKED and notice != says("May I?")
    assert log.paused() == ["write"]
    log.answered(False)
    kinds = [one.kind for one in log.ended("Done.").rounds]
    assert kinds == (["act", "act"] if free else ["act", "notice"])


def test_without_a_policy_a_pause_needs_no_notice() -> None:
    """A loop that pauses at once, without a request for a notice, has the calls of its last round waiting."""
    log = seen("write")
    replied(log, calls(("a", "read", "x")))
    replied(log, calls(("b", "write", "{}")), a="unreadable")
    assert log.paused() == ["write"]
    log.answered(True)
    log.executed(executed("write", {}))
    replied(log, says("Done."), b="done")
    turn = log.ended("Done.")
    assert [one.kind for one in turn.rounds] == ["act", "act", "act"]
    assert turn.checkpoints == (Checkpoint(round=2, pending=(Pending(call=1, name="write"),), answer="confirmed"),)
    assert fates(turn) == [("read", "none", "refused", "unreadable"), ("write", "confirmed", "executed", "done")]


def test_without_a_policy_a_loop_may_ask_about_other_tools() -> None:
    """Where no call that has not run needs confirmation, all of them wait."""
    log = seen("write")
    replied(log, calls(("a", "read", '{"p": 1}'), ("b", "read", '{"p": 2}')))
    assert log.paused() == ["read", "read"]
    log.answered(None)
    turn = log.ended("May I?")
    assert (turn.stop, [fate[1:3] for fate in fates(turn)]) == ("unanswered", [("unanswered", "pending")] * 2)


def test_without_a_policy_calls_may_run_late() -> None:
    """A loop that holds back all calls of a message runs those about which nobody is asked after a denial, too."""
    log = seen("write")
    replied(log, calls(("a", "read", "{}"), ("b", "write", "{}")))
    replied(log, says("May I?"))
    assert log.paused() == ["write"]
    log.answered(False)
    log.executed(executed("read", {}))
    replied(log, says("Done."), a="done", b="No.")
    assert fates(log.ended("Done.")) == [("read", "none", "executed", "done"), ("write", "denied", "denied", "No.")]
    assert log.unasked == []


def test_without_a_policy_a_loop_may_ask_call_by_call() -> None:
    """A second pause without a request in between is about the calls of the same round that have not run."""
    log = seen("write")
    replied(log, calls(("a", "write", '{"p": 1}'), ("b", "write", '{"p": 2}')))
    replied(log, says("May I?"))
    assert log.paused() == ["write", "write"]
    log.answered(True)
    log.executed(executed("write", {"p": 1}))
    assert log.paused() == ["write"]
    log.answered(False)
    turn = log.ended("Done.")
    assert [fate[:3] for fate in fates(turn)] == [("write", "confirmed", "executed"), ("write", "denied", "denied")]
    assert [(one.round, one.answer) for one in turn.checkpoints] == [(1, "confirmed"), (1, "denied")]


def test_what_the_endpoint_refused_is_kept_until_it_answers() -> None:
    """The reason of a failure is the endpoint's own, a stream is told as one, and a good answer ends both."""
    log = seen()
    log.exchanged(Exchange(ASKED, 429, '{"error": {"message": "Slowly."}}'))
    assert (type(log.failure), str(log.failure)) == (ModelError, "HTTP 429: Slowly.")
    log.exchanged(Exchange({"messages": [], "stream": True}, 200, "data: {}"))
    assert (type(log.failure), str(log.failure)) == (
        LoopError,
        "the loop asks for a stream ('stream': true), and only whole replies can be read; let it ask for those",
    )
    replied(log, says("Done."))
    assert log.failure is None
