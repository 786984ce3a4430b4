"""Cases: scenario x settings x repeat, each with its id, its cassette and its own tools."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.cassette import path_of
from harness.catalogue import Catalogue
from harness.composition import Composition
from harness.errors import InputError, did_you_mean
from harness.naming import tools_named
from harness.scenario import Scenario
from harness.settings import Settings
from harness.source import Location
from harness.stateful import OwnTools, load
from harness.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario under one settings, once."""

    scenario: Scenario
    settings: Settings
    repeat: int = 1
    overrides: tuple[str, ...] = ()
    """The overrides that compose the settings."""

    @property
    def id(self) -> str:
        """The id: `scenario@model/variant`, with `~k` for a repeat after the first."""
        ending = f"~{self.repeat}" if self.repeat > 1 else ""
        return f"{self.scenario.id}@{self.settings.model.label}/{self.settings.variant}{ending}"

    def cassette(self, folder: Path) -> Path:
        """Return where the case's cassette stands below the folder of cassettes."""
        return path_of(folder, self.scenario.id, self.settings.model.label, self.settings.variant, self.repeat)


def plan(scenarios: Sequence[Scenario], compositions: Sequence[Composition]) -> tuple[Case, ...]:
    """Return the cases in order: by scenario, then by settings, then by repeat.

    Raises:
        InputError: a scenario names what its settings do not have, or two cases have one id or one cassette.
    """
    cases: list[Case] = []
    wrong: dict[str, None] = {}
    for scenario in scenarios:
        named = tools_named(scenario.file)
        for composition in compositions:
            settings = composition.settings
            if applies(scenario, settings):
                wrong |= dict.fromkeys(misfits(scenario, named, settings.catalogue))
                repeats = range(1, settings.repeats + 1)
                cases += (Case(scenario, settings, repeat, composition.overrides) for repeat in repeats)
    if wrong:
        raise InputError(*wrong)
    return distinct(cases)


def distinct(cases: Sequence[Case], taken: dict[str, str] | None = None) -> tuple[Case, ...]:
    """Return the cases, and add their cassettes to those that are `taken` by others.

    Raises:
        InputError: two of them have one id or one cassette.
    """
    taken = {} if taken is None else taken
    wrong: dict[str, None] = {}
    for case in cases:
        path = str(case.cassette(Path())).casefold()
        if path in taken:
            wrong[f"the cases {taken[path]} and {case.id} would share a cassette; give them different labels"] = None
        taken[path] = case.id
    if wrong:
        raise InputError(*wrong)
    return tuple(cases)


def applies(scenario: Scenario, settings: Settings) -> bool:
    """Tell whether a scenario is for the settings."""
    limits = scenario.file.applies
    return all(
        names is None or label in names
        for names, label in (
            (limits.role, settings.role.label),
            (limits.model, settings.model.label),
            (limits.tools, settings.tools.label),
            (limits.loop, settings.loop.label),
            (limits.catalogue, settings.catalogue.label),
        )
    )


def misfits(scenario: Scenario, named: Mapping[str, Location], catalogue: Catalogue) -> Iterable[str]:
    """Yield what a scenario names, its tools each with the way to it, that a catalogue does not have."""
    place = scenario.document.place
    for tool, location in named.items():
        if tool not in catalogue.tools:
            hint = did_you_mean(tool, catalogue.tools)
            yield f"{place(location, key=True)}: the catalogue '{catalogue.label}' has no tool '{tool}'{hint}"
    access = scenario.file.acts_as.access
    if access not in catalogue.levels:
        hint = did_you_mean(access, catalogue.levels)
        known = ", ".join(catalogue.levels)
        yield f"{place(('as', 'access'))}: there is no access level '{access}'{hint}; there are: {known}"


def own_tools(scenario: Scenario, settings: Settings, files: Workspace | None) -> OwnTools | None:
    """Return the tools of a scenario's module over a state of their own, or None where it names none.

    Raises:
        InputError: the module cannot be used, or gives a tool that the catalogue does not have.
        ToolBroken: the module raises something.
    """
    file, place = scenario.file, scenario.document.place
    if file.module is None:
        return None
    own = load(scenario.document.path.with_name(file.module), file.state or {}, files or Workspace())
    known = settings.catalogue.tools
    wrong = [
        f"{place(('module',))}: {file.module} gives a tool '{name}', which the catalogue "
        f"'{settings.catalogue.label}' does not have{did_you_mean(name, known)}"
        for name in own
        if name not in known
    ]
    if wrong:
        raise InputError(*wrong)
    return own
