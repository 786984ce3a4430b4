"""Small builders of scenarios, settings and traces, for tests that are about one part of them."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from hypothesis import settings as limits
from hypothesis import strategies as st

from harness.archive import RunFolder
from harness.baseline import update
from harness.brief import Ended, brief
from harness.case import Case
from harness.cassette import Drifted
from harness.catalogue import Catalogue, Tool
from harness.change import Change, ChangeKind, Spot
from harness.check import Replay, Scores, Status, Verdict, judge
from harness.compare import Compared, State
from harness.ending import ending
from harness.errors import InputError
from harness.finding import Finding
from harness.misses import replay
from harness.model import Model
from harness.outcome import Outcome
from harness.report import Told
from harness.scenario import Scenario, ScenarioFile
from harness.settings import Loop, Persona, Role, Settings, Texts, Tools
from harness.source import parse
from harness.trace import (
    Anomaly,
    Call,
    Checkpoint,
    Decision,
    Failure,
    Pending,
    Round,
    Stop,
    Trace,
    Turn,
    Usage,
    count,
)
from harness.trace import Outcome as CallOutcome
from harness.wording import validate

EXAMPLES = limits(deadline=None, derandomize=True, database=None)
"""How properties are tried: the same hundred examples each time, however slow the machine."""

HOSTILE = st.text(
    st.sampled_from(
        "ab {}\"',\n\u3000é漢\x1b[2J\x1b]0;title\x07\x1b[31mred\x9b5A\x08\x7f\r\t\x00\v\f\x85"
        "\u2028\u2029\u202e\u2066\u200b\ufeff\ud800 \U000e0041"
    ),
    max_size=30,
)
"""Texts that try to steer a terminal."""

SCENARIO = Path("scenarios/area/name.yaml")
"""Where the scenarios of these builders say that they stand."""

CASE = "area/name@careful/chat+all"
"""The id of the case that these builders are about."""

MARK = "▸"
"""Stands in a YAML text before the place at which a message should point."""

CATALOGUE = Catalogue(
    label="small",
    levels=("guest", "user", "admin"),
    tools={
        "web_search": Tool(description="Search.", access="guest"),
        "file_read": Tool(description="Read."),
        "file_delete": Tool(description="Delete.", confirm=True),
        "shell_exec": Tool(description="Run.", access="admin", confirm=True),
    },
)
"""Four tools on three access levels, two of which ask."""


class Marked(NamedTuple):
    """A YAML text and the place, as `line:col`, at which a mark stood in it."""

    text: str
    place: str


def marked(text: str) -> Marked:
    """Return an indented YAML text without its only mark, and where that stood."""
    text = dedent(text).lstrip("\n")
    before, found, after = text.partition(MARK)
    if not found or MARK in after:
        raise ValueError(f"one mark is needed: {text}")
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return Marked(before + after, f"{line}:{column}")


def scenario(text: str = "{title: T., turns: [{user: Go.}]}", path: Path = SCENARIO) -> Scenario:
    """Return the scenario that a YAML text describes."""
    document = parse(dedent(text).lstrip("\n"), path)
    return Scenario("/".join(path.with_suffix("").parts[1:]), validate(document, ScenarioFile), document)


def scenario_file(text: str) -> ScenarioFile:
    """Return the scenario file that a text is; messages call it `f.yaml`."""
    return validate(parse(text, Path("f.yaml")), ScenarioFile)


def refused(text: str) -> list[str]:
    """Return the lines with which a scenario file is refused, or none."""
    try:
        scenario_file(text)
    except InputError as error:
        return list(error.problems)
    return []


def call(
    name: str,
    arguments: Mapping[str, Any] | None = MappingProxyType({}),
    *,
    raw: str | None = None,
    id: str = "",  # noqa: A002 - the field's name
    decision: Decision = "none",
    outcome: CallOutcome = "executed",
    result: str | None = "ok",
) -> Call:
    """Return a call; its raw text is made from its arguments where it is not given."""
    return Call(
        id=id,
        name=name,
        arguments=None if arguments is None else dict(arguments),
        raw_arguments=json.dumps(dict(arguments or {}), ensure_ascii=False) if raw is None else raw,
        decision=decision,
        outcome=outcome,
        result=result,
    )


def act(*calls: Call, text: str | None = None) -> Round:
    """Return a round that acts on its calls, or ends with its text."""
    return Round(kind="act", text=text, finish_reason="tool_calls" if calls else "stop", usage=None, calls=calls)


def notice(text: str | None = "Shall I?") -> Round:
    """Return a round that words a confirmation request."""
    return Round(kind="notice", text=text, finish_reason="stop", usage=None, calls=())


def checkpoint(
    *names: str,
    answer: Literal["confirmed", "denied"] | None = "denied",
    round: int = 1,  # noqa: A002 - the field's name
) -> Checkpoint:
    """Return a pause before these tools, which are the first calls of their round."""
    pending = tuple(Pending(call=at, name=name) for at, name in enumerate(names, 1))
    return Checkpoint(round=round, pending=pending, answer=answer)


def turn(
    *rounds: Round,
    user: str = "Go.",
    response: str | None = "Done.",
    stop: Stop = "final",
    checkpoints: Iterable[Checkpoint] = (),
    offered: Iterable[str] = (),
    workspace: dict[str, str | None] | None = None,
    state: dict[str, Any] | None = None,
) -> Turn:
    """Return a turn; without rounds it has the one that gives its response."""
    return Turn(
        user=user,
        offered=tuple(offered),
        response=response,
        stop=stop,
        rounds=rounds or (act(text=response),),
        checkpoints=tuple(checkpoints),
        workspace=workspace,
        state=state,
    )


def trace(
    *turns: Turn, error: Failure | None = None, anomalies: Iterable[Anomaly] = (), case_id: str = CASE, repeat: int = 1
) -> Trace:
    """Return the trace of these turns, with everything counted."""
    name, _, settings_id = case_id.partition("@")
    model, _, variant = settings_id.partition("/")
    return Trace(
        case=case_id,
        scenario=name,
        model=model,
        variant=variant.partition("~")[0],
        repeat=repeat,
        counts=count(turns),
        stop="error" if error else turns[-1].stop,
        error=error,
        anomalies=tuple(anomalies),
        usage=Usage(),
        turns=turns,
    )


def settings(
    model: Model | None = None,
    *,
    catalogue: Catalogue = CATALOGUE,
    persona: Persona | None = None,
    repeats: int = 1,
    variant: str = "chat+all",
) -> Settings:
    """Return settings that name nothing but what is given."""
    texts = Texts(tools_available="Tools.", awaiting="[{name}]", denied="Denied.", notice="{names}?", limit="Stopped.")
    return Settings(
        model=model or Model(label="careful", type="scripted"),
        persona=persona or Persona(label="plain"),
        catalogue=catalogue,
        tools=Tools(label="all"),
        role=Role(label="chat"),
        loop=Loop(label="production", policy="production", texts=texts),
        repeats=repeats,
        variant=variant,
    )


def case(
    of: Scenario | None = None, under: Settings | None = None, *, repeat: int = 1, overrides: Iterable[str] = ()
) -> Case:
    """Return a case of a scenario under settings."""
    return Case(of or scenario(), under or settings(), repeat, tuple(overrides))


def outcome(
    came: Trace,
    of: Case | None = None,
    *,
    recorded: int | None = None,
    drifted: Iterable[Drifted] = (),
    digest: str | None = None,
    seconds: float = 0.25,
) -> Outcome:
    """Return what came of a case."""
    return Outcome(
        of or case(),
        came,
        recorded=recorded,
        unplayed=0,
        drifted=tuple(drifted),
        saved=False,
        kept=0,
        digest=digest,
        seconds=seconds,
    )


def finish(folder: RunFolder, outcomes: Sequence[Outcome], verdicts: Iterable[Verdict]) -> None:
    """Store what came of the cases of a plan, and finish the run."""
    endings = [ending(one, verdict) for one, verdict in zip(outcomes, verdicts, strict=True)]
    for place, one in enumerate(endings):
        folder.note(place, one.line, one.ended)
    folder.finish([one.ended for one in endings])


def accept(reports: Path, results: Sequence[tuple[Trace, Verdict]], gone: Collection[Path] = ()) -> str:
    """Make traces the baseline, and return what is said of it."""
    briefs = [(brief(came), verdict) for came, verdict in results]
    return update(reports, briefs, [came for came, _ in results], gone)


def ended(*outcomes: Outcome) -> list[Ended]:
    """Return what is kept of cases, judged as they were played."""
    return [ending(one, judge(one.trace, one.case.scenario, replay(one))).ended for one in outcomes]


def uncut(shown: str) -> int:
    """Return how long a text was, by what is shown of it and what is said to be cut."""
    note = re.search(r"\.\.\. \(\+(\d+)\)", shown)
    if note is None:
        raise ValueError(f"nothing is cut: {shown}")
    return note.start() + int(note[1])


def finding(got: str = "4", *, expected: str = "3", what: str = "turn 1, rounds", known: str | None = None) -> Finding:
    """Return a finding at a line of the builders' scenario."""
    return Finding(place=f"{SCENARIO}:7:5", what=what, expected=expected, got=got, known=known)


