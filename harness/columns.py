"""The columns of a report against each other, as text: the matrix, the figures, and pair by pair."""

from collections.abc import Iterable, Sequence

from harness import matrix
from harness.contrast import caution
from harness.finding import numbered
from harness.matrix import NOTHING, Fate, Row
from harness.remarks import named
from harness.report import Report
from harness.terminal import (
    BOLD,
    FAINT,
    NARROWEST,
    RED,
    YELLOW,
    Painted,
    Style,
    cut,
    extent,
    line,
    padded,
    table,
    wrapped,
)

_FATES: dict[Fate, str] = {"failed": RED, "known": YELLOW, "error": RED, "missing": FAINT, "none": FAINT}
_GAP = 2
_INDENT = "    "
_PAIRS = 6
"""Of more pairs those that tell nothing are only counted."""


def grid(report: Report, style: Style, width: int, *, quiet: bool) -> list[str]:
    """Return the lines of the matrix, in blocks of as many columns as fit; rows that did not all pass are marked.

    With `quiet` these rows alone.
    """
    rows = [row for row in matrix.rows(report) if not (quiet and row.passed)]
    if not rows:
        return []
    names = matrix.labels([column.name for column in report.columns])
    common = f" (everywhere: {names.common})" if names.common else ""
    families: dict[tuple[object, ...], list[list[Painted]]] = {}
    for at, (name, head) in enumerate(zip(names.short, _heads(names.short.values(), width), strict=True)):
        cells = [Painted(row.squares[at].text, _FATES.get(row.squares[at].fate)) for row in rows]
        families.setdefault(matrix.family(name), []).append([head, *cells])
    said = wrapped(f"each scenario with its verdict, rounds, calls and checkpoints{common}", width)
    columns = [column for family in families.values() for column in family]
    return [*said, *_beside(_marked(rows, columns, width), list(families.values()), style, width)]


def _heads(names: Iterable[str], width: int) -> list[Painted]:
    """Return names of columns that leave room for others beside them."""
    return [Painted(cut(name, width - NARROWEST - 2 * _GAP)) for name in names]


def _marked(rows: Sequence[Row], columns: Sequence[Sequence[Painted]], width: int) -> list[Painted]:
    room = _room(columns, width) - 2
    marked = (("  ", None) if row.passed else ("! ", RED) for row in rows)
    names = [Painted(mark + cut(row.scenario, room), code) for (mark, code), row in zip(marked, rows, strict=True)]
    return [Painted("  scenario"), *names]


def _room(columns: Sequence[Sequence[Painted]], width: int) -> int:
    """Return how wide names may be where the widest column stands beside them."""
    return max(NARROWEST, width - _GAP - max(extent(cell.text) for column in columns for cell in column))


def _wide(column: Sequence[Painted]) -> int:
    return max(extent(cell.text) for cell in column) + _GAP


def _beside(
    names: Sequence[Painted], families: Sequence[Sequence[Sequence[Painted]]], style: Style, width: int
) -> list[str]:
    """Return tables of as many columns as fit beside the names, at least one in each; heads are the first of all.

    Columns of one family stand in one table where they fit. Rows that have nothing in any of a table's columns are
    left out of it.
    """
    room = width - max(extent(name.text) for name in names)
    groups: list[list[Sequence[Painted]]] = []
    left = 0
    for family in families:
        if sum(map(_wide, family)) <= room:
            left = left if sum(map(_wide, family)) <= left else 0
        for column in family:
            if not groups or _wide(column) > left:
                groups.append([names])
                left = room
            groups[-1].append(column)
            left -= _wide(column)
    lines: list[str] = []
    for group in groups:
        head, *every = zip(*group, strict=True)
        rows = [row for row in every if any(cell.text != NOTHING for cell in row[1:])]
        lines += ["", *table(rows, [cell.text for cell in head], style)]
    return lines


def figures(report: Report, style: Style, width: int) -> list[str]:
    """Return the lines of the figures, a line for each column or, where that is too wide, for each figure."""
    found = matrix.figures(report)
    rows = [list(map(Painted, row)) for row in (found.headers, *found.rows)]
    wide = sum(max(extent(cell.text) for cell in column) + _GAP for column in zip(*rows, strict=True)) - _GAP
    if wide > width:
        names, *columns = rows
        heads = _heads((label.text for label, *_ in columns), width)
        columns = [[head, *cells] for head, (_, *cells) in zip(heads, columns, strict=True)]
    else:
        names, *columns = map(list, zip(*rows, strict=True))
    return [*wrapped(matrix.FIGURES, width), *_beside(names, [[column] for column in columns], style, width)]


def repeated(report: Report, style: Style, width: int) -> list[str]:
    """Return the lines of pass@k and pass^k, and which scenarios are unstable."""
    found = matrix.repeated(report)
    if found is None:
        return []
    who, what, *columns = (
        [Painted(text) for text in column] for column in zip(found.headers, *found.rows, strict=True)
    )
    room = _room([what, *columns], width) - _GAP - len("pass@k")
    names = [Painted(cut(name.text, room)) for name in who]
    wide = max(extent(name.text) for name in names)
    both = [Painted(f"{padded(name.text, wide)}  {sign.text}") for name, sign in zip(names, what, strict=True)]
    lines = [*wrapped(matrix.REPEATS, width), *_beside(both, [[column] for column in columns], style, width)]
    short = matrix.labels([column.name for column in report.columns]).short
    for one in report.columns:
        if one.unstable:
            said = f"unstable in {short[one.name]}: {named(one.unstable)}"
            told = wrapped(said, width, "", _INDENT)
            lines += ["", *(style.paint(text, YELLOW) for text in told)]
    return lines


def pairs(report: Report, style: Style, width: int) -> list[str]:
    """Return a sentence for every two columns that differ in one thing alone, and how many others are left out.

    Of many pairs only those that tell something have their sentence.
    """
    found = matrix.comparable(report.pairs)
    telling = [pair for pair in found.pairs if matrix.tells(pair)]
    shown = telling if len(found.pairs) > _PAIRS else found.pairs
    short = matrix.labels([column.name for column in report.columns]).short
    lines: list[str] = []
    for pair in shown:
        said = f"{short[pair.one]} and {short[pair.other]}: {line(pair.says)}"
        told = wrapped(said, width, "", _INDENT)
        lines += (style.paint(one, BOLD) if matrix.tells(pair) else one for one in told)
    beside = []
    if note := caution(len(found.pairs) + found.left):
        beside.append(note)
    if silent := len(found.pairs) - len(shown):
        beside.append(f"{numbered(silent, 'pair')} of columns {'tells' if silent == 1 else 'tell'} no difference")
    if found.left:
        beside.append(f"{numbered(found.left, 'further pair')}, differing in several things")
    if silent or found.left:
        beside[-1] += "; --format markdown has every pair"
    return lines + [one for text in beside for one in wrapped(text, width)]
