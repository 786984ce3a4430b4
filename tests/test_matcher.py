"""Patterns as they may be written: the schema and the reader know the same matchers."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from harness.matcher import Value
from harness.pattern import bad_pattern
from harness.written import schema_of

SCHEMA = Draft202012Validator(schema_of(Value))


@pytest.mark.parametrize(
    "pattern",
    [
        *({"type": name} for name in ("string", "number", "integer", "boolean", "null", "list", "mapping", None)),
        {"matches": "^a"},
        {"near": 3, "within": 0.5},
        {"one_of": [1, {"matches": "a"}]},
        {"anything": True},
        {"equals": {"type": "pdf"}},
        {"type": "pdf", "size": 3},
        {"a": [{"b": {"anything": True}}]},
        {"near": 3, "far": 4},
        {},
        None,
        [{"type": "list"}],
    ],
)
def test_patterns_are_accepted(pattern: Any) -> None:
    """What the reader takes, the schema takes."""
    assert (bad_pattern(pattern), list(SCHEMA.iter_errors(pattern))) == (None, [])


@pytest.mark.parametrize(
    "pattern",
    [
        {"type": "pdf"},
        {"matches": 3},
        {"near": 3},
        {"within": 3},
        {"near": "3", "within": 1},
        {"near": 3, "within": -1},
        {"one_of": []},
        {"one_of": [{"type": "pdf"}]},
        {"anything": False},
        {"a": [{"b": {"near": 3}}]},
    ],
)
def test_half_matchers_are_refused(pattern: Any) -> None:
    """What looks like a matcher and is none is refused by both."""
    assert bad_pattern(pattern)
    assert list(SCHEMA.iter_errors(pattern))
