"""The `harness` command."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from harness.errors import HarnessError, InputError
from harness.garbage import kept
from harness.options import parsers

if TYPE_CHECKING:
    from harness.invocation import Invocation
    from harness.root import Root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 as expected, 1 something failed, 2 could not judge."""
    commands, each = parsers()
    if arguments is None and "_ARGCOMPLETE" in os.environ:
        from harness.suggestions import suggest

        suggest(commands, each)
    options, words = commands.parse_known_args(arguments)
    unknown = [word for word in words if word.startswith("-") and word != "-"]
    if unknown:
        commands.error(
            f"there is no option {unknown[0]} for 'harness {options.command}'; see harness {options.command} -h"
        )
    options.alone = arguments is None
    path = list(sys.path)
    try:
        return _ACTS[options.command](options, words)
    except HarnessError as error:
        from harness.terminal import complaint, style

        _say(complaint(str(error), style(sys.stderr, os.environ)), sys.stderr)
        return error.exit_code
    except KeyboardInterrupt as stopped:
        sys.stderr.write(f"{stopped}\n" if stopped.args else "interrupted\n")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    finally:
        sys.path[:] = path  # the project's root was put in front


def _run(options: argparse.Namespace, words: Sequence[str]) -> int:
    with kept(alone=options.alone):
        from harness.session import replay
        from harness.sharding import shard
    invocation = replace(
        _invocation(options, words),
        update_baseline=options.update_baseline,
        skip_missing=options.missing == "skip",
        shard=None if options.shard is None else shard(options.shard),
        continues=options.continues,
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
    return show(Root(options.root), words[0], words[1] if len(words) > 1 else None, whole=options.full)


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
    from harness.folders import case_of
    from harness.misses import command
    from harness.progress import Progress
    from harness.root import Root
    from harness.source import shown

    root = Root(options.root)
    cassettes = root.cassettes
    if not words:
        _usage("cassette", f"name the cases: harness cassette {options.what} CASE ...")
    paths = shelf.named(words, cassettes)
    if options.what == "export" and options.to is None and len(paths) > 1:
        _usage("cassette", "name a folder for several cassettes: harness cassette export --to DIR CASE ...")
    if options.what == "export" and options.to is None:
        sys.stdout.write(shelf.exported(paths[0], cassettes))
        return 0
    done: list[str] = []
    try:
        with Progress("reading cassettes", sys.stderr, os.environ, total=len(paths)) as progress:
            for path in paths:
                if options.what == "accept":
                    changed = shelf.accept(path, cassettes)
                    done.append(f"{shown(path)}: {'accepted' if changed else 'is as it was recorded'}")
                else:
                    done.append(shown(shelf.export(path, cassettes, options.to)))
                progress.note(shown(path))
    finally:  # also of those before one that is broken
        for text in done:
            _say(text)
    if options.what == "accept":
        scenarios = dict.fromkeys(case_of(path, cassettes).partition("@")[0] for path in paths)
        _say(f"see that they replay: {command('validate', list(scenarios), root=root.asked)}")
    return 0


def _init(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.starting import add_ci, is_project, start

    if len(words) > 1 or "" in words:
        _usage("init", "name one folder, or none for the current one: harness init [DIR]")
    folder = Path(*words)
    if options.ci not in (None, "none") and is_project(folder):
        _say(add_ci(folder, options.ci))
    else:
        _say(start(folder, options.ci or "github"))
    return 0


def _new(options: argparse.Namespace, words: Sequence[str]) -> int:
    from datetime import UTC, datetime

    from harness.drafting import draft
    from harness.root import Root

    if len(words) != 1:
        _usage("new", "name one scenario, in the folder that it belongs to: harness new AREA/NAME")
    _say(draft(Root(options.root), words[0], datetime.now(UTC).date()))
    return 0


def _schema(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.root import Root
    from harness.schemas import bring_up_to_date

    if words:
        _usage("schema", f"'{words[0]}' is too much; all schemas of the project are written")
    _say(bring_up_to_date(Root(options.root).path))
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
        _say(_imported(options, root.path / "conf"))
        return 0
    return _taken(root, options, paths, [word for word in words if "=" in word])


def _taken(root: "Root", options: argparse.Namespace, paths: Sequence[Path], overrides: Sequence[str]) -> int:
    """Import what other programs recorded, and return the exit code."""
    from harness.delivery import told
    from harness.intake import Asking, take_in

    asking = Asking(paths, options.name, options.confirm, options.redact, overrides)
    taken = take_in(root, asking, sys.stderr)
    _say(told(taken))
    return taken.exit_code


def _imported(options: argparse.Namespace, conf: Path) -> str:
    """Import what the options name, and return what was done."""
    if options.registry:
        from harness.handover import import_registry

        return import_registry(options.registry, conf)
    if options.tools:
        from harness.cataloguing import import_tools

        return import_tools(options.tools, conf, options.name, options.confirm)
    from harness.progress import Progress, ticking
    from harness.toolserver import import_server

    with ticking(Progress("waiting for the server", sys.stderr, os.environ)):
        return import_server(options.mcp, conf, options.name, options.confirm, options.timeout or 30)


def _config(options: argparse.Namespace, words: Sequence[str]) -> int:
    import yaml

    from harness.composition import compose, notes
    from harness.listing import origins
    from harness.root import Root
    from harness.terminal import layout

    root = Root(options.root)
    compositions = compose(root.conf, words)
    for note in notes(compositions):
        _say(note, sys.stderr)
    for composition in compositions:
        settings = composition.settings
        plain = settings.model_dump(mode="json", exclude={"model"})
        data = {"model": settings.model.shared(), **plain}
        sys.stdout.write(yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=100))
        sys.stdout.write(f"\n{origins(root.conf, composition, layout(sys.stdout, os.environ))}\n")
    return 0


def _list(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.listing import LISTS
    from harness.root import Root
    from harness.terminal import layout

    if words:
        _usage("list", f"'{words[0]}' is too much; name one list")
    root = Root(options.root)
    sys.stdout.write(f"{LISTS[options.what](root.conf, root.scenarios, layout(sys.stdout, os.environ))}\n")
    return 0


def _completion(options: argparse.Namespace, words: Sequence[str]) -> int:
    from harness.suggestions import script

    if words:
        _usage("completion", f"'{words[0]}' is too much; name one shell")
    sys.stdout.write(script(options.shell))
    return 0


def _say(text: str, stream: TextIO | None = None) -> None:
    from harness.terminal import tell

    tell(stream or sys.stdout, text, os.environ)


def _usage(command: str, what: str) -> NoReturn:
    raise InputError(f"harness {command}: {what}")


_ACTS: Mapping[str, Callable[[argparse.Namespace, Sequence[str]], int]] = {
    "run": _run,
    "record": _record,
    "compare": _compare,
    "report": _report,
    "show": _show,
    "init": _init,
    "config": _config,
    "list": _list,
    "try": _try,
    "import": _import,
    "new": _new,
    "schema": _schema,
    "validate": _validate,
    "cassette": _cassette,
    "completion": _completion,
}
