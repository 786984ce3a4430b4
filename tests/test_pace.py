"""When requests to one endpoint leave: never before their time, all in the end, in order, and not all at once."""

import heapq
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import EndpointBusy
from harness.pace import Pace, Patience
from tests.build import EXAMPLES

Answer = tuple[int, dict[str, str]]

BUSY: Answer = (429, {})
"""What puts a request off and does not say until when."""

FINE: Answer = (200, {})


class World:
    """Requests that wait for one endpoint, under a clock that stands still until it is told to go on."""

    def __init__(self, patience: Patience | None = None) -> None:
        self.time = 0.0
        self.said: list[str] = []
        self.left: list[tuple[int, float]] = []
        """The requests that left, by their number, and when."""
        self.refused: dict[int, str] = {}
        self._opens = 0.0
        self._sleeping: list[tuple[float, int, Generator[float, None, None]]] = []
        self._asked = 0
        read = lambda: self.time  # noqa: E731 - a clock, read twice
        self.pace = Pace("h:1", patience, clock=read, now=read, tell=self.said.append)

    def ask(self) -> None:
        """Let one more request ask for its turn."""
        self._asked += 1
        self._step(self._asked, self.pace.turn())

    def answer(self, status: int, headers: dict[str, str]) -> None:
        """Let an answer come; no request may leave before the seconds have passed that it names, a minute at most."""
        self.pace.answered(status, headers)
        if status == 429 and headers.get("retry-after", "").replace(".", "").isdigit():
            self._opens = max(self._opens, self.time + min(float(headers["retry-after"]), 60))

    def go_on(self, seconds: float) -> None:
        """Let time pass, and requests leave as they wake up."""
        end = self.time + seconds
        while self._sleeping and self._sleeping[0][0] <= end:
            self.time, number, turn = heapq.heappop(self._sleeping)
            self._step(number, turn)
        self.time = end

    def give_up(self) -> None:
        """Let the first that sleeps give up."""
        if self._sleeping:
            _, number, turn = heapq.heappop(self._sleeping)
            turn.close()
            self.refused[number] = "gave up"

    @property
    def times(self) -> list[float]:
        """When requests left."""
        return [round(when, 3) for _, when in self.left]

    def _step(self, number: int, turn: Generator[float, None, None]) -> None:
        try:
            seconds = next(turn)
        except StopIteration:
            assert self.time >= self._opens
            self.left.append((number, self.time))
        except EndpointBusy as error:
            self.refused[number] = str(error)
        else:
            assert 0 < seconds <= 1
            heapq.heappush(self._sleeping, (self.time + seconds, number, turn))


def test_nobody_waits_before_anything_is_refused() -> None:
    """Requests leave at once, as many as there are, whatever else is answered."""
    world = World()
    for status in (200, 400, 404, 500, 503):
        world.answer(status, {})
        world.ask()
    assert (world.times, world.said) == ([0.0] * 5, [])


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"retry-after": "3"}, 3.0),
        (429, {"retry-after-ms": "400"}, 0.4),
        (429, {"retry-after": "Thu, 01 Jan 1970 00:00:07 GMT"}, 7.0),
        (503, {"retry-after": "2"}, 2.0),
        (429, {"x-ratelimit-reset-requests": "5s"}, 5.0),
        (429, {"x-ratelimit-reset-tokens": "8ms"}, 1.0),
        (429, {}, 1.0),
        (429, {"retry-after": "59"}, 59.0),
    ],
)
def test_all_wait_until_the_time_that_is_named(status: int, headers: dict[str, str], seconds: float) -> None:
    """One refusal makes all wait, as long as it says or a second, and one line tells of it."""
    world = World()
    world.answer(status, headers)
    for _ in range(3):
        world.ask()
    world.go_on(seconds - 0.001)
    assert world.left == []
    world.go_on(2)
    assert [number for number, _ in world.left] == [1, 2, 3]
    assert world.said == [f"{status} from h:1: all wait {seconds:.1f} s"]


def test_nobody_waits_for_ever() -> None:
    """A pause ends after a minute, whatever is named, and the line says that; more than three are not worth it."""
    world = World()
    world.answer(429, {"retry-after": "180"})
    world.ask()
    world.go_on(60)
    assert world.times == [60.0]
    assert world.said == ["429 from h:1: all wait 60.0 s, though it names 180 s"]
    world.answer(429, {"retry-after": "3600"})
    assert world.said[1:] == ["429 from h:1, which names 3,600 s: nothing more is asked of it"]


