"""A loop that ends its process, or waits for ever, when the user says so and the environment names it."""

import asyncio
import ctypes
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.settings import Settings
from harness.tools import Tools
from tests.loops.plain import PlainLoop, Result

ENDS: Mapping[str, Callable[[], object]] = {
    "exit": lambda: os._exit(3),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "fault": lambda: ctypes.string_at(0),
    "raise": lambda: signal.raise_signal(signal.SIGRTMIN),
}
"""The ways to end."""


class DeadlyLoop(PlainLoop):
    """The plain loop, which ends its process where its task names a way to."""

    async def run(self, task: str, *arguments: Any, **named: Any) -> Result:
        """End, or note which process this is and wait, or go on."""
        if task in os.environ.get("DEADLY", "").split():
            ENDS[task]()
        if os.environ.get("WAITING"):
            _note(Path(os.environ["WAITING"], str(os.getpid())))
            await asyncio.sleep(600)
        return await super().run(task, *arguments, **named)


def _note(path: Path) -> None:
    path.touch()


def make(tools: Tools, settings: Settings) -> DeadlyLoop:
    """Make the loop for one case."""
    return DeadlyLoop(tools, settings)
