"""One scenario tried against its model: told as it happens, judged, and stored nowhere unless a person says so."""

import asyncio
import os
import sys
import termios
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from harness.additions import Heard
from harness.case import Case
from harness.check import Verdict
from harness.conversation import look
from harness.credentials import credentials
from harness.ending import Finish
from harness.errors import InputError
from harness.finding import numbered
from harness.formats import Output, Screen, write
from harness.garbage import kept
from harness.invocation import Invocation
from harness.lineup import planned
from harness.misses import record_command
from harness.offer import Offer, add, offered, told
from harness.outcome import Outcome
from harness.person import Onlooker, Person, Terminal
from harness.report import Told, build, code
from harness.root import Root
from harness.runner import try_case
from harness.scenario import Scenario, expected_stops
from harness.scope import Point
from harness.source import shown
from harness.terminal import BOLD, cut, fitted, line, width
from harness.traffic import Traffic
from harness.unfolding import Unfolding

_LABEL = 40
"""The most columns of a model's name while it is waited for."""


def attempt(asked: Invocation, *, unasked: bool, alone: bool) -> int:
    """Try the scenario that is asked for under one point of settings, and return the exit code.

    On a terminal the person is asked for what the scenario does not say, and may have it written into its file;
    `unasked` writes it without a question. `alone` says that the process ends after it.

    Raises:
        InputError: every problem of every file and setting, or there is more than one scenario or one point.
    """
    root = Root(asked.root)
    with kept(alone=alone):
        case = _case(root, asked)
    path = case.scenario.document.path
    before = path.read_bytes()
    seen = look(sys.stdout, os.environ, most=None)  # nothing is stored that could be shown whole
    view = Unfolding(sys.stdout, seen, f"(waiting for {cut(case.settings.model.label, _LABEL)})")
    terminal = _terminal() if sys.stdin.isatty() and sys.stdout.isatty() else None
    human = Onlooker(view) if terminal is None else Person(view, terminal, _silent(case))
    view.tell([seen.style.paint(line(case.id), BOLD)])
    try:
        outcome = asyncio.run(try_case(case, human, Traffic(tell=lambda text: view.tell([_fitted(text)]))))
    finally:
        view.rest()
    view.finish(outcome.trace)
    verdict = _told(root, outcome)
    heard = Heard(human.answers, human.results, outcome.trace.turns)
    said = bool(heard.answers or heard.results)
    if terminal is not None or unasked:
        found = offered(path, before, heard)
        view.tell(told(found, seen))
        if found.draft.new and (unasked or (terminal is not None and _agreed(terminal, found))):
            view.tell(add(found, _secrets(case)))
            written = path.is_file() and path.read_bytes() == found.draft.text.encode()
            said = said and not (written and not found.draft.left)
    if verdict.status != "error" and not said:
        view.tell([_fitted(_next(root, asked, case, verdict))])
    return code([verdict])


def _fitted(text: str) -> str:
    columns = width(sys.stdout, os.environ)
    return text if columns is None else fitted(text, columns)


def _terminal() -> Terminal:
    return Terminal(sys.stdin, sys.stdout, partial(termios.tcflush, sys.stdin, termios.TCIFLUSH))


def _case(root: Root, asked: Invocation) -> Case:
    """Return the one case that is asked for."""
    if len(asked.named) != 1:
        raise InputError("harness try: name one scenario, or its file: harness try SCENARIO [KEY=VALUE ...]")
    word = asked.named[0]
    path = Path(word)

    def select() -> list[Scenario]:
        if path.is_file() and not _is_below(path, root.scenarios):
            return [root.load(path, asked.overrides)]
        return root.select([word], (), asked.overrides)

    first, *others = planned(root, asked.overrides, select)
    names = dict.fromkeys(case.scenario.id for case in (first, *others))
    if len(names) > 1:
        some = f"{', '.join([*names][:3])}{', ...' if len(names) > 3 else ''}"
        raise InputError(f"harness try: '{word}' names {len(names)} scenarios; name one of them: {some}")
    points = dict.fromkeys(case.id for case in (first, *others) if case.repeat == 1)
    if len(points) > 1:
        raise InputError(f"harness try: takes one value of each setting, not a sweep of {len(points)} points")
    return first


def _is_below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _silent(case: Case) -> frozenset[int]:
    """Return the turns, counted from one, in which the scenario wants nobody to answer."""
    settings, turns = case.settings, range(len(case.scenario.file.turns))
    point = Point(settings.role.label, settings.model.label, settings.tools.label)
    wanted = {at + 1: expected_stops(case.scenario, at, point) for at in turns}
    return frozenset(turn for turn, stops in wanted.items() if all(one.stop == "unanswered" for one in stops))


def _told(root: Root, outcome: Outcome) -> Verdict:
    """Judge what came of the case, tell that as a run does, and return the verdict."""
    ended = Finish(datetime.now(UTC).date())(outcome).ended
    report = build("tried", [Told(ended.brief, ended.verdict, ended.brief.column)], figured=False)
    sys.stdout.write("\n")
    write(report, (Output("text"),), root.reports, Screen(sys.stdout, os.environ, seconds=outcome.seconds))
    used = ended.brief.usage
    if asked_and_said := used.prompt_tokens + used.completion_tokens:
        sys.stdout.write(
            f"{asked_and_said:,} tokens: {used.prompt_tokens:,} of requests, {used.completion_tokens:,} of replies\n"
        )
    return ended.verdict


def _agreed(terminal: Terminal, found: Offer) -> bool:
    return terminal.choice(f"add {numbered(found.lines, 'line')}?", "yes", "no") == "yes"


def _secrets(case: Case) -> dict[str, str]:
    """Return the secrets that no file may hold, each with the words that tell of it."""
    own = dict.fromkeys(case.settings.model.secrets(os.environ), "the key or a header's value of the model")
    return {**credentials(os.environ), **own}


def _next(root: Root, asked: Invocation, case: Case, verdict: Verdict) -> str:
    """Return the command that helps next."""
    if not _is_below(case.scenario.document.path, root.scenarios):
        return f"to record it, put it below {shown(root.scenarios)}/"
    when = "once it is as it should be, " if verdict.status == "failed" else ""
    return f"{when}record it: {record_command(case, asked.root)}"
