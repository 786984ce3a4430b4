"""A report as one page for a browser: what to look at, the matrix, the figures, and every case to be opened.

The page asks nobody for anything: styles and script stand in it, known by their digests, so that nothing else may run;
traces lie in it compressed, and become elements and texts only when a case is opened.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from harness import matrix, remarks
from harness.figures import Column
from harness.finding import numbered
from harness.report import CaseReport, Report
from harness.telling import sentence
from harness.terminal import cut, line
from harness.trace import Trace

_TEMPLATE = Path(__file__).parent / "template"
_TOGETHER = 25
"""How many cases lie in one bundle."""
_NAMED = 20
"""The most cases that are named of a group."""
_REASON = 240
_CHANGES = 60
_SIGNS = {"removed": "-", "added": "+", "changed": "~"}


class Stories(NamedTuple):
    """The traces of a report's cases."""

    now: Iterable[Trace]
    """One for each case, in their order."""
    before: Mapping[str, Trace]
    """What the cases that changed are compared with, by the case's id."""


class _Kind(NamedTuple):
    """A way in which cases are remarkable; those that matter most come first."""

    key: str
    title: str
    sign: str
    mood: str
    told: bool
    """Whether its cases are told at the top."""


_KINDS = (
    _Kind("regressed", "Regressed", "▼", "bad", told=True),
    _Kind("error", "Could not be judged", "!", "bad", told=True),
    _Kind("failed", "Failed", "✗", "bad", told=True),
    _Kind("fixed", "Fixed", "▲", "good", told=True),
    _Kind("changed", "Changed", "~", "odd", told=True),
    _Kind("new", "New", "+", "plain", told=True),
    _Kind("known", "Known to fail", "≈", "odd", told=False),
    _Kind("odd", "With anomalies or drift", "⚠", "odd", told=False),
    _Kind("skipped", "Not recorded", "○", "plain", told=False),
    _Kind("passed", "Passed", "✓", "good", told=False),
)
_BY_KEY = {kind.key: kind for kind in _KINDS}
_RANKS = {kind.key: rank for rank, kind in enumerate(_KINDS)}


class _Case(NamedTuple):
    """A case as the page names it."""

    report: CaseReport
    scenario: str
    keys: tuple[str, ...]
    """The kinds to which it belongs, the one that matters most first."""

    @property
    def link(self) -> str:
        return f"case={quote(self.report.case, safe='/@~', errors='surrogatepass')}"

    @property
    def kind(self) -> _Kind:
        """What its verdict comes to."""
        return _BY_KEY[self.report.verdict.status]

    @property
    def state(self) -> str:
        """What became of it against the baseline, where there is something to say."""
        compared = self.report.compared
        if compared is None or compared.state == "unchanged":
            return ""
        return "regressed" if compared.regressed else compared.state


def render(report: Report, stories: Stories, run: str) -> str:
    """Return a report as HTML; `run` says where the run is stored.

    The same report and traces give the same text.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    style, script = (_TEMPLATE.joinpath(f"report.{kind}").read_text("utf-8") for kind in ("css", "js"))
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.jinja").render(
        page=_page(report, stories, run),
        style=Markup(style),  # noqa: S704 - our own files
        script=Markup(script),  # noqa: S704
        style_hash=_digest(style),
        script_hash=_digest(script),
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"


def _page(report: Report, stories: Stories, run: str) -> dict[str, Any]:
    cases = [_Case(one, one.case.partition("@")[0], tuple(_keys(one))) for one in report.cases]
    names = list(dict.fromkeys([*(column.name for column in report.columns), *(one.column for one in report.cases)]))
    listed = dict.fromkeys(one.column for one in report.cases)
    labels = matrix.labels(names)
    columns = [{"name": name, "short": labels.short[name], **_parts(name)} for name in names if name in listed]
    return {
        "run": line(run),
        "headline": _headline(cases),
        "mood": _mood(cases),
        "counts": list(_counts(report)),
        "groups": list(_groups(cases, labels.short)),
        "gone": [line(name) for name in report.gone],
        "advice": [_split(line(text)) for text in report.advice],
        "common": labels.common,
        "columns": columns,
        "rows": _rows(cases, list(listed)),
        "choices": [_choice(kind, cases) for kind in _KINDS if any(kind.key in one.keys for one in cases)],
        "selects": list(_selects(columns)),
        **_figures(report, labels.short),
        "index": _index(report, cases, columns),
        "traces": list(_bundles(cases, stories)),
        "made": "Made by harness; all of it is in this file, and nothing leaves it.",
    }


def _keys(case: CaseReport) -> Iterator[str]:
    """Yield the kinds to which a case belongs, the one that matters most first."""
    status, compared = case.verdict.status, case.compared
    regressed = compared is not None and compared.regressed
    if regressed:
        yield "regressed"
    if status in ("error", "failed"):
        yield status
    if compared is not None and compared.state in ("fixed", "changed", "new") and not regressed:
        yield compared.state
    if status in ("known", "skipped", "passed"):
        yield status
    if case.anomalies or (case.verdict.replay.drift and status != "error"):
        yield "odd"


def _headline(cases: Sequence[_Case]) -> str:
    words = {"regressed": "regressed", "error": "could not be judged", "failed": "failed"}
    first = [next((key for key in words if key in one.keys), None) for one in cases]
    said = [f"{numbered(first.count(key), 'case')} {word}" for key, word in words.items() if key in first]
    if said:
        return ", ".join(said)
    skipped = sum("skipped" in one.keys for one in cases)
    if skipped == len(cases):
        return "Nothing was judged"
    return f"{'The case is' if len(cases) == 1 else f'All {len(cases) - skipped:,} cases are'} as expected"


def _mood(cases: Sequence[_Case]) -> str:
    return "bad" if any({"regressed", "error", "failed"} & set(one.keys) for one in cases) else "good"


def _counts(report: Report) -> Iterator[str]:
    """Yield what it all comes to, as the text for people has it."""
    yield f"{remarks.told(report)}: {', '.join(map(str, remarks.verdicts(report)))}"
    if report.baseline is not None:
        found = remarks.states(report)
        said = ", ".join(map(str, (*found.amounts, *found.further))) or "no case can be compared"
        yield f"against {line(report.baseline)}: {said}"
    if (scores := remarks.scores(report)) is not None:
        yield scores


def _groups(cases: Sequence[_Case], short: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield what is told at the top: each case once, where it matters most."""
    for kind in _KINDS:
        found = [one for one in cases if one.keys[0] == kind.key]
        if found and kind.told:
            named = [
                {
                    "name": remarks.name(one.report),
                    "column": short[one.report.column],
                    "link": one.link,
                    "reason": _reason(one.report),
                }
                for one in found[:_NAMED]
            ]
            yield {**kind._asdict(), "cases": named, "many": len(found), "more": len(found) - len(named)}


