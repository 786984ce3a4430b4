"""A thousand hostile replays, looked at from outside of their process: nothing arrives, and nothing leaves."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.hostility import KNOWN, LOST, UNREADABLE, Played
from tests.loops.hostile import Note, Plan

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the ways out are Linux's, too"),
]

WANTED = 1000
"""How many hostile replays there are, beside those over connections that were open before."""

UNHEARD = frozenset({"datagrams to any", "httpx2", "httpx2, async", "open: httpx2"})
"""Ways of which nothing is raised: asyncio keeps it, or a cassette that goes on past differences has an answer."""


def _fence() -> list[str]:
    """Return what runs a command in a network of its own, or nothing where that cannot be had."""
    fence = ["unshare", "--net"]
    if not (shutil.which("unshare") and shutil.which("ip")):
        return []
    tried = subprocess.run([*fence, "ip", "link", "set", "lo", "up"], capture_output=True, check=False)
    return fence if tried.returncode == 0 else []


def _played(told: Mapping[str, Any]) -> Played:
    planned, left, notes, codes, ends = told["played"]
    return Played(planned, left, [Note(Plan(*plan), came) for plan, came in notes], codes, ends)


def test_nothing_leaves_in_a_thousand_hostile_replays(tmp_path: Path, record_property: Any) -> None:
    """Every attempt is made and ends its case, and nobody sees any; the same ways lead out while nothing replays."""
    fence = _fence()
    done = subprocess.run(
        [*fence, sys.executable, "-m", "tests.outside", str(tmp_path), str(WANTED)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    fresh, over = _played(told["replay"]), _played(told["replay over what is open"])
    assert (fresh.planned, fresh.left, len(fresh.notes)) == (max(WANTED, fresh.planned), 0, fresh.planned)
    assert (over.left, len(over.notes)) == (0, over.planned)
    for played in (fresh, over):
        assert set(played.codes) == {2}
        assert played.ends.keys() <= {"refused", "stale", "overrun"}
        assert sum(played.ends.values()) == played.planned
        assert {note.plan.place for note in played.notes} == {*KNOWN, *LOST, "instead"}
        assert {note.plan.way for note in played.notes if note.came == "nothing"} <= UNHEARD
    torn = _played(told["replay what is torn"])
    assert (torn.notes, torn.ends) == ([], {"unreadable": UNREADABLE})
    seen = [told[what]["seen"] for what in told if what.startswith("replay")]
    assert [arrived for arrived, _ in seen] == [{}, {}, {}]
    assert told["not taken"] == []
    counts = f"{fresh.planned} + {over.planned} attempts, {sum(sum(arrived.values()) for arrived, _ in seen)} arrived"
    if fence:
        (_, first), (_, second), (_, third) = seen
        assert not any([*first.values(), *second.values()])
        assert {name: number for name, number in third.items() if number and "packets" not in name} == {}
        assert told["a look-up is seen"]
        counts += f", {sum(first.values())} packets left"
    else:
        counts += "; packets are not counted here, which takes a network of its own (unshare --net)"
    record_property("hostile replays", counts)
    sys.stdout.write(f"{counts}: {dict(Counter(note.came for note in fresh.notes))}\n")
