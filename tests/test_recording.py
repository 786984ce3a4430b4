"""One cassette's file: whole or told as broken, read by vcrpy, written only where it says more."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx2
import pytest
import vcr
from vcr.persisters.filesystem import FilesystemPersister
from vcr.serializers import yamlserializer

from harness.errors import CassetteMissing, CassetteUnreadable
from harness.folders import SHARED, cassette_files
from harness.layout import Recorded
from harness.pieces import Pieces
from harness.recording import Recording, Serializer, counted, load, parsed, read, save, text_of
from harness.shelf import exported
from tests.test_layout import conversation, exchange, plain
from tests.wire import Answer, endpoint

BUNDLED = Path(__file__).parents[1] / "cassettes"
SUITE = sorted(path for path in BUNDLED.rglob("*.yaml") if SHARED not in path.parts)
METADATA = {"case": "a/b@m/v", "recorded": "2026-03-01T09:00:00Z", "model": "m"}
THREE = [exchange(f'{{"n":{n}}}', f'{{"a": {n}}}') for n in range(3)]


def write(path: Path, exchanges: list[Recorded], metadata: dict[str, str] = METADATA) -> bool:
    """Write a cassette and return whether that was needed."""
    pieces = Pieces(path.parent)
    return save(path, text_of(exchanges, metadata, pieces), pieces)


def held(recording: Recording) -> list[Any]:
    """Return all that a recording plays and compares."""
    return plain(recording.exchanges)


def test_a_recording_comes_back(tmp_path: Path) -> None:
    """Exchanges, head and the places of requests are what was written."""
    path = tmp_path / "c.yaml"
    assert write(path, THREE)
    recording = load(path, Pieces(tmp_path))
    assert (held(recording), recording.metadata, len(recording), recording.stock) == (plain(THREE), METADATA, 3, False)
    assert [recording.place(at) for at in range(3)] == [("POST", "/v1/chat/completions")] * 3
    assert [recording.body(at) for at in range(3)] == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_the_same_exchanges_are_not_written_again(tmp_path: Path) -> None:
    """A recording that says nothing new leaves the file and its time as they are; a new one replaces it."""
    path = tmp_path / "c.yaml"
    write(path, THREE)
    before = path.read_bytes()
    assert not write(path, THREE, {**METADATA, "recorded": "2027-01-01T00:00:00Z"})
    assert path.read_bytes() == before
    assert write(path, THREE[:2], {**METADATA, "recorded": "2027-01-01T00:00:00Z"})
    assert load(path, Pieces(tmp_path)).metadata["recorded"] == "2027-01-01T00:00:00Z"
    path.write_text("broken", "utf-8")
    assert write(path, THREE)


def test_the_digest_is_of_the_exchanges_alone(tmp_path: Path) -> None:
    """What is said of a recording, such as its time, does not make it another one."""
    for name, metadata, exchanges in (("a", METADATA, THREE), ("b", {}, THREE), ("c", METADATA, THREE[:2])):
        write(tmp_path / f"{name}.yaml", exchanges, metadata)
    one, other, shorter = (load(tmp_path / f"{name}.yaml", Pieces(tmp_path)).digest for name in "abc")
    assert one == other != shorter


# Broken files


def judged(text: bytes, path: Path, pieces: Pieces, right: list[Any]) -> str:
    """Return what becomes of a damaged file: refused, the same as before, or something else."""
    try:
        now = parsed(text.decode("utf-8"), path, pieces)
        return "the same" if held(now) == right else "another"
    except (CassetteUnreadable, UnicodeDecodeError):
        return "refused"


def truncations(text: bytes) -> Iterator[bytes]:
    """Yield a file cut behind each of its lines but the last."""
    lines = text.splitlines(keepends=True)
    yield from (b"".join(lines[:end]) for end in range(len(lines)))


def flips(text: bytes, places: range | list[int], chance: random.Random) -> Iterator[bytes]:
    """Yield a file with one bit of one byte flipped, at each place."""
    for at in places:
        yield text[:at] + bytes([text[at] ^ (1 << chance.randrange(8))]) + text[at + 1 :]


@pytest.mark.slow
def test_no_bundled_cassette_is_taken_for_another_when_it_is_cut(
    record_property: Callable[[str, object], None],
) -> None:
    """Cut at any line, every cassette of the suite is refused."""
    count: Counter[str] = Counter()
    pieces = Pieces(BUNDLED)
    for path in SUITE:
        right = held(load(path, pieces))
        count.update(judged(text, path, pieces, right) for text in truncations(path.read_bytes()))
    record_property("truncations", dict(count))
    assert count["another"] == count["the same"] == 0
    assert count["refused"] > 10_000


@pytest.mark.slow
def test_no_bundled_cassette_is_taken_for_another_when_a_bit_flips(
    record_property: Callable[[str, object], None],
) -> None:
    """With any byte of one cassette flipped, and many of all others, the file is refused or replays as it was."""
    count: Counter[str] = Counter()
    pieces, chance = Pieces(BUNDLED), random.Random(7)  # noqa: S311 - not for secrets
    for number, path in enumerate(SUITE):
        text, right = path.read_bytes(), held(load(path, pieces))
        places = range(len(text)) if number == 0 else chance.sample(range(len(text)), 40)
        count.update(judged(flipped, path, pieces, right) for flipped in flips(text, places, chance))
    record_property("flips", dict(count))
    assert count["another"] == 0
    assert count["refused"] > 8_000


def test_exchanges_removed_repeated_or_swapped_are_told(tmp_path: Path) -> None:
    """The digest is of all exchanges in their order."""
    path = tmp_path / "c.yaml"
    write(path, THREE)
    head, _, body = path.read_text("utf-8").partition("exchanges:\n")
    parts = [f"- request:{part}" for part in body.split("- request:")[1:]]
    assert len(parts) == 3
    for other in (parts[:2], parts[1:], [*parts, parts[2]], [parts[0], parts[2], parts[1]], []):
        path.write_text(f"{head}exchanges:\n{''.join(other)}", "utf-8")
        with pytest.raises(CassetteUnreadable, match=r"c\.yaml:2:1: its exchanges were changed since they were recor"):
            load(path, Pieces(tmp_path))


def test_what_was_edited_is_read_where_it_is_trusted(tmp_path: Path) -> None:
    """An edit by hand is refused until it is accepted, and then is what is played."""
    path = tmp_path / "c.yaml"
    write(path, THREE)
    path.write_text(path.read_text("utf-8").replace("body: {a: 2}", "body: {a: 22}"), "utf-8")
    with pytest.raises(CassetteUnreadable):
        load(path, Pieces(tmp_path))
    recording = load(path, Pieces(tmp_path, trusting=True), trusting=True)
    assert recording.replies[2]["body"]["string"] == b'{"a": 22}'


def test_lines_may_end_as_windows_ends_them(tmp_path: Path) -> None:
    """A checkout that writes carriage returns changes nothing."""
    path = tmp_path / "c.yaml"
    exchanges = [exchange('{"n":"a\\nb"}', '{"a":"c\\r\\nd"}')]
    write(path, exchanges)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert held(load(path, Pieces(tmp_path))) == plain(exchanges)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: [",
        "a",
        "- request: 1",
        "version: 1",
        "version: 1\ninteractions: 3",
        "version: 1\ninteractions:\n- request: {method: POST, uri: u, body: b, headers: {}}\n",
        "!!python/object/apply:os.system [echo]",
        "interactions:\n- request: !!python/object/apply:os.system [echo]\n",
        "harness-cassette: 1\nexchanges:\n- !!python/object/apply:os.system [echo]\n",
        "harness-cassette: 2\ndigest: 0\nexchanges:\n",
        "harness-cassette: 1\ndigest: 0\nmetadata: []\nexchanges:\n",
        "harness-cassette: 1\ndigest: 0\nextra: 1\nexchanges:\n",
        "harness-cassette: 1\n- a\nexchanges:\n",
        "harness-cassette: 1\na\nexchanges:\n",
        """interactions:
