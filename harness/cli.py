"""The `harness` command."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from harness import manual
from harness.errors import HarnessError, InputError
from harness.garbage import kept

if TYPE_CHECKING:
    from harness.invocation import Invocation
    from harness.root import Root

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
    parser = argparse.ArgumentParser(
        "harness", description=manual.DESCRIPTION, epilog=manual.WORDS, formatter_class=raw
    )
    parser.add_argument("--version", action="version", version=f"harness {version('tool-loop-harness')}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def outside(name: str, act: Callable[..., int], line: str, words: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name,
            help=line,
            description=f"{line[:1].upper()}{line[1:]}.",
            usage=f"harness {name} {words} [options]",
            epilog=manual.EXAMPLES[name],
            formatter_class=raw,
            allow_abbrev=False,
        )
        sub.set_defaults(act=act)
        return sub

    def command(name: str, act: Callable[..., int], line: str, words: str) -> argparse.ArgumentParser:
        sub = outside(name, act, line, words)
        sub.add_argument("--root", type=Path, metavar="DIR", help="the project (default: the nearest folder above)")
        return sub

    def telling(sub: argparse.ArgumentParser) -> None:
        sub.add_argument(
            "--format",
            action="append",
            default=[],
            metavar="F[=FILE]",
            help="text (the default), markdown, github, junit or json; may be given several times",
        )

    def compared(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--baseline", metavar="RUN", help="compare with a stored run, not with reports/baseline/")

    def selection(sub: argparse.ArgumentParser, jobs: str) -> None:
        sub.add_argument("-t", "--tag", action="append", default=[], help="only scenarios that carry the tag")
        sub.add_argument("-j", "--jobs", type=_positive, metavar="N", help=jobs)
        sub.add_argument("--quiet", action="store_true", help="no progress, and only cases with something to say")

    run = command("run", _run, "replay scenarios and judge what came out", "[SCENARIO ...] [KEY=VALUE ...]")
    selection(run, "processes that play (default: one for each processor, at most 8)")
    telling(run)
    compared(run)
    run.add_argument("--update-baseline", action="store_true", help="write the traces to reports/baseline/, to commit")
    run.add_argument(
        "--missing", choices=("fail", "skip"), default="fail", help="what becomes of cases without a cassette"
    )
    record = command("record", _record, "ask the models and store the traffic", "[SCENARIO ...] [KEY=VALUE ...]")
    selection(record, "cases that are asked at a time (default: 8)")
    telling(record)
    compared(record)
    which = record.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="also the cases that have a valid cassette")
    which.add_argument("--extend", action="store_true", help="keep of each what still matches, and go on from there")
    record.add_argument(
        "--max-requests", type=_positive, metavar="N", help="at most so many requests, those sent again among them"
    )
    record.add_argument(
        "--max-tokens", type=_positive, metavar="N", help="nothing more once answers took so many tokens"
    )
    _trying(command)
    two = command("compare", _compare, "tell what differs between two stored runs", "RUN [RUN]")
    telling(two)
    stored = command("report", _report, "tell stored runs again, without model or cassette", "[RUN ...]")
    telling(stored)
    compared(stored)
    stored.add_argument("--judge", action="store_true", help="judge the traces by the expectations as they are now")
    command("show", _show, "print one trace as a conversation", "CASE [RUN]")
    _keeping(command)
    outside("init", _init, "write a new project, green at once", "[DIR]")
    _writing(command)
    _importing(command)
    command("config", _config, "print the composed settings, and where each choice came from", "[KEY=VALUE ...]")
    what = command("list", _list, "list what there is to choose from", "WHAT")
    what.add_argument("what", choices=_LISTS, metavar="WHAT", help=", ".join(_LISTS))
    return parser


def _trying(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command that runs one scenario for the person who writes it."""
    tries = command("try", _try, "run one scenario and see it happen, storing nothing", "SCENARIO [KEY=VALUE ...]")
    help_ = "add to its file what was answered and observed, without a question"
    tries.add_argument("--write", action="store_true", help=help_)


