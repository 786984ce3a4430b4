"""One scenario is tried: nothing is stored, and its file gets what a person wants it to get."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.cli import main
from tests.keyboard import END, INTERRUPT, Typed, steady, typed
from tests.project import small, write

SCENARIO = """\
# Plants.
title: The list stays.
turns:
  - user: Throw plants.txt away.   # does he mean it?
"""
SCRIPT = """\
any:
  - - calls: [{file_read: {path: plants.txt}}]
    - calls: [{file_delete: {path: plants.txt}}]
    - notice: Shall I?
    - denied: [text: I kept it.]
      confirmed: [text: It is gone.]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project whose scenario has neither answers nor results, as the current folder."""
    monkeypatch.chdir(write(tmp_path, scenarios__garden__plants=SCENARIO, scenarios__garden__plants_script=SCRIPT))
    return tmp_path


def files(folder: Path) -> Mapping[str, bytes]:
    """Return all files of a project."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_off_a_terminal_it_ends_unanswered(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is asked, the findings say what to write, nothing is stored, and the exit code is that of a run."""
    before = files(folder)
    assert main(["try", "garden/plants"]) == 1
    out, err = capsys.readouterr()
    assert steady(out) == [
        "garden/plants@careful/chat+all",
        "",
        "turn 1",
        "user: Throw plants.txt away.",
        'round 1: file_read({"path": "plants.txt"}) failed',
        'Tool error: the scenario has no result for file_read with {"path": "plants.txt"}',
        'round 2: file_delete({"path": "plants.txt"}) pending',
        "model, round 3 (notice): Shall I?",
        "checkpoint: file_delete: not answered",
        "response (unanswered): Shall I?",
        "",
        "case verdict rounds calls checkpoints",
        "------------------------------ --------- -------- ------- -------------",
        "garden/plants@careful/chat+all failed 3 2 1",
        (
            "scenarios/garden/plants.yaml:4:5: turn 1, checkpoint 1: expected an answer for file_delete, got none; "
            "write under answers: '- deny: [file_delete]', or confirm"
        ),
        (
            'scenarios/garden/plants.yaml:2:1: turn 1, tools: expected a result for file_read({"path": "plants.txt"}), '
            "got none, so the model was told of an error; add a rule under tools: file_read:"
        ),
        "",
        "1 case tried in a moment: 1 failed",
        steady(out)[-2],
        "once it is as it should be, record it: harness record garden/plants",
    ]
    assert steady(out)[-2].endswith(" of replies")
    assert (err, files(folder)) == ("", before)


