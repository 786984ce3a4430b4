"""The scripted model plays a script over real HTTP, and refuses what OpenAI's API refuses."""

import contextlib
import http.client
import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.endpoint import Endpoint, load, refusal
from harness.errors import InputError
from tests.build import EXAMPLES, marked

TOOLS = [{"type": "function", "function": {"name": "file_read", "parameters": {"type": "object"}}}]
USER = {"role": "user", "content": "Go."}


def write(folder: Path, text: str) -> Path:
    """Write a script and return its path."""
    path = folder / "name.script.yaml"
    path.write_text(dedent(text).lstrip("\n"), "utf-8")
    return path


class Reply(NamedTuple):
    """A response as a client sees it."""

    status: int
    body: str

    @property
    def data(self) -> Any:
        """The body as plain data."""
        return json.loads(self.body)

    @property
    def message(self) -> Any:
        """The message of the first choice."""
        return self.data["choices"][0]["message"]

    @property
    def error(self) -> str:
        """The message of the error in the body."""
        return str(self.data["error"]["message"])


def error(message: str) -> dict[str, Any]:
    """Return an error body in OpenAI's form."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}


class Client:
    """A client that keeps a conversation with the endpoint as a loop does."""

    def __init__(self, http: httpx2.Client, url: str, endpoint: Endpoint) -> None:
        self._http, self._url, self._endpoint = http, url, endpoint
        self.messages: list[dict[str, Any]] = []

    def send(self, body: object, path: str = "/chat/completions") -> Reply:
        """Send a body as it is when it is text or bytes, as JSON otherwise."""
        content = body if isinstance(body, bytes | str) else json.dumps(body)
        response = self._http.post(self._url + path, content=content)
        return Reply(response.status_code, response.text)

    def _ask(self, messages: Sequence[dict[str, Any]], choice: str) -> Reply:
        return self.send({"model": "m", "messages": messages, "tools": TOOLS, "tool_choice": choice})

    def turn(self, user: str = "Go.") -> Reply:
        """Begin a turn."""
        self.messages.append({"role": "user", "content": user})
        return self._acted()

    def _acted(self) -> Reply:
        reply = self._ask(self.messages, "auto")
        with contextlib.suppress(LookupError, TypeError, ValueError):
            self.messages.append(reply.message)
        return reply

    def _results(self, text: str) -> list[dict[str, Any]]:
        calls = self.messages[-1]["tool_calls"]
        return [{"role": "tool", "tool_call_id": call["id"], "content": text} for call in calls]

    def go_on(self) -> Reply:
        """Give the results of the last reply's calls and ask for the next round."""
        self.messages += self._results("ok")
        return self._acted()

    def notice(self) -> Reply:
        """Ask for the wording of a confirmation request."""
        return self._ask([*self.messages, *self._results("[AWAITING]")], "none")

    def answer(self, confirmed: bool) -> Reply:
        """Answer the checkpoint and ask for the next round."""
        self._endpoint.answered(confirmed)
        return self.go_on()


@pytest.fixture(scope="module")
def http_client() -> Iterator[httpx2.Client]:
    """Give one HTTP client that no proxy of the environment comes between."""
    with httpx2.Client(trust_env=False) as client:
        yield client


Serve = Callable[[str], contextlib.AbstractContextManager[Client]]


@pytest.fixture
def serve(http_client: httpx2.Client, tmp_path: Path) -> Serve:
    """Give a function that serves a script while its context lasts."""

    @contextlib.contextmanager
    def serving(text: str) -> Iterator[Client]:
        endpoint = Endpoint(load(write(tmp_path, text), "careful"))
        with endpoint.serving() as url:
            yield Client(http_client, url, endpoint)

    return serving


# Replies


def test_reply_is_a_whole_chat_completion(serve: Serve) -> None:
    """A text becomes a chat completion with every field, its tokens estimated from the bytes."""
    with serve("any: [[{text: Hi there.}]]") as client:
        request = {"model": "m-1", "messages": [USER]}
        assert client.send(request) == Reply(
            200,
            json.dumps(
                {
                    "id": "chatcmpl-t1r1",
                    "object": "chat.completion",
                    "created": 0,
                    "model": "m-1",
                    "choices": [
                        {
                            "index": 0,
                            "message": {"role": "assistant", "content": "Hi there."},
                            "finish_reason": "stop",
                        }
                    ],
                    "usage": {"prompt_tokens": 16, "completion_tokens": 11, "total_tokens": 27},
                }
            ),
        )


