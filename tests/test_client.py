"""The endpoint of one model, asked through the SDK: the same bytes as the SDK sends, in less time."""

import asyncio
from typing import Any

import openai
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from harness.client import Client
from harness.model import Model
from tests.build import EXAMPLES
from tests.wire import endpoint, says

TEXTS = st.sampled_from(["", "Go.", "Grüße, 世界 🎉", "line\nline", '"quoted" \\ \x7f \u2028'])
CALL = {"id": "c1", "type": "function", "function": {"name": "read", "arguments": '{"path": "a"}'}}
MESSAGES = st.one_of(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user"]), "content": TEXTS}),
    st.just({"role": "assistant", "tool_calls": [CALL]}),
    st.just({"role": "assistant", "content": "Text.", "tool_calls": [CALL], "extra_content": {"a": [1, None]}}),
    st.fixed_dictionaries({"role": st.just("tool"), "tool_call_id": st.just("c1"), "content": TEXTS}),
)
PARAMETERS: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "number", "default": 1.0}}}
TOOL = {"type": "function", "function": {"name": "read", "description": "é", "parameters": PARAMETERS}}
PARAMS = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.sampled_from([0, 0.7, 1.0]),
        "top_p": st.just(0.5),
        "seed": st.integers(),
        "max_tokens": st.just(100),
        "extra_body": st.sampled_from([{}, {"think": False}, {"top_k": None, "options": {"n": 1}}]),
    },
)


@limits(EXAMPLES, max_examples=40)
@given(st.lists(MESSAGES, max_size=4), st.sampled_from([None, [], [TOOL], [TOOL, TOOL]]), PARAMS)
def test_it_sends_what_the_sdk_sends(
    messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None, params: dict[str, Any]
) -> None:
    """Whatever is said and set, the body is to the byte what the SDK makes of the same arguments."""
    with endpoint([says("Hello.")]) as asked:
        url = f"{asked.url}/v1"
        model = Model.model_validate(
            {"label": "m", "host_type": "other", "api_url": url, "model_name": "m-1", "params": params}
        )

        async def ask() -> None:
            async with Client(model, tools) as client:
                await client.ask(messages, "auto")
            given = {name: value for name, value in model.params if name != "extra_body" and value is not None}
            if tools is not None:
                given |= {"tools": tools, "tool_choice": "auto"}
            extra = model.params.extra_body or None
            async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as sdk:
                create: Any = sdk.chat.completions.create
                await create(model="m-1", messages=messages, extra_body=extra, **given)

        asyncio.run(ask())
    ours, theirs = asked.raw
    assert ours == theirs
