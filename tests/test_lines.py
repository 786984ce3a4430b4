"""Records as JSON lines: stored, read again one by one, and named where they are broken."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.completion import AskedCall
from harness.errors import InputError
from harness.lines import Lines, read_lines, write_lines
from harness.trace import Trace, dumps
from tests.test_trace import FEW, TRACES, call, round_, trace, turn

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
    stored = Lines(path, Trace)
    assert (len(stored), list(stored)) == (len(traces), traces)
    assert [stored[place] for place in reversed(range(len(traces)))] == traces[::-1]


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


def test_a_line_that_is_read_alone_is_named_like_others(tmp_path: Path) -> None:
    """A line that was broken since, or a file that is gone, is refused with its place."""
    path = tmp_path / "traces.jsonl"
    path.write_text(f"{LINE}\n{LINE}\n", "utf-8")
    stored = Lines(path, Trace)
    path.write_text(f"{LINE}\n{LINE.replace('final', 'fatal')}\n", "utf-8")
    with pytest.raises(InputError, match=f"{path}:2:1: not a trace: "):
        stored[1]
    path.unlink()
    with pytest.raises(InputError, match=f"{path}:1:1: cannot be read: "):
        stored[0]
