"""Traces: what they hold, and that they are the same once they were JSON."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.trace import (
    Anomaly,
    Call,
    Checkpoint,
    Counts,
    Failure,
    Pending,
    Round,
    Trace,
    Turn,
    Usage,
    calls_of,
    count,
    dumps,
)

FEW = settings(deadline=None, max_examples=60, derandomize=True, database=None)
TEXTS = st.text(max_size=8) | st.sampled_from(["\u2028", "\x85", "\r\n", "\x1c", "\ufeff", '"\\', "é😀"])
NUMBERS = st.integers(0, 10**18)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
USAGES = st.builds(Usage, prompt_tokens=NUMBERS, completion_tokens=NUMBERS)
CALLS = st.builds(
    Call,
    id=TEXTS,
    name=TEXTS,
    arguments=st.none() | st.dictionaries(TEXTS, JSON, max_size=3),
    raw_arguments=TEXTS,
    decision=st.sampled_from(["none", "confirmed", "denied", "unanswered"]),
    outcome=st.sampled_from(["executed", "failed", "refused", "denied", "dropped", "pending"]),
    result=st.none() | TEXTS,
)
ROUNDS = st.builds(
    Round,
    kind=st.sampled_from(["act", "notice"]),
    text=st.none() | TEXTS,
    finish_reason=st.none() | TEXTS,
    usage=st.none() | USAGES,
    calls=st.lists(CALLS, max_size=2).map(tuple),
)
CHECKPOINTS = st.builds(
    Checkpoint,
    round=NUMBERS,
    pending=st.lists(st.builds(Pending, call=NUMBERS, name=TEXTS), max_size=2).map(tuple),
    answer=st.sampled_from(["confirmed", "denied", None]),
)
STOPS = st.sampled_from(["final", "max_rounds", "cut", "unanswered", "error"])
TURNS = st.builds(
    Turn,
    user=TEXTS,
    offered=st.lists(TEXTS, max_size=2).map(tuple),
    response=st.none() | TEXTS,
    stop=STOPS,
    rounds=st.lists(ROUNDS, max_size=2).map(tuple),
    checkpoints=st.lists(CHECKPOINTS, max_size=2).map(tuple),
    workspace=st.none() | st.dictionaries(TEXTS, st.none() | TEXTS, max_size=2),
    state=st.none() | st.dictionaries(TEXTS, JSON, max_size=3),
)
ANOMALIES = st.builds(
    Anomaly,
    kind=st.sampled_from(
        ["dropped_calls", "unreadable_arguments", "calls_on_notice", "repeated_id", "empty_final"],
    ),
    turn=NUMBERS,
    round=NUMBERS,
    call=st.none() | NUMBERS,
    detail=TEXTS,
)
TRACES = st.builds(
    Trace,
    case=TEXTS,
    scenario=TEXTS,
    model=TEXTS,
    variant=TEXTS,
    repeat=NUMBERS,
    counts=st.builds(Counts, turns=NUMBERS, rounds=NUMBERS, notices=NUMBERS, calls=NUMBERS, checkpoints=NUMBERS),
    stop=STOPS,
    error=st.none() | st.builds(Failure, kind=TEXTS, message=TEXTS),
    anomalies=st.lists(ANOMALIES, max_size=2).map(tuple),
    usage=USAGES,
    turns=st.lists(TURNS, max_size=2).map(tuple),
)


def call(name: str = "f", arguments: dict[str, Any] | None = None, raw: str = "") -> Call:
    """Return a call that was executed."""
    return Call(
        id="c", name=name, arguments=arguments, raw_arguments=raw, decision="none", outcome="executed", result="r"
    )


def trace(*turns: Turn) -> Trace:
    """Return a trace of these turns."""
    return Trace(
        case="a/b@m/chat+all",
        scenario="a/b",
        model="m",
        variant="chat+all",
        repeat=1,
        counts=count(turns),
        stop="final",
        error=None,
        anomalies=(),
        usage=Usage(),
        turns=turns,
    )


def turn(*rounds: Round, checkpoints: tuple[Checkpoint, ...] = ()) -> Turn:
    """Return a turn of these rounds."""
    return Turn(user="u", offered=("f",), response="x", stop="final", rounds=rounds, checkpoints=checkpoints)


def round_(*calls: Call, notice: bool = False) -> Round:
    """Return a round with these calls."""
    return Round(kind="notice" if notice else "act", text=None, finish_reason="stop", usage=None, calls=calls)


@FEW
@given(TRACES)
def test_one_trace_has_one_text(one: Trace) -> None:
    """A trace that went through JSON has the same text again, key by key."""
    text = dumps(one.model_dump(mode="json"))
    assert dumps(Trace.model_validate_json(text).model_dump(mode="json")) == text


def test_a_trace_is_frozen_and_knows_its_keys() -> None:
    """A trace cannot be changed and takes no key that it does not know."""
    one = trace()
    with pytest.raises(ValueError, match="frozen"):
        one.case = "other"  # type: ignore[misc]
    with pytest.raises(ValueError, match="more"):
        Trace.model_validate({**one.model_dump(), "more": 1})


def test_the_keys_of_a_trace_are_the_contract() -> None:
    """A stored trace has the keys that scripts rely on, in this order."""
    checkpoint = Checkpoint(round=1, pending=(Pending(call=1, name="f"),), answer="denied")
    stored = trace(turn(round_(call()), checkpoints=(checkpoint,))).model_dump(mode="json")
    (told,) = stored["turns"]
    (acted,) = told["rounds"]
    (asked,) = acted["calls"]
    assert [" ".join(one) for one in (stored, stored["counts"], told, acted, asked)] == [
        "format case scenario model variant repeat counts stop error anomalies usage turns",
        "turns rounds notices calls checkpoints",
        "user offered response stop rounds checkpoints",
        "kind text finish_reason usage calls",
        "id name arguments raw_arguments decision outcome result",
    ]
    assert told["checkpoints"] == [{"round": 1, "pending": [{"call": 1, "name": "f"}], "answer": "denied"}]


@pytest.mark.parametrize("key", ["workspace", "state"])
def test_files_and_state_are_left_out_where_there_are_none(key: str) -> None:
    """A turn has files and state behind its other keys where the scenario has them, be they empty, and else neither."""
    plain, empty = turn(), turn().model_copy(update={key: {}})
    assert [list(one.model_dump(mode="json"))[6:] for one in (plain, empty)] == [[], [key]]
    for one in (plain, empty):
        assert Turn.model_validate_json(one.model_dump_json()) == one


def test_counting() -> None:
    """Turns, rounds, notices among them, calls and checkpoints of a whole case are counted."""
    pause = Checkpoint(round=1, pending=(), answer=None)
    turns = [
        turn(round_(call(), call()), round_(notice=True), checkpoints=(pause, pause)),
        turn(round_(call())),
        turn(),
    ]
    assert count(iter(turns)) == Counts(turns=3, rounds=3, notices=1, calls=3, checkpoints=2)
    assert count([]) == Counts(turns=0, rounds=0, notices=0, calls=0, checkpoints=0)


def test_calls_stand_in_the_order_of_the_model() -> None:
    """All calls of a case follow each other as the model asked for them."""
    turns = [turn(round_(call("a"), call("b")), round_(call("c"))), turn(round_(call("a")))]
    assert [one.name for one in calls_of(iter(turns))] == ["a", "b", "c", "a"]