def test_what_was_observed_is_written_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--write` the calls come into the file without a question; then it has all, and nothing more is offered."""
    path = small(tmp_path) / "scenarios" / "talk" / "hello.yaml"
    old = path.read_text("utf-8").replace("expect: {response: {contains: Hello}}\n", "expect:\n      notices: 0\n")
    path.write_text(old, "utf-8")
    other = {name: text for name, text in files(tmp_path).items() if not name.endswith("hello.yaml")}
    command = ["try", "--write", "--root", str(tmp_path), str(path), "model=hasty"]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "  +      calls: {exact: []}\n  +      rounds: 1\n" in out
    assert f"{path}: 2 lines added\nrecord it: harness record --root {tmp_path} talk/hello model=hasty\n" in out
    assert path.read_text("utf-8") == f"{old}      calls: {{exact: []}}\n      rounds: 1\n"
    assert main(command) == 0
    assert "to add" not in capsys.readouterr().out
    assert {name: text for name, text in files(tmp_path).items() if not name.endswith("hello.yaml")} == other


def test_a_file_may_lie_anywhere(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A draft outside of the scenarios is tried under the project's settings, and is told where to go."""
    write(folder, drafts__plants=SCENARIO, drafts__plants_script=SCRIPT)
    assert main(["try", "drafts/plants.yaml"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("plants@careful/chat+all\n")
    assert out.endswith("\nto record it, put it below scenarios/\n")
    write(folder, drafts__plants=SCENARIO.replace("turns:", "for: {role: nobody}\nturns:"))
    assert main(["try", "drafts/plants.yaml"]) == 2
    assert capsys.readouterr().err == "drafts/plants.yaml:3:13: there is no role 'nobody'\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "harness try: name one scenario, or its file: harness try SCENARIO [KEY=VALUE ...]"),
        (["files", "talk"], "harness try: name one scenario, or its file: harness try SCENARIO [KEY=VALUE ...]"),
        (["*/*"], "harness try: '*/*' names 2 scenarios; name one of them: files/denied, talk/hello"),
        (
            ["talk", "model=careful,hasty"],
            "harness try: takes one value of each setting, not a sweep of 2 points",
        ),
        (["nope.yaml"], "'nope.yaml' selects no scenario in scenarios; 'harness list scenarios' shows them"),
    ],
)
def test_one_scenario_under_one_point(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Anything but one scenario and one value of each setting is refused in one line."""
    monkeypatch.chdir(small(tmp_path))
    assert main(["try", *words]) == 2
    assert capsys.readouterr().err == f"{said}\n"


def test_an_error_of_the_endpoint_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was seen until then stands above the error, and no recording is proposed."""
    write(folder, scenarios__garden__plants_script="any:\n  - - calls: [{file_read: {path: a}}]\n")
    assert main(["try", "garden"]) == 2
    out = capsys.readouterr().out
    assert '  round 1: file_read({"path": "a"}) failed\n' in out
    assert (
        "  no response (error)\n\nerror (model): HTTP 418: scenarios/garden/plants.script.yaml:2:5: the script" in out
    )
    assert "record it" not in out


def test_a_checkpoint_that_nobody_shall_answer_is_left_alone(folder: Path) -> None:
    """Where the scenario expects the turn to stay unanswered, the person at the terminal is not asked."""
    silent = f"{SCENARIO}    expect:\n      stop: unanswered\ntools: {{file_read: A}}\n"
    write(folder, scenarios__garden__plants=silent)
    played = typed(["try", "garden"], folder)
    assert (played.code, "your answer" in played.screen) == (0, False)


@pytest.mark.slow
def test_a_person_may_leave_at_any_question(folder: Path) -> None:
    """Ctrl-C ends it cleanly, the end of the input stops or declines, and nothing is written either way."""
    before = files(folder)
    result, answer = "an error): ", "deny / stop): "
    first = typed(["try", "garden"], folder, Typed(result, INTERRUPT))
    second = typed(["try", "garden"], folder, Typed(result, "\n"), Typed(answer, INTERRUPT))
    third = typed(["try", "garden"], folder, Typed(result, "A\n"), Typed(answer, "stop\n"), Typed("yes / no): ", END))
    assert [first.code, second.code, third.code] == [130, 130, 1]
    assert first.screen.endswith(f"{result}^C\ninterrupted\n")
    assert second.screen.endswith("  your answer (confirm / deny / stop): ^C\ninterrupted\n")
    assert third.screen.endswith("add 4 lines? (yes / no): \n")
    assert "Traceback" not in first.raw + second.raw + third.raw
    assert files(folder) == before


@pytest.mark.slow
def test_a_file_that_is_edited_meanwhile_is_not_overwritten(folder: Path) -> None:
    """What somebody saves while the model is asked stays, and what was found is printed to be pasted."""
    path = folder / "scenarios" / "garden" / "plants.yaml"
    script = folder / "scenarios" / "garden" / "own.py"
    script.write_text(
        "from pathlib import Path\n\n\ndef make(state, files):\n"
        f"    path = Path({str(path)!r})\n    path.write_text(path.read_text() + '# saved\\n')\n"
        "    return {'file_read': lambda path: 'A'}\n",
        "utf-8",
    )
    path.write_text(SCENARIO.replace("turns:", "module: own.py\nturns:"), "utf-8")
    played = typed(["try", "garden"], folder, Typed("deny / stop): ", "d\n"), Typed("yes / no): ", "y\n"))
    assert "scenarios/garden/plants.yaml has changed meanwhile; to paste into it:\n  under turn 1:\n" in played.screen
    assert "record it" not in played.screen
    assert path.read_text("utf-8") == SCENARIO.replace("turns:", "module: own.py\nturns:") + "# saved\n"


@pytest.mark.slow
def test_what_was_typed_ahead_answers_nothing(folder: Path) -> None:
    """What is typed while the model is asked is dropped, since nobody can have read the question."""
    own = folder / "scenarios" / "garden" / "own.py"
    own.write_text(
        "from time import sleep\n\n\ndef make(state, files):\n    return {'file_read': lambda path: sleep(1) or 'A'}\n",
        "utf-8",
    )
    write(folder, scenarios__garden__plants=SCENARIO.replace("turns:", "module: own.py\nturns:"))
    steps = [
        Typed("(waiting for careful)", "confirm\n"),
        Typed("deny / stop): ", "deny\n"),
        Typed("yes / no): ", "no\n"),
    ]
    played = typed(["try", "garden"], folder, *steps)
    assert "  checkpoint: file_delete: denied\n" in played.screen
    assert played.code == 0
