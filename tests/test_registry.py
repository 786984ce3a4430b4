"""Production's model registry: its roles and the orchestrator's model, used as they are."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cli import main
from harness.composition import Composition, compose
from harness.errors import InputError
from harness.model import Params
from harness.project import Conf
from harness.registry import label_of, note, read_registry
from tests.build import EXAMPLES
from tests.project import SCENARIO, write
from tests.wire import Answer, calls, endpoint, says

KEY = "sk-planted-8d21f0c2"  # a planted one
LOCAL = {"type": "local_openai", "api_url": "http://house:3000/", "model_name": "qwen3:8b"}
ROLES: dict[str, Any] = {
    "orchestrator": {"primary": "local"},
    "files": {"system_append": "You look after files.", "tools": ["file_read", "file_delete"]},
    "mute": {"tools": []},
    "chat": {"system_append": None, "tools": None},
}


def written(folder: Path, data: Any = None, name: str = "registry.json", **model: Any) -> Path:
    """Write a registry, laid out on lines, and return its path; `model` are further keys of its model."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    given = {"models": {"local": {**LOCAL, **model}}, "roles": ROLES} if data is None else data
    path.write_text(given if isinstance(given, str) else json.dumps(given, indent=1), "utf-8")
    return path


def composed(*overrides: str, conf: Path | None = None) -> Composition:
    """Return the only composition of overrides."""
    (one,) = compose(Conf(conf), overrides)
    return one


def refused(*overrides: str, conf: Path | None = None) -> list[str]:
    """Return the lines with which overrides are refused."""
    with pytest.raises(InputError) as caught:
        compose(Conf(conf), overrides)
    return list(caught.value.problems)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder as the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# What a registry gives


def test_role_and_model(folder: Path) -> None:
    """The role gives overlay and allow-list, the orchestrator's primary the model, each with its line."""
    written(folder, temperature=0.5, params={"seed": 7, "max_tokens": 9}, api_key_env="HOUSE_KEY")
    one = composed("registry=registry.json", "role=files")
    role, model = one.settings.role, one.settings.model
    assert (role.label, role.overlay, role.allow) == ("files", "You look after files.", ("file_read", "file_delete"))
    assert model.params == Params(temperature=0.5, seed=7, max_tokens=9)
    assert (model.label, model.type, model.host_type, model.api_url) == (
        "local",
        "openai",
        "openwebui",
        "http://house:3000/",
    )
    assert (model.base_url(), model.model_name, model.api_key_env) == ("http://house:3000/api", "qwen3:8b", "HOUSE_KEY")
    assert one.settings.variant == "files+all"
    assert {group: one.origins[group].place for group in ("role", "model", "loop")} == {
        "role": "registry.json:19:12",
        "model": "registry.json:3:12",
        "loop": "the package",
    }


@pytest.mark.parametrize(
    ("role", "allow"),
    [("files", ("file_read", "file_delete")), ("mute", ()), ("chat", None), ("orchestrator", None)],
)
def test_allow_lists(folder: Path, role: str, allow: tuple[str, ...] | None) -> None:
    """A list allows what it names, an empty one nothing, an absent one and null everything."""
    written(folder)
    assert composed("registry=registry.json", f"role={role}").settings.role.allow == allow


def test_several_roles_and_models_in_one_run(folder: Path) -> None:
    """Roles of the registry sweep with models, also by pattern, in the order written."""
    written(folder)
    swept = compose(Conf(None), ["registry=registry.json", "role=files,chat", "model=careful,hasty"])
    assert [f"{one.settings.model.label}/{one.settings.variant}" for one in swept] == [
        "careful/files+all",
        "hasty/files+all",
        "careful/chat+all",
        "hasty/chat+all",
    ]
    found = compose(Conf(None), ["registry=registry.json", "role=glob(*,exclude=o*)"])
    assert [one.settings.variant for one in found] == ["chat+all", "files+all", "mute+all"]


def test_an_explicit_model_wins(folder: Path) -> None:
    """With `model=` the registry's models are not looked at, so that nothing in them can be wrong."""
    written(folder, {"models": 5, "roles": {"files": ROLES["files"]}})
    one = composed("registry=registry.json", "role=files", "model=openai", "model.timeout=5")
    assert (one.settings.model.label, one.settings.model.timeout, one.settings.role.label) == ("openai", 5, "files")


