"""Text for a terminal cannot steer it, says what was cut, and stands in columns."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.terminal import (
    Layout,
    Painted,
    Style,
    complaint,
    cut,
    extent,
    fitted,
    line,
    listing,
    plain,
    short,
    style,
    table,
    tell,
    width,
    wrapped,
)
from tests.build import EXAMPLES, HOSTILE, uncut


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("Zoë isst 漢字 🙂.", "Zoë isst 漢字 🙂."),
        ("two\nlines", "two\nlines"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m\x7f\x00\x07\x08", "\\x9b31m\\x7f\\x00\\x07\\x08"),
        ("a\u202eb", "a\\u202eb"),
        ("a\U000e0041b", "a\\U000e0041b"),
        ("a\ud800b", "a\\ud800b"),
    ],
)
def test_signs_that_steer_are_shown_as_escapes(text: str, shown: str) -> None:
    """Control characters, marks of direction and lone surrogates are shown as Python writes them."""
    assert plain(text) == shown


@pytest.mark.parametrize("blank", ["\u3000", "\xa0", "\u2009"])
def test_blanks_of_other_scripts_are_blanks(blank: str) -> None:
    """Wide, narrow and unbreakable blanks, which ordinary texts hold, are shown as a blank."""
    assert plain(f"a{blank}b") == "a b"


@EXAMPLES
@given(st.text() | HOSTILE)
def test_plain_is_printable(text: str) -> None:
    """Whatever comes in, only printable characters and line feeds come out, and once is enough."""
    shown = plain(text)
    assert shown.replace("\n", "").isprintable()
    assert plain(shown) == shown


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [("short", 5, "short"), ("", 1, ""), ("two\n  lines\tand more ", 60, "two lines and more"), ("\x1b", 4, "\\x1b")],
)
def test_what_fits_is_shown_on_one_line(text: str, width: int, shown: str) -> None:
    """A text that fits is shown whole, each run of blanks as one."""
    assert cut(text, width) == shown


@pytest.mark.parametrize(
    ("text", "width", "length"),
    [("x" * 21, 20, 21), ("x" * 100, 20, 100), ("x" * 1_000_000, 40, 1_000_000), ("\x1b" * 10, 20, 40)],
)
def test_cut_says_how_much(text: str, width: int, length: int) -> None:
    """A text that is too long ends with the number of characters that are not shown."""
    shown = cut(text, width)
    assert (uncut(shown), width - 2 <= len(shown) <= width) == (length, True)


@EXAMPLES
@given(st.text() | HOSTILE | st.integers(0, 3000).map("x".__mul__), st.integers(1, 200))
def test_cut_never_exceeds_its_width(text: str, width: int) -> None:
    """What comes out is one line within the width, and what is shown and what is said to be cut is the whole."""
    shown, whole = cut(text, width), plain(" ".join(text.split()))
    assert extent(shown) <= width
    assert "\n" not in shown
    if shown != whole and "... (+" in shown:
        assert uncut(shown) == len(whole)
        assert whole.startswith(shown[: shown.rindex("... (+")])


@EXAMPLES
@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=41, max_size=300).map(str.strip))
def test_cut_says_so_wherever_there_is_room(text: str) -> None:
    """From a width of 40 on, a text that is cut always says so."""
    whole = " ".join(text.split())
    assert cut(text, 40) == whole if len(whole) <= 40 else uncut(cut(text, 40)) == len(whole)


# Commands


def test_listing_aligns_and_escapes() -> None:
    """Rows stand in columns, numbers stay the text that they are, and nothing steers the terminal."""
    rows = [("007", "a\x1b[31mb"), ("1e3", "")]
    assert listing(rows, ("number", "text"), Layout()).splitlines() == [
        "number  text",
        "007     a\\x1b[31mb",
        "1e3",
    ]


def test_style_paints_where_it_may() -> None:
    """A style with colours paints, and one without leaves the text as it is."""
    assert (Style(colour=True).paint("x", "31"), Style().paint("x", "31")) == ("\x1b[31mx\x1b[0m", "x")


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "painted"),
    [
        (Terminal(), {}, "\x1b[31mx\x1b[0m"),
        (Terminal(), {"NO_COLOR": "", "TERM": "xterm"}, "\x1b[31mx\x1b[0m"),
        (Terminal(), {"NO_COLOR": "1"}, "x"),
        (Terminal(), {"TERM": "dumb"}, "x"),
        (io.StringIO(), {}, "x"),
        (io.StringIO(), {"FORCE_COLOR": "1", "TERM": "dumb"}, "\x1b[31mx\x1b[0m"),
        (io.StringIO(), {"CLICOLOR_FORCE": "1"}, "\x1b[31mx\x1b[0m"),
        (io.StringIO(), {"FORCE_COLOR": "0", "CLICOLOR_FORCE": ""}, "x"),
        (io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, "x"),
    ],
)
def test_colours_need_a_welcome(stream: io.StringIO, environment: dict[str, str], painted: str) -> None:
    """Colours need a terminal that is not dumb, or somebody who wants them anywhere, and nobody who asked for none."""
    assert style(stream, environment).paint("x", "31") == painted


@pytest.mark.parametrize(("text", "shown"), [("a\nb\x1b", "a\\nb\\x1b"), ("a  b", "a  b")])
def test_line_writes_line_feeds_out(text: str, shown: str) -> None:
    """A text on one line has its line feeds as they are written, and its blanks as they are."""
    assert line(text) == shown


def test_short_says_how_much_is_cut() -> None:
    """A text of bearable length is at most four hundred characters, and says how many it had."""
    shown = short("x" * 1_000)
    assert (short("x\ny"), uncut(shown), 395 <= len(shown) <= 400) == ("x\\ny", 1_000, True)


def test_table_aligns_painted_cells() -> None:
    """Cells stand in columns as wide as the widest, colours take no room, and no line ends in blanks."""
    rows = [(Painted("a"), Painted("red", "31"), Painted("x")), (Painted("long"), Painted(""), Painted(""))]
    assert table(rows, ("one", "two  ", ""), Style()) == [
        "one   two",
        "----  -----  -",
        "a     red    x",
        "long",
    ]
    assert table(rows, ("one", "two  ", ""), Style(colour=True)) == [
        "\x1b[1mone   two\x1b[0m",
        "----  -----  -",
        "a     \x1b[31mred\x1b[0m    x",
        "long",
    ]


# The width


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("plain", 5),
        ("\x1b[31mred\x1b[0m", 3),
        ("漢字", 4),
        ("e\u0301", 1),
        ("🙂", 2),
        ("\u2764\ufe0f", 2),
        ("\uff46\uff55", 4),
    ],
)
def test_extent_counts_columns(text: str, columns: int) -> None:
    """Wide signs and pictures take two columns, marks on other signs and colours none."""
    assert extent(text) == columns


def test_columns_count_in_cuts_and_tables() -> None:
    """What is cut keeps within its columns and counts signs; cells stand in columns whatever their signs take."""
    assert cut("漢字" * 10, 20) == "漢字漢字漢... (+15)"
    rows = [(Painted("漢字"), Painted("x")), (Painted("abc"), Painted("y"))]
    assert table(rows, ("", ""), Style())[2:] == ["漢字  x", "abc   y"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("fits as  it is", ["fits as  it is"]),
        ("    a text that is indented and too long", ["    a text that is", "      indented and", "      too long"]),
        ('{"origin":"JFK","to":"SEA"}', ['{"origin":"JFK",', '  "to":"SEA"}']),
        ("x" * 45, ["x" * 20, f"  {'x' * 18}", f"  {'x' * 7}"]),
        (
            "see scenarios/area/name_of_one.yaml:1:2: wrong",
            ["see", "  scenarios/area/name_of_one.yaml:1:2:", "  wrong"],
        ),
        (
            "record the 2 cases, at least 2 requests: harness record files -t smoke",
            ["record the 2 cases,", "  at least 2", "  requests:", "  harness record files -t smoke"],
        ),
        ("harness record desk/lemons role=chat", ["harness record desk/lemons role=chat"]),
        (
            "\x1b[31mred and too long for it\x1b[0m plain",
            ["\x1b[31mred and too long for\x1b[0m", "  \x1b[31mit\x1b[0m plain"],
        ),
    ],
)
def test_long_lines_are_wrapped(text: str, lines: list[str]) -> None:
    """A line is wrapped at blanks and a longer word broken; what people copy, paths and commands, stays whole."""
    assert fitted(text, 20).split("\n") == lines


@EXAMPLES
@given(st.text(st.characters(exclude_characters="/\n\r\x1b")) | HOSTILE, st.integers(8, 80))
def test_nothing_is_lost_and_all_fits(text: str, columns: int) -> None:
    """Whatever is wrapped, every line fits, and together they hold every sign but blanks."""
    shown = plain(text).replace("\n", " ").replace("/", "").replace("\\x1b[", "")
    lines = wrapped(shown, columns, "", "  ")
    assert [line for line in lines if extent(line) > columns] == []
    assert "".join("".join(lines).split()) == "".join(shown.split())


def test_a_megabyte_is_wrapped_at_once() -> None:
    """A word of a megabyte takes no time that grows with its square."""
    assert sum(map(len, wrapped("x" * 500_000 + "漢" * 500_000, 80))) == 1_000_000


def test_a_list_that_is_too_wide_has_columns_below() -> None:
    """The last columns of a list stand below the others where they do not fit; without an end to a line all do."""
    rows = [("a", "model=a", "the words of a long description"), ("b", "model=b", "")]
    heads = ("name", "choose with", "text")
    assert listing(rows, heads, Layout(width=24)).splitlines() == [
        "name  choose with",
        "    text",
        "a     model=a",
        "    the words of a long",
        "    description",
        "b     model=b",
    ]
    assert listing(rows, heads, Layout(Style(colour=True))).splitlines() == [
        "\x1b[1mname  choose with  text\x1b[0m",
        "a     model=a      the words of a long description",
        "b     model=b",
    ]


@pytest.mark.parametrize(
    ("stream", "environment", "columns"),
    [
        (Terminal(), {"COLUMNS": "60"}, 60),
        (Terminal(), {"COLUMNS": "wide"}, None),
        (io.StringIO(), {"COLUMNS": "60"}, None),
    ],
)
def test_width_is_of_terminals(stream: io.StringIO, environment: dict[str, str], columns: int | None) -> None:
    """A terminal is as wide as `COLUMNS` says or itself; on anything else nothing wraps."""
    assert width(stream, environment) == columns


def test_what_is_told_fits_a_terminal() -> None:
    """On a terminal a text is wrapped; what goes to a file or another program is as it is."""
    screen, file = Terminal(), io.StringIO()
    for stream in (screen, file):
        tell(stream, "a text that is too long", {"COLUMNS": "12"})
    assert (screen.getvalue(), file.getvalue()) == ("a text that\n  is too\n  long\n", "a text that is too long\n")


def test_a_complaint_marks_its_places() -> None:
    """Of each problem the place is red, and the words are as they are."""
    assert complaint("a.yaml:1:2: wrong\nno place: 1", Style(colour=True)) == (
        "\x1b[31ma.yaml:1:2:\x1b[0m wrong\nno place: 1"
    )
