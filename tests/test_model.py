"""The settings of one model: addresses, secrets, and what is sent beside the conversation."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from harness.errors import InputError
from harness.model import Model, Params, without_credentials


def model(**fields: Any) -> Model:
    """Return a model with a label and a name."""
    return Model.model_validate({"label": "mine", "model_name": "gpt", **fields})


def wrong(kind: type[Any], **fields: Any) -> list[tuple[tuple[Any, ...], str]]:
    """Return where and how the fields of a group are refused."""
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(fields)
    return [(details["loc"], details["type"]) for details in caught.value.errors()]


@pytest.mark.parametrize(
    ("host_type", "api_url", "base_url"),
    [
        ("openwebui", "http://h:3000", "http://h:3000/api"),
        ("openwebui", "http://h:3000/", "http://h:3000/api"),
        ("openwebui", "http://h:3000//", "http://h:3000/api"),
        ("openwebui", "https://h/webui/", "https://h/webui/api"),
        ("openwebui", "https://h/api", "https://h/api/api"),
        ("openwebui", "https://h?key=secret", "https://h/api"),
        ("openai", "https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("vllm", "http://h:8000/v1/", "http://h:8000/v1"),
        ("litellm", "http://h:4000", "http://h:4000"),
        ("OpenWebUI", "http://h", "http://h"),
        ("anything", "http://h/a/b/", "http://h/a/b"),
    ],
)
def test_base_urls(host_type: str, api_url: str, base_url: str) -> None:
    """An address has no slash at its end; Open WebUI's has its API below `/api`, all others are used as given."""
    assert model(host_type=host_type, api_url=api_url).base_url() == base_url


def test_open_webui_is_the_default() -> None:
    """A model that does not say what serves it is served by Open WebUI."""
    assert model(api_url="http://h").base_url() == "http://h/api"


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({}, "api_url and model_name"),
        ({"api_url": "http://h"}, "model_name"),
        ({"api_url": "http://h", "model_name": ""}, "model_name"),
        ({"model_name": "gpt"}, "api_url"),
        ({"model_name": "gpt", "api_url": ""}, "api_url"),
    ],
)
def test_what_a_request_needs(fields: dict[str, str], missing: str) -> None:
    """A model without an address or a name is an error that names the model's label and what is missing."""
    with pytest.raises(InputError) as caught:
        Model.model_validate({"label": "mine", **fields}).base_url()
    first = missing.split(maxsplit=1)[0]
    assert str(caught.value) == f"model 'mine': {missing} missing; set it in conf/model or as model.{first}=..."


KEYED = {
    "api_url": "http://user:password-in-url@h:1/x?key=key-in-query&api-version=2024-10-21",
    "headers": {"Authorization": "Bearer token-in-header", "X-Title": "a public title", "api-key": "key-in-header"},
    "api_key_env": "MY_KEY",
}
PLANTED = {"password-in-url", "key-in-query", "token-in-header", "key-in-header"}


def test_secrets_are_known() -> None:
    """The key, the headers' values and the credentials of the address are secrets; what everybody sends is none."""
    secrets = model(**KEYED).secrets({"MY_KEY": "key-in-environment", "OTHER": "something else"})
    assert {*PLANTED, "key-in-environment"} <= secrets
    assert not {"a public title", "2024-10-21", "something else", ""} & secrets


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Basic", "Token", "ApiKey"])
def test_a_credential_is_secret_without_its_scheme(scheme: str) -> None:
    """A provider that repeats the credential alone, without the word before it, leaks it no less."""
    assert "dXNlcjpwYXNz" in model(headers={"Authorization": f"{scheme} dXNlcjpwYXNz"}).secrets({})


@pytest.mark.parametrize(
    ("api_url", "written", "meant"),
    [
        ("http://u:p%40ssw0rd99@h", "p%40ssw0rd99", "p@ssw0rd99"),
        ("http://h?key=a%2Bb%2Fc12345", "a%2Bb%2Fc12345", "a+b/c12345"),
        ("http://token-as-user@h", "token-as-user", "token-as-user"),
        ("http://token-as-user:@h", "token-as-user", "token-as-user"),
    ],
)
def test_credentials_of_an_address_are_secret_in_both_forms(api_url: str, written: str, meant: str) -> None:
    """A credential of the address is secret as it is written there and as it is meant, wherever it stands."""
    assert {written, meant} <= model(api_url=api_url).secrets({})


def test_short_values_are_no_secrets() -> None:
    """What is too short to be a credential is left alone, so that ordinary text is not starred."""
    assert model(headers={"X": "yes"}, api_url="http://u:pw@h?v=1", api_key_env="K").secrets({"K": "none"}) == set()
    assert model(api_key_env="MISSING").secrets({}) == set()


@pytest.mark.parametrize("key", ["ollama", "lm-studio", "not-needed", "sk-no-key-required"])
def test_what_stands_for_no_key_is_no_secret(key: str) -> None:
    """What people give where no key is asked for may stand in any text."""
    assert model(api_key_env="K").secrets({"K": key}) == set()


