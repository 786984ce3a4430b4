"""Cases: planned, run through the loop, put together as traces."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import selection
from harness.case import Case, plan
from harness.composition import Composition
from harness.errors import InputError
from harness.human import Scripted, Seen
from harness.loop import ReactLoop
from harness.outcome import Outcome
from harness.pieces import Pieces
from harness.recording import load
from harness.runner import run_many, try_case
from harness.scenario import ScenarioTurn
from harness.settings import Settings
from harness.tools import Tools
from harness.trace import Failure, Trace, calls_of
from tests.project import SCENARIO, SCRIPT, reworded, small, write
from tests.wire import settings


def composed(label: str = "m", **changes: Any) -> Composition:
    """Return settings with a scripted model and the tools of a file assistant."""
    one = settings("http://unused")
    tools = {"file_read": "read", "file_delete": "delete", "shell_exec": "root"}
    catalogue = one.catalogue.model_copy(
        update={"tools": {name: one.catalogue.tools[like] for name, like in tools.items()}}
    )
    model = one.model.model_copy(update={"label": label, "type": "scripted", "model_name": None})
    return Composition(one.model_copy(update={"catalogue": catalogue, "model": model, **changes}), {}, ())


def cases(root: Path, *compositions: Composition, words: Sequence[str] = ()) -> tuple[Case, ...]:
    """Plan the scenarios of a project."""
    return plan(selection.select(root / "scenarios", words), compositions or (composed(),))


def run(root: Path, planned: Sequence[Case], *, live: bool = False, jobs: int = 4) -> list[Outcome]:
    """Run cases of a project."""
    return asyncio.run(run_many(planned, root / "cassettes", live=live, jobs=jobs))


def test_plan_goes_by_scenario_settings_and_repeat(tmp_path: Path) -> None:
    """Cases come in the order of scenarios, then settings, then repeats, and only where the scenario applies."""
    small(tmp_path)
    role = composed().settings.role.model_copy(update={"label": "research"})
    planned = cases(tmp_path, composed("a", repeats=2), composed("b", role=role, variant="research+all"))
    assert [case.id for case in planned] == [
        "files/denied@a/chat+all",
        "files/denied@a/chat+all~2",
        "talk/hello@a/chat+all",
        "talk/hello@a/chat+all~2",
        "talk/hello@b/research+all",
    ]


def test_cases_that_would_share_a_cassette_are_refused(tmp_path: Path) -> None:
    """Two models of one label, also in other letters, are an error that names both cases."""
    small(tmp_path)
    with pytest.raises(InputError) as raised:
        cases(tmp_path, composed("a"), composed("A"), words=["talk"])
    assert raised.value.problems == (
        "the cases talk/hello@a/chat+all and talk/hello@A/chat+all would share a cassette; give them different labels",
    )


def test_what_settings_do_not_have_is_named_with_its_place(tmp_path: Path) -> None:
    """Unknown tools and access levels are found before anything runs, all at once."""
    write(
        tmp_path,
        scenarios__a=SCENARIO.replace("shell_exec", "shel_exec").replace("tools:", "as: {access: usr}\ntools:"),
    )
    with pytest.raises(InputError) as raised:
        cases(tmp_path)
    name = str(tmp_path / "scenarios/a.yaml")
    assert raised.value.problems == (
        f"{name}:19:11: the catalogue 'c' has no tool 'shel_exec' (did you mean 'shell_exec'?)",
        f"{name}:4:14: there is no access level 'usr' (did you mean 'user'?); there are: guest, user, admin",
    )


def test_replay_gives_the_trace_that_was_recorded(tmp_path: Path) -> None:
    """A trace is the same live and replayed, and nothing is left unplayed."""
    small(tmp_path)
    live = run(tmp_path, cases(tmp_path), live=True)
    again = run(tmp_path, cases(tmp_path))
    assert [outcome.trace for outcome in live] == [outcome.trace for outcome in again]
    assert [(outcome.saved, outcome.unplayed) for outcome in live + again] == [(True, 0)] * 2 + [(False, 0)] * 2


TURNS = """\
title: Later turns see the earlier ones.
session:
  - {role: user, content: One.}
  - {role: assistant, content: Two.}
tools: {file_read: Text.}
turns:
  - user: Three?
  - user: Four?
"""
TURNS_SCRIPT = """\
any:
  - - calls: [file_read]
    - text: Three.
  - text: Four.