def test_models_and_roles_as_lists(folder: Path) -> None:
    """Models and roles may be lists of objects with names."""
    roles = [{"name": name, **role} for name, role in ROLES.items()]
    written(folder, {"models": [{"name": "local", **LOCAL, "cost": 1}], "roles": roles})
    one = composed("registry=registry.json", "role=files")
    assert (one.settings.model.label, one.settings.role.overlay) == ("local", "You look after files.")
    assert one.unused == ("models[0].cost",)


@pytest.mark.parametrize(
    ("name", "label"), [("qwen3:8b", "qwen3:8b"), ("openai/gpt 4o@x~y+z", "openai-gpt-4o-x-y-z"), ("a  b", "a-b")]
)
def test_names_are_labels(folder: Path, name: str, label: str) -> None:
    """A name is a label as it stands, with hyphens where a label cannot be like that."""
    roles = {"orchestrator": {"primary": name}, name: {"system_append": "x"}}
    written(folder, {"models": {name: LOCAL}, "roles": roles})
    settings = composed("registry=registry.json", f"role='{name}'").settings
    assert (settings.model.label, settings.role.label) == (label, label) == (label_of(name), label_of(name))


@pytest.mark.parametrize("text", ["${role.label}", "${now:%H}", "a ${ b", "???", "\\${x}", "\0registry:0\0", "100%"])
def test_texts_are_taken_as_they_are(folder: Path, text: str) -> None:
    """Whatever stands in a text of the registry is text."""
    written(folder, {"models": {"local": LOCAL}, "roles": {**ROLES, "files": {"system_append": text}}})
    assert composed("registry=registry.json", "role=files").settings.role.overlay == text


def test_settings_may_refer_to_the_registrys_role(folder: Path) -> None:
    """A section of the prompt may name the role and the model that the registry gives."""
    written(folder)
    write(folder, conf__persona__mine="label: mine\nsections: {User: 'As ${role.label} on ${model.model_name}.'}\n")
    one = composed("registry=registry.json", "role=files", "persona=mine", conf=folder / "conf")
    assert one.settings.persona.sections == {"User": "As files on qwen3:8b."}


# Where it is named


CONFIG = """\
defaults:
  - model: careful
  - persona: assistant
  - catalogue: assistant
  - tools: all
  - role: files
  - loop: production
  - _self_
"""


def test_a_project_names_its_registry(folder: Path) -> None:
    """A registry in config.yaml is looked up from the project's folder, and an override leaves it out."""
    written(folder / "prod")
    conf = write(folder / "home", conf__config=f"{CONFIG}registry: ../prod/registry.json\n") / "conf"
    assert composed(conf=conf).settings.role.overlay == "You look after files."
    assert composed(conf=conf).settings.model.label == "local"
    assert composed("role=mute", conf=conf).settings.variant == "mute+all"
    alone = composed("registry=null", conf=conf).settings
    assert (alone.model.label, alone.role.overlay.startswith("You look after the user's files")) == ("careful", True)


def test_the_default_role_may_stand_in_the_registry_only(folder: Path) -> None:
    """The project's default role may be one that only the registry has, wherever the registry is named."""
    written(folder, {"models": {"local": LOCAL}, "roles": {**ROLES, "garden": {"system_append": "Dig."}}})
    config = CONFIG.replace("role: files", "role: garden")
    for overrides, text in ((["registry=registry.json"], config), ([], f"{config}registry: registry.json\n")):
        conf = write(folder, conf__config=text) / "conf"
        assert composed(*overrides, conf=conf).settings.role.overlay == "Dig."


def test_without_a_role_the_list_is_told(folder: Path) -> None:
    """Where the registry lacks the project's default role, its roles are listed."""
    written(folder, {"models": {"local": LOCAL}, "roles": {"orchestrator": {"primary": "local"}, "files": {}}})
    (line,) = refused("registry=registry.json")
    assert line.startswith("registry.json:9:11: roles: there is no role 'chat', which ")
    assert line.endswith("config.yaml chooses; choose one with role=NAME; there are: orchestrator, files")


