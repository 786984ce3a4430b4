"""Measures how fast scenarios replay: by the harness, by the bare SDK, and by pytest with vcrpy (`make bench`)."""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from tabulate import tabulate
from vcr.persisters.filesystem import FilesystemPersister
from vcr.serializers import yamlserializer

from harness.case import plan
from harness.pieces import Pieces
from harness.recording import load
from harness.runner import run_many
from harness.selection import select
from tests import bench_scale
from tests.bench_sides import Project

ROOT = Path(__file__).parents[1]
CONFIG = """\
defaults: [model: careful, persona: assistant, catalogue: assistant, tools: all, role: chat, loop: production, _self_]
model: {host_type: scripted, api_url: "http://127.0.0.1/v1", model_name: careful, max_retries: 0}
tools:
  allow: [web_search, web_fetch, file_list, file_read, file_write, file_delete, scratch_read, scratch_write,
          calendar_list, calendar_add, email_send, reminder_set]
loop: {max_rounds: 20}
repeats: 1
"""
TESTS = """\
import vcr

recorder = vcr.VCR(cassette_library_dir={folder!r}, record_mode="none", match_on=["method", "path", "body"])
"""
TEST = """

def test_{name}(ask):
    with recorder.use_cassette("{name}.yaml"):
        assert ask("bench/{name}") == "Read them all: bench/{name}."
"""
SIDES = {
    "floor": ("tests.bench_sides", "floor"),
    "bare loop": ("tests.bench_sides", "bare loop"),
    "harness": ("tests.bench_sides", "harness"),
    "pytest with vcrpy": ("pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.bench_pytest"),
}
"""The module and the options that measure a side, in front of the project."""
REPEATS = dict(zip(SIDES, (3, 3, 3, 2), strict=True))
"""How often a side is measured; the last takes most of the time, and its distance is known well enough with fewer."""
NOTES = """\
A request is a round: 12 tools are offered, all rounds but the last make one call, each call returns 400 characters.
Best of {repeats}, each in a new process. Not counted: interpreter start, imports,
Hydra's composition, and one case to warm up.
  floor              our loop on the SDK's own mock transport, which answers from memory; messages and tools are given
                     to the SDK as its documentation does; no files, no trace
  bare loop          the same, sent as our loop sends it: the same bytes, past the SDK's transformation of arguments
  harness            from scenario files and cassettes to verdicts, in one process, eight cases at a time
  pytest with vcrpy  from collection to summary; method, path and body matched, an AsyncOpenAI of its own for each test
"""


class Workload(NamedTuple):
    """So many cases of so many rounds."""

    cases: int
    rounds: int

    def __str__(self) -> str:
        return f"{self.cases} cases of {self.rounds} rounds"


def write(workload: Workload, root: Path) -> None:
    """Write settings, scenarios and scripts."""
    (root / "conf").mkdir()
    (root / "conf" / "config.yaml").write_text(CONFIG, "utf-8")
    folder = root / "scenarios" / "bench"
    folder.mkdir(parents=True)
    for number in range(workload.cases):
        name = f"case_{number:03}"
        reads = [{"file_read": {"path": f"{name}/{at}.txt"}} for at in range(1, workload.rounds)]
        final = f"Read them all: bench/{name}."
        scenario = {
            "title": "Files are read, one after the other.",
            "tools": {"file_read": [{"when": read["file_read"], "returns": told(read)} for read in reads]},
            "turns": [
                {
                    "user": f"Read me the files in {name}, one after the other.",
                    "expect": {"calls": {"in_order": reads}, "rounds": workload.rounds, "response": final},
                }
            ],
        }
        script = {"any": [[*({"calls": [read]} for read in reads), {"text": final}]]}
        for ending, data in ((".yaml", scenario), (".script.yaml", script)):
            copied = json.loads(json.dumps(data))  # what is the same object twice would become an alias
            (folder / f"{name}{ending}").write_text(
                yaml.dump(copied, Dumper=yaml.CSafeDumper, sort_keys=False), "utf-8"
            )


