"""The bench runs to its end."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).with_name("bench.py")


@pytest.mark.slow
def test_bench_measures_each_side_of_each_workload(tmp_path: Path) -> None:
    """A quick bench prints one row for each side of each workload and leaves no file behind."""
    done = subprocess.run(
        (sys.executable, BENCH, "--quick"),
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    table = done.stdout.split("\n\n")[0].splitlines()[2:]
    rows = [re.split(r"\s{2,}", line) for line in table]
    sides = ("floor", "bare loop", "harness", "pytest with vcrpy")
    workloads = ("20 cases of 5 rounds", "5 cases of 20 rounds")
    assert [(row[0], row[1]) for row in rows] == [(workload, side) for workload in workloads for side in sides]
    assert all(float(cell) > 0 for row in rows for cell in row[2:])
    assert list(tmp_path.iterdir()) == []
