"""What is installed works by itself: the wheel and the editable install, from any directory."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from harness.starting import CI, FILES

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


def run(directory: Path, *command: str | Path, code: int = 0) -> str:
    """Return what a command that exits with `code` prints when it is started in a directory."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=directory, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def install(directory: Path, *what: str | Path) -> Path:
    """Return the scripts folder of a new environment with `what` installed, which borrows all else from this one."""
    venv.create(directory)
    (site,) = directory.glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    python = directory / "bin" / "python"
    options = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation")
    run(directory, sys.executable, "-m", "pip", "--python", python, "install", *options, *what)
    return directory / "bin"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built once."""
    folder = tmp_path_factory.mktemp("wheel")
    run(ROOT, sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project that has scenarios and nothing else."""
    (tmp_path / "project" / "scenarios").mkdir(parents=True)
    return tmp_path / "project"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Return an empty directory, far from the sources."""
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "elsewhere"


def assert_works(scripts: Path, project: Path, elsewhere: Path) -> None:
    """Assert that the command answers in a foreign directory and finds the bundled settings."""
    assert "usage: harness" in run(elsewhere, scripts / "harness", "--help")
    listed = run(elsewhere, scripts / "harness", "list", "models", "--root", project)
    assert {"careful", "hasty", "openwebui"} <= {line.split()[0] for line in listed.splitlines() if line.strip()}


def test_wheel_works_anywhere(wheel: Path, tmp_path: Path, project: Path, elsewhere: Path) -> None:
    """A wheel carries the package with its settings, its page and its starter, and nothing else of the project."""
    names = zipfile.ZipFile(wheel).namelist()
    settings = {path.relative_to(ROOT).as_posix() for path in (ROOT / "conf").rglob("*") if path.is_file()}
    assert {f"harness/{name}" for name in settings} <= set(names)
    page = {f"harness/html/{path.name}" for path in (ROOT / "harness" / "html").iterdir()}
    assert len(page & set(names)) == len(page) > 1
    starter = {name.removeprefix("harness/starter/") for name in names if name.startswith("harness/starter/")}
    copied = {*FILES.values(), *(name for files in CI.values() for name in files.values())}
    assert starter == {*copied, "README.md"}
    assert {name.split("/")[0].split("-")[0] for name in names} == {"harness", "tool_loop_harness"}
    assert_works(install(tmp_path / "venv", wheel), project, elsewhere)


def folded(text: str) -> list[str]:
    """Return the lines of a text with runs of blanks folded, without empty lines, rules and durations."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return [re.sub(r" in [\d.]+ s:", ":", line) for line in lines if line and not line.startswith("--")]


def test_a_new_project_from_a_wheel(wheel: Path, tmp_path: Path, elsewhere: Path) -> None:
    """From a wheel, in an empty folder: init, green; a changed prompt, the explained miss; record, green again."""
    harness = install(tmp_path / "venv", wheel) / "harness"
    head = "case verdict rounds calls checkpoints"
    passed = "desk/old_draft@scripted/desk+files passed 4 2 1"
    cassette = elsewhere / "cassettes/scripted/desk+files/desk/old_draft.yaml"

    assert run(elsewhere, harness, "init").splitlines()[: len(FILES)] == list(FILES)
    assert folded(run(elsewhere, harness, "run"))[:3] == [head, passed, "1 case replayed: 1 passed"]
    recorded = cassette.read_text("utf-8")

    role = elsewhere / "conf/role/desk.yaml"
    text = role.read_text("utf-8")
    assert text.count("tidy") == 1
    role.write_text(text.replace("tidy", "neat"), "utf-8")
    missed = run(elsewhere, harness, "run", code=2)
    assert folded(missed)[:2] == [head, "desk/old_draft@scripted/desk+files error, stale 0 0 0"]
    for told in (str(cassette.relative_to(elsewhere)), "tidy", "neat", "requests: harness record desk/old_draft\n"):
        assert told in missed
    assert cassette.read_text("utf-8") == recorded

    assert folded(run(elsewhere, harness, "record"))[:3] == [head, passed, "1 case recorded: 1 passed"]
    assert folded(run(elsewhere, harness, "run"))[:3] == [head, passed, "1 case replayed: 1 passed"]
    assert cassette.read_text("utf-8") != recorded
    [section] = (elsewhere / "cassettes/+shared").glob("role-desk-*.md")  # the one before is gone with its cassette
    assert "desk neat." in section.read_text("utf-8")


def test_dependencies_are_ranges() -> None:
    """Each dependency has a lower and an upper bound, and none is pinned."""
    named = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert [one for one in named if not re.fullmatch(r"[a-z][a-z0-9-]*>=\d+(\.\d+)*,<\d+(\.\d+)*", one)] == []


def test_editable_install_works_anywhere(tmp_path: Path, project: Path, elsewhere: Path) -> None:
    """An editable install finds the settings beside the package."""
    assert_works(install(tmp_path / "venv", "--editable", ROOT), project, elsewhere)
