"""Values as patterns: what means itself, what is a matcher, what is refused, and which values fit."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pattern import bad_expression, bad_pattern, fits, literal
from tests.build import EXAMPLES

Way = tuple[str | int, ...]
MATCHERS: Sequence[set[str]] = ({"matches"}, {"type"}, {"near", "within"}, {"one_of"}, {"anything"}, {"equals"})
HALVES: Sequence[set[str]] = ({"near"}, {"within"})
TYPES = ["string", "number", "integer", "boolean", "null", "list", "mapping"]
FOUND: Mapping[str, Callable[[str], bool]] = {
    "": lambda _: True,
    "^a": lambda text: text.startswith("a"),
    "b$": lambda text: text.endswith("b"),
    "1": lambda text: "1" in text,
}
"""The expressions that are tried, in other words."""

SCALARS = st.sampled_from([None, True, False, 0, 1, 2, 0.0, -0.0, 1.0, 1.5, 10**400, "", "a", "ab", "1", "true"])
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "type"]), inner, max_size=3),
    max_leaves=5,
)
LEAVES = st.one_of(
    st.sampled_from(sorted(FOUND)).map(lambda expression: {"matches": expression}),
    st.sampled_from(TYPES).map(lambda name: {"type": name}),
    st.builds(
        lambda near, within: {"near": near, "within": within},
        st.sampled_from([0, 1, 1.5, 10**400]),
        st.sampled_from([0, 0.5, 1, 1.0]),
    ),
    st.just({"anything": True}),
    JSON.map(lambda value: {"equals": value}),
)
PATTERNS = st.recursive(
    SCALARS | LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
        st.lists(inner, min_size=1, max_size=2).map(lambda patterns: {"one_of": patterns}),
    ),
    max_leaves=5,
)


@st.composite
def near(draw: st.DrawFn, value: Any) -> Any:
    """Draw a pattern that a value fits or nearly fits."""
    if draw(st.integers(0, 4)) == 0:
        return draw(PATTERNS)
    if isinstance(value, dict):
        kept = [key for key in value if draw(st.integers(0, 3))]
        pattern = {key: draw(near(value[key])) for key in kept}
        return {"equals": value} if set(pattern) in (*MATCHERS, *HALVES) else pattern
    if isinstance(value, list):
        return [draw(near(item)) for item in value]
    return draw(st.sampled_from([value, {"type": kind(value)}, {"equals": value}, {"one_of": ["x", value]}]))


def kind(value: Any) -> str:
    """Return the JSON type of a value by the first sign of its text."""
    names = {'"': "string", "[": "list", "{": "mapping", "t": "boolean", "f": "boolean", "n": "null"}
    return names.get(json.dumps(value)[0], "number")


def number(value: Any) -> Decimal:
    """Return a number as its JSON text says it."""
    return Decimal(json.dumps(value))


def parts(value: Any, whole: Sequence[set[str]] = (), way: Way = ()) -> Iterator[tuple[Way, Any]]:
    """Yield a value and all that is in it, each with the way to it; nothing in mappings of the keys in `whole`."""
    yield way, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not (isinstance(value, dict) and set(value) in whole):
        for step, part in inner:
            yield from parts(part, whole, (*way, step))


def shallow(value: Any) -> tuple[str, Any]:
    """Return what a value is without what is in it: a mapping's keys, a list's length, a scalar."""
    if isinstance(value, dict):
        return "mapping", frozenset(value)
    if isinstance(value, list):
        return "list", len(value)
    return kind(value), number(value) if kind(value) == "number" else value


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same in all their parts."""
    return {way: shallow(part) for way, part in parts(one)} == {way: shallow(part) for way, part in parts(other)}


def choices(pattern: Any) -> Iterator[Any]:
    """Yield every pattern without `one_of` that a pattern stands for."""
    if isinstance(pattern, list):
        yield from map(list, product(*map(choices, pattern)))
    elif not isinstance(pattern, dict) or (set(pattern) in MATCHERS and "one_of" not in pattern):
        yield pattern
    elif set(pattern) == {"one_of"}:
        for one in pattern["one_of"]:
            yield from choices(one)
    else:
        for chosen in product(*map(choices, pattern.values())):
            yield dict(zip(pattern, chosen, strict=True))


def close(pattern: dict[str, Any], value: Any) -> bool:
    """Tell whether a value is a number within the tolerance of another."""
    with localcontext(prec=1000):
        return kind(value) == "number" and abs(number(value) - number(pattern["near"])) <= number(pattern["within"])


def typed(name: str, value: Any) -> bool:
    """Tell whether a value is of a type."""
    if name == "integer":
        return kind(value) == "number" and number(value) == number(value).to_integral_value()
    return kind(value) == name


