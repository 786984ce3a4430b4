"""What shells offer: commands, options, scenarios, settings, cases, runs and tags, at once and silently."""

import os
import pty
import select
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import pytest

from harness.cli import main
from harness.formats import FORMATS
from harness.suggestions import script
from tests.project import small, tree, write

BIN = Path(sys.executable).parent
PATH = f"{BIN}:{os.environ['PATH']}"
WORDBREAKS = " \t\n\"'@><=;|&(:"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recorded project with one stored run and settings of its own."""
    root = small(tmp_path_factory.mktemp("project"))
    write(
        root,
        conf__role__pirate="label: pirate\n",
        scenarios__files__deep__er="title: T.\ntags:\n  - slow\n  - 'odd one'\n",
    )
    (root / "scenarios" / "files" / "deep" / "er.yaml").write_text(
        "title: T.\ntags:\n  - slow\nturns:\n  - user: Hello?\n", "utf-8"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert main(["record", "files/denied", "talk"]) == 0
    return root


def offered(line: str, folder: Path, *, breaks: str = "") -> list[str]:
    """Return what a shell is offered at the end of a line; what it would say on the screen is nothing."""
    environment = {
        "PATH": PATH,
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_SHELL": "bash",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "_ARGCOMPLETE_COMP_WORDBREAKS": breaks,
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    asked = ["bash", "-c", "harness 8>&1 9>/dev/null"]
    done = subprocess.run(asked, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def newest(project: Path) -> str:
    """Return the name of the only stored run."""
    [path] = project.glob("reports/*/traces.jsonl")
    return path.parent.name


CASES = ["files/denied@careful/chat+all", "talk/hello@careful/chat+all"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("harness re", ["record", "report"]),
        ("harness run --b", ["--baseline"]),
        ("harness run --missing ", ["fail", "skip"]),
        ("harness run t", ["talk", "talk/hello", "tools="]),
        ("harness run files/", ["files/deep", "files/deep/er", "files/denied"]),
        ("harness run --quiet -j 2 talk", ["talk", "talk/hello"]),
        ("harness run files -j 2 talk", ["talk", "talk/hello"]),
        ("harness run talk --format text talk", ["talk", "talk/hello"]),
        ("harness record ro", ["role="]),
        ("harness run role=p", ["role=pirate"]),
        ("harness run role=chat,p", ["role=chat,pirate"]),
        ("harness run role=pirate,p", []),
        ("harness run +role=p", ["+role=pirate"]),
        ("harness config loop=", ["loop=production", "loop=tolerant"]),
        ("harness config persona=t", ["persona=terse"]),
        ("harness try talk", ["talk", "talk/hello"]),
        ("harness try talk/hello model=h", ["model=hasty"]),
        ("harness run -t s", ["short", "slow", "smoke"]),
        ("harness run --tag=sl", ["--tag=slow"]),
        ("harness run --format ", list(FORMATS)),
        ("harness show ", CASES),
        ("harness show files/denied@ca", CASES[:1]),
        ("harness cassette export t", CASES[1:]),
        ("harness cassette ", ["accept", "export"]),
        ("harness list p", ["personas"]),
        ("harness new f", ["files/", "files/deep/"]),
        ("harness completion ", ["bash", "fish", "zsh"]),
        ("harness init con", ["conf/"]),
        ("harness import role=p", ["role=pirate"]),
        ("harness report --root nowhere ", []),
        ("harness new files/x f", []),
    ],
)
def test_words_are_completed(line: str, words: Sequence[str], project: Path) -> None:
    """Each word is completed by the command and the words before it, wherever options stand."""
    assert sorted(offered(line, project)) == sorted(words)


@pytest.mark.parametrize("line", ["harness compare ", "harness report ", "harness show x ", "harness run --baseline "])
def test_runs_are_completed(line: str, project: Path) -> None:
    """Where a run is wanted, the stored ones are offered."""
    assert offered(line, project) == [newest(project)]


def test_runs_without_an_end_are_completed(project: Path) -> None:
    """Where a run is to go on, those are offered that came to no end."""
    assert offered("harness run --continue ", project) == []
    begun = project / "reports" / "20260101T000000Z-00000000"
    begun.mkdir()
    (begun / "agenda.json").write_text("{}", "utf-8")
    try:
        assert offered("harness run --continue ", project) == [begun.name]
    finally:
        (begun / "agenda.json").unlink()
        begun.rmdir()


def test_breaks_of_bash_are_respected(project: Path) -> None:
    """Bash takes `=` and `@` for the end of a word, and is offered what stands behind it."""
    assert offered("harness run role=p", project, breaks=WORDBREAKS) == ["pirate"]
    assert offered("harness show files/denied@c", project, breaks=WORDBREAKS) == ["careful/chat+all"]


@pytest.mark.parametrize(
    "line", ["run ", "run role=", "run -t ", "show ", "show x ", "cassette accept ", "new ", "run --baseline "]
)
def test_a_broken_project_is_met_with_silence(line: str, tmp_path: Path) -> None:
    """Whatever stands in a project's files or in their place, nothing is said, written or left behind."""
    run = tmp_path / "reports" / "20260101T000000Z-00000000"
    run.mkdir(parents=True)
    for name in ("conf", "cassettes", "scenarios/broken.yaml/deeper"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"\xff\x00 tags: [")
    (run / "traces.jsonl").write_bytes(b"\xff")
    (run / "timings.jsonl").write_bytes(b"{\xff")
    before = tree(tmp_path)
    offered(f"harness {line}", tmp_path)
    assert tree(tmp_path) == before


