"""A report as JUnit's XML: what other programs read of it, whatever a model writes."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml

from harness.check import Replay
from harness.junit import render
from harness.report import Report, Told, build
from harness.trace import Anomaly, dumps
from tests.build import EXAMPLES, HOSTILE, SCENARIO, change, compared, finding, told, trace, turn

RULES: Mapping[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name"},
        {"time", "classname", "group", "file", "line"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    **dict.fromkeys(("failure", "error", "skipped"), (set[str](), {"type", "message"}, set[str]())),
    "system-out": (set(), set(), set()),
}
"""Attributes that must and may stand, and elements within: of the schema `junit-10.xsd` of Jenkins' xunit plugin, and
`file` and `line` of a test case, which pytest's `xunit1` adds."""


def report(*cases: Told) -> Report:
    """Return what is told of a run of these cases."""
    return build("replayed", cases, figured=False)


def parsed(whole: Report) -> ET.Element:
    """Return the XML of a report, as the standard library reads it."""
    return ET.fromstring(render(whole).encode())  # noqa: S314 - our own text


def cases(whole: Report) -> list[ET.Element]:
    """Return its test cases."""
    return list(parsed(whole).iter("testcase"))


def every() -> Report:
    """Return cases of every kind in two columns."""
    odd = trace(turn(), anomalies=[Anomaly(kind="repeated_id", turn=1, round=1, call=None, detail="odd")])
    changes = change("1", "2"), change(None, "x()", "x()", "calls")
    return report(
        told(of="a/fine@m/r+t"),
        told("failed", finding(), of="a/failed@n/r+t~2"),
        told("failed", finding(), of="a/newly@m/r+t", against=compared("newly failing", *changes, regressed=True)),
        told(of="a/worse@m/r+t", against=compared("changed", change("1", "2"), regressed=True)),
        told("error", of="a/lost@m/r+t", error="Gone\n& lost.", replay=Replay(reason="gone")),
        told("skipped", of="a/skipped@m/r+t"),
        told("known", finding(known="slow"), of="a/known@m/r+t"),
        told(of="a/odd@n/r+t", came=odd),
    )


def test_each_column_is_a_suite() -> None:
    """Suites stand in the order of their first cases, with their counts; a known failure counts as skipped."""
    counts = "name", "tests", "failures", "errors", "skipped", "time"
    assert [tuple(suite.get(name) for name in counts) for suite in parsed(every())] == [
        ("m/r+t", "6", "2", "1", "2", "0"),
        ("n/r+t", "2", "1", "0", "0", "0"),
    ]


def test_each_case_is_a_test() -> None:
    """A test is named by its scenario and repeat, its class is the column, and it stands where the scenario does."""
    assert [dict(test.attrib) for test in cases(every())][-2:] == [
        {"name": "a/failed~2", "classname": "n/r+t", "file": "scenarios/a/failed.yaml", "line": "1"},
        {"name": "a/odd", "classname": "n/r+t", "file": "scenarios/a/odd.yaml", "line": "1"},
    ]


def test_what_came_is_its_result() -> None:
    """Failures, errors and skipped tests have the first line as message and all lines as text."""
    found = f"{SCENARIO}:7:5: turn 1, rounds: expected 3, got 4"
    differs = "\n".join(
        (
            "regression: 2 changes, was passed",
            "changed: turn 1, round 1: file_read: path 1 -> 2",
            "added: turn 1, round 1: x() added",
        )
    )
    worse = "regression: 1 change"
    assert [(child.tag, dict(child.attrib), child.text) for test in cases(every()) for child in test] == [
        ("failure", {"message": found, "type": "newly failing"}, f"{found}\n{differs}"),
        ("failure", {"message": worse, "type": "regression"}, f"{worse}\n{differs.splitlines()[1]}"),
        ("error", {"message": "Gone", "type": "error"}, "Gone\n& lost."),
        ("skipped", {"message": "nothing is recorded", "type": "not recorded"}, None),
        ("skipped", {"message": "slow", "type": "known"}, f"{found}; known: slow"),
        ("failure", {"message": found, "type": "failed"}, found),
        ("system-out", {}, "anomaly: turn 1, round 1: odd"),
    ]


def test_the_same_cases_give_the_same_text() -> None:
    """There is no time and no host in it, and the library that others read it with finds the same tests."""
    assert render(every()) == render(every())
    read = JUnitXml.fromstring(render(every()).encode())
    assert [(suite.name, [test.name for test in suite]) for suite in read] == [
        ("m/r+t", ["a/fine", "a/newly", "a/worse", "a/lost", "a/skipped", "a/known"]),
        ("n/r+t", ["a/failed~2", "a/odd"]),
    ]


def against_the_rules(element: ET.Element) -> list[str]:
    """Return what in an element and those within it the schema does not allow."""
    must, may, within = RULES[element.tag]
    wrong = [f"{element.tag}: {name}" for name in must - set(element.attrib) | set(element.attrib) - must - may]
    wrong += [f"{element.tag}: {child.tag}" for child in element if child.tag not in within]
    return wrong + [one for child in element for one in against_the_rules(child)]


def test_it_is_as_the_published_schema_says() -> None:
    """Elements and attributes are those of the schema that Jenkins' plugin checks."""
    assert against_the_rules(parsed(every())) == []


@EXAMPLES
@given(
    st.lists(HOSTILE | st.text(max_size=10) | st.sampled_from(["]]>", "<a>", "\ufffe", "&#0;"]), min_size=5, max_size=5)
)
def test_no_text_breaks_the_xml(texts: list[str]) -> None:
    """Whatever a model or a scenario says, the XML can be read, and says it on printable lines."""
    name, got, error, column, known = texts
    changed = change(dumps(got), dumps(known), got)
    told_cases = [
        told("failed", finding(got), of=f"{name}@{column}", column=column),
        told("error", of=f"{name}@{column}", column=column, error=error),
        told("known", finding(known=known), of=f"{name}@{column}", column=column),
        told(
            of=f"{name}@{column}",
            column=column,
            against=compared("changed", changed, regressed=True),
        ),
    ]
    whole = parsed(report(*told_cases))
    assert against_the_rules(whole) == []
    assert [child.tag for child in whole.iter() if child.tag not in ("testsuites", "testsuite", "testcase")] == [
        *("failure", "error", "skipped", "failure")
    ]
    for element in whole.iter():
        assert (element.text or "").replace("\n", "").replace("\t", "").isprintable()
        assert all(text.isprintable() for text in element.attrib.values())
