"""Recorded model traffic: one vcrpy cassette a case, played strictly in order, found through a ContextVar."""

import contextlib
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from vcr import matchers
from vcr.cassette import Cassette
from vcr.errors import UnhandledHTTPRequestError
from vcr.matchers import requests_match
from vcr.patch import PATCHER_NAMES, CassettePatcherBuilder
from vcr.record_mode import RecordMode
from vcr.request import Request
from vcr.serialize import deserialize, serialize
from vcr.serializers import yamlserializer

from harness.completion import excerpt
from harness.errors import (
    CassetteError,
    CassetteMissing,
    CassetteOverrun,
    CassetteStale,
    CassetteUnreadable,
    CassetteUnsafe,
    NetworkRefused,
)
from harness.files import escaped, write_whole
from harness.matching import canonical, difference
from harness.settings import without_credentials
from harness.source import shown

_KEPT_HEADERS = frozenset({"content-type", "retry-after"})
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
            persister=_Persister,
            record_mode=mode,
            match_on=(matchers.method, matchers.path, body_matches),
            before_record_request=_plain_request,
            before_record_response=_plain_response,
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
        here, there = json.loads(one.body), json.loads(other.body)
    except (TypeError, ValueError):
        return False
    return bool(here == there) and canonical(here) == canonical(there)


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


# What is stored


def _plain_request(request: Request) -> Request:
    """Keep of a request what matching needs: no credentials in its address, no headers but its type."""
    uri = without_credentials(request.uri)
    body = bytes(request.body) if request.body else b""
    return Request(request.method, _scripted(uri or ""), body, _kept(dict(request.headers)))


def _plain_response(response: Any) -> Any:
    return {**response, "headers": _kept(response["headers"])}


def _kept(headers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in headers.items() if name.lower() in _KEPT_HEADERS}


def _scripted(uri: str) -> str:
    """Leave the port out of a loopback address, so that recordings of the scripted endpoint are equal."""
    return re.sub(r"^http://127\.0\.0\.1:\d+/", "http://127.0.0.1/", uri)


class Readable:
    """vcrpy's YAML with JSON bodies laid out for people; stock cassettes are read as they are."""

    @staticmethod
    def serialize(data: dict[str, Any]) -> str:
        """Return the cassette's text."""
        for interaction in data["interactions"]:
            interaction["request"]["body"] = _laid_out(interaction["request"]["body"])
            interaction["response"]["body"] = {"string": _laid_out(interaction["response"]["body"]["string"])}
        return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, width=120, sort_keys=False)

    @staticmethod
    def deserialize(text: str) -> Any:
        """Return the cassette's data."""
        return yamlserializer.deserialize(text)


class _Literal(str):
    """Text that is written as a literal block."""

    __slots__ = ()


class _Dumper(yaml.CSafeDumper):
    """Writes literal blocks."""


_Dumper.add_representer(
    _Literal, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")
)

_UNPRINTABLE = re.compile("[^\\x20-\\x7e\\n\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]")


def _laid_out(body: Any) -> Any:
    """Return a JSON body on lines, every character that YAML would not show as it is written as its escape.

    What would not come back with the same meaning (repeated keys, numbers beyond all bounds, not JSON) stays as it is.
    """
    text = body.decode("utf-8", "surrogateescape") if isinstance(body, bytes) else body
    if not isinstance(text, str):
        return body
    try:
        pretty = json.dumps(
            json.loads(text, object_pairs_hook=_unrepeated), ensure_ascii=False, indent=1, allow_nan=False
        )
    except (ValueError, RecursionError):
        return body
    return _Literal(_UNPRINTABLE.sub(_escape, pretty) + "\n")


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("a key is repeated")
    return data


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


class _Persister:
    """Reads and writes whole files, and lets no unreadable one pass for an empty one."""

    @staticmethod
    def load_cassette(cassette_path: Path, serializer: Any) -> Any:
        name = shown(cassette_path)
        try:
            text = cassette_path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            raise CassetteMissing(f"{name}: nothing is recorded") from None
        except (OSError, UnicodeDecodeError) as error:
            raise CassetteUnreadable(f"{name}:1:1: cannot be read: {error}") from None
        try:
            requests, responses, *metadata = deserialize(text, serializer)
            for request, response in zip(requests, responses, strict=True):
                _whole(request, response)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
            raise CassetteUnreadable(f"{name}:{at}: not a cassette: {error.problem or error.context}") from None
        except (ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError, RecursionError) as error:
            said = " ".join(str(error).split()) or type(error).__name__
            raise CassetteUnreadable(f"{name}:1:1: not a cassette: {type(error).__name__}: {said}") from None
        return requests, responses, *metadata

    @staticmethod
    def save_cassette(cassette_path: Path, cassette_dict: Any, serializer: Any) -> None:
        write_whole(cassette_path, serialize(cassette_dict, serializer))


def _whole(request: Request, response: Any) -> None:
    """Refuse an exchange of which a part is missing, which vcrpy would only notice when it is played."""
    if not isinstance(request.method, str) or not isinstance(request.uri, str):
        raise TypeError("a request without method or uri")
    if not isinstance(response["status"]["code"], int) or "message" not in response["status"]:
        raise TypeError("a response without status")
    if not isinstance(response["body"]["string"], bytes) or not isinstance(response["headers"], dict):
        raise TypeError("a response without body or headers")


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
