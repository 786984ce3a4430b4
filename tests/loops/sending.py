"""The plain loop over other HTTP clients, used in the ways in which applications use them."""

import asyncio
import json
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import httpx
import httpx2
import requests
import urllib3

from harness.model import Model
from harness.settings import Settings
from harness.tools import Tools
from tests.loops.plain import PlainLoop

Send = Callable[[str, Any], Coroutine[Any, Any, str]]
"""Sends JSON to an address and returns the text of the answer."""

JSON = {"Content-Type": "application/json"}

# Made at import, long before anything is patched, as many applications do.
SESSION = requests.Session()
POOL = urllib3.PoolManager(retries=False)
CLIENT = httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


async def httpx2_async(url: str, body: Any) -> str:
    """Send through httpx2."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        return (await client.post(url, json=body)).text


async def httpx_async(url: str, body: Any) -> str:
    """Send through a client of its own."""
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.post(url, json=body)).text


async def httpx_shared(url: str, body: Any) -> str:
    """Send through a client made at import, in a thread."""
    return (await asyncio.to_thread(CLIENT.post, url, json=body)).text


async def aiohttp_json(url: str, body: Any) -> str:
    """Send data that the client writes as JSON."""
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
        return await answer.text()


async def aiohttp_text(url: str, body: Any) -> str:
    """Send JSON written by the application as text, and read the answer piece by piece."""
    async with (
        aiohttp.ClientSession(headers=JSON) as session,
        session.request("post", url, data=json.dumps(body)) as answer,
    ):
        return b"".join([piece async for piece in answer.content.iter_any()]).decode()


async def aiohttp_below(url: str, body: Any) -> str:
    """Send to an address below the session's own, with JSON as the session writes it."""
    base, name = url.rsplit("/", 1)
    async with aiohttp.ClientSession(f"{base}/", json_serialize=lambda data: json.dumps(data, indent=2)) as session:
        answer = await session.post(name, json=body)
        return (await answer.read()).decode()


async def requests_threaded(url: str, body: Any) -> str:
    """Send through a session made at import, in a thread."""
    return (await asyncio.to_thread(SESSION.post, url, json=body)).text


async def requests_blocking(url: str, body: Any) -> str:
    """Send bytes without leaving the event loop's thread."""
    return requests.post(url, data=json.dumps(body).encode(), headers=JSON, timeout=10).text  # noqa: ASYNC210 - as some do


async def urllib3_pooled(url: str, body: Any) -> str:
    """Send through a pool made at import, in a thread."""
    return (await asyncio.to_thread(POOL.request, "POST", url, json=body)).data.decode()


async def executed(url: str, body: Any) -> str:
    """Send in a thread that does not know its case."""
    answer = await asyncio.get_running_loop().run_in_executor(None, lambda: SESSION.post(url, json=body))
    return answer.text


WAYS: dict[str, tuple[Send, ...]] = {
    "httpx2": (httpx2_async,),
    "httpx": (httpx_async, httpx_shared),
    "aiohttp": (aiohttp_json, aiohttp_text, aiohttp_below),
    "requests": (requests_threaded, requests_blocking),
    "urllib3": (urllib3_pooled,),
}
"""How each client is used."""


class SendingLoop(PlainLoop):
    """The plain loop, sending in one of these ways."""

    def __init__(self, tools: Tools, settings: Settings, send: Send) -> None:
        super().__init__(tools, settings)
        self._send = send

    async def _sent(self, model: Model, body: bytes) -> Any:
        return json.loads(await self._send(f"{model.base_url()}/chat/completions", json.loads(body)))


class Unhearing(SendingLoop):
    """A loop that hides what goes wrong on the wire, and says something all the same."""

    async def _sent(self, model: Model, body: bytes) -> Any:
        try:
            return await super()._sent(model, body)
        except Exception:  # noqa: BLE001 - that is what this loop does wrong
            return {"choices": [{"finish_reason": "stop", "message": {"content": "Hello, I suppose."}}]}


def _factory(send: Send, kind: type[SendingLoop] = SendingLoop) -> Callable[[Tools, Settings], SendingLoop]:
    return lambda tools, settings: kind(tools, settings, send)


class Loops:
    """A factory for each way."""

    httpx2_async = _factory(httpx2_async)
    httpx_async = _factory(httpx_async)
    httpx_shared = _factory(httpx_shared)
    aiohttp_json = _factory(aiohttp_json)
    aiohttp_text = _factory(aiohttp_text)
    aiohttp_below = _factory(aiohttp_below)
    requests_threaded = _factory(requests_threaded)
    requests_blocking = _factory(requests_blocking)
    urllib3_pooled = _factory(urllib3_pooled)
    unhearing = _factory(executed, Unhearing)
    executed = _factory(executed)


class Retrying(SendingLoop):
    """A loop that asks three times for what is put off, at once each time."""

    async def _sent(self, model: Model, body: bytes) -> Any:
        for _ in range(3):
            answer = await super()._sent(model, body)
            if "choices" in answer:
                break
        return answer


async def httpx2_bare(url: str, body: Any) -> str:
    """Send through httpx2 without certificates, which take longer to load than everything else."""
    async with httpx2.AsyncClient(trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) as client:
        return (await client.post(url, json=body)).text


class Retries:
    """A factory for each client whose loop asks again."""

    httpx2 = _factory(httpx2_bare, Retrying)
    httpx = _factory(httpx_shared, Retrying)
    aiohttp = _factory(aiohttp_json, Retrying)
    requests = _factory(requests_threaded, Retrying)
    urllib3 = _factory(urllib3_pooled, Retrying)
    blocking = _factory(requests_blocking, Retrying)
    unhearing = _factory(requests_threaded, Unhearing)
