"""Cases: scenario x settings x repeat, planned, run through the loop, and put together as traces."""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import perf_counter
from traceback import extract_tb
from typing import Any

from harness import cassette, endpoint
from harness.assembly import TurnLog, anomalies, usage_of
from harness.composition import Composition
from harness.context import system_prompt
from harness.errors import CASSETTE_STATES, HarnessError, InputError, LoopError, did_you_mean
from harness.human import Script
from harness.loop import Checkpoint, LoopUnderTest
from harness.scenario import Scenario, ScenarioTurn, error_expected, tools_named
from harness.settings import Settings, redacted
from harness.stateful import OwnTools, load
from harness.tools import ToolSet, needs_confirmation
from harness.trace import Failure, Trace, Turn, count
from harness.workspace import Workspace, changes


@dataclass(frozen=True)
class Case:
    """One scenario under one settings, once."""

    scenario: Scenario
    settings: Settings
    repeat: int = 1
    overrides: tuple[str, ...] = ()
    """The overrides that compose the settings."""

    @property
    def id(self) -> str:
        """The id: `scenario@model/variant`, with `~k` for a repeat after the first."""
        ending = f"~{self.repeat}" if self.repeat > 1 else ""
        return f"{self.scenario.id}@{self.settings.model.label}/{self.settings.variant}{ending}"

    def cassette(self, folder: Path) -> Path:
        """Return where the case's cassette stands below the folder of cassettes."""
        return cassette.path_of(folder, self.scenario.id, self.settings.model.label, self.settings.variant, self.repeat)


@dataclass(frozen=True)
class Outcome:
    """What came of a case."""

    case: Case
    trace: Trace
    unplayed: int
    """Recorded exchanges that the loop did not ask for."""
    saved: bool
    """Whether a cassette was written."""
    seconds: float

    @property
    def replays(self) -> bool:
        """Whether the case has a cassette that the loop plays to its end."""
        return not self.unplayed and (self.trace.error is None or self.trace.error.kind not in CASSETTE_STATES)


def plan(scenarios: Sequence[Scenario], compositions: Sequence[Composition]) -> tuple[Case, ...]:
    """Return the cases in order: by scenario, then by settings, then by repeat.

    Raises:
        InputError: a scenario names what its settings do not have, or two cases have one id or one cassette.
    """
    cases: list[Case] = []
    wrong: dict[str, None] = {}
    for scenario in scenarios:
        for composition in compositions:
            settings = composition.settings
            if _applies(scenario, settings):
                wrong |= dict.fromkeys(_misfits(scenario, settings))
                repeats = range(1, settings.repeats + 1)
                cases += (Case(scenario, settings, repeat, composition.overrides) for repeat in repeats)
    taken: dict[str, str] = {}
    for case in cases:
        path = str(case.cassette(Path())).casefold()
        if path in taken:
            wrong[f"the cases {taken[path]} and {case.id} would share a cassette; give them different labels"] = None
        taken[path] = case.id
    if wrong:
        raise InputError(*wrong)
    return tuple(cases)


def _applies(scenario: Scenario, settings: Settings) -> bool:
    limits = scenario.file.applies
    return all(
        names is None or label in names
        for names, label in (
            (limits.role, settings.role.label),
            (limits.model, settings.model.label),
            (limits.tools, settings.tools.label),
            (limits.loop, settings.loop.label),
        )
    )


def _misfits(scenario: Scenario, settings: Settings) -> Iterable[str]:
    """Yield what a scenario names that its settings do not have."""
    place, catalogue = scenario.document.place, settings.catalogue
    for tool, location in tools_named(scenario.file).items():
        if tool not in catalogue.tools:
            hint = did_you_mean(tool, catalogue.tools)
            yield f"{place(location)}: the catalogue '{catalogue.label}' has no tool '{tool}'{hint}"
    access = scenario.file.acts_as.access
    if access not in catalogue.levels:
        hint = did_you_mean(access, catalogue.levels)
        known = ", ".join(catalogue.levels)
        yield f"{place(('as', 'access'))}: there is no access level '{access}'{hint}; there are: {known}"


