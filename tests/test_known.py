"""Failures that are known: what may be said of them, and when their day has passed."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from harness.errors import InputError
from harness.known import Known, KnownFailure
from harness.scope import Scope
from harness.source import parse
from harness.wording import validate

FILE = Path("f.yaml")


def read(text: str, model: type[BaseModel]) -> Any:
    """Return the model that a text becomes, read as a scenario is."""
    return validate(parse(text, FILE), model)


def refused(text: str, model: type[BaseModel]) -> list[str]:
    """Return the lines with which a text is refused."""
    with pytest.raises(InputError) as caught:
        read(text, model)
    return str(caught.value).splitlines()


DAY = "'until' must be a day of the calendar, like 2026-03-01"


@pytest.mark.parametrize("day", ["2026-03-01", "'2026-03-01'", "2024-02-29"])
def test_days(day: str) -> None:
    """A day is kept as it is written, in quotes or without."""
    assert read(f"{{reason: slow, until: {day}}}", Known).until == day.strip("'")


@pytest.mark.parametrize(
    "day",
    [
        "2026-02-30",
        "2026-3-1",
        "20260301",
        "'20260301'",
        "2026-W09-7",
        "tomorrow",
        "2026-03-01T00:00",
        "[a]",
        "true",
        "\u0662\u0660\u0662\u0666-\u0660\u0663-\u0660\u0661",
    ],
)
def test_days_that_are_none(day: str) -> None:
    """What is no day of the calendar, written in full, is refused with an example."""
    assert refused(f"{{reason: slow, until: {day}}}", Known) == [f"f.yaml:1:23: until: {DAY}"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("{}", ["1:1: 'reason' is missing", "1:1: 'until' is missing"]),
        ("{reason: '', until: 2026-03-01}", ["1:10: reason: must not be empty"]),
        (
            "{reason: 5, until: }",
            [
                "1:10: reason: must be text; quote it: '5'",
                "1:20: until: nothing stands here; write a value, or remove the key",
            ],
        ),
        ("{reason: a, until: 2026-03-01, for: {roles: a}}", ["1:38: for: unknown key 'roles' (did you mean 'role'?)"]),
        (
            "{reason: a, untill: 2026-03-01}",
            ["1:13: unknown key 'untill' (did you mean 'until'?)"],
        ),
    ],
)
def test_known_failures_that_are_none(text: str, lines: list[str]) -> None:
    """A known failure has a reason and a day, and says no more than where it is."""
    assert refused(text, KnownFailure) == [f"f.yaml:{line}" for line in lines]


def test_where_it_is_known() -> None:
    """A known failure of a scenario is one everywhere, or where it says."""
    text = "{reason: slow, until: 2026-03-01, for: {role: chat}}"
    assert read(text, KnownFailure).applies == Scope(role=["chat"])
    assert read("{reason: slow, until: 2026-03-01}", KnownFailure).applies == Scope()


@pytest.mark.parametrize(
    ("today", "passed"),
    [
        (None, False),
        (date(2026, 2, 28), False),
        (date(2026, 3, 1), False),
        (date(2026, 3, 2), True),
        (date(2030, 1, 1), True),
    ],
)
def test_a_day_passes(today: date | None, passed: bool) -> None:
    """The day itself is the last on which it may fail; without a calendar none has passed."""
    assert Known(reason="slow", until="2026-03-01").passed(today) is passed
