"""A new project: green at once, written whole or not at all, and never over anything that is there."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli import main
from harness.composition import compose
from harness.errors import InputError
from harness.pieces import Pieces
from harness.project import Conf
from harness.recording import load
from harness.schemas import texts
from harness.starting import CI, FILES, STARTER, start

ROOT = Path(__file__).parents[1]
WRITTEN = (*FILES, *CI["github"], *texts())
CASSETTE = "cassettes/scripted/desk+files/desk/old_draft.yaml"


def files(folder: Path) -> list[str]:
    """Return the files and links below a folder, in order."""
    found = [path for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
    return sorted(path.relative_to(folder).as_posix() for path in found)


def folded(text: str) -> list[str]:
    """Return the lines of a text with runs of blanks folded, without empty lines, rules and durations."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return [re.sub(r" in [\d.]+ s:", ":", line) for line in lines if line and not line.startswith("--")]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_a_new_project_is_green_at_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In an empty folder all files are written and told, and the project is right and replays with exit code 0."""
    assert main(["init"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out == [
        *WRITTEN,
        "",
        "type next, and once more after a change of a word in conf/role/desk.yaml:",
        "  harness run",
    ]
    assert files(here) == sorted(WRITTEN)
    assert main(["validate"]) == 0
    assert capsys.readouterr().out.startswith("1 scenario, 1 script and ")
    assert main(["run"]) == 0
    assert folded(capsys.readouterr().out) == [
        "case verdict rounds calls checkpoints",
        "desk/old_draft@scripted/desk+files passed 4 2 1",
        "1 case replayed: 1 passed",
        "hold later runs to this one: harness run --update-baseline",
    ]


def test_a_file_for_each_group_of_its_own(here: Path) -> None:
    """The new project has one model, one role and one tool list, and its config.yaml names all six groups."""
    start(here)
    own = {
        group.name: [path.stem for path in group.glob("*.yaml")]
        for group in (here / "conf").iterdir()
        if group.is_dir()
    }
    assert own == {"model": ["scripted"], "role": ["desk"], "tools": ["files"]}
    assert Conf(here / "conf").defaults() == {
        "model": "scripted",
        "persona": "assistant",
        "catalogue": "assistant",
        "tools": "files",
        "role": "desk",
        "loop": "production",
    }


def test_the_starter_is_what_is_copied() -> None:
    """Each file of the starter is written into a new project, but for the page that names them all."""
    stored = {path.relative_to(STARTER).as_posix() for path in STARTER.rglob("*") if path.is_file()}
    kept = {name for name in stored if not name.startswith("reports/")}
    copied = {*FILES.values(), *(name for files in CI.values() for name in files.values())}
    assert kept == {*copied, "README.md"}
    page = (STARTER / "README.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([^`]+)`", page, re.MULTILINE)) == copied


@pytest.mark.slow
def test_the_cassette_is_what_record_makes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Recorded anew, the starter's cassette holds the same; if not: `harness record --all --root harness/starter`."""
    start(here)
    shutil.rmtree(here / "cassettes")
    assert main(["record"]) == 0
    new, old = (load(root / CASSETTE, Pieces(root / "cassettes")) for root in (here, STARTER))
    assert new.digest == old.digest
    assert Pieces(here / "cassettes").names() == Pieces(STARTER / "cassettes").names()


@pytest.mark.slow
def test_it_says_what_is_its_own(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`config` and `list` tell name by name what is the project's own and what the package's."""
    start(here)
    chat = here / "conf/role/chat.yaml"
    chat.write_text("label: chat\n", "utf-8")
    assert main(["config", "tools=all"]) == 0
    assert folded(capsys.readouterr().out)[-7:] == [
        "group choice chosen by from",
        "model scripted conf/config.yaml conf/model/scripted.yaml",
        "persona assistant conf/config.yaml the package",
        "catalogue assistant conf/config.yaml the package",
        "tools all override tools=all the package",
        "role desk conf/config.yaml conf/role/desk.yaml",
        "loop production conf/config.yaml the package",
    ]
    listed = {}
    for what in ("models", "roles", "tools"):
        assert main(["list", what]) == 0
        listed[what] = folded(capsys.readouterr().out)
    assert "scripted model=scripted scripted conf/model/scripted.yaml" in listed["models"]
    assert "careful model=careful scripted the package" in listed["models"]
    assert "desk role=desk all conf/role/desk.yaml" in listed["roles"]
    assert "chat role=chat all conf/role/chat.yaml, in place of the package's" in listed["roles"]
    assert "files tools=files file_list, file_read, file_delete conf/tools/files.yaml" in listed["tools"]
    assert "all tools=all all the package" in listed["tools"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a b", 'it\'s "here"', "$HOME", "x=y", "p%20#q", "[1]", "ü/🦥", "deep/er/still", "-"])
def test_a_folder_of_any_name(here: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """A folder is made whatever it is called, the command that leads there is quoted, and the project is green."""
    assert main(["init", name]) == 0
    *_, line = capsys.readouterr().out.splitlines()
    way, command = line.strip().rsplit(" && ", 1)
    assert command == "harness run"
    script = f"{way} && exec {shlex.quote(sys.executable)} -m {command}"
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", script], cwd=here, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert folded(done.stdout)[1] == "desk/old_draft@scripted/desk+files passed 4 2 1"
    assert [path for path in files(here / name) if not path.startswith("reports/")] == sorted(WRITTEN)


def test_files_that_are_there_stay(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All files that stand in the way are named at once, links that lead nowhere too, and nothing is written."""
    (here / "garden/conf").mkdir(parents=True)
    (here / "garden/conf/config.yaml").write_text("mine", "utf-8")
    (here / "garden/README.md").symlink_to("nowhere")
    (here / "garden/scenarios").write_text("a file", "utf-8")
    (here / "garden/cassettes").symlink_to("nowhere")
    before = files(here)
    assert main(["init", "garden"]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.splitlines()) == (
        "",
        [
            "garden/README.md: is there already",
            "garden/conf/config.yaml: is there already",
            "garden/scenarios: is no folder",
            "garden/cassettes: is no folder",
            "nothing is written: choose another folder, or move away what is in the way",
        ],
    )
    assert files(here) == before
    assert (here / "garden/conf/config.yaml").read_text("utf-8") == "mine"


def test_twice_is_refused(here: Path) -> None:
    """A second time in one folder names every file of the first, which stays as it was changed."""
    start(here)
    (here / "README.md").write_text("mine", "utf-8")
    with pytest.raises(InputError) as caught:
        start(here)
    assert caught.value.problems[:-1] == tuple(f"{here / name}: is there already" for name in WRITTEN)
    assert (here / "README.md").read_text("utf-8") == "mine"


def test_beside_other_files(here: Path) -> None:
    """Files of other names stay where they are."""
    (here / "conf/role").mkdir(parents=True)
    (here / "conf/role/mine.yaml").write_text("label: mine\n", "utf-8")
    start(here)
    assert files(here) == sorted([*WRITTEN, "conf/role/mine.yaml"])


@pytest.mark.parametrize(
    ("make", "name", "said"),
    [
        (lambda at: (at / "x").write_text("", "utf-8"), "x", "x: is no folder"),
        (lambda at: (at / "x").symlink_to("nowhere"), "x", "x: is no folder"),
        (lambda at: (at / "x").symlink_to("x"), "x", "x: is no folder"),
        (lambda at: (at / "x").write_text("", "utf-8"), "x/y", "x/y/README.md: cannot be written: Not a directory"),
        (Path.is_dir, "n" * 300, f"{'n' * 300}/README.md: cannot be written: File name too long"),
    ],
)
def test_no_folder_to_write_in(
    here: Path, capsys: pytest.CaptureFixture[str], make: Callable[[Path], object], name: str, said: str
) -> None:
    """What is no folder, and cannot become one, is told in a line."""
    make(here)
    before = files(here)
    assert main(["init", name]) == 2
    assert capsys.readouterr().err.splitlines()[0].split(";")[0] == said
    assert files(here) == before


def test_a_link_to_a_folder(here: Path) -> None:
    """A link to a folder is as good as the folder."""
    (here / "real").mkdir()
    (here / "link").symlink_to("real")
    start(here / "link")
    assert files(here / "real") == sorted(WRITTEN)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_folder(here: Path) -> None:
    """Where nothing may be written, a line says so."""
    (here / "garden").mkdir(mode=0o555)
    with pytest.raises(InputError, match=r"^garden/README\.md: cannot be written: Permission denied; nothing is left"):
        start(Path("garden"))


def test_nothing_is_left_of_half_a_project(here: Path) -> None:
    """When a file cannot be written, those before it are taken back with their folders, and others stay."""
    (here / "a/conf").mkdir(parents=True)
    (here / "a/mine.txt").write_text("mine", "utf-8")
    command = f"ulimit -f 4; exec {shlex.quote(sys.executable)} -m harness init a"
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(["sh", "-c", command], cwd=here, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        f"a/{CASSETTE}: cannot be written: File too large; nothing is left of the new project\n",
    )
    assert sorted(path.relative_to(here).as_posix() for path in here.rglob("*")) == ["a", "a/conf", "a/mine.txt"]


def test_inside_another_project(here: Path) -> None:
    """A project inside another is one of its own, unless the other would read its files as scenarios or settings."""
    start(here)
    start(here / "second")
    assert files(here / "second") == sorted(WRITTEN)
    with pytest.raises(InputError) as caught:
        start(Path("scenarios/third"))
    assert caught.value.problems[0] == (
        f"scenarios/third: lies in the scenarios/ of the project {here}, which would read it as its own"
    )
    assert not (here / "scenarios/third").exists()


@pytest.mark.parametrize("words", [["a", "b"], [""]])
def test_too_many_folders_or_none(here: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """Two folders, or one without a name, are refused before anything is written."""
    assert main(["init", *words]) == 2
    said = "harness init: name one folder, or none for the current one: harness init [DIR]\n"
    assert capsys.readouterr() == ("", said)
    assert files(here) == []


@pytest.mark.parametrize("ci", ["github", "gitlab", "none"])
def test_the_ci_files_that_are_asked_for(here: Path, capsys: pytest.CaptureFixture[str], ci: str) -> None:
    """A new project has the CI files of one system, or none."""
    assert main(["init", "--ci", ci]) == 0
    assert files(here) == sorted([*FILES, *CI[ci], *texts()])


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_ci_files_for_a_project_that_is_there(here: Path, capsys: pytest.CaptureFixture[str], ci: str) -> None:
    """In a project the CI files that are named come alone, and never over others."""
    assert main(["init", "garden", "--ci", "none"]) == 0
    capsys.readouterr()
    assert main(["init", "garden", "--ci", ci]) == 0
    names = [f"garden/{name}" for name in CI[ci]]
    assert capsys.readouterr().out.splitlines() == [*names, "", "read the first lines of each, and commit them"]
    assert files(here / "garden") == sorted([*FILES, *CI[ci], *texts()])
    assert main(["init", "garden", "--ci", ci]) == 2
    last = "nothing is written: choose another folder, or move away what is in the way"
    assert capsys.readouterr().err.splitlines() == [*(f"{name}: is there already" for name in names), last]
    assert main(["init", "garden", "--ci", "none"]) == 2


def test_the_model_in_the_readme_is_one(here: Path) -> None:
    """The real model that the new project's README shows can be chosen as it stands."""
    start(here)
    (text,) = re.findall(r"```yaml\n(.*?)```", (here / "README.md").read_text("utf-8"), re.DOTALL)
    (here / "conf/model/house.yaml").write_text(text, "utf-8")
    (one,) = compose(Conf(here / "conf"), ["model=house"])
    assert (one.settings.model.label, one.settings.model.base_url()) == ("house", "https://models.house.example/v1")


@pytest.mark.slow
def test_the_commands_in_the_readme_work(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command of the new project's README that needs no real model exits with 0."""
    start(here)
    block = re.findall(r"```sh\n(.*?)```", (here / "README.md").read_text("utf-8"), re.DOTALL)[0]
    commands = [line.split("#")[0].split() for line in block.splitlines()]
    assert [main(words[1:]) for words in commands] == [0, 0, 0, 0, 0, 0]
    assert "expected" not in capsys.readouterr().out
