"""Live requests through every client, at a real endpoint that says 429: all wait, leave one by one, and are counted."""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from itertools import accumulate
from pathlib import Path
from threading import Barrier, Lock
from time import monotonic, time
from typing import Any

import pytest

from harness import selection
from harness.budget import Budget, Ceiling
from harness.case import plan
from harness.composition import Composition
from harness.errors import NetworkRefused
from harness.folders import cassette_files
from harness.outcome import Outcome
from harness.pace import Patience
from harness.pieces import Pieces
from harness.recording import load
from harness.runner import Manner, in_order, run_each
from harness.settings import Loop
from harness.traffic import Traffic, endpoint_of
from tests.project import HELLO, write
from tests.wire import TEXTS, Answer, calls, endpoint, says, settings

AT_ONCE = 40
CLIENTS = ("httpx2", "httpx", "aiohttp", "requests", "urllib3")
PAUSE = 0.4

HASTY = Patience(first=0.05, longest=0.2, whole=0.6)
"""Patience that is soon at its end."""

Headers = Callable[[float], dict[str, str]]


class Busy:
    """An endpoint that puts off the first requests all together, and everybody until its time has come."""

    def __init__(self, first: int, seconds: float, headers: Headers, status: int = 429) -> None:
        self._first, self._seconds, self._headers, self._status = first, seconds, headers, status
        self._all = Barrier(first, timeout=60)
        self._lock = Lock()
        self._came = 0
        self.opens: float | None = None
        self.refused = 0

    def __call__(self, _: Any) -> Answer | dict[str, Any]:
        """Answer one request."""
        with self._lock:
            self._came += 1
            among_first = self._came <= self._first
        if among_first:
            self._all.wait()
        with self._lock:
            self.opens = self.opens or monotonic() + self._seconds
            left = self.opens - monotonic()
            if left <= 0 and not among_first:
                return says("Hello!")
            self.refused += 1
        error = json.dumps({"error": {"message": "Slowly."}})
        return Answer(error, self._status, headers=self._headers(max(left, 0.001)))


