"""Puts a trace together from what is seen on the wire, at the tools and at the answers, never from the loop."""

import json
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.cassette import Exchange
from harness.completion import AskedCall, Completion, error_message, excerpt, read
from harness.errors import HarnessError, LoopError, ModelError
from harness.loop import acts_on, is_cut, refuses
from harness.matching import canonical
from harness.tools import Execution
from harness.trace import Anomaly, AnomalyKind, Call, Checkpoint, Decision, Outcome, Pending, Round, Stop, Turn, Usage

Policy = Literal["production", "tolerant"]


@dataclass(eq=False)
class _SeenCall:
    asked: AskedCall
    decision: Decision = "none"
    outcome: Outcome | None = None
    given: str | None = None
    """What the tool gave."""
    told: str | None = None
    """What the model was told."""


@dataclass
class _SeenRound:
    reply: Completion
    calls: list[_SeenCall]
    free: bool = True
    """Whether the request left it to the model to call tools."""
    kind: Literal["act", "notice"] = "act"


@dataclass
class _SeenCheckpoint:
    round: int
    pending: list[int]
    answer: bool | None = None


@dataclass
class TurnLog:
    """What was seen of one turn; its methods are called as things happen.

    A loop that says no policy is known by what it does: it acted on calls that arrived at the tools, were waiting at a
    pause, or of which a later request tells.
    """

    user: str
    policy: Policy | None
    asks: AbstractSet[str]
    """The tools about which this user is asked."""
    limit: int | None = None
    """How many rounds the settings give a turn."""
    failure: HarnessError | None = None
    """Why the last request has no usable answer, where it has none."""
    offered: tuple[str, ...] | None = None
    rounds: list[_SeenRound] = field(default_factory=list)
    checkpoints: list[_SeenCheckpoint] = field(default_factory=list)
    unasked: list[tuple[int, Execution]] = field(default_factory=list)
    """Calls that arrived at the tools though the model asked for none of them, with the round before."""
    _resumed: list[int] = field(default_factory=list)
    """Rounds so far at each start of the loop."""
    _waiting: list[_SeenCall] = field(default_factory=list)
    """The calls that are being run after a confirmation."""

    def exchanged(self, exchange: Exchange) -> None:
        """Take a request and its response from the wire; an error is no round."""
        request = exchange.request if isinstance(exchange.request, dict) else {}
        if self.offered is None:
            self.offered = _tool_names(request)
        self._told(request)
        try:
            reply = _answer(exchange, request)
        except HarnessError as error:
            self.failure = error
            return
        self.failure = None
        self._waiting = []
        free = bool(request.get("tools")) and request.get("tool_choice") != "none"
        self.rounds.append(_SeenRound(reply, [_SeenCall(asked) for asked in reply.calls], free))

    def executed(self, execution: Execution) -> None:
        """Take a call that arrived at the tools, and find the model's call that it belongs to.

        A call that was denied is found last; what belongs to no call at all was never asked for.
        """
        calls = self._waiting or (self.rounds[-1].calls if self.rounds else [])
        if self.policy is None:
            calls = [*self._waiting, *(call for seen in reversed(self.rounds) for call in seen.calls)]
        named = [call for seen in self.rounds for call in seen.calls if call.asked.name == execution.name]
        free = [call for call in calls if call.outcome is None and call in named]
        exact = [call for call in free if canonical(call.asked.parsed() or {}) == canonical(execution.arguments)]
        found = exact or free or [call for call in named if call.outcome == "denied"]
        if not found:
            self.unasked.append((len(self.rounds), execution))
            return
        found[0].outcome = execution.outcome
        found[0].given = execution.result if execution.outcome == "executed" else f"Tool error: {execution.result}"

    def paused(self) -> list[str]:
        """Take the loop's pause, and return the names of the tools that are pending."""
        at = len(self.rounds) - 1
        start = self._resumed[-1] if self._resumed else 0
        if at > start and self._held(self.rounds[at - 1]) and self._words(self.rounds[at]):
            self.rounds[at].kind = "notice"
        while at > 0 and self.rounds[at].kind == "notice":
            at -= 1
        held = self._held(self.rounds[at]) if at >= 0 else []
        self.checkpoints.append(_SeenCheckpoint(at + 1, held))
        return [self.rounds[at].calls[place].asked.name for place in held]

    def answered(self, confirmed: bool | None) -> None:
        """Take the user's answer to the last pause, or that there is none."""
        checkpoint = self.checkpoints[-1]
        checkpoint.answer = confirmed
        pending = [self.rounds[checkpoint.round - 1].calls[place] for place in checkpoint.pending]
        for call in pending:
            call.told = None
            if confirmed is None:
                call.decision, call.outcome = "unanswered", "pending"
            elif confirmed:
                call.decision = "confirmed"
            else:
                call.decision, call.outcome = "denied", "denied"
        self._waiting = pending if confirmed else []
        self._resumed.append(len(self.rounds))

    def ended(self, response: str | None, *, failed: bool = False) -> Turn:
        """Return the turn as plain data; `failed` says that the loop ended with an error."""
        stop = self._stop(failed=failed)
        return Turn(
            user=self.user,
            offered=self.offered or (),
            response=response,
            stop=stop,
            rounds=tuple(
                Round(
                    kind=seen.kind,
                    text=seen.reply.text or None,
                    finish_reason=seen.reply.finish_reason,
                    usage=seen.reply.usage,
                    calls=tuple(self._call(call, seen) for call in seen.calls),
                )
                for seen in self.rounds
            ),
            checkpoints=tuple(self._checkpoint(seen) for seen in self.checkpoints),
        )

    def _told(self, request: dict[str, Any]) -> None:
        """Note what the model is told of the calls of the last round that acted."""
        asked = [seen for seen in self.rounds if seen.kind == "act" and seen.calls]
        if not asked:
            return
        messages = request.get("messages")
        results: dict[str, list[Any]] = {}
        for message in reversed(messages if isinstance(messages, list) else []):
            if not isinstance(message, dict) or message.get("role") == "assistant":
                break
            if message.get("role") == "tool":
                results.setdefault(str(message.get("tool_call_id")), []).insert(0, message.get("content"))
        # Executed calls stand before held ones, so calls that share an id are told apart by that order.
        first = [call for call in asked[-1].calls if not self._is_held(call)]
        for call in [*first, *(call for call in asked[-1].calls if self._is_held(call))]:
            texts = results.get(call.asked.id)
            if texts:
                text = texts.pop(0)
                call.told = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)

    def _is_held(self, call: _SeenCall) -> bool:
        refused = self.policy is not None and refuses(self.policy, call.asked)
        return call.decision != "none" or (call.outcome is None and call.asked.name in self.asks and not refused)

    def _held(self, seen: _SeenRound) -> list[int]:
        """Return the places of the calls that wait at a pause after this round."""
        waiting = [place for place, call in enumerate(seen.calls) if call.outcome is None]
        held = [place for place in waiting if self._is_held(seen.calls[place])]
        if self.policy is None:
            return held or waiting
        return held if acts_on(self.policy, seen.reply) else []

    def _words(self, seen: _SeenRound) -> bool:
        """Tell whether the round before a pause words the request, and has no calls of its own that wait."""
        return self.policy is not None or not seen.free or not self._held(seen)

    def _acted(self, seen: _SeenRound) -> bool:
        if self.policy is not None:
            return acts_on(self.policy, seen.reply)
        return any(call.outcome or call.decision != "none" or call.told is not None for call in seen.calls)

    def _stop(self, *, failed: bool) -> Stop:
        if failed:
            return "error"
        if self.checkpoints and self.checkpoints[-1].answer is None:
            return "unanswered"
        last = self.rounds[-1] if self.rounds else None
        if self.policy is None:
            full = self.limit is not None and len(self.rounds) >= self.limit
            return "max_rounds" if last and full and (last.kind == "notice" or self._acted(last)) else "final"
        if last is None or last.kind == "notice" or acts_on(self.policy, last.reply):
            return "max_rounds"
        return "cut" if is_cut(self.policy, last.reply) else "final"

    def _call(self, call: _SeenCall, seen: _SeenRound) -> Call:
        outcome = call.outcome or self._unexecuted(call, seen)
        return Call(
            id=call.asked.id,
            name=call.asked.name,
            arguments=call.asked.parsed(),
            raw_arguments=call.asked.arguments,
            decision=call.decision,
            outcome=outcome,
            result=None if outcome in ("dropped", "pending") else call.told if call.told is not None else call.given,
        )

    def _unexecuted(self, call: _SeenCall, seen: _SeenRound) -> Outcome:
        """Return what became of a call that never arrived at the tools and was not denied."""
        if seen.kind == "notice" or not self._acted(seen):
            return "dropped"
        if self.policy is not None:
            if call.decision == "none" and self._is_held(call):
                return "pending"
            if refuses(self.policy, call.asked):
                return "refused"
        return "refused" if call.told is not None else "dropped"

    def _checkpoint(self, seen: _SeenCheckpoint) -> Checkpoint:
        calls = self.rounds[seen.round - 1].calls if seen.round else []
        return Checkpoint(
            round=seen.round,
            pending=tuple(Pending(call=place + 1, name=calls[place].asked.name) for place in seen.pending),
            answer=None if seen.answer is None else "confirmed" if seen.answer else "denied",
        )


