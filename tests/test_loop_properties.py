"""Properties of any conversation: two loops agree on it, and no tool is offered or run beyond what the user may."""

import asyncio
import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.case import Case, plan
from harness.catalogue import Catalogue, Tool
from harness.composition import Composition
from harness.errors import ToolError
from harness.folders import SCRIPT_ENDING
from harness.model import Model
from harness.outcome import Outcome
from harness.rules import Rule
from harness.runner import run_many
from harness.selection import load
from harness.settings import Loop, Persona, Role, Settings, Tools
from harness.tools import ToolSet
from harness.trace import calls_of
from tests.build import EXAMPLES
from tests.corpus import requests
from tests.project import meant
from tests.wire import TEXTS

LEVELS = ("guest", "user", "admin")
NAMES = ("alpha", "beta", "gamma", "delta", "epsilon")

UNREADABLE = ("x=1", "{'a': 1}", "[1]", '"text"', "null", "NaN", '{"a": NaN}', '{"a": 1', " ", "{} {}", '{"a": 1e999}')

texts = st.sampled_from(["", "Yes.", "Über den Berg.", "two\nlines", "{braces}", "x" * 600])
arguments = st.one_of(
    st.dictionaries(st.sampled_from(["path", "n", "raw"]), st.sampled_from(["a.txt", 1, True, None, [1.5], {"é": ""}])),
    st.sampled_from(UNREADABLE),
    st.sampled_from(UNREADABLE),
    st.just(""),
)
calls = st.builds(
    lambda tool, given, call_id: {"tool": tool, "arguments": given, **({} if call_id is None else {"id": call_id})},
    st.sampled_from([*NAMES, *NAMES, "ghost", ""]),
    arguments,
    st.sampled_from([None, None, None, "", "call_1"]),
)
reasons = st.sampled_from(["tool_calls", "tool_calls", "stop", "length", "content_filter", "function_call", "error"])
acts = st.fixed_dictionaries(
    {"calls": st.lists(calls, min_size=1, max_size=4)}, optional={"text": texts, "finish_reason": reasons}
)
ends = st.fixed_dictionaries({"text": texts}, optional={"finish_reason": reasons})
notices = st.fixed_dictionaries({"notice": texts}, optional={"calls": st.lists(calls, max_size=2)})
replies = st.one_of(acts, acts, acts, notices, ends)
branches = st.fixed_dictionaries(
    {"confirmed": st.lists(replies, max_size=2), "denied": st.lists(replies, max_size=2)},
)
turns = st.builds(
    lambda first, more: [first, *more, {"text": "Done."}],
    st.one_of(acts, acts, acts, ends),
    st.lists(st.one_of(replies, replies, branches), max_size=4),
)
scripts = st.lists(turns, min_size=1, max_size=2)
effects = st.one_of(
    st.builds(lambda text: {"returns": text}, texts), st.just({"returns": [1, None]}), st.just({"raises": "No luck."})
)
rules = st.one_of(effects, st.builds(lambda found: {"sequence": found}, st.lists(effects, min_size=1, max_size=2)))
answers = st.one_of(
    st.just(["confirm"] * 4), st.just(["deny"] * 4), st.lists(st.sampled_from(["confirm", "deny"]), max_size=4)
)
allow_lists = st.one_of(st.none(), st.none(), st.lists(st.sampled_from([*NAMES, "ghost"]), max_size=12))


@dataclass(frozen=True)
class Conversation:
    """A scenario, its script and the settings that it runs under."""

    scenario: dict[str, Any]
    script: list[list[dict[str, Any]]]
    settings: Settings

    def case(self, folder: Path) -> Case:
        """Write the files and return the case."""
        path = folder / "area" / "name.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.scenario), "utf-8")
        path.with_suffix(SCRIPT_ENDING).write_text(json.dumps({"any": self.script}), "utf-8")
        (case,) = plan([load(path, folder)], [Composition(self.settings, {}, ())])
        return case


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    """Draw some tools on three access levels."""
    names = draw(st.one_of(st.permutations(NAMES), st.lists(st.sampled_from(NAMES), unique=True)))
    levels, confirms = st.sampled_from(["guest", "guest", *LEVELS]), st.sampled_from([True, True, False])
    tools = {name: Tool(description=f"Does {name}.", access=draw(levels), confirm=draw(confirms)) for name in names}
    return Catalogue(label="c", levels=LEVELS, tools=tools)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """Draw a conversation of one or two turns."""
    catalogue = draw(catalogues())
    known = st.lists(st.sampled_from(sorted(catalogue.tools)), unique=True) if catalogue.tools else st.just([])
    script = draw(scripts)
    speakers = st.sampled_from(["user", "assistant"])
    spoken = st.builds(lambda role, content: {"role": role, "content": content}, speakers, texts)
    scenario = {
        "title": "T.",
        "as": {
            "access": draw(st.sampled_from([*LEVELS, "admin", "admin"])),
            "confirm_allow": draw(known),
            "confirm_deny": draw(known),
        },
        "session": draw(st.lists(spoken, max_size=4)),
        # A tool without a rule answers with the arguments that it got.
        "tools": {name: draw(rules) for name in draw(known)},
        # An error is expected everywhere, so that what ends with one is stored, too.
        "turns": [{"user": "Go.", "answers": draw(answers), "expect": {"stop": "error"}} for _ in script],
    }
    loop = {
        "label": "l",
        "policy": draw(st.sampled_from(["production", "tolerant"])),
        "max_rounds": draw(st.integers(1, 5)),
        "history": draw(st.integers(0, 3)),
        "texts": TEXTS,
    }
    settings = Settings(
        model=Model(label="m", type="scripted", max_retries=0),
        persona=Persona(label="p", sections=draw(st.sampled_from([{}, {"Who": "You help."}]))),
        catalogue=catalogue,
        tools=Tools(label="t", allow=draw(allow_lists)),
        role=Role(label="r", allow=draw(allow_lists)),
        loop=Loop.model_validate(loop),
        variant="r+t",
    )
    return Conversation(scenario, script, settings)


