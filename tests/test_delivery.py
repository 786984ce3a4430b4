"""What is told of an import: counted, short however much was imported, and what to type next."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.delivery import told
from harness.dialogue import Dialogue
from harness.incident import Incident, Seen
from harness.intake import Taken
from harness.staging import Item
from harness.turns import PlayedTurn, Step, Stretch


def item(name: str, *turns: Seen, differences: Sequence[str] = ()) -> Item:
    """Return an imported scenario of which this was seen."""
    played = tuple(PlayedTurn("Hi", (Step(1, "Hello.", (), ()),)) for _ in turns)
    made = Incident({}, (), (), turns, 0, tolerant=False, session=0)
    one = Item(Dialogue("here", ()), Stretch(1, (), played), "", "a", "sha256:0", name, made)
    one.differences = tuple(differences)
    return one


def taken(*items: Item, **more: Any) -> Taken:
    """Return what became of records."""
    plain: dict[str, Any] = {"left": (), "apart": 0, "notes": (), "written": (), "replaced": {}}
    return Taken(items, **plain | more)


ONE = Seen((("find", "{}"), ("send", "{}")), 3, "Done.")


def test_one_scenario() -> None:
    """One scenario is named whole, its cassettes are not listed, and the singular is right."""
    written = (Path("conf/persona/a.yaml"), Path("scenarios/imported/a.yaml"), Path("cassettes/m/v/imported/a.yaml"))
    assert told(taken(item("imported/a", ONE), written=written)) == (
        "imported 1 scenario: 1 turn, 3 rounds and 2 calls, each replayed as it was recorded\n"
        "  conf/persona/a.yaml\n"
        "  scenarios/imported/a.yaml\n"
        "type next: harness run imported/a"
    )


def test_all_that_can_be_told() -> None:
    """Differences are told once, with how many scenarios have them; what was redacted or left is told, too."""
    both = ["system prompt: is new", "tools: nothing -> []"]
    items = (item("a/1", ONE, ONE, differences=both), item("a/2", Seen((), 1, "No."), differences=both[:1]))
    more = {
        "left": ("b.json:1:1: the request failed: no",),
        "apart": 2,
        "notes": ("files that were attached to messages (1 conversation)",),
        "replaced": {"MAIL": 2, "NAME": 1},
    }
    assert told(taken(*items, item("b/1", ONE), **more)) == (
        "imported 3 scenarios: 4 turns, 10 rounds and 6 calls, each replayed as it was recorded\n"
        "redacted MAIL: 2 texts, the same everywhere\n"
        "redacted NAME: 1 text, the same everywhere\n"
        "what the loop asks otherwise than the record (in the head of each cassette):\n"
        "  system prompt: is new (2 scenarios)\n"
        "  tools: nothing -> []\n"
        "left out of what was imported:\n"
        "  files that were attached to messages (1 conversation)\n"
        "passed over: 2 requests that are no chat completions\n"
        "not imported, 1:\n"
        "  b.json:1:1: the request failed: no\n"
        "type next: harness run a b"
    )


def test_one_request_that_is_passed_over() -> None:
    """A single request of another kind is told in the singular."""
    assert "passed over: 1 request that is no chat completion\n" in told(taken(item("a/1", ONE), apart=1))


def test_many_files_and_differences_are_cut() -> None:
    """Of many files and differences the first are told, and how many more there are; what is left is told whole."""
    written = tuple(Path(f"scenarios/a/{number:02}.yaml") for number in range(40))
    items = [item(f"a/{number}", ONE, differences=[f"difference {number}"]) for number in range(40)]
    text = told(taken(*items, written=written, left=tuple(f"a.json:{line}:1: no" for line in range(40))))
    assert "  scenarios/a/10.yaml\n  ... and 29 more\n" in text
    assert "  difference 10\n  ... and 29 more\n" in text
    assert text.count("a.json:") == 40
    assert text.endswith("type next: harness run a")
