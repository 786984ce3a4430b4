"""Columns against each other in words: the matrix, the figures, pass@k, and which pairs tell something."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from harness.figures import Cell, Column, Pair
from harness.report import Report
from harness.terminal import cut, line

Fate = Literal["passed", "failed", "known", "error", "missing", "none"]

_NAME = re.compile(r"(?:(base|now):)?([^+~]*)/([^/+~]*)\+([^~]*)((?:~.*)?)", re.DOTALL)
_LONGEST = 56

NOTHING = "-"
"""Stands where a scenario is not planned."""

FIGURES = "pass rate with its 95 % interval; rounds, calls and checkpoints on average; all else in total"
"""What the table of figures says."""

REPEATS = "at least one (pass@k) or all (pass^k) of k repeats pass, on average over scenarios"
"""What the table of repeats says."""


class Name(NamedTuple):
    """The parts of a column's name."""

    run: str
    model: str
    role: str
    tools: str
    others: tuple[str, ...]
    """The further choices of the variant."""

    @property
    def variant(self) -> tuple[str, str, tuple[str, ...]]:
        """All but run and model."""
        return self.role, self.tools, self.others


class Labels(NamedTuple):
    """What columns are called beside each other."""

    short: dict[str, str]
    """Each column's name without what all have in common."""
    common: str
    """What all have in common, in words; empty where that is nothing."""


class Square(NamedTuple):
    """What came of a scenario in a column, in words."""

    text: str
    fate: Fate


class Row(NamedTuple):
    """A scenario in every column."""

    scenario: str
    squares: tuple[Square, ...]

    @property
    def passed(self) -> bool:
        """Whether all that was tried passed."""
        return all(square.fate in ("passed", "missing", "none") for square in self.squares)


class Figures(NamedTuple):
    """A table of texts: what stands above each column, and a row for each thing."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Comparable(NamedTuple):
    """Pairs of columns that have scenarios in common."""

    pairs: tuple[Pair, ...]
    """Those that differ in one thing: the model, the variant or the run."""
    left: int
    """How many others there are."""


def labels(names: Sequence[str]) -> Labels:
    """Return short names of columns, which tell them apart, and what they have in common."""
    parts = [one for one in map(parsed, names) if one is not None]
    whole = Labels({name: _bearable(name) for name in names}, "")
    if len(names) < 2 or len(parts) < len(names):
        return whole
    shared = {field for field in ("run", "model", "role", "tools") if len({getattr(one, field) for one in parts}) == 1}
    others = [other for other in parts[0].others if all(other in one.others for one in parts)]
    short = [_label(one, shared, others) for one in parts]
    if not all(short):
        shared -= {"role"}
        short = [_label(one, shared, others) for one in parts]
    if not all(short) or len(set(short)) < len(names):
        return whole
    said = [f"{field} {getattr(parts[0], field)}" for field in ("model", "role", "tools") if field in shared]
    common = ", ".join(map(_bearable, [*said, *others]))
    return Labels({name: _bearable(text) for name, text in zip(names, short, strict=True)}, common)


def family(name: str) -> tuple[object, ...]:
    """Return what columns of one variant have in common."""
    found = parsed(name)
    return (name,) if found is None else found.variant


def parsed(name: str) -> Name | None:
    """Return the parts of a column's name, or None where it has another form."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    run, model, role, tools, others = found.groups()
    return Name(run or "", model, role, tools, tuple(others.split("~")[1:]))


def _label(name: Name, shared: set[str], others: Sequence[str]) -> str:
    run, model, role, tools = ("" if field in shared else getattr(name, field) for field in Name._fields[:4])
    parts = ["+".join(filter(None, (role, tools))), *(other for other in name.others if other not in others)]
    label = "/".join(filter(None, (model, "~".join(filter(None, parts)))))
    return ":".join(filter(None, (run, label)))


def _bearable(text: str) -> str:
    return cut(line(text), _LONGEST)


def rows(report: Report) -> list[Row]:
    """Return the matrix: each scenario with what came of it in every column."""
    found = {(cell.scenario, cell.column): _square(cell) for cell in report.cells}
    nothing = Square(NOTHING, "none")
    return [
        Row(line(scenario), tuple(found.get((scenario, column.name), nothing) for column in report.columns))
        for scenario in dict.fromkeys(cell.scenario for cell in report.cells)
    ]


