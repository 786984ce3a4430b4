"""What several parts of a scenario say that no trace could meet: told at its place, and never told wrongly."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from harness.check import judge
from harness.contradiction import contradictions
from harness.discord import discords
from harness.scenario import expectations
from harness.trace import Call, Turn
from tests.build import EXAMPLES, act, call, checkpoint, marked, notice, scenario, trace, turn

TWO = """\
title: T.
turns:
  - user: Go.
    answers: [{deny: [d]}, {otherwise: confirm}]
    expect:
      - {rounds: {at_least: 2, at_most: 3}, checkpoints: {at_most: 2}}
      - {for: {role: chat}, count: {a: 1}}
  - user: On.
    expect: {rounds: {at_most: 2}, calls: {in_order: [b]}}
expect:
  - stop: final
"""
"""A scenario whose parts agree."""


@pytest.mark.parametrize(
    ("right", "wrong", "why"),
    [
        ("count: {a: 1}", "▸rounds: 5", "5 in 'rounds' cannot be, with at least 2 and at most 3 in another part"),
        ("count: {a: 1}", "▸checkpoints: 3", "3 in 'checkpoints' cannot be, with at most 2 in another part"),
        ("count: {a: 1}", "▸checkpoints: 0", "0 in 'checkpoints' cannot be: each of 1 in 'answers' must be asked for"),
        ("count: {a: 1}", "checkpoints: [▸a, {}]", "nothing but d can be pending, as answer 1 says"),
        ("count: {a: 1}", "checkpoints: [{▸answer: confirmed}]", "it cannot be confirmed: answer 1 says 'denied'"),
        ("count: {a: 1}", "checkpoints: [{}, {▸answer: denied}]", "it cannot be denied: answer 2 says 'confirmed'"),
        ("count: {a: 1}", "never: [▸d]", "d is answered for in 'answers', and forbidden here"),
        ("count: {a: 1}", "▸stop: unanswered", "'otherwise' answers whatever is asked, so that nothing is unanswered"),
        ("stop: final", "▸turns: 1", "1 cannot be, with 2 in the scenario, all of which must be reached"),
        ("stop: final", "▸rounds: 6", "6 in 'rounds' cannot be, with at least 2 and at most 5 in the turns"),
        ("stop: final", "▸rounds: {at_most: 1}", "at most 1 in 'rounds' cannot be, with at least 2 and at most 5"),
        ("stop: final", "{never: [▸b]}", "b is expected in 'calls' of another part that applies as well"),
        ("stop: final", "{never: [▸d]}", "d is answered for in 'answers', and forbidden here"),
        ("stop: final", "{for: {role: chat}, count: {▸a: 0}}", "0 of a cannot be, with at least 1 in the turns"),
        ("stop: final", "stop: cut\n  - ▸stop: final", "it cannot stop with 'final', with 'cut' in another part"),
        ("stop: final", "count: {c: 1}\n  - count: {▸c: 2}", "2 of c cannot be, with 1 in another part"),
        ("stop: final", "calls: {superset: [c]}\n  - never: [▸c]", "c is expected in 'calls' of another part"),
    ],
)
def test_discords(right: str, wrong: str, why: str) -> None:
    """What two parts say of the same cases, and what cannot be with the answers, is told at the second of them."""
    text, place = marked(TWO.replace(right, wrong))
    one = scenario(text)
    said = [(one.document.place(found.location, key=True).split(":", 1)[1], found.why) for found in discords(one.file)]
    assert [where for where, _ in said] == [place]
    assert said[0][1].startswith(why)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("stop: final", "stop: final"),
        ("for: {role: chat}, count: {a: 1}", "for: {role: chat}, known: {reason: x, until: 2026-06-30}, rounds: 5"),
        ("stop: final", "for: {role: files}\n    count: {a: 0}"),
        ("stop: final", "{for: {model: x}, rounds: 4}\n  - {for: {model: y}, rounds: 3}"),
        ("stop: final", "rounds: 5"),
        ("stop: final", "turns: {at_least: 1}"),
        ("stop: final", "rounds: 9\nknown: {reason: x, until: 2026-06-30}"),
    ],
)
def test_what_agrees(right: str, wrong: str) -> None:
    """Parts that never apply together, and what is known to fail, contradict nothing."""
    assert list(discords(scenario(TWO.replace(right, wrong)).file)) == []


@st.composite
def turns(draw: st.DrawFn) -> tuple[Turn, list[str]]:
    """Return a turn as a loop makes it, and the answers under which it came."""
    rounds, pauses, answers = [], [], []
    for _ in range(draw(st.integers(0, 3))):
        calls: list[Call] = []
        held = draw(st.booleans())
        yes = draw(st.booleans())
        names = draw(st.lists(st.sampled_from("ab"), max_size=2))
        calls += [call(name, outcome=draw(st.sampled_from(["executed", "failed", "refused"]))) for name in names]
        if held and yes:
            calls.insert(0, call("d", decision="confirmed", outcome=draw(st.sampled_from(["executed", "failed"]))))
        elif held:
            calls.insert(0, call("d", decision="denied", outcome="denied"))
        if not calls:
            continue
        rounds.append(act(*calls))
        if held:
            pauses.append(checkpoint("d", answer="confirmed" if yes else "denied", round=len(rounds)))
            answers.append(f"{{{'confirm' if yes else 'deny'}: [d]}}")
            rounds.append(notice())
    text = draw(st.sampled_from(["Done.", "Done and gone.", ""]))
    return turn(*rounds, act(text=text or None), response=text, checkpoints=pauses), answers


AMOUNTS = st.builds(
    lambda key, number: f"{{{key}: {number}}}", st.sampled_from(["exactly", "at_least", "at_most"]), st.integers(0, 6)
)
CALLED = st.builds(
    lambda mode, calls, which: f"{{{mode}: [{', '.join(calls)}], which: {which}}}",
    st.sampled_from(["exact", "in_order", "unordered", "superset"]),
    st.lists(
        st.sampled_from(["a", "b", "d", "{a: {}, outcome: executed}", "{d: {}, decision: denied, outcome: denied}"]),
        min_size=1,
        max_size=2,
    ),
    st.sampled_from(["asked", "executed"]),
)
PAIRS = st.sampled_from(["[[a, b]]", "[[a, d]]", "[[a, a]]", "[[{a: {}, outcome: failed}, b]]"])
PAUSES = st.lists(st.sampled_from(["d", "{}", "{round: 2}", "{answer: denied}", "{answer: confirmed}"]), max_size=2)
PARTS = st.fixed_dictionaries(
    {},
    optional={
        "calls": CALLED,
        "count": AMOUNTS.map(lambda amount: f"{{a: {amount}}}"),
        "together": PAIRS,
        "apart": PAIRS,
        "rounds": AMOUNTS,
        "notices": AMOUNTS,
        "checkpoints": AMOUNTS | PAUSES.map(lambda items: f"[{', '.join(items)}]"),
        "never": st.sampled_from(["[a]", "[b, d]"]),
        "stop": st.just("final"),
        "for": st.sampled_from(["{role: chat}", "{model: hasty}", "{model: careful}"]),
        "response": st.sampled_from(
            ["Done.", "{contains: Done, lacks: gone}", "{equals: Done., contains: [Do, ne]}", "{lacks: [Done]}"]
        ),
    },
)
LISTS = st.lists(PARTS, min_size=1, max_size=2)


def written(parts: list[dict[str, str]]) -> str:
    """Return expectations as YAML."""
    return (
        "[" + ", ".join("{" + ", ".join(f"{key}: {said}" for key, said in part.items()) + "}" for part in parts) + "]"
    )


@limits(EXAMPLES, max_examples=400)
@given(st.lists(st.tuples(turns(), LISTS), min_size=1, max_size=2), LISTS)
def test_whatever_a_trace_meets_is_no_contradiction(
    played: list[tuple[tuple[Turn, list[str]], list[dict[str, str]]]], whole: list[dict[str, str]]
) -> None:
    """A scenario that some trace passes under which all its parts apply is never said to contradict itself."""
    lines = ["title: T.", "turns:"]
    for (_, answers), parts in played:
        lines += ["  - user: Go.", f"    answers: [{', '.join(answers)}]", f"    expect: {written(parts)}"]
    one = scenario("\n".join([*lines, f"expect: {written(whole)}", ""]), Path("scenarios/area/name.yaml"))
    # Under these labels every part applies but those that are for hasty, about which nothing is claimed.
    expected = [part for _, part in expectations(one.file)]
    if any(part.applies.model == ["hasty"] for part in expected):
        return
    if judge(trace(*(came for (came, _), _ in played)), one).status == "passed":
        assert [found for part in expected for found in contradictions(part)] == []
        assert list(discords(one.file)) == []