MEETS: Mapping[str, Callable[[dict[str, Any], Any], bool]] = {
    "matches": lambda pattern, value: kind(value) == "string" and FOUND[pattern["matches"]](value),
    "type": lambda pattern, value: typed(pattern["type"], value),
    "near": close,
    "anything": lambda pattern, value: True,  # noqa: ARG005 - as the others
    "equals": lambda pattern, value: same(pattern["equals"], value),
}
"""What each matcher means, in other words."""


def meets(pattern: Any, value: Any, exact: bool) -> bool:
    """Tell whether a value is as a pattern without `one_of` says, whatever is in them."""
    if isinstance(pattern, dict) and set(pattern) in MATCHERS:
        return MEETS[min(pattern)](pattern, value)
    if isinstance(pattern, dict) and not exact:
        return isinstance(value, dict) and set(pattern) <= set(value)
    return shallow(pattern) == shallow(value)


def reference(pattern: Any, value: Any, exact: bool) -> bool:
    """Tell whether a value fits, by trying every choice, and by looking up each of its parts."""
    there = dict(parts(value))
    return any(
        all(way in there and meets(part, there[way], exact) for way, part in parts(choice, MATCHERS))
        for choice in choices(pattern)
    )


def plain(value: Any) -> bool:
    """Tell whether nothing in a JSON value looks like a matcher."""
    return not any(isinstance(part, dict) and set(part) in (*MATCHERS, *HALVES) for _, part in parts(value))


@EXAMPLES
@given(st.data(), JSON, st.booleans())
def test_fitting_against_a_search_of_all_choices(data: st.DataObject, value: Any, exact: bool) -> None:
    """A value fits a pattern of any depth, in part or exactly, where one of all choices agrees in each of its parts."""
    pattern = data.draw(near(value))
    assert bad_pattern(pattern) is None
    assert fits(pattern, value, exact) == reference(pattern, value, exact)


@EXAMPLES
@given(PATTERNS, JSON, st.booleans())
def test_fitting_of_unrelated_values(pattern: Any, value: Any, exact: bool) -> None:
    """The same is so for a pattern and a value that have nothing to do with each other."""
    assert fits(pattern, value, exact) == reference(pattern, value, exact)


@EXAMPLES
@given(JSON, JSON)
def test_the_value_itself(value: Any, other: Any) -> None:
    """What is equal to a value fits `equals` of it, and nothing else does, whatever it looks like."""
    assert bad_pattern({"equals": value}) is None
    assert fits({"equals": value}, value)
    assert fits({"equals": value}, other) == same(value, other)
    assert fits({"equals": {"matches": value}}, {"matches": value})


@EXAMPLES
@given(JSON.filter(plain), JSON.filter(plain), st.booleans())
def test_plain_values_mean_themselves(value: Any, other: Any, exact: bool) -> None:
    """A value without matchers fits itself, and two that fit each other are the same."""
    assert fits(value, value, exact)
    assert fits(value, other, exact=True) == same(value, other)
    assert (fits(value, other) and fits(other, value)) == same(value, other)


@EXAMPLES
@given(st.integers(-30, 30), st.integers(-30, 30), st.integers(0, 30), st.integers(0, 300))
def test_tolerances_in_decimals(value: int, middle: int, distance: int, scale: int) -> None:
    """A tolerance is inclusive as the decimals are written, at any scale, whatever binary fractions make of them."""

    def scaled(tenths: int) -> float:
        return float(f"{tenths}e-{scale}")

    pattern = {"near": scaled(middle), "within": scaled(distance)}
    assert fits(pattern, scaled(value)) == (abs(value - middle) <= distance)


