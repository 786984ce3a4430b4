"""The cases of what is selected: settled, planned, and their loops can be made."""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from harness.case import Case
from harness.composition import notes
from harness.errors import InputError
from harness.factory import composed_factory
from harness.finding import numbered
from harness.planning import Settled, left_out, plan_all, settle
from harness.root import Root
from harness.scenario import Scenario
from harness.terminal import tell

_NAMED = 3
"""How many scenarios are named that are left out."""


def planned(root: Root, overrides: Sequence[str], select: Callable[[], Sequence[Scenario]]) -> tuple[Case, ...]:
    """Return the cases of what is selected under these overrides, whose loops can be made; what is odd is noted.

    Raises:
        InputError: every problem of every file and setting, or there is no case.
    """
    scenarios: Sequence[Scenario] = ()
    unread: list[str] = []
    try:
        scenarios = select()
    except InputError as error:
        unread += error.problems
    settled: Settled = {}
    try:
        settled = settle(root.conf, scenarios, overrides)
    except InputError as error:
        raise InputError(*error.problems, *unread) from None
    if unread:
        raise InputError(*unread)
    if names := left_out(scenarios, settled):
        shown_ = f"{', '.join(names[:_NAMED])}{', ...' if len(names) > _NAMED else ''}"
        _note(f"{numbered(len(names), 'scenario')} of another catalogue left out, for which this role is not: {shown_}")
    compositions = [composition for several in settled.values() for composition in several]
    for line in dict.fromkeys(notes(compositions)):
        _note(line)
    loops = {composition.settings.loop.factory: composition for composition in compositions}
    _all(*(partial(composed_factory, composition, root.conf) for composition in loops.values()))
    cases = plan_all(scenarios, settled)
    if not cases:
        if not scenarios:
            raise InputError(f"{root.scenarios}: no scenario is selected; 'harness list scenarios' shows them")
        variants = ", ".join(f"{one.settings.model.label}/{one.settings.variant}" for one in compositions)
        raise InputError(f"none of the {len(scenarios)} selected scenarios applies to {variants}; see 'for:' in them")
    return cases


def _all(*steps: Callable[[], Any]) -> list[Any]:
    """Take every step and return what they give.

    Raises:
        InputError: the problems of all steps together.
    """
    results: list[Any] = []
    wrong: list[str] = []
    for step in steps:
        try:
            results.append(step())
        except InputError as error:
            wrong += error.problems
    if wrong:
        raise InputError(*dict.fromkeys(wrong))
    return results


def _note(text: str) -> None:
    tell(sys.stderr, text, os.environ)
