"""Two traces, told apart: all that differs, once, in the order in which it happened."""

import json
from collections import Counter
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.change import Change, ChangeKind, Spot
from harness.changes import changes
from harness.trace import Anomaly, Checkpoint, Failure, Pending, Round, Trace, Usage
from tests.build import EXAMPLES, act, call, checkpoint, notice, trace, turn

READ, LIST = call("file_read", {"path": "a.txt"}), call("file_list")
DENIED = call("file_delete", {"path": "a.txt"}, decision="denied", outcome="denied", result="No.")
ANYTHING = st.sampled_from([None, 1, 1.0, True, "1", [], [1], [1, 2], {}, {"a": 1}, {"a": [True]}])


@st.composite
def small(draw: st.DrawFn) -> Trace:
    """Return a trace out of few parts, so that two of them have much in common."""
    calls = st.builds(
        call,
        st.sampled_from(["file_read", "web_search"]),
        st.none() | st.dictionaries(st.sampled_from(["x", "y"]), ANYTHING, max_size=2),
        raw=st.sampled_from(["{}", "{ }"]),
        id=st.sampled_from(["1", "2"]),
        decision=st.sampled_from(["none", "denied"]),
        outcome=st.sampled_from(["executed", "denied"]),
        result=st.sampled_from([None, "", "r"]),
    )
    rounds = st.builds(
        Round,
        kind=st.sampled_from(["act", "notice"]),
        text=st.sampled_from([None, "", "t"]),
        finish_reason=st.sampled_from([None, "stop"]),
        usage=st.sampled_from([None, Usage(), Usage(prompt_tokens=1)]),
        calls=st.lists(calls, max_size=3).map(tuple),
    )
    turns = []
    anomalies = []
    for at in range(1, draw(st.integers(0, 2)) + 1):
        made = draw(st.lists(rounds, max_size=3))
        points = []
        for number, one in enumerate(made, 1):
            waiting = [Pending(call=n, name=each.name) for n, each in enumerate(one.calls, 1) if draw(st.booleans())]
            if draw(st.booleans()) and waiting:
                answer: Any = draw(st.sampled_from([None, "denied"]))
                points.append(Checkpoint(round=number, pending=tuple(waiting), answer=answer))
            kind: Any = draw(st.sampled_from([None, "dropped_calls", "unasked_execution"]))
            if kind:
                detail = draw(st.sampled_from(["d", "e"]))
                anomalies.append(Anomaly(kind=kind, turn=at, round=number, call=None, detail=detail))
        turns.append(
            turn(
                user=draw(st.sampled_from(["Go.", "Stop."])),
                response=draw(st.sampled_from([None, "", "t"])),
                stop=draw(st.sampled_from(["final", "cut"])),
                checkpoints=points,
                offered=draw(st.lists(st.sampled_from("abc"), max_size=3, unique=True)),
                workspace=draw(
                    st.none() | st.dictionaries(st.sampled_from("ab"), st.sampled_from([None, "", "null"]), max_size=2)
                ),
                state=draw(st.none() | st.dictionaries(st.sampled_from("ab"), ANYTHING, max_size=2)),
            ).model_copy(update={"rounds": tuple(made)})
        )
    failure = draw(st.none() | st.just(Failure(kind="model", message="m")))
    empty = failure or Failure(kind="loop", message="nothing")
    return trace(*turns, error=failure if turns else empty, anomalies=anomalies)


def substance(of: Trace) -> str:
    """Return all of a trace that counts, as JSON text."""
    data = of.model_dump(mode="json", exclude={"case", "scenario", "model", "variant", "repeat", "counts", "stop"})
    for one in data["turns"]:
        for round_ in one["rounds"]:
            for each in round_["calls"]:
                del each["id"]
    for odd in data["anomalies"]:
        if odd["kind"] != "unasked_execution":
            del odd["detail"]
    return json.dumps(data, sort_keys=True)


