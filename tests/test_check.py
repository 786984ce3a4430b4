"""A trace is judged against its scenario, and each finding names the line it comes from."""

import json
from itertools import combinations
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.check import Verdict, judge
from harness.finding import Finding
from harness.trace import Call, Failure, Trace
from tests.build import CASE, EXAMPLES, SCENARIO, act, call, checkpoint, marked, notice, scenario, trace, turn

READ_A = call("file_read", {"path": "a.txt", "limit": 3})
READ_B = call("file_read", {"path": "b.txt"})
DENIED = call("file_delete", {"path": "a.txt"}, decision="denied", outcome="denied", result="Action denied by user.")
CONFIRMED = call("file_delete", {"path": "a.txt"}, decision="confirmed")
UNREADABLE = call("file_read", None, raw="{'path': a")
FAILED = call("web_search", {"query": "x"}, outcome="failed", result="Tool error: quota exceeded")
PENDING = call("file_delete", {"path": "a.txt"}, decision="unanswered", outcome="pending", result=None)
WORK = turn(
    act(READ_A, READ_B),
    act(DENIED, text="I need to ask."),
    notice(),
    act(text="Kept a.txt."),
    response="Kept a.txt.",
    checkpoints=[checkpoint("file_delete", round=2)],
    offered=["web_search", "file_read", "file_delete"],
)
"""Two reads, a denied delete with its notice, and a final text: four rounds, three calls, one checkpoint."""


def under(expect: str, *, answers: str = "[deny]") -> str:
    """Return a scenario of one turn with this under `expect`."""
    return f"title: T.\nturns:\n  - user: Go.\n    answers: {answers}\n    expect: {expect}\n"


def findings(came: Trace, text: str, *, unplayed: int = 0) -> list[tuple[str, str, str, str]]:
    """Return the findings as place, what, expected and got, the places without the file's path."""
    verdict = judge(came, scenario(text), unplayed=unplayed)
    expected_status = "failed" if verdict.findings else "passed"
    assert (verdict.case, verdict.status, verdict.error) == (CASE, expected_status, None)
    prefix = f"{SCENARIO}:"
    assert all(found.place.startswith(prefix) for found in verdict.findings)
    return [(found.place.removeprefix(prefix), found.what, found.expected, found.got) for found in verdict.findings]


def test_a_verdict_is_plain_data() -> None:
    """A failed verdict holds the case and each finding with its whole place."""
    assert judge(trace(turn()), scenario(under("{rounds: 2}", answers="[]"))) == Verdict(
        case=CASE,
        status="failed",
        findings=(Finding(place=f"{SCENARIO}:5:14", what="turn 1, rounds", expected="2", got="1"),),
        error=None,
    )


def test_nothing_expected_is_a_final_text() -> None:
    """A scenario without expectations passes where each turn ends with its final text."""
    assert findings(trace(turn()), "{title: T., turns: [{user: Go.}]}") == []


# One passing case for every key


@pytest.mark.parametrize(
    "expect",
    [
        "{}",
        "{calls: {in_order: [file_read]}}",
        "{calls: {in_order: [file_read, file_read, file_delete]}}",
        "{calls: {in_order: [{file_read: {path: a.txt}}, {file_delete: {path: a.txt}, decision: denied}]}}",
        "{calls: {in_order: [{file_read: {path: {matches: '^b'}}, outcome: executed, decision: none}]}}",
        "{calls: {in_order: [{file_delete: , outcome: denied}]}}",
        "{calls: {in_order: [{tool: file_read, arguments: {limit: 3}}]}}",
        "{rounds: 4}",
        "{rounds: {exactly: 4}}",
        "{rounds: {at_least: 4}}",
        "{rounds: {at_most: 4}}",
        "{rounds: {at_least: 1, at_most: 9}}",
        "{notices: 1}",
        "{checkpoints: 1}",
        "{never: [shell_exec, web_search]}",
        "{never: shell_exec}",
        "{offered: [file_delete, web_search, file_read]}",
        "{response: Kept a.txt.}",
        "{response: {equals: Kept a.txt.}}",
        "{response: {contains: Kept, lacks: gone, matches: 'a\\.txt'}}",
        "{response: {contains: [Kept, a.txt], lacks: [gone, deleted], matches: ['^Kept', 'txt\\.$']}}",
        "{stop: final}",
    ],
)
def test_what_holds_is_no_finding(expect: str) -> None:
    """An expectation that the trace meets gives no finding, in a turn and in the whole case alike."""
    assert findings(trace(WORK), under(expect)) == []
    assert findings(trace(WORK), f"title: T.\nturns: [{{user: Go., answers: [deny]}}]\nexpect: {expect}\n") == []


# One failing case for every key


