"""The person at the terminal, who watches a case and says what its scenario leaves open."""

import json
import signal
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread
from typing import Any, Literal, TextIO

from harness.additions import Answered, Given
from harness.human import Scripted, Seen
from harness.matching import fits_all
from harness.rules import Effect
from harness.scenario import ScenarioTurn
from harness.trace import Turn
from harness.unfolding import Unfolding


class Terminal:
    """Where a person is asked, and types a line.

    `forget` drops what was typed before the question stood there, so that nothing is confirmed unread.
    """

    def __init__(self, typed: TextIO, shown: TextIO, forget: Callable[[], None] = lambda: None) -> None:
        self._typed, self._shown, self._forget = typed, shown, forget

    def line(self, question: str) -> str | None:
        """Return what is typed behind a question, or None where the input ends."""
        text = ""
        try:
            with _interruptible():
                self._forget()
                self._shown.write(question)
                self._shown.flush()
                text = self._typed.readline()
        finally:
            if not text.endswith("\n"):
                self._shown.write("\n")
        return text.strip() if text else None

    def choice(self, question: str, *words: str) -> str | None:
        """Return which of the words is typed, whole or how it begins, asking until it is one; None at the input's end.

        There is none that counts when nothing is typed.
        """
        while (typed := self.line(f"{question} ({' / '.join(words)}): ")) is not None:
            meant = [word for word in words if typed and word.startswith(typed.lower())]
            if len(meant) == 1:
                return meant[0]
        return None


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C end the waiting for a line at once; a running event loop would only take note of it."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Onlooker(Scripted):
    """The scripted human, with somebody who watches."""

    def __init__(self, view: Unfolding) -> None:
        super().__init__()
        self.view = view
        self.answers: list[Answered] = []
        """The answers that were given, and are not the scenario's."""
        self.results: list[Given] = []
        """The results that were given."""
        self.turn = 0
        """The turn that is under way, counted from one."""
        self._seen: Seen | None = None

    def begins(self, number: int, turn: ScenarioTurn, seen: Seen) -> None:
        """Tell that the turn begins."""
        super().begins(number, turn, seen)
        self.turn, self._seen = number, seen
        self.view.begins(number, turn.user)
        self.view.wait()

    def waits(self) -> None:
        """Tell what was seen, and wait for the model."""
        self.view.so_far(self.seen())
        self.view.wait()

    def answer(self, pending: Sequence[str]) -> bool | None:
        """Tell the request, and the answer."""
        turn = self.seen()
        self.view.so_far(turn)
        confirmed = super().answer(pending)
        if confirmed is None:
            confirmed = self.asked(pending, turn)
        word: Literal["confirmed", "denied"] | None = (
            None if confirmed is None else "confirmed" if confirmed else "denied"
        )
        self.view.answered(turn.checkpoints[-1].model_copy(update={"answer": word}))
        self.view.wait()
        return confirmed

    def asked(self, pending: Sequence[str], turn: Turn) -> bool | None:  # noqa: ARG002 - those who ask need them
        """Return the answer of which the scenario says nothing; nobody is asked here."""
        return None

    def ended(self, seen: Seen) -> None:
        """Tell the rest of the turn."""
        self.view.ends(seen())

    def seen(self) -> Turn:
        """Return what was seen of the turn."""
        if self._seen is None:
            raise RuntimeError("nothing is seen before a turn begins")
        return self._seen()


class Person(Onlooker):
    """Somebody who watches, and is asked for answers and results that the scenario does not have."""

    def __init__(self, view: Unfolding, terminal: Terminal, silent: Collection[int] = ()) -> None:
        super().__init__(view)
        self._terminal = terminal
        self._silent = silent
        self._left: list[tuple[str, Mapping[str, Any]]] = []
        """Calls of which nothing was said when that was asked."""

    def asked(self, pending: Sequence[str], turn: Turn) -> bool | None:
        """Ask for the answer, but in `silent` turns, in which the scenario wants nobody to answer."""
        if self.turn in self._silent:
            return None
        checkpoint = turn.checkpoints[-1]
        calls = turn.rounds[checkpoint.round - 1].calls if checkpoint.round else ()
        for one in checkpoint.pending:
            self.view.say(f"it waits for you: {one.name}({calls[one.call - 1].raw_arguments})")
        self.view.rest()
        word = self._terminal.choice("  your answer", "confirm", "deny", "stop")
        if word in (None, "stop"):
            return None
        before = sum(one.turn == self.turn - 1 for one in self.answers)
        place = self.script.left.start + before
        self.answers.append(Answered(self.turn - 1, place, tuple(pending), word == "confirm"))
        return word == "confirm"

    def gives(self, name: str, arguments: Mapping[str, Any]) -> Effect | None:
        """Ask what a call returns, once for all calls that the rule would cover which is made of it."""
        for one in self.results:
            if one.tool == name and fits_all(one.rule.get("when", {}), arguments):
                return Effect(returns=one.returns)
        if (name, arguments) in self._left:
            return None
        self.view.texts(self.seen())
        self.view.say(f"the scenario has no result for {name}({json.dumps(dict(arguments), ensure_ascii=False)})")
        typed = self._terminal.line("  it returns (text or JSON; nothing leaves an error): ")
        self.view.wait()
        if not typed:
            self._left.append((name, dict(arguments)))
            return None
        given = Given(name, dict(arguments), _read(typed))
        self.results.append(given)
        return Effect(returns=given.returns)


def _read(typed: str) -> Any:
    """Return what is typed: lists and mappings as data, anything else as the text that it is."""
    if typed[0] in "[{":
        with suppress(ValueError, RecursionError):
            return json.loads(typed)
    return typed
