"""What a scenario names: every tool and every label, each with its place."""

from pathlib import Path

import pytest

from harness.cli import main
from harness.naming import idle, labels_named, tools_named
from tests.build import scenario
from tests.project import write


def test_the_tools_of_a_scenario() -> None:
    """Every tool that a scenario names comes with the way to the first place that names it."""
    text = """\
title: x
as: {confirm_allow: [b], confirm_deny: [c, a]}
tools: {a: x}
turns:
  - user: u
    answers: [confirm, {deny: [d, b]}]
    expect: {calls: {in_order: [e, {f: {}}]}, never: [g], offered: [h]}
expect: {never: [i, g]}
"""
    assert tools_named(scenario(text).file) == {
        "a": ("tools", "a"),
        "b": ("as", "confirm_allow", 0),
        "c": ("as", "confirm_deny", 0),
        "d": ("turns", 0, "answers", 1),
        "e": ("turns", 0, "expect", 0, "calls", "in_order", 0),
        "f": ("turns", 0, "expect", 0, "calls", "in_order", 1),
        "g": ("turns", 0, "expect", 0, "never", 0),
        "h": ("turns", 0, "expect", 0, "offered", 0),
        "i": ("expect", 0, "never", 0),
    }


def test_the_labels_of_a_scenario() -> None:
    """Every label behind a `for`, the scenario's own or an expectation's, comes with the way to it."""
    text = """\
title: x
for: {role: [a, b], model: c, tools: d, loop: [e]}
turns:
  - user: u
  - user: v
    expect: [{for: {role: [a]}}, {rounds: 1}, {for: {tools: [d, f]}}]
expect: {for: {model: c, role: [b, a]}}
"""
    assert list(labels_named(scenario(text).file)) == [
        (("for", "role", 0), "role", "a"),
        (("for", "role", 1), "role", "b"),
        (("for", "model", 0), "model", "c"),
        (("for", "tools", 0), "tools", "d"),
        (("for", "loop", 0), "loop", "e"),
        (("turns", 1, "expect", 0, "for", "role", 0), "role", "a"),
        (("turns", 1, "expect", 2, "for", "tools", 0), "tools", "d"),
        (("turns", 1, "expect", 2, "for", "tools", 1), "tools", "f"),
        (("expect", 0, "for", "role", 0), "role", "b"),
        (("expect", 0, "for", "role", 1), "role", "a"),
        (("expect", 0, "for", "model", 0), "model", "c"),
    ]
    assert list(labels_named(scenario().file)) == []


def test_what_is_said_to_nobody() -> None:
    """A state without a module, files without a workspace, and labels that the scenario leaves out are told."""
    text = """\
title: x
for: {role: a}
state: {}
turns:
  - user: u
    expect: [{for: {role: [a, b], model: m}}, {state: {n: 1}, workspace: {a: A}}]
expect: {workspace: {a: A}}
"""
    files = "there is no 'workspace' to hold files; write 'workspace: {}' for an empty one"
    way = ("turns", 0, "expect")
    assert list(idle(scenario(text).file)) == [
        (("state",), "'state' is what the tools of a 'module' start from; name the module, or remove 'state'"),
        ((*way, 1, "state"), "there is no 'module' whose tools could have a 'state'"),
        ((*way, 1, "workspace"), files),
        (("expect", 0, "workspace"), files),
        ((*way, 0, "for", "role", 1), "the scenario's own 'for' leaves out role 'b', so that this is never expected"),
    ]
    right = text.replace("for: {role: a}", "module: own.py\nworkspace: {}")
    assert list(idle(scenario(right).file)) == []


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "validate", "record"])
def test_labels_that_nobody_carries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """Every label that no settings carry is told at its place with the nearest, behind each `for` alike."""
    text = """\
title: T.
for: {loop: [production, productoin], tools: none}
turns:
  - user: Go.
    expect:
      - {for: {role: [chat, chart]}}
      - {for: {role: cha}, rounds: 1}
expect: {for: {model: [careful, carefull]}}
"""
    monkeypatch.chdir(write(tmp_path, scenarios__a=text))
    assert main([command]) == 2
    assert sorted(capsys.readouterr().err.splitlines()) == [
        "scenarios/a.yaml:2:26: there is no loop 'productoin' (did you mean 'production'?)",
        "scenarios/a.yaml:6:29: there is no role 'chart' (did you mean 'chat'?)",
        "scenarios/a.yaml:7:22: there is no role 'cha' (did you mean 'chat'?)",
        "scenarios/a.yaml:8:33: there is no model 'carefull' (did you mean 'careful'?)",
    ]
