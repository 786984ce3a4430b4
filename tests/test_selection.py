"""Scenarios on disk: which are found, in what order, and what people select them by."""

import os
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.folders import scenario_files
from harness.scenario import Scenario
from harness.selection import load, select
from tests.build import scenario

GOOD = "title: A scenario.\nturns: [{user: Hello}]\n"


def with_scenarios(folder: Path, **texts: str) -> Path:
    """Write scenarios, `a__b` standing for `a/b`, and return the folder."""
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def ids(scenarios: list[Scenario]) -> list[str]:
    """Return the ids of scenarios."""
    return [one.id for one in scenarios]


def test_a_scenario_is_loaded_with_its_id(tmp_path: Path) -> None:
    """A scenario's id is its way below the folder, and its script stands beside it."""
    folder = with_scenarios(tmp_path / "scenarios", a__b__c=GOOD)
    one = load(folder / "a" / "b" / "c.yaml", folder)
    assert (one.id, one.file, one.script_path) == ("a/b/c", scenario(GOOD).file, folder / "a" / "b" / "c.script.yaml")
    assert one.document.place(("turns", 0, "user")) == f"{folder}/a/b/c.yaml:2:16"


@pytest.mark.parametrize("name", ["we ird [1]", "é", "a.b", "~", "100%", "a=b"])
def test_any_file_name_is_an_id(tmp_path: Path, name: str) -> None:
    """Whatever a file is called, its name is the id, and the id selects it alone."""
    folder = with_scenarios(tmp_path / "scenarios", other=GOOD)
    (folder / f"{name}.yaml").write_text(GOOD, "utf-8")
    assert ids(select(folder, [name])) == [name]
    assert ids(select(folder, [f"{name}.yaml"])) == [name]


