"""For GitHub's Actions: a summary that is never too large, and annotations at the lines of scenarios."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness import markdown
from harness.github import annotations, render
from harness.report import Report, Told, build
from tests.build import CASE, EXAMPLES, HOSTILE, SCENARIO, change, compared, finding, told

COMMAND = re.compile(r"::error (?:file=([^:,\r\n]*),line=(\d+),col=(\d+),)?title=([^:,\r\n]*)::([^\r\n]*)")


def read(command: str) -> tuple[str, ...]:
    """Return file, line, column, title and message of an annotation, as a runner reads them."""
    found = COMMAND.fullmatch(command)
    assert found is not None
    *properties, title, message = (one or "" for one in found.groups())
    return (*map(unescaped, properties), unescaped(title), unescaped(message))


def unescaped(text: str) -> str:
    """Return a text with its escapes undone, the percent sign last."""
    for escape, sign in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(escape, sign)
    return text


def report(*cases: Told) -> Report:
    """Return what is told of a run of these cases."""
    return build("replayed", cases, figured=False)


def many(number: int) -> Report:
    """Return cases that regressed and that failed, as many of each."""
    return report(
        *(told("failed", finding(), of=f"a/failed_{at}@m/r+t") for at in range(number)),
        *(
            told(of=f"a/worse_{at}@m/r+t", against=compared("changed", change("1", "2"), regressed=True))
            for at in range(number)
        ),
    )


def test_a_summary_that_fits_is_the_whole_report() -> None:
    """What fits is the Markdown as it is."""
    assert render(many(20)) == markdown.render(many(20))


@pytest.mark.parametrize("limit", [2_000, 3_000, 6_000])
def test_a_summary_is_cut_at_its_end(limit: int) -> None:
    """What does not fit is left out by whole cases from the end, so that what is worst stands, and it says how many."""
    text = render(many(20), limit)
    whole = list(markdown.blocks(many(20)))
    kept = text.count("<details>")
    note = f"\n{40 - kept} more parts are left out, since a summary may not be larger; "
    head, found, tail = text.partition(note)
    assert (head, bool(found), len(tail.splitlines())) == ("\n\n".join(whole[: kept + 1]) + "\n", True, 1)
    assert len(text.encode()) <= limit < len(f"{text}{whole[kept + 1]}".encode())


def test_a_summary_always_has_the_answer() -> None:
    """However small the limit is, the answer stands, and how much is left out."""
    first, *others = render(many(20), 0).split("\n\n")
    assert first == next(markdown.blocks(many(20)))
    assert [line.partition(",")[0] for line in others] == ["40 more parts are left out"]


def test_a_summary_keeps_within_what_github_takes() -> None:
    """A report of more than a mebibyte becomes a summary of less than one, which GitHub shows."""
    changes = [change("漢" * 150, None, "x", "calls")] * 40
    whole = report(*(told(of=f"a/{at}@m/r+t", against=compared("changed", *changes)) for at in range(60)))
    assert len(markdown.render(whole).encode()) > 1 << 20
    assert 800_000 < len(render(whole).encode()) <= 900_000


@EXAMPLES
@given(st.lists(HOSTILE, min_size=1, max_size=5), st.integers(0, 3_000))
def test_a_summary_of_any_size_is_whole_markdown(texts: list[str], limit: int) -> None:
    """Wherever it is cut, every block that is opened is closed."""
    cases = [
        told("failed", finding(text), against=compared("changed", change(text, None, text, "calls"))) for text in texts
    ]
    text = render(report(*cases), limit)
    kinds = [token.content for token in MarkdownIt().parse(text) if token.type == "html_block"]
    opened = [kind.startswith("<details>") for kind in kinds]
    assert opened == [True, False] * (len(kinds) // 2)
    assert len(text.encode()) <= max(limit, len(render(report(*cases), 0).encode()))


def test_the_worst_ten_are_annotated() -> None:
    """Errors come first, then regressions, then other failures, each once, in the order of the plan."""
    cases = [
        told(of="a/fine@m/r+t"),
        told("known", finding(known="slow"), of="a/known@m/r+t"),
        told("skipped", of="a/skipped@m/r+t"),
        *(told("failed", finding(), finding(), of=f"a/failed_{at}@m/r+t") for at in range(5)),
        *(told(of=f"a/worse_{at}@m/r+t", against=compared("changed", regressed=True)) for at in range(5)),
        *(told("error", of=f"a/lost_{at}@m/r+t", error="x") for at in range(3)),
    ]
    titles = [read(one)[3] for one in annotations(report(*cases))]
    assert titles == [
        *(f"a/lost_{at}@m/r+t: error" for at in range(3)),
        *(f"a/worse_{at}@m/r+t: changed" for at in range(5)),
        *(f"a/failed_{at}@m/r+t: failed" for at in range(2)),
    ]


def test_an_annotation_stands_at_the_finding() -> None:
    """A failure stands at its first finding, an error at its scenario, and each says what is not as expected."""
    worse = compared("newly failing", change("1", "2"), regressed=True)
    failed = told("failed", finding(), finding("5"), against=worse)
    found = f"{SCENARIO}:7:5: turn 1, rounds: expected 3, got ?"
    differs = "regression: 1 change, was passed", "turn 1, round 1: file_read: path 1 -> 2"
    assert list(map(read, annotations(report(failed, told("error", error="100%0A\nlost"))))) == [
        ("scenarios/area/name.yaml", "1", "1", f"{CASE}: error", "100%0A\nlost"),
        (
            str(SCENARIO),
            "7",
            "5",
            f"{CASE}: newly failing",
            "\n".join((found.replace("?", "4"), found.replace("?", "5"), *differs)),
        ),
    ]


def test_an_annotation_needs_no_place() -> None:
    """Where the place of a finding is not known, the annotation has none."""
    nowhere = finding().model_copy(update={"place": "somewhere"})
    assert read(annotations(report(told("failed", nowhere)))[0])[:3] == ("", "", "")


@EXAMPLES
@given(st.lists(HOSTILE | st.sampled_from(["%0A::error::x", "a:b,c", "%", "::set-output::"]), min_size=4, max_size=4))
def test_no_text_ends_an_annotation(texts: list[str]) -> None:
    """Whatever a model or a scenario says, an annotation is one line with four properties and a message."""
    name, got, error, path = texts
    placed = finding(got).model_copy(update={"place": f"{path}x:3:4"})
    cases = [told("failed", placed, of=f"{name}@m/r+t"), told("error", of=f"{name}@m/r+t", error=error)]
    for command in annotations(report(*cases)):
        assert command.isprintable()
        file, line, *_, title, message = read(command)
        assert title.endswith((": failed", ": error"))
        assert message.replace("\n", "").isprintable()
        assert line in ("1", "3")
        assert file.endswith("x" if line == "3" else ".yaml")
