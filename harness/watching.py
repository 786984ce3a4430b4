"""A command run again whenever a file of the project changes."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from harness.files import is_part
from harness.source import shown

_PARTS = ("conf", "scenarios", "cassettes")
_MOST = 3


def watch(root: Path, words: Sequence[str], stream: TextIO) -> None:
    """Run a command of the harness now and after every change below a project, until it is interrupted.

    Each time it is a process of its own, so that changed modules count, too. What changed is told on the stream.

    Raises:
        KeyboardInterrupt: the person ends it.
    """
    from watchfiles import DefaultFilter
    from watchfiles import watch as changes

    class Ours(DefaultFilter):
        """Lets pass what the harness reads: settings, scenarios, cassettes and modules."""

        def __call__(self, change: object, path: str) -> bool:
            """Tell whether a change counts."""
            place = Path(path)
            below = place.relative_to(base).parts if place.is_relative_to(base) else ()
            ours = bool(below) and (below[0] in _PARTS or place.suffix == ".py")
            return ours and not is_part(place.name) and super().__call__(change, path)  # type: ignore[arg-type]

    base = root.resolve()
    command = [sys.executable, "-m", "harness", *words]
    _run(command, stream)
    for changed in changes(base, watch_filter=Ours(), raise_interrupt=True):
        paths = sorted({shown(Path(path)) for _, path in changed})
        more = f" and {len(paths) - _MOST} more" if len(paths) > _MOST else ""
        stream.write(f"\nchanged: {', '.join(paths[:_MOST])}{more}\n")
        _run(command, stream)


def _run(command: Sequence[str], stream: TextIO) -> None:
    stream.flush()
    code = subprocess.run(command, check=False).returncode  # noqa: S603 - the harness itself
    said = "all is well" if code == 0 else "something is to be mended"
    stream.write(f"{said}; watching for changes, Ctrl-C ends it\n")
    stream.flush()
