"""An HTTP client whose requests have an end: from the moment one leaves until the last byte of its answer."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2


def bounded_client(seconds: float, **options: Any) -> "httpx2.AsyncClient":
    """Return the SDK's own client, each request of which is given up after so many seconds, redirects and all.

    Its time-outs alone begin anew with each byte, so that an answer which drips would never end.
    """
    import openai

    client = openai.DefaultAsyncHttpxClient(timeout=seconds, **options)
    client.send = _bounded(client.send, seconds)  # type: ignore[method-assign]
    return client


def _bounded(send: Callable[..., Awaitable["httpx2.Response"]], seconds: float) -> Callable[..., Any]:
    import httpx2

    @wraps(send)
    async def bounded(request: httpx2.Request, **options: Any) -> httpx2.Response:
        try:
            async with asyncio.timeout(None) as bound:

                async def left(_: str, __: object) -> None:
                    if bound.when() is None:
                        bound.reschedule(asyncio.get_running_loop().time() + seconds)

                # The clock starts when the client does something, not while a request still waits to leave.
                request.extensions["trace"] = left
                return await send(request, **options)
        except TimeoutError:
            raise httpx2.ReadTimeout("", request=request) from None

    return bounded
