"""The front door: what the README shows is what there is."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from harness.catalogue import Catalogue
from harness.check import judge
from harness.cli import main
from harness.scenario import ScenarioFile
from harness.settings import Loop
from harness.source import parse
from tests.build import act, call, checkpoint, scenario, trace, turn
from tests.keyboard import Typed, steady, typed
from tests.project import HELLO, HELLO_SCRIPT, bundled, write

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
GUIDE = (ROOT / "scenarios" / "README.md").read_text("utf-8")
SETTINGS = (ROOT / "conf" / "README.md").read_text("utf-8")


def commands() -> list[str]:
    """Return the harness commands of the README's shell blocks that need no real model."""
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("harness ")]


def plain(text: str) -> list[str]:
    """Return the lines of an output without the width of its columns, its time and its tokens."""
    return steady(re.sub(r"^[0-9,]+ tokens: .*", "so many tokens", text, flags=re.MULTILINE))


def shown(command: str) -> list[str]:
    """Return the lines that the README shows as a command's output, but for rulers and gaps."""
    [text] = re.findall(rf"`{command}` ends like this:\n\n```text\n(.*?)```", README, re.DOTALL)
    return [line for line in plain(text) if line.strip("-. ")]


def section(page: str, heading: str) -> str:
    """Return what stands on a page below a heading, up to the next of its height or above."""
    height = heading.index(" ")
    below = page.split(f"\n{heading}\n")[1]
    return re.split(rf"\n#{{1,{height}}} ", below)[0]


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks of a text that are in a language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def told(text: str) -> list[str]:
    """Return the lines of an output as the guide shows it, without widths, times and rulers."""
    return [line for line in plain(text) if line.strip("-. ")]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the bundled project, with its baseline, as the current folder."""
    monkeypatch.chdir(bundled(tmp_path))
    shutil.copytree(ROOT / "reports" / "baseline", tmp_path / "reports" / "baseline")
    return tmp_path


@pytest.mark.slow
def test_commands_work(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of the README exits with 0 on the bundled project, but for variants that nobody recorded."""
    assert len(commands()) >= 9
    monkeypatch.setenv("COLUMNS", "110")
    assert main(shlex.split("run model=careful,hasty,stubborn role=chat,coder,files,research")) == 0
    came = plain(capsys.readouterr().out)
    assert [line for line in shown("make run") if line not in came] == []
    unrecorded = {"harness run loop.max_rounds=3 web/weather": 2}
    codes = {command: main(shlex.split(command)[1:]) for command in commands()}
    assert codes == {command: unrecorded.get(command, 0) for command in commands()}
    said = capsys.readouterr().err.splitlines()
    expected = "github: reports/", "html: file://", "recording ", "shard 1/4: "
    assert [line for line in said if not line.startswith(expected)] == []


@pytest.mark.slow
def test_pytest_commands_work(project: Path) -> None:
    """Each pytest command of the README passes on the bundled project."""
    lines = [line.split("#")[0].strip() for block in blocks(README, "sh") for line in block.splitlines()]
    words = [shlex.split(line) for line in lines if line.startswith("pytest ")]
    codes = {" ".join(one): subprocess.run([sys.executable, "-m", *one], check=False).returncode for one in words}
    assert codes == dict.fromkeys(codes, 0)
    assert len(codes) == 4


@pytest.mark.slow
def test_failure_shown_is_the_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a new project, where a scenario expects one round less, pytest says what the README shows."""
    [shown] = [text for text in blocks(README, "text") if text.startswith("$ pytest scenarios\n")]
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    path = tmp_path / "scenarios" / "desk" / "old_draft.yaml"
    path.write_text(path.read_text("utf-8").replace("rounds: 4", "rounds: 3"), "utf-8")
    command = [sys.executable, "-m", "pytest", "scenarios", "-p", "no:xdist"]
    came = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    [head, *said] = shown.splitlines()[1:]
    start = next(at for at, line in enumerate(came) if line.strip("_") == head.strip("_"))
    assert came[start + 1 : start + 1 + len(said)] == said


def test_make_targets_exist() -> None:
    """The README's make commands are targets of the Makefile, and `make run` replays what it says."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert f"\n{target}:" in makefile
    assert (
        "harness run model=careful,hasty,stubborn role=chat,coder,files,research --format text --format html\n"
        in makefile
    )


def test_scenario_shown_is_a_scenario() -> None:
    """The scenario in the README is valid as it stands."""
    [text] = [one for one in blocks(README, "yaml") if one.startswith("title:")]
    assert ScenarioFile.model_validate(yaml.safe_load(text)).turns[0].answers[0].deny == ["file_delete"]


