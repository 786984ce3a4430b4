"""A trace is judged against its scenario: errors, known failures, scores, and where expectations hold."""

from datetime import date

import pytest

from harness.check import Replay, Score, Scores, Verdict, judge
from harness.finding import Finding
from harness.trace import Failure, Trace
from tests.build import (
    CASE,
    READ_A,
    SCENARIO,
    WORK,
    act,
    checkpoint,
    expecting,
    findings,
    marked,
    scenario,
    trace,
    turn,
)


def test_a_verdict_is_plain_data() -> None:
    """A failed verdict holds the case and each finding with its whole place."""
    assert judge(trace(turn()), scenario(expecting("{rounds: 2}", answers="[]"))) == Verdict(
        case=CASE,
        status="failed",
        findings=(Finding(place=f"{SCENARIO}:5:14", what="turn 1, rounds", expected="2", got="1"),),
        error=None,
        place=f"{SCENARIO}:1:1",
    )


def test_nothing_expected_is_a_final_text() -> None:
    """A scenario without expectations passes where each turn ends with its final text."""
    assert findings(trace(turn()), "{title: T., turns: [{user: Go.}]}") == []


def test_turns_that_were_not_reached_are_one_finding() -> None:
    """The first turn that never began is a finding that says what the turn before it ended with."""
    came = turn(stop="unanswered", checkpoints=[checkpoint("file_delete", answer=None)])
    text, place = marked(
        """
        title: T.
        turns:
          - user: Go.
            expect: {stop: unanswered}
          - ▸user: More.
          - user: Even more.
        """
    )
    assert findings(trace(came), text) == [
        (place, "turn 2", "to be reached", "turn 1 ended with 'unanswered', so it never began")
    ]


def test_more_turns_than_the_scenario_has_are_a_finding() -> None:
    """A stored trace with more turns than its scenario has by now is judged, and not a crash."""
    text, place = marked("title: T.\n▸turns: [{user: Go.}]\n")
    got = "2 turns; the trace is of another version of the scenario"
    assert findings(trace(turn(), turn(stop="cut")), text) == [(place, "turns", "1 turn", got)]


# Errors


QUOTA = Failure(kind="model", message="You exceeded your quota.")
BROKEN = turn(act(READ_A), response=None, stop="error")


@pytest.mark.parametrize("kind", ["model", "loop", "missing", "stale", "overrun", "unreadable", "input", "unsafe"])
def test_an_unexpected_error_cannot_be_judged(kind: str) -> None:
    """A case that ended with an error gets the verdict `error` with its message, and no findings."""
    came = trace(BROKEN, error=Failure(kind=kind, message="It broke."))
    assert judge(came, scenario(expecting("{rounds: 9}")), Replay(unplayed=3)) == Verdict(
        case=CASE,
        place=f"{SCENARIO}:1:1",
        status="error",
        findings=(),
        error="It broke.",
        replay=Replay(unplayed=3),
    )


@pytest.mark.parametrize(
    "expect",
    [
        "{stop: error}",
        "{stop: error, error: You exceeded your quota.}",
        "{stop: error, error: {contains: [quota, exceeded], lacks: key, matches: '^You'}}",
        "{stop: error, rounds: 1, calls: {in_order: [file_read]}}",
    ],
)
def test_an_expected_error_is_judged(expect: str) -> None:
    """A case whose last turn should end with an error of the endpoint's is judged like any other."""
    assert findings(trace(BROKEN, error=QUOTA), expecting(expect, answers="[]")) == []
    assert findings(trace(BROKEN, error=QUOTA), f"title: T.\nturns: [{{user: Go.}}]\nexpect: {expect}\n") == []


@pytest.mark.parametrize(
    ("expect", "expected"),
    [
        ("{stop: error, ▸error: quota}", "to be 'quota'"),
        ("{stop: error, error: {▸contains: key}}", "to contain 'key'"),
        ("{stop: error, error: {contains: [quota, ▸key]}}", "to contain 'key'"),
        ("{stop: error, error: {▸lacks: quota}}", "not to contain 'quota'"),
        ("{stop: error, error: {▸matches: '^quota'}}", "to match /^quota/"),
    ],
)
def test_the_words_of_an_error_count(expect: str, expected: str) -> None:
    """An expected error with other words is a finding with the endpoint's own."""
    text, place = marked(expecting(expect, answers="[]"))
    assert findings(trace(BROKEN, error=QUOTA), text) == [
        (place, "turn 1, error", expected, "'You exceeded your quota.'")
    ]


