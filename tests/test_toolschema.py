"""Arguments against the JSON schema of a tool: what cannot fit is told, and never what could."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from harness.matching import arguments_fit
from harness.pattern import bad_pattern
from harness.toolschema import Misfit, broken, misfits
from tests.build import EXAMPLES

SCHEMA = {
    "type": "object",
    "properties": {
        "query": {"type": "string", "minLength": 1},
        "limit": {"type": "integer", "minimum": 1, "maximum": 20},
        "kind": {"enum": ["fast", "slow"]},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "filter": {
            "type": "object",
            "properties": {"a": {"type": "number"}, "b": {}},
            "required": ["a", "b"],
            "additionalProperties": False,
        },
        "to": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "deep": {"$ref": "#/$defs/flag"},
    },
    "required": ["query"],
    "additionalProperties": False,
    "$defs": {"flag": {"type": "boolean"}},
}
OPEN = {**SCHEMA, "additionalProperties": True}
UNSAID = {key: part for key, part in SCHEMA.items() if key != "additionalProperties"}


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({}, []),
        ({"query": "x", "limit": 3.0, "to": None, "deep": True}, []),
        ({"filter": {"a": 1}}, []),
        ({"qeury": "x"}, [Misfit(("qeury",), "does not exist (did you mean 'query'?)", key=True)]),
        ({"query": 503}, [Misfit(("query",), "must be text", bare=True)]),
        ({"query": ""}, [Misfit(("query",), "must not be empty")]),
        ({"limit": "3"}, [Misfit(("limit",), "must be a whole number")]),
        ({"limit": 21}, [Misfit(("limit",), "must be at most 20")]),
        ({"limit": {"type": "number"}}, []),
        (
            {"limit": {"type": "string"}},
            [Misfit(("limit",), "must be a whole number, so that {type: string} never fits")],
        ),
        (
            {"limit": {"near": 30, "within": 5}},
            [Misfit(("limit",), "must be at most 20, so that no number is near this one")],
        ),
        ({"limit": {"near": 22, "within": 5}}, []),
        ({"limit": {"anything": True}}, []),
        ({"limit": {"equals": 0}}, [Misfit(("limit",), "must be at least 1")]),
        ({"limit": {"one_of": ["a", 5]}}, []),
        ({"limit": {"one_of": ["a", 50]}}, [Misfit(("limit",), "must be a whole number")]),
        ({"kind": "fats"}, [Misfit(("kind",), "must be fast or slow (did you mean 'fast'?)")]),
        ({"kind": {"matches": "^x"}}, [Misfit(("kind",), "can only be fast or slow, none of which fits this")]),
        ({"tags": ["a", 5]}, [Misfit(("tags", 1), "must be text", bare=True)]),
        ({"tags": ["a", "b", "c"]}, [Misfit(("tags",), "must have at most 2 items")]),
        ({"tags": "a"}, [Misfit(("tags",), "must be a list")]),
        ({"filter": {"c": 1}}, [Misfit(("filter", "c"), "does not exist; there are: a, b", key=True)]),
        ({"filter": {"equals": {"a": 1}}}, [Misfit(("filter",), "lacks 'b'")]),
        ({"to": 5}, [Misfit(("to",), "must be text or must be null", bare=True)]),
        ({"deep": "x"}, [Misfit(("deep",), "must be true or false")]),
    ],
)
def test_misfits(arguments: dict[str, object], found: list[Misfit]) -> None:
    """A part of a pattern that fits nothing which the schema takes is told; what is only left out is free."""
    assert misfits(SCHEMA, arguments) == found


def test_missing_arguments() -> None:
    """Where no other arguments may come, those that must be there are missed, but for one that is only misspelt."""
    missing = [Misfit((), "'query' is missing, and must be there")]
    assert misfits(SCHEMA, {"limit": 1}, exact=True) == missing
    assert [one.way for one in misfits(SCHEMA, {"qeury": "x"}, exact=True)] == [("qeury",)]


def test_open_schemas() -> None:
    """An unknown argument is told where it is refused, or where nothing is said of it and its name is nearly right."""
    names = ({"page": 1}, {"limits": 1}, {"limit": 1, "limits": 1})
    assert [[len(misfits(schema, one)) for one in names] for schema in (SCHEMA, UNSAID, OPEN, {})] == [
        [1, 1, 1],
        [0, 1, 0],
        [0, 0, 0],
        [0, 0, 0],
    ]


VALUES = st.one_of(
    st.sampled_from(["", "x", "fast", 0, 1, 20, 20.5, True, None]),
    st.lists(st.sampled_from(["a", 1]), max_size=3),
    st.dictionaries(st.sampled_from("abc"), st.sampled_from([1, "x"]), max_size=2),
)
PATTERNS = st.recursive(
    st.one_of(
        VALUES,
        st.sampled_from(["string", "number", "integer", "list", "mapping"]).map(lambda name: {"type": name}),
        st.sampled_from(["^f", "."]).map(lambda expression: {"matches": expression}),
        st.integers(-30, 30).map(lambda near: {"near": near, "within": 2}),
        VALUES.map(lambda value: {"equals": value}),
    ),
    lambda inner: st.lists(inner, min_size=1, max_size=2).map(lambda patterns: {"one_of": patterns}),
    max_leaves=3,
)
NAMES = st.sampled_from(sorted(SCHEMA["properties"]))  # type: ignore[call-overload]


@EXAMPLES
@given(st.dictionaries(NAMES, PATTERNS, max_size=2), st.dictionaries(NAMES, VALUES, min_size=1), st.booleans())
def test_nothing_that_could_fit_is_told(pattern: dict[str, object], came: dict[str, object], exact: bool) -> None:
    """Arguments that keep to the schema and fit a pattern show that there is no misfit in it."""
    if any(bad_pattern(part) for part in pattern.values()):
        return
    keeps = Draft202012Validator(SCHEMA).is_valid(came)
    if keeps and arguments_fit(pattern, came, "exact" if exact else "partial"):
        assert misfits(SCHEMA, pattern, exact=exact) == []


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        (SCHEMA, []),
        ({}, []),
        ({"type": ["object", "null"]}, []),
        ({"type": "string"}, [(("type",), "must be 'object', since arguments are a mapping")]),
        ({"properties": []}, [(("properties",), "must be a mapping")]),
        ({"required": "a"}, [(("required",), "must be a list")]),
    ],
)
def test_broken_schemas(schema: dict[str, object], found: list[tuple[tuple[str, ...], str]]) -> None:
    """What makes a schema none is told with the way to it."""
    assert [(one.way, one.why) for one in broken(schema)] == found


def test_types_that_do_not_exist() -> None:
    """A misspelt type is told with the nearest one."""
    (one,) = broken({"properties": {"a": {"type": "strng"}}})
    assert one.way == ("properties", "a", "type")
    assert one.why.startswith("'strng' is no type of JSON Schema (did you mean 'string'?); there are: string, integer")


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"$ref": "#/$defs/a"}}},
        {"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}},
        {"properties": {"a": {"$ref": "https://schemas.example/a.json"}}},
        {"properties": {"a": {"not": {"$ref": "other.json"}}}},
        {"properties": {"a": {"pattern": "\\p{L}"}}},
        {"properties": {"a": True}},
    ],
)
def test_schemas_that_cannot_be_followed(schema: dict[str, object]) -> None:
    """A schema that holds itself, or stands elsewhere, takes everything, and nothing is fetched."""
    assert misfits(schema, {"a": "x"}) == []
