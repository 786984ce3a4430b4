"""Seeded mistakes: each is a right file with one slip, the place at which it must be told, and the words."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.build import MARK, marked


class Mistake(NamedTuple):
    """A text with one slip, and what must be said of it."""

    text: str
    place: str
    words: str


class Slip(NamedTuple):
    """What becomes of a part of a right text; the mark stands where the message should point."""

    right: str
    wrong: str
    words: str


def mistakes(base: str, slips: Sequence[Slip]) -> list[Mistake]:
    """Return a right text with each of the slips in its turn."""
    made = []
    for right, wrong, words in slips:
        if base.count(right) != 1 or wrong.count(MARK) != 1:
            raise ValueError(f"no slip to be made: {right} -> {wrong}")
        made.append(Mistake(*marked(base.replace(right, wrong)), words))
    return made


def unknown(where: str, key: str, meant: str) -> str:
    """Return what is said of a misspelt key."""
    return f"{f'{where}: ' if where else ''}unknown key '{key}' (did you mean '{meant}'?)"


RICH = """\
title: Everything that a scenario can say.
tags: [smoke, files]
for: {role: [chat, files], model: careful}
as: {access: user, confirm_allow: [email_send], confirm_deny: [memory_search]}
now: 2026-03-02T08:30:00+01:00
session:
  - {role: assistant, content: Earlier.}
workspace:
  a.txt: an A
