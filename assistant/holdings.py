"""What an index holds and lacks, for the page: by month and department, how fresh, what is cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from index.reports import IndexStatus
from index.sync.report import sync_state

if TYPE_CHECKING:
    from index import Index

MOST_LISTED = 50
"""Cut records and refusals that are listed; all of them are counted."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A record of which the source gave only a part."""

    id: str
    uin: str | None
    answered: date | None
    url: str | None
    title: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file or record that could not be read, and why; `file` without its folder."""

    file: str
    record: str
    reason: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """What an index holds: its counts, the days answered, the latest change, what is amiss.

    `days` has one entry for each record with a date; `synced` is when the official source was
    last read through, None where it never was.
    """

    status: IndexStatus
    days: Sequence[date]
    latest_change: datetime | None
    synced: datetime | None
    cut: Sequence[Cut]
    refused: Sequence[Refusal]


def holdings(index: Index) -> Holdings:
    """What `index` holds now."""
    catalog = index.catalog
    status = index.status()
    days = catalog.select_all("SELECT answered FROM records WHERE answered IS NOT NULL")
    ((added,),) = catalog.select_all("SELECT MAX(added) FROM records")
    followed = sync_state(index, months=False).followed
    ids = catalog.select_all(
        "SELECT id FROM records WHERE is_truncated ORDER BY answered DESC, number LIMIT ?",
        (MOST_LISTED,),
    )
    records = catalog.records([key for (key,) in ids])
    refused = catalog.select_all(
        "SELECT file, record, reason FROM refusals ORDER BY noticed DESC LIMIT ?",
        (MOST_LISTED,),
    )
    return Holdings(
        status,
        [date.fromisoformat(day) for (day,) in days],
        datetime.fromisoformat(added) if added else None,
        max((part.last_read for part in followed), default=None),
        [
            Cut(r.id, r.uin, r.answered, r.url, r.title)
            for (key,) in ids
            if (r := records.get(key)) is not None
        ],
        [Refusal(short_name(file), *rest) for file, *rest in refused],
    )


def short_name(file: str) -> str:
    """A file's name without its folder, whichever system it comes from."""
    return file.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
