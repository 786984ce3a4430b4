"""Settings: addresses, secrets, allow-lists and the loop's texts."""

import json
from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.errors import InputError
from harness.settings import (
    GROUPS,
    Catalogue,
    Composed,
    Loop,
    Model,
    Params,
    Persona,
    Role,
    Settings,
    Texts,
    Tool,
    Tools,
    redacted,
    without_credentials,
)
from harness.tools import permitted

EXAMPLES = examples(deadline=None, max_examples=200, derandomize=True, database=None)
LEVELS = ("guest", "user", "admin")
NAMES = st.sampled_from("abcdef")
ALLOW = st.none() | st.lists(NAMES, max_size=5).map(tuple)
CATALOGUES = st.dictionaries(NAMES, st.sampled_from(LEVELS), max_size=6).map(
    lambda tools: Catalogue(
        label="c", tools={name: Tool(description=name, access=access) for name, access in tools.items()}
    )
)
TEXTS = {
    "tools_available": "You have tools.",
    "awaiting": "[{name}]",
    "denied": "No.",
    "notice": "{names}?",
    "limit": "{max_rounds}",
}
SECRETS = st.text(st.characters(min_codepoint=33, exclude_characters="*"), min_size=8, max_size=20) | st.text(
    '"\\é\n/%', min_size=8, max_size=12
)


def model(**fields: Any) -> Model:
    """Return a model with a label and a name."""
    return Model.model_validate({"label": "mine", "model_name": "gpt", **fields})


def settings(catalogue: Catalogue, tools: tuple[str, ...] | None, role: tuple[str, ...] | None) -> Settings:
    """Return settings of a catalogue and two allow-lists."""
    return Settings(
        model=model(),
        persona=Persona(label="p"),
        catalogue=catalogue,
        tools=Tools(label="t", allow=tools),
        role=Role(label="r", allow=role),
        loop=Loop(label="l", policy="production", texts=Texts(**TEXTS)),
        variant="r+t",
    )


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


@EXAMPLES
@given(SECRETS, st.text("ab é,", max_size=6))
@example('é"secret"', "")
@example("back\\slash\\é", "")
def test_redacted_text_holds_no_secret(secret: str, around: str) -> None:
    """No secret is left in a text, plain or as JSON writes it, with and without escapes for other alphabets."""
    assert secret not in redacted(f"{around}{secret}{around}", [secret])
    for ascii_only in (True, False):
        text = json.dumps({"a": [f"{around}{secret}{around}"]}, ensure_ascii=ascii_only)
        assert secret not in json.loads(redacted(text, [secret]))["a"][0]


def test_redacting_takes_the_longest_first() -> None:
    """A secret within another leaves nothing of the other."""
    assert redacted("Bearer token-1234, token-1234", ["token-1234", "Bearer token-1234"]) == "***, ***"
    assert redacted("nothing here", []) == "nothing here"


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
        ({"api_key_env": "sk-1234"}, [(("api_key_env",), "string_pattern_mismatch")]),
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


@pytest.mark.parametrize("kind", [Tools, Role])
@pytest.mark.parametrize(
    ("given_list", "allow"), [(None, None), ([], ()), ("a", ("a",)), (["a", "b"], ("a", "b")), ("", ("",))]
)
def test_allow_lists(kind: type[Tools | Role], given_list: Any, allow: tuple[str, ...] | None) -> None:
    """An allow-list is absent, empty, one name or several; empty is not absent."""
    assert kind.model_validate({"label": "x", "allow": given_list}).allow == allow
    assert kind(label="x").allow is None


@EXAMPLES
@given(CATALOGUES, ALLOW, ALLOW)
def test_allow_lists_are_intersected(
    catalogue: Catalogue, tools: tuple[str, ...] | None, role: tuple[str, ...] | None
) -> None:
    """What both lists allow is allowed, in the catalogue's order, and nothing that the catalogue lacks."""
    allow = settings(catalogue, tools, role).allow
    if tools is None and role is None:
        assert allow is None
    else:
        assert allow is not None
        assert list(allow) == [
            name for name in catalogue.tools if (tools is None or name in tools) and (role is None or name in role)
        ]


