"""What a project has to choose from: the choices of each group of settings, scenarios, tags."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.composition import Composition, compose
from harness.lookup import Lookup
from harness.project import Conf, Origin
from harness.selection import select
from harness.settings import GROUPS
from harness.source import shown
from harness.sweep import quoted
from harness.terminal import Layout, listing


def models(conf: Conf, _: Path, look: Layout) -> str:
    """Return the models with what serves them, the registry's before the project's own where there is one.

    Raises:
        InputError: a file cannot be read.
    """
    registry = Lookup(conf).of(())
    entry = registry.model() if registry else None
    rows = [(entry.label, "by default", "openai", entry.place())] if entry and not entry.problems else []
    rows += [
        (str(data.get("label", name)), f"model={name}", str(data.get("type", "openai")), origin.place)
        for name, origin, data in _choices(conf, "model")
    ]
    return listing(rows, ("model", "choose with", "type", "from"), look)


def roles(conf: Conf, _: Path, look: Layout) -> str:
    """Return the roles with their allow-lists, those of the registry before the project's own where there is one.

    Raises:
        InputError: a file cannot be read.
    """
    registry = Lookup(conf).of(())
    entries = [registry.role(name) for name in registry.names("role")] if registry else []
    alone = "registry=null " if registry else ""
    rows = [
        (entry.label, f"role={quoted(entry.name)}", _allowed(entry.data.get("allow")), entry.place())
        for entry in entries
        if not entry.problems
    ]
    rows += [
        (str(data.get("label", name)), f"{alone}role={name}", _allowed(data.get("allow")), origin.place)
        for name, origin, data in _choices(conf, "role")
    ]
    return listing(rows, ("role", "choose with", "tools", "from"), look)


def tools(conf: Conf, _: Path, look: Layout) -> str:
    """Return the tools of the default catalogue, and the allow-lists by name.

    Raises:
        InputError: the default settings cannot be composed.
    """
    composition = compose(conf)[0]
    place = composition.origins["catalogue"].place
    rows = [
        (name, tool.access, "asks" if tool.confirm else "", " ".join(tool.description.split()), place)
        for name, tool in composition.settings.catalogue.tools.items()
    ]
    lists = [
        (str(data.get("label", name)), f"tools={name}", _allowed(data.get("allow")), origin.place)
        for name, origin, data in _choices(conf, "tools")
    ]
    return "\n\n".join(
        (
            listing(rows, ("tool", "access", "confirm", "description", "from"), look),
            listing(lists, ("allow-list", "choose with", "tools", "from"), look),
        )
    )


def personas(conf: Conf, _: Path, look: Layout) -> str:
    """Return the personas with the sections of their prompts.

    Raises:
        InputError: a file cannot be read.
    """
    return _holding(conf, look, "persona", "sections")


def catalogues(conf: Conf, _: Path, look: Layout) -> str:
    """Return the catalogues with their tools.

    Raises:
        InputError: a file cannot be read.
    """
    return _holding(conf, look, "catalogue", "tools")


def loops(conf: Conf, _: Path, look: Layout) -> str:
    """Return the loops.

    Raises:
        InputError: a file cannot be read.
    """
    return _holding(conf, look, "loop")


def _holding(conf: Conf, look: Layout, group: str, *keys: str) -> str:
    """Return the choices of a group, each with the names that some of its keys hold."""
    rows = [
        (str(data.get("label", name)), f"{group}={name}", *(_names(data.get(key)) for key in keys), origin.place)
        for name, origin, data in _choices(conf, group)
    ]
    return listing(rows, (group, "choose with", *keys, "from"), look)


def origins(conf: Conf, composition: Composition, look: Layout) -> str:
    """Return the choice of each group, what made it, and where its file comes from; then the sections from files."""
    said = {text.lstrip("+").partition("=")[0]: f"override {text}" for text in composition.overrides}
    rows = [
        (group, origin.choice, said.get(group, conf.config.place), origin.place)
        for group in GROUPS
        if (origin := composition.origins.get(group))
    ]
    if composition.origins["model"].entry:
        rows[0] = ("model", rows[0][1], "the registry's orchestrator", rows[0][3])
    rows += [("section", name, "the persona", shown(path)) for name, path in composition.sections.items()]
    return listing(rows, ("group", "choice", "chosen by", "from"), look)


def scenarios(_: Conf, folder: Path, look: Layout) -> str:
    """Return the scenarios with their titles.

    Raises:
        InputError: every problem of every file.
    """
    rows = [(one.id, " ".join(one.file.title.split()), ", ".join(one.file.tags)) for one in select(folder)]
    return listing(rows, ("scenario", "title", "tags"), look)


def tags(_: Conf, folder: Path, look: Layout) -> str:
    """Return the tags with the number of scenarios that carry each.

    Raises:
        InputError: every problem of every file.
    """
    counts = Counter(tag for one in select(folder) for tag in one.file.tags)
    return listing([(tag, str(number)) for tag, number in sorted(counts.items())], ("tag", "scenarios"), look)


LISTS: Mapping[str, Callable[[Conf, Path, Layout], str]] = {
    "models": models,
    "roles": roles,
    "tools": tools,
    "personas": personas,
    "catalogues": catalogues,
    "loops": loops,
    "scenarios": scenarios,
    "tags": tags,
}


def _choices(conf: Conf, group: str) -> list[tuple[str, Origin, dict[str, object]]]:
    found = [(origin.choice, origin, document.data) for origin, document in conf.documents(group)]
    return [(name, origin, data if isinstance(data, dict) else {}) for name, origin, data in found]


def _names(group: object) -> str:
    return ", ".join(map(str, group)) if isinstance(group, dict) else ""


def _allowed(allow: object) -> str:
    if allow is None:
        return "all"
    return ", ".join(map(str, allow)) if isinstance(allow, list) and allow else "none"
