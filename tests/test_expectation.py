"""What must come out: the short forms, what is refused, and what holds."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from harness.errors import InputError
from harness.expectation import (
    Amount,
    Expectation,
    ExpectedCall,
    ExpectedCalls,
    TurnExpectation,
    Words,
    expected_tools,
    satisfied,
)
from harness.source import parse
from harness.wording import validate

EXAMPLES = settings(deadline=None, max_examples=200, derandomize=True, database=None)
FILE = Path("f.yaml")
NUMBERS = st.integers(0, 6)


def read(text: str, model: type[BaseModel]) -> Any:
    """Return the model that a text becomes, read as a scenario is."""
    return validate(parse(text, FILE), model)


def refused(text: str, model: type[BaseModel] = TurnExpectation) -> list[str]:
    """Return the lines with which a text is refused."""
    with pytest.raises(InputError) as caught:
        read(text, model)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("text", "right", "words"),
    [
        ("3", {3}, "3"),
        ("0", {0}, "0"),
        ("{exactly: 3}", {3}, "3"),
        ("{at_least: 2}", {2, 3, 4, 5}, "at least 2"),
        ("{at_most: 2}", {0, 1, 2}, "at most 2"),
        ("{at_least: 2, at_most: 4}", {2, 3, 4}, "at least 2 and at most 4"),
        ("{at_least: 2, at_most: 2}", {2}, "at least 2 and at most 2"),
    ],
)
def test_amounts(text: str, right: set[int], words: str) -> None:
    """An amount is a number or bounds, holds for exactly those numbers, and is told in words."""
    amount = read(text, Amount)
    assert ({number for number in range(6) if amount.holds(number)}, str(amount)) == (right, words)


@EXAMPLES
@given(st.dictionaries(st.sampled_from(["at_least", "at_most"]), NUMBERS, min_size=1), NUMBERS)
def test_amounts_against_arithmetic(bounds: dict[str, int], number: int) -> None:
    """Bounds hold as arithmetic says, or are refused where no number is within them."""
    least, most = bounds.get("at_least", 0), bounds.get("at_most", 99)
    if least > most:
        with pytest.raises(ValueError, match=f"no number is at least {least} and at most {most}"):
            Amount(**bounds)
    else:
        assert Amount(**bounds).holds(number) == (least <= number <= most)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{}", "1:1: needs a number, 'at_least' or 'at_most'"),
        ("{at_least: 3, at_most: 2}", "1:1: no number is at least 3 and at most 2"),
        ("{exactly: 1, at_most: 3}", "1:1: 'exactly' leaves nothing to 'at_least' and 'at_most'"),
        ("{at_leest: 1}", "1:2: unknown key 'at_leest' (did you mean 'at_least'?)"),
        ("{at_least: -1}", "1:12: at_least: must be at least 0"),
        ("-1", "1:1: exactly: must be at least 0"),
        ("{at_least: 1.0}", "1:12: at_least: must be a whole number"),
        ("{at_least: '1'}", "1:12: at_least: must be a whole number"),
        ("{at_least: true}", "1:12: at_least: must be a whole number"),
    ],
)
def test_amounts_that_are_none(text: str, line: str) -> None:
    """An amount that says nothing, contradicts itself or is no whole number is refused."""
    assert refused(text, Amount) == [f"f.yaml:{line}"]


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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x", Words(equals="x")),
        ("''", Words(equals="")),
        ("{equals: x}", Words(equals="x")),
        ("{contains: x}", Words(contains=["x"])),
        ("{contains: [x, y], lacks: z, matches: [a+]}", Words(contains=["x", "y"], lacks=["z"], matches=["a+"])),
    ],
)
def test_words(text: str, words: Words) -> None:
    """Words are the whole text, or what it contains, lacks and matches, one or several."""
    assert read(text, Words) == words


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("{}", ["1:1: needs 'equals', 'contains', 'lacks' or 'matches'"]),
        ("{contain: x}", ["1:2: unknown key 'contain' (did you mean 'contains'?)"]),
        ("{contains: 1}", ["1:12: contains: must be a list"]),
        ("{contains: [1]}", ["1:13: contains[0]: must be text"]),
        ("{contains: yes, lacks: [no, 12:30, 010]}", ["1:36: lacks[2]: must be text"]),
        ("{equals: 5}", ["1:10: equals: must be text"]),
        (
            "{matches: [a, '(']}",
            ["1:15: matches[1]: '(' is not a regular expression: missing ), unterminated subpattern at position 0"],
        ),
        (
            "{matches: '['}",
            ["1:11: matches: '[' is not a regular expression: unterminated character set at position 0"],
        ),
    ],
)
def test_words_that_are_none(text: str, lines: list[str]) -> None:
    """Words that ask for nothing, misspelt or no text are refused."""
    assert refused(text, Words) == [f"f.yaml:{line}" for line in lines]


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
    ("words", "text", "wrong"),
    [
        (Words(equals="x"), "x", []),
        (Words(equals="x"), "x ", [(("equals",), "is 'x'")]),
        (Words(contains=["a", "b"]), "ab", []),
        (Words(contains=["a", "b", "A"]), "a", [(("contains", 1), "contains 'b'"), (("contains", 2), "contains 'A'")]),
        (Words(lacks=["a", "b"]), "b", [(("lacks", 1), "does not contain 'b'")]),
        (Words(matches=["^a.c$"]), "abc", []),
        (Words(matches=["^b", "c$", "B"]), "abc", [(("matches", 0), "matches /^b/"), (("matches", 2), "matches /B/")]),
        (
            Words(equals="x", contains=["y"], lacks=[""], matches=["z"]),
            "",
            [
                (("equals",), "is 'x'"),
                (("contains", 0), "contains 'y'"),
                (("lacks", 0), "does not contain ''"),
                (("matches", 0), "matches /z/"),
            ],
        ),
    ],
)
def test_satisfied(words: Words, text: str, wrong: list[Any]) -> None:
    """What a text lacks is told with the way to the key that asks for it, all of it."""
    assert satisfied(words, text) == wrong


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
