"""One cassette's file: its exchanges behind a head of metadata, told whole by a digest; stock files of vcrpy, too."""

import json
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import yaml
from vcr.request import Request
from vcr.serialize import deserialize
from vcr.serializers import compat, yamlserializer

from harness.credentials import credentials
from harness.errors import CassetteError, CassetteMissing, CassetteUnreadable, CassetteUnsafe, InputError
from harness.files import write_whole
from harness.layout import Laid, Recorded, Unfit, digest_of, laid_out, lines
from harness.pieces import Pieces, referred
from harness.scanning import found, refusal
from harness.source import parse, shown

_SIGN = "harness-cassette: 1\n"
_MARK = "\nexchanges:\n"


class Recording:
    """What a cassette holds, its requests made out only where somebody asks for them."""

    def __init__(
        self, path: Path, digest: str, metadata: Mapping[str, Any], exchanges: "Laid | _Stock", *, stock: bool
    ) -> None:
        self._path = path
        self._exchanges = exchanges
        self.digest = digest
        """The digest of the exchanges, which tells one recording from another."""
        self.metadata = metadata
        """What is said of the recording beside its exchanges."""
        self.sent = exchanges.sent
        """The digests of the requests' bodies."""
        self.replies = exchanges.replies
        """The responses, as vcrpy plays them."""
        self.stock = stock
        """Whether it is a file of vcrpy's own form."""

    def __len__(self) -> int:
        """Return how many exchanges there are."""
        return len(self.sent)

    def place(self, position: int) -> tuple[str, str]:
        """Return the method and the path of a request."""
        return self._exchanges.place(position)

    def body(self, position: int) -> Any:
        """Return a request's body as data, which nobody may change, or None where it is not JSON.

        Raises:
            CassetteUnreadable: it cannot be made out.
        """
        with self._readable():
            data = self._exchanges.body(position)
            return _json(self._exchanges.request(position).body) if data is None else data

    def request(self, position: int) -> Request:
        """Return a request as it was sent.

        Raises:
            CassetteUnreadable: it cannot be made out.
        """
        with self._readable():
            return self._exchanges.request(position)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except Unfit as error:
            raise CassetteUnreadable(f"{shown(self._path)}:1:1: not a cassette: {error}") from None

    @property
    def exchanges(self) -> list[Recorded]:
        """All exchanges, as vcrpy knows them.

        Raises:
            CassetteUnreadable: one of the requests cannot be made out.
        """
        return [Recorded(self.request(at), reply) for at, reply in enumerate(self.replies)]


class _Stock(NamedTuple):
    """The exchanges of a file of vcrpy's own form."""

    requests: tuple[Request, ...]
    replies: tuple[dict[str, Any], ...]
    sent: tuple[str, ...]

    def place(self, position: int) -> tuple[str, str]:
        """Return the method and the path of a request."""
        request = self.requests[position]
        return request.method, request.path

    def body(self, position: int) -> Any:
        """Return a request's body as data, or None where it is not JSON."""
        return _json(self.requests[position].body)

    def request(self, position: int) -> Request:
        """Return a request."""
        return self.requests[position]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


# Text and recordings


def text_of(exchanges: Sequence[Recorded], metadata: Mapping[str, Any], pieces: Pieces) -> str:
    """Return the text of a cassette; what it shares with others goes to the pieces."""
    body = laid_out(exchanges, pieces)
    head = lines({"digest": _digest(body), "metadata": dict(metadata)}, 2)
    return f"{_SIGN}{head}{_MARK[1:]}{body}"


def digest_in(text: str) -> str:
    """Return the digest of the exchanges in the text of a cassette, as they are now."""
    return _digest(text.partition(_MARK)[2])


