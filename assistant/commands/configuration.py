"""`assistant config`: what is set, and where each value came from."""

from __future__ import annotations

from pathlib import Path

import typer

from .options import Config, DataDir, Json, Model, say_mistyped

config_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What is set, and where it came from."
)


@config_app.command()
def show(
    json: Json = False, data_dir: DataDir = None, model: Model = None, config: Config = None
) -> None:
    """Every setting with its value and where it came from: flag, environment, file or default.

    \b
    assistant config show
    """
    from ..settings import Settings

    say_mistyped()
    given = {"data_dir": data_dir, "model": model}
    told = Settings.explain(config, **given)
    if json:
        import json as writer

        rows = {t.name: {"value": t.value, "source": t.source} for t in told}
        typer.echo(writer.dumps(rows, indent=2, default=_plain))
        return
    width = max(len(t.name) for t in told)
    for t in told:
        value = ", ".join(map(str, t.value)) if isinstance(t.value, tuple) else t.value
        shown = "(not set)" if value in (None, "") else value
        typer.echo(f"{t.name:{width}}  {shown}  [{t.source}]")


def _plain(value: object) -> str:
    return str(value) if isinstance(value, Path) else repr(value)
