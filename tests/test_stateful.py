"""A scenario's own tools in Python: what they share, what they may give, and how their mistakes are told."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.archive import find
from harness.cli import main
from harness.errors import InputError, ToolBroken, ToolError
from harness.stateful import OwnTools, load
from harness.trace import Trace
from harness.workspace import Workspace
from tests.build import EXAMPLES
from tests.project import write

REFUSE = "; raise harness.errors.ToolError for what a tool refuses"
LACKS = "which the catalogue 'bank' does not have"
ALONE = "; the module stands alone: it can import what is installed, and nothing that lies beside it"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def module(folder: Path, text: str | bytes) -> Path:
    """Write a module and return its path."""
    path = folder / "bank.py"
    path.write_bytes(text if isinstance(text, bytes) else dedent(text).lstrip("\n").encode())
    return path


def own(
    folder: Path, body: str, state: Mapping[str, Any] = MappingProxyType({}), files: Workspace | None = None
) -> OwnTools:
    """Return the tools of a module whose `make` has this body, line by line from the module's third line."""
    lines = "\n".join(f"    {line}" for line in dedent(body).strip("\n").splitlines())
    text = f"from harness.errors import ToolError\ndef make(state, files):\n{lines}\n"
    return load(module(folder, text), state, files or Workspace())


def told(tools: OwnTools, name: str, arguments: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """Return what a call gives, or what the tool refuses behind an exclamation mark."""
    try:
        return asyncio.run(tools.call(name, arguments))
    except ToolError as error:
        return f"! {error}"


def broken(folder: Path, body: str, arguments: Mapping[str, Any] = MappingProxyType({})) -> str:
    """Return the error with which the tool `t` of such a module breaks, without the folder."""
    tools = own(folder, body)
    with pytest.raises(ToolBroken) as caught:
        asyncio.run(tools.call("t", arguments))
    return str(caught.value).replace(f"{folder}/", "")


def unusable(folder: Path, text: str | bytes) -> str:
    """Return the error with which a module cannot be loaded, without the folder."""
    path = module(folder, text)
    with pytest.raises((InputError, ToolBroken)) as caught:
        load(path, {}, Workspace())
    return str(caught.value).replace(f"{folder}/", "")


# What tools do


def test_tools_share_the_state(tmp_path: Path) -> None:
    """Functions and coroutine functions of one module see one state, and what the last call left is the state."""
    body = """
    def read():
        return state["n"]
    async def add(by=1):
        state["n"] += by
    class Twice:
        def __call__(self):
            state["n"] *= 2
            return {"n": state["n"]}
    return {"read": read, "add": add, "twice": Twice()}
    """
    tools = own(tmp_path, body, {"n": 3})
    assert (list(tools), "read" in tools, "write" in tools) == (["read", "add", "twice"], True, False)
    assert [told(tools, "add", {"by": 4}), told(tools, "add"), told(tools, "read")] == [None, None, 8]
    assert (told(tools, "twice"), tools.state) == ({"n": 16}, {"n": 16})


def test_the_state_is_a_copy(tmp_path: Path) -> None:
    """Neither the scenario's state nor the state that was looked at changes with the tools' own."""
    given_state: dict[str, Any] = {"list": [1]}
    tools = own(tmp_path, "return {'t': lambda: state['list'].append(2)}", given_state)
    seen = tools.state
    seen["list"].append(9)
    assert tools.state == {"list": [1]}
    told(tools, "t")
    assert (given_state, seen, tools.state) == ({"list": [1]}, {"list": [1, 9]}, {"list": [1, 2]})


def test_arguments_are_a_copy(tmp_path: Path) -> None:
    """A tool that changes its arguments changes nobody else's."""
    arguments = {"a": [1]}
    assert told(own(tmp_path, "return {'t': lambda a: a.append(2)}"), "t", arguments) is None
    assert arguments == {"a": [1]}


def test_tools_use_the_workspace(tmp_path: Path) -> None:
    """Tools read and write the case's files, and what the workspace refuses is told to the model."""
    body = """
    def copy(path, to):
        files.write(to, files.read(path))
        return "copied"
    return {"copy": copy}
    """
    files = Workspace({"a": "A"})
    tools = own(tmp_path, body, files=files)
    calls = [{"path": "a", "to": "b"}, {"path": "x", "to": "c"}, {"path": "a", "to": "../c"}]
    assert [told(tools, "copy", call) for call in calls] == [
        "copied",
        "! there is no file 'x'",
        "! '../c' is outside of the workspace",
    ]
    assert files.files == {"a": "A", "b": "A"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"a": 1}, [1, None]),
        ({"a": 1, "b": 2}, [1, 2]),
        ({}, "! t: missing a required argument: 'a'"),
        ({"b": 1}, "! t: missing a required argument: 'a'"),
        ({"a": 1, "c": 1}, "! t: got an unexpected keyword argument 'c'"),
        ({"a": 1, "": 1}, "! t: got an unexpected keyword argument ''"),
        ({"a": "\ud800"}, "! t: it holds U+D800, which no text holds"),
        ({"a": {"\udfff": 1}}, "! t: it holds U+DFFF, which no text holds"),
    ],
)
def test_arguments_come_by_name(tmp_path: Path, arguments: dict[str, Any], said: Any) -> None:
    """Arguments that the function does not take, or lacks, are told to the model and no mistake of the module."""
    assert told(own(tmp_path, "return {'t': lambda a, b=None: [a, b]}"), "t", arguments) == said


