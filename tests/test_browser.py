"""The page of a report in a real browser: what people do with it, and what no text can make it do."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from harness.evidence import Behind
from harness.trace import Round
from tests.build import WORK, act, call, finding, trace, turn
from tests.sheets import behind, page

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium; 'make install-browser' installs it"),
]

BEFORE = trace(
    turn(act(call("file_read", {"path": "a.txt"})), act(text="Read."), response="Read."), case_id="a/read@m/chat+all"
)
NOW = trace(
    turn(act(call("file_read", {"path": "b.txt"})), act(call("web_search")), act(text="Read b."), response="Read b."),
    case_id="a/read@m/chat+all",
)
HOSTILE = [
    "<script>window.hit = 1</script>",
    "</script><script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 1'>",
    '"><svg onload="window.hit = 1">',
    "javascript:window.hit=1",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "<!--<script>",
    "]]></style><style>*{display:none}",
    "a\x00b\x1b[31m\x07\x9b\u202eevil\u2066\u200b\ufeff\U000e0041",
    "half \ud800 and \udfff",
    "&lt;b&gt; &#x3c;script&#x3e;",
    "https://example.org/beacon.png",
]


def small() -> list[Behind]:
    """Return five cases: one that regressed, one that failed, one that is changed, and the same scenario twice."""
    return [
        behind(NOW, "failed", finding("the needle"), was=BEFORE),
        behind(trace(WORK, case_id="a/read@other/chat+all")),
        behind(trace(turn(), case_id="b/hello@m/chat+all"), "failed", finding()),
        behind(
            trace(turn(response="New."), case_id="b/hello@other/chat+all"),
            was=trace(turn(response="Old."), case_id="b/hello@other/chat+all"),
        ),
        behind(trace(WORK, case_id="c/work@m/files+all")),
    ]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return Debian's Chromium, started once."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


class Visit:
    """A page that is open, and all that it did."""

    def __init__(self, context: BrowserContext, file: Path) -> None:
        self.requests: list[str] = []
        self.said: list[str] = []
        self.page: Page = context.new_page()
        self.page.add_init_script(
            "window.violations = [];"
            "addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective))"
        )
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message))
        self.address = file.as_uri()

    def open(self, state: str = "") -> Page:
        """Open the page in a state that its address names."""
        self.page.goto(f"{self.address}{state}")
        return self.page

    def assert_quiet(self) -> None:
        """Assert that nothing was asked for, nothing was refused and nothing was said."""
        others = [url for url in self.requests if url.split("#")[0] != self.address and url != "data:,"]
        assert (others, self.said, self.page.evaluate("window.violations")) == ([], [], [])


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    """Return what writes a page and opens it in a context of its own."""
    contexts: list[BrowserContext] = []

    def opened(text: str, **options: Any) -> Visit:
        file = tmp_path / "report.html"
        file.write_bytes(text.encode("utf-8", "backslashreplace"))
        contexts.append(browser.new_context(**options))
        return Visit(contexts[-1], file)

    yield opened
    for context in contexts:
        context.close()


def shown(found: Page) -> list[str]:
    """Return the scenarios of the rows that are to be seen."""
    return found.locator("#table tbody tr:visible th").all_inner_texts()


def test_the_answer_comes_first(visit: Any) -> None:
    """The page opens with what it comes to, the rows with what matters most, and asks for nothing."""
    seen = visit(page(small()))
    found = seen.open()
    expect(found.locator("h1")).to_have_text("1 regressed, 1 failed")
    assert shown(found) == ["a/read", "b/hello", "c/work"]
    seen.assert_quiet()


def test_cases_are_chosen(visit: Any) -> None:
    """Search and chips leave the rows that fit, say how many cases these are, and stand in the address."""
    found = visit(page(small())).open()
    found.keyboard.press("/")
    expect(found.locator("#find")).to_be_focused()
    found.keyboard.type("needle")
    expect(found.locator("#shown")).to_have_text("1 of 5 cases")
    assert shown(found) == ["a/read"]
    assert found.url.endswith("#q=needle")
    found.get_by_role("button", name="Show all").first.click()
    expect(found.locator("#shown")).to_have_text("All 5 cases")
    found.get_by_role("checkbox", name="changed").check()
    found.get_by_role("checkbox", name="other").check()
    expect(found.locator("#shown")).to_have_text("1 of 5 cases")
    assert found.url.endswith("#baseline=changed&model=other")
    found.reload()
    assert shown(found) == ["b/hello"]
    found.locator("#find").fill("no such thing")
    expect(found.locator("#nothing")).to_be_visible()


def test_a_number_of_the_answer_chooses(visit: Any) -> None:
    """A number of the answer is a link to its cases."""
    found = visit(page(small())).open()
    found.get_by_role("link", name="2 failed").click()
    expect(found.locator("#shown")).to_have_text("2 of 5 cases")


def test_a_case_opens(visit: Any) -> None:
    """A case opens with its turns, rounds, calls and checkpoint, has an address, and the way back closes it."""
    seen = visit(page(small()))
    found = seen.open("#q=work")
    link = found.locator("#table a:visible").first
    link.click()
    dialog = found.get_by_role("dialog", name="c/work @ m/files+all")
    expect(dialog).to_be_visible()
    expect(dialog.locator(".round")).to_have_count(4)
    expect(dialog.locator(".call .name")).to_have_text(
        ["file_read executed", "file_read executed", "file_delete denied"]
    )
    expect(dialog.locator(".checkpoint")).to_have_text("checkpoint file_delete: denied")
    expect(dialog.locator(".response pre")).to_have_text("Kept a.txt.")
    assert found.url.endswith("#q=work&case=c/work@m/files+all")
    found.go_back()
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()
    assert found.url.endswith("#q=work")
    found.go_forward()
    expect(dialog).to_be_visible()
    seen.assert_quiet()


def test_a_case_by_its_address(visit: Any) -> None:
    """The address of a case opens it, with findings on top; Escape leads to the page."""
    found = visit(page(small())).open("#case=a/read@m/chat+all")
    expect(found.locator(".findings .finding dd").last).to_have_text("the needle")
    expect(found.locator(".findings code")).to_have_text("scenarios/area/name.yaml:7:5")
    found.keyboard.press("Escape")
    expect(found.locator("dialog")).to_be_hidden()
    assert "case=" not in found.url


def test_before_and_now(visit: Any) -> None:
    """What a case was stands beside what it is, row by row, and the first difference is marked and reached."""
    found = visit(page(small())).open()
    found.get_by_role("link", name="before and now of a/read").click()
    rows = found.locator(".pair:not(.names)")
    expect(rows.locator(".mark")).to_have_text(
        ["the same on both sides", "first difference", "only on the right", "the same on both sides", "differs"]
    )
    found.get_by_role("button", name="First difference").click()
    first = found.locator(".pair.first")
    expect(first).to_be_focused()
    expect(first.locator("mark")).to_have_text(["a", "b"])
    found.get_by_role("button", name="Next").click()
    expect(found.locator(".ways [role=status]")).to_have_text("difference 2 of 3")


def test_any_two_of_a_scenario(visit: Any) -> None:
    """Any other case of the scenario may stand beside one, and that has an address."""
    seen = visit(page(small()))
    found = seen.open("#case=c/work@m/files+all")
    expect(found.locator(".choose")).to_have_count(0)
    found = seen.open("#case=a/read@m/chat+all")
    found.get_by_label("Side by side with").select_option("a/read@other/chat+all")
    expect(found.locator(".names .half")).to_have_text(["a/read@m/chat+all", "a/read@other/chat+all"])
    assert found.url.endswith("&with=a/read@other/chat+all")
    assert found.locator(".pair.differs").count() > 1
    seen.assert_quiet()


def test_by_keyboard_alone(visit: Any) -> None:
    """From the address bar into a case, through the comparison and back, with keys alone and the focus in sight."""
    found = visit(page(small())).open()
    found.keyboard.press("Tab")
    expect(found.get_by_role("link", name="Skip to the cases")).to_be_focused()
    found.keyboard.press("/")
    found.keyboard.type("hello")
    expect(found.locator("#shown")).to_have_text("2 of 5 cases")
    for _ in range(40):
        found.keyboard.press("Tab")
        if found.evaluate("document.activeElement.matches('#table a')"):
            break
    assert found.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    chosen = found.evaluate("document.activeElement.dataset.at")
    found.keyboard.press("Enter")
    expect(found.locator("#case-title")).to_be_focused()
    found.keyboard.press("Escape")
    expect(found.locator("dialog")).to_be_hidden()
    assert found.evaluate("document.activeElement.dataset.at") == chosen


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize(
    "state", ["", "#result=failed", "#case=a/read@m/chat+all", "#case=a/read@m/chat+all&with=before"]
)
def test_axe_finds_nothing(visit: Any, scheme: str, width: int, state: str) -> None:
    """Axe's default rules find no violation, light or dark, on a phone or a desk, whatever is open."""
    repeated = [
        behind(trace(turn(), case_id="d/often@m/chat+all")),
        behind(trace(turn(), case_id="d/often@m/chat+all~2", repeat=2), "failed"),
    ]
    text = page([*small(), *repeated])
    found = visit(text, color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce").open(
        state
    )
    if "case" in state:
        expect(found.locator("dialog")).to_be_visible()
    results = Axe().run(found)
    assert results.violations_count == 0, results.generate_report()


