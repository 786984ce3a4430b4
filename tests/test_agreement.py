"""Expected calls against those that came: what holds in each mode, and how what does not is told."""

import json
from itertools import combinations, permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.check import judge
from harness.finding import Finding
from harness.trace import Call
from tests.build import (
    EXAMPLES,
    READ_A,
    READ_B,
    WORK,
    act,
    call,
    expecting,
    findings,
    marked,
    scenario,
    trace,
    turn,
)

UNREADABLE = call("file_read", None, raw="{'path': a")


# Calls


@pytest.mark.parametrize(
    ("calls", "number", "expected", "got"),
    [
        (
            "[▸web_search]",
            1,
            "web_search(...)",
            "web_search was not asked for; asked for: file_read, file_delete",
        ),
        (
            "[▸{file_read: {path: c.txt}}]",
            1,
            'file_read({"path": "c.txt"})',
            'file_read in round 1 with path "a.txt" instead of "c.txt"',
        ),
        (
            "[▸{file_read: {path: a.txt, limit: true}}]",
            1,
            'file_read({"path": "a.txt", "limit": true})',
            "file_read in round 1 with limit 3 instead of true",
        ),
        (
            "[▸{file_delete: {path: a.txt}, decision: confirmed}]",
            1,
            'file_delete({"path": "a.txt"}), confirmed',
            "file_delete in round 2 with decision denied instead of confirmed",
        ),
        (
            "[▸{file_delete: , decision: confirmed, outcome: executed}]",
            1,
            "file_delete(...), confirmed, executed",
            "file_delete in round 2 with decision denied instead of confirmed and outcome denied instead of executed",
        ),
        (
            "[▸{file_delete: {path: b.txt}, outcome: executed}]",
            1,
            'file_delete({"path": "b.txt"}), executed',
            'file_delete in round 2 with path "a.txt" instead of "b.txt" and outcome denied instead of executed',
        ),
        (
            "[▸{file_read: {path: b.txt}, decision: denied}]",
            1,
            'file_read({"path": "b.txt"}), denied',
            "file_read in round 1 with decision none instead of denied",
        ),
        (
            "[file_read, file_read, ▸file_read]",
            3,
            "file_read(...)",
            "file_read was asked for 2 times, which other expectations take",
        ),
        (
            "[file_delete, ▸file_delete]",
            2,
            "file_delete(...)",
            "file_delete was asked for 1 time, which other expectations take",
        ),
        (
            "[▸file_delete, {file_read: {path: a.txt}}, {file_read: {path: b.txt}}]",
            1,
            "file_delete(...)",
            'file_delete({"path": "a.txt"}) in round 2, out of order',
        ),
        (
            "[{file_read: {path: a.txt}}, ▸file_delete, {file_read: {path: b.txt}}]",
            2,
            "file_delete(...)",
            'file_delete({"path": "a.txt"}) in round 2, out of order',
        ),
        (
            "[▸{file_read: {path: ä}}]",
            1,
            'file_read({"path": "ä"})',
            'file_read in round 1 with path "a.txt" instead of "ä"',
        ),
    ],
)
def test_a_missing_call_comes_with_the_nearest(calls: str, number: int, expected: str, got: str) -> None:
    """A missing call is a finding at its place in the list, with the nearest actual call and how that differs."""
    text, place = marked(expecting(f"{{calls: {{in_order: {calls}}}}}", answers="[deny]"))
    assert findings(trace(WORK), text) == [(place, f"turn 1, call {number}", expected, got)]


