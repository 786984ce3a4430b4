"""The cases of a project one by one, for a runner that is not ours: planned file by file, each judged by itself."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from harness import advice, misses, textual
from harness.case import Case, distinct
from harness.composition import Composition
from harness.earlier import Earlier, earlier
from harness.ending import Finish
from harness.errors import InputError
from harness.factory import composed_factory
from harness.invocation import Invocation
from harness.planning import plan_all, settle
from harness.report import Against, CaseReport, Told, build
from harness.root import Root
from harness.runner import run_many
from harness.scenario import Scenario, Under
from harness.terminal import Style

_CHANGES = 40
"""The most changes that are told of a case."""
_PLACED = re.compile(r"\S.*?:\d+:\d+: ")


class Suite:
    """The cases of one project under the settings that overrides make."""

    def __init__(self, root: Path, overrides: Sequence[str] = (), *, skip_missing: bool = False) -> None:
        """Find the project; its own modules can be imported from now on."""
        elsewhere = None if Path.cwd().is_relative_to(root) else root
        self._asked = Invocation(tuple(overrides), root=elsewhere, skip_missing=skip_missing)
        self._root = Root(root)
        self._settled: dict[Under, tuple[Composition, ...] | InputError] = {}
        self._planned: dict[Path, tuple[Case, ...]] = {}
        self._taken: dict[str, str] = {}

    def name(self, path: Path) -> str:
        """Return the id of the scenario in a file."""
        return path.relative_to(self._root.scenarios).with_suffix("").as_posix()

    def cases(self, path: Path) -> tuple[Case, ...]:
        """Return the cases of the scenario in a file, in the order in which `harness run` has them.

        Raises:
            InputError: every problem of the file and of its settings.
        """
        if path not in self._planned:
            scenario = self._root.load(path, self._asked.overrides)
            cases = plan_all([scenario], {scenario.file.under: self._compositions(scenario)})
            self._planned[path] = distinct(cases, self._taken)
        return self._planned[path]

    def play(self, case: Case) -> CaseReport:
        """Replay a case, judge it, compare it with the baseline, and return what is told of it.

        Raises:
            InputError: what was accepted of it cannot be read.
        """
        (outcome,) = asyncio.run(run_many([case], self._root.cassettes))
        ended = self._finish(outcome).ended
        again = advice.to_record(self._named(case), [case], [ended], self._root.cassettes)
        told = Told(ended.brief, ended.verdict, ended.brief.column, ended.compared, again.get(0))
        against = None if self._before is None else Against(self._before.name, ())
        return build("replayed", [told], against=against).cases[0]

    def told(self, case: Case, report: CaseReport) -> Iterator[str]:
        """Yield what is said of a case that is not as expected: the place in front, the next command at the end."""
        lines = list(textual.notes(report, Style(), most=_CHANGES))
        first = lines[0] if lines else report.verdict.status
        yield first if _PLACED.match(first) else f"{report.verdict.place}: {first}"
        yield from lines[1:]
        asked = self._named(case)
        if report.advice is None:
            run = misses.command("run", asked.words, root=asked.root)
            show = misses.command("show", [case.id], root=asked.root)
            yield f"look at it: {run}; {show}"
        if report.compared is not None and report.compared.regressed:
            yield f"if that is meant, accept it: {advice.accept(asked)}"

    def _named(self, case: Case) -> Invocation:
        """Return what asks for the scenario of a case alone, under its settings."""
        return Invocation((case.scenario.id, *case.overrides), root=self._asked.root)

    def _compositions(self, scenario: Scenario) -> tuple[Composition, ...]:
        """Return the settings of a scenario, composed once for all that choose alike."""
        under = scenario.file.under
        if under not in self._settled:
            try:
                found = settle(self._root.conf, [scenario], self._asked.overrides)[under]
                for one in {one.settings.loop.factory: one for one in found}.values():
                    composed_factory(one, self._root.conf)
                self._settled[under] = found
            except InputError as error:
                self._settled[under] = error
        settled = self._settled[under]
        if isinstance(settled, InputError):
            raise settled
        return settled

    @cached_property
    def _before(self) -> Earlier | None:
        return earlier(self._root.reports, None)

    @cached_property
    def _finish(self) -> Finish:
        accepted = None if self._before is None else self._before.accepted
        return Finish(datetime.now(UTC).date(), accepted, skip_missing=self._asked.skip_missing)
