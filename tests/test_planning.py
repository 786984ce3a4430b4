"""Which settings scenarios run under."""

from pathlib import Path

import pytest

from harness.errors import InputError
from harness.planning import chosen, plan_all, settle
from harness.project import Conf
from harness.root import Root
from harness.scenario import Under
from tests.project import write

TURNS = "turns: [{user: Go.}]\n"


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Root:
    write(
        tmp_path,
        scenarios__a=f"title: A.\n{TURNS}",
        scenarios__b=f"title: B.\nunder: {{model: hasty, persona: terse}}\n{TURNS}",
        scenarios__c=f"title: C.\n{TURNS}",
    )
    return Root(tmp_path)


@pytest.mark.parametrize(
    ("overrides", "ids"),
    [
        ([], ["a@careful/chat+all", "b@hasty/chat+all~persona=terse", "c@careful/chat+all"]),
        (["model=stubborn"], ["a@stubborn/chat+all", "b@stubborn/chat+all~persona=terse", "c@stubborn/chat+all"]),
        (
            ["persona=assistant", "role=files"],
            ["a@careful/files+all", "b@hasty/files+all", "c@careful/files+all"],
        ),
    ],
)
def test_the_command_line_comes_first(root: Root, overrides: list[str], ids: list[str]) -> None:
    """A scenario's own choices stand for the project's defaults, and what is said on the command line for both."""
    scenarios = root.select([])
    cases = plan_all(scenarios, settle(root.conf, scenarios, overrides))
    assert [case.id for case in cases] == ids


def test_choices_as_overrides() -> None:
    """Choices are overrides before those of the command line, which make some of them anew."""
    under = Under.model_validate({"model": "a", "role": "b"})
    assert chosen(under, ["role=c", "loop.max_rounds=3"]) == ["model=a", "role=c", "loop.max_rounds=3"]


def test_settings_without_scenarios(tmp_path: Path) -> None:
    """Where no scenario is there, the settings of the command line are judged all the same."""
    with pytest.raises(InputError, match="there is no"):
        settle(Conf(tmp_path), [], ["role=nobody"])


def test_a_choice_that_is_none(tmp_path: Path) -> None:
    """A choice that the project does not have is told at its place, unless the command line makes it instead."""
    root = Root(write(tmp_path, scenarios__a=f"title: A.\nunder: {{persona: ters}}\n{TURNS}"))
    with pytest.raises(InputError) as caught:
        root.select([])
    said = f"{tmp_path}/scenarios/a.yaml:2:18: there is no persona 'ters' (did you mean 'terse'?)"
    assert caught.value.problems == (said,)
    assert [one.id for one in root.select([], overrides=["persona=terse"])] == ["a"]
