"""Columns against each other as text: it fits, marks what did not pass, and tells pairs that tell something."""

import re

from hypothesis import given
from hypothesis import strategies as st

from harness.columns import figures, grid, pairs, repeated
from harness.report import Report, Told, build
from harness.terminal import Style
from harness.textual import render
from tests.build import EXAMPLES, HOSTILE, act, call, finding, told, trace, turn

PLAIN, COLOURED = Style(), Style(colour=True)
COLOUR = re.compile(r"\x1b\[[0-9]+m")


def case(scenario: str, column: str, status: str = "passed", *, repeat: int = 1) -> Told:
    """Return a case of two rounds and one call."""
    came = trace(turn(act(call("file_read")), act(text="Done.")), repeat=repeat)
    of = f"{scenario}@{column}" + (f"~{repeat}" if repeat > 1 else "")
    match status:
        case "failed":
            return told("failed", finding(), of=of, column=column, came=came)
        case "known":
            return told("known", finding(known="slow"), of=of, column=column, came=came)
        case "error":
            return told("error", of=of, column=column, came=came, error="Out of quota.")
        case "skipped":
            return told("skipped", of=of, column=column, came=came)
    return told(of=of, column=column, came=came)


def models() -> Report:
    """Return two scenarios under two models."""
    return build(
        "read",
        [
            case("area/first", "careful/chat+all"),
            case("area/first", "hasty/chat+all"),
            case("area/second", "careful/chat+all"),
            case("area/second", "hasty/chat+all", "failed"),
            case("area/third", "careful/chat+all", "skipped"),
        ],
    )


def repeats() -> Report:
    """Return a scenario with three repeats, two of which passed."""
    return build(
        "read", [case("a/b", "m/r+t", one, repeat=at) for at, one in enumerate(("passed", "failed", "passed"), 1)]
    )


def test_the_report_begins_with_the_matrix() -> None:
    """Of several columns there is the matrix, then what is to be said of cases, then figures and pairs."""
    assert render(models(), PLAIN, 160).splitlines() == [
        "each scenario with its verdict, rounds, calls and checkpoints (everywhere: role chat, tools all)",
        "",
        "  scenario     careful       hasty",
        "-------------  ------------  ------------",
        "  area/first   passed 2 1 0  passed 2 1 0",
        "! area/second  passed 2 1 0  failed 2 1 0",
        "  area/third   not recorded  -",
        "",
        "case                        verdict    rounds    calls    checkpoints",
        "--------------------------  ---------  --------  -------  -------------",
        "area/second@hasty/chat+all  failed     2         1        0",
        "    scenarios/area/name.yaml:7:5: turn 1, rounds: expected 3, got 4",
        "",
        "pass rate with its 95 % interval; rounds, calls and checkpoints on average; all else in total",
        "",
        *_figures(models()),
        "",
        f"careful and hasty: {models().pairs[0].says}",
        "",
        "5 cases read: 3 passed, 1 failed, 1 not recorded",
    ]


def _figures(report: Report) -> list[str]:
    return figures(report, PLAIN, 160)[2:]


def test_quietly_the_matrix_has_what_did_not_pass() -> None:
    """Quietly, only rows that did not all pass stand in the matrix, and no matrix where all passed."""
    shown = grid(models(), PLAIN, 120, quiet=True)
    assert shown[4:] == ["! area/second  passed 2 1 0  failed 2 1 0"]
    all_passed = build("read", [case("a/b", "m/r+t"), case("a/b", "n/r+t")])
    assert grid(all_passed, PLAIN, 120, quiet=True) == []


def test_colours_are_on_what_did_not_pass() -> None:
    """With colours the text is the same but for heads and what did not pass."""
    coloured = render(models(), COLOURED, 120)
    assert COLOUR.sub("", coloured) == render(models(), PLAIN, 120)
    shown = grid(models(), COLOURED, 120, quiet=False)
    assert shown[4:] == [
        "  area/first   passed 2 1 0  passed 2 1 0",
        "\x1b[31m! area/second\x1b[0m  passed 2 1 0  \x1b[31mfailed 2 1 0\x1b[0m",
        "  area/third   \x1b[2mnot recorded\x1b[0m  \x1b[2m-\x1b[0m",
    ]


def test_columns_stand_in_blocks_that_fit() -> None:
    """Columns that do not fit beside the others stand below, each block with the scenarios beside it."""
    whole = build("read", [case("area/first", f"model_{at}/chat+all") for at in range(4)])
    assert grid(whole, PLAIN, 43, quiet=False)[3:] == [
        "",
        "  scenario    model_0       model_1",
        "------------  ------------  ------------",
        "  area/first  passed 2 1 0  passed 2 1 0",
        "",
        "  scenario    model_2       model_3",
        "------------  ------------  ------------",
        "  area/first  passed 2 1 0  passed 2 1 0",
    ]


