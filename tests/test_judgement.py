"""Expectations against what happened: every key holding and failing, with the line it comes from."""

import pytest

from harness.trace import Turn, Usage
from tests.build import DENIED, READ_A, WORK, act, call, checkpoint, expecting, findings, marked, notice, trace, turn

# One passing case for every key


@pytest.mark.parametrize(
    "expect",
    [
        "{}",
        "{calls: {in_order: [file_read]}}",
        "{calls: {in_order: [file_read, file_read, file_delete]}}",
        "{calls: {in_order: [{file_read: {path: a.txt}}, {file_delete: {path: a.txt}, decision: denied}]}}",
        "{calls: {in_order: [{file_read: {path: {matches: '^b'}}, outcome: executed, decision: none}]}}",
        "{calls: {in_order: [{file_delete: , outcome: denied}]}}",
        "{calls: {in_order: [{tool: file_read, arguments: {limit: 3}}]}}",
        "{rounds: 4}",
        "{rounds: {exactly: 4}}",
        "{rounds: {at_least: 4}}",
        "{rounds: {at_most: 4}}",
        "{rounds: {at_least: 1, at_most: 9}}",
        "{notices: 1}",
        "{checkpoints: 1}",
        "{never: [shell_exec, web_search]}",
        "{never: shell_exec}",
        "{offered: [file_delete, web_search, file_read]}",
        "{response: Kept a.txt.}",
        "{response: {equals: Kept a.txt.}}",
        "{response: {contains: Kept, lacks: gone, matches: 'a\\.txt'}}",
        "{response: {contains: [Kept, a.txt], lacks: [gone, deleted], matches: ['^Kept', 'txt\\.$']}}",
        "{stop: final}",
    ],
)
def test_what_holds_is_no_finding(expect: str) -> None:
    """An expectation that the trace meets gives no finding, in a turn and in the whole case alike."""
    assert findings(trace(WORK), expecting(expect, answers="[deny]")) == []
    assert findings(trace(WORK), f"title: T.\nturns: [{{user: Go., answers: [deny]}}]\nexpect: {expect}\n") == []


# One failing case for every key


@pytest.mark.parametrize(
    ("expect", "what", "expected", "got"),
    [
        ("{▸rounds: 3}", "rounds", "3", "4"),
        ("{▸rounds: {exactly: 5}}", "rounds", "5", "4"),
        ("{▸rounds: {at_least: 5}}", "rounds", "at least 5", "4"),
        ("{▸rounds: {at_most: 3}}", "rounds", "at most 3", "4"),
        ("{▸rounds: {at_least: 5, at_most: 6}}", "rounds", "at least 5 and at most 6", "4"),
        ("{▸rounds: 0}", "rounds", "0", "4"),
        ("{▸notices: 0}", "notices", "0", "1"),
        ("{▸notices: {at_least: 2}}", "notices", "at least 2", "1"),
        ("{▸checkpoints: 2}", "checkpoints", "2", "1"),
        ("{▸checkpoints: {at_most: 0}}", "checkpoints", "at most 0", "1"),
        (
            "{▸never: file_read}",
            "never",
            "file_read is never asked for",
            f"file_read({READ_A.raw_arguments}), executed",
        ),
        (
            "{never: [shell_exec, ▸file_delete]}",
            "never",
            "file_delete is never asked for",
            'file_delete({"path": "a.txt"}), denied',
        ),
        ("{▸offered: [web_search, file_read]}", "offered", "web_search, file_read", "also file_delete"),
        (
            "{▸offered: [web_search, file_read, shell_exec]}",
            "offered",
            "web_search, file_read, shell_exec",
            "without shell_exec; also file_delete",
        ),
        (
            "{▸offered: [web_search, file_read, file_delete, shell_exec, rm]}",
            "offered",
            "web_search, file_read, file_delete, shell_exec, rm",
            "without shell_exec, rm",
        ),
        ("{▸offered: []}", "offered", "no tools", "also web_search, file_read, file_delete"),
        ("{▸response: Kept}", "response", "to be 'Kept'", "'Kept a.txt.'"),
        ("{response: {▸equals: ''}}", "response", "to be ''", "'Kept a.txt.'"),
        ("{response: {▸contains: kept}}", "response", "to contain 'kept'", "'Kept a.txt.'"),
        ("{response: {contains: [Kept, ▸kept]}}", "response", "to contain 'kept'", "'Kept a.txt.'"),
        ("{response: {▸lacks: txt}}", "response", "not to contain 'txt'", "'Kept a.txt.'"),
        ("{response: {lacks: [x.t, ▸Kept]}}", "response", "not to contain 'Kept'", "'Kept a.txt.'"),
        ("{response: {▸matches: '^a'}}", "response", "to match /^a/", "'Kept a.txt.'"),
        ("{response: {matches: [Kept, ▸'^a']}}", "response", "to match /^a/", "'Kept a.txt.'"),
        ("{▸stop: max_rounds}", "stop", "max_rounds", "final; write 'stop: final' under expect if that is right"),
        ("{▸stop: cut}", "stop", "cut", "final; write 'stop: final' under expect if that is right"),
        ("{▸stop: unanswered}", "stop", "unanswered", "final; write 'stop: final' under expect if that is right"),
        (
            "{▸stop: error, error: {contains: quota}}",
            "stop",
            "error",
            "final; write 'stop: final' under expect if that is right",
        ),
    ],
)
def test_what_does_not_hold_is_a_finding(expect: str, what: str, expected: str, got: str) -> None:
    """A broken expectation of a turn is one finding at its key, with what was expected and what came."""
    text, place = marked(expecting(expect, answers="[deny]"))
    assert findings(trace(WORK), text) == [(place, f"turn 1, {what}", expected, got)]


