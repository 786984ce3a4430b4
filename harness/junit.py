"""A report as JUnit's XML, which other CI systems read."""

from collections.abc import Iterator
from io import BytesIO

from junitparser import Attr, Error, Failure, IntAttr, JUnitXml, Skipped, TestCase, TestSuite
from junitparser.junitparser import FinalResult

from harness import remarks
from harness.report import CaseReport, Report
from harness.terminal import line

_CHANGES = 40
"""The most changes that are told of a case."""


class _Case(TestCase):
    """A test case that says where it stands, as pytest's `xunit1` does."""

    file = Attr()
    line = IntAttr()


def render(report: Report) -> str:
    """Return a report as XML: a suite for each column, and in it a test case for each case.

    A known failure is skipped with its reason, and what passed but regressed is a failure. No time is told, so that the
    same cases give the same text; signs that XML cannot hold are written out.
    """
    suites: dict[str, list[CaseReport]] = {}
    for case in report.cases:
        suites.setdefault(line(case.column), []).append(case)
    root = JUnitXml()
    for column, cases in suites.items():
        suite = TestSuite(column)
        suite.add_testcases([_case(case, column) for case in cases])
        root.add_testsuite(suite)
    text = BytesIO()
    root.write(text, pretty=True)
    return text.getvalue().decode()


def _case(case: CaseReport, column: str) -> TestCase:
    test = _Case(remarks.name(case), column)
    if (place := remarks.place(case.verdict.place)) is not None:
        test.file, test.line = line(place.file), place.line
    told = list(_told(case))
    result = _result(case, told[0] if told else None)
    if result is not None:
        result.text = "\n".join(told)
        test.result = result
    elif told:
        test.system_out = "\n".join(told)
    return test


def _told(case: CaseReport) -> Iterator[str]:
    """Yield what is said of a case, and how it differs from the baseline."""
    yield from (remark.text for remark in remarks.remarks(case))
    if (different := remarks.difference(case, _CHANGES)) is not None:
        yield different.head
        yield from (f"{one.sign}: {one.text}" for one in different.changes)
        if different.more:
            yield f"and {different.more} more: {remarks.look(case)}"


def _result(case: CaseReport, first: str | None) -> FinalResult | None:
    match case.verdict.status:
        case "error":
            return Error(first, case.verdict.replay.state or "error")
        case "failed":
            return Failure(first, case.compared.state if case.compared is not None else "failed")
        case "skipped":
            return Skipped("nothing is recorded", "not recorded")
    if case.compared is not None and case.compared.regressed:
        return Failure(first, "regression")
    if case.verdict.status == "known":
        reasons = dict.fromkeys(line(one.known) for one in case.verdict.findings if one.known is not None)
        return Skipped("; ".join(reasons) or "known to fail", "known")
    return None