def _reason(case: CaseReport) -> str:
    """Return why a case is remarkable, in one line."""
    told = [one.text for one in remarks.remarks(case) if one.kind in ("error", "finding")]
    told += [sentence(change) for change in (case.compared.changes if case.compared is not None else ())]
    return cut(told[0], _REASON) if told else ""


def _split(advice: str) -> dict[str, str]:
    """Return a line of advice as its words and its command."""
    words, found, command = advice.partition(": harness ")
    return {"words": f"{words}:", "command": f"harness {command}"} if found else {"words": words, "command": ""}


def _rows(cases: Sequence[_Case], columns: Sequence[str]) -> list[dict[str, Any]]:
    """Return the matrix, the scenarios first of which something matters."""
    placed: dict[str, dict[str, list[int]]] = {}
    for place, one in enumerate(cases):
        placed.setdefault(one.scenario, {}).setdefault(one.report.column, []).append(place)
    ranks = {
        scenario: min(_RANKS[cases[place].keys[0]] for places in cells.values() for place in places)
        for scenario, cells in placed.items()
    }
    return [
        {
            "scenario": line(scenario),
            "mood": _KINDS[ranks[scenario]].mood,
            "cells": [_cell(cases, cells[column]) if column in cells else None for column in columns],
        }
        for scenario, cells in sorted(placed.items(), key=lambda item: ranks[item[0]])
    ]


def _cell(cases: Sequence[_Case], places: Sequence[int]) -> dict[str, Any]:
    """Return what came of a scenario in a column; of repeats the one counts that matters most."""
    repeats = [cases[place] for place in places]
    worst = min(repeats, key=lambda one: _RANKS[one.keys[0]])
    word = remarks.status(worst.report)
    if len(repeats) > 1:
        word = f"{sum(one.report.verdict.status == 'passed' for one in repeats)}/{len(repeats)} passed"
    counts = [one.report.counts for one in repeats]
    numbers = (_range([getattr(count, name) for count in counts]) for name in ("rounds", "calls", "checkpoints"))
    kind = _BY_KEY[worst.keys[0]] if worst.keys[0] == "regressed" else worst.kind
    return {
        "places": places,
        "link": worst.link,
        "sign": kind.sign,
        "mood": kind.mood,
        "word": word,
        "state": worst.state,
        "numbers": " · ".join(numbers),
    }


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low}-{high}"


def _choice(kind: _Kind, cases: Sequence[_Case]) -> dict[str, Any]:
    return {"key": kind.key, "title": kind.title, "many": sum(kind.key in one.keys for one in cases)}


def _parts(column: str) -> dict[str, str]:
    found = matrix.parsed(column)
    return (
        {"model": line(column), "role": ""} if found is None else {"model": line(found.model), "role": line(found.role)}
    )


