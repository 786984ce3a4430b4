"""What is expected of tools that are never offered, and answers about which nobody asks."""

import pytest

from harness.catalogue import Catalogue, Tool
from harness.mention import mentioned
from harness.offering import Ground, grounds, unasked, unoffered
from harness.scenario import Scenario
from harness.settings import Role, Tools
from tests.build import CATALOGUE, scenario, settings

BANK = Catalogue(label="bank", tools={"transfer": Tool(description="Pay.", confirm=True)})
ROLES = (Role(label="chat"), Role(label="reader", allow=("file_read",)))
LISTS = (Tools(label="all"), Tools(label="search", allow=("web_search",)))
EVERY = [settings().model_copy(update={"role": role, "tools": tools}) for role in ROLES for tools in LISTS]


def said(one: Scenario, *, answers: bool = False) -> list[str]:
    """Return what is never offered, or never asked about, of a scenario, each with its place."""
    mentions = list(mentioned(one.file, one.document))
    where = grounds(one.file, EVERY, [CATALOGUE])
    found = unasked(one.file, mentions, [CATALOGUE]) if answers else unoffered(one.file, mentions, where)
    return [f"{one.document.place(idle.location, key=True).split(':', 1)[1]}: {idle.why}" for idle in found]


def test_every_role_with_every_list() -> None:
    """The settings of a scenario are all roles with all tool lists and catalogues that it is for, composed or not."""
    one = scenario("{title: T., for: {role: reader, tools: search}, turns: [{user: Go.}]}")
    assert grounds(one.file, [EVERY[0], EVERY[3]], [CATALOGUE]) == [Ground(CATALOGUE, ROLES[1], LISTS[1])]
    assert len(grounds(scenario().file, EVERY, [CATALOGUE, BANK])) == 8
    bound = scenario("{title: T., for: {catalogue: bank}, turns: [{user: Go.}]}")
    assert {ground.catalogue.label for ground in grounds(bound.file, EVERY, [CATALOGUE, BANK])} == {"bank"}


LEVEL = "it takes the access level 'admin', and this user has 'user'"
REFUSED = "; write 'outcome: refused' if that is meant"


@pytest.mark.parametrize(
    ("extra", "expect", "lines"),
    [
        (
            "",
            "{calls: {in_order: [shell_exec]}}",
            [f"3:49: shell_exec is expected, and never offered: {LEVEL}{REFUSED}"],
        ),
        ("as: {access: admin}, ", "{calls: {in_order: [shell_exec]}}", []),
        ("", "{calls: {in_order: [{shell_exec: {}, outcome: refused}]}}", []),
        ("", "{calls: {in_order: [{shell_exec: {}, decision: denied}]}}", []),
        ("", "{calls: {subset: [shell_exec]}}", []),
        ("", "{before: [[shell_exec, file_read]], apart: [[shell_exec, file_read]], never: shell_exec}", []),
        ("", "{calls: {in_order: [shell_exec]}, known: {reason: x, until: 2026-06-30}}", []),
        ("", "{calls: {in_order: [file_read]}}", []),
        (
            "",
            "{for: {role: reader}, calls: {in_order: [web_search]}}",
            [f"3:70: web_search is expected, and never offered: it is not in the list of role=reader{REFUSED}"],
        ),
        (
            "for: {role: reader, tools: search}, ",
            "{together: [[file_read, web_search]]}",
            [
                f"3:42: file_read is expected, and never offered: it is not in the list of tools=search{REFUSED}",
                f"3:53: web_search is expected, and never offered: it is not in the list of role=reader{REFUSED}",
            ],
        ),
        ("", "{offered: [file_read, shell_exec]}", [f"3:51: shell_exec is never offered: {LEVEL}"]),
        (
            "",
            "{count: {shell_exec: {at_least: 1, which: executed}}}",
            [f"3:38: shell_exec is counted as executed, and never offered: {LEVEL}"],
        ),
        ("", "{count: {shell_exec: {at_most: 1, which: executed}}}", []),
    ],
)
def test_tools_that_are_never_offered(extra: str, expect: str, lines: list[str]) -> None:
    """A tool that must be executed, or offered, under settings that never offer it is told with the reason."""
    assert said(scenario(f"{{title: T.,\n{extra}\nturns: [{{user: Go., expect: {expect}}}]}}\n")) == lines


ASKED = "; asked about are: file_delete, shell_exec"


@pytest.mark.parametrize(
    ("extra", "turn", "lines"),
    [
        ("", "answers: [deny: [file_delete]]", []),
        ("", "answers: [confirm, deny, otherwise: deny]", []),
        (
            "",
            "answers: [deny: [file_read]]",
            [f"3:38: nobody is asked about file_read: it needs no confirmation{ASKED}"],
        ),
        ("as: {confirm_deny: [file_read]}, ", "answers: [deny: [file_read]]", []),
        (
            "as: {confirm_allow: [file_delete]}, ",
            "answers: [confirm: [file_delete]]",
            ["3:41: nobody is asked about file_delete: 'as: confirm_allow' lets it run; asked about are: shell_exec"],
        ),
        (
            "",
            "expect: {checkpoints: [web_search]}",
            [f"3:44: nobody is asked about web_search: it needs no confirmation{ASKED}"],
        ),
        (
            "",
            "expect: {calls: {in_order: [{file_read: {}, decision: denied}]}}",
            [f"3:65: nobody is asked about file_read: it needs no confirmation{ASKED}"],
        ),
        ("", "expect: {calls: {in_order: [{file_read: {}, decision: none}]}}", []),
        ("", "answers: [deny: [unknown]]", []),
    ],
)
def test_answers_that_nobody_asks_for(extra: str, turn: str, lines: list[str]) -> None:
    """An answer, a checkpoint or a decision about a tool that needs no confirmation is told, with those that do."""
    assert said(scenario(f"{{title: T.,\n{extra}\nturns: [{{user: Go., {turn}}}]}}\n"), answers=True) == lines
