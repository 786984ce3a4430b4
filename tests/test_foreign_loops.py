"""Loops that are not ours: driven unchanged, told as fully, and found out where they differ."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness.case import Case, plan
from harness.check import judge
from harness.composition import compose
from harness.folders import cassette_files
from harness.lines import read_lines
from harness.loop import LoopUnderTest
from harness.matching import difference
from harness.misses import replay
from harness.outcome import Outcome
from harness.project import Conf
from harness.runner import run_many
from harness.selection import select
from harness.settings import Settings
from harness.tools import Tools
from harness.trace import Failure, Trace
from tests.loops.plain import PlainLoop, Result
from tests.project import bundled, meant, write

ROOT = Path(__file__).parents[1]
PLAIN = "tests.loops.plain:make"


@cache
def suite(*changes: str) -> tuple[Case, ...]:
    """Return the cases of the bundled suite, as `make run` selects them, with these choices in place of its own."""
    (line,) = re.findall(r"harness run (\w+=\S+(?: \w+=\S+)*)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    chosen = {word.partition("=")[0]: word for word in (*line.split(), *changes)}
    return plan(select(ROOT / "scenarios"), compose(Conf(ROOT / "conf"), [*chosen.values()]))


def through(cases: Sequence[Case], factory: str, **loop: object) -> list[Case]:
    """Return the same cases with another loop in the place of ours, under the same ids and over the same cassettes."""
    return [
        replace(
            case,
            settings=case.settings.model_copy(
                update={"loop": case.settings.loop.model_copy(update={"factory": factory, **loop})}
            ),
        )
        for case in cases
    ]


def run(cases: Sequence[Case], cassettes: Path, *, live: bool = False) -> list[Outcome]:
    """Run cases, several at a time."""
    return asyncio.run(run_many(cases, cassettes, live=live, jobs=8))


def told(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the traces as they are stored, with what was left unplayed."""
    return [f"{outcome.trace.model_dump_json()} {outcome.unplayed}" for outcome in outcomes]


def unsaid(tools: Tools, settings: Settings) -> LoopUnderTest:
    """Make the plain loop under production's policy where the settings say none."""
    loop = settings.loop.model_copy(update={"policy": "production"})
    return PlainLoop(tools, settings.model_copy(update={"loop": loop}))


# A second loop


def test_the_second_loop_shares_no_code() -> None:
    """The plain loop imports neither the SDK nor our loop and what it is made of."""
    source = (ROOT / "tests/loops/plain.py").read_text("utf-8")
    imported = set(re.findall(r"^(?:from|import) ([\w.]+)", source, re.MULTILINE))
    assert {name for name in imported if name.startswith(("harness", "openai"))} == {
        "harness.model",
        "harness.settings",
        "harness.tools",
    }


@pytest.mark.slow
def test_the_second_loop_replays_the_suite_to_the_same_bytes() -> None:
    """A loop on another client gives the traces of ours over the whole bundled suite, byte for byte."""
    cases, cassettes = suite(), ROOT / "cassettes"
    ours = told(run(cases, cassettes))
    assert len(ours) > 50
    assert told(run(through(cases, PLAIN), cassettes)) == ours


@pytest.mark.slow
def test_the_second_loop_records_the_suite_alike(tmp_path: Path) -> None:
    """Recording through another loop gives the exchanges of the committed cassettes."""
    cases = suite()
    outcomes = run(through(cases, PLAIN), tmp_path, live=True)
    assert all(outcome.saved for outcome in outcomes)
    recorded, committed = _meant(tmp_path), _meant(ROOT / "cassettes")
    paths = [case.cassette(Path()) for case in cases]
    assert [recorded[path] for path in paths] == [committed[path] for path in paths]


@pytest.mark.slow
@pytest.mark.parametrize("change", ["loop=tolerant", "tools=none", "tools=readonly", "loop.max_rounds=2"])
def test_the_second_loop_agrees_under_other_settings(change: str, tmp_path: Path) -> None:
    """Both loops ask the same and are told of alike under the other policy, fewer tools and fewer rounds."""
    cases = suite("role=chat", change)
    ours, theirs = run(cases, tmp_path / "ours", live=True), run(through(cases, PLAIN), tmp_path / "theirs", live=True)
    assert told(theirs) == told(ours)
    assert _meant(tmp_path / "theirs") == _meant(tmp_path / "ours")


