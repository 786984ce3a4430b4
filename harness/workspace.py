"""The files of one case: in memory only, under paths that cannot leave."""

from collections.abc import Mapping
from copy import copy
from types import MappingProxyType
from typing import Self

from harness.errors import ToolError


class WorkspaceError(ToolError):
    """A file or folder of the workspace is not as the call needs it; the message is for the model."""


def inside(path: str) -> str:
    """Return a path as the workspace writes it: relative, with `/` between, and an empty text for its top folder.

    `..` is taken from the path as it is written, whether or not the folder before it is there.

    Raises:
        WorkspaceError: the path leaves the workspace, or holds characters that no path has.
    """
    if not path.isprintable() or "\\" in path:
        raise WorkspaceError(f"{path!r} is not a path: write it with '/', and without control characters")
    steps: list[str] = []
    for step in path.split("/"):
        if step == ".." and not steps:
            raise WorkspaceError(f"'{path}' is outside of the workspace")
        if step == "..":
            steps.pop()
        elif step not in ("", "."):
            steps.append(step)
    if path.startswith("/") or (steps and steps[0].startswith("~")):
        raise WorkspaceError(f"'{path}' is outside of the workspace; paths are relative to its top folder")
    return "/".join(steps)


class Workspace:
    """Text files by path; folders are there as long as something is in them."""

    def __init__(self, files: Mapping[str, str] = MappingProxyType({})) -> None:
        self._files: dict[str, str] = {}
        self._top = ""
        for path, text in files.items():
            self.write(path, text)

    def within(self, folder: str) -> Self:
        """Return a folder of this workspace as one of its own, whose paths cannot leave the folder.

        Raises:
            WorkspaceError: the folder is outside of the workspace.
        """
        view = copy(self)
        view._top = self._full(inside(folder))  # noqa: SLF001 - another one of this class
        return view

    @property
    def files(self) -> dict[str, str]:
        """All files with their texts, sorted by path."""
        start = f"{self._top}/" if self._top else ""
        return {name[len(start) :]: text for name, text in sorted(self._files.items()) if name.startswith(start)}

    def list(self, path: str = "") -> list[str]:
        """Return the names in a folder, sorted, folders with a `/` behind; the top folder is always there.

        Raises:
            WorkspaceError: there is no such folder.
        """
        name = inside(path)
        folder = self._full(name)
        start = f"{folder}/" if folder else ""
        rest = [file[len(start) :] for file in self._files if file.startswith(start)]
        if folder in self._files:
            raise WorkspaceError(f"'{path}' is a file")
        if name and not rest:
            raise WorkspaceError(f"there is no folder '{path}'")
        return sorted({f"{file.partition('/')[0]}{'/' if '/' in file else ''}" for file in rest})

    def read(self, path: str) -> str:
        """Return the text of a file.

        Raises:
            WorkspaceError: there is no such file.
        """
        return self._files[self._file(path)]

    def write(self, path: str, text: str) -> None:
        """Write a file, in place of what is there.

        Raises:
            WorkspaceError: a folder stands there, a file where a folder must, or the text is none.
        """
        self._files[self._free(path)] = _storable(text)

    def append(self, path: str, text: str) -> None:
        """Write behind what a file holds; one that is not there is begun.

        Raises:
            WorkspaceError: a folder stands there, a file where a folder must, or the text is none.
        """
        name = self._free(path)
        self._files[name] = self._files.get(name, "") + _storable(text)

    def delete(self, path: str) -> None:
        """Remove a file.

        Raises:
            WorkspaceError: there is no such file.
        """
        del self._files[self._file(path)]

    def move(self, path: str, to: str) -> None:
        """Give a file another path, at which nothing stands yet.

        Raises:
            WorkspaceError: there is no such file, or something stands at the other path.
        """
        name, new = self._file(path), self._free(to)
        if new in self._files:
            raise WorkspaceError(f"there is a file '{to}' already")
        self._files[new] = self._files.pop(name)

    def _full(self, name: str) -> str:
        """Return a path of this workspace as one of the whole."""
        return "/".join(filter(None, (self._top, name)))

    def _is_folder(self, full: str) -> bool:
        return full == self._top or any(path.startswith(f"{full}/") for path in self._files)

    def _file(self, path: str) -> str:
        """Return the whole path of a file that is there."""
        full = self._full(inside(path))
        if full not in self._files or full == self._top:
            raise WorkspaceError(f"'{path}' is a folder" if self._is_folder(full) else f"there is no file '{path}'")
        return full

    def _free(self, path: str) -> str:
        """Return the whole path at which a file may be written."""
        full = self._full(inside(path))
        if self._is_folder(full):
            raise WorkspaceError(f"'{path}' is a folder")
        steps = full.split("/")
        for end in range(1, len(steps)):
            if (above := "/".join(steps[:end])) in self._files:
                raise WorkspaceError(f"'{above}' is a file, so that nothing can be written below it")
        return full


def _storable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise WorkspaceError(f"the text holds U+{ord(text[error.start]):04X}, which no file can hold") from None
    return text


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str | None]:
    """Return the files that are new or differ, with their texts, and those that are gone, with None; sorted by path."""
    changed: dict[str, str | None] = {path: text for path, text in after.items() if before.get(path) != text}
    gone = dict.fromkeys(path for path in before if path not in after)
    return dict(sorted({**changed, **gone}.items()))


def changed(before: Mapping[str, str], difference: Mapping[str, str | None]) -> dict[str, str]:
    """Return what files become by changes: the inverse of `changes`."""
    after: dict[str, str | None] = {**before, **difference}
    return {path: text for path, text in sorted(after.items()) if text is not None}
