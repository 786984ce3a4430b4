"""A project's files, watched: each change is checked again, until Ctrl-C, whatever stands in them."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

GOOD = "title: A scenario.\nturns: [{user: Hello}]\n"
PATIENCE = 90


class Watcher:
    """A watching process in a terminal or a pipe, and what it has said."""

    def __init__(self, root: Path, *, terminal: bool) -> None:
        here, there = pty.openpty() if terminal else os.pipe()
        command = [sys.executable, "-m", "harness", "validate", "--watch"]
        self.process = subprocess.Popen(command, cwd=root, stdout=there, stderr=there)
        os.close(there)
        self._from = here
        self.said = ""

    def until(self, words: str) -> str:
        """Read until something is said, and return what came before it, without progress and colours."""
        end = time.monotonic() + PATIENCE
        while words not in self.said:
            if time.monotonic() > end:
                raise TimeoutError(self.said)
            try:
                some = os.read(self._from, 4096)
            except OSError:  # the terminal's other end is closed
                some = b""
            if not some:
                raise EOFError(self.said)
            self.said += some.decode().replace("\r\n", "\n")
        before, _, self.said = self.said.partition(words)
        return re.sub(r"(\r\x1b\[K[^\r\n]*)*\r\x1b\[K|\x1b\[\d*m", "", before)

    def ended(self) -> int:
        """Interrupt the process, and return its exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(PATIENCE)
        os.close(self._from)
        return code


@pytest.fixture(params=[False, True], ids=["pipe", "terminal"])
def watcher(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watcher]:
    """Watch a small project."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "a.yaml").write_text(GOOD, "utf-8")
    one = Watcher(tmp_path, terminal=request.param)
    yield one
    if one.process.poll() is None:
        one.process.kill()
        one.process.wait()


WAITS = "watching for changes; Ctrl-C ends\n"


def test_changes_are_checked(watcher: Watcher, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A file that breaks, a new folder and a file that is mended are each told with what has changed."""
    terminal = "terminal" in request.node.name
    scenario = tmp_path / "scenarios" / "a.yaml"
    assert "1 scenario, no scripts and 22 settings files: nothing is wrong\n" in watcher.until(WAITS)
    scenario.write_text(f"{GOOD}titl: x\n", "utf-8")
    changed = watcher.until("changed\n")
    assert changed == ("\x1b[2J\x1b[3J\x1b[H" if terminal else "") + "scenarios/a.yaml "
    assert watcher.until(WAITS) == "scenarios/a.yaml:3:1: unknown key 'titl' (did you mean 'title'?)\n"
    (tmp_path / "conf" / "role").mkdir(parents=True)
    watcher.until(WAITS)
    scenario.write_text("title: [\n", "utf-8")
    (tmp_path / "conf" / "role" / "own.yaml").write_text("label: own\noverlay: no\n", "utf-8")
    said = watcher.until(WAITS)
    if "conf/role/own.yaml:2" not in said:  # the two were seen one after the other
        said = watcher.until(WAITS)
    assert "conf/role/own.yaml:2:10: role.overlay: must be text; quote it: 'no'\n" in said
    assert re.search(r"scenarios/a\.yaml:1:8: not YAML: this '\[' is never closed", said)
    assert watcher.ended() == 130


def test_an_interruption_ends_the_check_as_well(watcher: Watcher) -> None:
    """Ctrl-C while a check runs ends both, with the exit code of an interruption."""
    time.sleep(1.5)
    assert watcher.ended() == 130


def test_watching_removes_nothing(tmp_path: Path) -> None:
    """Orphans are not removed again and again while somebody edits."""
    (tmp_path / "scenarios").mkdir()
    command = [sys.executable, "-m", "harness", "validate", "--watch", "--delete-orphans"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("harness validate: --watch only looks; ")
