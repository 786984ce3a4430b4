"""Seeded mistakes in scenarios, scripts and settings: each is told at its place, in its words, and nothing else is."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.root import Root
from harness.validation import validate
from tests.mistakes import LABEL, SCENARIOS, SCRIPT, SCRIPTS, SETTINGS, Mistake, mistakes

pytestmark = pytest.mark.slow

BESIDE = "title: A scenario of two turns.\nturns: [{user: Hello}, {user: And now?}]\n"
"""A scenario for scripts to stand beside."""


def told(root: Path, files: Mapping[str, str]) -> list[str]:
    """Return what is said of a project of these files, its folder left out."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    project = Root(root)
    try:
        validate(project.conf, project.scenarios, (), project.select)
    except InputError as error:
        return [line.replace(f"{root}/", "") for line in error.problems]
    return []


def expected(wrong: Mapping[str, Mistake]) -> list[str]:
    """Return the lines that mistakes must be told with, in the order of their files."""
    return [f"{name}:{one.place}: {one.words}" for name, one in sorted(wrong.items())]


@pytest.fixture(autouse=True)
def _no_path_of_a_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take back the folders that projects put in front of the modules."""
    monkeypatch.syspath_prepend("")


def test_mistakes_in_scenarios_and_scripts(tmp_path: Path) -> None:
    """Every slip in a scenario or a script gives its line alone, though two hundred other files are wrong as well."""
    files: dict[str, str] = {}
    wrong: dict[str, Mistake] = {}
    for kind, (base, slips) in SCENARIOS.items():
        files[f"scenarios/{kind}/right.yaml"] = base
        wrong |= {f"scenarios/{kind}/m{at:02}.yaml": one for at, one in enumerate(mistakes(base, slips))}
    files |= {"scenarios/scripts/right.yaml": BESIDE, "scenarios/scripts/right.script.yaml": SCRIPT}
    for at, one in enumerate(mistakes(SCRIPT, SCRIPTS)):
        files[f"scenarios/scripts/m{at:02}.yaml"] = BESIDE
        wrong[f"scenarios/scripts/m{at:02}.script.yaml"] = one
    assert told(tmp_path, files | {name: one.text for name, one in wrong.items()}) == expected(wrong)
    assert len(wrong) >= 200


def test_mistakes_in_settings(tmp_path: Path) -> None:
    """Every slip in a file of settings gives its line alone, though all the others are wrong as well."""
    files: dict[str, str] = {}
    wrong: dict[str, Mistake] = {}
    for group, (base, slips) in SETTINGS.items():
        files[f"conf/{group}/right.yaml"] = base.replace(LABEL, "right")
        for at, one in enumerate(mistakes(base, slips)):
            text, words = one.text.replace(LABEL, f"m{at:02}"), one.words.replace(LABEL, f"m{at:02}")
            wrong[f"conf/{group}/m{at:02}.yaml"] = one._replace(text=text, words=words)
    assert told(tmp_path, files | {name: one.text for name, one in wrong.items()}) == expected(wrong)
    assert len(wrong) >= 70
