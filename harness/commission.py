"""What an invocation sets out to do: its shard of what is planned, or what a run that goes on was begun with."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from harness import inputs, misses
from harness.agenda import Agenda
from harness.case import Case
from harness.credentials import credentials
from harness.errors import InputError
from harness.invocation import Invocation
from harness.recording import counted
from harness.root import Root
from harness.scanning import found
from harness.sharding import Shard, loads, shares
from harness.sweep import key_of

_HIDDEN = "=***"


def agenda_of(asked: Invocation, root: Root, planned: Sequence[Case], day: date) -> Agenda:
    """Return what a run of these planned cases sets out to do, with digests of what its own cases read."""
    part = None if asked.shard is None else _part(asked.shard, root, planned)
    own = planned if part is None else [planned[place] for place in part]
    return Agenda(
        words=storable(asked.words),
        tags=tuple(asked.tags),
        skip_missing=asked.skip_missing,
        baseline=asked.baseline,
        update_baseline=asked.update_baseline,
        day=day,
        full=not (asked.named or asked.tags),
        repeats=max(case.settings.repeats for case in planned),
        shard=asked.shard,
        cases=tuple(case.id for case in planned),
        part=part,
        files=inputs.files(own, root.path, root.cassettes),
        modules=inputs.modules(own, root.path),
        settings=inputs.settings(root.path / "conf"),
    )


def recording_of(asked: Invocation, planned: Sequence[Case], day: date) -> Agenda:
    """Return what a recording of these cases sets out to do; it goes on by itself, and needs no digests."""
    ids = tuple(case.id for case in planned)
    repeats = max(case.settings.repeats for case in planned)
    words, tags = storable(asked.words), tuple(asked.tags)
    return Agenda(command="record", words=words, tags=tags, day=day, full=False, repeats=repeats, cases=ids)


def as_begun(asked: Invocation, agenda: Agenda) -> Invocation:
    """Return what was asked for when a run began, told as it is asked for now.

    Raises:
        InputError: something else is asked for now.
    """
    then = replace(
        asked,
        words=agenda.words,
        tags=agenda.tags,
        skip_missing=agenda.skip_missing,
        baseline=agenda.baseline,
        update_baseline=agenda.update_baseline,
        shard=agenda.shard,
    )
    both = zip(_chosen(asked), _chosen(Invocation(())), _chosen(then), strict=True)
    if any(now not in (usual, before) for now, usual, before in both):
        raise InputError(
            f"--continue {asked.continues}: goes on with what it was begun with: {typed(then)}; "
            "leave out scenarios, settings and all options but -j, --quiet and --format, or begin another run"
        )
    if asked.words or not any(word.endswith(_HIDDEN) for word in agenda.words):
        return replace(then, words=asked.words or agenda.words)
    raise InputError(
        f"--continue {asked.continues}: was begun with a secret, which is not stored: {typed(then)}; "
        "type these scenarios and settings behind it again"
    )


def storable(words: Sequence[str]) -> tuple[str, ...]:
    """Return words of the command line as they may be stored: a setting that holds a secret without its value."""
    return tuple(f"{word.partition('=')[0]}{_HIDDEN}" if _secret(word) else word for word in words)


def _secret(word: str) -> bool:
    key, value = key_of(word), word.partition("=")[2]
    if not f"{key}.".startswith("model."):
        return False
    told = key.startswith("model.headers") or (key == "model.api_url" and any(sign in value for sign in "@?#"))
    return told or bool(found(word, credentials(os.environ)))


def _chosen(asked: Invocation) -> tuple[object, ...]:
    """Return what decides which cases there are and what becomes of them."""
    words, tags = storable(asked.words), tuple(asked.tags)
    return words, tags, asked.skip_missing, asked.baseline, asked.update_baseline, asked.shard


def typed(asked: Invocation) -> str:
    """Return the command that asks for this, but for how it is told."""
    options = [
        *(["--missing", "skip"] if asked.skip_missing else []),
        *(["--baseline", asked.baseline] if asked.baseline is not None else []),
        *(["--update-baseline"] if asked.update_baseline else []),
        *(["--shard", str(asked.shard)] if asked.shard is not None else []),
    ]
    return misses.command("run", asked.words, asked.tags, asked.root, options)


def _part(shard: Shard, root: Root, planned: Sequence[Case]) -> tuple[int, ...]:
    """Return the places of the cases of a shard, which are balanced by what is recorded of each."""
    costs = loads({case.id: counted(case.cassette(root.cassettes)) for case in planned})
    own = shares(costs, shard.of)[shard.number - 1]
    return tuple(place for place, case in enumerate(planned) if case.id in own)
