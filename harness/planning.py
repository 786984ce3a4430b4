"""Which settings each scenario runs under: those of the command line, its own choices, the project's."""

from collections.abc import Mapping, Sequence

from harness.case import Case, distinct, plan
from harness.composition import Composition, check
from harness.errors import InputError
from harness.project import Conf
from harness.scenario import Scenario, Under
from harness.sweep import key_of, quoted

Settled = Mapping[Under, tuple[Composition, ...]]
"""The settings of every point of the sweep, by the choices that scenarios make themselves."""


def settle(conf: Conf, scenarios: Sequence[Scenario], overrides: Sequence[str]) -> Settled:
    """Return the settings that scenarios run under; where there are none, those of the overrides alone.

    Raises:
        InputError: settings cannot be composed; all problems at once.

    Nothing is returned for scenarios that choose a catalogue of which the role or the tool list of the command line
    names tools that it does not have: these are meant for another one.
    """
    settled: dict[Under, tuple[Composition, ...]] = {}
    wrong: dict[str, None] = {}
    for under in dict.fromkeys(one.file.under for one in scenarios) or (Under(),):
        checked = check(conf, chosen(under, overrides))
        foreign = under.catalogue is not None and any(key_of(text) in ("role", "tools") for text in overrides)
        told = set(checked.misfits) if foreign else ()
        wrong |= dict.fromkeys(problem for problem in checked.problems if problem not in told)
        settled[under] = checked.compositions
    if wrong:
        raise InputError(*wrong)
    return settled


def left_out(scenarios: Sequence[Scenario], settled: Settled) -> list[str]:
    """Return the ids of the scenarios for which there are no settings."""
    return [one.id for one in scenarios if not settled[one.file.under]]


def chosen(under: Under, overrides: Sequence[str]) -> list[str]:
    """Return the choices of a scenario as overrides, less those that the overrides behind them make anew."""
    made = set(map(key_of, overrides))
    return [*(f"{group}={quoted(choice)}" for group, choice in under.choices.items() if group not in made), *overrides]


def plan_all(scenarios: Sequence[Scenario], settled: Settled) -> tuple[Case, ...]:
    """Return the cases in order: by scenario, then by settings, then by repeat.

    Raises:
        InputError: a scenario names what its settings do not have, or two cases have one id or one cassette.
    """
    cases: list[Case] = []
    wrong: dict[str, None] = {}
    for under, compositions in settled.items():
        try:
            cases += plan([one for one in scenarios if one.file.under == under], compositions)
        except InputError as error:
            wrong |= dict.fromkeys(error.problems)
    if wrong:
        raise InputError(*wrong)
    order = {one.id: place for place, one in enumerate(scenarios)}
    return distinct(sorted(cases, key=lambda case: order[case.scenario.id]))
