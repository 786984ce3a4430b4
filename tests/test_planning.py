"""Which settings each scenario runs under: the command line's, its own choices, the project's."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.composition import compose
from harness.errors import InputError
from harness.planning import chosen, left_out, plan_all, settle
from harness.root import Root
from harness.scenario import Under
from tests.project import HELLO, write

TERSE = HELLO.replace("turns:", "under: {persona: terse, model: hasty}\nturns:")
GARDEN = """\
title: The list is read.
under: {catalogue: garden, tools: all}
tools: {plants_list: mint}
turns: [{user: Go.}]
"""


def project(root: Path) -> Path:
    """Write a project of three scenarios, two of which choose settings of their own, and return its folder."""
    return write(
        root,
        conf__role__kind="label: kind\noverlay: Be kind.\n",
        conf__persona__terse="label: terse\npreamble: Be brief.\n",
        conf__catalogue__garden="label: garden\ntools: {plants_list: {description: List the plants.}}\n",
        scenarios__c_plain=HELLO,
        scenarios__b_terse=TERSE,
        scenarios__a_garden=GARDEN,
    )


def cases(root: Path, *overrides: str) -> list[str]:
    """Return the ids of the cases that a project has under overrides."""
    own = Root(root)
    scenarios = own.select([], overrides=overrides)
    return [case.id for case in plan_all(scenarios, settle(own.conf, scenarios, overrides))]


def refusals(root: Path, *overrides: str) -> tuple[str, ...]:
    """Return why a project's cases cannot be planned."""
    with pytest.raises(InputError) as raised:
        cases(root, *overrides)
    return raised.value.problems


@pytest.mark.parametrize(
    ("overrides", "ids"),
    [
        (
            [],
            [
                "a_garden@careful/chat+all~catalogue=garden",
                "b_terse@hasty/chat+all~persona=terse",
                "c_plain@careful/chat+all",
            ],
        ),
        (
            ["model=stubborn"],
            [
                "a_garden@stubborn/chat+all~catalogue=garden",
                "b_terse@stubborn/chat+all~persona=terse",
                "c_plain@stubborn/chat+all",
            ],
        ),
        (
            ["model=careful,hasty", "role=kind", "repeats=1"],
            [
                "a_garden@careful/kind+all~catalogue=garden",
                "a_garden@hasty/kind+all~catalogue=garden",
                "b_terse@careful/kind+all~persona=terse",
                "b_terse@hasty/kind+all~persona=terse",
                "c_plain@careful/kind+all",
                "c_plain@hasty/kind+all",
            ],
        ),
    ],
)
def test_cases(tmp_path: Path, overrides: Sequence[str], ids: list[str]) -> None:
    """Cases stand in the order of their scenarios, each under its own choices, of which the command line makes some."""
    assert cases(project(tmp_path), *overrides) == ids


def test_each_choice_is_composed_once(tmp_path: Path) -> None:
    """Scenarios that choose alike share their settings, which are those of the same choices on the command line."""
    root = write(project(tmp_path), scenarios__b_more=TERSE)
    own = Root(root)
    settled = settle(own.conf, own.select([]), ["repeats=2"])
    assert settled == {
        under: compose(own.conf, overrides)
        for under, overrides in (
            (Under(catalogue="garden", tools="all"), ["catalogue=garden", "tools=all", "repeats=2"]),
            (Under(model="hasty", persona="terse"), ["model=hasty", "persona=terse", "repeats=2"]),
            (Under(), ["repeats=2"]),
        )
    }


def test_without_scenarios_there_are_settings(tmp_path: Path) -> None:
    """Where there is no scenario, the settings of the command line are judged all the same."""
    own = Root(project(tmp_path))
    assert settle(own.conf, (), ["model=hasty"]) == {Under(): compose(own.conf, ["model=hasty"])}
    with pytest.raises(InputError, match="there is no model 'hasti'"):
        settle(own.conf, (), ["model=hasti"])


@pytest.mark.parametrize(
    ("overrides", "all_of_them"),
    [
        ([], ["model=hasty", "role=files"]),
        (["role=chat"], ["model=hasty", "role=chat"]),
        (["model=careful,stubborn"], ["role=files", "model=careful,stubborn"]),
        (["model.timeout=3"], ["model=hasty", "role=files", "model.timeout=3"]),
        (["~role"], ["model=hasty", "~role"]),
        (["+role=chat", "model=glob(*)"], ["+role=chat", "model=glob(*)"]),
    ],
)
def test_choices_as_overrides(overrides: list[str], all_of_them: list[str]) -> None:
    """What the command line chooses takes the place of a scenario's own choice; values of a choice do not."""
    assert chosen(Under(model="hasty", role="files"), overrides) == all_of_them


