"""Production's model registry, written as the files of a project's `conf/`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from harness.composition import check
from harness.errors import InputError
from harness.files import write_all
from harness.jsontext import shown_name
from harness.migration import KINDS, File, Plan, called, obstacles, plan_of
from harness.project import Conf
from harness.registry import ORCHESTRATOR, USABLE, Entry, note, read_registry
from harness.settings import Role
from harness.source import shown
from harness.wording import by_place


def import_registry(path: Path, conf: Path) -> str:
    """Write the roles and models of a registry into a project's `conf/`, one file each; return what was done.

    A key that stands in the registry becomes the name of a variable. Models that cannot be asked are left out.

    Raises:
        InputError: everything that is wrong with the registry and all that stands in the way; nothing is written.
    """
    project = Conf(conf)
    registry = read_registry(path)
    plan = plan_of(registry, project)
    targets = {conf / file.group / f"{file.choice}.yaml": file for file in plan.files}
    wrong = [*plan.wrong, *obstacles(targets, project)]
    if not (wrong or targets):
        wrong.append(f"{registry.document.place(())}: holds no role, and no model of type '{USABLE}'")
    if wrong:
        raise InputError(*sorted(dict.fromkeys(wrong), key=by_place))
    try:
        write_all({target: file.text for target, file in targets.items()})
    except OSError as error:
        where = shown(Path(str(error.filename)))
        raise InputError(f"{where}: cannot be written: {error.strerror}; nothing is left of the import") from None
    return "\n".join([*_written(targets, Conf(conf)), *_left(path, plan), *_next(plan, Conf(conf))])


def _written(targets: Mapping[Path, File], conf: Conf) -> Iterator[str]:
    """Yield what was written, with what every file lacks that the registry has."""
    choices = {group: conf.choices(group) for group in KINDS}
    for target, file in targets.items():
        instead = ", in place of the package's" if choices[file.group][file.choice].instead else ""
        cut = f"; cut from its address: {', '.join(file.cut)}" if file.cut else ""
        yield f"{shown(target)}: {called(file.entry)}{instead}{cut}"


def _left(path: Path, plan: Plan) -> Iterator[str]:
    """Yield what the project lacks of the registry, and what people have to give for it."""
    by_variable: dict[str, list[Entry]] = {}
    for entry in plan.models.asked:
        if entry.name in plan.variables:
            by_variable.setdefault(plan.variables[entry.name], []).append(entry)
    for variable, entries in by_variable.items():
        places = ", ".join(f"{one.document.place((*one.at, 'api_key'))}" for one in entries)
        yield f"set {variable} in the environment to the key at {places}"
    if any(file.cut for file in plan.files):
        yield "an endpoint that needs what was cut gets its whole address as api_url: ${oc.env:NAME}"
    if plan.models.others:
        others = (f"{_printable(name)} ({_printable(kind or 'no type')})" for name, kind in plan.models.others.items())
        yield f"left out, since only models of type '{USABLE}' can be asked: {', '.join(others)}"
    if unused := {name for file in plan.files for name in file.entry.unused}:
        yield note(path, unused)


def _printable(name: str) -> str:
    return name if name.isprintable() else shown_name(name)


def _next(plan: Plan, conf: Conf) -> Iterator[str]:
    """Yield what makes the import count, and what to type next."""
    choices = {group: {one.entry.name: one.choice for one in plan.files if one.group == group} for group in KINDS}
    primary = choices["model"].get(plan.primary.name or "")
    asked = primary or next(iter(choices["model"].values()), None)
    if primary:
        yield f"{ORCHESTRATOR}'s model is {primary}; {_default(primary, conf)}"
    if conf.primary.data and conf.primary.data.get("registry") is not None:
        place = conf.primary.place(("registry",), key=True)
        yield f"{place}: names a registry, which comes before these files; remove the line"
    lacking = _lacking(plan.files, conf)
    if lacking:
        names = ", ".join(dict.fromkeys(_printable(name) for tools in lacking.values() for name in tools))
        yield f"roles allow tools that the catalogue lacks: {names}; import production's: harness import --tools FILE"
    fit = [name for group, name in ((one.group, one.choice) for one in plan.files) if group == "role"]
    role = _preferred([name for name in fit if name not in lacking], conf.defaults().get("role"))
    words = [f"model={asked}" if asked else "", f"role={role}" if role else ""]
    yield " ".join(["type next: harness", "record" if asked else "run", *filter(None, words)])


def _preferred(roles: Sequence[str], default: str | None) -> str | None:
    """Return the role to begin with: the project's default, or the first that is not the orchestrator's."""
    ordered = sorted(roles, key=lambda name: (name != default, name == ORCHESTRATOR))
    return next(iter(ordered), None)


def _default(primary: str, conf: Conf) -> str:
    """Return how to make a model the project's default."""
    said = conf.defaults().get("model")
    if said == primary:
        return "it is the project's default"
    if conf.config.bundled:
        return f"choose it with model={primary}, or in a conf/config.yaml of your own, which names all six groups"
    listed = conf.primary.data.get("defaults") or []
    at = next((index for index, one in enumerate(listed) if isinstance(one, dict) and "model" in one), None)
    place = conf.primary.place(("defaults",) if at is None else ("defaults", at, "model"))
    return f"choose it with model={primary}, or make it the default at {place}: '- model: {primary}'"


def _lacking(files: Iterable[File], conf: Conf) -> dict[str, list[str]]:
    """Return the tools that the project's catalogue lacks, by the roles that allow them."""
    composed = check(conf, ["registry=null"]).compositions
    if not composed:
        return {}
    tools = composed[0].settings.catalogue.tools
    wanted = {one.choice: Role.model_validate(one.data).allow or () for one in files if one.group == "role"}
    lacking = {role: [name for name in allow if name not in tools] for role, allow in wanted.items()}
    return {role: names for role, names in lacking.items() if names}