def _importing(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command that imports."""
    line, words = (
        "turn what other programs hold into files of the project",
        "(FILE ... | --tools FILE | --mcp COMMAND | --registry FILE)",
    )
    sub = command("import", _import, line, words)
    what = sub.add_mutually_exclusive_group()
    what.add_argument("--tools", type=Path, metavar="FILE", help="OpenAI or MCP tool schemas (JSON) to a catalogue")
    what.add_argument("--mcp", metavar="COMMAND", help="the tools of the MCP server that a command starts, likewise")
    what.add_argument(
        "--registry", type=Path, metavar="FILE", help="a model_registry.json to roles and models in conf/"
    )
    sub.add_argument("--name", help="what comes of it is called (default: the file's name, or the server's)")
    sub.add_argument(
        "--confirm", nargs="+", action="extend", default=[], metavar="TOOL", help="tools that the user is asked about"
    )
    sub.add_argument(
        "--redact", action="append", default=[], metavar="NAME=REGEX", help="personal data to be replaced everywhere"
    )
    seconds = "how long an MCP server may take, in all (default: 30)"
    sub.add_argument("--timeout", type=_positive, metavar="SECONDS", help=seconds)


def _writing(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands that help to write scenarios."""
    command("new", _new, "write a new scenario, ready to be recorded", "AREA/NAME")
    command("schema", _schema, "write the JSON schemas by which editors know the files", "")


def _keeping(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands that keep scenarios and cassettes in order."""
    checks = command(
        "validate",
        _validate,
        "find every mistake, and every cassette that no longer fits",
        "[PATH ...] [KEY=VALUE ...]",
    )
    processes = "processes that replay (default: one for each processor, at most 8)"
    checks.add_argument("-j", "--jobs", type=_positive, metavar="N", help=processes)
    checks.add_argument("--delete-orphans", action="store_true", help="remove the cassettes that no case needs")
    checks.add_argument("--watch", action="store_true", help="check again whenever a file of the project changes")
    shelves = command(
        "cassette",
        _cassette,
        "accept a cassette after an edit, or write it in vcrpy's form",
        "(accept|export) CASE ...",
    )
    shelves.add_argument("what", choices=("accept", "export"), metavar="WHAT", help="accept or export")
    shelves.add_argument("--to", type=Path, metavar="DIR", help="where exported cassettes go (default: printed)")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _run(options: argparse.Namespace, words: Sequence[str]) -> int:
    with kept(alone=options.alone):
        from harness.session import replay
    invocation = replace(
        _invocation(options, words),
        update_baseline=options.update_baseline,
        skip_missing=options.missing == "skip",
    )
    return replay(invocation, alone=options.alone)


def _record(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.budget import Ceiling
    from harness.live import Live

    with kept(alone=options.alone):
        from harness.session import record
    ceiling = Ceiling(options.max_requests, options.max_tokens)
    return record(_invocation(options, words), Live(options.all, options.extend, ceiling), alone=options.alone)


def _try(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.invocation import Invocation

    with kept(alone=options.alone):
        from harness.trial import attempt
    return attempt(Invocation(words, root=options.root), unasked=options.write, alone=options.alone)


def _invocation(options: argparse.Namespace, words: Sequence[str]) -> "Invocation":
    from harness.formats import outputs
    from harness.invocation import Invocation

    return Invocation(
        words, options.tag, options.root, options.jobs, options.quiet, outputs(options.format), options.baseline
    )


def _compare(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.formats import outputs
    from harness.review import contrast
    from harness.root import Root

    if not 1 <= len(words) <= 2:
        _usage("compare", "name the earlier run, and a later one if it is not the newest: harness compare RUN [RUN]")
    return contrast(Root(options.root), words[0], words[1] if len(words) > 1 else None, outputs(options.format))


def _report(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.formats import outputs
    from harness.review import retell
    from harness.root import Root

    forms = outputs(options.format)
    return retell(Root(options.root), words, forms, baseline=options.baseline, again=options.judge)


def _show(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.review import show
    from harness.root import Root

    if not 1 <= len(words) <= 2:
        _usage("show", "name one case, and a run if it is not the newest: harness show CASE [RUN]")
    return show(Root(options.root), words[0], words[1] if len(words) > 1 else None)


def _watch(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.root import Root
    from harness.watching import again, watch

    if options.delete_orphans:
        _usage("validate", "--watch only looks; remove orphans without it: harness validate --delete-orphans")
    root = Root(options.root)
    jobs = ["--jobs", str(options.jobs)] if options.jobs else []
    arguments = ["validate", *words, "--root", str(root.path), *jobs]

    def say(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    watch(root.path, lambda: again(arguments), say, clears=sys.stdout.isatty())
    return 0


def _validate(options: argparse.Namespace, words: Sequence[str]) -> int:
    if options.watch:
        return _watch(options, words)
    from harness.crew import processors
    from harness.inspection import inspect
    from harness.root import Root

    inspect(Root(options.root), words, options.jobs or processors(), sys.stdout, clears=options.delete_orphans)
    return 0


def _cassette(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness import shelf
    from harness.root import Root
    from harness.source import shown

    cassettes = Root(options.root).cassettes
    if not words:
        _usage("cassette", f"name the cases: harness cassette {options.what} CASE ...")
    paths = shelf.named(words, cassettes)
    if options.what == "accept":
        for path in paths:
            done = "accepted" if shelf.accept(path, cassettes) else "is as it was recorded"
            sys.stdout.write(f"{shown(path)}: {done}\n")
        return 0
    if options.to is None and len(paths) > 1:
        _usage("cassette", "name a folder for several cassettes: harness cassette export --to DIR CASE ...")
    for path in paths:
        if options.to is None:
            sys.stdout.write(shelf.exported(path, cassettes))
        else:
            sys.stdout.write(f"{shown(shelf.export(path, cassettes, options.to))}\n")
    return 0


def _init(_: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.starting import start

    if len(words) > 1 or "" in words:
        _usage("init", "name one folder, or none for the current one: harness init [DIR]")
    sys.stdout.write(f"{start(Path(*words))}\n")
    return 0


def _new(options: argparse.Namespace, words: Sequence[str]) -> int:
    from datetime import UTC, datetime

    from harness.drafting import draft
    from harness.root import Root

    if len(words) != 1:
        _usage("new", "name one scenario, in the folder that it belongs to: harness new AREA/NAME")
    sys.stdout.write(f"{draft(Root(options.root), words[0], datetime.now(UTC).date())}\n")
    return 0


def _schema(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.root import Root
    from harness.schemas import bring_up_to_date

    if words:
        _usage("schema", f"'{words[0]}' is too much; all schemas of the project are written")
    sys.stdout.write(f"{bring_up_to_date(Root(options.root).path)}\n")
    return 0


def _import(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.root import Root

    whats = {"--tools": options.tools, "--mcp": options.mcp, "--registry": options.registry}
    what = next((option for option, given in whats.items() if given is not None), None)
    paths = [Path(word) for word in words if "=" not in word]
    if (what is None) == (not paths):
        _usage("import", "name files to import, or one of --tools FILE, --mcp COMMAND and --registry FILE")
    given = {"--name": options.name is not None, "--confirm": options.confirm, "--timeout": options.timeout}
    given |= {"--redact": options.redact, "KEY=VALUE": len(paths) < len(words)}
    idle = {None: ["--timeout"], "--tools": ["--timeout", "--redact", "KEY=VALUE"], "--mcp": ["--redact", "KEY=VALUE"]}
    if unused := [option for option in idle.get(what, list(given)) if given[option]]:
        _usage("import", f"{unused[0]} means nothing beside {what or 'files'}; leave it out")
    root = Root(options.root)
    if what is not None:
        sys.stdout.write(f"{_imported(options, root.path / 'conf')}\n")
        return 0
    return _taken(root, options, paths, [word for word in words if "=" in word])


def _taken(root: "Root", options: argparse.Namespace, paths: Sequence[Path], overrides: Sequence[str]) -> int:
    """Import what other programs recorded, and return the exit code."""
    from harness.delivery import told
    from harness.intake import Asking, take_in

    asking = Asking(paths, options.name, options.confirm, options.redact, overrides)
    taken = take_in(root, asking, sys.stderr)
    sys.stdout.write(f"{told(taken)}\n")
    return taken.exit_code


def _imported(options: argparse.Namespace, conf: Path) -> str:
    """Import what the options name, and return what was done."""
    if options.registry:
        from harness.handover import import_registry

        return import_registry(options.registry, conf)
    if options.tools:
        from harness.cataloguing import import_tools

        return import_tools(options.tools, conf, options.name, options.confirm)
    from harness.toolserver import import_server

    return import_server(options.mcp, conf, options.name, options.confirm, options.timeout or 30)


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
