"""What JSON Schema asks of a value, in plain words that follow the value's name."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.errors import did_you_mean

if TYPE_CHECKING:
    from jsonschema import ValidationError

_MOST = 60
"""How many signs of a value are told."""
KINDS: Mapping[str, str] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "array": "a list",
    "object": "a mapping",
}


def several(said: Any) -> Sequence[Any]:
    """Return one thing as a list of one, and a list as it is."""
    return said if isinstance(said, list) else [said]


def wanted(schema: Mapping[str, Any]) -> str:
    """Return which types a schema takes."""
    return f"must be {either([KINDS.get(str(kind), str(kind)) for kind in several(schema.get('type'))])}"


def either(words: Sequence[str]) -> str:
    """Return words of which one is meant."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def told(values: Sequence[Any]) -> str:
    """Return values of which one is meant, each cut where it is long."""
    from harness.trace import dumps

    return either([_short(one if isinstance(one, str) else dumps(one)) for one in values])


def _short(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[:_MOST]}..."


def untyped(error: "ValidationError") -> str | None:
    """Return what is wrong with a type that JSON Schema does not have, or None where it is something else."""
    name = error.instance
    if list(error.absolute_path)[-1:] != ["type"] or not isinstance(name, str):
        return None
    return f"'{_short(name)}' is no type of JSON Schema{did_you_mean(name, KINDS)}; there are: {', '.join(KINDS)}"


def worded(error: "ValidationError") -> str:
    """Return what jsonschema finds in plain words, with the argument as the subject."""
    said: Any = error.validator_value
    keyword = str(error.validator)
    if keyword == "type":
        return wanted({"type": said})
    if keyword in ("enum", "const"):
        choices = said if keyword == "enum" else [said]
        words = [one for one in choices if isinstance(one, str)]
        return (
            f"must be {told(choices)}{did_you_mean(error.instance, words) if isinstance(error.instance, str) else ''}"
        )
    if keyword in ("minLength", "minItems", "minProperties") and said == 1:
        return "must not be empty"
    if keyword == "required":
        missing: Any = error.instance
        return f"lacks {either([repr(one) for one in said if one not in missing])}"
    form = _SAID.get(keyword)
    return form.format(said=_short(str(said))) if form else f"does not fit its schema: {_short(error.message)}"


_SAID: Mapping[str, str] = {
    "minimum": "must be at least {said}",
    "maximum": "must be at most {said}",
    "exclusiveMinimum": "must be greater than {said}",
    "exclusiveMaximum": "must be less than {said}",
    "multipleOf": "must be a multiple of {said}",
    "pattern": "must match /{said}/",
    "minLength": "must have at least {said} characters",
    "minItems": "must have at least {said} items",
    "minProperties": "must have at least {said} keys",
    "maxLength": "must have at most {said} characters",
    "maxItems": "must have at most {said} items",
    "maxProperties": "must have at most {said} keys",
    "uniqueItems": "must not hold one item twice",
    "additionalProperties": "holds a key that its schema does not have",
}
