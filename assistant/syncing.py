"""Following the sources from the command line: a bar while it runs, a word on what came of it."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

import typer

from index.errors import BadRequest
from index.sync.history import History
from index.sync.http import Client
from index.sync.questions import Questions, Scope, View
from index.sync.report import SyncReport, sync_state
from index.sync.runner import Sync
from index.sync.schedule import Round, watch
from index.sync.state import SyncStore
from prompts import counted

from .bars import bar
from .building import REFUSED_FILE, open_index, tell_refusals
from .logs import complain

if TYPE_CHECKING:
    from index import Index
    from index.types import House

    from .settings import Settings

_log = logging.getLogger("assistant.sync")

_LOOK_BACK = timedelta(days=14)
"""How far back departments are looked for by name in the API's lists."""
_LOOK_PAGES = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a sync was asked to follow."""

    since: date | None = None
    house: str | None = None
    department: str | None = None
    keep_sample: bool = False


def run_sync(settings: Settings, wanted: Wanted) -> bool:
    """Sync once and say what came of it; returns False where something could not be read."""
    with open_index(settings) as index, _client(settings, settings.api_url) as client:
        was_sample = index.status().only_sample
        with bar("Asking the source") as tell:
            sync = Sync(index, Questions(client), concurrency=settings.api_concurrency, tell=tell)
            scope = _scope(index, Questions(client), wanted)
            try:
                report = sync.run(scope, wanted.since)
            except BaseException:
                tell("", 0, None)
                if sync.report.added or sync.report.changed:
                    typer.echo(f"Until then: {_summary(sync.report)}", err=True)
                raise
        _log.info("synced", extra={"counts": report.counts()})
        typer.echo(_summary(report))
        _drop_sample(index, was_sample, wanted.keep_sample)
        waiting = sync_state(index, months=False).waiting
    if waiting:
        verb = "awaits" if waiting == 1 else "await"
        typer.echo(f"{counted(waiting, 'tabled question')} {verb} an answer.")
    return _say_what_is_left(report, settings)


def watch_sync(settings: Settings, wanted: Wanted, every: float) -> None:
    """Sync again and again until the program is stopped."""
    stop = threading.Event()
    # A service is stopped by SIGTERM; it then ends as with Ctrl-C, everything whole.
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    def told(turn: Round) -> None:
        following = f"{turn.following:%H:%M}"
        if turn.error is not None:
            complain(f"{turn.error} Trying again at {following}.")
        else:
            typer.echo(f"Next sync at {following}.")
        sys.stdout.flush()

    watch(lambda: run_sync(settings, wanted), timedelta(minutes=every), told, stop)


def run_history(
    settings: Settings,
    house: str | None,
    first: date | None,
    last: date | None,
    *,
    keep_sample: bool = False,
) -> bool:
    """Read daily files and say what came of it; returns False where something was refused."""
    with open_index(settings) as index, _client(settings, settings.history_url) as client:
        was_sample = index.status().only_sample
        with bar("Asking the source") as tell:
            report = History(index, client, tell=tell).run(cast("House | None", house), first, last)
        typer.echo(
            f"{counted(report.files, 'daily file')} read: {_summary(report)}"
            if report.files
            else "Nothing new: every daily file of these days has been read before or is missing."
        )
        _drop_sample(index, was_sample, keep_sample)
    return _say_what_is_left(report, settings)


def _client(settings: Settings, address: str) -> Client:
    return Client(address, rate=settings.api_rate, contact=settings.contact)


def _scope(index: Index, questions: Questions, wanted: Wanted) -> Scope:
    house = cast("House | None", wanted.house)
    if not wanted.department:
        return Scope(house)
    name = " ".join(wanted.department.split())
    if name.isdigit():
        return Scope(house, int(name))
    body = SyncStore(index.catalog).body_named(name) or _find_body(questions, name)
    return Scope(house, body)


def _find_body(questions: Questions, name: str) -> int:
    """The number of a department, looked for by its name among recent questions."""
    today = date.today()
    known: set[str] = set()
    skip = 0
    for _ in range(_LOOK_PAGES):
        page = questions.page(View.TABLED, Scope(), today - _LOOK_BACK, today, skip)
        for item in page.items:
            if item.department and item.body and item.department.lower() == name.lower():
                return item.body
            known.add(item.department or "")
        skip += page.received
        if skip >= page.total or not page.received:
            break
    some = "; ".join(sorted(known - {""}))
    raise BadRequest(
        f"No question of the last {_LOOK_BACK.days} days went to a department called {name!r}.",
        f"Those that were asked: {some}." if some else "Give its number in the API instead.",
    )


def _summary(report: SyncReport) -> str:
    parts = [f"{report.added:,} added", f"{report.changed:,} changed"]
    parts.append(f"{report.unchanged:,} unchanged")
    if report.merged:
        parts.append(f"{report.merged:,} known from the other source")
    if report.withdrawn:
        parts.append(f"{report.withdrawn:,} withdrawn")
    if report.refused:
        parts.append(f"{len(report.refused):,} refused")
    total = report.added + report.changed + report.unchanged
    listed = f" ({report.listed:,} listed)" if report.listed else ""
    asked = counted(report.requests, "request")
    return f"{counted(total, 'record')}{listed}: {', '.join(parts)}; {asked}."


def _say_what_is_left(report: SyncReport, settings: Settings) -> bool:
    if report.owed:
        typer.echo(
            f"{counted(report.owed, 'record')} could not be read whole; the next sync tries again.",
            err=True,
        )
    for what in report.unsettled:
        typer.echo(
            f"{what}: the list kept changing while it was read; the next sync reads it again.",
            err=True,
        )
    if report.refused:
        tell_refusals(tuple(report.refused), settings.data_dir / REFUSED_FILE)
    return report.is_complete and not report.refused


def _drop_sample(index: Index, was_sample: bool, keep: bool) -> None:
    if gone := index.drop_outgrown_sample(was_sample and not keep):
        typer.echo(f"The {counted(gone, 'summary', 'summaries')} of the bundled sample gave way.")
