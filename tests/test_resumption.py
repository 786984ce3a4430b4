"""A run that was interrupted goes on, plays no finished case again, and refuses where what it reads has changed."""

import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.claim import Claim
from harness.cli import main
from tests.project import HELLO_SCRIPT, write

CASES = 20
LOOP = """\
from pathlib import Path

from harness import loop

HERE = Path(__file__).parent


class Counting(loop.ReactLoop):
    async def run(self, task, *args, **kwargs):
        with (HERE / "count").open("a") as count:
            count.write(f"{task}\\n")
        if (HERE / "stop").exists() and task == "Hello 14?":
            raise KeyboardInterrupt
        return await super().run(task, *args, **kwargs)


def make(tools, settings):
    made = loop.make(tools, settings)
    made.__class__ = Counting
    return made
"""
OURS = (
    (Path(__file__).parents[1] / "conf/loop/production.yaml")
    .read_text("utf-8")
    .replace("label: production", "label: ours\nfactory: counting_loop:make")
)
OWN = """\
def make(state, files):
    return {"file_read": lambda path: "Nothing."}
"""
SAME = ("traces.jsonl", "verdicts.jsonl", "settings.yaml", "agenda.json")
Change = Callable[[Path], object]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recorded project of many scenarios under a loop that counts them, and stops where a file says so."""
    root = tmp_path_factory.mktemp("recorded")
    hello = "title: The model says hello.\nturns:\n  - user: Hello {}?\n    expect: {{response: {{contains: Hello}}}}\n"
    for number in range(CASES):
        name = f"scenarios__talk__h{number:02}"
        write(root, **{name: hello.format(number), f"{name}_script": HELLO_SCRIPT})
    write(
        root,
        conf__loop__ours=OURS,
        scenarios__talk__h00=f"{hello.format(0)}module: own.py\n",
    )
    (root / "scenarios/talk/own.py").write_text(OWN, "utf-8")
    (root / "counting_loop.py").write_text(LOOP, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert main(["record", "loop=ours"]) == 0
    shutil.rmtree(root / "reports")
    (root / "count").unlink()
    return root


@pytest.fixture
def project(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the project as the current folder."""
    root = tmp_path / "project"
    shutil.copytree(recorded, root)
    monkeypatch.chdir(root)
    monkeypatch.delitem(sys.modules, "counting_loop", raising=False)
    return root


def played(root: Path) -> Counter[str]:
    """Return how often each case was begun."""
    path = root / "count"
    return Counter(path.read_text("utf-8").splitlines() if path.exists() else ())


def interrupted(root: Path, *words: str) -> Path:
    """Interrupt a run and return its folder."""
    known = set((root / "reports").glob("2*"))
    (root / "stop").touch()
    assert main(["run", "loop=ours", "-j", "1", *words]) == 130
    (root / "stop").unlink()
    [folder] = set((root / "reports").glob("2*")) - known
    return folder


def ended(folder: Path) -> list[str]:
    """Return the user messages of the cases that ended in a run that is not finished."""
    lines = (folder / "journal.jsonl").read_text("utf-8").splitlines()[::2]
    return [json.loads(line)["turns"][0]["user"] for line in lines]


def kept(folder: Path) -> dict[str, bytes]:
    """Return what two runs of the same have in common."""
    return {name: (folder / name).read_bytes() for name in SAME}


