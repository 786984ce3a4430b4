"""A recording says what it takes, keeps to its ceilings, and tells the command that goes on."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.budget import Ceiling
from harness.cli import main
from harness.forecast import Forecast
from harness.live import Live
from tests.project import small, write
from tests.wire import Answer, calls, endpoint, says

HELLO = "title: Hello.\nturns:\n  - user: Hello?\n"

MODEL = """\
label: far
host_type: other
api_url: URL/v1
model_name: far-1
max_retries: 0
"""

Run = Callable[..., tuple[int, str, list[str]]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project of five scenarios whose model says hello, as the current folder."""
    monkeypatch.chdir(tmp_path)
    return write(tmp_path, **{f"scenarios__talk__{name}": HELLO for name in "abcde"})


@pytest.fixture
def run(project: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs a command against an endpoint, and gives exit code, output and the lines of errors."""

    def run(url: str, *words: str) -> tuple[int, str, list[str]]:
        write(project, conf__model__far=MODEL.replace("URL", url))
        capsys.readouterr()
        code = main([*words, *([] if "model=far" in words else ["model=far"])])
        captured = capsys.readouterr()
        return code, captured.out, captured.err.splitlines()

    return run


def names(root: Path) -> list[str]:
    """Return what is recorded."""
    return [path.stem for path in sorted((root / "cassettes").rglob("*.yaml"))]


def next_command(out: str) -> list[str]:
    """Return the words of the command that an output names."""
    [command] = re.findall(r": harness (record.*)", out)
    return shlex.split(command)


def counted(answer: dict[str, Any], tokens: int = 10) -> dict[str, Any]:
    """Return an answer that counts its tokens."""
    return {**answer, "usage": {"prompt_tokens": tokens - 1, "completion_tokens": 1, "total_tokens": tokens}}


@pytest.mark.parametrize(
    ("ceiling", "said"),
    [
        (Ceiling(), "recording 2 cases, about 1,003 requests"),
        (Ceiling(2000), "recording 2 cases, about 1,003 requests (ceiling 2,000)"),
        (Ceiling(tokens=50_000), "recording 2 cases, about 1,003 requests (ceiling 50,000 tokens)"),
        (Ceiling(9, 50_000), "recording 2 cases, about 1,003 requests (ceiling 9 requests and 50,000 tokens)"),
    ],
)
def test_what_it_takes_is_said_first(ceiling: Ceiling, said: str) -> None:
    """One line names the cases, what they take and what may be spent."""
    assert Live(ceiling=ceiling).begins([Forecast(3, sure=True), Forecast(1000, sure=True)]) == said


def test_what_goes_on_keeps_the_ceilings() -> None:
    """The options of the next command are those of this one, without ceilings where they let nothing through."""
    live = Live(everything=True, ceiling=Ceiling(9, 50_000))
    assert live.options(limited=True) == ["--all", "--max-requests", "9", "--max-tokens", "50000"]
    assert (live.options(limited=False), Live().options(limited=True)) == (["--all"], [])


def test_record_says_what_it_expects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """At least one request a turn for what nobody recorded, then as many as there are, whether all is asked or not."""
    monkeypatch.chdir(small(tmp_path))
    lines = []
    for words in (["record"], ["record", "--all"], ["record", "role=files"], ["record", "--all", "-j1", "--quiet"]):
        assert main(words) == 0
        lines += capsys.readouterr().err.splitlines()
    assert lines == ["recording 2 cases, at least 2 requests", *["recording 2 cases, about 4 requests"] * 3]
    assert main(["record"]) == 0
    assert capsys.readouterr().err == ""


def test_a_ceiling_is_kept_and_the_rest_is_told(project: Path, run: Run) -> None:
    """Two of five are recorded, the others share one line, and the command that is told records them."""
    with endpoint([counted(says("Hello!"))]) as server:
        code, out, err = run(server.url, "record", "--max-requests", "2", "-j1")
        assert (code, len(server.bodies), names(project)) == (2, 2, ["a", "b"])
        assert err == ["recording 5 cases, at least 5 requests (ceiling 2)", "spent 2 requests and 20 tokens"]
        assert (
            "3 cases: not asked, since too little is left of the ceiling of 2 requests\n"
            "    talk/c@far/chat+all, talk/d@far/chat+all, talk/e@far/chat+all\n"
        ) in out
        assert "5 cases wanted, 2 asked, 2 recorded, in " in out
        assert out.splitlines()[-1] == (
            "record the 3 cases, at least 3 requests: harness record --max-requests 2 model=far"
        )
        code, out, err = run(server.url, *next_command(out))
        assert (code, err[0]) == (2, "recording 3 cases, at least 3 requests (ceiling 2)")
        code, out, err = run(server.url, *next_command(out))
    assert (code, err[0]) == (0, "recording 1 case, at least 1 request (ceiling 2)")
    assert (len(server.bodies), names(project)) == (5, list("abcde"))


def test_a_recording_of_everything_goes_on_where_it_stopped(project: Path, run: Run) -> None:
    """After --all the command names the scenarios that are left, so that those that were asked are not asked again."""
    with endpoint([says("Hello!")]) as server:
        assert run(server.url, "record")[0] == 0
    before = {path: path.read_bytes() for path in (project / "cassettes").rglob("*.yaml")}
    with endpoint([says("Good day!")]) as server:
        code, out, err = run(server.url, "record", "--all", "--max-requests", "3", "-j1", "-t", "none")
        assert code == 2
        code, out, err = run(server.url, "record", "--all", "--max-requests", "3", "-j1")
        assert (code, err[0]) == (2, "recording 5 cases, about 5 requests (ceiling 3)")
        changed = [path.stem for path in sorted(before) if path.read_bytes() != before[path]]
        assert changed == ["a", "b", "c"]
        assert out.splitlines()[-1] == (
            "record the 2 cases, about 2 requests: harness record --all --max-requests 3 talk/d talk/e model=far"
        )
        assert run(server.url, *next_command(out))[0] == 0
    assert len(server.bodies) == 5
    assert [path for path in before if path.read_bytes() == before[path]] == []


def test_a_case_that_is_cut_off_keeps_its_old_cassette(project: Path, run: Run) -> None:
    """Where nothing says how much a case takes it may be cut off: that is its error, and what it was asked is lost."""
    again = calls(("1", "web_search", '{"query": "x"}'))
    write(project, scenarios__talk__a=HELLO.replace("turns:", "tools: {web_search: No results.}\nturns:"))
    with endpoint([says("Hello!")]) as server:
        assert run(server.url, "record", "talk/a")[0] == 0
    before = (project / "cassettes/far/chat+all/talk/a.yaml").read_bytes()
    with endpoint([again]) as server:
        code, out, err = run(server.url, "record", "talk/a", "--all", "--max-requests", "3")
    assert (code, len(server.bodies), err[0]) == (2, 3, "recording 1 case, about 1 request (ceiling 3)")
    assert "    cut off, and nothing of it is stored: the ceiling of 3 requests is reached\n" in out
    assert "    record it, at least 4 requests: harness record --all talk/a model=far\n" in out
    assert "1 case asked, 0 recorded, in " in out
    assert (project / "cassettes/far/chat+all/talk/a.yaml").read_bytes() == before


def test_tokens_are_limited_too(project: Path, run: Run) -> None:
    """Answers that count their tokens end it exactly; where they count none that is estimated, and said."""
    with endpoint([counted(says("Hello!"), 60)]) as server:
        code, _, err = run(server.url, "record", "--max-tokens", "180", "-j1")
    assert (code, names(project)) == (2, ["a", "b", "c"])
    assert err == ["recording 5 cases, at least 5 requests (ceiling 180 tokens)", "spent 3 requests and 180 tokens"]
    with endpoint([says("Hello!")]) as server:
        code, out, err = run(server.url, "record", "--max-requests", "9", "--max-tokens", "1", "-j1")
    assert (code, names(project)) == (2, ["a", "b", "c", "d"])
    assert re.fullmatch(
        r"spent 1 request and ([\d,]+) tokens \(\1 of them estimated, of answers that count none\)", err[1]
    )
    assert "not asked, since too little is left of the ceiling of 9 requests and 1 token" in out


def test_one_line_tells_that_all_wait(project: Path, run: Run) -> None:
    """A pause is one line on standard error, with the host and how long; the cassette is that of a calm day."""
    write(project, conf__model__near=MODEL.replace("far", "near").replace("retries: 0", "retries: 2"))
    slowly = Answer('{"error": {"message": "Slowly."}}', 429, headers={"retry-after-ms": "300"})
    with endpoint([slowly, says("Hello!")]) as server:
        code, _, err = run(server.url, "record", "model=far", "model.max_retries=2")
    assert (code, names(project)) == (0, list("abcde"))
    host = server.url.removeprefix("http://")
    assert err == ["recording 5 cases, at least 5 requests", f"429 from {host}: all wait 0.3 s"]


@pytest.mark.parametrize("given", ["0", "-1", "many"])
def test_a_ceiling_is_a_number(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No ceiling is less than one."""
    with pytest.raises(SystemExit) as raised:
        main(["record", f"--max-requests={given}"])
    assert raised.value.code == 2
    assert "--max-requests" in capsys.readouterr().err
