"""Production's loop, line by line, against a real HTTP endpoint."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from harness.errors import InputError, ModelError
from harness.loop import Checkpoint, Result, make
from harness.settings import Settings
from tests.wire import Answer, Asked, calls, endpoint, says, settings

READ = {"type": "function", "function": {"name": "read", "description": "Read.", "parameters": {}}}
EMPTY = {"type": "object", "properties": {}}


class Recorder:
    """Tools that note what arrives and answer with a text, or raise."""

    confirm_required = frozenset({"write", "delete"})

    def __init__(self, **results: str | Exception) -> None:
        self.results = results
        self.seen: list[tuple[str, dict[str, Any]]] = []

    def schemas(self, user_role: str = "user", tool_list: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Return the schema of `read`, unless the allow-list is empty."""
        assert user_role in {"guest", "user"}
        return [] if tool_list == [] else [READ]

    async def call(self, name: str, args: dict[str, Any]) -> str:
        """Note the call and give its result."""
        self.seen.append((name, args))
        result = self.results.get(name, f"{name} done")
        if isinstance(result, Exception):
            raise result
        return result


def run(
    answers: Sequence[Answer | dict[str, Any]],
    *,
    tools: Recorder | None = None,
    policy: str = "production",
    max_rounds: int = 8,
    model: dict[str, Any] | None = None,
    **arguments: Any,
) -> tuple[Result, Asked, Recorder]:
    """Run the loop once against an endpoint with these answers."""
    tools = tools or Recorder()
    with endpoint(answers) as asked:
        loop = make(tools, settings(asked.url, policy=policy, max_rounds=max_rounds, **(model or {})))
        result = asyncio.run(loop.run("Do it.", **arguments))
    return result, asked, tools


def walk(
    answers: Sequence[Answer | dict[str, Any]],
    confirm: Sequence[bool],
    *,
    tools: Recorder | None = None,
    policy: str = "production",
    max_rounds: int = 8,
    **arguments: Any,
) -> tuple[list[Result], Asked, Recorder]:
    """Run the loop and resume it with the given answers, each time through JSON."""
    tools = tools or Recorder()
    with endpoint(answers) as asked:
        loop = make(tools, settings(asked.url, policy=policy, max_rounds=max_rounds))

        async def go() -> list[Result]:
            results = [await loop.run("Do it.", **arguments)]
            for confirmed in confirm:
                stored = results[-1].checkpoint.model_dump_json()
                results.append(await loop.resume(Checkpoint.model_validate_json(stored), confirmed))
            return results

        return asyncio.run(go()), asked, tools


# 1. Messages


def test_first_request_is_prompt_instruction_six_session_messages_and_task() -> None:
    """The first request holds the prompt with the standing instruction, the last six session messages, the task."""
    session = [{"role": role, "content": f"{n}", "id": n} for n, role in enumerate(["user", "assistant"] * 4)]
    _, asked, _ = run([says("ok")], system_prompt="Be kind.", session_messages=session)
    assert asked.bodies == [
        {
            "model": "model-1",
            "messages": [
                {"role": "system", "content": "Be kind.\n\nTools are there."},
                {"role": "user", "content": "2"},
                {"role": "assistant", "content": "3"},
                {"role": "user", "content": "4"},
                {"role": "assistant", "content": "5"},
                {"role": "user", "content": "6"},
                {"role": "assistant", "content": "7"},
                {"role": "user", "content": "Do it."},
            ],
            "tools": [READ],
            "tool_choice": "auto",
        }
    ]


def test_parameters_are_sent_only_where_they_are_given() -> None:
    """Parameters of the model and its extra body stand beside the conversation, and nothing else does."""
    params = {"temperature": 0.0, "seed": 3, "max_tokens": 5, "extra_body": {"think": None}}
    _, asked, _ = run([says("ok")], model={"params": params})
    sent = {key: value for key, value in asked.bodies[0].items() if key not in ("messages", "tools", "tool_choice")}
    assert sent == {"model": "model-1", "temperature": 0.0, "seed": 3, "max_tokens": 5, "think": None}


