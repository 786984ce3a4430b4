"""The live requests of a run: each waits for the pace of its endpoint and is counted, whichever client sends it."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from functools import partial
from threading import Lock
from urllib.parse import urlsplit

from harness.budget import Budget
from harness.errors import NetworkRefused
from harness.pace import Pace, Patience

_PORTS = {"http": ":80", "https": ":443"}


class Traffic:
    """What live requests of all cases share; may be used from any thread."""

    def __init__(
        self,
        budget: Budget | None = None,
        patience: Patience | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.budget = budget or Budget()
        self._pace = partial(Pace, patience=patience, tell=tell)
        self._paces: dict[str, Pace] = {}
        self._lock = Lock()
        self._closed = False

    def close(self) -> None:
        """Let nothing leave any more, not even what still waits in a thread that its case left behind."""
        self._closed = True

    def leaving(self, address: str) -> Generator[float, None, None]:
        """Yield how many seconds to sleep, again and again, until a request to an address may leave.

        Raises:
            CeilingReached: no more requests or tokens may be spent.
            EndpointBusy: the endpoint has put everybody off for too long.
            NetworkRefused: the run has ended.
        """
        self.budget.take()
        left = False
        try:
            with closing(self._of(address).turn()) as turns:
                for seconds in turns:
                    yield seconds
                    self._look(address)
            self._look(address)
            self.budget.look()
            left = True
        finally:
            if not left:
                self.budget.put_back()

    def answered(
        self, address: str, status: int, headers: Mapping[str, str | Sequence[str]], request: bytes, answer: bytes
    ) -> None:
        """Take what an endpoint answered to a request."""
        plain = {name.lower(): value if isinstance(value, str) else ", ".join(value) for name, value in headers.items()}
        self._of(address).answered(status, plain)
        self.budget.answered(status, request, answer)

    def _look(self, address: str) -> None:
        if self._closed:
            raise NetworkRefused(
                f"a request to {endpoint_of(address)} was refused: the run has ended that it belongs to"
            )

    def _of(self, address: str) -> Pace:
        endpoint = endpoint_of(address)
        with self._lock:
            if endpoint not in self._paces:
                self._paces[endpoint] = self._pace(endpoint)
            return self._paces[endpoint]


def endpoint_of(address: str) -> str:
    """Return the host of an address, with its port where that is not the usual one."""
    parts = urlsplit(address)
    place = parts.netloc.rpartition("@")[2].lower()
    return place.removesuffix(_PORTS.get(parts.scheme, ""))