tools:
  web_search:
    - when: {query: {matches: rain}, limit: 3}
      returns: [{title: Rain}]
    - {otherwise: No results.}
  web_fetch:
    when: {url: https://x.example}
    sequence:
      - raises: too busy
      - returns: {ok: true}
turns:
  - user: Go on.
    answers:
      - confirm: [file_write]
      - deny: [file_delete]
      - otherwise: confirm
    expect:
      calls:
        in_order:
          - file_read: {path: a.txt}
            outcome: executed
          - file_write: {path: a.txt, content: X}
            decision: confirmed
            match: exact
          - {tool: file_delete, arguments: {path: b.txt}, decision: denied}
        match: {except: [limit]}
        which: asked
      count: {file_list: {at_least: 1, at_most: 2, which: executed}}
      before: [[file_list, file_write]]
      together: [[file_list, web_search]]
      apart: [[scratch_read, scratch_write]]
      rounds: {at_least: 3, at_most: 6}
      notices: 2
      checkpoints: [file_write, {pending: [file_delete], round: 3, answer: denied}]
      tokens: {prompt: {at_most: 900}}
      never: [shell_exec]
      response: {contains: [done], lacks: sorry, matches: (?i)done}
      workspace: {a.txt: {present: true, equals: X}}
      stop: final
expect:
  - for: {role: chat}
    turns: 1
reference: {match: ignore, calls: [file_read]}
"""
"""A scenario that is right, with nearly every key."""

TURN, CALLS = "turns[0].expect", "turns[0].expect.calls.in_order"

KEYS = [
    Slip("title: Ev", "▸titel: Ev", unknown("", "titel", "title")),
    Slip("tags:", "▸tag:", unknown("", "tag", "tags")),
    Slip("for: {role: [", "▸fro: {role: [", unknown("", "fro", "for")),
    Slip("{role: [", "{▸roles: [", unknown("for", "roles", "role")),
    Slip(", model: careful}", ", ▸modle: careful}", unknown("for", "modle", "model")),
    Slip("as: {access", "▸ass: {access", unknown("", "ass", "as")),
    Slip("{access: user", "{▸acces: user", unknown("as", "acces", "access")),
    Slip("confirm_allow:", "▸confirm_alow:", unknown("as", "confirm_alow", "confirm_allow")),
    Slip("confirm_deny:", "▸confirm-deny:", unknown("as", "confirm-deny", "confirm_deny")),
    Slip("now:", "▸nwo:", unknown("", "nwo", "now")),
    Slip("session:", "▸sesion:", unknown("", "sesion", "session")),
    Slip("content: Earlier.", "▸contents: Earlier.", unknown("session[0]", "contents", "content")),
    Slip("workspace:\n  a", "▸workspaces:\n  a", unknown("", "workspaces", "workspace")),
    Slip("tools:\n", "▸tool:\n", unknown("", "tool", "tools")),
    Slip("- when: {q", "- ▸wenn: {q", unknown("tools.web_search[0]", "wenn", "when")),
    Slip("returns: [", "▸return: [", unknown("tools.web_search[0]", "return", "returns")),
    Slip("{otherwise:", "{▸otherwhise:", unknown("tools.web_search[1]", "otherwhise", "otherwise")),
    Slip("when: {url", "▸where: {url", unknown("tools.web_fetch", "where", "when")),
    Slip("sequence:", "▸sequenze:", unknown("tools.web_fetch", "sequenze", "sequence")),
    Slip("raises:", "▸raise:", unknown("tools.web_fetch.sequence[0]", "raise", "raises")),
    Slip("returns: {ok", "▸retruns: {ok", unknown("tools.web_fetch.sequence[1]", "retruns", "returns")),
    Slip("turns:\n", "▸turn:\n", unknown("", "turn", "turns")),
    Slip("user: Go", "▸usr: Go", unknown("turns[0]", "usr", "user")),
    Slip("answers:", "▸anwsers:", unknown("turns[0]", "anwsers", "answers")),
    Slip("confirm: [file_write]", "▸confrim: [file_write]", unknown("turns[0].answers[0]", "confrim", "confirm")),
    Slip("deny: [file_delete]", "▸denny: [file_delete]", unknown("turns[0].answers[1]", "denny", "deny")),
    Slip("otherwise: confirm", "▸otherwize: confirm", unknown("turns[0].answers[2]", "otherwize", "otherwise")),
    Slip("    expect:\n      calls", "    ▸expectt:\n      calls", unknown("turns[0]", "expectt", "expect")),
    Slip("      calls:\n", "      ▸call:\n", unknown(TURN, "call", "calls")),
    Slip("in_order:", "▸in_oder:", unknown(f"{TURN}.calls", "in_oder", "in_order")),
    Slip("outcome:", "▸outcom:", unknown(f"{CALLS}[0]", "outcom", "outcome")),
    Slip("decision: confirmed", "▸decison: confirmed", unknown(f"{CALLS}[1]", "decison", "decision")),
    Slip("match: exact", "▸mach: exact", unknown(f"{CALLS}[1]", "mach", "match")),
    Slip("arguments:", "▸argument:", unknown(f"{CALLS}[2]", "argument", "arguments")),
    Slip("match: {except", "▸matches: {except", unknown(f"{TURN}.calls", "matches", "match")),
    Slip("{except:", "{▸exept:", unknown(f"{TURN}.calls.match", "exept", "except")),
    Slip("which: asked", "▸wich: asked", unknown(f"{TURN}.calls", "wich", "which")),
    Slip("count:", "▸counts:", unknown(TURN, "counts", "count")),
    Slip("at_least: 1", "▸atleast: 1", unknown(f"{TURN}.count.file_list", "atleast", "at_least")),
    Slip("which: executed", "▸witch: executed", unknown(f"{TURN}.count.file_list", "witch", "which")),
    Slip("before:", "▸befor:", unknown(TURN, "befor", "before")),
    Slip("together:", "▸togehter:", unknown(TURN, "togehter", "together")),
    Slip("apart:", "▸appart:", unknown(TURN, "appart", "apart")),
    Slip("rounds:", "▸round:", unknown(TURN, "round", "rounds")),
    Slip("at_most: 6", "▸at_moist: 6", unknown(f"{TURN}.rounds", "at_moist", "at_most")),
    Slip("notices:", "▸notice:", unknown(TURN, "notice", "notices")),
    Slip("checkpoints:", "▸checkpoint:", unknown(TURN, "checkpoint", "checkpoints")),
    Slip("{pending:", "{▸pendign:", unknown(f"{TURN}.checkpoints[1]", "pendign", "pending")),
    Slip("round: 3,", "▸rounds: 3,", unknown(f"{TURN}.checkpoints[1]", "rounds", "round")),
    Slip("answer: denied", "▸anser: denied", unknown(f"{TURN}.checkpoints[1]", "anser", "answer")),
    Slip("tokens:", "▸token:", unknown(TURN, "token", "tokens")),
    Slip("never:", "▸nevr:", unknown(TURN, "nevr", "never")),
    Slip("response:", "▸reponse:", unknown(TURN, "reponse", "response")),
    Slip("contains:", "▸contain:", unknown(f"{TURN}.response", "contain", "contains")),
    Slip("lacks:", "▸lack:", unknown(f"{TURN}.response", "lack", "lacks")),
    Slip("present:", "▸presnt:", unknown(f"{TURN}.workspace.a.txt", "presnt", "present")),
    Slip("stop:", "▸stops:", unknown(TURN, "stops", "stop")),
    Slip("    turns: 1", "    ▸turn: 1", unknown("expect[0]", "turn", "turns")),
    Slip("reference:", "▸referense:", unknown("", "referense", "reference")),
    Slip("{match: ignore", "{▸mtach: ignore", unknown("reference", "mtach", "match")),
]
"""A key misspelt, at every depth."""

ENUMS = [
    Slip(
        "{role: assistant",
        "{role: ▸assitant",
        "session[0].role: must be 'user' or 'assistant' (did you mean 'assistant'?)",
    ),
    Slip(
        "outcome: executed",
        "outcome: ▸excuted",
        f"{CALLS}[0].outcome: must be 'executed', 'failed', 'refused', 'denied', 'dropped' or 'pending' "
        "(did you mean 'executed'?)",
    ),
    Slip(
        "decision: confirmed",
        "decision: ▸confirm",
        f"{CALLS}[1].decision: must be 'none', 'confirmed', 'denied' or 'unanswered' (did you mean 'confirmed'?)",
    ),
    Slip(
        "match: exact",
        "match: ▸exakt",
        f"{CALLS}[1].match: must be exact, partial, ignore, or {{except: [ARGUMENT, ...]}} (did you mean 'exact'?)",
    ),
    Slip("which: asked", "which: ▸aksed", f"{TURN}.calls.which: must be 'asked' or 'executed' (did you mean 'asked'?)"),
    Slip(
        "which: executed",
        "which: ▸execute",
        f"{TURN}.count.file_list.which: must be 'asked' or 'executed' (did you mean 'executed'?)",
    ),
    Slip(
        "answer: denied",
        "answer: ▸deny",
        f"{TURN}.checkpoints[1].answer: must be 'confirmed', 'denied' or 'unanswered' (did you mean 'denied'?)",
    ),
    Slip(
        "stop: final",
        "stop: ▸finall",
        f"{TURN}.stop: must be 'final', 'max_rounds', 'cut', 'unanswered' or 'error' (did you mean 'final'?)",
    ),
    Slip(
        "otherwise: confirm",
        "otherwise: ▸confrim",
        "turns[0].answers[2].otherwise: must be 'confirm' or 'deny' (did you mean 'confirm'?)",
    ),
    Slip(
        "- otherwise: confirm",
        "- ▸confrim",
        "turns[0].answers[2]: must be 'confirm' or 'deny' (did you mean 'confirm'?)",
    ),
    Slip("[chat, files]", "[chat, files, ▸caht]", "there is no role 'caht' (did you mean 'chat'?)"),
    Slip("model: careful", "model: ▸carefull", "there is no model 'carefull' (did you mean 'careful'?)"),
    Slip("for: {role: chat}", "for: {tools: ▸al}", "there is no tool list 'al' (did you mean 'all'?)"),
    Slip(
        "for: {role: chat}",
        "for: {▸role: coder}",
        "the scenario's own 'for' leaves out role 'coder', so that this is never expected",
    ),
    Slip(
        "access: user",
        "access: ▸usr",
        "there is no access level 'usr' (did you mean 'user'?); there are: guest, user, admin",
    ),
]
"""A word misspelt of which only some are right."""

TYPES = [
    Slip("title: Everything that a scenario can say.", "title: ▸404", "title: must be text; quote it: '404'"),
    Slip("title: Everything that a scenario can say.", "title: ▸''", "title: must not be empty"),
    Slip(
        "title: Everything that a scenario can say.",
        "title: ▸null",
        "title: nothing stands here; write a value, or remove the key",
    ),
    Slip("[smoke, files]", "[smoke, ▸2026]", "tags[1]: must be text; quote it: '2026'"),
    Slip("[smoke, files]", "▸7", "tags: must be a list of texts, or a text; quote it: '7'"),
    Slip("[chat, files]", "▸{chat: files}", "for.role: must be a list"),
    Slip(
        "as: {access: user, confirm_allow: [email_send], confirm_deny: [memory_search]}",
        "as: ▸user",
        "as: must be a mapping",
    ),
    Slip("access: user", "access: ▸1", "as.access: must be text; quote it: '1'"),
    Slip(
        "now: 2026-03-02T08:30:00+01:00",
        "now: ▸2026-03-02",
        "now: 'now' must be a time with its zone, like 2026-03-01T09:00:00Z",
    ),
    Slip("now: 2026-03-02T08:30:00+01:00", "now: ▸2026", "now: must be text; quote it: '2026'"),
    Slip("a.txt: an A", "a.txt: ▸0x1F", "workspace.a.txt: must be text; quote it: '0x1F'"),
    Slip("a.txt: an A", "▸../a.txt: an A", "workspace: '../a.txt' is outside of the workspace"),
    Slip("raises: too busy", "raises: ▸503", "tools.web_fetch.sequence[0].raises: must be text; quote it: '503'"),
    Slip("user: Go on.", "user: ▸true", "turns[0].user: must be text; quote it: 'true'"),
    Slip("confirm: [file_write]", "confirm: ▸[]", "turns[0].answers[0].confirm: must not be empty"),
    Slip(
        "rounds: {at_least: 3, at_most: 6}",
        "rounds: ▸three",
        f"{TURN}.rounds: must be a whole number, or {{at_least: ..., at_most: ...}}",
    ),
    Slip("at_most: 6", "at_most: ▸six", f"{TURN}.rounds.at_most: must be a whole number"),
    Slip("at_most: 6", "at_most: ▸6.5", f"{TURN}.rounds.at_most: must be a whole number"),
    Slip("at_most: 6", "at_most: ▸-6", f"{TURN}.rounds.at_most: must be at least 0"),
    Slip(
        "rounds: {at_least: 3, at_most: 6}",
        "rounds: ▸{at_least: 7, at_most: 6}",
        f"{TURN}.rounds: no number is at least 7 and at most 6",
    ),
    Slip("round: 3,", "round: ▸0,", f"{TURN}.checkpoints[1].round: must be at least 1"),
    Slip(
        "contains: [done]",
        "contains: ▸200",
        f"{TURN}.response.contains: must be a text or a list of texts; quote it: '200'",
    ),
    Slip("contains: [done]", "contains: [▸200]", f"{TURN}.response.contains[0]: must be text; quote it: '200'"),
    Slip(
        "present: true",
        "present: ▸yes",
        f"{TURN}.workspace.a.txt.present: can only be true; a file is expected as {{present: true}} or as "
        f"{{absent: true}}",
    ),
    Slip("equals: X", "equals: ▸1.0", f"{TURN}.workspace.a.txt.equals: must be text; quote it: '1.0'"),
    Slip(
        "matches: (?i)done",
        "matches: ▸(done",
        f"{TURN}.response.matches: '(done' is not a regular expression: missing ), unterminated subpattern at "
        "position 0",
    ),
    Slip(
        "when: {query: {matches: rain}",
        "when: ▸{query: {matches: [rain]}",
        "tools.web_search[0].when: 'matches' takes a regular expression as text; "
        'to mean the mapping itself, write {equals: {"matches": ["rain"]}}',
    ),
    Slip(
        "before: [[file_list, file_write]]",
        "before: ▸[file_list, file_write]",
        f"{TURN}.before: must be a list of lists of calls, like [[file_read, file_write]]",
    ),
    Slip("before: [[file_list, file_write]]", "before: [▸[file_list]]", f"{TURN}.before[0]: takes two calls; here: 1"),
    Slip("never: [shell_exec]", "never: ▸{shell_exec: true}", f"{TURN}.never: must be a list"),
    Slip(
        "- file_read: {path: a.txt}",
        "- ▸file_read: a.txt",
        f"{CALLS}[0]: the arguments of file_read must be a mapping; leave them out to accept any",
    ),
    Slip("stop: final", "stop:▸", f"{TURN}.stop: nothing stands here; write a value, or remove the key"),
    Slip(
        "tokens: {prompt: {at_most: 900}}",
        "tokens: {prompt: ▸many}",
        f"{TURN}.tokens.prompt: must be a whole number, or {{at_least: ..., at_most: ...}}",
    ),
    Slip("turns: 1", "turns: ▸[1]", "expect[0].turns: must be a whole number, or {at_least: ..., at_most: ...}"),
]
"""Something of another type, or out of bounds."""

SYNTAX = [
    Slip(
        "tags: [smoke, files]\n",
        "tags: [smoke, files]\n▸tags: [again]\n",
        "the key 'tags' stands here twice; only one can count",
    ),
    Slip(
        "stop: final", "stop: final\n      ▸never: [web_fetch]", "the key 'never' stands here twice; only one can count"
    ),
    Slip("  - user: Go on.", "▸\t- user: Go on.", "not YAML: a tab stands where blanks must; indent with blanks"),
    Slip("now: 2026", "now▸:2026", "not YAML: a blank is missing behind the colon of 'now:'"),
    Slip(
        "title: Everything",
        "title: Everything▸: everything",
        "not YAML: a second ': ' on one line; put the text that holds it in quotes",
    ),
    Slip(
        "tags: [smoke, files]",
        "tags: ▸[smoke, files",
        "not YAML: this '[' is never closed; write the ']' that belongs to it",
    ),
    Slip(
        "for: {role: [chat, files], model: careful}",
        "for: ▸{role: [chat, files], model: careful",
        "not YAML: this '{' is never closed; write the '}' that belongs to it",
    ),
    Slip("user: Go on.", "user: ▸'Go on.", "not YAML: this ' is never closed; write the second ' behind the text"),
    Slip("user: Go on.", 'user: ▸"Go on.', 'not YAML: this " is never closed; write the second " behind the text'),
    Slip(
        "user: Go on.",
        "user: 'It'▸s on.'",
        "not YAML: the text in quotes ends before this; put the whole text in quotes (or write '' for a ' in the text)",
    ),
    Slip("user: Go on.", "user: ▸@anna goes on.", "not YAML: no text begins with '@' unless it is in quotes"),
    Slip("user: Go on.", "user: ▸`ls` it.", "not YAML: no text begins with '`' unless it is in quotes"),
    Slip("user: Go on.", "user: ▸%d times.", "not YAML: no text begins with '%' unless it is in quotes"),
    Slip(
        "user: Go on.",
        "user: ▸*important*",
        "not YAML: '*' begins the name of an alias; a text that begins with it stands in quotes",
    ),
    Slip(
        "user: Go on.",
        "user: ▸*anna",
        "not YAML: '*anna' stands for nothing, since no '&anna' is before it; text stands in quotes: '*anna'",
    ),
    Slip(
        "user: Go on.",
        "user: ▸& so on.",
        "not YAML: '&' begins the name of an anchor; a text that begins with it stands in quotes",
    ),
    Slip("user: Go on.", "user: ▸!important", "the tag !important has no meaning here; remove it"),
    Slip(
        "matches: (?i)done",
        'matches: "▸\\done"',
        "not YAML: '\\d' means nothing in double quotes; put the text in single quotes",
    ),
    Slip(
        "      notices: 2",
        "     ▸notices: 2",
        "not YAML: this line is indented like none above that it could stand beside; give it the column of "
        "its neighbours",
    ),
    Slip(
        "      notices: 2",
        "       ▸notices: 2",
        "not YAML: this line is indented like none above that it could stand beside; give it the column of "
        "its neighbours",
    ),
    Slip(
        "session:\n",
        "▸session\n",
        "not YAML: a colon is missing: this line is no 'key: value'; if it belongs to the text above, indent it more",
    ),
    Slip(
        "[[file_list, web_search]]",
        "[[file_list, web_search]]▸]",
        "not YAML: this ']' closes nothing; remove it, or put the text in quotes",
    ),
    Slip(
        "contains: [done], lacks",
        "contains: [done, ▸, x], lacks",
        "not YAML: a value is missing before this comma; text that begins with a comma stands in quotes",
    ),
    Slip(
        "expect:\n  - for",
        "▸---\nexpect:\n  - for",
        "not YAML: a second document begins here; a file holds one, so remove the '---' between",
    ),
    Slip("  a.txt: an A", "  ▸404: an A", "keys are text; write '404' in quotes"),
    Slip(
        "never: [shell_exec]",
        "never: ▸- shell_exec",
        "not YAML: an item of a list begins a line of its own; or write the list as [a, b]",
    ),
    Slip("user: Go on.", "user: | ▸Go on.", "not YAML: the text behind '|' or '>' begins on the next line, indented"),
]
"""What is no YAML, or no plain YAML."""

SURPRISES = [
    Slip(
        "limit: 3}",
        "limit: ▸010}",
        "tools.web_search[0].when.limit: 010 is the number 10 here, and the number 8 to readers of YAML 1.1; "
        "quote it: '010', or write 10 or 8",
    ),
    Slip(
        "[{title: Rain}]",
        "[{title: ▸no}]",
        "tools.web_search[0].returns[0].title: no is text here, and false to readers of YAML 1.1; quote it: "
        "'no', or write false",
    ),
    Slip(
        "{ok: true}",
        "{ok: ▸Yes}",
        "tools.web_fetch.sequence[1].returns.ok: Yes is text here, and true to readers of YAML 1.1; quote "
        "it: 'Yes', or write true",
    ),
    Slip(
        "{ok: true}",
        "{ok: ▸12:30}",
        "tools.web_fetch.sequence[1].returns.ok: 12:30 is text here, and the number 750 to readers of YAML "
        "1.1; quote it: '12:30', or write 750",
    ),
    Slip(
        "{ok: true}",
        "▸1_000",
        "tools.web_fetch.sequence[1].returns: 1_000 is text here, and the number 1000 to readers of YAML "
        "1.1; quote it: '1_000', or write 1000",
    ),
    Slip(
        "{ok: true}",
        "{ok: ▸0o17}",
        "tools.web_fetch.sequence[1].returns.ok: 0o17 is the number 15 here, and text to readers of YAML "
        "1.1; quote it: '0o17', or write 15",
    ),
    Slip(
        "{ok: true}",
        "[▸2026-03-14]",
        "tools.web_fetch.sequence[1].returns[0]: 2026-03-14 is text here, and a date to readers of YAML 1.1; "
        "quote it: '2026-03-14'",
    ),
    Slip(
        "No results.",
        "▸off",
        "tools.web_search[1].otherwise: off is text here, and false to readers of YAML 1.1; quote it: 'off', "
        "or write false",
    ),
    Slip(
        "content: X}",
        "content: ▸on}",
        f"{CALLS}[1].file_write.content: on is text here, and true to readers of YAML 1.1; quote it: 'on', or "
        "write true",
    ),
    Slip(
        "arguments: {path: b.txt}",
        "arguments: {path: ▸y}",
        f"{CALLS}[2].arguments.path: y is text here, and true to readers of YAML 1.1; quote it: 'y', or write true",
    ),
    Slip(
        "calls: [file_read]",
        "calls: [{file_read: {path: ▸2026-03-14}}]",
        "reference.calls[0].file_read.path: 2026-03-14 is text here, and a date to readers of YAML 1.1; "
        "quote it: '2026-03-14'",
    ),
]
"""Plain text, where any JSON may stand, that other readers take for something else."""

ARGUMENTS = [
    Slip(
        "{query: {matches: rain}",
        "{▸qeury: {matches: rain}",
        "the argument 'qeury' of web_search does not exist (did you mean 'query'?)",
    ),
    Slip("limit: 3}", "limit: ▸three}", "the argument 'limit' of web_search must be a whole number"),
    Slip("limit: 3}", "limit: ▸30}", "the argument 'limit' of web_search must be at most 20"),
    Slip(
        "limit: 3}",
        "limit: ▸{type: string}}",
        "the argument 'limit' of web_search must be a whole number, so that {type: string} never fits",
    ),
    Slip(
        "limit: 3}",
        "limit: ▸{matches: '3'}}",
        "the argument 'limit' of web_search must be a whole number, so that an expression never matches",
    ),
    Slip(
        "limit: 3}",
        "limit: ▸{near: 40, within: 5}}",
        "the argument 'limit' of web_search must be at most 20, so that no number is near this one",
    ),
    Slip("limit: 3}", "limit: ▸{one_of: ['1', '2']}}", "the argument 'limit' of web_search must be a whole number"),
    Slip("limit: 3}", "limit: ▸{equals: 0}}", "the argument 'limit' of web_search must be at least 1"),
    Slip("limit: 3}", "▸page: 3}", "the argument 'page' of web_search does not exist; there are: query, limit"),
    Slip("{matches: rain}", "▸404", "the argument 'query' of web_search must be text; quote it: '404'"),
    Slip(
        "{matches: rain}",
        "▸{near: 3, within: 1}",
        "the argument 'query' of web_search must be text, so that no number is near it",
    ),
    Slip(
        "- file_read: {path: a.txt}",
        "- file_read: {▸pth: a.txt}",
        "the argument 'pth' of file_read does not exist (did you mean 'path'?)",
    ),
    Slip(
        "- file_read: {path: a.txt}", "- file_read: {path: ▸[a.txt]}", "the argument 'path' of file_read must be text"
    ),
    Slip(
        "- file_read: {path: a.txt}",
        "- file_read: {path: ▸503}",
        "the argument 'path' of file_read must be text; quote it: '503'",
    ),
    Slip(
        "file_write: {path: a.txt, content: X}",
        "file_write: ▸{path: a.txt}",
        "file_write: 'content' is missing, and must be there",
    ),
    Slip(
        "arguments: {path: b.txt}",
        "arguments: {▸paths: b.txt}",
        "the argument 'paths' of file_delete does not exist (did you mean 'path'?)",
    ),
    Slip(
        "[[file_list, web_search]]",
        "[[file_list, web_search: {▸querry: x}]]",
        "the argument 'querry' of web_search does not exist (did you mean 'query'?)",
    ),
    Slip(
        "when: {url: https",
        "when: {▸ulr: https",
        "the argument 'ulr' of web_fetch does not exist (did you mean 'url'?)",
    ),
]
"""Arguments that no call has which keeps to the schema of its tool."""

TOOLS = [
    Slip(
        "  web_search:\n",
        "  ▸web_serach:\n",
        "the catalogue 'assistant' has no tool 'web_serach' (did you mean 'web_search'?)",
    ),
    Slip(
        "[email_send]",
        "[▸email_sent]",
        "the catalogue 'assistant' has no tool 'email_sent' (did you mean 'email_send'?)",
    ),
    Slip(
        "            outcome: executed",
        "            ▸decision: confirmed",
        "nobody is asked about file_read: it needs no confirmation; asked about are: file_write, "
        "file_delete, shell_exec, calendar_add, memory_search",
    ),
    Slip(
        "calls: [file_read]}\n",
        "calls: [file_read]}\nknown: {reason: x, until: 2026-06-30, for: {▸role: research}}\n",
        "the scenario's own 'for' leaves out role 'research', so that this is never expected",
    ),
]
"""Tools that do not exist, or about which nobody is asked."""

DISCORDS = [
    Slip(
        "rounds: {at_least: 3, at_most: 6}\n      notices: 2",
        "▸rounds: {at_least: 3, at_most: 6}\n      notices: 7",
        "at least 3 and at most 6 cannot be: at least 7 are needed for 'notices', which are rounds, too",
    ),
    Slip(
        "checkpoints: [file_write, {pending",
        "checkpoints: [▸file_delete, {pending",
        "nothing but file_write can be pending, as answer 1 says",
    ),
    Slip("answer: denied", "▸answer: confirmed", "it cannot be confirmed: answer 2 says 'denied'"),
    Slip(
        "checkpoints: [file_write, {pending: [file_delete], round: 3, answer: denied}]",
        "▸checkpoints: 1",
        "1 in 'checkpoints' cannot be: each of 2 in 'answers' must be asked for",
    ),
    Slip(
        "decision: confirmed",
        "decision: confirmed\n            ▸outcome: denied",
        "a call with the decision 'confirmed' is never 'denied', only executed or failed or refused or dropped",
    ),
    Slip(
        "decision: denied}",
        "decision: denied, ▸outcome: executed}",
        "a call with the decision 'denied' is never 'executed', only denied or refused",
    ),
    Slip(
        "apart: [[scratch_read, scratch_write]]",
        "apart: [▸[file_list, web_search]]",
        "file_list(...) and web_search(...) are expected in one round by 'together'",
    ),
    Slip("lacks: sorry", "▸lacks: one", "this is never lacking: 'done' in 'contains' holds 'one'"),
    Slip(
        "present: true, equals: X", "present: true, equals: X, ▸lacks: X", "this does not hold for the text in 'equals'"
    ),
    Slip(
        "prompt: {at_most: 900}",
        "prompt: {at_least: 900}, ▸total: 500",
        "500 cannot be, with what 'prompt' and 'completion' come to",
    ),
    Slip("    turns: 1", "    ▸turns: 2", "2 cannot be, with 1 in the scenario, all of which must be reached"),
    Slip("    turns: 1", "    ▸rounds: 9", "9 in 'rounds' cannot be, with at least 3 and at most 6 in the turns"),
    Slip(
        "    turns: 1",
        "    never: [▸file_read]",
        "file_read is expected in 'calls' of another part that applies as well, and forbidden here",
    ),
    Slip(
        "    turns: 1",
        "    stop: final\n  - ▸stop: cut",
        "it cannot stop with 'cut', with 'final' in another part that applies as well",
    ),
    Slip(
        "    turns: 1",
        "    count: {▸file_list: {exactly: 4, which: executed}}",
        "4 of file_list cannot be, with at least 1 and at most 2 in the turns",
    ),
    Slip("stop: final", "▸stop: unanswered", "'otherwise' answers whatever is asked, so that nothing is unanswered"),
    Slip(
        "    - {otherwise: No results.}",
        "    - ▸{when: {query: {matches: rain}, limit: 3}, returns: a}",
        "rule 1 takes every call that this rule is for, so that it never applies; put it first",
    ),
]
"""What contradicts something else."""

SHORT = """\
title: A guest reads.
for: {role: research, tools: all}
as: {access: guest, confirm_allow: [email_send]}
turns:
  - user: Read.
    answers:
      - confirm: [file_write]
    expect:
      - calls: {in_order: [web_search]}
        offered: [web_search, web_fetch, scratch_read, scratch_write]
      - count: {web_fetch: {at_least: 1, which: executed}}
expect:
  never: [memory_search]
"""
"""A scenario that is right, of a user who may do little."""

ASKED = "; asked about are: file_write, file_delete, shell_exec, calendar_add"
LEVEL = "it takes the access level 'user', and this user has 'guest'"

OFFERED = [
    Slip("[file_write]", "[▸file_read]", f"nobody is asked about file_read: it needs no confirmation{ASKED}"),
    Slip(
        "confirm: [file_write]",
        "deny: [▸email_send]",
        f"nobody is asked about email_send: 'as: confirm_allow' lets it run{ASKED}",
    ),
    Slip(
        "[web_search]}",
        "[▸file_read]}",
        f"file_read is expected, and never offered: {LEVEL}; write 'outcome: refused' if that is meant",
    ),
    Slip(
        "[web_search]}",
        "[web_search]}\n        together: [[web_search, ▸file_list]]",
        f"file_list is expected, and never offered: {LEVEL}; write 'outcome: refused' if that is meant",
    ),
    Slip("{web_fetch:", "{▸file_list:", f"file_list is counted as executed, and never offered: {LEVEL}"),
    Slip(
        "offered: [web_search,",
        "offered: [▸shell_exec,",
        "shell_exec is never offered: it takes the access level 'admin', and this user has 'guest'",
    ),
    Slip(
        "[memory_search]", "[memory_search, ▸file_write]", "file_write is answered for in 'answers', and forbidden here"
    ),
    Slip(
        "- count:",
        "- {▸checkpoints: 0}\n      - count:",
        "0 in 'checkpoints' cannot be: each of 1 in 'answers' must be asked for",
    ),
    Slip(
        "- count:",
        "- {never: [▸web_search]}\n      - count:",
        "web_search is expected in 'calls' of another part that applies as well, and forbidden here",
    ),
    Slip(
        "- count:",
        "- {rounds: 2}\n      - {▸rounds: 3}\n      - count:",
        "3 in 'rounds' cannot be, with 2 in another part that applies as well",
    ),
    Slip(
        "[web_search]}\n",
        "[web_search]}\n        response: {equals: yes sir, ▸contains: no}\n",
        "this does not hold for the text in 'equals'",
    ),
    Slip(
        "[web_search]}\n",
        "[▸web_search]}\n        never: web_search\n",
        "web_search is expected in 'calls' and forbidden in 'never'",
    ),
    Slip("never: [memory_search]", "checkpoints: [{▸turn: 2}]", "there is no turn 2; the last one is 1"),
    Slip("never: [memory_search]", "▸state: {a: 1}", "there is no 'module' whose tools could have a 'state'"),
    Slip(
        "never: [memory_search]",
        "▸workspace: {a.txt: A}",
        "there is no 'workspace' to hold files; write 'workspace: {}' for an empty one",
    ),
    Slip(
        "turns:",
        "▸state: {a: 1}\nturns:",
        "'state' is what the tools of a 'module' start from; name the module, or remove 'state'",
    ),
]
"""Tools that are never offered, or about which nobody is asked, and what is said in vain."""

NARROW = (
    SHORT.replace("tools: all", "tools: readonly")
    .replace("access: guest", "access: user")
    .replace(", scratch_write]", "]")
)

NARROWED = [
    Slip(
        "scratch_read]",
        "scratch_read, ▸scratch_write]",
        "scratch_write is never offered: it is not in the list of tools=readonly",
    ),
]
"""Where a tool list narrows what is offered."""

ROLES = SHORT.replace("access: guest, ", "access: user, ")

UNLISTED = [
    Slip(
        "in_order: [web_search]",
        "in_order: [▸calendar_list]",
        "calendar_list is expected, and never offered: it is not in the list of role=research; write "
        "'outcome: refused' if that is meant",
    ),
    Slip(
        "{role: research, tools: all}\nas: {access: user, confirm_allow: [email_send]}",
        "{role: research, tools: all}\nas: {access: user, confirm_allow: [▸email]}",
        "the catalogue 'assistant' has no tool 'email' (did you mean 'email_send'?)",
    ),
]
"""Where the role narrows what is offered."""

SCRIPT = """\
careful:
  -
    - calls: [{memory_search: {query: neighbours}}]
    - text: First.
      calls:
        - email_send: {to: a@house.example, subject: Soup, body: Saturday}
        - file_list
    - notice: Shall I send it?
    - confirmed:
        - text: It is out.
      denied:
        - raw: Nothing.
  - text: You are welcome.
any:
  - - calls:
        - {id: call_1, web_search: {query: soup, limit: 3}}
        - {tool: file_read, arguments: {path: a.txt}, id: call_2}
      finish_reason: stop
    - {status: 400, body: {error: {message: Too long}}}
"""
"""A script that is right."""

STEP = (
    "a step is a reply (text, calls), a notice, what follows an answer (confirmed, denied), "
    "or a whole response (body or raw)"
)

SCRIPTS = [
    Slip("- text: First.", "- ▸txt: First.", unknown("careful[0][1]", "txt", "text")),
    Slip("    - calls: [{mem", "    - ▸call: [{mem", unknown("careful[0][0]", "call", "calls")),
    Slip("notice:", "▸notise:", unknown("careful[0][2]", "notise", "notice")),
    Slip("confirmed:", "▸confirm:", unknown("careful[0][3]", "confirm", "confirmed")),
    Slip("denied:", "▸deny:", "careful[0][3]: unknown key 'deny' (did you mean 'denied'?)"),
    Slip("raw:", "▸rwa:", unknown("careful[0][3].denied[0]", "rwa", "raw")),
    Slip("finish_reason:", "▸finish_reson:", unknown("any[0][0]", "finish_reson", "finish_reason")),
    Slip("{status: 400", "{▸staus: 400", unknown("any[0][1]", "staus", "status")),
    Slip("body: {error", "▸boddy: {error", unknown("any[0][1]", "boddy", "body")),
    Slip("arguments: {path", "▸argument: {path", unknown("any[0][0].calls[1]", "argument", "arguments")),
    Slip("{tool: file_read", "{▸tol: file_read", unknown("any[0][0].calls[1]", "tol", "tool")),
    Slip("status: 400", "status: ▸bad", "any[0][1].status: must be a whole number"),
    Slip("status: 400", "status: ▸700", "any[0][1].status: must be at most 599"),
    Slip("text: It is out.", "text: ▸200", "careful[0][3].confirmed[0].text: must be text; quote it: '200'"),
    Slip("id: call_1", "id: ▸1", "any[0][0].calls[0].id: must be text; quote it: '1'"),
    Slip("- text: You are welcome.", "- ▸You are welcome.", "careful[1]: must be a mapping"),
    Slip("notice: Shall I send it?", "notice: ▸[Shall, I]", "careful[0][2].notice: must be text"),
    Slip("- notice: Shall I send it?", "- ▸{notice: Shall I send it?, text: b}", f"careful[0][2]: {STEP}"),
    Slip(
        "file_list\n",
        "▸{file_list: {}, file_read: {}}\n",
        "careful[0][1].calls[1]: a call names one tool, with its arguments behind it; here: file_list, file_read",
    ),
    Slip(
        "memory_search:",
        "▸memory_serach:",
        "the catalogue 'assistant' has no tool 'memory_serach' (did you mean 'memory_search'?)",
    ),
    Slip(
        "- file_list\n", "- ▸file_lst\n", "the catalogue 'assistant' has no tool 'file_lst' (did you mean 'file_list'?)"
    ),
    Slip("{query: soup", "{▸qurey: soup", "the argument 'qurey' of web_search does not exist (did you mean 'query'?)"),
    Slip("{query: soup", "{query: ▸404", "the argument 'query' of web_search must be text; quote it: '404'"),
    Slip(
        "subject: Soup",
        "▸subjekt: Soup",
        "the argument 'subjekt' of email_send does not exist (did you mean 'subject'?)",
    ),
    Slip(
        "body: Saturday",
        "body: ▸12:30",
        "careful[0][1].calls[0].email_send.body: 12:30 is text here, and the number 750 to readers of YAML "
        "1.1; quote it: '12:30', or write 750",
    ),
    Slip(
        "message: Too long",
        "message: ▸no",
        "any[0][1].body.error.message: no is text here, and false to readers of YAML 1.1; quote it: 'no', or "
        "write false",
    ),
    Slip("any:", "▸careful:", "the key 'careful' stands here twice; only one can count"),
    Slip("- text: You are", "▸\t- text: You are", "not YAML: a tab stands where blanks must; indent with blanks"),
    Slip(
        "text: You are welcome.",
        "text: You are▸: welcome.",
        "not YAML: a second ': ' on one line; put the text that holds it in quotes",
    ),
    Slip(
        "- calls: [{memory_search: {query: neighbours}}]",
        "- calls: ▸[{memory_search: {query: neighbours}}",
        "not YAML: this '[' is never closed; write the ']' that belongs to it",
    ),
    Slip("raw: Nothing.", "raw: ▸%nothing", "not YAML: no text begins with '%' unless it is in quotes"),
    Slip(
        "notice: Shall I send it?",
        "notice: ▸'Shall I send it?",
        "not YAML: this ' is never closed; write the second ' behind the text",
    ),
]
"""Slips in a script."""

LABEL = "LABEL"
"""Stands in the files of settings for a label that no other has."""

MODEL = """\
label: LABEL
type: openai
host_type: openai
api_url: https://models.house.example/v1
api_key_env: HOUSE_API_KEY
model_name: house-32b
params: {temperature: 0.5, top_p: 0.9, seed: 1, max_tokens: 800, extra_body: {top_k: 20}}
headers: {X-Title: house}
timeout: 60
max_retries: 3
echo: [extra_content]
"""

MODELS = [
    Slip("label:", "▸lable:", unknown("model", "lable", "label")),
    Slip(
        "label: LABEL",
        "label: ▸a@b",
        "model.label: a label has no blanks, '@', '~' or '+', which separate parts of a case's id",
    ),
    Slip("label: LABEL", "label: ▸2026", "model.label: must be text; quote it: '2026'"),
    Slip("type: openai\nh", "type: ▸opneai\nh", "model.type: must be 'openai' or 'scripted' (did you mean 'openai'?)"),
    Slip("host_type:", "▸hosttype:", unknown("model", "hosttype", "host_type")),
    Slip("api_url:", "▸api_ulr:", unknown("model", "api_ulr", "api_url")),
    Slip(
        "model_name:",
        "▸api_url: https://a.example\nmodel_name:",
        "the key 'api_url' stands here twice; only one can count",
    ),
    Slip(
        "api_key_env: HOUSE_API_KEY",
        "api_key_env: ▸sk-1234",
        "model.api_key_env: must be the name of an environment variable, never a key",
    ),
    Slip(
        "api_key_env: HOUSE_API_KEY",
        "api_key: ▸abc",
        "model.api_key: a key never stands in settings; name the environment variable that holds it: api_key_env",
    ),
    Slip("model_name: house-32b", "model_name: ▸32", "model.model_name: must be text; quote it: '32'"),
    Slip("temperature: 0.5", "▸temprature: 0.5", unknown("model.params", "temprature", "temperature")),
    Slip("temperature: 0.5", "temperature: ▸warm", "model.params.temperature: must be a number"),
    Slip("seed: 1,", "seed: ▸1.5,", "model.params.seed: must be a whole number"),
    Slip("max_tokens: 800", "max_tokens: ▸0", "model.params.max_tokens: must be greater than 0"),
    Slip(
        "{top_k: 20}",
        "{think: ▸no}",
        "params.extra_body.think: no is false in settings, though it looks like text; quote it: 'no', or write false",
    ),
    Slip(
        "{top_k: 20}",
        "{at: ▸12:30}",
        "params.extra_body.at: 12:30 is the number 750 in settings, though it looks like text; quote it: "
        "'12:30', or write 750",
    ),
    Slip(
        "timeout: 60",
        "timeout: ▸060",
        "timeout: 060 is the number 48 in settings, though it looks like the number 60; quote it: '060', or "
        "write 48 or 60",
    ),
    Slip(
        "timeout: 60",
        "timeout: ▸1_000",
        "timeout: 1_000 is the number 1000 in settings, though it looks like text; quote it: '1_000', or write 1000",
    ),
    Slip("timeout: 60", "timeout: ▸0", "model.timeout: must be greater than 0"),
    Slip("max_retries: 3", "max_retries: ▸-1", "model.max_retries: must be at least 0"),
    Slip("echo: [extra_content]", "echo: ▸5", "model.echo: must be a list of texts, or a text; quote it: '5'"),
    Slip("headers: {X-Title: house}", "headers: {X-Title: ▸7}", "model.headers.X-Title: must be text; quote it: '7'"),
    Slip(
        "echo: [extra_content]",
        "echo: ▸[extra_content",
        "not YAML: this '[' is never closed; write the ']' that belongs to it",
    ),
    Slip("type: openai\nh", "type▸:openai\nh", "not YAML: a blank is missing behind the colon of 'type:'"),
]

ROLE = """\
label: LABEL
overlay: |
  You look after the garden.
allow: [web_search, file_read]
"""

ROLE_SLIPS = [
    Slip("overlay:", "▸overly:", unknown("role", "overly", "overlay")),
    Slip("allow:", "▸alow:", unknown("role", "alow", "allow")),
    Slip("file_read]", "▸file_raed]", "role.allow: no catalogue has a tool 'file_raed' (did you mean 'file_read'?)"),
    Slip(
        "allow: [web_search, file_read]", "allow: ▸5", "role.allow: must be a list of texts, or a text; quote it: '5'"
    ),
    Slip("allow: [web_search, file_read]", "allow: ▸{web_search: true}", "role.allow: must be a list"),
    Slip("overlay: |\n  You look after the garden.", "overlay: ▸no", "role.overlay: must be text; quote it: 'no'"),
    Slip(
        "overlay: |\n  You look after the garden.", "overlay: ▸12:30", "role.overlay: must be text; quote it: '12:30'"
    ),
    Slip(
        "overlay: |\n  You look after the garden.",
        "overlay: You are▸: kind",
        "not YAML: a second ': ' on one line; put the text that holds it in quotes",
    ),
    Slip(
        "overlay: |\n  You look after the garden.",
        "overlay: ▸${user",
        "overlay: holds a '${' that cannot be read; write '\\${' for text",
    ),
    Slip(
        "label: LABEL", "label: ▸chat", "role 'LABEL' and role 'chat' carry one label, 'chat'; give them different ones"
    ),
    Slip("allow:", "▸\tallow:", "not YAML: a tab stands where blanks must; indent with blanks"),
]

LIST = """\
label: LABEL
allow: [web_search, file_read]
"""

LISTS = [
    Slip("allow:", "▸allows:", unknown("tools", "allows", "allow")),
    Slip(
        "[web_search,",
        "[▸web-search,",
        "tools.allow: no catalogue has a tool 'web-search' (did you mean 'web_search'?)",
    ),
    Slip("[web_search,", "[▸7,", "tools.allow[0]: must be text; quote it: '7'"),
    Slip("label: LABEL\n", "▸labl: LABEL\n", unknown("tools", "labl", "label")),
]

PERSONA = """\
label: LABEL
sections:
  Identity: You help.
  Conduct: Be brief.
"""

PERSONAS = [
    Slip("sections:", "▸section:", unknown("persona", "section", "sections")),
    Slip("Be brief.", "▸7", "persona.sections.Conduct: must be text; quote it: '7'"),
    Slip("Be brief.", "▸off", "persona.sections.Conduct: must be text; quote it: 'off'"),
    Slip("Be brief.", "{▸fille: a.md}", "persona.sections.Conduct: unknown key 'fille' (did you mean 'file'?)"),
    Slip("Be brief.", "▸[a, b]", "persona.sections.Conduct: must be text"),
    Slip("Conduct:", "▸Identity:", "the key 'Identity' stands here twice; only one can count"),
    Slip(
        "  Conduct:",
        " ▸Conduct:",
        "not YAML: this line is indented like none above that it could stand beside; give it the column of "
        "its neighbours",
    ),
    Slip("Be brief.", "▸'Be brief.", "not YAML: this ' is never closed; write the second ' behind the text"),
]

LOOP = """\
label: LABEL
policy: tolerant
max_rounds: 8
history: 6
transports: [httpx2]
texts:
  tools_available: You have tools.
  awaiting: "[{name}]"
  denied: Denied.
  notice: "{names}?"
  limit: "After {max_rounds} rounds:"
"""

LOOPS = [
    Slip("policy:", "▸polcy:", unknown("loop", "polcy", "policy")),
    Slip(
        "policy: tolerant",
        "policy: ▸tolerent",
        "loop.policy: must be 'production' or 'tolerant' (did you mean 'tolerant'?)",
    ),
    Slip("max_rounds: 8", "▸max_round: 8", unknown("loop", "max_round", "max_rounds")),
    Slip("max_rounds: 8", "max_rounds: ▸0", "loop.max_rounds: must be greater than 0"),
    Slip("max_rounds: 8", "max_rounds: ▸eight", "loop.max_rounds: must be a whole number"),
    Slip(
        "max_rounds: 8",
        "max_rounds: ▸010",
        "max_rounds: 010 is the number 8 in settings, though it looks like the number 10; quote it: '010', "
        "or write 10 or 8",
    ),
    Slip("history: 6", "history: ▸-6", "loop.history: must be at least 0"),
    Slip(
        "[httpx2]",
        "[▸httpx3]",
        "loop.transports[0]: must be 'httpx2', 'httpx', 'aiohttp', 'requests' or 'urllib3' (did you mean 'httpx'?)",
    ),
    Slip("tools_available:", "▸tool_available:", unknown("loop.texts", "tool_available", "tools_available")),
    Slip(
        '"[{name}]"',
        '▸"[{names}]"',
        "loop.texts.awaiting: may hold {name} and nothing else in braces; write {{ for a brace",
    ),
    Slip("denied: Denied.", "denied: ▸no", "loop.texts.denied: must be text; quote it: 'no'"),
    Slip(
        "history: 6",
        "factory: ▸mine",
        "loop.factory: must name a function as 'package.module:make', with a colon before its name",
    ),
    Slip(
        "history: 6",
        "factory: ▸mine:make",
        "loop.factory 'mine:make': there is no module 'mine', neither in the project's folder nor installed",
    ),
]

CATALOGUE = """\
label: LABEL
levels: [guest, user]
tools:
  plant_read:
    description: Read a plant's sheet.
    access: guest
    confirm: true
    workspace: {does: read, path: name}
    parameters:
      type: object
      properties:
        name: {type: string}
        days: {type: integer, minimum: 1}
      required: [name]
"""

CATALOGUES = [
    Slip("levels:", "▸level:", unknown("catalogue", "level", "levels")),
    Slip("tools:", "▸tool:", unknown("catalogue", "tool", "tools")),
    Slip("description:", "▸descripton:", unknown("catalogue.tools.plant_read", "descripton", "description")),
    Slip(
        "access: guest",
        "access: ▸geust",
        "catalogue.tools.plant_read.access: there is no access level 'geust' (did you mean 'guest'?); there "
        "are: guest, user",
    ),
    Slip("confirm: true", "confirm: ▸maybe", "catalogue.tools.plant_read.confirm: must be true or false"),
    Slip(
        "confirm: true",
        "confirm: ▸yes",
        "tools.plant_read.confirm: yes is true in settings, though it looks like text; quote it: 'yes', or write true",
    ),
    Slip("confirm: true", "▸confrim: true", unknown("catalogue.tools.plant_read", "confrim", "confirm")),
    Slip(
        "does: read",
        "does: ▸reed",
        "catalogue.tools.plant_read.workspace.does: must be 'list', 'read', 'write', 'append', 'delete' or "
        "'move' (did you mean 'read'?)",
    ),
    Slip("path: name}", "▸pth: name}", unknown("catalogue.tools.plant_read.workspace", "pth", "path")),
    Slip("parameters:", "▸parameter:", unknown("catalogue.tools.plant_read", "parameter", "parameters")),
    Slip(
        "name: {type: string}",
        "name: {type: ▸strng}",
        "tools.plant_read.parameters.properties.name.type: 'strng' is no type of JSON Schema (did you mean "
        "'string'?); there are: string, integer, number, boolean, null, array, object",
    ),
    Slip(
        "type: object",
        "type: ▸objekt",
        "tools.plant_read.parameters.type: 'objekt' is no type of JSON Schema (did you mean 'object'?); "
        "there are: string, integer, number, boolean, null, array, object",
    ),
    Slip("minimum: 1", "minimum: ▸one", "tools.plant_read.parameters.properties.days.minimum: must be a number"),
    Slip("required: [name]", "required: ▸name", "tools.plant_read.parameters.required: must be a list"),
    Slip("required: [name]", "required: [▸5]", "tools.plant_read.parameters.required[0]: must be text"),
    Slip("[guest, user]", "▸guest", "catalogue.levels: must be a list"),
]
"""Slips in files of settings; the base of each stands above it."""

SETTINGS: Mapping[str, tuple[str, Sequence[Slip]]] = {
    "model": (MODEL, MODELS),
    "role": (ROLE, ROLE_SLIPS),
    "tools": (LIST, LISTS),
    "persona": (PERSONA, PERSONAS),
    "loop": (LOOP, LOOPS),
    "catalogue": (CATALOGUE, CATALOGUES),
}
"""By groups: a right file, and the slips in it."""

SCENARIOS: Mapping[str, tuple[str, Sequence[Slip]]] = {
    "keys": (RICH, KEYS),
    "words": (RICH, ENUMS),
    "types": (RICH, TYPES),
    "syntax": (RICH, SYNTAX),
    "surprises": (RICH, SURPRISES),
    "arguments": (RICH, ARGUMENTS),
    "tools": (RICH, TOOLS),
    "discords": (RICH, DISCORDS),
    "offered": (SHORT, OFFERED),
    "narrow": (NARROW, NARROWED),
    "roles": (ROLES, UNLISTED),
}
"""By kinds: a right scenario, and the slips in it."""
