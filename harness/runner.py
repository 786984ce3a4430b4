"""Runs cases through the loop, one or many at a time."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import NamedTuple

from harness import cassette, guard
from harness.case import Case
from harness.errors import HarnessError, LoopError
from harness.human import Human
from harness.outcome import Outcome
from harness.pieces import Pieces
from harness.scenario import error_expected
from harness.trace import Failure
from harness.traffic import Traffic
from harness.underway import Run, trace_of


class Manner(NamedTuple):
    """How cases are run."""

    jobs: int = 1
    """How many at a time."""
    live: bool = False
    """Whether models are asked, and what they say is recorded."""
    extend: bool = False
    """Whether what is recorded is played as long as requests are the same, and models are asked from then on."""
    traffic: Traffic | None = None
    """What live requests share: the pace of each host, and what may be spent."""
    expected: Mapping[str, int] = MappingProxyType({})
    """How many requests a case takes, by its id, where more than one."""


Take = Callable[[], Awaitable[int | None]]
"""Gives the place of the next case to run, or None once there is none left."""


async def run_many(cases: Sequence[Case], folder: Path, *, live: bool = False, jobs: int = 1) -> list[Outcome]:
    """Run cases, at most `jobs` at a time, and return what came of them in their order."""
    outcomes: dict[int, Outcome] = {}
    await run_each(cases, folder, in_order(len(cases)), outcomes.__setitem__, Manner(jobs, live))
    return [outcome for _, outcome in sorted(outcomes.items())]


async def run_each(
    cases: Sequence[Case],
    folder: Path,
    take: Take,
    done: Callable[[int, Outcome], None],
    manner: Manner,
) -> None:
    """Run the cases whose places are taken, and tell of each as it ends.

    Replays from the cassettes below the folder, or, live, asks the models and records there, as far as the `traffic`
    allows; to `extend` is to replay what is recorded as long as requests are the same, and to ask from then on.
    `expected` says how many requests a case takes, by its id, where more than one. What loops and tools print goes to
    the standard error, for the standard output is the report's.
    """
    traffic = manner.traffic or Traffic()
    budget = traffic.budget

    async def one_after_the_other() -> None:
        while (place := await take()) is not None:
            case = cases[place]
            async with budget.room(manner.expected.get(case.id, 1)) as fits:
                if fits:
                    # A task of its own, so that no case sees what another left in its context.
                    way = run_case(case, folder, live=manner.live, extend=manner.extend, pieces=pieces)
                    outcome = await asyncio.create_task(way)
                else:
                    outcome = left_out(case, budget.unasked)
            done(place, outcome)

    pieces = Pieces(folder)
    with _surroundings(cases, traffic, live=manner.live):
        await asyncio.gather(*(one_after_the_other() for _ in range(manner.jobs)))


@contextmanager
def _surroundings(cases: Sequence[Case], traffic: Traffic, *, live: bool) -> Iterator[None]:
    """Have the clients of these cases patched, and nothing leave but what is asked live."""
    clients = dict.fromkeys(name for case in cases for name in case.settings.loop.transports)
    installed = cassette.installed(clients, traffic if live else None)
    with redirect_stdout(sys.stderr), nullcontext() if live else guard.closed(), installed, closing(traffic):
        yield


def in_order(number: int) -> Take:
    """Return what takes so many cases one after the other."""
    places = iter(range(number))

    async def take() -> int | None:
        return next(places, None)

    return take


async def run_case(
    case: Case, folder: Path, *, live: bool = False, extend: bool = False, pieces: Pieces | None = None
) -> Outcome:
    """Run one case while the cassettes are installed, and return what came of it; an error ends in the trace.

    `pieces` are the texts that the cassettes share, where cases that run together read them once.
    """
    run = Run(case, folder, pieces or Pieces(folder), live=live, extend=extend)
    return await _come_of(run, keeping=live)


async def run_fed(case: Case, folder: Path, replies: Sequence[bytes], pieces: Pieces | None = None) -> Outcome:
    """Run one case with replies from a record in place of a model's, and return what came of it.

    What is asked and replied becomes its cassette, unless it ends with an error.
    """
    run = Run(case, folder, pieces or Pieces(folder), feed=replies)
    return await _come_of(run, keeping=True)


async def _come_of(run: Run, *, keeping: bool) -> Outcome:
    """Play a case, save what was recorded where it is `keeping` that, and return what came of it."""
    start = perf_counter()
    case = run.case
    error: HarnessError | None = None
    with guard.watching(case.id, run.refused):
        try:
            await run.play()
        except HarnessError as raised:
            error = raised
    error = run.stopped or (run.tape.beyond if run.tape is not None else None) or error
    trace = run.trace(None if error is None else run.failure(error))
    saved = False
    if keeping and run.tape is not None and run.heard and error_expected(case.scenario, trace):
        try:
            run.tape.save(run.origin(), run.known())
            saved = True
        except HarnessError as unsafe:
            trace = run.trace(run.failure(unsafe))
    recorded = None if run.tape is None else run.tape.recorded
    asked = keeping or (run.tape is not None and run.tape.live)
    return Outcome(
        case=case,
        trace=trace,
        recorded=recorded,
        unplayed=0 if asked or run.tape is None else run.tape.recorded - run.tape.played,
        drifted=() if run.tape is None else tuple(run.tape.drifted),
        saved=saved,
        kept=run.tape.played if saved and run.tape is not None else 0,
        digest=run.tape.digest if run.tape is not None and (saved or not asked) else None,
        seconds=perf_counter() - start,
    )


async def try_case(case: Case, human: Human, traffic: Traffic | None = None) -> Outcome:
    """Run one case against its model with a human beside it, and return what came of it; nothing is stored."""
    nowhere = Path()
    with _surroundings((case,), traffic or Traffic(), live=True):
        return await _come_of(Run(case, nowhere, Pieces(nowhere), live=True, human=human), keeping=False)


def left_out(case: Case, error: HarnessError) -> Outcome:
    """Return what came of a case that was not begun, or of which nothing was seen to its end."""
    trace = trace_of(case, (), Failure(kind=error.kind, message=str(error)))
    return Outcome(case, trace, recorded=None, unplayed=0, drifted=(), saved=False, kept=0, digest=None, seconds=0.0)


def lost(case: Case, why: str) -> Outcome:
    """Return what came of a case whose process ended."""
    return left_out(case, LoopError(why))
