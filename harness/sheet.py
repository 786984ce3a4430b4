"""What a page shows of a report: the answer, what is to be looked at, the table, by what it is chosen, the figures."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from harness import charts, matrix, remarks
from harness.contrast import caution
from harness.embedding import Packed
from harness.entry import KINDS, Entry, Tags, tags
from harness.figures import Pair
from harness.finding import numbered
from harness.remarks import Amount
from harness.report import Report
from harness.terminal import line

_HEADS = {
    "regressed": "Regressed",
    "error": "Could not be judged",
    "failed": "Failed",
    "fixed": "Fixed",
    "changed": "Changed",
}
_TOLD = 10
"""How many cases of one kind are told before the table, which has all."""
_PAIRS = 12
"""Of more pairs only those that tell something are told."""


class Chip(NamedTuple):
    """One thing by which cases are chosen."""

    value: str
    word: str
    number: int


class Chips(NamedTuple):
    """Things by which cases are chosen, one beside the other."""

    name: str
    title: str
    chips: tuple[Chip, ...]


class Group(NamedTuple):
    """Cases of one kind that are told before the table."""

    kind: str
    title: str
    number: int
    entries: tuple[Entry, ...]


class Cell(NamedTuple):
    """What came of a scenario in a column."""

    entries: tuple[Entry, ...]
    text: str
    """What is said where none of the report's cases stands here."""


class Line(NamedTuple):
    """A row of the table: a scenario in all columns, or a case of the only one."""

    scenario: str
    kind: str
    cells: tuple[Cell, ...]


class Pairs(NamedTuple):
    """Columns against each other."""

    shown: tuple[Pair, ...]
    beside: str
    """What to bear in mind, and how many pairs are left out."""


