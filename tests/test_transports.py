"""Other HTTP clients in the loop: what they send is recorded and replayed like ours, and nothing else is."""

import asyncio
import json
from collections.abc import Sequence
from itertools import repeat
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests
from vcr.request import Request

from harness import selection
from harness.case import plan
from harness.cassette import Exchange, Tape, installed, playing
from harness.composition import Composition
from harness.errors import InputError, NetworkRefused
from harness.folders import cassette_files
from harness.guard import closed
from harness.outcome import Outcome
from harness.runner import run_many
from harness.settings import Loop
from harness.source import parse
from harness.transports import sent
from harness.wording import validate
from tests.build import marked
from tests.loops.sending import JSON, SESSION, WAYS, Send, executed, httpx2_async
from tests.project import meant, small
from tests.wire import TEXTS, Answer, endpoint, settings

EACH = [pytest.param(client, way, id=way.__name__) for client, ways in WAYS.items() for way in ways]
"""Every way to use each client."""

BODIES = [{"n": 1, "text": "Grüße, 世界"}, {"n": 2, "deep": {"b": [True, None], "a": 1.5}}]
ANSWERS = ['{"a": "é"}', '{"p": "b"}']
"""What the endpoint answers; the second could be unpacked once too often, into rubbish and without an error."""


def ignore(_: Exchange) -> None:
    """Listen to nothing."""


async def asked(way: Send, url: str) -> list[Any]:
    """Send two requests and return their answers."""
    return [json.loads(await way(f"{url}/v1/chat/completions", body)) for body in BODIES]


def recorded(path: Path, client: str, way: Send, answers: Sequence[Answer]) -> list[Any]:
    """Record two requests and return their answers."""
    with endpoint(answers) as server, installed([client]):
        tape = Tape.record(path, ignore)
        with playing(tape):
            came = asyncio.run(asked(way, server.url))
        tape.save()
    assert server.bodies == BODIES
    return came


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate", "raw deflate", "br"])
@pytest.mark.parametrize(("client", "way"), EACH)
def test_every_client_is_recorded_alike(tmp_path: Path, client: str, way: Send, encoding: Any) -> None:
    """One conversation gives the same exchanges through every client, however it is packed, and replays as it was."""
    if (client, encoding) == ("aiohttp", "br"):
        pytest.skip("refuses what it cannot unpack")
    answers = [Answer(text, encoding=encoding) for text in ANSWERS]
    recorded(tmp_path / "ours.yaml", "httpx2", httpx2_async, answers)
    live = recorded(tmp_path / "theirs.yaml", client, way, answers)
    assert meant(tmp_path / "theirs.yaml", tmp_path) == meant(tmp_path / "ours.yaml", tmp_path)
    tape = Tape.replay(tmp_path / "theirs.yaml", ignore)
    with closed(), installed([client]), playing(tape):
        again = asyncio.run(asked(way, "https://nowhere.invalid"))
    assert again == live == [json.loads(text) for text in ANSWERS]
    assert tape.played == 2


@pytest.mark.parametrize(("client", "way"), EACH)
def test_twenty_cases_at_a_time_do_not_mix(tmp_path: Path, client: str, way: Send) -> None:
    """Each of twenty tasks records its own requests, and is given its own answers again."""

    async def one(number: int, tape: Tape, url: str) -> list[Any]:
        with playing(tape):
            return [json.loads(await way(f"{url}/v1", {"case": number, "n": n})) for n in range(3)]

    async def all_at_once(tapes: Sequence[Tape], url: str) -> list[list[Any]]:
        return await asyncio.gather(*map(one, range(20), tapes, repeat(url)))

    paths = [tmp_path / f"{number}.yaml" for number in range(20)]
    with endpoint([Answer("{}")]) as server, installed([client]):
        tapes = [Tape.record(path, ignore) for path in paths]
        asyncio.run(all_at_once(tapes, server.url))
    assert [[json.loads(request.body) for request in tape.requests] for tape in tapes] == [
        [{"case": number, "n": n} for n in range(3)] for number in range(20)
    ]
    for number, (tape, path) in enumerate(zip(tapes, paths, strict=True)):
        for n, (_, response) in enumerate(tape.data):
            response["body"]["string"] = json.dumps([number, n]).encode()
        tape.save()
        assert path.exists()
    with closed(), installed([client]):
        again = asyncio.run(all_at_once([Tape.replay(path, ignore) for path in paths], "http://nowhere.invalid"))
    assert again == [[[number, n] for n in range(3)] for number in range(20)]


