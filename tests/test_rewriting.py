"""Every text of a trace can be changed, and it stays a trace."""

from hypothesis import given

from harness.rewriting import rewritten
from harness.trace import Trace, calls_of
from tests.test_trace import FEW, TRACES, call, round_, trace, turn


@FEW
@given(TRACES)
def test_rewriting_changes_texts_and_nothing_else(one: Trace) -> None:
    """Every text of a trace is changed, wherever it stands, and what is no text stays and can be stored."""
    assert rewritten(one, lambda text: text) == one
    marked = rewritten(one, lambda text: f"<{text}>")
    again = Trace.model_validate(marked.model_dump(mode="json"))
    assert again == marked
    assert (marked.case, marked.repeat, marked.counts, marked.stop) == (
        f"<{one.case}>",
        one.repeat,
        one.counts,
        one.stop,
    )
    for was, now in zip(one.turns, marked.turns, strict=True):
        assert now.offered == tuple(f"<{name}>" for name in was.offered)
        assert (now.stop, len(now.rounds), now.response is None) == (was.stop, len(was.rounds), was.response is None)


def test_rewriting_reaches_keys_and_numbers() -> None:
    """Keys and numbers of files, states and arguments are rewritten like texts; words of a fixed set are not."""
    state = {"pin": 12345678, "n": 1.5, "yes": True, "none": None, "12345678": ["x 12345678", {"a": 123456789}]}
    one = trace(
        turn(round_(call(arguments={"executed": 12345678}))).model_copy(
            update={"workspace": {"12345678.txt": "is 12345678", "gone": None}, "state": state}
        )
    )
    (changed,) = rewritten(one, lambda text: text.replace("12345678", "***").replace("executed", "DONE")).turns
    assert (changed.workspace, changed.state) == (
        {"***.txt": "is ***", "gone": None},
        {"pin": "***", "n": 1.5, "yes": True, "none": None, "***": ["x ***", {"a": "***9"}]},
    )
    (done,) = calls_of([changed])
    assert (done.arguments, done.outcome) == ({"DONE": "***"}, "executed")
