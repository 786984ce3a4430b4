"""The roles and models of a registry become files of settings, or every problem is told with its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.jsontext import parse_json
from harness.migration import obstacles, plan_of
from harness.project import Conf
from harness.registry import Primary, Registry
from tests.project import write

LOCAL = {"type": "local_openai", "api_url": "http://house:3000/", "model_name": "qwen3:8b"}
KEY = "planted-8d21f0c2"


def registry(data: Any) -> Registry:
    """Return a registry of this data, or of a text as it is."""
    return Registry(parse_json(data if isinstance(data, str) else json.dumps(data), Path("registry.json")))


def wrong(data: Any) -> list[str]:
    """Return what is wrong with a registry."""
    return plan_of(registry(data), Conf(None)).wrong


def test_what_a_registry_becomes() -> None:
    """Each role and each model that can be asked becomes a file with the settings' own keys, in their order."""
    models = {
        "local": {**LOCAL, "api_key": KEY, "temperature": 0.5, "params": {"seed": 7}, "cost": 1},
        "open/ai": {**LOCAL, "host_type": "openai", "api_url": "http://a:b@h?api-version=1", "api_key_env": "OPEN"},
        "claude": {"type": "anthropic", "api_key": KEY},
        "odd": {},
    }
    roles = {
        "orchestrator": {"primary": "local"},
        "files": {"system_append": "x ${y}", "tools": ["a"]},
        "mute": {"tools": []},
    }
    plan = plan_of(registry({"models": models, "roles": roles}), Conf(None))
    assert plan.wrong == []
    assert (plan.primary, plan.variables) == (Primary("local"), {"local": "LOCAL_API_KEY"})
    assert plan.models.others == {"claude": "anthropic", "odd": None}
    assert [(one.group, one.choice, list(one.data.items()), one.cut) for one in plan.files] == [
        (
            "model",
            "local",
            [
                ("label", "local"),
                ("api_url", "http://house:3000/"),
                ("api_key_env", "LOCAL_API_KEY"),
                ("model_name", "qwen3:8b"),
                ("params", {"temperature": 0.5, "seed": 7}),
            ],
            (),
        ),
        (
            "model",
            "open-ai",
            [
                ("label", "open-ai"),
                ("host_type", "openai"),
                ("api_url", "http://h?api-version=1"),
                ("api_key_env", "OPEN"),
                ("model_name", "qwen3:8b"),
            ],
            ("user and password",),
        ),
        ("role", "orchestrator", [("label", "orchestrator")], ()),
        ("role", "files", [("label", "files"), ("overlay", "x ${y}"), ("allow", ["a"])], ()),
        ("role", "mute", [("label", "mute"), ("allow", [])], ()),
    ]
    assert plan.files[3].text == "# From a model registry: roles.files.\nlabel: files\noverlay: x \\${y}\nallow: [a]\n"