def test_nothing_heavy_is_imported() -> None:
    """What is offered is found without the libraries that take their time to start."""
    heavy = "{'openai', 'hydra', 'vcr', 'pydantic', 'yaml', 'tabulate'}"
    code = f"import sys, harness.cli, harness.suggestions; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_script_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints what a shell must read, and refuses a second word."""
    assert main(["completion", "fish"]) == 0
    assert capsys.readouterr().out == script("fish")
    assert main(["completion", "fish", "bash"]) == 2


# Real shells


def screen(shell: Sequence[str], folder: Path, typed: Sequence[str], until: str) -> str:
    """Return what stands on the screen of a shell once a text is there behind what was typed, each at a prompt.

    Raises:
        TimeoutError: the text never comes.
    """
    environment = {
        "PATH": PATH,
        "PS1": "$ ",
        "TERM": "dumb",
        "HOME": str(folder),
        "BASH_SILENCE_DEPRECATION_WARNING": "1",
    }
    ours, its = pty.openpty()
    process = subprocess.Popen(
        shell, cwd=folder, stdin=its, stdout=its, stderr=its, env=environment, start_new_session=True
    )
    os.close(its)
    came, wanted = "", ["$ " for _ in typed[:-1]] + ["$ "]
    end = monotonic() + 60
    try:
        for text, prompt in zip([*typed, ""], [*wanted, until], strict=True):
            start = len(came)
            while prompt not in came[start:]:
                if monotonic() > end:
                    raise TimeoutError(came)
                if select.select([ours], [], [], 1)[0]:
                    came += os.read(ours, 1).decode("latin-1")
            os.write(ours, text.encode())
            if text:
                came += "\0"
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    return came


def test_bash_completes(project: Path) -> None:
    """In a real bash a tab completes a scenario and the value of a setting, with a blank where the word is whole."""
    steps = ['eval "$(harness completion bash)"\n', "harness run files/den\t-t sm\trole=pi\t-j\t#"]
    shown = screen(["bash", "--norc", "--noprofile", "-i"], project, steps, "#")
    assert "harness run files/denied -t smoke role=pirate -j #" in shown.replace("\a", "")


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed here")
def test_zsh_completes(project: Path) -> None:
    """In a real zsh a tab completes a scenario and the value of a setting."""
    start = 'PS1="$ "; autoload -Uz compinit; compinit -u -D; eval "$(harness completion zsh)"\n'
    for typed, rest in (("harness run files/den\t", "ied"), ("harness run role=pi\t", "rate")):
        assert screen(["zsh", "-f", "-i"], project, [start, typed], rest).endswith(rest)


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed here")
def test_fish_completes(project: Path) -> None:
    """In a real fish the script offers scenarios, settings and options."""
    for line, first in (("harness run files/den", "files/denied"), ("harness run role=p", "role=pirate")):
        asked = f"harness completion fish | source; complete -C '{line}'"
        done = subprocess.run(
            ["fish", "--no-config", "-c", asked],
            cwd=project,
            env={"PATH": PATH, "HOME": str(project)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.stdout.split("\t")[0].strip(), done.stderr) == (first, "")