def _square(cell: Cell) -> Square:
    if not cell.judged:
        return Square("error", "error") if cell.errors else Square("not recorded", "missing")
    several = cell.judged + cell.errors + cell.missing > 1
    failed = cell.judged - cell.passed
    fate: Fate = "error" if cell.errors else "passed" if not failed else "known" if failed == cell.known else "failed"
    said = f"{cell.passed}/{cell.judged} passed" if several else fate
    beside = [f"{number} {word}" for number, word in _beside(cell) if number] if several else []
    numbers = " ".join(_range(one) for one in (cell.rounds, cell.calls, cell.checkpoints))
    return Square(f"{', '.join([said, *beside])} {numbers}", fate)


def _beside(cell: Cell) -> Iterable[tuple[int, str]]:
    return (cell.known, "known"), (cell.errors, "error"), (cell.missing, "not recorded")


def _range(bounds: tuple[int, int] | None) -> str:
    low, high = bounds or (0, 0)
    return str(low) if low == high else f"{low}-{high}"


def figures(report: Report) -> Figures:
    """Return the figures of every column; errors and what is not recorded only where there is any."""
    short = labels([column.name for column in report.columns]).short
    counts: list[tuple[str, Callable[[Column], int]]] = [
        ("errors", lambda column: column.errors),
        ("not recorded", lambda column: column.missing),
    ]
    kept = [(head, number) for head, number in counts if any(map(number, report.columns))]
    rows = tuple(
        (
            short[column.name],
            str(column.cases),
            *(str(number(column)) for _, number in kept),
            _rate(column),
            *(f"{mean:.1f}" if mean is not None else "" for mean in (column.rounds, column.calls, column.checkpoints)),
            *(f"{number:,}" for number in (column.denied, column.failed, column.anomalies, column.tokens)),
        )
        for column in report.columns
    )
    means = ("pass rate", "rounds", "calls", "checkpoints")
    return Figures(("", "cases", *(head for head, _ in kept), *means, "denied", "failed", "anomalies", "tokens"), rows)


def _rate(column: Column) -> str:
    rate = column.rate
    return "" if rate is None else f"{_percent(rate.value)} % ({_percent(rate.low)} to {_percent(rate.high)})"


def _percent(share: float) -> str:
    """Return a share in percent: all and nothing only where it is all or nothing."""
    text = f"{100 * share:.0f}"
    return f"{100 * share:.1f}" if text in ("0", "100") and 0 < share < 1 else text


def repeated(report: Report) -> Figures | None:
    """Return pass@k and pass^k of every column, blank where no scenario has k repeats; None where none has several."""
    short = labels([column.name for column in report.columns]).short
    most = max((one.k for column in report.columns for one in column.repeats), default=0)
    if not most:
        return None
    rows: list[tuple[str, ...]] = []
    for column in filter(lambda column: column.repeats, report.columns):
        by_k = {one.k: one for one in column.repeats}
        for sign, field in (("pass@k", "any"), ("pass^k", "all")):
            shares = (getattr(by_k.get(k), field, None) for k in range(1, most + 1))
            rows.append((short[column.name], sign, *("" if one is None else f"{_percent(one)} %" for one in shares)))
    return Figures(("", "", *(f"k={k}" for k in range(1, most + 1))), tuple(rows))


def comparable(pairs: Iterable[Pair]) -> Comparable:
    """Return the pairs that have scenarios in common and differ in one thing alone, and how many others there are."""
    common = [pair for pair in pairs if pair.both]
    kept = tuple(pair for pair in common if _apart(pair.one, pair.other) == 1)
    return Comparable(kept, len(common) - len(kept))


def tells(pair: Pair) -> bool:
    """Tell whether there is enough to say that two columns differ, in what passes or in rounds."""
    return any(contrast is not None and contrast.tells for contrast in (pair.rate, pair.rounds))


def _apart(one: str, other: str) -> int:
    """Return in how many of run, model and variant two columns differ; one where a name cannot be read."""
    here, there = parsed(one), parsed(other)
    if here is None or there is None:
        return 1
    return sum((here.run != there.run, here.model != there.model, here.variant != there.variant))
