"""`assistant index sync` and `assistant index fetch-history`: following the sources."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from .options import Config, DataDir, HouseName, Model, load_settings

Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        help="Go back to questions tabled on this day; the API begins in May 2014.",
        metavar="YYYY-MM-DD",
    ),
]
OneHouse = Annotated[
    HouseName | None,
    typer.Option("--house", help="Only this House.", case_sensitive=False),
]
KeepSample = Annotated[
    bool, typer.Option("--keep-sample", help="Keep the bundled summaries beside the records.")
]


def sync(
    since: Since = None,
    house: OneHouse = None,
    department: Annotated[
        str | None,
        typer.Option(help="Only questions to this department: its name, or its number in the API."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, and sync again and again.")
    ] = False,
    every: Annotated[
        float, typer.Option(help="Minutes between two syncs of --watch.", metavar="MINUTES")
    ] = 60,
    keep_sample: KeepSample = False,
    data_dir: DataDir = None,
    model: Model = None,
    config: Config = None,
) -> None:
    """Bring the index in step with the official API of written questions and statements.

    The first time it goes back 30 days, or as far as --since says; later it reads what was
    tabled, answered or corrected since.  It may be stopped at any time: the next run goes on.

    \b
    assistant index sync
    assistant index sync --since 2014-05-01 --house Commons
    assistant index sync --watch --every 30
    """
    from ..syncing import Wanted, run_sync, watch_sync

    settings = load_settings(config, data_dir, model)
    wanted = Wanted(_day(since), house.value if house else None, department, keep_sample)
    if watch:
        watch_sync(settings, wanted, every)
    elif not run_sync(settings, wanted):
        raise typer.Exit(1)


def fetch_history(
    house: OneHouse = None,
    first: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="First day of answers; 2001 at the earliest for the Commons, 1999 for the Lords.",
            metavar="YYYY-MM-DD",
        ),
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Last day of answers.", metavar="YYYY-MM-DD")
    ] = None,
    keep_sample: KeepSample = False,
    data_dir: DataDir = None,
    model: Model = None,
    config: Config = None,
) -> None:
    """Add older answers from TheyWorkForYou's daily files, both Houses.

    Without --from it reads what lies before the official API begins (May 2014).  A record that
    the API gave already is not doubled.  It may be stopped at any time: the next run goes on.

    \b
    assistant index fetch-history --from 2010-05-01 --to 2014-05-31
    assistant index fetch-history --house Lords --from 1999-11-01
    """
    from ..syncing import run_history

    settings = load_settings(config, data_dir, model)
    days = _day(first), _day(last)
    if not run_history(settings, house.value if house else None, *days, keep_sample=keep_sample):
        raise typer.Exit(1)


def register(index_app: typer.Typer) -> None:
    """Hook the commands in under ``assistant index``."""
    index_app.command()(sync)
    index_app.command()(fetch_history)


def _day(text: str | None) -> date | None:
    from index.errors import BadRequest

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadRequest(f"{text!r} is not a date.", "Write it as 2024-07-30.") from None
