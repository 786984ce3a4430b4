"""A second loop under production's rules, on plain httpx2: written from the specification, with no code of ours."""

import asyncio
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2

from harness.model import Model
from harness.settings import Settings
from harness.tools import Tools

_RETRIED = {408, 409, 429}


class EndpointError(Exception):
    """The endpoint gave nothing that a loop can go on with."""


@dataclass(frozen=True)
class Asked:
    """One call as the model asked for it."""

    id: str
    name: str
    text: str
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def arguments(self) -> dict[str, Any] | None:
        """The arguments, or None where their text is not a JSON object; no text is no arguments."""
        if not self.text:
            return {}
        try:
            read = json.loads(self.text, parse_constant=_refused, parse_float=_finite)
        except (ValueError, RecursionError):
            return None
        return read if isinstance(read, dict) else None

    @property
    def logged(self) -> dict[str, Any]:
        """The arguments as the log, and a person, reads them."""
        return {"raw": self.text} if self.arguments is None else self.arguments

    def as_message(self) -> dict[str, Any]:
        """Return the call as it is sent back."""
        function = {"name": self.name, "arguments": self.text}
        return {"id": self.id, "type": "function", "function": function, **self.extra}


@dataclass(frozen=True)
class Said:
    """One reply of the model."""

    text: str
    reason: str | None
    calls: tuple[Asked, ...]
    extra: dict[str, Any]

    def as_message(self) -> dict[str, Any]:
        """Return the reply as it is sent back."""
        message: dict[str, Any] = {"role": "assistant"}
        if self.text:
            message["content"] = self.text
        if self.calls:
            message["tool_calls"] = [call.as_message() for call in self.calls]
        return {**message, **self.extra}


@dataclass(frozen=True)
class Stage:
    """Where a turn stands: what was said and done so far."""

    messages: tuple[dict[str, Any], ...]
    log: tuple[dict[str, Any], ...]
    rounds: int
    tools: tuple[dict[str, Any], ...]
    asks: frozenset[str]
    model: Model
    final: bool

    def said(self, *messages: dict[str, Any]) -> "Stage":
        """Return the stage with further messages."""
        return replace(self, messages=(*self.messages, *messages))

    def logged(self, tool: str, args: dict[str, Any], result: str) -> "Stage":
        """Return the stage with one more entry in its log."""
        return replace(self, log=(*self.log, {"tool": tool, "args": args, "result": result}))


@dataclass(frozen=True)
class Pause:
    """A checkpoint, of which only this loop knows what is in it."""

    stage: Stage
    done: tuple[dict[str, Any], ...]
    held: tuple[Asked, ...]


@dataclass(frozen=True)
class Result:
    """What a turn came to, or the request for a confirmation."""

    response: str
    tool_calls: list[dict[str, Any]]
    backend: str
    checkpoint: Pause | None = None


