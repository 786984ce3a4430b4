"""How exchanges are stored: vcrpy's YAML with JSON laid out for people, no secret headers, read whole or not at all."""

import json
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import yaml
from vcr.request import Request
from vcr.serialize import deserialize, serialize
from vcr.serializers import yamlserializer

from harness.errors import CassetteMissing, CassetteUnreadable
from harness.files import write_whole
from harness.jsontext import unrepeated
from harness.model import without_credentials
from harness.source import shown

_KEPT_HEADERS = ("content-type", "retry-after")


def plain_request(request: Request) -> Request:
    """Keep of a request what matching needs: no credentials in its address, no headers but its type."""
    uri = without_credentials(request.uri)
    return Request(request.method, _scripted(uri or ""), bytes(request.body_bytes or b""), _kept(request.headers))


def plain_response(response: Any) -> Any:
    """Keep of a response its status, its body, and the two headers that say how to read it and when to retry."""
    stored = decoded(response, "httpx2")
    return {**stored, "headers": _kept(stored["headers"])}


def decoded(response: Any, client: Literal["httpx2", "httpx"] | None) -> Any:
    """Return a response with its body as this client reads it, and without the header that says how to.

    Without a client the body is one that was handed over decoded, whatever the header says.
    """
    body = bytes(response["body"].get("string") or b"")
    headers = {name: values for name, values in response["headers"].items() if name.lower() != "content-encoding"}
    if client is not None and len(headers) < len(response["headers"]):
        encodings = [
            value
            for name, values in response["headers"].items()
            if name not in headers
            for value in ([values] if isinstance(values, str) else values)
        ]
        body = _decompressed(body, ", ".join(encodings), import_module(client))
    return {**response, "headers": headers, "body": {"string": body}}


def _decompressed(body: bytes, encoding: str, client: Any) -> bytes:
    """Return a body as a client decodes it, or as it is where it is not compressed or not as it says."""
    stored = client.Response(200, headers={"content-encoding": encoding}, stream=client.ByteStream(body))
    try:
        read: bytes = stored.read()
    except client.DecodingError:
        return body
    return read


def _kept(headers: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the headers that are stored, named and ordered alike whichever client writes them."""
    named = {_text(name).lower(): value for name, value in headers.items()}
    return {
        name: value if isinstance(value := named[name], list) else _text(value)
        for name in _KEPT_HEADERS
        if name in named
    }


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


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
            json.loads(text, object_pairs_hook=unrepeated), ensure_ascii=False, indent=1, allow_nan=False
        )
    except (ValueError, RecursionError):
        return body
    return _Literal(_UNPRINTABLE.sub(_escape, pretty) + "\n")


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


class WholeFiles:
    """Reads and writes whole files, and lets no unreadable one pass for an empty one."""

    @staticmethod
    def load_cassette(cassette_path: Path, serializer: Any) -> Any:
        """Return requests, responses and what else vcrpy stored.

        Raises:
            CassetteMissing: there is no such file.
            CassetteUnreadable: the file is not a whole cassette.
        """
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
        """Write the cassette, whole or not at all."""
        write_whole(cassette_path, serialize(cassette_dict, serializer))


def _whole(request: Request, response: Any) -> None:
    """Refuse an exchange of which a part is missing, which vcrpy would only notice when it is played."""
    if not isinstance(request.method, str) or not isinstance(request.uri, str):
        raise TypeError("a request without method or uri")
    if not isinstance(response["status"]["code"], int) or "message" not in response["status"]:
        raise TypeError("a response without status")
    if not isinstance(response["body"]["string"], bytes) or not isinstance(response["headers"], dict):
        raise TypeError("a response without body or headers")
