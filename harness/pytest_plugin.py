"""The door for pytest: scenario files are collected, and each of their cases is an item."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.case import Case
    from harness.report import CaseReport
    from harness.suite import Suite

_SET = "harness_set"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("harness", "scenarios of a tool loop")
    group.addoption(
        "--harness-set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting, as 'harness run' takes it; several values (model=careful,hasty) run every combination",
    )
    group.addoption(
        "--harness-missing",
        choices=("fail", "skip"),
        default="fail",
        help="what becomes of cases without a cassette (default: fail)",
    )
    parser.addini(_SET, "settings for scenarios, KEY=VALUE, one a line", type="linelist", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Know the marker of tags, and look out for scenarios.

    Raises:
        UsageError: what is to be set is no setting.
    """
    config.addinivalue_line("markers", "tag(name): a tag of the scenario, as in -m 'tag(name=\"smoke\")'")
    for where, words in (("--harness-set", config.getoption("--harness-set")), (_SET, config.getini(_SET))):
        for word in words:
            if "=" not in word and not word.startswith("~"):
                raise pytest.UsageError(f"{where} {word}: settings are KEY=VALUE, as in --harness-set model=careful")
    config.pluginmanager.register(Lookout(config), "harness-lookout")


class Lookout:
    """Finds scenario files among those that pytest comes across, and the project of each."""

    def __init__(self, config: pytest.Config) -> None:
        self._top = config.rootpath
        self._typed: list[str] = config.getoption("--harness-set")
        self._written: list[str] = config.getini(_SET)
        self._skips = config.getoption("--harness-missing") == "skip"
        self._suites: dict[Path, Suite] = {}

    def pytest_report_header(self) -> str | None:
        """Say which settings are not the project's own."""
        words = [*self._written, *self._typed]
        return f"harness: {' '.join(words)}" if words else None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Take what lies below the `scenarios/` of a project, but for scripts and names with a leading dot."""
        if file_path.suffix not in (".yaml", ".yml") or file_path.name.endswith(".script.yaml"):
            return None
        folder = self._scenarios(file_path)
        if folder is None or any(part.startswith(".") for part in file_path.relative_to(folder).parts):
            return None
        file: ScenarioFile = ScenarioFile.from_parent(parent, path=file_path, suite=self._suite(folder.parent))
        return file

    def pytest_unconfigure(self) -> None:
        """Take the projects from the path of modules again."""
        for root in self._suites:
            if str(root) in sys.path:
                sys.path.remove(str(root))

    def _scenarios(self, path: Path) -> Path | None:
        """Return the nearest `scenarios/` above a file that has a `conf/` beside it, else the nearest of pytest's root.

        What merely lies in a folder somewhere below another of that name is nobody's scenario.
        """
        folders = [folder for folder in path.parents if folder.name == "scenarios"]
        projects = [folder for folder in folders if (folder.parent / "conf").is_dir()]
        within = [folder for folder in folders if folder.is_relative_to(self._top)]
        return next(iter([*projects, *within]), None)

    def _suite(self, root: Path) -> "Suite":
        """Return the suite of a project; what was typed stands in the place of what the ini file says of it."""
        if root not in self._suites:
            from harness.suite import Suite
            from harness.sweep import key_of

            typed = set(map(key_of, self._typed))
            words = [*(word for word in self._written if key_of(word) not in typed), *self._typed]
            self._suites[root] = Suite(root, words, skip_missing=self._skips)
        return self._suites[root]


class ScenarioFile(pytest.File):
    """One scenario file."""

    def __init__(self, *, suite: "Suite", **of_node: Any) -> None:
        super().__init__(**of_node)
        self._suite = suite

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each case, or one that fails where the file or its settings are wrong."""
        from harness.errors import InputError
        from harness.source import shown

        cases: tuple[Case, ...] = ()
        problems: tuple[str, ...] = ()
        if self.path.suffix == ".yml":
            problems = (f"{shown(self.path)}:1:1: scenarios end with .yaml; rename the file",)
        else:
            try:
                cases = self._suite.cases(self.path)
            except InputError as error:
                problems = error.problems
        if problems:
            yield BrokenItem.from_parent(self, name=self._suite.name(self.path), problems=problems)
        for case in cases:
            yield CaseItem.from_parent(self, name=case.id, suite=self._suite, case=case)


class Unexpected(Exception):
    """Something is not as expected; its text is the whole report."""


class _Told(pytest.Item):
    """An item whose failure is told in the harness's own words."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what is not as expected, or the traceback of what is a bug."""
        if isinstance(excinfo.value, Unexpected):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the file and the name; the lines that matter are told by the failure."""
        return self.path, 0, self.name


class BrokenItem(_Told):
    """A scenario file of which no case can be made."""

    def __init__(self, *, problems: tuple[str, ...], **of_node: Any) -> None:
        super().__init__(**of_node)
        self._problems = problems

    def runtest(self) -> None:
        """Fail with every problem."""
        raise Unexpected("\n".join(self._problems))


class CaseItem(_Told):
    """One case."""

    def __init__(self, *, suite: "Suite", case: "Case", **of_node: Any) -> None:
        super().__init__(**of_node)
        self._suite = suite
        self._case = case
        settings, tags = case.settings, case.scenario.file.tags
        for tag in tags:
            self.add_marker(pytest.mark.tag(name=tag))
        self.extra_keyword_matches |= {*tags, settings.model.label, settings.role.label}

    def runtest(self) -> None:
        """Replay the case; one that is known to fail, or of which nothing is recorded, is told as pytest tells such."""
        from harness.errors import InputError

        try:
            report = self._suite.play(self._case)
        except InputError as error:
            raise Unexpected(str(error)) from None
        self.user_properties += _properties(self._case, report)
        told = "\n".join(self._suite.told(self._case, report))
        verdict, compared = report.verdict, report.compared
        if verdict.status == "skipped":
            pytest.skip("nothing is recorded")
        if verdict.status in ("failed", "error") or (compared is not None and compared.regressed):
            raise Unexpected(told)
        if verdict.status == "known":
            pytest.xfail("; ".join(dict.fromkeys(one.known for one in verdict.findings if one.known)))
            raise Unexpected(told)  # with --runxfail
        if report.remarkable:
            self.add_report_section("call", "scenario", told)


def _properties(case: "Case", report: "CaseReport") -> Iterator[tuple[str, str]]:
    """Yield what JUnit's XML is to say of a case."""
    settings, counts, usage = case.settings, report.counts, report.usage
    yield "model", settings.model.label
    yield "role", settings.role.label
    yield "variant", settings.variant
    for tag in case.scenario.file.tags:
        yield "tag", tag
    yield "verdict", report.verdict.status
    yield "stop", report.stop
    yield from ((name, str(number)) for name, number in counts.model_dump().items())
    yield from ((name, str(number)) for name, number in usage.model_dump().items() if number is not None)
    if report.compared is not None:
        yield "baseline", report.compared.state
