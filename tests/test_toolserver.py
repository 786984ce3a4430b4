"""An MCP server is asked for its tools and ended, whatever it does, or one line says why there are none."""

import shlex
import sys
import time
from pathlib import Path

import pytest

from harness.catalogue import Tool
from harness.cli import main
from harness.composition import compose
from harness.errors import InputError
from harness.project import Conf
from harness.toolserver import Served, ask, import_server

SERVER = Path(__file__).with_name("toolserver.py")
KEY = "pL4nted8S3cr8tW0rd"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty project, which is the current folder."""
    (tmp_path / "conf").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(*words: str) -> str:
    """Return the command that starts a server of this kind."""
    return shlex.join([sys.executable, str(SERVER), *words])


def refused(line: str, seconds: float = 20, name: str | None = "x", *confirm: str) -> str:
    """Return the line with which the import from a command is refused; nothing is written."""
    with pytest.raises(InputError) as caught:
        import_server(line, Path("conf"), name, confirm, seconds)
    (said,) = caught.value.problems
    assert not Path("conf/catalogue").exists()
    return said


def living(*processes: int) -> list[int]:
    """Return those of the processes that have not ended, after a moment for what ends them."""
    until = time.monotonic() + 2
    while (alive := [one for one in processes if _lives(one)]) and time.monotonic() < until:
        time.sleep(0.01)
    return alive


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.slow
def test_a_catalogue_of_a_server(capfd: pytest.CaptureFixture[str]) -> None:
    """The command writes the tools of a real server; those ask that it calls destructive, and those that are named."""
    assert main(["import", "--mcp", command("real"), "--confirm", "write"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert out.splitlines() == [
        "conf/catalogue/house_files.yaml: 3 tools, 2 of them asked about",
        "asked about, since the server says that they destroy: remove",
        "left out, since a catalogue has no place for it: 'annotations' of 2 tools, 'outputSchema' of 3 tools",
        "type next: harness run catalogue=house_files",
    ]
    (one,) = compose(Conf(Path("conf")), ["catalogue=house_files"])
    tools = one.settings.catalogue.tools
    assert [(name, tool.description, tool.confirm) for name, tool in tools.items()] == [
        ("remove", "Remove a file.", True),
        ("read", "Read a file.", False),
        ("write", "Write a file.", True),
    ]
    assert tools["write"].parameters["required"] == ["path", "text"]


def test_all_pages_of_an_older_server() -> None:
    """A server of an earlier protocol gives the tools of all its pages, and what it prints before does no harm."""
    import_server(command("old"), Path("conf"), "three", ())
    (one,) = compose(Conf(Path("conf")), ["catalogue=three"])
    plain = Tool(description="Find.", parameters={"type": "object", "properties": {}})
    assert one.settings.catalogue.tools == {"a": plain, "b": plain, "c": plain}
    assert ask([sys.executable, str(SERVER), "none"], {}, 20) == Served("old", [])


CALLED = f"--mcp: the server '{Path(sys.executable).name}'"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["circle"], "cannot be asked: leads from one page of its tools back to an earlier one"),
        (["unknown"], "cannot be asked: unsupported protocol version from the server: 1999-01-01"),
        (["shapeless"], "answers with what MCP does not allow: tools[0].inputSchema: field required"),
        (["refusing", KEY], "refuses to tell its tools: key *** is not valid"),
        (["dying", KEY], "ended before it told its tools; its last line: \\x1b[31mno access with ***"),
    ],
)
def test_a_server_that_gives_no_tools(words: list[str], said: str) -> None:
    """Why a server gave no tools is one line, with its last words and without a secret of the command."""
    assert refused(command(*words)) == f"{CALLED} {said}"


@pytest.mark.parametrize("kind", ["none", "incapable"])
def test_a_server_without_tools(kind: str) -> None:
    """A server that lists no tools, or cannot list any, gives no catalogue."""
    assert refused(command(kind)) == f"{CALLED}: tools: holds no tools: the list is empty"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("silent", "did not tell its tools within 1 s; give it more with --timeout SECONDS"),
        ("nonsense", "answers with what is no message of MCP; is it one that speaks over its standard output?"),
    ],
)
def test_a_server_that_does_not_answer(kind: str, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A server that does not answer in time is given up, and nothing else reaches the terminal."""
    assert refused(command(kind), 1) == f"{CALLED} {said}"
    assert capfd.readouterr() == ("", "")


def test_no_secret_reaches_the_catalogue() -> None:
    """A description that holds a secret of the command is refused, and not shown."""
    assert refused(command("leaking", KEY)).startswith("conf/catalogue/x.yaml:5:23: a part of the command: not saved;")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "--mcp: name the command that starts the server: --mcp 'npx -y SERVER ARGUMENT'"),
        ("'x", "--mcp: the command cannot be read: no closing quotation"),
        ("nothing-there --x", "--mcp: there is no program 'nothing-there' that could be started"),
        ("./conf", "--mcp: there is no program './conf' that could be started"),
        ("true a\0b", "--mcp: there is no program 'true' that could be started"),
    ],
)
def test_a_command_that_starts_nothing(line: str, said: str) -> None:
    """A command that cannot be started is refused in one line."""
    assert refused(line) == said


def test_a_name_is_judged_before_anything_starts(here: Path) -> None:
    """What is wrong with the name is told without a start of the server."""
    said = refused(f"touch {here / 'started'}", 20, "a b")
    assert said == "--name: a letter, then letters, digits, '_' and '-' (such as 'a_b')"
    assert not (here / "started").exists()


def test_a_tool_to_confirm_that_the_server_lacks() -> None:
    """A name behind `--confirm` that the server has not is told with what is near."""
    assert refused(command("leaving", "pids"), 20, "x", "b") == "--confirm b: the server has no such tool"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["leaving", "stubborn"])
def test_nothing_of_a_server_stays(here: Path, kind: str) -> None:
    """A server is ended with every process that it started, also where they ignore the wish."""
    import_server(command(kind, "pids"), Path("conf"), "x", ())
    assert living(*map(int, (here / "pids").read_text("utf-8").split())) == []


@pytest.mark.slow
def test_the_environment_of_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server gets a few harmless variables and what its own command gives it, and no key of ours."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    said = refused('env MINE=1 sh -c \'env | cut -d= -f1 | sort | tr "\\n" " " >&2; exit 1\'')
    names = set(said.rpartition("last line: ")[2].split())
    assert "MINE" in names
    assert names - {"HOME", "LOGNAME", "MINE", "PATH", "PWD", "SHELL", "SHLVL", "TERM", "USER", "_", "OLDPWD"} == set()


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the package for MCP is not installed, one line says how to install it."""
    monkeypatch.setitem(sys.modules, "mcp", None)
    said = "--mcp: needs the package 'mcp', which is not installed; type: pip install 'tool-loop-harness[mcp]'"
    assert refused("true") == said