def change(
    before: str | None,
    after: str | None,
    subject: str = "file_read: path",
    kind: ChangeKind = "arguments",
    at: int | None = 1,
) -> Change:
    """Return a change in a round of the first turn, or of the whole case; what was not there before is added."""
    spot = None if at is None else Spot(turn=1, round=at)
    was, now = (None if before is None else spot), (None if after is None else spot)
    return Change(kind=kind, was=was, now=now, subject=subject, before=before, after=after)


def compared(
    state: State = "changed",
    *changes: Change,
    regressed: bool = False,
    rerecorded: bool = False,
    before: Status | None = "passed",
) -> Compared:
    """Return what became of a case."""
    return Compared(state=state, regressed=regressed, rerecorded=rerecorded, before=before, changes=changes)


def told(
    status: Status = "passed",
    *findings: Finding,
    of: str = CASE,
    column: str | None = None,
    came: Trace | None = None,
    error: str | None = None,
    notes: Iterable[str] = (),
    scores: Scores | None = None,
    replay: Replay | None = None,
    against: Compared | None = None,
    advice: str | None = None,
) -> Told:
    """Return a judged case with what is told of it; its trace is one turn where none is given."""
    name, _, column_id = of.partition("@")
    verdict = Verdict(
        case=of,
        place=f"scenarios/{name}.yaml:1:1",
        status=status,
        findings=findings,
        error=error,
        notes=tuple(notes),
        scores=scores,
        replay=replay or Replay(),
    )
    repeat = re.search(r"~(\d+)$", column_id)
    trace_ = came or trace(turn(), case_id=of, repeat=int(repeat[1]) if repeat else 1)
    named = column or (column_id[: repeat.start()] if repeat else column_id)
    return Told(brief(trace_.model_copy(update={"case": of, "scenario": name})), verdict, named, against, advice)