@pytest.mark.parametrize("kind", ["loop", "missing", "stale", "overrun", "unreadable"])
def test_only_the_endpoints_errors_can_be_expected(kind: str) -> None:
    """A crash of the loop or a stale cassette is an error also where an error is expected."""
    came = trace(BROKEN, error=Failure(kind=kind, message="It broke."))
    assert judge(came, scenario(expecting("{stop: error}"))).status == "error"


def test_an_error_in_an_earlier_turn_was_not_expected() -> None:
    """An error that is expected in the second turn is none that may come in the first."""
    text = "title: T.\nturns: [{user: Go.}, {user: More., expect: {stop: error}}]\n"
    assert judge(trace(BROKEN, error=QUOTA), scenario(text)) == Verdict(
        case=CASE, place=f"{SCENARIO}:1:1", status="error", findings=(), error="You exceeded your quota."
    )
    assert judge(trace(turn(), BROKEN, error=QUOTA), scenario(text)).status == "passed"


# The cassette


def test_exchanges_that_were_not_played_are_a_finding() -> None:
    """Recorded requests that the loop did not make are a finding, behind all others."""
    text, place = marked("title: T.\n▸turns:\n  - user: Go.\n    expect: {rounds: 2}\n")
    assert findings(trace(turn()), text, unplayed=2) == [
        ("4:14", "turn 1, rounds", "2", "1"),
        (
            place,
            "the cassette",
            "all recorded requests to be made",
            "2 fewer; record the case again if that is right",
        ),
    ]


# Known failures


KNOWN = "{reason: slow, until: 2026-03-01}"
ANY = "{reason: all, until: 2026-03-01}"
LAST, AFTER = date(2026, 3, 1), date(2026, 3, 2)


def verdict(text: str, today: date | None = LAST, *, came: Trace | None = None) -> Verdict:
    """Return the verdict on a turn with one round, or on another trace."""
    return judge(came or trace(turn()), scenario(text), today=today)


@pytest.mark.parametrize(
    ("text", "status", "known"),
    [
        (expecting(f"{{rounds: 2, known: {KNOWN}}}"), "known", ["slow"]),
        (expecting(f"{{rounds: 2, notices: 1, known: {KNOWN}}}"), "known", ["slow", "slow"]),
        (expecting(f"[{{rounds: 2, known: {KNOWN}}}, {{notices: 1}}]"), "failed", ["slow", None]),
        (expecting(f"{{rounds: 2}}\nknown: {KNOWN}"), "known", ["slow"]),
        (expecting(f"{{rounds: 2}}\nexpect: {{notices: 1, known: {KNOWN}}}"), "failed", [None, "slow"]),
        (expecting(f"{{rounds: 2}}\nknown: [{{reason: odd, until: 2026-03-01}}, {KNOWN}]"), "known", ["odd"]),
        (
            expecting(
                f"{{rounds: 2, known: {KNOWN}}}\nknown: {{reason: all, until: 2026-03-01}}\nexpect: {{notices: 1}}"
            ),
            "known",
            ["slow", "all"],
        ),
        (expecting(f"{{rounds: 2}}\nknown: {KNOWN[:-1]}, for: {{role: chat}}}}"), "known", ["slow"]),
        (expecting(f"{{rounds: 2}}\nknown: {KNOWN[:-1]}, for: {{role: files}}}}"), "failed", [None]),
        (expecting(f"[{{for: {{role: files}}, known: {KNOWN}}}, {{rounds: 2}}]"), "failed", [None]),
        (
            expecting("{rounds: 1}", answers="[deny]").replace("expect: {", f"expect: {{known: {KNOWN}, "),
            "failed",
            [None],
        ),
        (expecting("{rounds: 1}", answers="[deny]") + f"known: {KNOWN}\n", "known", ["slow"]),
        (expecting(f"{{rounds: 1}}\nexpect: [{{rounds: 1}}, {{rounds: 2, known: {KNOWN}}}]"), "known", ["slow"]),
        (expecting(f"{{stop: cut, known: {KNOWN}}}"), "known", ["slow"]),
        (expecting(f"[{{stop: cut}}, {{rounds: 2, known: {KNOWN}}}]"), "failed", [None, "slow"]),
    ],
)
def test_what_is_known_to_fail_does_not_count(text: str, status: str, known: list[str | None]) -> None:
    """A known failure marks the findings of its expectation, or of all; a case of which all are known is known."""
    came = verdict(text)
    assert (came.status, [one.known for one in came.findings], came.error) == (status, known, None)
    assert verdict(text, None) == came
    assert status == "failed" or came.notes == ()


