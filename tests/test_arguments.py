"""Arguments in files against the JSON schemas of tools."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from harness.arguments import misfits
from tests.build import EXAMPLES

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "limit": {"type": "integer", "minimum": 1},
        "unit": {"enum": ["celsius", "fahrenheit"]},
        "copies": {"type": "array", "items": {"type": "string"}},
        "filter": {"type": "object", "properties": {"since": {"type": "string"}}, "required": ["since"]},
        "any": {},
    },
    "required": ["path"],
}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"path": "a.txt", "limit": 3}, []),
        ({"pth": "a.txt"}, ["file_read has no argument 'pth' (did you mean 'path'?)"]),
        ({"colour": "red"}, []),
        ({"limit": "3"}, ["the argument 'limit' of file_read must be a whole number, not '3'"]),
        ({"path": 503}, ["the argument 'path' of file_read must be text, not 503; quote it where text is meant"]),
        ({"path": True}, ["the argument 'path' of file_read must be text, not true"]),
        (
            {"unit": "celcius"},
            ["the argument 'unit' of file_read must be one of celsius, fahrenheit (did you mean 'celsius'?)"],
        ),
        (
            {"limit": {"type": "string"}},
            ["the argument 'limit' of file_read must be a whole number, never {type: string}"],
        ),
        ({"limit": {"near": 3, "within": 1}}, []),
        (
            {"path": {"near": 3, "within": 1}},
            ["the argument 'path' of file_read must be text, which is no number to be near"],
        ),
        (
            {"limit": {"matches": "3"}},
            ["the argument 'limit' of file_read must be a whole number, which is no text to be matched"],
        ),
        ({"path": {"one_of": [5, {"type": "string"}]}}, []),
        ({"path": {"anything": True}}, []),
        ({"copies": ["a", {"matches": "b"}]}, []),
        ({"path": ["a", {"matches": "b"}]}, ["the argument 'path' of file_read must be text, which no list is"]),
        ({"filter": {"until": "x"}}, []),
        ({"any": {"of": [1, "two"]}}, []),
    ],
)
def test_what_is_written_of_some_arguments(arguments: dict[str, Any], said: list[str]) -> None:
    """Names that are nearly right and values that can never fit are told; what is not written is free."""
    assert [one.what for one in misfits("file_read", SCHEMA, arguments, whole=False)] == said


def test_whole_arguments_must_be_there() -> None:
    """Where all arguments are written, those that the schema requires are missed, at any depth."""
    found = [one.what for one in misfits("file_read", SCHEMA, {"filter": {}}, whole=True)]
    assert found == [
        "the argument 'filter' of file_read does not fit its schema: 'since' is a required property",
        "file_read needs the argument 'path'",
    ]


def test_a_closed_schema_names_its_arguments() -> None:
    """Where a schema forbids others, any other name is told with those there are."""
    closed = {**SCHEMA, "properties": {"path": {}}, "additionalProperties": False}
    (found,) = misfits("file_read", closed, {"colour": "red"}, whole=False)
    assert found == (("colour",), "file_read has no argument 'colour'; its arguments: path", True)


@pytest.mark.parametrize(
    "schema", [{"properties": 5}, {"properties": {"a": {"type": 5}}}, {"properties": {"a": {"$ref": "#/x"}}}]
)
def test_a_schema_that_is_none_fits_everything(schema: dict[str, Any]) -> None:
    """A broken schema makes no argument wrong, and breaks nothing."""
    assert list(misfits("odd", schema, {"a": 1}, whole=True)) == []


TYPES = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"])
PARTS = st.fixed_dictionaries({"type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True)})
SCHEMAS = st.fixed_dictionaries(
    {
        "properties": st.dictionaries(st.sampled_from(["alpha", "omega", "third"]), PARTS),
        "additionalProperties": st.just(False),
        "required": st.lists(st.sampled_from(["alpha", "omega"]), unique=True),
    }
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "y"]), inner, max_size=2),
    max_leaves=5,
)


@EXAMPLES
@given(SCHEMAS, st.dictionaries(st.sampled_from(["alpha", "omega", "third"]), VALUES))
def test_whole_literal_arguments_are_judged_as_the_validator_does(
    schema: dict[str, Any], arguments: dict[str, Any]
) -> None:
    """Plain arguments fit exactly where the whole object is valid."""
    valid = Draft202012Validator({"type": "object", **schema}).is_valid(arguments)
    assert (not list(misfits("t", schema, arguments, whole=True))) is valid


def matchers(value: Any) -> list[Any]:
    """Return matchers that a value fits."""
    names = {str: "string", bool: "boolean", int: "integer", float: "number", list: "list", dict: "mapping"}
    found: list[Any] = [{"anything": True}, {"equals": value}, {"one_of": [value, "other"]}]
    found.append({"type": "null" if value is None else names[type(value)]})
    if isinstance(value, str):
        found.append({"matches": ""})
    if isinstance(value, int | float) and not isinstance(value, bool):
        found.append({"near": value, "within": 0})
    return found


@EXAMPLES
@given(PARTS, VALUES)
def test_a_matcher_that_a_valid_value_fits_is_no_misfit(part: dict[str, Any], value: Any) -> None:
    """Whatever some value of the schema fits is never told."""
    if Draft202012Validator(part).is_valid(value):
        schema = {"properties": {"a": part}}
        wrong = [one for one in matchers(value) if list(misfits("t", schema, {"a": one}, whole=False))]
        assert wrong == []
