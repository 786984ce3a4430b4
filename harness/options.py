"""The options of each command, as the command line takes them."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple, NoReturn

from harness import manual
from harness.terminal import tell, wrapped

_LISTS = ("models", "roles", "tools", "personas", "catalogues", "loops", "scenarios", "tags")
_READABLE = 100


class Parser(argparse.ArgumentParser):
    """Reads a command line, and says on lines that fit the terminal what is wrong with it."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and exit."""
        self.print_usage(sys.stderr)
        tell(sys.stderr, f"{self.prog}: error: {message}", os.environ)
        self.exit(2)


class Parsers(NamedTuple):
    """What reads a command line."""

    whole: argparse.ArgumentParser
    commands: Mapping[str, argparse.ArgumentParser]
    """Each command by its name."""


def parsers(columns: int | None = None) -> Parsers:
    """Return what reads the command line: each command with its options, and the words that are none.

    Help takes so many columns; where nothing is said, as many as the terminal has, as far as that is easy to read.
    """
    columns = columns or min(shutil.get_terminal_size().columns, _READABLE)
    raw = argparse.RawDescriptionHelpFormatter
    whole = Parser(
        "harness",
        description="\n".join(wrapped(manual.DESCRIPTION, columns)),
        epilog=manual.words(columns),
        formatter_class=raw,
    )
    whole.add_argument("--version", action="version", version=f"harness {version('tool-loop-harness')}")
    commands = whole.add_subparsers(dest="command", metavar="COMMAND [-h]", required=True)

    def outside(name: str, line: str, words: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=line,
            description="\n".join(wrapped(f"{line[:1].upper()}{line[1:]}.", columns)),
            usage=_usage(name, words, columns),
            epilog=manual.examples(name, columns),
            formatter_class=raw,
            allow_abbrev=False,
        )

    def command(name: str, line: str, words: str) -> argparse.ArgumentParser:
        sub = outside(name, line, words)
        sub.add_argument("--root", type=Path, metavar="DIR", help="the project (default: the nearest folder above)")
        return sub

    def telling(sub: argparse.ArgumentParser) -> None:
        sub.add_argument(
            "--format",
            action="append",
            default=[],
            metavar="F[=FILE]",
            help="text (the default), markdown, github, junit, json or html; may be given several times",
        )

    def compared(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--baseline", metavar="RUN", help="compare with a stored run, not with reports/baseline/")

    def selection(sub: argparse.ArgumentParser, jobs: str) -> None:
        sub.add_argument("-t", "--tag", action="append", default=[], help="only scenarios that carry the tag")
        sub.add_argument("-j", "--jobs", type=_positive, metavar="N", help=jobs)
        sub.add_argument("--quiet", action="store_true", help="no progress, and only cases with something to say")

    run = command("run", "replay scenarios and judge what came out", "[SCENARIO ...] [KEY=VALUE ...]")
    selection(run, "processes that play (default: one for each processor, at most 8)")
    telling(run)
    compared(run)
    run.add_argument("--update-baseline", action="store_true", help="write the traces to reports/baseline/, to commit")
    run.add_argument(
        "--missing", choices=("fail", "skip"), default="fail", help="what becomes of cases without a cassette"
    )
    _parting(run)
    record = command("record", "ask the models and store the traffic", "[SCENARIO ...] [KEY=VALUE ...]")
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
    two = command("compare", "tell what differs between two stored runs", "RUN [RUN]")
    telling(two)
    stored = command("report", "tell stored runs again, without model or cassette", "[RUN ...]")
    telling(stored)
    compared(stored)
    stored.add_argument("--judge", action="store_true", help="judge the traces by the expectations as they are now")
    shows = command("show", "print one trace as a conversation", "CASE [RUN]")
    shows.add_argument("--full", action="store_true", help="every line of long arguments, results and files")
    _keeping(command)
    _writing(command, outside)
    _importing(command)
    command("config", "print the composed settings, and where each choice came from", "[KEY=VALUE ...]")
    what = command("list", "list what there is to choose from", "WHAT")
    what.add_argument("what", choices=_LISTS, metavar="WHAT", help=", ".join(_LISTS))
    _completing(outside)
    return Parsers(whole, commands.choices)


def _parting(run: argparse.ArgumentParser) -> None:
    """Add the options by which a run is played in parts."""
    run.add_argument("--shard", metavar="I/N", help="play one of N parts; 'harness report RUN ...' puts them together")
    run.add_argument("--continue", dest="continues", metavar="RUN", help="go on with a run that was interrupted")


def _trying(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command that runs one scenario for the person who writes it."""
    tries = command("try", "run one scenario and see it happen, storing nothing", "SCENARIO [KEY=VALUE ...]")
    help_ = "add to its file what was answered and observed, without a question"
    tries.add_argument("--write", action="store_true", help=help_)


def _importing(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command that imports."""
    line, words = (
        "turn what other programs hold into files of the project",
        "FILE ... [KEY=VALUE ...] | --tools FILE | --mcp COMMAND | --registry FILE",
    )
    sub = command("import", line, words)
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


def _writing(command: Callable[..., argparse.ArgumentParser], outside: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands that write projects and scenarios."""
    starts = outside("init", "write a new project, green at once", "[DIR]")
    of_ci = "the CI files that it brings (default: github); in a project that is there, these alone"
    starts.add_argument("--ci", choices=("github", "gitlab", "none"), help=of_ci)
    command("new", "write a new scenario, ready to be recorded", "AREA/NAME")
    command("schema", "write the JSON schemas by which editors know the files", "")


def _keeping(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands that keep scenarios and cassettes in order."""
    checks = command(
        "validate",
        "find every mistake, and every cassette that no longer fits",
        "[PATH ...] [KEY=VALUE ...]",
    )
    processes = "processes that replay (default: one for each processor, at most 8)"
    checks.add_argument("-j", "--jobs", type=_positive, metavar="N", help=processes)
    checks.add_argument("--delete-orphans", action="store_true", help="remove the cassettes that no case needs")
    checks.add_argument("--watch", action="store_true", help="check again whenever a file of the project changes")
    shelves = command(
        "cassette",
        "accept a cassette after an edit, or write it in vcrpy's form",
        "accept CASE ... | export CASE ...",
    )
    shelves.add_argument("what", choices=("accept", "export"), metavar="WHAT", help="accept or export")
    shelves.add_argument("--to", type=Path, metavar="DIR", help="where exported cassettes go (default: printed)")


def _completing(outside: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command that tells shells how to complete the others."""
    shell = outside("completion", "print the script by which a shell completes commands", "SHELL")
    shell.add_argument("shell", choices=("bash", "zsh", "fish"), metavar="SHELL", help="bash, zsh or fish")


def _usage(name: str, words: str, columns: int) -> str:
    """Return the ways to type a command, one below the other."""
    indent = " " * len("usage: ")
    ways = (f"harness {name} {way} [options]".replace("  ", " ") for way in words.split(" | "))
    lines = [line for way in ways for line in wrapped(way, columns, indent, f"{indent}    ")]
    return "\n".join(lines).lstrip()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