def expecting(expect: str, *, answers: str = "[]") -> str:
    """Return the text of a scenario of one turn with this under its `expect`."""
    return f"title: T.\nturns:\n  - user: Go.\n    answers: {answers}\n    expect: {expect}\n"


class Found(NamedTuple):
    """A finding, its place without the file's path."""

    place: str
    what: str
    expected: str
    got: str


def findings(came: Trace, text: str, *, unplayed: int = 0) -> list[Found]:
    """Return what a trace is judged to lack of a scenario, none of which is known to fail."""
    verdict = judge(came, scenario(text), Replay(unplayed=unplayed))
    if (verdict.case, verdict.status, verdict.error) != (CASE, "failed" if verdict.findings else "passed", None):
        raise ValueError(f"cannot be told by its findings: {verdict}")
    prefix = f"{SCENARIO}:"
    return [Found(one.place.removeprefix(prefix), one.what, one.expected, one.got) for one in verdict.findings]


READ_A = call("file_read", {"path": "a.txt", "limit": 3})
READ_B = call("file_read", {"path": "b.txt"})
DENIED = call("file_delete", {"path": "a.txt"}, decision="denied", outcome="denied", result="Action denied by user.")
WORK = turn(
    act(READ_A, READ_B),
    act(DENIED, text="I need to ask."),
    notice(),
    act(text="Kept a.txt."),
    response="Kept a.txt.",
    checkpoints=[checkpoint("file_delete", round=2)],
    offered=["web_search", "file_read", "file_delete"],
)
"""Two reads, a denied delete with its notice, and a final text: four rounds, three calls, one checkpoint."""