def parsed(text: str, path: Path, pieces: Pieces, *, trusting: bool = False) -> Recording:
    """Read the text of a cassette; `trusting` takes exchanges that were changed since they were written.

    Raises:
        CassetteUnreadable: it is not what was written, by the harness or by vcrpy.
    """
    if not text.startswith(_SIGN[:-1]):
        return _stock(text, path)
    text = text.replace("\r\n", "\n")  # as some checkouts write lines; a body's own are written as escapes
    head, mark, body = text.partition(_MARK)
    name = shown(path)
    try:
        if not mark or not text.startswith(_SIGN):
            raise CassetteUnreadable(f"{name}:1:1: not a cassette: it has no exchanges, or is of another version")
        said = parse(f"{head}\n", path).data
        digest = said.get("digest")
        metadata = said.get("metadata", {})
        if set(said) - {"harness-cassette", "digest", "metadata"} or not isinstance(metadata, dict):
            raise CassetteUnreadable(f"{name}:1:1: not a cassette: its head is not what was written")
        now = _digest(body)
        if not trusting and digest != now:
            raise CassetteUnreadable(
                f"{name}:2:1: its exchanges were changed since they were recorded, or part of them is lost; "
                f"record it again, or if the edit is meant: harness cassette accept {shlex.quote(name)}"
            )
        data = parse("\n" * head.count("\n") + f"\n\n{body}", path).data
        return Recording(path, now, metadata, Laid(data or [], pieces), stock=False)
    except InputError as error:
        raise CassetteUnreadable(error.problems[0].replace(": not YAML: ", ": not a cassette: ", 1)) from None
    except Unfit as error:
        raise CassetteUnreadable(f"{name}:1:1: not a cassette: {error}") from None


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _stock(text: str, path: Path) -> Recording:
    name = shown(path)
    try:
        requests, responses, *metadata = deserialize(text, yamlserializer)
        for request, response in zip(requests, responses, strict=True):
            _whole(request, response)
        sent = tuple(digest_of(request.body) for request in requests)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise CassetteUnreadable(f"{name}:{at}: not a cassette: {error.problem or error.context}") from None
    except (ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError, RecursionError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise CassetteUnreadable(f"{name}:1:1: not a cassette: {type(error).__name__}: {said}") from None
    stock = _Stock(tuple(requests), tuple(responses), sent)
    return Recording(path, _digest(text), metadata[0] if metadata else {}, stock, stock=True)


def _whole(request: Request, response: Any) -> None:
    """Refuse an exchange of which a part is missing, which vcrpy would only notice when it is played."""
    if not isinstance(request.method, str) or not isinstance(request.uri, str):
        raise TypeError("a request without method or uri")
    if not isinstance(request.body or b"", bytes):
        raise TypeError("a request with a body that is no text")
    request.body = request.body or b""
    if not isinstance(response["status"]["code"], int) or "message" not in response["status"]:
        raise TypeError("a response without status")
    if not isinstance(response["body"]["string"], bytes) or not isinstance(response["headers"], dict):
        raise TypeError("a response without body or headers")


# Files


def load(path: Path, pieces: Pieces, *, trusting: bool = False) -> Recording:
    """Read a cassette, what it shares with others being among the pieces; `trusting` takes it as it stands.

    Raises:
        CassetteMissing: there is no such file.
        CassetteUnreadable: it is not what was written.
    """
    return parsed(read(path), path, pieces, trusting=trusting)


def read(path: Path) -> str:
    """Return the text of a cassette.

    Raises:
        CassetteMissing: there is no such file.
        CassetteUnreadable: it is not text.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise CassetteMissing(f"{shown(path)}: nothing is recorded") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CassetteUnreadable(f"{shown(path)}:1:1: cannot be read: {error}") from None


def counted(path: Path) -> int | None:
    """Return how many exchanges a cassette seems to hold, without making them out; None where there are none.

    In both forms each is an item of a sequence that is not indented, and all that it holds is.
    """
    try:
        return path.read_bytes().count(b"\n- ") or None
    except OSError:
        return None


def save(path: Path, text: str, pieces: Pieces, known: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Write the text of a cassette and the pieces that it shares, and return whether anything but the head is new.

    What holds the same exchanges already is left as it is, so that the time of a recording tells nothing anew. `known`
    are secrets, each with the words that tell of it.

    Raises:
        CassetteUnsafe: the text or one of its pieces holds a secret, known or told by its shape; nothing is written.
    """
    harmless(path, text, pieces, known)
    with pieces.alone():  # between a piece and the cassette that needs it nobody clears
        pieces.save()
        try:
            if parsed(read(path), path, pieces).digest == digest_in(text):
                return False
        except CassetteError:
            pass
        write_whole(path, text)
        return True


def harmless(path: Path, text: str, pieces: Pieces, known: Mapping[str, str]) -> None:
    """Refuse the text of a cassette that holds a secret, or shares one.

    Raises:
        CassetteUnsafe: it does; the message says where, and shows nothing of the secret.
    """
    shared = {pieces.path(name): pieces.text(name) for name in dict.fromkeys(referred(text))}
    for place, said in ((path, text), *shared.items()):
        if leaks := found(said, known):
            raise CassetteUnsafe(refusal(shown(place), leaks))


class Serializer:
    """What vcrpy's `register_serializer` takes, so that it loads and saves the cassettes of one folder."""

    def __init__(self, cassettes: Path | str) -> None:
        self._cassettes = Path(cassettes)

    def serialize(self, data: dict[str, Any]) -> str:
        """Return the text of a cassette, and write the pieces that it shares.

        Raises:
            CassetteUnsafe: it holds a secret.
        """
        exchanges = []
        for one in data["interactions"]:
            request = Request._from_dict(one["request"])  # noqa: SLF001 - as vcrpy reads its own
            request.body = request.body or b""
            exchanges.append(Recorded(request, compat.convert_to_bytes(one["response"])))
        pieces = Pieces(self._cassettes)
        text = text_of(exchanges, data.get("metadata") or {}, pieces)
        harmless(Path("cassette"), text, pieces, credentials(os.environ))
        pieces.save()
        return text

    def deserialize(self, text: str) -> dict[str, Any]:
        """Return the data of a cassette.

        Raises:
            CassetteUnreadable: it is not what was written.
        """
        recording = parsed(text, Path("cassette"), Pieces(self._cassettes))
        interactions = [
            {
                "request": {
                    "method": request.method,
                    "uri": request.uri,
                    "body": request.body,
                    "headers": dict(request.headers),
                },
                "response": response,
            }
            for request, response in recording.exchanges
        ]
        return {"version": 1, "interactions": interactions, "metadata": dict(recording.metadata)}