def told(read: Any) -> str:
    """Return the 400 characters that a tool gives."""
    return (f"What {read['file_read']['path']} says, in lines that are as long as lines of notes are.\n" * 10)[:400]


def record(root: Path) -> None:
    """Record a project from its scripts, and write for pytest the same traffic as vcrpy does, with a test for each."""
    project = Project(root)
    cases = plan(select(project.scenarios), project.compositions)
    outcomes = asyncio.run(run_many(cases, project.cassettes, live=True, jobs=8))
    assert all(outcome.saved for outcome in outcomes)
    project.stock.mkdir()
    source = TESTS.format(folder=str(project.stock))
    for case in cases:
        exchanges = load(case.cassette(project.cassettes), Pieces(project.cassettes)).exchanges
        stock = {"requests": [one.request for one in exchanges], "responses": [one.response for one in exchanges]}
        FilesystemPersister.save_cassette(project.stock_of(case.scenario), stock, yamlserializer)
        source += TEST.format(name=project.stock_of(case.scenario).stem)
    (project.stock / "test_replay.py").write_text(source, "utf-8")
    (root / "pytest.ini").write_text("[pytest]\n", "utf-8")


def measure(side: str, root: Path) -> float:
    """Return the seconds that a side takes, measured in a process of its own."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        (sys.executable, "-m", *SIDES[side], root), cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    seconds = re.search(r"^seconds (.+)$", done.stdout, re.MULTILINE)
    if done.returncode or seconds is None:
        raise SystemExit(f"{side} failed:\n{done.stdout}{done.stderr}")
    return float(seconds[1])


def bench(workload: Workload, repeats: dict[str, int]) -> dict[str, float]:
    """Return the milliseconds per request of each side: the best of its repeats, the sides taking turns."""
    best = dict.fromkeys(repeats, float("inf"))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder)
        progress(f"{workload}: recording")
        write(workload, root)
        record(root)
        for turn in range(max(repeats.values())):
            for side in (side for side, times in repeats.items() if turn < times):
                progress(f"{workload}: {side}, {turn + 1} of {repeats[side]}")
                best[side] = min(best[side], measure(side, root))
        progress("")
    return {side: seconds * 1000 / workload.cases / workload.rounds for side, seconds in best.items()}


def progress(text: str) -> None:
    """Show on a terminal what is going on."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


def main() -> None:
    """Measure both workloads and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the cases, each side once: a smoke test")
    quick = parser.parse_args().quick
    if quick:
        workloads, repeats = (Workload(20, 5), Workload(5, 20)), dict.fromkeys(SIDES, 1)
    else:
        workloads, repeats = (Workload(200, 5), Workload(50, 20)), REPEATS
    rows = []
    for workload in workloads:
        times = bench(workload, repeats)
        floor, pytest = times["floor"], times["pytest with vcrpy"]
        rows += [
            (workload, side, f"{time:.2f}", f"{time / floor:.2f}", f"{pytest / time:.1f}")
            for side, time in times.items()
        ]
    heads = ("workload", "side", "ms per request", "times the floor", "throughput, pytest with vcrpy = 1")
    table = tabulate(rows, heads, disable_numparse=True, colalign=("left", "left", "right", "right", "right"))
    notes = NOTES.format(repeats=", ".join(f"{times} ({side})" for side, times in repeats.items()))
    sys.stdout.write(f"{table}\n\n{notes}")
    sys.stdout.write(f"\n{scales(bench_scale.QUICK if quick else bench_scale.WHOLE)}")


def scales(sizes: bench_scale.Sizes) -> str:
    """Return as text how the harness scales and starts, with a case of five rounds."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder)
        for name in ("seed", "bundled"):
            (root / name).mkdir()
        write(Workload(1, 5), root / "seed")
        record(root / "seed")
        environment = bench_scale.environment(root / "compiled")
        progress("starts")
        starts = bench_scale.starts(root / "bundled", environment, sizes.repeats)
        progress(f"{', '.join(map(str, sizes.cases))} cases")
        scale = bench_scale.scale(root / "seed", root, environment, sizes)
        progress("")
    return f"{scale}\n{starts}"


if __name__ == "__main__":
    main()
