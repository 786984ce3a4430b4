"""The system prompt: its sections in order, the role's overlay last."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.context import system_prompt
from harness.settings import Persona, Role

EXAMPLES = settings(deadline=None, max_examples=200, derandomize=True, database=None)
NAMES = st.text("abc TimeRole:", min_size=1, max_size=8) | st.sampled_from(["Time", "Role: chat", "Identity"])
TEXTS = st.lists(st.sampled_from(["x", "y z", "\n", "  ", "## A"]), max_size=4).map("".join)


def persona(**sections: str) -> Persona:
    """Return a persona with these sections."""
    return Persona(label="p", sections=sections)


@pytest.mark.parametrize(
    ("sections", "overlay", "now", "prompt"),
    [
        ({}, "", None, ""),
        ({"Identity": "I am."}, "", None, "## Identity\n\nI am."),
        ({"B": "two\n", "A": "\n one"}, "", None, "## B\n\ntwo\n\n## A\n\none"),
        ({"A": "one", "Empty": " \n"}, "", None, "## A\n\none"),
        ({}, "Be brief.\n", None, "## Role: chat\n\nBe brief."),
        ({"A": "one"}, "Be brief.", None, "## A\n\none\n\n## Role: chat\n\nBe brief."),
        ({"A": "one"}, " \n ", None, "## A\n\none"),
        (
            {"A": "one"},
            "Be brief.",
            "2026-03-01T09:00:00Z",
            "## A\n\none\n\n## Time\n\nIt is 2026-03-01T09:00:00Z.\n\n## Role: chat\n\nBe brief.",
        ),
        ({"A": "1\n\n2"}, "", None, "## A\n\n1\n\n2"),
    ],
)
def test_prompts(sections: dict[str, str], overlay: str, now: str | None, prompt: str) -> None:
    """Each section that says something stands under its heading, then the time where there is one, then the role."""
    assert system_prompt(persona(**sections), Role(label="chat", overlay=overlay), now) == prompt


@pytest.mark.parametrize(
    ("preamble", "prompt"),
    [
        ("", "## A\n\none\n\n## Time\n\nIt is 2026.\n\n## Role: chat\n\nBe brief."),
        (" \n", "## A\n\none\n\n## Time\n\nIt is 2026.\n\n## Role: chat\n\nBe brief."),
        (" I am.\n", " I am.\n\n\n## A\n\none\n\n## Time\n\nIt is 2026.\n\n## Role: chat\n\nBe brief."),
        ("## B", "## B\n\n## A\n\none\n\n## Time\n\nIt is 2026.\n\n## Role: chat\n\nBe brief."),
    ],
)
def test_the_preamble_is_first(preamble: str, prompt: str) -> None:
    """What a persona says under no heading stands before everything else as it is written, if it says anything."""
    one = Persona(label="p", preamble=preamble, sections={"A": "one"})
    assert system_prompt(one, Role(label="chat", overlay="Be brief."), "2026") == prompt


@EXAMPLES
@given(TEXTS)
def test_a_preamble_alone_is_the_prompt(preamble: str) -> None:
    """Where nothing else is said, the prompt is the preamble to the letter, or nothing where that is blank."""
    assert system_prompt(Persona(label="p", preamble=preamble), Role(label="chat")) == (
        preamble if preamble.strip() else ""
    )


def test_the_overlay_is_last_whatever_sections_are_called() -> None:
    """A section of the persona that is called like the role's or the time's moves and replaces neither."""
    sections = {"Role: chat": "mine", "Time": "late", "A": "one"}
    own = "## Role: chat\n\nmine\n\n## Time\n\nlate\n\n## A\n\none"
    assert system_prompt(persona(**sections), Role(label="chat", overlay="Be brief."), "2026") == (
        f"{own}\n\n## Time\n\nIt is 2026.\n\n## Role: chat\n\nBe brief."
    )


@EXAMPLES
@given(st.dictionaries(NAMES, TEXTS, max_size=4), TEXTS, st.none() | st.just("2026"))
def test_the_overlay_is_closest_to_the_turn(sections: dict[str, str], overlay: str, now: str | None) -> None:
    """Whatever the persona says, the prompt ends with the role's overlay under its heading where there is one."""
    one = Persona(label="p", sections=sections)
    prompt = system_prompt(one, Role(label="chat", overlay=overlay), now)
    without = system_prompt(one, Role(label="chat"), now)
    said = f"## Role: chat\n\n{overlay.strip()}"
    assert prompt == ("\n\n".join(filter(None, (without, said))) if overlay.strip() else without)
