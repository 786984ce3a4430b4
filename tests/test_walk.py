"""A new user's way from an empty folder to a green run, typed at a real terminal."""

from pathlib import Path

import pytest

from tests.keyboard import Played, Typed, steady, typed

SCENARIO = """\
title: A note is thrown away only if the user agrees.   # the first one
turns:
  - user: Throw note.txt away.
"""
SCRIPT = """\
any:
  - - calls: [{file_read: {path: note.txt}}]
    - calls: [{file_delete: {path: note.txt}}]
    - notice: It says to water the lemon tree. Shall I delete it?
    - denied: [text: I kept note.txt.]
      confirmed: [text: note.txt is gone.]
"""
WRITTEN = """\
title: A note is thrown away only if the user agrees.   # the first one
tools:
  file_read:
    - when: {path: note.txt}
      returns: Water the lemon tree.
turns:
  - user: Throw note.txt away.
    answers:
      - deny: [file_delete]
    expect:
      calls:
        in_order:
          - file_read: {path: note.txt}
          - file_delete: {path: note.txt}
            decision: denied
      rounds: 4
"""


def edit(folder: Path) -> None:
    """Say in the new scenario what the user asks, and what the scripted model says; the line for editors stays."""
    for name, text in (("first.yaml", SCENARIO), ("first.script.yaml", SCRIPT)):
        path = folder / "scenarios" / "desk" / name
        head = path.read_text("utf-8").splitlines()[0]
        path.write_text(f"{head}\n{text}", "utf-8")


def screen(played: Played) -> list[str]:
    """Return what stands on the screen after a command that came out green."""
    assert played.code == 0, played.screen
    return steady(played.screen)


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 100])
def test_from_an_empty_folder_to_a_green_run(tmp_path: Path, columns: int) -> None:
    """A person makes a project, tries a scenario, answers, has it written, records and runs it, and sees each step."""
    first = tmp_path / "scenarios" / "desk" / "first.yaml"

    def at(command: str, *steps: Typed) -> list[str]:
        return screen(typed(command.split(), tmp_path, *steps, columns=columns))

    assert at("init")[-2:] == [
        "type next, and once more after a change of a word in conf/role/desk.yaml:",
        "harness run",
    ]
    assert at("new desk/first") == [
        "scenarios/desk/first.yaml",
        "scenarios/desk/first.script.yaml",
        "",
        "say in it what the user asks and what must come out, then type:",
        "harness record desk/first",
    ]
    assert at("record desk/first")[-1] == "1 case recorded in a moment: 1 passed"
    edit(tmp_path)
    tried = at(
        "try desk/first",
        Typed("nothing leaves an error): ", "Water the lemon tree.\n"),
        Typed("confirm / deny / stop): ", "\n"),
        Typed("confirm / deny / stop): ", "deny\n"),
        Typed("yes / no): ", "yes\n"),
    )
    tokens = next(line for line in tried if line.endswith(" of replies"))
    assert tried[: tried.index("1 case tried in a moment: 1 passed")] == [
        "desk/first@scripted/desk+files",
        "",
        "turn 1",
        "user: Throw note.txt away.",
        'the scenario has no result for file_read({"path": "note.txt"})',
        "it returns (text or JSON; nothing leaves an error): Water the lemon tree.",
        'round 1: file_read({"path": "note.txt"}) executed',
        "Water the lemon tree.",
        'round 2: file_delete({"path": "note.txt"}) pending',
        "model, round 3 (notice): It says to water the lemon tree. Shall I delete it?",
        'it waits for you: file_delete({"path": "note.txt"})',
        "your answer (confirm / deny / stop):",
        "your answer (confirm / deny / stop): deny",
        "checkpoint: file_delete: denied",
        'round 2: file_delete({"path": "note.txt"}) denied',
        "Action denied by user.",
        "response (final): I kept note.txt.",
        "",
        "case verdict rounds calls checkpoints",
        "------------------------------ --------- -------- ------- -------------",
        "desk/first@scripted/desk+files passed 4 2 1",
        "",
    ]
    assert tried[tried.index(tokens) + 1 :] == [
        "",
        "to add to scenarios/desk/first.yaml:",
        "title: A note is thrown away only if the user agrees. # the first one",
        "+tools:",
        "+ file_read:",
        "+ - when: {path: note.txt}",
        "+ returns: Water the lemon tree.",
        "turns:",
        "- user: Throw note.txt away.",
        "+ answers:",
        "+ - deny: [file_delete]",
        "+ expect:",
        "+ calls:",
        "+ in_order:",
        "+ - file_read: {path: note.txt}",
        "+ - file_delete: {path: note.txt}",
        "+ decision: denied",
        "+ rounds: 4",
        "add 13 lines? (yes / no): yes",
        "scenarios/desk/first.yaml: 13 lines added",
        "record it: harness record desk/first",
    ]
    assert first.read_text("utf-8") == f"# yaml-language-server: $schema=../scenario.schema.json\n{WRITTEN}"
    stale = typed(["validate"], tmp_path, columns=columns)
    assert stale.code == 2
    said = " ".join(steady(stale.screen)[-2:])
    assert "record 1 case, about 2 requests: harness record desk/first" in said
    assert at("record desk/first")[-1] == "1 case recorded in a moment: 1 passed"
    assert at("validate") == [
        "2 scenarios, 2 scripts and 25 settings files: nothing is wrong",
        "2 cassettes replayed: every request is what was recorded",
        "type next: harness run",
    ]
    assert at("run") == [
        "case verdict rounds calls checkpoints",
        "---------------------------------- --------- -------- ------- -------------",
        "desk/first@scripted/desk+files passed 4 2 1",
        "desk/old_draft@scripted/desk+files passed 4 2 1",
        "",
        "2 cases replayed in a moment: 2 passed",
        "hold later runs to this one: harness run --update-baseline",
    ]