@EXAMPLES
@given(CATALOGUES, st.sampled_from(LEVELS), st.lists(ALLOW, max_size=4))
def test_lists_only_restrict(catalogue: Catalogue, access: str, lists: list[Collection[str] | None]) -> None:
    """Whatever lists are given, the tools are those of the access level that every list permits, in order."""
    offered = permitted(catalogue, access, *lists)
    reach = LEVELS[: LEVELS.index(access) + 1]
    assert offered == [
        name
        for name, tool in catalogue.tools.items()
        if tool.access in reach and all(name in allow for allow in lists if allow is not None)
    ]
    assert set(permitted(catalogue, access, *lists, ("a", "b"))) <= set(offered)
    assert permitted(catalogue, access, *lists, None) == offered
    assert permitted(catalogue, access, *lists, ()) == []


@EXAMPLES
@given(CATALOGUES, ALLOW)
def test_a_higher_level_permits_no_less(catalogue: Catalogue, allow: tuple[str, ...] | None) -> None:
    """Each access level permits what those below it do."""
    guest, user, admin = (set(permitted(catalogue, access, allow)) for access in LEVELS)
    assert guest <= user <= admin


def test_a_level_that_the_catalogue_lacks() -> None:
    """An access level that the catalogue does not have is told, with the nearest that it has."""
    with pytest.raises(InputError) as caught:
        permitted(Catalogue(label="c", tools={}), "amdin")
    assert str(caught.value) == (
        "there is no access level 'amdin' (did you mean 'admin'?); there are: guest, user, admin"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("awaiting", "[AWAITING USER CONFIRMATION for {name}]"),
        ("awaiting", "no place"),
        ("awaiting", "{name} and {name}"),
        ("awaiting", "{{name}}"),
        ("notice", "{names}"),
        ("limit", "after {max_rounds} rounds"),
        ("denied", "{anything} {"),
        ("tools_available", "}{"),
        ("limit", ""),
    ],
)
def test_texts(name: str, text: str) -> None:
    """A text holds its own field as often as it likes, or not at all; those without a field hold anything."""
    assert getattr(Texts(**{**TEXTS, name: text}), name) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("awaiting", "{names}"),
        ("awaiting", "{}"),
        ("awaiting", "{0}"),
        ("awaiting", "{name"),
        ("awaiting", "name}"),
        ("awaiting", "{ name }"),
        ("awaiting", "{name.upper}"),
        ("awaiting", "{name.nothing}"),
        ("awaiting", "{name.__class__}"),
        ("awaiting", "{name[0]}"),
        ("awaiting", "{name[x]}"),
        ("awaiting", "{name:d}"),
        ("notice", "{name}"),
        ("notice", "{names!z}"),
        ("limit", "{rounds}"),
        ("limit", "{max_rounds.nothing}"),
        ("limit", "{max_rounds[0]}"),
        ("limit", "{max_rounds:x>999999999999}"),
    ],
)
def test_texts_with_other_fields(name: str, text: str) -> None:
    """A text with any other field, or with a brace alone, is refused with what it may hold."""
    with pytest.raises(ValidationError) as caught:
        Texts(**{**TEXTS, name: text})
    (details,) = caught.value.errors()
    assert "may hold {" in details["msg"]


