"""The tools that exist: what those that work on files take and do."""

from typing import Any

import pytest
from pydantic import ValidationError

from harness.catalogue import Tool


@pytest.mark.parametrize(
    ("work", "arguments"),
    [
        ("list", ("path",)),
        ("read", ("path",)),
        ({"does": "delete", "path": "name"}, ("name",)),
        ("write", ("path", "content")),
        ({"does": "append", "path": "key", "content": "text", "folder": "./scratch/"}, ("key", "text")),
        ({"does": "move", "path": "from"}, ("from", "to")),
    ],
)
def test_the_arguments_of_file_tools(work: Any, arguments: tuple[str, ...]) -> None:
    """A file tool takes the arguments that its work needs, under the names that are given for them."""
    properties: Any = {name: {"type": "string"} for name in (*arguments, "more")}
    tool = Tool.model_validate({"description": "x", "parameters": {"properties": properties}, "workspace": work})
    assert tool.workspace is not None
    assert tool.workspace.arguments == arguments
    assert tool.workspace.folder in ("", "scratch")


@pytest.mark.parametrize(
    ("work", "said"),
    [
        ("raed", "Input should be 'list', 'read', 'write', 'append', 'delete' or 'move'"),
        ({"path": "key"}, "Field required"),
        ({"does": "read", "file": "x"}, "Extra inputs are not permitted"),
        ({"does": "read", "folder": "../x"}, "'../x' is outside of the workspace"),
        (
            {"does": "read", "content": "text"},
            "'content' means something to write and append only, not to read",
        ),
        ({"does": "write", "to": "path"}, "'to' means something to move only, not to write"),
        (
            {"does": "read", "path": "pat"},
            "'workspace' takes the argument 'pat', which 'parameters' does not have (did you mean 'path'?)",
        ),
        ("write", "'workspace' takes the argument 'content', which 'parameters' does not have"),
    ],
)
def test_file_tools_that_are_none(work: Any, said: str) -> None:
    """What a file tool does must be known, inside the workspace, and done with arguments that the tool has."""
    fields = {"parameters": {"properties": {"path": {"type": "string"}}}, "workspace": work}
    with pytest.raises(ValidationError) as caught:
        Tool.model_validate({"description": "x", **fields})
    assert [details["msg"].removeprefix("Value error, ") for details in caught.value.errors()] == [said]
