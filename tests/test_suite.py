"""The bundled suite: what it shows, seen on its traces, and that nothing in it is left over."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest
import yaml

from harness.calls import MODES, Match, Which, referred
from harness.case import Case, plan
from harness.check import Verdict, judge
from harness.composition import compose
from harness.condition import Amount
from harness.expectation import Expectation, TurnExpectation
from harness.misses import replay as played
from harness.outcome import Outcome
from harness.pauses import ExpectedCheckpoint
from harness.project import Conf
from harness.runner import run_many
from harness.scenario import Scenario, ScenarioFile, expectations
from harness.schemas import SCENARIO, SCRIPT
from harness.selection import select
from harness.trace import AnomalyKind, Call, Round, Trace, Turn, calls_of

ROOT = Path(__file__).parents[1]
SCENARIOS = ROOT / "scenarios"
CASSETTES = ROOT / "cassettes"
MODELS = ("careful", "hasty", "stubborn")


class Seen(NamedTuple):
    """One case of the suite with what its replay gave."""

    case: Case
    outcome: Outcome

    @property
    def trace(self) -> Trace:
        """What happened."""
        return self.outcome.trace

    @property
    def verdict(self) -> Verdict:
        """What the trace comes to, on a day before any known failure must be mended."""
        return judge(self.trace, self.case.scenario, played(self.outcome))

    @property
    def calls(self) -> list[Call]:
        """All calls of the case, in order."""
        return calls_of(self.trace.turns)

    @property
    def rounds(self) -> Iterator[tuple[Turn, Round]]:
        """All rounds of the case, each with its turn."""
        return ((turn, round_) for turn in self.trace.turns for round_ in turn.rounds)

    @property
    def held(self) -> Iterator[tuple[Turn, Round]]:
        """The rounds with calls that waited for the user, one for each checkpoint, each with its turn."""
        return ((turn, turn.rounds[one.round - 1]) for turn in self.trace.turns for one in turn.checkpoints)

    @property
    def limit(self) -> int:
        """How many rounds a turn may have."""
        return self.case.settings.loop.max_rounds

    def known(self, call: Call) -> bool:
        """Tell whether the catalogue has the tool that a call names."""
        return call.name in self.case.settings.catalogue.tools

    def asks(self, call: Call) -> bool:
        """Tell whether the catalogue says that the user is asked about a call."""
        return self.known(call) and self.case.settings.catalogue.tools[call.name].confirm


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Return the bundled scenarios."""
    return tuple(select(SCENARIOS))


