"""Records are taken in: what is written replays as it was recorded, and the rest is listed and leaves no trace."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from harness.cli import main
from harness.errors import InputError
from harness.intake import Asking, Taken, take_in
from harness.loop import make
from harness.planning import plan_all, settle
from harness.project import Conf
from harness.root import Root
from harness.runner import run_many
from harness.selection import select
from harness.shelf import exported
from harness.trace import Trace, calls_of
from tests import wire
from tests.build import EXAMPLES
from tests.planted import planted
from tests.project import bundled, replayed, tree

Json = dict[str, Any]

PROMPT = {"role": "system", "content": "You work in a shop."}
TASK = {"role": "user", "content": "Refund order 7 for ann@shop.example."}
DENIED = "Action denied by user."
SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}}}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty project, which is the current folder."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "scenarios").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(name: str, arguments: str = '{"id": 7}', at: str | None = None) -> Json:
    """Return a call, whose id is the tool's name unless it has another."""
    return {"id": at or name, "type": "function", "function": {"name": name, "arguments": arguments}}


def asks(*calls: Json, text: str | None = None) -> Json:
    """Return a message of the model that makes calls."""
    return {"role": "assistant", "content": text, "tool_calls": list(calls)}


def gives(at: str, text: str) -> Json:
    """Return the result of a call."""
    return {"role": "tool", "tool_call_id": at, "content": text}


def says(text: str) -> Json:
    """Return a text of the model."""
    return {"role": "assistant", "content": text}


SHOP = [PROMPT, TASK, asks(call("find")), gives("find", "order 7"), asks(call("refund")), gives("refund", "paid")]
REFUND = [*SHOP, says("It is paid back.")]
KEPT = [*SHOP[:-1], gives("refund", DENIED), says("I kept it.")]
BROKEN = [PROMPT, TASK, asks(call("find"))]


def wrote(name: str, *records: Any) -> Path:
    """Write records as lines of JSON into the current folder, or bytes as they are, and return the path."""
    path = Path(name)
    held = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in records]
    path.write_bytes(b"\n".join(held))
    return path


def talk(messages: Sequence[Json], **more: Any) -> Json:
    """Return a record of messages."""
    return {"model": "gpt-4o", "messages": list(messages), **more}


def taken(*paths: Path, **asked: Any) -> Taken:
    """Take in files into the current folder."""
    return take_in(Root(Path.cwd()), Asking(paths, **asked), StringIO())


def seen(trace: Trace) -> list[Any]:
    """Return what counts of a trace: calls and what came of them, rounds, and what the user was told."""
    return [
        [
            [(one.name, one.raw_arguments, one.decision, one.result) for one in calls_of([turn])],
            len(turn.rounds),
            turn.response,
        ]
        for turn in trace.turns
    ]


# What is written


def test_a_transcript_becomes_a_scenario(here: Path) -> None:
    """A transcript gives a scenario that people can read, the settings that it runs under, and a cassette."""
    wrote("refunds.json", talk(REFUND))
    found = taken(Path("refunds.json"))
    files = tree(here)
    (cassette,) = (path for path in files if path.endswith("/imported/refunds.yaml") and path.startswith("cassettes"))
    assert sorted(path for path in files if not path.startswith("cassettes") and "schema" not in path) == [
        "conf/catalogue/refunds.yaml",
        "conf/loop/refunds.yaml",
        "conf/model/gpt-4o.yaml",
        "conf/persona/refunds.yaml",
        "conf/role/plain.yaml",
        "refunds.json",
        "scenarios/imported/refunds.yaml",
    ]
    assert (found.exit_code, found.left, found.apart, found.notes) == (0, (), 0, ())
    digest = found.items[0].digest
    text = files["scenarios/imported/refunds.yaml"].decode()
    modeline, origin, _ = text.split("\n", 2)
    assert modeline.startswith("# yaml-language-server: $schema=")
    assert origin == f"# Imported from refunds.json:1:1 ({digest})"
    assert yaml.safe_load(text) == {
        "title": "Refund order 7 for ann@shop.example.",
        "tags": ["imported"],
        "under": {
            "model": "gpt-4o",
            "persona": "refunds",
            "catalogue": "refunds",
            "tools": "all",
            "role": "plain",
            "loop": "refunds",
        },
        "tools": {
            "find": {"when": {"id": 7}, "returns": "order 7"},
            "refund": {"when": {"id": 7}, "returns": "paid"},
        },
        "turns": [{"user": "Refund order 7 for ann@shop.example."}],
        "reference": {"match": "exact", "calls": [{"find": {"id": 7}}, {"refund": {"id": 7}}]},
    }
    head = files[cassette].decode().partition("exchanges:")[0]
    assert "imported: refunds.json:1:1" in head
    assert f"original: {digest}" in head


