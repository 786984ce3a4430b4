"""An endpoint that misbehaves ends its own cases with one clear line and in time, and no others."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.cli import main
from harness.lines import read_lines
from harness.report import Report
from harness.trace import Trace
from tests.misbehaving import FAULTS, HELLO, Answering, Misbehaving, Peer, always, answer, head, misbehaving
from tests.project import HELLO as SCENARIO
from tests.project import write
from tests.wire import calls

KEY, HEADER, PASSWORD = "sk-planted-key-0123456789", "planted-header-value-7", "planted-password-7"
BAD = """\
label: bad
host_type: other
api_url: {url}/v1
api_key_env: BAD_KEY
model_name: m
timeout: {timeout}
max_retries: {retries}
headers: {{x-team: "{header}"}}
"""
GOOD = "label: good\nhost_type: other\napi_url: {url}/v1\nmodel_name: m\n"
SCENARIOS = ("talk/one", "talk/two")
PATIENT = 20.0
"""Seconds for an endpoint that answers, on a busy machine, too."""
HASTY = 0.6
"""Seconds for an endpoint that does not."""
BUSY = 6.0
"""How many seconds more a case may take on a busy machine."""


class Told(NamedTuple):
    """What is told of a fault."""

    message: str
    """A pattern, in which the address is `{url}`."""
    timeout: float = PATIENT
    retries: int = 0
    waits: float = 0.0
    """How many seconds pass between tries."""
    tries: int = 1
    """How often each case asks, where the endpoint reads what it is asked."""


NO_ANSWER = Told(r"no whole answer within 0\.6 s from {url} \(model\.timeout=N waits longer\)", HASTY)
BROKE = "the connection with {url} broke before a whole answer came: "
PAGE = "the endpoint's answer is a web page, not JSON; is api_url right\\? "
TOLD: Mapping[str, Told] = {
    "never reads": Told(NO_ANSWER.message, HASTY, tries=0),
    "never answers": Told(
        r"no whole answer within 0\.6 s from {url}, tried 2 times \(model\.timeout=N waits longer\)", HASTY, 1, 0.5, 2
    ),
    "hangs in the status": NO_ANSWER,
    "hangs in the headers": NO_ANSWER,
    "hangs after the headers": NO_ANSWER,
    "hangs in the body": NO_ANSWER,
    "drips headers": NO_ANSWER,
    "drips the body": NO_ANSWER,
    "drips blanks": NO_ANSWER,
    "continues for ever": NO_ANSWER,
    "resets at once": Told(r"(no connection with {url}|the connection with {url} broke .*): .+", tries=0),
    "resets after the request": Told(f"{BROKE}Connection reset by peer"),
    "resets in the headers": Told(f"{BROKE}Connection reset by peer"),
    "resets in the body": Told(f"{BROKE}Connection reset by peer"),
    "closes at once": Told(f"{BROKE}.+", tries=0),
    "closes after the request": Told(f"{BROKE}Server disconnected without sending a response."),
    "closes in the headers": Told(f"{BROKE}Server disconnected without sending a response."),
    "closes in the body": Told(rf"{BROKE}peer closed connection .*\(received 92 bytes, expected 184\)"),
    "closes in a chunk": Told(rf"{BROKE}peer closed connection .*\(incomplete chunked read\)"),
    "closes between chunks": Told(rf"{BROKE}peer closed connection .*\(incomplete chunked read\)"),
    "sends no chunks": Told(f"{BROKE}.+"),
    "closes before the end": Told(r'the endpoint\'s answer is not JSON: \{{"id": "chatcmpl-1", .*"choices": \[\{{"'),
    "speaks SSH": Told(NO_ANSWER.message, HASTY),
    "speaks TLS": Told(f"{BROKE}illegal request line"),
    "HTML under 200": Told(f"{PAGE}<!doctype html><html><body>Welcome</body></html>"),
    "HTML under 502": Told(r"HTTP 502: <html><h1>Bad gateway</h1><pre>POST /v1/chat/completions .* more characters\)"),
    "nothing under 200": Told("the endpoint's answer is empty"),
    "nothing under 204": Told("the endpoint's answer is empty"),
    "429": Told(r"HTTP 429: Slow down\.", retries=1, waits=4, tries=2),
    "429 for a second": Told(r"HTTP 429: Slow down\.", retries=1, waits=4, tries=2),
    "429 for an hour": Told(
        r"HTTP 429(: Slow down\.| from .*, which names 3,600 s: nothing more is asked of it)", retries=1
    ),
    "503": Told(r"HTTP 503: Overloaded\.", retries=1, waits=0.5, tries=2),
    "an error under 200": Told(r"The model is not loaded\."),
    "no choices": Told(r'the endpoint\'s answer holds no choices: \{{"choices": \[\]\}}'),
    "null": Told("the endpoint's answer is not a chat completion: null"),
    "a list": Told(r"the endpoint's answer is not a chat completion: \[1, 2\]"),
    "not UTF-8": Told('the endpoint\'s answer is not JSON: .*"\ufffd+".*'),
    "50 MB": Told(r"the endpoint's answer is not JSON: a{{200}}\.\.\. \(52428600 more characters\)"),
    "no gzip": Told("the answer from {url} is not packed as it says: .*incorrect header check"),
    "half of gzip": Told("the endpoint's answer is not JSON: .+"),
    "redirects in a circle": Told(r"{url} redirects for ever; is it the endpoint's address\?", tries=21),
    "redirects elsewhere": Told(f"{PAGE}<html>Log in</html>", tries=2),
    "a stream": Told(r"the endpoint's answer is not JSON: data: \{{\}} data: \[DONE\]"),
}
"""What is told of each fault, by its name."""


@pytest.fixture(scope="module")
def good() -> Iterator[Misbehaving]:
    """Serve what behaves."""
    with misbehaving(always(answer(HELLO))) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, good: Misbehaving) -> Path:
    """Return a project of two scenarios and two models, `bad` and `good`, recorded while both were good."""
    root = tmp_path_factory.mktemp("recorded")
    for name in SCENARIOS:
        write(root, **{f"scenarios__{name.replace('/', '__')}": SCENARIO})
    write(root, conf__model__good=GOOD.format(url=good.url))
    write(root, conf__model__bad=BAD.format(url=good.url, timeout=PATIENT, retries=0, header=HEADER))
    with pytest.MonkeyPatch.context() as here:
        here.chdir(root)
        here.setenv("BAD_KEY", KEY)
        assert main(["record", "model=bad,good"]) == 0
    return root


@pytest.fixture
def project(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of that project, as the current folder, without what was recorded of the good model."""
    root = tmp_path / "project"
    shutil.copytree(recorded, root)
    shutil.rmtree(root / "cassettes/good")
    shutil.rmtree(root / "reports")
    monkeypatch.chdir(root)
    monkeypatch.setenv("BAD_KEY", KEY)
    return root


