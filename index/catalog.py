"""The catalogue: what is indexed.  SQLite, and the source of truth.

Chroma and the lexical index follow it.  The outbox holds what they have not been told yet.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from .conditions import where
from .database import Database
from .rows import Prepared, drop_chunks, keep_earlier, load, put_chunks, put_record, put_words
from .types import Earlier, Filters, RecordRef, Rejected, WrittenAnswer

_GENERATION = "generation"

_SOME = 500
"""Most values put into one SQL statement."""


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as the catalogue keeps it; `number` names it in the other two stores."""

    number: int
    record_id: str
    start: int
    end: int


class Catalog(Database):
    """What is indexed, in one SQLite file."""

    # -- manifest ---------------------------------------------------------------

    def manifest(self) -> dict[str, str]:
        return dict(self._db.execute("SELECT key, value FROM manifest"))

    def set_manifest(self, values: Mapping[str, str]) -> None:
        with self.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO manifest VALUES (?, ?)", values.items())

    # -- writing ----------------------------------------------------------------

    def reserve(self, count: int) -> range:
        """Chunk numbers that nothing else will ever have.

        Until `replace` has stored chunks under them, the outbox says that the followers are
        to forget them: a process that stops in between leaves nothing that counts.
        """
        with self.transaction() as db:
            row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'chunks'").fetchone()
            if row is None:
                db.execute("INSERT INTO sqlite_sequence VALUES ('chunks', 0)")
            first = (row[0] if row else 0) + 1
            numbers = range(first, first + count)
            db.execute(
                "UPDATE sqlite_sequence SET seq = ? WHERE name = 'chunks'", (numbers.stop - 1,)
            )
            db.executemany("INSERT INTO outbox VALUES (?, 'delete')", ((n,) for n in numbers))
        return numbers

    def replace(
        self, rows: Sequence[Prepared], numbers: Sequence[int], words: Sequence[bytes] = ()
    ) -> None:
        """Store records with their chunks, replacing what they had before, all at once.

        `numbers` are those that were reserved for the chunks, in order, and `words` what
        `index.told` packs of each; the followers know these chunks already.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        at = 0
        with self.transaction() as db:
            for prepared in rows:
                record = prepared.record
                keep_earlier(db, record, now)
                number = put_record(db, record, now)
                db.execute("DELETE FROM refusals WHERE record = ?", (record.id,))
                drop_chunks(db, number)
                put_chunks(db, number, prepared, numbers[at : at + len(prepared.chunks)])
                at += len(prepared.chunks)
            put_words(db, zip(numbers, words, strict=False))
            db.executemany("DELETE FROM outbox WHERE chunk = ?", ((n,) for n in numbers))
            count_up(db)

    def remove(self, ids: Iterable[str]) -> int:
        """Take records out; returns how many there were."""
        removed = 0
        with self.transaction() as db:
            for record_id in dict.fromkeys(ids):
                row = db.execute("SELECT number FROM records WHERE id = ?", (record_id,)).fetchone()
                if row:
                    drop_chunks(db, row[0])
                    db.execute("DELETE FROM history WHERE record = ?", (record_id,))
                    db.execute("DELETE FROM records WHERE number = ?", row)
                    removed += 1
        return removed

    def note_refusals(self, refusals: Sequence[Rejected]) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self.transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO refusals VALUES (?, ?, ?, ?)",
                [(r.file, r.record, r.reason, now) for r in refusals],
            )

    # -- the outbox -------------------------------------------------------------

    def pending(self, limit: int) -> tuple[list[int], list[int]]:
        """Chunk numbers the followers still have to add and to delete."""
        rows = self._db.execute(
            "SELECT chunk, action FROM outbox ORDER BY chunk LIMIT ?", (limit,)
        ).fetchall()
        added = [n for n, action in rows if action == "add"]
        return added, [n for n, action in rows if action == "delete"]

    def count_pending(self) -> int:
        return int(self._db.execute("SELECT COUNT(*) FROM outbox").fetchone()[0])

    def settle(self, added: Iterable[int], deleted: Iterable[int]) -> None:
        """The followers have done these."""
        with self.transaction() as db:
            for action, numbers in (("add", added), ("delete", deleted)):
                # What has been asked for since then stays asked for.
                db.executemany(
                    "DELETE FROM outbox WHERE chunk = ? AND action = ?",
                    ((n, action) for n in numbers),
                )
            count_up(db)

    # -- reading ----------------------------------------------------------------

    def hashes(self, ids: Sequence[str]) -> dict[str, str]:
        """Content hash of each of these records that is here."""
        return dict(self._select("SELECT id, content_hash FROM records WHERE id IN ({})", ids))

    def records(self, ids: Sequence[str]) -> dict[str, WrittenAnswer]:
        """The records of these ids that are here, by id."""
        rows = self._select("SELECT id, body FROM records WHERE id IN ({})", ids)
        return {row[0]: load(row[1]) for row in rows}

    def history(self, record_id: str) -> list[Earlier]:
        """What the record said before, oldest first."""
        rows = self._db.execute(
            "SELECT body, replaced FROM history WHERE record = ? ORDER BY number", (record_id,)
        )
        return [Earlier(load(body), datetime.fromisoformat(when)) for body, when in rows]

    def all_records(self) -> Iterator[WrittenAnswer]:
        """Every record, in the order of first addition."""
        last = 0
        while rows := self._db.execute(
            "SELECT number, body FROM records WHERE number > ? ORDER BY number LIMIT ?",
            (last, _SOME),
        ).fetchall():
            last = rows[-1][0]
            for row in rows:
                yield load(row[1])

    def chunks(self, numbers: Sequence[int]) -> dict[int, StoredChunk]:
        """These chunks, by number; numbers the catalogue does not know are left out."""
        rows = self._select(
            "SELECT c.number, r.id, c.start, c.end FROM chunks c"
            " JOIN records r ON r.number = c.record WHERE c.number IN ({})",
            numbers,
        )
        return {row[0]: StoredChunk(*row) for row in rows}

    def vectors(self, numbers: Sequence[int]) -> tuple[list[int], NDArray[np.float32]]:
        """Those of these chunks that are here, with their vectors, shape ``(n, dimension)``."""
        rows = self._select("SELECT number, vector FROM chunks WHERE number IN ({})", numbers)
        if not rows:
            return [], np.empty((0, 0), dtype=np.float32)
        joined = np.frombuffer(b"".join(row[1] for row in rows), dtype=np.float16)
        return [row[0] for row in rows], joined.reshape(len(rows), -1).astype(np.float32)

    def words(self, numbers: Sequence[int]) -> dict[int, bytes]:
        """The packed words (see `index.told`) of those of these chunks that have them."""
        return dict(self._select("SELECT chunk, told FROM words WHERE chunk IN ({})", numbers))

    def set_words(self, words: Mapping[int, bytes]) -> None:
        """Store the packed words of chunks."""
        with self.transaction() as db:
            put_words(db, words.items())

    def vectors_by_key(self, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float16]]:
        """The vector of each of these keys that a chunk has."""
        rows = self._select("SELECT key, vector FROM chunks WHERE key IN ({})", keys)
        return {key: np.frombuffer(vector, dtype=np.float16) for key, vector in rows}

    def follower_rows(
        self, numbers: Sequence[int]
    ) -> list[tuple[int, WrittenAnswer, str, NDArray[np.float32]]]:
        """Chunk number, record, chunk text and vector: what the followers store."""
        rows = self._select(
            "SELECT c.number, c.record, c.start, c.end, c.vector FROM chunks c"
            " WHERE c.number IN ({})",
            numbers,
        )
        owners = sorted({row[1] for row in rows})
        bodies = {
            number: load(body)
            for number, body in self._select(
                "SELECT number, body FROM records WHERE number IN ({})", owners
            )
        }
        return [
            (
                number,
                bodies[owner],
                bodies[owner].text[start:end],
                np.frombuffer(vector, dtype=np.float16).astype(np.float32),
            )
            for number, owner, start, end, vector in sorted(rows)
        ]

    def matching_records(self, filters: Filters) -> list[int]:
        """Numbers of the records that pass the filters."""
        clause, values = where(filters)
        rows = self._db.execute(f"SELECT r.number FROM records r WHERE {clause}", values)  # noqa: S608
        return [row[0] for row in rows]

    def chunk_facets(
        self, after: int
    ) -> list[tuple[int, int, str | None, str | None, str | None, str | None]]:
        """Of every chunk numbered higher than `after`, in order: its number and its record's,
        department, House, days asked and answered."""
        rows = self._db.execute(
            "SELECT c.number, c.record, r.department, r.house, r.asked, r.answered FROM chunks c"
            " LEFT JOIN records r ON r.number = c.record WHERE c.number > ? ORDER BY c.number",
            (after,),
        )
        return rows.fetchall()

    def chunk_owners(self) -> list[tuple[int, int]]:
        """Number of every chunk and of its record, in the order of the chunks."""
        return self._db.execute("SELECT number, record FROM chunks ORDER BY number").fetchall()

    def chunk_numbers(self, record_id: str) -> list[int]:
        """Numbers of the chunks of one record, in order."""
        rows = self._db.execute(
            "SELECT c.number FROM chunks c JOIN records r ON r.number = c.record"
            " WHERE r.id = ? ORDER BY c.number",
            (record_id,),
        )
        return [row[0] for row in rows]

    def chunk_refs(self, numbers: Sequence[int]) -> dict[int, RecordRef]:
        """Of each of these chunks that is here: its record, named."""
        rows = self._select(
            "SELECT c.number, r.id, r.uin FROM chunks c JOIN records r ON r.number = c.record"
            " WHERE c.number IN ({})",
            numbers,
        )
        return {number: RecordRef(record_id, uin) for number, record_id, uin in rows}

    def chunks_of_uins(self, uins: Sequence[str]) -> list[int]:
        """Numbers of the chunks of the records of these question numbers, newest first."""
        rows = self._select(
            "SELECT r.answered, c.number FROM records r JOIN chunks c ON c.record = r.number"
            " WHERE r.uin IN ({})",
            uins,
        )
        rows.sort(key=lambda row: row[1])
        return [row[1] for row in sorted(rows, key=lambda row: row[0] or "", reverse=True)]

    def count_chunks(self) -> int:
        return int(self._db.execute("SELECT COUNT(*) FROM chunks").fetchone()[0])

    def counts(self) -> dict[str, int]:
        """How many records, by flag, and how many chunks."""
        row = self._db.execute(
            "SELECT COUNT(*), TOTAL(is_holding), TOTAL(is_truncated), TOTAL(is_summary),"
            " TOTAL(is_correction), TOTAL(is_withdrawn) FROM records"
        ).fetchone()
        names = ("records", "holding", "truncated", "summaries", "corrected", "withdrawn")
        found = {name: int(value) for name, value in zip(names, row, strict=True)}
        found["chunks"] = self.count_chunks()
        found["pending"] = self.count_pending()
        found["refused"] = self._db.execute("SELECT COUNT(*) FROM refusals").fetchone()[0]
        return found

    def count_by(self, column: str) -> list[tuple[str, int]]:
        """Records by ``department`` or ``house``, the most frequent first."""
        if column not in ("department", "house"):
            raise ValueError(f"records are not counted by {column}")
        rows = self._db.execute(
            f"SELECT {column}, COUNT(*) AS n FROM records WHERE {column} IS NOT NULL"  # noqa: S608
            f" GROUP BY {column} ORDER BY n DESC, {column}"
        )
        return [(name, n) for name, n in rows]

    def answered_range(self) -> tuple[date | None, date | None]:
        first, last = self._db.execute(
            "SELECT MIN(answered), MAX(answered) FROM records"
        ).fetchone()
        return (
            date.fromisoformat(first) if first else None,
            date.fromisoformat(last) if last else None,
        )

    def summary_ids(self) -> list[str]:
        """Ids of the bundled sample's records that are here."""
        return [r[0] for r in self._db.execute("SELECT id FROM records WHERE is_summary")]

    def pick_questions(self, limit: int) -> list[str]:
        """Ids of substantive records with a short question, spread over departments."""
        rows = self._db.execute(
            "SELECT id FROM (SELECT id, number, ROW_NUMBER() OVER ("
            "   PARTITION BY department ORDER BY LENGTH(body), number) AS turn,"
            "   COUNT(*) OVER (PARTITION BY department) AS size"
            " FROM records WHERE NOT is_holding AND NOT is_truncated AND NOT is_withdrawn"
            " AND department IS NOT NULL) ORDER BY turn, size DESC, number LIMIT ?",
            (limit,),
        )
        return [row[0] for row in rows]

    def generation(self) -> int:
        """A number that grows whenever what a search can find has changed."""
        row = self._db.execute("SELECT value FROM manifest WHERE key = ?", (_GENERATION,))
        found = row.fetchone()
        return int(found[0]) if found else 0

    def select_all(self, sql: str, values: Sequence[str | int] = ()) -> list[tuple]:  # type: ignore[type-arg]
        """The rows of a query of another module of this package."""
        return self._db.execute(sql, values).fetchall()

    def _select(
        self, sql: str, values: Sequence[str] | Sequence[int] | Sequence[bytes]
    ) -> list[tuple]:  # type: ignore[type-arg]
        rows: list[tuple] = []  # type: ignore[type-arg]
        for at in range(0, len(values), _SOME):
            some = values[at : at + _SOME]
            marks = ",".join("?" * len(some))
            rows.extend(self._db.execute(sql.format(marks), some))
        return rows


def count_up(db: sqlite3.Connection) -> None:
    """Note, inside a transaction, that what a search can find has changed."""
    db.execute(
        "INSERT INTO manifest VALUES (?, '1') ON CONFLICT (key)"
        " DO UPDATE SET value = CAST(value AS INTEGER) + 1",
        (_GENERATION,),
    )
