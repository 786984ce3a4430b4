"""Verdicts and traces reach people as text that fits, says what was cut, and cannot steer a terminal."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.case import Case
from harness.check import Verdict
from harness.finding import Finding
from harness.misses import record_command
from harness.report import conversation, summary, table
from harness.runner import Outcome
from harness.terminal import Style
from harness.trace import Anomaly, Call, Checkpoint, Failure, Pending, Trace, Turn
from tests.build import (
    CASE,
    EXAMPLES,
    HOSTILE,
    act,
    call,
    case,
    checkpoint,
    notice,
    outcome,
    scenario,
    settings,
    trace,
    turn,
    uncut,
)
from tests.project import as_a_shell_reads

PLAIN, COLOURED = Style(), Style(colour=True)
COLOUR = re.compile(r"\x1b\[[0-9]+m")


def verdict(status: str = "passed", *findings: Finding, error: str | None = None, of: str = CASE) -> Verdict:
    """Return a verdict on a case."""
    return Verdict.model_validate({"case": of, "status": status, "findings": findings, "error": error})


def finding(got: str = "4", *, expected: str = "3", what: str = "turn 1, rounds") -> Finding:
    """Return a finding."""
    return Finding(place="scenarios/area/name.yaml:7:5", what=what, expected=expected, got=got)


def anomaly(detail: str, *, call: int | None = None) -> Anomaly:
    """Return an anomaly of the first round."""
    return Anomaly(kind="repeated_id", turn=1, round=1, call=call, detail=detail)


def of(name: str, *, variant: str = "chat+all") -> Case:
    """Return a case of a scenario of this name."""
    return case(scenario(path=Path(f"scenarios/{name}.yaml")), settings(variant=variant))


@EXAMPLES
@given(
    st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1)),
    st.integers(1, 3),
)
def test_the_record_command_survives_a_shell(values: list[str], repeats: int) -> None:
    """What a shell makes of the command are the scenario and the overrides as they were given."""
    overrides = [f"model.params.extra_body.note={value}" for value in values]
    words = as_a_shell_reads(record_command(case(under=settings(repeats=repeats), overrides=overrides)))
    assert words == ["harness", "record", "area/name", *overrides, *([f"repeats={repeats}"] if repeats > 1 else [])]


@pytest.mark.parametrize(
    ("overrides", "repeats", "command"),
    [
        ([], 1, "harness record area/name"),
        (["role=files", "model=hasty"], 1, "harness record area/name role=files model=hasty"),
        (["repeats=4", "role=files"], 4, "harness record area/name role=files repeats=4"),
        (["repeats=1"], 1, "harness record area/name"),
        (["role.overlay=Be brief."], 2, "harness record area/name 'role.overlay=Be brief.' repeats=2"),
    ],
)
def test_the_record_command_names_case_and_overrides(overrides: list[str], repeats: int, command: str) -> None:
    """The command that records a case selects its scenario and repeats its overrides, the number of repeats once."""
    assert record_command(case(under=settings(repeats=repeats), overrides=overrides)) == command


def test_the_record_command_quotes_the_scenario() -> None:
    """A scenario whose name a shell would read is quoted."""
    assert record_command(of("area/it's a $name")) == "harness record 'area/it'\"'\"'s a $name'"


# The table


def mixed() -> tuple[list[Outcome], list[Verdict]]:
    """Return three cases: one that passed, one with findings and anomalies, one without a cassette."""
    short = trace(turn())
    odd = trace(
        turn(act(call("file_read"), call("file_read")), act(text="Done.")),
        anomalies=[anomaly("web_fetch comes under the id of an earlier call: a", call=2), anomaly("two\nlines")],
        case_id="area/odd_one@careful/chat+all",
    )
    lost = trace(
        error=Failure(kind="missing", message="cassettes/x.yaml: nothing is recorded"), case_id="area/lost@m/v"
    )
    missing = case(scenario(path=Path("scenarios/area/lost.yaml")), overrides=["role=files"])
    return (
        [outcome(short), outcome(odd, of("area/odd_one")), outcome(lost, missing)],
        [
            verdict(),
            verdict("failed", finding(), finding("'first\nsecond'", expected="to contain 'x'", what="response")),
            verdict("error", error="cassettes/x.yaml: nothing is recorded"),
        ],
    )


def test_table_has_notes_below_each_case() -> None:
    """Findings, anomalies and errors stand indented below their case, each on one line, in the order of the plan."""
    assert table(*mixed(), PLAIN).splitlines() == [
        "case                           verdict    rounds    calls    checkpoints",
        "-----------------------------  ---------  --------  -------  -------------",
        "area/name@careful/chat+all     passed     1         0        0",
        "area/odd_one@careful/chat+all  failed     2         2        0",
        "    scenarios/area/name.yaml:7:5: turn 1, rounds: expected 3, got 4",
        "    scenarios/area/name.yaml:7:5: response: expected to contain 'x', got 'first\\nsecond'",
        "    anomaly: turn 1, round 1, call 2: web_fetch comes under the id of an earlier call: a",
        "    anomaly: turn 1, round 1: two\\nlines",
        "area/lost@careful/chat+all     error      0         0        0",
        "    cassettes/x.yaml: nothing is recorded",
        "    record it, at least 1 request: harness record area/lost role=files",
    ]


def test_table_colours_only_what_stands_out() -> None:
    """With colours the table is the same but for the head, the verdicts and the notes, each of which ends its own."""
    coloured = table(*mixed(), COLOURED)
    assert COLOUR.sub("", coloured) == table(*mixed(), PLAIN)
    lines = coloured.splitlines()
    assert lines[0] == "\x1b[1mcase                           verdict    rounds    calls    checkpoints\x1b[0m"
    assert lines[2] == "area/name@careful/chat+all     \x1b[32mpassed\x1b[0m     1         0        0"
    assert lines[3] == "area/odd_one@careful/chat+all  \x1b[31mfailed\x1b[0m     2         2        0"
    assert lines[4].startswith("    \x1b[31mscenarios/")
    assert lines[6].startswith("    \x1b[33manomaly")
    assert lines[8] == "area/lost@careful/chat+all     \x1b[31merror\x1b[0m      0         0        0"
    assert all(line.count("\x1b") in {0, 2} and (line.count("\x1b") == 0 or "\x1b[0m" in line) for line in lines)


def test_table_of_one_case_that_passed() -> None:
    """A case with nothing to say is one line."""
    assert len(table([outcome(trace(turn()))], [verdict()], PLAIN).splitlines()) == 3


@pytest.mark.parametrize(
    ("kind", "cost"),
    [("missing", "1 request"), ("stale", "1 request"), ("overrun", "1 request"), ("unreadable", "1 request")],
)
def test_what_recording_mends_says_how(kind: str, cost: str) -> None:
    """Below every state of a cassette that recording mends stands the command with its cost."""
    came = trace(error=Failure(kind=kind, message="Gone."))
    lines = table([outcome(came)], [verdict("error", error="Gone.")], PLAIN).splitlines()
    assert lines[3:] == ["    Gone.", f"    record it, at least {cost}: harness record area/name"]


@pytest.mark.parametrize("kind", ["model", "loop", "input", "unsafe", "refused"])
def test_what_recording_does_not_mend_says_nothing(kind: str) -> None:
    """Below any other error stands its message alone, each line indented."""
    came = trace(error=Failure(kind=kind, message="Two\nlines."))
    lines = table([outcome(came)], [verdict("error", error="Two\nlines.")], PLAIN).splitlines()
    assert lines[3:] == ["    Two", "    lines."]


def test_a_case_id_is_one_line() -> None:
    """An override with a line feed or an escape sequence in it, which is part of the id, breaks no table."""
    odd = of("area/name", variant='chat+all~role.overlay="a\n\x1b[31mb"')
    lines = table([outcome(trace(turn()), odd), outcome(trace(turn()))], [verdict(), verdict()], PLAIN).splitlines()
    assert [line.split("  ")[0] for line in lines[2:]] == [
        'area/name@careful/chat+all~role.overlay="a\\n\\x1b[31mb"',
        "area/name@careful/chat+all",
    ]


@pytest.mark.parametrize("status", ["failed", "error"])
def test_a_megabyte_does_not_flood_the_terminal(status: str) -> None:
    """A finding or an error with a huge text is cut, and says how much was cut."""
    huge = "x" * 1_000_000
    one = verdict(status, finding(huge)) if status == "failed" else verdict(status, error=huge)
    text = table([outcome(trace(turn()))], [one], PLAIN)
    assert len(text) < 10_000
    assert re.search(r"\.\.\. \(\+99\d{4}\)", text)


@EXAMPLES
@given(st.tuples(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE))
def test_no_text_steers_the_terminal_through_the_table(texts: tuple[str, str, str, str, str]) -> None:
    """Whatever a model writes, the table holds printable characters, and only cases begin in its first column."""
    what, expected, got, detail, message = texts
    came = trace(turn(), anomalies=[anomaly(detail)])
    broken = trace(error=Failure(kind="model", message=message))
    outcomes = [outcome(came), outcome(broken)]
    verdicts = [verdict("failed", finding(got, expected=expected, what=what)), verdict("error", error=message)]
    text = table(outcomes, verdicts, PLAIN)
    assert text.replace("\n", "").isprintable()
    assert COLOUR.sub("", table(outcomes, verdicts, COLOURED)) == text
    first = [line for line in text.split("\n")[2:] if not line.startswith("    ")]
    assert [line.split("  ")[0] for line in first] == [CASE, CASE]


# The summary


@pytest.mark.parametrize(
    ("statuses", "odd", "lines"),
    [
        (["passed"], 0, ["1 case replayed in 0.1 s: 1 passed"]),
        (["passed", "passed"], 1, ["2 cases replayed in 0.1 s: 2 passed, 1 with anomalies"]),
        (["error"], 0, ["1 case replayed in 0.1 s: 1 error"]),
        (
            ["passed", "failed", "error", "failed"],
            2,
            [
                "4 cases replayed in 0.1 s: 1 passed, 2 failed, 1 error, 2 with anomalies",
                "look at the first that failed: harness show 'area/1@careful/chat+all~2'",
            ],
        ),
    ],
)
def test_summary_counts_and_names_the_next_command(statuses: list[str], odd: int, lines: list[str]) -> None:
    """The summary counts the verdicts, and shows how to look at the first case that failed."""
    outcomes = [outcome(trace(turn(), anomalies=[anomaly("x")] if at < odd else [])) for at in range(len(statuses))]
    verdicts = [verdict(status, of=f"area/{at}@careful/chat+all~2") for at, status in enumerate(statuses)]
    assert summary(outcomes, verdicts, 0.123).splitlines() == lines


def test_summary_says_what_was_done() -> None:
    """A recording says that it was one."""
    assert summary([outcome(trace(turn()))], [verdict()], 61.26, "recorded") == "1 case recorded in 61.3 s: 1 passed"


# The conversation


def talk() -> Trace:
    """Return a trace with every kind of thing that can happen."""
    first = turn(
        act(
            call("file_read", {"path": "b.txt"}, result="Second draft."),
            call(
                "file_delete", {"path": "old.txt"}, decision="denied", outcome="denied", result="Action denied by user."
            ),
            text="I read and delete.",
        ),
        notice("Shall I delete old.txt?"),
        act(call("web_search", None, raw="{'q': x", outcome="failed", result="Tool error: quota exceeded")),
        act(text="I kept it.\nAnything else?"),
        user="Delete old.txt.",
        response="I kept it.\nAnything else?",
        checkpoints=[checkpoint("file_delete")],
    )
    second = turn(
        act(call("file_delete", decision="confirmed", result="")),
        notice(None),
        act(call("file_read", outcome="dropped", result=None), text="Let me read."),
        user="Now do it.",
        response="Let me read.",
        checkpoints=[checkpoint("file_delete", answer="confirmed")],
    )
    third = turn(
        act(call("file_delete", decision="unanswered", outcome="pending", result=None)),
        user="",
        response=None,
        stop="error",
        checkpoints=[checkpoint("file_delete", answer=None)],
    )
    return trace(
        first,
        second,
        third,
        error=Failure(kind="model", message="You exceeded your quota."),
        anomalies=[anomaly("the arguments of web_search are not a JSON object: {'q': x", call=1)],
    )


def test_conversation_tells_everything_in_order() -> None:
    """A trace reads as what was said, asked, decided and done, turn by turn, with what went wrong at its end."""
    assert conversation(talk(), PLAIN, 80).splitlines() == [
        "area/name@careful/chat+all",
        "3 turns, 8 rounds, 6 calls, 3 checkpoints; error",
        "",
        "turn 1",
        "  user: Delete old.txt.",
        "  model, round 1: I read and delete.",
        '  round 1: file_read({"path": "b.txt"}) executed',
        "      Second draft.",
        '  round 1: file_delete({"path": "old.txt"}) denied',
        "      Action denied by user.",
        "  model, round 2 (notice): Shall I delete old.txt?",
        "  checkpoint: file_delete: denied",
        "  round 3: web_search({'q': x) failed",
        "      Tool error: quota exceeded",
        "  response (final):",
        "    I kept it.",
        "    Anything else?",
        "",
        "turn 2",
        "  user: Now do it.",
        "  round 1: file_delete({}) confirmed, executed",
        "      (empty)",
        "  model, round 2 (notice): (no text; the loop's own sentence stands in)",
        "  checkpoint: file_delete: confirmed",
        "  round 3: file_read({}) dropped",
        "  response (final): Let me read.",
        "",
        "turn 3",
        "  user: (empty)",
        "  round 1: file_delete({}) unanswered, pending",
        "  checkpoint: file_delete: not answered",
        "  no response (error)",
        "",
        "error (model): You exceeded your quota.",
        "anomaly: turn 1, round 1, call 1: the arguments of web_search are not a JSON object: {'q': x",
    ]


def filed() -> Trace:
    """Return a trace whose turns change files and leave a state."""
    return trace(
        turn(workspace={"gone.txt": None, "new.txt": "one\ntwo\n", "void": ""}, state={"ä": [1, "x"]}),
        turn(workspace={}, state={}),
    )


def test_conversation_tells_what_was_left() -> None:
    """Behind each turn stand the files that it changed, and the state that it left."""
    text = conversation(filed(), PLAIN, 80).splitlines()
    assert [line for line in text[3:] if not line.startswith(("  user", "  response"))] == [
        "turn 1",
        "  file gone.txt is gone",
        "  file new.txt:",
        "    one",
        "    two",
        "  file void: (empty)",
        '  state: {"ä": [1, "x"]}',
        "",
        "turn 2",
        "  no file changed",
        "  state: {}",
    ]
    assert COLOUR.sub("", conversation(filed(), COLOURED, 80)) == conversation(filed(), PLAIN, 80)


@EXAMPLES
@given(st.text(min_size=1, max_size=20), st.text(max_size=40), st.integers(30, 100))
def test_no_file_steers_the_terminal(path: str, text: str, width: int) -> None:
    """Whatever files and state hold, they move no cursor and set no colour."""
    shown = conversation(trace(turn(workspace={path: text, f"{path}2": None}, state={path: text})), PLAIN, width)
    assert all(line.isprintable() for line in shown.split("\n"))


def test_conversation_in_colours_is_the_same() -> None:
    """Colours add nothing but themselves, and each ends on its own line."""
    coloured = conversation(talk(), COLOURED, 80)
    assert COLOUR.sub("", coloured) == conversation(talk(), PLAIN, 80)
    assert all(line.count("\x1b") % 2 == 0 for line in coloured.splitlines())
    assert "  round 1: file_delete({}) \x1b[32mconfirmed, executed\x1b[0m" in coloured.splitlines()


def test_conversation_tells_one_from_many() -> None:
    """Numbers agree with their words."""
    one = turn(act(call("file_delete")), response="Done.", checkpoints=[checkpoint("file_delete")])
    assert conversation(trace(one), PLAIN, 80).splitlines()[1] == "1 turn, 1 round, 1 call, 1 checkpoint; final"


def test_code_in_a_text_keeps_its_form() -> None:
    """Tabs, which code holds, are shown as blanks, and the line ends of other systems as line ends."""
    said = conversation(trace(turn(response="Look:\r\n\tx = 1\r\n\ty = 2")), PLAIN, 80).splitlines()
    assert said[-4:] == ["  response (final):", "    Look:", "        x = 1", "        y = 2"]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_conversation_keeps_within_the_width(width: int) -> None:
    """Long texts are wrapped, and arguments and results cut, so that no line is longer than the terminal."""
    words, unbroken = "word " * 200, "x" * 5_000
    long = turn(
        act(call("file_read", {"path": unbroken}, result=words), call(unbroken, {}, result=unbroken), text=words),
        act(call("file_delete", {"path": words}, decision="unanswered", outcome="pending", result=None)),
        user=unbroken,
        response=words + unbroken,
        checkpoints=[checkpoint("file_delete", answer=None, round=2)],
    )
    lines = conversation(trace(long), PLAIN, width).splitlines()
    assert [line for line in lines if len(line) > width] == []
    assert sum("... (+" in line for line in lines) == 5


def test_what_is_cut_of_a_call_is_counted() -> None:
    """A call's arguments and result end with the number of characters that are not shown."""
    one = turn(act(call("file_read", {}, raw="x" * 100, result="y" * 100)), response="Done.")
    lines = conversation(trace(one), PLAIN, 60).splitlines()
    assert uncut(lines[5].removeprefix("  round 1: ")) == len(f"file_read({'x' * 100})")
    assert uncut(lines[6].removeprefix("      ")) == 100


@EXAMPLES
@given(st.tuples(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE), st.integers(30, 100))
def test_no_text_steers_the_terminal_through_the_conversation(texts: tuple[str, ...], width: int) -> None:
    """Whatever users, models and tools write, the conversation holds printable characters only."""
    user, said, name, arguments, result, response, message = texts
    one: Call = call(name, None, raw=arguments, decision="denied", outcome="denied", result=result)
    pause = Checkpoint(round=1, pending=(Pending(call=1, name=name),), answer=None)
    hostile: Turn = turn(act(one, text=said), notice(said), user=user, response=response, checkpoints=[pause])
    came = trace(hostile, error=Failure(kind="model", message=message), anomalies=[anomaly(message)])
    text = conversation(came, PLAIN, width)
    assert text.replace("\n", "").isprintable()
    assert COLOUR.sub("", conversation(came, COLOURED, width)) == text


def test_a_long_unbroken_text_is_shown_whole() -> None:
    """A response of a megabyte without a blank is wrapped, and nothing of it is lost."""
    lines = conversation(trace(turn(response="x" * 1_000_000)), PLAIN, 84).splitlines()
    assert sum(line.count("x") for line in lines[5:]) == 1_000_000
