"""The settings of a comparison: how alike a request must be to the recorded one."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from harness.group import Group
from harness.parts import Expression, listed


def _json_path(value: str) -> str:
    import jsonpath

    if not value.startswith("$"):
        raise ValueError(f"'{value}' is not a JSON path: it begins with $, which is the request's body")
    try:
        jsonpath.compile(value)
    except (jsonpath.JSONPathError, re.error) as error:
        raise ValueError(f"'{value}' is not a JSON path: {str(error).splitlines()[0]}") from None
    return value


JsonPath = Annotated[str, AfterValidator(_json_path), Field(json_schema_extra={"pattern": r"^\$"})]


DriftKind = Literal["model", "system", "tools", "params", "session", "task", "replies", "results", "shape", "address"]
"""What of a request may differ from the recorded one: the model's name, the system prompt, the tools, what is sent
beside the conversation, earlier messages of the session, the user's message, the model's own messages, what the tools
gave, which messages there are, and where they are sent."""


class Normalised(Group):
    """A pattern that is written alike in both requests before they are compared."""

    pattern: Expression
    """A regular expression, found anywhere in the texts of a request."""
    to: str
    """What it becomes, in Python's notation for replacements."""

    @model_validator(mode="after")
    def _replaceable(self) -> Self:
        try:
            re.compile(self.pattern).sub(self.to, "")
        except (re.error, IndexError) as error:
            raise ValueError(f"'{self.to}' cannot replace it: {error}") from None
        return self


class Matching(Group):
    """How the requests of a replay are compared with the recorded ones."""

    match: Literal["strict", "sequence"] = "strict"
    """`strict` stops at the first request that differs, `sequence` plays every recorded response to the end."""
    allow_drift: Annotated[
        tuple[DriftKind, ...], BeforeValidator(listed, json_schema_input_type=DriftKind | tuple[DriftKind, ...])
    ] = ()
    """The kinds of difference at which a case goes on, marked as drifted."""
    ignore: Annotated[
        tuple[JsonPath, ...], BeforeValidator(listed, json_schema_input_type=JsonPath | tuple[JsonPath, ...])
    ] = ()
    """JSON paths (RFC 9535) into the request's body; what they find is left out of the comparison."""
    normalise: tuple[Normalised, ...] = ()
    """Patterns that are written alike before texts are compared."""
