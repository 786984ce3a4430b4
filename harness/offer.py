"""What a try heard and saw, offered to the scenario's file: shown as a diff, and written whole or not at all."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from harness.additions import Draft, Heard, draft, to_paste
from harness.conversation import Look
from harness.files import write_whole
from harness.finding import numbered
from harness.scanning import found, refusal
from harness.source import shown
from harness.terminal import FAINT, GREEN, Style, plain, wrapped


class Offer(NamedTuple):
    """What there is to add to a file."""

    path: Path
    before: bytes
    """What the file held when the scenario was read."""
    draft: Draft

    @property
    def lines(self) -> int:
        """How many lines it takes."""
        return len(self.draft.text.splitlines()) - len(self.before.decode().splitlines())


def offered(path: Path, before: bytes, heard: Heard) -> Offer:
    """Return what a scenario's file lacks of what was heard and seen."""
    return Offer(path, before, draft(before.decode(), heard))


def told(offer: Offer, look: Look) -> Iterator[str]:
    """Yield the lines of an offer: what is new among those around it, and what is to be pasted by hand.

    The lines of a file are shown as they are, however long.
    """
    if offer.draft.new or offer.draft.left:
        yield ""
    if offer.draft.new:
        yield from wrapped(f"to add to {shown(offer.path)}:", look.width)
        yield from _diff(offer.before.decode(), offer.draft.text, look.style)
    if offer.draft.left:
        where = f"to paste into {shown(offer.path)}, where no line can be added without changing another:"
        yield from wrapped(where, look.width)
        yield from (look.style.paint(f"  {plain(line)}", GREEN) for line in to_paste(offer.draft.left))


def _diff(before: str, after: str, style: Style) -> Iterator[str]:
    _, _, _, *lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm="")
    for line in lines:
        if line.startswith("@@"):
            yield style.paint("    ...", FAINT)
        else:
            yield style.paint(f"  {plain(line)}", GREEN) if line.startswith("+") else f"  {plain(line)}"


def add(offer: Offer, known: Mapping[str, str]) -> Iterator[str]:
    """Write what is new, and yield what became of it; nothing is written over a change, nor anything that is secret.

    `known` holds secrets, each with the words that tell of it.
    """
    name = shown(offer.path)
    leaks = found(offer.draft.text, known)
    if len(leaks) > len(found(offer.before.decode(), known)):
        yield refusal(name, leaks)
        return
    why = None
    try:
        if offer.path.read_bytes() == offer.before:
            write_whole(offer.path.resolve(), offer.draft.text)
        else:
            why = "has changed meanwhile"
    except OSError as error:
        why = f"cannot be written: {error.strerror}"
    if why is None:
        yield f"{name}: {numbered(offer.lines, 'line')} added"
    else:
        yield f"{name} {why}; to paste into it:"
        yield from (f"  {plain(line)}" for line in to_paste(offer.draft.new))
