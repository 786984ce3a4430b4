"""Streams of chunks are put together as the answer that they stand for."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.completion import read
from harness.errors import ModelError
from harness.streams import assembled, is_stream
from tests.build import EXAMPLES

CALLS = st.lists(
    st.tuples(st.text("abc", min_size=1), st.text("xyz", min_size=1), st.text('{}":a1 é', max_size=12)), max_size=3
)


def line(delta: dict[str, Any], reason: str | None = None, **more: Any) -> str:
    """Return one event of a stream."""
    return f"data: {json.dumps({**more, 'choices': [{'index': 0, 'delta': delta, 'finish_reason': reason}]})}\n\n"


def stream(text: str, calls: list[tuple[str, str, str]], cut: int) -> str:
    """Return the stream of an answer, its texts cut into pieces of so many signs."""
    events = [line({"role": "assistant"}), ": keep-alive\n\n"]
    events += [line({"content": text[at : at + cut]}) for at in range(0, len(text), cut)]
    for place, (name, call, arguments) in enumerate(calls):
        head = {"index": place, "id": call, "type": "function", "function": {"name": name, "arguments": ""}}
        events.append(line({"tool_calls": [head]}))
        for at in range(0, len(arguments), cut):
            part = {"index": place, "function": {"arguments": arguments[at : at + cut]}}
            events.append(line({"tool_calls": [part]}))
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    ended = line({}, "tool_calls" if calls else "stop")
    return "".join([*events, ended, f"data: {json.dumps({'choices': [], 'usage': usage})}\n\n", "data: [DONE]\n\n"])


@EXAMPLES
@given(st.text("abc é\n", max_size=20), CALLS, st.integers(1, 5))
def test_a_stream_says_what_the_whole_answer_says(text: str, calls: list[tuple[str, str, str]], cut: int) -> None:
    """However it is cut, text, calls with their argument texts and the reason to stop come out whole."""
    events = stream(text, calls, cut)
    assert is_stream(events)
    answer = read(assembled(events))
    assert (answer.text, answer.finish_reason) == (text, "tool_calls" if calls else "stop")
    assert [(one.name, one.id, one.arguments) for one in answer.calls] == calls


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("data: [DONE]\n", "the stream holds no part of an answer"),
        ("data: {x\n", "the stream cannot be put together at chunk 1: "),
    ],
)
def test_a_stream_that_is_none(text: str, said: str) -> None:
    """What cannot be put together is told."""
    with pytest.raises(ModelError, match=said):
        assembled(text)
