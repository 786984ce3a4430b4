"""Schemas of what may be written: forms side by side, so that a mistake is told at its own place."""

import pytest

from harness.written import Schema, alone, either, exactly_one, without_null


@pytest.mark.parametrize(
    ("forms", "schema"),
    [
        ([{"type": "string"}], {"type": "string"}),
        ([{"type": "string"}, {"type": "integer", "minimum": 0}], {"type": ["string", "integer"], "minimum": 0}),
        (
            [{"type": "string", "enum": ["a"]}, {"type": "object", "minProperties": 1}],
            {
                "type": ["string", "object"],
                "minProperties": 1,
                "anyOf": [{"type": "string", "enum": ["a"]}, {"type": "object"}],
            },
        ),
        (
            [{"type": "array", "minItems": 1}, {"$ref": "#/$defs/A"}],
            {"if": {"type": "array"}, "then": {"type": "array", "minItems": 1}, "else": {"$ref": "#/$defs/A"}},
        ),
        ([{"$ref": "#/$defs/A"}, {"type": "null"}], {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}),
        ([{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}], {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}]}),
        ([{"type": "integer"}, {"type": "number"}], {"anyOf": [{"type": "integer"}, {"type": "number"}]}),
    ],
)
def test_forms_beside_each_other(forms: list[Schema], schema: Schema) -> None:
    """Forms of different types stand in one schema, and others are a choice."""
    assert either(*forms) == schema


@pytest.mark.parametrize(
    ("schema", "less"),
    [
        ({"type": ["string", "null"], "minLength": 1}, {"type": "string", "minLength": 1}),
        ({"type": ["string", "null", "array"]}, {"type": ["string", "array"]}),
        ({"anyOf": [{"$ref": "#"}, {"type": "null"}], "description": "A."}, {"$ref": "#", "description": "A."}),
        ({"type": "string"}, {"type": "string"}),
        (
            {"type": ["string", "null"], "anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
            {"type": "string", "enum": ["a"]},
        ),
    ],
)
def test_less_null(schema: Schema, less: Schema) -> None:
    """What may not be null is left with all its other forms."""
    assert without_null(schema) == less


def test_keys_that_exclude_each_other() -> None:
    """One of some keys stands in a mapping, or one leaves nothing to others."""
    assert exactly_one(["a", "b"]) == {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}
    assert alone("a", "b") == {"dependentSchemas": {"a": {"properties": {"b": False}}}}
