"""A stream of chunks gives the same answer as the reply that did not come as one, however a provider cuts it."""

import json
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.completion import read
from harness.errors import ModelError
from harness.streams import assembled, is_stream
from tests.build import EXAMPLES

HEAD = {"id": "c1", "object": "chat.completion.chunk", "created": 7, "model": "m"}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KEYS = st.sampled_from(["choices", "delta", "index", "tool_calls", "function", "content", "id", "usage", "error"])


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return lists and objects of values, with the keys that chunks have."""
    return st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=4)


def event(chunk: Any) -> str:
    """Return one event of a stream."""
    return f"data: {chunk if isinstance(chunk, str) else json.dumps(chunk)}\n\n"


def delta(delta: dict[str, Any], reason: str | None = None, **head: Any) -> str:
    """Return the event of a chunk that adds this to the answer."""
    return event({**HEAD, **head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})


def call(index: int, arguments: str, **said: Any) -> dict[str, Any]:
    """Return what a chunk adds to a call."""
    name = {"name": said.pop("name")} if "name" in said else {}
    return {"tool_calls": [{"index": index, **said, "function": {**name, "arguments": arguments}}]}


def completion(content: str | None, calls: list[tuple[str, str]]) -> dict[str, Any]:
    """Return a reply that did not come as a stream."""
    asked = [
        {"id": f"call_{at}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for at, (name, arguments) in enumerate(calls)
    ]
    message = {"role": "assistant", "content": content, **({"tool_calls": asked} if asked else {})}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if asked else "stop"}
    return {**HEAD, "object": "chat.completion", "choices": [choice]}


@st.composite
def cut(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    """Return a reply, and a stream of the same: its texts cut anywhere, with what providers put between."""
    content = draw(st.none() | TEXTS.filter(bool))
    calls = draw(st.lists(st.tuples(st.sampled_from(["find", "send"]), TEXTS), max_size=3))
    between = st.sampled_from(
        ["", ": keep-alive\n\n", ": OPENROUTER PROCESSING\n\n", event({**HEAD, "choices": []}), "event: x\n"]
    )
    whole = completion(content, calls)
    parts = [{"role": "assistant", "content": content if content is None else ""}]
    parts += [{"content": part} for part in draw(pieces(content or ""))]
    for at, (name, arguments) in enumerate(calls):
        parts.append(call(at, "", id=f"call_{at}", type="function", name=name))
        parts += [call(at, part) for part in draw(pieces(arguments))]
    events = [draw(between) + delta(part) for part in parts]
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    end = draw(st.sampled_from(["", event("[DONE]"), event({**HEAD, "choices": [], "usage": usage}) + event("[DONE]")]))
    return whole, "".join([*events, delta({}, whole["choices"][0]["finish_reason"]), end])


@st.composite
def pieces(draw: st.DrawFn, text: str) -> list[str]:
    """Return a text in pieces."""
    ends = sorted({*draw(st.sets(st.integers(0, len(text)), max_size=4)), 0, len(text)})
    return [text[start:end] for start, end in pairwise(ends)]


@EXAMPLES
@given(cut())
def test_a_stream_gives_the_answer_that_was_cut(both: tuple[dict[str, Any], str]) -> None:
    """Content, calls with their argument texts, and the reason to stop are those of the reply before it was cut."""
    whole, stream = both
    now, was = read(assembled(stream)), read(json.dumps(whole))
    assert (now.content or None, now.calls, now.finish_reason) == (was.content or None, was.calls, was.finish_reason)


def test_the_whole_answer() -> None:
    """A stream with text and two calls is one plain completion, with no traces of the chunks."""
    stream = "".join(
        [
            delta({"role": "assistant", "content": "I "}),
            delta({"content": "look."}),
            delta(call(0, "", id="a", type="function", name="find")),
            delta(call(0, '{"id": ')),
            delta(call(0, "7}")),
            delta(call(1, "{}", id="b", type="function", name="list")),
            delta({}, "tool_calls"),
            event("[DONE]"),
            event("what comes behind the end"),
        ]
    )
    body = json.loads(assembled(stream))
    (choice,) = body.pop("choices")
    message = choice.pop("message")
    assert body | {"object": "chat.completion"} == body
    assert (body["id"], body["created"], body["model"], choice["finish_reason"]) == ("c1", 7, "m", "tool_calls")
    assert message == {
        "role": "assistant",
        "content": "I look.",
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "find", "arguments": '{"id": 7}'}},
            {"id": "b", "type": "function", "function": {"name": "list", "arguments": "{}"}},
        ],
    }


@pytest.mark.parametrize("missing", ["id", "created", "model", "object"])
def test_fields_that_providers_leave_out(missing: str) -> None:
    """A chunk without one of the fields that say nothing of the answer is read like any other."""
    head = {key: value for key, value in HEAD.items() if key != missing}
    chunk = {**head, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hi"}}]}
    assert read(assembled(event(chunk))).text == "Hi"


def test_lines_end_in_every_way() -> None:
    """Events whose lines end as on Windows, or have no blank behind the colon, are read."""
    stream = delta({"role": "assistant", "content": "Hi"}) + delta({}, "stop")
    assert read(assembled(stream.replace("\n", "\r\n").replace("data: ", "data:"))).text == "Hi"


def test_signs_that_are_line_ends_elsewhere() -> None:
    """A separator of lines inside a text does not end the event."""
    chunk = {**HEAD, "choices": [{"index": 0, "delta": {"content": "a\u2028b\u0085c"}}]}
    assert read(assembled(event(json.dumps(chunk, ensure_ascii=False)))).text == "a\u2028b\u0085c"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("data: x\n\ndata: [DONE]", True),
        ("\n\ndata: {}", True),
        ("event: message\ndata: {}", True),
        (": keep-alive\n", True),
        (":\n", True),
        ('{"choices": []}', False),
        ("", False),
        ("database: {}", False),
    ],
)
def test_what_is_a_stream(body: str, *, told: bool) -> None:
    """A body is a stream by how it begins."""
    assert is_stream(body) is told


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        ("data: [DONE]\n", "the stream holds no part of an answer"),
        (": keep-alive\n\n", "the stream holds no part of an answer"),
        (event({**HEAD, "choices": []}), "the stream holds no part of an answer"),
        (event("{"), "the stream cannot be put together at chunk 1: "),
        (delta({"content": "a"}) + event("{"), "the stream cannot be put together at chunk 2: "),
        (event({"choices": [5]}), "the stream cannot be put together at chunk 1: "),
        (event('{"error": {"message": "overloaded"}}'), "overloaded"),
        (delta({"content": "a"}) + event({"error": {"message": "overloaded"}}), "overloaded"),
    ],
)
def test_streams_that_give_no_answer(stream: str, why: str) -> None:
    """A stream with no part of an answer, a broken chunk or an error is refused in one line."""
    with pytest.raises(ModelError) as caught:
        assembled(stream)
    assert str(caught.value).startswith(why)
    assert "\n" not in str(caught.value)


@EXAMPLES
@given(st.lists(st.recursive(st.none() | st.booleans() | st.integers() | TEXTS, nested, max_leaves=8), max_size=3))
def test_odd_chunks_never_crash(chunks: list[Any]) -> None:
    """Whatever stands in chunks, an answer comes of it or a refusal."""
    stream = "".join(event(chunk) for chunk in chunks)
    with suppress(ModelError):
        assert isinstance(json.loads(assembled(stream)), dict)
