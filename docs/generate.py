"""A MkDocs hook: the reference pages that are made from the program itself.

A page says ``<!-- generated: NAME -->`` where the text of `MADE[NAME]` is to stand.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

from mkdocs.exceptions import PluginError

ROOT = Path(__file__).resolve().parents[1]
_ELSEWHERE = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\ssrc=["']?(?:https?:)?//[^>]*"""
    r"""|<link\b[^>]*\srel=["']?(?:stylesheet|preconnect|icon)[^>]*href=["']?(?:https?:)?//[^>]*"""
)
_MARK = re.compile(r"<!-- generated: (\w+) -->")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by MkDocs for each page."""
    # What lies outside the documentation's folder has a page of its own in the site.
    markdown = markdown.replace("../benchmarks/RESULTS.md", "reference/results.md")
    return _MARK.sub(lambda found: MADE[found.group(1)](), markdown)


def on_post_build(config: Any, **_: Any) -> None:
    """Called by MkDocs at the end: a reader's browser must be sent nowhere else."""
    for page in Path(config["site_dir"]).rglob("*.html"):
        if found := _ELSEWHERE.search(page.read_text("utf-8")):
            raise PluginError(f"{page.name} loads from elsewhere: {found.group()}")


def commands() -> str:
    """Every command with its usage, its help and its options."""
    import typer.main

    from assistant.cli import app

    return "\n".join(_command("assistant", typer.main.get_command(app)))


def _command(path: str, command: Any) -> Iterator[str]:
    context = command.make_context(path, [], resilient_parsing=True)
    inner = getattr(command, "commands", {})
    if not inner:
        usage = " ".join(command.get_usage(context).split()).removeprefix("Usage: ")
        yield f"## {path}\n\n```text\n{usage}\n```\n"
        yield _help(command.help or "")
        rows = [row for p in command.params if (row := p.get_help_record(context))]
        yield _table(("", "meaning"), ((_code(name), said) for name, said in rows))
    for name, one in inner.items():
        yield from _command(f"{path} {name}", one)


def _help(text: str) -> str:
    """Help as it is typed in: what follows the mark of Click that keeps lines is an example."""
    said, _, examples = inspect.cleandoc(text).partition("\b\n")
    shown = f"\n```sh\n{examples.strip()}\n```\n" if examples else ""
    return f"{said.strip()}\n{shown}"


def settings() -> str:
    """Every setting with its default and its meaning."""
    from assistant.settings import Settings

    meanings = _meanings(ROOT / "assistant" / "settings.py", "Settings")
    rows = (
        (_code(name), _code(_default(field)), meanings[name])
        for name, field in Settings.model_fields.items()
    )
    return _table(("setting", "default", "meaning"), rows)


def _default(field: Any) -> str:
    if field.default_factory is not None:
        return "the system's place for such"
    value = list(field.default) if isinstance(field.default, tuple) else field.default
    return "" if value is None else str(value).replace("'", '"')


def _meanings(file: Path, name: str) -> dict[str, str]:
    """The docstrings under the fields of a class."""
    tree = ast.parse(file.read_text("utf-8"))
    found = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name)
    meanings = {}
    for field, after in zip(found.body, found.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr):
            target, value = field.target, after.value
            if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
                meanings[target.id] = " ".join(str(value.value).split())
    return meanings


def rest() -> str:
    """Every address with what it takes and gives, then every body."""
    from assistant.api import reference

    described = _description()
    parts = []
    for one in reference.operations(described):
        parts.append(f"## {one['method']} {one['path']}\n\n{one['description']}\n")
        parameters = [_row(p) for p in one["parameters"]]
        if parameters:
            parts.append(_table(("parameter", "type", "meaning"), parameters))
        parts += [f"Body: `{kind}`{_linked(type_)}\n" for kind, type_ in one["body"].items()]
        replies = ((r["status"], _linked(r["body"], ""), r["description"]) for r in one["replies"])
        parts.append(_table(("status", "body", "meaning"), replies))
    for body in reference.bodies(described):
        parts.append(f"## {body['name']}\n\n{body['description']}\n")
        parts.append(_table(("field", "type", "meaning"), (_row(f) for f in body["fields"])))
    return "\n".join(parts)


@cache
def _description() -> dict[str, Any]:
    from assistant.service.app import build_service
    from assistant.settings import Settings

    # Nothing is asked of the index until a request comes.
    return build_service(MagicMock(), Settings(log_questions="off")).inner.openapi()


def _row(field: dict[str, Any]) -> tuple[str, str, str]:
    needed = " (needed)" if field["required"] else ""
    return f"{_code(field['name'])}{needed}", _linked(field["type"], ""), field["description"]


def _linked(type_: str, before: str = ", ") -> str:
    """A type in words, the bodies among it linked to where they are described."""
    known = _description()["components"]["schemas"]
    words = re.sub(r"\w+", lambda w: f"[{w[0]}](#{w[0].lower()})" if w[0] in known else w[0], type_)
    return before + words if words else ""


def mcp() -> str:
    """Every tool as another assistant sees it."""
    from assistant.mcp import INSTRUCTIONS, build_mcp

    parts = [f"Told to every assistant that connects:\n\n> {INSTRUCTIONS}\n"]
    for tool in asyncio.run(build_mcp(MagicMock()).list_tools()):
        parts.append(f"## {tool.name}\n\n{tool.description}\n")
        schema = tool.input_schema
        rows = (
            (
                _code(name) + (" (needed)" if name in schema.get("required", ()) else ""),
                _kind(value),
                value.get("description", ""),
            )
            for name, value in schema["properties"].items()
        )
        parts.append(_table(("argument", "type", "meaning"), rows))
        gives = tool.output_schema.get("title", "")
        fields = (_code(name) for name in tool.output_schema["properties"])
        parts.append(f"Gives {gives}: {', '.join(fields)}.\n")
    return "\n".join(parts)


def _kind(schema: dict[str, Any]) -> str:
    from assistant.api.reference import in_words

    return in_words(schema)


def results() -> str:
    """What was measured, from where the benchmarks keep it."""
    text = (ROOT / "benchmarks" / "RESULTS.md").read_text("utf-8")
    return text.replace("../docs/", "../")


def changelog() -> str:
    """What changed, as the checkout tells it."""
    return (ROOT / "CHANGELOG.md").read_text("utf-8")


def _table(heads: tuple[str, ...], rows: Any) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: str) -> str:
    """One line; bars are escaped but for those in code, which part no cells."""
    parts = " ".join(str(value).split()).split("`")
    return "`".join(part if n % 2 else part.replace("|", "\\|") for n, part in enumerate(parts))


def _code(value: str) -> str:
    return f"`{value}`" if value else ""


MADE: dict[str, Callable[[], str]] = {
    "commands": commands,
    "settings": settings,
    "rest": rest,
    "mcp": mcp,
    "results": results,
    "changelog": changelog,
}
