"""What a turn does against the script: answers, results, what the user denied, and how it ends."""

from typing import Literal

import pytest

from tests.build import (
    DENIED,
    READ_A,
    act,
    call,
    checkpoint,
    expecting,
    findings,
    marked,
    notice,
    trace,
    turn,
)

FAILED = call("web_search", {"query": "x"}, outcome="failed", result="Tool error: quota exceeded")
PENDING = call("file_delete", {"path": "a.txt"}, decision="unanswered", outcome="pending", result=None)


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
    text, place = marked(expecting("{}", answers=answers)) if found else (expecting("{}", answers=answers), "")
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
    assert findings(came, expecting(f"{{stop: {stop}}}", answers="[]")) == []