@pytest.mark.parametrize(
    ("expect", "what", "expected", "got"),
    [
        ("{▸rounds: 3}", "rounds", "3", "4"),
        ("{▸rounds: {exactly: 5}}", "rounds", "5", "4"),
        ("{▸rounds: {at_least: 5}}", "rounds", "at least 5", "4"),
        ("{▸rounds: {at_most: 3}}", "rounds", "at most 3", "4"),
        ("{▸rounds: {at_least: 5, at_most: 6}}", "rounds", "at least 5 and at most 6", "4"),
        ("{▸rounds: 0}", "rounds", "0", "4"),
        ("{▸notices: 0}", "notices", "0", "1"),
        ("{▸notices: {at_least: 2}}", "notices", "at least 2", "1"),
        ("{▸checkpoints: 2}", "checkpoints", "2", "1"),
        ("{▸checkpoints: {at_most: 0}}", "checkpoints", "at most 0", "1"),
        (
            "{▸never: file_read}",
            "never",
            "file_read is never asked for",
            f"file_read({READ_A.raw_arguments}), executed",
        ),
        (
            "{never: [shell_exec, ▸file_delete]}",
            "never",
            "file_delete is never asked for",
            'file_delete({"path": "a.txt"}), denied',
        ),
        ("{▸offered: [web_search, file_read]}", "offered", "web_search, file_read", "also file_delete"),
        (
            "{▸offered: [web_search, file_read, shell_exec]}",
            "offered",
            "web_search, file_read, shell_exec",
            "without shell_exec; also file_delete",
        ),
        (
            "{▸offered: [web_search, file_read, file_delete, shell_exec, rm]}",
            "offered",
            "web_search, file_read, file_delete, shell_exec, rm",
            "without shell_exec, rm",
        ),
        ("{▸offered: []}", "offered", "no tools", "also web_search, file_read, file_delete"),
        ("{▸response: Kept}", "response", "to be 'Kept'", "'Kept a.txt.'"),
        ("{response: {▸equals: ''}}", "response", "to be ''", "'Kept a.txt.'"),
        ("{response: {▸contains: kept}}", "response", "to contain 'kept'", "'Kept a.txt.'"),
        ("{response: {contains: [Kept, ▸kept]}}", "response", "to contain 'kept'", "'Kept a.txt.'"),
        ("{response: {▸lacks: txt}}", "response", "not to contain 'txt'", "'Kept a.txt.'"),
        ("{response: {lacks: [x.t, ▸Kept]}}", "response", "not to contain 'Kept'", "'Kept a.txt.'"),
        ("{response: {▸matches: '^a'}}", "response", "to match /^a/", "'Kept a.txt.'"),
        ("{response: {matches: [Kept, ▸'^a']}}", "response", "to match /^a/", "'Kept a.txt.'"),
        ("{▸stop: max_rounds}", "stop", "max_rounds", "final; write 'stop: final' under expect if that is right"),
        ("{▸stop: cut}", "stop", "cut", "final; write 'stop: final' under expect if that is right"),
        ("{▸stop: unanswered}", "stop", "unanswered", "final; write 'stop: final' under expect if that is right"),
        (
            "{▸stop: error, error: {contains: quota}}",
            "stop",
            "error",
            "final; write 'stop: final' under expect if that is right",
        ),
    ],
)
def test_what_does_not_hold_is_a_finding(expect: str, what: str, expected: str, got: str) -> None:
    """A broken expectation of a turn is one finding at its key, with what was expected and what came."""
    text, place = marked(under(expect))
    assert findings(trace(WORK), text) == [(place, f"turn 1, {what}", expected, got)]


@pytest.mark.parametrize(
    ("expect", "what", "expected", "got"),
    [
        ("{▸turns: 1}", "turns", "1", "2"),
        ("{▸turns: {at_least: 3}}", "turns", "at least 3", "2"),
        ("{▸rounds: 6}", "rounds", "6", "5"),
        ("{▸notices: 2}", "notices", "2", "1"),
        ("{▸checkpoints: 0}", "checkpoints", "0", "1"),
        (
            "{never: [▸file_delete]}",
            "never",
            "file_delete is never asked for",
            'file_delete({"path": "a.txt"}), denied',
        ),
        ("{▸offered: []}", "offered", "no tools", "also web_search, file_read, file_delete"),
        ("{response: {▸contains: Kept}}", "response", "to contain 'Kept'", "'Bye.'"),
        (
            "{calls: {in_order: [▸shell_exec]}}",
            "call 1",
            "shell_exec(...)",
            "shell_exec was not asked for; asked for: file_read, file_delete",
        ),
        ("{▸stop: cut}", "turn 2, stop", "cut", "final; write 'stop: final' under expect if that is right"),
    ],
)
def test_the_whole_case_is_judged_too(expect: str, what: str, expected: str, got: str) -> None:
    """Expectations of the case count over all turns, and take the response and the stop of the last."""
    text, place = marked(
        f"title: T.\nturns:\n  - {{user: Go., answers: [deny]}}\n  - {{user: More.}}\nexpect: {expect}\n"
    )
    assert findings(trace(WORK, turn(response="Bye.")), text) == [(place, what, expected, got)]


def test_places_are_the_keys_in_block_style() -> None:
    """A finding points at the line of its key also where the value stands on the lines below."""
    text = """\
title: T.
turns:
  - user: Go.
    answers: [deny]
    expect:
      calls:
        in_order:
          - file_read: {path: a.txt}
          - file_write:
              path: a.txt
            decision: denied
      rounds:
        at_most: 3
      notices:
        exactly: 0
      never:
        - shell_exec
        - file_delete
      offered:
        - file_read
      response:
        contains:
          - Kept
          - deleted
        lacks:
          txt
"""
    places = [(place, what) for place, what, _, _ in findings(trace(WORK), text)]
    assert places == [
        ("9:13", "turn 1, call 2"),
        ("12:7", "turn 1, rounds"),
        ("14:7", "turn 1, notices"),
        ("18:11", "turn 1, never"),
        ("19:7", "turn 1, offered"),
        ("24:13", "turn 1, response"),
        ("25:9", "turn 1, response"),
    ]


