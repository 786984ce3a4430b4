"""The `harness` command."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn

from harness.errors import HarnessError, InputError

if TYPE_CHECKING:
    from harness.case import Case
    from harness.runner import Outcome
    from harness.scenario import Scenario
    from harness.terminal import Style

_DESCRIPTION = """\
Runs your tool loop over scenarios, replays the recorded model traffic, and says
what changed. Start with: harness init
"""

_WORDS = """\
SCENARIO   an id (files/denied_delete), an area (files), a file, a folder or a
           pattern ('files/*'); all scenarios where none is named
KEY=VALUE  a setting, in Hydra's grammar (role=files, loop.max_rounds=3);
           several values (model=careful,hasty) run every combination
CASE       a scenario under one model, role and tool list, as a run prints it;
           a part of its id will do (denied_delete@hasty)

Exit codes: 0, all as expected; 1, judged, and something failed; 2, something
could not be judged: a bad file or setting, a missing or stale cassette.
"""

_EXAMPLES = {
    "run": """\
examples:
  harness run                               all scenarios, default settings
  harness run files role=files              one area under another role
  harness run model=careful,hasty -t mail   two models, scenarios with a tag
  harness run loop=ours                     another loop: conf/loop/ours.yaml
  harness run cassette.allow_drift=[system] go on where only the prompt differs
""",
    "record": """\
examples:
  harness record                            the cases without a valid cassette
  harness record --all model=openwebui      every case of a model, anew
  harness record registry=prod.json         as production's model registry says
""",
    "show": """\
examples:
  harness show files/denied_delete          from the newest run that has it
  harness show denied_delete@hasty RUN      from the run in reports/RUN
""",
    "validate": """\
examples:
  harness validate                          every scenario, script and setting
  harness validate scenarios/files          one area, and the settings
""",
    "init": """\
examples:
  harness init                              in the current folder
  harness init garden                       in a folder that is made
""",
    "import": """\
examples:
  harness import --tools tools.json         makes conf/catalogue/tools.yaml
  harness import --tools request.json --name shop --confirm order_cancel refund
""",
    "config": """\
examples:
  harness config                            what counts when nothing is said
  harness config role=files loop=tolerant   what counts under these choices
""",
    "list": """\
examples:
  harness list models                       and what serves each
  harness list tools                        default catalogue, and allow-lists
  harness list scenarios
