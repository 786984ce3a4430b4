"""A tool loop as a team runs it in production: functions of a module, tools as globals, dicts for checkpoints.

Nothing in here knows that it is ever evaluated.
"""

import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx2

MAX_ROUNDS = 8
STANDING = (
    "You have tools. Call them when they are needed to answer or to act; "
    "when you have what you need, answer the user in plain text."
)

REGISTRY: dict[str, dict[str, Any]] = {}
"""The application's tools: schema, function, least role and whether to ask, by name."""


@dataclass
class ReactResult:
    """What `run` and `resume` give."""

    response: str
    tool_calls: list[dict[str, Any]]
    backend: str
    checkpoint: dict[str, Any] | None = None


def get_tools(user_role: str, tool_list: list[str] | None) -> list[dict[str, Any]]:
    """Return the schemas of the tools that a user may use."""
    allowed = {name: tool for name, tool in REGISTRY.items() if user_role in tool["roles"]}
    return [tool["schema"] for name, tool in allowed.items() if tool_list is None or name in tool_list]


def get_confirm_tools() -> set[str]:
    """Return the names of the tools that need a confirmation."""
    return {name for name, tool in REGISTRY.items() if tool["ask"]}


async def call_tool(name: str, args: dict[str, Any]) -> str:
    """Run a tool."""
    function: Callable[..., Awaitable[str]] = REGISTRY[name]["function"]
    return await function(**args)


async def run(  # noqa: PLR0917 - production's interface
    task: str,
    system_prompt: str = "",
    session_messages: list[dict[str, Any]] | None = None,
    model_cfg: dict[str, Any] | None = None,
    respond_with_final: bool = True,
    user_role: str = "user",
    tool_list: list[str] | None = None,
    confirm_allow: list[str] | None = None,
    confirm_deny: list[str] | None = None,
) -> ReactResult:
    """Answer one message of a user."""
    state = {
        "messages": [
            {"role": "system", "content": f"{system_prompt}\n\n{STANDING}"},
            *({"role": m["role"], "content": m["content"]} for m in (session_messages or [])[-6:]),
            {"role": "user", "content": task},
        ],
        "log": [],
        "rounds": 0,
        "model_cfg": model_cfg or {},
        "user_role": user_role,
        "tool_list": tool_list,
        "ask": sorted((set(get_confirm_tools()) - set(confirm_allow or [])) | set(confirm_deny or [])),
        "respond_with_final": respond_with_final,
    }
    return await _loop(state)


async def resume(checkpoint: dict[str, Any], confirmed: bool) -> ReactResult:
    """Go on after the user has answered."""
    state: dict[str, Any] = json.loads(json.dumps(checkpoint["state"]))
    state["messages"] += checkpoint["executed"]
    for call in checkpoint["pending"]:
        args = _arguments(call)
        result = await _run_tool(call["function"]["name"], args) if confirmed else "Action denied by user."
        state["messages"].append({"role": "tool", "tool_call_id": call["id"], "content": result})
        state["log"].append({"tool": call["function"]["name"], "args": args, "result": result})
    return await _loop(state)


async def _loop(state: dict[str, Any]) -> ReactResult:
    while state["rounds"] < MAX_ROUNDS:
        choice = await _complete(state["messages"], state, "auto")
        state["rounds"] += 1
        message = choice["message"]
        if choice["finish_reason"] != "tool_calls" or not message.get("tool_calls"):
            return _result(state, message.get("content") or "")
        calls = message["tool_calls"]
        spoken = {"content": message["content"]} if message.get("content") else {}
        state["messages"].append({"role": "assistant", **spoken, "tool_calls": calls})
        executed, pending = [], []
        for call in calls:
            name, args = call["function"]["name"], _arguments(call)
            if name in state["ask"]:
                pending.append(call)
                continue
            result = await _run_tool(name, {} if set(args) == {"raw"} else args)
            executed.append({"role": "tool", "tool_call_id": call["id"], "content": result})
            state["log"].append({"tool": name, "args": args, "result": result})
        if pending:
            return await _ask_user(state, executed, pending)
        state["messages"] += executed
    shown = "\n".join(f"- {entry['tool']}: {entry['result'][:500]}" for entry in state["log"])
    stopped = f"I stopped after {MAX_ROUNDS} rounds without a final answer. What the tools gave so far:"
    return _result(state, f"{stopped}\n{shown}")


async def _ask_user(
    state: dict[str, Any], executed: list[dict[str, Any]], pending: list[dict[str, Any]]
) -> ReactResult:
    waiting = [
        {
            "role": "tool",
            "tool_call_id": call["id"],
            "content": f"[AWAITING USER CONFIRMATION for {call['function']['name']}]",
        }
        for call in pending
    ]
    choice = await _complete([*state["messages"], *executed, *waiting], state, "none")
    state["rounds"] += 1
    names = ", ".join(
        f"{call['function']['name']}({json.dumps(_arguments(call), ensure_ascii=False)})" for call in pending
    )
    words = choice["message"].get("content") or f"I need your confirmation before I go on: {names}. Shall I?"
    return _result(state, words, {"state": state, "executed": executed, "pending": pending})


async def _run_tool(name: str, args: dict[str, Any]) -> str:
    try:
        return await call_tool(name, args)
    except Exception as error:  # noqa: BLE001 - the model is told of whatever goes wrong
        return f"Tool error: {error}"


async def _complete(messages: list[dict[str, Any]], state: dict[str, Any], tool_choice: str) -> dict[str, Any]:
    cfg = state["model_cfg"]
    body = {
        "model": cfg["model_name"],
        "messages": messages,
        **cfg.get("params", {}),
        "tool_choice": tool_choice,
        "tools": get_tools(state["user_role"], state["tool_list"]),
    }
    key = os.environ.get(cfg.get("api_key_env") or "", "none")
    async with httpx2.AsyncClient(timeout=cfg.get("timeout", 120), headers={"Authorization": f"Bearer {key}"}) as http:
        answer = await http.post(f"{cfg['base_url']}/chat/completions", json=body)
    answer.raise_for_status()
    choice: dict[str, Any] = answer.json()["choices"][0]
    return choice


def _arguments(call: dict[str, Any]) -> dict[str, Any]:
    text = call["function"]["arguments"]
    try:
        read = json.loads(text) if text else {}
    except ValueError:
        read = None
    return read if isinstance(read, dict) else {"raw": text}


def _result(state: dict[str, Any], response: str, checkpoint: dict[str, Any] | None = None) -> ReactResult:
    return ReactResult(response, list(state["log"]), state["model_cfg"].get("model_name", ""), checkpoint)
