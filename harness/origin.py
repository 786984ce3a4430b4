"""What is said of a recording beside its exchanges: when, of which model, and what it was asked with."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from harness.case import Case
from harness.matching import canonical


def origin(case: Case, tools: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, str]:
    """Return what the head of a cassette says; nothing of it makes a cassette stale.

    The digests tell a reviewer whether settings or tool schemas are those of another recording.
    """
    settings = case.settings
    plain = {"model": settings.model.shared(), **settings.model_dump(mode="json", exclude={"model"})}
    return {
        "case": case.id,
        "recorded": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "model": settings.model.label,
        "model_name": settings.model.model_name or settings.model.label,
        "host_type": "scripted" if settings.model.type == "scripted" else settings.model.host_type,
        "openai": version("openai"),
        "vcrpy": version("vcrpy"),
        "settings": _digest(plain),
        "tools": _digest(list(tools)),
    }


def _digest(value: Any) -> str:
    return sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()[:16]
