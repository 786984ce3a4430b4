"""Calls that scenarios and scripts speak of, held against the schemas of a catalogue."""

from pathlib import Path

import pytest

from harness.catalogue import Catalogue, Tool
from harness.conformity import Judged, faults, judged, nonconforming
from harness.endpoint import ScriptFile
from harness.mention import mentioned, scripted
from harness.source import parse
from harness.wording import validate
from tests.build import marked, scenario

FIND = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "most": {"type": "integer", "minimum": 1}},
    "required": ["text"],
    "additionalProperties": False,
}
CATALOGUE = Catalogue(
    label="small",
    tools={
        "find": Tool(description="Find.", parameters=FIND),
        "odd": Tool(description="Odd.", parameters={"properties": 5}),
    },
)
(JUDGED,) = judged([CATALOGUE, CATALOGUE])
TEXTS = "the argument 'text' of find must be text; quote it: '5'"
KEYS = "the argument 'txt' of find does not exist (did you mean 'text'?)"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tools: {find: {when: {▸txt: a}, returns: b}}", KEYS),
        ("tools: {find: [{when: {text: a}, returns: b}, {when: {text: ▸5}, returns: b}]}", TEXTS),
        ("tools: {find: {when: {▸txt: a}, raises: b}}", KEYS),
        ("expect: {calls: {exact: [{find: {text: ▸5}}]}}", TEXTS),
        ("expect: {calls: {exact: [{tool: find, arguments: {text: ▸5}}]}}", TEXTS),
        ("expect: {calls: {exact: [{find: ▸{most: 5}}], match: exact}}", "find: 'text' is missing, and must be there"),
        ("expect: {together: [[find, {find: {text: ▸5}}]]}", TEXTS),
        ("expect: {before: [[find, {find: {text: ▸5}}]], apart: []}", TEXTS),
        ("reference: [{find: {text: ▸5}}]", TEXTS),
        ("reference: {calls: [{find: {most: ▸0}}]}", "the argument 'most' of find must be at least 1"),
    ],
)
def test_calls_that_no_schema_takes(text: str, why: str) -> None:
    """An argument of which no call that keeps to the schema could be is told at its place."""
    text, place = marked(f"title: T.\nturns: [{{user: Go.}}]\n{text.replace('apart: []', 'never: a')}\n")
    one = scenario(text)
    (line,) = nonconforming(mentioned(one.file, one.document), one.document, JUDGED)
    assert line.split(":", 1)[1] == f"{place}: {why}"


@pytest.mark.parametrize(
    "text",
    [
        "tools: {find: {when: {most: 5}, returns: b}}",
        "tools: {find: {when: {text: 5}, raises: b}}",
        "tools: {find: {when: {text: 5}, sequence: [raises: b]}}",
        "tools: {odd: {when: {text: 5}, returns: b}, unknown: {when: {text: 5}, returns: b}}",
        "expect: {calls: {exact: [{find: {text: 5}, outcome: refused}, {find: {text: 5}, outcome: failed}]}}",
        "expect: {calls: {exact: [{find: {text: 5}}], match: ignore}}",
        "expect: {calls: {exact: [{find: {most: 5}}], match: {except: [text]}}}",
        "expect: {calls: {exact: [{find: {text: 5}}], match: {except: [text]}}}",
        "expect: {calls: {exact: [find]}}",
    ],
)
def test_calls_that_may_be(text: str) -> None:
    """Calls that are wrong on purpose, or of which the schema says nothing, are left alone."""
    one = scenario(f"title: T.\nturns: [{{user: Go.}}]\n{text}\n")
    assert list(nonconforming(mentioned(one.file, one.document), one.document, JUDGED)) == []


@pytest.mark.parametrize(
    ("calls", "why"),
    [
        ("[{find: {▸txt: a}}]", KEYS),
        ("[{find: {text: ▸5}}]", TEXTS),
        ("[{▸fnd: {text: a}}]", "the catalogue 'small' has no tool 'fnd' (did you mean 'find'?)"),
        ("[▸fnd]", "the catalogue 'small' has no tool 'fnd' (did you mean 'find'?)"),
    ],
)
def test_slips_in_scripts(calls: str, why: str) -> None:
    """Of scripts only that is told which no model would be made to do on purpose."""
    text, place = marked(f"any: [[{{calls: {calls}}}]]\n")
    document = parse(text, Path("f.script.yaml"))
    (line,) = nonconforming(scripted(validate(document, ScriptFile), document), document, JUDGED)
    assert line == f"f.script.yaml:{place}: {why}"


def test_wrong_models_in_scripts() -> None:
    """A script may play a model that errs: it invents tools and arguments, leaves some out, and sends what it likes."""
    text = "any: [[calls: [timer_start, find, {find: {pages: 1}}, {find: {most: 0}}, {find: \"{'txt': 5}\"}]]]\n"
    document = parse(text, Path("f.script.yaml"))
    assert list(nonconforming(scripted(validate(document, ScriptFile), document), document, JUDGED)) == []


def test_broken_schemas_in_a_catalogue() -> None:
    """What makes a schema none is told at its line in the catalogue."""
    text, place = marked("tools:\n  find:\n    parameters:\n      properties: {text: {type: ▸txt}}\n  odd: {}\n")
    (line,) = faults(parse(text, Path("c.yaml")))
    assert line.startswith(
        f"c.yaml:{place}: tools.find.parameters.properties.text.type: 'txt' is no type of JSON Schema"
    )


def test_each_catalogue_is_judged_once() -> None:
    """A catalogue is told with those of its tools whose schemas are none."""
    assert judged([CATALOGUE, CATALOGUE]) == [Judged(CATALOGUE, frozenset({"odd"}))]
