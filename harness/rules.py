"""What a tool returns in a scenario: rules of which the first that fits wins."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from harness.coverage import covers_all
from harness.parts import Json, Part, Pattern
from harness.written import Schema, either


class _Given(Part):
    """What comes of a call: a result or an error; plain text, a number or a truth is a result."""

    nullable: ClassVar[frozenset[str]] = frozenset({"returns"})

    returns: Json = None
    """The result; anything but text reaches the model as JSON."""
    raises: str | None = None
    """The message of the error that the tool raises."""

    @model_validator(mode="before")
    @classmethod
    def _text_is_a_result(cls, value: Any) -> Any:
        return {"returns": value} if isinstance(value, str | int | float | bool) else value

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a plain result, or of a mapping."""
        plain: list[Schema] = [{"type": kind} for kind in ("string", "number", "boolean")]
        return either(*plain, super().forms(long))


class Effect(_Given):
    """What a tool does when it is called: one of these."""

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a plain result, or of one key."""
        return {**super().forms(long), "minProperties": 1, "maxProperties": 1}

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("needs exactly one of 'returns' and 'raises'")
        return self


class Rule(_Given):
    """One rule of a tool: when it applies and what the tool does then."""

    when: Pattern | None = None
    """Arguments that a call must have; without it every call fits."""
    sequence: Annotated[list[Effect], Field(json_schema_extra={"minItems": 1})] | None = None
    """What the first, second, ... fitting call gives; when all are used up the rule no longer applies."""
    otherwise: Effect | None = None
    """What every call gives that no rule above covers."""

    @classmethod
    def forms(cls, long: Schema) -> Schema:
        """Return the schema of a plain result, or of one key, with `when` beside it."""
        bound = {"minProperties": 2, "maxProperties": 2, "properties": {"otherwise": False}}
        free = {"minProperties": 1, "maxProperties": 1}
        when = {"type": "object", "required": ["when"]}
        return {**super().forms(long), "if": when, "then": bound, "else": free}

    @model_validator(mode="after")
    def _one(self) -> Self:
        effects = self.model_fields_set - {"when"}
        if len(effects) != 1:
            raise ValueError("needs exactly one of 'returns', 'raises', 'sequence' and 'otherwise'")
        if effects == {"otherwise"} and self.when is not None:
            raise ValueError("'otherwise' takes every call; remove 'when' or write 'returns'")
        if self.sequence == []:
            raise ValueError("'sequence' needs at least one result")
        return self

    @property
    def effects(self) -> list[Effect] | Effect:
        """What the rule's calls give: a list for a sequence, one effect for all calls otherwise."""
        if self.sequence is not None:
            return self.sequence
        if self.otherwise is not None:
            return self.otherwise
        return Effect(raises=self.raises) if "raises" in self.model_fields_set else Effect(returns=self.returns)


def _rules(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _reachable(rules: list[Rule]) -> list[Rule]:
    """Refuse rules that can never apply, which is what a list of results looks like."""
    for at, rule in enumerate(rules[:-1], 1):
        if rule.when is None and rule.sequence is None:
            raise ValueError(
                f"rule {at} takes every call, so that rule {at + 1} never applies; "
                "to return a list write {returns: [...]}, for one result after the other {sequence: [...]}"
            )
    return rules


Rules = Annotated[
    list[Rule],
    Field(min_length=1),
    AfterValidator(_reachable),
    BeforeValidator(_rules, json_schema_input_type=Rule | Annotated[list[Rule], Field(min_length=1)]),
]


def shadowed(rules: Sequence[Rule]) -> Iterator[tuple[int, int]]:
    """Yield the rules that never apply, each by its place with that of an earlier one which takes all their calls."""
    for at, rule in enumerate(rules):
        for before, earlier in enumerate(rules[:at]):
            if earlier.when is None or earlier.sequence is not None:
                continue
            if (not earlier.when) if rule.when is None else covers_all(earlier.when, rule.when):
                yield at, before
                break
