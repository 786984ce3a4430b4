"""Calls that are expected: the short forms, what is refused, and what fits."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from harness.calls import CallCount, ExpectedCall, ExpectedCalls, Match, MatchedReference, named, referred
from harness.errors import InputError
from harness.scenario import ScenarioFile
from harness.source import parse
from harness.trace import Call
from harness.wording import validate
from tests.build import call, scenario_file
from tests.build import refused as refused_scenario

FILE = Path("f.yaml")


def read(text: str, model: type[BaseModel]) -> Any:
    """Return the model that a text becomes, read as a scenario is."""
    return validate(parse(text, FILE), model)


def refused(text: str, model: type[BaseModel]) -> list[str]:
    """Return the lines with which a text is refused."""
    with pytest.raises(InputError) as caught:
        read(text, model)
    return str(caught.value).splitlines()


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


OPEN = 'missing ), unterminated subpattern at position 0; to mean the mapping itself, write {equals: {"matches": "("}}'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{}", "1:1: an expected call names one tool, with its arguments behind it; here: none"),
        ("{decision: none}", "1:1: an expected call names one tool, with its arguments behind it; here: none"),
        ("{a: {}, b: {}}", "1:1: an expected call names one tool, with its arguments behind it; here: a, b"),
        (
            "{a: {}, decison: none}",
            "1:9: unknown key 'decison' (did you mean 'decision'?)",
        ),
        ("{a: b}", "1:1: the arguments of a must be a mapping; leave them out to accept any"),
        ("{a: [b]}", "1:1: the arguments of a must be a mapping; leave them out to accept any"),
        ("{a: {}, outcome: done}", "1:18: outcome: must be "),
        ("{a: {}, decision: yes}", "1:19: decision: must be "),
        ("{tool: a, args: {}}", "1:11: unknown key 'args' (did you mean 'arguments'?)"),
        ("{tool: 5}", "1:8: tool: must be text; quote it: '5'"),
        (
            "{a: {b: {matches: '('}}}",
            f"1:1: '(' is not a regular expression: {OPEN}",
        ),
    ],
)
def test_expected_calls_that_are_none(text: str, line: str) -> None:
    """A call that names no tool or several, or arguments that are none, is refused."""
    (told,) = refused(text, ExpectedCall)
    assert told.startswith(f"f.yaml:{line}")
    assert told == f"f.yaml:{line}" or line.endswith("be ")


# How arguments fit


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("exact", Match(how="exact")),
        ("partial", Match(how="partial")),
        ("ignore", Match(how="ignore")),
        ("{except: at}", Match.model_validate({"how": "exact", "except": ["at"]})),
        ("{except: [at, id]}", Match.model_validate({"how": "exact", "except": ["at", "id"]})),
        ("{how: partial, except: at}", Match.model_validate({"how": "partial", "except": ["at"]})),
    ],
)
def test_matches(text: str, match: Match) -> None:
    """How arguments must fit is a word, or the arguments that do not count."""
    said = read(f"{{exact: [a], match: {text}}}", ExpectedCalls).match
    assert (said.how, said.without) == (match.how, match.without)


FORM = "must be exact, partial, ignore, or {except: [ARGUMENT, ...]}"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("exakt", f"1:21: match: {FORM} (did you mean 'exact'?)"),
        ("5", f"1:21: match: {FORM}"),
        ("[at]", f"1:21: match: {FORM}"),
        ("true", f"1:21: match: {FORM}"),
        ("", "1:21: match: nothing stands here; write a value, or remove the key"),
        ("{}", "1:21: match: needs 'except': the arguments that do not count"),
        ("{except: []}", "1:30: match.except: must not be empty"),
        ("{except: 5}", "1:30: match.except: must be a list of texts, or a text; quote it: '5'"),
        ("{exept: at}", "1:22: match: unknown key 'exept' (did you mean 'except'?)"),
        (
            "{how: ignore, except: at}",
            "1:21: match: 'ignore' takes any arguments, so that 'except' says nothing; remove one of them",
        ),
    ],
)
def test_matches_that_are_none(text: str, line: str) -> None:
    """What does not say how arguments must fit is refused with what may stand there."""
    assert refused(f"{{exact: [a], match: {text}}}", ExpectedCalls) == [f"f.yaml:{line}"]


READ = call("file_read", {"path": "a", "limit": 3}, decision="confirmed", outcome="failed")


@pytest.mark.parametrize(
    ("text", "fitting"),
    [
        ("file_read", True),
        ("file_write", False),
        ("{file_read: {path: a}}", True),
        ("{file_read: {path: b}}", False),
        ("{file_read: {path: a, start: 0}}", False),
        ("{file_read: {path: a, limit: 3.0}}", True),
        ("{file_read: {limit: true}}", False),
        ("{file_read: {limit: '3'}}", False),
        ("{file_read: {path: {matches: '^a'}, limit: {near: 2, within: 1}}}", True),
        ("{file_read: {path: {one_of: [b, c]}}}", False),
        ("{file_read: {path: {anything: true}, limit: {type: integer}}}", True),
        ("{file_read: {path: a}, match: exact}", False),
        ("{file_read: {path: a, limit: 3}, match: exact}", True),
        ("{file_read: {path: a}, match: {except: limit}}", True),
        ("{file_read: {path: a, limit: 9}, match: {except: limit}}", True),
        ("{file_read: {path: b}, match: {except: limit}}", False),
        ("{file_read: {path: b}, match: ignore}", True),
        ("{file_read: , match: exact}", False),
        ("{file_read: , decision: confirmed, outcome: failed}", True),
        ("{file_read: , decision: none}", False),
        ("{file_read: , outcome: executed}", False),
    ],
)
def test_what_fits(text: str, fitting: bool) -> None:
    """A call fits by its tool, its arguments as they must match, and its fate."""
    assert read(text, ExpectedCall).fits(READ) is fitting


@pytest.mark.parametrize(
    ("match", "fitting"), [("partial", True), ("exact", False), ("ignore", True), ("{except: [path]}", False)]
)
def test_unreadable_arguments(match: str, fitting: bool) -> None:
    """Arguments that cannot be read fit where none is asked for, and never exactly."""
    unreadable: Call = call("file_read", None, raw="{")
    assert read(f"{{file_read: , match: {match}}}", ExpectedCall).fits(unreadable) is fitting
    assert read(f"{{file_read: {{path: a}}, match: {match}}}", ExpectedCall).fits(unreadable) is (match == "ignore")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{a: {x: 1}, match: exact}", 'a({"x": 1})'),
        ("{a: , match: exact}", "a({})"),
        ("{a: {x: 1}, match: ignore}", "a(...)"),
        ("{a: , match: {except: x}}", "a({})"),
        ("{a: {x: {matches: y}}}", 'a({"x": {"matches": "y"}})'),
    ],
)
def test_how_a_call_is_told(text: str, words: str) -> None:
    """A call is told by the arguments that count; where none may be there, that is told too."""
    assert str(read(text, ExpectedCall)) == words


# Several calls


def test_a_call_says_how_it_must_fit_itself() -> None:
    """What calls say together holds for each that does not say it itself."""
    calls = read("{unordered: [a, {b: {}, match: ignore}, {c: {}, match: partial}], match: exact}", ExpectedCalls)
    assert calls.mode == "unordered"
    assert [(one.tool, one.matched.how) for one in calls.wanted] == [("a", "exact"), ("b", "ignore"), ("c", "partial")]
    assert [one.matched.how for one in read("{subset: [a]}", ExpectedCalls).wanted] == ["partial"]


@pytest.mark.parametrize("mode", ["exact", "in_order", "unordered", "superset", "subset"])
def test_modes(mode: str) -> None:
    """Calls stand under any of the five modes."""
    calls = read(f"{{{mode}: [a]}}", ExpectedCalls)
    assert (calls.mode, calls.wanted, calls.which) == (
        mode,
        [ExpectedCall(tool="a", match=Match(how="partial"))],
        "asked",
    )


@pytest.mark.parametrize("mode", ["exact", "unordered", "subset"])
def test_no_call_at_all(mode: str) -> None:
    """An empty list under these modes says that there is no call at all."""
    assert read(f"{{{mode}: []}}", ExpectedCalls).wanted == []


EMPTY = "no calls are always there; write 'exact: []' where no call at all is right"
ONE = "calls stand under one of exact, in_order, unordered, superset and subset; here: "


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{}", f"1:1: {ONE}none"),
        ("{match: exact}", f"1:1: {ONE}none"),
        ("{exact: [], subset: []}", f"1:1: {ONE}exact and subset; for several write a list"),
        (
            "{in_order: []}",
            "1:12: in_order: no calls are always there; write 'exact: []' where no call at all is right",
        ),
        (
            "{superset: []}",
            "1:12: superset: no calls are always there; write 'exact: []' where no call at all is right",
        ),
        ("{exact: }", "1:9: exact: nothing stands here; write a value, or remove the key"),
        ("{exact: a}", "1:9: exact: must be a list"),
        ("{exakt: [a]}", "1:2: unknown key 'exakt' (did you mean 'exact'?)"),
        ("{exact: [a], which: failed}", "1:21: which: must be 'asked' or 'executed'"),
    ],
)
def test_calls_that_are_none(text: str, line: str) -> None:
    """Calls under no mode or several, or an empty list that would always hold, are refused."""
    assert refused(text, ExpectedCalls) == [f"f.yaml:{line}"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("3", CallCount(exactly=3)),
        ("{at_most: 3}", CallCount(at_most=3)),
        ("{exactly: 3, which: executed}", CallCount(exactly=3, which="executed")),
        ("{at_least: 1, at_most: 3, which: asked}", CallCount(at_least=1, at_most=3)),
    ],
)
def test_counts(text: str, count: CallCount) -> None:
    """A count is an amount, and may say which calls it counts."""
    said = read(text, CallCount)
    assert (said.exactly, said.at_least, said.at_most, said.which) == (
        count.exactly,
        count.at_least,
        count.at_most,
        count.which,
    )


# Reference paths


@pytest.mark.parametrize(
    ("text", "calls", "tools"),
    [
        ("[]", [], []),
        ("{calls: []}", [], []),
        (
            "[a, {b: {x: 1}}]",
            [ExpectedCall(tool="a"), ExpectedCall(tool="b", arguments={"x": 1})],
            [("a", (0,)), ("b", (1,))],
        ),
        (
            "{match: exact, calls: [a, {b: {}, match: ignore}]}",
            [ExpectedCall(tool="a", match=Match(how="exact")), ExpectedCall(tool="b", match=Match(how="ignore"))],
            [("a", ("calls", 0)), ("b", ("calls", 1))],
        ),
    ],
)
def test_references(text: str, calls: list[ExpectedCall], tools: list[Any]) -> None:
    """A reference path is a list of calls, or one with how their arguments must fit."""
    said = scenario_file(f"title: T.\nturns: [{{user: Go.}}]\nreference: {text}\n").reference
    assert isinstance(said, list | MatchedReference)
    assert ([(one.tool, one.arguments, one.matched.how) for one in referred(said)], list(named(said))) == (
        [(one.tool, one.arguments, one.matched.how) for one in calls],
        tools,
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a", "3:12: reference: must be a list of calls, or {match: ..., calls: [...]}"),
        ("5", "3:12: reference: must be a list of calls, or {match: ..., calls: [...]}"),
        ("", "3:11: reference: nothing stands here; write a value, or remove the key"),
        ("{}", "3:12: reference: 'calls' is missing"),
        ("[a, 5]", "3:16: reference[1]: must be a tool's name, or {TOOL: {ARGUMENT: VALUE}}; quote it: '5'"),
        (
            "{calls: [5]}",
            "3:21: reference.calls[0]: must be a tool's name, or {TOOL: {ARGUMENT: VALUE}}; quote it: '5'",
        ),
        ("{exact: [a]}", "3:13: reference: unknown key 'exact'"),
    ],
)
def test_references_that_are_none(text: str, line: str) -> None:
    """What is no list of calls is refused at its place."""
    assert f"f.yaml:{line}" in refused_scenario(f"title: T.\nturns: [{{user: Go.}}]\nreference: {text}\n")
    assert ScenarioFile.model_fields["reference"].description
