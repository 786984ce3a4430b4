"""Files that other programs recorded: every known form is read, and what is none is told with its place."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.dialogue import Dialogue, Read, Unread
from harness.errors import InputError
from harness.records import KNOWN, UNKNOWN, read_records
from tests.build import EXAMPLES

WAITS = "[AWAITING USER CONFIRMATION for {name}]"
HI = {"role": "user", "content": "Hi"}
HELLO = {"role": "assistant", "content": "Hello."}
TALK = [HI, HELLO]
RECORD = json.dumps({"messages": TALK})
NOTHING = f"{UNKNOWN}: {KNOWN}"
ANSWER = {"id": "c", "object": "chat.completion", "choices": [{"index": 0, "message": HELLO, "finish_reason": "stop"}]}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def records(held: Any, name: str = "a.json") -> list[Read]:
    """Return what is read from a file of data, of text or of bytes in the current folder."""
    path = Path(name)
    if isinstance(held, bytes):
        path.write_bytes(held)
    else:
        path.write_text(held if isinstance(held, str) else json.dumps(held), "utf-8")
    return read_records(path, WAITS)


def problems(held: Any, name: str = "a.json") -> list[str]:
    """Return why a file cannot be read."""
    with pytest.raises(InputError) as caught:
        records(held, name)
    return list(caught.value.problems)


def talk(place: str, **more: Any) -> Dialogue:
    """Return the conversation of these tests as it is read from a place."""
    return Dialogue(place=place, messages=(HI, HELLO), **more)


# Transcripts


@pytest.mark.parametrize(
    ("held", "places"),
    [
        (TALK, ["1:1"]),
        ({"messages": TALK}, ["1:1"]),
        (json.dumps({"messages": TALK}, indent=2), ["1:1"]),
        (f"[{RECORD}, {RECORD}]", ["1:2", f"1:{4 + len(RECORD)}"]),
        ([TALK, TALK], ["1:2", f"1:{4 + len(json.dumps(TALK))}"]),
        ("\n".join(json.dumps(one) for one in TALK), ["1:1"]),
        (f"{RECORD}\n\n{RECORD}", ["1:1", "3:1"]),
        (f"{RECORD}\r\n{RECORD}\r\n", ["1:1", "2:1"]),
        (f"\ufeff{RECORD}", ["1:1"]),
        ({"data": [{"messages": TALK}]}, ["1:1: data[0]"]),
    ],
    ids=["list", "object", "indented", "objects", "lists", "a message a line", "jsonl", "crlf", "bom", "data"],
)
@pytest.mark.usefixtures("here")
def test_transcripts(held: Any, places: list[str]) -> None:
    """Messages are read from JSON and JSONL, alone and in records, each record with its line and column."""
    assert records(held) == [talk(f"a.json:{place}") for place in places]


@pytest.mark.usefixtures("here")
def test_items_of_a_list_have_their_lines() -> None:
    """The items of a list over several lines are told each at its line and column."""
    item = json.dumps({"messages": TALK})
    found = records(f"[\n  {item},\n\n    {item}\n]")
    assert found == [talk("a.json:2:3"), talk("a.json:4:5")]


@pytest.mark.usefixtures("here")
def test_what_a_record_says_beside_its_messages() -> None:
    """The model, the tools and what the record is called are read, too, as fine-tuning files have them."""
    tools = [{"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}]
    found = records({"id": 7, "model": "m", "messages": TALK, "tools": tools, "parallel_tool_calls": False})
    assert found == [talk("a.json:1:1", name="7", model="m", tools=tuple(tools))]


@pytest.mark.usefixtures("here")
def test_halves_of_characters() -> None:
    """A lone surrogate is replaced, so that the text can be written."""
    (one,) = records('{"messages": [{"role": "user", "content": "a\\ud800b"}]}')
    assert isinstance(one, Dialogue)
    assert one.messages == ({"role": "user", "content": "a�b"},)


# Cassettes


def interaction(
    messages: list[Any], answer: Any, uri: str = "https://x.test/v1/chat/completions?api-version=1", **request: Any
) -> dict[str, Any]:
    """Return an exchange as vcrpy writes it."""
    body = json.dumps({"model": "m", "messages": messages, **request})
    return {
        "request": {"method": "POST", "uri": uri, "body": body, "headers": {}},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"content-type": ["application/json"]},
            "body": {"string": answer if isinstance(answer, str) else json.dumps(answer)},
        },
    }


MORE = [HI, HELLO, {"role": "user", "content": "And?"}]


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
@pytest.mark.usefixtures("here")
def test_cassettes_of_vcrpy(name: str) -> None:
    """The chat completions of a cassette are put together, in YAML and in JSON; other requests stand apart."""
    other = interaction([], {}, uri="https://x.test/v1/embeddings")
    cassette = {"version": 1, "interactions": [interaction([HI], ANSWER), other, interaction(MORE, ANSWER)]}
    text = json.dumps(cassette) if name == "a.json" else yaml.safe_dump(cassette)
    place = "a.json:1:1" if name == "a.json" else "a.yaml"
    dialogue, apart = records(text, name)
    assert isinstance(dialogue, Dialogue)
    assert (dialogue.place, dialogue.address, dialogue.model) == (f"{place}: request 1", "https://x.test/v1", "m")
    assert dialogue.messages == (*MORE, HELLO)
    assert apart == Unread(f"{place}: request 2", "is no request for a chat completion", apart=True)


@pytest.mark.parametrize(
    "body",
    [{"string": json.dumps(ANSWER)}, json.dumps(ANSWER), ANSWER, {"encoding": "utf-8", "string": json.dumps(ANSWER)}],
)
@pytest.mark.usefixtures("here")
def test_bodies_of_json_cassettes(body: Any) -> None:
    """An answer may be held as text, in vcrpy's own wrapping or as data."""
    one = interaction([HI], "")
    one["response"]["body"] = body
    (found,) = records({"interactions": [one]})
    assert isinstance(found, Dialogue)
    assert found.messages == (HI, HELLO)


