"""The traces behind a report, each with the one that it is compared with."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from harness.change import ChangeKind
from harness.compare import nearest, subject_of
from harness.earlier import Earlier
from harness.report import Told
from harness.settings import Comparing
from harness.trace import Trace


class Behind(NamedTuple):
    """What is behind one case of a report."""

    told: Told
    """What is told of it."""
    trace: Trace
    """What happened."""
    before: Trace | None
    """What happened before; None where nothing differs, or nothing is compared."""


def evidence(
    told: Iterable[Told], traces: Iterable[Trace], before: Earlier | None, comparing: Mapping[str, Comparing]
) -> Iterator[Behind]:
    """Yield what is behind each case; `comparing` says by model and variant how cases are compared.

    What a case was before is read only where it changed.

    Raises:
        InputError: what was accepted of a case cannot be read.
    """
    for one, trace in zip(told, traces, strict=True):
        counts = comparing.get(one.brief.column, Comparing()).counts
        yield Behind(one, trace, None if before is None else _before(one, trace, before, counts))


def _before(told: Told, trace: Trace, before: Earlier, counts: Collection[ChangeKind]) -> Trace | None:
    if told.compared is None or not told.compared.changes:
        return None
    found = nearest(trace, told.verdict, before.accepted(subject_of(trace)), counts)
    return None if found is None else found.accepted.trace
