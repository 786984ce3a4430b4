"""What is said of cases and of a run is one printable line each, in words that every form uses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.change import Change, Spot
from harness.remarks import Place, Remark, difference, look, name, named, place, remarks
from harness.report import CaseReport, Told, build
from harness.trace import dumps
from tests.build import CASE, EXAMPLES, HOSTILE, SCENARIO, change, compared, finding, told, uncut
from tests.project import as_a_shell_reads


def of(case: Told) -> CaseReport:
    """Return what is told of a case."""
    return build("read", [case], figured=False).cases[0]


@pytest.mark.parametrize(
    ("case", "shown"),
    [
        ("area/name@m/r+t", "area/name"),
        ("area/name@m/r+t~2", "area/name~2"),
        ("area/name@m/r+t~x=2", "area/name"),
        ("area/name@m/r+t~x=2~12", "area/name~12"),
        ("two\nlines@m/r+t", "two\\nlines"),
    ],
)
def test_a_name_is_the_scenario_with_its_repeat(case: str, shown: str) -> None:
    """A case's name is its scenario, and its repeat where it is not the first; overrides do not belong to it."""
    assert name(of(told(of=case))) == shown


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a/b.yaml:7:5", Place("a/b.yaml", 7, 5)),
        ("a:b.yaml:7:5", Place("a:b.yaml", 7, 5)),
        ("a/b.yaml:7", None),
        ("", None),
    ],
)
def test_a_place_is_read(text: str, read: Place | None) -> None:
    """A place is a file, a line and a column, or it is none."""
    assert place(text) == read


def test_remarks_say_what_is_wrong_first() -> None:
    """Findings come before notes, and a known one says why."""
    case = of(told("failed", finding(), finding("5", known="slow"), notes=["f.yaml:1:1: so"]))
    line = f"{SCENARIO}:7:5: turn 1, rounds: expected 3, got"
    assert list(remarks(case)) == [
        Remark("finding", f"{line} 4"),
        Remark("known", f"{line} 5; known: slow"),
        Remark("note", "f.yaml:1:1: so"),
    ]


@EXAMPLES
@given(HOSTILE, HOSTILE)
def test_every_remark_is_a_printable_line(one: str, other: str) -> None:
    """Whatever a model writes, what is said of it is printable and on one line."""
    case = of(
        told("failed", finding(one, expected=other), against=compared("changed", change(dumps(one), dumps(other), one)))
    )
    different = difference(case, 8)
    assert different is not None
    assert all(
        text.isprintable() for text in (*(one.text for one in remarks(case)), *(c.text for c in different.changes))
    )


def test_a_long_remark_says_what_is_cut() -> None:
    """A remark has a bearable length, and says how much of it is not shown."""
    [remark] = remarks(of(told("error", error="x" * 1_000)))
    assert (uncut(remark.text), 395 <= len(remark.text) <= 400) == (1_000, True)


AT = Spot(turn=1, round=1)


@pytest.mark.parametrize(
    ("one", "sign"),
    [
        (change("1", "2"), "changed"),
        (change(None, "x()", "x()", "calls"), "added"),
        (change("x()", None, "x()", "calls"), "removed"),
        (Change(kind="calls", was=AT, now=Spot(turn=1, round=2), subject="x()", before="x()", after="x()"), "changed"),
        (Change(kind="arguments", was=AT, now=AT, subject="x: key", before=None, after="1"), "added"),
        (Change(kind="checkpoints", was=AT, now=AT, subject="answer", before=None, after="denied"), "changed"),
        (Change(kind="texts", was=AT, now=AT, subject="text", before="Hm.", after=None), "changed"),
        (change(None, "x", "error", "error", at=None), "added"),
    ],
)
def test_a_change_has_a_sign(one: Change, sign: str) -> None:
    """What is new is added and what is gone is removed; what moved or takes the place of nothing is changed."""
    different = difference(of(told(against=compared("changed", one))), 8)
    assert different is not None
    assert [spelled.sign for spelled in different.changes] == [sign]


@pytest.mark.parametrize(
    ("case", "head"),
    [
        (told(), None),
        (told(against=compared("unchanged")), None),
        (told(against=compared("new", before=None)), None),
        (told(against=compared("unchanged", rerecorded=True)), None),
        (told(against=compared("fixed", before="failed")), "differs: was failed"),
        (
            told(against=compared("fixed", before="known", rerecorded=True)),
            "differs: was known to fail, cassette re-recorded",
        ),
        (told(against=compared("changed", change("1", "2"))), "differs: 1 change"),
        (told("failed", against=compared("newly failing", regressed=True)), "regression: was passed"),
        (
            told("failed", against=compared("still failing", *[change("1", "2")] * 2, before="failed")),
            "differs: 2 changes",
        ),
    ],
)
def test_a_difference_says_how_much_and_whether_it_is_worse(case: Told, head: str | None) -> None:
    """What differs says how many changes there are, what the verdict was, and whether the cassette is another."""
    different = difference(of(case), 8)
    assert (different.head if different else None) == head


def test_changes_beyond_the_most_are_counted() -> None:
    """Of many changes the first are told, and the others counted."""
    different = difference(of(told(against=compared("changed", *(change(str(at), "9") for at in range(5))))), 2)
    assert different is not None
    assert (len(different.changes), different.more) == (2, 3)


@pytest.mark.parametrize(
    ("case", "words"),
    [(CASE, CASE), ("it's a $name@m/r+t", "it's a $name@m/r+t"), ("a/b@m/r+t~x=\n~2", "a/b~2")],
)
def test_the_command_to_look_survives_a_shell(case: str, words: str) -> None:
    """What a shell makes of the command is the case, or its name where the id cannot be typed."""
    assert as_a_shell_reads(look(of(told(of=case)))) == ["harness", "show", words]


@EXAMPLES
@given(st.lists(st.text("abc", min_size=1), max_size=20), st.integers(1, 12))
def test_names_beyond_the_most_are_counted(names: list[str], most: int) -> None:
    """Of many names the first are told, and how many more there are."""
    more = len(names) - most
    assert named(names, most) == ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
