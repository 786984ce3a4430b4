"""How a case ends: judged, compared with what was accepted of it, and made a line that is stored."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from harness.brief import Ended, brief
from harness.case import Case
from harness.check import Verdict, judge
from harness.compare import Accepted, Compared, Subject, compare, subject_of
from harness.errors import CassetteMissing
from harness.journal import End, Noted
from harness.lines import line_of
from harness.misses import replay
from harness.outcome import Outcome
from harness.trace import Trace


class Ending(NamedTuple):
    """A case that ended, and its trace as it is stored."""

    ended: Ended
    line: bytes
    """The line of its trace."""


def ending(outcome: Outcome, verdict: Verdict, compared: Compared | None = None) -> Ending:
    """Return what is kept of a case that was judged and compared."""
    ended = Ended(
        brief=brief(outcome.trace),
        verdict=verdict,
        compared=compared,
        turns=len(outcome.case.scenario.file.turns),
        recorded=outcome.recorded,
        unplayed=outcome.unplayed,
        replays=outcome.replays,
        broken=outcome.broken,
        saved=outcome.saved,
        kept=outcome.kept,
        begun=outcome.begun,
        seconds=outcome.seconds,
    )
    return Ending(ended, line_of(outcome.trace))


@dataclass(frozen=True)
class Finish:
    """Ends cases, in whichever process they were played."""

    today: date
    """The day on which failures are known, or no longer."""
    accepted: Callable[[Subject], Mapping[int, Accepted]] | None = None
    """Reads what cases are compared with; none where they are compared with nothing."""
    unread: Collection[Subject] = ()
    """Of what nothing is read, since it is to be replaced."""
    skip_missing: bool = False
    """Whether cases of which nothing is recorded are skipped."""

    def __call__(self, outcome: Outcome) -> Ending:
        """Judge a case and compare it.

        Raises:
            InputError: what was accepted of it cannot be read.
        """
        verdict = self._judged(outcome)
        return ending(outcome, verdict, self._compared(outcome.trace, verdict, outcome.case))

    def again(self, noted: Noted, case: Case) -> Ended:
        """Return a case that ended before, compared with what is accepted of it now.

        Raises:
            InputError: what was accepted of it cannot be read.
        """
        plain = {name: getattr(noted.end, name) for name in End.model_fields if name != "place"}
        return Ended(brief(noted.trace), compared=self._compared(noted.trace, noted.end.verdict, case), **plain)

    def _judged(self, outcome: Outcome) -> Verdict:
        verdict = judge(outcome.trace, outcome.case.scenario, replay(outcome), self.today)
        error = outcome.trace.error
        if self.skip_missing and error is not None and error.kind == CassetteMissing.kind:
            return verdict.model_copy(update={"status": "skipped", "error": None})
        return verdict

    def _compared(self, trace: Trace, verdict: Verdict, case: Case) -> Compared | None:
        if self.accepted is None:
            return None
        subject = subject_of(trace)
        before = {} if subject in self.unread else self.accepted(subject)
        return compare(trace, verdict, before, case.settings.compare.counts)
