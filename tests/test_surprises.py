"""Plain text in files that other readers take for something else, each with its line."""

from pathlib import Path

import pytest

from harness.endpoint import ScriptFile
from harness.mention import free, free_in_script
from harness.source import parse, read
from harness.surprises import misreadings, surprises
from harness.wording import validate
from tests.build import scenario


def told(text: str) -> list[str]:
    """Return where a scenario has text that others read otherwise."""
    one = scenario(f"title: 2026-03-01\nturns: [{{user: no}}]\n{text}\n")
    return [line.split(": ")[1] for line in surprises(one.document, free(one.file, one.document))]


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("tools: {a: no}", ["tools.a"]),
        ("tools: {a: 'no', b: !!str no}", []),
        ("tools: {a: {when: {b: [no]}, returns: {c: 12:30}}}", ["tools.a.when.b[0]", "tools.a.returns.c"]),
        ("tools: {a: [{when: {b: 1}, returns: off}, {otherwise: on}]}", ["tools.a[0].returns", "tools.a[1].otherwise"]),
        (
            "tools: {a: {sequence: [no, {returns: no}, {raises: no}]}}",
            ["tools.a.sequence[0]", "tools.a.sequence[1].returns"],
        ),
        ("tools: {a: {when: {b: {matches: no}}, returns: x}}", []),
        ("tools: {a: {when: {b: {one_of: [no, x]}}, returns: x}}", ["tools.a.when.b.one_of[0]"]),
        ("module: a.py\nstate: {a: 010}\nexpect: {state: {b: 08}}", ["state.a", "expect.state.b"]),
        (
            "expect: {calls: {exact: [{a: {b: yes}}, {tool: a, arguments: {b: n}}]}}",
            ["expect.calls.exact[0].a.b", "expect.calls.exact[1].arguments.b"],
        ),
        ("expect: {together: [[a, {b: {c: 1e3}}]]}", ["expect.together[0][1].b.c"]),
        ("reference: [{a: {b: 2026-03-14}}]", ["reference[0].a.b"]),
        ("expect: {response: {contains: no}}", []),
        ("now: 2026-03-02T08:30:00+01:00\nsession: [{role: user, content: no}]\ntags: [no]", []),
    ],
)
def test_where_any_json_may_stand(text: str, ways: list[str]) -> None:
    """Arguments, results and states are looked through, and nothing that is text however it is written."""
    assert told(text) == ways


def test_scripts() -> None:
    """Arguments and bodies of a script are looked through."""
    text = "any: [[{text: no, calls: [{a: {b: no}}, {a: no}]}, {confirmed: [{body: {c: [no]}}]}, {raw: no}]]\n"
    document = parse(text, Path("f.script.yaml"))
    found = surprises(document, free_in_script(validate(document, ScriptFile), document))
    assert [line.split(": ")[1] for line in found] == ["any[0][0].calls[0].a.b", "any[0][1].confirmed[0].body.c[0]"]


NUMBER = "the number 750 in settings, though it looks like text; quote it: '12:30', or write 750"


def test_settings(tmp_path: Path) -> None:
    """Values and keys of settings that OmegaConf reads otherwise than they look are told."""
    path = tmp_path / "x.yaml"
    path.write_text("label: 2026-03-01\noverlay: no\nextra: {on: 1, 'off': 2, at: [12:30, y]}\n", "utf-8")
    assert [line.replace(f"{path}:", "") for line in misreadings(read(path))] == [
        "2:10: overlay: no is false in settings, though it looks like text; quote it: 'no', or write false",
        f"3:31: extra.at[0]: 12:30 is {NUMBER}",
        "3:9: extra: the key on is true in settings, though it looks like text; quote it: 'on', or write true",
    ]
