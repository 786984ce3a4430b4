"""Calls before others, in one round and in different ones: what holds, and how what does not is told."""

import json
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.trace import Call
from tests.build import EXAMPLES, WORK, act, call, expecting, findings, marked, trace, turn


@pytest.mark.parametrize(
    "expect",
    [
        "{before: [[file_read, file_delete]]}",
        "{before: [[{file_read: {path: a.txt}}, {file_read: {path: b.txt}}]]}",
        "{before: [[web_search, shell_exec]]}",
        "{before: [[web_search, {file_read: {path: c.txt}}]]}",
        "{before: [[file_read, {file_delete: {path: {matches: txt}}, decision: denied}], [file_read, web_search]]}",
        "{together: [[file_read, file_read]]}",
        "{together: [[file_read, {file_read: {path: a.txt}}]]}",
        "{apart: [[file_read, file_delete]]}",
        "{apart: [[file_delete, file_delete]]}",
        "{apart: [[{file_read: {path: a.txt}}, {file_read: {path: c.txt}}], [web_search, file_read]]}",
        "{apart: [[{file_read: {path: a.txt}}, {file_read: {limit: 3}}]]}",
    ],
)
def test_what_is_in_order(expect: str) -> None:
    """What comes before, stands in one round or stands apart as expected is no finding, in a turn and over all."""
    assert findings(trace(WORK), expecting(expect, answers="[deny]")) == []
    assert findings(trace(WORK), f"title: T.\nturns: [{{user: Go., answers: [deny]}}]\nexpect: {expect}\n") == []


READ = 'file_read({"path": "b.txt"})'
FIRST = 'file_read({"path": "a.txt", "limit": 3})'
NONE = "web_search was not asked for; asked for: file_delete"
NEAREST = "file_read in round 1 with no limit instead of 3"
DELETE = 'file_delete({"path": "a.txt"})'


@pytest.mark.parametrize(
    ("expect", "what", "expected", "got"),
    [
        (
            "{before: [▸[file_delete, {file_read: {path: b.txt}}]]}",
            "before",
            f"file_delete(...) before each {READ}",
            f"{READ} in round 1, before {DELETE} in round 2",
        ),
        (
            "{before: [[file_read, file_delete], ▸[web_search, file_delete]]}",
            "before",
            "web_search(...) before each file_delete(...)",
            f"{DELETE} in round 2, and web_search was not asked for; asked for: file_read",
        ),
        (
            "{before: [▸[web_search, {file_read: {path: a.txt}}]]}",
            "before",
            'web_search(...) before each file_read({"path": "a.txt"})',
            f"{FIRST} in round 1, and web_search was not asked for; asked for: file_read, file_delete",
        ),
        (
            "{before: [▸[{file_read: {path: c.txt}}, file_delete]]}",
            "before",
            'file_read({"path": "c.txt"}) before each file_delete(...)',
            f'{DELETE} in round 2, and file_read in round 1 with path "a.txt" instead of "c.txt"',
        ),
        (
            "{before: [▸[file_delete, file_delete]]}",
            "before",
            "file_delete(...) before each file_delete(...)",
            f"{DELETE} in round 2, and file_delete was not asked for; asked for: file_read",
        ),
        (
            "{together: [▸[file_read, file_delete]]}",
            "together",
            "file_read(...) and file_delete(...) in one round",
            f"round 1 with {FIRST}, but without file_delete(...): {DELETE} is in round 2",
        ),
        (
            "{together: [▸[{file_read: {path: a.txt}}, {file_read: {limit: 3}}]]}",
            "together",
            'file_read({"path": "a.txt"}) and file_read({"limit": 3}) in one round',
            f'round 1 with {FIRST}, but without file_read({{"limit": 3}}): {NEAREST}',
        ),
        (
            "{together: [▸[web_search, file_read, {file_read: {path: b.txt}}, file_delete]]}",
            "together",
            f"web_search(...) and file_read(...) and {READ} and file_delete(...) in one round",
            f"round 1 with {FIRST} and {READ}, but without web_search(...) and file_delete(...): {NONE}",
        ),
        (
            "{together: [▸[web_search, shell_exec]]}",
            "together",
            "web_search(...) and shell_exec(...) in one round",
            "web_search was not asked for; asked for: file_read, file_delete",
        ),
        (
            "{apart: [▸[file_read, file_read]]}",
            "apart",
            "file_read(...) and file_read(...) in different rounds",
            f'file_read({{"path": "a.txt", "limit": 3}}) and {READ} in round 1',
        ),
        (
            "{apart: [[file_read, file_delete], ▸[{file_read: {path: b.txt}}, {file_read: {limit: 3}}]]}",
            "apart",
            f'{READ} and file_read({{"limit": 3}}) in different rounds',
            f'{READ} and file_read({{"path": "a.txt", "limit": 3}}) in round 1',
        ),
    ],
)
def test_what_is_not_in_order(expect: str, what: str, expected: str, got: str) -> None:
    """What is not in order is one finding for each item, with the calls and their rounds."""
    text, place = marked(expecting(expect, answers="[deny]"))
    assert findings(trace(WORK), text) == [(place, f"turn 1, {what}", expected, got)]


