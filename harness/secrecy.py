"""What sets a secret apart from ordinary text, and every form in which one may be written."""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from functools import cache
from urllib.parse import quote, quote_plus

_SAMPLE = re.compile(r"(?i)example|sample|placeholder|redacted|change[-_]?me|your[-_]|1234567|abcdefg|x{8}|\*{3}|\.{3}")
"""What made-up secrets say of themselves."""
_SEPARATORS = re.compile(r"(?:[\s._:+/\\@=,-]|%[0-9A-Fa-f]{2})+")
_VOWEL = "(?=[A-Z]?[a-z]*[aeiouy]|[AEIOU])"
_WORD = re.compile(
    r"(?:[A-Z]?[a-z]{1,20}|[A-Z]{1,20})\d{0,3}"  # file, ID, sha256
    rf"|{_VOWEL}[A-Z]?[a-z]{{2,20}}(?:{_VOWEL}[A-Z][a-z]{{1,20}})+\d{{0,3}}"  # maxTokens
    r"|v?\d+[a-z]{0,2}|[A-Za-z]\d{1,2}[A-Za-z]"  # 2024, 4o, v2, k8s
)
_ORDINARY = re.compile(
    r"[\d\s.,:+/_%TZ-]*"  # numbers, dates, versions, addresses of hosts
    r"|[a-z][a-z0-9+.-]*://.*|arn:.*"
    r"|[a-z0-9._+-]+@[a-z0-9-]+(?:\.[a-z]+)+",
    re.DOTALL,
)
_PATH = re.compile(r"(?:~|\.{0,2}|[A-Za-z]:)[/\\]|.*\.(?:conf|crt|env|json|key|p12|pem|pub|toml|txt|ya?ml)$")
_RANDOM = re.compile(r"(?=[^/]*[a-z])(?=[^/]*[A-Z])(?=[^/]*\d)[^/.]{16}")

_DIALECTS: tuple[dict[int, str], ...] = (
    {},
    {ord("/"): "\\/"},
    *({ord(sign): f"\\u{ord(sign):{case}}" for sign in signs} for signs, case in (("<>&", "04x"), ("<>&='", "04x"))),
    {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&'+`"},
)
"""Signs that JSON writers of PHP, Go, Java and .NET escape and Python's does not."""


def sample(value: str) -> bool:
    """Tell whether a value says of itself that it is made up."""
    return _SAMPLE.search(value) is not None


def wordy(value: str) -> bool:
    """Tell whether a value is made of words, names and numbers alone, in any combination."""
    return all(map(_WORD.fullmatch, filter(None, _SEPARATORS.split(value))))


def opaque(value: str) -> bool:
    """Tell whether a value is like nothing that ordinary text holds, as keys and good passwords are."""
    return distinct(value) and not wordy(value)


def distinct(value: str) -> bool:
    """Tell whether a value is long enough for a secret, and no number, path, address or sample; it may be words."""
    return len(value) >= 8 and not (sample(value) or _ORDINARY.fullmatch(value) or _path(value))


def _path(value: str) -> bool:
    """Tell a path from a key that begins with a slash, in which capitals, small letters and digits are mixed."""
    return _PATH.match(value) is not None and _RANDOM.search(value) is None


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return the text with three stars for every secret, in each form in which it may be written."""
    for form in _longest_first(frozenset(secrets)):
        text = text.replace(form, "***")
    return text


@cache
def _longest_first(secrets: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted({form for secret in secrets for form in forms(secret)}, key=lambda form: (-len(form), form)))


@cache
def forms(secret: str) -> frozenset[str]:
    """Return how a text may hold a secret: plain, as JSON within JSON, in an address, in base64."""
    written = {secret, *(text.translate(signs) for text in _in_json(secret) for signs in _DIALECTS)}
    for _ in range(2):  # a tool's arguments are JSON in a text of JSON, and may hold a text of JSON
        written |= {inner for text in written for inner in _in_json(text)}
    for address in (quote(secret, "", errors="surrogatepass"), quote_plus(secret, errors="surrogatepass")):
        written |= {address, address.replace("%2F", "/"), re.sub("%..", lambda code: code[0].lower(), address)}
    return frozenset(written.union(_encoded(secret.encode("utf-8", "surrogatepass"))) - {""})


def _in_json(text: str) -> set[str]:
    return {json.dumps(text, ensure_ascii=escaped)[1:-1] for escaped in (True, False)}


def _encoded(secret: bytes) -> Iterator[str]:
    """Yield what base64 makes of a secret, wherever it begins in what was encoded.

    The signs at both ends are left out that depend on what stands before and behind.
    """
    for before in range(3):
        piece = slice(-(-8 * before // 6), 8 * (before + len(secret)) // 6)
        for encode in (b64encode, urlsafe_b64encode):
            yield encode(bytes(before) + secret)[piece].decode()