def test_any_arguments(tmp_path: Path) -> None:
    """A function that takes any arguments gets all, whatever they are called."""
    tools = own(tmp_path, "return {'t': lambda **rest: rest}")
    arguments = {"self": 1, "name": 2, "function": 3, "not a name": 4, "class": 5}
    assert told(tools, "t", arguments) == arguments


def test_what_a_tool_refuses(tmp_path: Path) -> None:
    """A refusal is the tool's own words, and what it did to the state before stays done."""
    body = """
    async def t(how):
        state["tried"] = how
        raise ToolError(f"not {how}")
    return {"t": t}
    """
    tools = own(tmp_path, body)
    assert (told(tools, "t", {"how": "so"}), tools.state) == ("! not so", {"tried": "so"})


@EXAMPLES
@given(JSON)
def test_plain_data_comes_through(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    """Plain JSON data is returned and kept as it is."""
    folder = tmp_path_factory.mktemp("module")
    tools = own(folder, "return {'t': lambda value: state.update(kept=value) or value}")
    assert (told(tools, "t", {"value": value}), tools.state) == (value, {"kept": value})


def test_kinds_of_plain_data(tmp_path: Path) -> None:
    """Tuples are lists, and what is derived from text and numbers is text and numbers."""
    text = """
    from enum import Enum, IntEnum
    class Colour(str, Enum):
        RED = "red"
    class Size(IntEnum):
        BIG = 3
    def make(state, files):
        return {"t": lambda: {Colour.RED: (Colour.RED, Size.BIG, True, 1.5)}}
    """
    result = told(load(module(tmp_path, text), {}, Workspace()), "t")
    assert result == {"red": ["red", 3, True, 1.5]}
    assert [type(item) for item in (*result, *result["red"])] == [str, str, int, bool, float]


def test_a_module_like_any(tmp_path: Path) -> None:
    """A module may hold what Python modules hold: dataclasses with late annotations, imports, its own name and path."""
    text = """
    from __future__ import annotations
    import json
    from dataclasses import dataclass, field
    from pathlib import Path

    @dataclass
    class Account:
        owner: str
        entries: list[int] = field(default_factory=list)

    def make(state, files):
        account = Account("Zoë")
        def t(amount):
            account.entries.append(amount)
            return json.dumps([account.owner, account.entries, Path(__file__).name, __name__])
        return {"t": t}
    """
    tools = load(module(tmp_path, text), {}, Workspace())
    assert told(tools, "t", {"amount": 1}) == '["Zo\\u00eb", [1], "bank.py", "scenario module bank"]'
    assert not [name for name in sys.modules if name.startswith("scenario module")]


def test_nothing_stays_from_case_to_case(tmp_path: Path) -> None:
    """A module that keeps things in globals begins anew at each load."""
    text = """
    seen = []
    def make(state, files):
        seen.append("made")
        def t():
            seen.append("called")
            return list(seen)
        return {"t": t}
    """
    path = module(tmp_path, text)
    loaded = [load(path, {}, Workspace()) for _ in range(2)]
    assert [told(tools, "t") for tools in (*loaded, loaded[0])] == [
        ["made", "called"],
        ["made", "called"],
        ["made", "called", "called"],
    ]


def test_what_a_module_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a module prints as it is loaded goes to the standard error, which leaves the output to the report."""
    text = "print('one')\ndef make(state, files):\n    print('two')\n    return {'t': print}\n"
    load(module(tmp_path, text), {}, Workspace())
    assert capsys.readouterr() == ("", "one\ntwo\n")


# What is wrong with a module


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def make(:\n", "1:10: not Python: invalid syntax"),
        ("x = 1\n  y = 2\n", "2:"),
        ("x = '\n", "1:5: not Python: unterminated string literal (detected at line 1)"),
        ("x = 1\n\0", "1:1: not Python: source code"),
        (b"x = '\xff'\n", "1:"),
        (b"# coding: nonsense\n", "1:1: not Python: unknown encoding: nonsense"),
        (f"x = {'(' * 1000}", "1:2"),
        (f"x = {'-' * 100_000}1", "1:1: not Python: "),
        ("", "1:1: has no function make(state, files)"),
        ("make = 5\n", "1:1: has no function make(state, files)"),
        ("def Make(state, files): ...\n", "1:1: has no function make(state, files)"),
        ("def make(state, files): ...\n", "1:1: make(state, files) must return the tools by name, each a function"),
        ("#\ndef make(state, files):\n    return [print]\n", "2:1: make(state, files) must return the tools by name"),
        ("def make(state, files):\n    return {}\n", "1:1: make(state, files) must return the tools by name"),
        ("def make(state, files):\n    return {'a': 5}\n", "1:1: make(state, files) must return the tools by name"),
        ("def make(state, files):\n    return {5: print}\n", "1:1: make(state, files) must return the tools by name"),
        ("async def make(state, files):\n    return {}\n", "1:1: make(state, files) must return the tools by name"),
        ("def make(state, files):\n    return {'a': dict}\n", "1:1: the tool 'a' does not say what arguments it takes"),
        (
            "def make(state, files):\n    return {'a': lambda x, /: x}\n",
            "1:1: the tool 'a' takes arguments by position; calls give them by name",
        ),
        ("def make(state):\n    return {}\n", "1:1: TypeError: make() takes 1 positional argument but 2 were given"),
        ("import os\nraise ValueError('one\\n  two')\n", "2:1: ValueError: one two"),
        ("def make(state, files):\n    return {'a': state['b']}\n", "2:1: KeyError: 'b'"),
        ("def make(state, files):\n    files.read('x')\n", "2:1: WorkspaceError: there is no file 'x'"),
        ("from harness.errors import InputError\nraise InputError('a')\n", "2:1: InputError: a"),
        ("raise SystemExit\n", "1:1: SystemExit"),
        ("import sys\nsys.exit(0)\n", "2:1: SystemExit: 0"),
        ("class E(BaseException): ...\nraise E(5)\n", "2:1: E: 5"),
        ("class E(Exception):\n    def __str__(self): return 1 / 0\nraise E\n", "3:1: E: <exception str() failed>"),
        ("def f(): f()\nf()\n", "1:1: RecursionError: maximum recursion depth exceeded"),
        ("from . import other\n", f"1:1: ImportError: attempted relative import with no known parent package{ALONE}"),
        ("import other_tools\n", f"1:1: ModuleNotFoundError: No module named 'other_tools'{ALONE}"),
        (
            "def make(state, files):\n    state['a'] = {1}\n    return {'t': print}\n",
            "1:1: the state is not plain JSON data: it holds a set",
        ),
    ],
)
def test_modules_that_are_none(tmp_path: Path, text: str | bytes, said: str) -> None:
    """What is wrong with a module is one line with the module's own line, whatever it raises."""
    (tmp_path / "other_tools.py").write_text("", "utf-8")
    line = unusable(tmp_path, text)
    assert line.startswith(f"bank.py:{said}")
    assert "\n" not in line


def test_a_module_that_is_not_there(tmp_path: Path) -> None:
    """A module that is missing, or a folder, is told by its path."""
    path = tmp_path / "bank.py"
    for said in ("1:1: there is no such file; the scenario's 'module' names it", "1:1: cannot be read: Is a directory"):
        with pytest.raises(InputError) as caught:
            load(path, {}, Workspace())
        assert str(caught.value) == f"{path}:{said}"
        path.mkdir(exist_ok=True)


# What is wrong with a tool


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return {'t': lambda: 1 / 0}", f"3:1: ZeroDivisionError: division by zero{REFUSE}"),
        ("def t():\n    return state['x']\nreturn {'t': t}", f"4:1: KeyError: 'x'{REFUSE}"),
        ("async def t():\n    raise ValueError\nreturn {'t': t}", f"4:1: ValueError{REFUSE}"),
        ("import json\nreturn {'t': lambda: json.loads('{')}", "4:1: JSONDecodeError: Expecting property name"),
        ("import sys\nreturn {'t': lambda: sys.exit(0)}", f"4:1: SystemExit: 0{REFUSE}"),
        ("import asyncio\ndef t():\n    raise asyncio.CancelledError\nreturn {'t': t}", f"5:1: CancelledError{REFUSE}"),
        (
            "import asyncio\nasync def t():\n    raise asyncio.CancelledError('x')\nreturn {'t': t}",
            f"5:1: CancelledError: x{REFUSE}",
        ),
        ("return {'t': lambda: files.write(5, 'x')}", "3:1: AttributeError: 'int' object has no attribute"),
        ("return {'t': lambda: files.write('x', b'x')}", "3:1: AttributeError: 'bytes' object has no attribute"),
        ("return {'t': lambda: files.write('x', None)}", "3:1: AttributeError: 'NoneType' object has no attribute"),
        ("def t():\n    return t()\nreturn {'t': t}", "4:1: RecursionError: maximum recursion depth exceeded"),
        ("return {'t': lambda: {1}}", "1:1: what t returns is not plain JSON data: it holds a set"),
        ("return {'t': lambda: {'a': [print]}}", "1:1: what t returns is not plain JSON data: it holds a builtin_"),
        ("return {'t': lambda: {1: 2}}", "1:1: what t returns is not plain JSON data: the key 1 is not text"),
        ("return {'t': lambda: b'x'}", "1:1: what t returns is not plain JSON data: it holds a bytes"),
        (
            "return {'t': lambda: float('nan')}",
            "1:1: what t returns is not plain JSON data: it holds a number that JSON cannot hold",
        ),
        (
            "return {'t': lambda: 10 ** 5000}",
            "1:1: what t returns is not plain JSON data: it holds a number that JSON cannot hold",
        ),
        (
            "return {'t': lambda: '\\ud800'}",
            "1:1: what t returns is not plain JSON data: it holds U+D800, which no text",
        ),
        (
            "def t():\n    state['self'] = state\nreturn {'t': t}",
            "1:1: the state is not plain JSON data: it is nested too deeply, or holds itself",
        ),
        (
            "import decimal\ndef t():\n    state['x'] = decimal.Decimal(1)\n    raise ToolError\nreturn {'t': t}",
            "1:1: the state is not plain JSON data: it holds a Decimal",
        ),
        (
            "async def t():\n    yield 1\nreturn {'t': t}",
            "1:1: what t returns is not plain JSON data: it holds a async_",
        ),
    ],
)
def test_tools_that_break(tmp_path: Path, body: str, said: str) -> None:
    """What a tool should not raise, return or keep is an error with the module's line, and not told to the model."""
    assert broken(tmp_path, body).startswith(f"bank.py:{said}")


