"""What killed runs left is removed, and nothing that somebody works on, that is worth keeping, or that is not ours."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.archive import begin
from harness.claim import Claim
from harness.cli import main
from harness.files import is_part, write_whole
from harness.leftovers import clear
from harness.lines import line_of
from tests.build import case, ended, outcome, trace, turn
from tests.project import small

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
RUN = "reports/20260301T120000Z-0123abcd"
PART = ".a.yaml.harness-a1_b2c3d.part"


def made(root: Path, **texts: str | None) -> Path:
    """Make files of these texts below a folder, and folders where there is no text, and return it."""
    for name, text in texts.items():
        path = root / name
        if text is None:
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return root


def below(root: Path) -> set[str]:
    """Return what stands below a folder, empty folders with a slash."""
    paths = [path for path in root.rglob("*") if not path.is_dir() or not any(path.iterdir())]
    return {f"{path.relative_to(root).as_posix()}{'/' if path.is_dir() else ''}" for path in paths}


def cleared(root: Path) -> set[str]:
    """Return what stands below a project's folder once it is cleared."""
    clear(root / "cassettes", root / "reports")
    return below(root)


@contextmanager
def clearing(root: Path) -> Iterator[list[int]]:
    """Clear a project all the time beside what this thread does, and count how often."""
    stop, count = threading.Event(), [0]

    def go() -> None:
        while not stop.is_set():
            clear(root / "cassettes", root / "reports")
            count[0] += 1

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield count
    finally:
        stop.set()
        thread.join()


# Files that were begun


@pytest.mark.parametrize(
    "folder", ["cassettes", "cassettes/m/v/area", "cassettes/+shared", "reports", "reports/baseline/m/v", RUN]
)
def test_a_file_that_was_begun_is_removed(tmp_path: Path, folder: str) -> None:
    """A part file whose process has ended goes, wherever one is written, and its neighbours stay."""
    made(tmp_path, **{f"{folder}/{PART}": "ha", f"{folder}/a.yaml": "half", f"{RUN}/traces.jsonl": ""})
    assert cleared(tmp_path) == {f"{folder}/a.yaml", f"{RUN}/traces.jsonl"}


@pytest.mark.parametrize(
    "name",
    ["cassettes/.part", "cassettes/.a.yaml.part", "cassettes/a.harness-a1b2c3d4.part", "cassettes/.a.harness-a1.part"],
)
def test_a_name_that_is_not_ours_stays(tmp_path: Path, name: str) -> None:
    """A file that only looks a little like one of ours is none."""
    assert cleared(made(tmp_path, **{name: ""})) == {name}


def test_folders_and_links_are_no_parts(tmp_path: Path) -> None:
    """Only a file is removed: no folder of such a name, no link, and nothing that a link leads to."""
    made(tmp_path, **{f"cassettes/a/{PART}": None, f"elsewhere/{PART}": "", "cassettes/b": None, "cassettes/c": None})
    (tmp_path / "cassettes/b" / PART).symlink_to(tmp_path / "elsewhere" / PART)
    (tmp_path / "cassettes/c/link").symlink_to(tmp_path / "elsewhere")
    assert cleared(tmp_path) == {f"cassettes/a/{PART}/", f"cassettes/b/{PART}", f"elsewhere/{PART}"}


def test_a_file_that_is_being_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written while another process clears comes to its name."""
    seen: list[set[str]] = []
    replace = Path.replace

    def replaced(self: Path, target: Path) -> Path:
        seen.append(cleared(tmp_path))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", replaced)
    write_whole(tmp_path / "cassettes/a.yaml", "whole")
    assert [[is_part(Path(name).name) for name in names] for names in seen] == [[True]]
    assert cleared(tmp_path) == {"cassettes/a.yaml"}


def test_what_cannot_be_removed_stays(tmp_path: Path) -> None:
    """A folder that cannot be read or changed, or is none, stops nothing."""
    made(tmp_path, **{f"cassettes/{PART}": "", "reports": ""})
    (tmp_path / "cassettes" / PART).chmod(0o000)
    (tmp_path / "cassettes").chmod(0o500)
    found = cleared(tmp_path)
    (tmp_path / "cassettes").chmod(0o700)
    assert "reports" in found
    assert cleared(tmp_path / "nowhere") == set()


# Run folders


def run(root: Path, **texts: str) -> Path:
    """Make a run's folder of these files."""
    return made(root, **{f"{RUN}/{name.replace('_', '.')}": text for name, text in texts.items()})


@pytest.mark.parametrize(
    "texts",
    [
        {"settings_yaml": "{}"},
        {"settings_yaml": "{}", "agenda_json": "{}", "journal_jsonl": ""},
        {"journal_jsonl": '{"format": 1'},
        {"agenda_json": "{}", "journal_jsonl": '{"format": 1}\n{"place"'},
    ],
)
def test_a_run_of_which_no_case_ended_is_removed(tmp_path: Path, texts: dict[str, str]) -> None:
    """A folder that holds settings and of no case both lines of the journal goes with all that is in it."""
    assert cleared(run(tmp_path, **texts)) == {"reports/"}


