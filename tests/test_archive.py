"""A run is stored in a folder of its own, whole, without secrets, and its traces are found again."""

import json
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from harness.archive import RunFolder, begin, find, runs
from harness.case import Case
from harness.check import Verdict
from harness.completion import AskedCall
from harness.ending import ending
from harness.errors import InputError
from harness.finding import Finding
from harness.journal import Journal
from harness.lines import line_of, read_lines
from harness.model import Model, Params
from harness.outcome import Outcome
from harness.settings import Persona
from harness.trace import Trace
from tests.build import CASE, EXAMPLES, act, call, case, ended, finish, outcome, scenario, settings, trace, turn

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def passed(of: str) -> Verdict:
    """Return the verdict of a case that passed."""
    return Verdict(case=of, place="s.yaml:1:1", status="passed", findings=(), error=None)


def of(case_id: str) -> Outcome:
    """Return what came of the case of this id."""
    name, _, rest = case_id.partition("@")
    model, _, variant = rest.partition("/")
    variant, _, repeat = variant.partition("~")
    one = case(
        scenario(path=Path(f"scenarios/{name}.yaml")),
        settings(Model(label=model, type="scripted"), variant=variant),
        repeat=int(repeat or 1),
    )
    return outcome(trace(turn(response=f"I am {case_id}."), case_id=case_id, repeat=int(repeat or 1)), one)


def store(reports: Path, ids: Iterable[str], now: datetime = NOON) -> RunFolder:
    """Store a finished run of the cases of these ids."""
    outcomes = [of(case_id) for case_id in ids]
    folder = begin(reports, [one.case for one in outcomes], now)
    finish(folder, outcomes, [passed(one.case.id) for one in outcomes])
    return folder


def contents(folder: Path) -> dict[str, str]:
    """Return the texts of a folder's files by name."""
    return {path.name: path.read_text("utf-8") for path in folder.iterdir()}


def day(number: int) -> datetime:
    """Return noon of a day in March."""
    return NOON.replace(day=number)


# Folders


def test_a_folder_is_named_by_time_and_plan(tmp_path: Path) -> None:
    """The name is the time in UTC and eight digits for the plan, which are the same for the same plan."""
    names = [begin(tmp_path, [case()], day(number)).path.name for number in (1, 2)]
    other = begin(tmp_path, [case(), case(repeat=2)], NOON).path.name
    assert [re.sub(r"-[0-9a-f]{8}$", "-*", name) for name in [*names, other]] == [
        "20260301T120000Z-*",
        "20260302T120000Z-*",
        "20260301T120000Z-*",
    ]
    assert names[0][-8:] == names[1][-8:]
    assert other[-8:] != names[0][-8:]


def test_the_name_tells_settings_apart(tmp_path: Path) -> None:
    """Another setting makes another digest, also where the cases' ids are equal."""
    cases = [case(under=settings(persona=Persona(label="plain", sections={"tone": tone}))) for tone in ("warm", "cold")]
    assert len({begin(tmp_path, [one], NOON).path.name for one in cases}) == 2


def test_runs_of_one_second_are_numbered(tmp_path: Path) -> None:
    """A run never writes into the folder of another, though time and plan be equal."""
    paths = [begin(tmp_path, [case()], NOON).path for _ in range(3)]
    name = paths[0].name
    assert [path.name for path in paths] == [name, f"{name}-2", f"{name}-3"]
    assert all((path / "settings.yaml").is_file() for path in paths)


def test_runs_of_one_second_are_told_apart_by_their_end(tmp_path: Path) -> None:
    """Of runs of different plans in one second the one that ended last is the newest."""
    for ids in ([A], [B], [A, B]):
        paths = [store(tmp_path, some).path for some in ([A], [B], ids)]
        for place, path in enumerate(paths):
            os.utime(path / "traces.jsonl", ns=(place, place))
        assert [path for path in runs(tmp_path) if path in paths] == paths[::-1]


