"""Files that are written whole or not at all, and names that every file system takes."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from harness.claim import held

_UNSAFE = re.compile(r"[^A-Za-z0-9._+=,@~-]")
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")
_LONGEST = 120
_PART = re.compile(r"\..+\.harness-[a-z0-9_]{8}\.part", re.DOTALL)


def write_whole(path: Path, text: str) -> None:
    """Write the text as UTF-8 so that the file holds either the old or the new content, whatever ends the process."""
    write_parts(path, (encoded(text),))


def write_all(texts: Mapping[Path, str]) -> None:
    """Write all files, or leave none of them and none of the folders that were made for them.

    Raises:
        OSError: one cannot be written, which is its `filename`.
    """
    ways = {way for path in texts for way in path.parents}
    made = [way for way in sorted(ways, key=lambda way: -len(way.parts)) if not os.path.lexists(way)]
    written: list[Path] = []
    try:
        for path, text in texts.items():
            write_whole(path, text)
            written.append(path)
    except BaseException as error:
        for path in written:
            with contextlib.suppress(OSError):
                path.unlink()
        for way in made:
            with contextlib.suppress(OSError):
                way.rmdir()
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror, str(list(texts)[len(written)])) from None
        raise


def encoded(text: str) -> bytes:
    """Return text as UTF-8; a lone surrogate, which UTF-8 cannot hold, becomes its JSON escape."""
    return text.encode("utf-8", "backslashreplace")


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Write parts, one behind the other, so that the file holds either the old or the new content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = _part(path)
    try:
        with os.fdopen(part.handle, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
            part.path.chmod(0o644)
            part.path.replace(path)  # before it is closed: from then on it would be taken for a leftover
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            part.path.unlink()
        raise
    with contextlib.suppress(OSError):
        _settle(path.parent)


def is_part(name: str) -> bool:
    """Tell whether a file of this name is one that `write_whole` has begun."""
    return _PART.fullmatch(name) is not None


class _Part(NamedTuple):
    """A file that is to become another one."""

    handle: int
    path: Path


def _part(path: Path) -> _Part:
    """Begin a file that nobody takes for a leftover while this process lives."""
    while True:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.harness-", suffix=".part")
        if held(handle, Path(name)) != "another's":
            return _Part(handle, Path(name))
        os.close(handle)  # it was taken for one before it could be held, and is removed


def _settle(folder: Path) -> None:
    """Have the names in a folder outlast a loss of power, as the files themselves do."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def escaped(name: str) -> str:
    """Return the name with everything percent-encoded that some file system refuses or reads as a folder."""
    safe = _UNSAFE.sub(_encoded, name)
    if safe.startswith("."):
        safe = f"%2E{safe[1:]}"
    if safe.endswith("."):
        safe = f"{safe[:-1]}%2E"
    if _RESERVED.match(safe):
        safe = f"%{ord(safe[0]):02X}{safe[1:]}"
    return safe if len(safe) <= _LONGEST else _shortened(safe)


def _encoded(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))


def _shortened(name: str) -> str:
    """Cut a long name and end it with a digest of the whole, behind a sign that no short name holds."""
    return f"{name[: _LONGEST - 18]}%-{sha256(name.encode()).hexdigest()[:16]}"
