"""Killed at every file operation, a command leaves the old or the new files, whole, and the next one cleans up."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from harness.cli import main
from tests.project import HELLO, HELLO_SCRIPT, SCRIPT, small, write

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system does not tell which file a handle is"),
]

PART = re.compile(r"\.harness-\w{8}\.part$")
"""How the names of files end that were begun."""

STRANGERS = {
    "cassettes/.mine.yaml.part": "Not the harness's.",
    "cassettes/careful/.a.harness-.part": "Not the harness's.",
    "reports/notes/journal.jsonl": "",
    "reports/20260101T000000Z-0123abcd/settings.yaml": "",
    "reports/20260101T000000Z-0123abcd/notes.txt": "Not the harness's.",
    "reports/baseline/.part": "Not the harness's.",
}
"""Files that look a little like the harness's own."""

LEFT = {
    "cassettes/careful/.hello.yaml.harness-a1b2c3d4.part": "request",
    "reports/baseline/careful/.hello.json.harness-a1b2c3d4.part": "{",
    "reports/20260102T000000Z-0123abcd/.settings.yaml.harness-a1b2c3d4.part": "",
    "reports/20260103T000000Z-0123abcd/settings.yaml": "{}",
    "reports/20260103T000000Z-0123abcd/journal.jsonl": '{"form',
}
"""Files that another command left behind, which was killed before."""

Killing = Callable[[int, bool], Any]
Files = Mapping[str, str]


class Told(NamedTuple):
    """What became of killing a command at each of its operations."""

    operations: int
    halves: int
    states: int
    """How many different states of the files were left."""


@contextmanager
def killing(folder: Path, words: Sequence[str]) -> Iterator[Killing]:
    """Give what runs a command in a folder and kills it before its n-th operation, or when half of that is done.

    What that gives is the exit code or the signal, and the operations of a run that came to its end.
    """
    command = [sys.executable, "-m", "tests.killing", str(folder), *words]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(
            command, cwd=Path(__file__).parents[1], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
        ) as process,
        process.stdin as orders,  # type: ignore[union-attr]  # it has one
        process.stdout as answers,  # type: ignore[union-attr]
    ):

        def kill(at: int, half: bool) -> Any:
            orders.write(f"{json.dumps([at, half])}\n")
            orders.flush()
            return json.loads(answers.readline())

        yield kill
        orders.close()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a baseline, a stored run, a case that was recorded and now says more, and one that was not.

    Others have left something in it.
    """
    root = small(tmp_path / "project")
    write(root, scenarios__talk__old=HELLO, scenarios__talk__old_script=HELLO_SCRIPT)
    monkeypatch.chdir(root)
    assert main(["record"]) == 0
    assert main(["run", "--update-baseline"]) == 0
    for name in ("old.yaml", "old.script.yaml"):
        (root / "scenarios/talk" / name).unlink()
    (root / "cassettes/careful/chat+all/talk/old.yaml").unlink()
    (root / "cassettes/careful/chat+all/files/denied.yaml").unlink()
    write(
        root,
        scenarios__talk__hello_script=HELLO_SCRIPT.replace("Hello!", "Hello, you!"),
        scenarios__files__denied_script=SCRIPT.replace("I kept it.", "It is kept."),
    )
    for name, text in {**STRANGERS, **LEFT}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def files(root: Path, folder: str = "") -> Files:
    """Return the files below a folder of a project with what they hold, moments left out."""
    found = {}
    for path in sorted((root / folder).rglob("*")):
        if path.is_file():
            text = path.read_text("utf-8")
            found[path.relative_to(root).as_posix()] = re.sub(r"\d{4}-\d\d-\d\dT[\d:.+]+Z?", "*", text)
    return found


def state(root: Path) -> str:
    """Return what tells the state of a project's files from others, whatever chance and clock put into them."""
    told = []
    for path in sorted(root.rglob("*")):
        name = re.sub(r"harness-\w{8}\.part|\d{8}T\d{6}Z", "*", path.relative_to(root).as_posix())
        if "timings" not in name:
            told.append(f"{name} {path.read_text('utf-8') if path.is_file() else ''}")
    return "\n".join(told)


def runs(root: Path) -> dict[str, Files]:
    """Return the files of each folder in `reports/` that counts as a finished run."""
    folders = [path.parent for path in (root / "reports").glob("*/traces.jsonl")]
    return {
        path.name: {name.rpartition("/")[2]: text for name, text in files(root, f"reports/{path.name}").items()}
        for path in folders
    }


def journals(root: Path) -> Files:
    """Return the journals of runs in which a case has ended, which are two lines of it."""
    found = {path.parent.name: path.read_text("utf-8") for path in (root / "reports").glob("2*/journal.jsonl")}
    return {name: text for name, text in found.items() if text.count("\n") >= 2}


def untimed(run: Files) -> Files:
    """Return a run's files, which must be all, without the times."""
    left = {"agenda.json", "settings.yaml", "timings.jsonl", "traces.jsonl", "verdicts.jsonl"}
    assert set(run) - {"journal.jsonl"} == left
    return {name: text for name, text in run.items() if name not in ("timings.jsonl", "journal.jsonl")}


