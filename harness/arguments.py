"""Arguments that a file writes, against the JSON schema of the tool."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from harness.errors import did_you_mean
from harness.pattern import is_matcher
from harness.source import Location

_TYPES = {"list": "array", "mapping": "object"}
"""Types as matchers call them, where JSON Schema has another word."""


class Misfit(NamedTuple):
    """An argument that no call of the tool can have, with the way to it."""

    location: Location
    what: str
    at_key: bool = False


def misfits(tool: str, schema: Mapping[str, Any], arguments: Mapping[str, Any], *, whole: bool) -> Iterator[Misfit]:
    """Yield what of written arguments does not fit the schema; matchers are judged by what they could fit.

    Where the arguments are not the `whole` of what a call has, what they lack is no misfit, at any depth. A name that
    the schema does not know is one where the schema forbids others, or knows one that is near.
    """
    known = schema.get("properties")
    properties: Mapping[str, Any] = known if isinstance(known, dict) else {}
    closed = schema.get("additionalProperties") is False
    for name, value in arguments.items():
        if name in properties:
            part = properties[name]
            inner = {**part, "$defs": schema["$defs"]} if isinstance(part, dict) and "$defs" in schema else part
            if why := _unfit(inner, value, whole=whole):
                yield Misfit((name,), f"the argument '{name}' of {tool} {why}")
        elif hint := did_you_mean(name, properties):
            yield Misfit((name,), f"{tool} has no argument '{name}'{hint}", at_key=True)
        elif closed:
            names = ", ".join(properties) or "none"
            yield Misfit((name,), f"{tool} has no argument '{name}'; its arguments: {names}", at_key=True)
    required = schema.get("required")
    for name in required if whole and isinstance(required, list) else ():
        if name not in arguments:
            yield Misfit((), f"{tool} needs the argument '{name}'")


def _unfit(schema: Any, value: Any, *, whole: bool) -> str | None:
    """Return why no value that a pattern stands for fits a schema, or None where one may."""
    if isinstance(value, dict) and is_matcher(value):
        return _matcher_unfit(schema, value, whole=whole)
    if isinstance(value, list | dict) and _holds_matcher(value):
        kind = "array" if isinstance(value, list) else "object"
        return (
            None
            if _allows(schema, kind)
            else f"{_wants(schema)}, which no {'list' if kind == 'array' else 'mapping'} is"
        )
    return _invalid(schema if whole else _lax(schema), value)


def _matcher_unfit(schema: Any, matcher: Mapping[str, Any], *, whole: bool) -> str | None:
    match matcher:
        case {"type": kind}:
            name = "null" if kind is None else _TYPES.get(str(kind), str(kind))
            return None if _allows(schema, name) else f"{_wants(schema)}, never {{type: {kind}}}"
        case {"matches": _}:
            return None if _allows(schema, "string") else f"{_wants(schema)}, which is no text to be matched"
        case {"near": _}:
            able = _allows(schema, "number") or _allows(schema, "integer")
            return None if able else f"{_wants(schema)}, which is no number to be near"
        case {"one_of": [*patterns]}:
            reasons = [_unfit(schema, one, whole=whole) for one in patterns]
            return reasons[0] if reasons and all(reasons) else None
        case {"equals": value}:
            return _invalid(schema, value)
    return None


def _invalid(schema: Any, value: Any) -> str | None:
    """Return why a value does not fit a schema, in one clause; a schema that is none fits everything."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError, best_match
    from referencing.exceptions import Unresolvable

    try:
        Draft202012Validator.check_schema(schema)
        error = best_match(Draft202012Validator(schema).iter_errors(value))
    except (SchemaError, Unresolvable):
        return None
    if error is None:
        return None
    words = error.schema.get("enum") if error.validator == "enum" and isinstance(error.schema, dict) else None
    if words is not None and isinstance(error.instance, str):
        hint = did_you_mean(error.instance, [word for word in words if isinstance(word, str)])
        return f"must be one of {', '.join(map(str, words))}{hint}"
    if error.validator == "type" and isinstance(error.schema, dict):
        return f"{_wants(error.schema)}, not {_shown(error.instance)}"
    return f"does not fit its schema: {error.message}"


def _shown(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int | float):
        return f"{value}; quote it where text is meant"
    return f"'{value}'" if isinstance(value, str) else "a list" if isinstance(value, list) else "a mapping"


def _wants(schema: Any) -> str:
    kinds = schema.get("type") if isinstance(schema, dict) else None
    words = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else ["something else"]
    named = {
        "string": "text",
        "array": "a list",
        "object": "a mapping",
        "integer": "a whole number",
        "number": "a number",
    }
    return f"must be {' or '.join(named.get(str(word), str(word)) for word in words)}"


def _allows(schema: Any, kind: str) -> bool:
    """Tell whether a schema lets values of a type pass, as far as its plain `type` says."""
    kinds = schema.get("type") if isinstance(schema, dict) else None
    if kinds is None:
        return True
    allowed = {kinds} if isinstance(kinds, str) else set(kinds)
    return kind in allowed or (kind in ("integer", "number") and bool({"integer", "number"} & allowed))


def _holds_matcher(value: Any) -> bool:
    if isinstance(value, dict):
        return is_matcher(value) or any(map(_holds_matcher, value.values()))
    return isinstance(value, list) and any(map(_holds_matcher, value))


def _lax(schema: Any) -> Any:
    """Return a schema under which a mapping may lack keys, at any depth."""
    if isinstance(schema, list):
        return [_lax(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    idle = ("required", "minProperties", "dependentRequired")
    return {key: one if key in ("enum", "const") else _lax(one) for key, one in schema.items() if key not in idle}
