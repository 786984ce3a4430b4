"""A recording endpoint for tests: it answers from a list and keeps what it was asked."""

import contextlib
import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import monotonic
from typing import Any, Literal

from harness.catalogue import Catalogue, Tool
from harness.model import Model
from harness.settings import Composed, Loop, Persona, Role, Settings, Texts, Tools

TEXTS = Texts(
    tools_available="Tools are there.",
    awaiting="[AWAITING USER CONFIRMATION for {name}]",
    denied="Action denied by user.",
    notice="Confirm {names}?",
    limit="Stopped after {max_rounds} rounds:",
)


@dataclass(frozen=True)
class Answer:
    """One response."""

    body: str
    status: int = 200
    content_type: str = "application/json"
    encoding: Literal["", "gzip", "deflate", "raw deflate", "br"] = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Asked:
    """What the endpoint was asked."""

    url: str = ""
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    """The bodies as they came."""
    times: list[float] = field(default_factory=list)
    """When each request came, by the clock that only goes on."""


def compressed(answer: Answer) -> bytes:
    """Return a body as it is sent; `br` is a lie, since no test has what packs it."""
    content = answer.body.encode()
    match answer.encoding:
        case "gzip":
            return gzip.compress(content)
        case "deflate":
            return zlib.compress(content)
        case "raw deflate":
            return zlib.compress(content, wbits=-zlib.MAX_WBITS)
    return content


@contextlib.contextmanager
def endpoint(
    answers: Sequence[Answer | dict[str, Any]] | Callable[[Any], Answer | dict[str, Any]], *, idle: float | None = None
) -> Iterator[Asked]:
    """Serve the answers in order on a loopback port, the last one for ever, or what is made of each request's body.

    A connection that is `idle` for so many seconds is closed.
    """
    asked = Asked()
    left = [] if callable(answers) else list(answers)

    class Handler(BaseHTTPRequestHandler):
        """Answers any POST."""

        protocol_version = "HTTP/1.1"
        timeout = idle

        def do_POST(self) -> None:
            """Keep the request and give the next answer."""
            asked.times.append(monotonic())
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.paths.append(self.path)
            asked.headers.append({name.lower(): value for name, value in self.headers.items()})
            asked.raw.append(body)
            asked.bodies.append(json.loads(body))
            given = answers(json.loads(body)) if callable(answers) else left.pop(0) if len(left) > 1 else left[0]
            answer = given if isinstance(given, Answer) else Answer(json.dumps(given))
            content = compressed(answer)
            self.send_response(answer.status)
            if answer.encoding:
                self.send_header("Content-Encoding", answer.encoding.removeprefix("raw "))
            self.send_header("Content-Type", answer.content_type)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
            """Stay silent."""

    class Server(ThreadingHTTPServer):
        """Lets many connections wait."""

        request_queue_size = 128
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    asked.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def says(text: str | None, finish_reason: str = "stop", **message: Any) -> dict[str, Any]:
    """Return a chat completion with a text."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish_reason,
                "message": {"role": "assistant", "content": text, **message},
            }
        ],
    }


def calls(*named: tuple[str, str, str], text: str | None = None, finish_reason: str = "tool_calls") -> dict[str, Any]:
    """Return a chat completion with tool calls, each as id, name and argument text."""
    asked = [
        {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
        for call_id, name, arguments in named
    ]
    return says(text, finish_reason, tool_calls=asked)


def settings(url: str, *, policy: str = "production", max_rounds: int = 8, **model: Any) -> Settings:
    """Return settings with a model at an address and four tools, of which `write` and `delete` need confirmation."""
    composed = Composed(
        model=Model.model_validate(
            {
                "label": "m",
                "host_type": "other",
                "api_url": f"{url}/v1",
                "model_name": "model-1",
                "max_retries": 0,
                "timeout": 10,
                **model,
            }
        ),
        persona=Persona(label="p"),
        catalogue=Catalogue(
            label="c",
            tools={
                "read": Tool(description="Read.", access="guest"),
                "write": Tool(description="Write.", confirm=True),
                "delete": Tool(description="Delete.", confirm=True),
                "root": Tool(description="Administer.", access="admin"),
            },
        ),
        tools=Tools(label="all"),
        role=Role(label="chat"),
        loop=Loop.model_validate({"label": "l", "policy": policy, "max_rounds": max_rounds, "texts": TEXTS}),
    )
    return Settings(**dict(composed), variant="chat+all")
