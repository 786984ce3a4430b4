"""Values with values, and calls with calls."""

import json
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.matching import Pair, align, bad_expression, bad_pattern, canonical, difference, fits

EXAMPLES = settings(deadline=None, max_examples=300, derandomize=True, database=None)
TEXTS = st.text(st.characters(), max_size=4) | st.sampled_from(["a", "b", "1", "true", ""])
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.integers() | st.floats(allow_nan=False) | TEXTS
JSON = st.recursive(
    SCALARS | st.sampled_from([0, 0.0, -0.0, 1, 1.0, True, "1", 10**16, 1e16]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
ITEMS = st.lists(st.integers(0, 3), max_size=6)
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
    assert fits({"a": one}, {"a": other}) == (same or (one == {} and other == {"1": 1}))


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
    assert fits(reordered(value), value) or not plain(value)


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


@pytest.mark.parametrize(
    ("pattern", "value", "fit"),
    [
        ({}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"b": 2}, False),
        ({"a": None}, {}, False),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, True),
        ({"a": {"b": 1}}, {"a": 1}, False),
        ({"a": []}, {"a": [1]}, False),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2, "c": 3}]}, True),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": {"matches": "^x.z$"}}, {"a": "xyz"}, True),
        ({"a": {"matches": "y"}}, {"a": "xyz"}, True),
        ({"a": {"matches": "Y"}}, {"a": "xyz"}, False),
        ({"a": {"matches": "1"}}, {"a": 1}, False),
        ({"a": {"matches": ""}}, {"a": ""}, True),
        ({"a": {"matches": "x"}}, {"a": {"matches": "x"}}, False),
        ({"a": {"matches": 1}}, {"a": {"matches": 1}}, True),
        ({"a": {"matches": "x", "b": 1}}, {"a": {"matches": "x", "b": 1}}, True),
        ({"a": [{"matches": "x"}]}, {"a": ["axb"]}, True),
        ({}, [], False),
        ([], {}, False),
    ],
)
def test_patterns(pattern: Any, value: Any, fit: bool) -> None:
    """A pattern's keys must be there and fit; lists fit item by item, expressions where they are found in a text."""
    assert fits(pattern, value) is fit


def plain(value: Any) -> bool:
    """Tell whether a JSON value holds nothing that a pattern reads as an expression."""
    if isinstance(value, dict):
        return value.keys() != {"matches"} and all(map(plain, value.values()))
    return all(map(plain, value)) if isinstance(value, list) else True


@EXAMPLES
@given(JSON, JSON)
def test_fitting_is_at_least_being_equal(value: Any, other: Any) -> None:
    """A value fits itself as a pattern, more keys in mappings do no harm, and what fits both ways is the same."""
    assert fits(value, value) or not plain(value)
    if isinstance(value, dict) and plain(value):
        assert fits(value, {"other": other, **value})
    if plain(value) and plain(other) and fits(value, other) and fits(other, value):
        assert difference(value, other) is None


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        ({"a": {"matches": "x+"}}, None),
        ({"a": {"matches": "("}}, "'(' is not a regular expression: missing ), unterminated subpattern at position 0"),
        ({"a": [1, {"b": {"matches": "*"}}]}, "'*' is not a regular expression: nothing to repeat at position 0"),
        ({"a": {"matches": "(", "b": 1}}, None),
        ({"a": {"matches": 5}}, None),
        ({"matches": "["}, "'[' is not a regular expression: unterminated character set at position 0"),
        ("(", None),
    ],
)
def test_expressions_in_patterns(pattern: Any, wrong: str | None) -> None:
    """The first expression of a pattern that is none is told, at any depth."""
    assert bad_pattern(pattern) == wrong


@pytest.mark.parametrize("expression", ["x{99999999999999999999}", "(" * 5000 + ")" * 5000], ids=["count", "depth"])
def test_an_endless_expression_is_told(expression: str) -> None:
    """An expression that Python cannot compile for its size is wrong like any other."""
    assert (bad_expression(expression) or "").startswith(f"'{expression}' is not a regular expression: ")


def pairings(expected: int, actual: int) -> Iterator[list[Pair]]:
    """Yield every way to pair some expected with some actual items in order, the largest first."""
    for size in reversed(range(min(expected, actual) + 1)):
        for wanted in combinations(range(expected), size):
            for got in combinations(range(actual), size):
                yield [Pair(*pair) for pair in zip(wanted, got, strict=True)]


@EXAMPLES
@given(ITEMS, ITEMS, st.sampled_from(["equal", "at most", "sum"]))
def test_alignment_against_every_pairing(expected: Sequence[int], actual: Sequence[int], kind: str) -> None:
    """The alignment is one of the largest of all pairings in order, and of those the one with the earliest items."""

    def belong(want: int, got: int) -> bool:
        return {"equal": want == got, "at most": want <= got, "sum": (want + got) % 3 == 1}[kind]

    right = [
        pairs
        for pairs in pairings(len(expected), len(actual))
        if all(belong(expected[pair.expected], actual[pair.actual]) for pair in pairs)
    ]
    found = align(expected, actual, belong)
    assert found in right
    assert len(found) == len(right[0])
    earliest = min([pair.actual for pair in pairs] for pairs in right if len(pairs) == len(right[0]))
    assert [pair.actual for pair in found] == earliest


@pytest.mark.parametrize(
    ("expected", "actual", "pairs"),
    [
        ("", "", []),
        ("a", "", []),
        ("", "a", []),
        ("aa", "aa", [(0, 0), (1, 1)]),
        ("ab", "ba", [(1, 0)]),
        ("ab", "xaxbx", [(0, 1), (1, 3)]),
        ("a", "aaa", [(0, 0)]),
        ("aaa", "a", [(0, 0)]),
        ("abc", "bcabc", [(0, 2), (1, 3), (2, 4)]),
        ("abcd", "acbd", [(0, 0), (2, 1), (3, 3)]),
    ],
)
def test_alignments(expected: str, actual: str, pairs: list[tuple[int, int]]) -> None:
    """As many items as possible are paired in order, each once, early ones first."""
    assert align(expected, actual, lambda want, got: want == got) == pairs


def test_a_long_alignment() -> None:
    """A greedy pairing of partly fitting items would lose one; the best loses none."""
    expected: list[dict[str, int]] = [{}, {"path": 1}]
    actual = [{"path": 1}, {"path": 1}]
    assert align(expected, actual, fits) == [(0, 0), (1, 1)]
    assert align(list(range(200)), list(range(100, 300)), int.__eq__) == [(100 + at, at) for at in range(100)]