def test_two_registries_in_one_sweep(folder: Path) -> None:
    """Where several registries are swept they are part of the variant, but for the project's own."""
    written(folder, name="old.json")
    written(folder, {"models": {"local": LOCAL}, "roles": {**ROLES, "files": {}}}, name="new.json")
    swept = ["registry=old.json,new.json", "role=files"]
    assert [one.settings.variant for one in compose(Conf(None), swept)] == [
        "files+all~registry=old.json",
        "files+all~registry=new.json",
    ]
    conf = write(folder, conf__config=f"{CONFIG}registry: old.json\n") / "conf"
    assert [one.settings.variant for one in compose(Conf(conf), swept)] == ["files+all", "files+all~registry=new.json"]
    assert composed("registry=new.json", conf=conf).settings.variant == "files+all"


def test_a_registry_is_named_in_config_yaml_itself(folder: Path) -> None:
    """A registry that only a file behind config.yaml names is refused, not passed over."""
    written(folder)
    config = CONFIG.replace("  - _self_", "  - base\n  - _self_")
    conf = write(folder, conf__config=config, conf__base="registry: registry.json\n") / "conf"
    assert refused(conf=conf) == ["conf/config.yaml:1:1: 'registry' must stand in this file itself"]


def test_the_path_may_come_from_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path of a registry may be taken from the environment, and what is not set is told."""
    written(folder)
    conf = write(folder, conf__config=f"{CONFIG}registry: ${{oc.env:PROD}}\n") / "conf"
    assert refused(conf=conf) == ["conf/config.yaml:9:11: registry: the environment variable 'PROD' is not set"]
    monkeypatch.setenv("PROD", "registry.json")
    assert composed(conf=conf).settings.model.label == "local"


# Layers


@pytest.mark.parametrize(
    ("overrides", "overlay", "allow", "variant"),
    [
        ([], "You look after files.", ("file_read", "file_delete"), "files+all"),
        (
            ["role.overlay='Be brief.'"],
            "Be brief.",
            ("file_read", "file_delete"),
            "files+all~role.overlay='Be brief.'",
        ),
        (["role.overlay='You look after files.'"], "You look after files.", ("file_read", "file_delete"), "files+all"),
        (
            ["role.allow=[web_search]"],
            "You look after files.",
            ("web_search",),
            "files+all~role.allow=[web_search]",
        ),
        (["role.allow=null"], "You look after files.", None, "files+all~role.allow=null"),
        (["~role.allow"], "You look after files.", None, "files+all~~role.allow"),
        (["~role.overlay"], "", ("file_read", "file_delete"), "files+all~~role.overlay"),
        (
            ["~role.overlay", "role.overlay=x"],
            "x",
            ("file_read", "file_delete"),
            "files+all~role.overlay=x~~role.overlay",
        ),
        (
            ["role.overlay=${model.label}"],
            "local",
            ("file_read", "file_delete"),
            "files+all~role.overlay=${model.label}",
        ),
    ],
)
def test_overrides_lie_on_top_of_a_role(
    folder: Path, overrides: list[str], overlay: str, allow: tuple[str, ...] | None, variant: str
) -> None:
    """Values of the registry's role are set and taken away as those of any other, and make variants."""
    written(folder)
    settings = composed("registry=registry.json", "role=files", *overrides).settings
    assert (settings.role.overlay, settings.role.allow, settings.variant) == (overlay, allow, variant)


def test_overrides_lie_on_top_of_a_model(folder: Path) -> None:
    """Overrides win over config.yaml's values, and these over the registry's; the others stay."""
    written(folder, temperature=0.5, top_p=0.9, api_url="http://registry")
    conf = write(folder, conf__config=f"{CONFIG}model: {{timeout: 33, params: {{temperature: 0.1}}}}\n") / "conf"
    given = ["registry=registry.json", "role=files"]
    assert composed(*given, conf=conf).settings.model.params == Params(temperature=0.1, top_p=0.9)
    overrides = [
        "model.params={temperature:0,seed:1}",
        "model.api_url=http://other",
        "+model.headers.X=y",
        "~model.params.top_p",
    ]
    one = composed(*given, *overrides, conf=conf).settings
    assert one.model.params == Params(temperature=0, seed=1)
    assert (one.model.timeout, one.model.api_url, one.model.headers["X"].get_secret_value()) == (
        33,
        "http://other",
        "y",
    )
    assert one.variant == "files+all~model.params={temperature:0,seed:1}~~model.params.top_p"


