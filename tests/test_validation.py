"""Every mistake of a project, found at once."""

from pathlib import Path

import pytest

from harness.errors import InputError
from harness.project import Conf
from harness.selection import select
from harness.settings import GROUPS
from harness.validation import validate

pytestmark = pytest.mark.slow

GOOD = "title: A scenario.\nturns: [{user: Hello}]\n"
SCRIPT = "any: [text: Hello!]\n"
BUNDLED = sum(len(Conf(None).choices(group)) for group in GROUPS)


def written(root: Path, **texts: str) -> Path:
    """Write files of a project, `a__b` standing for `a/b` and `_script` for a script, and return its folder."""
    for name, text in texts.items():
        path = root / f"{name.replace('__', '/').replace('_script', '.script')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def checked(root: Path, *words: str) -> str:
    """Return what is said of a project without a mistake."""
    folder = root / "scenarios"
    return validate(Conf(root / "conf"), folder, words, lambda named: select(folder, named))


def mistakes(root: Path, *words: str) -> list[str]:
    """Return the mistakes of a project, its folder left out."""
    with pytest.raises(InputError) as caught:
        checked(root, *words)
    return [line.replace(f"{root}/", "") for line in caught.value.problems]


def test_a_project_without_a_mistake(tmp_path: Path) -> None:
    """A right project is told what was checked."""
    root = written(tmp_path, scenarios__a__b=GOOD, scenarios__a__b_script=SCRIPT, scenarios__c=GOOD)
    written(root, conf__role__mine="label: mine\n", conf__role__chat="label: chat\noverlay: mine\n")
    assert checked(root) == f"2 scenarios, 1 script and {BUNDLED + 1} settings files: nothing is wrong"


def test_scenarios_are_planned_under_their_own_choices(tmp_path: Path) -> None:
    """A scenario that chooses a catalogue is held against that one, and a name that it lacks is told with its line."""
    garden = f"{GOOD}under: {{catalogue: garden}}\ntools: {{plants_list: mint}}\n"
    catalogue = "label: garden\ntools: {plants_list: {description: List the plants.}}\n"
    root = written(tmp_path, scenarios__a=garden, scenarios__b=GOOD, conf__catalogue__garden=catalogue)
    assert checked(root) == f"2 scenarios, no scripts and {BUNDLED + 1} settings files: nothing is wrong"
    written(root, scenarios__a=garden.replace("plants_list", "plant_list"))
    said = "the catalogue 'garden' has no tool 'plant_list' (did you mean 'plants_list'?)"
    assert mistakes(root) == [f"scenarios/a.yaml:4:9: {said}"]


def test_every_broken_file_is_told_in_order(tmp_path: Path) -> None:
    """All mistakes of settings, scenarios and scripts are told at once, sorted by file, line and column."""
    root = written(
        tmp_path,
        scenarios__b="titel: x\nturns:\n  - user: 5\n",
        scenarios__a__x="title: [\n",
        scenarios__c=f"{GOOD}#\n#\n#\n#\n#\n#\nnine: 1\nten: 1\n",
        scenarios__c_script="any: [{txt: x}]\ncareful: 5\n",
        scenarios__d_script=SCRIPT,
        conf__role__bad="label: bad\noverly: x\nallow: 5\n",
        conf__role__worse="allow: []\n",
        conf__tools__bad="label: bad\nallow: [file_raed]\n",
        conf__loop__bad="label: bad\nfactory: nowhere\nmax_rounds: 0\n",
    )
    lines = mistakes(root)
    assert [line.split(": ")[0] for line in lines] == [
        "conf/loop/bad.yaml:2:10",
        "conf/loop/bad.yaml:3:13",
        "conf/role/bad.yaml:2:1",
        "conf/role/bad.yaml:3:8",
        "conf/role/worse.yaml:1:1",
        "conf/tools/bad.yaml:2:9",
        "scenarios/a/x.yaml:1:8",
        "scenarios/b.yaml:1:1",
        "scenarios/b.yaml:3:11",
        "scenarios/c.script.yaml:1:8",
        "scenarios/c.script.yaml:2:10",
        "scenarios/c.yaml:9:1",
        "scenarios/c.yaml:10:1",
        "scenarios/d.script.yaml:1:1",
    ]
    assert len(set(lines)) == len(lines)
    assert lines[-1].endswith(": there is no scenario d.yaml beside this script")


def test_a_broken_scenario_hides_no_other(tmp_path: Path) -> None:
    """Names that the settings do not have are told also where another scenario cannot be read."""
    root = written(
        tmp_path,
        scenarios__a="title: [\n",
        scenarios__b=f"{GOOD}as: {{access: root}}\ntools: {{file_raed: x}}\n",
    )
    assert [line.split(": ")[0] for line in mistakes(root)] == [
        "scenarios/a.yaml:1:8",
        "scenarios/b.yaml:3:14",
        "scenarios/b.yaml:4:9",
    ]


def test_names_that_no_settings_have(tmp_path: Path) -> None:
    """A tool and an access level that the catalogue lacks are told where the scenario names them, each once."""
    text = f"{GOOD}as: {{access: usr, confirm_deny: [file_raed]}}\nexpect: {{never: [zzz]}}\n"
    assert mistakes(written(tmp_path, scenarios__a=text)) == [
        "scenarios/a.yaml:3:14: there is no access level 'usr' (did you mean 'user'?); there are: guest, user, admin",
        "scenarios/a.yaml:3:34: the catalogue 'assistant' has no tool 'file_raed' (did you mean 'file_read'?)",
        "scenarios/a.yaml:4:18: the catalogue 'assistant' has no tool 'zzz'",
    ]


