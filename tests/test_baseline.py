"""The committed traces: where they stand, what updates them, what does not, and how they are read."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.baseline import BaselineFile, accepted, gone, path_of, text
from harness.brief import brief
from harness.cassette import Drifted
from harness.check import Replay, Verdict, judge
from harness.compare import Accepted, Subject, subject_of
from harness.drift import Drift
from harness.errors import InputError
from harness.misses import replay
from harness.outcome import Outcome
from harness.trace import Failure, Trace
from tests.build import CASE, EXAMPLES, HOSTILE, accept, act, call, case, outcome, trace, turn


def verdict(of: Trace, **fields: object) -> Verdict:
    """Return a verdict on a trace, passed where nothing else is said."""
    return Verdict.model_validate(
        {"case": of.case, "place": "s.yaml:1:1", "status": "passed", "findings": (), "error": None, **fields}
    )


def judged(*outcomes: Outcome) -> list[tuple[Trace, Verdict]]:
    """Return what came of cases with the verdicts on it."""
    return [(one.trace, judge(one.trace, one.case.scenario, replay(one))) for one in outcomes]


def repeated(of: Trace, number: int) -> Trace:
    """Return the trace of another repeat."""
    return of.model_copy(update={"repeat": number, "case": f"{CASE}~{number}"})


def standing(reports: Path, of: Trace) -> Path:
    """Return where a trace is kept."""
    return path_of(reports, subject_of(of), of.repeat)


def test_where_a_trace_stands(tmp_path: Path) -> None:
    """A case's trace stands below its model and variant, a repeat under its number."""
    one = trace(turn())
    assert standing(tmp_path, one) == tmp_path / "baseline/careful/chat+all/area/name.json"
    assert standing(tmp_path, repeated(one, 3)) == tmp_path / "baseline/careful/chat+all/area/name~3.json"


def test_updating(tmp_path: Path) -> None:
    """New and changed traces are written and what was done is counted; the same traces change nothing."""
    one, other = outcome(trace(turn())), outcome(trace(turn(response="Ärger: 🎉")))
    assert accept(tmp_path, judged(one)).endswith("baseline: 1 new")
    path = standing(tmp_path, one.trace)
    before = path.stat().st_mtime_ns
    assert accept(tmp_path, judged(one)).endswith("baseline: 1 unchanged")
    assert path.stat().st_mtime_ns == before
    assert accept(tmp_path, judged(other)).endswith("baseline: 1 changed")
    assert "Ärger: 🎉" in path.read_text("utf-8")
    assert accept(tmp_path, [], [path]).endswith("baseline: 1 gone")
    assert not path.exists()


def test_what_a_file_looks_like() -> None:
    """What is short stands on one line, so that a change is one line of a diff."""
    one = trace(turn(act(call("file_read", {"path": "a.txt"})), act(text="Done."), offered=["file_read", "web_search"]))
    said = text(one, verdict(one, status="failed", replay=Replay(cassette="0123")))
    assert (
        said
        == """\
{
 "format": 1,
 "case": "area/name@careful/chat+all",
 "scenario": "area/name",
 "model": "careful",
 "variant": "chat+all",
 "repeat": 1,
 "counts": {"turns": 1, "rounds": 2, "notices": 0, "calls": 1, "checkpoints": 0},
 "stop": "final",
 "error": null,
 "anomalies": [],
 "usage": {"prompt_tokens": 0, "completion_tokens": 0},
 "verdict": "failed",
 "cassette": "0123",
 "turns": [
  {
   "user": "Go.",
   "offered": ["file_read", "web_search"],
   "response": "Done.",
   "stop": "final",
   "rounds": [
    {
     "kind": "act",
     "text": null,
     "finish_reason": "tool_calls",
     "usage": null,
     "calls": [
      {
       "id": "",
       "name": "file_read",
       "arguments": {"path": "a.txt"},
       "raw_arguments": "{\\"path\\": \\"a.txt\\"}",
       "decision": "none",
       "outcome": "executed",
       "result": "ok"
      }
     ]
    },
    {"kind": "act", "text": "Done.", "finish_reason": "stop", "usage": null, "calls": []}
   ],
   "checkpoints": []
  }
 ]
}
"""
    )


@EXAMPLES
@given(
    HOSTILE,
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
)
def test_what_is_written_is_read_again(said: str, value: object) -> None:
    """Whatever a trace holds, its file says the same when it is read."""
    one = trace(turn(act(call("file_read", {"a": value})), act(text=said), response=said))
    with TemporaryDirectory() as folder:
        accept(Path(folder), [(one, verdict(one))])
        kept = accepted(Path(folder), subject_of(one))[1].trace
    assert kept.model_dump(exclude={"verdict", "cassette"}) == one.model_dump()


def test_what_was_accepted(tmp_path: Path) -> None:
    """The repeats of a case are read with their verdicts and cassettes, and those of no other."""
    one, three = trace(turn()), repeated(trace(turn(response="Other.")), 3)
    other = trace(turn(), case_id="area/name_more@careful/chat+all")
    kept = [
        (one, verdict(one, replay=Replay(cassette="abc"))),
        (three, verdict(three, status="failed")),
        (other, verdict(other)),
    ]
    accept(tmp_path, kept)
    found = accepted(tmp_path, subject_of(one))
    assert found == {
        1: Accepted(BaselineFile(**dict(one), verdict="passed", cassette="abc"), "passed", "abc"),
        3: Accepted(BaselineFile(**dict(three), verdict="failed", cassette=None), "failed", None),
    }
    assert accepted(tmp_path, Subject("area/nothing", "careful", "chat+all")) == {}


