"""The forms in which a report is written, and where each goes."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from harness.errors import InputError, did_you_mean
from harness.files import write_whole
from harness.source import shown
from harness.terminal import Style, fitted, style, width

if TYPE_CHECKING:
    from harness.embedding import Packed
    from harness.report import Report

_FILES = {
    "text": "report.txt",
    "markdown": "report.md",
    "github": "github.md",
    "junit": "junit.xml",
    "json": "report.json",
    "html": "report.html",
}
FORMATS = tuple(_FILES)
"""The forms by name."""
FIGURED = frozenset(("markdown", "github", "json", "html"))
"""The forms that give the figures of a single column, too."""
_UNWRAPPED = 160
_SUMMARY = "GITHUB_STEP_SUMMARY"


@dataclass(frozen=True)
class Output:
    """One form, and the file that is named for it."""

    form: str
    file: Path | None = None


@dataclass(frozen=True)
class Screen:
    """What a person sees, and how much of it is welcome."""

    stream: TextIO
    environment: Mapping[str, str]
    quiet: bool = False
    seconds: float | None = None
    """How long the cases took; null where they were read from a run."""

    @property
    def width(self) -> int:
        """How many columns a line may take; off a terminal, where nothing wraps, as `COLUMNS` says or many."""
        if (columns := width(self.stream, self.environment)) is not None:
            return columns
        said = self.environment.get("COLUMNS", "")
        return int(said) if said.isdecimal() and int(said) else _UNWRAPPED


def outputs(words: Sequence[str]) -> tuple[Output, ...]:
    """Read forms as they are typed, `F` or `F=FILE`; text where nothing is.

    Raises:
        InputError: there is no such form, or two of them would be printed or stand in one file.
    """
    found = tuple(map(_output, words)) or (Output("text"),)
    files = [one.file for one in found if one.file is not None]
    if twice := next((path for path in files if files.count(path) > 1), None):
        raise InputError(f"--format: two reports cannot stand in {shown(twice)}")
    forms = [one.form for one in found if one.file is None]
    if repeated := next((form for form in forms if forms.count(form) > 1), None):
        raise InputError(f"--format {repeated}: asked for twice")
    return found


def _output(word: str) -> Output:
    form, named, file = word.partition("=")
    if form not in _FILES:
        known = ", ".join(FORMATS)
        raise InputError(f"--format {word}: there is no form '{form}'{did_you_mean(form, FORMATS)}; there are: {known}")
    if named and not file:
        raise InputError(f"--format {word}: name a file behind '=', or leave it out")
    return Output(form, Path(file) if file else None)


def paged(forms: Sequence[Output]) -> bool:
    """Tell whether a page is asked for, which shows the traces as well."""
    return any(one.form == "html" for one in forms)


def write(
    report: "Report", forms: Sequence[Output], folder: Path, screen: Screen, packed: "Packed | None" = None
) -> None:
    """Write a report in every form: to its file, or on the screen, where text and one other form alone may stand.

    A page is never printed, and its address is told; the traces that it opens are `packed`.

    What has no file and no place on the screen goes into the folder, and is told. GitHub's summary goes where the
    runner says, its annotations on the screen.

    Raises:
        InputError: a file cannot be written.
    """
    alone = len(forms) == 1
    for one in forms:
        if one.form == "html":
            _page(report, one.file or folder / _FILES[one.form], folder.name, packed)
            continue
        text = _rendered(report, one.form, screen, printed=one.file is None)
        summary = screen.environment.get(_SUMMARY) if one.form == "github" else None
        if one.form == "github":
            from harness import github

            screen.stream.writelines(f"{line}\n" for line in github.annotations(report))
        if one.file is not None:
            _write(one.file, text)
        elif summary:
            _append(Path(summary), text)
        elif alone or one.form == "text":
            wraps = one.form == "text" and width(screen.stream, screen.environment) is not None
            screen.stream.write(fitted(text, screen.width) if wraps else text)
        else:
            _write(folder / _FILES[one.form], text)
            sys.stderr.write(f"{one.form}: {shown(folder / _FILES[one.form])}\n")


def _rendered(report: "Report", form: str, screen: Screen, *, printed: bool) -> str:
    match form:
        case "markdown":
            from harness import markdown

            text = markdown.render(report)
        case "github":
            from harness import github

            text = github.render(report)
        case "junit":
            from harness import junit

            text = junit.render(report)
        case "json":
            text = json.dumps(report.model_dump(mode="json"), ensure_ascii=False, indent=1)
        case _:
            from harness import textual

            colours = style(screen.stream, screen.environment) if printed else Style()
            text = textual.render(report, colours, screen.width, quiet=screen.quiet, seconds=screen.seconds)
    whole = text if text.endswith("\n") else f"{text}\n"
    return whole.encode("utf-8", "backslashreplace").decode()  # half a character, as a model may write one


def _page(report: "Report", path: Path, run: str, packed: "Packed | None") -> None:
    """Write the page, and tell its address, which terminals open."""
    from harness import page
    from harness.embedding import Packed

    _write(path, page.render(report, packed or Packed(), run))
    sys.stderr.write(f"html: {path.resolve().as_uri()}\n")


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text)
    except OSError as error:
        raise InputError(f"{shown(path)}: the report cannot be written here: {error.strerror}") from None


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"{_SUMMARY} {shown(path)}: the summary cannot be written: {error.strerror}") from None
