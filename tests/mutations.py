"""Traces, and seeded changes of them: each says how it must be told."""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import count as numbers
from typing import Any, NamedTuple

from hypothesis import strategies as st

from harness.change import Change, ChangeKind, Spot
from harness.trace import (
    Anomaly,
    Call,
    Checkpoint,
    Failure,
    Pending,
    Round,
    Trace,
    Turn,
    Usage,
    count,
)
from tests.build import act, call, notice, trace, turn
from tests.corpus import document

Pick = Callable[[Sequence[Any]], Any]
"""Chooses one of several places; where there is none it raises what ends the attempt."""


class Mutant(NamedTuple):
    """A trace with one thing changed, and the ways in which that may be told."""

    trace: Trace
    told: tuple[tuple[Change, ...], ...]


Mutation = Callable[[Trace, Pick], Mutant]
"""Changes a trace somewhere."""


class Asked(NamedTuple):
    """A call of a turn that is being changed, with its place in the turn as it was."""

    origin: tuple[int, int] | None
    call: Call


class Slot(NamedTuple):
    """A round of a turn that is being changed, with its place in the turn as it was."""

    origin: int | None
    round: Round
    calls: list[Asked]


class Places(NamedTuple):
    """Where a change was and where it is: turn, round and call, counted from zero, as far as it has them."""

    was: tuple[int, ...] | None
    now: tuple[int, ...] | None


def told(kind: ChangeKind, at: Places, subject: str, before: str | None, after: str | None) -> Change:
    """Return a change whose places are counted from zero."""
    was, now = (
        None if place is None else Spot(**dict(zip(("turn", "round", "call"), (n + 1 for n in place), strict=False)))
        for place in at
    )
    return Change(kind=kind, was=was, now=now, subject=subject, before=before, after=after)


def described(asked: Call) -> str:
    """Return a call as changes show it."""
    decision = "" if asked.decision == "none" else f" [{asked.decision}]"
    return f"{asked.name}({asked.raw_arguments}){decision}"


