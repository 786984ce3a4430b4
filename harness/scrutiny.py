"""One scenario with its script, held against all settings that it is planned on."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.case import misfits
from harness.conformity import Judged, nonconforming
from harness.endpoint import ScriptFile
from harness.mention import free, free_in_script, mentioned, scripted
from harness.naming import tools_named
from harness.offering import Ground, unasked, unoffered
from harness.scenario import Scenario
from harness.source import Document
from harness.surprises import surprises


class ReadScript(NamedTuple):
    """A script with the places in its file."""

    file: ScriptFile
    document: Document


def scrutinised(
    scenario: Scenario, script: ReadScript | None, where: Sequence[Ground], catalogues: Sequence[Judged]
) -> Iterator[str]:
    """Yield what is wrong with a scenario and its script, each problem with its line.

    This is what a scenario may hold and still be run: text that others read otherwise, arguments that no schema takes,
    tools that are never offered under the settings in `where`, or never asked about under any of the catalogues.
    """
    file, document = scenario.file, scenario.document.at_hand()
    mentions = list(mentioned(file, document))
    yield from surprises(document, free(file, document))
    named = tools_named(file)
    for one in catalogues:
        yield from misfits(scenario, named, one.catalogue)
        yield from nonconforming(mentions, document, one)
        if script is not None:
            yield from nonconforming(scripted(*script), script.document, one)
    if script is not None:
        yield from surprises(script.document, free_in_script(*script))
    if catalogues:
        asked = unasked(file, mentions, [one.catalogue for one in catalogues])
        for idle in (*unoffered(file, mentions, where), *asked):
            yield f"{document.place(idle.location, key=True)}: {idle.why}"
