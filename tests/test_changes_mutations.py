"""Seeded changes of traces: each kind is told at its place, and nothing else is."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from harness.changes import changes
from harness.trace import Trace
from tests.build import EXAMPLES
from tests.mutations import MUTATIONS, Mutation, airline, traces

ABSENT = {
    "calls swapped",
    "call moved to the next round",
    "argument changed within a mapping",
    "argument added within a mapping",
    "argument removed within a mapping",
    "item of a list changed",
    "answer flipped",
    "pending call added",
    "pending call removed",
    "checkpoint removed",
    "anomaly removed",
    "file changed",
    "file added",
    "file gone",
    "file back",
    "file left alone",
    "state changed",
    "state added",
}
"""The kinds for which no recorded run has a place: they call one tool at a time, ask nobody, and have no files."""


class Nowhere(Exception):
    """A trace has no place for a mutation."""


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS)
@limits(EXAMPLES, max_examples=12)
@given(st.data(), traces())
def test_a_seeded_change_is_told_alone(mutation: Mutation, data: st.DataObject, of: Trace) -> None:
    """A trace with one thing changed somewhere is told by that change at its place, and by nothing else."""

    def pick(places: Sequence[Any]) -> Any:
        assume(places)
        return data.draw(st.sampled_from(places))

    mutant = mutation(of, pick)
    assert changes(of, mutant.trace) in mutant.told


@pytest.mark.slow
def test_seeded_changes_of_recorded_runs_are_told_alone() -> None:
    """So it is for the 200 recorded airline runs, in which calls repeat, with every kind of change at some place."""
    applied: Counter[str] = Counter()
    for number, of in enumerate(airline()):

        def pick(places: Sequence[Any], number: int = number) -> Any:
            if not places:
                raise Nowhere
            return places[number * 7919 % len(places)]

        for kind, mutation in MUTATIONS.items():
            try:
                mutant = mutation(of, pick)
            except Nowhere:
                continue
            applied[kind] += 1
            assert changes(of, mutant.trace) in mutant.told, f"run {number}: {kind}"
    assert ({kind for kind in MUTATIONS if not applied[kind]}, applied.total()) == (ABSENT, 6916)
