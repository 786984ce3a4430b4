"""Scenario files: what may stand in them, what is refused and where, and which of them are selected."""

import os
from pathlib import Path
from typing import Any

import pytest

from harness.errors import InputError
from harness.expectation import Amount, Expectation, ExpectedCall, ExpectedCalls, Point, TurnExpectation, Words
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
    find,
    load,
    select,
    tools_named,
)
from harness.source import parse
from harness.trace import Failure, Trace, Turn, Usage, count
from harness.wording import validate

FILE = Path("f.yaml")
GOOD = "title: A scenario.\nturns: [{user: Hello}]\n"


def file(text: str) -> ScenarioFile:
    """Return the scenario file that a text is."""
    return validate(parse(text, FILE), ScenarioFile)


def refused(text: str) -> list[str]:
    """Return the lines with which a scenario file is refused."""
    with pytest.raises(InputError) as caught:
        file(text)
    return str(caught.value).splitlines()


def with_tools(tools: str) -> str:
    """Return a scenario with these rules of tools on its third line."""
    return f"{GOOD}tools: {tools}\n"


def with_turn(turn: str) -> str:
    """Return a scenario whose one turn has this on its fourth line."""
    return f"title: A scenario.\nturns:\n  - user: Hello\n    {turn}\n"


def with_scenarios(folder: Path, **texts: str) -> Path:
    """Write scenarios, `a__b` standing for `a/b`, and return the folder."""
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def ids(scenarios: list[Scenario]) -> list[str]:
    """Return the ids of scenarios."""
    return [one.id for one in scenarios]


def test_the_least_scenario() -> None:
    """A title and a turn are enough; everything else has a default that restricts nothing."""
    assert file(GOOD) == ScenarioFile.model_validate(
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
    assert file(text) == ScenarioFile.model_validate(
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
                            calls=ExpectedCalls(in_order=[ExpectedCall(tool="file_delete")]), rounds=Amount(exactly=3)
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
            ["1:1: 'title' is missing", "1:1: unknown key 'titel' (did you mean 'title'?)"],
        ),
        (f"{GOOD}acts_as: {{}}", ["3:1: unknown key 'acts_as'"]),
        (f"{GOOD}applies: {{}}", ["3:1: unknown key 'applies'"]),
        (f"{GOOD}tag: x", ["3:1: unknown key 'tag' (did you mean 'tags'?)"]),
        (f"{GOOD}tags: [1]", ["3:8: tags[0]: must be text"]),
        (f"{GOOD}tags: {{a: 1}}", ["3:7: tags: must be a list"]),
        (f"{GOOD}for: {{roles: chat}}", ["3:7: for: unknown key 'roles' (did you mean 'role'?)"]),
        (f"{GOOD}for: chat", ["3:6: for: must be a mapping"]),
        (f"{GOOD}as: {{access: 1}}", ["3:14: as.access: must be text"]),
        (f"{GOOD}as: {{confirm: []}}", ["3:6: as: unknown key 'confirm' (did you mean 'confirm_deny'?)"]),
        (f"{GOOD}now: 1", ["3:6: now: must be text"]),
        (f"{GOOD}session: [{{role: user}}]", ["3:11: session[0]: 'content' is missing"]),
        (
            f"{GOOD}session: [{{role: user, content: null}}]",
            ["3:33: session[0].content: nothing stands here; write a value, or remove the key"],
        ),
        ("title: x\nturns: {user: a}", ["2:8: turns: must be a list"]),
        ("title: x\nturns: [a]", ["2:9: turns[0]: must be a mapping"]),
        ("title: x\nturns: [{}]", ["2:9: turns[0]: 'user' is missing"]),
        ("title: x\nturns: [{user: 1}]", ["2:16: turns[0].user: must be text"]),
        (with_turn("answer: confirm"), ["4:5: turns[0]: unknown key 'answer' (did you mean 'answers'?)"]),
        (with_turn("answers: confirm"), ["4:14: turns[0].answers: must be a list"]),
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
    assert file(f"{GOOD}now: {now}").now == now


@pytest.mark.parametrize(
    "now", ["2026-03-01T09:00:00", "2026-03-01", "12:30", "tomorrow", "''", "2026-02-30T09:00:00Z"]
)
def test_a_time_that_is_none(now: str) -> None:
    """A time without a zone, or no time at all, is refused at its place with an example."""
    assert refused(f"{GOOD}now: {now}") == [
        "f.yaml:3:6: now: 'now' must be a time with its zone, like 2026-03-01T09:00:00Z"
    ]


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
    assert file(with_tools(tools)).tools == {"a": rules}


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
            "3:31: tools.a.when: '(' is not a regular expression: missing ), unterminated subpattern at position 0",
        ),
        ("{a: {returns: x, when: b}}", "3:31: tools.a.when: must be a mapping"),
        ("{a: {raises: 5}}", "3:21: tools.a.raises: must be text"),
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
        assert file(with_tools(tools)).tools == {"a": [Rule(returns="x")]}
    else:
        assert [line[:9] for line in refused(with_tools(tools))] == ["f.yaml:3:"]