def hold(root: Path, old: Path, new: Path) -> None:
    """Hold what was left of a project against the one before the command and the one after it."""
    for folder in ("cassettes", "reports/baseline"):
        left, before, after = (files(where, folder) for where in (root, old, new))
        whole = {name: text for name, text in left.items() if not PART.search(name)}
        assert {name for name, text in whole.items() if text not in (before.get(name), after.get(name))} == set()
        assert before.keys() & after.keys() <= whole.keys()
    finished = {name: untimed(run) for name, run in runs(root).items()}
    known = runs(old)
    assert known.keys() <= finished.keys()
    made = [untimed(run) for name, run in runs(new).items() if name not in known]
    assert all(run == untimed(known[name]) if name in known else run in made for name, run in finished.items())


def clean(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Use the project as if nothing had happened, and see that the next run has removed what was left, and no more."""
    capsys.readouterr()
    kept = journals(root)
    whole = {
        name: text for name, text in files(root).items() if not name.startswith("reports/2") and not PART.search(name)
    }
    unfinished = {name for name in kept if not (root / "reports" / name / "traces.jsonl").exists()}
    assert main(["report"]) == 0
    assert main(["run", "--missing", "skip"]) == 0
    assert capsys.readouterr().err == ""
    assert {name: text for name, text in files(root).items() if not name.startswith("reports/2")} == whole
    assert journals(root) == {name: kept[name] for name in unfinished}
    left = {path.name for path in (root / "reports").glob("2*")}
    assert left == {*runs(root), *unfinished, "20260101T000000Z-0123abcd"}
    assert {name: (root / name).read_text("utf-8") for name in STRANGERS} == STRANGERS
    assert not any(PART.search(name) for name in files(root))


def gone_on(root: Path, new: Path, capsys: pytest.CaptureFixture[str]) -> int:
    """Go on with each run that is not finished, see that it comes to the same, and return how many there were.

    A run of which the agenda was not written yet has played nothing, and cannot go on.
    """
    known = {path.parent.name for path in (root / "reports").glob("2*/traces.jsonl")}
    begun = [path.parent for path in (root / "reports").glob("2*/agenda.json") if path.parent.name not in known]
    [whole] = [run for name, run in runs(new).items() if name not in known]
    for folder in begun:
        assert main(["run", "--continue", folder.name]) == 0, capsys.readouterr()
        assert untimed(runs(root)[folder.name]) == untimed(whole)
        assert not (folder / "journal.jsonl").exists()
    capsys.readouterr()
    return len(begun)


def killed_everywhere(project: Path, words: Sequence[str], see: Callable[[Path, Path], object]) -> Told:
    """Kill a command at each of its operations, each time in a new copy of the project, and see what is left.

    The same state is seen once, in the project's folder, beside a project in which the command came to its end.
    """
    new, left = project.with_name("new"), project.with_name("left")
    shutil.copytree(project, left)
    states: set[str] = set()
    with killing(left, words) as kill:
        code, seen = kill(0, False)
        assert code == 0
        left.rename(new)
        assert not any(PART.search(name) for name in files(new))
        halves = [at for at, what in enumerate(seen, 1) if what == "write"]
        for at, half in [*((at, False) for at in range(1, len(seen) + 1)), *((at, True) for at in halves)]:
            shutil.rmtree(left, ignore_errors=True)
            shutil.copytree(project, left)
            assert kill(at, half) == [-9, None]
            if (found := state(left)) in states:
                continue
            states.add(found)
            with pytest.MonkeyPatch.context() as here:
                here.chdir(left)
                see(left, new)
    return Told(len(seen), len(halves), len(states))


def held(project: Path, words: Sequence[str], capsys: pytest.CaptureFixture[str]) -> Told:
    """Kill a command at each of its operations, hold what is left, and use the project as if nothing had happened."""

    def see(left: Path, new: Path) -> None:
        hold(left, project, new)
        clean(left, capsys)

    return killed_everywhere(project, words, see)


def test_a_recording(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Killed while it records, it leaves of each case the old cassette or the new one."""
    told = held(project, ["record", "--all"], capsys)
    assert (told.operations >= 50, told.halves >= 7, told.states >= 20) == (True, True, True), told


def test_a_run(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Killed while it replays or accepts what came, it leaves the run whole or none, and of each case a baseline."""
    assert main(["record", "--all"]) == 0
    told = held(project, ["run", "--update-baseline"], capsys)
    assert (told.operations >= 50, told.halves >= 7, told.states >= 20) == (True, True, True), told


def test_a_run_that_goes_on(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Killed wherever it is before its end, a run goes on and comes to the same as one that nobody killed."""
    assert main(["record", "--all"]) == 0
    further: list[int] = []
    killed_everywhere(project, ["run"], lambda left, new: further.append(gone_on(left, new, capsys)))
    assert sum(further) >= 8
