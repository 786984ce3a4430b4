"""A record's replies, played as if they came from the model, and recorded with what the loop asks."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from harness.cassette import Exchange, Tape, installed, playing
from harness.errors import CassetteOverrun
from harness.feed import Feed
from harness.pieces import Pieces

URL = "http://nowhere.invalid/v1/chat/completions"


def fed(path: Path, replies: list[bytes], bodies: list[Any]) -> tuple[list[bytes], list[Exchange], Feed]:
    """Ask for each body, and return the answers, what the listener was told, and the tape, which is saved."""
    heard: list[Exchange] = []

    async def go() -> list[bytes]:
        async with httpx2.AsyncClient(trust_env=False) as client:
            return [(await client.post(URL, json=body)).content for body in bodies]

    feed = Feed(path, heard.append, Pieces(path.parent), replies)
    with installed(), playing(feed):
        answers = asyncio.run(go())
    return answers, heard, feed


def test_replies_come_in_order_whatever_is_asked(tmp_path: Path) -> None:
    """Each request gets the next reply to the byte, and the listener is told of both; what is left over is counted."""
    replies = [b'{ "n": 1 }', '{"é": "\\u00e9"}'.encode(), b"not JSON", b"{}"]
    answers, heard, feed = fed(tmp_path / "c.yaml", replies, [{"a": 1}, {"a": 1}, {"a": [True]}])
    assert answers == replies[:3]
    assert heard == [
        Exchange({"a": 1}, 200, '{ "n": 1 }'),
        Exchange({"a": 1}, 200, '{"é": "\\u00e9"}'),
        Exchange({"a": [True]}, 200, "not JSON"),
    ]
    assert (feed.left, feed.recorded, feed.live, feed.error) == (1, 3, True, None)


def test_what_was_fed_replays(tmp_path: Path) -> None:
    """The cassette holds the loop's own requests, without its headers, and replays as one that was recorded."""
    bodies, replies = [{"a": 1}, {"a": 2}], [b'{ "n": 1 }', b'{"n": 2}']
    *_, feed = fed(tmp_path / "c.yaml", replies, bodies)
    feed.save({"imported": "a.jsonl:1:1"})
    text = (tmp_path / "c.yaml").read_text("utf-8")
    assert "imported: a.jsonl:1:1" in text
    assert "python-httpx" not in text

    async def go() -> list[bytes]:
        async with httpx2.AsyncClient(trust_env=False) as client:
            return [(await client.post(URL, json=body)).content for body in bodies]

    tape = Tape.replay(tmp_path / "c.yaml", lambda _: None)
    with installed(), playing(tape):
        assert asyncio.run(go()) == replies
    assert [json.loads(one.request.body) for one in tape.exchanges] == bodies


def test_a_request_too_many_is_refused(tmp_path: Path) -> None:
    """Where there are no replies left the request is refused, and every one after it; none leaves."""
    path = tmp_path / "c.yaml"
    said = "the loop asks for more than the one reply of the record"
    with pytest.raises(CassetteOverrun, match=said):
        fed(path, [b"{}"], [{}, {}])

    async def go(feed: Feed) -> list[str]:
        told: list[str] = []
        async with httpx2.AsyncClient(trust_env=False) as client:
            for _ in range(3):
                try:
                    told.append((await client.post(URL, json={})).text)
                except CassetteOverrun as error:
                    told.append(str(error))
        return told

    feed = Feed(path, lambda _: None, Pieces(tmp_path), [b"{}"])
    with installed(), playing(feed):
        told = asyncio.run(go(feed))
    assert (told, str(feed.error), feed.left, feed.recorded) == (["{}", said, said], said, 0, 1)