def through(case: Case, factory: str) -> Case:
    """Return the same case with another loop in the place of ours."""
    loop = case.settings.loop.model_copy(update={"factory": factory})
    return Case(case.scenario, case.settings.model_copy(update={"loop": loop}), case.repeat, case.overrides)


def run(case: Case, cassettes: Path, *, live: bool = False) -> Outcome:
    """Run one case."""
    (outcome,) = asyncio.run(run_many([case], cassettes, live=live))
    return outcome


def may(catalogue: Catalogue, access: str, *allow_lists: Sequence[str] | None) -> list[str]:
    """Return the tools that a user may use, read off the catalogue one by one."""
    found = []
    for name, tool in catalogue.tools.items():
        reached = LEVELS.index(tool.access) <= LEVELS.index(access)
        if reached and all(name in allow for allow in allow_lists if allow is not None):
            found.append(name)
    return found


def names(tools: Iterable[dict[str, Any]]) -> list[str]:
    """Return the names of tools in OpenAI's form."""
    return [tool["function"]["name"] for tool in tools]


@pytest.mark.slow
@settings(EXAMPLES, max_examples=200)
@given(conversations())
def test_two_loops_agree_and_nothing_is_added(conversation: Conversation) -> None:
    """Any conversation is recorded and replayed alike by both loops, with the tools that the user may use and no other.

    What may be used is read off the catalogue here, and compared with every request on the wire and every call that a
    tool took.
    """
    one = conversation.settings
    access = conversation.scenario["as"]["access"]
    allowed = may(one.catalogue, access, one.tools.allow, one.role.allow)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        case = conversation.case(folder / "scenarios")
        other = through(case, "tests.loops.plain:make")
        ours, theirs = run(case, folder / "ours", live=True), run(other, folder / "theirs", live=True)
        assert theirs.trace == ours.trace
        assert ours.saved
        assert theirs.saved
        stored = case.cassette(folder / "ours")
        assert meant(case.cassette(folder / "theirs"), folder / "theirs") == meant(stored, folder / "ours")
        for loop in (case, other):
            replayed = run(loop, folder / "ours")
            assert (replayed.trace, replayed.unplayed) == (ours.trace, 0)
        sent = requests(stored)
    empty = one.loop.policy == "tolerant" and not allowed
    assert [names(request.get("tools", ["absent"])) if not empty else request.get("tools") for request in sent] == [
        None if empty else allowed
    ] * len(sent)
    took = [call.name for call in calls_of(ours.trace.turns) if call.outcome in ("executed", "failed")]
    assert set(took) <= set(allowed)


@settings(EXAMPLES, max_examples=300)
@given(
    catalogue=catalogues(),
    access=st.sampled_from(LEVELS),
    allow=allow_lists,
    asked_role=st.sampled_from(LEVELS),
    asked_list=allow_lists,
)
def test_a_loop_gets_no_tool_beyond_the_cases(
    catalogue: Catalogue, access: str, allow: list[str] | None, asked_role: str, asked_list: list[str] | None
) -> None:
    """Whatever level and list a loop asks for, it is offered and can run only what the case permits."""
    took: list[str] = []
    tools = ToolSet(
        catalogue,
        {name: [Rule(returns="ok")] for name in catalogue.tools},
        access=access,
        allow=allow,
        report=lambda done: took.append(done.name) if done.outcome != "refused" else None,
    )
    permitted = may(catalogue, access, allow)
    asked = may(catalogue, asked_role, asked_list)
    assert names(tools.schemas(asked_role, asked_list)) == [name for name in asked if name in permitted]

    async def call_all() -> None:
        for name in (*NAMES, "ghost"):
            try:
                await tools.call(name, {})
            except ToolError:
                continue

    asyncio.run(call_all())
    assert took == [name for name in NAMES if name in permitted]
