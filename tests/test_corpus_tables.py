"""Recorded conversations that are no clean loops, with what must come of them in tables that people can read."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest

from harness.case import Case
from harness.matching import difference
from harness.runner import run_many
from harness.trace import Trace, calls_of
from tests import corpus
from tests.test_corpus_hard import DONE, Asked, Conversation, conversation, hard

pytestmark = pytest.mark.slow

Policy = Literal["production", "tolerant"]

DENIED = corpus.TEXTS.denied
"""What the model is told of a call that the user denied."""


class Row(NamedTuple):
    """What comes of the four records of one peculiarity under one policy."""

    stops: dict[str, int]
    """How many turns end so."""
    outcomes: dict[str, int]
    """What becomes of how many calls."""
    anomalies: dict[str, int]
    """How many there are of each kind."""
    unended: int = 0
    """How many turns have no final answer in the record, so that `DONE` is played and is the response."""


# Counted in the records by the rules of the two policies, not taken from what the loop does.
PECULIARITIES: dict[str, dict[Policy, Row]] = {
    "tool_call id reused across user turns of one conversation (whole trajectory given)": {
        "production": Row({"final": 25}, {"executed": 49}, {"repeated_id": 9}, unended=2),
        "tolerant": Row({"final": 25}, {"executed": 49}, {"repeated_id": 9}, unended=2),
    },
    "tool_call id reused in a later turn": {
        "production": Row({"final": 4}, {"executed": 15}, {"repeated_id": 7}, unended=1),
        "tolerant": Row({"final": 4}, {"executed": 15}, {"repeated_id": 7}, unended=1),
    },
    "provider gave no tool_call id (synthetic here)": {
        "production": Row({"final": 4}, {"executed": 17}, {}),
        "tolerant": Row({"final": 4}, {"executed": 17}, {}),
    },
    "arguments not JSON": {
        "production": Row({"final": 4}, {"executed": 10}, {"unreadable_arguments": 4}),
        "tolerant": Row({"final": 4}, {"executed": 6, "refused": 4}, {"unreadable_arguments": 4}),
    },
    "finish_reason stop with tool_calls (Ollama)": {
        "production": Row({"final": 4}, {"dropped": 4}, {"dropped_calls": 4, "empty_final": 4}),
        "tolerant": Row({"final": 4}, {"executed": 4}, {}),
    },
    "final answer empty": {
        "production": Row({"final": 4}, {}, {"empty_final": 4}),
        "tolerant": Row({"final": 4}, {}, {"empty_final": 4}),
    },
    "6 or more parallel calls in one turn": {
        "production": Row({"final": 4}, {"executed": 41}, {}),
        "tolerant": Row({"final": 4}, {"executed": 41}, {}),
    },
    "ends on tool results (no final answer)": {
        "production": Row({"final": 4}, {"executed": 4}, {}, unended=4),
        "tolerant": Row({"final": 4}, {"executed": 4}, {}, unended=4),
    },
    "ends on tool_calls (no result, no final answer)": {
        "production": Row({"final": 4}, {"executed": 19}, {}, unended=4),
        "tolerant": Row({"final": 4}, {"executed": 19}, {}, unended=4),
    },
    "assistant text followed by more agent messages in the same user turn": {
        "production": Row({"final": 4}, {}, {}),
        "tolerant": Row({"final": 4}, {}, {}),
    },
    "user-side tool calls inside the turn": {
        "production": Row({"final": 4}, {"executed": 2}, {}),
        "tolerant": Row({"final": 4}, {"executed": 2}, {}),
    },
}


class Reuse(NamedTuple):
    """A dangerous call under the id of a harmless one that ran before it."""

    record: int
    model: str
    dangerous: str
    harmless: str
    id: str


REUSES = [
    Reuse(0, "gpt-4o", "update_reservation_flights", "get_reservation_details", "call_B1wTKndCK0SgWj4uYElOR9nt"),
    Reuse(1, "gpt-4o", "update_reservation_flights", "calculate", "call_VusDN6ekzbqpoU5uT6i3QRAH"),
    Reuse(2, "gpt-4o-2024-05-13", "post_webpage", "get_channels", "call_ViufvQ3r6UtBx0n6Y58XEYID"),
    Reuse(3, "gpt-4o-2024-05-13", "send_channel_message", "get_channels", "call_qNaRRQ1S84ekmHJsb6iSUiED"),
    Reuse(4, "gpt-4o-2024-05-13", "create_calendar_event", "get_day_calendar_events", "call_ulAVJNxnWuiKUnB2q352YLQH"),
    Reuse(5, "gpt-4o-mini-2024-07-18", "send_direct_message", "read_channel_messages", "call_mt3iR2WO31XfeHfEjdI0MAjm"),
    Reuse(5, "gpt-4o-mini-2024-07-18", "send_direct_message", "read_channel_messages", "call_JWEEScxZWoMLFMEjqpXWif0Z"),
    Reuse(5, "gpt-4o-mini-2024-07-18", "send_direct_message", "read_channel_messages", "call_3ER8DQID9xDwsANyyLQPzDRr"),
    Reuse(5, "gpt-4o-mini-2024-07-18", "send_direct_message", "read_channel_messages", "call_Owserbg6uZeNZcvAqf9h7G7B"),
]


class Told(NamedTuple):
    """A call in a request with the tool message that stands in its place, whatever id that has."""

    call: tuple[str, str]
    """The call's id and its tool."""
    result: tuple[str, str]
    """The message's id and its content."""