# Traces


ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "limit": st.sampled_from([1, 2, 1.5, True, None]),
        "filter": st.fixed_dictionaries({"day": st.sampled_from(["Mon", "Tue"])}, optional={"deep": st.just({"a": 1})}),
        "tags": st.lists(st.sampled_from(["x", "y"]), max_size=3),
    },
)
NAMES = ("file_read", "file_delete", "web_search")


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Return a trace with several turns, rounds, calls, checkpoints, files and anomalies, no two calls of it equal."""
    number = numbers(1)

    def asked(decision: Any) -> Call:
        given = {"path": f"f{next(number)}.txt", **draw(ARGUMENTS)}
        outcome: Any = "denied" if decision == "denied" else "executed"
        name = draw(st.sampled_from(NAMES))
        return call(name, given, id=f"id{next(number)}", decision=decision, outcome=outcome, result=f"r{next(number)}")

    turns = []
    anomalies: list[Anomaly] = []
    for at in range(draw(st.integers(2, 3))):
        rounds: list[Round] = []
        checkpoints = []
        for _ in range(draw(st.integers(2, 4))):
            answer = draw(st.sampled_from([None, "confirmed", "denied"]))
            held = draw(st.integers(1, 2)) if answer else 0
            calls = [asked(answer) for _ in range(held)] + [asked("none") for _ in range(draw(st.integers(1, 3)))]
            rounds.append(act(*calls, text=draw(st.none() | st.just(f"text {next(number)}"))))
            if answer:
                names = tuple(Pending(call=place, name=one.name) for place, one in enumerate(calls[:held], 1))
                checkpoints.append(Checkpoint(round=len(rounds), pending=names, answer=answer))
                rounds.append(notice(f"Shall I {next(number)}?"))
            if draw(st.booleans()):
                anomalies.append(
                    Anomaly(kind="repeated_id", turn=at + 1, round=len(rounds), call=None, detail=f"d{next(number)}")
                )
        rounds.append(act(text=f"Done {next(number)}."))
        turns.append(
            turn(
                *(used(round_, next(number)) for round_ in rounds),
                user=f"Go {next(number)}.",
                response=rounds[-1].text,
                checkpoints=checkpoints,
                offered=NAMES,
                workspace={"a.txt": f"text {next(number)}", "b.txt": None},
                state={"booked": [{"day": "Mon"}], "seats": next(number)},
            )
        )
    return trace(*turns, anomalies=anomalies)


def used(round_: Round, tokens: int) -> Round:
    """Return a round with a number of tokens that no other has."""
    return round_.model_copy(update={"usage": Usage(prompt_tokens=tokens, completion_tokens=7)})


def airline() -> list[Trace]:
    """Return the recorded airline runs as traces; where the corpus is absent, the test is skipped."""
    return [recorded(run["traj"]) for run in document("tau-bench/gpt-4o-airline.json")]


def recorded(messages: Iterable[dict[str, Any]]) -> Trace:
    """Return the trace of a recorded conversation, its results by their order."""
    turns: list[Turn] = []
    user, rounds = "", list[Round]()
    tokens = numbers(1)
    results: list[str] = []

    def end() -> None:
        if rounds:
            done = [
                used(
                    one.model_copy(
                        update={
                            "calls": tuple(
                                each.model_copy(update={"result": results.pop(0) if results else None})
                                for each in one.calls
                            )
                        }
                    ),
                    next(tokens),
                )
                for one in rounds
            ]
            turns.append(turn(*done, user=user, response=rounds[-1].text, offered=NAMES))
        rounds.clear()
        results.clear()

    for message in messages:
        if message["role"] == "user":
            end()
            user = message["content"]
        elif message["role"] == "assistant":
            calls = [
                call(
                    one["function"]["name"],
                    json.loads(one["function"]["arguments"]),
                    id=one["id"],
                    raw=one["function"]["arguments"],
                )
                for one in message.get("tool_calls") or ()
            ]
            rounds.append(act(*calls, text=message["content"]))
        elif message["role"] == "tool":
            results.append(message["content"])
    end()
    return trace(*turns)


# Places


def places(of: Trace, fits: Callable[[Turn, Round], bool] = lambda *_: True) -> list[tuple[int, int]]:
    """Return the places of rounds."""
    return [
        (at, number) for at, one in enumerate(of.turns) for number, round_ in enumerate(one.rounds) if fits(one, round_)
    ]


def asked_at(of: Trace, fits: Callable[[Call], bool] = lambda *_: True) -> list[tuple[int, int, int]]:
    """Return the places of calls."""
    return [
        (at, number, place)
        for at, number in places(of)
        for place, one in enumerate(of.turns[at].rounds[number].calls)
        if fits(one)
    ]


def held(one: Turn, number: int) -> set[int]:
    """Return the places of the calls of a round that wait at a checkpoint."""
    return {call.call - 1 for point in one.checkpoints if point.round == number + 1 for call in point.pending}


def call_at(of: Trace, at: tuple[int, int, int]) -> Call:
    """Return one call."""
    return of.turns[at[0]].rounds[at[1]].calls[at[2]]


# Editing


def with_turns(of: Trace, turns: Sequence[Turn]) -> Trace:
    """Return a trace of other turns, counted anew."""
    stop = "error" if of.error else turns[-1].stop
    return of.model_copy(update={"turns": tuple(turns), "counts": count(turns), "stop": stop})


def with_turn(of: Trace, at: int, **update: Any) -> Trace:
    """Return a trace with something of one turn changed."""
    return with_turns(of, [one.model_copy(update=update) if n == at else one for n, one in enumerate(of.turns)])


def with_round(of: Trace, at: tuple[int, int], **update: Any) -> Trace:
    """Return a trace with something of one round changed."""
    rounds = [one.model_copy(update=update) if n == at[1] else one for n, one in enumerate(of.turns[at[0]].rounds)]
    return with_turn(of, at[0], rounds=tuple(rounds))


def with_call(of: Trace, at: tuple[int, int, int], **update: Any) -> Trace:
    """Return a trace with something of one call changed."""
    calls = of.turns[at[0]].rounds[at[1]].calls
    return with_round(
        of, at[:2], calls=tuple(one.model_copy(update=update) if n == at[2] else one for n, one in enumerate(calls))
    )


def slots(of: Trace, at: int) -> list[Slot]:
    """Return the rounds of a turn, to be changed."""
    return [
        Slot(number, one, [Asked((number, place), each) for place, each in enumerate(one.calls)])
        for number, one in enumerate(of.turns[at].rounds)
    ]


def rebuilt(of: Trace, at: int, edited: Sequence[Slot]) -> Trace:
    """Return a trace with other rounds in a turn; what pointed at them points at where they are now."""
    one = of.turns[at]
    rounds = {slot.origin: number for number, slot in enumerate(edited) if slot.origin is not None}
    calls = {
        asked.origin: (number, place)
        for number, slot in enumerate(edited)
        for place, asked in enumerate(slot.calls)
        if asked.origin is not None
    }
    checkpoints = []
    for point in one.checkpoints:
        pending = [
            waiting.model_copy(update={"call": to[1] + 1, "name": edited[to[0]].calls[to[1]].call.name})
            for waiting in point.pending
            if (to := calls.get((point.round - 1, waiting.call - 1)))
        ]
        if pending:
            pending.sort(key=lambda waiting: waiting.call)
            update = {"round": rounds[point.round - 1] + 1, "pending": tuple(pending)}
            checkpoints.append(point.model_copy(update=update))
    anomalies = [
        odd if odd.turn != at + 1 else odd.model_copy(update={"round": rounds[odd.round - 1] + 1})
        for odd in of.anomalies
        if odd.turn != at + 1 or odd.round - 1 in rounds
    ]
    anomalies.sort(key=lambda odd: (odd.turn, odd.round))
    made = tuple(slot.round.model_copy(update={"calls": tuple(asked.call for asked in slot.calls)}) for slot in edited)
    changed = with_turn(of, at, rounds=made, checkpoints=tuple(checkpoints))
    return changed.model_copy(update={"anomalies": tuple(anomalies)})


NEW = call("calendar_add", {"day": "new"}, id="new", result="added")
ADDED = used(act(call("calendar_list", {"month": "new"}), text="New."), 10_000)


# Mutations


def call_dropped(of: Trace, pick: Pick) -> Mutant:
    """Drop one call."""
    at, number, place = pick(asked_at(of))
    edited = slots(of, at)
    gone = edited[number].calls.pop(place).call
    return Mutant(
        rebuilt(of, at, edited),
        ((told("calls", Places((at, number, place), None), gone.name, described(gone), None),),),
    )


def call_added(of: Trace, pick: Pick) -> Mutant:
    """Add a call that is nowhere else."""
    at, number = pick(places(of, lambda _, round_: bool(round_.calls)))
    edited = slots(of, at)
    place = pick(range(len(edited[number].calls) + 1))
    edited[number].calls.insert(place, Asked(None, NEW))
    return Mutant(
        rebuilt(of, at, edited), ((told("calls", Places(None, (at, number, place)), NEW.name, None, described(NEW)),),)
    )


def call_duplicated(of: Trace, pick: Pick) -> Mutant:
    """Ask for the same once more, right behind it."""
    at, number, place = pick(asked_at(of))
    edited = slots(of, at)
    again = edited[number].calls[place].call
    edited[number].calls.insert(place + 1, Asked(None, again))
    return Mutant(
        rebuilt(of, at, edited),
        tuple(
            (told("calls", Places(None, (at, number, here)), again.name, None, described(again)),)
            for here in (place, place + 1)
        ),
    )


def call_renamed(of: Trace, pick: Pick) -> Mutant:
    """Ask another tool for the same."""
    at, number, place = pick(asked_at(of))
    edited = slots(of, at)
    gone = edited[number].calls[place].call
    came = gone.model_copy(update={"name": "shell_exec"})
    edited[number].calls[place] = Asked((number, place), came)
    spot = (at, number, place)
    return Mutant(
        rebuilt(of, at, edited),
        (
            (
                told("calls", Places(spot, None), gone.name, described(gone), None),
                told("calls", Places(None, spot), came.name, None, described(came)),
            ),
        ),
    )


def calls_swapped(of: Trace, pick: Pick) -> Mutant:
    """Swap two calls beside each other; one of them has moved."""
    at, number, place = pick([spot for spot in asked_at(of) if spot[2] and distinct(of, spot)])
    edited = slots(of, at)
    calls = edited[number].calls
    calls[place - 1], calls[place] = calls[place], calls[place - 1]
    return Mutant(
        rebuilt(of, at, edited),
        tuple(
            (told("calls", Places((at, number, was), (at, number, now)), one.name, described(one), described(one)),)
            for one, was, now in ((calls[place].call, place - 1, place), (calls[place - 1].call, place, place - 1))
        ),
    )


def distinct(of: Trace, at: tuple[int, int, int]) -> bool:
    """Tell whether a call is another than the one before it."""
    calls = of.turns[at[0]].rounds[at[1]].calls
    return (calls[at[2]].name, calls[at[2]].arguments) != (calls[at[2] - 1].name, calls[at[2] - 1].arguments)


def call_moved_on(of: Trace, pick: Pick) -> Mutant:
    """Ask for something a round later."""
    at, number, place = pick(
        [
            (turn, number, place)
            for turn, number, place in asked_at(of)
            if len(of.turns[turn].rounds[number].calls) > 1
            and number + 1 < len(of.turns[turn].rounds)
            and of.turns[turn].rounds[number + 1].calls
            and place not in held(of.turns[turn], number)
        ]
    )
    edited = slots(of, at)
    moved = edited[number].calls.pop(place)
    to = len(edited[number + 1].calls)
    edited[number + 1].calls.append(moved)
    one = described(moved.call)
    return Mutant(
        rebuilt(of, at, edited),
        ((told("calls", Places((at, number, place), (at, number + 1, to)), moved.call.name, one, one),),),
    )


class Edit(NamedTuple):
    """Arguments changed in one place."""

    arguments: dict[str, Any]
    path: str
    before: str | None
    after: str | None


def argument(edit: Callable[[dict[str, Any]], Edit | None]) -> Mutation:
    """Return the mutation that changes arguments, where it can, in one place."""

    def mutation(of: Trace, pick: Pick) -> Mutant:
        at = pick(asked_at(of, lambda one: edit(one.arguments or {}) is not None))
        one = call_at(of, at)
        edited = edit(one.arguments or {})
        assert edited
        changed = with_call(of, at, arguments=edited.arguments, raw_arguments=json.dumps(edited.arguments))
        subject = f"{one.name}: {edited.path}"
        return Mutant(changed, ((told("arguments", Places(at, at), subject, edited.before, edited.after),),))

    return mutation


def first(arguments: dict[str, Any], kind: type) -> str | None:
    """Return the first argument of a type, or None."""
    return next((key for key, value in arguments.items() if type(value) is kind), None)


def argument_changed(arguments: dict[str, Any]) -> Edit | None:
    """Change a text."""
    key = first(arguments, str)
    return None if key is None else Edit({**arguments, key: "ü new"}, key, dumps(arguments[key]), '"ü new"')


def argument_added(arguments: dict[str, Any]) -> Edit | None:
    """Add a key."""
    return Edit({**arguments, "new": {"a": []}}, "new", None, '{"a": []}')


def argument_removed(arguments: dict[str, Any]) -> Edit | None:
    """Leave out the first key."""
    key = next(iter(arguments), None)
    if key is None:
        return None
    rest = {name: value for name, value in arguments.items() if name != key}
    return Edit(rest, key, dumps(arguments[key]), None)


def nested(arguments: dict[str, Any], edit: Callable[[dict[str, Any]], Edit | None]) -> Edit | None:
    """Change the first mapping among the arguments."""
    key = first(arguments, dict)
    inner = None if key is None else edit(arguments[key])
    if key is None or inner is None:
        return None
    return Edit({**arguments, key: inner.arguments}, f"{key}.{inner.path}", inner.before, inner.after)


def item_changed(arguments: dict[str, Any]) -> Edit | None:
    """Change the last item of a list."""
    key = first(arguments, list)
    if key is None or not arguments[key]:
        return None
    *items, last = arguments[key]
    if isinstance(last, dict):
        return None
    return Edit({**arguments, key: [*items, "z"]}, f"{key}[{len(items)}]", dumps(last), '"z"')


def item_added(arguments: dict[str, Any]) -> Edit | None:
    """Add an item to a list."""
    key = first(arguments, list)
    if key is None:
        return None
    return Edit({**arguments, key: [*arguments[key], 0]}, f"{key}[{len(arguments[key])}]", None, "0")


def number_retyped(arguments: dict[str, Any], kind: type) -> Edit | None:
    """Write 1 as another type, which Python takes for the same unless it is a text."""
    key = next((key for key, value in arguments.items() if type(value) is int and value == 1), None)
    return None if key is None else Edit({**arguments, key: kind(1)}, key, "1", dumps(kind(1)))


def dumps(value: Any) -> str:
    """Return JSON with other alphabets as they are."""
    return json.dumps(value, ensure_ascii=False)


def arguments_unreadable(of: Trace, pick: Pick) -> Mutant:
    """Cut the arguments off, so that they are no JSON."""
    at = pick(asked_at(of))
    one = call_at(of, at)
    raw = one.raw_arguments[:-1]
    changed = with_call(of, at, arguments=None, raw_arguments=raw)
    return Mutant(changed, ((told("arguments", Places(at, at), one.name, one.raw_arguments, raw),),))


def arguments_spaced(of: Trace, pick: Pick) -> Mutant:
    """Write the same arguments with other blanks."""
    at = pick(asked_at(of))
    one = call_at(of, at)
    raw = f" {one.raw_arguments}"
    changed = with_call(of, at, raw_arguments=raw)
    return Mutant(changed, ((told("arguments", Places(at, at), one.name, one.raw_arguments, raw),),))


def of_call(kind: ChangeKind, field: str, value: str | None) -> Mutation:
    """Return the mutation that changes one thing that became of a call."""

    def mutation(of: Trace, pick: Pick) -> Mutant:
        at = pick(asked_at(of, lambda one: getattr(one, field) != value))
        one = call_at(of, at)
        changed = with_call(of, at, **{field: value})
        return Mutant(changed, ((told(kind, Places(at, at), one.name, getattr(one, field), value),),))

    return mutation


def answer_flipped(of: Trace, pick: Pick) -> Mutant:
    """Answer the other way, so that calls run that were denied, or are denied that ran."""
    at, which = pick([(at, which) for at, one in enumerate(of.turns) for which in range(len(one.checkpoints))])
    points = list(of.turns[at].checkpoints)
    point = points[which]
    flipped = "confirmed" if point.answer == "denied" else "denied"
    outcome = "executed" if flipped == "confirmed" else "denied"
    points[which] = point.model_copy(update={"answer": flipped})
    changed = with_turn(of, at, checkpoints=tuple(points))
    number = point.round - 1
    expected = [told("checkpoints", Places((at, number), (at, number)), "answer", point.answer, flipped)]
    for waiting in point.pending:
        spot = (at, number, waiting.call - 1)
        one = call_at(of, spot)
        changed = with_call(changed, spot, decision=flipped, outcome=outcome, result="flipped")
        expected += [
            told("decisions", Places(spot, spot), one.name, one.decision, flipped),
            told("outcomes", Places(spot, spot), one.name, one.outcome, outcome),
            told("results", Places(spot, spot), one.name, one.result, "flipped"),
        ]
    return Mutant(changed, (tuple(expected),))


def pending_added(of: Trace, pick: Pick) -> Mutant:
    """Hold one more call of a round."""
    at, which, place = pick(
        [
            (at, which, place)
            for at, one in enumerate(of.turns)
            for which, point in enumerate(one.checkpoints)
            for place in range(len(one.rounds[point.round - 1].calls))
            if place not in held(one, point.round - 1)
        ]
    )
    points = list(of.turns[at].checkpoints)
    number = points[which].round - 1
    name = call_at(of, (at, number, place)).name
    pending = sorted([*points[which].pending, Pending(call=place + 1, name=name)], key=lambda one: one.call)
    points[which] = points[which].model_copy(update={"pending": tuple(pending)})
    return Mutant(
        with_turn(of, at, checkpoints=tuple(points)),
        ((told("checkpoints", Places(None, (at, number, place)), name, None, "pending"),),),
    )


def pending_removed(of: Trace, pick: Pick) -> Mutant:
    """Hold one call less of several."""
    at, which = pick(
        [
            (at, which)
            for at, one in enumerate(of.turns)
            for which, point in enumerate(one.checkpoints)
            if len(point.pending) > 1
        ]
    )
    points = list(of.turns[at].checkpoints)
    *kept, gone = points[which].pending
    spot = (at, points[which].round - 1, gone.call - 1)
    points[which] = points[which].model_copy(update={"pending": tuple(kept)})
    return Mutant(
        with_turn(of, at, checkpoints=tuple(points)),
        ((told("checkpoints", Places(spot, None), gone.name, "pending", None),),),
    )


def checkpoint_removed(of: Trace, pick: Pick) -> Mutant:
    """Ask nobody."""
    at, which = pick([(at, which) for at, one in enumerate(of.turns) for which in range(len(one.checkpoints))])
    points = list(of.turns[at].checkpoints)
    gone = points.pop(which)
    shown = f"{', '.join(one.name for one in gone.pending)}: {gone.answer}"
    return Mutant(
        with_turn(of, at, checkpoints=tuple(points)),
        ((told("checkpoints", Places((at, gone.round - 1), None), "checkpoint", shown, None),),),
    )


def checkpoint_added(of: Trace, pick: Pick) -> Mutant:
    """Ask about a call that nobody was asked about, and get no answer."""
    at, number, place = pick([spot for spot in asked_at(of) if not held(of.turns[spot[0]], spot[1])])
    name = call_at(of, (at, number, place)).name
    came = Checkpoint(round=number + 1, pending=(Pending(call=place + 1, name=name),), answer=None)
    points = sorted([*of.turns[at].checkpoints, came], key=lambda point: point.round)
    return Mutant(
        with_turn(of, at, checkpoints=tuple(points)),
        ((told("checkpoints", Places(None, (at, number)), "checkpoint", None, f"{name}: unanswered"),),),
    )


def round_added(where: Callable[[int], int]) -> Mutation:
    """Return the mutation that adds a round at a place of the turn."""

    def mutation(of: Trace, pick: Pick) -> Mutant:
        at = pick(range(len(of.turns)))
        edited = slots(of, at)
        number = where(len(edited))
        edited.insert(number, Slot(None, ADDED, [Asked(None, one) for one in ADDED.calls]))
        shown = 'calendar_list({"month": "new"})'
        return Mutant(
            rebuilt(of, at, edited), ((told("rounds", Places(None, (at, number)), "round", None, f'"New.", {shown}'),),)
        )

    return mutation


def shown(round_: Round) -> str:
    """Return a round as changes show it."""
    text = [] if round_.text is None else [dumps(round_.text)]
    parts = ", ".join([*text, *map(described, round_.calls)])
    return f"notice {parts}" if round_.kind == "notice" else parts


def round_removed(of: Trace, pick: Pick) -> Mutant:
    """Leave out a round, with all that is about it."""
    at, number = pick([(at, number) for at, number in places(of) if len(of.turns[at].rounds) > 1])
    edited = slots(of, at)
    gone = edited.pop(number).round
    return Mutant(rebuilt(of, at, edited), ((told("rounds", Places((at, number), None), "round", shown(gone), None),),))


def rounds_swapped(of: Trace, pick: Pick) -> Mutant:
    """Swap two rounds beside each other; one of them has moved."""
    at, number = pick(
        [
            (at, number)
            for at, number in places(of)
            if number
            and (one := of.turns[at].rounds[number]).calls
            and (other := of.turns[at].rounds[number - 1]).calls
            and len({(one.name, one.raw_arguments) for one in (*one.calls, *other.calls)})
            == len(one.calls) + len(other.calls)
        ]
    )
    edited = slots(of, at)
    edited[number - 1], edited[number] = edited[number], edited[number - 1]
    early, late = edited[number - 1].round, edited[number].round
    return Mutant(
        rebuilt(of, at, edited),
        (
            (told("rounds", Places((at, number), (at, number - 1)), "round", shown(early), shown(early)),),
            (told("rounds", Places((at, number - 1), (at, number)), "round", shown(late), shown(late)),),
        ),
    )


def text_changed(of: Trace, pick: Pick) -> Mutant:
    """Say something else in a round that is not the last."""
    at, number = pick(places(of, lambda turn, round_: round_ is not turn.rounds[-1]))
    before = of.turns[at].rounds[number].text
    changed = with_round(of, (at, number), text="Otherwise.")
    return Mutant(changed, ((told("texts", Places((at, number), (at, number)), "text", before, "Otherwise."),),))


def kind_changed(of: Trace, pick: Pick) -> Mutant:
    """Take a notice for a round that acts, or the other way round."""
    at, number = pick(places(of))
    before = of.turns[at].rounds[number].kind
    after = "notice" if before == "act" else "act"
    changed = with_round(of, (at, number), kind=after)
    return Mutant(changed, ((told("rounds", Places((at, number), (at, number)), "kind", before, after),),))


def finish_reason_changed(of: Trace, pick: Pick) -> Mutant:
    """End a round for another reason."""
    at, number = pick(places(of))
    before = of.turns[at].rounds[number].finish_reason
    changed = with_round(of, (at, number), finish_reason="length")
    return Mutant(changed, ((told("stop", Places((at, number), (at, number)), "finish_reason", before, "length"),),))


def tokens_changed(of: Trace, pick: Pick) -> Mutant:
    """Count other tokens in a round."""
    at, number = pick(places(of))
    before = of.turns[at].rounds[number].usage
    assert before
    changed = with_round(of, (at, number), usage=Usage(prompt_tokens=9, completion_tokens=99))
    one = f'{{"prompt_tokens": {before.prompt_tokens}, "completion_tokens": {before.completion_tokens}}}'
    other = '{"prompt_tokens": 9, "completion_tokens": 99}'
    return Mutant(changed, ((told("tokens", Places((at, number), (at, number)), "usage", one, other),),))


def tokens_gone(of: Trace, pick: Pick) -> Mutant:
    """Count no tokens in a round."""
    at, number = pick(places(of))
    before = of.turns[at].rounds[number].usage
    assert before
    one = f'{{"prompt_tokens": {before.prompt_tokens}, "completion_tokens": {before.completion_tokens}}}'
    changed = with_round(of, (at, number), usage=None)
    return Mutant(changed, ((told("tokens", Places((at, number), (at, number)), "usage", one, None),),))


def answer_changed(of: Trace, pick: Pick) -> Mutant:
    """End with another text, which is that of the last round as well."""
    at = pick([at for at, one in enumerate(of.turns) if one.response == one.rounds[-1].text])
    one = of.turns[at]
    changed = with_turn(with_round(of, (at, len(one.rounds) - 1), text="Else."), at, response="Else.")
    return Mutant(changed, ((told("texts", Places((at,), (at,)), "response", one.response, "Else."),),))


def response_changed(of: Trace, pick: Pick) -> Mutant:
    """Give the user another text than that of the last round."""
    at = pick(range(len(of.turns)))
    changed = with_turn(of, at, response="Else.")
    return Mutant(changed, ((told("texts", Places((at,), (at,)), "response", of.turns[at].response, "Else."),),))


def stop_changed(of: Trace, pick: Pick) -> Mutant:
    """End a turn for another reason."""
    at = pick(range(len(of.turns)))
    changed = with_turn(of, at, stop="max_rounds")
    return Mutant(changed, ((told("stop", Places((at,), (at,)), "stop", "final", "max_rounds"),),))


def user_changed(of: Trace, pick: Pick) -> Mutant:
    """Ask for something else."""
    at = pick(range(len(of.turns)))
    changed = with_turn(of, at, user="Stop.")
    return Mutant(changed, ((told("user", Places((at,), (at,)), "user", of.turns[at].user, "Stop."),),))


def tool_offered(of: Trace, pick: Pick) -> Mutant:
    """Offer one tool more."""
    at = pick(range(len(of.turns)))
    changed = with_turn(of, at, offered=("shell_exec", *of.turns[at].offered))
    return Mutant(changed, ((told("offered", Places(None, (at,)), "shell_exec", None, "shell_exec"),),))


def tool_withdrawn(of: Trace, pick: Pick) -> Mutant:
    """Offer one tool less."""
    at = pick(range(len(of.turns)))
    gone, *rest = of.turns[at].offered
    return Mutant(with_turn(of, at, offered=tuple(rest)), ((told("offered", Places((at,), None), gone, gone, None),),))


def tools_reordered(of: Trace, pick: Pick) -> Mutant:
    """Offer the same tools the other way round."""
    at = pick(range(len(of.turns)))
    tools = of.turns[at].offered
    changed = with_turn(of, at, offered=tools[::-1])
    return Mutant(changed, ((told("offered", Places((at,), (at,)), "order", dumps(tools), dumps(tools[::-1])),),))


def turn_removed(of: Trace, pick: Pick) -> Mutant:
    """Leave out a turn."""
    at = pick(range(len(of.turns)) if len(of.turns) > 1 else [])
    turns = list(of.turns)
    gone = turns.pop(at)
    anomalies = [
        odd.model_copy(update={"turn": odd.turn - (odd.turn > at)}) for odd in of.anomalies if odd.turn != at + 1
    ]
    changed = with_turns(of, turns).model_copy(update={"anomalies": tuple(anomalies)})
    return Mutant(changed, ((told("user", Places((at,), None), "turn", gone.user, None),),))


def turn_added(of: Trace, pick: Pick) -> Mutant:
    """Say something in addition."""
    at = pick(range(len(of.turns) + 1))
    turns = list(of.turns)
    turns.insert(at, turn(ADDED, user="And now?"))
    anomalies = [odd.model_copy(update={"turn": odd.turn + (odd.turn > at)}) for odd in of.anomalies]
    changed = with_turns(of, turns).model_copy(update={"anomalies": tuple(anomalies)})
    return Mutant(changed, ((told("user", Places(None, (at,)), "turn", None, "And now?"),),))


def error_added(of: Trace, pick: Pick) -> Mutant:
    """End the case with an error."""
    failure = Failure(kind="model", message="HTTP 500")
    changed = of.model_copy(update={"error": failure, "stop": "error"})
    return Mutant(changed, ((told("error", Places(None, None), "error", None, "model: HTTP 500"),),))


def anomaly_added(of: Trace, pick: Pick) -> Mutant:
    """Note something about a round."""
    at, number = pick(places(of))
    odd = Anomaly(kind="dropped_calls", turn=at + 1, round=number + 1, call=None, detail="dropped")
    anomalies = sorted([*of.anomalies, odd], key=lambda one: (one.turn, one.round, one.kind))
    changed = of.model_copy(update={"anomalies": tuple(anomalies)})
    return Mutant(changed, ((told("anomalies", Places(None, (at, number)), "dropped_calls", None, "dropped"),),))


def anomaly_of_call_added(of: Trace, pick: Pick) -> Mutant:
    """Note something about a call."""
    at, number, place = pick(asked_at(of))
    odd = Anomaly(kind="unreadable_arguments", turn=at + 1, round=number + 1, call=place + 1, detail="odd")
    changed = of.model_copy(update={"anomalies": (*of.anomalies, odd)})
    return Mutant(
        changed, ((told("anomalies", Places(None, (at, number, place)), "unreadable_arguments", None, "odd"),),)
    )


def anomaly_removed(of: Trace, pick: Pick) -> Mutant:
    """Note something no longer."""
    which = pick(range(len(of.anomalies)))
    odd = of.anomalies[which]
    changed = of.model_copy(update={"anomalies": (*of.anomalies[:which], *of.anomalies[which + 1 :])})
    return Mutant(
        changed, ((told("anomalies", Places((odd.turn - 1, odd.round - 1), None), odd.kind, odd.detail, None),),)
    )


def file(path: str, text: str | None, before: str | None, after: str | None) -> Mutation:
    """Return the mutation that leaves another text, or none, in a file."""

    def mutation(of: Trace, pick: Pick) -> Mutant:
        at = pick([at for at, one in enumerate(of.turns) if one.workspace])
        files = of.turns[at].workspace or {}
        earlier = dumps(files[path]) if before == "its text" else before
        changed = with_turn(of, at, workspace={**files, path: text})
        return Mutant(changed, ((told("workspace", Places((at,), (at,)), path, earlier, after),),))

    return mutation


def file_left_alone(of: Trace, pick: Pick) -> Mutant:
    """Do not change a file."""
    at = pick([at for at, one in enumerate(of.turns) if one.workspace])
    files = dict(of.turns[at].workspace or {})
    gone = files.pop("a.txt")
    return Mutant(
        with_turn(of, at, workspace=files), ((told("workspace", Places((at,), (at,)), "a.txt", dumps(gone), None),),)
    )


def state(edit: dict[str, Any], path: str, before: str | None, after: str) -> Mutation:
    """Return the mutation that leaves another state."""

    def mutation(of: Trace, pick: Pick) -> Mutant:
        at = pick([at for at, one in enumerate(of.turns) if one.state])
        changed = with_turn(of, at, state={**(of.turns[at].state or {}), **edit})
        return Mutant(changed, ((told("state", Places((at,), (at,)), path, before, after),),))

    return mutation


MUTATIONS: dict[str, Mutation] = {
    "call dropped": call_dropped,
    "call added": call_added,
    "call duplicated": call_duplicated,
    "call renamed": call_renamed,
    "calls swapped": calls_swapped,
    "call moved to the next round": call_moved_on,
    "argument changed": argument(argument_changed),
    "argument added": argument(argument_added),
    "argument removed": argument(argument_removed),
    "argument changed within a mapping": argument(lambda given: nested(given, argument_changed)),
    "argument added within a mapping": argument(lambda given: nested(given, argument_added)),
    "argument removed within a mapping": argument(lambda given: nested(given, argument_removed)),
    "item of a list changed": argument(item_changed),
    "item of a list added": argument(item_added),
    "1 made a text": argument(lambda given: number_retyped(given, str)),
    "1 made true": argument(lambda given: number_retyped(given, bool)),
    "1 made 1.0": argument(lambda given: number_retyped(given, float)),
    "arguments unreadable": arguments_unreadable,
    "arguments spaced": arguments_spaced,
    "decision changed": of_call("decisions", "decision", "unanswered"),
    "outcome changed": of_call("outcomes", "outcome", "failed"),
    "result changed": of_call("results", "result", "other"),
    "result gone": of_call("results", "result", None),
    "answer flipped": answer_flipped,
    "pending call added": pending_added,
    "pending call removed": pending_removed,
    "checkpoint removed": checkpoint_removed,
    "checkpoint added": checkpoint_added,
    "round added at the start": round_added(lambda _: 0),
    "round added in the middle": round_added(lambda rounds: rounds // 2),
    "round added at the end": round_added(lambda rounds: rounds),
    "round removed": round_removed,
    "rounds swapped": rounds_swapped,
    "text changed": text_changed,
    "kind changed": kind_changed,
    "finish reason changed": finish_reason_changed,
    "tokens changed": tokens_changed,
    "tokens gone": tokens_gone,
    "final text changed": answer_changed,
    "response changed": response_changed,
    "stop changed": stop_changed,
    "user's message changed": user_changed,
    "tool offered": tool_offered,
    "tool withdrawn": tool_withdrawn,
    "tools reordered": tools_reordered,
    "turn removed": turn_removed,
    "turn added": turn_added,
    "error added": error_added,
    "anomaly added": anomaly_added,
    "anomaly of a call added": anomaly_of_call_added,
    "anomaly removed": anomaly_removed,
    "file changed": file("a.txt", "other", "its text", '"other"'),
    "file added": file("new.txt", "new", None, '"new"'),
    "file gone": file("a.txt", None, "its text", "null"),
    "file back": file("b.txt", "back", "null", '"back"'),
    "file left alone": file_left_alone,
    "state changed": state({"booked": [{"day": "Tue"}]}, "booked[0].day", '"Mon"', '"Tue"'),
    "state added": state({"new": True}, "new", None, "true"),
}
"""The kinds of changes."""
