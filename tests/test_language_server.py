"""The schemas in a real editor's session: what the YAML language server underlines, proposes and shows."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from harness.drafting import draft
from harness.root import Root
from harness.schemas import bring_up_to_date

from .editor import Editor, Mark, editing
from .project import bundled

pytestmark = pytest.mark.slow

SERVER = Path(__file__).parent / "server/node_modules/yaml-language-server/bin/yaml-language-server"
SCENARIO = "# yaml-language-server: $schema=../scenario.schema.json\ntitle: A title.\n"
SCRIPT = "# yaml-language-server: $schema=../script.schema.json\n"
ROLE = "# yaml-language-server: $schema=../role.schema.json\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with all that is bundled and its schemas."""
    root = bundled(tmp_path_factory.mktemp("project"))
    bring_up_to_date(root)
    return root


@pytest.fixture(scope="module")
def editor(project: Path) -> Iterator[Editor]:
    """Return an editor that is open over the project."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node, which runs the YAML language server")
    if not SERVER.is_file():
        pytest.skip("the YAML language server is not installed: make install-server")
    with editing([node, SERVER], project) as opened:
        yield opened


@pytest.mark.parametrize(
    "name",
    [
        "scenarios/files/denied_delete.yaml",
        "scenarios/web/weather.yaml",
        "scenarios/mail/invitations.script.yaml",
        "scenarios/loop/unreadable_arguments.script.yaml",
        "conf/catalogue/assistant.yaml",
        "conf/loop/tolerant.yaml",
        "conf/model/gemini.yaml",
        "conf/config.yaml",
    ],
)
def test_nothing_is_underlined_in_what_is_right(editor: Editor, project: Path, name: str) -> None:
    """In a bundled scenario, script or file of settings nothing is underlined."""
    assert editor.marks(project / name, (project / name).read_text("utf-8")) == []


def test_nothing_is_underlined_in_a_draft(editor: Editor, project: Path) -> None:
    """In a new scenario and its script nothing is underlined, and its first line leads to the schema."""
    draft(Root(project), "garden/herbs/basil", date(2026, 3, 1))
    for name in ("basil.yaml", "basil.script.yaml"):
        path = project / "scenarios/garden/herbs" / name
        assert editor.marks(path, path.read_text("utf-8")) == []
    text = (project / "scenarios/garden/herbs/basil.yaml").read_text("utf-8")
    assert editor.marks(path.with_name("basil.yaml"), text.replace("turns:", "turn:"))


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("turns: [{user: a}]\ntag: b\n", Mark(4, 1, "tag", "Property tag is not allowed.")),
        ("turns: [{user: a, expct: {}}]\n", Mark(3, 19, "expct", "Property expct is not allowed.")),
        (
            "turns: [{user: a}]\nexpect:\n  rounds: {at_leest: 3}\n",
            Mark(5, 12, "at_leest", "Property at_leest is not allowed."),
        ),
        (
            "turns: [{user: a}]\nexpect:\n  - rounds: {exactly: 3, at_most: 4}\n",
            Mark(5, 26, "at_most", "Property at_most is not allowed."),
        ),
        (
            "turns:\n  - user: a\n    answers: [denny]\n",
            Mark(5, 15, "denny", 'Value is not accepted. Valid values: "confirm", "deny".'),
        ),
        (
            "turns:\n  - user: a\n    answers: [{denny: [file_delete]}]\n",
            Mark(5, 16, "denny", "Property denny is not allowed."),
        ),
        (
            "turns: [{user: a}]\nexpect:\n  stop: finl\n",
            Mark(
                5,
                9,
                "finl",
                'Value is not accepted. Valid values: "final", "max_rounds", "cut", "unanswered", "error".',
            ),
        ),
        (
            "turns: [{user: a}]\nexpect:\n  calls:\n    in_order:\n      - {file_read: {}, decision: deny}\n",
            Mark(
                7,
                35,
                "deny",
                'Value is not accepted. Valid values: "none", "confirmed", "denied", "unanswered".',
            ),
        ),
        (
            "turns: [{user: a}]\nnow: tomorrow\n",
            Mark(4, 6, "tomorrow", "'now' must be a time with its zone, like 2026-03-01T09:00:00Z"),
        ),
        (
            "turns: [{user: a}]\ntools:\n  file_read: {return: a}\n",
            Mark(5, 15, "return", "Property return is not allowed."),
        ),
    ],
)
def test_mistakes_are_underlined_at_their_place(editor: Editor, project: Path, text: str, mark: Mark) -> None:
    """A key or a word that is unknown is underlined, it alone."""
    assert editor.marks(project / "scenarios/files/denied_delete.yaml", SCENARIO + text) == [mark]


@pytest.mark.parametrize(
    ("name", "text", "mark"),
    [
        (
            "conf/role/chat.yaml",
            ROLE + "label: chat\noverlays: a\n",
            Mark(3, 1, "overlays", "Property overlays is not allowed."),
        ),
        (
            "conf/loop/tolerant.yaml",
            "# yaml-language-server: $schema=../loop.schema.json\ndefaults: [production]\nmax_rounds: many\n",
            Mark(3, 13, "many", "must be a whole number, or ${...}"),
        ),
        (
            "scenarios/web/weather.script.yaml",
            SCRIPT + "any:\n  - - txt: Hello!\n      text: Hello!\n",
            Mark(3, 7, "txt", "Property txt is not allowed."),
        ),
    ],
)
def test_mistakes_in_settings_and_scripts(editor: Editor, project: Path, name: str, text: str, mark: Mark) -> None:
    """Settings and scripts are held against schemas of their own."""
    assert editor.marks(project / name, text) == [mark]


@pytest.mark.parametrize(
    ("text", "proposed"),
    [
        (
            "|\n",
            {"turns": "What the user says, turn by turn.", "for": "Where it applies; elsewhere it is not planned."},
        ),
        ("turns:\n  - |\n", {"user": "What the user asks.", "answers": "One answer for each checkpoint, in order."}),
        ("turns:\n  - user: a\n    answers:\n      - |\n", {"otherwise": "Answers all checkpoints that are left."}),
        ("turns:\n  - user: a\n    expect:\n      |\n", {"rounds": "Calls of the model, notices among them."}),
        ("expect:\n  - |\n", {"turns": "User messages that the loop took."}),
        ("expect:\n  rounds:\n    |\n", {"at_least": "The lowest number that is right."}),
        ("expect:\n  calls:\n    |\n", {"in_order": "These calls in this order; others may stand between them."}),
        ("expect:\n  stop: |\n", {"max_rounds": "Why it ends; anything but a final text must be said."}),
        ("expect:\n  calls:\n    exact:\n      - tool: a\n        |\n", {"outcome": "What became of it."}),
        ("tools:\n  file_read:\n    |\n", {"raises": "The message of the error that the tool raises."}),
        ("tools:\n  file_read:\n    - |\n", {"when": "Arguments that a call must have; without it every call fits."}),
        ("as:\n  |\n", {"access": "The access level; it must be one of the catalogue's."}),
    ],
)
def test_keys_are_proposed_with_their_sentences(
    editor: Editor, project: Path, text: str, proposed: dict[str, str]
) -> None:
    """At every depth the keys and words that may stand there are proposed, each with its sentence."""
    found = editor.proposals(project / "scenarios/files/denied_delete.yaml", SCENARIO + text)
    assert {name: found.get(name) for name in proposed} == proposed


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("scenarios/files/denied_delete.yaml", SCENARIO + "turns:\n  - |user: a\n", "What the user asks."),
        ("scenarios/files/denied_delete.yaml", SCENARIO + "|as: {access: guest}\n", "Who the user is to the loop."),
        (
            "scenarios/files/denied_delete.yaml",
            SCENARIO + "expect:\n  - |never: [a]\n",
            "Tools that the model never asks for.",
        ),
        (
            "scenarios/files/denied_delete.yaml",
            SCENARIO + "expect:\n  rounds: {|at_most: 3}\n",
            "The highest number that is right.",
        ),
        ("scenarios/web/weather.script.yaml", SCRIPT + "any:\n  - - |text: Hello!\n", "The text of the reply."),
        ("conf/role/chat.yaml", ROLE + "label: chat\n|overlay: a\n", "The last section of the system prompt."),
        (
            "conf/config.yaml",
            "# yaml-language-server: $schema=config.schema.json\nloop: {|max_rounds: 3}\n",
            "How many times a turn may call the model; a notice may exceed it.",
        ),
    ],
)
def test_a_key_shows_its_sentence(editor: Editor, project: Path, name: str, text: str, sentence: str) -> None:
    """Over a key its sentence is shown."""
    assert sentence in editor.hover(project / name, text)
