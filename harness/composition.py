"""The settings of every point of a sweep: what Hydra and a registry give, judged by pydantic."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from harness.errors import InputError, did_you_mean
from harness.hydration import Hydra, Hydrated, hydrating
from harness.layers import Plain, about, layered
from harness.lookup import GIVEN, Lookup
from harness.model import Model
from harness.project import Conf, Origin, Provenance
from harness.registry import Entry, Registry, note
from harness.sections import read_sections
from harness.settings import GROUPS, Composed, Settings
from harness.sweep import Point, choice_of, key_of, sweep
from harness.variant import changes, values, variant
from harness.wording import dotted, problems

_IMPORT = "; to use the registry's own tools, import them: harness import --tools FILE"


@dataclass(frozen=True)
class Composition:
    """Settings with where each choice came from."""

    settings: Settings
    origins: Mapping[str, Origin]
    overrides: tuple[str, ...]
    sections: Mapping[str, Path] = field(default_factory=dict)
    """The files that sections of the prompt come from, by the section's name."""
    unused: tuple[str, ...] = ()
    """The keys of the registry that mean nothing here, among those of the parts in use."""


class Checked(NamedTuple):
    """The points of a sweep that can be composed, and what is wrong with the others."""

    compositions: tuple[Composition, ...]
    problems: tuple[str, ...]
    misfits: tuple[str, ...] = ()
    """Those of the problems that another catalogue would mend: names in allow-lists that this one does not have."""


class _Raw(NamedTuple):
    """What is judged: plain data, where each choice comes from, and what the registry gave."""

    data: dict[str, Any]
    origins: dict[str, Origin]
    entries: dict[str, Entry]
    sections: Mapping[str, Path]
    problems: tuple[str, ...]


def compose(conf: Conf, overrides: Sequence[str] = ()) -> tuple[Composition, ...]:
    """Return one composition for each point of the sweep that the overrides describe.

    Costs about 50 ms a point. Hydra's state is the process's own: call it from the main thread only.

    Raises:
        InputError: an override or a file cannot be used; all problems at once.
    """
    found = check(conf, overrides)
    if found.problems:
        raise InputError(*found.problems)
    return found.compositions


def check(conf: Conf, overrides: Sequence[str] = ()) -> Checked:
    """Return the compositions of the points that can be composed, and the problems of those that cannot."""
    with hydrating(conf) as hydra:
        return _Composer(conf, hydra).compose(overrides)


def notes(compositions: Iterable[Composition]) -> list[str]:
    """Return a line for each registry in use of which some keys mean nothing here."""
    unused: dict[Path, set[str]] = {}
    for composition in compositions:
        for origin in composition.origins.values():
            if origin.entry and composition.unused:
                unused.setdefault(origin.entry.document.path, set()).update(composition.unused)
    return [note(path, names) for path, names in unused.items()]


