"""Options that many commands share, and the settings they lead to."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from index import Index
    from index.types import Filters

    from ..settings import Settings


class HouseName(StrEnum):
    """The Houses a search may be limited to."""

    COMMONS = "Commons"
    LORDS = "Lords"


DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder that holds the index.", metavar="FOLDER")
]
Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file (TOML).", metavar="FILE")
]
Model = Annotated[
    str | None,
    typer.Option("--model", help="Embedding model: a folder or a name.", metavar="MODEL"),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")]
Question = Annotated[str, typer.Argument(help="A question in plain words, in quotes.")]
Department = Annotated[
    list[str] | None,
    typer.Option("--department", help="Only answers of this department; may be repeated."),
]
House = Annotated[
    list[HouseName] | None,
    typer.Option("--house", help="Only questions of this House.", case_sensitive=False),
]
Member = Annotated[
    list[str] | None,
    typer.Option("--member", help="Only questions asked or answered by this member."),
]
From = Annotated[
    str | None, typer.Option("--from", help="Answered on this day or later.", metavar="YYYY-MM-DD")
]
To = Annotated[
    str | None, typer.Option("--to", help="Answered on this day or before.", metavar="YYYY-MM-DD")
]


class ComposerName(StrEnum):
    """What may write an answer."""

    EXTRACTIVE = "extractive"
    LLM = "llm"


WhoWrites = Annotated[
    ComposerName | None,
    typer.Option("--composer", help="Quote the records, or have a language model write."),
]
LlmModel = Annotated[
    str | None,
    typer.Option(
        "--llm-model", help="Language model, such as ollama_chat/llama3.2.", metavar="MODEL"
    ),
]
LlmUrl = Annotated[
    str | None, typer.Option("--llm-url", help="Address of its server.", metavar="URL")
]


def load_settings(
    config: Path | None, data_dir: Path | None, model: str | None, **flags: Any
) -> Settings:
    """The settings in force; flags that are None count as not given.

    From here on the logs have the form that they ask for.
    """
    from .. import logs
    from ..settings import Settings

    settings = Settings.load(config, data_dir=data_dir, model=model, **flags)
    logs.configure(settings.log_format)
    say_mistyped()
    return settings


def say_mistyped() -> None:
    """Say which environment variables set nothing although they nearly name a setting."""
    from ..logs import complain
    from ..settings import Settings

    for told in Settings.mistyped():
        complain(told)


def limits(
    department: list[str] | None,
    house: list[HouseName] | None,
    member: list[str] | None,
    answered_from: str | None,
    answered_to: str | None,
) -> Filters:
    """The limits that the options of these names ask for.

    Raises:
        BadRequest: a day is none, or the days are in the wrong order.
    """
    from index import make_filters

    return make_filters(
        department=department or (),
        house=[str(name) for name in house or ()],
        member=member or (),
        answered_from=answered_from,
        answered_to=answered_to,
    )


def say_unknown(index: Index, filters: Filters) -> None:
    """Say which departments of the limits no record is from: nothing can be found under them."""
    from difflib import get_close_matches

    from prompts import render

    from ..logs import complain

    names = [name for name, _ in index.facets().departments] if filters.department else []
    for name in filters.department:
        if name not in names:
            near = get_close_matches(name, names, n=3, cutoff=0.5)
            complain(render("unknown_department", department=name, near=near))
