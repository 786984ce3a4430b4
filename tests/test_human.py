"""The scripted human answers checkpoints in order, by name or whatever is pending, and knows what is left."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.human import Script, Scripted
from harness.scenario import Answer, ScenarioTurn
from tests.build import EXAMPLES, turn

NAMES = st.lists(st.sampled_from(["file_write", "file_delete", "email_send"]), min_size=1, max_size=4)


def script(*answers: object) -> Script:
    """Return the script of answers as a scenario writes them."""
    return Script([Answer.model_validate(answer) for answer in answers])


def test_words_answer_in_order() -> None:
    """Plain words answer one checkpoint each, whatever is pending, and then there is no answer."""
    human = script("confirm", "deny")
    assert [human.answer(["email_send"]) for _ in range(4)] == [True, False, None, None]


def test_no_answers_answer_nothing() -> None:
    """A turn without answers has none to give and none left."""
    human = script()
    assert human.answer(["email_send"]) is None
    assert human.left == range(0)


@pytest.mark.parametrize(
    ("pending", "given_answer"),
    [
        (["file_delete", "email_send"], False),
        (["email_send", "file_delete"], False),
        (["email_send"], None),
        (["email_send", "file_delete", "file_delete"], None),
        (["email_send", "file_delete", "file_write"], None),
        (["email_send", "email_send"], None),
        ([], None),
    ],
)
def test_names_are_all_that_is_pending(pending: list[str], given_answer: bool | None) -> None:
    """An answer by name is given where exactly its tools are pending, in any order."""
    assert script({"deny": ["file_delete", "email_send"]}).answer(pending) is given_answer


def test_names_count() -> None:
    """An answer that names a tool twice waits for two calls of it."""
    human = script({"confirm": ["email_send", "email_send"]})
    assert human.answer(["email_send"]) is None
    assert human.answer(["email_send", "email_send"]) is True


def test_single_name_needs_no_list() -> None:
    """An answer for one tool may name it without brackets."""
    assert script({"confirm": "email_send"}).answer(["email_send"]) is True


def test_answer_that_does_not_fit_stays() -> None:
    """An answer for other tools is not used up, and no later answer steps in for it."""
    human = script({"deny": ["file_delete"]}, "confirm")
    assert human.answer(["email_send"]) is None
    assert human.left == range(2)
    assert [human.answer(["file_delete"]), human.answer(["email_send"])] == [False, True]
    assert human.left == range(2, 2)


@pytest.mark.parametrize(("word", "answer"), [("confirm", True), ("deny", False)])
def test_otherwise_answers_all_the_rest(word: str, answer: bool) -> None:
    """The word behind `otherwise` answers every checkpoint that is left."""
    human = script({"confirm": ["email_send"]}, {"otherwise": word})
    assert [human.answer(["email_send"]) for _ in range(4)] == [True, answer, answer, answer]


def test_any_answers_once() -> None:
    """The long form of a plain word answers one checkpoint."""
    human = script({"any": "deny"})
    assert [human.answer(["email_send"]), human.answer(["email_send"])] == [False, None]


@pytest.mark.parametrize(
    ("answers", "asked", "left"),
    [
        (["confirm", "deny"], 0, range(2)),
        (["confirm", "deny"], 1, range(1, 2)),
        (["confirm", "deny"], 2, range(2, 2)),
        (["confirm", "deny"], 3, range(2, 2)),
        ([{"otherwise": "deny"}], 0, range(0)),
        ([{"otherwise": "deny"}], 2, range(0)),
        (["confirm", {"otherwise": "deny"}], 0, range(1)),
        (["confirm", {"otherwise": "deny"}], 1, range(1, 1)),
        (["confirm", {"otherwise": "deny"}], 3, range(1, 1)),
    ],
)
def test_left_are_the_answers_never_asked_for(answers: list[object], asked: int, left: range) -> None:
    """What is left are the positions of unused answers, of which `otherwise` is never one."""
    human = script(*answers)
    for _ in range(asked):
        human.answer(["email_send"])
    assert human.left == left


@EXAMPLES
@given(NAMES, NAMES)
def test_names_fit_as_multisets(names: list[str], pending: list[str]) -> None:
    """An answer by name fits exactly when its names and the pending ones are equal as multisets."""
    human = script({"confirm": names})
    assert human.answer(pending) is (True if Counter(names) == Counter(pending) else None)


@EXAMPLES
@given(st.lists(st.tuples(st.sampled_from(["confirm", "deny"]), NAMES), max_size=5))
def test_answers_come_in_order(answers: list[tuple[str, list[str]]]) -> None:
    """Checkpoints that ask for what the answers name, sorted, get them one by one, and none is left."""
    human = script(*({word: names} for word, names in answers))
    asked = [sorted(names, reverse=True) for _, names in answers]
    assert [human.answer(pending) for pending in asked] == [word == "confirm" for word, _ in answers]
    assert list(human.left) == []


def test_the_scripted_human_says_what_the_scenario_says() -> None:
    """Each turn has its own answers, and calls that the scenario does not cover are given nothing."""
    human = Scripted()
    said = []
    for number, answer in enumerate(("confirm", "deny"), 1):
        human.begins(number, ScenarioTurn.model_validate({"user": "Go.", "answers": [answer]}), turn)
        human.waits()
        said += [human.answer(["email_send"]), human.answer(["email_send"]), human.gives("file_read", {})]
        human.ended(turn)
    assert said == [True, None, None, False, None, None]