"""


def requests(root: Path, name: str) -> list[Any]:
    """Return the request bodies of a cassette."""
    recording = load(root / f"cassettes/m/chat+all/{name}.yaml", Pieces(root / "cassettes"))
    return [recording.body(at) for at in range(len(recording))]


def test_later_turns_see_earlier_texts_only(tmp_path: Path) -> None:
    """A later turn gets the session, the earlier user messages and the final texts, and no tool messages."""
    write(tmp_path, scenarios__a=TURNS, scenarios__a_script=TURNS_SCRIPT)
    [outcome] = run(tmp_path, cases(tmp_path), live=True)
    assert outcome.trace.stop == "final"
    assert [(message["role"], message["content"]) for message in requests(tmp_path, "a")[2]["messages"][1:]] == [
        ("user", "One."),
        ("assistant", "Two."),
        ("user", "Three?"),
        ("assistant", "Three."),
        ("user", "Four?"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "stop", "saved"),
    [
        ("[file_delete]", "[file_read]", "unanswered", True),
        ("rounds: 3", "rounds: 1", "final", True),
        ("old.txt and", "and", "final", True),
    ],
)
def test_traffic_that_was_paid_for_is_saved(tmp_path: Path, old: str, new: str, stop: str, saved: bool) -> None:
    """A cassette is written also when the case is unanswered or its expectations fail."""
    write(tmp_path, scenarios__a=SCENARIO.replace(old, new), scenarios__a_script=SCRIPT)
    [outcome] = run(tmp_path, cases(tmp_path), live=True)
    assert (outcome.trace.stop, outcome.saved) == (stop, saved)


ERROR = """\
title: The endpoint refuses.
turns:
  - user: Hello?
    expect: {stop: error, error: {contains: no credit}}
"""
ERROR_SCRIPT = """\
any:
  - {status: 402, text: You have no credit left.}
"""


def test_an_expected_error_is_saved_and_an_unexpected_one_is_not(tmp_path: Path) -> None:
    """An endpoint's error is stored only where the scenario expects it, with the provider's own message."""
    write(tmp_path, scenarios__a=ERROR, scenarios__a_script=ERROR_SCRIPT)
    write(tmp_path, scenarios__b="title: T.\nturns: [user: Hello?]\n", scenarios__b_script=ERROR_SCRIPT)
    outcomes = run(tmp_path, cases(tmp_path), live=True)
    failure = Failure(kind="model", message="HTTP 402: You have no credit left.")
    assert [outcome.trace.error for outcome in outcomes] == [failure, failure]
    assert [outcome.saved for outcome in outcomes] == [True, False]
    assert run(tmp_path, cases(tmp_path, words=["a"]))[0].trace == outcomes[0].trace


def test_a_script_without_a_reply_says_where(tmp_path: Path) -> None:
    """A scripted model that has no reply left names the place in its script."""
    script = "any:\n  - - calls: [file_read]\n"
    write(tmp_path, scenarios__a="title: T.\nturns: [user: Hello?]\n", scenarios__a_script=script)
    [outcome] = run(tmp_path, cases(tmp_path), live=True)
    assert outcome.trace.error is not None
    assert outcome.trace.error.message == (
        f"HTTP 418: {tmp_path}/scenarios/a.script.yaml:2:5: the script has no reply for request 2 of turn 1; "
        "add a step there"
    )


def test_a_missing_script_says_so(tmp_path: Path) -> None:
    """A scripted model without a script beside the scenario is an error of that case only."""
    small(tmp_path)
    (tmp_path / "scenarios/talk/hello.script.yaml").unlink()
    first, second = run(tmp_path, cases(tmp_path), live=True)
    assert first.trace.error is None
    assert second.trace.error is not None
    assert second.trace.error.message.endswith("hello.script.yaml:1:1: there is no such file")


# Other loops


class Swallowing(ReactLoop):
    """A loop that answers with an apology whatever goes wrong."""

    async def run(self, *arguments: Any, **named: Any) -> Any:
        """Hide every error."""
        try:
            return await super().run(*arguments, **named)
        except Exception:  # noqa: BLE001 - that is what this loop does wrong
            return type("Result", (), {"response": "Sorry.", "checkpoint": None})()


class Crashing(ReactLoop):
    """A loop with a bug."""

    async def run(self, *_arguments: Any, **_named: Any) -> Any:
        """Divide by zero."""
        return 1 / 0


def swallowing(tools: Tools, one: Settings) -> Swallowing:
    """Make a loop that hides errors."""
    return Swallowing(tools, one)


def crashing(tools: Tools, one: Settings) -> Crashing:
    """Make a loop with a bug."""
    return Crashing(tools, one)


def unmade(_tools: Tools, _one: Settings) -> Crashing:
    """Fail to make a loop."""
    raise KeyError("no such thing")


class Odd(ReactLoop):
    """A loop that returns a text where a result belongs."""

    async def run(self, *_arguments: Any, **_named: Any) -> Any:
        """Return a text."""
        return "Done."


def odd(tools: Tools, one: Settings) -> Odd:
    """Make a loop that returns a text."""
    return Odd(tools, one)


def with_factory(planned: Sequence[Case], name: str) -> list[Case]:
    """Return cases that run through another loop."""
    return [
        replace(
            case,
            settings=case.settings.model_copy(
                update={"loop": case.settings.loop.model_copy(update={"factory": f"tests.test_runner:{name}"})}
            ),
        )
        for case in planned
    ]


def test_a_loop_cannot_hide_a_miss(tmp_path: Path) -> None:
    """A missing exchange ends the case even where the loop swallows the error."""
    small(tmp_path)
    run(tmp_path, cases(tmp_path), live=True)
    path = tmp_path / "cassettes/m/chat+all/talk/hello.yaml"
    reworded(path, "Hello?", "Hallo?")
    [outcome] = run(tmp_path, with_factory(cases(tmp_path, words=["talk"]), "swallowing"))
    assert outcome.trace.error is not None
    assert outcome.trace.error.kind == "stale"


def test_a_crash_is_an_error_of_its_case(tmp_path: Path) -> None:
    """A loop's crash is an error with its place, and the other cases go on."""
    small(tmp_path)
    run(tmp_path, cases(tmp_path), live=True)
    planned = cases(tmp_path)
    outcomes = run(tmp_path, [*with_factory(planned[:1], "crashing"), planned[1]])
    assert outcomes[0].trace.error is not None
    assert outcomes[0].trace.error.kind == "loop"
    assert outcomes[0].trace.error.message.startswith("the loop crashed with ZeroDivisionError: division by zero at ")
    assert outcomes[1].trace.error is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("unmade", "the loop crashed with KeyError: 'no such thing' at "),
        ("odd", "the loop returned str, not a result with a text as response and a checkpoint or None"),
    ],
)
def test_a_loop_that_is_none_is_an_error_of_its_case(tmp_path: Path, name: str, message: str) -> None:
    """A factory that fails, and a loop that returns no result, end their case with an error."""
    small(tmp_path)
    run(tmp_path, cases(tmp_path), live=True)
    [outcome] = run(tmp_path, with_factory(cases(tmp_path, words=["talk"]), name))
    assert outcome.trace.error is not None
    assert outcome.trace.error.message.startswith(message)


