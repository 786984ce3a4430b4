"""What killed runs and recordings left behind, removed; never what another process works on, nor what is not ours."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from harness import archive, baseline
from harness.claim import Claim
from harness.files import is_part


def clear(cassettes: Path, reports: Path) -> None:
    """Remove files that were begun and never came to their names, and run folders that hold no case.

    What cannot be removed stays; the next run tries again.
    """
    for path in [*_begun(cassettes), *_begun(baseline.folder(reports)), *_begun(reports, deep=False)]:
        with suppress(OSError):
            _remove(path)
    for folder in _folders(reports):
        for path in _begun(folder, deep=False):
            with suppress(OSError):
                _remove(path)
        with suppress(OSError):
            archive.tidy(folder)


def _begun(folder: Path, *, deep: bool = True) -> Iterator[Path]:
    """Yield the files that were begun in a folder, and below it."""
    for place, inner, names in os.walk(folder):
        yield from (Path(place, name) for name in names if name.endswith(".part") and is_part(name))
        if not deep:
            inner.clear()


def _remove(part: Path) -> None:
    """Remove a file that was begun, unless whoever began it still lives."""
    if part.is_symlink() or not part.is_file():
        return
    with Claim(part) as claim:
        if claim.held == "ours":
            part.unlink()


def _folders(reports: Path) -> list[Path]:
    with suppress(OSError):
        return [Path(entry) for entry in os.scandir(reports) if entry.is_dir(follow_symlinks=False)]
    return []
