"""The forms of a report, and where each goes."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness import github, junit, markdown, page, textual
from harness.embedding import Packed
from harness.errors import InputError
from harness.formats import FORMATS, Output, Screen, outputs, paged, write
from harness.report import Report, build
from harness.terminal import Style
from tests.build import finding, told


def report() -> Report:
    """Return the report of one case that failed."""
    return build("replayed", [told("failed", finding())])


def printed(forms: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """Write a report in these forms and return what stands on the screen."""
    stream = io.StringIO()
    write(report(), outputs(forms), folder, Screen(stream, environment or {}))
    return stream.getvalue()


def test_forms_as_they_are_typed() -> None:
    """A form may name its file; without any it is text."""
    assert outputs([]) == (Output("text"),)
    assert outputs(["json", "markdown=a/b=c.md"]) == (Output("json"), Output("markdown", Path("a/b=c.md")))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["jnit"], "--format jnit: there is no form 'jnit' (did you mean 'junit'?); there are: text, "),
        (["json="], "--format json=: name a file behind '=', or leave it out"),
        (["json", "text", "json"], "--format json: asked for twice"),
        (["json=a", "text=a"], "--format: two reports cannot stand in a"),
    ],
)
def test_what_is_refused(words: list[str], said: str) -> None:
    """Forms that are not known, and two for one place, are told in a line."""
    with pytest.raises(InputError) as caught:
        outputs(words)
    assert caught.value.problems[0].startswith(said)


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "html"])
def test_a_form_alone_is_printed(tmp_path: Path, form: str) -> None:
    """One form without a file stands on the screen, whole."""
    whole = {
        "text": textual.render(report(), Style(), 160),
        "markdown": markdown.render(report()),
        "github": "\n".join([*github.annotations(report()), github.render(report())]),
        "junit": junit.render(report()),
        "json": json.dumps(report().model_dump(mode="json"), indent=1),
    }
    assert printed([form], tmp_path).rstrip("\n") == whole[form].rstrip("\n")
    assert list(tmp_path.iterdir()) == []


def test_several_forms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of several the text is printed; others go to their files, or into the run's folder, which is told."""
    file = tmp_path / "made" / "all.json"
    said = printed([f"json={file}", "text", "junit", "markdown"], tmp_path)
    assert said == textual.render(report(), Style(), 160).rstrip("\n") + "\n"
    assert Report.model_validate_json(file.read_bytes()) == report()
    assert len(ET.parse(tmp_path / "junit.xml").findall(".//failure")) == 1  # noqa: S314 - our own
    assert (tmp_path / "report.md").read_text("utf-8").rstrip("\n") == markdown.render(report()).rstrip("\n")
    assert capsys.readouterr().err == f"junit: {tmp_path}/junit.xml\nmarkdown: {tmp_path}/report.md\n"


def test_a_page_is_never_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page goes to its file, or into the run's folder, even alone, and its address is told."""
    folder = tmp_path / "a run"
    assert printed(["html"], folder) == ""
    assert (folder / "report.html").read_text("utf-8") == page.render(report(), Packed(), "a run")
    file = tmp_path / "other.html"
    assert printed([f"html={file}"], folder) == ""
    assert file.read_bytes() == (folder / "report.html").read_bytes()
    assert capsys.readouterr().err == f"html: {folder.as_uri()}/report.html\nhtml: {file.as_uri()}\n"
    assert [paged(outputs(forms)) for forms in ([], ["text", "html=a"])] == [False, True]


def test_github_s_summary_goes_where_the_runner_says(tmp_path: Path) -> None:
    """On GitHub the summary is appended to the step's file, and the annotations are printed."""
    summary = tmp_path / "summary.md"
    summary.write_text("Before.\n", "utf-8")
    said = printed(["text", "github"], tmp_path, {"GITHUB_STEP_SUMMARY": str(summary)})
    assert said.splitlines()[-1].startswith("::error ")
    assert summary.read_text("utf-8") == f"Before.\n{github.render(report()).rstrip()}\n"


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder where a file should be is told with its path, for a report and for GitHub's summary."""
    with pytest.raises(InputError, match="the report cannot be written here"):
        printed([f"json={tmp_path}"], tmp_path)
    with pytest.raises(InputError, match=r"GITHUB_STEP_SUMMARY .*: the summary cannot be written"):
        printed(["github"], tmp_path, {"GITHUB_STEP_SUMMARY": str(tmp_path)})


def test_how_wide_the_screen_is() -> None:
    """Off a terminal lines are as wide as COLUMNS says, or as they are."""
    widths = [Screen(io.StringIO(), {"COLUMNS": said} if said else {}).width for said in ("80", "", "0", "wide")]
    assert widths == [80, 160, 160, 160]


def test_json_is_the_report() -> None:
    """What is written as JSON is the report itself."""
    assert json.loads(report().model_dump_json())["cases"][0]["verdict"]["status"] == "failed"


def test_half_a_character_is_written_out(tmp_path: Path) -> None:
    """What no UTF-8 text can hold stands as its escape, which JSON reads as what it was."""
    whole = build("read", [told("failed", finding("\ud800"))])
    for form in FORMATS:
        if form == "html":
            write(whole, outputs([form]), tmp_path, Screen(io.StringIO(), {}))
            assert "\\ud800" in (tmp_path / "report.html").read_text("utf-8")
            continue
        stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        write(whole, outputs([form]), tmp_path, Screen(stream, {}))
        stream.seek(0)
        said = stream.read()
        assert "\\ud800" in said
        if form == "json":
            assert Report.model_validate(json.loads(said)) == whole
