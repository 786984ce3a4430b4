"""A project's folders: which is its root, and which files in it are settings, scenarios, cassettes and runs."""

from pathlib import Path
from urllib.parse import unquote

SCRIPT_ENDING = ".script.yaml"
"""How the file ends that holds a scenario's script."""
SHARED = "+shared"
"""The folder of what cassettes share; no model's label holds a `+`."""
AGENDA = "agenda.json"
"""The file that a run has from its beginning."""
TRACES = "traces.jsonl"
"""The file that a finished run has."""


def project(start: Path) -> Path | None:
    """Return the nearest folder at or above `start` that holds `conf/` or `scenarios/`, if there is one."""
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / "scenarios").is_dir() or (folder / "conf").is_dir():
            return folder
    return None


def bundled_conf() -> Path:
    """Return the folder of the package's defaults, in a wheel or beside the sources."""
    inside = Path(__file__).parent / "conf"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "conf"


def scenario_files(folder: Path) -> list[Path]:
    """Return the scenario files below a folder, sorted by id; scripts and names with a leading dot are none."""
    found = (
        path
        for path in folder.rglob("*.yaml")
        if path.is_file()
        and not path.name.endswith(SCRIPT_ENDING)
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def scenario_name(path: Path, folder: Path) -> str:
    """Return the id of a scenario by where its file stands."""
    return path.relative_to(folder).as_posix().removesuffix(".yaml")


def cassette_files(folder: Path) -> list[Path]:
    """Return all cassettes below a folder, in the order of their paths."""
    paths = (path for path in folder.rglob("*.yaml") if path.is_file())
    return sorted(path for path in paths if not _hidden(path.relative_to(folder)))


def _hidden(path: Path) -> bool:
    return SHARED in path.parts or any(part.startswith(".") for part in path.parts)


def case_of(path: Path, cassettes: Path) -> str:
    """Return the id of the case that a cassette is of, by where it stands."""
    model, variant, *areas = (unquote(part) for part in path.relative_to(cassettes).with_suffix("").parts)
    name, mark, repeat = areas.pop().rpartition("~") if areas else (variant, "", "")
    if not (mark and repeat.isdecimal()):
        name, repeat = f"{name}{mark}{repeat}", ""
    return f"{'/'.join([*areas, name])}@{model}/{variant}{f'~{repeat}' if repeat else ''}"