def test_a_scenario_with_another_ending(tmp_path: Path) -> None:
    """A file that would never run because of its ending is told."""
    root = written(tmp_path, scenarios__a=GOOD)
    (root / "scenarios" / "b.yml").write_text(GOOD, "utf-8")
    (line,) = mistakes(root)
    assert line.startswith("scenarios/b.yml:1:1: ")
    assert ".yaml" in line


def test_a_loop_that_cannot_be_imported(tmp_path: Path) -> None:
    """A loop's factory that is not there is told with the file that names it."""
    text = "defaults:\n  - production\n  - _self_\nlabel: mine\nfactory: nowhere.at.all:make\n"
    (line,) = mistakes(written(tmp_path, conf__loop__mine=text))
    assert "nowhere.at.all:make" in line
    assert line.startswith("conf/loop/mine.yaml:5:10: ")


def test_one_label_twice(tmp_path: Path) -> None:
    """Two choices of a group that carry one label, and would overwrite each other's cassettes, are told."""
    lines = mistakes(written(tmp_path, conf__model__other="label: careful\ntype: scripted\n"))
    assert [line for line in lines if "'careful'" not in line] == []
    assert any(line.startswith("conf/model/other.yaml:1:8: ") for line in lines)


BANK = "label: bank\ntools: {transfer: {description: Move money.}}\n"
OWN = "def make(state, files):\n    return {'transfer': print}\n"
RENT = "title: Rent.\nfor: {catalogue: bank}\nmodule: bank.py\ntools: {transfer: done}\nturns: [{user: Pay}]\n"


def test_a_scenario_for_another_catalogue(tmp_path: Path) -> None:
    """A scenario with its module is held against the catalogue that it is for, not against the default one."""
    root = written(tmp_path, scenarios__a=GOOD, scenarios__rent=RENT, conf__catalogue__bank=BANK)
    (root / "scenarios" / "bank.py").write_text(OWN, "utf-8")
    assert checked(root) == f"2 scenarios, no scripts and {BUNDLED + 1} settings files: nothing is wrong"
    written(root, scenarios__rent=RENT.replace("transfer:", "transfr:"))
    (root / "scenarios" / "bank.py").write_text(OWN.replace("transfer", "transfur"), "utf-8")
    assert mistakes(root) == [
        (
            "scenarios/rent.yaml:3:9: bank.py gives a tool 'transfur', which the catalogue 'bank' does not have "
            "(did you mean 'transfer'?)"
        ),
        "scenarios/rent.yaml:4:9: the catalogue 'bank' has no tool 'transfr' (did you mean 'transfer'?)",
    ]


def test_only_what_is_named_is_checked(tmp_path: Path) -> None:
    """With words, only those scenarios and their scripts are checked, and the settings."""
    root = written(
        tmp_path,
        scenarios__a=GOOD,
        scenarios__a_script="any: 5\n",
        scenarios__b="title: [\n",
        scenarios__b_script="any: 5\n",
    )
    assert mistakes(root, "a") == ["scenarios/a.script.yaml:1:6: any: must be a list"]
    written(tmp_path, scenarios__a_script=SCRIPT)
    assert checked(root, "a") == f"1 scenario, 1 script and {BUNDLED} settings files: nothing is wrong"


def test_words_that_select_nothing_are_told(tmp_path: Path) -> None:
    """A word that selects nothing is a mistake beside the others."""
    root = written(tmp_path, scenarios__a=GOOD, conf__role__bad="label: bad\noverly: x\n")
    assert [line.split(": ")[0].split(" (")[0] for line in mistakes(root, "aa", "a")] == [
        "'aa' selects no scenario in scenarios",
        "conf/role/bad.yaml:2:1",
    ]


def test_a_broken_default_is_told_once(tmp_path: Path) -> None:
    """A mistake in what every composition holds is told once."""
    root = written(tmp_path, conf__role__chat="label: chat\noverly: x\n")
    assert mistakes(root) == ["conf/role/chat.yaml:2:1: role: unknown key 'overly' (did you mean 'overlay'?)"]


WATER = "label: garden\ntools: {water: {description: Water a plant.}}\n"
DEFAULTS = """\
defaults: [{model: careful}, {persona: assistant}, {catalogue: garden}, {tools: all}, {role: chat}, {loop: production}]
"""


def test_a_catalogue_of_its_own_is_no_mistake(tmp_path: Path) -> None:
    """A project with tools of its own is right, though the package's allow-lists name others."""
    root = written(
        tmp_path, conf__catalogue__garden=WATER, conf__config=DEFAULTS, scenarios__a=f"{GOOD}tools: {{water: wet}}\n"
    )
    assert checked(root) == f"1 scenario, no scripts and {BUNDLED + 1} settings files: nothing is wrong"


def test_lists_for_one_of_several_catalogues(tmp_path: Path) -> None:
    """A list may be for any catalogue; a name that none has is a mistake, and so is a default that does not fit."""
    root = written(
        tmp_path,
        conf__catalogue__garden=WATER,
        conf__role__gardener="label: gardener\nallow: [water, wather]\n",
        conf__tools__wet="label: wet\nallow: water\n",
        conf__tools__typo="label: typo\nallow: file_raed\n",
        conf__tools__all="label: all\nallow: [water]\n",
        scenarios__a=f"{GOOD}tools: {{file_read: x}}\n",
    )
    assert mistakes(root) == [
        "conf/role/gardener.yaml:2:16: role.allow: no catalogue has a tool 'wather' (did you mean 'water'?)",
        "conf/tools/all.yaml:2:9: tools.allow: the catalogue 'assistant' has no tool 'water'",
        "conf/tools/typo.yaml:2:8: tools.allow: no catalogue has a tool 'file_raed' (did you mean 'file_read'?)",
    ]