def _selects(columns: Sequence[Mapping[str, str]]) -> Iterator[dict[str, Any]]:
    for name, title in (("model", "Model"), ("role", "Role")):
        values = list(dict.fromkeys(column[name] for column in columns))
        if len(values) > 1:
            yield {"name": name, "title": title, "choices": values}


def _figures(report: Report, short: Mapping[str, str]) -> dict[str, Any]:
    """Return the tables of figures, with what is drawn beside numbers."""
    told = matrix.figures(report)
    repeats = matrix.repeated(report)
    ks = [one.k for one in max((column.repeats for column in report.columns), key=len, default=())]
    return {
        "figure_heads": told.headers[1:],
        "figures": [
            {
                "name": row[0],
                "cells": [_drawn(*one, column, report.columns) for one in zip(told.headers[1:], row[1:], strict=True)],
            }
            for row, column in zip(told.rows, report.columns, strict=True)
        ],
        "repeats": None if repeats is None else repeats._asdict(),
        "ks": [{"k": k, "x": _x(k, len(ks))} for k in ks],
        "curves": _curves(report, short, len(ks)),
        "pairs": [line(pair.says) for pair in matrix.comparable(report.pairs).pairs],
    }


def _drawn(head: str, text: str, column: Column, columns: Sequence[Column]) -> dict[str, Any]:
    """Return a figure with its interval, or with its share of the greatest in percent, where that is drawn."""
    share = None
    if head in ("rounds", "calls", "checkpoints"):
        greatest = max((getattr(one, head) or 0 for one in columns), default=0)
        share = round(100 * (getattr(column, head) or 0) / greatest, 2) if greatest else None
    rate = column.rate.model_dump() if head == "pass rate" and column.rate is not None else None
    return {"text": text, "share": share, "rate": rate}


def _x(k: int, most: int) -> float:
    return round(60 + 420 * (k - 1) / max(1, most - 1), 1)


def _curves(report: Report, short: Mapping[str, str], most: int) -> list[dict[str, Any]]:
    """Return pass^k over k of each column, in the chart's own units; names stand below each other where lines meet."""
    found: list[dict[str, Any]] = []
    for column in report.columns:
        dots = [
            {"x": _x(one.k, most), "y": round(220 - 200 * one.all, 1)} for one in column.repeats if one.all is not None
        ]
        if dots:
            points = " ".join(f"{dot['x']},{dot['y']}" for dot in dots)
            found.append({"name": cut(short[column.name], 22), "dots": dots, "points": points, "x": dots[-1]["x"]})
    lowest = 0.0
    for curve in sorted(found, key=lambda curve: curve["dots"][-1]["y"]):
        lowest = max(curve["dots"][-1]["y"] + 4, lowest + 14)
        curve["label_y"] = lowest
    return found


def _index(report: Report, cases: Sequence[_Case], columns: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return what the page's script knows of every case before it is opened."""
    places = {column["name"]: place for place, column in enumerate(columns)}
    return {
        "together": _TOGETHER,
        "baseline": line(report.baseline or ""),
        "columns": columns,
        "cases": [
            {
                "id": one.report.case,
                "scenario": one.scenario,
                "column": places[one.report.column],
                "keys": one.keys,
                "mood": one.kind.mood,
                "word": remarks.status(one.report),
                "state": one.state,
                "text": " ".join([one.report.case, *(found.text for found in remarks.remarks(one.report))]).lower(),
            }
            for one in cases
        ],
    }


def _bundles(cases: Sequence[_Case], stories: Stories) -> Iterator[str]:
    """Yield the cases with their traces, several together, compressed."""
    bundle: list[dict[str, Any]] = []
    for one, trace in zip(cases, stories.now, strict=True):
        bundle.append(_told(one.report, trace, stories.before.get(trace.case)))
        if len(bundle) == _TOGETHER:
            yield _packed(bundle)
            bundle = []
    if bundle:
        yield _packed(bundle)


def _told(case: CaseReport, trace: Trace, before: Trace | None) -> dict[str, Any]:
    """Return all that is told of a case that is opened."""
    said = list(remarks.remarks(case))
    difference = remarks.difference(case, _CHANGES)
    changes = [f"{_SIGNS[one.sign]} {one.text}" for one in difference.changes] if difference is not None else []
    if difference is not None and difference.more:
        changes.append(f"and {difference.more} more: {remarks.look(case)}")
    return {
        "trace": trace.model_dump(mode="json"),
        "before": None if before is None else before.model_dump(mode="json"),
        "place": line(case.verdict.place),
        "remarks": [one.text for one in said if one.kind in ("error", "finding", "known")],
        "notes": [one.text for one in said if one.kind not in ("error", "finding", "known")],
        "difference": None if difference is None else difference.head,
        "changes": changes,
        "advice": None if case.advice is None else line(case.advice),
    }


def _packed(bundle: Sequence[Mapping[str, Any]]) -> str:
    return base64.b64encode(zlib.compress(json.dumps(bundle, separators=(",", ":")).encode(), 6)).decode()
