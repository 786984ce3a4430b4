"""Failures that are known: why, until when, and where."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from harness.parts import Part
from harness.scope import Scope

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day(value: Any) -> Any:
    """Return a day as it is written.

    Raises:
        ValueError: it is none, or not written in full; `fromisoformat` alone would also take weeks.
    """
    try:
        if _DAY.fullmatch(value):
            date.fromisoformat(value)
            return value
    except (TypeError, ValueError):
        pass
    raise ValueError("'until' must be a day of the calendar, like 2026-03-01")


class Known(Part):
    """A failure that is known: it is shown and does not count, until a day has passed."""

    reason: str = Field(min_length=1)
    """Why it fails, in words for those who meet it."""
    until: Annotated[
        str, BeforeValidator(_day, json_schema_input_type=Annotated[str, Field(pattern=f"^{_DAY.pattern}$")])
    ]
    """The last day on which it may fail, like 2026-03-01; afterwards it is an error."""

    def passed(self, today: date | None) -> bool:
        """Tell whether its last day has passed; where no day is given it has not."""
        return today is not None and today > date.fromisoformat(self.until)


class KnownFailure(Known):
    """A known failure of a whole scenario."""

    applies: Scope = Field(default=Scope(), alias="for")
    """The roles, models and tool lists under which it fails; all when left out."""
