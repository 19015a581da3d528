"""As much of JSON Schema (draft 4) as the schemas beside the repository use, to check what we write."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

Schema = Mapping[str, Any]

_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "number": (int, float),
}
KNOWN: Final = frozenset(
    {
        "$ref", "type", "enum", "required", "properties", "additionalProperties", "items", "minItems",
        "oneOf", "format", "refTypes", "description",
    }
)  # fmt: skip


def faults(value: Any, schema: Schema, root: Schema, at: str = "$") -> Iterator[str]:
    """Everything in which a value is not as the schema has it.

    Raises:
        NotImplementedError: The schema uses something that is not checked here.
    """
    if "$ref" in schema:
        yield from faults(value, _meant(schema["$ref"], root), root, at)
        return
    unknown = schema.keys() - KNOWN
    if unknown and at != "$":
        raise NotImplementedError(sorted(unknown))
    if "oneOf" in schema:
        fits = [not list(faults(value, one, root, at)) for one in schema["oneOf"]]
        if sum(fits) != 1:
            yield f"{at}: fits {sum(fits)} of {len(fits)} kinds"
        return
    yield from _plain(value, schema, at)
    if isinstance(value, dict):
        yield from _object(value, schema, root, at)
    if isinstance(value, list):
        for n, one in enumerate(value):
            yield from faults(one, schema.get("items", {}), root, f"{at}[{n}]")


def _meant(reference: str, root: Schema) -> Schema:
    found = root
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def _plain(value: Any, schema: Schema, at: str) -> Iterator[str]:
    kind = schema.get("type")
    if kind and (
        not isinstance(value, _TYPES[kind]) or isinstance(value, bool) != (kind == "boolean")
    ):
        yield f"{at}: is no {kind}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is none of {schema['enum']}"
    if isinstance(value, list) and len(value) < schema.get("minItems", 0):
        yield f"{at}: too short"
    if schema.get("format") == "date-time":
        datetime.fromisoformat(value)


def _object(value: dict[str, Any], schema: Schema, root: Schema, at: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    yield from (f"{at}: lacks {name}" for name in schema.get("required", ()) if name not in value)
    for name, inner in value.items():
        if name in properties:
            yield from faults(inner, properties[name], root, f"{at}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{at}: does not know {name}"
