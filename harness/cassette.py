"""Recorded model traffic: one vcrpy cassette a case, played strictly in order, found through a ContextVar."""

import contextlib
import json
import logging
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urljoin

from vcr.cassette import Cassette
from vcr.record_mode import RecordMode
from vcr.request import Request

from harness import guard, transports
from harness.drift import Drift, Sent, Telling, drifts
from harness.errors import CassetteError, CassetteOverrun, CassetteStale
from harness.files import escaped
from harness.layout import Recorded, digest_of
from harness.likeness import Matching
from harness.matching import canonical
from harness.model import without_credentials
from harness.pieces import Pieces
from harness.recording import Recording, load, save, text_of
from harness.scrubbing import decoded, plain_request, plain_response
from harness.source import shown
from harness.traffic import Traffic

State = Literal["replayed", "drifted", "partly played", "missing", "stale", "overrun", "unreadable", "recorded"]
"""What became of a cassette: played as it was recorded, at differences that are allowed, or not to its end; not there;
the loop asks something else, or for more; not what was recorded; or written now."""

_OVERCOME = frozenset({408, 409, 429, *range(500, 600)})


@dataclass(frozen=True)
class Exchange:
    """One request and its response, as the loop and the endpoint saw them."""

    request: Any
    """The request's body as data, or None where it is not JSON."""
    status: int
    response: str


Listener = Callable[[Exchange], None]


@dataclass(frozen=True)
class Drifted:
    """A difference from the recording, and the turn and round in which it was seen."""

    place: str
    drift: Drift

    def __str__(self) -> str:
        return f"{self.place}: {self.drift.what}"


def path_of(folder: Path, scenario: str, model: str, variant: str, repeat: int = 1) -> Path:
    """Return where the cassette of a case stands: `<model>/<variant>/<area>/<name>[~k].yaml`."""
    *areas, name = scenario.split("/")
    ending = f"~{repeat}" if repeat > 1 else ""
    parts = [escaped(model), *map(escaped, variant.split("/")), *map(escaped, areas)]
    return folder.joinpath(*parts, f"{escaped(name)}{ending}.yaml")


