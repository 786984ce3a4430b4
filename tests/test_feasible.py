"""What settings rule out is found where the scenario says it."""

from pathlib import Path

import pytest

from harness.errors import InputError
from harness.project import Conf
from harness.root import Root
from harness.validation import validate
from tests.project import write

pytestmark = pytest.mark.slow

CATALOGUE = """\
label: shop
tools:
  find: {description: Find., parameters: {type: object, properties: {text: {type: string}, limit: {type: integer}}}}
  refund: {description: Pay back., confirm: true, parameters: {type: object, properties: {order: {type: string}}}}
  audit: {description: Look at all., access: admin}
"""
UNDER = "title: T.\nunder: {catalogue: shop}\n"


def problems(root: Path, scenario: str, script: str = "", **conf: str) -> list[str]:
    """Return what is wrong with a scenario in a small shop, less the name of its file."""
    write(root, conf__catalogue__shop=CATALOGUE, scenarios__a=UNDER + scenario, **conf)
    if script:
        write(root, scenarios__a_script=script)
    here = Root(root)
    with pytest.raises(InputError) as caught:
        validate(Conf(root / "conf"), here.scenarios, [], here.select)
    return [line.replace(f"{root}/scenarios/", "") for line in caught.value.problems]


TURN = "turns:\n  - user: Go.\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            TURN + "    answers: [{deny: [find]}]\n",
            "a.yaml:5:23: find runs without a question; asked about are: refund",
        ),
        (
            "as: {confirm_allow: refund}\n" + TURN + "    answers: [{confirm: refund}]\n",
            "a.yaml:6:25: refund runs without a question; asked about are: none",
        ),
        (
            TURN + "    expect: {checkpoints: [[find]]}\n",
            "a.yaml:5:28: find runs without a question; asked about are: refund",
        ),
        (
            TURN + "    expect:\n      calls: {exact: [{find: {text: x}, decision: denied}]}\n",
            "a.yaml:6:51: find runs without a question; asked about are: refund",
        ),
        (
            TURN + "    expect:\n      calls: {exact: [{find: {txt: x}}]}\n",
            "a.yaml:6:31: find has no argument 'txt' (did you mean 'text'?)",
        ),
        (
            "tools:\n  find: {when: {limit: three}, returns: x}\n" + TURN,
            "a.yaml:4:24: the argument 'limit' of find must be a whole number, not 'three'",
        ),
        (
            TURN + "reference: [{refund: {order: 5}}]\n",
            "a.yaml:5:30: the argument 'order' of refund must be text, not 5; quote it where text is meant",
        ),
        (
            TURN + "    expect: {calls: {exact: [audit]}}\n",
            "a.yaml:5:30: audit is expected, and it needs the access level admin; the user has user",
        ),
    ],
)
def test_what_cannot_be_is_told_at_its_place(tmp_path: Path, text: str, said: str) -> None:
    """Answers, arguments and calls that no run could show are told, each at its line."""
    assert problems(tmp_path, text) == [said]


def test_a_tool_that_no_list_allows(tmp_path: Path) -> None:
    """A tool expected though the role's list leaves it out is told with the list."""
    lean = {"conf__role__lean": "label: lean\nallow: [find]\n"}
    text = "under: {catalogue: shop, role: lean}\n" + TURN + "    expect: {calls: {exact: [refund]}}\n"
    write(tmp_path, conf__catalogue__shop=CATALOGUE, scenarios__a="title: T.\n" + text, **lean)
    here = Root(tmp_path)
    with pytest.raises(InputError) as caught:
        validate(Conf(tmp_path / "conf"), here.scenarios, [], here.select)
    said = "refund is expected, and nobody offers it: not among those allowed in role lean"
    assert [line.partition(": ")[2] for line in caught.value.problems] == [said]


def test_a_slip_in_a_script(tmp_path: Path) -> None:
    """A script's call with a name that is nearly right is a slip; a wrong value may be what the model is to play."""
    script = "any:\n  - - calls: [{find: {txt: x}}, {find: {limit: many}}, {fnd: {}}]\n    - text: Done.\n"
    assert problems(tmp_path, TURN, script) == [
        "a.script.yaml:2:23: find has no argument 'txt' (did you mean 'text'?)",
        "a.script.yaml:2:57: there is no tool 'fnd' (did you mean 'find'?)",
    ]


def test_a_scenario_under_settings_of_its_own_is_no_mistake(tmp_path: Path) -> None:
    """A scenario is held against the settings that it chooses, not against the project's defaults."""
    write(tmp_path, conf__catalogue__shop=CATALOGUE, scenarios__a=UNDER + "tools: {find: nothing}\n" + TURN)
    here = Root(tmp_path)
    assert validate(Conf(tmp_path / "conf"), here.scenarios, [], here.select).endswith("nothing is wrong")
