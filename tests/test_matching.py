"""Values with values, and the arguments of calls with patterns: what is the same, what fits, and what is unlike."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.matching import Absent, ArgumentMode, Deviation, arguments_fit, canonical, difference, fits_all, unlike
from harness.pattern import fits
from tests.build import EXAMPLES

TEXTS = st.text(st.characters(), max_size=4) | st.sampled_from(["a", "b", "1", "true", ""])
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.integers() | st.floats(allow_nan=False) | TEXTS
JSON = st.recursive(
    SCALARS | st.sampled_from([0, 0.0, -0.0, 1, 1.0, True, "1", 10**16, 1e16]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
ONES: list[Any] = [1, 1.0, True, "1", None, [1], {"1": 1}, 0, False, "", [], {}]


def changed(value: Any) -> Iterator[Any]:
    """Yield copies of a JSON value with one thing changed."""
    yield [value]
    if isinstance(value, dict):
        for key in value:
            yield {other: value[other] for other in value if other != key}
            for inner in changed(value[key]):
                yield {**value, key: inner}
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield value[:at] + value[at + 1 :]
            for inner in changed(item):
                yield [*value[:at], inner, *value[at + 1 :]]


def reordered(value: Any) -> Any:
    """Return a JSON value with the keys of every mapping the other way round."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("one", ONES, ids=repr)
@pytest.mark.parametrize("other", ONES, ids=repr)
def test_json_types_count(one: Any, other: Any) -> None:
    """A number, a truth value and a text that look alike are different, as are empty ones of different types."""
    same = one is other
    assert (canonical(one) == canonical(other), difference(one, other) is None) == (same, same)


def test_canonical_text() -> None:
    """The canonical text has its keys sorted at every depth, no blanks, and one spelling of each character."""
    assert canonical({"b": [1, 1.0, True, None], "a": {"é": "\ud800", "d": " "}}) == (
        '{"a":{"d":" ","\\u00e9":"\\ud800"},"b":[1,1.0,true,null]}'
    )


@EXAMPLES
@given(JSON)
def test_the_order_of_keys_is_free(value: Any) -> None:
    """Values that differ in the order of keys alone are the same."""
    assert canonical(reordered(value)) == canonical(value)
    assert difference(value, reordered(value)) is None


@EXAMPLES
@given(JSON, JSON)
@example({"a": 0.0}, {"a": -0.0})
def test_no_difference_is_the_same_text(one: Any, other: Any) -> None:
    """Two JSON values have no difference exactly where their canonical texts are equal, seen from both sides."""
    same = canonical(one) == canonical(other)
    assert (difference(one, other) is None, difference(other, one) is None) == (same, same)


@EXAMPLES
@given(JSON)
def test_every_change_is_a_difference(value: Any) -> None:
    """A value has no difference from itself and one from each changed copy."""
    assert difference(value, json.loads(json.dumps(value))) is None
    for other in changed(value):
        assert difference(value, other) is not None
        assert canonical(value) != canonical(other)


@pytest.mark.parametrize(
    ("one", "other", "path", "sides"),
    [
        (1, 2, "", ("1", "2")),
        (1, True, "", ("1", "True")),
        ({"a": 1, "b": 2}, {"b": 3, "a": 4}, "a", ("1", "4")),
        ({"b": 2, "a": 1}, {"a": 4, "b": 3}, "b", ("2", "3")),
        ({"a": 1}, {}, "a", ("1", "nothing")),
        ({}, {"a": None}, "a", ("nothing", "None")),
        ({"a": 1}, {"a": 1, "b": 2}, "b", ("nothing", "2")),
        ([1, 2], [1], "[1]", ("2", "nothing")),
        ([], [0], "[0]", ("nothing", "0")),
        ({"m": [{"c": "x"}]}, {"m": [{"c": "y"}]}, "m[0].c", ("'x'", "'y'")),
        ([[1], [2]], [[1], [3]], "[1][0]", ("2", "3")),
        ({"a": []}, {"a": {}}, "a", ("[]", "{}")),
    ],
)
def test_the_first_difference(one: Any, other: Any, path: str, sides: tuple[str, str]) -> None:
    """The first difference in the order of the first value is told with its way and both sides."""
    found = difference(one, other)
    assert found is not None
    assert (found.path, (repr(found.one), repr(found.other))) == (path, sides)


HOW: tuple[ArgumentMode, ...] = ("exact", "partial", "ignore")
NAMES = st.sampled_from(["a", "b", "matches", "type", "equals"])
ARGUMENTS = st.dictionaries(NAMES, st.sampled_from([1, 1.0, True, "a", None, {"c": 1}, {"c": 1, "d": 2}]), max_size=4)
ASKED = st.dictionaries(
    NAMES,
    st.sampled_from([1, True, "a", None, {"c": 1}, {"matches": "a"}, {"type": "mapping"}, {"anything": True}]),
    max_size=3,
)


