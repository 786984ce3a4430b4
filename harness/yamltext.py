"""Data as YAML text: laid out for people, and read back as it is, in a settings file by Hydra too."""

import json
import re
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

import yaml
from yaml.representer import SafeRepresenter

from harness.source import Location

_WIDEST = 118
_DEEPEST = 80


class Dumper(yaml.SafeDumper):
    """Puts in quotes what either version of YAML would read as something else than text."""


Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)$"),
    list("-+.0123456789"),
)

_ODD = re.compile("[^\\n\\x20-\\x7e\\xa0-\\u2027\\u202a-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd\\U00010000-\\U0010ffff]")
_STARTED = re.compile(r"(\\*)\$\{")


def yaml_text(data: Mapping[str, Any], blocks: int) -> str:
    """Return a mapping as YAML, in which `${` is no interpolation.

    The mappings of the first `blocks` levels have a line for each key; below them, what holds nothing nested and is
    short stands on one line. Texts hold no lone surrogate, and none is `???`, Hydra's sign for a missing value.
    """
    return plain_yaml(_uninterpolated(data), blocks)


def plain_yaml(data: Mapping[str, Any], blocks: int) -> str:
    """Return a mapping as YAML.

    The mappings of the first `blocks` levels have a line for each key; below them, what holds nothing nested and is
    short stands on one line. Texts hold no lone surrogate.
    """
    text: str = yaml.serialize(_node(data, 0, blocks), Dumper=Dumper, allow_unicode=True, width=_WIDEST + 2)
    return text


def indented_yaml(data: Mapping[str, Any], blocks: int) -> str:
    """Return a mapping as `plain_yaml` does, the items of lists indented below their keys."""
    text: str = yaml.serialize(_node(data, 0, blocks), Dumper=_Indenting, allow_unicode=True, width=_WIDEST + 2)
    return text


class _Indenting(Dumper):
    """Indents the items of lists."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's
        """Begin a level."""
        super().increase_indent(flow, indentless=False)


def _uninterpolated(value: Any) -> Any:
    """Return data in whose texts `${` stands as Hydra reads it back."""
    if isinstance(value, str):
        return _STARTED.sub(r"\1\1\\${", value)
    if isinstance(value, list):
        return [_uninterpolated(one) for one in value]
    return {key: _uninterpolated(one) for key, one in value.items()} if isinstance(value, dict) else value


def unheld(value: Any, way: Location = ()) -> Iterator[tuple[Location, str]]:
    """Yield what of a value no settings file can hold: the way to it, and why."""
    if len(way) > _DEEPEST:
        yield way, "is nested too deeply for a settings file"
    elif isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from unheld(inner, (*way, step))
    elif isinstance(value, float) and not isfinite(value):
        yield way, "is a number too large to be held"
    elif value == "???":
        yield way, "'???' alone is Hydra's sign for a missing value; write more beside it"


def _node(value: Any, indent: int, blocks: int) -> yaml.Node:
    if isinstance(value, str):
        return text_node(value)
    if not isinstance(value, dict | list):
        return SafeRepresenter().represent_data(value)
    flow = not value or (
        blocks < 1 and _is_flat(value) and indent + len(json.dumps(value, ensure_ascii=False)) < _WIDEST
    )
    if isinstance(value, list):
        items = [_node(one, indent + 4, 0) for one in value]
        return yaml.SequenceNode("tag:yaml.org,2002:seq", items, flow_style=flow)
    step = 2 if blocks > 0 else 4
    pairs = [
        (text_node(key), _node(one, indent + step + (0 if blocks > 1 else len(key)), blocks - 1))
        for key, one in value.items()
    ]
    return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=flow)


def _is_flat(value: dict[str, Any] | list[Any]) -> bool:
    """Tell whether a value holds single values only, or a mapping lists of them."""
    if isinstance(value, list):
        return not any(isinstance(one, dict | list) for one in value)
    return not any(isinstance(one, dict) or (isinstance(one, list) and not _is_flat(one)) for one in value.values())


def text_node(text: str) -> yaml.Node:
    """Return text as YAML that either version reads as it is: on lines where it has several and all its signs show."""
    style = '"' if _ODD.search(text) else "|" if "\n" in text and text[0] not in " \n" else None
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=style)
