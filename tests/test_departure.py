"""Live requests wait before they really leave: through every client, once each, and where it costs no time-out."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Generator
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3
import vcr.patch

from harness.cassette import Exchange, Tape, installed, playing
from harness.errors import EndpointBusy
from harness.traffic import Traffic
from tests.loops.sending import JSON, POOL, WAYS, Send
from tests.wire import Answer, endpoint

EACH = [pytest.param(client, way, id=way.__name__) for client, ways in WAYS.items() for way in ways]
"""Every way to use each client."""

CLIENTS = tuple(WAYS)


def ignore(_: Exchange) -> None:
    """Listen to nothing."""


class Slow(Traffic):
    """Traffic in which every request waits, and which remembers when each left."""

    def __init__(self, *waits: float) -> None:
        super().__init__()
        self.waits = list(waits)
        self.left: list[tuple[str, float]] = []

    def leaving(self, address: str) -> Generator[float, None, None]:
        """Yield the next waits."""
        yield from self.waits
        self.left.append((address, monotonic()))


@pytest.mark.parametrize(("client", "way"), EACH)
def test_every_request_waits_and_leaves_once(tmp_path: Path, client: str, way: Send) -> None:
    """A request arrives after it was let go, never before, is recorded as it was, and waits in no replay."""
    traffic = Slow(0.01, 0.05)
    with endpoint([Answer('{"a": 1}')]) as server, installed([client], traffic):
        url = f"{server.url}/v1"
        live = Tape.record(tmp_path / "c.yaml", ignore)
        with playing(live):
            start = monotonic()
            assert asyncio.run(way(url, {"n": 1})) == '{"a": 1}'
            asyncio.run(way(url, {"n": 2}))
        live.save()
    assert [address for address, _ in traffic.left] == [url] * 2
    assert traffic.left[0][1] - start >= 0.06
    assert all(came >= left for came, (_, left) in zip(server.times, traffic.left, strict=True))
    assert server.bodies == [{"n": 1}, {"n": 2}]
    with installed([client], traffic), playing(Tape.replay(tmp_path / "c.yaml", ignore)):
        assert json.loads(asyncio.run(way(url, {"n": 1}))) == {"a": 1}
    assert len(traffic.left) == 2


@pytest.mark.parametrize(("client", "way"), EACH)
def test_one_that_may_not_leave_ends_its_case(tmp_path: Path, client: str, way: Send) -> None:
    """What is refused when it would leave never arrives, and the tape refuses what the case asks afterwards."""

    class Refusing(Slow):
        def leaving(self, address: str) -> Generator[float, None, None]:
            yield from super().leaving(address)
            raise EndpointBusy("not now")

    with endpoint([Answer("{}")]) as server, installed([client], Refusing()):
        tape = Tape.record(tmp_path / "c.yaml", ignore)
        for _ in range(2):
            with playing(tape), pytest.raises(EndpointBusy, match="not now"):
                asyncio.run(way(f"{server.url}/v1", {}))
    assert (server.bodies, str(tape.error)) == ([], "not now")


async def httpx2_followed(url: str) -> None:
    """Follow a redirection with httpx2."""
    async with httpx2.AsyncClient(trust_env=False, follow_redirects=True) as client:
        await client.post(url, json={})


async def httpx_followed(url: str) -> None:
    """Follow a redirection with httpx, in a thread."""
    with httpx.Client(trust_env=False, follow_redirects=True) as client:
        await asyncio.to_thread(client.post, url, json={})


async def aiohttp_followed(url: str) -> None:
    """Follow a redirection with aiohttp."""
    async with aiohttp.ClientSession() as session, session.post(url, json={}) as answer:
        await answer.read()


async def requests_followed(url: str) -> None:
    """Follow a redirection with requests."""
    await asyncio.to_thread(requests.post, url, json={}, timeout=10)


async def urllib3_followed(url: str) -> None:
    """Follow a redirection with urllib3."""
    await asyncio.to_thread(urllib3.PoolManager().request, "POST", url, json={})


FOLLOWED: dict[str, Callable[[str], Coroutine[Any, Any, None]]] = {
    "httpx2": httpx2_followed,
    "httpx": httpx_followed,
    "aiohttp": aiohttp_followed,
    "requests": requests_followed,
    "urllib3": urllib3_followed,
}


@pytest.mark.parametrize("client", CLIENTS)
def test_redirections_are_requests_too(tmp_path: Path, client: str) -> None:
    """Each hop of one that is sent elsewhere waits and is counted, whichever client follows it."""
    moved = Answer("{}", 307, headers={"Location": "/v2"})
    traffic = Traffic()
    tape = Tape.record(tmp_path / "c.yaml", ignore)
    with endpoint([moved, moved, Answer("{}")]) as server, installed([client], traffic), playing(tape):
        asyncio.run(FOLLOWED[client](f"{server.url}/v1"))
    assert server.paths == ["/v1", "/v2", "/v2"]
    assert traffic.budget.requests == 3


async def httpx2_hasty(url: str) -> None:
    """Send with little patience through httpx2."""
    async with httpx2.AsyncClient(trust_env=False, timeout=0.6) as client:
        await client.post(url, json={})


async def httpx_hasty(url: str) -> None:
    """Send with little patience through httpx, in a thread."""
    with httpx.Client(trust_env=False, timeout=0.6) as client:
        await asyncio.to_thread(client.post, url, json={})


async def aiohttp_hasty(url: str) -> None:
    """Send with little patience through aiohttp."""
    patience = aiohttp.ClientTimeout(total=0.6)
    async with aiohttp.ClientSession(timeout=patience) as session, session.post(url, json={}) as answer:
        await answer.read()


async def requests_hasty(url: str) -> None:
    """Send with little patience through requests."""
    await asyncio.to_thread(requests.post, url, json={}, timeout=0.6)


async def urllib3_hasty(url: str) -> None:
    """Send with little patience through urllib3."""
    patience = urllib3.Timeout(total=0.6)
    pool = urllib3.PoolManager(retries=False, timeout=patience)
    await asyncio.to_thread(pool.request, "POST", url, json={})


HASTY = {
    "httpx2": httpx2_hasty,
    "httpx": httpx_hasty,
    "aiohttp": aiohttp_hasty,
    "requests": requests_hasty,
    "urllib3": urllib3_hasty,
}


@pytest.mark.parametrize("client", CLIENTS)
def test_waiting_costs_no_time_out(tmp_path: Path, client: str) -> None:
    """A client that gives up after little more than half a second waits longer than that for its turn."""
    tape = Tape.record(tmp_path / "c.yaml", ignore)
    with endpoint([Answer("{}")]) as server, installed([client], Slow(0.8)), playing(tape):
        asyncio.run(HASTY[client](f"{server.url}/v1"))
    assert len(server.bodies) == 1


def test_a_connection_may_close_while_its_request_waits(tmp_path: Path) -> None:
    """A pool's connection that the endpoint closes meanwhile is made anew, and the request arrives once."""
    traffic = Slow()
    tape = Tape.record(tmp_path / "c.yaml", ignore)
    with endpoint([Answer("{}")], idle=0.1) as server, installed(["urllib3"], traffic), playing(tape):
        for number in range(2):
            POOL.request("POST", f"{server.url}/v1", body=json.dumps({"n": number}), headers=JSON)
            traffic.waits = [0.3]
    assert server.bodies == [{"n": 0}, {"n": 1}]


