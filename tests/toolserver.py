"""A real MCP server, and others that misbehave, each in one way: the word behind the script says which."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

TOOL = {"name": "find", "description": "Find.", "inputSchema": {"type": "object", "properties": {}}}


def real() -> None:
    """Serve three tools with the package's own server."""
    from mcp.server.mcpserver import MCPServer
    from mcp.types import ToolAnnotations

    server = MCPServer("house files")

    @server.tool(annotations=ToolAnnotations(destructive_hint=True))
    def remove(path: str) -> str:
        """Remove a file."""
        return path

    @server.tool(annotations=ToolAnnotations(destructive_hint=True, read_only_hint=True))
    def read(path: str) -> str:
        """Read a file."""
        return path

    @server.tool()
    def write(path: str, text: str) -> str:
        """Write a file."""
        return path + text

    server.run("stdio")


def _say(message: Any) -> None:
    sys.stdout.write((message if isinstance(message, str) else json.dumps(message)) + "\n")
    sys.stdout.flush()


def _requests() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        request = json.loads(line)
        if "id" in request:
            yield request


def _answering(pages: Callable[[Any], Any], version: str = "2025-06-18", *, tools: bool = True) -> None:
    """Answer as servers did before there was `server/discover`, `pages` giving what comes for a cursor."""
    for request in _requests():
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
        if request["method"] == "initialize":
            capabilities: dict[str, Any] = {"tools": {}} if tools else {}
            named = {"name": "old", "version": "1"}
            answer["result"] = {"protocolVersion": version, "capabilities": capabilities, "serverInfo": named}
        elif request["method"] == "tools/list":
            answer |= pages((request.get("params") or {}).get("cursor"))
        else:
            answer["error"] = {"code": -32601, "message": "Method not found"}
        _say(answer)


def _page(*names: str, cursor: str | None = None) -> dict[str, Any]:
    more = {} if cursor is None else {"nextCursor": cursor}
    return {"result": {"tools": [{**TOOL, "name": name} for name in names], **more}}


def old() -> None:
    """Serve tools on three pages, with a banner before the first message."""
    _say("Listening on stdio")
    _answering(lambda cursor: {None: _page("a", cursor="2"), "2": _page("b", cursor="3"), "3": _page("c")}[cursor])


def circle() -> None:
    """Lead from each page to the same next one."""
    _answering(lambda _: _page("a", cursor="again"))


def none() -> None:
    """Have no tools."""
    _answering(lambda _: _page())


def incapable() -> None:
    """Have something else than tools to offer."""
    _answering(lambda _: {"error": {"code": -32601, "message": "Method not found"}}, tools=False)


def unknown() -> None:
    """Speak a version of the protocol that nobody knows."""
    _answering(lambda _: _page("a"), version="1999-01-01")


def shapeless() -> None:
    """Describe a tool without a schema."""
    _answering(lambda _: {"result": {"tools": [{"name": "a"}]}})


def refusing() -> None:
    """Refuse to tell the tools, with a key in the reason."""
    _answering(lambda _: {"error": {"code": -32000, "message": f"key {sys.argv[2]} is not valid"}})


def leaking() -> None:
    """Have a key in a tool's description."""
    _answering(lambda _: {"result": {"tools": [{**TOOL, "description": f"Uses {sys.argv[2]}."}]}})


def nonsense() -> None:
    """Answer every message with what is none, and stay."""
    for _ in _requests():
        _say("<html>")


def silent() -> None:
    """Answer nothing."""
    time.sleep(600)


def dying() -> None:
    """End at once, with a key and an escape code in the last line."""
    sys.stderr.write(f"starting\n\x1b[31mno access with {sys.argv[2]}\n\n")
    sys.exit(3)


def stubborn() -> None:
    """Serve tools, and stay with a process of its own that ignores every wish that it may end."""
    _leave_one()
    _answering(lambda _: _page("a"))
    time.sleep(600)


def leaving() -> None:
    """Serve tools and end when asked to, leaving a process of its own."""
    _leave_one()
    _answering(lambda _: _page("a"))


def _leave_one() -> None:
    ignoring = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", ignoring], stdout=subprocess.PIPE)
    if child.stdout:
        child.stdout.readline()
    with open(sys.argv[2], "w", encoding="utf-8") as file:  # noqa: PTH123 - a word of the command line
        file.write(f"{child.pid} {os.getpid()}")


if __name__ == "__main__":
    globals()[sys.argv[1]]()
