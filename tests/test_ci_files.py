"""The CI files of a new project: valid by their published schemas, and their scripts do in order what they say."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest
import yaml

from harness.starting import CI, STARTER, start
from tests.project import tree

ROOT = Path(__file__).parents[1]
SCHEMAS = files("check_jsonschema") / "builtin_schemas" / "vendor"
FILES = {name: stored for files in CI.values() for name, stored in files.items()}
GITHUB, RECORD, GITLAB = ".github/workflows/harness.yml", ".github/workflows/harness-record.yml", ".gitlab-ci.yml"


def read(name: str) -> Any:
    """Return a CI file's data, as its system reads it: there `on` is text."""
    text = (STARTER / FILES[name]).read_text("utf-8")
    return yaml.safe_load(re.sub(r"^on:", "'on':", text, flags=re.MULTILINE))


def steps(name: str, job: str) -> list[dict[str, Any]]:
    """Return the steps of a job on GitHub."""
    found: list[dict[str, Any]] = read(name)["jobs"][job]["steps"]
    return found


def scripts() -> list[str]:
    """Return all scripts of all CI files."""
    on_github = [
        step["run"]
        for name in (GITHUB, RECORD)
        for job in read(name)["jobs"].values()
        for step in job["steps"]
        if "run" in step
    ]
    jobs = [job for job in read(GITLAB).values() if isinstance(job, dict)]
    on_gitlab = [line for job in jobs for key in ("before_script", "script") for line in job.get(key, ())]
    return [*on_github, *on_gitlab]


# What they say


@pytest.mark.parametrize(
    ("name", "schema"), [(GITHUB, "github-workflows"), (RECORD, "github-workflows"), (GITLAB, "gitlab-ci")]
)
def test_they_are_valid(name: str, schema: str) -> None:
    """Each holds against the schema that is published for it."""
    published = json.loads((SCHEMAS / f"{schema}.json").read_text("utf-8"))
    jsonschema.validators.validator_for(published)(published).validate(read(name))


@pytest.mark.parametrize("text", scripts())
def test_scripts_are_shell(text: str) -> None:
    """Bash reads every script, and no expression of a CI system's stands in one, where text would become code."""
    assert subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False).stderr == ""
    assert "${{" not in text


def test_this_version_is_installed() -> None:
    """Every job installs this minor version."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    wanted = f'python -m pip install "tool-loop-harness~={version.rpartition(".")[0]}.0"'
    assert [text for text in scripts() if "pip install" in text] == [wanted] * 4


def test_secrets_are_for_recording_alone() -> None:
    """What replays may read the repository and no secret; what records may write, and is started by hand."""
    replays, records = read(GITHUB), read(RECORD)
    assert (replays["permissions"], replays["on"]) == ({"contents": "read"}, ["push", "pull_request"])
    assert "secrets" not in (STARTER / FILES[GITHUB]).read_text("utf-8").partition("\nname:")[2]
    assert records["permissions"] == {"contents": "write", "pull-requests": "write"}
    assert list(records["on"]) == ["workflow_dispatch"]
    assert records["jobs"]["record"]["environment"] == "harness-record"
    jobs = {name: job for name, job in read(GITLAB).items() if name.startswith("harness-")}
    assert [name for name, job in jobs.items() if "environment" in job] == ["harness-record"]
    assert [rule.get("when") for rule in jobs["harness-record"]["rules"]] == ["manual"]


# What they do


class Ran(NamedTuple):
    """What came of a script."""

    code: int
    out: str
    err: str


class Machine:
    """A machine of a CI system, with one project checked out and commands that stand in for what is not there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.project = root / "project"
        self.told = {name: root / name for name in ("summary", "output", "gh", "installed")}
        shutil.copytree(root.parent / "origin", self.project)
        commands = root / "commands"
        commands.mkdir(parents=True)
        self._command(commands / "harness", f'exec {sys.executable} -m harness "$@"')
        self._command(commands / "python", f'echo "$@" >> {self.told["installed"]}')
        self._command(commands / "gh", f'printf "%s\\n" "$@" >> {self.told["gh"]}; cat body.md >> {self.told["gh"]}')
        for path in self.told.values():
            path.touch()
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("GITHUB", "CI", "GIT_"))},
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(root),
            "GITHUB_STEP_SUMMARY": str(self.told["summary"]),
            "GITHUB_OUTPUT": str(self.told["output"]),
            "GITHUB_ACTIONS": "true",
            "CI": "true",
        }

    def run(self, text: str, environ: Mapping[str, str] | None = None, *, shell: str = "-e") -> Ran:
        """Run a script as the runner does."""
        command = ["bash", *shell.split(), "-c", text]
        environment = {**self.environ, **(environ or {})}
        done = subprocess.run(command, cwd=self.project, env=environment, capture_output=True, text=True, check=False)
        return Ran(done.returncode, done.stdout, done.stderr)

    def said(self, name: str) -> str:
        """Return what was told to the summary, the output, `gh` or the installer."""
        return self.told[name].read_text("utf-8")

    def _command(self, path: Path, text: str) -> None:
        path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
        path.chmod(0o755)


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """Return a new project with a second scenario, from which machines check out."""
    folder = tmp_path / "origin"
    start(folder)
    for name in ("", ".script"):
        path = folder / f"scenarios/desk/old_draft{name}.yaml"
        shutil.copy(path, path.with_name(f"again{name}.yaml"))
    cassette = folder / "cassettes/scripted/desk+files/desk/old_draft.yaml"
    shutil.copy(cassette, cassette.with_name("again.yaml"))
    return folder


