"""How recorded exchanges are laid out as YAML for people: what each request adds, and what was replied."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import yaml
from vcr.request import Request
from yaml.representer import SafeRepresenter

from harness.abridged import abridge, expand
from harness.errors import InputError
from harness.jsonstyle import COMPACT, Style, write, written
from harness.pieces import Pieces
from harness.source import parse
from harness.yamltext import Dumper, text_node

_WIDEST = 110
_DEEPEST = 3
_UNFOLDED = 1 << 30
_DEFAULTS = asdict(COMPACT)


class Recorded(NamedTuple):
    """One exchange as vcrpy knows it."""

    request: Request
    response: dict[str, Any]


class Unfit(ValueError):
    """Text that is not what `laid_out` writes."""


def digest_of(body: bytes) -> str:
    """Return the digest by which a request's body is known."""
    return sha256(body).hexdigest()[:32]


# Exchanges to text


def laid_out(exchanges: Sequence[Recorded], pieces: Pieces) -> str:
    """Return exchanges as the text of a list; what texts they share goes to the pieces.

    Bodies of JSON are data where reading the text gives them back to the byte; others are texts, or else in base64.
    """
    plain = [False] * len(exchanges)
    while True:
        text = lines(list(_entries(exchanges, plain, pieces)), 3)
        wrong = _lost(text, exchanges, pieces)
        if not wrong:
            return text
        if all(plain[position] for position in wrong):
            raise RuntimeError("a cassette would not be read as it is written")
        for position in wrong:
            plain[position] = True


def _lost(text: str, exchanges: Sequence[Recorded], pieces: Pieces) -> list[int]:
    """Return the positions of the exchanges that the text does not give back."""
    every = list(range(len(exchanges)))
    try:
        laid = Laid(parse(text, Path("cassette")).data, pieces)
    except (InputError, Unfit):
        return every
    found = []
    for position, (request, response) in enumerate(exchanges):
        try:
            back = laid.request(position)
        except Unfit:
            found.append(position)
            continue
        same = (
            _sides(back) == _sides(request)
            and laid.sent[position] == digest_of(request.body)
            and laid.replies[position] == response
        )
        if not same:
            found.append(position)
    return found


def _sides(request: Request) -> tuple[Any, ...]:
    return request.method, request.uri, dict(request.headers), bytes(request.body)


def _entries(exchanges: Sequence[Recorded], plain: Sequence[bool], pieces: Pieces) -> Iterator[dict[str, Any]]:
    """Yield what is written of each exchange; heads that are as in the one before are left out."""
    before: Any = None
    reply: Any = None
    styles = [COMPACT, COMPACT]
    heads: list[dict[str, Any]] = [{}, {}]
    for position, (request, response) in enumerate(exchanges):
        sides = []
        data: list[Any] = []
        status = response["status"]
        for at, (head, body) in enumerate(
            (
                ({"method": request.method, "uri": request.uri, "headers": dict(request.headers)}, request.body),
                ({**status, "headers": response["headers"]}, response["body"]["string"]),
            )
        ):
            side = {key: value for key, value in head.items() if heads[at].get(key) != value or key == "code"}
            heads[at] = head
            read = None if plain[position] else _read(body)
            data.append(None if read is None else read.value)
            if at == 0:
                side["sha256"] = digest_of(body)
            if read is None:
                side |= _as_text(body, unreadable=plain[position])
            else:
                if read.style != styles[at]:
                    side["written"] = {k: v for k, v in asdict(read.style).items() if v != _DEFAULTS[k]}
                    styles[at] = read.style
                side |= abridge(read.value, before, reply, pieces) if at == 0 else {"body": read.value}
            sides.append(side)
        before, reply = data
        yield {"request": sides[0], "response": sides[1]}


def _read(body: bytes) -> Any:
    try:
        return written(body.decode("utf-8"))
    except UnicodeDecodeError:
        return None


def _as_text(body: bytes, *, unreadable: bool) -> dict[str, str]:
    """Return a body as text, or in base64 where no text of YAML holds it."""
    try:
        text = body.decode("utf-8")
        if not unreadable or parse(lines([text], 1), Path("cassette")).data == [text]:
            return {"text": text}
    except (UnicodeDecodeError, InputError):
        pass
    return {"base64": base64.b64encode(body).decode()}


def lines(data: Any, blocks: int) -> str:
    """Return data as YAML that either version reads as it is, a line for each item of the first levels.

    What lies deeper stands on one line where it is short and shallow.
    """
    text: str = yaml.serialize(_node(data, 0, blocks), Dumper=Dumper, allow_unicode=True, width=_UNFOLDED)
    return text


