"""Personal data replaced by names of its kind, the same everywhere, in texts and in the JSON that texts hold."""

import json
import math
import re
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from harness.errors import InputError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_KEYS = re.compile(
    "messages?|choices|role|content|refusal|text|type|tool_calls|function_call|function|custom|id|name|arguments|input|"
    "tool_call_id|index|tools|description|parameters|properties|required|items|enum|model|object|created|usage|"
    "finish_reason"
)
"""Keys of messages, replies and schemas."""
_WORDS = {
    "role": re.compile("system|developer|user|assistant|tool|function"),
    "type": re.compile(
        "function|custom|text|input_text|output_text|refusal|object|array|string|number|integer|boolean|null"
    ),
    "finish_reason": re.compile("stop|length|tool_calls|function_call|content_filter|error"),
    "object": re.compile(r"chat\.completion"),
}
"""Words that mean something to whoever reads the format, by the key behind which they stand."""
_FREE = frozenset({"arguments", "input"})
"""Keys behind which nothing belongs to the format."""
_CONSTANTS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""What Python reads beyond JSON; one object each, so that it is equal to itself."""


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as it is written, keys that stand twice among them."""


class Redaction:
    """Replaces what patterns find by `[NAME-1]`, `[NAME-2]`, ..., one number for each text that is found."""

    def __init__(self, rules: Sequence[str]) -> None:
        """Take rules as they are typed, `NAME=REGEX` each.

        Raises:
            InputError: what is wrong with the rules, all at once.
        """
        self._rules: list[tuple[str, re.Pattern[str]]] = []
        self._numbers: dict[str, dict[str, int]] = {}
        wrong: list[str] = []
        for rule in rules:
            name, equals, expression = rule.partition("=")
            try:
                pattern = re.compile(expression)
            except (re.error, OverflowError, RecursionError) as error:
                wrong.append(f"--redact {name}: '{expression}' is not a regular expression: {error}")
                continue
            if not equals or not _NAME.fullmatch(name):
                wrong.append(f"--redact '{rule}': must be NAME=REGEX, such as EMAIL='[a-z.]+@[a-z.]+'")
            elif pattern.search(""):
                wrong.append(f"--redact {name}: the expression fits the empty text; make it find something")
            else:
                self._rules.append((name, pattern))
                self._numbers.setdefault(name, {})
        if wrong:
            raise InputError(*wrong)

    @property
    def replaced(self) -> Mapping[str, int]:
        """How many different texts were replaced, by the name of the rule."""
        return {name: len(found) for name, found in self._numbers.items()}

    def data(self, value: Any) -> Any:
        """Return JSON with its keys and texts redacted; keys, words and numbers of the format stay."""
        if not self._rules:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self.data(item) for item in value]
        if isinstance(value, Mapping):
            return {
                key if _KEYS.fullmatch(key) else self._plain(key): item
                if _is_word(key, item)
                else self._inside(item)
                if key in _FREE
                else self.data(item)
                for key, item in value.items()
            }
        return value

    def text(self, text: str) -> str:
        """Return a text redacted; of JSON the texts and numbers in it, however their signs are written."""
        if not self._rules:
            return text
        if text.lstrip()[:1] not in ("{", "[", '"'):
            return self._plain(text)
        try:
            clean = self._inside(_read(text))
        except (ValueError, RecursionError):
            return self._plain(text)
        before = self.replaced
        plain = self._plain(text)
        try:
            if _read(plain) == clean:
                return plain  # as it is written, but for what was replaced
        except (ValueError, RecursionError):
            pass
        for name, found in self._numbers.items():
            while len(found) > before[name]:
                found.popitem()  # found in signs that stand for others
        return json.dumps(_plainly(clean), ensure_ascii=False)

    def _inside(self, value: Any) -> Any:
        if isinstance(value, _Pairs):
            return _Pairs((self._plain(key), self._inside(item)) for key, item in value)
        if isinstance(value, Mapping):
            return {self._plain(key): self._inside(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._inside(item) for item in value]
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            written = json.dumps(value)
            clean = self._plain(written)
            return value if clean == written else clean
        return value

    def _plain(self, text: str) -> str:
        names: list[tuple[int, int]] = []
        for name, pattern in self._rules:
            text, names = self._replaced(text, name, pattern, names)
        return text

    def _replaced(
        self, text: str, name: str, pattern: re.Pattern[str], names: Sequence[tuple[int, int]]
    ) -> tuple[str, list[tuple[int, int]]]:
        """Return a text after one rule, and where names stand in it; `names` are those of the rules before."""
        numbers, left = self._numbers[name], deque(names)
        parts: list[str] = []
        now: list[tuple[int, int]] = []
        length = done = 0

        def passed(place: int) -> None:
            while left and left[0][1] <= place:
                start, end = left.popleft()
                if start >= done:
                    now.append((start - done + length, end - done + length))

        for match in pattern.finditer(text):
            start, end = match.span()
            passed(start)
            if start == end or (left and left[0][0] <= start and end <= left[0][1]):
                continue
            word = f"[{name}-{numbers.setdefault(match[0], len(numbers) + 1)}]"
            length += start - done
            now.append((length, length + len(word)))
            parts += [text[done:start], word]
            length += len(word)
            done = end
        passed(len(text))
        return "".join([*parts, text[done:]]), now


def _is_word(key: str, value: Any) -> bool:
    """Tell whether a value is a word of the format, or a list of such words."""
    words = _WORDS.get(key)
    said = value if isinstance(value, list) else [value]
    return words is not None and all(isinstance(one, str) and words.fullmatch(one) for one in said)


def _read(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_Pairs, parse_constant=_CONSTANTS.__getitem__)


def _plainly(value: Any) -> Any:
    """Return JSON with its objects as mappings."""
    if isinstance(value, _Pairs):
        return {key: _plainly(item) for key, item in value}
    return [_plainly(item) for item in value] if isinstance(value, list) else value
