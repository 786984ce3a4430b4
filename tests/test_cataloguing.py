"""Tool schemas of other programs become a catalogue that says the same, or every problem is told."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.catalogue import Tool
from harness.cataloguing import import_tools
from harness.cli import main
from harness.composition import compose
from harness.errors import InputError
from harness.project import Conf
from tests import corpus
from tests.build import EXAMPLES

SCHEMA = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
FIND = {"name": "find", "description": "Find an order.", "parameters": SCHEMA}
REFUND = {"name": "refund", "description": "Pay it back.", "parameters": {"type": "object"}}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty project, which is the current folder."""
    (tmp_path / "conf").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def given_file(data: Any, name: str = "shop.json") -> Path:
    """Write data as a JSON file into the current folder, or a text as it is, and return its path."""
    path = Path(name)
    path.write_text(data if isinstance(data, str) else json.dumps(data, ensure_ascii=False), "utf-8")
    return path


def tools(name: str = "shop") -> dict[str, Tool]:
    """Return the tools of a catalogue as a run in the current folder has them."""
    (one,) = compose(Conf(Path("conf")), [f"catalogue={name}"])
    assert one.settings.catalogue.label == name
    return one.settings.catalogue.tools


def problems(data: Any, *confirm: str, name: str | None = None) -> list[str]:
    """Return what is wrong with a file of tools; nothing is written."""
    with pytest.raises(InputError) as caught:
        import_tools(given_file(data), Path("conf"), name, confirm)
    assert not Path("conf/catalogue").exists()
    return list(caught.value.problems)


@pytest.mark.slow
def test_a_catalogue_as_people_write_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command writes a readable catalogue and says what it wrote, what it left out, and what to type next."""
    first = {"type": "function", "function": {**FIND, "strict": True}}
    given_file([first, {**REFUND, "description": None}])
    assert main(["import", "--tools", "shop.json", "--confirm", "refund"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "conf/catalogue/shop.yaml: 2 tools, 1 of them asked about",
        "without a description: refund",
        "left out, since a catalogue has no place for it: 'strict' of 1 tool",
        "type next: harness run catalogue=shop",
    ]
    assert Path("conf/catalogue/shop.yaml").read_text("utf-8").splitlines()[1:] == [
        "label: shop",
        "tools:",
        "  find:",
        "    description: Find an order.",
        "    parameters:",
        "      type: object",
        "      properties:",
        "        id: {type: string}",
        "      required: [id]",
        "  refund:",
        "    description: ''",
        "    confirm: true",
        "    parameters: {type: object}",
    ]
    assert main(["validate"]) == 0


@pytest.mark.parametrize(
    "data",
    [
        [{"type": "function", "function": FIND}, {"type": "function", "function": REFUND}],
        [FIND, REFUND],
        [{"type": "function", **FIND}, {"function": REFUND}],
        {"model": "m", "messages": [], "tools": [{"type": "function", "function": one} for one in (FIND, REFUND)]},
        {"jsonrpc": "2.0", "id": 1, "result": {"tools": [FIND, REFUND]}},
        {
            "tools": [
                {"name": o["name"], "description": o["description"], "inputSchema": o["parameters"]}
                for o in (FIND, REFUND)
            ]
        },
    ],
)
def test_each_form_gives_the_same(here: Path, data: Any) -> None:
    """OpenAI's form, bare functions, a request, and MCP's answer give the same tools, in their order."""
    import_tools(given_file(data), Path("conf"), confirm=["find"])
    assert list(tools().items()) == [
        ("find", Tool(description="Find an order.", parameters=SCHEMA, confirm=True)),
        ("refund", Tool(description="Pay it back.", parameters={"type": "object"})),
    ]


def test_what_is_said_to_destroy_is_asked_about(here: Path) -> None:
    """A tool asks where its hints say that it destroys and not that it only reads; a hint left out says nothing."""
    hints = [{}, {"destructiveHint": True}, {"destructiveHint": True, "readOnlyHint": True}, {"readOnlyHint": False}, 5]
    given = [{"name": f"t{at}", "annotations": one} for at, one in enumerate(hints)]
    done = import_tools(given_file({"tools": given}), Path("conf"), confirm=["t0"])
    assert "asked about, since the file says that they destroy: t1" in done.splitlines()
    assert [name for name, tool in tools().items() if tool.confirm] == ["t0", "t1"]


def test_no_secret_reaches_a_catalogue(here: Path) -> None:
    """A description that holds a token is refused, with where it would stand and without showing it."""
    token = "ghp_" + "a1B2c3D4e5" * 4
    (line,) = problems([{**FIND, "description": f"Uses {token}."}])
    assert line.startswith("conf/catalogue/shop.yaml:5:23: a GitHub token: not saved;")
    assert token not in line


def test_no_schema_is_no_arguments(here: Path) -> None:
    """A function without parameters takes none, and one with an empty schema keeps it."""
    import_tools(
        given_file([{"name": "a"}, {"name": "b", "parameters": None}, {"name": "c", "parameters": {}}]), Path("conf")
    )
    empty = {"type": "object", "properties": {}}
    assert [tool.parameters for tool in tools().values()] == [empty, empty, {}]


def test_all_that_is_wrong_is_told_at_once(here: Path) -> None:
    """Each problem of the file stands in one error with its line and column, and so do unknown tools to confirm."""
    text = """\
