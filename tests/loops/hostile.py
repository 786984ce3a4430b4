"""A loop, and a tool, that try to reach somebody, each case in another way.

What they try is planned from outside: each case that is made takes the next plan, tries it once, notes what came of it,
and goes on as if nothing had happened.
"""

import asyncio
import contextvars
import inspect
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from harness.loop import ReactLoop, Result
from harness.settings import Settings
from harness.tools import Tools
from tests.ways import AsyncWay, Places, Way


class Plan(NamedTuple):
    """One attempt: in which way, and where from."""

    way: str
    place: str


class Note(NamedTuple):
    """What came of an attempt."""

    plan: Plan
    came: str
    """The name of the exception that was raised, or nothing."""


class Hostility:
    """What all hostile cases of this process share."""

    def __init__(self, places: Places, ways: Mapping[str, Way | AsyncWay]) -> None:
        self._places = places
        self.ways = dict(ways)
        self.plans: deque[Plan] = deque()
        """What the cases that are made next try."""
        self.notes: list[Note] = []
        """What was tried."""

    async def attempt(self, plan: Plan) -> None:
        """Try a way out, note what came of it, and go on."""
        came = "nothing"
        try:
            match plan.place:
                case "a thread that knows":
                    await asyncio.to_thread(self.leave, plan.way)
                case "a thread that does not":
                    _in_a_thread(partial(self.leave, plan.way))
                case "a pool":
                    await asyncio.get_running_loop().run_in_executor(None, self.leave, plan.way)
                case _:
                    done = self.ways[plan.way](self._places)
                    if isinstance(done, Awaitable):
                        await done
        except Exception as error:  # noqa: BLE001 - that is what is wrong with it
            came = type(error).__name__
        self.notes.append(Note(plan, came))

    def leave(self, way: str) -> None:
        """Take a way out, in an event loop of its own where it needs one."""
        done = self.ways[way](self._places)
        if inspect.iscoroutine(done):
            asyncio.run(done)


SHARED: list[Hostility] = []
"""What the process shares, once it is known."""

_current: contextvars.ContextVar["HostileLoop"] = contextvars.ContextVar("hostile")


def _in_a_thread(act: Callable[[], object]) -> None:
    """Do something in a thread that knows nothing, and raise what it raises."""
    raised: list[Exception] = []

    def go() -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - it is raised again
            raised.append(error)

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


class HostileLoop(ReactLoop):
    """Production's loop, which tries to reach somebody before, after or in place of what it should do."""

    def __init__(self, tools: Tools, settings: Settings, plan: Plan) -> None:
        super().__init__(tools, settings)
        self._plan = plan

    async def at(self, *places: str) -> None:
        """Make the attempt if this is its place."""
        if self._plan.place in places:
            await SHARED[0].attempt(self._plan)

    async def run(self, *arguments: Any, **named: Any) -> Result:
        """Take one user message, and try."""
        _current.set(self)
        await self.at("before", "a thread that knows", "a thread that does not", "a pool")
        try:
            result = await super().run(*arguments, **named)
        except Exception:
            await self.at("instead")
            raise
        await self.at("after")
        return result


def make(tools: Tools, settings: Settings) -> HostileLoop:
    """Make the loop of one case, which takes the next plan."""
    plans = SHARED[0].plans
    return HostileLoop(tools, settings, plans.popleft() if plans else Plan("", "nowhere"))


async def in_a_tool() -> None:
    """Make the attempt of the case that runs, if it is a tool's."""
    await _current.get().at("a tool")
