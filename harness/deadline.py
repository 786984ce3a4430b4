"""An HTTP client whose requests have an end: from the moment one leaves until the last byte of its answer."""

import asyncio
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2


def bounded_client(seconds: float, **options: Any) -> "httpx2.AsyncClient":
    """Return the SDK's own client, each request of which is given up after so many seconds, redirects and all.

    Its time-outs alone begin anew with each byte, so that an answer which drips would never end.
    """
    return _kind()(timeout=seconds, **options)


@cache
def _kind() -> "type[httpx2.AsyncClient]":
    import httpx2
    import openai

    class Bounded(openai.DefaultAsyncHttpxClient):
        """Gives a request up when its time has passed."""

        async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
            """Send a request and read its answer.

            Raises:
                httpx2.TimeoutException: it took too long.
            """
            seconds = self.timeout.read or inf
            try:
                async with asyncio.timeout(None) as bound:

                    async def left(_: str, __: object) -> None:
                        if bound.when() is None:
                            bound.reschedule(asyncio.get_running_loop().time() + seconds)

                    # The clock starts when the client does something, not while a request still waits to leave.
                    request.extensions["trace"] = left
                    return await super().send(request, **options)
            except TimeoutError:
                raise httpx2.ReadTimeout("", request=request) from None

    return Bounded
