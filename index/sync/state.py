"""What a sync remembers, in tables of the catalogue's own file.

Records and this memory are written in two steps, records first: a stop between them makes the
next run look at the same items again, and nothing worse.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from ..catalog import Catalog
from ..database import unwritable
from .http import Reply
from .plan import Cursor, Days
from .questions import Listed, Scope, Stream, View

_SOME = 500
_KEEP_PAGES = 4_000
_PAGES_AT_ONCE = 50
_KEEP_RUNS = 200
_WANTED = "wanted"
"""The row beside a scope's cursors that says how far back they are to begin."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A record that was listed but could not be read whole yet."""

    stream: Stream
    id: int
    reason: str
    tries: int


@dataclass(frozen=True, slots=True)
class DailyFile:
    """A daily file as it was last read; `state` is ``read``, ``missing`` or ``broken``."""

    state: str
    read: datetime
    reply: Reply


class SyncStore:
    """The memory of syncs.  Use it from one thread at a time."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._pages: dict[str, Reply] = {}

    # -- items seen -----------------------------------------------------------------

    def digests(self, stream: Stream, ids: Sequence[int]) -> dict[int, str]:
        """What each of these items said when it was last dealt with."""
        found: dict[int, str] = {}
        with self._catalog.reading() as db:
            for some in _parts(ids):
                marks = ",".join("?" * len(some))
                found.update(
                    db.execute(
                        f"SELECT id, digest FROM sync_seen WHERE stream = ? AND id IN ({marks})",  # noqa: S608
                        (stream, *some),
                    )
                )
        return found

    def note_seen(self, items: Iterable[Listed]) -> None:
        """These have been dealt with; nothing is owed of them any more."""
        listed = list(items)
        rows = [
            (
                item.stream,
                item.id,
                item.house,
                item.body,
                item.department,
                item.uin,
                item.day.isoformat(),
                item.state,
                item.digest,
            )
            for item in listed
        ]
        with self._catalog.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO sync_seen VALUES (?,?,?,?,?,?,?,?,?)", rows)
            db.executemany(
                "DELETE FROM sync_owed WHERE stream = ? AND id = ?",
                [(item.stream, item.id) for item in listed],
            )

    def seen_in(self, stream: Stream, scope: Scope, days: Days) -> set[int]:
        """Numbers of the items of those days that were listed before."""
        clauses, values = ["stream = ?", "day BETWEEN ? AND ?"], [
            stream.value,
            days.first.isoformat(),
            days.last.isoformat(),
        ]  # fmt: skip
        if scope.house:
            clauses.append("house = ?")
            values.append(scope.house)
        if scope.body:
            clauses.append("body = ?")
            values.append(str(scope.body))
        with self._catalog.reading() as db:
            rows = db.execute(f"SELECT id FROM sync_seen WHERE {' AND '.join(clauses)}", values)  # noqa: S608
            return {row[0] for row in rows}

    def forget(self, stream: Stream, ids: Iterable[int]) -> None:
        """These are no longer listed."""
        pairs = [(stream, number) for number in ids]
        with self._catalog.transaction() as db:
            db.executemany("DELETE FROM sync_seen WHERE stream = ? AND id = ?", pairs)
            db.executemany("DELETE FROM sync_owed WHERE stream = ? AND id = ?", pairs)

    def body_named(self, name: str) -> int | None:
        """Number of the answering body of that name, in any case, as last seen."""
        with self._catalog.reading() as db:
            row = db.execute(
                "SELECT body FROM sync_seen WHERE department = ? COLLATE NOCASE"
                " AND body IS NOT NULL ORDER BY day DESC LIMIT 1",
                (name.strip(),),
            ).fetchone()
        return int(row[0]) if row else None

    # -- how far it got ---------------------------------------------------------------

    def slice_read(self, scope: Scope, stream: Stream, days: Days) -> datetime | None:
        """When a slice was last read to its end."""
        with self._catalog.reading() as db:
            row = db.execute(
                "SELECT read FROM sync_slices WHERE scope = ? AND stream = ? AND first = ?",
                (scope.key, stream, days.first.isoformat()),
            ).fetchone()
        return datetime.fromisoformat(row[0]) if row else None

    def note_slice(
        self, scope: Scope, stream: Stream, days: Days, total: int, now: datetime
    ) -> None:
        with self._catalog.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO sync_slices VALUES (?, ?, ?, ?, ?, ?)",
                (
                    scope.key,
                    stream,
                    days.first.isoformat(),
                    days.last.isoformat(),
                    total,
                    now.isoformat(timespec="seconds"),
                ),
            )

    def wanted_since(self, scope: Scope) -> date | None:
        """How far back a sync was asked to go, however far it got."""
        with self._catalog.reading() as db:
            row = db.execute(
                "SELECT since FROM sync_cursors WHERE scope = ? AND stream = ?",
                (scope.key, _WANTED),
            ).fetchone()
        return date.fromisoformat(row[0]) if row else None

    def note_wanted(self, scope: Scope, since: date) -> None:
        day = since.isoformat()
        with self._catalog.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO sync_cursors VALUES (?, ?, ?, ?, ?)",
                (scope.key, _WANTED, day, day, _now()),
            )

    def cursor(self, scope: Scope, view: View) -> Cursor | None:
        with self._catalog.reading() as db:
            row = db.execute(
                "SELECT since, until, read FROM sync_cursors WHERE scope = ? AND stream = ?",
                (scope.key, view),
            ).fetchone()
        if row is None:
            return None
        since, until = date.fromisoformat(row[0]), date.fromisoformat(row[1])
        return Cursor(since, until, datetime.fromisoformat(row[2]))

    def note_cursor(self, scope: Scope, view: View, cursor: Cursor) -> None:
        with self._catalog.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO sync_cursors VALUES (?, ?, ?, ?, ?)",
                (
                    scope.key,
                    view,
                    cursor.since.isoformat(),
                    cursor.until.isoformat(),
                    cursor.read.isoformat(timespec="seconds"),
                ),
            )

    # -- what is owed -------------------------------------------------------------------

    def owe(self, stream: Stream, number: int, reason: str) -> None:
        """Remember that an item could not be read whole, to try again."""
        now = _now()
        with self._catalog.transaction() as db:
            db.execute(
                "INSERT INTO sync_owed VALUES (?, ?, ?, 1, ?) ON CONFLICT (stream, id)"
                " DO UPDATE SET reason = excluded.reason, tries = tries + 1",
                (stream, number, reason, now),
            )

    def owed(self) -> list[Owed]:
        with self._catalog.reading() as db:
            rows = db.execute("SELECT stream, id, reason, tries FROM sync_owed ORDER BY id")
            return [Owed(Stream(row[0]), *row[1:]) for row in rows]

    def settle(self, stream: Stream, number: int) -> None:
        """Nothing is owed of this one any more."""
        with self._catalog.transaction() as db:
            db.execute("DELETE FROM sync_owed WHERE stream = ? AND id = ?", (stream, number))

    def cut_records(self) -> list[int]:
        """Numbers of official answers that are held cut short, whatever brought them."""
        with self._catalog.reading() as db:
            rows = db.execute(
                "SELECT CAST(id AS INTEGER) FROM records WHERE is_truncated AND NOT is_summary"
                " AND NOT is_withdrawn AND kind = 'written_answer' AND id NOT GLOB '*[^0-9]*'"
                " ORDER BY number DESC"
            )
            return [row[0] for row in rows]

    # -- replies kept for conditional requests ------------------------------------------

    def page(self, url: str) -> Reply | None:
        if url in self._pages:
            return self._pages[url]
        with self._catalog.reading() as db:
            row = db.execute(
                "SELECT etag, modified, body FROM sync_pages WHERE url = ?", (url,)
            ).fetchone()
        return Reply(200, zlib.decompress(row[2]), row[0], row[1]) if row else None

    def keep_page(self, url: str, reply: Reply) -> None:
        # Losing some costs a transfer; waiting for the disk after every page costs more.
        self._pages[url] = reply
        if len(self._pages) >= _PAGES_AT_ONCE:
            self._write_pages()

    def _write_pages(self) -> None:
        rows = [
            (url, reply.etag, reply.modified, zlib.compress(reply.content), _now())
            for url, reply in self._pages.items()
        ]
        with self._catalog.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO sync_pages VALUES (?, ?, ?, ?, ?)", rows)
        self._pages.clear()

    def drop_old_pages(self) -> None:
        """Write what is still in memory, and keep only the pages that were kept last."""
        self._write_pages()
        with self._catalog.transaction() as db:
            db.execute(
                "DELETE FROM sync_pages WHERE url NOT IN"
                " (SELECT url FROM sync_pages ORDER BY used DESC LIMIT ?)",
                (_KEEP_PAGES,),
            )

    # -- daily files --------------------------------------------------------------------

    def file(self, url: str) -> DailyFile | None:
        with self._catalog.reading() as db:
            row = db.execute(
                "SELECT state, read, etag, modified FROM sync_files WHERE url = ?", (url,)
            ).fetchone()
        if row is None:
            return None
        return DailyFile(row[0], datetime.fromisoformat(row[1]), Reply(200, b"", row[2], row[3]))

    def note_file(self, url: str, state: str, records: int, reply: Reply, now: datetime) -> None:
        with self._catalog.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO sync_files VALUES (?, ?, ?, ?, ?, ?)",
                (
                    url,
                    reply.etag,
                    reply.modified,
                    state,
                    records,
                    now.isoformat(timespec="seconds"),
                ),
            )

    # -- runs ---------------------------------------------------------------------------

    @contextmanager
    def run(
        self, source: str, scope: str, detail: Callable[[], Mapping[str, object]]
    ) -> Iterator[None]:
        """Note a run, its end and how it ended; `detail` is asked when it ends.

        Raises:
            IndexDamaged: the catalogue cannot be written, as where the disk is full.
        """
        try:
            with self._noted(source, scope, detail):
                yield
        except sqlite3.OperationalError as error:
            raise unwritable(self._catalog.file.parent, error) from error

    @contextmanager
    def _noted(
        self, source: str, scope: str, detail: Callable[[], Mapping[str, object]]
    ) -> Iterator[None]:
        with self._catalog.transaction() as db:
            cursor = db.execute(
                "INSERT INTO sync_runs (source, scope, started, outcome, detail)"
                " VALUES (?, ?, ?, 'running', '{}')",
                (source, scope, _now()),
            )
            number = cursor.lastrowid
            db.execute("DELETE FROM sync_runs WHERE number <= ?", ((number or 0) - _KEEP_RUNS,))
        outcome = "done"
        try:
            yield
        except BaseException as error:
            outcome = f"stopped: {str(error) or type(error).__name__}"
            raise
        finally:
            with self._catalog.transaction() as db:
                db.execute(
                    "UPDATE sync_runs SET ended = ?, outcome = ?, detail = ? WHERE number = ?",
                    (_now(), outcome, json.dumps(detail(), default=str), number),
                )


def _parts(values: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(values), _SOME):
        yield values[at : at + _SOME]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
