"""Runs a command of the harness again and again, and kills it at one of its file operations each time.

Started by `test_kills.py` as a process of its own. It stays before the command's first operation; for
each order, a fork of it goes on, is killed with SIGKILL, and what became of it is told.
"""

import builtins
import io
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from harness.cli import main
from tests.project import small

CHANGING = frozenset(
    {
        "fcntl.flock",
        "os.chmod",
        "os.link",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.symlink",
        "os.truncate",
        "os.utime",
    }
)
"""Audit events of operations that are counted beside opening, which all name a path or a handle first."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Order(NamedTuple):
    """Where a fork is killed."""

    at: int
    """The operation before which it is killed, counted from one; zero where it runs to its end."""
    half: bool
    """Whether it is killed when half of the operation is done, which must be a write."""
    told: int
    """The handle to which a fork that comes to its end writes what operations it made."""


class Killer:
    """Counts the file operations below a folder, and kills this process at one of them."""

    def __init__(self, folder: Path, ordered: Callable[[], Order]) -> None:
        self._folder = f"{folder.resolve()}{os.sep}"
        self._ordered = ordered
        self.order: Order | None = None
        self._really = (os.fsync, io.open)
        self.seen: list[str] = []

    def install(self) -> None:
        """Look at every operation from now on: by Python's audit events, and by layers where it tells of none."""
        sys.addaudithook(self._audited)
        for module, name, layer in (
            (os, "fsync", self._syncs),
            (io, "open", self._opens),
            (builtins, "open", self._opens),
        ):
            setattr(module, name, layer)

    def _audited(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if flags & WRITING and not isinstance(path, int):
                self._comes(event, path)
        elif event in CHANGING:
            self._comes(event, arguments[0])

    def _syncs(self, handle: Any) -> None:
        self._comes("os.fsync", handle)
        self._really[0](handle)

    def _opens(self, file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        really = self._really[1]
        if not set(mode) & set("wax+") or not self._below(file):
            return really(file, mode, *arguments, **named)
        binary = io.BufferedWriter(Written(file, mode.replace("b", ""), self._writes))
        return binary if "b" in mode else io.TextIOWrapper(binary, named.get("encoding"), named.get("errors"))

    def _writes(self, handle: int, content: memoryview) -> int:
        """Write, or write half of it and end."""
        if self._comes("write", handle):
            os.write(handle, content[: len(content) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return os.write(handle, content)

    def _comes(self, what: str, where: Any) -> bool:
        """Count an operation, and kill this process before it; or tell that half of it is to be done."""
        if not self._below(where):
            return False
        if self.order is None:
            self.order = self._ordered()
        self.seen.append(what)
        if len(self.seen) != self.order.at:
            return False
        if not self.order.half:
            os.kill(os.getpid(), signal.SIGKILL)
        return True

    def _below(self, where: Any) -> bool:
        path = os.readlink(f"/proc/self/fd/{where}") if isinstance(where, int) else os.path.abspath(os.fsdecode(where))  # noqa: PTH100, PTH115
        return f"{path}{os.sep}".startswith(self._folder)


class Written(io.FileIO):
    """A file whose writes are counted."""

    def __init__(self, file: Any, mode: str, writes: Callable[[int, memoryview], int]) -> None:
        super().__init__(file, mode)
        self._writes = writes

    def write(self, content: Any) -> int:
        """Write through the one who counts."""
        return self._writes(self.fileno(), memoryview(content).cast("B"))


def ordered(folder: Path) -> Order:
    """Return the order for the fork that this process is when it returns; the one that forked ends with its orders."""
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            os.chdir(folder)  # which is a new one of the same name
            at, half = json.loads(line)
            return Order(at, half, writing)
        os.close(writing)
        with os.fdopen(reading, "rb") as told:
            said = json.loads(told.read() or b"null")
        _, status = os.waitpid(child, 0)
        os.write(1, f"{json.dumps([os.waitstatus_to_exitcode(status), said])}\n".encode())
    os._exit(0)


def warm() -> None:
    """Run commands once, so that no fork has to import anything."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(small(Path(folder)))
        for words in (["record"], ["run", "--update-baseline"]):
            main(words)
        os.chdir("/")


if __name__ == "__main__":
    sys.stdout = sys.stderr
    warm()
    project, words = Path(sys.argv[1]), sys.argv[2:]
    os.chdir(project)
    killer = Killer(project, partial(ordered, project))
    killer.install()
    code = main(words)
    if killer.order is not None:
        os.write(killer.order.told, json.dumps(killer.seen).encode())
    os._exit(code)
