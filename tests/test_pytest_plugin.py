"""Scenarios as pytest has them: one item a case, judged as `harness run` judges it, and cheap where there are none."""

import ast
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest
import scipy.optimize
import scipy.stats

from harness import pytest_plugin, session, suite
from harness.cli import main
from tests.project import HELLO, HELLO_SCRIPT, SCENARIO, SCRIPT, bundled, reworded, small, write

DENIED = "files/denied@careful/chat+all"
HELLO_CASE = "talk/hello@careful/chat+all"
KEPT = scipy.optimize, scipy.stats, session, suite
"""Imported here, since pytester forgets what is imported while it runs pytest, and numpy can be imported only once."""
KNOWN = """\
known:
  - {reason: The model is rude., until: 2999-01-01}
"""
SOUND = "def test_sound():\n    assert True\n"


class Came(NamedTuple):
    """What came of one item."""

    outcome: str
    text: str
    """The report of a failure."""
    why: str
    """Why it was skipped, or is known to fail."""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Record a small project in the folder in which pytest is run."""
    small(pytester.path)
    monkeypatch.chdir(pytester.path)
    assert main(["record", "--quiet"]) == 0
    return pytester.path


def ran(pytester: pytest.Pytester, *words: str) -> dict[str, Came]:
    """Run pytest in this process and return what came of each item, by its name, in their order."""
    record = pytester.inline_run("-p", "no:xdist", "-p", "no:cacheprovider", *words)
    found: dict[str, Came] = {}
    for report in record.getreports("pytest_runtest_logreport"):
        assert isinstance(report, pytest.TestReport)
        if report.when == "call":
            why = getattr(report, "wasxfail", report.longrepr[2] if isinstance(report.longrepr, tuple) else "")
            outcome = "xfailed" if hasattr(report, "wasxfail") else report.outcome
            found[report.nodeid.split("::", 1)[1]] = Came(outcome, report.longreprtext if report.failed else "", why)
    return found


def told(pytester: pytest.Pytester, *words: str) -> Mapping[str, str]:
    """Run `harness run` and return by case how pytest is to tell what it judges."""
    main(["run", "--quiet", "--format", "json=told.json", *words])
    cases = json.loads((pytester.path / "told.json").read_text("utf-8"))["cases"]
    as_pytest = {"passed": "passed", "failed": "failed", "error": "failed", "known": "xfailed", "skipped": "skipped"}
    return {
        case["case"]: "failed"
        if case["compared"] is not None and case["compared"]["regressed"]
        else as_pytest[case["verdict"]["status"]]
        for case in cases
    }


def odd(root: Path) -> None:
    """Make a recorded project one of every kind: passed, failed, known, regressed, stale, missing, with a module."""
    write(
        root,
        scenarios__a__known=HELLO.replace("Hello}}", "Dear}}") + KNOWN,
        scenarios__a__known_script=HELLO_SCRIPT,
        scenarios__a__failed=HELLO.replace("Hello}}", "Dear}}"),
        scenarios__a__failed_script=HELLO_SCRIPT,
        scenarios__a__stale=HELLO,
        scenarios__a__stale_script=HELLO_SCRIPT,
        scenarios__a__worse=SCENARIO.replace("          - file_read: {path: b.txt}\n", "").replace(
            "in_order", "subset"
        ),
        scenarios__a__worse_script=SCRIPT,
    )
    main(["record", "--quiet"])
    assert main(["run", "--quiet", "--update-baseline"]) == 2 - 1
    write(root, scenarios__a__stale=HELLO.replace("Hello?", "Hello!"), scenarios__a__missing=HELLO)
    cassette = next(path for path in (root / "cassettes").rglob("worse.yaml"))
    reworded(cassette, "b.txt", "c.txt")


def test_every_case_is_an_item(project: Path, pytester: pytest.Pytester) -> None:
    """Node ids are the file and the case's id, in the order in which `harness run` has the cases."""
    sweep = "--harness-set", "model=careful,hasty", "--harness-set", "role=chat,files"
    items, _ = pytester.inline_genitems("scenarios", *sweep)
    assert [item.nodeid for item in items] == [
        "scenarios/files/denied.yaml::files/denied@careful/chat+all",
        "scenarios/files/denied.yaml::files/denied@careful/files+all",
        "scenarios/files/denied.yaml::files/denied@hasty/chat+all",
        "scenarios/files/denied.yaml::files/denied@hasty/files+all",
        "scenarios/talk/hello.yaml::talk/hello@careful/chat+all",
        "scenarios/talk/hello.yaml::talk/hello@careful/files+all",
        "scenarios/talk/hello.yaml::talk/hello@hasty/chat+all",
        "scenarios/talk/hello.yaml::talk/hello@hasty/files+all",
    ]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["scenarios"], [DENIED, HELLO_CASE]),
        (["."], [DENIED, HELLO_CASE]),
        (["scenarios/talk"], [HELLO_CASE]),
        (["scenarios/talk/hello.yaml"], [HELLO_CASE]),
        (["scenarios/talk/hello.yaml::talk/hello@careful/chat+all"], [HELLO_CASE]),
        (["scenarios", "-k", "denied"], [DENIED]),
        (["scenarios", "-k", "files/denied and not hello"], [DENIED]),
        (["scenarios", "-k", "short"], [HELLO_CASE]),
        (["scenarios", "-k", "hasty"], []),
        (["scenarios", "-m", 'tag(name="smoke")'], [DENIED, HELLO_CASE]),
        (["scenarios", "-m", 'tag(name="short")'], [HELLO_CASE]),
        (["scenarios", "-m", 'tag(name="smoke") and not tag(name="short")'], [DENIED]),
        (["scenarios", "--strict-markers", "-m", "tag"], [DENIED, HELLO_CASE]),
    ],
)
def test_items_are_selected(project: Path, pytester: pytest.Pytester, words: list[str], names: list[str]) -> None:
    """Cases are selected by folder, file, node id, keyword and tag."""
    assert [*ran(pytester, *words)] == names


