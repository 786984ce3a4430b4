"""Exchanges as text for people: every byte comes back, and what is repeated is not stored again."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vcr.request import Request

from harness.folders import SHARED
from harness.layout import Laid, Recorded, Unfit, laid_out
from harness.pieces import Pieces
from harness.source import parse
from tests.build import EXAMPLES
from tests.corpus import lines

URL = "https://api.example.org/v1/chat/completions"


def exchange(asked: bytes | str, told: bytes | str, *, status: int = 200, **head: Any) -> Recorded:
    """Return one exchange with these bodies."""
    asked, told = (body.encode() if isinstance(body, str) else body for body in (asked, told))
    request = Request(head.get("method", "POST"), head.get("uri", URL), asked, {"content-type": "application/json"})
    headers = {"content-type": ["application/json"]}
    return Recorded(
        request, {"status": {"code": status, "message": "OK"}, "headers": headers, "body": {"string": told}}
    )


def plain(exchanges: list[Recorded]) -> list[Any]:
    """Return exchanges as plain data."""
    return [(one.method, one.uri, one.body, dict(one.headers), response) for one, response in exchanges]


def back(text: str, folder: Path) -> list[Recorded]:
    """Read a text again, its pieces from their files."""
    laid = Laid(parse(text, Path("c.yaml")).data, Pieces(folder))
    return [Recorded(laid.request(at), reply) for at, reply in enumerate(laid.replies)]


def stored(exchanges: list[Recorded], folder: Path) -> str:
    """Lay exchanges out, expect that they come back from the files alone, and return the text."""
    pieces = Pieces(folder)
    text = laid_out(exchanges, pieces)
    pieces.save()
    assert plain(back(text, folder)) == plain(exchanges)
    return text


ODD = st.text(st.sampled_from("ab \n\t\r\x00\x1b\x7f\x85\xa0\u2028\u2029\ufeff🎉é漢'\"#:-{}[]|>&*!%@`,?"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ODD | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD, inner, max_size=3),
    max_leaves=8,
)
BODIES = st.one_of(
    st.binary(max_size=40),
    VALUES.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")),
    VALUES.map(lambda value: json.dumps(value, indent=2).encode()),
    ODD.map(str.encode),
)


@EXAMPLES
@given(st.lists(st.tuples(BODIES, BODIES), min_size=1, max_size=3))
def test_any_bytes_come_back(tmp_path_factory: pytest.TempPathFactory, bodies: list[tuple[bytes, bytes]]) -> None:
    """Any Unicode, half characters, control signs, NaN and bytes that are no text survive to the byte."""
    stored([exchange(*both) for both in bodies], tmp_path_factory.getbasetemp())


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('{"content":"Two\\nlines 🎉"}', "body:\n      content: |-\n        Two\n        lines 🎉\n"),
        ('{"a": 1.5, "b": [true, null, "no"]}', "body: {a: 1.5, b: [true, null, 'no']}\n"),
        ("<html>\n<p>502</p>\n</html>\n", "text: |\n      <html>\n      <p>502</p>\n      </html>\n"),
        ('{"a": 1.50}', "text: '{\"a\": 1.50}'\n"),
        ('{"half": "\\ud800"}', 'text: \'{"half": "\\ud800"}\'\n'),
        ("", "text: ''\n"),
        (b"\xff\x00", "base64: /wA=\n"),
        ("\x1b[2J", 'text: "\\e[2J"\n'),
    ],
)
def test_bodies_are_for_people(tmp_path: Path, body: str | bytes, shown: str) -> None:
    """JSON stands as data and texts on their own lines; the rest as it is, or in base64 where it is no text."""
    assert shown in stored([exchange("{}", body)], tmp_path)


def test_signs_of_the_layout_in_bodies_are_only_text(tmp_path: Path) -> None:
    """A body that holds what the layout itself uses comes back as it was."""
    asked = {"messages": ["the reply", {"role": "system", "content": {"shared": ["x"]}}], "tools": {"shared": "y"}}
    told = {"choices": [{"message": {"role": "assistant", "content": "the reply"}}]}
    both = [exchange(json.dumps(asked), json.dumps(told))] * 2
    stored(both, tmp_path)


def test_heads_are_written_where_they_change(tmp_path: Path) -> None:
    """Method, address, headers and style stand once, until one of them is another."""
    text = stored(
        [
            exchange('{"n":1}', "{}"),
            exchange('{"n":2}', "{}"),
            exchange('{"n":3}', '{"a": 1}', uri="https://other.example.org/v1"),
            exchange('{"n":4}', '{"a":1}', method="PUT", status=500),
            exchange('{"n":5}', '{"a":1}', status=500),
        ],
        tmp_path,
    )
    assert (text.count("uri:"), text.count("method:"), text.count("content-type"), text.count("code:")) == (3, 3, 2, 5)


def conversation(rounds: int) -> list[Recorded]:
    """Return a conversation of so many rounds with twelve tools, a long prompt, and results of 400 characters."""
    tools = [
        {"type": "function", "function": {"name": f"tool_{at}", "description": "Does it. " * 9, "parameters": {}}}
        for at in range(12)
    ]
    messages: list[Any] = [{"role": "system", "content": "Be good. " * 80}, {"role": "user", "content": "Go on."}]
    made = []
    for at in range(rounds):
        call = {"id": f"call_{at}", "type": "function", "function": {"name": "tool_1", "arguments": f'{{"n": {at}}}'}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        told = {"id": f"c{at}", "object": "chat.completion", "choices": [{"index": 0, "message": message}]}
        body = {"model": "m", "messages": messages, "tools": tools}
        made.append(exchange(json.dumps(body, separators=(",", ":")), json.dumps(told)))
        result = {"role": "tool", "tool_call_id": call["id"], "content": f"Line {at} of the notes. " * 18}
        messages = [*messages, {"role": "assistant", "tool_calls": [call]}, result]
    return made


def distinct(exchanges: list[Recorded]) -> int:
    """Return how many bytes the distinct messages, tools and responses of exchanges have on the wire."""
    seen = set()
    for request, response in exchanges:
        body = json.loads(request.body)
        seen |= {json.dumps(one, separators=(",", ":")) for one in (*body["messages"], *body["tools"])}
        seen.add(response["body"]["string"].decode())
    return sum(len(one.encode()) for one in seen)


def test_a_cassette_grows_with_what_was_said(tmp_path: Path) -> None:
    """At twenty rounds it has less than 1.6 times the distinct bytes, pieces among them; on the wire it is twelve."""
    twenty = conversation(20)
    text = stored(twenty, tmp_path)
    size = len(text.encode()) + sum(path.stat().st_size for path in (tmp_path / SHARED).iterdir())
    assert size < 1.6 * distinct(twenty)
    assert sum(len(one.request.body) for one in twenty) > 7 * distinct(twenty)
    growth = len(laid_out(conversation(40), Pieces(tmp_path))) / len(text)
    assert growth < 2.1


def test_recorded_conversations_come_back(tmp_path: Path) -> None:
    """All 222 conversations of the corpus survive to the byte, and 389 of 393 responses stand as data."""
    shown = 0
    for line in lines("wire.jsonl"):
        exchanges = [
            exchange(
                json.dumps(one["request"]["body"], ensure_ascii=False, separators=(",", ":")),
                one["response"]["body"],
                status=one["response"]["status"],
            )
            for one in line["interactions"]
        ]
        data = parse(stored(exchanges, tmp_path), Path("c.yaml")).data
        shown += sum("body" in one["response"] for one in data)
    assert shown == 389


@pytest.mark.parametrize(
    "data",
    [
        "text",
        [1],
        [{}],
        [{"request": {}, "response": {}}],
        [{"request": {"sha256": "0", "whole": {}}, "response": {"code": 200, "body": {}}}],
        [{"request": {"sha256": "0", "method": "POST", "uri": "u", "headers": {}}, "response": 1}],
    ],
)
def test_other_data_does_not_fit(tmp_path: Path, data: Any) -> None:
    """What lacks a part is refused when it is read."""
    with pytest.raises(Unfit):
        Laid(data, Pieces(tmp_path))


@pytest.mark.parametrize(
    "side",
    [{}, {"again": 3, "then": []}, {"again": 0, "then": ["another sign"]}, {"whole": {"tools": {"shared": "no"}}}],
)
def test_a_request_that_cannot_be_made_out_does_not_fit(tmp_path: Path, side: dict[str, Any]) -> None:
    """What is wrong in a request alone is refused when the request is asked for."""
    head = {"sha256": "0", "method": "POST", "uri": "u", "headers": {}}
    response = {"code": 200, "message": "OK", "headers": {}, "body": {}}
    first = {"request": {**head, "whole": {"messages": []}}, "response": response}
    laid = Laid([first, {"request": {"sha256": "0", **side}, "response": response}], Pieces(tmp_path))
    assert laid.request(0).body == b'{"messages":[]}'
    with pytest.raises(Unfit):
        laid.request(1)
