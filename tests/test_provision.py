"""The settings files under which imported scenarios run: what a record shows, once, beside what a project has."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from harness.composition import compose
from harness.errors import InputError
from harness.project import Conf
from harness.provision import Need, Provision, faults, placed
from harness.settings import GROUPS
from harness.source import parse
from tests.build import EXAMPLES
from tests.project import write

READ: Mapping[str, Any] = {
    "type": "function",
    "function": {"name": "read", "description": "Read.", "parameters": {"type": "object", "properties": {"path": {}}}},
}
MISSING = "'???' alone is Hydra's sign for a missing value; write more beside it"
PLAIN = Need(
    prompt="Be kind.",
    tools=[READ],
    called=("read",),
    asks=frozenset(),
    model="org/m-1",
    address="http://m.example/v1",
    request={"model": "org/m-1", "temperature": 0, "seed": None, "stream": True, "top_k": 3},
    tolerant=False,
    rounds=2,
    session=0,
)


def provided(
    root: Path, *needs: Need, given: Mapping[str, str] | None = None
) -> tuple[list[dict[str, str]], Provision]:
    """Return the choices of needs in a project, and what provided them."""
    provision = Provision(Conf(root / "conf"), "seven", given or {})
    return provision.provide(needs), provision


def held(provision: Provision) -> dict[str, Any]:
    """Return what the new files hold, by where they go."""
    return {name: parse(text, Path(name)).data for name, text in placed(provision.files).items()}


def test_what_a_record_shows(tmp_path: Path) -> None:
    """Persona, tools, model and loop get a file each; what narrows nothing is the package's own."""
    choices, provision = provided(tmp_path, PLAIN)
    assert choices == [
        {"model": "m-1", "persona": "seven", "catalogue": "seven", "tools": "all", "role": "plain", "loop": "seven"}
    ]
    assert held(provision) == {
        "model/m-1.yaml": {
            "label": "m-1",
            "host_type": "openai",
            "api_url": "http://m.example/v1",
            "model_name": "org/m-1",
            "params": {"temperature": 0, "extra_body": {"top_k": 3}},
        },
        "persona/seven.yaml": {"label": "seven", "preamble": "Be kind."},
        "catalogue/seven.yaml": {
            "label": "seven",
            "tools": {
                "read": {"description": "Read.", "parameters": {"type": "object", "properties": {"path": {}}}},
            },
        },
        "role/plain.yaml": {"label": "plain"},
        "loop/seven.yaml": {
            "label": "seven",
            "defaults": ["production", "_self_"],
            "max_rounds": 8,
            "history": 6,
            "texts": {"tools_available": ""},
        },
    }


def test_what_is_unknown_is_said(tmp_path: Path) -> None:
    """Where a record names neither prompt, tools, model nor address, what was called is a tool, and a comment tells."""
    bare = replace(
        PLAIN, prompt=" ", tools=None, asks=frozenset({"send"}), called=("send", "read"), model="", address=None
    )
    choices, provision = provided(tmp_path, replace(bare, request={}))
    assert choices[0]["model"] == "recorded"
    files = held(provision)
    assert files["persona/seven.yaml"] == {"label": "seven", "sections": {}}
    assert files["catalogue/seven.yaml"]["tools"] == {
        "send": {"description": "", "confirm": True, "parameters": {"type": "object"}},
        "read": {"description": "", "parameters": {"type": "object"}},
    }
    assert files["model/recorded.yaml"] == {
        "label": "recorded",
        "host_type": "openai",
        "api_url": "http://unknown.invalid/v1",
        "model_name": "unknown",
    }
    assert provision.files["model", "recorded"].splitlines()[0] == (
        "# Of imported records. To ask it anew, name the variable of its key (api_key_env) and put its address here, "
        "of which the record says nothing."
    )


def test_what_is_the_same_is_written_once(tmp_path: Path) -> None:
    """Needs that agree in a part share its file, and what differs gets a number."""
    other = replace(PLAIN, prompt="Be brief.", rounds=12, session=9)
    asks = replace(PLAIN, asks=frozenset({"read"}), tolerant=True, model="m-2")
    choices, provision = provided(tmp_path, PLAIN, other, asks, PLAIN)
    assert choices == [
        {"model": "m-1", "persona": "seven", "catalogue": "seven", "tools": "all", "role": "plain", "loop": "seven"},
        {"model": "m-1", "persona": "seven_2", "catalogue": "seven", "tools": "all", "role": "plain", "loop": "seven"},
        {
            "model": "m-2",
            "persona": "seven",
            "catalogue": "seven_2",
            "tools": "all",
            "role": "plain",
            "loop": "seven_2",
        },
        {"model": "m-1", "persona": "seven", "catalogue": "seven", "tools": "all", "role": "plain", "loop": "seven"},
    ]
    files = held(provision)
    loops = [files["loop/seven.yaml"], files["loop/seven_2.yaml"]]
    assert [(one["defaults"][0], one["max_rounds"], one["history"]) for one in loops] == [
        ("production", 12, 9),
        ("tolerant", 8, 6),
    ]


def test_tools_of_records_without_them_are_one_catalogue(tmp_path: Path) -> None:
    """Records that do not say what was offered share one catalogue of all that any of them calls."""
    one = replace(PLAIN, tools=None, called=("read",))
    two = replace(PLAIN, tools=None, called=("send", "read"), asks=frozenset({"send"}))
    choices, provision = provided(tmp_path, one, two)
    assert [made["catalogue"] for made in choices] == ["seven", "seven"]
    tools = held(provision)["catalogue/seven.yaml"]["tools"]
    assert {name: tool.get("confirm", False) for name, tool in tools.items()} == {"read": False, "send": True}