def test_what_is_imported_replays(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An imported scenario is green at once, and its cassette fits it."""
    wrote("refunds.json", talk(REFUND))
    assert main(["import", "refunds.json"]) == 0
    assert capsys.readouterr().out.endswith("type next: harness run imported/refunds\n")
    assert main(["run", "imported/refunds"]) == 0
    assert main(["validate"]) == 0
    (trace,) = replayed(here).values()
    expected = [("find", '{"id": 7}', "none", "order 7"), ("refund", '{"id": 7}', "none", "paid")]
    assert seen(trace) == [[expected, 3, "It is paid back."]]


@pytest.mark.usefixtures("here")
def test_names_of_scenarios() -> None:
    """Scenarios are called as their records, else by their number, in the area of the import or else of the file."""
    wrote("a.jsonl", talk(REFUND, id="Order 7!"), talk(REFUND, id="Order 7?"), talk(REFUND))
    wrote("b.json", talk(REFUND))
    ids = {name: [one.id for one in taken(*map(Path, files), name=name).items] for name, files in GIVEN.items()}
    assert ids == {
        None: ["a/order_7", "a/order_7_2", "a/3"],
        "shop": ["shop/a_order_7", "shop/a_order_7_2", "shop/a_3", "shop/b"],
        "one": ["one/b"],
    }


GIVEN: dict[str | None, list[str]] = {None: ["a.jsonl"], "shop": ["a.jsonl", "b.json"], "one": ["b.json"]}


@pytest.mark.usefixtures("here")
def test_turns_that_cannot_be_played_part_a_conversation() -> None:
    """What stands before and behind a turn that no loop can play is imported, and the turn is told."""
    again = [{"role": "user", "content": "And?"}, says("Done.")]
    wrote("a.json", talk([PROMPT, *again, *BROKEN[1:], *again]))
    found = taken(Path("a.json"))
    assert [one.id for one in found.items] == ["imported/a", "imported/a_from_turn_3"]
    assert found.left == ("a.json:1:1: turn 2: find in message 5 has no result",)
    assert found.exit_code == 1


@pytest.mark.usefixtures("here")
def test_two_imports_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same records give the same files, whatever folder they are taken into."""
    trees = []
    for name in ("one", "two"):
        root = tmp_path / name
        (root / "scenarios").mkdir(parents=True)
        (root / "conf").mkdir()
        monkeypatch.chdir(root)
        wrote("a.jsonl", talk(REFUND), talk(KEPT), talk(BROKEN))
        taken(Path("a.jsonl"), confirm=["refund"], redact=["MAIL=[a-z]+@[a-z.]+"])
        trees.append(tree(root))
    assert trees[0] == trees[1]


def test_nothing_is_overwritten(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second import under the same name says what is in the way and changes nothing."""
    wrote("a.json", talk(REFUND))
    taken(Path("a.json"))
    before = tree(here)
    assert main(["import", "a.json"]) == 2
    told = capsys.readouterr().err
    assert "scenarios/imported/a.yaml: is there already\n" in told
    assert "nothing is written: choose another --name, or move away what is in the way" in told
    assert tree(here) == before


def test_settings_that_are_there_are_used_again(here: Path) -> None:
    """The same record under another name takes the settings that the first import wrote."""
    wrote("a.json", talk(REFUND))
    first = taken(Path("a.json"))
    before = tree(here)
    second = taken(Path("a.json"), name="again")
    new = [path.partition("/")[0] for path in sorted(tree(here).keys() - before.keys())]
    assert new == ["cassettes", "scenarios"]
    assert second.items[0].under == first.items[0].under
    assert replayed(here).keys() == {"imported/a", "again/a"}


def test_choices_of_the_command_line(here: Path) -> None:
    """A choice that is typed takes the place of what the record shows."""
    wrote("a.json", talk(REFUND))
    taken(Path("a.json"))
    found = taken(Path("a.json"), name="again", overrides=["persona=a", "loop=a"])
    assert (found.items[0].under["persona"], found.items[0].under["loop"]) == ("a", "a")
    assert len(replayed(here)) == 2


def body(message: Json) -> Json:
    """Return a completion with a message."""
    reason = "tool_calls" if message.get("tool_calls") else "stop"
    return {"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": reason}]}


def stream(message: Json) -> str:
    """Return the reply of a message as a stream."""
    told = [{**one, "index": at} for at, one in enumerate(message.get("tool_calls", ()))]
    delta = {**message, **({"tool_calls": told} if told else {})}
    chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": body(message)["choices"][0]["finish_reason"]}]}
    return f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"


def asked_for() -> list[tuple[Json, Json]]:
    """Return the requests of the refund, each with the message of its reply."""
    replies = [at for at, one in enumerate(REFUND) if one["role"] == "assistant"]
    return [({"model": "gpt-4o", "messages": REFUND[:at]}, REFUND[at]) for at in replies]


def cassette(*, streamed: bool) -> str:
    """Return the refund as a cassette of vcrpy."""
    interactions = [
        {
            "request": {"method": "POST", "uri": "https://x.test/chat/completions", "body": json.dumps(request)}
            | {"headers": {}},
            "response": {"status": {"code": 200, "message": "OK"}, "headers": {}}
            | {"body": {"string": stream(message) if streamed else json.dumps(body(message))}},
        }
        for request, message in asked_for()
    ]
    return yaml.safe_dump({"interactions": interactions, "version": 1})


def log(*, as_text: bool) -> str:
    """Return the refund as rows of LiteLLM's spend logs, the last of them first."""
    rows = [
        {
            "request_id": str(at),
            "call_type": "acompletion",
            "startTime": f"2026-01-01T10:00:0{at}",
            "proxy_server_request": json.dumps(request) if as_text else request,
            "response": json.dumps(body(message)) if as_text else body(message),
        }
        for at, (request, message) in enumerate(asked_for())
    ]
    return "\n".join(json.dumps(row) for row in reversed(rows))


def exported_chat() -> str:
    """Return the refund as a chat of Open WebUI, its calls as items."""
    items: list[Json] = []
    for name, result in (("find", "order 7"), ("refund", "paid")):
        head = {"call_id": name, "status": "completed"}
        items.append({"type": "function_call", "name": name, "arguments": '{"id": 7}', **head})
        items.append({"type": "function_call_output", "output": [{"type": "input_text", "text": result}], **head})
    items.append({"type": "message", "content": [{"type": "output_text", "text": "It is paid back."}]})
    nodes = {"a": TASK, "b": {"role": "assistant", "parentId": "a", "model": "gpt-4o", "output": items}}
    inner = {"params": {"system": PROMPT["content"]}, "history": {"messages": nodes, "currentId": "b"}}
    return json.dumps([{"title": "Refund", "chat": inner}])


FORMS = {
    "transcript": json.dumps(talk(REFUND)),
    "cassette": cassette(streamed=False),
    "streamed": cassette(streamed=True),
    "log of texts": log(as_text=True),
    "log of objects": log(as_text=False),
    "chat": exported_chat(),
}


@pytest.mark.parametrize("form", FORMS)
def test_one_conversation_in_every_form(here: Path, form: str) -> None:
    """Whatever recorded it, a conversation gives the same calls, results, rounds and texts."""
    found = taken(wrote("a.json", FORMS[form].encode()))
    assert found.left == ()
    (trace,) = replayed(here).values()
    ran = [("find", '{"id": 7}', "none", "order 7"), ("refund", '{"id": 7}', "none", "paid")]
    assert seen(trace) == [[ran, 3, "It is paid back."]]
    assert "You work in a shop." in (here / "conf/persona/a.yaml").read_text("utf-8")


# The user's answers


@pytest.mark.parametrize(
    ("messages", "decision", "answer"),
    [(REFUND, "confirmed", {"confirm": ["refund"]}), (KEPT, "denied", {"deny": ["refund"]})],
)
def test_answers_that_a_record_implies(here: Path, messages: list[Json], decision: str, answer: Json) -> None:
    """A tool that is named to be confirmed was confirmed where it ran, and denied where its result says so."""
    wrote("a.json", talk(messages))
    (item,) = taken(Path("a.json"), confirm=["refund"]).items
    assert item.made is not None
    assert item.made.data["turns"][0]["answers"] == [answer]
    assert item.differences[0] == "no wording of a confirmation request is recorded: the loop's own sentence stands in"
    (trace,) = replayed(here).values()
    assert [one.decision for one in calls_of(trace.turns)] == ["none", decision]
    assert trace.counts.notices == 1
    assert "confirm: true" in (here / "conf/catalogue/a.yaml").read_text("utf-8")


@pytest.mark.usefixtures("here")
def test_a_denial_names_the_tool_to_confirm() -> None:
    """A call whose result is a denial is not imported unless its tool is named, and the option to type is told."""
    wrote("a.jsonl", talk(KEPT), talk(REFUND))
    found = taken(Path("a.jsonl"))
    assert found.left == ("a.jsonl:1:1: turn 1: refund waits for an answer or is denied, so name it: --confirm refund",)
    assert [one.id for one in found.items] == ["a/2"]


# What is refused


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"name": "a/b"}, "--name a/b: small letters, digits, '_' and '-', such as incident_7"),
        ({"name": ""}, "--name : small letters, digits, '_' and '-', such as incident_7"),
        ({"confirm": ["refunds"]}, "--confirm refunds: the records have no such tool (did you mean 'refund'?)"),
        ({"redact": ["MAIL"]}, "--redact 'MAIL': must be NAME=REGEX, such as EMAIL='[a-z.]+@[a-z.]+'"),
        (
            {"overrides": ["persona.label=x"]},
            "'persona.label=x': an import takes one choice of a group, such as persona=terse; groups: ",
        ),
        ({"overrides": ["persona=a,b"]}, "'persona=a,b': an import takes one choice of a group, such as persona=terse"),
    ],
)
def test_options_that_cannot_be_used(here: Path, asked: Json, why: str) -> None:
    """An option that cannot be used is told before anything is written."""
    path = wrote("a.json", talk(REFUND))
    before = tree(here)
    with pytest.raises(InputError) as caught:
        taken(path, **asked)
    (problem,) = caught.value.problems
    assert problem.startswith(why)
    assert tree(here) == before


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (b"", "a.json:1:1: holds nothing that is known: "),
        (b'{"messages": [', "a.json:1:15: not JSON: expecting value"),
        (b"\xff\xfe", "a.json:1:1: not UTF-8 text"),
        (b"[" * 100_000, "a.json:1:1: nested too deeply to be read"),
        (b"title: A scenario.\n", "a.json:1:1: holds nothing that is known: "),
        (b"[]", "a.json:1:1: holds nothing that is known\nknown are: OpenAI messages"),
        (b'{"messages": []}', "a.json:1:1: holds no message of the user that was replied to"),
        (b'{"interactions": []}', "a.json:1:1: holds no conversation"),
        (json.dumps(talk(BROKEN)).encode(), "a.json:1:1: turn 1: find in message 3 has no result"),
    ],
)
def test_files_of_which_nothing_is_imported(
    here: Path, capsys: pytest.CaptureFixture[str], held: bytes, why: str
) -> None:
    """A file that gives nothing ends the command with 2 and one clear line, and nothing is written."""
    wrote("a.json", held)
    assert main(["import", "a.json"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert why in err
    assert "Traceback" not in err
    assert tree(here).keys() == {"a.json"}


@pytest.mark.usefixtures("here")
def test_all_files_that_cannot_be_read_are_told_at_once() -> None:
    """Of several files every one that cannot be read is told, and nothing of the others is imported."""
    paths = [wrote("a.json", talk(REFUND)), wrote("b.json", b"{"), wrote("c.json", b"\xff"), Path("d.json")]
    with pytest.raises(InputError) as caught:
        taken(*paths)
    assert [one.partition(": ")[0] for one in caught.value.problems] == ["b.json:1:2", "c.json:1:1", "d.json:1:1"]


@pytest.mark.usefixtures("here")
def test_what_is_left_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Where part of a file is imported the command ends with 1 and lists the rest."""
    wrote("a.jsonl", talk(REFUND), talk(BROKEN), {"colour": "red"})
    assert main(["import", "a.jsonl"]) == 1
    told = capsys.readouterr().out
    assert "imported 1 scenario: 1 turn, 3 rounds and 2 calls, each replayed as it was recorded\n" in told
    assert "not imported, 2:\n  a.jsonl:2:1: turn 1: find in message 3 has no result\n" in told
    assert "\n  a.jsonl:3:1: holds nothing that is known\n  known are: OpenAI messages" in told


# Odd records, each of which once was a traceback or ended the whole import


@pytest.mark.parametrize(
    "more",
    [
        {"model": "x" * 400},
        {"model": {"name": "m"}},
        {"model": "../../etc/passwd"},
        {"tools": [{"type": "function", "function": None}]},
        {"tools": [{"function": [1]}, 5, None]},
        {"tools": [{"type": "function", "function": {"name": 5, "parameters": "x"}}]},
        {"metadata": json.loads("[" * 60 + "]" * 60)},
    ],
)
def test_odd_records_are_imported(here: Path, more: Json) -> None:
    """What stands beside the messages, however odd, does not keep them from being imported, below the project alone."""
    wrote("a.json", talk([*REFUND[:2], says("No.")]) | more)
    taken(Path("a.json"))
    (trace,) = replayed(here).values()
    assert seen(trace) == [[[], 1, "No."]]


PARTS = st.recursive(
    st.none() | st.integers() | st.sampled_from(["user", "assistant", "tool", "find", "{}", "a\ud800", "", "${x}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "tool_calls", "id", "function", "name", "arguments", "tool_call_id"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.slow
@limits(EXAMPLES, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PARTS, max_size=3), PARTS, PARTS)
def test_odd_messages_never_crash(tmp_path: Path, messages: list[Any], tools: Any, model: Any) -> None:
    """Whatever stands in messages, tools and model, a file is imported, or refused in words."""
    root = tmp_path / "project"
    (root / "conf").mkdir(parents=True, exist_ok=True)
    path = tmp_path / "a.json"
    task = {"role": "user", "content": "Hi"}
    record = {"model": model, "tools": tools, "messages": [task, *messages, says("Done."), task, says("Bye.")]}
    path.write_text(json.dumps(record), "utf-8")
    before = len(tree(root))
    number = f"n{before}"  # what earlier examples wrote stays
    with suppress(InputError):
        assert take_in(Root(root), Asking([path], name=number), StringIO()).items


# Secrets and personal data


def test_a_record_with_a_key_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A record that holds a key is listed, the others are imported, and the key reaches no file and no output."""
    key = planted("gsk_{a52}", "import")
    leak = [PROMPT, TASK, asks(call("find")), gives("find", f"the key is {key.text}"), says("Found.")]
    told = [{"role": "system", "content": f"Use {key.text}."}, TASK, says("Done.")]
    named = [PROMPT, TASK, says(f"It is {key.text}.")]
    wrote("a.jsonl", talk(leak), talk(REFUND), talk(told), talk(named))
    assert main(["import", "a.jsonl"]) == 1
    out, err = capsys.readouterr()
    assert "not imported, 3:\n" in out
    assert [line.split(": ")[0] for line in out.splitlines() if "a Groq key" in line] == [
        f"  a.jsonl:{line}:1" for line in (1, 3, 4)
    ]
    (here / "a.jsonl").unlink()
    assert not [path for path, held in tree(here).items() if key.secret.encode() in held]
    assert key.secret not in out + err
    assert replayed(here).keys() == {"a/2"}


def test_personal_data_is_replaced_everywhere(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a pattern finds is replaced by the same name in scenario, cassette, settings, ids and what is printed."""
    mail, other = "ann@shop.example", "bob@shop.example"
    messages = [
        {"role": "system", "content": f"You work for {other}."},
        {"role": "user", "content": f"Write to {mail}."},
        asks(call("find", json.dumps({"who": mail, "n": 7})), text=f"I write to {mail}."),
        gives("find", json.dumps({"found": [mail, other]})),
        says(f"{other} wrote to {mail}."),
    ]
    tools = [{"type": "function", "function": {"name": "find", "description": f"As {other}.", "parameters": SCHEMA}}]
    wrote("a.jsonl", talk(messages, id=f"For {mail}", tools=tools), talk([{**PROMPT, "content": mail}, TASK]))
    assert main(["import", "a.jsonl", "--redact", r"MAIL=\w+@shop\.example"]) == 1
    out, err = capsys.readouterr()
    (here / "a.jsonl").unlink()
    files = {path: held.decode() for path, held in tree(here).items() if "schema" not in path}
    written = "\n".join([out, err, *files, *files.values()])
    assert not any(name in written for name in ("ann", "bob", "shop.example"))
    assert "redacted MAIL: 2 texts, the same everywhere\n" in out
    (trace,) = replayed(here).values()
    names = sorted({word.strip(".") for word in str(trace.turns[0].response).split() if "MAIL" in word})
    assert names == ["[MAIL-1]", "[MAIL-2]"]
    (one,) = calls_of(trace.turns)
    mine = str(trace.turns[0].user).split()[-1].strip(".")
    assert json.loads(one.raw_arguments) == {"who": mine, "n": 7}
    assert json.loads(one.result or "")["found"][0] == mine


# What production itself recorded


def production(root: Path, *names: str) -> list[Path]:
    """Write cassettes of the bundled project as vcrpy writes its own, and return where."""
    cassettes = bundled(root) / "cassettes"
    paths = [root / f"{name.replace('/', '_')}.yaml" for name in names]
    for name, path in zip(names, paths, strict=True):
        path.write_text(exported(cassettes / f"{name}.yaml", cassettes), "utf-8")
    return paths


@pytest.mark.slow
def test_cassettes_of_production_come_out_as_they_are(tmp_path: Path, here: Path) -> None:
    """What the bundled scenarios recorded gives the same calls, decisions, results, rounds, notices and texts."""
    cases = ["files/confirmed_write", "files/denied_write", "mail/unanswered", "calendar/rehearsals"]
    models = ["careful", "hasty", "stubborn"]
    root = tmp_path / "production"
    files = production(root, *(f"{model}/chat+all/{case}" for model in models for case in cases))
    found = taken(*files, name="incident")
    assert found.left == ()
    assert [one.differences for one in found.items] == [()] * len(files)
    now = replayed(here)
    items = iter(found.items)
    for model in models:
        before = replayed(root, cases, [f"model={model}", "role=chat"])
        for case in cases:
            trace, was = now[next(items).id], before[case]
            assert seen(trace) == seen(was)
            assert trace.counts == was.counts
            assert [one.checkpoints for one in trace.turns] == [one.checkpoints for one in was.turns]


class Shop:
    """Tools of which one needs confirmation; both do what they are asked."""

    confirm_required = frozenset({"write"})

    def schemas(self, user_role: str = "user", tool_list: Sequence[str] | None = None) -> list[Json]:  # noqa: ARG002
        """Return both tools."""
        return [{"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in ("read", "write")]

    async def call(self, name: str, args: Json) -> str:  # noqa: ARG002
        """Do nothing, and say that it is done."""
        return f"{name} done"


@pytest.mark.slow
def test_a_checkpoint_that_production_stored_is_played_on(here: Path) -> None:
    """A stored checkpoint is imported up to where it waits, and played on once an answer is written behind it."""
    answers = [wire.calls(("a", "read", '{"id": 7}'), ("b", "write", '{"id": 7}')), wire.says("Shall I?")]
    with wire.endpoint(answers) as asked:
        result = asyncio.run(make(Shop(), wire.settings(asked.url)).run("Write 7.", system_prompt="You write."))
    stored = {"response": result.response, "checkpoint": json.loads(result.checkpoint.model_dump_json())}
    wrote("a.json", stored)
    (item,) = taken(Path("a.json")).items
    (trace,) = replayed(here).values()
    waiting = [("read", '{"id": 7}', "none", "read done"), ("write", '{"id": 7}', "unanswered", None)]
    assert seen(trace) == [[waiting, 2, "Shall I?"]]
    path = here / f"scenarios/{item.id}.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("    expect: {stop: unanswered}\n", "    answers: [{confirm: [write]}]\n"), "utf-8")
    (case,) = plan_all(found := select(here / "scenarios"), settle(Conf(here / "conf"), found, ()))
    with wire.endpoint([*answers, wire.says("Written.")]) as asked:
        live = replace(case, settings=case.settings.model_copy(update={"model": wire.settings(asked.url).model}))
        (outcome,) = asyncio.run(run_many([live], here / "cassettes", live=True))
    assert outcome.trace.error is None
    assert seen(outcome.trace)[0][1:] == [3, "Written."]
    assert [one.decision for one in calls_of(outcome.trace.turns)] == ["none", "confirmed"]