@pytest.mark.parametrize(
    ("came", "calls", "expected", "got"),
    [
        ([], "file_read", "file_read(...)", "file_read was not asked for; asked for: no call at all"),
        (
            [UNREADABLE],
            "{file_read: {path: a}}",
            'file_read({"path": "a"})',
            "file_read in round 1 with arguments that cannot be read: {'path': a",
        ),
        (
            [call("file_read", raw="")],
            "{file_read: {path: a}}",
            'file_read({"path": "a"})',
            'file_read in round 1 with no path instead of "a"',
        ),
        (
            [call("file_read", {"path": "b"}, outcome="failed"), call("file_read", {"path": "b"})],
            "{file_read: {path: a}, outcome: executed}",
            'file_read({"path": "a"}), executed',
            'file_read in round 1 with path "b" instead of "a"',
        ),
        (
            [call("file_read", {"path": "b", "limit": 1}), call("file_read", {"path": "a", "limit": 2})],
            "{file_read: {path: a, limit: 1, start: 0}}",
            'file_read({"path": "a", "limit": 1, "start": 0})',
            'file_read in round 1 with path "b" instead of "a" and no start instead of 0',
        ),
        (
            [call("file_read", {"path": "b", "limit": 9}), call("file_read", {"path": "a", "limit": 2})],
            "{file_read: {path: a, limit: 1}}",
            'file_read({"path": "a", "limit": 1})',
            "file_read in round 1 with limit 2 instead of 1",
        ),
    ],
)
def test_the_nearest_call_differs_least(came: list[Call], calls: str, expected: str, got: str) -> None:
    """The nearest call is the one with the fewest things different, each argument counting, and the first of these."""
    text, place = marked(expecting(f"{{calls: {{in_order: [▸{calls}]}}}}", answers="[]"))
    assert findings(trace(turn(act(*came))), text) == [(place, "turn 1, call 1", expected, got)]


def test_unreadable_arguments_are_still_a_call() -> None:
    """A call whose arguments cannot be read is found where its arguments do not count."""
    text = expecting("{calls: {in_order: [{file_read: , outcome: executed}]}}", answers="[]")
    assert findings(trace(turn(act(UNREADABLE))), text) == []


def test_a_dropped_call_was_asked_for() -> None:
    """A call that the loop dropped counts as asked for, in order and for `never` alike."""
    came = trace(turn(act(call("file_read", outcome="dropped", result=None))))
    assert findings(came, expecting("{calls: {in_order: [{file_read: , outcome: dropped}]}}", answers="[]")) == []
    text, place = marked(expecting("{▸never: file_read}", answers="[]"))
    assert findings(came, text) == [(place, "turn 1, never", "file_read is never asked for", "file_read({}), dropped")]


def test_an_argument_may_be_called_matches() -> None:
    """On the top level of arguments a key `matches` is the tool's own argument, for arguments are never a text."""
    came = trace(turn(act(call("file_read", {"matches": "TODO", "path": "."}))))
    assert findings(came, expecting("{calls: {in_order: [{file_read: {matches: TODO}}]}}", answers="[]")) == []


def test_as_many_calls_as_possible_are_found() -> None:
    """A call out of order costs itself, not those that stand behind it in the expectation."""
    text, place = marked(
        expecting(
            "{calls: {in_order: [▸file_delete, {file_read: {path: a.txt}}, {file_read: {path: b.txt}}]}}",
            answers="[deny]",
        )
    )
    assert [found[:2] for found in findings(trace(WORK), text)] == [(place, "turn 1, call 1")]


def test_every_missing_call_is_a_finding() -> None:
    """Each missing call has its own finding and line."""
    text = "title: T.\nturns:\n- user: Go.\n  expect:\n    calls:\n      in_order:\n      - a\n      - b\n      - a\n"
    assert findings(trace(turn(act(call("b")))), text) == [
        ("7:9", "turn 1, call 1", "a(...)", "a was not asked for; asked for: b"),
        ("9:9", "turn 1, call 3", "a(...)", "a was not asked for; asked for: b"),
    ]


def test_calls_of_the_case_run_over_its_turns() -> None:
    """An order that spans turns holds for the case, and each turn has only its own calls."""
    came = trace(turn(act(READ_B)), turn(act(READ_A)))
    text = "title: T.\nturns: [{user: Go.}, {user: More.}]\nexpect: {calls: {in_order: [CALLS]}}\n"
    order = "{file_read: {path: b.txt}}, {file_read: {path: a.txt}}"
    assert findings(came, text.replace("CALLS", order)) == []
    split = f"title: T.\nturns: [{{user: Go., expect: {{calls: {{in_order: [{order}]}}}}}}, {{user: More.}}]\n"
    assert [found[1:] for found in findings(came, split)] == [
        (
            "turn 1, call 2",
            'file_read({"path": "a.txt"})',
            "file_read was asked for 1 time, which other expectations take",
        )
    ]


