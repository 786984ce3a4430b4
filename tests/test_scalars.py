"""Scalars of YAML by the core schema of version 1.2."""

from typing import Any

import pytest

from harness.scalars import plain_tag, scalar


@pytest.mark.parametrize(
    ("text", "tag", "value"),
    [
        ("", "null", None),
        ("~", "null", None),
        ("Null", "null", None),
        ("TRUE", "bool", True),
        ("false", "bool", False),
        ("no", "str", "no"),
        ("-010", "int", -10),
        ("0o17", "int", 15),
        ("0x1F", "int", 31),
        ("0b11", "str", "0b11"),
        ("1e3", "float", 1000.0),
        ("-.inf", "float", float("-inf")),
        ("12:30", "str", "12:30"),
        ("2026-03-01", "str", "2026-03-01"),
        ("<<", "str", "<<"),
    ],
)
def test_plain_text_has_the_tag_of_its_form(text: str, tag: str, value: Any) -> None:
    """Plain text is a number, a truth value or nothing where it has the form of one, and else text."""
    found = plain_tag(text)
    assert (found, scalar(found, text)) == (tag, value)


@pytest.mark.parametrize(
    ("tag", "text"), [("int", "x"), ("int", "9" * 401), ("float", ""), ("bool", "yes"), ("null", "x")]
)
def test_a_text_that_is_no_such_value(tag: str, text: str) -> None:
    """A text that does not fit its tag, or a number of endless digits, is refused."""
    with pytest.raises(ValueError, match=text or "could not convert"):
        scalar(tag, text)


def test_a_tag_that_the_schema_does_not_have() -> None:
    """The schema has five tags."""
    with pytest.raises(KeyError):
        scalar("binary", "aGk=")
