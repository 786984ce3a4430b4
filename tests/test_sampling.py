"""Values that fit JSON schemas, for examples."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from harness.catalogue import Tool
from harness.composition import compose
from harness.project import Conf
from harness.sampling import Unguessable, sample


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "something"),
        ({}, "something"),
        ({"type": "string", "format": "date"}, "2026-03-01"),
        ({"type": "string", "format": "email"}, "somebody@house.example"),
        ({"enum": ["a", "b"]}, "a"),
        ({"const": 3}, 3),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 5, "maximum": 9}, 5),
        ({"type": "integer", "maximum": -2}, -2),
        ({"type": "number", "exclusiveMinimum": 2}, 3),
        ({"type": ["integer", "null"]}, 1),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}, "required": ["a"]}, {"a": 1}),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, True),
        ({"type": "string", "examples": ["jam"]}, "jam"),
        ({"type": "integer", "default": 20}, 20),
    ],
)
def test_a_value_that_fits(schema: dict[str, Any], value: Any) -> None:
    """A property that is required gets a value that fits its schema."""
    made = sample({"properties": {"x": schema}, "required": ["x"]})
    assert made == {"x": value}
    Draft202012Validator(schema).validate(made["x"])


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "^[0-9]+$"},
        {"type": "string", "minLength": 40},
        {"$ref": "#/$defs/x"},
        {"type": "odd"},
        {"type": "object", "properties": {"a": {"not": {}}}, "required": ["a"]},
        3,
    ],
)
def test_what_cannot_be_guessed(schema: Any) -> None:
    """Where a value would be a guess, there is none."""
    with pytest.raises(Unguessable):
        sample({"properties": {"x": schema}, "required": ["x"]})


def test_what_is_known_is_left_out() -> None:
    """Properties that are known already, or not required, get no value."""
    schema = {"properties": {"a": {}, "b": {}, "c": {}}, "required": ["a", "b"]}
    assert sample(schema, {"a": "mine"}) == {"b": "something"}


def test_every_bundled_tool_can_be_called() -> None:
    """Each tool of the bundled catalogue has arguments that fit its schema."""
    tools: dict[str, Tool] = compose(Conf(None))[0].settings.catalogue.tools
    for tool in tools.values():
        Draft202012Validator(tool.parameters).validate(sample(tool.parameters))
