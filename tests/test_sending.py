"""Whatever is sent over an open connection is seen before it leaves, by a process that watches."""

import os
import subprocess
import sys
from pathlib import Path

WATCHING = """
import os, socket, ssl, sys, tempfile
from harness import sending

seen = []


def look(sock):
    if refusing:
        seen.append(sock.fileno() >= 0)
        raise LookupError


refusing = False
sending.watch(look)
one, other = socket.socketpair()
file = tempfile.TemporaryFile()
file.write(b"content")
file.flush()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
wrapped = context.wrap_socket(one.dup(), do_handshake_on_connect=False)
ways = {
    "send": lambda: one.send(b"x"),
    "sendall": lambda: one.sendall(b"x"),
    "makefile": lambda: one.makefile("wb", buffering=0).write(b"x"),
    "sendfile": lambda: one.sendfile(file),
    "os.sendfile": lambda: os.sendfile(one.fileno(), file.fileno(), 0, 7),
}
for act in ways.values():
    file.seek(0)
    act()
refusing = True
ways |= {
    "TLS send": lambda: wrapped.send(b"x"),
    "TLS sendall": lambda: wrapped.sendall(b"x"),
    "TLS write": lambda: wrapped.write(b"x"),
    "TLS handshake": lambda: wrapped.do_handshake(),
}
for name, act in ways.items():
    file.seek(0)
    try:
        act()
    except LookupError:
        print("refused", name)
    else:
        print("sent", name)
with tempfile.TemporaryFile() as target:
    print("copied", os.sendfile(target.fileno(), file.fileno(), 0, 7))
print(len(seen), all(seen), len(other.recv(999)))
"""


def test_every_way_to_send_is_seen() -> None:
    """The watcher sees a socket before anything is sent, and what it refuses is not; files are none of its business."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WATCHING],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.stdout.splitlines()) == (
        "",
        [
            "refused send",
            "refused sendall",
            "refused makefile",
            "refused sendfile",
            "refused os.sendfile",
            "refused TLS send",
            "refused TLS sendall",
            "refused TLS write",
            "refused TLS handshake",
            "copied 7",
            "9 True 17",
        ],
    )