@pytest.mark.parametrize(
    ("expect", "what", "expected", "got"),
    [
        ("{▸turns: 1}", "turns", "1", "2"),
        ("{▸turns: {at_least: 3}}", "turns", "at least 3", "2"),
        ("{▸rounds: 6}", "rounds", "6", "5"),
        ("{▸notices: 2}", "notices", "2", "1"),
        ("{▸checkpoints: 0}", "checkpoints", "0", "1"),
        (
            "{never: [▸file_delete]}",
            "never",
            "file_delete is never asked for",
            'file_delete({"path": "a.txt"}), denied',
        ),
        ("{▸offered: []}", "offered", "no tools", "also web_search, file_read, file_delete"),
        ("{response: {▸contains: Kept}}", "response", "to contain 'Kept'", "'Bye.'"),
        (
            "{calls: {in_order: [▸shell_exec]}}",
            "call 1",
            "shell_exec(...)",
            "shell_exec was not asked for; asked for: file_read, file_delete",
        ),
        ("{▸stop: cut}", "turn 2, stop", "cut", "final; write 'stop: final' under expect if that is right"),
    ],
)
def test_the_whole_case_is_judged_too(expect: str, what: str, expected: str, got: str) -> None:
    """Expectations of the case count over all turns, and take the response and the stop of the last."""
    text, place = marked(
        f"title: T.\nturns:\n  - {{user: Go., answers: [deny]}}\n  - {{user: More.}}\nexpect: {expect}\n"
    )
    assert findings(trace(WORK, turn(response="Bye.")), text) == [(place, what, expected, got)]


def test_places_are_the_keys_in_block_style() -> None:
    """A finding points at the line of its key also where the value stands on the lines below."""
    text = """\
title: T.
turns:
  - user: Go.
    answers: [deny]
    expect:
      calls:
        in_order:
          - file_read: {path: a.txt}
          - file_write:
              path: a.txt
            decision: denied
      rounds:
        at_most: 3
      notices:
        exactly: 0
      never:
        - shell_exec
        - file_delete
      offered:
        - file_read
      response:
        contains:
          - Kept
          - deleted
        lacks:
          txt
"""
    places = [(place, what) for place, what, _, _ in findings(trace(WORK), text)]
    assert places == [
        ("9:13", "turn 1, call 2"),
        ("12:7", "turn 1, rounds"),
        ("14:7", "turn 1, notices"),
        ("18:11", "turn 1, never"),
        ("19:7", "turn 1, offered"),
        ("24:13", "turn 1, response"),
        ("25:9", "turn 1, response"),
    ]


# Counts, checkpoints and tokens


