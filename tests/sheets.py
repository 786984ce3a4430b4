"""Pages made of traces, for the tests of the page and of what stands in it."""

import base64
import json
import zlib
from collections.abc import Iterable
from typing import Any

from harness.changes import changes
from harness.check import Status
from harness.compare import Compared
from harness.embedding import Packed, packed
from harness.evidence import Behind
from harness.finding import Finding
from harness.page import render
from harness.report import Against, build
from harness.trace import Trace
from tests.build import change, compared, finding, told

CASES = [
    told("passed", of="a/fine@m/chat+all", against=compared("unchanged")),
    told("passed", of="a/other@m/chat+all", against=compared("changed", change('"a"', '"b"'))),
    told("failed", finding(), of="b/bad@m/chat+all", against=compared("still failing")),
    told("error", of="b/broken@m/chat+all", error="why"),
    told(
        "failed",
        finding(),
        of="c/worse@m/chat+all",
        against=compared("newly failing", change('"a"', '"b"'), regressed=True),
    ),
    told("passed", of="d/mended@m/chat+all", against=compared("fixed", before="failed")),
    told("passed", of="e/new@m/chat+all", against=compared("new", before=None)),
]
"""Cases of every kind, as a page has them."""


def behind(
    came: Trace, status: Status = "passed", *findings: Finding, was: Trace | None = None, error: str | None = None
) -> Behind:
    """Return what is behind a case; where it was another it regressed if it failed, and else is changed."""
    against = None
    if was is not None:
        failed = status == "failed"
        state: Any = "newly failing" if failed else "changed"
        found = changes(was, came)
        against = Compared(state=state, regressed=failed, rerecorded=False, before="passed", changes=found)
    case = told(status, *findings, of=came.case, came=came, against=against, error=error)
    return Behind(case, came, was)


def page(cases: Iterable[Behind], *, baseline: str | None = "reports/baseline", run: str = "a-run") -> str:
    """Return the page of these cases."""
    every = list(cases)
    found = build("replayed", [one.told for one in every], against=Against(baseline) if baseline else None)
    return render(found, packed(every), run)


def unpacked(found: Packed) -> list[Any]:
    """Return the cases of a page, each from where it lies."""
    chunks = [json.loads(zlib.decompress(base64.b64decode(chunk))) for chunk in found.chunks]
    return [chunks[place.chunk][place.at] for place in found.places]
