"""A report reads as text that fits, says what was cut, and cannot steer a terminal."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.check import Replay, Score, Scores
from harness.report import Against, Report, Told, build
from harness.terminal import Style
from harness.textual import render
from harness.trace import Anomaly, dumps
from tests.build import (
    CASE,
    EXAMPLES,
    HOSTILE,
    SCENARIO,
    act,
    call,
    change,
    compared,
    finding,
    told,
    trace,
    turn,
)

PLAIN, COLOURED = Style(), Style(colour=True)
COLOUR = re.compile(r"\x1b\[[0-9]+m")
LINE = f"{SCENARIO}:7:5"


def anomaly(detail: str, *, call: int | None = None) -> Anomaly:
    """Return an anomaly of the first round."""
    return Anomaly(kind="repeated_id", turn=1, round=1, call=call, detail=detail)


def report(*cases: Told, against: Against | None = None, advice: Sequence[str] = (), done: str = "replayed") -> Report:
    """Return what is told of a run of these cases."""
    return build(done, cases, against=against, advice=advice, figured=False)


def lines(*cases: Told, width: int = 160, quiet: bool = False) -> list[str]:
    """Return what is told of a run of these cases before its summary."""
    return render(report(*cases), PLAIN, width, quiet=quiet).rpartition("\n\n")[0].splitlines()


# The cases


def mixed() -> Report:
    """Return three cases: one that passed, one with findings and anomalies, one without a cassette."""
    odd = trace(
        turn(act(call("file_read"), call("file_read")), act(text="Done.")),
        anomalies=[anomaly("web_fetch comes under the id of an earlier call: a", call=2), anomaly("two\nlines")],
    )
    findings = finding(), finding("'first\nsecond'", expected="to contain 'x'", what="response")
    return report(
        told(),
        told("failed", *findings, of="area/odd_one@careful/chat+all", came=odd),
        told(
            "error",
            of="area/lost@careful/chat+all",
            error="cassettes/x.yaml: nothing is recorded",
            advice="record it, at least 1 request: harness record area/lost role=files",
        ),
    )


def test_table_has_notes_below_each_case() -> None:
    """Findings, anomalies and errors stand indented below their case, each on one line, in the order of the plan."""
    assert render(mixed(), PLAIN, 160, seconds=5.94).splitlines() == [
        "case                           verdict    rounds    calls    checkpoints",
        "-----------------------------  ---------  --------  -------  -------------",
        "area/name@careful/chat+all     passed     1         0        0",
        "area/odd_one@careful/chat+all  failed     2         2        0",
        f"    {LINE}: turn 1, rounds: expected 3, got 4",
        f"    {LINE}: response: expected to contain 'x', got 'first\\nsecond'",
        "    anomaly: turn 1, round 1, call 2: web_fetch comes under the id of an earlier call: a",
        "    anomaly: turn 1, round 1: two\\nlines",
        "area/lost@careful/chat+all     error      1         0        0",
        "    cassettes/x.yaml: nothing is recorded",
        "    record it, at least 1 request: harness record area/lost role=files",
        "",
        "3 cases replayed in 5.9 s: 1 passed, 1 failed, 1 error, 1 with anomalies",
    ]


def test_colours_are_only_on_what_stands_out() -> None:
    """With colours the text is the same but for the head, the verdicts and the notes, each of which ends its own."""
    coloured = render(mixed(), COLOURED, 160)
    assert COLOUR.sub("", coloured) == render(mixed(), PLAIN, 160)
    shown = coloured.splitlines()
    assert shown[0] == "\x1b[1mcase                           verdict    rounds    calls    checkpoints\x1b[0m"
    assert shown[2] == "area/name@careful/chat+all     \x1b[32mpassed\x1b[0m     1         0        0"
    assert shown[3] == "area/odd_one@careful/chat+all  \x1b[31mfailed\x1b[0m     2         2        0"
    assert shown[4].startswith("    \x1b[31mscenarios/")
    assert shown[6].startswith("    \x1b[33manomaly")
    assert shown[8] == "area/lost@careful/chat+all     \x1b[31merror\x1b[0m      1         0        0"
    assert shown[-1] == "3 cases replayed: 1 passed, \x1b[31m1 failed\x1b[0m, \x1b[31m1 error\x1b[0m, 1 with anomalies"


def test_a_case_that_passed_is_one_line() -> None:
    """A case with nothing to say is one line, and none where only those with something to say are wanted."""
    assert len(lines(told())) == 3
    assert lines(told(), quiet=True) == []


def test_every_line_of_an_error_is_indented() -> None:
    """Below an error stands its message, each line indented."""
    assert lines(told("error", error="Two\nlines."))[3:] == ["    Two", "    lines."]


def test_known_failures_and_notes_say_why() -> None:
    """A finding that is known says so with its reason, and notes stand behind it."""
    shown = lines(told("known", finding(known="it asks twice"), notes=["f.yaml:3:1: known to fail, but it passes"]))
    assert shown[2:] == [
        f"{CASE}  known      1         0        0",
        f"    {LINE}: turn 1, rounds: expected 3, got 4; known: it asks twice",
        "    f.yaml:3:1: known to fail, but it passes",
    ]


def test_a_case_id_is_one_line() -> None:
    """An override with a line feed or an escape sequence in it, which is part of the id, breaks no table."""
    odd = f'{CASE}~role.overlay="a\n\x1b[31mb"'
    shown = lines(told(of=odd, column="careful/chat+all"), told())
    assert [line.split("  ")[0] for line in shown[2:]] == [
        'area/name@careful/chat+all~role.overlay="a\\n\\x1b[31mb"',
        CASE,
    ]


@pytest.mark.parametrize("status", ["failed", "error"])
def test_a_megabyte_does_not_flood_the_terminal(status: str) -> None:
    """A finding or an error with a huge text is cut, and says how much was cut."""
    huge = "x" * 1_000_000
    one = told("failed", finding(huge)) if status == "failed" else told("error", error=huge)
    text = render(report(one), PLAIN, 80)
    assert len(text) < 10_000
    assert re.search(r"\.\.\. \(\+99\d{4}\)", text)


@EXAMPLES
@given(st.lists(HOSTILE, min_size=9, max_size=9), st.sampled_from([60, 160]))
def test_no_text_steers_the_terminal(texts: list[str], width: int) -> None:
    """Whatever a model writes, what is told holds printable characters, and only cases begin in its first column."""
    what, expected, got, detail, message, drift, before, after, reason = texts
    odd = trace(turn(), anomalies=[anomaly(detail)])
    changes = [
        change(dumps(before), dumps(after), got),
        change(None, after, got, "calls"),
        change(before, None, got, "calls"),
    ]
    failed = told(
        "failed",
        finding(got, expected=expected, what=what, known=reason),
        came=odd,
        notes=[reason],
        replay=Replay(drift=(drift,)),
        against=compared("newly failing", *changes, regressed=True),
    )
    whole = report(failed, told("error", error=message, advice=got), against=Against(reason, (before,)), advice=[after])
    text = render(whole, PLAIN, width)
    assert text.replace("\n", "").isprintable()
    assert COLOUR.sub("", render(whole, COLOURED, width)) == text
    head = 2 if width == 160 else 5
    first = [line for line in text.rpartition("\n\n")[0].split("\n")[head:] if not line.startswith("    ")]
    name = CASE if width == 160 else "area/name"
    assert [line.split("  ")[0] for line in first] == [name, name]


def lost(name: str, why: str, further: int = 0) -> Told:
    """Return a case that cannot be replayed."""
    return told("error", of=f"area/{name}@m/r+t", error=f"{name}: {why}", replay=Replay(reason=why, further=further))


def test_cases_that_miss_for_one_reason_share_a_line() -> None:
    """The reason stands once, with at most three of its cases; another's stays below its own."""
    cases = [lost(name, "nothing is recorded", at) for at, name in enumerate("abcd")]
    assert lines(lost("e", "stale"), *cases) == [
        "case          verdict    rounds    calls    checkpoints",
        "------------  ---------  --------  -------  -------------",
        "area/e@m/r+t  error      1         0        0",
        "    e: stale",
        "",
        "4 cases: nothing is recorded (and up to 3 further differences)",
        "    area/a@m/r+t, area/b@m/r+t, area/c@m/r+t and 1 more",
    ]