# Calls


@pytest.mark.parametrize(
    ("calls", "number", "expected", "got"),
    [
        (
            "[▸web_search]",
            1,
            "web_search(...)",
            "web_search was not asked for; asked for: file_read, file_delete",
        ),
        (
            "[▸{file_read: {path: c.txt}}]",
            1,
            'file_read({"path": "c.txt"})',
            'file_read as call 1 with arguments {"path": "a.txt", "limit": 3}',
        ),
        (
            "[▸{file_read: {path: a.txt, limit: true}}]",
            1,
            'file_read({"path": "a.txt", "limit": true})',
            'file_read as call 1 with arguments {"path": "a.txt", "limit": 3}',
        ),
        (
            "[▸{file_delete: {path: a.txt}, decision: confirmed}]",
            1,
            'file_delete({"path": "a.txt"}), confirmed',
            "file_delete as call 3 with decision denied",
        ),
        (
            "[▸{file_delete: , decision: confirmed, outcome: executed}]",
            1,
            "file_delete(...), confirmed, executed",
            "file_delete as call 3 with decision denied and outcome denied",
        ),
        (
            "[▸{file_delete: {path: b.txt}, outcome: executed}]",
            1,
            'file_delete({"path": "b.txt"}), executed',
            'file_delete as call 3 with arguments {"path": "a.txt"} and outcome denied',
        ),
        (
            "[▸{file_read: {path: b.txt}, decision: denied}]",
            1,
            'file_read({"path": "b.txt"}), denied',
            "file_read as call 2 with decision none",
        ),
        (
            "[file_read, file_read, ▸file_read]",
            3,
            "file_read(...)",
            "file_read was asked for 2 times, which other expectations take",
        ),
        (
            "[file_delete, ▸file_delete]",
            2,
            "file_delete(...)",
            "file_delete was asked for 1 time, which other expectations take",
        ),
        (
            "[▸file_delete, {file_read: {path: a.txt}}, {file_read: {path: b.txt}}]",
            1,
            "file_delete(...)",
            'file_delete({"path": "a.txt"}) as call 3, out of order',
        ),
        (
            "[{file_read: {path: a.txt}}, ▸file_delete, {file_read: {path: b.txt}}]",
            2,
            "file_delete(...)",
            'file_delete({"path": "a.txt"}) as call 3, out of order',
        ),
        (
            "[▸{file_read: {path: ä}}]",
            1,
            'file_read({"path": "ä"})',
            'file_read as call 1 with arguments {"path": "a.txt", "limit": 3}',
        ),
    ],
)
def test_a_missing_call_comes_with_the_nearest(calls: str, number: int, expected: str, got: str) -> None:
    """A missing call is a finding at its place in the list, with the nearest actual call and how that differs."""
    text, place = marked(under(f"{{calls: {{in_order: {calls}}}}}"))
    assert findings(trace(WORK), text) == [(place, f"turn 1, call {number}", expected, got)]


@pytest.mark.parametrize(
    ("came", "calls", "expected", "got"),
    [
        ([], "file_read", "file_read(...)", "file_read was not asked for; asked for: no call at all"),
        (
            [UNREADABLE],
            "{file_read: {path: a}}",
            'file_read({"path": "a"})',
            "file_read as call 1 with arguments {'path': a",
        ),
        (
            [call("file_read", raw="")],
            "{file_read: {path: a}}",
            'file_read({"path": "a"})',
            "file_read as call 1 with arguments {}",
        ),
        (
            [call("file_read", {"path": "b"}, outcome="failed"), call("file_read", {"path": "b"})],
            "{file_read: {path: a}, outcome: executed}",
            'file_read({"path": "a"}), executed',
            'file_read as call 2 with arguments {"path": "b"}',
        ),
        (
            [call("file_read", {"path": "b", "limit": 1}), call("file_read", {"path": "a", "limit": 2})],
            "{file_read: {path: a, limit: 1, start: 0}}",
            'file_read({"path": "a", "limit": 1, "start": 0})',
            'file_read as call 1 with arguments {"path": "b", "limit": 1}',
        ),
        (
            [call("file_read", {"path": "b", "limit": 9}), call("file_read", {"path": "a", "limit": 2})],
            "{file_read: {path: a, limit: 1}}",
            'file_read({"path": "a", "limit": 1})',
            'file_read as call 2 with arguments {"path": "a", "limit": 2}',
        ),
    ],
)
def test_the_nearest_call_differs_least(came: list[Call], calls: str, expected: str, got: str) -> None:
    """The nearest call is the one with the fewest things different, each argument counting, and the first of these."""
    text, place = marked(under(f"{{calls: {{in_order: [▸{calls}]}}}}", answers="[]"))
    assert findings(trace(turn(act(*came))), text) == [(place, "turn 1, call 1", expected, got)]


def test_unreadable_arguments_are_still_a_call() -> None:
    """A call whose arguments cannot be read is found where its arguments do not count."""
    text = under("{calls: {in_order: [{file_read: , outcome: executed}]}}", answers="[]")
    assert findings(trace(turn(act(UNREADABLE))), text) == []


