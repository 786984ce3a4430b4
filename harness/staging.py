"""Scenarios made of records, played in a folder of their own; only what replays exactly is kept."""

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness import cassette, guard, recording
from harness.case import Case
from harness.credentials import credentials
from harness.deviation import deviations
from harness.dialogue import Dialogue
from harness.errors import InputError
from harness.folders import case_of, cassette_files
from harness.incident import Incident, Seen, seen_in
from harness.outcome import Outcome
from harness.pieces import Pieces, referred
from harness.planning import plan_all, settle
from harness.project import Conf
from harness.root import Root
from harness.runner import run_case, run_fed
from harness.scanning import found, refusal
from harness.scenario import Scenario
from harness.schemas import modeline
from harness.selection import load
from harness.source import shown
from harness.turns import Stretch
from harness.yamltext import indented_yaml


@dataclass
class Item:
    """A stretch of a recorded conversation on its way to a scenario."""

    dialogue: Dialogue
    stretch: Stretch
    prompt: str
    file: str
    """What the file is called that it comes from, in small letters."""
    digest: str
    """The digest of the file."""
    id: str = ""
    """The scenario's."""
    made: Incident | None = None
    under: Mapping[str, str] = field(default_factory=dict)
    """The settings that the scenario chooses."""
    differences: tuple[str, ...] = ()
    """How the loop's requests differ from the recorded ones."""
    why: str = ""
    """Why it is not imported, where it is not."""

    place: str = ""
    """Where it stands, without the folder."""


@dataclass(frozen=True)
class Stage:
    """A folder in which scenarios are played before they become the project's."""

    folder: Path
    settings: Mapping[str, str]
    """The texts of new settings files, by where they stand below `conf/`."""

    def play(self, items: Sequence[Item], own: Path | None, note: Callable[[str], None]) -> None:
        """Write scenarios, play them with what was recorded, and say of each that cannot be imported why.

        `own` is the project's `conf/`, `note` is told of each case that was played.

        Raises:
            InputError: settings cannot be composed.
        """
        if own is not None and own.is_dir():
            shutil.copytree(own, self.folder / "conf")
        for name, text in self.settings.items():
            path = self.folder / "conf" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8"))
        scenarios = list(self._written(items))
        clean = {one.id: one for one in items if not one.why}
        settled = settle(Conf(self.folder / "conf"), scenarios, ())
        playing: list[tuple[Item, Case]] = []
        for scenario in scenarios:
            try:
                playing += [(clean[scenario.id], case) for case in plan_all([scenario], settled)]
            except InputError as error:
                clean[scenario.id].why = self._said(error)
        asyncio.run(_played(playing, self.folder / "cassettes", note))

    def _written(self, items: Sequence[Item]) -> Iterator[Scenario]:
        """Write the scenarios that hold no secret, and load them as a run would."""
        secrets = credentials(os.environ)
        bad_settings = ((name, found(text, secrets)) for name, text in self.settings.items())
        leaks = {name: refusal(f"conf/{name}", bad) for name, bad in bad_settings if bad}
        folder = self.folder / "scenarios"
        for one in items:
            text = _text(one)
            if bad := found(text, secrets):
                one.why = refusal(f"scenarios/{one.id}.yaml", bad)
            files = [f"{group}/{choice}.yaml" for group, choice in one.under.items()]
            one.why = one.why or next((leaks[name] for name in files if name in leaks), "")
            if not one.why:
                path = folder / f"{one.id}.yaml"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode("utf-8"))
                try:
                    yield load(path, folder)
                except InputError as error:
                    one.why = self._said(error)

    def _said(self, error: InputError) -> str:
        """Return what is wrong in a scenario of this folder, which nobody will see."""
        return "; ".join(problem.replace(f"{shown(self.folder)}/", "") for problem in error.problems)

    def collected(self, root: Root, done: Sequence[Item]) -> dict[Path, str]:
        """Return the texts of all files that these items need, by where they go in the project."""
        needed = {f"{group}/{choice}.yaml" for one in done for group, choice in one.under.items()}
        files = {root.path / "conf" / name: text for name, text in self.settings.items() if name in needed}
        for one in done:
            files[root.scenarios / f"{one.id}.yaml"] = _read(self.folder / "scenarios" / f"{one.id}.yaml")
        ids = {one.id for one in done}
        ours = self.folder / "cassettes"
        pieces = Pieces(ours)
        for path in cassette_files(ours):
            if case_of(path, ours).partition("@")[0] in ids:
                text = _read(path)
                files[root.cassettes / path.relative_to(ours)] = text
                for name in referred(text):
                    piece = root.cassettes / pieces.path(name).relative_to(ours)
                    if not piece.exists():
                        files[piece] = _read(pieces.path(name))
        return files


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _text(one: Item) -> str:
    """Return the text of a scenario's file."""
    if one.made is None:
        raise RuntimeError("a text is of a scenario that was made")
    head = [modeline(f"scenarios/{one.id}.yaml").rstrip(), f"# Imported from {one.place} ({one.digest})"]
    data = dict(one.made.data)
    first = {"title": data.pop("title"), "tags": data.pop("tags"), "under": dict(one.under)}
    return "\n".join([*head, indented_yaml({**first, **data}, 1)])


async def _played(playing: Sequence[tuple[Item, Case]], folder: Path, note: Callable[[str], None]) -> None:
    """Play each case with the replies of its record, then as it will be replayed, and note what is not exact."""
    clients = dict.fromkeys(name for _, case in playing for name in case.settings.loop.transports)
    pieces = Pieces(folder)
    with guard.closed(), cassette.installed(clients):
        for one, case in playing:
            if one.made is None:
                continue
            outcome = await run_fed(case, folder, one.made.replies, pieces)
            again = await run_case(case, folder) if outcome.saved else outcome
            one.why = _inexact(one.made, outcome, again)
            if not one.why:
                _told(one, case.cassette(folder), pieces)
            note(case.id)


def _inexact(made: Incident, outcome: Outcome, again: Outcome) -> str:
    """Return what does not come out as it was recorded, or nothing."""
    if outcome.trace.error is not None:
        return outcome.trace.error.message
    seen = seen_in(outcome.trace)
    for number, (was, now) in enumerate(zip(made.seen, seen, strict=False), 1):
        if parted := _parted(was, now):
            return f"replayed, turn {number} {parted}"
    if len(seen) != len(made.seen):
        return f"replayed, it ends in turn {len(seen)} of {len(made.seen)}"
    if not again.replays or again.trace != outcome.trace:
        return "it does not replay as it was played"
    return ""


def _parted(was: Seen, now: Seen) -> str:
    """Return what of a turn does not come out as it was recorded, or nothing."""
    if was.calls != now.calls:
        return f"makes other calls: {len(now.calls)} in place of {len(was.calls)}"
    if was.rounds != now.rounds:
        return f"takes {now.rounds} rounds in place of {was.rounds}"
    return "ends with another text" if was.response not in (None, now.response) else ""


def _told(one: Item, path: Path, pieces: Pieces) -> None:
    """Say in the head of a cassette what it was imported from, and how its requests differ from the recorded ones."""
    if one.made is None:
        return
    kept = recording.load(path, pieces)
    requests = [json.loads(exchange.request.body) for exchange in kept.exchanges]
    one.differences = tuple(deviations(one.dialogue, one.made, requests))
    said = {key: value for key, value in kept.metadata.items() if key != "recorded"}
    said |= {"imported": one.place, "original": one.digest}
    said |= {"differences": list(one.differences)} if one.differences else {}
    path.unlink()
    recording.save(path, recording.text_of(kept.exchanges, said, pieces), pieces)
