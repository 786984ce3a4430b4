"""Settings composed from a project's own folder and the package's defaults behind it."""

import logging
import re
from pathlib import Path

import pytest

from harness.composition import Composition, compose
from harness.errors import InputError
from harness.folders import bundled_conf, project
from harness.model import Params
from harness.project import Conf
from harness.root import Root
from harness.settings import GROUPS

DEFAULTS = """\
defaults:
  - model: careful
  - persona: assistant
  - catalogue: assistant
  - tools: all
  - role: chat
  - loop: production
  - _self_
"""
SECRET = "s3cret-in-a-value"  # noqa: S105 - a planted one


def own(folder: Path, **files: str | bytes) -> Conf:
    """Write a project's own configuration, `a__b` standing for `a/b`, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Conf(folder)


def composed(conf: Conf, *overrides: str) -> Composition:
    """Return the only composition of overrides."""
    (one,) = compose(conf, overrides)
    return one


def names(conf: Conf, *overrides: str) -> list[str]:
    """Return model and variant of each composition of overrides."""
    return [f"{one.settings.model.label}/{one.settings.variant}" for one in compose(conf, overrides)]


def refused(conf: Conf, *overrides: str) -> list[str]:
    """Return the lines with which overrides are refused."""
    with pytest.raises(InputError) as caught:
        compose(conf, overrides)
    return str(caught.value).splitlines()


BUNDLED = Conf(None)


def test_the_defaults() -> None:
    """Without a folder of its own and without overrides, a project has the package's defaults."""
    one = composed(BUNDLED)
    assert one.overrides == ()
    assert one.settings.variant == "chat+all"
    assert {group: getattr(one.settings, group).label for group in GROUPS} == {
        "model": "careful",
        "persona": "assistant",
        "catalogue": "assistant",
        "tools": "all",
        "role": "chat",
        "loop": "production",
    }
    assert {(group, origin.path, origin.bundled) for group, origin in one.origins.items()} == {
        (group, bundled_conf() / group / f"{getattr(one.settings, group).label}.yaml", True) for group in GROUPS
    }


@pytest.mark.parametrize("group", GROUPS)
def test_every_bundled_choice_is_right(group: str) -> None:
    """Every choice that comes with the package composes, and is called as its file."""
    choices = BUNDLED.choices(group)
    labels = [getattr(one.settings, group).label for one in compose(BUNDLED, [f"{group}={','.join(choices)}"])]
    assert labels == list(choices)


def test_composing_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Composing writes no file, prints nothing and touches no logging."""
    monkeypatch.chdir(tmp_path)
    before = [*logging.getLogger().handlers], logging.getLogger().level
    composed(BUNDLED, "role=files", "loop.max_rounds=3")
    assert ([*logging.getLogger().handlers], logging.getLogger().level) == before
    assert (list(tmp_path.iterdir()), capfd.readouterr()) == ([], ("", ""))


@pytest.mark.parametrize("config", [None, DEFAULTS])
def test_own_choices_win_name_by_name(tmp_path: Path, config: str | None) -> None:
    """A choice of the project's own stands in front of the package's of that name, with or without a config.yaml."""
    conf = own(tmp_path / "conf", role__chat="label: chat\noverlay: mine\n", role__pirate="label: pirate\n")
    if config:
        own(tmp_path / "conf", config=config)
    chat, pirate, files = compose(conf, ["role=chat,pirate,files"])
    assert [one.settings.role.overlay for one in (chat, pirate)] == ["mine", ""]
    assert [(one.origins["role"].path, one.origins["role"].bundled) for one in (chat, pirate, files)] == [
        (tmp_path / "conf" / "role" / "chat.yaml", False),
        (tmp_path / "conf" / "role" / "pirate.yaml", False),
        (bundled_conf() / "role" / "files.yaml", True),
    ]
    assert chat.origins["model"].bundled


def test_an_own_choice_may_build_on_a_bundled_one(tmp_path: Path) -> None:
    """A file of the project's may take one of the package's as its defaults."""
    conf = own(tmp_path / "conf", loop__short="defaults:\n  - production\n  - _self_\nlabel: short\nmax_rounds: 2\n")
    loop = composed(conf, "loop=short").settings.loop
    assert (loop.label, loop.max_rounds, loop.texts) == ("short", 2, composed(BUNDLED).settings.loop.texts)


def test_the_projects_defaults_are_its_own(tmp_path: Path) -> None:
    """What the project's config.yaml chooses is its default, against which variants are named."""
    conf = own(
        tmp_path / "conf",
        config=DEFAULTS.replace("persona: assistant", "persona: terse").replace("role: chat", "role: files")
        + "loop:\n  max_rounds: 3\n",
        persona__terse="label: terse\n",
    )
    assert names(conf) == ["careful/files+all"]
    assert names(conf, "persona=terse", "loop.max_rounds=3") == ["careful/files+all"]
    assert names(conf, "persona=assistant", "loop.max_rounds=8") == [
        "careful/files+all~loop.max_rounds=8~persona=assistant"
    ]


