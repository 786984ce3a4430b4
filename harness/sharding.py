"""Cases in shards: which of several machines plays which case, balanced and settled, whatever else is planned."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from statistics import median_low

from harness.errors import InputError


@dataclass(frozen=True)
class Shard:
    """One of several parts of a run."""

    number: int
    """Which one it is, counted from one."""
    of: int
    """How many there are."""

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def shard(text: str) -> Shard:
    """Read a shard as it is typed: `I/N`.

    Raises:
        InputError: it is none.
    """
    found = re.fullmatch(r"([0-9]{1,3})/([0-9]{1,3})", text)
    one = Shard(int(found[1]), int(found[2])) if found else None
    if one is None or not 1 <= one.number <= one.of:
        raise InputError(f"--shard {text}: is no part of a run; name which of how many, such as 1/4 to 4/4")
    return one


def loads(recorded: Mapping[str, int | None]) -> dict[str, int]:
    """Return what each case costs: its recorded exchanges, at least one; the median where nothing is recorded."""
    known = [number for number in recorded.values() if number is not None]
    usual = median_low(known) if known else 1
    return {case: max(1, usual if number is None else number) for case, number in recorded.items()}


def shares(costs: Mapping[str, int], of: int) -> list[frozenset[str]]:
    """Return the cases of each of so many shards, by what each case costs.

    Each case is in exactly one. Nothing but ids and costs decides, so that every machine finds the same. A shard is
    dearer than the cheapest by no more than any case of it costs: no move would leave the two nearer to each other. A
    case is where its own digest puts it (rendezvous hashing) but for the few that are moved to that end, so that
    another scenario moves few of the others.
    """
    ranked = {case: _ranked(case, of) for case in sorted(costs)}
    found: list[set[str]] = [set() for _ in range(of)]
    for case, places in ranked.items():
        found[places[0]].add(case)
    sums = [sum(costs[case] for case in one) for one in found]
    while True:
        low = sums.index(min(sums))
        dearest = sorted(range(of), key=lambda place: -sums[place])
        high = next(
            (place for place in dearest if any(costs[case] < sums[place] - sums[low] for case in found[place])), None
        )
        if high is None:
            return [frozenset(one) for one in found]
        gap = sums[high] - sums[low]
        movable = [case for case in found[high] if costs[case] < gap]
        # The one that leaves both nearest to each other; of equals the one that likes it best there.
        case = min(movable, key=lambda one: (abs(gap - 2 * costs[one]), ranked[one].index(low), one))
        found[high].remove(case)
        found[low].add(case)
        sums[high] -= costs[case]
        sums[low] += costs[case]


def _ranked(case: str, of: int) -> Sequence[int]:
    """Return the shards in the order in which a case likes them; one more shard changes nothing between the others."""
    digests = [sha256(f"{place} {case}".encode("utf-8", "backslashreplace")).digest() for place in range(of)]
    return sorted(range(of), key=digests.__getitem__)
