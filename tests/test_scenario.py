"""Scenario files: what may stand in them, what is refused and where, and which of them are selected."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.calls import ExpectedCall, ExpectedCalls
from harness.condition import Amount, Words
from harness.expectation import Expectation, TurnExpectation
from harness.rules import Effect, Rule
from harness.scenario import (
    Answer,
    Applies,
    Message,
    Scenario,
    ScenarioFile,
    ScenarioTurn,
    User,
    error_expected,
    expected_stops,
    point_of,
)
from harness.scope import Point
from harness.settings import Role
from harness.source import parse
from harness.trace import Failure, Trace, Turn, Usage, count
from harness.wording import validate
from tests.build import EXAMPLES, refused, scenario_file

FILE = Path("f.yaml")


GOOD = "title: A scenario.\nturns: [{user: Hello}]\n"


ONE_OR_MORE = "must be a mapping, or a list of mappings of which some say 'for'"
MODULE = "must name a Python file beside the scenario, like bank.py"


def with_turn(turn: str) -> str:
    """Return a scenario whose one turn has this on its fourth line."""
    return f"title: A scenario.\nturns:\n  - user: Hello\n    {turn}\n"


def test_the_least_scenario() -> None:
    """A title and a turn are enough; everything else has a default that restricts nothing."""
    assert scenario_file(GOOD) == ScenarioFile.model_validate(
        {
            "title": "A scenario.",
            "tags": [],
            "for": Applies(),
            "as": User(access="user", confirm_allow=[], confirm_deny=[]),
            "session": [],
            "tools": {},
            "turns": [ScenarioTurn(user="Hello", answers=[])],
        }
    )


def test_what_nobody_wrote_is_kept_once() -> None:
    """Scenarios that leave the same part out share what stands for it."""
    one, other = (scenario_file("title: T.\nturns: [{user: a, expect: {calls: {subset: []}}}]") for _ in range(2))
    assert one == other
    assert one.acts_as is other.acts_as
    assert one.turns[0].expect[0].calls[0].match is other.turns[0].expect[0].calls[0].match


def test_a_whole_scenario() -> None:
    """Every key of a scenario is read, in its short form."""
    text = """\
title: A denied delete.
tags: smoke
for: {role: [chat, files], model: careful}
as: {access: guest, confirm_allow: file_write, confirm_deny: [file_read]}
now: 2026-03-01T09:00:00Z
session:
  - {role: user, content: Hi}
  - {role: assistant, content: ''}
tools:
  file_list: a.txt
  file_read:
    - {when: {path: a.txt}, returns: A}
    - {when: {path: {matches: b}}, raises: gone}
    - {sequence: [one, {raises: two}, {returns: [3]}]}
    - otherwise: {raises: quota}
  web_search: {returns: null}
turns:
  - user: Delete old.txt.
    answers: [confirm, {deny: file_delete}, {otherwise: confirm}]
    expect:
      calls: {in_order: [file_delete]}
      rounds: 3
  - user: And now?
