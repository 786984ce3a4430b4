"""The commands that help next after a run: to record, to look at a failure, to accept what changed."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness import misses
from harness.brief import Ended
from harness.case import Case
from harness.check import Status
from harness.finding import numbered
from harness.forecast import forecasts, told
from harness.formats import Output
from harness.invocation import Invocation
from harness.live import Live

_PLAIN = (Output("text"),)
_RIGHT: frozenset[Status] = frozenset(("passed", "known"))


def to_record(
    asked: Invocation, cases: Sequence[Case], ended: Sequence[Ended], folder: Path, live: Live | None = None
) -> dict[int, str]:
    """Return the places of the cases that a recording mends, but for those that were skipped, with the command.

    After a recording it is the one that goes on with it; a ceiling under which nothing was recorded is not named again,
    since nothing would come of that.
    """
    places = [at for at, one in enumerate(ended) if one.unrecorded and one.verdict.status != "skipped"]
    if not places:
        return {}
    wanted = [cases[at] for at in places]
    cost = told(forecasts(wanted, folder, ended).values())
    options = [] if live is None else live.options(limited=any(one.saved for one in ended))
    if len(wanted) == 1:
        return {places[0]: f"record it, {cost}: {misses.record_command(wanted[0], asked.root, options)}"}
    words, tags = asked.words, asked.tags
    if live is not None and live.everything:
        words, tags = [*dict.fromkeys(case.scenario.id for case in wanted), *asked.overrides], ()
    command = misses.record_all(words, tags, asked.root, options)
    said = f"record the {misses.numbered([ended[at] for at in places])}, {cost}: {command}"
    return dict.fromkeys(places, said)


def of_run(
    asked: Invocation, ended: Sequence[Ended], again: Mapping[int, str], *, accepted: bool, compared: bool
) -> Iterator[str]:
    """Yield the commands that help next, the most useful first; what was `accepted` need not be accepted any more.

    `compared` says whether there is a baseline that the cases were held to. `again` records what is to be recorded; of
    a single case that is told with it.
    """
    failed = next((one.verdict.case for one in ended if one.verdict.status == "failed"), None)
    if failed:
        yield f"look at the first that failed: {misses.command('show', [failed], root=asked.root)}"
    if len(again) > 1:
        yield next(iter(again.values()))
    regressed = sum(one.compared is not None and one.compared.regressed for one in ended)
    if regressed and not accepted and not again and asked.baseline is None:
        yield f"if that is meant, accept {numbered(regressed, 'case')}: {accept(asked)}"
    partial = asked.named or asked.tags
    if not (compared or accepted or again or partial or asked.quiet) and all(
        one.verdict.status in _RIGHT for one in ended
    ):
        yield f"hold later runs to this one: {accept(asked)}"


def accept(asked: Invocation) -> str:
    """Return the command that makes what comes the baseline."""
    skipping = " --missing skip" if asked.skip_missing else ""
    return f"{misses.command('run', asked.words, asked.tags, asked.root)}{skipping} --update-baseline"


def go_on(asked: Invocation, run: str) -> str:
    """Return the command that goes on with a run that was interrupted, told in the same forms."""
    forms = [f"--format={one.form}{f'={one.file}' if one.file else ''}" for one in asked.forms if asked.forms != _PLAIN]
    return misses.command("run", (), (), asked.root, ["--continue", run, *forms])


def replay(asked: Invocation) -> str:
    """Return the command that replays what is asked for."""
    return misses.command("run", asked.words, asked.tags, asked.root)