def test_an_override_may_give_what_a_model_lacks(folder: Path) -> None:
    """A model without address or name is told with its line, unless something else gives them."""
    written(folder, {"models": {"local": {"type": "local_openai"}}, "roles": ROLES})
    given = ["registry=registry.json", "role=files"]
    assert refused(*given) == [
        f"registry.json:3:12: models.local: '{name}' is missing; add it, or give it as model.{name}=..."
        for name in ("api_url", "model_name")
    ]
    model = composed(*given, "model.api_url=http://h", "model.model_name=m").settings.model
    assert (model.api_url, model.model_name) == ("http://h", "m")


# What is wrong


@pytest.mark.parametrize(
    ("data", "problems"),
    [
        ("[]", ["registry.json:1:1: must be an object with 'models' and 'roles'"]),
        ("{}", ["registry.json:1:1: 'roles' is missing", "registry.json:1:1: 'models' is missing"]),
        (
            '{"models": 5,\n"roles": "x"}',
            ["registry.json:2:10: roles: must be an object", "registry.json:1:12: models: must be an object"],
        ),
        (
            '{"models": {},\n"roles": {"files": {}}}',
            [
                (
                    "registry.json:2:10: roles: 'orchestrator' is missing, whose 'primary' names the model; "
                    "or choose one with model=NAME"
                )
            ],
        ),
        (
            '{"models": {},\n"roles": {"files": 5, "orchestrator": []}}',
            [
                "registry.json:2:20: roles.files: must be an object",
                "registry.json:2:39: roles.orchestrator: must be an object",
            ],
        ),
        (
            '{"models": {},\n"roles": {"files": {}, "orchestrator": {"primary": null}}}',
            ["registry.json:2:40: roles.orchestrator: 'primary' is missing, which names the model"],
        ),
        (
            '{"models": {},\n"roles": {"files": {}, "orchestrator": {"primary": ["a"]}}}',
            ["registry.json:2:52: roles.orchestrator.primary: must be text: the name of a model"],
        ),
        (
            '{"models": {"local": {}},\n"roles": {"files": {}, "orchestrator": {"primary": "lcoal"}}}',
            [
                (
                    "registry.json:2:52: roles.orchestrator.primary: there is no model 'lcoal' "
                    "(did you mean 'local'?); there are: local"
                )
            ],
        ),
        (
            '{"models": {"a": 5},\n"roles": {"files": {}, "orchestrator": {"primary": "a"}}}',
            ["registry.json:1:18: models.a: must be an object"],
        ),
        (
            '{"models": {"a": {}},\n"roles": {"files": {}, "orchestrator": {"primary": "a"}}}',
            ["registry.json:1:18: models.a: 'type' is missing; only models of type 'local_openai' can be asked"],
        ),
        (
            '{"models": {"a": {"type": "anthropic"}},\n"roles": {"files": {}, "orchestrator": {"primary": "a"}}}',
            [
                (
                    "registry.json:1:27: models.a.type: a model of type 'anthropic' cannot be asked, only one of type "
                    "'local_openai'; choose one with model=NAME"
                )
            ],
        ),
        (
            '{"models": [{"name": "a"}, {"name": "a"}, {}, 5],\n"roles": {"orchestrator": {}, "files": {}}}',
            [
                "registry.json:1:28: models[1]: the name 'a' stands here twice; only one can count",
                "registry.json:1:43: models[2]: must be an object with a 'name'",
                "registry.json:1:47: models[3]: must be an object with a 'name'",
            ],
        ),
        ('{"roles": {}, "roles": {}}', ["registry.json:1:15: the key 'roles' stands here twice; only one can count"]),
        ('{"roles": ', ["registry.json:1:11: not JSON: expecting value"]),
    ],
)
def test_wrong_registries(folder: Path, data: str, problems: list[str]) -> None:
    """What is wrong with the file's own shape is told with line and column, all of it."""
    written(folder, data)
    assert refused("registry=registry.json", "role=files") == problems


