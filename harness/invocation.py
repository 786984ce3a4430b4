"""What the command line asks of `run` and `record`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.formats import Output
from harness.sharding import Shard


@dataclass(frozen=True)
class Invocation:
    """What the command line asks for."""

    words: Sequence[str]
    """Scenarios and settings, as they were typed."""
    tags: Sequence[str] = ()
    root: Path | None = None
    jobs: int | None = None
    """How many processes replay, or how many cases are asked live at a time; None where nothing is said."""
    quiet: bool = False
    forms: Sequence[Output] = (Output("text"),)
    """The forms in which it is told."""
    baseline: str | None = None
    """The run that cases are compared with; the committed baseline where none is named."""
    update_baseline: bool = False
    """Whether what came is the baseline from now on."""
    skip_missing: bool = False
    """Whether cases of which nothing is recorded are skipped."""
    shard: Shard | None = None
    """Which part of the cases is played; None for all of them."""
    continues: str | None = None
    """The run that was interrupted and goes on."""

    @property
    def overrides(self) -> list[str]:
        """The settings among the words."""
        return [word for word in self.words if "=" in word or word.startswith("~")]

    @property
    def named(self) -> list[str]:
        """The scenarios among the words."""
        return [word for word in self.words if word not in self.overrides]
