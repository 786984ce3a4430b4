"""What must come out: the short forms, what is refused, and what holds."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from pydantic import BaseModel

from harness.calls import CallCount, ExpectedCall, ExpectedCalls, Match
from harness.condition import Amount, Tokens, Words
from harness.errors import InputError
from harness.expectation import Expectation, TurnExpectation, expected_tools, parted
from harness.known import Known
from harness.pauses import ExpectedCheckpoint, TurnCheckpoint
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
        ("turns: 1", "1:1: unknown key 'turns'"),
        ("checkpoints: many", "1:14: checkpoints: must be a whole number, or {at_least: ..., at_most: ...}"),
        ("checkpoints: {at_leest: 1}", "1:15: checkpoints: unknown key 'at_leest' (did you mean 'at_least'?)"),
        ("checkpoints: [a, 5]", "1:18: checkpoints[1]: must be the names that are pending, or {pending: [...]"),
        ("checkpoints: [[]]", "1:15: checkpoints[0]: must not be empty"),
        ("checkpoints: [{turn: 1}]", "1:16: checkpoints[0]: unknown key 'turn'"),
        ("checkpoints: [{round: 0}]", "1:23: checkpoints[0].round: must be at least 1"),
        ("checkpoints: [{answer: yes}]", "1:24: checkpoints[0].answer: must be 'confirmed', 'denied' or 'unanswered'"),
        (
            "checkpoints: [{pending: a, rounds: 1}]",
            "1:28: checkpoints[0]: unknown key 'rounds' (did you mean 'round'?)",
        ),
        ("tokens: many", "1:9: tokens: must be a whole number, or "),
        ("tokens: {promt: 3}", "1:10: tokens: unknown key 'promt' (did you mean 'prompt'?)"),
        ("tokens: {prompt: {at_leest: 3}}", "1:19: tokens.prompt: unknown key 'at_leest' (did you mean 'at_least'?)"),
        (
            "tokens: {prompt: 3, at_most: 3}",
            "1:9: tokens: 'at_most' says not of what; write it behind 'total', 'prompt' or 'completion'",
        ),
        ("count: {}", "1:8: count: must not be empty"),
        ("count: 3", "1:8: count: must be a mapping"),
        ("count: {a: {which: executed}}", "1:12: count.a: needs a number, 'at_least' or 'at_most'"),
        ("calls: a", "1:8: calls: must be a mapping like {in_order: [...]}, or a list of such mappings"),
        ("calls: []", "1:8: calls: must not be empty"),
        ("calls: [a]", "1:9: calls[0]: must be a mapping"),
        ("before: [a, b]", "1:9: before: must be a list of lists of calls, like [[file_read, file_write]]"),
        ("before: []", "1:9: before: must not be empty"),
        ("before: [[a]]", "1:10: before[0]: takes two calls; here: 1"),
        ("before: [[a, b, c]]", "1:10: before[0]: takes two calls; here: 3"),
        ("before: [[a, 5]]", "1:14: before[0][1]: must be a tool's name, or {TOOL: {ARGUMENT: VALUE}}"),
        ("together: [[a]]", "1:12: together[0]: takes two calls or more; here: 1"),
        ("together: {a: b}", "1:11: together: must be a list of lists of calls"),
        ("apart: [[a, b], [c]]", "1:17: apart[1]: takes two calls; here: 1"),
        ("known: slow", "1:8: known: must be a mapping"),
        ("known: {reason: a, until: 2026-03-01, for: {role: a}}", "1:39: known: unknown key 'for'"),
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
known: {reason: slow, until: 2026-03-01}
calls:
  in_order:
    - file_delete: {path: old.txt}
      decision: denied
    - file_read
count: {file_read: 2, file_write: {at_most: 1, which: executed}}
before: [[file_read, {file_write: {path: a}}]]
together: [[a, b, c]]
apart: [[a, d], [b, d]]
rounds: 3
notices: {at_most: 1}
checkpoints: {at_least: 1}
tokens: {at_most: 900}
never: shell_exec
offered: []
response: {contains: kept}
stop: error
error: quota
turns: 1
"""
    a, b, c, d = (ExpectedCall(tool=name) for name in "abcd")
    assert read(text, Expectation) == Expectation(
        known=Known(reason="slow", until="2026-03-01"),
        calls=[
            ExpectedCalls(
                in_order=[
                    ExpectedCall(tool="file_delete", arguments={"path": "old.txt"}, decision="denied"),
                    ExpectedCall(tool="file_read"),
                ]
            )
        ],
        count={"file_read": CallCount(exactly=2), "file_write": CallCount(at_most=1, which="executed")},
        before=[[ExpectedCall(tool="file_read"), ExpectedCall(tool="file_write", arguments={"path": "a"})]],
        together=[[a, b, c]],
        apart=[[a, d], [b, d]],
        rounds=Amount(exactly=3),
        notices=Amount(at_most=1),
        checkpoints=Amount(at_least=1),
        tokens=Amount(at_most=900),
        never=["shell_exec"],
        offered=[],
        response=Words(contains=["kept"]),
        stop="error",
        error=Words(equals="quota"),
        turns=Amount(exactly=1),
    )


