"""Cassettes: what is stored, how it is matched and played, and that nothing leaves."""

import asyncio
import inspect
import json
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import httpx2
import pytest
import vcr.cassette
import vcr.patch
import vcr.stubs
from vcr.patch import PATCHER_NAMES, CassettePatcherBuilder
from vcr.record_mode import RecordMode
from vcr.request import Request

from harness.cassette import Exchange, Tape, installed, path_of, playing
from harness.errors import (
    CassetteMissing,
    CassetteOverrun,
    CassetteStale,
    CassetteUnreadable,
    CassetteUnsafe,
    NetworkRefused,
)
from harness.layout import Recorded
from harness.pieces import Pieces
from harness.recording import text_of
from tests.loops.sending import WAYS
from tests.wire import Answer, endpoint


def ignore(_: Exchange) -> None:
    """Listen to nothing."""


async def post(url: str, body: Any, **headers: str) -> httpx2.Response:
    """Send one request as an application would."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.post(url, json=body, headers=headers)


def recorded(path: Path, exchanges: list[tuple[Any, Answer]], url_path: str = "/v1/chat/completions") -> None:
    """Record exchanges with a real endpoint."""

    async def go(url: str) -> None:
        for body, _ in exchanges:
            await post(f"{url}{url_path}", body)

    with endpoint([answer for _, answer in exchanges]) as asked, installed():
        tape = Tape.record(path, ignore)
        with playing(tape):
            asyncio.run(go(asked.url))
        tape.save()


def replayed(path: Path, bodies: list[Any], url: str = "http://elsewhere.invalid/v1/chat/completions") -> list[str]:
    """Replay requests and return the response texts."""

    async def go() -> list[str]:
        return [(await post(url, body)).text for body in bodies]

    with installed():
        tape = Tape.replay(path, ignore)
        with playing(tape):
            return asyncio.run(go())


TWO = [({"n": 1}, Answer('{"a": 1}')), ({"n": 2}, Answer('{"a": 2}'))]


def test_recording_replays_from_another_host(tmp_path: Path) -> None:
    """What was recorded is played again in order; host and port do not matter."""
    recorded(tmp_path / "c.yaml", TWO)
    assert list(map(json.loads, replayed(tmp_path / "c.yaml", [{"n": 1}, {"n": 2}]))) == [{"a": 1}, {"a": 2}]


def test_matching_is_canonical(tmp_path: Path) -> None:
    """The order of keys does not matter; the order of requests and JSON types do."""
    recorded(tmp_path / "c.yaml", [({"a": 1, "b": [True]}, Answer("{}"))])
    assert replayed(tmp_path / "c.yaml", [{"b": [True], "a": 1}]) == ["{}"]
    for other in ({"a": 1, "b": [1]}, {"a": True, "b": [True]}, {"a": 1.0, "b": [True]}, {"a": 1}):
        with pytest.raises(CassetteStale):
            replayed(tmp_path / "c.yaml", [other])


@pytest.mark.parametrize(
    ("bodies", "error", "message"),
    [
        ([{"n": 2}], CassetteStale, "c.yaml: request 1: n: 1 -> 2"),
        ([{"n": 1}, {"n": 1}], CassetteStale, "c.yaml: request 2: n: 2 -> 1"),
        (
            [{"n": 1}, {"n": 2}, {"n": 3}],
            CassetteOverrun,
            "c.yaml: request 3: the loop asks for more than the 2 requests that were recorded",
        ),
    ],
)
def test_misses_say_where_and_what(tmp_path: Path, bodies: list[Any], error: type[Exception], message: str) -> None:
    """A request that is not the next recorded one is refused with the first difference."""
    recorded(tmp_path / "c.yaml", TWO)
    with pytest.raises(error) as raised:
        replayed(tmp_path / "c.yaml", bodies)
    assert str(raised.value).endswith(message)


def test_long_texts_are_shown_where_they_part(tmp_path: Path) -> None:
    """The message shows a long text from a little before the first difference."""
    recorded(tmp_path / "c.yaml", [({"p": "word " * 100 + "old end"}, Answer("{}"))])
    with pytest.raises(CassetteStale) as raised:
        replayed(tmp_path / "c.yaml", [{"p": "word " * 100 + "new end"}])
    assert str(raised.value).endswith('p: word 101: "... word word old end" -> "... word word new end"')


def test_other_paths_and_methods_are_refused(tmp_path: Path) -> None:
    """The address's path must be the recorded one."""
    recorded(tmp_path / "c.yaml", TWO)
    with pytest.raises(CassetteStale, match="address: POST /v1/chat/completions -> POST /api/chat/completions"):
        replayed(tmp_path / "c.yaml", [{"n": 1}], "http://elsewhere.invalid/api/chat/completions")