def test_scenarios_are_found_in_order(tmp_path: Path) -> None:
    """Scenarios are found at every depth, sorted by id; scripts, hidden files and other endings are none."""
    folder = with_scenarios(tmp_path, b=GOOD, a__z=GOOD, a__b__c=GOOD, ab=GOOD)
    for name in ("a/z.script.yaml", "a/.hidden.yaml", ".git/x.yaml", "notes.md", "a/data.json"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("not: [read", "utf-8")
    assert [path.relative_to(folder).as_posix() for path in scenario_files(folder)] == [
        "a/b/c.yaml",
        "a/z.yaml",
        "ab.yaml",
        "b.yaml",
    ]
    assert scenario_files(tmp_path / "nowhere") == []


def test_a_hidden_folder_above_hides_nothing(tmp_path: Path) -> None:
    """Only what lies below the scenarios is hidden by a leading dot."""
    folder = with_scenarios(tmp_path / ".cache" / "scenarios", a=GOOD)
    assert ids(select(folder)) == ["a"]


def test_a_linked_scenario_is_one(tmp_path: Path) -> None:
    """A scenario that is a link to a file elsewhere has the id of the link."""
    folder = with_scenarios(tmp_path / "scenarios", a=GOOD)
    with_scenarios(tmp_path / "shared", common=GOOD)
    (folder / "linked.yaml").symlink_to(tmp_path / "shared" / "common.yaml")
    assert ids(select(folder)) == ["a", "linked"]


def test_a_folder_called_like_a_scenario(tmp_path: Path) -> None:
    """A folder whose name ends like a scenario's is an area, not a scenario that cannot be read."""
    folder = with_scenarios(tmp_path, a=GOOD)
    (folder / "area.yaml").mkdir()
    (folder / "area.yaml" / "b.yaml").write_text(GOOD, "utf-8")
    assert ids(select(folder)) == ["a", "area.yaml/b"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of scenarios in two areas."""
    return with_scenarios(
        tmp_path / "scenarios",
        files__read=f"{GOOD}tags: [smoke, short]",
        files__write=f"{GOOD}tags: smoke",
        files__deep__list=GOOD,
        filesystem=GOOD,
        web__search=f"{GOOD}tags: [short]",
    )


ALL = ["files/deep/list", "files/read", "files/write", "filesystem", "web/search"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], ALL),
        (["files/read"], ["files/read"]),
        (["files/read.yaml"], ["files/read"]),
        (["files"], ["files/deep/list", "files/read", "files/write"]),
        (["files/"], ["files/deep/list", "files/read", "files/write"]),
        (["files/deep"], ["files/deep/list"]),
        (["*"], ALL),
        (["files/*"], ["files/deep/list", "files/read", "files/write"]),
        (["*/read"], ["files/read"]),
        (["files/????"], ["files/read"]),
        (["[fw]*/[rs]e*"], ["files/read", "web/search"]),
        (["web", "files/read"], ["files/read", "web/search"]),
        (["files", "files/read", "f*"], ["files/deep/list", "files/read", "files/write", "filesystem"]),
    ],
)
def test_selecting_by_name(folder: Path, words: list[str], found: list[str]) -> None:
    """Words select by id, by area or by pattern, each scenario once and in order."""
    assert ids(select(folder, words)) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("scenarios", ALL),
        ("scenarios/files/read.yaml", ["files/read"]),
        ("scenarios/files", ["files/deep/list", "files/read", "files/write"]),
        (".", ALL),
        ("./scenarios/../scenarios/web", ["web/search"]),
    ],
)
def test_selecting_by_path(folder: Path, monkeypatch: pytest.MonkeyPatch, path: str, found: list[str]) -> None:
    """Words select by file or folder, relative to the current folder or absolute."""
    monkeypatch.chdir(folder.parent)
    assert ids(select(folder, [path])) == found
    assert ids(select(folder, [str(folder.parent / path)])) == found
    assert ids(select(Path("scenarios"), [path])) == found


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["files/raed"], ["'files/raed' selects no scenario in {} (did you mean 'files/read'?)"]),
        (["flies"], ["'flies' selects no scenario in {} (did you mean 'files'?)"]),
        (["zzz", "files", "q/*"], ["'zzz' selects no scenario in {}", "'q/*' selects no scenario in {}"]),
        (["file"], ["'file' selects no scenario in {} (did you mean 'files'?)"]),
        (
            ["files/read.script.yaml"],
            ["'files/read.script.yaml' selects no scenario in {} (did you mean 'files/read'?)"],
        ),
        (["FILES"], ["'FILES' selects no scenario in {}"]),
        ([""], ["'' selects no scenario in {}"]),
        (["x\0y"], ["'x\0y' selects no scenario in {}"]),
    ],
)
def test_words_that_select_nothing(folder: Path, words: list[str], lines: list[str]) -> None:
    """Every word that selects nothing is told, with the nearest name and the command that shows all."""
    with pytest.raises(InputError) as caught:
        select(folder, words)
    ending = "; 'harness list scenarios' shows them"
    assert [line.partition(ending) for line in caught.value.problems] == [
        (line.format(folder), ending, "") for line in lines
    ]


@pytest.mark.parametrize("word", ["x" * 300, "é" * 200, "x/" * 5000])
def test_an_endless_word_selects_nothing(folder: Path, word: str) -> None:
    """A word longer than any file name or path is a word that selects nothing."""
    with pytest.raises(InputError) as caught:
        select(folder, [word])
    assert str(caught.value).startswith(f"'{word}' selects no scenario")


def test_a_link_to_itself_selects_nothing(folder: Path) -> None:
    """A word that is the path of a link that leads nowhere selects nothing."""
    (folder / "loop").symlink_to(folder / "loop")
    with pytest.raises(InputError) as caught:
        select(folder, [f"{folder}/loop"])
    assert str(caught.value).startswith(f"'{folder}/loop' selects no scenario")


def test_a_word_may_name_in_two_ways(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that is an area and the path of another one selects both, and no word is lost beside others."""
    (folder / "files" / "web").mkdir()
    with_scenarios(folder, files__web__own=GOOD)
    monkeypatch.chdir(folder / "files")
    assert ids(select(folder, ["web"])) == ["files/web/own", "web/search"]
    assert ids(select(folder, ["web/own.yaml", "web", "web", "*/search"])) == ["files/web/own", "web/search"]


def test_a_loaded_scenario_holds_its_data_once(tmp_path: Path) -> None:
    """What is read of a scenario stands in its file; the document beside it has the places alone."""
    folder = with_scenarios(tmp_path, a=GOOD)
    (one,) = select(folder)
    assert (one.file.title, one.document.data) == ("A scenario.", None)


@pytest.mark.parametrize(
    ("words", "tags", "found"),
    [
        ([], ["smoke"], ["files/read", "files/write"]),
        ([], ["short"], ["files/read", "web/search"]),
        ([], ["short", "smoke"], ["files/read", "files/write", "web/search"]),
        (["web"], ["short"], ["web/search"]),
    ],
)
def test_selecting_by_tag(folder: Path, words: list[str], tags: list[str], found: list[str]) -> None:
    """Tags select, among the named scenarios, those that carry any of them."""
    assert ids(select(folder, words, tags)) == found


def test_tags_that_nobody_carries(folder: Path) -> None:
    """Every tag that no named scenario carries is told, with the nearest that one does."""
    with pytest.raises(InputError) as caught:
        select(folder, ["files"], ["smoek", "short", "zzz"])
    assert caught.value.problems == (
        "no selected scenario carries the tag 'smoek' (did you mean 'smoke'?)",
        "no selected scenario carries the tag 'zzz'",
    )


def test_all_broken_files_are_told(tmp_path: Path) -> None:
    """Every problem of every selected file is told, beside the words that select nothing."""
    folder = with_scenarios(
        tmp_path, a="titel: x\nturns: [{user: a}]", b="title: [", c=GOOD, d="- x", e=f"{GOOD}tag: x"
    )
    with pytest.raises(InputError) as caught:
        select(folder, ["a", "b", "c", "d", "nope"])
    assert sorted(line.partition(f"{folder}/")[2][:6] for line in caught.value.problems) == [
        "",
        "a.yaml",
        "b.yaml",
        "d.yaml",
    ]


def test_a_broken_file_beside_does_no_harm(tmp_path: Path) -> None:
    """A broken file that is not selected is not read."""
    folder = with_scenarios(tmp_path, a=GOOD, b="title: [")
    assert ids(select(folder, ["a"])) == ["a"]


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    """A file whose name is not UTF-8 is found and loaded like any other."""
    try:
        (tmp_path / os.fsdecode(b"\xff.yaml")).write_text(GOOD, "utf-8")
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    assert len(select(tmp_path)) == 1


def test_what_nobody_looks_at(tmp_path: Path) -> None:
    """What a scenario says to nobody is told at its key: labels that it leaves out itself, and states of nothing."""
    text = """\
title: T.
for: {role: [chat, files], model: careful, loop: production}
turns:
  - user: Go.
    expect:
      - {for: {role: chat, tools: readonly}}
      - {for: {role: [files, coder]}, rounds: 1}
expect: {for: {model: [hasty, careful]}, state: {n: 1}}
"""
    folder = with_scenarios(tmp_path, a=text)
    with pytest.raises(InputError) as caught:
        load(folder / "a.yaml", folder)
    ending = ", so that this is never expected"
    assert list(caught.value.problems) == [
        f"{folder}/a.yaml:8:42: there is no 'module' whose tools could have a 'state'",
        f"{folder}/a.yaml:7:30: the scenario's own 'for' leaves out role 'coder'{ending}",
        f"{folder}/a.yaml:8:24: the scenario's own 'for' leaves out model 'hasty'{ending}",
    ]
