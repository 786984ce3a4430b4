"""Texts that cassettes share, each kept once in a file that its digest names."""

import fcntl
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Literal

from harness.errors import CassetteUnreadable
from harness.files import write_whole
from harness.folders import SHARED
from harness.source import shown

_SHORTEST = 80
_NAME = re.compile(r"[a-z0-9-]{1,40}-([0-9a-f]{16})\.(?:md|json)")
_REFERENCE = re.compile(r"\b[a-z0-9-]{1,40}-[0-9a-f]{16}\.(?:md|json)\b")


class Pieces:
    """The pieces of one folder of cassettes: those that are there, and those that are to be written."""

    def __init__(self, cassettes: Path, *, trusting: bool = False) -> None:
        self._folder = cassettes / SHARED
        self._trusting = trusting
        self._texts: dict[str, str] = {}

    def keep(self, title: str, text: str, ending: Literal["md", "json"]) -> str | None:
        """Return the name under which a text is shared, or None where it is too short or no file can hold it."""
        if len(text) < _SHORTEST or not _holdable(text):
            return None
        digest = sha256(text.encode()).hexdigest()[:16]
        name = f"{_plain(title)}-{digest}.{ending}"
        self._texts[name] = text
        return name

    def text(self, name: str) -> str:
        """Return a shared text.

        Raises:
            KeyError: the name is none of a piece.
            CassetteUnreadable: there is no such piece, or it is not what it was.
        """
        if name not in self._texts:
            self._texts[name] = self._read(name)
        return self._texts[name]

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other process write or remove what needs these pieces meanwhile; not where there are none."""
        if not self._texts and not self._folder.is_dir():
            yield
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def save(self) -> None:
        """Write the pieces that are not there yet; what is there holds the same text."""
        for name, text in self._texts.items():
            path = self._folder / name
            if not path.is_file() or path.read_bytes() != f"{text}\n".encode():
                write_whole(path, f"{text}\n")

    def names(self) -> list[str]:
        """Return the names of the pieces that are there."""
        return sorted(path.name for path in self._folder.glob("*") if _NAME.fullmatch(path.name))

    def path(self, name: str) -> Path:
        """Return where a piece stands."""
        return self._folder / name

    def _read(self, name: str) -> str:
        known = _NAME.fullmatch(name)
        if known is None:
            raise KeyError(name)
        path = self._folder / name
        try:
            text = path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            raise CassetteUnreadable(f"{shown(path)}: this piece of the recording is gone") from None
        except (OSError, UnicodeDecodeError) as error:
            raise CassetteUnreadable(f"{shown(path)}:1:1: cannot be read: {error}") from None
        for form in (
            text.removesuffix("\n"),
            text.replace("\r\n", "\n").removesuffix("\n"),
        ):  # as a checkout may have it
            if self._trusting or sha256(form.encode()).hexdigest()[:16] == known[1]:
                return form
        raise CassetteUnreadable(f"{shown(path)}:1:1: this piece of the recording was changed since")


def referred(text: str) -> Iterator[str]:
    """Yield the names of pieces in the text of a cassette."""
    yield from _REFERENCE.findall(text)


def unreferred(pieces: Pieces, cassettes: Iterable[Path]) -> list[str]:
    """Return the names of the pieces that none of these files refers to."""
    used = {name for path in cassettes for name in referred(path.read_text("utf-8", "replace"))}
    return [name for name in pieces.names() if name not in used]


def _holdable(text: str) -> bool:
    """Tell whether a file holds the text to the byte, wherever it is checked out."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\r" not in text


def _plain(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].strip("-") or "text"