def test_a_refused_tape_stays_refused(tmp_path: Path) -> None:
    """After a miss nothing more is played, so that a loop that swallows the error cannot go on."""
    recorded(tmp_path / "c.yaml", TWO)
    tape = Tape.replay(tmp_path / "c.yaml", ignore)

    async def go() -> list[str]:
        errors = []
        for body in ({"n": 9}, {"n": 1}):
            with pytest.raises(CassetteStale) as raised:
                await post("http://x.invalid/v1/chat/completions", body)
            errors.append(str(raised.value))
        return errors

    with installed(), playing(tape):
        first, second = asyncio.run(go())
    assert first == second == str(tape.error)


# What is stored


def test_file_is_laid_out_for_people(tmp_path: Path) -> None:
    """Bodies stand as data, hosts of loopback without port, only two headers are kept, and the head is what is said."""
    recorded(tmp_path / "c.yaml", [({"text": "Grüße, 世界 🎉"}, Answer('{"b": [1, "é"]}'))])
    sent = sha256('{"text":"Grüße, 世界 🎉"}'.encode()).hexdigest()[:32]
    exchanges = f"""\
- request:
    method: POST
    uri: http://127.0.0.1/v1/chat/completions
    headers: {{content-type: application/json}}
    sha256: {sent}
    whole: {{text: 'Grüße, 世界 🎉'}}
  response:
    code: 200
    message: OK
    headers: {{content-type: [application/json]}}
    written: {{spaced: true}}
    body: {{b: [1, é]}}
"""
    digest = sha256(exchanges.encode()).hexdigest()[:32]
    assert (tmp_path / "c.yaml").read_text("utf-8") == (
        f"harness-cassette: 1\ndigest: {digest}\nmetadata: {{}}\nexchanges:\n{exchanges}"
    )


def test_stock_cassettes_are_read(tmp_path: Path) -> None:
    """A cassette written by vcrpy itself replays as it is."""
    path = tmp_path / "stock.yaml"
    with endpoint([Answer('{"a": 1}')]) as asked, vcr.VCR().use_cassette(path):
        asyncio.run(post(f"{asked.url}/v1/chat/completions", {"n": 1}))
    assert replayed(path, [{"n": 1}]) == ['{"a": 1}']


def test_compressed_answers_are_stored_as_text(tmp_path: Path) -> None:
    """An answer that came compressed stands readable in the file, and replays."""
    recorded(tmp_path / "c.yaml", [({"n": 1}, Answer('{"a": "é"}', encoding="gzip"))])
    assert "body: {a: é}" in (tmp_path / "c.yaml").read_text("utf-8")
    assert replayed(tmp_path / "c.yaml", [{"n": 1}]) == ['{"a": "é"}']


