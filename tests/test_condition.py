"""Numbers, texts and files that are expected: the short forms, what is refused, and what holds."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from harness.condition import Amount, ExpectedFile, Words, left, satisfied
from harness.errors import InputError
from harness.source import parse
from harness.wording import validate

EXAMPLES = settings(deadline=None, max_examples=200, derandomize=True, database=None)


FILE = Path("f.yaml")


NUMBERS = st.integers(0, 6)


def read(text: str, model: type[BaseModel]) -> Any:
    """Return the model that a text becomes, read as a scenario is."""
    return validate(parse(text, FILE), model)


def refused(text: str, model: type[BaseModel]) -> list[str]:
    """Return the lines with which a text is refused."""
    with pytest.raises(InputError) as caught:
        read(text, model)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("text", "right", "words"),
    [
        ("3", {3}, "3"),
        ("0", {0}, "0"),
        ("{exactly: 3}", {3}, "3"),
        ("{at_least: 2}", {2, 3, 4, 5}, "at least 2"),
        ("{at_most: 2}", {0, 1, 2}, "at most 2"),
        ("{at_least: 2, at_most: 4}", {2, 3, 4}, "at least 2 and at most 4"),
        ("{at_least: 2, at_most: 2}", {2}, "at least 2 and at most 2"),
    ],
)
def test_amounts(text: str, right: set[int], words: str) -> None:
    """An amount is a number or bounds, holds for exactly those numbers, and is told in words."""
    amount = read(text, Amount)
    assert ({number for number in range(6) if amount.holds(number)}, str(amount)) == (right, words)


@EXAMPLES
@given(st.dictionaries(st.sampled_from(["at_least", "at_most"]), NUMBERS, min_size=1), NUMBERS)
def test_amounts_against_arithmetic(bounds: dict[str, int], number: int) -> None:
    """Bounds hold as arithmetic says, or are refused where no number is within them."""
    least, most = bounds.get("at_least", 0), bounds.get("at_most", 99)
    if least > most:
        with pytest.raises(ValueError, match=f"no number is at least {least} and at most {most}"):
            Amount(**bounds)
    else:
        assert Amount(**bounds).holds(number) == (least <= number <= most)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{}", "1:1: needs a number, 'at_least' or 'at_most'"),
        ("{at_least: 3, at_most: 2}", "1:1: no number is at least 3 and at most 2"),
        ("{exactly: 1, at_most: 3}", "1:1: 'exactly' leaves nothing to 'at_least' and 'at_most'"),
        ("{at_leest: 1}", "1:2: unknown key 'at_leest' (did you mean 'at_least'?)"),
        ("{at_least: -1}", "1:12: at_least: must be at least 0"),
        ("-1", "1:1: must be at least 0"),
        ("{at_least: 1.0}", "1:12: at_least: must be a whole number"),
        ("{at_least: '1'}", "1:12: at_least: must be a whole number"),
        ("{at_least: true}", "1:12: at_least: must be a whole number"),
    ],
)
def test_amounts_that_are_none(text: str, line: str) -> None:
    """An amount that says nothing, contradicts itself or is no whole number is refused."""
    assert refused(text, Amount) == [f"f.yaml:{line}"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x", Words(equals="x")),
        ("''", Words(equals="")),
        ("{equals: x}", Words(equals="x")),
        ("{contains: x}", Words(contains=["x"])),
        ("{contains: [x, y], lacks: z, matches: [a+]}", Words(contains=["x", "y"], lacks=["z"], matches=["a+"])),
    ],
)
def test_words(text: str, words: Words) -> None:
    """Words are the whole text, or what it contains, lacks and matches, one or several."""
    assert read(text, Words) == words


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("{}", ["1:1: needs 'equals', 'contains', 'lacks' or 'matches'"]),
        ("{contain: x}", ["1:2: unknown key 'contain' (did you mean 'contains'?)"]),
        ("{contains: 1}", ["1:12: contains: must be a text or a list of texts; quote it: '1'"]),
        ("{contains: [1]}", ["1:13: contains[0]: must be text; quote it: '1'"]),
        ("{contains: yes, lacks: [no, 12:30, 010]}", ["1:36: lacks[2]: must be text; quote it: '010'"]),
        ("{equals: 5}", ["1:10: equals: must be text; quote it: '5'"]),
        (
            "{matches: [a, '(']}",
            ["1:15: matches[1]: '(' is not a regular expression: missing ), unterminated subpattern at position 0"],
        ),
        (
            "{matches: '['}",
            ["1:11: matches: '[' is not a regular expression: unterminated character set at position 0"],
        ),
    ],
)
def test_words_that_are_none(text: str, lines: list[str]) -> None:
    """Words that ask for nothing, misspelt or no text are refused."""
    assert refused(text, Words) == [f"f.yaml:{line}" for line in lines]


@pytest.mark.parametrize(
    ("words", "text", "wrong"),
    [
        (Words(equals="x"), "x", []),
        (Words(equals="x"), "x ", [(("equals",), "to be 'x'")]),
        (Words(contains=["a", "b"]), "ab", []),
        (
            Words(contains=["a", "b", "A"]),
            "a",
            [(("contains", 1), "to contain 'b'"), (("contains", 2), "to contain 'A'")],
        ),
        (Words(lacks=["a", "b"]), "b", [(("lacks", 1), "not to contain 'b'")]),
        (Words(matches=["^a.c$"]), "abc", []),
        (
            Words(matches=["^b", "c$", "B"]),
            "abc",
            [(("matches", 0), "to match /^b/"), (("matches", 2), "to match /B/")],
        ),
        (
            Words(equals="x", contains=["y"], lacks=[""], matches=["z"]),
            "",
            [
                (("equals",), "to be 'x'"),
                (("contains", 0), "to contain 'y'"),
                (("lacks", 0), "not to contain ''"),
                (("matches", 0), "to match /z/"),
            ],
        ),
    ],
)
def test_satisfied(words: Words, text: str, wrong: list[Any]) -> None:
    """What a text lacks is told with the way to the key that asks for it, all of it."""
    assert satisfied(words, text) == wrong


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("B", ExpectedFile(equals="B")),
        ("''", ExpectedFile(equals="")),
        ("{equals: B}", ExpectedFile(equals="B")),
        ("{present: true}", ExpectedFile(present=True)),
        ("{absent: true}", ExpectedFile(absent=True)),
        ("{present: true, contains: x}", ExpectedFile(present=True, contains=["x"])),
        ("{contains: [x, y], lacks: z, matches: a+}", ExpectedFile(contains=["x", "y"], lacks=["z"], matches=["a+"])),
    ],
)
def test_files(text: str, file: ExpectedFile) -> None:
    """A file is its whole text, or there, or not there, or what its text contains, lacks and matches."""
    assert read(text, ExpectedFile) == file


ONLY_TRUE = "can only be true; a file is expected as {present: true} or as {absent: true}"
NEEDS = "needs 'present', 'absent', 'equals', 'contains', 'lacks' or 'matches'"
WHOLE = "must be the file's whole text, {absent: true}, or {present: true, contains: ...}"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{}", f"1:1: {NEEDS}"),
        ("{contains: []}", f"1:1: {NEEDS}"),
        ("{lacks: [], matches: []}", f"1:1: {NEEDS}"),
        ("{present: false}", f"1:11: present: {ONLY_TRUE}"),
        ("{absent: false}", f"1:10: absent: {ONLY_TRUE}"),
        ("{absent: 1}", f"1:10: absent: {ONLY_TRUE}"),
        ("{absent: yes}", f"1:10: absent: {ONLY_TRUE}"),
        ("{absent: }", "1:10: absent: nothing stands here; write a value, or remove the key"),
        ("{absent: true, present: true}", "1:1: a file that is absent holds nothing; remove 'absent' or the rest"),
        ("{absent: true, contains: x}", "1:1: a file that is absent holds nothing; remove 'absent' or the rest"),
        ("{absent: true, equals: ''}", "1:1: a file that is absent holds nothing; remove 'absent' or the rest"),
        ("{missing: true}", "1:2: unknown key 'missing'"),
        ("{contain: x}", "1:2: unknown key 'contain' (did you mean 'contains'?)"),
        ("5", f"1:1: {WHOLE}; quote it: '5'"),
        ("true", f"1:1: {WHOLE}; quote it: 'true'"),
        ("[B]", f"1:1: {WHOLE}"),
        ("{contains: 5}", "1:12: contains: must be a text or a list of texts; quote it: '5'"),
    ],
)
def test_files_that_are_none(text: str, line: str) -> None:
    """What says nothing of a file, two things that cannot both be, or something misspelt is refused."""
    assert refused(text, ExpectedFile) == [f"f.yaml:{line}"]


@pytest.mark.parametrize(
    ("file", "text", "wrong"),
    [
        (ExpectedFile(present=True), "", []),
        (ExpectedFile(present=True), None, [((), "to be there")]),
        (ExpectedFile(absent=True), None, []),
        (ExpectedFile(absent=True), "", [(("absent",), "not to be there")]),
        (ExpectedFile(equals=""), "", []),
        (ExpectedFile(equals=""), None, [((), "to be there")]),
        (ExpectedFile(equals="x"), "y", [(("equals",), "to be 'x'")]),
        (ExpectedFile(lacks=["x"]), None, [((), "to be there")]),
        (
            ExpectedFile(present=True, contains=["x"], lacks=["y"]),
            "y",
            [
                (("contains", 0), "to contain 'x'"),
                (("lacks", 0), "not to contain 'y'"),
            ],
        ),
    ],
)
def test_left(file: ExpectedFile, text: str | None, wrong: list[Any]) -> None:
    """What is not as expected of a file is told with the way to its key; of one that is missing, only that."""
    assert left(file, text) == wrong
