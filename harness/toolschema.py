"""Arguments against the JSON schema of a tool: what of a pattern no call that keeps to the schema could fit."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.errors import did_you_mean
from harness.pattern import fits, is_matcher
from harness.source import Location
from harness.terms import KINDS, either, several, told, untyped, wanted, worded

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_MATCHED: Mapping[str, tuple[str, ...]] = {
    "string": ("string",),
    "number": ("number", "integer"),
    "integer": ("integer", "number"),
    "boolean": ("boolean",),
    "null": ("null",),
    "list": ("array",),
    "mapping": ("object",),
}
"""The types of JSON Schema whose values fit the types of matchers."""


class Misfit(NamedTuple):
    """What does not fit a schema, with the way to it below the arguments."""

    way: Location
    why: str
    """What is wrong, with the argument as its subject."""
    key: bool = False
    """Whether it is the name of the argument that is wrong."""
    bare: bool = False
    """Whether text is wanted, so that something else may only lack its quotes."""


def broken(schema: Any) -> Iterator[Misfit]:
    """Yield what makes a schema none, with the ways to it below the schema."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    checker = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    for error in checker.iter_errors(schema):
        inner = best_match([error])
        yield Misfit(tuple(inner.absolute_path), untyped(inner) or worded(inner))
    name = schema.get("type") if isinstance(schema, dict) else None
    if isinstance(name, str) and name in KINDS.keys() - {"object"}:
        yield Misfit(("type",), "must be 'object', since arguments are a mapping")


def misfits(schema: Mapping[str, Any], arguments: Mapping[str, Any], *, exact: bool = False) -> list[Misfit]:
    """Return what of a pattern of arguments cannot fit a schema; where it is `exact`, no argument may be missing.

    An argument that the schema does not name is a misfit where the schema refuses it, or where its name is nearly that
    of another one.
    """
    try:
        return list(_Judge(schema).mapping(arguments, schema, (), exact, top=True))
    except RecursionError:  # a schema that is made of itself alone
        return []


class _Judge:
    """Holds values and patterns against parts of one schema."""

    def __init__(self, whole: Mapping[str, Any]) -> None:
        self._whole = whole

    def _resolved(self, schema: Any) -> Any:
        """Return what a reference into the schema itself stands for; others are not looked up, and take everything."""
        for _ in range(20):
            if not isinstance(schema, dict) or "$ref" not in schema:
                return schema
            path = schema["$ref"]
            if not isinstance(path, str) or not path.startswith("#"):
                return True
            schema = self._whole
            for step in filter(None, path[1:].split("/")):
                name = step.replace("~1", "/").replace("~0", "~")
                schema = schema.get(name, True) if isinstance(schema, dict) else True
        return True

    def judged(self, pattern: Any, schema: Any, way: Location, exact: bool) -> Iterator[Misfit]:
        """Yield what of a pattern cannot fit a part of the schema."""
        schema = self._resolved(schema)
        if not isinstance(schema, dict):
            if schema is False:
                yield Misfit(way, "is one that the schema never takes")
            return
        for part in schema.get("allOf", ()):
            yield from self.judged(pattern, part, way, exact)
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                found = [list(self.judged(pattern, part, way, exact)) for part in schema[key]]
                if all(found):
                    yield min(found, key=len)[0] if len(found) == 1 else Misfit(way, _any(found), bare=_some(found))
        rest = {key: part for key, part in schema.items() if key not in ("allOf", "anyOf", "oneOf")}
        if isinstance(pattern, dict) and is_matcher(pattern):
            yield from self._matched(pattern, rest, way, exact)
        elif isinstance(pattern, dict):
            yield from self.mapping(pattern, rest, way, exact)
        elif isinstance(pattern, list):
            yield from self._listed(pattern, rest, way, exact)
        else:
            yield from self._errors(pattern, rest, way)

    def _errors(self, value: Any, schema: Mapping[str, Any], way: Location) -> Iterator[Misfit]:
        """Yield what is wrong with a value that stands for itself."""
        from referencing.exceptions import Unresolvable

        try:
            shared = {key: self._whole[key] for key in ("$defs", "definitions") if key in self._whole}
            found = sorted(_validator({**shared, **schema}).iter_errors(value), key=str)
        except (Unresolvable, re.error):  # a schema beside this one, or an expression of another language
            return
        for error in found:
            text = error.validator == "type" and "string" in several(error.validator_value)
            yield Misfit((*way, *error.absolute_path), worded(error), bare=text)

    def mapping(
        self, pattern: Mapping[str, Any], schema: Mapping[str, Any], way: Location, exact: bool, *, top: bool = False
    ) -> Iterator[Misfit]:
        """Yield what of a mapping cannot fit; what is not named may be there all the same, unless it is exact."""
        schema = self._resolved(schema)
        if not top and not _takes(schema, "object"):
            yield Misfit(way, wanted(schema))
            return
        known = schema.get("properties")
        known = known if isinstance(known, dict) else {}
        more = schema.get("additionalProperties", None)
        for name, part in pattern.items():
            if name in known:
                yield from self.judged(part, known[name], (*way, name), exact)
            elif schema.get("patternProperties"):
                continue
            elif (more is False and (known or top)) or (more is None and _nearly(name, known, pattern)):
                yield Misfit((*way, name), _unknown(name, known), key=True)
            elif isinstance(more, dict):
                yield from self.judged(part, more, (*way, name), exact)
        required = schema.get("required")
        meant = {near for name in pattern if name not in known for near in get_close_matches(name, known, 1)}
        for name in required if exact and isinstance(required, list) else ():
            if name not in pattern and name not in meant:
                yield Misfit(way, f"'{name}' is missing, and must be there")

    def _listed(self, pattern: list[Any], schema: Mapping[str, Any], way: Location, exact: bool) -> Iterator[Misfit]:
        """Yield what of a list cannot fit, item by item."""
        if not _takes(schema, "array"):
            yield Misfit(way, wanted(schema), bare=False)
            return
        sizes = {key: schema[key] for key in ("minItems", "maxItems") if key in schema}
        yield from self._errors(pattern, sizes, way)
        items, first = schema.get("items", True), schema.get("prefixItems", ())
        for at, part in enumerate(pattern):
            yield from self.judged(part, first[at] if at < len(first) else items, (*way, at), exact)

    def _matched(
        self, matcher: Mapping[str, Any], schema: Mapping[str, Any], way: Location, exact: bool
    ) -> Iterator[Misfit]:
        """Yield why nothing that a matcher takes fits."""
        if (choices := _choices(schema)) and not any(fits(matcher, one) for one in choices):
            yield Misfit(way, f"can only be {told(choices)}, none of which fits this")
            return
        match matcher:
            case {"equals": value}:
                yield from self._errors(value, schema, way)
            case {"one_of": patterns}:
                found = [list(self.judged(one, schema, way, exact)) for one in patterns]
                if all(found):
                    yield found[0][0]._replace(way=way)
            case {"type": name}:
                if not any(_takes(schema, kind) for kind in _MATCHED["null" if name is None else name]):
                    yield Misfit(way, f"{wanted(schema)}, so that {{type: {name or 'null'}}} never fits")
            case {"matches": _}:
                if not _takes(schema, "string"):
                    yield Misfit(way, f"{wanted(schema)}, so that an expression never matches")
            case {"near": _}:
                yield from _far(matcher, schema, way)


