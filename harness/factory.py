"""Where the loop under test comes from: a function of a module, imported by its name."""

import os
import sysconfig
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from traceback import extract_tb
from typing import Any

from harness.composition import Composition
from harness.errors import InputError, did_you_mean
from harness.loop import LoopUnderTest
from harness.project import Conf, Provenance
from harness.settings import Settings
from harness.source import shown

Factory = Callable[[Any, Settings], LoopUnderTest]


def factory(name: str) -> Factory:
    """Return the loop factory that settings name: `package.module:make`.

    Raises:
        InputError: it cannot be imported; where the module's own code is why, its file and line are named.
    """
    module, _, attribute = name.partition(":")
    try:
        found: Any = import_module(module)
        for part in attribute.split("."):
            holder, found = found, getattr(found, part, None)
            if found is None:
                raise InputError(f"loop.factory '{name}': {_named(holder)} has no '{part}'{_hint(part, holder)}")
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(f"loop.factory '{name}': {_unimported(error, module)}") from error
    if not callable(found):
        kind = type(found).__name__
        raise InputError(
            f"loop.factory '{name}': '{attribute}' is of type {kind}, not a function of tools and settings"
        )
    make: Factory = found
    return make


def composed_factory(composition: Composition, conf: Conf) -> Factory:
    """Return the loop factory of composed settings.

    Raises:
        InputError: it cannot be imported; where the settings name it comes first.
    """
    try:
        return factory(composition.settings.loop.factory)
    except InputError as error:
        place = Provenance(composition.origins, composition.overrides, conf)(("loop", "factory"))
        raise InputError(*(f"{place}: {problem}" for problem in error.problems)) from error


def arose(error: BaseException) -> str | None:
    """Return `file:line` where an error arose, in code that is no library's if any of that took part, or None."""
    frames = [frame for frame in extract_tb(error.__traceback__) if not frame.filename.startswith("<frozen")]
    while frames and frames[0].filename in (__file__, import_module.__code__.co_filename):
        frames.pop(0)
    own = [frame for frame in frames if not is_library(frame.filename)]
    return f"{shown(Path((own or frames)[-1].filename))}:{(own or frames)[-1].lineno}" if frames else None


def _unimported(error: BaseException, module: str) -> str:
    """Say on one line why a module cannot be imported."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{shown(Path(error.filename))}:{error.lineno or 1}:{error.offset or 1}: not Python: {error.msg}"
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    where = arose(error)
    if where is None and missing is not None and f"{module}.".startswith(f"{missing}."):
        return f"there is no module '{missing}', neither in the project's folder nor installed"
    said = " ".join(str(error).split())
    return f"{where or 'cannot be imported'}: {said if missing else f'{type(error).__name__}: {said}'}"


def is_library(path: str) -> bool:
    """Tell whether a file is Python's own, or of what is installed."""
    return path.startswith(_libraries())


@cache
def _libraries() -> tuple[str, ...]:
    folders = sysconfig.get_paths()
    return tuple(f"{folders[kind]}{os.sep}" for kind in ("stdlib", "platstdlib", "purelib", "platlib"))


def _named(holder: Any) -> str:
    path = getattr(holder, "__file__", None)
    return shown(Path(path)) if path else f"'{getattr(holder, '__name__', type(holder).__name__)}'"


def _hint(word: str, holder: Any) -> str:
    return did_you_mean(word, (name for name in dir(holder) if not name.startswith("_")))
