"""A recorded conversation cut into turns: every clean turn once, every other by its reason, and nothing lost."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.completion import AskedCall
from harness.dialogue import Dialogue
from harness.turns import Cut, Fault, PlayedTurn, Step, Stretch, cut
from tests.build import EXAMPLES

Message = Mapping[str, Any]


def user(text: Any) -> Message:
    """Return a message of the user."""
    return {"role": "user", "content": text}


def asks(*calls: tuple[str, str], text: Any = None) -> Message:
    """Return a message of the model that asks for calls, each an id and a name."""
    asked = [{"id": one, "type": "function", "function": {"name": name, "arguments": "{}"}} for one, name in calls]
    return {"role": "assistant", "content": text, "tool_calls": asked}


def says(text: Any) -> Message:
    """Return a final message of the model."""
    return {"role": "assistant", "content": text}


def result(id: str, text: Any) -> Message:  # noqa: A002 - the field's name
    """Return what came of a call."""
    return {"role": "tool", "tool_call_id": id, "content": text}


def asked(id: str, name: str) -> AskedCall:  # noqa: A002 - the field's name
    """Return a call as it is read."""
    return AskedCall(id, name, "{}")


def parted(*messages: Message, **more: Any) -> Cut:
    """Return a conversation of these messages, cut."""
    return cut(Dialogue("p", messages, **more))


@dataclass(frozen=True)
class Made:
    """One turn of a made-up conversation: its messages, and what must come of it."""

    messages: tuple[Message, ...]
    turn: tuple[str, tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] | None
    """The user's text and of each step its text, the names of its calls and their results, where it is clean."""
    why: str = ""
    """What its fault says, where it is not."""


NAMES = st.sampled_from(["read", "send"])
IDS = st.sampled_from(["c1", "c2", "c3", ""])
LINES = st.text("ab é\n", min_size=1, max_size=4).filter(str.strip)


@st.composite
def clean(draw: st.DrawFn) -> Made:
    """Draw a turn that a loop can play: calls in parallel, ids used twice, results in any order where ids tell."""
    messages: list[Message] = [user(text := draw(LINES))]
    steps: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []
    for _ in range(draw(st.integers(0, 3))):
        calls = draw(st.lists(st.tuples(IDS, NAMES), min_size=1, max_size=3))
        results = [draw(LINES) for _ in calls]
        said = draw(st.none() | LINES)
        messages.append(asks(*calls, text=said))
        told = [result(one, text) for (one, _), text in zip(calls, results, strict=True)]
        if len({one for one, _ in calls}) == len(calls):
            told = draw(st.permutations(told))
        messages += told
        steps.append((said or "", tuple(name for _, name in calls), tuple(results)))
    messages.append(says(final := draw(LINES)))
    return Made(tuple(messages), (text, (*steps, (final, (), ()))))