# Logs


@pytest.mark.usefixtures("here")
def test_logs_are_read_in_the_order_of_time() -> None:
    """Entries of several sessions, not in the order in which they were sent, give the conversations."""

    def row(time: float, messages: list[Any]) -> dict[str, Any]:
        return {"call_type": "completion", "startTime": time, "response": ANSWER, "messages": messages}

    other = {"role": "user", "content": "Other"}
    rows = [row(4, MORE), row(3, [other, HELLO, HI]), row(1, [HI]), row(2, [other])]
    for held in (rows, "\n".join(map(json.dumps, rows))):
        found = [one.messages for one in records(held) if isinstance(one, Dialogue)]
        assert found == [(*MORE, HELLO), (other, HELLO, HI, HELLO)]


@pytest.mark.usefixtures("here")
def test_forms_side_by_side() -> None:
    """One file may hold several forms, and what is none of them is told beside the rest."""
    chat = {"chat": {"history": {"messages": {"a": HI, "b": {**HELLO, "parentId": "a"}}, "currentId": "b"}}}
    failed = {"call_type": "completion", "response": {}, "messages": TALK, "status": "failure", "error_str": "no"}
    found = records("\n".join(map(json.dumps, [{"messages": TALK}, chat, failed, {"a": 1}, {"messages": [5]}])))
    assert found == [
        talk("a.json:1:1"),
        talk("a.json:2:1"),
        Unread("a.json:3:1", "the request failed: no"),
        Unread("a.json:4:1", UNKNOWN),
        Unread("a.json:5:1", "messages[0] is no message: an object with a 'role' is needed"),
    ]


