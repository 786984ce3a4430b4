"""Expectations against what happened: each finding with the line that it comes from."""

import json
from collections.abc import Iterator, Sequence

from harness.agreement import disagreements
from harness.assignment import pairing
from harness.calls import CallCount
from harness.condition import TOKENS, Amount, Tokens, Words, left, satisfied
from harness.expectation import TurnExpectation, parted
from harness.finding import Finding, View, as_asked
from harness.order import disorders
from harness.pauses import Pause, TurnCheckpoint, worded
from harness.trace import count


def findings(expect: TurnExpectation, view: View) -> Iterator[Finding]:
    """Yield what of an expectation does not hold for the part of a trace that it is about."""
    for at, calls in enumerate(expect.calls):
        yield from disagreements(calls, ("calls", at), view)
    for tool, amount in (expect.count or {}).items():
        yield from _count(tool, amount, view)
    yield from disorders(expect, view)
    yield from _amounts(expect, view)
    if expect.checkpoints is not None and not isinstance(expect.checkpoints, Amount):
        yield from _checkpoints(expect.checkpoints, view)
    if expect.tokens is not None:
        yield from _tokens(expect.tokens, view)
    for at, tool in enumerate(expect.never):
        if asked := [one.call for one in view.asked() if one.call.name == tool]:
            got = f"{as_asked(asked[0])}, {asked[0].outcome}"
            yield view.finding("never", ("never", at), f"{tool} is never asked for", got)
    if expect.offered is not None:
        yield from _offered(expect.offered, view)
    yield from _texts("response", expect.response, view.turns[-1].response if view.turns else None, view)
    yield from _workspace(expect, view)
    yield from _state(expect, view)
    if view.error is not None:
        yield from _texts("error", expect.error, view.error, view)


def _count(tool: str, amount: CallCount, view: View) -> Iterator[Finding]:
    came = [one for one in view.asked(amount.which) if one.call.name == tool]
    if not amount.holds(len(came)):
        done = "asked for" if amount.which == "asked" else "executed"
        last = f", the last in {view.where(came[-1].turn, came[-1].round)}" if came else ""
        yield view.finding(f"count, {tool}", ("count", tool), f"{amount} {done}", f"{len(came)}{last}")


def _amounts(expect: TurnExpectation, view: View) -> Iterator[Finding]:
    counts = count(view.turns)
    for name in ("turns", "rounds", "notices", "checkpoints"):
        amount = getattr(expect, name, None)
        number = getattr(counts, name)
        if isinstance(amount, Amount) and not amount.holds(number):
            yield view.finding(name, (name,), str(amount), str(number))


def _checkpoints(expected: Sequence[TurnCheckpoint], view: View) -> Iterator[Finding]:
    """Find the checkpoints that differ, one by one where there are as many as expected, else by the best alignment."""
    came = [Pause(at, one) for at, turn in enumerate(view.turns, view.turn or 1) for one in turn.checkpoints]
    if len(came) == len(expected):
        for at, (want, pause) in enumerate(zip(expected, came, strict=True)):
            if not want.fits(pause):
                got = _paused(pause, view)
                yield view.finding(f"checkpoint {at + 1}", ("checkpoints", at), str(want), got)
        return
    found = pairing("exact", expected, came, lambda want, pause: want.fits(pause))
    for at in found.missing:
        others = "; ".join(_paused(pause, view) for pause in came) or "none"
        yield view.finding(
            f"checkpoint {at + 1}", ("checkpoints", at), str(expected[at]), f"none like it; there are: {others}"
        )
    for at in found.extra:
        got = f"{len(came)}: {_paused(came[at], view)} is not among those expected"
        yield view.finding("checkpoints", ("checkpoints",), str(len(expected)), got)


def _paused(pause: Pause, view: View) -> str:
    turn = pause.turn if view.turn is None else None
    return worded(", ".join(pause.names), turn, pause.checkpoint.round, pause.answer)


def _tokens(expected: Amount | Tokens, view: View) -> Iterator[Finding]:
    rounds = [
        (view.where(number, at), round_.usage)
        for number, turn in enumerate(view.turns, view.turn or 1)
        for at, round_ in enumerate(turn.rounds, 1)
    ]
    if unsaid := [where for where, usage in rounds if usage is None]:
        more = f" and {len(unsaid) - 1} more" if len(unsaid) > 1 else ""
        yield view.finding(
            "tokens", ("tokens",), str(expected), f"no number: the provider said none for {unsaid[0]}{more}"
        )
        return
    prompt = sum(usage.prompt_tokens for _, usage in rounds if usage)
    completion = sum(usage.completion_tokens for _, usage in rounds if usage)
    numbers = dict(zip(TOKENS, (prompt + completion, prompt, completion), strict=True))
    if isinstance(expected, Amount):
        if not expected.holds(numbers["total"]):
            yield view.finding("tokens", ("tokens",), str(expected), str(numbers["total"]))
        return
    for key, number in numbers.items():
        amount: Amount | None = getattr(expected, key)
        if amount and not amount.holds(number):
            yield view.finding(f"tokens, {key}", ("tokens", key), str(amount), str(number))


def _texts(what: str, words: Words | None, text: str | None, view: View) -> Iterator[Finding]:
    for where, wanted in satisfied(words, text or "") if words else ():
        yield view.finding(what, (what, *where), wanted, _text(text))


def _workspace(expect: TurnExpectation, view: View) -> Iterator[Finding]:
    for path, file in (expect.workspace or {}).items():
        text = view.files.get(path)
        for way, wanted in left(file, text):
            got = "no such file; there are: " + (", ".join(view.files) or "none") if text is None else _text(text)
            yield view.finding(f"workspace, {path}", ("workspace", path, *way), wanted, got)


def _state(expect: TurnExpectation, view: View) -> Iterator[Finding]:
    state = view.turns[-1].state if view.turns else None
    for key in parted(expect.state or {}, state or {}):
        wanted = json.dumps((expect.state or {})[key], ensure_ascii=False)
        got = json.dumps(state[key], ensure_ascii=False) if state and key in state else "nothing"
        yield view.finding(f"state, {key}", ("state", key), wanted, got)


def _offered(expected: Sequence[str], view: View) -> Iterator[Finding]:
    for turn in view.turns:
        lacking = [name for name in expected if name not in turn.offered]
        more = [name for name in turn.offered if name not in expected]
        if lacking or more:
            parts = [f"without {', '.join(lacking)}"] if lacking else []
            parts += [f"also {', '.join(more)}"] if more else []
            yield view.finding("offered", ("offered",), ", ".join(expected) or "no tools", "; ".join(parts))
            return


def _text(text: str | None) -> str:
    return "no response" if text is None else f"'{text}'" if text else "an empty text"
