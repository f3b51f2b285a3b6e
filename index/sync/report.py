"""How a sync went, and how fresh and complete the index is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from ..reports import AddReport
from ..types import Rejected

if TYPE_CHECKING:
    from ..index import Index


@dataclass(slots=True)
class SyncReport:
    """What a run has done so far; counts of records or questions unless named otherwise."""

    listed: int = 0
    """Items seen in lists."""
    completed: int = 0
    """Records read whole from their detail address."""
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    merged: int = 0
    """Records of the second source that gave way to the official one, or were known by it."""
    withdrawn: int = 0
    """Records whose answer or question the source no longer gives."""
    owed: int = 0
    """Records that could not be read whole; the next run tries again."""
    unsettled: list[str] = field(default_factory=list)
    """Lists that changed all the while they were read; the next run reads them again."""
    files: int = 0
    """Daily files read."""
    missing_files: int = 0
    refused: list[Rejected] = field(default_factory=list)
    requests: int = 0

    def take(self, report: AddReport) -> None:
        """Count what became of records that were added."""
        self.added += report.added
        self.changed += report.changed
        self.unchanged += report.unchanged + report.kept_fuller
        self.refuse(report.rejected)

    def refuse(self, refusals: Iterable[Rejected]) -> None:
        self.refused.extend(refusals)

    @property
    def is_complete(self) -> bool:
        """Whether everything that was listed is now held as the source gives it."""
        return not (self.owed or self.unsettled)

    def counts(self) -> dict[str, object]:
        """The report as plain values."""
        return {**asdict(self), "refused": len(self.refused)}


@dataclass(frozen=True, slots=True)
class Followed:
    """How far one part of Parliament's questions has been followed."""

    house: str | None
    body: int | None
    since: date
    """First day whose questions have been read."""
    answered_until: date
    last_read: datetime
    """When the answers were last read to the end."""


@dataclass(frozen=True, slots=True)
class Month:
    """Questions tabled in one month in one House, as the API lists them, and what is held."""

    month: str
    """``YYYY-MM``."""
    house: str
    tabled: int
    answered: int
    withdrawn: int
    """Withdrawn before they were answered."""
    held: int
    """Answered ones that are in the index."""

    @property
    def waiting(self) -> int:
        return self.tabled - self.answered - self.withdrawn

    @property
    def missing(self) -> int:
        """Answered questions that should be in the index and are not."""
        return self.answered - self.held


@dataclass(frozen=True, slots=True)
class SyncState:
    """Freshness and completeness of an index; everything is empty where no sync ever ran.

    `lag_seconds` is the time since the answers of everything followed were last read to the
    end; None before the first sync is finished.
    """

    followed: tuple[Followed, ...] = ()
    lag_seconds: float | None = None
    newest_answer: date | None = None
    waiting: int = 0
    withdrawn: int = 0
    owed: int = 0
    truncated: int = 0
    daily_files: int = 0
    last_run: datetime | None = None
    """When the last run began."""
    last_ended: datetime | None = None
    """When it ended; None while it runs, and where it was killed."""
    last_outcome: str = ""
    """``done``, ``running``, or ``stopped: ...`` with the reason."""
    last_counts: dict[str, object] = field(default_factory=dict)
    months: tuple[Month, ...] = ()

    @property
    def has_synced(self) -> bool:
        return self.last_run is not None

    @property
    def gaps(self) -> tuple[Month, ...]:
        """Months of which something is missing."""
        return tuple(month for month in self.months if month.missing)


def sync_state(index: Index, *, months: bool = True) -> SyncState:
    """How fresh and complete an index is; quick without `months`, which looks up every question."""
    with index.catalog.reading() as db:

        def one(sql: str) -> Any:
            return db.execute(sql).fetchone()[0]

        followed = _followed(db.execute(_CURSORS).fetchall())
        states = dict(db.execute(_STATES))
        run = db.execute(_LAST_RUN).fetchone()
        newest = one(_NEWEST)
        return SyncState(
            followed=followed,
            lag_seconds=_lag(followed),
            newest_answer=date.fromisoformat(newest) if newest else None,
            waiting=states.get("waiting", 0),
            withdrawn=states.get("withdrawn", 0),
            owed=one("SELECT COUNT(*) FROM sync_owed"),
            truncated=one("SELECT COUNT(*) FROM records WHERE is_truncated AND NOT is_summary"),
            daily_files=one("SELECT COUNT(*) FROM sync_files WHERE state = 'read'"),
            last_run=datetime.fromisoformat(run[0]) if run else None,
            last_ended=datetime.fromisoformat(run[3]) if run and run[3] else None,
            last_outcome=run[1] if run else "",
            last_counts=json.loads(run[2]) if run else {},
            months=tuple(Month(*row) for row in db.execute(_MONTHS)) if months else (),
        )


def sync_lag(index: Index) -> float | None:
    """`SyncState.lag_seconds` alone."""
    with index.catalog.reading() as db:
        return _lag(_followed(db.execute(_CURSORS).fetchall()))


_CURSORS = """
SELECT c.scope, COALESCE(MIN(s.first), c.since), c.until, c.read FROM sync_cursors c
LEFT JOIN sync_slices s ON s.scope = c.scope WHERE c.stream = 'answered' GROUP BY c.scope
"""
_STATES = "SELECT state, COUNT(*) FROM sync_seen WHERE stream = 'questions' GROUP BY state"
_LAST_RUN = "SELECT started, outcome, detail, ended FROM sync_runs ORDER BY number DESC LIMIT 1"
_NEWEST = """
SELECT MAX(answered) FROM records WHERE NOT is_summary AND kind = 'written_answer'
"""
_MONTHS = """
SELECT substr(s.day, 1, 7) AS month, COALESCE(s.house, '') AS house, COUNT(*),
  SUM(s.state = 'answered'), SUM(s.state = 'withdrawn'),
  SUM(s.state = 'answered' AND EXISTS (SELECT 1 FROM records r WHERE r.id = CAST(s.id AS TEXT)))
FROM sync_seen s WHERE s.stream = 'questions' GROUP BY month, house ORDER BY month, house
"""


def _followed(rows: list[tuple[str, str, str, str]]) -> tuple[Followed, ...]:
    found = []
    for scope, since, until, read in sorted(rows):
        house, body = scope.split(":", 1)
        last = date.fromisoformat(until)
        # A run that was stopped has read some days of late, and not those that are the latest.
        end = datetime.combine(last, time.min, UTC) + timedelta(days=1)
        found.append(
            Followed(
                house=None if house == "both" else house,
                body=None if body == "all" else int(body),
                since=date.fromisoformat(since),
                answered_until=last,
                last_read=min(datetime.fromisoformat(read), end),
            )
        )
    return tuple(found)


def _lag(followed: tuple[Followed, ...]) -> float | None:
    reads = [part.last_read for part in followed]
    return max(0.0, (datetime.now(UTC) - min(reads)).total_seconds()) if reads else None
