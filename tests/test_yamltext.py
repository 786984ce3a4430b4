"""Data as YAML that people edit, read back as it is by this project's reader and by Hydra's."""

from math import isfinite
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf
from omegaconf._utils import get_yaml_loader

from harness.matching import canonical
from harness.source import parse
from harness.yamltext import unheld, yaml_text
from tests.build import EXAMPLES

ODD = [
    *(
        "no",
        "y",
        "true",
        "~",
        "null",
        "",
        "1e5",
        "0o17",
        "08",
        "0x1F",
        ".5",
        "1.",
        "+1",
        "1_000",
        "12:30",
        "2026-03-14",
    ),
    *("${x}", "\\${", "\\\\${a}", "$${a}", "a\\", "= a", "=", "<<", "- a", "a: b", "a #b", "# c", " a", "a ", "a\n"),
    *("\na", "a\n b\n\nc ", "a\r\nb", "\t", "a\tb", "---", "...", "? ", "'", '"', "|", ">", "%a", "@", "`", "!a", "&a"),
    *("🦥", "é", "\x00", "\x7f", "\x85", "\u2028", "\ufeff", "\uffff", "a" * 300, "a b " * 90),
]
texts = (st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"])) | st.text("\\${}a:'\" \n#-")).filter(
    lambda text: text != "???"
)
leaves = texts | st.none() | st.booleans() | st.integers() | st.floats().filter(isfinite)
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=10)


def hydrated(text: str) -> Any:
    """Return what Hydra makes of a settings file."""
    return OmegaConf.to_container(OmegaConf.create(yaml.load(text, get_yaml_loader())), resolve=True)  # noqa: S506


@EXAMPLES
@given(st.dictionaries(texts, values), st.integers(0, 4))
def test_hydra_reads_back_what_is_written(data: dict[str, Any], blocks: int) -> None:
    """Any data comes back from Hydra as it was, in its order, with its types, and nothing in it is interpolated."""
    back = hydrated(yaml_text(data, blocks))
    assert (canonical(back), list(back)) == (canonical(data), list(data))


@pytest.mark.parametrize("text", [text for text in ODD if "${" not in text])
def test_odd_texts_stay_texts(text: str) -> None:
    """A text that YAML could read as something else is read by this project's reader as that text, as key and value."""
    assert parse(yaml_text({text: [text, {"a": text}]}, 1), Path("x.yaml")).data == {text: [text, {"a": text}]}


def test_layout() -> None:
    """The first levels are blocks, below them what is flat and short stands on one line, and lines stay lines."""
    tool = {
        "description": "Find it.\n\nThen say so.",
        "parameters": {
            "type": "object",
            "properties": {
                "id": {"type": "string", "enum": ["a", "b"]},
                "of": {"type": "string", "description": "o" * 90},
            },
            "required": ["id"],
        },
    }
    assert yaml_text({"label": "shop", "tools": {"find": tool, "bare": {"description": "", "parameters": {}}}}, 3) == (
        "label: shop\n"
        "tools:\n"
        "  find:\n"
        "    description: |-\n"
        "      Find it.\n"
        "\n"
        "      Then say so.\n"
        "    parameters:\n"
        "      type: object\n"
        "      properties:\n"
        "        id: {type: string, enum: [a, b]}\n"
        "        of:\n"
        "          type: string\n"
        f"          description: {'o' * 90}\n"
        "      required: [id]\n"
        "  bare:\n"
        "    description: ''\n"
        "    parameters: {}\n"
    )


def test_what_no_settings_file_can_hold() -> None:
    """Values that YAML or Hydra would not give back are told with the way to each, and others are not."""
    deep: dict[str, Any] = {}
    for _ in range(90):
        deep = {"not": deep}
    assert list(unheld({"a": [1, "???", {"b": float("inf")}], "c": "a ???", "d": None})) == [
        (("a", 1), "'???' alone is Hydra's sign for a missing value; write more beside it"),
        (("a", 2, "b"), "is a number too large to be held"),
    ]
    assert [what for _, what in unheld(deep)] == ["is nested too deeply for a settings file"]
