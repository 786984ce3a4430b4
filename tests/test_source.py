"""YAML text as data that knows its lines, or a refusal that names one."""

import json
import math
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.errors import InputError
from harness.source import Document, Location, Position, parse, read, shown

EXAMPLES = settings(deadline=None, max_examples=200, derandomize=True, database=None)
FEWER = settings(EXAMPLES, max_examples=100)
FILE = Path("f.yaml")
LETTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff\ufffe\uffff")
TEXTS = st.text(LETTERS, max_size=30)
KEYS = st.text(LETTERS, max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | TEXTS
JSON = st.recursive(
    SCALARS | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
DATA = st.recursive(
    SCALARS | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


def refused(text: str) -> list[str]:
    """Return the lines with which a text is refused."""
    with pytest.raises(InputError) as caught:
        parse(text, FILE)
    return str(caught.value).splitlines()


def tried(reading: Callable[[], Document]) -> tuple[Document | None, tuple[str, ...]]:
    """Return the document that is read, or the lines with which it is refused."""
    try:
        return reading(), ()
    except InputError as error:
        return None, error.problems


def nodes(data: Any, location: Location = ()) -> Iterator[tuple[Location, Any]]:
    """Yield every value in plain data with the way to it."""
    yield location, data
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in inner:
        yield from nodes(value, (*location, step))


def offset(text: str, position: Position) -> int:
    """Return how many characters of a text stand before a position."""
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: position.line - 1]) + position.column - 1


# What a plain scalar means: the table of YAML 1.2.2, section 10.3.2, and what YAML 1.1 reads differently.
@pytest.mark.parametrize(
    ("plain", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("n", "n"),
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("false", False),
        ("False", False),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("NULL", None),
        ("nULL", "nULL"),
        ("", None),
        ("12:30", "12:30"),
        ("190:20:30", "190:20:30"),
        ("010", 10),
        ("-010", -10),
        ("+12", 12),
        ("-0", 0),
        ("0o17", 15),
        ("-0o17", "-0o17"),
        ("0O17", "0O17"),
        ("0o8", "0o8"),
        ("0x1F", 31),
        ("0X1F", "0X1F"),
        ("-0x1F", "-0x1F"),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("1,000", "1,000"),
        ("1e3", 1000.0),
        ("1E+3", 1000.0),
        ("12e03", 1200e1),
        ("-2E+05", -2e5),
        ("1.", 1.0),
        ("1.e3", 1000.0),
        (".5", 0.5),
        ("-.5", -0.5),
        ("+.5", 0.5),
        ("1e", "1e"),
        ("1e1.0", "1e1.0"),
        ("1.2.3", "1.2.3"),
        (".", "."),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("+.Inf", math.inf),
        (".INF", math.inf),
        ("inf", "inf"),
        ("nan", "nan"),
        ("-.nan", "-.nan"),
        ("2026-03-01", "2026-03-01"),
        ("2026-03-01T09:00:00Z", "2026-03-01T09:00:00Z"),
        ("2026-03-01 09:00:00", "2026-03-01 09:00:00"),
        ("<<", "<<"),
        ("=", "="),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!str", ""),
        ("!!int '12'", 12),
        ("!!float 1", 1.0),
        ("!!bool 'true'", True),
        ("!!null ''", None),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(plain: str, value: Any) -> None:
    """A scalar is text, a number, a truth value or nothing as the core schema of YAML 1.2 says."""
    data = parse(f"a: {plain}", FILE).data
    assert (data, type(data["a"])) == ({"a": value}, type(value))


@pytest.mark.parametrize("plain", [".nan", ".NaN", ".NAN"])
def test_not_a_number(plain: str) -> None:
    """The three ways to write that something is not a number give it."""
    assert math.isnan(parse(plain, FILE).data)


CORE: list[tuple[str, Callable[[str], Any]]] = [
    (r"(null|Null|NULL|~|)", lambda _: None),
    (r"(true|True|TRUE|false|False|FALSE)", lambda text: text in {"true", "True", "TRUE"}),
    (r"[-+]?[0-9]+", int),
    (r"0o[0-7]+", lambda text: int(text, 0)),
    (r"0x[0-9a-fA-F]+", lambda text: int(text, 0)),
    (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", float),
    (r"[-+]?(\.inf|\.Inf|\.INF)", lambda text: -math.inf if text[0] == "-" else math.inf),
]
"""The table of YAML 1.2.2, section 10.3.2, without not-a-number."""


@EXAMPLES
@given(st.text("0123456789+-.eExoabcdefINFinftrue~_:", max_size=9) | st.sampled_from(["0o7", "0x", "1e5", "TRUE"]))
def test_plain_scalars_against_the_specification(plain: str) -> None:
    """Any plain scalar of digits, signs and such words is resolved as the specification's table resolves it."""
    assume(not re.search(r"(^|\s)[-:](\s|$)|:$", plain) and plain.lower() != ".nan")
    value = next((make(plain) for pattern, make in CORE if re.fullmatch(pattern, plain)), plain)
    data = parse(f"a: {plain}", FILE).data["a"]
    assert (data, type(data)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", None),
        ("  \n", None),
        ("# only a comment\n", None),
        ("---\n", None),
        ("a", "a"),
        ("- a\n- [b, {c: d}]\n", ["a", ["b", {"c": "d"}]]),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("%YAML 1.2\n---\na: no\n...\n", {"a": "no"}),
        ("%YAML 1.1\n---\na: no\n", {"a": "no"}),
        ("'1': a\n", {"1": "a"}),
        ("!!str 1: a\n", {"1": "a"}),
        ("a: &x [1]\nb: [*x, *x]\n", {"a": [1], "b": [[1], [1]]}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
        ("a: >-\n  one\n  two\n", {"a": "one two"}),
        ("<<: {a: 1}\nb: 2\n", {"<<": {"a": 1}, "b": 2}),
        ("a: {b}\n", {"a": {"b": None}}),
        ("a:\t1\n", {"a": 1}),
        ('{\n\t"a": [1,\t2]\n}', {"a": [1, 2]}),
        ('{"a":1,"b":[true,null]}', {"a": 1, "b": [True, None]}),
        ('a: "\\x00\\u2028\\U0001F600"\n', {"a": "\x00\u2028😀"}),
    ],
)
def test_whole_texts(text: str, data: Any) -> None:
    """A text becomes the data that it writes; merge keys are plain keys, and there is no other version's meaning."""
    assert parse(text, FILE).data == data


@pytest.mark.parametrize("break_", ["\x85", "\u2028", "\u2029"])
def test_other_line_breaks_are_no_folding(break_: str) -> None:
    """What YAML 1.2 no longer counts as a line break stands in a text or is refused, and never becomes a blank."""
    document, lines = tried(lambda: parse(f'a: "x{break_}y"\n', FILE))
    assert (document.data == {"a": f"x{break_}y"}) if document else lines[0].startswith("f.yaml:1:")


@FEWER
@given(JSON, st.sampled_from([None, 2]))
def test_json_is_read_as_what_it_is(data: Any, indent: int | None) -> None:
    """JSON text is YAML too: the same data, and every position points at the text of its key or value."""
    text = json.dumps(data, ensure_ascii=False, indent=indent)
    document = parse(text, FILE)
    assert document.data == data
    assert [type(value) for _, value in nodes(document.data)] == [type(value) for _, value in nodes(data)]
    decode = json.JSONDecoder().raw_decode
    assert {at: decode(text, offset(text, place))[0] for at, place in document.values.items()} == dict(nodes(data))
    assert {at: decode(text, offset(text, place))[0] for at, place in document.keys.items()} == {
        at: at[-1] for at, _ in nodes(data) if at and isinstance(at[-1], str)
    }


def marks(node: yaml.Node, location: Location = ()) -> Iterator[tuple[Location, Position]]:
    """Yield where PyYAML's own parser, written in Python, sees each value begin."""
    yield location, Position(node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from marks(value, (*location, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from marks(value, (*location, index))


@FEWER
@given(DATA, st.sampled_from([None, False, True]), st.integers(2, 6))
def test_dumped_yaml_is_read_back(data: Any, flow: bool | None, indent: int) -> None:
    """What PyYAML writes in any style is read back as the same data, with positions where another parser has them."""
    text = yaml.safe_dump(data, default_flow_style=flow, indent=indent, allow_unicode=True, sort_keys=False)
    plain = {value for _, value in nodes(data) if isinstance(value, str)}
    keys = {step for location, _ in nodes(data) for step in location if isinstance(step, str)}
    # PyYAML writes 1.1, which leaves these unquoted although 1.2 reads them as numbers.
    assume(
        not any(re.fullmatch(r"0o[0-7]+|[-+.0-9]+[eE][-+0-9]+|[-+]?0[0-9]*[89][0-9]*", word) for word in plain | keys)
    )
    document = parse(text, FILE)
    assert document.data == data
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    assert node is not None
    assert document.values == dict(marks(node))


@pytest.mark.parametrize(
    ("text", "location", "key", "place"),
    [
        ("a: 1\nb:\n  - c: x\n", (), False, "f.yaml:1:1"),
        ("a: 1\nb:\n  - c: x\n", ("a",), False, "f.yaml:1:4"),
        ("a: 1\nb:\n  - c: x\n", ("a",), True, "f.yaml:1:1"),
        ("a: 1\nb:\n  - c: x\n", ("b",), False, "f.yaml:3:3"),
        ("a: 1\nb:\n  - c: x\n", ("b",), True, "f.yaml:2:1"),
        ("a: 1\nb:\n  - c: x\n", ("b", 0), False, "f.yaml:3:5"),
        ("a: 1\nb:\n  - c: x\n", ("b", 0, "c"), False, "f.yaml:3:8"),
        ("a: 1\nb:\n  - c: x\n", ("b", 0, "c"), True, "f.yaml:3:5"),
        ("a: 1\nb:\n  - c: x\n", ("b", 0, "d"), False, "f.yaml:3:5"),
        ("a: 1\nb:\n  - c: x\n", ("b", 7, "c"), False, "f.yaml:3:3"),
        ("a: 1\nb:\n  - c: x\n", ("z", "y"), True, "f.yaml:1:1"),
        ("# first\n\n  a: |\n    x\n", (), False, "f.yaml:3:3"),
        ("# first\n\n  a: |\n    x\n", ("a",), False, "f.yaml:3:6"),
        ("é😀: [ü, x]\n", ("é😀", 1), False, "f.yaml:1:9"),
        ("a: &x {b: 1}\nc: *x\n", ("c", "b"), False, "f.yaml:1:11"),
        ("a: !!str 1\n", ("a",), False, "f.yaml:1:4"),
        ("a:\nb: 1\n", ("a",), False, "f.yaml:1:3"),
        ("", ("a",), False, "f.yaml:1:1"),
    ],
)
def test_places(text: str, location: Location, key: bool, place: str) -> None:
    """A place is the line and column of a value or key, or of what is nearest above what is not there."""
    assert parse(text, FILE).place(location, key=key) == place


def test_a_missing_step_ends_the_way() -> None:
    """What stands below a missing step is not taken for a namesake elsewhere."""
    assert parse("a: {c: 1}\nc: 2\n", FILE).place(("b", "c")) == "f.yaml:1:1"


def test_repeated_keys_are_refused_all_at_once() -> None:
    """Every repetition of a key is named, at each depth, however the key is written."""
    text = "a: 1\nb: 2\na: 3\nb : 4\nc: {x: 1, 'x': 2, \"x\": 3}\nd: [{y: , y: }]\n"
    assert refused(text) == [
        "f.yaml:3:1: the key 'a' stands here twice; only one can count",
        "f.yaml:4:1: the key 'b' stands here twice; only one can count",
        "f.yaml:5:11: the key 'x' stands here twice; only one can count",
        "f.yaml:5:19: the key 'x' stands here twice; only one can count",
        "f.yaml:6:11: the key 'y' stands here twice; only one can count",
    ]


def test_keys_are_text() -> None:
    """A key that YAML reads as something else is named with what to write instead."""
    assert refused("1: a\ntrue: b\n~: c\n1.5: d\n") == [
        "f.yaml:1:1: keys are text; write '1' in quotes",
        "f.yaml:2:1: keys are text; write 'true' in quotes",
        "f.yaml:3:1: keys are text; write '~' in quotes",
        "f.yaml:4:1: keys are text; write '1.5' in quotes",
    ]


@pytest.mark.parametrize(("text", "place"), [("? [a, b]\n: c\n", "f.yaml:1:3"), ("a: {{b: c}: d}\n", "f.yaml:1:5")])
def test_a_list_is_no_key(text: str, place: str) -> None:
    """A list or a mapping in a key's place is refused, without the advice to quote a word that is not there."""
    (line,) = refused(text)
    assert line.startswith(f"{place}: keys are text")
    assert "'this'" not in line


@pytest.mark.parametrize(
    ("text", "place", "tag"),
    [
        ("a: !foo x\n", "f.yaml:1:4", "!foo"),
        ("a: !foo [1]\n", "f.yaml:1:4", "!foo"),
        ("a: !foo {b: 1}\n", "f.yaml:1:4", "!foo"),
        ("a: !!set {b, c}\n", "f.yaml:1:4", "set"),
        ("a: !!omap [b: 1]\n", "f.yaml:1:4", "omap"),
        ("a: !!binary aGk=\n", "f.yaml:1:4", "binary"),
        ("a: !!timestamp 2001-01-01\n", "f.yaml:1:4", "timestamp"),
        ("- !!python/object:os.system x\n", "f.yaml:1:3", "python/object:os.system"),
        ("a: !!map [1]\n", "f.yaml:1:4", "map"),
        ("a: !!seq {b: 1}\n", "f.yaml:1:4", "seq"),
        ("a: !!str [1]\n", "f.yaml:1:4", "str"),
        ("!foo a: 1\n", "f.yaml:1:1", "!foo"),
    ],
)
def test_tags_without_a_meaning_are_refused(text: str, place: str, tag: str) -> None:
    """A tag that plain data does not have, or that does not fit what it stands at, is refused and named."""
    (line,) = refused(text)
    assert line.startswith(f"{place}: ")
    assert tag in line


@pytest.mark.parametrize(
    "tagged", ["!!int x", "!!int 1.5", "!!float x", "!!float ''", "!!bool x", "!!bool yes", "!!null x"]
)
def test_a_tag_that_does_not_fit_is_refused(tagged: str) -> None:
    """A text under the tag of a number, a truth value or nothing must be one; it does not become a default."""
    (line,) = refused(f"b: 1\na: {tagged}\n")
    assert line.startswith("f.yaml:2:4: ")


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("a: b: c\n", "f.yaml:1:5", "a second ': ' on one line"),
        ("a: *x\n", "f.yaml:1:4", "'*x' stands for nothing"),
        ("%YAML 2.0\n---\na: 1\n", "f.yaml:1:1", "found incompatible YAML document"),
    ],
)
def test_what_is_not_yaml(text: str, place: str, what: str) -> None:
    """A text that is not one YAML document is refused at the place where that shows, in words of its own module."""
    (line,) = refused(text)
    assert line.startswith((f"{place}: not YAML: {what}", f"{place}: {what}"))


@pytest.mark.parametrize(
    ("text", "place"), [("\ta: 1\n", "f.yaml:1:1"), ("a:\n\t- 1\n", "f.yaml:2:1"), ("a: |\n  x\n\ty\n", "f.yaml:3:1")]
)
def test_a_tab_is_named(text: str, place: str) -> None:
    """A tab that indents, which nobody sees, is named as one."""
    (line,) = refused(text)
    assert line.startswith(f"{place}: not YAML: ")
    assert re.search(r"\btabs?\b", line)


@pytest.mark.parametrize(("character", "shown_as"), [("\x00", "0000"), ("\x07", "0007"), ("\x7f", "007F")])
def test_a_control_character_has_its_place(character: str, shown_as: str) -> None:
    """A character that YAML forbids is refused in its line, and named."""
    (line,) = refused(f"a: 1\nb: 'x{character}y'\n")
    assert line.startswith("f.yaml:2:6: not YAML: ")
    assert shown_as in line.upper()


def test_half_a_pair_is_refused() -> None:
    """Half a surrogate pair is not text that a file can hold, and is refused as such."""
    assert refused("a: x\nb: \ud800\n")[0].startswith("f.yaml:2:4: ")


@pytest.mark.parametrize("text", ["a: &x [*x]\n", "a: &x {b: *x}\n", "&x [[[*x]]]\n", "a: &x {b: [{c: *x}]}\n"])
def test_an_alias_that_holds_itself_is_refused(text: str) -> None:
    """Data without an end is refused."""
    assert refused(text) == ["f.yaml:1:1: nested too deeply, or an alias that holds itself"]


def test_an_alias_bomb_is_refused() -> None:
    """A few lines of aliases that expand to a hundred million values are refused."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert refused("\n".join(lines)) == ["f.yaml:1:1: aliases expand to more than 200000 values"]


def test_deep_nesting_is_refused() -> None:
    """However deep a text is nested, it is refused with a message, and the process lives."""
    program = """
from pathlib import Path
from harness.errors import InputError
from harness.source import parse
for opening in "[", "{a: ", "- ", "? ", "[{a: ":
    for depth in 1_000, 100_000:
        try:
            parse(opening * depth, Path("f.yaml"))
        except InputError as error:
            print(str(error)[:7])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (0, ["f.yaml:"] * 10, "")


def test_bearable_nesting_is_read() -> None:
    """A hundred levels, far more than any scenario has, are read."""
    data = parse("[" * 100 + "]" * 100, FILE).data
    for _ in range(99):
        (data,) = data
    assert data == []


@pytest.mark.parametrize("number", ["9" * 5_000, f"-{'9' * 5_000}"])
def test_an_endless_number_is_refused(number: str) -> None:
    """A number with more digits than Python reads is refused with the way out."""
    assert refused(f"a: {number}\n") == [
        "f.yaml:1:4: not a number that can be read; write it in quotes to have text",
    ]


@pytest.mark.parametrize("number", [f"0x{'f' * 5_000}", f"0o{'7' * 8_000}"])
def test_an_endless_number_in_another_base_is_refused(number: str) -> None:
    """A number that Python reads but could never write again is refused too."""
    assert refused(f"a: {number}\n") == [
        "f.yaml:1:4: not a number that can be read; write it in quotes to have text",
    ]


@EXAMPLES
@given(st.text(max_size=60) | st.text("abc:-[]{}!&*|>'\"%@`#?,~ \t\n\r0123456789.exo", max_size=60))
def test_any_text_gives_data_or_a_problem(text: str) -> None:
    """Any text becomes plain data with a position for each value, or is refused in lines with a place."""
    document, lines = tried(lambda: parse(text, FILE))
    if document:
        assert document.data is None or set(document.values) == {location for location, _ in nodes(document.data)}
    else:
        assert [line for line in lines if not re.match(r"f\.yaml:\d+:\d+: \S", line)] == []


@FEWER
@given(st.binary(max_size=60))
def test_any_bytes_give_data_or_a_problem(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Any file becomes a document, or is refused in lines with its name and a place."""
    path = tmp_path_factory.mktemp("bytes") / "f.yaml"
    path.write_bytes(content)
    document, lines = tried(lambda: read(path))
    if document:
        assert (document.path, document.data) == (path, parse(content.decode("utf-8-sig"), FILE).data)
    else:
        assert [line for line in lines if not re.match(rf"{re.escape(str(path))}:\d+:\d+: \S", line)] == []


def test_a_file_is_read(tmp_path: Path) -> None:
    """A file's document has its path, its data and the positions, a mark of byte order counting nowhere."""
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: \xc3\xa9\n")
    assert read(path) == Document(
        path, {"a": "é"}, {("a",): Position(1, 1)}, {(): Position(1, 1), ("a",): Position(1, 4)}
    )


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"a: 1\nb: \xff\n", 2),
        (b"\xff\xfea\x00:\x00", 1),
        (b"a: 1\r\n\r\nb: caf\xe9\r\n", 3),
        (b"a: \xed\xa0\x80\n", 1),
    ],
)
def test_a_file_that_is_not_utf8(tmp_path: Path, content: bytes, line: int) -> None:
    """A file in another encoding is refused at the line of its first wrong byte."""
    path = tmp_path / "f.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value) == f"{path}:{line}:1: not UTF-8 text; save the file as UTF-8"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is not there, and a folder in its place, are named."""
    for path, what in ((tmp_path / "no.yaml", "there is no such file"), (tmp_path, "cannot be read: Is a directory")):
        with pytest.raises(InputError) as caught:
            read(path)
        assert str(caught.value) == f"{path}:1:1: {what}"


def test_paths_are_shown_as_people_type_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path below the current folder is shown relative to it, any other as it is."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert [shown(tmp_path / "here" / "a" / "b.yaml"), shown(Path("a/b.yaml")), shown(tmp_path / "c.yaml")] == [
        "a/b.yaml",
        "a/b.yaml",
        str(tmp_path / "c.yaml"),
    ]


def test_a_document_goes_to_another_process(tmp_path: Path) -> None:
    """A document that was sent to another process is the same, and has its places although the file is gone."""
    path = tmp_path / "f.yaml"
    path.write_text("a: &x {b: 1}\nc: [*x]\n", "utf-8")
    document = read(path)
    path.unlink()
    sent = pickle.loads(pickle.dumps(document))  # noqa: S301 - our own bytes
    assert sent == document
    assert sent.place(("c", 0, "b"), key=True) == f"{path}:1:8"


def test_a_document_without_data_has_all_places() -> None:
    """Places need no data, so that what is kept of a document takes less than its text."""
    text = "a:\n" + "".join(f"  - {{name: one of many, number: {number}}}\n" for number in range(100))
    document = parse(text, FILE)
    kept = document.without_data()
    assert (kept.path, kept.data, kept.keys, kept.values) == (FILE, None, document.keys, document.values)
    assert kept.place(("a", 7, "number"), key=True) == "f.yaml:9:25"
    assert len(pickle.dumps(kept)) < len(text) / 2


def test_positions_at_hand_are_the_same() -> None:
    """Positions at hand are those that are looked up one by one, and no others."""
    document = parse("a: 1\nb:\n  - c: x\n", FILE)
    at_hand = document.at_hand()
    assert at_hand == document
    assert (len(document.keys), len(document.values)) == (len(at_hand.keys), len(at_hand.values)) == (3, 5)
    assert {at: document.values[at] for at in document.values} == at_hand.values
    assert (("b", 1) in document.values, ("b", 0) in document.keys) == (False, False)
    assert at_hand.written(("b", 0, "c")) == document.written(("b", 0, "c")) == ("b", 0, "c")
    assert at_hand.written(("a", 0, "b")) == document.written(("a", 0, "b")) == ("a", "b")
