"""How many requests it takes to record cases, by what is recorded of them and of others of their scenarios."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.case import Case
from harness.cassette import Drifted
from harness.cli import main
from harness.drift import Drift
from harness.forecast import Forecast, forecasts, told
from harness.outcome import Outcome
from harness.trace import Failure
from tests.build import case, ended, outcome, scenario, settings, trace, turn
from tests.project import small

DRIFT = Drifted("turn 1, round 1", Drift("task", "the user's message"))


def of(name: str, text: str = "{title: T., turns: [{user: Go.}]}", variant: str = "chat+all") -> Case:
    """Return a case of a scenario."""
    return case(scenario(text, Path(f"scenarios/{name}.yaml")), settings(variant=variant))


def came(one: Case, kind: str | None, recorded: int | None = None) -> Outcome:
    """Return what came of a case, with what ended it."""
    error = Failure(kind=kind, message="it ended") if kind else None
    seen = [DRIFT] if kind == "stale" else []
    return outcome(trace(turn(), error=error, case_id=one.id), one, recorded=recorded, drifted=seen)


def test_what_was_tried_tells(tmp_path: Path) -> None:
    """A case takes what is recorded of it, else what the longest other case of its scenario has, else one a turn."""
    read, unknown = came(of("area/a"), "stale", 3), came(of("area/b"), "missing")
    longer = came(of("area/b", variant="files+all"), "stale", 7)
    ids = [one.case.id for one in (read, unknown)]

    def expect(*outcomes: Outcome) -> list[Forecast]:
        found = forecasts([read.case, unknown.case], tmp_path, ended(*outcomes))
        assert list(found) == ids
        return list(found.values())

    assert expect(read, unknown) == [Forecast(3, sure=True), Forecast(1, sure=False)]
    assert expect(read, unknown, longer) == [Forecast(3, sure=True), Forecast(7, sure=True)]


def test_what_is_not_recorded_takes_one_a_turn(tmp_path: Path) -> None:
    """Where nothing tells, there is at least one request for each turn."""
    two = of("area/a", "{title: T., turns: [{user: Go.}, {user: On.}]}")
    assert forecasts([two], tmp_path) == {two.id: Forecast(2, sure=False)}


@pytest.mark.parametrize(
    ("kind", "recorded", "expected"),
    [
        (None, 4, Forecast(4, sure=True)),
        ("overrun", 4, Forecast(5, sure=False)),
        ("ceiling", 4, Forecast(5, sure=False)),
        ("busy", None, Forecast(1, sure=False)),
        ("unreadable", None, Forecast(1, sure=False)),
    ],
)
def test_what_ended_a_case_tells(tmp_path: Path, kind: str | None, recorded: int | None, expected: Forecast) -> None:
    """One that asked for more than is recorded, or was cut off, takes more than that."""
    one = of("area/a")
    assert forecasts([one], tmp_path, ended(came(one, kind, recorded))) == {one.id: expected}


def test_what_was_not_played_is_not_asked_again(tmp_path: Path) -> None:
    """A case that asked for less than is recorded takes what it asked for."""
    one = of("area/a")
    partly = replace(outcome(trace(turn(), case_id=one.id), one, recorded=5), unplayed=2)
    assert forecasts([one], tmp_path, ended(partly)) == {one.id: Forecast(3, sure=True)}


def test_cassettes_tell_where_nothing_was_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case's own cassette counts, then the longest of its scenario under any settings; broken ones do not."""
    monkeypatch.chdir(small(tmp_path))
    assert main(["record", "role=chat,files"]) == 0
    folder = tmp_path / "cassettes"
    denied, other, hello = of("files/denied"), of("files/denied", variant="coder+all"), of("talk/denied")
    (folder / "careful/files+all/files/denied.yaml").rename(folder / "careful/files+all/files/denied~2.yaml")
    found = forecasts([denied, other, hello], folder)
    assert list(found.values()) == [Forecast(3, sure=True), Forecast(3, sure=True), Forecast(1, sure=False)]
    for path in folder.rglob("*.yaml"):
        path.write_text("broken", "utf-8")
    assert set(forecasts([denied, other], folder).values()) == {Forecast(1, sure=False)}


def test_a_cut_case_takes_what_its_old_cassette_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was recorded before a ceiling was reached says nothing where the old cassette says more."""
    monkeypatch.chdir(small(tmp_path))
    assert main(["record"]) == 0
    one = of("files/denied")
    assert forecasts([one], tmp_path / "cassettes", ended(came(one, "ceiling", 1))) == {one.id: Forecast(3, sure=True)}


def test_told_in_words() -> None:
    """All together are about so many, or at least so many where one of them is not sure."""
    sure, unsure = Forecast(1, sure=True), Forecast(1000, sure=False)
    assert [told([sure]), told([sure] * 2), told([sure, unsure])] == [
        "about 1 request",
        "about 2 requests",
        "at least 1,001 requests",
    ]
