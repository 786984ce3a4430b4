"""Data put into a YAML text of which nothing else changes: lines are added, and all others stay as they are."""

import json
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from harness.errors import InputError
from harness.matching import canonical
from harness.source import Location, parse

_WIDEST = 100
_PLAIN = re.compile(r"[^\W\d][\w./-]*(?: [\w./-]+)*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_BREAK = re.compile(r"\r\n|\n|\r")


class Addition(NamedTuple):
    """One thing that is put into data."""

    way: Location
    """The way to it: a key that its mapping does not have, or a place in a list."""
    value: Any
    """The value that comes there."""
    ahead: tuple[str, ...] = ()
    """Keys of the mapping ahead of which it is put, where they are there."""


class Manner(NamedTuple):
    """How the lists and mappings of a text are indented."""

    step: int = 2
    """How far a mapping stands behind its key."""
    dash: int = 2
    """How far the dashes of a list stand behind its key."""


def added(data: Any, addition: Addition) -> Any:
    """Return data with an addition, as a copy."""
    whole = deepcopy(data)
    parent: Any = whole
    for step in addition.way[:-1]:
        parent = parent[step]
    if isinstance(parent, list):
        parent.insert(int(addition.way[-1]), addition.value)
    else:
        parent[addition.way[-1]] = addition.value
    return whole


def spliced(text: str, addition: Addition) -> str | None:
    """Return a YAML text with lines that add something, or None where no lines can: beside what stands in brackets.

    What comes out is read again: it must hold the data of before with exactly the addition.
    """
    try:
        data, tree = parse(text, Path()).data, yaml.compose(text.removeprefix("\ufeff"), yaml.SafeLoader)
    except (InputError, yaml.YAMLError):
        return None
    gap = _gap(text.removeprefix("\ufeff"), tree, addition)
    if gap is None:
        return None
    lines = _lines(_own(addition, gap.whole), manner(tree))
    ending = found[0] if (found := _BREAK.search(text)) else "\n"
    new = "".join(f"{' ' * gap.indent}{line}{ending}" for line in lines)
    for at in gap.places:
        where = at + len(text) - len(text.removeprefix("\ufeff"))
        begun = bool(_BREAK.fullmatch(text[where - 1 : where])) or where == 0
        whole = f"{text[:where]}{'' if begun else ending}{new}{text[where:]}"
        if _is(whole, added(data, addition)):
            return whole
    return None


def _is(text: str, data: Any) -> bool:
    try:
        return canonical(parse(text, Path()).data) == canonical(data)
    except (InputError, UnicodeEncodeError):
        return False


class _Gap(NamedTuple):
    """Where lines may be added."""

    indent: int
    """How far they are indented."""
    places: Sequence[int]
    """The places in the text, the best first."""
    whole: bool
    """Whether it is in a list, so that the lines are an item."""


def _gap(text: str, tree: yaml.Node | None, addition: Addition) -> _Gap | None:
    """Return where an addition comes, or None where it would be between brackets or there is no such place."""
    parent = _at(tree, addition.way[:-1])
    if isinstance(parent, yaml.SequenceNode) and not parent.flow_style and parent.value:
        place = int(addition.way[-1])
        dash = _dash(text, parent.value[0])
        if dash is None or place > len(parent.value):
            return None
        if place:
            return _Gap(dash.column, list(_behind(text, parent.value[place - 1])), whole=True)
        return _Gap(dash.column, [dash.start], whole=True) if dash.alone else None
    if isinstance(parent, yaml.MappingNode) and not parent.flow_style and parent.value:
        names = [key.value for key, _ in parent.value]
        before = next((at for at, name in enumerate(names) if name in addition.ahead), 0) or len(names)
        _, value = parent.value[before - 1]
        return _Gap(parent.value[0][0].start_mark.column, list(_behind(text, value)), whole=False)
    return None


def _at(node: yaml.Node | None, way: Location) -> yaml.Node | None:
    for step in way:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == step), None)
        else:
            return None
    return node


class _Dash(NamedTuple):
    """The dash before the first item of a list."""

    start: int
    """Where its line begins."""
    column: int
    alone: bool
    """Whether nothing stands before it on its line."""


def _dash(text: str, item: yaml.Node) -> _Dash | None:
    start = item.start_mark.index - item.start_mark.column
    ahead = text[start : item.start_mark.index].rstrip()
    if not ahead.endswith("-"):
        return None
    return _Dash(start, len(ahead) - 1, not ahead[:-1].strip())


def _behind(text: str, value: yaml.Node) -> Iterator[int]:
    """Yield where the lines of a value end: ahead of blank lines below it, or behind those that belong to it."""
    while isinstance(value, yaml.CollectionNode) and not value.flow_style and value.value:
        last = value.value[-1]
        value = last[1] if isinstance(value, yaml.MappingNode) else last
    end = value.end_mark.index
    if isinstance(value, yaml.ScalarNode) and value.style in ("|", ">"):
        content = text[:end].rstrip(" \r\n")
        found = _BREAK.search(text, len(content))
        yield min(end, found.end()) if found else end
        yield end
        return
    found = _BREAK.search(text, end)
    yield found.end() if found else len(text)


def manner(tree: yaml.Node | None) -> Manner:
    """Return how the first mapping and the first list behind keys are indented; by two blanks where there is none."""
    steps: list[int] = []
    dashes: list[int] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                waiting.append(value)
                behind = value.start_mark.column - key.start_mark.column
                if (
                    isinstance(value, yaml.CollectionNode)
                    and not value.flow_style
                    and value.start_mark.line > (key.start_mark.line)
                ):
                    (steps if isinstance(value, yaml.MappingNode) else dashes).append(behind)
    step = next((one for one in steps if one > 0), None)
    dash = next((one for one in dashes if one >= 0), None)
    return Manner(step or dash or 2, step or 2 if dash is None else dash)


def yaml_lines(addition: Addition) -> list[str]:
    """Return the lines of an addition, as they may be pasted at its place."""
    return list(_lines(_own(addition, isinstance(addition.way[-1], int)), Manner()))


def _own(addition: Addition, whole: bool) -> Any:
    return [addition.value] if whole else {str(addition.way[-1]): addition.value}


def _lines(value: dict[str, Any] | list[Any], how: Manner) -> Iterator[str]:
    """Yield the lines of a mapping or a list that is not empty."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict) and item:
                first, *rest = _lines(item, how)
                yield f"- {first}"
                yield from (f"  {line}" for line in rest)
            else:
                yield f"- {_inline(item)}"
        return
    for key, item in value.items():
        head, flow = f"{_inline(key)}:", _inline(item)
        if not isinstance(item, dict | list) or (_is_flat(item) and len(head) + len(flow) < _WIDEST - 20):
            yield f"{head} {flow}"
        else:
            yield head
            indent = how.dash if isinstance(item, list) else how.step
            yield from (f"{' ' * indent}{line}" for line in _lines(item, how))


def _is_flat(value: dict[str, Any] | list[Any]) -> bool:
    """Tell whether a value is empty, or holds single values and empty ones only, or a list of single values."""
    if isinstance(value, list):
        return not any(isinstance(item, dict | list) for item in value)
    return not any(item for item in value.values() if isinstance(item, dict | list))


def _inline(value: Any) -> str:
    """Return a value on one line, which either version of YAML reads as it is."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_inline(key)}: {_inline(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    quoted: str = yaml.dump(value, Dumper=yaml.SafeDumper, default_style='"', allow_unicode=True, width=2**31)
    return quoted.rstrip("\n")