def test_middlewares_of_a_session_still_count(tmp_path: Path) -> None:
    """What a session or a request of aiohttp's puts around each request stays there."""
    seen: list[str] = []

    async def marked(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        seen.append(str(request.url))
        return await handler(request)

    async def go(url: str) -> None:
        async with aiohttp.ClientSession(middlewares=[marked]) as session:
            await session.post(f"{url}/session", json={})
            await session.post(f"{url}/none", json={}, middlewares=())

    tape = Tape.record(tmp_path / "c.yaml", ignore)
    with endpoint([Answer("{}")]) as server, installed(["aiohttp"], Traffic()), playing(tape):
        asyncio.run(go(server.url))
    assert (seen, server.paths) == ([f"{server.url}/session"], ["/session", "/none"])


def test_everything_is_taken_off_again() -> None:
    """Afterwards vcrpy and urllib3 are as they were."""

    def state() -> list[Any]:
        names = [name for name in vars(vcr.patch) if name.startswith(("_Httpx", "_Aiohttp"))]
        return [urllib3.connection.HTTPConnection.request, *(getattr(vcr.patch, name) for name in names)]

    before = state()
    with installed(CLIENTS, Traffic()):
        assert state() != before
    assert state() == before


def test_a_cancelled_request_gives_its_turn_back() -> None:
    """A task that is cancelled while it waits has taken no request."""
    traffic = Traffic()
    traffic.answered("http://h/v1", 429, {"Retry-After": ["30"]}, b"", b"")
    with closing(traffic.leaving("http://h:80/v2")) as turns:
        assert next(turns) == 1
        assert traffic.budget.requests == 1
    assert traffic.budget.requests == 0
