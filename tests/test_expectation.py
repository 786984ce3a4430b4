"""What must come out: the short forms, what is refused, and what holds."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from pydantic import BaseModel

from harness.condition import Amount, Words
from harness.errors import InputError
from harness.expectation import (
    Expectation,
    ExpectedCall,
    ExpectedCalls,
    Point,
    Scope,
    TurnExpectation,
    expected_tools,
    parted,
)
from harness.source import parse
from harness.wording import validate

EXAMPLES = settings(deadline=None, max_examples=200, derandomize=True, database=None)


FILE = Path("f.yaml")


def read(text: str, model: type[BaseModel]) -> Any:
    """Return the model that a text becomes, read as a scenario is."""
    return validate(parse(text, FILE), model)


def refused(text: str, model: type[BaseModel] = TurnExpectation) -> list[str]:
    """Return the lines with which a text is refused."""
    with pytest.raises(InputError) as caught:
        read(text, model)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("text", ["many", "1.0", "true", "[1]", "'3'"])
def test_an_amount_is_a_number(text: str) -> None:
    """What is neither a number nor bounds is refused with what may stand there."""
    (line,) = refused(f"rounds: {text}")
    assert line.startswith("f.yaml:1:9: rounds: must be a whole number")


@pytest.mark.parametrize("text", ["{exactly: null}", "{exactly: }", "{at_least: }", "{at_most: null, at_least: null}"])
def test_an_amount_without_its_number(text: str) -> None:
    """A bound that was left empty is refused, since it would hold for everything."""
    (line,) = refused(f"rounds: {text}")[:1]
    assert line.startswith("f.yaml:1:")


@pytest.mark.parametrize("text", ["{equals: }", "{equals: null}", "{contains: []}", "{lacks: [], matches: []}"])
def test_words_that_ask_for_nothing(text: str) -> None:
    """A key of words that was left empty is refused, since every text would do."""
    (line,) = refused(f"response: {text}")[:1]
    assert line.startswith("f.yaml:1:")


def test_an_endless_expression_is_refused() -> None:
    """An expression that cannot be compiled for its size is a problem of the file like any other."""
    (line,) = refused("response: {matches: 'a{99999999999999999999}'}")
    assert line.startswith("f.yaml:1:21: response.matches: 'a{99999999999999999999}' is not a regular expression: ")


@pytest.mark.parametrize(
    ("text", "call", "words"),
    [
        ("file_read", ExpectedCall(tool="file_read"), "file_read(...)"),
        ("{file_read: }", ExpectedCall(tool="file_read"), "file_read(...)"),
        ("{file_read: {}}", ExpectedCall(tool="file_read"), "file_read(...)"),
        ("{file_read: {path: é}}", ExpectedCall(tool="file_read", arguments={"path": "é"}), 'file_read({"path": "é"})'),
        (
            "{file_read: {path: a}, decision: denied, outcome: denied}",
            ExpectedCall(tool="file_read", arguments={"path": "a"}, decision="denied", outcome="denied"),
            'file_read({"path": "a"}), denied, denied',
        ),
        ("{outcome: failed, file_read: }", ExpectedCall(tool="file_read", outcome="failed"), "file_read(...), failed"),
        ("{tool: tool, arguments: {a: 1}}", ExpectedCall(tool="tool", arguments={"a": 1}), 'tool({"a": 1})'),
        (
            "{tool: decision, decision: none}",
            ExpectedCall(tool="decision", decision="none"),
            "decision(...), none",
        ),
    ],
)
def test_expected_calls(text: str, call: ExpectedCall, words: str) -> None:
    """An expected call is a name, a name with arguments, or written out, and is told in words."""
    read_call = read(text, ExpectedCall)
    assert (read_call, str(read_call)) == (call, words)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{}", "1:1: an expected call names one tool, with its arguments behind it; here: none"),
        ("{decision: none}", "1:1: an expected call names one tool, with its arguments behind it; here: none"),
        ("{a: {}, b: {}}", "1:1: an expected call names one tool, with its arguments behind it; here: a, b"),
        (
            "{a: {}, decison: none}",
            "1:1: an expected call names one tool, with its arguments behind it; here: a, decison",
        ),
        ("{a: b}", "1:1: the arguments of a must be a mapping; leave them out to accept any"),
        ("{a: [b]}", "1:1: the arguments of a must be a mapping; leave them out to accept any"),
        ("{a: {}, outcome: done}", "1:18: outcome: must be "),
        ("{a: {}, decision: yes}", "1:19: decision: must be "),
        ("{tool: a, args: {}}", "1:11: unknown key 'args' (did you mean 'arguments'?)"),
        ("{tool: 5}", "1:8: tool: must be text"),
        (
            "{a: {b: {matches: '('}}}",
            "1:1: arguments: '(' is not a regular expression: missing ), unterminated subpattern at position 0",
        ),
    ],
)
def test_expected_calls_that_are_none(text: str, line: str) -> None:
    """A call that names no tool or several, or arguments that are none, is refused."""
    (told,) = refused(text, ExpectedCall)
    assert told.startswith(f"f.yaml:{line}")
    assert told == f"f.yaml:{line}" or line.endswith("be ")


@pytest.mark.parametrize("text", ["5", "[a]", "true", ""])
def test_an_expected_call_is_a_name_or_a_mapping(text: str) -> None:
    """What is neither a name nor a mapping is refused at its place."""
    (line,) = refused(f"calls:\n  in_order:\n    - {text}\n")
    assert line.startswith("f.yaml:3:")
    assert "calls.in_order[0]: must be " in line


def test_no_expected_call_is_a_mistake() -> None:
    """An empty list of calls says nothing and is refused."""
    (line,) = refused("calls: {in_order: []}")
    assert line.startswith("f.yaml:1:19: calls.in_order: ")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("error: x", "1:1: 'error' is only looked at with 'stop: error'; add it"),
        ("{stop: final, error: x}", "1:1: 'error' is only looked at with 'stop: error'; add it"),
        ("{calls: {in_order: [b, a]}, never: [c, a]}", "1:1: a is expected in 'calls' and forbidden in 'never'"),
        ("turns: 1", "1:1: unknown key 'turns'"),
        ("stop: finl", "1:7: stop: must be "),
        ("stop: ", "1:6: stop: nothing stands here"),
        ("never: [1]", "1:9: never[0]: must be text"),
        ("never: {a: 1}", "1:8: never: must be a list"),
        ("offered: 3", "1:10: offered: must be a list"),
        ("round: 3", "1:1: unknown key 'round' (did you mean 'rounds'?)"),
        ("workspace: {}", "1:12: workspace: must not be empty"),
        ("workspace: [a]", "1:12: workspace: must be a mapping"),
        ("workspace: ", "1:11: workspace: nothing stands here; write a value, or remove the key"),
        ("workspace: {a: }", "1:16: workspace.a: must be the file's whole text, {absent: true}, or {present: true, "),
        ("workspace: {../a: x}", "1:13: workspace: '../a' is outside of the workspace"),
        ("workspace: {./a: x}", "1:13: workspace: './a' must be written as the path of a file: 'a'"),
        ("workspace: {a/: x}", "1:13: workspace: 'a/' must be written as the path of a file: 'a'"),
        ("workspace: {'': x}", "1:13: workspace: '' is the workspace itself, not a file in it"),
        ("workspace: {'a\\b': x}", "1:13: workspace: 'a\\\\b' is not a path: write it with '/'"),
        ("state: {}", "1:8: state: must not be empty"),
        ("state: 5", "1:8: state: must be a mapping"),
        ("state: {a: {matches: '('}}", "1:8: state: '(' is not a regular expression: "),
        ("for: chat", "1:6: for: must be a mapping"),
        ("for: {role: []}", "1:13: for.role: must not be empty"),
        ("for: {role: [1]}", "1:14: for.role[0]: must be text"),
        ("for: {roles: chat}", "1:7: for: unknown key 'roles' (did you mean 'role'?)"),
        ("for: {loop: production}", "1:7: for: unknown key 'loop'"),
        ("for: ", "1:5: for: nothing stands here"),
    ],
)
def test_expectations_that_are_none(text: str, line: str) -> None:
    """An expectation that contradicts itself, or is misspelt, is refused."""
    (told,) = refused(text)
    assert told.startswith(f"f.yaml:{line}")


def test_an_empty_expectation_is_a_final_text() -> None:
    """Without a word an expectation is that the turn ends with a final text."""
    assert read("{}", TurnExpectation) == TurnExpectation(stop="final")


def test_a_whole_expectation() -> None:
    """Every key of an expectation is read, in its short form."""
    text = """\