ASKED = turn(
    act(DENIED, call("file_read")),
    notice(),
    act(call("file_delete", decision="confirmed"), call("email_send", decision="confirmed", outcome="failed")),
    notice(),
    checkpoints=[
        checkpoint("file_delete"),
        checkpoint("email_send", "file_delete", answer="confirmed", round=3),
    ],
)
"""Two checkpoints, of one denied call and of two confirmed ones."""


@pytest.mark.parametrize(
    "expect",
    [
        "{count: {file_delete: 2, file_read: {at_least: 1}, web_search: 0}}",
        "{count: {file_delete: {exactly: 1, which: executed}, email_send: {at_most: 1, which: executed}}}",
        "{checkpoints: [file_delete, [file_delete, email_send]]}",
        "{checkpoints: [{pending: file_delete, round: 1, answer: denied}, {round: 3, answer: confirmed}]}",
        "{checkpoints: [{}, {}]}",
    ],
)
def test_counts_and_checkpoints_that_are_as_expected(expect: str) -> None:
    """Counts and checkpoints that are as expected are no finding, in a turn and in the whole case alike."""
    assert findings(trace(ASKED), expecting(expect, answers="[deny, confirm]")) == []
    whole = f"title: T.\nturns: [{{user: Go., answers: [deny, confirm]}}]\nexpect: {expect}\n"
    assert findings(trace(ASKED), whole) == []


SECOND = "email_send, file_delete in round 3, confirmed"
BOTH = f"none like it; there are: file_delete in round 1, denied; {SECOND}"


@pytest.mark.parametrize(
    ("expect", "found"),
    [
        ("{count: {▸file_delete: 1}}", [("count, file_delete", "1 asked for", "2, the last in round 3")]),
        (
            "{count: {▸file_delete: {at_least: 2, which: executed}}}",
            [("count, file_delete", "at least 2 executed", "1, the last in round 3")],
        ),
        ("{count: {▸web_search: {at_least: 1}}}", [("count, web_search", "at least 1 asked for", "0")]),
        ("{checkpoints: [file_delete, ▸file_delete]}", [("checkpoint 2", "file_delete", SECOND)]),
        (
            "{checkpoints: [▸{pending: file_delete, round: 2}, {answer: confirmed}]}",
            [("checkpoint 1", "file_delete in round 2", "file_delete in round 1, denied")],
        ),
        ("{checkpoints: [{}, ▸{answer: unanswered}]}", [("checkpoint 2", "any calls, unanswered", SECOND)]),
        ("{▸checkpoints: [file_delete]}", [("checkpoints", "1", f"2: {SECOND} is not among those expected")]),
        ("{checkpoints: [file_delete, ▸file_write, {answer: confirmed}]}", [("checkpoint 2", "file_write", BOTH)]),
        (
            "{▸checkpoints: []}",
            [
                ("checkpoints", "0", "2: file_delete in round 1, denied is not among those expected"),
                ("checkpoints", "0", f"2: {SECOND} is not among those expected"),
            ],
        ),
    ],
)
def test_counts_and_checkpoints_that_are_not(expect: str, found: list[tuple[str, str, str]]) -> None:
    """A wrong count is a finding at its tool, a wrong checkpoint at its item, one too many at the key."""
    text, place = marked(expecting(expect, answers="[deny, confirm]"))
    assert findings(trace(ASKED), text) == [(place, f"turn 1, {what}", expected, got) for what, expected, got in found]


def test_checkpoints_in_another_order() -> None:
    """Checkpoints are expected in their order, so that the other way round each is missing or too many."""
    text = expecting("{checkpoints: [[file_delete, email_send], file_delete, web_search]}", answers="[deny, confirm]")
    first = "file_delete in round 1, denied"
    assert [found[1:] for found in findings(trace(ASKED), text)] == [
        ("turn 1, checkpoint 1", "file_delete, email_send", f"none like it; there are: {first}; {SECOND}"),
        ("turn 1, checkpoint 3", "web_search", f"none like it; there are: {first}; {SECOND}"),
        ("turn 1, checkpoints", "3", f"2: {SECOND} is not among those expected"),
    ]


