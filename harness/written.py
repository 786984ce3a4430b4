"""What people may write in a file, as JSON schemas: short forms beside long ones."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic_core import CoreSchema

Schema: TypeAlias = dict[str, Any]
"""A JSON schema, draft 2020-12."""

_COMBINED = frozenset({"$ref", "anyOf", "oneOf", "allOf", "if"})


class Written(BaseModel):
    """Something that people write in a file, of which the JSON schema knows every form."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        """Return the schema of what may be written."""
        return cls.forms(handler.resolve_ref_schema(handler(core_schema)))

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of all forms, given that of the long one, a mapping of the fields."""
        return long


def either(*forms: Schema) -> Schema:
    """Return the schema of what may be written in several forms.

    Where each form is of another type, the keywords of all stand side by side, since those of one type say nothing of
    the others. So a mistake is told at its own place; from a choice of forms an editor could only say that none fits.
    """
    plain = [form for form in forms if "type" in form and not _COMBINED & form.keys()]
    rest = [form for form in forms if form not in plain]
    if rest and plain != [{"type": "null"}] and len(rest) == 1 and _disjoint(plain):
        typed = either(*plain)
        return {"if": {"type": typed["type"]}, "then": typed, "else": rest[0]} if plain else rest[0]
    if rest or not _disjoint(plain):
        members = [member for form in forms for member in (form["anyOf"] if form.keys() == {"anyOf"} else [form])]
        return {"anyOf": [member for at, member in enumerate(members) if member not in members[:at]]}
    types = [kind for form in plain for kind in _types(form)]
    worded = [{key: value for key, value in form.items() if key != "description"} for form in plain if _worded(form)]
    others = [kind for form in plain if not _worded(form) for kind in _types(form)]
    merged = {key: value for form in plain if not _worded(form) for key, value in form.items()}
    merged["type"] = types if len(types) > 1 else types[0]
    if worded and others:
        merged["anyOf"] = [*worded, {"type": others if len(others) > 1 else others[0]}]
    return merged if others else {**merged, **plain[0]} if len(plain) == 1 else {"anyOf": plain}


def without_null(schema: Schema) -> Schema:
    """Return the schema of what may be written, less null."""
    made = {key: value for key, value in schema.items() if key != "anyOf"}
    if isinstance(schema.get("type"), list):
        types = [kind for kind in schema["type"] if kind != "null"]
        made["type"] = types if len(types) > 1 else types[0]
    if "anyOf" not in schema:
        return made
    members = [without_null(member) for member in schema["anyOf"] if member.get("type") != "null"]
    return {**members[0], **made} if len(members) == 1 else {**made, "anyOf": members}


def exactly_one(keys: Iterable[str]) -> Schema:
    """Return what a schema of a mapping says beside its properties where one of some keys stands in it."""
    return {"oneOf": [{"required": [key]} for key in keys]}


def named_tool(long: Schema, *kinds: str) -> Schema:
    """Return the schema of a call as its tool's name, as `{TOOL: ARGUMENTS}` or with the keys of the long form.

    `kinds` are the types that may stand behind the tool's name.
    """
    properties = long["properties"]
    arguments = properties["arguments"]
    beside = {key: one for key, one in properties.items() if key not in ("tool", "arguments")}
    behind = {**arguments, "type": list(kinds), "description": "The tool, with its arguments behind it."}
    behind.pop("default", None)
    some = {"anyOf": [{"required": [key]} for key in beside]}
    short: Schema = {
        "properties": beside,
        "additionalProperties": behind,
        "if": some,
        "then": {"minProperties": 2, "maxProperties": 1 + len(beside)},
        "else": {"minProperties": 1, "maxProperties": 1},
    }
    return {
        "description": long["description"],
        "type": ["string", "object"],
        "if": {"type": "object", "required": ["tool"]},
        "then": {"properties": properties, "additionalProperties": False},
        "else": short,
    }


def alone(key: str, *others: str) -> Schema:
    """Return what a schema says beside its properties where one key leaves nothing to some others."""
    return {"dependentSchemas": {key: {"properties": dict.fromkeys(others, False)}}}


def _types(form: Schema) -> list[str]:
    return form["type"] if isinstance(form["type"], list) else [form["type"]]


def _worded(form: Schema) -> bool:
    return "enum" in form or "const" in form


def _disjoint(forms: Iterable[Schema]) -> bool:
    types = [kind for form in forms for kind in _types(form)]
    return len({"number" if kind == "integer" else kind for kind in types}) == len(types)
