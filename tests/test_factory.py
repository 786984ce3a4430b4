"""The loop under test is imported by its name, or one line says why it cannot be."""

import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from harness.composition import compose
from harness.errors import InputError
from harness.factory import arose, composed_factory, factory
from harness.loop import make as production
from harness.project import Conf
from tests.project import write

_numbers = count(1)

Package = Callable[[str], str]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """Return a function that writes a module into a package of a new name and returns that name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def written(text: str) -> str:
        name = f"assistant{next(_numbers)}"
        (tmp_path / name).mkdir()
        (tmp_path / name / "loop.py").write_text(text, "utf-8")
        return name

    return written


def refused(name: str) -> str:
    """Return why a factory cannot be had, which is one line."""
    with pytest.raises(InputError) as raised:
        factory(name)
    (problem,) = raised.value.problems
    assert "\n" not in problem
    return problem


def test_a_function_a_class_and_what_a_class_holds_are_factories(package: Package) -> None:
    """Whatever can be called is taken as it is, also out of a class."""
    name = package("class Loops:\n    @staticmethod\n    def quick(tools, settings): return 'quick'\n")
    assert factory("harness.loop:make") is production
    assert callable(factory(f"{name}.loop:Loops"))
    assert factory(f"{name}.loop:Loops.quick")(None, None) == "quick"  # type: ignore[arg-type, comparison-overlap]


@pytest.mark.parametrize(
    ("module", "missing"), [("nowhere:make", "nowhere"), ("harness.no.such:make", "harness.no"), ("json.x:y", "json.x")]
)
def test_a_module_that_is_not_there_is_named(module: str, missing: str) -> None:
    """A module that is nowhere is named as far as it is missing, with where it was looked for."""
    assert refused(module) == (
        f"loop.factory '{module}': there is no module '{missing}', neither in the project's folder nor installed"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import os\n\nimport pandaz.frames\n", ":3: No module named 'pandaz'"),
        ("def make(:\n    pass\n", ":1:10: not Python: invalid syntax"),
        ("  x = 1\n", ":1:2: not Python: unexpected indent"),
        ("x = {}\ny = x['key']\n", ":2: KeyError: 'key'"),
        ("raise RuntimeError('two\\nlines')\n", ":1: RuntimeError: two lines"),
        ("import sys\nsys.exit('not as a script')\n", ":2: SystemExit: not as a script"),
        ("import json\n\njson.loads('{')\n", ":3: JSONDecodeError: Expecting property name enclosed in double quotes"),
        ("def f():\n    raise ValueError('deep')\n\nf()\n", ":2: ValueError: deep"),
    ],
)
def test_what_a_module_does_wrong_is_told_with_its_line(package: Package, text: str, said: str) -> None:
    """An error while a module is imported names the line of the user's code, not that of a library behind it."""
    name = package(text)
    assert refused(f"{name}.loop:make").startswith(f"loop.factory '{name}.loop:make': {name}/loop.py{said}")


def test_an_import_that_fails_behind_the_module_is_told_where_it_stands(package: Package) -> None:
    """A module that imports a module of the project that lacks something names the innermost of the two."""
    inner = package("import pandaz\n")
    outer = package(f"import os\nimport {inner}.loop\n")
    assert refused(f"{outer}.loop:make") == (
        f"loop.factory '{outer}.loop:make': {inner}/loop.py:1: No module named 'pandaz'"
    )


def test_a_name_that_a_module_does_not_have(package: Package) -> None:
    """A missing name comes with the file and the nearest known one; what cannot be called says what it is."""
    name = package("make = 3\ndef made(tools, settings): ...\nclass Loops: ...\n")
    where = f"{name}/loop.py"
    assert refused(f"{name}.loop:mada") == (
        f"loop.factory '{name}.loop:mada': {where} has no 'mada' (did you mean 'made'?)"
    )
    assert refused(f"{name}.loop:Loops.quick") == f"loop.factory '{name}.loop:Loops.quick': 'Loops' has no 'quick'"
    assert refused(f"{name}.loop:make") == (
        f"loop.factory '{name}.loop:make': 'make' is of type int, not a function of tools and settings"
    )


@pytest.mark.parametrize(
    ("overrides", "place"),
    [
        (["loop=mine"], "conf/loop/mine.yaml:2:10"),
        (["loop.factory=nowhere:make"], "override 'loop.factory=...'"),
    ],
)
def test_settings_say_where_they_name_it(
    overrides: list[str], place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A factory that cannot be imported is told with the line, or the override, that names it."""
    monkeypatch.chdir(write(tmp_path, conf__loop__mine="label: mine\nfactory: nowhere:make\n"))
    conf = Conf(tmp_path / "conf")
    (composition,) = compose(conf, overrides)
    with pytest.raises(InputError) as raised:
        composed_factory(composition, conf)
    assert str(raised.value).startswith(f"{place}: loop.factory 'nowhere:make': there is no module 'nowhere'")


def test_an_error_without_a_traceback_arose_nowhere() -> None:
    """An error that was never raised has no place."""
    assert arose(ValueError("never raised")) is None


def test_nothing_of_a_broken_module_stays(package: Package) -> None:
    """A module that could not be imported is tried anew, so that a mended one counts."""
    name = package("import pandaz\n")
    refused(f"{name}.loop:make")
    assert f"{name}.loop" not in sys.modules