expect: {never: shell_exec, turns: 2}
"""
    assert scenario_file(text) == ScenarioFile.model_validate(
        {
            "title": "A denied delete.",
            "tags": ["smoke"],
            "for": Applies(role=["chat", "files"], model=["careful"]),
            "as": User(access="guest", confirm_allow=["file_write"], confirm_deny=["file_read"]),
            "now": "2026-03-01T09:00:00Z",
            "session": [Message(role="user", content="Hi"), Message(role="assistant", content="")],
            "tools": {
                "file_list": [Rule(returns="a.txt")],
                "file_read": [
                    Rule(when={"path": "a.txt"}, returns="A"),
                    Rule(when={"path": {"matches": "b"}}, raises="gone"),
                    Rule(sequence=[Effect(returns="one"), Effect(raises="two"), Effect(returns=[3])]),
                    Rule(otherwise=Effect(raises="quota")),
                ],
                "web_search": [Rule(returns=None)],
            },
            "turns": [
                ScenarioTurn(
                    user="Delete old.txt.",
                    answers=[Answer(any="confirm"), Answer(deny=["file_delete"]), Answer(otherwise="confirm")],
                    expect=[
                        TurnExpectation(
                            calls=[ExpectedCalls(in_order=[ExpectedCall(tool="file_delete")])], rounds=Amount(exactly=3)
                        )
                    ],
                ),
                ScenarioTurn(user="And now?"),
            ],
            "expect": [Expectation(never=["shell_exec"], turns=Amount(exactly=2))],
        }
    )


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ["1:1: the file is empty"]),
        ("{}", ["1:1: 'title' is missing", "1:1: 'turns' is missing"]),
        (
            "titel: x\nturns: [{user: a}]",
            ["1:1: unknown key 'titel' (did you mean 'title'?)"],
        ),
        (f"{GOOD}acts_as: {{}}", ["3:1: unknown key 'acts_as'"]),
        (f"{GOOD}applies: {{}}", ["3:1: unknown key 'applies'"]),
        (f"{GOOD}tag: x", ["3:1: unknown key 'tag' (did you mean 'tags'?)"]),
        (f"{GOOD}tags: [1]", ["3:8: tags[0]: must be text; quote it: '1'"]),
        (f"{GOOD}tags: {{a: 1}}", ["3:7: tags: must be a list"]),
        (f"{GOOD}for: {{roles: chat}}", ["3:7: for: unknown key 'roles' (did you mean 'role'?)"]),
        (f"{GOOD}for: chat", ["3:6: for: must be a mapping"]),
        (f"{GOOD}as: {{access: 1}}", ["3:14: as.access: must be text; quote it: '1'"]),
        (f"{GOOD}as: {{confirm: []}}", ["3:6: as: unknown key 'confirm' (did you mean 'confirm_deny'?)"]),
        (f"{GOOD}now: 1", ["3:6: now: must be text; quote it: '1'"]),
        (f"{GOOD}session: [{{role: user}}]", ["3:11: session[0]: 'content' is missing"]),
        (
            f"{GOOD}session: [{{role: user, content: null}}]",
            ["3:33: session[0].content: nothing stands here; write a value, or remove the key"],
        ),
        ("title: x\nturns: {user: a}", ["2:8: turns: must be a list"]),
        ("title: x\nturns: [a]", ["2:9: turns[0]: must be a mapping"]),
        ("title: x\nturns: [{}]", ["2:9: turns[0]: 'user' is missing"]),
        ("title: x\nturns: [{user: 1}]", ["2:16: turns[0].user: must be text; quote it: '1'"]),
        (with_turn("answer: confirm"), ["4:5: turns[0]: unknown key 'answer' (did you mean 'answers'?)"]),
        (with_turn("answers: confirm"), ["4:14: turns[0].answers: must be a list"]),
        (with_turn("expect: 5"), [f"4:13: turns[0].expect: {ONE_OR_MORE}"]),
        (with_turn("expect: final"), [f"4:13: turns[0].expect: {ONE_OR_MORE}"]),
        (with_turn("expect: [5]"), ["4:14: turns[0].expect[0]: must be a mapping"]),
        (
            with_turn("expect: [{rounds: 1}, {rounds: x}]"),
            ["4:36: turns[0].expect[1].rounds: must be a whole number, or {at_least: ..., at_most: ...}"],
        ),
        (
            with_turn("expect: {rounds: x}"),
            ["4:22: turns[0].expect.rounds: must be a whole number, or {at_least: ..., at_most: ...}"],
        ),
        (f"{GOOD}expect: x", [f"3:9: expect: {ONE_OR_MORE}"]),
        (f"{GOOD}for: {{loop: 1}}", ["3:13: for.loop: must be a list of texts, or a text; quote it: '1'"]),
        (f"{GOOD}workspace: [a]", ["3:12: workspace: must be a mapping"]),
        (f"{GOOD}workspace: {{a: 1}}", ["3:16: workspace.a: must be text; quote it: '1'"]),
        (f"{GOOD}workspace: {{a: }}", ["3:16: workspace.a: must be text"]),
        (f"{GOOD}workspace: {{../a: x}}", ["3:13: workspace: '../a' is outside of the workspace"]),
        (
            f"{GOOD}workspace: {{a: x, a/b: y}}",
            ["3:12: workspace: 'a' is a file, so that nothing can be written below it"],
        ),
        (f"{GOOD}workspace: {{a/b: x, a: y}}", ["3:12: workspace: 'a' is a folder"]),
        *(
            (f"{GOOD}module: {name}", [f"3:9: module: {MODULE}, not '{name}'"])
            for name in ("bank", "../bank.py", "tools/bank.py", "/bank.py", "a-b.py", "bank.pyc", ".py")
        ),
        (f"{GOOD}module: 5", ["3:9: module: must be text; quote it: '5'"]),
        (f"{GOOD}module: bank.py\nstate: [1]", ["4:8: state: must be a mapping"]),
        (
            f"{GOOD}module: bank.py\nstate: {{a: .nan}}",
            ["4:12: state.a: holds a number that JSON cannot hold; write it in quotes"],
        ),
        (f"{GOOD}expect: []", ["3:9: expect: must not be empty"]),
        (with_turn("expect: []"), ["4:13: turns[0].expect: must not be empty"]),
        (with_turn("expect: {round: 1}"), ["4:14: turns[0].expect: unknown key 'round' (did you mean 'rounds'?)"]),
        (f"{GOOD}expect: {{turn: 1}}", ["3:10: expect: unknown key 'turn' (did you mean 'turns'?)"]),
    ],
)
def test_what_is_refused(text: str, lines: list[str]) -> None:
    """What is missing, misspelt or of the wrong kind is told with its place."""
    assert refused(text) == [f"f.yaml:{line}" for line in lines]


@pytest.mark.parametrize("text", ["title: x\nturns: []", "title: ''\nturns: [{user: a}]"])
def test_an_empty_scenario_is_refused(text: str) -> None:
    """A scenario without a turn or a title is refused."""
    assert [line[:11] for line in refused(text)] == ["f.yaml:2:8:" if "[]" in text else "f.yaml:1:8:"]


@pytest.mark.parametrize("role", ["system", "tool", "developer", "User"])
def test_a_session_holds_users_and_assistants_texts(role: str) -> None:
    """A session message of anybody else is refused."""
    (line,) = refused(f"{GOOD}session:\n  - {{role: {role}, content: x}}")
    assert line.startswith("f.yaml:4:12: session[0].role: ")


@pytest.mark.parametrize(
    "now", ["2026-03-01T09:00:00Z", "2026-03-01T09:00:00+02:00", "2026-03-01 09:00-05:00", "2026-03-01T09:00:00.5Z"]
)
def test_a_time_with_its_zone(now: str) -> None:
    """The scenario's time is kept as it is written."""
    assert scenario_file(f"{GOOD}now: {now}").now == now


