"""What `harness --help` says fits the terminal, and every example in it works as it is typed."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.archive import runs
from harness.cli import main
from harness.folders import cassette_files
from harness.manual import EXAMPLES, examples, words
from harness.options import parsers
from harness.shelf import exported
from tests.keyboard import INTERRUPT, Typed, typed
from tests.project import bundled
from tests.wire import endpoint, says

ROOT = Path(__file__).parents[1]
ALL = [one.command for several in EXAMPLES.values() for one in several]
CHAT = {
    "model": "gpt-4o",
    "messages": [
        {"role": "user", "content": "Refund order 7 of ann@mail.example, please."},
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "refund", "arguments": '{"order": 7}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "Action denied by user."},
        {"role": "assistant", "content": "I left order 7 as it is."},
    ],
}
PLAIN = {
    "model": "gpt-4o",
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Write to ann@mail.example."},
        {"role": "assistant", "content": "I cannot write to ann@mail.example."},
    ],
}
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {}}} for name in ("order_cancel", "refund", "find")
]
DRAFT = """\
title: A draft.
turns:
  - user: Hello?
"""
FAILING = {"harness record --all model=openwebui": 1, "harness record registry=prod.json": 1}
"""Examples whose model says hello, whatever it is asked, so that scenarios fail."""
LOOP = """\
from pathlib import Path

from harness import loop


class Stopping(loop.ReactLoop):
    async def run(self, task, *args, **kwargs):
        if Path("stop").exists() and task.startswith("{task}"):
            raise KeyboardInterrupt
        return await super().run(task, *args, **kwargs)


def make(tools, settings):
    made = loop.make(tools, settings)
    made.__class__ = Stopping
    return made
"""
"""A loop that is interrupted in the last case of an area, where a file says so."""
NPX = """\
#!/bin/sh
exec {python} {server} real
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a project in which every example makes sense, with two stored runs, and what it imports beside it."""
    root = bundled(tmp_path_factory.mktemp("template"))
    shutil.copytree(ROOT / "reports" / "baseline", root / "reports" / "baseline")
    with endpoint([says("Hello!")]) as asked:
        for label in ("openwebui", "ollama"):
            text = f"label: {label}\nhost_type: vllm\napi_url: {asked.url}\nmodel_name: m\n"
            (root / "conf" / "model" / f"{label}.yaml").write_text(text, "utf-8")
        registry = {
            "models": {"local": {"type": "local_openai", "api_url": asked.url, "model_name": "m"}},
            "roles": {"orchestrator": {"primary": "local"}, "chat": {"system_append": None, "tools": None}},
        }
        files = {
            "prod.json": registry,
            "chat.json": PLAIN,
            "prod.jsonl": CHAT,
            "export.json": PLAIN,
            "tools.json": TOOLS,
            "shop.json": TOOLS,
        }
        for name, data in files.items():
            (root / name).write_text(json.dumps(data), "utf-8")
        (root / "draft.yaml").write_text(DRAFT, "utf-8")
        stock = next(path for path in cassette_files(root / "cassettes") if path.stem == "denied_delete")
        (root / "cassette.yaml").write_text(exported(stock, root / "cassettes"), "utf-8")
        ours = (
            (root / "conf" / "loop" / "production.yaml").read_text("utf-8").replace("label: production", "label: ours")
        )
        (root / "conf" / "loop" / "ours.yaml").write_text(ours, "utf-8")
        (root / "npx").write_text(NPX.format(python=sys.executable, server=ROOT / "tests" / "toolserver.py"), "utf-8")
        (root / "npx").chmod(0o755)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(root)
            assert main(["record", "loop=ours"]) == 0
            assert [main(["run", f"model={model}"]) for model in ("careful", "hasty")] == [0, 0]
            for shard in ("1/2", "2/2"):
                assert main(["run", "--shard", shard]) == 0
                run = runs(root / "reports")[0]
                shutil.move(run, root / "downloaded" / run.name)
            _interrupted(root)
        yield root


def _interrupted(root: Path) -> None:
    """Store a run of the project that came to no end."""
    last = (root / "scenarios/files/two_writes.yaml").read_text("utf-8")
    task = re.findall(r"user: (\w+)", last)[0]
    production = (root / "conf/loop/production.yaml").read_text("utf-8")
    loop = production.replace("label: production", "label: stopping\nfactory: stopping_loop:make")
    (root / "conf/loop/stopping.yaml").write_text(loop, "utf-8")
    (root / "stopping_loop.py").write_text(LOOP.format(task=task), "utf-8")
    words = ["files", "role=files", "loop=stopping"]
    assert main(["record", *words]) == 0
    shutil.rmtree(runs(root / "reports")[0])  # the examples are about the two before it
    (root / "stop").touch()
    before = {*(root / "reports").iterdir()}
    assert main(["run", *words, "-j", "1"]) == 130
    (root / "stop").unlink()
    [run] = {*(root / "reports").iterdir()} - before
    shutil.move(run, root / "interrupted")


def test_every_command_has_examples() -> None:
    """Each command has examples, and each of them is of it."""
    commands = re.findall(r"^    ([a-z]+) ", parsers(80).whole.format_help(), re.MULTILINE)
    assert sorted(EXAMPLES) == sorted(commands)
    wrong = [
        one
        for name, several in EXAMPLES.items()
        for one in several
        if not re.search(rf"\bharness {name}\b", one.command)
    ]
    assert wrong == []


@pytest.mark.parametrize("columns", range(60, 121, 10))
def test_help_fits(columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """No line of any command's help is longer than the terminal but an example, which people copy."""
    monkeypatch.setenv("COLUMNS", str(columns))
    copied = {f"  {command}" for command in ALL}
    for command in ([], *([name] for name in EXAMPLES)):
        with pytest.raises(SystemExit):
            main([*command, "--help"])
        said = capsys.readouterr().out.splitlines()
        assert [line for line in said if len(line) > columns and line not in copied] == []