# Modes

ALL = "{file_read: {path: a.txt}}, {file_read: {path: b.txt}}, file_delete"
SAME = "{file_read: {path: b.txt}}, file_delete, {file_read: {path: a.txt}}"
"""The calls of WORK in their order, and in another."""


@pytest.mark.parametrize(
    "calls",
    [
        f"{{exact: [{ALL}]}}",
        f"{{in_order: [{ALL}]}}",
        f"{{unordered: [{ALL}]}}",
        f"{{unordered: [{SAME}]}}",
        f"{{superset: [{SAME}]}}",
        "{superset: [file_delete, file_read]}",
        f"{{subset: [{SAME}]}}",
        f"{{subset: [web_search, {SAME}, file_delete]}}",
        "{exact: [file_read, file_read], which: executed}",
        "{exact: [{file_read: {path: a.txt}}, {file_read: {path: b.txt}}, {file_delete: {path: a.txt}}]}",
        "{exact: [{file_read: {path: a.txt}}, file_read, file_delete], match: ignore}",
        "{exact: [{file_read: {path: a}}, {file_read: {limit: 9}}, file_delete], match: {except: [limit, path]}}",
        "[{exact: [file_read, file_read, file_delete]}, {subset: [file_read, file_read], which: executed}]",
        "{unordered: [file_read, {file_read: {path: a.txt}}, file_delete]}",
    ],
)
def test_calls_that_agree(calls: str) -> None:
    """Calls that agree with those expected, each in its mode and its match, are no finding."""
    assert findings(trace(WORK), expecting(f"{{calls: {calls}}}", answers="[deny]")) == []


@pytest.mark.parametrize("mode", ["exact", "unordered", "subset"])
def test_no_call_at_all(mode: str) -> None:
    """Under an empty list no call is right, and each that came is a finding with its place in the trace."""
    text, place = marked(expecting(f"{{calls: {{▸{mode}: []}}}}", answers="[deny]"))
    assert findings(trace(turn()), text.replace("[deny]", "[]")) == []
    assert findings(trace(WORK), text) == [
        (place, "turn 1, calls", "no call to be asked for", f"{got}, which nothing expects")
        for got in (
            f"file_read({READ_A.raw_arguments}) in round 1",
            'file_read({"path": "b.txt"}) in round 1',
            'file_delete({"path": "a.txt"}) in round 2',
        )
    ]


ONLY = "only {0} to be asked for, those listed"


