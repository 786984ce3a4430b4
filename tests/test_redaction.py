"""Personal data is replaced, the same everywhere."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.redaction import Redaction
from tests.build import EXAMPLES

EMAIL = r"EMAIL=[a-z]+@[a-z]+\.org"


def test_one_text_has_one_name_everywhere() -> None:
    """The same text is replaced by the same name in plain text, in data and in JSON within texts."""
    redaction = Redaction([EMAIL, "PHONE=[0-9]{7}"])
    data = {
        "role": "user",
        "content": "ann@a.org or bob@b.org",
        "arguments": '{"to": "bob@b.org", "phone": 5551234}',
    }
    assert redaction.data(data) == {
        "role": "user",
        "content": "[EMAIL-1] or [EMAIL-2]",
        "arguments": '{"to": "[EMAIL-2]", "phone": "[PHONE-1]"}',
    }
    assert redaction.text("ann@a.org") == "[EMAIL-1]"
    assert redaction.replaced == {"EMAIL": 2, "PHONE": 1}


def test_signs_written_as_escapes_are_found() -> None:
    """JSON within a text is searched as it is meant, and stays as it is written where nothing is found."""
    redaction = Redaction(["NAME=Müller"])
    assert redaction.text('{"who": "M\\u00fcller"}') == '{"who": "[NAME-1]"}'
    assert redaction.text('{ "who":"M\\u00e4yer" }') == '{ "who":"M\\u00e4yer" }'


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("EMAIL", "--redact 'EMAIL': must be NAME=REGEX, such as EMAIL='[a-z.]+@[a-z.]+'"),
        ("1=a", "--redact '1=a': must be NAME=REGEX, such as EMAIL='[a-z.]+@[a-z.]+'"),
        ("A=a*", "--redact A: the expression fits the empty text; make it find something"),
        ("A=(", "--redact A: '(' is not a regular expression: missing ), unterminated subpattern at position 0"),
    ],
)
def test_rules_that_are_none(rule: str, said: str) -> None:
    """A rule that cannot be used is told with what is wrong."""
    with pytest.raises(InputError) as caught:
        Redaction([rule])
    assert caught.value.problems == (said,)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 99) | st.text("ab1@. é", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@EXAMPLES
@given(JSON)
def test_nothing_that_a_rule_finds_is_left(data: Any) -> None:
    """No text, no key and no JSON in a text holds what was to go, and JSON stays JSON."""
    pattern = re.compile(r"b[a1@]|é")
    redaction = Redaction([f"X={pattern.pattern}"])
    nested = {"data": data, "arguments": json.dumps({"inner": data})}
    clean = redaction.data(nested)
    inner = json.loads(clean["arguments"])
    assert pattern.search(json.dumps([clean["data"], inner], ensure_ascii=False)) is None
    assert Redaction([]).data(nested) == nested


def test_json_that_is_nested_too_deeply_is_redacted_as_text() -> None:
    """A text that no reader of JSON could follow is redacted as it is written."""
    redaction = Redaction(["MAIL=ann@shop"])
    for depth in (400, 900, 5000):
        assert redaction.text("[" * depth + '"ann@shop"' + "]" * depth) == "[" * depth + '"[MAIL-1]"' + "]" * depth
