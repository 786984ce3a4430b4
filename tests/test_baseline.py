"""The committed traces: where they stand, what updates them, what does not."""

import json
from pathlib import Path

import pytest

from harness.baseline import path_of, update
from harness.cassette import Drifted
from harness.check import Verdict, judge
from harness.drift import Drift
from harness.errors import InputError
from harness.trace import Failure, Trace
from tests.build import CASE, case, outcome, trace, turn


def test_where_a_trace_stands(tmp_path: Path) -> None:
    """A case's trace stands below its model and variant, a repeat under its number."""
    assert path_of(tmp_path, case()) == tmp_path / "baseline/careful/chat+all/area/name.json"
    assert path_of(tmp_path, case(repeat=3)) == tmp_path / "baseline/careful/chat+all/area/name~3.json"


def test_updating(tmp_path: Path) -> None:
    """New and changed traces are written, indented, and what was done is counted; the same traces change nothing."""
    one, other = outcome(trace(turn())), outcome(trace(turn(response="Ärger: 🎉")))
    assert update(tmp_path, [one], [judge(one.trace, one.case.scenario)]).endswith("baseline: 1 new")
    path = path_of(tmp_path, one.case)
    assert Trace.model_validate_json(path.read_text("utf-8")) == one.trace
    assert (
        path.read_text("utf-8") == json.dumps(json.loads(path.read_text("utf-8")), indent=1, ensure_ascii=False) + "\n"
    )
    assert update(tmp_path, [one], [judge(one.trace, one.case.scenario)]).endswith("baseline: 1 unchanged")
    assert update(tmp_path, [other], [judge(other.trace, other.case.scenario)]).endswith("baseline: 1 changed")
    assert "Ärger: 🎉" in path.read_text("utf-8")


def test_what_is_refused(tmp_path: Path) -> None:
    """Cases that drifted or could not be judged refuse the whole update, and are named."""
    drifted = outcome(trace(turn()), drifted=[Drifted("turn 1, round 1", Drift("model", "model: a -> b"))])
    broken = outcome(trace(turn(stop="error"), error=Failure(kind="stale", message="stale")))
    good = outcome(trace(turn()))
    crashed = outcome(trace(turn(stop="error"), error=Failure(kind="loop", message="the loop crashed")))
    outcomes = [good, drifted, broken, broken, broken, broken, crashed]
    verdicts = [judge(one.trace, one.case.scenario, drift=list(map(str, one.drifted))) for one in outcomes]
    with pytest.raises(InputError) as caught:
        update(tmp_path, outcomes, verdicts)
    name = good.case.id
    assert caught.value.problems == (
        f"the baseline is not updated: 4 cases cannot be replayed, record first: {name}, {name}, {name} and 1 more",
        f"the baseline is not updated: 1 case could not be judged, mend first: {name}",
        f"the baseline is not updated: 1 case drifted from the recording, record first: {name}",
    )
    assert list(tmp_path.iterdir()) == []


def test_failed_cases_are_kept(tmp_path: Path) -> None:
    """A case that failed its expectations becomes part of the baseline like any other, and is counted."""
    good, bad = outcome(trace(turn())), outcome(trace(turn(), case_id=f"{CASE}~2"), case(repeat=2))
    failed = Verdict(case=bad.case.id, status="failed", findings=(), error=None)
    said = update(tmp_path, [good, bad], [judge(good.trace, good.case.scenario), failed])
    assert said.endswith("baseline: 2 new; 1 of them failed")
    assert Trace.model_validate_json(path_of(tmp_path, bad.case).read_text("utf-8")) == bad.trace


@pytest.mark.parametrize("place", ["baseline", "baseline/careful/chat+all/area/name.json"])
def test_what_cannot_be_written_is_told(tmp_path: Path, place: str) -> None:
    """A file where a folder should be, or the other way round, is told in one line with its path."""
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir() if path.suffix else path.write_text("", "utf-8")
    one = outcome(trace(turn()))
    with pytest.raises(InputError) as caught:
        update(tmp_path, [one], [judge(one.trace, one.case.scenario)])
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path_of(tmp_path, one.case)}: the baseline cannot be written here: ")