def test_a_result_that_json_cannot_hold() -> None:
    """A number that JSON has no text for is no result, since the model could not be told it."""
    for number in (".nan", ".inf", "1e999"):
        assert [line[:9] for line in refused(with_tools(f"{{a: {{returns: {number}}}}}"))] == ["f.yaml:3:"]


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
    (said,) = file(with_turn(f"answers: [{text}]")).turns[0].answers
    assert (said, said.confirmed, said.names) == (answer, confirmed, names)


ONE = "an answer is 'confirm', 'deny', {confirm: [...]}, {deny: [...]} or {otherwise: ...}"


@pytest.mark.parametrize(
    ("answers", "lines"),
    [
        ("[{}]", [f"4:15: turns[0].answers[0]: {ONE}"]),
        ("[{confirm: [a], deny: [b]}]", [f"4:15: turns[0].answers[0]: {ONE}"]),
        ("[{confirm: a, otherwise: deny}]", [f"4:15: turns[0].answers[0]: {ONE}"]),
        ("[{deny: [1]}]", ["4:23: turns[0].answers[0].deny[0]: must be text"]),
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
        "11:5",
        "12:17",
        "13:1",
    ]


def test_a_scenario_is_loaded_with_its_id(tmp_path: Path) -> None:
    """A scenario's id is its way below the folder, and its script stands beside it."""
    folder = with_scenarios(tmp_path / "scenarios", a__b__c=GOOD)
    one = load(folder / "a" / "b" / "c.yaml", folder)
    assert (one.id, one.file, one.script_path) == ("a/b/c", file(GOOD), folder / "a" / "b" / "c.script.yaml")
    assert one.document.place(("turns", 0, "user")) == f"{folder}/a/b/c.yaml:2:16"


@pytest.mark.parametrize("name", ["we ird [1]", "é", "a.b", "~", "100%", "a=b"])
def test_any_file_name_is_an_id(tmp_path: Path, name: str) -> None:
    """Whatever a file is called, its name is the id, and the id selects it alone."""
    folder = with_scenarios(tmp_path / "scenarios", other=GOOD)
    (folder / f"{name}.yaml").write_text(GOOD, "utf-8")
    assert ids(select(folder, [name])) == [name]
    assert ids(select(folder, [f"{name}.yaml"])) == [name]


def test_scenarios_are_found_in_order(tmp_path: Path) -> None:
    """Scenarios are found at every depth, sorted by id; scripts, hidden files and other endings are none."""
    folder = with_scenarios(tmp_path, b=GOOD, a__z=GOOD, a__b__c=GOOD, ab=GOOD)
    for name in ("a/z.script.yaml", "a/.hidden.yaml", ".git/x.yaml", "notes.md", "a/data.json"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("not: [read", "utf-8")
    assert [path.relative_to(folder).as_posix() for path in find(folder)] == [
        "a/b/c.yaml",
        "a/z.yaml",
        "ab.yaml",
        "b.yaml",
    ]
    assert find(tmp_path / "nowhere") == []


def test_a_hidden_folder_above_hides_nothing(tmp_path: Path) -> None:
    """Only what lies below the scenarios is hidden by a leading dot."""
    folder = with_scenarios(tmp_path / ".cache" / "scenarios", a=GOOD)
    assert ids(select(folder)) == ["a"]


def test_a_linked_scenario_is_one(tmp_path: Path) -> None:
    """A scenario that is a link to a file elsewhere has the id of the link."""
    folder = with_scenarios(tmp_path / "scenarios", a=GOOD)
    with_scenarios(tmp_path / "shared", common=GOOD)
    (folder / "linked.yaml").symlink_to(tmp_path / "shared" / "common.yaml")
    assert ids(select(folder)) == ["a", "linked"]


def test_a_folder_called_like_a_scenario(tmp_path: Path) -> None:
    """A folder whose name ends like a scenario's is an area, not a scenario that cannot be read."""
    folder = with_scenarios(tmp_path, a=GOOD)
    (folder / "area.yaml").mkdir()
    (folder / "area.yaml" / "b.yaml").write_text(GOOD, "utf-8")
    assert ids(select(folder)) == ["a", "area.yaml/b"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of scenarios in two areas."""
    return with_scenarios(
        tmp_path / "scenarios",
        files__read=f"{GOOD}tags: [smoke, short]",
        files__write=f"{GOOD}tags: smoke",
        files__deep__list=GOOD,
        filesystem=GOOD,
        web__search=f"{GOOD}tags: [short]",
    )


ALL = ["files/deep/list", "files/read", "files/write", "filesystem", "web/search"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], ALL),
        (["files/read"], ["files/read"]),
        (["files/read.yaml"], ["files/read"]),
        (["files"], ["files/deep/list", "files/read", "files/write"]),
        (["files/"], ["files/deep/list", "files/read", "files/write"]),
        (["files/deep"], ["files/deep/list"]),
        (["*"], ALL),
        (["files/*"], ["files/deep/list", "files/read", "files/write"]),
        (["*/read"], ["files/read"]),
        (["files/????"], ["files/read"]),
        (["[fw]*/[rs]e*"], ["files/read", "web/search"]),
        (["web", "files/read"], ["files/read", "web/search"]),
        (["files", "files/read", "f*"], ["files/deep/list", "files/read", "files/write", "filesystem"]),
    ],
)
def test_selecting_by_name(folder: Path, words: list[str], found: list[str]) -> None:
    """Words select by id, by area or by pattern, each scenario once and in order."""
    assert ids(select(folder, words)) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("scenarios", ALL),
        ("scenarios/files/read.yaml", ["files/read"]),
        ("scenarios/files", ["files/deep/list", "files/read", "files/write"]),
        (".", ALL),
        ("./scenarios/../scenarios/web", ["web/search"]),
    ],
)
def test_selecting_by_path(folder: Path, monkeypatch: pytest.MonkeyPatch, path: str, found: list[str]) -> None:
    """Words select by file or folder, relative to the current folder or absolute."""
    monkeypatch.chdir(folder.parent)
    assert ids(select(folder, [path])) == found
    assert ids(select(folder, [str(folder.parent / path)])) == found
    assert ids(select(Path("scenarios"), [path])) == found


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["files/raed"], ["'files/raed' selects no scenario in {} (did you mean 'files/read'?)"]),
        (["flies"], ["'flies' selects no scenario in {} (did you mean 'files'?)"]),
        (["zzz", "files", "q/*"], ["'zzz' selects no scenario in {}", "'q/*' selects no scenario in {}"]),
        (["file"], ["'file' selects no scenario in {} (did you mean 'files'?)"]),
        (
            ["files/read.script.yaml"],
            ["'files/read.script.yaml' selects no scenario in {} (did you mean 'files/read'?)"],
        ),
        (["FILES"], ["'FILES' selects no scenario in {}"]),
        ([""], ["'' selects no scenario in {}"]),
        (["x\0y"], ["'x\0y' selects no scenario in {}"]),
    ],
)
def test_words_that_select_nothing(folder: Path, words: list[str], lines: list[str]) -> None:
    """Every word that selects nothing is told, with the nearest name and the command that shows all."""
    with pytest.raises(InputError) as caught:
        select(folder, words)
    ending = "; 'harness list scenarios' shows them"
    assert [line.partition(ending) for line in caught.value.problems] == [
        (line.format(folder), ending, "") for line in lines
    ]


def test_an_endless_word_selects_nothing(folder: Path) -> None:
    """A word longer than any file name is a word that selects nothing."""
    with pytest.raises(InputError) as caught:
        select(folder, ["x" * 300])
    assert str(caught.value).startswith("'xxx")


@pytest.mark.parametrize(
    ("words", "tags", "found"),
    [
        ([], ["smoke"], ["files/read", "files/write"]),
        ([], ["short"], ["files/read", "web/search"]),
        ([], ["short", "smoke"], ["files/read", "files/write", "web/search"]),
        (["web"], ["short"], ["web/search"]),
    ],
)
def test_selecting_by_tag(folder: Path, words: list[str], tags: list[str], found: list[str]) -> None:
    """Tags select, among the named scenarios, those that carry any of them."""
    assert ids(select(folder, words, tags)) == found


def test_tags_that_nobody_carries(folder: Path) -> None:
    """Every tag that no named scenario carries is told, with the nearest that one does."""
    with pytest.raises(InputError) as caught:
        select(folder, ["files"], ["smoek", "short", "zzz"])
    assert caught.value.problems == (
        "no selected scenario carries the tag 'smoek' (did you mean 'smoke'?)",
        "no selected scenario carries the tag 'zzz'",
    )


def test_all_broken_files_are_told(tmp_path: Path) -> None:
    """Every problem of every selected file is told, beside the words that select nothing."""
    folder = with_scenarios(
        tmp_path, a="titel: x\nturns: [{user: a}]", b="title: [", c=GOOD, d="- x", e=f"{GOOD}tag: x"
    )
    with pytest.raises(InputError) as caught:
        select(folder, ["a", "b", "c", "d", "nope"])
    assert sorted(line.partition(f"{folder}/")[2][:6] for line in caught.value.problems) == [
        "",
        "a.yaml",
        "a.yaml",
        "b.yaml",
        "d.yaml",
    ]


def test_a_broken_file_beside_does_no_harm(tmp_path: Path) -> None:
    """A broken file that is not selected is not read."""
    folder = with_scenarios(tmp_path, a=GOOD, b="title: [")
    assert ids(select(folder, ["a"])) == ["a"]


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
    assert tools_named(file(text)) == {
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


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    """A file whose name is not UTF-8 is found and loaded like any other."""
    try:
        (tmp_path / os.fsdecode(b"\xff.yaml")).write_text(GOOD, "utf-8")
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    assert len(select(tmp_path)) == 1


def test_the_words_of_a_whole_text() -> None:
    """A response that is a text is the whole text."""
    assert file(with_turn("expect: {response: Hello}")).turns[0].expect == [
        TurnExpectation(response=Words(equals="Hello"))
    ]