def case(given: Conversation, policy: Policy, folder: Path, dangerous: Sequence[str] = ()) -> Case:
    """Return the case of a conversation; the user denies what is asked about the dangerous tools.

    Every turn plays all its recorded replies and then `DONE`, so that the loop alone decides where the turn ends.
    """
    calls = [call for turn in given.turns for reply in turn.replies for call in reply.calls]
    answers = [{"otherwise": "deny"}] if dangerous else []
    return corpus.case(
        folder,
        given.id,
        {
            "session": given.session,
            "tools": corpus.rules((call.name, call.recorded) for call in calls),
            "turns": [{"user": turn.user, "answers": answers} for turn in given.turns],
        },
        [[*({"body": reply.body} for reply in turn.replies), {"text": DONE}] for turn in given.turns],
        # Where there are no tools, production sends an empty list of them, which the endpoint refuses.
        dict.fromkeys([*(call.name for call in calls), "another"]),
        confirm=dangerous,
        policy=policy,
    )


def run(cases: Sequence[Case], cassettes: Path, *, live: bool) -> tuple[list[Trace], corpus.Executions]:
    """Record or replay the cases, and return their traces and what reached their tools."""
    executions: corpus.Executions = {}
    corpus.executions.set(executions)
    outcomes = asyncio.run(run_many(cases, cassettes, live=live, jobs=8))
    return [outcome.trace for outcome in outcomes], executions


def row(traces: Sequence[Trace]) -> Row:
    """Return what came of the records of one peculiarity."""
    turns = [turn for trace in traces for turn in trace.turns]
    return Row(
        Counter(turn.stop for turn in turns),
        Counter(call.outcome for call in calls_of(turns)),
        Counter(anomaly.kind for trace in traces for anomaly in trace.anomalies),
        sum(turn.response == DONE for turn in turns),
    )


def reuses(number: int, record: dict[str, Any]) -> list[Reuse]:
    """Return a record's calls under the id of an earlier call of another tool, in order."""
    found: list[Reuse] = []
    tools: dict[str, str] = {}
    for message in record["messages"]:
        for call in message.get("tool_calls") or ():
            name = call["function"]["name"]
            first = tools.setdefault(call["id"], name)
            if first != name:
                found.append(Reuse(number, record["model"], name, first, call["id"]))
    return found


def told(request: dict[str, Any]) -> list[Told]:
    """Return the calls in a request, the first of a message with the message behind it, the second with the next."""
    messages = request["messages"]
    return [
        Told((call["id"], call["function"]["name"]), (result["tool_call_id"], result["content"]))
        for at, message in enumerate(messages)
        for call, result in zip(message.get("tool_calls") or (), messages[at + 1 :], strict=False)
    ]


