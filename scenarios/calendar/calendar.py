"""A calendar in which each hour is given away once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from harness.errors import ToolError
from harness.workspace import Workspace


def make(state: dict[str, Any], files: Workspace) -> dict[str, Callable[..., Any]]:  # noqa: ARG001 - it keeps no files
    """Return the calendar's tools over `state`, which holds the list `appointments`."""
    appointments: list[dict[str, Any]] = state["appointments"]

    def calendar_list(**days: str) -> list[dict[str, Any]]:
        """Return the appointments between two days; `from` is no name for a parameter in Python."""
        first, last = days.get("from", ""), days.get("to", "9999")
        return [one for one in appointments if first[:10] <= one["start"][:10] <= last[:10]]

    def calendar_add(title: str, start: str, minutes: int = 60) -> str:
        """Add an appointment where none is yet."""
        begins = _time(start)
        ends = begins + timedelta(minutes=minutes)
        for one in appointments:
            taken = _time(one["start"])
            if begins < taken + timedelta(minutes=one["minutes"]) and taken < ends:
                raise ToolError(f"not added: {one['title']} is at that time")
        appointments.append({"title": title, "start": begins.isoformat(timespec="minutes"), "minutes": minutes})
        appointments.sort(key=lambda one: one["start"])
        return "added"

    return {"calendar_list": calendar_list, "calendar_add": calendar_add}


def _time(text: str) -> datetime:
    """Return a time on the user's own clock."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except (TypeError, ValueError):
        raise ToolError(f"not a time: {text}; write it like 2026-03-03T10:00") from None
