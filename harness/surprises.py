"""Plain text in files that other readers take for something else, each with its line."""

from collections.abc import Iterable, Iterator

from harness.dialect import misread, surprise
from harness.source import Document, Location, text_of
from harness.wording import dotted


def surprises(document: Document, free: Iterable[Location]) -> Iterator[str]:
    """Yield what readers of YAML 1.1 take for something else, where any JSON may stand; `free` are the ways there."""
    ways = {document.written(way) for way in free}
    for location, text in document.plain.items():
        inside = any(location[:end] in ways for end in range(len(location) + 1))
        # what a `matches` takes is text, however it is read
        if inside and location[-1:] != ("matches",) and (said := surprise(text)):
            yield f"{document.place(location)}: {dotted(location)}: {said}"


def misreadings(document: Document) -> Iterator[str]:
    """Yield what a file of settings says in YAML 1.2 and means otherwise to Hydra, which reads YAML 1.1."""
    document = document.at_hand()
    for location, text in document.plain.items():
        if said := misread(text):
            yield f"{document.place(location)}: {dotted(location)}: {said}"
    lines = text_of(document.path).splitlines()
    for location, position in document.keys.items():
        name = str(location[-1])
        if lines[position.line - 1][position.column - 1 :].startswith(name) and (said := misread(name)):
            yield f"{document.place(location, key=True)}: {dotted(location[:-1]) or 'the file'}: the key {said}"
