"""Checkpoints that are expected: which ones fit, and how they are told."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pauses import ExpectedCheckpoint, Pause, TurnCheckpoint, worded
from tests.build import EXAMPLES, checkpoint

DENIED = Pause(2, checkpoint("file_delete", "file_write", "file_delete", round=3))


@pytest.mark.parametrize(
    ("said", "fitting", "words"),
    [
        ({}, True, "any calls"),
        ({"pending": ["file_delete", "file_delete", "file_write"]}, True, "file_delete, file_delete, file_write"),
        ({"pending": ["file_delete", "file_write"]}, False, "file_delete, file_write"),
        ({"pending": ["file_delete", "file_write", "file_write"]}, False, "file_delete, file_write, file_write"),
        ({"round": 3}, True, "any calls in round 3"),
        ({"round": 2}, False, "any calls in round 2"),
        ({"answer": "denied"}, True, "any calls, denied"),
        ({"answer": "confirmed"}, False, "any calls, confirmed"),
        ({"answer": "unanswered"}, False, "any calls, unanswered"),
        ({"turn": 2, "round": 3}, True, "any calls in turn 2, round 3"),
        ({"turn": 1}, False, "any calls in turn 1"),
        ({"pending": "a", "turn": 2, "round": 3, "answer": "denied"}, False, "a in turn 2, round 3, denied"),
    ],
)
def test_checkpoints(said: dict[str, object], fitting: bool, words: str) -> None:
    """A checkpoint fits by what is said of it and nothing else, and is told by that."""
    expected = ExpectedCheckpoint.model_validate(said)
    assert (expected.fits(DENIED), str(expected)) == (fitting, words)
    if "turn" not in said:
        expected_of_turn = TurnCheckpoint.model_validate(said)
        assert (expected_of_turn.fits(DENIED), str(expected_of_turn)) == (fitting, words)


@pytest.mark.parametrize(("answer", "told"), [("confirmed", "confirmed"), ("denied", "denied"), (None, "unanswered")])
def test_answers(answer: str | None, told: str) -> None:
    """A checkpoint without an answer is an unanswered one."""
    pause = Pause(1, checkpoint("a", "b").model_copy(update={"answer": answer}))
    assert (pause.answer, pause.names) == (told, ["a", "b"])
    assert TurnCheckpoint.model_validate({"answer": told}).fits(pause)


def test_a_checkpoint_in_words() -> None:
    """A checkpoint is told by its calls, its place and its answer, as far as they are given."""
    assert worded("", None, None, None) == "any calls"
    assert worded("a, b", 1, 2, "confirmed") == "a, b in turn 1, round 2, confirmed"


NAMES = st.lists(st.sampled_from("ab"), min_size=1, max_size=4)


@EXAMPLES
@given(NAMES, NAMES)
def test_names_in_any_order(expected: list[str], pending: list[str]) -> None:
    """What is pending fits exactly where each name is expected as often, in whatever order."""
    fitting = TurnCheckpoint.model_validate(expected).fits(Pause(1, checkpoint(*pending)))
    assert fitting == (Counter(expected) == Counter(pending))
