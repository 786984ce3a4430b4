"""Which values of an environment are credentials, by the names of the variables and by what the values look like."""

import re
from collections.abc import Iterator, Mapping

from harness.secrecy import distinct, opaque

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PASSWORDS = frozenset({"PASS", "PASSPHRASE", "PASSWD", "PASSWORD", "PWD", "SSHPASS"})
_NAMES = _PASSWORDS | {
    *("ACCESSKEY", "APIKEY", "AUTH", "AUTHORIZATION", "BEARER", "COOKIE", "COOKIES", "CRED", "CREDENTIAL"),
    *("CREDENTIALS", "CREDS", "DSN", "JWT", "KEY", "KEYS", "OAUTH", "PASSWORDS", "PAT", "SECRET", "SECRETS", "SIG"),
    *("SIGNATURE", "TOKEN", "TOKENS"),
}
_ENDINGS = ("APIKEY", "PASSWD", "PASSWORD", "SECRET", "SECRETKEY", "TOKEN")
"""How words end that were written together: `PGPASSWORD`, `AUTHTOKEN`."""
_ABOUT = frozenset(
    {
        *("ADDR", "ALG", "ALGORITHM", "BACKEND", "CMD", "COMMAND", "COUNT", "DIR", "DIRECTORY", "DOMAIN", "ENABLED"),
        *("ENDPOINT", "ENV", "EXPIRY", "FILE", "FILES", "FORMAT", "HEADER", "HELPER", "HOME", "HOST", "INFO", "KIND"),
        *("LENGTH", "LIMIT", "METHOD", "MODE", "NAME", "NAMES", "PATH", "POLICY", "PORT", "PREFIX", "PROVIDER"),
        *("REALM", "REGION", "ROLE", "SCHEME", "SCOPE", "SCOPES", "SIZE", "SOCK", "SOCKET", "STORE", "TIMEOUT", "TTL"),
        *("TYPE", "USER", "USERNAME", "VAR", "VERSION"),
    }
)
"""Last words of names that say where a credential is or of what kind, but not what it is."""
_PUBLIC = frozenset({"PUB", "PUBLIC", "PUBLISHABLE"})
_ORGANISATIONS = frozenset({"ORG", "ORGANISATION", "ORGANIZATION"})

_PAIR = re.compile(
    r"""(?<![\w.-])([A-Za-z][\w.-]{0,63})\\?["']?\s*(?:=|:(?=[\s"'\\]))\s*\\?["']?(?=([^\s"'\\,;&]{8,400}))"""
)
_ACCOUNT = re.compile(r"://([^/\s:@]*)(?::([^/\s@]*))?@")
_PIECES = re.compile(r"[\s,;]+")


def credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the values of credential-like variables, each with the words that name it without showing it.

    These are values of variables that are called so, passwords within addresses, and fields called so within a value,
    such as those of a connection string. A value that ordinary text may hold as well is none: what is short, a number,
    a path, an address, a name or words, unless it is a password.
    """
    found: dict[str, str] = {}
    for name, value in sorted(environment.items()):
        for secret in _secrets(name, value.strip()):
            found.setdefault(secret, _called(name, secret))
    return found


def _secrets(name: str, value: str) -> Iterator[str]:
    for field, part in ((name, value), *_PAIR.findall(value)):
        if _credential(field) and distinct(part):
            # Lists, "Bearer ..." and "user:..." hold credentials that may turn up alone.
            pieces = {part, *_PIECES.split(part), part.partition(":")[2]}
            yield from filter(_guarding if _password(field) else opaque, pieces)
    for user, password in _ACCOUNT.findall(value):
        yield from filter(_guarding if password else opaque, [password or user])


def _guarding(password: str) -> bool:
    """Tell a password, which people may have made of words, from a word such as `postgres`."""
    return opaque(password) or (distinct(password) and (len(password) >= 16 or any(map(str.isdigit, password))))


def _credential(name: str) -> bool:
    words = _worded(name)
    if not words or words == ["PWD"] or words[-1] in _ABOUT or not _PUBLIC.isdisjoint(words):
        return False
    organisation = words[-1] == "ID" and not _ORGANISATIONS.isdisjoint(words)
    return organisation or any(word in _NAMES or word.endswith(_ENDINGS) for word in words)


def _password(name: str) -> bool:
    last = _worded(name)[-1]
    return last in _PASSWORDS or last.endswith(("PASSWD", "PASSWORD"))


def _worded(name: str) -> list[str]:
    return [word.upper() for word in _WORDS.findall(name)]


def _called(name: str, secret: str) -> str:
    """Return what to call a secret, without the variable's name where that shows a part of it."""
    shown = any(secret[at : at + 6] in name for at in range(max(1, len(secret) - 5)))
    return "the value of a variable" if shown else f"the value of {name}"
