"""The pace of one endpoint: when it puts one request off, all wait, and afterwards they leave one by one."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from threading import Lock
from time import monotonic, time

from harness.errors import EndpointBusy
from harness.respite import Respite, wanted

_NOD = 1.0
"""How long a request sleeps at most before it looks again, since others may learn more meanwhile."""

_SHARE, _GAP, _NARROWING, _LEAST = 0.25, 0.25, 0.8, 0.02
"""After a pause the second request leaves a share of it later, so that a refusal of the first can arrive; then each gap
is narrower than the one before, to a least one."""

_DOUBLED = 30
"""How often a pause is doubled at most, so that it stays a number."""


@dataclass(frozen=True)
class Patience:
    """How long it is waited for an endpoint, in seconds."""

    first: float = 1.0
    """A pause for which the endpoint names no end; each further one in a row is twice as long."""
    longest: float = 60.0
    """A pause at most, whatever the endpoint names."""
    whole: float = 180.0
    """All pauses in a row together; after the next refusal, or where one alone is longer, nothing more is asked."""


@dataclass(eq=False)
class _Waiting:
    """A request that has not left."""

    turn: float
    """When it may leave."""


class Pace:
    """When requests to one endpoint may leave; may be used from any thread.

    Requests wait by the clock alone and never for one another's answers, so that one that blocks the thread of the
    others still gets its turn.
    """

    def __init__(
        self,
        endpoint: str,
        patience: Patience | None = None,
        *,
        clock: Callable[[], float] = monotonic,
        now: Callable[[], float] = time,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._endpoint = endpoint
        self._patience = patience or Patience()
        self._clock, self._now, self._tell = clock, now, tell
        self._lock = Lock()
        self._waiting: list[_Waiting] = []
        self._opens = self._told = self._next = float("-inf")
        self._gap = self._widest = 0.0
        self._row = 0
        self._since: float | None = None
        self._busy: str | None = None

    def turn(self) -> Generator[float, None, None]:
        """Yield how many seconds to sleep, again and again, until a request may leave.

        Raises:
            EndpointBusy: it has put everybody off for too long.
        """
        with self._lock:
            mine = _Waiting(self._taken())
            self._waiting.append(mine)
        try:
            while (left := self._left(mine)) > 0:
                yield min(left, _NOD)
        finally:
            with self._lock:
                self._waiting.remove(mine)

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """Take an answer; one that puts the request off, 429 or 503 with a time, is the beginning of a pause for all.

        The names of headers are in small letters.
        """
        respite = wanted(headers, self._now())
        with self._lock:
            if status == 429 or (status == 503 and respite is not None):
                said = self._put_off(status, respite)
            else:
                said = None
                if status < 500:
                    self._row, self._since, self._busy = 0, None, None
        if said is not None:
            self._tell(said)

    def _left(self, mine: _Waiting) -> float:
        with self._lock:
            if self._busy is not None:
                raise EndpointBusy(self._busy)
            return mine.turn - self._clock()

    def _taken(self) -> float:
        """Give the next turn away."""
        turn = max(self._next, self._clock())
        self._next = turn + self._gap
        self._gap = max(self._gap * _NARROWING, _LEAST) if self._gap else 0.0
        return turn

    def _hopeless(self, seconds: float, respite: Respite | None) -> str | None:
        """Return why it is not worth to wait any more after so many seconds, or None where it is."""
        if seconds > self._patience.whole:
            return f" for {seconds:,.0f} s"
        if respite is not None and respite.exact and respite.seconds > self._patience.whole:
            return f", which names {respite.seconds:,.0f} s"
        return None

    def _put_off(self, status: int, respite: Respite | None) -> str | None:
        """Lengthen the pause that lasts, or begin one; return what to say of it, where that was not said."""
        now, patience = self._clock(), self._patience
        lasts = now < self._opens
        self._since = now if self._since is None else self._since
        if self._busy is not None:
            return None
        if (why := self._hopeless(now - self._since, respite)) is not None:
            said = f"{status} from {self._endpoint}{why}: nothing more is asked of it"
            self._busy = f"HTTP {said}"
            return said
        if respite is not None and respite.exact:
            seconds = respite.seconds
        elif lasts:
            return None  # the others that were under way are put off, too, which is no reason to wait longer
        else:
            grown = patience.first * 2.0 ** min(self._row, _DOUBLED)
            seconds = grown if respite is None else max(grown, respite.seconds)
        self._row += not lasts
        pause = min(seconds, patience.longest)
        self._widest = max(self._widest if lasts else 0.0, min(pause * _SHARE, _GAP))
        if now + pause <= self._opens:
            return None
        self._opens = self._next = now + pause
        self._gap = self._widest
        for one in self._waiting:
            one.turn = self._taken()
        if lasts and self._opens - self._told <= pause / 2:
            return None
        self._told = self._opens
        more = f", though it names {respite.seconds:,.0f} s" if respite is not None and respite.seconds > pause else ""
        return f"{status} from {self._endpoint}: all wait {pause:.1f} s{more}"
