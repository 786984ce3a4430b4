"""The files of one case: in memory only, under paths that cannot leave."""

from collections.abc import Mapping
from types import MappingProxyType


class WorkspaceError(Exception):
    """A file or folder of the workspace is not as the call needs it; the message is for the model."""


def inside(path: str) -> str:
    """Return a path as the workspace writes it: relative, with `/` between, and an empty text for its top folder.

    Raises:
        WorkspaceError: the path leaves the workspace, or holds characters that no path has.
    """
    if not path.isprintable() or "\\" in path:
        raise WorkspaceError(f"{path!r} is not a path: write it with '/' and without control characters")
    if path.startswith(("/", "~")):
        raise WorkspaceError(f"'{path}' is outside of the workspace; paths are relative to its top folder")
    steps: list[str] = []
    for step in path.split("/"):
        if step == "..":
            if not steps:
                raise WorkspaceError(f"'{path}' is outside of the workspace")
            steps.pop()
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)


class Workspace:
    """Text files by path; folders are there as long as something is in them."""

    def __init__(self, files: Mapping[str, str] = MappingProxyType({})) -> None:
        self._files = dict(files)

    @property
    def files(self) -> dict[str, str]:
        """All files with their texts, sorted by path."""
        return dict(sorted(self._files.items()))

    def is_folder(self, name: str) -> bool:
        """Tell whether a path, as `inside` writes it, is a folder's; the top folder is always there."""
        return not name or any(path.startswith(f"{name}/") for path in self._files)

    def list(self, path: str = "") -> list[str]:
        """Return the names in a folder, sorted, folders with a `/` behind.

        Raises:
            WorkspaceError: there is no such folder.
        """
        folder = inside(path)
        start = f"{folder}/" if folder else ""
        rest = [name[len(start) :] for name in self._files if name.startswith(start)]
        if folder and not rest:
            raise WorkspaceError(f"'{path}' is a file" if folder in self._files else f"there is no folder '{path}'")
        return sorted({f"{name.partition('/')[0]}{'/' if '/' in name else ''}" for name in rest})

    def read(self, path: str) -> str:
        """Return the text of a file.

        Raises:
            WorkspaceError: there is no such file.
        """
        return self._files[self._file(path)]

    def write(self, path: str, text: str) -> None:
        """Write a file, in place of what is there.

        Raises:
            WorkspaceError: a folder stands there, or a file where a folder must.
        """
        self._files[self._free(path)] = text

    def append(self, path: str, text: str) -> None:
        """Write behind what a file holds; one that is not there is begun.

        Raises:
            WorkspaceError: a folder stands there, or a file where a folder must.
        """
        name = self._free(path)
        self._files[name] = self._files.get(name, "") + text

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

    def _file(self, path: str) -> str:
        """Return the path of a file that is there."""
        name = inside(path)
        if name not in self._files:
            raise WorkspaceError(f"'{path}' is a folder" if self.is_folder(name) else f"there is no file '{path}'")
        return name

    def _free(self, path: str) -> str:
        """Return a path at which a file may be written."""
        name = inside(path)
        if self.is_folder(name):
            raise WorkspaceError(f"'{path}' is a folder")
        steps = name.split("/")
        for end in range(1, len(steps)):
            if (above := "/".join(steps[:end])) in self._files:
                raise WorkspaceError(f"'{above}' is a file, so that nothing can be written below it")
        return name


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str | None]:
    """Return the files that are new or differ, with their texts, and those that are gone, with None; sorted by path."""
    changed: dict[str, str | None] = {path: text for path, text in after.items() if before.get(path) != text}
    gone = dict.fromkeys(path for path in before if path not in after)
    return dict(sorted({**changed, **gone}.items()))


def changed(before: Mapping[str, str], difference: Mapping[str, str | None]) -> dict[str, str]:
    """Return what files become by changes: the inverse of `changes`."""
    after: dict[str, str | None] = {**before, **difference}
    return {path: text for path, text in sorted(after.items()) if text is not None}
