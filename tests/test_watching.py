"""`harness validate --watch` sees what changes."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.project import write

pytestmark = pytest.mark.slow

GOOD = "title: A scenario.\nturns: [{user: Hello}]\n"


def seen(path: Path, text: str) -> str:
    """Return what was said once a text stands in it."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if text in (said := path.read_text("utf-8")):
            return said
        time.sleep(0.1)
    raise AssertionError(path.read_text("utf-8"))


def test_a_change_is_validated(tmp_path: Path) -> None:
    """A mistake is told when its file is saved, its mending too, and Ctrl-C ends it without a traceback."""
    root = write(tmp_path / "project", scenarios__a=GOOD)
    said = tmp_path / "said.txt"
    with said.open("wb") as file:
        command = [sys.executable, "-m", "harness", "validate", "--watch", "--root", str(root)]
        process = subprocess.Popen(command, stdout=file, stderr=file)
        try:
            seen(said, "all is well; watching for changes")
            time.sleep(1)
            write(root, scenarios__a=GOOD.replace("title", "titel"))
            broken = seen(said, "something is to be mended")
            assert "scenarios/a.yaml:1:1: unknown key 'titel' (did you mean 'title'?)" in broken
            write(root, reports__noise="x")
            write(root, scenarios__a=GOOD)
            until = time.monotonic() + 60
            while said.read_text("utf-8").count("all is well") < 2 and time.monotonic() < until:
                time.sleep(0.1)
            assert said.read_text("utf-8").count("changed: ") == 2
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(20)
    assert (code, "Traceback" in said.read_text("utf-8")) == (130, False)
