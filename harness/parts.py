"""What scenario files are made of: frozen parts that know their keys, names, texts, expressions and patterns."""

import json
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, JsonValue, ValidationInfo
from pydantic import field_validator as judging

from harness.matcher import Value
from harness.pattern import bad_expression, bad_pattern
from harness.written import Schema, Written, without_null


class Part(Written):
    """A frozen part of a scenario file that knows all its keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True, validate_by_name=False
    )
    nullable: ClassVar[frozenset[str]] = frozenset()
    """Keys behind which null may stand."""

    @judging("*", mode="before")
    @classmethod
    def _something(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse keys with nothing behind them, which would look as if they said something."""
        if value is None and info.field_name not in cls.nullable:
            raise ValueError("nothing stands here; write a value, or remove the key")
        return value

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema without the nulls that are refused."""
        names = {info.alias or name for name, info in cls.model_fields.items() if name in cls.nullable}
        properties = long["properties"].items()
        return {**long, "properties": {key: one if key in names else without_null(one) for key, one in properties}}

    def __hash__(self) -> int:
        # pydantic copies a default for each part that takes it, unless the default has a hash
        return hash(type(self))


def listed(value: Any) -> Any:
    """Return a single word as a list of one, and anything else as it is."""
    return [value] if isinstance(value, str) else value


def _texts(value: Any) -> Any:
    """Return a single text as a list of one.

    Raises:
        ValueError: it is neither a text nor a list.
    """
    if not isinstance(value, str | list):
        raise ValueError("must be a text or a list of texts")  # noqa: TRY004 - see mapping
    return listed(value)


def mapping(value: Any, form: str) -> Any:
    """Return a mapping as it is.

    Raises:
        ValueError: it is none; `form` is the sentence that says what may stand here.
    """
    if not isinstance(value, dict):
        raise ValueError(form)  # noqa: TRY004 - pydantic takes no TypeError
    return value


def one_or_more(form: str, kind: Any) -> BeforeValidator:
    """Return a validator that takes one mapping of a kind as a list of one, and refuses what is no list with `form`."""

    def listing(value: Any) -> Any:
        if not isinstance(value, dict | list):
            raise ValueError(form)  # noqa: TRY004 - see mapping
        return [value] if isinstance(value, dict) else value

    return BeforeValidator(listing, json_schema_input_type=kind | Annotated[list[kind], Field(min_length=1)])


def _expression(value: str) -> str:
    if wrong := bad_expression(value):
        raise ValueError(wrong)
    return value


def _pattern(value: Any) -> Any:
    for wrong in filter(None, map(bad_pattern, value.values())):
        raise ValueError(wrong)
    return value


def _finite(value: JsonValue) -> JsonValue:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        raise ValueError("holds a number that JSON cannot hold; write it in quotes") from None
    return value


Expression = Annotated[str, AfterValidator(_expression)]
Expressions = Annotated[list[Expression], BeforeValidator(_texts, json_schema_input_type=Expression | list[Expression])]
Pattern = Annotated[
    dict[str, JsonValue],
    AfterValidator(_pattern),
    BeforeValidator(lambda value: value, json_schema_input_type=dict[str, Value]),
]
Names = Annotated[list[str], BeforeValidator(listed, json_schema_input_type=str | list[str])]
SomeNames = Annotated[
    list[str],
    BeforeValidator(listed, json_schema_input_type=str | Annotated[list[str], Field(min_length=1)]),
    Field(min_length=1),
]
Texts = Annotated[list[str], BeforeValidator(_texts, json_schema_input_type=str | list[str])]
Json = Annotated[JsonValue, AfterValidator(_finite)]
