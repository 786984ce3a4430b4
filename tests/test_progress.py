"""Progress is one line of a terminal: late, rarely, within the width, and gone at the end."""

from io import StringIO

import pytest

from harness.progress import Progress, ticking

CLEAR = "\r\x1b[K"


class Terminal(StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


class Clock:
    """A clock that goes as it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


def played(total: int | None, *steps: float, columns: str = "60", name: str = "files/denied@careful") -> list[str]:
    """Return the lines that were drawn where one is done after each of these seconds."""
    clock, stream = Clock(), Terminal()
    with Progress("playing", stream, {"COLUMNS": columns}, total=total, clock=clock) as progress:
        for step in steps:
            clock.now += step
            progress.note(name)
    return stream.getvalue().split(CLEAR)


def test_what_is_quick_shows_nothing() -> None:
    """Within the first second nothing is written, and so nothing need be cleared."""
    assert played(3, 0.3, 0.3, 0.3) == [""]


def test_counts_come_after_a_second_and_go_away() -> None:
    """Behind a second the count and the name are there; the time left once three are done; at the end nothing is."""
    assert played(10, 1, 1, 1, 1) == [
        "",
        "1/10 files/denied@careful",
        "2/10 files/denied@careful",
        "3/10 files/denied@careful … 0:07 left",
        "4/10 files/denied@careful … 0:06 left",
        "",
    ]


def test_lines_come_at_most_ten_times_a_second() -> None:
    """However many are done, a tenth of a second lies between two lines."""
    drawn = [line for line in played(1_000, 1, *[0.01] * 100) if line]
    assert 9 <= len(drawn) <= 11


def test_the_rate_is_of_the_last_seconds() -> None:
    """After a slow beginning the time left follows what the last seconds show."""
    *_, last, end = played(200, 10, 10, 10, *[1] * 50)
    assert (last, end) == ("53/200 files/denied@careful … 2:27 left", "")


def test_long_times_have_hours() -> None:
    """Hours are told as such, and large counts are grouped."""
    *_, last, _ = played(100_000, 1, 1, 1, 1)
    assert last == "4/100,000 files/denied@careful … 27:46:36 left"


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        ("40", "4/9 漢字漢字漢字漢... (+33) … 0:05 left"),
        ("24", "4/9 0:05 left"),
        ("10", "4/9"),
        ("3", ".."),
    ],
)
def test_lines_fit_any_width(columns: str, line: str) -> None:
    """The name is cut by the columns that its signs take, and left out before the counts are; one column stays free."""
    *_, last, _ = played(9, 1, 1, 1, 1, columns=columns, name="漢字" * 20)
    assert last == line


def test_lines_follow_the_terminal() -> None:
    """A terminal that is made narrower gets lines that fit it from then on."""
    clock, stream, environment = Clock(), Terminal(), {"COLUMNS": "60"}
    with Progress("playing", stream, environment, total=9, clock=clock) as progress:
        clock.now = 1
        progress.note("files/denied@careful")
        environment["COLUMNS"] = "20"
        clock.now = 2
        progress.note("files/denied@careful")
    assert stream.getvalue().split(CLEAR) == ["", "1/9 files/denied@careful", "2/9 files/... (+14)", ""]


def test_a_wait_tells_how_long_it_lasts() -> None:
    """Where nothing can be counted the line says what is waited for, and since when."""
    clock, stream = Clock(), Terminal()
    with Progress("waiting for the server", stream, {"COLUMNS": "60"}, clock=clock) as progress:
        for clock.now in (0.5, 1, 65):
            progress.tick()
    assert stream.getvalue().split(CLEAR) == [
        "",
        "waiting for the server … 0:01",
        "waiting for the server … 1:05",
        "",
    ]


def test_what_is_said_stands_above() -> None:
    """A text that is said meanwhile stands on lines of its own, and the count is there again behind it."""
    clock, stream = Clock(), Terminal()
    with Progress("playing", stream, {"COLUMNS": "60"}, total=9, clock=clock) as progress:
        clock.now = 1
        progress.note("a")
        progress.say("one endpoint is busy")
        progress.note("b")
    assert stream.getvalue() == f"{CLEAR}1/9 a{CLEAR}one endpoint is busy\n{CLEAR}2/9 b{CLEAR}"


@pytest.mark.parametrize(
    ("stream", "environment", "quiet"),
    [(StringIO(), {}, False), (Terminal(), {}, True), (Terminal(), {"TERM": "dumb"}, False)],
)
def test_nothing_is_shown_where_it_is_not_welcome(
    stream: StringIO, environment: dict[str, str], *, quiet: bool
) -> None:
    """No file, no quiet command and no dumb terminal gets a line; what is said is said there, too."""
    clock = Clock()
    with ticking(Progress("playing", stream, environment, total=2, quiet=quiet, clock=clock)) as progress:
        clock.now = 5
        progress.note("a")
        progress.say("busy")
    assert stream.getvalue() == "busy\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_the_line_is_cleared_whatever_happens(error: type[BaseException]) -> None:
    """After Ctrl-C or an error the line is gone."""
    clock, stream = Clock(), Terminal()
    progress = Progress("playing", stream, {}, total=2, clock=clock)

    def broken() -> None:
        with ticking(progress):
            clock.now = 1
            progress.note("a")
            raise error

    with pytest.raises(error):
        broken()
    assert stream.getvalue() == f"{CLEAR}1/2 a{CLEAR}"


def test_time_goes_on_by_itself() -> None:
    """While nothing is done, a thread draws the line again, and has ended afterwards."""
    clock, stream = Clock(), Terminal()
    clock.now = -5
    progress = Progress("waiting", stream, {}, clock=clock)
    clock.now = 0
    with ticking(progress):
        while not stream.getvalue():
            pass
    assert stream.getvalue().split(CLEAR) == ["", "waiting … 0:05", ""]