# 2. Address and key


@pytest.mark.parametrize(
    ("host_type", "path", "sent_to"),
    [
        ("openwebui", "", "/api/chat/completions"),
        ("openwebui", "/", "/api/chat/completions"),
        ("litellm", "/v1", "/v1/chat/completions"),
        ("ollama", "/v1/", "/v1/chat/completions"),
    ],
)
def test_address_follows_the_host_type(host_type: str, path: str, sent_to: str) -> None:
    """Open WebUI gets `/api`, all others their address as it is given."""
    with endpoint([says("ok")]) as asked:
        loop = make(Recorder(), settings(asked.url, host_type=host_type, api_url=f"{asked.url}{path}"))
        asyncio.run(loop.run("Do it."))
    assert asked.paths == [sent_to]


@pytest.mark.parametrize(("value", "sent"), [("k-123456789\n", "Bearer k-123456789"), (None, "Bearer none")])
def test_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, value: str | None, sent: str) -> None:
    """The key is the environment variable's, without its line end, and `none` where there is none."""
    if value is not None:
        monkeypatch.setenv("SOME_KEY", value)
    _, asked, _ = run([says("ok")], model={"api_key_env": "SOME_KEY"})
    assert asked.headers[0]["authorization"] == sent


def test_query_of_the_address_is_sent_with_every_request() -> None:
    """What stands behind a question mark in the address goes behind the path of each request."""
    with endpoint([says("ok")]) as asked:
        one = settings(asked.url, api_url=f"{asked.url}/v1/?api-version=2026-01-01&code=a%2Bb")
        asyncio.run(make(Recorder(), one).run("Do it."))
    assert asked.paths == ["/v1/chat/completions?api-version=2026-01-01&code=a%2Bb"]


@pytest.mark.parametrize(
    ("variable", "hint"),
    [(None, "(the model 'm' names no api_key_env)"), ("SOME_KEY", "(SOME_KEY is not set)")],
)
def test_refused_requests_without_a_key_say_so(variable: str | None, hint: str) -> None:
    """A 401 on a request that carried no key names the variable to set."""
    with pytest.raises(ModelError) as raised:
        run([Answer('{"detail": "Not authenticated"}', 401)], model={"api_key_env": variable})
    assert str(raised.value) == f"HTTP 401: Not authenticated {hint}"


def test_keys_that_no_header_can_carry_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key with a line break or a dash from a word processor is an error that does not show it."""
    monkeypatch.setenv("SOME_KEY", "planted\u2013key")
    with pytest.raises(InputError) as raised:
        run([says("ok")], model={"api_key_env": "SOME_KEY"})
    assert str(raised.value) == "model 'm': the key in SOME_KEY holds characters that no key has"


@pytest.mark.parametrize("missing", ["api_url", "model_name"])
def test_missing_address_or_name_says_which_model(missing: str) -> None:
    """A model without address or name is an error with the model's label."""
    with pytest.raises(InputError, match=f"model 'm': {missing} missing"):
        run([says("ok")], model={missing: None})


# 4. and 5. Rounds


def test_assistant_message_is_sent_back_as_role_content_and_calls() -> None:
    """Of the model's message only role, content and calls go back, the argument text unchanged."""
    odd = '{ "path":"a",\n "n":1.0 }'
    reply = calls(("c1", "read", odd), text="Reading.")
    reply["choices"][0]["message"] |= {"refusal": None, "reasoning": "hm", "extra_content": {"s": 1}}
    reply["choices"][0]["message"]["tool_calls"][0] |= {"index": 0, "extra_content": {"google": "sig"}}
    result, asked, tools = run([reply, says("Done.")])
    assert asked.bodies[1]["messages"][2:] == [
        {
            "role": "assistant",
            "content": "Reading.",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "read", "arguments": odd}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "read done"},
    ]
    assert tools.seen == [("read", {"path": "a", "n": 1.0})]
    assert result == Result(
        "Done.", [{"tool": "read", "args": {"path": "a", "n": 1.0}, "result": "read done"}], "m", None
    )


