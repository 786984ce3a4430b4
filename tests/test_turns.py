"""Recorded conversations are cut into turns, and nothing is lost."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dialogue import Dialogue
from harness.turns import cut
from tests.build import EXAMPLES

Messages = list[dict[str, Any]]


def user(text: str) -> dict[str, Any]:
    """Return a user's message."""
    return {"role": "user", "content": text}


def said(text: str | None) -> dict[str, Any]:
    """Return a text of the model."""
    return {"role": "assistant", "content": text}


def calls(*ids: str) -> dict[str, Any]:
    """Return a message of the model with calls."""
    made = [{"id": one, "type": "function", "function": {"name": f"tool_{one}", "arguments": "{}"}} for one in ids]
    return {"role": "assistant", "content": None, "tool_calls": made}


def result(call: str, text: str) -> dict[str, Any]:
    """Return a result."""
    return {"role": "tool", "tool_call_id": call, "content": text}


def test_a_conversation_of_two_turns() -> None:
    """The prompt, what was said before, the turns and results in the order of the calls come out."""
    found = cut(
        Dialogue(
            "f:1:1",
            (
                {"role": "system", "content": "Be brief."},
                said("Hello."),
                user("One"),
                calls("a", "b"),
                result("b", "B"),
                result("a", "A"),
                said("Done."),
                user("Two"),
                said("Too."),
            ),
        )
    )
    (stretch,) = found.stretches
    assert (found.prompt, found.faults, found.number) == ("Be brief.", (), 2)
    assert stretch.session == (("assistant", "Hello."),)
    assert [(turn.user, [step.results for step in turn.steps]) for turn in stretch.turns] == [
        ("One", [("A", "B"), ()]),
        ("Two", [()]),
    ]


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([user("x"), calls("a"), result("a", "A")], "turn 1: it ends with the results of calls, and no final text"),
        ([user("x"), calls("a"), said("y")], "turn 1: tool_a in message 2 has no result"),
        (
            [user("x"), calls("a"), result("a", "A"), result("a", "B"), said("y")],
            "turn 1: 1 result behind message 2 of no call of its own: B",
        ),
        ([user("x"), said("y"), said("z")], "turn 1: the model goes on in message 3 after its final text"),
        ([user("x"), user("y"), said("z")], "turn 1: nothing was replied to the user's message"),
        ([user(" "), said("z")], "turn 1: the user's message is empty"),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}, said("z")],
            "turn 1: the user's message holds more than text",
        ),
        ([said("y")], "holds no message of the user that was replied to"),
    ],
)
def test_what_no_loop_can_play(messages: Messages, why: str) -> None:
    """A turn that cannot be played is told with why."""
    assert str(cut(Dialogue("f:1:1", tuple(messages))).faults[0]) == why


def test_where_the_user_said_nothing() -> None:
    """The message that the model first replied to stands in for the user's."""
    found = cut(
        Dialogue("f:1:1", ({"role": "system", "content": "Do it."}, calls("a"), result("a", "A"), said("Done.")))
    )
    assert [turn.user for stretch in found.stretches for turn in stretch.turns] == ["Do it."]
    assert (found.prompt, found.dialogue.task) == ("", 0)


CLEAN = st.lists(st.integers(0, 2), max_size=3)
TURNS = st.lists(st.tuples(st.booleans(), CLEAN), min_size=1, max_size=6)


def conversation(turns: list[tuple[bool, list[int]]]) -> Messages:
    """Return a conversation of turns, some of which end with two texts; each number is a round of so many calls."""
    messages: Messages = []
    for at, (clean, rounds) in enumerate(turns):
        messages.append(user(f"user {at}"))
        for place, number in enumerate(rounds):
            ids = [f"{at}-{place}-{one}" for one in range(number + 1)]
            messages += [calls(*ids), *(result(one, f"result {one}") for one in ids)]
        messages += [said(f"text {at}")] if clean else [said(f"text {at}"), said("more")]
    return messages


@EXAMPLES
@given(TURNS)
def test_every_turn_comes_out_once(turns: list[tuple[bool, list[int]]]) -> None:
    """Each turn that can be played stands in one stretch, each other is a fault, and later ones know what was said."""
    found = cut(Dialogue("f:1:1", tuple(conversation(turns))))
    played = {
        stretch.first + at: [len(step.calls) for step in turn.steps[:-1]]
        for stretch in found.stretches
        for at, turn in enumerate(stretch.turns)
    }
    assert played == {at: [one + 1 for one in rounds] for at, (clean, rounds) in enumerate(turns, 1) if clean}
    assert [fault.turn for fault in found.faults] == [at for at, (clean, _) in enumerate(turns, 1) if not clean]
    for stretch in found.stretches:
        texts = [text for role, text in stretch.session if role == "user"]
        assert texts == [f"user {at}" for at in range(stretch.first - 1)]