class Tape(Cassette):  # type: ignore[misc]  # vcrpy has no types
    """A cassette that plays its exchanges in order, or records new ones, and tells a listener of each."""

    def __init__(self, path: Path, mode: RecordMode, listener: Listener, pieces: Pieces | None) -> None:
        super().__init__(path=path, record_mode=mode)
        self._listener = listener
        self._pieces = pieces or Pieces(path.parent)
        self._rules = Matching()
        self._telling = Telling()
        self._leads_to: str | None = None
        self._where: Callable[[], str] = lambda: f"request {self.played + 1}"
        self._old: Recording | None = None
        self._asking: Callable[[], None] = lambda: None
        self.played = 0
        """How many recorded exchanges were played."""
        self.drifted: list[Drifted] = []
        """The differences from the recording that were seen."""
        self.error: CassetteError | None = None
        """Why the tape refused a request; a loop may have swallowed what was raised."""

    @classmethod
    def replay(  # noqa: PLR0913 - what a replay is told
        cls,
        path: Path,
        listener: Listener,
        *,
        rules: Matching | None = None,
        where: Callable[[], str] | None = None,
        telling: Telling | None = None,
        pieces: Pieces | None = None,
    ) -> "Tape":
        """Load a cassette for replay; `where` says in which turn and round the case is, `telling` how drift is told.

        Raises:
            CassetteMissing: there is no such file.
            CassetteUnreadable: the file is not a cassette, or not what was recorded.
        """
        tape = cls(path, RecordMode.NONE, listener, pieces)
        tape._rules, tape._where = rules or tape._rules, where or tape._where
        tape._telling = telling or tape._telling
        tape._old = load(path, tape._pieces)
        return tape

    @classmethod
    def record(
        cls,
        path: Path,
        listener: Listener,
        pieces: Pieces | None = None,
        asking: Callable[[], None] = lambda: None,
    ) -> "Tape":
        """Return an empty tape that records; what is there is replaced only when it is saved.

        `asking` is called whenever a request is about to leave.
        """
        tape = cls(path, RecordMode.ALL, listener, pieces)
        tape._asking = asking
        return tape

    @classmethod
    def extend(cls, path: Path, listener: Listener, pieces: Pieces | None = None) -> "Tape":
        """Return a tape that plays what is recorded as long as requests are the same, and records from then on.

        Raises:
            CassetteMissing: there is no such file.
            CassetteUnreadable: the file is not a cassette, or not what was recorded.
        """
        tape = cls(path, RecordMode.ALL, listener, pieces)
        tape._old = load(path, tape._pieces)
        return tape

    def __len__(self) -> int:
        """Return how many exchanges it holds."""
        return self.recorded

    @property
    def live(self) -> bool:
        """Whether it records."""
        return bool(self.record_mode == RecordMode.ALL)

    @property
    def replaying(self) -> bool:
        """Whether nothing of it is new so far."""
        return self._old is not None and not self.data

    @property
    def digest(self) -> str:
        """The digest of the recorded exchanges, which tells one recording from another."""
        return (self._old or load(self._path, self._pieces)).digest[:16]

    @property
    def recorded(self) -> int:
        """How many exchanges it holds, those that are new among them."""
        kept = self.played if self.live else len(self._old) if self._old is not None else 0
        return kept + len(self.data)

    @property
    def exchanges(self) -> list[Recorded]:
        """What it holds: what was kept of an earlier recording, and what is new."""
        kept = self._old.exchanges[: self.played if self.live else None] if self._old is not None else []
        return [*kept, *(Recorded(*one) for one in self.data)]

    def save(self, metadata: Mapping[str, Any] | None = None, known: Mapping[str, str] | None = None) -> None:
        """Write the file, whole or not at all; `known` are secrets, each with the words that tell of it.

        Raises:
            CassetteUnsafe: the text holds a secret, known or told by its shape.
        """
        save(self._path, text_of(self.exchanges, metadata or {}, self._pieces), self._pieces, known or {})
        self._old = None

    def can_play_response_for(self, request: Request) -> bool:
        """Tell whether the next recorded exchange answers this request; in replay, refuse it otherwise."""
        if self.error is not None:
            raise self.error
        if self.live:
            self._asking()
            return self._goes_on(request)
        try:
            self.error = self._refusal(request)
        except CassetteError as error:
            self.error = error
        if self.error is not None:
            raise self.error
        return True

    @property
    def beyond(self) -> CassetteError | None:
        """What is told of the differences that are not allowed, or None where there are none."""
        seen = [one for one in self.drifted if one.drift.kind not in self._rules.allow_drift]
        if not seen:
            return None
        more = len(seen) - 1
        further = f" (and {more} further difference{'' if more == 1 else 's'})" if more else ""
        return CassetteStale(f"{shown(self._path)}: {seen[0]}{further}")

    def play_response(self, request: Request) -> Any:
        """Return the next recorded response."""
        if self._old is None:
            raise RuntimeError("nothing is recorded that could be played")
        position = self.played
        self.played += 1
        response = self._old.replies[position]
        same = self._old.sent[position] == digest_of(request.body)
        self._told(self._old.body(position) if same else _data(request.body), response)
        return response

    def append(self, request: Request, response: Any) -> None:
        """Take an exchange from the wire.

        An answer that a retry overcame is not kept, and of redirections the first request with the last answer.
        """
        address = request.uri
        if self.data:
            (before, answer) = self.data[-1]
            if address == self._leads_to:
                (request, _) = self.data.pop()
            elif answer["status"]["code"] in _OVERCOME and before.body == request.body:
                self.data.pop()
        kept = Recorded(plain_request(request), plain_response(response))
        self.data.append(kept)
        self._leads_to = _leads_to(address, response)
        self._told(self._read(kept.request), kept.response)

    def _read(self, request: Request) -> Any:
        return _data(request.body)

    def _told(self, request: Any, response: Any) -> None:
        text = response["body"]["string"].decode("utf-8", "replace")
        self._listener(Exchange(request, response["status"]["code"], text))

    def _goes_on(self, request: Request) -> bool:
        """Tell whether a request is the one that was recorded next, and none before it was new."""
        old, position = self._old, self.played
        if old is None or self.data or position >= len(old):
            return False
        return old.sent[position] == digest_of(request.body) or _matches(request, old.request(position))

    def _refusal(self, request: Request) -> CassetteError | None:
        if self._old is None:
            raise RuntimeError("a replay needs its recording")
        position, number = self.played, len(self._old)
        if position >= number:
            said = f"the loop asks for more than the {number} request{'' if number == 1 else 's'} that were recorded"
            if self.beyond is not None:
                self.drifted.append(Drifted(self._where(), Drift("shape", said)))
            return self.beyond or CassetteOverrun(f"{shown(self._path)}: {self._where()}: {said}")
        place = self._old.place(position)
        if place == (request.method, request.path) and self._old.sent[position] == digest_of(request.body):
            return None
        stored = self._old.request(position)
        if place == (request.method, request.path) and _matches(request, stored):
            return None
        known = {text for one in self.drifted for text in one.drift[1:] if text}
        found = drifts(_sent(stored), _sent(request), self._rules, self._telling)
        new = (drift for drift in found if not known.intersection(filter(None, drift[1:])))
        self.drifted += [Drifted(self._where(), drift) for drift in new]
        return self.beyond if self._rules.match == "strict" else None


