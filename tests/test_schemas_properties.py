"""Whatever the loader accepts, the schema accepts: scenarios and scripts made of all their forms, and changed ones."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError

from harness.endpoint import ScriptFile
from harness.folders import SCRIPT_ENDING
from harness.scenario import ScenarioFile
from harness.schemas import SCENARIO, SCRIPT, texts
from harness.source import parse, read

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
FORMATS: dict[str, tuple[type[BaseModel], Draft202012Validator]] = {
    SCENARIO: (ScenarioFile, Draft202012Validator(parse(texts()[SCENARIO], Path("a")).data)),
    SCRIPT: (ScriptFile, Draft202012Validator(parse(texts()[SCRIPT], Path("a")).data)),
}
BUNDLED = [
    (SCRIPT if path.name.endswith(SCRIPT_ENDING) else SCENARIO, read(path).data)
    for path in sorted((ROOT / "scenarios").rglob("*.yaml"))
]


def few(**options: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return mappings of one or two of the keys; those of many are hardly ever right in all of them."""
    keys = st.lists(st.sampled_from(sorted(options)), min_size=1, max_size=2, unique=True)
    return keys.flatmap(lambda some: st.fixed_dictionaries({key: options[key] for key in some}))


names = st.sampled_from(["file_read", "file_delete", "tool", "arguments", "decision", "id", "match", "a"])
texts_ = st.sampled_from(["", "a", "ignore", "confirm", "denied", "2026-03-01", "2026-03-01T09:00:00Z", "[", "a.txt"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 9) | st.floats(-2, 2) | texts_,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names | texts_, inner, max_size=2),
    max_leaves=4,
)
matchers = st.sampled_from(
    [
        {"matches": "a"},
        {"matches": 3},
        {"type": None},
        {"type": "text"},
        {"near": 3, "within": 0.5},
        {"near": 3},
        {"one_of": [1, {"type": "null"}]},
        {"anything": True},
        {"equals": {"type": "pdf"}},
        {"type": "pdf", "size": 3},
    ]
)
patterns = st.dictionaries(names, values | matchers | st.lists(matchers, max_size=2), max_size=2)
decisions = st.sampled_from(["none", "confirmed", "denied", "unanswered"])
amounts = st.integers(0, 3) | st.fixed_dictionaries(
    {}, optional={key: st.integers(0, 3) for key in ("exactly", "at_least", "at_most")}
)
some = st.lists(names, max_size=2) | names
matches = st.sampled_from(["exact", "partial", "ignore"]) | st.fixed_dictionaries({"except": some})
beside = {"decision": decisions, "outcome": st.sampled_from(["executed", "failed"]), "match": matches}
calls = (
    names
    | st.fixed_dictionaries({"tool": names}, optional={"arguments": patterns, **beside})
    | st.builds(
        lambda name, pattern, rest: {name: pattern, **rest},
        names,
        patterns | st.none(),
        st.fixed_dictionaries({}, optional=beside),
    )
)
listed = st.lists(calls, max_size=2)
expected_calls = st.builds(
    lambda mode, said, rest: {mode: said, **rest},
    st.sampled_from(["exact", "in_order", "unordered", "superset", "subset"]),
    listed,
    st.fixed_dictionaries({}, optional={"match": matches, "which": st.sampled_from(["asked", "executed"])}),
)
words = texts_ | st.fixed_dictionaries({}, optional={key: texts_ | st.lists(texts_) for key in ("contains", "lacks")})
scopes = st.fixed_dictionaries({}, optional={"role": some, "model": some, "tools": some})
known = st.fixed_dictionaries({"reason": texts_, "until": st.sampled_from(["2026-03-01", "2026-02-30", "soon"])})
paths = st.sampled_from(["a.txt", "a/b.txt", ".a", "../a", "/a", "a/", "a..b", "~a"])
pause = some | st.fixed_dictionaries(
    {}, optional={"pending": some, "round": st.integers(0, 3), "turn": st.integers(0, 2)}
)
EXPECTED = {
    "for": scopes,
    "known": known,
    "calls": expected_calls | st.lists(expected_calls, max_size=2),
    "count": st.dictionaries(names, amounts | st.just({"exactly": 1, "which": "executed"}), max_size=2),
    "before": st.lists(listed, max_size=2),
    "together": st.lists(listed, max_size=2),
    "rounds": amounts,
    "checkpoints": amounts | st.lists(pause, max_size=2),
    "tokens": amounts | st.dictionaries(st.sampled_from(["total", "prompt"]), amounts),
    "never": some,
    "response": words,
    "workspace": st.dictionaries(paths, words | st.sampled_from([{"absent": True}, {"present": True, "lacks": "a"}])),
    "state": patterns,
    "stop": st.sampled_from(["final", "error"]),
    "error": words,
}
expectations = few(**EXPECTED)
expected = expectations | st.lists(expectations, max_size=2)
answers = st.sampled_from(["confirm", "deny"]) | few(confirm=some, deny=some, otherwise=st.just("deny"))
effects = values | few(returns=values, raises=texts_)
rules = effects | few(when=patterns, returns=values, sequence=st.lists(effects, max_size=2), otherwise=effects)
turns = st.fixed_dictionaries({"user": texts_}, optional={"answers": st.lists(answers, max_size=2), "expect": expected})
PARTS = {
    "turns": st.lists(turns, min_size=1, max_size=2),
    "tags": some,
    "for": scopes,
    "as": st.fixed_dictionaries({}, optional={"access": texts_, "confirm_allow": some}),
    "now": texts_,
    "workspace": st.dictionaries(paths, texts_, max_size=2),
    "module": st.sampled_from(["bank.py", "a/b.py"]),
    "state": st.dictionaries(texts_, values, max_size=2),
    "tools": st.dictionaries(names, rules | st.lists(rules, max_size=2), max_size=2),
    "expect": expected,
    "reference": listed | st.fixed_dictionaries({"calls": listed}, optional={"match": matches}),
    "known": known | st.lists(known, max_size=2),
}
scripted_calls = (
    names
    | st.fixed_dictionaries({"tool": names}, optional={"arguments": values, "id": values})
    | st.dictionaries(names, values, max_size=2)
)
replies = few(
    text=texts_ | st.none(),
    calls=st.lists(scripted_calls, max_size=2),
    finish_reason=texts_,
    status=st.integers(190, 600),
    notice=texts_,
    body=values,
    raw=texts_,
)
steps = st.recursive(
    replies, lambda inner: few(confirmed=st.lists(inner, max_size=2), denied=st.lists(inner, max_size=2)), max_leaves=3
)
scripts = st.dictionaries(names, st.lists(steps | st.lists(steps, max_size=2), max_size=2), max_size=2)
FORMS: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    **{key: (SCENARIO, st.fixed_dictionaries({key: one})) for key, one in PARTS.items()},
    **{
        f"expect.{key}": (SCENARIO, st.fixed_dictionaries({"expect": few(**{key: one})}))
        for key, one in EXPECTED.items()
    },
    "answer": (SCENARIO, answers.map(lambda one: {"turns": [{"user": "Hello?", "answers": [one]}]})),
    "call": (SCENARIO, calls.map(lambda one: {"reference": [one]})),
    "rule": (SCENARIO, rules.map(lambda one: {"tools": {"a": one}})),
    "step": (SCRIPT, steps.map(lambda one: {"any": [one]})),
    "script": (SCRIPT, scripts),
}