@pytest.mark.parametrize(
    "folder", ["plain", "with blank", "a,b=c", "[x]{y}", "colon:quote'\"", "é😀", "${x}", "back\\slash", "100%", "(a)"]
)
def test_any_folder_may_hold_the_settings(tmp_path: Path, folder: str) -> None:
    """A project may lie in a folder of any name."""
    conf = own(tmp_path / folder / "conf", role__mine="label: mine\n", config=DEFAULTS)
    assert names(conf, "role=mine,files") == ["careful/mine+all", "careful/files+all"]


def test_no_folder_is_the_bundled_one(tmp_path: Path) -> None:
    """A folder that is not there, and the package's own, are the package's defaults alone."""
    for folder in (tmp_path / "nowhere", bundled_conf(), None):
        assert Conf(folder).folders == (bundled_conf(),)


@pytest.mark.parametrize(
    ("overrides", "found"),
    [
        (["model=careful,hasty"], ["careful/chat+all", "hasty/chat+all"]),
        (["model=hasty,careful"], ["hasty/chat+all", "careful/chat+all"]),
        (
            ["role=chat,files", "model=careful,hasty"],
            ["careful/chat+all", "hasty/chat+all", "careful/files+all", "hasty/files+all"],
        ),
        (["model=careful,careful"], ["careful/chat+all"]),
        (["model=choice(careful,hasty)"], ["careful/chat+all", "hasty/chat+all"]),
        (["model=sort(hasty,careful)"], ["careful/chat+all", "hasty/chat+all"]),
        (
            ["loop.max_rounds=range(1,3)"],
            ["careful/chat+all~loop.max_rounds=1", "careful/chat+all~loop.max_rounds=2"],
        ),
        (["role=glob(c*)"], ["careful/chat+all", "careful/coder+all"]),
        (["role=glob(*,exclude=[c*,f*])"], ["careful/research+all"]),
        (["tools=none,readonly", "role=files"], ["careful/files+none", "careful/files+readonly"]),
    ],
)
def test_sweeps(overrides: list[str], found: list[str]) -> None:
    """A sweep is every combination, in the order written, each once, in all of Hydra's forms."""
    assert names(BUNDLED, *overrides) == found


def test_an_override_may_mend_a_file(tmp_path: Path) -> None:
    """A file that is wrong without an override is composed with it, and the variant names what was said."""
    conf = own(tmp_path / "conf", loop__mine="defaults: [production, _self_]\nlabel: mine\nmax_rounds: many\n")
    assert composed(conf, "loop=mine", "loop.max_rounds=3").settings.variant == ("chat+all~loop.max_rounds=3~loop=mine")


@pytest.mark.parametrize(
    ("override", "name"),
    [("model.params.temperature=interval(0,1)", "model.params.temperature"), ("role=glob(zzz*)", "role")],
)
def test_a_sweep_without_points_is_refused(override: str, name: str) -> None:
    """A sweep over all numbers between two, or over no choice at all, is refused by its name."""
    (line,) = refused(BUNDLED, override)
    assert line.startswith(f"override '{name}=...'")


