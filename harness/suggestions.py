"""What a shell offers to complete a word of the command line with, found on disk alone, quickly and silently."""

import argparse
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Literal

from argcomplete.completers import BaseCompleter, DirectoriesCompleter, FilesCompleter
from argcomplete.finders import CompletionFinder
from argcomplete.shell_integration import shellcode

from harness.folders import (
    AGENDA,
    TRACES,
    bundled_conf,
    case_of,
    cassette_files,
    project,
    scenario_files,
    scenario_name,
)

Shell = Literal["bash", "zsh", "fish"]

_TAGS = re.compile(r"^tags:[ \t]*(?:\[([^\]]*)\]|([^\n\[]*(?:\n[ \t]*-[^\n]*)*))", re.MULTILINE)
_TAG = re.compile(r"[^\s,\[\]\"'#-][^\s,\[\]\"'#]*")
_Find = Callable[[Path, str], Iterable[str]]


def script(shell: Shell) -> str:
    """Return what a shell must read so that it completes the command."""
    return shellcode(["harness"], shell=shell)


def suggest(parser: argparse.ArgumentParser, commands: Mapping[str, argparse.ArgumentParser]) -> None:
    """Answer the shell that asks, and end the process; each command takes its words as if they were arguments."""
    for command in commands.values():
        command.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    _Finder()(parser, always_complete_options=False, default_completer=_Offer())


class _Finder(CompletionFinder):
    """Finds what fits at the cursor; words may stand on both sides of options."""

    def collect_completions(
        self, active_parsers: list[argparse.ArgumentParser], parsed_args: argparse.Namespace, cword_prefix: str
    ) -> list[str]:
        """Return what fits; argparse takes words in one piece, so that those behind an option are looked up here."""
        found = super().collect_completions(active_parsers, parsed_args, cword_prefix)
        parser = active_parsers[-1]
        taken: object = getattr(parser, "active_actions", None)
        if found or taken or len(active_parsers) == 1 or cword_prefix.startswith("-"):
            return found
        words = argparse.Action([], "words")
        offer = _Offer()(prefix=cword_prefix, action=words, parser=parser, parsed_args=parsed_args)
        return [one for one in offer if one.startswith(cword_prefix)]


class _Offer(BaseCompleter):
    """What a word may become: of an option by what it takes, else by the command and the words before it."""

    def __call__(
        self,
        *,
        prefix: str,
        action: argparse.Action,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - as argcomplete calls it
        parsed_args: argparse.Namespace,
    ) -> Iterable[str]:
        """Return it; nothing where a file cannot be read."""
        command = getattr(parsed_args, "command", "")
        word = action.dest == "words"
        before = list(getattr(parsed_args, "words", None) or ()) if word else []
        with suppress(OSError, ValueError):
            if action.metavar == "FILE" or (word and command == "import" and "=" not in prefix):
                return FilesCompleter()(prefix)
            if action.metavar == "DIR" or (word and command == "init" and not before):
                return DirectoriesCompleter()(prefix)
            find = _WORDS.get(command, {}).get(min(len(before), 1)) if word else _OPTIONS.get(action.dest)
            return sorted(set(find(_root(parsed_args), prefix))) if find else ()
        return ()


def _root(options: argparse.Namespace) -> Path:
    """Return the root of the project; the current folder where there is none."""
    return getattr(options, "root", None) or project(Path.cwd()) or Path.cwd()


def _scenarios(root: Path, _: str) -> Iterator[str]:
    """Yield the scenarios, and the areas that they are in."""
    folder = root / "scenarios"
    for path in scenario_files(folder):
        name = scenario_name(path, folder)
        yield name
        yield from accumulate(name.split("/")[:-1], "{}/{}".format)


def _settings(root: Path, prefix: str) -> Iterator[str]:
    """Yield the groups of settings, or the choices of the one that is typed; of a sweep those that are left."""
    conf = (root / "conf", bundled_conf())
    sign = prefix[: len(prefix) - len(prefix.lstrip("+"))]
    group, equals, typed = prefix.removeprefix(sign).partition("=")
    if not equals:
        yield from (f"{path.name}=" for one in conf if one.is_dir() for path in one.iterdir() if path.is_dir())
        return
    if not re.fullmatch(r"\w+", group):
        return
    chosen, comma, _ = typed.rpartition(",")
    for one in conf:
        for path in (one / group).glob("*.yaml"):
            if path.stem not in chosen.split(","):
                yield f"{sign}{group}={chosen}{comma}{path.stem}"


def _both(root: Path, prefix: str) -> Iterator[str]:
    if "=" not in prefix:
        yield from _scenarios(root, prefix)
    yield from _settings(root, prefix)


def _areas(root: Path, prefix: str) -> Iterator[str]:
    """Yield the areas in which a new scenario may stand."""
    yield from (f"{name}/" for name in set(_scenarios(root, prefix)) if (root / "scenarios" / name).is_dir())


def _tags(root: Path, _: str) -> Iterator[str]:
    """Yield the tags of scenarios, as far as they are written plainly."""
    for path in scenario_files(root / "scenarios"):
        for found in _TAGS.finditer(path.read_text("utf-8", "replace")):
            yield from _TAG.findall(found[1] if found[1] is not None else found[2])


def _runs(root: Path, _: str) -> list[str]:
    """Return the stored runs, the newest first."""
    return sorted((path.parent.name for path in root.glob(f"reports/*/{TRACES}")), reverse=True)


def _unfinished(root: Path, _: str) -> list[str]:
    """Return the runs that came to no end, the newest first."""
    begun = (path.parent for path in root.glob(f"reports/*/{AGENDA}"))
    return sorted((path.name for path in begun if not (path / TRACES).exists()), reverse=True)


def _told(root: Path, prefix: str) -> Iterator[str]:
    """Yield the cases of the newest run."""
    for run in _runs(root, prefix)[:1]:
        for line in (root / "reports" / run / "timings.jsonl").read_text("utf-8").splitlines():
            yield json.loads(line)["case"]


def _recorded(root: Path, _: str) -> Iterator[str]:
    """Yield the cases that have a cassette."""
    folder = root / "cassettes"
    yield from (case_of(path, folder) for path in cassette_files(folder))


def _forms(_: Path, __: str) -> Sequence[str]:
    from harness.formats import FORMATS

    return FORMATS


_OPTIONS: Mapping[str, _Find] = {"tag": _tags, "format": _forms, "baseline": _runs, "continues": _unfinished}
_WORDS: Mapping[str, Mapping[int, _Find]] = {
    "run": {0: _both, 1: _both},
    "record": {0: _both, 1: _both},
    "try": {0: _both, 1: _settings},
    "validate": {0: _both, 1: _both},
    "compare": {0: _runs, 1: _runs},
    "report": {0: _runs, 1: _runs},
    "show": {0: _told, 1: _runs},
    "cassette": {0: _recorded, 1: _recorded},
    "new": {0: _areas},
    "config": {0: _settings, 1: _settings},
    "import": {0: _settings, 1: _settings},
}
"""What the first word of a command may be, and each further one."""
