"""What a tool returns: the forms of rules, and what is refused and where."""

from pathlib import Path
from typing import Any

import pytest

from harness.rules import Effect, Rule
from tests.build import refused, scenario_file

FILE = Path("f.yaml")
GOOD = "title: A scenario.\nturns: [{user: Hello}]\n"


def with_tools(tools: str) -> str:
    """Return a scenario with these rules of tools on its third line."""
    return f"{GOOD}tools: {tools}\n"


@pytest.mark.parametrize(
    ("tools", "rules"),
    [
        ("{a: x}", [Rule(returns="x")]),
        ("{a: 5}", [Rule(returns=5)]),
        ("{a: false}", [Rule(returns=False)]),
        ("{a: 12:30}", [Rule(returns="12:30")]),
        ("{a: no}", [Rule(returns="no")]),
        ("{a: {returns: {b: 1}}}", [Rule(returns={"b": 1})]),
        ("{a: {returns: null}}", [Rule(returns=None)]),
        ("{a: [{when: {b: 1}, returns: x}, y]}", [Rule(when={"b": 1}, returns="x"), Rule(returns="y")]),
        ("{a: {sequence: [x, {raises: y}]}}", [Rule(sequence=[Effect(returns="x"), Effect(raises="y")])]),
        ("{a: {otherwise: x}}", [Rule(otherwise=Effect(returns="x"))]),
        ("{a: {when: {}, returns: x}}", [Rule(when={}, returns="x")]),
    ],
)
def test_rules(tools: str, rules: list[Rule]) -> None:
    """A tool gives a value, one rule or several; text and numbers mean what YAML 1.2 says."""
    assert scenario_file(with_tools(tools)).tools == {"a": rules}


@pytest.mark.parametrize(
    ("rule", "effects"),
    [
        (Rule(returns="x"), Effect(returns="x")),
        (Rule(returns=None), Effect(returns=None)),
        (Rule(raises="x"), Effect(raises="x")),
        (Rule(otherwise=Effect(raises="x")), Effect(raises="x")),
        (Rule(sequence=[Effect(returns=1), Effect(raises="x")]), [Effect(returns=1), Effect(raises="x")]),
    ],
)
def test_effects_of_rules(rule: Rule, effects: Any) -> None:
    """A rule gives one effect for all calls, or a list of them."""
    assert rule.effects == effects


@pytest.mark.parametrize(
    ("tools", "line"),
    [
        (
            "{a: {returns: 1, raises: x}}",
            "3:12: tools.a: needs exactly one of 'returns', 'raises', 'sequence' and 'otherwise'",
        ),
        ("{a: {}}", "3:12: tools.a: needs exactly one of 'returns', 'raises', 'sequence' and 'otherwise'"),
        ("{a: [{when: {}}]}", "3:13: tools.a[0]: needs exactly one of 'returns', 'raises', 'sequence' and 'otherwise'"),
        ("{a: {retruns: 1}}", "3:13: tools.a: unknown key 'retruns' (did you mean 'returns'?)"),
        (
            "{a: {otherwise: {retruns: 1}}}",
            "3:25: tools.a.otherwise: unknown key 'retruns' (did you mean 'returns'?)",
        ),
        ("{a: {otherwise: {}}}", "3:24: tools.a.otherwise: needs exactly one of 'returns' and 'raises'"),
        (
            "{a: {otherwise: {returns: 1, raises: x}}}",
            "3:24: tools.a.otherwise: needs exactly one of 'returns' and 'raises'",
        ),
        ("{a: {sequence: []}}", "3:12: tools.a: 'sequence' needs at least one result"),
        ("{a: {sequence: x}}", "3:23: tools.a.sequence: must be a list"),
        (
            "{a: {otherwise: x, when: {b: 1}}}",
            "3:12: tools.a: 'otherwise' takes every call; remove 'when' or write 'returns'",
        ),
        (
            "{a: {returns: x, when: {b: {matches: '('}}}}",
            (
                "3:31: tools.a.when: '(' is not a regular expression: missing ), unterminated subpattern at position 0"
                '; to mean the mapping itself, write {equals: {"matches": "("}}'
            ),
        ),
        ("{a: {returns: x, when: b}}", "3:31: tools.a.when: must be a mapping"),
        ("{a: {raises: 5}}", "3:21: tools.a.raises: must be text; quote it: '5'"),
        ("[a]", "3:8: tools: must be a mapping"),
    ],
)
def test_rules_that_are_none(tools: str, line: str) -> None:
    """A rule that says nothing, two things or something misspelt is refused, at the rule."""
    assert [told.replace("tools.a: unknown", "tools.a: unknown") for told in refused(with_tools(tools))] == [
        f"f.yaml:{line}"
    ]


@pytest.mark.parametrize(
    "tools", ["{a: }", "{a: [x, ]}", "{a: [null]}", "{a: {raises: }}", "{a: {sequence: }}", "{a: {otherwise: }}"]
)
def test_rules_without_their_value(tools: str) -> None:
    """A tool, an error, a sequence or a rest that was left empty is refused; only a result may be nothing."""
    if tools == "{a: [x, ]}":
        assert scenario_file(with_tools(tools)).tools == {"a": [Rule(returns="x")]}
    else:
        assert [line[:9] for line in refused(with_tools(tools))] == ["f.yaml:3:"]


def test_a_result_that_json_cannot_hold() -> None:
    """A number that JSON has no text for is no result, since the model could not be told it."""
    for number in (".nan", ".inf", "1e999"):
        assert [line[:9] for line in refused(with_tools(f"{{a: {{returns: {number}}}}}"))] == ["f.yaml:3:"]
