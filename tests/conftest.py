"""What holds for every test."""

import pytest

pytest_plugins = ["pytester"]
"""Runs pytest in a folder of its own, so that a plugin of it is tested."""


@pytest.fixture(autouse=True)
def _as_wide_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print lines of any width, though whatever runs the tests may have said how wide its own terminal is."""
    monkeypatch.delenv("COLUMNS", raising=False)
