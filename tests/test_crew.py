"""Several processes play as one does, and none of them takes more than its own case with it when it dies."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from harness.brief import Ended
from harness.case import Case, plan
from harness.cli import main
from harness.composition import compose
from harness.crew import ANEW, COPIED, Start, play, processors, start
from harness.ending import Ending, Finish
from harness.errors import InputError
from harness.outcome import Outcome
from harness.project import Conf
from harness.selection import select
from harness.worker import Task
from tests.loops.deadly import ENDS
from tests.project import bundled, write

ROOT = Path(__file__).parents[1]
DEADLY = "defaults: [production, _self_]\nlabel: deadly\nfactory: tests.loops.deadly:make\n"
SAYS = """\
title: The user says what is to be done.
turns:
  - user: {}
    expect: {{response: {{contains: Hello}}}}
"""
SCRIPT = "any:\n  - text: Hello!\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a recorded project of forty cases, as the current folder, of which four end their process if they may."""
    monkeypatch.chdir(write(tmp_path, conf__loop__deadly=DEADLY))
    for number in range(40):
        said = {5: "exit", 6: "kill", 20: "fault", 39: "raise"}.get(number, f"Number {number}.")
        name = f"scenarios__a__{number:02}"
        write(tmp_path, **{name: SAYS.format(said), f"{name}_script": SCRIPT})
    assert main(["record", "loop=deadly"]) == 0
    capsys.readouterr()
    return tmp_path


class Done(NamedTuple):
    """What a command of its own process left."""

    code: int
    out: str
    err: str


LISTENING = """\
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("harness", run_name="__main__", alter_sys=True)
"""
"""Starts the command so that it hears Ctrl-C, also where tests run in the background, which ignores it."""


