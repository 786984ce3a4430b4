"""What a project has to choose from: models, roles, tools, scenarios, tags."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.composition import compose
from harness.project import Conf, Origin
from harness.report import cut, listing
from harness.scenario import select
from harness.source import shown

_WIDEST = 70


def models(conf: Conf, _: Path) -> str:
    """Return the models with what serves them."""
    rows = [
        (str(data.get("label", name)), f"model={name}", str(data.get("type", "openai")), _from(origin))
        for name, origin, data in _choices(conf, "model")
    ]
    return listing(rows, ("model", "choose with", "type", "from"))


def roles(conf: Conf, _: Path) -> str:
    """Return the roles with their allow-lists."""
    rows = [
        (str(data.get("label", name)), f"role={name}", _allowed(data.get("allow")), _from(origin))
        for name, origin, data in _choices(conf, "role")
    ]
    return listing(rows, ("role", "choose with", "tools", "from"))


def tools(conf: Conf, _: Path) -> str:
    """Return the tools of the default catalogue, and the allow-lists by name.

    Raises:
        InputError: the default settings cannot be composed.
    """
    catalogue = compose(conf)[0].settings.catalogue
    rows = [
        (name, tool.access, "asks" if tool.confirm else "", cut(tool.description, _WIDEST))
        for name, tool in catalogue.tools.items()
    ]
    lists = [
        (str(data.get("label", name)), f"tools={name}", _allowed(data.get("allow")), _from(origin))
        for name, origin, data in _choices(conf, "tools")
    ]
    return "\n\n".join(
        (
            listing(rows, ("tool", "access", "confirm", "description")),
            listing(lists, ("allow-list", "choose with", "tools", "from")),
        )
    )


def scenarios(_: Conf, folder: Path) -> str:
    """Return the scenarios with their titles.

    Raises:
        InputError: every problem of every file.
    """
    rows = [(one.id, cut(one.file.title, _WIDEST), ", ".join(one.file.tags)) for one in select(folder)]
    return listing(rows, ("scenario", "title", "tags"))


def tags(_: Conf, folder: Path) -> str:
    """Return the tags with the number of scenarios that carry each.

    Raises:
        InputError: every problem of every file.
    """
    counts = Counter(tag for one in select(folder) for tag in one.file.tags)
    return listing([(tag, str(number)) for tag, number in sorted(counts.items())], ("tag", "scenarios"))


LISTS: Mapping[str, Callable[[Conf, Path], str]] = {
    "models": models,
    "roles": roles,
    "tools": tools,
    "scenarios": scenarios,
    "tags": tags,
}


def _choices(conf: Conf, group: str) -> list[tuple[str, Origin, dict[str, object]]]:
    found = [(origin.choice, origin, document.data) for origin, document in conf.documents(group)]
    return [(name, origin, data if isinstance(data, dict) else {}) for name, origin, data in found]


def _allowed(allow: object) -> str:
    if allow is None:
        return "all"
    return cut(", ".join(map(str, allow)), _WIDEST) if isinstance(allow, list) and allow else "none"


def _from(origin: Origin) -> str:
    return "the package" if origin.bundled or origin.path is None else shown(origin.path)