def test_named_fields_are_echoed() -> None:
    """Fields that the model's settings name go back where they came, of the message and of its calls."""
    reply = calls(("c1", "read", "{}"))
    reply["choices"][0]["message"] |= {"reasoning_content": "hm", "other": 1}
    reply["choices"][0]["message"]["tool_calls"][0] |= {"extra_content": {"google": "sig"}, "other": 1}
    _, asked, _ = run([reply, says("Done.")], model={"echo": ["extra_content", "reasoning_content"]})
    assert asked.bodies[1]["messages"][2] == {
        "role": "assistant",
        "tool_calls": [
            {
                "id": "c1",
                "type": "function",
                "function": {"name": "read", "arguments": "{}"},
                "extra_content": {"google": "sig"},
            }
        ],
        "reasoning_content": "hm",
    }


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter", "", "error"])
def test_production_drops_calls_unless_the_reason_is_tool_calls(reason: str) -> None:
    """Calls with any other finish_reason are not acted on; the content is the response."""
    result, asked, tools = run([calls(("c1", "read", "{}"), text="Hm.", finish_reason=reason)])
    assert (result.response, tools.seen, len(asked.bodies)) == ("Hm.", [], 1)


def test_tool_calls_without_calls_is_final() -> None:
    """A finish_reason of tool_calls without calls ends with the content, or with an empty text."""
    assert run([says("Bye.", "tool_calls")])[0].response == "Bye."
    assert run([says(None, "tool_calls")])[0].response == ""


# 6. and 7. Calls


def test_confirmation_is_required_minus_allowed_plus_always_asked() -> None:
    """The user is asked about the required tools that are not allowed, and about those always to be asked."""
    reply = calls(("c1", "write", "{}"), ("c2", "delete", "{}"), ("c3", "read", "{}"))
    results, _, tools = walk([reply, says("?")], [], confirm_allow=["write", "read"], confirm_deny=["read"])
    assert [name for name, _ in tools.seen] == ["write"]
    assert [held.name for held in results[0].checkpoint.pending] == ["delete", "read"]


@pytest.mark.parametrize(
    "arguments", ["{'path': 'a'}", "[1]", "null", "NaN", '{"a": NaN}', "prose", "  ", '{"a": "\t"}']
)
def test_unreadable_arguments_run_the_tool_with_none(arguments: str) -> None:
    """A text that is no JSON object is logged raw, and the tool runs without arguments."""
    result, asked, tools = run([calls(("c1", "read", arguments)), says("Done.")])
    assert tools.seen == [("read", {})]
    assert result.tool_calls == [{"tool": "read", "args": {"raw": arguments}, "result": "read done"}]
    assert asked.bodies[1]["messages"][2]["tool_calls"][0]["function"]["arguments"] == arguments


def test_unreadable_arguments_of_a_confirmed_call_arrive_raw() -> None:
    """A held call with unreadable arguments gets them as `raw` once it is confirmed."""
    results, _, tools = walk([calls(("c1", "write", "a=1")), says("?"), says("Done.")], [True])
    assert tools.seen == [("write", {"raw": "a=1"})]
    assert results[1].tool_calls == [{"tool": "write", "args": {"raw": "a=1"}, "result": "write done"}]


def test_empty_text_is_no_arguments() -> None:
    """An empty argument text stands for no arguments, held or not."""
    results, _, tools = walk([calls(("c1", "read", ""), ("c2", "write", "")), says("?"), says("Done.")], [True])
    assert tools.seen == [("read", {}), ("write", {})]
    assert [entry["args"] for entry in results[1].tool_calls] == [{}, {}]


# 8. Checkpoints

BATCH = calls(("c1", "delete", '{"p": 1}'), ("c2", "read", "{}"), ("c3", "write", "{}"), ("c4", "read", '{"p": 2}'))