@pytest.mark.parametrize(
    ("pattern", "value", "fit"),
    [
        ({}, {"a": 1}, "partial"),
        ({"a": 1}, {"a": 1, "b": 2}, "partial"),
        ({"a": 1}, {"b": 2}, ""),
        ({"a": None}, {}, ""),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, "partial"),
        ({"a": {"b": 1}}, {"a": 1}, ""),
        ({"a": []}, {"a": [1]}, ""),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2, "c": 3}]}, "partial"),
        ({"a": [1, {"b": 2}]}, {"a": [1.0, {"b": 2}]}, "exact"),
        ({"a": [1, 2]}, {"a": [2, 1]}, ""),
        ({}, [], ""),
        ([], {}, ""),
        ({"matches": "^x.z$"}, "xyz", "exact"),
        ({"matches": "y"}, "xyz", "exact"),
        ({"matches": "Y"}, "xyz", ""),
        ({"matches": "1"}, 1, ""),
        ({"matches": ""}, "", "exact"),
        ({"matches": "x"}, {"matches": "x"}, ""),
        ({"matches": "x", "b": 1}, {"matches": "x", "b": 1}, "exact"),
        ([{"matches": "x"}], ["axb"], "exact"),
        ({"type": "boolean"}, True, "exact"),
        ({"type": "integer"}, True, ""),
        ({"type": "number"}, True, ""),
        ({"type": "integer"}, 1.0, "exact"),
        ({"type": "integer"}, 1.5, ""),
        ({"type": "integer"}, 1e300, "exact"),
        ({"type": "integer"}, 10**400, "exact"),
        ({"type": "number"}, float("nan"), ""),
        ({"type": "integer"}, float("inf"), ""),
        ({"type": "null"}, None, "exact"),
        ({"type": None}, None, "exact"),
        ({"type": None}, "null", ""),
        ({"type": "mapping"}, {"a": 1}, "exact"),
        ({"type": "pdf", "size": 1}, {"type": "pdf", "size": 1, "b": 2}, "partial"),
        ({"near": 0.3, "within": 0.1}, 0.4, "exact"),
        ({"near": 0.3, "within": 0.1}, 0.2, "exact"),
        ({"near": 0.3, "within": 0.1}, 0.4000000000000001, ""),
        ({"near": 3, "within": 0}, 3.0, "exact"),
        ({"near": 1, "within": 5}, True, ""),
        ({"near": 1, "within": 5}, "1", ""),
        ({"near": 1, "within": 5}, float("nan"), ""),
        ({"near": 1, "within": 5}, float("inf"), ""),
        ({"near": 10**400, "within": 1}, 10**400 - 1, "exact"),
        ({"near": 10**400, "within": 1}, 10**400 - 2, ""),
        ({"near": 10**400, "within": 1e308}, 0.5, ""),
        ({"one_of": ["a", {"b": 1}]}, "a", "exact"),
        ({"one_of": ["a", {"b": 1}]}, {"b": 1, "c": 2}, "partial"),
        ({"one_of": ["a", {"b": 1}]}, "b", ""),
        ({"one_of": [{"type": "integer"}, {"one_of": [None]}]}, None, "exact"),
        ({"anything": True}, None, "exact"),
        ({"a": {"anything": True}}, {"a": None}, "exact"),
        ({"a": {"anything": True}}, {}, ""),
        ({"equals": {"matches": "a"}}, {"matches": "a"}, "exact"),
        ({"equals": {"matches": "a"}}, "a", ""),
        ({"equals": {"a": 1}}, {"a": 1, "b": 2}, ""),
        ({"equals": {"a": [1]}}, {"a": [1.0]}, "exact"),
        ({"equals": {"equals": 1}}, {"equals": 1}, "exact"),
        ({"equals": {"equals": 1}}, 1, ""),
        ({"equals": 1}, True, ""),
    ],
)
def test_patterns(pattern: Any, value: Any, fit: str) -> None:
    """A value fits exactly, fits in part alone since it holds more than is said, or does not fit."""
    assert (fits(pattern, value), fits(pattern, value, exact=True)) == (fit != "", fit == "exact")


ONES: list[Any] = [1, True, "1", None, [1], {"1": 1}, 0, False, "", [], {}, 10**16 + 1, 1e16]


@pytest.mark.parametrize("one", ONES, ids=repr)
@pytest.mark.parametrize("other", ONES, ids=repr)
def test_json_types_count(one: Any, other: Any) -> None:
    """What looks alike and is of another type does not fit, nor does a number that is only nearly the same."""
    same_one = one is other
    assert fits(one, other, exact=True) == same_one
    assert fits({"a": one}, {"a": other}) == (same_one or (one == {} and other == {"1": 1}))


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (0, -0.0), (0.0, -0.0), (10**16, 1e16), (-3, -3.0), ([1], [1.0]), ({"a": 2.0}, {"a": 2})],
)
def test_a_number_is_a_number(one: Any, other: Any) -> None:
    """A number fits however it is written, both ways, and in `equals`."""
    assert fits(one, other, exact=True)
    assert fits(other, one, exact=True)
    assert fits({"equals": one}, other)


