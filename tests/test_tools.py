"""Tools are seen through access level and allow-lists, answer as the scenario says, and report every call."""

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.catalogue import Catalogue, Tool
from harness.errors import InputError, ToolBroken, ToolError
from harness.rules import Effect
from harness.stateful import load
from harness.tools import Execution, ToolSet, as_text, needs_confirmation, permitted
from harness.workspace import Workspace
from tests.build import CATALOGUE, EXAMPLES, scenario

POOL = ("alpha", "beta", "gamma", "delta", "epsilon")
LEVELS = CATALOGUE.levels
NAMES = st.sets(st.sampled_from(POOL))
LIST = st.none() | st.lists(st.sampled_from((*POOL, "unheard_of")))
ACCESS = st.sampled_from(LEVELS)


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    """Draw a catalogue with some of the pool's tools, in any order, on any levels."""
    names = draw(st.permutations(POOL))[: draw(st.integers(0, len(POOL)))]
    tools = {name: Tool(description=name, access=draw(ACCESS), confirm=draw(st.booleans())) for name in names}
    return Catalogue(label="drawn", levels=LEVELS, tools=tools)


def toolset(
    tools: str = "{}", *, access: str = "user", allow: Collection[str] | None = None, catalogue: Catalogue = CATALOGUE
) -> tuple[ToolSet, list[Execution]]:
    """Return the tools whose rules a YAML text gives, and the list that they report to."""
    seen: list[Execution] = []
    rules = scenario(f"{{title: T., turns: [{{user: Go.}}], tools: {tools}}}").file.tools
    return ToolSet(catalogue, rules, access=access, allow=allow, report=seen.append), seen


def told(tools: ToolSet, name: str, arguments: dict[str, Any] | None = None) -> str:
    """Return what a loop gets from a call: the result, or the message of the error behind an exclamation mark."""
    try:
        return asyncio.run(tools.call(name, arguments or {}))
    except ToolError as error:
        return f"! {error}"


# Who sees what


@pytest.mark.parametrize(
    ("access", "lists", "names"),
    [
        ("guest", [], ["web_search"]),
        ("user", [], ["web_search", "file_read", "file_delete"]),
        ("admin", [], ["web_search", "file_read", "file_delete", "shell_exec"]),
        ("admin", [None, None], ["web_search", "file_read", "file_delete", "shell_exec"]),
        ("admin", [["shell_exec", "file_read"]], ["file_read", "shell_exec"]),
        ("admin", [["shell_exec", "file_read"], None, ["file_read", "web_search"]], ["file_read"]),
        ("user", [["shell_exec"]], []),
        ("user", [["file_read", "file_read", "unheard_of"]], ["file_read"]),
        ("admin", [[]], []),
        ("admin", [["file_read"], []], []),
    ],
)
def test_permitted_is_access_and_every_list(access: str, lists: list[list[str] | None], names: list[str]) -> None:
    """A tool is permitted by its level and by every list that is given, in the catalogue's order."""
    assert permitted(CATALOGUE, access, *lists) == names


@pytest.mark.parametrize(
    ("access", "message"),
    [
        ("usr", "there is no access level 'usr' (did you mean 'user'?); there are: guest, user, admin"),
        ("root", "there is no access level 'root'; there are: guest, user, admin"),
        ("", "there is no access level ''; there are: guest, user, admin"),
    ],
)
def test_unknown_access_is_refused(access: str, message: str) -> None:
    """An access level that the catalogue lacks is an error that names those it has."""
    with pytest.raises(InputError) as caught:
        permitted(CATALOGUE, access)
    assert str(caught.value) == message


@EXAMPLES
@given(catalogues(), ACCESS, st.lists(LIST, max_size=3), LIST)
def test_an_allow_list_never_adds(
    catalogue: Catalogue, access: str, lists: list[list[str] | None], more: list[str] | None
) -> None:
    """With one list more, what is permitted is what was and stands in that list."""
    before = permitted(catalogue, access, *lists)
    after = permitted(catalogue, access, *lists, more)
    assert after == [name for name in before if more is None or name in more]


