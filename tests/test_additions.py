"""What a try heard and saw becomes lines of the scenario's file, which is then judged as it was seen."""

from pathlib import Path

from harness.additions import Answered, Draft, Given, Heard, draft, to_paste
from harness.check import judge
from harness.source import parse
from harness.trace import Turn
from tests.build import act, call, checkpoint, notice, scenario, trace, turn

TEXT = "title: T.\nturns:\n  - user: Go.\n"


def seen(**changes: object) -> Turn:
    """Return a turn with a read, and a delete that was denied."""
    read = call("file_read", {"path": "a.txt"})
    delete = call("file_delete", {"path": "a.txt"}, decision="denied", outcome="denied")
    rounds = (act(read), act(delete), notice(), act(text="Kept."))
    return turn(*rounds, response="Kept.", checkpoints=[checkpoint("file_delete", round=2)]).model_copy(update=changes)


def test_all_that_a_file_lacks_is_added() -> None:
    """Answers, results, calls with what became of them, and rounds come into the file, which then passes."""
    heard = Heard(
        [Answered(0, 0, ("file_delete",), confirmed=False)], [Given("file_read", {"path": "a.txt"}, "A")], [seen()]
    )
    made = draft(TEXT, heard)
    assert made.text == (
        "title: T.\n"
        "tools:\n"
        "  file_read:\n"
        "    - when: {path: a.txt}\n"
        "      returns: A\n"
        "turns:\n"
        "  - user: Go.\n"
        "    answers:\n"
        "      - deny: [file_delete]\n"
        "    expect:\n"
        "      calls:\n"
        "        in_order:\n"
        "          - file_read: {path: a.txt}\n"
        "          - file_delete: {path: a.txt}\n"
        "            decision: denied\n"
        "      rounds: 4\n"
    )
    assert made.left == ()
    assert judge(trace(seen()), scenario(made.text)).findings == ()
    assert draft(made.text, Heard(turns=[seen()])) == Draft(made.text)


def test_a_turn_without_calls_expects_none() -> None:
    """Where the model called nothing, that is what is expected; where the turn broke off, nothing is."""
    silent, broken = turn(act(text="Hi."), response="Hi."), seen(stop="unanswered")
    text = f"{TEXT}  - user: On.\n"
    assert (
        draft(text, Heard(turns=[broken, silent])).text
        == f"{text}    expect:\n      calls: {{exact: []}}\n      rounds: 1\n"
    )


def test_answers_come_between_those_that_are_there() -> None:
    """An answer stands at the place at which it was given, also ahead of the first and behind the last."""
    text = f"{TEXT}    answers:\n      # why\n      - deny: [b]\n"
    given = [Answered(0, 0, ("a",), confirmed=True), Answered(0, 2, ("c", "c"), confirmed=False)]
    assert draft(text, Heard(given)).text == (
        f"{TEXT}    answers:\n      # why\n      - confirm: [a]\n      - deny: [b]\n      - deny: [c, c]\n"
    )


def test_results_come_behind_the_rules_that_are_there() -> None:
    """A rule joins a list of rules or a new tool; beside a single rule it cannot stand, so it is left to be pasted."""
    text = "title: T.\ntools:\n  a:\n    - when: {x: 1}\n      returns: one\n  b: two\nturns:\n  - user: Go.\n"
    given = [Given("a", {"x": 2}, ["two"]), Given("b", {}, "no"), Given("c", {"x": {"type": "string"}}, {"y": None})]
    made = draft(text, Heard(results=given))
    assert parse(made.text, Path()).data["tools"] == {
        "a": [{"when": {"x": 1}, "returns": "one"}, {"when": {"x": 2}, "returns": ["two"]}],
        "b": "two",
        "c": [{"when": {"x": {"equals": {"type": "string"}}}, "returns": {"y": None}}],
    }
    assert list(to_paste(made.left)) == ["under tools, b:", '  - returns: "no"']


def test_expectations_join_those_that_are_there() -> None:
    """Calls and rounds join a mapping, or come as a part of their own behind a list of them."""
    one = f"{TEXT}    expect:\n      never: [shell_exec]\n      rounds: 4\n"
    several = f"{TEXT}    expect:\n      - never: [shell_exec]\n"
    calls = "calls:\n          in_order:\n            - file_read: {path: a.txt}\n"
    assert "      rounds: 4\n      calls:\n        in_order:\n" in draft(one, Heard(turns=[seen()])).text
    assert f"      - never: [shell_exec]\n      - {calls}" in draft(several, Heard(turns=[seen()])).text
    flow = draft("title: T.\nturns: [{user: Go.}]\n", Heard(turns=[turn(act(call("a")), response="!")]))
    assert flow.text == "title: T.\nturns: [{user: Go.}]\n"
    assert list(to_paste(flow.left)) == [
        "under turn 1:",
        "  expect:",
        "    calls:",
        "      in_order: [a]",
        "    rounds: 1",
    ]


def test_what_contradicts_the_scenario_is_left_out() -> None:
    """Calls that the scenario forbids are findings, and never become what is expected."""
    text = f"{TEXT}    expect:\n      never: [file_read]\n      rounds: 4\n"
    assert draft(text, Heard(turns=[seen()])) == Draft(text)


def test_calls_are_written_so_that_they_fit() -> None:
    """Failures are said, unreadable arguments left open, and what looks like a matcher or a key means itself."""
    calls = [
        call("file_read", None, raw="{", outcome="failed", result="Tool error: no"),
        call("tool", {"path": {"matches": "["}}),
        call("file_read", {"path": "b"}, outcome="failed", result="Tool error: the scenario has no result for it"),
        call("nothing", {}, outcome="refused"),
    ]
    one = turn(act(*calls), act(text="!"), response="!")
    made = draft(TEXT, Heard(turns=[one]))
    assert parse(made.text, Path()).data["turns"][0]["expect"]["calls"]["in_order"] == [
        {"tool": "file_read", "outcome": "failed"},
        {"tool": "tool", "arguments": {"path": {"equals": {"matches": "["}}}},
        {"file_read": {"path": "b"}},
        {"tool": "nothing", "outcome": "refused"},
    ]
    found = judge(trace(one), scenario(made.text)).findings
    assert [finding.what for finding in found] == ["turn 1, tools"]
