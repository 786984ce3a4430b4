"""A value that fits a JSON schema, for an example."""

from collections.abc import Mapping
from typing import Any

_TEXTS = {
    "date": "2026-03-01",
    "date-time": "2026-03-01T09:00:00Z",
    "time": "09:00:00Z",
    "email": "somebody@house.example",
    "uri": "https://house.example",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


class Unguessable(Exception):
    """No value can be found without knowing what the schema is about."""


def sample(schema: Mapping[str, Any], known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a value for each property that a schema of a mapping requires, but for those that are known.

    Raises:
        Unguessable: some property has no value that could be found.
    """
    properties, required = schema.get("properties"), schema.get("required")
    names = [name for name in required if name not in (known or {})] if isinstance(required, list) else []
    return {name: _value((properties or {}).get(name, {})) for name in names}


def _value(schema: Any) -> Any:
    if not isinstance(schema, dict):
        raise Unguessable
    for key in ("enum", "examples"):
        if isinstance(schema.get(key), list) and schema[key]:
            return schema[key][0]
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("anyOf", "oneOf"):
        if isinstance(schema.get(key), list) and schema[key]:
            return _value(schema[key][0])
    if schema.keys() & {"$ref", "pattern", "allOf", "not", "if", "multipleOf"}:
        raise Unguessable
    kind = schema.get("type", "string")
    return _typed(kind[0] if isinstance(kind, list) and kind else kind, schema)


def _typed(kind: Any, schema: Mapping[str, Any]) -> Any:
    match kind:
        case "string":
            text = _TEXTS.get(schema.get("format", ""), "something")
            if not schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text)):
                raise Unguessable
            return text
        case "integer" | "number":
            least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
            return min(least, schema["maximum"]) if "maximum" in schema and "minimum" not in schema else least
        case "boolean":
            return True
        case "null":
            return None
        case "array":
            return [_value(schema.get("items", {})) for _ in range(schema.get("minItems", 0))]
        case "object":
            return sample(schema)
    raise Unguessable