def _sent(request: Request) -> Sent:
    return Sent(request.method, request.path, bytes(request.body or b""))


def _data(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _matches(one: Request, other: Request) -> bool:
    """Tell whether requests have the same JSON, whatever the order of keys; types count."""
    if one.body == other.body:
        return True
    try:
        return canonical(json.loads(one.body)) == canonical(json.loads(other.body))
    except (TypeError, ValueError, RecursionError):
        return False


def _leads_to(address: str, response: Any) -> str | None:
    """Return where a redirection of a request to an address leads, or None for another answer."""
    if not 300 <= response["status"]["code"] < 400:
        return None
    found = (values for name, values in response["headers"].items() if name.lower() == "location")
    values = next(found, None)
    return urljoin(address, values if isinstance(values, str) else values[0]) if values else None


# Where requests go


class _Refusal:
    """Stands where no case is running, and refuses every request."""

    write_protected = True

    def can_play_response_for(self, request: Request) -> bool:
        """Refuse the request."""
        raise guard.refused(
            f"a request to {without_credentials(request.uri)}",
            "a request needs its case, which asyncio.to_thread keeps, and run_in_executor and threading.Thread lose",
        )


_current: ContextVar[Any] = ContextVar("harness_cassette", default=_Refusal())  # noqa: B039 - it has no state


class _Dial:
    """What vcrpy's patches of one client hold: it forwards everything to the cassette of the running case."""

    _path = "of the running case"
    custom_patches = ()

    def __init__(self, client: str, traffic: Traffic | None) -> None:
        self.skip_patchers = transports.skipped(client)
        self._traffic = traffic
        self._decoder: Any = client if client in ("httpx2", "httpx") else None

    def __getattr__(self, name: str) -> Any:
        return getattr(_current.get(), name)

    def __len__(self) -> int:
        return len(_current.get())

    def can_play_response_for(self, request: Request) -> bool:
        """Ask the cassette about the request as it would be sent."""
        return bool(_current.get().can_play_response_for(transports.sent(request)))

    def play_response(self, request: Request) -> Any:
        """Ask the cassette for the response to the request as it would be sent."""
        return _current.get().play_response(transports.sent(request))

    def append(self, request: Request, response: Any) -> None:
        """Give the cassette the exchange as it was sent, and as the client reads it."""
        asked, read = transports.sent(request), decoded(response, self._decoder)
        if self._traffic is not None:
            status, answer = read["status"]["code"], read["body"]["string"]
            self._traffic.answered(asked.uri, status, read["headers"], asked.body, answer)
        _current.get().append(asked, read)


def _leaving(traffic: Traffic, address: str) -> Generator[float, None, None]:
    """Let a request of the running case leave when it may; one that may not ends its case, whatever the loop says."""
    try:
        yield from traffic.leaving(address)
    except CassetteError as error:
        _current.get().error = error
        raise


@contextlib.contextmanager
def installed(clients: Collection[str] = ("httpx2",), traffic: Traffic | None = None) -> Iterator[None]:
    """Patch these HTTP clients in this process, once for all cases; every request of theirs then needs a tape.

    Requests that really leave, which are those of tapes that record, are part of the `traffic`.

    Raises:
        InputError: one of them is not installed.
    """
    logging.getLogger("vcr").setLevel(logging.WARNING)  # at INFO it logs whole responses, keys and all
    with contextlib.ExitStack() as stack:
        leaving = None if traffic is None else partial(_leaving, traffic)
        for patch in transports.patches(clients, partial(_Dial, traffic=traffic), leaving):
            stack.enter_context(patch)
        yield


@contextlib.contextmanager
def playing(tape: Tape) -> Iterator[None]:
    """Send the requests of this task, and of tasks and threads that inherit its context, to a tape."""
    token = _current.set(tape)
    try:
        yield
    finally:
        _current.reset(token)
