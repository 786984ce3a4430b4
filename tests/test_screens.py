"""What stands on a real terminal of sixty columns: no line is longer, and the last one is a command that works."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.cli import main
from harness.terminal import extent
from tests.keyboard import typed
from tests.project import small, write

pytestmark = pytest.mark.slow

COLUMNS = 60
BIN = Path(sys.executable).parent
NAME = "a_scenario_whose_name_says_everything_that_it_is_about"
LONG = """\
title: Eine sehr lange Überschrift 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字 🙂, which goes on and on.
tags: [smoke, a_tag_that_is_long_as_well, and_another_one_that_is_longer_still]
tools:
  file_read: "{text}"
turns:
  - user: Read 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字.txt, and tell me all that stands in it, please.
    expect: {{response: {{contains: {what}}}}}
"""
SCRIPT = """\
any:
  - - calls: [{{file_read: {{path: "{path}"}}}}]
    - text: "{text}"
"""
CHAT = {
    "model": "gpt-4o",
    "messages": [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hello 漢字!"}],
}
_COMMAND = re.compile(r"(?:cd \S+ && )?\bharness [a-z].*")


def shown(words: Sequence[str], folder: Path) -> list[str]:
    """Return the lines that a command leaves on a narrow terminal; none is too long but for paths and commands."""
    lines = typed(words, folder, columns=COLUMNS).screen.replace("\r", "").rstrip("\n").split("\n")
    assert [line for line in lines if extent(line) > COLUMNS and not copied(line)] == []
    return lines


def copied(line: str) -> bool:
    """Tell whether a line is one word that people copy, or a command."""
    return _COMMAND.fullmatch(line.strip()) is not None or ("/" in line and " " not in line.strip())


def works(lines: Sequence[str], folder: Path, *, code: int = 0) -> str:
    """Type the command in the last line into a shell, which ends with this code; return it."""
    found = _COMMAND.search(lines[-1])
    assert found, lines
    environment = {"PATH": f"{BIN}:/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", "-c", found[0]], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, (found[0], done.stdout, done.stderr)
    return found[0]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project in which nothing is recorded, with a scenario of long names and wide signs."""
    root = small(tmp_path / "project")
    text = " ".join(["漢字 and words, many of them,"] * 40)
    write(
        root,
        **{
            f"scenarios__talk__{NAME}": LONG.format(text=text, what="words"),
            f"scenarios__talk__{NAME}_script": SCRIPT.format(text=text, path="漢字" * 100),
        },
    )
    return root


@pytest.fixture
def recorded(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the project recorded."""
    monkeypatch.chdir(project)
    assert main(["record"]) == 0
    return project


def test_a_new_project_leads_to_its_first_run(tmp_path: Path) -> None:
    """A new project ends with the command that replays it, and the run with the one that makes it the baseline."""
    command = works(shown(["init", "garden"], tmp_path), tmp_path)
    assert command == "cd garden && harness run"
    assert works(shown(["run"], tmp_path / "garden"), tmp_path / "garden") == "harness run --update-baseline"


def test_a_project_leads_from_validation_to_a_baseline(project: Path) -> None:
    """Where nothing is recorded, validation leads to a recording, that to the baseline, and validation to a run."""
    assert works(shown(["validate"], project), project) == "harness record"
    assert works(shown(["record"], project), project) == "harness run"
    assert works(shown(["record", "--all"], project), project) == "harness run --update-baseline"
    assert works(shown(["validate"], project), project) == "harness run"


def test_a_failure_leads_to_its_conversation(recorded: Path) -> None:
    """A run that fails, told again or compared, ends with the command that shows the first failure, and that whole."""
    path = recorded / "scenarios" / "talk" / f"{NAME}.yaml"
    path.write_text(path.read_text("utf-8").replace("contains: words", "contains: nothing"), "utf-8")
    case = f"talk/{NAME}@careful/chat+all"
    [run] = [path.parent.name for path in recorded.glob("reports/*/traces.jsonl")]
    for words in (["run"], ["report"], ["compare", run]):
        assert works(shown(words, recorded), recorded) == f"harness show {case}"
    assert works(shown(["show", case], recorded), recorded) == f"harness show --full {case}"
    assert not any("(+" in line for line in shown(["show", "--full", case], recorded))


def test_a_stale_cassette_leads_to_its_recording(recorded: Path) -> None:
    """What cannot be replayed any more ends with the command that records it."""
    path = recorded / "scenarios" / "talk" / f"{NAME}.yaml"
    path.write_text(path.read_text("utf-8").replace("please", "now"), "utf-8")
    assert works(shown(["validate"], recorded), recorded).startswith(f"harness record talk/{NAME} ")
    path.write_text(path.read_text("utf-8").replace("now", "soon"), "utf-8")
    lines = shown(["run"], recorded)
    assert "record it" in " ".join(lines)


def test_what_is_written_leads_to_its_use(recorded: Path) -> None:
    """A new scenario leads to its recording, an import to its run, a try to a recording, an edit to validation."""
    (recorded / "chat.json").write_text(json.dumps(CHAT), "utf-8")
    tools = [{"type": "function", "function": {"name": "find", "parameters": {}}}]
    (recorded / "tools.json").write_text(json.dumps(tools), "utf-8")
    assert works(shown(["new", "garden/lemons"], recorded), recorded) == "harness record garden/lemons"
    assert works(shown(["import", "chat.json"], recorded), recorded) == "harness run imported/chat"
    assert works(shown(["try", "talk/hello"], recorded), recorded) == "harness record talk/hello"
    accepted = shown(["cassette", "accept", "talk/hello@careful"], recorded)
    assert works(accepted, recorded) == "harness validate talk/hello"
    assert works(shown(["import", "--tools", "tools.json"], recorded), recorded, code=2).startswith("harness run ")


@pytest.mark.parametrize(
    "words",
    [
        *(["list", what] for what in ("models", "roles", "tools", "personas", "loops", "scenarios", "tags")),
        ["schema"],
        ["run", "role=chat,files", "model=careful,hasty", "repeats=2"],
        ["run", "nowhere_to_be_found_among_all_the_scenarios_of_this_project"],
        ["run", "role=nobody_of_this_name_who_could_play_a_role_in_this_project"],
        ["run", "--format", "one_that_nobody_has_ever_seen_or_heard_of_in_this_world"],
        ["run", "--an-option-that-is-none-and-has-quite-a-long-name-as-well"],
        ["show", "nothing"],
        ["compare"],
        ["cassette", "export", "talk"],
        ["list", "everything_that_there_is_in_this_project_and_beyond_of_it"],
    ],
)
def test_whatever_is_said_fits(words: Sequence[str], recorded: Path) -> None:
    """Lists, matrices and complaints keep within a narrow terminal."""
    assert shown(words, recorded) != []
