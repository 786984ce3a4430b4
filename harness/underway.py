"""A case under way: its turns go through the loop, and what is seen of it becomes a trace."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from harness import cassette, endpoint, recording
from harness.assembly import TurnLog, anomalies, usage_of
from harness.case import Case, own_tools
from harness.context import system_prompt
from harness.credentials import credentials
from harness.drift import Telling
from harness.errors import (
    CassetteError,
    HarnessError,
    LoopError,
    NetworkRefused,
    ToolBroken,
)
from harness.factory import Factory, arose, factory
from harness.feed import Feed
from harness.human import Human, Scripted
from harness.loop import Checkpoint, LoopUnderTest
from harness.origin import origin
from harness.pieces import Pieces
from harness.rewriting import rewritten
from harness.scenario import ScenarioTurn
from harness.secrecy import redacted
from harness.settings import Settings
from harness.stateful import OwnTools
from harness.tools import ToolSet, needs_confirmation
from harness.trace import Anomaly, Failure, Trace, Turn, count, dumps
from harness.workspace import Workspace, changes


class Run:
    """A case under way."""

    def __init__(  # noqa: PLR0913 - what a case is run with
        self,
        case: Case,
        folder: Path,
        pieces: Pieces,
        *,
        live: bool = False,
        extend: bool = False,
        feed: Sequence[bytes] | None = None,
        human: Human | None = None,
    ) -> None:
        self._case = case
        self._human = human or Scripted()
        self._feed = feed
        self._path = case.cassette(folder)
        self._pieces = pieces
        self._live, self._extend = live, extend
        self._server: endpoint.Endpoint | None = None
        self._turns: list[Turn] = []
        self._log: TurnLog | None = None
        self._logs: list[TurnLog] = []
        self._secrets = frozenset(case.settings.model.secrets(os.environ))
        self._refused: NetworkRefused | None = None
        self.tape: cassette.Tape | None = None
        given = case.scenario.file.workspace
        self._files = None if given is None else Workspace(given)
        self._before = dict(given or {})
        self._own: OwnTools | None = None
        self._tools: ToolSet | None = None

    async def play(self) -> None:
        """Run the turns, one after the other.

        Raises:
            HarnessError: the case cannot go on.
        """
        scenario, settings = self._case.scenario.file, self._case.settings
        make = factory(settings.loop.factory)
        model = settings.model
        with ExitStack() as stack:
            updates: dict[str, Any] = {} if self._live else {"max_retries": 0}
            if model.type == "scripted":
                updates |= {"host_type": "scripted", "model_name": model.model_name or model.label}
                updates["api_url"] = "http://127.0.0.1/v1"
                if self._live:
                    script = endpoint.load(self._case.scenario.script_path, model.label)
                    self._server = endpoint.Endpoint(script)
                    updates["api_url"] = stack.enter_context(self._server.serving())
            if self._feed is not None:
                self.tape = Feed(self._path, self._exchanged, self._pieces, self._feed)
            elif self._live and self._extend and self._recorded():
                self.tape = cassette.Tape.extend(self._path, self._exchanged, self._pieces)
            elif self._live:
                asking = self._human.waits
                self.tape = cassette.Tape.record(self._path, self._exchanged, self._pieces, asking)
            else:
                texts = settings.loop.texts
                telling = Telling(texts.tools_available if texts else None, self._hidden)
                self.tape = cassette.Tape.replay(
                    self._path,
                    self._exchanged,
                    rules=settings.cassette,
                    where=self._where,
                    telling=telling,
                    pieces=self._pieces,
                )
            self._own = own_tools(self._case.scenario, settings, self._files)
            self._tools = tools = ToolSet(
                settings.catalogue,
                scenario.tools,
                access=scenario.acts_as.access,
                allow=settings.allow,
                own=self._own,
                files=self._files,
                report=lambda execution: self._log.executed(execution) if self._log else None,
                beyond=self._human.gives,
            )
            stack.enter_context(cassette.playing(self.tape))
            loop = _made(make, tools, settings.model_copy(update={"model": model.model_copy(update=updates)}))
            asks = needs_confirmation(
                tools.confirm_required, scenario.acts_as.confirm_allow, scenario.acts_as.confirm_deny
            )
            session: list[Mapping[str, str]] = [message.model_dump() for message in scenario.session]
            for number, turn in enumerate(scenario.turns, 1):
                self._log = log = TurnLog(turn.user, settings.loop.policy, asks, settings.loop.max_rounds)
                self._logs.append(log)
                self._human.begins(number, turn, partial(self._so_far, log))
                done = await self._turn(loop, turn, session)
                self._turns.append(done)
                self._log = None
                self._human.ended(partial(self._shown, done))
                if done.stop == "unanswered":
                    return
                session += [
                    {"role": "user", "content": turn.user},
                    {"role": "assistant", "content": done.response or ""},
                ]

    async def _turn(
        self,
        loop: LoopUnderTest,
        turn: ScenarioTurn,
        session: Sequence[Mapping[str, str]],
    ) -> Turn:
        scenario, settings, log = self._case.scenario.file, self._case.settings, self._log
        if log is None:
            raise RuntimeError("a turn needs its log")
        result = await self._guarded(
            lambda: loop.run(
                turn.user,
                system_prompt=system_prompt(settings.persona, settings.role, scenario.now),
                session_messages=list(session),
                user_role=scenario.acts_as.access,
                tool_list=None if settings.allow is None else list(settings.allow),
                confirm_allow=scenario.acts_as.confirm_allow,
                confirm_deny=scenario.acts_as.confirm_deny,
            )
        )
        if log.offered is None:
            known = ", ".join(settings.loop.transports)
            raise LoopError(
                f"the loop made no request that was seen; name its HTTP client in loop.transports (now: {known})"
            )
        while (checkpoint := result.checkpoint) is not None:
            confirmed = self._human.answer(log.paused())
            log.answered(confirmed)
            if confirmed is None:
                break
            if self._server:
                self._server.answered(confirmed)
            held, answer = _through_json(checkpoint), confirmed
            result = await self._guarded(lambda held=held, answer=answer: loop.resume(held, answer))
        if checkpoint is None and log.failure is not None:
            raise log.failure
        return self._left(log.ended(result.response))

    def _left(self, turn: Turn) -> Turn:
        """Return a turn with the files that it changed and the state that it left."""
        files = self._files.files if self._files is not None else {}
        changed = changes(self._before, files) if self._files is not None else None
        self._before = files
        state = self._own.state if self._own is not None else None
        return turn.model_copy(update={"workspace": changed, "state": state})

    async def _guarded(self, step: Callable[..., Any]) -> Any:
        """Take a step of the loop, and raise what stopped it even where the loop swallowed that.

        Raises:
            HarnessError: the case cannot go on.
        """
        try:
            result = await step()
        except HarnessError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the loop is anybody's; its crash ends the case
            result = None
            crash: BaseException | None = error
        else:
            crash = None
        if self.stopped is not None:
            raise self.stopped
        if crash is not None:
            # What the endpoint said of its failure is told alike for all loops, whatever they raise then.
            told = self._log.failure if self._log is not None else None
            raise told or _crash(crash) from crash
        if not isinstance(getattr(result, "response", None), str) or not hasattr(result, "checkpoint"):
            what = type(result).__name__
            raise LoopError(f"the loop returned {what}, not a result with a text as response and a checkpoint or None")
        return result

    @property
    def stopped(self) -> ToolBroken | CassetteError | None:
        """What was refused, the tool that broke, or what the tape does not have; the loop may have swallowed it."""
        broken = self._tools.error if self._tools is not None else None
        return self._refused or broken or (self.tape.error if self.tape is not None else None)

    @property
    def heard(self) -> bool:
        """Whether anything was recorded, and with it the error that ended the case: a time-out cannot be replayed."""
        recorded = self.tape is not None and self.tape.recorded > 0
        return recorded and (self._log is None or self._log.failure is not None)

    def refused(self, error: NetworkRefused) -> None:
        """Take what the network guard refused to this case; nothing is played after it."""
        if self.stopped is None:
            self._refused = error
            if self.tape is not None:
                self.tape.error = error

    @property
    def case(self) -> Case:
        """The case."""
        return self._case

    def origin(self) -> dict[str, str]:
        """Return what the head of the cassette says."""
        access = self._case.scenario.file.acts_as.access
        offered = self._tools.schemas(access) if self._tools is not None else []
        return origin(self._case, offered, datetime.now(UTC))

    def known(self) -> dict[str, str]:
        """Return the secrets that no cassette may hold, each with the words that tell of it."""
        return {**credentials(os.environ), **dict.fromkeys(self._secrets, "the key or a header's value of the model")}

    def _recorded(self) -> bool:
        """Tell whether there is a recording that can be read."""
        try:
            return len(recording.load(self._path, self._pieces)) > 0
        except CassetteError:
            return False

    def _exchanged(self, exchange: cassette.Exchange) -> None:
        if self._server is not None and self.tape is not None and self.tape.replaying:
            self._server.reply(dumps(exchange.request))  # the script goes on from what was kept
        if self._log is not None:
            self._log.exchanged(exchange)

    def _where(self) -> str:
        rounds = len(self._log.rounds) if self._log is not None else 0
        return f"turn {len(self._turns) + 1}, round {rounds + 1}"

    def _so_far(self, log: TurnLog) -> Turn:
        """Return what was seen of a turn that is under way."""
        return self._shown(log.ended(None))

    def _shown(self, turn: Turn) -> Turn:
        """Return a turn without secrets."""
        return rewritten(turn, self._hidden) if self._secrets else turn

    def _hidden(self, text: str) -> str:
        return redacted(text, self._secrets)

    def failure(self, error: HarnessError) -> Failure:
        """Return an error as plain data, without secrets."""
        return Failure(kind=error.kind, message=self._hidden(str(error)))

    def trace(self, failure: Failure | None) -> Trace:
        """Return all that was seen."""
        turns = list(self._turns)
        if self._log is not None:
            turns.append(self._left(self._log.ended(None, failed=True)))
        trace = trace_of(self._case, turns, failure, anomalies(turns, self._logs))
        return rewritten(trace, self._hidden) if self._secrets else trace


def trace_of(case: Case, turns: Sequence[Turn], failure: Failure | None, odd: tuple[Anomaly, ...] = ()) -> Trace:
    """Return the trace of a case of which these turns were seen."""
    return Trace(
        case=case.id,
        scenario=case.scenario.id,
        model=case.settings.model.label,
        variant=case.settings.variant,
        repeat=case.repeat,
        counts=count(turns),
        stop="error" if failure or not turns else turns[-1].stop,
        error=failure,
        anomalies=odd,
        usage=usage_of(turns),
        turns=tuple(turns),
    )


def _made(make: Factory, tools: ToolSet, settings: Settings) -> LoopUnderTest:
    try:
        return make(tools, settings)
    except HarnessError:
        raise
    except (Exception, SystemExit) as error:
        raise _crash(error) from error


def _through_json(checkpoint: Any) -> Any:
    """Send a checkpoint through JSON, as if another process resumed it; another loop's own object stays as it is."""
    if isinstance(checkpoint, Checkpoint):
        return Checkpoint.model_validate_json(checkpoint.model_dump_json())
    return checkpoint


def _crash(error: BaseException) -> HarnessError:
    """Return a crash of the loop under test as an error that says where it happened."""
    where = arose(error)
    return LoopError(f"the loop crashed with {type(error).__name__}: {error}{f' at {where}' if where else ''}")
