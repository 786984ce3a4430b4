"""What `harness --help` says: the words of the command line, and examples of each command."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.terminal import wrapped

DESCRIPTION = (
    "Runs your tool loop over scenarios, replays the recorded model traffic, and says what changed. "
    "Start with: harness init"
)
_WORDS = {
    "SCENARIO": "an id (files/denied_delete), an area (files), a file, a folder or a pattern ('files/*'); all "
    "scenarios where none is named",
    "KEY=VALUE": "a setting, in Hydra's grammar (role=files, loop.max_rounds=3); several values (model=careful,hasty) "
    "run every combination",
    "CASE": "a scenario under one model, role and tool list, as a run prints it; a part of its id will do "
    "(denied_delete@hasty)",
    "RUN": "a folder in reports/, or its name",
}
_CODES = (
    "Exit codes: 0, all as expected; 1, judged, and something failed; 2, something could not be judged: a bad file or "
    "setting, a missing or stale cassette."
)
_MARGIN = 44
"""Where what an example does begins."""


class Example(NamedTuple):
    """A command as it is typed, and what it does."""

    command: str
    does: str = ""


def words(columns: int) -> str:
    """Return what the words of the command line stand for, and the exit codes."""
    lines = [line for word, text in _WORDS.items() for line in wrapped(text, columns, f"{word:<11}", " " * 11)]
    return "\n".join([*lines, "", *wrapped(_CODES, columns)])


def examples(command: str, columns: int) -> str:
    """Return the examples of a command; what they do stands behind them, or below where that is too wide."""
    return "\n".join(["examples:", *(line for one in EXAMPLES[command] for line in _shown(one, columns))])


def _shown(one: Example, columns: int) -> Iterator[str]:
    command = f"  {one.command}"
    if one.does and len(command) < _MARGIN and _MARGIN + len(one.does) <= columns:
        yield f"{command:<{_MARGIN}}{one.does}"
        return
    yield command
    if one.does:
        yield from wrapped(one.does, columns, " " * 6, " " * 6)


EXAMPLES: Mapping[str, Sequence[Example]] = {
    "run": (
        Example("harness run", "all scenarios, default settings"),
        Example("harness run files role=files", "one area under another role"),
        Example("harness run model=careful,hasty -t denied", "two models, scenarios with a tag"),
        Example("harness run loop=ours", "another loop: conf/loop/ours.yaml"),
        Example("harness run 'cassette.allow_drift=[system]'", "go on where only the prompt differs"),
        Example("harness run --shard 1/4", "one part, of four of the same size"),
        Example("harness run --continue RUN", "what is left of one that was cut off"),
        Example("harness run --update-baseline", "what came is right from now on"),
        Example("harness run --format text --format junit=junit.xml"),
    ),
    "record": (
        Example("harness record", "the cases without a valid cassette"),
        Example("harness record --all model=openwebui", "every case of a model, anew"),
        Example("harness record --extend", "from the first request that differs"),
        Example("harness record --max-requests 100", "no more than that; the rest later"),
        Example("harness record registry=prod.json", "as production's model registry says"),
    ),
    "try": (
        Example("harness try files/denied_delete", "the conversation as it happens"),
        Example("harness try draft.yaml model=ollama", "a file anywhere, a real model"),
        Example("harness try --write files/denied_delete", "adds what the file does not say"),
    ),
    "compare": (
        Example("harness compare RUN", "with the newest run, case by case"),
        Example("harness compare RUN RUN", "and model by model"),
        Example("harness compare reports/A reports/B --format markdown=diff.md"),
        Example("harness compare RUN --format html", "traces side by side, in the browser"),
    ),
    "report": (
        Example("harness report", "the newest run, told again"),
        Example("harness report --format html", "a page for the browser"),
        Example("harness report RUN --judge", "as the expectations are now"),
        Example("harness report RUN RUN --format junit", "two runs as one"),
        Example("harness report downloaded/*", "the shards of a run, put together"),
    ),
    "show": (
        Example("harness show files/denied_delete", "from the newest run that has it"),
        Example("harness show denied_delete@hasty RUN", "from the run in reports/RUN"),
        Example("harness show --full denied_delete | less", "every line of long results, too"),
    ),
    "validate": (
        Example("harness validate", "all files, and every cassette replayed"),
        Example("harness validate scenarios/files", "one area, and the settings"),
        Example("harness validate --delete-orphans", "also clear what no case needs"),
        Example("harness validate --watch", "again whenever a file changes"),
    ),
    "cassette": (
        Example("harness cassette accept denied_delete@hasty/files", "what you edited is right"),
        Example("harness cassette export denied_delete@hasty/files > stock.yaml"),
        Example("harness cassette export --to stock files/denied_delete@careful/files+all"),
    ),
    "init": (
        Example("harness init", "in the current folder"),
        Example("harness init garden", "in a folder that is made"),
        Example("harness init --ci gitlab", "GitLab's CI file, added to a project too"),
    ),
    "new": (
        Example("harness new garden/tomatoes", "scenarios/garden/tomatoes.yaml"),
        Example("harness new garden/herbs/basil", "an area in an area"),
    ),
    "schema": (Example("harness schema", "also after an update of the harness"),),
    "import": (
        Example("harness import chat.json", "a transcript, as a scenario that replays it"),
        Example("harness import prod.jsonl --name shop --confirm refund"),
        Example("harness import cassette.yaml", "what vcrpy recorded of any application"),
        Example("harness import export.json --redact 'EMAIL=[a-z.]+@[a-z.]+'"),
        Example("harness import chat.json persona=assistant catalogue=assistant"),
        Example("harness import --tools tools.json", "makes conf/catalogue/tools.yaml"),
        Example("harness import --tools shop.json --confirm order_cancel refund"),
        Example("harness import --mcp 'npx -y some-server' --name files", "the tools of an MCP server"),
        Example("harness import --registry prod.json", "makes conf/role/ and conf/model/"),
    ),
    "config": (
        Example("harness config", "what counts when nothing is said"),
        Example("harness config role=files loop=tolerant", "what counts under these choices"),
    ),
    "list": (
        Example("harness list models", "and what serves each"),
        Example("harness list tools", "default catalogue, and allow-lists"),
        Example("harness list scenarios"),
    ),
    "completion": (
        Example('eval "$(harness completion bash)"', "in ~/.bashrc; likewise for zsh, in ~/.zshrc"),
        Example("harness completion fish | source", "in ~/.config/fish/config.fish"),
    ),
}
"""Examples of each command, as they are typed."""