@pytest.mark.parametrize(
    ("overrides", "variant"),
    [
        ([], "chat+all"),
        (["role=files", "tools=readonly"], "files+readonly"),
        (["model=hasty"], "chat+all"),
        (["loop=tolerant"], "chat+all~loop=tolerant"),
        (["loop=production", "persona=assistant", "catalogue=assistant"], "chat+all"),
        (["loop.max_rounds=3"], "chat+all~loop.max_rounds=3"),
        (["++loop.max_rounds=3"], "chat+all~loop.max_rounds=3"),
        (["loop.max_rounds=8"], "chat+all"),
        (["loop.max_rounds=8", "loop.history=6", "loop.policy=production"], "chat+all"),
        (["loop.texts.denied='Action denied by user.'"], "chat+all"),
        (['loop.texts.denied="Action denied by user."'], "chat+all"),
        (["loop=tolerant", "loop.policy=tolerant", "loop.max_rounds=8"], "chat+all~loop=tolerant"),
        (
            ["loop.max_rounds=3", "loop=tolerant", "loop.history=2"],
            "chat+all~loop.history=2~loop.max_rounds=3~loop=tolerant",
        ),
        (["loop.history=2", "loop.max_rounds=3"], "chat+all~loop.history=2~loop.max_rounds=3"),
        (["model.params.temperature=0.5"], "chat+all~model.params.temperature=0.5"),
        (["+model.params.temperature=0.5"], "chat+all~model.params.temperature=0.5"),
        (["model=openai", "model.params.temperature=0"], "chat+all"),
        (["model=openai", "model.params.temperature=0.0"], "chat+all"),
        (["model=openai", "model.params={temperature:0,seed:1}"], "chat+all"),
        (["model=gemini", "model.echo=[extra_content]"], "chat+all"),
        (["role=files", "role.allow=[file_read]"], "files+all~role.allow=[file_read]"),
        (["role.allow=null"], "chat+all"),
        (
            [
                "model.api_url=http://h",
                "model.api_key_env=KEY",
                "model.timeout=5",
                "model.max_retries=0",
                "loop.transports=[httpx2,aiohttp]",
                "repeats=3",
                "+model.headers.X=value",
            ],
            "chat+all",
        ),
        (["model=openai", "model.api_url='https://h/v1?key=k'", "model.headers={A: b}"], "chat+all"),
    ],
)
def test_variants(overrides: list[str], variant: str) -> None:
    """A variant is role and tools, and what differs from the default and changes what is asked, in one order."""
    assert composed(BUNDLED, *overrides).settings.variant == variant


@pytest.mark.parametrize("name", ["@cf/meta/llama-3", "*", "%x", "no", "12:30", "a b", "'a: b'", "'- x'"])
def test_any_model_name_may_be_given(tmp_path: Path, name: str) -> None:
    """A name that YAML would read as something else is a name, and changes nothing where it is the file's."""
    plain = name.strip("'")
    conf = own(tmp_path / "conf", model__mine=f"label: mine\nmodel_name: '{plain}'\n")
    one = composed(conf, "model=mine", f"model.model_name={name}")
    assert (one.settings.model.model_name, one.settings.variant) == (plain, "chat+all")


@pytest.mark.parametrize(
    ("body", "variant"),
    [
        ("{a:1}", "chat+all"),
        ("{a:'1'}", "chat+all~model.params.extra_body={a:'1'}"),
        ("{a:true}", "chat+all~model.params.extra_body={a:true}"),
        ("{b:2}", "chat+all~model.params.extra_body={b:2}"),
    ],
)
def test_a_mapping_that_is_the_same_changes_nothing(tmp_path: Path, body: str, variant: str) -> None:
    """A mapping is compared as data, not as text; what only looks like its number is another value."""
    conf = own(tmp_path / "conf", model__mine="label: mine\nparams: {extra_body: {a: 1}}\n")
    assert composed(conf, "model=mine", f"model.params.extra_body={body}").settings.variant == variant


