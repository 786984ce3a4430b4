"""Records with their texts changed: how a trace is freed of secrets and stays a trace."""

from collections.abc import Callable
from typing import Any, Literal, TypeVar, get_args, get_origin

from harness.trace import Record, dumps

AnyRecord = TypeVar("AnyRecord", bound=Record)


def rewritten(record: AnyRecord, change: Callable[[str], str]) -> AnyRecord:
    """Return a record with its texts changed, wherever they stand.

    Keys and numbers of plain data count as texts; the record's own numbers, and words of a fixed set, stay.
    """
    fields = type(record).model_fields
    values = {name: getattr(record, name) for name in fields if not _of_words(fields[name].annotation)}
    update = {name: _rewritten(value, change) for name, value in values.items() if not isinstance(value, int)}
    return record.model_copy(update=update)


def _of_words(annotation: Any) -> bool:
    """Tell whether a field holds one of a few words."""
    return any(get_origin(kind) is Literal for kind in (annotation, *get_args(annotation)))


def _rewritten(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, Record):
        return rewritten(value, change)
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key): _rewritten(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_rewritten(item, change) for item in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = dumps(value)
        return value if (other := change(text)) == text else other
    return value
