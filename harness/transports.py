"""The HTTP clients that a loop may use: how each is patched, and what is done so that its traffic is recorded as sent.

Not offered are vcrpy's other patches. Its stub for `http.client` takes all patches off and on again for the whole
process at each connection, so that another thread's request could pass unseen; the others lack what is needed here.
"""

import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterator
from functools import wraps
from importlib.util import find_spec
from typing import Any
from unittest import mock

import vcr.patch
from vcr.patch import PATCHER_NAMES, CassettePatcherBuilder
from vcr.request import Request

from harness import guard
from harness.departure import Leaving, departures
from harness.errors import InputError
from harness.model import without_credentials

_PATCHERS = {"httpx2": "httpx2", "httpx": "httpx", "aiohttp": "aiohttp", "requests": "urllib3", "urllib3": "urllib3"}
"""What of vcrpy each client needs; requests sends through urllib3."""


def skipped(patcher: str) -> tuple[str, ...]:
    """Return all that vcrpy could patch but this."""
    return tuple(name for name in PATCHER_NAMES if name != patcher)


def patches(
    names: Collection[str], dial: Callable[[str], Any], leaving: Leaving | None = None
) -> Iterator[contextlib.AbstractContextManager[Any]]:
    """Yield what patches these clients, to be entered one by one; `dial` gives each the object that vcrpy asks.

    `leaving` says how long a request waits before it really leaves, where any may.

    Raises:
        InputError: one of them is not installed.
    """
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        raise InputError(
            *(f"loop.transports: {name} is not installed; install it, or do not name it" for name in missing)
        )
    for patcher in dict.fromkeys(_PATCHERS[name] for name in names):
        if leaving is not None:
            yield from departures(patcher, leaving)
        yield from CassettePatcherBuilder(dial(patcher)).build()
        if patcher == "urllib3":
            # The stubs take all patches off while they make a connection, which other threads would slip through;
            # that is for http.client's classes, which are not patched here.
            yield mock.patch.object(vcr.patch, "force_reset", contextlib.nullcontext)
        if patcher == "aiohttp":
            import aiohttp

            yield mock.patch.object(aiohttp.ClientSession, "_request", _written_out(aiohttp.ClientSession._request))  # noqa: SLF001 - what vcrpy patches, too


def sent(request: Request) -> Request:
    """Return a request with its body in bytes, as it goes over the wire.

    Raises:
        NetworkRefused: the body is of a kind that cannot be recorded.
    """
    if type(request.body) is bytes and request.method.isupper():
        return request
    body = request.body_bytes
    if body is not None and not isinstance(body, bytes | bytearray | memoryview):
        raise guard.refused(
            f"a request to {without_credentials(request.uri)}",
            f"its body is of a kind that cannot be recorded, {type(body).__name__}; send JSON, text or bytes",
        )
    return Request(request.method.upper(), request.uri, bytes(body or b""), request.headers)


def _written_out(request: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Return aiohttp's way to send a request, with whole address and the JSON as the session writes it.

    vcrpy's stub looks at what the caller gave: an address below the session's, and data that is not yet text.
    """

    @wraps(request)
    async def written_out(session: Any, method: str, address: Any, **options: Any) -> Any:
        from multidict import CIMultiDict

        data = options.pop("json", None)
        if data is not None and options.get("data") is not None:
            raise ValueError("data and json parameters can not be used at the same time")
        if data is not None:
            to_bytes = getattr(session, "_json_serialize_bytes", None)
            options["data"] = to_bytes(data) if to_bytes else session.json_serialize(data).encode()
            headers = CIMultiDict(options.get("headers") or {})
            if "Content-Type" not in session.headers:
                headers.setdefault("Content-Type", "application/json")
            options["headers"] = headers
        return await request(session, method, session._build_url(address), **options)  # noqa: SLF001 - as aiohttp does

    return written_out
