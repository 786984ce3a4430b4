"""Stored runs put together: shards of one plan in its order, and of a case that several have the last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.archive import Stored
from harness.brief import Brief
from harness.check import Verdict
from harness.source import shown
from harness.trace import Trace

_NAMED = 3


class Part(NamedTuple):
    """One case, and where it stands."""

    run: Stored
    place: int
    """Which of the run's cases it is."""

    @property
    def brief(self) -> Brief:
        """What is told of its trace."""
        return self.run.results[self.place][0]

    @property
    def verdict(self) -> Verdict:
        """What was judged."""
        return self.run.results[self.place][1]

    @property
    def trace(self) -> Trace:
        """Its trace, read when it is asked for."""
        return self.run.traces[self.place]


@dataclass(frozen=True)
class Merged:
    """Several runs as one."""

    runs: tuple[Stored, ...]
    """The runs, as they were named."""
    parts: tuple[Part, ...]
    """The cases, those of one plan in its order."""
    full: bool
    """Whether they are all that a plan of all scenarios has, so that what else the baseline has is gone."""
    repeats: int
    """The most repeats of a case of that plan."""
    missing: tuple[str, ...]
    """A line for each plan of which a shard is not among the runs."""
    repeated: tuple[str, ...]
    """The cases that more than one run has."""


def merged(runs: Sequence[Stored]) -> Merged:
    """Put runs together; where several have a case, the last of them counts."""
    last: dict[str, Part] = {}
    repeated: dict[str, None] = {}
    order: dict[str, int] = {}
    for run in runs:
        for case in run.agenda.cases:
            order.setdefault(case, len(order))
        for place, (brief, _) in enumerate(run.results):
            if brief.case in last:
                repeated[brief.case] = None
            last[brief.case] = Part(run, place)
    plans = list(_plans(runs))
    whole = [plan[0].agenda for plan in plans if plan[0].agenda.full and not _left(plan)]
    full = next((agenda for agenda in whole if last.keys() <= set(agenda.cases)), None)
    return Merged(
        runs=tuple(runs),
        parts=tuple(last[case] for case in sorted(last, key=order.__getitem__)),
        full=full is not None,
        repeats=full.repeats if full is not None else 1,
        missing=tuple(f"{_named(plan)}: {left}" for plan in plans if (left := _left(plan))),
        repeated=tuple(repeated),
    )


def _plans(runs: Sequence[Stored]) -> Iterator[list[Stored]]:
    """Yield the runs of each plan, which are the shards of it, or alone."""
    found: dict[object, list[Stored]] = {}
    for run in runs:
        agenda = run.agenda
        of = agenda.shard.of if agenda.shard else 1
        found.setdefault((agenda.command, agenda.words, agenda.tags, agenda.cases, of), []).append(run)
    yield from found.values()


def _left(plan: Sequence[Stored]) -> str:
    """Say which shards of a plan are not among its runs, or nothing."""
    shards = [run.agenda.shard for run in plan if run.agenda.shard is not None]
    if not shards:
        return ""
    of = shards[0].of
    left = [str(number) for number in range(1, of + 1) if number not in {shard.number for shard in shards}]
    if not left:
        return ""
    names = ", ".join(left[:-1]) + (" and " if left[:-1] else "") + left[-1]
    return f"shard{'s' if left[1:] else ''} {names} of {of} {'are' if left[1:] else 'is'} missing"


def _named(plan: Sequence[Stored]) -> str:
    names = [shown(run.path) for run in plan]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