[{"name": "a"},
 {"name": ""},
 5,
 {"type": "custom", "custom": {}},
 {"name": "a"},
 {"type": "function", "function": {"description": 3, "parameters": []}},
 {"name": "find", "parameters": {"enum": ["???"], "maximum": 1e999}, "inputSchema": {}},
 {"type": "function", "function": "f"}]
"""
    assert problems(text, "fnd", "fnd") == [
        "shop.json:2:11: [1].name: must be text that is not empty",
        "shop.json:3:2: [2]: is no tool: an object with 'name', 'description' and 'parameters' is needed",
        'shop.json:4:2: [3]: is of type "custom", no function that the loop could call; leave it out',
        "shop.json:5:11: [4].name: 'a' is the name of [0] already",
        "shop.json:6:35: [5].function.name: is missing, so this is no tool",
        "shop.json:6:51: [5].function.description: must be text",
        "shop.json:6:68: [5].function.parameters: must be an object, a JSON schema",
        "shop.json:7:85: [6].inputSchema: is a second schema beside 'parameters'; only one can count",
        "shop.json:7:43: [6].parameters.enum[0]: '???' alone is Hydra's sign for a missing value; write more beside it",
        "shop.json:7:62: [6].parameters.maximum: is a number too large to be held",
        "shop.json:8:2: [7]: is no tool: an object with 'name', 'description' and 'parameters' is needed",
        "--confirm fnd: the file has no such tool (did you mean 'find'?)",
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ('[{"name": "a"},\n', "shop.json:2:1: not JSON: expecting value"),
        ("", "shop.json:1:1: not JSON: expecting value"),
        ('[{"name": "a", "name": "b"}]', "shop.json:1:16: the key 'name' stands here twice; only one can count"),
        ([], "shop.json:1:1: holds no tools: the list is empty"),
        ({"tools": []}, "shop.json:1:11: tools: holds no tools: the list is empty"),
        ({"tools": {}}, "shop.json:1:11: tools: holds no tools: a list of them is needed"),
        ({"functions": [FIND]}, "shop.json:1:1: holds no tools: a list of them is needed"),
        ("null", "shop.json:1:1: holds no tools: a list of them is needed"),
        ([{"name": "a", "parameters": {"x": "\ud800"}}], "shop.json:1:36: holds half of a character"),
        ("[" * 5000 + "]" * 5000, "shop.json:1:1: nested too deeply to be read"),
    ],
)
def test_a_file_that_holds_no_tools(here: Path, data: Any, said: str) -> None:
    """What is no JSON, or holds no list of tools, is refused with its place."""
    (line,) = problems(json.dumps(data) if not isinstance(data, str) else data)
    assert line.startswith(said)


def test_a_schema_too_deep_for_a_settings_file(here: Path) -> None:
    """A schema that YAML could not be read back from is refused where it gets too deep."""
    schema: dict[str, Any] = {}
    for _ in range(90):
        schema = {"not": schema}
    (line,) = problems([{"name": "a", "parameters": schema}])
    assert line.endswith("not: is nested too deeply for a settings file")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a b", "--name: a letter, then letters, digits, '_' and '-' (such as 'a_b')"),
        ("../x", "--name: a letter, then letters, digits, '_' and '-' (such as 'x')"),
        ("", "--name: a letter, then letters, digits, '_' and '-'"),
        ("Null", "--name: a letter, then letters, digits, '_' and '-'"),
        ("x" * 65, "--name: a letter, then letters, digits, '_' and '-'"),
    ],
)
def test_a_name_that_none_can_choose(here: Path, name: str, said: str) -> None:
    """A name that could not stand behind `catalogue=` is refused, with one that could."""
    assert problems([FIND], name=name) == [said]


def test_the_name_of_the_file_is_judged_too(here: Path) -> None:
    """A file whose name cannot be the catalogue's asks for another."""
    with pytest.raises(InputError, match=r"give one with --name: a letter, .* \(such as 'my_tools'\)$"):
        import_tools(given_file([FIND], "my.tools.json"), Path("conf"))
    import_tools(Path("my.tools.json"), Path("conf"), "mine")
    assert list(tools("mine")) == ["find"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("shop", "conf/catalogue/shop.yaml: is there already; choose another name with --name, or remove it"),
        ("new", "conf/catalogue/old.yaml:2:8: this catalogue has the label 'new' already; give another --name"),
    ],
)
def test_what_is_there_stays(here: Path, name: str, said: str) -> None:
    """A catalogue of the name, or one that has it as its label, is not written over."""
    folder = here / "conf/catalogue"
    folder.mkdir()
    (folder / "shop.yaml").write_text("label: other\ntools: {}\n", "utf-8")
    (folder / "old.yaml").write_text("tools: {}\nlabel: new\n", "utf-8")
    with pytest.raises(InputError) as caught:
        import_tools(given_file([FIND]), Path("conf"), name)
    assert caught.value.problems == (said,)
    assert (folder / "shop.yaml").read_text("utf-8") == "label: other\ntools: {}\n"
    assert len(list(folder.iterdir())) == 2


