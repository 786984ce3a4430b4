"""The endpoint of one model, asked through the OpenAI SDK."""

import os
import ssl
from functools import cache
from typing import Any, Literal, Self

from harness.completion import Completion, error_message, read
from harness.deadline import bounded_client
from harness.errors import InputError, ModelError
from harness.model import Model, without_credentials
from harness.unanswered import unanswered


class Client:
    """The endpoint of one model, asked with one set of tools, or with none and no choice."""

    def __init__(self, model: Model, tools: list[dict[str, Any]] | None) -> None:
        import httpx2
        import openai

        self._model = model
        self._tools = tools
        try:
            self._client = openai.AsyncOpenAI(
                base_url=model.base_url(),
                api_key=_key(model),
                timeout=model.timeout,
                max_retries=model.max_retries,
                default_query=model.query(),
                default_headers={name: value.get_secret_value() for name, value in model.headers.items()},
                http_client=bounded_client(model.timeout, verify=_tls(), trust_env=model.type != "scripted"),
            )
        except httpx2.InvalidURL:
            raise InputError(f"model '{model.label}': api_url is not an address") from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def ask(self, messages: list[dict[str, Any]], tool_choice: Literal["auto", "none"]) -> Completion:
        """Send one request and read its answer."""
        import openai

        given = {name: value for name, value in self._model.params if value is not None}
        extra_body = {"messages": messages}
        if self._tools is not None:
            given |= {"tools": (), "tool_choice": tool_choice}
            extra_body["tools"] = self._tools
        extra_body |= given.pop("extra_body")
        # Sent raw, because the SDK's parser lets odd bodies through as texts, lists and half-filled objects.
        send: Any = self._client.chat.completions.with_raw_response.create
        try:
            answer = await send(model=self._model.model_name, messages=(), extra_body=extra_body, **given)
        except openai.APIStatusError as error:
            hint = _missing_key(self._model) if error.status_code in (401, 403) else ""
            raise ModelError(f"HTTP {error.status_code}: {error_message(error.response.text)}{hint}") from None
        except openai.APIConnectionError as error:
            tries = self._model.max_retries + 1
            raise ModelError(unanswered(error, self._address, self._model.timeout, tries)) from None
        return read(answer.text)

    @property
    def _address(self) -> str:
        return without_credentials(self._model.api_url) or ""


@cache
def _tls() -> ssl.SSLContext:
    """Return the TLS context that all clients share; making one is most of what a client costs."""
    import httpx2

    return httpx2.create_ssl_context()


def _key(model: Model) -> str:
    """Return the key from the registry or from the environment, or `none`.

    Raises:
        InputError: the key has characters that no header can carry.
    """
    key = model.key(os.environ)
    if not (key.isascii() and (key.isprintable() or not key)):
        where = "its api_key" if model.api_key else f"the key in {model.api_key_env}"
        raise InputError(f"model '{model.label}': {where} holds characters that no key has")
    return key or "none"


def _missing_key(model: Model) -> str:
    """Return a hint for refused requests that carried no key."""
    if model.api_key is not None:
        return ""
    if model.api_key_env is None:
        return f" (the model '{model.label}' names no api_key_env)"
    return "" if os.environ.get(model.api_key_env) else f" ({model.api_key_env} is not set)"
