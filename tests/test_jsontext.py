"""JSON text as data that knows its lines."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.jsontext import parse_json, read_json
from harness.source import Location, Position
from tests.build import EXAMPLES

FILE = Path("registry.json")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


def refused(text: str) -> list[str]:
    """Return the lines with which a text is refused."""
    with pytest.raises(InputError) as caught:
        parse_json(text, FILE)
    return list(caught.value.problems)


def below(data: Any, location: Location) -> Any:
    """Return the value at a location."""
    for step in location:
        data = data[step]
    return data


def test_data_and_places() -> None:
    """Values and keys have their places, whatever blanks and escapes the text has."""
    document = parse_json('{"a":\t[1, {"b\\/c": "\\ud83d\\ude00"}],\r\n  "z" : null}', FILE)
    assert document.data == {"a": [1, {"b/c": "😀"}], "z": None}
    assert document.keys == {("a",): (1, 2), ("a", 1, "b/c"): (1, 12), ("z",): (2, 3)}
    assert document.values == {
        (): (1, 1),
        ("a",): (1, 7),
        ("a", 0): (1, 8),
        ("a", 1): (1, 11),
        ("a", 1, "b/c"): (1, 20),
        ("z",): (2, 9),
    }


@EXAMPLES
@given(VALUES, st.sampled_from([None, 0, 3, "\t"]), st.booleans())
def test_every_value_is_found_where_it_stands(data: Any, indent: int | str | None, ascii_only: bool) -> None:
    """However JSON is laid out, the data is the standard library's, and each value begins at its place."""
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only)
    document = parse_json(text, FILE)
    assert document.data == json.loads(text)
    lines = text.split("\n")
    for location, (line, column) in document.values.items():
        rest = "\n".join([lines[line - 1][column - 1 :], *lines[line:]])
        assert json.JSONDecoder().raw_decode(rest)[0] == below(data, location)
    for location, (line, column) in document.keys.items():
        assert json.JSONDecoder().raw_decode(lines[line - 1][column - 1 :])[0] == location[-1]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["1:1: not JSON: expecting value"]),
        ('{"a" 1}', ["1:6: not JSON: expecting ':' delimiter"]),
        ('{"a\n": 1}', ["1:4: not JSON: invalid control character"]),
        ("1 2", ["1:3: not JSON: extra data"]),
        ("[NaN,\n -Infinity]", ["1:2: not JSON: numbers are finite", "2:2: not JSON: numbers are finite"]),
        (
            '{"a": 1, "a": {"b": 1, "b": 2}}',
            [
                "1:10: the key 'a' stands here twice; only one can count",
                "1:24: the key 'b' stands here twice; only one can count",
            ],
        ),
        (
            '["\\ud83d", "\\ud83d\\ude00"]',
            ["1:2: holds half of a character (a lone surrogate), which no UTF-8 text can hold"],
        ),
        ("[" * 5000, ["1:1: nested too deeply to be read"]),
        ("[" * 900 + "]" * 900, ["1:1: nested too deeply to be read"]),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_plain_json(text: str, problems: list[str]) -> None:
    """What is not JSON, or says two things at once, is told with its line and column, all repeats together."""
    assert refused(text) == [f"{FILE}:{problem}" for problem in problems]


def test_numbers_of_any_length() -> None:
    """A number with more digits than Python takes is read as one beyond all bounds."""
    assert parse_json(f"[{'9' * 5000}]", FILE).data == [float("inf")]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is not there, is a folder, or is not UTF-8 is told; a byte order mark is none of the text."""
    (tmp_path / "latin.json").write_bytes(b'{\n"a": "\xe9"}')
    (tmp_path / "mark.json").write_bytes(b"\xef\xbb\xbf[1]")
    said = []
    for path in (tmp_path / "nothing.json", tmp_path, tmp_path / "latin.json"):
        with pytest.raises(InputError) as caught:
            read_json(path)
        said.append(str(caught.value).replace(f"{tmp_path}", "F"))
    assert said == [
        "F/nothing.json:1:1: there is no such file",
        "F:1:1: cannot be read: Is a directory",
        "F/latin.json:2:1: not UTF-8 text; save the file as UTF-8",
    ]
    document = read_json(tmp_path / "mark.json")
    assert (document.data, document.values[(0,)]) == ([1], Position(1, 2))
