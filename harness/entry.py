"""One case as a page shows it: what matters of it, its address, and by what it is chosen."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from harness import matrix, remarks
from harness.remarks import Difference, Remark
from harness.report import CaseReport, Report

KINDS = ("regressed", "error", "failed", "fixed", "changed", "new", "known", "skipped", "passed")
"""What matters of a case, the most first."""
_CHANGES = 8
"""The most changes that are told of a case before it is opened."""
_SAFE = "/@+~,:!*()"
"""What browsers leave as it is in an address, and parts none of ours."""


class Entry(NamedTuple):
    """One case as the page shows it."""

    at: int
    """Its place in the report."""
    report: CaseReport

    @property
    def key(self) -> str:
        """What stands for the case in an address, which is the same before and after a browser has read it."""
        return quote(self.report.case, safe=_SAFE, errors="surrogatepass")

    @property
    def kind(self) -> str:
        """What matters most of it."""
        compared, status = self.report.compared, self.report.verdict.status
        if compared is not None and compared.regressed:
            return "regressed"
        if status in ("error", "failed", "skipped") or compared is None:
            return status
        return compared.state if compared.state in ("fixed", "changed", "new") else status

    @property
    def name(self) -> str:
        """Its scenario, with the number of a repeat."""
        return remarks.name(self.report)

    @property
    def status(self) -> str:
        """What it comes to, in words."""
        return remarks.status(self.report)

    @property
    def badge(self) -> str | None:
        """What became of it against the baseline, where that is worth a word."""
        compared = self.report.compared
        if compared is None or compared.state in ("unchanged", "still failing"):
            return None
        return f"regressed, {compared.state}" if compared.regressed else compared.state

    @property
    def remarks(self) -> Sequence[Remark]:
        """What is to be said of it."""
        return tuple(remarks.remarks(self.report))

    @property
    def difference(self) -> Difference | None:
        """What differs from the baseline."""
        return remarks.difference(self.report, _CHANGES)

    @property
    def look(self) -> str:
        """The command that shows it."""
        return remarks.look(self.report)


class Tags(NamedTuple):
    """By what a case may be chosen, in the words of the chips."""

    result: tuple[str, ...]
    baseline: tuple[str, ...]
    model: str
    role: str


def tags(case: CaseReport, *, compared: bool) -> Tags:
    """Return by what a case may be chosen: what is counted of a report of this case alone."""
    alone = Report(done="", baseline=None, cases=(case,))
    found = remarks.states(alone)
    states = tuple(one.state for one in (*found.amounts, *found.further))
    parts = matrix.parsed(case.column)
    return Tags(
        tuple(one.state for one in remarks.verdicts(alone)),
        states or (("not compared",) if compared else ()),
        parts.model if parts else case.column,
        parts.role if parts else "",
    )
