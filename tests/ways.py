"""Ways out of a process: every one that Python's own library and HTTP clients know, each taken at a call."""

import asyncio
import http.client
import io
import logging
import logging.handlers
import multiprocessing.connection
import os
import smtplib
import socket
import ssl
import tempfile
import threading
import urllib.request
import xmlrpc.client
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing, suppress
from typing import Any, NamedTuple

import aiohttp
import httpx
import httpx2
import requests
import urllib3

V4, V6, NOWHERE = "127.0.0.1", "::1", "nowhere.invalid"
MESSAGE = b"GET / HTTP/1.0\r\n\r\n"
SHORT = 2.0
"""Seconds after which a way is given up that waits for an answer."""


class Places(NamedTuple):
    """Where somebody listens."""

    tcp4: int
    tcp6: int
    udp4: int
    udp6: int
    http: int
    """A port that answers requests."""
    tls: int
    """A port that speaks TLS without certificates."""
    stream: str
    """A socket in the file system."""
    datagrams: str
    """Another one, for datagrams."""


Way = Callable[[Places], object]
AsyncWay = Callable[[Places], Awaitable[object]]


# Plain sockets


def _connects(family: int, address: Callable[[Places], Any], how: str = "connect") -> Way:
    def act(places: Places) -> None:
        with socket.socket(family) as plain:
            plain.settimeout(SHORT)
            getattr(plain, how)(address(places))

    return act


def _at_once(family: int, address: Callable[[Places], Any], how: str) -> Way:
    """Connect as event loops do, without waiting."""

    def act(places: Places) -> None:
        with socket.socket(family) as plain:
            plain.setblocking(False)
            with suppress(BlockingIOError):
                getattr(plain, how)(address(places))

    return act


def _sends(family: int, address: Callable[[Places], Any], how: str = "sendto") -> Way:
    def act(places: Places) -> None:
        with socket.socket(family, socket.SOCK_DGRAM) as plain:
            if how == "sendto":
                plain.sendto(MESSAGE, address(places))
            elif how == "flags":
                plain.sendto(MESSAGE, socket.MSG_DONTWAIT, address(places))
            elif how == "connect":
                plain.connect(address(places))
                plain.send(MESSAGE)
            else:
                plain.sendmsg([MESSAGE], [], 0, address(places))

    return act


def _tcp4(places: Places) -> tuple[str, int]:
    return V4, places.tcp4


def _tcp6(places: Places) -> tuple[str, int]:
    return V6, places.tcp6


def _udp4(places: Places) -> tuple[str, int]:
    return V4, places.udp4


def _udp6(places: Places) -> tuple[str, int]:
    return V6, places.udp6


def _stream(places: Places) -> str:
    return places.stream


def _datagrams(places: Places) -> str:
    return places.datagrams


def _opens_fast(places: Places) -> None:
    """Send with the first packet of a connection."""
    with socket.socket() as plain:
        plain.settimeout(SHORT)
        plain.sendto(MESSAGE, socket.MSG_FASTOPEN, (V4, places.tcp4))


def _wraps(places: Places) -> None:
    """Connect below TLS."""
    with _unchecked().wrap_socket(socket.socket()) as wrapped:
        wrapped.settimeout(SHORT)
        wrapped.connect((V4, places.tls))


def _unchecked() -> ssl.SSLContext:
    """Return a context that asks for no certificate, and takes none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("aNULL:@SECLEVEL=0")
    return context


def _packet(_: Places) -> None:
    """Put a frame on the loopback device, below all protocols."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as plain:
        plain.bind(("lo", 0x0800))
        plain.send(b"\x00" * 12 + b"\x08\x00" + b"\x00" * 46)


