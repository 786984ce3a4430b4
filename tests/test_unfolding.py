"""A conversation is told as it happens: each thing once, in the look of a stored trace."""

from io import StringIO

import pytest

from harness.conversation import Look, conversation
from harness.trace import Failure, Turn
from harness.unfolding import Unfolding
from tests.build import act, call, checkpoint, notice, trace, turn


class Screen(StringIO):
    """A terminal of which all that was written is kept."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


def view(stream: StringIO) -> Unfolding:
    """Return a conversation on a stream."""
    return Unfolding(stream, Look(width=80), "(waiting)")


def whole(**changes: object) -> Turn:
    """Return a turn with a read beside a delete that was denied."""
    read = call("file_read", {"path": "b"}, result="B")
    delete = call("file_delete", {"path": "a"}, decision="denied", outcome="denied", result="Denied.")
    one = turn(
        act(read, delete, text="I read and delete."),
        notice("Shall I?"),
        act(text="Kept."),
        user="Go.",
        response="Kept.",
        checkpoints=[checkpoint("file_delete")],
    )
    return one.model_copy(update=changes)


def until(rounds: int, *, outcome: str = "pending", result: str | None = None) -> Turn:
    """Return what was seen of that turn after so many rounds, and what was known of its delete."""
    one = whole(response=None)
    first, *others = one.rounds
    delete = first.calls[1].model_copy(update={"outcome": outcome, "result": result})
    first = first.model_copy(update={"calls": (first.calls[0], delete)})
    return one.model_copy(update={"rounds": (first, *others)[:rounds]})


def test_each_thing_is_told_once_as_soon_as_it_is_known() -> None:
    """Calls come before the next request, pending ones again when it is known what became of them."""
    stream = StringIO()
    one = view(stream)
    told: list[list[str]] = []

    def since() -> None:
        told.append(stream.getvalue().splitlines())
        stream.seek(0)
        stream.truncate()

    one.begins(1, "Go.")
    one.wait()
    since()
    one.texts(until(1))
    since()
    one.so_far(until(1))
    one.so_far(until(1))
    since()
    one.so_far(until(2))
    one.answered(checkpoint("file_delete"))
    since()
    one.so_far(until(2, outcome="denied"))
    since()
    one.ends(whole())
    since()
    one.finish(trace(whole(), error=Failure(kind="loop", message="It broke.")))
    since()
    assert told == [
        ["", "turn 1", "  user: Go."],
        ["  model, round 1: I read and delete."],
        [
            '  round 1: file_read({"path": "b"}) executed',
            "      B",
            '  round 1: file_delete({"path": "a"}) denied, pending',
        ],
        ["  model, round 2 (notice): Shall I?", "  checkpoint: file_delete: denied"],
        [],
        ['  round 1: file_delete({"path": "a"}) denied', "      Denied.", "  response (final): Kept."],
        ["", "error (loop): It broke."],
    ]


@pytest.mark.parametrize("rounds", [0, 1, 2])
def test_what_broke_off_is_told_to_its_end(rounds: int) -> None:
    """Whatever was told when a case ended, the lines are those of the stored conversation, in its look."""
    stream = StringIO()
    one = view(stream)
    one.begins(1, "Go.")
    one.so_far(until(rounds))
    broken = until(2, outcome="dropped").model_copy(update={"stop": "error"})
    one.finish(trace(broken, error=Failure(kind="model", message="No.")))
    shown = conversation(trace(broken, error=Failure(kind="model", message="No.")), Look(width=80)).splitlines()
    assert set(shown[3:]) - set(stream.getvalue().splitlines()) <= {"  checkpoint: file_delete: denied"}
    assert stream.getvalue().splitlines()[-3:] == ["  no response (error)", "", "error (model): No."]


def test_the_sign_is_for_terminals_and_leaves_no_trace() -> None:
    """While the model is asked a terminal shows a sign, which is gone before anything else is told."""
    stream, file = Screen(), StringIO()
    for one in (view(stream), view(file)):
        one.wait()
        one.wait()
        one.tell([])
        one.tell(["told"])
        one.rest()
    assert stream.getvalue() == "  (waiting)\r\x1b[Ktold\n"
    assert file.getvalue() == "told\n"


def test_a_long_text_is_said_whole() -> None:
    """What a person must know to decide is wrapped and never cut, and cannot steer the terminal."""
    stream = StringIO()
    view(stream).say(f"it waits: {'word ' * 40}\x1b[31m\nend")
    assert stream.getvalue().count("word") == 40
    assert all(len(line) <= 80 and line.isprintable() for line in stream.getvalue().splitlines())
    assert stream.getvalue().endswith("\\x1b[31m\\nend\n")