class _Composer:
    """Composes and judges the points of a sweep."""

    def __init__(self, conf: Conf, hydra: Hydra) -> None:
        self._conf = conf
        self._hydra = hydra
        self._lookup = Lookup(conf)
        self._misfits: dict[str, None] = {}

    def compose(self, overrides: Sequence[str]) -> Checked:
        """Compose and judge every point."""
        compositions: list[Composition] = []
        points, said = sweep(overrides, lambda group: self._known(group, overrides))
        wrong = dict.fromkeys(said)
        try:
            default = self._default(points)
        except InputError as error:
            return Checked((), (*wrong, *error.problems))
        several = len({text for point in points for text in point if key_of(text) == "registry"}) > 1
        for point in points:
            registry, registered = None, True
            try:
                registry = self._lookup.of(point)
                registered = registry is not None
            except InputError as error:
                wrong |= dict.fromkeys(error.problems)
            known = tuple(text for text in point if not self._unknown(text, wrong, registered=registered))
            if registered and registry is None:
                continue
            try:
                composition = self._judged(known, registry, default, several=several)
            except InputError as error:
                wrong |= dict.fromkeys(error.problems)
            else:
                compositions += [composition] if known == point else []
        return Checked(tuple(compositions), tuple(wrong), tuple(self._misfits))

    def _known(self, group: str, overrides: Sequence[str]) -> list[str]:
        """Return the choices of a group, for globs: the roles are those of the registries, where there are any."""
        found = self._lookup.all(overrides) if group == "role" else ()
        names = {name for registry in found for name in registry.names("role")}
        return sorted(names) if found else list(self._conf.choices(group))

    def _default(self, points: Sequence[Point]) -> Hydrated:
        """Return what is composed without overrides; roles and models do not count where a registry gives them."""
        try:
            return self._hydra.compose(())
        except InputError:
            if not any(self._lookup.names_one(point) for point in points):
                raise
            return self._hydra.compose(self._hydra.without(GIVEN))

    def _unknown(self, text: str, wrong: dict[str, None], *, registered: bool) -> bool:
        """Note a choice that no folder has, with the nearest one that exists."""
        key, _, value = text.lstrip("+").partition("=")
        if key not in GROUPS or (registered and key == "role"):
            return False
        known = self._conf.choices(key)
        value = choice_of(text.lstrip("+")) if value[:1] in ("'", '"') else value
        if value in known:
            return False
        names = ", ".join(known)
        said = f"override '{text}': there is no {key} '{value}'{did_you_mean(value, known)}; there are: {names}"
        wrong[said] = None
        return True

    def _compose(self, point: Point, registry: Registry | None) -> _Raw:
        """Return what is judged.

        Raises:
            InputError: an override or a file cannot be used.
        """
        entries = self._lookup.entries(point, registry) if registry else {}
        mine = [text for text in point if about(text, entries)]
        others = tuple(text for text in point if text not in mine)
        composed, choices = self._hydra.compose((*others, *self._hydra.without(entries)))
        if registry is None and composed.get("registry") is not None:
            raise InputError(f"{self._conf.primary.place(())}: 'registry' must stand in this file itself")
        plain = Plain()
        given = {group: plain.hidden(dict(entry.data)) for group, entry in entries.items()}
        data = plain.restored(self._hydra.resolve(layered(composed, given, mine), point, entries))
        origins = self._hydra.origins(choices, entries)
        sections = read_sections(data.get("persona"), self._conf, Provenance(origins, point, self._conf))
        if "persona" in data:
            data["persona"] = sections.persona
        wrong = [problem for entry in entries.values() for problem in entry.problems]
        return _Raw(data, origins, entries, sections.files, (*wrong, *sections.problems))

    def _judged(self, point: Point, registry: Registry | None, default: Hydrated, *, several: bool) -> Composition:
        """Return the settings of a point; where `several` registries are swept, they are part of the variant.

        Raises:
            InputError: they are not right; all problems at once.
        """
        raw = self._compose(point, registry)
        place = Provenance(raw.origins, point, self._conf)
        wrong = [*raw.problems, *_unaddressed(raw)]
        try:
            composed = Composed.model_validate(raw.data)
        except ValidationError as error:
            raise InputError(*wrong, *problems(error, Composed, place, place.written, place.plain)) from None
        misfits = list(_unknown_names(composed, place))
        self._misfits |= dict.fromkeys(misfits)
        wrong += [*_unknown_levels(composed, place), *misfits]
        if wrong:
            raise InputError(*wrong)
        named = self._changing(composed, point, registry)
        if several and registry is not self._lookup.own():
            named += [text for text in point if key_of(text) == "registry"]
        choices = {group: origin.choice for group, origin in raw.origins.items()}
        settings = Settings(
            **{**dict(composed), "model": _keyed(composed, raw)},
            variant=variant(composed, choices, default.choices, named),
        )
        unused = sorted({name for entry in raw.entries.values() for name in entry.unused})
        return Composition(settings, raw.origins, point, raw.sections, tuple(unused))

    def _changing(self, composed: Composed, point: Point, registry: Registry | None) -> list[str]:
        """Return the overrides of values that differ from what is composed without them, or make it right."""
        said = values(point)
        if not said:
            return []
        kept = tuple(text for text in point if key_of(text) in GROUPS or key_of(text) == "registry")
        try:
            raw = self._compose(kept, registry)
            before = None if raw.problems else Composed.model_validate(raw.data)
        except (ValidationError, InputError):
            before = None
        return [text for text in said if changes(text, composed, before)]


def _keyed(composed: Composed, raw: _Raw) -> Model:
    """Return the model with the registry's own key, unless something names another source of it."""
    entry = raw.entries.get("model")
    if entry is None or entry.key is None or composed.model.api_key_env != entry.data.get("api_key_env"):
        return composed.model
    return composed.model.model_copy(update={"api_key": entry.key})


def _unaddressed(raw: _Raw) -> Iterator[str]:
    """Yield what a registry's model lacks to be asked, where nothing else says it."""
    entry, model = raw.entries.get("model"), raw.data.get("model")
    if entry and not entry.problems and isinstance(model, dict):
        for name in ("api_url", "model_name"):
            if model.get(name) in (None, ""):
                where = dotted(entry.written(()))
                yield f"{entry.place()}: {where}: '{name}' is missing; add it, or give it as model.{name}=..."


def _unknown_levels(composed: Composed, place: Provenance) -> Iterator[str]:
    """Yield the access levels of tools that the catalogue does not have."""
    levels = composed.catalogue.levels
    for name, tool in composed.catalogue.tools.items():
        if tool.access not in levels:
            location = ("catalogue", "tools", name, "access")
            hint = f"{did_you_mean(tool.access, levels)}; there are: {', '.join(levels)}"
            yield f"{place(location)}: {dotted(location)}: there is no access level '{tool.access}'{hint}"


def _unknown_names(composed: Composed, place: Provenance) -> Iterator[str]:
    """Yield the names in allow-lists that the catalogue does not have."""
    known = composed.catalogue.tools
    for group, allow in (("tools", composed.tools.allow), ("role", composed.role.allow)):
        for at, name in enumerate(allow or ()):
            if name not in known:
                own = (group, "allow", at)
                written = place.written(own)
                where, import_them = (f"{group}.allow", "") if written == own else (dotted(written), _IMPORT)
                said = f"the catalogue '{composed.catalogue.label}' has no tool '{name}'{did_you_mean(name, known)}"
                yield f"{place(own)}: {where}: {said}{import_them}"
