"""Shards and other runs put together: told as one run is, with what is missing and what is there twice."""

import re
import shutil
from itertools import permutations
from pathlib import Path

import pytest

from harness.cli import main
from harness.formats import FORMATS
from tests.project import HELLO, HELLO_SCRIPT, reworded, small, write

ROLES = "role=chat,files"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a recorded project of which a case fails, with a baseline that has one scenario more."""
    root = small(tmp_path / "project")
    write(root, scenarios__talk__old=HELLO, scenarios__talk__old_script=HELLO_SCRIPT)
    monkeypatch.chdir(root)
    assert main(["record", ROLES]) == 0
    assert main(["run", ROLES, "--update-baseline"]) == 0
    for path in (root / "scenarios/talk").glob("old.*"):
        path.unlink()
    for path in (root / "cassettes/careful").glob("*/talk/old.yaml"):
        path.unlink()
    reworded(root / "cassettes/careful/files+all/talk/hello.yaml", "Hello!", "Goodbye!")
    for path in (root / "reports").glob("2*"):
        shutil.rmtree(path)
    capsys.readouterr()
    return root


def played(project: Path, *words: str) -> Path:
    """Run what is asked for and return where the run is stored, outside of the project."""
    main(["run", *words])
    [folder] = (project / "reports").glob("2*")
    downloaded = project.parent / "downloaded"
    downloaded.mkdir(exist_ok=True)
    return Path(shutil.move(folder, downloaded / f"{len(list(downloaded.iterdir()))}-{folder.name}"))


def told(capsys: pytest.CaptureFixture[str], form: str, *runs: Path) -> tuple[int, str]:
    """Return the exit code of a report and what it says, each run having one name."""
    capsys.readouterr()
    file = Path(f"report.{form}")
    code = main(["report", *map(str, runs), "--format", f"{form}={file}"])
    assert capsys.readouterr().err == (f"html: {file.resolve().as_uri()}\n" if form == "html" else "")
    return code, re.sub("|".join(map(_named, runs)), "RUN", file.read_text("utf-8"))


def _named(run: Path) -> str:
    """Return a pattern of a run's name, with its folder or without."""
    return f"(?:{re.escape(str(run.parent))}/)?{re.escape(run.name)}"


@pytest.mark.parametrize("of", [1, 3, 6])
def test_shards_are_told_as_one_run(project: Path, capsys: pytest.CaptureFixture[str], of: int) -> None:
    """However many there are and however they are named, the report of all shards is that of the run, to the byte."""
    whole = played(project, ROLES)
    shards = [played(project, ROLES, "--shard", f"{number}/{of}") for number in range(1, of + 1)]
    for form in FORMATS:
        expected = told(capsys, form, whole)
        assert expected[0] == 1
        assert told(capsys, form, *shards) == told(capsys, form, *reversed(shards)) == expected
    assert "talk/old@careful/chat+all" in told(capsys, "text", *shards)[1]


def test_any_order_will_do(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Shards are in the order of their plan, in whichever they are named."""
    shards = [played(project, ROLES, "--shard", f"{number}/3") for number in (1, 2, 3)]
    assert len({told(capsys, "text", *some) for some in permutations(shards)}) == 1


def test_a_shard_alone_tells_nothing_gone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What other shards play is not gone, and no shard is a baseline."""
    main(["run", ROLES, "--shard", "1/2"])
    out, err = capsys.readouterr()
    assert ("gone" in out, err) == (False, "shard 1/2: 2 of 4 cases\n")
    assert main(["run", ROLES, "--shard", "1/2", "--update-baseline"]) == 2
    said = "--shard and --update-baseline: a part of a run is no baseline; leave out --shard\n"
    assert capsys.readouterr().err == said


def test_a_missing_shard_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is there is told all the same, nothing as gone, and the exit code says that it is not all."""
    shards = [played(project, ROLES, "--shard", f"{number}/4") for number in (1, 2, 4)]
    capsys.readouterr()
    for runs, missing in ((shards, "shard 3 of 4 is missing"), (shards[1:], "shards 1 and 3 of 4 are missing")):
        assert main(["report", *map(str, runs)]) == 2
        out, err = capsys.readouterr()
        assert err == f"{', '.join(map(str, runs))}: {missing}\n"
        assert f"\n{len(runs)} cases read: " in out
        assert "gone" not in out


def test_shards_of_different_plans_are_no_whole(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Shards that were planned of other scenarios do not stand for each other."""
    one = played(project, ROLES, "--shard", "1/2")
    write(project, scenarios__talk__new=HELLO)
    other = played(project, ROLES, "--shard", "2/2", "--missing", "skip")
    capsys.readouterr()
    assert main(["report", str(one), str(other)]) == 2
    said = f"{one}: shard 2 of 2 is missing\n{other}: shard 1 of 2 is missing\n"
    assert capsys.readouterr().err.endswith(said)


def test_a_shard_that_was_played_again_counts(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a shard that is there twice the later named one counts, which is said."""
    first, other = (played(project, ROLES, "--shard", f"{number}/2") for number in (1, 2))
    reworded(project / "cassettes/careful/files+all/talk/hello.yaml", "Goodbye!", "Hello!")
    again = [played(project, ROLES, "--shard", f"{number}/2") for number in (1, 2)]
    capsys.readouterr()
    codes = []
    for runs in ((first, other), (first, other, *again), (*again, first, other)):
        codes.append(main(["report", *map(str, runs)]))
        err = capsys.readouterr().err
        assert ("and 3 more: are in several of these runs, and told as the last of them has them" in err) == (
            len(runs) > 2
        )
    assert codes == [1, 0, 1]


def test_more_shards_than_cases(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A shard for which no case is left says so, is stored like others, and is no failure."""
    codes, said = [], []
    for number in range(1, 6):
        codes.append(main(["run", "talk", "role=chat", "--shard", f"{number}/5"]))
        said.append(capsys.readouterr().out)
    empty = [text for text in said if "cases than shards" in text]
    assert (codes, len(empty)) == ([0] * 5, 4)
    assert empty[0].endswith("/5: there are fewer cases than shards, and none is left for this one\n")
    runs = sorted((project / "reports").glob("2*"))
    assert len(runs) == 5
    assert main(["report", *map(str, runs)]) == 0
    assert "\n1 case read: 1 passed" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["0/4", "5/4", "x"])
def test_what_is_no_shard_is_refused(project: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    """What names no part of a run is told in a line, before anything is played."""
    assert main(["run", "--shard", text]) == 2
    said = f"--shard {text}: is no part of a run; name which of how many, such as 1/4 to 4/4\n"
    assert capsys.readouterr() == ("", said)


def test_shards_are_judged_anew(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Expectations as they are now count for all shards."""
    shards = [played(project, ROLES, "--shard", f"{number}/2") for number in (1, 2)]
    path = project / "scenarios/talk/hello.yaml"
    path.write_text(path.read_text("utf-8").replace("contains: Hello", "contains: o"), "utf-8")
    capsys.readouterr()
    assert main(["report", *map(str, shards), "--judge", "--baseline", str(shards[0])]) == 0
    assert "\n4 cases read: 4 passed" in capsys.readouterr().out
