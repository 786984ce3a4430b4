"""A session with the YAML language server, as an editor has one: messages of the protocol over its standard streams."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, NamedTuple

SETTINGS = {
    "yaml": {
        "schemaStore": {"enable": False},  # it would be downloaded
        "validate": True,
        "hover": True,
        "completion": True,
    },
    "http": {},
    "[yaml]": {},
}
_LONGEST = 30


class Mark(NamedTuple):
    """What the server underlines: line and column, both counted from one, the text under it, and what it says."""

    line: int
    column: int
    text: str
    message: str


class Editor:
    """An open editor; `text` is what a file holds while it is edited, which need not be what is on disk."""

    def __init__(self, server: "subprocess.Popen[bytes]", folder: Path) -> None:
        self._server = server
        self._next = 0
        self._version = 0
        self._answers: Queue[dict[str, Any]] = Queue()
        self._marks: Queue[dict[str, Any]] = Queue()
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()
        can = {
            "workspace": {"configuration": True},
            "textDocument": {"hover": {"contentFormat": ["plaintext"]}, "publishDiagnostics": {}},
        }
        self._ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": can})
        self._send({"method": "initialized", "params": {}})

    def marks(self, path: Path, text: str) -> list[Mark]:
        """Return what is underlined in a file that holds the text."""
        self._open(path, text)
        said = self._marks.get(timeout=_LONGEST)
        lines = text.splitlines()
        found = []
        for one in said["diagnostics"]:
            start, end = one["range"]["start"], one["range"]["end"]
            line, column = start["line"], start["character"]
            under = lines[line][column : end["character"] if end["line"] == line else None]
            found.append(Mark(line + 1, column + 1, under, one["message"]))
        self._close(path)
        assert self._marks.get(timeout=_LONGEST)["diagnostics"] == []  # nothing is underlined in what is closed
        return found

    def proposals(self, path: Path, text: str) -> dict[str, str]:
        """Return what is proposed where a `|` stands in the text, each with its sentence."""
        found = self._at("textDocument/completion", path, text)
        items = found["items"] if isinstance(found, dict) else found
        return {item["label"]: _plain(item.get("documentation")) for item in items or ()}

    def hover(self, path: Path, text: str) -> str:
        """Return what is shown for the word before which a `|` stands in the text."""
        found = self._at("textDocument/hover", path, text)
        return _plain(found["contents"]) if found else ""

    def end(self) -> None:
        """End the server, and hear it out."""
        self._server.kill()
        self._listener.join(_LONGEST)

    def _at(self, method: str, path: Path, text: str) -> Any:
        before, _, behind = text.partition("|")
        self._open(path, before + behind)
        place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        found = self._ask(method, {"textDocument": {"uri": path.as_uri()}, "position": place})
        self._close(path)
        return found

    def _open(self, path: Path, text: str) -> None:
        self._version += 1  # the server would take a version that it knows for the text that it knows
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": self._version, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})

    def _close(self, path: Path) -> None:
        self._send({"method": "textDocument/didClose", "params": {"textDocument": {"uri": path.as_uri()}}})

    def _ask(self, method: str, params: dict[str, Any]) -> Any:
        self._next += 1
        self._send({"id": self._next, "method": method, "params": params})
        answer = self._answers.get(timeout=_LONGEST)
        assert answer["id"] == self._next
        assert "error" not in answer, answer
        return answer["result"]

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._server.stdin is not None
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._server.stdin.flush()

    def _listen(self) -> None:
        """Sort what the server says, and answer what it asks, until it ends."""
        stream = self._server.stdout
        assert stream is not None
        while line := stream.readline():
            length = int(line.split(b":")[1])
            while stream.readline().strip():
                pass
            body = stream.read(length)
            if len(body) < length:
                return  # it was ended while it spoke
            with suppress(BrokenPipeError):
                self._take(json.loads(body))

    def _take(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            self._answers.put(message)
        elif message["method"] == "textDocument/publishDiagnostics":
            self._marks.put(message["params"])
        elif "id" in message:
            wanted = message["params"].get("items", []) if message["method"] == "workspace/configuration" else None
            result = None if wanted is None else [SETTINGS.get(item["section"]) for item in wanted]
            self._send({"id": message["id"], "result": result})


def _plain(said: Any) -> str:
    return " ".join(str(said["value"] if isinstance(said, dict) else said or "").split())


@contextmanager
def editing(command: Sequence[str | Path], folder: Path) -> Iterator[Editor]:
    """Start the server over a folder, and end it."""
    with subprocess.Popen([*command, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder) as server:
        editor = Editor(server, folder)
        try:
            yield editor
        finally:
            editor.end()