# Whole cases


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a small project."""
    return small(tmp_path)


def run(root: Path, factory: str, *clients: str, live: bool = False, url: str | None = None) -> list[Outcome]:
    """Run a project's scenarios through a loop and its clients, against its scripts or a real endpoint."""
    base = settings(url or "http://nowhere.invalid")
    tools = {"file_read": "read", "file_delete": "delete", "shell_exec": "root"}
    given = {"label": "l", "policy": "production", "texts": TEXTS, "factory": factory}
    one = base.model_copy(
        update={
            "catalogue": base.catalogue.model_copy(
                update={"tools": {name: base.catalogue.tools[like] for name, like in tools.items()}}
            ),
            "model": base.model if url else base.model.model_copy(update={"type": "scripted", "model_name": None}),
            "loop": Loop.model_validate({**given, "transports": clients} if clients else given),
        }
    )
    cases = plan(selection.select(root / "scenarios", []), [Composition(one, {}, ())])
    return asyncio.run(run_many(cases, root / "cassettes", live=live, jobs=4))


def cassettes(root: Path) -> dict[str, list[Any]]:
    """Return what is recorded."""
    return {path.name: meant(path, root / "cassettes") for path in cassette_files(root / "cassettes")}


@pytest.mark.parametrize(("client", "way"), EACH)
def test_a_loop_over_any_client_is_driven_like_ours(project: Path, client: str, way: Send) -> None:
    """A loop records the same cassettes through each client, and from our own cassettes gives our own traces."""
    ours = run(project, "harness.loop:make", live=True)
    name = f"tests.loops.sending:Loops.{way.__name__}"
    assert [outcome.trace for outcome in run(project, name, client)] == [outcome.trace for outcome in ours]
    run(project, "tests.loops.sending:Loops.httpx2_async", live=True)
    through_httpx2 = cassettes(project)
    live = run(project, name, client, live=True)
    assert cassettes(project) == through_httpx2
    again = run(project, name, client)
    assert [outcome.trace for outcome in live + again] == [outcome.trace for outcome in ours] * 2
    assert [(outcome.saved, outcome.unplayed) for outcome in live + again] == [(True, 0)] * 2 + [(False, 0)] * 2


@pytest.mark.parametrize("loop", ["executed", "unhearing"])
def test_a_thread_that_knows_no_case_sends_nothing(project: Path, loop: str) -> None:
    """A request from an executor's thread is refused, live and in replay, and the loop cannot hide it."""
    run(project, "tests.loops.sending:Loops.requests_threaded", "requests", live=True)
    with endpoint([Answer("{}")]) as server:
        live = run(project, f"tests.loops.sending:Loops.{loop}", "requests", live=True, url=server.url)
        again = run(project, f"tests.loops.sending:Loops.{loop}", "requests", url=server.url)
    assert server.bodies == []
    for outcome in live + again:
        assert outcome.trace.error is not None
        assert outcome.trace.error.kind == "refused"
        assert outcome.trace.error.message.endswith(
            " ran, was refused: a request needs its case, which asyncio.to_thread keeps, and run_in_executor and "
            "threading.Thread lose"
        )
    assert [outcome.saved for outcome in live] == [False, False]


@pytest.mark.parametrize("way", ["requests_threaded", "urllib3_pooled", "aiohttp_json", "httpx_async"])
def test_a_client_that_is_not_named_is_an_error(project: Path, way: str) -> None:
    """A loop whose client is not patched is told so while it records, and sends nothing in replay."""
    run(project, "harness.loop:make", live=True)
    live = run(project, f"tests.loops.sending:Loops.{way}", live=True)
    message = "the loop made no request that was seen; name its HTTP client in loop.transports (now: httpx2)"
    assert {(outcome.trace.error.kind, outcome.trace.error.message) for outcome in live if outcome.trace.error} == {
        ("loop", message)
    }
    assert [(outcome.trace.stop, outcome.saved) for outcome in live] == [("error", False)] * 2
    with endpoint([Answer("{}")]) as server:
        again = run(project, f"tests.loops.sending:Loops.{way}", url=server.url)
    assert server.bodies == []
    assert [outcome.trace.error.kind for outcome in again if outcome.trace.error] == ["refused", "refused"]


# Before and after


