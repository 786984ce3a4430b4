"""The command line: what it prints, what it stores, and how it exits."""

import json
import os
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from harness.cli import main
from tests.project import HELLO, SCENARIO, bundled, small, write
from tests.wire import Answer, endpoint, says


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    """Run the command in this process and return exit code, output and errors."""
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small project, recorded, as the current folder."""
    monkeypatch.chdir(small(tmp_path))
    assert main(["record"]) == 0
    capsys.readouterr()
    return tmp_path


LABEL = "a label has no blanks, '@', '~' or '+', which separate parts of a case's id"


def edit(path: Path, old: str, new: str) -> None:
    """Replace one text in a file."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


def lines(out: str) -> list[str]:
    """Return the output's lines with runs of blanks folded, without the line that holds a duration."""
    return [" ".join(line.split()) for line in out.splitlines() if line.strip() and not line[0].isdigit()]


def test_run_replays_and_passes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A recorded project replays to a table and exit code 0."""
    code, out, err = run(capsys, "run")
    assert (code, err) == (0, "")
    assert lines(out)[0] == "case verdict rounds calls checkpoints"
    assert lines(out)[2:] == [
        "files/denied@careful/chat+all passed 3 2 1",
        "talk/hello@careful/chat+all passed 1 0 0",
        "hold later runs to this one: harness run --update-baseline",
    ]
    assert out.splitlines()[-2].endswith(" s: 2 passed")


def test_broken_expectation_is_one_and_its_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A failed expectation exits with 1 and shows its line, what was expected and what came."""
    edit(project / "scenarios/files/denied.yaml", "rounds: 3", "rounds: 2")
    code, out, _ = run(capsys, "run")
    assert code == 1
    assert "scenarios/files/denied.yaml:16:7: turn 1, rounds: expected 2, got 3" in lines(out)
    assert "look at the first that failed: harness show files/denied@careful/chat+all" in out


