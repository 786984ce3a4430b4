"""Files that other programs recorded, read as conversations, whichever of the known forms they have."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness import gateway, openwebui, paused
from harness.completion import is_flat, whole
from harness.dialogue import Dialogue, Read, Unread
from harness.errors import CassetteUnreadable, InputError
from harness.exchanged import Asked, dialogues, tools_in
from harness.folders import SHARED
from harness.jsontext import parse_json
from harness.pieces import Pieces
from harness.recording import parsed
from harness.scrubbing import decoded
from harness.source import shown, text_of

KNOWN = (
    "OpenAI messages (JSON or JSONL, fine-tuning files too), vcrpy cassettes, chats of Open WebUI, logs of LiteLLM, "
    "and checkpoints of the loop"
)
UNKNOWN = "holds nothing that is known"
_TITLES = ("title", "name", "id", "task_id", "conversation_id")
_CHAT = "/chat/completions"
_DEEP = "nested too deeply to be read"
_LONG = "holds a number of more digits than can be read"
_CASSETTE = re.compile(r"^(harness-cassette|[\"']?interactions[\"']?)\s*:", re.MULTILINE)
"""What stands in every cassette, of the harness's own form or of vcrpy's."""


class _Part(NamedTuple):
    """A value of a file, and where it stands."""

    place: str
    value: Any


def read_records(path: Path, placeholder: str) -> list[Read]:
    """Read the conversations in a file, and what in it is none; `placeholder` as in `exchanged.dialogues`.

    Raises:
        InputError: the file cannot be read, or has none of the known forms.
    """
    text = text_of(path)
    if text.lstrip()[:1] not in ("{", "["):
        return dialogues(_cassette(text, path), placeholder)
    values = list(_values(text, path))
    parts = [_Part(place, whole(value)) for place, value in values if is_flat(value)]
    deep = [Unread(place, _DEEP) for place, value in values if not is_flat(value)]
    if parts and all(_is_message(part.value) for part in parts):
        parts = [_Part(parts[0].place, [part.value for part in parts])]
    found: list[Read] = [*deep]
    logged: list[tuple[str, Asked]] = []
    for part in parts:
        for one in _read(part, placeholder):
            if isinstance(one, tuple):
                logged.append(one)
            else:
                found.append(one)
    logged.sort(key=lambda one: one[0])
    return [*found, *dialogues((asked for _, asked in logged), placeholder)]


def _read(part: _Part, placeholder: str) -> Iterator[Read | tuple[str, Asked]]:
    """Yield the conversations in a value, and the requests of a log, each with when it was sent."""
    place, value = part
    if isinstance(value, dict) and isinstance(value.get("interactions"), list):
        yield from dialogues(_interactions(value, place), placeholder)
    elif openwebui.is_chat(value):
        yield openwebui.chat(value, place)
    elif gateway.is_entry(value):
        one = gateway.entry(value, place)
        yield one if isinstance(one, Unread) else (gateway.started(value), one)
    elif paused.is_checkpoint(value):
        yield paused.checkpoint(value, place)
    elif isinstance(value, dict) and isinstance(value.get("messages"), list):
        yield _transcript(value, value["messages"], place)
    elif isinstance(value, list) and value and all(_is_message(one) for one in value):
        yield _transcript({}, value, place)
    elif isinstance(value, dict) and isinstance(value.get("data"), list):
        for at, inner in enumerate(value["data"]):
            yield from _read(_Part(f"{place}: data[{at}]", inner), placeholder)
    else:
        yield Unread(place, UNKNOWN)


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("role"), str) and "messages" not in value


def _transcript(record: Mapping[str, Any], messages: Sequence[Any], place: str) -> Read:
    wrong = [at for at, message in enumerate(messages) if not _is_message(message)]
    if wrong:
        return Unread(place, f"messages[{wrong[0]}] is no message: an object with a 'role' is needed")
    title = next((str(record[key]) for key in _TITLES if isinstance(record.get(key), str | int)), "")
    return Dialogue(
        place=place,
        messages=tuple(messages),
        name=title,
        tools=tools_in(record),
        model=str(record.get("model") or ""),
    )


def _values(text: str, path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the values of a file, each with its `file:line:col`: the items of a list, or the lines of JSONL.

    Raises:
        InputError: it is not JSON.
    """
    name = shown(path)
    if text.lstrip()[0] == "[":
        try:
            whole_list = json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            if all(_is_message(item) for item in whole_list):
                yield f"{name}:1:1", whole_list
            else:
                yield from _items(text, name)
            return
    try:
        yield f"{name}:1:1", json.loads(text)
    except RecursionError:
        raise InputError(f"{name}:1:1: {_DEEP}") from None
    except json.JSONDecodeError:
        yield from _lines(text, path)
    except ValueError:  # Python's own limit of 4300 digits
        raise InputError(f"{name}:1:1: {_LONG}") from None