def cassettes(root: Path, model: str) -> dict[str, bytes]:
    """Return what is recorded of a model."""
    folder = root / "cassettes" / model
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def held(project: Path, url: str, told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    """Record both models, the bad one at this address, and hold what came of it."""
    address = url.replace("://", f"://me:{PASSWORD}@")
    write(
        project,
        conf__model__bad=BAD.format(url=address, timeout=told.timeout, retries=told.retries, header=HEADER),
    )
    before = cassettes(project, "bad")
    capsys.readouterr()
    assert main(["record", "--all", "model=bad,good", "--format", "json"]) == 2
    out, err = capsys.readouterr()
    said = [line for line in err.splitlines() if not re.match(r"(429|503) from 127\.0\.0\.1:\d+\b", line)]
    report = Report.model_validate_json(out)
    assert said == ["recording 4 cases, about 4 requests"]
    errors = {case.case: case.verdict.error for case in report.cases if case.verdict.status == "error"}
    assert [case.split("@")[1] for case in errors] == ["bad/chat+all"] * 2
    for error in errors.values():
        assert re.fullmatch(told.message.format(url=re.escape(f"{url}/v1")), error or "")
    assert [case.verdict.status for case in report.cases if case.case not in errors] == ["passed"] * 2
    (timings,) = Path("reports").glob("*/timings.jsonl")
    taken = {one["case"]: one["seconds"] for one in map(json.loads, timings.read_text("utf-8").splitlines())}
    assert max(taken[case] for case in errors) < (told.retries + 1) * told.timeout + told.waits + BUSY
    assert cassettes(project, "bad") == before
    assert list(cassettes(project, "good")) == ["chat+all/talk/one.yaml", "chat+all/talk/two.yaml"]
    stored = "".join(path.read_text("utf-8") for path in (project / "reports").rglob("*") if path.is_file())
    for secret in (KEY, HEADER, PASSWORD):
        assert secret not in out + err + stored
    assert "Traceback" not in out + stored


def test_every_fault_is_held() -> None:
    """There is an expectation for each fault."""
    assert FAULTS.keys() == TOLD.keys()


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_its_own_cases(project: Path, capsys: pytest.CaptureFixture[str], fault: str) -> None:
    """The cases at the endpoint end with one line each, in time and with code two; the others are recorded."""
    with misbehaving(FAULTS[fault]) as endpoint:
        held(project, endpoint.url, TOLD[fault], capsys)
        asked = range(1, 3) if fault == "429 for an hour" else [TOLD[fault].tries * 2]  # the second may not leave
        assert len(endpoint.asked) in asked


@pytest.mark.slow
@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:9", Told("no connection with {url}: Connection refused")),
        ("http://nowhere.invalid", Told("no (connection with|whole answer within 20 s from) {url}.*")),
        ("https://{good}", Told("no connection with {url}: it does not speak TLS; write http:// in api_url")),
    ],
)
def test_an_endpoint_that_cannot_be_reached(
    project: Path, capsys: pytest.CaptureFixture[str], url: str, told: Told
) -> None:
    """A refused connection, a name that nobody knows and TLS to a plain port are told likewise."""
    with misbehaving(_refuses_tls) as plain:
        held(project, url.format(good=plain.url.removeprefix("http://")), told, capsys)