@EXAMPLES
@given(st.data(), small())
def test_equal_traces_and_no_others_have_no_changes(data: st.DataObject, one: Trace) -> None:
    """There is no change exactly where all that counts is equal as JSON, in which 1, 1.0 and true differ."""
    other = data.draw(small() | nearby(one))
    assert (changes(one, other) == ()) == (substance(one) == substance(other))


def nearby(of: Trace) -> st.SearchStrategy[Trace]:
    """Return traces with one id, value or text in another form, some of which is the same."""
    text = of.model_dump_json()
    swaps = [
        ('"id":"1"', '"id":"3"'),
        (":1,", ":1.0,"),
        (":1}", ":true}"),
        ("{ }", "{}"),
        ('"t"', '"u"'),
        ("[1", "[1.0"),
    ]
    return st.sampled_from(swaps).map(lambda swap: Trace.model_validate_json(text.replace(*swap, 1)))


@EXAMPLES
@given(small(), small())
def test_changes_read_the_same_from_both_sides(one: Trace, other: Trace) -> None:
    """With the two traces exchanged what was added is removed, and what was before is after, and nothing else."""
    turned = [
        Change(kind=it.kind, was=it.now, now=it.was, subject=it.subject, before=it.after, after=it.before)
        for it in changes(other, one)
    ]
    assert Counter(map(repr, changes(one, other))) == Counter(map(repr, turned))


@EXAMPLES
@given(small(), small())
def test_changes_stand_in_the_order_of_the_trace(one: Trace, other: Trace) -> None:
    """Of what is there now the turns and rounds ascend, of what is gone those before; nothing is told twice."""
    found = changes(one, other)
    for side in ([it.now for it in found], [it.was for it in found if it.now is None]):
        places = [(spot.turn, spot.round) for spot in side if spot and spot.round]
        assert places == sorted(places)
    assert len(set(map(repr, found))) == len(found)


def change(kind: ChangeKind, was: str, now: str, subject: str, *values: str | None) -> Change:
    """Return a change, its places written as `turn.round.call`, those that are missing as nothing."""
    spots = [
        Spot(**dict(zip(("turn", "round", "call"), map(int, text.split(".")), strict=False))) if text else None
        for text in (was, now)
    ]
    before, after = values
    return Change(kind=kind, was=spots[0], now=spots[1], subject=subject, before=before, after=after)


def test_calls_that_run_one_after_the_other_are_a_move_and_a_round() -> None:
    """A call that moved into a round of its own is told as moved, and the round as added, in order."""
    one, other = turn(act(READ, LIST), act(text="Done.")), turn(act(READ), act(LIST), act(text="Done."))
    assert changes(trace(one), trace(other)) == (
        change("rounds", "", "1.2", "round", None, "file_list({})"),
        change("calls", "1.1.2", "1.2.1", "file_list", "file_list({})", "file_list({})"),
    )


def test_a_moved_call_is_told_with_what_else_became_of_it() -> None:
    """A call that moved to the next round and failed there is told as both."""
    failed = READ.model_copy(update={"outcome": "failed", "result": "gone"})
    search = call("web_search")
    one, other = turn(act(LIST, READ), act(search)), turn(act(LIST), act(search, failed))
    asked = 'file_read({"path": "a.txt"})'
    assert changes(trace(one), trace(other)) == (
        change("calls", "1.1.2", "1.2.2", "file_read", asked, asked),
        change("outcomes", "1.1.2", "1.2.2", "file_read", "executed", "failed"),
        change("results", "1.1.2", "1.2.2", "file_read", "ok", "gone"),
    )


def test_a_request_that_is_gone_takes_its_checkpoint_along() -> None:
    """Where a call is gone that alone was pending, its checkpoint follows; its notice is a round that is gone."""
    one = turn(act(READ, DENIED), notice(), act(text="Done."), checkpoints=[waiting(2)])
    other = turn(act(READ), act(text="Done."))
    assert changes(trace(one), trace(other)) == (
        change("calls", "1.1.2", "", "file_delete", 'file_delete({"path": "a.txt"}) [denied]', None),
        change("rounds", "1.2", "", "round", 'notice "Shall I?"', None),
    )


