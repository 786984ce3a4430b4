"""Runs hostile replays in a process of its own, which `outside.py` starts and looks at."""

import json
import os
import sys
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from harness import crew
from harness.cli import main
from harness.lines import read_lines
from harness.runner import Manner
from harness.trace import Trace
from tests.loops.hostile import SHARED, Hostility, Note, Plan
from tests.project import write
from tests.ways import ASYNC_LOOKS, ASYNC_WAYS, LOOKS, PRIVILEGED, WAYS, AsyncWay, Places, Way, opened

SCENARIO = """\
title: A loop or a tool reaches out.
module: tools.py
turns:
  - user: {asked}
"""
SCRIPT = """\
any:
  - - calls: [{file_read: {path: a.txt}}]
    - text: Read.
"""
TOOLS = """\
from tests.loops.hostile import in_a_tool


def make(state, files):
    async def file_read(path):
        await in_a_tool()
        return "Draft."

    return {"file_read": file_read}
"""
LOOP = "defaults: [production, _self_]\nlabel: hostile\nfactory: tests.loops.hostile:make\n"

KNOWN = ("before", "after", "a tool", "a thread that knows")
LOST = ("a thread that does not", "a pool")
BESIDE = frozenset({"open: aiohttp", "open: a stream"})
"""Ways that lead through an event loop from before the replay, which keeps to a case only if its caller has one."""
DRIFTED = "Go on."
"""What the user asks where a cassette is of another question."""


class Group(NamedTuple):
    """Replays of one scenario under the same settings."""

    scenario: str
    places: Sequence[str]
    """Where from each way is tried."""
    settings: Sequence[str] = ()
    jobs: int = 1
    """One where a refusal may belong to no case, for it would end all that run."""


GROUPS = (
    Group("whole", KNOWN, jobs=8),
    Group("whole", LOST),
    Group("stale", ("instead",)),
    Group("stale", KNOWN[:3], ("cassette.allow_drift=[task]",)),
    Group("stale", KNOWN[:1], ("cassette.match=sequence",)),
    Group("empty", ("instead",)),
)
"""What is replayed, of each way."""

OUTSIDE = 1
"""The handle through which the one outside is told."""

UNREADABLE = 20
"""How many torn cassettes are replayed."""


class Played(NamedTuple):
    """What came of replays."""

    planned: int
    """How many attempts were planned, one for each replay."""
    left: int
    """How many of them belong to cases whose loop was never made."""
    notes: Sequence[Note]
    """What was tried."""
    codes: Sequence[int]
    """The exit code of each command."""
    ends: Mapping[str, int]
    """How many cases ended with each kind of error."""


def prepare(root: Path, cases: int) -> None:
    """Write and record a project whose loop is hostile, and damage what was recorded."""
    write(root, conf__loop__hostile=LOOP)
    for name in ("whole", "stale", "torn", "empty"):
        scenario = {f"scenarios__hostile__{name}": SCENARIO.format(asked="Go.")}
        write(root, **scenario, **{f"scenarios__hostile__{name}_script": SCRIPT})
    (root / "scenarios/hostile/tools.py").write_text(TOOLS, "utf-8")
    if main(["record", "--all", "loop=hostile"]):
        raise RuntimeError("the hostile cases could not be recorded")
    write(root, scenarios__hostile__stale=SCENARIO.format(asked=DRIFTED))
    for cassette in [path for path in (root / "cassettes").rglob("*.yaml") if path.parent.name == "hostile"]:
        text = cassette.read_text("utf-8")
        match cassette.stem:
            case "empty":
                text = "interactions: []\nversion: 1\n"
            case "torn":
                text = text[: len(text) * 2 // 3]
        for number in range(1, cases + 1):
            ending = f"~{number}" if number > 1 else ""
            cassette.with_name(f"{cassette.stem}{ending}.yaml").write_text(text, "utf-8")


def planned(group: Group, ways: Iterable[str], more: int = 0) -> list[Plan]:
    """Return what a group tries, and so many plans more of it."""
    taken = [way for way in ways if group.jobs == 1 or way not in ASYNC_LOOKS]
    plans = [Plan(way, place) for place in group.places for way in taken if place not in LOST or way not in BESIDE]
    return [*plans, *islice(cycle(plans), more)]


def play(root: Path, plans: Mapping[Group, Sequence[Plan]]) -> Played:
    """Replay groups of cases, each of which tries what is planned."""
    shared = SHARED[0]
    shared.notes.clear()
    codes, ends, left = [], Counter[str](), 0
    for group, tried in plans.items():
        shared.plans = deque(tried)
        words = [f"hostile/{group.scenario}", "loop=hostile", f"repeats={len(tried)}", *group.settings]
        with patch.object(crew, "MANNER", Manner(group.jobs)):  # how many cases run at a time in this one process
            codes.append(main(["run", *words, "-j", "1", "--quiet"]))
        newest = max((root / "reports").glob("*/traces.jsonl"), key=lambda path: path.stat().st_mtime_ns)
        left += len(shared.plans)
        ends.update(trace.error.kind if trace.error else "" for trace in read_lines(newest, Trace))
    return Played(sum(map(len, plans.values())), left, list(shared.notes), codes, ends)


def took(way: str) -> str:
    """Take a way while nothing replays, and return what it raised, or nothing."""
    try:
        SHARED[0].leave(way)
    except Exception as error:  # noqa: BLE001 - what came of it is all that counts
        return type(error).__name__
    return ""


def answer(told: object) -> None:
    """Tell the one outside."""
    os.write(OUTSIDE, f"{json.dumps(told)}\n".encode())


def obey(root: Path, places: Places, wanted: int) -> None:
    """Do what the one outside says, a line each."""
    there: dict[str, Way | AsyncWay] = {**WAYS, **ASYNC_WAYS}
    fresh = {name: way for name, way in there.items() if places.tcp6 or "IPv6" not in name}
    others: dict[str, Way | AsyncWay] = {**LOOKS, **ASYNC_LOOKS, **(PRIVILEGED if os.geteuid() == 0 else {})}
    shared = Hostility(places, {**fresh, **others})
    SHARED.append(shared)
    plans = {group: planned(group, shared.ways) for group in GROUPS}
    lacking = max(0, wanted - sum(map(len, plans.values())))
    plans[GROUPS[0]] = planned(GROUPS[0], shared.ways, lacking)
    prepare(root, max(map(len, plans.values())))
    answer(list(fresh))
    for line in sys.stdin:
        match json.loads(line):
            case "replay":
                answer(play(root, plans))
            case "open":
                ways = opened(places, sum(len(group.places) for group in GROUPS) + 1)
                shared.ways |= ways
                answer(list(ways))
            case "replay over what is open":
                answer(play(root, {group: planned(group, ways) for group in GROUPS}))
            case "replay what is torn":
                answer(play(root, {Group("torn", ()): [Plan("look up: getaddrinfo", "before")] * UNREADABLE}))
            case str(way):
                answer(took(way))


if __name__ == "__main__":
    sys.stdout = sys.stderr  # the reports are nobody's business
    obey(Path.cwd(), Places(*json.loads(sys.argv[1])), int(sys.argv[2]))
