"""Cases that miss or drift for one reason, and the commands that record them."""

import json
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.case import Case
from harness.cassette import Drifted
from harness.check import Verdict, judge
from harness.cli import main
from harness.drift import Drift
from harness.misses import Shared, drift, numbered, record_all, record_command, replay, shared
from harness.outcome import Outcome
from harness.shelf import accept
from harness.trace import Failure
from tests.build import EXAMPLES, case, ended, outcome, scenario, settings, trace, turn
from tests.project import as_a_shell_reads, small, write

STALE = Drifted("turn 1, round 1", Drift("system", 'system prompt, section Conduct, word 3: "is" -> "was"'))
OTHER = Drifted("turn 1, round 2", Drift("results", 'the result of file_read (message 4), word 1: "a" -> "b"'))


def missed(name: str, kind: str, *seen: Drifted, recorded: int | None = None) -> Outcome:
    """Return a case of a scenario of one turn that could not be replayed."""
    one = case(scenario(path=Path(f"scenarios/area/{name}.yaml")))
    came = trace(turn(stop="error"), error=Failure(kind=kind, message=f"{name}: it misses"), case_id=one.id)
    return outcome(came, one, recorded=recorded, drifted=seen)


def judged(outcomes: Sequence[Outcome]) -> list[Verdict]:
    """Return the verdicts on what came of cases."""
    return [judge(one.trace, one.case.scenario, replay(one)) for one in outcomes]


def test_reasons_that_cases_share() -> None:
    """Cases share a reason when the first thing that is not allowed is the same, whatever differs beside it."""
    outcomes = [
        missed("a", "stale", STALE, OTHER),
        missed("b", "missing"),
        missed("c", "stale", STALE),
        missed("d", "stale", OTHER),
        missed("e", "unreadable"),
        missed("f", "unreadable"),
        missed("g", "missing"),
        missed("h", "model"),
        missed("i", "model"),
        missed("j", "ceiling"),
        missed("k", "busy"),
    ]
    ids = [one.case.id for one in outcomes]
    assert shared(judged(outcomes)) == [
        Shared(f"{STALE} (and up to 1 further difference)", (ids[0], ids[2])),
        Shared("nothing is recorded", (ids[1], ids[6])),
    ]
    unrecorded = [one for one in ended(*outcomes) if one.unrecorded]
    assert [one.brief.case for one in unrecorded] == [*ids[:7], *ids[9:]]
    assert numbered(unrecorded) == "9 cases"


def test_drift_that_cases_share() -> None:
    """Cases that were judged although they drifted share their first difference."""
    came = [
        outcome(trace(turn()), drifted=[STALE, OTHER]),
        outcome(trace(turn()), drifted=[STALE]),
        outcome(trace(turn())),
    ]
    assert shared(judged(came), drift) == [Shared(f"{STALE} (and up to 1 further difference)", (came[0].case.id,) * 2)]


def test_the_command_keeps_what_decides_what_is_asked() -> None:
    """Words, overrides and tags stay, quoted for a shell; how requests are compared goes."""
    words = [
        "files/*",
        "cassette.match=sequence",
        "+cassette.allow_drift=[system]",
        'persona.sections.A="b c"',
        "role=x,y",
    ]
    assert shlex.split(record_all(words, ["smoke", "a b"])) == [
        *["harness", "record", "files/*", 'persona.sections.A="b c"', "role=x,y", "-t", "smoke", "-t", "a b"]
    ]


def test_options_stand_before_what_is_selected() -> None:
    """What limits a recording is named with it."""
    assert record_all(["files"], ["smoke"], options=["--all", "--max-requests", "9"]) == (
        "harness record --all --max-requests 9 files -t smoke"
    )
    assert record_command(case(), options=["--max-tokens", "9"]) == "harness record --max-tokens 9 area/name"


def run(root: Path, capsys: pytest.CaptureFixture[str], *words: str, command: str = "run") -> tuple[int, str]:
    """Return the exit code of a command in a project, and what it printed."""
    code = main([command, "--root", str(root), *words])
    printed = capsys.readouterr()
    return code, (printed.out + printed.err).replace(f"{root}/", "")


CHANGE = 'system prompt, section Conduct, word 3: "Do what is asked and ..." -> "Do what was asked and ..."'
PERSONA = """\
label: assistant
sections:
  Conduct: Do what is asked and no more.
"""