def test_missing_cassette_is_two_and_the_command(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A case without a cassette exits with 2 and says how to record it; the others are judged all the same."""
    (project / "cassettes/careful/chat+all/talk/hello.yaml").unlink()
    edit(project / "scenarios/files/denied.yaml", "rounds: 3", "rounds: 2")
    code, out, _ = run(capsys, "run")
    assert code == 2
    assert lines(out)[2:] == [
        "files/denied@careful/chat+all failed 3 2 1",
        "scenarios/files/denied.yaml:16:7: turn 1, rounds: expected 2, got 3",
        "talk/hello@careful/chat+all error, missing 0 0 0",
        "cassettes/careful/chat+all/talk/hello.yaml: nothing is recorded",
        "record it, at least 1 request: harness record talk/hello",
        "look at the first that failed: harness show files/denied@careful/chat+all",
    ]


def test_the_command_shown_mends_the_case(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command that a missing case shows records exactly that case."""
    for role in ("chat", "files"):
        code, out, _ = run(capsys, "run", f"role={role}", "loop.max_rounds=5", "files")
        assert code == 2
        commands = [line.split(": harness ")[1] for line in out.splitlines() if "record it, " in line]
        assert commands == [f"record files/denied role={role} loop.max_rounds=5"]
        assert run(capsys, *commands[0].split())[0] == 0
    assert run(capsys, "run", "role=chat,files", "loop.max_rounds=5", "files")[0] == 0


def test_changed_prompt_is_stale_and_recorded_again(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed role makes cassettes stale with the place of the change; `record` records only those."""
    role = "label: chat\noverlay: Be brief.\n"
    write(project, conf__role__chat=role)
    code, out, _ = run(capsys, "run", "talk")
    assert code == 2
    assert "hello.yaml: turn 1, round 1: system prompt, section Role: chat, word 1: " in out
    assert "    record it, about 1 request: harness record talk/hello\n" in out
    code, out, _ = run(capsys, "record", "talk")
    assert (code, lines(out)[2]) == (0, "talk/hello@careful/chat+all passed 1 0 0")
    assert run(capsys, "record", "talk")[1] == (
        "nothing to record: 1 case with a valid cassette (--all records anyway)\nreplay them: harness run talk\n"
    )
    assert run(capsys, "record", "--all", "talk")[0] == 0


def test_loop_that_asks_for_less_fails(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cassette that is only partly played is judged and fails."""
    edit(project / "scenarios/files/denied.yaml", "      - deny: [file_delete]", "      []")
    code, out, _ = run(capsys, "run", "files")
    assert code == 1
    assert "the cassette: expected all recorded requests to be made, got 1 fewer; record the case again" in out
    advice = "write under answers: '- deny: [file_delete]'"
    assert f"checkpoint 1: expected an answer for file_delete, got none; {advice}" in out


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    """The command says which version of the package it is."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    assert (ended.value.code, capsys.readouterr().out) == (0, f"harness {project['version']}\n")


def test_two_replays_are_equal_to_the_byte(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One case at a time or eight, a replay writes the same traces and verdicts."""
    run(capsys, "record", "role=chat,files", "repeats=2")
    for jobs in ("1", "8"):
        assert run(capsys, "run", "role=chat,files", "repeats=2", "-j", jobs)[0] == 0
    first, second = sorted((project / "reports").iterdir(), key=lambda path: path.stat().st_mtime_ns)[-2:]
    for name in ("traces.jsonl", "verdicts.jsonl", "settings.yaml"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    cases = [json.loads(line)["case"] for line in (first / "traces.jsonl").read_text("utf-8").splitlines()]
    assert cases == [
        "files/denied@careful/chat+all",
        "files/denied@careful/chat+all~2",
        "files/denied@careful/files+all",
        "files/denied@careful/files+all~2",
        "talk/hello@careful/chat+all",
        "talk/hello@careful/chat+all~2",
        "talk/hello@careful/files+all",
        "talk/hello@careful/files+all~2",
    ]
    assert sorted(path.name for path in first.iterdir()) == [
        "agenda.json",
        "settings.yaml",
        "timings.jsonl",
        "traces.jsonl",
        "verdicts.jsonl",
    ]


def test_recording_twice_writes_the_same_cassettes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The scripted endpoint is recorded to the same bytes every time, at any concurrency."""
    before = {path: path.read_bytes() for path in sorted((project / "cassettes").rglob("*.yaml"))}
    assert run(capsys, "record", "--all", "-j", "1")[0] == 0
    assert {path: path.read_bytes() for path in sorted((project / "cassettes").rglob("*.yaml"))} == before


def test_selection(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Scenarios are selected by id, area, pattern and tag, options and overrides standing in any order."""
    for words in (["talk/hello"], ["talk"], ["t*/h*"], ["-t", "short"], ["role=chat", "talk", "-j", "2"]):
        code, out, _ = run(capsys, "run", *words)
        assert (code, [line.split()[0] for line in lines(out)[2:]]) == (0, ["talk/hello@careful/chat+all"]), words


def test_quiet_shows_only_what_needs_a_look(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --quiet passed cases are only counted."""
    code, out, _ = run(capsys, "run", "--quiet")
    assert (code, lines(out), out.count("\n")) == (0, [], 1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["talks"], "'talks' selects no scenario in scenarios (did you mean 'talk'?)"),
        (["-t", "smok"], "no selected scenario carries the tag 'smok' (did you mean 'smoke'?)"),
        (["files", "role=research"], "none of the 1 selected scenarios applies to careful/research+all"),
        (["model=carefull"], "override 'model=carefull': there is no model 'carefull' (did you mean 'careful'?)"),
        (["modle=careful"], "override 'modle=...': there is no setting 'modle' (did you mean 'model'?)"),
        (["loop.max_rounds=many"], "override 'loop.max_rounds=...': loop.max_rounds: must be a whole number"),
        (["model.mode_name=x"], "'model.mode_name=...': model: unknown key 'mode_name' (did you mean 'model_name'?)"),
        (["repeats=0"], "override 'repeats=...': repeats: must be greater than 0"),
    ],
)
def test_what_cannot_be_run_is_two_and_one_line(
    project: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    """A selection or an override that cannot be used exits with 2 and one line, and runs nothing."""
    code, out, err = run(capsys, "run", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_all_problems_come_at_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Problems of settings and of several scenarios are shown together, each at its place."""
    write(
        project,
        scenarios__talk__hello=HELLO.replace("title", "titel").replace("Hello?", "[1"),
        scenarios__files__denied=SCENARIO.replace("rounds: 3", "rounds: three").replace(
            "[chat, files]", "[chat, filse]"
        ),
    )
    code, out, err = run(capsys, "run", "model.timeout=-1")
    assert (code, out) == (2, "")
    begun = "this '[' is never closed; write the ']' that belongs to it"
    amount = "must be a whole number, or {at_least: ..., at_most: ...}"
    assert err.splitlines() == [
        "override 'model.timeout=...': model.timeout: must be greater than 0",
        f"scenarios/files/denied.yaml:16:15: turns[0].expect.rounds: {amount}",
        f"scenarios/talk/hello.yaml:4:11: not YAML: {begun}",
    ]


def test_unknown_tools_are_found_before_anything_runs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A tool that the catalogue does not have is named at its line with the nearest one."""
    edit(project / "scenarios/files/denied.yaml", "never: [shell_exec]", "never: [shell_exce]")
    code, _, err = run(capsys, "run", "files")
    said = "the catalogue 'assistant' has no tool 'shell_exce' (did you mean 'shell_exec'?)"
    assert (code, err) == (2, f"scenarios/files/denied.yaml:18:11: {said}\n")


def test_a_loop_of_the_project_is_imported(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module beside `conf/` is found in the project that is run, whose folder is on the path no longer than that."""
    write(project, conf__loop__mine="label: mine\nfactory: own_loop:make\n")
    (project / "own_loop.py").write_text("from tests.test_foreign_loops import unsaid as make\n", "utf-8")
    monkeypatch.chdir(project.parent)
    monkeypatch.delitem(sys.modules, "own_loop", raising=False)
    before = list(sys.path)
    _, _, err = run(capsys, "run", "loop=mine", "--root", project)
    assert "own_loop" in sys.modules
    assert sys.path == before
    assert err.startswith("loop 'mine' says no policy: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "label: mine\nfactory: nowhere:make\n",
            (
                "conf/loop/mine.yaml:2:10: loop.factory 'nowhere:make': there is no module 'nowhere', neither in the "
                "project's folder nor installed\n"
            ),
        ),
        (
            "label: mine\n",
            (
                "conf/loop/mine.yaml:1:1: loop.policy: must be given ('production' or 'tolerant'): the package's loop "
                "does not guess it\n"
                "conf/loop/mine.yaml:1:1: loop.texts: must be given: the package's loop does not guess it\n"
            ),
        ),
    ],
)
@pytest.mark.parametrize("command", ["run", "record", "validate"])
def test_a_loop_that_cannot_be_had_is_told_once(
    command: str, text: str, problems: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Settings that give no usable loop are told once with their line, before any case runs."""
    write(project, conf__loop__mine=text)
    words = [command] if command == "validate" else [command, "loop=mine"]
    code, out, err = run(capsys, *words)
    assert (code, out, err) == (2, "", problems)


def test_show_prints_the_conversation(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A trace is printed turn by turn, with calls, checkpoint and response."""
    run(capsys, "run")
    code, out, _ = run(capsys, "show", "files/denied")
    assert code == 0
    assert out.splitlines() == [
        "files/denied@careful/chat+all",
        "1 turn, 3 rounds, 2 calls, 1 checkpoint; final",
        "",
        "turn 1",
        "  user: Delete old.txt and read me b.txt.",
        '  round 1: file_delete({"path": "old.txt"}) denied',
        "      Action denied by user.",
        '  round 1: file_read({"path": "b.txt"}) executed',
        "      Second draft.",
        "  model, round 2 (notice): Shall I?",
        "  checkpoint: file_delete: denied",
        "  response (final): I kept it.",
    ]
    assert run(capsys, "show", "nothing")[0] == 2


def test_config_says_where_choices_come_from(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The composed settings are printed with the file of each choice, the project's own winning."""
    write(project, conf__role__chat="label: chat\noverlay: Be brief.\n")
    code, out, _ = run(capsys, "config", "loop.max_rounds=3")
    assert code == 0
    assert "overlay: Be brief." in out
    assert "max_rounds: 3" in out
    assert "role chat the package conf/role/chat.yaml, in place of the package's" in lines(out)
    assert "model careful the package the package" in lines(out)


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("models", "hasty model=hasty scripted the package"),
        ("roles", "chat role=chat all the package"),
        ("tools", "email_send user asks Send a mail in the user's name. the package"),
        ("scenarios", "talk/hello The model says hello. smoke, short"),
        ("tags", "smoke 2"),
    ],
)
def test_lists(project: Path, capsys: pytest.CaptureFixture[str], what: str, line: str) -> None:
    """Each list has a line for each thing there is to choose."""
    code, out, _ = run(capsys, "list", what)
    assert code == 0
    assert line in lines(out)


def test_validate(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sound project is said to be right, and every mistake of scenarios, scripts and settings is found at once."""
    assert run(capsys, "validate")[0] == 0
    write(
        project,
        scenarios__talk__hello_script="any:\n  - txet: Hello!\n",
        scenarios__talk__lone_script="any: []\n",
        conf__role__bad="label: bad\nallow: [file_raed]\n",
        conf__model__bad="label: bad model\ntimeout: 0\n",
    )
    code, out, err = run(capsys, "validate")
    assert (code, out) == (2, "")
    unknown = "the catalogue 'assistant' has no tool 'file_raed' (did you mean 'file_read'?)"
    assert err.splitlines() == [
        f"conf/model/bad.yaml:1:8: model.label: {LABEL}",
        "conf/model/bad.yaml:2:10: model.timeout: must be greater than 0",
        f"conf/role/bad.yaml:2:9: role.allow: {unknown}",
        "scenarios/talk/hello.script.yaml:2:5: any[0]: unknown key 'txet' (did you mean 'text'?)",
        "scenarios/talk/lone.script.yaml:1:1: there is no scenario lone.yaml beside this script",
    ]


@pytest.mark.parametrize("command", ["", "run", "record", "show", "validate", "config", "list"])
def test_help_has_examples(capsys: pytest.CaptureFixture[str], command: str) -> None:
    """Every command explains itself, with examples."""
    with pytest.raises(SystemExit) as ended:
        main([*filter(None, [command]), "--help"])
    assert ended.value.code == 0
    assert ("harness" if not command else "examples:") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--tags", "x"], "there is no option --tags for 'harness run'"),
        (["run", "-j", "0"], "argument -j/--jobs: invalid _positive value: '0'"),
        (["fly"], "invalid choice: 'fly'"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_wrong_options_are_two(capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    """An option or a command that does not exist exits with 2 and says so."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_no_project_is_two(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a project the command says so."""
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, "run")
    assert code == 2
    assert "no project here" in err


PLANTED = {"env": "planted-env-key-001", "header": "planted-header-002", "user": "planted-password-003"}


def test_planted_keys_reach_no_file_and_no_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key in the environment, in a header and in the address stands in no file, log line or message."""
    monkeypatch.setenv("PLANTED_KEY", PLANTED["env"])
    monkeypatch.setenv("PLANTED_HEADER", PLANTED["header"])
    echo = f"You sent {', '.join(PLANTED.values())}."
    with endpoint([says("Hello!"), Answer(json.dumps({"error": {"message": echo}}), 401), says(echo)]) as asked:
        url = asked.url.replace("http://", f"http://me:{PLANTED['user']}@")
        write(
            small(tmp_path),
            conf__model__real=(
                f"label: real\nhost_type: other\napi_url: {url}/v1\napi_key_env: PLANTED_KEY\nmodel_name: m\n"
                "headers: {X-Planted: '${oc.env:PLANTED_HEADER}'}\n"
            ),
        )
        monkeypatch.chdir(tmp_path)
        said = [run(capsys, "record", "--all", "talk", "model=real", "-j", "1") for _ in range(3)]
    said += [run(capsys, *words) for words in (["run", "talk", "model=real"], ["show", "hello"])]
    said += [run(capsys, "config", "model=real"), run(capsys, "config", "model=real", "model.timeout=x")]
    assert [code for code, _, _ in said] == [0, 2, 2, 0, 0, 0, 2]
    assert [one["x-planted"] for one in asked.headers] == [PLANTED["header"]] * 3
    assert "HTTP 401: You sent ***, ***, ***." in said[1][1]
    assert "not saved" in said[2][1]
    written = "".join(
        path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file() and "conf" not in path.parts
    )
    for planted in PLANTED.values():
        assert planted not in written
        assert all(planted not in out + err for _, out, err in said)


def damaged(path: Path, kind: int) -> None:
    """Damage a cassette in one of six ways."""
    lines_ = path.read_text("utf-8").splitlines(keepends=True)
    match kind:
        case 0:
            path.unlink()
        case 1:
            path.write_text("".join(lines_[: len(lines_) // 2]), "utf-8")
        case 2:
            path.write_text("", "utf-8")
        case 3:
            path.write_text("".join([*lines_, "x: ["]), "utf-8")
        case 4:
            path.write_text("".join(lines_[::-1]), "utf-8")
        case _:
            path.write_bytes(path.read_bytes().replace(b"code: ", b"code: 1"))


def connections(listener: socket.socket) -> int:
    """Count the connections that wait at a listening socket."""
    listener.setblocking(False)
    count = 0
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


@pytest.mark.slow
def test_nothing_leaves_in_a_damaged_replay(tmp_path: Path) -> None:
    """With half of its cassettes damaged the bundled suite connects to nobody, as a listening socket sees it."""
    bundled(tmp_path)
    paths = sorted((tmp_path / "cassettes").rglob("*.yaml"))
    for number, path in enumerate(paths[::2]):
        damaged(path, number % 6)
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        for name in ("careful", "hasty", "stubborn"):
            real = f"label: {name}\nhost_type: other\napi_url: {url}/v1\nmodel_name: {name}\n"
            write(tmp_path, **{f"conf__model__{name}": real})
        environment = {**os.environ, "HTTP_PROXY": url, "HTTPS_PROXY": url, "ALL_PROXY": url}
        words = ["run", "model=careful,hasty,stubborn", "role=chat,coder,files,research"]
        command = [sys.executable, "-m", "harness", *words]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        left = connections(listener)
        socket.create_connection(listener.getsockname()).close()
        assert (left, connections(listener)) == (0, 1)
    assert (done.returncode, done.stderr) == (2, "")
    (summary,) = re.findall(r"replayed in .* s: (.*)", done.stdout)
    known = " 1 known to fail," if "1 known to fail" in summary else ""
    judged = len(paths) // 2 - bool(known)
    assert summary.startswith(f"{judged} passed,{known} {len(paths) - len(paths) // 2} error")


@pytest.mark.slow
def test_the_suite_replays_to_the_same_bytes_at_any_concurrency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bundled suite, one case at a time and eight at a time, gives equal traces and verdicts."""
    monkeypatch.chdir(bundled(tmp_path))
    for jobs in ("1", "8"):
        assert main(["run", "model=careful,hasty,stubborn", "role=chat,coder,files,research", "-j", jobs]) == 0
    first, second = (tmp_path / "reports").iterdir()
    for name in ("traces.jsonl", "verdicts.jsonl", "settings.yaml"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert len((first / "traces.jsonl").read_text("utf-8").splitlines()) >= 180


def test_help_starts_without_heavy_imports() -> None:
    """The command's help imports neither openai nor hydra nor vcr nor pydantic."""
    heavy = "{'openai', 'hydra', 'vcr', 'pydantic', 'yaml', 'tabulate'}"
    code = f"import sys, harness.cli; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