def _far(matcher: Mapping[str, Any], schema: Mapping[str, Any], way: Location) -> Iterator[Misfit]:
    """Yield why no number that is near enough fits."""
    if not _takes(schema, "integer"):
        yield Misfit(way, f"{wanted(schema)}, so that no number is near it")
        return
    middle, distance = (Fraction(repr(matcher[key])) for key in ("near", "within"))
    least, most = schema.get("minimum"), schema.get("maximum")
    if isinstance(least, int | float) and middle + distance < Fraction(repr(least)):
        yield Misfit(way, f"must be at least {least}, so that no number is near this one")
    if isinstance(most, int | float) and middle - distance > Fraction(repr(most)):
        yield Misfit(way, f"must be at most {most}, so that no number is near this one")


def _choices(schema: Mapping[str, Any]) -> Sequence[Any]:
    """Return the only values that a schema takes, or none where it does not list them."""
    return [schema["const"]] if "const" in schema else schema.get("enum") or []


def _validator(schema: Any) -> "Validator":
    """Return what judges by a schema, and looks for no other one on the net."""
    from jsonschema import Draft202012Validator
    from referencing.jsonschema import EMPTY_REGISTRY

    return Draft202012Validator(schema, registry=EMPTY_REGISTRY)


def _takes(schema: Mapping[str, Any], kind: str) -> bool:
    """Tell whether a schema takes values of a type; a whole number is a number, too."""
    said = several(schema.get("type"))
    return said == [None] or kind in said or (kind == "integer" and "number" in said)


def _any(found: Sequence[Sequence[Misfit]]) -> str:
    return either(list(dict.fromkeys(one[0].why for one in found)))


def _some(found: Sequence[Sequence[Misfit]]) -> bool:
    return any(one[0].bare for one in found)


def _nearly(name: str, known: Collection[str], said: Collection[str]) -> bool:
    """Tell whether a name is nearly that of an argument which is not said itself."""
    return bool(get_close_matches(name, [one for one in known if one not in said], cutoff=0.75))


def _unknown(name: str, known: Collection[str]) -> str:
    there = f"; there are: {', '.join(known)}" if known else "; it takes none"
    return f"does not exist{did_you_mean(name, known) or there}"