@pytest.mark.parametrize(
    ("calls", "what", "expected", "got"),
    [
        (
            "{▸exact: [file_read, file_read]}",
            "calls",
            ONLY.format("2 calls"),
            'file_delete({"path": "a.txt"}) in round 2, which nothing expects',
        ),
        (
            "{▸unordered: [file_delete, file_read]}",
            "calls",
            ONLY.format("2 calls"),
            'file_read({"path": "b.txt"}) in round 1, which nothing expects',
        ),
        (
            "{▸subset: [file_read, web_search, file_read]}",
            "calls",
            ONLY.format("3 calls"),
            'file_delete({"path": "a.txt"}) in round 2, which nothing expects',
        ),
        (
            "{▸subset: [{file_read: {path: b.txt}}, file_delete, {file_read: {path: a.txt, limit: 4}}]}",
            "calls",
            ONLY.format("3 calls"),
            f"file_read({READ_A.raw_arguments}) in round 1, which nothing expects",
        ),
        (
            "{▸exact: [file_read], which: executed}",
            "calls",
            "only 1 call to be executed, those listed",
            'file_read({"path": "b.txt"}) in round 1, which nothing expects',
        ),
        (
            "{exact: [▸file_delete, file_read, file_read]}",
            "call 1",
            "file_delete(...)",
            'file_delete({"path": "a.txt"}) in round 2, out of order',
        ),
        (
            "{exact: [file_read, file_read, file_delete, ▸web_search]}",
            "call 4",
            "web_search(...)",
            "web_search was not asked for; asked for: file_read, file_delete",
        ),
        (
            "{superset: [▸{file_read: {path: a.txt}}], match: exact}",
            "call 1",
            'file_read({"path": "a.txt"})',
            "file_read in round 1 with limit 3 instead of none",
        ),
        (
            "{superset: [▸{file_read: {path: c.txt, limit: 4}, match: {except: limit}}]}",
            "call 1",
            'file_read({"path": "c.txt", "limit": 4})',
            'file_read in round 1 with path "a.txt" instead of "c.txt"',
        ),
        (
            "{superset: [▸{file_read: {path: {matches: '^c'}, at: {type: 'null'}}}]}",
            "call 1",
            'file_read({"path": {"matches": "^c"}, "at": {"type": "null"}})',
            'file_read in round 1 with path "a.txt" instead of {"matches": "^c"} and no at instead of {"type": "null"}',
        ),
        (
            "{superset: [file_read, ▸file_delete], which: executed}",
            "call 2",
            "file_delete(...)",
            "file_delete was not executed; asked for in round 2, and denied",
        ),
        (
            "{in_order: [▸web_search], which: executed}",
            "call 1",
            "web_search(...)",
            "web_search was not executed; executed: file_read",
        ),
        (
            "{superset: [file_read, file_read, ▸file_read]}",
            "call 3",
            "file_read(...)",
            "file_read was asked for 2 times, which other expectations take",
        ),
    ],
)
def test_calls_that_do_not_agree(calls: str, what: str, expected: str, got: str) -> None:
    """A missing call is told at its line with the nearest, one too many at its mode with where it came."""
    text, place = marked(expecting(f"{{calls: {calls}}}", answers="[deny]"))
    assert findings(trace(WORK), text) == [(place, f"turn 1, {what}", expected, got)]


def test_missing_and_extra_calls_are_told_apart() -> None:
    """What is missing and what nothing expects are a finding each, the missing ones first."""
    text = """\
title: T.
turns:
  - user: Go.
    answers: [deny]
    expect:
      calls:
        - subset: [file_read, file_read, file_delete]
        - unordered:
            - file_delete
            - web_search
            - file_read: {path: c.txt}
"""
    assert findings(trace(WORK), text) == [
        (
            "10:15",
            "turn 1, call 2",
            "web_search(...)",
            "web_search was not asked for; asked for: file_read, file_delete",
        ),
        (
            "11:15",
            "turn 1, call 3",
            'file_read({"path": "c.txt"})',
            'file_read in round 1 with path "a.txt" instead of "c.txt"',
        ),
        (
            "8:11",
            "turn 1, calls",
            ONLY.format("3 calls"),
            f"file_read({READ_A.raw_arguments}) in round 1, which nothing expects",
        ),
        (
            "8:11",
            "turn 1, calls",
            ONLY.format("3 calls"),
            'file_read({"path": "b.txt"}) in round 1, which nothing expects',
        ),
    ]


def test_places_of_the_whole_case_have_their_turn() -> None:
    """Over the whole case a call is told with its turn and its round."""
    came = trace(turn(act(READ_A)), turn(act(), act(READ_B)))
    text = "title: T.\nturns: [{user: Go.}, {user: More.}]\nexpect: {calls: CALLS}\n"
    assert [found.got for found in findings(came, text.replace("CALLS", "{exact: [file_read]}"))] == [
        'file_read({"path": "b.txt"}) in turn 2, round 2, which nothing expects'
    ]
    calls = "{superset: [{file_read: {path: c.txt}, match: exact}]}"
    assert [found.got for found in findings(came, text.replace("CALLS", calls))] == [
        'file_read in turn 2, round 2 with path "b.txt" instead of "c.txt"'
    ]
    second = "title: T.\nturns: [{user: Go.}, {user: More., expect: {calls: {exact: []}}}]\n"
    assert [(found.what, found.got) for found in findings(came, second)] == [
        ("turn 2, calls", 'file_read({"path": "b.txt"}) in round 2, which nothing expects')
    ]


