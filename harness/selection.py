"""Scenarios on disk: found, loaded, and selected by what people name them by."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from harness.errors import InputError, did_you_mean
from harness.naming import idle
from harness.scenario import SCRIPT_ENDING, Scenario, ScenarioFile
from harness.source import read, shown
from harness.wording import validate

_LONGEST_PATH = 250


def load(path: Path, folder: Path) -> Scenario:
    """Load one scenario of a scenarios folder.

    Raises:
        InputError: what is wrong with the file, all problems at once.
    """
    document = read(path)
    name = path.relative_to(folder).as_posix().removesuffix(".yaml")
    one = Scenario(name, validate(document, ScenarioFile), document)
    wrong = [f"{document.place(location, key=True)}: {why}" for location, why in idle(one.file)]
    if wrong:
        raise InputError(*wrong)
    return one


def find(folder: Path) -> list[Path]:
    """Return the scenario files below a folder, sorted by id; scripts and names with a leading dot are none."""
    found = (
        path
        for path in folder.rglob("*.yaml")
        if path.is_file()
        and not path.name.endswith(SCRIPT_ENDING)
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def select(folder: Path, words: Sequence[str] = (), tags: Iterable[str] = ()) -> list[Scenario]:
    """Load the scenarios that a person names: by id, by area, by file or folder, or by a `*` pattern, and by tags.

    Raises:
        InputError: every problem of every selected file, a word that selects nothing, or a tag that nobody carries.
    """
    wanted = [path for path in find(folder) if not words or any(_named(word, path, folder) for word in words)]
    wrong = [f"{shown(path)}:1:1: scenarios end with .yaml; rename the file" for path in sorted(folder.rglob("*.yml"))]
    wrong += [_nothing(word, folder) for word in words if not any(_named(word, path, folder) for path in wanted)]
    loaded: list[Scenario] = []
    for path in wanted:
        try:
            loaded.append(load(path, folder))
        except InputError as error:
            wrong += error.problems
    if wrong:
        raise InputError(*wrong)
    tags = set(tags)
    carried = {tag for scenario in loaded for tag in scenario.file.tags}
    if missing := sorted(tags - carried):
        raise InputError(
            *(f"no selected scenario carries the tag '{tag}'{did_you_mean(tag, carried)}" for tag in missing)
        )
    return [scenario for scenario in loaded if not tags or tags & set(scenario.file.tags)]


def _named(word: str, path: Path, folder: Path) -> bool:
    name = path.relative_to(folder).as_posix().removesuffix(".yaml")
    plain = word.rstrip("/").removesuffix(".yaml")
    if plain == name or name.startswith(f"{plain}/"):
        return True
    if any(sign in word for sign in "*?["):
        return fnmatchcase(name, plain)
    given = Path(word)
    return (
        len(word) < _LONGEST_PATH
        and given.exists()
        and (given.resolve() == path.resolve() or given.resolve() in path.resolve().parents)
    )


def _nothing(word: str, folder: Path) -> str:
    names = [path.relative_to(folder).as_posix().removesuffix(".yaml") for path in find(folder)]
    hint = did_you_mean(word, [*names, *{name.split("/")[0] for name in names}])
    return f"'{word}' selects no scenario in {shown(folder)}{hint}; 'harness list scenarios' shows them"
