"""Measures how the harness scales: over processors, over cases, and how fast it starts (part of `make bench`)."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tabulate import tabulate

from tests.project import bundled

HARNESS = (sys.executable, "-m", "harness")
NOTES = """\
Whole commands, as they are typed. The time per case is processor time, that of a run of one case taken off. Memory is
the peak: of the largest process, and of all together, what they share counted once.
"""
STARTS = """\
Whole commands, {repeats} of each in turns, the median; files are warm, and compiled. What the plugin costs a run of
pytest without scenarios is {plugin:.0f} ms.
"""


class Sizes(NamedTuple):
    """What is measured."""

    cases: tuple[int, ...]
    """How many cases are played, from few to many."""
    compared: int
    """With how many of them one process is compared with two."""
    repeats: int
    """How often a start is measured."""


WHOLE, QUICK = Sizes((500, 2_000, 10_000), 2_000, 15), Sizes((20, 40), 40, 1)


class Measured(NamedTuple):
    """What a command took."""

    seconds: float
    processor: float
    """The seconds of processor time of all its processes, which no neighbour on the machine adds to."""
    largest: float
    """The peak of its largest process, in MB."""
    together: float | None
    """The peak of all its processes together, in MB, where the system tells."""


def multiplied(seed: Path, root: Path, cases: int) -> Path:
    """Write a project of as many scenarios as cases, each of them the one that is recorded in a seed, and return it."""
    root.mkdir()
    (root / "conf").symlink_to(seed / "conf")
    (scenario,) = [path for path in seed.rglob("scenarios/**/*.yaml") if not path.name.endswith(".script.yaml")]
    (cassette,) = seed.rglob("cassettes/**/*.yaml")
    for shared in (seed / "cassettes").glob("+*"):
        (root / "cassettes").mkdir()
        (root / "cassettes" / shared.name).symlink_to(shared)
    for path in (scenario, cassette):
        folder = root / path.relative_to(seed).parent
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(cases):
            (folder / f"case_{number:05}.yaml").hardlink_to(path)
    return root


def measure(command: Sequence[str], root: Path, environment: dict[str, str]) -> Measured:
    """Return what a command took, and how much memory its processes had at their peak."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        watch = _Watch(process.pid)
        watch.start()
        said = process.stderr.read() if process.stderr else b""
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.stop()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{said.decode()}")
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return Measured(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / unit, watch.peak)


class _Watch(threading.Thread):
    """Looks again and again how much memory a command and its processes have."""

    def __init__(self, session: int) -> None:
        super().__init__()
        self._session = session
        self._over = threading.Event()
        self.peak: float | None = None
        """The most that was seen, in MB."""

    def run(self) -> None:
        """Look until it is over."""
        while not self._over.wait(0.25):
            now = sum(map(_share, _session(self._session)))
            self.peak = max(self.peak or 0, now) or None

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self.join()


def _session(session: int) -> list[Path]:
    """Return the folders in which the system tells of the processes of a session."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[3] == str(session):
                found.append(folder)
    return found


def _share(folder: Path) -> float:
    """Return how much memory a process has, in MB, what several share being divided among them."""
    with suppress(OSError):
        for line in (folder / "smaps_rollup").read_text("utf-8").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0


def scale(seed: Path, folder: Path, environment: dict[str, str], sizes: Sizes) -> str:
    """Return as text what more cases take, and what a second process gives."""
    projects = {number: multiplied(seed, folder / f"cases_{number}", number) for number in (1, *sizes.cases)}
    command = (*HARNESS, "run", "--quiet", "-j")
    start = min(measure((*command, "1"), projects[1], environment).processor for _ in range(3))
    taken = {number: measure((*command, "2"), projects[number], environment) for number in sizes.cases}
    least = (taken[sizes.cases[0]].processor - start) / sizes.cases[0]
    rows = []
    for number, found in taken.items():
        each = (found.processor - start) / number
        together = "" if found.together is None else f"{found.together:.0f}"
        ratio, largest = f"{each / least:.2f}", f"{found.largest:.0f}"
        rows.append((f"{number:,}", f"{found.seconds:.1f}", f"{each * 1000:.2f}", ratio, largest, together))
    heads = ("cases of 5 rounds, -j 2", "seconds", "ms per case", "times the fewest", "largest process, MB", "all, MB")
    table = tabulate(rows, heads, disable_numparse=True, colalign=("right",) * len(heads))
    alone = measure((*command, "1"), projects[sizes.compared], environment).seconds
    both = taken[sizes.compared].seconds
    gain = f"-j 2 against -j 1, {sizes.compared:,} cases: {alone:.1f} s / {both:.1f} s = {alone / both:.2f}"
    possible = f"two processes that only count, against one after the other: {capacity():.2f}"
    return f"{table}\n\n{gain}\n{possible}\n{NOTES}"


def capacity() -> float:
    """Return how much more two processes get done on this machine than one, when they only count."""
    count = (sys.executable, "-c", "for _ in range(30_000_000): pass")

    def taken(processes: int) -> float:
        start = time.perf_counter()
        for one in [subprocess.Popen(count) for _ in range(processes)]:
            one.wait()
        return time.perf_counter() - start

    alone = min(taken(1) for _ in range(3))
    return 2 * alone / min(taken(2) for _ in range(3))


def starts(folder: Path, environment: dict[str, str], repeats: int) -> str:
    """Return as text how fast commands start."""
    root = bundled(folder)
    plain = root / "plain"
    plain.mkdir()
    (plain / "test_plain.py").write_text("def test_plain():\n    pass\n", "utf-8")
    pytest = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(plain), str(plain))
    commands = {
        "import openai, vcr, hydra": (sys.executable, "-c", "import openai, vcr, hydra"),
        "harness run files/denied_delete": (*HARNESS, "run", "files/denied_delete"),
        "harness --help": (*HARNESS, "--help"),
        "pytest without scenarios": pytest,
        "the same without the plugin": (*pytest, "-p", "no:harness"),
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(repeats + 1):
        for name, command in commands.items():
            taken = measure(command, root, environment).seconds
            if turn:  # the first compiles
                seconds[name].append(taken)
    medians = {name: median(found) for name, found in seconds.items()}
    first = next(iter(medians.values()))
    cost = medians["pytest without scenarios"] - medians["the same without the plugin"]
    rows = [(name, f"{taken:.3f}", f"{taken / first:.2f}") for name, taken in medians.items()]
    table = tabulate(rows, ("start", "seconds", "ratio"), disable_numparse=True, colalign=("left", "right", "right"))
    return f"{table}\n\n{STARTS.format(repeats=repeats, plugin=1000 * cost)}"


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which modules of this project are found, and stand compiled in a folder."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder), "PYTHONPATH": str(Path(__file__).parents[1])}
