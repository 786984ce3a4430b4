"""A request is given up after its time, however slowly its answer comes, and its time begins when it leaves."""

import asyncio
from time import monotonic
from typing import Any

import httpx2
import pytest

from harness.deadline import bounded_client
from tests.misbehaving import FAULTS, HELLO, Answering, Peer, always, answer, head, misbehaving


def asked(url: str, seconds: float, **options: Any) -> httpx2.Response:
    """Return what comes of one request."""

    async def ask() -> httpx2.Response:
        async with bounded_client(seconds, **options) as client:
            return await client.post(url, json={})

    return asyncio.run(ask())


def _turns(peer: Peer) -> None:
    """Send on and on, after a while each time."""
    while not peer.ended.wait(0.2):
        peer.read()
        peer.socket.sendall(head("307 Temporary Redirect", length=0, location="/again"))


def test_an_answer_in_time_comes_whole() -> None:
    """What comes in time is given as it is, also after a redirection."""
    with misbehaving(always(answer(HELLO))) as endpoint:
        assert asked(endpoint.url, 20).content == HELLO


@pytest.mark.parametrize(
    "answering", [FAULTS["drips headers"], FAULTS["drips blanks"], FAULTS["continues for ever"], _turns]
)
def test_what_would_never_end_is_given_up(answering: Answering) -> None:
    """Though something comes all the time, a request ends with a time-out, all its redirections together."""
    start = monotonic()
    with misbehaving(answering) as endpoint, pytest.raises(httpx2.ReadTimeout):
        asked(endpoint.url, 0.5)
    assert 0.4 < monotonic() - start < 5


def test_waiting_to_leave_takes_nothing_of_the_time() -> None:
    """A request that is held back before it leaves has its whole time afterwards."""

    class Held(httpx2.AsyncBaseTransport):
        """Lets a request leave after a while."""

        def __init__(self) -> None:
            self._below = httpx2.AsyncHTTPTransport()

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            """Wait longer than the request has time, and send it."""
            await asyncio.sleep(0.6)
            return await self._below.handle_async_request(request)

        async def aclose(self) -> None:
            """Close what is below."""
            await self._below.aclose()

    with misbehaving(always(answer(HELLO))) as endpoint:
        assert asked(endpoint.url, 0.5, transport=Held()).content == HELLO
    with misbehaving(FAULTS["drips the body"]) as endpoint, pytest.raises(httpx2.ReadTimeout):
        asked(endpoint.url, 0.5, transport=Held())


def test_others_time_outs_and_an_end_from_outside_are_not_ours() -> None:
    """A request that is cancelled is cancelled, and a time-out around it is the caller's."""

    async def ask(url: str) -> None:
        async with bounded_client(30) as client, asyncio.timeout(0.3):
            await client.post(url, json={})

    with misbehaving(FAULTS["never answers"]) as endpoint, pytest.raises(TimeoutError):
        asyncio.run(ask(endpoint.url))