def test_a_link_that_leads_nowhere_stays(here: Path) -> None:
    """A link in the place of the catalogue is told, beside what is wrong with the file."""
    (here / "conf/catalogue").mkdir()
    (here / "conf/catalogue/shop.yaml").symlink_to("nowhere")
    with pytest.raises(InputError) as caught:
        import_tools(given_file([]), Path("conf"))
    assert caught.value.problems == (
        "conf/catalogue/shop.yaml: is there already; choose another name with --name, or remove it",
        "conf/catalogue/nowhere:1:1: there is no such file",
        "shop.json:1:1: holds no tools: the list is empty",
    )


DEFAULTS = """\
defaults: [{model: careful}, {persona: assistant}, {catalogue: assistant}, {tools: TOOLS}, {role: ROLE}, \
{loop: production}]
"""


@pytest.mark.parametrize(
    ("tools", "role", "more"),
    [
        ("all", "chat", ""),
        ("readonly", "chat", " tools=all"),
        ("all", "files", " role=chat"),
        ("readonly", "files", " tools=all role=chat"),
    ],
)
def test_what_is_typed_next_can_be_composed(here: Path, tools: str, role: str, more: str) -> None:
    """The command that is shown leaves out the default lists that do not fit the catalogue."""
    (here / "conf/config.yaml").write_text(DEFAULTS.replace("TOOLS", tools).replace("ROLE", role), "utf-8")
    done = import_tools(given_file([FIND]), Path("conf"))
    assert done.splitlines()[-1] == f"type next: harness run catalogue=shop{more}"
    assert len(compose(Conf(here / "conf"), done.splitlines()[-1].split()[4:])) == 1