def test_a_phone_scrolls_tables_alone(visit: Any) -> None:
    """At 360 pixels the page is as wide as the screen, with and without a case open."""
    for state in ("", "#case=a/read@m/chat+all&with=before"):
        found = visit(page(small()), viewport={"width": 360, "height": 740}).open(state)
        assert found.evaluate("document.documentElement.scrollWidth") <= 360
        assert found.evaluate("document.querySelector('dialog').scrollWidth") <= 360


def hostile() -> list[Behind]:
    """Return cases in which every text is hostile, their names among them."""
    cases = []
    for at, text in enumerate(HOSTILE):
        calls = [call(text, {text: text}, result=text), call("t", None, raw=text, outcome="dropped", result=None)]
        rounds: list[Round] = [act(*calls, text=text), act(text=f"{text} then")]
        case_id = f"area/{at}{text}@m{text}/chat+all"
        came = trace(turn(*rounds, user=text, response=text, offered=[text], workspace={text: text}), case_id=case_id)
        was = trace(turn(*rounds[:1], user=text, response="was"), case_id=case_id)
        cases.append(behind(came, "failed", finding(text, expected=text, what=text), was=was))
    return cases


def test_hostile_text_is_text(visit: Any) -> None:
    """Scripts, markup, templates, control characters and halves of characters run nothing and break nothing."""
    seen = visit(
        page(hostile(), baseline="<script>window.hit = 1</script>", run="</title><script>window.hit=1</script>")
    )
    found = seen.open()
    expect(found.locator("#table tbody tr")).to_have_count(len(HOSTILE))
    for key in found.locator("#table a").evaluate_all("links => links.map((link) => link.hash)"):
        for state in (key, f"{key}&with=before"):
            found.evaluate("(hash) => { location.hash = hash }", state)
            expect(found.locator("dialog .pair" if "with" in state else "dialog .turn").first).to_be_visible()
            found.keyboard.press("Escape")
            expect(found.locator("dialog")).to_be_hidden()
    for text in HOSTILE:
        found.locator("#find").fill(text.encode("utf-8", "replace").decode())
    assert found.evaluate("window.hit") is None
    seen.assert_quiet()


