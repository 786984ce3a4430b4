"""Texts that cassettes share: named by their digest, kept once, and never taken for what they are not."""

from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import CassetteUnreadable
from harness.folders import SHARED
from harness.pieces import Pieces, referred, unreferred
from tests.build import EXAMPLES

PROMPT = "## Role: files\n\n" + "Look after the user's files. " * 5


def kept(folder: Path, title: str = "## Role: files", text: str = PROMPT) -> str:
    """Keep one text in a folder and return its name."""
    pieces = Pieces(folder)
    name = pieces.keep(title, text, "md")
    pieces.save()
    assert name is not None
    return name


def test_a_piece_is_a_readable_file_named_by_title_and_digest(tmp_path: Path) -> None:
    """The file holds the text with a line feed behind it, and its name says what it is."""
    digest = sha256(PROMPT.encode()).hexdigest()[:16]
    assert kept(tmp_path) == f"role-files-{digest}.md"
    assert (tmp_path / SHARED / f"role-files-{digest}.md").read_text("utf-8") == f"{PROMPT}\n"
    assert Pieces(tmp_path).text(f"role-files-{digest}.md") == PROMPT


def test_a_text_is_written_once(tmp_path: Path) -> None:
    """What is there is left as it is, so that three hundred cassettes write one file."""
    path = tmp_path / SHARED / kept(tmp_path)
    before = path.stat().st_mtime_ns
    for _ in range(3):
        kept(tmp_path)
    assert path.stat().st_mtime_ns == before
    assert Pieces(tmp_path).names() == [path.name]


@pytest.mark.parametrize("text", ["short", "x" * 79, "\ud800" * 90, "a line\r\n" * 20])
def test_what_no_file_holds_everywhere_is_not_shared(tmp_path: Path, text: str) -> None:
    """Short texts, half characters and carriage returns stay in the cassette."""
    assert Pieces(tmp_path).keep("t", text, "md") is None


@EXAMPLES
@given(st.text(min_size=80), st.text())
def test_any_text_that_is_kept_comes_back(tmp_path_factory: pytest.TempPathFactory, text: str, title: str) -> None:
    """Whatever the text and its title, the file gives the text back, under a name that is found in a cassette."""
    folder = tmp_path_factory.mktemp("pieces")
    pieces = Pieces(folder)
    name = pieces.keep(title, text, "md")
    pieces.save()
    if name is None:
        assert "\r" in text
        return
    assert Pieces(folder).text(name) == text
    assert list(referred(f"content: {{shared: [{name}, {name}]}}")) == [name, name]


def test_a_piece_that_is_gone_or_changed_is_told(tmp_path: Path) -> None:
    """A piece is read only if it is what its name says, unless what stands there now is to be accepted."""
    name = kept(tmp_path)
    path = tmp_path / SHARED / name
    path.write_text(f"{PROMPT} And mine.\n", "utf-8")
    with pytest.raises(CassetteUnreadable, match="this piece of the recording was changed since"):
        Pieces(tmp_path).text(name)
    assert Pieces(tmp_path, trusting=True).text(name) == f"{PROMPT} And mine."
    path.write_bytes(b"\xff")
    with pytest.raises(CassetteUnreadable, match="cannot be read"):
        Pieces(tmp_path).text(name)
    path.unlink()
    with pytest.raises(CassetteUnreadable, match="this piece of the recording is gone"):
        Pieces(tmp_path).text(name)


def test_lines_may_end_as_windows_ends_them(tmp_path: Path) -> None:
    """A checkout that writes carriage returns changes nothing."""
    name = kept(tmp_path)
    path = tmp_path / SHARED / name
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert Pieces(tmp_path).text(name) == PROMPT


@pytest.mark.parametrize("name", ["../secret.md", "a.md", "", "role-0123456789abcdef.txt", "/etc/passwd"])
def test_other_names_are_no_pieces(tmp_path: Path, name: str) -> None:
    """No name leads out of the folder."""
    with pytest.raises(KeyError):
        Pieces(tmp_path, trusting=True).text(name)


def test_pieces_that_nothing_refers_to_are_found(tmp_path: Path) -> None:
    """A piece is left over when no cassette names it any more."""
    used, unused = kept(tmp_path), kept(tmp_path, text=f"{PROMPT} Another.")
    cassette = tmp_path / "c.yaml"
    cassette.write_text(f"- {used}\n", "utf-8")
    assert unreferred(Pieces(tmp_path), [cassette]) == [unused]
