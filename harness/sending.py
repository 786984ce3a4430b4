"""What is sent over connections that are open already, of which Python tells by no audit event."""

import os
import socket
import stat
from collections.abc import Callable
from functools import wraps
from typing import Any

Look = Callable[[socket.socket], None]
"""Sees a socket before anything is sent over it, and raises where nothing may be."""


def watch(look: Look) -> None:
    """Have somebody see each socket of the process before anything is sent over it, from now on and for good.

    Not seen is what goes past Python's sockets to their handles, as `os.write` does.
    """
    import ssl

    for kind, name in (
        (socket.socket, "send"),
        (socket.socket, "sendall"),
        (ssl.SSLSocket, "send"),
        (ssl.SSLSocket, "write"),
        (ssl.SSLSocket, "do_handshake"),
    ):
        setattr(kind, name, _seen(getattr(kind, name), look))
    os.sendfile = _seen_by_handle(os.sendfile, look)


def _seen(send: Callable[..., Any], look: Look) -> Callable[..., Any]:
    @wraps(send)
    def seen(sock: socket.socket, *arguments: Any, **named: Any) -> Any:
        look(sock)
        return send(sock, *arguments, **named)

    return seen


def _seen_by_handle(send: Callable[..., Any], look: Look) -> Callable[..., Any]:
    @wraps(send)
    def seen(handle: int, *arguments: Any, **named: Any) -> Any:
        if stat.S_ISSOCK(os.fstat(handle).st_mode):
            with socket.socket(fileno=os.dup(handle)) as sock:
                look(sock)
        return send(handle, *arguments, **named)

    return seen