def _meant(folder: Path) -> dict[Path, list[Any]]:
    """Return the exchanges of every cassette."""
    return {path.relative_to(folder): meant(path, folder) for path in cassette_files(folder)}


# A loop that says no policy


@pytest.mark.slow
def test_what_is_seen_suffices_without_a_policy() -> None:
    """Over the bundled suite, what is told of a loop that says no policy is what is told of one that says it."""
    cases, cassettes = suite(), ROOT / "cassettes"
    said = run(through(cases, PLAIN), cassettes)
    seen = run(through(cases, "tests.test_foreign_loops:unsaid", policy=None), cassettes)
    assert [_but_for_reasons(one.trace) for one in seen] == [_but_for_reasons(one.trace) for one in said]


def _but_for_reasons(trace: Trace) -> str:
    """Return a trace without the word that says why calls were dropped, which nobody knows without a policy."""
    return trace.model_dump_json().replace(", so its calls", ", and its calls")


# Loops with one wrong habit

HABITS = """\
title: A conversation in which every habit shows.
session:
  - {role: user, content: First}
  - {role: assistant, content: Second}
  - {role: user, content: Third}
  - {role: assistant, content: Fourth}
  - {role: user, content: Fifth}
  - {role: assistant, content: Sixth}
  - {role: user, content: Seventh}
tools:
  file_read: A line.
  file_delete: Gone.
turns:
  - user: Hello?
  - user: Read both and delete the old one.
    answers: [deny]
    expect: {calls: {in_order: [{file_delete: {}, decision: denied, outcome: denied}]}}
  - user: Delete it after all.
    answers: [confirm]
    expect: {checkpoints: 1}
  - user: Read on and on.
    expect: {stop: max_rounds}
"""

HABITS_SCRIPT = """\
any:
  - text: Hello!
  - - calls: [{file_read: {path: a.txt}}, {file_read: {path: b.txt}}]
    - calls: [{file_delete: {path: a.txt}}, {file_read: {path: c.txt}}]
    - notice: Shall I?
    - text: I kept it.
  - - calls: [{file_delete: {path: a.txt}}]
    - notice: Shall I now?
    - text: It is gone.
  - - calls: [{file_read: {path: "1"}}]
    - calls: [{file_read: {path: "2"}}]
    - calls: [{file_read: {path: "3"}}]
    - calls: [{file_read: {path: "4"}}]
    - calls: [{file_read: {path: "5"}}]
"""


def habits(folder: Path) -> list[Case]:
    """Return the one case of a project in which every habit shows, recorded through our loop, which passes."""
    write(folder, scenarios__area__habits=HABITS, scenarios__area__habits_script=HABITS_SCRIPT)
    composed = compose(Conf(folder / "conf"), ["loop.max_rounds=5"])
    cases = [*plan(select(folder / "scenarios"), composed)]
    [outcome] = run(cases, folder, live=True)
    assert judge(outcome.trace, cases[0].scenario).status == "passed"
    return cases


def wayward(cases: Sequence[Case], folder: Path, name: str) -> Outcome:
    """Replay the case through a loop with a wrong habit."""
    [outcome] = run(through(cases, f"tests.loops.wayward:{name}"), folder)
    return outcome


@pytest.mark.parametrize(
    ("name", "kind", "place"),
    [
        ("Nostalgic", "stale", "turn 1, round 1"),
        ("Anxious", "stale", "turn 2, round 2"),
        ("Forgetful", "stale", "turn 2, round 2"),
        ("Tidy", "stale", "turn 2, round 2"),
        ("Eager", "stale", "turn 2, round 3"),
        ("Clinging", "stale", "turn 2, round 4"),
        ("Curt", "stale", "turn 2, round 4"),
        ("Endless", "overrun", "turn 4, round 6"),
    ],
)
def test_what_a_loop_asks_otherwise_is_found_at_its_round(name: str, kind: str, place: str, tmp_path: Path) -> None:
    """A loop that sends something else than was recorded is stopped at the first request in which it shows."""
    error = wayward(habits(tmp_path), tmp_path, name).trace.error
    assert error is not None
    assert (error.kind, re.findall(r"turn \d+, round \d+", error.message)) == (kind, [place])


