"""The harness and the floor as the bench measures them: `python -m tests.bench_sides SIDE PROJECT`."""

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Literal
from unittest.mock import patch

import httpx2
import openai
from vcr.cassette import Cassette

from harness import loop
from harness.case import plan
from harness.check import judge
from harness.client import Client
from harness.completion import Completion, read
from harness.composition import compose
from harness.context import system_prompt
from harness.loop import make
from harness.misses import replay
from harness.project import Conf
from harness.runner import run_many
from harness.scenario import Scenario
from harness.selection import select
from harness.tools import ToolSet


class Project:
    """A project with one composition, and in `stock` its cassettes once more, as vcrpy writes them."""

    def __init__(self, root: Path) -> None:
        self.scenarios = root / "scenarios"
        self.cassettes = root / "cassettes"
        self.stock = root / "stock"
        self.compositions = compose(Conf(root / "conf"))

    def stock_of(self, scenario: Scenario) -> Path:
        """Return where vcrpy's own cassette of a scenario stands."""
        return self.stock / f"{Path(scenario.id).name}.yaml"

    async def ask(self, scenario: Scenario) -> str:
        """Take a scenario's user message through the loop, and return the final text."""
        file, settings = scenario.file, self.compositions[0].settings
        tools = ToolSet(settings.catalogue, file.tools, allow=settings.allow)
        prompt = system_prompt(settings.persona, settings.role, file.now)
        result = await make(tools, settings).run(file.turns[0].user, prompt, tool_list=settings.allow)
        return result.response


def harness(project: Project) -> float:
    """Return the seconds from files of scenarios and cassettes to judged traces, eight cases at a time."""
    start = perf_counter()
    cases = plan(select(project.scenarios), project.compositions)
    outcomes = asyncio.run(run_many(cases, project.cassettes, jobs=8))
    verdicts = [judge(outcome.trace, outcome.case.scenario, replay(outcome)) for outcome in outcomes]
    seconds = perf_counter() - start
    assert {verdict.status for verdict in verdicts} == {"passed"}
    return seconds


class Documented(Client):
    """Asks as the SDK's documentation does: messages and tools are arguments, which the SDK transforms."""

    async def ask(self, messages: list[dict[str, Any]], tool_choice: Literal["auto", "none"]) -> Completion:
        """Send one request and read its answer."""
        send: Any = self._client.chat.completions.with_raw_response.create
        answer = await send(model=self._model.model_name, messages=messages, tools=self._tools, tool_choice=tool_choice)
        return read(answer.text)


def floor(project: Project, scenarios: Sequence[Scenario]) -> float:
    """Return the seconds of our loop with the SDK as it is documented, on the SDK's own mock transport."""
    with patch.object(loop, "Client", Documented):
        return bare(project, scenarios)


def bare(project: Project, scenarios: Sequence[Scenario]) -> float:
    """Return the seconds of our loop alone, the SDK's own mock transport answering from memory, case after case."""
    bodies = iter([body for scenario in scenarios for body in _bodies(project.stock_of(scenario))])

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "application/json"}, content=next(bodies))

    async def ask_all() -> list[str]:
        return [await project.ask(scenario) for scenario in scenarios]

    client = partial(openai.DefaultAsyncHttpxClient, transport=httpx2.MockTransport(answer))
    with patch.object(openai, "DefaultAsyncHttpxClient", client):
        start = perf_counter()
        texts = asyncio.run(ask_all())
        seconds = perf_counter() - start
    assert texts == [f"Read them all: {scenario.id}." for scenario in scenarios]
    assert next(bodies, None) is None
    return seconds


def _bodies(path: Path) -> list[bytes]:
    return [response["body"]["string"] for response in Cassette.load(path=path).responses]


def main(side: str, root: str) -> None:
    """Measure one side in a project, after one case that makes the SDK import and build what it needs."""
    project = Project(Path(root))
    scenarios = select(project.scenarios)
    floor(project, scenarios[:1])
    sides = {"floor": floor, "bare loop": bare}
    seconds = harness(project) if side == "harness" else sides[side](project, scenarios)
    sys.stdout.write(f"seconds {seconds}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
