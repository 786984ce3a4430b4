"""YAML text as plain data, held against another reading of the same text."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import event, given, settings
from hypothesis import strategies as st

from harness.errors import InputError
from harness.source import Location, Position, parse
from harness.yamldata import Plain, Problem, plain_data
from tests.build import EXAMPLES

ROOT = Path(__file__).parents[1]
FILES = sorted(path for folder in ("conf", "scenarios") for path in (ROOT / folder).rglob("*.yaml"))
UNKNOWN = "'*{0}' stands for nothing, since no '&{0}' is before it; text stands in quotes: '*{0}'"
PREFIX = "tag:yaml.org,2002:"


class Core(yaml.CSafeLoader):
    """Composes nodes whose tags are those of the core schema of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _tag, _form, _signs in (
    ("null", r"(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    ("float", r"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)$", list("-+.0123456789")),
    ("float", r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$", list("-+.")),
):
    Core.add_implicit_resolver(PREFIX + _tag, re.compile(_form), _signs)


class Refused(Exception):
    """The other reading takes a text for no plain data."""


class Found(NamedTuple):
    """A value that the other reading finds, with where its key and it begin."""

    location: Location
    key: Position | None
    value: Position
    data: Any


def composed(text: str) -> list[Found]:
    """Return every value of a text as PyYAML composes it, in the order of the document, the whole first."""
    try:
        node = yaml.compose(text, Loader=Core)
        return [] if node is None else list(walked(node, (), None))
    except (yaml.YAMLError, RecursionError) as error:
        raise Refused from error


def walked(node: yaml.Node, location: Location, key: Position | None) -> Iterator[Found]:
    """Yield what a node holds, itself first."""
    kind = node.tag.removeprefix(PREFIX)
    data: Any = None
    inner: list[list[Found]] = []
    if isinstance(node, yaml.MappingNode) and kind == "map":
        names = [name.value for name, _ in node.value]
        if len(set(map(str, names))) < len(names) or any(name.tag != f"{PREFIX}str" for name, _ in node.value):
            raise Refused
        inner = [list(walked(value, (*location, name.value), begun(name))) for name, value in node.value]
        data = {name: found[0].data for name, found in zip(names, inner, strict=True)}
    elif isinstance(node, yaml.SequenceNode) and kind == "seq":
        inner = [list(walked(item, (*location, at), None)) for at, item in enumerate(node.value)]
        data = [found[0].data for found in inner]
    elif isinstance(node, yaml.ScalarNode):
        data = scalar(kind, node.value)
    else:
        raise Refused
    yield Found(location, key, begun(node), data)
    for found in inner:
        yield from found


def begun(node: yaml.Node) -> Position:
    """Return where a node begins."""
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


def scalar(kind: str, text: str) -> Any:
    """Return the value of a text under a tag."""
    lower = text.lower()
    try:
        match kind:
            case "str":
                return text
            case "null":
                return {"": None, "~": None, "null": None}[lower]
            case "bool":
                return {"true": True, "false": False}[lower]
            case "int":
                return int(text, 0) if lower.startswith(("0x", "0o")) else int(text)
            case "float":
                return float(lower.replace(".inf", "inf").replace(".nan", "nan"))
    except (KeyError, ValueError):
        pass
    raise Refused


def holds(text: str) -> bool:
    """Hold the reading of a text against the other one, and tell whether it is plain data."""
    try:
        found = composed(text)
    except Refused:
        with pytest.raises(InputError):
            parse(text, Path("f.yaml"))
        return False
    document = parse(text, Path("f.yaml"))
    assert repr(document.data) == repr(found[0].data if found else None)
    assert list(document.values.items()) == [(one.location, one.value) for one in found]
    assert list(document.keys.items()) == [(one.location, one.key) for one in found if one.key]
    for one in found[:20]:
        line, column = one.value
        assert document.values[one.location] == one.value
        assert document.place(one.location) == f"f.yaml:{line}:{column}"
        assert document.place((*one.location, "nothing", 0)) == f"f.yaml:{line}:{column}"
        assert document.place(one.location, key=True) == "f.yaml:{}:{}".format(*(one.key or one.value))
    return True


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_of_the_project(path: Path) -> None:
    """Scenarios, scripts and settings are read as another reader reads them, with the same positions."""
    assert holds(path.read_text("utf-8"))


PLAIN = ["a", "b c", "12", "0o17", "-1.5e3", ".inf", ".nan", "true", "null", "~", "no", "<<", "2026-03-01", "é😀"]
QUOTED = ["'c'", '"d\\n"', "'12'", "''", '"true"', "'é😀'"]
TAGGED = [
    "!!str 5",
    "!!int '7'",
    "!!int x",
    "!!float 1",
    "!!bool 'true'",
    "!!null ''",
    "! 12",
    "!foo x",
    "!!binary aGk=",
]
ALIASES = ["*x ", "*y ", "*z "]
LEAVES = st.sampled_from(PLAIN * 3 + QUOTED * 6 + TAGGED + ALIASES)
MARKS = st.sampled_from([""] * 24 + ["&x ", "&x ", "&y ", "&y ", "&z ", "!!map ", "!!seq ", "!foo "])
KEYS = st.sampled_from([*"abcdefgh", "'a'", '"b"', "&y k", "*x ", "12", "? [a]", "? &z {a: b}", "!!str 1", "!foo a"])
ORDINARY = st.lists(st.sampled_from([*"abcdefgh", "'i'", '"j"', "!!str 1"]), max_size=4, unique=True)


def flowing(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return lists and mappings in brackets."""
    names = ORDINARY | ORDINARY | st.lists(KEYS, max_size=4)
    pairs = names.flatmap(lambda keys: st.tuples(*(st.tuples(st.just(key), inner) for key in keys)))
    inside = pairs.map(lambda made: f"{{{', '.join(f'{key} : {value}' for key, value in made)}}}")
    inside |= st.lists(inner, max_size=4).map(lambda made: f"[{', '.join(made)}]")
    return st.tuples(MARKS, inside).map("".join)


def blocks(inner: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    """Return lists and mappings in lines."""
    names = ORDINARY | ORDINARY | st.lists(KEYS, max_size=4)
    pairs = names.flatmap(lambda keys: st.tuples(*(st.tuples(st.just(key), MARKS, inner) for key in keys)))
    items = st.lists(inner, min_size=1, max_size=4)
    return pairs.map(lambda made: [line for pair in made for line in under(*pair)] or ["{}"]) | items.map(
        lambda made: [line for first, *rest in made for line in (f"- {first}", *(f"  {line}" for line in rest))]
    )


def under(key: str, mark: str, lines: list[str]) -> list[str]:
    """Return lines below their key, or behind it where there is only one."""
    return [f"{key} : {lines[0]}"] if len(lines) == 1 else [f"{key} : {mark}", *(f"  {line}" for line in lines)]


FLOWS = st.recursive(LEAVES, flowing, max_leaves=8)
TEXTS = st.recursive(FLOWS.map(lambda text: [text]), blocks, max_leaves=8).map("\n".join)


@settings(EXAMPLES, max_examples=300)
@given(TEXTS, st.sampled_from([""] * 20 + ["\n---\na", "\n...", " # b", "\n\t", " ]", "\n? ", ": "]))
def test_any_text_is_read_as_another_reader_reads_it(text: str, ending: str) -> None:
    """Whatever stands in a text, aliases, tags and odd keys too, it is plain data just where another reader says so."""
    event("plain" if holds(text + ending) else "refused")


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("a: &x {b: 1, b: 2}\nc: *x\n", [(1, 14), (1, 14)]),
        ("a: 1\na: {b: !foo x}\n", [(2, 1)]),
        ("a: 1\na: &x {b: !foo x}\nc: *x\n", [(2, 1), (2, 11)]),
        ("a: 1\na: &x [*x]\n", [(2, 1)]),
        ("a: &x 1\n*x : 2\n", [(1, 4)]),
        ("a: &x [1]\n*x : 2\n", [(1, 4)]),
        ("&x a: 1\n*x : 2\n", [(1, 1)]),
        ("a: [!foo x, !bar y]\n? {b: !foo x}\n: 1\n", [(1, 5), (1, 13), (2, 3)]),
    ],
)
def test_problems_stand_where_they_are_written(text: str, problems: list[tuple[int, int]]) -> None:
    """A problem is told where it is written, once for each place in which it counts, and not where nothing does."""
    found = plain_data(text)
    assert (found.data, [(problem.line, problem.column) for problem in found.problems]) == (None, problems)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "a: *x\nb: [\n",
            Problem(2, 4, "not YAML: this '[' is never closed; write the ']' that belongs to it"),
        ),
        (
            "a: &x 1\nb: &x 2\nc: *y\n",
            Problem(2, 4, "not YAML: found duplicate anchor; first occurrence (begun at 1:4) second occurrence"),
        ),
        ("a: *x\n---\nb: 1\n", Problem(1, 4, f"not YAML: {UNKNOWN.format('x')}")),
        (
            "a: 1\na: 2\n---\n*x\n",
            Problem(3, 1, "not YAML: a second document begins here; a file holds one, so remove the '---' between"),
        ),
        (f"a: *x\n---\nb: {'[' * 101}\n", Problem(3, 1, "nested too deeply to be read")),
        ("a: 1\na: 2\nb: &x [*x]\n", Problem(1, 1, "nested too deeply, or an alias that holds itself")),
        (f"a: &x [{'a, ' * 999}]\nb: &y [{'*x, ' * 201}]\nc: *z\n", Problem(3, 4, f"not YAML: {UNKNOWN.format('z')}")),
        (
            f"a: 1\na: 2\nb: &x [{'a, ' * 999}]\nc: [{'*x, ' * 201}]\n",
            Problem(1, 1, "aliases expand to more than 200000 values"),
        ),
    ],
)
def test_what_makes_the_whole_text_wrong_goes_first(text: str, problem: Problem) -> None:
    """No YAML goes before what no document can be made of, that before what has no end, and that before the rest."""
    assert plain_data(text) == Plain(None, (problem,))


def test_what_an_alias_stands_for_is_a_value_of_its_own() -> None:
    """Who changes the data in one place of an alias changes it in no other."""
    data = plain_data("a: &x {b: [1]}\nc: *x\nd: [*x]\n").data
    data["c"]["b"].append(2)
    assert data == {"a": {"b": [1]}, "c": {"b": [1, 2]}, "d": [{"b": [1]}]}


def test_a_bomb_of_problems_is_refused() -> None:
    """Aliases that expand to a hundred million problems are refused like those that expand to values."""
    lines = ["a0: &a0 [!foo x, !foo x, !foo x, !foo x, !foo x, !foo x, !foo x, !foo x, !foo x, !foo x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert plain_data("\n".join(lines)) == Plain(None, (Problem(1, 1, "aliases expand to more than 200000 values"),))


def test_a_key_under_the_shortest_tag_of_text() -> None:
    """A key that says with its tag that it is text counts, however the tag is written."""
    assert plain_data("!<str> a: 1\n!!str 2: 3\n").data == {"a": 1, "2": 3}
