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
expect:
  - never: [i, g]
  - {calls: [{exact: [j]}, {subset: [k]}], count: {l: 1}, before: [[m, n]], together: [[o, p]], apart: [[q, r]]}
  - checkpoints: [s, {pending: [d, t]}]
reference: {match: exact, calls: [u, {v: {}}]}
"""
    assert tools_named(scenario(text).file) == {
        "a": ("tools", "a"),
        "b": ("as", "confirm_allow", 0),
        "c": ("as", "confirm_deny", 0),
        "d": ("turns", 0, "answers", 1),
        "e": ("turns", 0, "expect", 0, "calls", 0, "in_order", 0),
        "f": ("turns", 0, "expect", 0, "calls", 0, "in_order", 1),
        "g": ("turns", 0, "expect", 0, "never", 0),
        "h": ("turns", 0, "expect", 0, "offered", 0),
        "i": ("expect", 0, "never", 0),
        "j": ("expect", 1, "calls", 0, "exact", 0),
        "k": ("expect", 1, "calls", 1, "subset", 0),
        "l": ("expect", 1, "count", "l"),
        "m": ("expect", 1, "before", 0, 0),
        "n": ("expect", 1, "before", 0, 1),
        "o": ("expect", 1, "together", 0, 0),
        "p": ("expect", 1, "together", 0, 1),
        "q": ("expect", 1, "apart", 0, 0),
        "r": ("expect", 1, "apart", 0, 1),
        "s": ("expect", 2, "checkpoints", 0, "pending", 0),
        "t": ("expect", 2, "checkpoints", 1, "pending", 1),
        "u": ("reference", "calls", 0),
        "v": ("reference", "calls", 1),
    }
    assert tools_named(scenario("{title: T., turns: [{user: Go.}], reference: [a, b]}").file) == {
        "a": ("reference", 0),
        "b": ("reference", 1),
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
known: [{reason: r, until: 2026-03-01, for: {role: [a]}}, {reason: s, until: 2026-03-01, for: {model: g, tools: d}}]
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
        (("known", 0, "for", "role", 0), "role", "a"),
        (("known", 1, "for", "model", 0), "model", "g"),
        (("known", 1, "for", "tools", 0), "tools", "d"),
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
    known = "known: {reason: r, until: 2026-03-01, for: {role: c}}\n"
    assert list(idle(scenario(text + known).file))[-1] == (
        ("known", 0, "for", "role", 0),
        "the scenario's own 'for' leaves out role 'c', so that this is never expected",
    )
    right = text.replace("for: {role: a}", "module: own.py\nworkspace: {}")
    assert list(idle(scenario(right).file)) == []


def test_what_cannot_be() -> None:
    """What contradicts itself is told with the way to it, and so are checkpoints of turns that there are not."""
    text = """\
title: x
turns:
  - user: u
    expect: {calls: {exact: [a]}, never: a}
expect: [{turns: 1}, {checkpoints: [b, {turn: 2}, {turn: 1}]}]
"""
    assert list(idle(scenario(text).file)) == [
        (("turns", 0, "expect", 0, "calls", 0, "exact", 0), "a is expected in 'calls' and forbidden in 'never'"),
        (("expect", 1, "checkpoints", 1, "turn"), "there is no turn 2; the last one is 1"),
    ]


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
