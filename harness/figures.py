"""Cases in figures: pass rates with their intervals, pass@k, and columns of a matrix against each other."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from statistics import fmean, median

from harness.brief import Brief
from harness.chance import Tally, mean_bounds, pass_all, pass_at, rounded, wilson
from harness.check import JUDGED, Status, Verdict
from harness.contrast import Contrast, Interval, Shared, contrast, sentence
from harness.trace import Record


class PassAt(Record):
    """How likely k repeats of a scenario pass, as a mean over scenarios."""

    k: int
    """How many repeats."""
    scenarios: int
    """How many scenarios have as many judged repeats."""
    any: float | None
    """pass@k: at least one of k passes; null where no scenario has k repeats."""
    all: float | None
    """pass^k: all k pass; null where no scenario has k repeats."""


class Column(Record):
    """All cases of one model and variant, in figures."""

    name: str
    """The column's name: `model/variant`, with the run before it where two runs have it."""
    scenarios: int
    """Scenarios with at least one judged case."""
    cases: int
    """Judged cases."""
    passed: int
    """Judged cases that passed."""
    errors: int
    """Cases that could not be judged."""
    missing: int
    """Cases of which nothing is recorded and that were skipped."""
    rate: Interval | None
    """The share of judged cases that passed: a mean over scenarios; null where none was judged."""
    rounds: float | None
    """Rounds of a judged case, on average."""
    calls: float | None
    """Calls of a judged case, on average."""
    checkpoints: float | None
    """Checkpoints of a judged case, on average."""
    denied: int
    """Calls that the user denied, in the judged cases."""
    failed: int
    """Calls that failed, in the judged cases."""
    anomalies: int
    """Anomalies, in the judged cases."""
    tokens: int
    """Tokens of requests and replies, in the judged cases."""
    repeats: tuple[PassAt, ...]
    """pass@k and pass^k for every k up to the most repeats, judged or not; empty where each scenario has one."""
    unstable: tuple[str, ...]
    """Scenarios whose judged repeats do not all pass or all fail."""


class Cell(Record):
    """One scenario in one column: what came of its repeats."""

    scenario: str
    """The scenario's id."""
    column: str
    """The column's name."""
    judged: int
    """Judged repeats."""
    passed: int
    """Judged repeats that passed."""
    errors: int
    """Repeats that could not be judged."""
    missing: int
    """Repeats of which nothing is recorded and that were skipped."""
    known: int
    """Judged repeats that failed as it is known."""
    rounds: tuple[int, int] | None
    """The fewest and the most rounds of a judged repeat."""
    calls: tuple[int, int] | None
    """The fewest and the most calls."""
    checkpoints: tuple[int, int] | None
    """The fewest and the most checkpoints."""


class Pair(Record):
    """Two columns against each other."""

    one: str
    """The one column's name."""
    other: str
    """The other column's name."""
    both: int
    """Scenarios that both have judged."""
    of: int
    """Scenarios that one of them has, judged or not."""
    rate: Contrast | None
    """The pass rate; null where there is no scenario that both have."""
    rounds: Contrast | None
    """The rounds of a case, taken that no scenario differs by more than the farthest that was seen, or one."""
    says: str
    """One plain sentence."""


Results = Sequence[tuple[Brief, Verdict]]
Cases = list[tuple[Brief, Verdict]]


def columns(results: Mapping[str, Results]) -> tuple[Column, ...]:
    """Return the figures of every column."""
    return tuple(_column(name, by_scenario) for name, by_scenario in _grouped(results).items())


def cells(results: Mapping[str, Results]) -> tuple[Cell, ...]:
    """Return the matrix: by scenario, then by column, where there is anything."""
    grouped = _grouped(results)
    scenarios = dict.fromkeys(scenario for by_scenario in grouped.values() for scenario in by_scenario)
    return tuple(
        _cell(scenario, name, by_scenario[scenario])
        for scenario in scenarios
        for name, by_scenario in grouped.items()
        if scenario in by_scenario
    )


def pairs(results: Mapping[str, Results]) -> tuple[Pair, ...]:
    """Return every two columns against each other, in their order."""
    return tuple(_pair(*one, *other) for one, other in combinations(_grouped(results).items(), 2))


def _grouped(results: Mapping[str, Results]) -> dict[str, dict[str, Cases]]:
    """Return the cases of each column by scenario, both in the order in which they come."""
    grouped: dict[str, dict[str, Cases]] = {name: {} for name in results}
    for name, cases in results.items():
        for brief, verdict in cases:
            grouped[name].setdefault(brief.scenario, []).append((brief, verdict))
    return grouped


