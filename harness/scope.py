"""Where something applies: under which roles, models and tool lists."""

from typing import NamedTuple

from harness.parts import Part, SomeNames


class Point(NamedTuple):
    """What a trace was made under, as far as an expectation may depend on it."""

    role: str
    model: str
    tools: str


class Scope(Part):
    """Where something applies; what is not named does not matter."""

    role: SomeNames | None = None
    """Labels of roles."""
    model: SomeNames | None = None
    """Labels of models."""
    tools: SomeNames | None = None
    """Labels of tool lists."""

    def holds(self, point: Point) -> bool:
        """Tell whether the point is one of those that are named."""
        return all(
            names is None or label in names
            for names, label in ((self.role, point.role), (self.model, point.model), (self.tools, point.tools))
        )
