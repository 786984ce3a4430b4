"""The rules of the house, which linters do not know."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "harness"
FOLDERS = ("cassettes", "conf", "harness", "reports", "scenarios", "tests")
UNMAPPED = {"__init__", "__main__", "conf"}
MACHINE_PATH = re.compile(r"/(?:farm|root|work)/[A-Za-z]")


def mapped() -> list[str]:
    """Return the package's modules in the order of the map in CONTRIBUTING.md."""
    return re.findall(r"^\d+\. `(\w+)`:", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE)


def rooms() -> dict[str, list[Path]]:
    """Return the files of each module, or of each folder of modules, that the package has."""
    found: dict[str, list[Path]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        found.setdefault(path.relative_to(PACKAGE).parts[0].removesuffix(".py"), []).append(path)
    return {name: paths for name, paths in found.items() if name not in UNMAPPED}


def imported(source: str, parents: tuple[str, ...] = ("harness",)) -> set[str]:
    """Return the modules of the package that a source text imports anywhere, when it lies in the package `parents`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = parents[: len(parents) - node.level + 1] if node.level else ()
            start = ".".join([*above, *filter(None, [node.module])])
            names |= {f"{start}.{alias.name}" for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("harness.")}


def documented(path: Path) -> Iterator[tuple[str, str | None]]:
    """Yield a file's module, its public classes, functions and methods with their docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    where = path.relative_to(ROOT).as_posix()
    yield where, ast.get_docstring(tree)
    inside = [(where, node) for node in tree.body]
    while inside:
        above, node = inside.pop(0)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield f"{above}:{node.lineno} {node.name}", ast.get_docstring(node)
            inside += [(above, child) for child in node.body if isinstance(node, ast.ClassDef)]


def is_one_sentence(docstring: str | None) -> bool:
    """Say whether a docstring's first paragraph is one sentence with its full stop."""
    summary = " ".join((docstring or "").split("\n\n")[0].split())
    return summary.endswith(".") and not re.search(r"[.!?] [A-Z]", summary)


def kept() -> list[Path]:
    """Return the files that git tracks or would track, relative to the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_map_names_every_module_once() -> None:
    """The map in CONTRIBUTING.md names each module of the package, and no other."""
    assert sorted(mapped()) == sorted(rooms())


def test_imports_point_one_way() -> None:
    """A module imports only from modules that stand before it on the map."""
    order = mapped()
    wrong = [
        f"{name} imports {other}"
        for name in order
        for path in rooms().get(name, [])
        for other in sorted(imported(path.read_text("utf-8"), ("harness", *path.relative_to(PACKAGE).parts[:-1])))
        if other not in order[: order.index(name) + 1]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "source",
    [
        "import harness.trace",
        "import harness.trace.turns as turns",
        "from harness import trace",
        "from harness.trace import Trace",
        "from . import trace",
        "from .trace import Trace",
        "def late():\n    from harness.trace import Trace",
    ],
)
def test_every_form_of_import_is_seen(source: str) -> None:
    """An import of a module is found in each form, also inside a function."""
    assert imported(source) == {"trace"}


def test_imports_from_a_room_are_seen() -> None:
    """A relative import in a folder of the package is found where it leads."""
    assert imported("from . import near\nfrom ..trace import Trace", ("harness", "room")) == {"room", "trace"}


def test_public_names_say_what_they_are() -> None:
    """Every module, public class and public function of the package has a docstring that starts with one sentence."""
    assert [
        name for path in sorted(PACKAGE.rglob("*.py")) for name, text in documented(path) if not is_one_sentence(text)
    ] == []


def test_tests_say_what_they_hold() -> None:
    """Every file and function of the tests has a docstring that starts with one sentence."""
    paths = sorted((ROOT / "tests").rglob("*.py"))
    assert [name for path in paths for name, text in documented(path) if not is_one_sentence(text)] == []


@pytest.mark.parametrize(
    ("docstring", "held"),
    [
        ("Says one thing.", True),
        ("Says one thing.\n\nThen more. And more.", True),
        ("Reads version 1.2 of e.g. a file.", True),
        ("Says one thing. Says another.", False),
        ("Says one thing", False),
        ("", False),
        (None, False),
    ],
)
def test_one_sentence_is_told_from_others(docstring: str | None, held: bool) -> None:
    """A docstring holds when its first paragraph is one sentence with a full stop."""
    assert is_one_sentence(docstring) is held


def test_no_file_knows_a_machine() -> None:
    """No text file of the project contains a path of the machine that it was written on."""
    found = []
    for path in kept():
        try:
            lines = (ROOT / path).read_text("utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [f"{path}:{number}" for number, line in enumerate(lines, 1) if MACHINE_PATH.search(line)]
    assert found == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_folder_names_what_lies_in_it(folder: str) -> None:
    """The README of a folder names every file and folder directly in it, as code."""
    text = (ROOT / folder / "README.md").read_text("utf-8")
    named = {name.rstrip("/") for name in re.findall(r"`([^`\n]+)`", text)}
    entries = {path.parts[1] for path in kept() if path.parts[0] == folder} - {"README.md", "__init__.py", "py.typed"}
    assert {entry for entry in entries if entry not in named and entry.removesuffix(".py") not in named} == set()