def run(
    root: Path,
    url: str,
    client: str,
    traffic: Traffic,
    *,
    loop: str | None = None,
    cases: int = AT_ONCE,
    jobs: int = AT_ONCE,
    **kinds: Any,
) -> list[Outcome]:
    """Record the hello so many times at once, through a loop that asks three times, or through ours."""
    base = settings(url, max_retries=2)
    factory = loop or f"tests.loops.sending:Retries.{client}"
    given = {"label": "l", "policy": "production", "texts": TEXTS, "factory": factory, "transports": [client]}
    one = base.model_copy(update={"repeats": cases, "loop": Loop.model_validate(given)})
    planned = plan(selection.select(root / "scenarios", []), [Composition(one, {}, ())])

    async def at_once() -> list[Outcome]:
        with ThreadPoolExecutor(cases) as pool:
            asyncio.get_running_loop().set_default_executor(pool)
            outcomes: dict[int, Outcome] = {}
            manner = Manner(jobs, live=True, traffic=traffic, **kinds)
            await run_each(planned, root / "cassettes", in_order(cases), outcomes.__setitem__, manner)
            return [outcomes[place] for place in range(cases)]

    return asyncio.run(at_once())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project of one scenario, whose model says hello in one request."""
    return write(tmp_path, scenarios__talk__hello=HELLO)


def stored(root: Path) -> dict[str, bytes]:
    """Return the cassettes."""
    return {path.name: path.read_bytes() for path in sorted((root / "cassettes").rglob("*.yaml"))}


def statuses(root: Path) -> list[int]:
    """Return the statuses in the cassettes."""
    read = [load(path, Pieces(root / "cassettes")) for path in cassette_files(root / "cassettes")]
    return [reply["status"]["code"] for recording in read for reply in recording.replies]


def offsets(first: float, number: int) -> list[float]:
    """Return how long after a pause each request may leave at the earliest, with a little grace."""
    gaps = [max(first * 0.8**n, 0.02) for n in range(number - 1)]
    return [0.99 * late - 0.002 for late in accumulate(gaps, initial=0.0)]


def after(times: Sequence[float], opens: float | None) -> list[float]:
    """Return how long after a pause the requests came that came behind the first."""
    assert opens is not None
    return sorted(came - opens for came in times[AT_ONCE:])


def in_ms(left: float) -> dict[str, str]:
    """Say when to come back, in thousandths of a second."""
    return {"retry-after-ms": str(left * 1000)}


@pytest.mark.parametrize("client", [*CLIENTS, "ours"])
def test_all_back_off_together(project: Path, client: str) -> None:
    """Forty are put off at once: none comes before its time, then one by one, all end well, and no 429 is stored.

    The others' loops ask again at once, so that nothing but their turn makes them wait; ours waits by itself, too.
    """
    said: list[str] = []
    loop, client = ("harness.loop:make", "httpx2") if client == "ours" else (None, client)
    busy = Busy(AT_ONCE, PAUSE, in_ms)
    with endpoint(busy) as server:
        outcomes = run(project, server.url, client, Traffic(tell=said.append), loop=loop)
    assert [outcome.trace.error for outcome in outcomes] == [None] * AT_ONCE
    assert [outcome.saved for outcome in outcomes] == [True] * AT_ONCE
    assert statuses(project) == [200] * AT_ONCE
    assert busy.refused == AT_ONCE
    late = after(server.times, busy.opens)
    assert len(late) == AT_ONCE
    assert [
        n for n, (came, least) in enumerate(zip(late, offsets(PAUSE / 8, AT_ONCE), strict=True)) if came < least
    ] == []
    assert 1 <= len(said) <= 3  # one, but for answers that a busy machine delivers late
    assert {re.sub(r"0\.\d s$", "0.N s", line) for line in said} == {
        f"429 from {server.url.removeprefix('http://')}: all wait 0.N s"
    }


@pytest.mark.parametrize(
    ("status", "headers", "line"),
    [
        (429, lambda _: {"Retry-After": "1"}, "429 from {}: all wait 1.0 s"),
        (503, lambda _: {"Retry-After": "1"}, "503 from {}: all wait 1.0 s"),
        (429, lambda _: {"Retry-After": formatdate(int(time()) + 2, usegmt=True)}, None),
        (429, lambda _: {"x-ratelimit-reset-tokens": "1s"}, "429 from {}: all wait 1.0 s"),
        (429, lambda _: {}, "429 from {}: all wait 1.0 s"),
    ],
    ids=["seconds", "503", "date", "reset", "unnamed"],
)
def test_however_it_is_said(project: Path, status: int, headers: Headers, line: str | None) -> None:
    """Seconds, a date, a limit's renewal, or nothing at all: our loop and the SDK get through, and none comes early."""
    said: list[str] = []
    busy = Busy(AT_ONCE, 0.9, headers, status)
    with endpoint(busy) as server:
        outcomes = run(project, server.url, "httpx2", Traffic(tell=said.append), loop="harness.loop:make")
    assert [(outcome.trace.error, outcome.saved) for outcome in outcomes] == [(None, True)] * AT_ONCE
    assert (statuses(project), busy.refused) == ([200] * AT_ONCE, AT_ONCE)
    assert min(after(server.times, busy.opens)) >= 0
    assert len(said) <= 3
    assert line is None or {*said} == {line.format(server.url.removeprefix("http://"))}


def test_one_that_blocks_the_others_gets_its_turn(project: Path) -> None:
    """A client that sends on the event loop's own thread waits for its time alone, and everything goes on."""
    busy = Busy(1, 0.2, in_ms)
    with endpoint(busy) as server:
        outcomes = run(project, server.url, "requests", Traffic(), loop="tests.loops.sending:Retries.blocking", cases=4)
    assert [(outcome.trace.error, outcome.saved) for outcome in outcomes] == [(None, True)] * 4


