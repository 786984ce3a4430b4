"""A conversation as it happens, on a stream."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TextIO

from harness.conversation import Look, answered, called, closing, is_response, odd, opening, worded
from harness.terminal import FAINT, YELLOW, line, wrapped
from harness.trace import Checkpoint, Trace, Turn

_CLEAR = "\r\x1b[K"


class _Spot(NamedTuple):
    """A call, by the round and the place in it, the round counted from one."""

    round: int
    place: int


class Unfolding:
    """What was told so far of a conversation: each thing once, as soon as it is known, with a sign while it waits."""

    def __init__(self, stream: TextIO, look: Look, sign: str) -> None:
        self._stream, self.look, self.style = stream, look, look.style
        self._sign = sign if stream.isatty() else ""
        self._signed = False
        self._told = 0
        """How many turns were told to their end."""
        self._open = False
        """Whether a turn is under way."""
        self._worded = self._called = 0
        """How many rounds of the turn have their text told, and their calls as far as those are known."""
        self._waiting: list[_Spot] = []
        """Calls of which it is not told yet what became of them."""
        self._pending: set[_Spot] = set()
        """Those of them that were told to be pending."""

    def wait(self) -> None:
        """Show that something is waited for, until there is more to tell; only on a terminal."""
        if self._sign and not self._signed:
            self._stream.write(self.style.paint(f"  {self._sign}", FAINT))
            self._stream.flush()
            self._signed = True

    def tell(self, lines: Iterable[str]) -> None:
        """Tell lines, if there are any."""
        if not (lines := list(lines)):
            return
        self.rest()
        self._stream.writelines(f"{one}\n" for one in lines)
        self._stream.flush()

    def say(self, text: str) -> None:
        """Tell a text, whole, on as many lines as it takes."""
        self.tell(wrapped(self.style.paint(line(text), YELLOW), self.look.width, "  ", "    "))

    def rest(self) -> None:
        """Remove the sign."""
        if self._signed:
            self._stream.write(_CLEAR)
            self._signed = False
            self._stream.flush()

    def begins(self, number: int, user: str) -> None:
        """Tell that a turn begins."""
        self._worded, self._called, self._waiting, self._pending = 0, 0, [], set()
        self._open = True
        self.tell(["", *opening(number, user, self.look)])

    def texts(self, turn: Turn) -> None:
        """Tell what the model said beside calls that are under way."""
        self.tell(one for place in range(1, len(turn.rounds) + 1) for one in self._text(turn, place))

    def so_far(self, turn: Turn) -> None:
        """Tell the rounds that were seen of the turn, and what became of calls as far as it is known."""
        self.tell([*self._settled(turn), *self._new(turn)])

    def answered(self, checkpoint: Checkpoint) -> None:
        """Tell the answer at a checkpoint."""
        self.tell(answered(checkpoint, self.look))

    def ends(self, turn: Turn) -> None:
        """Tell the rest of a turn."""
        lines = [*self._settled(turn), *self._new(turn), *self._settled(turn, last=True)]
        self.tell([*lines, *closing(turn, self.look)])
        self._told += 1
        self._open = False

    def finish(self, trace: Trace) -> None:
        """Tell the rest of a case: its last turn, where that was broken off, and what went wrong or is odd."""
        for turn in trace.turns[self._told :]:
            if not self._open:
                self.begins(self._told + 1, turn.user)
            self.ends(turn)
        self.tell(odd(trace, self.look))

    def _text(self, turn: Turn, place: int) -> Iterator[str]:
        if place > self._worded:
            self._worded = place
            if not is_response(turn, place):
                yield from worded(place, turn.rounds[place - 1], self.look)

    def _new(self, turn: Turn) -> Iterator[str]:
        """Yield the rounds that are not told yet; calls of which nothing is known wait."""
        for place, round_ in enumerate(turn.rounds, 1):
            yield from self._text(turn, place)
            if place <= self._called:
                continue
            self._called = place
            for at, call in enumerate(round_.calls):
                spot = _Spot(place, at)
                if call.outcome == "pending":
                    self._pending.add(spot)
                if call.result is None:
                    self._waiting.append(spot)
                if call.result is not None or call.outcome == "pending":
                    yield from called(place, call, self.look)

    def _settled(self, turn: Turn, *, last: bool = False) -> Iterator[str]:
        """Yield what became of calls that waited; at the `last`, also of those of which the model was told nothing."""
        for spot in list(self._waiting):
            call = turn.rounds[spot.round - 1].calls[spot.place]
            if call.result is None and (not last or (call.outcome == "pending" and spot in self._pending)):
                continue
            self._waiting.remove(spot)
            yield from called(spot.round, call, self.look)
