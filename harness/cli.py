"""The `harness` command."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn

from harness.errors import HarnessError, InputError

if TYPE_CHECKING:
    from harness.report import Style
    from harness.runner import Case, Outcome
    from harness.scenario import Scenario

_DESCRIPTION = """\
Runs your tool loop over scenarios, replays the recorded model traffic, and says what changed.

SCENARIO is an id (files/denied_delete), an area (files), a file, a folder or a pattern ('files/*').
KEY=VALUE is a Hydra override (role=files, loop.max_rounds=3); a sweep (model=careful,hasty) runs every point.
"""

_EXAMPLES = {
    "run": """\
examples:
  harness run                                     all scenarios under the default settings
  harness run files role=files                    one area under another role
  harness run model=careful,hasty -t checkpoint   two models, the scenarios that carry a tag
""",
    "record": """\
examples:
  harness record                                  the cases without a valid cassette
  harness record --all model=openwebui            every case of a model, anew
""",
    "show": """\
examples:
  harness show files/denied_delete                from the newest run that has it
""",
    "validate": """\
examples:
  harness validate                                every scenario, script and setting
  harness validate scenarios/files                one area, and the settings
""",
    "config": """\
examples:
  harness config role=files loop.max_rounds=3     the composed settings, and where each choice came from
""",
    "list": """\
examples:
  harness list models
  harness list scenarios