@pytest.mark.parametrize(
    "now", ["2026-03-01T09:00:00", "2026-03-01", "12:30", "tomorrow", "''", "2026-02-30T09:00:00Z"]
)
def test_a_time_that_is_none(now: str) -> None:
    """A time without a zone, or no time at all, is refused at its place with an example."""
    assert refused(f"{GOOD}now: {now}") == [
        "f.yaml:3:6: now: 'now' must be a time with its zone, like 2026-03-01T09:00:00Z"
    ]


@pytest.mark.parametrize(
    ("text", "answer", "confirmed", "names"),
    [
        ("confirm", Answer(any="confirm"), True, None),
        ("deny", Answer(any="deny"), False, None),
        ("{any: deny}", Answer(any="deny"), False, None),
        ("{confirm: a}", Answer(confirm=["a"]), True, ["a"]),
        ("{confirm: [a, b]}", Answer(confirm=["a", "b"]), True, ["a", "b"]),
        ("{deny: [a]}", Answer(deny=["a"]), False, ["a"]),
        ("{otherwise: confirm}", Answer(otherwise="confirm"), True, None),
        ("{otherwise: deny}", Answer(otherwise="deny"), False, None),
    ],
)
def test_answers(text: str, answer: Answer, confirmed: bool, names: list[str] | None) -> None:
    """An answer is a word, or names the tools that it confirms or denies."""
    (said,) = scenario_file(with_turn(f"answers: [{text}]")).turns[0].answers
    assert (said, said.confirmed, said.names) == (answer, confirmed, names)


