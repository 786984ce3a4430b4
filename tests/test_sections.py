"""Sections of the system prompt that stand in files."""

from pathlib import Path

import pytest

from harness.cli import main
from harness.composition import Composition, compose
from harness.context import system_prompt
from harness.errors import InputError
from harness.project import Conf
from tests.project import HELLO, HELLO_SCRIPT, write

MINE = """\
label: mine
sections:
  Identity: {file: persona/identity.md}
  Conduct: Be kind.
  Memory: {file: memory.md}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project whose persona has two sections in files, as the current folder."""
    write(tmp_path, conf__persona__mine=MINE)
    texts = {"persona/identity.md": "I am ${now:%Y} ${x.y}.\r\n\n## Two\n", "memory.md": "Likes tea.\n\n"}
    for name, text in {**texts, "memory/anna.md": "Likes \u00e9clairs.", "memory/same.md": "Likes tea.\n\n"}.items():
        (tmp_path / "conf" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "conf" / name).write_bytes(text.encode())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def composed(project: Path, *overrides: str) -> Composition:
    """Return the only composition of overrides under the persona."""
    (one,) = compose(Conf(project / "conf"), ["persona=mine", *overrides])
    return one


def refused(project: Path, *overrides: str) -> list[str]:
    """Return the lines with which the persona is refused."""
    with pytest.raises(InputError) as caught:
        compose(Conf(project / "conf"), ["persona=mine", *overrides])
    return list(caught.value.problems)


def test_sections_hold_the_files_texts(project: Path) -> None:
    """A section in a file is its text, byte for byte and with nothing interpolated, in the order of the persona."""
    one = composed(project)
    assert list(one.settings.persona.sections.items()) == [
        ("Identity", "I am ${now:%Y} ${x.y}.\r\n\n## Two\n"),
        ("Conduct", "Be kind."),
        ("Memory", "Likes tea.\n\n"),
    ]
    assert one.sections == {
        "Identity": project / "conf/persona/identity.md",
        "Memory": project / "conf/memory.md",
    }
    assert system_prompt(one.settings.persona, one.settings.role.model_copy(update={"overlay": ""}), "noon") == (
        "## Identity\n\nI am ${now:%Y} ${x.y}.\r\n\n## Two\n\n## Conduct\n\nBe kind.\n\n## Memory\n\nLikes tea."
        "\n\n## Time\n\nIt is noon."
    )


@pytest.mark.parametrize(
    ("override", "text", "variant"),
    [
        ("persona.sections.Memory.file=memory/anna.md", "Likes éclairs.", True),
        ("persona.sections.Memory.file=memory/same.md", "Likes tea.\n\n", False),
        ("persona.sections.Memory={file:memory/anna.md}", "Likes éclairs.", True),
        ("persona.sections.Memory='None.'", "None.", True),
        ("persona.sections.Memory.file=./memory.md", "Likes tea.\n\n", False),
    ],
)
def test_another_file_is_another_variant(project: Path, override: str, text: str, variant: bool) -> None:
    """An override of a section's file is a variant of its own, where the text is another."""
    settings = composed(project, override).settings
    assert settings.persona.sections["Memory"] == text
    assert settings.variant == f"chat+all{f'~{override}' if variant else ''}~persona=mine"


def test_a_written_section_may_become_a_file(project: Path) -> None:
    """A section that the persona writes itself can be put into a file by an override."""
    override = "persona.sections.Conduct.file=memory/anna.md"
    settings = composed(project, override).settings
    assert settings.persona.sections["Conduct"] == "Likes éclairs."
    assert settings.variant == f"chat+all~{override}~persona=mine"


def test_the_projects_file_stands_before_the_packages(project: Path) -> None:
    """What the project's folder lacks is looked up in the package's."""
    assert composed(project, "persona.sections.Memory.file=README.md").sections["Memory"] != project / "conf/README.md"
    (project / "conf/README.md").write_text("own", "utf-8")
    assert composed(project, "persona.sections.Memory.file=README.md").settings.persona.sections["Memory"] == "own"