def broken(text: str, fault: str) -> Made:
    """Return a turn that none can play, whose texts are this one."""
    call = asks(("c1", "read"), text=text)
    image = [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": "data:"}}]
    rest, why = {
        "no reply": ([], "nothing was replied to the user's message"),
        "no result": ([call, says(text)], "read in message {1} has no result"),
        "no call": ([says(text), result("c1", "x")], "1 result behind message {1} of no call of its own: x"),
        "goes on": ([says(text), says(text)], "the model goes on in message {2} after its final text"),
        "orphan": ([result("c1", "x"), says(text)], "message {1} is a result where the model's reply should be"),
        "other": (
            [{"role": "critic"}, says(text)],
            "message {1} is a critic message where the model's reply should be",
        ),
        "no end": ([call, result("c1", "x")], "it ends with the results of calls, and no final text"),
        "no name": ([asks(("c1", ""), text=text)], "a call in message {1} has no name"),
        "seen": ([call, result("c1", image), says(text)], "the result of read in message {1} holds more than text"),
        "shows": ([says(image)], "the model's message {1} holds more than text"),
    }[fault]
    return Made((user(text), *rest), None, why)


FAULTS = (
    "no reply",
    "no result",
    "no call",
    "goes on",
    "orphan",
    "other",
    "no end",
    "no name",
    "seen",
    "shows",
)

CONVERSATIONS = st.lists(clean() | st.builds(broken, LINES, st.sampled_from(FAULTS)), min_size=1, max_size=6).map(
    # a last message of the user without a reply is another thing
    lambda made: made if len(made[-1].messages) > 1 else [*made, broken("x", "goes on")]
)


@EXAMPLES
@given(CONVERSATIONS)
def test_every_turn_comes_out_once(made: Sequence[Made]) -> None:
    """Clean turns come out as they are, faults are named with their messages, and each follows on all before it."""
    head: Message = {"role": "system", "content": "Be kind."}
    messages = [head, *(message for one in made for message in one.messages)]
    come = parted(*messages)
    starts = [1 + sum(len(one.messages) for one in made[:at]) for at in range(len(made))]
    assert come.faults == tuple(
        Fault(at + 1, one.why.format(*range(start + 1, start + 5)))
        for at, (one, start) in enumerate(zip(made, starts, strict=True))
        if one.turn is None
    )
    got = {
        stretch.first + at: (
            turn.user,
            tuple((step.text, tuple(call.name for call in step.calls), step.results) for step in turn.steps),
        )
        for stretch in come.stretches
        for at, turn in enumerate(stretch.turns)
    }
    assert got == {at: one.turn for at, one in enumerate(made, 1) if one.turn is not None}
    places = [step.at for stretch in come.stretches for turn in stretch.turns for step in turn.steps]
    assert places == sorted({at for at in places if messages[at]["role"] == "assistant"})
    for stretch in come.stretches:
        assert "".join(text for _, text in stretch.session) == "".join(map(told, made[: stretch.first - 1]))
    assert (come.prompt, come.number, come.notes) == ("Be kind.", len(made), ())


def told(one: Made) -> str:
    """Return what later turns are told of a turn: of a clean one the first and the last text, of others every text."""
    if one.turn is not None:
        return one.turn[0] + one.turn[1][-1][0]
    said = [message.get("content") for message in one.messages if message["role"] in ("user", "assistant")]
    return "".join(text if isinstance(text, str) else text[0]["text"] for text in said if text)


SYSTEM = {"role": "system", "content": "Be kind."}


@pytest.mark.parametrize(
    ("messages", "come"),
    [
        ([], Cut(Dialogue("p", ()), "", (), (Fault(0, "holds no message of the user that was replied to"),), (), 0)),
        (
            [SYSTEM, user("Hello?"), says("Hello!")],
            ("Be kind.", [Stretch(1, (), (PlayedTurn("Hello?", (Step(2, "Hello!", (), ()),)),))], [], [], 1),
        ),
        (
            [user("Read."), asks(("c1", "read"), ("c2", "send")), result("c2", "two"), result("c1", "one"), says("")],
            (
                "",
                [
                    Stretch(
                        1,
                        (),
                        (
                            PlayedTurn(
                                "Read.",
                                (
                                    Step(1, "", (asked("c1", "read"), asked("c2", "send")), ("one", "two")),
                                    Step(4, "", (), ()),
                                ),
                            ),
                        ),
                    )
                ],
                [],
                [],
                1,
            ),
        ),
        (
            [user("One?"), says("One."), user("Two?")],
            (
                "",
                [Stretch(1, (), (PlayedTurn("One?", (Step(1, "One.", (), ()),)),))],
                [],
                ["the last message of the user, which has no reply"],
                1,
            ),
        ),
        (
            [says("Welcome."), user("One?"), SYSTEM, says("One.")],
            (
                "",
                [Stretch(1, (("assistant", "Welcome."),), (PlayedTurn("One?", (Step(3, "One.", (), ()),)),))],
                [],
                ["system messages in the middle of the conversation"],
                1,
            ),
        ),
        (
            [user(" "), says("What?"), user([{"type": "image_url"}]), says("Nice.")],
            (
                "",
                [],
                [Fault(1, "the user's message is empty"), Fault(2, "the user's message holds more than text")],
                [],
                2,
            ),
        ),
    ],
)
def test_conversations(messages: list[Message], come: Any) -> None:
    """Each conversation comes apart into its prompt, its stretches, its faults, and what is left out."""
    got = parted(*messages)
    if isinstance(come, Cut):
        assert got == come
    else:
        prompt, stretches, faults, notes, number = come
        assert got == Cut(Dialogue("p", tuple(messages)), prompt, tuple(stretches), tuple(faults), tuple(notes), number)


def test_functions_have_no_ids() -> None:
    """Results of the time before calls had ids belong to the calls in front of them."""
    call = {"role": "assistant", "content": None, "function_call": {"name": "read", "arguments": '{"n": 1}'}}
    back = {"role": "function", "name": "read", "content": "one"}
    come = parted(user("Read."), call, back, says("Done."))
    steps = (Step(1, "", (AskedCall("", "read", '{"n": 1}'),), ("one",)), Step(3, "Done.", (), ()))
    assert come.stretches == (Stretch(1, (), (PlayedTurn("Read.", steps),)),)


def test_results_without_ids_stand_in_order() -> None:
    """Where results name no calls, the first belongs to the first."""
    none = {"role": "tool", "content": "one"}, {"role": "tool", "content": "two"}
    come = parted(user("Read."), asks(("c1", "read"), ("c2", "send")), *none, says("Done."))
    assert come.stretches[0].turns[0].steps[0].results == ("one", "two")


def test_what_is_no_text_is_told_of_a_prompt() -> None:
    """Of a system prompt that holds more than text the texts are kept, and it is said that there was more."""
    image = {"type": "image_url", "image_url": {"url": "data:"}}
    parts = {"role": "system", "content": [{"type": "text", "text": "Be kind."}, image]}
    come = parted({"role": "developer", "content": "First."}, parts, user("Hello?"), says("Hello!"))
    assert (come.prompt, come.notes) == ("First.\n\nBe kind.", ("what of the system prompt is no text",))


def test_where_the_user_says_nothing_the_last_instruction_does() -> None:
    """In a record without a user the last message before the model's reply stands in, and is no part of the prompt."""
    come = parted(SYSTEM, {"role": "developer", "content": "Sum up."}, says("Summed up."))
    messages = (SYSTEM, {"role": "user", "content": "Sum up."}, says("Summed up."))
    assert come == Cut(
        Dialogue("p", messages, start=1, task=1),
        "Be kind.",
        (Stretch(1, (), (PlayedTurn("Sum up.", (Step(2, "Summed up.", (), ()),)),)),),
        (),
        (),
        1,
    )


def test_what_was_told_again_is_the_session() -> None:
    """Turns before the start of a record are not played again; their texts stand in the session."""
    come = parted(
        SYSTEM, user("One?"), asks(("c1", "read"), text="Let me see."), result("c1", "x"), says("One."), user("Two?"),
        says("Two."), start=5,
    )  # fmt: skip
    session = (("user", "One?"), ("assistant", "Let me see."), ("assistant", "One."))
    assert come.stretches == (Stretch(1, session, (PlayedTurn("Two?", (Step(6, "Two.", (), ()),)),)),)


@pytest.mark.parametrize(
    ("results", "waiting", "step"),
    [
        ([], ["c1", "c2"], ((), (True, True))),
        ([result("c2", "two")], ["c1"], (("two",), (True, False))),
    ],
)
def test_calls_that_wait_end_a_turn(results: list[Message], waiting: list[str], step: Any) -> None:
    """The last turn may end with calls that wait for the user's answer; those that ran beside them have results."""
    come = parted(user("Read."), asks(("c1", "read"), ("c2", "send")), *results, waiting=waiting)
    calls = (asked("c1", "read"), asked("c2", "send"))
    assert come.stretches == (Stretch(1, (), (PlayedTurn("Read.", (Step(1, "", calls, *step),)),)),)


def test_a_call_beside_one_that_waits_has_a_result() -> None:
    """A call that neither waits nor has a result is told, also where another one of its message waits."""
    come = parted(user("Read."), asks(("c1", "read"), ("c2", "send")), waiting=["c1"])
    assert (come.stretches, come.faults) == ((), (Fault(1, "send in message 2 has no result"),))


def test_faults_read_as_sentences() -> None:
    """A fault names its turn, where it is of one."""
    assert [str(Fault(0, "holds nothing")), str(Fault(3, "ends early"))] == ["holds nothing", "turn 3: ends early"]


def test_raw_arguments_stay() -> None:
    """The text of a call's arguments is kept to the letter."""
    odd = '{ "n":1.50,"s":"\\u00e9" }'
    call = {"id": "c1", "function": {"name": "read", "arguments": odd}}
    message = {"role": "assistant", "tool_calls": [call]}
    come = parted(user("Read."), message, result("c1", json.dumps([1])), says("Done."))
    assert come.stretches[0].turns[0].steps[0] == Step(1, "", (AskedCall("c1", "read", odd),), ("[1]",))