def test_calls_of_a_reply(serve: Serve) -> None:
    """Calls carry their arguments as JSON or as raw text, and a made id unless one is given, even an empty one."""
    text = """
      any:
        - - text: I look.
            calls:
              - file_read
              - file_read: {path: ä.txt, deep: {n: 1}}
              - file_read: "{'path': oops"
              - file_read: ""
              - file_read:
              - {file_read: {path: b}, id: ""}
              - {file_read: {path: b}, id: same}
              - {tool: id, arguments: {tool: x}, id: same}
    """
    with serve(text) as client:
        reply = client.turn()
    assert reply.data["choices"][0]["finish_reason"] == "tool_calls"
    assert reply.message == {
        "role": "assistant",
        "content": "I look.",
        "tool_calls": [
            {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
            for call_id, name, arguments in (
                ("call_t1r1_1", "file_read", "{}"),
                ("call_t1r1_2", "file_read", '{"path": "ä.txt", "deep": {"n": 1}}'),
                ("call_t1r1_3", "file_read", "{'path': oops"),
                ("call_t1r1_4", "file_read", ""),
                ("call_t1r1_5", "file_read", "{}"),
                ("", "file_read", '{"path": "b"}'),
                ("same", "file_read", '{"path": "b"}'),
                ("same", "id", '{"tool": "x"}'),
            )
        ],
    }


@pytest.mark.parametrize(
    ("step", "content", "called", "reason"),
    [
        ("{text: a}", "a", False, "stop"),
        ("{text: ''}", "", False, "stop"),
        ("{text: a, calls: []}", "a", False, "stop"),
        ("{calls: [file_read]}", None, True, "tool_calls"),
        ("{calls: [file_read], finish_reason: stop}", None, True, "stop"),
        ("{text: a, finish_reason: length}", "a", False, "length"),
        ("{text: a, finish_reason: tool_calls}", "a", False, "tool_calls"),
    ],
)
def test_finish_reason(serve: Serve, step: str, content: str | None, called: bool, reason: str) -> None:
    """A reply finishes with `tool_calls` where it has calls and `stop` otherwise, unless the script says it."""
    with serve(f"any: [[{step}]]") as client:
        choice = client.turn().data["choices"][0]
    assert (choice["message"]["content"], "tool_calls" in choice["message"], choice["finish_reason"]) == (
        content,
        called,
        reason,
    )


@pytest.mark.parametrize(
    ("step", "status", "body"),
    [
        ("{body: {choices: []}}", 200, '{"choices": []}'),
        ("{body: null}", 200, "null"),
        ("{body: []}", 200, "[]"),
        ("{body: 'ä'}", 200, '"ä"'),
        ("{body: {detail: no}, status: 401}", 401, '{"detail": "no"}'),
        ("{raw: '<html>'}", 200, "<html>"),
        ("{raw: ''}", 200, ""),
        ("{raw: '{\"choices\": [', status: 502}", 502, '{"choices": ['),
        ("{text: slow down, status: 429}", 429, json.dumps(error("slow down"))),
        ("{text: '', status: 503}", 503, json.dumps(error("the script answers with an error"))),
    ],
)
def test_whole_responses(serve: Serve, step: str, status: int, body: str) -> None:
    """A script can answer with any body and any status."""
    with serve(f"any: [[{step}]]") as client:
        assert client.turn() == Reply(status, body)


def test_rounds_and_turns_follow_each_other(serve: Serve) -> None:
    """Steps answer the rounds of a turn, a new user message begins the next turn, and ids tell them apart."""
    text = """
      any:
        - - calls: [file_read]
          - calls: [file_read]
          - text: One.
        - text: Two.
        - - calls: [file_read]
          - text: Three.
    """
    with serve(text) as client:
        replies = [client.turn(), client.go_on(), client.go_on(), client.turn("More."), client.turn("Again.")]
        replies.append(client.go_on())
    assert [reply.data["id"] for reply in replies] == [
        f"chatcmpl-{name}" for name in ("t1r1", "t1r2", "t1r3", "t2r1", "t3r1", "t3r2")
    ]
    assert [reply.message["content"] for reply in replies] == [None, None, "One.", "Two.", None, "Three."]


def test_a_turn_may_leave_steps_unplayed(serve: Serve) -> None:
    """A new user message begins the next turn of the script, whatever is left of the one before."""
    with serve("any: [[{text: One.}, {text: Unheard.}], [{text: Two.}]]") as client:
        assert [client.turn().message["content"], client.turn("More.").message["content"]] == ["One.", "Two."]


def test_the_same_body_twice_gets_the_same_reply(serve: Serve) -> None:
    """A request that is tried again is no further round, also when its first answer was an error."""
    with serve("any: [[{text: no, status: 500}, {text: unheard}], [{text: Two.}]]") as client:
        body = {"model": "m", "messages": [USER]}
        first = client.send(body)
        assert first == Reply(500, json.dumps(error("no")))
        assert [client.send(body), client.send(body)] == [first, first]
        assert client.turn("More.").message["content"] == "Two."


# Confirmations


CONFIRMED = """
  any:
    - - calls: [file_read]
      - notice: May I?
      - confirmed:
          - calls: [file_read]
          - text: Read.
        denied:
          - text: Left alone.
"""


def test_notice_then_confirmed(serve: Serve) -> None:
    """The notice answers the request without tools, and the steps below `confirmed` follow the answer."""
    with serve(CONFIRMED) as client:
        client.turn()
        replies = [client.notice(), client.answer(confirmed=True), client.go_on()]
    assert [reply.message["content"] for reply in replies] == ["May I?", None, "Read."]
    assert [reply.data["id"] for reply in replies] == ["chatcmpl-t1r2", "chatcmpl-t1r3", "chatcmpl-t1r4"]


def test_notice_then_denied(serve: Serve) -> None:
    """The steps below `denied` follow a denial."""
    with serve(CONFIRMED) as client:
        client.turn()
        assert [client.notice().message["content"], client.answer(confirmed=False).message["content"]] == [
            "May I?",
            "Left alone.",
        ]


def test_who_is_not_asked_goes_the_confirmed_way(serve: Serve) -> None:
    """Where no confirmation is asked for, the notice is passed over and the confirmed steps follow."""
    with serve(CONFIRMED) as client:
        client.turn()
        assert [client.go_on().message.get("tool_calls") is None, client.go_on().message["content"]] == [False, "Read."]


@pytest.mark.parametrize("steps", ["", ", {confirmed: [{text: a}]}", ", {text: a}"])
def test_a_notice_that_is_not_scripted_is_empty(serve: Serve, steps: str) -> None:
    """A confirmation request without words in the script gets an empty text and uses up no step."""
    with serve(f"any: [[{{calls: [file_read]}}{steps}]]") as client:
        client.turn()
        notice = client.notice()
        assert (notice.status, notice.message) == (200, {"role": "assistant", "content": ""})
        if steps:
            assert client.answer(confirmed=True).message["content"] == "a"


def test_branches_nest_and_steps_behind_them_follow(serve: Serve) -> None:
    """Each checkpoint takes its own answer, and the steps behind a branch follow whichever way was taken."""
    text = """
      any:
        - - calls: [file_read]
          - denied:
              - calls: [file_read]
              - notice: Really not?
              - confirmed:
                  - calls: [file_read]
          - text: Done.
    """
    with serve(text) as client:
        client.turn()
        client.notice()
        replies = [client.answer(confirmed=False), client.notice(), client.answer(confirmed=True), client.go_on()]
    assert [reply.message["content"] for reply in replies] == [None, "Really not?", None, "Done."]


def test_a_way_that_is_not_scripted_is_empty(serve: Serve) -> None:
    """An answer for which a branch has no steps goes on behind the branch."""
    text = "any: [[{calls: [file_read]}, {confirmed: [{text: Yes.}]}, {text: After.}]]"
    with serve(text) as client:
        client.turn()
        client.notice()
        assert client.answer(confirmed=False).message["content"] == "After."


def test_answers_end_with_their_turn(serve: Serve) -> None:
    """An answer that no branch took does not decide in the next turn."""
    text = "any: [[{calls: [file_read]}, {text: One.}], [{confirmed: [{text: Yes.}], denied: [{text: No.}]}]]"
    with serve(text) as client:
        client.turn()
        client.notice()
        client.answer(confirmed=False)
        assert client.turn("More.").message["content"] == "Yes."


# The end of a script


@pytest.mark.parametrize(
    ("text", "rounds", "place_in_words"),
    [
        ("any: ▸[]", 1, "request 1 of turn 1"),
        ("any: [▸[]]", 1, "request 1 of turn 1"),
        ("any:\n  - ▸- calls: [file_read]\n", 2, "request 2 of turn 1"),
        ("any:\n  - ▸calls: [file_read]\n", 2, "request 2 of turn 1"),
        ("any:\n  - ▸- calls: [file_read]\n    - confirmed: [{calls: [file_read]}]\n", 3, "request 3 of turn 1"),
        ("other: []\ncareful:\n  - ▸- calls: [file_read]\n", 2, "request 2 of turn 1"),
    ],
)
def test_an_exhausted_script_says_where(
    serve: Serve, tmp_path: Path, text: str, rounds: int, place_in_words: str
) -> None:
    """A request beyond the script is refused with the place to add a step at, and without being tried again."""
    script = marked(text)
    with serve(script.text) as client:
        reply = client.turn()
        for _ in range(rounds - 1):
            reply = client.go_on()
    place = f"{tmp_path / 'name.script.yaml'}:{script.place}"
    assert reply == Reply(
        418, json.dumps(error(f"{place}: the script has no reply for {place_in_words}; add a step there"))
    )


def test_a_turn_beyond_the_script_says_where(serve: Serve, tmp_path: Path) -> None:
    """A turn that the script does not have is refused with the place of the model's turns."""
    with serve("any:\n  - text: One.\n") as client:
        client.turn()
        assert client.turn("More.").error == (
            f"{tmp_path / 'name.script.yaml'}:2:3: the script has no reply for request 1 of turn 2; add a step there"
        )


# What is refused


def assistant(*ids: str) -> dict[str, Any]:
    """Return an assistant message with calls under these ids."""
    function = {"name": "file_read", "arguments": "{}"}
    calls = [{"id": call_id, "type": "function", "function": function} for call_id in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def result(call_id: str) -> dict[str, Any]:
    """Return the result of a call."""
    return {"role": "tool", "tool_call_id": call_id, "content": "ok"}


ORPHAN = "Invalid parameter: messages[{}] with role 'tool' must be a response to a preceding message with 'tool_calls'."
UNANSWERED = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
    "The following tool_call_ids did not have response messages: {}"
)


@pytest.mark.parametrize(
    ("messages", "wrong"),
    [
        ([USER], None),
        ([USER, assistant("a"), result("a")], None),
        ([USER, assistant("a", "b"), result("b"), result("a")], None),
        ([USER, assistant("a"), result("a"), assistant("a"), result("a"), USER], None),
        ([USER, assistant("a", "a"), result("a"), result("a")], None),
        ([USER, assistant("", ""), result(""), result("")], None),
        ([USER, {"role": "assistant", "content": "Hi.", "tool_calls": None}, USER], None),
        ([USER, result("a")], ORPHAN.format(1)),
        ([result("a")], ORPHAN.format(0)),
        ([USER, assistant("a"), result("b")], ORPHAN.format(2)),
        ([USER, assistant("a"), result("a"), result("a")], ORPHAN.format(3)),
        ([USER, assistant("a"), result("a"), USER, result("a")], ORPHAN.format(4)),
        ([USER, assistant("a"), result("a"), assistant("b"), result("a")], ORPHAN.format(4)),
        ([USER, assistant("", ""), result(""), result(""), result("")], ORPHAN.format(4)),
        ([USER, assistant("a")], UNANSWERED.format("a")),
        ([USER, assistant("a", "b"), result("a")], UNANSWERED.format("b")),
        ([USER, assistant("a", "b"), USER], UNANSWERED.format("a, b")),
        ([USER, assistant("a", "b"), result("a"), USER, result("b")], UNANSWERED.format("b")),
        ([USER, assistant("a"), assistant("a"), result("a")], UNANSWERED.format("a")),
        ([USER, assistant("a", "a"), result("a")], UNANSWERED.format("a")),
        ([], "'messages' must be a list with at least one message."),
        (None, "'messages' must be a list with at least one message."),
        ("Go.", "'messages' must be a list with at least one message."),
        (["Go."], "'messages' must be a list with at least one message."),
    ],
)
def test_calls_and_results_belong_together(messages: object, wrong: str | None) -> None:
    """Every call needs its result right behind it and every result its call; repeated and empty ids are counted."""
    assert refusal({"messages": messages}) == wrong


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, None),
        ({"tools": TOOLS}, None),
        ({"tools": TOOLS, "tool_choice": "none"}, None),
        (
            {"tools": []},
            "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        ),
        (
            {"tools": [], "tool_choice": "auto"},
            "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        ),
        (
            {"tool_choice": "none"},
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
        ),
    ],
)
def test_tools_are_given_or_left_out(fields: dict[str, Any], wrong: str | None) -> None:
    """An empty list of tools and a choice without tools are refused."""
    assert refusal({"messages": [USER], **fields}) == wrong