def test_checkpoint_holds_back_and_words_the_request() -> None:
    """Results come first, then a placeholder for each held call; the notice is asked for without tools."""
    results, asked, tools = walk([BATCH, says("May I?")], [])
    assert tools.seen == [("read", {}), ("read", {"p": 2})]
    assert asked.bodies[1]["tool_choice"] == "none"
    assert asked.bodies[1]["tools"] == [READ]
    assert asked.bodies[1]["messages"][3:] == [
        {"role": "tool", "tool_call_id": "c2", "content": "read done"},
        {"role": "tool", "tool_call_id": "c4", "content": "read done"},
        {"role": "tool", "tool_call_id": "c1", "content": "[AWAITING USER CONFIRMATION for delete]"},
        {"role": "tool", "tool_call_id": "c3", "content": "[AWAITING USER CONFIRMATION for write]"},
    ]
    [result] = results
    assert result.response == "May I?"
    assert [(entry["tool"], entry["result"]) for entry in result.tool_calls] == [
        ("read", "read done"),
        ("read", "read done"),
        ("delete", "[awaiting confirmation]"),
        ("write", "[awaiting confirmation]"),
    ]
    checkpoint = json.loads(result.checkpoint.model_dump_json())
    assert checkpoint["messages"] == asked.bodies[1]["messages"][:3]
    assert checkpoint["rounds"] == 2
    assert [held["id"] for held in checkpoint["pending"]] == ["c1", "c3"]


def test_notice_without_content_has_a_default() -> None:
    """A default sentence, which names the held calls, stands in for an empty notice."""
    results, _, _ = walk([calls(("c1", "write", '{"p": "é"}')), says(None)], [])
    assert results[0].response == 'Confirm write({"p": "é"})?'


def test_notice_may_exceed_the_limit() -> None:
    """A call held in the last round is still asked about."""
    results, asked, _ = walk([calls(("c1", "write", "{}")), says("?")], [], max_rounds=1)
    assert (len(asked.bodies), results[0].checkpoint.rounds) == (2, 2)


# 9. Resume


@pytest.mark.parametrize(
    ("confirmed", "texts"), [(True, ["delete done", "write done"]), (False, ["Action denied by user."] * 2)]
)
def test_resume_executes_or_denies_all_pending(confirmed: bool, texts: list[str]) -> None:
    """One answer stands for all pending calls; notice and placeholders are gone from the messages and the log."""
    results, asked, tools = walk([BATCH, says("May I?"), says("Done.")], [confirmed])
    assert asked.bodies[2]["tool_choice"] == "auto"
    assert [message["content"] for message in asked.bodies[2]["messages"][3:]] == ["read done", "read done", *texts]
    assert [message["tool_call_id"] for message in asked.bodies[2]["messages"][3:]] == ["c2", "c4", "c1", "c3"]
    assert [entry["result"] for entry in results[1].tool_calls] == ["read done", "read done", *texts]
    assert len(tools.seen) == (4 if confirmed else 2)
    assert (results[1].response, results[1].checkpoint) == ("Done.", None)


def test_resume_may_stop_at_another_checkpoint_and_counts_on() -> None:
    """The loop counts on from the rounds used, and several checkpoints may follow each other."""
    answers = [calls(("c1", "write", "{}")), says("?"), calls(("c1", "delete", "{}")), says("??"), says("Done.")]
    results, _, tools = walk(answers, [True, False])
    assert [result.checkpoint.rounds if result.checkpoint else None for result in results] == [2, 4, None]
    assert [name for name, _ in tools.seen] == ["write"]
    assert results[2].tool_calls == [
        {"tool": "write", "args": {}, "result": "write done"},
        {"tool": "delete", "args": {}, "result": "Action denied by user."},
    ]


@pytest.mark.parametrize("confirmed", [True, False])
def test_resume_at_the_limit_ends_without_a_request(confirmed: bool) -> None:
    """At the limit the pending calls are executed or denied, and the limit's text is the response."""
    results, asked, tools = walk([calls(("c1", "write", "{}")), says("?")], [confirmed], max_rounds=2)
    result = "write done" if confirmed else "Action denied by user."
    assert len(asked.bodies) == 2
    assert tools.seen == ([("write", {})] if confirmed else [])
    assert results[1].response == f"Stopped after 2 rounds:\n- write: {result}"