@pytest.mark.parametrize(
    ("name", "path", "one", "other", "finding"),
    [
        ("Rash", "[1].rounds[1].calls[0].decision", "denied", "none", "turn 2, call 1"),
        ("Deaf", "[1].rounds[1].calls[0].outcome", "denied", "executed", "turn 2, call 1"),
        ("Brief", "[3].response", "I stopped after 5", "I stopped after 4", "the cassette"),
    ],
)
def test_what_a_loop_does_otherwise_is_found_in_the_trace(  # noqa: PLR0917 - one for each column
    name: str, path: str, one: str, other: str, finding: str, tmp_path: Path
) -> None:
    """A loop that asks as was recorded but does something else leaves another trace, which fails."""
    cases = habits(tmp_path)
    [ours] = run(cases, tmp_path)
    theirs = wayward(cases, tmp_path, name)
    parted = difference(_turns(ours), _turns(theirs))
    assert parted is not None
    assert (parted.path, parted.one[: len(one)], parted.other[: len(other)]) == (path, one, other)
    verdict = judge(theirs.trace, cases[0].scenario, replay(theirs))
    assert verdict.status == "failed"
    assert finding in [found.what for found in verdict.findings]


def _turns(outcome: Outcome) -> object:
    return outcome.trace.model_dump(mode="json")["turns"]


def test_what_nobody_asked_for_is_an_anomaly(tmp_path: Path) -> None:
    """A loop that runs a confirmed call twice is told of at the round in which it was asked."""
    theirs = wayward(habits(tmp_path), tmp_path, "Stuttering").trace
    assert theirs.error is None
    assert [(one.kind, one.turn, one.round, one.detail) for one in theirs.anomalies] == [
        ("unasked_execution", 3, 2, 'file_delete ran with {"path": "a.txt"}, which no call asked for')
    ]


def test_a_loop_cannot_lift_its_user(tmp_path: Path) -> None:
    """A loop that claims a higher access level and no allow-list is offered what ours is, and leaves the same trace."""
    cases = habits(tmp_path)
    [ours] = run(cases, tmp_path)
    assert wayward(cases, tmp_path, "Generous").trace == ours.trace


# What the endpoint refuses


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ("{status: 400, body: {error: {message: Too long.}}}", "HTTP 400: Too long."),
        ("{body: {error: {message: Too many.}}}", "Too many."),
        ("{raw: <html>}", "the endpoint's answer is a web page, not JSON; is api_url right? <html>"),
    ],
)
@pytest.mark.parametrize("factory", [PLAIN, "tests.loops.wayward:Talkative"])
def test_an_endpoints_error_is_told_in_its_own_words(factory: str, reply: str, message: str, tmp_path: Path) -> None:
    """What the endpoint says of its failure ends the case alike, whatever a loop raises, or says instead."""
    scenario = "title: T.\nturns: [user: Hello?]\nexpect: {stop: error}\n"
    write(tmp_path, scenarios__area__name=scenario, scenarios__area__name_script=f"any: [[{reply}]]\n")
    cases = plan(select(tmp_path / "scenarios"), compose(Conf(tmp_path / "conf"), []))
    [ours] = run(cases, tmp_path, live=True)
    [theirs] = run(through(cases, factory), tmp_path)
    assert ours.trace.error == Failure(kind="model", message=message)
    assert theirs.trace == ours.trace


# Objects that are no loops


class Synchronous:
    """Something whose `run` gives a result at once."""

    def __init__(self, *_: object) -> None:
        pass

    def run(self, task: str, **_: object) -> Result:
        """Return without being awaited."""
        return Result(task, [], "none")


class Narrow(Synchronous):
    """Something whose `run` takes the task only."""

    async def run(self, task: str) -> Result:  # type: ignore[override]
        """Take too little."""
        return Result(task, [], "none")


class Leaving(Synchronous):
    """Something that ends the process."""

    async def run(self, task: str, **_: object) -> Result:  # type: ignore[override]
        """Leave."""
        sys.exit(task)