def test_values_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file may take a header or an address from the environment."""
    monkeypatch.setenv("MY_TOKEN", SECRET)
    conf = own(
        tmp_path / "conf",
        model__mine="label: mine\nheaders: {A: 'Bearer ${oc.env:MY_TOKEN}'}\napi_url: ${oc.env:MY_URL,'http://h'}\n",
    )
    model = composed(conf, "model=mine").settings.model
    assert (model.headers["A"].get_secret_value(), model.api_url) == (f"Bearer {SECRET}", "http://h")


@pytest.mark.parametrize("override", ["model.params.seed=7", "+model.params.seed=7", "++model.params.seed=7"])
def test_a_key_that_no_file_mentions_can_be_set(override: str) -> None:
    """Every setting that exists can be set, whether or not the chosen file writes it."""
    assert composed(BUNDLED, override).settings.model.params == Params(seed=7)


@pytest.mark.parametrize(
    ("overrides", "lines"),
    [
        (["roel=chat"], ["override 'roel=...': there is no setting 'roel' (did you mean 'role'?)"]),
        (["modle.label=x"], ["override 'modle.label=...': there is no setting 'modle.label' (did you mean 'model'?)"]),
        (["hydra.run.dir=x"], ["override 'hydra.run.dir=...': there is no setting 'hydra.run.dir'"]),
        (
            ["loop.max_ronds=3"],
            ["override 'loop.max_ronds=...': loop: unknown key 'max_ronds' (did you mean 'max_rounds'?)"],
        ),
        (["loop.max_rounds=zero"], ["override 'loop.max_rounds=...': loop.max_rounds: must be a whole number"]),
        (["loop.max_rounds=1.5"], ["override 'loop.max_rounds=...': loop.max_rounds: must be a whole number"]),
        (["loop.max_rounds="], ["override 'loop.max_rounds=...': loop.max_rounds: must be a whole number"]),
        (["loop.max_rounds=null"], ["override 'loop.max_rounds=...': loop.max_rounds: must be a whole number"]),
        (["loop.max_rounds=0"], ["override 'loop.max_rounds=...': loop.max_rounds: must be greater than 0"]),
        (["loop.texts=5"], ["override 'loop.texts=...': loop.texts: must be a mapping"]),
        (
            ["~loop.texts"],
            [("override 'loop.texts=...': loop.texts: must be given: the package's loop does not guess it")],
        ),
        (["repeats=x"], ["override 'repeats=...': repeats: must be a whole number"]),
        (
            ["model.params.temperature=hot", "loop.history=-1"],
            [
                "override 'loop.history=...': loop.history: must be at least 0",
                "override 'model.params.temperature=...': model.params.temperature: must be a number",
            ],
        ),
        (
            ["+model.headers={X: [x]}"],
            ["override 'model.headers=...': model.headers.X: must be text"],
        ),
        (
            ["+catalogue.tools.file_read.accss=user"],
            [
                (
                    "override 'catalogue.tools.file_read.accss=...': "
                    "catalogue.tools.file_read: unknown key 'accss' (did you mean 'access'?)"
                )
            ],
        ),
    ],
)
def test_wrong_overrides(overrides: list[str], lines: list[str]) -> None:
    """An override that cannot be used is told by its name and what is wrong, without its value."""
    assert sorted(refused(BUNDLED, *overrides)) == lines


@pytest.mark.parametrize(
    ("override", "name", "told"),
    [
        ("role=chta", "override 'role=chta'", "'chat'"),
        ("role=", "override 'role=", "role"),
        ("role=null", "override 'role=null'", "role"),
        ("role=[chat,files]", "override 'role=", "role"),
        ("persona=asistant", "override 'persona=asistant'", "'assistant'"),
        ("~role", "'role' is missing", "role"),
        ("+role=files", "role", "role"),
        ("role@loop=files", "role@loop", "role"),
        ("loop.texts.awaiting='{nam}'", "override 'loop.texts.awaiting=...'", "{name}"),
        ("loop.texts.awaiting='{name.x}'", "override 'loop.texts.awaiting=...'", "{name}"),
        ("loop.texts.awaiting=[x", "override 'loop.texts.awaiting=...'", "quote"),
        ("model.model_name=a=b", "override 'model.model_name=...'", "quote"),
        ("loop.max_rounds=???", "loop.max_rounds", "max_rounds"),
        ("model.model_name=${oc.env:HARNESS_NOT_SET}", "model.model_name", "HARNESS_NOT_SET"),
        ("model.model_name=${nothing.there}", "model.model_name", "nothing.there"),
        ("model.model_name=${nothing:1}", "model.model_name", "nothing"),
        ("~loop.nothing", "loop.nothing", "loop.nothing"),
        ("model.label='a b'", "override 'model.label=...'", "blanks"),
        ("role.allow=[file_raed]", "override 'role.allow=...'", "'file_read'"),
        ("catalogue.tools.file_read.access=root", "override 'catalogue.tools.file_read.access=...'", "root"),
        ("hydra/job_logging=none", "override 'hydra/job_logging=...'", "no setting"),
        ("=x", "override '", "no setting"),
    ],
)
def test_wrong_overrides_are_one_clear_line(override: str, name: str, told: str) -> None:
    """Every kind of wrong override is one line that names it and what to mend, and no class of a library."""
    (line,) = refused(BUNDLED, override)
    assert name in line
    assert told in line
    assert re.search(r"[A-Z]\w+(Error|Exception)\b", line) is None


def test_the_advice_names_what_exists() -> None:
    """A message about an unknown choice names no list that the command line does not have."""
    from harness.listing import LISTS

    for group in GROUPS:
        (line,) = refused(BUNDLED, f"{group}=nothing")
        assert set(re.findall(r"harness list (\w+)", line)) <= set(LISTS)


@pytest.mark.parametrize(
    ("overrides", "starts"),
    [
        (["role=chta,fiels"], ["override 'role=chta'", "override 'role=fiels'"]),
        (["roel=chat", "model=crful"], ["override 'model=crful'", "override 'roel=...'"]),
        (["a=1", "b=[", "role=chta"], ["override 'a=...'", "override 'b=...'", "override 'role=chta'"]),
        (["model=crful", "role=chta"], ["override 'model=crful'", "override 'role=chta'"]),
        (["role=chta", "loop.max_rounds=x"], ["override 'loop.max_rounds=...'", "override 'role=chta'"]),
        (["tools.allow=[x,y]", "role.allow=[z]"], ["override 'role.allow=...'", *["override 'tools.allow=...'"] * 2]),
        (["loop.max_rounds=x,y"], ["override 'loop.max_rounds=...'"]),
        (
            ["loop.texts.awaiting='{x}'", "loop.texts.limit='{y}'"],
            ["override 'loop.texts.awaiting=...'", "override 'loop.texts.limit=...'"],
        ),
    ],
)
def test_all_wrong_overrides_at_once(overrides: list[str], starts: list[str]) -> None:
    """Everything that is wrong with overrides is told at once, each thing once."""
    lines = sorted(refused(BUNDLED, *overrides))
    assert len(lines) == len(starts)
    assert [line for line, start in zip(lines, starts, strict=True) if not line.startswith(start)] == []


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "label: bad\noverly: x\nallow: 5\n",
            [
                "2:1: role: unknown key 'overly' (did you mean 'overlay'?)",
                "3:8: role.allow: must be a list of texts, or a text; quote it: '5'",
            ],
        ),
        ("overlay: x\n", ["1:1: role: 'label' is missing"]),
        ("", ["1:1: role: 'label' is missing"]),
        ("[a, b]\n", ["1:1: role: must be a mapping"]),
        ("label: bad\noverlay: 12:30\n", ["2:10: role.overlay: must be text; quote it: '12:30'"]),
        (
            "label: a b\n",
            ["1:8: role.label: a label has no blanks, '@', '~' or '+', which separate parts of a case's id"],
        ),
        (
            "label: bad\nallow: [file_read, file_raed, zzz]\n",
            [
                "2:20: role.allow: the catalogue 'assistant' has no tool 'file_raed' (did you mean 'file_read'?)",
                "2:31: role.allow: the catalogue 'assistant' has no tool 'zzz'",
            ],
        ),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, problems: list[str]) -> None:
    """What is wrong in a file is told with its line and column, all of it, in the order of the file."""
    conf = own(tmp_path / "conf", role__bad=text)
    assert refused(conf, "role=bad") == [f"{tmp_path}/conf/role/bad.yaml:{problem}" for problem in problems]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("label: bad\nlabel: worse\n", 2),
        ("label: bad\noverlay: [x\n", 2),
        ("label: bad\n\toverlay: x\n", 2),
        ("label: bad\noverlay: a: b\n", 2),
        ("label: bad\noverlay: !!python/object:os.system x\n", 2),
        ("label: bad\noverlay: !mine x\n", 2),
        ("label: bad\n---\nlabel: worse\n", 2),
        (b"label: bad\noverlay: \xff\n", 2),
        ("label: bad\noverlay: ${nothing.there}\n", 2),
        ("label: bad\noverlay: ${unclosed\n", 2),
        ("label: bad\noverlay: ${oc.env:HARNESS_NOT_SET}\n", 2),
        ("label: bad\noverlay: ???\n", 2),
        ("label: bad\n1: x\n", 2),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_files_that_cannot_be_composed(tmp_path: Path, content: str | bytes, line: int) -> None:
    """Every kind of broken file is told as such, with its name and its line."""
    lines = refused(own(tmp_path / "conf", role__bad=content), "role=bad")
    assert [told for told in lines if not told.startswith(f"{tmp_path}/conf/role/bad.yaml:{line}")] == []


@pytest.mark.parametrize("defaults", ["text", "[nothing]", "[bad]", "[{nothing: x}]", "[chat, 5]"])
def test_files_with_wrong_defaults(tmp_path: Path, defaults: str) -> None:
    """A file whose list of defaults is none, leads nowhere or leads to itself is told by its name."""
    (line,) = refused(own(tmp_path / "conf", role__bad=f"defaults: {defaults}\nlabel: bad\n"), "role=bad")
    assert "role/bad" in line


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("repeats: [\n", 1),
        (b"\xff\xfe", 1),
        ("- a\n", 1),
        (f"{DEFAULTS}repeats: x\n", 9),
        (f"{DEFAULTS}reapets: 3\n", 9),
        (f"{DEFAULTS}role: {{overlay: 5}}\n", 9),
        (f"{DEFAULTS}repeats: 1\nrepeats: 2\n", 10),
    ],
    ids=lambda value: repr(value)[-40:],
)
def test_a_wrong_primary_file(tmp_path: Path, content: str | bytes, line: int) -> None:
    """What is wrong in the project's config.yaml is told with its name and its line."""
    lines = refused(own(tmp_path / "conf", config=content))
    assert len(lines) == 1
    assert lines[0].startswith(f"{tmp_path}/conf/config.yaml:{line}")