def test_a_broken_state_is_not_kept(tmp_path: Path) -> None:
    """The state that is looked at stays as the last call left it that left plain data."""
    tools = own(tmp_path, "return {'t': lambda value: state.update(kept={1} if value else value)}")
    told(tools, "t", {"value": 0})
    with pytest.raises(ToolBroken):
        asyncio.run(tools.call("t", {"value": 1}))
    assert tools.state == {"kept": 0}


def test_a_tool_can_be_cancelled(tmp_path: Path) -> None:
    """A loop that gives up waiting for a tool cancels it, which is no mistake of the tool's."""
    tools = own(tmp_path, "import asyncio\nasync def t():\n    await asyncio.sleep(60)\nreturn {'t': t}")

    async def impatient() -> None:
        await asyncio.wait_for(tools.call("t", {}), 0.01)

    with pytest.raises(TimeoutError):
        asyncio.run(impatient())


def test_the_user_may_interrupt_a_tool(tmp_path: Path) -> None:
    """An interruption passes through a tool and a module as it is."""
    tools = own(tmp_path, "def t():\n    raise KeyboardInterrupt\nreturn {'t': t}")
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(tools.call("t", {}))
    with pytest.raises(KeyboardInterrupt):
        load(module(tmp_path, "raise KeyboardInterrupt\n"), {}, Workspace())


