"""Lines are added to a YAML text, all others stay to the byte, and what is read is the old data with the addition."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.matching import canonical
from harness.source import parse
from harness.splicing import Addition, added, spliced, yaml_lines
from tests.build import EXAMPLES

ANSWERS = Addition(("turns", 0, "answers"), [{"deny": ["file_delete"]}], ("expect",))
DATA = {"title": "T.", "turns": [{"user": "Go.", "expect": {"rounds": 2}}, {"user": "On."}], "tags": ["a"]}
SINGLE = st.one_of(st.text(max_size=12), st.integers(-9, 9), st.booleans(), st.none(), st.sampled_from([0.5, 1e22]))
VALUES = st.recursive(
    SINGLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ADDITIONS = st.sampled_from(
    [
        ANSWERS,
        Addition(("turns", 1, "answers"), ["confirm"]),
        Addition(("turns", 0, "expect", "calls"), {"in_order": [{"file_read": {"path": "a b"}, "decision": "denied"}]}),
        Addition(("turns", 0), {"user": "First."}),
        Addition(("turns", 1), {"user": "Between."}),
        Addition(("turns", 2), {"user": "Last."}),
        Addition(("tags", 1), "b"),
        Addition(("tools",), {"file_read": [{"returns": "x"}]}, ("turns",)),
    ]
)


def lines_of(text: str) -> list[str]:
    """Return the lines of a text with their ends; the last one may have none."""
    return [line for line in re.split(r"(?<=\n)|(?<=\r)(?!\n)", text) if line]


def kept(old: str, new: str) -> bool:
    """Tell whether all lines of a text stand in another in their order; only the last may have got an end."""
    rest = iter(lines_of(new))
    return all(any(line in (one, one.rstrip("\r\n")) for one in rest) for line in lines_of(old))


@st.composite
def layouts(draw: st.DrawFn) -> str:
    """Draw one of the many ways to write the same data."""
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    noise = st.sampled_from(["", "", f"# a note: [x{ending}", ending, f"  # - far{ending}{ending}"])
    blank = st.sampled_from(["", " ", "  # why: because"])
    dash = draw(st.sampled_from([0, 1, 2, 4]))
    step = draw(st.sampled_from([1, 2, 4]))

    def text(word: str) -> str:
        return draw(st.sampled_from([word, f'"{word}"', f"'{word}'", f"!!str {word}"]))

    def line(indent: int, said: str) -> str:
        return f"{' ' * indent}{said}{draw(blank)}{ending}{draw(noise)}"

    def said(indent: int, word: str) -> str:
        folded = f"user: >-{ending}{' ' * (indent + 3)}{word}{ending}{ending}"
        return draw(st.sampled_from([line(0, f"user: {text(word)}"), folded]))

    inner = dash + 2
    expect = draw(
        st.sampled_from(
            [
                line(inner, "expect: {rounds: 2}"),
                line(inner, "expect:") + line(inner + step, "rounds: 2"),
            ]
        )
    )
    turns = line(0, draw(st.sampled_from(["turns:", '"turns":', "turns: &all"])))
    turns += f"{' ' * dash}- {said(inner, 'Go.')}{expect}{' ' * dash}- {said(inner, 'On.')}"
    if draw(st.integers(0, 4)) == 0:
        turns = line(0, "turns: [{user: Go., expect: {rounds: 2}}, {user: On.}]")
    tags = draw(st.sampled_from([line(0, "tags: [a]"), line(0, "tags:") + line(dash, "- a")]))
    parts = draw(st.permutations([line(0, f"title: {text('T.')}"), turns, tags]))
    whole = draw(st.sampled_from(["", "\ufeff", f"--- # top{ending}", f"# top{ending}"])) + "".join(parts)
    return whole.rstrip("\r\n") if draw(st.booleans()) else whole


@EXAMPLES
@given(layouts(), ADDITIONS)
def test_whatever_the_layout_only_lines_are_added(text: str, addition: Addition) -> None:
    """In each layout all old lines stay in order, and the text reads as the old data with the addition, or is none."""
    assert parse(text, Path()).data == DATA
    new = spliced(text, addition)
    if new is not None:
        assert canonical(parse(new, Path()).data) == canonical(added(DATA, addition))
        assert kept(text, new)
        assert new.startswith("\ufeff") is text.startswith("\ufeff")
        assert ("\r" in new) is ("\r" in text)
    else:
        between = {"turns": r"turns: \[", "tags": r"tags: \["}.get(str(addition.way[0]), "no")
        assert re.search(rf"{between}|expect: \{{" if "calls" in addition.way else between, text)


@EXAMPLES
@given(st.dictionaries(st.text(max_size=8), VALUES, min_size=1, max_size=3))
def test_whatever_is_added_is_read_as_it_is(value: dict[str, Any]) -> None:
    """Texts that look like something else, signs of every kind, numbers and empty values come back with their types."""
    new = spliced("title: T.\n", Addition(("state",), value))
    if new is None:  # a lone surrogate, or a sign that no YAML holds
        assert any(not sign.isprintable() for sign in str(value))
    else:
        assert canonical(parse(new, Path()).data) == canonical({"title": "T.", "state": value})


def test_an_addition_stands_where_people_write_it() -> None:
    """Answers come ahead of what is expected, behind the comment on the line before, above blank lines and remarks."""
    before = "turns:\n- user: Go.   # now\n\n  # what must come out\n  expect:\n    rounds: 2\n"
    assert spliced(before, ANSWERS) == (
        "turns:\n- user: Go.   # now\n  answers:\n  - deny: [file_delete]\n\n"
        "  # what must come out\n  expect:\n    rounds: 2\n"
    )


def test_a_long_value_takes_lines_of_its_own() -> None:
    """What is short and flat stands on one line, anything else has a line for each key or item."""
    long = {"path": "a" * 60, "content": "b" * 60}
    assert yaml_lines(Addition(("tools", "t"), [{"when": {"a": [1, 2]}, "returns": "no"}, {"when": long}])) == [
        "t:",
        "  - when:",
        "      a: [1, 2]",
        '    returns: "no"',
        "  - when:",
        f"      path: {'a' * 60}",
        f"      content: {'b' * 60}",
    ]


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("turns: [{user: Go.}]\n", ("turns", 0, "answers")),
        ("turns: []\n", ("turns", 0)),
        ("turns:\n  - user: |\n      Go.", ("turns", 0, "answers")),
        ("turns:\n  - &one\n    user: Go.\n  - *one\n", ("turns", 0, "answers")),
        ("turns:\n  -\n    user: Go.\n", ("turns", 0)),
        ("tools:\n  t: text\n", ("tools", "t", 1)),
        ("title: [\n", ("tools",)),
        ("", ("tools",)),
    ],
)
def test_what_lines_cannot_add_is_left(text: str, way: Sequence[str | int]) -> None:
    """Between brackets, in what stands for two places, in a value without an end of line, nothing is added."""
    assert spliced(text, Addition(tuple(way), ["deny"])) is None
