"""The scripted model: an OpenAI-compatible HTTP server on loopback that plays a script."""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, RootModel, model_validator

from harness.errors import InputError, did_you_mean
from harness.source import Document, read
from harness.wording import validate
from harness.written import Schema, Written, named_tool, without_null

ANY_MODEL = "any"
"""The name under which a script gives the replies of all models that it does not name."""


class Part(Written):
    """A frozen part of a script that knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class ScriptedCall(Part):
    """One tool call of a reply: `{file_read: {path: a.txt}}`, the arguments as a mapping or as raw text."""

    tool: str
    """The tool's name."""
    arguments: dict[str, JsonValue] | str = {}
    """The arguments; a text is sent as it is."""
    id: str | None = None
    """The call's id; one is made where it is not given."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"tool": value}
        if not isinstance(value, dict):
            return value
        if "tool" in value:
            if not isinstance(value.get("arguments", {}), dict | str):
                raise ValueError("'arguments' must be a mapping, or a text that is sent as it is")
            return value
        if "arguments" in value and any(did_you_mean(key, ["tool"]) for key in value):
            return value  # to be told of the misspelt key
        tools = [key for key in value if key != "id"]
        if len(tools) != 1:
            raise ValueError(f"a call names one tool, with its arguments behind it; here: {', '.join(tools) or 'none'}")
        rest = {"id": value["id"]} if "id" in value else {}
        arguments = value[tools[0]]
        if not isinstance(arguments, dict | str | None):
            wrong = f"the arguments of {tools[0]} must be a mapping, or a text that is sent as it is"
            raise ValueError(wrong)  # noqa: TRY004 - pydantic takes no TypeError
        return {"tool": tools[0], "arguments": {} if arguments is None else arguments, **rest}

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a name, of a mapping with the tool as its key, and of one that says `tool`."""
        return named_tool(long, "object", "string", "null")


_FILLED = ("calls", "notice", "confirmed", "denied", "raw")
"""Keys behind which something stands."""
_KINDS = (
    {"text", "calls", "finish_reason", "status"},
    {"notice", "calls"},
    {"confirmed", "denied"},
    {"body", "status"},
    {"raw", "status"},
)
"""The keys of each kind of step."""
_BESIDE = {"finish_reason", "status"}
"""Keys that are no step by themselves."""


