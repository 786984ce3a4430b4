"""A new scenario: right and green as it stands, with parts that are right too, and never over what is there."""

import re
from datetime import date
from pathlib import Path

import pytest

from harness.case import plan
from harness.cli import main
from harness.composition import compose
from harness.drafting import draft
from harness.errors import InputError
from harness.root import Root

from .project import write

DAY = date(2026, 3, 1)
BANK = """\
label: bank
levels: [clerk, boss]
tools:
  balance:
    description: Tell the balance of an account.
    access: clerk
    parameters: {type: object, properties: {account: {type: string, pattern: '^[0-9]+$'}}, required: [account]}
  transfer:
    description: Move money.
    access: clerk
    confirm: true
    parameters:
      type: object
      properties: {amount: {type: integer, minimum: 5}, day: {type: string, format: date}, kind: {enum: [giro, cash]}}
      required: [amount, day, kind]
"""
CONFIG = (
    "defaults: [{model: careful}, {persona: terse}, {catalogue: bank}, {tools: all}, {role: chat}, {loop: tolerant}]\n"
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with no scenario yet, which is the current folder."""
    (tmp_path / "scenarios").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def drafted(here: Path, name: str = "garden/tomatoes") -> str:
    """Return the text of a scenario that is drafted."""
    draft(Root(here), name, DAY)
    return (here / f"scenarios/{name}.yaml").read_text("utf-8")


def parts(text: str) -> list[list[int]]:
    """Return the numbers of the lines of each part that stands in a draft as a comment."""
    found: list[list[int]] = []
    for number, line in enumerate(text.splitlines()):
        if match := re.match(r" *# ( *)", line):
            if match[1]:
                found[-1].append(number)
            elif number:
                found.append([number])
    return found


def with_part(text: str, part: list[int]) -> str:
    """Return a draft with one of its parts as no comment."""
    lines = text.splitlines()
    for number in part:
        lines[number] = lines[number].replace("# ", "", 1)
    return "\n".join([*lines, ""])


@pytest.mark.slow
def test_a_draft_is_green(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was written is told with what to type, and the scenario is right, recorded and replayed as it stands."""
    assert main(["new", "garden/herbs/basil"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "scenarios/garden/herbs/basil.yaml",
        "scenarios/garden/herbs/basil.script.yaml",
        "scenarios/scenario.schema.json",
        "scenarios/script.schema.json",
        "",
        "say in it what the user asks and what must come out, then type:",
        "  harness record garden/herbs/basil",
    ]
    for command in (["validate"], ["record", "garden/herbs/basil"], ["run", "garden/herbs/basil"]):
        assert main(command) == 0, capsys.readouterr()
    assert "1 case replayed" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("catalogue", ["assistant", "bank"])
def test_each_part_is_right(here: Path, capsys: pytest.CaptureFixture[str], catalogue: str) -> None:
    """Each part that stands there as a comment, and all of them together, may be made a part of the scenario."""
    if catalogue == "bank":
        write(here, conf__catalogue__bank=BANK, conf__config=CONFIG)
    text = drafted(here)
    path = here / "scenarios/garden/tomatoes.yaml"
    found = parts(text)
    assert len(found) >= 10
    whole, root = text, Root(here)
    settings = compose(root.conf)
    for part in found:
        whole = with_part(whole, part)
        path.write_text(with_part(text, part), "utf-8")
        assert len(plan(root.select(["garden"]), settings)) == 1
    path.write_text(whole, "utf-8")
    assert main(["validate", "garden"]) == 0, capsys.readouterr().err


@pytest.mark.slow
def test_a_draft_for_other_tools(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where no tool reads files, a tool of the project's own is called as its schema wants, its question answered."""
    write(here, conf__catalogue__bank=BANK, conf__config=CONFIG)
    text = drafted(here)
    assert "as: {access: boss}" in text.splitlines()[3 + 1]
    assert "- transfer: {amount: 5, day: '2026-03-01', kind: giro}" in text
    assert "- confirm: [transfer]" in text
    assert main(["record", "garden"]) == 0, capsys.readouterr()
    assert main(["run", "garden"]) == 0


@pytest.mark.slow
def test_a_draft_without_tools(here: Path) -> None:
    """Where nothing is offered, the model only answers."""
    config = CONFIG.replace("tools: all", "tools: none").replace("bank", "assistant")
    write(here, conf__config=config)
    assert "calls: {exact: []}" in drafted(here)
    assert main(["record", "garden"]) == 0
    assert main(["run", "garden"]) == 0


def test_a_real_model_needs_no_script(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the default model is a real one, no script is written."""
    write(here, conf__config=CONFIG.replace("careful", "ollama").replace("bank", "assistant"))
    assert main(["new", "garden/tomatoes", "--root", str(here)]) == 0
    assert "script.yaml" not in capsys.readouterr().out
    assert [path.name for path in (here / "scenarios/garden").iterdir()] == ["tomatoes.yaml"]


def test_from_elsewhere_the_command_names_the_project(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command to type names the project, where that is not the current folder or one above it."""
    (here / "else where").mkdir()
    (here / "scenarios").rename(here / "else where/scenarios")
    assert main(["new", "a/b", "--root", "else where"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "  harness record a/b --root 'else where'"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tomatoes", "it stands in an area, such as talk/tomatoes"),
        ("", "write AREA/NAME"),
        ("a b/c", "each part between '/' is made of letters, digits, '_' and '-', and 'a b' is not"),
        ("a/b.c", "each part between '/' is made of letters, digits, '_' and '-', and 'b.c' is not"),
        ("a/../b", "each part between '/' is made of letters, digits, '_' and '-', and '..' is not"),
        ("a//b", "each part between '/' is made of letters, digits, '_' and '-', and '' is not"),
        ("a/b/", "each part between '/' is made of letters, digits, '_' and '-', and '' is not"),
        ("/a/b", "it is no path of this machine, but AREA/NAME below scenarios/"),
        ("a/con", "some file systems take no file or folder 'con'"),
        (f"a/{'n' * 200}", f"some file systems take no file or folder '{'n' * 200}'"),
        ("scenarios/a/b.yaml", "it is called by its area and name alone, without folder and ending: a/b"),
        ("Talk/b", "'talk' is there already, which some file systems take for 'Talk'"),
        ("talk/Hello", "'hello' is there already, which some file systems take for 'Hello'"),
    ],
)
def test_names_that_cannot_be(here: Path, capsys: pytest.CaptureFixture[str], name: str, said: str) -> None:
    """A name that some file system or command would take for something else is refused in a line."""
    write(here, scenarios__talk__hello="mine")
    assert main(["new", name]) == 2
    assert capsys.readouterr() == ("", f"'{name}' cannot name a scenario: {said}\n")
    assert [path.name for path in (here / "scenarios").rglob("*")] == ["talk", "hello.yaml"]


@pytest.mark.parametrize("words", [[], ["a/b", "c/d"]])
def test_one_name(here: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """One scenario is named, no more and no less."""
    assert main(["new", *words]) == 2
    said = "harness new: name one scenario, in the folder that it belongs to: harness new AREA/NAME\n"
    assert capsys.readouterr() == ("", said)


def test_what_is_there_stays(here: Path) -> None:
    """Scenario and script that are there are both named, and stay."""
    write(here, scenarios__a__b="mine", scenarios__a__b_script="mine")
    with pytest.raises(InputError) as caught:
        draft(Root(here), "a/b", DAY)
    assert caught.value.problems == (
        "scenarios/a/b.yaml: is there already; choose another name",
        "scenarios/a/b.script.yaml: is there already; choose another name",
    )
    assert (here / "scenarios/a/b.yaml").read_text("utf-8") == "mine"


def test_a_script_of_nobody_is_in_the_way(here: Path) -> None:
    """A script that stands alone is named, and no scenario is written beside it."""
    write(here, scenarios__a__b_script="mine")
    with pytest.raises(InputError, match=r"^scenarios/a/b\.script\.yaml: is there already; choose another name$"):
        draft(Root(here), "a/b", DAY)
    assert not (here / "scenarios/a/b.yaml").exists()


def test_a_file_in_the_place_of_an_area(here: Path) -> None:
    """A file where the area's folder shall be is named."""
    (here / "scenarios/a").write_text("mine", "utf-8")
    with pytest.raises(InputError, match=r"^scenarios/a: is there already; choose another name$"):
        draft(Root(here), "a/b", DAY)


def test_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """In a folder that is no project, the error says how to start one."""
    monkeypatch.chdir(tmp_path)
    assert main(["new", "a/b"]) == 2
    assert "start one with 'harness init'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_day_until_which_a_failure_may_be_known(here: Path) -> None:
    """The day that a draft names for a known failure lies a month ahead."""
    assert "until: 2026-03-31}" in drafted(here)