def test_a_default_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A config.yaml that chooses what no folder has is told by that choice."""
    (line,) = refused(own(tmp_path / "conf", config=DEFAULTS.replace("role: chat", "role: nothing")))
    assert line.startswith(f"{tmp_path}/conf/config.yaml:6:")
    assert "there is no role 'nothing'" in line


def test_an_unset_group_is_told(tmp_path: Path) -> None:
    """A config.yaml that chooses nothing for a group is told what it lacks."""
    lines = refused(own(tmp_path / "conf", config="defaults:\n  - role: files\n  - _self_\n"))
    assert lines == [
        f"{tmp_path}/conf/config.yaml:1:1: '{group}' is missing" for group in sorted(set(GROUPS) - {"role"})
    ]


def test_a_config_without_self_is_taken_quietly(tmp_path: Path) -> None:
    """A list of defaults without `_self_` composes as Hydra says, without a warning of Python's."""
    conf = own(tmp_path / "conf", config=DEFAULTS.replace("  - _self_\n", "") + "repeats: 2\n")
    assert composed(conf).settings.repeats == 2


def test_wrong_files_and_overrides_at_once(tmp_path: Path) -> None:
    """Problems of several files and overrides are told together."""
    conf = own(
        tmp_path / "conf",
        role__bad="label: bad\noverly: x\n",
        model__bad="label: bad\ntimeout: never\n",
        loop__bad="label: bad\ntexts: {}\n",
    )
    lines = refused(conf, "role=bad", "model=bad", "loop=bad", "repeats=0")
    assert {line.split(": ")[0].removeprefix(f"{tmp_path}/conf/") for line in lines} == {
        "role/bad.yaml:2:1",
        "model/bad.yaml:2:10",
        "loop/bad.yaml:1:1",
        "loop/bad.yaml:2:8",
        "override 'repeats=...'",
    }


