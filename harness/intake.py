"""What other programs recorded, taken in as scenarios, cassettes and settings that replay it."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from harness.composition import compose
from harness.dialogue import Dialogue, Unread, redacted
from harness.errors import InputError, did_you_mean
from harness.files import write_all
from harness.finding import numbered
from harness.incident import NotAsked, incident
from harness.progress import Progress
from harness.provision import Need, Provision, faults, placed
from harness.records import KNOWN, UNKNOWN, read_records
from harness.redaction import Redaction
from harness.root import Root
from harness.schemas import bring_up_to_date
from harness.settings import GROUPS, Texts
from harness.source import shown
from harness.staging import Item, Stage
from harness.sweep import key_of
from harness.turns import cut

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LONGEST = 48
_AWAITING, _DENIED = "[AWAITING USER CONFIRMATION for {name}]", "Action denied by user."
"""What production's loop says, where the project's has no texts of its own."""


@dataclass(frozen=True)
class Asking:
    """What a person asks to be imported, and how."""

    paths: Sequence[Path]
    name: str | None = None
    """The area of the scenarios, and what their settings are called."""
    confirm: Sequence[str] = ()
    """Tools about which the user is asked."""
    redact: Sequence[str] = ()
    """What is replaced, `NAME=REGEX` each."""
    overrides: Sequence[str] = ()
    """Choices of settings that take the place of what the record shows."""


@dataclass(frozen=True)
class Taken:
    """What became of the records."""

    items: tuple[Item, ...]
    """The stretches that were imported."""
    left: tuple[str, ...]
    """What was not, each with its place and why."""
    apart: int
    """How many parts of the files are no conversations at all."""
    notes: tuple[str, ...]
    """What was left out of conversations that were imported."""
    written: tuple[Path, ...]
    replaced: Mapping[str, int]
    """How many texts were redacted, by the name of the rule."""

    @property
    def exit_code(self) -> int:
        """0 where all was imported, 1 where something was left."""
        return 1 if self.left else 0


def take_in(root: Root, asking: Asking, stream: TextIO) -> Taken:
    """Import what stands in files; what is written replays as it was recorded, and nothing is overwritten.

    On the `stream`, where it is a terminal, the scenarios are counted as they are played.

    Raises:
        InputError: a file cannot be read, an option cannot be used, something stands in the way, or nothing in the
            files can be imported; nothing is written then.
    """
    redaction = Redaction(asking.redact)
    given = _choices(asking.overrides)
    base = _base(asking)
    texts = _texts(root, given)
    taking = _Taking(redaction)
    taking.read(asking.paths, texts.awaiting if texts else _AWAITING)
    items = taking.items
    _name(items, asking.name)
    for one in items:
        try:
            asks = {*asking.confirm, *one.dialogue.confirm}
            one.made = incident(one.dialogue, one.stretch, asks, texts.denied if texts else _DENIED)
        except NotAsked as error:
            one.why = str(error)
    needs = _needs(items, asking.confirm)
    with TemporaryDirectory() as folder:
        provision = Provision(root.conf, base, given)
        playable = [one for one in items if not one.why]
        for one, under in zip(playable, provision.provide([needs[one.id] for one in playable]), strict=True):
            one.under = under
        stage = Stage(Path(folder), placed(provision.files))
        with Progress("playing", stream, os.environ, total=len(playable)) as progress:
            stage.play(playable, root.conf.own, progress.note)
        unplayed = (one for one in items if one.why)
        left = [*taking.left, *(f"{one.dialogue.place}: turn {one.stretch.first}: {one.why}" for one in unplayed)]
        done = tuple(one for one in items if not one.why)
        if not done:
            if any(line.endswith(UNKNOWN) for line in left):
                left.append(f"known are: {KNOWN}")
            raise InputError(*(left or [f"{shown(path)}:1:1: holds no conversation" for path in asking.paths]))
        files = stage.collected(root, done)
        _write(files)
        bring_up_to_date(root.path)
    return Taken(done, tuple(left), taking.apart, tuple(taking.notes()), tuple(files), redaction.replaced)


def _choices(overrides: Sequence[str]) -> dict[str, str]:
    """Return choices of groups.

    Raises:
        InputError: an override is none.
    """
    wrong = [text for text in overrides if key_of(text) not in GROUPS or not re.fullmatch(r"\w+=[\w.-]+", text)]
    if wrong:
        said = f"an import takes one choice of a group, such as persona=terse; groups: {', '.join(GROUPS)}"
        raise InputError(*(f"'{text}': {said}" for text in wrong))
    return {key_of(text): text.partition("=")[2] for text in overrides}


def _base(asking: Asking) -> str:
    """Return what settings are called.

    Raises:
        InputError: it cannot be a name.
    """
    if asking.name is None:
        return (_slug(asking.paths[0].name.partition(".")[0]) if len(asking.paths) == 1 else "") or "imported"
    if not _NAME.fullmatch(asking.name):
        raise InputError(f"--name {asking.name}: small letters, digits, '_' and '-', such as incident_7")
    return asking.name


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:_LONGEST].rstrip("_")


def _texts(root: Root, given: Mapping[str, str]) -> Texts | None:
    """Return what the loop says, by which waiting and denied calls are told."""
    return compose(root.conf, [f"loop={given['loop']}"] if "loop" in given else ())[0].settings.loop.texts


class _Taking:
    """What is read from files."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction
        self._notes: Counter[str] = Counter()
        self.items: list[Item] = []
        self.left: list[str] = []
        self.apart = 0

    def read(self, paths: Sequence[Path], placeholder: str) -> None:
        """Read files, and cut what stands in them into stretches of turns.

        Raises:
            InputError: a file cannot be read; all problems of all files.
        """
        wrong: list[str] = []
        read: list[tuple[Path, str, Dialogue | Unread]] = []
        for path in dict.fromkeys(paths):
            try:
                records = read_records(path, placeholder)
                digest = f"sha256:{sha256(path.read_bytes()).hexdigest()[:32]}"
                read += [(path, digest, one) for one in records]
            except InputError as error:
                wrong += error.problems
        if wrong:
            raise InputError(*wrong)
        for path, digest, one in read:
            self._take(path, digest, one)

    def notes(self) -> Iterator[str]:
        """Yield what was left out of conversations."""
        for note, number in self._notes.items():
            yield f"{note} ({numbered(number, 'conversation')})"

    def _take(self, path: Path, digest: str, one: Dialogue | Unread) -> None:
        if isinstance(one, Unread):
            self.apart += one.apart
            self.left += [] if one.apart else [f"{one.place}: {self._redaction.text(one.why)}"]
            return
        parted = cut(redacted(one, self._redaction))
        self.left += [f"{one.place}: {fault}" for fault in parted.faults]
        if parted.stretches:
            self._notes.update(dict.fromkeys([*one.notes, *parted.notes], 1))
        file = _slug(self._redaction.text(path.name.partition(".")[0])) or "imported"
        place = self._redaction.text(one.place.rpartition("/")[2])
        self.items += [
            Item(parted.dialogue, stretch, parted.prompt, file, digest, place=place) for stretch in parted.stretches
        ]


