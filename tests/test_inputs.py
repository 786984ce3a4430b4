"""What a run reads: which files and modules count, and what is said of those that are no longer what they were."""

import sys
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

from harness import inputs
from harness.agenda import Agenda
from harness.case import Case
from harness.planning import plan_all, settle
from harness.project import Conf
from harness.selection import select
from tests.project import small, write

ROOT = Path(__file__).parents[1]


def planned(root: Path) -> tuple[Case, ...]:
    """Return the cases of all scenarios of a project."""
    scenarios = select(root / "scenarios", ["talk"])
    return plan_all(scenarios, settle(Conf(root / "conf"), scenarios, ()))


def agenda(**digests: inputs.Digests) -> Agenda:
    """Return what a run set out to do that read what these digests are of."""
    return Agenda(day=date(2026, 3, 1), full=True, repeats=1, cases=(), **digests)


def test_files_are_named_by_where_they_are_in_the_project(tmp_path: Path) -> None:
    """Scenarios, their scripts, and cassettes that may not be there yet count, each by its path, and nothing else."""
    found = inputs.files(planned(small(tmp_path)), tmp_path, tmp_path / "cassettes")
    assert {name: digest is not None for name, digest in found.items()} == {
        "scenarios/talk/hello.yaml": True,
        "scenarios/talk/hello.script.yaml": True,
        "cassettes/careful/chat+all/talk/hello.yaml": False,
    }


def test_what_cassettes_share_counts() -> None:
    """Pieces that cassettes share, and the modules of scenarios, are among the files."""
    scenarios = select(ROOT / "scenarios")
    cases = plan_all(scenarios, settle(Conf(ROOT / "conf"), scenarios, ()))
    names = inputs.files(cases, ROOT, ROOT / "cassettes").keys()
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "cassettes/+shared").iterdir()} <= names
    modules = {
        case.scenario.document.path.with_name(case.scenario.file.module) for case in cases if case.scenario.file.module
    }
    assert modules
    assert {path.relative_to(ROOT).as_posix() for path in modules} <= names


def test_files_that_are_no_longer_what_they_were(tmp_path: Path) -> None:
    """What changed, went and came is told by its path, in the order in which it was read."""
    names = ("same.yaml", "other.yaml", "gone.yaml", "new.yaml")
    for name in names[:3]:
        (tmp_path / name).write_text(name, "utf-8")
    before = agenda(files=dict.fromkeys(names) | digests(tmp_path, names[:3]))
    (tmp_path / "other.yaml").write_text("More.", "utf-8")
    (tmp_path / "gone.yaml").unlink()
    (tmp_path / "new.yaml").touch()
    assert list(inputs.changed_files(before, tmp_path)) == [
        f"{tmp_path}/other.yaml: changed since the run began",
        f"{tmp_path}/gone.yaml: is gone since the run began",
        f"{tmp_path}/new.yaml: is new since the run began",
    ]


def digests(root: Path, names: tuple[str, ...]) -> dict[str, str | None]:
    """Return the digests of files in a folder."""
    (root / "conf").mkdir()
    for name in names:
        (root / "conf" / name).write_bytes((root / name).read_bytes())
    return {name.removeprefix("conf/"): digest for name, digest in inputs.settings(root / "conf").items()}


def test_modules_of_the_loop_and_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All imported modules of the loop's package count, and those of the project; libraries do not."""
    (tmp_path / "gardening.py").write_text("", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "gardening", raising=False)
    import_module("gardening")
    found = inputs.modules(planned(small(tmp_path)), tmp_path)
    assert {"gardening", "harness.loop", "harness.runner"} <= found.keys()
    assert {name for name in found if not name.startswith("harness")} == {"gardening"}
    before = agenda(modules={**found, "nowhere_at_all": "0"})
    (tmp_path / "gardening.py").write_text("pass", "utf-8")
    assert list(inputs.changed_modules(before)) == [
        f"{tmp_path}/gardening.py: changed since the run began",
        "module nowhere_at_all: is gone since the run began",
    ]


def test_files_of_settings(tmp_path: Path) -> None:
    """All files in `conf/` are known, so that it can be said what changed."""
    write(tmp_path, conf__role__a="label: a\n", conf__role__b="label: b\n")
    before = agenda(settings=inputs.settings(tmp_path / "conf"))
    write(tmp_path, conf__role__a="label: c\n", conf__role__c="label: c\n")
    assert list(inputs.reset(before, tmp_path / "conf")) == [
        f"{tmp_path}/conf/role/a.yaml: changed since the run began",
        f"{tmp_path}/conf/role/c.yaml: is new since the run began",
    ]
