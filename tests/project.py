"""Small projects for tests, written into a folder, and commands as a shell reads them."""

import asyncio
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.pieces import Pieces
from harness.planning import plan_all, settle
from harness.project import Conf
from harness.recording import load
from harness.runner import run_many
from harness.selection import select
from harness.shelf import accept
from harness.trace import Trace

SCENARIO = """\
title: A denied delete leaves the file.
tags: [smoke]
for: {role: [chat, files]}
tools:
  file_read: Second draft.
turns:
  - user: Delete old.txt and read me b.txt.
    answers:
      - deny: [file_delete]
    expect:
      calls:
        in_order:
          - file_delete: {path: old.txt}
            decision: denied
          - file_read: {path: b.txt}
      rounds: 3
expect:
  never: [shell_exec]
"""

SCRIPT = """\
any:
  - - calls: [{file_delete: {path: old.txt}}, {file_read: {path: b.txt}}]
    - notice: Shall I?
    - denied: [text: I kept it.]
      confirmed: [text: It is gone.]
"""

HELLO = """\
title: The model says hello.
tags: [smoke, short]
turns:
  - user: Hello?
    expect: {response: {contains: Hello}}
"""

HELLO_SCRIPT = """\
any:
  - text: Hello!
"""


def write(root: Path, **files: str) -> Path:
    """Write files below a project's folder, `a__b` standing for `a/b` and `.yaml` being added; return the folder."""
    for name, text in files.items():
        path = root / f"{name.replace('__', '/').replace('_script', '.script')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def bundled(root: Path) -> Path:
    """Copy the project's own settings, scenarios and cassettes into a folder and return it."""
    source = Path(__file__).parents[1]
    for name in ("conf", "scenarios", "cassettes"):
        for path in filter(Path.is_file, (source / name).rglob("*")):
            if "__pycache__" in path.parts:
                continue
            copy = root / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    return root


def small(root: Path) -> Path:
    """Write a project of two scenarios with scripts and return its folder."""
    return write(
        root,
        scenarios__files__denied=SCENARIO,
        scenarios__files__denied_script=SCRIPT,
        scenarios__talk__hello=HELLO,
        scenarios__talk__hello_script=HELLO_SCRIPT,
    )


def reworded(cassette: Path, old: str, new: str) -> None:
    """Change a text in a cassette of a project, four folders below its root, and accept that."""
    text = cassette.read_text("utf-8")
    if old not in text:
        raise ValueError(f"{cassette} does not hold {old}")
    cassette.write_text(text.replace(old, new), "utf-8")
    accept(cassette, cassette.parents[3])


def meant(path: Path, folder: Path) -> list[Any]:
    """Return the exchanges of a cassette; how a client writes its JSON, and in which order, does not count."""
    return [
        (request.method, request.uri, dict(request.headers), json.loads(request.body), response)
        for request, response in load(path, Pieces(folder)).exchanges
    ]


def as_a_shell_reads(command: str) -> list[str]:
    """Return the words that a shell makes of a command."""
    script = f"printf '%s\\0' {command}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]


def replayed(root: Path, words: Sequence[str] = (), overrides: Sequence[str] = ()) -> dict[str, Trace]:
    """Replay scenarios of a project and return the trace of each; all must play from their cassettes to the end."""
    scenarios = select(root / "scenarios", words)
    cases = plan_all(scenarios, settle(Conf(root / "conf"), scenarios, overrides))
    outcomes = asyncio.run(run_many(cases, root / "cassettes"))
    if unplayed := [one.case.id for one in outcomes if not one.replays]:
        raise ValueError(f"{unplayed} do not replay")
    return {one.case.scenario.id: one.trace for one in outcomes}


def tree(root: Path) -> dict[str, bytes]:
    """Return all files below a folder, by their paths."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
