"""A new scenario, drafted for the project that it is in."""

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from harness.composition import compose
from harness.errors import InputError
from harness.files import escaped, write_whole
from harness.folders import SCRIPT_ENDING
from harness.root import Root
from harness.sampling import Unguessable, sample
from harness.schemas import bring_up_to_date, modeline
from harness.settings import Settings
from harness.source import shown
from harness.tools import permitted
from harness.yamltext import Dumper

_STEP = re.compile(r"[A-Za-z0-9_-]+")
_PROSE = 42
"""The column at which comments begin behind what they are about."""
_FILE = "note.txt"


class _Example(NamedTuple):
    """The call that a draft expects: a tool of the project, its arguments, and the file that it reads."""

    tool: str
    arguments: dict[str, Any]
    confirm: bool
    file: str | None


def draft(root: Root, name: str, today: date) -> str:
    """Write a new scenario and, where the default model is scripted, its script; return what to do next.

    The schemas of the project are brought up to date, since the first line of the scenario leads to one.

    Raises:
        InputError: the name cannot be one, something stands in the way, or the project's settings are wrong.
    """
    if wrong := list(_misnamed(name, root.scenarios)):
        raise InputError(f"'{name}' cannot name a scenario: {wrong[0]}")
    settings = compose(root.conf)[0].settings
    texts = {root.scenarios / f"{name}.yaml": modeline(f"scenarios/{name}.yaml") + _scenario(settings, today)}
    if settings.model.type == "scripted":
        script = f"{name}{SCRIPT_ENDING}"
        texts[root.scenarios / script] = modeline(f"scenarios/{script}") + _script(_example(settings))
    if obstacles := [*_obstacles(root.scenarios, name), *(path for path in texts if os.path.lexists(path))]:
        raise InputError(*(f"{shown(path)}: is there already; choose another name" for path in obstacles))
    _write(texts)
    schemas = [line.partition(": ")[0] for line in bring_up_to_date(root.path).splitlines() if line.endswith("written")]
    where = (
        "" if root.path.resolve() in (here := Path.cwd(), *here.parents) else f" --root {shlex.quote(shown(root.path))}"
    )
    return "\n".join(
        [
            *(shown(path) for path in texts),
            *schemas,
            "",
            "say in it what the user asks and what must come out, then type:",
            f"  harness record {name}{where}",
        ]
    )


def _misnamed(name: str, scenarios: Path) -> Iterator[str]:
    """Yield why a name cannot be that of a scenario."""
    steps = name.split("/")
    if name.startswith(("scenarios/", "./")) or name.endswith((".yaml", ".yml")):
        plain = re.sub(r"^(\./)?(scenarios/)?|\.ya?ml$", "", name)
        yield f"it is called by its area and name alone, without folder and ending: {plain}"
    if name.startswith("/"):
        yield "it is no path of this machine, but AREA/NAME below scenarios/"
    if len(steps) < 2:
        yield f"it stands in an area, such as talk/{name}" if _STEP.fullmatch(name) else "write AREA/NAME"
    for step in steps:
        if not _STEP.fullmatch(step):
            yield f"each part between '/' is made of letters, digits, '_' and '-', and '{step}' is not"
        elif escaped(step) != step:
            yield f"some file systems take no file or folder '{step}'"
    folder = scenarios
    for step in steps:
        there = {path.name.removesuffix(".yaml") for path in folder.iterdir()} if folder.is_dir() else set()
        for other in sorted(there - {step}):
            if other.casefold() == step.casefold():
                yield f"'{other}' is there already, which some file systems take for '{step}'"
        folder /= step


def _obstacles(scenarios: Path, name: str) -> Iterator[Path]:
    """Yield what stands where an area of the name shall be a folder."""
    for above in reversed((scenarios / name).parents):
        if above.is_relative_to(scenarios) and os.path.lexists(above) and not above.is_dir():
            yield above


def _write(texts: dict[Path, str]) -> None:
    written: list[Path] = []
    for path, text in texts.items():
        try:
            write_whole(path, text)
        except OSError as error:
            for done in written:
                done.unlink(missing_ok=True)
            raise InputError(f"{shown(path)}: cannot be written: {error.strerror}; nothing is written") from None
        written.append(path)


def _example(settings: Settings) -> _Example | None:
    """Return a call that the draft can expect: of a tool that reads a file, if there is one, without a question."""
    tools = {name: settings.catalogue.tools[name] for name in _offered(settings)}

    def rank(name: str) -> tuple[bool, bool]:
        work = tools[name].workspace
        return tools[name].confirm, not (work and work.does == "read")

    for name in sorted(tools, key=rank):
        work = tools[name].workspace
        known = {work.path: _FILE} if work and work.does == "read" else {}
        try:
            arguments = sample(tools[name].parameters, known)
        except Unguessable:
            continue
        file = f"{work.folder}/{_FILE}".removeprefix("/") if work and known else None
        return _Example(name, {**known, **arguments}, tools[name].confirm, file)
    return None


