"""What of a registry's models no file may hold: keys become variables, and addresses lose what may be one."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.jsontext import parse_json
from harness.registry import Entry, Registry
from harness.withheld import Address, bare, keys, secrets, variables


def models(**given: Mapping[str, Any]) -> tuple[Entry, ...]:
    """Return models of a registry by their names, each with these values."""
    data = {"models": {name: {"type": "local_openai", **values} for name, values in given.items()}, "roles": {}}
    return Registry(parse_json(json.dumps(data), Path("registry.json"))).models().asked


@pytest.mark.parametrize(
    ("url", "kept", "cut"),
    [
        ("http://house:3000/v1", "http://house:3000/v1", ()),
        ("http://ann:pw@house:3000/v1", "http://house:3000/v1", ("user and password",)),
        ("http://tok@house", "http://house", ("the user",)),
        ("http://a:p@q@house/x", "http://house/x", ("user and password",)),
        ("ann:pw@house/v1", "house/v1", ("user and password",)),
        (
            "https://h/v1?key=x&api-version=2&zz=3",
            "https://h/v1?api-version=2",
            ("the parameter 'key'", "the parameter 'zz'"),
        ),
        ("https://h?s3cr3t", "https://h", ("a parameter",)),
        ("https://h?k9=x&=y", "https://h", ("a parameter",)),
        ("https://h/v1?#part", "https://h/v1", ("what stands behind its '#'",)),
        ("https://h/v1#a?b=c", "https://h/v1", ("the parameter 'b'", "what stands behind its '#'")),
        ("https://[::1", "https://[::1", ()),
        ("", "", ()),
    ],
)
def test_an_address_without_what_may_be_a_key(url: str, kept: str, cut: tuple[str, ...]) -> None:
    """User, password, fragment and unknown parameters are cut and told by harmless names; the rest stays."""
    assert bare(url) == Address(kept, cut)


def test_an_address_of_which_the_password_has_no_clear_end() -> None:
    """An address with a '@' in its path, which may belong to a password, is refused."""
    with pytest.raises(ValueError, match="write %40"):
        bare("http://ann:p/w@house/v1")


def test_keys_become_variables_of_their_models() -> None:
    """A variable is made of the model's label, whatever signs that has."""
    found = models(
        **{"qwen3:8b": {"api_key": " k-one "}, "7b": {"api_key": "k-two"}, "äö": {"api_key": "k-three"}, "x": {}}
    )
    assert keys(found) == {"qwen3:8b": "k-one", "7b": "k-two", "äö": "k-three"}
    assert variables(found, ()) == {"qwen3:8b": "QWEN3_8B_API_KEY", "7b": "MODEL_7B_API_KEY", "äö": "MODEL_API_KEY"}


def test_one_variable_for_each_key() -> None:
    """Models with the same key share a variable, and labels that make the same one do not."""
    found = models(
        **{"a b": {"api_key": "k1"}, "a.b": {"api_key": "k2"}, "c": {"api_key": "k1"}, "A-B": {"api_key": "k3"}}
    )
    assert variables(found, ["A_B_3_API_KEY"]) == {
        "a b": "A_B_API_KEY",
        "a.b": "A_B_2_API_KEY",
        "c": "A_B_API_KEY",
        "A-B": "A_B_4_API_KEY",
    }


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({"a": {"api_key": "k1", "api_key_env": "MINE"}}, {"a": "MINE"}),
        ({"a": {"api_key": "k1"}, "b": {"api_key": "k1", "api_key_env": "MINE"}}, {"a": "MINE", "b": "MINE"}),
        ({"a": {"api_key": "k1", "api_key_env": "MINE"}, "b": {"api_key_env": "MINE"}}, {"a": "A_API_KEY"}),
        (
            {"a": {"api_key": "k1", "api_key_env": "MINE"}, "b": {"api_key": "k2", "api_key_env": "MINE"}},
            {"a": "MINE", "b": "B_API_KEY"},
        ),
        ({"a": {"api_key": "k1", "api_key_env": "no name"}}, {"a": "A_API_KEY"}),
        ({"a": {"api_key": "k1", "api_key_env": "TAKEN"}}, {"a": "A_API_KEY"}),
        ({"a": {"api_key": "not-needed"}}, {}),
    ],
)
def test_a_variable_that_a_model_names_itself(given: dict[str, Any], made: dict[str, str]) -> None:
    """The variable beside a key is kept, unless what it holds may be another key; and a word for none is no key."""
    assert variables(models(**given), ["TAKEN"]) == made


def test_what_must_reach_no_file() -> None:
    """Keys and parts of addresses are secrets, each with words that do not show it; words and short texts are none."""
    key = "planted-8d21f0c2"
    found = models(a={"api_url": "http://assistant:S3cr%40tPw99@h?key=pL4nted77&api-version=2024-01-01&x=assistant"})
    assert secrets(found, {key: "the api_key of models.a", "short": "no", "not-needed": "no"}) == {
        key: "the api_key of models.a",
        "S3cr%40tPw99": "a part of the address of a model",
        "S3cr@tPw99": "a part of the address of a model",
        "pL4nted77": "a part of the address of a model",
    }
