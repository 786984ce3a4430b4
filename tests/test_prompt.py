"""System prompts are told apart by their sections and the loop's standing instruction."""

import pytest

from harness.prompt import prompt_differences

BASE = "## Conduct\n\nBe kind.\n\n## Role: chat\n\nYou chat."


@pytest.mark.parametrize(
    ("one", "other", "standing", "told"),
    [
        (
            f"{BASE}\n\nUse tools.",
            f"{BASE}\n\nUse the tools.",
            None,
            ', section Role: chat, word 4: "... chat. Use tools." -> "... chat. Use the tools."',
        ),
        (
            f"{BASE}\n\nUse tools.",
            f"{BASE}\n\nUse the tools.",
            "Use the tools.",
            ', standing instruction, word 2: "Use tools." -> "Use the tools."',
        ),
        (
            f"{BASE}\n\nUse tools.",
            f"{BASE} Now.\n\nUse tools.",
            "Use tools.",
            ', section Role: chat, word 3: "You chat." -> "You chat. Now."',
        ),
        (f"{BASE}\n\nUse tools.", BASE, "", ", standing instruction: is gone"),
        (BASE, f"{BASE}\n\nUse tools.", "Use tools.", ", standing instruction: is new"),
        (
            "Be kind.\n\nUse tools.",
            "Be kind.\n\nUse all.",
            "Use all.",
            ', standing instruction, word 2: "Use tools." -> "Use all."',
        ),
        (
            f"{BASE}\n\nUse tools.",
            f"{BASE} Now.\n\nUse all.",
            "Use all.",
            (
                ", section Role: chat with the standing instruction, word 3: "
                '"You chat. Use tools." -> "You chat. Now. Use all."'
            ),
        ),
        ("## A\n\nx\n\n## A\n\ny", "## A\n\nx\n\n## A\n\nz", None, ', section A, word 2: "x y" -> "x z"'),
        ("## A\n\nx\n\n## B\n\ny", "## B\n\ny\n\n## A\n\nx", None, ": its sections come in another order"),
        ("no heading", "no headings", None, ', word 2: "no heading" -> "no headings"'),
    ],
)
def test_what_differs_of_a_prompt(one: str, other: str, standing: str | None, told: str) -> None:
    """The part is named, and the instruction behind the last section is told apart from it where that can be."""
    assert list(prompt_differences(one, other, standing)) == [told]


def test_both_parts_that_changed_are_told() -> None:
    """A section and the standing instruction that both changed are two differences."""
    one, other = f"{BASE}\n\nUse tools.", f"{BASE.replace('kind', 'brief')}\n\nUse all."
    assert list(prompt_differences(one, other, "Use all.")) == [
        ', section Conduct, word 2: "Be kind." -> "Be brief."',
        ', standing instruction, word 2: "Use tools." -> "Use all."',
    ]
