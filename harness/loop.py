"""Production's loop: asks the model, runs the tools it calls, and stops where the user must be asked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from harness.client import Client
from harness.completion import AskedCall, Completion, excerpt
from harness.errors import InputError
from harness.model import Model
from harness.settings import Loop, Settings
from harness.tools import Tools, as_text, needs_confirmation
from harness.wording import problems

AWAITING = "[awaiting confirmation]"
"""What the log says of a call that waits for the user."""

_SHOWN_AT_LIMIT = 500
_CUT = ("length", "content_filter")


class HeldCall(BaseModel):
    """A call that waits for the user's answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    arguments: str
    log: int
    """Its place in the log."""


class ToolMessage(BaseModel):
    """The result of a call, as it stands in the messages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    content: str


class Checkpoint(BaseModel):
    """A pause as plain data: what another process needs to go on, and no key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    messages: list[dict[str, JsonValue]]
    """The conversation up to and with the model's message that made the calls."""
    executed: list[ToolMessage]
    """The results of the calls that ran at once."""
    pending: list[HeldCall]
    """The calls that wait."""
    log: list[dict[str, JsonValue]]
    """The calls so far, each with tool, args and result."""
    rounds: int
    """The calls of the model so far, the notice among them."""
    model: dict[str, JsonValue]
    """The model, without key, header values and credentials."""
    user_role: str
    tool_list: list[str] | None
    confirm_allow: list[str]
    confirm_deny: list[str]
    respond_with_final: bool


@dataclass(frozen=True)
class Result:
    """What a run or a resume gives."""

    response: str
    tool_calls: list[dict[str, Any]]
    backend: str
    checkpoint: Any = None


class LoopUnderTest(Protocol):
    """What a factory returns: production's interface."""

    async def run(
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
    ) -> Any:
        """Take one user message and go on until there is a response or a checkpoint."""
        ...

    async def resume(self, checkpoint: Any, confirmed: bool) -> Any:
        """Go on from a checkpoint with the user's answer."""
        ...


def acts_on(policy: Literal["production", "tolerant"], reply: Completion) -> bool:
    """Tell whether a policy acts on a reply's calls."""
    if policy == "tolerant":
        return bool(reply.calls) and not is_cut(policy, reply)
    return bool(reply.calls) and reply.finish_reason == "tool_calls"


def is_cut(policy: Literal["production", "tolerant"], reply: Completion) -> bool:
    """Tell whether a policy takes a reply for one that was cut."""
    return policy == "tolerant" and reply.finish_reason in _CUT


def refuses(policy: Literal["production", "tolerant"], call: AskedCall) -> bool:
    """Tell whether a policy refuses a call for its unreadable arguments before it asks anyone."""
    return policy == "tolerant" and call.parsed() is None


def make(tools: Tools, settings: Settings) -> "ReactLoop":
    """Return production's loop over these tools; the factory that `loop.factory` names by default.

    Raises:
        InputError: the settings give it no policy or no texts.
    """
    return ReactLoop(tools, settings)


@dataclass
class _Conversation:
    """A turn under way."""

    messages: list[dict[str, Any]]
    log: list[dict[str, Any]]
    rounds: int
    model: Model
    user_role: str
    tool_list: Sequence[str] | None
    confirm_allow: Sequence[str]
    confirm_deny: Sequence[str]
    respond_with_final: bool


class _Acted(NamedTuple):
    """What became of the calls of one message."""

    executed: list[ToolMessage]
    held: list[HeldCall]


