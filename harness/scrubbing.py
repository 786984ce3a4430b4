"""What is kept of an exchange: no secret headers, no credentials in its address, bodies as the client reads them."""

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Literal

from vcr.request import Request

from harness.model import without_credentials

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