def test_they_leave_one_by_one() -> None:
    """After a pause the second follows a quarter of a second behind the first, and the gaps narrow to a fiftieth."""
    world = World()
    world.answer(429, {"retry-after": "10"})
    for _ in range(40):
        world.ask()
    world.go_on(20)
    gaps = [later - earlier for earlier, later in zip(world.times, world.times[1:], strict=False)]
    assert world.times[:4] == [10.0, 10.25, 10.45, 10.61]
    assert (max(gaps), round(min(gaps), 3), gaps[-1] < 0.021) == (0.25, 0.02, True)


def test_a_refusal_stops_those_behind() -> None:
    """The first that left is refused again: the others wait for the next pause, and keep their order."""
    world = World()
    world.answer(429, {"retry-after": "2"})
    for _ in range(3):
        world.ask()
    world.go_on(2.1)
    assert world.times == [2.0]
    world.answer(429, {"retry-after": "5"})
    world.ask()
    world.go_on(20)
    assert [number for number, _ in world.left] == [1, 2, 3, 4]
    assert world.times == [2.0, 7.1, 7.35, 7.55]


def test_pauses_without_a_name_grow_until_something_succeeds() -> None:
    """Each is twice as long as the one before, up to a minute; a success begins anew."""
    world = World(Patience(whole=1000))
    for _ in range(8):
        world.answer(*BUSY)
        world.go_on(60)
    world.answer(*FINE)
    world.answer(*BUSY)
    pauses = [1, 2, 4, 8, 16, 32, 60, 60, 1]
    assert world.said == [f"429 from h:1: all wait {seconds}.0 s" for seconds in pauses]


def test_those_under_way_do_not_lengthen_the_pause() -> None:
    """Forty answers of one moment are one pause and one line, unless one of them names a later time."""
    world = World()
    for _ in range(40):
        world.answer(*BUSY)
    for _ in range(40):
        world.answer(429, {"retry-after": "3"})
        world.go_on(0.01)
    world.ask()
    world.go_on(10)
    assert world.times == [3.39]
    assert world.said == ["429 from h:1: all wait 1.0 s", "429 from h:1: all wait 3.0 s"]


def test_an_endpoint_that_puts_off_for_too_long_is_asked_no_more() -> None:
    """After three minutes of nothing else all that wait and all that come are refused, until something succeeds."""
    world = World()
    for _ in range(4):
        world.ask()
        world.answer(429, {"retry-after": "61"})
        world.ask()
        world.go_on(60.1)
    said = "429 from h:1 for 180 s: nothing more is asked of it"
    assert world.said == [*["429 from h:1: all wait 60.0 s, though it names 61 s"] * 3, said]
    world.ask()
    world.ask()
    assert {*world.refused.values()} == {f"HTTP {said}"}
    assert len(world.refused) + len(world.left) == 10
    world.answer(*FINE)
    world.ask()
    world.go_on(1)
    assert world.left[-1][0] == 11


def test_one_that_gives_up_is_forgotten() -> None:
    """A request that is cancelled while it waits leaves its turn unused, and the others leave when they would have."""
    world = World()
    world.answer(429, {"retry-after": "1"})
    for _ in range(3):
        world.ask()
    world.give_up()
    world.go_on(5)
    assert world.left == [(2, 1.25), (3, 1.45)]


STEPS = st.lists(
    st.one_of(
        st.just(("ask",)),
        st.just(("answer", 200, {})),
        st.just(("answer", 429, {})),
        st.floats(0.001, 90).map(lambda seconds: ("answer", 429, {"retry-after": f"{seconds:.3f}"})),
        st.floats(0, 30).map(lambda seconds: ("go_on", seconds)),
        st.just(("give_up",)),
    ),
    max_size=60,
)


@EXAMPLES
@given(STEPS)
def test_whatever_happens(steps: list[tuple[Any, ...]]) -> None:
    """No request leaves before the time that was named, all leave in the end, and in the order in which they came."""
    world = World(Patience(whole=float("inf")))
    for name, *arguments in steps:
        getattr(world, name)(*arguments)
    world.go_on(10_000)
    numbers = [number for number, _ in world.left]
    asked = sum(name == "ask" for name, *_ in steps)
    assert numbers == sorted({*range(1, asked + 1)} - world.refused.keys())