def test_clients_send_again_afterwards(tmp_path: Path) -> None:
    """Once nothing is installed, sessions from before send as before, and a recording can follow a replay."""
    clients = ["httpx2", "httpx", "aiohttp", "requests", "urllib3"]
    with endpoint([Answer('{"a": 1}')]) as server:
        SESSION.post(f"{server.url}/v1", json={})
        with pytest.raises(NetworkRefused), closed(), installed(clients):
            SESSION.post(f"{server.url}/v1", json={})
        assert len(server.bodies) == 1
        for way in (way for ways in WAYS.values() for way in ways):
            assert json.loads(asyncio.run(way(f"{server.url}/v1", {}))) == {"a": 1}
        assert json.loads(asyncio.run(executed(f"{server.url}/v1", {}))) == {"a": 1}
        tape = Tape.record(tmp_path / "c.yaml", ignore)
        with installed(clients), playing(tape):
            for way in (way for ways in WAYS.values() for way in ways):
                asyncio.run(way(f"{server.url}/v1", {"way": way.__name__}))
    assert [json.loads(request.body)["way"] for request in tape.requests] == [
        way.__name__ for ways in WAYS.values() for way in ways
    ]


def test_clients_that_are_not_installed_are_named_before_anything_runs() -> None:
    """Every client that is not there is an error of its own line."""
    with pytest.raises(InputError) as raised, installed(["nosuchclient", "httpx2", "nosuchother"]):
        pass
    assert raised.value.problems == tuple(
        f"loop.transports: {name} is not installed; install it, or do not name it"
        for name in ("nosuchclient", "nosuchother")
    )


def test_only_what_is_named_is_patched() -> None:
    """By default no other client than httpx2 is touched."""
    before = (aiohttp.ClientSession._request, requests.adapters.HTTPAdapter.send, SESSION.get_adapter("http://x"))
    with installed():
        assert before == (
            aiohttp.ClientSession._request,
            requests.adapters.HTTPAdapter.send,
            SESSION.get_adapter("http://x"),
        )


# What can be recorded


def test_requests_are_taken_as_they_are_sent() -> None:
    """A body is bytes however it was given, and a method stands in capitals."""

    def plain(method: str, body: Any) -> tuple[str, Any]:
        request = sent(Request(method, "http://h/v1", body, JSON))
        return request.method, request.body

    assert [plain("POST", body) for body in (b"{}", "{}", bytearray(b"{}"), iter([b"{", b"}"]))] == [
        ("POST", b"{}")
    ] * 4
    assert plain("get", None) == ("GET", b"")


async def aiohttp_form(url: str) -> None:
    """Send a form."""
    async with aiohttp.ClientSession() as session:
        await session.post(url, data={"a": "1"})


def test_a_body_that_cannot_be_recorded_is_not_sent(tmp_path: Path) -> None:
    """A form is refused before it is sent, with what would do instead."""
    tape = Tape.record(tmp_path / "c.yaml", ignore)
    with (
        endpoint([Answer("{}")]) as server,
        installed(["aiohttp"]),
        playing(tape),
        pytest.raises(NetworkRefused) as raised,
    ):
        asyncio.run(aiohttp_form(f"{server.url}/v1"))
    assert str(raised.value) == (
        f"a request to {server.url}/v1, made by a thread of no case, was refused: its body is of a kind that cannot be "
        "recorded, dict; send JSON, text or bytes"
    )
    assert server.bodies == []


# Settings


def loop(transports: Any) -> Loop:
    """Return a loop with these clients."""
    return Loop.model_validate({"label": "l", "policy": "production", "texts": TEXTS, "transports": transports})


def test_clients_are_named_in_the_settings() -> None:
    """One client may stand without brackets, and httpx2 is the default."""
    assert loop("aiohttp").transports == ("aiohttp",)
    assert loop(["requests", "httpx"]).transports == ("requests", "httpx")
    assert settings("http://x").loop.transports == ("httpx2",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("▸[]", "transports: must not be empty"),
        ("▸[aiohttp, aiohttp]", "transports: names one twice"),
        ("[aiohttp, ▸pycurl]", "transports[1]: must be 'httpx2', 'httpx', 'aiohttp', 'requests' or 'urllib3'"),
        ("▸curl", "transports: must be 'httpx2', 'httpx', 'aiohttp', 'requests' or 'urllib3'"),
    ],
)
def test_wrong_clients_are_shown_at_their_place(text: str, message: str) -> None:
    """A client that is unknown, or named twice, is an error at its line."""
    given, place = marked(f"label: l\nfactory: a:b\ntransports: {text}\n")
    with pytest.raises(InputError) as raised:
        validate(parse(given, Path("loop.yaml")), Loop)
    assert raised.value.problems == (f"loop.yaml:{place}: {message}",)
