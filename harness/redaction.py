"""Personal data replaced by names of its kind, the same everywhere, in texts and in the JSON that texts hold."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.errors import InputError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_SIGNS = frozenset({"role", "type", "finish_reason", "object"})
"""Keys behind which words of the format stand."""


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
        """Return JSON with its keys and texts redacted; words of the format, such as roles, stay."""
        if not self._rules:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self.data(item) for item in value]
        if isinstance(value, Mapping):
            return {
                self._plain(key) if isinstance(key, str) else key: item if key in _SIGNS else self.data(item)
                for key, item in value.items()
            }
        return value

    def text(self, text: str) -> str:
        """Return a text redacted; of JSON the texts and numbers in it, however their signs are written."""
        if not self._rules:
            return text
        plain = self._plain(text)
        if text.lstrip()[:1] not in ("{", "["):
            return plain
        try:
            clean = self._inside(json.loads(text))
        except (ValueError, RecursionError):
            return plain
        try:
            if json.loads(plain) == clean:
                return plain  # as it is written, but for what was replaced
        except (ValueError, RecursionError):
            pass
        return json.dumps(clean, ensure_ascii=False)

    def _inside(self, value: Any) -> Any:
        if isinstance(value, dict):
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
        for name, pattern in self._rules:
            numbers = self._numbers[name]

            def replaced(match: re.Match[str], name: str = name, numbers: dict[str, int] = numbers) -> str:
                return f"[{name}-{numbers.setdefault(match[0], len(numbers) + 1)}]" if match[0] else ""

            text = pattern.sub(replaced, text)
        return text
