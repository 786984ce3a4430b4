"""What may be written in a file of settings, as JSON schemas: parts of it, and `${...}` in the place of any value."""

from typing import Any

from harness.settings import GROUPS
from harness.written import Schema, either

_LATER = r"\$\{|^\?\?\?$"
"""What Hydra puts a value in the place of."""
_IN_WORDS = {
    "integer": ("a whole number", r"^\s*[-+]?[0-9][0-9_]*(\.0*)?\s*$"),
    "number": ("a number", r"^\s*[-+]?([0-9][0-9_]*\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$"),
    "boolean": ("true or false", "^(true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$"),
    "object": ("a mapping", None),
    "array": ("a list", None),
    "null": ("null", None),
}
"""Types as they are told, and how a text says the same: the environment gives texts only."""


def group_file(whole: Schema, group: str) -> Schema:
    """Return the schema of a file of one group, given that of the group.

    A file that builds on others need not say all that must be said.
    """
    definitions = whole["$defs"]
    items: Schema = {
        **either({"type": "string"}, {"type": "object", "additionalProperties": {"type": ["string", "null", "array"]}}),
        "description": f"Another choice of {group}, or `_self_` for this file.",
    }
    sentence = "What the file builds on, in order: other choices of its group, and `_self_` for the file itself."
    defaults = {"type": "array", "description": sentence, "items": items}
    schema = _parted(whole)
    alone = {"if": {"not": {"required": ["defaults"]}}, "then": _needed(whole, definitions)}
    return {**schema, "properties": {**schema["properties"], "defaults": defaults}, **alone, "$defs": schema["$defs"]}


def chosen(whole: Schema) -> Schema:
    """Return the schema of `config.yaml`, given that of all groups composed: what it says lies over what it chooses."""
    kinds: Schema = {"type": ["string", "null", "array"], "items": {"type": "string"}}
    groups = {name: {**kinds, "description": f"The choice of {name}: a file in conf/{name}/."} for name in GROUPS}
    item = either({"type": "string"}, {"type": "object", "properties": groups, "additionalProperties": kinds})
    sentence = "The choice of each group that counts when nothing else is said, and `_self_` for this file."
    defaults = {"type": "array", "description": sentence, "items": item}
    hydra = {"type": "object", "description": "Hydra's own settings; the harness makes no use of them."}
    schema = _parted(whole)
    properties = {"defaults": defaults, **schema["properties"], "hydra": hydra}
    return {**schema, "properties": properties, "$defs": schema["$defs"]}


def _parted(whole: Schema) -> Schema:
    """Return a schema in which nothing must be said, but for what stands in lists, and in which any value may be later.

    What stands in a list is never put together of several files.
    """
    in_lists = {name for name in whole["$defs"] if _is_item(f"#/$defs/{name}", whole)}
    definitions = {
        name: _later(_inside(one, required=name in in_lists)) if "type" in one else _inside(one, required=True)
        for name, one in whole["$defs"].items()
    }
    return {**_inside(whole, required=False), "$defs": definitions}


def _is_item(ref: str, schema: Any) -> bool:
    if isinstance(schema, list):
        return any(_is_item(ref, one) for one in schema)
    if not isinstance(schema, dict):
        return False
    items = schema.get("items")
    return (isinstance(items, dict) and items.get("$ref") == ref) or any(_is_item(ref, one) for one in schema.values())


def _inside(schema: Schema, *, required: bool) -> Schema:
    """Return a schema in which any value below may be later."""
    made = dict(schema)
    for key in ("items", "additionalProperties"):
        if isinstance(made.get(key), dict):
            made[key] = _later(_inside(made[key], required=required))
    if "properties" in made:
        properties = made["properties"].items()
        made["properties"] = {key: _later(_inside(one, required=required)) for key, one in properties}
        if not required:
            made.pop("required", None)
    return made


def _later(schema: Schema) -> Schema:
    """Return the schema of a value in the place of which `${...}` may stand."""
    if "type" not in schema:
        return schema
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "enum" in schema:
        named = {key: value for key, value in schema.items() if key in ("type", "enum")}
        rest = {key: value for key, value in schema.items() if key not in named}
        return {**rest, "anyOf": [named, {"type": "string", "pattern": _LATER}]}
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "string", "pattern": _LATER}]}
    if "string" in types:
        return {**schema, "pattern": f"{_LATER}|{schema['pattern']}"} if "pattern" in schema else schema
    patterns = [pattern for kind in types if (pattern := _IN_WORDS[kind][1])]
    said = " or ".join(_IN_WORDS[kind][0] for kind in types)
    return {
        **schema,
        "type": [*types, "string"],
        "pattern": "|".join([_LATER, *patterns]),
        "patternErrorMessage": f"must be {said}, or ${{...}}",
    }


def _needed(schema: Schema, definitions: Schema) -> Schema:
    """Return what a schema says of keys that must stand, and nothing else."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    for member in schema.get("anyOf", ()):
        if "$ref" in member:
            return _needed(member, definitions)
    made = {"required": schema["required"]} if "required" in schema else {}
    below = {key: needed for key, one in schema.get("properties", {}).items() if (needed := _needed(one, definitions))}
    each = schema.get("additionalProperties")
    if below:
        made["properties"] = below
    if isinstance(each, dict) and (needed := _needed(each, definitions)):
        made["additionalProperties"] = needed
    return made
