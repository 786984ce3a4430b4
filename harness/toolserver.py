"""An MCP server, started to say which tools it has and ended again, for a catalogue of them."""

import os
import re
import shlex
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from harness.cataloguing import Source, unfit, write_catalogue
from harness.credentials import credentials
from harness.errors import InputError
from harness.scanning import found
from harness.secrecy import opaque, redacted
from harness.terminal import line, short
from harness.wording import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp import Client

_START = 'echo $$ >&2 && exec "$@"'
"""Tells which process, and thereby which group of processes, the server is before it becomes it."""
_GRACE = 2.0
"""Seconds that what a server leaves behind has to end of itself."""
_MISSING = "--mcp: needs the package 'mcp', which is not installed; type: pip install 'tool-loop-harness[mcp]'"


class Served(NamedTuple):
    """What a server says of itself."""

    name: str
    tools: list[Any]


@dataclass
class _Heard:
    """What a server gave away before it was asked, or beside its answers."""

    log: TextIO
    """What it writes to its standard error, behind the number of its process."""
    odd: list[Exception] = field(default_factory=list)
    """One for each line of its output that was no message."""


def import_server(command: str, conf: Path, name: str | None, confirm: Sequence[str], seconds: float = 30) -> str:
    """Write a catalogue of the tools of an MCP server that a command starts; return what was done.

    The server is ended again, with all processes that it started. Unless named, the catalogue is called as the server
    calls itself. The tools in `confirm` ask the user, and so do those that the server says are destructive.

    Raises:
        InputError: the server cannot be started, does not answer or not rightly, or the catalogue cannot be written.
    """
    words = _words(command)
    if name is not None and (wrong := list(unfit(name, conf))):
        raise InputError(*wrong)
    secrets = _secrets(words)
    served = ask(words, secrets, seconds)
    label = re.sub(r"[^A-Za-z0-9_-]+", "_", served.name).strip("_") if name is None else name
    wrong = list(unfit(label, conf, None if name is not None else "the server's name"))
    called = f"--mcp: the server '{Path(words[0]).name}'"
    source = Source("server", called, {"tools": served.tools}, lambda _: called, secrets)
    return write_catalogue(source, label, conf, confirm, wrong)


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InputError(f"--mcp: the command cannot be read: {str(error).lower()}") from None
    if not words:
        raise InputError("--mcp: name the command that starts the server: --mcp 'npx -y SERVER ARGUMENT'")
    if "\0" in command or shutil.which(words[0]) is None:
        raise InputError(f"--mcp: there is no program '{short(words[0])}' that could be started")
    return words


def _secrets(words: Sequence[str]) -> dict[str, str]:
    """Return what of a command and of the environment must not be shown."""
    parts = {part for word in words for part in (word, word.partition("=")[2]) if opaque(part)}
    return {**dict.fromkeys(parts, "a part of the command"), **credentials(os.environ)}


def ask(words: Sequence[str], secrets: Mapping[str, str], seconds: float) -> Served:
    """Start a server, ask for its name and for all its tools, and end it.

    Raises:
        InputError: it did not answer, or not rightly, in one line without secrets.
    """
    try:
        import anyio
        from mcp import MCPError
        from pydantic import ValidationError
    except ModuleNotFoundError:
        raise InputError(_MISSING) from None
    with TemporaryFile("w+", encoding="utf-8", errors="replace") as log, _unlogged():
        heard = _Heard(log)
        try:
            return anyio.run(_asked, words, seconds, heard)
        except (ExceptionGroup, MCPError, ValidationError, RuntimeError, TimeoutError, OSError) as error:
            first = _first(error)
            if not isinstance(first, MCPError | ValidationError | RuntimeError | TimeoutError | OSError):
                raise
            said = _why(first, heard, seconds)
            raise InputError(f"--mcp: the server '{short(Path(words[0]).name)}' {_clean(said, secrets)}") from None
        finally:
            _end(log)