def recorded(root: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a project of two scenarios with a persona of its own, recorded under two roles."""
    write(small(root), conf__persona__assistant=PERSONA)
    assert run(root, capsys, "role=chat,files", command="record")[0] == 0
    return root


def test_cases_that_miss_for_one_reason_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed word is told once for all cases, with the one command that records them and what that costs."""
    write(recorded(tmp_path, capsys), conf__persona__assistant=PERSONA.replace("is asked", "was asked"))
    code, told = run(tmp_path, capsys, "role=chat,files")
    assert code == 2
    assert told.splitlines()[:3] == [
        f"4 cases: turn 1, round 1: {CHANGE}",
        "    files/denied@careful/chat+all, files/denied@careful/files+all, talk/hello@careful/chat+all and 1 more",
        "",
    ]
    assert (
        told.splitlines()[-1]
        == f"record the 4 cases, about 8 requests: harness record --root {tmp_path} role=chat,files"
    )
    guide = (Path(__file__).parents[1] / "cassettes/README.md").read_text("utf-8")
    assert re.sub(r"in [\d.]+ s", "in 0.1 s", told).replace(f"--root {tmp_path} ", "") in guide
    assert run(tmp_path, capsys, "role=chat,files", command="record")[0] == 0
    assert run(tmp_path, capsys, "role=chat,files")[0] == 0


def test_a_single_miss_stays_in_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One case that misses is told below its own line, with its own command."""
    recorded(tmp_path, capsys)
    (tmp_path / "cassettes/careful/files+all/talk/hello.yaml").unlink()
    code, told = run(tmp_path, capsys, "role=chat,files", "cassette.match=strict")
    assert code == 2
    assert f"    record it, about 1 request: harness record --root {tmp_path} talk/hello role=files\n" in told
    assert "record the" not in told


def test_allowed_drift_goes_on_and_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A kind of difference that is allowed marks the cases, lists it once, exits 0, and keeps the baseline as it is."""
    write(recorded(tmp_path, capsys), conf__persona__assistant=PERSONA.replace("is asked", "was asked"))
    code, told = run(tmp_path, capsys, "role=chat,files", "cassette.allow_drift=[system,tools]")
    assert code == 0
    assert told.count("passed, drifted") == 4
    assert told.count(f"4 cases drifted: turn 1, round 1: {CHANGE}\n") == 1
    assert "4 passed, 4 drifted" in told
    words = ["role=chat", "cassette.allow_drift=system"]
    code, told = run(tmp_path, capsys, *words, "--update-baseline")
    assert code == 2
    assert told.splitlines()[-1] == (
        "the baseline is not updated: 2 cases drifted from the recording, record first: "
        "files/denied@careful/chat+all, talk/hello@careful/chat+all"
    )
    assert not (tmp_path / "reports/baseline").exists()
    assert run(tmp_path, capsys, *words, command="record")[0] == 0
    code, told = run(tmp_path, capsys, *words, "--update-baseline")
    assert (code, told.splitlines()[-1]) == (0, "baseline in reports/baseline: 2 new")


def test_drift_of_other_kinds_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Allowing one kind of difference allows no other, neither strictly nor in sequence."""
    write(recorded(tmp_path, capsys), conf__persona__assistant=PERSONA.replace("is asked", "was asked"))
    assert run(tmp_path, capsys, "cassette.allow_drift=[tools,model]")[0] == 2
    assert run(tmp_path, capsys, "cassette.match=sequence", "cassette.allow_drift=[tools,model]")[0] == 2
    assert run(tmp_path, capsys, "cassette.match=sequence", "cassette.allow_drift=[system]")[0] == 0


def test_sequence_plays_to_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In sequence every recorded response is played, so that the findings show, and the case still is an error."""
    write(recorded(tmp_path, capsys), conf__persona__assistant=PERSONA.replace("is asked", "was asked"))
    strict = run(tmp_path, capsys, "files", "role=chat")
    sequence = run(tmp_path, capsys, "files", "role=chat", "cassette.match=sequence")
    assert (strict[0], sequence[0]) == (2, 2)
    assert [told.splitlines()[2].split()[1:] for _, told in (strict, sequence)] == [
        ["error,", "stale", "0", "0", "0"],
        ["error,", "stale", "3", "2", "1"],
    ]


def test_what_is_ignored_and_normalised_is_no_drift(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Paths and patterns of the settings take differences out of the comparison, and only there."""
    write(recorded(tmp_path, capsys), conf__persona__assistant=PERSONA.replace("is asked", "was asked"))
    before = {path: path.read_bytes() for path in (tmp_path / "cassettes").rglob("*.yaml")}
    pattern = "cassette.normalise=[{pattern: '(is|was) asked', to: asked}]"
    for rule in ("cassette.ignore=['$.messages[0].content']", pattern):
        code, told = run(tmp_path, capsys, "role=chat", rule)
        assert code == 0
        assert "drifted" not in told
    assert {path: path.read_bytes() for path in (tmp_path / "cassettes").rglob("*.yaml")} == before


def mended(root: Path, capsys: pytest.CaptureFixture[str], *words: str) -> set[str]:
    """Return the cassettes that the one command that a run prints writes, as a shell reads it; the run then replays."""
    told = run_as_is(root, capsys, "run", *words)
    (command,) = [
        line.partition(": harness ")[2] for line in told.splitlines() if re.match(r" *record (it|the)\b", line)
    ]
    before = {path: path.stat().st_mtime_ns for path in (root / "cassettes").rglob("*.yaml")}
    run_as_is(root, capsys, *as_a_shell_reads(command))
    assert "record" not in run_as_is(root, capsys, "run", *words)
    after = {path: path.stat().st_mtime_ns for path in (root / "cassettes").rglob("*.yaml")}
    return {str(path.relative_to(root / "cassettes")) for path, at in after.items() if before.get(path) != at}


def run_as_is(root: Path, capsys: pytest.CaptureFixture[str], command: str, *words: str) -> str:
    """Run a command in a project that is named where the words do not, and return what it printed."""
    main([command, *([] if "--root" in words else ["--root", str(root)]), *words])
    printed = capsys.readouterr()
    return printed.out + printed.err


@pytest.mark.parametrize(
    "words",
    [
        ("role=chat,files",),
        ("talk", "role=chat,files", "-t", "smoke", "--tag", "short"),
        ("files/*", "repeats=3"),
        ("talk/hello",),
        ("--quiet", "files", 'persona.sections.Conduct="it\'s \\"so\\", $HOME `x` \u202e!"', "cassette.match=sequence"),
        ("persona.sections.Conduct='a\u00a0b\u001b[31m'", "talk"),
        ("role=chat", "cassette.allow_drift=[tools]", "-j", "1"),
    ],
)
def test_the_printed_command_records_what_misses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """What a shell makes of the printed command records exactly the cases that the run could not replay."""
    root = recorded(tmp_path / "a project's", capsys)
    write(root, conf__persona__assistant=PERSONA.replace("is asked", "was asked"))
    told = run_as_is(root, capsys, "run", *words)
    assert "\x1b" not in told
    stored = max((root / "reports").glob("*/verdicts.jsonl"), key=lambda path: path.stat().st_mtime_ns)
    stale = [json.loads(line) for line in stored.read_text("utf-8").splitlines()]
    assert {one["status"] for one in stale} == {"error"}
    assert len(mended(root, capsys, *words)) == len(stale)


def test_rules_that_decide_what_matches_stay_in_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is ignored when a run is compared is ignored when it is decided what to record."""
    root = recorded(tmp_path, capsys)
    write(root, conf__persona__assistant=PERSONA.replace("is asked", "was asked"))
    (root / "cassettes/careful/chat+all/talk/hello.yaml").unlink()
    assert mended(root, capsys, "cassette.ignore=['$.messages[0].content']") == {"careful/chat+all/talk/hello.yaml"}


def test_drifted_and_partly_played_cases_are_counted_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command records the drifted and the partly played, too, and the line says how many those are."""
    root = recorded(tmp_path, capsys)
    write(root, conf__persona__assistant=PERSONA.replace("is asked", "was asked"))
    (root / "cassettes/careful/chat+all/talk/hello.yaml").unlink()
    told = run_as_is(root, capsys, "run", "role=chat,files", "cassette.allow_drift=[system]", "--quiet")
    assert "record the 4 cases (3 drifted), about 8 requests: harness record --root" in told
    assert told.count("passed, drifted") == 3
    assert len(mended(root, capsys, "role=chat,files", "cassette.allow_drift=[system]")) == 4


def test_no_key_is_told_stored_or_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that comes into a prompt is in no message, verdict or run folder of the case that misses or drifts."""
    root = recorded(tmp_path, capsys)
    key = "sk-abcdef-0123456789"
    monkeypatch.setenv("SOME_KEY", key)
    model = (Path(__file__).parents[1] / "conf/model/careful.yaml").read_text("utf-8")
    write(root, conf__model__careful=f"{model}\napi_key_env: SOME_KEY\n")
    overlay = f"label: chat\noverlay: The key is {key}.\n"
    write(root, conf__role__chat=overlay)
    for words in ([], ["cassette.allow_drift=[system]"], ["cassette.match=sequence"]):
        told = run_as_is(root, capsys, "run", "talk", *words)
        assert "section Role: chat" in told
        assert key not in told
        assert "***" in told
    stored = [path for path in (root / "reports").rglob("*") if path.name in ("traces.jsonl", "verdicts.jsonl")]
    assert len(stored) == 8
    assert all(key not in path.read_text("utf-8") for path in stored)


def test_a_case_in_sequence_says_first_why_it_parted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where requests differ and then are too many, the difference is told, and what followed is counted."""
    root = recorded(tmp_path, capsys)
    write(root, conf__persona__assistant=PERSONA.replace("is asked", "was asked"))
    path = root / "cassettes/careful/chat+all/files/denied.yaml"
    text = path.read_text("utf-8")
    path.write_text(text[: text.rindex("\n- request:") + 1], "utf-8")
    accept(path, root / "cassettes")
    told = run_as_is(root, capsys, "run", "files", "cassette.match=sequence")
    assert f"turn 1, round 1: {CHANGE} (and 1 further difference)\n" in told
    told = run_as_is(root, capsys, "run", "files", "cassette.allow_drift=[system]")
    assert "turn 1, round 3: the loop asks for more than the 2 requests that were recorded\n" in told
    assert "    record it, at least 3 requests: harness record" in told


def test_the_same_is_printed_however_many_cases_run_at_a_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One case at a time or eight: what is printed of misses and drift is the same but for the time."""
    root = recorded(tmp_path, capsys)
    write(root, conf__persona__assistant=PERSONA.replace("is asked", "was asked"))
    (root / "cassettes/careful/chat+all/talk/hello.yaml").unlink()
    for rule in ("strict", "sequence"):
        one, eight = (
            re.sub(
                r"in [\d.]+ s",
                "",
                run_as_is(root, capsys, "run", "role=chat,files", f"cassette.match={rule}", "-j", jobs),
            )
            for jobs in ("1", "8")
        )
        assert one == eight


def test_a_changed_result_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A tool's changed result is sent again in every later request of the turn, and is one difference."""
    root = recorded(tmp_path, capsys)
    scenario = root / "scenarios/files/denied.yaml"
    scenario.write_text(scenario.read_text("utf-8").replace("Second draft.", "Third draft."), "utf-8")
    told = run_as_is(root, capsys, "run", "files", "cassette.match=sequence")
    (line,) = [line for line in told.splitlines() if "the result of file_read" in line]
    assert line.endswith(
        'turn 1, round 2: the result of file_read (message 4), word 1: "Second draft." -> "Third draft."'
    )
    assert run(root, capsys, "files", "cassette.allow_drift=[results]")[0] == 0


def named(name: str) -> Case:
    """Return a case of a scenario of this name."""
    return case(scenario(path=Path(f"scenarios/{name}.yaml")), settings())


@EXAMPLES
@given(
    st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1)),
    st.integers(1, 3),
)
def test_the_record_command_survives_a_shell(values: list[str], repeats: int) -> None:
    """What a shell makes of the command are the scenario and the overrides as they were given."""
    overrides = [f"model.params.extra_body.note={value}" for value in values]
    words = as_a_shell_reads(record_command(case(under=settings(repeats=repeats), overrides=overrides)))
    assert words == ["harness", "record", "area/name", *overrides, *([f"repeats={repeats}"] if repeats > 1 else [])]


@pytest.mark.parametrize(
    ("overrides", "repeats", "command"),
    [
        ([], 1, "harness record area/name"),
        (["role=files", "model=hasty"], 1, "harness record area/name role=files model=hasty"),
        (["repeats=4", "role=files"], 4, "harness record area/name role=files repeats=4"),
        (["repeats=1"], 1, "harness record area/name"),
        (["role.overlay=Be brief."], 2, "harness record area/name 'role.overlay=Be brief.' repeats=2"),
    ],
)
def test_the_record_command_names_case_and_overrides(overrides: list[str], repeats: int, command: str) -> None:
    """The command that records a case selects its scenario and repeats its overrides, the number of repeats once."""
    assert record_command(case(under=settings(repeats=repeats), overrides=overrides)) == command


def test_the_record_command_quotes_the_scenario() -> None:
    """A scenario whose name a shell would read is quoted."""
    assert record_command(named("area/it's a $name")) == "harness record 'area/it'\"'\"'s a $name'"