def test_in_place_of_the_packages(here: Path) -> None:
    """A catalogue of the same name as one of the package's is said to stand in its place."""
    done = import_tools(given_file([FIND], "assistant.json"), Path("conf"))
    assert done.splitlines() == [
        "conf/catalogue/assistant.yaml: 1 tool, in place of the package's",
        "type next: harness run catalogue=assistant",
    ]


def test_where_nothing_can_be_written(here: Path) -> None:
    """A catalogue that cannot be written is told in a line."""
    (here / "conf/catalogue").write_text("", "utf-8")
    with pytest.raises(InputError, match=r"^conf/catalogue/shop\.yaml: cannot be written: "):
        import_tools(given_file([FIND]), Path("conf"))


@pytest.mark.parametrize("words", [[], ["--tools", "shop.json", "more.json"]])
def test_what_the_file_holds_must_be_said(here: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """Without a word of what there is to import, or with files beside it, the command says how it is used."""
    assert main(["import", *words]) == 2
    said = "harness import: name files to import, or one of --tools FILE, --mcp COMMAND and --registry FILE\n"
    assert capsys.readouterr().err == said


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text != "???")
TEXTS = (NAMES | st.sampled_from(["${oc.env:HOME}", "\\${x}", "no", "1e3"])).filter(lambda text: text != "???")
SCHEMAS = st.dictionaries(
    TEXTS, TEXTS | st.integers() | st.booleans() | st.lists(TEXTS) | st.dictionaries(TEXTS, TEXTS)
)


@pytest.mark.slow
@settings(EXAMPLES, max_examples=20)
@given(st.dictionaries(NAMES, st.tuples(TEXTS, SCHEMAS), min_size=1))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, given_tools: dict[str, tuple[str, Any]]) -> None:
    """Names, descriptions and schemas of any text reach the settings as they stand in the file."""
    folder = tmp_path_factory.mktemp("project")
    path = folder / "x.json"
    entries = [
        {"name": name, "description": said, "parameters": schema} for name, (said, schema) in given_tools.items()
    ]
    path.write_text(json.dumps(entries), "utf-8")
    import_tools(path, folder / "conf")
    (one,) = compose(Conf(folder / "conf"), ["catalogue=x"])
    assert list(one.settings.catalogue.tools.items()) == [
        (name, Tool(description=said, parameters=schema)) for name, (said, schema) in given_tools.items()
    ]


def recorded(name: str) -> list[Any]:
    """Return the tools in a file of the corpus, the longest of each name."""
    lines = corpus.lines(name)
    bodies = (
        [one["request"]["body"] for line in lines for one in line["interactions"]] if name == "wire.jsonl" else lines
    )
    lists = [body["tools"] for body in bodies if isinstance(body, dict) and body.get("tools")]
    entries = [entry for one in lists for entry in one if entry.get("type") == "function"]
    return list({entry["function"]["name"]: entry for entry in sorted(entries, key=lambda one: len(str(one)))}.values())


@pytest.mark.parametrize(("name", "number"), [("wire.jsonl", 60), ("tau2-bench/sft-openai-test.jsonl", 10)])
def test_recorded_tools(here: Path, name: str, number: int) -> None:
    """The tool schemas of recorded requests become a catalogue that offers the same."""
    entries = recorded(name)
    assert len(entries) >= number
    import_tools(given_file({"tools": entries}), Path("conf"))
    assert [(name, tool.description, tool.parameters) for name, tool in tools().items()] == [
        (one["name"], one.get("description") or "", one.get("parameters") or {"type": "object", "properties": {}})
        for one in (entry["function"] for entry in entries)
    ]
