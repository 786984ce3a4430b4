"""200 recorded runs of one model, four trials of each of 50 tasks, compared with each other call by call."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import permutations
from statistics import fmean
from typing import Any, NamedTuple

import pytest

from harness.assignment import Mode, pairing, scored
from harness.matching import ArgumentMode, arguments_fit, canonical
from tests import corpus


class Asked(NamedTuple):
    """One call as the model asked for it."""

    name: str
    arguments: dict[str, Any]

    def text(self, how: ArgumentMode) -> str:
        """Return what counts of the call, as a text."""
        return f"{self.name} {canonical(self.arguments)}" if how == "exact" else self.name

    def fits(self, other: "Asked", how: ArgumentMode) -> bool:
        """Tell whether another call is the same, when nothing in this one is a matcher."""
        pattern = {key: {"equals": value} for key, value in self.arguments.items()}
        return self.name == other.name and arguments_fit(pattern, other.arguments, how)


Path = tuple[Asked, ...]


class Trials(NamedTuple):
    """Two different trials of one task."""

    one: Path
    other: Path


@pytest.fixture(scope="module", name="runs")
def _runs() -> list[tuple[int, Path]]:
    """Return the calls of each run, in order, behind the number of its task."""
    recorded = corpus.document("tau-bench/gpt-4o-airline.json")
    return [(run["task_id"], tuple(map(asked, called(run["traj"])))) for run in recorded]


@pytest.fixture(scope="module", name="trials")
def _trials(runs: list[tuple[int, Path]]) -> list[Trials]:
    """Return the ordered pairs of different trials of one task."""
    tasks: defaultdict[int, list[Path]] = defaultdict(list)
    for task, path in runs:
        tasks[task].append(path)
    return [Trials(*two) for paths in tasks.values() for two in permutations(paths, 2)]


def called(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the tool calls of the assistant's messages, as they were recorded."""
    replies = [message for message in messages if message["role"] == "assistant"]
    return [call["function"] for reply in replies for call in reply.get("tool_calls") or ()]


def asked(function: dict[str, Any]) -> Asked:
    """Return one recorded call with its arguments parsed."""
    return Asked(function["name"], json.loads(function["arguments"]))


def held(mode: Mode, two: Trials, how: ArgumentMode) -> bool:
    """Tell whether one trial agrees with another."""
    return pairing(mode, two.one, two.other, lambda want, got: want.fits(got, how)).holds


def counted(mode: Mode, two: Trials, how: ArgumentMode) -> bool:
    """Tell the same by counting equal texts, and in order by looking for each behind the one before."""
    one, other = ([call.text(how) for call in path] for path in two)
    rest = iter(other)
    return {
        "exact": one == other,
        "in_order": all(text in rest for text in one),
        "unordered": Counter(one) == Counter(other),
        "superset": Counter(one) <= Counter(other),
        "subset": Counter(one) >= Counter(other),
    }[mode]


def test_the_runs_are_all_there(runs: list[tuple[int, Path]], trials: list[Trials]) -> None:
    """There are 200 runs with 1164 calls, and 600 ordered pairs of trials."""
    assert (len(runs), sum(len(path) for _, path in runs), len(trials)) == (200, 1164, 600)


@pytest.mark.parametrize(
    ("mode", "how", "number"),
    [
        ("unordered", "exact", 44),
        ("unordered", "ignore", 104),
        ("superset", "exact", 125),
        ("superset", "ignore", 260),
        ("subset", "exact", 125),
        ("subset", "ignore", 260),
        ("exact", "ignore", 100),
    ],
)
def test_how_many_trials_agree(trials: list[Trials], mode: Mode, how: ArgumentMode, number: int) -> None:
    """So many of the 600 pairs agree, names and arguments or names alone."""
    assert sum(held(mode, two, how) for two in trials) == number


@pytest.mark.parametrize("how", ["exact", "ignore"])
@pytest.mark.parametrize("mode", ["exact", "in_order", "unordered", "superset", "subset"])
def test_the_same_trials_agree_as_by_counting(trials: list[Trials], mode: Mode, how: ArgumentMode) -> None:
    """Where belonging is being equal, an assignment holds exactly for the pairs that counting says."""
    assert [held(mode, two, how) for two in trials] == [counted(mode, two, how) for two in trials]


def test_scores_of_the_trials(trials: list[Trials]) -> None:
    """The mean F1 of the names over all pairs is as computed elsewhere, by their order and without it."""
    scores = [scored(two.one, two.other, lambda want, got: want.fits(got, "ignore")) for two in trials]
    assert fmean(score.in_order.f1 for score in scores) == pytest.approx(0.618607013843, abs=1e-12)
    assert fmean(score.any_order.f1 for score in scores) == pytest.approx(0.630238127084, abs=1e-12)


@pytest.mark.parametrize("how", ["exact", "partial", "ignore"])
@pytest.mark.parametrize("mode", ["exact", "in_order", "unordered", "superset", "subset"])
def test_every_run_equals_itself(runs: list[tuple[int, Path]], mode: Mode, how: ArgumentMode) -> None:
    """Every run agrees with itself in every mode, each call with itself."""
    for _, path in runs:
        found = pairing(mode, path, path, lambda want, got: want.fits(got, how))
        assert found == (tuple((at, at) for at in range(len(path))), (), ())


def test_every_run_scores_one_with_itself(runs: list[tuple[int, Path]]) -> None:
    """Every run agrees wholly with itself, also one without any call."""
    for _, path in runs:
        assert scored(path, path, lambda want, got: want.fits(got, "exact")) == ((1, 1, 1), (1, 1, 1))