def test_wrong_values_are_told_by_the_registrys_names(folder: Path) -> None:
    """Values of the wrong kind are told where they stand, by the registry's own names, with all else that is wrong."""
    data = """\
{"models": {"local": {"type": "anthropic", "temperature": "hot", "api_url": 5, "model_name": ["m"],
 "api_key": 7, "api_key_env": "a b", "params": {"seed": 1.5, "temperature": 1}}},
 "roles": {"orchestrator": {"primary": "local"},
  "files": {"system_append": ["x"], "tools": ["file_read", 5]}}}"""
    written(folder, data)
    assert refused("registry=registry.json", "role=files") == [
        (
            "registry.json:1:31: models.local.type: a model of type 'anthropic' cannot be asked, only one of type "
            "'local_openai'; choose one with model=NAME"
        ),
        "registry.json:1:59: models.local.temperature: stands in 'params' too; only one can count",
        "registry.json:2:13: models.local.api_key: must be text",
        "registry.json:1:77: models.local.api_url: must be text",
        "registry.json:1:94: models.local.model_name: must be text",
        "registry.json:2:31: models.local.api_key_env: must be the name of an environment variable, never a key",
        "registry.json:2:57: models.local.params.seed: must be a whole number",
        "registry.json:4:30: roles.files.system_append: must be text",
        "registry.json:4:60: roles.files.tools[1]: must be text",
    ]
    assert "override 'role.overlay=...': role.overlay: must be text" in refused(
        "registry=registry.json", "role=files", "role.overlay=[x]"
    )


def test_tools_that_the_catalogue_lacks(folder: Path) -> None:
    """Each name that the catalogue lacks is told with its line, what is near, and how to import a catalogue."""
    written(folder, '{"models": {}, "roles": {"files": {"tools": ["flie_read",\n"file_read", "zzz"]}}}')
    said = "the catalogue 'assistant' has no tool"
    way = "; to use the registry's own tools, import them: harness import --tools FILE"
    assert refused("registry=registry.json", "role=files", "model=careful") == [
        f"registry.json:1:46: roles.files.tools[0]: {said} 'flie_read' (did you mean 'file_read'?){way}",
        f"registry.json:2:14: roles.files.tools[2]: {said} 'zzz'{way}",
    ]
    assert refused("registry=registry.json", "role=files", "model=careful", "role.allow=[flie_read]") == [
        f"override 'role.allow=...': role.allow: {said} 'flie_read' (did you mean 'file_read'?)"
    ]


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (
            ["role=fiels"],
            ("override 'role=fiels': in registry.json there is no role 'fiels' (did you mean 'files'?); "
            "there are: orchestrator, files, mute, chat"),
        ),
        (["role=coder", "model=careful"], "override 'role=coder': in registry.json there is no role 'coder';"),
        (["role=files", "~role.nothing"], "override '~role.nothing': there is no 'role.nothing' that could be"),
        (["role=files", "role.overly=x"], "override 'role.overly=...': role: unknown key 'overly' (did you mean"),
        (["~role"], "'role' is missing"),
        (["role=files", "registry=nothing.json"], "override 'registry=...': there is no file 'nothing.json'"),
        (["role=files", "registry=."], "override 'registry=...': there is no file '.'"),
        (["role=files", "registry=[a]"], "override 'registry=...': must be the path of a model registry, a JSON file"),
        (["role=files", "registry="], "override 'registry=...': must be the path of a model registry, a JSON file"),
        (["role=files", f"registry={'x' * 300}"], "override 'registry=...': there is no file 'xxx"),
        (["role=files", "model.api_key=sk-x"], "override 'model.api_key=...': model.api_key: a key never stands in"),
    ],
)  # fmt: skip
def test_wrong_overrides(folder: Path, overrides: list[str], line: str) -> None:
    """What is wrong with an override beside a registry is one clear line."""
    written(folder)
    (said,) = refused("registry=registry.json", *overrides)
    assert line in said


