"""Numbers, texts and files that are expected, and whether they are so."""

import re
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from harness.parts import Expressions, Part, Texts, mapping
from harness.workspace import WorkspaceError, inside
from harness.written import Schema, alone, either


class Amount(Part):
    """A number that is expected exactly or within bounds."""

    exactly: int | None = Field(default=None, ge=0)
    """The number itself."""
    at_least: int | None = Field(default=None, ge=0)
    """The lowest number that is right."""
    at_most: int | None = Field(default=None, ge=0)
    """The highest number that is right."""

    @model_validator(mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return {"exactly": value}
        return mapping(value, "must be a whole number, or {at_least: ..., at_most: ...}")

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a number, or of bounds."""
        bounds = {**super().forms(long), "minProperties": 1, **alone("exactly", "at_least", "at_most")}
        return either({"type": "integer", "minimum": 0}, bounds)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.exactly is None and self.at_least is None and self.at_most is None:
            raise ValueError("needs a number, 'at_least' or 'at_most'")
        if self.exactly is not None and (self.at_least is not None or self.at_most is not None):
            raise ValueError("'exactly' leaves nothing to 'at_least' and 'at_most'")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"no number is at least {self.at_least} and at most {self.at_most}")
        return self

    def holds(self, number: int) -> bool:
        """Tell whether the number is as expected."""
        return (
            (self.exactly is None or number == self.exactly)
            and (self.at_least is None or number >= self.at_least)
            and (self.at_most is None or number <= self.at_most)
        )

    def __str__(self) -> str:
        if self.exactly is not None:
            return str(self.exactly)
        least = f"at least {self.at_least}" if self.at_least is not None else ""
        most = f"at most {self.at_most}" if self.at_most is not None else ""
        return " and ".join(filter(None, (least, most)))


class Tokens(Part):
    """Tokens that are expected, as the provider counts them."""

    total: Amount | None = None
    """Tokens of requests and replies together."""
    prompt: Amount | None = None
    """Tokens of the requests."""
    completion: Amount | None = None
    """Tokens of the replies."""

    @model_validator(mode="before")
    @classmethod
    def _parts(cls, value: Any) -> Any:
        if said := [key for key in Amount.model_fields if key in value]:
            raise ValueError(f"'{said[0]}' says not of what; write it behind 'total', 'prompt' or 'completion'")
        return value

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a mapping that says something."""
        return {**super().forms(long), "minProperties": 1}

    def __str__(self) -> str:
        said = ((key, getattr(self, key)) for key in TOKENS)
        return ", ".join(f"{key} {amount}" for key, amount in said if amount)


TOKENS = ("total", "prompt", "completion")


def _tokens(value: Any) -> str:
    return "each" if isinstance(value, Tokens) or (isinstance(value, dict) and value.keys() & {*TOKENS}) else "amount"


ExpectedTokens = Annotated[
    Annotated[Amount, Tag("amount")] | Annotated[Tokens, Tag("each")],
    Discriminator(_tokens),
]
"""How many in all, or `{prompt: ..., completion: ..., total: ...}`."""


class Words(Part):
    """What a text must hold."""

    equals: str | None = None
    """The whole text."""
    contains: Texts = []
    """Texts that stand in it."""
    lacks: Texts = []
    """Texts that do not stand in it."""
    matches: Expressions = []
    """Regular expressions that are found in it."""

    @model_validator(mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"equals": value}
        return mapping(value, "must be the whole text, or {contains: ..., lacks: ..., matches: ...}")

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of the whole text, or of what it must hold."""
        return either({"type": "string"}, {**super().forms(long), "minProperties": 1})

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.equals is None and not (self.contains or self.lacks or self.matches):
            raise ValueError("needs 'equals', 'contains', 'lacks' or 'matches'")
        return self


def _true(value: Any) -> Any:
    if value is not True:
        raise ValueError("can only be true; a file is expected as {present: true} or as {absent: true}")
    return value


OnlyTrue = Annotated[Literal[True] | None, BeforeValidator(_true)]


class ExpectedFile(Words):
    """What one file of the workspace must be."""

    present: OnlyTrue = None
    """It is there, whatever it holds."""
    absent: OnlyTrue = None
    """It is not there."""

    @model_validator(mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"equals": value}
        return mapping(value, "must be the file's whole text, {absent: true}, or {present: true, contains: ...}")

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of the file's whole text, or of what it must be."""
        others = [key for key in long["properties"] if key != "absent"]
        return super().forms(long) | alone("absent", *others)

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not (self.present or self.absent or self.contains or self.lacks or self.matches) and self.equals is None:
            raise ValueError("needs 'present', 'absent', 'equals', 'contains', 'lacks' or 'matches'")
        if self.absent and len(self.model_fields_set) > 1:
            raise ValueError("a file that is absent holds nothing; remove 'absent' or the rest")
        return self


_FILE = r"^(?![/~])(?!(.*/)?\.{0,2}(/|$))[^\\]+$"
"""What editors hold the path of a file against."""


def _file(path: str) -> str:
    try:
        plain = inside(path)
    except WorkspaceError as error:
        raise ValueError(str(error)) from None
    if not plain:
        raise ValueError(f"'{path}' is the workspace itself, not a file in it")
    if plain != path or path.endswith("/"):
        raise ValueError(f"'{path}' must be written as the path of a file: '{plain}'")
    return path


FilePath = Annotated[str, Field(json_schema_extra={"pattern": _FILE}), AfterValidator(_file)]
"""The path of a file of the workspace, as the workspace itself writes it."""


class Said(NamedTuple):
    """One thing that is not as expected, with the way to the key that asks for it."""

    way: tuple[str | int, ...]
    expected: str


def satisfied(words: Words, text: str) -> list[Said]:
    """Return what a text lacks."""
    wrong = [Said(("equals",), f"to be '{words.equals}'")] if words.equals not in (None, text) else []
    for key, said, held in (("contains", "to contain", False), ("lacks", "not to contain", True)):
        parts = enumerate(getattr(words, key))
        wrong += [Said((key, at), f"{said} '{part}'") for at, part in parts if (part in text) is held]
    missed = [at for at, part in enumerate(words.matches) if not re.search(part, text)]
    wrong += [Said(("matches", at), f"to match /{words.matches[at]}/") for at in missed]
    return wrong


def left(file: ExpectedFile, text: str | None) -> list[Said]:
    """Return what is not as expected of a file's text, or of its absence."""
    if text is None:
        return [] if file.absent else [Said((), "to be there")]
    return [Said(("absent",), "not to be there")] if file.absent else satisfied(file, text)
