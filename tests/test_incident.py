"""A stretch of recorded turns as a scenario, with the replies that play it and what must come out."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.calls import referred
from harness.dialogue import Dialogue
from harness.incident import Incident, NotAsked, Seen, incident, seen_in
from harness.turns import Stretch, cut
from harness.yamltext import indented_yaml
from tests.build import EXAMPLES, act, call, checkpoint, notice, scenario_file, trace, turn

DENIED = "Action denied by user."
Message = Mapping[str, Any]


def user(text: str) -> Message:
    """Return a message of the user."""
    return {"role": "user", "content": text}


def says(text: str) -> Message:
    """Return a final message of the model."""
    return {"role": "assistant", "content": text}


def asks(*calls: tuple[str, str]) -> Message:
    """Return a message of the model that asks for calls, each a name and the text of its arguments."""
    asked = [
        {"id": f"c{at}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for at, (name, arguments) in enumerate(calls, 1)
    ]
    return {"role": "assistant", "content": None, "tool_calls": asked}


def results(*texts: str) -> list[Message]:
    """Return what came of the calls before, one after the other."""
    return [{"role": "tool", "tool_call_id": f"c{at}", "content": text} for at, text in enumerate(texts, 1)]


def made(*messages: Message, asked: Sequence[str] = (), **more: Any) -> Incident:
    """Return the scenario of a conversation without faults."""
    dialogue = Dialogue("p", messages, **more)
    come = cut(dialogue)
    assert come.faults == ()
    (stretch,) = come.stretches
    return incident(come.dialogue, stretch, asked, DENIED)


def completion(message: Message, reason: str, model: str = "") -> bytes:
    """Return the reply that is put together of a message."""
    choice = {"index": 0, "message": {**message, "role": "assistant"}, "finish_reason": reason}
    body = {"id": "imported", "object": "chat.completion", "created": 0, "model": model, "choices": [choice]}
    return json.dumps(body, ensure_ascii=False).encode()


EMPTY = completion({"content": ""}, "stop")
READ = ("read", '{"path": "é.txt"}')
SEND = ("send", '{ "to":"a" }')


def test_a_plain_answer() -> None:
    """A question and its answer are a scenario of one turn that expects no calls."""
    assert made(user("Hello\nthere?"), says("Hello!"), model="m-1") == Incident(
        data={
            "title": "Hello there?",
            "tags": ["imported"],
            "turns": [{"user": "Hello\nthere?"}],
            "reference": {"match": "exact", "calls": []},
        },
        replies=(completion(says("Hello!"), "stop", "m-1"),),
        acts=(1,),
        seen=(Seen((), 1, "Hello!"),),
        invented=0,
        tolerant=False,
        session=0,
    )


def test_calls_results_and_answers() -> None:
    """Results become rules, calls the reference, and what was asked about and ran a confirmation by name."""
    first, second = asks(READ, SEND), asks(SEND)
    come = made(
        user("Read and send."),
        first,
        *results("one", "sent"),
        second,
        *results(DENIED),
        says("Done."),
        user("Thanks."),
        says("Bye."),
        name="A case",
        asked=["send"],
        user={"access": "admin", "confirm_allow": [], "confirm_deny": ["read"]},
    )
    assert come == Incident(
        data={
            "title": "A case",
            "tags": ["imported"],
            "as": {"access": "admin", "confirm_deny": ["read"]},
            "tools": {
                "read": {"when": {"path": "é.txt"}, "returns": "one"},
                "send": {"when": {"to": "a"}, "returns": "sent"},
            },
            "turns": [
                {"user": "Read and send.", "answers": [{"confirm": ["send"]}, {"deny": ["send"]}]},
                {"user": "Thanks."},
            ],
            "reference": {
                "match": "exact",
                "calls": [{"read": {"path": "é.txt"}}, {"send": {"to": "a"}}, {"send": {"to": "a"}}],
            },
        },
        replies=(
            completion(first, "tool_calls"),
            EMPTY,
            completion(second, "tool_calls"),
            EMPTY,
            completion(says("Done."), "stop"),
            completion(says("Bye."), "stop"),
        ),
        acts=(1, None, 4, None, 6, 8),
        seen=(Seen((READ, SEND, SEND), 5, "Done."), Seen((), 1, "Bye.")),
        invented=2,
        tolerant=False,
        session=2,
    )
    assert come.rounds == 5


def test_replies_stay_as_they_came() -> None:
    """Where the record holds responses and notices they are played, whatever else stands in them."""
    reply = {"choices": [{"message": asks(SEND), "finish_reason": "stop"}], "usage": {"prompt_tokens": 1}, "x": "é"}
    words = {"choices": [{"message": says("Shall I?"), "finish_reason": "stop"}]}
    come = made(
        user("Send."),
        asks(SEND),
        *results("sent"),
        says("Sent."),
        asked=["send"],
        bodies={1: reply},
        notices={1: words},
    )
    assert come.replies == (
        json.dumps(reply, ensure_ascii=False).encode(),
        json.dumps(words, ensure_ascii=False).encode(),
        completion(says("Sent."), "stop"),
    )
    assert (come.invented, come.tolerant) == (0, True)


@pytest.mark.parametrize(
    ("reason", "tolerant"), [("tool_calls", False), ("function_call", False), ("stop", True), (None, True)]
)
def test_other_reasons_to_stop_need_a_tolerant_loop(reason: str | None, tolerant: bool) -> None:
    """Calls that came with another reason than theirs are acted on by a tolerant loop only."""
    body = {"choices": [{"message": asks(READ), "finish_reason": reason}]}
    assert made(user("Read."), asks(READ), *results("one"), says("x"), bodies={1: body}).tolerant is tolerant


def test_what_nobody_is_asked_about_runs_first() -> None:
    """Of one message the calls that wait run last, so that their results come behind those of the others."""
    same = ("read", '{"path": "a"}')
    order = made(user("Go."), asks(same, same), *results("one", "two"), says("x"))
    assert order.data["tools"] == {"read": {"when": {"path": "a"}, "sequence": ["one", "two"]}}
    mixed = made(user("Go."), asks(SEND, READ), *results("sent", "one"), says("x"), asked=["send"])
    assert list(mixed.data["tools"]) == ["read", "send"]


def test_a_stored_checkpoint_ends_unanswered() -> None:
    """Calls that wait at the end of a record get no answer; those that ran beside them have their results."""
    last = [asks(SEND, READ), {"role": "tool", "tool_call_id": "c2", "content": "one"}]
    come = made(user("Go."), *last, waiting=["c1"], asked=["send"])
    assert (come.data["turns"], come.data["tools"], come.seen) == (
        [{"user": "Go.", "expect": {"stop": "unanswered"}}],
        {"read": {"when": {"path": "é.txt"}, "returns": "one"}},
        (Seen((SEND, READ), 2, None),),
    )


def test_what_was_said_before_is_the_session() -> None:
    """A stretch in the middle of a record begins with the texts before it, and the loop must remember all of them."""
    come = cut(Dialogue("p", [user("One?"), user("Two?"), says("Two."), user("Three?"), says("Three.")]))
    scenario = incident(come.dialogue, come.stretches[0], (), DENIED)
    assert scenario.data["session"] == [{"role": "user", "content": "One?"}]
    assert scenario.session == 3


@pytest.mark.parametrize(
    ("messages", "asked", "why"),
    [
        (
            [asks(SEND), *results(DENIED), says("x")],
            [],
            "send waits for an answer or is denied, so name it: --confirm send",
        ),
        (
            [asks(SEND, SEND), *results(DENIED, "sent"), says("x")],
            ["send"],
            "calls of one message are confirmed and denied, which one answer cannot be",
        ),
    ],
)
def test_answers_that_cannot_be_given(messages: list[Message], asked: list[str], why: str) -> None:
    """A denied call of which nobody says that it is asked about, and an answer that says two things, are told."""
    with pytest.raises(NotAsked) as raised:
        made(user("Go."), *messages, asked=asked)
    assert str(raised.value) == why


def test_unreadable_arguments_are_expected_whatever_they_are() -> None:
    """A call whose arguments nobody can read is part of the reference by its tool alone, and its result is kept."""
    come = made(user("Go."), asks(("read", "{half")), *results("one"), says("x"))
    assert (come.data["tools"], come.data["reference"]) == (
        {"read": "one"},
        {"match": "exact", "calls": [{"tool": "read", "match": "ignore"}]},
    )


WORDS = st.sampled_from(["tool", "decision", "outcome", "match", "arguments", "read", "no", "1", "a b", "é", "when"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([None, True, 1, 1.5, "", "no", "x\ny", "{a: b}"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["type", "equals", "near", "a"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@EXAMPLES
@given(st.lists(st.tuples(WORDS, st.dictionaries(WORDS, VALUES, max_size=2)), max_size=3))
def test_any_calls_are_a_scenario(calls: list[tuple[str, dict[str, Any]]]) -> None:
    """Whatever tools and arguments are called, what is written loads, and its reference is these very calls."""
    steps: list[Message] = []
    for name, arguments in calls:
        steps += [asks((name, json.dumps(arguments))), *results("r")]
    file = scenario_file(indented_yaml(made(user("Go."), *steps, says("x")).data, 1))
    expected = [] if file.reference is None else referred(file.reference)
    assert len(expected) == len(calls)
    for one, (name, arguments) in zip(expected, calls, strict=True):
        assert one.fits(call(name, arguments))
        assert not one.fits(call(name, {**arguments, "more": 1}))
        assert not one.fits(call(f"{name}_", arguments))


def test_what_a_trace_shows() -> None:
    """Of each turn the calls with their argument texts, the rounds and the text are seen, and no words of a pause."""
    read = call("read", {"path": "a"}, raw='{"path":"a"}')
    waits = call("send", {}, raw="", decision="none", outcome="pending", result=None)
    come = trace(
        turn(act(read), act(text="Done."), response="Done."),
        turn(
            act(waits),
            notice("Shall I?"),
            response="Shall I?",
            stop="unanswered",
            checkpoints=[checkpoint("send", answer=None)],
        ),
    )
    assert seen_in(come) == (
        Seen((("read", '{"path":"a"}'),), 2, "Done."),
        Seen((("send", ""),), 2, None),
    )


def test_titles_are_short() -> None:
    """A long first message is cut for the title, and says how much of it is left out."""
    title = made(user("word\n" * 60), says("x")).data["title"]
    assert title == f"{'word ' * 16}... (+219)"


def test_a_stretch_that_starts_late() -> None:
    """Only the turns of the stretch are told, with the places of their own messages."""
    dialogue = Dialogue("p", [user("One?"), says("One."), user("Two?"), says("Two.")])
    one, two = cut(dialogue).stretches[0].turns
    come = incident(dialogue, Stretch(2, (("user", one.user), ("assistant", "One.")), (two,)), (), DENIED)
    assert (come.acts, come.seen, come.session) == ((3,), (Seen((), 1, "Two."),), 2)
