"""Runs and recordings from the plan to the report: what is compared, what is accepted, and what fails."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from harness.cli import main
from harness.report import Report
from tests.project import reworded, small, write

HELLO, DENIED = "talk/hello@careful/chat+all", "files/denied@careful/chat+all"

LOOP = """\
from dataclasses import replace

from harness import loop


class Polite(loop.ReactLoop):
    async def run(self, *args, **kwargs):
        result = await super().run(*args, **kwargs)
        return replace(result, response=f"{result.response}ENDING")


def make(tools, settings):
    made = loop.make(tools, settings)
    made.__class__ = Polite
    return made
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a recorded project of two scenarios, with its baseline, as the current folder."""
    monkeypatch.chdir(small(tmp_path))
    assert main(["record"]) == 0
    assert main(["run", "--update-baseline"]) == 0
    capsys.readouterr()
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Report]:
    """Return the exit code of a command and its report."""
    capsys.readouterr()
    code = main([*words, "--format", "json"])
    return code, Report.model_validate_json(capsys.readouterr().out)


def states(report: Report) -> dict[str, str | None]:
    """Return what became of each case."""
    return {case.case: case.compared.state if case.compared else None for case in report.cases}


def script(project: Path, old: str, new: str) -> None:
    """Change what the scripted model says at the end of the hello."""
    path = project / "scenarios/talk/hello.script.yaml"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")


def test_nothing_is_compared_without_a_baseline(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing was accepted nothing is compared, and the run may become the baseline."""
    shutil.rmtree(project / "reports")
    code, report = told(capsys, "run")
    assert (code, report.baseline, set(states(report).values()), report.advice) == (
        0,
        None,
        {None},
        ("hold later runs to this one: harness run --update-baseline",),
    )


