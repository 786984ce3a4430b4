"""One answer of a model, read however oddly a provider writes it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.completion import AskedCall, Completion, error_message, excerpt, read, told_error
from harness.errors import ModelError
from harness.trace import Usage

EXAMPLES = settings(deadline=None, max_examples=200, derandomize=True, database=None)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8)
WORDS = st.sampled_from(["choices", "message", "content", "tool_calls", "function", "arguments", "name", "id", "type"])
WORDS |= st.sampled_from(["error", "detail", "finish_reason", "usage", "prompt_tokens", "completion_tokens"])
WORDS |= st.sampled_from(["function_call", "custom", "input", "msg", "loc", "metadata", "raw"])
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=12
)


def body(message: Any, **choice: Any) -> str:
    """Return the body of a chat completion with one choice."""
    return json.dumps({"choices": [{"index": 0, "message": message, **choice}]})


def refused(text: str) -> str:
    """Return the message with which a body is refused."""
    with pytest.raises(ModelError) as caught:
        read(text)
    return str(caught.value)


def test_a_whole_completion() -> None:
    """A completion as OpenAI writes it is read with all that counts."""
    answer = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "gpt",
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "logprobs": None,
                "message": {
                    "role": "assistant",
                    "content": "I look.",
                    "refusal": None,
                    "tool_calls": [
                        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{ "a":1}'}},
                        {"id": "c2", "type": "function", "function": {"name": "g", "arguments": ""}, "index": 1},
                    ],
                },
            },
            {"index": 1, "message": {"content": "another"}},
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }
    assert read(json.dumps(answer)) == Completion(
        content="I look.",
        text="I look.",
        finish_reason="tool_calls",
        calls=(AskedCall("c1", "f", '{ "a":1}'), AskedCall("c2", "g", "")),
        usage=Usage(prompt_tokens=7, completion_tokens=3),
        extra=(("refusal", None),),
    )


@pytest.mark.parametrize(
    ("message", "content", "text"),
    [
        ({}, None, ""),
        ({"content": None}, None, ""),
        ({"content": ""}, "", ""),
        ({"content": " x\n"}, " x\n", " x\n"),
        (
            {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
            "ab",
        ),
        (
            {"content": ["a", {"type": "image"}, None, 5, {"text": 7}]},
            ["a", {"type": "image"}, None, 5, {"text": 7}],
            "a",
        ),
        ({"content": "x\ud800y"}, "x\ufffdy", "x\ufffdy"),
        ({"content": "😀"}, "😀", "😀"),
    ],
)
def test_content(message: dict[str, Any], content: Any, text: str) -> None:
    """Content may lack, be empty, be parts or hold half a surrogate pair, which nothing could carry on."""
    assert read(body(message)) == Completion(content, text, None, (), None)


CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("tool_calls", "calls"),
    [
        (None, []),
        ([], []),
        ({}, []),
        ("f", []),
        ([CALL], [AskedCall("c", "f", "{}")]),
        ([CALL, CALL], [AskedCall("c", "f", "{}")] * 2),
        ([{**CALL, "id": ""}], [AskedCall("", "f", "{}")]),
        ([{**CALL, "id": None}], [AskedCall("", "f", "{}")]),
        ([{**CALL, "id": 5}], [AskedCall("5", "f", "{}")]),
        ([{"id": "c", "function": {"name": "f", "arguments": "{}"}}], [AskedCall("c", "f", "{}")]),
        ([{**CALL, "type": ""}], [AskedCall("c", "f", "{}")]),
        ([{**CALL, "type": None}], [AskedCall("c", "f", "{}")]),
        ([{**CALL, "function": {"name": "f", "arguments": {"a": "é"}}}], [AskedCall("c", "f", '{"a": "é"}')]),
        ([{**CALL, "function": {"name": "f", "arguments": None}}], [AskedCall("c", "f", "")]),
        ([{**CALL, "function": {"name": "f"}}], [AskedCall("c", "f", "")]),
        ([{**CALL, "function": {"name": None, "arguments": "{}"}}], [AskedCall("c", "", "{}")]),
        ([{**CALL, "function": None}], [AskedCall("c", "", "")]),
        ([{**CALL, "function": "f"}], [AskedCall("c", "", "")]),
        ([{"id": "c"}], [AskedCall("c", "", "")]),
        ([None, 5, CALL], [AskedCall("c", "f", "{}")]),
        (
            [{"id": "c", "type": "custom", "custom": {"name": "shell", "input": "ls -la"}}],
            [AskedCall("c", "shell", "ls -la", "custom")],
        ),
        (
            [{**CALL, "index": 0, "extra_content": {"google": {"thought_signature": "s"}}}],
            [AskedCall("c", "f", "{}", extra=(("extra_content", {"google": {"thought_signature": "s"}}),))],
        ),
    ],
)
def test_calls(tool_calls: Any, calls: list[AskedCall]) -> None:
    """Calls are read with absent, empty and numeric ids, without a type, as objects, as custom ones."""
    assert read(body({"content": None, "tool_calls": tool_calls})).calls == tuple(calls)


@pytest.mark.parametrize(
    ("message", "calls"),
    [
        ({"function_call": {"name": "f", "arguments": '{"a": 1}'}}, [AskedCall("", "f", '{"a": 1}')]),
        ({"function_call": {"name": "f", "arguments": "{}"}, "tool_calls": []}, [AskedCall("", "f", "{}")]),
        ({"function_call": {"name": "f", "arguments": "{}"}, "tool_calls": [CALL]}, [AskedCall("c", "f", "{}")]),
        ({"function_call": {"name": "", "arguments": ""}}, []),
        ({"function_call": {"name": None, "arguments": None}}, []),
        ({"function_call": {}}, []),
        ({"function_call": None}, []),
        ({"function_call": "none"}, []),
    ],
)
def test_a_legacy_function_call(message: dict[str, Any], calls: list[AskedCall]) -> None:
    """The older form of a call is one call where it is filled and there is no newer, and nothing where it is empty."""
    assert read(body(message)).calls == tuple(calls)


@pytest.mark.parametrize(
    ("reason", "read_as"),
    [
        ("stop", "stop"),
        ("tool_calls", "tool_calls"),
        ("function_call", "tool_calls"),
        ("length", "length"),
        ("eos", "eos"),
        ("", ""),
        (None, None),
        (5, None),
        (["stop"], None),
    ],
)
def test_finish_reasons(reason: Any, read_as: str | None) -> None:
    """The reason is the provider's word, the legacy one for calls being today's, and none where it is no word."""
    assert read(body({"content": "x"}, finish_reason=reason)).finish_reason == read_as


def test_a_reason_that_comes_twice() -> None:
    """Of two reasons in one choice, as OpenRouter writes them, the last counts."""
    text = '{"choices": [{"finish_reason": null, "message": {"content": "x"}, "finish_reason": "stop"}]}'
    assert read(text).finish_reason == "stop"


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"prompt_tokens": 1, "completion_tokens": 2}, Usage(prompt_tokens=1, completion_tokens=2)),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, Usage()),
        ({"prompt_tokens": 1}, None),
        ({"prompt_tokens": 1, "completion_tokens": None}, None),
        ({"prompt_tokens": "1", "completion_tokens": 2}, None),
        ({"prompt_tokens": True, "completion_tokens": 2}, None),
        ({"prompt_tokens": 1.5, "completion_tokens": 2}, None),
        ({"prompt_tokens": -1, "completion_tokens": 2}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_usage(usage: Any, counted: Usage | None) -> None:
    """Tokens are counted where both numbers are numbers of tokens, and not at all otherwise."""
    assert read(json.dumps({"choices": [{"message": {"content": "x"}}], "usage": usage})).usage == counted


@pytest.mark.parametrize("before", [" ", "\n\n\n", "\r\n \t\r\n"])
def test_whitespace_around_the_json(before: str) -> None:
    """Keep-alive blanks before the JSON, and blanks behind it, do no harm."""
    assert read(f"{before}{body({'content': 'x'})}\n").text == "x"


def test_unknown_fields_do_no_harm() -> None:
    """Fields that nobody knows stand in the message's extras or are passed over."""
    text = json.dumps({"new": 1, "choices": [{"new": 2, "message": {"content": "x", "reasoning_content": "r"}}]})
    assert read(text) == Completion("x", "x", None, (), None, (("reasoning_content", "r"),))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "<html><h1>502</h1></html>",
            "the endpoint's answer is a web page, not JSON; is api_url right? <html><h1>502</h1></html>",
        ),
        ('{"choices": [{"mess', """the endpoint's answer is not JSON: {"choices": [{"mess"""),
        ('{"choices": []} x', """the endpoint's answer is not JSON: {"choices": []} x"""),
        ("null", "the endpoint's answer is not a chat completion: null"),
        ("[]", "the endpoint's answer is not a chat completion: []"),
        ("5", "the endpoint's answer is not a chat completion: 5"),
        ('"x"', """the endpoint's answer is not a chat completion: "x\""""),
        ("{}", "the endpoint's answer holds no choices: {}"),
        ('{"choices": null}', """the endpoint's answer holds no choices: {"choices": null}"""),
        ('{"choices":\n []}', """the endpoint's answer holds no choices: {"choices": []}"""),
        ('{"choices": {}}', """the endpoint's answer holds no choices: {"choices": {}}"""),
        ('{"choices": [null]}', """the endpoint's answer holds no message: {"choices": [null]}"""),
        ('{"choices": [{}]}', """the endpoint's answer holds no message: {"choices": [{}]}"""),
        (
            '{"choices": [{"message": null}]}',
            """the endpoint's answer holds no message: {"choices": [{"message": null}]}""",
        ),
        (
            '{"choices": [{"message": []}]}',
            """the endpoint's answer holds no message: {"choices": [{"message": []}]}""",
        ),
        ("[" * 5000, f"the endpoint's answer is not JSON: {'[' * 200}... (4800 more characters)"),
    ],
)
def test_what_is_no_completion(text: str, message: str) -> None:
    """What is no chat completion is refused with its beginning, on one line."""
    assert refused(text) == message


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_an_empty_answer_is_called_empty(text: str) -> None:
    """An answer without any text is called empty, since there is nothing to show."""
    assert "empty" in refused(text)


