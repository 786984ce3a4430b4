"""Traces packed for a page: what is unpacked is what happened, and how two traces stand side by side."""

from harness.embedding import Packed, Place, packed, sides
from tests.build import READ_A, READ_B, WORK, act, call, finding, trace, turn
from tests.sheets import behind, unpacked


def test_what_is_packed_is_unpacked() -> None:
    """Each case lies where it is said to, with its trace, its findings and, where it changed, what it was."""
    was, now = trace(turn(act(READ_A), act(text="Done."))), trace(turn(act(READ_B), act(text="Done.")))
    one, other = unpacked(packed([behind(now, "failed", finding("4"), was=was), behind(trace(WORK))]))
    assert one["now"]["turns"] == now.model_dump(mode="json")["turns"]
    assert one["before"]["turns"] == was.model_dump(mode="json")["turns"]
    assert one["findings"] == [finding("4").model_dump()]
    assert one["sides"] == [
        {"was": 0, "now": 0, "rounds": [[0, 0, False], [1, 1, False]], "calls": [[0, 0, 0, 0, False]]}
    ]
    assert [change["now"] for change in one["changes"]] == [[0, 0]] * len(one["changes"]) != []
    assert other["now"]["turns"] == trace(WORK).model_dump(mode="json")["turns"]
    assert {"before", "sides", "changes"} & other.keys() == set()


def test_half_a_character_is_kept() -> None:
    """What UTF-8 cannot hold, and what ends texts elsewhere, comes back as it was."""
    text = "\ud800 \x00 \u2028 </script>"
    [case] = unpacked(packed([behind(trace(turn(user=text)))]))
    assert case["now"]["turns"][0]["user"] == text


def test_large_cases_lie_apart() -> None:
    """Small cases share a chunk, and a large one closes it; the same cases give the same chunks."""
    cases = [behind(trace(turn(user="u" * size))) for size in (1, 70_000, 1)]
    found = packed(cases)
    assert found.places == (Place(0, 0), Place(0, 1), Place(1, 0))
    assert found == packed(cases)
    assert packed([]) == Packed()


def test_a_turn_that_is_gone_has_one_side() -> None:
    """Turns and rounds of one side alone have nothing on the other."""
    two = trace(turn(user="Go."), turn(act(READ_A), act(text="More."), user="And more."))
    one = trace(turn(user="Go."))
    first = {"was": 0, "now": 0, "rounds": [[0, 0, False]], "calls": []}
    assert sides(two, one) == [
        first,
        {"was": 1, "now": None, "rounds": [[0, None, False], [1, None, False]], "calls": []},
    ]
    assert sides(one, two) == [
        first,
        {"was": None, "now": 1, "rounds": [[None, 0, False], [None, 1, False]], "calls": []},
    ]


def test_a_round_that_came_and_one_that_moved() -> None:
    """A round that came stands by itself, and one that moved stands where it is now, beside where it was."""
    search = call("web_search", {"query": "a long question about the weather"})
    before = trace(turn(act(READ_A), act(search), act(text="Done.")))
    came = trace(turn(act(READ_A), act(search), act(READ_B), act(text="Done.")))
    assert sides(before, came)[0]["rounds"] == [[0, 0, False], [1, 1, False], [None, 2, False], [2, 3, False]]
    moved = trace(turn(act(search), act(READ_A), act(text="Done.")))
    rounds = sides(before, moved)[0]["rounds"]
    assert sorted(was for was, _, _ in rounds) == [0, 1, 2]
    assert [to for _, to, _ in rounds] == [0, 1, 2]
    assert [is_moved for _, _, is_moved in rounds].count(True) == 1
