"""A scenario's own tools: a Python module beside it whose functions share the state of one case.

The module defines `make(state, files)`, called once for each case, and returns its tools by name. `state` is the
case's own copy of the scenario's `state`, a dictionary to change in place; `files` is its `Workspace`. A tool is a
function, or a coroutine function, that takes the call's arguments by name and returns text or plain JSON data. What it
cannot do it says by raising `harness.errors.ToolError`; any other exception is a mistake in the module, and an error.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from copy import deepcopy
from inspect import Parameter, Signature, isawaitable, iscoroutine, signature
from math import isfinite
from pathlib import Path
from traceback import TracebackException
from types import CodeType, ModuleType
from typing import Any

from harness.errors import InputError, ToolBroken, ToolError
from harness.source import shown
from harness.workspace import Workspace

_PROTOCOL = "make(state, files)"
_DEEPEST = 200
_LONGEST_NUMBER = 13_000
_REFUSE = "; raise harness.errors.ToolError for what a tool refuses"
_ALONE = "; the module stands alone: it can import what is installed, and nothing that lies beside it"


class OwnTools:
    """The tools of one case that come from the scenario's module."""

    def __init__(self, path: Path, functions: Mapping[str, Callable[..., Any]], state: dict[str, Any]) -> None:
        self._path = path
        self._functions = functions
        self._signatures = {name: _signature(function, name, path) for name, function in functions.items()}
        self._state = state
        self._kept: dict[str, Any] = {}
        self._keep()

    def __contains__(self, name: str) -> bool:
        return name in self._functions

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    @property
    def state(self) -> dict[str, Any]:
        """A copy of the state as the last call left it."""
        return deepcopy(self._kept)

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Run a tool on a copy of the arguments, and return its result.

        Raises:
            ToolError: the tool refuses, or the arguments are not those that it takes.
            ToolBroken: it raises anything else, or leaves something that is not plain JSON data.
        """
        try:
            bound = self._signatures[name].bind(**_plain(dict(arguments)))
        except (TypeError, ValueError) as error:
            raise ToolError(f"{name}: {error}") from None
        try:
            result = self._functions[name](*bound.args, **bound.kwargs)
            if isawaitable(result):
                result = await result
        except ToolError:
            self._keep()
            raise
        except BaseException as error:
            # Even SystemExit is a mistake in the user's module, and no end of the program.
            if isinstance(error, KeyboardInterrupt | GeneratorExit) or _cancelled(error):
                raise
            raise _broken(error, self._path, _REFUSE) from error
        self._keep()
        return self._json(result, f"what {name} returns")

    def _keep(self) -> None:
        self._kept = self._json(self._state, "the state")

    def _json(self, value: Any, what: str) -> Any:
        try:
            return _plain(value)
        except ValueError as error:
            raise ToolBroken(f"{shown(self._path)}:1:1: {what} is not plain JSON data: {error}") from None


def load(path: Path, state: Mapping[str, Any], files: Workspace) -> OwnTools:
    """Run a module anew and return its tools over a copy of this state and these files.

    The module is run for each case, so that nothing that it keeps passes from one case to another. What it prints goes
    to the standard error.

    Raises:
        InputError: the file is not there or is no Python, or has no `make` that returns functions by name.
        ToolBroken: the module or its `make` raises something.
    """
    code = _compiled(path)
    module = ModuleType(f"scenario module {path.stem}")
    module.__file__, module.__package__ = str(path), ""
    own = deepcopy(dict(state))
    made: Any = None
    functions: dict[Any, Any] = {}
    with redirect_stdout(sys.stderr), _known(module):
        try:
            exec(code, module.__dict__)  # noqa: S102 - the user's own module, as an import would run it
            make: Any = module.__dict__.get("make")
            made = make(own, files) if callable(make) else None
            functions = dict(made) if isinstance(made, Mapping) else {}
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise _broken(error, path, _ALONE if isinstance(error, ImportError) else "") from error
    if not callable(make):
        raise InputError(f"{shown(path)}:1:1: has no function {_PROTOCOL}")
    if iscoroutine(made):
        made.close()
    if not functions or not all(isinstance(name, str) and callable(tool) for name, tool in functions.items()):
        line = getattr(getattr(make, "__code__", None), "co_firstlineno", 1)
        raise InputError(f"{shown(path)}:{line}:1: {_PROTOCOL} must return the tools by name, each a function")
    return OwnTools(path, functions, own)


def _compiled(path: Path) -> CodeType:
    """Return a module's code.

    Raises:
        InputError: the file is not there or is no Python.
    """
    try:
        return compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except FileNotFoundError:
        raise InputError(f"{shown(path)}:1:1: there is no such file; the scenario's 'module' names it") from None
    except OSError as error:
        raise InputError(f"{shown(path)}:1:1: cannot be read: {error.strerror}") from None
    except SyntaxError as error:
        line, column = max(error.lineno or 1, 1), max(error.offset or 1, 1)
        raise InputError(f"{shown(path)}:{line}:{column}: not Python: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise InputError(f"{shown(path)}:1:1: not Python: {str(error) or 'nested too deeply'}") from None


@contextmanager
def _known(module: ModuleType) -> Iterator[None]:
    """Let a module be found by its name while it runs, as dataclasses look for theirs."""
    sys.modules[module.__name__] = module
    try:
        yield
    finally:
        sys.modules.pop(module.__name__, None)


def _signature(function: Callable[..., Any], name: str, path: Path) -> Signature:
    try:
        found = signature(function)
    except (TypeError, ValueError):
        raise InputError(f"{shown(path)}:1:1: the tool '{name}' does not say what arguments it takes") from None
    if any(parameter.kind is Parameter.POSITIONAL_ONLY for parameter in found.parameters.values()):
        raise InputError(f"{shown(path)}:1:1: the tool '{name}' takes arguments by position; calls give them by name")
    return found


def _cancelled(error: BaseException) -> bool:
    """Tell whether an error is the cancellation of this task, not one that a tool raised."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


def _broken(error: BaseException, path: Path, advice: str) -> ToolBroken:
    """Return what a user's module raised as an error that says on which of its lines."""
    seen = TracebackException.from_exception(error)
    lines = [frame.lineno for frame in seen.stack if frame.filename == str(path)]
    said = ": ".join(filter(None, (type(error).__name__, " ".join(str(seen).split()))))
    return ToolBroken(f"{shown(path)}:{lines[-1] if lines else 1}:1: {said}{advice}")


def _plain(value: Any, depth: int = 0) -> Any:
    """Return a copy of plain JSON data.

    Raises:
        ValueError: the value is something else.
    """
    if depth > _DEEPEST:
        raise ValueError("it is nested too deeply, or holds itself")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _storable(str.__str__(value))
    if isinstance(value, int) and value.bit_length() < _LONGEST_NUMBER:
        return int(value)
    if isinstance(value, float) and isfinite(value):
        return float(value)
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        if odd := [key for key in value if not isinstance(key, str)]:
            raise ValueError(f"the key {odd[0]!r} is not text")
        return {_storable(str.__str__(key)): _plain(item, depth + 1) for key, item in value.items()}
    number = isinstance(value, int | float)
    raise ValueError("it holds a number that JSON cannot hold" if number else f"it holds a {type(value).__name__}")


def _storable(text: str) -> str:
    if odd := next((sign for sign in text if "\ud800" <= sign <= "\udfff"), None):
        raise ValueError(f"it holds U+{ord(odd):04X}, which no text holds")
    return text