def test_signs_that_nobody_sees_are_shown(visit: Any) -> None:
    """Control characters, marks of direction and half a character stand written out, and the text is isolated."""
    text = "a\x00b\u202ec\ud800d\tf\n\u200dg"
    case_id = "a/odd@m/chat+all"
    found = visit(page([behind(trace(turn(user=text), case_id=case_id))])).open(f"#case={case_id}")
    user = found.locator(".user pre")
    expect(user.locator(".sign")).to_have_text(["U+0000", "U+202E", "U+D800"])
    assert found.evaluate("getComputedStyle(document.querySelector('.user pre')).unicodeBidi") == "plaintext"


def test_megabytes(visit: Any) -> None:
    """A text of megabytes is cut, says how long it is, and is shown whole where that is asked for."""
    text = "ab\x00 " * 300_000
    case_id = "a/long@m/chat+all"
    came = trace(turn(act(call("read", {"q": text}, result=text)), act(text=text), response=text), case_id=case_id)
    seen = visit(page([behind(came)]))
    found = seen.open(f"#case={case_id}")
    expect(found.locator(".cut")).to_have_count(3)
    assert found.evaluate("document.querySelector('dialog').textContent.length") < 40_000
    found.get_by_role("button", name="Show all (1.2 MB)").last.click()
    expect(found.locator(".response .whole")).to_have_count(0)
    assert found.evaluate("document.querySelector('.response pre').textContent.length") > len(text)
    seen.assert_quiet()