ONE = "an answer is 'confirm', 'deny', {confirm: [...]}, {deny: [...]} or {otherwise: ...}"


@pytest.mark.parametrize(
    ("answers", "lines"),
    [
        ("[{}]", [f"4:15: turns[0].answers[0]: {ONE}"]),
        ("[{confirm: [a], deny: [b]}]", [f"4:15: turns[0].answers[0]: {ONE}"]),
        ("[{confirm: a, otherwise: deny}]", [f"4:15: turns[0].answers[0]: {ONE}"]),
        ("[{deny: [1]}]", ["4:23: turns[0].answers[0].deny[0]: must be text; quote it: '1'"]),
        ("[{denied: [a]}]", ["4:16: turns[0].answers[0]: unknown key 'denied' (did you mean 'deny'?)"]),
        (
            "[{otherwise: confirm}, confirm]",
            ["3:5: turns[0]: 'otherwise' answers all that is left, so it must be the last of the answers"],
        ),
    ],
)
def test_answers_that_are_none(answers: str, lines: list[str]) -> None:
    """An answer that says nothing or two things, or that no later one could follow, is refused."""
    assert refused(with_turn(f"answers: {answers}")) == [f"f.yaml:{line}" for line in lines]


@pytest.mark.parametrize(
    "answer",
    ["maybe", "yes", "5", "true", "", "{any: }", "{otherwise: }", "{confirm: }", "{deny: null}", "{any: maybe}"],
)
def test_answers_that_are_no_words(answer: str) -> None:
    """Another word, and a key without its value, are refused; nothing left empty becomes a denial."""
    (line,) = refused(f"title: x\nturns:\n  - user: a\n    answers:\n      - {answer}\n")
    assert line.startswith("f.yaml:5:")


def test_every_problem_of_a_file() -> None:
    """Everything wrong in a file is told at once, in the order of its lines."""
    text = """\
title: 1
for: {modle: x, tools: [1]}
session: [{role: system, content: x}, {role: user}]
tools:
  b: [{when: {x: 1}}]
  a: {returns: 1, raises: x}
turns:
  - user: a
    expect: {error: x}
    answers: [maybe]
  - usr: b
expect: {turns: many}
tag: x
"""
    assert [line.split(": ")[0].removeprefix("f.yaml:") for line in refused(text)] == [
        "1:8",
        "2:7",
        "2:25",
        "3:18",
        "3:39",
        "5:7",
        "6:6",
        "9:13",
        "10:15",
        "11:5",
        "12:17",
        "13:1",
    ]


@pytest.mark.parametrize(
    ("turns", "expect", "stops"),
    [
        ("[{user: a}]", "", [["final"]]),
        ("[{user: a, expect: {stop: cut}}]", "", [["cut"]]),
        ("[{user: a, expect: {rounds: 1}}]", "expect: {stop: cut}", [["cut"]]),
        ("[{user: a, expect: {stop: final}}]", "expect: {stop: cut}", [["final", "cut"]]),
        ("[{user: a}, {user: b}]", "expect: {stop: max_rounds}", [["final"], ["max_rounds"]]),
        ("[{user: a, expect: {stop: max_rounds}}, {user: b}]", "expect: {rounds: 1}", [["max_rounds"], ["final"]]),
        ("[{user: a, expect: [{stop: cut}, {for: {role: files}, stop: error}]}]", "", [["cut"]]),
        ("[{user: a, expect: [{for: {role: files}, stop: cut}]}]", "", [["final"]]),
        ("[{user: a, expect: [{rounds: 1}, {for: {role: [files, chat], model: m}, stop: cut}]}]", "", [["cut"]]),
        ("[{user: a}]", "expect: [{for: {tools: all}, stop: cut}, {for: {model: n}, stop: error}]", [["cut"]]),
    ],
)
def test_how_turns_should_end(turns: str, expect: str, stops: list[list[str]]) -> None:
    """A turn ends as the expectations that apply to it say, the last as those of the case, else with a final text."""
    document = parse(f"title: x\nturns: {turns}\n{expect}\n", FILE)
    one = Scenario("x", validate(document, ScenarioFile), document)
    point = Point("chat", "m", "all")
    found = [expected_stops(one, turn, point) for turn in range(len(stops))]
    assert [[expected.stop for expected in turn] for turn in found] == stops


