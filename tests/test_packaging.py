"""What is installed works by itself: the wheel and the editable install, from any directory."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


def run(directory: Path, *command: str | Path) -> str:
    """Return what a command that succeeds prints when it is started in a directory."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=directory, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
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


def test_wheel_works_anywhere(tmp_path: Path, project: Path, elsewhere: Path) -> None:
    """A wheel carries the package with its settings, and nothing else of the project."""
    run(ROOT, sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    settings = {path.relative_to(ROOT).as_posix() for path in (ROOT / "conf").rglob("*.yaml")}
    assert {f"harness/{name}" for name in settings} <= set(names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"harness", "tool_loop_harness"}
    assert_works(install(tmp_path / "venv", wheel), project, elsewhere)


def test_editable_install_works_anywhere(tmp_path: Path, project: Path, elsewhere: Path) -> None:
    """An editable install finds the settings beside the package."""
    assert_works(install(tmp_path / "venv", "--editable", ROOT), project, elsewhere)
