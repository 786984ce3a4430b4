"""Below HTTP: while something replays, every connection and look-up of the process is refused, and remembered.

Python tells of each through its audit events, in threads too, and over connections that are open nothing is sent by a
case or by a thread that began during the replay. What it does not see: other processes that are started, C extensions
with sockets of their own, and what goes past Python's sockets to the handle of one that was open before. Let through is
what threads of no case send over such a connection that were there before the replay, too, as a debugger's.
"""

import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from types import MappingProxyType
from typing import Any
from weakref import WeakSet

from harness import sending
from harness.errors import NetworkRefused

_NAMED = 8
"""How many running cases a message names, as many as run at a time by default."""


class Watch:
    """One case under way, told of the first thing that it was refused."""

    def __init__(self, case: str, tell: Callable[[NetworkRefused], None]) -> None:
        self.case = case
        self.tell = tell


class _Replay:
    """One replay under way."""

    def __init__(self) -> None:
        self.left: list[NetworkRefused] = []
        """The refusals that belong to no case any more."""
        self.elders = WeakSet(threading.enumerate())
        """The threads that were there before."""


# An audit hook cannot be removed and knows nobody but the process, so what it must know is the process's too: the
# cases and the replays under way. Both are empty whenever nothing runs, but in a process that stays closed.
_watched: list[Watch] = []
_replays: list[_Replay] = []

_watch: ContextVar[Watch | None] = ContextVar("harness_guard", default=None)


@contextmanager
def watching(case: str, tell: Callable[[NetworkRefused], None]) -> Iterator[None]:
    """Tell of what is refused to this task, to tasks and threads that inherit its context, and to threads of no case.

    `tell` may be called in any thread; the loop that was refused something may have swallowed what was raised.
    """
    watch = Watch(case, tell)
    token = _watch.set(watch)
    _watched.append(watch)
    try:
        yield
    finally:
        _watched.remove(watch)
        _watch.reset(token)


@contextmanager
def closed() -> Iterator[None]:
    """Let no connection and no look-up leave this process, whichever thread it comes from.

    Raises:
        NetworkRefused: something was refused while no case ran that could be told of it.
    """
    _hooked()
    replay = _Replay()
    _replays.append(replay)
    try:
        yield
    finally:
        _replays.remove(replay)
    if replay.left:
        raise replay.left[0]


def stay_closed() -> None:
    """Let nothing leave this process any more, for one that ends after its replay, whatever still runs in it then."""
    _hooked()
    _replays.append(_Replay())


def apart() -> list[NetworkRefused]:
    """Let nothing leave a process that plays a part of a replay, and return a list to which refusals of no case come.

    What the process was when it was made does not count: it may be a copy of one that replays already.
    """
    _hooked()
    replay = _Replay()
    _watched.clear()
    _replays[:] = [replay]
    return replay.left


def passed_on(error: NetworkRefused) -> None:
    """Take what was refused in another process of the replay while no case ran there that could be told of it."""
    if _replays:
        _replays[0].left.append(error)


def refused(what: str, why: str) -> NetworkRefused:
    """Return the refusal of something to raise, and tell the case that it belongs to.

    Where a thread belongs to no case, all that run are told; where none runs, the replay is, and ends with it.
    """
    watch, running = _watch.get(), tuple(_watched)
    told: tuple[Watch, ...] = ()
    if watch is not None and watch in running:
        told, whose = (watch,), watch.case
    elif watch is not None:
        whose = f"what {watch.case} left running"
    elif running:
        told, whose = running, f"a thread of no case while {_names(running)} ran"
    else:
        whose = "a thread of no case"
    error = NetworkRefused(f"{what}, made by {whose}, was refused: {why}")
    for one in told:
        one.tell(error)
    if not told and _replays:
        _replays[0].left.append(error)
    return error


def _names(running: tuple[Watch, ...]) -> str:
    names = sorted(watch.case for watch in running)
    more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return " and ".join(filter(None, [", ".join(names[:_NAMED]), *more]))


@cache
def _hooked() -> None:
    """Add the hook, and what sees the sends that it is not told of, at the first replay of the process."""
    sys.addaudithook(_audit)
    sending.watch(_look)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _LEAVING and _replays:
        what = _LEAVING[event](*arguments)
        if what is not None:
            raise refused(what, _ADVICE)


def _look(sock: socket.socket) -> None:
    """Refuse what is sent over an open connection, but to threads that were there before the replay, and of no case."""
    replay = next(iter(_replays), None)
    if replay is None or (_watch.get() is None and threading.current_thread() in replay.elders):
        return
    what = _over(sock)
    if what is not None:
        raise refused(what, _ADVICE)


def _making(_: socket.socket, family: int, *__: int) -> str | None:
    """Say what a socket is that sends without an address and without a connection."""
    return "a socket below all protocols" if family in _BARE else None


def _connecting(_: socket.socket, address: Any) -> str:
    return f"a connection to {_place(address)}"


def _sending(sock: socket.socket, address: Any) -> str | None:
    """Say where a message goes, if it says so itself."""
    return _over(sock) if address is None else f"a message to {_place(address)}"


def _over(sock: socket.socket) -> str | None:
    """Say to whom a connection is open; a pair of sockets inside the process has no names."""
    try:
        peer = sock.getpeername()
    except OSError:
        peer = None
    if sock.family == getattr(socket, "AF_UNIX", None) and not peer:
        return None
    return f"a message over the open connection to {_place(peer)}" if peer else "a message over an open connection"


def _looking_up(host: Any, *_: Any) -> str | None:
    """Say what is looked up; without a host it is an address of this machine, to listen at."""
    return None if host is None else f"a look-up of {_place(host)}"


def _requesting(connection: Any, _: Any) -> str:
    return f"a request to {_place((connection.host, connection.port))}"


_ADVICE = "nothing leaves in replay; if it is the loop's client, name it in loop.transports and record again"

_BARE = frozenset(getattr(socket, name) for name in ("AF_PACKET", "AF_CAN") if hasattr(socket, name))

_LEAVING: Mapping[str, Callable[..., str | None]] = MappingProxyType(
    {
        "socket.__new__": _making,
        "socket.connect": _connecting,
        "socket.sendto": _sending,
        "socket.sendmsg": _sending,
        "socket.getaddrinfo": _looking_up,
        "socket.gethostbyname": _looking_up,
        "socket.gethostbyaddr": _looking_up,
        "socket.getnameinfo": _looking_up,
        "http.client.send": _requesting,
    }
)


def _place(address: Any) -> str:
    """Return an address as people write it."""
    if isinstance(address, tuple) and len(address) >= 2:
        host, port = _place(address[0]), address[1]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if isinstance(address, bytes | bytearray):
        return address.decode("utf-8", "backslashreplace")
    return str(address)