@EXAMPLES
@given(catalogues(), st.lists(LIST, max_size=2))
def test_levels_never_leak(catalogue: Catalogue, lists: list[list[str] | None]) -> None:
    """A level sees what the level below sees and its own tools, and nothing of a level above."""
    seen = [set(permitted(catalogue, access, *lists)) for access in LEVELS]
    for height, names in enumerate(seen):
        assert {LEVELS.index(catalogue.tools[name].access) for name in names} <= set(range(height + 1))
        assert set().union(*seen[:height]) <= names


@EXAMPLES
@given(catalogues(), ACCESS, st.lists(LIST, max_size=2))
def test_permitted_keeps_the_order_of_the_catalogue(
    catalogue: Catalogue, access: str, lists: list[list[str] | None]
) -> None:
    """The order of allow-lists and their repeats do not show."""
    names = permitted(catalogue, access, *lists)
    assert names == [name for name in catalogue.tools if name in names]


# Who is asked


@EXAMPLES
@given(NAMES, st.none() | NAMES, st.none() | NAMES)
def test_confirmation_is_required_less_allowed_and_always_denied(
    required: set[str], allow: set[str] | None, deny: set[str] | None
) -> None:
    """The user is asked about a denied tool always, about a required one unless it is allowed, and about no other."""
    asked = needs_confirmation(required, allow, deny)
    for name in POOL:
        always, required_still = name in (deny or ()), name in required and name not in (allow or ())
        assert (name in asked) == (always or required_still)


@EXAMPLES
@given(NAMES, NAMES)
def test_confirm_allow_never_beats_confirm_deny(required: set[str], both: set[str]) -> None:
    """A tool on both of the user's lists is asked about."""
    assert both <= needs_confirmation(required, both, both)


# What they look like


def test_schemas_are_openais() -> None:
    """Tools are offered in OpenAI's form with their own parameters, in the catalogue's order."""
    parameters = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
    catalogue = Catalogue(
        label="two",
        tools={
            "zip": Tool(description="Pack.", parameters=parameters),
            "ask": Tool(description="Ask.", access="guest"),
        },
    )
    tools, _ = toolset(catalogue=catalogue)
    assert tools.schemas("user") == [
        {"type": "function", "function": {"name": "zip", "description": "Pack.", "parameters": parameters}},
        {
            "type": "function",
            "function": {"name": "ask", "description": "Ask.", "parameters": {"type": "object", "properties": {}}},
        },
    ]


@EXAMPLES
@given(catalogues(), ACCESS, LIST, ACCESS, LIST)
def test_schemas_only_restrict(
    catalogue: Catalogue, access: str, allow: list[str] | None, user_role: str, tool_list: list[str] | None
) -> None:
    """Whatever a loop asks for, it sees what the case permits and its own words permit too."""
    tools = ToolSet(catalogue, {}, access=access, allow=allow)
    offered = [schema["function"]["name"] for schema in tools.schemas(user_role, tool_list)]
    mine, asked = permitted(catalogue, access, allow), permitted(catalogue, user_role, tool_list)
    assert offered == [name for name in mine if name in asked]


def test_schemas_for_an_unknown_level_are_refused() -> None:
    """A loop that asks for the tools of an unknown level gets an error."""
    tools, _ = toolset()
    with pytest.raises(InputError, match=r"^there is no access level 'superuser' \(did you mean 'user'\?\); there are"):
        tools.schemas("superuser")


def test_confirm_required_is_the_catalogues() -> None:
    """The tools asked about by default are the catalogue's, whether or not they are permitted."""
    tools, _ = toolset(access="guest", allow=[])
    assert tools.confirm_required == frozenset({"file_delete", "shell_exec"})