def _judged(cases: Cases) -> list[Brief]:
    return [brief for brief, verdict in cases if verdict.status in JUDGED]


def _having(cases: Cases, status: Status) -> int:
    return sum(verdict.status == status for _, verdict in cases)


def _tally(cases: Cases) -> Tally:
    return Tally(len(_judged(cases)), _having(cases, "passed"))


def _column(name: str, by_scenario: Mapping[str, Cases]) -> Column:
    everything = [case for cases in by_scenario.values() for case in cases]
    judged = _judged(everything)
    tallies = {scenario: tally for scenario, cases in by_scenario.items() if (tally := _tally(cases)).judged}
    most = max(map(len, by_scenario.values()), default=0)
    return Column(
        name=name,
        scenarios=len(tallies),
        cases=len(judged),
        passed=_having(everything, "passed"),
        errors=_having(everything, "error"),
        missing=_having(everything, "skipped"),
        rate=_rate(list(tallies.values())),
        rounds=_average([brief.counts.rounds for brief in judged]),
        calls=_average([brief.counts.calls for brief in judged]),
        checkpoints=_average([brief.counts.checkpoints for brief in judged]),
        denied=sum(brief.denied for brief in judged),
        failed=sum(brief.failed for brief in judged),
        anomalies=sum(len(brief.anomalies) for brief in judged),
        tokens=sum(brief.usage.prompt_tokens + brief.usage.completion_tokens for brief in judged),
        repeats=tuple(_pass_at(k, list(tallies.values())) for k in range(1, most + 1)) if most > 1 else (),
        unstable=tuple(scenario for scenario, tally in tallies.items() if 0 < tally.passed < tally.judged),
    )


def _rate(tallies: Sequence[Tally]) -> Interval | None:
    """Return the pass rate: of single cases by Wilson's score, of repeats by the scenarios' shares."""
    if not tallies:
        return None
    shares = [tally.share for tally in tallies]
    if all(tally.judged == 1 for tally in tallies):
        low, high = wilson(sum(tally.passed for tally in tallies), len(tallies))
    else:
        low, high = mean_bounds(shares, median(shares), Fraction(0), Fraction(1))
    return Interval(value=rounded(float(sum(shares) / len(shares))), low=low, high=high)


def _pass_at(k: int, tallies: Sequence[Tally]) -> PassAt:
    having = sum(tally.judged >= k for tally in tallies)
    return PassAt(k=k, scenarios=having, any=pass_at(k, tallies), all=pass_all(k, tallies))


def _average(numbers: Sequence[int]) -> float | None:
    return rounded(fmean(numbers)) if numbers else None


def _cell(scenario: str, column: str, cases: Cases) -> Cell:
    counts = [brief.counts for brief in _judged(cases)]
    return Cell(
        scenario=scenario,
        column=column,
        judged=len(counts),
        passed=_having(cases, "passed"),
        errors=_having(cases, "error"),
        missing=_having(cases, "skipped"),
        known=_having(cases, "known"),
        rounds=_range([count.rounds for count in counts]),
        calls=_range([count.calls for count in counts]),
        checkpoints=_range([count.checkpoints for count in counts]),
    )


def _range(numbers: Sequence[int]) -> tuple[int, int] | None:
    return (min(numbers), max(numbers)) if numbers else None


def _pair(one: str, here: Mapping[str, Cases], other: str, there: Mapping[str, Cases]) -> Pair:
    both = [
        (here[scenario], there[scenario])
        for scenario in here
        if scenario in there and _judged(here[scenario]) and _judged(there[scenario])
    ]
    shared = Shared(len(both), len(here.keys() | there.keys()))
    rate = rounds = None
    if both:
        single = all(len(_judged(cases)) == 1 for pair in both for cases in pair)
        rate = contrast([_tally(b).share - _tally(a).share for a, b in both], Fraction(1), single=single)
        further = [_rounds(b) - _rounds(a) for a, b in both]
        rounds = contrast(further, max(Fraction(1), *map(abs, further)), single=single)
    says = sentence(one, other, rate, rounds, shared)
    return Pair(one=one, other=other, both=shared.both, of=shared.of, rate=rate, rounds=rounds, says=says)


def _rounds(cases: Cases) -> Fraction:
    judged = _judged(cases)
    return Fraction(sum(brief.counts.rounds for brief in judged), len(judged))
