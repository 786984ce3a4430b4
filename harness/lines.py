"""Records as lines of JSON: written whole, read one by one, or where one stands."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from harness.errors import InputError
from harness.files import encoded, write_parts
from harness.source import shown
from harness.trace import Record, dumps
from harness.wording import dotted

Kept = TypeVar("Kept", bound=Record)


def line_of(record: Record) -> bytes:
    """Return a record as its line."""
    return encoded(f"{dumps(record.model_dump(mode='json'))}\n")


def write_lines(path: Path, records: Iterable[Record]) -> None:
    """Write records as JSON lines, the whole file or nothing."""
    write_parts(path, map(line_of, records))


def read_lines(path: Path, kind: type[Kept]) -> Iterator[Kept]:
    """Yield the records of a file of JSON lines.

    Raises:
        InputError: a line is no such record; it is named with what is wrong in it.
    """
    for number, line in enumerate(_lines(path), 1):
        yield _record(line, f"{shown(path)}:{number}:1", kind)


class Lines(Generic[Kept]):
    """The records of a file of JSON lines, of which each is read when it is asked for."""

    def __init__(self, path: Path, kind: type[Kept]) -> None:
        self._path = path
        self._kind = kind
        self._starts = [0]
        for line in _lines(path):
            self._starts.append(self._starts[-1] + len(line))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __iter__(self) -> Iterator[Kept]:
        return read_lines(self._path, self._kind)

    def __getitem__(self, place: int) -> Kept:
        start, end = self._starts[place : place + 2]
        try:
            with self._path.open("rb") as file:
                file.seek(start)
                line = file.read(end - start)
        except OSError as error:
            raise _unreadable(self._path, error) from None
        return _record(line, f"{shown(self._path)}:{place + 1}:1", self._kind)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(f"{shown(path)}:1:1: cannot be read: {error.strerror}")


def _record(line: bytes, where: str, kind: type[Kept]) -> Kept:
    import jsonlines

    name = f"a {kind.__name__.lower()}"
    try:
        [data] = jsonlines.Reader([line.removesuffix(b"\n").decode()], loads=json.loads)
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        what = ": ".join(filter(None, (dotted(first["loc"]), first["msg"])))
        raise InputError(f"{where}: not {name}: {what}") from None
    except jsonlines.InvalidLineError as error:
        raise InputError(f"{where}: not {name}: {error.args[0]}") from None
    except UnicodeDecodeError:
        raise InputError(f"{where}: not UTF-8 text") from None
    except RecursionError:
        raise InputError(f"{where}: not {name}: nested too deeply") from None