def test_what_means_nothing_here_is_told_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Keys of the parts in use that mean nothing here are listed once for a whole sweep, on the side."""
    data: dict[str, Any] = {
        "version": 1,
        "models": {"local": {**LOCAL, "cost": 1, "params": {"top_k": 1}}, "other": {"x": 1}},
        "roles": {**ROLES, "files": {"icon": "F"}, "idle": {"y": 1}},
    }
    data["roles"]["orchestrator"] = {"primary": "local", "fallback": "other", "tools": []}
    written(folder, data)
    (folder / "scenarios").mkdir()
    assert main(["config", "registry=registry.json", "role=files,chat"]) == 0
    assert capsys.readouterr().err == (
        "registry.json: not used: models.local.cost, models.local.params.top_k, roles.files.icon, "
        "roles.orchestrator.fallback, version\n"
    )
    assert note(folder / "registry.json", [f"k{number:03}" for number in range(300)]) == (
        "registry.json: not used: k000, k001, k002, k003, k004, k005, k006, k007, k008, k009, k010, k011 and 288 more"
    )


def test_an_odd_name_breaks_no_line(folder: Path) -> None:
    """A name with line breaks or escape codes is told on one line."""
    written(folder, {"models": {}, "roles": {"a\nb": {}, "orchestrator": {"primary": "\x1b[31m"}, "chat": {"\n": 1}}})
    registry = read_registry(folder / "registry.json")
    said = [*registry.model().problems, *registry.role("x").problems, *registry.role("chat").unused]
    assert [text for text in said if not text.isprintable()] == []
    assert len(said) == 3


# Keys


def test_the_key_is_in_memory_only(folder: Path) -> None:
    """A key of the registry is used and kept secret, and shows in no form of the settings."""
    written(folder, api_key=f" {KEY} ")
    one = composed("registry=registry.json", "role=files")
    model = one.settings.model
    assert (model.key({}), KEY in model.secrets({})) == (KEY, True)
    shown = [repr(one), str(one), repr(one.settings.model_dump()), one.settings.model_dump_json(), repr(model.shared())]
    assert [text for text in shown if KEY in text] == []
    assert {"api_key"} & {*model.shared(), *one.settings.model_dump()["model"]} == set()


@pytest.mark.parametrize(
    ("model", "overrides", "key"),
    [
        ({"api_key": KEY}, [], KEY),
        ({"api_key": KEY, "api_key_env": "OTHER"}, [], KEY),
        ({"api_key": KEY, "api_key_env": "OTHER"}, ["model.api_key_env=MINE"], "mine"),
        ({"api_key": KEY}, ["model.api_key_env=MINE"], "mine"),
        ({"api_key_env": "OTHER"}, [], "other"),
        ({"api_key": ""}, [], ""),
        ({"api_key": None}, [], ""),
        ({"api_key": KEY}, ["model=openai", "model.api_key_env=MINE"], "mine"),
    ],
)
def test_which_key_counts(folder: Path, model: dict[str, Any], overrides: list[str], key: str) -> None:
    """The registry's key counts before its variable, and not where something else names a variable or a model."""
    written(folder, **model)
    settings = composed("registry=registry.json", "role=files", *overrides).settings
    assert settings.model.key({"MINE": "mine", "OTHER": "other"}) == key


@pytest.mark.parametrize("text", [f"label: mine\napi_key: {KEY}\n", f"label: a b\napi_key: [{KEY}]\n"])
def test_a_key_stands_in_no_settings_file(folder: Path, text: str) -> None:
    """A key in a file of settings is refused with what to do, and is not shown."""
    conf = write(folder, conf__model__mine=text) / "conf"
    lines = refused("model=mine", conf=conf)
    assert [line for line in lines if KEY in line] == []
    assert any("a key never stands in settings" in line and "api_key_env" in line for line in lines)


@pytest.mark.parametrize("key", ["ä" * 9, "two\nlines", 5, ["x"]])
def test_what_is_no_key(folder: Path, key: Any) -> None:
    """A key that no header can carry is told where it stands, without its value."""
    written(folder, api_key=key)
    (line,) = refused("registry=registry.json", "role=files")
    assert line.startswith("registry.json:7:15: models.local.api_key: ")


LIVE = SCENARIO.replace("for: {role: [chat, files]}", "for: {role: [files], model: [local]}")


def leaks(root: Path) -> list[str]:
    """Return the files below a folder that hold the key, but for the registry."""
    found = [path for path in root.rglob("*") if path.is_file() and path.name != "registry.json"]
    return [str(path.relative_to(root)) for path in found if KEY.encode() in path.read_bytes()]


