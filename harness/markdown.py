"""A report as GitHub's Markdown, in which no text of a model's can be anything but text."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from html import escape

from tabulate import tabulate

from harness import matrix, remarks
from harness.contrast import caution
from harness.figures import Pair
from harness.finding import numbered
from harness.matrix import Figures
from harness.misses import Shared, shared
from harness.remarks import Sign
from harness.report import CaseReport, Report
from harness.terminal import line, short

_CHANGES = 40
"""The most changes that are told of a case."""
_NAMED = 100
"""The most cases that are named in a list."""
_SIGNS: dict[Sign, str] = {"removed": "-", "added": "+", "changed": "!"}
_COMMAND = ": harness "
"""Stands before the command of an advice."""
_PROSE = re.compile(r"(?!.*(?://|www\.))[^\W_](?:[^\W_]|[ ,.;:()%=<>/+-])*")
"""Words that Markdown leaves as they are."""


def render(report: Report) -> str:
    """Return a report as Markdown: the answer, what changed, the matrix, the figures, and pair by pair."""
    return "\n\n".join(blocks(report)) + "\n"


def blocks(report: Report) -> Iterator[str]:
    """Yield the parts of a report, what changed first; each is whole Markdown."""
    yield _answer(report)
    told: dict[str, list[CaseReport]] = {title: [] for title, _ in _SECTIONS}
    for case in report.cases:
        if (title := next((title for title, belongs in _SECTIONS if belongs(case)), None)) is not None:
            told[title].append(case)
    for title, found in told.items():
        yield from _section(title, found)
    new = [case.case for case in report.cases if case.compared is not None and case.compared.state == "new"]
    skipped = [case.case for case in report.cases if case.verdict.status == "skipped"]
    for title, names in (("New", new), ("Gone", report.gone), ("Not recorded", skipped)):
        if names:
            yield _listed(title, names)
    yield from _columns(report)
    if (scores := remarks.scores(report)) is not None:
        yield _said(scores)
    if report.advice:
        yield "\n".join(("### Next\n", *(f"- {_advice(one)}" for one in report.advice)))


def _failed(case: CaseReport) -> bool:
    return case.verdict.status == "failed"


def _state(case: CaseReport) -> str | None:
    return case.compared.state if case.compared is not None else None


_SECTIONS: tuple[tuple[str, Callable[[CaseReport], bool]], ...] = (
    ("Regressed", lambda case: case.compared is not None and case.compared.regressed),
    ("Failing", lambda case: _failed(case) and _state(case) != "still failing"),
    ("Errors", lambda case: case.verdict.status == "error"),
    ("Fixed", lambda case: _state(case) == "fixed"),
    ("Changed", lambda case: remarks.difference(case, 0) is not None and not _failed(case)),
    ("Still failing", _failed),
    ("Known to fail", lambda case: case.verdict.status == "known"),
    ("Noticed", lambda case: case.remarkable and case.verdict.status != "skipped"),
)
"""What cases are told under, each under the first that holds."""


def _answer(report: Report) -> str:
    """Return in one line whether it is as expected, and what it comes to."""
    counts = remarks.verdicts(report)
    states = remarks.states(report)
    bad = [str(one) for one in (*states.further, *counts) if one.state in ("regressed", "failed", "error")]
    head = ", ".join(bad) or ("All as expected" if report.exit_code == 0 else "Nothing was judged")
    said = f"**{head}.** {': '.join(filter(None, (remarks.told(report), ', '.join(map(str, counts)))))}"
    if report.baseline is None:
        return f"{said}."
    against = ", ".join(map(str, states.amounts)) or "no case can be compared"
    return f"{'; '.join((f'{said}. Against {code(report.baseline)}: {against}', *map(str, states.further)))}."


def _section(title: str, cases: Sequence[CaseReport]) -> Iterator[str]:
    """Yield a block for each case, or for those that miss for one reason; the title stands before the first."""
    together = shared([case.verdict for case in cases])
    told = {case for one in together for case in one.cases}
    found = [*map(_together, together), *(_case(case) for case in cases if case.case not in told)]
    for at, block in enumerate(found):
        yield block if at else f"### {title}: {len(cases)}\n\n{block}"


def _together(one: Shared) -> str:
    cases = "\n".join(f"- {code(name)}" for name in _first(one.cases))
    return _folded(f"{len(one.cases)} cases: <code>{escape(short(one.reason))}</code>", cases)


def _case(case: CaseReport) -> str:
    state = f", {_state(case)}" if case.compared is not None else ""
    counts = case.counts
    numbers = (
        numbered(counts.rounds, "round"),
        numbered(counts.calls, "call"),
        numbered(counts.checkpoints, "checkpoint"),
    )
    said = [f"- {code(remark.text)}" for remark in remarks.remarks(case)]
    if case.advice is not None:
        said.append(f"- {_advice(case.advice)}")
    parts = ["\n".join(said)] if said else []
    if (different := remarks.difference(case, _CHANGES)) is not None:
        parts.append(f"{different.head[:1].upper()}{different.head[1:]}")
        if different.changes:
            parts.append(_fenced([f"{_SIGNS[one.sign]} {one.text}" for one in different.changes]))
        if different.more:
            parts.append(f"and {different.more} more: {code(remarks.look(case))}")
    head = f"<code>{escape(line(case.case))}</code> {remarks.status(case)}{state}: {', '.join(numbers)}"
    return _folded(head, "\n\n".join(parts))


def _folded(head: str, body: str) -> str:
    return f"<details>\n<summary>{head}</summary>\n\n{body}\n\n</details>"


def _fenced(lines: Sequence[str]) -> str:
    """Return lines as a diff, between fences that none of them can close."""
    fence = "`" * max(3, *(_longest(one) + 1 for one in lines))
    return "\n".join((f"{fence}diff", *lines, fence))


def _listed(title: str, names: Collection[str]) -> str:
    return "\n".join((f"### {title}: {len(names)}\n", *(f"- {name}" for name in map(code, _first(names)))))


def _first(names: Collection[str]) -> list[str]:
    more = [f"... and {len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return [*list(names)[:_NAMED], *more]


def _columns(report: Report) -> Iterator[str]:
    """Yield the columns against each other: the matrix, the figures, repeats, and pair by pair."""
    names = matrix.labels([column.name for column in report.columns])
    common = f" Everywhere: {code(names.common)}." if names.common else ""
    if any(cell.judged for cell in report.cells):
        rows = [_row(row) for row in matrix.rows(report)]
        table = _table(("scenario", *map(code, names.short.values())), rows)
        yield f"### Matrix\n\nVerdict, rounds, calls and checkpoints.{common}\n\n{table}"
    if report.columns:
        yield f"### Figures\n\n{_begun(matrix.FIGURES)}\n\n{_figures(matrix.figures(report))}"
    if (repeated := matrix.repeated(report)) is not None:
        yield f"### Repeats\n\n{_begun(matrix.REPEATS)}\n\n{_figures(repeated)}"
    for one in report.columns:
        if one.unstable:
            yield f"Unstable in {code(names.short[one.name])}: {', '.join(map(code, _first(one.unstable)))}"
    compared = [pair for pair in report.pairs if pair.both]
    if compared:
        note = f"{note}.\n\n" if (note := caution(len(compared))) else ""
        lines = "\n".join(_pair(pair, names.short) for pair in compared)
        yield f"### Pairs\n\n{note}{lines}"


def _begun(caption: str) -> str:
    return f"{caption[:1].upper()}{caption[1:]}."


def _row(row: matrix.Row) -> list[str]:
    fates = ("passed", "missing", "none")
    return [code(row.scenario), *(one.text if one.fate in fates else f"**{one.text}**" for one in row.squares)]


def _figures(found: Figures) -> str:
    return _table(("column", *found.headers[1:]), [(code(name), *others) for name, *others in found.rows])


def _pair(pair: Pair, names: dict[str, str]) -> str:
    said = f"{code(names[pair.one])} and {code(names[pair.other])}: {_said(pair.says)}"
    return f"- **{said}**" if matrix.tells(pair) else f"- {said}"


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def _said(text: str) -> str:
    """Return a sentence as it is where Markdown leaves it so, else as code."""
    return escape(text, quote=False) if _PROSE.fullmatch(text) else code(text)


def _advice(text: str) -> str:
    """Return what helps next, its command as code."""
    said, found, command = text.partition(_COMMAND)
    return f"{_said(said)}: {code(_COMMAND[2:] + command)}" if found else _said(text)


def code(text: str) -> str:
    """Return a text as code on one line, which is only what it says, in a table too."""
    # A pipe parts the cells of a table even within code, and not all readers undo the same escape there.
    return "&#124;".join(_span(part) if part else "" for part in line(text).split("|")) or _span(" ")


def _span(text: str) -> str:
    fence = "`" * (_longest(text) + 1)
    # Of code between blanks a reader takes one from each side, unless it is blank altogether.
    beside = " " if text.strip() and (text[0] in "` " or text[-1] in "` ") else ""
    return f"{fence}{beside}{text}{beside}{fence}"


def _longest(text: str) -> int:
    """Return the length of the longest run of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)
