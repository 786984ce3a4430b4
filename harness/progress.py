"""What is under way, on one line of a terminal: how much of it is done, and how long the rest will take."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic, sleep
from types import TracebackType
from typing import Self, TextIO

from harness.terminal import cut, extent, tell, width

_QUIET = 1.0
"""Seconds before anything is shown."""
_BETWEEN = 0.1
"""The fewest seconds between two lines."""
_PULSE = 0.25
"""Seconds between two looks at the clock while nothing is done."""
_MEMORY = 20.0
"""Seconds of which the rate is told, the last ones."""
_TELLING = 3
"""How many must be done, and seconds gone, before a rate means anything."""
_NARROWEST = 12
"""With less room for it, what is done is not named."""
_CLEAR = "\r\x1b[K"


class Progress:
    """A line that is there only on a terminal, only after a second, and only until the end of what is under way."""

    def __init__(  # noqa: PLR0913 - what is counted, and where
        self,
        what: str,
        stream: TextIO,
        environment: Mapping[str, str],
        *,
        total: int | None = None,
        quiet: bool = False,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._what, self._total, self._done = what, total, 0
        self._stream, self._environment, self._clock = stream, environment, clock
        self.welcome = stream.isatty() and not quiet and environment.get("TERM") != "dumb"
        """Whether anything is shown at all."""
        self._lock = Lock()
        self._begun = clock()
        self._drawn: float | None = None
        self._seen = deque([(self._begun, 0)])
        """When how many were done, within the memory."""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Clear the line, whatever happened."""
        self.end()

    def note(self, what: str) -> None:
        """Count one, of this name."""
        if not self.welcome:
            return
        with self._lock:
            self._what = what
            self._done += 1
            now = self._clock()
            if len(self._seen) > 1 and now - self._seen[-1][0] < _BETWEEN:
                self._seen.pop()
            self._seen.append((now, self._done))
            self._draw()

    def tick(self) -> None:
        """Tell that time goes on."""
        with self._lock:
            self._draw()

    def say(self, text: str) -> None:
        """Write a text above the line, which is there again soon."""
        with self._lock:
            self._clear()
            tell(self._stream, text, self._environment)
            self._stream.flush()

    def end(self) -> None:
        """Clear the line."""
        with self._lock:
            self._clear()

    def _draw(self) -> None:
        now = self._clock()
        if not self.welcome or now - self._begun < _QUIET:
            return
        if self._drawn is not None and now - self._drawn < _BETWEEN:
            return
        # One column stays free, so that no terminal goes to the next line.
        self._stream.write(f"{_CLEAR}{self._line(now, (width(self._stream, self._environment) or 80) - 1)}")
        self._stream.flush()
        self._drawn = now

    def _clear(self) -> None:
        if self._drawn is not None:
            self._stream.write(_CLEAR)
            self._stream.flush()
            self._drawn = None

    def _line(self, now: float, room: int) -> str:
        """Return what is done, its name and the time left, as far as there is room."""
        counted = "" if self._total is None else f"{self._done:,}/{self._total:,} "
        left = self._left(now)
        time = f" … {_clock(left)} left" if left is not None else ""
        if self._total is None:
            time = f" … {_clock(now - self._begun)}"
        free = room - len(counted) - len(time)
        if free >= _NARROWEST:
            return f"{counted}{cut(self._what, free)}{time}"
        short = f"{counted}{time.removeprefix(' … ')}".strip()
        return short if extent(short) <= room else cut(counted, max(1, room))

    def _left(self, now: float) -> float | None:
        """Return how many seconds the rest takes at the rate of the last ones, or None before that means anything."""
        while len(self._seen) > 2 and now - self._seen[1][0] > _MEMORY:
            self._seen.popleft()
        since, before = self._seen[0]
        gone, done = now - since, self._done - before
        if self._total is None or done < _TELLING or gone < _QUIET:
            return None
        return max(0, self._total - self._done) * gone / done


def _clock(seconds: float) -> str:
    """Return seconds as a clock shows them: `0:14`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextmanager
def ticking(progress: Progress) -> Iterator[Progress]:
    """Let time go on for a progress in a thread of its own, which has ended afterwards; the line is cleared then.

    Processes are not to be copied meanwhile.
    """
    over = Event()

    def beat() -> None:
        while not over.wait(_PULSE):
            progress.tick()

    thread = Thread(target=beat, daemon=True, name="progress")
    if progress.welcome:
        thread.start()
    try:
        yield progress
    finally:
        over.set()
        if progress.welcome:
            thread.join()
            _gone(thread)
        progress.end()


def _gone(thread: Thread) -> None:
    """Wait until the system, too, knows that a thread has ended, for it is asked whether processes may be copied."""
    task = Path(f"/proc/self/task/{thread.native_id}")
    while task.exists():
        sleep(0.001)