""",
}


_LISTS = ("models", "roles", "tools", "personas", "catalogues", "loops", "scenarios", "tags")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 as expected, 1 something failed, 2 could not judge."""
    parser = _parser()
    options, words = parser.parse_known_args(arguments)
    unknown = [word for word in words if word.startswith("-") and word != "-"]
    if unknown:
        parser.error(
            f"there is no option {unknown[0]} for 'harness {options.command}'; see harness {options.command} -h"
        )
    options.alone = arguments is None
    path = list(sys.path)
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
    finally:
        sys.path[:] = path  # the project's root was put in front


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("harness", description=_DESCRIPTION, epilog=_WORDS, formatter_class=raw)
    parser.add_argument("--version", action="version", version=f"harness {version('tool-loop-harness')}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def outside(name: str, act: Callable[..., int], line: str, words: str) -> argparse.ArgumentParser:
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
        return sub

    def command(name: str, act: Callable[..., int], line: str, words: str) -> argparse.ArgumentParser:
        sub = outside(name, act, line, words)
        sub.add_argument("--root", type=Path, metavar="DIR", help="the project (default: the nearest folder above)")
        return sub

    def selection(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("-t", "--tag", action="append", default=[], help="only scenarios that carry the tag")
        sub.add_argument("-j", "--jobs", type=_positive, default=8, metavar="N", help="cases at a time (default: 8)")
        sub.add_argument("--quiet", action="store_true", help="no progress, and only cases with something to say")

    run = command("run", _run, "replay scenarios and judge what came out", "[SCENARIO ...] [KEY=VALUE ...]")
    selection(run)
    run.add_argument("--update-baseline", action="store_true", help="write the traces to reports/baseline/, to commit")
    record = command("record", _record, "ask the models and store the traffic", "[SCENARIO ...] [KEY=VALUE ...]")
    selection(record)
    record.add_argument("--all", action="store_true", help="also the cases that have a valid cassette")
    command("show", _show, "print one trace as a conversation", "CASE [RUN]")
    command("validate", _validate, "find every mistake in scenarios, scripts and settings", "[PATH ...]")
    outside("init", _init, "write a new project, green at once", "[DIR]")
    imports = command("import", _import, "turn what other programs hold into files of the project", "--tools FILE")
    imports.add_argument("--tools", type=Path, metavar="FILE", help="OpenAI or MCP tool schemas (JSON) to a catalogue")
    imports.add_argument("--name", help="what the catalogue is called (default: the file's name)")
    imports.add_argument(
        "--confirm", nargs="+", action="extend", default=[], metavar="TOOL", help="tools that the user is asked about"
    )
    command("config", _config, "print the composed settings, and where each choice came from", "[KEY=VALUE ...]")
    what = command("list", _list, "list what there is to choose from", "WHAT")
    what.add_argument("what", choices=_LISTS, metavar="WHAT", help=", ".join(_LISTS))
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


class _Project:
    """The folders of a project, whose own modules can be imported from now on."""

    def __init__(self, root: Path | None) -> None:
        from harness.project import Conf, project

        if root is not None and not root.is_dir():
            raise InputError(f"--root {root}: there is no such folder")
        self.root = root or project(Path.cwd())
        self.conf: Conf = Conf(self.root / "conf")
        self.scenarios = self.root / "scenarios"
        self.cassettes = self.root / "cassettes"
        self.reports = self.root / "reports"
        sys.path.insert(0, str(self.root.resolve()))

    def select(self, words: Sequence[str], tags: Sequence[str] = (), overrides: Sequence[str] = ()) -> "list[Scenario]":
        """Load the named scenarios and check where they say that they apply.

        Roles and models of the registry that overrides or else config.yaml name are known too.

        Raises:
            InputError: every problem of every file.
        """
        from harness import selection
        from harness.errors import did_you_mean
        from harness.lookup import labels
        from harness.naming import labels_named

        found = selection.select(self.scenarios, words, tags)
        wrong: list[str] = []
        said = [(one, label) for one in found for label in labels_named(one.file)]
        for group in dict.fromkeys(label.group for _, label in said):
            known = self.conf.labels(group) | labels(self.conf, group, overrides)
            for one, label in said:
                if label.group == group and label.name not in known:
                    place = one.document.place(label.location)
                    wrong.append(f"{place}: there is no {group} '{label.name}'{did_you_mean(label.name, known)}")
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
        raise InputError(*dict.fromkeys(wrong))
    return results


def _plan(project: _Project, options: argparse.Namespace, words: Sequence[str]) -> "tuple[Case, ...]":
    from harness.case import plan
    from harness.composition import compose, notes
    from harness.factory import composed_factory

    overrides = [word for word in words if "=" in word or word.startswith("~")]
    named = [word for word in words if word not in overrides]
    compositions, scenarios = _all_problems(
        lambda: compose(project.conf, overrides), lambda: project.select(named, options.tag, overrides)
    )
    sys.stderr.writelines(f"{line}\n" for line in notes(compositions))
    loops = {composition.settings.loop.factory: composition for composition in compositions}
    _all_problems(*(partial(composed_factory, composition, project.conf) for composition in loops.values()))
    cases = plan(scenarios, compositions)
    if not cases:
        if not scenarios:
            raise InputError(f"{project.scenarios}: no scenario is selected; 'harness list scenarios' shows them")
        variants = ", ".join(f"{one.settings.model.label}/{one.settings.variant}" for one in compositions)
        raise InputError(f"none of the {len(scenarios)} selected scenarios applies to {variants}; see 'for:' in them")
    return cases


def _style() -> "Style":
    from harness.terminal import Style

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
    from harness.guard import closed, stay_closed

    project = _Project(options.root)
    cases = _plan(project, options, words)
    with closed():
        if options.alone:
            stay_closed()  # a thread that a loop left running may outlast the command
        return _play(project, options, words, cases, live=False)


def _record(options: argparse.Namespace, words: Sequence[str]) -> int:
    import asyncio

    from harness.finding import numbered
    from harness.guard import closed
    from harness.runner import run_many

    project = _Project(options.root)
    cases = _plan(project, options, words)
    if not options.all:
        with closed():
            tried = asyncio.run(run_many(cases, project.cassettes, jobs=options.jobs))
        stale = [outcome.case for outcome in tried if not outcome.replays]
        if not stale:
            sys.stdout.write(
                f"nothing to record: {numbered(len(cases), 'case')} with a valid cassette (--all records anyway)\n"
            )
            return 0
        cases = tuple(stale)
    return _play(project, options, words, cases, live=True)


def _play(
    project: _Project, options: argparse.Namespace, words: Sequence[str], cases: "Sequence[Case]", *, live: bool
) -> int:
    import asyncio

    from harness import baseline, misses, report
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
    verdicts = [
        judge(one.trace, one.case.scenario, unplayed=one.unplayed, drift=list(map(str, one.drifted)))
        for one in outcomes
    ]
    folder.finish(outcomes, verdicts)
    shown = [
        (outcome, verdict)
        for outcome, verdict in zip(outcomes, verdicts, strict=True)
        if not options.quiet or verdict.status != "passed" or verdict.drift or outcome.trace.anomalies
    ]
    if shown:
        told, judged = zip(*shown, strict=True)
        text = report.table(told, judged, _style(), options.root)
        sys.stdout.write(f"{text}\n\n")
    seconds = perf_counter() - start
    saved = sum(outcome.saved for outcome in outcomes)
    done_to = "replayed" if not live else "recorded" if saved == len(outcomes) else f"asked, {saved} recorded,"
    summary = report.summary(outcomes, verdicts, seconds, done_to)
    sys.stdout.write(f"{summary}\n")
    if len(wanted := misses.unrecorded(outcomes)) > 1:
        command = misses.record_all(words, options.tag, options.root)
        sys.stdout.write(f"record the {misses.numbered(wanted)}, {misses.cost(wanted, outcomes)}: {command}\n")
    for label in sorted({case.settings.loop.label for case in cases if case.settings.loop.policy is None}):
        sys.stderr.write(
            f"loop '{label}' says no policy: what became of calls is told from what was seen "
            "(conf/README.md, 'Your own loop')\n"
        )
    if not live and options.update_baseline:
        sys.stdout.write(f"{baseline.update(project.reports, outcomes, verdicts)}\n")
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


def _init(_: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.starting import start

    if len(words) > 1 or "" in words:
        _usage("init", "name one folder, or none for the current one: harness init [DIR]")
    sys.stdout.write(f"{start(Path(*words))}\n")
    return 0


def _import(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.importing import import_tools

    if words or not options.tools:
        _usage("import", "say what the file holds: harness import --tools FILE")
    conf = _Project(options.root).root / "conf"
    sys.stdout.write(f"{import_tools(options.tools, conf, options.name, options.confirm)}\n")
    return 0


def _config(options: argparse.Namespace, words: Sequence[str]) -> int:
    import yaml

    from harness.composition import compose, notes
    from harness.listing import origins

    project = _Project(options.root)
    compositions = compose(project.conf, words)
    sys.stderr.writelines(f"{line}\n" for line in notes(compositions))
    for composition in compositions:
        settings = composition.settings
        plain = settings.model_dump(mode="json", exclude={"model"})
        data = {"model": settings.model.shared(), **plain}
        sys.stdout.write(yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=100))
        sys.stdout.write(f"\n{origins(project.conf, composition)}\n")
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