# What they answer


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("'  kept as it is\n'", "  kept as it is "),
        ("''", ""),
        ("3", "3"),
        ("1.0", "1.0"),
        ("true", "true"),
        ("{returns: null}", "null"),
        ("{returns: [1, a, null]}", '[1, "a", null]'),
        ("{returns: {name: Zoë, tags: []}}", '{"name": "Zoë", "tags": []}'),
        ("{returns: '{\"a\": 1}'}", '{"a": 1}'),
        ("[plain]", "plain"),
        ("{otherwise: plain}", "plain"),
        ("{otherwise: {returns: {a: 1}}}", '{"a": 1}'),
        ("{raises: quota exceeded}", "! quota exceeded"),
        ("{raises: ''}", "! "),
        ("{otherwise: {raises: gone}}", "! gone"),
        ("{sequence: [one]}", "one"),
    ],
)
def test_results_are_text(value: str, text: str) -> None:
    """Text is given as it is, anything else as JSON, and what raises is an error with its message."""
    tools, _ = toolset(f"{{file_read: {value}}}")
    assert told(tools, "file_read") == text


@EXAMPLES
@given(st.text() | st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_results_come_back_from_text(value: Any) -> None:
    """A result that is text stays equal, and any other can be read back from its JSON."""
    text = as_text(value)
    assert (text if isinstance(value, str) else json.loads(text)) == value


RULES = """{file_read: [
  {when: {path: a.txt, limit: 1}, returns: both},
  {when: {path: a.txt}, returns: path},
  {when: {path: {matches: '\\.md$'}}, returns: markdown},
  {when: {where: {folder: x}}, returns: nested},
  {when: {path: a.txt}, returns: too late},
  {when: {limit: 1}, raises: no path},
]}"""


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"path": "a.txt", "limit": 1}, "both"),
        ({"path": "a.txt"}, "path"),
        ({"path": "a.txt", "limit": True}, "path"),
        ({"path": "a.txt", "limit": 1.0}, "both"),
        ({"path": "a.txt", "other": "is free"}, "path"),
        ({"path": "notes.md"}, "markdown"),
        ({"path": "notes.md.txt", "limit": 1}, "! no path"),
        ({"where": {"folder": "x", "deep": 1}}, "nested"),
        ({"path": ["a.txt"]}, '! the scenario has no result for file_read with {"path": ["a.txt"]}'),
        ({"limit": "1"}, '! the scenario has no result for file_read with {"limit": "1"}'),
        ({"path": "ä"}, '! the scenario has no result for file_read with {"path": "ä"}'),
        ({}, "! the scenario has no result for file_read with {}"),
    ],
)
def test_first_rule_that_fits_wins(arguments: dict[str, Any], text: str) -> None:
    """Rules are tried in order, JSON types count, and a call that none fits is an error that shows it."""
    tools, _ = toolset(RULES)
    assert told(tools, "file_read", arguments) == text


def test_an_argument_may_be_called_matches() -> None:
    """On the top level of `when` a key `matches` is the tool's own argument, for arguments are never a text."""
    tools, _ = toolset("{file_read: {when: {matches: TODO}, returns: found}}")
    assert told(tools, "file_read", {"matches": "TODO"}) == "found"


def test_sequence_is_used_up() -> None:
    """A sequence gives its results in order, and then no longer applies."""
    tools, _ = toolset("{file_read: {sequence: [one, {raises: two}, {returns: [3]}]}}")
    assert [told(tools, "file_read") for _ in range(5)] == [
        "one",
        "! two",
        "[3]",
        "! the scenario has no result for file_read with {}",
        "! the scenario has no result for file_read with {}",
    ]


def test_rules_below_take_over_from_a_sequence() -> None:
    """Calls that a used-up sequence no longer covers are covered by the rules below it."""
    tools, _ = toolset("{file_read: [{sequence: [one]}, {sequence: [two]}, {otherwise: rest}]}")
    assert [told(tools, "file_read") for _ in range(4)] == ["one", "two", "rest", "rest"]