def wire(given: Conversation, dangerous: Sequence[str]) -> list[list[Told]]:
    """Return what each request must tell of the calls of its turn, where the dangerous ones are denied.

    In these records no message has both dangerous and harmless calls, so that results stand in the order of the calls.
    """
    expected: list[list[Told]] = []

    def under(call: Asked, content: str) -> Told:
        return Told((call.id, call.name), (call.id, content))

    for turn in given.turns:
        before: list[Told] = []
        for reply in turn.replies:
            expected.append(list(before))
            held = [call for call in reply.calls if call.name in dangerous]
            assert len(held) in (0, len(reply.calls))
            if held:
                waiting = [under(call, f"[AWAITING USER CONFIRMATION for {call.name}]") for call in held]
                expected.append([*before, *waiting])
            before += [under(call, DENIED if held else call.recorded) for call in reply.calls]
        if turn.replies[-1].calls:
            expected.append(before)
    return expected


@pytest.mark.parametrize("policy", ["production", "tolerant"])
def test_each_peculiarity_has_the_stops_and_outcomes_of_the_table(policy: Policy, tmp_path: Path) -> None:
    """The turns stop, the calls end and the anomalies are counted as the table says, recorded and replayed.

    Nobody is asked about any call. Where a turn of the record ends on calls or on their results, one more reply is
    played, the text `DONE`; a call without a recorded result gives `ok`. A record ends before a user's own calls, and
    what the model said after its final text in a turn is never asked for. Ids made up for the record are left empty.
    """
    given = hard()
    cases = [case(one, policy, tmp_path / "scenarios") for _, one in given]
    assert Counter(why for why, _ in given) == dict.fromkeys(PECULIARITIES, 4)
    for live in (True, False):
        traces, _ = run(cases, tmp_path / "cassettes", live=live)
        assert [trace.error for trace in traces] == [None] * len(traces)
        seen = {
            why: row([trace for (its, _), trace in zip(given, traces, strict=True) if its == why])
            for why in PECULIARITIES
        }
        assert seen == {why: rows[policy] for why, rows in PECULIARITIES.items()}, f"live={live}"


def test_the_records_reuse_the_ids_of_the_table() -> None:
    """The dangerous calls of the table and their harmless twins are those of the records, no more and no fewer."""
    records = corpus.lines("id_reuse.jsonl")
    assert [found for number, record in enumerate(records) for found in reuses(number, record)] == REUSES
    # The records say of themselves which of their calls are dangerous.
    assert [hit for record in records for hit in record["hits"]] == [
        [reuse.id, reuse.harmless, reuse.dangerous] for reuse in REUSES
    ]


@pytest.mark.parametrize("policy", ["production", "tolerant"])
def test_each_reused_id_denies_the_dangerous_call_and_runs_its_twin(policy: Policy, tmp_path: Path) -> None:
    """The dangerous call is denied and reaches no tool, its harmless twin runs, and each result stands under its call.

    The user denies every checkpoint. Two calls share an id, so the results are told apart by their places.
    """
    given = [conversation(f"{at}", (), record["messages"]) for at, record in enumerate(corpus.lines("id_reuse.jsonl"))]
    asked = [sorted({reuse.dangerous for reuse in REUSES if reuse.record == number}) for number in range(len(given))]
    cases = [case(one, policy, tmp_path / "scenarios", dangerous) for one, dangerous in zip(given, asked, strict=True)]
    for live in (True, False):
        traces, executions = run(cases, tmp_path / "cassettes", live=live)
        assert [trace.error for trace in traces] == [None] * len(traces)
        for reuse in REUSES:
            twin, _ = (call for call in _calls(given[reuse.record]) if call.id == reuse.id)
            seen = [
                (call.name, call.decision, call.outcome, call.result)
                for call in calls_of(traces[reuse.record].turns)
                if call.id == reuse.id
            ]
            assert seen == [
                (reuse.harmless, "none", "executed", twin.recorded),
                (reuse.dangerous, "denied", "denied", DENIED),
            ], f"{reuse}, live={live}"
        assert executions == {
            one.id: [(call.name, call.arguments) for call in _calls(one) if call.name not in dangerous]
            for one, dangerous in zip(given, asked, strict=True)
        }
    for one, dangerous, its in zip(given, asked, cases, strict=True):
        sent = [told(request) for request in corpus.requests(its.cassette(tmp_path / "cassettes"))]
        assert difference(wire(one, dangerous), sent) is None, one.id


def _calls(given: Conversation) -> list[Asked]:
    return [call for turn in given.turns for reply in turn.replies for call in reply.calls]
