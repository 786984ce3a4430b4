"""A report as Markdown: the answer first, what changed in order, and no text of a model's is anything but text."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from harness.check import Replay, Score, Scores
from harness.markdown import blocks, code, render
from harness.report import Against, Report, Told, build
from harness.trace import Anomaly, dumps
from tests.build import CASE, EXAMPLES, HOSTILE, SCENARIO, change, compared, finding, told, trace, turn

READER = MarkdownIt("gfm-like", {"linkify": False})
OURS = re.compile(r"<details>\n<summary>[^<>]*<code>[^<>]*</code>[^<>]*</summary>\n|</details>\n?")
NASTY = (
    HOSTILE
    | st.text(st.sampled_from("ab|`\\<>&\n\r@#*_[]()!~$: /."), max_size=20)
    | st.sampled_from(
        [
            "</details>",
            "a | b",
            "\\|",
            "```\nfence\n```",
            "````",
            "![x](http://evil.example/x.png)",
            "[x](javascript:alert(1))",
            "<img src=x onerror=alert(1)>",
            "</code></summary><script>",
            "<!-- -->",
            "@team",
            "http://evil.example",
            "www.evil.example",
            "# head",
            "- item",
            "| - | - |",
            "**bold** _it_ ~~no~~",
            "&lt;b&gt; &#124;",
            "`",
            " ",
            "",
        ]
    )
)


def tokens(text: str) -> list[Token]:
    """Return all tokens of a text, those within lines among them."""
    return [one for token in READER.parse(text) for one in (token, *(token.children or ()))]


def texts(text: str, kind: str) -> list[str]:
    """Return what the tokens of one kind say."""
    return [token.content for token in tokens(text) if token.type == kind]


def report(*cases: Told, against: Against | None = None, advice: Sequence[str] = ()) -> Report:
    """Return what is told of a run of these cases."""
    return build("replayed", cases, against=against, advice=advice, figured=False)


def all_states() -> Report:
    """Return cases of every kind, in no order."""
    odd = trace(turn(), anomalies=[Anomaly(kind="repeated_id", turn=1, round=1, call=None, detail="odd")])
    lost = Replay(reason="nothing is recorded")
    return report(
        told(of="a/fine@m/r+t", against=compared("unchanged")),
        told(of="a/new@m/r+t", against=compared("new", before=None)),
        told("skipped", of="a/skipped@m/r+t"),
        told("known", finding(known="slow"), of="a/known@m/r+t", against=compared("unchanged", before="known")),
        told(of="a/odd@m/r+t", came=odd, against=compared("unchanged")),
        told("failed", finding(), of="a/still@m/r+t", against=compared("still failing", before="failed")),
        told(of="a/changed@m/r+t", against=compared("changed", change("1", "2"), rerecorded=True)),
        told(of="a/fixed@m/r+t", against=compared("fixed", change("1", "2"), before="failed")),
        told("error", of="a/lost@m/r+t", error="x", replay=lost),
        told("error", of="a/gone@m/r+t", error="y", replay=lost),
        told("error", of="a/broken@m/r+t", error="Two\nlines.", advice="record it: harness record 'a/b c'"),
        told("failed", finding(), of="a/failing@m/r+t", against=compared("new", before=None)),
        told(of="a/regressed@m/r+t", against=compared("changed", change("1", "2"), regressed=True)),
        against=Against("reports/baseline", ("a/old@m/r+t",)),
        advice=["look: harness show a/b"],
    )


def test_the_answer_is_the_first_line() -> None:
    """One line says whether it is as expected, and what it comes to."""
    first, *_ = blocks(all_states())
    assert first == (
        "**1 regressed, 2 failed, 3 error.** 13 cases replayed: 6 passed, 2 failed, 1 known to fail, 3 error, "
        "1 not recorded, 1 with anomalies. Against `reports/baseline`: 3 unchanged, 2 changed, 1 still failing, "
        "1 fixed, 2 new, 1 gone; 1 regressed; 1 with a re-recorded cassette; 4 not compared."
    )
    assert next(blocks(report(told()))) == "**All as expected.** 1 case replayed: 1 passed."
    skipped = next(blocks(report(told("skipped"), against=Against("reports/x"))))
    nothing = "**Nothing was judged.** 1 case replayed: 1 not recorded."
    assert skipped == f"{nothing} Against `reports/x`: no case can be compared."


def test_what_changed_comes_in_order() -> None:
    """Regressions come first, then what fails, errors, what is fixed or changed, and at last names."""
    text = render(all_states())
    heads = [line.removeprefix("### ") for line in text.splitlines() if line.startswith("### ")]
    assert heads == [
        *("Regressed: 1", "Failing: 1", "Errors: 3", "Fixed: 1", "Changed: 1", "Still failing: 1"),
        *("Known to fail: 1", "Noticed: 1", "New: 2", "Gone: 1", "Not recorded: 1", "Next"),
    ]
    told_cases = re.findall(r"<code>(?:a/)?([^@<]+)(?:@m/r\+t)?</code>", text)
    assert told_cases == [
        *("regressed", "failing", "nothing is recorded", "broken", "fixed", "changed", "still", "known", "odd")
    ]


def test_a_case_is_a_folded_block() -> None:
    """A case has its verdict and numbers in its summary, its findings as a list, and its changes as a diff."""
    changes = change("1", "2"), change(None, "x()", "x()", "calls"), change("y()", None, "y()", "calls")
    one = told("failed", finding(), against=compared("newly failing", *changes, regressed=True))
    assert list(blocks(report(one)))[1:] == [
        f"""\