@pytest.mark.parametrize(
    "messages",
    [
        [USER, {"role": "assistant", "tool_calls": "file_read"}],
        [USER, {"role": "assistant", "tool_calls": 3}],
        [USER, {"role": "assistant", "tool_calls": {"id": "a"}}],
        [USER, {"role": "assistant", "tool_calls": ["file_read"]}],
        [USER, {"role": "assistant", "tool_calls": [{"id": ["a"]}]}],
        [USER, assistant("a"), {"role": "tool", "tool_call_id": ["a"], "content": "ok"}],
    ],
)
def test_malformed_messages_are_refused(serve: Serve, capfd: pytest.CaptureFixture[str], messages: list[Any]) -> None:
    """Calls that are no calls and ids that are no text get a 400 that says so, and never end the connection."""
    with serve("any: [[{text: a}]]") as client:
        reply = client.send({"messages": messages})
    assert (reply.status, reply.data["error"]["type"], capfd.readouterr().err) == (400, "invalid_request_error", "")


@EXAMPLES
@given(
    st.lists(st.sampled_from(["user", "ask a", "ask b", "ask ab", "ask aa", "ask -", "tell a", "tell b", "tell -"])),
)
def test_refusal_accepts_what_a_counter_by_hand_accepts(script: list[str]) -> None:
    """A random conversation is accepted exactly when every message list between calls is their results."""
    messages: list[dict[str, Any]] = [USER]
    wanted: list[str] = []
    right = True
    for step in script:
        what, _, names = step.partition(" ")
        ids = [name.strip("-") for name in (names if names != "-" else "-")]
        if what == "tell":
            messages.append(result(ids[0]))
            right = right and ids[0] in wanted
            if ids[0] in wanted:
                wanted.remove(ids[0])
        else:
            right = right and not wanted
            wanted = ids if what == "ask" else []
            messages.append(assistant(*ids) if what == "ask" else USER)
    assert (refusal({"messages": messages}) is None) == (right and not wanted)