def _node(value: Any, indent: int, blocks: int) -> yaml.Node:
    if isinstance(value, str):
        return text_node(value)
    if not isinstance(value, dict | list):
        return SafeRepresenter().represent_data(value)
    flow = not value or (blocks < 1 and _fits_on_line(value, indent))
    if isinstance(value, list):
        items = [_node(one, indent + 2, blocks - 1) for one in value]
        return yaml.SequenceNode("tag:yaml.org,2002:seq", items, flow_style=flow)
    pairs = [(text_node(key), _node(one, indent + 2 + len(key), blocks - 1)) for key, one in value.items()]
    return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=flow)


def _fits_on_line(value: Any, indent: int) -> bool:
    text = json.dumps(value, ensure_ascii=False)
    return indent + len(text) <= _WIDEST and "\\n" not in text and _is_shallow(value, _DEEPEST)


def _is_shallow(value: Any, left: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inner is None or (left > 0 and all(_is_shallow(one, left - 1) for one in inner))


# Data to exchanges


class Laid:
    """The exchanges that a text holds: replies at once, requests when somebody asks for them."""

    def __init__(self, data: Any, pieces: Pieces) -> None:
        """Take the data of a text.

        Raises:
            Unfit: it is not what `laid_out` writes.
        """
        self._pieces = pieces
        self._bodies: list[Any] = []
        self._answers: list[Any] = []
        with _fitting():
            self._sides = [one["request"] for one in data]
            self.sent = tuple(str(side["sha256"]) for side in self._sides)
            self.replies = tuple(self._replies([one["response"] for one in data]))
            self._heads = list(_heads(self._sides, ("method", "uri", "headers")))

    def __len__(self) -> int:
        """Return how many exchanges there are."""
        return len(self._sides)

    def place(self, position: int) -> tuple[str, str]:
        """Return the method and the path of a request."""
        head = self._heads[position]
        return head["method"], urlsplit(head["uri"]).path

    def body(self, position: int) -> Any:
        """Return a request's body as data, which nobody may change, or None where it is not stored as data.

        Raises:
            Unfit: it is not what `laid_out` writes.
            CassetteUnreadable: a piece of it is not there, or was changed.
        """
        while len(self._bodies) <= position:
            at = len(self._bodies)
            side, before = self._sides[at], self._bodies[at - 1] if at else None
            with _fitting():
                whole = _plain_body(side) is not None
                answer = self._answers[at - 1] if at else None
                self._bodies.append(None if whole else expand(side, before, answer, self._pieces))
        return self._bodies[position]

    def request(self, position: int) -> Request:
        """Return a request as it was sent.

        Raises:
            Unfit: it is not what `laid_out` writes.
            CassetteUnreadable: a piece of it is not there, or was changed.
        """
        data, head = self.body(position), self._heads[position]
        with _fitting():
            plain = _plain_body(self._sides[position])
            body = write(data, head["written"]).encode() if plain is None else plain
            return Request(head["method"], head["uri"], body, head["headers"])

    def _replies(self, sides: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        for side, head in zip(sides, _heads(sides, ("message", "headers")), strict=True):
            code = side["code"]
            headers = {name: list(values) for name, values in head["headers"].items()}
            if type(code) is not int or not isinstance(head["message"], str | None):
                raise ValueError("a response without status")
            body = _plain_body(side)
            self._answers.append(side["body"] if body is None else None)
            content = write(side["body"], head["written"]).encode() if body is None else body
            status = {"code": code, "message": head["message"]}
            yield {"status": status, "headers": headers, "body": {"string": content}}


@contextmanager
def _fitting() -> Iterator[None]:
    """Say of data that lacks something, or holds something else, that it does not fit."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError) as error:
        raise Unfit(f"{type(error).__name__}: {error}") from None


def _heads(sides: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield what stands before each body, taken from the exchange before where it is left out."""
    head: dict[str, Any] = {"written": COMPACT}
    for side in sides:
        head = {**head, **{name: side[name] for name in names if name in side}}
        if "written" in side:
            head["written"] = Style(**side["written"])
        if not head.keys() >= set(names):
            raise ValueError(f"without {' or '.join(names)}")
        yield head


def _plain_body(side: Mapping[str, Any]) -> bytes | None:
    """Return a body that is stored as it is, or None where it is stored as data."""
    if "base64" in side:
        return base64.b64decode(side["base64"], validate=True)
    return side["text"].encode() if "text" in side else None