def test_keys_with_more_than_one_form() -> None:
    """Calls may stand under several modes, checkpoints each for itself, and tokens by their kinds."""
    text = """\
calls:
  - {exact: [a], match: {except: [x]}, which: executed}
  - {subset: []}
checkpoints: [a, [b, b], {round: 2}, {pending: c, answer: denied}]
tokens: {prompt: 3, total: {at_least: 2}}
"""
    said: list[Any] = [
        {"pending": ["a"]},
        {"pending": ["b", "b"]},
        {"round": 2},
        {"pending": ["c"], "answer": "denied"},
    ]
    calls = [
        ExpectedCalls(exact=[ExpectedCall(tool="a")], match=Match.model_validate({"except": "x"}), which="executed"),
        ExpectedCalls(subset=[]),
    ]
    tokens = Tokens(prompt=Amount(exactly=3), total=Amount(at_least=2))
    turn, case = (list(map(kind.model_validate, said)) for kind in (TurnCheckpoint, ExpectedCheckpoint))
    assert read(text, TurnExpectation) == TurnExpectation(calls=calls, checkpoints=turn, tokens=tokens)
    whole = read(text, Expectation)
    assert (whole.calls, whole.checkpoints, whole.tokens) == (calls, case, tokens)


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
    text = """\
calls: [{in_order: [a, {b: {}}]}, {subset: [c], match: exact}, {exact: []}]
count: {d: 1, e: 0}
before: [[f, {g: {}}]]
together: [[h, i, j]]
apart: [[k, l], [m, n]]
checkpoints: [o, {round: 1}, [p, q]]
never: [c, d]
offered: [a]
"""
    assert list(expected_tools(read(text, TurnExpectation))) == [
        ("a", ("calls", 0, "in_order", 0)),
        ("b", ("calls", 0, "in_order", 1)),
        ("c", ("calls", 1, "subset", 0)),
        ("d", ("count", "d")),
        ("e", ("count", "e")),
        ("f", ("before", 0, 0)),
        ("g", ("before", 0, 1)),
        ("h", ("together", 0, 0)),
        ("i", ("together", 0, 1)),
        ("j", ("together", 0, 2)),
        ("k", ("apart", 0, 0)),
        ("l", ("apart", 0, 1)),
        ("m", ("apart", 1, 0)),
        ("n", ("apart", 1, 1)),
        ("o", ("checkpoints", 0, "pending", 0)),
        ("p", ("checkpoints", 2, "pending", 0)),
        ("q", ("checkpoints", 2, "pending", 1)),
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
    ("pattern", "state", "keys"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": {}}, {"a": {"b": 2}}, []),
        ({"a": {"b": {"matches": "^x"}}}, {"a": {"b": "xy", "c": 1}}, []),
        ({"a": 1, "b": True, "c": None}, {"a": True, "b": 1}, ["a", "b", "c"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a"]),
        ({"a": None}, {"a": None}, []),
        ({"a": 1.0}, {"a": 1}, []),
        ({"a": {"type": "integer"}, "b": {"one_of": [1, 2]}}, {"a": 1.5, "b": 2}, ["a"]),
        ({"a": 1}, {}, ["a"]),
    ],
)
def test_parted(pattern: dict[str, Any], state: dict[str, Any], keys: list[str]) -> None:
    """A state has what a pattern names, with JSON's types; the keys where it has not are told."""
    assert parted(pattern, state) == keys
