"""What is wrong in a file or a setting, worded with its line and column."""

import json
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, field_validator, model_validator

from harness.errors import InputError
from harness.source import parse
from harness.wording import dotted, validate

FILE = Path("f.yaml")


def unfit(text: str, model: type[BaseModel]) -> list[str]:
    """Return the lines with which a model refuses a text."""
    with pytest.raises(InputError) as caught:
        validate(parse(text, FILE), model)
    return str(caught.value).splitlines()


def test_locations_are_dotted() -> None:
    """A location is written as people read it."""
    assert [dotted(("turns", 0, "expect", "rounds")), dotted((0, 1, "a")), dotted(())] == [
        "turns[0].expect.rounds",
        "[0][1].a",
        "",
    ]


class Strict(BaseModel):
    """A model that knows all its keys."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Cat(Strict):
    """One kind of pet."""

    name: str
    purrs: bool = True


class Dog(Strict):
    """Another kind of pet."""

    name: str
    barks: int = Field(default=0, ge=0)


class Home(Strict):
    """A model with a field of each kind."""

    address: str
    rooms: int = 1
    height: float = 1.0
    warm: bool = True
    cats: list[Cat] = []
    by_name: dict[str, Cat] = {}
    dog: Dog | None = None
    size: int | list[int] = 1
    kind: Annotated[list[str], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)] = []
    began: str | None = Field(default=None, alias="from")

    @field_validator("rooms")
    @classmethod
    def _few(cls, value: int) -> int:
        if value > 9:
            raise ValueError("no home has that many rooms")
        return value

    @model_validator(mode="after")
    def _named(self) -> "Home":
        if self.dog and self.dog.name == self.address:
            raise ValueError("the dog is not called as the street")
        return self


def test_what_fits_is_the_model() -> None:
    """Data that fits becomes the model."""
    home = validate(parse("address: x\ncats: [{name: a}]\nfrom: '2026'\nkind: flat\n", FILE), Home)
    assert home == Home.model_validate({"address": "x", "cats": [Cat(name="a")], "from": "2026", "kind": ["flat"]})


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("{}", ["f.yaml:1:1: 'address' is missing"]),
        ("", ["f.yaml:1:1: the file is empty"]),
        ("- a", ["f.yaml:1:1: must be a mapping"]),
        ("address: 1", ["f.yaml:1:10: address: must be text; quote it: '1'"]),
        ("address: ", ["f.yaml:1:9: address: must be text"]),
        ("address: x\nrooms: many", ["f.yaml:2:8: rooms: must be a whole number"]),
        ("address: x\nrooms: 1.5", ["f.yaml:2:8: rooms: must be a whole number"]),
        ("address: x\nrooms: true", ["f.yaml:2:8: rooms: must be a whole number"]),
        ("address: x\nrooms: 10", ["f.yaml:2:8: rooms: no home has that many rooms"]),
        ("address: x\nheight: no", ["f.yaml:2:9: height: must be a number"]),
        ("address: x\nwarm: yes", ["f.yaml:2:7: warm: must be true or false; write true instead of yes"]),
        ("address: x\ncats: {name: a}", ["f.yaml:2:7: cats: must be a list"]),
        ("address: x\ncats: [a]", ["f.yaml:2:8: cats[0]: must be a mapping"]),
        ("address: x\nby_name: [a]", ["f.yaml:2:10: by_name: must be a mapping"]),
        ("address: x\nby_name: {a: {}}", ["f.yaml:2:14: by_name.a: 'name' is missing"]),
        (
            "address: x\ndog: {name: d, barks: -1}",
            ["f.yaml:2:23: dog.barks: must be at least 0"],
        ),
        ("address: x\ndog: {name: x}", ["f.yaml:1:1: the dog is not called as the street"]),
        ("address: x\nfrom: 2026", ["f.yaml:2:7: from: must be text; quote it: '2026'"]),
        ("address: x\nbegan: '2026'", ["f.yaml:2:1: unknown key 'began'"]),
        ("address: x\nadress: x", ["f.yaml:2:1: unknown key 'adress' (did you mean 'address'?)"]),
        ("address: x\nform: x", ["f.yaml:2:1: unknown key 'form' (did you mean 'from'?)"]),
        ("address: x\nzzz: x", ["f.yaml:2:1: unknown key 'zzz'"]),
        ("address: x\ncats: [{nme: a, name: b}]", ["f.yaml:2:9: cats[0]: unknown key 'nme' (did you mean 'name'?)"]),
        (
            "address: x\nby_name: {purrs: {purs: true, name: b}}",
            ["f.yaml:2:19: by_name.purrs: unknown key 'purs' (did you mean 'purrs'?)"],
        ),
        (
            "address: x\ndog: {name: a, bark: 1}",
            ["f.yaml:2:16: dog: unknown key 'bark' (did you mean 'barks'?)"],
        ),
    ],
)
def test_what_does_not_fit(text: str, lines: list[str]) -> None:
    """A value that is missing, unknown or wrong is named with its place, its way and what is wrong."""
    assert unfit(text, Home) == lines


def test_all_problems_are_told_in_the_order_of_the_file() -> None:
    """Everything wrong is told at once, line by line, also where keys stand in another order than the model's."""
    text = "zzz: 1\nwarm: 2\ncats:\n  - purrs: x\n    nme: y\n  - 5\nrooms: z\naddress: [\n]\n"
    assert unfit(text, Home) == [
        "f.yaml:1:1: unknown key 'zzz'",
        "f.yaml:2:7: warm: must be true or false",
        "f.yaml:4:12: cats[0].purrs: must be true or false",
        "f.yaml:5:5: cats[0]: unknown key 'nme' (did you mean 'name'?)",
        "f.yaml:6:5: cats[1]: must be a mapping",
        "f.yaml:7:8: rooms: must be a whole number",
        "f.yaml:8:10: address: must be text",
    ]


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("address: x\nsize: big", ["f.yaml:2:7: size: must be "]),
        ("address: x\nsize: [1, x]", ["f.yaml:2:7: size: must be ", "f.yaml:2:11: size[1]: must be "]),
    ],
)
def test_unions_are_told_by_the_file(text: str, starts: list[str]) -> None:
    """Where one of several kinds may stand, the way to the value holds keys of the file alone, no name of a kind."""
    lines = unfit(text, Home)
    assert [line for line in lines if not line.startswith(tuple(starts))] == []
    assert [start for start in starts if not any(line.startswith(start) for line in lines)] == []


