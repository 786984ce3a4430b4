"""What a try found is shown as a diff, and written only over what was read, and never with a secret."""

from pathlib import Path

import pytest

from harness.additions import Answered, Given, Heard
from harness.conversation import Look
from harness.offer import Offer, add, offered, told

TEXT = "title: T.\r\ntools:\r\n  b: two\r\nturns:\r\n  - user: Go.\r\n"
HEARD = Heard([Answered(0, 0, ["a"], confirmed=True)], [Given("b", {}, "\x1b[31m")])


def offer(path: Path, heard: Heard = HEARD) -> Offer:
    """Return what there is to add to a file with the text, which is written."""
    path.write_bytes(TEXT.encode())
    return offered(path, path.read_bytes(), heard)


def test_what_is_new_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """New lines stand among those around them, what cannot be added below; nothing is shown where nothing is new."""
    monkeypatch.chdir(tmp_path)
    assert list(told(offer(Path("one.yaml")), Look())) == [
        "",
        "to add to one.yaml:",
        "     - user: Go.",
        "  +    answers:",
        "  +      - confirm: [a]",
        "to paste into one.yaml, where no line can be added without changing another:",
        "  under tools, b:",
        '    - returns: "\\e[31m"',
    ]
    assert list(told(offer(Path("one.yaml"), Heard()), Look())) == []


def test_the_file_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new lines have the line ends of the file, and all others stay as they are."""
    monkeypatch.chdir(tmp_path)
    path = Path("one.yaml")
    assert list(add(offer(path), {})) == ["one.yaml: 2 lines added"]
    assert path.read_bytes().decode() == f"{TEXT}    answers:\r\n      - confirm: [a]\r\n"


def test_a_file_that_changed_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody wrote meanwhile is not lost; what would have been added is printed."""
    monkeypatch.chdir(tmp_path)
    path = Path("one.yaml")
    found = offer(path)
    path.write_text("title: Another.\n", "utf-8")
    pasted = ["  under turn 1:", "    answers:", "      - confirm: [a]"]
    assert list(add(found, {})) == ["one.yaml has changed meanwhile; to paste into it:", *pasted]
    assert path.read_text("utf-8") == "title: Another.\n"
    path.unlink()
    assert list(add(found, {})) == ["one.yaml cannot be written: No such file or directory; to paste into it:", *pasted]


def test_no_secret_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that holds a key is not written, and the key is not shown by the refusal."""
    monkeypatch.chdir(tmp_path)
    path = Path("one.yaml")
    found = offer(path, Heard(results=[Given("c", {}, "my hunter2-and-more")]))
    [said] = add(found, {"hunter2-and-more": "the value of HOUSE_KEY"})
    assert said.startswith("one.yaml:5:19: the value of HOUSE_KEY: not saved;")
    assert "hunter2" not in said
    assert path.read_bytes() == TEXT.encode()