""",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 as expected, 1 something failed, 2 could not judge."""
    parser = _parser()
    options, words = parser.parse_known_args(arguments)
    unknown = [word for word in words if word.startswith("-") and word != "-"]
    if unknown:
        parser.error(
            f"there is no option {unknown[0]} for 'harness {options.command}'; see harness {options.command} -h"
        )
    try:
        return int(options.act(options, words))
    except HarnessError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("harness", description=_DESCRIPTION, formatter_class=raw)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, act: Callable[..., int], line: str, words: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name,
            help=line,
            description=f"{line[:1].upper()}{line[1:]}.",
            usage=f"harness {name} {words} [options]",
            epilog=_EXAMPLES[name],
            formatter_class=raw,
            allow_abbrev=False,
        )
        sub.set_defaults(act=act)
        sub.add_argument("--root", type=Path, metavar="DIR", help="the project (default: the nearest folder above)")
        return sub

    def selection(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("-t", "--tag", action="append", default=[], help="only scenarios that carry the tag")
        sub.add_argument("-j", "--jobs", type=_positive, default=8, metavar="N", help="cases at a time (default: 8)")
        sub.add_argument("--quiet", action="store_true", help="no progress, and only cases with something to say")

    selection(command("run", _run, "replay scenarios and judge what came out", "[SCENARIO ...] [KEY=VALUE ...]"))
    record = command("record", _record, "ask the models and store the traffic", "[SCENARIO ...] [KEY=VALUE ...]")
    selection(record)
    record.add_argument("--all", action="store_true", help="also the cases that have a valid cassette")
    command("show", _show, "print one trace as a conversation", "CASE [RUN]")
    command("validate", _validate, "find every mistake in scenarios, scripts and settings", "[PATH ...]")
    command("config", _config, "print the composed settings, and where each choice came from", "[KEY=VALUE ...]")
    what = command("list", _list, "list models, roles, tools, scenarios or tags", "WHAT")
    what.add_argument("what", choices=("models", "roles", "tools", "scenarios", "tags"), metavar="WHAT")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


class _Project:
    """The folders of a project."""

    def __init__(self, root: Path | None) -> None:
        from harness.project import Conf, project

        if root is not None and not root.is_dir():
            raise InputError(f"--root {root}: there is no such folder")
        self.root = root or project(Path.cwd())
        self.conf: Conf = Conf(self.root / "conf")
        self.scenarios = self.root / "scenarios"
        self.cassettes = self.root / "cassettes"
        self.reports = self.root / "reports"

    def select(self, words: Sequence[str], tags: Sequence[str] = ()) -> "list[Scenario]":
        """Load the named scenarios and check where they say that they apply.

        Raises:
            InputError: every problem of every file.
        """
        from harness import scenario
        from harness.errors import did_you_mean

        found = scenario.select(self.scenarios, words, tags)
        wrong: list[str] = []
        for group in ("role", "model", "tools"):
            named = [(one, getattr(one.file.applies, group) or ()) for one in found]
            known = self.conf.labels(group) if any(names for _, names in named) else set()
            for one, names in named:
                for at, name in enumerate(names):
                    if name not in known:
                        place = one.document.place(("for", group, at))
                        wrong.append(f"{place}: there is no {group} '{name}'{did_you_mean(name, known)}")
        if wrong:
            raise InputError(*wrong)
        return found


def _all_problems(*steps: Callable[[], Any]) -> list[Any]:
    """Take every step and return what they give.

    Raises:
        InputError: the problems of all steps together.
    """
    results: list[Any] = []
    wrong: list[str] = []
    for step in steps:
        try:
            results.append(step())
        except InputError as error:
            wrong += error.problems
    if wrong:
        raise InputError(*wrong)
    return results


def _plan(project: _Project, options: argparse.Namespace, words: Sequence[str]) -> "tuple[Case, ...]":
    from harness.composition import compose
    from harness.runner import plan

    overrides = [word for word in words if "=" in word or word.startswith("~")]
    named = [word for word in words if word not in overrides]
    compositions, scenarios = _all_problems(
        lambda: compose(project.conf, overrides), lambda: project.select(named, options.tag)
    )
    cases = plan(scenarios, compositions)
    if not cases:
        if not scenarios:
            raise InputError(f"{project.scenarios}: no scenario is selected; 'harness list scenarios' shows them")
        variants = ", ".join(f"{one.settings.model.label}/{one.settings.variant}" for one in compositions)
        raise InputError(f"none of the {len(scenarios)} selected scenarios applies to {variants}; see 'for:' in them")
    return cases


def _style() -> "Style":
    from harness.report import Style

    welcome = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Style(colour=welcome)


class _Progress:
    """A line on the terminal that counts cases as they end; silent anywhere else."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        self._total, self._done = total, 0
        self._shown = sys.stderr.isatty() and not quiet

    def note(self, outcome: "Outcome") -> None:
        """Count one case."""
        self._done += 1
        if self._shown:
            sys.stderr.write(f"\r\x1b[K{self._done}/{self._total} {outcome.case.id[:60]}")
            sys.stderr.flush()

    def end(self) -> None:
        """Clear the line."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _run(options: argparse.Namespace, words: Sequence[str]) -> int:
    project = _Project(options.root)
    return _play(project, options, _plan(project, options, words), live=False)


def _record(options: argparse.Namespace, words: Sequence[str]) -> int:
    import asyncio

    from harness.runner import run_many

    project = _Project(options.root)
    cases = _plan(project, options, words)
    if not options.all:
        tried = asyncio.run(run_many(cases, project.cassettes, jobs=options.jobs))
        stale = [outcome.case for outcome in tried if not outcome.replays]
        if not stale:
            sys.stdout.write(
                f"nothing to record: all {len(cases)} cases have a valid cassette (--all records anyway)\n"
            )
            return 0
        cases = tuple(stale)
    return _play(project, options, cases, live=True)


def _play(project: _Project, options: argparse.Namespace, cases: "Sequence[Case]", *, live: bool) -> int:
    import asyncio

    from harness import report
    from harness.archive import RunFolder
    from harness.check import judge
    from harness.runner import run_many

    start = perf_counter()
    folder = RunFolder(project.reports, cases)
    progress = _Progress(len(cases), quiet=options.quiet)

    def done(outcome: "Outcome") -> None:
        folder.note(outcome)
        progress.note(outcome)

    outcomes = asyncio.run(run_many(cases, project.cassettes, live=live, jobs=options.jobs, done=done))
    progress.end()
    verdicts = [judge(outcome.trace, outcome.case.scenario, unplayed=outcome.unplayed) for outcome in outcomes]
    folder.finish(outcomes, verdicts)
    shown = [
        (outcome, verdict)
        for outcome, verdict in zip(outcomes, verdicts, strict=True)
        if not options.quiet or verdict.status != "passed" or outcome.trace.anomalies
    ]
    if shown:
        text = report.table([outcome for outcome, _ in shown], [verdict for _, verdict in shown], _style())
        sys.stdout.write(f"{text}\n\n")
    seconds = perf_counter() - start
    saved = sum(outcome.saved for outcome in outcomes)
    done_to = "replayed" if not live else "recorded" if saved == len(outcomes) else f"asked, {saved} recorded,"
    summary = report.summary(outcomes, verdicts, seconds, done_to)
    sys.stdout.write(f"{summary}\n")
    statuses = {verdict.status for verdict in verdicts}
    return 2 if "error" in statuses else 1 if "failed" in statuses else 0


def _show(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness import archive, report

    if not 1 <= len(words) <= 2:
        _usage("show", "name one case, and a run if it is not the newest: harness show CASE [RUN]")
    project = _Project(options.root)
    trace = archive.find(project.reports, words[0], words[1] if len(words) > 1 else None)
    sys.stdout.write(f"{report.conversation(trace, _style())}\n")
    return 0


def _validate(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.validation import validate

    project = _Project(options.root)
    done = validate(project.conf, project.scenarios, words, project.select)
    sys.stdout.write(f"{done}\n")
    return 0


def _config(options: argparse.Namespace, words: Sequence[str]) -> int:
    import yaml

    from harness import report
    from harness.composition import compose
    from harness.source import shown

    project = _Project(options.root)
    for composition in compose(project.conf, words):
        settings = composition.settings
        plain = settings.model_dump(mode="json", exclude={"model"})
        data = {"model": settings.model.shared(), **plain}
        sys.stdout.write(yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=100))
        rows = [
            (group, origin.choice, "the package" if origin.bundled else shown(origin.path) if origin.path else "")
            for group, origin in composition.origins.items()
        ]
        sys.stdout.write(f"\n{report.listing(rows, ('group', 'choice', 'from'))}\n")
    return 0


def _list(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.listing import LISTS

    if words:
        _usage("list", f"'{words[0]}' is too much; name one list")
    project = _Project(options.root)
    sys.stdout.write(f"{LISTS[options.what](project.conf, project.scenarios)}\n")
    return 0


def _usage(command: str, what: str) -> NoReturn:
    raise InputError(f"harness {command}: {what}")