class PlainLoop:
    """A tool loop that writes its own requests."""

    def __init__(self, tools: Tools, settings: Settings) -> None:
        self._tools = tools
        if settings.loop.policy is None or settings.loop.texts is None:
            raise ValueError("this loop needs a policy and texts")
        self._settings = settings
        self._texts = settings.loop.texts
        self._tolerant = settings.loop.policy == "tolerant"

    async def run(  # noqa: PLR0917 - production's interface
        self,
        task: str,
        system_prompt: str = "",
        session_messages: Sequence[Mapping[str, Any]] | None = None,
        model_cfg: Mapping[str, Any] | None = None,
        respond_with_final: bool = True,
        user_role: str = "user",
        tool_list: Sequence[str] | None = None,
        confirm_allow: Sequence[str] | None = None,
        confirm_deny: Sequence[str] | None = None,
    ) -> Result:
        """Take a task to its end or to the first question to the user."""
        history = list(session_messages or ())
        if any(message["role"] not in ("user", "assistant") for message in history):
            raise ValueError("a session holds texts of user and assistant only")
        keep = self._settings.loop.history
        prompt = "\n\n".join(filter(None, [system_prompt, self._texts.tools_available]))
        stage = Stage(
            messages=(
                {"role": "system", "content": prompt},
                *({"role": one["role"], "content": one["content"]} for one in history[max(0, len(history) - keep) :]),
                {"role": "user", "content": task},
            ),
            log=(),
            rounds=0,
            tools=tuple(self._tools.schemas(user_role, tool_list)),
            asks=frozenset((self._tools.confirm_required - set(confirm_allow or ())) | set(confirm_deny or ())),
            model=self._settings.model if model_cfg is None else Model.model_validate(model_cfg),
            final=respond_with_final,
        )
        return await self._onward(stage)

    async def resume(self, checkpoint: Pause, confirmed: bool) -> Result:
        """Take the user's answer, which counts for all calls that wait, and go on."""
        stage = replace(checkpoint.stage, log=checkpoint.stage.log[: -len(checkpoint.held)]).said(*checkpoint.done)
        for call in checkpoint.held:
            result = await self._tool(call.name, call.logged) if confirmed else self._texts.denied
            stage = stage.logged(call.name, call.logged, result).said(_result(call, result))
        return await self._onward(stage)

    async def _onward(self, stage: Stage) -> Result:
        limit = self._settings.loop.max_rounds
        while stage.rounds < limit:
            said = await self._ask(stage, "auto")
            stage = replace(stage, rounds=stage.rounds + 1)
            if not self._acts(said):
                return self._result(stage, said.text)
            stage = stage.said(said.as_message())
            held = [call for call in said.calls if call.name in stage.asks and not self._refuses(call)]
            results: list[dict[str, Any]] = []
            for call in said.calls:
                if call not in held:
                    result = await self._now(call)
                    stage = stage.logged(call.name, call.logged, result)
                    results.append(_result(call, result))
            if held:
                return await self._pause(stage, results, held)
            stage = stage.said(*results)
        said_so = self._texts.limit.format(max_rounds=limit)
        lines = [f"- {entry['tool']}: {entry['result'][:500]}" for entry in stage.log]
        return self._result(stage, "\n".join([said_so, *lines]))

    async def _pause(self, stage: Stage, results: Sequence[dict[str, Any]], held: Sequence[Asked]) -> Result:
        awaiting = self._texts.awaiting
        question = stage.said(*results, *(_result(call, awaiting.format(name=call.name)) for call in held))
        said = await self._ask(question, "none")
        for call in held:
            stage = stage.logged(call.name, call.logged, "[awaiting confirmation]")
        stage = replace(stage, rounds=stage.rounds + 1)
        asked = [f"{call.name}({json.dumps(call.logged, ensure_ascii=False)})" for call in held]
        text = said.text or self._texts.notice.format(names=", ".join(asked))
        return self._result(stage, text, Pause(stage, tuple(results), tuple(held)))

    def _result(self, stage: Stage, text: str, pause: Pause | None = None) -> Result:
        return Result(text, list(stage.log), stage.model.label, pause)

    def _acts(self, said: Said) -> bool:
        if not said.calls:
            return False
        if self._tolerant:
            return said.reason not in ("length", "content_filter")
        return said.reason == "tool_calls"

    def _refuses(self, call: Asked) -> bool:
        return self._tolerant and call.arguments is None

    async def _now(self, call: Asked) -> str:
        """Return the result of a call about which nobody is asked."""
        if self._refuses(call):
            return f"Tool error: the arguments are not a JSON object: {_short(call.text)}"
        return await self._tool(call.name, call.arguments or {})

    async def _tool(self, name: str, args: dict[str, Any]) -> str:
        try:
            return await self._tools.call(name, args)
        except Exception as error:  # noqa: BLE001 - a tool may raise anything, and the model is told of it
            return f"Tool error: {error}"

    async def _ask(self, stage: Stage, choice: str) -> Said:
        model = stage.model
        params = model.params.model_dump(exclude_none=True, exclude={"extra_body"})
        body: dict[str, Any] = {"model": model.model_name, "messages": list(stage.messages), **params}
        if stage.tools or not self._tolerant:
            body |= {"tool_choice": choice, "tools": list(stage.tools)}
        body |= model.params.extra_body
        return _read(await self._sent(model, json.dumps(body).encode()), model.echo)

    async def _sent(self, model: Model, body: bytes) -> Any:
        """Send a request and return what the endpoint answers, as JSON."""
        return await _post(model, body)


def make(tools: Tools, settings: Settings) -> PlainLoop:
    """Make the loop for one case."""
    return PlainLoop(tools, settings)


def _result(call: Asked, text: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call.id, "content": text}


async def _post(model: Model, body: bytes) -> Any:
    """Return what the endpoint answers, as JSON; a busy one is asked again."""
    url = f"{model.base_url()}/chat/completions"
    key = model.key(os.environ) or "none"
    headers = {name: value.get_secret_value() for name, value in model.headers.items()}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
    async with httpx2.AsyncClient(timeout=model.timeout, verify=url.startswith("https:")) as client:
        for left in range(model.max_retries, -1, -1):
            answer = await client.post(url, content=body, headers=headers, params=model.query())
            if answer.status_code not in _RETRIED and answer.status_code < 500:
                break
            if not left:
                break
            await asyncio.sleep(float(answer.headers.get("retry-after", "0.5")))
    if answer.status_code >= 400:
        raise EndpointError(f"status {answer.status_code}")
    try:
        return answer.json()
    except ValueError:
        raise EndpointError("no JSON came") from None


def _read(data: Any, echo: Sequence[str]) -> Said:
    """Return a chat completion, however sparingly it is written."""
    choices = data.get("choices") if isinstance(data, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise EndpointError("no choices came")
    message = choices[0].get("message")
    if not isinstance(message, dict):
        raise EndpointError("no message came")
    calls = message.get("tool_calls")
    legacy = message.get("function_call")
    if not calls and isinstance(legacy, dict) and legacy.get("name"):
        calls = [{"function": legacy}]
    reason = choices[0].get("finish_reason")
    content = message.get("content")
    return Said(
        text=content if isinstance(content, str) else "",
        reason="tool_calls" if reason == "function_call" else reason,
        calls=tuple(_asked(call, echo) for call in calls if isinstance(call, dict)) if isinstance(calls, list) else (),
        extra={name: message[name] for name in echo if name in message},
    )


def _refused(word: str) -> float:
    raise ValueError(word)


def _finite(text: str) -> float:
    return float(text) if math.isfinite(float(text)) else _refused(text)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:200]}... ({len(line) - 200} more characters)"


def _asked(call: Mapping[str, Any], echo: Sequence[str]) -> Asked:
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    arguments = function.get("arguments")
    return Asked(
        id=call.get("id") or "",
        name=function.get("name") or "",
        text=arguments if isinstance(arguments, str) else "" if arguments is None else json.dumps(arguments),
        extra={name: call[name] for name in echo if name in call},
    )
