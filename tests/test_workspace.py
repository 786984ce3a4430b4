"""The files of one case: as a real folder has them, in memory only, and under paths that cannot leave."""

import os
import subprocess
import sys
from pathlib import Path
from posixpath import normpath
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ToolError
from harness.workspace import Workspace, WorkspaceError, changed, changes, inside
from tests.build import EXAMPLES

PATHS = st.lists(st.sampled_from(["a", "b", "c.txt", "Ä b", ".", "..", ""]), min_size=1, max_size=5).map("/".join)
TEXTS = st.sampled_from(["", "x", "one\ntwo\n", "Zoë\r\n\t🪴"])
WORKS = st.one_of(
    st.tuples(st.sampled_from(["read", "delete", "list"]), PATHS),
    st.tuples(st.sampled_from(["write", "append"]), PATHS, TEXTS),
    st.tuples(st.just("move"), PATHS, PATHS),
)
FILES = st.dictionaries(st.text(st.sampled_from("ab/."), min_size=1), st.text(), max_size=6)


class Folder:
    """A real folder, worked on through pathlib; its empty folders are removed, as a workspace has none."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def work(self, does: str, path: str, *more: str) -> Any:
        """Do what a workspace is asked to do, or raise what the file system raises."""
        file = self.placed(path)
        if does == "read":
            return file.read_bytes().decode()
        if does == "list":
            return sorted(f"{one.name}/" if one.is_dir() else one.name for one in file.iterdir())
        if does == "delete":
            file.unlink()
        elif does == "move":
            self.move(file, self.placed(*more))
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("wb" if does == "write" else "ab") as stream:
                stream.write(more[0].encode())
        self.tidy()
        return None

    def placed(self, path: str) -> Path:
        """Return where a path leads, `..` taken as it is written."""
        plain = normpath(path or ".")
        if plain == ".." or plain.startswith(("../", "/")):
            raise PermissionError(path)
        return self.root / plain

    def move(self, file: Path, to: Path) -> None:
        """Move a file to where nothing stands."""
        if not file.is_file():
            raise FileNotFoundError(file)
        if to.exists():
            raise FileExistsError(to)
        to.parent.mkdir(parents=True, exist_ok=True)
        file.rename(to)

    def tidy(self) -> None:
        """Remove empty folders."""
        for folder in sorted((one for one in self.root.rglob("*") if one.is_dir()), reverse=True):
            if not any(folder.iterdir()):
                folder.rmdir()

    def files(self) -> dict[str, str]:
        """Return all files with their texts."""
        found = (one for one in self.root.rglob("*") if one.is_file())
        return {one.relative_to(self.root).as_posix(): one.read_bytes().decode() for one in found}


def attempt(step: Any, *arguments: str) -> Any:
    """Return what a step gives, or that it fails."""
    try:
        return step(*arguments)
    except (OSError, WorkspaceError):
        return "failed"


@EXAMPLES
@given(st.lists(WORKS, max_size=12))
def test_a_workspace_is_like_a_folder(works: list[tuple[str, ...]]) -> None:
    """Any sequence of operations succeeds, fails and leaves files as in a real folder, but for empty folders."""
    workspace = Workspace()
    with TemporaryDirectory() as root:
        folder = Folder(Path(root))
        for does, *arguments in works:
            mine = attempt(getattr(workspace, does), *arguments)
            real = attempt(folder.work, does, *arguments)
            folder.tidy()
            assert (mine, workspace.files) == (real, dict(sorted(folder.files().items()))), (does, arguments)


# Paths


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("a.txt", "a.txt"),
        ("a/b", "a/b"),
        ("./a//b/", "a/b"),
        ("a/../b", "b"),
        ("nowhere/../b", "b"),
        ("a/b/../../c", "c"),
        ("", ""),
        (".", ""),
        ("a/..", ""),
        ("...", "..."),
        ("a b/ä.txt", "a b/ä.txt"),
        (" ", " "),
        ("a/~", "a/~"),
        ("a~", "a~"),
        ("%2e%2e/x", "%2e%2e/x"),
        ("․․/x", "․․/x"),  # noqa: RUF001 - that is the point
        ("..∕x", "..∕x"),  # noqa: RUF001 - that is the point
        ("..／x", "..／x"),  # noqa: RUF001 - that is the point
        ("C:/x", "C:/x"),
        ("$HOME/x", "$HOME/x"),
        ("file:x", "file:x"),
    ],
)
def test_paths_inside(path: str, plain: str) -> None:
    """A path is told as the workspace writes it; what only looks like `/` or `.` is a letter like any other."""
    assert inside(path) == plain


@pytest.mark.parametrize(
    "path",
    [
        *("..", "../a", "a/../../b", "./..", "a/../..", "..//a", "a/./../../b"),
        *("/", "/a", "//a", "/..", "/a/../../b", "/etc/passwd"),
        *("~", "~/a", "~root/a", "./~/a", "a/../~/b", ".//~"),
        *("..\\a", "a\\b", "\\", "C:\\a", "\\\\host\\share"),
        *("a\0b", "\0", "a\nb", "a\tb", "\x1b[2J", "a\x7f", "a\x85b"),
        *("a\u202eb", "\u200f", "a\u2028b", "a\u00a0b", "\ufeffa", "\ud800", "a\ue000"),
    ],
)
def test_paths_outside(path: str) -> None:
    """A path that leaves the workspace, or holds what no path needs, is refused to every operation."""
    workspace = Workspace({"a": "A"})
    for attempted in (
        lambda: workspace.read(path),
        lambda: workspace.write(path, "x"),
        lambda: workspace.append(path, "x"),
        lambda: workspace.delete(path),
        lambda: workspace.list(path),
        lambda: workspace.move(path, "b"),
        lambda: workspace.move("a", path),
        lambda: workspace.within(path),
    ):
        with pytest.raises(WorkspaceError, match=r"is outside of the workspace|is not a path"):
            attempted()
    assert workspace.files == {"a": "A"}


@EXAMPLES
@given(st.text(st.sampled_from("ab./~\\ \0\u202e∕․%2e")) | st.text(max_size=20))  # noqa: RUF001 - look-alikes
def test_any_path_stays_inside(path: str) -> None:
    """Whatever a path is, it is refused, or it is written plainly and means the same again, below the top folder."""
    try:
        plain = inside(path)
    except WorkspaceError:
        return
    assert inside(plain) == plain
    assert not {"..", ".", ""} & set(plain.split("/")) or plain == ""
    assert normpath(f"top/{path}") == normpath(f"top/{plain}")
    assert plain.isprintable()
    assert not plain.startswith(("/", "~"))


def test_a_path_may_be_long() -> None:
    """No length is too long for a path, for there is no disk."""
    long = "/".join(["x" * 300] * 300)
    workspace = Workspace({long: "deep"})
    assert (workspace.read(f"./{long}/"), workspace.list()) == ("deep", [f"{'x' * 300}/"])


AUDITED = """\
import os
import sys
from harness.workspace import Workspace, WorkspaceError
seen = []
PREFIXES = {"open", "os", "shutil", "glob", "pathlib", "subprocess", "socket", "tempfile"}
workspace = Workspace({"a": "A", "d/e": "E"})
paths = ["a", "../x", "/etc/passwd", "~/x", "d/../../x", "new/file", "/tmp/x", "x\\0y", "..", ".", "d", "C:/x"]
sys.addaudithook(lambda event, _: seen.append(event) if event.split(".")[0] in PREFIXES else None)
for path in paths:
    for work in (
        lambda: workspace.read(path), lambda: workspace.write(path, "x"), lambda: workspace.append(path, "x"),
        lambda: workspace.list(path), lambda: workspace.move(path, path + "2"), lambda: workspace.delete(path),
        lambda: workspace.within(path).write("y", "z"),
    ):
        try:
            work()
        except WorkspaceError:
            pass
