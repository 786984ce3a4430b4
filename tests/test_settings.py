"""Settings: allow-lists, the loop and its texts."""

from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.catalogue import Catalogue, Tool
from harness.errors import InputError
from harness.model import Model
from harness.settings import GROUPS, Composed, Loop, Persona, Role, Settings, Texts, Tools
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
    """Every group is a field of the settings, and the fields that are no group are these four."""
    assert [*GROUPS, "registry", "cassette", "compare", "repeats"] == list(Composed.model_fields)