@pytest.mark.parametrize("client", [*CLIENTS, "ours"])
def test_one_that_is_busy_for_ever(project: Path, client: str) -> None:
    """Every case ends with what the endpoint said, in bearable time, and the old cassettes stay."""
    loop, client = ("harness.loop:make", "httpx2") if client == "ours" else (None, client)
    with endpoint([says("Hello!")]) as server:
        run(project, server.url, client, Traffic(), loop=loop)
    before = stored(project)
    said: list[str] = []
    start = monotonic()
    with endpoint([Answer('{"error": {"message": "No more today."}}', 429)]) as server:
        outcomes = run(project, server.url, client, Traffic(patience=HASTY, tell=said.append), loop=loop)
    assert monotonic() - start < 20
    host = server.url.removeprefix("http://")
    ends = f"429 from {host} for N s: nothing more is asked of it"
    errors = [one.trace.error for one in outcomes if one.trace.error is not None]
    kinds = {(error.kind, re.sub(r"\d+ s:", "N s:", error.message)) for error in errors}
    assert kinds <= {("busy", f"HTTP {ends}"), ("model", "HTTP 429: No more today.")}
    assert [(one.trace.stop, one.saved) for one in outcomes] == [("error", False)] * AT_ONCE
    assert (len(before), stored(project) == before) == (AT_ONCE, True)
    assert re.sub(r"\d+ s:", "N s:", said[-1]) == ends
    assert len(server.times) < 3 * AT_ONCE


THREE: list[dict[str, Any]] = [calls(("1", "read", "{}")), calls(("2", "read", "{}")), says("Done.")]
"""What a model says in three requests."""

ROUNDS = """\
title: Two tools, then a text.
tools: {read: Text.}
turns:
  - user: Go.
"""


def in_turn(body: Any) -> dict[str, Any]:
    """Answer by how many messages there are."""
    done: int = sum(message["role"] == "tool" for message in body["messages"])
    return THREE[done]


@pytest.mark.parametrize("client", [*CLIENTS, "ours"])
def test_a_ceiling_of_requests_is_exact(tmp_path: Path, client: str) -> None:
    """Forty at a time that want 120 requests make 50, whichever way they are sent; only whole cassettes are stored."""
    loop, client = ("harness.loop:make", "httpx2") if client == "ours" else (None, client)
    write(tmp_path, scenarios__talk__rounds=ROUNDS)
    traffic = Traffic(Budget(Ceiling(50)))
    with endpoint(in_turn) as server:
        outcomes = run(tmp_path, server.url, client, traffic, loop=loop)
    assert (len(server.times), traffic.budget.requests) == (50, 50)
    cut = [outcome for outcome in outcomes if outcome.trace.error is not None]
    assert {(one.trace.error.kind, one.trace.error.message, one.begun) for one in cut if one.trace.error} <= {
        ("ceiling", "cut off, and nothing of it is stored: the ceiling of 50 requests is reached", True),
        ("ceiling", "not asked, since too little is left of the ceiling of 50 requests", False),
    }
    assert [outcome.saved for outcome in outcomes] == [outcome not in cut for outcome in outcomes]
    assert len(statuses(tmp_path)) == 3 * (AT_ONCE - len(cut))


def test_cases_that_do_not_fit_are_not_begun(tmp_path: Path) -> None:
    """With three requests expected of each, 50 are enough for sixteen cases, and no request is made in vain."""
    write(tmp_path, scenarios__talk__rounds=ROUNDS)
    traffic = Traffic(Budget(Ceiling(50)))
    ids = [f"talk/rounds@m/chat+all{f'~{k}' if k > 1 else ''}" for k in range(1, AT_ONCE + 1)]
    with endpoint(in_turn) as server:
        outcomes = run(tmp_path, server.url, "aiohttp", traffic, expected=dict.fromkeys(ids, 3))
    assert [outcome.case.id for outcome in outcomes] == ids
    assert len(server.times) == 48
    assert sum(outcome.saved for outcome in outcomes) == 16
    left = [outcome for outcome in outcomes if not outcome.begun]
    assert (len(left), {one.trace.error.message for one in left if one.trace.error}) == (
        24,
        {"not asked, since too little is left of the ceiling of 50 requests"},
    )
    assert [(one.trace.turns, one.recorded, one.digest) for one in left] == [((), None, None)] * 24