# 10. to 12.


def test_tool_that_raises_is_told_to_the_model() -> None:
    """A tool's exception becomes its result, and the loop goes on."""
    tools = Recorder(read=RuntimeError("disk full"))
    _, asked, _ = run([calls(("c1", "read", "{}")), says("Sorry.")], tools=tools)
    assert asked.bodies[1]["messages"][3]["content"] == "Tool error: disk full"


def test_limit_lists_each_tool_with_the_start_of_its_result() -> None:
    """At the round limit the response says so and shows 500 characters of each result."""
    tools = Recorder(read="x" * 600)
    result, asked, _ = run([calls(("c1", "read", "{}"))], tools=tools, max_rounds=2)
    assert len(asked.bodies) == 2
    assert result.response == "\n".join(["Stopped after 2 rounds:", *[f"- read: {'x' * 500}"] * 2])


def test_respond_with_final_is_carried_and_changes_nothing() -> None:
    """The flag stands in the checkpoint and leaves the requests as they are."""
    answers = [calls(("c1", "write", "{}")), says("?"), says("Done.")]
    (first, _), asked, _ = walk(answers, [True], respond_with_final=False)
    (second, _), other, _ = walk(answers, [True])
    assert (first.checkpoint.respond_with_final, second.checkpoint.respond_with_final) == (False, True)
    assert asked.bodies == other.bodies


# 13. Checkpoints are plain

RESUME = """
import asyncio, json, sys
from harness.loop import Checkpoint, make
from harness.settings import Settings
from tests.test_loop import Recorder
stored = json.load(open(sys.argv[1]))
tools = Recorder()
loop = make(tools, Settings.model_validate(stored["settings"]))
result = asyncio.run(loop.resume(Checkpoint.model_validate(stored["checkpoint"]), True))
print(json.dumps([result.response, result.tool_calls, tools.seen]))
"""


def plain(one: Settings) -> dict[str, Any]:
    """Return settings as plain data."""
    data: dict[str, Any] = one.model_dump(mode="json")
    return data


def test_checkpoint_resumes_in_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process resumes from JSON to the same end, with the key read again from the environment."""
    monkeypatch.setenv("SOME_KEY", "planted-key-0123456789")
    with endpoint([BATCH, says("May I?"), says("Done.")]) as asked:
        one = settings(asked.url, api_key_env="SOME_KEY")
        here = asyncio.run(make(Recorder(), one).run("Do it."))
        text = here.checkpoint.model_dump_json()
        assert "planted-key" not in text
        file = tmp_path / "stored.json"
        file.write_text(json.dumps({"settings": plain(one), "checkpoint": json.loads(text)}), "utf-8")
        root = Path(__file__).parents[1]
        there = subprocess.run(
            [sys.executable, "-c", RESUME, str(file)], cwd=root, capture_output=True, text=True, check=True
        )
    assert asked.headers[2]["authorization"] == "Bearer planted-key-0123456789"
    (same, _), other, tools = walk([BATCH, says("May I?"), says("Done.")], [True])
    assert json.loads(there.stdout) == [
        "Done.",
        [
            {"tool": "read", "args": {}, "result": "read done"},
            {"tool": "read", "args": {"p": 2}, "result": "read done"},
            {"tool": "delete", "args": {"p": 1}, "result": "delete done"},
            {"tool": "write", "args": {}, "result": "write done"},
        ],
        [["delete", {"p": 1}], ["write", {}]],
    ]
    assert asked.bodies == other.bodies
    assert same.checkpoint.log == here.checkpoint.log
    assert [name for name, _ in tools.seen] == ["read", "read", "delete", "write"]


def test_checkpoint_holds_no_credentials() -> None:
    """Neither a header's value nor the credentials of the address stand in a checkpoint."""
    with endpoint([calls(("c1", "write", "{}")), says("?")]) as asked:
        url = asked.url.replace("http://", "http://me:planted-password@")
        one = settings(asked.url, api_url=f"{url}/v1?key=planted-query-1", headers={"X-Key": "planted-header"})
        result = asyncio.run(make(Recorder(), one).run("Do it."))
    assert "planted" not in result.checkpoint.model_dump_json()
    assert asked.headers[0]["x-key"] == "planted-header"