def test_checkpoints_of_the_whole_case() -> None:
    """Over the whole case a checkpoint has its turn as well."""
    came = trace(turn(), turn(act(DENIED), notice(), checkpoints=[checkpoint("file_delete")]))
    text = "title: T.\nturns: [{user: Go.}, {user: More., answers: [deny]}]\nexpect: {checkpoints: [CHECKPOINT]}\n"
    assert findings(came, text.replace("CHECKPOINT", "{pending: file_delete, turn: 2, round: 1}")) == []
    marked_text, place = marked(text.replace("CHECKPOINT", "▸{turn: 1}"))
    assert findings(came, marked_text) == [
        (place, "checkpoint 1", "any calls in turn 1", "file_delete in turn 2, round 1, denied")
    ]
    without = text.replace("CHECKPOINT", "file_delete").replace(", answers: [deny]", "")
    assert [found.got for found in findings(trace(turn(), turn()), without)] == ["none like it; there are: none"]


def costing(*tokens: tuple[int, int] | None) -> Turn:
    """Return a turn with a round for each pair of tokens, of the request and the reply."""
    usage = [Usage(prompt_tokens=one[0], completion_tokens=one[1]) if one else None for one in tokens]
    return turn(*(act().model_copy(update={"usage": one}) for one in usage))


@pytest.mark.parametrize(
    ("expect", "found"),
    [
        ("{tokens: 160}", []),
        ("{tokens: {at_most: 160}}", []),
        ("{tokens: {total: 160, prompt: 150, completion: {at_least: 10}}}", []),
        ("{▸tokens: {at_most: 159}}", [("tokens", "at most 159", "160")]),
        ("{▸tokens: 10}", [("tokens", "10", "160")]),
        ("{tokens: {▸total: 10}}", [("tokens, total", "10", "160")]),
        ("{tokens: {total: 160, ▸prompt: {at_most: 9}}}", [("tokens, prompt", "at most 9", "150")]),
        ("{tokens: {▸completion: {at_least: 11}, prompt: 150}}", [("tokens, completion", "at least 11", "10")]),
    ],
)
def test_tokens(expect: str, found: list[tuple[str, str, str]]) -> None:
    """Tokens are those of all rounds, in all or of requests and replies each."""
    text, place = marked(expecting(expect)) if found else (expecting(expect), "")
    assert findings(trace(costing((100, 7), (50, 3))), text) == [
        (place, f"turn 1, {one[0]}", *one[1:]) for one in found
    ]


@pytest.mark.parametrize(
    ("tokens", "got"),
    [
        ([(1, 1), None], "no number: the provider said none for round 2"),
        ([None, (1, 1), None], "no number: the provider said none for round 1 and 1 more"),
        ([None, None, (1, 1), None], "no number: the provider said none for round 1 and 2 more"),
    ],
)
def test_tokens_that_nobody_said(tokens: list[tuple[int, int] | None], got: str) -> None:
    """Where the provider said no tokens for some round, nothing is added up, and that is the finding."""
    text, place = marked(expecting("{▸tokens: {total: {at_most: 9}, prompt: 3}}"))
    assert findings(trace(costing(*tokens)), text) == [(place, "turn 1, tokens", "total at most 9, prompt 3", got)]
    assert findings(trace(costing()), expecting("{tokens: 2}")) == [
        ("5:14", "turn 1, tokens", "2", "no number: the provider said none for round 1")
    ]
    whole = "title: T.\nturns: [{user: Go.}, {user: More.}]\nexpect: {tokens: 2}\n"
    assert [found.got for found in findings(trace(costing((1, 1)), costing((1, 1), None)), whole)] == [
        "no number: the provider said none for turn 2, round 2"
    ]


# Files, state, and where an expectation holds

FILES = """\
title: T.
module: bank.py
workspace: {old.txt: draft, b.txt: B}
turns: [{user: Go., expect: @}, {user: And?, expect: @@}]
expect: @@@
"""
LEFT = (
    turn(workspace={"old.txt": None, "new.txt": "one\ntwo\n"}, state={"n": 1, "to": {"a": 1, "b": 2}}),
    turn(workspace={"b.txt": "BB"}, state={"n": 2, "to": {"a": 1, "b": 2}}),
)
"""The first turn removes a file and writes one, the second writes over another."""


