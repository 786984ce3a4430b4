"""A scenario's own tools: a Python module beside it whose functions share the state of one case.

The module defines `make(state, files)`, called once for each case, and returns its tools by name. `state` is the
case's own copy of the scenario's `state`, a dictionary to change in place; `files` is its `Workspace`. A tool is a
function, or a coroutine function, that takes the call's arguments by name and returns text or plain JSON data. What it
cannot do it says by raising `harness.errors.ToolError`; any other exception is a mistake in the module, and an error.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from inspect import isawaitable, signature
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any

from harness.errors import InputError, ToolBroken, ToolError
from harness.source import shown
from harness.workspace import Workspace


class OwnTools:
    """The tools of one case that come from the scenario's module."""

    def __init__(self, path: Path, functions: Mapping[str, Callable[..., Any]], state: dict[str, Any]) -> None:
        self._path = path
        self._functions = functions
        self._state = state

    def __contains__(self, name: str) -> bool:
        return name in self._functions

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    @property
    def state(self) -> dict[str, Any]:
        """A copy of the state as it is now.

        Raises:
            ToolBroken: it holds something that is not plain JSON data.
        """
        state: dict[str, Any] = self._plain(self._state, "the state")
        return state

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Run a tool and return its result.

        Raises:
            ToolError: the tool refuses, or the arguments are not those that it takes.
            ToolBroken: it raises anything else, or gives something that is not plain JSON data.
        """
        function = self._functions[name]
        try:
            bound = signature(function).bind(**arguments)
        except TypeError as error:
            raise ToolError(f"{name}: {error}") from None
        try:
            result = function(*bound.args, **bound.kwargs)
            if isawaitable(result):
                result = await result
        except ToolError:
            raise
        except Exception as error:
            raise _broken(error, self._path) from error
        self._plain(self._state, "the state")
        return self._plain(result, f"what {name} returns")

    def _plain(self, value: Any, what: str) -> Any:
        try:
            return json.loads(json.dumps(value, allow_nan=False))
        except (TypeError, ValueError, RecursionError) as error:
            raise ToolBroken(f"{shown(self._path)}:1:1: {what} is not plain JSON data: {error}") from None


def load(path: Path, state: Mapping[str, Any], files: Workspace) -> OwnTools:
    """Run a module anew and return its tools over a copy of this state and these files.

    The module is run for each case, so that nothing that it keeps passes from one case to another.

    Raises:
        InputError: the file is not there or is no Python, or has no `make` that returns functions by name.
        ToolBroken: the module or its `make` raises something.
    """
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    try:
        code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except FileNotFoundError:
        raise InputError(f"{shown(path)}: there is no such file; the scenario's 'module' names it") from None
    except OSError as error:
        raise InputError(f"{shown(path)}: cannot be read: {error.strerror}") from None
    except SyntaxError as error:
        raise InputError(f"{shown(path)}:{error.lineno or 1}:{error.offset or 1}: not Python: {error.msg}") from None
    except ValueError as error:
        raise InputError(f"{shown(path)}:1:1: not Python: {error}") from None
    own = deepcopy(dict(state))
    functions: Any = None
    try:
        exec(code, module.__dict__)  # noqa: S102 - the user's own module, as an import would run it
        make = module.__dict__.get("make")
        functions = make(own, files) if callable(make) else None
    except Exception as error:
        raise _broken(error, path) from error
    if not callable(make):
        raise InputError(f"{shown(path)}:1:1: has no function make(state, files)")
    if not isinstance(functions, Mapping) or not all(callable(function) for function in functions.values()):
        raise InputError(f"{shown(path)}:1:1: make(state, files) must return the tools by name, each a function")
    return OwnTools(path, functions, own)


def _broken(error: Exception, path: Path) -> ToolBroken:
    """Return what a user's module raised as an error that says on which of its lines."""
    lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == str(path)]
    where = f"{shown(path)}:{lines[-1] if lines else 1}:1"
    return ToolBroken(f"{where}: {type(error).__name__}: {error} (raise harness.errors.ToolError for what is refused)")