def command(root: Path, *words: str, **environment: str) -> "subprocess.Popen[str]":
    """Start a command in a project."""
    path = os.pathsep.join([str(ROOT), str(root)])
    return subprocess.Popen(
        [sys.executable, "-c", LISTENING, *words],
        cwd=root,
        env={**os.environ, "PYTHONPATH": path, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(root: Path, *words: str, **environment: str) -> Done:
    """Return what a command came to."""
    with command(root, *words, **environment) as process:
        out, err = process.communicate()
    return Done(process.returncode, out, err)


def newest(root: Path) -> dict[str, str]:
    """Return the texts of the files of the newest run, but for its timings."""
    folder = max((root / "reports").glob("2*"), key=lambda path: path.stat().st_mtime_ns)
    return {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.name != "timings.jsonl"}


def traces(root: Path) -> dict[str, Any]:
    """Return the traces of the newest run by scenario."""
    return {one["scenario"]: one for one in map(json.loads, newest(root)["traces.jsonl"].splitlines())}


def alive(process: int) -> bool:
    """Tell whether a process is there and no zombie."""
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    return False


def eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    """Wait for something, and tell whether it came."""
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return holds()


@pytest.mark.slow
def test_however_many_processes_write_the_same_bytes(tmp_path: Path) -> None:
    """The bundled suite leaves the same files and the same reports, whether one, two or three processes play it."""
    root = bundled(tmp_path)
    words = ["run", "model=careful,hasty,stubborn", "role=chat,coder,files,research"]
    forms = [word for form in ("json", "markdown", "junit") for word in ("--format", f"{form}={form}.txt")]
    left = []
    for jobs in ("1", "2", "3"):
        code, out, err = run(root, *words, "-j", jobs, *forms)
        assert (code, out, err) == (0, "", "")
        reports = {path.name: path.read_text("utf-8") for path in sorted(root.glob("*.txt"))}
        left.append({**newest(root), **reports})
    assert sorted(left[0]) == [
        *("agenda.json", "json.txt", "junit.txt", "markdown.txt", "settings.yaml", "traces.jsonl", "verdicts.jsonl")
    ]
    assert left[0] == left[1] == left[2]


@pytest.mark.slow
def test_a_case_that_ends_its_process_ends_alone(project: Path) -> None:
    """Each case that ends its process is one clear error, and every other is played as if nothing had been."""
    whole = traces(project) if run(project, "run", "loop=deadly", "-j", "2").code == 0 else {}
    code, out, err = run(project, "run", "loop=deadly", "-j", "2", DEADLY=" ".join(ENDS))
    assert (code, out.splitlines()[-1].rpartition(": ")[2]) == (2, "36 passed, 4 error")
    found = traces(project)
    assert list(found) == list(whole)
    fates = {name: one["error"] for name, one in found.items() if one["error"]}
    assert {name: error["kind"] for name, error in fates.items()} == dict.fromkeys(
        ["a/05", "a/06", "a/20", "a/39"], "loop"
    )
    said = {name: error["message"].removeprefix("the process in which it was played ") for name, error in fates.items()}
    why = "; the loop, a tool or a library ended it"
    assert said == {
        "a/05": f"ended with exit code 3{why}",
        "a/06": f"was ended by SIGKILL{why}",
        "a/20": f"was ended by SIGSEGV{why}",
        "a/39": f"was ended by SIGRTMIN{why}",
    }
    assert {name: one for name, one in found.items() if name not in fates} == {
        name: one for name, one in whole.items() if name not in fates
    }
    assert all(line.endswith("each is played again, alone") for line in err.splitlines())


@pytest.mark.slow
def test_an_interruption_leaves_no_process(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Ctrl-C, as a terminal sends it to all of them, ends the command and every process that it started."""
    pids = tmp_path_factory.mktemp("pids")
    with command(project, "run", "loop=deadly", "-j", "2", WAITING=str(pids)) as process:
        assert eventually(lambda: len(list(pids.iterdir())) == 2)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "", "interrupted\n")
    workers = [int(path.name) for path in pids.iterdir()]
    assert process.pid not in workers
    assert not any(map(alive, workers))


@pytest.mark.slow
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_what_ends_the_command_ends_all(project: Path, tmp_path_factory: pytest.TempPathFactory, by: int) -> None:
    """A command that is ended from outside, so that it cannot end what it started, leaves no process either."""
    pids = tmp_path_factory.mktemp("pids")
    with command(project, "run", "loop=deadly", "-j", "2", WAITING=str(pids)) as process:
        assert eventually(lambda: len(list(pids.iterdir())) == 2)
        process.send_signal(by)
        process.communicate(timeout=20)
    assert process.returncode == -by
    assert eventually(lambda: not any(alive(int(path.name)) for path in pids.iterdir()))


def cases(root: Path) -> tuple[Case, ...]:
    """Return the cases of a project."""
    return plan(select(root / "scenarios"), compose(Conf(root / "conf"), ["loop=deadly"]))


def played(task: Task, jobs: int, way: Start) -> tuple[list[Ended], list[str]]:
    """Return what is kept of cases in the order of the plan, and what was said beside them."""
    ended: dict[int, Ending] = {}
    said: list[str] = []
    play(task, ended.__setitem__, said.append, jobs, way)
    return [one.ended._replace(seconds=0) for _, one in sorted(ended.items())], said


@pytest.mark.slow
def test_processes_may_be_made_anew(project: Path) -> None:
    """Where no copy of a process can be made, as on a Mac, others play all the same, and one that dies is replaced."""
    task = Task(cases(project), project / "cassettes", Finish(date(2026, 3, 1)))
    whole, _ = played(task, 1, ANEW)
    assert {one.verdict.status for one in whole} == {"passed"}
    assert played(task, 2, Start("spawn", 8)) == (whole, [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEADLY", "exit")
        found, said = played(task, 2, Start("spawn", 8))
    statuses = [one.verdict.status for one in found]
    assert [place for place, status in enumerate(statuses) if status == "error"] == [5]
    assert all(line.endswith("each is played again, alone") for line in said)


class _Refuses:
    """Ends no case."""

    def __call__(self, outcome: Outcome) -> Ending:
        """Refuse."""
        raise InputError(f"{outcome.case.scenario.id} cannot be ended")


@pytest.mark.slow
def test_an_error_of_all_is_raised(project: Path) -> None:
    """What ends the run in a process of its own ends it in all, with the same error."""
    task = Task(cases(project), project / "cassettes", _Refuses())
    for way in (Start("spawn", 8), ANEW):
        with pytest.raises(InputError, match=r"^a/\d\d cannot be ended$"):
            played(task, 2, way)


class _Unborn:
    """Cannot be read by another process."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return what ends the process that reads it."""
        return os._exit, (5,)

    def __call__(self, outcome: Outcome) -> Ending:
        """End a case as usual."""
        return Finish(date(2026, 3, 1))(outcome)


@pytest.mark.slow
def test_where_no_process_can_be_started_one_plays_all(project: Path) -> None:
    """Where the others do not come to life the cases are played in this process, and that is said."""
    task = Task(cases(project), project / "cassettes", _Unborn())
    found, said = played(task, 2, Start("spawn", 8))
    assert [one.verdict.status for one in found] == ["passed"] * 40
    assert said == ["no further process can be started; the rest is played in this one"]


PEAK = """\
import resource
import sys
from harness.cli import main

assert main(sys.argv[1:]) == 0
print(*(resource.getrusage(whose).ru_maxrss for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
"""


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_memory_does_not_grow_by_what_was_said(tmp_path: Path, jobs: str) -> None:
    """Of a case that ended, in whichever process, less is kept than half of what was said in it."""
    said = "Hello, and so on. " * 2_500
    script = f"any:\n  - text: {said}\n"
    root = write(
        tmp_path, scenarios__a=SAYS.format("Say it.").replace("Hello", "and so on"), scenarios__a_script=script
    )
    assert main(["record", "--root", str(root)]) == 0
    (first,) = root.rglob("cassettes/**/a.yaml")
    for number in range(2, 401):
        first.with_name(f"a~{number}.yaml").hardlink_to(first)
    peaks = []
    for repeats in (100, 400):
        words = ["run", "--quiet", "--root", str(root), f"repeats={repeats}", "-j", jobs]
        done = subprocess.run([sys.executable, "-c", PEAK, *words], capture_output=True, text=True, check=True)
        peaks.append(max(map(int, done.stdout.splitlines()[-1].split())))
    unit = 1 if sys.platform == "darwin" else 1024
    assert (peaks[1] - peaks[0]) * unit / 300 < len(said) / 2


def test_few_cases_are_not_worth_a_process(project: Path) -> None:
    """As few cases as one process plays in the time that another takes to start are played in this one."""

    def finish(_: Outcome) -> int:
        return os.getpid()

    seen: dict[int, int] = {}
    for way in (COPIED, ANEW):
        task = Task(cases(project)[: 2 * way.worth - 1][:15], project / "cassettes", finish)
        play(task, seen.__setitem__, print, 8, way)
        assert set(seen.values()) == {os.getpid()}


def test_processors_are_counted() -> None:
    """There is at least one processor, and no more than eight are used."""
    assert 1 <= processors() <= 8
    assert start() in (COPIED, ANEW)
