"""A report as a page: what stands where, whose digests hold, and that no text is markup."""

import base64
import json
import re
from hashlib import sha256
from html.parser import HTMLParser

from harness.embedding import Packed
from harness.page import render
from harness.report import Against, build
from tests.build import finding, trace, turn
from tests.sheets import CASES, behind, page


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
