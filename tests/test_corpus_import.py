"""Recorded conversations of real models are imported, and replay as they were recorded."""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.errors import InputError
from harness.intake import Asking, Taken, take_in
from harness.root import Root
from harness.trace import Trace, calls_of
from tests import corpus

pytestmark = pytest.mark.slow

Record = dict[str, Any]


def project(folder: Path) -> Path:
    """Make an empty project and return its folder."""
    (folder / "scenarios").mkdir(parents=True)
    return folder


def lines(path: Path, records: Iterable[Any]) -> Path:
    """Write records as lines of JSON, and return where."""
    path.write_text("".join(f"{json.dumps(one)}\n" for one in records), "utf-8")
    return path


def replayed(root: Path, *words: str) -> dict[str, Trace]:
    """Replay a project's scenarios and return their traces by the scenarios' ids; all pass."""
    assert main(["run", "--root", str(root), "--quiet", *words]) == 0
    (run,) = [path for path in (root / "reports").iterdir() if path.is_dir()]
    traces = [Trace.model_validate_json(line) for line in (run / "traces.jsonl").read_text("utf-8").splitlines()]
    return {trace.scenario: trace for trace in traces}


def imported(root: Path, *paths: Path, name: str | None = None) -> Taken:
    """Import files into a project."""
    return take_in(Root(root), Asking(paths, name), sys.stderr)


def recorded(record: Record) -> list[Record]:
    """Return the messages of a recorded loop."""
    messages = [*record["context"], *([record["user"]] if record["user"] else [])]
    for body in record["turns"]:
        message = body["choices"][0]["message"]
        messages.append(message)
        for call in message.get("tool_calls") or ():
            told = {"role": "tool", "tool_call_id": call["id"], "content": record["tool_results"][call["id"]]}
            messages.append(told)
    return messages


def exchanges(record: Record) -> Record:
    """Return a recorded loop as a cassette of vcrpy's."""
    messages, interactions = recorded(record), []
    replies = [at for at, one in enumerate(messages) if one["role"] == "assistant"][-len(record["turns"]) :]
    for at, body in zip(replies, record["turns"], strict=True):
        sent = json.dumps({"model": record["model"], "messages": messages[:at]})
        request = {"method": "POST", "uri": "https://models.example/v1/chat/completions", "body": sent, "headers": {}}
        response = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": json.dumps(body)}}
        interactions.append({"request": request, "response": response})
    return {"id": record["id"], "interactions": interactions}


def check_last(record: Record, trace: Trace) -> None:
    """Hold the last turn of a trace against what was recorded of a loop."""
    expect, turn = record["expect"], trace.turns[-1]
    calls = [[call.name, call.raw_arguments] for call in calls_of([turn])]
    wanted = {"calls": expect["calls"], "rounds": expect["rounds"], "final": expect["final"]}
    assert {"calls": calls, "rounds": len(turn.rounds), "final": turn.response} == wanted


@pytest.mark.parametrize("form", ["cassettes", "transcripts"])
def test_all_recorded_loops(tmp_path: Path, form: str) -> None:
    """Each of 139 loops makes the same calls with the same argument texts, in as many rounds, to the same text."""
    records = corpus.lines("loops.jsonl")
    written = (
        [exchanges(one) for one in records]
        if form == "cassettes"
        else [{"id": one["id"], "model": one["model"] or "", "messages": recorded(one)} for one in records]
    )
    root = project(tmp_path / "project")
    taken = imported(root, lines(tmp_path / "loops.jsonl", written))
    assert (len(taken.items), taken.left) == (139, ())
    traces = replayed(root)
    for record in records:
        check_last(record, traces[f"loops/{record['id']}"])


COMPLETE = (
    "Arize-ai__openinference__agent_run",
    "Arize-ai__openinference__agent_with_failing_tool",
    "Arize-ai__openinference__agent_with_mixed_tools",
    *(
        f"open-telemetry__opentelemetry-python-contrib__test_{kind}chat_completion_tool_calls_{content}_content"
        for kind in ("async_", "")
        for content in ("no", "with")
    ),
)