def _access(settings: Settings) -> str:
    levels = settings.catalogue.levels
    return "user" if "user" in levels else levels[-1]


def _offered(settings: Settings) -> list[str]:
    return permitted(settings.catalogue, _access(settings), settings.allow)


def _scenario(settings: Settings, today: date) -> str:
    example = _example(settings)
    tool = example.tool if example else None
    offered = _offered(settings)
    others = [name for name in settings.catalogue.tools if name != tool]
    other = next((name for name in offered if name != tool), tool)
    asking = [name for name in offered if settings.catalogue.tools[name].confirm]
    access = _access(settings)
    file = example.file if example else None
    day = today + timedelta(days=30)
    lines = [
        *_said("title: Say in one plain sentence what this scenario shows."),
        *_maybe("tags: [smoke]", about="words by which it is selected: harness run -t smoke"),
        *_maybe(f"for: {{role: {_flow(settings.role.label)}}}", about="where it applies; elsewhere it is left out"),
        *(_maybe if access == "user" else _said)(
            f"as: {{access: {_flow(access)}}}", about="who the user is to the loop"
        ),
        *_maybe("now: 2026-03-01T09:00:00Z", about="the only clock that the model hears of"),
        *_maybe(
            "session:",
            "  - {role: user, content: Write here what the user said before.}",
            "  - {role: assistant, content: Write here what the model said to that.}",
            about="earlier messages",
        ),
        *(_said if file else _maybe)(
            "workspace:", f"  {_flow(file or _FILE)}: Write here what the file holds.", about="files, in memory only"
        ),
    ]
    if tool and not file:
        lines += _said("tools:", f"  {_flow(tool)}: Write here what the tool returns.", about="what tools return")
    elif other:
        lines += _maybe("tools:", f"  {_flow(other)}: Write here what the tool returns.", about="what tools return")
    lines += _said("turns:", "  - user: Write here what the user asks.")
    if example and example.confirm:
        lines += _said("    answers:", f"      - confirm: [{_flow(tool)}]", about="what the user says to each question")
    elif asking:
        lines += _maybe(
            "answers:", f"  - deny: [{_flow(asking[0])}]", about="what the user says to each question", at=4
        )
    expect = [f"          - {_flow(tool)}: {_flow(example.arguments)}"] if example else []
    calls = ["      calls:", "        in_order:", *expect] if example else ["      calls: {exact: []}"]
    lines += [
        *_said("    expect:", *calls, about="what must come out of the turn"),
        *_maybe("rounds: {at_most: 4}", about="calls of the model", at=6),
        *_maybe("response: {contains: a word of the answer}", about="what the user gets", at=6),
    ]
    whole = [f"  never: [{_flow(others[-1])}]"] if others else ["  turns: 1"]
    lines += _maybe("expect:", *whole, about="what must come out of all turns")
    if tool:
        lines += _maybe(f"reference: [{_flow(tool)}]", about="a good way, which is scored and not required")
    lines += _maybe(f"known: {{reason: Write here why it fails., until: {day}}}", about="a failure that is known")
    return "\n".join(lines) + "\n"


def _script(example: _Example | None) -> str:
    answer = "Write here what the model answers."
    lines = _said("any:", about="what scripted models reply; real ones need no such file")
    if example is None:
        return "\n".join([*lines, f"  - text: {answer}", ""])
    lines += [f"  - - calls: [{{{_flow(example.tool)}: {_flow(example.arguments)}}}]"]
    if example.confirm:
        lines += ["    - notice: Write here how the model asks the user."]
        lines += [f"    - confirmed: [text: {answer}]", f"      denied: [text: {answer}]"]
    else:
        lines += [f"    - text: {answer}"]
    return "\n".join([*lines, ""])


def _said(*lines: str, about: str = "") -> list[str]:
    """Return lines, with a comment behind the first."""
    return [f"{lines[0]:<{_PROSE - 1}} # {about}" if about else lines[0], *lines[1:]]


def _maybe(*lines: str, about: str, at: int = 0) -> list[str]:
    """Return lines as a comment that becomes a part of the scenario when `# ` is taken away."""
    commented: Sequence[str] = [f"{' ' * at}# {line}" for line in lines]
    return _said(*commented, about=about)


def _flow(value: Any) -> str:
    text: str = yaml.dump(
        value, Dumper=Dumper, default_flow_style=True, width=10_000, allow_unicode=True, sort_keys=False
    )
    return text.removesuffix("\n").removesuffix("\n...")
