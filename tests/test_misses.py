"""Cases that miss or drift for one reason, and the command and the cost of recording them."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.cassette import Drifted
from harness.check import Verdict, judge
from harness.cli import main
from harness.drift import Drift
from harness.misses import Shared, cost, drift, record_all, shared, unrecorded
from harness.runner import Outcome
from harness.trace import Failure
from tests.build import case, outcome, scenario, trace, turn
from tests.project import small, write

STALE = Drifted("turn 1, round 1", Drift("system", 'system prompt, section Conduct, word 3: "is" -> "was"'))
OTHER = Drifted("turn 1, round 2", Drift("results", 'the result of file_read (message 4), word 1: "a" -> "b"'))


def missed(name: str, kind: str, *seen: Drifted, recorded: int | None = None) -> Outcome:
    """Return a case of a scenario of one turn that could not be replayed."""
    one = case(scenario(path=Path(f"scenarios/area/{name}.yaml")))
    came = trace(turn(stop="error"), error=Failure(kind=kind, message=f"{name}: it misses"), case_id=one.id)
    return outcome(came, one, recorded=recorded, drifted=seen)


def judged(outcomes: Sequence[Outcome]) -> list[Verdict]:
    """Return the verdicts on what came of cases."""
    return [judge(one.trace, one.case.scenario, drift=list(map(str, one.drifted))) for one in outcomes]


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
    ]
    ids = [one.case.id for one in outcomes]
    assert shared(outcomes, judged(outcomes)) == [
        Shared(str(STALE), (ids[0], ids[2])),
        Shared("nothing is recorded", (ids[1], ids[6])),
    ]
    assert [one.case.id for one in unrecorded(outcomes, judged(outcomes))] == ids[:7]


def test_drift_that_cases_share() -> None:
    """Cases that were judged although they drifted share their first difference."""
    came = [
        outcome(trace(turn()), drifted=[STALE, OTHER]),
        outcome(trace(turn()), drifted=[STALE]),
        outcome(trace(turn())),
    ]
    assert shared(came, judged(came), drift) == [Shared(str(STALE), (came[0].case.id,) * 2)]


def test_what_recording_costs() -> None:
    """A case costs what is recorded of it, else what the longest other case of its scenario has, else one a turn."""
    read, unknown, longer = (
        missed("a", "stale", STALE, recorded=3),
        missed("b", "missing"),
        missed("b", "stale", recorded=7),
    )
    assert cost([read], [read, unknown]) == "about 3 requests"
    assert cost([read, unknown], [read, unknown]) == "at least 4 requests"
    assert cost([read, unknown], [read, unknown, longer]) == "about 10 requests"


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
    assert told.splitlines()[-1] == "record the 4 cases, about 8 requests: harness record role=chat,files"
    guide = (Path(__file__).parents[1] / "cassettes/README.md").read_text("utf-8")
    assert re.sub(r"in [\d.]+ s", "in 0.1 s", told) in guide
    assert run(tmp_path, capsys, "role=chat,files", command="record")[0] == 0
    assert run(tmp_path, capsys, "role=chat,files")[0] == 0


def test_a_single_miss_stays_in_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One case that misses is told below its own line, with its own command."""
    recorded(tmp_path, capsys)
    (tmp_path / "cassettes/careful/files+all/talk/hello.yaml").unlink()
    code, told = run(tmp_path, capsys, "role=chat,files", "cassette.match=strict")
    assert code == 2
    assert "    record it: harness record talk/hello role=files\n" in told
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
        ["error", "0", "0", "0"],
        ["error", "3", "2", "1"],
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