@pytest.mark.parametrize(
    "override",
    [
        f"+model.headers.X={SECRET}",
        f"model.headers.X={SECRET}",
        f"model.headers.X='Bearer {SECRET}",
        f"model.headers.X='Bearer {SECRET} ${{unclosed'",
        f"model.headers.X='{SECRET} ${{nothing.there}}'",
        f"model.headers.X='{SECRET} ${{nothing:1}}'",
        f"model.headers.X=[{SECRET}]",
        f"model.headers=[{SECRET}]",
        f"model.headers={{X: {SECRET}, Y: [1]}}",
        f"model.headres.X={SECRET}",
        f"model.api_url=http://u:{SECRET}@h/x?k=v",
        f"model.api_url='http://u:{SECRET}@h/${{unclosed'",
        f"model.api_url=[{SECRET}]",
        f"model.api_key_env=sk-{SECRET}",
        f"model.timeout={SECRET}",
        f"model.type={SECRET}",
        f"modle.api_key={SECRET}",
        f"model.api_key={SECRET}",
        f"model.headers.X=interval({SECRET})",
        f"model.headers.X=glob({SECRET})",
        f"model.headers.X={SECRET},{SECRET}[",
    ],
)
def test_no_message_shows_a_value(override: str) -> None:
    """No message about an override, whatever is wrong with it, shows its value."""
    overrides = [override, "model.label='a b'"]
    assert [line for line in refused(BUNDLED, *overrides) if SECRET in line] == []