def test_wrong_sections(project: Path) -> None:
    """What is wrong with sections is told with its line, all of it, beside what else is wrong."""
    (project / "outside.md").write_text("x", "utf-8")
    (project / "conf/link.md").symlink_to(project / "outside.md")
    (project / "conf/latin.md").write_bytes(b"a\n\xe9")
    sections = """\
label: a b
sections:
  A: {file: /etc/hostname}
  B: {file: ../outside.md}
  C: {file: memroy.md}
  D: {file: memory}
  E: {file: link.md}
  F: {file: latin.md}
  G: {fiel: memory.md}
  H: {file: memory.md, more: 1}
  I: {}
  J: {file: 5}
  K: {file: ""}
  L: [x]
  M: {file: "a\\0b"}
"""
    write(project, conf__persona__mine=sections)
    said = "persona.sections."
    out = "leads out of conf/; give a path below it"
    assert refused(project) == [
        f"conf/persona/mine.yaml:{line}"
        for line in (
            f"3:13: {said}A.file: '/etc/hostname' {out}",
            f"4:13: {said}B.file: '../outside.md' {out}",
            f"5:13: {said}C.file: there is no file 'memroy.md' in conf (did you mean 'memory.md'?)",
            f"6:13: {said}D.file: there is no file 'memory' in conf (did you mean 'memory.md'?)",
            f"7:13: {said}E.file: 'link.md' is a link that leads out of conf",
            f"8:13: {said}F.file: line 2 of 'latin.md' is not UTF-8 text; save the file as UTF-8",
            f"9:7: {said}G: unknown key 'fiel' (did you mean 'file'?)",
            f"10:24: {said}H: unknown key 'more'",
            f"11:6: {said}I: must be text, or {{file: PATH}}",
            f"12:13: {said}J.file: must be the path of a file below conf/",
            f"13:13: {said}K.file: must be the path of a file below conf/",
            f'15:13: {said}M.file: there is no file "a\\u0000b" in conf',
            "1:8: persona.label: a label has no blanks, '@', '~' or '+', which separate parts of a case's id",
            f"14:6: {said}L: must be text",
        )
    ]


@pytest.mark.parametrize(
    "override", ["persona.sections.X='${now:%H}'", "loop.texts.denied='${oc.select:no,${now:%H}}'"]
)
def test_no_setting_reads_the_clock(project: Path, override: str) -> None:
    """No section and no other setting can be given the machine's time."""
    key = override.partition("=")[0]
    said = "the clock of this machine has no place here; a scenario's 'now' is the only one"
    assert refused(project, override) == [f"override '{key}=...': {key}: {said}"]


def test_no_file_reads_the_clock(project: Path) -> None:
    """A persona's file that asks for the machine's time is told with its line; written as text it is text."""
    write(project, conf__persona__mine="label: mine\nsections:\n  User: It is ${now:%H}.\n")
    (line,) = refused(project)
    assert line.startswith("conf/persona/mine.yaml:3:9: persona.sections.User: the clock of this machine")
    write(project, conf__persona__mine="label: mine\nsections:\n  User: It is \\${now:%H}.\n")
    assert composed(project).settings.persona.sections == {"User": "It is ${now:%H}."}


def test_variants_have_cassettes_of_their_own(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A persona, a file and a value make case ids of their own, and so cassettes."""
    write(project, scenarios__hello=HELLO, scenarios__hello_script=HELLO_SCRIPT)
    for override in ("persona=terse", "loop.max_rounds=3", "persona.sections.Memory.file=memory/anna.md"):
        assert main(["record", override]) == 0
        assert f"hello@careful/chat+all~{override} " in capsys.readouterr().out
    kept = {str(path.relative_to(project / "cassettes/careful")) for path in (project / "cassettes").rglob("*.yaml")}
    assert kept == {
        "chat+all~persona=terse/hello.yaml",
        "chat+all~loop.max_rounds=3/hello.yaml",
        "chat+all~persona.sections.Memory.file=memory/anna.md/hello.yaml",
    }


def test_config_shows_the_files(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`harness config` says which file each section comes from."""
    assert main(["config", "persona=mine"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["section", "Memory", "the", "persona", "conf/memory.md"] in rows


@pytest.mark.slow
def test_validation_reads_the_files(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`harness validate` finds a section whose file is not there."""
    (project / "conf/memory.md").unlink()
    assert main(["validate"]) == 2
    assert capsys.readouterr().err.startswith("conf/persona/mine.yaml:5:18: persona.sections.Memory.file: there is no ")