def test_a_dropped_call_was_asked_for() -> None:
    """A call that the loop dropped counts as asked for, in order and for `never` alike."""
    came = trace(turn(act(call("file_read", outcome="dropped", result=None))))
    assert findings(came, under("{calls: {in_order: [{file_read: , outcome: dropped}]}}", answers="[]")) == []
    text, place = marked(under("{▸never: file_read}", answers="[]"))
    assert findings(came, text) == [(place, "turn 1, never", "file_read is never asked for", "file_read({}), dropped")]


def test_an_argument_may_be_called_matches() -> None:
    """On the top level of arguments a key `matches` is the tool's own argument, for arguments are never a text."""
    came = trace(turn(act(call("file_read", {"matches": "TODO", "path": "."}))))
    assert findings(came, under("{calls: {in_order: [{file_read: {matches: TODO}}]}}", answers="[]")) == []


def test_as_many_calls_as_possible_are_found() -> None:
    """A call out of order costs itself, not those that stand behind it in the expectation."""
    text, place = marked(
        under("{calls: {in_order: [▸file_delete, {file_read: {path: a.txt}}, {file_read: {path: b.txt}}]}}")
    )
    assert [found[:2] for found in findings(trace(WORK), text)] == [(place, "turn 1, call 1")]


def test_every_missing_call_is_a_finding() -> None:
    """Each missing call has its own finding and line."""
    text = "title: T.\nturns:\n- user: Go.\n  expect:\n    calls:\n      in_order:\n      - a\n      - b\n      - a\n"
    assert findings(trace(turn(act(call("b")))), text) == [
        ("7:9", "turn 1, call 1", "a(...)", "a was not asked for; asked for: b"),
        ("9:9", "turn 1, call 3", "a(...)", "a was not asked for; asked for: b"),
    ]


def test_calls_of_the_case_run_over_its_turns() -> None:
    """An order that spans turns holds for the case, and each turn has only its own calls."""
    came = trace(turn(act(READ_B)), turn(act(READ_A)))
    text = "title: T.\nturns: [{user: Go.}, {user: More.}]\nexpect: {calls: {in_order: [CALLS]}}\n"
    order = "{file_read: {path: b.txt}}, {file_read: {path: a.txt}}"
    assert findings(came, text.replace("CALLS", order)) == []
    split = f"title: T.\nturns: [{{user: Go., expect: {{calls: {{in_order: [{order}]}}}}}}, {{user: More.}}]\n"
    assert [found[1:] for found in findings(came, split)] == [
        (
            "turn 1, call 2",
            'file_read({"path": "a.txt"})',
            "file_read was asked for 1 time, which other expectations take",
        )
    ]


# Answers


ASKED = "an answer for {0}"
ADD = "{0}; write under answers: '- deny: [{1}]', or confirm"


@pytest.mark.parametrize(
    ("answers", "names", "got"),
    [
        ("\n  - ▸user: Go.\n", ["file_delete"], "none"),
        ("\n  - user: Go.\n    ▸answers: []\n", ["file_delete", "file_write"], "none"),
        (
            "\n  - user: Go.\n    answers:\n      - ▸deny: [email_send]\n",
            ["file_delete"],
            "one for email_send",
        ),
        (
            "\n  - user: Go.\n    answers: [▸{confirm: [file_delete, file_delete]}, deny]\n",
            ["file_delete"],
            "one for file_delete, file_delete",
        ),
    ],
)
def test_a_checkpoint_without_an_answer_says_what_to_add(answers: str, names: list[str], got: str) -> None:
    """A checkpoint that nobody answers is one finding with the line to add, where the answer would stand."""
    calls = [call(name, decision="unanswered", outcome="pending", result=None) for name in names]
    came = turn(
        act(*calls), notice(), response="Shall I?", stop="unanswered", checkpoints=[checkpoint(*names, answer=None)]
    )
    text, place = marked(f"title: T.\nturns:{answers}")
    asked = ", ".join(names)
    wanted = (place, "turn 1, checkpoint 1", ASKED.format(asked), ADD.format(got, asked))
    assert findings(trace(came), text) == [wanted]


def test_the_second_checkpoint_may_lack_its_answer() -> None:
    """Answers that were given are not missed, and the answer is asked for behind them."""
    came = turn(
        act(DENIED),
        notice(),
        act(PENDING),
        notice(),
        stop="unanswered",
        checkpoints=[checkpoint("file_delete"), checkpoint("file_delete", answer=None, round=3)],
    )
    text, place = marked("title: T.\nturns:\n  - user: Go.\n    ▸answers:\n      - deny: [file_delete]\n")
    assert findings(trace(came), text) == [
        (place, "turn 1, checkpoint 2", ASKED.format("file_delete"), ADD.format("none", "file_delete"))
    ]


@pytest.mark.parametrize(
    "text",
    [
        "title: T.\nturns: [{user: Go., expect: {stop: unanswered}}]\n",
        "title: T.\nturns: [{user: Go.}]\nexpect: {stop: unanswered}\n",
    ],
)
def test_an_unanswered_checkpoint_may_be_expected(text: str) -> None:
    """A turn that should end at its checkpoint gives no finding when it does."""
    came = turn(act(PENDING), notice(), stop="unanswered", checkpoints=[checkpoint("file_delete", answer=None)])
    assert findings(trace(came), text) == []