class Sheet:
    """What the page shows of a report, in the order of what matters."""

    def __init__(self, report: Report, packed: Packed, run: str) -> None:
        self.report = report
        self.run = line(run)
        self.packed = packed
        self.entries = tuple(Entry(at, case) for at, case in enumerate(report.cases))

    @property
    def answer(self) -> str:
        """What the run comes to."""
        counts = {kind: sum(entry.kind == kind for entry in self.entries) for kind in KINDS}
        said = ((counts["regressed"], "regressed"), (counts["error"], "could not be judged"))
        bad = [f"{number} {word}" for number, word in (*said, (counts["failed"], "failed")) if number]
        if bad:
            return ", ".join(bad)
        if self.report.exit_code:
            return "Nothing was judged"
        return f"{numbered(len(self.entries), 'case')}, all as expected"

    @property
    def told(self) -> str:
        """How many cases there are, and what was done."""
        return remarks.told(self.report)

    @property
    def verdicts(self) -> Sequence[Amount]:
        """How many cases came out how."""
        return remarks.verdicts(self.report)

    @property
    def states(self) -> Sequence[Amount]:
        """How many cases are how against the baseline."""
        found = remarks.states(self.report)
        return (*found.further, *found.amounts)

    @property
    def scores(self) -> str | None:
        """How near calls came to the reference paths."""
        return remarks.scores(self.report)

    @property
    def groups(self) -> Iterator[Group]:
        """Yield the cases that are to be looked at, kind by kind."""
        for kind, title in _HEADS.items():
            found = [entry for entry in self.entries if entry.kind == kind]
            if found:
                yield Group(kind, title, len(found), tuple(found[:_TOLD]))

    @property
    def single(self) -> bool:
        """Whether there is one column alone, so that each row is a case."""
        return len(self.columns) < 2

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table."""
        named = dict.fromkeys(column.name for column in self.report.columns)
        return tuple(named or dict.fromkeys(case.column for case in self.report.cases))

    @property
    def heads(self) -> tuple[str, ...]:
        """What the columns are called beside each other."""
        short = matrix.labels(self.columns).short
        return tuple(short[name] for name in self.columns)

    @property
    def common(self) -> str:
        """What all columns have in common."""
        return matrix.labels(self.columns).common

    @property
    def lines(self) -> list[Line]:
        """The rows of the table, those that matter most first, and else as planned."""
        if self.single:
            rows = [Line(entry.name, entry.kind, (Cell((entry,), ""),)) for entry in self.entries]
        else:
            rows = list(self._matrix())
        return sorted(rows, key=lambda row: KINDS.index(row.kind))

    def _matrix(self) -> Iterator[Line]:
        found: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.entries:
            found.setdefault((entry.report.case.partition("@")[0], entry.report.column), []).append(entry)
        names = [column.name for column in self.report.columns]
        squares = {row.scenario: dict(zip(names, row.squares, strict=True)) for row in matrix.rows(self.report)}
        cells = (cell.scenario for cell in self.report.cells)
        for scenario in dict.fromkeys([*(scenario for scenario, _ in found), *cells]):
            here = [tuple(found.get((scenario, column), ())) for column in self.columns]
            texts = squares.get(line(scenario), {})
            kinds = [entry.kind for entries in here for entry in entries]
            yield Line(
                line(scenario),
                min(kinds, key=KINDS.index, default="passed"),
                tuple(
                    Cell(entries, texts[column].text if column in texts else matrix.NOTHING)
                    for column, entries in zip(self.columns, here, strict=True)
                ),
            )

    @property
    def chips(self) -> tuple[Chips, ...]:
        """What cases may be chosen by."""
        results = tuple(Chip(one.state, one.word, one.number) for one in self.verdicts)
        states = tuple(Chip(one.state, one.word, one.number) for one in self.states if one.state != "gone")
        groups = [Chips("result", "Result", results), Chips("baseline", "Against the baseline", states)]
        for name, title in (("model", "Model"), ("role", "Role")):
            found = [getattr(one, name) for one in self.tags]
            chips = tuple(Chip(value, line(value), found.count(value)) for value in dict.fromkeys(found))
            groups.append(Chips(name, title, chips if len(chips) > 1 else ()))
        return tuple(group for group in groups if group.chips)

    @cached_property
    def tags(self) -> tuple[Tags, ...]:
        """By what each case may be chosen."""
        compared = any(case.compared for case in self.report.cases)
        return tuple(tags(case, compared=compared) for case in self.report.cases)

    @property
    def index(self) -> list[object]:
        """What the script knows of each case: id, key, where it lies, by what it is chosen, what is searched."""
        return [
            [
                entry.report.case,
                entry.key,
                self.packed.places[entry.at] if self.packed.places else None,
                *self.tags[entry.at],
                "\n".join([*(one.text for one in entry.remarks), *self._changes(entry)]),
            ]
            for entry in self.entries
        ]

    def _changes(self, entry: Entry) -> list[str]:
        different = entry.difference
        return [one.text for one in different.changes] if different else []

    @property
    def figures(self) -> matrix.Figures:
        """The figures of every column."""
        return matrix.figures(self.report)

    @property
    def repeats(self) -> matrix.Figures | None:
        """pass@k and pass^k of every column."""
        return matrix.repeated(self.report)

    @property
    def curves(self) -> Sequence[tuple[str, charts.Curve]]:
        """The curves of all columns with repeats, each with what the column is called."""
        short = matrix.labels([column.name for column in self.report.columns]).short
        return [(short[curve.name], curve) for curve in charts.curves(self.report.columns)]

    @property
    def says(self) -> str:
        """What the table of figures says."""
        return matrix.FIGURES

    @property
    def pairs(self) -> Pairs:
        """Columns against each other: of many pairs those that tell something."""
        found = matrix.comparable(self.report.pairs)
        telling = tuple(pair for pair in found.pairs if matrix.tells(pair))
        shown = telling if len(found.pairs) > _PAIRS else found.pairs
        beside = [caution(len(found.pairs) + found.left)] if found.pairs else []
        if silent := len(found.pairs) - len(shown):
            beside.append(f"{numbered(silent, 'pair')} of columns {'tells' if silent == 1 else 'tell'} no difference")
        if found.left:
            beside.append(f"{numbered(found.left, 'further pair')}, differing in several things")
        return Pairs(shown, "; ".join(filter(None, beside)))
