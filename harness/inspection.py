"""A whole project looked through: its files first, then every cassette held against its case."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TextIO

from harness.audit import Audit, audit, problems, summary
from harness.errors import InputError
from harness.misses import command
from harness.progress import Progress, ticking
from harness.root import Root
from harness.source import shown
from harness.terminal import tell
from harness.validation import validate


def inspect(root: Root, words: Sequence[str], jobs: int, stream: TextIO, *, clears: bool) -> None:
    """Check the scenarios that words name, or all, with all settings and cassettes, and say what was looked at.

    Overrides among the words, as of a registry, hold for cassettes that compose only with them. What is nobody's is
    removed where that is asked for (`clears`) and the files are right, since a file that cannot be read may need it.

    Raises:
        InputError: every problem of every file, sorted, then those of the cassettes.
    """
    paths, overrides = [word for word in words if "=" not in word], [word for word in words if "=" in word]
    wrong: tuple[str, ...] = ()
    try:
        with ticking(Progress("checking scenarios and settings", sys.stderr, os.environ)):
            said = validate(root.conf, root.scenarios, paths, root.select)
        tell(stream, said, os.environ)
    except InputError as error:
        wrong = error.problems
    found = _audited(root, paths, overrides, jobs, broken=bool(wrong))
    if clears and not wrong:
        for orphan in found.orphans:
            orphan.path.unlink(missing_ok=True)
            tell(stream, f"{shown(orphan.path)}: removed: {orphan.why}", os.environ)
        found = replace(found, orphans=())
    of_cassettes = [line for line in problems(found, root.cassettes, root.asked) if not _again(line, wrong)]
    if wrong or of_cassettes:
        raise InputError(*wrong, *of_cassettes)
    if found.checked:
        tell(stream, summary(found), os.environ)
    tell(stream, f"type next: {command('run' if found.checked else 'record', words, root=root.asked)}", os.environ)


def _again(problem: str, told: Sequence[str]) -> bool:
    """Whether the problem of a cassette is that of a file which was told already."""
    return problem.endswith(tuple(f": {line}" for line in told))


def _audited(root: Root, paths: Sequence[str], overrides: Sequence[str], jobs: int, *, broken: bool) -> Audit:
    """Hold the cassettes against their cases; of a project with broken files as far as cases can be made of it."""
    try:
        scenarios = root.select(paths) if paths or root.scenarios.is_dir() else []
        found = audit(root.cassettes, root.conf, scenarios, overrides, jobs=jobs, whole=not paths)
    except InputError:
        if not broken:
            raise
        return Audit((), (), ())
    return replace(found, orphans=(), unknown=()) if broken else found