@pytest.mark.parametrize(
    ("answers", "checkpoints", "found"),
    [
        ("[]", 0, []),
        ("[otherwise: deny]", 0, []),
        ("[otherwise: deny]", 3, []),
        ("[deny, otherwise: confirm]", 1, []),
        ("[▸deny]", 0, [(1, "whatever is pending", "no checkpoints")]),
        ("[deny, ▸confirm]", 1, [(2, "whatever is pending", "1 checkpoint")]),
        ("[deny, deny, ▸{confirm: [file_delete, file_write]}]", 2, [(3, "file_delete, file_write", "2 checkpoints")]),
        ("[▸{deny: file_write}, otherwise: deny]", 0, [(1, "file_write", "no checkpoints")]),
    ],
)
def test_answers_that_nobody_asked_for(answers: str, checkpoints: int, found: list[tuple[int, str, str]]) -> None:
    """An answer that is left over is a finding at its line; `otherwise` is never left over."""
    pauses = [checkpoint("file_delete") for _ in range(checkpoints)]
    text, place = marked(under("{}", answers=answers)) if found else (under("{}", answers=answers), "")
    assert findings(trace(turn(checkpoints=pauses)), text) == [
        (
            place,
            f"turn 1, answer {number}",
            f"a checkpoint that asks for {names}",
            f"{times}, none left for it; remove the answer if that is right",
        )
        for number, names, times in found
    ]


def test_every_answer_left_is_a_finding() -> None:
    """Each answer that is left over has its own finding, in the turn that it belongs to."""
    text = "title: T.\nturns:\n  - user: Go.\n  - user: More.\n    answers:\n      - deny\n      - confirm: a\n"
    assert [found[:3] for found in findings(trace(turn(), turn()), text)] == [
        ("6:9", "turn 2, answer 1", "a checkpoint that asks for whatever is pending"),
        ("7:9", "turn 2, answer 2", "a checkpoint that asks for a"),
    ]


@pytest.mark.parametrize("fate", ["executed", "failed"])
def test_a_denied_call_that_ran_is_a_finding(fate: Literal["executed", "failed"]) -> None:
    """A loop that runs what the user denied is found out, at the answers, whatever else is expected."""
    ran = call("file_delete", {"path": "a.txt"}, decision="denied", outcome=fate)
    text, place = marked("title: T.\nturns:\n  - user: Go.\n    ▸answers:\n      - deny\n")
    assert findings(trace(turn(act(ran), checkpoints=[checkpoint("file_delete")])), text) == [
        (
            place,
            "turn 1, answers",
            'file_delete({"path": "a.txt"}) to stay undone, since the user denied it',
            f"the loop ran it: {fate}",
        )
    ]


# Tools


@pytest.mark.parametrize(
    "tools",
    [
        "",
        "▸tools: {web_search: x}\n",
        "tools:\n  web_search: x\n  ▸file_read: {when: {path: b}, returns: x}\n",
        "tools:\n  ▸file_read:\n    - when: {path: b}\n      returns: x\n",
    ],
)
def test_a_call_without_a_result_says_which_rule_to_add(tools: str) -> None:
    """A call that no rule covers is a finding at the tool, at the tools, or at the top where there are none."""
    raw = '{"path": "a.txt"}'
    came = call(
        "file_read",
        {"path": "a.txt"},
        outcome="failed",
        result=f"Tool error: the scenario has no result for file_read with {raw}",
    )
    turns = "turns: [{user: Go.}]\n"
    text, place = marked(f"title: T.\n{tools}{turns}") if tools else (f"title: T.\n{turns}", "1:1")
    assert findings(trace(turn(act(came))), text) == [
        (
            place,
            "turn 1, tools",
            f"a result for file_read({raw})",
            "none, so the model was told of an error; add a rule under tools: file_read:",
        )
    ]


def test_an_error_that_the_scenario_raises_is_no_finding() -> None:
    """A tool that fails because the scenario says so, or is refused, is as the scenario says."""
    refused = call("shell_exec", outcome="refused", result="Tool error: the tool 'shell_exec' is not allowed here")
    assert findings(trace(turn(act(FAILED, refused))), "{title: T., turns: [{user: Go.}]}") == []


# How it ends


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("title: T.\nturns:\n  - ▸user: Go.\n", "turn 1"),
        ("title: T.\nturns:\n  - user: Go.\n    ▸expect: {rounds: 1}\n", "turn 1"),
        ("title: T.\nturns:\n  - user: Go.\nexpect:\n  ▸stop: final\n", "turn 1"),
        ("title: T.\nturns:\n  - user: Go.\n▸expect:\n  rounds: 1\n", "turn 1"),
        ("title: T.\nturns:\n  - user: Go.\n    expect:\n      rounds: 1\nexpect:\n  ▸stop: final\n", "turn 1"),
        ("title: T.\nturns:\n  - user: Go.\n    expect:\n      ▸stop: final\nexpect:\n  rounds: 1\n", "turn 1"),
    ],
)
def test_an_unexpected_stop_points_at_what_says_otherwise(text: str, what: str) -> None:
    """A turn that ends otherwise is a finding at the `stop` that counts, or at what it would be written under."""
    text, place = marked(text)
    assert findings(trace(turn(stop="max_rounds", response="I stopped.")), text) == [
        (place, f"{what}, stop", "final", "max_rounds; write 'stop: max_rounds' under expect if that is right")
    ]


