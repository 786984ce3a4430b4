"""One of several processes that play cases: what it does and says, and how it is seen by the one that started it."""

import asyncio
import gc
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from harness import guard
from harness.case import Case
from harness.errors import HarnessError, NetworkRefused
from harness.outcome import Outcome
from harness.runner import Manner, run_each

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

Method = Literal["fork", "spawn"]
"""How a process is made: as a copy of this one, or anew."""

MANNER = Manner(jobs=8)
"""How the cases are run that one process has."""

_MOMENT = 1.0


@dataclass(frozen=True)
class Task:
    """What all workers have to do."""

    cases: Sequence[Case]
    folder: Path
    """The folder of cassettes."""
    finish: Callable[[Outcome], Any]
    """Makes of an outcome what is kept of it."""


class Ready(NamedTuple):
    """A worker can take cases."""


class Played(NamedTuple):
    """A case ended."""

    place: int
    end: Any
    """What is kept of it."""


class Failed(NamedTuple):
    """A worker cannot go on, and neither can the others."""

    error: HarnessError


class Left(NamedTuple):
    """A worker has come to its end."""

    refused: tuple[NetworkRefused, ...]
    """What was refused while no case ran that could be told of it."""


class Worker:
    """A process that plays cases, as the one that started it sees it."""

    def __init__(self, task: Task, how: Method, others: Sequence["Worker"] = (), suspects: Sequence[int] = ()) -> None:
        """Start the process.

        Raises:
            OSError: the system does not give one.
        """
        from multiprocessing import Pipe, get_context

        self.ready = False
        self.held: set[int] = set()
        """The places of the cases that it has."""
        self.suspects = deque(suspects)
        """The places of cases of which one ended a process; it plays each of them alone, before all others."""
        self.connection, theirs = Pipe()
        inherited = [self.connection, *(other.connection for other in others)] if how == "fork" else []
        context = get_context("fork") if how == "fork" else get_context("spawn")
        self.process: BaseProcess = context.Process(target=_work, args=(theirs, inherited, task))
        try:
            with _uninterrupted():
                self.process.start()
        except OSError:
            self.connection.close()
            raise
        finally:
            theirs.close()

    def give(self, places: Sequence[int | None]) -> None:
        """Hand out cases, or None for the end of its work."""
        self.held.update(place for place in places if place is not None)
        with suppress(OSError):  # that it is no longer there is heard later
            self.connection.send(places)

    def end(self) -> str:
        """Wait a moment for the end of the process, else end it, and say how it ended."""
        self.process.join(_MOMENT)
        code = self.process.exitcode
        if code is None:
            self.process.kill()
            self.process.join()
        self.connection.close()
        if code is None:
            return "was lost"
        if code >= 0:
            return f"ended with exit code {code}"
        with suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
        return f"was ended by signal {-code}"


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold back an interruption, so that it finds a new process ready for it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(boss: "Connection", inherited: Sequence["Connection"], task: Task) -> None:
    """Play the cases whose places come over a connection, until None comes; then end the process.

    What is `inherited` are the boss's own ends; whoever has one of them keeps the others from hearing that it is gone.
    """
    for connection in inherited:
        connection.close()
    # Whoever interrupts the command ends it, and that ends its workers; what they start may still be interrupted.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    gc.freeze()  # what was there before is never garbage, and to look at it is to copy it
    left = guard.apart()
    _say(boss, Ready())
    try:
        asyncio.run(_serve(boss, task))
    except HarnessError as error:
        _say(boss, Failed(error))
    _say(boss, Left(tuple(left)))
    sys.stderr.flush()
    os._exit(0)  # threads that a loop left running end with it


async def _serve(boss: "Connection", task: Task) -> None:
    """Play cases as they are handed out."""
    handed: asyncio.Queue[int | None] = asyncio.Queue()

    def hear() -> None:
        try:
            places = boss.recv()
        except (EOFError, OSError):
            os._exit(1)  # nobody is left who could be told
        for place in places:
            handed.put_nowait(place)

    async def take() -> int | None:
        place = await handed.get()
        if place is None:
            handed.put_nowait(None)  # for all who wait
        return place

    def done(place: int, outcome: Outcome) -> None:
        _say(boss, Played(place, task.finish(outcome)))

    loop = asyncio.get_running_loop()
    loop.add_reader(boss.fileno(), hear)
    try:
        await run_each(task.cases, task.folder, take, done, MANNER)
    finally:
        loop.remove_reader(boss.fileno())


def _say(boss: "Connection", what: NamedTuple) -> None:
    try:
        boss.send(what)
    except OSError:
        os._exit(1)