def test_an_ending_that_nobody_said_may_be_known() -> None:
    """Where no expectation says how a turn ends, a known one knows that it does not end with a final text."""
    came = trace(turn(stop="max_rounds"))
    text = expecting(f"[{{never: a}}, {{rounds: 2, known: {KNOWN}}}]")
    assert [one.known for one in verdict(text, came=came).findings] == ["slow", "slow"]
    text = expecting(f"[{{stop: final}}, {{rounds: 2, known: {KNOWN}}}]")
    assert [one.known for one in verdict(text, came=came).findings] == [None, "slow"]


PASSED = "known until 2026-03-01, which has passed; mend it or give a later date"


@pytest.mark.parametrize(
    "text",
    [
        expecting(f"{{rounds: 2, ▸known: {KNOWN}}}"),
        expecting(f"[{{notices: 1}}, {{rounds: 2, ▸known: {KNOWN}}}]"),
        expecting(f"{{rounds: 2}}\n▸known: {KNOWN}"),
        expecting(f"{{rounds: 2}}\nknown: [▸{KNOWN}]"),
        expecting(f"{{rounds: 2, known: {{reason: a, until: 2027-01-01}}}}\n▸known: {KNOWN}"),
    ],
)
def test_a_failure_is_known_until_its_day(text: str) -> None:
    """After its last day a failure that is still there is an error, at the place where it is said to be known."""
    text, place = marked(text)
    assert verdict(text).status != "error"
    came = verdict(text, AFTER)
    assert (came.status, came.error) == ("error", f"{SCENARIO}:{place}: {PASSED}")
    assert [one.what for one in came.findings] == [one.what for one in verdict(text).findings]
    assert "slow" not in [one.known for one in came.findings]


def test_every_day_that_has_passed_is_told() -> None:
    """Each known failure whose day has passed has its own line."""
    text = expecting(f"{{rounds: 2, known: {KNOWN}}}\nknown: {KNOWN}")
    assert verdict(text, AFTER).error == f"{SCENARIO}:5:25: {PASSED}\n{SCENARIO}:6:1: {PASSED}"


@pytest.mark.parametrize("today", [None, LAST, AFTER])
@pytest.mark.parametrize(
    "text",
    [
        expecting(f"{{rounds: 1, ▸known: {KNOWN}}}"),
        expecting(f"[{{rounds: 1, ▸known: {KNOWN}}}, {{rounds: 1}}]"),
        expecting(f"{{rounds: 1}}\n▸known: {KNOWN}"),
        expecting(f"{{rounds: 1}}\nknown: [▸{KNOWN}]"),
    ],
)
def test_what_no_longer_fails_is_noted(text: str, today: date | None) -> None:
    """A known failure that is no longer there is noted with its place, also after its day, and fails nothing."""
    text, place = marked(text)
    came = verdict(text, today)
    assert (came.status, came.notes) == ("passed", (f"{SCENARIO}:{place}: this no longer fails: remove 'known'",))


@pytest.mark.parametrize(
    ("text", "came"),
    [
        (expecting(f"{{for: {{role: files}}, rounds: 1, known: {KNOWN}}}"), trace(turn())),
        (expecting(f"{{}}\nknown: {KNOWN[:-1]}, for: {{role: files}}}}"), trace(turn())),
        (expecting(f"{{}}\n  - {{user: More., expect: {{known: {KNOWN}}}}}"), trace(turn())),
        (expecting(f"{{known: {KNOWN}}}"), trace(turn(stop="error"), error=Failure(kind="stale", message="Old."))),
    ],
)
def test_nothing_is_noted_of_what_was_not_judged(text: str, came: Trace) -> None:
    """Nothing is said to fail no longer that does not apply, was not reached or could not be judged."""
    assert verdict(text, came=came).notes == ()


# Reference paths


def score(precision: float, recall: float, f1: float) -> Score:
    """Return how near calls come to a reference path."""
    return Score(precision=precision, recall=recall, f1=f1)