ENVELOPES = [
    pytest.param({"error": {"message": "no", "type": "t", "param": None, "code": None}}, "no", id="openai"),
    pytest.param({"error": {"code": "429", "message": "no"}}, "no", id="azure"),
    pytest.param({"statusCode": 401, "message": "no"}, "no", id="azure-gateway"),
    pytest.param({"error": {"message": "no", "type": "None", "param": "None", "code": "400"}}, "no", id="litellm"),
    pytest.param({"error": {"message": "no", "code": 502}, "user_id": "u"}, "no", id="openrouter"),
    pytest.param({"error": {"message": "no", "metadata": {"raw": "why"}}}, "no: why", id="openrouter-passed-on"),
    pytest.param({"error": {"message": "no", "metadata": {"raw": {"a": 1}}}}, "no", id="openrouter-raw-object"),
    pytest.param({"error": {"message": "no", "metadata": None}}, "no", id="openrouter-no-metadata"),
    pytest.param({"object": "error", "message": "no", "type": "BadRequestError", "code": 400}, "no", id="vllm"),
    pytest.param({"error": "no"}, "no", id="ollama-vllm-401"),
    pytest.param({"detail": "no"}, "no", id="open-webui"),
    pytest.param({"detail": {"error": {"message": "no"}}}, "no", id="open-webui-wrapped"),
    pytest.param({"detail": {"message": "no"}}, "no", id="fastapi-object"),
    pytest.param(
        {"detail": [{"loc": ["body", "tools", 0], "msg": "no", "type": "t"}]}, "body.tools.0: no", id="fastapi"
    ),
    pytest.param({"detail": [{"loc": ["a"], "msg": "x"}, {"loc": [], "msg": "y"}]}, "a: x; y", id="fastapi-two"),
    pytest.param({"detail": [{"msg": "x"}, "y", {"message": "z"}]}, "x; y; z", id="fastapi-mixed"),
    pytest.param([{"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}}], "no", id="gemini"),
    pytest.param({"error": {"error": {"message": "no"}}}, "no", id="proxied"),
    pytest.param({"error": {"message": ""}, "detail": "no"}, "no", id="empty-first"),
    pytest.param({"error": {"message": " no \n"}}, "no", id="padded"),
    pytest.param({"error": {"message": "n\ud800"}}, "n\ufffd", id="surrogate"),
]


@pytest.mark.parametrize(("envelope", "message"), ENVELOPES)
def test_an_error_under_200(envelope: Any, message: str) -> None:
    """An error object in the place of a completion ends in the provider's own words."""
    assert refused(json.dumps(envelope)) == message


@pytest.mark.parametrize(("envelope", "message"), [*ENVELOPES, pytest.param("no", "no", id="vllm-bare-string")])
def test_an_error_under_another_status(envelope: Any, message: str) -> None:
    """The body of an error status says what is wrong in the provider's own words."""
    assert error_message(json.dumps(envelope)) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no message"),
        ("<html>\n <b>Bad gateway</b></html>", "<html> <b>Bad gateway</b></html>"),
        ("null", "null"),
        ("{}", "{}"),
        ('{"error": {"code": 1}}', '{"error": {"code": 1}}'),
        ('{"error": null}', '{"error": null}'),
        ("Internal Server Error", "Internal Server Error"),
        ("[" * 5000, f"{'[' * 200}... (4800 more characters)"),
    ],
)
def test_an_error_without_words(text: str, message: str) -> None:
    """A body without a message is shown itself, from its beginning."""
    assert error_message(text) == message


@pytest.mark.parametrize(
    ("loc", "message"),
    [(5, "5: no"), ("body", "body: no"), (True, "True: no"), (None, "no"), ([], "no"), ({"a": 1}, None)],
)
def test_a_validation_error_at_an_odd_place(loc: Any, message: str | None) -> None:
    """Whatever stands as the place of a validation error, its message is told."""
    told = told_error({"detail": [{"loc": loc, "msg": "no"}]})
    assert told is not None
    assert told == message or (message is None and told.endswith("no"))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"choices": [{"message": {"content": ""}, "finish_reason": "error", "error": {"message": "no"}}]}, "no"),
        ({"error": {"message": "no"}, "choices": [{"message": {"content": None}, "finish_reason": "error"}]}, "no"),
        ({"error": {"message": "no"}, "choices": [{"message": None}]}, "no"),
        ({"error": {"message": "no"}, "choices": []}, "no"),
        (
            {"choices": [{"message": {"content": ""}, "finish_reason": "error"}]},
            "the endpoint ended the answer with an error",
        ),
    ],
)
def test_an_error_inside_a_choice(answer: dict[str, Any], message: str) -> None:
    """An answer that ended with an error and holds nothing usable is that error."""
    assert refused(json.dumps(answer)) == message


