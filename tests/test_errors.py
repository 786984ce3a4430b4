"""What can go wrong: the tree of errors, their exit codes, and the nearest known word."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import errors
from harness.errors import CASSETTE_STATES, UNASKED, HarnessError, InputError, did_you_mean

EXAMPLES = settings(deadline=None, max_examples=100, derandomize=True, database=None)


def drawn() -> dict[str, str]:
    """Return each error of the module docstring's tree with the error that it hangs from."""
    tree: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"([│├└─ ]*)([A-Z]\w+)(?: {2,}|$)", line):
            depth, name = len(found[1]), found[2]
            above = [(at, other) for at, other in above if at < depth]
            tree[name] = above[-1][1] if above else ""
            above.append((depth, name))
    return tree


def defined() -> dict[str, str]:
    """Return each error class of the module with the class that it is made from."""
    classes = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, HarnessError)]
    return {one.__name__: "" if one is HarnessError else str(one.__base__ and one.__base__.__name__) for one in classes}


def test_the_docstring_draws_the_tree() -> None:
    """The tree in the module's docstring names every error under its parent, and no other."""
    assert drawn() == defined()


def test_every_error_exits_with_two() -> None:
    """No error of the harness can be taken for a judged failure."""
    classes = [getattr(errors, name) for name in defined()]
    assert {one.exit_code for one in classes} == {2}


def test_kinds_tell_errors_apart() -> None:
    """Each error has a kind of its own, which traces store."""
    kinds = [getattr(errors, name).kind for name in defined()]
    assert sorted(kinds) == sorted(set(kinds))


def test_recording_again_mends_these() -> None:
    """The states of a cassette that recording mends are named by kind."""
    assert sorted(CASSETTE_STATES) == ["missing", "overrun", "stale", "unreadable"]


def test_recording_goes_on_after_these() -> None:
    """What ends a recording before it is complete is named by kind."""
    assert sorted(UNASKED) == ["busy", "ceiling"]


def test_input_error_keeps_its_problems() -> None:
    """Several problems are one line each in the message, and stay apart for those who collect them."""
    error = InputError("a.yaml:1:1: one", "b.yaml:2:3: two")
    assert (str(error), error.problems) == ("a.yaml:1:1: one\nb.yaml:2:3: two", ("a.yaml:1:1: one", "b.yaml:2:3: two"))


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("titel", ["title", "tags"], " (did you mean 'title'?)"),
        ("titel", ["tags", "title"], " (did you mean 'title'?)"),
        ("title", ["title"], " (did you mean 'title'?)"),
        ("TITLE", ["tags"], ""),
        ("xyz", ["title", "tags"], ""),
        ("title", [], ""),
        ("", ["title"], ""),
    ],
)
def test_nearest_word(word: str, known: list[str], hint: str) -> None:
    """A misspelt word is answered with the nearest known one, a strange one with nothing."""
    assert did_you_mean(word, known) == hint


@EXAMPLES
@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=5))
def test_only_known_words_are_meant(word: str, known: list[str]) -> None:
    """Whatever is typed, a hint names a known word, and a known word itself where it was typed right."""
    hint = did_you_mean(word, iter(known))
    assert hint in {"", *(f" (did you mean '{one}'?)" for one in known)}
    assert word not in known or hint == f" (did you mean '{word}'?)"
