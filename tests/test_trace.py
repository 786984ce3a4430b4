"""Traces as JSON lines: stored, read again, and named where they are broken."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.completion import AskedCall
from harness.errors import InputError
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
    read_lines,
    write_lines,
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


LINE = dumps(trace(turn(round_(call(arguments={"a": 1})))).model_dump(mode="json"))


@FEW
@given(st.lists(TRACES, max_size=3))
def test_traces_come_back(tmp_path_factory: pytest.TempPathFactory, traces: list[Trace]) -> None:
    """Traces of any shape and text are stored as one line each of plain JSON, and read as what they were."""
    path = tmp_path_factory.mktemp("traces") / "traces.jsonl"
    write_lines(path, traces)
    lines = path.read_bytes().split(b"\n")
    assert [json.loads(line) for line in lines[:-1]] == [one.model_dump(mode="json") for one in traces]
    assert lines[-1] == b""
    assert list(read_lines(path, Trace)) == traces


@FEW
@given(TRACES)
def test_one_trace_has_one_text(one: Trace) -> None:
    """A trace that went through JSON has the same text again, key by key."""
    text = dumps(one.model_dump(mode="json"))
    assert dumps(Trace.model_validate_json(text).model_dump(mode="json")) == text


def refuse_constant(constant: str) -> None:
    """Fail on what Python writes and JSON does not know."""
    raise AssertionError(constant)


@pytest.mark.parametrize(
    "arguments",
    [
        '{"a": 1e999}',
        '{"a": [-1e999]}',
        '{"a": -0.0}',
        '{"a": 1.0}',
        f'{{"a": {"9" * 4000}}}',
        '{"a": "\\ud800"}',
        '{"\\ud800": 1}',
        '{"a": ["\\udc00\\ud800"]}',
        '{"a": "\\u2028"}',
        '{"a": "\\u0000"}',
        f'{{"a": {"[" * 150}{"]" * 150}}}',
        f'{{"a": {"[" * 300}{"]" * 300}}}',
        f'{{"a": {"[" * 900}{"]" * 900}}}',
        "{'a': 1}",
    ],
    ids=lambda text: text[:20],
)
def test_whatever_a_model_writes_can_be_stored(tmp_path: Path, arguments: str) -> None:
    """Arguments as a model may write them, parsed as the harness does, are stored as JSON and come back."""
    one = trace(turn(round_(call(arguments=AskedCall("c", "f", arguments).parsed(), raw=arguments))))
    write_lines(tmp_path / "traces.jsonl", [one])
    json.loads((tmp_path / "traces.jsonl").read_text("utf-8"), parse_constant=refuse_constant)
    assert list(read_lines(tmp_path / "traces.jsonl", Trace)) == [one]
    assert Trace.model_validate_json(one.model_dump_json()) == one


@pytest.mark.parametrize(
    ("content", "number", "what"),
    [
        (LINE[:60], 1, "not a trace: "),
        (f"{LINE}\n{LINE[:60]}", 2, "not a trace: "),
        (f"{LINE}\n{LINE[:60]}\n{LINE}\n", 2, "not a trace: "),
        (f"{LINE}\n{LINE}\nnull\n", 3, "not a trace: "),
        (f"{LINE}\n[]\n", 2, "not a trace: "),
        (f"{LINE}\n{{}}\n", 2, "not a trace: case: "),
        (f"{LINE}\n\n{LINE}\n", 2, "not a trace: "),
        (LINE.replace('"format": 1', '"format": 2'), 1, "not a trace: format: "),
        (LINE.replace('"repeat": 1', '"repeat": 1, "more": 1'), 1, "not a trace: more: "),
        (LINE.replace('"kind": "act"', '"kind": "acts"'), 1, "not a trace: turns[0].rounds[0].kind: "),
        (f"{LINE}\n<<<<<<< HEAD\n{LINE}\n", 2, "not a trace: "),
        (f"{LINE}\n{'[' * 100_000}\n", 2, "not a trace: "),
        (f'{LINE}\n{{"a": {"9" * 5_000}}}\n', 2, "not a trace: "),
        (b"\xff\xfe{}\n", 1, "not UTF-8"),
        (LINE.encode() + b'\n{"case": "\xff"}\n', 2, "not UTF-8"),
    ],
    ids=lambda value: str(value)[-20:],
)
def test_a_broken_line_is_named(tmp_path: Path, content: str | bytes, number: int, what: str) -> None:
    """A line that is not a trace is refused with its number and what is wrong in it, on one line."""
    path = tmp_path / "traces.jsonl"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError) as caught:
        list(read_lines(path, Trace))
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{path}:{number}:1: {what}")
    assert ": :" not in line


def test_the_lines_before_a_broken_one_are_read(tmp_path: Path) -> None:
    """What stands before a broken line is read before that is refused."""
    path = tmp_path / "traces.jsonl"
    path.write_text(f"{LINE}\n{{\n", "utf-8")
    lines = read_lines(path, Trace)
    assert next(lines) == trace(turn(round_(call(arguments={"a": 1}))))
    with pytest.raises(InputError):
        next(lines)


def test_no_lines(tmp_path: Path) -> None:
    """An empty file holds no traces."""
    (tmp_path / "traces.jsonl").write_text("", "utf-8")
    assert list(read_lines(tmp_path / "traces.jsonl", Trace)) == []


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there, and a folder in its place, are named."""
    for path in (tmp_path / "traces.jsonl", tmp_path):
        with pytest.raises(InputError) as caught:
            list(read_lines(path, Trace))
        assert str(caught.value).startswith(f"{path}:1:1: ")


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