def fail(origin: Path) -> None:
    """Let a scenario expect what does not come."""
    path = origin / "scenarios/desk/again.yaml"
    text = path.read_text("utf-8")
    path.write_text(re.sub(r"rounds: .*", "rounds: 1", text), "utf-8")
    assert path.read_text("utf-8") != text


def on_github(root: Path, shards: int) -> tuple[list[int], Machine]:
    """Run the steps of the workflow that replays, and return the exit codes of its jobs and the machine of the last."""
    codes = []
    kept = root / "artifacts"
    for number in range(1, shards + 1):
        machine = Machine(root / f"replay{number}")
        environ = {"SHARD": f"{number}/{shards}"}
        code = 0
        for step in steps(GITHUB, "replay"):
            wanted = not code or "!cancelled()" in step.get("if", "")
            if "run" in step and wanted and ("matrix.shard == 1" not in step.get("if", "") or number == 1):
                code = machine.run(step["run"], environ).code or code
            elif "upload-artifact" in step.get("uses", ""):
                assert step["with"]["path"] == "reports/2*/"
                for folder in (machine.project / "reports").glob("2*/"):
                    shutil.copytree(folder, kept / folder.name)
        assert "pip install tool-loop-harness" in machine.said("installed")
        assert machine.said("summary") == ""
        codes.append(code)
    last = Machine(root / "report")
    [fetch] = [step["with"] for step in steps(GITHUB, "report") if "download" in step.get("uses", "")]
    shutil.copytree(kept, last.project / fetch["path"])
    *_, (code, out, _) = [last.run(step["run"]) for step in steps(GITHUB, "report") if "run" in step]
    (last.root / "out").write_text(out, "utf-8")
    return [*codes, code], last


@pytest.mark.slow
@pytest.mark.parametrize("shards", [1, 2, 3])
@pytest.mark.parametrize("fails", [False, True])
def test_the_workflow_replays(origin: Path, tmp_path: Path, shards: int, fails: bool) -> None:
    """In a new project its jobs are green; where a scenario fails so do they, and all is told the same."""
    if fails:
        fail(origin)
    codes, last = on_github(tmp_path, shards)
    assert (max(codes[:-1]), codes[-1]) == (int(fails), int(fails))
    out = (last.root / "out").read_text("utf-8")
    assert f"\n2 cases read: {'1 passed, 1 failed' if fails else '2 passed'}" in out
    marks = [line.partition("::desk")[0] for line in out.splitlines() if line.startswith("::error")]
    assert [mark.partition(",")[0] for mark in marks] == ["::error file=scenarios/desk/again.yaml"] * fails
    summary = last.said("summary")
    assert ("2 passed" in summary, "1 failed" in summary) == (not fails, fails)
    [path] = [one["with"]["path"] for one in steps(GITHUB, "report") if "upload" in one.get("uses", "")]
    names = {one.name for one in (last.project / path).iterdir()}
    assert names == {"junit.xml", "report.html"}


