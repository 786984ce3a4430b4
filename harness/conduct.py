"""What a turn does against the script: answers, results, what the user denied, and how it ends."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.finding import Finding, as_asked, numbered
from harness.human import Script
from harness.scenario import ExpectedStop, Scenario
from harness.source import Location
from harness.tools import UNCOVERED
from harness.trace import Turn, calls_of


class Ending(NamedTuple):
    """A turn that does not end as it should."""

    finding: Finding
    location: Location
    """The way to the expectation that says how it should, or to all of them where none does."""


def misconduct(turn: Turn, at: int, scenario: Scenario, *, unanswered: bool) -> Iterator[Finding]:
    """Yield what of a turn is wrong whatever is expected of its calls.

    These are checkpoints that nobody answered, unless `unanswered` is how the turn should end, answers that nobody
    asked for, calls that no rule covers, and calls that ran though the user denied them.
    """
    yield from _answers(turn, at, scenario, unanswered=unanswered)
    yield from _uncovered(turn, at, scenario)
    yield from _disobeyed(turn, at, scenario)


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


def endings(turn: Turn, at: int, scenario: Scenario, wanted: Sequence[ExpectedStop]) -> Iterator[Ending]:
    """Yield the ways in which a turn should have ended and did not."""
    if turn.stop == "unanswered" and any(checkpoint.answer is None for checkpoint in turn.checkpoints):
        return
    for stop, location in wanted:
        if turn.stop != stop:
            finding = Finding(
                place=scenario.document.place(location, key=True),
                what=f"turn {at + 1}, stop",
                expected=stop,
                got=f"{turn.stop}; write 'stop: {turn.stop}' under expect if that is right",
            )
            yield Ending(finding, location[:-1] if location[-1] == "stop" else location)