@pytest.mark.parametrize("name", ["a b", "é", "a=b", "a,b", "it's", "null", "7"])
def test_files_of_any_name_can_be_chosen(tmp_path: Path, name: str) -> None:
    """A scenario may choose a file whatever it is called, also where the command line would need quotes."""
    root = write(tmp_path, scenarios__a=HELLO.replace("turns:", f'under: {{persona: "{name}"}}\nturns:'))
    write(root, **{f"conf__persona__{name}": "label: odd\npreamble: Be odd.\n"})
    own = Root(root)
    scenarios = own.select([])
    (case,) = plan_all(scenarios, settle(own.conf, scenarios, ()))
    assert case.settings.persona.preamble == "Be odd."


def test_unknown_choices_are_told_with_their_place(tmp_path: Path) -> None:
    """Each choice that no folder has is told at its line with the nearest one, unless the command line makes it."""
    text = HELLO.replace("turns:", "under:\n  persona: ters\n  model: hastie\n  loop: nowhere\nturns:")
    root = write(project(tmp_path), scenarios__d=text)
    place = f"{root}/scenarios/d.yaml"
    said = (
        f"{place}:5:10: there is no model 'hastie' (did you mean 'hasty'?)",
        f"{place}:4:12: there is no persona 'ters' (did you mean 'terse'?)",
        f"{place}:6:9: there is no loop 'nowhere'",
    )
    assert refusals(root) == said
    assert refusals(root, "model=hasty", "loop=tolerant") == said[1:2]


def test_unknown_groups_are_told_with_their_place(tmp_path: Path) -> None:
    """A scenario chooses settings of the six groups, and a word that is none of them is told at its line."""
    root = write(tmp_path, scenarios__a=HELLO.replace("turns:", "under: {personna: terse}\nturns:"))
    (told,) = refusals(root)
    assert told.startswith(f"{root}/scenarios/a.yaml:3:9: ")
    assert told.endswith("(did you mean 'persona'?)")


def test_a_registry_has_choices_of_its_own(tmp_path: Path) -> None:
    """A role of the registry that the command line names can be chosen by a scenario, too."""
    root = write(tmp_path, scenarios__a=HELLO.replace("turns:", "under: {role: gardener}\nturns:"))
    registry = root / "model_registry.json"
    registry.write_text(
        '{"models": {"m": {"type": "local_openai", "api_url": "http://m.example/v1", "model_name": "m"}},'
        ' "roles": {"orchestrator": {"primary": "m"}, "gardener": {"primary": "m"}}}',
        "utf-8",
    )
    assert refusals(root) == (f"{root}/scenarios/a.yaml:3:15: there is no role 'gardener'",)
    assert cases(root, f"registry={registry}") == ["a@m/gardener+all"]


def test_what_a_scenario_names_is_held_against_its_own_catalogue(tmp_path: Path) -> None:
    """A tool that the chosen catalogue does not have is told at its line, for scenarios of every choice at once."""
    root = write(
        project(tmp_path),
        scenarios__a_garden=GARDEN.replace("plants_list: mint", "plant_list: mint"),
        scenarios__c_plain=HELLO.replace("turns:", "tools: {file_red: x}\nturns:"),
    )
    first = "a_garden.yaml:3:9: the catalogue 'garden' has no tool 'plant_list' (did you mean 'plants_list'?)"
    other = "c_plain.yaml:3:9: the catalogue 'assistant' has no tool 'file_red' (did you mean 'file_read'?)"
    assert refusals(root) == (f"{root}/scenarios/{first}", f"{root}/scenarios/{other}")


def test_problems_of_all_settings_are_told_at_once(tmp_path: Path) -> None:
    """What is wrong with the settings of several scenarios is told once each."""
    root = write(
        project(tmp_path), conf__persona__odd="label: odd\nsection: {}\n", scenarios__d=TERSE.replace("terse", "odd")
    )
    told = refusals(root)
    assert [line.partition(": ")[0] for line in told] == [f"{root}/conf/persona/odd.yaml:2:1"]


def test_a_role_for_another_catalogue_leaves_scenarios_out(tmp_path: Path) -> None:
    """A role of the command line whose tools the chosen catalogue lacks leaves those scenarios out, and no other."""
    garden = "label: garden\ntools: {plants_list: {description: List the plants.}}\n"
    root = Root(
        write(
            tmp_path,
            conf__catalogue__garden=garden,
            scenarios__a="title: A.\nturns: [{user: Go.}]\n",
            scenarios__b="title: B.\nunder: {catalogue: garden}\nturns: [{user: Go.}]\n",
        )
    )
    scenarios = root.select([])
    settled = settle(root.conf, scenarios, ["role=files"])
    assert left_out(scenarios, settled) == ["b"]
    assert [case.id for case in plan_all(scenarios, settled)] == ["a@careful/files+all"]
    assert left_out(scenarios, settle(root.conf, scenarios, [])) == []
