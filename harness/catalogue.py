"""The settings of the tools that exist: schema, access level, whether the user is asked, and their work on files."""

from typing import Any, Literal, Self

from pydantic import JsonValue, field_validator, model_validator

from harness.errors import did_you_mean
from harness.group import Group, Label
from harness.workspace import WorkspaceError, inside
from harness.written import Schema, either


class FileWork(Group):
    """What a tool does to a scenario's workspace, and what its arguments are called."""

    does: Literal["list", "read", "write", "append", "delete", "move"]
    """What it does."""
    path: str = "path"
    """The argument that names the file or, for `list`, the folder."""
    content: str = "content"
    """The argument with the text to write."""
    to: str = "to"
    """The argument with the new path of a file that is moved."""
    folder: str = ""
    """The folder of the workspace in which it works."""

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return {"does": value} if isinstance(value, str) else value

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a word, or of a mapping."""
        does = long["properties"]["does"]
        return either({"type": "string", "enum": does["enum"]}, long)

    @field_validator("folder")
    @classmethod
    def _inside(cls, value: str) -> str:
        try:
            return inside(value)
        except WorkspaceError as error:
            raise ValueError(str(error)) from None

    @model_validator(mode="after")
    def _meant(self) -> Self:
        for key, works in (("content", ("write", "append")), ("to", ("move",))):
            if key in self.model_fields_set and self.does not in works:
                raise ValueError(f"'{key}' means something to {' and '.join(works)} only, not to {self.does}")
        return self

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments that it takes from a call."""
        more = {"write": (self.content,), "append": (self.content,), "move": (self.to,)}
        return (self.path, *more.get(self.does, ()))


class Tool(Group):
    """One tool that exists."""

    description: str
    """What the model reads about it."""
    parameters: dict[str, JsonValue] = {"type": "object", "properties": {}}
    """The JSON schema of its arguments."""
    access: str = "user"
    """The lowest access level that may use it."""
    confirm: bool = False
    """Whether the user is asked before it runs."""
    workspace: FileWork | None = None
    """What it does to the workspace of a scenario that has one: `read`, or with the names of its arguments."""

    @model_validator(mode="after")
    def _has_its_arguments(self) -> Self:
        properties = self.parameters.get("properties")
        known = list(properties) if isinstance(properties, dict) else []
        for name in self.workspace.arguments if self.workspace and known else ():
            if name not in known:
                hint = did_you_mean(name, known)
                raise ValueError(f"'workspace' takes the argument '{name}', which 'parameters' does not have{hint}")
        return self


class Catalogue(Group):
    """The tools that exist."""

    label: Label
    """What reports call it."""
    levels: tuple[str, ...] = ("guest", "user", "admin")
    """The access levels, lowest first."""
    tools: dict[str, Tool]
    """The tools by name, in the order in which they are offered."""
