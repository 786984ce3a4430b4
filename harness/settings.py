"""Settings: persona, tools, role and loop, and all groups composed, as pydantic judges them."""

import re
from string import Formatter
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from harness.catalogue import Catalogue
from harness.change import ChangeKind
from harness.group import AllowList, Group, Label
from harness.likeness import Matching
from harness.model import Model
from harness.parts import listed
from harness.written import either

GROUPS = ("model", "persona", "catalogue", "tools", "role", "loop")
"""The groups of a project's configuration, one folder each."""


Section = Annotated[
    str,
    WithJsonSchema(
        either(
            {"type": "string"},
            {
                "type": "object",
                "properties": {"file": {"type": "string", "description": "A file below conf/ that holds the text."}},
                "required": ["file"],
                "additionalProperties": False,
            },
        )
    ),
]
"""The text of a section; in a file of settings also `{file: PATH}`."""


class Persona(Group):
    """Who the assistant is: the sections of its system prompt."""

    label: Label
    """What reports call it."""
    preamble: str = ""
    """What stands before the sections, under no heading."""
    sections: dict[str, Section] = {}
    """The sections in order, each under its name as a heading."""


class Tools(Group):
    """An allow-list by name."""

    label: Label
    """What reports call it."""
    allow: AllowList = None
    """Names from the catalogue; an empty list allows nothing, an absent one everything."""


class Role(Group):
    """What the assistant is for at the moment: an overlay of its prompt and an allow-list."""

    label: Label
    """What reports call it."""
    overlay: str = ""
    """The last section of the system prompt."""
    allow: AllowList = None
    """Names from the catalogue; an empty list allows nothing, an absent one everything."""


def _holding(*names: str) -> AfterValidator:
    """Return a validator for a text that may hold these names in braces and nothing else."""

    def judge(text: str) -> str:
        try:
            held = [
                (name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text) if name is not None
            ]
        except ValueError:
            held = [("{", "", None)]
        if any(name not in names or spec or conversion for name, spec, conversion in held):
            known = " and ".join(f"{{{name}}}" for name in names)
            raise ValueError(f"may hold {known} and nothing else in braces; write {{{{ for a brace")
        return text

    return AfterValidator(judge)


class Texts(Group):
    """What the loop itself says."""

    tools_available: str
    """The standing instruction, appended to the system prompt."""
    awaiting: Annotated[str, _holding("name")]
    """The placeholder result of a held call, with `{name}`."""
    denied: str
    """The result of a denied call."""
    notice: Annotated[str, _holding("names")]
    """The confirmation request where the model words none, with `{names}`."""
    limit: Annotated[str, _holding("max_rounds")]
    """The response at the round limit, with `{max_rounds}`; the tools' results follow."""


PRODUCTION = "harness.loop:make"
"""The factory of the loop that comes with the package."""


Word = TypeVar("Word", bound=str)


def _unrepeated(names: tuple[Word, ...]) -> tuple[Word, ...]:
    if len(set(names)) < len(names):
        raise ValueError("names one twice")
    return names


Transport = Literal["httpx2", "httpx", "aiohttp", "requests", "urllib3"]
Transports = Annotated[
    tuple[Transport, ...],
    BeforeValidator(listed, json_schema_input_type=Transport | Annotated[tuple[Transport, ...], Field(min_length=1)]),
    Field(min_length=1),
    AfterValidator(_unrepeated),
]


def _factory(value: str) -> str:
    if not re.fullmatch(r"\w+(\.\w+)*:\w+(\.\w+)*", value):
        raise ValueError("must name a function as 'package.module:make', with a colon before its name")
    return value


Factory = Annotated[str, AfterValidator(_factory), Field(json_schema_extra={"pattern": r"^[^\s:]+:[^\s:]+$"})]


class Loop(Group):
    """The loop under test."""

    label: Label
    """What reports call it."""
    factory: Factory = PRODUCTION
    """Where the loop comes from: `package.module:make`, called with the tools and the settings."""
    transports: Transports = ("httpx2",)
    """The HTTP clients through which it asks the model; what goes another way is not recorded."""
    policy: Literal["production", "tolerant"] | None = Field(default=None, validate_default=True)
    """How it treats traffic that is odd; left out where a loop of your own does as neither of them."""
    max_rounds: int = Field(default=8, gt=0)
    """How many times a turn may call the model; a notice may exceed it."""
    history: int = Field(default=6, ge=0)
    """How many session messages are sent."""
    texts: Texts | None = Field(default=None, validate_default=True)
    """What the package's loop itself says; a loop of your own may have words of its own."""

    @field_validator("policy", "texts")
    @classmethod
    def _said(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.data.get("factory") == PRODUCTION:
            choice = " ('production' or 'tolerant')" if info.field_name == "policy" else ""
            raise ValueError(f"must be given{choice}: the package's loop does not guess it")
        return value


class Comparing(Group):
    """How cases are compared with the baseline."""

    counts: Annotated[
        tuple[ChangeKind, ...],
        BeforeValidator(listed, json_schema_input_type=ChangeKind | tuple[ChangeKind, ...]),
        AfterValidator(_unrepeated),
    ] = (
        "calls",
        "decisions",
        "outcomes",
        "checkpoints",
        "rounds",
        "stop",
    )
    """What of a case that was recorded anew must be as it was; with the same cassette everything must."""


class Composed(Group):
    """The configuration as Hydra composes it."""

    model: Model
    """The model."""
    persona: Persona
    """Who the assistant is."""
    catalogue: Catalogue
    """The tools that exist."""
    tools: Tools
    """The allow-list of the run."""
    role: Role
    """The role."""
    loop: Loop
    """The loop under test."""
    registry: str | None = None
    """Production's `model_registry.json`, which gives the role and the model."""
    cassette: Matching = Matching()
    """How replayed requests are compared with the recorded ones."""
    compare: Comparing = Comparing()
    """How cases are compared with the baseline."""
    repeats: int = Field(default=1, gt=0)
    """How often each case runs."""


class Settings(Composed):
    """One composed configuration and what makes it differ from the project's default."""

    variant: str
    """Role and tools, and every other choice that differs from the project's default."""

    @property
    def allow(self) -> tuple[str, ...] | None:
        """The names that every allow-list permits, in the catalogue's order, or None where there is no list."""
        lists = [allow for allow in (self.tools.allow, self.role.allow) if allow is not None]
        return tuple(name for name in self.catalogue.tools if all(name in allow for allow in lists)) if lists else None
