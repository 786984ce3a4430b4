"""The guide to scenarios has every key of the format, with an example that is valid."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest
from pydantic import BaseModel, ValidationError

from harness.endpoint import Step
from harness.scenario import ScenarioFile
from harness.source import parse
from tests.test_readme import GUIDE, blocks, section

FORMAT = section(GUIDE, "## The scenario, key by key")


class Key(NamedTuple):
    """A key of the format."""

    part: str
    """What it is a key of."""
    name: str


def parts(kind: Any) -> Iterator[type[BaseModel]]:
    """Yield the models that a type is made of, however deep."""
    waiting, known = [kind], set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, type) and issubclass(one, BaseModel):
            if one not in known:
                known.add(one)
                yield one
                waiting += [info.annotation for info in one.model_fields.values()]
                waiting += [part for info in one.model_fields.values() for part in info.metadata]
        else:
            waiting += get_args(one)


def keys(kind: type[BaseModel]) -> set[Key]:
    """Return all keys of a format; what a part has from another is the other's."""
    return {_key(part, name) for part in parts(kind) for name in part.model_fields}


def _key(part: type[BaseModel], name: str) -> Key:
    owner = next(one for one in reversed(part.__mro__) if name in getattr(one, "__annotations__", {}))
    return Key(owner.__name__, part.model_fields[name].alias or name)


def used(value: Any) -> Iterator[Key]:
    """Yield the keys that stand in what was read."""
    if isinstance(value, BaseModel):
        for name in value.model_fields_set:
            yield _key(type(value), name)
            yield from used(getattr(value, name))
    elif isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from used(item)


def rows(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the cells of the rows of tables."""
    for line in re.findall(r"^\| (`.*) \|$", text, re.MULTILINE):
        yield tuple(cell.strip() for cell in re.split(r"(?<!\\) \| ", line))


def read(text: str) -> ScenarioFile:
    """Read an example at the first place at which it is valid: of a scenario, a turn, an expectation or a call.

    Raises:
        ValueError: there is none.
    """
    data = parse(text, Path("shown.yaml")).data
    turn = {"user": "Go."}
    call = {"tool": "file_read", **data}
    for place in (
        {"turns": [turn], **data},
        {"turns": [{**turn, **data}]},
        {"turns": [turn], "expect": data},
        {"turns": [turn], "expect": {"stop": "error", **data}},
        {"turns": [turn], "expect": {"calls": data}},
        {"turns": [turn], "expect": {"calls": {"in_order": [call]}}},
    ):
        try:
            return ScenarioFile.model_validate({"title": "T.", **place})
        except ValidationError:
            continue
    raise ValueError(text)


def examples() -> Iterator[ScenarioFile]:
    """Yield what the examples of the guide say, of its blocks and its tables."""
    for text in blocks(FORMAT, "yaml"):
        if not text.startswith(("label:", "any:")):
            yield read(text)
    for cells in rows(FORMAT):
        for text in re.findall(r"`([^`]+)`", cells[2]) if len(cells) > 2 else ():
            yield read(text.replace("\\|", "|"))


def test_every_key_has_an_example() -> None:
    """Each key that a scenario may have, at any depth, stands in an example of the guide."""
    shown = {key for one in examples() for key in used(one)}
    assert sorted(keys(ScenarioFile) - shown) == []


def test_every_key_has_a_row() -> None:
    """Each key of a scenario, its user, its turns, its rules and what it expects has a row that says what it means."""
    named = {name for cells in rows(FORMAT) for name in re.findall(r"`(?:as: |turns: )?(\w+)", cells[0])}
    explained = {"ScenarioFile", "User", "ScenarioTurn", "_Given", "Rule", "TurnExpectation", "Expectation"}
    assert sorted(key for key in keys(ScenarioFile) if key.part in explained and key.name not in named) == []


def test_every_key_of_a_script_has_a_row() -> None:
    """Each key of a step of a scripted model has a row in the guide."""
    named = {name for cells in rows(section(GUIDE, "## The script, key by key")) for name in cells[0].split("`")}
    assert sorted(name for name in Step.model_fields if name not in named) == []


@pytest.mark.parametrize("text", ["turns: {user: 1}", "nothing: x", "decision: perhaps"])
def test_an_example_that_is_not_valid_is_found(text: str) -> None:
    """What is an example of nothing is refused."""
    with pytest.raises(ValueError, match=re.escape(text)):
        read(text)
