"""A report as text for people."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from harness import columns, matrix, remarks
from harness.check import Status
from harness.compare import State
from harness.misses import Shared, drift, shared
from harness.remarks import Amount, RemarkKind, Sign, Spelled
from harness.report import CaseReport, Report
from harness.terminal import (
    FAINT,
    GREEN,
    NARROWEST,
    RED,
    YELLOW,
    Painted,
    Style,
    cut,
    extent,
    line,
    short,
    table,
    wrapped,
)

_INDENT = "    "
_NAMED = 3
"""The most cases that a line for several names."""
_CHANGES = 8
"""The most changes that are told of a case."""
_VERDICTS: dict[Status, str] = {"passed": GREEN, "failed": RED, "known": YELLOW, "error": RED, "skipped": FAINT}
_STATES: dict[State, str] = {"changed": YELLOW, "newly failing": RED, "still failing": RED, "fixed": GREEN}
_REMARKS: dict[RemarkKind, str] = {"error": RED, "finding": RED}
_SIGNS: dict[Sign, tuple[str, str]] = {"removed": ("-", RED), "added": ("+", GREEN), "changed": ("~", YELLOW)}
_BAD = ("failed", "error", "newly failing", "still failing", "regressed")
_HEADERS = ("case", "verdict  ", "rounds  ", "calls  ", "checkpoints  ", "baseline  ")


def render(report: Report, style: Style, width: int, *, quiet: bool = False, seconds: float | None = None) -> str:
    """Return a report as text: what there is to see of cases, and at its end what it all comes to.

    All cases of a single column stand in a table. Of several columns or repeats there is the matrix, where anything was
    judged, and only the cases with something to say; so with `quiet`. Tables keep within a width of 60 characters or
    more by cutting names.
    """
    several = any(cell.judged for cell in report.cells)
    shown = [case for case in report.cases if not (several or quiet) or _telling(case)]
    parts = [columns.grid(report, style, width, quiet=quiet)] if several else []
    parts.append(_cases(report, shown, style, width))
    if several:
        parts += (told(report, style, width) for told in (columns.figures, columns.repeated, columns.pairs))
    parts.append(list(_summary(report, style, seconds)))
    return "\n\n".join("\n".join(part) for part in parts if part)


def _telling(case: CaseReport) -> bool:
    """Tell whether there is something to say of a case that neither matrix nor summary says."""
    return case.remarkable and case.verdict.status != "skipped"


def _cases(report: Report, shown: Sequence[CaseReport], style: Style, width: int) -> list[str]:
    """Return a line for each case with what is to be said of it below; those that miss or drift alike share one."""
    verdicts = [case.verdict for case in shown]
    missed, drifted = shared(verdicts), shared(verdicts, drift)
    together = {case for one in missed for case in one.cases}
    told = {case for one in drifted for case in one.cases}
    cases = [case for case in shown if case.case not in together]
    lines: list[str] = []
    if cases:
        above, rows = _table(report, cases, style, width)
        lines += above
        for row, case in zip(rows, cases, strict=True):
            lines += [row, *(f"{_INDENT}{note}" for note in notes(case, style, drifts=case.case not in told))]
    for word, found, colour in (("", missed, RED), (" drifted", drifted, YELLOW)):
        for one in found:
            lines += ["", *_together(one, word, colour, style)] if lines else _together(one, word, colour, style)
    return lines


class _Table(NamedTuple):
    above: list[str]
    rows: list[str]


def _table(report: Report, cases: Sequence[CaseReport], style: Style, width: int) -> _Table:
    """Return the table of cases; where it is too wide, numbers stand behind verdicts and names are shorter."""
    compared = any(case.compared is not None for case in cases)
    headers = _HEADERS[: None if compared else -1]
    rows = [
        [Painted(line(case.case)), _verdict(case), *map(Painted, _numbers(case)), _state(case)][: len(headers)]
        for case in cases
    ]
    lines = table(rows, headers, style)
    if extent(lines[1]) <= width:
        return _Table(lines[:2], lines[2:])
    one = None if report.cells else cases[0].column
    labels = matrix.labels([column.name for column in report.columns]).short
    said = "each case with its verdict, rounds, calls and checkpoints"
    said += f", all in {line(one)}" if one is not None else ""
    heads = ("verdict", "", "baseline") if compared else ("verdict", "")
    behind = [(_verdict(case), Painted(" ".join(_numbers(case))), _state(case))[: len(heads)] for case in cases]
    beside = zip(map(Painted, heads), *behind, strict=True)
    room = width - sum(max(extent(cell.text) for cell in column) + 2 for column in beside)
    names = (remarks.name(case) + ("" if one is not None else f"@{labels[case.column]}") for case in cases)
    rows = [[Painted(cut(name, max(NARROWEST, room))), *others] for name, others in zip(names, behind, strict=True)]
    lines = table(rows, ("case", *heads), style)
    return _Table([*wrapped(said, width), "", *lines[:2]], lines[2:])


def _verdict(case: CaseReport) -> Painted:
    return Painted(remarks.status(case), _VERDICTS[case.verdict.status])


def _numbers(case: CaseReport) -> tuple[str, str, str]:
    return str(case.counts.rounds), str(case.counts.calls), str(case.counts.checkpoints)


def _state(case: CaseReport) -> Painted:
    compared = case.compared
    if compared is None:
        return Painted("")
    return Painted(compared.state, RED if compared.regressed else _STATES.get(compared.state))


def notes(case: CaseReport, style: Style, *, drifts: bool = True, most: int = _CHANGES) -> Iterator[str]:
    """Yield what is to be said of a case, how it differs from the baseline, and what to do next.

    At most so many changes are told.
    """
    for remark in remarks.remarks(case):
        if drifts or remark.kind != "drift":
            yield style.paint(remark.text, _REMARKS.get(remark.kind, YELLOW))
    if (different := remarks.difference(case, most)) is not None:
        yield style.paint(different.head, _difference(case))
        yield from diff(different.changes, style)
        if different.more:
            yield f"  and {different.more} more: {remarks.look(case)}"
    if case.advice is not None:
        yield line(case.advice)


def diff(changes: Iterable[Spelled], style: Style) -> Iterator[str]:
    """Yield a line for each change, as a diff marks it."""
    for change in changes:
        sign, colour = _SIGNS[change.sign]
        yield style.paint(f"  {sign} {change.text}", colour)


def _difference(case: CaseReport) -> str:
    compared = case.compared
    if compared is None or compared.regressed:
        return RED
    return _STATES.get(compared.state, YELLOW)


def _together(one: Shared, word: str, colour: str, style: Style) -> list[str]:
    """Return the lines of cases that share a reason."""
    reason = style.paint(f"{len(one.cases)} cases{word}: {short(one.reason)}", colour)
    return [reason, f"{_INDENT}{remarks.named(one.cases, _NAMED)}"]


def _summary(report: Report, style: Style, seconds: float | None) -> Iterator[str]:
    """Yield what it all comes to, against the baseline and the reference paths too, and the next commands."""
    yield _counted(remarks.told(report, seconds), remarks.verdicts(report), style)
    if report.baseline is not None:
        found, further = remarks.states(report)
        said = f"against {line(report.baseline)}"
        counted = _counted(said, found, style) if found else f"{said}: no case can be compared"
        yield "; ".join((counted, *(_painted(one, style) for one in further)))
    if report.gone:
        yield f"{_INDENT}gone: {remarks.named(report.gone)}"
    if (scores := remarks.scores(report)) is not None:
        yield scores
    yield from map(line, report.advice)


def _counted(what: str, amounts: Sequence[Amount], style: Style) -> str:
    said = ", ".join(_painted(one, style) for one in amounts)
    return f"{what}: {said}" if said else what


def _painted(amount: Amount, style: Style) -> str:
    return style.paint(str(amount), RED) if amount.state in _BAD else str(amount)
