"""What of a body counts, under paths and patterns of any kind."""

from typing import Any

import pytest

from harness.likeness import Matching
from harness.substance import substance


def body() -> dict[str, Any]:
    """Return a small request."""
    return {
        "model": "m",
        "messages": [{"role": "system", "content": "a system"}, {"role": "user", "content": "b"}],
        "user": "u-1",
    }


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        ({}, body()),
        ({"ignore": ["$"]}, None),
        ({"ignore": ["$.*"]}, {}),
        ({"ignore": ["$..*"]}, {}),
        ({"ignore": ["$.nothing[3].here"]}, body()),
        (
            {"ignore": ["$.messages[?@.role=='system']"]},
            {**body(), "messages": [{"role": "user", "content": "b"}]},
        ),
        ({"ignore": ["$.messages[0]", "$.messages[1]", "$.messages[0].content"]}, {**body(), "messages": []}),
        (
            {"ignore": ["$.messages[?@.role=='system']"], "normalise": [{"pattern": "system", "to": "x"}]},
            {**body(), "messages": [{"role": "user", "content": "b"}]},
        ),
        (
            {"normalise": [{"pattern": r"u-(\d)", "to": r"user \1"}]},
            {**body(), "user": "user 1"},
        ),
    ],
)
def test_what_counts(rules: dict[str, Any], left: Any) -> None:
    """Paths look at the body as it was sent, patterns at what they leave."""
    assert substance(body(), Matching(**rules)) == left


@pytest.mark.parametrize("path", ["", " ", "^", "messages", "$[", "$.a[?nosuch(@.b)]", "$.a[?@.b =~ /(/]"])
def test_what_is_no_path(path: str) -> None:
    """A path that begins with no $, or that cannot be read, is refused."""
    with pytest.raises(ValueError, match="is not a JSON path"):
        Matching(ignore=(path,))