def test_sequence_counts_fitting_calls() -> None:
    """A sequence with arguments is moved on by the calls that have them, and by no others."""
    tools, _ = toolset("{file_read: [{when: {path: a}, sequence: [one, two]}, {otherwise: rest}]}")
    asked = ["a", "b", "a", "b", "a"]
    assert [told(tools, "file_read", {"path": path}) for path in asked] == ["one", "rest", "two", "rest", "rest"]


def test_two_cases_share_no_sequence() -> None:
    """Each tool set plays a scenario's sequences from their start."""
    rules = scenario("{title: T., turns: [{user: Go.}], tools: {file_read: {sequence: [one, two]}}}").file.tools
    sets = [ToolSet(CATALOGUE, rules) for _ in range(2)]
    assert [told(tools, "file_read") for tools in sets for _ in range(2)] == ["one", "two", "one", "two"]


def test_otherwise_takes_what_is_left() -> None:
    """The rule `otherwise` takes every call that none above it covers."""
    tools, _ = toolset("{file_read: [{when: {path: a}, returns: A}, {when: {path: b}, returns: B}, {otherwise: rest}]}")
    assert [told(tools, "file_read", {"path": path}) for path in "abc"] == ["A", "B", "rest"]


def test_rules_of_other_tools_do_not_cover() -> None:
    """A tool without rules of its own is not covered."""
    tools, _ = toolset("{file_read: text}")
    assert told(tools, "web_search", {"query": "x"}) == (
        '! the scenario has no result for web_search with {"query": "x"}'
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("file_read", "text"),
        ("web_search", "! the tool 'web_search' is not allowed here"),
        ("shell_exec", "! the tool 'shell_exec' is not allowed here"),
        ("file_raed", "! there is no tool 'file_raed'"),
        ("", "! there is no tool ''"),
        ("FILE_READ", "! there is no tool 'FILE_READ'"),
    ],
)
def test_unknown_and_forbidden_tools_are_refused(name: str, text: str) -> None:
    """A tool that does not exist, or that level or list forbid, is refused although the scenario has rules for it."""
    rules = "{file_read: text, web_search: text, shell_exec: text, file_raed: text}"
    tools, _ = toolset(rules, allow=["file_read", "shell_exec"])
    assert told(tools, name) == text


def test_everything_is_reported() -> None:
    """Each call is reported as it arrived, with what came of it, before its error is raised."""
    tools, seen = toolset("{file_read: [{when: {path: a}, returns: {b: 1}}, {when: {path: c}, raises: gone}]}")
    for name, arguments in (
        ("file_read", {"path": "a"}),
        ("file_read", {"path": "c"}),
        ("file_read", {"path": "d"}),
        ("shell_exec", {"command": "ls"}),
        ("rm", {}),
    ):
        told(tools, name, arguments)
    assert seen == [
        Execution("file_read", {"path": "a"}, "executed", '{"b": 1}'),
        Execution("file_read", {"path": "c"}, "failed", "gone"),
        Execution("file_read", {"path": "d"}, "failed", 'the scenario has no result for file_read with {"path": "d"}'),
        Execution("shell_exec", {"command": "ls"}, "refused", "the tool 'shell_exec' is not allowed here"),
        Execution("rm", {}, "refused", "there is no tool 'rm'"),
    ]


def test_nobody_need_listen() -> None:
    """Tools work without anyone to report to."""
    assert told(ToolSet(CATALOGUE, {}), "rm") == "! there is no tool 'rm'"


PATHS = st.none() | st.sampled_from("ab")
RULE = st.tuples(PATHS, st.integers(0, 2))


