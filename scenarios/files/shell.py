"""A shell that knows one command: the test of slug.py, which passes once the file spells ü as ue."""

from collections.abc import Callable
from typing import Any

from harness.errors import ToolError
from harness.workspace import Workspace


def make(state: dict[str, Any], files: Workspace) -> dict[str, Callable[..., Any]]:
    """Return the shell over these files; `state` counts how often the test ran."""

    def shell_exec(command: str) -> str:
        """Run the test, whatever else stands in the command line."""
        if "pytest" not in command:
            raise ToolError(f"{command}: command not found")
        state["runs"] = state.get("runs", 0) + 1
        if '"ü", "ue"' in files.files.get("slug.py", ""):
            return "1 passed in 0.02s"
        return "FAILED test_slug.py::test_umlaut - assert 'm-nster' == 'muenster'"

    return {"shell_exec": shell_exec}
