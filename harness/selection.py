"""Scenarios on disk: found, loaded, and selected by what people name them by."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from harness.errors import InputError, did_you_mean
from harness.folders import scenario_files, scenario_name
from harness.naming import idle
from harness.scenario import Scenario, ScenarioFile
from harness.source import read, shown
from harness.wording import validate


def load(path: Path, folder: Path) -> Scenario:
    """Load one scenario of a scenarios folder.

    Raises:
        InputError: what is wrong with the file, all problems at once.
    """
    one = unjudged(path, folder)
    if found := list(idle(one.file)):
        place = one.document.at_hand().place
        raise InputError(*(f"{place(location, key=True)}: {why}" for location, why in found))
    return one


def unjudged(path: Path, folder: Path) -> Scenario:
    """Load one scenario although what it says may be in vain, or contradict itself.

    Raises:
        InputError: what is wrong with the form of the file, all problems at once.
    """
    document = read(path)
    return Scenario(scenario_name(path, folder), validate(document, ScenarioFile), document.without_data())


def select(folder: Path, words: Sequence[str] = (), tags: Iterable[str] = ()) -> list[Scenario]:
    """Load the scenarios that a person names: by id, by area, by file or folder, or by a `*` pattern, and by tags.

    Raises:
        InputError: every problem of every selected file, a word that selects nothing, or a tag that nobody carries.
    """
    names = {path: scenario_name(path, folder) for path in scenario_files(folder)}
    asked = _Words(words)
    hits = {path: asked.naming(name, path) for path, name in names.items()}
    wanted = [path for path, naming in hits.items() if naming or not words]
    unused = set(words).difference(*hits.values())
    wrong = [f"{shown(path)}:1:1: scenarios end with .yaml; rename the file" for path in sorted(folder.rglob("*.yml"))]
    wrong += [_nothing(word, names.values(), folder) for word in words if word in unused]
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


class _Words:
    """Words by what each may mean, so that a scenario is looked up in them and not held against every one."""

    def __init__(self, words: Iterable[str]) -> None:
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        self._patterns: dict[str, str] = {}
        self._places: defaultdict[Path, set[str]] = defaultdict(set)
        for word in words:
            plain = word.rstrip("/").removesuffix(".yaml")
            self._names[plain].add(word)
            if any(sign in word for sign in "*?["):
                self._patterns[word] = plain
            elif place := _place(word):
                self._places[place].add(word)

    def naming(self, name: str, path: Path) -> set[str]:
        """Return the words that name a scenario: its id or area, a pattern that fits it, its file or a folder above."""
        steps = name.split("/")
        areas = ("/".join(steps[:end]) for end in range(1, len(steps) + 1))
        found = {word for area in areas for word in self._names.get(area, ())}
        found |= {word for word, pattern in self._patterns.items() if fnmatchcase(name, pattern)}
        if self._places:
            place = path.resolve()
            found |= {word for above in (place, *place.parents) for word in self._places.get(above, ())}
        return found


def _place(word: str) -> Path | None:
    """Return the file or folder to which a word is a path, or None where there is none."""
    try:
        return Path(word).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # not there, a link to itself, no path at all
        return None


def _nothing(word: str, names: Iterable[str], folder: Path) -> str:
    hint = did_you_mean(word, [*names, *{name.split("/")[0] for name in names}])
    return f"'{word}' selects no scenario in {shown(folder)}{hint}; 'harness list scenarios' shows them"