def test_every_wrong_text_is_told_at_once() -> None:
    """Several wrong texts are several problems, each at its own name."""
    assert [loc for loc, _ in wrong(Texts, **{**TEXTS, "awaiting": "{x}", "notice": "{", "limit": "{0}"})] == [
        ("awaiting",),
        ("notice",),
        ("limit",),
    ]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"factory": "nowhere"}, ("factory",)),
        ({"factory": "a b:c"}, ("factory",)),
        ({"factory": ":make"}, ("factory",)),
        ({"factory": "a.:b"}, ("factory",)),
        ({"factory": "a:b."}, ("factory",)),
        ({"policy": "strict"}, ("policy",)),
        ({"policy": None}, ("policy",)),
        ({"texts": None}, ("texts",)),
        ({"max_rounds": 0}, ("max_rounds",)),
        ({"history": -1}, ("history",)),
    ],
)
def test_loops_that_are_none(fields: dict[str, Any], where: tuple[str, ...]) -> None:
    """A loop with a wrong field is refused at that field."""
    said = {"label": "l", "policy": "production", "texts": TEXTS, **fields}
    assert [loc for loc, _ in wrong(Loop, **said)] == [where]


def test_the_packages_loop_guesses_nothing() -> None:
    """The package's own loop needs its policy and its texts, and says which is missing."""
    with pytest.raises(ValidationError) as caught:
        Loop(label="l")
    assert [details["msg"] for details in caught.value.errors()] == [
        "Value error, must be given ('production' or 'tolerant'): the package's loop does not guess it",
        "Value error, must be given: the package's loop does not guess it",
    ]


def test_another_loop_needs_its_name_only() -> None:
    """A loop of one's own says a policy and texts only where it has them."""
    one = Loop(label="mine", factory="assistant.loop:make")
    assert (one.policy, one.texts, one.max_rounds) == (None, None, 8)


def test_settings_are_frozen() -> None:
    """Settings cannot be changed once they are composed."""
    one = settings(Catalogue(label="c", tools={}), None, None)
    with pytest.raises(ValidationError, match="frozen"):
        one.repeats = 2  # type: ignore[misc]


def test_groups_are_the_settings() -> None:
    """Every group is a field of the settings, and the fields that are no group are these three."""
    assert [*GROUPS, "registry", "cassette", "repeats"] == list(Composed.model_fields)


@pytest.mark.parametrize(
    ("work", "arguments"),
    [
        ("list", ("path",)),
        ("read", ("path",)),
        ({"does": "delete", "path": "name"}, ("name",)),
        ("write", ("path", "content")),
        ({"does": "append", "path": "key", "content": "text", "folder": "./scratch/"}, ("key", "text")),
        ({"does": "move", "path": "from"}, ("from", "to")),
    ],
)
def test_the_arguments_of_file_tools(work: Any, arguments: tuple[str, ...]) -> None:
    """A file tool takes the arguments that its work needs, under the names that are given for them."""
    properties: Any = {name: {"type": "string"} for name in (*arguments, "more")}
    tool = Tool.model_validate({"description": "x", "parameters": {"properties": properties}, "workspace": work})
    assert tool.workspace is not None
    assert tool.workspace.arguments == arguments
    assert tool.workspace.folder in ("", "scratch")


@pytest.mark.parametrize(
    ("work", "said"),
    [
        ("raed", "Input should be 'list', 'read', 'write', 'append', 'delete' or 'move'"),
        ({"path": "key"}, "Field required"),
        ({"does": "read", "file": "x"}, "Extra inputs are not permitted"),
        ({"does": "read", "folder": "../x"}, "'../x' is outside of the workspace"),
        (
            {"does": "read", "content": "text"},
            "'content' means something to write and append only, not to read",
        ),
        ({"does": "write", "to": "path"}, "'to' means something to move only, not to write"),
        (
            {"does": "read", "path": "pat"},
            "'workspace' takes the argument 'pat', which 'parameters' does not have (did you mean 'path'?)",
        ),
        ("write", "'workspace' takes the argument 'content', which 'parameters' does not have"),
    ],
)
def test_file_tools_that_are_none(work: Any, said: str) -> None:
    """What a file tool does must be known, inside the workspace, and done with arguments that the tool has."""
    fields = {"parameters": {"properties": {"path": {"type": "string"}}}, "workspace": work}
    with pytest.raises(ValidationError) as caught:
        Tool.model_validate({"description": "x", **fields})
    assert [details["msg"].removeprefix("Value error, ") for details in caught.value.errors()] == [said]
