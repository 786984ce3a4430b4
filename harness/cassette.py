"""Recorded model traffic: one vcrpy cassette a case, played strictly in order, found through a ContextVar."""

import contextlib
import json
import logging
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vcr import matchers
from vcr.cassette import Cassette
from vcr.errors import UnhandledHTTPRequestError
from vcr.matchers import requests_match
from vcr.patch import PATCHER_NAMES, CassettePatcherBuilder
from vcr.record_mode import RecordMode
from vcr.request import Request
from vcr.serialize import serialize

from harness.completion import excerpt
from harness.errors import CassetteError, CassetteOverrun, CassetteStale, CassetteUnsafe, NetworkRefused
from harness.files import escaped
from harness.layout import Readable, WholeFiles, plain_request, plain_response
from harness.matching import canonical, difference
from harness.settings import without_credentials
from harness.source import shown

_OVERCOME = frozenset({408, 409, 429, *range(500, 600)})


@dataclass(frozen=True)
class Exchange:
    """One request and its response, as the loop and the endpoint saw them."""

    request: str
    status: int
    response: str


Listener = Callable[[Exchange], None]


def path_of(folder: Path, scenario: str, model: str, variant: str, repeat: int = 1) -> Path:
    """Return where the cassette of a case stands: `<model>/<variant>/<area>/<name>[~k].yaml`."""
    *areas, name = scenario.split("/")
    ending = f"~{repeat}" if repeat > 1 else ""
    parts = [escaped(model), *map(escaped, variant.split("/")), *map(escaped, areas)]
    return folder.joinpath(*parts, f"{escaped(name)}{ending}.yaml")


class Tape(Cassette):  # type: ignore[misc]  # vcrpy has no types
    """A cassette that plays its exchanges in order, or records new ones, and tells a listener of each."""

    def __init__(self, path: Path, mode: RecordMode, listener: Listener, secrets: frozenset[str] = frozenset()) -> None:
        super().__init__(
            path=path,
            serializer=Readable,
            persister=WholeFiles,
            record_mode=mode,
            match_on=(matchers.method, matchers.path, body_matches),
            before_record_request=plain_request,
            before_record_response=plain_response,
            skip_patchers=_SKIPPED,
        )
        self._listener = listener
        self._secrets = secrets
        self.error: CassetteError | None = None
        """Why the tape refused a request; a loop may have swallowed what was raised."""

    @classmethod
    def replay(cls, path: Path, listener: Listener) -> "Tape":
        """Load a cassette for replay.

        Raises:
            CassetteMissing: there is no such file.
            CassetteUnreadable: the file is not a cassette.
        """
        tape = cls(path, RecordMode.NONE, listener)
        tape._load()
        return tape

    @classmethod
    def record(cls, path: Path, listener: Listener, secrets: frozenset[str] = frozenset()) -> "Tape":
        """Return an empty tape that records; what is there is replaced only when it is saved."""
        return cls(path, RecordMode.ALL, listener, secrets)

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
        self.error = self._refusal(request)
        if self.error is not None:
            raise self.error
        return True

    def play_response(self, request: Request) -> Any:  # noqa: ARG002 - the next one is the one, or it was refused
        """Return the next recorded response."""
        position = self.played
        if position >= len(self.data):
            raise UnhandledHTTPRequestError(f"{self._path} is played to its end")
        stored, response = self.data[position]
        self.play_counts[position] += 1
        self._listener(_exchange(stored, response))
        return response

    def append(self, request: Request, response: Any) -> None:
        """Take an exchange, from the file or from the wire; an answer that a retry overcame is not kept."""
        live = self.record_mode == RecordMode.ALL
        if live and self.data:
            (before, answer) = self.data[-1]
            if answer["status"]["code"] in _OVERCOME and before.body == request.body:
                self.data.pop()
        super().append(request, response)
        if live:
            self._listener(_exchange(*self.data[-1]))

    def _refusal(self, request: Request) -> CassetteError | None:
        position = self.played
        where = f"request {position + 1}"
        if position >= len(self.data):
            return CassetteOverrun(
                f"{shown(self._path)}: {where} was never recorded: the loop asks for more than the "
                f"{len(self.data)} that were"
            )
        stored, _ = self.data[position]
        if requests_match(request, stored, self._match_on):
            return None
        return CassetteStale(f"{shown(self._path)}: {where} is not what was recorded: {_parting(stored, request)}")


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
    except (TypeError, ValueError):
        return False


def _parting(stored: Request, request: Request) -> str:
    """Say where a request and the recorded one part."""
    if stored.method != request.method or stored.path != request.path:
        return f"recorded {stored.method} {stored.path}, now {request.method} {request.path}"
    try:
        parted = difference(json.loads(stored.body), json.loads(request.body))
    except (TypeError, ValueError):
        return "one of the bodies is not JSON"
    if parted is None:
        return "the bodies differ"
    return f"{parted.path}: recorded {_around(parted.one, parted.other)}, now {_around(parted.other, parted.one)}"


def _around(one: Any, other: Any) -> str:
    """Return a value as JSON, a long text from a little before the place where it parts from the other."""
    if isinstance(one, str) and isinstance(other, str):
        start = next(
            (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
        )
        begin = max(0, one.rfind(" ", 0, max(0, start - 20)) + 1) if start > 40 else 0
        part = one[begin : start + 60]
        head, tail = "... " if begin else "", " ..." if start + 60 < len(one) else ""
        return json.dumps(f"{head}{part}{tail}", ensure_ascii=False)
    return excerpt(json.dumps(one, ensure_ascii=False, default=repr))


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
        raise NetworkRefused(
            f"a request to {without_credentials(request.uri)} was made outside of any case (in a thread of its own?); "
            "it was not sent"
        )


_current: ContextVar[Any] = ContextVar("harness_cassette", default=_Refusal())  # noqa: B039 - it has no state

_SKIPPED = tuple(name for name in PATCHER_NAMES if name != "httpx2")


class _Dial:
    """What vcrpy's patches hold: it forwards everything to the cassette of the running case."""

    _path = "of the running case"
    custom_patches = ()
    skip_patchers = _SKIPPED

    def __getattr__(self, name: str) -> Any:
        return getattr(_current.get(), name)

    def __len__(self) -> int:
        return len(_current.get())


@contextlib.contextmanager
def installed() -> Iterator[None]:
    """Patch the HTTP client of this process, once for all cases; every request then needs a tape."""
    logging.getLogger("vcr").setLevel(logging.WARNING)  # at INFO it logs whole responses, keys and all
    with contextlib.ExitStack() as stack:
        for patcher in CassettePatcherBuilder(_Dial()).build():
            stack.enter_context(patcher)
        yield


@contextlib.contextmanager
def playing(tape: Tape) -> Iterator[None]:
    """Send the requests of this task, and of tasks and threads that inherit its context, to a tape."""
    token = _current.set(tape)
    try:
        yield
    finally:
        _current.reset(token)
