"""Overrides, and the points of the sweep that they describe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sweep import choice_of, key_of, quoted, sweep
from tests.build import EXAMPLES


@EXAMPLES
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1))
def test_a_quoted_name_is_read_back(name: str) -> None:
    """Any name that is quoted for an override is that name again, and one value."""
    (point,) = sweep([f"role={quoted(name)}"], lambda _: ()).points
    assert [choice_of(text) for text in point] == [name]


@pytest.mark.parametrize(
    ("text", "key", "choice"),
    [
        ("role=chat", "role", "chat"),
        ("+role='my role'", "role", "my role"),
        ("++role=1", "role", "1"),
        ("role=true", "role", "true"),
        ("role=null", "role", "null"),
        ("role=1e3", "role", "1e3"),
        ("~role", "role", ""),
    ],
)
def test_what_an_override_chooses(text: str, key: str, choice: str) -> None:
    """A choice is the name as it is written, without its quotes, also where it looks like another kind of value."""
    assert (key_of(text), choice_of(text)) == (key, choice)


def test_patterns_choose_among_what_is_known() -> None:
    """A pattern is every name that fits it, quoted where that is needed, in the order given."""
    known = {"role": ["a", "b c", "d"], "model": ["x"]}
    found = sweep(["role=glob(*,exclude=d)", "model=glob(*)"], lambda group: known[group])
    assert found == ((("role=a", "model=x"), ("role='b c'", "model=x")), ())
    (said,) = sweep(["role=glob(z*)"], lambda group: known[group]).problems
    assert said == "override 'role=...' selects nothing"