# Bad files


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ("", f"1:1: {NOTHING}"),
        (" \n\t\n", f"1:1: {NOTHING}"),
        ("Dear all,\n\nhello", f"1:1: {NOTHING}"),
        ("null", f"1:1: {NOTHING}"),
        ('"text"', f"1:1: {NOTHING}"),
        ("model: gpt-4o\nmessages: []\n", f"1:1: {NOTHING}"),
        ("- role: user\n  content: Hi\n", f"1:1: {NOTHING}"),
        (b"\x00\x01\x02", f"1:1: {NOTHING}"),
        (b"a\n\xff\xfe", "2:1: not UTF-8 text; save the file as UTF-8"),
        ('{"messages": [', "1:15: not JSON: expecting value"),
        ('{\n  "messages": [1,\n}', "3:1: not JSON: expecting value"),
        ("[1, 2", "1:6: not JSON: expecting ',' delimiter"),
        ("[" * 100_000, "1:1: nested too deeply to be read"),
        ('{"a":' * 100_000, "1:1: nested too deeply to be read"),
        ('{"n": ' + "9" * 5000 + "}", "1:1: holds a number of more digits than can be read"),
        ("[[" + "9" * 5000 + "]]", "1:1: holds a number of more digits than can be read"),
        ("interactions: [", "2:1: not a cassette: "),
        ("interactions:\n- 1\n", "1:1: not a cassette: "),
        ("interactions:\n- request: {}\n  response: {}\n", "1:1: not a cassette: "),
        ("harness-cassette: 1\n", "1:1: not a cassette: it has no exchanges, or is of another version"),
        ("a: \x07\ninteractions: []\n", "1:1: not a cassette: "),
    ],
)
@pytest.mark.usefixtures("here")
def test_files_that_cannot_be_read(held: str | bytes, why: str) -> None:
    """A file of no known form is refused in one line that says where it is wrong, and what would be known."""
    (problem,) = problems(held)
    assert problem.startswith(f"a.json:{why}")
    assert "\n" not in problem


@pytest.mark.usefixtures("here")
def test_every_broken_line_is_told() -> None:
    """All broken lines of a JSONL file are told at once, each with its column."""
    lines = [json.dumps({"messages": TALK}), "{", json.dumps({"a": 1}), "[1", "[" * 100_000, "9" * 5000]
    assert problems("\n".join(lines)) == [
        "a.json:2:2: not JSON: expecting property name enclosed in double quotes",
        "a.json:4:3: not JSON: expecting ',' delimiter",
        "a.json:5:1: nested too deeply to be read",
        "a.json:6:1: holds a number of more digits than can be read",
    ]


@pytest.mark.usefixtures("here")
def test_a_file_that_is_not_there() -> None:
    """A file that is not there, or is a folder, is told as that."""
    with pytest.raises(InputError, match=r"^a\.json:1:1: there is no such file$"):
        read_records(Path("a.json"), WAITS)
    Path("b.json").mkdir()
    with pytest.raises(InputError, match=r"^b\.json:1:1: cannot be read: "):
        read_records(Path("b.json"), WAITS)


@pytest.mark.usefixtures("here")
def test_records_that_are_nested_too_deeply() -> None:
    """A record that no reader could follow is told, and those beside it are read."""
    deep = '{"messages": %s}' % ("[" * 200 + "]" * 200)
    assert records(f"{deep}\n{json.dumps({'messages': TALK})}") == [
        Unread("a.json:1:1", "nested too deeply to be read"),
        talk("a.json:2:1"),
    ]


@pytest.mark.usefixtures("here")
def test_empty_values() -> None:
    """A list without items and an object without keys hold nothing that is known."""
    assert records("[]") == records("{}") == [Unread("a.json:1:1", UNKNOWN)]


KEYS = st.sampled_from(
    (
        "messages",
        "role",
        "content",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "interactions",
        "request",
        "response",
        "body",
        "uri",
        "status",
        "chat",
        "history",
        "checkpoint",
        "pending",
        "executed",
        "data",
        "tools",
        "call_type",
    )
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["user", "assistant", "tool", "{}", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@EXAMPLES
@given(VALUES)
def test_odd_values_never_crash(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    """Whatever JSON a file holds, it is read or refused."""
    path = tmp_path_factory.getbasetemp() / "odd.json"
    path.write_text(json.dumps(value), "utf-8")
    with suppress(InputError):
        assert all(isinstance(one, Dialogue | Unread) for one in read_records(path, WAITS))


@EXAMPLES
@given(st.binary(max_size=60) | st.text("interactions:-? {}[]\"'\n&*!%@|>", max_size=60).map(str.encode))
def test_odd_bytes_never_crash(tmp_path_factory: pytest.TempPathFactory, held: bytes) -> None:
    """Whatever bytes a file holds, it is read or refused."""
    path = tmp_path_factory.getbasetemp() / "odd.bin"
    path.write_bytes(held)
    with suppress(InputError):
        assert all(isinstance(one, Dialogue | Unread) for one in read_records(path, WAITS))
