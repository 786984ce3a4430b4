"""A request by what it adds to the one before, and back."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.abridged import REPLY, WHOLE_REPLY, abridge, expand
from harness.pieces import Pieces
from tests.build import EXAMPLES

TOOLS = [{"type": "function", "function": {"name": name, "parameters": {"type": "object"}}} for name in ("read", "ask")]
CALL = {"id": "c1", "type": "function", "function": {"name": "read", "arguments": '{"path": "a"}'}}
PROMPT = "## Identity\n\nShort.\n\n## Conduct\n\n" + "Do what is asked and no more. " * 4
FIRST = {
    "model": "m",
    "messages": [{"role": "system", "content": PROMPT}, {"role": "user", "content": "Read a."}],
    "tools": TOOLS,
    "tool_choice": "auto",
}
REPLIED = {"choices": [{"message": {"role": "assistant", "content": None, "tool_calls": [{**CALL, "index": 0}]}}]}
SENT_BACK = {"role": "assistant", "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "Hello."}


def there_and_back(tmp_path: Path, body: Any, before: Any = None, reply: Any = None) -> dict[str, Any]:
    """Abridge a body, expect that it comes back with its keys in their order, and return what is stored of it."""
    pieces = Pieces(tmp_path)
    stored = abridge(body, before, reply, pieces)
    assert json.dumps(expand(stored, before, reply, pieces)) == json.dumps(body)
    return stored


def test_the_first_request_is_whole_but_for_what_is_shared(tmp_path: Path) -> None:
    """Tools and the longer sections of the prompt are pieces; a short section stands where it is."""
    stored = there_and_back(tmp_path, FIRST)
    conduct, tools = sorted(Pieces(tmp_path).keep(*piece) or "" for piece in pieces_of_first())
    prompt = {"shared": [{"text": "## Identity\n\nShort."}, conduct]}
    assert stored == {
        "whole": {
            "model": "m",
            "messages": [{"role": "system", "content": prompt}, FIRST["messages"][1]],
            "tools": {"shared": tools},
            "tool_choice": "auto",
        }
    }


def pieces_of_first() -> list[Any]:
    """Return what of the first request is shared: title, text and ending."""
    return [
        ("## Conduct", PROMPT.partition("\n\n## Conduct")[1][2:] + PROMPT.partition("\n\n## Conduct")[2], "md"),
        ("tools", json.dumps(TOOLS, indent=1), "json"),
    ]


def test_a_later_request_is_what_it_adds(tmp_path: Path) -> None:
    """What is sent again is counted, the model's message is a sign, and only what changed beside them is written."""
    later = {**FIRST, "messages": [*FIRST["messages"], SENT_BACK, RESULT], "tool_choice": "none", "seed": 1}
    del later["tools"]
    assert there_and_back(tmp_path, later, FIRST, REPLIED) == {
        "again": 2,
        "then": [REPLY, RESULT],
        "changed": {"tool_choice": "none", "seed": 1},
        "gone": ["tools"],
    }


def test_a_message_sent_back_whole_has_a_sign_of_its_own(tmp_path: Path) -> None:
    """Clients that send back all that came are told from those that send the essentials."""
    whole = REPLIED["choices"][0]["message"]
    later = {**FIRST, "messages": [*FIRST["messages"], whole]}
    assert there_and_back(tmp_path, later, FIRST, REPLIED) == {"again": 2, "then": [WHOLE_REPLY]}


def test_a_changed_history_is_written_from_where_it_parts(tmp_path: Path) -> None:
    """Placeholders that give way to results, and a prompt that changes, are written anew."""
    earlier = {**FIRST, "messages": [*FIRST["messages"], SENT_BACK, {**RESULT, "content": "[wait]"}]}
    later = {**FIRST, "messages": [*FIRST["messages"], SENT_BACK, RESULT]}
    assert there_and_back(tmp_path, later, earlier, {}) == {"again": 3, "then": [RESULT]}
    other = {**FIRST, "messages": [{"role": "system", "content": "Short."}, *FIRST["messages"][1:]]}
    assert there_and_back(tmp_path, other, FIRST, {}) == {"again": 0, "then": other["messages"]}


def test_keys_in_another_order_are_written_anew(tmp_path: Path) -> None:
    """The order of keys is part of what was sent."""
    later = dict(reversed(FIRST.items()))
    assert list(there_and_back(tmp_path, later, FIRST, REPLIED)["whole"]) == list(later)


@pytest.mark.parametrize("body", [None, [], "text", 3, {}, {"messages": "none"}, {"input": "other API"}])
def test_bodies_of_other_kinds_are_whole(tmp_path: Path, body: Any) -> None:
    """What is no chat request is stored as it is, after a chat request and before one."""
    assert there_and_back(tmp_path, body, FIRST) == {"whole": body}
    there_and_back(tmp_path, FIRST, body)


TEXTS = st.sampled_from(["", "a", "line\n" * 30, "🎉 é\u2028", REPLY, WHOLE_REPLY, PROMPT])
MESSAGES = st.one_of(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant"]), "content": TEXTS | st.none()}),
    st.just(SENT_BACK),
    st.fixed_dictionaries({"role": st.just("tool"), "tool_call_id": st.just("c1"), "content": TEXTS}),
    st.sampled_from([REPLIED["choices"][0]["message"], {"role": "assistant", "content": "a"}, {}, [1], 7]),
)
BODIES = st.fixed_dictionaries(
    {"messages": st.lists(MESSAGES, max_size=5)},
    optional={
        "model": st.sampled_from(["m", "n"]),
        "tools": st.sampled_from([TOOLS, [], TOOLS * 9, None, "t"]),
        "temperature": st.sampled_from([1, 1.0, True, None, float("inf")]),
    },
)
REPLIES: st.SearchStrategy[Any] = st.sampled_from(
    [REPLIED, None, {}, {"choices": []}, {"choices": [{"message": {"content": "a"}}]}, "text"]
)


@EXAMPLES
@given(BODIES, BODIES, REPLIES, st.integers(0, 5))
def test_any_request_comes_back(
    tmp_path_factory: pytest.TempPathFactory, one: dict[str, Any], other: dict[str, Any], reply: Any, shared: int
) -> None:
    """Whatever two requests have in common, the second comes back, its types and the order of its keys among it."""
    later = {**other, "messages": [*one["messages"][:shared], *other["messages"]]}
    pieces = Pieces(tmp_path_factory.getbasetemp())
    back = expand(abridge(later, one, reply, pieces), one, reply, pieces)
    assert json.dumps(back) == json.dumps(later)