@pytest.mark.slow
def test_miss_shown_is_the_miss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a new project, the word changed that the README changes, the run says what the README shows."""
    [shown] = [text for text in blocks(README, "text") if text.startswith("$ harness run\n")]
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    role = tmp_path / "conf" / "role" / "desk.yaml"
    role.write_text(role.read_text("utf-8").replace("tidy", "neat"), "utf-8")
    capsys.readouterr()
    assert main(["run"]) == 2
    assert told(capsys.readouterr().out) == told(shown.removeprefix("$ harness run\n"))


@pytest.mark.slow
def test_comparison_shown_is_the_comparison(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a new project with a baseline, the model changed as the README says, the recording ends with what it shows."""
    [shown] = [text for text in blocks(README, "text") if text.startswith("$ harness record --all\n")]
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    assert main(["run", "--update-baseline"]) == 0
    script = tmp_path / "scenarios" / "desk" / "old_draft.script.yaml"
    script.write_text(
        script.read_text("utf-8").replace("file_delete: {path: old", "file_delete: {path: ./old"), "utf-8"
    )
    capsys.readouterr()
    assert main(["record", "--all"]) == 1
    assert told(capsys.readouterr().out) == told(shown.removeprefix("$ harness record --all\n"))


@pytest.mark.slow
def test_new_scenario_shown_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a new project a scenario is written as the README shows, and can be recorded as it stands."""
    [output] = [text for text in blocks(README, "text") if text.startswith("$ harness new ")]
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    capsys.readouterr()
    assert main(shlex.split(output.splitlines()[0])[2:]) == 0
    said = capsys.readouterr().out
    assert said.rstrip() == output.split("\n", 1)[1].rstrip()
    assert main(shlex.split(said.splitlines()[-1])[1:]) == 0


@pytest.mark.slow
def test_import_shown_is_the_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The transcript that the README shows is imported as it says, and replays."""
    [transcript] = blocks(README, "json")
    [output] = [text for text in blocks(README, "text") if text.startswith("$ harness import chat.json")]
    monkeypatch.chdir(tmp_path)
    Path("scenarios").mkdir()
    Path("chat.json").write_text(transcript, "utf-8")
    command, came = output.splitlines()[0].removeprefix("$ harness "), output.split("\n", 1)[1]
    assert main(shlex.split(command)) == 0
    assert capsys.readouterr().out == came
    assert main(["run"]) == 0


@pytest.mark.slow
def test_missing_shard_shown_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where one of two shards was not downloaded, the report of the other ends with what the README shows."""
    [shown] = [text for text in blocks(README, "text") if text.startswith("$ harness report downloaded/*\n")]
    write(tmp_path, **{f"scenarios__talk__{name}": HELLO for name in "abcd"})
    write(tmp_path, **{f"scenarios__talk__{name}_script": HELLO_SCRIPT for name in "abcd"})
    monkeypatch.chdir(tmp_path)
    assert main(["record"]) == 0
    shutil.rmtree("reports")
    assert main(["run", "--shard", "1/2"]) == 0
    Path("reports").rename("downloaded")
    capsys.readouterr()
    assert main(["report", *map(str, Path("downloaded").iterdir())]) == 2
    out, err = capsys.readouterr()
    came = re.sub(r"downloaded/\S+:", "downloaded/20261127T090000Z-4c400c49:", f"{out.splitlines()[-1]}\n{err}")
    assert came == shown.partition("...\n")[2]


@pytest.mark.slow
def test_matrix_shown_is_the_matrix(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The lines of two models against each other are those that the command prints, in their order."""
    command = "harness run model=careful,hasty files role=files"
    [shown] = [text for text in blocks(README, "text") if text.startswith(f"$ {command}\n")]
    assert main(shlex.split(command)[1:]) == 0
    came = iter(told(capsys.readouterr().out))
    assert [line for line in told(shown)[1:] if line not in came] == []


def test_loop_shown_is_a_loop() -> None:
    """The loops in the README and in the settings' page are valid as they stand."""
    shown = [*blocks(README, "yaml"), *blocks(section(SETTINGS, "### Your own loop"), "yaml")]
    loops = [Loop.model_validate(parse(text, Path("shown.yaml")).data) for text in shown if "factory:" in text]
    assert [(loop.label, loop.factory, loop.transports) for loop in loops] == [
        ("ours", "adapter:make", ("httpx",)),
        ("ours", "adapter:make", ("httpx2",)),
    ]


