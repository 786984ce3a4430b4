"""How many requests it takes to record cases, by what is recorded of them and of others of their scenarios."""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from harness.brief import Ended
from harness.case import Case
from harness.errors import UNASKED, CassetteError, CassetteOverrun
from harness.files import escaped
from harness.pieces import Pieces
from harness.recording import load

_REPEAT = re.compile(r"(~\d+)?\.yaml$")


class Forecast(NamedTuple):
    """How many requests it takes to record a case."""

    requests: int
    """At least one."""
    sure: bool
    """Whether it is about so many, and not at least so many."""


def forecasts(cases: Iterable[Case], folder: Path, ended: Sequence[Ended] = ()) -> dict[str, Forecast]:
    """Return for each case, by its id, how many requests it takes, from what came of cases and from cassettes.

    As many as were played of a case that was judged, else as are recorded of it, one more where the loop asked for
    more; else as of the longest other case of its scenario; else one a turn, at least.
    """
    came = {one.brief.case: one for one in ended}
    longest: dict[str, int] = {}
    for one in ended:
        name = one.brief.scenario
        longest[name] = max(longest.get(name, 0), 0 if _cut(one) else one.recorded or 0)
    stored = _Stored(folder)
    found: dict[str, Forecast] = {}
    for case in cases:
        name, outcome = case.scenario.id, came.get(case.id)
        known = _of_case(case, outcome, folder)
        if not known:
            longest[name] = known = longest.get(name) or stored.longest(name)
        least = _least(outcome)
        found[case.id] = Forecast(max(known, least) or len(case.scenario.file.turns), sure=known > 0 and known >= least)
    return found


def told(found: Iterable[Forecast]) -> str:
    """Return how many requests it takes to record all of these, in words."""
    every = list(found)
    number = sum(one.requests for one in every)
    return f"{'about' if all(one.sure for one in every) else 'at least'} {number:,} request{'' if number == 1 else 's'}"


def _of_case(case: Case, ended: Ended | None, folder: Path) -> int:
    if ended is None or ended.recorded is None or _cut(ended):
        return _recorded(case.cassette(folder))
    return ended.recorded - (ended.unplayed if ended.brief.error is None else 0)


def _least(ended: Ended | None) -> int:
    """Return how many requests a case was seen to need, where it needed one more than are recorded."""
    if ended is None or ended.brief.error not in UNASKED | {CassetteOverrun.kind}:
        return 0
    return ended.recorded + 1 if ended.recorded else 0


def _cut(ended: Ended) -> bool:
    return ended.brief.error in UNASKED


def _recorded(path: Path) -> int:
    """Return how many exchanges a cassette holds, none where there is none that can be read."""
    try:
        return len(load(path, Pieces(path.parent)))
    except CassetteError:
        return 0


class _Stored:
    """The cassettes below a folder, looked through once, and only when somebody asks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _named(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        for path in sorted(self._folder.rglob("*.yaml")):
            found.setdefault(_REPEAT.sub("", path.name), []).append(path)
        return found

    def longest(self, scenario: str) -> int:
        """Return how many exchanges the longest cassette of a scenario holds, whatever model and variant it is of."""
        *areas, name = map(escaped, scenario.split("/"))
        tail = [*areas, ""]
        paths = (path for path in self._named.get(name, ()) if [*path.parent.parts, ""][-len(tail) :] == tail)
        return max(map(_recorded, paths), default=0)