# The policy `tolerant`


@pytest.mark.parametrize("reason", ["stop", "", "tool_calls"])
def test_tolerant_acts_on_calls_whatever_the_reason(reason: str) -> None:
    """Calls are acted on when the provider says another reason."""
    _, _, tools = run([calls(("c1", "read", "{}"), finish_reason=reason), says("Done.")], policy="tolerant")
    assert tools.seen == [("read", {})]


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_tolerant_does_not_act_on_a_cut_message(reason: str) -> None:
    """Calls of a message that was cut are not acted on."""
    result, asked, tools = run(
        [calls(("c1", "read", "{}"), text="Hm", finish_reason=reason), says("Done.")], policy="tolerant"
    )
    assert (result.response, tools.seen, len(asked.bodies)) == ("Hm", [], 1)


def test_tolerant_refuses_unreadable_arguments_before_it_asks() -> None:
    """Unreadable arguments are refused at once, of a tool that needs confirmation too."""
    results, asked, tools = walk(
        [calls(("c1", "write", "a=1"), ("c2", "read", "b=2"), ("c3", "delete", "{}")), says("?"), says("Done.")],
        [True],
        policy="tolerant",
    )
    assert [held.id for held in results[0].checkpoint.pending] == ["c3"]
    assert tools.seen == [("delete", {})]
    assert [message["content"] for message in asked.bodies[1]["messages"][3:]] == [
        "Tool error: the arguments are not a JSON object: a=1",
        "Tool error: the arguments are not a JSON object: b=2",
        "[AWAITING USER CONFIRMATION for delete]",
    ]


@pytest.mark.parametrize(("policy", "sent"), [("production", {"tools": [], "tool_choice": "auto"}), ("tolerant", {})])
def test_no_tool_left_is_sent_by_production_only(policy: str, sent: dict[str, Any]) -> None:
    """Without tools production sends an empty list and `tolerant` neither tools nor a choice."""
    _, asked, _ = run([says("ok")], policy=policy, tool_list=[])
    assert {key: asked.bodies[0][key] for key in ("tools", "tool_choice") if key in asked.bodies[0]} == sent


# What providers send


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer('{"choices": []}'), 'the endpoint\'s answer holds no choices: {"choices": []}'),
        (Answer('{"error": {"message": "no credit", "code": 402}}'), "no credit"),
        (Answer("<html>Bad gateway</html>", content_type="text/html"), "right? <html>Bad gateway</html>"),
        (Answer('{"choices": [{"mess'), 'not JSON: {"choices": [{"mess'),
        (Answer("null"), "not a chat completion: null"),
        (Answer('{"choices": [{"message": null}]}'), "holds no message"),
        (Answer('{"detail": "Model not found"}', 400), "HTTP 400: Model not found"),
        (Answer('{"error": {"message": "Incorrect API key"}}', 401), "HTTP 401: Incorrect API key (the model"),
        (Answer('"Unauthorized"', 401), "HTTP 401: Unauthorized"),
        (Answer("<h1>no</h1>", 404, "text/html"), "HTTP 404: <h1>no</h1>"),
        (Answer('{"error": "slow down"}', 429), "HTTP 429: slow down"),
        (Answer("", 502), "HTTP 502: no message"),
    ],
)
def test_unusable_answers_are_errors_in_the_providers_words(answer: Answer, message: str) -> None:
    """What is not a chat completion ends the turn with the provider's own message."""
    with pytest.raises(ModelError) as raised:
        run([answer])
    assert message in str(raised.value)