def _items(text: str, name: str) -> Iterator[tuple[str, Any]]:
    decoder = json.JSONDecoder()
    at, line, counted = text.index("[") + 1, 1, 0
    while True:
        while text[at] in " \t\r\n,":
            at += 1
        if text[at] == "]":
            return
        line += text.count("\n", counted, at)
        counted = at
        value, end = decoder.raw_decode(text, at)
        yield f"{name}:{line}:{at - text.rfind(chr(10), 0, at)}", value
        at = end


def _lines(text: str, path: Path) -> Iterator[tuple[str, Any]]:
    lines = text.split("\n")
    filled = [line for line in lines if line.strip()]
    try:
        json.loads(filled[0])
    except json.JSONDecodeError:
        parse_json(text, path)  # which says what is wrong
        raise
    except (ValueError, RecursionError):
        pass  # told below
    wrong: list[str] = []
    found: list[tuple[str, Any]] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append((f"{shown(path)}:{number}:1", json.loads(line)))
            except json.JSONDecodeError as error:
                what = error.msg[:1].lower() + error.msg[1:]
                wrong.append(f"{shown(path)}:{number}:{error.colno}: not JSON: {what}")
            except RecursionError:
                wrong.append(f"{shown(path)}:{number}:1: {_DEEP}")
            except ValueError:
                wrong.append(f"{shown(path)}:{number}:1: {_LONG}")
    if wrong:
        raise InputError(*wrong)
    yield from found


# Cassettes


def _cassette(text: str, path: Path) -> list[Asked]:
    """Return the requests of a cassette, of vcrpy's form or of the harness's own.

    Raises:
        InputError: it is none.
    """
    if not _CASSETTE.search(text):
        raise InputError(f"{shown(path)}:1:1: {UNKNOWN}: {KNOWN}")
    folder = next((one for one in path.resolve().parents if (one / SHARED).is_dir()), path.parent)
    try:
        recording = parsed(text, path, Pieces(folder))
        exchanges = recording.exchanges
    except CassetteUnreadable as error:
        raise InputError(f"{error}; known are {KNOWN}") from None
    found: list[Asked] = []
    for number, (request, response) in enumerate(exchanges, 1):
        answer = decoded(response, None)
        found.append(
            _asked(
                f"{shown(path)}: request {number}",
                request.uri,
                bytes(request.body or b"").decode("utf-8", "replace"),
                answer["status"]["code"],
                answer["body"]["string"].decode("utf-8", "replace"),
            )
        )
    return found


def _interactions(value: Mapping[str, Any], place: str) -> Iterator[Asked]:
    """Yield the requests of a cassette that was written as JSON."""
    name = str(value.get("id") or "")
    for number, one in enumerate(value["interactions"], 1):
        request, response = (one.get(key) if isinstance(one, dict) else None for key in ("request", "response"))
        if not isinstance(request, dict) or not isinstance(response, dict):
            yield Asked(f"{place}: request {number}", None, 0, "")
            continue
        status = response.get("status")
        code = status.get("code") if isinstance(status, dict) else status
        yield _asked(
            f"{place}: request {number}",
            str(request.get("uri") or ""),
            request.get("body"),
            code if isinstance(code, int) else 200,
            _body(response.get("body")),
            name,
        )


def _body(body: Any) -> str:
    if isinstance(body, dict) and ("string" in body or "encoding" in body):
        body = body.get("string")
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)


def _asked(  # noqa: PLR0913, PLR0917 - the parts of an exchange
    place: str, uri: str, body: Any, status: int, answer: str, name: str = ""
) -> Asked:
    address = uri.partition("?")[0]
    request = body
    if isinstance(body, str):
        try:
            request = whole(json.loads(body))
        except (ValueError, RecursionError):
            request = None
    if address and not address.endswith(_CHAT):
        request = None
    return Asked(place, request, status, answer, address.removesuffix(_CHAT) or None, name)