@EXAMPLES
@given(st.lists(RULE, max_size=4), st.lists(st.sampled_from("abc"), max_size=8))
def test_rules_play_like_a_list_of_uses(rules: list[tuple[str | None, int]], asked: Sequence[str]) -> None:
    """Any mix of rules and sequences gives what a plain list of remaining uses gives."""
    assume(rules and all(path or length for path, length in rules[:-1]))
    written = []
    for at, (path, length) in enumerate(rules):
        when = {} if path is None else {"when": {"path": path}}
        results = [f"{at}.{use}" for use in range(length)]
        written.append({**when, **({"sequence": results} if results else {"returns": f"{at}"})})
    left = [[f"{at}.{use}" for use in range(length)] if length else None for at, (_, length) in enumerate(rules)]
    expected = []
    for path in asked:
        wanted = f'! the scenario has no result for file_read with {{"path": "{path}"}}'
        for at, (when_path, _) in enumerate(rules):
            uses = left[at]
            if when_path not in (None, path) or uses == []:
                continue
            wanted = f"{at}" if uses is None else uses.pop(0)
            break
        expected.append(wanted)
    tools, _ = toolset(json.dumps({"file_read": written}))
    assert [told(tools, "file_read", {"path": path}) for path in asked] == expected


# Files


FILES = {"a.txt": "A", "notes/b.txt": "B", "scratch/old": "note", "scratch2/x": "X"}
WORKS: dict[str, Any] = {
    "file_list": "list",
    "file_read": "read",
    "file_write": "write",
    "file_append": {"does": "append", "content": "text"},
    "file_move": {"does": "move", "path": "from"},
    "file_delete": "delete",
    "scratch_list": {"does": "list", "path": "key", "folder": "scratch"},
    "scratch_read": {"does": "read", "path": "key", "folder": "scratch"},
    "scratch_write": {"does": "write", "path": "key", "content": "text", "folder": "scratch/"},
    "scratch_move": {"does": "move", "path": "key", "folder": "./scratch"},
    "empty_list": {"does": "list", "folder": "empty"},
    "root_read": {"does": "read"},
}


def filed(
    rules: str = "{}", *, allow: Collection[str] | None = None, own: Any = None, files: Mapping[str, str] | None = None
) -> tuple[ToolSet, Workspace]:
    """Return tools that work on files, and the workspace that they work on."""
    tools = {name: Tool.model_validate({"description": name, "workspace": work}) for name, work in WORKS.items()}
    tools["root_read"] = tools["root_read"].model_copy(update={"access": "admin"})
    workspace = Workspace(FILES if files is None else files)
    given = scenario(f"{{title: T., turns: [{{user: Go.}}], tools: {rules}}}").file.tools
    return ToolSet(Catalogue(label="files", tools=tools), given, allow=allow, own=own, files=workspace), workspace


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("file_list", {}, '["a.txt", "notes/", "scratch/", "scratch2/"]'),
        ("file_list", {"path": None}, '["a.txt", "notes/", "scratch/", "scratch2/"]'),
        ("file_list", {"path": "."}, '["a.txt", "notes/", "scratch/", "scratch2/"]'),
        ("file_list", {"path": "notes/"}, '["b.txt"]'),
        ("file_list", {"path": "nowhere"}, "! there is no folder 'nowhere'"),
        ("file_list", {"path": 5}, "! 'path' must be text; given: 5"),
        ("file_read", {"path": "./notes/../a.txt"}, "A"),
        ("file_read", {"path": "b.txt"}, "! there is no file 'b.txt'"),
        ("file_read", {"path": "a.txt", "limit": 3, "": None}, "A"),
        ("file_read", {}, "! 'path' must be text; given: nothing"),
        ("file_read", {"path": None}, "! 'path' must be text; given: nothing"),
        ("file_read", {"path": ["a.txt"]}, "! 'path' must be text; given: [\"a.txt\"]"),
        ("file_read", {"path": {"ä": True}}, "! 'path' must be text; given: {\"ä\": true}"),
        ("file_read", {"path": "../a.txt"}, "! '../a.txt' is outside of the workspace"),
        ("file_read", {"path": ""}, "! '' is a folder"),
        ("scratch_read", {"key": "old"}, "note"),
        ("scratch_read", {"path": "old"}, "! 'key' must be text; given: nothing"),
        ("scratch_read", {"key": "../a.txt"}, "! '../a.txt' is outside of the workspace"),
        ("scratch_read", {"key": "x/../../scratch2/x"}, "! 'x/../../scratch2/x' is outside of the workspace"),
        (
            "scratch_read",
            {"key": "/old"},
            "! '/old' is outside of the workspace; paths are relative to its top folder",
        ),
        ("scratch_read", {"key": "new"}, "! there is no file 'new'"),
        ("scratch_list", {}, '["old"]'),
        ("scratch_list", {"key": ".."}, "! '..' is outside of the workspace"),
        ("empty_list", {}, "[]"),
        ("empty_list", {"path": "x"}, "! there is no folder 'x'"),
        ("root_read", {"path": "a.txt"}, "! the tool 'root_read' is not allowed here"),
    ],
)
def test_looking_at_files(name: str, arguments: dict[str, Any], text: str) -> None:
    """Tools that look at files tell what is there; arguments that they do not know are free, as in rules."""
    tools, workspace = filed()
    assert (told(tools, name, arguments), workspace.files) == (text, FILES)


