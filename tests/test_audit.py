"""Every cassette held against its case: which are stale, why, and which are nobody's."""

from pathlib import Path

import pytest

from harness.cli import main
from tests.project import small

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small project, recorded under two models and two variants, as the current folder."""
    monkeypatch.chdir(small(tmp_path))
    for words in (["model=careful,hasty", "role=chat,files"], ["persona=terse"], ["loop.max_rounds=5", "repeats=2"]):
        assert main(["record", "--quiet", *words]) == 0
    capsys.readouterr()
    return tmp_path


def checked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str]]:
    """Return the exit code of `validate`, and its lines after the one about files but for the command to type next."""
    code = main(["validate", *words])
    said = capsys.readouterr()
    out = [line for line in said.out.splitlines()[1:] if not line.startswith("type next: ")]
    return code, [*out, *said.err.splitlines()]


def edit(path: str, old: str, new: str) -> None:
    """Replace one text in a file of the current folder."""
    text = Path(path).read_text("utf-8")
    assert old in text
    Path(path).write_text(text.replace(old, new), "utf-8")


def test_every_cassette_is_replayed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever model, variant, value or repeat a cassette is of, its requests are compared."""
    assert checked(capsys) == (0, ["14 cassettes replayed: every request is what was recorded"])
    assert checked(capsys, "talk")[1] == ["7 cassettes replayed: every request is what was recorded"]


def test_stale_cassettes_are_found_with_their_reason(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What no longer answers what is asked is told once for all that share a reason, with the commands that mend it."""
    edit("scenarios/talk/hello.yaml", "user: Hello?", "user: Hello you?")
    code, lines = checked(capsys)
    assert (code, lines[:1]) == (
        2,
        [
            (
                "talk/hello@careful/chat+all, talk/hello@careful/chat+all~loop.max_rounds=5, "
                "talk/hello@careful/chat+all~loop.max_rounds=5~2 and 4 more: stale: turn 1, round 1: "
                'the user\'s message (message 2), word 1: "Hello?" -> "Hello you?"'
            )
        ],
    )
    assert lines[1:] == [
        "record 1 case, about 1 request: harness record talk/hello model=careful role=chat tools=all",
        "record 2 cases, about 2 requests: harness record model=careful role=chat tools=all loop.max_rounds=5",
        "record 1 case, about 1 request: harness record talk/hello model=careful role=chat tools=all persona=terse",
        "record 1 case, about 1 request: harness record talk/hello model=careful role=files tools=all",
        "record 1 case, about 1 request: harness record talk/hello model=hasty role=chat tools=all",
        "record 1 case, about 1 request: harness record talk/hello model=hasty role=files tools=all",
    ]


def test_broken_and_partly_played_cassettes_are_found(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged file, and one that holds more than is asked for, are told."""
    edit("cassettes/careful/chat+all/talk/hello.yaml", "Hello!", "Hullo!")
    edit("scenarios/files/denied.yaml", "deny: [file_delete]", "confirm: [file_delete]")
    code, lines = checked(capsys)
    assert code == 2
    assert lines[0].startswith("files/denied@careful/chat+all, ")
    assert " more: stale: turn 1, round 3: the result of file_delete (message " in lines[0]
    assert lines[1].startswith(
        "talk/hello@careful/chat+all: unreadable: cassettes/careful/chat+all/talk/hello.yaml:2:1: its exchanges "
    )
    edit("scenarios/files/denied.yaml", "confirm: [file_delete]", "deny: [file_delete]")
    edit("scenarios/files/denied.yaml", "turns:", "as: {confirm_allow: [file_delete]}\nturns:")
    _, lines = checked(capsys)
    assert ": nobody is asked about file_delete: " in lines[0]
    assert any(" more: stale: turn 1, round 2: " in line for line in lines)


def test_orphans_are_found_and_removed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cassettes of no scenario, model or variant, and pieces that nothing names, are told, and removed if asked."""
    careful = Path("cassettes/careful/chat+all/talk")
    Path("scenarios/talk/hello.yaml").rename("scenarios/talk/hi.yaml")
    Path("scenarios/talk/hello.script.yaml").rename("scenarios/talk/hi.script.yaml")
    for model, variant in (("gone", "chat+all"), ("careful", "gone+all"), ("careful", "plain")):
        place = Path("cassettes", model, variant, "talk")
        place.mkdir(parents=True)
        (place / "hello.yaml").write_bytes((careful / "hello.yaml").read_bytes())
    Path("cassettes/+shared/nobody-0123456789abcdef.md").write_text("Nobody's.\n", "utf-8")
    assert checked(capsys, "talk") == (0, [])
    code, lines = checked(capsys)
    assert code == 2
    assert lines[-1] == "remove what is nobody's: harness validate --delete-orphans"
    told = {line.partition(": nobody's: ")[0]: line.partition(": nobody's: ")[2] for line in lines[:-1]}
    assert len(told) == 11
    assert told[str(careful / "hello.yaml")] == "there is no scenario talk/hello"
    assert told["cassettes/gone/chat+all/talk/hello.yaml"] == "there is no model 'gone'"
    assert told["cassettes/careful/gone+all/talk/hello.yaml"] == "there is no role 'gone'"
    assert told["cassettes/careful/plain/talk/hello.yaml"] == "no role and tool list has this name"
    assert told["cassettes/+shared/nobody-0123456789abcdef.md"] == "no cassette refers to it"
    code, lines = checked(capsys, "--delete-orphans")
    assert (code, sorted(lines[:-1])) == (0, sorted(f"{path}: removed: {why}" for path, why in told.items()))
    assert lines[-1] == "7 cassettes replayed: every request is what was recorded"
    assert checked(capsys) == (0, ["7 cassettes replayed: every request is what was recorded"])
    assert not any(Path(path).exists() for path in told)


def test_a_registry_is_named_for_all(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cassettes of a registry's role are nobody's only where no registry is named."""
    Path("prod.json").write_text(
        '{"models": {}, "roles": {"desk": {"system_append": "Help.", "tools": ["file_read"]}}}', "utf-8"
    )
    assert main(["record", "--quiet", "registry=prod.json", "model=careful", "role=desk", "talk"]) == 0
    capsys.readouterr()
    assert checked(capsys)[0] == 2
    assert checked(capsys, "registry=prod.json")[0] == 0


def test_what_cannot_be_composed_is_kept(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cassettes of settings that no longer compose are told, and never removed."""
    kept = Path("cassettes/careful/chat+all~loop.max_round=5/talk")
    kept.mkdir(parents=True)
    (kept / "hello.yaml").write_bytes(Path("cassettes/careful/chat+all/talk/hello.yaml").read_bytes())
    code, lines = checked(capsys, "--delete-orphans")
    assert code == 2
    assert lines[0].startswith(
        "cassettes of careful/chat+all~loop.max_round=5: its settings cannot be composed: override 'loop.max_round=...'"
    )
    assert (kept / "hello.yaml").exists()
