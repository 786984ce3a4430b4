"""What is told of a run: cases, differences from the baseline, figures; data that every format renders."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from harness import figures
from harness.brief import Brief
from harness.check import Verdict
from harness.compare import Compared
from harness.figures import Cell, Column, Pair
from harness.trace import Anomaly, Counts, Record, Stop, Usage


class CaseReport(Record):
    """What is told of one case."""

    case: str
    """The case's id."""
    column: str
    """The column of the matrix to which it belongs."""
    verdict: Verdict
    """What was judged."""
    counts: Counts
    """How much of each there was."""
    stop: Stop
    """Why it ended."""
    usage: Usage
    """Its tokens."""
    anomalies: tuple[Anomaly, ...]
    """What production handles badly or silently."""
    compared: Compared | None = None
    """What differs from the baseline; null where nothing is compared."""
    advice: str | None = None
    """The next command for this case."""
    run: str | None = None
    """The stored run that it was read from; null where it is the newest."""

    @property
    def remarkable(self) -> bool:
        """Whether there is more to say than that it passed and is unchanged."""
        return (
            self.verdict.status != "passed"
            or bool(self.verdict.replay.drift or self.anomalies or self.verdict.notes)
            or (self.compared is not None and self.compared.state not in ("unchanged", "new"))
        )


class Report(Record):
    """What is told of a run."""

    format: Literal[1] = 1
    """The version of this form."""
    done: str
    """What was done to the cases: `replayed`, `recorded`, `read`."""
    baseline: str | None
    """What the cases are compared with, as a person names it; null where they are compared with nothing."""
    cases: tuple[CaseReport, ...]
    """The cases in the order of the plan."""
    gone: tuple[str, ...] = ()
    """Cases of the baseline that a full run no longer has."""
    columns: tuple[Column, ...] = ()
    """The figures of each model and variant; left out where nobody asks for them."""
    cells: tuple[Cell, ...] = ()
    """The matrix, where there is more than one column or repeat."""
    pairs: tuple[Pair, ...] = ()
    """Every two columns against each other."""
    advice: tuple[str, ...] = ()
    """The next commands, the most useful first."""

    @property
    def exit_code(self) -> int:
        """The exit code: 0 all as expected, 1 something failed or regressed, 2 something could not be judged."""
        regressed = any(case.compared is not None and case.compared.regressed for case in self.cases)
        return max(code([case.verdict for case in self.cases]), int(regressed))


def code(verdicts: Collection[Verdict]) -> int:
    """Return the exit code of verdicts alone; where there are none, or all cases were skipped, nothing was judged."""
    statuses = {verdict.status for verdict in verdicts}
    if "error" in statuses or statuses <= {"skipped"}:
        return 2
    return int("failed" in statuses)


@dataclass(frozen=True)
class Told:
    """A case with what is told of it."""

    brief: Brief
    """What happened."""
    verdict: Verdict
    """What was judged."""
    column: str
    """The column of the matrix to which it belongs."""
    compared: Compared | None = None
    """What differs from the baseline."""
    advice: str | None = None
    """The next command for this case."""
    run: str | None = None
    """The stored run that it was read from, where that is not the newest."""
    listed: bool = True
    """Whether it is one of the report's cases; others count in figures alone."""


class Against(NamedTuple):
    """What cases are compared with."""

    name: str
    """What a person calls it."""
    gone: tuple[str, ...] = ()
    """Cases that it has and that are no longer there."""


def build(
    done: str,
    told: Sequence[Told],
    *,
    against: Against | None = None,
    advice: Sequence[str] = (),
    figured: bool = True,
) -> Report:
    """Put together what is told of a run; figures of a single column are left out unless they are asked for.

    Columns of one variant stand together, since they have scenarios in common.
    """
    ranks = {one.brief.variant: rank for rank, one in reversed(list(enumerate(told)))}
    by_column: dict[str, list[tuple[Brief, Verdict]]] = {}
    for one in sorted(told, key=lambda one: ranks[one.brief.variant]):
        by_column.setdefault(one.column, []).append((one.brief, one.verdict))
    several = len(by_column) > 1 or any(one.brief.repeat > 1 for one in told)
    scenarios = {one.brief.scenario: rank for rank, one in reversed(list(enumerate(told)))}
    return Report(
        done=done,
        baseline=against.name if against else None,
        cases=tuple(_case(one) for one in told if one.listed),
        gone=against.gone if against else (),
        columns=figures.columns(by_column) if several or figured else (),
        cells=tuple(sorted(figures.cells(by_column), key=lambda cell: scenarios[cell.scenario])) if several else (),
        pairs=figures.pairs(by_column) if len(by_column) > 1 else (),
        advice=tuple(advice),
    )


def _case(told: Told) -> CaseReport:
    brief = told.brief
    return CaseReport(
        case=brief.case,
        column=told.column,
        verdict=told.verdict,
        counts=brief.counts,
        stop=brief.stop,
        usage=brief.usage,
        anomalies=brief.anomalies,
        compared=told.compared,
        advice=told.advice,
        run=told.run,
    )
