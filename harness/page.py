"""A report as one page for a browser: a file that asks for nothing, in which no text can be anything but text."""

import base64
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from harness import charts, matrix
from harness.embedding import Packed
from harness.report import Report
from harness.sheet import Sheet

FOLDER = Path(__file__).parent / "html"
"""Where template, style and scripts stand."""
STYLES = ("page.css", "case.css")
SCRIPTS = ("words.js", "timeline.js", "sides.js", "page.js")


def render(report: Report, packed: Packed, run: str) -> str:
    """Return a report as a page: the answer first, then every case, then what the columns tell; traces are packed.

    The same run gives the same bytes. What models wrote is escaped, and the page's policy lets nothing run or load but
    its own script and style, which are known by their digests.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from jinja2.utils import htmlsafe_json_dumps
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = _together(STYLES), _together(SCRIPTS)
    sheet = Sheet(report, packed, run)
    text = environment.get_template("page.html.jinja").render(
        sheet=sheet,
        report=report,
        charts=charts,
        tells=matrix.tells,
        short=matrix.labels([column.name for column in report.columns]).short,
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own files
        digests={"style": _digest(style), "script": _digest(script)},
        index=htmlsafe_json_dumps({"cases": sheet.index, "baseline": report.baseline}, separators=(",", ":")),
    )
    return f"{text}\n"


def _together(names: Sequence[str]) -> str:
    return "\n".join((FOLDER / name).read_text("utf-8") for name in names)


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"
