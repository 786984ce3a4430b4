"""JSON texts as data with the style that gives them back to the byte."""

import json
from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.jsonstyle import COMPACT, Style, Written, write, written
from tests.build import EXAMPLES
from tests.corpus import lines

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
STYLES = st.builds(
    Style,
    indent=st.sampled_from([None, "", " ", "  ", "\t"]),
    spaced=st.booleans(),
    ascii=st.booleans(),
    html=st.booleans(),
    before=st.sampled_from(["", "\n", "\n         \n"]),
    behind=st.sampled_from(["", "\n", "\r\n"]),
)


@EXAMPLES
@given(JSON, STYLES)
def test_any_json_in_any_style_comes_back_to_the_byte(value: object, style: Style) -> None:
    """Whatever is written in a known style is told with a style that gives it back."""
    text = write(value, style)
    back = written(text)
    assert back is not None
    assert json.dumps(back.value) == json.dumps(value)
    assert write(back.value, back.style) == text


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ('{"a":1,"b":["é"]}', COMPACT),
        ('{"a": 1, "b": ["é"]}', Style(spaced=True)),
        ('{"a": 1, "b": ["\\u00e9"]}', Style(spaced=True, ascii=True)),
        ('{"a":"\\u003cb\\u003e \\u0026 é"}', Style(html=True)),
        ('{\n  "a": 1\n}\n', Style(indent="  ", spaced=True, behind="\n")),
        ('\n\n  {"a":1}', Style(before="\n\n  ")),
    ],
)
def test_writers_in_use_are_known(text: str, style: Style) -> None:
    """What Python, JavaScript, Go and the providers' servers write is told apart."""
    assert written(text) == Written(json.loads(text), style)


@pytest.mark.parametrize(
    "text", ["", "half {", '{"a": 1, "a": 2}', "NaN", "[1e999]", "1.50", "\ufeff{}", '{"a":1,\n"b":2}']
)
def test_what_no_style_gives_back_is_none(text: str) -> None:
    """Repeated keys, numbers that Python writes otherwise, mixed layouts and what is no JSON have no style."""
    assert written(text) is None


def test_recorded_bodies_have_a_style() -> None:
    """Of 393 bodies as providers sent them all but four come back: one is no JSON, three are laid out by hand."""
    bodies = [one["response"]["body"] for line in lines("wire.jsonl") for one in line["interactions"]]
    found = [(body, written(body)) for body in bodies]
    assert all(back is None or write(back.value, back.style) == body for body, back in found)
    assert Counter(back is None for _, back in found) == {False: 389, True: 4}


def test_styles_differ_in_what_they_write() -> None:
    """Every part of a style shows in the text."""
    value = {"a": ["<é>", 1]}
    kinds = [Style(*parts) for parts in product((None, " "), (False, True), (False, True), (False, True))]
    assert len({write(value, kind) for kind in kinds}) == len(kinds)