class Empty(Synchronous):
    """Something that has no `run`."""

    run = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Synchronous", "TypeError: object Result can't be used in 'await' expression"),
        ("Narrow", "TypeError: Narrow.run() got an unexpected keyword argument 'system_prompt'"),
        ("Leaving", "SystemExit: Hello?"),
        ("Empty", "TypeError: 'NoneType' object is not callable"),
    ],
)
def test_what_is_no_loop_ends_its_case_only(name: str, said: str, tmp_path: Path) -> None:
    """Whatever the object is that a factory gives, its case ends with an error, and the others go on."""
    write(
        tmp_path,
        scenarios__area__name="title: T.\nturns: [{user: Hello?, answers: [confirm]}]\n",
        scenarios__area__name_script="any: [text: Hello!]\n",
    )
    cases = plan(select(tmp_path / "scenarios"), compose(Conf(tmp_path / "conf"), ["repeats=2"]))
    run(cases, tmp_path, live=True)
    wrong, right = run([*through(cases[:1], f"tests.test_foreign_loops:{name}", policy=None), cases[1]], tmp_path)
    assert wrong.trace.error is not None
    assert wrong.trace.error.kind == "loop"
    assert wrong.trace.error.message.startswith(f"the loop crashed with {said}")
    assert right.trace.error is None


class Stuck(PlainLoop):
    """Something that pauses and cannot be resumed."""

    resume = None  # type: ignore[assignment]


def test_a_loop_that_cannot_be_resumed_says_so_at_its_pause(tmp_path: Path) -> None:
    """A loop without `resume` ends its case at the pause, with all that came before it."""
    [outcome] = run(through(habits(tmp_path), "tests.test_foreign_loops:Stuck"), tmp_path)
    assert outcome.trace.error is not None
    assert outcome.trace.error.message.startswith("the loop crashed with TypeError: 'NoneType' object is not callable")
    assert [len(turn.rounds) for turn in outcome.trace.turns] == [1, 3]


# A production module, driven unchanged


def guide(kind: str) -> str:
    """Return the block of a kind that the guide to a loop of one's own shows."""
    text = (ROOT / "conf/README.md").read_text("utf-8").partition("### Your own loop\n")[2].partition("\n### ")[0]
    (block,) = re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
    return str(block)


def harness(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, so that it imports the project's modules anew."""
    command = [sys.executable, "-m", "harness", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def traces(folder: Path) -> dict[tuple[str, str], Trace]:
    """Return the traces of the newest run by scenario and model."""
    newest = max((folder / "reports").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    return {(one.scenario, one.model): one for one in read_lines(newest / "traces.jsonl", Trace)}


def test_the_guides_lines_are_few() -> None:
    """A module with globals needs no more than fifteen lines to be driven."""
    assert len([line for line in guide("python").splitlines() if line.strip()]) <= 15


@pytest.mark.slow
def test_a_production_module_is_driven_unchanged(tmp_path: Path) -> None:
    """With the guide's lines and settings, a module with globals records and replays to the traces of our loop."""
    bundled(tmp_path)
    (tmp_path / "conf/loop/ours.yaml").write_text(guide("yaml"), "utf-8")
    (tmp_path / "adapter.py").write_text(guide("python"), "utf-8")
    (tmp_path / "assistant").mkdir()
    (tmp_path / "assistant/react.py").write_bytes((ROOT / "tests/loops/react.py").read_bytes())
    note = (
        "loop 'ours' says no policy: what became of calls is told from what was seen "
        "(conf/README.md, 'Your own loop')\n"
    )
    words = ["files", "mail", "loop", "model=careful,hasty"]
    recorded = harness(tmp_path, "record", "loop=ours", *words)
    assert recorded.stderr == f"recording 22 cases, about 108 requests\n{note}"
    harness(tmp_path, "run", *words)
    ours = traces(tmp_path)
    replayed = harness(tmp_path, "run", "loop=ours", *words)
    assert (replayed.returncode, replayed.stderr) == (0, note), replayed.stdout
    theirs = traces(tmp_path)
    assert len(theirs) > 20
    assert sum(trace.counts.checkpoints for trace in theirs.values()) > 10
    assert {key: _alike(trace) for key, trace in theirs.items()} == {key: _alike(ours[key]) for key in theirs}


def _alike(trace: Trace) -> str:
    """Return a trace without the names of its case and its variant."""
    return _but_for_reasons(trace.model_copy(update={"case": "", "variant": ""}))
