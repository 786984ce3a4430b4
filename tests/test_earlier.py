"""What cases are compared with: the committed baseline, or a stored run."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness import baseline
from harness.archive import begin
from harness.brief import brief
from harness.check import Replay, Verdict
from harness.compare import Accepted, subject_of
from harness.earlier import earlier
from harness.errors import InputError
from harness.trace import Trace
from tests.build import CASE, accept, case, finish, outcome, scenario, trace, turn


def verdict(of: Trace, status: str = "passed") -> Verdict:
    """Return a verdict on a trace that comes from the cassette `abc`."""
    return Verdict.model_validate(
        {"case": of.case, "place": "s.yaml:1:1", "status": status, "findings": (), "error": None}
    ).model_copy(update={"replay": Replay(cassette="abc")})


def test_there_is_nothing_at_first(tmp_path: Path) -> None:
    """Without a baseline nothing is compared, also where its folder holds no trace yet."""
    assert earlier(tmp_path, None) is None
    (tmp_path / "baseline").mkdir()
    (tmp_path / "baseline/README.md").write_text("Traces.\n", "utf-8")
    assert earlier(tmp_path, None) is None


def test_the_committed_baseline(tmp_path: Path) -> None:
    """Where no run is named the baseline gives what was accepted of a case, and what is gone."""
    one, old = trace(turn()), trace(turn(), case_id="area/old@careful/chat+all")
    accept(tmp_path, [(one, verdict(one)), (old, verdict(old))])
    found = earlier(tmp_path, None)
    assert found is not None
    assert found.name == str(tmp_path / "baseline")
    assert found.accepted(subject_of(one)) == baseline.accepted(tmp_path, subject_of(one))
    assert found.gone([brief(one)], 1) == {old.case: baseline.path_of(tmp_path, subject_of(old), 1)}


def test_a_stored_run(tmp_path: Path) -> None:
    """A run that is named stands in for the baseline: its judged cases, and those that are gone, without files."""
    traces = [
        trace(turn()),
        trace(turn(response="Other."), case_id=f"{CASE}~2", repeat=2).model_copy(update={"variant": "chat+all"}),
        trace(turn(), case_id="area/old@careful/chat+all"),
        trace(turn(), case_id="area/odd@careful/chat+all"),
        trace(turn(), case_id="area/old@hasty/chat+all"),
    ]
    cases = [case(scenario(path=Path(f"scenarios/{one.scenario}.yaml")), repeat=one.repeat) for one in traces]
    outcomes = [outcome(one, of) for one, of in zip(traces, cases, strict=True)]
    folder = begin(tmp_path, cases, datetime(2026, 3, 1, tzinfo=UTC))
    finish(folder, outcomes, [verdict(one, "error" if one is traces[3] else "passed") for one in traces])
    briefs = list(map(brief, traces))
    found = earlier(tmp_path, folder.path.name)
    assert found is not None
    assert found.name == str(folder.path)
    assert found.accepted(subject_of(traces[0])) == {
        1: Accepted(traces[0], "passed", "abc"),
        2: Accepted(traces[1], "passed", "abc"),
    }
    assert found.accepted(subject_of(traces[3])) == {}
    assert found.gone(briefs[:1], 1) == {traces[2].case: None}
    assert found.gone(briefs[:1], 2) == {traces[1].case: None, traces[2].case: None}


def test_a_run_that_is_not_there(tmp_path: Path) -> None:
    """A name that no run has is told."""
    with pytest.raises(InputError, match="'yesterday' is no stored run"):
        earlier(tmp_path, "yesterday")