class Brackets(Strict):
    """A model whose keys anybody chooses."""

    tools: dict[str, Cat]


@pytest.mark.parametrize("key", ["f(x)", "g[0]", "a.b", "a b", "tuple[int]", "f(", "[", "0", ""])
def test_keys_with_brackets_keep_their_place(key: str) -> None:
    """A key that looks like one of pydantic's own names is a key like any other."""
    assert unfit(json.dumps({"tools": {key: {"name": 1}}}), Brackets) == [
        f"f.yaml:1:{len(key) + 25}: tools.{key}.name: must be text; quote it: '1'"
    ]


class Listed(RootModel[dict[str, list[Cat]]]):
    """A model that is a mapping itself."""


def test_a_mapping_of_models_has_hints_too() -> None:
    """A misspelt key is answered with the nearest one also where the whole file is a mapping of anybody's keys."""
    assert unfit("a: [{name: x, purs: true}]", Listed) == [
        "f.yaml:1:15: a[0]: unknown key 'purs' (did you mean 'purrs'?)"
    ]


class Numbered(Strict):
    """A model with a number that has bounds."""

    many: Annotated[list[int], Field(min_length=1)] = [1]
    word: Annotated[str, Field(min_length=1)] = "x"


@pytest.mark.parametrize(("text", "place"), [("many: []", "f.yaml:1:7: many: "), ("word: ''", "f.yaml:1:7: word: ")])
def test_nothing_where_something_must_be(text: str, place: str) -> None:
    """An empty list or text is refused in people's words."""
    (line,) = unfit(text, Numbered)
    assert line.startswith(place)
    assert "after validation" not in line


class Shelf(BaseModel):
    """Books by short names."""

    books: dict[Annotated[str, Field(max_length=3)], int]


def test_a_wrong_key_is_told_at_the_key() -> None:
    """What is wrong with a key of a mapping is told where the key stands, and of the mapping."""
    with pytest.raises(InputError) as caught:
        validate(parse("books:\n  abc: 1\n  abcd: 2\n  x: y\n", Path("f.yaml")), Shelf)
    assert [line.partition(" should")[0] for line in caught.value.problems] == [
        "f.yaml:3:3: books: string",
        "f.yaml:4:6: books.x: must be a whole number",
    ]
