"""Stored runs, told again, judged again and compared, without model or cassette."""

import json
import re
import shutil
from pathlib import Path

import pytest

from harness.cli import main
from harness.report import Report
from tests.project import reworded, small


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a recorded project of two scenarios, under two roles, with one stored run, as the current folder."""
    monkeypatch.chdir(small(tmp_path))
    assert main(["record", "role=chat,files"]) == 0
    shutil.rmtree(tmp_path / "reports")
    assert main(["run", "role=chat,files"]) == 0
    capsys.readouterr()
    return tmp_path


def newest(project: Path) -> Path:
    """Return the folder of the only run, or of the one that was stored last."""
    return max(project.glob("reports/*/traces.jsonl"), key=lambda path: path.stat().st_mtime_ns).parent


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Report]:
    """Return the exit code of a command and its report."""
    capsys.readouterr()
    code = main([*words, "--format", "json"])
    return code, Report.model_validate_json(capsys.readouterr().out)


def test_a_run_is_told_again_as_it_was(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The newest run, or one that is named, gives the report that the run itself gave, without cassettes."""
    code, first = told(capsys, "run", "role=chat,files")
    shutil.rmtree(project / "cassettes")
    name = newest(project).name
    assert (code, first.done) == (0, "replayed")
    for words in ([], [name], [f"reports/{name}"]):
        code, again = told(capsys, "report", *words)
        assert (code, again) == (0, first.model_copy(update={"done": "read", "advice": ()}))