def test_the_folder_of_reports_is_made(tmp_path: Path) -> None:
    """The folder above is made where it is not there yet."""
    folder = begin(tmp_path / "deep" / "reports", [case()], NOON)
    assert folder.path.parent == tmp_path / "deep" / "reports"


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    """Where the folder cannot be made, an error names it."""
    (tmp_path / "reports").write_text("no folder", "utf-8")
    with pytest.raises(InputError, match=re.escape(str(tmp_path / "reports"))):
        begin(tmp_path / "reports", [case()], NOON)


# Files


def test_a_running_run_keeps_a_journal(tmp_path: Path) -> None:
    """Each case that ends is in the journal, in the order in which they end, and the run is not finished."""
    outcomes = [of("area/a@careful/chat+all"), of("area/b@careful/chat+all")]
    folder = begin(tmp_path, [one.case for one in outcomes], NOON)
    assert sorted(contents(folder.path)) == ["agenda.json", "settings.yaml"]
    kept = ended(*outcomes)
    for place in (1, 0):
        folder.note(place, line_of(outcomes[place].trace), kept[place])
    assert sorted(contents(folder.path)) == ["agenda.json", "journal.jsonl", "settings.yaml"]
    noted = Journal(folder.path).taken_up()
    assert [one.trace for one in noted] == [one.trace for one in reversed(outcomes)]
    assert [one.end.verdict for one in noted] == [one.verdict for one in reversed(kept)]
    assert runs(tmp_path) == []


REPLAY = '{"state": null, "cassette": null, "unplayed": 0, "kept": 0, "drift": [], "reason": null, "further": 0}'


def test_a_finished_run_has_whole_files(tmp_path: Path) -> None:
    """Traces, verdicts and timings are written in the order of the plan, and the journal is gone."""
    outcomes = [of("area/b@careful/chat+all"), of("area/a@careful/chat+all")]
    found = Finding(place="scenarios/area/a.yaml:1:1", what="rounds", expected="ü", got="2")
    verdicts = [
        passed(outcomes[0].case.id),
        Verdict(case=outcomes[1].case.id, place="s.yaml:1:1", status="failed", findings=(found,), error=None),
    ]
    folder = begin(tmp_path, [one.case for one in outcomes], NOON)
    endings = [ending(one, verdict) for one, verdict in zip(outcomes, verdicts, strict=True)]
    for place in (1, 0):
        folder.note(place, endings[place].line, endings[place].ended)
    folder.finish([one.ended for one in endings])
    files = contents(folder.path)
    assert sorted(files) == ["agenda.json", "settings.yaml", "timings.jsonl", "traces.jsonl", "verdicts.jsonl"]
    assert files["traces.jsonl"] == "".join(
        json.dumps(one.trace.model_dump(mode="json"), ensure_ascii=False) + "\n" for one in outcomes
    )
    assert files["verdicts.jsonl"] == (
        '{"case": "area/b@careful/chat+all", "place": "s.yaml:1:1", "status": "passed", "findings": [], '
        f'"error": null, "notes": [], "scores": null, "replay": {REPLAY}}}\n'
        '{"case": "area/a@careful/chat+all", "place": "s.yaml:1:1", "status": "failed", "findings": '
        '[{"place": "scenarios/area/a.yaml:1:1", "what": "rounds", "expected": "ü", "got": "2", "known": null}], '
        f'"error": null, "notes": [], "scores": null, "replay": {REPLAY}}}\n'
    )
    assert files["timings.jsonl"] == (
        '{"case": "area/b@careful/chat+all", "seconds": 0.25}\n{"case": "area/a@careful/chat+all", "seconds": 0.25}\n'
    )
    assert runs(tmp_path) == [folder.path]


