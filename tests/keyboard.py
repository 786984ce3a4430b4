"""The command at a real pseudo-terminal: what a person types, and what then stands on the screen."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import NamedTuple

INTERRUPT, END = "\x03", "\x04"
"""Ctrl-C, and Ctrl-D at the beginning of a line."""

_PATIENCE = 60.0
"""Seconds after which nothing more is expected of a command that says nothing."""
_CLEARED = "\r\x1b[K"


class Typed(NamedTuple):
    """What a person types once something stands on the screen."""

    after: str
    """What is waited for, behind what was typed before."""
    text: str


class Played(NamedTuple):
    """What came of a command."""

    screen: str
    """What stands on the screen at the end; what was shown for a while only is gone."""
    code: int
    """How the command exits."""
    raw: str
    """All that was written."""


def typed(command: Sequence[str], folder: Path, *steps: Typed, columns: int = 100) -> Played:
    """Run a command of the harness in a folder at a terminal, and type as the steps say.

    Raises:
        TimeoutError: the command waits for something that nobody types, or never shows what is waited for.
    """
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
    environment |= {"TERM": "xterm", "NO_COLOR": "1", "PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", *command],
        cwd=folder,
        stdin=its,
        stdout=its,
        stderr=its,
        env=environment,
        start_new_session=True,
        preexec_fn=_adopt,  # noqa: PLW1509 - the terminal must become its own, so that it hears Ctrl-C
    )
    os.close(its)
    try:
        raw = _conversation(ours, list(steps))
        code = process.wait(_PATIENCE)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    lines = raw.replace("\r\n", "\n").split("\n")
    return Played("\n".join(line.rpartition(_CLEARED)[2] for line in lines), code, raw)


def _adopt() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _conversation(terminal: int, steps: list[Typed]) -> str:
    """Type what is to be typed, and return all that is shown until the command closes the terminal."""
    shown, reached = b"", 0
    last = monotonic()
    while True:
        if steps and (at := shown.find(steps[0].after.encode(), reached)) >= 0:
            reached = at + len(steps[0].after.encode())
            os.write(terminal, steps.pop(0).text.encode())
        if not select.select([terminal], [], [], 0.5)[0]:
            if monotonic() - last > _PATIENCE:
                raise TimeoutError(f"nothing more after: {shown.decode(errors='replace')}")
            continue
        try:
            part = os.read(terminal, 65_536)
        except OSError:  # which is how Linux says that the other side is closed
            part = b""
        if not part:
            break
        shown, last = shown + part, monotonic()
    if steps:
        raise TimeoutError(f"'{steps[0].after}' was never shown: {shown.decode(errors='replace')}")
    return shown.decode()


def steady(text: str) -> list[str]:
    """Return the lines of an output without its times and the width of its columns."""
    return [" ".join(re.sub(r" in [0-9.]+ s:", " in a moment:", line).split()) for line in text.splitlines()]
