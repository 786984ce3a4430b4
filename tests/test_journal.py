"""The journal of a run: what was written whole comes back, wherever it ends."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.journal import Journal, begun
from harness.lines import line_of
from tests.build import EXAMPLES, case, ended, outcome, trace, turn

OUTCOMES = [outcome(trace(turn(response=f"Half of {number}.\u2028\ud800")), case()) for number in range(3)]
ENDED = ended(*OUTCOMES)
ORDER = (2, 0, 1)


def journal(folder: Path) -> Journal:
    """Return a journal in which three cases ended."""
    kept = Journal(folder)
    for place in ORDER:
        kept.note(place, line_of(OUTCOMES[place].trace), ENDED[place])
    return kept


def test_what_was_noted_comes_back(tmp_path: Path) -> None:
    """All that is kept of a case is read again, in the order in which cases ended, and traces in that of the plan."""
    lines = list(journal(tmp_path).traces())
    assert lines == [line_of(one.trace) for one in OUTCOMES]
    again = Journal(tmp_path)
    found = again.taken_up()
    assert [(one.end.place, one.trace) for one in found] == [(place, OUTCOMES[place].trace) for place in ORDER]
    for one in found:
        kept = ENDED[one.end.place]._asdict()
        assert {name: kept[name] for name in kept if name not in ("brief", "compared")} == {
            name: getattr(one.end, name) for name in kept if name not in ("brief", "compared")
        }
    assert list(again.traces()) == lines


@EXAMPLES
@given(st.data())
def test_an_end_in_the_middle(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Cut anywhere, it gives the cases of which both lines are whole, drops the rest and can be gone on with."""
    folder = tmp_path_factory.mktemp("run")
    journal(folder)
    path = folder / "journal.jsonl"
    text = path.read_bytes()
    cut = data.draw(st.integers(0, len(text)))
    path.write_bytes(text[:cut])
    whole = text[:cut].count(b"\n") // 2
    assert begun(folder) == (whole > 0)
    kept = Journal(folder)
    assert [one.end.place for one in kept.taken_up()] == list(ORDER[:whole])
    for place in ORDER[whole:]:
        kept.note(place, line_of(OUTCOMES[place].trace), ENDED[place])
    assert path.read_bytes() == text
    assert list(kept.traces()) == [line_of(one.trace) for one in OUTCOMES]


def test_no_journal_is_an_empty_one(tmp_path: Path) -> None:
    """Where no case ended yet there is nothing to take up and nothing to remove."""
    kept = Journal(tmp_path)
    assert (kept.taken_up(), list(kept.traces()), begun(tmp_path)) == ([], [], False)
    kept.remove()
    journal(tmp_path).remove()
    assert list(tmp_path.iterdir()) == []
