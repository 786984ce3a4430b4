"""The corpus of recorded traffic: where it lies, and the cases that tests make of it."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
import yaml
from vcr.persisters.filesystem import FilesystemPersister

from harness import loop
from harness.case import Case, plan
from harness.catalogue import Catalogue, Tool
from harness.composition import Composition
from harness.folders import SCRIPT_ENDING
from harness.model import Model
from harness.recording import Serializer
from harness.selection import load
from harness.settings import Loop, Persona, Role, Settings, Texts, Tools
from harness.tools import ToolSet

MODEL = "recorded"
"""The label and the name of the model whose replies are played."""

TEXTS = Texts(
    tools_available="Use the tools.",
    awaiting="[AWAITING USER CONFIRMATION for {name}]",
    denied="Action denied by user.",
    notice="Shall I go on with {names}?",
    limit="Stopped after {max_rounds} rounds:",
)
"""What the loop says in these cases."""

Executions = dict[str, list[tuple[str, dict[str, Any]]]]
"""The calls that reached the tools, in order, by the label of the catalogue."""

executions: ContextVar[Executions] = ContextVar("executions")
"""Where the tools of `make` note what reached them."""


def lines(name: str) -> list[dict[str, Any]]:
    """Return the records of one file of the corpus; where the corpus is absent, the test is skipped."""
    return [json.loads(line) for line in _text(name).split("\n") if line]


def case(
    folder: Path,
    name: str,
    scenario: Mapping[str, Any],
    script: Sequence[Sequence[Mapping[str, Any]]],
    tools: Iterable[str],
    *,
    confirm: Sequence[str] = (),
    prompt: str = "",
    policy: str = "production",
) -> Case:
    """Return the case of one scenario, written into a folder with the model's replies, turn by turn.

    The tools take anything; those in `confirm` need confirmation. The system prompt is one section.
    """
    path = folder / "corpus" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_yaml({"title": "Recorded traffic.", **scenario}), "utf-8")
    path.with_suffix(SCRIPT_ENDING).write_text(_yaml({MODEL: script}), "utf-8")
    settings = Settings(
        model=Model(label=MODEL, type="scripted", max_retries=0),
        persona=Persona(label="recorded", sections={"Policy": prompt}),
        catalogue=Catalogue(
            label=name, tools={tool: Tool(description=f"Does {tool}.", confirm=tool in confirm) for tool in tools}
        ),
        tools=Tools(label="all"),
        role=Role(label="chat"),
        loop=Loop.model_validate(
            {"label": policy, "policy": policy, "factory": "tests.corpus:make", "max_rounds": 99, "texts": TEXTS}
        ),
        variant=policy,
    )
    (planned,) = plan([load(path, folder)], [Composition(settings, {}, ())])
    return planned


def rules(results: Iterable[tuple[str, str]]) -> dict[str, list[dict[str, Any]]]:
    """Return rules by which each tool gives its own results, one after the other."""
    found: dict[str, list[dict[str, Any]]] = {}
    for tool, result in results:
        found.setdefault(tool, [{"sequence": []}])[0]["sequence"].append({"returns": result})
    return found


def offered(tools: Iterable[str]) -> list[dict[str, Any]]:
    """Return the tools of a case as its requests must offer them."""
    parameters = {"type": "object", "properties": {}}
    return [
        {"type": "function", "function": {"name": tool, "description": f"Does {tool}.", "parameters": parameters}}
        for tool in tools
    ]


def requests(path: Path) -> list[dict[str, Any]]:
    """Return the bodies of the requests in a cassette, as vcrpy's own persister loads it; none where there is none."""
    if not path.exists():
        return []
    loaded, *_ = FilesystemPersister.load_cassette(path, Serializer(path.parents[3]))
    return [json.loads(request.body) for request in loaded]


def make(tools: ToolSet, settings: Settings) -> loop.ReactLoop:
    """Return production's loop over tools that note each call in `executions`."""
    noted = executions.get().setdefault(settings.catalogue.label, [])
    return loop.make(_Noting(tools, noted), settings)


class _Noting:
    """A case's tools, with a note of every call."""

    def __init__(self, tools: ToolSet, noted: list[tuple[str, dict[str, Any]]]) -> None:
        self._tools = tools
        self._noted = noted

    @property
    def confirm_required(self) -> frozenset[str]:
        return self._tools.confirm_required

    def schemas(self, user_role: str = "user", tool_list: Sequence[str] | None = None) -> list[dict[str, Any]]:
        return self._tools.schemas(user_role, tool_list)

    async def call(self, name: str, args: dict[str, Any]) -> str:
        self._noted.append((name, args))
        return await self._tools.call(name, args)


_UNPRINTABLE = re.compile(
    "[^\\x20-\\x7e\\xa0-\\u2027\\u202a-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd\\U00010000-\\U0010ffff]"
)


def _yaml(value: Any) -> str:
    """Return JSON that YAML reads as the same: what it would refuse or fold is written as its escape."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def document(name: str) -> Any:
    """Return what one JSON file of the corpus holds; where the corpus is absent, the test is skipped."""
    return json.loads(_text(name))


def everything() -> Iterator[tuple[str, str, list[Any]]]:
    """Yield each file of recorded traffic: its name, its text, and what its lines or the whole of it hold as data.

    Where the corpus is absent, the test is skipped.
    """
    read: dict[str, Callable[[str], list[Any]]] = {
        ".jsonl": lambda text: [json.loads(line) for line in text.split("\n") if line],
        ".json": lambda text: [json.loads(text)],
        ".yaml": lambda text: [yaml.safe_load(text)],
    }
    folder = _folder()
    for path in sorted(folder.rglob("*")):
        if path.suffix in read:
            text = path.read_text("utf-8")
            yield path.relative_to(folder).as_posix(), text, read[path.suffix](text)


def _text(name: str) -> str:
    return (_folder() / name).read_text("utf-8")


def _folder() -> Path:
    folder = Path(os.environ.get("HARNESS_CORPUS") or Path(__file__).parents[2] / "shared" / "corpus")
    if not folder.is_dir():
        pytest.skip("the corpus is absent; it lies at ../shared/corpus, or where HARNESS_CORPUS points")
    return folder
