"""Files written whole or not at all, and names that every file system takes."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.files import escaped, write_all, write_whole

EXAMPLES = settings(deadline=None, max_examples=300, derandomize=True, database=None)
DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
"""Names that Windows keeps for devices, with any ending."""
NAMES = st.text(st.characters(), min_size=1, max_size=60)
TRICKY = st.text(st.sampled_from("./\\:%~ CONPRAULT19aé\x00\ud800"), min_size=1, max_size=8)


def below(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder with what they hold."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_text_is_written_as_utf8(tmp_path: Path) -> None:
    """A text is written as it is, with folders made where they lack, and nothing beside it."""
    write_whole(tmp_path / "a" / "b" / "c.txt", "é\r\n\u2028😀\n")
    assert below(tmp_path) == {"a/b/c.txt": "é\r\n\u2028😀\n".encode()}


def test_old_content_is_replaced_whole(tmp_path: Path) -> None:
    """A shorter text leaves nothing of the longer one that it replaces."""
    write_whole(tmp_path / "a.txt", "long old content")
    write_whole(tmp_path / "a.txt", "new")
    assert below(tmp_path) == {"a.txt": b"new"}


def test_several_files_or_none(tmp_path: Path) -> None:
    """Several files are written, or where one cannot be, none is left, nor a folder made for them."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "file").write_text("x", "utf-8")
    texts = {tmp_path / "new" / "a.txt": "a", tmp_path / "kept" / "b.txt": "b"}
    blocked = tmp_path / "file" / "c.txt"
    with pytest.raises(OSError) as caught:  # noqa: PT011 - which one depends on the system
        write_all({**texts, blocked: "c"})
    assert caught.value.filename == str(blocked)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "kept"]
    write_all(texts)
    assert below(tmp_path) == {"file": b"x", "new/a.txt": b"a", "kept/b.txt": b"b"}


def test_a_lone_surrogate_is_written_as_json_reads_it(tmp_path: Path) -> None:
    """Half a surrogate pair, which UTF-8 cannot hold, comes back from a JSON file."""
    write_whole(tmp_path / "a.json", json.dumps({"a": "x\ud83dy"}, ensure_ascii=False))
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == {"a": "x\ud83dy"}


@pytest.mark.parametrize("stop", [OSError("no space left"), KeyboardInterrupt()])
def test_a_failing_rename_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: BaseException
) -> None:
    """Where the last step fails or is interrupted, the old file stands and no other is left."""
    write_whole(tmp_path / "a.txt", "old")

    def failing(self: Path, target: Path) -> Path:
        raise stop

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(type(stop)):
        write_whole(tmp_path / "a.txt", "new")
    assert below(tmp_path) == {"a.txt": b"old"}


def test_a_folder_in_the_way_leaves_nothing_behind(tmp_path: Path) -> None:
    """Where a folder has the file's name, writing fails and leaves no part of the file."""
    (tmp_path / "a.txt").mkdir()
    (tmp_path / "a.txt" / "kept").write_text("kept", "utf-8")
    with pytest.raises(OSError, match=r"a\.txt"):
        write_whole(tmp_path / "a.txt", "new")
    assert below(tmp_path) == {"a.txt/kept": b"kept"}


def test_the_longest_name_is_written(tmp_path: Path) -> None:
    """A name as long as file systems take it can be written, although the part file's name is longer than it."""
    name = f"{'é' * 120}.json"
    write_whole(tmp_path / name, "x")
    assert below(tmp_path) == {name: b"x"}


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("denied_delete", "denied_delete"),
        ("chat+all~persona=terse", "chat+all~persona=terse"),
        ("gpt-4o@2024,v1.5", "gpt-4o@2024,v1.5"),
        ("qwen3:8b", "qwen3%3A8b"),
        ("openai/gpt-4o", "openai%2Fgpt-4o"),
        ("a b", "a%20b"),
        ("100%", "100%25"),
        ("é", "%C3%A9"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        (".hidden", "%2Ehidden"),
        ("con", "%63on"),
        ("CON.txt", "%43ON.txt"),
        ("lpt1", "%6Cpt1"),
        ("console", "console"),
        ("a\nb\x00", "a%0Ab%00"),
    ],
)
def test_escaped(name: str, safe: str) -> None:
    """What some file system refuses or reads as a folder is percent-encoded, and nothing else."""
    assert escaped(name) == safe


@pytest.mark.parametrize("name", ["a.", "gpt-4.", "con.", "..", "a.."])
def test_no_name_ends_with_a_dot(name: str) -> None:
    """A dot at the end, which Windows drops so that two names become one, is encoded."""
    assert not escaped(name).endswith(".")


def test_half_a_pair_has_a_name() -> None:
    """A name that is not UTF-8, as a file system may give it, is encoded too."""
    assert len({escaped("\udcff"), escaped("\udcfe"), escaped("\ud800"), escaped("ÿ")}) == 4


@EXAMPLES
@given(NAMES | TRICKY)
def test_escaped_names_are_safe(name: str) -> None:
    """Any name becomes one of plain characters, without separators, of bearable length, and no device's."""
    safe = escaped(name)
    assert re.fullmatch(r"[A-Za-z0-9_+=,@~%-][A-Za-z0-9._+=,@~%-]*", safe)
    assert len(safe) <= 120
    assert not DEVICES.fullmatch(safe)


@EXAMPLES
@given(NAMES | TRICKY, NAMES | TRICKY)
def test_different_names_stay_different(one: str, other: str) -> None:
    """Two names have one escape only where they are the same."""
    assert (escaped(one) == escaped(other)) == (one == other)


@pytest.mark.parametrize("length", [119, 120, 121, 300, 5000])
def test_long_names_stay_different(length: int) -> None:
    """Names that differ only after what fits stay different, also from the short form of each other."""
    names = [f"{'x' * (length - 1)}{last}" for last in "abc"]
    names += [escaped(name) for name in names if escaped(name) != name]
    assert len({escaped(name) for name in names}) == len(names)