def test_without_scripts(visit: Any) -> None:
    """Without scripts the answer, the cases to look at and the table are there, and what is not says so."""
    found = visit(page(small()), java_script_enabled=False).open()
    assert shown(found) == ["a/read", "b/hello", "c/work"]
    expect(found.locator("#filter")).to_be_hidden()
    expect(found.get_by_text("harness show CASE")).to_be_visible()
    expect(found.locator(".notes .finding").first).to_contain_text("the needle")


def test_in_print(visit: Any) -> None:
    """Print has every row and no control; of an open case it has the case, on as many pages as it takes."""
    seen = visit(page(small()))
    found = seen.open()
    found.emulate_media(media="print")
    assert shown(found) == ["a/read", "b/hello", "c/work"]
    expect(found.locator("#filter")).to_be_hidden()
    found = seen.open("#case=a/read@m/chat+all")
    expect(found.locator("#case .turn")).to_be_visible()
    expect(found.locator("main")).to_be_hidden()
    expect(found.locator("#close")).to_be_hidden()
    assert found.evaluate(
        "document.querySelector('dialog').scrollHeight <= document.querySelector('dialog').clientHeight + 1"
    )
    assert found.pdf().startswith(b"%PDF")


def test_many_columns_in_print(visit: Any) -> None:
    """On paper nothing stands beyond the edge, however many columns there are, and each case says its column."""
    models = [f"a_model_with_a_name_{number}" for number in range(12)]
    every = [behind(trace(turn(), case_id=f"{area}/case@{model}/chat+all")) for area in "ab" for model in models]
    found = visit(page(every)).open()
    found.emulate_media(media="print")
    found.set_viewport_size({"width": 720, "height": 1000})
    assert found.locator("#table tbody td a").count() == 24
    edges = "[...document.querySelectorAll('#table td, .figures td')].map(one => one.getBoundingClientRect().right)"
    assert max(found.evaluate(edges)) <= 720
    label = "getComputedStyle(document.querySelector('#table tbody td'), '::before').content"
    assert found.evaluate(label) == '"a_model_with_a_name_0"'


@pytest.mark.parametrize("columns", [1, 10])
def test_five_thousand_cases(visit: Any, columns: int) -> None:
    """5,000 cases can be seen and chosen within two seconds, are chosen fast, and scroll without a halt."""
    many = [
        behind(
            trace(WORK, case_id=f"area_{at % 40}/case_{at:04}@m{column}/chat+all"),
            "failed" if at % 50 == 7 else "passed",
        )
        for at in range(5000 // columns)
        for column in range(columns)
    ]
    start = time.perf_counter()
    text = page(many)
    print(f"\n{columns} columns: {len(text) / 1e6:.1f} MB, made in {time.perf_counter() - start:.1f} s")  # noqa: T201
    seen = visit(text)
    took = []
    for _ in range(3):  # the best of several, since others work on the same machine
        found = seen.open()
        expect(found.locator("#shown")).to_have_text("All 5,000 cases")
        took.append(
            found.evaluate(
                "Math.max(performance.getEntriesByName('usable')[0].startTime,"
                " performance.getEntriesByName('first-contentful-paint')[0].startTime)"
            )
        )
        found.goto("about:blank")
    print(f"usable after {sorted(round(one) for one in took)} ms")  # noqa: T201
    assert min(took) < 2000
    found = seen.open()
    chosen = found.evaluate(
        """() => new Promise((done) => {
            const start = performance.now();
            const end = () => setTimeout(() => done(performance.now() - start));
            addEventListener("popstate", () => requestAnimationFrame(end), {once: true});
            location.hash = "result=failed";
        })"""
    )
    expect(found.locator("#shown")).to_have_text("100 of 5,000 cases")
    found.evaluate("location.hash = ''")
    frames = found.evaluate(
        """() => new Promise((done) => {
            const table = document.querySelector(".many");
            const from = table && table.scrollHeight > table.clientHeight ? table : document.scrollingElement;
            const times = [];
            let last = performance.now();
            const step = (now) => {
                times.push(now - last);
                last = now;
                from.scrollBy({ top: 900, behavior: "instant" });
                if (times.length < 90) requestAnimationFrame(step);
                else done(times.slice(2).sort((a, b) => a - b));
            };
            requestAnimationFrame(step);
        })"""
    )
    print(f"chosen in {chosen:.0f} ms; a frame takes {frames[44]:.0f} ms, the slowest {frames[-1]:.0f} ms")  # noqa: T201
    assert frames[44] < 50
    seen.assert_quiet()