@pytest.mark.parametrize(
    ("reference", "in_order", "any_order"),
    [
        ("[file_read, file_read, file_delete]", score(1, 1, 1), score(1, 1, 1)),
        ("{match: exact, calls: [{file_read: {path: b.txt}}]}", score(1 / 3, 1, 0.5), score(1 / 3, 1, 0.5)),
        ("{match: exact, calls: [{file_read: {path: a.txt}}]}", score(0, 0, 0), score(0, 0, 0)),
        ("[file_delete, file_read]", score(1 / 3, 0.5, 0.4), score(2 / 3, 1, 0.8)),
        ("[web_search]", score(0, 0, 0), score(0, 0, 0)),
        ("[]", score(0, 0, 0), score(0, 0, 0)),
        ("[{file_delete: , decision: denied}, a, b, c, d, e]", score(1 / 3, 1 / 6, 2 / 9), score(1 / 3, 1 / 6, 2 / 9)),
    ],
)
def test_a_reference_path_is_scored(reference: str, in_order: Score, any_order: Score) -> None:
    """The calls of all turns are scored against the reference, which fails no case."""
    text = f"title: T.\nturns: [{{user: Go., answers: [deny]}}]\nreference: {reference}\n"
    came = verdict(text, came=trace(WORK))
    assert (came.status, came.scores) == ("passed", Scores(in_order=in_order, any_order=any_order))


def test_nothing_agrees_with_nothing() -> None:
    """Without calls an empty reference is met, and without a reference there is no score."""
    one = score(1, 1, 1)
    assert verdict("title: T.\nturns: [{user: Go.}]\nreference: []\n").scores == Scores(in_order=one, any_order=one)
    assert verdict("title: T.\nturns: [{user: Go.}]\n").scores is None


# Where an expectation holds


AT = "area/name@careful/files+readonly~persona=terse"


@pytest.mark.parametrize(
    ("scope", "holds"),
    [
        ("{}", True),
        ("{role: files}", True),
        ("{role: [chat, files]}", True),
        ("{role: chat}", False),
        ("{model: careful}", True),
        ("{model: [hasty]}", False),
        ("{tools: readonly}", True),
        ("{tools: [all, none]}", False),
        ("{role: files, model: careful, tools: readonly}", True),
        ("{role: files, model: hasty}", False),
        ("{role: readonly}", False),
        ("{tools: terse}", False),
    ],
)
def test_where_an_expectation_holds(scope: str, holds: bool) -> None:
    """An expectation is looked at where each of role, model and tool list is among those it names."""
    came = trace(turn(), case_id=AT).model_copy(update={"variant": AT.partition("/")[2].partition("/")[2]})
    expect = f"expect: {{for: {scope}, rounds: 9}}"
    for text in (f"turns: [{{user: Go., {expect}}}]", f"turns: [{{user: Go.}}]\n{expect}"):
        verdict = judge(came, scenario(f"title: T.\n{text}\n"))
        assert [found.expected for found in verdict.findings] == ["9"] * holds


def test_all_expectations_that_hold_are_looked_at() -> None:
    """Of several expectations all that apply count, each finding at its own line."""
    text = """\
title: T.
turns:
  - user: Go.
    expect:
      - {rounds: 2}
      - {for: {role: chat}, rounds: 3}
      - {for: {role: files}, rounds: 4}
      - for: {model: careful, tools: all}
        never: [shell_exec]
        notices: 5
expect:
  - {for: {model: hasty}, rounds: 6}
  - {for: {model: [careful, hasty]}, turns: 7}
"""
    assert findings(trace(turn()), text) == [
        ("5:10", "turn 1, rounds", "2", "1"),
        ("6:29", "turn 1, rounds", "3", "1"),
        ("10:9", "turn 1, notices", "5", "0"),
        ("13:38", "turns", "7", "1"),
    ]


def test_stops_of_several_expectations() -> None:
    """Every expectation that applies and says how the turn ends is held to it, and no other."""
    text = """\
title: T.
turns:
  - user: Go.
    expect:
      - {stop: max_rounds}
      - {for: {role: chat}, stop: final}
      - {for: {role: files}, stop: cut}
expect: [{rounds: 1}, {for: {model: careful}, stop: max_rounds}]
"""
    ended = turn(stop="max_rounds")
    said = "max_rounds; write 'stop: max_rounds' under expect if that is right"
    assert findings(trace(ended), text) == [("6:29", "turn 1, stop", "final", said)]


def test_nothing_applies() -> None:
    """Where no expectation applies, a turn should end with a final text, and that is all."""
    text = "{title: T., turns: [{user: Go., expect: [{for: {role: files}, stop: cut, rounds: 9}]}]}"
    assert findings(trace(turn()), text) == []
    assert [what for _, what, *_ in findings(trace(turn(stop="cut")), text)] == ["turn 1, stop"]