def test_a_refused_request_uses_no_step(serve: Serve) -> None:
    """A refused request gets a 400 in OpenAI's form, and the script stays where it is."""
    with serve("any: [[{text: a}]]") as client:
        assert client.send({"messages": [USER, result("a")]}) == Reply(400, json.dumps(error(ORPHAN.format(1))))
        assert client.turn().message["content"] == "a"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "We could not parse the JSON body of your request."),
        (b"{", "We could not parse the JSON body of your request."),
        (b"\xff\xfe", "We could not parse the JSON body of your request."),
        (b"[" * 100_000, "We could not parse the JSON body of your request."),
        (b"[]", "The body of your request is not an object."),
        (b"null", "The body of your request is not an object."),
    ],
)
def test_a_body_that_is_no_object_is_refused(serve: Serve, body: bytes, said: str) -> None:
    """A body that is not a JSON object gets a 400."""
    with serve("any: [[{text: a}]]") as client:
        assert client.send(body) == Reply(400, json.dumps(error(said)))
        assert client.turn().message["content"] == "a"


# The server


@pytest.mark.parametrize("path", ["/models", "/completions", "/chat/completions/x", "/responses", ""])
def test_other_addresses_are_not_found(serve: Serve, path: str) -> None:
    """A request to any other address gets a 404 that names it, and uses no step."""
    with serve("any: [[{text: a}]]") as client:
        reply = client.send({"messages": [USER]}, path)
        assert reply == Reply(404, json.dumps(error(f"Unknown address: POST /v1{path}")))
        assert client.turn().message["content"] == "a"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_not_found(http_client: httpx2.Client, tmp_path: Path, method: str) -> None:
    """A request with another method gets the same 404, as JSON, which a client of models or files expects."""
    endpoint = Endpoint(load(write(tmp_path, "any: [[{text: a}]]"), "careful"))
    with endpoint.serving() as url:
        response = http_client.request(method, f"{url}/models")
    assert (response.status_code, response.json()) == (404, error(f"Unknown address: {method} /v1/models"))