def test_a_run_need_not_have_a_journal(tmp_path: Path) -> None:
    """A run of no cases finishes with empty files."""
    folder = begin(tmp_path, [], NOON)
    folder.finish([])
    files = contents(folder.path)
    assert {name: files[name] for name in files if name.endswith(".jsonl")} == {
        "timings.jsonl": "",
        "traces.jsonl": "",
        "verdicts.jsonl": "",
    }


def test_two_runs_of_the_same_give_the_same_bytes(tmp_path: Path) -> None:
    """Nothing but the folder's name and the agenda know when a run was, or in which order its cases ended."""
    ids = ["area/a@careful/chat+all", "area/b@careful/chat+all"]
    folders = [store(tmp_path, ids, now) for now in (day(1), day(2))]
    one, other = (contents(folder.path) for folder in folders)
    assert one.pop("agenda.json").replace("2026-03-01", "2026-03-02") == other.pop("agenda.json")
    assert one == other


ODD = st.text(st.sampled_from('a"\\\n\r\t\x00\x7f\x85\u2028\ud800\U0001f642é'), max_size=12)


@EXAMPLES
@given(ODD, ODD)
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, said: str, raw: str) -> None:
    """Control characters, line separators and lone surrogates survive the journal and the file of traces."""
    tmp_path = tmp_path_factory.mktemp("run")
    came = trace(turn(act(call("file_read", None, raw=raw, result=said)), response=said))
    folder = begin(tmp_path, [case()], NOON)
    kept = ending(outcome(came), passed(CASE))
    folder.note(0, kept.line, kept.ended)
    assert [one.trace for one in Journal(folder.path).taken_up()] == [came]
    folder.finish([kept.ended])
    assert list(folder.traces) == [came]
    assert find(tmp_path, CASE) == came


@pytest.mark.parametrize("depth", [50, 200, 300, 900])
def test_deep_arguments_are_stored(tmp_path: Path, depth: int) -> None:
    """Arguments nested as deep as a model likes, and read as the loop reads them, end no run."""
    raw = '{"a":' * depth + "1" + "}" * depth
    came = trace(turn(act(call("file_read", AskedCall("", "file_read", raw).parsed(), raw=raw))))
    folder = begin(tmp_path, [case()], NOON)
    finish(folder, [outcome(came)], [passed(CASE)])
    assert find(tmp_path, CASE) == came


# Settings


SECRETS = ("hunter2hunter2", "sk-header-0123456789", "query-0123456789", "fragment-0123456789", "someone")
HIDING = Model(
    label="careful",
    api_url="https://someone:hunter2hunter2@models.example:8443/v1?key=query-0123456789#fragment-0123456789",
    api_key_env="MODEL_KEY",
    model_name="m-1",
    headers={"X-Api-Key": SecretStr("sk-header-0123456789"), "Authorization": SecretStr("Bearer sk-header-0123456789")},
    params=Params(temperature=0.5, extra_body={"top_k": 3}),
)


def documents(folder: Path) -> Any:
    """Return the settings that a run stored."""
    return yaml.safe_load((folder / "settings.yaml").read_text("utf-8"))


def test_settings_hold_no_secret(tmp_path: Path) -> None:
    """Of headers only the names are stored, of an address neither user, password, query nor fragment."""
    folder = begin(tmp_path, [case(under=settings(HIDING))], NOON)
    text = (folder.path / "settings.yaml").read_text("utf-8")
    assert [secret for secret in SECRETS if secret in text] == []
    assert documents(folder.path)["careful/chat+all"]["model"] == {
        "label": "careful",
        "type": "openai",
        "host_type": "openwebui",
        "api_url": "https://models.example:8443/v1",
        "api_key_env": "MODEL_KEY",
        "model_name": "m-1",
        "params": {"temperature": 0.5, "top_p": None, "seed": None, "max_tokens": None, "extra_body": {"top_k": 3}},
        "timeout": 120.0,
        "max_retries": 2,
        "echo": [],
        "headers": {"X-Api-Key": "***", "Authorization": "***"},
    }


