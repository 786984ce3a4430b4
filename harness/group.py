"""What settings are made of: frozen groups that know their keys, labels and allow-lists."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from harness.parts import listed
from harness.written import Written


class Group(Written):
    """A frozen part of the settings that knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True)


def _label(value: str) -> str:
    if re.search(r"[@~+\s]", value):
        raise ValueError("a label has no blanks, '@', '~' or '+', which separate parts of a case's id")
    return value


Label = Annotated[str, Field(min_length=1, json_schema_extra={"pattern": r"^[^@~+\s]+$"}), AfterValidator(_label)]
AllowList = Annotated[
    tuple[str, ...] | None, BeforeValidator(listed, json_schema_input_type=str | tuple[str, ...] | None)
]
