"""One case as a page shows it: its address is as browsers keep it."""

from harness.entry import Entry, Tags, tags
from harness.report import build
from tests.build import compared, finding, told


def test_keys_are_as_browsers_keep_them() -> None:
    """A key has nothing that a browser writes otherwise or that parts an address; half a character is kept apart."""
    [case] = build("replayed", [told(of="a/x &=#'\"<é%\ud800@m/chat+all")]).cases
    key = Entry(0, case).key
    assert key == "a/x%20%26%3D%23%27%22%3C%C3%A9%25%ED%A0%80@m/chat+all"


def test_by_what_a_case_is_chosen() -> None:
    """A case is chosen by what is counted of it; where others are compared and it is not, by that."""
    against = compared("newly failing", regressed=True)
    [case] = build("replayed", [told("failed", finding(), against=against)]).cases
    assert tags(case, compared=True) == Tags(("failed",), ("newly failing", "regressed"), "careful", "chat")
    [case] = build("replayed", [told("error", error="why", column="odd")]).cases
    assert tags(case, compared=True) == Tags(("error",), ("not compared",), "odd", "")
    assert tags(case, compared=False).baseline == ()