@pytest.mark.slow
def test_the_workflow_tells_a_job_that_was_lost(origin: Path, tmp_path: Path) -> None:
    """Where the run of a shard is missing, the report says so and is not green."""
    codes, last = on_github(tmp_path, 2)
    assert codes == [0, 0, 0]
    [report] = [step["run"] for step in steps(GITHUB, "report") if "harness report" in step.get("run", "")]
    downloaded = sorted((last.project / "downloaded").iterdir())
    shutil.rmtree(downloaded[0])
    code, _, err = last.run(report)
    assert code == 2
    assert re.search(r"^downloaded/\S+: shard [12] of 2 is missing$", err, re.MULTILINE)
    shutil.rmtree(downloaded[1])
    assert last.run(report).code == 2


def checked_out(machine: Machine, tmp_path: Path) -> Path:
    """Make the machine's project a clone of a repository, and return that."""
    remote = tmp_path / "remote.git"

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=machine.project, env=machine.environ, check=True, capture_output=True)

    git("init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    git("-C", str(remote), "config", "receive.advertisePushOptions", "true")
    hook = remote / "hooks" / "pre-receive"
    hook.write_text('#!/bin/sh\nenv | grep ^GIT_PUSH_OPTION | sort > "$PWD/options"\n', "utf-8")
    hook.chmod(0o755)
    git("init", "--quiet", "--initial-branch=main")
    git("add", ".")
    git("-c", "user.name=A", "-c", "user.email=a@a.example", "commit", "--quiet", "--message", "Begin")
    git("remote", "add", "origin", str(remote))
    git("config", "--global", f"url.{remote}.insteadOf", "https://oauth2:token@git.example/group/garden.git")
    return remote


def branches(remote: Path) -> dict[str, list[str]]:
    """Return the branches of a repository with the files of the last commit of each."""
    command = ["git", "-C", str(remote), "for-each-ref", "--format=%(refname:short)"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    show = ["git", "-C", str(remote), "show", "--format=", "--name-only"]
    return {
        name: subprocess.run([*show, name], capture_output=True, text=True, check=True).stdout.split() for name in names
    }


def reword(project: Path) -> None:
    """Change what the model is asked, and what it says in the end."""
    role = project / "conf/role/desk.yaml"
    role.write_text(role.read_text("utf-8").replace("tidy", "neat"), "utf-8")


INPUTS = {"MODEL": "scripted", "SCENARIOS": "desk/old_draft desk/again", "TAG": ""}
ON_GITHUB = {"GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_REF_NAME": "main", "GH_TOKEN": "token"}


def record_on_github(machine: Machine, inputs: Mapping[str, str]) -> Ran:
    """Run the steps of the workflow that records, up to the first that fails."""
    ran = Ran(0, "", "")
    for step in steps(RECORD, "record"):
        if "run" in step and not ran.code:
            code = machine.said("output").rpartition("code=")[2].strip()
            ran = machine.run(step["run"], {**ON_GITHUB, **inputs, "CODE": code})
    return ran


@pytest.mark.slow
def test_the_workflow_records(origin: Path, tmp_path: Path) -> None:
    """What was recorded comes as a branch and a pull request, whose text is the comparison."""
    machine = Machine(tmp_path / "record")
    remote = checked_out(machine, tmp_path)
    assert record_on_github(machine, INPUTS).code == 0
    assert (machine.said("summary"), machine.said("gh"), branches(remote)) == ("Nothing was recorded.\n", "", {})
    reword(machine.project)
    assert record_on_github(machine, INPUTS).code == 0
    [(branch, changed)] = branches(remote).items()
    assert branch == "harness-record-7-1"
    assert {name.partition("/")[0] for name in changed} == {"cassettes"}
    assert {name for name in changed if "+shared" not in name} == {
        f"cassettes/scripted/desk+files/desk/{name}.yaml" for name in ("again", "old_draft")
    }
    words, _, body = machine.said("gh").partition("body.md\n")
    assert words.split("\n") == [
        *("pr", "create", "--base", "main", "--head", branch, "--title", "Record scripted anew", "--body-file", "")
    ]
    assert "2 cases recorded" in body
    assert body in machine.said("summary")


@pytest.mark.slow
@pytest.mark.parametrize("word", ["--root=/", "-q", "model=other"])
def test_the_workflow_takes_scenarios_alone(origin: Path, tmp_path: Path, word: str) -> None:
    """Options and settings among the scenarios are refused, and nothing in an input is run."""
    machine = Machine(tmp_path / "record")
    checked_out(machine, tmp_path)
    ran = record_on_github(machine, {**INPUTS, "SCENARIOS": f"desk/again {word}"})
    assert (ran.code, ran.err) == (
        2,
        f"scenarios: '{word}' is none; settings and options are not taken here\n",
    )
    before = tree(machine.project / "scenarios")
    for name in INPUTS:
        ran = record_on_github(machine, {**INPUTS, name: "$(rm -r scenarios)`rm -r scenarios`;rm -r scenarios"})
        assert ran.code == 2
    assert tree(machine.project / "scenarios") == before


def gitlab(job: str) -> list[str]:
    """Return the script of a job on GitLab, with what comes before it."""
    jobs = read(GITLAB)
    return [*jobs[".harness"]["before_script"], *jobs[job]["script"]]


@pytest.mark.slow
@pytest.mark.parametrize("fails", [False, True])
def test_the_pipeline_replays(origin: Path, tmp_path: Path, fails: bool) -> None:
    """GitLab's jobs replay a shard each, and another tells them as one; where a scenario fails so do they."""
    if fails:
        fail(origin)
    codes = []
    last = Machine(tmp_path / "report")
    many = read(GITLAB)["harness-replay"]["parallel"]
    for number in range(1, many + 1):
        machine = Machine(tmp_path / f"replay{number}")
        node = {"CI_NODE_INDEX": str(number), "CI_NODE_TOTAL": str(many)}
        codes.append(machine.run("\n".join(gitlab("harness-replay")), node).code)
        for folder in (machine.project / "reports").glob("2*/"):
            shutil.copytree(folder, last.project / "reports" / folder.name)
    ran = last.run("\n".join(gitlab("harness-report")))
    assert (max(codes), ran.code) == (int(fails), int(fails))
    assert f"\n2 cases read: {'1 passed, 1 failed' if fails else '2 passed'}" in ran.out
    assert (last.project / "report/junit.xml").is_file()
    assert last.run("\n".join(gitlab("harness-validate"))).code == 0
    alone = Machine(tmp_path / "alone")
    assert alone.run("\n".join(gitlab("harness-replay"))).code == int(fails)


@pytest.mark.slow
def test_the_pipeline_records(origin: Path, tmp_path: Path) -> None:
    """What was recorded comes as a branch, with push options by which GitLab opens a merge request."""
    machine = Machine(tmp_path / "record")
    remote = checked_out(machine, tmp_path)
    reword(machine.project)
    environ = {
        "HARNESS_MODEL": "scripted",
        "HARNESS_SCENARIOS": "",
        "HARNESS_TAG": "",
        "HARNESS_PUSH_TOKEN": "token",
        "CI_SERVER_HOST": "git.example",
        "CI_PROJECT_PATH": "group/garden",
        "CI_COMMIT_REF_NAME": "main",
        "CI_PIPELINE_ID": "7",
        "CI_JOB_URL": "https://git.example/job",
        "GITLAB_USER_NAME": "A",
        "GITLAB_USER_EMAIL": "a@a.example",
    }
    ran = machine.run("\n".join(gitlab("harness-record")), environ)
    assert ran.code == 0, ran
    assert list(branches(remote)) == ["harness-record-7"]
    said = dict(line.split("=", 1) for line in (remote / "options").read_text("utf-8").splitlines())
    assert said["GIT_PUSH_OPTION_COUNT"] == "4"
    assert [said[f"GIT_PUSH_OPTION_{number}"] for number in range(3)] == [
        "merge_request.create",
        "merge_request.target=main",
        "merge_request.title=Record scripted anew",
    ]
    assert re.fullmatch(
        r"merge_request\.description=.*2 cases recorded.* The whole: https://git\.example/job/artifacts/file/comparison\.md",
        said["GIT_PUSH_OPTION_3"],
    )
    assert "Nothing was recorded.\n" in machine.run("\n".join(gitlab("harness-record")), environ).out