def test_the_same_is_unchanged(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run of what was accepted changes nothing, whatever part of it is selected."""
    assert told(capsys, "run")[1].baseline == "reports/baseline"
    for words in ([], ["talk"], ["-t", "short"], ["--quiet"]):
        code, report = told(capsys, "run", *words)
        assert (code, set(states(report).values()), report.gone) == (0, {"unchanged"}, ())


def test_a_recording_ends_with_the_comparison(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Recorded anew, another text is told and passes; where texts count it fails; an expectation that fails does."""
    script(project, "Hello!", "Hello there!")
    code, report = told(capsys, "record", "--all")
    assert (code, states(report)) == (0, {DENIED: "unchanged", HELLO: "changed"})
    compared = report.cases[1].compared
    assert compared is not None
    assert (compared.rerecorded, compared.regressed) == (True, False)
    assert [(one.kind, one.before, one.after) for one in compared.changes] == [("texts", "Hello!", "Hello there!")]
    assert told(capsys, "run", "compare.counts=[texts]")[0] == 1
    script(project, "Hello there!", "Goodbye!")
    code, report = told(capsys, "record", "--all")
    assert (code, states(report)) == (1, {DENIED: "unchanged", HELLO: "newly failing"})


def test_our_side_alone_is_a_regression(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the same cassette a loop that says something else fails the run until that is accepted."""
    stock = (Path(__file__).parents[1] / "conf/loop/production.yaml").read_text("utf-8")
    write(project, conf__loop__production=f"{stock}\nfactory: polite:make\n")
    (project / "polite.py").write_text(LOOP.replace("ENDING", ""), "utf-8")
    assert told(capsys, "run")[0] == 0
    (project / "polite.py").write_text(LOOP.replace("ENDING", "!!"), "utf-8")
    sys.modules.pop("polite", None)
    code, report = told(capsys, "run", "talk")
    assert (code, states(report)) == (1, {HELLO: "changed"})
    assert report.advice == ("if that is meant, accept 1 case: harness run talk --update-baseline",)
    assert main(["run", "talk", "--update-baseline"]) == 0
    assert "baseline in reports/baseline: 1 changed" in capsys.readouterr().out
    assert told(capsys, "run", "talk")[0] == 0


def test_what_is_new_and_what_is_gone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new scenario is new; one that is no longer there is gone, told and removed by a run of all scenarios alone."""
    for ending in ("", ".script"):
        path = project / f"scenarios/talk/hello{ending}.yaml"
        path.rename(project / f"scenarios/talk/greeting{ending}.yaml")
    greeting = HELLO.replace("hello", "greeting")
    code, report = told(capsys, "record")
    assert (code, states(report), report.gone) == (0, {greeting: "new"}, ())
    code, report = told(capsys, "run", "talk")
    assert (code, states(report), report.gone) == (0, {greeting: "new"}, ())
    code, report = told(capsys, "run")
    assert (code, states(report), report.gone) == (0, {DENIED: "unchanged", greeting: "new"}, (HELLO,))
    old = project / "reports/baseline/careful/chat+all/talk/hello.json"
    assert main(["run", "talk", "--update-baseline"]) == 0
    assert old.exists()
    assert main(["run", "--update-baseline"]) == 0
    assert "2 unchanged, 1 gone" in capsys.readouterr().out
    assert not old.exists()


def test_a_failure_stays_a_failure_until_it_is_mended(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A baseline keeps failures as they are: they go on failing the run, and what mends them is told."""
    scenario = project / "scenarios/talk/hello.yaml"
    right = scenario.read_text("utf-8")
    scenario.write_text(right.replace("contains: Hello", "contains: Goodbye"), "utf-8")
    code, report = told(capsys, "run")
    assert (code, states(report)[HELLO]) == (1, "newly failing")
    assert main(["run", "--update-baseline"]) == 1
    code, report = told(capsys, "run")
    assert (code, states(report)[HELLO]) == (1, "still failing")
    scenario.write_text(right, "utf-8")
    code, report = told(capsys, "run")
    assert (code, states(report)[HELLO]) == (0, "fixed")


def test_a_known_failure_is_not_counted(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A failure that is known until a day to come passes the run; once the day is over it is an error."""
    scenario = project / "scenarios/talk/hello.yaml"
    right = scenario.read_text("utf-8").replace("contains: Hello", "contains: Goodbye")
    for until, code, status in (("2999-12-31", 0, "known"), ("2001-01-01", 2, "error")):
        scenario.write_text(f'{right}known: {{reason: It says hello., until: "{until}"}}\n', "utf-8")
        found = told(capsys, "run", "talk")
        assert (found[0], found[1].cases[0].verdict.status) == (code, status)
    assert "known until 2001-01-01" in (found[1].cases[0].verdict.error or "")


def test_what_nobody_recorded_may_be_skipped(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cases without a cassette are errors, or are left out where that is asked for; nothing judged is an error."""
    (project / "cassettes/careful/chat+all/talk/hello.yaml").unlink()
    assert told(capsys, "run")[0] == 2
    code, report = told(capsys, "run", "--missing", "skip")
    assert (code, [case.verdict.status for case in report.cases]) == (0, ["passed", "skipped"])
    assert [(column.cases, column.missing) for column in report.columns] == [(1, 1)]
    assert told(capsys, "run", "talk", "--missing", "skip")[0] == 2
    kept = (project / "reports/baseline/careful/chat+all/talk/hello.json").read_bytes()
    assert main(["run", "--missing", "skip", "--update-baseline"]) == 0
    assert (project / "reports/baseline/careful/chat+all/talk/hello.json").read_bytes() == kept
    assert main(["run", "--missing", "skip", "role=chat,files"]) == 0
    assert "not recorded" in capsys.readouterr().out


def test_repeats_are_told_together(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Repeats have pass@k and pass^k, and a scenario whose repeats differ is unstable."""
    assert main(["record", "repeats=3"]) == 0
    cassette = project / "cassettes/careful/chat+all/talk/hello~2.yaml"
    reworded(cassette, "Hello!", "Goodbye!")
    code, report = told(capsys, "run", "repeats=3")
    assert code == 1
    [column] = report.columns
    assert column.unstable == ("talk/hello",)
    assert [(one.k, one.any, one.all) for one in column.repeats] == [
        (1, 0.833333, 0.833333),
        (2, 1.0, 0.666667),
        (3, 1.0, 0.5),
    ]
    assert [(cell.scenario, cell.passed, cell.judged) for cell in report.cells] == [
        ("files/denied", 3, 3),
        ("talk/hello", 2, 3),
    ]
    assert states(report)[f"{HELLO}~3"] == "unchanged"
    assert states(report)[f"{HELLO}~2"] == "newly failing"


def test_the_same_run_gives_the_same_report(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One case at a time or eight: the report is the same to the byte, in every form that tells no time."""
    for form in ("json", "markdown", "junit", "github"):
        said = []
        for jobs in ("1", "8"):
            capsys.readouterr()
            main(["run", "-j", jobs, "--format", form])
            said.append(capsys.readouterr().out)
        assert said[0] == said[1]
        assert form != "json" or json.loads(said[0])["format"] == 1


def test_a_broken_baseline_is_told_at_once_or_replaced(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files that a merge broke are all named before anything is played, and replaced where what comes is accepted."""
    files = sorted((project / "reports/baseline").rglob("*.json"))
    for path in files:
        path.write_text(f"<<<<<<< ours\n{path.read_text('utf-8')}", "utf-8")
    stored = len(list((project / "reports").iterdir()))
    assert main(["run"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        *(f"reports/{path.relative_to(project / 'reports')}:1:1: not JSON: expecting value" for path in files),
        "mend the baseline, or accept what comes in its place: harness run --update-baseline",
    ]
    assert len(list((project / "reports").iterdir())) == stored
    assert main(["run", "--update-baseline"]) == 0
    assert told(capsys, "run")[0] == 0


def test_what_is_shown_of_an_older_run_names_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command that shows a case of a run that is not the newest has its name."""
    first = max(path for path in (project / "reports").glob("2*") if (path / "traces.jsonl").exists())
    assert main(["run"]) == 0
    assert {case.run for case in told(capsys, "report", first.name)[1].cases} == {first.name}
    assert {case.run for case in told(capsys, "report")[1].cases} == {None}
