"""Calls that scenarios and scripts speak of, held against the schemas of a catalogue."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from harness.catalogue import Catalogue, Tool
from harness.dialect import here, quoted
from harness.errors import did_you_mean
from harness.mention import Mention
from harness.rules import Effect
from harness.source import Document
from harness.toolschema import Misfit, broken, misfits
from harness.wording import dotted


def faults(document: Document) -> Iterator[str]:
    """Yield what makes the schemas in the file of a catalogue none, each with its line."""
    tools = document.data.get("tools") if isinstance(document.data, dict) else None
    for name, tool in tools.items() if isinstance(tools, dict) else ():
        schema = tool.get("parameters") if isinstance(tool, dict) else None
        for one in broken(schema) if isinstance(schema, dict) else ():
            location = ("tools", name, "parameters", *one.way)
            yield f"{document.place(location)}: {dotted(location)}: {one.why}"


class Judged(NamedTuple):
    """A catalogue, and those of its tools whose schemas are none."""

    catalogue: Catalogue
    faulty: frozenset[str]


def judged(catalogues: Iterable[Catalogue]) -> list[Judged]:
    """Return each catalogue once, with its schemas judged."""
    each = {repr(one): one for one in catalogues}.values()
    return [Judged(one, frozenset(name for name, tool in one.tools.items() if _is_faulty(tool))) for one in each]


def _is_faulty(tool: Tool) -> bool:
    return next(broken(tool.parameters), None) is not None


def nonconforming(mentions: Iterable[Mention], document: Document, schemas: Judged) -> Iterator[str]:
    """Yield what of calls no call that keeps to its tool's schema could be, each with its line.

    Nothing is said of calls that are expected to fail or to be refused, nor of the values of rules that raise an error:
    these are there for calls that are wrong. Of scripts, which may play a wrong model, only names that are nearly right
    are told, and what lacks its quotes.
    """
    catalogue, faulty = schemas
    for one in mentions:
        if one.tool not in catalogue.tools:
            if one.said == "scripted" and (hint := did_you_mean(one.tool, catalogue.tools, 0.8)):
                place = document.place(one.way, key=True)
                yield f"{place}: the catalogue '{catalogue.label}' has no tool '{one.tool}'{hint}"
        elif one.tool not in faulty:
            for misfit in _misfits(one, catalogue.tools[one.tool].parameters):
                yield _worded(misfit, one, document)


def _misfits(one: Mention, schema: Mapping[str, Any]) -> Iterator[Misfit]:
    match = one.call.matched if one.call else None
    if match and (match.how == "ignore" or (one.call and one.call.outcome in ("failed", "refused"))):
        return
    without = match.without if match else ()
    exact = match is not None and match.how == "exact"
    lenient = one.said == "scripted" or (one.rule is not None and _raises(one.rule.effects))
    for misfit in misfits(schema, {**dict.fromkeys(without), **one.arguments} if exact else one.arguments, exact=exact):
        near = misfit.key and "did you mean" in misfit.why
        if misfit.way[:1] and misfit.way[0] in without:
            continue
        if not lenient or near or (misfit.bare and one.said == "scripted"):
            yield misfit


def _raises(effects: Effect | list[Effect]) -> bool:
    """Tell whether nothing but errors comes of a rule."""
    return all(one.raises is not None for one in ([effects] if isinstance(effects, Effect) else effects))


def _worded(misfit: Misfit, one: Mention, document: Document) -> str:
    location = (*one.way, *misfit.way)
    place = document.place(location, key=misfit.key)
    if not misfit.way:
        return f"{place}: {one.tool}: {misfit.why}"
    bare = document.plain.get(location) if misfit.bare else None
    mending = f"; quote it: {quoted(bare)}" if bare is not None and here(bare).kind != "text" else ""
    return f"{place}: the argument '{dotted(misfit.way)}' of {one.tool} {misfit.why}{mending}"
