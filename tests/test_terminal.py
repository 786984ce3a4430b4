"""Text for a terminal cannot steer it, says what was cut, and stands in columns."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.terminal import Painted, Progress, Style, cut, line, listing, plain, short, style, table
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
    assert len(shown) <= width
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
    assert listing(rows, ("number", "text")).splitlines() == ["number    text", "007       a\\x1b[31mb", "1e3"]


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
    ],
)
def test_colours_need_a_welcome(stream: io.StringIO, environment: dict[str, str], painted: str) -> None:
    """Colours need a terminal that is not dumb, and nobody who asked for none."""
    assert style(stream, environment).paint("x", "31") == painted


def test_progress_is_one_line_that_goes_away() -> None:
    """On a terminal cases are counted on one line, which is cleared at the end; elsewhere, or quietly, nothing is."""
    streams = Terminal(), Terminal(), io.StringIO()
    for stream, quiet in zip(streams, (False, True, False), strict=True):
        progress = Progress(2, stream, quiet=quiet)
        progress.note("a/b@m/chat+all")
        progress.note("x\x1b[2J" + "y" * 100)
        progress.end()
    shown, *silent = (stream.getvalue() for stream in streams)
    assert silent == ["", ""]
    assert shown.split("\r\x1b[K") == ["", "1/2 a/b@m/chat+all", f"2/2 x\\x1b[2J{'y' * 42}... (+58)", ""]


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