def waiting(place: int, round_: int = 1) -> Checkpoint:
    """Return the checkpoint at which a call was denied."""
    return Checkpoint(round=round_, pending=(Pending(call=place, name="file_delete"),), answer="denied")


def test_what_only_moved_along_is_no_change() -> None:
    """Checkpoints and anomalies behind a round that was added, and behind a call that was, are where they were."""
    odd = Anomaly(kind="unreadable_arguments", turn=1, round=1, call=1, detail="odd")
    one = trace(turn(act(DENIED), notice(), checkpoints=[waiting(1)]), anomalies=[odd])
    later = odd.model_copy(update={"round": 2, "call": 2})
    other = trace(turn(act(READ), act(LIST, DENIED), notice(), checkpoints=[waiting(2, round_=2)]), anomalies=[later])
    assert changes(one, other) == (
        change("rounds", "", "1.1", "round", None, 'file_read({"path": "a.txt"})'),
        change("calls", "", "1.2.1", "file_list", None, "file_list({})"),
    )


def test_a_checkpoint_moves_with_its_call() -> None:
    """A call that is pending in another round has moved, and its checkpoint with it; another answer is told."""
    one = turn(act(READ, DENIED), act(LIST), checkpoints=[waiting(2)])
    confirmed = waiting(2, round_=2).model_copy(update={"answer": None})
    other = turn(act(READ), act(LIST, DENIED), checkpoints=[confirmed])
    asked = 'file_delete({"path": "a.txt"}) [denied]'
    assert changes(trace(one), trace(other)) == (
        change("calls", "1.1.2", "1.2.2", "file_delete", asked, asked),
        change("checkpoints", "1.1", "1.2", "answer", "denied", None),
    )


def test_a_call_that_moved_away_from_a_checkpoint_is_not_told_twice() -> None:
    """Of two calls that were pending together one has moved, which is told, and waits at a checkpoint of its own."""
    send = call("email_send", decision="denied", outcome="denied", result="No.")
    both = Checkpoint(round=1, pending=(*waiting(1).pending, Pending(call=2, name="email_send")), answer="denied")
    own = Checkpoint(round=2, pending=(Pending(call=2, name="email_send"),), answer="denied")
    one = trace(turn(act(DENIED, send), act(LIST), checkpoints=[both]))
    other = trace(turn(act(DENIED), act(LIST, send), checkpoints=[waiting(1), own]))
    asked = "email_send({}) [denied]"
    assert changes(one, other) == (
        change("calls", "1.1.2", "1.2.2", "email_send", asked, asked),
        change("checkpoints", "", "1.2", "checkpoint", None, "email_send: denied"),
    )
    assert changes(other, one) == (
        change("calls", "1.2.2", "1.1.2", "email_send", asked, asked),
        change("checkpoints", "1.2", "", "checkpoint", "email_send: denied", None),
    )


def test_anomalies_count_by_kind_and_place() -> None:
    """The words of an anomaly count only where nothing else says it; an empty end is where the turn ends."""

    def odd(kind: Any, detail: str, round_: int = 1) -> Anomaly:
        return Anomaly(kind=kind, turn=1, round=round_, call=None, detail=detail)

    one = trace(
        turn(act(READ)), anomalies=[odd("repeated_id", "1"), odd("unasked_execution", "x"), odd("empty_final", "")]
    )
    other = trace(
        turn(act(READ), act(LIST)),
        anomalies=[odd("repeated_id", "2"), odd("unasked_execution", "y"), odd("empty_final", "", 2)],
    )
    assert changes(one, other) == (
        change("anomalies", "1.1", "1.1", "unasked_execution", "x", "y"),
        change("rounds", "", "1.2", "round", None, "file_list({})"),
    )