@pytest.mark.parametrize(
    ("name", "arguments", "text", "changed"),
    [
        (
            "file_write",
            {"path": "./new/c.txt", "content": "Zoë"},
            "wrote 3 characters to new/c.txt",
            {"new/c.txt": "Zoë"},
        ),
        ("file_write", {"path": "a.txt", "content": "", "mode": "x"}, "wrote 0 characters to a.txt", {"a.txt": ""}),
        ("file_append", {"path": "a.txt", "text": "!"}, "wrote 1 characters to a.txt", {"a.txt": "A!"}),
        ("file_append", {"path": "c", "text": "!"}, "wrote 1 characters to c", {"c": "!"}),
        ("file_delete", {"path": "notes//b.txt"}, "deleted notes/b.txt", {"notes/b.txt": None}),
        ("file_move", {"from": "a.txt", "to": "z/a"}, "moved a.txt to z/a", {"a.txt": None, "z/a": "A"}),
        ("scratch_write", {"key": "k", "text": "x"}, "wrote 1 characters to k", {"scratch/k": "x"}),
        ("scratch_move", {"key": "old", "to": "n/o"}, "moved old to n/o", {"scratch/old": None, "scratch/n/o": "note"}),
        ("file_write", {"path": "c"}, "! 'content' must be text; given: nothing", {}),
        ("file_write", {"content": "x"}, "! 'path' must be text; given: nothing", {}),
        ("file_write", {"path": "c", "content": 5}, "! 'content' must be text; given: 5", {}),
        ("file_write", {"path": "c", "content": "\ud800"}, "! the text holds U+D800, which no file can hold", {}),
        ("file_append", {"path": "a.txt", "content": "x"}, "! 'text' must be text; given: nothing", {}),
        ("file_write", {"path": "notes", "content": "x"}, "! 'notes' is a folder", {}),
        ("file_delete", {"path": "notes"}, "! 'notes' is a folder", {}),
        ("file_move", {"from": "a.txt"}, "! 'to' must be text; given: nothing", {}),
        ("file_move", {"from": "a.txt", "to": "notes/b.txt"}, "! there is a file 'notes/b.txt' already", {}),
        ("scratch_write", {"key": "../a.txt", "text": "x"}, "! '../a.txt' is outside of the workspace", {}),
        ("scratch_write", {"key": ".", "text": "x"}, "! '.' is a folder", {}),
        ("scratch_move", {"key": "old", "to": "../old"}, "! '../old' is outside of the workspace", {}),
    ],
)
def test_changing_files(name: str, arguments: dict[str, Any], text: str, changed: dict[str, str | None]) -> None:
    """Tools that change files change what they say and nothing else, and nothing at all when they refuse."""
    tools, workspace = filed()
    assert told(tools, name, arguments) == text
    after = {**FILES, **changed}
    assert workspace.files == dict(sorted((path, left) for path, left in after.items() if left is not None))