print(seen)
os.listdir(".")
print(seen)
"""


def test_nothing_touches_the_disk(tmp_path: Path) -> None:
    """No operation under any path opens, lists, makes or removes anything of the real file system."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", AUDITED], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["[]", "['os.listdir']"]
    assert list(tmp_path.iterdir()) == []


# What goes wrong


@pytest.mark.parametrize(
    ("works", "message"),
    [
        (("read", "x"), "there is no file 'x'"),
        (("read", "./x"), "there is no file './x'"),
        (("read", "d"), "'d' is a folder"),
        (("read", "."), "'.' is a folder"),
        (("read", ""), "'' is a folder"),
        (("read", "a/b"), "there is no file 'a/b'"),
        (("write", "d", "x"), "'d' is a folder"),
        (("write", "", "x"), "'' is a folder"),
        (("write", "a/b/c", "x"), "'a' is a file, so that nothing can be written below it"),
        (("append", "d/", "x"), "'d/' is a folder"),
        (("append", "d/e/f", "x"), "'d/e' is a file, so that nothing can be written below it"),
        (("delete", "d"), "'d' is a folder"),
        (("delete", "x"), "there is no file 'x'"),
        (("list", "a"), "'a' is a file"),
        (("list", "x"), "there is no folder 'x'"),
        (("move", "x", "y"), "there is no file 'x'"),
        (("move", "d", "y"), "'d' is a folder"),
        (("move", "a", "d"), "'d' is a folder"),
        (("move", "a", "d/e"), "there is a file 'd/e' already"),
        (("move", "a", "a"), "there is a file 'a' already"),
        (("move", "a", "a/b"), "'a' is a file, so that nothing can be written below it"),
        (("write", "x", "\ud800"), "the text holds U+D800, which no file can hold"),
        (("append", "a", "x\udfff"), "the text holds U+DFFF, which no file can hold"),
        (("read", "../x"), "'../x' is outside of the workspace"),
        (("read", "/x"), "'/x' is outside of the workspace; paths are relative to its top folder"),
        (("read", "a\nb"), "'a\\nb' is not a path: write it with '/', and without control characters"),
        (("read", "a\\b"), "'a\\\\b' is not a path: write it with '/', and without control characters"),
    ],
)
def test_what_the_model_is_told(works: tuple[str, ...], message: str) -> None:
    """What cannot be done is told in words that name the path as it was given, and changes nothing."""
    workspace = Workspace({"a": "A", "d/e": "E"})
    does, *arguments = works
    with pytest.raises(ToolError) as caught:
        getattr(workspace, does)(*arguments)
    assert (str(caught.value), workspace.files) == (message, {"a": "A", "d/e": "E"})