def _refuses_tls(peer: Peer) -> None:
    """Answer whatever comes first, as a server does that expects plain HTTP."""
    peer.socket.recv(65536)
    peer.socket.sendall(answer(b"", "400 Bad Request"))


# What is stored of a fault

EXPECTED = """\
title: The endpoint fails.
tools: {file_read: Draft.}
turns:
  - user: Hello?
    expect: {stop: error}
"""


def expecting(project: Path, url: str, *, timeout: float = PATIENT) -> Path:
    """Let a scenario expect an error of the bad model at an address, and return where its cassette would stand."""
    write(project, scenarios__talk__failing=EXPECTED)
    write(project, conf__model__bad=BAD.format(url=url, timeout=timeout, retries=0, header=HEADER))
    return project / "cassettes/bad/chat+all/talk/failing.yaml"


@pytest.mark.parametrize("fault", ["503", "an error under 200", "null", "nothing under 200"])
def test_an_answer_that_is_expected_to_fail_is_stored(
    project: Path, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    """What came as an answer can be replayed, so that the case fails in the same words."""
    with misbehaving(FAULTS[fault]) as endpoint:
        cassette = expecting(project, endpoint.url)
        assert main(["record", "talk/failing", "model=bad"]) == 0
    assert cassette.is_file()
    assert main(["run", "talk/failing", "model=bad"]) == 0
    traces = [next(read_lines(path, Trace)) for path in (project / "reports").glob("*/traces.jsonl")]
    assert (len(traces), traces[0]) == (2, traces[1])


READS = json.dumps(calls(("1", "file_read", '{"path": "a.txt"}'))).encode()


def _reads_and_breaks(peer: Peer) -> None:
    """Answer the first request, and leave the second."""
    peer.read()
    peer.socket.sendall(answer(READS))
    peer.read()


def test_what_is_no_answer_is_never_stored(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Though the error is expected, a conversation that breaks off is not stored, since it could not be replayed."""
    with misbehaving(_reads_and_breaks) as endpoint:
        cassette = expecting(project, endpoint.url)
        assert main(["record", "talk/failing", "model=bad"]) == 0
    assert len(endpoint.asked) == 2
    assert not cassette.exists()


# What only looks like a fault


def _moved(peer: Peer) -> None:
    """Answer elsewhere than where it is asked first."""
    while True:
        peer.read()
        asked = peer.asked[-1].split(b" ")[1]
        way = {b"/v1/chat/completions": "/v2/chat/completions", b"/v2/chat/completions": "/v3/chat/completions?x=1"}
        moved = head("307 Temporary Redirect", length=0, location=way.get(asked, ""))
        peer.socket.sendall(moved if asked in way else answer(HELLO))


@pytest.mark.parametrize(
    ("behaving", "asked"),
    [
        (always(answer(HELLO, kind="text/plain")), 1),
        (always(answer(b" \n" * 5000 + HELLO, kind="text/html; charset=latin-1")), 1),
        (always(answer(HELLO, "201 Created")), 1),
        (_moved, 3),
    ],
)
def test_odd_answers_are_recorded_and_replayed(
    project: Path, capsys: pytest.CaptureFixture[str], behaving: Answering, asked: int
) -> None:
    """A wrong content type, blanks before the answer, another status and redirections are no faults."""
    with misbehaving(behaving) as endpoint:
        write(project, conf__model__bad=BAD.format(url=endpoint.url, timeout=PATIENT, retries=0, header=HEADER))
        assert main(["record", "--all", "talk/one", "model=bad"]) == 0
        assert len(endpoint.asked) == asked
    assert main(["run", "talk/one", "model=bad"]) == 0