def test_only_scenarios_are_collected(project: Path, pytester: pytest.Pytester) -> None:
    """Scripts, names with a leading dot and YAML that lies elsewhere are no scenarios; the wrong ending is told."""
    write(project, scenarios__talk__wrong=HELLO, docs__page=HELLO)
    (project / "scenarios/talk/wrong.yaml").rename(project / "scenarios/talk/wrong.yml")
    (project / "scenarios/talk/.draft.yaml").write_text(HELLO, "utf-8")
    came = ran(pytester, ".")
    assert {name: one.text for name, one in came.items()} == {
        DENIED: "",
        HELLO_CASE: "",
        "talk/wrong": "scenarios/talk/wrong.yml:1:1: scenarios end with .yaml; rename the file",
    }


def test_areas_may_be_called_anything(project: Path, pytester: pytest.Pytester) -> None:
    """An area named as a project's folders are is still an area."""
    write(project, conf__role__own="{}", scenarios__scenarios__conf__hello=HELLO)
    assert [*ran(pytester, "scenarios/scenarios")] == ["scenarios/conf/hello@careful/chat+all"]


def test_what_lies_below_another_folder_of_that_name_is_nobodys(pytester: pytest.Pytester) -> None:
    """YAML of a repository that happens to lie in a folder called `scenarios` is not taken for scenarios."""
    repository = pytester.mkdir("scenarios") / "repository"
    write(repository, docs__page="a: 1\n")
    (repository / "test_sound.py").write_text(SOUND, "utf-8")
    assert [*ran(pytester, str(repository), "--rootdir", str(repository))] == ["test_sound"]


def test_a_link_is_named_by_where_it_stands(project: Path, pytester: pytest.Pytester) -> None:
    """A scenario that is a link to a file elsewhere has the name of the link, as `harness run` has it."""
    (project / "kept.yaml").write_text(HELLO, "utf-8")
    (project / "scenarios/talk/linked.yaml").symlink_to(project / "kept.yaml")
    assert [*ran(pytester, "scenarios/talk")] == [*told(pytester, "talk")]


