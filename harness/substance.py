"""What of a request's body counts: without what is ignored, its texts written as they are compared."""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from harness.errors import CassetteError
from harness.likeness import Matching


def substance(body: Any, rules: Matching) -> Any:
    """Return what counts of a body of JSON, which is changed; nothing counts where the whole body is ignored.

    Paths look at the body as it was sent; patterns then change its texts.

    Raises:
        CassetteError: a path cannot be followed in this body.
    """
    if not rules.ignore and not rules.normalise:
        return body
    places = {place for path in rules.ignore for place in _places(path, body)}
    if () in places:
        return None
    _remove(body, places)
    patterns = [(re.compile(one.pattern), one.to) for one in rules.normalise]

    def normalised(text: str) -> str:
        for pattern, to in patterns:
            text = pattern.sub(to, text)
        return text

    return changed(body, normalised) if patterns else body


def changed(value: Any, change: Callable[[str], str]) -> Any:
    """Return JSON with its texts changed, but not its keys."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [changed(item, change) for item in value]
    if isinstance(value, dict):
        return {key: changed(item, change) for key, item in value.items()}
    return value


@cache
def _compiled(path: str) -> Any:
    import jsonpath

    return jsonpath.compile(path)


def _places(path: str, body: Any) -> Iterable[tuple[str | int, ...]]:
    import jsonpath

    try:
        return [match.parts for match in _compiled(path).finditer(body)]
    except jsonpath.JSONPathError as error:
        said = str(error).partition("\n")[0]
        raise CassetteError(f"cassette.ignore: '{path}' cannot be followed: {said}") from None


def _remove(body: Any, places: Iterable[tuple[str | int, ...]]) -> None:
    """Remove values, the last places of a list first; what is already gone with what held it is passed over."""
    for *way, last in sorted(places, key=lambda parts: [(isinstance(part, str), part) for part in parts], reverse=True):
        holder = body
        try:
            for step in way:
                holder = holder[step]
            del holder[last]
        except (KeyError, IndexError, TypeError):
            continue
