"""Where something applies."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from harness.scope import Point, Scope
from harness.source import parse
from harness.wording import validate

FILE = Path("f.yaml")


def read(text: str, model: type[BaseModel]) -> Any:
    """Return the model that a text becomes, read as a scenario is."""
    return validate(parse(text, FILE), model)


@pytest.mark.parametrize(
    ("scope", "points"),
    [
        ("{}", "abcd"),
        ("{role: chat}", "ab"),
        ("{role: [chat, files]}", "abcd"),
        ("{model: m}", "ac"),
        ("{tools: all, role: files}", "d"),
        ("{role: chat, model: n, tools: all}", ""),
    ],
)
def test_scopes(scope: str, points: str) -> None:
    """A scope holds where every group that it names has one of its labels."""
    all_points = {
        "a": Point("chat", "m", "all"),
        "b": Point("chat", "n", "none"),
        "c": Point("files", "m", "none"),
        "d": Point("files", "n", "all"),
    }
    read_scope = read(scope, Scope)
    assert "".join(name for name, point in all_points.items() if read_scope.holds(point)) == points