def test_what_a_project_has_is_chosen(tmp_path: Path) -> None:
    """A second import writes nothing anew: each choice is the file that holds the same, whatever it is called."""
    _, provision = provided(tmp_path, PLAIN)
    for name, text in placed(provision.files).items():
        folder, _, file = name.partition("/")
        label = file.removesuffix(".yaml")
        write(tmp_path, **{f"conf__{folder}__my-{label}": text.replace(f"label: {label}", f"label: my-{label}", 1)})
    choices, again = provided(tmp_path, PLAIN)
    assert choices == [
        {
            "model": "my-m-1",
            "persona": "my-seven",
            "catalogue": "my-seven",
            "tools": "all",
            "role": "my-plain",
            "loop": "my-seven",
        }
    ]
    assert again.files == {}


def test_names_that_are_taken_get_a_number(tmp_path: Path) -> None:
    """A file or a label of the project's own, or of the package's, is never written over."""
    write(
        tmp_path,
        conf__persona__seven="label: other\npreamble: Else.\n",
        conf__persona__x="label: seven_2\npreamble: Else, too.\n",
        conf__role__plain="label: plain\noverlay: Something.\n",
        conf__tools__all="label: all\nallow: [read]\n",
    )
    choices, provision = provided(tmp_path, replace(PLAIN, model="careful"))
    assert choices == [
        {
            "model": "careful_2",
            "persona": "seven_3",
            "catalogue": "seven",
            "tools": "all_2",
            "role": "plain_2",
            "loop": "seven",
        }
    ]
    assert sorted(placed(provision.files)) == [
        "catalogue/seven.yaml",
        "loop/seven.yaml",
        "model/careful_2.yaml",
        "persona/seven_3.yaml",
        "role/plain_2.yaml",
        "tools/all_2.yaml",
    ]


def test_choices_that_are_made_stay(tmp_path: Path) -> None:
    """What a person chooses takes the place of what the record shows, and nothing is written for it."""
    given = dict.fromkeys(GROUPS, "mine")
    choices, provision = provided(tmp_path, PLAIN, given=given)
    assert (choices, provision.files) == ([given], {})


def test_a_broken_file_of_the_project_is_told(tmp_path: Path) -> None:
    """A settings file that is no YAML is told with its line."""
    write(tmp_path, conf__persona__odd="label: [")
    with pytest.raises(InputError) as raised:
        provided(tmp_path, PLAIN)
    assert raised.value.problems[0].startswith(f"{tmp_path}/conf/persona/odd.yaml:")


TEXTS = st.text(st.sampled_from("ab ${}\\'\"#:-\n\té\x00\x85\u2028\ufeff\x7f😀"), max_size=12)
HELD = st.recursive(
    st.sampled_from([None, True, 0, -1, 1.5, 1e300, 10**30]) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)


@limits(EXAMPLES, max_examples=12)
@given(TEXTS, TEXTS, st.dictionaries(TEXTS, HELD, max_size=2), st.text("ab/:.-_@~+ é", max_size=6))
def test_settings_say_what_the_record_said(
    tmp_path_factory: pytest.TempPathFactory, prompt: str, description: str, schema: dict[str, Any], model: str
) -> None:
    """Whatever prompt, schema and model a record holds, Hydra composes just that from the new files."""
    root = tmp_path_factory.mktemp("held")
    tool = {"function": {"name": "read", "description": description, "parameters": schema}}
    need = replace(PLAIN, prompt=prompt, tools=[tool], model=model)
    if faults(need):
        return
    (choices,), provision = provided(root, need)
    for name, text in placed(provision.files).items():
        path = root / "conf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    (made,) = compose(Conf(root / "conf"), [f"{group}={choice}" for group, choice in choices.items()])
    composed = made.settings
    assert (composed.persona.preamble, composed.model.model_name) == (
        prompt if prompt.strip() else "",
        model or "unknown",
    )
    assert composed.catalogue.tools["read"].description == description
    assert composed.catalogue.tools["read"].parameters == schema
    assert composed.loop.texts is not None
    assert composed.loop.texts.tools_available == ""


def deep(levels: int) -> Any:
    """Return a value that is nested so deep."""
    return [deep(levels - 1)] if levels else 1


@pytest.mark.parametrize(
    ("need", "told"),
    [
        (PLAIN, []),
        (replace(PLAIN, tools=None), []),
        (replace(PLAIN, tools=[READ, READ]), ["offers the tool read twice"]),
        (
            replace(PLAIN, prompt="???"),
            [f"the system prompt {MISSING}"],
        ),
        (
            replace(PLAIN, request={"messages": "???", "top_k": float("inf")}),
            ["the request, top_k, is a number too large to be held"],
        ),
        (
            replace(PLAIN, tools=[{"function": {"parameters": "???"}}]),
            [f"the tools, [0].function.parameters, {MISSING}"],
        ),
    ],
)
def test_faults(need: Need, told: Sequence[str]) -> None:
    """What no settings file can hold is told with its way."""
    assert faults(need) == told


def test_what_is_nested_too_deeply_is_told() -> None:
    """A schema that is deeper than settings files go is told, and does not end the import."""
    (told,) = faults(replace(PLAIN, request={"x": deep(200)}))
    assert told.endswith("is nested too deeply for a settings file")


@pytest.mark.parametrize("name", ["", "a/b"])
def test_names_that_are_no_files(name: str) -> None:
    """A file is never placed outside the folder of its group."""
    with pytest.raises(InputError) as raised:
        placed({("persona", name): "label: x\n"})
    assert raised.value.problems == (f"'{name}' cannot be the name of a persona",)