def test_a_failure_is_told_by_its_lines(project: Path, pytester: pytest.Pytester) -> None:
    """A failure begins with file and line, has the difference from the baseline, and ends with what to type."""
    assert main(["run", "--quiet", "--update-baseline"]) == 0
    write(project, scenarios__talk__hello=HELLO.replace("Hello}}", "Dear}}"))
    assert ran(pytester, "scenarios/talk")[HELLO_CASE].text.splitlines() == [
        "scenarios/talk/hello.yaml:5:25: turn 1, response: expected to contain 'Dear', got 'Hello!'",
        "regression: was passed",
        "look at it: harness run talk/hello; harness show talk/hello@careful/chat+all",
        "if that is meant, accept it: harness run talk/hello --update-baseline",
    ]


def test_the_summary_says_where(project: Path, pytester: pytest.Pytester) -> None:
    """The line of the summary and the head of the failure name the place in the scenario, without a traceback."""
    write(project, scenarios__talk__hello=HELLO.replace("Hello}}", "Dear}}"))
    result = pytester.runpytest_inprocess("scenarios/talk", "-p", "no:xdist")
    said = "scenarios/talk/hello.yaml:5:25: turn 1, response: expected to contain 'Dear', got 'Hello!'"
    result.stdout.fnmatch_lines([f"*_ {HELLO_CASE} _*", said, f"FAILED scenarios/talk/hello.yaml::{HELLO_CASE} - *"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_what_is_odd_of_a_passed_case_is_shown(project: Path, pytester: pytest.Pytester) -> None:
    """A case that passed with something to say says it where passed tests are told (`-rP`)."""
    main(["run", "--quiet", "--update-baseline"])
    write(project, scenarios__talk__hello=HELLO.replace("[smoke, short]", "[short]"))
    (cassette,) = (project / "cassettes").rglob("hello.yaml")
    reworded(cassette, "Hello!", "Hello there!")
    result = pytester.runpytest_inprocess("scenarios/talk", "-rP", "-p", "no:xdist")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*differs: 1 change*"])


def test_broken_files_fail_and_the_rest_runs(project: Path, pytester: pytest.Pytester) -> None:
    """Each broken scenario is an item that fails with all its problems; other scenarios and Python tests still run."""
    write(project, scenarios__talk__bad="title: x\nturns:\n  - {usr: a}\nx: 1\n", scenarios__talk__ugly="x: [\n")
    (project / "test_sound.py").write_text(SOUND, "utf-8")
    came = ran(pytester, ".")
    assert {name: one.outcome for name, one in came.items()} == {
        DENIED: "passed",
        "talk/bad": "failed",
        HELLO_CASE: "passed",
        "talk/ugly": "failed",
        "test_sound": "passed",
    }
    assert came["talk/bad"].text.splitlines() == [
        "scenarios/talk/bad.yaml:3:6: turns[0]: unknown key 'usr' (did you mean 'user'?)",
        "scenarios/talk/bad.yaml:4:1: unknown key 'x'",
    ]


def test_settings_that_are_wrong_fail_each_file(project: Path, pytester: pytest.Pytester) -> None:
    """What is wrong with the settings is told for each file, and Python tests still run."""
    (project / "test_sound.py").write_text(SOUND, "utf-8")
    came = ran(pytester, ".", "--harness-set", "model=caerful")
    assert {name: one.outcome for name, one in came.items()} == {
        "files/denied": "failed",
        "talk/hello": "failed",
        "test_sound": "passed",
    }
    assert came["talk/hello"].text.startswith("override 'model=caerful': there is no model 'caerful'")


@pytest.mark.parametrize("words", [["--harness-set", "careful"], ["-o", "harness_set=careful"]])
def test_what_is_no_setting_is_refused(project: Path, pytester: pytest.Pytester, words: list[str]) -> None:
    """A word that is no setting ends pytest before it collects anything, with one line."""
    result = pytester.runpytest_inprocess("scenarios", *words)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *harness*set careful: settings are KEY=VALUE, as in *"])


def test_settings_come_from_the_ini_file(project: Path, pytester: pytest.Pytester) -> None:
    """Settings of the ini file hold where the command line does not make them, and the head says which there are."""
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\nharness_set = ["model=hasty", "role=files"]\n')
    items, _ = pytester.inline_genitems("scenarios/talk")
    assert [item.name for item in items] == ["talk/hello@hasty/files+all"]
    items, _ = pytester.inline_genitems("scenarios/talk", "--harness-set", "role=chat,files")
    assert [item.name for item in items] == ["talk/hello@hasty/chat+all", "talk/hello@hasty/files+all"]
    result = pytester.runpytest_inprocess("scenarios/talk", "--harness-set", "role=chat", "--co")
    result.stdout.fnmatch_lines(["harness: model=hasty role=files role=chat"])


def test_it_judges_as_run_does(project: Path, pytester: pytest.Pytester) -> None:
    """Cases of every kind come out as `harness run` has them: passed, failed, known, regressed, stale, missing."""
    odd(project)
    for missing in "fail", "skip":
        expected = told(pytester, "--missing", missing)
        came = ran(pytester, "scenarios", "--harness-missing", missing)
        assert {name: one.outcome for name, one in came.items()} == expected
        assert set(expected.values()) == {"passed", "failed", "xfailed", *(["skipped"] if missing == "skip" else [])}


def test_known_failures_are_as_pytest_has_them(project: Path, pytester: pytest.Pytester) -> None:
    """A known failure is expected to fail, with its reason; with `--runxfail` it fails; what is skipped says why."""
    odd(project)
    name = "a/known@careful/chat+all"
    assert ran(pytester, "scenarios/a/known.yaml") == {name: Came("xfailed", "", "The model is rude.")}
    came = ran(pytester, "scenarios/a/known.yaml", "--runxfail")[name]
    assert came.outcome == "failed"
    assert came.text.splitlines()[0].endswith("got 'Hello!'; known: The model is rude.")
    missing = ran(pytester, "scenarios/a/missing.yaml", "--harness-missing", "skip")["a/missing@careful/chat+all"]
    assert (missing.outcome, missing.why) == ("skipped", "Skipped: nothing is recorded")


def test_what_misses_tells_how_to_record_it(project: Path, pytester: pytest.Pytester) -> None:
    """A case without a valid cassette begins with its scenario's line, and ends with the command that records it."""
    odd(project)
    first, *_, last = ran(pytester, "scenarios/a/missing.yaml")["a/missing@careful/chat+all"].text.splitlines()
    assert first.startswith("scenarios/a/missing.yaml:1:1: ")
    assert last.endswith(": harness record a/missing")


@pytest.mark.slow
def test_the_bundled_scenarios_come_out_alike(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under every model and role each bundled case comes out as `harness run` has it, in the same order."""
    bundled(pytester.path)
    monkeypatch.chdir(pytester.path)
    sweep = "model=careful,hasty,stubborn", "role=chat,coder,files,research"
    expected = told(pytester, *sweep)
    came = ran(pytester, "scenarios", *(word for one in sweep for word in ("--harness-set", one)))
    assert [(name, one.outcome) for name, one in came.items()] == [*expected.items()]
    assert len(expected) > 100


@pytest.mark.slow
def test_last_failed_are_run_again(project: Path, pytester: pytest.Pytester) -> None:
    """With `--lf` only the cases that failed are run."""
    write(project, scenarios__talk__hello=HELLO.replace("Hello}}", "Dear}}"))
    pytester.runpytest_subprocess("scenarios").assert_outcomes(passed=1, failed=1)
    again = pytester.runpytest_subprocess("scenarios", "--lf", "-v")
    again.assert_outcomes(failed=1)
    again.stdout.fnmatch_lines([f"scenarios/talk/hello.yaml::{HELLO_CASE} FAILED*"])


@pytest.mark.slow
def test_several_processes_run_the_same_items(project: Path, pytester: pytest.Pytester) -> None:
    """Under xdist the ids are the same, each case is run once, and JUnit's file has the same properties."""
    odd(project)
    write(project, scenarios__talk__bad="title: x\nturn: []\n")
    found = []
    for name, words in ("one.xml", ["-p", "no:xdist"]), ("two.xml", ["-n", "2"]):
        pytester.runpytest_subprocess("scenarios", f"--junitxml={name}", *words)
        cases = ET.parse(pytester.path / name).getroot().iter("testcase")  # noqa: S314 - pytest's own text
        found.append(sorted((one.get("name"), *map(_content, one)) for one in cases))
    assert found[0] == found[1]
    assert len(found[0]) == 8


def _content(element: ET.Element) -> tuple[object, ...]:
    return element.tag, element.get("message"), *((one.get("name"), one.get("value")) for one in element)


def test_junit_has_properties(project: Path, pytester: pytest.Pytester) -> None:
    """JUnit's XML says of each case its settings, its figures, its tags and how it is against the baseline."""
    main(["run", "--quiet", "--update-baseline"])
    pytester.inline_run("scenarios/files", "--junitxml=found.xml", "-p", "no:xdist")
    found = ET.parse(pytester.path / "found.xml").getroot().iter("property")  # noqa: S314 - pytest's own text
    assert [(one.get("name"), one.get("value")) for one in found] == [
        ("model", "careful"),
        ("role", "chat"),
        ("variant", "chat+all"),
        ("tag", "smoke"),
        ("verdict", "passed"),
        ("stop", "final"),
        ("turns", "1"),
        ("rounds", "3"),
        ("notices", "1"),
        ("calls", "2"),
        ("checkpoints", "1"),
        ("prompt_tokens", "4167"),
        ("completion_tokens", "94"),
        ("baseline", "unchanged"),
    ]


def test_several_projects_are_run_at_once(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each scenario belongs to the project in which it lies, and commands name it where it is not the current one."""
    for name in "one", "two":
        monkeypatch.chdir(small(pytester.mkdir(name)))
        assert main(["record", "--quiet"]) == 0
    monkeypatch.chdir(pytester.path)
    write(pytester.path, two__scenarios__talk__hello=HELLO.replace("Hello}}", "Dear}}"))
    record = pytester.inline_run("one", "two", "-p", "no:xdist")
    reports = [one for one in record.getreports("pytest_runtest_logreport") if one.when == "call"]
    assert [(one.nodeid.partition("/")[0], one.outcome) for one in reports] == [
        ("one", "passed"),
        ("one", "passed"),
        ("two", "passed"),
        ("two", "failed"),
    ]
    assert f"harness run --root {pytester.path / 'two'} talk/hello" in reports[-1].longreprtext


def test_projects_leave_the_path_of_modules(project: Path, pytester: pytest.Pytester) -> None:
    """What a project puts on the path of modules is gone when pytest ends."""
    before = list(sys.path)
    assert ran(pytester, "scenarios/talk")[HELLO_CASE].outcome == "passed"
    assert sys.path == before


@pytest.mark.slow
def test_without_scenarios_nothing_is_imported(tmp_path: Path) -> None:
    """A run without scenarios imports of the package nothing but the plugin."""
    (tmp_path / "test_sound.py").write_text(SOUND, "utf-8")
    script = (
        "import sys, pytest; code = pytest.main(['-q']);"
        "print(code.value, sorted(name for name in sys.modules if name.split('.')[0] == 'harness'))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 ['harness', 'harness.pytest_plugin']"


def test_only_what_pytest_shows_is_used() -> None:
    """The plugin imports nothing that pytest keeps to itself."""
    assert pytest_plugin.__file__ is not None
    tree = ast.parse(Path(pytest_plugin.__file__).read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} == {"sys", "collections", "pathlib", "typing", "pytest", "harness"}
