"""A loop, and tools, that try to reach somebody else than the model, each in a way of its own."""

import asyncio
import http.client
import os
import socket
import threading
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from harness.settings import Settings
from harness.tools import Tools
from tests.loops.plain import PlainLoop, Result

HOST = "127.0.0.1"
_MESSAGE = b"GET / HTTP/1.0\r\n\r\n"


def connects(port: int) -> None:
    """Connect with a plain socket."""
    with socket.socket() as plain:
        plain.connect((HOST, port))


def connects_without_waiting(port: int) -> None:
    """Connect as event loops do."""
    with socket.socket() as plain:
        plain.setblocking(False)
        plain.connect_ex((HOST, port))


def sends_a_datagram(port: int) -> None:
    """Send without a connection."""
    with socket.socket(type=socket.SOCK_DGRAM) as plain:
        plain.sendto(_MESSAGE, (HOST, port))


def sends_a_message(port: int) -> None:
    """Send without a connection, in the other way."""
    with socket.socket(type=socket.SOCK_DGRAM) as plain:
        plain.sendmsg([_MESSAGE], [], 0, (HOST, port))


def looks_up(_: int) -> None:
    """Look up a name."""
    socket.getaddrinfo("nowhere.invalid", 80)


def looks_up_the_old_way(_: int) -> None:
    """Look up a name as one did long ago."""
    socket.gethostbyname("nowhere.invalid")


def looks_up_backwards(_: int) -> None:
    """Look up an address."""
    socket.gethostbyaddr("127.0.0.9")


def asks_by_http_client(port: int) -> None:
    """Use the standard library's client."""
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", "/")
    finally:
        connection.close()


def asks_by_urllib(port: int) -> None:
    """Use the standard library's other client."""
    urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=1).close()


def asks_by_requests(port: int) -> None:
    """Use a client that is not among the loop's."""
    requests.get(f"http://{HOST}:{port}/", timeout=1)


def connects_in_a_thread(port: int) -> None:
    """Connect in a thread that knows no case, whose error nobody sees."""

    def alone() -> None:
        try:
            connects(port)
        except Exception:  # noqa: BLE001 - that is what it does wrong
            return

    thread = threading.Thread(target=alone)
    thread.start()
    thread.join()


def connects_in_a_pool(port: int) -> None:
    """Connect in a pool's thread."""
    with ThreadPoolExecutor() as pool:
        pool.submit(connects, port).result()


async def looks_up_by_asyncio(_: int) -> None:
    """Look up a name in the thread that asyncio takes for it."""
    await asyncio.get_running_loop().getaddrinfo("nowhere.invalid", 80)


async def connects_by_asyncio(port: int) -> None:
    """Open asyncio's connection."""
    _, writer = await asyncio.open_connection(HOST, port)
    writer.close()


async def connects_in_a_known_thread(port: int) -> None:
    """Connect in a thread that knows its case."""
    await asyncio.to_thread(connects, port)


LEAKS: Mapping[str, Callable[[int], Awaitable[None] | None]] = {
    leak.__name__: leak
    for leak in (
        connects,
        connects_without_waiting,
        sends_a_datagram,
        sends_a_message,
        looks_up,
        looks_up_the_old_way,
        looks_up_backwards,
        asks_by_http_client,
        asks_by_urllib,
        asks_by_requests,
        connects_in_a_thread,
        connects_in_a_pool,
        looks_up_by_asyncio,
        connects_by_asyncio,
        connects_in_a_known_thread,
    )
}
"""The ways out."""


async def leak(way: str) -> None:
    """Take a way out, to the port that the environment names; where it names none, do nothing."""
    port = os.environ.get("LEAK_PORT")
    if port:
        done = LEAKS[way](int(port))
        if done is not None:
            await done


async def hidden(way: str) -> None:
    """Take a way out, and hide what comes of it."""
    try:
        await leak(way)
    except Exception:  # noqa: BLE001 - that is what it does wrong
        return


class LeakingLoop(PlainLoop):
    """The plain loop, which takes the way out that its task names before it asks the model."""

    async def run(self, task: str, *arguments: Any, **named: Any) -> Result:
        """Reach out, and go on as if nothing had happened."""
        await hidden(task)
        return await super().run(task, *arguments, **named)


def make(tools: Tools, settings: Settings) -> LeakingLoop:
    """Make the loop for one case."""
    return LeakingLoop(tools, settings)