def ended(*stops: Any, kind: str | None = None) -> Trace:
    """Return a trace whose turns ended so, with an error of this kind."""
    turns = [Turn(user="a", offered=(), response=None, stop=stop, rounds=(), checkpoints=()) for stop in stops]
    return Trace(
        case="x@m/v",
        scenario="x",
        model="m",
        variant="v",
        repeat=1,
        counts=count(turns),
        stop="error" if kind else "final",
        error=Failure(kind=kind, message="quota") if kind else None,
        anomalies=(),
        usage=Usage(),
        turns=tuple(turns),
    )


@pytest.mark.parametrize(
    ("expect", "trace", "expected"),
    [
        ("{}", ended("final"), True),
        ("{stop: error}", ended("final"), True),
        ("{}", ended("error", kind="model"), False),
        ("{stop: error}", ended("error", kind="model"), True),
        ("{stop: error, error: other}", ended("error", kind="model"), True),
        ("{stop: error}", ended("error", kind="loop"), False),
        ("{stop: error}", ended("error", kind="stale"), False),
        ("{stop: error}", ended(kind="model"), False),
    ],
)
def test_errors_that_are_expected(expect: str, trace: Trace, expected: bool) -> None:
    """Only an error of the endpoint's, in a turn that should end so, is expected."""
    document = parse(f"title: x\nturns: [{{user: a, expect: {expect}}}]\n", FILE)
    assert error_expected(Scenario("x", validate(document, ScenarioFile), document), trace) is expected


def test_the_words_of_a_whole_text() -> None:
    """A response that is a text is the whole text."""
    assert scenario_file(with_turn("expect: {response: Hello}")).turns[0].expect == [
        TurnExpectation(response=Words(equals="Hello"))
    ]


def test_files_and_state_of_a_scenario() -> None:
    """A scenario gives the files, the module and the state that its tools start from."""
    text = """\
title: T.
for: {loop: [production, tolerant]}
workspace: {a.txt: A, notes/b.txt: ''}
module: bank.py
state: {accounts: {giro: 5}, log: [], none: null}
turns: [{user: Go., expect: [{workspace: {a.txt: A}}, {for: {role: chat}, state: {log: []}}]}]
expect: {workspace: {c: {absent: true}}}
"""
    read = scenario_file(text)
    assert (read.applies.loop, read.workspace, read.module, read.state) == (
        ["production", "tolerant"],
        {"a.txt": "A", "notes/b.txt": ""},
        "bank.py",
        {"accounts": {"giro": 5}, "log": [], "none": None},
    )
    assert [part.state for part in read.turns[0].expect] == [None, {"log": []}]


def labels() -> st.SearchStrategy[str]:
    """Return the labels that settings may carry."""

    def allowed(text: str) -> bool:
        try:
            Role(label=text)
        except ValueError:
            return False
        return True

    return st.text(st.sampled_from("ab/.-_é=,:+@~ ") | st.characters(), min_size=1, max_size=6).filter(allowed)


@EXAMPLES
@given(labels(), labels(), labels(), st.sampled_from(["", "~persona=terse", "~loop.max_rounds=3~model.params.seed=1"]))
def test_what_a_trace_was_made_under(role: str, model: str, tools: str, rest: str) -> None:
    """Role and tools are read from a trace's variant, whatever labels they carry and however else it differs."""
    trace = ended("final").model_copy(update={"model": model, "variant": f"{role}+{tools}{rest}"})
    assert point_of(trace) == Point(role, model, tools)