# A bank account, from the outside

CONFIG = """\
defaults:
  - {model: careful}
  - {persona: assistant}
  - {catalogue: bank}
  - {tools: all}
  - {role: chat}
  - {loop: production}
  - _self_
"""
CATALOGUE = """\
label: bank
tools:
  balance: {description: Tell the balance of an account.}
  transfer: {description: Move money from one account to another., confirm: true}
"""
RENT = """\
title: The rent is paid once, and not a second time, for want of money.
tags: [bank]
module: bank.py
state: {accounts: {giro: 500, rent: 0}, refused: 0}
workspace: {}
turns:
  - user: Pay the rent.
    answers: [{confirm: [transfer]}]
    expect:
      state: {accounts: {giro: 100, rent: 400}, refused: 0}
      workspace: {receipts.txt: {contains: giro to rent}}
  - user: And once more.
    answers: [confirm]
    expect:
      calls: {in_order: [{transfer: {amount: 400}, outcome: failed}]}
      state: {refused: 1}
expect:
  state: {accounts: {giro: 100}}
  workspace: {receipts.txt: "giro to rent: 400\\n"}
"""
SCRIPT = """\
any:
  - - calls: [{balance: {account: giro}}]
    - calls: [{transfer: {source: giro, target: rent, amount: 400}}]
    - notice: Shall I?
    - confirmed: [text: Paid.]
      denied: [text: Not paid.]
  - - calls: [{transfer: {source: giro, target: rent, amount: 400}}]
    - notice: Again?
    - confirmed: [text: There is not enough.]
      denied: [text: Not paid.]
"""
BANK = '''\
"""A bank account."""

from harness.errors import ToolError


def make(state, files):
    """Return the tools over the accounts of one case."""
    accounts = state["accounts"]

    def balance(account):
        return accounts[account]

    async def transfer(source, target, amount):
        if accounts[source] < amount:
            state["refused"] += 1
            raise ToolError(f"only {accounts[source]} on {source}")
        accounts[source] -= amount
        accounts[target] += amount
        files.append("receipts.txt", f"{source} to {target}: {amount}\\n")
        return {"done": True}

    return {"balance": balance, "transfer": transfer}
'''


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a bank as the current folder."""
    write(tmp_path, conf__config=CONFIG, conf__catalogue__bank=CATALOGUE, conf__role__teller="label: teller\n")
    write(tmp_path, scenarios__bank__rent=RENT, scenarios__bank__rent_script=SCRIPT)
    (tmp_path / "scenarios/bank/bank.py").write_text(BANK, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def trace_of(root: Path, case: str = "bank/rent@careful/chat+all") -> Trace:
    """Return the newest trace of a case."""
    return find(root / "reports", case, None)


@pytest.mark.slow
def test_a_bank_account(bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bank is recorded and replayed, its state and files expected by turn and at the end, and kept in the trace."""
    assert [main(["validate"]), main(["record"])] == [0, 0], capsys.readouterr()
    recorded = trace_of(bank)
    assert main(["run"]) == 0
    paid = {"accounts": {"giro": 100, "rent": 400}, "refused": 0}
    receipts = {"receipts.txt": "giro to rent: 400\n"}
    trace = trace_of(bank)
    assert [(turn.workspace, turn.state) for turn in trace.turns] == [(receipts, paid), ({}, {**paid, "refused": 1})]
    assert [call.result for turn in trace.turns for one in turn.rounds for call in one.calls] == [
        "500",
        '{"done": true}',
        "Tool error: only 100 on giro",
    ]
    assert trace == recorded
    capsys.readouterr()
    assert main(["show", "rent"]) == 0
    shown = capsys.readouterr().out
    assert "  file receipts.txt: giro to rent: 400\n" in shown
    assert '  state: {"accounts": {"giro": 100, "rent": 400}, "refused": 1}\n' in shown


