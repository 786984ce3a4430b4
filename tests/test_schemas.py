"""The schemas for editors: fresh, as wide as what is read, and narrow where people err."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from harness.cli import main
from harness.endpoint import ScriptFile
from harness.errors import InputError
from harness.expectation import TurnExpectation
from harness.scenario import ScenarioFile
from harness.schemas import SCENARIO, SCRIPT, bring_up_to_date, modeline, texts
from harness.source import Location, parse, read
from harness.wording import validate

ROOT = Path(__file__).parents[1]
SCHEMAS = {name: json.loads(text) for name, text in texts().items()}
PROJECTS = (ROOT, ROOT / "harness" / "starter")
FILES = [
    (root, path) for root in PROJECTS for folder in ("scenarios", "conf") for path in (root / folder).rglob("*.yaml")
]
MINIMAL = {"title": "A title.", "turns": [{"user": "Hello?"}]}


def refused(name: str, data: Any) -> list[Location]:
    """Return where the schema of a name refuses data: at a value, or at a key that is unknown."""
    found = (place for error in Draft202012Validator(SCHEMAS[name]).iter_errors(data) for place in places(error))
    return sorted(set(found), key=str)


_UNKNOWN = "additionalProperties"


def places(error: ValidationError) -> Iterator[Location]:
    """Yield the places that one error is about.

    Of a key that cannot stand beside another, the library knows the mapping only; editors know the key.
    """
    way = tuple(error.absolute_path)
    mistyped = {one.schema_path[0] for one in error.context or () if one.validator == "type" and not one.path}
    meant = [one for one in error.context or () if one.schema_path[0] not in mistyped]
    if error.validator == "anyOf" and any(one.path or one.validator == "additionalProperties" for one in meant):
        for one in meant:
            yield from places(one)
    elif isinstance(error.instance, dict) and isinstance(error.schema, dict) and error.validator == _UNKNOWN:
        yield from ((*way, key) for key in error.instance if key not in error.schema.get("properties", {}))
    else:
        yield way


def schema_of(root: Path, path: Path) -> str:
    """Return the name of the schema to which the first lines of a file lead."""
    [line] = [one for one in path.read_text("utf-8").splitlines()[:2] if one.startswith("# yaml-language-server:")]
    leads = (path.parent / line.partition("$schema=")[2]).resolve()
    return leads.relative_to(root.resolve()).as_posix()


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_committed_schemas_are_fresh(name: str) -> None:
    """Each schema in the project is what the types give, to the byte; if not: `harness schema`."""
    assert (ROOT / name).read_text("utf-8") == texts()[name]


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_schema(name: str) -> None:
    """Each is a JSON schema by the draft that it names, and no address is made up for it."""
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    assert (schema["$schema"], "$id" in schema) == (Draft202012Validator.META_SCHEMA["$id"], False)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_has_its_sentence(name: str) -> None:
    """Every key that may be written has a sentence to show, its own or that of what stands behind it."""
    schema = SCHEMAS[name]
    silent = [way for way, one in keys(schema) if not described(one, schema["$defs"]).endswith((".", ".)"))]
    assert silent == []


def keys(schema: Any, way: Location = ()) -> Iterator[tuple[Location, Any]]:
    """Yield the schema of each key that may be written, with the way to it."""
    if isinstance(schema, list):
        for at, one in enumerate(schema):
            yield from keys(one, (*way, at))
    elif isinstance(schema, dict):
        for key, one in schema.items():
            if key in ("properties", "$defs"):
                for name, inner in one.items():
                    if key == "properties":
                        yield (*way, name), inner
                    yield from keys(inner, (*way, name))
            elif key not in ("default", "examples", "dependentSchemas") and not is_need(schema, key):
                yield from keys(one, (*way, key))


def is_need(schema: dict[str, Any], key: str) -> bool:
    """Tell whether a key holds a condition on keys that are described elsewhere."""
    return key == "then" and (schema["if"] == {"not": {"required": ["defaults"]}} or "minProperties" in schema["then"])


def described(schema: Any, definitions: dict[str, Any]) -> str:
    """Return the sentence of a schema."""
    if "description" in schema or "$ref" not in schema:
        return str(schema.get("description", ""))
    return described(definitions[schema["$ref"].rpartition("/")[2]], definitions)


@pytest.mark.parametrize(("root", "path"), FILES, ids=lambda value: value.name)
def test_what_is_bundled_is_accepted(root: Path, path: Path) -> None:
    """Each bundled file leads to the schema that is its own, which accepts it."""
    name = schema_of(root, path)
    assert modeline(path.relative_to(root).as_posix()) in path.read_text("utf-8").splitlines(keepends=True)[:2]
    assert refused(name, read(path).data) == []


def examples(page: str) -> list[str]:
    """Return the YAML that a page shows."""
    return re.findall(r"```yaml\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)


def settled(data: dict[str, Any]) -> tuple[str, Any]:
    """Return what an example of a page is about, made whole where it shows a part only."""
    groups = {"overlay": "role", "host_type": "model", "max_rounds": "loop", "factory": "loop"}
    groups |= {"sections": "persona", "preamble": "persona"}
    if data.keys() <= ScenarioFile.model_fields.keys() | {"for", "as"}:
        return SCENARIO, {**MINIMAL, **data}
    if data.keys() <= TurnExpectation.model_fields.keys():
        return SCENARIO, {**MINIMAL, "turns": [{"user": "Hello?", "expect": data}]}
    if "answers" in data:
        return SCENARIO, {**MINIMAL, "turns": [{"user": "Hello?", **data}]}
    if "label" in data:
        group = next(
            (group for key, group in groups.items() if key in data), "catalogue" if "tools" in data else "tools"
        )
        return f"conf/{group}.schema.json", data
    return SCRIPT, data


@pytest.mark.parametrize("text", [text for page in ("scenarios", "conf") for text in examples(f"{page}/README.md")])
def test_what_the_pages_show_is_accepted(text: str) -> None:
    """Each example of the pages on scenarios and settings is accepted by the schema of what it is about."""
    name, data = settled(parse(text, Path("page.md")).data)
    assert refused(name, data) == []


SCENARIO_MISTAKES: list[tuple[str, Location]] = [
    ("turn: 1", ("turn",)),
    ("{title: A}", ()),
    ("{title: '', turns: [{user: a}]}", ("title",)),
    ("{title: [a], turns: [{user: a}]}", ("title",)),
    ("{title: A, turns: []}", ("turns",)),
    ("{title: A, turns: {user: a}}", ("turns",)),
    ("{title: A, turns: [a]}", ("turns", 0)),
    ("{title: A, turns: [{answers: [deny]}]}", ("turns", 0)),
    ("tags: 3", ("tags",)),
    ("tags: [a, 3]", ("tags", 1)),
    ("tags:", ("tags",)),
    ("for: {rôle: chat}", ("for", "rôle")),
    ("for: {role: []}", ("for", "role")),
    ("as: {acces: guest}", ("as", "acces")),
    ("as: {access: [guest]}", ("as", "access")),
    ("now: tomorrow", ("now",)),
    ("now: 2026-03-01T09:00:00", ("now",)),
    ("session: [{role: system, content: a}]", ("session", 0, "role")),
    ("session: [{role: user}]", ("session", 0)),
    ("workspace: {/a.txt: a}", ("workspace",)),
    ("workspace: {a/../b: a}", ("workspace",)),
    ("workspace: {a.txt: 3}", ("workspace", "a.txt")),
    ("module: tools/bank.py", ("module",)),
    ("state: [1]", ("state",)),
    ("tools: {x: }", ("tools", "x")),
    ("tools: {x: []}", ("tools", "x")),
    ("tools: {x: {return: a}}", ("tools", "x", "return")),
    ("tools: {x: {returns: a, raises: b}}", ("tools", "x")),
    ("tools: {x: {when: {a: 1}}}", ("tools", "x")),
    ("tools: {x: [{when: {a: 1}, otherwise: b}]}", ("tools", "x", 0)),
    ("tools: {x: {sequence: []}}", ("tools", "x", "sequence")),
    ("tools: {x: {sequence: [{raise: b}]}}", ("tools", "x", "sequence", 0, "raise")),
    ("tools: {x: {raises: 3}}", ("tools", "x", "raises")),
    ("tools: {x: {when: {a: {type: pdf}}, returns: b}}", ("tools", "x", "when", "a", "type")),
    ("tools: {x: {when: {a: {b: [{near: 3}]}}, returns: b}}", ("tools", "x", "when", "a", "b", 0)),
    ("tools: {x: {when: {a: {one_of: []}}, returns: b}}", ("tools", "x", "when", "a", "one_of")),
    ("tools: {x: {when: {a: {matches: 3}}, returns: b}}", ("tools", "x", "when", "a", "matches")),
    ("expect: 3", ("expect",)),
    ("expect: []", ("expect",)),
    ("expect: {round: 3}", ("expect", "round")),
    ("expect: {rounds: three}", ("expect", "rounds")),
    ("expect: {rounds: -1}", ("expect", "rounds")),
    ("expect: {rounds: {}}", ("expect", "rounds")),
    ("expect: {rounds: {at_leest: 3}}", ("expect", "rounds", "at_leest")),
    ("expect: {rounds: {exactly: 3, at_most: 4}}", ("expect", "rounds")),
    ("expect: [{rounds: 3}, {rounds: {at_most: x}}]", ("expect", 1, "rounds", "at_most")),
    ("expect: {stop: finished}", ("expect", "stop")),
    ("expect: {response: {contain: a}}", ("expect", "response", "contain")),
    ("expect: {response: {contains: 503}}", ("expect", "response", "contains")),
    ("expect: {workspace: {a.txt: {absent: false}}}", ("expect", "workspace", "a.txt", "absent")),
    ("expect: {workspace: {a.txt: {absent: true, contains: b}}}", ("expect", "workspace", "a.txt")),
    ("expect: {calls: [file_read]}", ("expect", "calls", 0)),
    ("expect: {calls: {in_order: []}}", ("expect", "calls", "in_order")),
    ("expect: {calls: {in_order: [a], in_oder: [b]}}", ("expect", "calls", "in_oder")),
    ("expect: {calls: {exact: [a], subset: [b]}}", ("expect", "calls")),
    ("expect: {calls: {exact: [{a: {}, decision: refused}]}}", ("expect", "calls", "exact", 0, "decision")),
    ("expect: {calls: {exact: [{a: 3}]}}", ("expect", "calls", "exact", 0, "a")),
    ("expect: {calls: {exact: [{a: {}, b: {}}]}}", ("expect", "calls", "exact", 0)),
    ("expect: {calls: {exact: [{decision: denied}]}}", ("expect", "calls", "exact", 0)),
    ("expect: {calls: {exact: [{tool: a, argument: {}}]}}", ("expect", "calls", "exact", 0, "argument")),
    ("expect: {calls: {exact: [a], match: loose}}", ("expect", "calls", "match")),
    ("expect: {calls: {exact: [a], match: {exept: b}}}", ("expect", "calls", "match", "exept")),
    ("expect: {count: {a: {which: executed}}}", ("expect", "count", "a")),
    ("expect: {before: [[a]]}", ("expect", "before", 0)),
    ("expect: {before: [[a, b], c]}", ("expect", "before", 1)),
    ("expect: {together: [[a]]}", ("expect", "together", 0)),
    ("expect: {checkpoints: [{anwser: denied}]}", ("expect", "checkpoints", 0, "anwser")),
    ("expect: {checkpoints: [{turn: 0}]}", ("expect", "checkpoints", 0, "turn")),
    ("expect: {error: {contains: a}}", ("expect",)),
    ("expect: {known: {reason: a}}", ("expect", "known")),
    ("known: {reason: a, until: soon}", ("known", "until")),
    ("known: [{reason: a, until: 2026-01-01, for: {loop: a}}]", ("known", 0, "for", "loop")),
    ("reference: file_read", ("reference",)),
    ("reference: {match: exact}", ("reference",)),
    ("turns: [{user: a, answers: [maybe]}]", ("turns", 0, "answers", 0)),
    ("turns: [{user: a, answers: [{denied: [a]}]}]", ("turns", 0, "answers", 0, "denied")),
    ("turns: [{user: a, answers: [{confirm: [a], deny: [b]}]}]", ("turns", 0, "answers", 0)),
    ("turns: [{user: a, answers: confirm}]", ("turns", 0, "answers")),
    ("turns: [{user: a, expect: {turns: 1}}]", ("turns", 0, "expect", "turns")),
    ("turns: [{user: a, expect: {checkpoints: [{turn: 1}]}}]", ("turns", 0, "expect", "checkpoints", 0, "turn")),
]
SCRIPT_MISTAKES: list[tuple[str, Location]] = [
    ("any: Hello", ("any",)),
    ("any: [Hello]", ("any", 0)),
    ("any: [{text: Hello, txt: Hello}]", ("any", 0, "txt")),
    ("any: [{finish_reason: stop}]", ("any", 0)),
    ("any: [[{text: a, notice: b}]]", ("any", 0, 0)),
    ("any: [{text: 3}]", ("any", 0, "text")),
    ("any: [{status: 700, text: a}]", ("any", 0, "status")),
    ("any: [{calls: file_read}]", ("any", 0, "calls")),
    ("any: [{calls: [{file_read: [a]}]}]", ("any", 0, "calls", 0, "file_read")),
    ("any: [{calls: [{id: a}]}]", ("any", 0, "calls", 0)),
    ("any: [{calls: [{tool: a, argument: {}}]}]", ("any", 0, "calls", 0, "argument")),
    ("any: [{confirmed: {text: a}}]", ("any", 0, "confirmed")),
    ("any: [{denied: [{text: a, tex: b}]}]", ("any", 0, "denied", 0, "tex")),
]
CONF_MISTAKES: list[tuple[str, str, Location]] = [
    ("model", "{type: scripted}", ()),
    ("model", "{label: a b}", ("label",)),
    ("model", "{label: a, typ: scripted}", ("typ",)),
    ("model", "{label: a, type: script}", ("type",)),
    ("model", "{label: a, api_key: sk}", ("api_key",)),
    ("model", "{label: a, api_key_env: sk-1}", ("api_key_env",)),
    ("model", "{label: a, params: {temprature: 0}}", ("params", "temprature")),
    ("model", "{label: a, params: {temperature: warm}}", ("params", "temperature")),
    ("model", "{label: a, timeout: 0}", ("timeout",)),
    ("persona", "{label: a, sections: {Identity: {file: a.md, fil: b}}}", ("sections", "Identity", "fil")),
    ("persona", "{label: a, sections: [a]}", ("sections",)),
    ("catalogue", "{label: a, tools: {b: {}}}", ("tools", "b")),
    ("catalogue", "{label: a, tools: {b: {description: c, confirm: maybe}}}", ("tools", "b", "confirm")),
    ("catalogue", "{label: a, tools: {b: {description: c, workspace: erase}}}", ("tools", "b", "workspace")),
    ("catalogue", "{label: a, tools: {b: {description: c, workspace: {path: d}}}}", ("tools", "b", "workspace")),
    ("tools", "{label: a, allow: {b: true}}", ("allow",)),
    ("role", "{label: a, overlays: b}", ("overlays",)),
    ("loop", "{label: a, factory: harness.loop}", ("factory",)),
    ("loop", "{label: a, transports: [curl]}", ("transports", 0)),
    ("loop", "{label: a, max_rounds: many}", ("max_rounds",)),
    ("loop", "{label: a, texts: {denied: No.}}", ("texts",)),
    ("loop", "{defaults: [production], label: a, texts: {denies: No.}}", ("texts", "denies")),
    ("config", "{defaults: {model: careful}}", ("defaults",)),
    ("config", "{repeat: 2}", ("repeat",)),
    ("config", "{loop: {max_round: 3}}", ("loop", "max_round")),
    ("config", "{cassette: {match: loose}}", ("cassette", "match")),
    ("config", "{cassette: {normalise: [{pattern: a}]}}", ("cassette", "normalise", 0)),
    ("config", "{compare: {counts: [call]}}", ("compare", "counts", 0)),
]


@pytest.mark.parametrize(("text", "place"), SCENARIO_MISTAKES)
def test_mistakes_in_scenarios_are_refused_at_their_place(text: str, place: Location) -> None:
    """Each mistake is refused where it stands and nowhere else, and a scenario that has it cannot be loaded."""
    data = parse(text, Path("a.yaml")).data
    whole = data if "title" in data else {**MINIMAL, **data}
    with pytest.raises(InputError):
        validate(parse(json.dumps(whole), Path("a.yaml")), ScenarioFile)
    assert refused(SCENARIO, whole) == [place]


@pytest.mark.parametrize(("text", "place"), SCRIPT_MISTAKES)
def test_mistakes_in_scripts_are_refused_at_their_place(text: str, place: Location) -> None:
    """Each mistake is refused where it stands and nowhere else, and a script that has it cannot be loaded."""
    document = parse(text, Path("a.script.yaml"))
    with pytest.raises(InputError):
        validate(document, ScriptFile)
    assert refused(SCRIPT, document.data) == [place]


@pytest.mark.parametrize(("group", "text", "place"), CONF_MISTAKES)
def test_mistakes_in_settings_are_refused_at_their_place(group: str, text: str, place: Location) -> None:
    """Each mistake is refused where it stands and nowhere else."""
    assert refused(f"conf/{group}.schema.json", parse(text, Path("a.yaml")).data) == [place]


@pytest.mark.parametrize(
    ("group", "text"),
    [
        ("model", "{label: a, api_url: '${oc.env:URL}', timeout: '${oc.env:T,60}', max_retries: '3', params: '${x}'}"),
        ("model", "{defaults: [openai, _self_], params: {seed: 2}}"),
        ("model", "{defaults: [openai, {params: other}], label: a, echo: [a]}"),
        ("catalogue", "{label: a, tools: {b: {description: c, confirm: 'yes', workspace: {does: read, path: k}}}}"),
        ("catalogue", "{defaults: [assistant, _self_], tools: {b: {confirm: true}}}"),
        ("tools", "{label: a, allow: file_read}"),
        ("role", "{label: a, allow: null}"),
        ("loop", "{defaults: [production, _self_], label: a, texts: {denied: No.}, policy: '${x}'}"),
        ("loop", "{label: a, factory: adapter:make, transports: httpx}"),
        ("config", "{defaults: [_self_, {model: careful}, {experiment: fast}], model: {params: {temperature: 0.5}}}"),
        ("config", "{registry: null, repeats: '???', cassette: {ignore: $.user, allow_drift: [system]}}"),
        ("config", "{persona: {sections: {Memory: {file: memory.md}}}, hydra: {verbose: false}}"),
    ],
)
def test_forms_of_settings_are_accepted(group: str, text: str) -> None:
    """Settings may be parts, build on others, and take values from elsewhere."""
    assert refused(f"conf/{group}.schema.json", parse(text, Path("a.yaml")).data) == []


def test_the_command_writes_what_is_missing_or_outdated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`harness schema` says which schemas it wrote and which were up to date, in the folders that there are."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios").mkdir()
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == f"{SCENARIO}: written\n{SCRIPT}: written\n"
    (tmp_path / SCRIPT).write_text("{}", "utf-8")
    (tmp_path / "conf").mkdir()
    assert main(["schema"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [f"{name}: {'up to date' if name == SCENARIO else 'written'}" for name in SCHEMAS]
    assert {name: (tmp_path / name).read_text("utf-8") for name in SCHEMAS} == dict(texts())


def test_what_is_in_the_way_of_a_schema_is_told(tmp_path: Path) -> None:
    """A folder at the place of a schema is told in a line."""
    (tmp_path / SCENARIO).mkdir(parents=True)
    with pytest.raises(InputError, match=r"scenario\.schema\.json: cannot be written: Is a directory"):
        bring_up_to_date(tmp_path)


def test_too_many_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`harness schema` takes no names."""
    assert main(["schema", "scenario"]) == 2
    assert capsys.readouterr().err == "harness schema: 'scenario' is too much; all schemas of the project are written\n"


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("scenarios/a/b.yaml", "../scenario.schema.json"),
        ("scenarios/a/b/c.script.yaml", "../../script.schema.json"),
        ("conf/role/a.yaml", "../role.schema.json"),
        ("conf/config.yaml", "config.schema.json"),
    ],
)
def test_the_line_that_leads_to_a_schema(path: str, line: str) -> None:
    """The line for the editor leads from a file to the schema of its kind."""
    assert modeline(path) == f"# yaml-language-server: $schema={line}\n"