TYPES_SAID = "'type' takes string, number, integer, boolean, null, list or mapping"
NEAR_SAID = "'near' takes a number, and 'within' one that is at least 0"
PARENTHESIS = "'(' is not a regular expression: missing ), unterminated subpattern at position 0"
REFUSED: list[tuple[Any, str]] = [
    ({"type": "pdf"}, TYPES_SAID),
    ({"type": "str"}, TYPES_SAID),
    ({"type": 1}, TYPES_SAID),
    ({"type": ["string", "null"]}, TYPES_SAID),
    ({"type": {"type": "string"}}, TYPES_SAID),
    ({"near": 3}, "'near' takes 'within' beside it, the greatest difference that is right"),
    ({"within": 3}, "'within' takes 'near' beside it, the number that is meant"),
    ({"near": True, "within": 1}, NEAR_SAID),
    ({"near": "3", "within": 1}, NEAR_SAID),
    ({"near": 3, "within": -1}, NEAR_SAID),
    ({"near": 3, "within": None}, NEAR_SAID),
    ({"near": 3, "within": False}, NEAR_SAID),
    ({"one_of": []}, "'one_of' takes a list of at least one pattern"),
    ({"one_of": "a"}, "'one_of' takes a list of at least one pattern"),
    ({"one_of": {"a": 1}}, "'one_of' takes a list of at least one pattern"),
    ({"anything": 1}, "'anything' can only be true"),
    ({"anything": False}, "'anything' can only be true"),
    ({"anything": "true"}, "'anything' can only be true"),
    ({"matches": 5}, "'matches' takes a regular expression as text"),
    ({"matches": ["a"]}, "'matches' takes a regular expression as text"),
    ({"matches": "("}, PARENTHESIS),
]


@pytest.mark.parametrize(("pattern", "wrong"), REFUSED, ids=json.dumps)
def test_what_only_looks_like_a_matcher(pattern: Any, wrong: str) -> None:
    """What looks like a matcher but is none is refused at any depth, with the way to mean the value itself."""
    told = f"{wrong}; to mean the mapping itself, write {{equals: {json.dumps(pattern)}}}"
    assert bad_pattern(pattern) == told
    assert bad_pattern({"a": ["b", {"c": pattern}]}) == told
    assert bad_pattern({"one_of": ["b", pattern]}) == told
    assert bad_pattern({"equals": pattern}) is None
    assert fits({"equals": pattern}, pattern)


@pytest.mark.parametrize(("pattern", "wrong"), REFUSED, ids=json.dumps)
def test_no_value_fits_what_is_refused(pattern: Any, wrong: str) -> None:
    """What is refused is never taken for some pattern, where a caller did not ask."""
    with pytest.raises(ValueError, match="to mean the mapping itself") as caught:
        fits({"a": pattern}, {"a": pattern})
    assert str(caught.value) == bad_pattern(pattern)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")], ids=str)
def test_numbers_that_no_json_holds(value: float) -> None:
    """A number that can never come is refused wherever it stands."""
    told = "holds a number that JSON cannot hold; write it in quotes"
    patterns: list[Any] = [value, [value], {"a": {"b": value}}, {"equals": {"b": [value]}}, {"one_of": [1, value]}]
    assert [bad_pattern(pattern) for pattern in patterns] == [told] * 5
    for tolerance in ({"near": value, "within": 1}, {"near": 1, "within": value}):
        assert (bad_pattern(tolerance) or "").startswith(NEAR_SAID)


@EXAMPLES
@given(PATTERNS)
def test_what_is_right_is_not_refused(pattern: Any) -> None:
    """No pattern of any depth is refused whose matchers are all right."""
    assert bad_pattern(pattern) is None


@EXAMPLES
@given(
    st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(sorted(set().union(*MATCHERS))), inner, max_size=2)
        ),
        max_leaves=5,
    ),
    JSON,
)
def test_a_pattern_is_right_or_refused(pattern: Any, value: Any) -> None:
    """A pattern that is not refused can be asked about any value, and one that is says how to mean itself."""
    wrong = bad_pattern(pattern)
    if wrong is None:
        assert fits(pattern, value) in (True, False)
        assert fits(pattern, value) or not fits(pattern, value, exact=True)
    else:
        assert "; to mean the mapping itself, write {equals: " in wrong


def test_a_long_mapping_is_told_by_its_keys() -> None:
    """The refusal of a long mapping stays one line that people can read."""
    assert (
        bad_pattern({"type": "x" * 100}) == f"{TYPES_SAID}; to mean the mapping itself, write {{equals: {{type: ...}}}}"
    )


@pytest.mark.parametrize("expression", ["x{99999999999999999999}", "(" * 5000 + ")" * 5000], ids=["count", "depth"])
def test_an_endless_expression_is_told(expression: str) -> None:
    """An expression that Python cannot compile for its size is wrong like any other."""
    assert (bad_expression(expression) or "").startswith(f"'{expression}' is not a regular expression: ")


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["matches", "type", "near", "equals", "a"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@EXAMPLES
@given(VALUE, VALUE)
def test_a_literal_means_the_value(value: Any, other: Any) -> None:
    """What looks like a matcher means itself in a literal, which is a pattern and fits, exactly, that value alone."""
    pattern = literal({"argument": value})["argument"]
    assert bad_pattern(pattern) is None
    assert fits(pattern, value, exact=True)
    same = json.dumps(value, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert fits(pattern, other, exact=True) is same