@pytest.mark.parametrize(("number", "told"), [(9, 9), (10, 10), (11, 11), (25, 11)])
def test_ten_calls_are_told(number: int, told: int) -> None:
    """Of many calls that are missing or too many ten are told, and how many more there are."""
    came = trace(turn(act(*(call("file_read", {"at": at}) for at in range(number)))))
    text, place = marked(expecting("{calls: {▸exact: []}}"))
    found = findings(came, text)
    assert len(found) == told
    more = f"and {number - 10} more that are missing or that nothing expects"
    last = f'file_read({{"at": {number - 1}}}) in round 1, which nothing expects'
    got = more if number > 10 else last
    assert found[-1] == (place, "turn 1, calls", "no call to be asked for", got)


def test_two_calls_out_of_order_are_two() -> None:
    """Calls that came in another order are each told with a call of their own."""
    came = trace(turn(act(call("a", {"n": 1})), act(call("a", {"n": 2})), act(call("b"))))
    text = expecting("{calls: {exact: [b, a, a]}}")
    assert [found.got for found in findings(came, text)] == ["b({}) in round 3, out of order"]
    came = trace(turn(act(call("b")), act(call("a", {"n": 1})), act(call("b")), act(call("a", {"n": 2}))))
    text = expecting("{calls: {in_order: [a, a, b, b]}}")
    assert [found.got for found in findings(came, text)] == [
        'a({"n": 1}) in round 2, out of order',
        'a({"n": 2}) in round 4, out of order',
    ]


def test_a_call_out_of_order_is_nearest_to_no_other() -> None:
    """A call that is told as out of order is not told as the nearest of another that is missing."""
    came = trace(turn(act(call("b")), act(call("a", {"n": 1}))))
    found = findings(came, expecting("{calls: {in_order: [{a: {n: 3}}, {a: {n: 1}}, b]}}"))
    assert [one.got for one in found] == [
        "a was asked for 1 time, which other expectations take",
        'a({"n": 1}) in round 2, out of order',
    ]


@pytest.mark.parametrize(
    ("fate", "got"),
    [
        ("decision: confirmed", "a in round 2 with n 2 instead of 3"),
        ("outcome: failed", "a in round 3 with n 4 instead of 3"),
    ],
)
def test_decisions_and_outcomes_count_in_what_is_nearest(fate: str, got: str) -> None:
    """Of calls with other arguments the nearest is one with the decision and the outcome that are expected."""
    came = [
        call("a", {"n": 1}),
        call("a", {"n": 2}, decision="confirmed"),
        call("a", {"n": 4}, outcome="failed"),
    ]
    text = expecting(f"{{calls: {{superset: [{{a: {{n: 3}}, {fate}}}]}}}}")
    assert [one.got for one in findings(trace(turn(*map(act, came))), text)] == [got]


def test_an_unreadable_call_is_far_from_all() -> None:
    """A call with arguments that cannot be read is told only where no other call of the tool is nearer."""
    came = [call("a", None, raw="{'x"), call("a", {"x": 2, "y": 2})]
    text = expecting("{calls: {superset: [{a: {x: 1, y: 1}}]}}")
    assert [found.got for found in findings(trace(turn(act(*came))), text)] == [
        "a in round 1 with x 2 instead of 1 and y 2 instead of 1"
    ]
    assert [found.got for found in findings(trace(turn(act(came[0]))), text)] == [
        "a in round 1 with arguments that cannot be read: {'x"
    ]
    exact = expecting("{calls: {exact: [a], match: exact}}")
    assert [found.got for found in findings(trace(turn(act(came[0]))), exact)] == [
        "a in round 1 with arguments that cannot be read: {'x",
        "a({'x) in round 1, which nothing expects",
    ]


# Properties


