"""The journal of a run: its cases as they end, read again where the run came to no end of its own."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from harness.brief import Ended
from harness.check import Verdict
from harness.lines import line_of
from harness.trace import Record, Trace

NAME = "journal.jsonl"
"""The file in a run's folder."""


class End(Record):
    """How a case ended, beside its trace; what it is compared with may have changed until it is told."""

    place: int
    """Its place in the plan of the run."""
    verdict: Verdict
    """What was judged."""
    turns: int
    """The user messages of its scenario."""
    recorded: int | None
    """The exchanges in its cassette, or null where that cannot be read."""
    unplayed: int
    """Recorded exchanges that the loop did not ask for."""
    replays: bool
    """Whether its cassette plays to its end."""
    broken: bool
    """Whether the loop, a tool or a file ended it."""
    saved: bool
    """Whether its exchanges were recorded."""
    kept: int
    """How many of them were kept of the recording before."""
    begun: bool
    """Whether it was begun."""
    seconds: float
    """How long it took."""


class Noted(NamedTuple):
    """A case as the journal has it."""

    end: End
    trace: Trace


class Journal:
    """The journal in one folder, of two lines for each case that ended: its trace, and how it ended."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._traces: dict[int, tuple[int, int]] = {}
        self._whole = 0

    def note(self, place: int, line: bytes, ended: Ended) -> None:
        """Append a case as it ends: the line of its trace, and the rest."""
        plain = ended._asdict()
        end = line_of(End(place=place, **{name: plain[name] for name in End.model_fields if name != "place"}))
        with self._path.open("ab") as journal:
            start = journal.tell()
            journal.write(line + end)
        self._traces[place] = start, len(line)

    def taken_up(self) -> list[Noted]:
        """Return the cases that ended before, in the order in which they did, and drop what was written in half."""
        found = list(self._noted())
        if self._path.exists():
            os.truncate(self._path, self._whole)
        return found

    def traces(self) -> Iterator[bytes]:
        """Yield the lines of the traces in the order of the plan."""
        if self._traces:
            with self._path.open("rb") as journal:
                for _, (start, length) in sorted(self._traces.items()):
                    journal.seek(start)
                    yield journal.read(length)

    def remove(self) -> None:
        """Remove the file, where there is one."""
        self._path.unlink(missing_ok=True)

    def _noted(self) -> Iterator[Noted]:
        try:
            with self._path.open("rb") as journal:
                while True:
                    line, end = journal.readline(), journal.readline()
                    try:
                        noted = Noted(End.model_validate(_data(end)), Trace.model_validate(_data(line)))
                    except (ValueError, RecursionError, ValidationError):  # the end of what was written whole
                        return
                    self._traces[noted.end.place] = self._whole, len(line)
                    self._whole += len(line) + len(end)
                    yield noted
        except FileNotFoundError:
            return


def begun(folder: Path) -> bool:
    """Tell whether a case ended, of which the journal then has both lines."""
    try:
        with (folder / NAME).open("rb") as journal:
            return all(journal.readline().endswith(b"\n") for _ in range(2))
    except FileNotFoundError:
        return False


def _data(line: bytes) -> object:
    if not line.endswith(b"\n"):
        raise ValueError(line)
    return json.loads(line)
