"""The tools of an MCP server become a catalogue, and the server is gone afterwards, whatever it does."""

import os
import shlex
import sys
from pathlib import Path

import pytest

from harness.composition import compose
from harness.errors import InputError
from harness.project import Conf
from harness.toolserver import import_server

SERVER = Path(__file__).with_name("toolservers.py")

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty project, which is the current folder."""
    (tmp_path / "conf").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(kind: str, *more: str) -> str:
    """Return the command that starts a server of a kind."""
    return shlex.join([sys.executable, str(SERVER), kind, *more])


@pytest.mark.parametrize("kind", ["whole", "paged"])
def test_the_tools_become_a_catalogue(kind: str) -> None:
    """Tools of all pages stand in a catalogue called as the server, and the destructive one asks the user."""
    said = import_server(command(kind), Path("conf"), None, ())
    assert said.splitlines()[0].startswith("conf/catalogue/shop_server.yaml: 2 tools, 1 of them asked about")
    (composition,) = compose(Conf(Path("conf")), ["catalogue=shop_server"])
    tools = composition.settings.catalogue.tools
    assert {name: (tool.description, tool.confirm) for name, tool in tools.items()} == {
        "order_cancel": ("Cancel an order.", True),
        "order_find": ("Find an order.", False),
    }
    properties = tools["order_cancel"].parameters
    assert properties == {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}


def test_the_name_and_the_tools_that_ask_can_be_said() -> None:
    """`--name` and `--confirm` count as they do for a file."""
    import_server(command("whole"), Path("conf"), "orders", ["order_find"])
    (composition,) = compose(Conf(Path("conf")), ["catalogue=orders"])
    asked = [name for name, tool in composition.settings.catalogue.tools.items() if tool.confirm]
    assert asked == ["order_cancel", "order_find"]


@pytest.mark.parametrize(
    ("kind", "seconds", "why"),
    [
        ("circle", 20, "leads from one page of its tools back to an earlier one"),
        ("silent", 2, "did not tell its tools within 2 s; give it more with --timeout SECONDS"),
        ("empty", 20, "holds no tools"),
        ("ends", 20, "ended before it told its tools"),
    ],
)
def test_a_server_that_does_not_tell_its_tools(here: Path, kind: str, seconds: float, why: str) -> None:
    """What is wrong with a server is told in one line without secrets, nothing is written, and it is gone."""
    with pytest.raises(InputError) as caught:
        import_server(command(kind, str(here / "pid")), Path("conf"), "orders", (), seconds)
    (problem,) = caught.value.problems
    assert why in problem
    assert "\n" not in problem
    assert list(Path("conf").rglob("*.yaml")) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int((here / "pid").read_text("utf-8")), 0)


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("", "--mcp: name the command that starts the server: --mcp 'npx -y SERVER ARGUMENT'"),
        ("no-such-program x", "--mcp: there is no program 'no-such-program' that could be started"),
        ("python 'x", "--mcp: the command cannot be read: no closing quotation"),
    ],
)
def test_a_command_that_starts_nothing(command: str, problem: str) -> None:
    """A command that cannot be started is told before anything runs."""
    with pytest.raises(InputError) as caught:
        import_server(command, Path("conf"), None, ())
    assert caught.value.problems == (problem,)