def test_it_goes_on(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Interrupted, a run says what goes on with it; that plays the rest alone and leaves what one run leaves."""
    assert main(["run", "loop=ours"]) == 0
    [whole] = (project / "reports").glob("2*")
    (project / "count").unlink()
    capsys.readouterr()
    folder = interrupted(project)
    before = ended(folder)
    assert 5 <= len(before) < CASES
    command = f"harness run --continue {folder.name}"
    assert (
        capsys.readouterr().err == f"interrupted with {len(before)} of {CASES} cases done; go on with them: {command}\n"
    )
    assert main(command.split()[1:]) == 0
    assert f"\n{CASES} cases replayed in " in capsys.readouterr().out
    assert kept(folder) == kept(whole)
    assert not (folder / "journal.jsonl").exists()
    count = played(project)
    assert len(count) == CASES
    assert {task: count[task] for task in before} == dict.fromkeys(before, 1)


def test_its_words_are_its_own(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It goes on with the scenarios, the shard and the options that it was begun with; others are refused."""
    folder = interrupted(project, "talk", "--shard", "1/1", "--missing", "skip")
    capsys.readouterr()
    command = "harness run --missing skip --shard 1/1 loop=ours talk"
    for words in (["talk"], ["-t", "x"], ["--update-baseline"], ["--shard", "1/2"], ["--baseline", "x"]):
        assert main(["run", "--continue", folder.name, *words]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert line == (
            f"--continue {folder.name}: goes on with what it was begun with: {command}; leave out scenarios, settings "
            "and all options but -j, --quiet and --format, or begin another run"
        )
    assert main(["run", "--continue", str(folder), "loop=ours", "talk", "--missing", "skip", "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["cases"]) == CASES


@pytest.mark.parametrize(
    "torn", [b'{"format": 1, "case', b'{"format": 1}\n', b"\0" * 50, b'{"format": 1}\n{"place": 3}\n']
)
def test_what_was_written_in_half_is_played_again(
    project: Path, capsys: pytest.CaptureFixture[str], torn: bytes
) -> None:
    """What stands behind the last whole case of the journal is dropped."""
    folder = interrupted(project)
    journal = folder / "journal.jsonl"
    whole = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(whole[:4]) + torn)
    assert main(["run", "--continue", folder.name]) == 0
    assert main(["run", "loop=ours"]) == 0
    one, other = sorted((project / "reports").glob("2*"))
    assert kept(one) == kept(other)


def appended(name: str) -> Change:
    """Return what adds a comment to a file."""

    def change(root: Path) -> None:
        with (root / name).open("a", encoding="utf-8") as file:
            file.write("# More.\n")

    return change


OURS_CHANGED = "conf/loop/ours.yaml: changed since the run began"
CASSETTE = "cassettes/careful/chat+all~loop=ours/talk/h03.yaml"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (appended("scenarios/talk/h05.yaml"), "scenarios/talk/h05.yaml: changed since the run began"),
        (appended("scenarios/talk/h05.script.yaml"), "scenarios/talk/h05.script.yaml: changed since the run began"),
        (appended("scenarios/talk/own.py"), "scenarios/talk/own.py: changed since the run began"),
        (appended(CASSETTE), f"{CASSETTE}: changed since the run began"),
        (lambda root: (root / CASSETTE).unlink(), f"{CASSETTE}: is gone since the run began"),
        (appended("counting_loop.py"), "counting_loop.py: changed since the run began"),
        (
            lambda root: (root / "scenarios/talk/new.yaml").write_text("title: T.\nturns: [{user: Hello?}]\n", "utf-8"),
            "talk/new@careful/chat+all~loop=ours: is planned now, and was not when the run began",
        ),
        (
            lambda root: write(root, conf__loop__ours=OURS.replace("max_rounds: 8", "max_rounds: 3")),
            f"{OURS_CHANGED}\nsettings of careful/chat+all~loop=ours: loop: changed since the run began",
        ),
    ],
)
def test_what_has_changed_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], change: Change, said: str
) -> None:
    """Where a file, the loop, the settings or the plan are not what they were, the run says so and stays as it is."""
    folder = interrupted(project)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    capsys.readouterr()
    change(project)
    assert main(["run", "--continue", folder.name]) == 2
    last = f"reports/{folder.name}: does not go on with that; run it anew: harness run"
    assert capsys.readouterr() == ("", f"{said}\n{last}\n")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_has_nothing_to_do_with_it_may_change(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of settings that it does not use, a comment in one that it does, and files beside change nothing."""
    folder = interrupted(project)
    appended("conf/loop/ours.yaml")(project)
    write(project, conf__role__other="label: other\n")
    (project / "scenarios/talk/notes.txt").write_text("Mine.", "utf-8")
    assert main(["run", "--continue", folder.name]) == 0


def test_other_runs_are_told_as_what_they_are(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that is not there, is finished, is under way or was a recording does not go on, and says what to do."""
    assert main(["run", "--continue", "yesterday"]) == 2
    assert capsys.readouterr().err == "--continue yesterday: there is no such run, and none that is not finished\n"
    folder = interrupted(project)
    capsys.readouterr()
    assert main(["run", "--continue", "yesterday"]) == 2
    assert capsys.readouterr().err == (
        f"--continue yesterday: there is no such run; the newest that are not finished are {folder.name}\n"
    )
    assert main(["report", folder.name]) == 2
    assert capsys.readouterr().err == (
        f"reports/{folder.name}: was interrupted; go on with it: harness run --continue {folder.name}\n"
    )
    with Claim(folder):
        assert main(["run", "--continue", folder.name]) == 2
    assert capsys.readouterr().err == (
        f"reports/{folder.name}: is under way in another process; wait until that has ended\n"
    )
    assert main(["run", "--continue", folder.name]) == 0
    capsys.readouterr()
    assert main(["run", "--continue", folder.name]) == 2
    assert capsys.readouterr().err == f"reports/{folder.name}: is finished; type next: harness report {folder.name}\n"


def test_a_recording_goes_on_by_itself(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A recording that was interrupted is none that `run` goes on with."""
    (project / "stop").touch()
    assert main(["record", "--all", "loop=ours", "-j", "1"]) == 130
    [folder] = (project / "reports").glob("2*")
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "interrupted; what was recorded is kept"
    assert main(["run", "--continue", folder.name]) == 2
    assert capsys.readouterr().err == (
        f"reports/{folder.name}: was a recording, of which all is kept that was recorded; record the rest\n"
    )


def test_an_interrupted_run_outlasts_the_next(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Other runs leave it alone, so that it can go on behind them."""
    folder = interrupted(project)
    assert main(["run", "loop=ours"]) == 0
    assert main(["run", "--continue", folder.name]) == 0
    assert len(re.findall(r"cases replayed", capsys.readouterr().out)) == 2