@pytest.mark.parametrize("name", COMPLETE)
def test_the_complete_loops_of_cassettes(tmp_path: Path, name: str) -> None:
    """A cassette of another application that holds a whole loop replays its calls and its text."""
    path = corpus._folder() / "vcrpy" / f"{name}.yaml"
    root = project(tmp_path / "project")
    taken = imported(root, path, name="loop")
    assert (len(taken.items), taken.left) == (1, ())
    (trace,) = replayed(root).values()
    bodies = re.findall(r'"arguments": "((?:[^"\\]|\\.)*)"', path.read_text("utf-8"))
    assert trace.counts.calls > 0
    assert trace.stop == "final"
    assert len(trace.turns) == 1
    assert bodies or trace.counts.rounds == 2


def final(messages: Sequence[Record]) -> list[str]:
    """Return the texts that end the turns of a transcript, in order."""
    following = zip(messages, [*messages[1:], {"role": "user"}], strict=True)
    ends = [one for one, after in following if one["role"] == "assistant" and after["role"] == "user"]
    return [one["content"] for one in ends if not one.get("tool_calls")]


def check_transcript(messages: Sequence[Record], trace: Trace, *, whole: bool) -> None:
    """Hold a trace against the transcript that it was imported from, up to the last turn that is whole."""
    first = next(at for at, one in enumerate(messages) if one["role"] == "user")
    asked = [one for one in messages[first:] if one["role"] == "assistant"]
    calls = [(c["function"]["name"], c["function"]["arguments"]) for one in asked for c in one.get("tool_calls") or ()]
    came = [(call.name, call.raw_arguments) for call in calls_of(trace.turns)]
    texts = [turn.response for turn in trace.turns]
    assert came == (calls if whole else calls[: len(came)])
    assert texts == (final(messages[first:]) if whole else final(messages[first:])[: len(texts)])
    assert sum(len(turn.rounds) for turn in trace.turns) == (len(asked) if whole else trace.counts.rounds)


def test_airline_runs(tmp_path: Path) -> None:
    """Of 200 runs 149 replay whole; 51 end with a call's result, and replay up to that turn."""
    runs = corpus.document("tau-bench/gpt-4o-airline.json")
    records = [{"id": f"{one['task_id']}-{one['trial']}", "model": "gpt-4o", "messages": one["traj"]} for one in runs]
    root = project(tmp_path / "project")
    taken = imported(root, lines(tmp_path / "airline.jsonl", records))
    reasons = Counter(line.partition(": turn ")[2].partition(": ")[2] for line in taken.left)
    assert (len(taken.items), reasons) == (200, {"it ends with the results of calls, and no final text": 51})
    cut_off = {int(line.split(":")[1]) - 1 for line in taken.left}
    traces = replayed(root)
    for at, record in enumerate(records):
        name = f"airline/{record['id'].replace('-', '_')}"
        check_transcript(record["messages"], traces[name], whole=at not in cut_off)


def test_the_fine_tuning_file(tmp_path: Path) -> None:
    """All 24 conversations with their tools replay whole."""
    records = corpus.lines("tau2-bench/sft-openai-test.jsonl")
    root = project(tmp_path / "project")
    taken = imported(root, lines(tmp_path / "sft.jsonl", records))
    assert (len(taken.items), taken.left) == (24, ())
    traces = replayed(root)
    for at, record in enumerate(records, 1):
        trace = traces[f"sft/{at:02}"]
        check_transcript(record["messages"], trace, whole=True)
        assert sorted(trace.turns[0].offered) == sorted(tool["function"]["name"] for tool in record["tools"])


@pytest.mark.parametrize(
    "name", ["hard.jsonl", "id_reuse.jsonl", "wire.jsonl", *(f"agentdojo/{n}" for n in ("a", "b"))]
)
def test_nothing_breaks_the_import(tmp_path: Path, name: str) -> None:
    """Whatever was recorded is imported or told with why, and what is imported replays."""
    if name.startswith("agentdojo"):
        every = sorted((corpus._folder() / "agentdojo").glob("*.jsonl"))
        name = f"agentdojo/{every[0 if name.endswith('a') else -1].name}"
    root = project(tmp_path / "project")
    records = corpus.lines(name)
    path = lines(
        tmp_path / "odd.jsonl",
        [one if "interactions" in one else {"messages": one.get("messages") or [one.get("user")]} for one in records],
    )
    taken: Taken | None = None
    left: Sequence[str]
    try:
        taken = imported(root, path)
        left = taken.left
    except InputError as error:
        left = error.problems
    assert [line for line in left if not re.match(r".*odd\.jsonl:\d+:\d+: ", line)] == []
    if taken is None:
        assert list(root.rglob("*.yaml")) == []
        return
    assert len(replayed(root)) == len(taken.items)
