"""Production's model registry becomes files of `conf/` that mean what it means, and no key leaves it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cli import main
from harness.composition import compose
from harness.errors import InputError
from harness.handover import import_registry
from harness.jsontext import parse_json
from harness.migration import plan_of
from harness.project import Conf
from harness.registry import Registry
from harness.sweep import quoted
from tests.build import EXAMPLES
from tests.project import write

KEY = "planted-8d21f0c2"
PASSWORD = "pL4nted-S3cr8t"  # noqa: S105 - it opens nothing
LOCAL = {"type": "local_openai", "api_url": "http://house:3000/", "model_name": "qwen3:8b"}
DATA: dict[str, Any] = {
    "version": 3,
    "models": {
        "local": {**LOCAL, "api_url": f"http://ann:{PASSWORD}@house:3000/?key={PASSWORD}", "api_key": KEY, "cost": 1},
        "openai/gpt-4o": {**LOCAL, "host_type": "openai", "api_key": KEY, "params": {"seed": 7}},
        "claude": {"type": "anthropic", "api_key": PASSWORD},
    },
    "roles": {
        "orchestrator": {"primary": "local"},
        "files": {"system_append": "You look after files.\nCost: ${x}.\n", "tools": ["file_read", "zap"]},
        "chat": {"icon": "C"},
    },
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty project, which is the current folder."""
    (tmp_path / "conf").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(data: Any = None, name: str = "prod.json") -> Path:
    """Write a registry, laid out on lines, and return its path."""
    Path(name).write_text(json.dumps(DATA if data is None else data, indent=1), "utf-8")
    return Path(name)


def files() -> list[str]:
    """Return the files below `conf/`."""
    return sorted(str(path) for path in Path("conf").rglob("*") if not path.is_dir())


