"""What a registry gives, with other values over it and overrides on top."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.layers import Plain, about, layered
from tests.build import EXAMPLES

TEXTS = st.sampled_from(["${x}", "\\${x", "???", "plain", "", "\0registry:0\0", "\0registry:1\0 ${"]) | st.text()
DATA = st.recursive(
    st.none() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=8,
)


@EXAMPLES
@given(st.dictionaries(st.text("abc", min_size=1), DATA, max_size=3))
def test_hidden_texts_come_back(data: dict[str, Any]) -> None:
    """What is hidden holds nothing that would be resolved, and comes back as it was."""
    from omegaconf import OmegaConf

    plain = Plain()
    hidden = OmegaConf.create(plain.hidden(data))
    assert plain.restored(OmegaConf.to_container(hidden, resolve=True, throw_on_missing=True)) == data


@pytest.mark.parametrize(
    ("above", "overrides", "result"),
    [
        ({}, [], {"a": 1, "b": {"c": 2}}),
        ({"b": {"d": 3}}, [], {"a": 1, "b": {"c": 2, "d": 3}}),
        ({"b": None}, [], {"a": 1, "b": None}),
        ({"a": 5}, ["role.a=6"], {"a": 6, "b": {"c": 2}}),
        ({}, ["role.b={d:3}"], {"a": 1, "b": {"c": 2, "d": 3}}),
        ({}, ["role.b=x", "role.b.c=1"], {"a": 1, "b": {"c": 1}}),
        ({}, ["~role.b.c", "+role.z.y=[1,x]"], {"a": 1, "b": {}, "z": {"y": [1, "x"]}}),
        ({}, ["~role.a=1", "role=ignored"], {"b": {"c": 2}}),
    ],
)
def test_layers(above: dict[str, Any], overrides: list[str], result: dict[str, Any]) -> None:
    """Objects are merged key by key and all else replaced, overrides one after the other."""
    below = {"role": {"a": 1, "b": {"c": 2}}}
    data = {"role": above, "loop": {"a": 1}} if above else {"loop": {"a": 1}}
    assert layered(data, below, overrides) == {"role": result, "loop": {"a": 1}}
    assert below == {"role": {"a": 1, "b": {"c": 2}}}


def test_what_is_not_there_cannot_be_taken_away() -> None:
    """Every override that takes away what is not there, or is not as it says, is told."""
    with pytest.raises(InputError) as caught:
        layered({}, {"role": {"a": 1}}, ["~role.x", "~role.a.b", "~role.a=2"])
    assert caught.value.problems == tuple(
        f"override '~{key}': there is no '{key}' that could be taken away" for key in ("role.x", "role.a.b", "role.a")
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [("role=x", True), ("~role.a", True), ("+role.a=1", True), ("roles=x", False), ("loop.role=1", False)],
)
def test_what_an_override_is_about(text: str, told: bool) -> None:
    """An override is about the group that its key begins with."""
    assert about(text, ["role"]) is told
