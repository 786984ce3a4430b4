"""Endpoints that misbehave on the wire, each in one way, on a loopback port of its own."""

import contextlib
import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tests.wire import says

Answering = Callable[["Peer"], None]

HELLO = json.dumps(says("Hello!")).encode()
_MEGABYTE = 1 << 20


@dataclass
class Peer:
    """One connection to such an endpoint."""

    socket: socket.socket
    ended: threading.Event
    """Set when the endpoint ends."""
    asked: list[bytes]
    """The requests so far, of all connections."""

    def read(self) -> None:
        """Read a request with its body."""
        got = b""
        while b"\r\n\r\n" not in got:
            got += self._some()
        head, _, body = got.partition(b"\r\n\r\n")
        said = (line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        length = int(next(said, b"0"))
        while len(body) < length:
            body += self._some()
        self.asked.append(head + b"\r\n\r\n" + body)

    def _some(self) -> bytes:
        if not (some := self.socket.recv(65536)):
            raise ConnectionError
        return some

    def hang(self) -> None:
        """Do nothing until the endpoint ends."""
        self.ended.wait()

    def drip(self, content: bytes) -> None:
        """Send a byte ten times a second."""
        for at in range(len(content)):
            if self.ended.wait(0.1):
                return
            self.socket.sendall(content[at : at + 1])

    def reset(self) -> None:
        """Have the connection end with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def head(status: str = "200 OK", *, length: int | None = None, kind: str = "application/json", **more: object) -> bytes:
    """Return the head of an answer, underscores in the names of headers being dashes."""
    headers = {"content-type": kind, **({} if length is None else {"content-length": length}), **more}
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def answer(body: bytes, status: str = "200 OK", *, kind: str = "application/json", **more: object) -> bytes:
    """Return a whole answer."""
    return head(status, length=len(body), kind=kind, **more) + body


def always(content: bytes) -> Answering:
    """Answer every request on a connection alike."""

    def act(peer: Peer) -> None:
        while True:
            peer.read()
            peer.socket.sendall(content)

    return act


def _once(content: bytes, then: Answering) -> Answering:
    """Answer one request, and then do something else with the connection."""

    def act(peer: Peer) -> None:
        peer.read()
        peer.socket.sendall(content)
        then(peer)

    return act


def _closes(_: Peer) -> None:
    """Leave the connection, which closes it."""


def _continues(peer: Peer) -> None:
    peer.read()
    while not peer.ended.wait(0.05):
        peer.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def _echoes(peer: Peer) -> None:
    """Answer with a page that shows the request, as some proxies do."""
    while True:
        peer.read()
        page = b"<html><h1>Bad gateway</h1><pre>" + peer.asked[-1] + b"</pre></html>"
        peer.socket.sendall(answer(page, "502 Bad Gateway", kind="text/html"))


def _leads_elsewhere(peer: Peer) -> None:
    """Send every question on to a page where people log in."""
    while True:
        peer.read()
        page = answer(b"<html>Log in</html>", kind="text/html")
        peer.socket.sendall(page if b"GET /login" in peer.asked[-1] else head("302 Found", length=0, location="/login"))


def _error(message: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": "server_error"}}).encode()


_HALF = HELLO[: len(HELLO) // 2]
_LONG = len(HELLO)

FAULTS: Mapping[str, Answering] = {
    "never reads": Peer.hang,
    "never answers": _once(b"", Peer.hang),
    "hangs in the status": _once(b"HTTP/1.1 2", Peer.hang),
    "hangs in the headers": _once(head()[:-2], Peer.hang),
    "hangs after the headers": _once(head(length=_LONG), Peer.hang),
    "hangs in the body": _once(head(length=_LONG) + _HALF, Peer.hang),
    "drips headers": _once(b"", lambda peer: peer.drip(head() * 20)),
    "drips the body": _once(head(length=_LONG), lambda peer: peer.drip(HELLO)),
    "drips blanks": _once(head(length=9999), lambda peer: peer.drip(b" " * 9999)),
    "continues for ever": _continues,
    "resets at once": Peer.reset,
    "resets after the request": _once(b"", Peer.reset),
    "resets in the headers": _once(head()[:-2], Peer.reset),
    "resets in the body": _once(head(length=_LONG) + _HALF, Peer.reset),
    "closes at once": _closes,
    "closes after the request": _once(b"", _closes),
    "closes in the headers": _once(head()[:-2], _closes),
    "closes in the body": _once(head(length=_LONG) + _HALF, _closes),
    "closes in a chunk": _once(head(transfer_encoding="chunked") + b"%x\r\n" % _LONG + _HALF, _closes),
    "closes between chunks": _once(head(transfer_encoding="chunked") + b"%x\r\n%s\r\n" % (len(_HALF), _HALF), _closes),
    "sends no chunks": _once(head(transfer_encoding="chunked") + HELLO, _closes),
    "closes before the end": _once(head() + _HALF, _closes),
    "speaks SSH": _once(b"SSH-2.0-OpenSSH_9.7\r\n", Peer.hang),
    "speaks TLS": _once(b"\x15\x03\x01\x00\x02\x02\x46", _closes),
    "HTML under 200": always(answer(b"<!doctype html><html><body>Welcome</body></html>", kind="text/html")),
    "HTML under 502": _echoes,
    "nothing under 200": always(answer(b"")),
    "nothing under 204": always(head("204 No Content")),
    "429": always(answer(_error("Slow down."), "429 Too Many Requests")),
    "429 for a second": always(answer(_error("Slow down."), "429 Too Many Requests", retry_after=1)),
    "429 for an hour": always(answer(_error("Slow down."), "429 Too Many Requests", retry_after=3600)),
    "503": always(answer(_error("Overloaded."), "503 Service Unavailable")),
    "an error under 200": always(answer(_error("The model is not loaded."))),
    "no choices": always(answer(b'{"choices": []}')),
    "null": always(answer(b"null")),
    "a list": always(answer(b"[1, 2]")),
    "not UTF-8": always(answer(b'{"choices": [{"message": {"content": "\xff\xfe\x80"}')),
    "50 MB": always(answer(b"a" * (50 * _MEGABYTE))),
    "no gzip": always(answer(b"certainly not compressed", content_encoding="gzip")),
    "half of gzip": always(answer(gzip.compress(HELLO * 99)[:60], content_encoding="gzip")),
    "redirects in a circle": always(head("307 Temporary Redirect", length=0, location="/v1/chat/completions")),
    "redirects elsewhere": _leads_elsewhere,
    "a stream": always(answer(b"data: {}\n\ndata: [DONE]\n\n", kind="text/event-stream")),
}
"""What can go wrong, by name."""


class Misbehaving(NamedTuple):
    """An endpoint that misbehaves."""

    url: str
    asked: list[bytes]
    """The requests that it read."""


@contextlib.contextmanager
def misbehaving(answering: Answering) -> Iterator[Misbehaving]:
    """Have something answer every connection to a loopback port."""
    ended = threading.Event()
    asked: list[bytes] = []

    def served(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            answering(Peer(connection, ended, asked))

    def accept() -> None:
        while True:
            connection, _ = server.accept()
            if ended.is_set():
                connection.close()
                return
            threading.Thread(target=served, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield Misbehaving(f"http://127.0.0.1:{server.getsockname()[1]}", asked)
        finally:
            ended.set()
            socket.create_connection(server.getsockname()).close()
            thread.join()