@cache
def cases() -> tuple[Case, ...]:
    """Return the cases that `make run` replays."""
    (words,) = re.findall(r"harness run (\w+=\S+(?: \w+=\S+)*)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    return plan(scenarios(), compose(Conf(ROOT / "conf"), words.split()))


@cache
def replay() -> tuple[Seen, ...]:
    """Return all cases with what their replay gives."""
    return tuple(map(Seen, cases(), asyncio.run(run_many(cases(), CASSETTES, jobs=8))))


@cache
def verdicts() -> tuple[Verdict, ...]:
    """Return the verdicts on the whole suite."""
    return tuple(one.verdict for one in replay())


def script(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario's script as it is written."""
    data: dict[str, Any] = yaml.safe_load(scenario.script_path.read_text("utf-8"))
    return data


# What stands in the folder


def test_there_is_enough_to_see() -> None:
    """There are at least thirty scenarios in at least five areas of at least four each."""
    areas = Counter(scenario.id.split("/")[0] for scenario in scenarios())
    assert sum(areas.values()) >= 30
    assert len([area for area, number in areas.items() if number >= 4]) == len(areas) >= 5


def test_titles_are_sentences() -> None:
    """Each title is one plain sentence of its own."""
    titles = [scenario.file.title for scenario in scenarios()]
    assert [title for title in titles if not re.fullmatch(r"[A-Z](?:(?![.!?] [A-Z]).){10,110}\.", title)] == []
    assert len(set(titles)) == len(titles)


def test_every_model_plays_every_scenario() -> None:
    """Each script has replies for each of the three models, and each scenario applies to all of them."""
    assert {scenario.id: tuple(script(scenario)) for scenario in scenarios()} == {
        scenario.id: MODELS for scenario in scenarios()
    }
    played = {(case.scenario.id, case.settings.model.label) for case in cases()}
    assert played == {(scenario.id, model) for scenario in scenarios() for model in MODELS}


def test_no_script_and_no_module_is_left_over() -> None:
    """Each file below the folder is a scenario, a script of one, a module that one names, a schema or the guide."""
    used = {scenario.document.path for scenario in scenarios()} | {scenario.script_path for scenario in scenarios()}
    used |= {one.document.path.with_name(one.file.module) for one in scenarios() if one.file.module}
    found = {path for path in SCENARIOS.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    schemas = {SCENARIOS.parent / name for name in (SCENARIO, SCRIPT)}
    assert found == used | schemas | {SCENARIOS / "README.md"}


def test_every_case_has_its_cassette_and_no_other_is_there() -> None:
    """The cassettes are those of the cases under each model and role that a scenario names, and no more."""
    assert sorted(CASSETTES.rglob("*.yaml")) == sorted(case.cassette(CASSETTES) for case in cases())


def test_the_guide_names_every_scenario_and_every_tag() -> None:
    """The guide's section about the suite has a line for each scenario and names each tag, in order, and no other."""
    guide = (SCENARIOS / "README.md").read_text("utf-8").split("\n## What is here\n")[1]
    assert re.findall(r"^\| `(\w+/\w+)` \|", guide, re.MULTILINE) == [scenario.id for scenario in scenarios()]
    rows = guide.split("| tags |")[1].splitlines()
    named = [tag for row in rows for tag in re.findall(r"`(\w+)`", row.split(" | ")[0])]
    assert sorted(named) == sorted({tag for scenario in scenarios() for tag in scenario.file.tags})


# What the expectations say


MATCHERS = {"matches", "type", "near", "one_of", "anything"}
KEYS = {
    *Expectation.model_fields,
    *(f"calls: {mode}" for mode in MODES),
    *(f"which: {which}" for which in get_args(Which)),
    *(f"match: {how}" for how in ("exact", "partial", "ignore", "except")),
    *(f"matcher: {key}" for key in MATCHERS),
    *(f"checkpoints: {key}" for key in ExpectedCheckpoint.model_fields),
    "reference",
}
"""The keys of expectations that the suite shows, with the words that stand behind them."""
ONCE = {"known", "error"}
"""Those that one scenario is enough for."""


def _matchers(pattern: object) -> Iterator[str]:
    """Yield the matchers in the value of an argument or of a state."""
    if isinstance(pattern, dict):
        yield from pattern.keys() & MATCHERS
    for part in pattern.values() if isinstance(pattern, dict) else pattern if isinstance(pattern, list) else ():
        yield from _matchers(part)


def _match(match: Match) -> str:
    return f"match: {'except' if match.without else match.how}"


def _said(expect: TurnExpectation) -> Iterator[str]:
    """Yield the keys of one expectation, and what is said behind them."""
    yield from expect.model_fields_set
    for calls in expect.calls:
        yield from (f"calls: {calls.mode}", f"which: {calls.which}", _match(calls.match))
    yield from (f"which: {amount.which}" for amount in (expect.count or {}).values())
    for call in [
        *(call for calls in expect.calls for call in calls.wanted),
        *(call for group in (*expect.before, *expect.together, *expect.apart) for call in group),
    ]:
        yield _match(call.matched)
        yield from (f"matcher: {key}" for value in call.arguments.values() for key in _matchers(value))
    yield from (f"matcher: {key}" for value in (expect.state or {}).values() for key in _matchers(value))
    if expect.checkpoints is not None and not isinstance(expect.checkpoints, Amount):
        yield from (f"checkpoints: {key}" for one in expect.checkpoints for key in one.model_fields_set)


def _keys(file: ScenarioFile) -> set[str]:
    """Return the keys by which a scenario says what must come out."""
    said = {key for _, expect in expectations(file) for key in _said(expect)}
    said |= {_match(call.matched) for call in referred(file.reference or [])}
    return said | (file.model_fields_set & {"known", "reference"})


def test_every_key_of_an_expectation_is_shown() -> None:
    """Two scenarios at least use each key of an expectation, each mode, each matcher; one is enough for a few."""
    used = Counter(key for scenario in scenarios() for key in _keys(scenario.file))
    assert {key: used[key] for key in sorted(KEYS) if used[key] < 2 - (key in ONCE)} == {}


# What comes out


@pytest.mark.slow
def test_everything_replays_green() -> None:
    """All cases of the suite replay as recorded and as expected, but for the one that is known to fail."""
    assert {one.case: one for one in verdicts() if one.status not in ("passed", "known")} == {}
    assert [one.case for one in verdicts() if one.status == "known"] == ["calendar/moved_dentist@hasty/chat+all"]
    assert [note for one in verdicts() for note in one.notes] == []


def _repeated(seen: Seen, *outcomes: str) -> bool:
    """Tell whether a call is asked for again as it was, in the same turn, after one of these outcomes."""
    return any(
        one.outcome in outcomes and (one.name, one.raw_arguments) == (other.name, other.raw_arguments)
        for turn in seen.trace.turns
        for at, one in enumerate(calls_of([turn]))
        for other in calls_of([turn])[at + 1 :]
    )


def _recovered(seen: Seen) -> bool:
    """Tell whether a tool fails, and then works with other arguments, and the turn ends with a text."""
    return seen.trace.stop == "final" and any(
        one.outcome == "failed"
        and any(other.outcome == "executed" and other.name == one.name for other in seen.calls[at + 1 :])
        and not _repeated(seen, "failed")
        for at, one in enumerate(seen.calls)
    )


FEATURES: dict[str, tuple[str, Callable[[Seen], bool]]] = {
    "a denied write": (
        "files/denied_write",
        lambda seen: any((call.name, call.outcome) == ("file_write", "denied") for call in seen.calls),
    ),
    "a confirmed write": (
        "files/confirmed_write",
        lambda seen: any(
            (call.name, call.decision, call.outcome) == ("file_write", "confirmed", "executed") for call in seen.calls
        ),
    ),
    "a denied call that is asked for again": ("files/denied_write", lambda seen: _repeated(seen, "denied")),
    "two checkpoints in one turn": (
        "calendar/second_slot",
        lambda seen: any(
            [one.answer for one in turn.checkpoints] == ["denied", "confirmed"] for turn in seen.trace.turns
        ),
    ),
    "the same in the other order": (
        "files/kept_original",
        lambda seen: any(
            [one.answer for one in turn.checkpoints] == ["confirmed", "denied"] for turn in seen.trace.turns
        ),
    ),
    "a checkpoint inside a parallel batch": (
        "files/denied_delete",
        lambda seen: any(
            {("denied", "denied"), ("none", "executed")} <= {(call.decision, call.outcome) for call in round_.calls}
            for _, round_ in seen.held
        ),
    ),
    "what runs at once sees nothing of what waits": (
        "files/read_too_early",
        lambda seen: (
            any([call.result for call in round_.calls][1:] == ["41"] for _, round_ in seen.held)
            and seen.calls[-1].result == "42"
        ),
    ),
    "several calls under one question": (
        "mail/invitations",
        lambda seen: any(len(one.pending) == 3 for turn in seen.trace.turns for one in turn.checkpoints),
    ),
    "confirm_allow": (
        "files/failing_test",
        lambda seen: any(
            seen.asks(call) and (call.decision, call.outcome) == ("none", "executed") for call in seen.calls
        ),
    ),
    "confirm_allow beside a question": (
        "access/trusted_notes",
        lambda seen: any(
            {("file_write", "none"), ("file_delete", "denied")}
            <= {(call.name, call.decision) for call in round_.calls if seen.asks(call)}
            for _, round_ in seen.held
        ),
    ),
    "confirm_deny": (
        "access/asked_first",
        lambda seen: any(not seen.asks(call) and call.decision == "denied" for call in seen.calls),
    ),
    "confirm_deny over confirm_allow": (
        "access/both_lists",
        lambda seen: any(
            call.decision == "confirmed"
            and call.name in seen.case.scenario.file.acts_as.confirm_allow
            and call.name in seen.case.scenario.file.acts_as.confirm_deny
            for call in seen.calls
        ),
    ),
    "a checkpoint at the round limit": (
        "loop/question_at_the_limit",
        lambda seen: any(
            turn.stop == "max_rounds"
            and turn.checkpoints[-1].round == seen.limit
            and len(turn.rounds) == seen.limit + 1
            and any(call.outcome == "executed" for call in turn.rounds[seen.limit - 1].calls)
            for turn in seen.trace.turns
            if turn.checkpoints
        ),
    ),
    "a question that is the last round": (
        "loop/question_at_the_limit",
        lambda seen: any(
            turn.stop == "max_rounds" and turn.checkpoints[-1].round == len(turn.rounds) - 1 == seen.limit - 1
            for turn in seen.trace.turns
            if turn.checkpoints
        ),
    ),
    "the round limit": (
        "web/endless_serial",
        lambda seen: any(
            turn.stop == "max_rounds" and len(turn.rounds) == seen.limit and not turn.checkpoints
            for turn in seen.trace.turns
        ),
    ),
    "unreadable arguments": (
        "loop/unreadable_arguments",
        lambda seen: any(call.arguments is None and call.outcome == "executed" for call in seen.calls),
    ),
    "unreadable arguments that were confirmed": (
        "mail/garbled_order",
        lambda seen: any(call.arguments is None and call.decision == "confirmed" for call in seen.calls),
    ),
    "a forbidden tool": (
        "access/guest",
        lambda seen: any(
            call.outcome == "refused" and seen.known(call) and call.name not in turn.offered
            for turn, round_ in seen.rounds
            for call in round_.calls
        ),
    ),
    "a tool that does not exist": (
        "access/invented_tool",
        lambda seen: any(call.outcome == "refused" and not seen.known(call) for call in seen.calls),
    ),
    "an allow-list that hides a tool": (
        "access/hidden_mail",
        lambda seen: any(
            (call.decision, call.outcome) == ("confirmed", "refused") and call.name not in seen.case.settings.allow
            for call in seen.calls
            if seen.case.settings.allow is not None and seen.known(call)
        ),
    ),
    "a hidden tool that is denied": (
        "access/no_shell",
        lambda seen: any(
            call.outcome == "denied" and call.name not in turn.offered
            for turn, round_ in seen.rounds
            for call in round_.calls
        ),
    ),
    "a tool error that the model recovers from": ("files/missing_file", _recovered),
    "a confirmed call that fails, and recovery": (
        "calendar/double_booking",
        lambda seen: (
            _recovered(seen) and any((call.decision, call.outcome) == ("confirmed", "failed") for call in seen.calls)
        ),
    ),
    "a failing call that is repeated": ("web/down_all_day", lambda seen: _repeated(seen, "failed")),
    "a call of a batch that fails": (
        "web/one_of_three",
        lambda seen: any(
            [call.outcome for call in round_.calls] == ["executed", "failed", "executed"] for _, round_ in seen.rounds
        ),
    ),
    "several turns": ("calendar/rehearsals", lambda seen: seen.trace.counts.turns == 3),
    "denied in one turn, confirmed in the next": (
        "mail/second_thoughts",
        lambda seen: (
            [{call.decision for call in calls_of([turn])} for turn in seen.trace.turns] == [{"denied"}, {"confirmed"}]
        ),
    ),
    "a session": ("calendar/birthday", lambda seen: bool(seen.case.scenario.file.session)),
    "a session longer than is sent": (
        "loop/long_ago",
        lambda seen: len(seen.case.scenario.file.session) > seen.case.settings.loop.history,
    ),
    "a workspace checked at the end": (
        "files/tidy_up",
        lambda seen: (
            seen.trace.turns[-1].workspace == {"draft-1.txt": None, "draft-2.txt": None}
            and any(
                part.workspace for part in (*seen.case.scenario.file.expect, *seen.case.scenario.file.turns[-1].expect)
            )
        ),
    ),
    "a workspace that a denial leaves alone": (
        "files/denied_delete",
        lambda seen: seen.trace.turns[-1].workspace == {} and any(call.outcome == "denied" for call in seen.calls),
    ),
    "confirmed calls in the order asked for": (
        "files/two_writes",
        lambda seen: (
            seen.trace.turns[-1].workspace == {"list.txt": "cheese"}
            and any(len(round_.calls) == 2 for _, round_ in seen.held)
        ),
    ),
    "a state over several turns": (
        "calendar/rehearsals",
        lambda seen: [len((turn.state or {})["appointments"]) for turn in seen.trace.turns] == [1, 2, 2],
    ),
    "an id used twice": (
        "loop/repeated_id",
        lambda seen: (
            len({call.id for call in seen.calls}) < len(seen.calls)
            and any(call.outcome == "denied" for call in seen.calls)
        ),
    ),
    "an id used twice in one message": (
        "loop/repeated_id",
        lambda seen: any(
            [(call.id, call.outcome) for call in round_.calls] == [("call_1", "executed"), ("call_1", "denied")]
            for _, round_ in seen.held
        ),
    ),
    "a question that nobody answers": (
        "mail/unanswered",
        lambda seen: seen.trace.stop == "unanswered" and seen.calls[-1].outcome == "pending",
    ),
    "an error of the endpoint": (
        "loop/endpoint_error",
        lambda seen: seen.trace.stop == "error" and seen.trace.counts.turns == 2,
    ),
    "calls dropped for their finish_reason": (
        "loop/dropped_calls",
        lambda seen: any(one.kind == "dropped_calls" for one in seen.trace.anomalies),
    ),
    "calls beside a notice": (
        "loop/calls_on_notice",
        lambda seen: any(one.kind == "calls_on_notice" for one in seen.trace.anomalies),
    ),
    "a known failure": ("calendar/moved_dentist", lambda seen: seen.verdict.status == "known"),
    "a reference path that is kept to": (
        "files/confirmed_write",
        lambda seen: seen.verdict.scores is not None and seen.verdict.scores.in_order.f1 == 1,
    ),
    "a reference path in another order": (
        "files/confirmed_write",
        lambda seen: (
            seen.verdict.scores is not None and seen.verdict.scores.in_order.f1 < 1 == seen.verdict.scores.any_order.f1
        ),
    ),
    "a reference path with detours": (
        "files/missing_file",
        lambda seen: (
            seen.verdict.scores is not None
            and seen.verdict.scores.in_order.recall == 1
            and seen.verdict.scores.in_order.precision < 1
        ),
    ),
    "an end without a text": (
        "loop/empty_final",
        lambda seen: any(one.kind == "empty_final" for one in seen.trace.anomalies),
    ),
}
"""What the suite shows: the scenario that shows it, and how it is seen on the trace of one model at least."""


@pytest.mark.slow
def test_every_feature_is_shown() -> None:
    """Each thing that the suite is there to show is seen on a trace of the scenario that stands for it."""
    shown = {
        feature
        for feature, (name, holds) in FEATURES.items()
        for seen in replay()
        if seen.case.scenario.id == name and holds(seen)
    }
    assert [feature for feature in FEATURES if feature not in shown] == []


@pytest.mark.slow
def test_every_anomaly_of_the_traffic_is_shown() -> None:
    """Each kind of anomaly is met but for calls that nobody asked for, which only a broken loop makes."""
    kinds = {one.kind for seen in replay() for one in seen.trace.anomalies}
    assert kinds == {*get_args(AnomalyKind)} - {"unasked_execution"}


@pytest.mark.slow
def test_the_models_have_habits() -> None:
    """Only careful meets no anomaly; only stubborn asks again for what was denied or refused, and ends in silence."""
    strange = {seen.trace.model for seen in replay() if seen.trace.anomalies}
    again = {seen.trace.model for seen in replay() if _repeated(seen, "denied", "refused")}
    silent = {seen.trace.model for seen in replay() if any(turn.response == "" for turn in seen.trace.turns)}
    parallel = Counter(seen.trace.model for seen in replay() if any(len(round_.calls) > 1 for _, round_ in seen.rounds))
    assert (strange, again, silent) == ({"hasty", "stubborn"}, {"stubborn"}, {"stubborn"})
    assert parallel["hasty"] > parallel["stubborn"] > parallel["careful"]


def _tags(scenario: Scenario) -> set[str]:
    """Return the tags that a scenario must carry, by its file and by its traces."""
    file = scenario.file
    traces = [seen for seen in replay() if seen.case.scenario.id == scenario.id]
    calls = [call for seen in traces for call in seen.calls]
    holds = {
        "access": file.acts_as.access != "user"
        or any(part.offered is not None for turn in file.turns for part in turn.expect),
        "checkpoint": any(seen.trace.counts.checkpoints for seen in traces),
        "confirm_allow": bool(file.acts_as.confirm_allow),
        "confirm_deny": bool(file.acts_as.confirm_deny),
        "parallel": any(len(round_.calls) > 1 for seen in traces for _, round_ in seen.rounds),
        "sequence": any(rule.sequence for rules in file.tools.values() for rule in rules),
        "session": bool(file.session),
        "turns": len(file.turns) > 1,
        "clock": file.now is not None,
        "workspace": file.workspace is not None,
        "state": file.module is not None,
        "limit": any(seen.trace.stop == "max_rounds" for seen in traces),
        "error": any(seen.trace.stop == "error" for seen in traces),
        "anomaly": any(seen.trace.anomalies for seen in traces),
        "refused": any(call.outcome == "refused" for call in calls),
        **{word: any(call.decision == word for call in calls) for word in ("confirmed", "denied", "unanswered")},
    }
    return {tag for tag, held in holds.items() if held}


@pytest.mark.slow
def test_tags_say_what_happens() -> None:
    """Each scenario carries the tags of what is in it and what its traces show; only recovery is a matter of taste."""
    said = {scenario.id: {*scenario.file.tags} - {"recovery"} for scenario in scenarios()}
    assert said == {scenario.id: _tags(scenario) for scenario in scenarios()}