class ReactLoop:
    """The loop over one set of tools."""

    def __init__(self, tools: Tools, settings: Settings) -> None:
        loop = settings.loop
        if loop.policy is None or loop.texts is None:
            raise InputError(f"loop '{loop.label}': this loop needs 'policy' and 'texts'; set them in conf/loop")
        self._tools = tools
        self._model = settings.model
        self._loop: Loop = loop
        self._policy = loop.policy
        self._texts = loop.texts

    async def run(
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
        """Take one user message and go on until there is a response or a checkpoint.

        `model_cfg` has the keys of a model's settings and stands for the settings' own model.

        Raises:
            ModelError: the endpoint gave no usable completion.
            InputError: the model's address or name is missing.
        """
        history = list(session_messages or ())[-self._loop.history :] if self._loop.history else []
        system = "\n\n".join(filter(None, (system_prompt, self._texts.tools_available)))
        turn = _Conversation(
            messages=[
                {"role": "system", "content": system},
                *({"role": message["role"], "content": message["content"]} for message in history),
                {"role": "user", "content": task},
            ],
            log=[],
            rounds=0,
            model=self._model if model_cfg is None else _model(model_cfg),
            user_role=user_role,
            tool_list=tool_list,
            confirm_allow=list(confirm_allow or ()),
            confirm_deny=list(confirm_deny or ()),
            respond_with_final=respond_with_final,
        )
        return await self._go_on(turn)

    async def resume(self, checkpoint: Checkpoint, confirmed: bool) -> Result:
        """Execute or deny all pending calls of a checkpoint, and go on.

        Raises:
            ModelError: the endpoint gave no usable completion.
            InputError: the model's address or name is missing.
        """
        own = self._model.shared()
        known = all(checkpoint.model.get(key) == own[key] for key in ("label", "model_name", "api_url"))
        turn = _Conversation(
            messages=[*checkpoint.messages, *(_result(done.id, done.content) for done in checkpoint.executed)],
            log=[dict(entry) for entry in checkpoint.log],
            rounds=checkpoint.rounds,
            model=self._model if known else _model({**checkpoint.model, "headers": {}}),
            user_role=checkpoint.user_role,
            tool_list=checkpoint.tool_list,
            confirm_allow=checkpoint.confirm_allow,
            confirm_deny=checkpoint.confirm_deny,
            respond_with_final=checkpoint.respond_with_final,
        )
        for held in checkpoint.pending:
            args = _logged(AskedCall(held.id, held.name, held.arguments))
            result = await self._execute(held.name, args) if confirmed else self._texts.denied
            turn.messages.append(_result(held.id, result))
            turn.log[held.log] = {"tool": held.name, "args": args, "result": result}
        return await self._go_on(turn)

    async def _go_on(self, turn: _Conversation) -> Result:
        """Call the model and act on its replies until one is final, calls are held back, or the limit is reached."""
        tools = self._tools.schemas(turn.user_role, turn.tool_list)
        async with Client(turn.model, tools if tools or self._policy == "production" else None) as client:
            while turn.rounds < self._loop.max_rounds:
                reply = await client.ask(turn.messages, "auto")
                turn.rounds += 1
                if not acts_on(self._policy, reply):
                    return self._ended(turn, reply.text)
                turn.messages.append(_assistant(reply, turn.model.echo))
                acted = await self._act(turn, reply.calls)
                if acted.held:
                    return await self._pause(turn, client, acted)
                turn.messages += (_result(done.id, done.content) for done in acted.executed)
        return self._ended(turn, self._limit(turn))

    async def _act(self, turn: _Conversation, calls: Sequence[AskedCall]) -> _Acted:
        """Run the calls in order, but hold back those about which the user must be asked."""
        asks = needs_confirmation(self._tools.confirm_required, turn.confirm_allow, turn.confirm_deny)
        executed: list[ToolMessage] = []
        waiting: list[AskedCall] = []
        for call in calls:
            if refuses(self._policy, call):
                result = f"Tool error: the arguments are not a JSON object: {excerpt(call.arguments)}"
            elif call.name in asks:
                waiting.append(call)
                continue
            else:
                result = await self._execute(call.name, call.parsed() or {})
            executed.append(ToolMessage(id=call.id, content=result))
            turn.log.append({"tool": call.name, "args": _logged(call), "result": result})
        held: list[HeldCall] = []
        for call in waiting:
            held.append(HeldCall(id=call.id, name=call.name, arguments=call.arguments, log=len(turn.log)))
            turn.log.append({"tool": call.name, "args": _logged(call), "result": AWAITING})
        return _Acted(executed, held)

    async def _execute(self, name: str, args: dict[str, Any]) -> str:
        try:
            return as_text(await self._tools.call(name, args))
        except Exception as error:  # noqa: BLE001 - whatever a tool raises is told to the model
            return f"Tool error: {error}"

    async def _pause(self, turn: _Conversation, client: Client, acted: _Acted) -> Result:
        """Let the model word the confirmation request, and return it with a checkpoint."""
        texts = self._texts
        placeholders = [_result(call.id, texts.awaiting.format(name=call.name)) for call in acted.held]
        results = [_result(done.id, done.content) for done in acted.executed]
        reply = await client.ask([*turn.messages, *results, *placeholders], "none")
        turn.rounds += 1
        checkpoint = Checkpoint(
            messages=turn.messages,
            executed=acted.executed,
            pending=acted.held,
            log=turn.log,
            rounds=turn.rounds,
            model=turn.model.shared(),
            user_role=turn.user_role,
            tool_list=None if turn.tool_list is None else list(turn.tool_list),
            confirm_allow=list(turn.confirm_allow),
            confirm_deny=list(turn.confirm_deny),
            respond_with_final=turn.respond_with_final,
        )
        return self._ended(turn, reply.text or texts.notice.format(names=_listed(acted.held)), checkpoint)

    def _limit(self, turn: _Conversation) -> str:
        head = self._texts.limit.format(max_rounds=self._loop.max_rounds)
        return "\n".join([head, *(f"- {entry['tool']}: {entry['result'][:_SHOWN_AT_LIMIT]}" for entry in turn.log)])

    def _ended(self, turn: _Conversation, response: str, checkpoint: Checkpoint | None = None) -> Result:
        return Result(response, [dict(entry) for entry in turn.log], turn.model.label, checkpoint)


def _model(config: Mapping[str, Any]) -> Model:
    try:
        return Model.model_validate(config)
    except ValidationError as error:
        label = config.get("label", "")
        raise InputError(
            *problems(error, Model, lambda location, *, key=False: f"model_cfg of '{label}'")  # noqa: ARG005
        ) from None


def _logged(call: AskedCall) -> dict[str, Any]:
    """Return the arguments as the log has them: as an object, or the raw text where they are none."""
    parsed = call.parsed()
    return {"raw": call.arguments} if parsed is None else parsed


def _assistant(reply: Completion, echo: Sequence[str]) -> dict[str, Any]:
    """Return the model's message as it is sent back: role, content where there is any, calls, and what it wants."""
    return {
        "role": "assistant",
        **({"content": reply.content} if reply.content else {}),
        "tool_calls": [
            {"id": call.id, "type": call.type, **_body(call), **{k: v for k, v in call.extra if k in echo}}
            for call in reply.calls
        ],
        **{key: value for key, value in reply.extra if key in echo},
    }


def _body(call: AskedCall) -> dict[str, Any]:
    if call.type == "custom":
        return {"custom": {"name": call.name, "input": call.arguments}}
    return {"function": {"name": call.name, "arguments": call.arguments}}


def _result(call_id: str, content: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def _listed(held: Sequence[HeldCall]) -> str:
    return ", ".join(
        f"{call.name}({json.dumps(_logged(AskedCall(call.id, call.name, call.arguments)), ensure_ascii=False)})"
        for call in held
    )