def test_unreachable_endpoint_and_time_out_say_where() -> None:
    """A refused connection and a silent endpoint are errors that name the address without its credentials."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = f"http://me:planted-password@127.0.0.1:{port}"
        with pytest.raises(ModelError) as raised:
            asyncio.run(make(Recorder(), settings(url, timeout=0.2)).run("Do it."))
        assert str(raised.value) == (
            f"no whole answer within 0.2 s from http://127.0.0.1:{port}/v1 (model.timeout=N waits longer)"
        )
    with pytest.raises(ModelError) as raised:
        asyncio.run(make(Recorder(), settings(url)).run("Do it."))
    assert str(raised.value) == f"no connection with http://127.0.0.1:{port}/v1: Connection refused"


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": ""},
        {"type": None},
        {"function": {"name": "read", "arguments": None}},
        {"function": {"name": "read", "arguments": {}}},
        {"index": 0, "unknown": {"deep": [1]}},
    ],
)
def test_odd_calls_are_used(change: dict[str, Any]) -> None:
    """Absent, empty and unknown parts of a call do not hinder its execution."""
    reply = calls(("c1", "read", "{}"))
    reply["choices"][0]["message"]["tool_calls"][0] |= change
    del reply["choices"][0]["message"]["content"]
    result, asked, tools = run([Answer(f"\n  \n{json.dumps(reply)}"), says("Done.")])
    assert (result.response, tools.seen) == ("Done.", [("read", {})])
    [assistant, told] = asked.bodies[1]["messages"][2:]
    assert told["tool_call_id"] == assistant["tool_calls"][0]["id"]
    assert assistant["tool_calls"][0]["type"] == "function"


def test_repeated_ids_keep_their_own_results() -> None:
    """Two calls under one id are both executed, and their results stand in the order of the calls."""
    reply = calls(("c1", "read", '{"p": 1}'), ("c1", "root", '{"p": 2}'))
    _, asked, tools = run([reply, says("Done.")])
    assert tools.seen == [("read", {"p": 1}), ("root", {"p": 2})]
    assert [message["content"] for message in asked.bodies[1]["messages"][3:]] == ["read done", "root done"]


def test_legacy_function_call_is_used_and_an_empty_one_ignored() -> None:
    """A legacy function_call is a call; an empty one beside a text is none."""
    legacy = says(None, "function_call", function_call={"name": "read", "arguments": '{"p": 1}'})
    assert run([legacy, says("Done.")])[2].seen == [("read", {"p": 1})]
    empty = says("Hi.", "stop", function_call={"name": "", "arguments": ""})
    assert run([empty])[0].response == "Hi."


@limits(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["read", "write", "delete", "root"]), min_size=1, max_size=4), min_size=0, max_size=5
    ),
    st.lists(st.booleans(), min_size=20, max_size=20),
    st.integers(min_value=1, max_value=8),
)
def test_every_request_answers_every_call_once(batches: list[list[str]], confirm: list[bool], limit: int) -> None:
    """Each request gives each call one result, and rounds exceed the limit by the notice at most."""
    answers: list[Answer | dict[str, Any]] = []
    for number, names in enumerate(batches):
        answers.append(calls(*((f"c{number}.{place}", name, "{}") for place, name in enumerate(names))))
        if set(names) & Recorder.confirm_required:
            answers.append(says("?"))
    answers.append(says("Done."))
    tools = Recorder()
    with endpoint(answers) as asked:
        loop = make(tools, settings(asked.url, max_rounds=limit))

        async def go() -> Result:
            result = await loop.run("Do it.")
            for answer in confirm:
                if result.checkpoint is None:
                    break
                result = await loop.resume(result.checkpoint, answer)
            return result

        result = asyncio.run(go())
    assert result.checkpoint is None
    assert len(asked.bodies) <= limit + 1
    for body in asked.bodies:
        waiting: list[str] = []
        for message in body["messages"]:
            if message["role"] == "tool":
                waiting.remove(message["tool_call_id"])
            else:
                assert waiting == []
                waiting = [call["id"] for call in message.get("tool_calls", [])]
        assert waiting == []