def test_a_query_does_not_matter(serve: Serve) -> None:
    """An address with a query, as Azure's clients send, is found."""
    with serve("any: [[{text: a}]]") as client:
        reply = client.send({"messages": [USER]}, "/chat/completions?api-version=1")
    assert reply.message["content"] == "a"


def connection(url: str) -> http.client.HTTPConnection:
    """Return a bare connection to the server."""
    return http.client.HTTPConnection(url.removeprefix("http://").removesuffix("/v1"), timeout=10)


def test_connections_are_kept_alive(tmp_path: Path) -> None:
    """Several requests, refused ones among them, go over one connection."""
    endpoint = Endpoint(load(write(tmp_path, "any: [[{text: a}], [{text: b}]]"), "careful"))
    with endpoint.serving() as url:
        kept = connection(url)
        kept.connect()
        sockets, statuses = [kept.sock], []
        for path, body in (
            ("/v1/chat/completions", {"messages": [USER]}),
            ("/v1/nothing", {"messages": [USER]}),
            ("/v1/chat/completions", {"messages": []}),
            ("/v1/chat/completions", {"messages": [USER, USER]}),
        ):
            kept.request("POST", path, json.dumps(body))
            response = kept.getresponse()
            response.read()
            statuses.append(response.status)
            sockets.append(kept.sock)
        kept.close()
    assert statuses == [200, 404, 400, 200]
    assert sockets == sockets[:1] * 5


