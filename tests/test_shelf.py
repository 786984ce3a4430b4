"""The cassettes on disk: named by their cases, accepted after an edit, exported, and cleared."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from vcr.persisters.filesystem import FilesystemPersister
from vcr.serializers import yamlserializer

from harness.cassette import path_of
from harness.errors import CassetteUnreadable, InputError
from harness.folders import SHARED, case_of, cassette_files
from harness.pieces import Pieces
from harness.recording import load, save, text_of
from harness.shelf import accept, clear, export, exported, named, pieces_of
from tests.test_layout import conversation, exchange, plain

IDS = ("files/a@careful/chat+all", "files/a@careful/chat+all~2", "files/ab@google/gemini:free/x+y~persona=z", "b@m/v+w")
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def shelved(folder: Path) -> dict[str, Path]:
    """Write a cassette of each of some cases, and return where each stands."""
    places = {
        IDS[0]: path_of(folder, "files/a", "careful", "chat+all"),
        IDS[1]: path_of(folder, "files/a", "careful", "chat+all", 2),
        IDS[2]: path_of(folder, "files/ab", "google/gemini:free", "x+y~persona=z"),
        IDS[3]: path_of(folder, "b", "m", "v+w"),
    }
    for name, path in places.items():
        pieces = Pieces(folder)
        save(path, text_of(conversation(2), {"case": name}, pieces), pieces)
    return places


def test_cassettes_are_known_by_their_cases(tmp_path: Path) -> None:
    """All are found but pieces and hidden files, and each place says which case it is of."""
    places = shelved(tmp_path)
    (tmp_path / ".trash").mkdir()
    (tmp_path / ".trash" / "c.yaml").write_text("", "utf-8")
    (tmp_path / SHARED / "c.yaml").write_text("", "utf-8")
    assert {case_of(path, tmp_path): path for path in cassette_files(tmp_path)} == places


def test_people_name_cases_in_several_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id, a part that one id alone has, and the file name the same cassette, once."""
    places = shelved(tmp_path)
    monkeypatch.chdir(tmp_path)
    file = str(places[IDS[3]].relative_to(tmp_path))
    assert named([IDS[0], "ab@", file, "b@m"], tmp_path) == [places[IDS[0]], places[IDS[2]], places[IDS[3]]]


def test_what_names_none_or_several_is_told_at_once(tmp_path: Path) -> None:
    """Every word that is wrong has its line, with what may have been meant."""
    shelved(tmp_path)
    with pytest.raises(InputError) as raised:
        named(["files/b@careful/chat+all", "files/a"], tmp_path)
    first, second = raised.value.problems
    assert first == f"'files/b@careful/chat+all' is no recorded case (did you mean '{IDS[0]}'?); they are in {tmp_path}"
    assert second.splitlines() == [
        f"'files/a' fits 3 cassettes in {tmp_path}; name one of them:",
        *(f"  {name}" for name in IDS[:3]),
    ]


def test_an_edit_is_accepted(tmp_path: Path) -> None:
    """What was edited plays from then on, its later requests follow, and the head says when it was accepted."""
    path = shelved(tmp_path)[IDS[0]]
    assert not accept(path, tmp_path, NOW)
    text = path.read_text("utf-8")
    path.write_text(text.replace("content: Go on.", "content: Stop."), "utf-8")
    with pytest.raises(CassetteUnreadable, match="harness cassette accept"):
        load(path, Pieces(tmp_path))
    assert accept(path, tmp_path, NOW)
    recording = load(path, Pieces(tmp_path))
    assert [json.loads(one.request.body)["messages"][1]["content"] for one in recording.exchanges] == ["Stop.", "Stop."]
    assert recording.metadata == {"case": IDS[0], "accepted": "2026-03-01T09:00:00Z"}


def test_an_edited_piece_is_accepted_with_its_cassette(tmp_path: Path) -> None:
    """The piece gets a name of its own; the cassettes that share the old text keep to it until they are accepted."""
    places = shelved(tmp_path)
    one, other = places[IDS[0]], places[IDS[3]]
    [prompt] = [path for path in (tmp_path / SHARED).iterdir() if path.suffix == ".md"]
    old = prompt.read_text("utf-8")
    prompt.write_text(old.replace("Be good.", "Be kind."), "utf-8")
    assert accept(one, tmp_path, NOW)
    assert b"Be kind." in load(one, Pieces(tmp_path)).request(0).body
    with pytest.raises(CassetteUnreadable, match="was changed since"):
        load(other, Pieces(tmp_path)).request(0)
    prompt.write_text(old, "utf-8")
    assert b"Be good." in load(other, Pieces(tmp_path)).request(0).body


def test_a_stock_file_is_accepted_into_the_own_form(tmp_path: Path) -> None:
    """A file of vcrpy's own form becomes one with head and digest, and plays the same."""
    path = path_of(tmp_path, "files/a", "m", "v+w")
    exchanges = conversation(2)
    before = plain(exchanges)
    both = {"requests": [one.request for one in exchanges], "responses": [deepcopy(one.response) for one in exchanges]}
    FilesystemPersister.save_cassette(path, both, yamlserializer)
    assert accept(path, tmp_path, NOW)
    recording = load(path, Pieces(tmp_path))
    assert (recording.stock, plain(recording.exchanges)) == (False, before)


def test_an_export_is_what_vcrpy_writes(tmp_path: Path) -> None:
    """Stock vcrpy loads what is exported, wherever it goes, and needs no piece."""
    path = shelved(tmp_path / "cassettes")[IDS[2]]
    to = export(path, tmp_path / "cassettes", tmp_path / "stock")
    assert to == tmp_path / "stock" / path.relative_to(tmp_path / "cassettes")
    assert to.read_text("utf-8") == exported(path, tmp_path / "cassettes")
    requests, responses = FilesystemPersister.load_cassette(to, yamlserializer)
    assert [(request.method, request.uri, request.body) for request in requests] == [
        (one.method, one.uri, one.body) for one, _ in conversation(2)
    ]
    assert responses == [response for _, response in conversation(2)]
    assert yaml.safe_load(to.read_text("utf-8"))["version"] == 1


def test_pieces_go_with_the_last_cassette_that_names_them(tmp_path: Path) -> None:
    """Of the pieces of replaced cassettes those are removed that nothing refers to; others are left alone."""
    places = shelved(tmp_path)
    names = pieces_of(places.values())
    assert names == set(Pieces(tmp_path).names())
    pieces = Pieces(tmp_path)
    foreign = pieces.keep("foreign", "Nobody refers to this. " * 9, "md")
    pieces.save()
    clear(names, tmp_path)
    assert set(Pieces(tmp_path).names()) == {*names, foreign}
    for path in places.values():
        pieces = Pieces(tmp_path)
        save(path, text_of([exchange("{}", "{}")], {}, pieces), pieces)
    clear(names, tmp_path)
    assert Pieces(tmp_path).names() == [foreign]