@pytest.mark.parametrize(
    "text",
    [
        f"label: a b\nheaders: {{A: {SECRET}}}\n",
        f"label: bad\nheaders: {{A: [{SECRET}]}}\n",
        f"label: bad\nheaders: {SECRET}\n",
        f"label: bad\nheaders:\n  A: {SECRET}\n B: x\n",
        f"label: bad\nheaders: {{A: {SECRET}, A: {SECRET}}}\n",
        f"label: bad\nheaders: {{A: '{SECRET} ${{unclosed'}}\n",
        f"label: bad\nheaders: {{A: '{SECRET} ${{nothing.there}}'}}\n",
        f"label: bad\nheaders: {{A: '{SECRET} ${{oc.env:HARNESS_NOT_SET}}'}}\n",
        f"label: a b\napi_url: http://u:{SECRET}@h\n",
        f"label: bad\napi_url: [http://u:{SECRET}@h]\n",
        f"label: bad\napi_key_env: sk-{SECRET}\n",
        f"label: bad\napi_key: {SECRET}\n",
        f"label: bad\ntimeout: {SECRET}\n",
    ],
)
def test_no_message_shows_what_stands_in_a_file(tmp_path: Path, text: str) -> None:
    """No message about a model's file, whatever is wrong with it, shows a header's value or a credential."""
    assert [line for line in refused(own(tmp_path / "conf", model__bad=text), "model=bad") if SECRET in line] == []


def test_a_composition_is_written_without_secrets() -> None:
    """A composition can be shown in a traceback without the values of headers and credentials."""
    one = composed(BUNDLED, f"+model.headers.X={SECRET}", f"model.api_url='http://u:{SECRET}@h/?key={SECRET}'")
    assert SECRET not in repr(one.settings)


def test_choices_and_labels(tmp_path: Path) -> None:
    """The choices of a group are its files' names, the project's own first; labels are what the files say."""
    conf = own(tmp_path / "conf", role__chat="label: chatty\n", role__zebra="overlay: x\n", role__notes__deep="x: 1\n")
    assert [(name, origin.bundled) for name, origin in conf.choices("role").items()] == [
        ("chat", False),
        ("coder", True),
        ("files", True),
        ("research", True),
        ("zebra", False),
    ]
    assert conf.labels("role") == {"chatty", "coder", "files", "research"}
    assert conf.choices("nothing") == {}


def test_broken_labels_are_all_told(tmp_path: Path) -> None:
    """Where labels are looked up, every file that is not YAML is told."""
    conf = own(tmp_path / "conf", role__a="label: [\n", role__b="label: {\n")
    with pytest.raises(InputError) as caught:
        conf.labels("role")
    assert [line.split(": ")[0] for line in caught.value.problems] == [
        f"{tmp_path}/conf/role/a.yaml:1:8",
        f"{tmp_path}/conf/role/b.yaml:1:8",
    ]


@pytest.mark.parametrize("folder", ["conf", "scenarios"])
def test_the_project_is_the_nearest_folder_above(tmp_path: Path, folder: str) -> None:
    """A project is where conf/ or scenarios/ lies, here or above."""
    (tmp_path / "project" / folder).mkdir(parents=True)
    (tmp_path / "project" / "a" / "b").mkdir(parents=True)
    assert project(tmp_path / "project" / "a" / "b") == tmp_path / "project"
    assert project(tmp_path / "project") == tmp_path / "project"
    (tmp_path / "project" / "a" / "scenarios").mkdir()
    assert project(tmp_path / "project" / "a" / "b") == tmp_path / "project" / "a"


def test_no_project_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no project, and a file called conf is none, the message says what to do."""
    (tmp_path / "conf").write_text("", "utf-8")
    assert project(tmp_path) is None
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"no project here: .*--root"):
        Root(None)
