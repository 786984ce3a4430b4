"""Personal data replaced by names of its kind, the same everywhere, in texts and in the JSON that they hold."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.redaction import Redaction
from tests.build import EXAMPLES

MAIL = r"[\w.]+@[\w.]+\w"
PHONE = r"\d{7,}"
RULES = (f"MAIL={MAIL}", f"PHONE={PHONE}")

PIECES = st.sampled_from(
    [
        "a@b.example",
        "josé@b.example",
        "ann.lee@b.example",
        "5551234567",
        "5550000000",
        "é",
        " ",
        "\n",
        '"',
        "\\",
        "x",
        "{",
        "[",
    ]
)
TEXTS = st.lists(PIECES, max_size=4).map("".join)
NUMBERS = st.sampled_from([0, 1, 1.0, -2.5, 5551234567, -5550000000, 5551234567.25, True, None, float("nan")])
DATA: st.SearchStrategy[Any] = st.recursive(
    TEXTS | NUMBERS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "type", "b"]) | TEXTS, inner, max_size=3)
        | st.builds(json.dumps, inner, ensure_ascii=st.booleans(), indent=st.none() | st.just(1))
    ),
    max_leaves=6,
)


def inner(text: str) -> Any:
    """Return what JSON in a text says, or None where it is none."""
    try:
        return json.loads(text) if text.lstrip()[:1] in ("{", "[", '"') else None
    except ValueError:
        return None


def shape(value: Any) -> Any:
    """Return what a value is made of: its lists and mappings, and what stands in JSON that its texts hold."""
    if isinstance(value, dict):
        return [shape(item) for item in value.values()]
    if isinstance(value, list):
        return {"list": [shape(item) for item in value]}
    held = inner(value) if isinstance(value, str) else None
    return "one" if held is None else {"text": shape(held)}


def texts(value: Any) -> list[str]:
    """Return every text and number in a value and in JSON that its texts hold, as people read it."""
    if isinstance(value, dict):
        return [said for key, item in value.items() for said in (key, *texts(item))]
    if isinstance(value, list):
        return [said for item in value for said in texts(item)]
    if not isinstance(value, str):
        return [json.dumps(value)]
    held = inner(value)
    return [value] if held is None else texts(held)


@EXAMPLES
@given(DATA)
def test_nothing_that_is_looked_for_is_left(value: Any) -> None:
    """However deep it stands and however its signs are written, nothing is left of what a rule finds."""
    clean = Redaction(RULES).data({"content": json.dumps(value), "arguments": value})
    assert [said for said in texts(clean) if re.search(f"{MAIL}|{PHONE}", said)] == []


@EXAMPLES
@given(DATA)
def test_the_shape_stays(value: Any) -> None:
    """What is a list, a mapping or JSON in a text is one still, with as many parts."""
    assert shape(Redaction(RULES).data({"arguments": value})) == shape({"arguments": value})


@EXAMPLES
@given(DATA)
def test_nothing_else_changes(value: Any) -> None:
    """Without rules, and with rules that find nothing, all stays as it is written."""
    for rules in ([], ["NAME=zebra"]):
        redaction = Redaction(rules)
        assert json.dumps(redaction.data(value)) == json.dumps(value)
        assert (redaction.replaced, redaction.text(json.dumps(value))) == (
            {rule.partition("=")[0]: 0 for rule in rules},
            json.dumps(value),
        )


@EXAMPLES
@given(st.lists(DATA, max_size=3))
def test_names_are_the_same_everywhere(values: list[Any]) -> None:
    """Two texts carry one name exactly where they are the same, and each is counted once."""
    redaction = Redaction([f"MAIL={MAIL}"])
    redaction.data(values)
    seen = {found for said in texts(values) for found in re.findall(MAIL, said)}
    names = {found: redaction.text(f" {found}") for found in seen}
    assert len(set(names.values())) == len(names)
    assert redaction.replaced == {"MAIL": len(names)}


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("", ""),
        ("Write to a@b.example, not to c@b.example.", "Write to [MAIL-1], not to [MAIL-2]."),
        ("a@b.example a@b.example", "[MAIL-1] [MAIL-1]"),
        ('{"to":"a@b.example",  "n":1}', '{"to":"[MAIL-1]",  "n":1}'),
        ('{"to": "jos\\u00e9@b.example", "cc":["a@b.example"]}', '{"to": "[MAIL-1]", "cc": ["[MAIL-2]"]}'),
        ('{"n": 5551234567, "at": 1.50}', '{"n": "[PHONE-1]", "at": 1.5}'),
        ('{"n": "5551234567", "at": 1.50}', '{"n": "[PHONE-1]", "at": 1.50}'),
        ('["a\\u0040b.example"]', '["[MAIL-1]"]'),
        ('"a\\u0040b.example"', '"[MAIL-1]"'),
        ('{"a\\u0040b.example": true}', '{"[MAIL-1]": true}'),
        ('{"in": "{\\"to\\": \\"a\\\\u0040b.example\\"}"}', '{"in": "{\\"to\\": \\"[MAIL-1]\\"}"}'),
        ("{not JSON: a@b.example}", "{not JSON: [MAIL-1]}"),
        ('{"a": "jos\\u00e9@b.example", "a": "x"}', '{"a": "x"}'),
        ("[NaN,1]", "[NaN,1]"),
        ("[" * 700 + '"a@b.example"' + "]" * 700, "[" * 700 + '"[MAIL-1]"' + "]" * 700),
        ("[" * 5000 + '"a@b.example"' + "]" * 5000, "[" * 5000 + '"[MAIL-1]"' + "]" * 5000),
    ],
)
def test_texts(text: str, redacted: str) -> None:
    """A text stays as it is written but for what was found, and JSON is written anew only where signs are escaped."""
    assert Redaction(RULES).text(text) == redacted


def test_what_is_only_seen_in_escapes_is_no_find() -> None:
    """What a rule finds in the signs of an escape is not counted; what the escape means is."""
    redaction = Redaction([f"MAIL={MAIL}"])
    assert (redaction.text('["jos\\u00e9@b.example"]'), redaction.replaced) == ('["[MAIL-1]"]', {"MAIL": 1})


def test_rules_leave_names_alone() -> None:
    """What one rule put in is nothing that the next one looks into; what it finds around it is replaced whole."""
    redaction = Redaction([f"MAIL={MAIL}", r"NUMBER=\d+", "WORD=[A-Z]{3}", "GREETING=Dear .*1]"])
    assert redaction.text("17 a@b.example USA a@b.example 17") == "[NUMBER-1] [MAIL-1] [WORD-1] [MAIL-1] [NUMBER-1]"
    assert redaction.text("Dear a@b.example") == "[GREETING-1]"
    assert redaction.replaced == {"MAIL": 1, "NUMBER": 1, "WORD": 1, "GREETING": 1}


def test_rules_of_one_name_share_their_numbers() -> None:
    """Two rules may have one name, and no two texts ever carry one name and number."""
    redaction = Redaction(["WHO=Ann", "WHO=Ben"])
    assert redaction.text("Ben and Ann and Ben") == "[WHO-2] and [WHO-1] and [WHO-2]"
    assert redaction.replaced == {"WHO": 2}


def test_words_of_the_format_stay() -> None:
    """Roles, types and the keys of messages and schemas stay, whatever a rule finds; what only looks so does not."""
    message = {
        "role": "assistant",
        "content": [{"type": "text", "text": "a text"}],
        "tool_calls": [
            {"id": "tool-1", "type": "function", "function": {"name": "tool", "arguments": '{"role": "tool"}'}}
        ],
    }
    schema = {
        "type": ["object", "null"],
        "properties": {"type": {"type": "string", "description": "a text"}, "role": {}},
    }
    redaction = Redaction(["X=role|content|type|text|tool|function|assistant|object|string|name|id"])
    assert redaction.data([message, schema, {"type": "a text", "role": {"name": "tool"}}]) == [
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "a [X-1]"}],
            "tool_calls": [
                {
                    "id": "[X-2]-1",
                    "type": "function",
                    "function": {"name": "[X-2]", "arguments": '{"[X-3]": "[X-2]"}'},
                }
            ],
        },
        {
            "type": ["object", "null"],
            "properties": {"type": {"type": "string", "description": "a [X-1]"}, "role": {}},
        },
        {"type": "a [X-1]", "role": {"name": "[X-2]"}},
    ]


def test_wrong_rules_are_told_at_once() -> None:
    """Everything that is wrong with rules is told, each with what to write."""
    with pytest.raises(InputError) as raised:
        Redaction(["MAIL", "=x", "A=(", "B=x*", "C C=x", "D=x"])
    assert raised.value.problems == (
        "--redact 'MAIL': must be NAME=REGEX, such as EMAIL='[a-z.]+@[a-z.]+'",
        "--redact '=x': must be NAME=REGEX, such as EMAIL='[a-z.]+@[a-z.]+'",
        "--redact A: '(' is not a regular expression: missing ), unterminated subpattern at position 0",
        "--redact B: the expression fits the empty text; make it find something",
        "--redact 'C C=x': must be NAME=REGEX, such as EMAIL='[a-z.]+@[a-z.]+'",
    )


def test_json_that_is_nested_too_deeply_is_redacted_as_text() -> None:
    """A text that no reader of JSON could follow is redacted as it is written."""
    redaction = Redaction(["MAIL=ann@shop"])
    for depth in (400, 900, 5000):
        assert redaction.text("[" * depth + '"ann@shop"' + "]" * depth) == "[" * depth + '"[MAIL-1]"' + "]" * depth