- request: {method: POST, uri: u, body: b, headers: {}}
  response: {status: {}, headers: {}, body: {}}""",
    ],
)
@pytest.mark.parametrize("trusting", [False, True])
def test_what_is_no_cassette_is_refused(tmp_path: Path, text: str, trusting: bool) -> None:
    """No text is taken for an empty cassette, no tag makes an object, and the message says where."""
    path = tmp_path / "c.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(CassetteUnreadable, match=r"c\.yaml:\d+:\d+: "):
        load(path, Pieces(tmp_path), trusting=trusting)


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    """A file that is not there is missing; a folder, or what is no UTF-8, is unreadable."""
    with pytest.raises(CassetteMissing, match="nothing is recorded"):
        read(tmp_path / "no.yaml")
    (tmp_path / "c.yaml").write_bytes(b"\xff")
    for path in (tmp_path / "c.yaml", tmp_path):
        with pytest.raises(CassetteUnreadable, match="cannot be read"):
            read(path)


# Through vcrpy


def ask(url: str, bodies: list[Any]) -> list[str]:
    """Ask an endpoint through httpx2, one body after the other."""

    async def go() -> list[str]:
        async with httpx2.AsyncClient(trust_env=False) as client:
            return [(await client.post(url, json=body)).text for body in bodies]

    return asyncio.run(go())


def recorder(folder: Path, **options: Any) -> Any:
    """Return a recorder of vcrpy's own that knows this package's form."""
    made = vcr.VCR(serializer="harness", match_on=["method", "path", "body"], **options)
    made.register_serializer("harness", Serializer(folder))
    return made


def test_vcrpy_plays_and_records_through_its_own_door(tmp_path: Path) -> None:
    """With the serializer registered vcrpy records such a file, and replays it without a connection."""
    path = tmp_path / "c.yaml"
    bodies = [json.loads(one.request.body) for one in conversation(3)]
    with endpoint([Answer('{"a": "é"}'), Answer("<html>")]) as asked:
        with recorder(tmp_path).use_cassette(path, filter_headers=["user-agent"]):
            answers = ask(asked.url, bodies)
        count = len(asked.bodies)
        with recorder(tmp_path, record_mode="none").use_cassette(path):
            assert ask(asked.url, bodies) == answers == ['{"a": "é"}', "<html>", "<html>"]
        assert len(asked.bodies) == count
    assert read(path).startswith("harness-cassette: 1\n")
    assert len(list((tmp_path / SHARED).iterdir())) == 2
    assert [json.loads(one.request.body) for one in load(path, Pieces(tmp_path)).exchanges] == bodies


def test_metadata_passes_through_vcrpy(tmp_path: Path) -> None:
    """What vcrpy stores beside interactions is the head of the file, and the other way round."""
    serializer = Serializer(tmp_path)
    text = text_of(THREE, METADATA, Pieces(tmp_path))
    data = serializer.deserialize(text)
    assert data["metadata"] == METADATA
    assert serializer.serialize(data) == text


def test_stock_files_are_read_as_they_are(tmp_path: Path) -> None:
    """A file of vcrpy's own form holds the same exchanges, and is known as such."""
    path = tmp_path / "c.yaml"
    exchanges = conversation(2)
    both = {"requests": [one.request for one in exchanges], "responses": [deepcopy(one.response) for one in exchanges]}
    FilesystemPersister.save_cassette(path, both, yamlserializer)
    recording = load(path, Pieces(tmp_path))
    assert (held(recording), recording.stock) == (plain(exchanges), True)
    assert recording.body(1) == json.loads(exchanges[1].request.body)


@pytest.mark.parametrize("way", ["first", "second"])
def test_any_request_may_be_asked_for_first(tmp_path: Path, way: str) -> None:
    """Requests are made out from those before them, whichever is asked for."""
    exchanges = conversation(5)
    write(tmp_path / "c.yaml", exchanges)
    order = {"first": [4, 0, 2], "second": [2, 2, 4]}[way]
    recording = load(tmp_path / "c.yaml", Pieces(tmp_path))
    assert [recording.request(at).body for at in order] == [exchanges[at].request.body for at in order]


def test_exchanges_are_counted_without_being_read(tmp_path: Path) -> None:
    """In every bundled cassette, in vcrpy's form too, as many are counted as are made out."""
    folder = Path(__file__).parents[1] / "cassettes"
    for path in cassette_files(folder):
        assert counted(path) == len(load(path, Pieces(folder))), path
    stock = tmp_path / "stock.yaml"
    stock.write_text(exported(path, folder), "utf-8")
    assert counted(stock) == counted(path)
    assert (counted(tmp_path / "none.yaml"), counted(tmp_path)) == (None, None)