def test_a_live_run_sends_the_key_and_keeps_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every request carries the registry's key, also after a checkpoint; nothing that is written or said does."""
    write(folder, scenarios__files__denied=LIVE, conf__config=f"{CONFIG}registry: registry.json\n")
    asked_for = [("1", "file_delete", '{"path": "old.txt"}'), ("2", "file_read", '{"path": "b.txt"}')]
    with endpoint([calls(*asked_for), says("Shall I?"), says("I kept it.")]) as asked:
        written(folder, api_key=KEY, api_url=asked.url)
        given = ["registry=registry.json", "role=files"]
        assert main(["record", *given]) == 0
    assert [headers["authorization"] for headers in asked.headers] == [f"Bearer {KEY}"] * 3
    assert asked.paths == ["/api/chat/completions"] * 3
    assert (folder / "cassettes/local/files+all/files/denied.yaml").is_file()
    for words in (["run", *given], ["show", "files/denied"], ["config", *given], ["validate"], ["list", "models"]):
        assert main(words) == 0
    assert (leaks(folder), KEY in "".join(capsys.readouterr())) == ([], False)


@pytest.mark.parametrize("status", [200, 401])
def test_a_provider_that_echoes_the_key(folder: Path, capsys: pytest.CaptureFixture[str], status: int) -> None:
    """A key that a provider says back, in an error or in a reply, is neither stored nor shown."""
    write(folder, scenarios__files__denied=LIVE)
    said = says(f"Your key is {KEY}.") if status == 200 else {"error": {"message": f"Incorrect API key: {KEY}"}}
    with endpoint([Answer(json.dumps(said), status=status)]) as asked:
        written(folder, api_key=KEY, api_url=asked.url)
        assert main(["record", "registry=registry.json", "role=files"]) == 2
    assert main(["run", "registry=registry.json", "role=files"]) == 2
    assert main(["show", "files/denied"]) == 0
    said_of_it = "".join(capsys.readouterr())
    assert (leaks(folder), KEY in said_of_it, "names no api_key_env" in said_of_it) == ([], False, False)


