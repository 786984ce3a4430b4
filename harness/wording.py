"""What pydantic finds wrong in a file or a setting, worded for people as `file:line:col: where: what`."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Any, Protocol, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails

from harness.dialect import elsewhere, here, in_settings, quoted
from harness.errors import InputError, did_you_mean
from harness.source import Document, Location


class Place(Protocol):
    """A function that says where a location is, as `file:line:col` or in other words."""

    def __call__(self, location: Sequence[str | int], *, key: bool = False) -> str:
        """Return where the location is, pointing at its key when asked to."""
        ...


Model = TypeVar("Model", bound=BaseModel)


def validate(document: Document, model: type[Model]) -> Model:
    """Judge a document's data by a pydantic model.

    Raises:
        InputError: what does not fit, all problems at once, each as `file:line:col: where: what`.
    """
    if document.data is None:
        raise InputError(f"{document.place(())}: the file is empty")
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        at_hand = document.at_hand()
        raise InputError(*problems(error, model, at_hand.place, at_hand.nearest, at_hand.plain.get)) from None


def problems(
    error: ValidationError,
    model: type[BaseModel],
    place: Place,
    written: Callable[[Location], Location] = lambda location: location,
    plain: Callable[[Location], str | None] = lambda _: None,
) -> list[str]:
    """Word a pydantic error for people, one line for each problem, sorted by place and without repeats.

    `written` returns a location as the file has it, where one item may stand for a list of one; `plain` the text of a
    value that is written without quotes.
    """
    lines: set[str] = set()
    found = error.errors(include_url=False)
    meant = {key for details in found if (key := _misspelt(details, model))}
    for details in found:
        location = _own(details, model)
        if location in meant:  # and thus missing
            continue
        at_key = details["type"] == "extra_forbidden" or details["loc"][-1:] == ("[key]",)
        where = dotted(written(location[:-1] if at_key or details["type"] == "missing" else location))
        what = _what(details, location, model)
        bare = None if at_key else plain(written(location))
        what += _mending(details["type"], what, bare, _kinds(model, location)) if bare else ""
        lines.add(f"{place(location, key=at_key)}: {where + ': ' if where else ''}{what}")
    return sorted(lines, key=by_place)


def by_place(problem: str) -> tuple[str, int, int, str]:
    """Return a key that sorts problems by file, line and column."""
    path, *numbers = problem.split(": ", maxsplit=1)[0].rsplit(":", 2)
    if len(numbers) == 2 and all(number.isdigit() for number in numbers):
        return path, int(numbers[0]), int(numbers[1]), problem
    return problem, 0, 0, problem


def _own(details: ErrorDetails, model: type[BaseModel]) -> Location:
    """Return an error's location without the names that pydantic gives to validators and members of unions."""
    kinds: list[Any] = [model]
    own: Location = ()
    for at, step in enumerate(details["loc"]):
        inner = [member for kind in kinds for member in _step(kind, step)]
        named = at == len(details["loc"]) - 1 and details["type"] in ("missing", "extra_forbidden")
        if inner or named:
            own, kinds = (*own, step), inner
    return own


def dotted(location: Sequence[str | int]) -> str:
    """Return a location as people read it: `turns[0].expect.rounds`."""
    text = ""
    for step in location:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


_PLAIN = {
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping",
    "mapping_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
}


_TEXTUAL = re.compile(r"^must (be|name) (a |the |an )?(\w+'s )?(whole |regular )?(text|name|words|names|path|time|day)")
_WORD = re.compile(r"'([^']*)'")

_WITH_CONTEXT = {
    "value_error": "{error}",
    "literal_error": "must be {expected}",
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
}


def _misspelt(details: ErrorDetails, model: type[BaseModel]) -> Location | None:
    """Return the location of the key that a misspelt one stands for, which thus is not missing."""
    location = _own(details, model)
    if details["type"] != "extra_forbidden" or not location:
        return None
    near = _WORD.findall(did_you_mean(str(location[-1]), _keys_at(model, location[:-1])))
    return (*location[:-1], near[0]) if near else None


def _what(details: ErrorDetails, location: Location, model: type[BaseModel]) -> str:
    kind, name = details["type"], str(location[-1]) if location else "the file"
    if kind == "missing":
        return f"'{name}' is missing"
    if kind == "extra_forbidden":
        return f"unknown key '{name}'{did_you_mean(name, _keys_at(model, location[:-1]))}"
    if kind in _WITH_CONTEXT:
        said = _WITH_CONTEXT[kind].format(**details["ctx"])
        given = details["input"] if kind == "literal_error" else None
        return said + (did_you_mean(given, _WORD.findall(said)) if isinstance(given, str) else "")
    return _PLAIN.get(kind, details["msg"][:1].lower() + details["msg"][1:])


def _mending(kind: str, what: str, bare: str, kinds: Sequence[Any]) -> str:
    """Return how to write what is meant, where a value without quotes is read as something else than text, or as it."""
    reading = here(bare)
    if kind.startswith("bool") and (other := elsewhere(bare)).kind == "truth":
        return f"; write {other.written} instead of {bare}"
    if not {reading.kind, in_settings(bare).kind} - {"text"}:
        return ""
    texts = any(get_origin(one) in (list, tuple) and get_args(one)[:1] == (str,) for one in kinds)
    if kind == "string_type" or (kind == "value_error" and _TEXTUAL.search(what)):
        return f"; quote it: {quoted(bare)}"
    return f" of texts, or a text; quote it: {quoted(bare)}" if texts and kind in ("list_type", "tuple_type") else ""


def _keys_at(model: type[BaseModel], location: Location) -> Iterator[str]:
    """Yield the keys that may stand at a location, walking the types as pydantic does."""
    for kind in _kinds(model, location):
        for name, info in _fields(kind).items():
            yield info.alias or name


def _kinds(model: type[BaseModel], location: Location) -> list[Any]:
    """Return the types of what may stand at a location."""
    kinds: list[Any] = [model]
    for step in location:
        kinds = [inner for kind in kinds for inner in _step(kind, step)]
    return kinds


def _fields(kind: Any) -> dict[str, Any]:
    return dict(kind.model_fields) if isinstance(kind, type) and issubclass(kind, BaseModel) else {}


def _step(kind: Any, step: str | int) -> Iterator[Any]:
    if isinstance(kind, type) and issubclass(kind, RootModel):
        for inner in _plain(kind.model_fields["root"].annotation):
            yield from _step(inner, step)
        return
    for name, info in _fields(kind).items():
        if step in (name, info.alias):
            yield from _plain(info.annotation)
    if get_origin(kind) in (dict, Mapping) and isinstance(step, str):
        yield from _plain(get_args(kind)[1])
    if get_origin(kind) in (list, tuple, Sequence) and isinstance(step, int):
        yield from _plain(get_args(kind)[0])


def _plain(kind: Any) -> Iterator[Any]:
    if get_origin(kind) in (Union, UnionType):
        for member in get_args(kind):
            yield from _plain(member)
    elif hasattr(kind, "__metadata__"):
        yield from _plain(kind.__origin__)
    else:
        yield kind