def test_a_finished_run_holds_no_secret(tmp_path: Path) -> None:
    """No file of a run holds what the model's settings keep secret."""
    one = case(under=settings(HIDING))
    folder = begin(tmp_path, [one], NOON)
    finish(folder, [outcome(trace(turn()), one)], [passed(CASE)])
    texts = contents(folder.path).values()
    assert [secret for secret in SECRETS for text in texts if secret in text] == []


def test_settings_are_stored_once_for_each_variant(tmp_path: Path) -> None:
    """Scenarios and repeats share their settings, and the settings are stored in the order of the plan."""
    hasty, wide = Model(label="hasty", type="scripted"), settings(variant="files+all")
    cases: list[Case] = [
        case(under=wide),
        case(under=settings(hasty)),
        case(scenario(path=Path("scenarios/area/other.yaml")), wide),
        case(under=settings(), repeat=2),
    ]
    stored = documents(begin(tmp_path, cases, NOON).path)
    assert list(stored) == ["careful/files+all", "hasty/chat+all", "careful/chat+all"]
    assert [list(one) for one in stored.values()] == [
        [
            "model",
            "persona",
            "catalogue",
            "tools",
            "role",
            "loop",
            "registry",
            "cassette",
            "compare",
            "repeats",
            "variant",
        ]
    ] * 3


# Finding


A, A2, B = "area/a@careful/chat+all", "area/a@careful/chat+all~2", "area/b@careful/chat+all"


def said(found: Trace) -> str | None:
    """Return the response of a trace, which names its case."""
    return found.turns[-1].response


@pytest.mark.parametrize("word", [A, "area/a", "area/a@", "/a@careful"])
def test_a_case_is_found_by_its_id_or_a_part(tmp_path: Path, word: str) -> None:
    """The whole id finds a case, and so does a part that only one case has."""
    store(tmp_path, [A, B])
    assert said(find(tmp_path, word)) == f"I am {A}."


def test_the_whole_id_is_not_taken_for_a_part(tmp_path: Path) -> None:
    """An id that is the beginning of another's finds its own case."""
    store(tmp_path, [A2, A])
    assert [said(find(tmp_path, word)) for word in (A, A2)] == [f"I am {A}.", f"I am {A2}."]


def test_the_newest_run_that_has_a_case_is_taken(tmp_path: Path) -> None:
    """Runs are looked through from the newest to the oldest."""
    for number, ids in ((1, [A, B]), (2, [A]), (3, [B])):
        store(tmp_path, ids, day(number))
    newest = runs(tmp_path)
    assert [path.name[:8] for path in newest] == ["20260303", "20260302", "20260301"]
    traces = [{one.case: one for one in read_lines(path / "traces.jsonl", Trace)} for path in newest]
    assert (find(tmp_path, A), find(tmp_path, "b@")) == (traces[1][A], traces[0][B])


def test_the_whole_id_wins_over_a_part_in_a_newer_run(tmp_path: Path) -> None:
    """A case that is named by its whole id is not mistaken for another whose id only contains it."""
    store(tmp_path, [A], day(1))
    store(tmp_path, [A2], day(2))
    assert said(find(tmp_path, A)) == f"I am {A}."


def test_a_newer_run_with_many_hides_no_whole_id(tmp_path: Path) -> None:
    """A case that is named by its whole id is found though several ids of a newer run contain it."""
    store(tmp_path, [A], day(1))
    store(tmp_path, [A2, f"{A}~3"], day(2))
    assert said(find(tmp_path, A)) == f"I am {A}."


def test_a_part_of_several_ids_is_ambiguous(tmp_path: Path) -> None:
    """A part that several cases have is refused, with their ids to choose from."""
    folder = store(tmp_path, [A, A2, B])
    with pytest.raises(InputError) as caught:
        find(tmp_path, "area")
    assert str(caught.value) == (f"'area' fits 3 cases of {folder.path}; name one of them:\n  {A}\n  {A2}\n  {B}")


