"""Plain text that readers of YAML 1.1 take for something else, held against PyYAML and OmegaConf."""

from datetime import date
from math import isnan
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from harness.dialect import Reading, elsewhere, here, in_settings, misread, quoted, surprise
from harness.errors import InputError
from harness.source import parse
from tests.build import EXAMPLES

SIGNS = st.text(st.sampled_from("0123456789:._-+eExXob=<~yYnNofFalstrue"), min_size=1, max_size=8)
WORDS = st.sampled_from(["yes", "No", "ON", "off", "true", "null", "12:30", "1_000", "0o17", "2026-03-14", "1e3", ".5"])
TEXTS = st.one_of(SIGNS, WORDS, st.builds(str, st.floats(allow_nan=False)), st.builds(str, st.integers()))


def plain(text: str) -> Any:
    """Return the value of a text that is one plain scalar in YAML 1.2; others are no examples."""
    try:
        document = parse(f"- {text}\n", Path("f.yaml"))
    except InputError:
        assume(False)
    assume(dict(document.plain.items()) == {(0,): text})
    return document.data[0]


def kind(value: Any) -> str:
    """Return what kind of reading a value is."""
    if isinstance(value, bool):
        return "truth"
    if value is None or isinstance(value, date):
        return "null" if value is None else "date"
    return "number" if isinstance(value, int | float) else "text"


def read_as(value: Any) -> Any:
    """Return what is compared of a value: nothing but the text of a number that is no number."""
    return str(value) if isinstance(value, float) and isnan(value) else value


@EXAMPLES
@given(TEXTS)
def test_readings_here(text: str) -> None:
    """What plain text means here is what the reader of scenarios makes of it."""
    value = plain(text)
    assert (here(text).kind, read_as(parse(f"- {here(text).written}", Path("f.yaml")).data[0])) == (
        kind(value),
        read_as(value),
    )


@EXAMPLES
@given(TEXTS)
def test_readings_in_settings(text: str) -> None:
    """What plain text means in settings is what OmegaConf makes of it."""
    plain(text)
    reading = in_settings(text)
    try:
        value = OmegaConf.to_container(OmegaConf.create(f"- {text}\n"))[0]  # type: ignore[index]
    except (yaml.YAMLError, ValueError):
        assert reading == Reading("nothing", quoted(text))
        return
    again = OmegaConf.to_container(OmegaConf.create(f"- {reading.written}\n"))[0]  # type: ignore[index]
    assert (reading.kind, read_as(again)) == (kind(value), read_as(value))


@EXAMPLES
@given(TEXTS)
def test_readings_elsewhere(text: str) -> None:
    """What others take plain text for is what PyYAML makes of it, but for `y` and `n`, which it takes for text."""
    plain(text)
    assume(text not in ("y", "Y", "n", "N"))
    reading = elsewhere(text)
    try:
        value = yaml.safe_load(f"- {text}\n")[0]
    except (yaml.YAMLError, ValueError):
        assert reading.kind in ("nothing", "date")
        return
    assert reading.kind == kind(value)
    if reading.kind != "date":
        assert read_as(yaml.safe_load(f"- {reading.written}\n")[0]) == read_as(value)


@EXAMPLES
@given(TEXTS)
def test_what_is_advised_is_no_surprise(text: str) -> None:
    """Every way to write a value that is advised means one thing to all readers."""
    plain(text)
    for reading in (here(text), elsewhere(text), in_settings(text)):
        for written in {quoted(text), reading.written}:
            means = {repr(read_as(load(f"- {written}\n"))) for load in (first_12, first_11, first_in_settings)}
            assert len(means) == 1


def first_12(text: str) -> Any:
    """Return the first item of a text as YAML 1.2."""
    return parse(text, Path("f.yaml")).data[0]


def first_11(text: str) -> Any:
    """Return the first item of a text as YAML 1.1, a whole float as a whole number."""
    return yaml.safe_load(text)[0]


def first_in_settings(text: str) -> Any:
    """Return the first item of a text as OmegaConf has it."""
    return OmegaConf.to_container(OmegaConf.create(text))[0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no", "no is text here, and false to readers of YAML 1.1; quote it: 'no', or write false"),
        ("y", "y is text here, and true to readers of YAML 1.1; quote it: 'y', or write true"),
        ("12:30", "12:30 is text here, and the number 750 to readers of YAML 1.1; quote it: '12:30', or write 750"),
        (
            "010",
            "010 is the number 10 here, and the number 8 to readers of YAML 1.1; quote it: '010', or write 10 or 8",
        ),
        ("0o17", "0o17 is the number 15 here, and text to readers of YAML 1.1; quote it: '0o17', or write 15"),
        ("2026-03-14", "2026-03-14 is text here, and a date to readers of YAML 1.1; quote it: '2026-03-14'"),
        ("=", "= is text here, and nothing that can be read to readers of YAML 1.1; quote it: '='"),
        *((word, None) for word in ("true", "null", "~", "12", "1.5", "-3", "noon", "yesterday", "1.2.3", "12:75", "")),
    ],
)
def test_surprises(text: str, said: str | None) -> None:
    """What two readers take for two things is told with both, and with how to write either."""
    assert surprise(text) == said


def test_misreadings() -> None:
    """Of settings only that is told which OmegaConf itself reads otherwise: it knows no dates, and no `y`."""
    told = "on is true in settings, though it looks like text; quote it: 'on', or write true"
    assert [misread(text) for text in ("on", "2026-03-14", "y", "1e3", "8")] == [told, None, None, None, None]