def test_secrets_are_not_stored(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Headers, cookies, user, password and query of the address reach neither the file nor a log."""
    caplog.set_level(logging.INFO)
    with endpoint([Answer("{}")]) as asked, installed():
        tape = Tape.record(tmp_path / "c.yaml", ignore)
        url = asked.url.replace("http://", "http://me:planted-password@")
        with playing(tape):
            asyncio.run(
                post(f"{url}/v1?key=planted-query", {}, Authorization="Bearer planted-key", Cookie="c=planted-cookie")
            )
        tape.save()
    assert asked.headers[0]["cookie"] == "c=planted-cookie"
    assert "planted" not in (tmp_path / "c.yaml").read_text("utf-8")
    assert [record.getMessage() for record in caplog.records if record.name.startswith("vcr")] == []


@pytest.mark.parametrize("where", ["request", "response"])
def test_a_known_secret_in_a_body_is_not_saved(tmp_path: Path, where: str) -> None:
    """A recording whose bodies hold a known secret is refused, and the old cassette stays."""
    path = tmp_path / "c.yaml"
    recorded(path, TWO)
    before = path.read_bytes()
    secret = 'planted"key-123'  # noqa: S105 - planted
    answer = Answer(json.dumps({"a": secret if where == "response" else ""}))
    with endpoint([answer]) as asked, installed():
        tape = Tape.record(path, ignore)
        with playing(tape):
            asyncio.run(post(f"{asked.url}/v1", {"b": secret if where == "request" else ""}))
        with pytest.raises(CassetteUnsafe) as raised:
            tape.save(known={secret: "the key of the model"})
    line = 10 if where == "request" else 16
    assert re.search(rf"c\.yaml:{line}:\d+: the key of the model: not saved; keep secrets out ", str(raised.value))
    assert "planted" not in str(raised.value)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["c.yaml"]


def test_an_answer_that_a_retry_overcame_is_not_kept(tmp_path: Path) -> None:
    """Of a request sent again after 429 only the last answer is stored."""
    recorded(tmp_path / "c.yaml", [({"n": 1}, Answer("{}", 429)), ({"n": 1}, Answer('{"a": 1}'))])
    assert list(map(json.loads, replayed(tmp_path / "c.yaml", [{"n": 1}]))) == [{"a": 1}]


# Broken files


def test_missing_cassette_says_so(tmp_path: Path) -> None:
    """A cassette that is not there is missing, not empty."""
    with pytest.raises(CassetteMissing, match="nothing is recorded"):
        Tape.replay(tmp_path / "no.yaml", ignore)


def test_unreadable_cassettes_are_refused(tmp_path: Path) -> None:
    """A file that is not a whole cassette is unreadable, never taken for an empty one."""
    path = tmp_path / "c.yaml"
    path.write_text("version: 1\n", "utf-8")
    with pytest.raises(CassetteUnreadable, match=r"c\.yaml:\d+:\d+: "):
        Tape.replay(path, ignore)


# Where requests go


def test_outside_of_any_case_every_request_is_refused() -> None:
    """While cassettes are installed, a request without one is refused, in a plain thread too."""
    with endpoint([Answer("{}")]) as asked, installed():
        with pytest.raises(NetworkRefused, match=f"a request to {asked.url}/v1, made by a thread of no case, was"):
            asyncio.run(post(f"{asked.url}/v1?key=planted", {}))
        with ThreadPoolExecutor() as pool, pytest.raises(NetworkRefused):
            pool.submit(lambda: httpx2.post(f"{asked.url}/v1", json={})).result()
    assert asked.bodies == []


def test_clients_are_as_before_afterwards() -> None:
    """Once cassettes are no longer installed, requests go out again."""
    with installed():
        pass
    with endpoint([Answer('{"a": 1}')]) as asked:
        assert asyncio.run(post(f"{asked.url}/v1", {})).json() == {"a": 1}


def test_two_hundred_concurrent_replays_do_not_mix(tmp_path: Path) -> None:
    """Each task gets its own answers through one patch."""
    names = [f"{number}.yaml" for number in range(200)]
    for name in names:
        exchanges = [
            Recorded(
                Request("POST", "http://h/v1", b'{"n":%d}' % n, {}),
                {
                    "status": {"code": 200, "message": "OK"},
                    "headers": {},
                    "body": {"string": json.dumps({"of": name, "n": n}).encode()},
                },
            )
            for n in range(3)
        ]
        (tmp_path / name).write_text(text_of(exchanges, {}, Pieces(tmp_path)), "utf-8")

    async def one(client: httpx2.AsyncClient, name: str) -> list[Any]:
        with playing(Tape.replay(tmp_path / name, ignore)):
            answers = []
            for n in range(3):
                answers.append((await client.post("http://h.invalid/v1", json={"n": n})).json())
                await asyncio.sleep(0)
            return answers

    async def all_at_once() -> list[list[Any]]:
        async with httpx2.AsyncClient() as client:
            return await asyncio.gather(*(one(client, name) for name in names))

    with installed():
        assert asyncio.run(all_at_once()) == [[{"of": name, "n": n} for n in range(3)] for name in names]


def test_listener_hears_every_exchange(tmp_path: Path) -> None:
    """Recording and replay tell the listener the same."""
    heard: list[Exchange] = []
    with endpoint([Answer('{"a":1}', 404)]) as asked, installed():
        tape = Tape.record(tmp_path / "c.yaml", heard.append)
        with playing(tape):
            asyncio.run(post(f"{asked.url}/v1", {"n": 1}))
        tape.save()
        with playing(Tape.replay(tmp_path / "c.yaml", heard.append)):
            asyncio.run(post("http://x.invalid/v1", {"n": 1}))
    assert [(one.request, one.status, json.loads(one.response)) for one in heard] == [({"n": 1}, 404, {"a": 1})] * 2


def test_paths_mirror_scenarios_below_model_and_variant() -> None:
    """A cassette's place is made of model, variant, area and name, each escaped for file systems."""
    assert path_of(Path("c"), "files/a", "careful", "chat+all") == Path("c/careful/chat+all/files/a.yaml")
    assert path_of(Path("c"), "a", "google/gemini:free", "x+y~persona=z", 2) == Path(
        "c/google%2Fgemini%3Afree/x+y~persona=z/a~2.yaml"
    )


# vcrpy's half-private names


def test_contract_with_vcrpy() -> None:
    """All that this package uses of vcrpy beyond its documented interface is there and behaves as it is used."""
    handles = {("HTTPTransport", "handle_request"), ("AsyncHTTPTransport", "handle_async_request")}
    pools = {
        (f"{scheme}ConnectionPool", name) for scheme in ("HTTP", "HTTPS") for name in ("ConnectionCls", "_get_conn")
    }
    for client, wanted in (
        ("httpx2", handles),
        ("httpx", handles),
        ("aiohttp", {("ClientSession", "_request")}),
        ("urllib3", pools),
    ):
        patches = [patch for patch in CassettePatcherBuilder(_Bare(client)).build() if hasattr(patch, "getter")]
        assert wanted <= {(patch.getter().__name__, patch.attribute) for patch in patches}, client
    # The stubs for urllib3 look up where it is replaced what takes all patches off.
    assert callable(vcr.patch.force_reset)
    assert "from vcr.patch import force_reset" in inspect.getsource(vcr.stubs.VCRConnection)
    assert aiohttp.ClientSession._build_url is not None
    tape = vcr.cassette.Cassette("p", record_mode=RecordMode.NONE)
    for name in (
        "_path",
        "append",
        "can_play_response_for",
        "data",
        "filter_request",
        "play_response",
        "record_mode",
        "write_protected",
    ):
        assert hasattr(tape, name), name
    assert tape.write_protected
    assert not vcr.cassette.Cassette("p", record_mode=RecordMode.ALL).write_protected


class _Bare:
    """The least that vcrpy's patcher builder wants of a cassette."""

    _path = "p"
    custom_patches = ()

    def __init__(self, client: str) -> None:
        self.skip_patchers = tuple(name for name in PATCHER_NAMES if name != client)


@pytest.mark.parametrize("client", WAYS)
def test_stubs_touch_only_what_the_dial_forwards(tmp_path: Path, client: str) -> None:
    """Vcrpy's stub for each client uses no other names of a cassette than those that are known."""
    touched: set[str] = set()

    class Spy:
        def __init__(self, tape: Any) -> None:
            self._tape = tape

        def __getattr__(self, name: str) -> Any:
            touched.add(name)
            return getattr(self._tape, name)

    recorded(tmp_path / "c.yaml", TWO)
    with endpoint([Answer("{}")]) as asked, installed([client]):
        for tape in (Tape.record(tmp_path / "d.yaml", ignore), Tape.replay(tmp_path / "c.yaml", ignore)):
            spy: Any = Spy(tape)
            with playing(spy):
                asyncio.run(WAYS[client][0](f"{asked.url}/v1/chat/completions", {"n": 1}))
    known = {"can_play_response_for", "play_response", "write_protected", "append"}
    assert touched == known | ({"filter_request"} if client == "aiohttp" else set())


def test_requests_keep_their_body_and_address() -> None:
    """Vcrpy's request gives back what it was made of."""
    request = Request("POST", "http://h/v1?q=1", b"{}", {"A": "b"})
    assert (request.method, request.uri, request.path, request.body) == ("POST", "http://h/v1?q=1", "/v1", b"{}")
