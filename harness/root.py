"""A project's root: its folders, its modules, and its scenarios with all labels that they name."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import InputError, did_you_mean
from harness.folders import project
from harness.lookup import labels
from harness.naming import labels_named
from harness.project import Conf
from harness.scenario import Scenario
from harness.selection import load, select
from harness.source import shown
from harness.sweep import key_of


class Root:
    """The folders of a project, whose own modules can be imported from now on."""

    def __init__(self, root: Path | None) -> None:
        if root is not None and not root.is_dir():
            raise InputError(f"--root {root}: there is no such folder")
        self.asked = root
        """The folder that the command line names, or None where it is looked for."""
        self.path = root or _nearest(Path.cwd())
        self.conf = Conf(self.path / "conf")
        self.scenarios = self.path / "scenarios"
        self.cassettes = self.path / "cassettes"
        self.reports = self.path / "reports"
        sys.path.insert(0, str(self.path.resolve()))

    def select(self, words: Sequence[str], tags: Sequence[str] = (), overrides: Sequence[str] = ()) -> list[Scenario]:
        """Load the named scenarios, and check where they say that they apply and which settings they choose.

        Roles and models of the registry that overrides or else config.yaml name are known too.

        Raises:
            InputError: every problem of every file.
        """
        return self._judged(select(self.scenarios, words, tags), overrides)

    def load(self, path: Path, overrides: Sequence[str] = ()) -> Scenario:
        """Load one scenario, and check where it says that it applies; what lies elsewhere is named as its file.

        Raises:
            InputError: every problem of the file.
        """
        folder = self.scenarios if path.is_relative_to(self.scenarios) else path.parent
        return self._judged([load(path, folder)], overrides)[0]

    def _judged(self, found: list[Scenario], overrides: Sequence[str]) -> list[Scenario]:
        wrong: list[str] = []
        said = [(one, label) for one in found for label in labels_named(one.file)]
        for group in dict.fromkeys(label.group for _, label in said):
            known = self.conf.labels(group) | labels(self.conf, group, overrides)
            for one, label in said:
                if label.group == group and label.name not in known:
                    place = one.document.place(label.location)
                    kind = "tool list" if group == "tools" else group
                    wrong.append(f"{place}: there is no {kind} '{label.name}'{did_you_mean(label.name, known)}")
        wrong += self._unknown(found, overrides)
        if wrong:
            raise InputError(*wrong)
        return found

    def _unknown(self, scenarios: Sequence[Scenario], overrides: Sequence[str]) -> Iterator[str]:
        """Yield the choices of scenarios that are none, and that the command line does not make instead."""
        chosen = set(map(key_of, overrides))
        for one in scenarios:
            for group, choice in one.file.under.choices.items():
                if group in chosen or choice in (known := self.conf.choices(group)):
                    continue
                if choice not in labels(self.conf, group, overrides):
                    hint = did_you_mean(choice, known)
                    yield f"{one.document.place(('under', group))}: there is no {group} '{choice}'{hint}"


def _nearest(start: Path) -> Path:
    """Return the root of the project in which a folder lies.

    Raises:
        InputError: it lies in none.
    """
    if (found := project(start)) is None:
        raise InputError(
            f"{shown(start)}: no project here: neither this folder nor one above it holds conf/ or scenarios/; "
            "go to one, name it with --root, or start one with 'harness init'"
        )
    return found