def test_only_the_last_turn_ends_as_the_case_says() -> None:
    """The stop of the case is that of the last turn, and every other turn ends with a final text."""
    text = "title: T.\nturns: [{user: Go.}, {user: More.}]\nexpect: {stop: max_rounds}\n"
    assert findings(trace(turn(), turn(stop="max_rounds")), text) == []
    assert [found[1:] for found in findings(trace(turn(stop="max_rounds"), turn()), text)] == [
        ("turn 1, stop", "final", "max_rounds; write 'stop: max_rounds' under expect if that is right"),
        ("turn 2, stop", "max_rounds", "final; write 'stop: final' under expect if that is right"),
    ]


@pytest.mark.parametrize("stop", ["max_rounds", "cut"])
def test_another_stop_may_be_expected(stop: str) -> None:
    """A stop that is written down is no finding."""
    came = trace(turn(act(READ_A), stop="cut" if stop == "cut" else "max_rounds"))
    assert findings(came, under(f"{{stop: {stop}}}", answers="[]")) == []


def test_turns_that_were_not_reached_are_one_finding() -> None:
    """The first turn that never began is a finding that says what the turn before it ended with."""
    came = turn(act(PENDING), notice(), stop="unanswered", checkpoints=[checkpoint("file_delete", answer=None)])
    text, place = marked(
        """
        title: T.
        turns:
          - user: Go.
            expect: {stop: unanswered}
          - ▸user: More.
          - user: Even more.
        """
    )
    assert findings(trace(came), text) == [
        (place, "turn 2", "to be reached", "turn 1 ended with 'unanswered', so it never began")
    ]


def test_a_response_that_is_not_there_says_so() -> None:
    """A missing response and an empty one are told apart."""
    text = under("{response: {contains: a}}", answers="[]")
    gots = [findings(trace(turn(act(READ_A), response=response)), text)[0][3] for response in (None, "")]
    assert gots == ["no response", "an empty text"]


def test_more_turns_than_the_scenario_has_are_a_finding() -> None:
    """A stored trace with more turns than its scenario has by now is judged, and not a crash."""
    verdict = judge(trace(turn(), turn()), scenario("{title: T., turns: [{user: Go.}]}"))
    assert verdict.status == "failed"


# Errors


QUOTA = Failure(kind="model", message="You exceeded your quota.")
BROKEN = turn(act(READ_A), response=None, stop="error")


@pytest.mark.parametrize("kind", ["model", "loop", "missing", "stale", "overrun", "unreadable", "input", "unsafe"])
def test_an_unexpected_error_cannot_be_judged(kind: str) -> None:
    """A case that ended with an error gets the verdict `error` with its message, and no findings."""
    came = trace(BROKEN, error=Failure(kind=kind, message="It broke."))
    assert judge(came, scenario(under("{rounds: 9}")), unplayed=3) == Verdict(
        case=CASE, status="error", findings=(), error="It broke."
    )


@pytest.mark.parametrize(
    "expect",
    [
        "{stop: error}",
        "{stop: error, error: You exceeded your quota.}",
        "{stop: error, error: {contains: [quota, exceeded], lacks: key, matches: '^You'}}",
        "{stop: error, rounds: 1, calls: {in_order: [file_read]}}",
    ],
)
def test_an_expected_error_is_judged(expect: str) -> None:
    """A case whose last turn should end with an error of the endpoint's is judged like any other."""
    assert findings(trace(BROKEN, error=QUOTA), under(expect, answers="[]")) == []
    assert findings(trace(BROKEN, error=QUOTA), f"title: T.\nturns: [{{user: Go.}}]\nexpect: {expect}\n") == []


@pytest.mark.parametrize(
    ("expect", "expected"),
    [
        ("{stop: error, ▸error: quota}", "to be 'quota'"),
        ("{stop: error, error: {▸contains: key}}", "to contain 'key'"),
        ("{stop: error, error: {contains: [quota, ▸key]}}", "to contain 'key'"),
        ("{stop: error, error: {▸lacks: quota}}", "not to contain 'quota'"),
        ("{stop: error, error: {▸matches: '^quota'}}", "to match /^quota/"),
    ],
)
def test_the_words_of_an_error_count(expect: str, expected: str) -> None:
    """An expected error with other words is a finding with the endpoint's own."""
    text, place = marked(under(expect, answers="[]"))
    assert findings(trace(BROKEN, error=QUOTA), text) == [
        (place, "turn 1, error", expected, "'You exceeded your quota.'")
    ]


@pytest.mark.parametrize("kind", ["loop", "missing", "stale", "overrun", "unreadable"])
def test_only_the_endpoints_errors_can_be_expected(kind: str) -> None:
    """A crash of the loop or a stale cassette is an error also where an error is expected."""
    came = trace(BROKEN, error=Failure(kind=kind, message="It broke."))
    assert judge(came, scenario(under("{stop: error}"))).status == "error"


def test_an_error_in_an_earlier_turn_was_not_expected() -> None:
    """An error that is expected in the second turn is none that may come in the first."""
    text = "title: T.\nturns: [{user: Go.}, {user: More., expect: {stop: error}}]\n"
    assert judge(trace(BROKEN, error=QUOTA), scenario(text)) == Verdict(
        case=CASE, status="error", findings=(), error="You exceeded your quota."
    )
    assert judge(trace(turn(), BROKEN, error=QUOTA), scenario(text)).status == "passed"


# The cassette