@pytest.mark.parametrize(
    ("names", "choices"),
    [
        (["openai/gpt-4.1", "qwen3:8b", "a b", "x_y"], ["openai-gpt-4.1", "qwen3-8b", "a-b", "x_y"]),
        (["Files", "files", "f:", "f!"], ["Files", "files-2", "f", "f-2"]),
        (["007", "1e3", "null", "NaN", "nul"], ["role-007", "role-1e3", "role-null", "role-NaN", "role-nul"]),
        (["日本", "..", "-x-"], ["role", "role-2", "x"]),
        (["x" * 200, "a.yaml", "../up"], ["x" * 80, "a-yaml", "up"]),
    ],
)
def test_names_of_files(names: list[str], choices: list[str]) -> None:
    """A file's name is one that every file system takes and that can be typed as it stands, and no two are alike."""
    plan = plan_of(registry({"models": {}, "roles": {name: {} for name in names}}), Conf(None))
    assert [one.choice for one in plan.files] == choices
    assert plan.wrong == []


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Each problem of every role and model is told by the registry's own names, with its line and column."""
    text = """\
{"models": {"a": {"type": "local_openai", "temperature": "hot", "api_url": 5, "model_name": "m", "api_key": 7,
  "params": {"temperature": 1}},
 "b": {"type": "local_openai", "api_url": "http://a:b/c@h", "model_name": "???"},
 "c": {"type": "local_openai"},
 "d": 5, "e": {"type": 5}},
 "roles": {"orchestrator": {"primary": "x"}, "files": {"system_append": ["x"], "tools": [5]}, "f": [],
  "a b": {}, "a-b": {}, "": {}}}"""
    assert wrong(text) == [
        "registry.json:6:40: roles.orchestrator.primary: there is no model 'x'; there are: a, b, c, d, e",
        "registry.json:1:58: models.a.temperature: stands in 'params' too; only one can count",
        "registry.json:1:109: models.a.api_key: must be text",
        "registry.json:1:76: models.a.api_url: must be text",
        (
            "registry.json:3:43: models.b.api_url: holds a '@' behind its first '/'; write %40, so that it "
            "can be told where a password ends"
        ),
        (
            "registry.json:3:75: models.b.model_name: '???' alone is Hydra's sign for a missing value; "
            "write more beside it"
        ),
        "registry.json:4:7: models.c: 'api_url' is missing; add it",
        "registry.json:4:7: models.c: 'model_name' is missing; add it",
        "registry.json:5:7: models.d: must be an object",
        (
            "registry.json:5:24: models.e.type: a model of type that cannot be asked, only one of type "
            "'local_openai'; choose one with model=NAME"
        ),
        "registry.json:6:73: roles.files.system_append: must be text",
        "registry.json:6:90: roles.files.tools[0]: must be text",
        "registry.json:6:100: roles.f: must be an object",
        "registry.json:7:21: roles.a-b: has the label 'a-b', as roles.a b has; rename one of them",
        "registry.json:7:29: roles.: must not be empty",
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], ["registry.json:1:1: must be an object with 'models' and 'roles'"]),
        ({"roles": 5}, ["registry.json:1:11: roles: must be an object", "registry.json:1:1: 'models' is missing"]),
        ({"models": {}, "roles": {"orchestrator": {}}}, []),
        ({"models": {}, "roles": {"orchestrator": {"primary": None}}}, []),
        (
            {"models": [{}], "roles": []},
            ["registry.json:1:13: models[0]: must be an object with a 'name'"],
        ),
    ],
)
def test_the_shape_of_a_registry(data: Any, said: list[str]) -> None:
    """What is wrong with the lists themselves is told alone, and an orchestrator without a model is no mistake."""
    assert wrong(data) == said


def test_no_secret_stands_in_a_text() -> None:
    """A key anywhere but in its place is refused at its line, known or told by its shape, and never shown."""
    token = "ghp_" + "a1B2c3D4e5" * 4
    roles = {
        "x": {"system_append": f"Use {KEY}."},
        "y": {"system_append": f"or {token}"},
        "z": {"tools": ["S3cr8tPw99"]},
    }
    models = {"a": {**LOCAL, "api_url": "http://a:S3cr8tPw99@h"}, "b": {"type": "other", "api_key": KEY}}
    said = wrong({"models": models, "roles": roles})
    assert [line.partition(": ")[2] for line in said] == [
        "roles.x.system_append: holds the api_key of models.b; take it out, or write EXAMPLE into a made-up one",
        "roles.y.system_append: holds a GitHub token; take it out, or write EXAMPLE into a made-up one",
        "roles.z.tools[0]: holds a part of the address of a model; take it out, or write EXAMPLE into a made-up one",
    ]


def test_what_stands_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of the same names, links among them, and other files with the same labels are told, all at once."""
    monkeypatch.chdir(tmp_path)
    conf = write(tmp_path, conf__role__files="label: mine\n", conf__role__old="label: garden\n") / "conf"
    (conf / "role/link.yaml").symlink_to("files.yaml")
    plan = plan_of(registry({"models": {}, "roles": {"files": {}, "garden": {}, "link": {}}}), Conf(conf))
    targets = {conf / one.group / f"{one.choice}.yaml": one for one in plan.files}
    assert list(obstacles(targets, Conf(conf))) == [
        "conf/role/files.yaml: is there already; move it away, or rename it",
        "conf/role/link.yaml: is there already; move it away, or rename it",
        "conf/role/old.yaml:1:8: has the label 'garden', as roles.garden would; give it another",
    ]


def test_variables_of_other_models_stay_theirs(tmp_path: Path) -> None:
    """A variable that a model of the project names for a key of its own is given to no other."""
    conf = write(tmp_path, conf__model__old="label: old\napi_key_env: LOCAL_API_KEY\n") / "conf"
    models = {"local": {**LOCAL, "api_key": KEY}}
    assert plan_of(registry({"models": models, "roles": {}}), Conf(conf)).variables == {"local": "LOCAL_2_API_KEY"}
