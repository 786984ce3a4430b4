"""What a run set out to do, stored as it begins: what was asked, its cases, its shard, and digests of what it reads."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from harness.errors import InputError
from harness.files import write_whole
from harness.folders import AGENDA
from harness.sharding import Shard
from harness.source import shown
from harness.trace import Record


class Agenda(Record):
    """What a run set out to do."""

    format: Literal[1] = 1
    """The version of this form."""
    command: Literal["run", "record"] = "run"
    """The command that began it."""
    words: tuple[str, ...] = ()
    """Scenarios and settings, as they were typed."""
    tags: tuple[str, ...] = ()
    """The tags that scenarios had to carry."""
    skip_missing: bool = False
    """Whether cases of which nothing is recorded are skipped."""
    baseline: str | None = None
    """The run that its cases are compared with; null for the committed baseline."""
    update_baseline: bool = False
    """Whether what comes is the baseline from then on."""
    day: date
    """The day on which failures are known, or no longer."""
    full: bool
    """Whether all scenarios were planned, so that what is missing is gone."""
    repeats: int
    """The most repeats of a case."""
    shard: Shard | None = None
    """Which shard of the planned cases it plays; null for all of them."""
    cases: tuple[str, ...]
    """The ids of the planned cases in order, those of other shards among them."""
    part: tuple[int, ...] | None = None
    """The places of those that are its own; null for all of them."""
    files: Mapping[str, str | None] = {}
    """Digests of the files that it reads, by their paths in the project; null where there was none."""
    modules: Mapping[str, str | None] = {}
    """Digests of the loop's modules, and of the project's own, by their names."""
    settings: Mapping[str, str | None] = {}
    """Digests of the files in `conf/`, which tell what changed where the composed settings did."""

    @property
    def places(self) -> tuple[int, ...]:
        """The places of its own cases among all that are planned."""
        return tuple(range(len(self.cases))) if self.part is None else self.part


def store(folder: Path, agenda: Agenda) -> None:
    """Write what a run sets out to do into its folder."""
    write_whole(folder / AGENDA, f"{json.dumps(agenda.model_dump(mode='json'), ensure_ascii=False, indent=1)}\n")


def stored(folder: Path) -> Agenda:
    """Return what a run set out to do.

    Raises:
        InputError: its folder does not say.
    """
    try:
        return Agenda.model_validate_json((folder / AGENDA).read_bytes())
    except (OSError, ValidationError):
        raise InputError(f"{shown(folder / AGENDA)}:1:1: is not what a run stores; run it again") from None
