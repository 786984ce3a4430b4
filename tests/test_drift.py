"""How a request differs from the recorded one, told in the words of the loop."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.drift import Drift, Sent, Telling, drifts
from harness.likeness import Matching
from harness.matching import canonical
from tests.build import EXAMPLES

PROMPT = (
    "## Identity\n\nYou are the assistant.\n\n## Conduct\n\nDo what is asked and no more.\n\n## Role: chat\n\nYou chat."
)

ARGUMENTS = r'tool_calls[0].function.arguments: "{\"path\": \"a.txt\"}" -> "{}"'


def tool(name: str, description: str = "It helps.") -> dict[str, Any]:
    """Return a tool with one argument."""
    parameters = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def body() -> dict[str, Any]:
    """Return the second request of a turn, behind one turn of the session."""
    call = {"id": "c1", "type": "function", "function": {"name": "file_read", "arguments": '{"path": "a.txt"}'}}
    return {
        "model": "m-1",
        "messages": [
            {"role": "system", "content": PROMPT},
            {"role": "user", "content": "Hello?"},
            {"role": "assistant", "content": "Hello!"},
            {"role": "user", "content": "Read me a.txt."},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "one two three"},
        ],
        "tools": [tool("file_read"), tool("file_write")],
        "tool_choice": "auto",
        "temperature": 0,
    }


def sent(data: Any) -> Sent:
    """Return a request with this body."""
    return Sent("POST", "/v1/chat/completions", data if isinstance(data, bytes) else json.dumps(data).encode())


def put(data: Any, way: str, value: Any) -> Any:
    """Return a copy of a body with a value at a place like `messages/3/content`."""
    data = copy.deepcopy(data)
    *steps, last = [int(step) if step.isdigit() else step for step in way.split("/")]
    holder = data
    for step in steps:
        holder = holder[step]
    holder[last] = value
    return data


def without(data: Any, way: str) -> Any:
    """Return a copy of a body without a value."""
    data = copy.deepcopy(data)
    *steps, last = [int(step) if step.isdigit() else step for step in way.split("/")]
    holder = data
    for step in steps:
        holder = holder[step]
    del holder[last]
    return data


def told(now: Any, **rules: Any) -> list[tuple[str, str]]:
    """Return what is told of a body beside the recorded one."""
    return [(one.kind, one.what) for one in drifts(sent(body()), sent(now), Matching(**rules))]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (body(), []),
        (put(body(), "model", "m-2"), [("model", 'model: "m-1" -> "m-2"')]),
        (without(body(), "model"), [("model", 'model: "m-1" -> nothing')]),
        (
            put(body(), "messages/0/content", PROMPT.replace("is asked", "was asked")),
            [
                (
                    "system",
                    'system prompt, section Conduct, word 3: "Do what is asked and ..." -> "Do what was asked and ..."',
                )
            ],
        ),
        (
            put(body(), "messages/0/content", PROMPT.replace(" and no more", "")),
            [
                (
                    "system",
                    'system prompt, section Conduct, word 4: "... what is asked and no more." -> "... what is asked."',
                )
            ],
        ),
        (
            put(body(), "messages/0/content", PROMPT.replace("## Conduct\n\nDo what is asked and no more.\n\n", "")),
            [("system", "system prompt, section Conduct: is gone")],
        ),
        (
            put(body(), "messages/0/content", PROMPT + "\n\n## Memory\n\nNothing."),
            [("system", "system prompt, section Memory: is new")],
        ),
        (
            put(body(), "messages/0/content", PROMPT.replace("chat.", "chat. ")),
            [("system", "system prompt: blanks and line breaks differ")],
        ),
        (
            put(body(), "messages/0/content", "You are another."),
            [
                ("system", "system prompt, section Identity: is gone"),
                ("system", "system prompt, section Conduct: is gone"),
                ("system", "system prompt, section Role: chat: is gone"),
                ("system", "system prompt: is new"),
            ],
        ),
        (without(body(), "tools/1"), [("tools", "tools: no longer offered: file_write")]),
        (put(body(), "tools", []), [("tools", "tools: no longer offered: file_read, file_write")]),
        (
            put(body(), "tools/1", tool("mail")),
            [("tools", "tools: no longer offered: file_write"), ("tools", "tools: newly offered: mail")],
        ),
        (
            put(body(), "tools", [tool("file_write"), tool("file_read")]),
            [("tools", "tools: offered in another order")],
        ),
        (
            put(body(), "tools/0/function/description", "It reads."),
            [("tools", 'tool file_read, description: "It helps." -> "It reads."')],
        ),
        (
            put(body(), "tools/0/function/parameters/required", []),
            [("tools", 'tool file_read, parameters.required[0]: "path" -> nothing')],
        ),
        (put(body(), "temperature", 0.7), [("params", "temperature: 0 -> 0.7")]),
        (put(body(), "temperature", False), [("params", "temperature: 0 -> false")]),
        (without(body(), "temperature"), [("params", "temperature: 0 -> nothing")]),
        (put(body(), "seed", 1), [("params", "seed: nothing -> 1")]),
        (put(body(), "tool_choice", "none"), [("shape", 'tool_choice: "auto" -> "none"')]),
        (
            put(body(), "messages/1/content", "Hi?"),
            [("session", 'a user\'s message (message 2), word 1: "Hello?" -> "Hi?"')],
        ),
        (
            put(body(), "messages/2/content", "Hi!"),
            [("session", 'a message of the model (message 3), word 1: "Hello!" -> "Hi!"')],
        ),
        (
            put(body(), "messages/3/content", "Read me b.txt."),
            [("task", 'the user\'s message (message 4), word 3: "Read me a.txt." -> "Read me b.txt."')],
        ),
        (
            put(body(), "messages/4/tool_calls/0/function/arguments", "{}"),
            [("replies", f"a message of the model (message 5), {ARGUMENTS}")],
        ),
        (
            put(body(), "messages/5/content", "one 2 three"),
            [("results", 'the result of file_read (message 6), word 2: "one two three" -> "one 2 three"')],
        ),
        (
            put(body(), "messages/5/tool_call_id", "c2"),
            [("shape", "message 6: the result of file_read -> the result of a call")],
        ),
        (
            put(body(), "messages/5", {"role": "user", "content": "x"}),
            [("shape", "message 6: the result of file_read -> a user's message")],
        ),
        (without(body(), "messages/5"), [("shape", "message 6, the result of file_read, is no longer sent")]),
        (
            put(body(), "messages", [*body()["messages"], {"role": "user", "content": "x"}]),
            [("shape", "message 7, a user's message, is sent in addition")],
        ),
        (
            put(put(body(), "model", "m-2"), "messages/5/content", "one 2 three"),
            [
                ("model", 'model: "m-1" -> "m-2"'),
                ("results", 'the result of file_read (message 6), word 2: "one two three" -> "one 2 three"'),
            ],
        ),
        (without(body(), "messages/0"), [("system", "system prompt: is gone")]),
        (put(body(), "seed", None), [("params", "seed: nothing -> null")]),
        (
            put(body(), "messages/0/content", [{"type": "text", "text": PROMPT.replace("is asked", "was asked")}]),
            [
                (
                    "system",
                    'system prompt, section Conduct, word 3: "Do what is asked and ..." -> "Do what was asked and ..."',
                )
            ],
        ),
        (put(body(), "messages/0/name", "x"), [("system", 'system prompt, name: nothing -> "x"')]),
        (
            put(body(), "messages", [*body()["messages"][1:2], body()["messages"][0], *body()["messages"][2:]]),
            [("shape", "the system prompt stands in another place: message 1 -> 2")],
        ),
        (
            put(body(), "messages/5/name", "x"),
            [("results", 'the result of file_read (message 6), name: nothing -> "x"')],
        ),
        (
            put(body(), "messages/5/cached", 1),
            [("results", "the result of file_read (message 6), cached: nothing -> 1")],
        ),
        (put(body(), "tools", None), [("tools", "tools: no longer offered: file_read, file_write")]),
        (
            put(body(), "tools", [tool("file_read"), tool("file_read"), tool("file_write")]),
            [("tools", 'tools[1].function.name: "file_write" -> "file_read"')],
        ),
        (b"not JSON", [("shape", "one of the two bodies is not a JSON object")]),
        ([1], [("shape", "one of the two bodies is not a JSON object")]),
    ],
)
def test_what_differs_is_told(now: Any, expected: list[tuple[str, str]]) -> None:
    """Each kind of difference is told in the words of the loop, with its place."""
    assert told(now) == expected


def test_a_long_change_is_cut() -> None:
    """Of many words that differ the first are shown, between two that do not."""
    words = " ".join(f"w{number}" for number in range(100))
    one, other = put(body(), "messages/3/content", f"a b c {words}"), put(body(), "messages/3/content", "a b c d")
    ((kind, what, _),) = drifts(sent(one), sent(other), Matching())
    assert kind == "task"
    assert what == (
        'the user\'s message (message 4), word 4: "... b c w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 ..." -> "... b c d"'
    )


def test_another_address() -> None:
    """Another method or path is told before anything else."""
    now = Sent("POST", "/api/chat/completions", b"{}")
    assert drifts(sent(body()), now, Matching()) == [
        Drift("address", "address: POST /v1/chat/completions -> POST /api/chat/completions")
    ]


@pytest.mark.parametrize(
    ("rules", "now"),
    [
        ({"ignore": ["$.temperature"]}, put(body(), "temperature", 1)),
        ({"ignore": ["$.temperature"]}, without(body(), "temperature")),
        ({"ignore": ["$.messages[*].content"]}, put(put(body(), "messages/0/content", "x"), "messages/5/content", "y")),
        ({"ignore": ["$.messages[0]", "$.messages[1]"]}, put(put(body(), "messages/0", {}), "messages/1", {})),
        ({"ignore": ["$.messages[0].content", "$.messages[0]"]}, put(body(), "messages/0/content", "x")),
        ({"ignore": ["$..description", "$.tools"]}, put(body(), "tools", [])),
        ({"ignore": ["$.nothing.here[7]"]}, body()),
        ({"normalise": [{"pattern": r"\w\.txt", "to": "FILE"}]}, put(body(), "messages/3/content", "Read me z.txt.")),
        (
            {"normalise": [{"pattern": "(one|eins)", "to": "1"}, {"pattern": "1 (two)", "to": r"\1 1"}]},
            put(body(), "messages/5/content", "eins two three"),
        ),
    ],
)
def test_what_does_not_count(rules: dict[str, Any], now: Any) -> None:
    """What a path finds is left out, what a pattern finds is written alike, on both sides."""
    assert told(now, **rules) == []


def test_what_counts_beside_what_does_not() -> None:
    """Only what the rules name is left out."""
    now = put(put(body(), "temperature", 1), "seed", 2)
    assert told(now, ignore=["$.temperature"]) == [("params", "seed: nothing -> 2")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab .", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "tool"]) | JSON},
    optional={"content": JSON, "tool_calls": JSON, "tool_call_id": JSON, "name": JSON},
)
BODY = st.fixed_dictionaries(
    {},
    optional={
        "model": JSON,
        "messages": st.lists(MESSAGE | JSON, max_size=4) | JSON,
        "tools": st.lists(JSON | st.sampled_from([tool("a"), tool("b"), tool("a", "b")]), max_size=3) | JSON,
        "tool_choice": JSON,
        "x": JSON,
    },
)


@EXAMPLES
@given(BODY, BODY)
def test_bodies_differ_exactly_when_their_json_does(one: Any, other: Any) -> None:
    """Any two bodies are told apart exactly when they are different JSON, types counting."""
    found = drifts(sent(one), sent(other), Matching())
    assert bool(found) == (canonical(one) != canonical(other))
    assert all("\n" not in drift.what for drift in found)


@EXAMPLES
@given(BODY, st.sampled_from(["$.model", "$.messages[*].content", "$..content", "$.messages[1:]", "$.tools[0].*"]))
def test_ignoring_never_changes_the_request(one: Any, path: str) -> None:
    """A body equals itself under every rule, and what is compared is a copy."""
    rules = Matching(ignore=(path,), normalise=({"pattern": "a+", "to": "b"},))
    assert drifts(sent(one), sent(one), rules) == []


KEY = "sk-secret-0123456789"


def hide(text: str) -> str:
    """Take the key out of a text."""
    return text.replace(KEY, "***")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (
            put(body(), "messages/3/content", f"Read me {KEY}."),
            [("task", 'the user\'s message (message 4), word 3: "Read me a.txt." -> "Read me ***."')],
        ),
        (put(body(), "model", KEY), [("model", 'model: "m-1" -> "***"')]),
        (put(body(), "x", {KEY: 1}), [("params", 'x: nothing -> {"***": 1}')]),
        (put(body(), "temperature", 1), [("params", "temperature: 0 -> 1")]),
    ],
)
def test_no_secret_is_told(now: Any, expected: list[tuple[str, str]]) -> None:
    """A key in a request is told as three stars, whole, before anything is cut."""
    found = drifts(sent(body()), sent(now), Matching(), Telling(hide=hide))
    assert [(one.kind, one.what) for one in found] == expected


def test_what_differs_only_in_a_secret_still_differs() -> None:
    """Where nothing but a secret differs that is told, and the kind stays."""
    one, other = put(body(), "messages/3/content", "***"), put(body(), "messages/3/content", KEY)
    found = drifts(sent(one), sent(other), Matching(), Telling(hide=hide))
    assert [(drift.kind, drift.what) for drift in found] == [("task", "task: a value that is kept secret differs")]


def test_a_message_that_is_sent_again_is_known_again() -> None:
    """A change has one mark, whether the message is the task or one of the session, and wherever it stands."""
    now = put(body(), "messages/1/content", "Hi?")
    later = [
        put(one, "messages", [one["messages"][0], *one["messages"][2:], one["messages"][1]]) for one in (body(), now)
    ]
    ((first,), (second,)) = (
        drifts(sent(one), sent(other), Matching()) for one, other in ((body(), now), (later[0], later[1]))
    )
    assert (first.kind, second.kind) == ("session", "task")
    assert first.again == second.again != ""


def test_bodies_that_are_nested_without_end() -> None:
    """Bodies that no reader can follow are told apart without a crash."""
    deep = b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert [one.kind for one in drifts(sent(body()), sent(deep), Matching())] == ["shape"]
    nested = b'{"x": ' + b"[" * 700 + b"]" * 700 + b"}"
    rules = Matching(normalise=({"pattern": "a", "to": "b"},))
    assert {one.kind for one in drifts(sent(body()), sent(nested), rules)} <= {"shape", "params"}
