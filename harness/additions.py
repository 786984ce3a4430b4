"""What a try adds to a scenario's file: the answers and results that a person gave, and what was observed."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness.calls import shortest
from harness.naming import idle
from harness.pattern import literal
from harness.scenario import ScenarioFile
from harness.source import parse
from harness.splicing import Addition, added, spliced, yaml_lines
from harness.tools import UNCOVERED
from harness.trace import Call, Turn, calls_of

_BEHIND_TOOLS = ("turns", "expect", "reference", "known")


class Answered(NamedTuple):
    """An answer that a person gave at a checkpoint."""

    turn: int
    """The turn, counted from zero."""
    place: int
    """Its place among the answers of the turn, those that were given before it among them."""
    tools: Sequence[str]
    """What was pending."""
    confirmed: bool


class Given(NamedTuple):
    """What a person said that a call gives."""

    tool: str
    arguments: Mapping[str, Any]
    returns: Any

    @property
    def rule(self) -> dict[str, Any]:
        """The rule that gives it; a call without arguments stands for every call."""
        when = literal(self.arguments)
        return {**({"when": when} if when else {}), "returns": self.returns}


class Heard(NamedTuple):
    """What a try heard and saw."""

    answers: Sequence[Answered] = ()
    results: Sequence[Given] = ()
    turns: Sequence[Turn] = ()
    """The turns that began, in order."""


class Draft(NamedTuple):
    """A scenario's text with what it lacked."""

    text: str
    """The text; lines are new, and all others are as they were."""
    new: Sequence[Addition] = ()
    """What those lines add."""
    left: Sequence[Addition] = ()
    """What it lacks still, since no lines can add it where brackets or a single rule stand."""


def draft(text: str, heard: Heard) -> Draft:
    """Return a scenario's text with what a try heard and saw, as far as the file does not say it.

    What was observed is left out where it contradicts what the scenario expects.

    Raises:
        InputError: the text is no YAML.
    """
    data = parse(text, Path()).data
    new: list[Addition] = []
    left: list[Addition] = []
    said = [*_results(data, heard.results), *_answers(data, heard.answers)]
    for one in (*said, *_observed(data, heard.turns)):
        if one not in said and not _is_scenario(added(parse(text, Path()).data, one)):
            continue
        whole = spliced(text, one)
        (left if whole is None else new).append(one)
        text = text if whole is None else whole
    return Draft(text, tuple(new), tuple(left))


def to_paste(left: Sequence[Addition]) -> Iterator[str]:
    """Yield the lines of additions, each below the words that say where it belongs."""
    for one in left:
        above = list(one.way[:-1])
        if above[:1] == ["turns"]:
            above[:2] = [f"turn {int(above[1]) + 1}"]
        yield f"under {', '.join(map(str, above))}:" if above else "at the top:"
        yield from (f"  {line}" for line in yaml_lines(one))


def _results(data: Mapping[str, Any], results: Sequence[Given]) -> Iterator[Addition]:
    rules: dict[str, list[Any]] = {}
    for one in results:
        rules.setdefault(one.tool, []).append(one.rule)
    tools = data.get("tools")
    if rules and tools is None:
        yield Addition(("tools",), rules, _BEHIND_TOOLS)
        return
    for tool, new in rules.items():
        if tools is None or tool not in tools:
            yield Addition(("tools", tool), new)
        else:
            start = len(tools[tool]) if isinstance(tools[tool], list) else 1
            yield from (Addition(("tools", tool, start + at), rule) for at, rule in enumerate(new))


def _answers(data: Mapping[str, Any], answers: Sequence[Answered]) -> Iterator[Addition]:
    turns: dict[int, list[Answered]] = {}
    for one in answers:
        turns.setdefault(one.turn, []).append(one)
    for at, those in turns.items():
        new = [{"confirm" if one.confirmed else "deny": list(one.tools)} for one in those]
        if not data["turns"][at].get("answers"):
            yield Addition(("turns", at, "answers"), new, ("expect",))
        else:
            for one, answer in zip(those, new, strict=True):
                yield Addition(("turns", at, "answers", one.place), answer)


def _observed(data: Mapping[str, Any], turns: Sequence[Turn]) -> Iterator[Addition]:
    """Yield the calls and rounds of turns of which no calls are expected; of those that came to an end."""
    for at, turn in enumerate(turns):
        if turn.stop in ("unanswered", "error"):
            continue
        calls, rounds = _calls(turn), len(turn.rounds)
        match data["turns"][at].get("expect"):
            case None:
                yield Addition(("turns", at, "expect"), {"calls": calls, "rounds": rounds})
            case dict() as expect if "calls" not in expect:
                yield Addition(("turns", at, "expect", "calls"), calls)
                if "rounds" not in expect:
                    yield Addition(("turns", at, "expect", "rounds"), rounds)
            case list() as parts if not any("calls" in part for part in parts):
                yield Addition(("turns", at, "expect", len(parts)), {"calls": calls, "rounds": rounds})


def _calls(turn: Turn) -> dict[str, Any]:
    calls = list(map(_call, calls_of((turn,))))
    return {"in_order": calls} if calls else {"exact": []}


def _call(call: Call) -> Any:
    fate: dict[str, Any] = {} if call.decision == "none" else {"decision": call.decision}
    if call.outcome in ("failed", "refused") and UNCOVERED not in (call.result or ""):
        fate["outcome"] = call.outcome
    return shortest(call.name, call.arguments or {}, fate)


def _is_scenario(data: Any) -> bool:
    """Tell whether data are a scenario that says nothing in vain."""
    try:
        return not list(idle(ScenarioFile.model_validate(data)))
    except ValueError:
        return False
