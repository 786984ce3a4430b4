"""Changes in plain sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.change import Change, ChangeKind, Spot
from harness.telling import sentence, where
from tests.build import EXAMPLES, HOSTILE

LONG = "The party is on Friday at eight, and there will be soup for all who come."
TURN, ROUND, CALL = Spot(turn=1), Spot(turn=1, round=2), Spot(turn=1, round=2, call=1)


def test_places() -> None:
    """A place is told from the turn down to the call."""
    assert [where(spot) for spot in (TURN, ROUND, CALL)] == ["turn 1", "turn 1, round 2", "turn 1, round 2, call 1"]


@pytest.mark.parametrize(
    ("kind", "at", "subject", "values", "told"),
    [
        (
            "arguments",
            CALL,
            "file_read: path",
            ('"a.txt"', '"b.txt"'),
            'turn 1, round 2: file_read: path "a.txt" -> "b.txt"',
        ),
        ("arguments", CALL, "f: a[1]", ("1", "1.0"), "turn 1, round 2: f: a[1] 1 -> 1.0"),
        ("arguments", CALL, "f: limit", (None, "5"), "turn 1, round 2: f: limit added: 5"),
        ("arguments", CALL, "f: limit", ("5", None), "turn 1, round 2: f: limit removed: 5"),
        ("arguments", CALL, "f", ('{"a":1}', '{"a": 1}'), 'turn 1, round 2: f: argument text {"a":1} -> {"a": 1}'),
        ("calls", CALL, "f", (None, "f({})"), "turn 1, round 2: f({}) added"),
        ("calls", CALL, "f", ("f({})", None), "turn 1, round 2: f({}) removed"),
        ("decisions", CALL, "f", ("denied", "confirmed"), "turn 1, round 2: f: decision denied -> confirmed"),
        ("outcomes", CALL, "f", ("denied", "executed"), "turn 1, round 2: f: outcome denied -> executed"),
        ("results", CALL, "f", (None, "ok"), 'turn 1, round 2: f: result: nothing -> "ok"'),
        ("rounds", ROUND, "round", (None, "f({}), g({})"), "turn 1, round 2 added: f({}), g({})"),
        ("rounds", ROUND, "round", ("f({})", None), "turn 1, round 2 removed: f({})"),
        ("rounds", ROUND, "kind", ("act", "notice"), "turn 1, round 2: kind act -> notice"),
        ("stop", ROUND, "finish_reason", ("stop", None), "turn 1, round 2: finish_reason stop -> nothing"),
        ("stop", TURN, "stop", ("final", "cut"), "turn 1: stop final -> cut"),
        ("checkpoints", ROUND, "answer", ("denied", "confirmed"), "turn 1, checkpoint in round 2: denied -> confirmed"),
        ("checkpoints", ROUND, "answer", (None, "denied"), "turn 1, checkpoint in round 2: unanswered -> denied"),
        ("checkpoints", ROUND, "checkpoint", ("f: denied", None), "turn 1, checkpoint in round 2 removed: f: denied"),
        ("checkpoints", CALL, "f", (None, "pending"), "turn 1, checkpoint in round 2: f also pending"),
        ("checkpoints", CALL, "f", ("pending", None), "turn 1, checkpoint in round 2: f no longer pending"),
        ("offered", TURN, "shell_exec", ("shell_exec", None), "turn 1: tool shell_exec no longer offered"),
        ("offered", TURN, "shell_exec", (None, "shell_exec"), "turn 1: tool shell_exec newly offered"),
        ("offered", TURN, "order", ('["a"]', '["b"]'), "turn 1: tools offered in another order"),
        ("texts", TURN, "response", ("Yes.", "No."), 'turn 1: response: "Yes." -> "No."'),
        ("texts", TURN, "response", ("a\u200b", "a"), 'turn 1: response: "a\\u200b" -> "a"'),
        (
            "texts",
            TURN,
            "response",
            (LONG, LONG.replace("Friday", "Sunday")),
            'turn 1: response: word 5: "... is on Friday at eight, ..." -> "... is on Sunday at eight, ..."',
        ),
        ("texts", ROUND, "text", (LONG, None), f'turn 1, round 2: text: "{LONG}" -> nothing'),
        (
            "texts",
            ROUND,
            "text",
            (None, "x" * 300),
            f'turn 1, round 2: text: nothing -> "{"x" * 199}... (102 more characters)',
        ),
        ("user", TURN, "user", ("Go.", "Stop."), 'turn 1: user: "Go." -> "Stop."'),
        ("user", TURN, "turn", (None, "Stop."), 'turn 1 added: "Stop."'),
        ("user", TURN, "turn", ("", None), 'turn 1 removed: ""'),
        ("error", None, "error", (None, "model: HTTP 500"), "error added: model: HTTP 500"),
        ("error", None, "error", ("model: a", "model: b"), 'error: "model: a" -> "model: b"'),
        ("workspace", TURN, "a.txt", ('"x"', '"y"'), 'turn 1: file a.txt: "x" -> "y"'),
        ("workspace", TURN, "a.txt", (None, "null"), "turn 1: file a.txt: unchanged -> gone"),
        ("workspace", TURN, "a.txt", ('"x"', "null"), 'turn 1: file a.txt: "x" -> gone'),
        ("workspace", TURN, "workspace", (None, "{}"), "turn 1: workspace added: {}"),
        ("state", TURN, "booked[0].day", ('"Mon"', '"Tue"'), 'turn 1: state booked[0].day "Mon" -> "Tue"'),
        ("state", TURN, "state", ("{}", None), "turn 1: state removed: {}"),
        ("anomalies", ROUND, "empty_final", (None, "it is empty"), "turn 1, round 2: anomaly added: it is empty"),
        ("anomalies", ROUND, "unasked_execution", ("x", "y"), 'turn 1, round 2: anomaly: "x" -> "y"'),
        (
            "tokens",
            ROUND,
            "usage",
            ('{"prompt_tokens": 1315, "completion_tokens": 43}', None),
            "turn 1, round 2: tokens 1315 + 43 -> nothing",
        ),
    ],
)
def test_sentences(
    kind: ChangeKind, at: Spot | None, subject: str, values: tuple[str | None, str | None], told: str
) -> None:
    """Each kind of change has its sentence."""
    before, after = values
    was, now = (None if before is None else at), (None if after is None else at)
    assert sentence(Change(kind=kind, was=was, now=now, subject=subject, before=before, after=after)) == told


@pytest.mark.parametrize(
    ("kind", "was", "now", "told"),
    [
        ("calls", Spot(turn=1, round=1, call=3), CALL, "turn 1, round 2: f({}) moved from round 1, call 3"),
        ("calls", Spot(turn=1, round=2, call=3), CALL, "turn 1, round 2: f({}) moved from round 2, call 3"),
        ("rounds", Spot(turn=1, round=1), ROUND, "turn 1, round 2 moved from round 1: f({})"),
    ],
)
def test_what_moved(kind: ChangeKind, was: Spot, now: Spot, told: str) -> None:
    """What moved is told where it is, with where it was."""
    subject = "round" if kind == "rounds" else "f"
    assert sentence(Change(kind=kind, was=was, now=now, subject=subject, before="f({})", after="f({})")) == told


@EXAMPLES
@given(
    st.sampled_from(["user", "texts", "results", "calls", "rounds", "error", "offered", "checkpoints", "anomalies"]),
    HOSTILE,
    st.none() | HOSTILE,
    st.none() | HOSTILE,
)
def test_a_sentence_is_one_line(kind: ChangeKind, subject: str, before: str | None, after: str | None) -> None:
    """Whatever the model wrote, the sentence has no line break."""
    one = Change(kind=kind, was=ROUND, now=ROUND, subject=subject, before=before, after=after)
    assert len(sentence(one).splitlines()) == 1