def test_a_file_that_is_not_the_harness_s_is_told(tmp_path: Path) -> None:
    """What was broken, by a merge for instance, is named with its line; keys that are not known are, too."""
    one = trace(turn())
    accept(tmp_path, [(one, verdict(one))])
    path = standing(tmp_path, one)
    whole = path.read_text("utf-8")
    for old, new, said in (
        (' "stop": "final",\n', "<<<<<<< ours\n", ":9:1: not JSON: "),
        ('"repeat": 1', '"repeat": "often"', ":7:12: repeat: "),
        ('"verdict": "passed"', '"verdict": "well"', ":13:13: verdict: "),
        ('"error": null', '"error": null, "extra": 1', ":10:17: unknown key 'extra'"),
    ):
        path.write_text(whole.replace(old, new, 1), "utf-8")
        with pytest.raises(InputError) as caught:
            accepted(tmp_path, subject_of(one))
        assert caught.value.problems[0].startswith(f"{path}{said}"), caught.value.problems
    path.write_text(whole.replace(' "stop": "final",', ' "stop": "cut", "stop": "final",', 1), "utf-8")
    with pytest.raises(InputError, match="the key 'stop' stands here twice"):
        accepted(tmp_path, subject_of(one))
    path.write_bytes(b"\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        accepted(tmp_path, subject_of(one))


def test_what_is_gone(tmp_path: Path) -> None:
    """Cases that a run no longer has are gone, but for those of other models, variants and further repeats."""
    one = trace(turn())
    traces = [
        one,
        repeated(one, 2),
        trace(turn(), case_id="area/old@careful/chat+all"),
        trace(turn(), case_id="area/old@hasty/chat+all"),
        trace(turn(), case_id="area/old@careful/files+all"),
    ]
    accept(tmp_path, [(each, verdict(each)) for each in traces])
    old = "area/old@careful/chat+all"
    assert gone(tmp_path, [brief(one)], 1) == {old: standing(tmp_path, traces[2])}
    assert gone(tmp_path, [brief(one)], 2) == {
        f"{CASE}~2": standing(tmp_path, traces[1]),
        old: standing(tmp_path, traces[2]),
    }
    assert gone(tmp_path, list(map(brief, traces)), 2) == {}


def test_a_file_at_another_s_place_is_told(tmp_path: Path) -> None:
    """A copy of a file, or a file of another case, guards nothing and is named."""
    one = trace(turn())
    accept(tmp_path, [(one, verdict(one))])
    path = standing(tmp_path, one)
    stray = path.with_name("other.json")
    stray.write_bytes(path.read_bytes())
    said = f"{stray}:1:1: holds area/name@careful/chat+all, which stands elsewhere; remove it"
    for look in (
        lambda: gone(tmp_path, [brief(one)], 1),
        lambda: accepted(tmp_path, Subject("area/other", *subject_of(one)[1:])),
    ):
        with pytest.raises(InputError) as caught:
            look()
        assert caught.value.problems == (said,)


def test_repeats_that_are_no_longer_run_are_removed(tmp_path: Path) -> None:
    """An update with fewer repeats leaves none of the further ones, which would go on excusing what they did."""
    one = trace(turn())
    accept(tmp_path, [(each, verdict(each)) for each in (one, repeated(one, 2), repeated(one, 3))])
    assert accept(tmp_path, [(one, verdict(one))]).endswith("baseline: 1 unchanged, 2 gone")
    assert sorted(accepted(tmp_path, subject_of(one))) == [1]


def test_what_is_refused(tmp_path: Path) -> None:
    """Cases that drifted or could not be judged refuse the whole update, and are named."""
    drifted = outcome(trace(turn()), drifted=[Drifted("turn 1, round 1", Drift("model", "model: a -> b"))])
    broken = outcome(trace(turn(stop="error"), error=Failure(kind="stale", message="stale")))
    good = outcome(trace(turn()))
    crashed = outcome(trace(turn(stop="error"), error=Failure(kind="loop", message="the loop crashed")))
    with pytest.raises(InputError) as caught:
        accept(tmp_path, judged(good, drifted, broken, broken, broken, broken, crashed))
    name = good.case.id
    assert caught.value.problems == (
        f"the baseline is not updated: 4 cases cannot be replayed, record first: {name}, {name}, {name} and 1 more",
        f"the baseline is not updated: 1 case could not be judged, mend first: {name}",
        f"the baseline is not updated: 1 case drifted from the recording, record first: {name}",
    )
    assert list(tmp_path.iterdir()) == []


def test_failed_cases_are_kept_and_skipped_ones_left(tmp_path: Path) -> None:
    """A case that failed becomes part of the baseline and is counted; one that was skipped stays as it is."""
    good, bad = outcome(trace(turn())), outcome(trace(turn(), case_id=f"{CASE}~2", repeat=2), case(repeat=2))
    skipped = repeated(trace(turn()), 3)
    results = [
        *judged(good),
        (bad.trace, verdict(bad.trace, status="failed")),
        (skipped, verdict(skipped, status="skipped")),
    ]
    assert accept(tmp_path, results).endswith("baseline: 2 new; 1 of them failed")
    assert sorted(accepted(tmp_path, subject_of(good.trace))) == [1, 2]


@pytest.mark.parametrize("place", ["baseline", "baseline/careful/chat+all/area/name.json"])
def test_what_cannot_be_written_is_told(tmp_path: Path, place: str) -> None:
    """A file where a folder should be, or the other way round, is told in one line with its path."""
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir() if path.suffix else path.write_text("", "utf-8")
    one = outcome(trace(turn()))
    with pytest.raises(InputError) as caught:
        accept(tmp_path, judged(one))
    (problem,) = caught.value.problems
    assert problem.startswith(f"{standing(tmp_path, one.trace)}: the baseline cannot be written here: ")
