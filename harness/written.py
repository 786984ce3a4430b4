"""What people may write in a file, as JSON schemas: short forms beside long ones."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from pydantic import BaseModel, Field, GetJsonSchemaHandler
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import CoreSchema, DictSchema, TaggedUnionSchema

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


def schema_of(kind: type[BaseModel]) -> Schema:
    """Return the schema of what may be written for a type."""
    tidy: Schema = _tidy(kind.model_json_schema(schema_generator=_Generator))
    return tidy


def formed(pattern: str, otherwise: str, *examples: str) -> Any:
    """Return what the schema of a text says of its form, in which words an editor tells that it has another."""
    said: Schema = {"pattern": pattern, "patternErrorMessage": otherwise}
    return Field(json_schema_extra={**said, "examples": list(examples)} if examples else said)


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


class _Generator(GenerateJsonSchema):
    """Describes choices so that a mistake is told at its own place, and gives no titles to fields."""

    def get_union_of_schemas(self, schemas: list[Schema]) -> Schema:
        """Return the schema of a choice."""
        return either(*schemas)

    def tagged_union_schema(self, schema: TaggedUnionSchema) -> Schema:
        """Return the schema of a choice that a function makes."""
        return either(*(self.generate_inner(one) for one in schema["choices"].values()))

    def dict_schema(self, schema: DictSchema) -> Schema:
        """Return the schema of a mapping, in which names that do not fit are told as such."""
        keys = self.generate_inner(schema["keys_schema"]) if "keys_schema" in schema else {}
        values = self.generate_inner(schema["values_schema"]) if "values_schema" in schema else {}
        form = {key: keys[key] for key in ("pattern", "patternErrorMessage") if key in keys}
        named = {"propertyNames": form} if form else {}
        least = {"minProperties": schema["min_length"]} if "min_length" in schema else {}
        return {"type": "object", **named, **least, "additionalProperties": values}

    def field_title_should_be_set(self, schema: CoreSchema | Any) -> bool:  # noqa: ARG002 - pydantic's signature
        """Return that no field has a title: it would be its name again."""
        return False


def _tidy(schema: Any) -> Any:
    """Return a schema without titles, with sentences on one line, and with defaults that tell something only."""
    if isinstance(schema, list):
        return [_tidy(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    tidy: Schema = {}
    for key, value in schema.items():
        if key in ("title", "writeOnly", "format") or (key == "default" and (not value or isinstance(value, dict))):
            continue
        if key in ("properties", "$defs", "dependentSchemas"):
            tidy[key] = {name: _tidy(one) for name, one in value.items()}
        elif key == "description":
            tidy[key] = " ".join(value.split("\n\n")[0].split())
        else:
            tidy[key] = value if key in ("default", "enum", "const", "examples") else _tidy(value)
    return tidy