def test_cases_that_drift_for_one_reason_share_a_line() -> None:
    """A difference from the recording that several cases begin with stands once, another below its case."""
    same = [told(of=f"area/{name}@m/r+t", replay=Replay(drift=("the prompt",))) for name in "ab"]
    assert lines(*same, told(of="area/c@m/r+t", replay=Replay(drift=("the tools", "the prompt")))) == [
        "case          verdict          rounds    calls    checkpoints",
        "------------  ---------------  --------  -------  -------------",
        "area/a@m/r+t  passed, drifted  1         0        0",
        "area/b@m/r+t  passed, drifted  1         0        0",
        "area/c@m/r+t  passed, drifted  1         0        0",
        "    drifted: the tools",
        "    drifted: the prompt",
        "",
        "2 cases drifted: the prompt",
        "    area/a@m/r+t, area/b@m/r+t",
    ]


def test_what_could_not_be_judged_did_not_drift() -> None:
    """Of a case that could not be judged the error is told, and no difference at which it went on."""
    shown = lines(told("error", error="Out of quota.", replay=Replay(drift=("the prompt",))))
    assert shown[2:] == [f"{CASE}  error      1         0        0", "    Out of quota."]


# Against the baseline


def against() -> Report:
    """Return cases in every state against a baseline."""
    edits = change("1", "2"), change(None, "x()", "x()", "calls"), change("y()", None, "y()", "calls")
    return report(
        told(of="a/a@m/r+t", against=compared("unchanged")),
        told("failed", finding(), of="a/b@m/r+t", against=compared("newly failing", *edits, regressed=True)),
        told(of="a/c@m/r+t", against=compared("changed", *edits * 3, rerecorded=True)),
        told(of="a/d@m/r+t", against=compared("changed", edits[0], regressed=True, rerecorded=True)),
        told("failed", finding(), of="a/e@m/r+t", against=compared("still failing", before="failed")),
        told(of="a/f@m/r+t", against=compared("fixed", before="failed")),
        told(of="a/g@m/r+t", against=compared("new", before=None)),
        told("error", of="a/h@m/r+t", error="Gone."),
        against=Against("reports/baseline", tuple(f"old/{at}@m/r+t" for at in range(12))),
    )


