"""The person at the terminal is asked for what the scenario leaves open, and for nothing else."""

from collections.abc import Sequence
from io import StringIO
from typing import NamedTuple

import pytest

from harness.additions import Answered, Given
from harness.conversation import Look
from harness.person import Onlooker, Person, Terminal
from harness.rules import Effect
from harness.scenario import ScenarioTurn
from harness.trace import Turn
from harness.unfolding import Unfolding
from tests.build import act, call, checkpoint, notice, turn


class Asked(NamedTuple):
    """A person, and what is shown."""

    person: Person
    shown: StringIO


def asked(*typed: str, silent: Sequence[int] = ()) -> Asked:
    """Return a person who types these lines, and then the end of the input."""
    shown = StringIO()
    terminal = Terminal(StringIO("".join(f"{line}\n" for line in typed)), shown)
    return Asked(Person(Unfolding(shown, Look(width=80), "(waiting)"), terminal, silent), shown)


def paused() -> Turn:
    """Return what is seen of a turn at a checkpoint of two calls."""
    calls = [call(name, {"path": "a"}, outcome="pending", result=None) for name in ("file_delete", "file_write")]
    pause = checkpoint("file_delete", "file_write", answer=None)
    return turn(act(*calls), notice("Shall I?"), response=None, checkpoints=[pause])


def begin(person: Onlooker, *answers: object, number: int = 1) -> None:
    """Begin a turn with these answers, which is at its checkpoint."""
    person.begins(number, ScenarioTurn.model_validate({"user": "Go.", "answers": list(answers)}), paused)


BOTH = ["file_delete", "file_write"]


def test_an_answer_of_the_scenario_is_used_and_shown() -> None:
    """Nobody is asked where the scenario answers."""
    person, shown = asked()
    begin(person, "deny")
    assert person.answer(BOTH) is False
    assert (person.answers, "your answer" in shown.getvalue()) == ([], False)
    assert shown.getvalue().splitlines()[-2:] == [
        "  model, round 2 (notice): Shall I?",
        "  checkpoint: file_delete, file_write: denied",
    ]


def test_a_person_sees_what_waits_and_answers() -> None:
    """Each call that waits is shown with its arguments; only a clear word counts, and nothing is taken for granted."""
    person, shown = asked("", "what", "conf")
    begin(person, {"deny": ["shell_exec"]})
    assert person.answer(BOTH) is True
    assert person.answers == [Answered(0, 0, tuple(BOTH), confirmed=True)]
    question = "  your answer (confirm / deny / stop): "
    assert shown.getvalue().split("Shall I?\n")[1] == (
        '  it waits for you: file_delete({"path": "a"})\n'
        '  it waits for you: file_write({"path": "a"})\n'
        f"{question * 3}"
        "  checkpoint: file_delete, file_write: confirmed\n"
    )


def test_answers_know_their_places() -> None:
    """An answer stands behind those of the scenario that were used, and those that were given before it."""
    person, _ = asked("deny", "deny", "confirm")
    begin(person, "confirm", {"deny": ["shell_exec"]})
    came = [person.answer(BOTH), person.answer(BOTH), person.answer(BOTH), person.answer(["shell_exec"])]
    begin(person, number=2)
    came.append(person.answer(BOTH))
    assert came == [True, False, False, False, True]
    assert [(one.turn, one.place) for one in person.answers] == [(0, 1), (0, 2), (1, 0)]


@pytest.mark.parametrize("typed", [["stop"], ["s"], []])
def test_a_person_may_stop(typed: list[str]) -> None:
    """To stop, or to end the input, is to give no answer."""
    person, shown = asked(*typed)
    begin(person)
    assert person.answer(BOTH) is None
    assert person.answers == []
    assert shown.getvalue().endswith("  checkpoint: file_delete, file_write: not answered\n")


def test_nobody_is_asked_where_nobody_answers() -> None:
    """In a turn that is expected to stay unanswered the person is not asked; nor does an onlooker answer."""
    person, shown = asked("confirm", silent=[1])
    onlooker = Onlooker(Unfolding(shown, Look(width=80), ""))
    for one in (person, onlooker):
        begin(one)
        assert one.answer(BOTH) is None
    assert "your answer" not in shown.getvalue()
    assert onlooker.gives("file_read", {}) is None


def test_a_result_is_asked_for_once() -> None:
    """What a person says counts for all calls that its rule covers; text is text, and JSON data are data."""
    person, shown = asked("A", '{"b": [1]}', "[no json", "")
    begin(person)
    gave = [
        person.gives("file_read", {"path": "a"}),
        person.gives("file_read", {"path": "b"}),
        person.gives("file_read", {"path": "a", "limit": 1}),
        person.gives("web_search", {}),
        person.gives("web_fetch", {}),
        person.gives("web_fetch", {}),
    ]
    assert gave == [
        Effect(returns="A"),
        Effect(returns={"b": [1]}),
        Effect(returns="A"),
        Effect(returns="[no json"),
        None,
        None,
    ]
    assert person.results == [
        Given("file_read", {"path": "a"}, "A"),
        Given("file_read", {"path": "b"}, {"b": [1]}),
        Given("web_search", {}, "[no json"),
    ]
    assert shown.getvalue().count("it returns (text or JSON; nothing leaves an error): ") == 4
    assert '  the scenario has no result for file_read({"path": "b"})\n' in shown.getvalue()
