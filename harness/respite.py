"""How long an answer asks to wait, as its headers say in the ways in which endpoints say it."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import NamedTuple

_RESET = "x-ratelimit-reset"
_LEFT = "x-ratelimit-remaining"
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?", re.ASCII)
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_EPOCH, _EPOCH_MS = 1e9, 1e12


class Respite(NamedTuple):
    """How long to wait."""

    seconds: float
    """More than none, and perhaps without end."""
    exact: bool
    """Whether that is when to ask again, and not only when some limit is renewed."""


def wanted(headers: Mapping[str, str], now: float) -> Respite | None:
    """Return how long an answer asks to wait at this time of day, or None where it says nothing that can be read.

    The names of headers are in small letters. `retry-after-ms` comes before `retry-after`, in seconds or as a date;
    behind them come `x-ratelimit-reset` and its kinds, as OpenAI, Groq and OpenRouter write them: of the limits that
    are used up the one that is renewed last, or of all limits the one that is renewed first.
    """
    named = headers.get("retry-after", "")
    for seconds in (_number(headers.get("retry-after-ms", "")) / 1000, _number(named), _date(named) - now):
        if seconds > 0:
            return Respite(seconds, exact=True)
    resets = dict(_resets(headers, now))
    used_up = [seconds for kind, seconds in resets.items() if headers.get(f"{_LEFT}{kind}", "").strip() == "0"]
    if resets:
        return Respite(max(used_up) if used_up else min(resets.values()), exact=False)
    return None


def _resets(headers: Mapping[str, str], now: float) -> Iterator[tuple[str, float]]:
    for name, text in headers.items():
        seconds = _span(text.strip(), now) if name.startswith(_RESET) else 0.0
        if seconds > 0:
            yield name.removeprefix(_RESET), seconds


def _span(text: str, now: float) -> float:
    """Read `12`, `1m30.5s`, or a time of day in seconds or milliseconds; return 0 for what is none of it."""
    if (number := _number(text)) > 0:
        return number / 1000 - now if number >= _EPOCH_MS else number - now if number >= _EPOCH else number
    found = _DURATION.fullmatch(text)
    if found is None:
        return 0.0
    hours, minutes, seconds, thousandths = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000


def _number(text: str) -> float:
    return float(text) if _NUMBER.fullmatch(text.strip()) else 0.0


def _date(text: str) -> float:
    """Return the time of day that a date in a header means, or 0 where it is none."""
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