def anomalies(turns: Sequence[Turn], logs: Sequence[TurnLog] = ()) -> tuple[Anomaly, ...]:
    """Return what production handles badly or silently in these turns, in order; `logs` are theirs."""
    found: list[Anomaly] = []
    seen: set[str] = set()
    for number, turn in enumerate(turns, 1):
        because = "and" if number <= len(logs) and logs[number - 1].policy is None else "so"
        for place, round_ in enumerate(turn.rounds, 1):
            ended = because if turn.stop in ("final", "cut") else None
            found += _in_round(number, place, round_, seen, ended)
        if turn.stop == "final" and not turn.response:
            found.append(_anomaly("empty_final", number, len(turn.rounds), None, "the final text is empty"))
        for place, execution in logs[number - 1].unasked if number <= len(logs) else ():
            given = json.dumps(execution.arguments, ensure_ascii=False)
            said = f"{execution.name} ran with {given}, which no call asked for"
            found.append(_anomaly("unasked_execution", number, place, None, said))
    return tuple(found)


def _in_round(turn: int, place: int, round_: Round, seen: set[str], ended: str | None) -> Iterator[Anomaly]:
    """Yield the anomalies of a round; `ended` joins the reason to what became of calls, where the turn has ended."""
    names = ", ".join(call.name for call in round_.calls)
    dropped = [call for call in round_.calls if call.outcome == "dropped"]
    if round_.kind == "notice" and round_.calls:
        yield _anomaly("calls_on_notice", turn, place, None, f"the notice came with calls, which are dropped: {names}")
    elif ended and dropped:
        said = f"finish_reason is {json.dumps(round_.finish_reason)}"
        names = ", ".join(call.name for call in dropped)
        yield _anomaly("dropped_calls", turn, place, None, f"{said}, {ended} its calls are dropped: {names}")
    for at, call in enumerate(round_.calls, 1):
        if call.arguments is None:
            said = f"the arguments of {call.name} are not a JSON object: {excerpt(call.raw_arguments)}"
            yield _anomaly("unreadable_arguments", turn, place, at, said)
        if call.id and call.id in seen:
            yield _anomaly(
                "repeated_id", turn, place, at, f"{call.name} comes under the id of an earlier call: {call.id}"
            )
        seen.add(call.id)


