"""A recording: whether cases are asked anew, what they may spend, and what is said of that before and afterwards."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.brief import Ended
from harness.budget import Budget, Ceiling
from harness.case import Case
from harness.forecast import Forecast, forecasts, told
from harness.outcome import Outcome
from harness.runner import Manner, in_order, run_each
from harness.traffic import Traffic


@dataclass(frozen=True)
class Live:
    """How cases are recorded."""

    everything: bool = False
    """Whether those are asked anew that have a valid cassette."""
    extend: bool = False
    """Whether what still matches of a recording is kept, and the model asked from there on."""
    ceiling: Ceiling = field(default_factory=Ceiling)
    """The most that may be spent."""

    def begins(self, expected: Collection[Forecast]) -> str:
        """Say what is recorded and what that takes: `recording 12 cases, about 48 requests (ceiling 100)`."""
        most = f"{self.ceiling.requests:,}" if self.ceiling.requests and not self.ceiling.tokens else str(self.ceiling)
        cases = f"{len(expected):,} case{'' if len(expected) == 1 else 's'}"
        return f"recording {cases}, {told(expected)}{f' (ceiling {most})' if self.ceiling else ''}"

    def ended(self, outcomes: Sequence[Ended]) -> str:
        """Say what was done: `recorded`, or how many of those that were asked, and what was kept of them."""
        saved = [one for one in outcomes if one.saved]
        said = "recorded" if len(saved) == len(outcomes) else _asked(outcomes, len(saved))
        if not self.extend:
            return said
        kept, held = sum(one.kept for one in saved), sum(one.recorded or 0 for one in saved)
        return f"{said}, {kept} request{'' if kept == 1 else 's'} kept and {held - kept} new"

    def options(self, *, limited: bool) -> list[str]:
        """Return the options of the command that goes on with it, with its ceilings where it stays limited."""
        ceilings = (("--max-requests", self.ceiling.requests), ("--max-tokens", self.ceiling.tokens))
        words = [word for name, most in ceilings if most is not None and limited for word in (name, str(most))]
        return [*(["--all"] if self.everything else []), *(["--extend"] if self.extend else []), *words]


async def record_many(  # noqa: PLR0913 - what a recording is told
    cases: Sequence[Case],
    folder: Path,
    live: Live,
    done: Callable[[int, Outcome], None],
    *,
    tried: Sequence[Ended] = (),
    jobs: int = 1,
    tell: Callable[[str], None] = lambda _: None,
) -> None:
    """Record cases, at most `jobs` at a time, and tell of each by its place as it ends.

    What came of cases that were `tried` before says what they take. `tell` takes each line that is said meanwhile: what
    is expected, the pauses of endpoints, and what was spent where that has a ceiling.
    """
    expected = forecasts(cases, folder, tried)
    tell(live.begins(expected.values()))
    traffic = Traffic(Budget(live.ceiling), tell=tell)
    requests = {case: one.requests for case, one in expected.items()}
    manner = Manner(jobs, live=True, extend=live.extend, traffic=traffic, expected=requests)
    await run_each(cases, folder, in_order(len(cases)), done, manner)
    if live.ceiling:
        tell(f"spent {traffic.budget}")


def _asked(outcomes: Sequence[Ended], saved: int) -> str:
    begun = sum(outcome.begun for outcome in outcomes)
    return f"{'' if begun == len(outcomes) else f'wanted, {begun} '}asked, {saved} recorded"
