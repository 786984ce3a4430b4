"""A claim on a file or folder keeps others off it, in this process and in others, until its process ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.claim import Claim, held

HOLDING = """
import sys, time
from pathlib import Path
from harness.claim import Claim
claim = Claim(Path(sys.argv[1]))
print(claim.held, flush=True)
time.sleep(60)
"""


@pytest.fixture(params=["file", "folder"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a file or a folder."""
    path = tmp_path / "place"
    if request.param == "file":
        path.touch()
    else:
        path.mkdir()
    return path


def test_one_has_it_at_a_time(place: Path) -> None:
    """A claim is ours until it is released, and another's for everyone else."""
    one, other = Claim(place), Claim(place)
    assert (one.held, other.held) == ("ours", "another's")
    one.release()
    with Claim(place) as next_one:
        assert next_one.held == "ours"
    assert Claim(place).held == "ours"


def test_it_ends_with_its_process(place: Path) -> None:
    """What another process has is ours as soon as that is killed."""
    with subprocess.Popen([sys.executable, "-c", HOLDING, place], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ours\n"
        assert Claim(place).held == "another's"
        process.kill()
        process.wait()
    assert Claim(place).held == "ours"


def test_what_has_gone_is_not_ours(place: Path, tmp_path: Path) -> None:
    """A file or folder that was moved away before it was claimed is another's, also where a new one has its name."""
    handle = os.open(place, os.O_RDONLY)
    place.rename(tmp_path / "elsewhere")
    assert held(handle, place) == "another's"
    place.mkdir()
    assert held(handle, place) == "another's"
    os.close(handle)


def test_where_there_are_no_locks(tmp_path: Path) -> None:
    """Where the system cannot lock, that is told."""
    reading, writing = os.pipe()
    os.close(reading)
    os.close(writing)
    assert held(reading, tmp_path) == "unlockable"


def test_only_what_stands_there_can_be_claimed(tmp_path: Path) -> None:
    """Nothing is made, and no link is followed."""
    with pytest.raises(FileNotFoundError):
        Claim(tmp_path / "a")
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").touch()
    with pytest.raises(OSError, match="symbolic link"):
        Claim(tmp_path / "a")
