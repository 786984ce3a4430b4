"""Rules made of what tools returned give the same again."""

import asyncio
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from harness.catalogue import Catalogue, Tool
from harness.errors import ToolError
from harness.returned import Returned, rules_of
from harness.rules import Rules
from harness.tools import ToolSet
from tests.build import EXAMPLES

NAMES = st.sampled_from(["a", "b", "type", "matches", "equals", "one_of", "near"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([1.0, 0.5]) | st.sampled_from(["", "a", "x.*"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
CALLS = st.lists(
    st.builds(
        Returned,
        st.sampled_from(["one", "two"]),
        st.dictionaries(NAMES, VALUES, max_size=3),
        st.sampled_from(["r", "s", "Tool error: no", ""]),
    ),
    max_size=12,
)


def played(rules: dict[str, Any], calls: Sequence[Returned]) -> list[str]:
    """Return what tools under these rules tell the model of each call, in order."""
    typed = {name: TypeAdapter(Rules).validate_python(rule) for name, rule in rules.items()}
    catalogue = Catalogue(label="c", tools={name: Tool(description="") for name in ("one", "two")})
    tools = ToolSet(catalogue, typed)

    async def told(call: Returned) -> str:
        try:
            return await tools.call(call.tool, dict(call.arguments))
        except ToolError as error:
            return f"Tool error: {error}"

    async def every() -> list[str]:
        return [await told(call) for call in calls]

    return asyncio.run(every())


@EXAMPLES
@given(CALLS)
def test_every_call_gives_what_it_gave(calls: list[Returned]) -> None:
    """Whatever the calls and their arguments, each gives in its turn exactly what the record says."""
    assert played(rules_of(calls), calls) == [call.result for call in calls]


def test_rules_as_people_write_them() -> None:
    """One result is a text, several arguments are rules, and results that change a sequence."""
    calls = [
        Returned("one", {}, "all"),
        Returned("two", {"a": 1}, "first"),
        Returned("two", {"a": 1, "b": 2}, "Tool error: no"),
        Returned("two", {"a": 1}, "second"),
    ]
    assert rules_of(calls) == {
        "one": "all",
        "two": [
            {"when": {"a": 1, "b": 2}, "raises": "no"},
            {"when": {"a": 1}, "sequence": ["first", "second"]},
        ],
    }
