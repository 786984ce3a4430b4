"""The `harness` command."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from harness.errors import HarnessError, InputError

if TYPE_CHECKING:
    from harness.session import Invocation

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


def _run(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.session import replay

    return replay(_invocation(options, words), update_baseline=options.update_baseline, alone=options.alone)


def _record(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.session import record

    return record(_invocation(options, words), everything=options.all)


def _invocation(options: argparse.Namespace, words: Sequence[str]) -> "Invocation":
    from harness.session import Invocation

    return Invocation(words, options.tag, options.root, options.jobs, options.quiet)


def _show(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness import archive, report
    from harness.root import Root
    from harness.terminal import style

    if not 1 <= len(words) <= 2:
        _usage("show", "name one case, and a run if it is not the newest: harness show CASE [RUN]")
    trace = archive.find(Root(options.root).reports, words[0], words[1] if len(words) > 1 else None)
    sys.stdout.write(f"{report.conversation(trace, style(sys.stdout, os.environ))}\n")
    return 0


def _validate(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.root import Root
    from harness.validation import validate

    root = Root(options.root)
    done = validate(root.conf, root.scenarios, words, root.select)
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
    from harness.root import Root

    if words or not options.tools:
        _usage("import", "say what the file holds: harness import --tools FILE")
    conf = Root(options.root).path / "conf"
    sys.stdout.write(f"{import_tools(options.tools, conf, options.name, options.confirm)}\n")
    return 0


def _config(options: argparse.Namespace, words: Sequence[str]) -> int:
    import yaml

    from harness.composition import compose, notes
    from harness.listing import origins
    from harness.root import Root

    root = Root(options.root)
    compositions = compose(root.conf, words)
    sys.stderr.writelines(f"{line}\n" for line in notes(compositions))
    for composition in compositions:
        settings = composition.settings
        plain = settings.model_dump(mode="json", exclude={"model"})
        data = {"model": settings.model.shared(), **plain}
        sys.stdout.write(yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=100))
        sys.stdout.write(f"\n{origins(root.conf, composition)}\n")
    return 0


def _list(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.listing import LISTS
    from harness.root import Root

    if words:
        _usage("list", f"'{words[0]}' is too much; name one list")
    root = Root(options.root)
    sys.stdout.write(f"{LISTS[options.what](root.conf, root.scenarios)}\n")
    return 0


def _usage(command: str, what: str) -> NoReturn:
    raise InputError(f"harness {command}: {what}")
