"""Where two texts part, told with the words beside it, however long or odd they are."""

import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.passage import passage
from tests.build import EXAMPLES

MANY = [f"w{number % 5000}" for number in range(200_000)]


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("a b c", "a x c", 'word 2: "a b c" -> "a x c"'),
        ("a b c d e f g", "a b c x d e f g", 'word 4: "... b c d e ..." -> "... b c x d e ..."'),
        ("a", "", 'word 1: "a" -> ""'),
        ("a b", "a\nb", "blanks and line breaks differ"),
        ("x\u200by z", "xy z", 'word 1: "x\\u200by z" -> "xy z"'),
        ("caf\u00e9", "cafe\u0301", 'word 1: "caf\\u00e9" -> "cafe\\u0301"'),
        ("Grüße 🎉", "Grüße 🎈", 'word 2: "Grüße 🎉" -> "Grüße 🎈"'),
        ("שלום עולם", "שלום לך", 'word 2: "שלום עולם" -> "שלום לך"'),
        (
            "字" * 300 + "一",
            "字" * 300 + "二" + "字" * 50,
            f'word 1, character 301: "...{"字" * 20}一" -> "...{"字" * 20}二{"字" * 39}..."',
        ),
        (f"{'x' * 99} a", f"{'x' * 99} b", f'word 2: "{"x" * 60}... a" -> "{"x" * 60}... b"'),
        (f"a {'x' * 99}", "a", f'word 2: "a {"x" * 60}..." -> "a"'),
    ],
)
def test_the_first_passage_that_differs(one: str, other: str, told: str) -> None:
    """Words are numbered and shown with two on each side; long ones are shown where they part."""
    assert passage(one, other) == told


@EXAMPLES
@given(st.text("ab c\u200b字", max_size=60), st.text("ab c\u200b字", max_size=60))
def test_both_sides_of_a_passage_read_differently(one: str, other: str) -> None:
    """What is shown of the two texts is never the same, so that the difference can be seen."""
    assume(one.split() != other.split())
    before, _, after = passage(one, other).partition(": ")[2].partition(" -> ")
    assert before != after


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (
            [*MANY[:99_999], "x", *MANY[100_000:]],
            'word 100000: "... w4997 w4998 w4999 w0 w1 ..." -> "... w4997 w4998 x w0 w1 ..."',
        ),
        (
            ["v"] * 200_000,
            'word 1: "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 ..." -> "v v v v v v v v v v ..."',
        ),
    ],
)
def test_long_texts_take_no_longer_than_they_must(now: list[str], told: str) -> None:
    """Texts of 200,000 words are compared in a moment, whether they differ in one word or in all."""
    one, other = " ".join(MANY), " ".join(now)
    start = time.process_time()
    assert passage(one, other) == told
    assert time.process_time() - start < 5
