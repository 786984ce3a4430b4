"""What tools returned in a record, as rules by which they return it again."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalogue import Catalogue, Tool
from harness.errors import ToolError
from harness.returned import Returned, rules_of
from harness.tools import ToolSet
from harness.yamltext import indented_yaml
from tests.build import EXAMPLES, scenario_file

WORDS = ("type", "matches", "equals", "anything", "near", "within", "one_of", "a", "1", "no", "<<", "")
"""Names of arguments, most of which look like matchers, and some like something else than text."""

LEAVES = st.sampled_from(
    [None, True, False, 0, 1, 1.0, -2.5, 1e300, "", "1", "string", "no", "(?i)x", "[", "é\n", "${x}"]
)

VALUES: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=2),
    max_leaves=5,
)

ARGUMENTS = st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=3)

RESULTS = st.sampled_from(["", "one", "two", "Tool error: ", "Tool error: 503", "Tool error", '{"a": 1}', "7", "no"])


@st.composite
def calls(draw: st.DrawFn) -> list[Returned]:
    """Return calls of two tools, many of which have arguments that others have too, or some of them."""
    pool: list[dict[str, Any]] = []
    made: list[Returned] = []
    for _ in range(draw(st.integers(0, 9))):
        arguments = draw(ARGUMENTS if not pool else ARGUMENTS | st.sampled_from(pool))
        more = draw(st.none() | ARGUMENTS)
        arguments = arguments if more is None else {**arguments, **more}
        pool.append(arguments)
        made.append(Returned(draw(st.sampled_from(["read", "send"])), arguments, draw(RESULTS)))
    return made


def given_again(made: Sequence[Returned]) -> list[str]:
    """Return what the model is told of calls, one after the other, where the rules made of them stand in a scenario."""
    written = indented_yaml({"title": "T.", "tools": rules_of(made), "turns": [{"user": "Go."}]}, 1)
    names = dict.fromkeys(one.tool for one in made)
    catalogue = Catalogue(label="c", tools={name: Tool(description="") for name in names})
    tools = ToolSet(catalogue, scenario_file(written).tools)

    async def told(call: Returned) -> str:
        try:
            return await tools.call(call.tool, dict(call.arguments))
        except ToolError as error:
            return f"Tool error: {error}"

    async def all_told() -> list[str]:
        return [await told(call) for call in made]

    return asyncio.run(all_told())


@EXAMPLES
@given(calls())
def test_every_call_gives_what_it_gave(made: list[Returned]) -> None:
    """Whatever the calls and their arguments, each gives its own result again when all are made in their order."""
    assert given_again(made) == [one.result for one in made]


READ_A, READ_B = {"path": "a.txt"}, {"path": "b.txt"}


@pytest.mark.parametrize(
    ("made", "rules"),
    [
        ([], {}),
        ([Returned("read", {}, "one")], {"read": "one"}),
        ([Returned("read", {}, "Tool error: 503")], {"read": {"raises": "503"}}),
        ([Returned("read", READ_A, "one")], {"read": {"when": READ_A, "returns": "one"}}),
        ([Returned("read", READ_A, "one")] * 2, {"read": {"when": READ_A, "returns": "one"}}),
        (
            [Returned("read", READ_A, "one"), Returned("send", {}, ""), Returned("read", READ_B, "two")],
            {
                "read": [{"when": READ_A, "returns": "one"}, {"when": READ_B, "returns": "two"}],
                "send": "",
            },
        ),
        (
            [Returned("read", READ_A, "one"), Returned("read", READ_A, "Tool error: gone")],
            {"read": {"when": READ_A, "sequence": ["one", {"raises": "gone"}]}},
        ),
        (
            [Returned("read", {}, "all"), Returned("read", READ_A, "one"), Returned("read", {**READ_A, "n": 2}, "two")],
            {
                "read": [
                    {"when": {**READ_A, "n": 2}, "returns": "two"},
                    {"when": READ_A, "returns": "one"},
                    "all",
                ]
            },
        ),
        (
            [
                Returned("read", {"at": 1}, "one"),
                Returned("read", {"at": 1.0}, "two"),
                Returned("read", {"at": "1"}, "x"),
            ],
            {
                "read": [
                    {"when": {"at": 1}, "sequence": ["one", "two"]},
                    {"when": {"at": "1"}, "returns": "x"},
                ]
            },
        ),
        (
            [Returned("read", {"by": {"type": "string"}}, "one")],
            {"read": {"when": {"by": {"equals": {"type": "string"}}}, "returns": "one"}},
        ),
    ],
)
def test_rules(made: list[Returned], rules: dict[str, Any]) -> None:
    """One rule stands for calls with the same arguments, what is asked for more exactly first, matchers as values."""
    assert rules_of(made) == rules
