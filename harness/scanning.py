"""Secrets in a finished text: where they stand, told without showing them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.secrecy import forms, sample

_LONG = re.compile(r"[\w.%/+|:=~-]{20,}", re.ASCII)
"""The words that may be tokens; as texts repeat themselves, far shorter than the text."""
_BOUNDARY = re.compile(  # escapes of JSON, addresses and terminals end in letters
    r"(?:\A|[^\w-]|\\[a-zA-Z]|\\u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2}|[\[;]\d{1,2}m|(?:\A|[^\w-])[_-]{1,2})\Z",
    re.ASCII,
)


@dataclass(frozen=True)
class Leak:
    """A place in a text where a secret stands, and what it is; never the secret itself."""

    line: int
    """Counted from 1."""
    column: int
    """Counted from 1, in characters."""
    what: str
    """What stands there, such as `a GitHub token`."""

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.what}"


class _Span(NamedTuple):
    start: int
    order: int
    """What tells most has the lowest."""
    end: int
    what: str


def found(text: str, known: Mapping[str, str]) -> list[Leak]:
    """Return every place in a text where a secret stands.

    `known` holds secrets, each with the words that tell of it without showing it; others are found by their shape.
    Of several findings at one place the one is returned that tells most. Nothing leaves the process.
    """
    return _placed(text, _apart(sorted([*_known(text, known), *_shaped(text)])))


def _known(text: str, known: Mapping[str, str]) -> Iterator[_Span]:
    for secret, what in known.items():
        for form in forms(secret):
            at = text.find(form)
            while at >= 0:
                yield _Span(at, -1, at + len(form), what)
                at = text.find(form, at + len(form))


def _shaped(text: str) -> Iterator[_Span]:
    from harness.tokens import RULES

    words = " ".join(dict.fromkeys(_LONG.findall(text)))
    for order, rule in enumerate(RULES):
        if rule.anchors and not any(anchor in text for anchor in rule.anchors):
            continue
        for pattern in rule.detector.denylist:
            if not rule.anchors and not pattern.search(words):
                continue
            for match in pattern.finditer(text):
                if rule.alone and not _alone(text, *match.span()):
                    continue
                secret = next((one for one in rule.detector.analyze_string(match[0]) if not sample(one)), None)
                if secret is not None:
                    start = match.start() + match[0].index(secret)
                    yield _Span(start, order, start + len(secret), rule.what)


def _alone(text: str, start: int, end: int) -> bool:
    following = text[end : end + 1]
    within = following.isascii() and following.isalnum()
    return not within and _BOUNDARY.search(text, max(0, start - 6), start) is not None


def _apart(spans: Sequence[_Span]) -> Iterator[_Span]:
    """Yield one of all spans that overlap, the one that tells most."""
    best: _Span | None = None
    reached = 0
    for span in spans:
        if best is not None and span.start >= reached:
            yield best
            best = None
        best = min(best or span, span, key=lambda one: one.order)
        reached = max(reached, span.end)
    if best is not None:
        yield best


def _placed(text: str, spans: Iterator[_Span]) -> list[Leak]:
    leaks, line, counted = [], 1, 0
    for span in spans:
        line += text.count("\n", counted, span.start)
        counted = span.start
        leaks.append(Leak(line, span.start - text.rfind("\n", 0, span.start), span.what))
    return leaks


def refusal(name: str, leaks: Sequence[Leak]) -> str:
    """Return what is said of a file that is not saved because of these leaks, of which there is at least one."""
    first, *others = leaks
    places = ", ".join(f"{leak.line}:{leak.column}" for leak in others[:5]) + (", ..." if len(others) > 5 else "")
    more = f" (and {len(others)} further secret{'' if len(others) == 1 else 's'} at {places})" if others else ""
    return (
        f"{name}:{first}{more}: not saved; keep secrets out of prompts, tool results and replies, "
        "and write EXAMPLE into made-up ones"
    )