def test_files_as_people_write_them(capsys: pytest.CaptureFixture[str]) -> None:
    """The command writes readable files and says what it wrote, what it cut and left out, and what to do next."""
    written()
    assert main(["import", "--registry", "prod.json"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "conf/model/local.yaml: models.local; cut from its address: user and password, the parameter 'key'",
        "conf/model/openai-gpt-4o.yaml: models.openai/gpt-4o",
        "conf/role/orchestrator.yaml: roles.orchestrator",
        "conf/role/files.yaml: roles.files, in place of the package's",
        "conf/role/chat.yaml: roles.chat, in place of the package's",
        "set LOCAL_API_KEY in the environment to the key at prod.json:8:15, prod.json:16:15",
        "an endpoint that needs what was cut gets its whole address as api_url: ${oc.env:NAME}",
        "left out, since only models of type 'local_openai' can be asked: claude (anthropic)",
        "prod.json: not used: models.local.cost, roles.chat.icon, version",
        (
            "orchestrator's model is local; choose it with model=local, or in a conf/config.yaml of your own, "
            "which names all six groups"
        ),
        "roles allow tools that the catalogue lacks: zap; import production's: harness import --tools FILE",
        "type next: harness record model=local role=chat",
    ]
    assert Path("conf/model/openai-gpt-4o.yaml").read_text("utf-8").splitlines() == [
        "# From a model registry: models.openai/gpt-4o.",
        "label: openai-gpt-4o",
        "host_type: openai",
        "api_url: http://house:3000/",
        "api_key_env: LOCAL_API_KEY",
        "model_name: qwen3:8b",
        "params: {seed: 7}",
    ]
    assert Path("conf/role/files.yaml").read_text("utf-8").splitlines() == [
        "# From a model registry: roles.files.",
        "label: files",
        "overlay: |",
        "  You look after files.",
        "  Cost: \\${x}.",
        "allow: [file_read, zap]",
    ]


def test_no_key_leaves_the_registry(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No key and no password reaches a file or what is said, whether the import goes well or not."""
    written()
    assert [main(["import", "--registry", "prod.json"]) for _ in range(2)] == [0, 2]
    broken = {**DATA, "roles": {"x": {"system_append": f"Use {KEY}", "tools": 5.5}}}
    written(broken, "broken.json")
    assert main(["import", "--registry", "broken.json"]) == 2
    said = "".join(capsys.readouterr())
    texts = [said, *(Path(name).read_text("utf-8") for name in files())]
    assert [text for text in texts if KEY in text or PASSWORD in text] == []
    assert "broken.json:28:21: roles.x.system_append: holds the api_key of models.local;" in said


def test_what_is_there_stays() -> None:
    """Nothing is written where one file would be written over, or where anything is wrong with the registry."""
    conf = write(Path(), conf__role__files="label: files\n") / "conf"
    with pytest.raises(InputError) as caught:
        import_registry(written({**DATA, "models": {"local": {"type": "local_openai"}}}), conf)
    assert caught.value.problems == (
        "conf/role/files.yaml: is there already; move it away, or rename it",
        "prod.json:4:12: models.local: 'api_url' is missing; add it",
        "prod.json:4:12: models.local: 'model_name' is missing; add it",
    )
    assert files() == ["conf/role/files.yaml"]


def test_a_folder_that_takes_no_files() -> None:
    """Where one file cannot be written, none is left."""
    Path("conf/role").write_text("", "utf-8")
    with pytest.raises(InputError, match=r"^conf/role/orchestrator\.yaml: cannot be written: .*; nothing is left of"):
        import_registry(written(), Path("conf"))
    assert files() == ["conf/role"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"models": {"a": {"type": "x"}}, "roles": {}}, "prod.json:1:1: holds no role, and no model of type "),
        ({"models": 1, "roles": {}}, "prod.json:2:12: models: must be an object"),
    ],
)
def test_a_registry_that_gives_nothing(data: Any, said: str) -> None:
    """A registry without a role and a model that can be asked is refused with its place."""
    with pytest.raises(InputError) as caught:
        import_registry(written(data), Path("conf"))
    (line,) = caught.value.problems
    assert line.startswith(said)
    assert files() == []


CONFIG = """\
defaults:
  - {MODEL}
  - persona: assistant
  - catalogue: assistant
  - tools: all
  - role: files
  - loop: production
  - _self_
"""


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            CONFIG.replace("{MODEL}", "model: careful"),
            [
                (
                    "orchestrator's model is local; choose it with model=local, or make it the default at "
                    "conf/config.yaml:2:12: '- model: local'"
                ),
                "type next: harness record model=local role=files",
            ],
        ),
        (
            CONFIG.replace("{MODEL}", "model: local"),
            [
                "orchestrator's model is local; it is the project's default",
                "type next: harness record model=local role=files",
            ],
        ),
        (
            f"{CONFIG.replace('{MODEL}', 'model: local')}registry: prod.json\n",
            [
                "orchestrator's model is local; it is the project's default",
                "conf/config.yaml:9:1: names a registry, which comes before these files; remove the line",
                "type next: harness record model=local role=files",
            ],
        ),
    ],
)
def test_what_makes_it_count(config: str, said: list[str]) -> None:
    """The orchestrator's model is told with the line that would make it the default; config.yaml stays as it is."""
    conf = write(Path(), conf__config=config) / "conf"
    data = {"models": {"local": LOCAL}, "roles": {"orchestrator": {"primary": "local"}, "files": {}}}
    done = import_registry(written(data), conf).splitlines()
    assert done[3:] == said
    assert (conf / "config.yaml").read_text("utf-8") == config


@pytest.mark.parametrize(
    ("models", "roles", "command"),
    [
        ({"m": LOCAL}, {}, "harness record model=m"),
        ({}, {"desk": {}}, "harness run role=desk"),
        ({"m": LOCAL}, {"orchestrator": {}, "desk": {"tools": ["zap"]}}, "harness record model=m role=orchestrator"),
        ({"m": LOCAL}, {"orchestrator": {}, "desk": {}}, "harness record model=m role=desk"),
    ],
)
def test_what_is_typed_next(models: Any, roles: Any, command: str) -> None:
    """The command that is shown takes a model and a role that were imported and can be composed."""
    done = import_registry(written({"models": models, "roles": roles}), Path("conf"))
    assert done.splitlines()[-1] == f"type next: {command}"
    assert len(compose(Conf(Path("conf")), command.split()[2:])) == 1


@pytest.mark.parametrize("option", [["--name", "x"], ["--confirm", "x"], ["--timeout", "3"]])
def test_options_of_other_imports(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What means something for tools only is refused beside a registry."""
    written()
    assert main(["import", "--registry", "prod.json", *option]) == 2
    assert capsys.readouterr().err == f"harness import: {option[0]} means nothing beside --registry; leave it out\n"


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text != "???")
TEXTS = NAMES | st.sampled_from(["", "${oc.env:HOME}", "\\${x}", "a\n b\n", "no", "1e3"])
NUMBERS = st.none() | st.integers(0, 9) | st.floats(-9, 9)
PARAMS = st.fixed_dictionaries({}, optional={"temperature": NUMBERS, "top_p": NUMBERS})
MODELS = st.fixed_dictionaries(
    {
        "type": st.just("local_openai"),
        "api_url": st.sampled_from(["http://h", "https://h/v1?api-version=1", "${x}"]),
        "model_name": TEXTS.filter(bool),
    },
    optional={
        "host_type": st.none() | TEXTS,
        "api_key": st.none() | st.sampled_from(["k1-planted", "k2-planted"]),
        "api_key_env": st.none() | st.sampled_from(["A_KEY", "B_KEY"]),
        "seed": st.none() | st.integers(),
        "max_tokens": st.none() | st.integers(1),
        "params": st.none() | PARAMS,
        "cost": st.integers(),
    },
)
TOOLS = st.none() | st.lists(st.sampled_from(["file_read", "web_search", "email_send"]))
ROLES = st.fixed_dictionaries({}, optional={"system_append": st.none() | TEXTS, "tools": TOOLS, "icon": TEXTS})


def listed(section: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a section as the other form has it, a list of objects with names."""
    return [{"name": name, **value} for name, value in section.items()]


@pytest.mark.slow
@settings(EXAMPLES, max_examples=8)
@given(
    st.dictionaries(NAMES, MODELS, min_size=1, max_size=2),
    st.dictionaries(NAMES, ROLES, min_size=1, max_size=2),
    st.booleans(),
)
def test_the_files_mean_what_the_registry_means(
    tmp_path_factory: pytest.TempPathFactory, models: dict[str, Any], roles: dict[str, Any], as_lists: bool
) -> None:
    """Settings composed from the files are those composed with the registry, but for where the key comes from."""
    folder = tmp_path_factory.mktemp("project")
    registry = folder / "prod.json"

    def registered(primary: str) -> None:
        """Write the registry with one of its models as the orchestrator's."""
        whole = {**roles, "orchestrator": {**roles.get("orchestrator", {}), "primary": primary}}
        data = {"models": models, "roles": whole}
        registry.write_text(json.dumps({key: listed(one) for key, one in data.items()} if as_lists else data), "utf-8")

    registered(next(iter(models)))
    plan = plan_of(Registry(parse_json(registry.read_text("utf-8"), registry)), Conf(None))
    if all("has the label" in line for line in plan.wrong) and plan.wrong:
        return
    import_registry(registry, folder / "conf")
    choices = {(one.group, one.entry.name): one.choice for one in plan.files}
    for model in models:
        registered(model)
        for role in (name for group, name in choices if group == "role"):
            over = compose(Conf(None), [f"registry='{registry}'", f"role={quoted(role)}"])[0].settings
            chosen = [f"model={choices['model', model]}", f"role={choices['role', role]}"]
            ours = compose(Conf(folder / "conf"), chosen)[0].settings
            apart: Any = {"model": {"api_key_env"}, "registry": True}
            assert ours.model_dump(exclude=apart) == over.model_dump(exclude=apart)
            if over.model.api_key is None:
                assert ours.model.api_key_env == over.model.api_key_env
