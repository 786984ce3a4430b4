"""The sections of the system prompt that stand in files of their own."""

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from harness.errors import did_you_mean
from harness.jsontext import shown_name
from harness.project import Conf
from harness.source import Location, shown
from harness.wording import Place, dotted

_AT: Location = ("persona", "sections")


class Sections(NamedTuple):
    """A persona with every section as text, and the files that the texts come from."""

    persona: Any
    files: Mapping[str, Path]
    problems: tuple[str, ...]


def read_sections(persona: Any, conf: Conf, place: Place) -> Sections:
    """Put the text of its file in the place of every section that names one: `{file: PATH}`.

    PATH is looked up below the project's own folder of settings, then below the package's, and leaves neither. The
    file's text is taken as it is. What is no section in a file is left to be judged with the rest.
    """
    sections = persona.get("sections") if isinstance(persona, dict) else None
    if not isinstance(sections, dict):
        return Sections(persona, {}, ())
    texts: dict[str, Any] = {}
    files: dict[str, Path] = {}
    problems: list[str] = []
    for name, section in sections.items():
        if not isinstance(section, dict):
            texts[name] = section
            continue
        texts[name] = ""
        wrong = [key for key in section if key != "file"]
        problems += (_problem(place, (name, key), f"unknown key '{key}'{_hint(key)}", key=True) for key in wrong)
        path = section.get("file")
        if "file" not in section and not wrong:
            problems.append(_problem(place, (name,), "must be text, or {file: PATH}"))
        elif "file" in section:
            try:
                files[name] = _found(path, conf)
                texts[name] = files[name].read_bytes().decode("utf-8-sig")
            except _Unusable as error:
                problems.append(_problem(place, (name, "file"), str(error)))
            except OSError as error:
                problems.append(_problem(place, (name, "file"), f"'{path}' cannot be read: {error.strerror}"))
            except UnicodeDecodeError as error:
                line = error.object[: error.start].count(b"\n") + 1
                said = f"line {line} of '{path}' is not UTF-8 text; save the file as UTF-8"
                problems.append(_problem(place, (name, "file"), said))
    return Sections({**persona, "sections": texts}, files, tuple(problems))


class _Unusable(Exception):
    """A path cannot be used; the message says why."""


def _found(path: Any, conf: Conf) -> Path:
    """Return the file below one of the folders of settings.

    Raises:
        _Unusable: there is none, or it lies outside.
    """
    if not isinstance(path, str) or not path:
        raise _Unusable("must be the path of a file below conf/")
    if PurePath(path).is_absolute() or ".." in PurePath(path).parts:
        raise _Unusable(f"{shown_name(path)} leads out of conf/; give a path below it")
    for folder in conf.folders:
        file = folder / path
        if file.is_file():
            if not file.resolve().is_relative_to(folder.resolve()):
                raise _Unusable(f"{shown_name(path)} is a link that leads out of {shown(folder)}")
            return file
    own = conf.folders[0]
    near = (str(file.relative_to(own)) for file in sorted(own.rglob("*")) if file.suffix != ".yaml" and file.is_file())
    raise _Unusable(f"there is no file {shown_name(path)} in {shown(own)}{did_you_mean(path, near)}")


def _hint(key: Any) -> str:
    return did_you_mean(str(key), ["file"])


def _problem(place: Place, below: Location, what: str, *, key: bool = False) -> str:
    location = (*_AT, *below)
    return f"{place(location, key=key)}: {dotted(location[:-1] if key else location)}: {what}"
