"""The page of documentation at ``/api/docs``: made here from the description, no script in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

_METHODS = ("get", "post", "put", "delete")


def install(app: FastAPI) -> None:
    """Serve the page."""

    @app.get("/api/docs", include_in_schema=False)
    async def reference() -> HTMLResponse:
        return HTMLResponse(page(app.openapi()))


def page(description: dict[str, Any]) -> str:
    """An OpenAPI description as a page of HTML."""
    return (
        _environment()
        .get_template("reference.html.j2")
        .render(
            info=description["info"],
            operations=operations(description),
            bodies=bodies(description),
        )
    )


def operations(description: dict[str, Any]) -> list[dict[str, Any]]:
    """What can be called: method, path, description, parameters, body, replies."""
    return [
        {"method": method.upper(), "path": path, **_operation(operation)}
        for path, item in description["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    ]


def bodies(description: dict[str, Any]) -> list[dict[str, Any]]:
    """What is sent and got: name, description and fields of each body, by name."""
    schemas = description.get("components", {}).get("schemas", {})
    return [
        {"name": name, "description": schema.get("description", ""), "fields": _fields(schema)}
        for name, schema in sorted(schemas.items())
    ]


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    parameters = [
        {
            "name": parameter["name"],
            "where": parameter["in"],
            "type": in_words(parameter.get("schema", {})),
            "required": parameter.get("required", False),
            "description": parameter.get("description", ""),
        }
        for parameter in operation.get("parameters", ())
    ]
    body = operation.get("requestBody", {}).get("content", {})
    replies = [
        {
            "status": status,
            "description": reply.get("description", ""),
            "body": _either(reply.get("content", {}).values()),
        }
        for status, reply in sorted(operation.get("responses", {}).items())
    ]
    return {
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "parameters": parameters,
        "body": {kind: in_words(value.get("schema", {})) for kind, value in body.items()},
        "replies": replies,
    }


def _either(contents: Iterable[dict[str, Any]]) -> str:
    types = (in_words(content.get("schema", {})) for content in contents)
    return " or ".join(filter(None, dict.fromkeys(types)))


def _fields(schema: dict[str, Any]) -> list[dict[str, Any]]:
    needed = schema.get("required", ())
    return [
        {
            "name": name,
            "type": in_words(value),
            "required": name in needed,
            "description": value.get("description", ""),
        }
        for name, value in schema.get("properties", {}).items()
    ]


def in_words(schema: dict[str, Any]) -> str:
    """A schema in a few words: ``array of PassageBody``, ``string or null``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " or ".join(in_words(option) for option in schema[key])
    if "enum" in schema or "const" in schema:
        return " or ".join(json.dumps(v) for v in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        inner = in_words(schema.get("items", {}))
        return f"array of {inner}" if inner else "array"
    found = str(schema.get("type", ""))
    return f"{found} ({schema['format']})" if found and "format" in schema else found


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("assistant.api", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