def test_a_workspace_is_its_own() -> None:
    """What is given is copied, and what is handed out is a copy."""
    given = {"b": "B", "a": "A"}
    workspace = Workspace(given)
    workspace.files.clear()
    workspace.write("c", "C")
    assert (given, list(workspace.files)) == ({"b": "B", "a": "A"}, ["a", "b", "c"])


@pytest.mark.parametrize("files", [{"a": "", "a/b": ""}, {"a/b": "", "a": ""}, {"../a": ""}, {"": ""}, {"a": "\ud800"}])
def test_files_that_cannot_stand(files: dict[str, str]) -> None:
    """Files that no folder could hold together are refused."""
    with pytest.raises(WorkspaceError):
        Workspace(files)


# A folder as a workspace


def test_a_folder_is_a_workspace() -> None:
    """A folder of a workspace shares its files, writes them below itself, and knows its own paths only."""
    workspace = Workspace({"notes/a": "A", "notes/deep/b": "B", "notes2/c": "C", "d": "D"})
    notes = workspace.within("notes/")
    assert (notes.list(), notes.files) == (["a", "deep/"], {"a": "A", "deep/b": "B"})
    notes.write("e", "E")
    notes.move("a", "deep/a")
    notes.delete("deep/b")
    workspace.append("notes/e", "!")
    assert notes.within("deep").read("a") == "A"
    assert workspace.files == {"d": "D", "notes/deep/a": "A", "notes/e": "E!", "notes2/c": "C"}
    assert notes.files == {"deep/a": "A", "e": "E!"}


@EXAMPLES
@given(st.lists(WORKS, max_size=8), st.sampled_from(["n", "n/m"]))
def test_a_folder_cannot_be_left(works: list[tuple[str, ...]], folder: str) -> None:
    """Whatever is done in a folder, files outside stay as they are, and the folder is as if it were the whole."""
    outside = {"a": "1", "n2/a": "2", "b/c.txt": "3"}
    workspace, alone = Workspace(outside), Workspace()
    view = workspace.within(folder)
    for does, *arguments in works:
        assert attempt(getattr(view, does), *arguments) == attempt(getattr(alone, does), *arguments)
    mine = {f"{folder}/{path}": text for path, text in alone.files.items()}
    assert workspace.files == dict(sorted({**outside, **mine}.items()))
    assert view.files == alone.files


def test_a_folder_that_is_not_there() -> None:
    """A folder in which nothing stands yet is empty, as the top folder is."""
    assert Workspace().list() == Workspace().within("a").list() == []


# Differences


@EXAMPLES
@given(FILES, FILES)
def test_changes_are_inverse(before: dict[str, str], after: dict[str, str]) -> None:
    """Changes make of what was what is; they name no file that stayed, and none where nothing changed."""
    difference = changes(before, after)
    assert changed(before, difference) == after
    assert all(before.get(path) != text for path, text in difference.items())
    assert list(difference) == sorted(difference)
    assert (difference == {}) == (before == after)


def test_changes() -> None:
    """New and different files come with their texts, and files that are gone with nothing."""
    before = {"same": "1", "old": "2", "gone": "3"}
    assert changes(before, {"same": "1", "old": "", "new": "4"}) == {"gone": None, "new": "4", "old": ""}
