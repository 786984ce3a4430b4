"""What a project has to choose from."""

from pathlib import Path

import pytest

from harness.cli import main
from harness.composition import compose
from harness.errors import InputError
from harness.listing import LISTS, models, origins, roles, scenarios, tags, tools
from harness.project import Conf
from harness.terminal import Layout


def written(root: Path, **texts: str) -> Path:
    """Write files of a project, `a__b` standing for `a/b`, and return its folder."""
    for name, text in texts.items():
        path = root / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def rows(text: str) -> list[list[str]]:
    """Return the lines of a list with runs of blanks folded."""
    return [line.split() for line in text.splitlines()]


GOOD = "title: A scenario.\nturns: [{user: Hello}]\n"
PROJECT = {
    "conf__model__mine": "label: my-model\nhost_type: vllm\n",
    "conf__model__careful": "label: careful\ntype: scripted\n",
    "conf__role__pirate": "label: pirate\nallow: [web_search, file_read]\n",
    "conf__role__mute": "label: mute\nallow: []\n",
    "scenarios__files__read": f"{GOOD}tags: [smoke, short]\n",
    "scenarios__files__write": f"{GOOD.replace('A scenario', 'Another one')}tags: smoke\n",
    "scenarios__hello": f"{GOOD}",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project as the current folder."""
    monkeypatch.chdir(written(tmp_path, **PROJECT))
    return tmp_path


def test_every_list_has_its_word(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is a list for each word of the command."""
    words = ["models", "roles", "tools", "personas", "catalogues", "loops", "scenarios", "tags"]
    assert list(LISTS) == words
    for word in words:
        assert main(["list", word, "--root", str(project)]) == 0
        assert capsys.readouterr().out.startswith(word.removesuffix("s"))


def test_models(project: Path) -> None:
    """Models are listed by label with how to choose them and where they come from, the project's own in front."""
    listed = rows(models(Conf(project / "conf"), project / "scenarios", Layout()))
    assert listed[0] == ["model", "choose", "with", "type", "from"]
    assert [row for row in listed if "conf" in row[3]] == [
        ["careful", "model=careful", "scripted", "conf/model/careful.yaml,", "in", "place", "of", "the", "package's"],
        ["my-model", "model=mine", "openai", "conf/model/mine.yaml"],
    ]
    assert ["hasty", "model=hasty", "scripted", "the", "package"] in listed


def test_roles(project: Path) -> None:
    """Roles are listed with what they allow: all, nothing, or names."""
    listed = rows(roles(Conf(project / "conf"), project / "scenarios", Layout()))
    assert listed[0] == ["role", "choose", "with", "tools", "from"]
    assert [row for row in listed if row[0] in ("chat", "pirate", "mute")] == [
        ["chat", "role=chat", "all", "the", "package"],
        ["mute", "role=mute", "none", "conf/role/mute.yaml"],
        ["pirate", "role=pirate", "web_search,", "file_read", "conf/role/pirate.yaml"],
    ]


def test_tools(project: Path) -> None:
    """Tools are listed with access and confirmation, the allow-lists behind them."""
    first, second = tools(Conf(project / "conf"), project / "scenarios", Layout()).split("\n\n")
    assert rows(first)[0] == ["tool", "access", "confirm", "description", "from"]
    assert rows(first)[1][-2:] == ["the", "package"]
    assert {tuple(row[:3]) for row in rows(first)} >= {
        ("web_search", "guest", "Search"),
        ("file_delete", "user", "asks"),
        ("shell_exec", "admin", "asks"),
    }
    assert [row[:3] for row in rows(second)] == [
        ["allow-list", "choose", "with"],
        ["all", "tools=all", "all"],
        ["none", "tools=none", "none"],
        ["readonly", "tools=readonly", "web_search,"],
    ]


def test_personas_catalogues_and_loops(project: Path) -> None:
    """Personas are listed with their sections, catalogues with their tools, loops by name."""
    written(
        project,
        conf__persona__sailor="label: sailor\nsections: {Identity: A sailor., Ship: {file: ship.md}}\n",
        conf__catalogue__bank="label: bank\ntools: {transfer: {description: Move money.}, balance: {}}\n",
        conf__loop__ours="label: ours\nfactory: adapter:make\n",
    )
    told = [
        rows(LISTS[word](Conf(project / "conf"), project, Layout())) for word in ("personas", "catalogues", "loops")
    ]
    own = [[row for row in listed if row[-1].startswith("conf/")] for listed in told]
    assert own == [
        [["sailor", "persona=sailor", "Identity,", "Ship", "conf/persona/sailor.yaml"]],
        [["bank", "catalogue=bank", "transfer,", "balance", "conf/catalogue/bank.yaml"]],
        [["ours", "loop=ours", "conf/loop/ours.yaml"]],
    ]


def test_tools_of_the_projects_own(project: Path) -> None:
    """The tools of a catalogue that stands for the package's are said to come from its file."""
    written(project, conf__catalogue__assistant="label: assistant\ntools: {water: {description: Water it.}}\n")
    first, _ = tools(Conf(project / "conf"), project / "scenarios", Layout()).split("\n\n")
    place = ["conf/catalogue/assistant.yaml,", "in", "place", "of", "the", "package's"]
    assert rows(first)[1:] == [["water", "user", "Water", "it.", *place]]


CONFIG = """\
defaults: [{model: mine}, {persona: assistant}, {catalogue: assistant}, {tools: all}, {role: pirate}, {loop: tolerant}]
"""


def test_origins(project: Path) -> None:
    """Each group is told with its choice, the file or override that made it, and the file it comes from."""
    bare, told = Conf(project / "conf"), Conf(written(project / "told", **PROJECT, conf__config=CONFIG) / "conf")
    (default,), (other,) = compose(bare), compose(told, ["role=chat", "loop.max_rounds=3"])
    assert rows(origins(bare, default, Layout())) == [
        ["group", "choice", "chosen", "by", "from"],
        ["model", "careful", "the", "package", "conf/model/careful.yaml,", "in", "place", "of", "the", "package's"],
        *([group, "assistant", "the", "package", "the", "package"] for group in ("persona", "catalogue")),
        ["tools", "all", "the", "package", "the", "package"],
        ["role", "chat", "the", "package", "the", "package"],
        ["loop", "production", "the", "package", "the", "package"],
    ]
    assert [row for row in rows(origins(told, other, Layout())) if row[0] in ("role", "loop")] == [
        ["role", "chat", "override", "role=chat", "the", "package"],
        ["loop", "tolerant", "told/conf/config.yaml", "the", "package"],
    ]


def test_scenarios_and_tags(project: Path) -> None:
    """Scenarios are listed by id with titles and tags, tags with how many carry them."""
    conf, folder = Conf(project / "conf"), project / "scenarios"
    assert rows(scenarios(conf, folder, Layout())) == [
        ["scenario", "title", "tags"],
        ["files/read", "A", "scenario.", "smoke,", "short"],
        ["files/write", "Another", "one.", "smoke"],
        ["hello", "A", "scenario."],
    ]
    assert rows(tags(conf, folder, Layout())) == [["tag", "scenarios"], ["short", "1"], ["smoke", "2"]]


def test_numbers_stay_text(tmp_path: Path) -> None:
    """A tag or label that looks like a number is shown as it is written."""
    root = written(tmp_path, scenarios__a=f"{GOOD}tags: ['007', '1e3']\n", conf__role__x="label: '0012'\n")
    assert rows(tags(Conf(None), root / "scenarios", Layout())) == [["tag", "scenarios"], ["007", "1"], ["1e3", "1"]]
    assert "0012" in [row[0] for row in rows(roles(Conf(root / "conf"), root, Layout()))]


def test_nothing_to_list(tmp_path: Path) -> None:
    """Without scenarios the lists are empty but for their heads."""
    assert rows(scenarios(Conf(None), tmp_path, Layout())) == [["scenario", "title", "tags"]]
    assert rows(tags(Conf(None), tmp_path / "nowhere", Layout())) == [["tag", "scenarios"]]


@pytest.mark.parametrize("name", ["scenarios", "tags"])
def test_broken_scenarios_are_all_told(tmp_path: Path, name: str) -> None:
    """Every broken scenario is told, in the order of files and lines, instead of a list that lacks them."""
    root = written(
        tmp_path,
        scenarios__b="titel: x\nturns: [{user: 5}]\n",
        scenarios__a="title: [\n",
        scenarios__c=f"{GOOD}tag: x\n",
    )
    with pytest.raises(InputError) as caught:
        LISTS[name](Conf(None), root / "scenarios", Layout())
    assert [line.split(": ")[0].removeprefix(f"{root}/scenarios/") for line in caught.value.problems] == [
        "a.yaml:1:8",
        "b.yaml:1:1",
        "b.yaml:2:16",
        "c.yaml:3:1",
    ]


@pytest.mark.parametrize(("name", "group"), [("models", "model"), ("roles", "role")])
def test_broken_settings_are_all_told(tmp_path: Path, name: str, group: str) -> None:
    """Every file of a group that is not YAML is told."""
    root = written(tmp_path, **{f"conf__{group}__a": "label: [\n", f"conf__{group}__b": "label: {\n"})
    with pytest.raises(InputError) as caught:
        LISTS[name](Conf(root / "conf"), root, Layout())
    assert [line.split(": ")[0].removeprefix(f"{root}/conf/{group}/") for line in caught.value.problems] == [
        "a.yaml:1:8",
        "b.yaml:1:8",
    ]


def test_odd_files_are_listed_as_they_are(tmp_path: Path) -> None:
    """A file that is YAML but no role is listed by its name, for validation to tell."""
    root = written(tmp_path, conf__role__a="- x\n", conf__role__b="", conf__role__c="label: 5\nallow: text\n")
    listed = rows(roles(Conf(root / "conf"), root, Layout()))
    assert [row[:2] for row in listed if row[0] in ("a", "b", "5")] == [
        ["a", "role=a"],
        ["b", "role=b"],
        ["5", "role=c"],
    ]