def _raw(_: Places) -> None:
    """Send an echo request."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as plain:
        plain.sendto(b"\x08\x00\xf7\xff\x00\x00\x00\x00", (V4, 0))


# What the standard library makes of them


def _asks_by_http_client(places: Places) -> None:
    with closing(http.client.HTTPConnection(V4, places.http, timeout=SHORT)) as connection:
        connection.request("GET", "/")


def _asks_by_https(places: Places) -> None:
    with closing(http.client.HTTPSConnection(V4, places.tls, timeout=SHORT, context=_unchecked())) as connection:
        connection.request("GET", "/")


def _logs(handler: Callable[[Places], logging.Handler]) -> Way:
    def act(places: Places) -> None:
        with closing(handler(places)) as there:
            setattr(there, "handleError", _raised)  # noqa: B010 - it would print the error, and go on
            there.handle(logging.makeLogRecord({"msg": "Hello."}))

    return act


def _raised(_: logging.LogRecord) -> None:
    raise  # noqa: PLE0704 - called where an error is handled


WAYS: Mapping[str, Way] = {
    "connect, IPv4": _connects(socket.AF_INET, _tcp4),
    "connect, IPv6": _connects(socket.AF_INET6, _tcp6),
    "connect, a file": _connects(socket.AF_UNIX, _stream),
    "connect_ex, IPv4": _connects(socket.AF_INET, _tcp4, "connect_ex"),
    "connect_ex, IPv6": _connects(socket.AF_INET6, _tcp6, "connect_ex"),
    "connect_ex, a file": _connects(socket.AF_UNIX, _stream, "connect_ex"),
    "connect at once, IPv4": _at_once(socket.AF_INET, _tcp4, "connect"),
    "connect at once, IPv6": _at_once(socket.AF_INET6, _tcp6, "connect"),
    "connect_ex at once, IPv4": _at_once(socket.AF_INET, _tcp4, "connect_ex"),
    "create_connection, IPv4": lambda places: socket.create_connection(_tcp4(places), SHORT).close(),
    "create_connection, IPv6": lambda places: socket.create_connection(_tcp6(places), SHORT).close(),
    "create_connection, a name": lambda places: socket.create_connection(("localhost", places.tcp4), SHORT).close(),
    "sendto, IPv4": _sends(socket.AF_INET, _udp4),
    "sendto, IPv6": _sends(socket.AF_INET6, _udp6),
    "sendto, a file": _sends(socket.AF_UNIX, _datagrams),
    "sendto with flags": _sends(socket.AF_INET, _udp4, "flags"),
    "sendmsg, IPv4": _sends(socket.AF_INET, _udp4, "sendmsg"),
    "sendmsg, IPv6": _sends(socket.AF_INET6, _udp6, "sendmsg"),
    "sendmsg, a file": _sends(socket.AF_UNIX, _datagrams, "sendmsg"),
    "connect and send datagrams, IPv4": _sends(socket.AF_INET, _udp4, "connect"),
    "connect and send datagrams, IPv6": _sends(socket.AF_INET6, _udp6, "connect"),
    "connect and send datagrams, a file": _sends(socket.AF_UNIX, _datagrams, "connect"),
    "open fast": _opens_fast,
    "TLS over a socket": _wraps,
    "http.client": _asks_by_http_client,
    "http.client, TLS": _asks_by_https,
    "urllib": lambda places: urllib.request.urlopen(f"http://{V4}:{places.http}/", timeout=SHORT).close(),
    "xmlrpc": lambda places: xmlrpc.client.ServerProxy(f"http://{V4}:{places.http}/").hello(),
    "smtplib": lambda places: smtplib.SMTP(V4, places.tcp4, timeout=SHORT),
    "multiprocessing": lambda places: multiprocessing.connection.Client((V4, places.tcp4)),
    "logging, TCP": _logs(lambda places: logging.handlers.SocketHandler(V4, places.tcp4)),
    "logging, UDP": _logs(lambda places: logging.handlers.DatagramHandler(V4, places.udp4)),
    "logging, syslog": _logs(lambda places: logging.handlers.SysLogHandler((V4, places.udp4))),
    "logging, HTTP": _logs(lambda places: logging.handlers.HTTPHandler(f"{V4}:{places.http}", "/")),
    "requests": lambda places: requests.get(f"http://{V4}:{places.http}/", timeout=SHORT),
    "urllib3": lambda places: urllib3.PoolManager().request(
        "GET", f"http://{V4}:{places.http}/", timeout=SHORT, retries=False
    ),
    "httpx": lambda places: httpx.get(f"http://{V4}:{places.http}/", timeout=SHORT, trust_env=False),
    "httpx2": lambda places: httpx2.get(f"http://{V4}:{places.http}/", timeout=SHORT, trust_env=False),
}
"""Ways to somebody who listens."""

PRIVILEGED: Mapping[str, Way] = {"a frame": _packet, "an echo": _raw}
"""Ways that are open to the administrator only."""

LOOKS: Mapping[str, Way] = {
    "look up: getaddrinfo": lambda _: socket.getaddrinfo(NOWHERE, 80),
    "look up: gethostbyname": lambda _: socket.gethostbyname(NOWHERE),
    "look up: gethostbyname_ex": lambda _: socket.gethostbyname_ex(NOWHERE),
    "look up: gethostbyaddr": lambda _: socket.gethostbyaddr("192.0.2.1"),
    "look up: getnameinfo": lambda _: socket.getnameinfo(("192.0.2.1", 80), 0),
    "look up: getfqdn": lambda _: socket.getfqdn(NOWHERE),
    "look up: create_connection": lambda _: socket.create_connection((NOWHERE, 80), SHORT),
    "look up: urllib": lambda _: urllib.request.urlopen(f"http://{NOWHERE}/", timeout=SHORT),
    "look up: requests": lambda _: requests.get(f"http://{NOWHERE}/", timeout=SHORT),
    "look up: httpx": lambda _: httpx.get(f"http://{NOWHERE}/", timeout=SHORT),
}
"""Ways to look somebody up."""


# asyncio


async def _a_protocol_connects(places: Places) -> None:
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, V4, places.tcp4)
    transport.close()


async def _a_protocol_connects_to_a_file(places: Places) -> None:
    transport, _ = await asyncio.get_running_loop().create_unix_connection(asyncio.Protocol, places.stream)
    transport.close()


async def _a_stream_opens(places: Places) -> None:
    _, writer = await asyncio.open_connection(V4, places.tcp4)
    writer.close()


async def _a_stream_opens_under_tls(places: Places) -> None:
    _, writer = await asyncio.open_connection(V4, places.tls, ssl=_unchecked())
    writer.close()


async def _a_file_opens(places: Places) -> None:
    _, writer = await asyncio.open_unix_connection(places.stream)
    writer.close()


async def _datagrams_to_one(places: Places) -> None:
    running = asyncio.get_running_loop()
    transport, _ = await running.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=_udp4(places))
    transport.sendto(MESSAGE)
    transport.close()


async def _datagrams_to_any(places: Places) -> None:
    running = asyncio.get_running_loop()
    transport, _ = await running.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(V4, 0))
    transport.sendto(MESSAGE, _udp4(places))
    transport.close()


async def _a_socket_connects(places: Places) -> None:
    with socket.socket() as plain:
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plain, _tcp4(places))


async def _a_socket_sends(places: Places) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as plain:
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_sendto(plain, MESSAGE, _udp4(places))


async def _asks_by_aiohttp(places: Places) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"http://{V4}:{places.http}/"):
        pass


async def _asks_by_httpx(places: Places) -> None:
    async with httpx.AsyncClient(timeout=SHORT, trust_env=False) as client:
        await client.get(f"http://{V4}:{places.http}/")


async def _asks_by_httpx2(places: Places) -> None:
    async with httpx2.AsyncClient(timeout=SHORT, trust_env=False) as client:
        await client.get(f"http://{V4}:{places.http}/")


async def _looks_up(_: Places) -> None:
    await asyncio.get_running_loop().getaddrinfo(NOWHERE, 80)


async def _looks_back(_: Places) -> None:
    await asyncio.get_running_loop().getnameinfo(("192.0.2.1", 80))


async def _looks_up_to_connect(_: Places) -> None:
    await asyncio.open_connection(NOWHERE, 80)


ASYNC_WAYS: Mapping[str, AsyncWay] = {
    "a protocol": _a_protocol_connects,
    "a protocol, a file": _a_protocol_connects_to_a_file,
    "a stream": _a_stream_opens,
    "a stream, TLS": _a_stream_opens_under_tls,
    "a stream, a file": _a_file_opens,
    "datagrams to one": _datagrams_to_one,
    "datagrams to any": _datagrams_to_any,
    "sock_connect": _a_socket_connects,
    "sock_sendto": _a_socket_sends,
    "aiohttp": _asks_by_aiohttp,
    "httpx, async": _asks_by_httpx,
    "httpx2, async": _asks_by_httpx2,
}
"""Ways to somebody who listens, in an event loop."""

ASYNC_LOOKS: Mapping[str, AsyncWay] = {
    "look up: getaddrinfo, async": _looks_up,
    "look up: getnameinfo, async": _looks_back,
    "look up: open_connection": _looks_up_to_connect,
}
"""Ways to look somebody up, in an event loop."""


# What was open before


class Opened:
    """Connections of every kind that were opened before any replay, to be used in it."""

    def __init__(self, places: Places, running: asyncio.AbstractEventLoop) -> None:
        address = f"http://{V4}:{places.http}/"
        self._running = running
        self._plain, self._other = (socket.create_connection((V4, places.tcp4)) for _ in range(2))
        self._file = socket.socket(socket.AF_UNIX)
        self._file.connect(places.stream)
        self._udp = socket.socket(type=socket.SOCK_DGRAM)
        self._udp.connect(_udp4(places))
        self._tls = _unchecked().wrap_socket(socket.create_connection((V4, places.tls)))
        self._bare = socket.create_connection((V4, places.tls))
        self._requests, self._urllib3 = requests.Session(), urllib3.PoolManager()
        self._httpx, self._httpx2 = httpx.Client(trust_env=False), httpx2.Client(trust_env=False)
        self._http = http.client.HTTPConnection(V4, places.http)
        self._aiohttp: aiohttp.ClientSession = self._beside(self._session())
        self._writer: asyncio.StreamWriter = self._beside(asyncio.open_connection(V4, places.tcp4))[1]
        asked: Mapping[str, Way] = {
            "http.client": lambda _: self._by_http(),
            "requests": lambda _: self._requests.get(address, timeout=SHORT),
            "urllib3": lambda _: self._urllib3.request("GET", address, timeout=SHORT, retries=False),
            "httpx": lambda _: self._httpx.get(address, timeout=SHORT),
            "httpx2": lambda _: self._httpx2.get(address, timeout=SHORT),
            "aiohttp": lambda _: self._beside(self._by_aiohttp(address)),
        }
        for ask in asked.values():
            ask(places)
        self.ways: Mapping[str, Way] = {
            **asked,
            "send": lambda _: self._plain.send(MESSAGE),
            "sendall": lambda _: self._plain.sendall(MESSAGE),
            "sendmsg": lambda _: self._plain.sendmsg([MESSAGE]),
            "sendto": lambda _: self._plain.sendto(MESSAGE, (V4, places.tcp4)),
            "send, a file": lambda _: self._file.send(MESSAGE),
            "send_fds": lambda _: socket.send_fds(self._file, [MESSAGE], [self._file.fileno()]),
            "send, datagrams": lambda _: self._udp.send(MESSAGE),
            "send, TLS": lambda _: self._tls.send(MESSAGE),
            "sendall, TLS": lambda _: self._tls.sendall(MESSAGE),
            "write, TLS": lambda _: self._tls.write(MESSAGE),
            "sendfile, TLS": lambda _: self._tls.sendfile(io.BytesIO(MESSAGE)),
            "TLS over it": lambda _: _unchecked().wrap_socket(self._bare),
            "makefile": lambda _: self._by_file(),
            "sendfile": lambda _: self._by_sendfile(),
            "os.sendfile": lambda _: self._by_sendfile(below=True),
            "a stream": lambda _: self._beside(self._by_writer()),
        }

    def _beside(self, act: Any) -> Any:
        """Do something in the event loop that was started before."""
        return asyncio.run_coroutine_threadsafe(act, self._running).result(SHORT)

    async def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession()

    async def _by_aiohttp(self, address: str) -> None:
        async with self._aiohttp.get(address) as answer:
            await answer.read()

    async def _by_writer(self) -> None:
        self._writer.write(MESSAGE)
        await self._writer.drain()

    def _by_file(self) -> None:
        with self._plain.makefile("wb", buffering=0) as file:
            file.write(MESSAGE)

    def _by_sendfile(self, *, below: bool = False) -> None:
        with tempfile.TemporaryFile() as body:
            body.write(MESSAGE)
            body.seek(0)
            if below:
                os.sendfile(self._other.fileno(), body.fileno(), 0, len(MESSAGE))
            else:
                self._other.sendfile(body)

    def _by_http(self) -> None:
        self._http.request("GET", "/")
        self._http.getresponse().read()


def opened(places: Places, times: int) -> Mapping[str, Way]:
    """Return ways over connections that are opened now, each of which can be taken so many times."""
    running = asyncio.new_event_loop()
    threading.Thread(target=running.run_forever, daemon=True).start()
    all_of_them = [Opened(places, running) for _ in range(times)]

    def over(name: str) -> Way:
        left = [one.ways[name] for one in all_of_them]

        def act(places: Places) -> None:
            left.pop()(places)

        return act

    return {f"open: {name}": over(name) for name in all_of_them[0].ways}
