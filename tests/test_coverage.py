"""Patterns against patterns: a wider one takes all that a narrower one takes, and no rule is called idle wrongly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.coverage import covers, covers_all
from harness.pattern import fits
from tests.build import EXAMPLES

VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 1.0, 2.5, "", "a", "ab", "1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xy"), inner, max_size=2),
    max_leaves=4,
)
MATCHERS = st.one_of(
    st.sampled_from(["^a", "b$", "."]).map(lambda expression: {"matches": expression}),
    st.sampled_from(["string", "number", "integer", "boolean", "null", "list", "mapping", None]).map(
        lambda name: {"type": name}
    ),
    st.builds(lambda near, within: {"near": near, "within": within}, st.sampled_from([0, 1, 2.5]), st.integers(0, 3)),
    st.just({"anything": True}),
    VALUES.map(lambda value: {"equals": value}),
)
PATTERNS = st.recursive(
    VALUES | MATCHERS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=2).map(lambda patterns: {"one_of": patterns})
        | st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from("xy"), inner, max_size=2)
    ),
    max_leaves=4,
)


@EXAMPLES
@given(PATTERNS, PATTERNS, st.lists(VALUES, min_size=1, max_size=8))
def test_what_fits_the_narrow_fits_the_wide(wide: object, narrow: object, values: list[object]) -> None:
    """No value fits a narrower pattern without fitting one that is said to cover it."""
    if covers(wide, narrow):
        assert [value for value in values if fits(narrow, value) and not fits(wide, value)] == []


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({}, {"a": 1}),
        ({"a": 1}, {"a": 1.0, "b": 2}),
        ({"a": {"type": "string"}}, {"a": {"matches": "x"}}),
        ({"a": {"type": "number"}}, {"a": {"type": "integer"}}),
        ({"a": {"matches": "^x"}}, {"a": "xy"}),
        ({"a": {"matches": "^x"}}, {"a": {"matches": "^x"}}),
        ({"a": {"anything": True}}, {"a": {"b": [1]}}),
        ({"a": {"one_of": [1, 2]}}, {"a": {"one_of": [2]}}),
        ({"a": {"near": 1, "within": 1}}, {"a": {"near": 1.5, "within": 0.5}}),
        ({"a": {"near": 1, "within": 1}}, {"a": 2}),
        ({"a": {"x": 1}}, {"a": {"x": 1, "y": 2}}),
        ({"a": [1, {"type": "string"}]}, {"a": [1, "b"]}),
        ({"a": {"equals": {"x": 1}}}, {"a": {"equals": {"x": 1}}}),
    ],
)
def test_what_is_covered(wide: dict[str, object], narrow: dict[str, object]) -> None:
    """The arguments that a rule is for are found among those that an earlier one takes."""
    assert covers_all(wide, narrow)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({"a": 1}, {}),
        ({"a": 1}, {"a": "1"}),
        ({"a": {"matches": "x"}}, {"a": {"type": "string"}}),
        ({"a": {"equals": {"x": 1}}}, {"a": {"x": 1}}),
        ({"a": {"near": 1, "within": 1}}, {"a": {"type": "number"}}),
        ({"a": {"one_of": [1, 2]}}, {"a": {"one_of": [2, 3]}}),
        ({"a": []}, {"a": [1]}),
    ],
)
def test_what_is_not_covered(wide: dict[str, object], narrow: dict[str, object]) -> None:
    """A rule that takes less, or something else, covers nothing."""
    assert not covers_all(wide, narrow)