def test_a_tool_that_is_refused_touches_no_file() -> None:
    """What level or allow-list forbid is done to no file, nor by a rule's or a module's leave."""
    tools, workspace = filed("{file_delete: done}", allow=["file_read", "root_read"])
    for name in ("file_delete", "file_write", "file_move", "root_read", "file_raed"):
        said = told(tools, name, {"path": "a.txt", "content": "x", "from": "a.txt", "to": "b"})
        assert said in (f"! the tool '{name}' is not allowed here", f"! there is no tool '{name}'")
    assert workspace.files == FILES


def test_rules_come_before_the_module_and_that_before_the_files(tmp_path: Path) -> None:
    """A call is answered by the first rule that fits, else by the module, else by the workspace, else by nothing."""
    path = tmp_path / "own.py"
    path.write_text("def make(state, files):\n    return {'file_read': lambda path: f'module {path}'}\n", "utf-8")
    rules = "{file_read: {when: {path: a.txt}, sequence: [rule]}, file_list: {when: {path: x}, raises: no}}"
    tools, workspace = filed(rules, own=load(path, {}, Workspace()))
    assert [told(tools, "file_read", {"path": name}) for name in ("a.txt", "a.txt", "notes/b.txt")] == [
        "rule",
        "module a.txt",
        "module notes/b.txt",
    ]
    assert [told(tools, "file_list", {"path": name}) for name in ("x", "notes")] == ["! no", '["b.txt"]']
    assert workspace.files == FILES
    without = ToolSet(CATALOGUE, {}, files=workspace)
    assert told(without, "file_read", {"path": "a"}) == '! the scenario has no result for file_read with {"path": "a"}'


def test_without_a_workspace_files_are_not_covered() -> None:
    """In a scenario without a workspace a file tool has the results of its rules only."""
    tools = ToolSet(
        Catalogue(label="f", tools={"r": Tool.model_validate({"description": "", "workspace": "read"})}), {}
    )
    assert told(tools, "r", {"path": "a"}) == '! the scenario has no result for r with {"path": "a"}'


def test_nothing_runs_after_a_tool_broke(tmp_path: Path) -> None:
    """The first tool that breaks is remembered, reported to nobody, and every later call breaks likewise."""
    path = tmp_path / "own.py"
    path.write_text("def make(state, files):\n    return {'file_read': lambda: 1 / 0}\n", "utf-8")
    tools, workspace = filed(own=load(path, {}, Workspace()))
    for name, arguments in (("file_read", {}), ("file_write", {"path": "c", "content": "x"})):
        with pytest.raises(ToolBroken, match="ZeroDivisionError"):
            asyncio.run(tools.call(name, arguments))
    assert (type(tools.error), workspace.files) == (ToolBroken, FILES)


def test_what_nothing_covers_may_be_given() -> None:
    """Calls that no rule covers are given what somebody says, a result or an error; refused calls are none of them."""
    said = {"a": Effect(returns=[1]), "b": Effect(raises="full")}
    asked: list[tuple[str, Mapping[str, Any]]] = []

    def beyond(name: str, arguments: Mapping[str, Any]) -> Effect | None:
        asked.append((name, arguments))
        return said.get(arguments["path"])

    rules = scenario("{title: T., turns: [{user: Go.}], tools: {file_read: {when: {path: x}, returns: X}}}").file.tools
    tools = ToolSet(CATALOGUE, rules, beyond=beyond)
    came = [told(tools, "file_read", {"path": path}) for path in ("x", "a", "b", "c")]
    came += [told(tools, "shell_exec", {"path": "a"}), told(tools, "nothing", {"path": "a"})]
    assert came == [
        "X",
        "[1]",
        "! full",
        '! the scenario has no result for file_read with {"path": "c"}',
        "! the tool 'shell_exec' is not allowed here",
        "! there is no tool 'nothing'",
    ]
    assert asked == [("file_read", {"path": path}) for path in ("a", "b", "c")]
