"""A report as a page: what stands where, whose digests hold, and that no text is markup."""

import base64
import json
import re
from hashlib import sha256
from html.parser import HTMLParser

from harness.embedding import Packed
from harness.page import Entry, Sheet, render
from harness.report import Against, Report, build
from tests.build import change, compared, finding, told, trace, turn
from tests.sheets import behind, page

CASES = [
    told("passed", of="a/fine@m/chat+all", against=compared("unchanged")),
    told("passed", of="a/other@m/chat+all", against=compared("changed", change("a", "b"))),
    told("failed", finding(), of="b/bad@m/chat+all", against=compared("still failing")),
    told("error", of="b/broken@m/chat+all", error="why"),
    told(
        "failed",
        finding(),
        of="c/worse@m/chat+all",
        against=compared("newly failing", change("a", "b"), regressed=True),
    ),
    told("passed", of="d/mended@m/chat+all", against=compared("fixed", before="failed")),
    told("passed", of="e/new@m/chat+all", against=compared("new", before=None)),
]


def sheet(*cases: Report) -> Sheet:
    """Return what the page shows of a report, by default one of all kinds of cases."""
    found = cases[0] if cases else build("replayed", CASES, against=Against("reports/baseline"))
    return Sheet(found, Packed(), "a-run")


class Tags(HTMLParser):
    """The tags and attributes of a page, and the texts of its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.links: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note a tag with its attributes."""
        self.tags.append(tag)
        self.names |= {name for name, _ in attributes}
        self.links += [value or "" for name, value in attributes if name in ("href", "src")]
        self._inside = tag if not dict(attributes).get("type") else f"{tag}/data"
        self.texts.setdefault(self._inside, []).append("")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser's interface
        """Note that what follows stands outside."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Note what stands in a tag."""
        if self._inside:
            self.texts[self._inside][-1] += data


def test_what_matters_comes_first() -> None:
    """The answer counts what is bad, and rows stand by what matters: regressed, error, failed, fixed, changed, new."""
    found = sheet()
    assert found.answer == "1 regressed, 1 could not be judged, 1 failed"
    rows = [(row.scenario, row.kind) for row in found.lines]
    assert rows == [
        ("c/worse", "regressed"),
        ("b/broken", "error"),
        ("b/bad", "failed"),
        ("d/mended", "fixed"),
        ("a/other", "changed"),
        ("e/new", "new"),
        ("a/fine", "passed"),
    ]
    assert [(group.kind, group.number) for group in found.groups] == [(kind, 1) for _, kind in rows[:5]]


def test_answers_when_nothing_is_bad() -> None:
    """A run in which all is well says so, and one in which nothing was judged as well."""
    assert sheet(build("replayed", [told()])).answer == "1 case, all as expected"
    assert sheet(build("replayed", [told("skipped")])).answer == "Nothing was judged"


def test_chips_count_what_they_choose() -> None:
    """The number on each chip is that of the cases that it chooses."""
    found = sheet(build("replayed", [*CASES, told(of="a/fine@other/files+all")], against=Against("reports/baseline")))
    assert [group.name for group in found.chips] == ["result", "baseline", "model", "role"]
    for group in found.chips:
        tags = [getattr(one, group.name) for one in found.tags]
        for chip in group.chips:
            assert chip.number == sum(chip.value in ([tag] if isinstance(tag, str) else tag) for tag in tags), chip


def test_a_matrix_of_columns() -> None:
    """Several columns make a matrix, with a case or a word in each square."""
    both = [told(of="a/one@m/chat+all"), told("failed", of="a/one@n/chat+all"), told(of="b/two@n/chat+all")]
    found = sheet(build("replayed", both))
    assert found.heads == ("m", "n")
    squares = [[[one.report.case for one in cell.entries] or cell.text for cell in row.cells] for row in found.lines]
    assert squares == [[["a/one@m/chat+all"], ["a/one@n/chat+all"]], ["-", ["b/two@n/chat+all"]]]


def test_keys_are_as_browsers_keep_them() -> None:
    """A key has nothing that a browser writes otherwise or that parts an address; half a character is kept apart."""
    [case] = build("replayed", [told(of="a/x &=#'\"<é%\ud800@m/chat+all")]).cases
    key = Entry(0, case).key
    assert key == "a/x%20%26%3D%23%27%22%3C%C3%A9%25%ED%A0%80@m/chat+all"


def test_the_policy_names_style_and_script() -> None:
    """The policy lets only the page's own style and script run, by their digests, and nothing be asked for."""
    text = page([behind(trace(turn()))])
    tags = Tags(text)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    [style], [script] = tags.texts["style"], tags.texts["script"]

    def digest(source: str) -> str:
        return f"'sha256-{base64.b64encode(sha256(source.encode()).digest()).decode()}'"

    assert rules == {
        "default-src": "'none'",
        "style-src": digest(style),
        "script-src": digest(script),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert {link for link in tags.links if not link.startswith("#")} == {"data:,"}
    assert {name for name in tags.names if name.startswith("on") or name == "style"} == set()


def test_hostile_text_adds_no_tag() -> None:
    """Markup in every text that a page has leaves its tags as they are with harmless ones."""
    hostile = "</script></style></title><script>x</script><b onclick=x>{{ x }}\"'&"

    def tags(text: str) -> list[str]:
        came = trace(turn(user=text, response=text), case_id=f"a/{text}@{text}/chat+all")
        found = behind(came, "failed", finding(text), was=trace(turn(user="was"), case_id=came.case))
        return Tags(page([found], baseline=text, run=text)).tags

    assert tags(hostile) == tags("harmless")


def test_the_same_run_gives_the_same_page() -> None:
    """A page has no time and nothing random in it."""
    assert page([behind(trace(turn()))]) == page([behind(trace(turn()))])


def test_a_page_without_traces() -> None:
    """Where no trace is at hand the page says of each case where none lies."""
    found = build(
        "replayed", CASES, against=Against("reports/baseline", ("z/gone@m/chat+all",)), advice=["do: harness x"]
    )
    text = render(found, Packed(), "a-run")
    index = json.loads(Tags(text).texts["script/data"][0])
    assert [case[2] for case in index["cases"]] == [None] * len(CASES)
    assert "z/gone@m/chat+all" in text
    assert "do: <code>harness x</code>" in text
