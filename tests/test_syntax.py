"""What is no YAML, told at the place that must be mended, with what to write instead."""

import pytest

from harness.yamldata import plain_data
from tests.build import marked

CLOSE = "is never closed; write"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: 1\n▸\tb: 2\n", "a tab stands where blanks must; indent with blanks"),
        ("a▸:b\nc: d\n", "a blank is missing behind the colon of 'a:'"),
        ("a: 1\nb▸:c\n", "a blank is missing behind the colon of 'b:'"),
        ("a: it▸: is\n", "a second ': ' on one line; put the text that holds it in quotes"),
        ("a: 1\n ▸b: 2\n", "this line stands deeper than the one above, which has a value already; indent both alike"),
        (
            "a: b\n▸c\nd: e\n",
            "a colon is missing: this line is no 'key: value'; if it belongs to the text above, indent it more",
        ),
        ("a: ▸[1, 2\nb: 3\n", f"this '[' {CLOSE} the ']' that belongs to it"),
        ("a: ▸{b: 1\nc: d\n", f"this '{{' {CLOSE} the '}}' that belongs to it"),
        ("a: 1\nb: ▸[\n", f"this '[' {CLOSE} the ']' that belongs to it"),
        ("a: {b: 1 c▸: 2}\n", "a comma is missing before this, or a text with one of : , [ ] { } in it needs quotes"),
        ("a: ▸'x\nb: y\n", f"this ' {CLOSE} the second ' behind the text"),
        ('a: ▸"x\nb: y\n', f'this " {CLOSE} the second " behind the text'),
        ("a: ▸@x\n", "no text begins with '@' unless it is in quotes"),
        ("a: ▸`x`\n", "no text begins with '`' unless it is in quotes"),
        ("a: ▸%x\n", "no text begins with '%' unless it is in quotes"),
        ("▸%x\n", "no line begins with '%' unless it is in quotes"),
        ("a: ▸*b\n", "'*b' stands for nothing, since no '&b' is before it; text stands in quotes: '*b'"),
        ("a: ▸* b\n", "'*' begins the name of an alias; a text that begins with it stands in quotes"),
        ("a: ▸& b\n", "'&' begins the name of an anchor; a text that begins with it stands in quotes"),
        (
            "a:\n  b: 1\n ▸c: 2\n",
            "this line is indented like none above that it could stand beside; give it the column of its neighbours",
        ),
        ("  a: 1\n▸b: 2\n", "this line is indented less than the first one; begin both in the same column"),
        (
            "a: 'it'▸s'\n",
            "the text in quotes ends before this; put the whole text in quotes (or write '' for a ' in the text)",
        ),
        (
            'a: "x" ▸y\n',
            'the text in quotes ends before this; put the whole text in quotes (or write \\" for a " in the text)',
        ),
        ("a: [x]▸]\n", "this ']' closes nothing; remove it, or put the text in quotes"),
        ("{a: 1}▸}\n", "this '}' closes nothing; remove it, or put the text in quotes"),
        ("a: ▸]\n", "']' stands where a value must; remove it, or put the text in quotes"),
        ("a: [b, ▸, c]\n", "a value is missing before this comma; text that begins with a comma stands in quotes"),
        (
            "- a\n▸b: c\n",
            "a list stands above, and this is no item of it; begin it with '- ', or mend how it is indented",
        ),
        ("a: ▸- b\n", "an item of a list begins a line of its own; or write the list as [a, b]"),
        ("a: | ▸b\n", "the text behind '|' or '>' begins on the next line, indented"),
        ('a: "▸\\d"\n', "'\\d' means nothing in double quotes; put the text in single quotes"),
        (
            "a: 1\n▸---\nb: 2\n",
            "a second document begins here; a file holds one, so remove the '---' between",
        ),
    ],
)
def test_slips(text: str, what: str) -> None:
    """Each of the slips that people make is told in plain words, where it is and not where reading stopped."""
    text, place = marked(text)
    assert [(f"{line}:{column}", said) for line, column, said in plain_data(text).problems] == [
        (place, f"not YAML: {what}")
    ]


def test_what_nobody_has_words_for() -> None:
    """What is seldom wrong is told in the words of the library."""
    (problem,) = plain_data("a: &x 1\nb: &x 2\n").problems
    assert problem.what == "not YAML: found duplicate anchor; first occurrence (begun at 1:4) second occurrence"