def test_links_lead_somewhere() -> None:
    """Every relative link of every README leads to a file or a folder."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("*/README.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_forms_shown_are_forms_of_a_scenario() -> None:
    """Each block of the guide's key by key is valid, as a whole scenario or as a part of one."""
    shown = blocks(section(GUIDE, "## The scenario, key by key"), "yaml")
    wholes = [text for text in shown if text.startswith("title:")]
    parts = [text for text in shown if not text.startswith(("title:", "label:", "any:"))]
    keys = ["tools", "tools", "workspace", "answers", "expect", "expect", "expect", "expect", "reference"]
    assert [text.partition(":")[0] for text in parts] == keys
    for text in (*wholes, *(f"title: T.\n{text}" for text in parts)):
        data = parse(text, Path("shown.yaml")).data
        turn = {"user": "Go.", **({"answers": data.pop("answers")} if "answers" in data else {})}
        given = {"turns": [turn], "workspace": {}, "module": "own.py", **data}
        assert ScenarioFile.model_validate(given).title


def test_findings_shown_are_found() -> None:
    """Judged by the calls that the guide expects, a trace that searches for another word gives what the guide shows."""
    page = section(GUIDE, "### Calls")
    [expect], [shown] = blocks(page, "yaml"), blocks(page, "text")
    one = scenario(f"title: T.\nturns: [{{user: Go., answers: [confirm]}}]\n{expect}", Path("scenarios/rain.yaml"))
    sent = call("email_send", {"to": "third@house.example", "subject": "Rain", "body": "!"}, decision="confirmed")
    came = [call("web_search", {"query": "snow"}), call("web_fetch", {"url": "bergen.example", "raw": True}), sent]
    verdict = judge(trace(turn(*map(act, came), checkpoints=[checkpoint("email_send", round=3)])), one)
    found = [f"{one.place}: {one.what}: expected {one.expected}, got {one.got}" for one in verdict.findings]
    assert found == shown.splitlines()


def test_catalogue_shown_is_a_catalogue() -> None:
    """The catalogue in the settings' page is valid, and its tools work on files as the page says."""
    [text] = [one for one in blocks(section(SETTINGS, "### Tools and prompts"), "yaml") if "tools:" in one]
    tools = Catalogue.model_validate(parse(text, Path("shown.yaml")).data).tools
    assert {name: tool.workspace and tool.workspace.does for name, tool in tools.items()} == {
        "plants_list": "list",
        "plant_read": "read",
        "diary_add": "append",
    }


@pytest.mark.slow
def test_from_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Typed as it stands, the guide's first scenario prints what the guide shows, question after question."""
    page = section(GUIDE, "## From nothing")
    asked, script, line = blocks(page, "yaml")
    shown = [
        (command, output)
        for text in blocks(page, "text")
        for command, output in re.findall(r"^\$ harness (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)
    ]
    (tries, conversation), *rest = shown
    assert [command for command, _ in shown] == [
        "try garden/tomatoes",
        "validate",
        "record garden",
        "run garden",
        "show tomatoes",
        "run garden",
        "record garden",
    ]
    write(tmp_path, scenarios__garden__tomatoes=asked, scenarios__garden__tomatoes_script=script)
    path = tmp_path / "scenarios" / "garden" / "tomatoes.yaml"
    steps = [Typed(*one) for one in re.findall(r"(an error\): |stop\): |yes / no\): )(.*\n)", conversation)]
    assert [step.text for step in steps] == ["tomatoes, beans, one brave lemon tree\n", "deny\n", "yes\n"]
    assert told(typed(shlex.split(tries), tmp_path, *steps).screen) == told(conversation)
    whole = path.read_text("utf-8") + line
    wrong = whole.replace("rounds: 4", "rounds: 3").replace("lemon}", "apples}")
    brave = whole.replace("one brave", "one very brave")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for text, (command, output) in zip([whole, whole, wrong, wrong, brave, brave], rest, strict=True):
        path.write_text(text, "utf-8")
        main(shlex.split(command))
        assert told(capsys.readouterr().out) == told(output)


@pytest.mark.slow
def test_the_bank_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The bank account of the guide is valid, recorded and replayed as it stands there."""
    shown = section(GUIDE, "### Tools that remember")
    catalogue, scenario, script = blocks(shown, "yaml")
    [module] = blocks(shown, "python")
    write(
        tmp_path, conf__catalogue__bank=catalogue, scenarios__bank__rent=scenario, scenarios__bank__rent_script=script
    )
    (tmp_path / "scenarios" / "bank" / "bank.py").write_text(module, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert [main([command, "bank", "catalogue=bank"]) for command in ("record", "run")] == [0, 0], capsys.readouterr()
    assert main(["validate"]) == 0
    assert main(["show", "bank/rent"]) == 0
    out = capsys.readouterr().out
    assert "Tool error: there is no account savings" in out
    assert "Tool error: 400 is not to be had from giro" in out
    assert '  state: {"accounts": {"giro": 100, "rent": 400}}' in out