def test_nothing_was_asked_for() -> None:
    """Without any call nothing is together, and everything is apart and in order."""
    text, place = marked(expecting("{before: [[a, b]], together: [▸[a, b]], apart: [[a, b]]}"))
    assert findings(trace(turn()), text) == [
        (place, "turn 1, together", "a(...) and b(...) in one round", "a was not asked for; asked for: no call at all")
    ]


def test_rounds_of_two_turns_are_not_one() -> None:
    """Over the whole case a round is one of its turn, and order goes over turns."""
    came = trace(turn(act(call("a"))), turn(act(call("b"))))
    text = "title: T.\nturns: [{user: Go.}, {user: More.}]\nexpect: EXPECT\n"
    assert findings(came, text.replace("EXPECT", "{before: [[a, b]], apart: [[a, b]]}")) == []
    found = findings(came, text.replace("EXPECT", "{before: [[b, a]], together: [[b, a]]}"))
    assert [one.got for one in found] == [
        "a({}) in turn 1, round 1, before b({}) in turn 2, round 1",
        "turn 1, round 1 with a({}), but without b(...): b({}) is in turn 2, round 1",
    ]


CALLS = st.builds(call, st.sampled_from("ab"), st.dictionaries(st.sampled_from("xy"), st.integers(0, 1)))
ROUNDS = st.lists(st.lists(CALLS, max_size=4), max_size=4)


def holds(expect: dict[str, Any], rounds: list[list[Call]]) -> bool:
    """Return whether rounds of calls are as expected."""
    data = {"title": "T.", "turns": [{"user": "Go.", "expect": expect}]}
    return not findings(trace(turn(*(act(*calls) for calls in rounds))), json.dumps(data))


def said(one: Call) -> dict[str, Any]:
    """Return a call as an expected one."""
    return {one.name: one.arguments}


def is_one(want: Call, got: Call) -> bool:
    """Tell whether a call has the name and at least the arguments of another."""
    return want.name == got.name and (want.arguments or {}).items() <= (got.arguments or {}).items()


@EXAMPLES
@given(CALLS, CALLS, ROUNDS)
def test_before_against_every_pair(early: Call, late: Call, rounds: list[list[Call]]) -> None:
    """Each later call has an earlier one among all that were asked for before it, or the order is a finding."""
    calls = [one for calls in rounds for one in calls]
    right = all(
        any(is_one(early, calls[before]) for before in range(at)) for at, one in enumerate(calls) if is_one(late, one)
    )
    assert holds({"before": [[said(early), said(late)]]}, rounds) == right


@EXAMPLES
@given(st.lists(CALLS, min_size=2, max_size=3), ROUNDS)
def test_together_and_apart_against_every_choice(wanted: list[Call], rounds: list[list[Call]]) -> None:
    """Calls stand together where some choice of different calls of a round fits them, and two are apart elsewhere."""

    def some(expected: list[Call]) -> bool:
        return any(
            all(map(is_one, expected, chosen)) for calls in rounds for chosen in permutations(calls, len(expected))
        )

    assert holds({"together": [list(map(said, wanted))]}, rounds) == some(wanted)
    assert holds({"apart": [list(map(said, wanted[:2]))]}, rounds) == (not some(wanted[:2]))