class Step(Part):
    """One reply of the model, a notice, or what follows an answer of the user."""

    text: str | None = None
    """The text of the reply."""
    calls: list[ScriptedCall] | None = None
    """The tool calls of the reply."""
    finish_reason: str | None = None
    """Why the model stops; `tool_calls` where there are calls and `stop` otherwise, unless said here."""
    notice: str | None = None
    """The wording of a confirmation request; passed over where none is asked for. Calls beside it are an anomaly."""
    confirmed: list["Step"] | None = None
    """The replies that follow when the user confirmed, or was not asked."""
    denied: list["Step"] | None = None
    """The replies that follow when the user denied."""
    body: JsonValue = None
    """A whole response body, sent as JSON."""
    raw: str | None = None
    """A whole response body, sent as it is."""
    status: int = Field(default=200, ge=200, le=599)
    """The HTTP status of the reply."""

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a mapping with the keys of one kind of step."""
        properties = long["properties"]
        keys = [key for key in properties if key not in _BESIDE]
        meet = {key: set().union(*(kind for kind in _KINDS if key in kind)) for key in properties}
        apart = {key: dict.fromkeys((other for other in properties if other not in meet[key]), False) for key in keys}
        return {
            **long,
            "properties": {key: without_null(one) if key in _FILLED else one for key, one in properties.items()},
            "anyOf": [{"required": [key]} for key in keys],
            "dependentSchemas": {key: {"properties": others} for key, others in apart.items()},
        }

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = self.model_fields_set
        empty = [key for key in _FILLED if key in given and getattr(self, key) is None]
        if empty:
            raise ValueError(f"nothing stands behind '{empty[0]}'; write what it holds, or [] for no steps")
        if not given - _BESIDE or not any(given <= kind for kind in _KINDS):
            raise ValueError(
                "a step is a reply (text, calls), a notice, what follows an answer (confirmed, denied), "
                "or a whole response (body or raw)"
            )
        return self


def _turn(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Steps = Annotated[list[Step], BeforeValidator(_turn, json_schema_input_type=Step | list[Step])]


class ScriptFile(RootModel[dict[str, list[Steps]]]):
    """A script as it is written: for each model its turns, each a list of steps."""

    model_config = ConfigDict(frozen=True)


@dataclass(frozen=True)
class Script:
    """The replies of one model in one scenario, turn by turn."""

    turns: Sequence[Sequence[Step]]
    document: Document
    key: str


def load(path: Path, label: str) -> Script:
    """Load the replies of one model.

    Raises:
        InputError: the file cannot be used, or has no replies for the model.
    """
    document = read(path)
    models = validate(document, ScriptFile).root
    key = label if label in models else ANY_MODEL
    if key not in models:
        hint = did_you_mean(label, models)
        raise InputError(f"{document.place(())}: no replies for the model '{label}'{hint}; add '{label}:' or 'any:'")
    return Script(models[key], document, key)


class Endpoint:
    """One case's scripted model, listening on a loopback port of its own while it is open."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._turn = -1
        self._steps: list[tuple[Step, tuple[str | int, ...]]] = []
        self._answers: list[bool] = []
        self._last: tuple[str, _Reply] | None = None
        self._number = 0

    def answered(self, confirmed: bool) -> None:
        """Take the user's answer, which decides what follows in the script."""
        self._answers.append(confirmed)

    @contextlib.contextmanager
    def serving(self) -> Iterator[str]:
        """Serve until the context ends; gives the address."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.002}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def reply(self, text: str) -> "_Reply":
        """Return the reply to a request body; the same body sent again gets the same reply."""
        if self._last and self._last[0] == text:
            return self._last[1]
        try:
            request = json.loads(text)
        except (ValueError, RecursionError):
            return _error(400, "We could not parse the JSON body of your request.")
        if not isinstance(request, dict):
            return _error(400, "The body of your request is not an object.")
        wrong = refusal(request)
        reply = _error(400, wrong) if wrong else self._next(request)
        self._last = (text, reply)
        return reply

    def _next(self, request: Mapping[str, Any]) -> "_Reply":
        messages = request["messages"]
        if messages[-1].get("role") == "user":
            self._turn += 1
            self._number = 0
            self._answers.clear()
            turn = self._script.turns[self._turn] if self._turn < len(self._script.turns) else ()
            location: tuple[str | int, ...] = (self._script.key, self._turn)
            self._steps = [(step, (*location, at)) for at, step in enumerate(turn)]
        self._number += 1
        notice = request.get("tool_choice") == "none"
        while self._steps:
            step, location = self._steps[0]
            if step.confirmed is not None or step.denied is not None:
                if notice:
                    break
                self._branch(step, location)
            elif step.notice is not None and not notice:
                self._steps.pop(0)
            elif notice and step.notice is None:
                break
            else:
                self._steps.pop(0)
                return self._made(step, request)
        if notice:
            return self._made(Step(notice=""), request)
        place = self._script.document.place((self._script.key, self._turn))
        return _error(
            418,
            f"{place}: the script has no reply for request {self._number} of turn {self._turn + 1}; add a step there",
        )

    def _branch(self, step: Step, location: tuple[str | int, ...]) -> None:
        confirmed = self._answers.pop(0) if self._answers else True
        way = "confirmed" if confirmed else "denied"
        follow = getattr(step, way) or []
        self._steps[:1] = [(inner, (*location, way, at)) for at, inner in enumerate(follow)]

    def _made(self, step: Step, request: Mapping[str, Any]) -> "_Reply":
        if step.raw is not None:
            return _Reply(step.status, step.raw)
        if "body" in step.model_fields_set:
            return _Reply(step.status, json.dumps(step.body, ensure_ascii=False))
        if step.status != 200:
            return _error(step.status, step.text or "the script answers with an error")
        name = f"t{self._turn + 1}r{self._number}"
        text = step.notice if step.notice is not None else step.text
        calls = [
            {
                "id": call.id if call.id is not None else f"call_{name}_{at}",
                "type": "function",
                "function": {"name": call.tool, "arguments": _argument_text(call.arguments)},
            }
            for at, call in enumerate(step.calls or (), 1)
        ]
        message = {"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})}
        # Four characters count as one token, so that costs can be compared without a tokenizer.
        asked, said = len(json.dumps(request)) // 4, len(json.dumps(message)) // 4
        return _Reply(
            200,
            json.dumps(
                {
                    "id": f"chatcmpl-{name}",
                    "object": "chat.completion",
                    "created": 0,
                    "model": request.get("model"),
                    "choices": [
                        {
                            "index": 0,
                            "message": message,
                            "finish_reason": step.finish_reason or ("tool_calls" if calls else "stop"),
                        }
                    ],
                    "usage": {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said},
                },
                ensure_ascii=False,
            ),
        )


@dataclass(frozen=True)
class _Reply:
    status: int
    body: str


def refusal(request: Mapping[str, Any]) -> str | None:
    """Return why OpenAI would refuse a chat-completions request with 400, or None."""
    messages: Any = request.get("messages")
    if malformed := _malformed(messages):
        return malformed
    if "tools" in request and not request["tools"]:
        return "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead."
    if "tool_choice" in request and "tools" not in request:
        return "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified."
    waiting: Counter[str] = Counter()
    for at, message in enumerate(messages):
        if message.get("role") == "tool":
            call = message.get("tool_call_id")
            if not waiting[call]:
                return (
                    f"Invalid parameter: messages[{at}] with role 'tool' must be a response to a preceding message "
                    "with 'tool_calls'."
                )
            waiting[call] -= 1
            continue
        if unanswered := list(waiting.elements()):
            return _unanswered(unanswered)
        waiting = Counter(call.get("id") for call in message.get("tool_calls") or ())
    unanswered = list(waiting.elements())
    return _unanswered(unanswered) if unanswered else None


def _malformed(messages: Any) -> str | None:
    """Return why messages cannot be read at all, or None."""
    if not isinstance(messages, list) or not messages or not all(isinstance(message, dict) for message in messages):
        return "'messages' must be a list with at least one message."
    for at, message in enumerate(messages):
        calls = message.get("tool_calls") or []
        if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
            return f"Invalid type for 'messages[{at}].tool_calls': expected an array of objects."
        ids = [call.get("id") for call in calls] + [message.get("tool_call_id")]
        if not all(isinstance(one, str | None) for one in ids):
            return f"Invalid type for an id in 'messages[{at}]': expected a string."
    return None


def _unanswered(ids: Sequence[str]) -> str:
    return (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {', '.join(map(str, ids))}"
    )


def _argument_text(arguments: dict[str, JsonValue] | str) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _error(status: int, message: str) -> _Reply:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return _Reply(status, json.dumps({"error": error}, ensure_ascii=False))


def _handler(endpoint: Endpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers POST .../chat/completions from the script."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle(self) -> None:
            """Serve one connection until it ends; a client that hangs up is not an error."""
            with contextlib.suppress(ConnectionError):
                super().handle()

        def do_POST(self) -> None:
            """Answer one request."""
            length = self.headers.get("Content-Length", "")
            if not (length.isascii() and length.isdigit()):
                self.close_connection = True
                self._send(_error(400, "Your request has no Content-Length."))
                return
            text = self.rfile.read(int(length)).decode("utf-8", "replace")
            found = self.path.split("?")[0].endswith("/chat/completions")
            self._send(endpoint.reply(text) if found else self._unknown())

        def do_GET(self) -> None:
            """Refuse every other method."""
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._send(self._unknown())

        do_PUT = do_GET  # noqa: N815 - the standard library's names
        do_DELETE = do_GET  # noqa: N815

        def _unknown(self) -> _Reply:
            return _error(404, f"Unknown address: {self.command} {self.path}")

        def _send(self, reply: _Reply) -> None:
            body = reply.body.encode("utf-8", "surrogatepass")
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
            """Stay silent."""

    return Handler