def test_what_is_sent_again_counts(project: Path) -> None:
    """A ceiling of five is used up by three requests and their repetitions."""
    server_error = Answer('{"error": {"message": "Oh."}}', 500)
    with endpoint([server_error, says("Hello!"), server_error, server_error, says("Hello!")]) as server:
        traffic = Traffic(Budget(Ceiling(5)))
        outcomes = run(project, server.url, "httpx2", traffic, loop="harness.loop:make", cases=3, jobs=1)
    errors = [outcome.trace.error and outcome.trace.error.kind for outcome in outcomes]
    assert (len(server.times), errors) == (5, [None, None, "ceiling"])


def test_tokens_end_it_too(project: Path) -> None:
    """Once answers took the tokens nothing more leaves, not even what waited for its turn."""
    answer = {**says("Hello!"), "usage": {"prompt_tokens": 30, "completion_tokens": 20, "total_tokens": 50}}
    traffic = Traffic(Budget(Ceiling(tokens=100)))
    with endpoint([answer]) as server:
        outcomes = run(project, server.url, "httpx", traffic, cases=4, jobs=1)
    assert (len(server.times), str(traffic.budget)) == (2, "2 requests and 100 tokens")
    assert [outcome.saved for outcome in outcomes] == [True, True, False, False]


def test_a_loop_cannot_hide_a_ceiling(project: Path) -> None:
    """A loop that swallows what is raised and answers all the same ends with the ceiling, and nothing is stored."""
    write(project, scenarios__talk__hello="title: T.\nturns: [{user: Go.}, {user: On.}]\n")
    with endpoint([says("Hello!")]) as server:
        traffic, hiding = Traffic(Budget(Ceiling(1))), "tests.loops.sending:Retries.unhearing"
        [outcome] = run(project, server.url, "requests", traffic, loop=hiding, cases=1)
    assert outcome.trace.error is not None
    assert (outcome.trace.error.kind, outcome.begun, outcome.saved, len(server.times)) == ("ceiling", True, False, 1)


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("https://API.example.org/v1/chat/completions", "api.example.org"),
        ("https://user:pass@api.example.org:443/v1?key=1", "api.example.org"),
        ("http://api.example.org:443/v1", "api.example.org:443"),
        ("http://127.0.0.1:8000/v1", "127.0.0.1:8000"),
        ("http://[::1]:80/v1", "[::1]"),
    ],
)
def test_endpoints_are_told_apart_by_host_and_port(address: str, endpoint: str) -> None:
    """The usual port, the path and who asks make no other endpoint."""
    assert endpoint_of(address) == endpoint


def test_nothing_leaves_after_the_end() -> None:
    """What waits when a run has ended is refused as soon as it looks again, and so is what comes."""
    traffic = Traffic()
    traffic.answered("http://one/v1", 429, {"retry-after": "9"}, b"", b"")
    waiting = traffic.leaving("http://one/v1")
    assert next(waiting) == 1.0
    traffic.close()
    for late in (waiting, traffic.leaving("http://other/v1")):
        with pytest.raises(NetworkRefused, match="was refused: the run has ended that it belongs to"):
            next(late)
    assert traffic.budget.requests == 0


def test_endpoints_do_not_wait_for_each_other() -> None:
    """What one endpoint puts off goes on at another at once."""
    traffic = Traffic()
    traffic.answered("http://one/v1", 429, {"retry-after": "9"}, b"", b"")
    assert [list(traffic.leaving("http://other/v1")), next(traffic.leaving("http://one/v2"))] == [[], 1.0]