def test_text_that_is_read_now_is_a_change() -> None:
    """Arguments that are read, and were not, are told though their text is the same."""
    one, other = call("file_read", None, raw="{'a': 1}"), call("file_read", {"a": 1}, raw="{'a': 1}")
    assert changes(trace(turn(act(one))), trace(turn(act(other)))) == (
        change("arguments", "1.1.1", "1.1.1", "file_read", "null", '{"a": 1}'),
    )


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ({"a": 1}, {"a": 1.0}, [("a", "1", "1.0")]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 2, "c": 2, "d": 3}}, [("a.b", "1", "2"), ("a.d", None, "3")]),
        ({"a": [1, {"b": 1}]}, {"a": [1, {"b": None}, 3]}, [("a[1].b", "1", "null"), ("a[2]", None, "3")]),
        ({"a": {}}, {"a": []}, [("a", "{}", "[]")]),
        ({"a": {"b": 1}}, {}, [("a", '{"b": 1}', None)]),
        ({"a": "ü\ud800"}, {"a": "ü"}, [("a", '"ü\ud800"', '"ü"')]),
    ],
)
def test_only_changed_keys_are_told(
    one: dict[str, Any], other: dict[str, Any], told: list[tuple[str, str | None, str | None]]
) -> None:
    """One change for each path at which arguments, or the state, differ, values as JSON."""
    before, after = turn(act(call("f", one)), state=one), turn(act(call("f", other)), state=other)
    assert changes(trace(before), trace(after)) == (
        *(change("arguments", "1.1.1", "1.1.1", f"f: {path}", *values) for path, *values in told),
        *(change("state", "1", "1", path, *values) for path, *values in told),
    )


def test_an_error_and_what_it_kept_from_happening() -> None:
    """Another error is one change, at the end; the case's own stop follows from it."""
    one = trace(turn(act(READ), act(text="Done.")))
    other = trace(turn(act(READ), response=None, stop="error"), error=Failure(kind="missing", message="no recording"))
    later = other.model_copy(update={"error": Failure(kind="stale", message="drifted")})
    assert changes(one, other) == (
        change("rounds", "1.2", "", "round", '"Done."', None),
        change("stop", "1", "1", "stop", "final", "error"),
        change("texts", "1", "1", "response", "Done.", None),
        change("error", "", "", "error", None, "missing: no recording"),
    )
    assert changes(other, later) == (change("error", "", "", "error", "missing: no recording", "stale: drifted"),)


def test_a_workspace_that_came_is_one_change() -> None:
    """Where a turn has a workspace and had none, files are not told one by one; an empty one is not none."""
    none, some = trace(turn()), trace(turn(workspace={"a": None}))
    assert changes(none, some) == (change("workspace", "1", "1", "workspace", None, '{"a": null}'),)
    assert changes(none, trace(turn(workspace={}))) == (change("workspace", "1", "1", "workspace", None, "{}"),)


def test_names_of_the_case_do_not_count() -> None:
    """Traces of two models, variants and repeats are compared by what happened."""
    one = trace(turn(act(READ), checkpoints=[checkpoint("file_read")]))
    other = trace(*one.turns, case_id="area/name@hasty/files+all~2", repeat=2)
    assert changes(one, other) == ()


@pytest.mark.parametrize(("rounds", "calls", "seconds"), [(20, 3, 0.2), (100, 26, 10)])
def test_long_traces_take_no_long_time(rounds: int, calls: int, seconds: float) -> None:
    """Where every call of a long turn has other arguments and another result, that is told in time."""

    def long(which: str) -> Trace:
        """Return a turn of many calls."""
        return trace(
            turn(
                *(
                    act(*(call("file_read", {"path": f"{which}{n}.{m}"}, result=which) for m in range(calls)))
                    for n in range(rounds)
                )
            )
        )

    one, other = long("a"), long("b")
    start = process_time()
    assert len(changes(one, other)) == 2 * rounds * calls
    assert process_time() - start < seconds