def test_half_an_answer_is_used() -> None:
    """An answer that ended with an error but holds a text is used, its reason telling."""
    answer = {"choices": [{"message": {"content": "half"}, "finish_reason": "error"}]}
    assert read(json.dumps(answer)) == Completion("half", "half", "error", (), None)


def tried(text: str) -> Completion | str:
    """Return the completion that a body is, or the message with which it is refused."""
    try:
        return read(text)
    except ModelError as error:
        return str(error)


@EXAMPLES
@given(st.text(st.characters(), max_size=40))
def test_any_text_is_a_completion_or_an_error(text: str) -> None:
    """Any body gives a completion or the one clear error."""
    assert tried(text)


@EXAMPLES
@given(JSON, JSON, st.sampled_from(["whole", "choice", "message", "call", "error", "detail"]))
def test_any_json_is_a_completion_or_an_error(value: Any, other: Any, where: str) -> None:
    """Any JSON value anywhere in a body gives a completion or the one clear error."""
    whole = {
        "whole": value,
        "choice": {"choices": [value], "usage": other},
        "message": {"choices": [{"message": value, "finish_reason": other}]},
        "call": {"choices": [{"message": {"tool_calls": [value, {"function": other}]}}]},
        "error": {"error": value, "choices": other},
        "detail": {"detail": [value, {"msg": "m", "loc": other}]},
    }[where]
    text = json.dumps(whole)
    assert error_message(text)
    completion = tried(text)
    if isinstance(completion, Completion):
        assert all(call.parsed() is None or isinstance(call.parsed(), dict) for call in completion.calls)
        assert completion.text.encode().decode() == completion.text
    else:
        assert completion


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        ("", {}),
        (" \n", None),
        ("{}", {}),
        (' {"a": 1} ', {"a": 1}),
        ('{"a": {"b": [1, 2.5, true, null, "é"]}}', {"a": {"b": [1, 2.5, True, None, "é"]}}),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ('{"a": 123456789012345678901234567890}', {"a": 123456789012345678901234567890}),
        ('{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        ("{", None),
        ("null", None),
        ("[]", None),
        ("5", None),
        ('"x"', None),
        ("true", None),
        ('{"a": NaN}', None),
        ('{"a": Infinity}', None),
        ('{"a": -Infinity}', None),
        ('{"a": "x\ny"}', None),
        ('{"a": "x\x00y"}', None),
        ('{"a": 1} and more', None),
        ('{"a": 1}{"b": 2}', None),
        ("{'a': 1}", None),
        ('{"a": True}', None),
        ('{"a": 1,}', None),
        ("I call f with a=1", None),
        ("\ufeff{}", None),
        (f'{{"a": {"9" * 5000}}}', None),
        ('{"a":' * 100_000, None),
        ("[" * 100_000, None),
    ],
)
def test_arguments(arguments: str, value: dict[str, Any] | None) -> None:
    """Argument text is an object, no arguments where it is empty, or unreadable."""
    assert AskedCall("c", "f", arguments).parsed() == value


@EXAMPLES
@given(st.text(st.characters(), max_size=30) | JSON.map(json.dumps))
def test_any_arguments_are_an_object_or_unreadable(arguments: str) -> None:
    """Any argument text is read as an object, or not at all."""
    parsed = AskedCall("c", "f", arguments).parsed()
    assert parsed is None or isinstance(parsed, dict)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n\tb  c", "a b c"),
        ("x" * 200, "x" * 200),
        ("x" * 201, f"{'x' * 200}... (1 more characters)"),
        ("", ""),
    ],
)
def test_excerpts(text: str, line: str) -> None:
    """A long text is shown from its beginning, on one line, with what was left out."""
    assert excerpt(text) == line