def test_a_closed_server_is_gone(tmp_path: Path) -> None:
    """Nothing listens any more when the context has ended."""
    with Endpoint(load(write(tmp_path, "any: []"), "careful")).serving() as url:
        pass
    with pytest.raises(ConnectionRefusedError):
        connection(url).connect()


@pytest.mark.parametrize("length", ["abc", "-1", ""])
def test_a_bad_length_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str], length: str) -> None:
    """A request whose length is no number gets a 400 and no traceback."""
    endpoint = Endpoint(load(write(tmp_path, "any: [[{text: a}]]"), "careful"))
    with endpoint.serving() as url:
        bare = connection(url)
        bare.connect()
        bare.sock.sendall(f"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{{}}".encode())
        bare.sock.shutdown(socket.SHUT_WR)
        first = bare.sock.makefile("rb").readline()
        bare.close()
    assert (first, capfd.readouterr().err) == (b"HTTP/1.1 400 Bad Request\r\n", "")


def test_a_client_that_hangs_up_leaves_no_traceback(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A client that resets the connection, as after a time-out, writes nothing on the terminal."""
    endpoint = Endpoint(load(write(tmp_path, "any: [[{text: a}]]"), "careful"))
    before = set(threading.enumerate())
    with endpoint.serving() as url:
        bare = connection(url)
        bare.connect()
        bare.sock.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
        bare.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        bare.close()
        after = connection(url)
        after.request("POST", "/v1/chat/completions", b"{}")
        after.getresponse().read()
        after.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert capfd.readouterr().err == ""


# Script files


def test_a_models_own_replies_come_before_any(tmp_path: Path) -> None:
    """A script's replies for a model are used before those for any."""
    path = write(tmp_path, "any: [[{text: a}]]\ncareful: [[{text: c}]]\n")
    texts = [[step.text for turn in load(path, label).turns for step in turn] for label in ("careful", "hasty", "any")]
    assert texts == [["c"], ["a"], ["a"]]


def test_one_step_needs_no_list(tmp_path: Path) -> None:
    """A turn of one step may be written without brackets."""
    turns = load(write(tmp_path, "any:\n  - text: a\n  - [{text: b}, {text: c}]\n"), "careful").turns
    assert [[step.text for step in turn] for turn in turns] == [["a"], ["b", "c"]]


@pytest.mark.parametrize(
    ("text", "label", "said"),
    [
        (
            "▸carefull: [[{text: a}]]",
            "careful",
            "no replies for the model 'careful' (did you mean 'carefull'?); add 'careful:' or 'any:'",
        ),
        ("▸hasty: [[{text: a}]]", "careful", "no replies for the model 'careful'; add 'careful:' or 'any:'"),
        ("▸{}", "careful", "no replies for the model 'careful'; add 'careful:' or 'any:'"),
    ],
)
def test_a_missing_model_is_named(tmp_path: Path, text: str, label: str, said: str) -> None:
    """A script without replies for a model says so, with the name that was probably meant."""
    script = marked(text)
    path = write(tmp_path, script.text)
    with pytest.raises(InputError) as caught:
        load(path, label)
    assert str(caught.value) == f"{path}:{script.place}: {said}"


STEP = (
    "a step is a reply (text, calls), a notice, what follows an answer (confirmed, denied), or a whole response "
    "(body or raw)"
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("▸", "the file is empty"),
        ("▸[]", "must be a mapping"),
        ("▸text", "must be a mapping"),
        ("any: ▸text", "any: must be a list"),
        ("any:\n  ▸text: a", "any: must be a list"),
        ("any: [▸text]", "any[0]: must be a mapping"),
        ("any: [[▸text]]", "any[0][0]: must be a mapping"),
        ("any: [[{text: a}], [{text: b}, ▸3]]", "any[1][1]: must be a mapping"),
        ("any: [[▸{}]]", f"any[0][0]: {STEP}"),
        ("any: [[▸{text: a, notice: b}]]", f"any[0][0]: {STEP}"),
        ("any: [[▸{text: a, confirmed: []}]]", f"any[0][0]: {STEP}"),
        ("any: [[▸{body: a, raw: b}]]", f"any[0][0]: {STEP}"),
        ("any: [[▸{body: a, text: b}]]", f"any[0][0]: {STEP}"),
        ("any: [[▸{notice: a, status: 500}]]", f"any[0][0]: {STEP}"),
        ("any: [[▸{status: 500}]]", f"any[0][0]: {STEP}"),
        ("any: [[▸{finish_reason: stop}]]", f"any[0][0]: {STEP}"),
        ("any: [[{text: ▸3}]]", "any[0][0].text: must be text; quote it: '3'"),
        ("any: [[{notice: ▸[a]}]]", "any[0][0].notice: must be text"),
        ("any: [[{raw: ▸{a: 1}}]]", "any[0][0].raw: must be text"),
        ("any: [[{text: a, status: ▸'500'}]]", "any[0][0].status: must be a whole number"),
        ("any: [[{text: a, status: ▸99}]]", "any[0][0].status: must be at least 200"),
        ("any: [[{text: a, status: ▸600}]]", "any[0][0].status: must be at most 599"),
        ("any: [[{text: a, finish_reason: ▸true}]]", "any[0][0].finish_reason: must be text; quote it: 'true'"),
        ("any: [[{confirmed: ▸text}]]", "any[0][0].confirmed: must be a list"),
        ("any:\n  - - denied:\n        - text: ▸3\n", "any[0][0].denied[0].text: must be text; quote it: '3'"),
        ("any: [[{calls: ▸file_read}]]", "any[0][0].calls: must be a list"),
        ("any: [[{calls: [▸3]}]]", "any[0][0].calls[0]: must be a mapping"),
        (
            "any: [[{calls: [▸{file_read: 3}]}]]",
            "any[0][0].calls[0]: the arguments of file_read must be a mapping, or a text that is sent as it is",
        ),
        (
            "any: [[{calls: [a, ▸{b: {}, c: {}}]}]]",
            "any[0][0].calls[1]: a call names one tool, with its arguments behind it; here: b, c",
        ),
        (
            "any: [[{calls: [▸{id: x}]}]]",
            "any[0][0].calls[0]: a call names one tool, with its arguments behind it; here: none",
        ),
        ("any: [[{calls: [{a: {}, id: ▸3}]}]]", "any[0][0].calls[0].id: must be text; quote it: '3'"),
        ("any: [[{calls: [{tool: ▸3}]}]]", "any[0][0].calls[0].tool: must be text; quote it: '3'"),
        ("any: [[{text: a, ▸text: b}]]", "the key 'text' stands here twice; only one can count"),
        ("▸1: []", "keys are text; write '1' in quotes"),
        ("any: [[{text: ▸!!python/name:os.system x}]]", "the tag python/name:os.system has no meaning here; remove it"),
    ],
)
def test_mistakes_say_where(tmp_path: Path, text: str, said: str) -> None:
    """A mistake in a script is an error with the line and column of what is wrong."""
    script = marked(text)
    path = write(tmp_path, script.text)
    with pytest.raises(InputError) as caught:
        load(path, "careful")
    assert str(caught.value) == f"{path}:{script.place}: {said}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("any: [[{▸txt: a}]]", "any[0][0]: unknown key 'txt' (did you mean 'text'?)"),
        ("any: [[{denied: [{▸noticed: a}]}]]", "any[0][0].denied[0]: unknown key 'noticed' (did you mean 'notice'?)"),
        (
            "any: [[{calls: [{tool: a, ▸argument: {}}]}]]",
            "any[0][0].calls[0]: unknown key 'argument' (did you mean 'arguments'?)",
        ),
    ],
)
def test_unknown_keys_say_what_was_meant(tmp_path: Path, text: str, said: str) -> None:
    """A misspelt key of a script is named with the key that was probably meant, as in scenarios."""
    script = marked(text)
    path = write(tmp_path, script.text)
    with pytest.raises(InputError) as caught:
        load(path, "careful")
    assert str(caught.value) == f"{path}:{script.place}: {said}"


