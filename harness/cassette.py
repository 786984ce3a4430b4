"""Recorded model traffic: one vcrpy cassette a case, played strictly in order, found through a ContextVar."""

import contextlib
import json
import logging
from collections.abc import Callable, Collection, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from vcr import matchers
from vcr.cassette import Cassette
from vcr.errors import UnhandledHTTPRequestError
from vcr.matchers import requests_match
from vcr.record_mode import RecordMode
from vcr.request import Request
from vcr.serialize import serialize

from harness import guard, transports
from harness.drift import Drift, Sent, Telling, drifts
from harness.errors import CassetteError, CassetteOverrun, CassetteStale, CassetteUnsafe
from harness.files import escaped
from harness.layout import Readable, WholeFiles, decoded, plain_request, plain_response
from harness.likeness import Matching
from harness.matching import canonical
from harness.model import without_credentials
from harness.source import shown

_OVERCOME = frozenset({408, 409, 429, *range(500, 600)})


@dataclass(frozen=True)
class Exchange:
    """One request and its response, as the loop and the endpoint saw them."""

    request: str
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

    def __init__(self, path: Path, mode: RecordMode, listener: Listener) -> None:
        super().__init__(
            path=path,
            serializer=Readable,
            persister=WholeFiles,
            record_mode=mode,
            match_on=(matchers.method, matchers.path, body_matches),
            before_record_request=plain_request,
            before_record_response=plain_response,
        )
        self._listener = listener
        self._secrets: frozenset[str] = frozenset()
        self._rules = Matching()
        self._telling = Telling()
        self._leads_to: str | None = None
        self._where: Callable[[], str] = lambda: f"request {self.played + 1}"
        self.drifted: list[Drifted] = []
        """The differences from the recording that were seen."""
        self.error: CassetteError | None = None
        """Why the tape refused a request; a loop may have swallowed what was raised."""

    @classmethod
    def replay(
        cls,
        path: Path,
        listener: Listener,
        rules: Matching | None = None,
        where: Callable[[], str] | None = None,
        telling: Telling | None = None,
    ) -> "Tape":
        """Load a cassette for replay; `where` says in which turn and round the case is, `telling` how drift is told.

        Raises:
            CassetteMissing: there is no such file.
            CassetteUnreadable: the file is not a cassette.
        """
        tape = cls(path, RecordMode.NONE, listener)
        tape._rules, tape._where = rules or tape._rules, where or tape._where
        tape._telling = telling or tape._telling
        tape._load()
        return tape

    @classmethod
    def record(cls, path: Path, listener: Listener, secrets: frozenset[str] = frozenset()) -> "Tape":
        """Return an empty tape that records; what is there is replaced only when it is saved."""
        tape = cls(path, RecordMode.ALL, listener)
        tape._secrets = secrets
        return tape

    @property
    def digest(self) -> str:
        """The digest of the file, which tells one recording from another."""
        return sha256(self._path.read_bytes()).hexdigest()[:16]

    @property
    def played(self) -> int:
        """How many exchanges were played."""
        return sum(self.play_counts.values())

    def save(self) -> None:
        """Write the file, whole or not at all.

        Raises:
            CassetteUnsafe: the text holds a value that is known to be secret.
        """
        text = serialize(self._as_dict(), Readable)
        for secret in self._secrets:
            if (at := text.find(secret)) >= 0 or (at := text.find(json.dumps(secret)[1:-1])) >= 0:
                line = text.count("\n", 0, at) + 1
                raise CassetteUnsafe(
                    f"{shown(self._path)}:{line}:1: not saved: what was recorded holds a key or a header's value; "
                    "keep it out of prompts, tool results and replies"
                )
        self._save(force=True)

    def can_play_response_for(self, request: Request) -> bool:
        """Tell whether the next recorded exchange answers this request; in replay, refuse it otherwise."""
        if self.error is not None:
            raise self.error
        if self.record_mode == RecordMode.ALL:
            return False
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
        position = self.played
        if position >= len(self.data):
            raise UnhandledHTTPRequestError(f"{self._path} is played to its end")
        _, response = self.data[position]
        self.play_counts[position] += 1
        self._listener(_exchange(request, response))
        return response

    def append(self, request: Request, response: Any) -> None:
        """Take an exchange, from the file or from the wire.

        An answer that a retry overcame is not kept, and of redirections the first request with the last answer.
        """
        live, address = self.record_mode == RecordMode.ALL, request.uri
        if live and self.data:
            (before, answer) = self.data[-1]
            if address == self._leads_to:
                (request, _) = self.data.pop()
            elif answer["status"]["code"] in _OVERCOME and before.body == request.body:
                self.data.pop()
        super().append(request, response)
        if live:
            self._leads_to = _leads_to(address, response)
            self._listener(_exchange(*self.data[-1]))

    def _refusal(self, request: Request) -> CassetteError | None:
        position = self.played
        if position >= len(self.data):
            number = len(self.data)
            said = f"the loop asks for more than the {number} request{'' if number == 1 else 's'} that were recorded"
            if self.beyond is not None:
                self.drifted.append(Drifted(self._where(), Drift("shape", said)))
            return self.beyond or CassetteOverrun(f"{shown(self._path)}: {self._where()}: {said}")
        stored, _ = self.data[position]
        if requests_match(request, stored, self._match_on):
            return None
        known = {text for one in self.drifted for text in one.drift[1:] if text}
        found = drifts(_sent(stored), _sent(request), self._rules, self._telling)
        new = (drift for drift in found if not known.intersection(filter(None, drift[1:])))
        self.drifted += [Drifted(self._where(), drift) for drift in new]
        return self.beyond if self._rules.match == "strict" else None


def _sent(request: Request) -> Sent:
    return Sent(request.method, request.path, bytes(request.body or b""))


def body_matches(one: Request, other: Request) -> bool:
    """Match requests by their JSON, JSON types counting."""
    if one.body == other.body:
        return True
    try:
        there = json.loads(other.body)
        # Most requests are written as the SDK writes them, so that comparing texts spares a second parse.
        if one.body == json.dumps(there, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"):
            return True
        return canonical(json.loads(one.body)) == canonical(there)
    except (TypeError, ValueError, RecursionError):
        return False


def _leads_to(address: str, response: Any) -> str | None:
    """Return where a redirection of a request to an address leads, or None for another answer."""
    if not 300 <= response["status"]["code"] < 400:
        return None
    found = (values for name, values in response["headers"].items() if name.lower() == "location")
    values = next(found, None)
    return urljoin(address, values if isinstance(values, str) else values[0]) if values else None


def _exchange(request: Request, response: Any) -> Exchange:
    return Exchange(
        request=bytes(request.body or b"").decode("utf-8", "replace"),
        status=response["status"]["code"],
        response=response["body"]["string"].decode("utf-8", "replace"),
    )


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

    def __init__(self, client: str) -> None:
        self.skip_patchers = transports.skipped(client)
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
        _current.get().append(transports.sent(request), decoded(response, self._decoder))


@contextlib.contextmanager
def installed(clients: Collection[str] = ("httpx2",)) -> Iterator[None]:
    """Patch these HTTP clients in this process, once for all cases; every request of theirs then needs a tape.

    Raises:
        InputError: one of them is not installed.
    """
    logging.getLogger("vcr").setLevel(logging.WARNING)  # at INFO it logs whole responses, keys and all
    with contextlib.ExitStack() as stack:
        for patch in transports.patches(clients, _Dial):
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
