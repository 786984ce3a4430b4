"""The cassettes on disk: found, named by their cases, accepted after an edit, exported, and cleared of what is left."""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

from vcr.serialize import serialize
from vcr.serializers import yamlserializer

from harness.credentials import credentials
from harness.errors import CassetteError, InputError, did_you_mean
from harness.files import write_whole
from harness.folders import case_of, cassette_files
from harness.pieces import Pieces, referred, unreferred
from harness.recording import load, read, save, text_of
from harness.source import shown


def named(words: Sequence[str], cassettes: Path) -> list[Path]:
    """Return the cassettes that a person names: by the id of a case, a part that one id alone has, or the file.

    Raises:
        InputError: a word names none, or several; all of them at once.
    """
    ids = {case_of(path, cassettes): path for path in cassette_files(cassettes)}
    chosen: dict[Path, None] = {}
    wrong: list[str] = []
    for word in words:
        by_file = [path for path in ids.values() if Path(word).is_file() and path.samefile(word)]
        near = by_file or ([ids[word]] if word in ids else [path for name, path in ids.items() if word in name])
        if len(near) == 1:
            chosen[near[0]] = None
        elif near:
            names = "".join(f"\n  {name}" for name, path in ids.items() if path in near)
            wrong.append(f"'{word}' fits {len(near)} cassettes in {shown(cassettes)}; name one of them:{names}")
        else:
            wrong.append(f"'{word}' is no recorded case{did_you_mean(word, ids)}; they are in {shown(cassettes)}")
    if wrong:
        raise InputError(*wrong)
    return list(chosen)


def accept(path: Path, cassettes: Path, now: datetime | None = None) -> bool:
    """Take a cassette as it stands after an edit by hand, and return whether anything in it had changed.

    The head says when that was. A file of vcrpy's own form becomes one of the harness's.

    Raises:
        CassetteError: what stands there is no cassette, or holds a secret.
    """
    pieces = Pieces(cassettes, trusting=True)
    before = set(referred(read(path)))
    recording = load(path, pieces, trusting=True)
    kept = Pieces(cassettes)
    stamp = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    metadata = {"case": case_of(path, cassettes), **recording.metadata, "accepted": stamp}
    done = save(path, text_of(recording.exchanges, metadata, kept), kept, credentials(os.environ))
    clear(before, cassettes)
    return done


def exported(path: Path, cassettes: Path) -> str:
    """Return a cassette as vcrpy writes its own.

    Raises:
        CassetteError: it cannot be read.
    """
    exchanges = load(path, Pieces(cassettes)).exchanges
    both = {
        "requests": [one.request for one in exchanges],
        "responses": [deepcopy(one.response) for one in exchanges],
    }
    text: str = serialize(both, yamlserializer)
    return text


def export(path: Path, cassettes: Path, folder: Path) -> Path:
    """Write a cassette as vcrpy writes its own, below a folder as it stands below the cassettes; return where.

    Raises:
        CassetteError: it cannot be read.
        InputError: the file cannot be written.
    """
    to = folder / path.relative_to(cassettes)
    text = exported(path, cassettes)
    try:
        write_whole(to, text)
    except OSError as error:
        raise InputError(f"{shown(to)}: cannot be written: {error.strerror}") from None
    return to


def pieces_of(paths: Iterable[Path]) -> set[str]:
    """Return the names of the pieces that cassettes refer to, as far as they can be read."""
    return set(_referred(paths))


def _referred(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        try:
            yield from referred(read(path))
        except CassetteError:
            continue


def clear(names: Collection[str], cassettes: Path) -> None:
    """Remove those of these pieces that no cassette refers to any more."""
    pieces = Pieces(cassettes)
    if not names:
        return
    with pieces.alone():
        for name in unreferred(pieces, cassette_files(cassettes)):
            if name in names:
                pieces.path(name).unlink(missing_ok=True)