def test_case_ids_and_traces_agree(tmp_path: Path) -> None:
    """A trace carries the id, scenario, model, variant and repeat of its case."""
    small(tmp_path)
    planned = cases(tmp_path, composed("a", repeats=2, variant="chat+all~loop.max_rounds=3"), words=["talk"])
    traces = [outcome.trace for outcome in run(tmp_path, planned, live=True)]
    assert [(t.case, t.scenario, t.model, t.variant, t.repeat) for t in traces] == [
        ("talk/hello@a/chat+all~loop.max_rounds=3", "talk/hello", "a", "chat+all~loop.max_rounds=3", 1),
        ("talk/hello@a/chat+all~loop.max_rounds=3~2", "talk/hello", "a", "chat+all~loop.max_rounds=3", 2),
    ]
    assert all(Trace.model_validate_json(trace.model_dump_json()) == trace for trace in traces)


class Diary(Scripted):
    """The scripted human, who writes down what happens."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[tuple[object, ...]] = []
        self._seen: Seen | None = None

    def begins(self, number: int, turn: ScenarioTurn, seen: Seen) -> None:
        """Write down the turn."""
        super().begins(number, turn, seen)
        self._seen = seen
        self.pages.append(("begins", number, turn.user))

    def waits(self) -> None:
        """Write down what is known of calls before the model is asked."""
        seen = self._seen() if self._seen else None
        calls = [(call.name, call.outcome) for call in calls_of([seen] if seen else [])]
        self.pages.append(("waits", *calls))

    def answer(self, pending: Sequence[str]) -> bool | None:
        """Write down the checkpoint."""
        self.pages.append(("pauses", *pending))
        return super().answer(pending)

    def ended(self, seen: Seen) -> None:
        """Write down the response."""
        self.pages.append(("ended", seen().response))


def test_who_is_there_hears_what_happens(tmp_path: Path) -> None:
    """A case that is tried is run like one that is recorded, tells somebody as it happens, and stores nothing."""
    small(tmp_path)
    [case] = cases(tmp_path, words=["files"])
    before = sorted(tmp_path.rglob("*"))
    diary = Diary()
    outcome = asyncio.run(try_case(case, diary))
    assert diary.pages == [
        ("begins", 1, "Delete old.txt and read me b.txt."),
        ("waits",),
        ("waits", ("file_delete", "pending"), ("file_read", "executed")),
        ("pauses", "file_delete"),
        ("waits", ("file_delete", "denied"), ("file_read", "executed")),
        ("ended", "I kept it."),
    ]
    assert (outcome.saved, outcome.state, outcome.recorded) == (False, None, 3)
    assert sorted(tmp_path.rglob("*")) == before
    [recorded] = run(tmp_path, [case], live=True)
    assert recorded.trace == outcome.trace
