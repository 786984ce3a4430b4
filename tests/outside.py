"""Looks at hostile replays from outside of their process: counts what arrives, and what their own network sends."""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple

from tests.ways import V4, V6, Places

HELLO = b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: 2\r\n\r\n{}"
ARRIVAL = 3.0
"""Seconds in which what left has arrived."""
QUIET = 0.3
"""Seconds after which nothing is on its way any more."""


class Listeners:
    """Somebody at every kind of place, who counts connections, datagrams and bytes."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self.arrived: Counter[str] = Counter()
        self.places = Places(
            tcp4=self._tcp("tcp4"),
            tcp6=self._tcp("tcp6", socket.AF_INET6) if socket.has_ipv6 and _speaks(V6) else 0,
            udp4=self._udp("udp4"),
            udp6=self._udp("udp6", socket.AF_INET6) if socket.has_ipv6 and _speaks(V6) else 0,
            http=self._tcp("http"),
            tls=self._tcp("tls", context=_anonymous()),
            stream=self._file("stream", folder, socket.SOCK_STREAM),
            datagrams=self._file("datagrams", folder, socket.SOCK_DGRAM),
        )

    def _note(self, what: str, number: int = 1) -> None:
        with self._lock:
            self.arrived[what] += number

    def _tcp(self, what: str, family: int = socket.AF_INET, context: ssl.SSLContext | None = None) -> int:
        server = socket.create_server((V6 if family == socket.AF_INET6 else V4, 0), family=family, backlog=512)
        _beside(self._accept, what, server, context)
        return int(server.getsockname()[1])

    def _udp(self, what: str, family: int = socket.AF_INET) -> int:
        server = socket.socket(family, socket.SOCK_DGRAM)
        server.bind((V6 if family == socket.AF_INET6 else V4, 0))
        _beside(self._receive, what, server)
        return int(server.getsockname()[1])

    def _file(self, what: str, folder: Path, kind: int) -> str:
        server = socket.socket(socket.AF_UNIX, kind)
        server.bind(str(folder / what))
        if kind == socket.SOCK_STREAM:
            server.listen(512)
            _beside(self._accept, what, server, None)
        else:
            _beside(self._receive, what, server)
        return str(folder / what)

    def _accept(self, what: str, server: socket.socket, context: ssl.SSLContext | None) -> None:
        while True:
            connection, _ = server.accept()
            self._note(f"{what}: connections")
            _beside(self._serve, what, connection, context)

    def _serve(self, what: str, connection: socket.socket, context: ssl.SSLContext | None) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
                self._note(f"{what}: handshakes")
            stack.enter_context(connection)
            while content := connection.recv(65536):
                self._note(f"{what}: bytes", len(content))
                if what == "http" and b"\r\n\r\n" in content:
                    connection.sendall(HELLO)

    def _receive(self, what: str, server: socket.socket) -> None:
        while True:
            server.recv(65536)
            self._note(f"{what}: datagrams")


def _speaks(host: str) -> bool:
    """Tell whether the machine has an address."""
    with contextlib.suppress(OSError), socket.create_server((host, 0), family=socket.AF_INET6):
        return True
    return False


def _beside(act: Any, *arguments: Any) -> None:
    threading.Thread(target=act, args=arguments, daemon=True).start()


def _anonymous() -> ssl.SSLContext:
    """Return a context that needs no certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("aNULL:@SECLEVEL=0")
    return context


class Seen(NamedTuple):
    """What was seen from outside."""

    arrived: Mapping[str, int]
    """What listeners counted."""
    sent: Mapping[str, int] | None
    """What the network of its own counted, where it has one."""


def fenced() -> bool:
    """Give the loopback device of a network of its own, and say where everything else goes; tell whether it is one."""
    names = [line.split(":")[0].strip() for line in Path("/proc/net/dev").read_text("ascii").splitlines()[2:]]
    if names != ["lo"]:
        return False
    for words in (("link", "set", "lo", "up"), ("route", "add", "default", "dev", "lo")):
        subprocess.run(["ip", *words], check=True)
    return True


def sent() -> Mapping[str, int]:
    """Return what the kernel counted of this network: packets of each device, connections and datagrams begun."""
    found = {}
    for line in Path("/proc/net/dev").read_text("ascii").splitlines()[2:]:
        name, _, numbers = line.partition(":")
        found[f"{name.strip()}: packets"] = int(numbers.split()[9])
    lines = Path("/proc/net/snmp").read_text("ascii").splitlines()
    for names, numbers in zip(lines[::2], lines[1::2], strict=True):
        table = dict(zip(names.split(), numbers.split(), strict=True))
        for protocol, name in (("Tcp:", "ActiveOpens"), ("Udp:", "OutDatagrams")):
            if protocol in table:
                found[f"{protocol} {name}"] = int(table[name])
    return found


class Child:
    """The process that is looked at."""

    def __init__(self, root: Path, places: Places, wanted: int) -> None:
        command = [sys.executable, "-m", "tests.hostility", json.dumps(places), str(wanted)]
        paths = {"PYTHONPATH": str(Path(__file__).parents[1]), "RES_OPTIONS": "timeout:1 attempts:1", "NO_PROXY": "*"}
        self._process = subprocess.Popen(
            command,
            cwd=root,
            env={**os.environ, **paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def told(self) -> Any:
        """Return what it says next."""
        return json.loads(self._process.stdout.readline() if self._process.stdout else "")

    def does(self, what: str) -> Any:
        """Have it do something, and return what it says of that."""
        if self._process.stdin:
            self._process.stdin.write(f"{json.dumps(what)}\n")
            self._process.stdin.flush()
        return self.told()

    def ends(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


def look(root: Path, wanted: int) -> dict[str, Any]:
    """Have hostile replays in a project's folder, and return what they say of themselves and what was seen of them."""
    own = fenced()
    with tempfile.TemporaryDirectory() as folder:
        listeners = Listeners(Path(folder))
        child = Child(root, listeners.places, wanted)
        ways = child.told()
        told: dict[str, Any] = {}
        for what in ("replay", "replay what is torn", "replay over what is open"):
            if "open" in what:
                ways += child.does("open")
            sleep(QUIET)
            arrived, before = Counter(listeners.arrived), sent() if own else {}
            played = child.does(what)
            sleep(QUIET)
            gone = {name: number - before[name] for name, number in sent().items()} if own else None
            told[what] = {"played": played, "seen": Seen(listeners.arrived - arrived, gone)}
        told["not taken"] = [way for way in ways if not _arrives(child, listeners, way)]
        before = sent() if own else {}
        child.does("look up: getaddrinfo")
        told["a look-up is seen"] = own and sent() != before
        child.ends()
        return told


def _arrives(child: Child, listeners: Listeners, way: str) -> bool:
    """Tell whether a way leads to somebody while nothing replays."""
    before, start = Counter(listeners.arrived), monotonic()
    child.does(way)
    while monotonic() < start + ARRIVAL:
        if listeners.arrived != before:
            return True
        sleep(0.005)
    return False


if __name__ == "__main__":
    sys.stdout.write(json.dumps(look(Path(sys.argv[1]), int(sys.argv[2]))))
