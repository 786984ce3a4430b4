"""Recorded runs of real models in figures: published numbers, and pairs checked by other means."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from math import comb
from typing import Any, NamedTuple

import pytest

from harness.brief import Brief, brief
from harness.check import Verdict
from harness.contrast import Contrast
from harness.figures import Column, columns, pairs
from tests import corpus
from tests.build import act, call, trace, turn
from tests.test_chance import assert_agrees, exact_two_sided, wilson_by_formula
from tests.test_figures import verdict

pytestmark = pytest.mark.slow

MODELS = (
    "claude-3-7-sonnet-20250219",
    "gpt-4o-2024-05-13",
    "meta-llama_Llama-3.3-70B-Instruct",
    "gpt-3.5-turbo-0125",
)


class Told(NamedTuple):
    """What is said of a pair, and the scenarios on each side."""

    says: str
    rate: tuple[int, int]
    """Scenarios that the other alone does not solve, and that it alone solves."""
    rounds: tuple[int, int]
    """Scenarios in which the other takes fewer rounds, and in which it takes more."""


TOLD: dict[tuple[str, str], Told] = {
    (MODELS[0], MODELS[1]): Told(
        f"{MODELS[0]} passes 20 points more than {MODELS[1]} (9 to 30; p < 0.001, 97 scenarios); "
        f"{MODELS[0]} takes 1.2 rounds more (0.7 to 1.6; p < 0.001)",
        (24, 5),
        (46, 12),
    ),
    (MODELS[0], MODELS[2]): Told(
        f"{MODELS[0]} passes 31 points more than {MODELS[2]} (21 to 41; p < 0.001, 97 scenarios)",
        (33, 3),
        (33, 20),
    ),
    (MODELS[0], MODELS[3]): Told(
        f"{MODELS[0]} passes 54 points more than {MODELS[3]} (43 to 64; p < 0.001, 97 scenarios); "
        f"{MODELS[0]} takes 0.9 rounds more (0.5 to 1.4; p < 0.001)",
        (52, 0),
        (46, 14),
    ),
    (MODELS[1], MODELS[2]): Told(
        f"too little to tell: {MODELS[2]} passes more often in 11 and less often in 22 of 97 scenarios (p = 0.08); "
        f"anything from 23 points fewer to no difference could hide; "
        f"{MODELS[2]} takes 0.7 rounds more (0.2 to 1.2; p = 0.0081)",
        (22, 11),
        (21, 43),
    ),
    (MODELS[1], MODELS[3]): Told(
        f"{MODELS[1]} passes 34 points more than {MODELS[3]} (24 to 44; p < 0.001, 97 scenarios)",
        (36, 3),
        (27, 23),
    ),
    (MODELS[2], MODELS[3]): Told(
        f"{MODELS[2]} passes 23 points more than {MODELS[3]} (10 to 34; p < 0.001, 97 scenarios); "
        f"{MODELS[2]} takes more rounds in 46 scenarios and fewer in 22 (p = 0.0049)",
        (30, 8),
        (46, 22),
    ),
}


def runs(model: str) -> list[tuple[Brief, Verdict]]:
    """Return the recorded runs of a model as cases: a round for each of its messages, passed where the task is done."""
    found = []
    for run in corpus.lines(f"agentdojo/{model}.none.jsonl"):
        replies = [message for message in run["messages"] if message["role"] == "assistant"]
        rounds = [
            act(*(call(asked["function"], asked["args"]) for asked in reply["tool_calls"] or ())) for reply in replies
        ]
        came = trace(turn(*rounds), case_id=f"{run['suite_name']}/{run['user_task_id']}@{model}/chat+all")
        found.append((brief(came), verdict(came, "passed" if run["utility"] else "failed")))
    return found


def solved(model: str) -> dict[str, tuple[bool, int]]:
    """Return for each task in a model's file whether it is done, and how many messages the model sent."""
    return {
        f"{run['suite_name']}/{run['user_task_id']}": (
            run["utility"],
            sum(message["role"] == "assistant" for message in run["messages"]),
        )
        for run in corpus.lines(f"agentdojo/{model}.none.jsonl")
    }