calls:
  in_order:
    - file_delete: {path: old.txt}
      decision: denied
    - file_read
rounds: 3
notices: {at_most: 1}
checkpoints: {at_least: 1}
never: shell_exec
offered: []
response: {contains: kept}
stop: error
error: quota
turns: 1
"""
    assert read(text, Expectation) == Expectation(
        calls=ExpectedCalls(
            in_order=[
                ExpectedCall(tool="file_delete", arguments={"path": "old.txt"}, decision="denied"),
                ExpectedCall(tool="file_read"),
            ]
        ),
        rounds=Amount(exactly=3),
        notices=Amount(at_most=1),
        checkpoints=Amount(at_least=1),
        never=["shell_exec"],
        offered=[],
        response=Words(contains=["kept"]),
        stop="error",
        error=Words(equals="quota"),
        turns=Amount(exactly=1),
    )


def test_all_problems_at_once() -> None:
    """Every wrong part of an expectation is told, line by line."""
    text = """\
rounds: many
calls:
  in_order:
    - {a: {}, b: {}}
    - {a: {}, decision: maybe}
    - {tool: a, args: {}}
notices: {atleast: 1}
checkpoints: -1
response: {contains: [1], matches: '('}
stop: finl
"""
    assert [line.split(": ")[0] for line in refused(text)] == [
        f"f.yaml:{place}" for place in ("1:9", "4:7", "5:25", "6:17", "7:11", "8:14", "9:23", "9:36", "10:7")
    ]


def test_the_tools_of_an_expectation() -> None:
    """Each tool that an expectation names comes with the way to it, as often as it is named."""
    text = "{calls: {in_order: [a, {b: {}}]}, never: [c, d], offered: [a]}"
    assert list(expected_tools(read(text, TurnExpectation))) == [
        ("a", ("calls", "in_order", 0)),
        ("b", ("calls", "in_order", 1)),
        ("c", ("never", 0)),
        ("d", ("never", 1)),
        ("a", ("offered", 0)),
    ]
    assert list(expected_tools(TurnExpectation())) == []


def test_every_wrong_path_is_told() -> None:
    """Each path that no file of a workspace has is told at its own key."""
    text = "workspace:\n  ../a: x\n  b: x\n  /c: {absent: true}\n"
    assert [line.partition(": ")[0] for line in refused(text)] == ["f.yaml:2:3", "f.yaml:4:3"]


@pytest.mark.parametrize(
    ("scope", "points"),
    [
        ("{}", "abcd"),
        ("{role: chat}", "ab"),
        ("{role: [chat, files]}", "abcd"),
        ("{model: m}", "ac"),
        ("{tools: all, role: files}", "d"),
        ("{role: chat, model: n, tools: all}", ""),
    ],
)
def test_scopes(scope: str, points: str) -> None:
    """A scope holds where every group that it names has one of its labels."""
    all_points = {
        "a": Point("chat", "m", "all"),
        "b": Point("chat", "n", "none"),
        "c": Point("files", "m", "none"),
        "d": Point("files", "n", "all"),
    }
    read_scope = read(scope, Scope)
    assert "".join(name for name, point in all_points.items() if read_scope.holds(point)) == points


@pytest.mark.parametrize(
    ("pattern", "state", "keys"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": {}}, {"a": {"b": 2}}, []),
        ({"a": {"b": {"matches": "^x"}}}, {"a": {"b": "xy", "c": 1}}, []),
        ({"a": 1, "b": True, "c": None}, {"a": True, "b": 1}, ["a", "b", "c"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a"]),
        ({"a": None}, {"a": None}, []),
        ({"a": 1.0}, {"a": 1}, ["a"]),
        ({"a": 1}, {}, ["a"]),
    ],
)
def test_parted(pattern: dict[str, Any], state: dict[str, Any], keys: list[str]) -> None:
    """A state has what a pattern names, with JSON's types; the keys where it has not are told."""
    assert parted(pattern, state) == keys