def _anomaly(kind: AnomalyKind, turn: int, round_: int, call: int | None, detail: str) -> Anomaly:
    return Anomaly(kind=kind, turn=turn, round=round_, call=call, detail=detail)


def usage_of(turns: Sequence[Turn]) -> Usage:
    """Return the tokens of all rounds together."""
    used = [round_.usage for turn in turns for round_ in turn.rounds if round_.usage]
    return Usage(
        prompt_tokens=sum(usage.prompt_tokens for usage in used),
        completion_tokens=sum(usage.completion_tokens for usage in used),
    )


def _answer(exchange: Exchange, request: dict[str, Any]) -> Completion:
    """Read a reply.

    Raises:
        ModelError: it is an error, or not a chat completion.
        LoopError: it came as a stream.
    """
    if exchange.status >= 400:
        raise ModelError(f"HTTP {exchange.status}: {error_message(exchange.response)}")
    try:
        return read(exchange.response)
    except ModelError:
        if request.get("stream") is True:
            raise LoopError(
                "the loop asks for a stream ('stream': true), and only whole replies can be read; let it ask for those"
            ) from None
        raise


def _tool_names(request: dict[str, Any]) -> tuple[str, ...]:
    tools = request.get("tools")
    functions = [tool.get("function") for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
    return tuple(str(function.get("name")) for function in functions if isinstance(function, dict))