@pytest.mark.parametrize("arguments", ["3", "[a]", "null"])
def test_arguments_in_the_long_form_are_one_mistake(tmp_path: Path, arguments: str) -> None:
    """Wrong arguments behind the key `arguments` are one problem, not one for each form that they may have."""
    path = write(tmp_path, f"any: [[{{calls: [{{tool: a, arguments: {arguments}}}]}}]]")
    with pytest.raises(InputError) as caught:
        load(path, "careful")
    assert len(caught.value.problems) == 1


def test_a_script_that_is_not_yaml_says_where(tmp_path: Path) -> None:
    """A script that is no YAML is an error at the place that must be mended."""
    path = write(tmp_path, "any: [[{text: a}]\n")
    with pytest.raises(InputError, match=rf"^{re.escape(str(path))}:1:6: not YAML: "):
        load(path, "careful")


@pytest.mark.parametrize("key", ["calls", "notice", "confirmed", "denied", "raw"])
def test_an_empty_key_is_no_step(tmp_path: Path, key: str) -> None:
    """A key with nothing behind it is a mistake, and does not play as an empty reply."""
    path = write(tmp_path, f"any:\n  - - text: a\n    - {key}:\n")
    with pytest.raises(InputError, match=rf"^{re.escape(str(path))}:3:"):
        load(path, "careful")


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    """Every mistake of a script is named, in the order of its lines."""
    path = write(tmp_path, "any:\n  - - text: 3\n    - notice: 4\nhasty:\n  - status: ok\n    text: a\n")
    with pytest.raises(InputError) as caught:
        load(path, "careful")
    assert caught.value.problems == (
        f"{path}:2:13: any[0][0].text: must be text; quote it: '3'",
        f"{path}:3:15: any[0][1].notice: must be text; quote it: '4'",
        f"{path}:5:13: hasty[0].status: must be a whole number",
    )


def test_a_missing_script_is_named(tmp_path: Path) -> None:
    """A script that is not there is an error with its path."""
    with pytest.raises(InputError) as caught:
        load(tmp_path / "none.script.yaml", "careful")
    assert str(caught.value) == f"{tmp_path / 'none.script.yaml'}:1:1: there is no such file"