def test_runs_are_merged(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Several runs are told as one; of a case that two of them have the last counts, and that is said."""
    both = newest(project).name
    main(["run", "role=chat", "talk"])
    one = newest(project).name
    main(["run", "role=files", "talk"])
    other = newest(project).name
    code, merged = told(capsys, "report", one, other)
    assert (code, [case.case for case in merged.cases]) == (
        0,
        ["talk/hello@careful/chat+all", "talk/hello@careful/files+all"],
    )
    assert len(merged.pairs) == 1
    reworded(project / "cassettes/careful/chat+all/talk/hello.yaml", "Hello!", "Goodbye!")
    main(["run", "role=chat", "talk"])
    wrong = newest(project).name
    for names, code in (([both, wrong], 1), ([wrong, both], 0), ([both, one], 0)):
        assert told(capsys, "report", *names)[0] == code
        assert main(["report", *names]) == code
        said = "talk/hello@careful/chat+all: is in several of these runs, and told as the last of them has it\n"
        assert capsys.readouterr().err == said


def test_changed_expectations(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stored traces are judged by the scenarios as they are now, without a cassette; what is stored stays."""
    shutil.rmtree(project / "cassettes")
    scenario = project / "scenarios/talk/hello.yaml"
    scenario.write_text(scenario.read_text("utf-8").replace("contains: Hello", "contains: Goodbye"), "utf-8")
    before = (newest(project) / "verdicts.jsonl").read_bytes()
    code, again = told(capsys, "report", "--judge")
    assert code == 1
    assert [case.verdict.status for case in again.cases] == ["passed", "passed", "failed", "failed"]
    assert again.cases[2].verdict.findings[0].place == "scenarios/talk/hello.yaml:5:25"
    assert (newest(project) / "verdicts.jsonl").read_bytes() == before
    assert told(capsys, "report")[0] == 0
    scenario.unlink()
    assert main(["report", "--judge"]) == 2
    assert "talk/hello" in capsys.readouterr().err


def test_two_runs_compared(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cases that both runs have are compared, and each run has its column, with all its cases."""
    first = newest(project).name
    cassette = project / "cassettes/careful/chat+all/talk/hello.yaml"
    reworded(cassette, "Hello!", "Goodbye!")
    shutil.rmtree(project / "scenarios/files")
    assert main(["run", "role=chat"]) == 1
    code, found = told(capsys, "compare", first)
    assert code == 1
    [case] = found.cases
    assert case.compared is not None
    assert (case.case, case.compared.state, case.compared.rerecorded) == (
        "talk/hello@careful/chat+all",
        "newly failing",
        True,
    )
    assert [(one.kind, one.before, one.after) for one in case.compared.changes] == [("texts", "Hello!", "Goodbye!")]
    assert found.gone == ()  # the later run may have been one of few scenarios
    assert [column.name for column in found.columns] == [
        "base:careful/chat+all",
        "now:careful/chat+all",
        "careful/files+all",
    ]
    assert told(capsys, "compare", first, newest(project).name)[1] == found


def test_two_variants_compared_case_by_case(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Runs of one model and variant each are compared by scenario, so that the two are told apart case by case."""
    assert main(["run", "talk"]) == 0
    first = newest(project).name
    assert main(["record", "talk", "tools=readonly"]) == 0
    code, found = told(capsys, "compare", first)
    assert (code, [case.compared.state for case in found.cases if case.compared]) == (0, ["changed"])
    assert {one.kind for case in found.cases if case.compared for one in case.compared.changes} == {"offered"}
    assert [column.name for column in found.columns] == ["careful/chat+all", "careful/chat+readonly"]


def test_a_run_is_a_baseline(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run is compared with a stored one where that is named, and a later full run tells what is gone."""
    first = newest(project).name
    code, found = told(capsys, "run", "role=chat", "--baseline", first)
    assert (code, found.baseline) == (0, f"reports/{first}")
    assert [case.compared.state for case in found.cases if case.compared] == ["unchanged", "unchanged"]
    shutil.rmtree(project / "scenarios/files")
    assert told(capsys, "run", "role=chat", "--baseline", first)[1].gone == ("files/denied@careful/chat+all",)
    assert told(capsys, "run", "talk", "--baseline", first)[1].gone == ()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["report", "yesterday"], "'yesterday' is no stored run; the newest are "),
        (["compare"], "harness compare: name the earlier run, and a later one if it is not the newest: "),
        (["compare", "a", "b", "c"], "harness compare: name the earlier run, "),
        (["run", "--baseline", "yesterday"], "'yesterday' is no stored run"),
        (["run", "--baseline", "x", "--update-baseline"], "--baseline and --update-baseline: what is not compared "),
        (["report", "--format", "pdf"], "--format pdf: there is no form 'pdf'"),
    ],
)
def test_what_is_refused(project: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    """Runs and forms that are not there are told in one line."""
    assert main(words) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(said)


def test_a_broken_run_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Verdicts of other cases, lines that are none, and settings that no run stores are named with their file."""
    folder = newest(project)
    verdicts, stored = folder / "verdicts.jsonl", folder / "settings.yaml"
    lines = verdicts.read_text("utf-8").splitlines()
    broken = json.dumps({**json.loads(lines[0]), "status": "fine"})
    for text, said in (
        ("\n".join(lines[1:]), "verdicts.jsonl:1:1: is not about the cases of traces.jsonl"),
        ("\n".join([lines[0], broken, *lines[2:]]), "verdicts.jsonl:2:1: not a verdict: status: "),
    ):
        verdicts.write_text(text, "utf-8")
        assert main(["report"]) == 2
        assert re.search(rf"^reports/[^/]+/{re.escape(said)}", capsys.readouterr().err)
    verdicts.write_text("\n".join(lines), "utf-8")
    stored.write_text("[]", "utf-8")
    assert main(["report"]) == 2
    assert "settings.yaml:1:1: is not what a run stores" in capsys.readouterr().err


def test_a_case_is_shown_with_what_differs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Behind the conversation stands what differs from the baseline, where anything does."""
    assert main(["run", "role=chat", "--update-baseline"]) == 0
    capsys.readouterr()
    assert main(["show", "talk/hello@careful/chat+all"]) == 0
    assert "differs" not in capsys.readouterr().out
    cassette = project / "cassettes/careful/chat+all/talk/hello.yaml"
    reworded(cassette, "Hello!", "Hello and goodbye!")
    assert main(["run", "role=chat"]) == 0
    capsys.readouterr()
    assert main(["show", "talk/hello@careful/chat+all"]) == 0
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "",
        "differs from reports/baseline:",
        '  ~ turn 1: response: "Hello!" -> "Hello and goodbye!"',
    ]