def test_an_empty_folder_of_a_run_is_removed(tmp_path: Path) -> None:
    """A run that was killed at once leaves nothing."""
    assert cleared(made(tmp_path, **{RUN: None, f"{RUN}-2/{PART}": ""})) == {"reports/"}


@pytest.mark.parametrize(
    "texts",
    [
        {"settings_yaml": "{}", "agenda_json": "{}", "journal_jsonl": "{}\n{}\n"},
        {"settings_yaml": "{}", "journal_jsonl": '{}\n{}\n{"form', "verdicts_jsonl": "{}\n"},
        {"settings_yaml": "{}", "verdicts_jsonl": "{}\n"},
        {"settings_yaml": "{}", "notes_txt": "Mine."},
        {"traces_jsonl": "{}\n"},
    ],
)
def test_a_run_that_holds_anything_stays(tmp_path: Path, texts: dict[str, str]) -> None:
    """Cases that ended, traces, and whatever else no run begins with are kept as they are."""
    assert cleared(run(tmp_path, **texts)) == {f"{RUN}/{name.replace('_', '.')}" for name in texts}


def test_the_journal_of_a_finished_run_is_removed(tmp_path: Path) -> None:
    """Beside the traces the journal says nothing new."""
    assert cleared(run(tmp_path, journal_jsonl="{}\n", traces_jsonl="{}\n")) == {f"{RUN}/traces.jsonl"}


@pytest.mark.parametrize("name", ["baseline", "notes", "20260301T120000Z", "20260301T120000Z-0123abcd-old"])
def test_other_folders_stay(tmp_path: Path, name: str) -> None:
    """A folder that is not named as runs are is nobody's leftover."""
    assert cleared(made(tmp_path, **{f"reports/{name}/settings.yaml": ""})) == {f"reports/{name}/settings.yaml"}
    assert cleared(made(tmp_path / "empty", **{f"reports/{name}": None})) == {f"reports/{name}/"}


def test_a_run_that_is_under_way_stays(tmp_path: Path) -> None:
    """The folder of a run is left alone from its first moment to its end, and a released one is not."""
    came = outcome(trace(turn()))
    reports = tmp_path / "reports"
    folder = begin(reports, [came.case], NOON)
    settings = f"reports/{folder.path.name}/settings.yaml"
    begun = {settings, settings.replace("settings.yaml", "agenda.json")}
    assert cleared(tmp_path) == begun
    [kept] = ended(came)
    folder.note(0, line_of(came.trace), kept)
    assert cleared(tmp_path) == {*begun, settings.replace("settings.yaml", "journal.jsonl")}
    folder.finish([kept])
    with Claim(folder.path) as claim:
        assert claim.held == "ours"
    abandoned = begin(reports, [came.case], NOON)
    assert f"reports/{abandoned.path.name}/settings.yaml" in cleared(tmp_path)
    del abandoned
    assert {name.split("/")[1] for name in cleared(tmp_path)} == {folder.path.name}


# Beside others


def test_clearing_beside_others_takes_nothing_from_them(tmp_path: Path) -> None:
    """Files and runs come to their end while another clears the project without a pause."""
    written = 0
    with clearing(tmp_path) as count:
        while written < 40 or count[0] < 20:
            write_whole(tmp_path / f"cassettes/{written % 20}.yaml", str(written % 20))
            came = outcome(trace(turn()), case())
            folder = begin(tmp_path / "reports", [came.case], NOON)
            [kept] = ended(came)
            folder.note(0, line_of(came.trace), kept)
            folder.finish([kept])
            assert (folder.path / "traces.jsonl").is_file()
            written += 1
    assert {(tmp_path / f"cassettes/{number}.yaml").read_text("utf-8") for number in range(20)} == {
        str(number) for number in range(20)
    }
    assert not any(is_part(path.name) for path in tmp_path.rglob("*"))


@pytest.mark.parametrize("command", [["run"], ["record"], ["record", "--all"]])
def test_the_next_command_clears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """Runs and recordings begin with it, and say nothing of it."""
    monkeypatch.chdir(small(tmp_path))
    assert main(["record"]) == 0
    capsys.readouterr()
    made(tmp_path, **{f"cassettes/{PART}": "", f"reports/baseline/{PART}": "", f"{RUN}/settings.yaml": "{}"})
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert PART not in out + err
    assert not any(is_part(path.name) for path in tmp_path.rglob("*"))
    assert not (tmp_path / RUN).exists()


@pytest.mark.slow
def test_leftovers_are_no_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was left behind does not trouble `harness validate`."""
    monkeypatch.chdir(small(tmp_path))
    assert main(["record"]) == 0
    made(tmp_path, **{f"cassettes/careful/{PART}": "ha", f"{RUN}/{PART}": "ha"})
    capsys.readouterr()
    assert main(["validate"]) == 0
    assert capsys.readouterr().err == ""