def _name(items: Sequence[Item], name: str | None) -> None:
    """Give each stretch the id of its scenario: by the record's own name, else by its number in its file.

    The area is called as the import or else as the file; what stands alone in its file is called as that.
    """
    files = {one.file for one in items}
    taken: set[str] = set()
    for file in dict.fromkeys(one.file for one in items):
        own = [one for one in items if one.file == file]
        dialogues = list({id(one.dialogue): one.dialogue for one in own}.values())
        width = len(str(len(dialogues)))
        names = {id(one): _slug(one.name) or f"{number:0{width}}" for number, one in enumerate(dialogues, 1)}
        before: Dialogue | None = None
        for one in own:
            called = names[id(one.dialogue)]
            if len(dialogues) == 1:
                plain = f"{name or 'imported'}/{file}"
            else:
                plain = f"{name}/{file}_{called}" if name and len(files) > 1 else f"{name or file}/{called}"
            plain += f"_from_turn_{one.stretch.first}" if one.dialogue is before else ""
            before = one.dialogue
            numbers = (plain if number == 1 else f"{plain}_{number}" for number in range(1, len(items) + 1))
            one.id = next(free for free in numbers if free not in taken)
            taken.add(one.id)


def _needs(items: Sequence[Item], confirm: Sequence[str]) -> dict[str, Need]:
    """Return what each item must run under, and say of those that no settings file can hold why.

    Raises:
        InputError: a tool to confirm is called nowhere.
    """
    needs = {one.id: _need(one, confirm) for one in items if one.made}
    for one in items:
        if one.id in needs:
            one.why = "; ".join(faults(needs[one.id]))
    known = {name for need in needs.values() for name in need.called} | {
        str(tool.get("function", {}).get("name")) for need in needs.values() for tool in need.tools or ()
    }
    if missing := [name for name in dict.fromkeys(confirm) if needs and name not in known]:
        raise InputError(
            *(f"--confirm {name}: the records have no such tool{did_you_mean(name, known)}" for name in missing)
        )
    return needs


def _need(one: Item, confirm: Sequence[str]) -> Need:
    made, dialogue = one.made, one.dialogue
    if made is None:
        raise RuntimeError("a need is of a scenario that was made")
    called = tuple(dict.fromkeys(name for seen in made.seen for name, _ in seen.calls))
    told = [*dialogue.user.get("confirm_allow", ()), *dialogue.user.get("confirm_deny", ())]
    named = {str(tool.get("function", {}).get("name")) for tool in dialogue.tools or ()}
    return Need(
        prompt=one.prompt,
        tools=dialogue.tools,
        called=tuple(dict.fromkeys([*called, *told])),
        asks=frozenset(name for name in (*confirm, *dialogue.confirm) if name in named | {*called}),
        model=dialogue.model,
        address=dialogue.address,
        request=next(iter(dialogue.requests.values()), {}),
        tolerant=made.tolerant,
        rounds=made.rounds,
        session=made.session,
    )


def _write(files: Mapping[Path, str]) -> None:
    """Write all files, or none.

    Raises:
        InputError: something stands in the way, or a file cannot be written.
    """
    if there := [path for path in files if os.path.lexists(path)]:
        raise InputError(
            *(f"{shown(path)}: is there already" for path in there),
            "nothing is written: choose another --name, or move away what is in the way",
        )
    try:
        write_all(files)
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be written: {error.strerror}; nothing is left") from None