### Regressed: 1

<details>
<summary><code>{CASE}</code> failed, newly failing: 1 round, no calls, no checkpoints</summary>

- `{SCENARIO}:7:5: turn 1, rounds: expected 3, got 4`

Regression: 3 changes, was passed

```diff
! turn 1, round 1: file_read: path 1 -> 2
+ turn 1, round 1: x() added
- turn 1, round 1: y() removed
```

</details>"""
    ]


def test_an_error_is_a_list_with_its_advice() -> None:
    """Every line of an error is an item, and so is what helps; cases with one reason are named in one block."""
    shown = render(all_states())
    assert "- `Two`\n- `lines.`\n- record it: `harness record 'a/b c'`\n" in shown
    together = "<summary>2 cases: <code>nothing is recorded</code></summary>\n\n- `a/lost@m/r+t`\n- `a/gone@m/r+t`\n"
    assert together in shown


def test_many_changes_are_cut() -> None:
    """At most forty changes are told of a case, and how to see the others."""
    text = render(report(told(against=compared("changed", *[change("1", "2")] * 50))))
    assert (text.count("\n! "), "and 10 more: `harness show area/name@careful/chat+all`" in text) == (40, True)


def test_no_change_closes_the_diff() -> None:
    """The fences of a diff are longer than any run of backticks in it."""
    text = render(report(told(against=compared("changed", change("`````", None, "x", "calls")))))
    assert "\n``````diff\n- turn 1, round 1: ````` removed\n``````\n" in text


@pytest.mark.parametrize(
    ("advice", "shown"),
    [
        ("if it is meant, accept 2 changes: harness run", "if it is meant, accept 2 changes: `harness run`"),
        ("less < more (50 %)", "less &lt; more (50 %)"),
        ("see http://evil.example", "`see http://evil.example`"),
        ("see www.evil.example", "`see www.evil.example`"),
        ("ask @team", "`ask @team`"),
    ],
)
def test_what_reads_as_more_than_words_is_code(advice: str, shown: str) -> None:
    """A sentence of plain words stands as it is; what a reader could make a link or a mention of is code."""
    assert render(report(told(), advice=[advice])).splitlines()[-1] == f"- {shown}"


def test_pairs_have_a_scenario_in_common() -> None:
    """Columns without a common scenario are not told as a pair."""
    assert "### Pairs" not in render(build("read", [told(of="a/b@m/r+t"), told(of="a/c@n/r+t")]))


def matrix() -> Report:
    """Return two scenarios under two models, with scores."""
    score = Score(precision=1, recall=1, f1=1)
    return build(
        "read",
        [
            told(of="a/b@m/r+t", scores=Scores(in_order=score, any_order=score)),
            told(of="a/b@n/r+t"),
            told(of="a/c@m/r+t"),
            told("failed", finding(), of="a/c@n/r+t"),
        ],
    )


def test_columns_are_tables() -> None:
    """The matrix, the figures and the pairs stand behind the cases, what did not pass in bold, and scores last."""
    shown = render(matrix())
    pair = matrix().pairs[0]
    assert shown[shown.index("### Matrix") :].splitlines() == [
        "### Matrix",
        "",
        "Verdict, rounds, calls and checkpoints. Everywhere: `role r, tools t`.",
        "",
        "| scenario   | `m`          | `n`              |",
        "|------------|--------------|------------------|",
        "| `a/b`      | passed 1 0 0 | passed 1 0 0     |",
        "| `a/c`      | passed 1 0 0 | **failed 1 0 0** |",
        "",
        "### Figures",
        "",
        "Pass rate with its 95 % interval; rounds, calls and checkpoints on average; all else in total.",
        "",
        *next(block for block in blocks(matrix()) if block.startswith("### Figures")).splitlines()[4:],
        "",
        "### Pairs",
        "",
        f"- `m` and `n`: {pair.says}",
        "",
        "reference paths: mean F1 1.000 in order, 1.000 in any order, of 1 case",
    ]


def test_repeats_are_a_table() -> None:
    """Repeats have pass@k and pass^k, and what is unstable is named."""
    cases = [told(of="a/b@m/r+t"), told("failed", finding(), of="a/b@m/r+t~2")]
    shown = render(build("read", cases))
    assert "| `m/r+t`  | pass^k | 50 %  | 0 %   |" in shown.splitlines()
    assert "Unstable in `m/r+t`: `a/b`" in shown.splitlines()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "`plain`"),
        ("", "` `"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("``` x", "```` ``` x ````"),
        (" x ", "`  x  `"),
        ("a|b||", "`a`&#124;`b`&#124;&#124;"),
        ("two\nlines\x1b", "`two\\nlines\\x1b`"),
        ("a\u202eb", "`a\\u202eb`"),
    ],
)
def test_code_holds_any_text(text: str, shown: str) -> None:
    """A text stands between backticks that it does not hold, pipes as entities, and signs that steer written out."""
    assert code(text) == shown


@EXAMPLES
@given(NASTY, NASTY)
def test_code_is_only_what_it_says(one: str, other: str) -> None:
    """In a line and in a table, what is read of a text is that text on one line."""
    in_line = [token for token in tokens(f"x {code(one)} y") if token.type in ("code_inline", "text")]
    assert "".join(token.content for token in in_line) == f"x {said(one)} y"
    table = f"| h | h |\n|---|---|\n| {code(one)} | {code(other)} |\n"
    cells = [token for token in READER.parse(table) if token.type == "inline"][2:]
    assert ["".join(child.content for child in cell.children or ()) for cell in cells] == [said(one), said(other)]


def said(text: str) -> str:
    """Return a text as it is shown: on one line, signs that steer written out."""
    signs = (sign if sign.isprintable() else " " if sign == "\u3000" else None for sign in text)
    written = (shown or sign.encode("unicode_escape").decode() for shown, sign in zip(signs, text, strict=True))
    return "".join(written) or " "


def hostile(words: Sequence[str]) -> Report:
    """Return a report with a text of somebody else's at every place that can hold one."""
    a, b, c, d, e, f = words
    first, second, third = (f"{at}{word.replace('@', '')}" for at, word in enumerate((f, c, d)))
    odd = trace(turn(), anomalies=[Anomaly(kind="repeated_id", turn=1, round=1, call=None, detail=a)])
    changes = [change(dumps(a), dumps(b), c), change(None, d, c, "calls"), change(e, None, c, "calls")]
    column = f"m/r+t~x={e}"
    failed = told(
        "failed",
        finding(a, expected=b, what=c, known=d),
        of=f"{first}@{column}",
        column=column,
        came=odd,
        notes=[e],
        replay=Replay(drift=(f,)),
        against=compared("newly failing", *changes, regressed=True),
    )
    lost = Replay(reason=b)
    others = [
        told("error", of=f"{second}@n/r+t", column="n/r+t", error=a, replay=lost),
        told("error", of=f"{third}@n/r+t", column="n/r+t", error=a, replay=lost),
        told("error", of=f"{third}@{column}", column=column, error=f"{a}{b}", advice=c),
        told(of=f"{first}@{column}~2", column=column, against=compared("new", before=None)),
        told(of=f"{first}@n/r+t", column="n/r+t"),
        told("skipped", of=f"{second}@{column}", column=column),
    ]
    return build("read", [failed, *others], against=Against(b, (c,)), advice=[d, f"{e}: harness {f}"])


@EXAMPLES
@given(st.lists(NASTY, min_size=6, max_size=6))
def test_no_text_is_anything_but_text(words: list[str]) -> None:
    """Whatever is written, no HTML, link, image or mention comes of it; lists and tables are as with other words."""
    text = render(hostile(words))
    found = tokens(text)
    kinds = {token.type for token in found}
    assert not kinds & {"html_inline", "link_open", "image", "em_open", "s_open", "code_block", "blockquote_open", "hr"}
    assert all(OURS.fullmatch(token.content) for token in found if token.type == "html_block")
    assert text.replace("\n", "").isprintable()
    assert not any(re.search(r"(?<!\w)@", token.content) for token in found if token.type == "text")
    harmless = [re.sub(r"[^\n]+", f"word{at}", word) for at, word in enumerate(words)]
    assert shape(text) == shape(render(hostile(harmless)))


def shape(text: str) -> list[str]:
    """Return the kinds of all blocks of a text, one after the other."""
    return [token.type for token in READER.parse(text)]
