"""Whatever stands in a file, it is told line by line, or nothing is wrong with it: no mistake ends in a traceback."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from harness.composition import check
from harness.conformity import faults, judged
from harness.endpoint import ScriptFile
from harness.errors import InputError
from harness.folders import bundled_conf
from harness.offering import grounds
from harness.project import Conf
from harness.scrutiny import ReadScript, scrutinised
from harness.selection import load, unjudged
from harness.settings import Settings
from harness.source import read
from harness.surprises import misreadings
from harness.wording import validate
from tests.build import CATALOGUE, EXAMPLES, settings
from tests.mistakes import CATALOGUE as TOOLS
from tests.mistakes import LIST, LOOP, MODEL, PERSONA, RICH, ROLE, SCRIPT

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
LINE = re.compile(r"[^:\n]+\.yaml:[1-9][0-9]*:[1-9][0-9]*: \S.*")
SETTINGS: list[Settings] = [settings()]
BASES = {"scenario": RICH, "script": SCRIPT, "role": ROLE, "tools": LIST, "model": MODEL, "loop": LOOP}
BASES |= {"persona": PERSONA, "catalogue": TOOLS}


def of_scenario(path: Path) -> list[str]:
    """Return what is wrong with a scenario, as validation finds it."""
    wrong: list[str] = []
    try:
        load(path, path.parent)
    except InputError as error:
        wrong += error.problems
    try:
        one = unjudged(path, path.parent)
    except InputError as error:
        return [*wrong, *error.problems]
    return wrong + list(scrutinised(one, None, grounds(one.file, SETTINGS, [CATALOGUE]), judged([CATALOGUE])))


def of_script(path: Path) -> list[str]:
    """Return what is wrong with a script, as validation finds it."""
    one = unjudged(path.with_name("beside.yaml"), path.parent)
    try:
        document = read(path)
        script = ReadScript(validate(document, ScriptFile), document.at_hand())
    except InputError as error:
        return list(error.problems)
    return list(scrutinised(one, script, [], judged([CATALOGUE])))


def of_settings(group: str, path: Path) -> list[str]:
    """Return what is wrong with a file of settings, as validation finds it."""
    wrong = list(check(Conf(path.parents[1]), [f"{group}={path.stem}"]).problems)
    try:
        document = read(path)
    except InputError as error:
        return wrong + list(error.problems)
    return [*wrong, *misreadings(document), *faults(document.at_hand())]


def wrong_with(kind: str, text: bytes, folder: Path) -> list[str]:
    """Return what is wrong with a text as a file of a kind."""
    if kind == "scenario":
        path = folder / "one.yaml"
        path.write_bytes(text)
        return of_scenario(path)
    if kind == "script":
        (folder / "beside.yaml").write_text("title: T.\nturns: [{user: Go.}]\n", "utf-8")
        path = folder / "beside.script.yaml"
        path.write_bytes(text)
        return of_script(path)
    path = folder / "conf" / kind / "one.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    return of_settings(kind, path)


def mutated(text: bytes, chance: random.Random) -> bytes:
    """Return a text with a few signs, words or lines taken out, put in, doubled or exchanged."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text) + 1)
        end = min(len(text), at + chance.choice([1, 1, 2, 5, 40]))
        put = chance.choice(SIGNS)
        match chance.randrange(4):
            case 0:
                text = text[:at] + text[end:]
            case 1:
                text = text[:at] + put + text[at:]
            case 2:
                text = text[:at] + text[at:end] + text[at:]
            case _:
                text = text[:at] + put + text[end:]
    return text


SIGNS = [
    *(sign.encode() for sign in "[]{}:,-?|>&*!%@`'\"#\t\n =~0${}<\\"),
    *(b"\xff", b"\x00", "é".encode(), b": ", b"- ", b"\n  ", b"\n- ", b"no", b"12:30", b"{{", b"null", b"[]", b"{}"),
    *(b"${a}", b"${oc.env:X}", b"???", b"!!int ", b"&a ", b"*a", b"<<: ", b"=", b"-1", b"1e999", b"0x", b".nan"),
]


@pytest.mark.parametrize("kind", BASES)
def test_mutations(tmp_path: Path, kind: str) -> None:
    """Right files with a few changes anywhere are told line by line, however broken they are."""
    chance = random.Random(7)  # noqa: S311 - no secret
    base = BASES[kind].replace("LABEL", "one").encode()
    for _ in range(1500 if kind in ("scenario", "script") else 60):
        text = mutated(base, chance)
        assert [line for line in wrong_with(kind, text, tmp_path) if not LINE.fullmatch(line)] == [], text


@pytest.mark.parametrize("folder", ["scenarios", "conf"])
def test_mutations_of_the_bundled_files(tmp_path: Path, folder: str) -> None:
    """The bundled files with a few changes anywhere are told line by line."""
    chance = random.Random(8)  # noqa: S311 - no secret
    top = bundled_conf() if folder == "conf" else ROOT / folder
    for path in sorted(top.rglob("*.yaml")):
        kind = path.parent.name if folder == "conf" else "script" if ".script" in path.name else "scenario"
        if kind not in BASES:
            continue
        for _ in range(2 if folder == "conf" else 6):
            text = mutated(path.read_bytes(), chance)
            assert [line for line in wrong_with(kind, text, tmp_path) if not LINE.fullmatch(line)] == [], text


LEAVES = st.sampled_from(["x", "no", "5", "-1", "1.5", "null", "true", "''", "[]", "{}", "12:30", "file_read", "a.txt"])
KEYS = st.sampled_from(
    [*sorted(set(re.findall(r"\w+(?=:)", RICH + SCRIPT))), "one_of", "matches", "type", "near", "within", "equals"]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(KEYS, inner, max_size=3).map(
            lambda parts: "{" + ", ".join(f"{key}: {said}" for key, said in parts.items()) + "}"
        )
    ),
    max_leaves=8,
)


@limits(EXAMPLES, max_examples=500)
@given(st.sampled_from(["turns", "tools", "expect", "reference", "as", "for", "known", "workspace", "session"]), TREES)
def test_any_shape_of_a_scenario(tmp_path_factory: pytest.TempPathFactory, key: str, tree: str) -> None:
    """Whatever stands behind a key of a scenario, what is wrong with it is told line by line."""
    text = "title: T.\n" + ("" if key == "turns" else "turns: [{user: Go.}]\n") + f"{key}: {tree}\n"
    folder = tmp_path_factory.mktemp("scenario")
    assert [line for line in wrong_with("scenario", text.encode(), folder) if not LINE.fullmatch(line)] == []


@limits(EXAMPLES, max_examples=300)
@given(TREES)
def test_any_shape_of_a_script(tmp_path_factory: pytest.TempPathFactory, tree: str) -> None:
    """Whatever stands in a script, what is wrong with it is told line by line."""
    folder = tmp_path_factory.mktemp("script")
    assert [line for line in wrong_with("script", f"any: {tree}\n".encode(), folder) if not LINE.fullmatch(line)] == []
