"""What a recording may spend: ceilings of requests and tokens, what was used of them, and which cases still fit."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from harness.errors import CeilingReached

_SIGNS = 4
"""How many characters a token has, about, where the provider does not count them."""


@dataclass(frozen=True)
class Ceiling:
    """The most that a recording may spend, of what is limited at all."""

    requests: int | None = None
    tokens: int | None = None

    def __str__(self) -> str:
        """Say it: `100 requests and 50,000 tokens`."""
        parts = ((self.requests, "request"), (self.tokens, "token"))
        return " and ".join(_many(most, what) for most, what in parts if most is not None)

    def __bool__(self) -> bool:
        """Tell whether anything is limited."""
        return self != Ceiling()


class Budget:
    """What is left to spend; may be used from any thread, but for `room`, which belongs to one event loop."""

    def __init__(self, ceiling: Ceiling | None = None) -> None:
        self.ceiling = ceiling or Ceiling()
        self.requests = 0
        """How many requests left, those that were sent again among them."""
        self.tokens = 0
        """The tokens of all answers, as the provider counts them."""
        self.estimated = 0
        """How many of the tokens are estimated from characters, since their answers do not count them."""
        self._answers = 0
        self._promised = 0
        self._lock = Lock()
        self._freed = asyncio.Condition()

    def __str__(self) -> str:
        """Say what was spent: `48 requests and 51,200 tokens (1,300 of them estimated)`."""
        estimated = f" ({self.estimated:,} of them estimated, of answers that count none)" if self.estimated else ""
        return f"{Ceiling(self.requests, self.tokens)}{estimated}"

    @property
    def unasked(self) -> CeilingReached:
        """Why a case is not begun for which there is no room."""
        return CeilingReached(f"not asked, since too little is left of the ceiling of {self.ceiling}")

    def take(self) -> None:
        """Take one request.

        Raises:
            CeilingReached: a ceiling is reached.
        """
        with self._lock:
            most = self.ceiling.requests
            if most is not None and self.requests >= most:
                raise self._reached()
            self._look()
            self.requests += 1

    def look(self) -> None:
        """Look whether a request that was taken may still leave, since answers to others may have come meanwhile.

        Raises:
            CeilingReached: the ceiling of tokens is reached.
        """
        with self._lock:
            self._look()

    def put_back(self) -> None:
        """Put back a request that did not leave."""
        with self._lock:
            self.requests -= 1

    def answered(self, status: int, request: bytes, answer: bytes) -> None:
        """Count the tokens of an answer; an error costs none."""
        if status >= 400:
            return
        counted = _tokens(answer)
        with self._lock:
            self._answers += 1
            if counted is None:
                counted = (len(_text(request)) + len(_text(answer))) // _SIGNS
                self.estimated += counted
            self.tokens += counted

    @asynccontextmanager
    async def room(self, requests: int) -> AsyncIterator[bool]:
        """Give whether a case that takes about so many requests may start, and keep that room for it.

        A case that would have room if those under way took less than they are expected to waits for them.
        """
        if not self.ceiling:
            yield True
            return
        async with self._freed:
            while not (fits := self._fits(self._promised + requests)) and self._promised and self._fits(requests):
                await self._freed.wait()
            promised = requests if fits else 0
            self._promised += promised
        try:
            yield fits
        finally:
            async with self._freed:
                self._promised -= promised
                self._freed.notify_all()

    def _look(self) -> None:
        most = self.ceiling.tokens
        if most is not None and self.tokens >= most:
            raise self._reached()

    def _reached(self) -> CeilingReached:
        return CeilingReached(f"cut off, and nothing of it is stored: the ceiling of {self.ceiling} is reached")

    def _fits(self, requests: int) -> bool:
        """Tell whether so many requests can still be made; an answer is taken to cost as much as those before did."""
        with self._lock:
            most, tokens = self.ceiling.requests, self.ceiling.tokens
            if most is not None and self.requests + requests > most:
                return False
            each = self.tokens / self._answers if self._answers else 0
            return tokens is None or (self.tokens < tokens and self.tokens + each * requests <= tokens)


def _tokens(answer: bytes) -> int | None:
    """Return the tokens of a request and its answer as the provider counts them, or None where it does not.

    Some proxies make up a usage of nothing, which counts as none.
    """
    try:
        data = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    usage = data.get("usage") if isinstance(data, dict) else None
    if not isinstance(usage, dict):
        return None
    parts = sum(_count(usage.get(name)) for name in ("prompt_tokens", "completion_tokens"))
    return _count(usage.get("total_tokens")) or parts or None


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