def assert_accepted(name: str, data: Any) -> None:
    """Assert that the schema accepts data which the loader accepts."""
    kind, schema = FORMATS[name]
    try:
        kind.model_validate(data)
    except ValidationError:
        return
    assert [(list(error.absolute_path), error.message) for error in schema.iter_errors(data)] == []


@pytest.mark.parametrize("form", FORMS)
@given(draw=st.data())
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_made_of_all_forms(form: str, draw: st.DataObject) -> None:
    """What is made of short and long forms, in any mixture, is accepted if it can be loaded."""
    name, made = FORMS[form]
    data = draw.draw(made)
    assert_accepted(name, {"title": "A title.", "turns": [{"user": "Hello?"}], **data} if name == SCENARIO else data)


@given(st.sampled_from(BUNDLED), st.data())
@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_changed_anywhere(bundled: tuple[str, Any], draw: st.DataObject) -> None:
    """A bundled file with anything else in the place of some of its values is accepted, if it can be loaded."""
    name, data = bundled[0], deepcopy(bundled[1])
    for _ in range(draw.draw(st.integers(1, 3))):
        within = data
        while True:
            inner = list(within) if isinstance(within, dict) else range(len(within))
            if not inner:
                break
            key = draw.draw(st.sampled_from(list(inner)))
            if not isinstance(within[key], dict | list) or draw.draw(st.integers(0, 3)) == 0:
                within[key] = deepcopy(draw.draw(values | patterns | calls | amounts | words | expectations))
                break
            within = within[key]
    assert_accepted(name, data)
