"""A project's files, watched: what is checked again whenever one of them changes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from harness.source import shown

_LEFT_OUT = frozenset({"reports", "build", "dist", "node_modules", "site-packages"})
"""Folders of a project in which nothing stands that is checked."""
_MOST = 3
"""How many changed files are named."""
_PATIENCE = 5.0
"""Seconds that a check has to end when nobody waits for it any more."""


def watch(root: Path, check: Callable[[], int], say: Callable[[str], None], *, clears: bool) -> None:
    """Run a check, and again whenever a file of the project changes, until Ctrl-C.

    What changes while it runs is seen, too. `clears` says whether the screen is cleared before each further run.

    Raises:
        KeyboardInterrupt: the person has had enough.
    """
    changes = _changes(root)
    next(changes)
    while True:
        check()
        say("watching for changes; Ctrl-C ends\n")
        changed = next(changes)
        if clears:
            say("\x1b[2J\x1b[3J\x1b[H")
        say(f"{_named(changed)} changed\n")


def _changes(root: Path) -> Iterator[Sequence[Path]]:
    """Yield nothing once what follows is seen, and from then on the files that have changed."""
    from watchfiles import DefaultFilter, watch

    first: Sequence[Path] | None = ()
    while True:
        # The folders are looked up again each time, and watched before the check looks at them.
        seen = watch(
            *_folders(root),
            watch_filter=DefaultFilter(ignore_dirs=[*DefaultFilter.ignore_dirs, *_LEFT_OUT]),
            recursive=False,
            yield_on_timeout=True,
            rust_timeout=1000,
            step=50,
            debounce=400,
            raise_interrupt=True,
        )
        for found in seen:
            if first is not None:
                yield first
                first = None
            if found:
                yield sorted({Path(path) for _, path in found})


def _folders(root: Path) -> list[Path]:
    """Return the folders of a project in which its files stand."""
    found = [root]
    for folder in found:
        found += sorted(
            path
            for path in folder.iterdir()
            if path.is_dir()
            and not path.is_symlink()
            and not path.name.startswith((".", "__"))
            and path.name not in _LEFT_OUT
            and not (path / "pyvenv.cfg").is_file()
        )
    return found


def _named(paths: Sequence[Path]) -> str:
    more = f" and {len(paths) - _MOST} more" if len(paths) > _MOST else ""
    return f"{', '.join(shown(path) for path in paths[:_MOST])}{more}"


def again(arguments: Sequence[str]) -> int:
    """Run the harness in a process of its own, which has seen no earlier version of a module; return its exit code.

    Raises:
        KeyboardInterrupt: the person has had enough; the process has ended, too.
    """
    # In a group of its own, so that Ctrl-C reaches this process alone, which then ends that one.
    process = subprocess.Popen([sys.executable, "-m", "harness", *arguments], process_group=0)  # noqa: S603 - ourselves
    try:
        return process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        raise