def test_an_unknown_name_in_a_scenario(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where scenarios say that they apply, the registry's names are known beside the project's, and no others."""
    write(folder, scenarios__files__denied=LIVE.replace("[local]", "[local, careful]"))
    written(folder)
    assert main(["run", "registry=registry.json", "role=files"]) == 2
    assert "nothing is recorded" in capsys.readouterr().out
    assert main(["run", "model=careful", "role=files"]) == 2
    assert capsys.readouterr().err == "scenarios/files/denied.yaml:3:30: there is no model 'local'\n"
    write(folder, conf__config=f"{CONFIG}registry: registry.json\n")
    assert main(["run"]) == 2
    assert "nothing is recorded" in capsys.readouterr().out


@pytest.mark.slow
def test_validation_composes_every_role(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A registry that the project names is checked with each of its roles, beside the project's own files."""
    write(folder, conf__config=f"{CONFIG}registry: registry.json\n", conf__role__mine="label: mine\nallow: [zzz]\n")
    (folder / "scenarios").mkdir()
    written(folder, {"models": {"local": LOCAL}, "roles": {**ROLES, "a": {"tools": ["x"]}, "b": {"tools": 5}}})
    assert main(["validate"]) == 2
    assert [line.split(": the catalogue")[0] for line in capsys.readouterr().err.splitlines()] == [
        "conf/role/mine.yaml:2:9: role.allow",
        "registry.json:29:5: roles.a.tools[0]",
        "registry.json:33:13: roles.b.tools: must be a list",
    ]


def test_lists_show_the_registry(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the project names a registry, the lists show its roles and its model first."""
    write(folder, conf__config=f"{CONFIG}registry: registry.json\n")
    written(folder)
    assert main(["list", "roles"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[1:4] == [
        ["orchestrator", "role=orchestrator", "all", "registry.json:10:19"],
        ["files", "role=files", "file_read,", "file_delete", "registry.json:13:12"],
        ["mute", "role=mute", "none", "registry.json:20:11"],
    ]
    assert rows[5][:4] == ["chat", "registry=null", "role=chat", "all"]
    assert main(["list", "models"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["local", "by", "default", "openai", "registry.json:3:12"]


# Any registry


def reading(data: Any, role: str) -> tuple[Any, ...] | None:
    """Return what a registry says of a role and its model, read as simply as can be, or None where it is broken."""
    try:
        entry, model = data["roles"][role], data["models"][data["roles"]["orchestrator"]["primary"]]
        if not isinstance(entry, dict) or model["type"] != "local_openai":
            return None
        overlay, allow = entry.get("system_append"), entry.get("tools")
        params = model.get("params") or {}
        both = {key: (model.get(key), params.get(key)) for key in ("temperature", "seed")}
        if any(None not in pair for pair in both.values()):
            return None
        sent = {key: one if other is None else other for key, (one, other) in both.items()}
        names = (model["api_url"], model["model_name"], model.get("host_type") or "openwebui")
        key = model.get("api_key")
    except (KeyError, TypeError, AttributeError):
        return None
    right = (
        (overlay is None or isinstance(overlay, str))
        and (allow is None or (isinstance(allow, list) and all(one in ("file_read", "web_search") for one in allow)))
        and all(isinstance(name, str) for name in names)
        and (key is None or isinstance(key, str))
        and all(value is None or isinstance(value, (int, float)) for value in sent.values())
    )
    if not right:
        return None
    return (
        role,
        overlay or "",
        allow if allow is None else tuple(allow),
        *names,
        sent["temperature"],
        sent["seed"],
        key or "",
    )


def sometimes(key: str, *values: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for an object with one key, or without it."""
    return st.one_of(st.just({}), *(st.just({key: value}) for value in values))


def joined(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for one object made of several."""
    return st.tuples(*parts).map(lambda found: {key: value for one in found for key, value in one.items()})


BROKEN: st.SearchStrategy[Any] = st.sampled_from([5, "x", [], None, {"a": 1}])
ENTRIES = joined(
    sometimes("system_append", "Be brief.", "${x}", "", None, 5),
    sometimes("tools", ["file_read"], [], None, ["web_search", "file_read"], ["zzz"], [5], {"a": 1}),
    sometimes("icon", "F"),
)
MODELS = joined(
    st.sampled_from([{"type": "local_openai"}] * 4 + [{"type": "anthropic"}, {"type": 5}, {}]),
    st.sampled_from([{"api_url": "http://h"}] * 4 + [{"api_url": 5}, {}]),
    st.sampled_from([{"model_name": "m"}] * 4 + [{"model_name": None}, {}]),
    sometimes("host_type", "openai", None, []),
    sometimes("api_key", KEY, KEY, "", None, [KEY], {"key": KEY}),
    sometimes("temperature", 0.5, None, [KEY]),
    sometimes("params", {"seed": 1, "top_k": KEY}, {"temperature": 1}, {}, None, KEY),
)
REGISTRIES = st.fixed_dictionaries(
    {
        "models": st.one_of(st.dictionaries(st.sampled_from(["a", "b"]), MODELS | BROKEN), BROKEN),
        "roles": st.one_of(
            st.fixed_dictionaries(
                {"orchestrator": sometimes("primary", "a", "a", "a", "b", 5, None), "files": ENTRIES},
                optional={"other": BROKEN},
            ),
            st.dictionaries(st.sampled_from(["orchestrator", "files"]), BROKEN),
            BROKEN,
        ),
    },
    optional={"version": BROKEN},
)


def told(settings: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return settings in the order of the simple reading."""
    role, model = settings["role"], settings["model"]
    names = (model.api_url, model.model_name, model.host_type)
    return (role.label, role.overlay, role.allow, *names, model.params.temperature, model.params.seed, model.key({}))


@pytest.mark.slow
@settings(EXAMPLES, max_examples=60)
@given(REGISTRIES)
def test_any_registry_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    """Any registry gives what it says, or errors with their lines; nothing else happens, and no key is shown."""
    path = written(tmp_path_factory.mktemp("any"), data)
    expected = reading(data, "files")
    if expected is None:
        lines = refused(f"registry={path}", "role=files")
        assert [line for line in lines if KEY in line] == []
        assert [line for line in lines if not line.startswith((f"{path}:", "override 'role=files'"))] == []
    else:
        one = composed(f"registry={path}", "role=files")
        assert told(dict(one.settings)) == expected
        assert KEY not in repr(one)