def test_exchanges_that_were_not_played_are_a_finding() -> None:
    """Recorded requests that the loop did not make are a finding, behind all others."""
    text, place = marked("title: T.\n▸turns:\n  - user: Go.\n    expect: {rounds: 2}\n")
    assert findings(trace(turn()), text, unplayed=2) == [
        ("4:14", "turn 1, rounds", "2", "1"),
        (
            place,
            "the cassette",
            "all recorded requests to be made",
            "2 fewer; record the case again if that is right",
        ),
    ]


# Properties


NAMES = ("file_read", "web_search", "file_delete")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "ä b", "1", "null"]) | st.just(0.5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xy"), inner, max_size=2),
    max_leaves=4,
)
CALLS = st.builds(
    call,
    st.sampled_from(NAMES),
    st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3),
    decision=st.sampled_from(["none", "confirmed"]),
    outcome=st.sampled_from(["executed", "failed", "refused", "dropped"]),
)


def judged_calls(expected: list[Any], calls: list[Call]) -> tuple[Finding, ...]:
    """Return the findings of an order of calls, expected in the only turn of a case."""
    data = {"title": "T.", "turns": [{"user": "Go.", "expect": {"calls": {"in_order": expected}}}]}
    return judge(trace(turn(act(*calls))), scenario(json.dumps(data, ensure_ascii=False))).findings


@st.composite
def parts(draw: st.DrawFn, whole: Any) -> Any:
    """Draw a pattern that a value fits: some of the keys of each mapping, anything else as it is."""
    if isinstance(whole, dict):
        return {key: draw(parts(value)) for key, value in whole.items() if draw(st.booleans())}
    if isinstance(whole, list):
        return [draw(parts(value)) for value in whole]
    return whole


@EXAMPLES
@given(st.data(), st.lists(CALLS, min_size=1, max_size=8))
def test_any_subsequence_of_the_calls_holds(data: st.DataObject, calls: list[Call]) -> None:
    """Some of the calls in their order, with some of their arguments and fates, are always found."""
    chosen = [one for one in calls if data.draw(st.booleans())] or calls[:1]
    expected = []
    for one in chosen:
        fate = {"decision": one.decision, "outcome": one.outcome}
        kept = {key: value for key, value in fate.items() if data.draw(st.booleans())}
        expected.append({one.name: data.draw(parts(one.arguments)), **kept})
    assert judged_calls(expected, calls) == ()


SMALL = st.builds(
    call, st.sampled_from(NAMES[:2]), st.dictionaries(st.sampled_from("ab"), st.integers(0, 1), max_size=2)
)


def longest(expected: list[Call], calls: list[Call]) -> int:
    """Return how many expected calls can be found in order, by trying every choice of them."""
    for length in range(len(expected), 0, -1):
        for chosen in combinations(expected, length):
            rest = iter(calls)
            if all(any(_is(want, got) for got in rest) for want in chosen):
                return length
    return 0


def _is(want: Call, got: Call) -> bool:
    return want.name == got.name and (want.arguments or {}).items() <= (got.arguments or {}).items()


@EXAMPLES
@given(st.lists(SMALL, min_size=1, max_size=5), st.lists(SMALL, max_size=7))
def test_as_few_calls_as_possible_are_missing(expected: list[Call], calls: list[Call]) -> None:
    """The number of findings is that of the expected calls less their longest common subsequence with the trace."""
    found = judged_calls([{one.name: one.arguments} for one in expected], calls)
    assert len(found) == len(expected) - longest(expected, calls)


# Files, state, and where an expectation holds

FILES = """\
title: T.
module: bank.py
workspace: {old.txt: draft, b.txt: B}
turns: [{user: Go., expect: @}, {user: And?, expect: @@}]
expect: @@@
"""
LEFT = (
    turn(workspace={"old.txt": None, "new.txt": "one\ntwo\n"}, state={"n": 1, "to": {"a": 1, "b": 2}}),
    turn(workspace={"b.txt": "BB"}, state={"n": 2, "to": {"a": 1, "b": 2}}),
)
"""The first turn removes a file and writes one, the second writes over another."""


def filed(first: str = "{}", second: str = "{}", whole: str = "{}") -> str:
    """Return a scenario of two turns over files and a state, with these expectations."""
    return FILES.replace("@@@", whole).replace("@@", second).replace("@", first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{workspace: {b.txt: B}}", "{workspace: {b.txt: BB}}"),
        ("{workspace: {old.txt: {absent: true}}}", "{workspace: {old.txt: {absent: true}, nowhere: {absent: true}}}"),
        ("{workspace: {new.txt: {present: true}}}", "{workspace: {new.txt: {contains: [one, two], lacks: three}}}"),
        ("{workspace: {new.txt: {matches: '^two$|e\\n'}}}", '{workspace: {new.txt: {equals: "one\\ntwo\\n"}}}'),
        ("{state: {n: 1}}", "{state: {n: 2}}"),
        ("{state: {to: {a: 1}}}", "{state: {to: {b: 2}, n: 2}}"),
    ],
)
def test_files_and_state_that_are_as_expected(first: str, second: str) -> None:
    """Files and state are as each turn left them, and at the end as the last one did."""
    assert findings(trace(*LEFT), filed(first, second, second)) == []


