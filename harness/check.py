"""Judges a trace against its scenario, as findings with the line that each comes from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from harness.finding import Finding, View, as_asked, findings, numbered
from harness.human import Script
from harness.scenario import ExpectedStop, Scenario, error_expected, expected_stops, point_of
from harness.tools import UNCOVERED
from harness.trace import Record, Trace, Turn, calls_of
from harness.workspace import changed


class Verdict(Record):
    """A trace judged against its scenario."""

    case: str
    """The case's id."""
    status: Literal["passed", "failed", "error"]
    """`error` where it could not be judged."""
    findings: tuple[Finding, ...]
    """What is not as the scenario says."""
    error: str | None
    """Why it could not be judged."""
    drift: tuple[str, ...] = ()
    """The differences from the recording at which the settings let it go on."""


def judge(trace: Trace, scenario: Scenario, *, unplayed: int = 0, drift: Sequence[str] = ()) -> Verdict:
    """Judge a trace.

    `unplayed` is the number of recorded exchanges that the loop did not ask for, `drift` what of its requests differs
    from the recording.
    """
    drift = tuple(drift)
    if trace.error is not None and not error_expected(scenario, trace):
        return Verdict(case=trace.case, status="error", findings=(), error=trace.error.message, drift=drift)
    found = tuple(_findings(trace, scenario))
    if unplayed:
        place = scenario.document.place(("turns",), key=True)
        got = f"{unplayed} fewer; record the case again if that is right"
        found += (Finding(place=place, what="the cassette", expected="all recorded requests to be made", got=got),)
    status: Literal["passed", "failed"] = "failed" if found else "passed"
    return Verdict(case=trace.case, status=status, findings=found, error=None, drift=drift)


def _findings(trace: Trace, scenario: Scenario) -> Iterator[Finding]:
    file, document = scenario.file, scenario.document
    error = trace.error.message if trace.error else None
    point = point_of(trace)
    files: Mapping[str, str] = file.workspace or {}
    if len(trace.turns) > len(file.turns):
        yield Finding(
            place=document.place(("turns",), key=True),
            what="turns",
            expected=numbered(len(file.turns), "turn"),
            got=f"{numbered(len(trace.turns), 'turn')}; the trace is of another version of the scenario",
        )
    for at, turn in enumerate(trace.turns[: len(file.turns)]):
        wanted = expected_stops(scenario, at, point)
        files = changed(files, turn.workspace or {})
        yield from _answers(turn, at, scenario, unanswered=any(one.stop == "unanswered" for one in wanted))
        yield from _uncovered(turn, at, scenario)
        yield from _disobeyed(turn, at, scenario)
        yield from _ended(turn, at, scenario, wanted)
        for place, expect in enumerate(file.turns[at].expect):
            location = ("turns", at, "expect", place)
            if expect.applies.holds(point):
                yield from findings(expect, View((turn,), error, f"turn {at + 1}, ", location, document, files))
    reached = len(trace.turns)
    if reached < len(file.turns):
        yield Finding(
            place=document.place(("turns", reached)),
            what=f"turn {reached + 1}",
            expected="to be reached",
            got=f"turn {reached} ended with '{trace.stop}', so it never began",
        )
    for place, expect in enumerate(file.expect):
        if expect.applies.holds(point):
            yield from findings(expect, View(trace.turns, error, "", ("expect", place), document, files))


def _answers(turn: Turn, at: int, scenario: Scenario, *, unanswered: bool) -> Iterator[Finding]:
    """Find checkpoints that nobody answered, unless that is expected, and answers that nobody asked for."""
    place = scenario.document.place
    script = Script(scenario.file.turns[at].answers)
    for number, checkpoint in enumerate(turn.checkpoints, 1):
        names = [call.name for call in checkpoint.pending]
        script.answer(names)
        if checkpoint.answer is None and not unanswered:
            asked = ", ".join(names)
            left = [scenario.file.turns[at].answers[index] for index in script.left]
            said = ", ".join(left[0].names or ()) if left else ""
            got = f"one for {said}" if left else "none"
            yield Finding(
                place=place(("turns", at, "answers", script.left.start), key=True),
                what=f"turn {at + 1}, checkpoint {number}",
                expected=f"an answer for {asked}",
                got=f"{got}; write under answers: '- deny: [{asked}]', or confirm",
            )
            return
    for index in script.left:
        answer = scenario.file.turns[at].answers[index]
        named = ", ".join(answer.names) if answer.names else "whatever is pending"
        paused = numbered(len(turn.checkpoints), "checkpoint")
        yield Finding(
            place=place(("turns", at, "answers", index), key=True),
            what=f"turn {at + 1}, answer {index + 1}",
            expected=f"a checkpoint that asks for {named}",
            got=f"{paused}, none left for it; remove the answer if that is right",
        )


def _uncovered(turn: Turn, at: int, scenario: Scenario) -> Iterator[Finding]:
    for call in calls_of((turn,)):
        if call.outcome == "failed" and call.result and UNCOVERED in call.result:
            yield Finding(
                place=scenario.document.place(("tools", call.name), key=True),
                what=f"turn {at + 1}, tools",
                expected=f"a result for {as_asked(call)}",
                got=f"none, so the model was told of an error; add a rule under tools: {call.name}:",
            )


def _disobeyed(turn: Turn, at: int, scenario: Scenario) -> Iterator[Finding]:
    for call in calls_of((turn,)):
        if call.decision == "denied" and call.outcome in ("executed", "failed"):
            yield Finding(
                place=scenario.document.place(("turns", at, "answers"), key=True),
                what=f"turn {at + 1}, answers",
                expected=f"{as_asked(call)} to stay undone, since the user denied it",
                got=f"the loop ran it: {call.outcome}",
            )


def _ended(turn: Turn, at: int, scenario: Scenario, wanted: Sequence[ExpectedStop]) -> Iterator[Finding]:
    if turn.stop == "unanswered" and any(checkpoint.answer is None for checkpoint in turn.checkpoints):
        return
    for stop, location in wanted:
        if turn.stop != stop:
            yield Finding(
                place=scenario.document.place(location, key=True),
                what=f"turn {at + 1}, stop",
                expected=stop,
                got=f"{turn.stop}; write 'stop: {turn.stop}' under expect if that is right",
            )