@contextmanager
def _unlogged() -> "Iterator[None]":
    """Keep what the package logs of odd servers from the terminal: it is told in one line."""
    import logging

    logger, silent = logging.getLogger("mcp"), logging.NullHandler()
    logger.addHandler(silent)
    try:
        yield
    finally:
        logger.removeHandler(silent)


async def _asked(words: Sequence[str], seconds: float, heard: _Heard) -> Served:
    import anyio
    from mcp import Client, StdioServerParameters, stdio_client

    async def hear(message: object) -> None:
        if isinstance(message, Exception):
            heard.odd.append(message)

    started = StdioServerParameters(command="/bin/sh", args=["-c", _START, "sh", *words])
    with anyio.fail_after(seconds):
        async with Client(stdio_client(started, heard.log), message_handler=hear, cache=None) as client:
            name = client.server_info.name if client.server_info else ""
            return Served(name, await _all_tools(client) if client.server_capabilities.tools else [])
    raise TimeoutError  # the time was over while the server was ended


async def _all_tools(client: "Client") -> list[Any]:
    """Return the tools of every page as the server describes them."""
    from mcp.types import ListToolsRequest, PaginatedRequestParams
    from pydantic import RootModel

    tools: list[Any] = []
    seen: list[str] = []
    while True:
        params = PaginatedRequestParams(cursor=seen[-1]) if seen else None
        page = await client.session.send_request(ListToolsRequest(params=params), RootModel[dict[str, Any]])
        answer = page.root
        tools += answer["tools"]
        cursor = answer.get("nextCursor")
        if cursor is None:
            return tools
        if cursor in seen:
            raise RuntimeError("leads from one page of its tools back to an earlier one")
        seen.append(cursor)


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _why(error: BaseException, heard: _Heard, seconds: float) -> str:
    """Say why a server gave no tools."""
    from mcp import MCPError
    from mcp.types import CONNECTION_CLOSED
    from pydantic import ValidationError

    closed = isinstance(error, MCPError) and (error.code, error.message) == (CONNECTION_CLOSED, "Connection closed")
    last = _last_line(heard.log)
    behind = f"; its last line: {last}" if last else ""
    if heard.odd and (closed or isinstance(error, TimeoutError)):
        return f"answers with what is no message of MCP; is it one that speaks over its standard output?{behind}"
    if closed:
        return f"ended before it told its tools{behind}"
    if isinstance(error, TimeoutError):
        return f"did not tell its tools within {seconds:g} s; give it more with --timeout SECONDS{behind}"
    if isinstance(error, ValidationError):
        details = error.errors(include_url=False, include_input=False)[0]
        where = dotted(details["loc"])
        return (
            f"answers with what MCP does not allow: {where}: {details['msg'][:1].lower()}{details['msg'][1:]}{behind}"
        )
    if isinstance(error, MCPError):
        return f"refuses to tell its tools: {error.message}{behind}"
    said = str(error) or type(error).__name__
    return f"cannot be asked: {said[:1].lower()}{said[1:]}{behind}"


def _last_line(log: TextIO) -> str:
    log.seek(0)
    lines = [line for line in log.read().splitlines()[1:] if line.strip()]
    return lines[-1].strip() if lines else ""


def _clean(said: str, secrets: Mapping[str, str]) -> str:
    """Return one line without a secret in it, known or told by its shape."""
    text = line(redacted(said, secrets))
    if leaks := found(text, {}):
        text = f"{text[: leaks[0].column - 1]}*** ({leaks[0].what})"
    return short(text)


def _end(log: TextIO) -> None:
    """End what is left of the processes of a server, which are a group."""
    log.seek(0)
    number = log.readline().strip()
    if not number.isdigit():
        return
    if not _signal(int(number), signal.SIGTERM):
        return
    until = time.monotonic() + _GRACE
    while time.monotonic() < until:
        if not _signal(int(number), 0):
            return
        time.sleep(0.01)
    _signal(int(number), signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Send a signal to a group of processes, and tell whether there is one."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
        return True
    return False
