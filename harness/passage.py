"""The passage in which two texts part, as words with those beside them."""

import json
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple
from unicodedata import normalize

_BESIDE = 2
"""Words shown before and behind those that differ."""
_WORDS = 8
"""The most words shown of those that differ."""
_LONG = 60
"""Longer words are shown in part."""
_LEAD = 20
"""Characters shown before those that differ within a long word."""
_WINDOW = 100
"""Words that are looked at behind the first that differs; finding where they meet again takes time in their square."""


def passage(recorded: str, now: str) -> str:
    """Return where two different texts part first: the number of the word, and both texts there."""
    one, other = recorded.split(), now.split()
    if one == other:
        return "blanks and line breaks differ"
    span = _parted(one, other)
    old, new = one[span.start : span.end][:_WORDS], other[span.start : span.stop][:_WORDS]
    if old and new and max(map(len, (old[0], new[0]))) > _LONG:
        return f"word {span.start + 1}, {_within(old[0], new[0])}"
    return f"word {span.start + 1}: {_both(_around(one, span.start, span.end), _around(other, span.start, span.stop))}"


class _Span(NamedTuple):
    """Words that differ: from `start` to `end` in the one text, and to `stop` in the other."""

    start: int
    end: int
    stop: int


def _parted(one: Sequence[str], other: Sequence[str]) -> _Span:
    """Return the first words that differ, between what both texts begin and end with."""
    start = _shared(one, other)
    shortest = min(len(one), len(other)) - start
    behind = _shared(one[::-1][:shortest], other[::-1][:shortest])
    end, stop = len(one) - behind, len(other) - behind
    near, there = one[start : min(end, start + _WINDOW)], other[start : min(stop, start + _WINDOW)]
    _, _, length, _, width = next(
        code for code in SequenceMatcher(None, near, there, autojunk=False).get_opcodes() if code[0] != "equal"
    )
    # What differs up to the edge of the window may well go on behind it.
    return _Span(
        start,
        end if length == _WINDOW else start + length,
        stop if width == _WINDOW else start + width,
    )


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many items two sequences have alike at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (here, there) in pairs if here != there), min(len(one), len(other)))


def _within(one: str, other: str) -> str:
    at = _shared(one, other)
    return f"character {at + 1}: {_both(_from(one, at), _from(other, at))}"


def _from(word: str, at: int) -> str:
    first, last = max(0, at - _LEAD), at + _LONG - _LEAD
    return f"{'...' if first else ''}{word[first:last]}{'...' if last < len(word) else ''}"


def _around(words: Sequence[str], start: int, end: int) -> str:
    first, last = max(0, start - _BESIDE), min(len(words), min(end, start + _WORDS) + _BESIDE)
    shown = (word if len(word) <= _LONG else f"{word[:_LONG]}..." for word in words[first:last])
    return " ".join([*["..."] * bool(first), *shown, *["..."] * (last < len(words))])


def _both(one: str, other: str) -> str:
    """Return both texts in quotes, written out where they look alike."""
    alike = _seen(one) == _seen(other)
    return " -> ".join(json.dumps(text, ensure_ascii=alike) for text in (one, other))


def _seen(text: str) -> str:
    """Return of a text what a reader can see."""
    return "".join(sign for sign in normalize("NFKC", text) if sign.isprintable())
