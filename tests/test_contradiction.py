"""What an expectation says that no trace could meet: told at its place, and never told wrongly."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.check import judge
from harness.contradiction import contradictions
from harness.errors import InputError
from harness.expectation import TurnExpectation
from harness.selection import load
from harness.source import parse
from harness.wording import validate
from tests.build import EXAMPLES, act, call, marked, scenario, trace, turn


def refused(folder: Path, expect: str) -> list[str]:
    """Return the lines with which a scenario is refused for its expectation, without the file's path."""
    path = folder / "s.yaml"
    path.write_text(f"title: T.\nturns:\n  - user: Go.\n    expect: {expect}\n", "utf-8")
    try:
        load(path, folder)
    except InputError as error:
        return [line.partition("s.yaml:")[2] for line in error.problems]
    return []


@pytest.mark.parametrize(
    ("expect", "why"),
    [
        *(
            (
                f"{{calls: {{{mode}: [b, ▸{{a: {{x: 1}}}}]}}, never: [c, a]}}",
                "a is expected in 'calls' and forbidden in 'never'",
            )
            for mode in ("exact", "in_order", "unordered", "superset")
        ),
        ("{calls: [{exact: [b]}, {superset: [▸a]}], never: a}", "a is expected in 'calls' and forbidden in 'never'"),
        (
            "{▸count: {a: 1}, never: a}".replace("▸count: {a", "count: {▸a"),
            "a is counted in 'count' and forbidden in 'never'; remove one",
        ),
        ("{together: [[b, c], [b, ▸a]], never: a}", "a is expected in 'together' and forbidden in 'never'"),
        ("{calls: {exact: [a, b]}, count: {▸a: 2}}", "2 of a cannot be, with exactly 1 in 'calls'"),
        (
            "{calls: {unordered: []}, count: {▸a: {at_least: 1}}}",
            "at least 1 of a cannot be, with exactly 0 in 'calls'",
        ),
        (
            "{calls: {in_order: [a, a]}, count: {▸a: {at_most: 1}}}",
            "at most 1 of a cannot be, with at least 2 in 'calls'",
        ),
        ("{calls: {superset: [a, a]}, count: {▸a: 0}}", "0 of a cannot be, with at least 2 in 'calls'"),
        ("{calls: {subset: [a]}, count: {▸a: 2}}", "2 of a cannot be, with at most 1 in 'calls'"),
        ("{calls: [{in_order: [b]}, {subset: [a]}], count: {▸a: 2}}", "2 of a cannot be, with at most 1 in 'calls[1]'"),
        (
            "{calls: {exact: [a, a], which: executed}, count: {▸a: 1}}",
            "1 of a cannot be, with at least 2 in 'calls'",
        ),
        (
            "{calls: {exact: [a, a]}, count: {▸a: {exactly: 3, which: executed}}}",
            "3 of a cannot be, with at most 2 in 'calls'",
        ),
        (
            "{rounds: {at_most: 2}, checkpoints: [a, {▸round: 3}]}",
            "a checkpoint in round 3 cannot be, with at most 2 in 'rounds'",
        ),
        ("{rounds: 2, checkpoints: [{▸round: 3}]}", "a checkpoint in round 3 cannot be, with 2 in 'rounds'"),
    ],
)
def test_contradictions(tmp_path: Path, expect: str, why: str) -> None:
    """What no trace could meet is refused at the place of what contradicts."""
    text, place = marked(f"title: T.\nturns:\n  - user: Go.\n    expect: {expect}\n")
    assert refused(tmp_path, text.partition("expect: ")[2].strip()) == [f"{place}: {why}"]


@pytest.mark.parametrize(
    "expect",
    [
        "{calls: {subset: [a]}, never: a}",
        "{before: [[b, a]], apart: [[a, b]], never: a}",
        "{calls: {exact: [a, a]}, count: {a: {at_most: 1, which: executed}}}",
        "{calls: {exact: [a, a], which: executed}, count: {a: {at_least: 3}}}",
        "{calls: {exact: [a]}, count: {a: 1, b: 0}}",
        "{calls: {in_order: [a]}, count: {a: {at_least: 3}, b: 2}}",
        "{rounds: {at_least: 2}, checkpoints: [{round: 3}]}",
        "{rounds: 3, checkpoints: [a, {round: 3}]}",
        "{rounds: 3, checkpoints: 5}",
    ],
)
def test_what_may_be(tmp_path: Path, expect: str) -> None:
    """What some trace could meet is no contradiction, however odd."""
    assert refused(tmp_path, expect) == []


TOOLS = st.lists(st.sampled_from("ab"), min_size=1, max_size=3)
AMOUNTS = st.builds(
    lambda kind, number, which: {kind: number, **({"which": which} if which else {})},
    st.sampled_from(["exactly", "at_least", "at_most"]),
    st.integers(0, 4),
    st.sampled_from(["", "asked", "executed"]),
)


@EXAMPLES
@given(
    st.sampled_from(["exact", "in_order", "unordered", "superset", "subset"]),
    TOOLS,
    st.sampled_from(["asked", "executed"]),
    AMOUNTS,
)
def test_counts_against_every_trace(mode: str, tools: list[str], which: str, amount: dict[str, object]) -> None:
    """A count contradicts calls exactly where no trace of up to seven calls meets both."""
    expect = (
        f"{{calls: {{{mode}: [{', '.join(tools)}], which: {which}}}, count: {{a: {str(amount).replace(chr(39), '')}}}}}"
    )
    said = list(contradictions(validate(parse(expect, Path("f.yaml")), TurnExpectation)))
    one = scenario(f"title: T.\nturns: [{{user: Go., expect: {expect}}}]\n")
    rest = [tool for tool in tools if tool != "a"]
    number = len(tools) - len(rest)

    def met(executed: int, refused: int) -> bool:
        """Tell whether so many calls of the tool, put beside the others at their place, meet both."""
        calls = [call("a")] * executed + [call("a", outcome="refused")] * refused
        first = tools.index("a") if "a" in tools else 0
        beside = [call(tool) for tool in tools]
        orders = [[*beside[:first], *calls, *beside[first:]], [*calls]]
        if mode in ("exact", "in_order"):
            left = iter(calls[:number])
            kept = [next(left, None) if tool == "a" else call(tool) for tool in tools]
            orders.append([found for found in (*kept, *calls[number:]) if found is not None])
        orders.append([*calls, *(call(tool) for tool in rest)])
        return any(judge(trace(turn(act(*order))), one).status == "passed" for order in orders)

    assert bool(said) == (not any(met(*numbers) for numbers in product(range(5), repeat=2)))
