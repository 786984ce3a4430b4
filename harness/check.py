"""Judges a trace against its scenario, as findings with the line that each comes from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from harness.expectation import Amount, ExpectedCall, TurnExpectation, Words, left, parted, satisfied
from harness.human import Script
from harness.matching import align, fits, fits_all
from harness.scenario import ExpectedStop, Scenario, error_expected, expected_stops, point_of
from harness.source import Document
from harness.tools import UNCOVERED
from harness.trace import Call, Record, Trace, Turn, calls_of, count
from harness.workspace import changed

Location = tuple[str | int, ...]


class Finding(Record):
    """One thing that is not as the scenario says."""

    place: str
    """The line it comes from, as `file:line:col`."""
    what: str
    """What was looked at."""
    expected: str
    """What the scenario says."""
    got: str
    """What came."""


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


def judge(trace: Trace, scenario: Scenario, *, unplayed: int = 0) -> Verdict:
    """Judge a trace; `unplayed` is the number of recorded exchanges that the loop did not ask for."""
    if trace.error is not None and not error_expected(scenario, trace):
        return Verdict(case=trace.case, status="error", findings=(), error=trace.error.message)
    findings = tuple(_findings(trace, scenario))
    if unplayed:
        place = scenario.document.place(("turns",), key=True)
        got = f"{unplayed} fewer; record the case again if that is right"
        findings += (Finding(place=place, what="the cassette", expected="all recorded requests to be made", got=got),)
    return Verdict(case=trace.case, status="failed" if findings else "passed", findings=findings, error=None)


def _findings(trace: Trace, scenario: Scenario) -> Iterator[Finding]:
    file, document = scenario.file, scenario.document
    error = trace.error.message if trace.error else None
    point = point_of(trace)
    files: Mapping[str, str] = file.workspace or {}
    if len(trace.turns) > len(file.turns):
        yield Finding(
            place=document.place(("turns",), key=True),
            what="turns",
            expected=_number(len(file.turns), "turn"),
            got=f"{_number(len(trace.turns), 'turn')}; the trace is of another version of the scenario",
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
                yield from _expectation(expect, _View((turn,), error, f"turn {at + 1}, ", location, document, files))
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
            yield from _expectation(expect, _View(trace.turns, error, "", ("expect", place), document, files))


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
            wanted = f"the next answer is for {said}" if left else "no answer left"
            yield Finding(
                place=place(("turns", at, "answers", script.left.start), key=True),
                what=f"turn {at + 1}, checkpoint {number}",
                expected=f"an answer for {asked}; add under answers: '- deny: [{asked}]', or confirm",
                got=wanted,
            )
            return
    for index in script.left:
        answer = scenario.file.turns[at].answers[index]
        named = ", ".join(answer.names) if answer.names else "whatever is pending"
        yield Finding(
            place=place(("turns", at, "answers", index), key=True),
            what=f"turn {at + 1}, answer {index + 1}",
            expected=f"a checkpoint that asks for {named}",
            got=f"{_number(len(turn.checkpoints), 'checkpoint')}, none left for it; remove the answer if that is right",
        )


def _uncovered(turn: Turn, at: int, scenario: Scenario) -> Iterator[Finding]:
    for call in calls_of((turn,)):
        if call.outcome == "failed" and call.result and UNCOVERED in call.result:
            yield Finding(
                place=scenario.document.place(("tools", call.name), key=True),
                what=f"turn {at + 1}, tools",
                expected=f"a result for {_shown(call)}; add a rule under tools: {call.name}:",
                got="none, so the model was told of an error",
            )


def _disobeyed(turn: Turn, at: int, scenario: Scenario) -> Iterator[Finding]:
    for call in calls_of((turn,)):
        if call.decision == "denied" and call.outcome in ("executed", "failed"):
            yield Finding(
                place=scenario.document.place(("turns", at, "answers"), key=True),
                what=f"turn {at + 1}, answers",
                expected=f"{_shown(call)} to stay undone, since the user denied it",
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


class _View(NamedTuple):
    """The part of a trace that an expectation is about, and how its places are found and named."""

    turns: Sequence[Turn]
    error: str | None
    name: str
    location: Location
    document: Document
    files: Mapping[str, str]
    """The workspace as the last of these turns left it."""

    def place(self, *location: str | int) -> str:
        """Return `file:line:col` of a key of the expectation."""
        return self.document.place((*self.location, *location), key=True)

    def finding(self, what: str, location: Location, expected: str, got: str) -> Finding:
        """Return a finding at a key of the expectation."""
        return Finding(place=self.place(*location), what=f"{self.name}{what}", expected=expected, got=got)


def _expectation(expect: TurnExpectation, view: _View) -> Iterator[Finding]:
    calls = calls_of(view.turns)
    if expect.calls:
        yield from _calls(expect.calls.in_order, calls, view)
    yield from _amounts(expect, view)
    for index, tool in enumerate(expect.never):
        if asked := [call for call in calls if call.name == tool]:
            got = f"{_shown(asked[0])}, {asked[0].outcome}"
            yield view.finding("never", ("never", index), f"{tool} is never asked for", got)
    if expect.offered is not None:
        yield from _offered(expect.offered, view)
    yield from _texts("response", expect.response, view.turns[-1].response if view.turns else None, view)
    yield from _workspace(expect, view)
    yield from _state(expect, view)
    if view.error is not None:
        yield from _texts("error", expect.error, view.error, view)


def _amounts(expect: TurnExpectation, view: _View) -> Iterator[Finding]:
    counts = count(view.turns)
    for name in ("turns", "rounds", "notices", "checkpoints"):
        amount: Amount | None = getattr(expect, name, None)
        number = getattr(counts, name)
        if amount and not amount.holds(number):
            yield view.finding(name, (name,), str(amount), str(number))


def _texts(what: str, words: Words | None, text: str | None, view: _View) -> Iterator[Finding]:
    for where, wanted in satisfied(words, text or "") if words else ():
        yield view.finding(what, (what, *where), wanted, _text(text))


def _workspace(expect: TurnExpectation, view: _View) -> Iterator[Finding]:
    for path, file in expect.workspace.items():
        text = view.files.get(path)
        for way, wanted in left(file, text):
            got = "no such file; there are: " + (", ".join(view.files) or "none") if text is None else _text(text)
            yield view.finding(f"workspace, {path}", ("workspace", path, *way), wanted, got)


def _state(expect: TurnExpectation, view: _View) -> Iterator[Finding]:
    state = view.turns[-1].state if view.turns else None
    for key in parted(expect.state or {}, state or {}):
        wanted = json.dumps((expect.state or {})[key], ensure_ascii=False)
        got = json.dumps(state[key], ensure_ascii=False) if state and key in state else "nothing"
        yield view.finding(f"state, {key}", ("state", key), wanted, got)


def _calls(expected: Sequence[ExpectedCall], calls: Sequence[Call], view: _View) -> Iterator[Finding]:
    """Find the expected calls that are missing from the best alignment in order."""
    found = {pair.expected: pair.actual for pair in align(expected, calls, _is)}
    for index, want in enumerate(expected):
        if index not in found:
            got = _nearest(want, calls, set(found.values()))
            yield view.finding(f"call {index + 1}", ("calls", "in_order", index), str(want), got)


def _is(want: ExpectedCall, call: Call) -> bool:
    return want.tool == call.name and not _differences(want, call)


def _differences(want: ExpectedCall, call: Call) -> list[str]:
    different = []
    if want.arguments and (call.arguments is None or not fits_all(want.arguments, call.arguments)):
        different.append(f"arguments {call.raw_arguments or '{}'}")
    for name in ("decision", "outcome"):
        wanted = getattr(want, name)
        if wanted is not None and wanted != getattr(call, name):
            different.append(f"{name} {getattr(call, name)}")
    return different


def _distance(want: ExpectedCall, call: Call) -> int:
    """Return how many arguments and fates of a call are not as expected."""
    arguments = call.arguments or {}
    wrong = sum(key not in arguments or not fits(part, arguments[key]) for key, part in want.arguments.items())
    return wrong + sum(getattr(want, name) not in (None, getattr(call, name)) for name in ("decision", "outcome"))


def _nearest(want: ExpectedCall, calls: Sequence[Call], taken: set[int]) -> str:
    """Return the call that comes nearest to an expected one, with its difference."""
    same = [(index, call) for index, call in enumerate(calls) if call.name == want.tool]
    free = [(index, call) for index, call in same if index not in taken]
    if not same:
        asked = ", ".join(dict.fromkeys(call.name for call in calls)) or "no call at all"
        return f"{want.tool} was not asked for; asked for: {asked}"
    if not free:
        return f"{want.tool} was asked for {_number(len(same), 'time')}, which other expectations take"
    index, nearest = min(free, key=lambda item: _distance(want, item[1]))
    different = _differences(want, nearest)
    if not different:
        return f"{_shown(nearest)} as call {index + 1}, out of order"
    return f"{nearest.name} as call {index + 1} with {' and '.join(different)}"


def _offered(expected: Sequence[str], view: _View) -> Iterator[Finding]:
    for turn in view.turns:
        lacking = [name for name in expected if name not in turn.offered]
        more = [name for name in turn.offered if name not in expected]
        if lacking or more:
            parts = [f"without {', '.join(lacking)}"] if lacking else []
            parts += [f"also {', '.join(more)}"] if more else []
            yield view.finding("offered", ("offered",), ", ".join(expected) or "no tools", "; ".join(parts))
            return


def _shown(call: Call) -> str:
    return f"{call.name}({call.raw_arguments})"


def _text(text: str | None) -> str:
    return "no response" if text is None else f"'{text}'" if text else "an empty text"


def _number(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"