def test_what_differs_stands_below_its_case() -> None:
    """Each case has its state; below it stand the first eight changes, what regressed, and another cassette."""
    at = "turn 1, round 1: "
    three = [f"      ~ {at}file_read: path 1 -> 2", f"      + {at}x() added", f"      - {at}y() removed"]
    states = "1 unchanged, 2 changed, 1 newly failing, 1 still failing, 1 fixed, 1 new, 12 gone"
    assert render(against(), PLAIN, 160).splitlines() == [
        "case       verdict    rounds    calls    checkpoints    baseline",
        "---------  ---------  --------  -------  -------------  -------------",
        "a/a@m/r+t  passed     1         0        0              unchanged",
        "a/b@m/r+t  failed     1         0        0              newly failing",
        f"    {LINE}: turn 1, rounds: expected 3, got 4",
        "    regression: 3 changes, was passed",
        *three,
        "a/c@m/r+t  passed     1         0        0              changed",
        "    differs: 9 changes, cassette re-recorded",
        *(three * 3)[:8],
        "      and 1 more: harness show a/c@m/r+t",
        "a/d@m/r+t  passed     1         0        0              changed",
        "    regression: 1 change, cassette re-recorded",
        three[0],
        "a/e@m/r+t  failed     1         0        0              still failing",
        f"    {LINE}: turn 1, rounds: expected 3, got 4",
        "a/f@m/r+t  passed     1         0        0              fixed",
        "    differs: was failed",
        "a/g@m/r+t  passed     1         0        0              new",
        "a/h@m/r+t  error      1         0        0",
        "    Gone.",
        "",
        "8 cases replayed: 5 passed, 2 failed, 1 error",
        f"against reports/baseline: {states}; 2 regressed; 2 with re-recorded cassettes; 1 not compared",
        f"    gone: {', '.join(f'old/{at}@m/r+t' for at in range(10))} and 2 more",
    ]


def test_changes_are_coloured_as_a_diff() -> None:
    """What is gone is red, what is new is green, what is another is yellow, and a regression is red."""
    shown = render(against(), COLOURED, 160).splitlines()
    assert [line.strip()[:9] for line in shown[5:9]] == [
        "\x1b[31mregr",
        "\x1b[33m  ~ ",
        "\x1b[32m  + ",
        "\x1b[31m  - ",
    ]
    assert [line.strip()[:9] for line in shown if "1 change" in line] == ["\x1b[31mregr"]
    ends = [line.rpartition("  ")[2] for line in shown if "a/" in line and "@m" in line and "old" not in line]
    assert [end for end in ends if "\x1b" in end] == [
        "\x1b[31mnewly failing\x1b[0m",
        "\x1b[33mchanged\x1b[0m",
        "\x1b[31mchanged\x1b[0m",
        "\x1b[31mstill failing\x1b[0m",
        "\x1b[32mfixed\x1b[0m",
    ]


def test_quiet_leaves_out_what_is_as_it_was() -> None:
    """Quietly, only cases with something to say have a line; unchanged, new and skipped ones have none."""
    whole = against().model_copy(update={"cases": (*against().cases, *report(told("skipped", of="a/i@m/r+t")).cases)})
    shown = render(whole, PLAIN, 160, quiet=True).splitlines()
    assert [line[:3] for line in shown if "@m/r+t  " in line] == ["a/b", "a/c", "a/d", "a/e", "a/f", "a/h"]