def test_examples_are_typed_in_full() -> None:
    """What an example does stands behind it where there is room, else below; nothing of it is lost."""
    assert examples("config", 80).splitlines() == [
        "examples:",
        "  harness config                            what counts when nothing is said",
        "  harness config role=files loop=tolerant   what counts under these choices",
    ]
    assert examples("config", 60).splitlines()[1:3] == [
        "  harness config",
        "      what counts when nothing is said",
    ]
    assert " ".join(words(60).split()) == " ".join(words(200).split())


@pytest.mark.slow
@pytest.mark.parametrize("command", ALL)
def test_examples_work(command: str, template: Path, tmp_path: Path) -> None:
    """Each example, typed into a shell, does what it says: RUN stands for a stored run, A and B for two of them."""
    folder = tmp_path / "project"
    shutil.copytree(template, folder)
    if "--continue" in command:
        name = runs(folder / "reports")[0].name.replace("Z-", "Z-0")
        shutil.move(folder / "interrupted", folder / "reports" / name)
        command = command.replace("RUN", name)
    names = [path.name for path in runs(folder / "reports")]
    for word, name in zip(("RUN", "RUN", "reports/A", "reports/B"), (*names[:2], *names[:2]), strict=True):
        command = command.replace(word, f"reports/{name}" if "/" in word else name, 1)
    where = folder
    if command.startswith(("harness init", "harness import --registry")):
        where = tmp_path / "empty"
        where.mkdir()
        shutil.copy(folder / "prod.json", where)
        if "--registry" in command:
            (where / "conf").mkdir()
    if "--watch" in command:
        played = typed(shlex.split(command)[1:], where, Typed("Ctrl-C ends", INTERRUPT))
        assert (played.code, "nothing is wrong" in played.screen) == (130, True)
        return
    shell = "fish" if "fish" in command else "bash"
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here")
    offers = {"bash": "complete -p harness", "fish": "complete -C 'harness re'"}
    command = f"{command}; {offers[shell]}" if "completion" in command else command
    path = f"{folder}:{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        [shell, "-c", command],
        cwd=where,
        capture_output=True,
        text=True,
        env={"PATH": path, "HOME": str(tmp_path)},
        check=False,
    )
    assert done.returncode == FAILING.get(command, 0), done.stderr
    if command.endswith("html"):
        page = re.findall(r"^html: file://(.*)$", done.stderr, re.MULTILINE)[0]
        assert Path(page).read_text("utf-8").startswith("<!DOCTYPE html>")
    else:
        assert done.stdout or (where / re.split("[ =]", command)[-1]).read_text("utf-8")
