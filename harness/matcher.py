"""Patterns as they may be written: any value, with matchers in it at any depth."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue, RootModel

from harness.written import Schema, Written, without_null

_ONE = ("matches", "type", "one_of", "anything", "equals")
_TWO = ("near", "within")


class Matcher(Written):
    """Stands for all values that fit it: one of these keys, or `near` with `within`."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    matches: str | None = None
    """A regular expression that is found in the text."""
    type: Literal["string", "number", "integer", "boolean", "null", "list", "mapping"] | None = None
    """The type of the value; YAML reads a bare `null` as the value."""
    near: float | None = None
    """The number that is meant."""
    within: Annotated[float, Field(ge=0)] | None = None
    """The greatest difference from the number that is meant."""
    one_of: Annotated[list["Value"], Field(min_length=1)] | None = None
    """Values or matchers, of which one fits."""
    anything: Literal[True] | None = None
    """There, whatever it is."""
    equals: JsonValue = None
    """This very value, whole and exact, also where it looks like a matcher."""

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a mapping of which the keys are those of matchers."""
        every = long["properties"].items()
        properties = {key: one if key == "type" else without_null(one) for key, one in every}
        return {**long, "properties": properties, "dependentRequired": {"near": ["within"], "within": ["near"]}}


class Value(Written, RootModel[list["Value"] | dict[str, "Value"] | Matcher]):
    """A value that an argument must have; a mapping of exactly the keys of a matcher is one."""

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of any value, in which a mapping that looks like a matcher must be one."""
        parts = {key: value for key, value in long["then"].items() if key != "type"}
        single = {"maxProperties": 1, "propertyNames": {"enum": [*_ONE]}}
        double = {"propertyNames": {"enum": [*_TWO]}}
        is_matcher = {"type": "object", "anyOf": [single, double]}
        return {"description": long["description"], "if": is_matcher, "then": long["else"], "else": parts}
