"""The JSON schemas by which editors know scenarios, scripts and settings, made from the types that read them."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import CoreSchema, DictSchema, TaggedUnionSchema

from harness.endpoint import ScriptFile
from harness.errors import InputError
from harness.files import write_whole
from harness.resolvable import chosen, group_file
from harness.scenario import ScenarioFile
from harness.settings import GROUPS, Composed
from harness.source import shown
from harness.written import Schema, either

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCENARIO = "scenarios/scenario.schema.json"
SCRIPT = "scenarios/script.schema.json"
ENDING = ".schema.json"


def texts() -> dict[str, str]:
    """Return the schemas of a project's files as texts, under the paths at which they stand."""
    schemas = {SCENARIO: _schema(ScenarioFile, "Scenario"), SCRIPT: _schema(ScriptFile, "Script")}
    for group in GROUPS:
        whole = _schema(_kind(group), f"Settings: {group}")
        schemas[f"conf/{group}{ENDING}"] = group_file(whole, group)
    schemas[f"conf/config{ENDING}"] = chosen(_schema(Composed, "Settings: config.yaml"))
    return {name: f"{json.dumps(schema, indent=2, ensure_ascii=False)}\n" for name, schema in schemas.items()}


def modeline(path: str) -> str:
    """Return the line by which an editor finds the schema of the file at a path of a project.

    It is the first of the file, or the second where the first is Hydra's `# @package`.
    """
    folder, *steps = path.split("/")
    group = steps[0] if len(steps) > 1 else "config"
    of_scenarios = "script" if path.endswith(".script.yaml") else "scenario"
    up = "../" * (len(steps) - 1)
    return f"# yaml-language-server: $schema={up}{of_scenarios if folder == 'scenarios' else group}{ENDING}\n"


def bring_up_to_date(project: Path) -> str:
    """Write the schemas of a project that are missing or outdated, and return what became of each.

    Those of a folder that the project does not have are left out.

    Raises:
        InputError: a file cannot be written.
    """
    lines = []
    for name, text in texts().items():
        path = project / name
        if not path.parent.is_dir():
            continue
        try:
            fresh = path.is_file() and path.read_bytes() == text.encode()
            if not fresh:
                write_whole(path, text)
        except OSError as error:
            raise InputError(f"{shown(path)}: cannot be written: {error.strerror}") from None
        lines.append(f"{shown(path)}: {'up to date' if fresh else 'written'}")
    return "\n".join(lines)


def _kind(group: str) -> type[BaseModel]:
    annotation: Any = Composed.model_fields[group].annotation
    kind: type[BaseModel] = annotation
    return kind


def _schema(kind: type[BaseModel], title: str) -> Schema:
    made = _tidy(kind.model_json_schema(schema_generator=_Generator))
    definitions = dict(sorted(made.pop("$defs", {}).items()))
    return {"$schema": DIALECT, "title": title, **made, "$defs": definitions}


class _Generator(GenerateJsonSchema):
    """Describes choices so that a mistake is told at its own place, and gives no titles to fields."""

    def get_union_of_schemas(self, schemas: list[Schema]) -> Schema:
        """Return the schema of a choice."""
        return either(*schemas)

    def tagged_union_schema(self, schema: TaggedUnionSchema) -> Schema:
        """Return the schema of a choice that a function makes."""
        return either(*(self.generate_inner(one) for one in schema["choices"].values()))

    def dict_schema(self, schema: DictSchema) -> Schema:
        """Return the schema of a mapping, in which names that do not fit are told as such."""
        keys = self.generate_inner(schema["keys_schema"]) if "keys_schema" in schema else {}
        values = self.generate_inner(schema["values_schema"]) if "values_schema" in schema else {}
        named = {"propertyNames": {"pattern": keys["pattern"]}} if "pattern" in keys else {}
        least = {"minProperties": schema["min_length"]} if "min_length" in schema else {}
        return {"type": "object", **named, **least, "additionalProperties": values}

    def field_title_should_be_set(self, schema: CoreSchema | Any) -> bool:  # noqa: ARG002 - pydantic's signature
        """Return that no field has a title: it would be its name again."""
        return False


def _tidy(schema: Any) -> Any:
    """Return a schema without titles, with sentences on one line, and with defaults that tell something only."""
    if isinstance(schema, list):
        return [_tidy(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    tidy: Schema = {}
    for key, value in schema.items():
        if key in ("title", "writeOnly", "format") or (key == "default" and (not value or isinstance(value, dict))):
            continue
        if key in ("properties", "$defs", "dependentSchemas"):
            tidy[key] = {name: _tidy(one) for name, one in value.items()}
        elif key == "description":
            tidy[key] = " ".join(value.split("\n\n")[0].split())
        else:
            tidy[key] = value if key in ("default", "enum", "const", "examples") else _tidy(value)
    return tidy