def filed(first: str = "{}", second: str = "{}", whole: str = "{}") -> str:
    """Return a scenario of two turns over files and a state, with these expectations."""
    return FILES.replace("@@@", whole).replace("@@", second).replace("@", first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{workspace: {b.txt: B}}", "{workspace: {b.txt: BB}}"),
        ("{workspace: {old.txt: {absent: true}}}", "{workspace: {old.txt: {absent: true}, nowhere: {absent: true}}}"),
        ("{workspace: {new.txt: {present: true}}}", "{workspace: {new.txt: {contains: [one, two], lacks: three}}}"),
        ("{workspace: {new.txt: {matches: '^two$|e\\n'}}}", '{workspace: {new.txt: {equals: "one\\ntwo\\n"}}}'),
        ("{state: {n: 1}}", "{state: {n: 2}}"),
        ("{state: {to: {a: 1}}}", "{state: {to: {b: 2}, n: 2}}"),
    ],
)
def test_files_and_state_that_are_as_expected(first: str, second: str) -> None:
    """Files and state are as each turn left them, and at the end as the last one did."""
    assert findings(trace(*LEFT), filed(first, second, second)) == []


@pytest.mark.parametrize(
    ("expect", "what", "expected", "got"),
    [
        ("{workspace: {▸b.txt: B}}", "workspace, b.txt", "to be 'B'", "'BB'"),
        ("{workspace: {b.txt: {▸equals: ''}}}", "workspace, b.txt", "to be ''", "'BB'"),
        ("{workspace: {b.txt: {▸absent: true}}}", "workspace, b.txt", "not to be there", "'BB'"),
        ("{workspace: {b.txt: {contains: [B, ▸C]}}}", "workspace, b.txt", "to contain 'C'", "'BB'"),
        ("{workspace: {b.txt: {present: true, ▸lacks: B}}}", "workspace, b.txt", "not to contain 'B'", "'BB'"),
        ("{workspace: {b.txt: {▸matches: '^.$'}}}", "workspace, b.txt", "to match /^.$/", "'BB'"),
        (
            "{workspace: {▸old.txt: {present: true}}}",
            "workspace, old.txt",
            "to be there",
            "no such file; there are: b.txt, new.txt",
        ),
        (
            "{workspace: {▸old.txt: {contains: x, lacks: y}}}",
            "workspace, old.txt",
            "to be there",
            "no such file; there are: b.txt, new.txt",
        ),
        ("{state: {▸n: 1}}", "state, n", "1", "2"),
        ("{state: {▸n: '2'}}", "state, n", '"2"', "2"),
        ("{state: {▸n: true}}", "state, n", "true", "2"),
        ("{state: {n: 2, ▸m: null}}", "state, m", "null", "nothing"),
        ("{state: {▸to: {a: 2}}}", "state, to", '{"a": 2}', '{"a": 1, "b": 2}'),
        ("{state: {▸to: {a: {matches: '1'}}}}", "state, to", '{"a": {"matches": "1"}}', '{"a": 1, "b": 2}'),
    ],
)
def test_files_and_state_that_are_not(expect: str, what: str, expected: str, got: str) -> None:
    """A file or a state that is left otherwise is one finding at its key, in its turn and at the end."""
    text, place = marked(filed(second=expect))
    assert findings(trace(*LEFT), text) == [(place, f"turn 2, {what}", expected, got)]
    text, place = marked(filed(whole=expect))
    assert findings(trace(*LEFT), text) == [(place, what, expected, got)]


def test_no_files_are_left() -> None:
    """Where a workspace is left empty, a file that is missing says so."""
    text = "{title: T., workspace: {}, turns: [{user: Go., expect: {workspace: {a: A}}}]}"
    assert [got for *_, got in findings(trace(turn(workspace={})), text)] == ["no such file; there are: none"]


def test_a_response_that_is_not_there_says_so() -> None:
    """A missing response and an empty one are told apart."""
    text = expecting("{response: {contains: a}}", answers="[]")
    gots = [findings(trace(turn(act(READ_A), response=response)), text)[0][3] for response in (None, "")]
    assert gots == ["no response", "an empty text"]
