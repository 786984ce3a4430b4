"""The human of a case, who answers the checkpoints: here the scripted one, who knows nothing but the scenario."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from harness.rules import Effect
from harness.scenario import Answer, ScenarioTurn
from harness.trace import Turn

Seen = Callable[[], Turn]
"""Gives what was seen of the turn that is under way."""


class Human(Protocol):
    """Who is there while a case runs: hears what happens, and says what the loop and the tools wait for."""

    def begins(self, number: int, turn: ScenarioTurn, seen: Seen) -> None:
        """Hear that a turn begins; turns are counted from one."""
        ...

    def waits(self) -> None:
        """Hear that the model is asked, now that all calls are done that wait for nobody."""
        ...

    def answer(self, pending: Sequence[str]) -> bool | None:
        """Return whether the pending tools are confirmed, or None where nobody answers."""
        ...

    def gives(self, name: str, arguments: Mapping[str, Any]) -> Effect | None:
        """Return what comes of a call that nothing in the scenario covers, or None where nobody says."""
        ...

    def ended(self, seen: Seen) -> None:
        """Hear that the turn has ended."""
        ...


class Script:
    """The answers of one turn, given in order."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = answers
        self._next = 0

    def answer(self, pending: Sequence[str]) -> bool | None:
        """Return whether the user confirms the pending tools, or None where the script has no answer for them.

        An answer that names tools fits only when they are exactly those that are pending.
        """
        if self._next == len(self._answers):
            return None
        answer = self._answers[self._next]
        if answer.names is not None and Counter(answer.names) != Counter(pending):
            return None
        if answer.otherwise is None:
            self._next += 1
        return answer.confirmed

    @property
    def left(self) -> range:
        """The positions of the answers that were never asked for; `otherwise` answers are not missed."""
        end = len(self._answers)
        if self._answers and self._answers[-1].otherwise is not None:
            end -= 1
        return range(self._next, max(end, self._next))


class Scripted:
    """The scripted human: answers as the scenario says, and says nothing else."""

    def __init__(self) -> None:
        self.script = Script(())

    def begins(self, number: int, turn: ScenarioTurn, seen: Seen) -> None:  # noqa: ARG002 - the protocol's
        """Take the answers of the turn."""
        self.script = Script(turn.answers)

    def waits(self) -> None:
        """Do nothing."""

    def answer(self, pending: Sequence[str]) -> bool | None:
        """Return what the scenario says."""
        return self.script.answer(pending)

    def gives(self, name: str, arguments: Mapping[str, Any]) -> Effect | None:  # noqa: ARG002 - the protocol's
        """Give nothing."""
        return None

    def ended(self, seen: Seen) -> None:
        """Do nothing."""
