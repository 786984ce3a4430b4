"""A new project, green at once: the starter's files, written into a folder whole or not at all."""

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from harness.errors import InputError
from harness.files import write_all
from harness.schemas import texts as schemas

STARTER = Path(__file__).parent / "starter"
"""Where the files of a new project stand, as real files."""

FILES: Mapping[str, str] = {
    "README.md": "project.md",
    "conf/config.yaml": "conf/config.yaml",
    "conf/model/scripted.yaml": "conf/model/scripted.yaml",
    "conf/role/desk.yaml": "conf/role/desk.yaml",
    "conf/tools/files.yaml": "conf/tools/files.yaml",
    "scenarios/desk/old_draft.yaml": "scenarios/desk/old_draft.yaml",
    "scenarios/desk/old_draft.script.yaml": "scenarios/desk/old_draft.script.yaml",
    "cassettes/scripted/desk+files/desk/old_draft.yaml": "cassettes/scripted/desk+files/desk/old_draft.yaml",
    "cassettes/+shared/conduct-6f457bb74c1386b5.md": "cassettes/+shared/conduct-6f457bb74c1386b5.md",
    "cassettes/+shared/identity-6819bb27ad2d442a.md": "cassettes/+shared/identity-6819bb27ad2d442a.md",
    "cassettes/+shared/role-desk-2d57ca59cd0793ff.md": "cassettes/+shared/role-desk-2d57ca59cd0793ff.md",
    "cassettes/+shared/tools-7880f18898b72b17.json": "cassettes/+shared/tools-7880f18898b72b17.json",
    ".gitignore": "gitignore",
}
"""The files of a new project but its schemas, and the name of each in the starter, where none is hidden."""

CI: Mapping[str, Mapping[str, str]] = {
    "github": {
        ".github/workflows/harness.yml": "workflow.yml",
        ".github/workflows/harness-record.yml": "record.yml",
    },
    "gitlab": {".gitlab-ci.yml": "gitlab.yml"},
    "none": {},
}
"""The files by which each CI system replays and records a project, likewise."""

_OWNED = ("conf", "scenarios", "cassettes", "reports")


def start(folder: Path, ci: str = "github") -> str:
    """Write a new project into a folder, which is made if it is not there; return what was written and what to type.

    Raises:
        InputError: something stands in the way, all of it named, or a file cannot be written; nothing is left then.
    """
    texts = _texts({**FILES, **CI[ci]}) | schemas()
    _written(folder, texts, "the new project")
    lines = [
        *(str(folder / name) for name in texts),
        "",
        "type next, and once more after a change of a word in conf/role/desk.yaml:",
        f"  {_way_into(folder)}harness run",
    ]
    return _said(lines)


def is_project(folder: Path) -> bool:
    """Tell whether a folder is a project that is there."""
    return any(_is_folder(folder / name) for name in ("conf", "scenarios"))


def add_ci(folder: Path, ci: str) -> str:
    """Write the files of a CI system into a project that is there; return what was written and what to do.

    Raises:
        InputError: something stands in the way, all of it named, or a file cannot be written; nothing is left then.
    """
    texts = _texts(CI[ci])
    _written(folder, texts, "them")
    return _said([*(str(folder / name) for name in texts), "", "read the first lines of each, and commit them"])


def _texts(files: Mapping[str, str]) -> dict[str, str]:
    return {name: (STARTER / stored).read_bytes().decode("utf-8") for name, stored in files.items()}


def _said(lines: Iterable[str]) -> str:
    return "\n".join(lines).encode("utf-8", "backslashreplace").decode()  # a folder's name may be no UTF-8


def _written(folder: Path, texts: Mapping[str, str], what: str) -> None:
    if wrong := list(dict.fromkeys(_obstacles(folder, texts))):
        raise InputError(*wrong, "nothing is written: choose another folder, or move away what is in the way")
    try:
        write_all({folder / name: text for name, text in texts.items()})
    except OSError as error:
        said = f"{error.filename}: cannot be written: {error.strerror}; nothing is left of {what}"
        raise InputError(said) from None


def _real(folder: Path) -> Path:
    return Path(os.path.realpath(folder))  # Path.resolve raises where links lead in a circle


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises where it may not look


def _way_into(folder: Path) -> str:
    """Return the command that leads into the folder, where that is not the current one."""
    if _real(folder) == Path.cwd():
        return ""
    name = str(folder)
    return f"cd {shlex.quote(f'./{name}' if name.startswith('-') else name)} && "


def _obstacles(folder: Path, names: Iterable[str]) -> Iterator[str]:
    """Yield what stands where the project shall be."""
    if os.path.lexists(folder) and not _is_folder(folder):
        yield f"{folder}: is no folder"
        return
    whole = _real(folder)
    for above in whole.parents:
        first = whole.relative_to(above).parts[0]
        if first in _OWNED and any(_is_folder(above / name) for name in ("conf", "scenarios")):
            yield f"{folder}: lies in the {first}/ of the project {above}, which would read it as its own"
    for name in names:
        ways = [folder / way for way in reversed(Path(name).parents) if way.name]
        if blocked := [way for way in ways if os.path.lexists(way) and not _is_folder(way)]:
            yield f"{blocked[0]}: is no folder"
        elif os.path.lexists(folder / name):
            yield f"{folder / name}: is there already"