def test_an_unknown_case_is_refused(tmp_path: Path) -> None:
    """A case that no run has is refused, with how many runs were looked through."""
    store(tmp_path, [A], day(1))
    store(tmp_path, [B], day(2))
    with pytest.raises(InputError) as caught:
        find(tmp_path, "area/c")
    assert str(caught.value) == f"no case 'area/c' in the 2 runs in {tmp_path}"


def test_without_runs_nothing_is_found(tmp_path: Path) -> None:
    """Where no run is finished, the message says what makes one."""
    begin(tmp_path, [case()], NOON)
    with pytest.raises(InputError) as caught:
        find(tmp_path, A)
    assert str(caught.value) == f"{tmp_path}: no run is stored; 'harness run' makes one"


def test_a_run_may_be_given_by_name_or_path(tmp_path: Path) -> None:
    """A run that is named is the only one that is looked through."""
    old, new = store(tmp_path, [A, B], day(1)), store(tmp_path, [B], day(2))
    assert [said(find(tmp_path, A, run)) for run in (old.path.name, str(old.path))] == [f"I am {A}."] * 2
    with pytest.raises(InputError) as caught:
        find(tmp_path, A, new.path.name)
    assert str(caught.value) == f"no case '{A}' in {new.path}"


def test_an_unknown_run_is_refused(tmp_path: Path) -> None:
    """A run that is not stored is refused, with the names of the newest."""
    names = [store(tmp_path, [A], day(number)).path.name for number in range(1, 5)]
    with pytest.raises(InputError) as caught:
        find(tmp_path, A, "yesterday")
    assert str(caught.value) == (f"'yesterday' is no stored run; the newest are {names[3]}, {names[2]}, {names[1]}")


def test_an_unknown_run_where_none_is_stored(tmp_path: Path) -> None:
    """Where no run is stored, the message about an unknown one names none."""
    with pytest.raises(InputError, match=r"^'yesterday' is no stored run$"):
        find(tmp_path, A, "yesterday")


def test_many_runs_of_one_second_stay_in_order(tmp_path: Path) -> None:
    """Of twelve runs of one second the last is the newest."""
    paths = [store(tmp_path, [A]).path for _ in range(12)]
    assert runs(tmp_path) == paths[::-1]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "not a trace: "),
        ("", "not a trace: "),
        ("null", "not a trace: "),
        ("[]", "not a trace: "),
        ("{}", "not a trace: case: "),
        ("[" * 100_000, "not a trace: "),
        ("\ufffd", "not a trace: "),
    ],
)
@pytest.mark.parametrize("position", [1, 2, 3])
def test_a_broken_line_is_named(tmp_path: Path, line: str, what: str, position: int) -> None:
    """A file of traces with a line that is none is an error with the line, never a case that is not found."""
    path = store(tmp_path, [A, B]).path / "traces.jsonl"
    lines = path.read_text("utf-8").splitlines()
    lines.insert(position - 1, line)
    path.write_text("\n".join(lines) + "\n", "utf-8")
    with pytest.raises(InputError) as caught:
        find(tmp_path, A)
    assert str(caught.value).startswith(f"{path}:{position}:1: {what}")


def test_a_broken_value_is_named(tmp_path: Path) -> None:
    """A trace with a value that cannot be is an error with the way to it."""
    path = store(tmp_path, [A]).path / "traces.jsonl"
    path.write_text(path.read_text("utf-8").replace('"kind": "act"', '"kind": "rest"'), "utf-8")
    with pytest.raises(InputError) as caught:
        find(tmp_path, A)
    assert str(caught.value) == (f"{path}:1:1: not a trace: turns[0].rounds[0].kind: Input should be 'act' or 'notice'")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """A file of traces that is not UTF-8 is an error with its path."""
    path = store(tmp_path, [A]).path / "traces.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=rf"^{re.escape(str(path))}:1:1: "):
        find(tmp_path, A)
