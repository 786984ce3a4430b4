"""What of a registry's models no file may hold: their keys, which become variables, and what addresses hold of some."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import NamedTuple
from urllib.parse import unquote

from harness.model import NO_KEYS, PUBLIC
from harness.registry import Entry
from harness.secrecy import opaque

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z_-]{0,24}")


class Address(NamedTuple):
    """An address that may stand in a file, and in words what was cut from it."""

    url: str
    cut: tuple[str, ...]


def bare(url: str) -> Address:
    """Return an address without user, password, and what stands behind it that may be a key.

    Raises:
        ValueError: it cannot be told where its password ends.
    """
    address, _, behind = url.partition("?")
    address, _, fragment = address.partition("#")
    query, _, more = behind.partition("#")
    scheme, slashes, rest = address.partition("//") if "//" in address else ("", "", address)
    authority, slash, path = rest.partition("/")
    account, _, host = authority.rpartition("@")
    if "@" in path:
        raise ValueError("holds a '@' behind its first '/'; write %40, so that it can be told where a password ends")
    pairs = [pair for pair in query.split("&") if pair]
    kept = [pair for pair in pairs if pair.partition("=")[0].lower() in PUBLIC]
    cut = [_account(account)] if account else []
    cut += [_parameter(pair) for pair in pairs if pair not in kept]
    cut += ["what stands behind its '#'"] if fragment or more else []
    url = f"{scheme}{slashes}{host}{slash}{path}{'?' if kept else ''}{'&'.join(kept)}"
    return Address(url, tuple(dict.fromkeys(cut)))


def _account(account: str) -> str:
    return "user and password" if ":" in account else "the user"


def _parameter(pair: str) -> str:
    """Return what to call a parameter, which without a value may be a key itself."""
    name, equals, _ = pair.partition("=")
    return f"the parameter '{name}'" if equals and _PLAIN.fullmatch(name) else "a parameter"


def keys(models: Iterable[Entry]) -> dict[str, str]:
    """Return the keys that stand in models, by the models' names; what says that no key is needed is none."""
    found = {one.name: one.key.get_secret_value() for one in models if one.key}
    return {name: key for name, key in found.items() if key not in NO_KEYS}


def variables(models: Sequence[Entry], taken: Iterable[str]) -> dict[str, str]:
    """Return the environment variable for each key that stands in a model, by the model's name.

    It is the one that the model names, or else made of its label. Models with the same key share one; no other model
    has it, and it is none of those that are `taken`.
    """
    found = keys(models)
    named = {one.name: one.data.get("api_key_env") for one in models}
    claimed = {*taken, *(str(variable) for name, variable in named.items() if variable and name not in found)}
    shared: dict[str, str] = {}
    for one in models:
        key = found.get(one.name)
        if key is not None and key not in shared:
            wanted = [named[name] for name in found if found[name] == key]
            shared[key] = next(name for name in chain(_fit(wanted), _made(one.label)) if name not in claimed)
            claimed.add(shared[key])
    return {name: shared[key] for name, key in found.items()}


def _fit(wanted: Iterable[object]) -> Iterator[str]:
    yield from (name for name in wanted if isinstance(name, str) and _VARIABLE.fullmatch(name))


def _made(label: str) -> Iterator[str]:
    """Yield names of variables for the key of a model, the first that nobody else has being right."""
    name = re.sub(r"[^A-Z0-9]+", "_", label.upper()).strip("_")
    name = name if name[:1].isalpha() else f"MODEL_{name}".rstrip("_")
    yield f"{name}_API_KEY"
    yield from (f"{name}_{number}_API_KEY" for number in count(2))


def secrets(models: Iterable[Entry], all_keys: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that must reach no file, each with the words that tell of it without showing it."""
    found = {key: words for key, words in all_keys.items() if len(key) >= 8 and key not in NO_KEYS}
    for one in models:
        url = one.data.get("api_url")
        for part in _parts(url) if isinstance(url, str) else ():
            found.setdefault(part, "a part of the address of a model")
    return found


def _parts(url: str) -> Iterator[str]:
    """Yield what was cut from an address and is like nothing that ordinary text holds."""
    account = url.partition("?")[0].partition("#")[0].partition("//")[2].partition("/")[0].rpartition("@")[0]
    values = [pair.rpartition("=") for pair in url.partition("?")[2].partition("#")[0].split("&")]
    parts = [*account.partition(":")[::2], *(value for name, _, value in values if name.lower() not in PUBLIC)]
    yield from filter(opaque, {*parts, *map(unquote, parts)})
