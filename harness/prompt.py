"""Two system prompts, told apart by their sections and the loop's standing instruction."""

import re
from collections.abc import Iterator

from harness.passage import passage

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


def prompt_differences(recorded: str, now: str, standing: str | None = None) -> Iterator[str]:
    """Yield in which parts two different prompts differ, and how: `, section Conduct, word 3: "is" -> "was"`.

    `standing` is the instruction that the loop puts behind its own prompts, where it is known.
    """
    one, other = _parts(recorded, now, standing)
    found = False
    for name in [*one, *(name for name in other if name not in one)]:
        where = f", {name}" if name else ""
        if name not in other:
            yield f"{where}: is gone"
        elif name not in one:
            yield f"{where}: is new"
        elif one[name] != other[name]:
            yield f"{where}, {passage(one[name], other[name])}"
        else:
            continue
        found = True
    if not found:
        order = list(one) != list(other)
        what = "its sections come in another order" if order else "blanks and line breaks differ"
        yield f": {what}"


def _parts(one: str, other: str, standing: str | None) -> tuple[dict[str, str], dict[str, str]]:
    """Return the parts of two prompts by name: their sections and, where it can be told apart, the instruction.

    What was recorded under another instruction can be taken apart where the text before it is the same.
    """
    tail = f"\n\n{standing}" if standing else ""
    if standing is None or not other.endswith(tail):
        return _sections(one), _sections(other)
    before = other.removesuffix(tail)
    last = before[max((match.start() for match in _HEADING.finditer(before)), default=0) :]
    if tail and one.endswith(tail):
        old, said = one.removesuffix(tail), standing
    elif last and one.endswith(last):
        old, said = one, ""
    elif last and (at := one.rfind(f"{last}\n\n")) >= 0:
        old, said = one[: at + len(last)], one[at + len(last) + 2 :]
    elif tail:
        return _joined(_sections(one)), _joined(_sections(other))
    else:
        return _sections(one), _sections(other)
    return {**_sections(old), **_instruction(said)}, {**_sections(before), **_instruction(standing)}


def _joined(sections: dict[str, str]) -> dict[str, str]:
    """Return sections of which the last holds the instruction, too, and says so."""
    *names, last = sections or {"": ""}
    return {
        **{name: sections[name] for name in names},
        f"{last} with the standing instruction".strip(): sections.get(last, ""),
    }


def _instruction(text: str) -> dict[str, str]:
    return {"standing instruction": text.strip()} if text.strip() else {}


def _sections(prompt: str) -> dict[str, str]:
    """Return a prompt's texts by the headings above them; what stands above the first has an empty name."""
    head, *rest = _HEADING.split(prompt)
    sections = {"": head.strip()} if head.strip() else {}
    for heading, text in zip(rest[::2], rest[1::2], strict=True):
        name = f"section {heading}"
        sections[name] = f"{sections[name]}\n\n{text.strip()}" if name in sections else text.strip()
    return sections