def factory(name: str) -> Callable[[Any, Settings], LoopUnderTest]:
    """Return the loop factory of the settings: `package.module:make`.

    Raises:
        InputError: it cannot be imported.
    """
    module, _, attribute = name.partition(":")
    try:
        found: Any = import_module(module)
    except ImportError as error:
        raise InputError(f"loop.factory '{name}': {error}") from None
    for part in attribute.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        raise InputError(f"loop.factory '{name}': the module has no '{attribute}' that can be called")
    make: Callable[[Any, Settings], LoopUnderTest] = found
    return make


async def run_many(
    cases: Sequence[Case],
    folder: Path,
    *,
    live: bool = False,
    jobs: int = 1,
    done: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Run cases, at most `jobs` at a time, and return what came of them in their order.

    Replays from the cassettes below the folder, or, live, asks the models and records there.
    """
    places = asyncio.Semaphore(jobs)

    async def one(case: Case) -> Outcome:
        async with places:
            outcome = await run_case(case, folder, live=live)
            done(outcome)
            return outcome

    with cassette.installed():
        return list(await asyncio.gather(*map(one, cases)))


async def run_case(case: Case, folder: Path, *, live: bool = False) -> Outcome:
    """Run one case while the cassettes are installed, and return what came of it; an error ends in the trace."""
    start = perf_counter()
    run = _Run(case, folder, live=live)
    failure: Failure | None = None
    try:
        await run.play()
    except HarnessError as error:
        failure = run.failure(error)
    trace = run.trace(failure)
    saved = False
    if live and run.tape is not None and run.tape.data and error_expected(case.scenario, trace):
        try:
            run.tape.save()
            saved = True
        except HarnessError as error:
            trace = run.trace(run.failure(error))
    unplayed = 0 if live or run.tape is None else len(run.tape.data) - run.tape.played
    return Outcome(case, trace, unplayed, saved, perf_counter() - start)


class _Run:
    """A case under way."""

    def __init__(self, case: Case, folder: Path, *, live: bool) -> None:
        self._case = case
        self._path = case.cassette(folder)
        self._live = live
        self._turns: list[Turn] = []
        self._log: TurnLog | None = None
        self._logs: list[TurnLog] = []
        self._secrets = frozenset(case.settings.model.secrets(os.environ))
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
            server: endpoint.Endpoint | None = None
            updates: dict[str, Any] = {} if self._live else {"max_retries": 0}
            if model.type == "scripted":
                updates |= {"host_type": "scripted", "model_name": model.model_name or model.label}
                updates["api_url"] = "http://127.0.0.1/v1"
                if self._live:
                    server = endpoint.Endpoint(endpoint.load(self._case.scenario.script_path, model.label))
                    updates["api_url"] = stack.enter_context(server.serving())
            if self._live:
                self.tape = cassette.Tape.record(self._path, self._exchanged, self._secrets)
            else:
                self.tape = cassette.Tape.replay(self._path, self._exchanged)
            self._own = own_tools(self._case.scenario, settings, self._files)
            self._tools = tools = ToolSet(
                settings.catalogue,
                scenario.tools,
                access=scenario.acts_as.access,
                allow=settings.allow,
                own=self._own,
                files=self._files,
                report=lambda execution: self._log.executed(execution) if self._log else None,
            )
            stack.enter_context(cassette.playing(self.tape))
            loop = _made(make, tools, settings.model_copy(update={"model": model.model_copy(update=updates)}))
            asks = needs_confirmation(
                tools.confirm_required, scenario.acts_as.confirm_allow, scenario.acts_as.confirm_deny
            )
            session: list[Mapping[str, str]] = [message.model_dump() for message in scenario.session]
            for turn in scenario.turns:
                self._log = TurnLog(turn.user, settings.loop.policy, asks)
                self._logs.append(self._log)
                done = await self._turn(loop, turn, session, server)
                self._turns.append(done)
                self._log = None
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
        server: endpoint.Endpoint | None,
    ) -> Turn:
        scenario, settings, log = self._case.scenario.file, self._case.settings, self._log
        if log is None:
            raise RuntimeError("a turn needs its log")
        human = Script(turn.answers)
        result = await self._guarded(
            loop.run(
                turn.user,
                system_prompt=system_prompt(settings.persona, settings.role, scenario.now),
                session_messages=list(session),
                user_role=scenario.acts_as.access,
                tool_list=None if settings.allow is None else list(settings.allow),
                confirm_allow=scenario.acts_as.confirm_allow,
                confirm_deny=scenario.acts_as.confirm_deny,
            )
        )
        while result.checkpoint is not None:
            confirmed = human.answer(log.paused())
            log.answered(confirmed)
            if confirmed is None:
                break
            if server:
                server.answered(confirmed)
            result = await self._guarded(loop.resume(_through_json(result.checkpoint), confirmed))
        return self._left(log.ended(result.response))

    def _left(self, turn: Turn) -> Turn:
        """Return a turn with the files that it changed and the state that it left."""
        files = self._files.files if self._files is not None else {}
        changed = changes(self._before, files) if self._files is not None else None
        self._before = files
        sound = self._own is not None and self._tools is not None and self._tools.error is None
        state = self._own.state if sound and self._own is not None else None
        return turn.model_copy(update={"workspace": changed, "state": state})

    async def _guarded(self, step: Any) -> Any:
        """Await a step of the loop, and raise what stopped it even where the loop swallowed that.

        Raises:
            HarnessError: the case cannot go on.
        """
        try:
            result = await step
        except HarnessError:
            raise
        except Exception as error:  # noqa: BLE001 - the loop under test is anybody's; its crash is an error of the case
            result = None
            crash: Exception | None = error
        else:
            crash = None
        if self.tape is not None and self.tape.error is not None:
            raise self.tape.error
        if self._tools is not None and self._tools.error is not None:
            raise self._tools.error
        if crash is not None:
            raise _crash(crash) from crash
        if not isinstance(getattr(result, "response", None), str) or not hasattr(result, "checkpoint"):
            what = type(result).__name__
            raise LoopError(f"the loop returned {what}, not a result with a text as response and a checkpoint or None")
        return result

    def _exchanged(self, exchange: cassette.Exchange) -> None:
        if self._log is not None:
            self._log.exchanged(exchange)

    def failure(self, error: HarnessError) -> Failure:
        """Return an error as plain data, without secrets."""
        return Failure(kind=error.kind, message=redacted(str(error), self._secrets))

    def trace(self, failure: Failure | None) -> Trace:
        """Return all that was seen."""
        turns = list(self._turns)
        if self._log is not None:
            turns.append(self._left(self._log.ended(None, failed=True)))
        trace = Trace(
            case=self._case.id,
            scenario=self._case.scenario.id,
            model=self._case.settings.model.label,
            variant=self._case.settings.variant,
            repeat=self._case.repeat,
            counts=count(turns),
            stop="error" if failure or not turns else turns[-1].stop,
            error=failure,
            anomalies=anomalies(turns, self._logs),
            usage=usage_of(turns),
            turns=tuple(turns),
        )
        text = trace.model_dump_json() if self._secrets else ""
        safe = redacted(text, self._secrets)
        return trace if safe == text else Trace.model_validate_json(safe)


def own_tools(scenario: Scenario, settings: Settings, files: Workspace | None) -> OwnTools | None:
    """Return the tools of a scenario's module over a state of their own, or None where it names none.

    Raises:
        InputError: the module cannot be used, or gives a tool that the catalogue does not have.
        ToolBroken: the module raises something.
    """
    file, place = scenario.file, scenario.document.place
    if file.module is None:
        return None
    own = load(scenario.document.path.with_name(file.module), file.state or {}, files or Workspace())
    known = settings.catalogue.tools
    wrong = [
        f"{place(('module',))}: {file.module} gives a tool '{name}', which the catalogue "
        f"'{settings.catalogue.label}' does not have{did_you_mean(name, known)}"
        for name in own
        if name not in known
    ]
    if wrong:
        raise InputError(*wrong)
    return own


def _made(make: Callable[[Any, Settings], LoopUnderTest], tools: ToolSet, settings: Settings) -> LoopUnderTest:
    try:
        return make(tools, settings)
    except HarnessError:
        raise
    except Exception as error:
        raise _crash(error) from error


def _through_json(checkpoint: Any) -> Any:
    """Send a checkpoint through JSON, as if another process resumed it; another loop's own object stays as it is."""
    if isinstance(checkpoint, Checkpoint):
        return Checkpoint.model_validate_json(checkpoint.model_dump_json())
    return checkpoint


def _crash(error: Exception) -> HarnessError:
    """Return a crash of the loop under test as an error that says where it happened."""
    frames = extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return LoopError(f"the loop crashed with {type(error).__name__}: {error}{where}")
