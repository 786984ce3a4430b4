"""A trace reads as a conversation that fits, says what was cut, and cannot steer a terminal."""

import re

from hypothesis import given
from hypothesis import strategies as st

from harness.conversation import Look, conversation
from harness.terminal import Style, extent
from harness.trace import Anomaly, Call, Checkpoint, Failure, Pending, Trace, Turn
from tests.build import EXAMPLES, HOSTILE, act, call, checkpoint, notice, trace, turn

PLAIN, COLOURED = Style(), Style(colour=True)
COLOUR = re.compile(r"\x1b\[[0-9]+m")


def anomaly(detail: str, *, call: int | None = None) -> Anomaly:
    """Return an anomaly of the first round."""
    return Anomaly(kind="repeated_id", turn=1, round=1, call=call, detail=detail)


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
    assert conversation(talk(), Look(PLAIN, 80)).splitlines() == [
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
        "anomaly: turn 1, round 1, call 1: the arguments of web_search are not a JSON",
        "  object: {'q': x",
    ]


def filed() -> Trace:
    """Return a trace whose turns change files and leave a state."""
    return trace(
        turn(workspace={"gone.txt": None, "new.txt": "one\ntwo\n", "void": ""}, state={"ä": [1, "x"]}),
        turn(workspace={}, state={}),
    )


def test_conversation_tells_what_was_left() -> None:
    """Behind each turn stand the files that it changed, and the state that it left."""
    text = conversation(filed(), Look(PLAIN, 80)).splitlines()
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
    assert COLOUR.sub("", conversation(filed(), Look(COLOURED, 80))) == conversation(filed(), Look(PLAIN, 80))


@EXAMPLES
@given(st.text(min_size=1, max_size=20), st.text(max_size=40), st.integers(30, 100))
def test_no_file_steers_the_terminal(path: str, text: str, width: int) -> None:
    """Whatever files and state hold, they move no cursor and set no colour."""
    shown = conversation(trace(turn(workspace={path: text, f"{path}2": None}, state={path: text})), Look(PLAIN, width))
    assert all(line.isprintable() for line in shown.split("\n"))


def test_conversation_in_colours_is_the_same() -> None:
    """Colours add nothing but themselves, and each ends on its own line."""
    coloured = conversation(talk(), Look(COLOURED, 80))
    assert COLOUR.sub("", coloured) == conversation(talk(), Look(PLAIN, 80))
    assert all(line.count("\x1b") % 2 == 0 for line in coloured.splitlines())
    assert "  round 1: file_delete({}) \x1b[32mconfirmed, executed\x1b[0m" in coloured.splitlines()


def test_conversation_tells_one_from_many() -> None:
    """Numbers agree with their words."""
    one = turn(act(call("file_delete")), response="Done.", checkpoints=[checkpoint("file_delete")])
    assert conversation(trace(one), Look(PLAIN, 80)).splitlines()[1] == "1 turn, 1 round, 1 call, 1 checkpoint; final"


def test_code_in_a_text_keeps_its_form() -> None:
    """Tabs, which code holds, are shown as blanks, and the line ends of other systems as line ends."""
    said = conversation(trace(turn(response="Look:\r\n\tx = 1\r\n\ty = 2")), Look(PLAIN, 80)).splitlines()
    assert said[-4:] == ["  response (final):", "    Look:", "        x = 1", "        y = 2"]


@EXAMPLES
@given(st.text() | HOSTILE | st.text(st.sampled_from("漢字🙂é\u0301x "), max_size=400), st.integers(60, 200))
def test_conversation_keeps_within_the_width(text: str, width: int) -> None:
    """Whatever is said, taken and given, and however long or wide its signs are, no line is longer than the width."""
    words, unbroken, wide = "word " * 200, "x" * 5_000, "漢字" * 300
    long = turn(
        act(call("file_read", {"path": unbroken}, result=words), call(unbroken, {}, result=unbroken), text=words),
        act(call(text, None, raw=text, result=text), call(wide, {"path": wide}, result=wide), text=text),
        act(call("file_delete", {"path": words}, decision="unanswered", outcome="pending", result=None)),
        user=unbroken + text,
        response=words + unbroken + wide,
        checkpoints=[checkpoint(unbroken, answer=None, round=3)],
        workspace={text: wide, wide: None},
        state={"all": text},
    )
    came = trace(long, error=Failure(kind="model", message=text), anomalies=[anomaly(words), anomaly(wide)])
    assert [line for line in conversation(came, Look(PLAIN, width)).splitlines() if extent(line) > width] == []


def test_what_is_cut_is_counted() -> None:
    """What tools take, give and keep is cut behind six lines, with the number of lines and characters that are left."""
    text = "".join(f"line {number}\n" for number in range(20))
    one = turn(
        act(call("file_read", {}, raw="x" * 1_000, result=text)),
        response=text,
        workspace={"a": text},
        state={"a": text},
    )
    lines = conversation(trace(one), Look(PLAIN, 60)).splitlines()
    assert lines[5:22] == [
        "  round 1: file_read(",
        *[f"        {'x' * 52}"] * 6,
        "        ... (+14 lines, 688 characters)",
        "      ) executed",
        *(f"      line {number}" for number in range(6)),
        "      ... (+14 lines, 94 characters)",
        "  response (final):",
    ]
    assert [line for line in lines if "(+" in line][2:] == ["    ... (+14 lines, 94 characters)"]
    whole = conversation(trace(one), Look(PLAIN, 60, most=None))
    assert (whole.count("xx"), whole.count("line 19"), "(+" in whole) == (500, 4, False)


def test_one_line_more_is_shown() -> None:
    """What would be cut by a single line is shown whole, since that takes no more room."""
    lines = [str(number) for number in range(7)]
    shown = conversation(trace(turn(act(call("file_read", {}, result="\n".join(lines))))), Look(PLAIN, 60))
    assert shown.splitlines()[6:13] == [f"      {line}" for line in lines]


@EXAMPLES
@given(st.tuples(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE), st.integers(30, 100))
def test_no_text_steers_the_terminal_through_the_conversation(texts: tuple[str, ...], width: int) -> None:
    """Whatever users, models and tools write, the conversation holds printable characters only."""
    user, said, name, arguments, result, response, message = texts
    one: Call = call(name, None, raw=arguments, decision="denied", outcome="denied", result=result)
    pause = Checkpoint(round=1, pending=(Pending(call=1, name=name),), answer=None)
    hostile: Turn = turn(act(one, text=said), notice(said), user=user, response=response, checkpoints=[pause])
    came = trace(hostile, error=Failure(kind="model", message=message), anomalies=[anomaly(message)])
    text = conversation(came, Look(PLAIN, width))
    assert text.replace("\n", "").isprintable()
    assert COLOUR.sub("", conversation(came, Look(COLOURED, width))) == text


def test_a_long_unbroken_text_is_shown_whole() -> None:
    """A response of a megabyte without a blank is wrapped, and nothing of it is lost."""
    lines = conversation(trace(turn(response="x" * 1_000_000)), Look(PLAIN, 84)).splitlines()
    assert sum(line.count("x") for line in lines[5:]) == 1_000_000
