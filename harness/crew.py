"""Cases played by several processes at once, of which one may die without taking more than its own case with it."""

import asyncio
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from harness import guard
from harness.finding import numbered
from harness.outcome import Outcome
from harness.runner import in_order, lost, run_each
from harness.worker import MANNER, Failed, Left, Method, Played, Ready, Task, Worker

_MOST = 8
_AHEAD = 2 * MANNER.jobs
_AT_ONCE = 4
_PULSE = 1.0
_PATIENCE = 10.0


class Start(NamedTuple):
    """How processes are started."""

    method: Method
    """How they are made."""
    worth: int
    """How many cases one must get so that it saves more time than its start takes."""


COPIED, ANEW = Start("fork", 8), Start("spawn", 150)
"""The two ways to start one."""


def processors() -> int:
    """Return how many processors this process may use, at most eight."""
    with suppress(AttributeError):  # a Mac does not say
        return min(len(os.sched_getaffinity(0)), _MOST)
    return min(os.cpu_count() or 1, _MOST)


def start() -> Start:
    """Return how processes are started here: as copies where nothing speaks against it.

    A copy has one thread, so that what any other holds is held for ever; and a Mac's own libraries break in it.
    """
    return COPIED if sys.platform == "linux" and _threads() == 1 else ANEW


def _threads() -> int:
    """Return how many threads there are, those of libraries in C among them where the system tells."""
    with suppress(OSError):
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    return threading.active_count()


def play(
    task: Task, done: Callable[[int, Any], None], note: Callable[[str], None], jobs: int, way: Start | None = None
) -> None:
    """Replay cases in up to `jobs` processes, or in this one alone where that is as fast.

    What the task makes of an outcome, in the process in which the case was played, is given to `done` in this one, with
    the place of the case, as cases end; `note` takes what is to be said beside them. A case that ends its process, by
    whatever means, ends with an error that says so; those that were under way beside it are played again.

    Raises:
        HarnessError: what the task raises.
    """
    way = way or start()
    workers = min(jobs, len(task.cases) // way.worth)
    left = _Crew(task, done, note, way.method).play(workers) if workers > 1 else range(len(task.cases))

    def ended(at: int, outcome: Outcome) -> None:
        done(left[at], task.finish(outcome))

    if left:
        asyncio.run(run_each([task.cases[at] for at in left], task.folder, in_order(len(left)), ended, MANNER))


class _Crew:
    """Processes that play the cases of one plan."""

    def __init__(self, task: Task, done: Callable[[int, Any], None], note: Callable[[str], None], how: Method) -> None:
        self._task, self._done, self._note = task, done, note
        self._how: Method = how
        self._startable = True
        self._workers: list[Worker] = []
        self._left = deque(range(len(task.cases)))
        self._ended = 0

    def play(self, workers: int) -> Sequence[int]:
        """Play the cases in so many processes, and return the places of those for which none could be started."""
        try:
            for _ in range(workers):
                self._start()
            while self._workers and self._ended < len(self._task.cases):
                self._listen()
            self._dismiss()
        finally:
            for worker in self._workers:
                worker.process.terminate()
            for worker in self._workers:
                worker.end()
        if self._left:
            self._note("no further process can be started; the rest is played in this one")
        return list(self._left)

    def _start(self, suspects: Sequence[int] = ()) -> None:
        """Start a process that plays the suspects before all others; where none can be started they are lost."""
        try:
            self._workers.append(Worker(self._task, self._how, self._workers, suspects))
        except OSError as error:
            self._startable = False
            self._lose(suspects, f"no process could be started for it: {error.strerror}")

    def _listen(self) -> None:
        """Hear what workers say, and which of them are no more."""
        from multiprocessing.connection import wait

        heard = wait([worker.connection for worker in self._workers], _PULSE)
        for worker in tuple(self._workers):
            if worker.connection in heard:
                try:
                    said = worker.connection.recv()
                except (EOFError, OSError):
                    self._died(worker)
                else:
                    self._take(worker, said)
            elif not worker.process.is_alive() and not worker.connection.poll():
                self._died(worker)  # a process that it started still holds its connection

    def _take(self, worker: Worker, said: object) -> None:
        """Take what a worker said, and give it more to do."""
        match said:
            case Ready():
                worker.ready = True
            case Played(place, end):
                worker.held.discard(place)
                if worker.suspects:
                    worker.suspects.popleft()
                self._end(place, end)
            case Failed(error):
                raise error
            case Left(refused):
                for one in refused:
                    guard.passed_on(one)
                worker.end()
                self._workers.remove(worker)
                return
        self._supply(worker)

    def _supply(self, worker: Worker) -> None:
        """Hand out so many cases that the worker waits for none, but of the last no more than it has under way."""
        if worker.suspects:
            if not worker.held:
                worker.give([worker.suspects[0]])
            return
        many = len(self._left) > 2 * _AHEAD * len(self._workers)
        room = (_AHEAD if many else MANNER.jobs) - len(worker.held)
        if self._left and room >= (_AT_ONCE if many else 1):
            worker.give([self._left.popleft() for _ in range(min(room, len(self._left)))])

    def _died(self, worker: Worker) -> None:
        """Lose the case that ended a process, or have all that it may have been played again, each alone."""
        fate = worker.end()
        self._workers.remove(worker)
        self._startable = self._startable and worker.ready
        held, suspects = sorted(worker.held), list(worker.suspects)
        if len(held) == 1:
            self._lose(held, f"the process in which it was played {fate}; the loop, a tool or a library ended it")
            suspects = [place for place in suspects if place not in held]
        elif held:
            self._note(f"a process {fate} with {numbered(len(held), 'case')} under way; each is played again, alone")
            suspects = held
        if not self._startable:
            self._lose(suspects, f"the process in which it was played {fate}, and no other can be started")
        elif suspects or (self._left and self._ended < len(self._task.cases)):
            self._start(suspects)

    def _lose(self, places: Sequence[int], why: str) -> None:
        for place in places:
            self._end(place, self._task.finish(lost(self._task.cases[place], why)))

    def _end(self, place: int, end: Any) -> None:
        self._ended += 1
        self._done(place, end)

    def _dismiss(self) -> None:
        """Let workers come to their end, and hear what was refused in them since."""
        for worker in self._workers:
            if worker.ready:
                worker.give([None])
            else:
                worker.process.kill()
        until = monotonic() + _PATIENCE
        while self._workers and monotonic() < until:
            self._listen()