def airline() -> Column:
    """Return the figures of the recorded airline runs, four trials of fifty tasks."""
    results = []
    for run in corpus.document("tau-bench/gpt-4o-airline.json"):
        replies: list[dict[str, Any]] = [message for message in run["traj"] if message["role"] == "assistant"]
        rounds = [act(*(call(one["function"]["name"]) for one in reply.get("tool_calls") or ())) for reply in replies]
        came = trace(turn(*rounds), case_id=f"airline/{run['task_id']}@gpt-4o/chat+all", repeat=run["trial"] + 1)
        results.append((brief(came), verdict(came, "passed" if run["reward"] == 1 else "failed")))
    (column,) = columns({"gpt-4o/chat+all": results})
    return column


def test_airline_runs_pass_as_published() -> None:
    """The airline runs have the published pass^k, the pass@k that goes with it, and as many unstable tasks."""
    column = airline()
    assert [round(at.all or 0, 4) for at in column.repeats] == [0.42, 0.2733, 0.22, 0.2]
    assert [round(at.any or 0, 4) for at in column.repeats] == [0.42, 0.5667, 0.66, 0.72]
    assert [(at.k, at.scenarios) for at in column.repeats] == [(1, 50), (2, 50), (3, 50), (4, 50)]
    assert (column.scenarios, column.cases, column.passed) == (50, 200, 84)
    # Some but not all of four trials pass: 72 % pass at least once, 20 % each time.
    assert len(column.unstable) == 26
    assert column.rate is not None
    shares: dict[int, int] = {}
    for run in corpus.document("tau-bench/gpt-4o-airline.json"):
        shares[run["task_id"]] = shares.get(run["task_id"], 0) + int(run["reward"])
    assert column.rate.value == 0.42
    assert_agrees((column.rate.low, column.rate.high), [Fraction(passed, 4) for passed in shares.values()])


def test_models_solve_as_in_the_files() -> None:
    """Each model's pass rate is that of its file, with Wilson's bounds by his formula, and so are rounds and calls."""
    found = columns({model: runs(model) for model in MODELS})
    assert [(column.name, column.cases, column.passed) for column in found] == [
        (model, 97, passed) for model, passed in zip(MODELS, (86, 67, 56, 34), strict=True)
    ]
    for column in found:
        assert column.rate is not None
        assert column.rate.value == pytest.approx(column.passed / 97, abs=1e-6)
        assert (column.rate.low, column.rate.high) == pytest.approx(wilson_by_formula(column.passed, 97), abs=1e-6)
        assert column.rounds == pytest.approx(sum(rounds for _, rounds in solved(column.name).values()) / 97, abs=1e-6)
    assert [round(97 * (column.calls or 0)) for column in found] == [371, 354, 327, 388]


def test_models_compare_pair_by_pair() -> None:
    """Each two models differ in as many tasks as their files do, and p and bounds are those computed by other means."""
    found = pairs({f"{model}/chat+all": runs(model) for model in MODELS})
    assert len(found) == comb(4, 2)
    for pair, (one, other) in zip(found, combinations(MODELS, 2), strict=True):
        told, here, there = TOLD[one, other], solved(one), solved(other)
        assert here.keys() == there.keys()
        assert (pair.both, pair.of, pair.says) == (97, 97, told.says)
        for contrast, at, split in ((pair.rate, 0, told.rate), (pair.rounds, 1, told.rounds)):
            assert contrast is not None
            assert_contrast(contrast, [Fraction(there[task][at] - here[task][at]) for task in here], split)


def assert_contrast(found: Contrast, differences: Sequence[Fraction], split: tuple[int, int]) -> None:
    """Hold a contrast against the differences in the files, exact fractions, and all possible resamples."""
    counted = (sum(one < 0 for one in differences), sum(one > 0 for one in differences))
    assert (found.fewer, found.more) == counted == split
    assert found.difference.value == pytest.approx(float(sum(differences) / len(differences)), abs=1e-6)
    exact = exact_two_sided(*split)
    assert found.p == pytest.approx(float(exact), rel=1e-5)
    assert found.tells == (exact < Fraction(1, 20))
    bounds = (found.difference.low, found.difference.high)
    assert_agrees(bounds, differences, tells=found.tells)