NAMES = ("file_read", "web_search", "file_delete")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "ä b", "1", "null"]) | st.just(0.5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xy"), inner, max_size=2),
    max_leaves=4,
)
CALLS = st.builds(
    call,
    st.sampled_from(NAMES),
    st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3),
    decision=st.sampled_from(["none", "confirmed"]),
    outcome=st.sampled_from(["executed", "failed", "refused", "dropped"]),
)


def judged_calls(expected: list[Any], calls: list[Call]) -> tuple[Finding, ...]:
    """Return the findings of an order of calls, expected in the only turn of a case."""
    data = {"title": "T.", "turns": [{"user": "Go.", "expect": {"calls": {"in_order": expected}}}]}
    return judge(trace(turn(act(*calls))), scenario(json.dumps(data, ensure_ascii=False))).findings


@st.composite
def parts(draw: st.DrawFn, whole: Any) -> Any:
    """Draw a pattern that a value fits: some of the keys of each mapping, anything else as it is."""
    if isinstance(whole, dict):
        return {key: draw(parts(value)) for key, value in whole.items() if draw(st.booleans())}
    if isinstance(whole, list):
        return [draw(parts(value)) for value in whole]
    return whole


@EXAMPLES
@given(st.data(), st.lists(CALLS, min_size=1, max_size=8))
def test_any_subsequence_of_the_calls_holds(data: st.DataObject, calls: list[Call]) -> None:
    """Some of the calls in their order, with some of their arguments and fates, are always found."""
    chosen = [one for one in calls if data.draw(st.booleans())] or calls[:1]
    expected = []
    for one in chosen:
        fate = {"decision": one.decision, "outcome": one.outcome}
        kept = {key: value for key, value in fate.items() if data.draw(st.booleans())}
        expected.append({one.name: data.draw(parts(one.arguments)), **kept})
    assert judged_calls(expected, calls) == ()


SMALL = st.builds(
    call, st.sampled_from(NAMES[:2]), st.dictionaries(st.sampled_from("ab"), st.integers(0, 1), max_size=2)
)


def longest(expected: list[Call], calls: list[Call]) -> int:
    """Return how many expected calls can be found in order, by trying every choice of them."""
    for length in range(len(expected), 0, -1):
        for chosen in combinations(expected, length):
            rest = iter(calls)
            if all(any(_is(want, got) for got in rest) for want in chosen):
                return length
    return 0


def _is(want: Call, got: Call) -> bool:
    return want.name == got.name and (want.arguments or {}).items() <= (got.arguments or {}).items()


@EXAMPLES
@given(st.lists(SMALL, min_size=1, max_size=5), st.lists(SMALL, max_size=7))
def test_as_few_calls_as_possible_are_missing(expected: list[Call], calls: list[Call]) -> None:
    """The number of findings is that of the expected calls less their longest common subsequence with the trace."""
    found = judged_calls([{one.name: one.arguments} for one in expected], calls)
    assert len(found) == len(expected) - longest(expected, calls)


@EXAMPLES
@given(
    st.sampled_from(["exact", "unordered", "superset", "subset"]),
    st.lists(SMALL, min_size=1, max_size=4),
    st.lists(SMALL, max_size=4),
)
def test_modes_against_every_assignment(mode: str, expected: list[Call], calls: list[Call]) -> None:
    """A mode is met exactly where some assignment of actual calls to expected ones meets it."""
    said = [{one.name: one.arguments} for one in expected]
    data = {"title": "T.", "turns": [{"user": "Go.", "expect": {"calls": {mode: said}}}]}
    found = judge(trace(turn(act(*calls))), scenario(json.dumps(data))).findings
    few, many = (expected, calls) if mode == "superset" else (calls, expected)
    fits = [
        all(_is(one, other) if mode == "superset" else _is(other, one) for one, other in zip(few, chosen, strict=True))
        for chosen in ([tuple(many)] if mode == "exact" else permutations(many, len(few)))
        if len(chosen) == len(few)
    ]
    assert (not found) == (any(fits) and (mode in ("superset", "subset") or len(expected) == len(calls)))