# The width


@pytest.mark.parametrize("width", [60, 68])
def test_a_narrow_table_says_once_what_all_have(width: int) -> None:
    """Where the table is too wide, what all cases have in common stands above it, and their numbers in one column."""
    shown = render(against(), PLAIN, width).splitlines()
    above = "each case with its verdict, rounds, calls and checkpoints, all in m/r+t"
    assert (" ".join(shown[:2]), shown[2]) == (above, "")
    table = [line for line in shown[3:] if line and not line.startswith("    ")]
    assert table[:6] == [
        "case  verdict         baseline",
        "----  -------  -----  -------------",
        "a/a   passed   1 0 0  unchanged",
        "a/b   failed   1 0 0  newly failing",
        "a/c   passed   1 0 0  changed",
        "a/d   passed   1 0 0  changed",
    ]


def test_a_narrow_table_needs_no_baseline() -> None:
    """A narrow table where nothing is compared has no place for it, and long names say how much of them is cut."""
    shown = lines(told(of=f"a/{'x' * 98}@m/r+t"), told("failed", finding(), of="a/b@m/r+t"), width=60)
    assert shown[3:] == [
        f"case{' ' * 41}verdict",
        f"{'-' * 43}  -------  -----",
        f"a/{'x' * 32}... (+66)  passed   1 0 0",
        f"a/b{' ' * 42}failed   1 0 0",
        f"    {LINE}: turn 1, rounds: expected 3, got 4",
    ]


@EXAMPLES
@given(st.lists(st.integers(1, 100).map("x".__mul__), min_size=1, max_size=4), st.integers(60, 120))
def test_tables_keep_within_the_width(names: list[str], width: int) -> None:
    """However long the names of scenarios are, no line of a table is longer than the terminal is wide."""
    cases = [told(of=f"{name}@m/r+t", against=compared("unchanged")) for name in names]
    assert [line for line in lines(*cases, width=width) if len(line) > width] == []


# The summary


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ([told()], "1 case replayed in 0.1 s: 1 passed"),
        ([told(), told(came=trace(turn(), anomalies=[anomaly("x")]))], "2 passed, 1 with anomalies"),
        ([told("known", finding(known="x")), told("skipped")], "1 known to fail, 1 not recorded"),
        ([told(replay=Replay(drift=("x",))), told("error", error="x", replay=Replay(drift=("x",)))], "1 drifted"),
    ],
)
def test_summary_counts_the_verdicts(cases: list[Told], said: str) -> None:
    """The summary counts how cases came out, and how many drifted or hold anomalies."""
    last = render(report(*cases), PLAIN, 160, seconds=0.123).splitlines()[-1]
    assert last.startswith(f"{len(cases)} case{'s' * (len(cases) > 1)} replayed in 0.1 s: ")
    assert last.endswith(said)


@pytest.mark.parametrize(
    ("done", "seconds", "said"),
    [
        ("recorded", 61.26, "1 case recorded in 61.3 s: 1 passed"),
        ("asked, 0 recorded", 1.0, "1 case asked, 0 recorded, in 1.0 s: 1 passed"),
        ("read", None, "1 case read: 1 passed"),
        ("asked, 0 recorded", None, "1 case asked, 0 recorded: 1 passed"),
    ],
)
def test_summary_says_what_was_done(done: str, seconds: float | None, said: str) -> None:
    """A recording says that it was one, and a stored run that it was read."""
    assert render(report(told(), done=done), PLAIN, 160, seconds=seconds).splitlines()[-1] == said


def test_summary_gives_the_next_commands_last() -> None:
    """Behind the counts stand the scores of reference paths as means, and the commands to type next."""
    half, whole = Score(precision=1, recall=1 / 3, f1=0.5), Score(precision=1, recall=1, f1=1)
    cases = [
        told(scores=Scores(in_order=half, any_order=whole)),
        told(scores=Scores(in_order=whole, any_order=whole)),
        told(),
    ]
    whole_report = report(*cases, advice=["first: harness a", "then: harness b"], against=Against("reports/x"))
    assert render(whole_report, PLAIN, 160).rpartition("\n\n")[2].splitlines() == [
        "3 cases replayed: 3 passed",
        "against reports/x: no case can be compared",
        "reference paths: mean F1 0.750 in order, 1.000 in any order, of 2 cases",
        "first: harness a",
        "then: harness b",
    ]
