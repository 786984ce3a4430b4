"""The text of a cassette: laid out for people, and back without loss."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from harness.layout import Readable

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


@limits(max_examples=200, deadline=None)
@given(json_values, st.booleans())
def test_any_json_survives_the_file(value: Any, ascii_only: bool) -> None:
    """A body of any JSON comes back with the same meaning, in a literal block wherever it is an object or a list."""
    text = json.dumps(value, ensure_ascii=ascii_only)
    interaction = {"request": {"body": text}, "response": {"body": {"string": text}}}
    written = Readable.serialize({"version": 1, "interactions": [interaction]})
    [back] = Readable.deserialize(written)["interactions"]
    assert json.loads(back["request"]["body"]) == value
    assert json.dumps(json.loads(back["response"]["body"]["string"])) == json.dumps(value)
    assert "body: |\n" in written


@pytest.mark.parametrize(
    "text", ["", "half {", '{"a": 1, "a": 2}', "NaN", "<html>\x85\u2028</html>", "[1e999]", "\ufeff{}"]
)
def test_other_bodies_stay_as_they_are(text: str) -> None:
    """What is not plain JSON is stored to the byte."""
    interaction = {"request": {"body": text}, "response": {"body": {"string": text}}}
    [back] = Readable.deserialize(Readable.serialize({"version": 1, "interactions": [interaction]}))["interactions"]
    assert (back["request"]["body"], back["response"]["body"]["string"]) == (text, text)