@pytest.mark.slow
def test_expectations_of_a_bank_that_fail(bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the state and the files are left as, against expectation, is a finding at its key."""
    assert main(["record"]) == 0
    text = RENT.replace("state: {accounts: {giro: 100}}", "state: {accounts: {giro: 0}, gone: true}")
    write(bank, scenarios__bank__rent=text.replace('"giro to rent: 400\\n"', "one"))
    capsys.readouterr()
    assert main(["run"]) == 1
    lines = [line.strip() for line in capsys.readouterr().out.splitlines() if "rent.yaml" in line]
    assert lines == [
        "scenarios/bank/rent.yaml:19:15: workspace, receipts.txt: expected to be 'one', got 'giro to rent: 400\\n'",
        'scenarios/bank/rent.yaml:18:11: state, accounts: expected {"giro": 0}, got {"giro": 100, "rent": 400}',
        "scenarios/bank/rent.yaml:18:32: state, gone: expected true, got nothing",
    ]


@pytest.mark.slow
def test_banks_beside_each_other(bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Eight cases of one bank at once, four of them repeats, share neither state nor files nor globals."""
    counting = BANK.replace(
        "accounts = state", "global made\n    made += 1\n    state['made'] = made\n    accounts = state", 1
    )
    counting = counting.replace("def make", "made = 0\n\n\ndef make", 1)
    counting = counting.replace(
        "        if accounts", "        import asyncio\n        await asyncio.sleep(0.01)\n        if accounts"
    )
    (bank / "scenarios/bank/bank.py").write_text(counting, "utf-8")
    words = ["model=careful,hasty", "role=chat,teller", "repeats=2", "-j", "8"]
    assert main(["record", *words]) == 0, capsys.readouterr()
    assert main(["run", *words]) == 0, capsys.readouterr()
    points = [
        f"{model}/{role}+all{ending}"
        for model in ("careful", "hasty")
        for role in ("chat", "teller")
        for ending in ("", "~2")
    ]
    states = [trace_of(bank, f"bank/rent@{point}").turns[-1].state for point in points]
    assert states == [{"accounts": {"giro": 100, "rent": 400}, "refused": 1, "made": 1}] * 8


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("return accounts[account]", "return account.balance", "11:1: AttributeError: 'str' object has no attribute"),
        (
            "return accounts[account]",
            "return {1, 2}",
            "1:1: what balance returns is not plain JSON data: it holds a set",
        ),
        (
            "return accounts[account]",
            "state['x'] = files",
            "1:1: the state is not plain JSON data: it holds a Workspace",
        ),
        ("return accounts[account]", "raise SystemExit(0)", "11:1: SystemExit: 0"),
    ],
)
def test_a_broken_tool_is_an_error_of_the_case(
    bank: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    """A tool that breaks is told with its line and exit code 2, recorded or replayed, though the loop swallows it."""
    assert main(["record"]) == 0
    (bank / "scenarios/bank/bank.py").write_text(BANK.replace(old, new), "utf-8")
    cassette = bank / "cassettes/careful/chat+all/bank/rent.yaml"
    before = cassette.read_bytes()
    for command, told in ((["run"], "1 error"), (["record", "--all"], "1 error"), (["record"], "1 case not asked")):
        capsys.readouterr()
        assert main(command) == 2
        printed = capsys.readouterr()
        assert f"    scenarios/bank/bank.py:{said}" in printed.out
        assert told in printed.out + printed.err
    error = trace_of(bank).error
    assert (error.kind if error else None, cassette.read_bytes()) == ("tool", before)


@pytest.mark.slow
def test_a_bank_that_talks(bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What tools print goes to the standard error, so that the report stays what it is."""
    assert main(["record"]) == 0
    quiet = capsys.readouterr().out
    talking = BANK.replace("        if accounts", "        print('TALK')\n        if accounts").replace(
        "    accounts =", "    print('TALK')\n    accounts =", 1
    )
    (bank / "scenarios/bank/bank.py").write_text(talking, "utf-8")
    assert main(["run"]) == 0
    out, err = capsys.readouterr()
    assert (out.splitlines()[:3], err.count("TALK")) == (quiet.splitlines()[:3], 3)
    assert "TALK" not in out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def make(:\n", "scenarios/bank/bank.py:1:10: not Python: invalid syntax"),
        ("import sys\nsys.exit(0)\n", "scenarios/bank/bank.py:2:1: SystemExit: 0"),
        (
            BANK.replace('"transfer": transfer', '"tranfser": transfer'),
            f"scenarios/bank/rent.yaml:3:9: bank.py gives a tool 'tranfser', {LACKS} (did you mean 'transfer'?)",
        ),
        (None, "scenarios/bank/bank.py:1:1: there is no such file; the scenario's 'module' names it"),
    ],
)
def test_a_module_is_validated(bank: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str) -> None:
    """What is wrong with a module is found without running a turn, and is an error of the case when it runs."""
    path = bank / "scenarios/bank/bank.py"
    assert main(["record"]) == 0
    path.write_text(text, "utf-8") if text else path.unlink()
    capsys.readouterr()
    assert main(["validate"]) == 2
    assert capsys.readouterr().err == f"{said}\n"
    assert main(["run"]) == 2
    out, err = capsys.readouterr()
    assert (said in out, err) == (True, "")


@pytest.mark.slow
def test_a_bank_keeps_no_secret(
    bank: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The model's key stands in no file of a run, though a tool keeps it in files, names and numbers of its state."""
    monkeypatch.setenv("BANK_KEY", "4711471147")
    leaking = BANK.replace(
        "        return accounts[account]",
        "        import os\n"
        "        key = os.environ['BANK_KEY']\n"
        "        state.update(key=key, number=int(key), listed=[{key: f'{key}!'}])\n"
        "        files.write(f'{key}.txt', f'is {key}')\n"
        "        return accounts[account]",
    )
    (bank / "scenarios/bank/bank.py").write_text(leaking, "utf-8")
    assert main(["record", "model.api_key_env=BANK_KEY"]) == 0, capsys.readouterr()
    trace = trace_of(bank)
    left = trace.turns[0]
    assert left.workspace == {"***.txt": "is ***", "receipts.txt": "giro to rent: 400\n"}
    state = left.state or {}
    assert [state[key] for key in ("key", "number", "listed")] == ["***", "***", [{"***": "***!"}]]
    assert main(["show", "rent"]) == 0
    assert "4711471147" not in capsys.readouterr().out
    files = [path for path in bank.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path for path in files if b"4711471147" in path.read_bytes()] == []


@pytest.mark.slow
def test_a_bank_without_a_module(bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A project's file tools work on the workspace alone, and what is left is expected and shown like a module's."""
    write(
        bank,
        conf__catalogue__bank="label: bank\ntools:\n  put: {description: Put., workspace: write}\n",
        scenarios__bank__rent="""\
title: A file is written.
workspace: {}
turns:
  - {user: Go., expect: {workspace: {a/b.txt: {contains: x}, c.txt: {absent: true}}}}
""",
        scenarios__bank__rent_script="""\
any:
  - - calls: [{put: {path: a/b.txt, content: x y}}, {put: {path: ../c.txt, content: x}}]
    - text: Done.
""",
    )
    assert [main(["record"]), main(["run"])] == [0, 0], capsys.readouterr()
    (done,) = trace_of(bank).turns
    assert (done.workspace, done.state) == ({"a/b.txt": "x y"}, None)
    results = [call.result for call in done.rounds[0].calls]
    assert results == ["wrote 3 characters to a/b.txt", "Tool error: '../c.txt' is outside of the workspace"]
    assert not list(bank.rglob("c.txt"))