@pytest.mark.parametrize("address", ["http://[h", "http://h]/", "http://u:pass-word-9@[h/"])
def test_an_address_that_is_none_is_no_crash(address: str) -> None:
    """An address that cannot be taken apart is refused as such, or shared and searched without a crash."""
    try:
        one = model(api_url=address)
        said = f"{one.shared()} {one.secrets({}) - {'pass-word-9'}}"
    except ValidationError as error:
        said = str(error)
    assert "pass-word-9" not in said


def test_what_may_be_shared() -> None:
    """What is stored of a model holds everything but header values and the credentials of the address."""
    assert model(**KEYED, params={"temperature": 0.5, "extra_body": {"a": [1]}}, echo=["extra_content"]).shared() == {
        "label": "mine",
        "type": "openai",
        "host_type": "openwebui",
        "api_url": "http://h:1/x",
        "api_key_env": "MY_KEY",
        "model_name": "gpt",
        "params": {
            "temperature": 0.5,
            "top_p": None,
            "seed": None,
            "max_tokens": None,
            "extra_body": {"a": [1]},
        },
        "headers": {"Authorization": "***", "X-Title": "***", "api-key": "***"},
        "timeout": 120.0,
        "max_retries": 2,
        "echo": ["extra_content"],
    }


@pytest.mark.parametrize("write", [repr, str, lambda one: repr(one.headers), lambda one: json.dumps(one.shared())])
def test_no_secret_is_written(write: Any) -> None:
    """No way to write a model down shows a secret."""
    text = write(model(**KEYED))
    assert [secret for secret in PLANTED if secret in text] == []


@pytest.mark.parametrize(
    "fields",
    [
        {"headers": {"Authorization": ["token-in-header"]}},
        {"headers": "token-in-header"},
        {"headers": {"Authorization": "token-in-header"}, "label": "a b", "timeout": "key-in-header"},
        {"api_url": ["password-in-url"]},
        {"api_key_env": "key-in-header"},
        {"key-in": 1, "headers": {"A": "key-in-header"}},
    ],
)
def test_no_error_shows_a_value(fields: dict[str, Any]) -> None:
    """A model that is refused is refused without its values."""
    with pytest.raises(ValidationError) as caught:
        model(**fields)
    assert [secret for secret in PLANTED if secret in str(caught.value)] == []


@pytest.mark.parametrize(
    ("url", "shared"),
    [
        (None, None),
        ("", ""),
        ("http://h", "http://h"),
        ("http://h:80/a/b/", "http://h:80/a/b/"),
        ("http://u@h", "http://h"),
        ("http://u:p@h", "http://h"),
        ("http://u:p@q@h/x", "http://h/x"),
        ("http://h/x?key=k#f", "http://h/x"),
        ("https://u:p@[::1]:8/x", "https://[::1]:8/x"),
    ],
)
def test_addresses_without_credentials(url: str | None, shared: str | None) -> None:
    """An address is shown without user, password, query and fragment."""
    assert without_credentials(url) == shared


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"label": "a b"}, [(("label",), "value_error")]),
        ({"label": "a@b"}, [(("label",), "value_error")]),
        ({"label": "a+b"}, [(("label",), "value_error")]),
        ({"label": "a~2"}, [(("label",), "value_error")]),
        ({"label": "a\u00a0b"}, [(("label",), "value_error")]),
        ({"label": ""}, [(("label",), "string_too_short")]),
        ({"type": "script"}, [(("type",), "literal_error")]),
        ({"api_key_env": "sk-1234"}, [(("api_key_env",), "value_error")]),
        ({"timeout": 0}, [(("timeout",), "greater_than")]),
        ({"max_retries": -1}, [(("max_retries",), "greater_than_equal")]),
        ({"model_name": 5, "port": 1}, [(("model_name",), "string_type"), (("port",), "extra_forbidden")]),
    ],
)
def test_models_that_are_none(fields: dict[str, Any], where: list[Any]) -> None:
    """A model with a wrong or unknown field is refused, all fields at once."""
    assert wrong(Model, **{"label": "mine", **fields}) == where


@pytest.mark.parametrize("label", ["gpt-4o", "qwen3:8b", "openai/gpt-4o", "é", "a=b,c"])
def test_labels(label: str) -> None:
    """A label may hold anything but what separates the parts of an id."""
    assert model(label=label).label == label


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("name", ["temperature", "top_p"])
def test_parameters_are_numbers_that_json_knows(name: str, value: float) -> None:
    """A parameter that no request could carry is refused."""
    assert [loc for loc, _ in wrong(Params, **{name: value})] == [(name,)]


@pytest.mark.parametrize("text", ["true", "[1, 2]", '{"a": null}', "1.5"])
def test_any_json_is_an_extra_field(text: str) -> None:
    """Further fields of the body are any JSON, unchanged."""
    assert Params(extra_body={"a": json.loads(text)}).extra_body == {"a": json.loads(text)}
