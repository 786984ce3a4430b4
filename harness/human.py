"""The scripted human who answers checkpoints."""

from collections import Counter
from collections.abc import Sequence

from harness.scenario import Answer


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
