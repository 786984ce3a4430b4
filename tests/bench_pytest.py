"""The side of pytest with vcrpy: a plugin that times a session, and the fixture that its tests ask with."""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Any

import openai
import pytest

from harness.scenario import Scenario
from harness.selection import select
from tests.bench_sides import Project, floor

_LOADED = pytest.StashKey[tuple[Project, dict[str, Scenario]]]()
_START = pytest.StashKey[float]()


def pytest_configure(config: pytest.Config) -> None:
    """Load the project and take one case through the loop, before the clock starts."""
    project = Project(config.rootpath)
    scenarios = select(project.scenarios)
    floor(project, scenarios[:1])
    config.stash[_LOADED] = project, {scenario.id: scenario for scenario in scenarios}


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Start the clock."""
    session.config.stash[_START] = perf_counter()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Stop the clock and say what it shows."""
    terminalreporter.write_line(f"seconds {perf_counter() - config.stash[_START]}")


@pytest.fixture
def ask(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Return a function that asks the loop, with a client of the test's own as `AsyncOpenAI()` makes it."""
    project, scenarios = pytestconfig.stash[_LOADED]
    made = openai.DefaultAsyncHttpxClient

    def own_client(*, verify: Any, **options: Any) -> openai.DefaultAsyncHttpxClient:
        return made(**options)

    monkeypatch.setattr(openai, "DefaultAsyncHttpxClient", own_client)
    return lambda name: asyncio.run(project.ask(scenarios[name]))
