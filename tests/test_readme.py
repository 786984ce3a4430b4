"""The front door: what the README shows is what there is."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from harness.cli import main
from harness.scenario import ScenarioFile
from tests.project import bundled

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def commands() -> list[str]:
    """Return the harness commands of the README's shell blocks that need no real model."""
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("harness ")]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the bundled project as the current folder."""
    monkeypatch.chdir(bundled(tmp_path))
    return tmp_path


@pytest.mark.slow
def test_commands_work(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command of the README exits with 0 on the bundled project, but for variants that nobody recorded."""
    assert len(commands()) >= 9
    assert main(shlex.split("run model=careful,hasty role=chat,coder,files,research")) == 0
    unrecorded = {"harness run loop.max_rounds=3 web/weather": 2}
    codes = {command: main(shlex.split(command)[1:]) for command in commands()}
    assert codes == {command: unrecorded.get(command, 0) for command in commands()}
    assert capsys.readouterr().err == ""


def test_make_targets_exist() -> None:
    """The README's make commands are targets of the Makefile, and `make run` replays what it says."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert f"\n{target}:" in makefile
    assert "harness run model=careful,hasty role=chat,coder,files,research\n" in makefile


def test_scenario_shown_is_a_scenario() -> None:
    """The scenario in the README is valid as it stands."""
    [text] = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert ScenarioFile.model_validate(yaml.safe_load(text)).turns[0].answers[0].deny == ["file_delete"]


def test_links_lead_somewhere() -> None:
    """Every relative link of every README leads to a file or a folder."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("*/README.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