@EXAMPLES
@given(ASKED, ARGUMENTS, st.sets(NAMES, max_size=2), st.sampled_from(HOW))
def test_arguments_key_by_key(
    pattern: dict[str, Any], arguments: dict[str, Any], without: set[str], how: ArgumentMode
) -> None:
    """Arguments fit where nothing is unlike, and what is unlike are the keys that fit neither alone nor left out."""
    found = unlike(pattern, arguments, how, without)
    assert arguments_fit(pattern, arguments, how, without) == (found == [])
    keys = [key for key in [*pattern, *(key for key in arguments if key not in pattern)] if key not in without]
    wrong = []
    for key in keys if how != "ignore" else []:
        if key in pattern and key in arguments:
            one = {"x": pattern[key]}, {"x": arguments[key]}
            right = fits([pattern[key]], [arguments[key]], exact=how == "exact")
            assert arguments_fit(*one, how) == right
        else:
            right = key in arguments and how == "partial"
        if not right:
            wrong.append(Deviation(key, pattern.get(key, Absent()), arguments.get(key, Absent())))
    assert found == wrong


@EXAMPLES
@given(ASKED, ARGUMENTS)
def test_fitting_in_part(pattern: dict[str, Any], arguments: dict[str, Any]) -> None:
    """The modes go from strict to free, and the partial one is what is asked of arguments by itself."""
    assert [arguments_fit(pattern, arguments, how) for how in HOW] == sorted(
        arguments_fit(pattern, arguments, how) for how in HOW
    )
    assert (
        fits_all(pattern, arguments)
        == arguments_fit(pattern, arguments)
        == arguments_fit(pattern, arguments, "partial")
    )


@pytest.mark.parametrize(
    ("pattern", "arguments", "how", "without", "found"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, "partial", (), []),
        ({"a": 1}, {"a": 1, "b": 2}, "exact", (), [Deviation("b", Absent(), 2)]),
        ({"a": 1}, {"a": 1, "b": 2}, "exact", ("b",), []),
        ({"a": 1, "b": 3}, {"a": 1, "b": 2}, "exact", ("b",), []),
        ({"a": 1, "b": 3}, {"a": 1}, "exact", ("b",), []),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, "partial", (), []),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, "exact", (), [Deviation("a", {"b": 1}, {"b": 1, "c": 2})]),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, "exact", ("c",), [Deviation("a", {"b": 1}, {"b": 1, "c": 2})]),
        ({"a": 1, "b": 2}, {}, "partial", (), [Deviation("a", 1, Absent()), Deviation("b", 2, Absent())]),
        ({"a": 1}, {"a": True}, "partial", (), [Deviation("a", 1, True)]),
        ({"a": None}, {}, "partial", (), [Deviation("a", None, Absent())]),
        ({"a": {"near": 1, "within": 1}}, {"a": 3}, "exact", (), [Deviation("a", {"near": 1, "within": 1}, 3)]),
        ({"a": 1}, {"b": 2}, "ignore", (), []),
        ({"b": 1, "a": 2}, {"c": 1, "a": 3}, "exact", (), [("b", 1, Absent()), ("a", 2, 3), ("c", Absent(), 1)]),
        ({"matches": "a"}, {"matches": "a"}, "exact", (), []),
        ({"matches": "a"}, {"matches": "ba"}, "exact", (), [Deviation("matches", "a", "ba")]),
        ({"type": "pdf"}, {"type": "pdf"}, "exact", (), []),
        ({"matches": {"matches": "a"}}, {"matches": "ba"}, "exact", (), []),
    ],
)
def test_what_is_unlike(
    pattern: dict[str, Any],
    arguments: dict[str, Any],
    how: ArgumentMode,
    without: tuple[str, ...],
    found: list[Deviation],
) -> None:
    """Each argument that is missing, different or too much is told with both sides, but for those left out."""
    assert unlike(pattern, arguments, how, without) == found
    assert arguments_fit(pattern, arguments, how, without) == (not found)


@pytest.mark.parametrize(
    ("pattern", "how", "without", "fit"),
    [
        ({}, "ignore", (), True),
        ({"a": 1}, "ignore", (), True),
        ({}, "partial", (), True),
        ({"a": 1}, "partial", (), False),
        ({"a": 1}, "partial", ("a",), True),
        ({"a": {"anything": True}}, "partial", (), False),
        ({}, "exact", (), False),
        ({"a": 1}, "exact", ("a",), False),
    ],
)
def test_unreadable_arguments(pattern: dict[str, Any], how: ArgumentMode, without: tuple[str, ...], fit: bool) -> None:
    """Arguments that could not be read fit only where they are ignored or nothing is asked of them."""
    assert arguments_fit(pattern, None, how, without) == fit


def test_everything_is_missing_of_unreadable_arguments() -> None:
    """Of arguments that could not be read each one that is expected is told as missing."""
    assert unlike({"a": 1, "b": 2}, None, "exact", ("b",)) == [Deviation("a", 1, Absent())]
    assert unlike({"a": 1}, None, "ignore") == []
