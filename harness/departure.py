"""Below vcrpy's stubs: what lets each live request wait before it really leaves, for each HTTP client."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing
from functools import wraps
from itertools import count
from typing import Any
from unittest import mock

import vcr.patch

Leaving = Callable[[str], Generator[float, None, None]]
"""Yields how many seconds to sleep, again and again, until a request to an address may leave; or raises."""


def departures(patcher: str, leaving: Leaving) -> Iterator[AbstractContextManager[Any]]:
    """Yield what makes the requests of a client wait, to be entered before what vcrpy patches of it.

    vcrpy's stubs send through what they took of each client when vcrpy was imported, but for urllib3's, which send
    through a connection of its own.
    """
    if patcher == "urllib3":
        from vcr.stubs.urllib3_stubs import VCRRequestsHTTPConnection

        connection = VCRRequestsHTTPConnection._baseclass  # noqa: SLF001 - what vcrpy's stub sends through
        yield mock.patch.object(connection, "request", _connected(connection.request, leaving))
        return
    if patcher == "aiohttp":
        ways = {"_AiohttpClientSessionRequest": _in_session}
    else:
        transport = f"_{patcher.capitalize()}"
        ways = {
            f"{transport}HttpTransport_handle_request": _blocking,
            f"{transport}AsyncHttpTransport_handle_async_request": _waiting,
        }
    for name, way in ways.items():
        yield mock.patch.object(vcr.patch, name, way(getattr(vcr.patch, name), leaving))


def _sleep(leaving: Leaving, address: str) -> bool:
    """Sleep in this thread until a request may leave, and tell whether that took any time."""
    slept = False
    with closing(leaving(address)) as turns:
        for seconds in turns:
            time.sleep(seconds)
            slept = True
    return slept


async def _slept(leaving: Leaving, address: str) -> None:
    """Sleep in this task until a request may leave."""
    with closing(leaving(address)) as turns:
        for seconds in turns:
            await asyncio.sleep(seconds)


def _blocking(send: Callable[..., Any], leaving: Leaving) -> Callable[..., Any]:
    @wraps(send)
    def paced(transport: Any, request: Any) -> Any:
        _sleep(leaving, str(request.url))
        return send(transport, request)

    return paced


def _waiting(send: Callable[..., Awaitable[Any]], leaving: Leaving) -> Callable[..., Awaitable[Any]]:
    @wraps(send)
    async def paced(transport: Any, request: Any) -> Any:
        await _slept(leaving, str(request.url))
        return await send(transport, request)

    return paced


def _in_session(send: Callable[..., Awaitable[Any]], leaving: Leaving) -> Callable[..., Awaitable[Any]]:
    """Let a request of aiohttp's wait before its time-out begins, and each redirection that the session follows."""

    @wraps(send)
    async def paced(session: Any, method: str, address: Any, **options: Any) -> Any:
        await _slept(leaving, str(address))
        sent = count()

        async def redirected(request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
            if next(sent):
                await _slept(leaving, str(request.url))
            return await handler(request)

        if not hasattr(session, "_middlewares"):
            return await send(session, method, address, **options)  # before aiohttp 3.12
        own = options.pop("middlewares", None)
        own = session._middlewares if own is None else own  # noqa: SLF001 - as aiohttp does
        return await send(session, method, address, **options, middlewares=(*own, redirected))

    return paced


def _connected(send: Callable[..., Any], leaving: Leaving) -> Callable[..., Any]:
    """Let a request of urllib3's wait, which has its connection already; the endpoint may close that meanwhile."""

    @wraps(send)
    def paced(connection: Any, method: str, url: str, *arguments: Any, **options: Any) -> Any:
        from urllib3.util.connection import is_connection_dropped

        slept = _sleep(leaving, url if "://" in url else _address(connection, url))
        if slept and connection.sock is not None and is_connection_dropped(connection):
            connection.sock.close()
            connection.sock = None  # so that it connects again, to the same place and through the same proxy
        return send(connection, method, url, *arguments, **options)

    return paced


def _address(connection: Any, url: str) -> str:
    """Return the whole address of a request; behind a proxy it is not that of the connection."""
    host, port = connection.host, connection.port
    if connection._tunnel_host:  # noqa: SLF001 - http.client says it nowhere else
        host, port = connection._tunnel_host, connection._tunnel_port  # noqa: SLF001 - likewise
    scheme = "https" if connection.default_port == 443 else "http"
    return f"{scheme}://{host}:{port}{url}"