@pytest.mark.parametrize(
    ("expect", "what", "expected", "got"),
    [
        ("{workspace: {▸b.txt: B}}", "workspace, b.txt", "to be 'B'", "'BB'"),
        ("{workspace: {b.txt: {▸equals: ''}}}", "workspace, b.txt", "to be ''", "'BB'"),
        ("{workspace: {b.txt: {▸absent: true}}}", "workspace, b.txt", "not to be there", "'BB'"),
        ("{workspace: {b.txt: {contains: [B, ▸C]}}}", "workspace, b.txt", "to contain 'C'", "'BB'"),
        ("{workspace: {b.txt: {present: true, ▸lacks: B}}}", "workspace, b.txt", "not to contain 'B'", "'BB'"),
        ("{workspace: {b.txt: {▸matches: '^.$'}}}", "workspace, b.txt", "to match /^.$/", "'BB'"),
        (
            "{workspace: {▸old.txt: {present: true}}}",
            "workspace, old.txt",
            "to be there",
            "no such file; there are: b.txt, new.txt",
        ),
        (
            "{workspace: {▸old.txt: {contains: x, lacks: y}}}",
            "workspace, old.txt",
            "to be there",
            "no such file; there are: b.txt, new.txt",
        ),
        ("{state: {▸n: 1}}", "state, n", "1", "2"),
        ("{state: {▸n: '2'}}", "state, n", '"2"', "2"),
        ("{state: {▸n: true}}", "state, n", "true", "2"),
        ("{state: {n: 2, ▸m: null}}", "state, m", "null", "nothing"),
        ("{state: {▸to: {a: 2}}}", "state, to", '{"a": 2}', '{"a": 1, "b": 2}'),
        ("{state: {▸to: {a: {matches: '1'}}}}", "state, to", '{"a": {"matches": "1"}}', '{"a": 1, "b": 2}'),
    ],
)
def test_files_and_state_that_are_not(expect: str, what: str, expected: str, got: str) -> None:
    """A file or a state that is left otherwise is one finding at its key, in its turn and at the end."""
    text, place = marked(filed(second=expect))
    assert findings(trace(*LEFT), text) == [(place, f"turn 2, {what}", expected, got)]
    text, place = marked(filed(whole=expect))
    assert findings(trace(*LEFT), text) == [(place, what, expected, got)]


def test_no_files_are_left() -> None:
    """Where a workspace is left empty, a file that is missing says so."""
    text = "{title: T., workspace: {}, turns: [{user: Go., expect: {workspace: {a: A}}}]}"
    assert [got for *_, got in findings(trace(turn(workspace={})), text)] == ["no such file; there are: none"]


AT = "area/name@careful/files+readonly~persona=terse"


@pytest.mark.parametrize(
    ("scope", "holds"),
    [
        ("{}", True),
        ("{role: files}", True),
        ("{role: [chat, files]}", True),
        ("{role: chat}", False),
        ("{model: careful}", True),
        ("{model: [hasty]}", False),
        ("{tools: readonly}", True),
        ("{tools: [all, none]}", False),
        ("{role: files, model: careful, tools: readonly}", True),
        ("{role: files, model: hasty}", False),
        ("{role: readonly}", False),
        ("{tools: terse}", False),
    ],
)
def test_where_an_expectation_holds(scope: str, holds: bool) -> None:
    """An expectation is looked at where each of role, model and tool list is among those it names."""
    came = trace(turn(), case_id=AT).model_copy(update={"variant": AT.partition("/")[2].partition("/")[2]})
    expect = f"expect: {{for: {scope}, rounds: 9}}"
    for text in (f"turns: [{{user: Go., {expect}}}]", f"turns: [{{user: Go.}}]\n{expect}"):
        verdict = judge(came, scenario(f"title: T.\n{text}\n"))
        assert [found.expected for found in verdict.findings] == ["9"] * holds


def test_all_expectations_that_hold_are_looked_at() -> None:
    """Of several expectations all that apply count, each finding at its own line."""
    text = """\
title: T.
turns:
  - user: Go.
    expect:
      - {rounds: 2}
      - {for: {role: chat}, rounds: 3}
      - {for: {role: files}, rounds: 4}
      - for: {model: careful, tools: all}
        never: [shell_exec]
        notices: 5
expect:
  - {for: {model: hasty}, rounds: 6}
  - {for: {model: [careful, hasty]}, turns: 7}
"""
    assert findings(trace(turn()), text) == [
        ("5:10", "turn 1, rounds", "2", "1"),
        ("6:29", "turn 1, rounds", "3", "1"),
        ("10:9", "turn 1, notices", "5", "0"),
        ("13:38", "turns", "7", "1"),
    ]


def test_stops_of_several_expectations() -> None:
    """Every expectation that applies and says how the turn ends is held to it, and no other."""
    text = """\
title: T.
turns:
  - user: Go.
    expect:
      - {stop: max_rounds}
      - {for: {role: chat}, stop: final}
      - {for: {role: files}, stop: cut}
expect: [{rounds: 1}, {for: {model: careful}, stop: max_rounds}]
"""
    ended = turn(stop="max_rounds")
    said = "max_rounds; write 'stop: max_rounds' under expect if that is right"
    assert findings(trace(ended), text) == [("6:29", "turn 1, stop", "final", said)]


def test_nothing_applies() -> None:
    """Where no expectation applies, a turn should end with a final text, and that is all."""
    text = "{title: T., turns: [{user: Go., expect: [{for: {role: files}, stop: cut, rounds: 9}]}]}"
    assert findings(trace(turn()), text) == []
    assert [what for _, what, *_ in findings(trace(turn(stop="cut")), text)] == ["turn 1, stop"]
