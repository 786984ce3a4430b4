"""Who works on a file or a folder: a lock that other processes see, and that ends however its process ends."""

import fcntl
import os
import weakref
from pathlib import Path
from typing import Literal, Self

Held = Literal["ours", "another's", "unlockable"]
"""Whose something is: another's also where it has left its place, unlockable where the file system has no locks."""


def held(handle: int, place: Path) -> Held:
    """Lock an open file or folder until its handle is closed, and tell whose it is."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return "another's"
    except OSError:
        return "unlockable"
    try:
        return "ours" if os.path.samestat(os.fstat(handle), place.lstat()) else "another's"
    except FileNotFoundError:  # whoever held it before has moved or removed it
        return "another's"


class Claim:
    """A claim on a file or folder that stands there, until it is released, forgotten, or its process ends.

    Raises:
        OSError: it is not there or cannot be opened.
    """

    def __init__(self, place: Path) -> None:
        # NFS locks only what is open for writing, which a folder cannot be.
        access = os.O_RDONLY if place.is_dir() else os.O_RDWR
        handle = os.open(place, access | os.O_NOFOLLOW)
        self.release = weakref.finalize(self, os.close, handle)
        self.held: Held = held(handle, place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
