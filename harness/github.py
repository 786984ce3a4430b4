"""A report for GitHub's Actions: the summary of a step, and annotations at the lines of scenarios."""

from harness import markdown, remarks
from harness.finding import numbered
from harness.report import CaseReport, Report
from harness.terminal import line

LIMIT = 900_000
"""How many bytes a summary may have; GitHub loses one of more than 1 MiB as a whole."""
_WORST = 10
"""GitHub shows so many annotations of a step."""
_TOLD = 4
"""The most remarks in an annotation."""


def render(report: Report, limit: int = LIMIT) -> str:
    """Return the report as Markdown of at most so many bytes, what changed first; whole parts are left out at its end.

    The answer and how much is left out are there however small the limit is.
    """
    blocks = list(markdown.blocks(report))
    sizes = [len(f"{block}\n\n".encode()) for block in blocks]
    kept, size = len(blocks), sum(sizes)
    while kept > 1 and size + len(_left(len(blocks) - kept).encode()) > limit:
        kept -= 1
        size -= sizes[kept]
    return "\n\n".join(blocks[:kept]) + "\n" + _left(len(blocks) - kept)


def _left(number: int) -> str:
    if not number:
        return ""
    parts = f"{numbered(number, 'more part')} {'is' if number == 1 else 'are'}"
    return (
        f"\n{parts} left out, since a summary may not be larger; `harness report --format markdown` prints the whole.\n"
    )


def annotations(report: Report) -> list[str]:
    """Return the commands that mark the worst cases at the lines of their scenarios, ten at most.

    Errors come first, then regressions, then other failures.
    """
    ranked = [(rank, case) for case in report.cases if (rank := _rank(case)) is not None]
    return [_annotation(case) for _, case in sorted(ranked, key=lambda pair: pair[0])[:_WORST]]


def _rank(case: CaseReport) -> int | None:
    if case.verdict.status == "error":
        return 0
    if case.compared is not None and case.compared.regressed:
        return 1
    return 2 if case.verdict.status == "failed" else None


def _annotation(case: CaseReport) -> str:
    found = case.verdict.findings
    place = remarks.place(found[0].place if found else case.verdict.place)
    where = {"file": line(place.file), "line": str(place.line), "col": str(place.column)} if place else {}
    state = case.compared.state if case.compared is not None else case.verdict.status
    properties = {**where, "title": f"{line(case.case)}: {state}"}
    told = [remark.text for remark in remarks.remarks(case)]
    if (different := remarks.difference(case, _TOLD)) is not None:
        told += [different.head, *(one.text for one in different.changes)]
    said = "\n".join(told)
    return f"::error {','.join(f'{key}={_property(text)}' for key, text in properties.items())}::{_data(said)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