@EXAMPLES
@given(
    st.lists(st.integers(1, 80).map("x".__mul__), min_size=1, max_size=3),
    st.lists(st.integers(1, 80).map("m".__mul__), min_size=1, max_size=4, unique=True),
    st.integers(1, 3),
    st.integers(60, 120),
)
def test_tables_keep_within_the_width(scenarios: list[str], names: list[str], repeat: int, width: int) -> None:
    """However long the names of scenarios and models are, and however many, no line is longer than the width."""
    cases = [
        case(scenario, f"{name}/r+t", status, repeat=at)
        for scenario in dict.fromkeys(scenarios)
        for name in names
        for at, status in zip(range(1, repeat + 1), ("passed", "error", "known"), strict=False)
    ]
    whole = build("read", cases)
    shown = [
        line
        for part in (
            grid(whole, PLAIN, width, quiet=False),
            figures(whole, PLAIN, width),
            repeated(whole, PLAIN, width),
        )
        for line in part
    ]
    assert [line for line in shown if len(line) > width and not line.startswith("    ")] == []


def test_figures_stand_below_each_other_where_they_are_too_wide() -> None:
    """Each column has a line where that fits, else each figure has one."""
    heads = "cases  not recorded  pass rate          rounds  calls  checkpoints  denied  failed  anomalies  tokens"
    numbers = "2      1             100 % (34 to 100)  2.0     1.0    0.0          0       0       0          0"
    assert [figures(models(), PLAIN, 120)[at] for at in (2, 4)] == [f"         {heads}", f"careful  {numbers}"]
    wide = max(map(len, figures(models(), PLAIN, 120)[2:]))
    assert figures(models(), PLAIN, wide)[2:] == figures(models(), PLAIN, 120)[2:]
    assert figures(models(), PLAIN, wide - 1)[2:] == figures(models(), PLAIN, 60)[3:]
    assert [line.split("  ")[0] for line in figures(models(), PLAIN, 60)[3:]] == [
        "",
        "------------",
        "cases",
        "not recorded",
        "pass rate",
        "rounds",
        "calls",
        "checkpoints",
        "denied",
        "failed",
        "anomalies",
        "tokens",
    ]


def test_repeats_say_how_often_some_and_all_pass() -> None:
    """One column with repeats has pass@k and pass^k, and its unstable scenarios are named."""
    assert repeated(repeats(), PLAIN, 120) == [
        "at least one (pass@k) or all (pass^k) of k repeats pass, on average over scenarios",
        "",
        "               k=1   k=2    k=3",
        "-------------  ----  -----  -----",
        "m/r+t  pass@k  67 %  100 %  100 %",
        "m/r+t  pass^k  67 %  33 %   0 %",
        "",
        "unstable in m/r+t: a/b",
    ]
    assert grid(repeats(), PLAIN, 120, quiet=False)[-1] == "! a/b       2/3 passed 2 1 0"
    assert repeated(models(), PLAIN, 120) == []


def many() -> Report:
    """Return seven scenarios under three models and two roles, one of which fails them all."""
    columns = [f"{model}/{role}+all" for model in "abc" for role in ("chat", "files")]
    return build(
        "read",
        [
            case(f"area/{at}", column, "failed" if column == "b/files+all" else "passed")
            for at in range(7)
            for column in columns
        ],
    )


def test_of_many_pairs_those_that_tell_something_are_told() -> None:
    """Pairs that differ in model and variant are counted, and so are those that tell nothing where there are many."""
    says = {(pair.one[0], pair.other[0], pair.one[2], pair.other[2]): pair.says for pair in many().pairs}
    assert pairs(many(), PLAIN, 200) == [
        f"a/files and b/files: {says['a', 'b', 'f', 'f']}",
        f"b/chat and b/files: {says['b', 'b', 'c', 'f']}",
        f"b/files and c/files: {says['b', 'c', 'f', 'f']}",
        "15 pairs are compared, each on its own: hold p against 0.05/15 = 0.0033",
        "6 pairs of columns tell no difference",
        "6 further pairs, differing in several things; --format markdown has every pair",
    ]
    assert pairs(models(), PLAIN, 200) == [f"careful and hasty: {models().pairs[0].says}"]
    coloured = pairs(many(), COLOURED, 200)
    assert [line.startswith("\x1b[1m") for line in coloured] == [True, True, True, False, False, False]


def test_pairs_without_a_common_scenario_are_not_told() -> None:
    """Columns that have no judged scenario in common have no sentence."""
    assert pairs(build("read", [case("a/b", "m/r+t"), case("a/c", "n/r+t")]), PLAIN, 120) == []


def test_no_sentence_steers_the_terminal() -> None:
    """What is said of a pair, which names what people write, is written out like all else."""
    [one] = models().pairs
    whole = models().model_copy(update={"pairs": (one.model_copy(update={"says": "a\x1b[2Jb"}),)})
    assert pairs(whole, PLAIN, 120) == ["careful and hasty: a\\x1b[2Jb"]


@EXAMPLES
@given(HOSTILE, HOSTILE, st.integers(60, 120))
def test_no_name_steers_the_terminal(scenario: str, variant: str, width: int) -> None:
    """Whatever scenarios and variants are called, what is told of columns holds printable characters."""
    cases = [case(scenario, f"m/r+t~x={variant}"), case(scenario, "m/r+t"), case(scenario, "m/r+t", "failed", repeat=2)]
    whole = build("read", cases)
    text = render(whole, PLAIN, width)
    assert text.replace("\n", "").isprintable()
    assert COLOUR.sub("", render(whole, COLOURED, width)) == text
